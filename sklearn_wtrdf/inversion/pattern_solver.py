"""The solution of patterns by the results of `fit`, and a cache of the solutions."""

from __future__ import annotations

from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.inversion.checks import check_data, check_options
from sklearn_wtrdf.inversion.diagnostics import check_fit
from sklearn_wtrdf.inversion.fitted import FittedMaterial
from sklearn_wtrdf.inversion.pattern_posterior import (
    restored,
    search,
    search_nearby,
    search_with_reference,
    weights_of,
    with_hyperparameters,
)
from sklearn_wtrdf.inversion.posterior import Posterior
from sklearn_wtrdf.inversion.reference import Reference, mixture
from sklearn_wtrdf.inversion.references import band_scale_of, references_of
from sklearn_wtrdf.inversion.result import InversionResult
from sklearn_wtrdf.inversion.settings import InversionSettings
from sklearn_wtrdf.mismatch import check_family
from sklearn_wtrdf.scattering.frame import Scattering
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.utils import data_warnings
from sklearn_wtrdf.utils.data_warnings import DataWarning
from sklearn_wtrdf.utils.threads import single_thread

Floats = NDArray[np.float64]

_CACHE_SIZE = 2  # solutions, of tens of MB each
_CACHE_SIZE_OF_PAIRS = 1  # solutions with pair functions, of some hundred MB each


class PatternSolver:
    """Solves patterns by the results of `fit`. Solutions of training materials and of the last patterns are cached.

    Parameters
    ----------
    references : list of Reference
        The references; empty in a fit without references.
    fitted_materials : list of FittedMaterial
        Prior and hyperparameters of the training materials; empty in a fit with references.
    fitted_with : str
        The key of the settings of `fit`.
    band_scale : float
        Factor of bands with a reference.
    are_measured : bool
        Whether X has the column names of scattering data. Otherwise S_R may be any table of numbers.
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

    @classmethod
    @single_thread
    def fit(cls, scattering: Scattering, g: Floats | None, settings: InversionSettings, are_measured: bool) -> Self:
        """Take references from training data with g, or fit the hyperparameters of each material without g.

        Warnings about the data are issued.
        """
        patterns = [pattern for pattern, _ in scattering.in_order()]
        of_patterns = check_data(patterns, are_measured)
        if g is not None:
            references, of_curves = references_of(scattering, g, settings)
            data_warnings.warn([first + second for first, second in zip(of_patterns, of_curves, strict=True)])
            solver = cls(references, [], settings.key, band_scale_of(references, settings), are_measured)
        else:
            data_warnings.warn(of_patterns)
            posteriors = [search(pattern, settings) for pattern in patterns]
            data_warnings.warn([check_fit(posterior) for posterior in posteriors])
            fitted = [FittedMaterial.of(*solution) for solution in zip(patterns, posteriors, strict=True)]
            solver = cls([], fitted, settings.key, 1.0, are_measured)
            for pattern, posterior in zip(patterns, posteriors, strict=True):
                solver._posteriors[pattern.digest, settings.key, False] = posterior
        solver._checked = {pattern.digest: messages for pattern, messages in zip(patterns, of_patterns, strict=True)}
        return solver

    @single_thread
    def solve(self, pattern: Pattern, settings: InversionSettings, refit: str) -> InversionResult:
        """Return the solution of a pattern that is checked and on the grid of the model."""
        key = pattern.digest, settings.key, refit
        if (result := self._results.get(key)) is None:
            if self.references:
                check_options(settings.prior, refit)
                result = self._with_reference(pattern, settings)
            else:
                result = self._without_reference(pattern, settings, refit)
            cache_size = _CACHE_SIZE_OF_PAIRS if result.posterior.evidence.prior.describes_pairs else _CACHE_SIZE
            if len(self._results) >= cache_size:
                self._results.clear()
            self._results[key] = result
        return result.of(pattern)

    @single_thread
    def fitted_result(self, fitted: FittedMaterial, settings: InversionSettings) -> InversionResult:
        """Return the solution of a fitted material."""
        return InversionResult(fitted.pattern, self._restored(fitted, settings), self._check(fitted.pattern))

    def _with_reference(self, pattern: Pattern, settings: InversionSettings) -> InversionResult:
        reference = mixture(self.references, pattern.s_r)
        return InversionResult(
            pattern,
            search_with_reference(pattern, reference, settings),
            self._check(pattern) + check_family(pattern.q, pattern.s_r, reference.pattern.s_r),
            band_scale=self.band_scale,
            scale_error=reference.scale_error,
            without_reference=partial(search, pattern, settings),
        )

    def _without_reference(self, pattern: Pattern, settings: InversionSettings, refit: str) -> InversionResult:
        unchanged = self.fitted_with == settings.key
        for fitted in self.fitted_materials:
            if unchanged and fitted.pattern.digest == pattern.digest:
                return self.fitted_result(fitted, settings)
        messages = self._check(pattern)
        if refit == "never" and self.fitted_materials and not unchanged:
            raise ValueError("refit is 'never', and parameters have changed since fit: fit again.")
        similar = self._similar_posteriors(pattern, settings) if unchanged and refit != "each" else []
        if similar:
            is_fixed = refit == "never"
            solve = with_hyperparameters if is_fixed else search_nearby
            return InversionResult(pattern, solve(pattern, similar, settings), messages, are_bonds_fixed=is_fixed)
        return InversionResult(pattern, search(pattern, settings), messages)

    def _similar_posteriors(self, pattern: Pattern, settings: InversionSettings) -> list[Posterior]:
        """Return the fitted posteriors whose hyperparameters are applicable to a pattern.

        The size of the noise has another meaning if the standard deviation of S_R is known, and pair functions need
        pair weights.
        """
        has_weights = weights_of(pattern, settings) is not None
        return [
            self._restored(fitted, settings, with_outliers=True)
            for fitted in self.fitted_materials
            if (fitted.pattern.std is None) == (pattern.std is None)
            and (has_weights or not fitted.prior.describes_pairs)
        ]

    def _restored(
        self, fitted: FittedMaterial, settings: InversionSettings, *, with_outliers: bool = False
    ) -> Posterior:
        with_outliers = with_outliers and bool(fitted.excluded.any())
        key = fitted.pattern.digest, settings.key, with_outliers
        if key not in self._posteriors:
            self._posteriors[key] = restored(fitted, settings, with_outliers=with_outliers)
        return self._posteriors[key]

    def _check(self, pattern: Pattern) -> list[DataWarning]:
        messages = self._checked.get(pattern.digest)
        return check_data([pattern], self.are_measured)[0] if messages is None else messages
