"""g(r) from S_R(q) by solving the sine transform, with what is known beforehand said as a prior.

    S_R(q) = 4πρ₀ ∫ r (g(r) − 1) sin(qr) dr + noise

q ends too early for this to have one solution. So g is a Gaussian process around what is expected, and the solution is
its most probable non-negative curve given S_R(q):

- without a reference: g = 0 below r_min and 1 beyond, plus β(r);
- with one, whose S_R is known too: g = g_ref (1 + α(r)) + β(r), and the equation is that of the two materials'
  difference. Sharp peaks that both have, which q cannot resolve, come from the reference; α changes their heights
  smoothly, and β brings what is new.

α and β have squared exponential covariances. r β, like G(r), is equally uncertain at every r. One amplitude s scales
both; s, the noise σ and, without a reference, r_min are those under which S_R(q) itself is most probable (its marginal
likelihood). That needs no target.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import nnls

from sklearn_wtrdf.inversion.checks import density_of

Floats = NDArray[np.float64]

_STEP = 0.05  # of the grid that g lives on, in Å; shells of atoms are 0.1 Å wide and more
_R_ONE = 2.5  # where β has the amplitude s, in Å: about a bond
_JITTER = 1e-5  # of the prior's variance, uncorrelated, so that covariances can be factorized
_DENSITY_SPREAD = 0.2  # of an unknown number density beside that of a reference, in units of s
_UNRESOLVED = 0.2  # of a change that is too narrow for q to see, in units of s
SHELL_WIDTH = 0.13  # correlation length without a reference, in Å: what thermal motion leaves of a shell
_R_MIN = np.arange(1.0, 3.01, 0.1)  # where g may begin, in Å, if nothing is known
_FOOT = 0.2  # of the first peak, in Å, kept free before it
_RISEN = 0.5  # g is this high where the first peak of a reference has begun
_INSIDE_A_PEAK = 1.4  # where g may begin if a reference begins inside a peak, in Å


@dataclass(frozen=True)
class Reference:
    """A material, or a mixture of them, whose g(r) and S_R(q) are known.

    Attributes
    ----------
    r : ndarray of shape (n_r,)
        Distances [Å], increasing.
    g : ndarray of shape (n_r,)
        Pair distribution function there.
    s_r : ndarray of shape (n_q,)
        Reduced structure factor [Å⁻¹].
    number_density : float
        Atoms per volume [Å⁻³].
    """

    r: Floats
    g: Floats
    s_r: Floats
    number_density: float

    def at(self, r: Floats) -> Floats:
        """Return g inside the range of r that is known, and 0 outside."""
        inside = (r >= self.r[0]) & (r <= self.r[-1])
        return np.where(inside, PchipInterpolator(self.r, self.g)(np.clip(r, self.r[0], self.r[-1])), 0.0)

    @property
    def foot(self) -> float:
        """Where the first peak begins, below which g is 0 [Å]."""
        risen = int(np.argmax(self.g > _RISEN))
        return float(self.r[risen] - _FOOT if risen else min(self.r[0], _INSIDE_A_PEAK))


def mixture(references: list[Reference], s_r: Floats) -> Reference:
    """Return the non-negative mixture of references, with weights of sum 1, that explains S_R best."""
    if len(references) == 1:
        return references[0]
    patterns = np.column_stack([reference.s_r for reference in references])
    one = 1e3 * np.abs(patterns).max()  # a heavy row that holds the sum
    weights, _ = nnls(np.vstack([patterns, np.full(len(references), one)]), np.append(s_r, one))
    weights /= weights.sum()
    used = [(weight, reference) for weight, reference in zip(weights, references, strict=True) if weight > 0]
    low, high = max(ref.r[0] for _, ref in used), min(ref.r[-1] for _, ref in used)
    r = np.unique(np.concatenate([ref.r for _, ref in used]))
    r = r[(r >= low) & (r <= high)]
    density = sum(weight * ref.number_density for weight, ref in used)
    g = sum(weight * ref.number_density * ref.at(r) for weight, ref in used) / density
    return Reference(r, np.asarray(g), patterns @ weights, float(density))


class Inversion:
    """The prior and the transform on a grid of r: all that does not depend on the S_R to be inverted.

    Parameters
    ----------
    q : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹].
    r_min, r_max : float
        g is 0 below `r_min`; beyond `r_max` it is 1, or the reference's.
    reference : Reference, default=None
    length_scale : float, default=None
        Correlation length [Å] of β, half of that of α. None is π / q_max, the resolution of S_R, with a reference, and
        0.13 Å without one.
    """

    def __init__(
        self,
        q: Floats,
        *,
        r_min: float,
        r_max: float,
        reference: Reference | None = None,
        length_scale: float | None = None,
    ) -> None:
        self.q = q
        self.r_min = r_min
        self.reference = reference
        self.length_scale = length_scale or (SHELL_WIDTH if reference is None else np.pi / q[-1])
        step = min(_STEP, np.pi / (4 * q[-1]))
        grid = np.arange(1, int(r_max / step) + 1) * step
        transform = 4 * np.pi * step * grid * np.sin(np.outer(q, grid))
        known = grid < r_min if reference is None else grid <= reference.r[-1]
        #: ∫ 4πr (g − 1) sin(qr) dr of the part of the expected g that scales with the density
        self.expected = transform[:, known] @ (self.mean(grid[known]) - 1)
        self.r = grid[grid >= r_min]
        self.transform = transform[:, grid >= r_min]
        self.covariance = self.covariance_with(self.r)
        self.covariance[np.diag_indices_from(self.covariance)] *= 1 + _JITTER
        self.projected = self.transform @ self.covariance  # covariance of S_R / ρ₀ with g
        #: where g itself is solved for, and not only its change
        self.is_g = np.full(self.r.size, True) if reference is None else self.r <= reference.r[-1]

    def mean(self, r: Floats) -> Floats:
        """Return the expected g."""
        expected = np.ones(r.shape) if self.reference is None else self.reference.at(r)
        return np.where(r < self.r_min, 0.0, expected)

    def covariance_with(self, r: Floats) -> Floats:
        """Return the prior covariance of g at r with g on the grid, in units of s²."""
        distances = np.abs(r[:, None] - self.r)
        beta = _squared_exponential(distances, self.length_scale)
        covariance = beta * (_R_ONE / np.maximum(r, self.r_min))[:, None] * (_R_ONE / self.r)
        if self.reference is not None:
            alpha = _squared_exponential(distances, 2 * self.length_scale)
            covariance += alpha * self.reference.at(r)[:, None] * self.reference.at(self.r)
        return covariance

    def variance(self, r: Floats) -> Floats:
        """Return the prior variance of g at r, in units of s²."""
        alpha = 0.0 if self.reference is None else self.reference.at(r) ** 2
        return (_R_ONE / np.maximum(r, self.r_min)) ** 2 + alpha

    def solve(self, s_r: Floats, number_density: float | None = None, noise: float | None = None) -> Solution:
        """Return the posterior of g given one S_R.

        Parameters
        ----------
        s_r : ndarray of shape (n_q,)
            Reduced structure factor [Å⁻¹].
        number_density : float, default=None
            ρ₀ [Å⁻³]. None solves for it as well: the equation is linear in ρ₀ g and ρ₀.
        noise : float, default=None
            Standard deviation of S_R [Å⁻¹], at least. It is estimated together with the amplitude, and the larger of
            the two counts: what the model cannot follow is noise too.

        Returns
        -------
        Solution
        """
        ref = self.reference
        ref_density, ref_s_r = (0.0, 0.0) if ref is None else (ref.number_density, ref.s_r)
        density = number_density or ref_density or density_of(self.q, s_r, self.r_min)
        values, vectors = self._modes if number_density else self._modes_of_unknown_density
        z = vectors.T @ (s_r - ref_s_r - (density - ref_density) * self.expected)
        gain, noise, _ = most_probable(density**2 * values, z**2, noise)
        weights = 1 / (1 + gain * density**2 * values)
        spread = 0.0 if number_density else self._density_spread
        # Below this amplitude no change of g could be seen beside the noise.
        unseen = noise / (density * np.sqrt(max(values.max(), 1e-300)))
        return Solution(self, density, spread, gain, noise, unseen, vectors * np.sqrt(weights), vectors @ (weights * z))

    @cached_property
    def _modes(self) -> tuple[Floats, Floats]:
        return _eigen(self.projected @ self.transform.T)

    @cached_property
    def _modes_of_unknown_density(self) -> tuple[Floats, Floats]:
        density = self._density_spread**2 * np.outer(self.expected, self.expected)
        return _eigen(self.projected @ self.transform.T + density)

    @property
    def _density_spread(self) -> float:
        return 1.0 if self.reference is None else _DENSITY_SPREAD


class FreeInversion:
    """Inversion without a reference where r_min is unknown: that under which S_R is most probable, less a margin.

    Parameters
    ----------
    q, r_max, length_scale
        As for :class:`Inversion`.
    """

    def __init__(self, q: Floats, *, r_max: float, length_scale: float | None = None) -> None:
        self._begin_at = lambda r_min: Inversion(q, r_min=r_min, r_max=r_max, length_scale=length_scale)
        self._candidates: dict[bool, list[tuple[Floats, Floats, Floats]]] = {}
        self._chosen: dict[int, Inversion] = {}

    def solve(self, s_r: Floats, number_density: float | None = None, noise: float | None = None) -> Solution:
        """Return the posterior of g given one S_R, as :meth:`Inversion.solve` does."""
        surprises = []
        for r_min, (values, vectors, expected) in zip(_R_MIN, self._modes(bool(number_density)), strict=True):
            density = number_density or density_of(self._chosen[0].q, s_r, r_min)
            z = vectors.T @ (s_r - density * expected)
            surprises.append(most_probable(density**2 * values, z**2, noise)[2])
        best = int(np.argmin(surprises))
        if best not in self._chosen:
            self._chosen[best] = self._begin_at(_R_MIN[best] - _FOOT)
        return self._chosen[best].solve(s_r, number_density, noise)

    def _modes(self, density_is_known: bool) -> list[tuple[Floats, Floats, Floats]]:
        """Return the modes of S_R for each r_min, and what S_R it expects."""
        if 0 not in self._chosen:
            self._chosen[0] = self._begin_at(_R_MIN[0] - _FOOT)
        if density_is_known not in self._candidates:
            lowest = self._chosen[0]
            modes = []
            for r_min in _R_MIN:
                there = lowest.r >= r_min
                transform = lowest.transform[:, there]
                expected = lowest.expected - lowest.transform[:, ~there].sum(axis=1)
                matrix = transform @ lowest.covariance[np.ix_(there, there)] @ transform.T
                matrix += 0 if density_is_known else np.outer(expected, expected)
                modes.append((*_eigen(matrix), expected))
            self._candidates[density_is_known] = modes
        return self._candidates[density_is_known]


class Solution:
    """The posterior of g of one material: the most probable curve that is nowhere negative, and how sure it is.

    Attributes
    ----------
    number_density : float
        ρ₀ [Å⁻³], given or solved for.
    noise : float
        Standard deviation of S_R [Å⁻¹], given or estimated.
    amplitude : float
        s, the standard deviation of g beforehand at 2.5 Å.
    """

    def __init__(
        self,
        inversion: Inversion,
        density: float,
        spread: float,
        gain: float,
        noise: float,
        unseen: float,
        root: Floats,
        v: Floats,
    ) -> None:
        self.noise = noise
        self.amplitude = noise * float(np.sqrt(gain))
        self._inversion = inversion
        self._root = np.sqrt(gain) * density * root
        solved = inversion.is_g
        self._r = inversion.r[solved]
        mean = inversion.mean(self._r)
        # With ρ₀ = density (1 + κ), the unknowns are κ and δ = (1 + κ) (g − mean); g ≥ 0 is mean (1 + κ) + δ ≥ 0.
        self._prior = inversion.covariance[np.ix_(solved, solved)] + spread**2 * np.outer(mean, mean)
        self._projected = inversion.projected[:, solved].T + spread**2 * np.outer(mean, inversion.expected)
        self._free = mean + gain * density * (self._projected @ v)
        # What S_R asks for, and what lifts g where it would be negative.
        lift = self._lift(self._free)
        asked = gain * density * v - self._root @ (self._root.T @ (self._projected.T @ lift))
        kappa = spread**2 * float(inversion.expected @ asked + mean @ lift)
        self._change = float(np.clip(1 + kappa, 0.1, 10))  # a density changes its sign no more than g does
        self._sources = (inversion.transform.T @ asked) / self._change
        self._sources[solved] += lift / self._change
        self.number_density = density * self._change
        self._scale = max(self.amplitude, unseen) / self._change
        self._spread = spread

    def g(self, r: Floats) -> Floats:
        """Return g at any r."""
        g = self._inversion.mean(r) + self._inversion.covariance_with(r) @ self._sources
        return np.where(r < self._inversion.r_min, 0.0, np.maximum(g, 0.0))

    def std(self, r: Floats) -> Floats:
        """Return the standard deviation of g at any r, as if g were free to be negative.

        With a reference, changes too narrow for q to see are added: S_R tells of them as little after as before.
        """
        inversion = self._inversion
        prior, covariance = inversion.variance(r), inversion.covariance_with(r)
        by_density = -self._spread * (covariance @ self._sources)  # of g, by an unknown density
        projected = covariance @ inversion.transform.T + self._spread * np.outer(by_density, inversion.expected)
        variance = np.maximum(prior + by_density**2 - ((projected @ self._root) ** 2).sum(axis=1), 0.0)
        if inversion.reference is not None:
            variance += _UNRESOLVED**2 * prior
        return np.where(r < inversion.r_min, 0.0, self._scale * np.sqrt(variance))

    def sample(self, n_samples: int, random_state: np.random.RandomState) -> tuple[Floats, Floats]:
        """Draw curves from the posterior, each lifted as the most probable one is.

        Returns
        -------
        r : ndarray of shape (n_r,)
            The grid.
        g : ndarray of shape (n_samples, n_r)
        """
        deviates = random_state.normal(size=(n_samples, self._r.size))
        draws = self._free / self._change + self._scale * deviates @ self._factor.T
        if self._inversion.reference is not None:
            distances = np.abs(self._r[:, None] - self._r)
            narrow = _squared_exponential(distances, SHELL_WIDTH) + _JITTER * np.eye(self._r.size)
            deviates = random_state.normal(size=draws.shape) @ cholesky(narrow, lower=True).T
            draws += _UNRESOLVED * self._scale * np.sqrt(self._inversion.variance(self._r)) * deviates
        lifted = [draw + self._factor @ (self._factor.T @ self._lift(draw)) for draw in draws]
        return self._r, np.maximum(lifted, 0.0)

    @cached_property
    def _factor(self) -> Floats:
        """The Cholesky factor of g's covariance on the grid, up to a scale."""
        explained = self._projected @ self._root
        return cholesky(self._prior - explained @ explained.T, lower=True)

    def _lift(self, g: Floats) -> Floats:
        """Return the λ ≥ 0 for which g + covariance · λ is the nearest curve that is nowhere negative."""
        if (g >= 0).all():
            return np.zeros(g.size)
        # With covariance = L Lᵀ that curve minimizes ½ λᵀ L Lᵀ λ + λᵀ g.
        return nnls(self._factor.T, -solve_triangular(self._factor, g, lower=True), maxiter=20 * g.size)[0]


def most_probable(values: Floats, squares: Floats, noise: float | None = None) -> tuple[float, float, float]:
    """Find s²/σ² and σ under which data with covariance s² diag(values) + σ² are most probable.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Prior variance of each mode of the data, in units of s².
    squares : ndarray of shape (n,)
        Square of each mode.
    noise : float, default=None
        The least that σ may be.

    Returns
    -------
    gain, noise, surprise : float
        s²/σ², σ, and −2 log of the probability, up to a constant.
    """
    if squares.max() == 0 or values.max() == 0:
        return 0.0, noise or 0.0, -np.inf

    def surprise(log_gain: Floats) -> tuple[Floats, Floats]:
        shrink = 1 + np.exp(log_gain)[:, None] * values
        variance = (squares / shrink).mean(axis=1)
        best = np.maximum(variance, (noise or 0.0) ** 2)
        return squares.size * (variance / best + np.log(best)) + np.log(shrink).sum(axis=1), best

    # From a prior that explains a thousandth of the data to one that leaves a millionth of them unexplained.
    middle = -np.log(values.max())
    coarse = np.linspace(middle - 7, middle + 28, 71)
    best = coarse[surprise(coarse)[0].argmin()]
    fine = np.linspace(best - 0.5, best + 0.5, 101)
    surprises, variances = surprise(fine)
    found = int(surprises.argmin())
    return float(np.exp(fine[found])), float(np.sqrt(variances[found])), float(surprises[found])


def _squared_exponential(distances: Floats, length_scale: float) -> Floats:
    return np.exp(-((distances / length_scale) ** 2) / 2)


def _eigen(matrix: Floats) -> tuple[Floats, Floats]:
    values, vectors = np.linalg.eigh(matrix)
    return np.maximum(values, 0.0), vectors
