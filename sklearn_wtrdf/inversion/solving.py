"""How a pattern is solved: by a search, with a reference, or with hyperparameters that were fitted before."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from sklearn_wtrdf import transforms
from sklearn_wtrdf.consistency import check_family
from sklearn_wtrdf.inversion.checks import check_data
from sklearn_wtrdf.inversion.evidence import Evidence
from sklearn_wtrdf.inversion.fitted import FittedMaterial
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.posterior import Posterior
from sklearn_wtrdf.inversion.reference import Reference, mixture
from sklearn_wtrdf.inversion.result import InversionResult
from sklearn_wtrdf.inversion.search import exclude_outliers_given, fit_hyperparameters, fit_with_reference
from sklearn_wtrdf.inversion.settings import InversionSettings
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.utils.data_warnings import DataWarning

_DENSITY_SPREAD = 0.05  # of a number density that is given, and of the normalization of S
_DENSITY_UNKNOWN = 1.0  # of one that is not
_DENSITY_WITH_REFERENCE = 0.01  # of one that is given, with a reference whose S was normalized alike
_DENSITY_NEAR = 0.05  # of one that is not: near the reference's
_RESOLUTION = 1.2  # of π / q_max: the correlation length of changes of a reference
_LAST_RESULTS = 2  # solutions that are kept, of tens of MB each
_SHORTEST_DISTANCE = 1.4  # Å: nearer than this no atoms are expected where the density follows from the slope of S_R


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


def with_hyperparameters(pattern: Pattern, posteriors: Sequence[Posterior], settings: InversionSettings) -> Posterior:
    """Return the posterior under those hyperparameters, of given ones, that make S_R most probable."""
    candidates = [
        posterior.given(observation_of(pattern, settings, r_max=posterior.evidence.observation.r_max))
        for posterior in posteriors
    ]
    best = max(candidates, key=lambda posterior: posterior.log_evidence) if len(candidates) > 1 else candidates[0]
    return exclude_outliers_given(best)


def _least_noise(pattern: Pattern, settings: InversionSettings) -> float | None:
    """Return the least that the noise may be, in units of `noise` where that counts."""
    return None if settings.noise is None or pattern.std is not None else 1.0


class PatternSolver:
    """Solves patterns with what `fit` learned, each once: the last solutions are kept, and those of `fit`.

    Parameters
    ----------
    references : list of Reference
    fitted_materials : list of FittedMaterial
        Empty with references.
    fitted_with : str
        The key of the settings that these were fitted with.
    band_scale : float
        How much wider bands are with a reference.
    are_measured : bool
        Whether patterns are known to be measurements, and no table of random numbers.
    """

    def __init__(
        self,
        references: list[Reference],
        fitted_materials: list[FittedMaterial],
        fitted_with: str,
        band_scale: float,
        are_measured: bool,
    ) -> None:
        self.references, self.fitted_materials, self.fitted_with = references, fitted_materials, fitted_with
        self.band_scale, self.are_measured = band_scale, are_measured
        self._checked: dict[bytes, list[DataWarning]] = {}
        self._posteriors: dict[tuple[bytes, str, bool], Posterior] = {}
        self._results: dict[tuple[bytes, str, str], InversionResult] = {}

    def remember(self, patterns: Sequence[Pattern], wrong: Sequence[list[DataWarning]]) -> None:
        """Keep what looks wrong with the training data."""
        self._checked |= {pattern.digest: given for pattern, given in zip(patterns, wrong, strict=True)}

    def remember_result(self, result: InversionResult) -> None:
        """Keep the solution of a fitted material."""
        self._posteriors[result.pattern.digest, self.fitted_with, False] = result.posterior

    def solve(self, pattern: Pattern, settings: InversionSettings, refit: str) -> InversionResult:
        """Return the solution of a pattern, checked and on its grid."""
        key = pattern.digest, settings.key, refit
        if key not in self._results:
            if len(self._results) >= _LAST_RESULTS:
                self._results.clear()
            solve = self._with_reference if self.references else partial(self._without_reference, refit=refit)
            self._results[key] = solve(pattern, settings)
        return self._results[key]

    def fitted_result(self, fitted: FittedMaterial, settings: InversionSettings) -> InversionResult:
        """Return the solution of a fitted material."""
        return InversionResult(fitted.pattern, self._restored(fitted, settings), self._check(fitted.pattern))

    def _with_reference(self, pattern: Pattern, settings: InversionSettings) -> InversionResult:
        reference, wrong = mixture(self.references, pattern.s_r), self._check(pattern)
        return InversionResult(
            pattern,
            search_with_reference(pattern, reference, settings),
            wrong + check_family(pattern.q, pattern.s_r, reference.pattern.s_r),
            band_scale=self.band_scale,
            without_reference=partial(search, pattern, settings),
        )

    def _without_reference(self, pattern: Pattern, settings: InversionSettings, refit: str) -> InversionResult:
        unchanged = self.fitted_with == settings.key
        for fitted in self.fitted_materials:
            if unchanged and fitted.pattern.digest == pattern.digest:
                return self.fitted_result(fitted, settings)
        wrong = self._check(pattern)
        if refit == "never" and self.fitted_materials:
            if not unchanged:
                raise ValueError("refit is 'never', and parameters have changed since fit: fit again.")
            # Hyperparameters of noise whose size was found are not those of noise that is known up to a factor.
            posteriors = [
                self._restored(fitted, settings, with_outliers=True)
                for fitted in self.fitted_materials
                if (fitted.pattern.std is None) == (pattern.std is None)
            ]
            if posteriors:
                return InversionResult(pattern, with_hyperparameters(pattern, posteriors, settings), wrong)
        return InversionResult(pattern, search(pattern, settings), wrong)

    def _restored(
        self, fitted: FittedMaterial, settings: InversionSettings, *, with_outliers: bool = False
    ) -> Posterior:
        with_outliers = with_outliers and bool(fitted.excluded.any())
        key = fitted.pattern.digest, settings.key, with_outliers
        if key not in self._posteriors:
            self._posteriors[key] = restored(fitted, settings, with_outliers=with_outliers)
        return self._posteriors[key]

    def _check(self, pattern: Pattern) -> list[DataWarning]:
        wrong = self._checked.get(pattern.digest)
        return check_data([pattern], self.are_measured)[0] if wrong is None else wrong
