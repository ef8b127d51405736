r"""The observation: S_R(q), its errors, and its transform from g.

.. math:: S_R(q) = \text{scale} · 4πρ_0 ∫ r (g(r) − 1) \sin(qr) \, dr + \text{slow}(q) + \text{correlated}(q)
    + \text{noise}(q)

The scale is near 1 as far as the number density and the normalization of S are known. Systematic errors are those of
background, offset and form factors: q times a polynomial in q of so low a degree that its transform lies nearer than
any two atoms. Correlated errors are those that neighbouring points share, as of a smoothed table, of a resolution that
varies, or of inelastic scattering. Neither is reported as g. Noise is that of the file, or white noise of S of a size
that is estimated.

S_R tells of g at r ≤ r_max no more than q_max r_max / π numbers, however many q there are. So it is projected, once, on
what the transform can reach; of the rest only the size counts, which tells the noise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.linalg import eigh

from sklearn_wtrdf.scattering.validation import as_floats
from sklearn_wtrdf.transforms import correlated_errors, sine_transform, systematic_errors

Floats = NDArray[np.float64]
_STEP = 0.05  # Å, of the grid of r at most; shells of atoms are 0.1 Å wide and more
_NEAR = 6.0  # Å: beyond it shells are wide and the steps twice as long
_STEPS_OF_Q = 1.25  # of π / 2.5: the grid's step times q_max
_MOST_STEPS = 4000
_SHARP = 3.0  # Å: up to here a coarse grid has all points, since bonds are as sharp as the steps are long
_LEAST_STD = 1e-5  # of S_R's size: of smaller errors rounding makes larger ones of g
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
    slow : ndarray of shape (n_modes, n_slow)
        From the coefficients of systematic errors, independent and of the errors' size, to modes.
    correlated : ndarray of shape (n_modes, n_correlated)
        Likewise for errors that neighbouring points share.
    modes : ndarray of shape (n_q, n_modes)
        Orthonormal columns.
    noise : ndarray of shape (n_q,)
        Standard deviation of S_R [Å⁻¹] for noise of size 1.
    """

    r: Floats
    transform: Floats
    slow: Floats
    correlated: Floats
    modes: Floats
    noise: Floats

    @cached_property
    def errors(self) -> list[Floats]:
        """Covariances of the modes by slowly varying and by correlated errors of S of size 1."""
        return [basis @ basis.T for basis in (self.slow, self.correlated)]


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
    transform = sine_transform(q, r, q_damp)
    slow = systematic_errors(q, q)
    both = np.hstack([transform / np.sqrt(np.mean(transform**2)), slow / np.sqrt(np.mean(slow**2))]) / noise[:, None]
    if q.size <= both.shape[1]:
        values, modes = eigh(both @ both.T)
        modes = modes[:, values > _RANK * values[-1]]
    else:
        values, vectors = eigh(both.T @ both)
        reached = values > _RANK * values[-1]
        modes = both @ (vectors[:, reached] / np.sqrt(values[reached]))
    transform, slow, correlated = (
        modes.T @ (part / noise[:, None]) for part in (transform, slow, correlated_errors(q, q))
    )
    return Geometry(r, transform, slow, correlated, modes, noise)


@lru_cache(maxsize=8)
def _coarse(geometry: Geometry) -> Geometry:
    """Return the same modes from every second point of r beyond the sharp shells, with cubic splines between them.

    The evidence is then computed in less than half of the time, and is that of the whole grid but for some hundredths.
    """
    sharp = int(np.searchsorted(geometry.r, _SHARP))
    points = np.unique([*range(sharp), *range(sharp, geometry.r.size, 2), geometry.r.size - 1])
    between = CubicSpline(geometry.r[points], np.eye(points.size))(geometry.r)
    return replace(geometry, r=geometry.r[points], transform=geometry.transform @ between)


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
    density_is_given : bool, default=True
        Whether ρ₀ is known; else the scale is taken for its own.
    std : ndarray of shape (n_q,), default=None
        Standard deviation of S_R [Å⁻¹] where it is known, at least up to a factor. None is white noise of S.
    r_max : float, default=20.0
        Beyond it g is 1 [Å].
    q_damp : float, default=0.0
        The instrument's resolution damps G(r) by exp(−(r q_damp)² / 2) [Å⁻¹].
    shared : ndarray of shape (n_q,), default=None
        Part of S_R [Å⁻¹] that is explained otherwise, as that which a reference's g does not explain.
    is_coarse : bool, default=False
        Whether g is solved on a coarser grid of r, as it may be while hyperparameters are searched for.

    Attributes
    ----------
    whole : Observation
        The one that no points were left out of.
    """

    def __init__(
        self,
        q: Floats,
        s_r: Floats,
        number_density: float,
        density_spread: float,
        *,
        density_is_given: bool = True,
        std: Floats | None = None,
        r_max: float = 20.0,
        q_damp: float = 0.0,
        shared: Floats | None = None,
        is_coarse: bool = False,
    ) -> None:
        q, s_r = as_floats(q, s_r)
        if std is not None:
            std = np.maximum(std, _LEAST_STD * (np.sqrt(np.mean(s_r**2)) or 1.0))
        self.q, self.s_r, self.std = q, s_r, std
        self.shared = np.zeros(q.size) if shared is None else np.asarray(shared, dtype=float)
        self.whole = self
        self.number_density, self.density_spread = number_density, density_spread
        self.density_is_given = density_is_given
        self.r_max, self.q_damp = r_max, q_damp
        noise = np.maximum(q, q[-1] * 1e-3) if std is None else std
        self.is_coarse = is_coarse
        geometry = _geometry(q.tobytes(), noise.tobytes(), r_max, q_damp)
        self.geometry = _coarse(geometry) if is_coarse else geometry
        self.whitened = (s_r - self.shared) / noise
        self.modes = self.geometry.modes.T @ self.whitened
        self.n_out_of_reach = q.size - self.modes.size
        self.out_of_reach = max(float(self.whitened @ self.whitened - self.modes @ self.modes), 0.0)

    @property
    def excluded(self) -> NDArray[np.bool_]:
        """Which points of the whole were left out."""
        return ~np.isin(self.whole.q, self.q)

    def shares_solver_with(self, other: Observation) -> bool:
        """Return whether what solves for g from one S_R does so from the other's."""
        if (self.number_density, self.r_max, self.q_damp) != (other.number_density, other.r_max, other.q_damp):
            return False
        same = self.geometry is other.geometry
        return same or (np.array_equal(self.q, other.q) and np.array_equal(self.geometry.noise, other.geometry.noise))

    def without(self, rows: NDArray[np.intp]) -> Observation:
        """Return the observation without some points."""
        included = np.delete(np.arange(self.q.size), rows)
        std = None if self.std is None else self.std[included]
        return self._but(q=self.q[included], s_r=self.s_r[included], std=std, shared=self.shared[included])

    def less(self, shared: Floats) -> Observation:
        """Return the observation when a part of S_R is explained otherwise."""
        other = self._but(shared=shared)
        other.whole = other
        return other

    def up_to(self, r_max: float) -> Observation:
        """Return the observation when g differs from 1 up to another distance."""
        return self._but(r_max=r_max)

    def on_grid(self, *, is_coarse: bool) -> Observation:
        """Return the observation when g is solved on the coarse grid of r, or on the fine one."""
        return self if is_coarse == self.is_coarse else self._but(is_coarse=is_coarse)

    def _but(self, **changes: Any) -> Observation:
        options = {
            name: getattr(self, name) for name in ("density_is_given", "std", "r_max", "q_damp", "shared", "is_coarse")
        }
        first = [changes.pop(name, getattr(self, name)) for name in ("q", "s_r", "number_density", "density_spread")]
        other = Observation(*first, **options | changes)
        other.whole = self.whole
        return other
