"""Whether an inversion describes its S_R."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sklearn_wtrdf.consistency import LIMITS, lines_message
from sklearn_wtrdf.scattering.sampling import FEWEST
from sklearn_wtrdf.utils.data_warnings import DataWarning

if TYPE_CHECKING:
    from sklearn_wtrdf.inversion.posterior import Posterior


_SCALE = 0.055  # of log S: good data have up to 0.05, and a density that is wrong by 30 % gives 0.02 to 0.2
_SLOW = 0.02  # of S: larger systematic errors are reported
_LARGER = 2.0  # times the noise
_NOT_NOISE = 3.0  # standard deviations
_BOUNDED = ("onset", "amplitude", "decay", "r", "neighbours", "width")
_MAY_VANISH = ("amplitude", "neighbours")
_MAY_END_EARLY = ("decay",)  # of a continuum with an oscillation behind it


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
            f"{structure:.2g} (root mean squares): check normalization and background. They are not counted as "
            "g."
        )
    scale = posterior.hyperparameters["scale"]
    if observation.density_is_given and abs(np.log(scale)) > _SCALE:
        messages.append(
            f"S, or the number density, seems to be wrong by a factor of {scale:.3g} or more: check the normalization, "
            f"and whether {observation.number_density:.3g} atoms per Å³ are right."
        )
    above = decomposition.excluded & (decomposition.residual > 0)
    if above.sum() >= LIMITS.fewest_lines and (above == decomposition.excluded).all():
        messages.append(lines_message(q[above]))
    elif decomposition.excluded.any():
        places = ", ".join(f"{value:.3g}" for value in q[decomposition.excluded][:5])
        n = int(decomposition.excluded.sum())
        messages.append(f"{n} outlier(s) of S_R were excluded: q = {places} Å⁻¹.")
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
        if parameter.name in _BOUNDED and is_free and parameter.low < parameter.high and off < 1e-3:
            bound = f"{parameter.label} is at a bound of the prior, {np.exp(value):.3g}"
            messages.append(f"{bound}: the prior may not fit the material.")
    return [DataWarning(message) for message in messages]
