"""The prior and the hyperparameters under which an S_R(q) is most probable, and the points that belong to no curve.

A search goes down from the best of some starts: the evidence has several maxima, one for each peak that the onset may
stand before.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.inversion.evidence import Evidence
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.posterior import Component, Posterior
from sklearn_wtrdf.inversion.priors import Bond, Continuum, Prior

Floats = NDArray[np.float64]

_FEWEST = 20  # points of q; of fewer nothing is found, and the starting values count
_OUTLYING_BEFORE = 5.5  # standard deviations from what all other points predict, before hyperparameters are known
_OUTLYING = 3.7  # and after
_MOST_OUTLIERS = 12
_ROUNDS = 4
_BOND_GAIN = 12.0  # of the log evidence by a bond, at least
_BOND_WIDTH = 0.07  # Å: a broader shell the continuum describes better, as those of real shells are no Gaussians


def find(
    observation: Observation,
    prior: Prior | None = None,
    *,
    slow_errors: bool = True,
    noise: float | None = None,
) -> Posterior:
    """Find the hyperparameters, and the prior where none is given, and return what is then known of g.

    Parameters
    ----------
    observation : Observation
    prior : Prior, default=None
        None chooses between a continuum and a continuum with a bond.
    slow_errors : bool, default=True
        Whether S may have errors that vary slowly with q.
    noise : float, default=None
        The least that the standard deviation of S may be.

    Returns
    -------
    Posterior
    """
    if observation.q.size < _FEWEST:
        evidence = Evidence(prior or Continuum(), observation, slow_errors=slow_errors, noise=noise)
        return Posterior(evidence, evidence.start, n_draws=0)
    observation = without_outliers(observation)
    if prior is None:
        evidence, theta = _best_prior(observation, slow_errors, noise)
    else:
        evidence = Evidence(prior, observation, slow_errors=slow_errors, noise=noise)
        theta = evidence.maximize(_starts(evidence), 2)[1]
    for _ in range(_ROUNDS):
        far = np.abs(evidence.surprises(theta))
        if far.max() < _OUTLYING or observation.q.size <= _FEWEST:
            break
        observation = observation.without(np.array([far.argmax()]))
        evidence = Evidence(evidence.prior, observation, slow_errors=slow_errors, noise=noise)
        theta = evidence.maximize([theta, *_starts(evidence)], 2)[1]
    return Posterior(evidence, theta)


def without_outliers(observation: Observation) -> Observation:
    """Leave out points that are far from what all others predict under any continuum, one after the other."""
    for _ in range(_MOST_OUTLIERS):
        evidence = Evidence(Continuum(amplitude=1.0), observation)
        thetas = [
            evidence.theta(onset=onset, noise=level if observation.std is None else 1.0, slow=0.03)
            for onset, level in product((1.0, 2.0, 3.0), (0.003, 0.01, 0.03, 0.1))
        ]
        theta = min(thetas, key=evidence.value)
        far = np.abs(evidence.surprises(theta))
        far /= max(np.median(far) / 0.6745, 1.0)  # 0.6745 is the median of |x| of a standard normal x
        worst = int(far.argmax())
        if far[worst] < _OUTLYING_BEFORE or observation.q.size <= _FEWEST:
            break
        observation = observation.without(np.array([worst]))
    return observation


def _best_prior(observation: Observation, slow_errors: bool, noise: float | None) -> tuple[Evidence, Floats]:
    free = Evidence(Continuum(), observation, slow_errors=slow_errors, noise=noise)
    value, theta = min((free.maximize(_starts(free, length)) for length in (0.15, 0.5)), key=lambda found: found[0])
    bonded = Evidence(Continuum() + Bond(), observation, slow_errors=slow_errors, noise=noise)
    with_bond, its_theta = bonded.maximize(_starts(bonded, places=_places(free, theta)), 2)
    width = np.exp(its_theta[bonded.names.index("width")])
    if value - with_bond > _BOND_GAIN and width < _BOND_WIDTH:
        return bonded, its_theta
    return free, theta


def _places(evidence: Evidence, theta: Floats) -> list[float]:
    """Return where a bond may be, the first two peaks of g."""
    r = np.arange(0.8, 4.0, 0.01)
    g = Component(evidence, theta).g(r)
    tops = 1 + np.flatnonzero((g[1:-1] > g[:-2]) & (g[1:-1] >= g[2:]) & (g[1:-1] > 1.2))
    return [float(place) for place in r[tops[:2]]] or [1.6]


def _starts(evidence: Evidence, length: float = 0.15, places: list[float] | None = None) -> list[Floats]:
    """Return starts of a search: onsets, and where there is a bond, onsets beyond it."""
    if "neighbours" not in evidence.names:
        return [evidence.theta(onset=onset, length=length) for onset in np.arange(0.8, 3.8, 0.2)]
    if places is None:
        places = [float(np.exp(evidence.start[evidence.names.index("r")]))]
    combinations = product(places, (1.0, 2.0, 4.0), (0.04, 0.065), (0.5, 0.9, 1.4, 2.1))
    return [
        evidence.theta(r=place, neighbours=neighbours, width=width, onset=place + beyond, amplitude=0.7)
        for place, neighbours, width, beyond in combinations
    ]
