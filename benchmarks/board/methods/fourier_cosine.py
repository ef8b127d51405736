"""Fourier transform, cosine window.

The plain transform with the window of Drewitt et al. (Phys. Rev. B 87, 224201, 2013): 1 up to q₁, then half a period of
a cosine down to 0 at q_max. Peaks are sharper than with the Lorch window. Its users choose q₁ by eye; here it is two
thirds of q_max. It gives no standard deviation.
"""

import numpy as np

from sklearn_wtrdf.fourier import fourier_transform
from sklearn_wtrdf.scattering.curve import g_from_reduced_pdf


def solve(q, S, density, r):
    """Return g at r, and None."""
    fall = np.clip(3 * q / q[-1] - 2, 0, 1)  # 0 up to q₁, 1 at q_max
    window = (1 + np.cos(np.pi * fall)) / 2
    return g_from_reduced_pdf(r, fourier_transform(r, q, q * (S - 1) * window), density), None
