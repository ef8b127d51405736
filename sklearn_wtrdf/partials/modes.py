"""Maxima of the evidence of several patterns under priors of the g_AB, and the maximum under a prior of the log g_AB.

Curves and bands are averages over all of them.

Peaks of pair functions are sharper than the valleys between them, like those of a single g (`inversion.average`). With
fewer patterns than pairs, some combinations of pair functions are in no pattern and follow from the prior alone; the
prior of the g_AB was more accurate there, for germania and a mixture of argon and krypton. Bonds that are given, or
follow from valences, are part of both priors. Without them, the prior of log g_AB needs no bonds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logsumexp

from sklearn_wtrdf.inversion.average import AVERAGE, log_starting_points, with_fixed_scale
from sklearn_wtrdf.inversion.evidence import IMPOSSIBLE, Evidence
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.posterior import Posterior, first_peak
from sklearn_wtrdf.inversion.priors import Bond, LogPairFunctions, PairPrior
from sklearn_wtrdf.inversion.scoring import best_of

Floats = NDArray[np.float64]

# Hyperparameters that are taken from the solution under the prior of g_AB
_SHARED = ("noise", "systematic", "correlated", "coupling", "order")
_OF_BONDS = ("r", "neighbours", "width", "tail")


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


def log_modes(
    modes: Sequence[Mode],
    observations: Sequence[Observation],
    bonds: Mapping[str, Bond] | None = None,
    *,
    systematic_errors: bool,
) -> list[Mode]:
    """Return the maximum of the evidence under a prior of the log g_AB, if it is probable enough.

    The scales are those of the most probable given mode: they belong to S, and not to a prior.

    Parameters
    ----------
    modes : sequence of Mode
        The maxima under priors of the g_AB, the most probable one first.
    observations : sequence of Observation
        As many as there are pairs, or more.
    bonds : mapping of str to Bond, default=None
        Bonds of all these priors, which are known.
    systematic_errors : bool
        Whether S may have systematic errors.
    """
    first = modes[0]
    evidence = Evidence(first.prior, observations, systematic_errors=systematic_errors)
    own = dict(zip(evidence.names, np.exp(first.theta).tolist(), strict=True))
    values = {evidence.names[i]: own[evidence.names[i]] for i in evidence.indices(*_SHARED, *_OF_BONDS)}
    names = [pair.name for pair in first.prior.pairs]
    if bonds:  # they may be the first peaks, and the onsets follow them
        first_peaks = {name: own[f"onset {name}"] + AVERAGE.before_peak[0] for name in names}
        onsets = first.prior.onsets
    else:
        posterior = Posterior(evidence, first.theta, n_draws=0)
        combinations = zip(names, np.eye(len(names)), strict=True)
        first_peaks = {
            name: first_peak(posterior, AVERAGE.max_first_peak, combination) for name, combination in combinations
        }
        onsets = {name: (AVERAGE.min_onset * peak, peak) for name, peak in first_peaks.items()}
    scales = [own[evidence.names[i]] for i in evidence.indices("scale")]
    prior = LogPairFunctions(first.prior.composition, onsets, bonds or None)
    fixed = with_fixed_scale(Evidence(prior, observations, systematic_errors=systematic_errors, scale=scales))
    starts = log_starting_points(fixed, {f"onset {name}": peak for name, peak in first_peaks.items()}, values)
    maximum = best_of(fixed, starts)
    if maximum.value >= IMPOSSIBLE:
        return []
    of_logarithm = Evidence(prior, observations, systematic_errors=systematic_errors)
    total = float(logsumexp([mode.log_marginal for mode in modes]))
    log_odds = (of_logarithm.log_marginal(maximum.theta) - total) / AVERAGE.temperature
    return [Mode(prior, maximum.theta, total + log_odds)] if expit(log_odds) > AVERAGE.min_weight else []
