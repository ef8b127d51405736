"""Fourier transform, scale and offset calibrated.

The plain transform of scale · q (S − 1) + offset · q. Scale and offset follow by least squares from the condition that
g is 0 from 0.01 Å to its first rise (`methods._first_rise`). No reference is used. This corrects a wrong scale and a
constant background of S, but the termination ripples at small r change the two numbers as well. Because an error of the
scale shows only in the slope of G(r), q is extended to 0, where q (S − 1) is 0. It gives no standard deviation.
"""

import numpy as np
from sklearn_wtrdf.benchmarks.board.methods._first_rise import first_rise

from sklearn_wtrdf.fourier import fourier_transform
from sklearn_wtrdf.scattering.curve import g_from_reduced_pdf, reduced_pdf_from_g


def solve(q, S, density, r):
    """Return g at r, and None."""
    below = np.arange(0.01, first_rise(q, S, density), 0.01)
    q, S = np.append(0, q), np.append(0, S)
    parts = np.stack([q * (S - 1), q])
    empty = reduced_pdf_from_g(below, np.zeros_like(below), density)
    coefficients = np.linalg.lstsq(fourier_transform(below, q, parts).T, empty, rcond=None)[0]
    return g_from_reduced_pdf(r, fourier_transform(r, q, coefficients @ parts), density), None
