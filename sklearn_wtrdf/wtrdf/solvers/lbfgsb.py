"""L-BFGS-B on a smoothed loss: a fast local descent from the starting point.

The absolute loss has kinks, at which a plain L-BFGS-B may stop early. Here |e| becomes √(e² + ε²), and ε decreases from
1 to 10⁻⁸ in nine stages, each of which starts at the result of the previous one. Choose it to refine a good guess: it
finds a local minimum, not the global one.
"""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval

from sklearn_wtrdf.wtrdf.calibration import CalibrationProblem, CalibrationResult

Floats = NDArray[np.float64]

_SMOOTHING = 10.0 ** np.arange(
    0, -9, -1
)  # ε of √(e² + ε²), in units of g; with the last one the loss is nearly that with kinks
_STATUS_MAX_ITER = 1  # of scipy's result: it reached maxiter


class LBFGSB(BaseEstimator):
    """L-BFGS-B on a smoothed loss: a fast local descent from the starting point.

    Parameters
    ----------
    max_iter : int, default=200
        Maximum number of iterations in each of the nine stages of smoothing.

    Examples
    --------
    >>> from sklearn_wtrdf import LBFGSB, WTRDFRegressor
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> model = WTRDFRegressor(solver=LBFGSB(), init={"a": 0.6}).fit(*load_ge_se(return_X_y=True))
    >>> model.loss_ < 0.4
    True
    """

    _parameter_constraints: dict[str, list[Any]] = {"max_iter": [Interval(Integral, 1, None, closed="left")]}  # noqa: RUF012

    def __init__(self, *, max_iter: int = 200) -> None:
        self.max_iter = max_iter

    def solve(self, problem: CalibrationProblem, init: Floats) -> CalibrationResult:
        """Minimize the loss from `init`; :func:`solve` with this object's parameters."""
        self._validate_params()
        return solve(problem, init, max_iter=self.max_iter)


def solve(problem: CalibrationProblem, init: Floats, *, max_iter: int | None = None) -> CalibrationResult:
    """Minimize the loss from `init`.

    Parameters
    ----------
    problem : CalibrationProblem
    init : ndarray of shape (5,)
        Starting point inside the bounds.
    max_iter : int, default=None
        Maximum number of iterations in each of the nine stages of smoothing; None is 200.

    Returns
    -------
    CalibrationResult
        The best point, and its loss after each iteration. It has converged if the last stage has.
    """
    # Each parameter is measured in steps that change it by a tenth of its size, or by its interval if that is smaller.
    width = problem.bounds[:, 1] - problem.bounds[:, 0]
    scale = np.minimum(np.maximum(0.1 * np.abs(init), 0.01), np.where(width > 0, width, 1.0))

    def smoothed(x: Floats, epsilon: float) -> tuple[float, Floats]:
        theta = np.clip(x * scale, *problem.bounds.T)
        predicted, jacobian = problem.linearize(theta)
        residual = problem.y - predicted
        size = np.hypot(residual, epsilon)
        gradient = -jacobian @ (problem.weights * residual / size)
        return float(problem.weights @ size), gradient * scale

    best, best_loss = init, problem.loss(init)
    curve = [best_loss]

    def record(x: Floats) -> None:
        nonlocal best, best_loss
        theta = np.clip(x * scale, *problem.bounds.T)
        if (loss := problem.loss(theta)) < best_loss:
            best, best_loss = theta, loss
        curve.append(best_loss)

    bounds = optimize.Bounds(problem.bounds[:, 0] / scale, problem.bounds[:, 1] / scale)
    x = init / scale
    converged = True
    for epsilon in _SMOOTHING:
        optimum = optimize.minimize(
            smoothed,
            x,
            args=(epsilon,),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            callback=record,
            options={"maxiter": max_iter or 200, "ftol": 1e-12, "gtol": 1e-10},
        )
        x, converged = (
            optimum.x,
            optimum.get("status") != _STATUS_MAX_ITER,
        )  # without a status if all parameters are fixed
    return CalibrationResult(best, best_loss, np.array(curve[1:] or curve), converged)
