"""Scattering by single atoms, from the tables of periodictable and xraylib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.scattering.validation import check_positive

if TYPE_CHECKING:
    from periodictable.core import Atom

Floats = NDArray[np.float64]
LAST_TABULATED_Q = 75.0  # Å⁻¹, where periodictable's form factors end


def form_factor(kind: str, atom: Atom, q: Floats) -> Floats:
    """Return f₀ [electrons] at each q [Å⁻¹]."""
    if q.max(initial=0.0) > LAST_TABULATED_Q:
        raise ValueError(
            f"q must be from 0 to {LAST_TABULATED_Q:g} Å⁻¹, where form factors are tabulated, got {q.max():g}: "
            "if it is in nm⁻¹, divide it by 10."
        )
    try:
        return np.asarray(atom.xray.f0(q))
    except KeyError:
        raise ValueError(f"composition: no form factor of {kind} is tabulated; leave out a charge.") from None


def dispersion(kind: str, atom: Atom, wavelength: float) -> complex:
    """Return f′ + if″ [electrons] at a wavelength [Å]."""
    import xraylib
    from periodictable.xsf import xray_energy

    energy = float(xray_energy(check_positive("wavelength", wavelength, "Å")))  # keV
    try:
        return complex(xraylib.Fi(atom.number, energy), -xraylib.Fii(atom.number, energy))  # its f″ is negative
    except ValueError as error:
        raise ValueError(f"wavelength: f′ and f″ of {kind} are not tabulated at {wavelength:g} Å ({error}).") from None


def compton(kind: str, atom: Atom, q: Floats) -> Floats:
    """Return the incoherent scattering function [electrons] of a free atom at each q [Å⁻¹]."""
    import xraylib_np

    # At q = 0 xraylib gives 0, which is correct.
    return xraylib_np.SF_Compt(np.array([atom.number]), np.atleast_1d(q) / (4 * np.pi)).reshape(q.shape)


def scattering_length(kind: str, atom: Atom, q: Floats) -> Floats:
    """Return the coherent scattering length [fm] at each q."""
    return np.full(q.shape, _neutron_property(kind, atom, "b_c"))


def incoherent_neutrons(kind: str, atom: Atom, q: Floats) -> Floats:
    """Return the incoherent cross section over 4π [barn/sr] at each q."""
    return np.full(q.shape, _neutron_property(kind, atom, "incoherent") / (4 * np.pi))


def _neutron_property(kind: str, atom: Atom, name: Literal["b_c", "incoherent"]) -> float:
    if (value := getattr(atom.neutron, name)) is None:
        raise ValueError(f"composition: the neutron scattering of {kind} is not tabulated.")
    return float(value)
