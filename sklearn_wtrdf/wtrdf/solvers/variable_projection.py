"""The default solver, which finds the global minimum: a search over a and b, with the other parameters exact.

For fixed a and b the model is linear in w = (Λ, ΛK_f, ΛC̃), so the loss is convex in w, and its minimum is a least
absolute deviations problem with three unknowns, in which bounds of K_f and C̃ are linear constraints for each sign of Λ.
The *profile*, the lowest loss at each (a, b), is minimized in two steps:

1. **Scan.** With α = 1/a and β = b/a the wavelet's argument is u = q r α − β, so equal steps of α and β change its
   phase equally everywhere. A grid with such steps, fine enough that no deep valley of the profile is missed, is
   evaluated by the Fourier form of the model, in which all b of one a are a single matrix product.
2. **Refine.** Starting in the lowest valleys, the model is linearized in all five parameters, the loss of the linear
   model is minimized within a trust region, and the linear parameters are solved for again, until the loss no longer
   decreases. After each step only the lower half of the valleys is continued, and after the first step only the half
   with the largest gain expected by the linear model. When few are left and the linear model is poor, a second-order
   step follows the kinks of the loss.

Nothing is random: two fits have identical results. It is the default; choose another solver to reproduce the paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval

from sklearn_wtrdf.wtrdf import least_absolute
from sklearn_wtrdf.wtrdf.calibration import CalibrationProblem, CalibrationResult
from sklearn_wtrdf.wtrdf.solvers._kinks import LinearModel, Points, step_along_kinks

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

#: Least |Λ| over `CalibrationProblem.scale_of_lambda`, because K_f and C̃ are undefined at Λ = 0. If bounds require
#: |K_f| or |C̃| above 1, it is divided by that, since g depends on ΛK_f and ΛC̃.
MIN_LAMBDA = 1e-6


@dataclass(frozen=True)
class SearchSettings:
    """How the box of (a, b) is scanned, and when a refinement ends.

    A finer scan takes longer, and misses fewer narrow valleys; benchmarks/paper/minimum.py finds none that is missed on
    the paper's data.
    """

    scan_tolerance: float = 1e-4  # error of the basis functions in the scan; the refinement has them to 1e-11
    fine_phase: float = 32.0  # radians that the wavelet turns over the data, up to which the scan is fine
    usual_points: int = 40_000  # of the scan, each taking some ten microseconds; a larger box gets a coarser grid first
    max_points: int = 2_000_000  # of the scan; a box that needs more is refused
    max_phases: float = 6e7  # points of b times radians, some 400 MB; a box that needs more is refused
    max_min_size: float = 1e9  # of the smallest |K_f| and |C̃| in the bounds: beyond it rounding removes the other terms
    same_valley: float = 0.01  # radians between two points, of which only one is continued
    tolerance: float = 1e-9  # gain over the loss, below which no further step is taken
    rounding: float = 1e-14  # gain over ⟨|g|⟩, below which no further step is taken where the loss is 0
    kink_points: int = 2  # points at most for which the expensive step along the kinks is taken
    min_radius: float = 1e-9  # radians of 1/a and b/a, of the trust region: with a smaller one a search has ended
    max_gain: float = 5.0  # over the expected gain; a point that would need more to be the best is abandoned
    # Weights of rows without weight, over those of the others. They are large, in case all others can be fitted
    # exactly; small, in case they cannot; and tiny, to decide between equal losses.
    shares: tuple[float, float] = (0.1, 1e-3)
    last_share: float = 1e-6
    points_per_share: int = 8  # the best ones, with which the search continues


SETTINGS = SearchSettings()


class VariableProjection(BaseEstimator):
    """The global minimum within the bounds; of several with the same loss, that with the lowest mean absolute error.

    Parameters
    ----------
    max_iter : int, default=200
        Maximum number of steps of a refinement.

    Examples
    --------
    >>> from sklearn_wtrdf import VariableProjection, WTRDFRegressor
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> round(WTRDFRegressor(solver=VariableProjection()).fit(*load_ge_se(return_X_y=True)).loss_, 3)
    0.235
    """

    _parameter_constraints: dict[str, list[Any]] = {"max_iter": [Interval(Integral, 1, None, closed="left")]}  # noqa: RUF012

    def __init__(self, *, max_iter: int = 200) -> None:
        self.max_iter = max_iter

    def solve(self, problem: CalibrationProblem, init: Floats) -> CalibrationResult:
        """Return the global minimum; :func:`solve` with this object's parameters."""
        self._validate_params()
        return solve(problem, init, max_iter=self.max_iter)


def solve(problem: CalibrationProblem, init: Floats, *, max_iter: int | None = None) -> CalibrationResult:
    """Return the global minimum of the loss within the bounds.

    Parameters
    ----------
    problem : CalibrationProblem
        The bounds of a and b must be finite. Of minima with the same loss, the lowest mean absolute error is chosen.
    init : ndarray of shape (5,)
        A further starting point, in addition to the valleys of the scan.
    max_iter : int, default=None
        Maximum number of steps of a refinement; None is 200.

    Returns
    -------
    CalibrationResult
        The minimum, and the loss of the best point after each step of the refinement.

    Raises
    ------
    ValueError
        If the box of a and b is infinite or too large to be scanned, Λ is fixed at 0, or the bounds of K_f or C̃ are too
        far from 0.
    """
    search = _Search(problem, max_iter or 200)
    start = init[None, :2]
    if (problem.weights > 0).all():
        weights = problem.weights
        ab, curve = search.refine(np.vstack([search.valleys(weights), start]), weights)
    else:
        # Rows without weight leave the minimum undetermined, so they are given one.
        starts, curves = [start], []
        for share in SETTINGS.shares:
            weights = (1 - share) * problem.weights + share * problem.mean_weights
            ab, curve = search.refine(np.vstack([search.valleys(weights), start]), weights)
            starts.append(ab[: SETTINGS.points_per_share])
            curves.append(curve)
        weights = problem.weights + SETTINGS.last_share * problem.mean_weights
        ab, curve = search.refine(np.vstack(starts), weights)
        curve = np.concatenate([*curves, curve])
    functions = problem.basis(*ab[0])  # which the refinement has to 1e-11
    (w,), _, _ = search.solve_linear(functions.T[None], weights)
    Lambda = search.constraints.away_from_zero(w[0])
    theta = np.clip([*ab[0], w[1] / Lambda, w[2] / Lambda, Lambda], *problem.bounds.T)
    loss = problem.weights @ np.abs(problem.y - theta[4] * np.array([1.0, *theta[2:4]]) @ functions)
    return CalibrationResult(theta, float(loss), curve, search.converged)


def profile(problem: CalibrationProblem, a: Floats, b: Floats) -> Floats:
    """Return the lowest loss at each pair of a and b, of shape (n_a, n_b)."""
    search = _Search(problem)
    loss = np.empty((a.size, b.size))
    for i in range(a.size):
        functions = problem.basis_grid(1 / a[i : i + 1], b / a[i], tolerance=1e-9)[:, :, 0]
        loss[i] = search.solve_linear(functions.transpose(1, 2, 0), problem.weights)[1]
    return loss


class _Search:
    """The data that scan and refinement share."""

    def __init__(self, problem: CalibrationProblem, max_iter: int = 200) -> None:
        self.problem = problem
        self.max_iter = max_iter
        self.converged = True
        (a_min, a_max), (b_min, b_max), K_f, C, Lambda = problem.bounds
        if not np.isfinite([a_max, b_min, b_max]).all():
            raise ValueError(
                "bounds of a and b must be finite for solver='variable_projection', which searches all of their box: "
                f"got a in ({a_min:g}, {a_max:g}) and b in ({b_min:g}, {b_max:g})."
            )
        min_sizes = [abs(float(np.clip(0.0, *interval))) for interval in (K_f, C)]
        for name, interval, size in zip(("K_f", "C"), (K_f, C), min_sizes, strict=True):
            if size > SETTINGS.max_min_size:
                raise ValueError(
                    f"bounds[{name!r}] = ({interval[0]:g}, {interval[1]:g}) are too far from 0 for "
                    f"solver='variable_projection': one of them must be {SETTINGS.max_min_size:g} or less."
                )
        smallest = MIN_LAMBDA * problem.scale_of_lambda / max(1.0, *min_sizes)
        self.constraints = _LinearConstraints(K_f, C, Lambda, smallest)
        corners = np.outer(problem.q[[0, -1]], problem.r[[0, -1]])
        self.phase_of_alpha = max(
            np.ptp(corners) / 2, 1e-6
        )  # radians by which a unit of α turns the phase, if β is adapted

    def valleys(self, weights: Floats) -> Floats:
        """Scan the box of a and b; return (a, b) at the lowest valleys of the profile, then at other low points."""
        (a_min, a_max), (b_min, b_max) = self.problem.bounds[:2]
        n_rows = self.problem.y.size
        # Valleys are narrow where the phase of the wavelet changes little over the data, and where there are few rows.
        slowest = float(np.clip(SETTINGS.fine_phase / self.phase_of_alpha, 1 / a_max, 1 / a_min))
        area = self.phase_of_alpha * (b_max - b_min) * (a_min**-2 - a_max**-2) / 2
        fine = float(np.clip(np.sqrt(area / SETTINGS.usual_points), 0.35, 1.0))
        coarse = float(np.clip(n_rows / 58, fine, 1.0))
        grids = [self._grid(1 / a_max, slowest, fine), self._grid(slowest, 1 / a_min, coarse)]
        parts = [self._scan(*grid, weights) for grid in grids]
        ab, loss, is_valley = (np.concatenate(part) for part in zip(*parts, strict=True))
        return ab[np.lexsort((loss, ~is_valley))[: int(np.clip(2500 / n_rows, 40, 96))]]

    def _grid(self, first: float, last: float, step: float) -> tuple[Floats, Floats, float]:
        """Return α from first to last, and β, one step of the phase apart, or raise an error if there are too many."""
        b_min, b_max = self.problem.bounds[1]
        n_alpha = int(np.ceil((last - first) * self.phase_of_alpha / step)) + 1
        alpha = np.linspace(first, last, n_alpha)
        ends = np.outer([b_min, b_max], [first, last]) / step
        n_beta = int(np.ceil(ends.max()) - np.floor(ends.min())) + 1
        phase = max(np.abs(ends).max() * step, self.problem.q[-1] * self.problem.r[-1] * last)
        if n_alpha * n_beta > SETTINGS.max_points or n_beta * phase > SETTINGS.max_phases:
            raise ValueError(
                f"bounds: the box of a and b is too large to be searched, a grid of {n_alpha:.3g} × {n_beta:.3g} "
                f"points whose wavelets turn by {phase:.3g} radians: narrow it, above all b and the lower bound of a."
            )
        return alpha, (np.floor(ends.min()) + np.arange(n_beta)) * step, step

    def _scan(self, alpha: Floats, beta: Floats, step: float, weights: Floats) -> tuple[Floats, Floats, Bools]:
        """Return (a, b), the loss, and which points are valleys, on a grid of α and β."""
        b_min, b_max = self.problem.bounds[1]
        loss = np.full((beta.size, alpha.size), np.inf)
        end = 0
        while end < alpha.size:  # a few α at a time, so that they need about the same β
            block = slice(end, min(end + 16, int(np.searchsorted(alpha, 1.5 * alpha[end], side="right"))))
            end = block.stop
            # One step beyond the bounds, because a narrow box may lie between two points of the grid.
            inside = (beta[:, None] > b_min * alpha[block] - step) & (beta[:, None] < b_max * alpha[block] + step)
            used = np.flatnonzero(inside.any(axis=1))
            near = slice(used[0], used[-1] + 1)
            functions = self.problem.basis_grid(alpha[block], beta[near], SETTINGS.scan_tolerance)[:, inside[near]]
            if self.constraints.any:
                loss[near, block][inside[near]] = self.solve_linear(functions.transpose(1, 2, 0), weights)[1]
            else:
                loss[near, block][inside[near]] = self._approximate_loss(functions, weights)
        is_valley = loss == ndimage.minimum_filter(loss, size=3, mode="constant", cval=np.inf)
        beta_index, alpha_index = np.nonzero(np.isfinite(loss))
        ab = np.column_stack([1 / alpha[alpha_index], beta[beta_index] / alpha[alpha_index]])
        return ab, loss[beta_index, alpha_index], is_valley[beta_index, alpha_index]

    def _approximate_loss(self, functions: Floats, weights: Floats) -> Floats:
        """Return a loss that is usually some percent above the lowest, by reweighted least squares, without bounds."""
        y = self.problem.y
        y, weights = y.astype(functions.dtype), weights.astype(functions.dtype)
        floor = 0.01 * np.abs(y).max() + 1e-30
        losses = np.full(functions.shape[1], np.inf)
        rows: slice | Ints = slice(None)
        weighting = np.broadcast_to(weights, functions.shape[1:])
        for i in range(3):
            if i == 1:  # valleys are among the lowest quarter
                rows = np.argpartition(losses, losses.size // 4)[: losses.size // 4 + 1]
                # In double precision, because rounding would select the valleys if functions are nearly equal.
                functions, weighting = functions[:, rows].astype(np.float64), weighting[rows].astype(np.float64)
                y, weights = self.problem.y, weights.astype(np.float64)
            weighted = functions * weighting
            normal = np.einsum("imn,jmn->mij", weighted, functions).astype(np.float64)
            w = _solve_normal(normal, (weighted @ y).T)
            error = np.abs(y - np.einsum("mi,imn->mn", w.astype(y.dtype), functions))
            losses[rows] = np.minimum(losses[rows], error @ weights)
            weighting = weights / np.maximum(error, floor)
        return losses

    def solve_linear(self, X: Floats, weights: Floats) -> tuple[Floats, Floats, Ints]:
        """Return the w of lowest loss within the bounds, that loss and what holds exactly there, as `regress` does.

        X are basis functions, of shape (m, n_rows, 3).
        """
        X = X.astype(np.float64)
        # The search starts at the minimum of least squares.
        weighted = X * weights[:, None]
        start = _solve_normal(weighted.transpose(0, 2, 1) @ X, self.problem.y @ weighted)
        sign = self.constraints.nearest_sign(start[:, 0])
        optimum = least_absolute.regress(X, self.problem.y, weights, start, *self.constraints.rows(sign))
        other = np.flatnonzero(self.constraints.other_sign(self.problem.y.size, optimum[2]))
        if other.size:
            rows = self.constraints.rows(-sign[other])
            other_fits = least_absolute.regress(X[other], self.problem.y, weights, start[other], *rows)
            better = other_fits[1] < optimum[1][other]
            for values, others in zip(optimum, other_fits, strict=True):
                values[other[better]] = others[better]
        return optimum

    def refine(self, ab: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Descend from every (a, b); return the final points, the best first, and the losses."""
        points = self._at(ab, weights)
        finished, curve = [], []
        for step in range(self.max_iter):
            linear = self._linear_model(points, weights)
            if step == 0:  # the linear model selects the more promising half
                likely = np.argsort(linear.loss, kind="stable")[: max(len(ab) // 2, 2)]
                points, linear = points.take(likely), linear.take(likely)
            expected, ahead = self._step(points, linear, weights)
            order = np.argsort(points.loss, kind="stable")
            best = points.take(order[0])
            curve.append(self.problem.weights @ np.abs(self.problem.y - best.w @ best.functions))
            # A point is abandoned if no gain is expected, or if several times the expected gain would not be enough.
            enough = SETTINGS.tolerance * points.loss + SETTINGS.rounding * (weights @ np.abs(self.problem.y))
            going = (ahead > enough) & (points.radius > SETTINGS.min_radius)
            going &= points.loss - SETTINGS.max_gain * expected < best.loss
            finished.append(points.take(~going))
            remaining = order[going[order]]
            distance = np.abs(points.ab[remaining, None] - points.ab[remaining])
            near = (distance < SETTINGS.same_valley * linear.radian[remaining]).all(axis=2)
            points = points.take(remaining[~np.tril(near, -1).any(axis=1)][: max(len(points.loss) // 2, 2)])
            if points.loss.size == 0:
                break
        else:
            self.converged = False
        ab, _, loss, *_ = (np.concatenate(parts) for parts in zip(*finished, points, strict=True))
        return ab[np.argsort(loss, kind="stable")], np.array(curve)

    def _at(self, ab: Floats, weights: Floats) -> Points:
        """Return the solution of the linear parameters at each (a, b), moved into the bounds."""
        ab = np.clip(ab, *self.problem.bounds[:2].T)
        both = zip(*(self.problem.basis_and_gradient(a, b) for a, b in ab), strict=True)
        functions, gradient = (np.array(values) for values in both)
        w, loss, active = self.solve_linear(functions.transpose(0, 2, 1), weights)
        return Points(ab, w, loss, active, functions, gradient, np.ones(len(ab)), np.ones(len(ab)))

    def _step(self, points: Points, linear: LinearModel, weights: Floats) -> tuple[Floats, Floats]:
        """Move the points in place where the loss decreases; return the expected gains of this and the next step."""
        expected = points.loss - linear.loss
        trial = self._at(points.ab + linear.t[:, :2] * linear.radian, weights)
        reduction, length = points.loss - trial.loss, np.abs(linear.t[:, :2]).max(axis=1)
        good, bad = reduction > 0.7 * expected, reduction < 0.25 * expected
        wider = np.clip(2 * length, points.radius, 2.0)
        points.radius[:] = np.select([good, bad], [wider, 0.3 * length], points.radius)
        bent = np.flatnonzero(~good & linear.free.any(axis=1))
        if bent.size and len(expected) <= SETTINGS.kink_points:
            expected[bent] = np.maximum(expected[bent], self._follow_kinks(points, linear, trial, bent, weights))
        points.move(trial, slice(None))
        # Steps to a vertex converge quadratically: the error of the model is about the gain of the next step.
        return expected, np.where(linear.free.any(axis=1), expected, np.abs(expected - reduction))

    def _follow_kinks(self, points: Points, linear: LinearModel, trial: Points, bent: Ints, weights: Floats) -> Floats:
        """Replace trials in place by steps along the kinks where these are lower; return the expected gains."""
        steps, gains = zip(
            *(step_along_kinks(self.problem, weights, points.take(k), linear.take(k)) for k in bent), strict=True
        )
        along, length = self._at(points.ab[bent] + steps * linear.radian[bent], weights), np.abs(steps).max(axis=1)
        wider = np.clip(2 * length, points.stride[bent], 1.0)
        points.stride[bent] = np.where(along.loss < points.loss[bent], wider, 0.3 * length)
        best = bent[along.loss < np.minimum(points.loss[bent], trial.loss[bent])]
        points.radius[best] = np.maximum(points.radius[best], length[np.isin(bent, best)])
        trial.move(along, bent)
        return np.array(gains)

    def _linear_model(self, points: Points, weights: Floats) -> LinearModel:
        """Linearize g in all five parameters and minimize the loss of that within the radius of each point."""
        n, ab, active = self.problem.y.size, points.ab, points.active
        radian = np.column_stack([ab[:, 0] ** 2 / self.phase_of_alpha, ab[:, 0]])
        by_ab = np.einsum("mp,mkpn->mnk", points.w, points.gradient) * radian[:, None]
        X = np.concatenate([by_ab, points.functions.transpose(0, 2, 1)], axis=2)
        start = np.column_stack([np.zeros_like(ab), points.w])
        lower, upper = ((ends - ab) / radian for ends in self.problem.bounds[:2].T)
        sign = self.constraints.nearest_sign(points.w[:, 0])
        rows, ends = self._trust_region(lower, upper, points.radius, sign)
        beyond = np.where(
            active < n, 0, np.where(active < n + 3, 2, 6)
        )  # indices by which a, b and their bounds are inserted
        vertex = np.hstack([np.broadcast_to(n + np.arange(2), ab.shape), active + beyond])
        t, loss, vertex = least_absolute.regress(X, self.problem.y, weights, start, rows, ends, vertex)
        ends_step = np.zeros((len(ab), n + 5 + ends.shape[1]), dtype=bool)
        ends_step[:, n + 5 : n + 9] = ends[:, :4] == -points.radius[:, None]
        free = np.take_along_axis(ends_step, vertex, axis=1)
        return LinearModel(X, rows, ends, t, loss, vertex, free, radian)

    def _trust_region(self, lower: Floats, upper: Floats, radius: Floats, sign: Floats) -> tuple[Floats, Floats]:
        """Return the constraints on the step of (a, b) and the new w, as rows · t ≥ ends."""
        linear, linear_ends = self.constraints.rows(sign)
        m, k = linear_ends.shape
        rows = np.zeros((m, 4 + k, 5))
        rows[:, :2, :2], rows[:, 2:4, :2], rows[:, 4:, 2:] = np.eye(2), -np.eye(2), linear
        radius = radius[:, None]
        return rows, np.hstack([np.maximum(lower, -radius), np.maximum(-upper, -radius), linear_ends])


def _solve_normal(normal: Floats, right: Floats) -> Floats:
    """Solve normal equations of shape (m, 3, 3), also where basis functions are alike, by LDLᵀ."""
    ridge = 1e-9 * np.trace(normal, axis1=1, axis2=2) + 1e-30
    (a, d, e), (_, b, f), (_, _, c) = normal.transpose(1, 2, 0)
    x, y, z = right.T
    a, b, c = a + ridge, b + ridge, c + ridge
    by_x = d / a
    b, f, y = b - by_x * d, f - by_x * e, y - by_x * x
    c, z = c - e / a * e - f / b * f, z - e / a * x - f / b * y
    third = z / c
    second = (y - f * third) / b
    return np.column_stack([(x - d * second - e * third) / a, second, third])


class _LinearConstraints:
    """The bounds of K_f, C̃ and Λ as constraints rows · w ≥ ends on w = (Λ, ΛK_f, ΛC̃), for either sign of Λ."""

    def __init__(self, K_f: Floats, C: Floats, Lambda: Floats, smallest: float) -> None:
        self.any = bool(np.isfinite([K_f, C, Lambda]).any())
        self.convex = not np.isfinite([K_f, C]).any()  # but for the gap around Λ = 0
        self.signs = [sign for sign in (-1.0, 1.0) if (sign * Lambda).max() > 0]
        if not self.signs:
            raise ValueError("bounds['Lambda'] contain only 0, at which g(r) is 0: extend them to one side.")
        self._factors_by_sign = {sign: self._for(sign, K_f, C, Lambda, smallest) for sign in self.signs}

    @staticmethod
    def _for(sign: float, K_f: Floats, C: Floats, Lambda: Floats, smallest: float) -> tuple[Floats, Floats]:
        rows, ends = [[sign, 0.0, 0.0]], [min(smallest, (sign * Lambda).max())]
        for side, end in zip((1.0, -1.0), Lambda, strict=True):
            if np.isfinite(end):
                rows.append([side, 0.0, 0.0])
                ends.append(side * end)
        for column, interval in ((1, K_f), (2, C)):
            for side, end in zip((sign, -sign), interval, strict=True):
                if np.isfinite(end):
                    row = [-side * end, 0.0, 0.0]
                    row[column] = side
                    rows.append(row)
                    ends.append(0.0)
        return np.array(rows), np.array(ends)

    def other_sign(self, n_rows: int, active: Ints) -> Bools:
        """Return for which minima with one sign of Λ the minimum with the other sign may be lower.

        `active` are the rows that hold exactly there, as `regress` counts them. Λ itself cannot be used: it may be as
        small as the rounding errors of the other unknowns.
        """
        if len(self.signs) == 1:
            return np.zeros(len(active), dtype=bool)
        if not self.convex:
            return np.ones(len(active), dtype=bool)
        smallest_lambda = n_rows + 3  # row of the first constraint, after those of the data and the three unknowns
        return np.asarray((active == smallest_lambda).any(axis=1))

    def nearest_sign(self, Lambda: Floats) -> Floats:
        """Return the allowed sign at each Λ."""
        return np.where(Lambda > 0, self.signs[-1], self.signs[0])

    def away_from_zero(self, Lambda: float) -> float:
        """Return Λ at its smallest distance from 0 or beyond; if S_R is nearly 0, rounding may have moved it closer."""
        sign = float(self.nearest_sign(np.array(Lambda)))
        return sign * max(sign * Lambda, self._factors_by_sign[sign][1][0])

    def rows(self, sign: Floats) -> tuple[Floats, Floats]:
        """Return the constraints for the sign of each of m points, of shape (m, k, 3) and (m, k)."""
        rows, ends = zip(*(self._factors_by_sign[s] for s in sign), strict=True)
        return np.array(rows), np.array(ends)
