"""Pair functions g_AB(r) from several patterns of one material."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from numbers import Real
from typing import Any, Self, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin, _fit_context
from sklearn.metrics import r2_score
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_wtrdf.inversion.checks import check_level
from sklearn_wtrdf.inversion.decomposition import Decomposition
from sklearn_wtrdf.inversion.priors import Bond, Setting
from sklearn_wtrdf.inversion.result import Seed
from sklearn_wtrdf.partials.alternatives import Alternatives
from sklearn_wtrdf.partials.checks import check_measurements, check_numbers, check_pairs, check_r_max
from sklearn_wtrdf.partials.frame import Measurement, is_by_pair, partials_frame, read_measurements, rows_of
from sklearn_wtrdf.partials.modes import Mode
from sklearn_wtrdf.partials.posterior import PartialsPosterior
from sklearn_wtrdf.partials.result import PartialsResult
from sklearn_wtrdf.partials.search import exclude_outliers, find_modes, observations_of
from sklearn_wtrdf.scattering.composition import Composition
from sklearn_wtrdf.scattering.pairs import pairs_of
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.scattering.validation import check_count, check_number_density, check_r, check_vector
from sklearn_wtrdf.utils import data_warnings
from sklearn_wtrdf.utils.data_warnings import DataWarning
from sklearn_wtrdf.utils.text import listed, quoted
from sklearn_wtrdf.utils.threads import single_thread

Floats = NDArray[np.float64]
Patterns: TypeAlias = "pd.DataFrame | Mapping[str, Pattern] | Sequence[Pattern]"


class PartialsRegressor(RegressorMixin, BaseEstimator):
    r"""Pair functions g_AB(r) ≥ 0 with bands, from several patterns of one material.

    .. math:: S_k(q) − 1 = ∑_{A≤B} w_{k,AB}(q) \frac{4πρ_0}{q} ∫ r (g_{AB}(r) − 1) \sin(qr) \, dr + \text{errors}_k(q)

    X-rays, neutrons and isotope substitution weight the pairs differently, by w. All patterns are solved jointly: the
    pair functions are correlated in a common prior (``PairFunctions``), and each pattern has its own scale, noise and
    systematic errors. Bonds and hyperparameters are those that maximize the evidence; if several solutions are about as
    probable, curves and bands are averages over them. If there are at least as many patterns as pairs, and no onsets
    are given, the average includes a solution under a prior of the log g_AB (``LogPairFunctions``). Bonds that are
    given, or follow from valences, are part of both priors.

    Parameters
    ----------
    composition : str, mapping or Composition, default=None
        Composition of the material, such as ``"SiO2"``. If None, the composition of the first pattern is used.
    number_density : float, default=None
        ρ₀ [Å⁻³]. If None, the number density of the patterns is used. A frame contains none, so it must be given then.
    bonds : {"auto"} or mapping of str to Bond, default="auto"
        The bonds of each pair, such as ``{"Si-O": Bond(r=(1.5, 1.7))}``; an empty mapping if there are none. "auto"
        selects them by the evidence.
    onsets : mapping of str to pair of floats, default=None
        Bounds of the onset [Å], the distance at which a pair function rises from 0, or rises again beyond its bond if
        it has one, such as ``{"O-O": (2.2, 2.6)}``. For other pairs, bounds follow from the bonds.
    single_pattern : bool, default=False
        Whether to accept a single pattern, which does not determine the pair functions (see ``determination_``).
    systematic_errors : bool, default=True
        Whether S may have errors of background and normalization that vary slowly with q.
    r_max : float, default=20.0
        Largest distance [Å] at which a pair function may differ from 1. It is increased by up to 30 Å if that increases
        the evidence.

    Attributes
    ----------
    composition_ : str
        Formula of the material.
    number_density_ : float
        ρ₀ [Å⁻³].
    pairs_ : list of str
        Names of the pairs, such as ``"Si-O"``, in the order of all results.
    measurements_ : list of Measurement
        The patterns with their weights, without outliers.
    modes_ : list of Mode
        The solutions that are averaged over, each a maximum of the evidence, the most probable one first. A solution
        under a prior of the log g_AB is the last one.
    determination_ : DataFrame of shape (n_pairs, 4)
        How well the patterns determine each pair function up to 8 Å: ``half_width``, the mean half-width of its 90 %
        band; ``relative_error``, the ratio of its standard deviation to the root mean square of g − 1; ``narrowing``,
        1 minus the ratio of its posterior to its prior standard deviation; and ``is_determined``, whether the relative
        error is at most 0.45, and there are several patterns with different weights or a single pair.

    See Also
    --------
    partials_frame : Lays out the patterns as X.
    InversionRegressor : g(r) of a single pattern.

    Notes
    -----
    The scale of each pattern may be wrong by some per cent, and so may the number density. All patterns must have the
    number density of the material.

    Examples
    --------
    >>> from sklearn_wtrdf import PartialsRegressor
    >>> from sklearn_wtrdf.datasets import load_material
    >>> patterns = [load_material("argon-krypton", weighting=w, q_max=8).pattern for w in ("x-ray", "neutron")]
    >>> model = PartialsRegressor().fit(patterns)
    >>> model.pairs_
    ['Ar-Ar', 'Ar-Kr', 'Kr-Kr']
    >>> g, std = model.predict_partials([3.9, 8.0], return_std=True)
    >>> g.shape, std.shape
    ((3, 2), (3, 2))
    """

    _parameter_constraints: dict[str, list] = {  # noqa: RUF012
        "composition": [str, Mapping, Composition, None],
        "number_density": [Interval(Real, 0, None, closed="neither"), None],
        "bonds": [StrOptions({"auto"}), Mapping],
        "onsets": [Mapping, None],
        "single_pattern": ["boolean"],
        "systematic_errors": ["boolean"],
        "r_max": [Interval(Real, 5, 200, closed="both")],
    }

    def __init__(
        self,
        composition: str | Mapping[str, float] | Composition | None = None,
        *,
        number_density: float | None = None,
        bonds: str | Mapping[str, Bond] = "auto",
        onsets: Mapping[str, Setting] | None = None,
        single_pattern: bool = False,
        systematic_errors: bool = True,
        r_max: float = 20.0,
    ) -> None:
        self.composition = composition
        self.number_density = number_density
        self.bonds = bonds
        self.onsets = onsets
        self.single_pattern = single_pattern
        self.systematic_errors = systematic_errors
        self.r_max = r_max

    @_fit_context(prefer_skip_nested_validation=True)
    @single_thread
    def fit(self, X: Patterns, y: None = None) -> Self:
        """Estimate the pair functions.

        Parameters
        ----------
        X : DataFrame, mapping of str to Pattern, or sequence of Pattern
            A frame of :func:`partials_frame`, or patterns whose radiation is known.
        y : None
            Ignored.

        Returns
        -------
        self : PartialsRegressor

        Raises
        ------
        ValueError
            If X is not such a frame, a radiation is unknown, a pattern occurs twice, compositions contradict one
            another, there is only one pattern, the number density is missing, S_R has impossible values, or `r_max` is
            too large for the q range of the patterns.

        Warns
        -----
        DataWarning
            If a pattern or the number density looks wrong (:func:`~sklearn_wtrdf.consistency.check_pattern`), outliers
            of S_R are excluded, patterns contradict each other, two patterns have nearly the same weights or are more
            probable with their weights exchanged, the patterns are more probable if the q of one is multiplied by a
            factor, or a pair function is not determined.
        """
        composition = None if self.composition is None else Composition(self.composition).formula
        frame = X if isinstance(X, pd.DataFrame) else partials_frame(X)
        composition, measurements = read_measurements(frame, composition)
        density = self._density(X)
        data_warnings.warn([self._check(composition, measurements, density)])
        measurements = exclude_outliers(measurements, density)
        self.composition_, self.number_density_, self.measurements_ = composition, density, measurements
        self.pairs_ = [pair.name for pair in pairs_of(composition)]
        self.modes_: list[Mode]
        self.modes_, self.fitted_r_max_ = find_modes(
            observations_of(measurements, density, self.r_max, is_coarse=True),
            bonds=None if isinstance(self.bonds, str) else self.bonds,
            onsets=self.onsets,
            systematic_errors=self.systematic_errors,
        )
        self.fitted_with_errors_ = self.systematic_errors
        self.n_features_in_ = frame.shape[1]
        self.__dict__.pop("_result", None)
        alternatives = Alternatives(
            self.modes_[0], measurements, density, self.fitted_r_max_, systematic_errors=self.systematic_errors
        )
        result = self._result
        of_alternatives = alternatives.warnings(is_contradictory=bool(result.contradictions))
        data_warnings.warn([result.warnings() + of_alternatives])
        return self

    @single_thread
    def predict(self, X: pd.DataFrame) -> Floats:
        """Return S_R of the fitted pair functions.

        Parameters
        ----------
        X : DataFrame of shape (n_points, n_columns)
            Points of the patterns of `fit`: the columns ``pattern`` and ``q`` are used.

        Returns
        -------
        s_r : ndarray of shape (n_points,)
            S_R [Å⁻¹] of the pair functions, without systematic errors; for a pattern that was given as q F(q), q F(q)
            in its unit.
        """
        check_is_fitted(self)
        frame = X if isinstance(X, pd.DataFrame) else partials_frame(X)
        s_r = np.empty(len(frame))
        for name, (rows, q) in rows_of(frame, self.measurements_).items():
            s_r[rows] = self._result.predict(name, q)
        return s_r

    def score(self, X: Patterns, y: None = None, sample_weight: ArrayLike | None = None) -> float:
        """Return the coefficient of determination R² of S_R.

        Parameters
        ----------
        X : DataFrame of shape (n_points, n_columns)
            Points of the patterns of `fit`, for example those that a cross-validation has left out of `fit`.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_points,), default=None
            Weights of the points.

        Returns
        -------
        score : float
        """
        frame = X if isinstance(X, pd.DataFrame) else partials_frame(X)
        if "s_r" not in frame:
            raise ValueError("X has no column 's_r', with which predictions are compared: build it by partials_frame.")
        return float(r2_score(frame["s_r"], self.predict(frame), sample_weight=sample_weight))

    @single_thread
    def predict_partials(
        self, r: ArrayLike, return_std: bool = False, *, combination: Mapping[str, float] | None = None
    ) -> Floats | tuple[Floats, Floats]:
        """Return the pair functions, or a linear combination of them.

        Parameters
        ----------
        r : array-like of shape (n_r,)
            Distances [Å], in any order.
        return_std : bool, default=False
            Whether to return the standard deviation as well.
        combination : mapping of str to float, default=None
            Weight of each pair, as :meth:`Composition.weights` returns them. Pairs that are not mentioned have the
            weight 0. None returns all pair functions.

        Returns
        -------
        g : ndarray of shape (n_pairs, n_r) or (n_r,)
            The mean of each pair function, in the order of ``pairs_``, or that of the linear combination.
        std : ndarray of the same shape
            Their standard deviations, if `return_std`.
        """
        check_is_fitted(self)
        at = check_r(r)
        if combination is None:
            g = self._result.g(at)
            return (g, self._result.std(at)) if return_std else g
        weights, posterior = self._weights(combination), self._result.posterior
        mean = posterior.g(at, weights)
        return (mean, posterior.std(at, weights)) if return_std else mean

    @single_thread
    def sample(self, r: ArrayLike, n_samples: int = 1, *, random_state: Seed = 0) -> Floats:
        """Draw all pair functions at once from the posterior.

        Parameters
        ----------
        r : array-like of shape (n_r,)
            Distances [Å], in any order.
        n_samples : int, default=1
            Number of draws.
        random_state : int, RandomState instance or None, default=0
            Seed of the draws.

        Returns
        -------
        g : ndarray of shape (n_samples, n_pairs, n_r)
            Nowhere negative.
        """
        check_is_fitted(self)
        check_count("n_samples", n_samples, 1)
        at, generator = check_r(r), check_random_state(random_state)
        return self._result.sample(at, n_samples, generator)

    @single_thread
    def peak_table(self, n_samples: int = 100, *, level: float = 0.9, random_state: Seed = 0) -> pd.DataFrame:
        """Measure the first two peaks of each pair function, with intervals.

        Parameters
        ----------
        n_samples : int, default=100
            Curves drawn from the posterior.
        level : float, default=0.9
            Probability of the intervals.
        random_state : int, RandomState instance or None, default=0
            Seed of the draws.

        Returns
        -------
        table : DataFrame
            A row for each peak: ``pair``, such as "A-B"; ``peak``; ``position`` [Å], ``height`` and ``width`` [Å];
            ``n_of_second``, the number of atoms B around an atom A; ``n_of_first``, the number of atoms A around an
            atom B; the intervals of these numbers, ``position_low``, ``position_high`` and so on; and ``r_low`` and
            ``r_high`` [Å], the range in which atoms are counted.
        """
        check_is_fitted(self)
        check_count("n_samples", n_samples, 2)
        check_level(level)
        generator = check_random_state(random_state)
        return self._result.peaks(n_samples, level, generator)

    @single_thread
    def decompose(self) -> dict[str, Decomposition]:
        """Return S_R of each pattern, without outliers, as the sum of structure, systematic errors and residual.

        Returns
        -------
        parts : dict of str to Decomposition
        """
        check_is_fitted(self)
        return self._result.decompose()

    @property
    @single_thread
    def determination_(self) -> pd.DataFrame:
        """How well the patterns determine each pair function."""
        check_is_fitted(self)
        return self._result.determination.copy()

    def check_state(self) -> None:
        """Raise unless the fitted attributes are valid and give finite pair functions."""
        if not np.isfinite(self._result.g(np.array([2.0, 5.0]))).all():
            raise ValueError("its pair functions are not finite")

    def _density(self, X: Patterns) -> float:
        given = [] if self.number_density is None else [self.number_density]
        if not given and not isinstance(X, pd.DataFrame):
            patterns = X.values() if isinstance(X, Mapping) else X
            given = [pattern.number_density for pattern in patterns if pattern.number_density is not None]
        if not given:
            raise ValueError("number_density is missing: PartialsRegressor(number_density=…) [Å⁻³].")
        given = [check_number_density(density) for density in given]
        if np.ptp(given) > 1e-6 * max(given):
            raise ValueError(
                f"number_density: the patterns have different values, {listed(map(str, sorted(set(given))))}."
            )
        return given[0]

    def _check(self, composition: str, measurements: Sequence[Measurement], density: float) -> list[DataWarning]:
        """Return the warnings about the patterns, or raise an error if parameters or patterns are invalid."""
        check_numbers(composition, measurements, single_pattern=self.single_pattern)
        for argument, of_pairs in (("bonds", self.bonds), ("onsets", self.onsets)):
            if isinstance(of_pairs, Mapping):
                check_pairs(argument, of_pairs, composition, pairs_of(composition))
        warnings = check_measurements(measurements, density)
        check_r_max(self.r_max, measurements)
        return warnings

    def _weights(self, combination: Mapping[str, float]) -> Floats:
        if not is_by_pair(combination):
            raise TypeError(f"combination must be weights by pair, as {{'Na-Cl': 0.5}}, got {quoted(combination)}.")
        weights, places = np.zeros(len(self.pairs_)), {}
        for i, name in enumerate(self.pairs_):
            places[name] = places["-".join(reversed(name.split("-")))] = i
        for name, weight in combination.items():
            if name not in places:
                raise ValueError(f"combination: {name!r} is not one of the pairs {listed(self.pairs_)}.")
            weights[places[name]] += check_vector(f"combination: the weight of {name}", [weight]).item()
        return weights

    @cached_property
    def _result(self) -> PartialsResult:
        """The solution, from the results of `fit`."""
        observations = observations_of(self.measurements_, self.number_density_, self.fitted_r_max_, is_coarse=True)
        continued = [observation.with_small_q() for observation in observations]
        posterior = PartialsPosterior(self.modes_, continued, self.fitted_with_errors_)
        return PartialsResult(posterior, self.measurements_, self.number_density_)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("_result", None)  # it is built again from the results of `fit`
        return state

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        return tags
