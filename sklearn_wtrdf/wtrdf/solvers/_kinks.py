"""A step of second order on a loss with kinks, which refines the result of variable projection.

The absolute loss has a kink where a residual vanishes. In the plane of a and b these kinks are curves, and most minima
lie on one. A step of the linear model leaves the curve along its tangent and climbs the kink, so that only tiny steps
gain anything. Here the minimum of the linear model determines which residuals and bounds remain at zero, and Newton's
method minimizes the loss with its second derivatives among the points where they do (sequential linear programming
with equality-constrained quadratic steps: Fletcher and Sainz de la Maza, Math. Program. 43, 235, 1989).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.wtrdf.calibration import CalibrationProblem

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

_DIFFERENCE_STEP = 1e-4  # radians, for second derivatives: first ones, exact to 1e-8, give them to 1e-4
_N_CORRECTIONS = 3  # Newton steps back to a kink, each of which leaves about the square of the distance
_ROUNDING = 1e-14  # relative error of a loss
_LEAST_DIVISOR = 1e-300  # replaces a divisor that is 0


class Points(NamedTuple):
    """Points (a, b) of a refinement, and how far a step from each may go.

    Attributes
    ----------
    ab : ndarray of shape (m, 2)
    w : ndarray of shape (m, 3)
        (Λ, ΛK_f, ΛC̃) of least loss there.
    loss : ndarray of shape (m,)
    held : ndarray of int, shape (m, 3)
        What holds exactly there, as :func:`sklearn_wtrdf.wtrdf.least_absolute.regress` counts it.
    functions, gradient : ndarray of shape (m, 3, n_rows) and (m, 2, 3, n_rows)
        The basis functions and their derivatives by a and b.
    radius, stride : ndarray of shape (m,)
        The longest step of the linear model and the longest along a kink [radians].
    """

    ab: Floats
    w: Floats
    loss: Floats
    held: Ints
    functions: Floats
    gradient: Floats
    radius: Floats
    stride: Floats

    def take(self, which: Ints | Bools | np.intp) -> Points:
        """Return a part of the points."""
        return Points._make(values[which] for values in self)

    def move(self, others: Points, at: Ints | slice) -> None:
        """Move the points `at` some places to others that are not higher; how far a step may go stays as it is.

        The last step of Newton's method is better than its start, though rounding may hide what it gains.
        """
        lower = others.loss <= (1 + _ROUNDING) * self.loss[at]
        places = np.arange(len(self.loss))[at][lower]
        for values, theirs in zip(self[:-2], others[:-2], strict=True):
            values[places] = theirs[lower]


class LinearModel(NamedTuple):
    """The linear model at each of m points, in t = (step of a, step of b, w), and its minimum.

    Attributes
    ----------
    X : ndarray of shape (m, n_rows, 5)
        The model is X t; steps are in radians.
    rows, ends : ndarray of shape (m, k, 5) and (m, k)
        The constraints rows · t ≥ ends.
    t : ndarray of shape (m, 5)
        The minimum.
    loss : ndarray of shape (m,)
        The loss of the linear model there.
    vertex : ndarray of int, shape (m, 5)
        What holds exactly there: of the data, the unknowns at the start, and the constraints.
    free : ndarray of bool, shape (m, 5)
        Which of these only end the step, where the data would have it go on.
    radian : ndarray of shape (m, 2)
        A radian of a and b.
    """

    X: Floats
    rows: Floats
    ends: Floats
    t: Floats
    loss: Floats
    vertex: Ints
    free: Bools
    radian: Floats

    def take(self, which: Ints | np.intp) -> LinearModel:
        """Return the models at a part of the points."""
        return LinearModel._make(values[which] for values in self)


def step_along_kinks(
    problem: CalibrationProblem, weights: Floats, point: Points, model: LinearModel
) -> tuple[Floats, float]:
    """Return the step to the minimum along what holds in the linear model, and how much it should gain.

    Parameters
    ----------
    problem : CalibrationProblem
    weights : ndarray of shape (n_rows,)
        The loss is Σ weights |y − ŷ|.
    point : Points
        One point.
    model : LinearModel
        The model there.

    Returns
    -------
    step : ndarray of shape (2,)
        Of a and b [radians].
    gain : float
    """
    start = np.concatenate([[0.0, 0.0], point.w])
    rows = np.concatenate([model.X, np.eye(5), model.rows])[model.vertex]
    ends = np.concatenate([problem.y, start, model.ends])[model.vertex]
    inverse: Floats = np.asarray(np.linalg.inv(rows), dtype=np.float64)  # how t grows with each row that holds
    step = inverse @ np.where(model.free, 0.0, ends - rows @ start)
    along, gain = _newton(problem, weights, point, model, inverse, step)
    step = step + along
    step[:2] = np.clip(step[:2], -1, 1)
    data = model.vertex < problem.y.size
    held = model.vertex[data]
    for _ in range(_N_CORRECTIONS):
        a, b = np.clip(point.ab + step[:2] * model.radian, *problem.bounds[:2].T)
        off = ends - rows @ (start + step)
        off[data] = problem.y[held] - (point.w + step[2:]) @ problem.basis_and_gradient(a, b)[0][:, held]
        step = step + inverse @ np.where(model.free, 0.0, off)
    return np.clip(step[:2], -2, 2), gain


def _newton(
    problem: CalibrationProblem, weights: Floats, point: Points, model: LinearModel, inverse: Floats, step: Floats
) -> tuple[Floats, float]:
    """Return the step of t along free directions, after a first step onto the constraints, and the expected gain."""
    n = weights.size
    data = model.vertex < n
    of_data = weights * np.sign(problem.y - model.X @ model.t)
    of_data[model.vertex[data]] = 0.0
    multipliers = -(of_data @ model.X) @ inverse  # what the loss grows by with each row that holds
    of_data[model.vertex[data]] = multipliers[data]
    hessian = _hessian(problem, point, model.radian, of_data)
    along = inverse[:, model.free]
    slope = multipliers[model.free] + along.T @ hessian @ step
    curvature, axes = np.linalg.eigh(along.T @ hessian @ along)
    slope = axes.T @ slope
    # Downhill also where the loss is concave, and no further than the stride.
    change = -slope / np.maximum(np.maximum(np.abs(curvature), np.abs(slope) / point.stride), _LEAST_DIVISOR)
    return along @ axes @ change, -float(slope @ change) / 2


def _hessian(problem: CalibrationProblem, point: Points, radian: Floats, of_data: Floats) -> Floats:
    """Return the second derivatives, by t, of the sum of residuals, each times its `of_data`."""
    hessian = np.zeros((5, 5))
    gradient = point.gradient @ of_data
    for i, difference in enumerate(_DIFFERENCE_STEP * radian):
        ab = point.ab.copy()
        ab[i] += difference
        change = problem.basis_and_gradient(*ab)[1] @ of_data - gradient
        hessian[i, :2] = -(change @ point.w) / difference * radian[i] * radian
    hessian[:2, :2] = (hessian[:2, :2] + hessian[:2, :2].T) / 2
    hessian[:2, 2:] = -gradient * radian[:, None]
    hessian[2:, :2] = hessian[:2, 2:].T
    return hessian
