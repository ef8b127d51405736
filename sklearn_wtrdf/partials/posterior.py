"""The posterior of the pair functions: the average over the maxima of the evidence and over hyperparameters about them.

Each maximum, and each set of hyperparameters that is drawn about it, has its own curves and bands. They are averaged,
weighted by the evidence, so that a band includes the alternatives between which the evidence does not decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.inversion.component import Component, GaussianPosterior
from sklearn_wtrdf.inversion.decomposition import Decomposition
from sklearn_wtrdf.inversion.evidence import Evidence
from sklearn_wtrdf.inversion.observation import Observation, grid_of, transform_of_pairs
from sklearn_wtrdf.inversion.posterior import TEMPERATURE, WIDENING, draw_hyperparameters
from sklearn_wtrdf.inversion.priors import PairFunctions
from sklearn_wtrdf.partials.modes import Mode

Floats = NDArray[np.float64]

# Of bands with bonded pairs and fewer patterns than pairs, where the prior alone determines some combinations of pair
# functions. Chosen on simulated silica by X-rays and neutrons.
_WIDENING_OF_FEW = 1.6
_SAMPLE_STEP = 0.02  # Å, of sampled curves


@dataclass(frozen=True)
class AverageSettings:
    """Settings of the average over hyperparameters, chosen on the development half of the simulated materials."""

    n_draws: int = 16  # of hyperparameters, of all maxima together
    min_log_weight: float = -8.0


AVERAGE = AverageSettings()


class PartialsPosterior:
    """The distribution of the pair functions given several patterns.

    Parameters
    ----------
    modes : sequence of Mode
    observations : sequence of Observation
    systematic_errors : bool
    """

    def __init__(self, modes: Sequence[Mode], observations: Sequence[Observation], systematic_errors: bool) -> None:
        self.modes, self.observations = list(modes), list(observations)
        self._systematic_errors = systematic_errors
        self.r_max = float(observations[0].geometry.r[-1])

    @cached_property
    def _weighted(self) -> list[tuple[float, Component]]:
        """The components with their weights; the first component is that of the most probable hyperparameters."""
        logs = np.array([mode.log_marginal for mode in self.modes])
        mode_weights = np.exp(logs - logs.max())
        mode_weights /= mode_weights.sum()
        weighted = []
        for mode, mode_weight in zip(self.modes, mode_weights, strict=True):
            evidence = Evidence(mode.prior, self.observations, systematic_errors=self._systematic_errors)
            gaussians, weights = _draws(evidence, mode.theta, max(2, round(AVERAGE.n_draws * mode_weight)))
            for gaussian, weight in zip(gaussians, weights, strict=True):
                weighted.append((float(mode_weight * weight), Component(gaussian, evidence)))
        return weighted

    @property
    def scales(self) -> Floats:
        """The most probable scale of each pattern: S_R over the structure with the given number density."""
        gaussian = self._weighted[0][1].gaussian
        return np.asarray(gaussian.densities / gaussian.number_density)

    def g(self, r: Floats, combination: Floats) -> Floats:
        """Return the mean of a linear combination of the pair functions."""
        return np.sum([weight * component.g(r, combination) for weight, component in self._weighted], axis=0)

    def std(self, r: Floats, combination: Floats) -> Floats:
        """Return its standard deviation."""
        mean = self.g(r, combination)
        variance = np.zeros(r.size)
        for weight, component in self._weighted:
            within = self._factor(component) ** 2 * component.gaussian.variance(r, combination)
            variance += weight * (within + (component.g(r, combination) - mean) ** 2)
        return np.sqrt(variance)

    def prior_std(self, r: Floats, combination: Floats) -> Floats:
        """Return the standard deviation under the prior, in which the number of bonded neighbours is unknown."""
        variance, total = np.zeros(r.size), 0.0
        for weight, component in self._weighted:
            gaussian, prior = component.gaussian, component.gaussian.prior
            if not isinstance(prior, PairFunctions):  # of log g_AB: it describes the same pairs, near their curves only
                continue
            continua = PairFunctions(prior.composition, prior.onsets)
            theta, density = gaussian.theta, gaussian.number_density
            bonds = prior.mean(theta, r, density)
            bonds = bonds - continua.mean(theta[: len(continua.hyperparameters)], r, density)
            within = self._factor(component) ** 2 * prior.combined(combination).variance(theta, r)
            variance += weight * (within + (combination @ bonds.reshape(combination.size, -1)) ** 2)
            total += weight
        return np.sqrt(variance / total)

    def sample(
        self, n_samples: int, random_state: np.random.RandomState, combinations: Floats
    ) -> tuple[Floats, Floats]:
        """Draw all combinations jointly. Return r, and curves of shape (n_samples, n_combinations, n_r)."""
        r = np.arange(_SAMPLE_STEP, self.r_max, _SAMPLE_STEP)
        counts = random_state.multinomial(n_samples, [weight for weight, _ in self._weighted])
        draws = []
        for (_, component), count in zip(self._weighted, counts, strict=True):
            if count:
                draws.append(component.sample(r, count, random_state, combinations, self._factor(component)))
        return r, np.concatenate(draws)

    def decompose(self, pattern: int) -> Decomposition:
        """Return the decomposition of S_R of a pattern, with the averages of structure and systematic errors."""
        observation, weights = self.observations[pattern], self.observations[pattern].pair_weights
        assert weights is not None
        parts = [(weight, component.decompose(pattern)) for weight, component in self._weighted]
        systematic = np.sum([weight * part.systematic for weight, part in parts], axis=0)
        noise = np.sqrt(sum(weight * c.gaussian.noise_variances[pattern] for weight, c in self._weighted))
        return parts[0][1]._replace(
            structure=self.structure(pattern, observation.q, weights),
            systematic=systematic,
            noise=noise * observation.geometry.noise,
        )

    def structure(self, pattern: int, q: Floats, weights: Floats) -> Floats:
        """Return S_R of the pair functions at any q, with the pair weights of a pattern, of shape (n_q, n_pairs)."""
        transform = transform_of_pairs(q, self._fine_r, self.observations[pattern].q_damp, weights)
        s_r = np.zeros(q.size)
        for weight, g in self._on_fine_grid:
            s_r += weight[pattern] * (transform @ (g - 1))
        return s_r

    def _factor(self, component: Component) -> float:
        """Return the factor of the standard deviation of the pair functions."""
        prior = component.evidence.prior
        bonds = self.modes[0].prior.bonds if prior.is_of_logarithm else prior.bonds
        if not bonds:
            return 1.0
        return WIDENING if len(self.observations) >= len(prior.pairs) else _WIDENING_OF_FEW

    @cached_property
    def _fine_r(self) -> Floats:
        first = self.observations[0]
        return grid_of(first.q_max, first.r_max, has_hydrogen=first.has_hydrogen)

    @cached_property
    def _on_fine_grid(self) -> list[tuple[Floats, Floats]]:
        """The weight times the density of each pattern, and the pair functions one after the other, of the components.

        The grid on which the pair functions are solved for is too coarse for the transform.
        """
        units = np.eye(self.observations[0].total.size)
        return [
            (weight * component.gaussian.densities, np.concatenate([component.g(self._fine_r, unit) for unit in units]))
            for weight, component in self._weighted
        ]


def _draws(evidence: Evidence, theta: Floats, n_draws: int) -> tuple[list[GaussianPosterior], Floats]:
    """Return posteriors without g ≥ 0 under the most probable hyperparameters and under drawn ones, with weights."""
    root = evidence.spread(evidence.curvature(theta))
    gaussians, logs = draw_hyperparameters(evidence, GaussianPosterior(evidence, theta), root, n_draws)
    scaled = logs / TEMPERATURE
    used = scaled > AVERAGE.min_log_weight
    weights = np.exp(scaled[used])
    return [gaussians[i] for i in np.flatnonzero(used)], weights / weights.sum()
