"""Maxima of g(r) that are shells of atoms, and not termination ripples or noise, and the minima beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from sklearn_wtrdf.scattering.sampling import HALF_WIDTH_90

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]
Errors = Callable[[Floats], Any]

_MAX_LISTED = 5  # maxima that a note lists


@dataclass(frozen=True)
class MaximumLimits:
    """Limits beyond which a maximum of g(r) is a shell, chosen on the development half of the simulated materials.

    The curves were the simulated g(r) themselves, and inversions and Fourier transforms, with and without Lorch window
    and noise, for q up to 8, 12, 17 and 20 Å⁻¹.
    """

    # The first shell of a curve with negative values: ratio of its r times prominence to the largest one. For ripples
    # before a sharp peak, it is up to 0.4.
    first: float = 0.5
    first_without_ripples: float = 0.15  # the same for a curve without negative values, whose errors are smaller
    # Before the first maximum, g below this fraction of it is due to errors, because there are no atoms.
    no_atoms: float = 0.05
    # Å; errors of a transform vanish at r = 0, so that g at smaller r does not show their size.
    nearest: float = 0.3

    # Smallest prominence of a maximum.
    rise: float = 0.1  # of g; the statistical noise of simulated g(r) is smaller
    relative_rise: float = 0.05  # as a fraction of the range of g, if this is smaller
    ripples: float = 2.5  # times the errors of r g; a ripple rises by twice its amplitude
    band: float = HALF_WIDTH_90  # standard deviations of the difference between the maximum and an adjacent minimum

    # Distance from the first shell at which errors are measured, relative to the distance of the maximum from it.
    distance: float = 0.8

    # The minima of sampled curves, chosen on synthetic curves other than those of benchmarks/board/shells.py: the
    # standard deviation of the Gaussian that smooths curves, in units of π / q_max, because finer details are not
    # measured; and how far minima may move, as a fraction of their distance from the peak.
    smoothing: float = 0.5
    reach: float = 0.25


LIMITS = MaximumLimits()


class Maxima(NamedTuple):
    """The maxima of a curve.

    Attributes
    ----------
    r, g : ndarray of shape (n,)
        The curve, with increasing r [Å].
    shells : ndarray of int
        Indices of the maxima that are shells.
    others : ndarray of int
        Indices of the maxima that may be ripples or noise, although they rise by 0.1 or more.
    start : int
        Where the first shell begins: at the minimum before it, or with the curve if there is none.
    """

    r: Floats
    g: Floats
    shells: Indices
    others: Indices
    start: int

    def intervals(self, n_peaks: int) -> list[tuple[float, float]]:
        """Return the intervals of r of the first shells, each to the lowest point before the next shell."""
        tops, low = self.shells, self.start
        intervals = []
        for top, after in pairwise([*tops[: n_peaks + 1], self.r.size - 1][: n_peaks + 1]):
            high = top + int(self.g[top : after + 1].argmin())
            intervals.append((float(self.r[low]), float(self.r[high])))
            low = high
        return intervals

    def end_of(self, n_peaks: int) -> float:
        """Return the distance up to which drawn curves are needed to measure the first peaks [Å]."""
        return (1 + LIMITS.reach) * max((high for _, high in self.intervals(n_peaks)), default=0.0)

    def note(self, n_peaks: int) -> str:
        """Return a note on the number of peaks and, if there are fewer than requested, the reason."""
        n = self.shells.size
        peaks = "peak" if n == 1 else "peaks"
        end = f"up to {self.r[-1]:.3g} Å" if self.r.size else "without rows"
        if n >= n_peaks:
            return f"{n} {peaks} {end}." if n == n_peaks else f"The first {n_peaks} of {n} {peaks} {end}."
        note = f"{n} {peaks} of the {n_peaks} requested: g(r) has no other significant peak {end}."
        if self.others.size:
            places = ", ".join(f"{place:.2f}" for place in self.r[self.others][:_MAX_LISTED])
            note += f" Maxima at {places} Å are no larger than ripples and noise."
        return note


def find_maxima(r: Floats, g: Floats, errors: Errors | None = None, *, keep_first: bool = True) -> Maxima:
    """Find the maxima of g(r) that are shells.

    Parameters
    ----------
    r : ndarray of shape (n_rows,)
        Distances [Å], in any order. Of values at the same distance the highest is taken.
    g : ndarray of shape (n_rows,)
        Pair distribution function.
    errors : callable, default=None
        Function of distances [Å] that returns the standard deviation of g there.
    keep_first : bool, default=True
        Whether the first maximum is a shell even if it is uncertain.

    Returns
    -------
    Maxima

    Notes
    -----
    A shell rises above the higher of its adjacent minima by 0.1, by 1.645 standard deviations of the difference, and by
    more than a ripple. A maximum that is less certain is a shell if it is between two others and higher than the
    second. Termination ripples have the same amplitude of r g on both sides of a peak. So they are measured where there
    are no atoms: by g below the first shell, and by negative values beyond.
    """
    grid, at = np.unique(r, return_inverse=True)
    curve = np.full(grid.size, -np.inf)
    np.maximum.at(curve, at, g)
    none = np.array([], dtype=np.intp)
    if grid.size < 3 or np.ptp(curve) == 0:
        return Maxima(grid, curve, none, none, 0)
    falling = curve - 1e-9 * np.ptp(curve) * np.linspace(0, 1, curve.size)  # so that of equal tops the first counts
    tops, peaks = signal.find_peaks(falling, prominence=0)
    if not tops.size:
        return Maxima(grid, curve, none, none, 0)
    rises = peaks["prominences"]
    sizes = grid[tops] * rises
    first = int(np.argmax(sizes >= (LIMITS.first if curve.min() < 0 else LIMITS.first_without_ripples) * sizes.max()))
    min_rise = min(LIMITS.rise, LIMITS.relative_rise * np.ptp(curve))
    before = tops[:first][rises[:first] >= min_rise]
    start = int(before[-1] + curve[before[-1] : tops[first]].argmin()) if before.size else 0
    left, right = peaks["left_bases"][first:], peaks["right_bases"][first:]
    tops, rises = tops[first:], rises[first:]
    is_high = rises >= min_rise
    tops, rises = tops[is_high], rises[is_high]
    bases = np.where(curve[left] > curve[right], left, right)[is_high]
    if not tops.size:
        return Maxima(grid, curve, none, none, 0)
    is_no_ripple = rises >= LIMITS.ripples * _error_amplitudes(grid, curve, tops) / grid[tops]
    is_shell = is_no_ripple.copy()
    if errors is not None:
        of_tops, of_bases = np.split(np.asarray(errors(grid[[*tops, *bases]])), 2)
        is_shell &= rises >= LIMITS.band * np.hypot(of_tops, of_bases)
    is_shell[0] |= keep_first  # its intervals show that it is uncertain
    _include_higher_maxima(is_shell, is_no_ripple, curve[tops])
    if is_shell.any() and (n_uncertain := int(is_shell.argmax())):
        last, shell = tops[n_uncertain - 1 : n_uncertain + 1]
        start = int(last + curve[last:shell].argmin())
    return Maxima(grid, curve, tops[is_shell], tops[~is_shell], start)


def _include_higher_maxima(is_shell: Mask, is_no_ripple: Mask, heights: Floats) -> None:
    """Include maxima between two shells that are higher than the next one, in whose interval they would be."""
    shells = np.flatnonzero(is_shell)
    for before, after in pairwise(shells):
        between = slice(before + 1, after)
        is_shell[between] = is_no_ripple[between] & (heights[between] > heights[after])


def _error_amplitudes(r: Floats, g: Floats, tops: Indices) -> Floats:
    """Return the amplitude of errors of r g as far from the first shell as each maximum; at the shell itself 0."""
    first = tops[0]
    below = np.flatnonzero(g[:first] < LIMITS.no_atoms * g[first])
    has_no_atoms = np.arange(r.size) <= (below[-1] if below.size else -1)
    amplitudes = r * np.where(has_no_atoms, np.abs(g), np.maximum(-g, 0.0))
    amplitudes[r < LIMITS.nearest] = 0.0
    distances = np.abs(r - r[first])
    order = np.argsort(distances)
    largest_beyond = np.maximum.accumulate(amplitudes[order][::-1])[::-1]
    end = max(r[first] - max(LIMITS.nearest, r[0]), 0.0)  # further away nothing is known of errors
    at = LIMITS.distance * np.minimum(r[tops] - r[first], end)
    at_tops = np.interp(at, distances[order], largest_beyond)
    at_tops[0] = 0.0
    return np.asarray(at_tops)


def moved_ends(r: Floats, curves: Floats, shell: tuple[float, float], position: float, resolution: float) -> Floats:
    """Return the shell of each curve: its ends move as minima of the smoothed curves do, from those of the first."""
    ends = np.tile(shell, (len(curves), 1))
    for column, end in enumerate(shell):
        near = r[np.abs(r - end) <= LIMITS.reach * abs(end - position)]
        if near.size and end not in (r[0], r[-1]):
            weights = np.gradient(r) * np.exp(-(((near[:, None] - r) / (LIMITS.smoothing * resolution)) ** 2) / 2)
            minima = near[np.argmin(curves @ weights.T / weights.sum(axis=1), axis=1)]
            ends[:, column] += minima - minima[0]
    return ends


def vertex(r: Floats, g: Floats, k: int) -> float:
    """Return where the parabola through rows k − 1, k, k + 1 is highest, or r[k] if it has no maximum between them."""
    if k in (0, r.size - 1) or not (g[k - 1] <= g[k] >= g[k + 1]) or g[k - 1] == g[k] == g[k + 1]:
        return float(r[k])
    left, right = r[k] - r[k - 1], r[k + 1] - r[k]
    down, up = (g[k] - g[k - 1]) / left, (g[k + 1] - g[k]) / right
    return float(r[k] + (left * up + right * down) / (2 * (down - up)))
