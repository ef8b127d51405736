"""A step of second order on a loss with kinks, which refines the result of variable projection.

The absolute loss has a kink where a residual vanishes. In the plane of a and b these kinks are curves, and most minima
lie on one. A step of the linear model leaves the curve along its tangent, where the loss rises, so that only tiny steps
decrease it. Here the minimum of the linear model determines which residuals and bounds remain at zero, and Newton's
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
_MIN_DIVISOR = 1e-300  # replaces a divisor that is 0


class Points(NamedTuple):
    """Points (a, b) of a refinement, with the longest steps that are allowed from each.

    Attributes
    ----------
    ab : ndarray of shape (m, 2)
    w : ndarray of shape (m, 3)
        (Λ, ΛK_f, ΛC̃) of lowest loss there.
    loss : ndarray of shape (m,)
    active : ndarray of int, shape (m, 3)
        What holds exactly there: a `vertex` of :func:`sklearn_wtrdf.wtrdf.least_absolute.regress`.
    functions, gradient : ndarray of shape (m, 3, n_rows) and (m, 2, 3, n_rows)
        The basis functions and their derivatives with respect to a and b.
    radius, stride : ndarray of shape (m,)
        The longest step of the linear model and the longest along a kink [radians].
    """

    ab: Floats
    w: Floats
    loss: Floats
    active: Ints
    functions: Floats
    gradient: Floats
    radius: Floats
    stride: Floats

    def take(self, which: Ints | Bools | np.intp) -> Points:
        """Return the points with these indices."""
        return Points._make(values[which] for values in self)

    def move(self, others: Points, at: Ints | slice) -> None:
        """Replace the points at these indices by others whose loss is not higher; step limits are kept.

        The last step of Newton's method improves the point, even if its gain is below rounding errors.
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
        Which of these only limit the step, although the loss decreases further.
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
        """Return the models at the points with these indices."""
        return LinearModel._make(values[which] for values in self)


def step_along_kinks(
    problem: CalibrationProblem, weights: Floats, point: Points, model: LinearModel
) -> tuple[Floats, float]:
    """Return the step to the minimum among the points where the same rows hold as in the linear model, and its gain.

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
        Step of a and b [radians].
    gain : float
    """
    start = np.concatenate([[0.0, 0.0], point.w])
    rows = np.concatenate([model.X, np.eye(5), model.rows])[model.vertex]
    ends = np.concatenate([problem.y, start, model.ends])[model.vertex]
    # Derivatives of t with respect to the residuals of the rows that hold.
    inverse: Floats = np.asarray(np.linalg.inv(rows), dtype=np.float64)
    step = inverse @ np.where(model.free, 0.0, ends - rows @ start)
    along, gain = _newton(problem, weights, point, model, inverse, step)
    step = step + along
    step[:2] = np.clip(step[:2], -1, 1)
    data = model.vertex < problem.y.size
    active = model.vertex[data]
    for _ in range(_N_CORRECTIONS):
        a, b = np.clip(point.ab + step[:2] * model.radian, *problem.bounds[:2].T)
        off = ends - rows @ (start + step)
        off[data] = problem.y[active] - (point.w + step[2:]) @ problem.basis_and_gradient(a, b)[0][:, active]
        step = step + inverse @ np.where(model.free, 0.0, off)
    return np.clip(step[:2], -2, 2), gain


def _newton(
    problem: CalibrationProblem, weights: Floats, point: Points, model: LinearModel, inverse: Floats, step: Floats
) -> tuple[Floats, float]:
    """Return the step of t along free directions, after a first step onto the constraints, and the expected gain."""
    n = weights.size
    data = model.vertex < n
    signed_weights = weights * np.sign(problem.y - model.X @ model.t)
    signed_weights[model.vertex[data]] = 0.0
    multipliers = -(signed_weights @ model.X) @ inverse  # derivatives of the loss with respect to the same
    signed_weights[model.vertex[data]] = multipliers[data]
    hessian = _hessian(problem, point, model.radian, signed_weights)
    along = inverse[:, model.free]
    slope = multipliers[model.free] + along.T @ hessian @ step
    curvature, axes = np.linalg.eigh(along.T @ hessian @ along)
    slope = axes.T @ slope
    # The step descends also where the loss is concave, and is no longer than the stride.
    change = -slope / np.maximum(np.maximum(np.abs(curvature), np.abs(slope) / point.stride), _MIN_DIVISOR)
    return along @ axes @ change, -float(slope @ change) / 2


def _hessian(problem: CalibrationProblem, point: Points, radian: Floats, signed_weights: Floats) -> Floats:
    """Return the second derivatives, by t, of the sum of residuals, each multiplied by its weight."""
    hessian = np.zeros((5, 5))
    gradient = point.gradient @ signed_weights
    for i, difference in enumerate(_DIFFERENCE_STEP * radian):
        ab = point.ab.copy()
        ab[i] += difference
        change = problem.basis_and_gradient(*ab)[1] @ signed_weights - gradient
        hessian[i, :2] = -(change @ point.w) / difference * radian[i] * radian
    hessian[:2, :2] = (hessian[:2, :2] + hessian[:2, :2].T) / 2
    hessian[:2, 2:] = -gradient * radian[:, None]
    hessian[2:, :2] = hessian[:2, 2:].T
    return hessian
