"""The hyperparameters and the outliers of a pattern, by the evidence.

The evidence has several maxima, one for each peak that the onset may stand before, so a search begins at the best of
some starts. It runs on a coarse grid of r, and takes its last steps on the fine one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.inversion.evidence import Evidence
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.posterior import Posterior, Solver
from sklearn_wtrdf.inversion.priors import Continuum, NearReference, Prior, Setting
from sklearn_wtrdf.inversion.reference import Reference
from sklearn_wtrdf.inversion.scoring import Maximum, best_of, maximize
from sklearn_wtrdf.inversion.selection import select_prior, starting_points
from sklearn_wtrdf.scattering.sampling import FEWEST
from sklearn_wtrdf.transforms import sine_transform
from sklearn_wtrdf.utils.threads import one_thread

Floats = NDArray[np.float64]

_OUTLYING_BEFORE = 5.5  # standard deviations from what all other points predict, before hyperparameters are known
_OUTLYING = 3.7  # and after
_MOST_OUTLYING = 0.05  # of the points
_OUTLYING_WITH_REFERENCE = 6.0  # with a reference, whose sharp maxima of S are less well described
_OUTLYING_FIRST = 2.5  # the first point, before: it has no neighbour below, and little is lost without it
_MOST_OUTLIERS = 12
_ROUNDS = 4
_MOST_SUSPECTS = 6  # points that may be outliers, each of which costs a solution without it
_AGREEING = 0.5  # of the distance of an outlier: how far its neighbours may be from what all others predict
_NEIGHBOURS = 2  # of an outlier, on either side
_CONVERGED = 1e-8  # of the log evidence, so that rounding, which differs between processors, does not decide the end
_STRAINS = (0.0, -0.02, 0.02, -0.04, 0.04)  # relative changes of all distances between similar materials, tried first
_EXTENSION = 10.0  # Å
_FOR_EXTENSION = 2.0  # log Bayes factor, at least
_MOST_EXTENSIONS = 3
_FOR_SLOW_ERRORS = 4.0  # log Bayes factor for systematic errors with a reference, at least


@one_thread
def fit_hyperparameters(
    observation: Observation,
    prior: Prior | None = None,
    *,
    systematic_errors: bool = True,
    noise: float | None = None,
) -> Posterior:
    """Find the hyperparameters, and the prior where none is given, and return what is then known of g.

    Parameters
    ----------
    observation : Observation
    prior : Prior, default=None
        None chooses the most probable of some (:mod:`sklearn_wtrdf.inversion.selection`).
    systematic_errors : bool, default=True
        Whether S may have errors that vary slowly with q.
    noise : float, default=None
        The least that the standard deviation of S may be.

    Returns
    -------
    Posterior
    """
    if observation.q.size < FEWEST:
        evidence = Evidence(prior or Continuum(), observation, systematic_errors=systematic_errors, noise=noise)
        return Posterior(evidence, evidence.start)
    observation = without_outliers(observation).on_grid(is_coarse=True)
    if prior is None:
        evidence, maximum = select_prior(observation, systematic_errors=systematic_errors, noise=noise)
    else:
        evidence = Evidence(prior, observation, systematic_errors=systematic_errors, noise=noise)
        maximum = best_of(evidence, starting_points(evidence), 2)
    evidence, maximum = _extend_range(*_exclude_and_refit(evidence, maximum))
    fine = evidence.given(evidence.observation.on_grid(is_coarse=False))
    return Posterior(fine, maximize(fine, maximum.theta, maximum.curvature, _CONVERGED).theta)


@one_thread
def refit_hyperparameters(posterior: Posterior, observation: Observation) -> Posterior:
    """Return the posterior of g for a similar S_R, with hyperparameters fitted from those of another posterior on.

    A few steps lead from one pattern of a series to the next. The uncertainty of the hyperparameters is taken from the
    posterior.

    Parameters
    ----------
    posterior : Posterior
        Of a similar material.
    observation : Observation

    Returns
    -------
    Posterior
    """
    coarse = posterior.evidence.given(observation.on_grid(is_coarse=True))
    distances = np.isin(coarse.names, ["onset", "r"])
    starts = np.clip([posterior.theta + distances * strain for strain in _STRAINS], coarse.low, coarse.high)
    start = starts[int(np.argmin(coarse.values(starts)))]
    maximum = maximize(coarse, start, posterior.curvature)
    fine = coarse.given(observation)
    maximum = maximize(fine, maximum.theta, maximum.curvature)
    return exclude_outliers_given(Posterior(fine, maximum.theta, root=posterior.root))


def _extend_range(evidence: Evidence, maximum: Maximum) -> tuple[Evidence, Maximum]:
    """Let g differ from 1 further out where S_R is more probable so, as that of slowly decaying structure is."""
    for _ in range(_MOST_EXTENSIONS):
        further = evidence.given(evidence.observation.up_to(evidence.observation.r_max + _EXTENSION))
        if maximum.value - further.value(maximum.theta) < _FOR_EXTENSION:
            break
        evidence, maximum = further, maximize(further, maximum.theta, maximum.curvature)
    return evidence, maximum


@one_thread
def fit_with_reference(
    reference: Reference,
    observation: Observation,
    *,
    length: Setting = None,
    onset: float | None = None,
    systematic_errors: bool = True,
    noise: float | None = None,
) -> Posterior:
    """Find how near to a reference g is, and return what is then known of it.

    What the reference's g does not explain of its own S_R, for it ends or is not exact, is taken for shared. Slow
    errors are included only if they raise the evidence: two materials that were measured alike share them.

    Parameters
    ----------
    reference : Reference
    observation : Observation
    length, onset
        As for :class:`~sklearn_wtrdf.NearReference`.
    systematic_errors, noise
        As for :func:`fit_hyperparameters`.

    Returns
    -------
    Posterior
    """
    prior, r = NearReference(reference, length=length, onset=onset), observation.geometry.r
    expected = prior.mean(np.zeros(2), r, reference.number_density) - 1
    explained = reference.number_density * (sine_transform(observation.q, r, observation.q_damp) @ expected)
    observation = observation.less(reference.pattern.s_r - explained)
    if observation.q.size < FEWEST:
        evidence = Evidence(prior, observation, systematic_errors=False, noise=noise)
        return Posterior(evidence, evidence.start)
    observation = without_outliers(observation)
    evidence = Evidence(prior, observation, systematic_errors=False, noise=noise)
    maximum = best_of(evidence, _starts_beside(evidence))
    if systematic_errors:
        with_slow = Evidence(prior, observation, noise=noise)
        its_maximum = maximize(with_slow, maximum.theta)
        if maximum.value - its_maximum.value > _FOR_SLOW_ERRORS:
            evidence, maximum = with_slow, its_maximum
    evidence, maximum = _exclude_and_refit(evidence, maximum, _OUTLYING_WITH_REFERENCE)
    return Posterior(evidence, maximize(evidence, maximum.theta, maximum.curvature, _CONVERGED).theta)


def _starts_beside(evidence: Evidence) -> list[Floats]:
    return [evidence.theta(amplitude=amplitude) for amplitude in (0.01, 0.03, 0.1, 0.3)]


def _exclude_and_refit(evidence: Evidence, maximum: Maximum, least: float = _OUTLYING) -> tuple[Evidence, Maximum]:
    """Leave out the points that turn out to be far from what all others predict, and go on without them."""

    def residuals(observation: Observation) -> Floats:
        # Of precise data the coarse grid does not describe the last points of q, so the fine one tells outliers.
        fine = evidence.given(observation.on_grid(is_coarse=False))
        return np.abs(Solver(fine, maximum.theta).standardized_residuals(fine.observation))

    for _ in range(_ROUNDS):
        worst = _lone_outlier(evidence.observation, residuals, least)
        if worst is None:
            break
        evidence = evidence.given(evidence.observation.without(np.array([worst])))
        maximum = maximize(evidence, maximum.theta, maximum.curvature)
    return evidence, maximum


def _lone_outlier(observation: Observation, residuals: Callable[[Observation], Floats], least: float) -> int | None:
    """Return the point that is furthest from what all others predict, if its neighbours agree without it.

    Neighbours that err alike are a model that errs.
    """
    if observation.q.size <= FEWEST:
        return None
    far = residuals(observation).copy()
    for _ in range(_MOST_SUSPECTS):
        worst = int(far.argmax())
        if far[worst] < least:
            return None
        first = max(worst - _NEIGHBOURS, 0)
        near = residuals(observation.without(np.array([worst])))[first : worst + _NEIGHBOURS]
        if near.max() < _AGREEING * least:
            return worst
        far[first : worst + _NEIGHBOURS + 1] = 0.0
    return None


def exclude_outliers_given(posterior: Posterior) -> Posterior:
    """Exclude points that are far from what all others predict, with fixed hyperparameters.

    Where many are, it is the hyperparameters that do not belong to S_R, and no more than a few are left out.
    """
    for _ in range(int(_MOST_OUTLYING * posterior.evidence.observation.q.size)):
        far = np.abs(posterior.standardized_residuals)
        if far.max() < _OUTLYING:
            break
        posterior = posterior.given(posterior.evidence.observation.without(np.array([far.argmax()])))
    return posterior


def without_outliers(observation: Observation) -> Observation:
    """Leave out points that are far from what all others predict under any continuum, one after the other."""
    for _ in range(max(_MOST_OUTLIERS, observation.q.size // 10)):
        evidence = Evidence(Continuum(amplitude=1.0), observation)
        thetas = [
            evidence.theta(onset=onset, noise=level if observation.std is None else 1.0, slow=0.03)
            for onset, level in product((1.0, 2.0, 3.0), (0.003, 0.01, 0.03, 0.1))
        ]
        theta = min(thetas, key=evidence.value)
        worst = _lone_outlier(observation, partial(_robust_residuals, evidence, theta), _OUTLYING_BEFORE)
        if worst is None:
            break
        observation = observation.without(np.array([worst]))
    return observation


def _robust_residuals(evidence: Evidence, theta: Floats, observation: Observation) -> Floats:
    far = np.abs(Solver(evidence.given(observation), theta).standardized_residuals(observation))
    far /= max(np.median(far) / 0.6745, 1.0)  # 0.6745 is the median of |x| of a standard normal x
    if observation.q[0] == observation.whole.q[0] and not observation.shared.any():
        far[0] *= _OUTLYING_BEFORE / _OUTLYING_FIRST
    return far
