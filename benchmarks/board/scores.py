"""Errors of a curve compared with the true g(r), and coverage of its band."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import signal
from scipy.ndimage import gaussian_filter1d

from sklearn_wtrdf.scattering.sampling import HALF_WIDTH_90

R_MIN, R_MAX = 0.5, 10.0  # Å, the range of r of all methods
MAE_FROM = 0.8  # Å: below it there are no atoms, and the errors of a plain transform are very large
SMOOTHING = 0.04  # Å, standard deviation of the Gaussian that smooths the true g before its peaks are located
PROMINENCE = 0.15  # of the peaks of the true g

SCORES = [
    "mae",
    "first_peak",
    "second_peak",
    "position",
    "coordination",
    "residual",
    "coverage_90",
    "width_90",
]
MEANINGS = {
    "mae": "mean absolute error of g from 0.8 to 10 Å (about 8 Å for ag00 to ag25)",
    "first_peak": "absolute error of g at the top of its first peak",
    "second_peak": "absolute error of g at the top of its second peak",
    "position": "absolute error of the first peak's position [Å]",
    "coordination": "relative error of the number of neighbours in the first peak, counted between the minima of the "
    "true g",
    "residual": "mean |g| where there are no atoms, from 0.5 Å to just before the first peak",
    "coverage_90": "fraction of the rows from the onset of g on that are within the band g ± 1.645 std",
    "width_90": "mean width of that band",
}


@dataclass(frozen=True, eq=False)
class Truth:
    """The true g of a material, and the positions of its peaks.

    Parameters
    ----------
    r : ndarray of shape (n_r,)
        Uniform grid [Å].
    g : ndarray of shape (n_r,)
    std : ndarray of shape (n_r,)
        Standard deviation of g.
    density : float
        Number density [Å⁻³].
    """

    r: np.ndarray
    g: np.ndarray
    std: np.ndarray
    density: float

    @cached_property
    def smooth(self) -> np.ndarray:
        """The smoothed curve, in which peaks are located."""
        return gaussian_filter1d(self.g, SMOOTHING / (self.r[1] - self.r[0]), mode="nearest")

    @cached_property
    def tops(self) -> np.ndarray:
        """Rows of the first two peaks."""
        return signal.find_peaks(self.smooth, prominence=PROMINENCE)[0][:2]

    @cached_property
    def minima(self) -> list[int]:
        """Rows of the lowest points after each of the peaks, up to the next or to 1.5 times its distance."""
        ends = [*self.tops[1:], np.searchsorted(self.r, 1.5 * self.r[self.tops[-1]])]
        return [int(a + self.smooth[a : b + 1].argmin()) for a, b in zip(self.tops, ends, strict=False)]

    @cached_property
    def onset(self) -> int:
        """The row where g first exceeds a fiftieth of its first peak."""
        return int(np.argmax(self.g > self.g[self.tops[0]] / 50))


def truth_of(r: np.ndarray, g: np.ndarray, std: np.ndarray | None, density: float) -> Truth:
    """Return the truth in the range of r of all methods; without standard deviations it is exact."""
    inside = (r >= R_MIN) & (r <= R_MAX)
    errors = np.zeros(r.size) if std is None else np.nan_to_num(std)
    return Truth(r[inside], g[inside], errors[inside], density)


def position_of(r: np.ndarray, g: np.ndarray, low: int, high: int) -> float:
    """Return the position of the maximum of g between two rows, by a parabola through the top 15 % of the peak."""
    top = low + int(g[low : high + 1].argmax())
    if not low < top < high or g[top] <= 0:
        return float(r[top])
    level = g[top] - 0.15 * (g[top] - min(g[low], g[high]))
    left, right = top, top
    while left > low and g[left - 1] > level:
        left -= 1
    while right < high and g[right + 1] > level:
        right += 1
    near = slice(min(left, top - 1), max(right, top + 1) + 1)
    curvature, slope, _ = np.polyfit(r[near] - r[top], g[near], 2)
    return float(r[top] - slope / (2 * curvature)) if curvature < 0 else float(r[top])


def score(truth: Truth, g: np.ndarray, std: np.ndarray | None, density: float | None = None) -> dict[str, float]:
    """Compare a curve with the truth.

    Parameters
    ----------
    truth : Truth
    g, std : ndarray of shape (n_r,)
        The method's curve at `truth.r`, and its standard deviation, or None.
    density : float, default=None
        The number density that the method was given, for the number of neighbours. None is the true one.

    Returns
    -------
    scores : dict
        Described in :data:`MEANINGS`; NaN if undefined.
    """
    r, true = truth.r, truth.g
    result = dict.fromkeys(SCORES, np.nan)
    off = np.abs(g - true)
    result["mae"] = float(off[r >= MAE_FROM].mean())
    if truth.tops.size == 0:
        return result
    for name, top in zip(("first_peak", "second_peak"), truth.tops, strict=False):
        result[name] = float(off[top])
    start, low, high = max(truth.onset - 5, 0), truth.onset, truth.minima[0]
    result["position"] = abs(position_of(r, g, low, high) - position_of(r, truth.smooth, low, high))
    shell = slice(start, high + 1)
    neighbours = [
        rho * float(np.sum(r[shell] ** 2 * curve[shell]))
        for rho, curve in ((density or truth.density, g), (truth.density, true))
    ]
    result["coordination"] = abs(neighbours[0] / neighbours[1] - 1)
    if start:
        result["residual"] = float(np.abs(g[:start]).mean())
    if std is not None:
        band = HALF_WIDTH_90 * np.hypot(std, truth.std)[low:]
        result["coverage_90"] = float((off[low:] <= band).mean())
        result["width_90"] = float(2 * HALF_WIDTH_90 * std[low:].mean())
    return result
