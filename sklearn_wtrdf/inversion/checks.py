"""Checks of an inversion: parameters, values that no measurement has, and saved models."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf import consistency
from sklearn_wtrdf.inversion.pattern_errors import N_OBSERVATION
from sklearn_wtrdf.scattering.pairs import largest_difference
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.scattering.sampling import MIN_POINTS
from sklearn_wtrdf.scattering.validation import check_count, check_number_density, check_r, check_s_r, check_std
from sklearn_wtrdf.utils.data_warnings import DataWarning

if TYPE_CHECKING:
    from sklearn_wtrdf.inversion.fitted import FittedMaterial
    from sklearn_wtrdf.inversion.priors.base import Prior
    from sklearn_wtrdf.inversion.reference import Reference

Floats = NDArray[np.float64]

MAX_ABS = 1e6  # of S_R [Å⁻¹] and of g
_MAX_R = 500.0  # Å; larger distances are in another unit
_MAX_Q = 100.0  # Å⁻¹; larger q are in another unit
_SAME_FRACTION = 0.01  # largest difference of the fractions of an element in two formulas of one material
_SAME_Q = 1e-6  # Å⁻¹, largest difference of equal points of q


def check_options(prior: Prior | None, refit: str) -> None:
    """Raise an error if a parameter is set that does not apply to an inversion with a reference."""
    if prior is not None:
        raise ValueError(
            "prior: in a fit with a reference, the reference is the prior. Leave y out, or pass reference=False, to "
            "use another prior."
        )
    if refit != "each":
        raise ValueError("refit: with a reference, hyperparameters are fitted to each S_R, so refit must be 'each'.")


def check_data(patterns: Sequence[Pattern], are_measured: bool) -> list[list[DataWarning]]:
    """Return the warnings about each of several patterns on one grid.

    `are_measured` is False for S_R from an array without column names, which may be any table.
    """
    for pattern in patterns:
        _check_sizes(pattern)
    if are_measured and (message := message_on_few_points(patterns[0].q.size)):
        return [[DataWarning(message)] for _ in patterns]
    return consistency.check_patterns(patterns)


def message_on_few_points(n_points: int) -> str:
    """Return a message if an S_R has too few points for a search, or an empty text."""
    if n_points >= MIN_POINTS:
        return ""
    return f"S_R has {n_points} points of q, fewer than {MIN_POINTS}: the hyperparameters keep their starting values."


def check_composition(given: str | None, of_data: str | None) -> list[DataWarning]:
    """Return a warning if the given composition is not that of the data."""
    if given is None or of_data is None or largest_difference(given, of_data) <= _SAME_FRACTION:
        return []
    return [DataWarning(f"composition is {given}, but X has {of_data} in its attrs: which one is right?")]


def check_distances(r: Floats) -> None:
    """Raise if distances are not in Å."""
    if (last := np.max(r)) > _MAX_R:
        raise ValueError(
            f"r reaches {last:g}, beyond any structure in S_R: it must be in Å. If it is in pm, divide it by 100."
        )


def points_in_range(q: Floats, fitted: Floats) -> Floats:
    """Return the points of a grid within the range of the fitted grid; the latter itself if both are equal."""
    if q.size == fitted.size and np.abs(q - fitted).max() < _SAME_Q:
        return fitted
    inside = q[(q > fitted[0] - _SAME_Q) & (q < fitted[-1] + _SAME_Q)]
    if inside.size < 2:
        raise ValueError(
            f"q spans {q[0]:g} to {q[-1]:g} Å⁻¹, but the model was fitted on {fitted[0]:g} to {fitted[-1]:g} Å⁻¹."
        )
    return inside


def check_finite(g: Floats) -> None:
    """Raise an error if the g of a saved model is not finite."""
    if not np.isfinite(g).all():
        raise ValueError("fitted_materials_[0] gives no g(r)")


def _check_sizes(pattern: Pattern) -> None:
    """Raise an error if a pattern has values that no measurement has, which would exhaust memory or give no g."""
    if pattern.q[-1] > _MAX_Q and pattern.q.size >= MIN_POINTS:
        raise ValueError(
            f"q ends at {pattern.q[-1]:g} Å⁻¹, beyond what diffraction reaches: if it is in nm⁻¹, divide it by 10."
        )
    if (largest := np.abs(pattern.s_r).max()) > MAX_ABS:
        raise ValueError(f"S_R is as large as {largest:.3g} Å⁻¹, which no material has: S_R = q (S − 1).")


def check_level(level: Any) -> None:
    """Raise unless a value is a probability between 0 and 1."""
    if not (isinstance(level, Real) and 0 < float(level) < 1):
        raise ValueError(f"level must lie between 0 and 1, got {level!r}.")


def check_peak_options(n_samples: Any, n_peaks: Any, level: Any) -> None:
    """Raise unless peaks can be measured with these options."""
    check_count("n_samples", n_samples, 2)
    check_count("n_peaks", n_peaks, 1)
    check_level(level)


def check_saved(
    references: list[Reference], fitted_materials: list[FittedMaterial], band_scale: Any, fitted_with: Any, q: Floats
) -> None:
    """Raise an error unless the saved results are valid for predictions on the grid q."""
    if bool(references) == bool(fitted_materials):
        raise ValueError("it must have either references or fitted materials")
    for i, reference in enumerate(references):
        _check_saved_pattern(reference.pattern, q)
        check_number_density(reference.number_density)
        r, g = check_r(reference.curve.r), check_s_r(reference.curve.g, reference.curve.r.size)
        if r.size < 3 or g.ndim != 1 or np.diff(r).min() <= 0:
            raise ValueError(f"references_[{i}] is not a curve of increasing r")
    for i, fitted in enumerate(fitted_materials):
        solutions = [fitted]
        while (second := solutions[-1].second) is not None:
            if len(solutions) == (3 if fitted.prior.describes_pairs else 2):
                raise ValueError(f"fitted_materials_[{i}] is an average of too many solutions")
            solutions.append(second)
        for material in solutions:
            if not (isinstance(material.weight, Real) and 0 <= float(material.weight) <= 1):
                raise ValueError(f"fitted_materials_[{i}] has a weight of {material.weight!r}")
            _check_saved_pattern(material.pattern, q)
            n_theta = len(material.prior.hyperparameters) + N_OBSERVATION
            if material.excluded.shape != q.shape or check_s_r(material.theta, n_theta).ndim != 1:
                raise ValueError(f"fitted_materials_[{i}] does not say which of {q.size} points are excluded")
    if not (isinstance(band_scale, Real) and 1 <= float(band_scale) < np.inf):
        raise ValueError(f"band_scale_ is {band_scale!r}")
    if not isinstance(fitted_with, str):
        raise ValueError("the parameters of the fit are missing")


def _check_saved_pattern(pattern: Pattern, q: Floats) -> None:
    pattern.check()
    if not np.array_equal(pattern.q, q):
        raise ValueError("a pattern is not on the grid q_")
    if pattern.std is not None:
        check_std(pattern.std, q.size)
