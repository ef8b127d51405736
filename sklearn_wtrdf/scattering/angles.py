"""Angles, wavelengths and q = 4π sin θ / λ."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sklearn_wtrdf.scattering.validation import check_positive
from sklearn_wtrdf.utils.text import quoted

Floats = NDArray[np.float64]

KEV_ANGSTROM = 12.398419843320026  # h c in keV Å: energy [keV] times wavelength [Å] of a photon
MAX_Q = 60.0  # Å⁻¹, where diffraction ends: a column that goes beyond is 2θ, or q in nm⁻¹
_TUBE = re.compile(r"([A-Z][a-z]?)\s*-?\s*K(a|α|alpha)([12])?")


def wavelength_of(radiation: str | float) -> float:
    """Return a wavelength [Å] that is given as a number, or as a line of an X-ray tube.

    Parameters
    ----------
    radiation : str or float
        ``"CuKa"`` for the mean of both lines by their intensities, ``"CuKa1"`` or ``"AgKα2"`` for one of them; or a
        wavelength [Å].

    Returns
    -------
    wavelength : float

    Raises
    ------
    ValueError
        If it is neither.

    Examples
    --------
    >>> from sklearn_wtrdf.scattering.angles import wavelength_of
    >>> round(wavelength_of("CuKa1"), 4), round(wavelength_of("AgKa"), 4), wavelength_of(0.2)
    (1.5406, 0.5609, 0.2)
    """
    if not isinstance(radiation, str):
        return check_positive("wavelength", radiation, "Å")
    import xraylib

    if tube := _TUBE.fullmatch(radiation.strip()):
        line = {"1": xraylib.KL3_LINE, "2": xraylib.KL2_LINE, None: xraylib.KA_LINE}[tube[3]]
        try:
            return KEV_ANGSTROM / float(xraylib.LineEnergy(xraylib.SymbolToAtomicNumber(tube[1]), line))
        except ValueError:
            pass
    raise ValueError(
        f"wavelength must be a number of Å or the line of a tube, such as CuKa or AgKa1, got {quoted(radiation)}."
    )


def q_of(two_theta: ArrayLike, wavelength: float) -> Floats:
    """Return q = 4π sin θ / λ [Å⁻¹] at scattering angles 2θ [degrees]."""
    return 4 * np.pi / wavelength * np.sin(np.radians(np.asarray(two_theta, dtype=float)) / 2)


def two_theta_of(q: ArrayLike, wavelength: float) -> Floats:
    """Return the scattering angles 2θ [degrees] of q [Å⁻¹].

    Raises
    ------
    ValueError
        If a q is beyond 4π / λ, which no angle reaches.
    """
    sine = np.asarray(q, dtype=float) * wavelength / (4 * np.pi)
    if np.abs(sine).max(initial=0.0) > 1:
        raise ValueError(
            f"q reaches {np.max(q):g} Å⁻¹, beyond 4π/λ = {4 * np.pi / wavelength:.4g} Å⁻¹ of a wavelength of "
            f"{wavelength:g} Å: check both."
        )
    return np.degrees(2 * np.arcsin(sine))
