"""What is wrong with numbers on a grid, whichever quantity they are: outliers, holes, values that nothing can have."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

FEWEST = 20  # fewer points say too little of what is usual among them
R_MAX = 20.0  # Å: what is missing over more than π / (2 R_MAX) of q leaves g(r) open up to there

_FEWEST_OTHERS = 5  # points, of which most tell what is usual
_IMPOSSIBLE, _TIMES_IMPOSSIBLE = 1e4, 1e3  # off by so much, and so many times what is usual, is no S(q) and no g(r)
_LEAST_OFF = 1.0  # what is nearer to its neighbours may be noise or structure
_TIMES_OFF = 10.0  # times what is usual around a point
_TIMES_UNRESOLVED = 50.0  # times the next largest deviation, where a peak may lie between two points
_BONDS_OF_LIGHT_ATOMS = 2.0  # Å: below it peaks of g(r) are as narrow as σ = 0.03 Å, beyond it as 0.05 Å,
_RESOLVED_BELOW, _RESOLVED_BEYOND = 0.05, 0.1  # Å: and are seen by several points where steps are no wider than this
_RESOLVED_Q = 0.2  # Å⁻¹: likewise peaks of S(q)
_LEAST_HOLE_OF_R = 0.1  # Å
_EVEN = 1.5  # times its neighbours: a wider step says nothing of a jump
_TIMES_STEP = 3.01  # times the steps around it, rounded as they may be: a wider step is a hole
_LEAST_JUMP, _TIMES_JUMP = 0.1, 6.0  # of S; and times how far points around it are apart
_WINDOW = 24  # points, 16 or more, in which two merged curves alternate:
_LEAST_APART, _MOST_KURTOSIS, _LEAST_FLIPS = 0.02, 1.15, 0.75  # by so much of S, always as much, and to and fro
_MOST_UNLIKE = 6.0  # times: nor is the furthest point so much further off than the nearest
_NEGATIVE = 0.5  # of the highest peak, or 1: Fourier transforms of S(q) that ends fall no further below 0, beyond
_SMALL_R = 1.0  # Å, for nearer to 0 their errors grow as 1 / r


def impossible(y: Floats) -> Mask:
    """Return which values of a curve, or of each of a stack, no S(q), F(q), g(r) or G(r) has among such others."""
    if y.shape[-1] < _FEWEST_OTHERS:
        return np.zeros(y.shape, dtype=bool)
    off = np.abs(y - median(y)[..., None])
    return off > np.maximum(_IMPOSSIBLE, _TIMES_IMPOSSIBLE * 1.4826 * median(off)[..., None])


def check_possible(name: str, y: Floats) -> None:
    """Raise a ValueError where a curve, or one of a stack, has a value that nothing can have."""
    if (wrong := impossible(y)).any():
        worst = y[wrong][np.abs(y[wrong]).argmax()]
        raise ValueError(
            f"{name} has {wrong.sum()} value(s) that no material has, as {worst:.3g}: leave them out, or check what "
            "these numbers are."
        )


def outliers_of_q(q: Floats, y: Floats) -> Mask:
    """Return which points of a curve over q [Å⁻¹], or of each of a stack, are far from those on both sides."""
    return _outliers(y, _widths(q) <= _RESOLVED_Q)


def outliers_of_r(r: Floats, y: Floats) -> Mask:
    """Return which points of a curve over r [Å] are far from those on both sides."""
    return _outliers(y, _widths(r) <= np.where(r < _BONDS_OF_LIGHT_ATOMS, _RESOLVED_BELOW, _RESOLVED_BEYOND))


def too_negative(r: Floats, g: Floats) -> Mask:
    """Return which values are negative as no g(r) is, though it be the Fourier transform of an S(q) that ends."""
    return (r > _SMALL_R) & (g < -max(_NEGATIVE * float(g.max()), 1.0))


def jumps(q: Floats, y: Floats) -> Mask:
    """Return over which steps of q a curve, or each of a stack, jumps and stays there, as where two banks meet."""
    n = q.size - 1
    seen = np.zeros((*y.shape[:-1], n), dtype=bool)
    if q.size < FEWEST:
        return seen
    inner = slice(3, n - 3)
    steps, widths = np.diff(y), np.diff(q)
    before, after = steps[..., 2 : n - 4], steps[..., 4 : n - 2]
    off = np.abs(steps[..., inner] - (before + after) / 2)
    even = widths[inner] <= _EVEN * np.maximum(widths[2 : n - 4], widths[4 : n - 2])
    high = even & (off > _LEAST_JUMP) & (off > _TIMES_JUMP * np.maximum(np.abs(before), np.abs(after)))
    suspect = high.any(axis=-1)  # few curves are, and the rest takes time
    if suspect.any():
        bends = _padded(np.abs(np.diff(steps[suspect])), 3)
        nearby = _largest(bends[..., i : i + n - 6] for i in (*range(5), *range(7, 12)))  # all but those of the jump
        seen[suspect, inner] = high[suspect] & (off[suspect] > _TIMES_JUMP * nearby)
    return seen


def alternations(q: Floats, y: Floats) -> Mask:
    """Return where points of a curve, or of each of a stack, lie by turns on two curves: disagreeing banks, merged.

    From the straight line through its neighbours each is as far off as the next, which noise and structure are not.
    """
    seen = np.zeros(y.shape, dtype=bool)
    if q.size < _WINDOW + 2:
        return seen
    part = (q[2:] - q[1:-1]) / (q[2:] - q[:-2])
    off = y[..., 1:-1] - (part * y[..., :-2] + (1 - part) * y[..., 2:])
    least, most = _in_windows(np.minimum, np.abs(off)), _in_windows(np.maximum, np.abs(off))
    alike = (most > _LEAST_APART) & (least > most / _MOST_UNLIKE)
    for *curve, start in np.argwhere(alike):  # few windows are, and the rest takes time
        window = off[(*curve, slice(start, start + _WINDOW))]
        square, flips = np.mean(window**2), np.mean(window[1:] * window[:-1] < 0)
        if square > _LEAST_APART**2 and flips >= _LEAST_FLIPS and np.mean(window**4) < _MOST_KURTOSIS * square**2:
            seen[(*curve, slice(start + 1, start + 1 + _WINDOW))] = True
    return seen


def _in_windows(extreme: np.ufunc, y: Floats) -> Floats:
    """Return the least or the largest value in each window of neighbouring points."""
    for shift in (1, 2, 4, 8, _WINDOW - 16):
        y = extreme(y[..., :-shift], y[..., shift:])
    return y


def _largest(arrays: Iterable[Floats]) -> Floats:
    return reduce(np.maximum, arrays)


def holes_of_q(q: Floats) -> Mask:
    """Return which steps of q [Å⁻¹] are holes: not the one from 0, which programs write without having measured it."""
    return (np.diff(q) > widest_steps(q)) & (q[:-1] > 0)


def widest_steps(q: Floats) -> Floats:
    """Return how wide each step of q [Å⁻¹] may be without being a hole.

    It is three times the steps on the side where they are wider, so that a grid may widen, and at least π / 40 Å⁻¹,
    which says nothing new of g(r) below 20 Å.
    """
    return np.maximum(_TIMES_STEP * _steps_around(q), np.pi / (2 * R_MAX))


def holes_of_r(r: Floats) -> Mask:
    """Return which steps of r [Å] are holes, likewise."""
    return (np.diff(r) > np.maximum(_TIMES_STEP * _steps_around(r), _LEAST_HOLE_OF_R)) & (r[:-1] > 0)


def median(x: Floats) -> Floats:
    """Return medians, of two in the middle the upper one; for thousands of files numpy's takes its time."""
    middle = x.shape[-1] // 2
    return np.asarray(np.partition(x, middle)[..., middle])


def _outliers(y: Floats, resolved: Mask) -> Mask:
    """Return which single points are outliers.

    Where neighbours are too far apart to resolve a peak, a point may be one by itself, and is an outlier only if no
    other comes near it.
    """
    far = np.zeros(y.shape, dtype=bool)
    if y.shape[-1] < FEWEST:
        return far
    left, right = (np.concatenate(parts, axis=-1) for parts in _neighbours(y))
    off = np.abs(y - (left + right) / 2)
    usual = np.maximum(1.4826 * median(off)[..., None], _LEAST_OFF / _TIMES_OFF)
    suspect = (off > _TIMES_OFF * usual).any(axis=-1)  # few curves are, and the rest takes time
    if not suspect.any():
        return far
    y, off, usual, across = y[suspect], off[suspect], usual[suspect], np.abs(left - right)[suspect]
    usual = np.maximum(np.maximum(usual, across), _usual_around(y, off))
    deviation = np.abs(y - median(y)[..., None])
    next_largest = np.partition(deviation, -2)[..., -2, None]
    alone = deviation > np.maximum(_TIMES_UNRESOLVED * next_largest, _LEAST_OFF)
    far[suspect] = np.where(resolved, off > _TIMES_OFF * usual, alone)
    return far


def _neighbours(y: Floats) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Return what stands on the left and on the right of each point; at an end, its one neighbour on both sides."""
    return (y[..., 1:2], y[..., :-1]), (y[..., 1:], y[..., -2:-1])


def _usual_around(y: Floats, off: Floats) -> Floats:
    """Return how far apart points around each are that are not next to it: the structure, and the noise there."""
    n = y.shape[-1]
    steps, around = _padded(np.abs(np.diff(y)), 3), _padded(off, 6)
    structure = _largest(steps[..., i : i + n] for i in (0, 1, 4, 5))
    noise = np.mean([around[..., i : i + n] for i in (*range(5), *range(8, 13))], axis=0)
    return np.maximum(structure, noise)


def _widths(x: Floats) -> Floats:
    """Return the wider of the two steps beside each point."""
    steps = _padded(np.diff(x), 1)
    return np.maximum(steps[:-1], steps[1:])


def _steps_around(x: Floats) -> Floats:
    """Return the median of three steps before or after each step of x, whichever is larger."""
    steps = np.diff(x)
    triples = np.median(np.lib.stride_tricks.sliding_window_view(_padded(steps, 3), 3), axis=-1)
    return np.maximum(triples[: steps.size], triples[4:])


def _padded(values: Floats, n: int) -> Floats:
    return np.pad(values, [(0, 0)] * (values.ndim - 1) + [(n, n)])
