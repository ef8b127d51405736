"""Corrections of a diffractometer's counts: polarization, absorption, Compton scattering.

All of them are functions of the scattering angle 2θ [degrees], independent of the measured intensity.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sklearn_wtrdf.scattering.angles import KEV_ANGSTROM
from sklearn_wtrdf.scattering.validation import check_positive
from sklearn_wtrdf.utils.text import quoted

Floats = NDArray[np.float64]
ELECTRON_REST_ENERGY = 510.99895  # keV, CODATA 2018

_CAPILLARY_NODES = 64  # of the quadrature along the radius; there are twice as many angles
_CAPILLARY_NODES_PER_MU_R = 4  # additional ones for each 1 of μR, because a strong absorber scatters near its rim
_MAX_MU_R = 200.0  # beyond which nothing is transmitted
_MIN_THICKNESS = 1e-9  # in absorption lengths; a smaller one is no sample
_MAX_LOSS = 100.0  # energy loss over the width of the window, beyond which no photon is counted


def polarization(two_theta: ArrayLike, monochromator: float | None = None) -> Floats:
    r"""Return the polarization factor for the radiation of an X-ray tube, with or without a monochromator.

    .. math:: P = \frac{1 + A \cos^2 2θ}{1 + A}, \qquad A = \cos^2 2θ_M

    Parameters
    ----------
    two_theta : array-like
        2θ [degrees].
    monochromator : float, default=None
        2θ_M of a mosaic crystal [degrees], before or behind the sample: 26.6 for graphite and Cu Kα. None is no
        monochromator, A = 1.

    Returns
    -------
    polarization : ndarray
        P, which is 1 at 2θ = 0.
    """
    a = 1.0 if monochromator is None else np.cos(np.radians(monochromator)) ** 2
    return (1 + a * np.cos(np.radians(np.asarray(two_theta, dtype=float))) ** 2) / (1 + a)


class Absorption(ABC):
    """The base class of absorption by the sample. A subclass defines `transmission`."""

    @abstractmethod
    def transmission(self, two_theta: ArrayLike) -> Floats:
        """Return the transmitted fraction at 2θ [degrees], up to a factor that is the same at all angles."""


@dataclass(frozen=True)
class Reflection(Absorption):
    r"""Absorption by a flat plate in symmetric reflection (Bragg–Brentano geometry) that transmits part of the beam.

    .. math:: T = 1 − \exp(−2 μt / \sin θ)

    A thick plate that is wider than the beam needs no correction.

    Parameters
    ----------
    mu_t : float
        Absorption coefficient times thickness.
    """

    mu_t: float

    def transmission(self, two_theta: ArrayLike) -> Floats:
        """Return T at 2θ [degrees]."""
        _check_thickness("mu_t", self.mu_t, "thickness")
        sine = np.sin(np.radians(np.asarray(two_theta, dtype=float)) / 2)
        with np.errstate(divide="ignore"):
            return -np.expm1(-2 * self.mu_t / sine)


@dataclass(frozen=True)
class Transmission(Absorption):
    r"""Absorption by a flat plate in symmetric transmission.

    .. math:: T = \frac{\exp(−μt / \cos θ)}{\cos θ}

    Parameters
    ----------
    mu_t : float
        Absorption coefficient times thickness.
    """

    mu_t: float

    def transmission(self, two_theta: ArrayLike) -> Floats:
        """Return T at 2θ [degrees]."""
        _check_thickness("mu_t", self.mu_t, "thickness")
        cosine = np.cos(np.radians(np.asarray(two_theta, dtype=float)) / 2)
        return np.exp(-self.mu_t / cosine) / cosine


@dataclass(frozen=True)
class Capillary(Absorption):
    r"""Absorption by a cylinder in a beam that is wider than the cylinder.

    .. math:: T = \frac{1}{π R^2} ∫ \exp(−μ (l_{in} + l_{out})) \, dA

    with the path lengths of the beam to and from each point of the cross section. The integral is evaluated by
    Gauss–Legendre quadrature along the radius and on a uniform grid of angles.

    Parameters
    ----------
    mu_r : float
        Absorption coefficient times radius, of the sample without its wall.
    """

    mu_r: float

    def transmission(self, two_theta: ArrayLike) -> Floats:
        """Return T at 2θ [degrees]."""
        if _check_thickness("mu_r", self.mu_r, "radius") > _MAX_MU_R:
            raise ValueError(f"mu_r is {self.mu_r:g}: nothing is transmitted; it is the coefficient times the radius.")
        n = _CAPILLARY_NODES + int(_CAPILLARY_NODES_PER_MU_R * self.mu_r)
        nodes, weights = np.polynomial.legendre.leggauss(n)
        # A strong absorber scatters near its rim, so nodes are dense there: s = 1 − (1 − x)², with x from 0 to 1.
        x = (nodes + 1) / 2
        radius, by_radius = 1 - (1 - x) ** 2, weights * (1 - x)
        around = 2 * np.pi * (np.arange(2 * n) + 0.5) / (2 * n)
        s, phi = radius[:, None], around[None]
        angles = np.radians(np.ravel(np.asarray(two_theta, dtype=float)))

        def path(direction: float) -> Floats:
            """Return the length from each point to the rim against a direction, in radii."""
            along = s * np.cos(phi - direction)
            return along + np.sqrt(np.maximum(1 - s**2 * np.sin(phi - direction) ** 2, 0.0))

        into, weight = path(0.0), (by_radius * radius)[:, None]
        values = [np.sum(weight * np.exp(-self.mu_r * (into + path(np.pi + angle)))) for angle in angles]
        return (np.array(values) / n).reshape(np.shape(two_theta))


def absorption_of(text: str) -> Absorption:
    """Return the absorption that is described by a text such as ``"reflection:2"``.

    Parameters
    ----------
    text : str
        ``reflection:μt`` or ``transmission:μt`` of a plate, or ``capillary:μR``.

    Returns
    -------
    Absorption

    Raises
    ------
    ValueError
        If the geometry is unknown or the number is missing or not positive.

    Examples
    --------
    >>> from sklearn_wtrdf.reduction.corrections import absorption_of
    >>> absorption_of("capillary:0.8")
    Capillary(mu_r=0.8)
    """
    geometries: dict[str, Callable[[float], Absorption]] = {
        "reflection": Reflection,
        "transmission": Transmission,
        "capillary": Capillary,
    }
    geometry, _, number = text.partition(":")
    try:
        return geometries[geometry.strip()](float(number))
    except (KeyError, ValueError):
        raise ValueError(
            f"absorption must be reflection:μt, transmission:μt or capillary:μR with a number, got {quoted(text)}."
        ) from None


def _check_thickness(name: str, value: float, length: str) -> float:
    """Return an absorption coefficient times a length, if it is positive and finite."""
    if check_positive(name, value, f"1 (absorption coefficient times {length})") < _MIN_THICKNESS:
        raise ValueError(f"{name} is {value:g}: it must be positive: the absorption coefficient times the {length}.")
    return value


def compton_energy(two_theta: ArrayLike, wavelength: float) -> Floats:
    """Return the energy [keV] of a photon that a free electron at rest has scattered through 2θ [degrees]."""
    energy = KEV_ANGSTROM / wavelength
    return energy / (1 + energy / ELECTRON_REST_ENERGY * (1 - np.cos(np.radians(np.asarray(two_theta, dtype=float)))))


def compton_detected(two_theta: ArrayLike, wavelength: float, energy_window: float | None = None) -> Floats:
    """Return the fraction of the Compton scattering of free atoms that is counted.

    It is the ratio of the Klein–Nishina to the Thomson cross section, times the transmission exp(−ln 2 ((E − E') / w)²)
    of the energy window of the detector or of a monochromator behind the sample.

    Parameters
    ----------
    two_theta : array-like
        2θ [degrees].
    wavelength : float
        λ [Å].
    energy_window : float, default=None
        w [keV], the energy loss at which half is counted. None is no window.

    Returns
    -------
    part : ndarray
    """
    energy, scattered = KEV_ANGSTROM / wavelength, compton_energy(two_theta, wavelength)
    left = scattered / energy
    square_of_cosine = np.cos(np.radians(np.asarray(two_theta, dtype=float))) ** 2
    part = left * (left**2 - left * (1 - square_of_cosine) + 1) / (1 + square_of_cosine)
    if energy_window is not None:
        check_positive("energy_window", energy_window, "keV")
        loss = np.minimum(energy - scattered, _MAX_LOSS * energy_window)
        part = part * np.exp(-np.log(2) * (loss / energy_window) ** 2)
    return np.asarray(part, dtype=float)
