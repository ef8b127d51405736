"""g(r) from S_R(q) as the most probable non-negative solution of the sine transform."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from numbers import Real
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import _fit_context
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_wtrdf.base import Reconstruction, ScatteringRegressor
from sklearn_wtrdf.inversion import checks
from sklearn_wtrdf.inversion.decomposition import Decomposition
from sklearn_wtrdf.inversion.priors.base import Prior
from sklearn_wtrdf.inversion.report import InversionReport, picture_of
from sklearn_wtrdf.inversion.result import InversionResult, Seed
from sklearn_wtrdf.inversion.settings import InversionSettings
from sklearn_wtrdf.inversion.solver import PatternSolver
from sklearn_wtrdf.peaks import PEAK_COLUMNS
from sklearn_wtrdf.scattering.frame import Scattering
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.scattering.sampling import Mask
from sklearn_wtrdf.scattering.validation import check_q
from sklearn_wtrdf.utils import data_warnings

Floats = NDArray[np.float64]


class InversionRegressor(ScatteringRegressor):
    r"""Non-negative g(r) from the sine transform of S_R(q), with its uncertainty.

    .. math:: S_R(q) = 4πρ_0 ∫ r (g(r) − 1) \sin(qr) \, dr

    Because q ends at some q_max, this has many solutions, so g has a Gaussian process as its prior. The
    hyperparameters are those under which S_R itself is most probable; it needs no target.

    Without a reference, ``fit(X)``, the prior is a continuum: no atoms below an onset, and structure that decays and
    widens with distance, with a shell of bonded atoms before it and an oscillation behind it where these make S_R more
    probable. With references, ``fit(X, y)``, g is that of the reference with peaks that may change in height, and with
    new structure. S_R may have a wrong scale, systematic errors and outliers; they are never reported as a part of g.

    Parameters
    ----------
    reference : bool, default=True
        Keep the training materials as references where `fit` is given their g(r). Of several, the non-negative mixture
        that explains the new S_R best is the reference. False learns nothing from y.
    prior : {"auto"} or Prior, default="auto"
        The prior of g without a reference, such as ``Continuum() + Bond(r=(1.4, 1.9))``
        (:mod:`sklearn_wtrdf.inversion`). "auto" selects the most probable of a continuum, a continuum behind a bond,
        and either with an oscillation.
    refit : {"each", "warm", "never"}, default="each"
        For S_R that `fit` did not see, without a reference. "each" searches for prior and hyperparameters anew. "warm"
        begins with the prior and the hyperparameters of `fit`, of several materials with those under which the new S_R
        is most probable, and takes a few steps from there, in about a tenth of the time: for a series of similar
        materials, as in an expansion. "never" keeps the hyperparameters, bond lengths among them, in some milliseconds.
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
        g(r), S_R(q) and number density of each training material; empty without references.
    fitted_materials_ : list of FittedMaterial
        Prior and hyperparameters of each training material; empty with references. :meth:`fit_report` shows them.
    residual_ : ndarray of shape (n_materials, n_q)
        What neither g nor systematic errors explain of the training S_R [Å⁻¹]; empty with references.
    band_scale_ : float
        How much wider bands are than the posterior's: of three references and more, each is predicted by the others,
        and this makes the 90 % bands cover. 1.5 for one or two, about what is found between simulated glasses; 1 for
        none.
    composition_ : str or None
        Composition of the training material, if X has it (`scattering_frame` adds it to X).
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
    >>> bool(abs(InversionRegressor().fit(X).predict(X) - y).mean() < 0.05)
    True

    One simulated glass as the reference for another:

    >>> from sklearn_wtrdf.datasets import load_ag_ge_se
    >>> X, y = load_ag_ge_se(10, return_X_y=True)
    >>> g = InversionRegressor().fit(*load_ag_ge_se(0, return_X_y=True)).predict(X)
    >>> bool(abs(g - y).mean() < 0.045)
    True
    """

    uses_std = finds_density = True
    color = "ours"

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "reference": ["boolean"],
        "prior": [StrOptions({"auto"}), Prior],
        "refit": [StrOptions({"each", "warm", "never"})],
        "systematic_errors": ["boolean"],
        "q_damp": [Interval(Real, 0, 1, closed="left")],
        "r_max": [Interval(Real, 5, None, closed="left")],
        "noise": [Interval(Real, 0, checks.LARGEST, closed="neither"), None],
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
        g = None if y is None or not self.reference else np.asarray(y, dtype=np.float64)
        if g is not None:
            checks.check_options(self.prior, self.refit)
        scattering = self._read(values)
        solver = self._solver = PatternSolver.fit(scattering, g, self._settings, are_measured=self.q is None)
        self.q_, self.r_ = scattering.q, np.unique(scattering.r)
        self.references_, self.fitted_materials_ = solver.references, solver.fitted_materials
        self.band_scale_, self._fitted_with = solver.band_scale, solver.fitted_with
        self.residual_ = np.array([result.decomposition.residual for result in self._fitted_results()])
        return self

    def solve(self, pattern: Pattern) -> InversionResult:
        """Solve for g(r) of one pattern, and return all that is then known of it.

        Parameters
        ----------
        pattern : Pattern
            S_R(q), on any grid that :meth:`grid` can take. The number density is solved for where it is None.

        Returns
        -------
        result : InversionResult
            With g, its standard deviation and samples at any r, peaks, the decomposition of S_R, and what looks wrong.
            No warning is issued.

        Raises
        ------
        ValueError
            If `pattern` is none, or does not reach as far as the grid on which it is to be solved.

        Examples
        --------
        >>> from sklearn_wtrdf import InversionRegressor, Pattern
        >>> from sklearn_wtrdf.datasets import load_material
        >>> silica = load_material("silica", weighting="neutron", q_max=17)
        >>> result = InversionRegressor().fit(silica.data).solve(Pattern(silica.q, silica.s_r))
        >>> round(result.number_density, 3), silica.number_density  # found, and true
        (0.066, 0.0662)
        """
        check_is_fitted(self)
        pattern.check()
        return self._solve(pattern.on(self.grid(pattern.q)))

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
        g, std = np.empty((2, scattering.r.size))
        fitted = {fitted.pattern.digest for fitted in self.fitted_materials_}
        wrong_data, wrong_fits = [], []
        for result, rows in self._results(scattering):
            g[rows] = result.g(scattering.r[rows])
            if return_std:
                std[rows] = result.std(scattering.r[rows])
            wrong_data.append(result.data_warnings)
            wrong_fits.append(() if result.pattern.digest in fitted else result.fit_warnings)
        data_warnings.warn(wrong_data)
        data_warnings.warn(wrong_fits)
        return (g, std) if return_std else g

    def sample(self, X: ArrayLike, n_samples: int = 1, *, random_state: Seed = 0) -> Floats:
        """Draw curves from the posterior, each nowhere negative.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            As in :meth:`predict`.
        n_samples, random_state
            As for :meth:`InversionResult.sample`.

        Returns
        -------
        g : ndarray of shape (n_samples, n_rows)
        """
        scattering = self._scattering(X)
        checks.check_count("n_samples", n_samples, 1)
        generator: np.random.RandomState = check_random_state(random_state)
        g = np.empty((n_samples, scattering.r.size))
        for material, pattern in enumerate(scattering.patterns):  # the order of rows changes no draw
            rows = scattering.material == material
            g[:, rows] = self._solve(pattern).sample(scattering.r[rows], n_samples, random_state=generator)
        return g

    def decompose(self, X: ArrayLike) -> list[Decomposition]:
        """Decompose the S_R of each material in X into structure, systematic errors and residual.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            As in :meth:`predict`.

        Returns
        -------
        decomposition : list of Decomposition
            One for each material, in order of X.
        """
        return [result.decomposition for result, _ in self._results(self._scattering(X))]

    def peak_table(
        self, X: ArrayLike, *, n_samples: int = 100, level: float = 0.9, random_state: Seed = 0
    ) -> pd.DataFrame:
        """Measure the first two peaks of each material in X, with intervals.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            As in :meth:`predict`. Its r does not count: g is solved for on a grid of its own.
        n_samples, level, random_state
            As for :meth:`InversionResult.peaks`.

        Returns
        -------
        table : DataFrame
            The rows of :meth:`InversionResult.peaks` with their ``material``, counted in order of X.
        """
        scattering = self._scattering(X)
        checks.check_count("n_samples", n_samples, 2)
        checks.check_level(level)
        generator: np.random.RandomState = check_random_state(random_state)
        rows: list[dict[str, float]] = []
        for material, (result, _) in enumerate(self._results(scattering)):
            peaks = result.peaks(n_samples, level=level, random_state=generator)
            rows.extend({"material": material} | peak for peak in peaks.to_dict("records"))
        return pd.DataFrame(rows, columns=["material", *PEAK_COLUMNS, "number_density"])

    def fit_report(self, X: ArrayLike | None = None) -> InversionReport:
        """Report on each material: hyperparameters with intervals, the density, and warnings.

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
            results = [result for result, _ in self._results(self._scattering(X))]
        elif self.references_:
            raise ValueError("X: with a reference, hyperparameters are fitted to each S_R; pass the X to report on.")
        else:
            results = self._fitted_results()
        return InversionReport.of(results, self.band_scale_)

    def reconstruct_pattern(self, pattern: Pattern, r: Floats, return_std: bool = False) -> Reconstruction:
        """As for every model; the number density is solved for where it is None."""
        checks.check_distances(r)
        result = self._solve(pattern)
        g, std = result.g(r), result.std(r) if return_std else None
        return Reconstruction(g, std, result.number_density, result.warnings, result.decomposition)

    def grid(self, q: ArrayLike) -> Floats:
        """Return the q grid [Å⁻¹] on which a pattern that was measured at q is taken.

        Parameters
        ----------
        q : array-like of shape (n_q,)
            Where the pattern was measured [Å⁻¹].

        Returns
        -------
        q : ndarray
            Without a reference the points themselves, those in the range of `fit`. With one, or with
            ``refit="never"``, the grid of `fit`.
        """
        q = check_q(q)
        return self.q_ if self.references_ or self.refit == "never" else checks.points_in_range(q, self.q_)

    def check_state(self) -> None:
        """As for every model, but that no row is predicted, which would be a search: what `fit` found is solved."""
        self._check_grids()
        checks.check_saved(self.references_, self.fitted_materials_, self.band_scale_, self._fitted_with, self.q_)
        for result in self._fitted_results(1):
            checks.check_finite(result.g(self.r_))

    def provenance(self) -> dict[str, object]:
        """Return the class and the parameters, the prior among them, for the header of a file."""
        prior = self.prior if isinstance(self.prior, str) else str(self.prior).replace("=", ": ")  # it holds no =
        return super().provenance() | {"prior": prior}

    def _read(self, X: Floats) -> Scattering:
        scattering = super()._read(X)
        checks.check_distances(scattering.r)
        scattering.check_densities()
        return scattering

    @property
    def _settings(self) -> InversionSettings:
        prior = self.prior if isinstance(self.prior, Prior) else None
        return InversionSettings(prior, self.systematic_errors, self.q_damp, self.r_max, self.noise)

    @cached_property
    def _solver(self) -> PatternSolver:
        learned = self.references_, self.fitted_materials_, self._fitted_with, self.band_scale_
        return PatternSolver(*learned, are_measured=self.q is None)

    def _solve(self, pattern: Pattern) -> InversionResult:
        """Return the solution of a pattern that is checked and on its grid."""
        return self._solver.solve(pattern, self._settings, self.refit)

    def _fitted_results(self, n: int | None = None) -> list[InversionResult]:
        """Return the solutions of all training materials, or of the first, where there is no reference."""
        return [self._solver.fitted_result(fitted, self._settings) for fitted in self.fitted_materials_[:n]]

    def _results(self, scattering: Scattering) -> Iterator[tuple[InversionResult, Mask]]:
        """Yield the solution and the rows of each material, in the order of first rows, and hold none of them."""
        for pattern, rows in scattering.in_order():
            yield self._solve(pattern), rows

    def _html_repr(self) -> str:
        """Return scikit-learn's diagram; of a fitted model, with g of the first material and its band below."""
        diagram = str(super()._html_repr())
        if not hasattr(self, "r_"):
            return diagram
        return diagram + picture_of(self._fitted_results(1), self.references_, self.r_)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        return tags

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("_solver", None)  # what `fit` found stays, and is solved again where it is needed
        return state
