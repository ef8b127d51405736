"""Checks of data: whether an S_R(q) is one, whether g(r) and S_R(q) belong together, whether a model describes S_R.

Each returns sentences for the user, none where nothing looks wrong. Estimators issue them as :class:`DataWarning`, so
``warnings.simplefilter("error", DataWarning)`` is strict about all of them, and with :class:`MismatchWarning` about
data of different materials alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.fourier import trapezoid_weights
from sklearn_wtrdf.inversion.observation import FEWEST, sine_transform, slow_errors

if TYPE_CHECKING:
    from sklearn_wtrdf.inversion.posterior import Posterior

Floats = NDArray[np.float64]

_SLOW = 0.02  # of S: slow errors that are larger are said
_LARGER = 2.0  # times the noise
_NOT_NOISE = 3.0  # standard deviations
_BOUNDED = ("onset", "amplitude", "decay", "r", "neighbours", "width")
_MAY_VANISH = ("amplitude", "neighbours")
_USUAL_DENSITY = 0.04  # Å⁻³, where the slope of G(r) says nothing
_LEAST_EXPLAINED = 0.6  # of S_R by its own g; by benchmarks/belonging.py, on the development half
_LEAST_ALIKE = 0.5  # of S_R by a reference's, likewise
_LARGEST_GAP = 0.3  # Å between distances: of coarser curves nothing is said
_SHORTEST = 5.0  # Å: nor of shorter ones


class DataWarning(UserWarning):
    """Data, or what a model makes of them, look wrong."""


class MismatchWarning(DataWarning):
    """Data that are used together seem to be of different materials."""


def warn(found: Iterable[str], category: type[DataWarning] = DataWarning, *, stacklevel: int) -> None:
    """Issue what was found as warnings."""
    for said in found:
        warnings.warn(said, category, stacklevel=stacklevel + 1)


def explained_fraction(q: Floats, s_r: Floats, by: Floats) -> float:
    """Return the fraction of an S_R(q) that another curve explains, up to its scale and slow errors of S.

    It is that of the variance of S − 1 beyond slow errors; at least 0, where the scale would be negative.

    Parameters
    ----------
    q : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹], increasing.
    s_r, by : ndarray of shape (n_q,)
        The S_R to be explained, and the curve that is to explain it [Å⁻¹].

    Returns
    -------
    fraction : float

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_wtrdf.checks import explained_fraction
    >>> q = np.linspace(0.5, 10, 200)
    >>> round(explained_fraction(q, np.sin(2.3 * q), 2 * np.sin(2.3 * q)), 3)
    1.0
    >>> explained_fraction(q, np.sin(2.3 * q), np.sin(4.1 * q)) < 0.1
    True
    """
    weight = np.sqrt(trapezoid_weights(q)) / np.maximum(q, q[-1] * 1e-3)
    slow = np.linalg.qr(slow_errors(q, q) * weight[:, None])[0]
    target, curve = (weight * one - slow @ (slow.T @ (weight * one)) for one in (s_r, by))
    norm = float(np.linalg.norm(target) * np.linalg.norm(curve))
    return max(float(target @ curve) / norm, 0.0) ** 2 if norm > 0 else 0.0


def transform_of(q: Floats, r: Floats, g: Floats) -> Floats:
    """Return 4π ∫ r (g − 1) sin(qr) dr, S_R for ρ₀ = 1 Å⁻³, of g that is 0 before its first distance and 1 beyond."""
    grid = np.arange(0.01, r[-1], 0.02)
    return sine_transform(q, grid) @ (np.interp(grid, r, g, left=0.0) - 1)


def check_pair(q: Floats, s_r: Floats, r: Floats, g: Floats) -> list[str]:
    """Say where g(r) and S_R(q) do not seem to belong to one material.

    Parameters
    ----------
    q, s_r : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹], increasing, and reduced structure factor [Å⁻¹].
    r, g : ndarray of shape (n_r,)
        Distances [Å], increasing, and pair distribution function.

    Returns
    -------
    found : list of str
        Empty where they seem to, or where too few points or distances tell: fewer than 20 points of q, gaps of r wider
        than 0.3 Å, or an end of r below 5 Å.

    Examples
    --------
    >>> from sklearn_wtrdf.checks import check_pair
    >>> from sklearn_wtrdf.datasets import load_material
    >>> nickel, argon = (load_material(name, weighting="number") for name in ("nickel", "argon"))
    >>> check_pair(nickel.q, nickel.s_r, nickel.r, nickel.target)
    []
    >>> len(check_pair(nickel.q, nickel.s_r, argon.r, argon.target))
    1
    """
    if q.size < FEWEST or r.size < FEWEST or r[-1] < _SHORTEST or np.diff(r).max() > _LARGEST_GAP:
        return []
    fraction = explained_fraction(q, s_r, transform_of(q, r, g))
    if fraction >= _LEAST_EXPLAINED:
        return []
    return [f"The g(r) explains {100 * fraction:.0f} % of S_R(q): do they belong to the same material?"]


def check_family(q: Floats, s_r: Floats, reference: Floats) -> list[str]:
    """Say where an S_R(q) does not seem to be of the family of a reference.

    Parameters
    ----------
    q : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹], increasing.
    s_r, reference : ndarray of shape (n_q,)
        Reduced structure factor [Å⁻¹] of the sample and of the reference.

    Returns
    -------
    found : list of str
        Empty where it does, or where fewer than 20 points of q tell.
    """
    if q.size < FEWEST or (fraction := explained_fraction(q, s_r, reference)) >= _LEAST_ALIKE:
        return []
    return [
        f"The reference's S_R explains {100 * fraction:.0f} % of this S_R: is the sample of the reference's family?"
    ]


def check_pattern(q: Floats, s_r: Floats, number_density: float | None) -> list[str]:
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
    estimate = density_from_slope(q, s_r, 1.4)
    if number_density is not None and not 0.2 < estimate / number_density < 5:
        return [
            f"number_density is {number_density:.3g} Å⁻³, but S_R, or what is usual, says about {estimate:.2g} Å⁻³. It "
            "counts atoms per Å³, 0.034 for Ge-Se glasses."
        ]
    return []


def check_fit(posterior: Posterior) -> list[str]:
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
    return found


def density_from_slope(q: Floats, s_r: Floats, r_min: float) -> float:
    """Estimate ρ₀ from G(r) = −4πρ₀r below the first peak, blurred as the end of q leaves it."""
    density = float(s_r @ _slope(q.tobytes(), r_min))
    return density if density > 1e-3 else _USUAL_DENSITY


@lru_cache(maxsize=8)
def _slope(q: bytes, r_min: float) -> Floats:
    """Return the weights of S_R in the least-squares slope of −G / 4π against r below the first peak."""
    grid, r = np.frombuffer(q), np.linspace(0.3, max(0.8 * r_min, 0.6), 30)
    return -2 / np.pi * trapezoid_weights(grid) * (np.sin(np.outer(grid, r)) @ r) / (4 * np.pi * (r @ r))
