"""Chemical plausibility: whether the first shell may be a bond of the formula, and the density a possible one."""

from __future__ import annotations

import numpy as np

from sklearn_wtrdf.scattering.composition import Composition
from sklearn_wtrdf.scattering.contacts import Contact, contacts
from sklearn_wtrdf.scattering.formula import read_formula
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.utils.data_warnings import DataWarning

# Density of a material over that of its mixed elements, outside which it is reported. It is 1.5 to 2.6 for oxides and
# salts, and 3.1 for cubic boron nitride; only expanded fluids are below, and no laboratory reaches the pressure above.
_DENSITY_RATIOS = 0.2, 5.0
_TOLERANCE = 0.05  # Å, of the position of the first peak: the error that it has on simulated materials


def material_text(formula: str, number_density: float) -> str:
    """Return a text with the atoms of a formula as it was read, and the density in both units.

    Parameters
    ----------
    formula : str
    number_density : float
        ρ₀ [Å⁻³].

    Returns
    -------
    text : str

    Examples
    --------
    >>> from sklearn_wtrdf.chemistry import material_text
    >>> material_text("SiO2", 0.0662)
    'Si 1, O 2; 0.0662 atoms/Å³ = 2.20 g/cm³'
    """
    atoms, counts = read_formula(formula)
    each = ", ".join(f"{kind} {count:.4g}" for kind, count in zip(atoms, counts, strict=True))
    return f"{each}; {number_density:.3g} atoms/Å³ = {Composition(formula).mass_density(number_density):.2f} g/cm³"


def density_over_elements(formula: str, number_density: float) -> float:
    """Return a number density [Å⁻³] over that of the pure elements, solid or liquid; NaN where one is not tabulated.

    Examples
    --------
    >>> from sklearn_wtrdf.chemistry import density_over_elements
    >>> round(density_over_elements("SiO2", 0.0662), 1)
    1.5
    """
    import periodictable

    atoms, counts = read_formula(formula)
    densities = [periodictable.elements[atom.number].number_density or np.nan for atom in atoms.values()]  # cm⁻³
    volumes = 1e24 / np.array(densities, dtype=float)  # Å³ for each atom
    return float(number_density * np.average(volumes, weights=counts))


def contradicts_density(formula: str, number_density: float) -> str:
    """Return a message on a number density [Å⁻³] that hardly any material of this formula has, or an empty text."""
    ratio = density_over_elements(formula, number_density)
    if not (ratio < _DENSITY_RATIOS[0] or ratio > _DENSITY_RATIOS[1]):
        return ""
    return (
        f"The density, {material_text(formula, number_density)}, is {ratio:.2g} times that of the elements as solids "
        "or liquids, but compounds have 1 to 3 times that density: check the density and its unit."
    )


def check_chemistry(pattern: Pattern, first_shell: float) -> list[DataWarning]:
    """Check whether the first shell may be a bond of the formula, by covalent and metallic radii.

    A wrong formula has other bonds, a wrong wavelength scales all distances, and a wrong background may add a shell.

    Parameters
    ----------
    pattern : Pattern
        S_R(q), whose composition and radiation are used.
    first_shell : float
        Position of the first peak of g(r) [Å].

    Returns
    -------
    messages : list of DataWarning
        Empty if it may be, or if the composition is unknown.

    Examples
    --------
    >>> from sklearn_wtrdf.chemistry import check_chemistry
    >>> from sklearn_wtrdf.datasets import load_material
    >>> silica = load_material("silica").pattern
    >>> check_chemistry(silica, 1.61)
    []
    >>> print(*check_chemistry(silica, 0.75))  # doctest: +ELLIPSIS
    The first shell, at 0.75 Å, is no bond of SiO2: Si-O 1.50 to 2.04 Å. Check the formula, the wavelength, ...
    """
    if pattern.composition is None:
        return []
    expected = first_shells(pattern.composition, pattern.radiation == "x-ray")
    if not expected or bond_of(pattern, first_shell):
        return []
    ranges = ", ".join(f"{each.pair} {each.low:.2f} to {each.high:.2f} Å" for each in expected)
    message = (
        f"The first shell, at {first_shell:.3g} Å, is no bond of {pattern.composition}: {ranges}. Check the formula, "
        "the wavelength, the unit of q and the background."
    )
    return [DataWarning(message)]


def bond_of(pattern: Pattern, first_shell: float) -> str:
    """Return the pairs of atoms whose bond the first shell may be, such as "Si-O"; an empty text if there is none."""
    if pattern.composition is None:
        return ""
    pairs = [
        each.pair
        for each in first_shells(pattern.composition, pattern.radiation == "x-ray")
        if each.low - _TOLERANCE <= first_shell <= each.high + _TOLERANCE
    ]
    return " or ".join(filter(None, (", ".join(pairs[:-1]), *pairs[-1:])))


def first_shells(formula: str, is_x_ray: bool) -> list[Contact]:
    """Return the distances at which the first shell of a material may be.

    These are its bonds. X-rays may not see those to hydrogen: if there are no others, as in water, other atoms in
    contact count as well.
    """
    bonds = [each for each in contacts(formula) if each.kind == "bond"]
    visible = [each for each in bonds if not is_x_ray or "H" not in _elements(each.pair)]
    if visible or not bonds:
        return bonds
    heavy = [each for each in contacts(formula) if each.kind != "bond" and "H" not in _elements(each.pair)]
    return bonds + heavy


def _elements(pair: str) -> set[str]:
    """Return the symbols of a pair; D and T are hydrogen."""
    symbols = (part.split("[")[0].split("{")[0] for part in pair.split("-"))
    return {"H" if symbol in ("D", "T") else symbol for symbol in symbols}
