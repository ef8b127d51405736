"""What looks wrong with an S_R(q), and what it says of the number density by itself."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.fourier import fourier_transform, trapezoid_weights

Floats = NDArray[np.float64]

_USUAL_DENSITY = 0.04  # Å⁻³, where the slope of G(r) says nothing


def doubts(q: Floats, s_r: Floats, number_density: float | None, r_min: float | None) -> list[str]:
    """Say what looks wrong with a material's data, to be shown to the user."""
    if q.size < 20:
        return []  # too little to judge by
    if not 2 < q[-1] < 60:
        return [f"q ends at {q[-1]:g} Å⁻¹, beyond what diffraction reaches: if it is in nm⁻¹, divide it by 10."]
    found = []
    tail = s_r[q >= q.mean()]
    if abs(tail.mean()) > 2 * tail.std():
        found.append(
            f"S_R does not oscillate about 0: its mean over the upper half of q is {tail.mean():.3g} Å⁻¹, beyond twice "
            "its standard deviation there. If it is S(q), convert it by S_R = q (S − 1)."
        )
        return found
    estimate = density_of(q, s_r, r_min or 1.4)
    if number_density is not None and not 0.2 < estimate / number_density < 5:
        found.append(
            f"number_density is {number_density:.3g} Å⁻³, but S_R, or what is usual, says about {estimate:.2g} Å⁻³. It "
            "counts atoms per Å³, 0.034 for Ge-Se glasses."
        )
    if r_min is not None:
        r = np.arange(1.0, r_min, 0.02)
        g = 1 + fourier_transform(r, q, s_r) / (4 * np.pi * r * (number_density or estimate))
        tops = np.flatnonzero((g[1:-1] > g[:-2]) & (g[1:-1] > g[2:]) & (g[1:-1] > 1.3)) + 1
        if tops.size:
            found.append(
                f"r_min is {r_min:.3g} Å, but S_R has a peak at {r[tops[-1]]:.2f} Å, before it: choose r_min where g "
                "begins to rise."
            )
    return found


def density_of(q: Floats, s_r: Floats, r_min: float) -> float:
    """Estimate ρ₀ from G(r) = −4πρ₀r below the first peak, blurred as the end of q leaves it."""
    density = float(s_r @ _slope(q.tobytes(), r_min))
    return density if density > 1e-3 else _USUAL_DENSITY


@lru_cache(maxsize=8)
def _slope(q: bytes, r_min: float) -> Floats:
    """Return the weights of S_R in the least-squares slope of −G / 4π against r below the first peak."""
    grid, r = np.frombuffer(q), np.linspace(0.3, max(0.8 * r_min, 0.6), 30)
    return -2 / np.pi * trapezoid_weights(grid) * (np.sin(np.outer(grid, r)) @ r) / (4 * np.pi * (r @ r))
