"""The search for the hyperparameters and outliers of a pattern by the evidence.

The evidence has several local maxima, because the onset may lie before any of the first peaks. A search therefore
begins at the best of several starting points. It runs on the coarse grid of r, and takes its last steps on the fine
one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.inversion.average import Average, averaged, evidence_of_log, first_peak_of, with_fixed_scale
from sklearn_wtrdf.inversion.component import GaussianPosterior
from sklearn_wtrdf.inversion.evidence import Evidence
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.pair_selection import pair_starting_points, select_pair_functions
from sklearn_wtrdf.inversion.pairs_average import PairsAverage, weight_of_single, with_constant_weights
from sklearn_wtrdf.inversion.pattern_errors import N_OBSERVATION
from sklearn_wtrdf.inversion.posterior import Posterior, widen_if_unresolved
from sklearn_wtrdf.inversion.priors import Continuum, NearReference, Prior, Setting
from sklearn_wtrdf.inversion.reference import Reference
from sklearn_wtrdf.inversion.scoring import Maximum, best_of, maximize
from sklearn_wtrdf.inversion.selection import Candidate, select_prior, starting_points
from sklearn_wtrdf.scattering.sampling import MIN_POINTS, STD_PER_MEDIAN
from sklearn_wtrdf.transforms import sine_transform
from sklearn_wtrdf.utils.threads import single_thread

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OutlierLimits:
    """Which points of S_R are outliers, by their distance from the prediction of all other points.

    Distances are in standard deviations. With lower limits, points of good data are excluded as well.
    """

    before_fit: float = 5.5  # distance under every continuum, before hyperparameters are estimated
    before_fit_first_point: float = 2.5  # lower, because this point has one neighbour only, and contains little
    after_fit: float = 3.7  # distance under the hyperparameters of greatest evidence
    # Distance of the first point in a fit that includes it, below which it is kept. On simulated and measured patterns,
    # a fit without this point increased its distance threefold at most, and a lower one never beyond `after_fit`.
    min_first_point: float = 0.9
    with_reference: float = 6.0  # higher, because sharp maxima of S are less well described with a reference
    neighbour_ratio: float = 0.5  # largest distance of the neighbours of an outlier, relative to the limit for outliers
    n_neighbours: int = 2  # number on either side; if they deviate as well, the model is wrong and not the point
    max_candidates: int = 6  # number of points that are examined for an outlier; each takes a solution without it
    max_before_fit: int = 12  # number of outliers, or one for each `points_per_outlier` points if that is more
    points_per_outlier: int = 10
    # Hyperparameters of the continua before the fit: onsets [Å], sizes of white noise, and systematic errors of S.
    onsets: tuple[float, ...] = (1.0, 2.0, 3.0)
    noise_levels: tuple[float, ...] = (0.003, 0.01, 0.03, 0.1)
    systematic: float = 0.03
    max_after_fit: int = 4  # number of outliers
    max_first_points: int = 3  # number of outliers at the beginning of the pattern
    max_fraction: float = 0.05  # of all points, under the hyperparameters of another pattern


@dataclass(frozen=True)
class SearchSettings:
    """How a search for hyperparameters proceeds."""

    n_searches: int = 2  # number of starting points from which searches start, under a given prior
    tolerance: float = 1e-6  # gain of the log evidence in the last step; so small that rounding errors hardly matter
    # Relative changes of distances that are tried for the next pattern of a series.
    strains: tuple[float, ...] = (0.0, -0.02, 0.02, -0.04, 0.04)
    max_noise_ratio: float = 2.0  # largest ratio of the noise of a similar pattern to that of the fitted one
    # Change of the logarithm of the size of an error within a series. Above it, the posterior under the prior of log g
    # is searched for again.
    max_error_change: float = 0.7
    extension: float = 10.0  # Å, step by which r_max is increased
    min_extension_gain: float = 2.0  # gain of the log evidence below which an extension is not used
    max_extensions: int = 3
    min_systematic_gain: float = 4.0  # gain of the log evidence above which they are included, with a reference
    reference_amplitudes: tuple[float, ...] = (0.01, 0.03, 0.1, 0.3)  # starting values with a reference


OUTLIERS, SEARCH = OutlierLimits(), SearchSettings()


@single_thread
def fit_hyperparameters(
    observation: Observation,
    prior: Prior | None = None,
    *,
    systematic_errors: bool = True,
    noise: float | None = None,
    average: bool = True,
) -> Posterior:
    """Search for the hyperparameters with the largest evidence, and select the prior if none is given.

    Parameters
    ----------
    observation : Observation
        S_R with its errors and the number density.
    prior : Prior, default=None
        The prior of g. None selects the most probable of several (``sklearn_wtrdf.inversion.selection``).
    systematic_errors : bool, default=True
        Whether S may have errors that vary slowly with q.
    noise : float, default=None
        Lower bound of the size of the noise.
    average : bool, default=True
        Whether to average the posterior with those under other priors, if no prior is given.

    Returns
    -------
    Posterior
        The posterior of g under these hyperparameters.
    """
    if prior is not None and prior.describes_pairs:
        _check_pairs(prior, observation)
    if observation.q.size < MIN_POINTS:
        observation = observation.with_small_q()
        evidence = Evidence(prior or Continuum(), observation, systematic_errors=systematic_errors, noise=noise)
        return Posterior(evidence, evidence.start)
    single = without_outliers(observation.without_weights()).on_grid(is_coarse=True)
    observation = observation.without(np.flatnonzero(~np.isin(observation.q, single.q))).on_grid(is_coarse=True)
    if prior is not None:
        evidence = Evidence(prior, observation, systematic_errors=systematic_errors, noise=noise)
        starts = pair_starting_points(evidence) if prior.describes_pairs else starting_points(evidence)
        return _on_fine_grid(*_refined(evidence, best_of(evidence, starts, SEARCH.n_searches)))
    choice = select_prior(single, systematic_errors=systematic_errors, noise=noise)
    evidence, maximum = choice.evidence, choice.maximum
    if observation.weights is not None:
        evidence, maximum = select_pair_functions(observation, choice)
    evidence, maximum = _refined(evidence, maximum)
    posterior = _on_fine_grid(evidence, maximum)
    widen_if_unresolved(posterior)
    if not average:
        return posterior
    if not evidence.prior.describes_pairs:
        return averaged(posterior) if observation.density_is_given else posterior
    weight = weight_of_single(evidence.observation)
    if weight == 0:
        return posterior
    single = with_constant_weights(posterior, evidence.observation)
    return PairsAverage(posterior, _fit_corrected(single, choice), weight)


def _check_pairs(prior: Any, observation: Observation) -> None:
    """Raise an error unless a pattern has weights of the pairs that a prior of pair functions describes."""
    if (weights := observation.weights) is None:
        raise ValueError(
            "prior: pair functions need the weights of pairs: give the composition of an X-ray pattern whose weights "
            "change with q, or of a deuterated hydrocarbon with radiation 'neutron', or another prior."
        )
    if prior.pairs != weights.pairs:
        raise ValueError(
            f"prior: the pair functions are of {prior.composition}, and the pattern is of {weights.composition}."
        )


def _fit_corrected(observation: Observation, choice: Candidate) -> Posterior:
    """Fit a single g to an S_R from which the effect of the change of the pair weights with q is subtracted.

    This effect makes bonds less sharp. If a bond was selected in spite of it, the search begins with that prior.
    """
    evidence = choice.evidence
    if "neighbours" not in evidence.names:
        return fit_hyperparameters(observation, systematic_errors=evidence.systematic_errors, noise=evidence.noise)
    evidence = evidence.given(observation)
    maximum = maximize(evidence, choice.maximum.theta, choice.maximum.curvature)
    return averaged(_on_fine_grid(*_refined(evidence, maximum)))


def _refined(evidence: Evidence, maximum: Maximum) -> tuple[Evidence, Maximum]:
    """Exclude outliers and extend the range of r under the selected prior."""
    return extend_range(*_exclude_and_refit(*_exclude_first_points(evidence, maximum)))


def _on_fine_grid(evidence: Evidence, maximum: Maximum) -> Posterior:
    """Take the last steps of a search on the fine grid, with the assumption on S below its first point.

    Not before: a prior would be preferred because its S varies little at small q, and not because it explains S_R.
    """
    fine = evidence.given(evidence.observation.on_grid(is_coarse=False).with_small_q())
    maximum = maximize(fine.coarse, maximum.theta, maximum.curvature)
    return Posterior(fine, maximize(fine, maximum.theta, maximum.curvature, SEARCH.tolerance).theta)


@single_thread
def refit_hyperparameters(posterior: Posterior, observation: Observation) -> Posterior:
    """Fit the hyperparameters to the next pattern of a series, starting from those of a posterior.

    This takes a few steps. The uncertainty of the hyperparameters is that of the given posterior.

    Parameters
    ----------
    posterior : Posterior
        The posterior of a similar material.
    observation : Observation

    Returns
    -------
    Posterior
    """
    if isinstance(posterior, Average):
        first = refit_hyperparameters(posterior.first, observation)
        if isinstance(posterior, PairsAverage):
            single = with_constant_weights(first, first.evidence.observation)
            return PairsAverage(first, refit_hyperparameters(posterior.second, single), posterior.weight)
        return Average(first, _refitted_second(posterior, first), posterior.weight)
    fine = posterior.evidence.given(observation)
    coarse = fine.coarse
    is_distance = np.isin(np.arange(posterior.theta.size), coarse.indices("onset", "r"))
    starts = np.clip([posterior.theta + is_distance * strain for strain in SEARCH.strains], coarse.low, coarse.high)
    start = starts[int(np.argmin(coarse.values(starts)))]
    maximum = maximize(coarse, start, posterior.curvature)
    maximum = maximize(fine, maximum.theta, maximum.curvature)
    refitted = Posterior(fine, maximum.theta, root=posterior.root)
    refitted.widening = posterior.widening
    return exclude_outliers_given(refitted)


def _refitted_second(average: Average, first: Posterior) -> Posterior:
    """Return the second posterior of an average for the next pattern, given the first one and its outliers there.

    Its hyperparameters change as those of the first, the onset with the first peak. They are searched for only if the
    errors of S have changed much, because this takes longer than to fit the first.
    """
    second, peak = average.second, first_peak_of(first)
    evidence, theta = evidence_of_log(first, peak), second.theta.copy()
    theta[evidence.indices("onset")] += np.log(peak / first_peak_of(average.first.original or average.first))
    change = (first.theta - average.first.theta)[-N_OBSERVATION:]
    theta[-N_OBSERVATION:] += change
    theta = np.clip(theta, evidence.low, evidence.high)
    if np.abs(change).max() > SEARCH.max_error_change:
        theta = maximize(with_fixed_scale(evidence.coarse), theta, second.curvature).theta
    return Posterior(evidence, theta, root=second.root)


def refit_if_similar(posterior: Posterior, observation: Observation) -> Posterior | None:
    """Fit the hyperparameters as :func:`refit_hyperparameters` does, or return None if the pattern is not similar.

    It is not if its noise is much larger, or if a distance or a number of neighbours reaches a bound of the prior.
    """
    if observation.q.size < MIN_POINTS:
        return None
    refitted = refit_hyperparameters(posterior, observation)
    is_noisy = refitted.hyperparameters["noise"] > SEARCH.max_noise_ratio * posterior.hyperparameters["noise"]
    return refitted if not is_noisy and _at_bounds(refitted) <= _at_bounds(posterior) else None


def _at_bounds(posterior: Posterior) -> set[str]:
    """Return the names of distances and numbers of neighbours that are at a bound."""
    evidence, theta = posterior.evidence, posterior.theta
    at_bound = (theta <= evidence.low) | (theta >= evidence.high)
    return {evidence.names[i] for i in evidence.indices("onset", "r", "neighbours") if at_bound[i]}


def extend_range(evidence: Evidence, maximum: Maximum) -> tuple[Evidence, Maximum]:
    """Increase r_max as long as this increases the evidence, as it does if the structure decays slowly."""
    for _ in range(SEARCH.max_extensions):
        extended = evidence.given([item.with_r_max(item.r_max + SEARCH.extension) for item in evidence.observations])
        if maximum.value - extended.value(maximum.theta) < SEARCH.min_extension_gain:
            break
        evidence, maximum = extended, maximize(extended, maximum.theta, maximum.curvature)
    return evidence, maximum


@single_thread
def fit_with_reference(
    reference: Reference,
    observation: Observation,
    *,
    length: Setting = None,
    onset: float | None = None,
    systematic_errors: bool = True,
    noise: float | None = None,
) -> Posterior:
    """Search for the hyperparameters of the deviations from a reference.

    The part of the reference's S_R that its own g does not explain, because this g ends or is inaccurate, is assumed to
    be the same in both materials. Systematic errors are included only if they increase the evidence enough, because two
    materials that were measured in the same way have the same ones.

    Parameters
    ----------
    reference : Reference
        A material, or a mixture of materials, whose g(r) and S_R(q) are known.
    observation : Observation
        S_R of the sample with its errors and the number density.
    length, onset
        As for :class:`~sklearn_wtrdf.NearReference`.
    systematic_errors, noise
        As for :func:`fit_hyperparameters`.

    Returns
    -------
    Posterior
        The posterior of g under these hyperparameters.
    """
    prior, r = NearReference(reference, length=length, onset=onset), observation.geometry.r
    expected = prior.mean(np.zeros(2), r, reference.number_density) - 1
    explained = reference.number_density * (sine_transform(observation.q, r, observation.q_damp) @ expected)
    observation = observation.with_shared(reference.pattern.s_r - explained)
    if observation.q.size < MIN_POINTS:
        evidence = Evidence(prior, observation, systematic_errors=False, noise=noise)
        return Posterior(evidence, evidence.start)
    observation = without_outliers(observation)
    evidence = Evidence(prior, observation, systematic_errors=False, noise=noise)
    maximum = best_of(evidence, _starts_with_reference(evidence))
    if systematic_errors:
        with_errors = Evidence(prior, observation, noise=noise)
        maximum_with_errors = maximize(with_errors, maximum.theta)
        if maximum.value - maximum_with_errors.value > SEARCH.min_systematic_gain:
            evidence, maximum = with_errors, maximum_with_errors
    evidence, maximum = _exclude_and_refit(evidence, maximum, OUTLIERS.with_reference)
    return Posterior(evidence, maximize(evidence, maximum.theta, maximum.curvature, SEARCH.tolerance).theta)


def _starts_with_reference(evidence: Evidence) -> list[Floats]:
    return [evidence.theta(amplitude=amplitude) for amplitude in SEARCH.reference_amplitudes]


def _exclude_and_refit(
    evidence: Evidence, maximum: Maximum, min_residual: float = OUTLIERS.after_fit
) -> tuple[Evidence, Maximum]:
    """Exclude outliers one after the other, and continue the search without them."""

    def residuals(observation: Observation) -> Floats:
        # The coarse grid does not describe the last points of precise data, so outliers are identified on the fine one.
        fine = evidence.given(observation.on_grid(is_coarse=False))
        return np.abs(GaussianPosterior(fine, maximum.theta).standardized_residuals(fine))

    for _ in range(OUTLIERS.max_after_fit):
        worst = _lone_outlier(evidence.observation, residuals, min_residual)
        if worst is None:
            break
        evidence = evidence.given(evidence.observation.without(np.array([worst])))
        maximum = maximize(evidence, maximum.theta, maximum.curvature)
    return evidence, maximum


def _exclude_first_points(evidence: Evidence, maximum: Maximum) -> tuple[Evidence, Maximum]:
    """Exclude the first points that the search without them contradicts, and continue the search.

    S is least certain close to the beam stop. Structure at large r can describe any error of these points, because
    they have no neighbours at smaller q.
    """
    for _ in range(OUTLIERS.max_first_points):
        observation = evidence.observation
        if observation.q.size <= MIN_POINTS or not _is_predictable(observation)[0]:
            break
        with_first = GaussianPosterior(evidence, maximum.theta).standardized_residuals(evidence)
        if abs(with_first[0]) < OUTLIERS.min_first_point:
            break
        without_first = evidence.given(observation.without(np.array([0])))
        maximum_without = maximize(without_first, maximum.theta, maximum.curvature)
        fine = evidence.given(observation.on_grid(is_coarse=False))
        if abs(GaussianPosterior(fine, maximum_without.theta).standardized_residuals(fine)[0]) < OUTLIERS.after_fit:
            break
        evidence, maximum = without_first, maximum_without
    return evidence, maximum


def _lone_outlier(
    observation: Observation, residuals: Callable[[Observation], Floats], min_residual: float
) -> int | None:
    """Return the point that is furthest from the prediction of all others, if its neighbours agree with the model.

    If they deviate as well, the model does not describe S_R there, and no point is an outlier.
    """
    if observation.q.size <= MIN_POINTS:
        return None
    distances = np.where(_is_predictable(observation), residuals(observation), 0.0)
    n = OUTLIERS.n_neighbours
    for _ in range(OUTLIERS.max_candidates):
        worst = int(distances.argmax())
        if distances[worst] < min_residual:
            return None
        first = max(worst - n, 0)
        neighbours = residuals(observation.without(np.array([worst])))[first : worst + n]
        if neighbours.max() < OUTLIERS.neighbour_ratio * min_residual:
            return worst
        distances[first : worst + n + 1] = 0.0
    return None


def _is_predictable(observation: Observation) -> NDArray[np.bool_]:
    """Return which points have a neighbour within π / r_max, the step of q that resolves structure up to r_max."""
    steps = np.diff(observation.q)
    nearest = np.minimum(np.append(steps, np.inf), np.append(np.inf, steps))
    return np.asarray(nearest < np.pi / observation.r_max)


def exclude_outliers_given(posterior: Posterior) -> Posterior:
    """Exclude outliers under fixed hyperparameters.

    If there are many, the hyperparameters are wrong for this S_R, so the number of excluded points is limited.
    """
    for _ in range(int(OUTLIERS.max_fraction * posterior.evidence.observation.q.size)):
        distances = np.abs(posterior.standardized_residuals)
        if distances.max() < OUTLIERS.after_fit:
            break
        posterior = posterior.given(posterior.evidence.observation.without(np.array([distances.argmax()])))
    return posterior


def without_outliers(observation: Observation) -> Observation:
    """Exclude points that are outliers under any continuum, one after the other."""
    noise_levels = OUTLIERS.noise_levels if observation.std is None else (1.0,)
    for _ in range(max(OUTLIERS.max_before_fit, observation.q.size // OUTLIERS.points_per_outlier)):
        evidence = Evidence(Continuum(amplitude=1.0), observation)
        thetas = [
            evidence.theta(onset=onset, noise=noise, systematic=OUTLIERS.systematic)
            for onset, noise in product(OUTLIERS.onsets, noise_levels)
        ]
        theta = min(thetas, key=evidence.value)
        worst = _lone_outlier(observation, partial(_robust_residuals, evidence, theta), OUTLIERS.before_fit)
        if worst is None:
            break
        observation = observation.without(np.array([worst]))
    return observation


def _robust_residuals(evidence: Evidence, theta: Floats, observation: Observation) -> Floats:
    """Return the distances from the prediction of all other points, in robust standard deviations."""
    evidence = evidence.given(observation)
    distances = np.abs(GaussianPosterior(evidence, theta).standardized_residuals(evidence))
    distances /= max(STD_PER_MEDIAN * np.median(distances), 1.0)
    if observation.q[0] == observation.complete.q[0] and not observation.shared.any():
        distances[0] *= OUTLIERS.before_fit / OUTLIERS.before_fit_first_point
    return distances
