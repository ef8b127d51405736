"""The posterior of g given S_R: its mode, its band, and non-negative samples.

Under given hyperparameters g is a Gaussian process. If its mean is negative at some distances, it is replaced by the
most probable non-negative curve. The band includes the uncertainty of the hyperparameters: several sets are drawn about
the most probable one, and their curves and bands are averaged, weighted by the evidence.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.inversion.component import SAMPLE_STEP, Component, GaussianPosterior
from sklearn_wtrdf.inversion.decomposition import Decomposition
from sklearn_wtrdf.inversion.evidence import Evidence
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.pattern_errors import N_OBSERVATION
from sklearn_wtrdf.inversion.priors.bond import SHORT_BOND
from sklearn_wtrdf.scattering.sampling import MIN_POINTS

Floats = NDArray[np.float64]

_N_DRAWS = 16  # draws of hyperparameters, besides the most probable ones
_N_DRAWS_OF_LOGARITHM = 8  # the same under a prior of log g, where a draw takes longer
# Divisor of the log weights of draws with pair functions. In tens of dimensions no two draws are similar, and without
# it a single draw would have almost all of the weight.
TEMPERATURE = 3.0
# Factor of bands with bonded pairs. Beyond the bonds of a network, the pairs are less correlated than the prior assumes
# for all distances. Chosen on simulated silica.
WIDENING = 1.4
# Factor of bands if the first shell is at the distance of bonded atoms, but broader than a bond. It then consists of
# bonds of different lengths, each much sharper than a continuum. Chosen on measured patterns of two molecular liquids.
UNRESOLVED_WIDENING = 1.7
_NEAREST_PEAK, _FURTHEST_PEAK = 0.9, 4.0  # Å, range of the position of the first peak
_MIN_PEAK_HEIGHT = 1.2  # smallest g at its top
USUAL_PEAK = 1.6  # Å, its assumed position if there is no peak
_MIN_WEIGHT = np.exp(-8.0)  # of a draw, relative to the largest weight


class Posterior:
    """The distribution of g given S_R, with the uncertainty of the hyperparameters.

    Parameters
    ----------
    evidence : Evidence
        The evidence of S_R, with its prior and its observation.
    theta : ndarray of shape (n_hyperparameters,)
        Logarithms of the most probable hyperparameters.
    n_draws : int, default=None
        Number of other sets of hyperparameters that are drawn for the band. None is 16, or 8 under a prior of log g.
        0 neglects the uncertainty of the hyperparameters.
    root : ndarray of shape (n_hyperparameters, n), default=None
        A square root of the covariance of the logarithms of the hyperparameters. None computes it from the curvature of
        the evidence.

    Attributes
    ----------
    hyperparameters : dict of str to float
        The most probable hyperparameters, by name.
    number_density : float
        ρ₀ [Å⁻³], given or estimated.
    widening : float
        Factor of the standard deviation, for priors whose bands are known to be too narrow.
    """

    def __init__(
        self, evidence: Evidence, theta: Floats, n_draws: int | None = None, root: Floats | None = None
    ) -> None:
        self._root = root
        if n_draws is None:
            n_draws = _N_DRAWS_OF_LOGARITHM if evidence.prior.is_of_logarithm else _N_DRAWS
        self.evidence, self.theta = evidence, theta
        self._n_draws = n_draws if min(item.q.size for item in evidence.observations) >= MIN_POINTS else 0
        self.hyperparameters = dict(zip(evidence.names, np.exp(theta).tolist(), strict=True))
        self.original: Posterior | None = None  # the posterior whose hyperparameters and their uncertainty are reused
        self._reuses_gaussians = False  # whether its covariances of g are reused as well
        prior = evidence.prior
        self.widening = WIDENING if prior.describes_pairs and getattr(prior, "bonds", None) else 1.0
        scale = 1.0 if evidence.observation.density_is_given else self.hyperparameters["scale"]
        self.number_density = evidence.observation.number_density * scale

    def given(self, observation: Observation | Sequence[Observation]) -> Posterior:
        """Return the posterior of other patterns under the same hyperparameters."""
        posterior = Posterior(self.evidence.given(observation), self.theta, self._n_draws)
        pairs = zip(self.evidence.observations, posterior.evidence.observations, strict=True)
        posterior.original, posterior.widening = self, self.widening
        # Under a prior of log g, the covariance depends on the values of S_R.
        posterior._reuses_gaussians = not self.evidence.prior.is_of_logarithm and all(
            mine.shares_covariance_with(other) for mine, other in pairs
        )
        return posterior

    @cached_property
    def log_evidence(self) -> float:
        """Log probability of S_R and the hyperparameters, up to a constant that depends only on q and the noise."""
        return -self.evidence.value(self.theta)

    @cached_property
    def decomposition(self) -> Decomposition:
        """S_R as the sum of structure, systematic errors and residual."""
        return self.decompose()

    def decompose(self, pattern: int = 0) -> Decomposition:
        """Return S_R of one of several patterns as the sum of structure, systematic errors and residual."""
        noise = float(np.exp(self.theta[self.evidence.n_prior + N_OBSERVATION * pattern]))
        unit = self.evidence.observations[pattern].complete.geometry.noise
        return self.component.decompose(pattern)._replace(noise=noise * unit)

    @property
    def noise(self) -> Floats:
        """Standard deviation of S_R [Å⁻¹] at all points, including excluded ones."""
        return self.hyperparameters["noise"] * self.evidence.observation.complete.geometry.noise

    @cached_property
    def standardized_residuals(self) -> Floats:
        """Difference between S_R at each q and its prediction by all other points, in standard deviations."""
        return self._gaussian.standardized_residuals(self.evidence)

    def g(self, r: Floats, combination: Floats | None = None) -> Floats:
        """Return the most probable g, or a linear combination of the most probable pair functions, at any r."""
        return self.component.g(r, combination)

    def std(self, r: Floats, combination: Floats | None = None) -> Floats:
        """Return the standard deviation of g at any r, about the most probable curve."""
        curves = np.array([component.g(r, combination) for component in self._components])
        variances = np.array([component.gaussian.variance(r, combination) for component in self._components])
        return np.sqrt(self._mixture[1] @ (self.widening**2 * variances + (curves - curves[0]) ** 2))

    @property
    def sampled_r(self) -> Floats:
        """Distances of the sampled curves [Å]."""
        return np.arange(SAMPLE_STEP, self.component.gaussian.r[-1], SAMPLE_STEP)

    def sample(
        self,
        n_samples: int,
        random_state: np.random.RandomState,
        combinations: Floats | None = None,
        end: float = np.inf,
    ) -> tuple[Floats, Floats, Floats]:
        """Draw curves of g. Return r up to `end` [Å], the curves, of shape (n_samples, n_r), and the ρ₀ of each [Å⁻³].

        With linear combinations of pair functions, of shape (n_combinations, n_pairs), the curves have shape
        (n_samples, n_combinations, n_r). The draws do not depend on `end`.
        """
        sampled = self.sampled_r
        r = sampled[sampled <= max(end, sampled[0])]
        counts = random_state.multinomial(n_samples, self._mixture[1])
        draws = [
            component.sample(r, count, random_state, combinations, self.widening)
            for component, count in zip(self._components, counts, strict=True)
            if count
        ]
        densities = [component.gaussian.estimated_density for component in self._components]
        if self.evidence.observation.density_is_given:
            densities = [self.number_density] * len(densities)
        return r, np.concatenate(draws), np.repeat(densities, counts)

    @cached_property
    def component(self) -> Component:
        """g under the most probable hyperparameters."""
        return Component(self._gaussian, self.evidence)

    @cached_property
    def log_std(self) -> dict[str, float]:
        """Standard deviations of the logarithms of the hyperparameters, by name; 0 for fixed ones."""
        return dict(zip(self.evidence.names, np.sqrt((self.root**2).sum(axis=1)).tolist(), strict=True))

    @cached_property
    def root(self) -> Floats:
        """A square root of the covariance of the logarithms of the hyperparameters."""
        if self._root is not None:
            return self._root
        return self.evidence.spread(self.curvature) if self.original is None else self.original.root

    @cached_property
    def curvature(self) -> Floats:
        """Second derivatives of −log evidence with respect to log hyperparameters, at the most probable ones."""
        return self.evidence.curvature(self.theta) if self.original is None else self.original.curvature

    @cached_property
    def _mixture(self) -> tuple[list[GaussianPosterior], Floats]:
        """Posteriors without g ≥ 0 under the most probable hyperparameters and under drawn ones, with weights."""
        if self.original is not None:
            gaussians, weights = self.original._mixture
            if self._reuses_gaussians:
                return gaussians, weights
            others = [
                GaussianPosterior(self.evidence, gaussian.complete_theta, gaussian.prior) for gaussian in gaussians[1:]
            ]
            return [self._gaussian, *others], weights
        if not self._n_draws:
            return [self._gaussian], np.ones(1)
        gaussians, logs = draw_hyperparameters(self.evidence, self._gaussian, self.root, self._n_draws)
        temperature = TEMPERATURE if self.evidence.prior.describes_pairs else 1.0
        weights = np.maximum(np.exp(logs / temperature), _MIN_WEIGHT)
        return gaussians, weights / weights.sum()

    @cached_property
    def _gaussian(self) -> GaussianPosterior:
        return (
            self.original._gaussian
            if self.original is not None and self._reuses_gaussians
            else GaussianPosterior(self.evidence, self.theta)
        )

    @cached_property
    def _components(self) -> list[Component]:
        others = [Component(gaussian, self.evidence) for gaussian in self._mixture[0][1:]]
        return [self.component, *others]


def draw_hyperparameters(
    evidence: Evidence, most_probable: GaussianPosterior, root: Floats, n_draws: int
) -> tuple[list[GaussianPosterior], Floats]:
    """Draw hyperparameters about a maximum of the evidence.

    Parameters
    ----------
    evidence : Evidence
    most_probable : GaussianPosterior
        The posterior under the hyperparameters at the maximum.
    root : ndarray of shape (n_hyperparameters, n)
        A square root of the covariance of the logarithms of the hyperparameters.
    n_draws : int
        Number of draws, in pairs on opposite sides of the maximum.

    Returns
    -------
    gaussians : list of GaussianPosterior
        The posterior at the maximum, and those of the draws with a finite evidence.
    logs : ndarray of shape (n,)
        Logarithms of their weights relative to the largest one.
    """
    gaussians, logs = [most_probable], [0.0]
    half = np.random.default_rng(0).normal(size=(n_draws // 2, root.shape[1]))
    for deviates in np.concatenate([half, -half]):
        drawn = np.clip(most_probable.complete_theta + root @ deviates, evidence.low, evidence.high)
        with contextlib.suppress(np.linalg.LinAlgError):  # the covariance is not positive definite there
            gaussian = GaussianPosterior(evidence, drawn, most_probable.prior)
            gaussians.append(gaussian)
            logs.append(most_probable.value - gaussian.value + deviates @ deviates / 2)
    return gaussians, np.array(logs) - max(logs)


def widen_if_unresolved(posterior: Posterior) -> None:
    """Widen the band of a single g whose first shell consists of unresolved bonds.

    They are taken to be unresolved if the first shell is at the distance of bonds, but the selected prior has no bond.
    """
    is_unbonded = "onset" in posterior.hyperparameters and "r" not in posterior.hyperparameters
    if is_unbonded and _peak_positions(posterior, SHORT_BOND).size:
        posterior.widening = UNRESOLVED_WIDENING


def first_peak(posterior: Posterior, furthest: float = _FURTHEST_PEAK, combination: Floats | None = None) -> float:
    """Return the position of the first peak of g up to a distance, or that of the bond if there is one [Å].

    If a combination is given, g is this linear combination of pair functions.
    """
    if (bond_length := posterior.hyperparameters.get("r")) is not None:
        return bond_length
    positions = _peak_positions(posterior, furthest, combination)
    return float(positions[0]) if positions.size else USUAL_PEAK


def _peak_positions(posterior: Posterior, furthest: float, combination: Floats | None = None) -> Floats:
    """Return the positions of the peaks of g up to a distance [Å]."""
    r = np.arange(_NEAREST_PEAK, furthest, SAMPLE_STEP)
    g = posterior.g(r, combination)
    return r[1 + np.flatnonzero((g[1:-1] > g[:-2]) & (g[1:-1] >= g[2:]) & (g[1:-1] > _MIN_PEAK_HEIGHT))]
