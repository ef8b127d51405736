"""The posterior of a pattern: by a search, with a reference, or under hyperparameters that were fitted before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sklearn_wtrdf import transforms
from sklearn_wtrdf.inversion.average import Average
from sklearn_wtrdf.inversion.evidence import Evidence
from sklearn_wtrdf.inversion.fitted import FittedMaterial
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.pair_selection import neutron_weights_of_molecule
from sklearn_wtrdf.inversion.pairs_average import PairsAverage, with_constant_weights
from sklearn_wtrdf.inversion.posterior import Posterior, widen_if_unresolved
from sklearn_wtrdf.inversion.reference import Reference
from sklearn_wtrdf.inversion.search import (
    exclude_outliers_given,
    fit_hyperparameters,
    fit_with_reference,
    refit_if_similar,
)
from sklearn_wtrdf.inversion.settings import InversionSettings
from sklearn_wtrdf.scattering.pairs import PairWeights
from sklearn_wtrdf.scattering.pattern import Pattern


@dataclass(frozen=True)
class PatternSettings:
    """Uncertainties of the number density and the normalization of S, and limits of what is neglected."""

    # Standard deviations of the logarithm of the scale, the product of number density and normalization.
    spread: float = 0.05  # if the number density is given
    spread_unknown: float = 1.0  # if the number density is estimated from the slope of G(r)
    spread_with_reference: float = 0.01  # if it is given, with a reference whose S was normalized in the same way
    spread_unknown_with_reference: float = 0.05  # if it is assumed to be that of the reference
    first_distance: float = 1.4  # Å, below which g is assumed to be 0 in the estimate from the slope of G(r)

    length_with_reference: float = 1.2  # correlation length of the deviations from a reference, in units of π / q_max
    min_variation: float = 0.05  # smallest change of the pair weights with q that is not neglected


SETTINGS = PatternSettings()


def observation_of(
    pattern: Pattern,
    settings: InversionSettings,
    *,
    reference: Reference | None = None,
    r_max: float | None = None,
) -> Observation:
    """Return the observation of a pattern, with its number density or a guess of it."""
    q, s_r, density, std = pattern.q, pattern.s_r, pattern.number_density, pattern.std
    if std is None and settings.noise is not None:
        std = np.full(q.size, float(settings.noise))
    if reference is not None:
        spread = SETTINGS.spread_unknown_with_reference if density is None else SETTINGS.spread_with_reference
        r_max = max(settings.r_max, reference.curve.r[-1] + 1)
        guess = reference.number_density
    else:
        spread = SETTINGS.spread_unknown if density is None else SETTINGS.spread
        guess = transforms.density_from_slope(q, s_r, SETTINGS.first_distance) if density is None else density
    return Observation(
        q,
        s_r,
        guess if density is None else density,
        spread,
        density_is_given=density is not None,
        std=std,
        r_max=r_max or settings.r_max,
        q_damp=settings.q_damp,
        weights=weights_of(pattern, settings) if reference is None else None,
    )


def weights_of(pattern: Pattern, settings: InversionSettings) -> PairWeights | None:
    """Return the pair weights of a pattern of known composition, or None if it is solved by a single g.

    A single g is inadequate if the weights change with q, as with X-rays, or if bonds of several lengths merge.
    """
    composition = settings.composition or pattern.composition
    radiation = pattern.radiation or ((settings.radiation or "x-ray") if settings.composition else None)
    if composition is None or radiation is None:
        return None
    if radiation == "neutron":
        return neutron_weights_of_molecule(composition, pattern.q)
    weights = PairWeights.of(composition, pattern.q, "x-ray", settings.wavelength)
    return weights if weights.variation > SETTINGS.min_variation else None


def search(pattern: Pattern, settings: InversionSettings) -> Posterior:
    """Return the posterior under the prior and the hyperparameters with the largest evidence."""
    return fit_hyperparameters(
        observation_of(pattern, settings),
        settings.prior,
        systematic_errors=settings.systematic_errors,
        noise=_min_noise(pattern, settings),
    )


def search_with_reference(pattern: Pattern, reference: Reference, settings: InversionSettings) -> Posterior:
    """Return the posterior with a reference, under the hyperparameters with the largest evidence."""
    return fit_with_reference(
        reference,
        observation_of(pattern, settings, reference=reference),
        length=SETTINGS.length_with_reference * np.pi / pattern.q[-1],
        systematic_errors=settings.systematic_errors,
        noise=_min_noise(pattern, settings),
    )


def restored(fitted: FittedMaterial, settings: InversionSettings, *, with_outliers: bool = False) -> Posterior:
    """Return the posterior of a fitted material. If `with_outliers` is True, excluded points are used again."""
    complete = observation_of(fitted.pattern, settings, r_max=fitted.r_max)
    return _restored(fitted, complete, settings, with_outliers)


def _restored(
    fitted: FittedMaterial,
    complete: Observation,
    settings: InversionSettings,
    with_outliers: bool,
    scale: float = 1.0,
) -> Posterior:
    """Return the posterior of a fitted material.

    `scale` is the median of the scale: for the second of an average, that of the first.
    """
    observation = complete.with_r_max(fitted.r_max).with_small_q()
    if fitted.excluded.any() and not with_outliers:
        observation = observation.without(np.flatnonzero(fitted.excluded))
    evidence = Evidence(
        fitted.prior,
        observation,
        systematic_errors=settings.systematic_errors,
        noise=_min_noise(fitted.pattern, settings),
        scale=scale,
    )
    posterior = Posterior(evidence, fitted.theta)
    if settings.prior is None:
        widen_if_unresolved(posterior)
    if fitted.second is None:
        return posterior
    if fitted.prior.describes_pairs:
        single = with_constant_weights(posterior, complete)
        return PairsAverage(posterior, _restored(fitted.second, single, settings, with_outliers), fitted.weight)
    scale = posterior.hyperparameters["scale"]
    second = _restored(fitted.second, complete, settings, with_outliers, scale)
    return Average(posterior, second, fitted.weight)


def search_nearby(pattern: Pattern, posteriors: Sequence[Posterior], settings: InversionSettings) -> Posterior:
    """Return the posterior of a pattern by a search that starts with the result of a similar pattern.

    If the pattern is not similar to any, a full search follows.
    """
    nearest = _most_probable(pattern, posteriors, settings)
    posterior = refit_if_similar(nearest, nearest.evidence.observation)
    return search(pattern, settings) if posterior is None else posterior


def with_hyperparameters(pattern: Pattern, posteriors: Sequence[Posterior], settings: InversionSettings) -> Posterior:
    """Return the posterior under those of the given hyperparameters under which S_R is most probable."""
    return exclude_outliers_given(_most_probable(pattern, posteriors, settings))


def _most_probable(pattern: Pattern, posteriors: Sequence[Posterior], settings: InversionSettings) -> Posterior:
    candidates = [
        posterior.given(observation_of(pattern, settings, r_max=posterior.evidence.observation.r_max).with_small_q())
        for posterior in posteriors
    ]
    return max(candidates, key=lambda posterior: posterior.log_evidence) if len(candidates) > 1 else candidates[0]


def _min_noise(pattern: Pattern, settings: InversionSettings) -> float | None:
    """Return the lower bound of the size of the noise; None without the setting `noise`, or if errors are known."""
    return None if settings.noise is None or pattern.std is not None else 1.0
