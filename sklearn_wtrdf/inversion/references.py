"""The references in the training data, and the calibration of bands by leaving out one reference at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf import consistency, mismatch
from sklearn_wtrdf.inversion.checks import MAX_ABS
from sklearn_wtrdf.inversion.pattern_posterior import search, search_with_reference
from sklearn_wtrdf.inversion.reference import Reference, mixture
from sklearn_wtrdf.inversion.settings import InversionSettings
from sklearn_wtrdf.scattering.curve import Curve
from sklearn_wtrdf.scattering.frame import Scattering
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.scattering.sampling import HALF_WIDTH_90, MIN_POINTS, check_possible
from sklearn_wtrdf.utils.data_warnings import DataWarning

Floats = NDArray[np.float64]

_DEFAULT_BAND_SCALE = 1.5  # factor of bands with one or two references, the typical one of the simulated glasses
_MAX_OMITTED = 12  # references that are left out in turn; with more the factor hardly changes
_MIN_DISTANCES = 3  # of a reference, and of the range that references share
_MIN_REFERENCES = 3  # from which the factor of bands is estimated
_MEAN_AT_END = (0.5, 1.5)  # limits of the mean of g in its last quarter


def references_of(
    scattering: Scattering, g: Floats, settings: InversionSettings
) -> tuple[list[Reference], list[list[DataWarning]]]:
    """Return the references from training data, and the warnings about each material.

    The order of the references does not depend on the order of the rows of X.
    """
    check_possible("y, the g(r) that is given,", g)
    if (largest := np.abs(g).max()) > MAX_ABS:
        raise ValueError(f"y is as large as {largest:.3g}, which no g(r) is: it tends to 1.")
    references: dict[int, Reference] = {}
    all_warnings = []
    for i, (pattern, rows) in zip(scattering.order, scattering.in_order(), strict=True):
        curve = _curve(scattering.r[rows], g[rows])
        all_warnings.append(_check_training_curve(pattern, curve))
        if curve.r.size >= _MIN_DISTANCES:
            density = pattern.number_density or search(pattern, settings).number_density
            references[i] = Reference(replace(pattern, std=None, number_density=float(density)), curve)
    ordered = [references[i] for i in sorted(references)]
    if ordered:
        _check_shared_range(ordered)
    return ordered, all_warnings


def _curve(r: Floats, g: Floats) -> Curve:
    """Return rows of r and g as a curve of increasing r > 0; g is averaged over rows at the same distance."""
    r, row = np.unique(r, return_inverse=True)
    g = np.bincount(row, g) / np.bincount(row)
    return Curve(r[r > 0], g[r > 0])


def _check_training_curve(pattern: Pattern, curve: Curve) -> list[DataWarning]:
    """Return the warnings about a g(r), and about its consistency with S_R."""
    r, g = curve.r, curve.g
    if r.size < _MIN_DISTANCES:
        return [
            DataWarning(f"A training material has {r.size} distances, too few for a reference curve: it is ignored.")
        ]
    messages = [DataWarning(message)] if (message := _message_on_resolution(r)) else []
    tail = g[-max(r.size // 4, 1) :].mean()
    if r.size >= MIN_POINTS and not _MEAN_AT_END[0] < tail < _MEAN_AT_END[1]:
        message = f"g does not tend to 1: its last quarter has mean {tail:.3g}. "
        messages.append(DataWarning(f"{message}If y is G(r) or the RDF, convert it to g(r) first."))
    return (
        messages
        + consistency.check_curve(r, g)
        + mismatch.check_pair(pattern.q, pattern.s_r, r, g, pattern.number_density)
    )


def _message_on_resolution(r: Floats) -> str:
    """Return a message if a reference has too few distances to be compared with S_R, or an empty text."""
    widest = float(np.diff(r).max())
    if r.size >= MIN_POINTS and widest <= mismatch.LIMITS.widest_step:
        return ""
    return (
        f"The g(r) of a reference has {r.size} distances, up to {widest:.2g} Å apart, and is interpolated. "
        f"It is not compared with S_R(q), which takes {MIN_POINTS} or more, "
        f"each {mismatch.LIMITS.widest_step:g} Å or less from the next."
    )


def _check_shared_range(references: list[Reference]) -> None:
    """Raise unless the references have a common range of r."""
    curves = [reference.curve for reference in references]
    low, high = max(curve.r[0] for curve in curves), min(curve.r[-1] for curve in curves)
    if any(((curve.r >= low) & (curve.r <= high)).sum() < _MIN_DISTANCES for curve in curves):
        ranges = ", ".join(f"{curve.r[0]:g} to {curve.r[-1]:g} Å" for curve in curves)
        raise ValueError(f"X: the references must share a range of r to be mixed, got {ranges}.")


def band_scale_of(references: list[Reference], settings: InversionSettings) -> float:
    """Return the factor of bands that makes 90 % of the references' values lie in the bands predicted by the others."""
    n = len(references)
    if n < _MIN_REFERENCES:
        return _DEFAULT_BAND_SCALE if n else 1.0
    deviations = []
    for i in np.unique(np.linspace(0, n - 1, min(n, _MAX_OMITTED)).astype(int)):
        omitted, others = references[i], [*references[:i], *references[i + 1 :]]
        reference = mixture(others, omitted.pattern.s_r)
        posterior = search_with_reference(omitted.pattern, reference, settings)
        r = omitted.curve.r
        r = r[(r >= reference.curve.r[0]) & (r <= reference.curve.r[-1])]
        std = posterior.std(r)
        deviations.append((np.abs(omitted.at(r) - posterior.g(r)) / np.where(std > 0, std, np.inf))[std > 0])
    standardized = np.concatenate(deviations)
    return max(1.0, float(np.quantile(standardized, 0.9)) / HALF_WIDTH_90) if standardized.size else 1.0
