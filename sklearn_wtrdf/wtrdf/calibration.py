r"""The loss of a calibration: the weighted absolute error of WT-RDF on a reference g(r), within bounds.

.. math:: L(θ) = (1 − w) ⟨|y − \hat y(θ)|⟩ + w ⟨|y − \hat y(θ)|⟩_\text{peaks}

where w is `peak_weight`, and the means ⟨ ⟩ are over all rows and over the peak bins.

Solvers minimize it. Equal rows are merged into one with the sum of their weights: a row of weight 2 has the effect of
two equal rows, a row of weight 0 has none, and the order of rows does not change the result.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.peaks import Window, check_windows, peak_mask
from sklearn_wtrdf.scattering.frame import Scattering
from sklearn_wtrdf.scattering.validation import as_floats
from sklearn_wtrdf.transforms import trapezoid_weights
from sklearn_wtrdf.utils import data_warnings
from sklearn_wtrdf.wtrdf import wavelet

Floats = NDArray[np.float64]
Bounds = Mapping[str, tuple[float, float]]

_MAX_SIZE = 1e12  # of |S_R| [Å⁻¹], |g|, their inverses and a: the loss of larger ones loses digits or overflows
# Square radians of (1/a, b/a) in the default box; a larger one takes longer to search. The paper's data have 4,500.
_MAX_BOX = 20_000.0
_ROUNDING, _MIN_SIZE = 1e-9, 1e-3  # relative error of a parameter at a bound, and its least size in this error
_MIN_A = 1e-3  # lower bound of a in the default box, where q and r do not give one
_MIN_B_FRACTION = 0.1  # of the range of q r that the interval of b has to span; otherwise b has all of that range


@dataclass(frozen=True)
class CalibrationResult:
    """The result of a solver.

    Attributes
    ----------
    theta : ndarray of shape (5,)
        The parameters in the order a, b, K_f, C̃, Λ.
    loss : float
        The loss at `theta`.
    loss_curve : ndarray of shape (n_iter,)
        The loss over the iterations.
    converged : bool, default=True
        False if the solver stopped because it reached its maximum number of iterations.
    """

    theta: Floats
    loss: float
    loss_curve: Floats
    converged: bool = True


def check_result(result: object, problem: CalibrationProblem, solver: object) -> CalibrationResult:
    """Check the result of a solver, and return it with the loss of its parameters.

    Raises
    ------
    TypeError
        If it is not a :class:`CalibrationResult`.
    ValueError
        If there are not five parameters, or some are not finite or outside their bounds.
    """
    if not isinstance(result, CalibrationResult):
        raise TypeError(f"{solver!r}.solve must return a CalibrationResult, got {type(result).__name__}.")
    theta = np.asarray(result.theta, dtype=np.float64)
    if theta.shape != (len(wavelet.PARAMETERS),):
        raise ValueError(f"{solver!r} must return theta of shape (5,): a, b, K_f, C, Lambda; got shape {theta.shape}.")
    diverged = f"{solver!r} diverged to parameters that are not finite: choose smaller steps, or finite bounds."
    if not np.isfinite(theta).all():
        raise ValueError(diverged)
    low, high = problem.bounds.T
    inside = np.clip(theta, low, high)
    tolerances = _ROUNDING * (np.abs(inside) + _MIN_SIZE)
    for name, value, end, tolerance in zip(wavelet.PARAMETERS, theta, inside, tolerances, strict=True):
        if abs(value - end) > tolerance:
            raise ValueError(f"{solver!r} returned {name} = {value:g}, outside its bounds.")
    if not np.isfinite(loss := problem.loss(theta)):
        raise ValueError(diverged)
    curve = np.atleast_1d(np.asarray(result.loss_curve, dtype=np.float64))
    return CalibrationResult(theta, loss, curve, bool(result.converged))


def solve_each(
    solver: Solver, problems: Sequence[CalibrationProblem], inits: Sequence[Floats]
) -> list[CalibrationResult]:
    """Return the checked result of each problem, solved together if the solver has ``solve_batch``."""
    if len(problems) > 1 and hasattr(solver, "solve_batch"):
        results = solver.solve_batch(problems, inits)
    else:
        results = [solver.solve(problem, init) for problem, init in zip(problems, inits, strict=True)]
    return [check_result(result, problem, solver) for result, problem in zip(results, problems, strict=True)]


class Solver(Protocol):
    """Any object with this method, which minimizes the loss of a calibration.

    A solver that is faster for many problems together also has ``solve_batch(problems, inits)``, which returns a list.
    """

    def solve(self, problem: CalibrationProblem, init: Floats) -> CalibrationResult:
        """Minimize the loss of `problem` from `init`, of shape (5,), inside ``problem.bounds``."""
        ...


class CalibrationProblem:
    """Data, weights and bounds; loss and derivatives.

    Parameters
    ----------
    scattering : Scattering
        The training rows.
    y : ndarray of shape (n_rows,)
        Reference g(r).
    sample_weight : ndarray of shape (n_rows,), default=None
        Weight of each row, not negative.
    peak_weight : float, default=0.5
        w in the loss. If no peak is found, it is set to 0.
    peaks : sequence of (low, high), default=None
        Windows of the peaks, as in :func:`~sklearn_wtrdf.peak_mask`.
    bounds : dict, default=None
        Interval of each parameter; the default is :func:`default_bounds`.

    Attributes
    ----------
    y, weights : ndarray of shape (n_distinct_rows,)
        The loss is Σ weights |y − ŷ|.
    mean_weights : ndarray of shape (n_distinct_rows,)
        The weights of the mean absolute error, which decides between minima of the same loss.
    bounds : ndarray of shape (5, 2)
    scale_of_lambda : float
        max |y| / ∫ |S_R| dq [Å²], the Λ that turns S_R into the largest y.
    is_peak : ndarray of bool, shape (n_distinct_rows,)
    peak_mask : ndarray of bool, shape (n_rows,)
        The peak bins among the rows of `y`.
    """

    def __init__(
        self,
        scattering: Scattering,
        y: Floats,
        *,
        sample_weight: Floats | None = None,
        peak_weight: float = 0.5,
        peaks: Sequence[Window] | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        sample_weight = np.ones(y.size) if sample_weight is None else sample_weight
        weighted = np.flatnonzero(sample_weight > 0)
        if weighted.size == 0:
            raise ValueError("sample_weight must be positive for at least one row.")
        of_rows, self.q, s_r, y = as_floats(scattering.r, scattering.q, scattering.s_r, y)
        r, material = of_rows[weighted], scattering.material[weighted]
        self.peak_mask = np.zeros(y.size, dtype=bool)
        self.peak_mask[weighted] = peak_mask(r, y[weighted], peaks, groups=material)
        for low, high in [] if peaks is None or peak_weight == 0 else check_windows(peaks):
            if not ((r >= low) & (r <= high)).any():
                warnings.warn(
                    f"peaks: no row lies in the window ({low:g}, {high:g}) Å, so the loss does not contain that peak.",
                    UserWarning,
                    stacklevel=data_warnings.user_stacklevel(),
                )

        points = np.column_stack([material, r, y[weighted]])
        _, first, point = np.unique(points, axis=0, return_index=True, return_inverse=True)
        weight = np.bincount(point.reshape(-1), sample_weight[weighted])
        self.is_peak = self.peak_mask[weighted][first]
        self.r, self._r_index = np.unique(r[first], return_inverse=True)
        used, self._material_index = np.unique(material[first], return_inverse=True)
        self.s_r = s_r[used]
        self.y = y[weighted][first]
        self.weights = self.mean_weights = weight / weight.sum()
        if self.is_peak.any() and peak_weight > 0:
            on_peaks = np.where(self.is_peak, weight, 0) / weight[self.is_peak].sum()
            self.weights = (1 - peak_weight) * self.weights + peak_weight * on_peaks
        self.bounds = bounds_array(bounds, self.r, self.q)
        largest_s_r, largest_g = np.abs(self.s_r).max(), np.abs(self.y).max()
        for what, largest in (("S_R", largest_s_r), ("y", largest_g)):
            if largest > 0 and not 1 / _MAX_SIZE <= largest <= _MAX_SIZE:
                raise ValueError(
                    f"{what} is as large as {largest:g}, for which the loss cannot be computed: S_R in Å⁻¹ and g have "
                    "values around 1, so check units and columns."
                )
        #: Λ that turns S_R into the largest g [Å²]: whether Λ is small is measured in units of it.
        integral = (np.abs(self.s_r) @ trapezoid_weights(self.q)).max()
        self.scale_of_lambda = float(largest_g / integral) if largest_g > 0 and integral > 0 else 1.0

    def predict(self, theta: Floats) -> Floats:
        """Return ŷ at the distinct rows."""
        a, b, K_f, C, Lambda = theta
        return Lambda * np.array([1.0, K_f, C]) @ self.basis(a, b)

    def loss(self, theta: Floats) -> float:
        """Return Σ weights |y − ŷ|."""
        return float(self.weights @ np.abs(self.y - self.predict(theta)))

    def basis(self, a: float, b: float) -> Floats:
        """Return the basis functions of shape (3, n_distinct_rows); ŷ = (Λ, ΛK_f, ΛC̃) · basis."""
        return self._rows(wavelet.basis(self.r, self.q, self.s_r, a, b))

    def basis_and_gradient(self, a: float, b: float) -> tuple[Floats, Floats]:
        """Return the basis, and its derivatives with respect to a and b, of shape (2, 3, n_distinct_rows)."""
        functions, gradient = wavelet.basis_and_gradient(self.r, self.q, self.s_r, a, b)
        return self._rows(functions), self._rows(gradient)

    def basis_grid(self, alpha: Floats, beta: Floats, tolerance: float) -> Floats:
        """Return the basis for all pairs of β = b/a and α = 1/a, of shape (3, n_beta, n_alpha, n_distinct_rows)."""
        grid = np.empty((3, beta.size, alpha.size, self.y.size), np.float32 if tolerance > 1e-6 else np.float64)
        r, _ = self.row_data
        for i, s_r in enumerate(self.s_r):
            rows = self._material_index == i
            grid[:2, ..., rows] = wavelet.basis_grid(r[rows], alpha, beta, self.q, s_r, tolerance)
            grid[2, ..., rows] = s_r @ trapezoid_weights(self.q)
        return grid

    def linearize(self, theta: Floats) -> tuple[Floats, Floats]:
        """Return ŷ and ∂ŷ/∂θ, of shapes (n_distinct_rows,) and (5, n_distinct_rows)."""
        a, b, K_f, C, Lambda = theta
        return wavelet.combine(*self.basis_and_gradient(a, b), K_f=K_f, C=C, Lambda=Lambda)

    @property
    def row_data(self) -> tuple[Floats, Floats]:
        """r of shape (n_distinct_rows,) and S_R of shape (n_distinct_rows, n_q)."""
        return self.r[self._r_index], self.s_r[self._material_index]

    def _rows(self, grid: Floats) -> Floats:
        """From (..., n_materials, n_r) to (..., n_distinct_rows)."""
        return grid[..., self._material_index, self._r_index]


def default_bounds(r: Floats, q: Floats) -> dict[str, tuple[float, float]]:
    """Return the box that is searched by default.

    a goes from 2 r_max Δq / π, below which neighbouring q points are more than π/2 apart in u and the quadrature
    aliases, to 2; b from q_min r_max to q_max r_min, where for every r of the data the wavelet is centred inside the
    measured range of q; K_f, C̃ and Λ are free. If the range of r is so wide that this interval of b is nearly empty, b
    goes from q_min r_min to q_max r_max. If the search of the box would take long, the lower end of a is raised. The
    box is a convention: the model is nearly periodic in b.
    """
    r, q = as_floats(r, q)
    corners = np.outer(q[[0, -1]], [r.min(), r.max()])
    b_min, b_max = q[0] * r.max(), q[-1] * r.min()
    if b_max - b_min < _MIN_B_FRACTION * np.ptp(corners):
        b_min, b_max = corners.min(), corners.max()
    smallest_a = max(2 * np.abs(r).max() * np.median(np.diff(q)) / np.pi, _MIN_A)
    largest_a = max(2.0, 2 * smallest_a)
    # The scan's cost is the area of the box in radians of 1/a and b/a.
    radians = np.ptp(corners) / 2 * (b_max - b_min) / 2
    if radians > 0:
        smallest_a = max(smallest_a, (largest_a**-2 + _MAX_BOX / radians) ** -0.5)
    free = (-np.inf, np.inf)
    return {"a": (smallest_a, largest_a), "b": (b_min, b_max), "K_f": free, "C": free, "Lambda": free}


def bounds_array(bounds: Bounds | None, r: Floats, q: Floats) -> Floats:
    """Return checked bounds, completed by the default ones, as an array of shape (5, 2)."""
    box = default_bounds(r, q) | check_bounds(bounds or {})
    return np.array([box[name] for name in wavelet.PARAMETERS], dtype=float)


def check_bounds(bounds: Bounds) -> dict[str, tuple[float, float]]:
    """Return the bounds as pairs of floats: known names, lower ≤ upper, a positive."""
    check_names("bounds", bounds)
    box = {}
    for name, interval in bounds.items():
        try:
            lower, upper = (float(end) for end in interval)
        except (TypeError, ValueError):
            raise ValueError(f"bounds[{name!r}] must be a pair of numbers (lower, upper), got {interval!r}.") from None
        if np.isnan(lower) or np.isnan(upper) or lower > upper or lower == np.inf or upper == -np.inf:
            raise ValueError(f"bounds[{name!r}] must contain a number: lower ≤ upper, got {interval!r}.")
        max_size = _MAX_SIZE if name == "a" else _MAX_SIZE**2  # Λ is g over S_R
        if lower > max_size or upper < -max_size or (name == "a" and 0 < upper < 1 / max_size):
            raise ValueError(f"bounds[{name!r}] must contain a number for which the loss is finite, got {interval!r}.")
        box[name] = (lower, upper)
    if "a" in box and box["a"][0] <= 0:
        raise ValueError(f"bounds['a'] must be positive, got {bounds['a']!r}: u = (q r − b) / a.")
    return box


def check_init(init: Mapping[str, float] | None, bounds: Floats) -> Floats:
    """Return the starting point: the manual values clipped into the bounds, with those of `init` in their place."""
    theta = np.clip([wavelet.MANUAL[name] for name in wavelet.PARAMETERS], *bounds.T)
    check_names("init", init or {})
    for name, value in (init or {}).items():
        i = wavelet.PARAMETERS.index(name)
        lower, upper = bounds[i]
        if not (isinstance(value, Real) and np.isfinite(value)):
            raise ValueError(f"init[{name!r}] must be a finite number, got {value!r}.")
        if not lower <= value <= upper:
            raise ValueError(
                f"init[{name!r}] = {value!r} lies outside its bounds ({lower:g}, {upper:g}): move it inside, or widen "
                f"bounds[{name!r}]."
            )
        theta[i] = float(value)
    return theta


def starting_point(
    init: Mapping[str, float] | None, bounds: Bounds | None, solver: Solver, problem: CalibrationProblem
) -> Floats:
    """Return the starting point of a solver: `init`, within the bounds of its first round if it has rounds."""
    earlier = getattr(solver, "earlier_bounds", None)
    first = earlier[0] if isinstance(earlier, list) and earlier else bounds
    return check_init(init, bounds_array(first, problem.r, problem.q))


def check_names(argument: str, given: Mapping[str, object]) -> None:
    """Raise ValueError unless it is a mapping whose keys are parameters."""
    if not isinstance(given, Mapping):
        raise ValueError(f"{argument} must be a dict with keys among {', '.join(wavelet.PARAMETERS)}, got {given!r}.")
    if unknown := [name for name in given if name not in wavelet.PARAMETERS]:
        raise ValueError(f"{argument} has unknown parameter names {unknown}: they are {', '.join(wavelet.PARAMETERS)}.")
