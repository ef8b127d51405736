"""How a pattern is solved: by a search, with a reference, or with hyperparameters that were fitted before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sklearn_wtrdf import transforms
from sklearn_wtrdf.inversion.evidence import Evidence
from sklearn_wtrdf.inversion.fitted import FittedMaterial
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.posterior import Posterior
from sklearn_wtrdf.inversion.reference import Reference
from sklearn_wtrdf.inversion.search import (
    exclude_outliers_given,
    fit_hyperparameters,
    fit_with_reference,
    refit_hyperparameters,
)
from sklearn_wtrdf.inversion.settings import InversionSettings
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.scattering.sampling import FEWEST

# Standard deviations of the logarithm of the number density, which with a given density is that of the normalization.
_DENSITY_SPREAD = 0.05  # of a given density
_DENSITY_UNKNOWN = 1.0  # of a density that is guessed from the slope of S_R
_DENSITY_WITH_REFERENCE = 0.01  # of a given density, with a reference whose S was normalized alike
_DENSITY_NEAR = 0.05  # of an unknown density, about that of the reference
_RESOLUTION = 1.2  # correlation length of changes of a reference, in units of π / q_max
_MOST_NOISE = 2.0  # of a similar pattern, in units of the noise of the fitted one
_SHORTEST_DISTANCE = 1.4  # Å: the guess from the slope of S_R takes g for 0 below


def observation_of(
    pattern: Pattern,
    settings: InversionSettings,
    *,
    reference: Reference | None = None,
    r_max: float | None = None,
) -> Observation:
    """Return S_R of a pattern with its errors, and the number density that is known or guessed."""
    q, s_r, density, std = pattern.q, pattern.s_r, pattern.number_density, pattern.std
    if std is None and settings.noise is not None:
        std = np.full(q.size, float(settings.noise))
    if reference is not None:
        spread = _DENSITY_NEAR if density is None else _DENSITY_WITH_REFERENCE
        r_max = max(settings.r_max, reference.curve.r[-1] + 1)
        guess = reference.number_density
    else:
        spread = _DENSITY_UNKNOWN if density is None else _DENSITY_SPREAD
        guess = transforms.density_from_slope(q, s_r, _SHORTEST_DISTANCE) if density is None else density
    return Observation(
        q,
        s_r,
        guess if density is None else density,
        spread,
        density_is_given=density is not None,
        std=std,
        r_max=r_max or settings.r_max,
        q_damp=settings.q_damp,
    )


def search(pattern: Pattern, settings: InversionSettings) -> Posterior:
    """Return the posterior under the prior and the hyperparameters of greatest evidence."""
    return fit_hyperparameters(
        observation_of(pattern, settings),
        settings.prior,
        systematic_errors=settings.systematic_errors,
        noise=_least_noise(pattern, settings),
    )


def search_with_reference(pattern: Pattern, reference: Reference, settings: InversionSettings) -> Posterior:
    """Return the posterior with a reference, under the hyperparameters of greatest evidence."""
    return fit_with_reference(
        reference,
        observation_of(pattern, settings, reference=reference),
        length=_RESOLUTION * np.pi / pattern.q[-1],
        systematic_errors=settings.systematic_errors,
        noise=_least_noise(pattern, settings),
    )


def restored(fitted: FittedMaterial, settings: InversionSettings, *, with_outliers: bool = False) -> Posterior:
    """Return the posterior of a fitted material, or with the same hyperparameters that of all of its points."""
    observation = observation_of(fitted.pattern, settings, r_max=fitted.r_max)
    if fitted.excluded.any() and not with_outliers:
        observation = observation.without(np.flatnonzero(fitted.excluded))
    least = _least_noise(fitted.pattern, settings)
    evidence = Evidence(fitted.prior, observation, systematic_errors=settings.systematic_errors, noise=least)
    return Posterior(evidence, fitted.theta)


def search_nearby(pattern: Pattern, posteriors: Sequence[Posterior], settings: InversionSettings) -> Posterior:
    """Return the posterior of a pattern that is similar to fitted ones, its hyperparameters fitted from theirs on.

    Where noise comes out much larger than theirs, or a distance or number of neighbours ends at a bound of their prior,
    the pattern is not similar, and the search begins anew.
    """
    nearest = _most_probable(pattern, posteriors, settings)
    observation = nearest.evidence.observation
    if observation.q.size >= FEWEST:
        posterior = refit_hyperparameters(nearest, observation)
        is_noisy = posterior.hyperparameters["noise"] > _MOST_NOISE * nearest.hyperparameters["noise"]
        if not is_noisy and _at_bounds(posterior) <= _at_bounds(nearest):
            return posterior
    return search(pattern, settings)


def _at_bounds(posterior: Posterior) -> set[str]:
    """Return which of the distances and numbers of neighbours are at a bound."""
    evidence, theta = posterior.evidence, posterior.theta
    at_bound = (theta <= evidence.low) | (theta >= evidence.high)
    return {evidence.names[i] for i in np.flatnonzero(at_bound)} & {"onset", "r", "neighbours"}


def with_hyperparameters(pattern: Pattern, posteriors: Sequence[Posterior], settings: InversionSettings) -> Posterior:
    """Return the posterior under those hyperparameters, of given ones, that make S_R most probable."""
    return exclude_outliers_given(_most_probable(pattern, posteriors, settings))


def _most_probable(pattern: Pattern, posteriors: Sequence[Posterior], settings: InversionSettings) -> Posterior:
    candidates = [
        posterior.given(observation_of(pattern, settings, r_max=posterior.evidence.observation.r_max))
        for posterior in posteriors
    ]
    return max(candidates, key=lambda posterior: posterior.log_evidence) if len(candidates) > 1 else candidates[0]


def _least_noise(pattern: Pattern, settings: InversionSettings) -> float | None:
    """Return the least that the noise may be, in units of `noise` where that counts."""
    return None if settings.noise is None or pattern.std is not None else 1.0
