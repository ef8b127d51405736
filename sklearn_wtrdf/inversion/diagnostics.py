"""Diagnostics of an inversion: warnings if the model does not describe S_R, or if S_R contradicts the density."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from sklearn_wtrdf.inversion.evidence import AT_BOUND
from sklearn_wtrdf.inversion.scoring import maximize
from sklearn_wtrdf.scattering.lines import LIMITS, sharp_lines
from sklearn_wtrdf.scattering.sampling import MIN_POINTS
from sklearn_wtrdf.utils.data_warnings import DataWarning
from sklearn_wtrdf.utils.text import counted

if TYPE_CHECKING:
    from sklearn_wtrdf.inversion.posterior import Posterior


# Limits beyond which warnings are issued.
MAX_LOG_SCALE = 0.12  # logarithm of number density times normalization: smaller errors are usual
_MAX_LOG_SCALE_IN_STDS = 2.0  # the same, in standard deviations
# With a reference, glasses of one family differ, and so do normalizations. For simulated families with right densities,
# a free scale that differs by more than 0.3 gains 5.7 at most; densities that are wrong by a factor of 2 are reported
# in nine of ten cases.
_MAX_LOG_SCALE_WITH_REFERENCE = 0.3
_MIN_GAIN_WITH_REFERENCE = 8.0  # of the log evidence, by a free scale
_MIN_SHIFT_WITH_REFERENCE = 0.1  # of the log scale, in prior standard deviations; after a smaller one there is no gain
MAX_SYSTEMATIC_ERROR = 0.02  # of S, root mean square
_MAX_RESIDUAL = 2.0  # root mean square, relative to the noise
_MAX_CORRELATION = 3.0  # of the residuals of neighbouring points, in standard deviations
_SPREAD_OF_FREE_SCALE = 0.5  # prior standard deviation of the log scale, if S_R alone determines it
_BOUNDED = ("onset", "amplitude", "decay", "r", "neighbours", "width")  # hyperparameters whose bounds are checked
_MAY_VANISH = ("amplitude", "neighbours")  # those that may be at their lower bound
_MAY_VANISH_WITH_OSCILLATION = ("decay",)  # because the oscillation describes g at large r
_MAX_LISTED = 5  # outliers that a warning lists
_checked_scales: WeakKeyDictionary[Posterior, list[DataWarning]] = WeakKeyDictionary()


def check_fit(posterior: Posterior) -> list[DataWarning]:
    """Return warnings if the model does not describe S_R."""
    observation, decomposition = posterior.evidence.observation, posterior.decomposition
    if observation.q.size < MIN_POINTS:
        return []
    messages = []
    q, included = decomposition.q, ~decomposition.excluded & (decomposition.q > 0)
    parts = decomposition.systematic, decomposition.structure
    systematic, structure = (np.sqrt(np.mean((part[included] / q[included]) ** 2)) for part in parts)
    if systematic > MAX_SYSTEMATIC_ERROR:
        messages.append(
            f"S has a systematic error of {systematic:.2g} compared with a structure of "
            f"{structure:.2g} (root mean squares): check normalization and background. "
            "It is not counted as g(r)."
        )
    messages += map(str, check_scale(posterior))
    [lines] = sharp_lines(q, decomposition.s_r[None])  # which have a warning of their own
    excluded = q[decomposition.excluded]
    outliers = [place for place in excluded if not (np.abs(lines - place) < LIMITS.half_width).any()]
    if outliers:
        places = ", ".join(f"{value:.3g}" for value in outliers[:_MAX_LISTED])
        messages.append(f"{counted(len(outliers), 'outlier')} of S_R excluded: q = {places} Å⁻¹.")
    residuals = posterior.standardized_residuals
    ratio = float(np.sqrt(np.mean(residuals**2)))
    if ratio > _MAX_RESIDUAL:
        messages.append(
            f"The residual of S_R is {ratio:.2g} times its noise: the hyperparameters do not fit this pattern. "
            "With refit='never', fit on patterns like this one."
        )
    correlation = float(np.mean(residuals[1:] * residuals[:-1]) * np.sqrt(residuals.size))
    # With a reference, bands are widened for it.
    if correlation > _MAX_CORRELATION and not observation.shared.any():
        messages.append(
            f"The residual of S_R is not noise: neighbouring points are correlated ({correlation:.2g} standard "
            "deviations). The model is incomplete, and the band too narrow."
        )
    may_be_small = _MAY_VANISH + _MAY_VANISH_WITH_OSCILLATION * ("wavenumber" in posterior.evidence.names)
    for parameter, value in zip(posterior.evidence.hyperparameters, posterior.theta, strict=True):
        distance = np.log(parameter.high) - value
        if parameter.name not in may_be_small:
            distance = min(distance, value - np.log(parameter.low))
        is_free = not parameter.owner  # the bounds of pairs follow from chemistry
        if parameter.name in _BOUNDED and is_free and parameter.low < parameter.high and distance < AT_BOUND:
            bound = f"{parameter.label} is at a bound of the prior, {np.exp(value):.3g}"
            messages.append(f"{bound}: the prior may not fit the material.")
    return [DataWarning(message) for message in messages]


def check_scale(posterior: Posterior) -> list[DataWarning]:
    """Return a warning if S_R contradicts the given number density, or its own normalization.

    This requires a search for the scale, whose result is cached.
    """
    if posterior not in _checked_scales:
        _checked_scales[posterior] = _check_scale(posterior)
    return _checked_scales[posterior]


def _check_scale(posterior: Posterior) -> list[DataWarning]:
    observation = posterior.evidence.observation
    if observation.q.size < MIN_POINTS or not observation.density_is_given:
        return []
    if observation.shared.any():  # with a reference
        return _check_scale_with_reference(posterior)
    log_scale, std = np.log(posterior.hyperparameters["scale"]), posterior.log_std["scale"]
    # The part of the shift by S_R alone that remains with the given number density.
    remaining = 1 - (std / observation.density_spread) ** 2
    if abs(log_scale) + _MAX_LOG_SCALE_IN_STDS * std < MAX_LOG_SCALE * remaining:
        return []
    log_scale, std, _ = _scale_of_s_r(posterior)
    if abs(log_scale) < max(MAX_LOG_SCALE, _MAX_LOG_SCALE_IN_STDS * std):
        return []
    return _message_on_scale(observation.number_density, log_scale, std)


def _check_scale_with_reference(posterior: Posterior) -> list[DataWarning]:
    """Return a warning if S_R resembles that of the reference, but contradicts the given number density."""
    observation = posterior.evidence.observation
    shift = abs(np.log(posterior.hyperparameters["scale"]))
    if shift < _MIN_SHIFT_WITH_REFERENCE * observation.density_spread:
        return []
    log_scale, std, gain = _scale_of_s_r(posterior)
    if abs(log_scale) < _MAX_LOG_SCALE_WITH_REFERENCE or gain < _MIN_GAIN_WITH_REFERENCE:
        return []
    return _message_on_scale(observation.number_density, log_scale, std)


def _message_on_scale(given: float, log_scale: float, std: float) -> list[DataWarning]:
    """Return the warning about a number density."""
    low, high = given * np.exp([log_scale - std, log_scale + std])
    message = (
        f"S, or the number density, seems to be wrong by a factor of {np.exp(log_scale):.2g}: S gives {low:.2g} to "
        f"{high:.2g} atoms/Å³, and {given:.3g} was given. Check the number density and the normalization."
    )
    return [DataWarning(message)]


def _scale_of_s_r(posterior: Posterior) -> tuple[float, float, float]:
    """Return the logarithm of the scale by S_R alone, its standard deviation, and the gain of the log evidence.

    The given density is not used. The gain is relative to the scale of the posterior.
    """
    observation = posterior.evidence.observation.on_grid(is_coarse=True).with_density_spread(_SPREAD_OF_FREE_SCALE)
    evidence = posterior.evidence.given(observation)
    maximum = maximize(evidence, posterior.theta)
    theta, gain = maximum.theta, evidence.value(posterior.theta) - maximum.value
    free = np.flatnonzero(evidence.high > evidence.low)
    information = evidence.information(theta, evidence.state(theta))[np.ix_(free, free)]
    variance = np.linalg.inv(information)[-1, -1]  # the scale is the last hyperparameter
    return float(theta[-1]), float(np.sqrt(variance)), float(gain)
