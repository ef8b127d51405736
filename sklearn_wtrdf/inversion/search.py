"""Choosing the prior, the hyperparameters and the outliers by the evidence.

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
from sklearn_wtrdf.inversion.posterior import Component, Posterior, Solver
from sklearn_wtrdf.inversion.priors import Bond, Continuum, NearReference, Oscillation, Prior, Setting
from sklearn_wtrdf.inversion.reference import Reference
from sklearn_wtrdf.inversion.scoring import Maximum, best, best_of, maximize
from sklearn_wtrdf.scattering.sampling import FEWEST
from sklearn_wtrdf.transforms import sine_transform
from sklearn_wtrdf.utils.threads import one_thread

Floats = NDArray[np.float64]

_OUTLYING_BEFORE = 5.5  # standard deviations from what all other points predict, before hyperparameters are known
_OUTLYING = 3.7  # and after
_MOST_OUTLYING = 0.05  # of the points
_OUTLYING_WITH_REFERENCE = 6.0  # with a reference, whose sharp maxima of S are less well described
_OUTLYING_FIRST = 2.5  # the first point, before: no other says what it should be, and little is lost without it
_MOST_OUTLIERS = 12
_ROUNDS = 4
_MOST_SUSPECTS = 6  # points that may be outliers, each with a solution without it
_ALONE = 0.5  # of that: how far its neighbours may be without an outlier
_NEIGHBOURS = 2  # on either side
_CONVERGED = 1e-8  # of the log evidence, so that rounding, which differs between processors, does not decide the end
_EXTENSION = 10.0  # Å
_FOR_EXTENSION = 2.0  # log Bayes factor, at least
_MOST_EXTENSIONS = 3
_FOR_SLOW_ERRORS = 4.0  # log Bayes factor for systematic errors with a reference, at least
_SHORT_BOND, _LONG_BOND = 1.8, 2.2  # Å: atoms within the first are bonded; longer shells lean
_FOR_SHORT, _AGAINST_LONG = 3.0, 12.0  # log odds for and against a bond of that length
_FEWEST_ATOMS, _EMPTY_END = 0.5, 1.3  # of a shell so near, Å: a smaller one may be an error of S
_EMPTY_STEP = 0.1  # Å
_AGAINST_EMPTY = 5.0  # log odds against such a shell
_STEEP = 10.0, 80.0  # Å⁻¹: where the onset is bounded, a gentle rise would begin before it
_LARGE_CORRELATED = 0.06  # of S, where a search for such errors starts
_WAVENUMBERS = 0.8, 5.0  # Å⁻¹: between them lies the highest maximum of S of any liquid or glass
_MISPLACED = 0.8, 1.25  # of that maximum: where the wavenumber of the oscillation may lie
_AGAINST_OSCILLATION = 15.0  # log odds: bonded materials have it, too, but no more of g is known by it
_BESIDE_BOND = 0.2  # Å: so far a bond may lie from a peak of the curve without one
_BOND_WIDTH = 0.1  # Å: a broader shell the continuum describes better, as those of real shells are no Gaussians


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
        None chooses between a continuum and a continuum with a bond.
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
        evidence, maximum = _best_prior(observation, systematic_errors, noise)
    else:
        evidence = Evidence(prior, observation, systematic_errors=systematic_errors, noise=noise)
        maximum = best_of(evidence, starting_points(evidence), 2)
    evidence, maximum = _extend_range(*_exclude_and_refit(evidence, maximum))
    fine = evidence.given(evidence.observation.on_grid(is_coarse=False))
    return Posterior(fine, maximize(fine, maximum.theta, maximum.curvature, _CONVERGED).theta)


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
    errors are allowed for only where S_R asks for them: two materials that were measured alike have the same ones.

    Parameters
    ----------
    reference : Reference
    observation : Observation
    length, onset
        As for :class:`NearReference`.
    systematic_errors, noise
        As for :func:`fit_hyperparameters`.

    Returns
    -------
    Posterior
    """
    prior, r = NearReference(reference, length=length, onset=onset), observation.geometry.r
    expected = prior.mean(np.zeros(2), r, reference.number_density) - 1
    explained = reference.number_density * (sine_transform(observation.q, r, observation.q_damp) @ expected)
    observation = observation.less(reference.s_r - explained)
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
        if near.max() < _ALONE * least:
            return worst
        far[first : worst + _NEIGHBOURS + 1] = 0.0
    return None


def exclude_outliers_given(posterior: Posterior) -> Posterior:
    """Leave out points that are far from what all others predict under hyperparameters that are kept.

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


def _best_prior(observation: Observation, systematic_errors: bool, noise: float | None) -> tuple[Evidence, Maximum]:
    free = Evidence(Continuum(), observation, systematic_errors=systematic_errors, noise=noise)
    maximum = best(best_of(free, starting_points(free, length)) for length in (0.15, 0.5))
    free, maximum = _beyond_empty_shells(free, maximum)
    choice, most = (free, maximum), free.log_marginal(maximum.theta)
    for place in _places(free, maximum.theta):
        # Left free, the bond wanders into the continuum, or the continuum takes its place.
        prior = Continuum(onset=(place + _BESIDE_BOND, 4.5)) + Bond(
            r=(place - _BESIDE_BOND, place + _BESIDE_BOND), neighbours=(_FEWEST_ATOMS, 20.0)
        )
        bonded = Evidence(prior, observation, systematic_errors=systematic_errors, noise=noise)
        with_bond = best_of(bonded, starting_points(bonded, places=[place]))
        r, width = (float(np.exp(with_bond.theta[bonded.names.index(name)])) for name in ("r", "width"))
        odds = bonded.log_marginal(with_bond.theta) + np.interp(r, [_SHORT_BOND, _LONG_BOND], [_FOR_SHORT, -_AGAINST_LONG])
        if odds > most and width < _BOND_WIDTH:
            choice, most = (bonded, with_bond), odds
    oscillating = _oscillating(*choice)
    return oscillating if oscillating[0].log_marginal(oscillating[1].theta) - _AGAINST_OSCILLATION > most else choice


def _oscillating(evidence: Evidence, maximum: Maximum) -> tuple[Evidence, Maximum]:
    """Return the prior with the oscillation of which the highest maximum of S is the image."""
    observation, values = evidence.observation, dict(zip(evidence.names, np.exp(maximum.theta), strict=True))
    first, last = _WAVENUMBERS
    inside = (observation.q > first) & (observation.q < last)
    s = (observation.s_r / np.maximum(observation.q, 1e-9))[inside]
    k = observation.q[inside][s.argmax()] if inside.any() else np.sqrt(first * last)
    low, high = (float(share * k) for share in _MISPLACED)
    prior = evidence.prior + Oscillation(wavenumber=(low, high))
    oscillating = Evidence(prior, observation, systematic_errors=evidence.systematic_errors, noise=evidence.noise)
    starts = [
        oscillating.theta(**values | {"amplitude": share * values["amplitude"], "swing": swing, "range": decay})
        for share, swing, decay in product((0.5, 1.0), (0.05, 0.2, 0.8), (3.0, 6.0, 12.0))
    ]
    return oscillating, best_of(oscillating, starts)


def _beyond_empty_shells(evidence: Evidence, maximum: Maximum) -> tuple[Evidence, Maximum]:
    """Let g begin beyond a first shell that holds next to no atoms, unless S_R asks for it: it is an error of S."""
    log_marginal = evidence.log_marginal(maximum.theta)
    while True:
        end, atoms = Component(Solver(evidence, maximum.theta), evidence.observation).first_shell()
        if atoms >= _FEWEST_ATOMS or end > _EMPTY_END:
            return evidence, maximum
        low = max(end, float(np.exp(evidence.low[evidence.names.index("onset")])) + _EMPTY_STEP)
        prior = Continuum(onset=(low, 4.5), steepness=_STEEP)
        beyond = Evidence(
            prior, evidence.observation, systematic_errors=evidence.systematic_errors, noise=evidence.noise
        )
        starts = [
            beyond.theta(onset=onset, length=length, **errors)
            for onset, length in product(np.arange(low + 0.05, 3.8, 0.2), (0.15, 0.5))
            for errors in ({}, {"correlated": _LARGE_CORRELATED})
        ]
        other = best_of(beyond, starts, 3)
        its = beyond.log_marginal(other.theta)
        if its < log_marginal - _AGAINST_EMPTY:
            return evidence, maximum
        evidence, maximum, log_marginal = beyond, other, max(its, log_marginal)


def _places(evidence: Evidence, theta: Floats) -> list[float]:
    """Return where a bond may be, the first two peaks of g."""
    r = np.arange(0.9, 4.0, 0.01)
    g = Component(Solver(evidence, theta), evidence.observation).g(r)
    tops = 1 + np.flatnonzero((g[1:-1] > g[:-2]) & (g[1:-1] >= g[2:]) & (g[1:-1] > 1.2))
    return [float(place) for place in r[tops[:1]]] or [1.6]


def starting_points(evidence: Evidence, length: float = 0.15, places: list[float] | None = None) -> list[Floats]:
    """Return starts of a search: onsets, and where there is a bond, onsets beyond it."""
    if "neighbours" not in evidence.names:
        return [evidence.theta(onset=onset, length=length) for onset in np.arange(0.8, 3.8, 0.2)]
    if places is None:
        places = [float(np.exp(evidence.start[evidence.names.index("r")]))]
    combinations = product(places, (0.5, 0.9, 1.4, 2.1), (1.0, 2.0, 4.0), (0.04, 0.065))
    return [
        evidence.theta(r=place, neighbours=neighbours, width=width, onset=place + beyond, amplitude=0.7)
        for place, beyond, neighbours, width in combinations
    ]
