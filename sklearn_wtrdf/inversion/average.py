"""The average of two posteriors of a pattern: under a prior of g, and under a prior of log g.

Under a prior of g with a bond, a shell of atoms may be much sharper than q_max resolves. Under a prior of log g, all
peaks are sharper than the valleys between them, and no bond has to be assumed. Neither describes all materials. The two
g are averaged, weighted by their evidence, and the band includes the difference between them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from sklearn_wtrdf.inversion.decomposition import Decomposition
from sklearn_wtrdf.inversion.evidence import IMPOSSIBLE, Evidence
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.posterior import Posterior, first_peak
from sklearn_wtrdf.inversion.priors import LogContinuum
from sklearn_wtrdf.inversion.scoring import best_of

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AverageSettings:
    """Settings of the search for the posterior under the prior of log g, and of its weight.

    Chosen on the development half of the simulated materials, and on measured patterns.
    """

    # The number by which the log odds of the two priors are divided. Neither describes the errors that points of S have
    # in common, so the evidence overstates the odds.
    temperature: float = 20.0
    tolerance: float = 1e-5  # gain of the log evidence in the last step of the search
    min_weight: float = 0.02  # weight of the second posterior below which it is omitted
    max_first_peak: float = 6.0  # Å, largest distance at which the first peak is searched for
    min_onset: float = 0.6  # lower bound of the onset, relative to the position of the first peak
    before_peak: tuple[float, ...] = (0.1, 0.25, 0.45)  # Å, from starting values of the onset to the first peak
    lengths: tuple[float, ...] = (0.15, 0.4)  # Å, starting values of the correlation length
    amplitudes: tuple[float, ...] = (0.3, 1.0)  # starting values of the amplitude


AVERAGE = AverageSettings()


class Average(Posterior):
    """The average of the posteriors of a pattern under two priors.

    Hyperparameters, residuals and outliers are those of the first posterior.

    Parameters
    ----------
    first, second : Posterior
        Posteriors of the same pattern.
    weight : float
        Weight of the second posterior, from 0 to 1.
    """

    def __init__(self, first: Posterior, second: Posterior, weight: float) -> None:
        super().__init__(first.evidence, first.theta)
        self.first, self.second, self.weight = first, second, weight
        self.widening = first.widening
        if second.evidence.prior.is_of_logarithm:  # the other prior may have a bond, and shows whether it is resolved
            second.widening = first.widening
        self.original, self._reuses_gaussians = first, True

    def given(self, observation: Observation | Sequence[Observation]) -> Average:
        """Return the average for another pattern, under the same hyperparameters and with the same weight."""
        return Average(self.first.given(observation), self.second.given(observation), self.weight)

    def g(self, r: Floats, combination: Floats | None = None) -> Floats:
        """Return the average of the most probable g at any r."""
        return self._mean(self.first.g(r, combination), self.second.g(r, combination))

    def std(self, r: Floats, combination: Floats | None = None) -> Floats:
        """Return the standard deviation of g at any r, about the average."""
        variances = [posterior.std(r, combination) ** 2 for posterior in (self.first, self.second)]
        difference = self.first.g(r, combination) - self.second.g(r, combination)
        return np.sqrt(self._mean(*variances) + self.weight * (1 - self.weight) * difference**2)

    def sample(
        self,
        n_samples: int,
        random_state: np.random.RandomState,
        combinations: Floats | None = None,
        end: float = np.inf,
    ) -> tuple[Floats, Floats, Floats]:
        """Draw curves; the number of draws under each prior is proportional to its weight."""
        n_second = int(random_state.binomial(n_samples, self.weight))
        counts = ((self.first, n_samples - n_second), (self.second, n_second))
        parts = [posterior.sample(n, random_state, combinations, end) for posterior, n in counts if n]
        curves, densities = (np.concatenate([part[i] for part in parts]) for i in (1, 2))
        return parts[0][0], curves, densities

    def decompose(self, pattern: int = 0) -> Decomposition:
        """Return the average of structure and systematic errors."""
        first, second = (posterior.decompose(pattern) for posterior in (self.first, self.second))
        return first._replace(
            structure=self._mean(first.structure, second.structure),
            systematic=self._mean(first.systematic, second.systematic),
        )

    def _mean(self, first: Floats, second: Floats) -> Floats:
        return (1 - self.weight) * first + self.weight * second


def evidence_of_log(posterior: Posterior, peak: float) -> Evidence:
    """Return the evidence of the same pattern under a prior of log g, whose onset is below the first peak [Å].

    The median of the scale is that of the given posterior.
    """
    evidence = posterior.evidence
    return Evidence(
        LogContinuum(onset=(AVERAGE.min_onset * peak, peak)),
        evidence.observation,
        systematic_errors=evidence.systematic_errors,
        noise=evidence.noise,
        scale=posterior.hyperparameters["scale"],
    )


def with_fixed_scale(evidence: Evidence) -> Evidence:
    """Return the evidence for a search in which the scale is fixed at its median.

    The scale is a property of S, not of a prior. A prior of log g by itself prefers a larger scale and a smaller g,
    which change S at small q only. For the band, the scale is free again.
    """
    return evidence.given([observation.with_density_spread(0.0) for observation in evidence.observations])


def log_starting_points(
    evidence: Evidence, first_peaks: Mapping[str, float], values: Mapping[str, float]
) -> list[Floats]:
    """Return starting points of a search under a prior of log g.

    Parameters
    ----------
    evidence : Evidence
        The evidence under this prior.
    first_peaks : mapping of str to float
        The position of the first peak [Å] beyond each onset, by the label of the onset.
    values : mapping of str to float
        Other hyperparameters, by their labels.
    """
    return [
        evidence.theta(
            length=length,
            amplitude=amplitude,
            **{onset: peak - before for onset, peak in first_peaks.items()},
            **values,
        )
        for before, length, amplitude in product(AVERAGE.before_peak, AVERAGE.lengths, AVERAGE.amplitudes)
    ]


def first_peak_of(posterior: Posterior) -> float:
    """Return the position of the first peak [Å], up to a larger distance than that of bonds."""
    return first_peak(posterior, AVERAGE.max_first_peak)


def averaged(posterior: Posterior) -> Posterior:
    """Return the average of a posterior and the posterior under a prior of log g.

    If the given posterior is much more probable, it is returned itself.

    Parameters
    ----------
    posterior : Posterior
        The posterior of a single g, without a reference.
    """
    peak = first_peak_of(posterior)
    evidence = evidence_of_log(posterior, peak)
    coarse = with_fixed_scale(evidence.coarse)
    errors = {name: posterior.hyperparameters[name] for name in ("noise", "systematic", "correlated")}
    starts = log_starting_points(coarse, {"onset": peak}, errors)
    maximum = best_of(coarse, starts, tolerance=AVERAGE.tolerance)
    if maximum.value >= IMPOSSIBLE:
        return posterior
    log_odds = evidence.coarse.log_marginal(maximum.theta) - posterior.evidence.log_marginal(posterior.theta)
    weight = float(expit(log_odds / AVERAGE.temperature))
    if weight < AVERAGE.min_weight:
        return posterior
    return Average(posterior, Posterior(evidence, maximum.theta), weight)
