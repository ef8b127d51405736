"""Whether an inversion describes its S_R."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from sklearn_wtrdf.inversion.evidence import AT_BOUND
from sklearn_wtrdf.inversion.scoring import maximize
from sklearn_wtrdf.scattering.lines import LIMITS, sharp_lines
from sklearn_wtrdf.scattering.sampling import FEWEST
from sklearn_wtrdf.utils.data_warnings import DataWarning

if TYPE_CHECKING:
    from sklearn_wtrdf.inversion.posterior import Posterior


_SCALE = 0.12  # of the logarithm of number density times normalization: smaller errors are usual
_SCALE_STDS = 2.0  # standard deviations of it
_FREE = 0.5  # standard deviation of the same where S_R alone decides
_SLOW = 0.02  # of S: larger systematic errors are reported
_LARGER = 2.0  # times the noise
_NOT_NOISE = 3.0  # standard deviations
_BOUNDED = ("onset", "amplitude", "decay", "r", "neighbours", "width")
_MAY_VANISH = ("amplitude", "neighbours")
_MAY_END_EARLY = ("decay",)  # of a continuum with an oscillation behind it
_checked_scales: WeakKeyDictionary[Posterior, list[DataWarning]] = WeakKeyDictionary()


def check_fit(posterior: Posterior) -> list[DataWarning]:
    """Return warnings where the model does not describe S_R."""
    observation, decomposition = posterior.evidence.observation, posterior.decomposition
    if observation.q.size < FEWEST:
        return []
    messages = []
    q, included = decomposition.q, ~decomposition.excluded & (decomposition.q > 0)
    parts = decomposition.systematic, decomposition.structure
    slow, structure = (np.sqrt(np.mean((part[included] / q[included]) ** 2)) for part in parts)
    if slow > _SLOW:
        messages.append(
            f"S has a systematic error of {slow:.2g} compared with a structure of "
            f"{structure:.2g} (root mean squares): check normalization and background. "
            "It is not counted as g(r)."
        )
    messages += map(str, check_scale(posterior))
    [lines] = sharp_lines(q, decomposition.s_r[None])  # they have a warning of their own
    outliers = [at for at in q[decomposition.excluded] if not (np.abs(lines - at) < LIMITS.half_width).any()]
    if outliers:
        places = ", ".join(f"{value:.3g}" for value in outliers[:5])
        messages.append(f"{len(outliers)} outlier(s) of S_R were excluded: q = {places} Å⁻¹.")
    residuals = posterior.standardized_residuals
    larger = float(np.sqrt(np.mean(residuals**2)))
    if larger > _LARGER:
        messages.append(
            f"The residual of S_R is {larger:.2g} times its noise: the hyperparameters do not fit this pattern. "
            "With refit='never', fit on patterns like this one."
        )
    repeats = float(np.mean(residuals[1:] * residuals[:-1]) * np.sqrt(residuals.size))
    if repeats > _NOT_NOISE and not observation.shared.any():  # with a reference bands are widened for that
        messages.append(
            f"The residual of S_R is not noise: neighbouring points are correlated ({repeats:.2g} standard "
            "deviations). The model is incomplete, and the band too narrow."
        )
    may_be_small = _MAY_VANISH + _MAY_END_EARLY * ("wavenumber" in posterior.evidence.names)
    for parameter, value in zip(posterior.evidence.hyperparameters, posterior.theta, strict=True):
        off = np.log(parameter.high) - value
        if parameter.name not in may_be_small:
            off = min(off, value - np.log(parameter.low))
        is_free = not parameter.owner  # those of pairs are bounded by chemistry
        if parameter.name in _BOUNDED and is_free and parameter.low < parameter.high and off < AT_BOUND:
            bound = f"{parameter.label} is at a bound of the prior, {np.exp(value):.3g}"
            messages.append(f"{bound}: the prior may not fit the material.")
    return [DataWarning(message) for message in messages]


def check_scale(posterior: Posterior) -> list[DataWarning]:
    """Return a warning where S_R contradicts the number density that was given, or its own normalization.

    It takes a search for the scale, whose result is cached.
    """
    if posterior not in _checked_scales:
        _checked_scales[posterior] = _check_scale(posterior)
    return _checked_scales[posterior]


def _check_scale(posterior: Posterior) -> list[DataWarning]:
    observation = posterior.evidence.observation
    if observation.q.size < FEWEST or not observation.density_is_given or observation.shared.any():
        return []
    log_scale, reach = np.log(posterior.hyperparameters["scale"]), _SCALE_STDS * posterior.log_std["scale"]
    if abs(log_scale) + reach < _SCALE * (1 - (posterior.log_std["scale"] / observation.density_spread) ** 2):
        return []  # S_R alone, without the density that was given, would not have moved it further
    log_scale, std = _scale_of_s_r(posterior)
    if abs(log_scale) < max(_SCALE, _SCALE_STDS * std):
        return []
    given = observation.number_density
    low, high = given * np.exp([log_scale - std, log_scale + std])
    message = (
        f"S, or the number density, seems to be wrong by a factor of {np.exp(log_scale):.2g}: S gives {low:.2g} to "
        f"{high:.2g} atoms/Å³, and {given:.3g} was given. Check the number density and the normalization."
    )
    return [DataWarning(message)]


def _scale_of_s_r(posterior: Posterior) -> tuple[float, float]:
    """Return the logarithm of the scale by S_R alone, whatever density was given, and its standard deviation."""
    observation = posterior.evidence.observation.on_grid(is_coarse=True).with_density_spread(_FREE)
    evidence = posterior.evidence.given(observation)
    theta = maximize(evidence, posterior.theta).theta
    free = np.flatnonzero(evidence.high > evidence.low)
    information = evidence.information(theta, evidence.state(theta))[np.ix_(free, free)]
    variance = np.linalg.inv(information)[-1, -1]  # the scale is the last hyperparameter
    return float(theta[-1]), float(np.sqrt(variance))
