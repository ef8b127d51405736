"""What was measured: S_R(q), its errors, and how it follows from g.

    S_R(q) = scale · 4πρ₀ ∫ r (g(r) − 1) sin(qr) dr + slow errors(q) + noise(q)

The scale is near 1 as far as the number density and the normalization of S are known. Slow errors are those of
background, offset and form factors: q times a polynomial in q of so low a degree that its transform lies nearer than
any two atoms. They are never reported as g. Noise is that of the file, or white noise of S of a size that is found.

S_R tells of g at r ≤ r_max no more than q_max r_max / π numbers, however many q there are. So it is projected, once, on
what the transform can reach; of the rest only the size counts, which tells the noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

Floats = NDArray[np.float64]

_STEP = 0.05  # Å, of the grid of r at most; shells of atoms are 0.1 Å wide and more
_NEAR = 6.0  # Å: beyond it shells are wide and the steps twice as long
_STEPS_OF_Q = 1.25  # of π / 2.5: the grid's step times q_max
_MOST_STEPS = 4000
_SLOW_REACH = 1.0  # Å, where no two atoms are: how far the transforms of slow errors reach
_RANK = 1e-11  # of the largest eigenvalue: what the transform reaches less than so much counts as out of reach


@dataclass(frozen=True, eq=False)
class Geometry:
    """The grid of r and the transform to S_R, in units of the noise, projected on what it reaches.

    Attributes
    ----------
    r : ndarray of shape (n_r,)
        Distances [Å].
    transform : ndarray of shape (n_modes, n_r)
        From g on the grid to modes, for ρ₀ = 1 Å⁻³.
    slow : ndarray of shape (n_modes, n_modes)
        Covariance of slow errors of S of size 1.
    modes : ndarray of shape (n_q, n_modes)
        Orthonormal columns.
    noise : ndarray of shape (n_q,)
        Standard deviation of S_R [Å⁻¹] for noise of size 1.
    """

    r: Floats
    transform: Floats
    slow: Floats
    modes: Floats
    noise: Floats


@lru_cache(maxsize=8)
def _geometry(q_bytes: bytes, noise_bytes: bytes, r_max: float, q_damp: float) -> Geometry:
    q, noise = np.frombuffer(q_bytes), np.frombuffer(noise_bytes)
    step = min(_STEP, _STEPS_OF_Q / q[-1])
    if r_max / step > _MOST_STEPS:
        raise ValueError(
            f"q ends at {q[-1]:g} Å⁻¹ and r_max is {r_max:g} Å, a grid of {r_max / step:.3g} points: q must be in Å⁻¹ "
            "and r in Å."
        )
    near = step * np.arange(1, int(min(r_max, _NEAR) / step) + 1)
    r = np.append(near, np.arange(near[-1] + 2 * step, r_max, 2 * step))
    steps = np.diff(r, prepend=0.0, append=r[-1] + (r[-1] - r[-2]))
    transform = np.sin(np.outer(q, r)) * (
        4 * np.pi * r * (steps[:-1] + steps[1:]) / 2 * np.exp(-((r * q_damp) ** 2) / 2)
    )
    degree = min(int(q[-1] * _SLOW_REACH / np.pi), q.size - 1)
    x = np.zeros(q.size) if q.size == 1 else 2 * (q - q[0]) / (q[-1] - q[0]) - 1
    k = np.arange(degree + 1)
    # Legendre polynomials of mean square 1 over q, the higher ones smaller.
    slow = np.polynomial.legendre.legvander(x, degree) * np.sqrt(2 * k + 1) / (1 + k) * q[:, None]
    both = np.hstack([transform / np.sqrt(np.mean(transform**2)), slow / np.sqrt(np.mean(slow**2))]) / noise[:, None]
    if q.size <= both.shape[1]:
        values, modes = eigh(both @ both.T)
        modes = modes[:, values > _RANK * values[-1]]
    else:
        values, vectors = eigh(both.T @ both)
        some = values > _RANK * values[-1]
        modes = both @ (vectors[:, some] / np.sqrt(values[some]))
    slow_modes = modes.T @ (slow / noise[:, None])
    return Geometry(r, modes.T @ (transform / noise[:, None]), slow_modes @ slow_modes.T, modes, noise)


class Observation:
    """A measured S_R(q) with what is known of its errors.

    Parameters
    ----------
    q : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹], increasing.
    s_r : ndarray of shape (n_q,)
        Reduced structure factor [Å⁻¹].
    number_density : float
        ρ₀ [Å⁻³], or a guess.
    density_spread : float
        How sure it and the normalization of S are: the standard deviation of the logarithm of the scale.
    std : ndarray of shape (n_q,), default=None
        Standard deviation of S_R [Å⁻¹] where it is known, at least up to a factor. None is white noise of S.
    r_max : float, default=20.0
        Beyond it g is 1 [Å].
    q_damp : float, default=0.0
        The instrument's resolution damps G(r) by exp(−(r q_damp)² / 2) [Å⁻¹].
    """

    def __init__(
        self,
        q: Floats,
        s_r: Floats,
        number_density: float,
        density_spread: float,
        *,
        std: Floats | None = None,
        r_max: float = 20.0,
        q_damp: float = 0.0,
    ) -> None:
        self.q, self.s_r, self.std = q, s_r, std
        self.number_density, self.density_spread = number_density, density_spread
        self.r_max, self.q_damp = r_max, q_damp
        noise = np.maximum(q, q[-1] * 1e-3) if std is None else std
        self.geometry = _geometry(q.tobytes(), noise.tobytes(), r_max, q_damp)
        self.whitened = s_r / noise
        self.modes = self.geometry.modes.T @ self.whitened
        self.n_out_of_reach = q.size - self.modes.size
        self.out_of_reach = max(float(self.whitened @ self.whitened - self.modes @ self.modes), 0.0)

    def without(self, rows: NDArray[np.intp]) -> Observation:
        """Return the observation without some points."""
        kept = np.delete(np.arange(self.q.size), rows)
        return Observation(
            self.q[kept],
            self.s_r[kept],
            self.number_density,
            self.density_spread,
            std=None if self.std is None else self.std[kept],
            r_max=self.r_max,
            q_damp=self.q_damp,
        )
