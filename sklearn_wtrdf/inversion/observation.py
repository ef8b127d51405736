r"""The observation: S_R(q), its errors, and the transform from g to S_R.

.. math:: S_R(q) = \text{scale} · 4πρ_0 ∫ r (g(r) − 1) \sin(qr) \, dr + \text{systematic}(q)
    + \text{correlated}(q) + \text{noise}(q)

The scale is 1 up to the errors of the number density and of the normalization of S. Systematic errors come from
background, offset and form factors: q times a polynomial in q, of so low a degree that its transform lies at distances
below those of any two atoms. Correlated errors are similar at neighbouring points of q: those of a smoothed table, of
a varying resolution, or of inelastic scattering. Neither is reported as g. The standard deviation of the noise comes
with the data; otherwise the noise is white noise of S, whose size is estimated.

Below the first point nothing is measured, but S of liquids and glasses is known to be smooth there. It is taken for a
Gaussian process in q, whose values at small q are added to the modes; otherwise g may have any offset at large r.

At r ≤ r_max, S_R determines at most q_max r_max / π numbers of g, however many points of q there are. S_R is therefore
projected once on the orthonormal modes that the transform spans; the part outside them contains noise alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.linalg import cholesky, eigh, solve_triangular

from sklearn_wtrdf.consistency import LIMITS
from sklearn_wtrdf.scattering.pairs import PairWeights
from sklearn_wtrdf.scattering.validation import as_floats
from sklearn_wtrdf.transforms import S_AT_SMALL_Q, SMALL_Q_END, correlated_errors, sine_transform, systematic_errors

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GridSettings:
    """Settings of the grid of r on which g is solved for, and of the modes of S_R."""

    max_step: float = 0.05  # Å, for r up to `fine_end`; shells of atoms are at least 0.1 Å wide
    fine_end: float = 6.0  # Å, beyond which shells are wide and the steps are twice as long
    step_times_q_max: float = 1.25  # largest product of step and q_max: 2.5 steps in the resolution π / q_max
    bonds_of_hydrogen: tuple[float, float] = (0.7, 1.4)  # Å; with H, steps are half as long: bonds may be 0.02 Å wide
    max_points: int = 4000  # of the grid; more of them come from a wrong unit of q or r
    coarse_from: float = 3.0  # Å, beyond which the coarse grid has every second point; bonds are too sharp for it
    min_std: float = 1e-5  # of S_R, over its root mean square; with a smaller one rounding errors dominate g
    min_noise: float = 1e-3  # white noise of S at small q, over that at the last q: S_R and its noise are 0 at q = 0
    min_eigenvalue: float = 1e-11  # of a mode, over the largest; below it a mode is a rounding error


GRID = GridSettings()


@dataclass(frozen=True)
class SmallQSettings:
    """Settings of the Gaussian process in q that describes S below the first point of the measurement.

    S varies smoothly from its value at q = 0 to its first maximum. If the first points lie before any maximum, the
    process includes them, so that S below continues them. Chosen on the development half of the simulated materials.
    """

    mean: float = S_AT_SMALL_Q
    std: float = 1.0
    length: float = 0.8  # Å⁻¹, of the rational quadratic correlation 1 / (1 + (Δq / length)² / 2)
    uncorrelated: float = 0.02  # standard deviation of the part without correlation
    step: float = 0.1  # Å⁻¹, between the values
    overlap: float = 0.4  # Å⁻¹, range of the first points that are included
    overlap_end: float = 0.9  # Å⁻¹, of that range
    end: float = SMALL_Q_END  # Å⁻¹
    max_first_q: float = LIMITS.max_first_q  # Å⁻¹, of q; where it begins later, nothing is assumed

    def points(self, first: float) -> Floats:
        """Return the q [Å⁻¹] at which S is assumed, for a measurement that begins at `first`."""
        if not self.step < first <= self.max_first_q:
            return np.zeros(0)
        end = max(min(first, self.end), min(first + self.overlap, self.overlap_end))
        return np.arange(self.step / 2, end, self.step)

    def covariance(self, q: Floats) -> Floats:
        """Return the covariance of S at these q."""
        correlation = 1 / (1 + ((q[:, None] - q) / self.length) ** 2 / 2)
        return self.std**2 * correlation + self.uncorrelated**2 * np.eye(q.size)


SMALL_Q = SmallQSettings()


@dataclass(frozen=True, eq=False)
class Geometry:
    """The grid of r and the transform from g to the modes of S_R, in units of the noise.

    Attributes
    ----------
    r : ndarray of shape (n_r,)
        Distances [Å].
    transform : ndarray of shape (n_modes, n_pairs · n_r)
        Matrix from the pair functions on the grid, one after the other, to modes, for ρ₀ = 1 Å⁻³. Without pair weights
        there is a single g.
    systematic : ndarray of shape (n_modes, n_systematic)
        Matrix from the coefficients of slowly varying errors to modes. The coefficients are independent, and have
        variance 1 for errors of size 1.
    correlated : ndarray of shape (n_modes, n_correlated)
        The same for correlated errors.
    modes : ndarray of shape (n_q, n_modes)
        Matrix from modes to S_R, in units of the noise. Its columns are orthonormal, or 0 for S below the first point.
    at_small_q : ndarray of shape (n_modes - n_measured,)
        The values of the last modes, which are not measured: those of S below the first point.
    noise : ndarray of shape (n_q,)
        Standard deviation of S_R [Å⁻¹] for noise of size 1.
    """

    r: Floats
    transform: Floats
    systematic: Floats
    correlated: Floats
    modes: Floats
    at_small_q: Floats
    noise: Floats

    @property
    def n_measured(self) -> int:
        """Number of modes without those of S below the first point."""
        return self.modes.shape[1] - self.at_small_q.size

    @cached_property
    def errors(self) -> list[Floats]:
        """Covariances of the modes by slowly varying and by correlated errors of S of size 1."""
        return [basis @ basis.T for basis in (self.systematic, self.correlated)]


def grid_of(q_max: float, r_max: float, *, has_hydrogen: bool = False) -> Floats:
    """Return the grid of r on which g, or the pair functions of a material with hydrogen, are solved for."""
    step = _step(q_max)
    if r_max > max_r_max(q_max):
        raise ValueError(
            f"q ends at {q_max:g} Å⁻¹ and r_max is {r_max:g} Å, a grid of {r_max / step:.3g} points: q must be in Å⁻¹ "
            "and r in Å."
        )
    fine = step * np.arange(1, int(min(r_max, GRID.fine_end) / step) + 1)
    r = np.append(fine, np.arange(fine[-1] + 2 * step, r_max, 2 * step))
    if has_hydrogen:
        first, last = GRID.bonds_of_hydrogen
        r = np.union1d(r, fine[(fine > first) & (fine < last)] - step / 2)
    return r


def max_r_max(q_max: float) -> float:
    """Return the largest r_max [Å] whose grid does not have too many points."""
    return GRID.max_points * _step(q_max)


def _step(q_max: float) -> float:
    return min(GRID.max_step, GRID.step_times_q_max / q_max)


def transform_of_pairs(q: Floats, r: Floats, q_damp: float, weights: Floats | None) -> Floats:
    """Return the matrix from g_AB − 1 of all pairs on a grid of r to S_R(q), for ρ₀ = 1 Å⁻³ and weights at each q."""
    transform = sine_transform(q, r, q_damp)
    return transform if weights is None else np.hstack([weight[:, None] * transform for weight in weights.T])


@lru_cache(maxsize=8)
def _geometry(
    q_bytes: bytes,
    noise_bytes: bytes,
    weight_bytes: bytes,
    r_max: float,
    q_damp: float,
    q_max: float,
    has_hydrogen: bool,
    assumes_small_q: bool,
) -> Geometry:
    """Return the geometry of an observation. Arrays are bytes, as keys of the cache."""
    q, noise = np.frombuffer(q_bytes), np.frombuffer(noise_bytes)
    weights = np.frombuffer(weight_bytes).reshape(q.size, -1) if weight_bytes else None
    r = grid_of(q_max, r_max, has_hydrogen=has_hydrogen)
    transform = transform_of_pairs(q, r, q_damp, weights)
    systematic = systematic_errors(q, q)
    parts = [part / np.sqrt(np.mean(part**2)) for part in (transform, systematic)]
    both = np.hstack(parts) / noise[:, None]
    if q.size <= both.shape[1]:
        values, modes = eigh(both @ both.T)
        modes = modes[:, values > GRID.min_eigenvalue * values[-1]]
    else:
        values, vectors = eigh(both.T @ both)
        spanned = values > GRID.min_eigenvalue * values[-1]
        modes = both @ (vectors[:, spanned] / np.sqrt(values[spanned]))
    transform, systematic, correlated = (
        modes.T @ (part / noise[:, None]) for part in (transform, systematic, correlated_errors(q, q))
    )
    at_small_q = np.zeros(0)
    if assumes_small_q:
        rows, at_small_q = _below_first_point(q, r, q_damp, weights)
        transform = np.vstack([transform, rows])
        systematic, correlated = (np.pad(part, ((0, len(rows)), (0, 0))) for part in (systematic, correlated))
        modes = np.pad(modes, ((0, 0), (0, len(rows))))
    return Geometry(r, transform, systematic, correlated, modes, at_small_q, noise)


def _below_first_point(q: Floats, r: Floats, q_damp: float, weights: Floats | None) -> tuple[Floats, Floats]:
    """Return the matrix from g − 1 to independent combinations of S − 1 below the first point, and their values.

    The combinations are divided by their standard deviations.
    """
    below = SMALL_Q.points(q[0])
    if not below.size:
        return np.zeros((0, r.size * (1 if weights is None else weights.shape[1]))), below
    weights_below = None if weights is None else np.repeat(weights[:1], below.size, axis=0)
    s = transform_of_pairs(below, r, q_damp, weights_below) / below[:, None]
    root = cholesky(SMALL_Q.covariance(below), lower=True)
    both = solve_triangular(root, np.column_stack([s, np.full(below.size, SMALL_Q.mean - 1)]), lower=True)
    return both[:, :-1], both[:, -1]


@lru_cache(maxsize=8)
def _coarse(geometry: Geometry) -> Geometry:
    """Return a geometry with every second point of r beyond the sharp shells, and cubic splines between them.

    It halves the time of an evaluation of the evidence, and changes its logarithm by some hundredths.
    """
    first = int(np.searchsorted(geometry.r, GRID.coarse_from))
    points = np.unique([*range(first), *range(first, geometry.r.size, 2), geometry.r.size - 1])
    between = CubicSpline(geometry.r[points], np.eye(points.size))(geometry.r)
    n_modes, n_r = geometry.transform.shape[0], geometry.r.size
    transform = geometry.transform.reshape(n_modes, -1, n_r) @ between
    return replace(geometry, r=geometry.r[points], transform=transform.reshape(n_modes, -1))


class Observation:
    """A measured S_R(q) with its errors.

    Parameters
    ----------
    q : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹], increasing.
    s_r : ndarray of shape (n_q,)
        Reduced structure factor [Å⁻¹].
    number_density : float
        ρ₀ [Å⁻³], known or guessed.
    density_spread : float
        Standard deviation of the logarithm of the scale, from the errors of ρ₀ and of the normalization of S.
    density_is_given : bool, default=True
        Whether ρ₀ is known. If it is not, the scale is attributed to ρ₀, and not to the normalization.
    std : ndarray of shape (n_q,), default=None
        Standard deviation of S_R [Å⁻¹], at least up to a factor. None is white noise of S.
    r_max : float, default=20.0
        Largest distance [Å] at which g may differ from 1.
    q_damp : float, default=0.0
        Damping by the instrument's resolution [Å⁻¹], which multiplies G(r) by exp(−(r q_damp)² / 2).
    shared : ndarray of shape (n_q,), default=None
        Part of S_R [Å⁻¹] that does not come from g and is subtracted first: with a reference, the part of its S_R that
        its g does not explain.
    is_coarse : bool, default=False
        Whether g is solved for on the coarse grid of r, on which hyperparameters are searched for.
    weights : PairWeights, default=None
        Weights of the pairs of elements in S, which is then described by all pair functions. None is a single g.
    q_max : float, default=None
        The largest q [Å⁻¹] of all patterns on the same grid of r. None is that of this pattern.
    assumes_small_q : bool, default=False
        Whether S is assumed to be smooth from q = 0 to its first points.

    Attributes
    ----------
    whitened : ndarray of shape (n_q,)
        S_R − shared, in units of the noise.
    modes : ndarray of shape (n_modes,)
        Its projection on the modes, and the values of the modes that are not measured.
    n_outside : int
        Number of dimensions outside the modes.
    norm2_outside : float
        Squared norm of `whitened` outside the modes.
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
        weights: PairWeights | None = None,
        q_max: float | None = None,
        assumes_small_q: bool = False,
    ) -> None:
        q, s_r = as_floats(q, s_r)
        if std is not None:
            std = np.maximum(std, GRID.min_std * (np.sqrt(np.mean(s_r**2)) or 1.0))
        self.q, self.s_r, self.std = q, s_r, std
        self.shared = np.zeros(q.size) if shared is None else np.asarray(shared, dtype=float)
        self._complete: Observation | None = None  # None: a reference to itself would delay its deletion
        self.number_density, self.density_spread = number_density, density_spread
        self.density_is_given = density_is_given
        self.r_max, self.q_damp = r_max, q_damp
        noise = np.maximum(q, q[-1] * GRID.min_noise) if std is None else std
        self.is_coarse = is_coarse
        self.weights, self.q_max = weights, float(q_max or q[-1])
        self.total = np.ones(1) if weights is None else weights.total
        weight_bytes = b"" if weights is None else np.ascontiguousarray(weights.at_q).tobytes()
        self.has_hydrogen = weights is not None and any("H" in pair.elements for pair in weights.pairs)
        self.assumes_small_q = assumes_small_q
        geometry = _geometry(
            q.tobytes(), noise.tobytes(), weight_bytes, r_max, q_damp, self.q_max, self.has_hydrogen, assumes_small_q
        )
        self.geometry = _coarse(geometry) if is_coarse else geometry
        self.whitened = (s_r - self.shared) / noise
        measured = self.geometry.modes.T[: self.geometry.n_measured] @ self.whitened
        self.n_outside = q.size - measured.size
        self.norm2_outside = max(float(self.whitened @ self.whitened - measured @ measured), 0.0)
        self.modes = np.append(measured, self.geometry.at_small_q)

    @property
    def complete(self) -> Observation:
        """The observation from which no points are excluded."""
        return self._complete or self

    @property
    def pair_weights(self) -> Floats | None:
        """Pair weights at each q, of shape (n_q, n_pairs), or None."""
        return None if self.weights is None else self.weights.at_q

    @property
    def excluded(self) -> NDArray[np.bool_]:
        """Mask of the points of the complete observation that are excluded."""
        return ~np.isin(self.complete.q, self.q)

    def shares_covariance_with(self, other: Observation) -> bool:
        """Return whether the covariance of g, which does not depend on the values of S_R, is the same."""
        names = ("number_density", "r_max", "q_damp", "assumes_small_q")
        if any(getattr(self, name) != getattr(other, name) for name in names):
            return False
        pairs = zip(*((item.q, item.geometry.noise, item.pair_weights) for item in (self, other)), strict=True)
        return self.geometry is other.geometry or all(np.array_equal(mine, others) for mine, others in pairs)

    def without(self, rows: NDArray[np.intp]) -> Observation:
        """Return the observation without the points of these indices."""
        included = np.delete(np.arange(self.q.size), rows)
        std = None if self.std is None else self.std[included]
        weights = None if self.weights is None else self.weights[included]
        parts = {name: getattr(self, name)[included] for name in ("q", "s_r", "shared")}
        return self._replaced(**parts, std=std, weights=weights)

    def with_shared(self, shared: Floats) -> Observation:
        """Return the observation with a part of S_R that does not come from g."""
        other = self._replaced(shared=shared)
        other._complete = None
        return other

    def without_weights(self, change: Floats | None = None) -> Observation:
        """Return the observation with a single g for all pairs of elements.

        `change` is the part of S_R that is due to the change of the weights with q, at all points, including excluded
        ones. It is subtracted; None neglects it.
        """
        if self.weights is None:
            return self
        included = ~self.excluded
        other = self._replaced(weights=None, s_r=self.s_r if change is None else self.s_r - change[included])
        other._complete = self._complete and self._complete.without_weights(change)
        return other

    def with_r_max(self, r_max: float) -> Observation:
        """Return the observation with another distance up to which g may differ from 1."""
        return self._replaced(r_max=r_max)

    def with_density_spread(self, density_spread: float) -> Observation:
        """Return the observation with another standard deviation of the logarithm of the scale."""
        return self._replaced(density_spread=density_spread)

    def with_density(self, number_density: float, density_spread: float) -> Observation:
        """Return the observation with a number density that is assumed to be known."""
        known = {"number_density": number_density, "density_spread": density_spread, "density_is_given": True}
        other = self._replaced(**known)
        other._complete = self._complete and self._complete.with_density(number_density, density_spread)
        return other

    def on_grid(self, *, is_coarse: bool) -> Observation:
        """Return the observation with g on the coarse or on the fine grid of r."""
        return self if is_coarse == self.is_coarse else self._replaced(is_coarse=is_coarse)

    def with_small_q(self) -> Observation:
        """Return the observation in which S is assumed to be smooth from q = 0 to its first points."""
        return self._replaced(assumes_small_q=True)

    def _replaced(self, **changes: Any) -> Observation:
        """Return the observation with other parameters, which refers to the same complete observation."""
        names = (
            "density_is_given",
            "std",
            "r_max",
            "q_damp",
            "shared",
            "is_coarse",
            "weights",
            "q_max",
            "assumes_small_q",
        )
        options = {name: getattr(self, name) for name in names}
        first = [changes.pop(name, getattr(self, name)) for name in ("q", "s_r", "number_density", "density_spread")]
        other = Observation(*first, **options | changes)
        other._complete = self.complete
        return other
