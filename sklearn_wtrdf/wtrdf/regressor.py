"""WT-RDF calibrated against a reference g(r)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import _fit_context, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from sklearn_wtrdf import consistency, mismatch
from sklearn_wtrdf.base import validated_data
from sklearn_wtrdf.peaks import Window
from sklearn_wtrdf.scattering.sampling import check_possible
from sklearn_wtrdf.scattering.validation import as_numbers
from sklearn_wtrdf.utils import data_warnings
from sklearn_wtrdf.utils.threads import single_thread
from sklearn_wtrdf.wtrdf import wavelet
from sklearn_wtrdf.wtrdf.batch import fits_of_batch
from sklearn_wtrdf.wtrdf.calibration import CalibrationProblem, CalibrationResult, Solver, solve_each, starting_point
from sklearn_wtrdf.wtrdf.model import WaveletModel
from sklearn_wtrdf.wtrdf.report import FitReport, parameter_table
from sklearn_wtrdf.wtrdf.solvers import checked_solver
from sklearn_wtrdf.wtrdf.wavelet import PARAMETERS

Floats = NDArray[np.float64]
Bounds = Mapping[str, tuple[float, float]]


class WTRDFRegressor(WaveletModel):
    r"""WT-RDF+: g(r) from S_R(q) by a wavelet integral whose five parameters are calibrated on a reference g(r).

    The model is

    .. math:: g(r) = Λ ∫ S_R(q) \, [J_2(u) + K_f Φ(u) + \tilde C] \, dq

    with u = (q r − b) / a. `fit` minimizes the loss

    .. math:: L = (1 − w) ⟨|y − \hat y|⟩ + w ⟨|y − \hat y|⟩_\text{peaks}

    with w = `peak_weight`, where the means are over all rows and over the peak bins.

    Parameters
    ----------
    bounds : dict, default=None
        Interval (lower, upper) of each parameter, by the names ``a``, ``b``, ``K_f``, ``C``, ``Lambda``; lower = upper
        fixes a parameter. By default, a is between 2 r_max Δq / π, below which the q grid is too coarse for the
        wavelet, and 2; and b between q_min r_max and q_max r_min, where the wavelet is centred inside the measured
        range, or between q_min r_min and q_max r_max if that interval is nearly empty. The others are free, except that
        |Λ| ≥ 10⁻⁶ max |g| / ∫ |S_R| dq. The lower bound of a is raised if the search would take long.
    peak_weight : float in [0, 1], default=0.5
        Weight of the peaks in the loss: 0 is the mean absolute error, 1 the paper's selective loss. If no peak is
        found, the loss is the mean absolute error.
    peaks : sequence of (low, high), default=None
        Windows of r [Å]; the row with the highest g in each is a peak bin. If None, the first two peaks of each
        material are found.
    init : dict, default=None
        Starting values by name. Parameters that are not mentioned start at the paper's manual values, clipped into the
        bounds, or into those of the first round if the solver has rounds. The global search uses this starting point
        as one among many.
    q : array-like of shape (n_q,) or (2,), default=None
        The q grid [Å⁻¹] of S_R, or its two ends, for X without column names. It takes precedence over column names.
    s_r : array-like of shape (n_q,), default=None
        S_R(q) = q [S(q) − 1] [Å⁻¹], the F(Q) of other programs, for X that has r as its only column.
    solver : {"variable_projection", "lbfgsb", "adam"} or object, default="variable_projection"
        ``"variable_projection"`` finds the global minimum, reproducibly; of several minima with the same loss, the one
        with the lowest mean absolute error. ``"lbfgsb"`` descends from `init` on a smoothed loss. ``"adam"`` is the
        paper's procedure, from `init`. A solver may also be an object with parameters of its own, such as
        ``Adam(learning_rate=0.003)``, or any object with a method ``solve(problem, init)``.

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
        0 for a fixed parameter, and NaN if there are too few rows, as with ``peak_weight=1``. It measures how far
        noise of the size of the residuals would move the minimum, and does not include errors of the model itself.
    distance_scale_ : float
        Ratio of the distance at which the model shows a shell of atoms to its true distance: the median over shells
        between the two peaks of the training data. With the published parameters it is 0.6.
    peak_mask_ : ndarray of bool, shape (n_rows,)
        Mask of the training rows that are peak bins.
    q_ : ndarray of shape (n_q,)
        The q grid [Å⁻¹] of the calibration.
    r_ : ndarray of shape (n_r,)
        The distinct distances of the training rows [Å].
    composition_ : str or None
        Composition of the training material, if X has it (by `scattering_frame` with a composition).
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Their names, where X had any.

    See Also
    --------
    sklearn_wtrdf.wt_rdf : g(r) by the wavelet integral with given parameters.

    Notes
    -----
    The parameters, in particular Λ and C̃, are valid for the family of materials and the q range of the calibration.
    The wavelet integral is a Fourier transform evaluated at another distance: with a near 0.6, a shell of atoms at r₀
    appears at about 0.6 r₀. A small loss shows that the curve is reproduced, not that its peaks are at the distances
    of atoms.

    `reconstruct` integrates over the q grid that it is given, which may differ from that of `fit`; it warns if their
    ranges differ. It uses neither number densities nor standard deviations, and always runs in a single process.

    Examples
    --------
    >>> from sklearn_wtrdf import WTRDFRegressor
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> X, y = load_ge_se(return_X_y=True)
    >>> model = WTRDFRegressor(bounds={"a": (0.60, 0.61), "K_f": (0.01, 0.30)}).fit(X, y)
    >>> abs(model.predict(X) - y)[model.peak_mask_].max() < 0.001
    np.True_
    """

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
    @single_thread
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
            Weights in both means of the loss. A row of weight 0 has no effect.

        Returns
        -------
        self : WTRDFRegressor

        Raises
        ------
        ValueError
            If the data or a parameter of the estimator are invalid; the message names it.

        Warns
        -----
        DataWarning
            If S_R, g(r) or the number density look wrong, or g(r) and S_R seem to belong to different materials
            (:func:`~sklearn_wtrdf.consistency.check_pattern`, :func:`~sklearn_wtrdf.mismatch.check_pair`).
        UserWarning
            If no row lies in a window of `peaks`.
        sklearn.exceptions.ConvergenceWarning
            If the solver reached its `max_iter`. Adam, which takes a fixed number of steps, never does.
        """
        solver = checked_solver(self.solver)
        problem, start = self._prepare(X, y, sample_weight, solver)
        (result,) = solve_each(solver, [problem], [start])
        return self._store(problem, result, solver)

    @_fit_context(prefer_skip_nested_validation=True)
    @single_thread
    def fit_batch(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        init: Sequence[Mapping[str, float]] | None = None,
    ) -> list[Self]:
        """Calibrate many models in one call: from many starting points, on samples of rows, or on many glasses.

        Each model is identical to that of a separate `fit`. `Adam` trains all models together, with ``device="cuda"``
        on a GPU; solvers without ``solve_batch`` solve one problem after the other.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            The rows of all fits, as in `fit`; several glasses are stacked.
        y : array-like of shape (n_rows,) or (n_fits, n_rows)
            Reference g(r), common to all fits or for each of them.
        sample_weight : array-like of shape (n_rows,) or (n_fits, n_rows), default=None
            Weights of the rows, common to all fits or for each of them. A row of weight 0 has no effect. Weights can
            therefore be the counts of a bootstrap sample, or select a subset of rows or the rows of one glass.
        init : sequence of dict, default=None
            Starting values of each fit, instead of the estimator's `init`.

        Returns
        -------
        models : list of WTRDFRegressor
            A fitted copy of this estimator for each fit; the estimator itself does not change.

        Raises
        ------
        ValueError
            As for `fit`, and if `y`, `sample_weight` and `init` have different numbers of fits.

        Examples
        --------
        A calibration from each of three starts:

        >>> from sklearn_wtrdf import Adam, WTRDFRegressor
        >>> from sklearn_wtrdf.datasets import load_ge_se
        >>> X, y = load_ge_se(return_X_y=True)
        >>> adam = WTRDFRegressor({"a": (0.60, 0.61), "K_f": (0.01, 0.30)}, solver=Adam(max_iter=20))
        >>> models = adam.fit_batch(X, y, init=[{"b": 4.4}, {"b": 4.6}, {"b": 4.8}])
        >>> min(models, key=lambda model: model.loss_).init
        {'b': 4.4}
        """
        solver = checked_solver(self.solver)
        fits = fits_of_batch(y, sample_weight, init)
        models = [clone(self) if start is None else clone(self).set_params(init=start) for *_, start in fits]
        prepared = [
            model._prepare(X, fit_rows, weights, solver)
            for model, (fit_rows, weights, _) in zip(models, fits, strict=True)
        ]
        problems, starts = map(list, zip(*prepared, strict=True))
        results = solve_each(solver, problems, starts)
        return [model._store(*each, solver) for model, *each in zip(models, problems, results, strict=True)]

    def _prepare(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, solver: Solver
    ) -> tuple[CalibrationProblem, Floats]:
        """Return the problem and its starting point, and warn of suspicious data."""
        self._store_composition(X)
        values, g = validated_data(self, X, y)
        problem = self._problem(values, g, sample_weight)
        scattering = self._read(values)
        counts = np.ones(g.size, dtype=bool) if sample_weight is None else np.asarray(sample_weight) > 0
        messages: list[list[data_warnings.DataWarning]] = []
        for (pattern, pattern_rows), wrong in zip(scattering.in_order(), self._check(scattering), strict=True):
            rows = counts & pattern_rows
            if not rows.any():
                messages.append([])
                continue
            curve = scattering.r[rows], g[rows]
            pair_messages = mismatch.check_pair(pattern.q, pattern.s_r, *curve, pattern.number_density)
            messages.append(wrong + consistency.check_curve(*curve) + pair_messages)
        data_warnings.warn(messages)
        return problem, starting_point(self.init, self.bounds, solver, problem)

    def _store(self, problem: CalibrationProblem, result: CalibrationResult, solver: Solver) -> Self:
        """Store the result of a solver in the fitted attributes."""
        if not result.converged:
            warnings.warn(
                f"{solver!r} reached max_iter before it converged: increase max_iter.",
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
    @single_thread
    def params_std_(self) -> dict[str, float]:
        """Standard deviation of each parameter."""
        return dict(zip(PARAMETERS, map(float, np.sqrt(np.diag(self._covariance))), strict=True))

    @property
    @single_thread
    def distance_scale_(self) -> float:
        """Ratio of the distance at which the model shows a shell of atoms to its true distance."""
        check_is_fitted(self)
        return wavelet.distance_scale(self.q_, self._shells, **self.params_)

    @single_thread
    def fit_report(self) -> FitReport:
        """Return the parameters with their uncertainties and bounds, the loss, errors at the peaks, and distance scale.

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
        params = parameter_table(theta, list(self.params_std_.values()), bounds)
        peaks, residuals = self._peaks
        return FitReport(params, self.loss_, self.peak_weight, peaks, np.abs(residuals), self.distance_scale_)

    def check_state(self) -> None:
        """Check the attributes that every model has, and those of the report."""
        super().check_state()
        wavelet.check_parameters(self.params_)
        self.fit_report()

    def calibration_problem(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> CalibrationProblem:
        """Return the minimization problem of `fit` on these data, for a fitted model.

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
        values, g = validated_data(self, X, y, reset=False)
        return self._problem(values, g, sample_weight)

    def _problem(self, X: Floats, y: Floats, sample_weight: ArrayLike | None) -> CalibrationProblem:
        weights: Floats | None = None
        if sample_weight is not None:
            # A mask of rows is weights of 0 and 1.
            if not isinstance(sample_weight, Real) and np.asarray(sample_weight).dtype != bool:
                sample_weight = as_numbers("sample_weight", sample_weight)
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
