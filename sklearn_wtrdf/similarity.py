"""The fraction of an S_R(q) that another curve explains, and the ratio of their scales.

Both are compared as S − 1, after the systematic errors that any S may have are projected out.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.scattering.validation import as_floats
from sklearn_wtrdf.transforms import s_r_of_unit_density, systematic_errors, trapezoid_weights

Floats = NDArray[np.float64]

# Largest fraction of a squared norm that is counted as noise: more cannot be distinguished from structure.
_MAX_NOISE = 0.75
_ROUNDING = 1e-24  # fraction of a squared norm that rounding leaves after a subtraction


def shared_fraction(q: Floats, s_r: Floats, by: Floats) -> Floats:
    """Return the fraction of S_R(q) that another curve explains, apart from its scale, systematic errors and noise.

    It is the squared correlation of the two S − 1 without systematic errors, corrected for white noise, whose size is
    estimated from fourth differences. It is 0 if the correlation is negative.

    Parameters
    ----------
    q : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹], increasing, with at least 5 points.
    s_r : ndarray of shape (n_q,) or (n_materials, n_q)
        S_R of one or several materials, which are to be explained [Å⁻¹].
    by : ndarray of shape (n_q,)
        S_R of the material that may explain them [Å⁻¹].

    Returns
    -------
    fraction : ndarray of shape () or (n_materials,)
        Between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_wtrdf.similarity import shared_fraction
    >>> q = np.linspace(0.5, 10, 200)
    >>> first, second = np.sin(2.3 * q), np.sin(4.1 * q)
    >>> shared_fraction(q, np.array([2 * first, second]), first).round(1)
    array([1., 0.])
    """
    q, s_r, by = as_floats(q, s_r, by)
    (curves, norms), (curve, norm) = _without_systematic_errors(q, s_r), _without_systematic_errors(q, by)
    alike, norms = np.maximum(curves @ curve, 0.0), norms * norm
    return np.minimum(np.divide(alike**2, norms, out=np.zeros_like(alike), where=norms > 0), 1.0)


def _without_systematic_errors(q: Floats, s_r: Floats) -> tuple[Floats, Floats]:
    """Return S − 1 beyond systematic errors, with the weights of an integral, and its squared norm without noise."""
    weight, systematic, steps = _systematic_part(q.tobytes())
    curve = weight * s_r
    curve -= (curve @ systematic) @ systematic.T
    uneven = np.diff(s_r / np.maximum(q, q[-1] * 1e-3), 4)
    noise = (uneven**2 @ steps[2:-2]) / (70 * steps[2:-2].sum()) * steps.sum()  # 70: squares of 1, −4, 6, −4, 1
    size = np.einsum("...i,...i", curve, curve)
    is_zero = size < _ROUNDING * np.einsum("...i,...i", weight * s_r, weight * s_r)
    return curve, np.where(is_zero, 0.0, np.maximum(size - noise, (1 - _MAX_NOISE) * size))


@lru_cache(maxsize=8)
def _systematic_part(q: bytes) -> tuple[Floats, Floats, Floats]:
    """Return the factor from S_R to weighted S − 1, a basis of systematic errors with the same weights, and steps."""
    grid = np.frombuffer(q)
    steps = trapezoid_weights(grid)
    weight = np.sqrt(steps) / np.maximum(grid, grid[-1] * 1e-3)
    return weight, np.linalg.qr(systematic_errors(grid, grid) * weight[:, None])[0], steps


def scale_of(q: Floats, s_r: Floats, r: Floats, g: Floats, number_density: float) -> float:
    """Return the factor by which g − 1 is too large, according to S_R(q) and the number density.

    Parameters
    ----------
    q, s_r : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹], increasing, and reduced structure factor [Å⁻¹].
    r, g : ndarray of shape (n_r,)
        Distances [Å], increasing, and pair distribution function, which is 0 before them and 1 beyond.
    number_density : float
        ρ₀ [Å⁻³].

    Returns
    -------
    scale : float
        About 1 if S_R, g and the number density are consistent. It is also 1 if S_R and g have nothing in common.

    Examples
    --------
    >>> from sklearn_wtrdf.similarity import scale_of
    >>> from sklearn_wtrdf.datasets import load_material
    >>> nickel = load_material("nickel", weighting="number")
    >>> data = nickel.q, nickel.s_r, nickel.r
    >>> round(scale_of(*data, 1 + 0.5 * (nickel.target - 1), nickel.number_density), 1)
    0.5
    """
    q, s_r, r, g = as_floats(q, s_r, r, g)
    before = number_density * s_r_of_unit_density(q, r, np.ones(r.size))  # of g = 0 before the curve: not scaled
    inside = number_density * s_r_of_unit_density(q, r, g) - before
    (measured, _), (curve, _) = (_without_systematic_errors(q, part) for part in (s_r - before, inside))
    shared = float(measured @ curve)
    return float(curve @ curve) / shared if shared > 0 else 1.0
