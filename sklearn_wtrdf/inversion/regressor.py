"""The estimator of the inversion: the most probable non-negative g(r) of a measured S_R(q)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from numbers import Real
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import _fit_context
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_wtrdf.base import Reconstruction, ScatteringRegressor, validated_data
from sklearn_wtrdf.inversion import checks
from sklearn_wtrdf.inversion.decomposition import Decomposition
from sklearn_wtrdf.inversion.pattern_solver import PatternSolver
from sklearn_wtrdf.inversion.priors import NAMED, Prior
from sklearn_wtrdf.inversion.report import InversionReport, peaks_of_materials, picture_of
from sklearn_wtrdf.inversion.result import InversionResult, Seed
from sklearn_wtrdf.inversion.settings import InversionSettings
from sklearn_wtrdf.scattering.composition import Composition
from sklearn_wtrdf.scattering.frame import Scattering
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.scattering.sampling import Mask
from sklearn_wtrdf.scattering.validation import check_count, check_instance, check_q
from sklearn_wtrdf.utils import data_warnings

Floats = NDArray[np.float64]


class InversionRegressor(ScatteringRegressor):
    r"""Non-negative g(r) from S_R(q), with its uncertainty, by Bayesian inversion of the sine transform.

    .. math:: S_R(q) = 4πρ_0 ∫ r (g(r) − 1) \sin(qr) \, dr

    S_R is measured up to a finite q_max, so many g(r) agree with it. The prior of g is a Gaussian process whose
    hyperparameters maximize the evidence, the probability of S_R; they are fitted without any known g(r).

    In a fit without a reference, ``fit(X)``, g is 0 below an onset, and its deviations from 1 decay and broaden with
    distance. A bond is added to this prior if that increases the evidence. In a fit with references, ``fit(X, y)``, the
    prior mean is the g(r) of a reference, whose peaks may change in height. Errors of the scale, slowly varying
    systematic errors and outliers of S_R are part of the model, and are not reported as structure of g.

    Parameters
    ----------
    reference : bool, default=True
        Whether the y of `fit` is used as the g(r) of references. The prior mean is then the mixture of references, with
        non-negative weights, whose S_R is nearest to the new S_R. If False, y is ignored.
    prior : {"auto", "continuum", "bond"} or Prior, default="auto"
        The prior of g in a fit without a reference: ``"continuum"`` is ``Continuum()``, and ``"bond"`` is
        ``Continuum() + Bond()``. ``"auto"`` selects a prior by its evidence and, if the number density is known,
        averages g with the solution under a ``LogContinuum``, whose peaks are sharper than its valleys.
    refit : {"each", "warm", "never"}, default="each"
        How the hyperparameters for an S_R that was not in `fit` are determined, without a reference. ``"each"``: by a
        new search. ``"warm"``: by a few steps from those of `fit`, for a series of similar materials. ``"never"``: they
        are those of `fit`, including bond lengths. If `fit` had several materials, ``"warm"`` and ``"never"`` use the
        hyperparameters under which the new S_R is most probable.
    systematic_errors : bool, default=True
        Whether S may have errors of background and normalization that vary slowly with q.
    q_damp : float, default=0.0
        Damping by the instrument's resolution [Å⁻¹], which multiplies G(r) by exp(−(r q_damp)² / 2).
    r_max : float, default=20.0
        Largest distance [Å] at which g may differ from 1, or from the reference. Without a reference, it is increased
        by up to 30 Å if that increases the evidence.
    noise : float, default=None
        Lower bound of the standard deviation of S_R [Å⁻¹]. If X has columns ``std(q)``, they are used instead. If None,
        S is assumed to have white noise, whose size is estimated.
    composition : str, mapping or Composition, default=None
        Composition of the material, such as ``"GeO2"``, from which the weights of its pairs in S(q) follow. They depend
        on q with X-rays: if atoms are bonded, S_R is then fitted by all pair functions, and g is their sum with the
        weights c_A c_B Z_A Z_B / ⟨Z⟩². With neutrons this is done only for deuterated hydrocarbons. If None, the
        composition of a :class:`Pattern` is used, provided that its radiation is known.
    radiation : {"x-ray", "neutron"}, default=None
        Radiation of X, and of a :class:`Pattern` that does not state it; only used with `composition`. None is X-rays.
    wavelength : float, default=None
        Wavelength of the X-rays [Å], from which the dispersion f′ and f″ in the weights of the pairs follows; only used
        with `composition`. If None, dispersion is neglected.
    q : array-like of shape (n_q,) or (2,), default=None
        The q grid [Å⁻¹] of S_R, or its two ends, for X without column names. It takes precedence over column names.
    s_r : array-like of shape (n_q,), default=None
        S_R(q) [Å⁻¹] of a single material, for X that has r as its only column.

    Attributes
    ----------
    references_ : list of Reference
        g(r), S_R(q) and number density of each training material; empty without references.
    fitted_materials_ : list of FittedMaterial
        Prior and hyperparameters of each training material; empty with references. :meth:`fit_report` shows them.
    residual_ : ndarray of shape (n_materials, n_q)
        Training S_R minus structure and systematic errors [Å⁻¹]; empty with references.
    band_scale_ : float
        Factor by which the standard deviation of g is multiplied. With three or more references, each is predicted from
        the others, and the factor is such that 90 % bands contain 90 % of their values, but at least 1. With one or two
        references it is 1.5, and without references 1.
    composition_ : str or None
        Composition of the training materials, if X has it (`scattering_frame` stores it in ``X.attrs``).
    q_, r_ : ndarray of shape (n_q,), ndarray of shape (n_r,)
        The q grid [Å⁻¹], and the distinct distances of the training rows [Å].
    n_features_in_, feature_names_in_ : int, ndarray of str
        Number of columns of X, and their names, if X had any.

    See Also
    --------
    FourierRegressor : g(r) by the Fourier transform.
    PartialsRegressor : Pair functions g_AB(r) from several patterns of one material.
    RDFDisplay : Plot of g with its band and, with ``scattering=True``, of S_R with its decomposition.
    sklearn_wtrdf.inversion : The equations.

    Notes
    -----
    ρ₀ is read from the column ``number_density`` of X. If X does not have this column, ρ₀ is estimated together with g.
    With a reference, S_R hardly determines ρ₀, and the estimate stays near the density of the reference.

    The transform of an X-ray S_R is the X-ray weighted g(r), so a reference must have the same weights. Beyond the
    range of r of the reference, g is solved for without it; below its first peak, g is 0. `fit` needs complete
    reference curves: missing rows are interpolated.

    Examples
    --------
    >>> from sklearn_wtrdf import InversionRegressor
    >>> from sklearn_wtrdf.datasets import load_material
    >>> X, y = load_material("silica", weighting="neutron", q_max=17, return_X_y=True)
    >>> bool(abs(InversionRegressor().fit(X).predict(X) - y).mean() < 0.05)
    True
    """

    uses_std = finds_density = True
    color = "ours"

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "reference": ["boolean"],
        "prior": [StrOptions({"auto", *NAMED}), Prior],
        "refit": [StrOptions({"each", "warm", "never"})],
        "systematic_errors": ["boolean"],
        "q_damp": [Interval(Real, 0, 1, closed="left")],
        "r_max": [Interval(Real, 5, None, closed="left")],
        "noise": [Interval(Real, 0, checks.MAX_ABS, closed="neither"), None],
        "composition": [str, Mapping, Composition, None],
        "radiation": [StrOptions({"x-ray", "neutron"}), None],
        "wavelength": [Interval(Real, 0, None, closed="neither"), None],
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
        composition: str | Mapping[str, float] | Composition | None = None,
        radiation: str | None = None,
        wavelength: float | None = None,
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
        self.composition = composition
        self.radiation = radiation
        self.wavelength = wavelength
        self.q = q
        self.s_r = s_r

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Self:
        """Store the references; without references, search for prior and hyperparameters of each material.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            A :func:`~sklearn_wtrdf.scattering_frame`, or several stacked; or an array with r first and S_R after it,
            with `q`; or r alone, with `q` and `s_r`.
        y : array-like of shape (n_rows,), default=None
            Reference g(r), which tends to 1. None fits without a reference.

        Returns
        -------
        self : InversionRegressor

        Raises
        ------
        ValueError
            If the data or a parameter of the estimator are invalid; the message names it.

        Warns
        -----
        DataWarning
            If S_R, g, the number density or the composition look wrong, g and S_R seem to be of different materials, or
            the model does not describe S_R (:func:`~sklearn_wtrdf.consistency.check_pattern`).
        """
        self._store_composition(X)
        values, y = (validated_data(self, X), None) if y is None else validated_data(self, X, y)
        g = None if y is None or not self.reference else np.asarray(y, dtype=np.float64)
        if g is not None:
            checks.check_options(self._settings.prior, self.refit)
        scattering = self._read(values)
        data_warnings.warn([checks.check_composition(self._settings.composition, self.composition_)])
        solver = self._solver = PatternSolver.fit(scattering, g, self._settings, are_measured=self.q is None)
        self.q_, self.r_ = scattering.q, np.unique(scattering.r)
        self.references_, self.fitted_materials_ = solver.references, solver.fitted_materials
        self.band_scale_, self._fitted_with = solver.band_scale, solver.fitted_with
        self.residual_ = np.array([result.decomposition.residual for result in self._fitted_results()])
        return self

    def solve(self, pattern: Pattern) -> InversionResult:
        """Solve for g(r) of one pattern.

        Parameters
        ----------
        pattern : Pattern
            S_R(q), on any grid that :meth:`grid` accepts. If its number density is None, it is estimated.

        Returns
        -------
        result : InversionResult
            g with its standard deviation and samples at any r, peaks, the decomposition of S_R, and warnings.

        Raises
        ------
        ValueError
            If `pattern` is invalid, or does not cover :meth:`grid`.

        Examples
        --------
        >>> from sklearn_wtrdf import InversionRegressor, Pattern
        >>> from sklearn_wtrdf.datasets import load_material
        >>> silica = load_material("silica", weighting="neutron", q_max=17)
        >>> result = InversionRegressor().fit(silica.data).solve(Pattern(silica.q, silica.s_r))
        >>> round(result.number_density, 3), silica.number_density  # estimated, and true
        (0.066, 0.0662)
        """
        check_is_fitted(self)
        check_instance("pattern", pattern, Pattern)
        pattern.check()
        return self._solve(pattern.on(self.grid(pattern.q)))

    def predict(self, X: ArrayLike, return_std: bool = False) -> Floats | tuple[Floats, Floats]:
        """Solve for g(r) at the rows of X.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            With the same columns as in `fit`. S_R may be that of another material.
        return_std : bool, default=False
            Return the standard deviation of g as well.

        Returns
        -------
        g : ndarray of shape (n_rows,)
        std : ndarray of shape (n_rows,)
            Only with `return_std`. The constraint g ≥ 0 is neglected in it.

        Warns
        -----
        DataWarning
            As for :meth:`fit`, about materials that were not in its X; and if a sample does not seem to belong to the
            family of the references.
        """
        scattering = self._scattering(X)
        g, std = np.empty((2, scattering.r.size))
        fitted = {fitted.pattern.digest for fitted in self.fitted_materials_}
        of_data, of_fits = [], []
        for result, rows in self._results(scattering):
            g[rows] = result.g(scattering.r[rows])
            if return_std:
                std[rows] = result.std(scattering.r[rows])
            of_data.append(result.data_warnings)
            of_fits.append(() if result.pattern.digest in fitted else result.fit_warnings)
        data_warnings.warn(of_data)
        data_warnings.warn(of_fits)
        return (g, std) if return_std else g

    def sample(self, X: ArrayLike, n_samples: int = 1, *, random_state: Seed = 0) -> Floats:
        """Draw curves g ≥ 0 from the posterior.

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
        check_count("n_samples", n_samples, 1)
        generator: np.random.RandomState = check_random_state(random_state)
        g = np.empty((n_samples, scattering.r.size))
        for material, pattern in enumerate(scattering.patterns):  # the order of rows changes no draw
            rows = scattering.material == material
            g[:, rows] = self._solve(pattern).sample(scattering.r[rows], n_samples, random_state=generator)
        return g

    def decompose(self, X: ArrayLike) -> list[Decomposition]:
        """Return S_R of each material as the sum of structure, systematic errors and residual.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            As in :meth:`predict`.

        Returns
        -------
        list of Decomposition
            For each material, in the order of X.
        """
        return [result.decomposition for result, _ in self._results(self._scattering(X))]

    def peak_table(
        self, X: ArrayLike, *, n_samples: int = 100, n_peaks: int = 3, level: float = 0.9, random_state: Seed = 0
    ) -> pd.DataFrame:
        """Measure the first peaks of each material in X, with intervals.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            As in :meth:`predict`. Its distances are not used: the peaks are measured on a grid of their own.
        n_samples, n_peaks, level, random_state
            As for :meth:`InversionResult.peaks`.

        Returns
        -------
        DataFrame
            The rows of :meth:`InversionResult.peaks`, with a column ``material``, counted in the order of X.
        """
        scattering = self._scattering(X)
        checks.check_peak_options(n_samples, n_peaks, level)
        results = (result for result, _ in self._results(scattering))
        return peaks_of_materials(results, n_samples, n_peaks, level, check_random_state(random_state))

    def fit_report(self, X: ArrayLike | None = None) -> InversionReport:
        """Return the hyperparameters of each material with intervals, its number density, and warnings.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features), default=None
            As in :meth:`predict`. None reports on the training materials, which is possible without a reference.

        Returns
        -------
        report : InversionReport
            It prints as text; `table` is a DataFrame.
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
        """Reconstruct one pattern that is on :meth:`grid`. If its number density is None, it is estimated."""
        checks.check_distances(r)
        result = self._solve(pattern)
        g, std = result.g(r), result.std(r) if return_std else None
        return Reconstruction(g, std, result.number_density, result.warnings, result)

    def grid(self, q: ArrayLike) -> Floats:
        """Return the q grid [Å⁻¹] to which a pattern measured at q is interpolated.

        Parameters
        ----------
        q : array-like of shape (n_q,)
            Scattering vector of the pattern [Å⁻¹].

        Returns
        -------
        q : ndarray
            Without a reference, the points of `q` within the q range of `fit`. With a reference, or with
            ``refit="never"``, the grid of `fit`.
        """
        check_is_fitted(self)
        q = check_q(q)
        return self.q_ if self.references_ or self.refit == "never" else checks.points_in_range(q, self.q_)

    def check_state(self) -> None:
        """Check a loaded model by evaluating the results of `fit`. A prediction would start a search."""
        self._check_grids()
        checks.check_saved(self.references_, self.fitted_materials_, self.band_scale_, self._fitted_with, self.q_)
        for result in self._fitted_results(1):
            checks.check_finite(result.g(self.r_))

    def provenance(self) -> dict[str, object]:
        """Return the class and the parameters, including the prior, for the header of a file."""
        # "=" separates names from values in a header.
        prior = self.prior if isinstance(self.prior, str) else str(self.prior).replace("=", ": ")
        return super().provenance() | {"prior": prior}

    def _read(self, X: Floats) -> Scattering:
        scattering = super()._read(X)
        checks.check_distances(scattering.r)
        scattering.check_densities()
        return scattering

    @property
    def _settings(self) -> InversionSettings:
        self._validate_params()  # they may have changed since `fit`
        return InversionSettings.of(self)

    @cached_property
    def _solver(self) -> PatternSolver:
        learned = self.references_, self.fitted_materials_, self._fitted_with, self.band_scale_
        return PatternSolver(*learned, are_measured=self.q is None)

    def _solve(self, pattern: Pattern) -> InversionResult:
        """Return the solution of a checked pattern that is on :meth:`grid`."""
        return self._solver.solve(pattern, self._settings, self.refit)

    def _fitted_results(self, n: int | None = None) -> list[InversionResult]:
        """Return the solutions of the training materials, or of the first n; none with a reference."""
        return [self._solver.fitted_result(fitted, self._settings) for fitted in self.fitted_materials_[:n]]

    def _results(self, scattering: Scattering) -> Iterator[tuple[InversionResult, Mask]]:
        """Yield the solution and the rows of each material, in the order of first rows, without storing them."""
        for pattern, rows in scattering.in_order():
            yield self._solve(pattern), rows

    def _html_repr(self) -> str:
        """Return scikit-learn's diagram, and below it g of the first training material if the model is fitted."""
        picture = picture_of(self._fitted_results(1), self.references_, self.r_) if hasattr(self, "r_") else ""
        return str(super()._html_repr()) + picture

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        return tags

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("_solver", None)  # it is built again from the results of `fit`
        return state
