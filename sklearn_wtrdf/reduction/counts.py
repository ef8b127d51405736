"""Preparation of counts: rebinning to a uniform q grid, replacement of outliers, and detection of steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.scattering.sampling import VARIANCE_OF_SECOND_DIFFERENCE

Floats = NDArray[np.float64]
_MIN_PER_BIN = 3  # points of the scan in a bin: a straight line through them and their scatter take two and one


@dataclass(frozen=True)
class OutlierLimits:
    """Limits of the deviation of a count from its neighbours; a count beyond them is an outlier.

    They exceed the effects of counting statistics and sharp maxima of S. They were chosen on simulated scans, none of
    which has a false alarm, even at maxima three steps wide. With higher limits, only larger outliers are detected.
    """

    n_neighbours: int = 6  # counts from which a parabola predicts another, if possible three on each side
    counting: float = 6.0  # standard deviations of counting statistics; only one count of 10⁹ deviates by more
    # Times the misfit of the parabola, if 1, 2 or 3 counts are excluded. At a Gaussian or Lorentzian maximum whose full
    # width is only two steps, the highest count deviates by up to 4, 8 and 30 times the misfit.
    misfit: tuple[float, ...] = (6.0, 10.0, 40.0)
    misfit_at_ends: float = 4.0  # times `misfit` at the ends of a scan, where there are neighbours on one side only
    bend: float = 2.0  # times the bend of the parabola over half of the neighbours' range
    widest_step: float = 0.1  # Å⁻¹; over wider steps S oscillates, so that neighbours do not predict a count


@dataclass(frozen=True)
class StepLimits:
    """Limits beyond which a step of the counts to another level is reported, as where two detector banks meet.

    Chosen on simulated scans of all materials, also with background, sharp lines, outliers and rounding, for which the
    ratio is 8.2 at most. Steps of 10 % are detected at four of five places if the largest count of a scan is 400,000,
    and at few places if it is 10,000.
    """

    n_beside: int = 12  # points on each side, which a cubic with a step describes
    widest: float = 0.6  # Å⁻¹, range of these points; a cubic does not describe S over a wider one
    unevenness: float = 1.5  # ratio of the widest to the narrowest step of q among them
    least: float = 0.03  # as a fraction of the counts
    ratio: float = 12.0  # ratio of the step to its standard deviation, by the misfit of the cubic with the step


LIMITS = OutlierLimits()
STEP_LIMITS = StepLimits()
# Lower quartile of the square of a standard normal variable. The noise of a scan follows from it, unless half of the
# points are damaged.
_LOWER_QUARTILE = 0.1015


def rebin(x: Floats, values: Floats, variance: Floats | None, grid: Floats) -> tuple[Floats, Floats]:
    """Rebin a scan to a uniform grid by fitting a straight line to the points of each bin.

    Parameters
    ----------
    x : ndarray of shape (n_x,)
        2θ or q of the scan, increasing.
    values : ndarray of shape (n_x,)
        Intensities.
    variance : ndarray of shape (n_x,) or None
        Variances of the intensities. If None, they are taken to be proportional to `values`, as for counts in any unit,
        and are estimated from the scatter about the lines.
    grid : ndarray of shape (n_q,)
        Uniform grid within the range of x.

    Returns
    -------
    values, variance : ndarray of shape (n_q,)
        Intensities on the grid, and their variances. Bins with too few points for a line are interpolated.
    """
    bins = np.rint((x - grid[0]) / (grid[1] - grid[0])).astype(np.intp)
    inside = (bins >= 0) & (bins < grid.size)
    k, y = bins[inside], values[inside]
    offset = x[inside] - grid[k]  # from the middle of the bin

    def sums(terms: Floats) -> Floats:
        return np.bincount(k, terms, grid.size).astype(float)

    n = sums(np.ones(k.size))
    if n.min() < _MIN_PER_BIN:
        if variance is None:
            # The variance of noise by its second differences; structure hardly affects them if the steps are small.
            noise = np.diff(values, 2)[:, None] ** 2 / VARIANCE_OF_SECOND_DIFFERENCE
            variance = _multiple(noise.sum(), np.abs(values).mean() * noise.size) * np.abs(values)
        return np.interp(grid, x, values), np.interp(grid, x, variance)
    sum_x, sum_xx, sum_y, sum_xy = sums(offset), sums(offset * offset), sums(y), sums(offset * y)
    determinant = n * sum_xx - sum_x**2
    middle = (sum_xx * sum_y - sum_x * sum_xy) / determinant
    slope = (n * sum_xy - sum_x * sum_y) / determinant
    if variance is None:
        scatter = (y - middle[k] - slope[k] * offset) ** 2
        multiple = _multiple(scatter.sum(), float((np.abs(middle) * np.maximum(n - 2, 0)).sum()))
        return middle, multiple * np.abs(middle) * sum_xx / determinant
    weight = (sum_xx[k] - sum_x[k] * offset) / determinant[k]
    return middle, sums(weight**2 * variance[inside])


def _multiple(scatter: float, expected: float) -> float:
    """Return the ratio of variances to counts, or 0 without counts."""
    return scatter / expected if expected > 0 else 0.0


def without_outliers(q: Floats, counts: Floats, variance: Floats | None) -> tuple[Floats, NDArray[np.bool_]]:
    """Replace outliers among counts by interpolation of their neighbours.

    A count is predicted by a parabola through its nearest six neighbours, excluding one or two adjacent counts that may
    also be outliers. An outlier deviates from the prediction by more than counting statistics and sharp maxima explain:
    by much more than the neighbours deviate from the parabola, and than the parabola bends over them.

    Parameters
    ----------
    q : ndarray of shape (n_x,)
        Scattering vector [Å⁻¹], increasing.
    counts : ndarray of shape (n_x,)
    variance : ndarray of shape (n_x,) or None
        None estimates it from the scatter, as proportional to `counts`.

    Returns
    -------
    counts : ndarray of shape (n_x,)
    outlying : ndarray of bool, shape (n_x,)
        The counts that were replaced; none if there are fewer than ten, or if steps are wider than 0.1 Å⁻¹.
    """
    replaced, outlying = counts.copy(), np.zeros(q.size, dtype=bool)
    few = q.size <= LIMITS.n_neighbours + len(LIMITS.misfit)
    if few or np.median(np.diff(q)) > LIMITS.widest_step or np.ptp(counts) == 0:
        return replaced, outlying
    usual = np.median(np.abs(counts))  # subtracting a background reduces the counts, but not their noise
    photon = least_difference(counts)
    for width, factor in enumerate(LIMITS.misfit, start=1):
        points, predicted = _predicted(q, counts, width)
        deviation = np.abs(counts[points] - predicted.value)
        level = np.maximum(np.maximum(np.abs(predicted.value), np.abs(counts[points])), usual)
        if width == 1:
            relative = deviation**2 / (1 + predicted.variance) / np.maximum(level, photon)
            multiple = max(float(np.quantile(relative, 0.25)) / _LOWER_QUARTILE, photon)
        noise = multiple * level if variance is None else np.maximum(multiple * level, variance[points])
        is_end = (points < width) | (points >= q.size - width)
        sharp = np.where(is_end, LIMITS.misfit_at_ends, 1.0) * factor * predicted.misfit
        limit = np.sqrt(1 + predicted.variance) * np.maximum(LIMITS.counting * np.sqrt(noise), sharp)
        new = (deviation > np.maximum(limit, LIMITS.bend * predicted.bend)) & ~outlying[points]
        replaced[points[new]], outlying[points[new]] = predicted.value[new], True
    return replaced, outlying


def least_difference(counts: Floats) -> float:
    """Return the least difference of two counts, one photon, or less in another unit; 0 if all are equal."""
    return float(np.diff(np.unique(counts)).min(initial=np.ptp(counts)))


def max_step(q: Floats, counts: Floats) -> tuple[int, float] | None:
    """Return the point before the clearest step of the counts to another level, and the size of the step, or None.

    Parameters
    ----------
    q : ndarray of shape (n_x,)
        Scattering vector [Å⁻¹], increasing.
    counts : ndarray of shape (n_x,)
        Without outliers.

    Returns
    -------
    last, step : int, float
        The last point of the first level, and the step over the counts there.
    """
    n = 2 * STEP_LIMITS.n_beside
    if q.size < n or np.ptp(counts) == 0:
        return None
    offsets = np.linspace(-1, 1, n)
    cubic, _ = np.linalg.qr(np.vander(offsets, 4))
    beyond_cubic = np.eye(n) - cubic @ cubic.T
    step = beyond_cubic @ np.sign(offsets) / 2
    windows = np.lib.stride_tricks.sliding_window_view(counts, n)
    height = windows @ step / (step @ step)
    misfit = np.linalg.norm(windows @ beyond_cubic - np.outer(height, step), axis=1) / np.sqrt(n - 5)
    photon = least_difference(counts)  # the rounding error, which the misfit may underestimate
    ratio = np.abs(height) * np.linalg.norm(step) / np.maximum(misfit, photon)
    part = height / np.maximum(np.abs(np.median(windows, axis=1)), photon)
    widths = np.lib.stride_tricks.sliding_window_view(np.diff(q), n - 1)
    is_even = widths.max(axis=1) < STEP_LIMITS.unevenness * widths.min(axis=1)
    ratio[~is_even | (widths.sum(axis=1) > STEP_LIMITS.widest) | (np.abs(part) < STEP_LIMITS.least)] = 0.0
    clearest = int(ratio.argmax())
    return (clearest + STEP_LIMITS.n_beside - 1, float(part[clearest])) if ratio[clearest] > STEP_LIMITS.ratio else None


class _Predicted(NamedTuple):
    """Predictions of counts by their neighbours, with their variances relative to that of a count.

    `misfit` is the root mean square deviation of the neighbours from the parabola, `bend` its change over them.
    """

    value: Floats
    variance: Floats
    misfit: Floats
    bend: Floats


def _predicted(q: Floats, counts: Floats, width: int) -> tuple[NDArray[np.intp], _Predicted]:
    """Return indices and predictions of counts, with each `width` adjacent counts excluded."""
    first = np.arange(q.size - width + 1)
    start = np.clip(first - LIMITS.n_neighbours // 2, 0, first[-1] - LIMITS.n_neighbours)
    near = start[:, None] + np.arange(LIMITS.n_neighbours)
    near += np.where(near >= first[:, None], width, 0)
    at = first[:, None] + np.arange(width)
    origin, span = q[first, None], np.ptp(q[near], axis=1)[:, None]
    basis, triangle = np.linalg.qr(((q[near] - origin) / span)[..., None] ** np.arange(3))
    parts = (counts[near][:, None] @ basis)[:, 0]
    misfit = np.sqrt(
        np.sum((counts[near] - (basis @ parts[..., None])[..., 0]) ** 2, axis=1) / (LIMITS.n_neighbours - 3)
    )
    bend = np.abs(parts[:, 2] / triangle[:, 2, 2]) / 4  # of half the span
    powers = ((q[at] - origin) / span)[..., None] ** np.arange(3)
    weights = powers @ np.linalg.inv(triangle)
    value, variance = (weights @ parts[..., None])[..., 0], np.sum(weights**2, axis=2)
    each = np.ones(width)
    return at.ravel(), _Predicted(
        value.ravel(), variance.ravel(), np.outer(misfit, each).ravel(), np.outer(bend, each).ravel()
    )
