"""What looks wrong with an S_R(q), and what it says of the number density by itself."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.fourier import trapezoid_weights
from sklearn_wtrdf.inversion.observation import FEWEST

if TYPE_CHECKING:
    from sklearn_wtrdf.inversion.posterior import Posterior

Floats = NDArray[np.float64]


_SLOW = 0.02  # of S: slow errors that are larger are said
_LARGER = 2.0  # times the noise
_NOT_NOISE = 3.0  # standard deviations
_BOUNDED = ("onset", "amplitude", "decay", "r", "neighbours", "width")
_MAY_VANISH = ("amplitude", "neighbours")
_USUAL_DENSITY = 0.04  # Å⁻³, where the slope of G(r) says nothing


def doubts(q: Floats, s_r: Floats, number_density: float | None) -> list[str]:
    """Say what looks wrong with a material's data, to be shown to the user."""
    if q.size < FEWEST:
        return []  # too little to judge by
    if not 2 < q[-1] < 60:
        return [f"q ends at {q[-1]:g} Å⁻¹, beyond what diffraction reaches: if it is in nm⁻¹, divide it by 10."]
    tail = s_r[q >= q.mean()]
    if abs(tail.mean()) > 2 * tail.std():
        return [
            f"S_R does not oscillate about 0: its mean over the upper half of q is {tail.mean():.3g} Å⁻¹, beyond twice "
            "its standard deviation there. If it is S(q), convert it by S_R = q (S − 1)."
        ]
    estimate = density_of(q, s_r, 1.4)
    if number_density is not None and not 0.2 < estimate / number_density < 5:
        return [
            f"number_density is {number_density:.3g} Å⁻³, but S_R, or what is usual, says about {estimate:.2g} Å⁻³. It "
            "counts atoms per Å³, 0.034 for Ge-Se glasses."
        ]
    return []


def doubts_of(posterior: Posterior) -> list[str]:
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
    surprises = posterior.surprises
    larger = float(np.sqrt(np.mean(surprises**2)))
    if larger > _LARGER:
        found.append(
            f"What g does not explain of S_R is {larger:.2g} times as large as its noise: the hyperparameters do not "
            "belong to it. Where refit is 'never', S_R is not like those that were fitted."
        )
    repeats = float(np.mean(surprises[1:] * surprises[:-1]) * np.sqrt(surprises.size))
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
    return found


def density_of(q: Floats, s_r: Floats, r_min: float) -> float:
    """Estimate ρ₀ from G(r) = −4πρ₀r below the first peak, blurred as the end of q leaves it."""
    density = float(s_r @ _slope(q.tobytes(), r_min))
    return density if density > 1e-3 else _USUAL_DENSITY


@lru_cache(maxsize=8)
def _slope(q: bytes, r_min: float) -> Floats:
    """Return the weights of S_R in the least-squares slope of −G / 4π against r below the first peak."""
    grid, r = np.frombuffer(q), np.linspace(0.3, max(0.8 * r_min, 0.6), 30)
    return -2 / np.pi * trapezoid_weights(grid) * (np.sin(np.outer(grid, r)) @ r) / (4 * np.pi * (r @ r))
