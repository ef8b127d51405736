"""The average of two solutions of a pattern of known composition: by pair functions, and by a single g.

With X-rays, the pair weights change with q. The part of S_R that is due to this change follows from the pair functions.
Once it is subtracted, S_R is that of a single g with constant weights. Priors of a single g describe this total better
than those of pair functions, which one pattern hardly determines; the second solution is itself an average over such
priors. The subtraction is not exact, so both solutions are kept. With neutrons, nothing is subtracted: the pair
functions have the bonds of a molecule, and the single g does not assume any.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.inversion.average import Average
from sklearn_wtrdf.inversion.decomposition import Decomposition
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.posterior import Posterior

Floats = NDArray[np.float64]

# Weight of the single g, chosen on simulated silica, the only material of the development half whose weights change
# with q.
WEIGHT_OF_SINGLE = 0.7
# The same where bonds of several lengths make the first shell, with neutrons. Chosen on a measured pattern of benzene.
WEIGHT_OF_MOLECULE = 0.3
# Standard deviation of the logarithm of the scale of the single g, where its density is that of the pair functions: as
# where the density is given.
DENSITY_SPREAD = 0.05


class PairsAverage(Average):
    """The average of the total g of pair functions and a single g.

    Pair functions, hyperparameters, residuals and outliers are those of the first solution.

    Parameters
    ----------
    first : Posterior
        The posterior of the pair functions.
    second : Posterior
        The posterior of a single g, given the S_R that :func:`with_constant_weights` returns.
    weight : float
        Weight of the single g, from 0 to 1.
    """

    def given(self, observation: Observation | Sequence[Observation]) -> PairsAverage:
        """Return the average for another pattern, under the same hyperparameters and with the same weight."""
        first = self.first.given(observation)
        second = self.second.given(with_constant_weights(first, first.evidence.observation))
        return PairsAverage(first, second, self.weight)

    def g(self, r: Floats, combination: Floats | None = None) -> Floats:
        """Return the average of the most probable g, or a linear combination of the pair functions, at any r."""
        return super().g(r) if combination is None else self.first.g(r, combination)

    def std(self, r: Floats, combination: Floats | None = None) -> Floats:
        """Return the standard deviation of g, or of a linear combination of the pair functions, at any r."""
        return super().std(r) if combination is None else self.first.std(r, combination)

    @property
    def sampled_r(self) -> Floats:
        """Distances of the sampled curves [Å]."""
        return min(self.first.sampled_r, self.second.sampled_r, key=len)

    def sample(
        self,
        n_samples: int,
        random_state: np.random.RandomState,
        combinations: Floats | None = None,
        end: float = np.inf,
    ) -> tuple[Floats, Floats, Floats]:
        """Draw curves from both solutions in proportion to their weights, or combinations of the pair functions."""
        if combinations is not None:
            return self.first.sample(n_samples, random_state, combinations, end)
        return super().sample(n_samples, random_state, end=min(end, self.sampled_r[-1]))

    def decompose(self, pattern: int = 0) -> Decomposition:
        """Return S_R as the sum of the structure of the pair functions, systematic errors and residual."""
        return self.first.decompose(pattern)


def weight_of_single(observation: Observation) -> float:
    """Return the weight of the single g in the average; 0 if there is none.

    With X-rays, materials with hydrogen have none: their bonds are too sharp for the grid of a single g.
    """
    assert observation.weights is not None
    if observation.weights.variation == 0:
        return WEIGHT_OF_MOLECULE
    return 0.0 if observation.has_hydrogen else WEIGHT_OF_SINGLE


def with_constant_weights(posterior: Posterior, observation: Observation) -> Observation:
    """Return the observation of a single g, in which the pairs have constant weights.

    If the number density is unknown, the estimate by the pair functions is used.

    Parameters
    ----------
    posterior : Posterior
        The posterior of the pair functions.
    observation : Observation
        The observation of the same S_R.
    """
    single = observation.without_weights(posterior.component.s_r_of_changing_weights())
    if observation.density_is_given:
        return single
    return single.with_density(posterior.number_density, DENSITY_SPREAD)
