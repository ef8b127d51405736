"""Maxima of the evidence of several patterns under priors of the g_AB, and the maximum under a prior of the log g_AB.

Curves and bands are averages over all of them.

Peaks of pair functions are sharper than the valleys between them, like those of a single g (`inversion.average`). With
fewer patterns than pairs, some combinations of pair functions are in no pattern, and the prior alone determines them;
that of the g_AB was better there, for germania and a mixture of argon and krypton. A prior of log g_AB has no bonds,
and is not used where the number of neighbours is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logsumexp

from sklearn_wtrdf.inversion.average import AVERAGE, log_starting_points, with_fixed_scale
from sklearn_wtrdf.inversion.evidence import IMPOSSIBLE, Evidence
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.posterior import Posterior, first_peak
from sklearn_wtrdf.inversion.priors import LogPairFunctions, PairPrior
from sklearn_wtrdf.inversion.scoring import best_of

Floats = NDArray[np.float64]

# Hyperparameters that are taken from the solution under the prior of g_AB
_SHARED = ("noise", "slow", "correlated", "coupling", "order")


@dataclass(frozen=True, eq=False)
class Mode:
    """A maximum of the evidence.

    Attributes
    ----------
    prior : PairPrior
    theta : ndarray of shape (n_hyperparameters,)
        Logarithms of the hyperparameters.
    log_marginal : float
        Log probability of the patterns with the hyperparameters integrated out, up to a constant. Under a prior of log
        g_AB, its difference from that of all other modes is divided by the temperature of the average.
    """

    prior: PairPrior
    theta: Floats
    log_marginal: float


def log_modes(modes: Sequence[Mode], observations: Sequence[Observation], *, systematic_errors: bool) -> list[Mode]:
    """Return the maximum of the evidence under a prior of the log g_AB, if it is probable enough.

    The scales are those of the most probable given mode: they belong to S, and not to a prior.

    Parameters
    ----------
    modes : sequence of Mode
        Under priors of the g_AB, the most probable one first.
    observations : sequence of Observation
        As many as there are pairs, or more.
    systematic_errors : bool
        Whether S may have systematic errors.
    """
    evidence = Evidence(modes[0].prior, observations, systematic_errors=systematic_errors)
    posterior = Posterior(evidence, modes[0].theta, n_draws=0)
    of_pairs = zip(modes[0].prior.pairs, np.eye(len(modes[0].prior.pairs)), strict=True)
    peaks = {pair.name: first_peak(posterior, AVERAGE.furthest_peak, combination) for pair, combination in of_pairs}
    onsets = {name: (AVERAGE.least_onset * peak, peak) for name, peak in peaks.items()}
    scales = np.exp(modes[0].theta[evidence.places("scale")])
    prior = LogPairFunctions(modes[0].prior.composition, onsets)
    fixed = with_fixed_scale(Evidence(prior, observations, systematic_errors=systematic_errors, scale=scales.tolist()))
    values = {evidence.names[i]: float(np.exp(modes[0].theta[i])) for i in evidence.places(*_SHARED)}
    starts = log_starting_points(fixed, {f"onset {name}": peak for name, peak in peaks.items()}, values)
    maximum = best_of(fixed, starts)
    if maximum.value >= IMPOSSIBLE:
        return []
    of_logarithm = Evidence(prior, observations, systematic_errors=systematic_errors)
    total = float(logsumexp([mode.log_marginal for mode in modes]))
    log_odds = (of_logarithm.log_marginal(maximum.theta) - total) / AVERAGE.temperature
    return [Mode(prior, maximum.theta, total + log_odds)] if expit(log_odds) > AVERAGE.least_weight else []
