"""Outliers, holes, jumps and impossible values of a curve on a grid, whatever its quantity."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.utils.text import counted

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

VARIANCE_OF_SECOND_DIFFERENCE = 6  # of white noise of variance 1: 1² + 2² + 1²
VARIANCE_OF_FOURTH_DIFFERENCE = 70  # 1² + 4² + 6² + 4² + 1²
MIN_POINTS = 20  # points of q or r; with fewer, data are not checked and hyperparameters not estimated
R_MAX = 20.0  # Å, up to which g(r) has to be determined: steps of q wider than π / (2 R_MAX) may be holes

STD_PER_MEDIAN = 1.4826  # ratio of the standard deviation of a normal variable to the median of its absolute value
_EQUAL = 1e-9  # relative difference below which values are equal after conversions
HALF_WIDTH_90 = 1.645  # half-width of the 90 % interval of a normal variable, in standard deviations


@dataclass(frozen=True)
class SamplingLimits:
    """Limits beyond which values and steps of a curve are reported.

    Chosen on all simulated materials of `datasets`, none of which is reported. With a lower limit, smaller errors are
    detected, and good data are reported more often. If no unit is given, values are in the unit of the curve.
    """

    # Impossible values, which are refused.
    min_values: int = 5  # points; with fewer, the median is not representative
    impossible: float = 1e4  # distance from the median that no S(q) and no g(r) has
    impossible_ratio: float = 1e3  # ratio of this distance to the standard deviation of the curve

    # Outliers: single points that are far from their neighbours.
    min_deviation: float = 1.0  # a smaller deviation may be noise or structure
    deviation_ratio: float = 10.0  # ratio of the deviation to those usual around the point
    unresolved_ratio: float = 50.0  # ratio to the next largest deviation, if a peak may lie between two points
    short_bond: float = 2.0  # Å: bonds of light atoms; peaks of g(r) are as narrow as σ = 0.03 Å below, 0.05 Å beyond
    resolved_step_below: float = 0.05  # Å: step of r that resolves peaks below `short_bond`
    resolved_step_beyond: float = 0.1  # Å: step of r that resolves peaks beyond it
    resolved_step_of_q: float = 0.2  # Å⁻¹: step of q that resolves peaks of S(q)

    # Holes: steps that are too wide.
    hole_ratio: float = 3.01  # ratio of a step to those around it; more than 3, because grids are rounded
    min_hole_of_r: float = 0.1  # Å, narrowest step of r that is a hole

    # Distances in another unit: where curves in nm begin and end, and where those in pm end. Steps of q determine g(r)
    # up to π / step, and the transform repeats beyond 2π / step.
    first_r_of_curve: float = 0.6  # Å: a detail of the first shell begins beyond
    min_last_r: float = 2.0  # Å
    max_last_r: float = 100.0  # Å

    # The ends of g(r): means over its first and last part, which are exchanged if r is in the reverse order. Beyond
    # 5 Å, the mean of simulated g over any such part is 0.58 or more.
    end_part: float = 0.3  # Å
    min_at_start: float = 0.5
    max_at_end: float = 0.2
    max_first_maximum: float = 0.97  # ratio of the distance of the highest value to the last distance

    # Jumps, as where two banks of detectors meet.
    even_ratio: float = 1.5  # ratio of a step to adjacent steps; a change over a wider step is not a jump
    min_jump: float = 0.1  # of S
    jump_ratio: float = 6.0  # ratio of the jump to the differences between points around it

    # Noise of S that vanishes at the end of q, because S − 1 was multiplied by the Lorch window. With this window the
    # ratio is at most 0.35 for simulated S; with white noise it is at least 0.4, if there are enough points.
    min_points_of_noise: int = 240  # points of q
    vanishing_noise: float = 0.37  # ratio of the noise in the last quarter of q to that in the third
    min_noise: float = 1e-3  # of S, in the third quarter; a smaller one may be due to an interpolation
    unevenness_of_noise: float = 0.1  # relative difference between the widest and the narrowest step
    #: correlation of successive fourth differences: −0.8 for noise, 1 for a smooth S
    max_correlation_of_noise: float = -0.5

    # Points that lie alternately on two curves, as where two banks were merged.
    window: int = 24  # points, 16 or more, that have to alternate
    min_distance: float = 0.02  # of S, distance from the line through the neighbours
    max_distance_ratio: float = 6.0  # ratio of the largest to the smallest distance in the window
    max_kurtosis: float = 1.15  # of the distances: 1 if all are equal, 3 for noise
    min_flips: float = 0.75  # fraction of successive points on opposite sides of this line: 1 if all alternate

    # Runs of equal values, as of a curve that was clipped, or filled where nothing was measured.
    min_run: int = 10  # points
    run_ratio: float = 10.0  # ratio of the change at an end of the run to the smallest change, that of rounding

    # Negative values of g(r).
    negative_ratio: float = 0.5  # ratio of −g to the highest peak (or to 1); ripples of a Fourier transform are smaller
    negative_from: float = 1.0  # Å; at smaller r the errors of a Fourier transform increase as 1 / r


LIMITS = SamplingLimits()


def impossible(y: Floats) -> Mask:
    """Return which values of a curve, or of each of a stack, are impossible for S(q), F(q), g(r) and G(r)."""
    if y.shape[-1] < LIMITS.min_values:
        return np.zeros(y.shape, dtype=bool)
    residual = np.abs(y - median(y)[..., None])
    return residual > np.maximum(
        LIMITS.impossible, LIMITS.impossible_ratio * STD_PER_MEDIAN * median(residual)[..., None]
    )


def check_possible(name: str, y: Floats) -> None:
    """Raise a ValueError if a curve, or one of a stack, has an impossible value."""
    if (wrong := impossible(y)).any():
        worst = y[wrong][np.abs(y[wrong]).argmax()]
        raise ValueError(
            f"{name} has {counted(int(wrong.sum()), 'value')} that no material has, such as {worst:.3g}: leave them "
            "out, or check what these numbers are."
        )


def outliers_of_q(q: Floats, y: Floats) -> Mask:
    """Return which points of a curve over q [Å⁻¹], or of each of a stack, are far from those on both sides."""
    return _outliers(y, _widths(q) <= LIMITS.resolved_step_of_q)


def outliers_of_r(r: Floats, y: Floats) -> Mask:
    """Return which points of a curve over r [Å] are far from those on both sides."""
    return _outliers(
        y, _widths(r) <= np.where(r < LIMITS.short_bond, LIMITS.resolved_step_below, LIMITS.resolved_step_beyond)
    )


def too_negative(r: Floats, g: Floats) -> Mask:
    """Return which values are more negative than those of any g(r), also by Fourier transform up to q_max."""
    return (r > LIMITS.negative_from) & (g < -max(LIMITS.negative_ratio * float(g.max()), 1.0))


def wrong_end_of_r(r: Floats, g: Floats) -> str:
    """Return a message if g(r) is in the reverse order of r, or ends before its first maximum, or an empty text."""
    start, end = g[r < r[0] + LIMITS.end_part].mean(), g[r > r[-1] - LIMITS.end_part].mean()
    if start > LIMITS.min_at_start and end < LIMITS.max_at_end:
        return (
            f"g(r) begins with {start:.2g} and ends with {end:.2g} at {r[-1]:.3g} Å: is it in the reverse order of r?"
        )
    if (highest := r[g.argmax()]) > LIMITS.max_first_maximum * r[-1]:
        return f"g(r) ends at {r[-1]:.3g} Å, and is highest at {highest:.3g} Å: does it end before its first maximum?"
    return ""


def jumps(q: Floats, y: Floats) -> Mask:
    """Return over which steps of q a curve, or each of a stack, jumps and stays there, as where two banks meet."""
    n = q.size - 1
    mask = np.zeros((*y.shape[:-1], n), dtype=bool)
    if q.size < MIN_POINTS:
        return mask
    inner = slice(3, n - 3)
    steps, widths = np.diff(y), np.diff(q)
    before, after = steps[..., 2 : n - 4], steps[..., 4 : n - 2]
    residual = np.abs(steps[..., inner] - (before + after) / 2)
    even = widths[inner] <= LIMITS.even_ratio * np.maximum(widths[2 : n - 4], widths[4 : n - 2])
    high = (
        even & (residual > LIMITS.min_jump) & (residual > LIMITS.jump_ratio * np.maximum(np.abs(before), np.abs(after)))
    )
    suspect = high.any(axis=-1)  # few curves are, and the following takes time
    if suspect.any():
        bends = _padded(np.abs(np.diff(steps[suspect])), 3)
        nearby = _largest(bends[..., i : i + n - 6] for i in (*range(5), *range(7, 12)))  # all but those of the jump
        mask[suspect, inner] = high[suspect] & (residual[suspect] > LIMITS.jump_ratio * nearby)
    return mask


def noise_vanishes(q: Floats, y: Floats) -> Mask:
    """Return whether the noise of a curve, or of each of a stack, vanishes at the end of a uniform grid of q."""
    steps = np.diff(q)
    if q.size < LIMITS.min_points_of_noise or steps.max() > (1 + LIMITS.unevenness_of_noise) * steps.min():
        return np.zeros(y.shape[:-1], dtype=bool)
    uneven = np.diff(y, 4)
    n = uneven.shape[-1] // 4
    last, upper = np.abs(uneven[..., -n:]), uneven[..., -2 * n :]
    successive = (upper[..., 1:] * upper[..., :-1]).sum(axis=-1)
    correlation = successive / np.maximum((upper**2).sum(axis=-1), np.finfo(float).tiny)
    noise, left = (
        STD_PER_MEDIAN * np.median(part, axis=-1) / np.sqrt(VARIANCE_OF_FOURTH_DIFFERENCE)
        for part in (np.abs(upper[..., :n]), last)
    )
    vanishes = (left > 0) & (left < LIMITS.vanishing_noise * noise) & (noise > LIMITS.min_noise)
    return np.asarray(vanishes & (correlation < LIMITS.max_correlation_of_noise))


def alternations(q: Floats, y: Floats) -> Mask:
    """Return where points of a curve, or of each of a stack, lie by turns on two curves: disagreeing banks, merged.

    All of them are then at nearly the same distance from the straight line through their neighbours, unlike points with
    noise or structure.
    """
    mask = np.zeros(y.shape, dtype=bool)
    if q.size < LIMITS.window + 2:
        return mask
    part = (q[2:] - q[1:-1]) / (q[2:] - q[:-2])
    residual = y[..., 1:-1] - (part * y[..., :-2] + (1 - part) * y[..., 2:])
    smallest, largest = _in_windows(np.minimum, np.abs(residual)), _in_windows(np.maximum, np.abs(residual))
    alike = (largest > LIMITS.min_distance) & (smallest > largest / LIMITS.max_distance_ratio)
    for *curve, start in np.argwhere(alike):  # few windows are, and the following takes time
        window = residual[(*curve, slice(start, start + LIMITS.window))]
        square, flips = np.mean(window**2), np.mean(window[1:] * window[:-1] < 0)
        if (
            square > LIMITS.min_distance**2
            and flips >= LIMITS.min_flips
            and np.mean(window**4) < LIMITS.max_kurtosis * square**2
        ):
            mask[(*curve, slice(start + 1, start + 1 + LIMITS.window))] = True
    return mask


def constant_runs(y: Floats) -> list[slice]:
    """Return the longest run of equal points of each curve that rounding does not explain, or an empty slice."""
    steps = np.abs(np.diff(y))
    are_equal = steps <= _EQUAL * (1 + np.abs(y[:, 1:]))
    may_be = ~are_equal.all(axis=1) & (are_equal.sum(axis=1) >= LIMITS.min_run - 1)
    return [_constant_run(*rows[:2]) if rows[2] else slice(0) for rows in zip(steps, are_equal, may_be, strict=True)]


def _constant_run(steps: Floats, are_equal: Mask) -> slice:
    """Return the longest run of equal points of a curve, given its steps and which of them are 0."""
    runs = runs_of(are_equal)
    first, last = runs[np.diff(runs)[:, 0].argmax()]
    beside = steps[[i for i in (first - 1, last) if 0 <= i < steps.size]]
    is_abrupt = beside.max() > LIMITS.run_ratio * steps[~are_equal].min()
    return slice(first, last + 1) if last + 1 - first >= LIMITS.min_run and is_abrupt else slice(0)


def _in_windows(extreme: np.ufunc, y: Floats) -> Floats:
    """Return the smallest or the largest value in each window of neighbouring points."""
    for shift in (1, 2, 4, 8, LIMITS.window - 16):
        y = extreme(y[..., :-shift], y[..., shift:])
    return y


def _largest(arrays: Iterable[Floats]) -> Floats:
    return reduce(np.maximum, arrays)


def holes_of_q(q: Floats) -> Mask:
    """Return which steps of q [Å⁻¹] are holes: not the one from 0, which programs write without having measured it."""
    return (np.diff(q) > widest_steps(q)) & (q[:-1] > 0)


def widest_hole(q: Floats) -> str:
    """Return a text with the number of holes of q [Å⁻¹] and the widest of them, or an empty text."""
    holes = np.flatnonzero(holes_of_q(q))
    if not holes.size:
        return ""
    widest = holes[np.diff(q)[holes].argmax()]
    return f"{holes.size} hole(s), the widest from {q[widest]:.3g} to {q[widest + 1]:.3g} Å⁻¹"


def wrong_unit_of_r(r: Floats, q: Floats) -> str:
    """Return a message if distances, in any order, seem to be in nm or pm, by the q [Å⁻¹] of S_R, or an empty text."""
    if r.size < MIN_POINTS:
        return ""
    low, high, step = float(r.min()), float(r.max()), float(median(np.diff(q)))
    if low < LIMITS.first_r_of_curve and 0 < high < LIMITS.min_last_r:
        return f"r ends at {high:.3g} Å, before most bonds of atoms: if it is in nm, multiply it by 10."
    if high > max(LIMITS.max_last_r, 2 * np.pi / step):
        where = f"r reaches {high:.4g} Å, which steps of q of {step:.2g} Å⁻¹ do not resolve"
        return f"{where}: if it is in pm, divide it by 100."
    return ""


def runs_of(mask: Mask) -> NDArray[np.intp]:
    """Return where the runs of true points begin, and the first points after them, of shape (n_runs, 2)."""
    return np.flatnonzero(np.diff(mask.astype(int), prepend=0, append=0)).reshape(-1, 2)


def widest_steps(q: Floats) -> Floats:
    """Return how wide each step of q [Å⁻¹] may be without being a hole.

    It is three times the steps on the side where they are wider, so that the steps of a grid may increase, and at least
    π / 40 Å⁻¹, which is fine enough for g(r) up to 20 Å.
    """
    return np.maximum(LIMITS.hole_ratio * _steps_around(q), np.pi / (2 * R_MAX))


def holes_of_r(r: Floats) -> Mask:
    """Return which steps of r [Å] are holes, as :func:`holes_of_q` does for q."""
    return (np.diff(r) > np.maximum(LIMITS.hole_ratio * _steps_around(r), LIMITS.min_hole_of_r)) & (r[:-1] > 0)


def median(x: Floats) -> Floats:
    """Return medians along the last axis, the upper one of two middle values: faster than numpy for many files."""
    middle = x.shape[-1] // 2
    return np.asarray(np.partition(x, middle)[..., middle])


def _outliers(y: Floats, resolved: Mask) -> Mask:
    """Return which single points are outliers.

    Where neighbours are too far apart to resolve a peak, a point may be one by itself, and is an outlier only if no
    other comes near it.
    """
    far = np.zeros(y.shape, dtype=bool)
    if y.shape[-1] < MIN_POINTS:
        return far
    left, right = (np.concatenate(parts, axis=-1) for parts in _neighbours(y))
    residual = np.abs(y - (left + right) / 2)
    usual = np.maximum(STD_PER_MEDIAN * median(residual)[..., None], LIMITS.min_deviation / LIMITS.deviation_ratio)
    suspect = (residual > LIMITS.deviation_ratio * usual).any(axis=-1)  # few curves are, and the following takes time
    if not suspect.any():
        return far
    y, residual, usual, across = y[suspect], residual[suspect], usual[suspect], np.abs(left - right)[suspect]
    usual = np.maximum(np.maximum(usual, across), _usual_around(y, residual))
    deviation = np.abs(y - median(y)[..., None])
    next_largest = np.partition(deviation, -2)[..., -2, None]
    alone = deviation > np.maximum(LIMITS.unresolved_ratio * next_largest, LIMITS.min_deviation)
    far[suspect] = np.where(resolved, residual > LIMITS.deviation_ratio * usual, alone)
    return far


def _neighbours(y: Floats) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Return the neighbours on the left and on the right of each point; at an end, both are its only neighbour."""
    return (y[..., 1:2], y[..., :-1]), (y[..., 1:], y[..., -2:-1])


def _usual_around(y: Floats, residual: Floats) -> Floats:
    """Return the larger of structure and noise around each point, from the points that are not next to it."""
    n = y.shape[-1]
    steps, around = _padded(np.abs(np.diff(y)), 3), _padded(residual, 6)
    structure = _largest(steps[..., i : i + n] for i in (0, 1, 4, 5))
    noise = np.mean([around[..., i : i + n] for i in (*range(5), *range(8, 13))], axis=0)
    return np.maximum(structure, noise)


def _widths(x: Floats) -> Floats:
    """Return the wider of the two steps next to each point."""
    steps = _padded(np.diff(x), 1)
    return np.maximum(steps[:-1], steps[1:])


def _steps_around(x: Floats) -> Floats:
    """Return the median of three steps before or after each step of x, whichever is larger."""
    steps = np.diff(x)
    triples = np.median(np.lib.stride_tricks.sliding_window_view(_padded(steps, 3), 3), axis=-1)
    return np.maximum(triples[: steps.size], triples[4:])


def _padded(values: Floats, n: int) -> Floats:
    return np.pad(values, [(0, 0)] * (values.ndim - 1) + [(n, n)])
