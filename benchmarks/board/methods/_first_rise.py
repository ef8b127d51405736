"""The first rise of g: the distance below which there are no atoms, from the data by the same rule for all methods.

The rule uses the Fourier transform with the Lorch window, whose ripples are small. Its first peak is the first maximum
beyond 1 Å that is at least a third as high as the highest maximum up to 6 Å: except with hydrogen, no two atoms are
closer than 1 Å, and lower maxima are ripples. g rises where the transform last falls below a fifth of that height
before the peak, or, if it does not fall so low, at its lowest point there. This excludes most of the peak at each
q_max, although the window broadens the peak more if q_max is smaller.
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
