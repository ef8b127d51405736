"""g(r) from S_R(q) as the most probable non-negative solution of the sine transform."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, NamedTuple, Self

import joblib
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import _fit_context
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_wtrdf import consistency, transforms
from sklearn_wtrdf.base import Densities, Reconstruction, ScatteringRegressor
from sklearn_wtrdf.inversion import diagnostics
from sklearn_wtrdf.inversion.decomposition import Decomposition
from sklearn_wtrdf.inversion.evidence import Evidence
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.posterior import Posterior
from sklearn_wtrdf.inversion.priors.base import Prior
from sklearn_wtrdf.inversion.reference import Reference, mixture
from sklearn_wtrdf.inversion.report import InversionReport, small_picture
from sklearn_wtrdf.inversion.search import exclude_outliers_given, fit_hyperparameters, fit_with_reference
from sklearn_wtrdf.peaks import PEAK_COLUMNS, measure_peaks
from sklearn_wtrdf.scattering.frame import Scattering
from sklearn_wtrdf.scattering.sampling import FEWEST, check_possible
from sklearn_wtrdf.scattering.validation import as_floats, check_number_density, check_q, check_r, check_s_r, check_std
from sklearn_wtrdf.utils import data_warnings
from sklearn_wtrdf.utils.threads import one_thread

Floats = NDArray[np.float64]

_DENSITY_SPREAD = 0.05  # of a number density that is given, and of the normalization of S
_DENSITY_UNKNOWN = 1.0  # of one that is not
_DENSITY_WITH_REFERENCE = 0.01  # of one that is given, with a reference whose S was normalized alike
_DENSITY_NEAR = 0.05  # of one that is not: near the reference's
_RESOLUTION = 1.2  # of π / q_max: the correlation length of changes of a reference
_FEW = 1.5  # times wider are bands beside one or two references: about what leaving one of several out finds
_MOST_CHECKED = 12  # references: leaving more out one by one tells nothing new
_KEPT = 2  # outcomes of searches, of tens of MB each
_REACH = 500.0  # Å: distances beyond are not in Å
_Q_REACH = 100.0  # Å⁻¹: likewise
_ABSURD = 1e6  # Å⁻¹, 1: no S_R and no g is so large
_LEAST_LENGTH, _MOST_LENGTH = 1e-3, 20.0  # Å: of an onset, or a correlation length
_MOST_SAMPLES = 100_000  # of some kB each
_SAME = 1e-6  # Å⁻¹: points of q that are nearer are one


class Material(NamedTuple):
    """What is measured of one material, and which rows of X are its own."""

    rows: NDArray[np.intp]
    s_r: Floats
    number_density: float | None
    std: Floats | None


@dataclass(frozen=True)
class FittedMaterial:
    """What a search found, from which its posterior is built again.

    Attributes
    ----------
    s_r : ndarray of shape (n_q,)
        Reduced structure factor [Å⁻¹].
    number_density : float or None
        ρ₀ [Å⁻³], where it was given.
    std : ndarray of shape (n_q,) or None
        Standard deviation of S_R [Å⁻¹], where it was given.
    prior : Prior
        The one under which S_R is most probable.
    theta : ndarray of shape (n_hyperparameters,)
        Logarithms of the hyperparameters.
    excluded : ndarray of bool, shape (n_q,)
        Outliers.
    r_max : float
        Beyond it g is 1 [Å].
    """

    s_r: Floats
    number_density: float | None
    std: Floats | None
    prior: Prior
    theta: Floats
    excluded: NDArray[np.bool_]
    r_max: float


class InversionRegressor(ScatteringRegressor):
    r"""Non-negative g(r) from the sine transform of S_R(q), with its uncertainty.

    .. math:: S_R(q) = 4πρ_0 ∫ r (g(r) − 1) \sin(qr) \, dr

    q ends too early for this to have one solution, so g is a Gaussian process around what is believed beforehand. Its
    hyperparameters are those under which S_R itself is most probable; it needs no target.

    Without a reference, ``fit(X)``, that is a continuum: no atoms below an onset, structure that decays and widens with
    distance, and a shell of bonded atoms where S_R asks for one. With references, ``fit(X, y)``, g is that of the
    reference with peaks that may change in height, and what is new. S_R may have a wrong scale, errors that vary slowly
    with q, and outlying points; they are never reported as g.

    Parameters
    ----------
    reference : bool, default=True
        Keep the training materials as references where `fit` is given their g(r). Of several, the non-negative mixture
        that explains the new S_R best is the reference. False learns nothing from y.
    prior : {"auto"} or Prior, default="auto"
        What is believed of g without a reference, such as ``Continuum() + Bond(r=(1.4, 1.9))``
        (:mod:`sklearn_wtrdf.inversion`). "auto" is a continuum, with a bond where S_R asks for one.
    refit : {"each", "never"}, default="each"
        Fit the hyperparameters to each S_R, in about a fifth of a second, or keep those of `fit`, of several the ones
        under which the new S_R is most probable: some milliseconds, for a series of like materials without a reference.
    systematic_errors : bool, default=True
        Whether S may have errors of background and normalization that vary slowly with q.
    q_damp : float, default=0.0
        The instrument's resolution damps G(r) by exp(−(r q_damp)² / 2) [Å⁻¹].
    r_max : float, default=20.0
        Beyond it g is 1, or the reference's [Å].
    noise : float, default=None
        Standard deviation of S_R [Å⁻¹], at least. None is white noise of S whose size is found. Columns ``std(q)`` of
        X win over it.
    q : array-like of shape (n_q,) or (2,), default=None
        The q grid [Å⁻¹] of S_R, or its two ends, for X without column names. It wins over column names.
    s_r : array-like of shape (n_q,), default=None
        S_R(q) [Å⁻¹] of the one material, for X that holds r alone.

    Attributes
    ----------
    references_ : list of Reference
        r, g, S_R and number density of each training material; empty without references.
    fitted_materials_ : list of FittedMaterial
        Prior and hyperparameters of each training material; empty with references. :meth:`fit_report` shows them.
    residual_ : ndarray of shape (n_materials, n_q)
        What neither g nor systematic errors explain of the training S_R [Å⁻¹]; empty with references.
    band_scale_ : float
        How much wider bands are than the posterior's: of three references and more, each is predicted by the others,
        and this makes the 90 % bands cover. 1.5 for one or two, about what is found between simulated glasses; 1 for
        none.
    composition_ : str or None
        What the training material is made of, where X says it (`scattering_frame` does, given a composition).
    q_ : ndarray of shape (n_q,)
        The q grid [Å⁻¹].
    r_ : ndarray of shape (n_r,)
        The distances of the training rows [Å], each once.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Their names, where X had any.

    See Also
    --------
    FourierRegressor : The plain transform.
    RDFDisplay : g with its band, and with ``scattering=True`` S_R and what explains it.
    sklearn_wtrdf.inversion : The equations.

    Notes
    -----
    ρ₀ comes from X's column ``number_density``. Without that column it is found along with g; with a reference S_R
    says little about it, and ρ₀ stays near the reference's.

    S_R from X-rays belongs to the X-ray weighted g; give that as the reference where elements scatter differently.
    Rows outside the range of the reference are solved without it, except those below its first peak, where g is 0.
    `fit` needs the whole reference curve: of rows drawn at random it interpolates what is missing.

    Examples
    --------
    A glass of which nothing is known but S_R and the number density:

    >>> from sklearn_wtrdf import InversionRegressor
    >>> from sklearn_wtrdf.datasets import load_material
    >>> X, y = load_material("silica", weighting="neutron", q_max=17, return_X_y=True)
    >>> model = InversionRegressor().fit(X)
    >>> bool(abs(model.predict(X) - y).mean() < 0.05)
    True

    One simulated glass as the reference for another:

    >>> from sklearn_wtrdf.datasets import load_ag_ge_se
    >>> model = InversionRegressor().fit(*load_ag_ge_se(0, return_X_y=True))
    >>> X, y = load_ag_ge_se(10, return_X_y=True)
    >>> g, std = model.predict(X, return_std=True)
    >>> bool(abs(g - y).mean() < 0.045)
    True
    """

    uses_std = finds_density = True
    color = "ours"

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "reference": ["boolean"],
        "prior": [StrOptions({"auto"}), Prior],
        "refit": [StrOptions({"each", "never"})],
        "systematic_errors": ["boolean"],
        "q_damp": [Interval(Real, 0, 1, closed="left")],
        "r_max": [Interval(Real, 5, None, closed="left")],
        "noise": [Interval(Real, 0, _ABSURD, closed="neither"), None],
        "q": ["array-like", None],
        "s_r": ["array-like", None],
    }

    def __init__(
        self,
        reference: bool = True,
        *,
        prior: Prior | str = "auto",
        refit: str = "each",
        systematic_errors: bool = True,
        q_damp: float = 0.0,
        r_max: float = 20.0,
        noise: float | None = None,
        q: ArrayLike | None = None,
        s_r: ArrayLike | None = None,
    ) -> None:
        self.reference = reference
        self.prior = prior
        self.refit = refit
        self.systematic_errors = systematic_errors
        self.q_damp = q_damp
        self.r_max = r_max
        self.noise = noise
        self.q = q
        self.s_r = s_r

    @_fit_context(prefer_skip_nested_validation=True)
    @one_thread
    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Self:
        """Keep the references, or without any find prior and hyperparameters of each material.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            A :func:`~sklearn_wtrdf.scattering_frame`, or several stacked; or an array with r first and S_R after it,
            with `q`; or r alone, with `q` and `s_r`.
        y : array-like of shape (n_rows,), default=None
            Reference g(r), which tends to 1. None, or ``reference=False``, is without a reference.

        Returns
        -------
        self : InversionRegressor

        Raises
        ------
        ValueError
            If the data or a parameter of the estimator are not as described; the message names which.

        Warns
        -----
        DataWarning
            If S_R, g or the number density look wrong, g and S_R seem to be of different materials, or the model does
            not describe S_R (:func:`~sklearn_wtrdf.consistency.check_pattern`,
            :func:`~sklearn_wtrdf.consistency.check_pair`).
        """
        self._keep_composition(X)
        if y is None:
            values = validate_data(self, X, dtype=np.float64)
        else:
            values, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        with_reference = self.reference and y is not None
        if with_reference and self.prior != "auto":
            raise ValueError(
                "prior: a reference is itself the prior. Leave y out, or pass reference=False, to use another."
            )
        if with_reference and self.refit == "never":
            raise ValueError(
                "refit: with a reference, hyperparameters are fitted to each S_R, so refit must be 'each'."
            )
        scattering = self._read(values)
        self.q_ = scattering.q
        self.r_ = np.unique(scattering.r)
        self._cache: dict[tuple[Any, ...], Posterior] = {}
        self._rebuilds: dict[tuple[Any, ...], Posterior] = {}
        self.references_: list[Reference] = []
        self.fitted_materials_: list[FittedMaterial] = []
        self._fitted_with = self._settings()
        if with_reference:
            self.references_ = self._references(scattering, np.asarray(y, dtype=np.float64))
        else:
            data_warnings.warn(self._check(scattering))
            found_wrong = []
            for material in _in_order(scattering):
                posterior = self._search(material)
                self._rebuilds[self._key(material, "found")] = posterior
                found_wrong.append(diagnostics.check_fit(posterior))
                evidence = posterior.evidence
                observation = evidence.observation
                solution = evidence.prior, posterior.theta, observation.excluded, observation.r_max
                _, s_r, density, std = material
                self.fitted_materials_.append(FittedMaterial(s_r, density, std, *solution))
            data_warnings.warn(found_wrong)
        self.residual_ = np.array([self._restored(fitted).decomposition.residual for fitted in self.fitted_materials_])
        self.band_scale_ = self._band_scale()
        return self

    @one_thread
    def predict(self, X: ArrayLike, return_std: bool = False) -> Floats | tuple[Floats, Floats]:
        """Solve for g(r) at the rows of X.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            With the columns that `fit` had. S_R may be another material's.
        return_std : bool, default=False
            Return the standard deviation of g as well.

        Returns
        -------
        g : ndarray of shape (n_rows,)
        std : ndarray of shape (n_rows,)
            Only with `return_std`. As if g were free to be negative.

        Warns
        -----
        DataWarning
            As for :meth:`fit`, for materials that it did not see; and if S_R seems to be of another family than the
            references.
        """
        scattering = self._scattering(X)
        materials = _in_order(scattering)
        data_warnings.warn(self._check(scattering, new=True))
        g, std = np.empty((2, scattering.r.size))
        wrong: list[list[data_warnings.DataWarning]] = []
        for material in materials:
            posteriors = self._posteriors(scattering.r[material.rows], material)
            for posterior, mask in posteriors:
                rows = material.rows[mask]
                g[rows] = posterior.g(scattering.r[rows])
                if return_std:
                    std[rows] = self._scale_of(posterior) * posterior.std(scattering.r[rows])
            wrong.append([] if self._was_fitted(material) else diagnostics.check_fit(posteriors[0][0]))
        data_warnings.warn(wrong)
        return (g, std) if return_std else g

    @one_thread
    def sample(
        self, X: ArrayLike, n_samples: int = 1, *, random_state: int | np.random.RandomState | None = 0
    ) -> Floats:
        """Draw curves from the posterior, each nowhere negative.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            As in :meth:`predict`.
        n_samples : int, default=1
            How many.
        random_state : int, RandomState instance or None, default=0
            Decides the draws.

        Returns
        -------
        g : ndarray of shape (n_samples, n_rows)
        """
        scattering = self._scattering(X)
        _check_count("n_samples", n_samples, 1)
        generator: np.random.RandomState = check_random_state(random_state)
        g = np.empty((n_samples, scattering.r.size))
        for material in _materials(scattering):
            for posterior, mask in self._posteriors(scattering.r[material.rows], material):
                rows = material.rows[mask]
                r, draws, _ = posterior.sample(n_samples, generator)
                curve = posterior.g(r)
                draws = np.maximum(curve + self._scale_of(posterior) * (draws - curve), 0.0)
                g[:, rows] = [np.interp(scattering.r[rows], r, draw) for draw in draws]
        return g

    @one_thread
    def decompose(self, X: ArrayLike) -> list[Decomposition]:
        """Say what the S_R of each material in X consists of.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            As in :meth:`predict`.

        Returns
        -------
        decomposition : list of Decomposition
            With ``q``, ``s_r``, ``structure``, which g explains, ``slow`` errors, ``residual`` and which points were
            ``excluded``; one for each material, in order of X.
        """
        return [self._posterior(material).decomposition for material in _in_order(self._scattering(X))]

    @one_thread
    def fit_report(self, X: ArrayLike | None = None) -> InversionReport:
        """Say what was found of each material: hyperparameters with intervals, the density, what looks wrong.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features), default=None
            As in :meth:`predict`. None takes the training materials, where there is no reference.

        Returns
        -------
        report : InversionReport
            For reading, and with a table.
        """
        check_is_fitted(self)
        if X is not None:
            posteriors = [self._posterior(material) for material in _in_order(self._scattering(X))]
        elif self.references_:
            raise ValueError("X: with a reference, hyperparameters are fitted to each S_R; pass the X to report on.")
        else:
            posteriors = [self._restored(fitted) for fitted in self.fitted_materials_]
        return InversionReport.of(posteriors, self.band_scale_)

    def reconstruct(
        self,
        r: ArrayLike,
        q: ArrayLike,
        s_r: ArrayLike,
        number_density: ArrayLike | None = None,
        *,
        std: ArrayLike | None = None,
        return_std: bool = False,
        n_jobs: int | None = None,
        verbose: bool = False,
    ) -> Floats | tuple[Floats, Floats]:
        """Solve for g(r) of one pattern or of many.

        Parameters
        ----------
        r : array-like of shape (n_r,)
            Distances [Å], not negative.
        q : array-like of shape (n_q,)
            Scattering vector [Å⁻¹] of all patterns, strictly increasing. Without a reference S_R is solved at its own
            points, those in the range of `fit`. With a reference, or with ``refit="never"``, what was learned belongs
            to the grid of `fit`, and patterns on another one are interpolated to it by cubic splines; they must then
            reach as far, up to one step.
        s_r : array-like of shape (n_q,) or (n_materials, n_q)
            Reduced structure factors [Å⁻¹].
        number_density : float or array-like of shape (n_materials,), default=None
            ρ₀ [Å⁻³]. None solves for it.
        std : array-like of shape (n_q,) or (n_materials, n_q), default=None
            Standard deviations of S_R [Å⁻¹].
        return_std : bool, default=False
            Return the standard deviation of g as well.
        n_jobs : int, default=None
            Processes, at most one for each core; -1 is that many. None is one. Starting them takes about a second.
        verbose : bool, default=False
            Show a progress bar.

        Returns
        -------
        g : ndarray of shape (n_r,) or (n_materials, n_r)
        std : ndarray of the same shape
            Only with `return_std`. As if g were free to be negative.

        Raises
        ------
        ValueError
            If an argument is not as described; the message names it.

        Warns
        -----
        DataWarning
            As for :meth:`predict`.
        """
        check_is_fitted(self)
        return self._reconstruct(r, q, s_r, number_density, std, return_std, n_jobs, verbose)

    @one_thread
    def reconstruct_one(
        self,
        r: Floats,
        q: Floats,
        s_r: Floats,
        number_density: float | None,
        std: Floats | None,
        return_std: bool,
    ) -> Reconstruction:
        """As for every model; the number density is solved for where it is None."""
        r, q, s_r = as_floats(r, q, s_r)
        std = None if std is None else np.asarray(std, dtype=float)
        model = self if np.array_equal(q, self.q_) else self._on(q)
        model._check_sizes(q, s_r)
        material = Material(np.arange(r.size), s_r, number_density, std)
        posteriors = model._posteriors(_check_reach(r), material)
        g, spread = np.empty((2, r.size))
        for posterior, mask in posteriors:
            g[mask] = posterior.g(r[mask])
            if return_std:
                spread[mask] = model._scale_of(posterior) * posterior.std(r[mask])
        first, _ = posteriors[0]
        wrong = [*model._check_new(q, s_r[None], [number_density])[0], *diagnostics.check_fit(first)]
        density = float(first.number_density)
        return Reconstruction(g, spread if return_std else None, density, wrong, first.decomposition)

    def grid(self, q: ArrayLike) -> Floats:
        """Return the q grid [Å⁻¹] on which a pattern that was measured at q is taken.

        Parameters
        ----------
        q : array-like of shape (n_q,)
            Where the pattern was measured [Å⁻¹].

        Returns
        -------
        q : ndarray
            Without a reference the points themselves, those in the range of `fit`. Beside one, or with
            ``refit="never"``, the grid of `fit`.
        """
        q = check_q(q)
        if self.references_ or self.refit == "never" or (q.size == self.q_.size and np.abs(q - self.q_).max() < _SAME):
            return self.q_
        own = q[(q > self.q_[0] - _SAME) & (q < self.q_[-1] + _SAME)]
        if own.size < 2:
            raise ValueError(
                f"q spans {q[0]:g} to {q[-1]:g} Å⁻¹, but the model was fitted on {self.q_[0]:g} to {self.q_[-1]:g} Å⁻¹."
            )
        return own

    def check_state(self) -> None:
        """As for every model, but that no row is predicted, which would be a search: what `fit` found is solved."""
        self._check_grids()
        n = self.q_.size
        if bool(self.references_) == bool(self.fitted_materials_):
            raise ValueError("it holds neither a reference nor what was found without one, or both")
        for i, reference in enumerate(self.references_):
            check_s_r(reference.s_r, n)
            check_number_density(reference.number_density)
            r, g = check_r(reference.r), check_s_r(reference.g, reference.r.size)
            if r.size < 3 or g.ndim != 1 or reference.s_r.ndim != 1 or np.diff(r).min() <= 0:
                raise ValueError(f"references_[{i}] is no curve of increasing r, with its S_R")
        for i, fitted in enumerate(self.fitted_materials_):
            check_s_r(fitted.s_r, n)
            if fitted.std is not None:
                check_std(fitted.std, n)
            if fitted.number_density is not None:
                check_number_density(fitted.number_density)
            n_theta = len(fitted.prior.hyperparameters) + 3  # of noise, systematic errors and scale
            if fitted.excluded.shape != (n,) or check_s_r(fitted.theta, n_theta).ndim != 1:
                raise ValueError(f"fitted_materials_[{i}] does not say which of {n} points were left out")
        if not (isinstance(self.band_scale_, Real) and 1 <= self.band_scale_ < np.inf):
            raise ValueError(f"band_scale_ is {self.band_scale_!r}")
        for first in (self.references_ or self.fitted_materials_)[:1]:
            self._observation(Material(np.arange(0), first.s_r, first.number_density, None))
        if self.fitted_materials_:
            with data_warnings.recorded():
                g = self._restored(self.fitted_materials_[0]).g(self.r_)
            if not (np.isfinite(g).all() and isinstance(self._fitted_with, str)):
                raise ValueError("fitted_materials_[0] gives no g(r)")

    def provenance(self) -> dict[str, object]:
        """Return the class and the parameters, the prior among them, for the header of a file."""
        prior = self.prior if isinstance(self.prior, str) else str(self.prior).replace("=", ": ")  # it holds no =
        return super().provenance() | {"prior": prior}

    def _on(self, q: Floats) -> Self:
        """Return a model of other q, which knows of this one's parameters alone."""
        twin = copy.copy(self)
        twin.q_, twin.fitted_materials_ = q, []
        return twin

    @one_thread
    def peak_table(
        self,
        X: ArrayLike,
        *,
        n_samples: int = 100,
        level: float = 0.9,
        random_state: int | np.random.RandomState | None = 0,
    ) -> pd.DataFrame:
        """Measure the first two peaks of each material in X, with intervals.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            As in :meth:`predict`. Only its S_R and number density count: g is solved for on a grid of its own.
        n_samples : int, default=100
            Curves drawn from the posterior.
        level : float, default=0.9
            Probability that an interval is to cover.
        random_state : int, RandomState instance or None, default=0
            Decides the draws.

        Returns
        -------
        table : DataFrame
            A row for each material, in order of X, and peak: ``material``, the columns of
            :func:`~sklearn_wtrdf.peak_table`, and ``number_density`` [Å⁻³], given or found. No rows where g has no
            peak.

        Notes
        -----
        An interval is as wide as the draws are (benchmarks/board/shells.py shows how often they hold; those of
        coordination numbers hold less often than they say). Errors of another kind than those of the model are not in
        them, nor is the choice of ``r_low`` and ``r_high``, which a small change of g can move from one minimum to
        another.
        """
        scattering = self._scattering(X)
        _check_count("n_samples", n_samples, 2)
        if not (isinstance(level, Real) and 0 < level < 1):
            raise ValueError(f"level must lie between 0 and 1, got {level!r}.")
        generator: np.random.RandomState = check_random_state(random_state)
        rows: list[dict[str, float]] = []
        for i, material in enumerate(_in_order(scattering)):
            posterior = self._posterior(material)
            r, draws, densities = posterior.sample(n_samples, generator)
            density, scale = posterior.number_density, self._scale_of(posterior)
            ends = {"material": i, "number_density": density}
            peaks = measure_peaks(r, posterior.g(r), draws, density, level, 2, (scale,) * 4, densities)
            rows.extend(ends | peak for peak in peaks)
        return pd.DataFrame(rows, columns=["material", *PEAK_COLUMNS, "number_density"])

    def _scattering(self, X: ArrayLike) -> Scattering:
        check_is_fitted(self)
        return self._read(validate_data(self, X, reset=False, dtype=np.float64))

    def _read(self, X: Floats) -> Scattering:
        scattering = super()._read(X)
        _check_reach(scattering.r)
        self._check_sizes(scattering.q, scattering.s_r)
        return scattering

    @staticmethod
    def _check_sizes(q: Floats, s_r: Floats) -> None:
        """Refuse what would ask for more memory than there is, or has no g, before any work."""
        if q[-1] > _Q_REACH and q.size >= 20:
            raise ValueError(
                f"q ends at {q[-1]:g} Å⁻¹, beyond what diffraction reaches: if it is in nm⁻¹, divide it by 10."
            )
        if (largest := np.abs(s_r).max()) > _ABSURD:
            raise ValueError(f"S_R is as large as {largest:.3g} Å⁻¹, which no material has: S_R = q (S − 1).")

    def _references(self, scattering: Scattering, g: Floats) -> list[Reference]:
        references_by_material: dict[int, Reference] = {}
        materials, wrong = _materials(scattering), self._check(scattering)
        check_possible("y, the g(r) that is given,", g)
        if (largest := np.abs(g).max()) > _ABSURD:
            raise ValueError(f"y is as large as {largest:.3g}, which no g(r) is: it tends to 1.")
        for i, messages in zip(scattering.order, wrong, strict=True):
            material = materials[i]
            r, row = np.unique(scattering.r[material.rows], return_inverse=True)
            curve = np.bincount(row, g[material.rows]) / np.bincount(row)
            curve, r = curve[r > 0], r[r > 0]
            if r.size < 3:
                message = f"A training material has {r.size} distances, too few for a reference curve: it is ignored."
                messages.append(data_warnings.DataWarning(message))
                continue
            tail = curve[-max(r.size // 4, 1) :].mean()
            if r.size >= 20 and not 0.5 < tail < 1.5:
                message = f"g does not tend to 1: its last quarter has mean {tail:.3g}. "
                messages.append(
                    data_warnings.DataWarning(f"{message}If y is G(r) or the RDF, convert it to g(r) first.")
                )
            messages += consistency.check_curve(r, curve) + consistency.check_pair(self.q_, material.s_r, r, curve)
            density = material.number_density or self._search(material).number_density
            references_by_material[i] = Reference(r, curve, material.s_r, density)
        data_warnings.warn(wrong)
        references = [
            references_by_material[i] for i in sorted(references_by_material)
        ]  # the order of rows must change no bit
        if references:
            low, high = max(ref.r[0] for ref in references), min(ref.r[-1] for ref in references)
            if any(((ref.r >= low) & (ref.r <= high)).sum() < 3 for ref in references):
                ranges = ", ".join(f"{ref.r[0]:g} to {ref.r[-1]:g} Å" for ref in references)
                raise ValueError(f"X: the references must share a range of r to be mixed, got {ranges}.")
        return references

    def _band_scale(self) -> float:
        """Return how much wider bands must be for references to lie within those that the others give them."""
        n = len(self.references_)
        if n < 3:
            return _FEW if n else 1.0
        off = []
        for i in np.unique(np.linspace(0, n - 1, min(n, _MOST_CHECKED)).astype(int)):
            omitted, others = self.references_[i], [*self.references_[:i], *self.references_[i + 1 :]]
            material = Material(np.arange(0), omitted.s_r, omitted.number_density, None)
            reference = mixture(others, omitted.s_r)
            posterior = self._with_reference(reference, material)
            r = omitted.r[(omitted.r >= reference.r[0]) & (omitted.r <= reference.r[-1])]
            std = posterior.std(r)
            off.append((np.abs(omitted.at(r) - posterior.g(r)) / np.where(std > 0, std, np.inf))[std > 0])
        widest = np.concatenate(off)
        return max(1.0, float(np.quantile(widest, 0.9)) / 1.645) if widest.size else 1.0

    def _scale_of(self, posterior: Posterior) -> float:
        """Return by how much the band of a posterior must be widened: those without a reference are their own."""
        return self.band_scale_ if posterior.evidence.observation.shared.any() else 1.0

    def _posteriors(self, r: Floats, material: Material) -> list[tuple[Posterior, NDArray[np.bool_]]]:
        """Return what is known of one material and which r each is for: those outside a reference have their own."""
        posterior, inside = self._posterior(material), np.ones(r.size, dtype=bool)
        if self.references_:
            reference = posterior.evidence.prior.reference
            inside = (r <= reference.r[-1]) & ((r >= reference.r[0]) | (r < reference.onset))
        if inside.all():
            return [(posterior, inside)]
        return [(posterior, inside), (self._without_reference(material), ~inside)]

    def _posterior(self, material: Material) -> Posterior:
        """Return what is known of g of one material; the last few are kept."""
        if not self.references_:
            return self._without_reference(material)
        key = self._key(material, "beside")
        if (posterior := self._cache.get(key)) is None:
            posterior = self._with_reference(mixture(self.references_, material.s_r), material)
            self._put(key, posterior)
        return posterior

    def _without_reference(self, material: Material) -> Posterior:
        """Return what is known without a reference."""
        key = self._key(material, "free")
        if (posterior := self._cache.get(key)) is not None:
            return posterior
        if self._fitted_with == self._settings():
            for fitted in self.fitted_materials_:
                if _same(fitted, material):
                    posterior = self._restored(fitted)
        if posterior is None and self.refit == "never" and self.fitted_materials_:
            if self._fitted_with != self._settings():
                raise ValueError("refit is 'never', and parameters have changed since fit: fit again.")
            posterior = self._with_fitted_hyperparameters(material)
        if posterior is None:
            posterior = self._search(material)
        self._put(key, posterior)
        return posterior

    def _search(self, material: Material) -> Posterior:
        prior = self.prior if isinstance(self.prior, Prior) else None
        return fit_hyperparameters(
            self._observation(material),
            prior,
            systematic_errors=self.systematic_errors,
            noise=self._least_noise(material),
        )

    def _with_reference(self, reference: Reference, material: Material) -> Posterior:
        given = material.number_density is not None
        observation = self._observation(
            material._replace(number_density=material.number_density or reference.number_density),
            spread=_DENSITY_WITH_REFERENCE if given else _DENSITY_NEAR,
            density_is_given=given,
            r_max=max(self.r_max, reference.r[-1] + 1),
        )
        least = self._least_noise(material)
        length = _RESOLUTION * np.pi / self.q_[-1]
        return fit_with_reference(
            reference,
            observation,
            length=length,
            systematic_errors=self.systematic_errors,
            noise=least,
        )

    def _with_fitted_hyperparameters(self, material: Material) -> Posterior | None:
        """Return what is known under those hyperparameters, of those that `fit` found, that make S_R most probable.

        None if there are none: those of noise whose size was found are not those of noise that is known up to a factor.
        """
        posteriors = [
            self._restored(fitted, complete=True).given(self._observation(material, r_max=fitted.r_max))
            for fitted in self.fitted_materials_
            if (fitted.std is None) == (material.std is None)
        ]
        if not posteriors:
            return None
        best = max(posteriors, key=lambda posterior: posterior.log_evidence) if len(posteriors) > 1 else posteriors[0]
        return exclude_outliers_given(best)

    def _restored(self, fitted: FittedMaterial, complete: bool = False) -> Posterior:
        """Return the posterior of what a search found, or with the same hyperparameters that of the whole S_R."""
        material = Material(np.arange(0), fitted.s_r, fitted.number_density, fitted.std)
        key = self._key(material, "whole" if complete and fitted.excluded.any() else "found")
        if (posterior := self._rebuilds.get(key)) is None:
            observation = self._observation(material, r_max=fitted.r_max)
            if fitted.excluded.any() and not complete:
                observation = observation.without(np.flatnonzero(fitted.excluded))
            least = self._least_noise(material)
            evidence = Evidence(fitted.prior, observation, systematic_errors=self.systematic_errors, noise=least)
            posterior = self._rebuilds[key] = Posterior(evidence, fitted.theta)
        return posterior

    def _least_noise(self, material: Material) -> float | None:
        """Return the least that the noise may be, in units of `noise` where that counts."""
        return None if self.noise is None or material.std is not None else 1.0

    def _observation(
        self, material: Material, spread: float | None = None, density_is_given: bool = True, r_max: float | None = None
    ) -> Observation:
        density, std = material.number_density, material.std
        if std is None and self.noise is not None:
            std = np.full(self.q_.size, float(self.noise))
        return Observation(
            self.q_,
            material.s_r,
            density or transforms.density_from_slope(self.q_, material.s_r, 1.4),
            spread or (_DENSITY_SPREAD if density else _DENSITY_UNKNOWN),
            density_is_given=density_is_given and density is not None,
            std=std,
            r_max=r_max or self.r_max,
            q_damp=self.q_damp,
        )

    def _settings(self) -> str:
        """Return the parameters that a search depends on."""
        prior = self.prior if isinstance(self.prior, str) else joblib.hash(self.prior)
        return repr((prior, self.systematic_errors, self.q_damp, self.r_max, self.noise))

    def _key(self, material: Material, what: str) -> tuple[Any, ...]:
        std = None if material.std is None else material.std.tobytes()
        return what, material.s_r.tobytes(), material.number_density, std, self._settings(), self.refit

    def _put(self, key: tuple[Any, ...], posterior: Posterior) -> None:
        if len(self._cache) >= _KEPT:
            self._cache.clear()
        self._cache[key] = posterior

    def _was_fitted(self, material: Material) -> bool:
        return any(_same(fitted, material) for fitted in self.fitted_materials_)

    def _check_given(
        self, q: Floats, s_r: Floats, number_densities: Densities
    ) -> list[list[data_warnings.DataWarning]]:
        # Columns that are named after q are a measurement; an array with `q` may be any table.
        if q.size < FEWEST and self.q is None:
            message = (
                f"S_R has {q.size} points of q, fewer than {FEWEST}: the hyperparameters keep their starting values."
            )
            return [[data_warnings.DataWarning(message)] for _ in s_r]
        return super()._check_given(q, s_r, number_densities)

    def _check_new(self, q: Floats, s_r: Floats, number_densities: Densities) -> list[list[data_warnings.DataWarning]]:
        messages = self._check_given(q, s_r, number_densities)
        if not self.references_:
            return messages
        return [
            given + consistency.check_family(q, pattern, mixture(self.references_, pattern).s_r)
            for given, pattern in zip(messages, s_r, strict=True)
        ]

    @one_thread
    def _html_repr(self) -> str:
        """Return scikit-learn's diagram; of a fitted model, with g of the first material and its band below."""
        diagram = str(super()._html_repr())
        if getattr(self, "fitted_materials_", None):
            posterior, what = self._restored(self.fitted_materials_[0]), "g(r) of the first material with its band"
            r = np.linspace(self.r_[0], self.r_[-1], 300)
            picture = small_picture(r, posterior.g(r), posterior.std(r))
        elif getattr(self, "references_", None):
            reference, what = self.references_[0], "the first reference"
            picture = small_picture(reference.r, reference.g)
        else:
            return diagram
        return f"{diagram}<div>{picture}<br><small>{what}</small></div>"

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        return tags

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        # What was found stays, and is solved again where it is needed.
        return state | {name: {} for name in ("_cache", "_rebuilds") if name in state}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state | {"_cache": {}, "_rebuilds": {}})


def _materials(scattering: Scattering) -> list[Material]:
    """Return what is known of each material."""
    materials = []
    for material, s_r in enumerate(scattering.s_r):
        rows = np.flatnonzero(scattering.material == material)
        density = None
        if scattering.number_density is not None:
            values = np.unique(scattering.number_density[rows])
            if values.size > 1:
                raise ValueError(
                    f"number_density must be one for each material, got {values.min():g} to {values.max():g} Å⁻³ in "
                    "rows with the same S_R."
                )
            density = float(values[0])
        std = None if scattering.std is None else scattering.std[material]
        materials.append(Material(rows, s_r, density, std))
    return materials


def _in_order(scattering: Scattering) -> list[Material]:
    """Return the materials in the order of their first rows."""
    materials = _materials(scattering)
    return [materials[i] for i in scattering.order]


def _same(fitted: FittedMaterial, material: Material) -> bool:
    """Return whether that is what was found of a material."""
    if fitted.number_density != material.number_density or (fitted.std is None) != (material.std is None):
        return False
    same_std = fitted.std is None or material.std is None or np.array_equal(fitted.std, material.std)
    return same_std and np.array_equal(fitted.s_r, material.s_r)


def _check_reach(r: Floats) -> Floats:
    if r.max() > _REACH:
        raise ValueError(
            f"r reaches {r.max():g}, beyond what S_R tells of: it must be in Å. If it is in pm, divide it by 100."
        )
    return r


def _check_count(name: str, value: Any, least: int) -> None:
    if not (isinstance(value, Integral) and least <= int(value) <= _MOST_SAMPLES):
        raise ValueError(f"{name} must be an integer from {least} to {_MOST_SAMPLES}, got {value!r}.")
