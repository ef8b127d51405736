"""WT-RDF calibrated against a reference g(r)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from functools import lru_cache
from numbers import Real
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import _fit_context, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from sklearn_wtrdf import consistency
from sklearn_wtrdf.base import Reconstruction, ScatteringRegressor
from sklearn_wtrdf.peaks import Window
from sklearn_wtrdf.scattering.pattern import Pattern, checked_patterns
from sklearn_wtrdf.scattering.sampling import check_possible
from sklearn_wtrdf.scattering.validation import as_floats, check_q, check_r
from sklearn_wtrdf.utils import data_warnings
from sklearn_wtrdf.utils.text import quoted
from sklearn_wtrdf.utils.threads import one_thread
from sklearn_wtrdf.wtrdf import wavelet
from sklearn_wtrdf.wtrdf.calibration import (
    CalibrationProblem,
    CalibrationResult,
    Solver,
    bounds_array,
    check_init,
    solve_each,
)
from sklearn_wtrdf.wtrdf.report import FitReport
from sklearn_wtrdf.wtrdf.solvers import named_solver
from sklearn_wtrdf.wtrdf.uncertainty import parameter_covariance
from sklearn_wtrdf.wtrdf.wavelet import PARAMETERS

Floats = NDArray[np.float64]
Bounds = Mapping[str, tuple[float, float]]


class WTRDFRegressor(ScatteringRegressor):
    r"""WT-RDF+: g(r) from S_R(q) by a wavelet integral whose five parameters are calibrated on a reference g(r).

    The model is

    .. math:: g(r) = Λ ∫ S_R(q) \, [J_2(u) + K_f Φ(u) + \tilde C] \, dq

    with u = (q r − b) / a, and the loss that `fit` minimizes, with w for `peak_weight` and means ⟨ ⟩ over all rows and
    over the peak bins,

    .. math:: L = (1 − w) ⟨|y − \hat y|⟩ + w ⟨|y − \hat y|⟩_\text{peaks}

    Parameters
    ----------
    bounds : dict, default=None
        Interval (lower, upper) of each parameter, by the names ``a``, ``b``, ``K_f``, ``C``, ``Lambda``; lower = upper
        holds a parameter. Those left out are searched in a default box: a from 2 r_max Δq / π, below which the q grid
        is too coarse for the wavelet, to 2; b from q_min r_max to q_max r_min, where the wavelet is centred inside the
        measured range (from q_min r_min to q_max r_max where that is nearly empty); the others free, but for
        |Λ| ≥ 10⁻⁶ max |g| / ∫ |S_R| dq; a
        begins higher where the box would take long to search.
    peak_weight : float in [0, 1], default=0.5
        Weight of the peaks in the loss: 0 is the mean absolute error, 1 the paper's selective loss. Where no peak can
        be found, the loss is the mean absolute error.
    peaks : sequence of (low, high), default=None
        Windows of r [Å] in which the highest row is a peak bin. None finds the first two peaks of each material.
    init : dict, default=None
        Starting values by name; the others, and all of them if None, are the paper's manual ones clipped into the
        bounds, which are those of the first round where the solver has rounds. The global search takes them as one
        start among many.
    q : array-like of shape (n_q,) or (2,), default=None
        The q grid [Å⁻¹] of S_R, or its two ends, for X without column names. It wins over column names.
    s_r : array-like of shape (n_q,), default=None
        S_R(q) [Å⁻¹] of the one material, for X that holds r alone.
    solver : {"variable_projection", "lbfgsb", "adam"} or object, default="variable_projection"
        ``"variable_projection"`` finds the global minimum, the same every time; of minima with the same loss that with
        the least mean absolute error. ``"lbfgsb"`` descends from `init` on a smoothed loss. ``"adam"`` is the paper's
        procedure from `init`. The objects of :mod:`sklearn_wtrdf.wtrdf.solvers` have parameters of their own,
        ``solver=Adam(learning_rate=0.003)``; any object with ``solve(problem, init)`` will do.

    Attributes
    ----------
    params_ : dict of str to float
        The calibrated a, b, K_f, C̃ and Λ.
    loss_ : float
        The loss at `params_`.
    loss_curve_ : ndarray of shape (n_iter_,)
        The loss over the iterations: of the best point so far for the global search and L-BFGS-B, before each step for
        Adam.
    n_iter_ : int
        Number of iterations.
    params_std_ : dict of str to float
        Standard deviation of each parameter, by a bootstrap of the residuals in the model linearized at the minimum;
        0 where a parameter is held, NaN where there are too few rows to tell, as with ``peak_weight=1``. It says how
        far noise of the size of the residuals moves the minimum, and nothing
        about what the model cannot follow.
    distance_scale_ : float
        Where the model shows a shell of atoms over where it is: the median over shells between the two peaks of the
        training data. 1 keeps distances; with the published parameters it is 0.6.
    peak_mask_ : ndarray of bool, shape (n_rows,)
        The training rows that are a peak bin.
    q_ : ndarray of shape (n_q,)
        The q grid [Å⁻¹] that was calibrated on.
    r_ : ndarray of shape (n_r,)
        The distances of the training rows [Å], each once.
    composition_ : str or None
        What the training material is made of, where X says it (`scattering_frame` does, given a composition).
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Their names, where X had any.

    See Also
    --------
    sklearn_wtrdf.wt_rdf : The reconstruction with given parameters.

    Notes
    -----
    The parameters belong to the material family and to the range of q that they were calibrated on, Λ and C̃ most of
    all. The wavelet integral is a Fourier transform read at another distance: with a near 0.6 a shell of atoms at r₀
    appears at about 0.6 r₀. A small loss says that the curve was met, not that a peak stands for a shell at its place.

    Examples
    --------
    >>> from sklearn_wtrdf import WTRDFRegressor
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> X, y = load_ge_se(return_X_y=True)
    >>> model = WTRDFRegressor(bounds={"a": (0.60, 0.61), "K_f": (0.01, 0.30)}).fit(X, y)
    >>> abs(model.predict(X) - y)[model.peak_mask_].max() < 0.001
    np.True_
    """

    color = "WT-RDF"

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "bounds": [dict, None],
        "peak_weight": [Interval(Real, 0, 1, closed="both")],
        "peaks": ["array-like", None],
        "init": [dict, None],
        "q": ["array-like", None],
        "s_r": ["array-like", None],
        "solver": [str, HasMethods("solve")],
    }

    def __init__(
        self,
        bounds: Bounds | None = None,
        *,
        peak_weight: float = 0.5,
        peaks: Sequence[Window] | None = None,
        init: Mapping[str, float] | None = None,
        q: ArrayLike | None = None,
        s_r: ArrayLike | None = None,
        solver: str | Solver = "variable_projection",
    ) -> None:
        self.bounds = bounds
        self.peak_weight = peak_weight
        self.peaks = peaks
        self.init = init
        self.q = q
        self.s_r = s_r
        self.solver = solver

    @_fit_context(prefer_skip_nested_validation=True)
    @one_thread
    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Calibrate the five parameters.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            A :func:`~sklearn_wtrdf.scattering_frame`, or several stacked; or an array with r first and S_R after it,
            with `q`; or r alone, with `q` and `s_r`.
        y : array-like of shape (n_rows,)
            Reference g(r), which tends to 1.
        sample_weight : array-like of shape (n_rows,), default=None
            Weights in both means of the loss. A row of weight 0 is as if it were not there.

        Returns
        -------
        self : WTRDFRegressor

        Raises
        ------
        ValueError
            If the data or a parameter of the estimator are not as described; the message names which.

        Warns
        -----
        DataWarning
            If S_R, g(r) or the number density look wrong, or g(r) and S_R seem to be of different materials
            (:func:`~sklearn_wtrdf.consistency.check_pattern`, :func:`~sklearn_wtrdf.consistency.check_pair`).
        UserWarning
            If no row lies in a window of `peaks`.
        sklearn.exceptions.ConvergenceWarning
            If the solver reached its `max_iter`. Adam, which takes a fixed number of steps, never does.
        """
        solver, first_bounds = self._solver()
        problem, start = self._prepare(X, y, sample_weight, first_bounds)
        (result,) = solve_each(solver, [problem], [start])
        return self._keep(problem, result, solver)

    @_fit_context(prefer_skip_nested_validation=True)
    @one_thread
    def fit_batch(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        init: Sequence[Mapping[str, float]] | None = None,
    ) -> list[Self]:
        """Calibrate many models at once: from many starts, on many draws of rows, or on many glasses.

        Each fit is what `fit` makes of its part of the arguments. `Adam` trains all of them together, on a GPU where
        it has ``device="cuda"``; solvers without a ``solve_batch`` are run for one fit after the other.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            The rows of all fits, as in `fit`; glasses are stacked.
        y : array-like of shape (n_rows,) or (n_fits, n_rows)
            Reference g(r) of all fits, or of each.
        sample_weight : array-like of shape (n_rows,) or (n_fits, n_rows), default=None
            Weights of the rows in all fits, or in each. A row of weight 0 is as if it were not there, so these are a
            bootstrap's counts, the draw of a subset, or the rows of a glass.
        init : sequence of dict, default=None
            Starting values of each fit, in place of the estimator's `init`.

        Returns
        -------
        models : list of WTRDFRegressor
            A fitted copy for each fit; this estimator stays as it is.

        Raises
        ------
        ValueError
            As for `fit`, or if `y`, `sample_weight` and `init` are of different numbers of fits.

        Examples
        --------
        A calibration from each of three starts:

        >>> from sklearn_wtrdf import WTRDFRegressor
        >>> from sklearn_wtrdf.datasets import load_ge_se
        >>> from sklearn_wtrdf.wtrdf.solvers import Adam
        >>> X, y = load_ge_se(return_X_y=True)
        >>> adam = WTRDFRegressor({"a": (0.60, 0.61), "K_f": (0.01, 0.30)}, solver=Adam(max_iter=20))
        >>> models = adam.fit_batch(X, y, init=[{"b": 4.4}, {"b": 4.6}, {"b": 4.8}])
        >>> min(models, key=lambda model: model.loss_).init
        {'b': 4.4}
        """
        solver, first_bounds = self._solver()
        fits = _each_fit(y, sample_weight, init)
        models = [clone(self) if start is None else clone(self).set_params(init=start) for *_, start in fits]
        prepared = [
            model._prepare(X, of_fit, weights, first_bounds)
            for model, (of_fit, weights, _) in zip(models, fits, strict=True)
        ]
        problems, starts = map(list, zip(*prepared, strict=True))
        results = solve_each(solver, problems, starts)
        return [model._keep(*each, solver) for model, *each in zip(models, problems, results, strict=True)]

    def _prepare(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, first_bounds: Bounds | None
    ) -> tuple[CalibrationProblem, Floats]:
        """Return what is to be minimized and from where, with warnings of what looks wrong with the data."""
        self._keep_composition(X)
        values, g = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        problem = self._problem(values, g, sample_weight)
        scattering = self._read(values)
        counts = np.ones(g.size, dtype=bool) if sample_weight is None else np.asarray(sample_weight) > 0
        found: list[list[data_warnings.DataWarning]] = []
        for (pattern, of_pattern), wrong in zip(scattering.in_order(), self._check(scattering), strict=True):
            rows = counts & of_pattern
            pair = pattern.q, pattern.s_r, scattering.r[rows], g[rows]
            found.append(
                wrong + consistency.check_curve(*pair[2:]) + consistency.check_pair(*pair) if rows.any() else []
            )
        data_warnings.warn(found)
        return problem, check_init(self.init, bounds_array(first_bounds, problem.r, problem.q))

    def _keep(self, problem: CalibrationProblem, result: CalibrationResult, solver: Solver) -> Self:
        """Keep a result as this model's own."""
        if not result.converged:
            warnings.warn(
                f"{solver!r} reached max_iter before the loss had settled: raise max_iter.",
                ConvergenceWarning,
                stacklevel=data_warnings.user_stacklevel(),
            )
        self.params_ = dict(zip(PARAMETERS, map(float, result.theta), strict=True))
        self.loss_ = result.loss
        self.loss_curve_ = result.loss_curve
        self.n_iter_ = len(result.loss_curve)
        self.peak_mask_ = problem.peak_mask
        self.q_ = problem.q
        self._s_r = problem.s_r
        self.r_ = problem.r
        predicted, gradient = problem.linearize(result.theta)
        residuals = problem.y - predicted
        self._minimum = (result.theta, problem.bounds, gradient, residuals, problem.weights)
        self._peaks = problem.row_data[0][problem.is_peak], residuals[problem.is_peak]
        peaks = self._peaks[0] if self._peaks[0].size > 1 else problem.r
        self._shells = np.linspace(peaks.min(), peaks.max(), 11)
        return self

    @property
    @one_thread
    def params_std_(self) -> dict[str, float]:
        """Standard deviation of each parameter."""
        return dict(zip(PARAMETERS, map(float, np.sqrt(np.diag(self._covariance))), strict=True))

    @property
    @one_thread
    def distance_scale_(self) -> float:
        """Where the model shows a shell of atoms over where it is."""
        check_is_fitted(self)
        shown = [wavelet.shell_response(self.q_, r0, **self.params_)[0] for r0 in self._shells]
        return float(np.median(shown / self._shells))  # NaN if some shell does not appear

    @property
    def _covariance(self) -> Floats:
        check_is_fitted(self)
        return parameter_covariance(*self._minimum)

    @one_thread
    def predict(self, X: ArrayLike, return_std: bool = False) -> Floats | tuple[Floats, Floats]:
        """Reconstruct g(r) at the rows of X.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            With the columns that `fit` had. S_R may be another material's.
        return_std : bool, default=False
            Return the standard deviation of g as well: what the uncertainty of the parameters makes of it.

        Returns
        -------
        g : ndarray of shape (n_rows,)
        std : ndarray of shape (n_rows,)
            Only with `return_std`.

        Warns
        -----
        DataWarning
            If S_R or the number density look wrong, or S_R seems to be of another family than that of `fit`.
        """
        scattering = self._scattering(X)
        data_warnings.warn(self._check(scattering, new=True))
        r, row = np.unique(scattering.r, return_inverse=True)
        at_rows = scattering.material, row.reshape(-1)
        g = self._curves(r, scattering.q, scattering.s_r)[at_rows]
        return (g, self._deviations(r, scattering.q, scattering.s_r)[at_rows]) if return_std else g

    @one_thread
    def fit_report(self) -> FitReport:
        """Return parameters with uncertainties and bounds, loss, peak errors and the scale of distances.

        Returns
        -------
        report : FitReport
            It prints as text, and as HTML in notebooks; `params` is a DataFrame.

        Examples
        --------
        >>> from sklearn_wtrdf import WTRDFRegressor
        >>> from sklearn_wtrdf.datasets import load_ge_se
        >>> model = WTRDFRegressor({"a": (0.60, 0.61), "K_f": (0.01, 0.30)}).fit(*load_ge_se(return_X_y=True))
        >>> model.fit_report().params["at"].to_dict()
        {'a': 'lower', 'b': '', 'K_f': 'lower', 'C': '', 'Lambda': ''}
        """
        check_is_fitted(self)
        theta, bounds, *_ = self._minimum
        lower, upper = bounds.T
        near = 1e-6 * np.maximum(np.abs(theta), 1e-6)
        at = np.select([lower == upper, theta - lower < near, upper - theta < near], ["held", "lower", "upper"], "")
        params = pd.DataFrame(
            {"value": theta, "std": list(self.params_std_.values()), "lower": lower, "upper": upper, "at": at},
            index=list(PARAMETERS),
        )
        peaks, residuals = self._peaks
        return FitReport(params, self.loss_, self.peak_weight, peaks, np.abs(residuals), self.distance_scale_)

    @one_thread
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
        """Reconstruct g(r) of one pattern or of many, on any grid.

        Parameters
        ----------
        r : array-like of shape (n_r,)
            Distances [Å], not negative.
        q : array-like of shape (n_q,)
            Scattering vector [Å⁻¹], strictly increasing. The integral is over this grid, whichever it is.
        s_r : array-like of shape (n_q,) or (n_materials, n_q)
            Reduced structure factors [Å⁻¹].
        number_density, std : optional
            Passed over: the wavelet integral knows neither.
        return_std : bool, default=False
            Return the standard deviation of g as well, as :meth:`predict` does.
        n_jobs, verbose : optional
            Passed over: one matrix is made for all patterns, and what remains is as quick as sending them.

        Returns
        -------
        g : ndarray of shape (n_r,) or (n_materials, n_r)
        std : ndarray of the same shape
            Only with `return_std`.

        Raises
        ------
        ValueError
            If an argument is not as described; the message names it.

        Warns
        -----
        DataWarning
            As for :meth:`predict`.
        UserWarning
            If q spans another range than the one calibrated on: Λ and C̃ belong to it.

        Examples
        --------
        >>> from sklearn_wtrdf import WTRDFRegressor
        >>> from sklearn_wtrdf.datasets import load_ge_se
        >>> ge_se = load_ge_se()
        >>> model = WTRDFRegressor().fit(ge_se.data, ge_se.target)
        >>> model.reconstruct(ge_se.r, ge_se.q, [ge_se.s_r, 1.1 * ge_se.s_r]).shape
        (2, 58)
        """
        check_is_fitted(self)
        r, q = check_r(r), check_q(q)
        patterns, step = checked_patterns(q, s_r, number_density, std), np.diff(self.q_).max()
        if abs(q[0] - self.q_[0]) > step or abs(q[-1] - self.q_[-1]) > step:
            warnings.warn(
                f"q spans {q[0]:g} to {q[-1]:g} Å⁻¹, but the parameters were calibrated on "
                f"{self.q_[0]:g} to {self.q_[-1]:g} Å⁻¹, to which Lambda and C belong: cut q to that range, or "
                "calibrate on this one.",
                UserWarning,
                stacklevel=data_warnings.user_stacklevel(),
            )
        data_warnings.warn(self._check_new(patterns))
        stack = np.array([pattern.s_r for pattern in patterns]).reshape(-1, q.size)
        shape = *np.shape(s_r)[:-1], r.size
        g = self._curves(r, q, stack).reshape(shape)
        return (g, self._deviations(r, q, stack).reshape(shape)) if return_std else g

    @one_thread
    def reconstruct_pattern(self, pattern: Pattern, r: Floats, return_std: bool = False) -> Reconstruction:
        """As for every model. The standard deviation is None: that of the parameters is not how far off g is."""
        (g,) = self._curves(as_floats(r)[0], pattern.q, pattern.s_r[None])
        return Reconstruction(g, None, pattern.number_density, self._check_new([pattern])[0])

    def check_state(self) -> None:
        """As for every model, with what the report needs."""
        super().check_state()
        wavelet.check_parameters(self.params_)
        self.fit_report()

    def provenance(self) -> dict[str, object]:
        """Return the class and the five parameters, for the header of a file."""
        return {"model": type(self).__name__, **self.params_}

    def _curves(self, r: Floats, q: Floats, patterns: Floats) -> Floats:
        """Return g of each pattern, one by one, so that it does not depend on the others to the last bit."""
        r, row = np.unique(r, return_inverse=True)
        kernel = _kernel(r.tobytes(), q.tobytes(), **self.params_)
        return np.asarray((patterns[:, None, :] @ kernel.T)[:, 0, row])

    def _deviations(self, r: Floats, q: Floats, patterns: Floats) -> Floats:
        """Return what the uncertainty of the parameters makes of each g."""
        gradient = wavelet.wt_rdf_gradient(r, q, patterns, **self.params_)
        return np.sqrt(np.einsum("kmn,kl,lmn->mn", gradient, self._covariance, gradient))

    def calibration_problem(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> CalibrationProblem:
        """Return what a fitted model's `fit` would minimize on these data.

        Parameters
        ----------
        X, y, sample_weight
            As in :meth:`fit`.

        Returns
        -------
        CalibrationProblem
            See :mod:`sklearn_wtrdf.wtrdf.calibration`.
        """
        check_is_fitted(self)
        values, g = validate_data(self, X, y, reset=False, dtype=np.float64, y_numeric=True)
        return self._problem(values, g, sample_weight)

    def _check_new(self, patterns: Sequence[Pattern]) -> list[list[data_warnings.DataWarning]]:
        """Return what looks wrong with other materials; files of earlier versions do not know the family."""
        given = self._check_given(patterns)
        if (family := getattr(self, "_s_r", None)) is None or not patterns:
            return given
        q, s_r = patterns[0].q, np.array([pattern.s_r for pattern in patterns])
        if not np.array_equal(q, self.q_):
            return given
        return [
            first + other for first, other in zip(given, consistency.check_family_of_each(q, s_r, family), strict=True)
        ]

    def _problem(self, X: Floats, y: Floats, sample_weight: ArrayLike | None) -> CalibrationProblem:
        weights: Floats | None = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        check_possible("y, the g(r) that is given,", y if weights is None else y[weights > 0])
        return CalibrationProblem(
            self._read(X),
            y.astype(np.float64),
            sample_weight=weights,
            peak_weight=self.peak_weight,
            peaks=self.peaks,
            bounds=self.bounds,
        )

    def _solver(self) -> tuple[Solver, Bounds | None]:
        """Return the solver, and the bounds that it starts in."""
        if isinstance(self.solver, type):
            raise ValueError(f"solver is the class {self.solver.__name__}: write {self.solver.__name__}().")
        solver = named_solver(self.solver) if isinstance(self.solver, str) else self.solver
        earlier = getattr(solver, "earlier_bounds", None)
        return solver, earlier[0] if isinstance(earlier, list) and earlier else self.bounds


def _each_fit(
    y: ArrayLike, sample_weight: ArrayLike | None, init: Sequence[Mapping[str, float]] | None
) -> list[tuple[Any, Any, Mapping[str, float] | None]]:
    """Return y, weights and starting values of each fit of a batch."""
    if init is not None and (isinstance(init, Mapping) or not all(isinstance(start, Mapping) for start in init)):
        raise ValueError(f"init must be a list of dicts, one for each fit, got {quoted(init)}.")
    given = {"y": _rows_of_fits("y", y), "sample_weight": _rows_of_fits("sample_weight", sample_weight), "init": init}
    numbers = {name: len(values) for name, values in given.items() if values is not None}
    if len(set(numbers.values())) > 1 or 0 in numbers.values():
        counted = ", ".join(f"{name} for {number}" for name, number in numbers.items())
        raise ValueError(f"y, sample_weight and init must be for the same number of fits, got {counted}.")
    n_fits = next(iter(numbers.values()), 1)
    shared = (y, sample_weight, None)
    columns = [
        [same] * n_fits if values is None else values for values, same in zip(given.values(), shared, strict=True)
    ]
    return list(zip(*columns, strict=True))


def _rows_of_fits(name: str, values: ArrayLike | None) -> Floats | None:
    """Return values of shape (n_fits, n_rows), or None where there are none, or the same for all fits."""
    try:
        rows = np.asarray(values)
    except ValueError:  # lines of different lengths
        rows = np.empty((0, 0, 0))
    if rows.ndim > 2:
        raise ValueError(f"{name} must be of shape (n_rows,), or (n_fits, n_rows) with as many rows in each fit.")
    return rows if rows.ndim == 2 else None


@lru_cache(maxsize=2)
def _kernel(r: bytes, q: bytes, **params: float) -> Floats:
    """Return the matrix that turns S_R into g; a folder of files asks for the same one again and again."""
    return wavelet.kernel(np.frombuffer(r), np.frombuffer(q), **params)
