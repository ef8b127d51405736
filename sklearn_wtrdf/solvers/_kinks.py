"""A step of second order on a loss with kinks, for the refinement of :mod:`.variable_projection`.

The absolute loss has a kink where a residual vanishes. In the plane of a and b these kinks are curves, and most minima
lie on one. A step of the linear model leaves the curve along its tangent and climbs the kink, so that only tiny steps
gain anything. Here the minimum of the linear model tells which residuals and bounds are to stay at zero, and Newton's
method minimizes the loss with its second derivatives among the points where they do (sequential linear programming
with equality-constrained quadratic steps: Fletcher and Sainz de la Maza, Math. Program. 43, 235, 1989).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.calibration import CalibrationProblem

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

_DIFFERENCE = 1e-4  # radians, for second derivatives: to 1e-4, from derivatives to 1e-8
_CORRECTIONS = 3  # back to the kink, each of which leaves the square of what is off


class Points(NamedTuple):
    """Points (a, b) of a refinement, and how far a step from each may go.

    Attributes
    ----------
    ab : ndarray of shape (m, 2)
    w : ndarray of shape (m, 3)
        (Λ, ΛK_f, ΛC̃) of least loss there.
    loss : ndarray of shape (m,)
    held : ndarray of int, shape (m, 3)
        What holds exactly there, as :func:`sklearn_wtrdf.least_absolute.regress` counts it.
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

    def lower(self, others: Points, at: Ints) -> None:
        """Move the points `at` some indices to others where the loss is lower; how far a step may go stays theirs."""
        better = others.loss < self.loss[at]
        for values, theirs in zip(self[:-2], others[:-2], strict=True):
            values[at[better]] = theirs[better]


class LinearModel(NamedTuple):
    """The linear model at each of m points, in t = (step of a, step of b, w), and its minimum.

    Attributes
    ----------
    X, y : ndarray of shape (m, n, 5) and (m, n)
        Data, unknowns and constraints, the rows of the regression.
    t : ndarray of shape (m, 5)
        The minimum.
    loss : ndarray of shape (m,)
        The loss of the linear model there.
    vertex : ndarray of int, shape (m, 5)
        The rows that hold exactly there.
    free : ndarray of bool, shape (m, 5)
        Which of these are but the radius of the step.
    unit : ndarray of shape (m, 2)
        A radian of a and b.
    """

    X: Floats
    y: Floats
    t: Floats
    loss: Floats
    vertex: Ints
    free: Bools
    unit: Floats

    def take(self, which: Ints | np.intp) -> LinearModel:
        """Return the models at a part of the points."""
        return LinearModel._make(values[which] for values in self)


def step_along_kinks(
    problem: CalibrationProblem, weights: Floats, point: Points, model: LinearModel
) -> tuple[Floats, float]:
    """Return the step of a and b [radians] to the minimum along what holds in the linear model, and the gain expected.

    Parameters
    ----------
    problem : CalibrationProblem
    weights : ndarray of shape (n_rows,)
        The loss is Σ weights |y − ŷ|.
    point : Points
        One point.
    model : LinearModel
        The model there.
    """
    start = np.concatenate([[0.0, 0.0], point.w])
    rows = model.X[model.vertex]
    inverse: Floats = np.asarray(np.linalg.inv(rows), dtype=np.float64)  # how t grows with each row that holds
    step = inverse @ np.where(model.free, 0.0, model.y[model.vertex] - rows @ start)
    gain = 0.0
    if model.free.any():
        multipliers, of_data = _multipliers(weights, model, inverse)
        hessian = _hessian(problem, point, model.unit, of_data)
        along = inverse[:, model.free]
        slope = multipliers[model.free] + along.T @ hessian @ step
        curvature, axes = np.linalg.eigh(along.T @ hessian @ along)
        # Downhill also where the loss is concave.
        change = -axes @ (axes.T @ slope / np.maximum(np.abs(curvature), 1e-300))
        change *= min(1.0, point.stride / max(np.abs(change).max(), 1e-300))
        gain = -float(slope @ change) / 2
        step = step + along @ change
    step[:2] = np.clip(step[:2], -1, 1)
    data = model.vertex < problem.y.size
    held = model.vertex[data]
    for _ in range(_CORRECTIONS):
        a, b = np.clip(point.ab + step[:2] * model.unit, *problem.bounds[:2].T)
        off = model.y[model.vertex] - rows @ (start + step)
        off[data] = problem.y[held] - (point.w + step[2:]) @ problem.basis_and_gradient(a, b)[0][:, held]
        step = step + inverse @ np.where(model.free, 0.0, off)
    return np.clip(step[:2], -2, 2), gain


def _multipliers(weights: Floats, model: LinearModel, inverse: Floats) -> tuple[Floats, Floats]:
    """Return what the loss of the linear model grows by with each row that holds, and with each residual."""
    n = weights.size
    of_data = weights * np.sign(model.y[:n] - model.X[:n] @ model.t)
    data = model.vertex < n
    of_data[model.vertex[data]] = 0.0
    multipliers = -(of_data @ model.X[:n]) @ inverse
    of_data[model.vertex[data]] = multipliers[data]
    return multipliers, of_data


def _hessian(problem: CalibrationProblem, point: Points, unit: Floats, of_data: Floats) -> Floats:
    """Return the second derivatives, by t, of the sum of residuals, each times its `of_data`."""
    hessian = np.zeros((5, 5))
    gradient = point.gradient @ of_data
    for i, difference in enumerate(_DIFFERENCE * unit):
        ab = point.ab.copy()
        ab[i] += difference
        change = problem.basis_and_gradient(*ab)[1] @ of_data - gradient
        hessian[i, :2] = -(change @ point.w) / difference * unit[i] * unit
    hessian[:2, :2] = (hessian[:2, :2] + hessian[:2, :2].T) / 2
    hessian[:2, 2:] = -gradient * unit[:, None]
    hessian[2:, :2] = hessian[:2, 2:].T
    return hessian
