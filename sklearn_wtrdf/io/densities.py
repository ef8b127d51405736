"""Number densities in the header of a file, given directly, or by mass density and composition."""

from __future__ import annotations

import re
from pathlib import Path

from sklearn_wtrdf.io.headers import composition, first_number
from sklearn_wtrdf.scattering.composition import Composition
from sklearn_wtrdf.scattering.validation import check_positive
from sklearn_wtrdf.utils.text import quoted

_MIN_NUMBER_DENSITY = 1e-6  # Å⁻³, a hundredth of a gas's at 1 bar
MAX_NUMBER_DENSITY = 1.0  # Å⁻³, five times diamond's: a larger one is in g/cm³ or nm⁻³
_NUMBER_DENSITIES = ("number_density", "rho", "rho0", "rho_0", "numberdensity", "number density")
_MASS_DENSITIES = ("mass_density", "massdensity", "mass density")

# Units of a density without blanks and signs, so that A^-3, 1/A^3 and atoms/A³ are equal, with factors to Å⁻³ and
# g/cm³.
_PER_VOLUME = [(r"(å|a+|ang(stroms?)?)3", 1.0), (r"nm3", 1e-3), (r"cm3", 1e-24), (r"m3", 1e-30)]
_MASS_PER_VOLUME = [(r"g(cm3|cc|ccm|ml)", 1.0), (r"kgm3", 1e-3)]


def number_densities(path: Path, header: dict[str, str]) -> list[float]:
    """Return the ρ₀ [Å⁻³] in the header, given directly or by mass density and composition; the former first."""
    densities: list[float] = []
    for names in (_NUMBER_DENSITIES, _MASS_DENSITIES, ("density",)):
        for name, value in header.items():
            if name.lower() in names:
                try:
                    density = _density(path, header, name, value)
                except ValueError:
                    if not densities:
                        raise
                    continue  # another density is known already
                if density is not None:
                    densities.append(density)
    return densities


def _density(path: Path, header: dict[str, str], name: str, value: str) -> float | None:
    number, rest = first_number(value), " ".join(value.split()[1:])
    unit = re.sub(r"atoms?|per|[\s^*${}()\[\]/\\·.]|[-⁻]", "", rest.lower()).replace("³", "3").removeprefix("1")
    per_volume = next((factor for text, factor in _PER_VOLUME if re.match(text, unit)), None)
    of_mass = next((factor for text, factor in _MASS_PER_VOLUME if re.match(text, unit)), None)
    if name.lower() in _MASS_DENSITIES and per_volume is None and not unit:
        of_mass = 1.0
    if name.lower() == "density" and per_volume is None and of_mass is None:
        return None  # neither the name nor the unit says whether it is a mass density
    formula = composition(header)
    if of_mass is not None:
        if formula is None and name.lower() not in _NUMBER_DENSITIES:
            return None
        if formula is None:
            raise ValueError(
                f"{path}: its header's {name} is a mass density, got {quoted(value)}: add a line such as "
                "composition = SiO2, from which the number density in Å⁻³ follows."
            )
        if not number > 0:
            raise ValueError(f"{path}: its header's {name} is no mass density in g/cm³, got {quoted(value)}.")
        number = Composition(formula).number_density(number * of_mass)
    else:
        if per_volume is None and ("3" in unit or "molec" in unit):
            raise ValueError(
                f"{path}: its header's {name} is no number density in Å⁻³, nm⁻³ or cm⁻³, got {quoted(value)}."
            )
        number *= per_volume or 1.0
    if not _MIN_NUMBER_DENSITY <= number <= MAX_NUMBER_DENSITY:
        raise ValueError(f"{path}: its header's {name} is no number density in Å⁻³, got {quoted(value)}.")
    return number


def check_density(density: float) -> float:
    """Return a given number density, or raise if no matter has it."""
    if 0 < check_positive("number_density", density, "atoms per Å³") < _MIN_NUMBER_DENSITY:
        raise ValueError(f"number_density must be in atoms per Å³, such as 0.066 for silica, got {quoted(density)}.")
    return float(density)
