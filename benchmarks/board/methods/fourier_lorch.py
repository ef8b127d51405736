"""Fourier transform, Lorch window.

The plain transform of q (S − 1) sin(πq/q_max) / (πq/q_max), the window of Lorch (1969), by `sklearn_wtrdf.fourier`:
smaller ripples and broader peaks. It has no settings and gives no standard deviation.
"""

from sklearn_wtrdf.fourier import fourier_transform
from sklearn_wtrdf.scattering.curve import g_from_reduced_pdf


def solve(q, S, density, r):
    """Return g at r, and None."""
    return g_from_reduced_pdf(r, fourier_transform(r, q, q * (S - 1), "lorch"), density), None
