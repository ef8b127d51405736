"""Where g first rises: the distance below which there are no atoms, found from the data by one rule for all methods.

Of the Fourier transform with the Lorch window, whose ripples are small, take the first maximum beyond 1 Å that is at
least a third as high as the highest up to 6 Å: no two atoms but hydrogen's are nearer than 1 Å, and what is lower is a
ripple. From there go down to a fifth of its height, or to the lowest point before it where the transform does not fall
so far. That leaves out most of the peak at each q_max: the window blurs it the more, the earlier q ends.
"""

from __future__ import annotations

import numpy as np

from sklearn_wtrdf.fourier import fourier_transform
from sklearn_wtrdf.scattering.curve import g_from_reduced_pdf

GRID = np.arange(0.6, 6, 0.01)


def first_rise(q: np.ndarray, S: np.ndarray, density: float) -> float:
    """Return the distance [Å] below which g is taken to be 0."""
    g = g_from_reduced_pdf(GRID, fourier_transform(GRID, q, q * (S - 1), "lorch"), density)
    maxima = 1 + np.flatnonzero((g[1:-1] > g[:-2]) & (g[1:-1] >= g[2:]) & (GRID[1:-1] >= 1))
    peak = maxima[g[maxima] >= g[maxima].max() / 3][0]
    low = np.flatnonzero(g[:peak] < g[peak] / 5)
    return float(GRID[low[-1] if low.size else g[:peak].argmin()])
