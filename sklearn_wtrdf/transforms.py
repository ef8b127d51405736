"""Transforms between S_R(q) and g(r): quadrature, tables, bases of systematic errors, density by the slope of G(r)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.scattering.validation import as_floats

Floats = NDArray[np.float64]


def trapezoid_weights(q: Floats) -> Floats:
    """Return the weights w [Å⁻¹] of the trapezoid rule Σ w f on the grid q."""
    (q,) = as_floats(q)
    steps = np.diff(q)
    weights = np.zeros_like(q)
    weights[:-1] += steps / 2
    weights[1:] += steps / 2
    return weights


class CubicTable:
    """A function of one real variable, tabulated on a uniform grid and interpolated by cubics through four points.

    If the function contains no frequency above ω, the error is at most (3/128) (ω step)⁴ of its amplitude.

    Parameters
    ----------
    values : ndarray of shape (n,)
        The function, real or complex, at −step, 0, step, ….
    step : float
    """

    def __init__(self, values: NDArray[np.inexact], step: float) -> None:
        before, here, after, beyond = (values[i : values.size - 3 + i] for i in range(4))
        # Newton's form of the cubic, expanded in powers of the distance from `here`.
        third = (beyond - 3 * after + 3 * here - before) / 6
        second = (after - 2 * here + before) / 2
        self.powers = [here, after - here - second - third, second, third]
        self.dtype = values.real.dtype
        self.step = self.dtype.type(step)

    def __call__(self, x: NDArray[np.floating]) -> NDArray[np.inexact]:
        """Return the function at each x ≥ 0."""
        x = x.astype(self.dtype) / self.step
        i = x.astype(np.int32)
        x -= i
        value = self.powers[3].take(i)
        for power in self.powers[2::-1]:
            value *= x
            value += power.take(i)
        return value

    def with_derivative(self, x: NDArray[np.floating]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the function at each x ≥ 0, and its derivative, whose error is of third order in the step."""
        x = x.astype(self.dtype) / self.step
        i = x.astype(np.int32)
        x -= i
        here, first, second, third = (power.take(i) for power in self.powers)
        third *= x
        second += third
        derivative = second + second
        derivative += third
        derivative *= x
        derivative += first
        derivative /= self.step
        for power in (first, here):
            second *= x
            second += power
        return second, derivative

    @staticmethod
    def step_for(tolerance: float, frequency: float) -> float:
        """Return the step at which the error is `tolerance`."""
        return float((tolerance * 128 / 3) ** 0.25 / frequency)


def spectrum(q: Floats, s_r: Floats, k_max: float, tolerance: float = 1e-11) -> CubicTable:
    r"""Tabulate the complex Fourier transform of S_R, by trapezoid sums, for 0 ≤ k ≤ k_max.

    .. math:: F(k) = ∫ S_R(q) \, e^{−ikq} \, dq

    F(−k) is its conjugate.

    Parameters
    ----------
    q : ndarray of shape (n_q,)
    s_r : ndarray of shape (n_q,)
    k_max : float
    tolerance : float, default=1e-11
        Error of F relative to ∫|S_R| dq. Above 1e-6 the table has single precision.

    Returns
    -------
    CubicTable
    """
    q, s_r = as_floats(q, s_r)
    step = CubicTable.step_for(tolerance, q[-1])
    n_block = int(np.ceil(np.sqrt(k_max / step + 5)))  # k = (block · n_block + place − 1) step, as one matrix product
    blocks = np.exp(-1j * step * np.outer(np.arange(n_block) * n_block - 1, q))
    places = np.exp(-1j * step * np.outer(q, np.arange(n_block)))
    table = ((blocks * (s_r * trapezoid_weights(q))) @ places).ravel()
    return CubicTable(table.astype(np.complex64 if tolerance > 1e-6 else np.complex128), step)


_USUAL_DENSITY = 0.04  # Å⁻³, of liquids and glasses: the estimate where the slope of G(r) gives none
_MIN_DENSITY = 1e-3  # Å⁻³: a smaller slope of G(r) gives no density


def s_r_of_unit_density(q: Floats, r: Floats, g: Floats) -> Floats:
    """Return S_R = 4π ∫ r (g − 1) sin(qr) dr for ρ₀ = 1 Å⁻³. g is 0 below its first distance and 1 beyond its last."""
    grid = np.arange(0.01, r[-1], 0.02)
    return sine_transform(q, grid) @ (np.interp(grid, r, g, left=0.0) - 1)


def density_from_slope(q: Floats, s_r: Floats, r_min: float) -> float:
    """Estimate ρ₀ from the slope of G(r) = −4πρ₀r below the first peak, without a correction for q_max."""
    return float(densities_from_slope(q, s_r, r_min))


def densities_from_slope(q: Floats, s_r: Floats, r_min: float) -> Floats:
    """Return :func:`density_from_slope` for each row of `s_r`, of shape (n_materials, n_q)."""
    densities = slopes(q, s_r, r_min)
    return np.where(densities > _MIN_DENSITY, densities, _USUAL_DENSITY)


def slopes(q: Floats, s_r: Floats, r_min: float) -> Floats:
    """Return the slope of −G(r) / 4π below the first peak, which is ρ₀ [Å⁻³], for each row of `s_r`.

    Below the first point S is assumed to be that of a liquid or glass.
    """
    q, s_r = as_floats(q, s_r)
    below = np.linspace(0, np.clip(q[0], 0, SMALL_Q_END), 20)
    unmeasured = below * (S_AT_SMALL_Q - 1) @ _slope(below.tobytes(), r_min)
    return np.asarray(s_r @ _slope(q.tobytes(), r_min) + unmeasured)


@lru_cache(maxsize=16)
def _slope(q: bytes, r_min: float) -> Floats:
    """Return the weights of S_R in the least-squares slope of −G / 4π against r below the first peak."""
    grid, r = np.frombuffer(q), np.linspace(0.3, max(0.8 * r_min, 0.6), 30)
    return -2 / np.pi * trapezoid_weights(grid) * (np.sin(np.outer(grid, r)) @ r) / (4 * np.pi * (r @ r))


# At q = 0, S of a liquid or glass is ρ₀ kT times its compressibility, some hundredths to some tenths.
S_AT_SMALL_Q = 0.2
SMALL_Q_END = 1.4  # Å⁻¹, beyond which S may have its first maximum

# Å: transforms of systematic errors end there, before the nearest two atoms; a larger reach allows more errors
_SYSTEMATIC_REACH = 1.0
# Å⁻¹: over which neighbouring points of q share errors, about the width of the maxima of S
_CORRELATION_LENGTH = 0.3
# times √3 / length in r, where the spectrum of such errors is cut: 2e-3 of their variance is beyond
_SPECTRUM_END = 6.0
# correlation lengths by which the period is longer than the range of q: with none, both ends of q would share errors
_SPECTRUM_MARGIN = 5.0


def sine_transform(q: Floats, r: Floats, q_damp: float = 0.0) -> Floats:
    """Return the matrix from g − 1 on a grid of r to S_R(q), for ρ₀ = 1 Å⁻³, as a read-only array."""
    return _sine_transform(*(np.asarray(grid, dtype=np.float64).tobytes() for grid in (q, r)), q_damp)


@lru_cache(maxsize=2)
def _sine_transform(q_bytes: bytes, r_bytes: bytes, q_damp: float) -> Floats:
    q, r = np.frombuffer(q_bytes), np.frombuffer(r_bytes)
    steps = np.diff(r, prepend=0.0, append=r[-1] + (r[-1] - r[-2]))
    weights = 4 * np.pi * r * (steps[:-1] + steps[1:]) / 2 * np.exp(-((r * q_damp) ** 2) / 2)
    transform: Floats = np.sin(np.outer(q, r)) * weights
    transform.flags.writeable = False
    return transform


def systematic_errors(q: Floats, grid: Floats) -> Floats:
    """Return a basis of systematic errors of S_R: q times Legendre polynomials on a grid, of decreasing size.

    Their transforms lie at distances below those of any two atoms.
    """
    degree = min(int(grid[-1] * _SYSTEMATIC_REACH / np.pi), grid.size - 1)
    x = np.zeros(q.size) if grid.size == 1 else 2 * (q - grid[0]) / (grid[-1] - grid[0]) - 1
    k = np.arange(degree + 1)
    return np.polynomial.legendre.legvander(x, degree) * (np.sqrt(2 * k + 1) / (1 + k)) * q[:, None]


def correlated_errors(q: Floats, grid: Floats) -> Floats:
    r"""Return a basis of correlated errors of S_R, which neighbouring points of a grid share, as in a smoothed table.

    The errors of S are a Gaussian process in q of size 1 with the Matérn 3/2 correlation of length 0.3 Å⁻¹,

    .. math:: (1 + d) e^{−d}, \quad d = \sqrt 3 |q − q'| / 0.3,

    written as a sum of the sines and cosines of its spectrum, whose coefficients are independent and of variance 1.
    """
    rate = np.sqrt(3) / _CORRELATION_LENGTH
    step = np.pi / (grid[-1] - grid[0] + _SPECTRUM_MARGIN * _CORRELATION_LENGTH)
    r = step * np.arange(int(_SPECTRUM_END * rate / step) + 1)
    weights = np.sqrt(4 * rate**3 / (rate**2 + r**2) ** 2 * step / np.pi)
    weights[0] /= np.sqrt(2)
    phases = np.outer(q, r)
    return np.hstack([np.cos(phases) * weights, np.sin(phases) * weights]) * q[:, None]
