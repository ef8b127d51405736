"""Whether an inversion describes its S_R."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sklearn_wtrdf.scattering.sampling import FEWEST
from sklearn_wtrdf.utils.data_warnings import DataWarning

if TYPE_CHECKING:
    from sklearn_wtrdf.inversion.posterior import Posterior


_SLOW = 0.02  # of S: slow errors that are larger are said
_LARGER = 2.0  # times the noise
_NOT_NOISE = 3.0  # standard deviations
_BOUNDED = ("onset", "amplitude", "decay", "r", "neighbours", "width")
_MAY_VANISH = ("amplitude", "neighbours")


def check_fit(posterior: Posterior) -> list[DataWarning]:
    """Say where the model does not describe S_R, to be shown to the user."""
    observation, explanation = posterior.evidence.observation, posterior.explanation
    if observation.q.size < FEWEST:
        return []
    found = []
    q, kept = explanation.q, ~explanation.left_out & (explanation.q > 0)
    parts = explanation.slow, explanation.structure
    slow, structure = (np.sqrt(np.mean((part[kept] / q[kept]) ** 2)) for part in parts)
    if slow > _SLOW:
        found.append(
            f"S has errors that vary slowly with q, of {slow:.2g} beside a structure of {structure:.2g} (root mean "
            "squares): check its normalization and background. They are not reported as g."
        )
    scale = posterior.hyperparameters["scale"]
    if observation.density_is_given and abs(np.log(scale)) > 2 * observation.density_spread:
        found.append(
            f"S, or the number density, seems to be wrong by a factor of {scale:.3g}: check the normalization."
        )
    if explanation.left_out.any():
        some = ", ".join(f"{value:.3g}" for value in q[explanation.left_out][:5])
        n = int(explanation.left_out.sum())
        found.append(f"{n} point(s) of S_R belong to no curve and were left out: q = {some} Å⁻¹.")
    residuals = posterior.standardized_residuals
    larger = float(np.sqrt(np.mean(residuals**2)))
    if larger > _LARGER:
        found.append(
            f"What g does not explain of S_R is {larger:.2g} times as large as its noise: the hyperparameters do not "
            "belong to it. Where refit is 'never', S_R is not like those that were fitted."
        )
    repeats = float(np.mean(residuals[1:] * residuals[:-1]) * np.sqrt(residuals.size))
    if repeats > _NOT_NOISE and not observation.shared.any():  # beside a reference bands are widened for that
        found.append(
            f"What g does not explain of S_R is no noise: neighbouring points err alike ({repeats:.2g} standard "
            "deviations). The model lacks something, and the band is too narrow."
        )
    for one, value in zip(posterior.evidence.hyperparameters, posterior.theta, strict=True):
        off = np.log(one.high) - value
        if one.name not in _MAY_VANISH:
            off = min(off, value - np.log(one.low))
        if one.name in _BOUNDED and one.low < one.high and off < 1e-3:
            found.append(
                f"{one.name} is at a bound of the prior, {np.exp(value):.3g}: the prior may not fit the material."
            )
    return [DataWarning(said) for said in found]
