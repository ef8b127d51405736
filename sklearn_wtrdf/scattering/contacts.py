"""The distances at which pairs of atoms are neighbours, by their radii, and the number of each pair in a peak of g(r).

Covalent radii are those of periodictable (Cordero et al., Dalton Trans. 2008, 2832). Diameters of atoms of metals and
of noble gases are the distances of neighbours in their crystals, by the lattices that periodictable has (Ashcroft and
Mermin). Van der Waals radii are covalent radii plus 0.8 Å (Pauling).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement, product
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from sklearn_wtrdf.scattering.composition import Composition, Weighting
from sklearn_wtrdf.scattering.formula import read_formula
from sklearn_wtrdf.utils.text import with_interval

if TYPE_CHECKING:
    import pandas as pd
    from periodictable.core import Atom

Kind = Literal["bond", "second neighbours"]


@dataclass(frozen=True)
class ContactLimits:
    """Ranges of distances relative to those by radii, for oxides, chalcogenides, halides and metals."""

    bond: tuple[float, float] = (0.85, 1.15)  # times the sum of covalent radii: 0.87 for P–O, 1.1 for Pb–O
    multiple_bond: float = 0.75  # lower end for multiple bonds: 0.77 in N₂, 0.78 in WO₄
    hydrogen_and_fluorine: float = 1.28  # upper end for H₂ and F₂, which have 1.19 and 1.25
    anions: float = 0.5  # fraction of O and halogens beyond which all bonds are between one of them and another element
    close_packed: tuple[float, float] = (0.88, 1.15)  # times the mean of the diameters in crystals
    metallic: tuple[float, float] = (0.88, 1.25)  # times the sum of covalent radii: liquid Ga has 1.15, liquid Ge 1.14

    # Two atoms that are bonded to a third one, between these angles: GeSe₂ has Ge–Se–Ge of 80°.
    angles: tuple[float, float] = (80.0, 180.0)  # degrees
    third_bond: tuple[float, float] = (0.9, 1.05)  # times the sum of covalent radii, of the bonds to the third atom
    van_der_waals: float = 0.8  # Å, van der Waals minus covalent radius
    hexagonal: tuple[float, float] = (1.5, 1.9)  # c/a of close-packed metals; it is less in Se and Te
    max_neighbours: float = 20.0  # in a shell of one pair; Frank–Kasper polyhedra have up to 16
    contact: tuple[float, float] = (0.68, 1.3)  # times the sum of van der Waals radii: 0.76 for O–O of CO₃


LIMITS = ContactLimits()

_NONMETALS = frozenset(["H", "He", "C", "N", "O", "F", "Ne", "P", "S", "Cl", "Ar", "Se", "Br", "Kr", "I", "Xe", "Rn"])
_NOBLE_GASES = frozenset(["He", "Ne", "Ar", "Kr", "Xe", "Rn"])
_ANIONS = frozenset(["O", "F", "Cl", "Br", "I"])
_LIGHT = frozenset(["C", "N", "O"])  # which form multiple bonds with each other
_D_BLOCK = frozenset([*range(21, 31), *range(39, 49), *range(72, 81), *range(89, 104)])  # atomic numbers


class Contact(NamedTuple):
    """A range of distances at which two kinds of atoms are neighbours.

    Attributes
    ----------
    pair : str
        Such as ``"Si-O"``, in the order of the formula.
    kind : {"bond", "second neighbours"}
        Second neighbours are bonded to the same atom, or are in contact without a bond.
    low, high : float
        The range [Å].
    """

    pair: str
    kind: Kind
    low: float
    high: float


@lru_cache(maxsize=64)
def contacts(formula: str) -> tuple[Contact, ...]:
    """Return the ranges of distances at which atoms of a material are neighbours.

    Parameters
    ----------
    formula : str
        A formula that :class:`~sklearn_wtrdf.Composition` reads.

    Returns
    -------
    contacts : tuple of Contact
        Up to two for each pair of kinds. Elements without a tabulated radius have none.

    Examples
    --------
    >>> from sklearn_wtrdf.scattering.contacts import contacts
    >>> [(name, kind, round(low, 2), round(high, 2)) for name, kind, low, high in contacts("SiO2") if kind == "bond"]
    [('Si-O', 'bond', 1.5, 2.04)]
    """
    atoms, counts = read_formula(formula)
    elements = {kind: element for kind, atom in atoms.items() if (element := _element(atom))}
    anions = sum(n for atom, n in zip(atoms.values(), counts, strict=True) if atom.symbol in _ANIONS)
    is_element = len({atom.number for atom in atoms.values()}) == 1
    is_ionic = anions >= LIMITS.anions * sum(counts) and not is_element
    ranges = []
    for (kind, a), (other, b) in combinations_with_replacement(elements.items(), 2):
        has_one_anion = (a.symbol in _ANIONS) != (b.symbol in _ANIONS)
        is_molecule = a.symbol == b.symbol and a.symbol in _ANIONS | {"H"}
        may_bond = is_element if is_molecule else has_one_anion or not is_ionic
        if may_bond and (bond := _bond(a, b)):
            ranges.append(Contact(f"{kind}-{other}", "bond", *bond))
        ranges.append(Contact(f"{kind}-{other}", "second neighbours", *_second_neighbours(a, b, elements.values())))
    return tuple(ranges)


def plausible_pairs(formula: str, distance: float) -> list[str]:
    """Return the pairs of atoms that may be neighbours at a distance [Å], in the order of the formula."""
    return list(dict.fromkeys(each.pair for each in contacts(formula) if each.low <= distance <= each.high))


def counted_as_pairs(table: pd.DataFrame, formula: str, weighting: Weighting) -> pd.DataFrame:
    """Return a table of peaks with a column for each pair that one of its peaks may consist of.

    Parameters
    ----------
    table : DataFrame
        Peaks with ``position`` [Å] and ``coordination`` with its interval, as by :func:`~sklearn_wtrdf.peak_table`.
    formula : str
        The composition of the material.
    weighting : {"x-ray", "neutron", "number"}
        Weights of the pairs in g(r).

    Returns
    -------
    table : DataFrame
        With columns ``Si-O``, ``Si-O_low`` and ``Si-O_high``: the number of O around a Si, if the whole peak consists
        of this pair. It is NaN where radii exclude the pair at that distance, and where it would be more than 20, as in
        peaks of several shells. Pairs whose weight is negative have no column. Where several pairs contribute to a
        peak, each of the numbers is too large.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_wtrdf.scattering.contacts import counted_as_pairs
    >>> peak = {"position": [1.61], "coordination": 2.33, "coordination_low": 2.30, "coordination_high": 2.36}
    >>> counted_as_pairs(pd.DataFrame(peak), "SiO2", "neutron").round(2).iloc[:, 4:].to_dict("records")
    [{'Si-O': 4.0, 'Si-O_low': 3.95, 'Si-O_high': 4.05, 'O-Si': 2.0, 'O-Si_low': 1.98, 'O-Si_high': 2.03}]
    """
    composition = Composition(formula)
    weights, kinds = composition.neighbour_weights(weighting), composition.fractions
    pairs = [plausible_pairs(formula, position) for position in table["position"]]
    table = table.copy()
    for (a, b), direction in product(combinations_with_replacement(kinds, 2), (1, -1)):
        name = "-".join((a, b)[::direction])
        is_plausible = np.array([f"{a}-{b}" in each for each in pairs], dtype=bool)
        is_plausible &= (table["coordination"] < LIMITS.max_neighbours * weights[name]).to_numpy()
        if is_plausible.any() and weights[name] > 0 and name not in table:
            for end in ("", "_low", "_high"):
                table[name + end] = np.where(is_plausible, table[f"coordination{end}"] / weights[name], np.nan)
    return table


def counted_as(row: Mapping[str, Any]) -> str:
    """Return the coordination numbers of pairs in a row of :func:`counted_as_pairs`, as text; empty without any."""
    pairs = [name for name in row if f"{name}_low" in row and "-" in name and np.isfinite(row[name])]
    return ", ".join(f"{pair} {with_interval(row, pair)}" for pair in pairs)


class _Element(NamedTuple):
    """Symbol, atomic number, covalent radius, and the diameter in a close-packed crystal or NaN [Å]."""

    symbol: str
    number: int
    radius: float
    diameter: float


def _element(atom: Atom) -> _Element | None:
    """Return the radii of an atom's element, or None if there is no covalent radius of it."""
    import periodictable

    element = periodictable.elements[atom.number]
    if not element.covalent_radius:
        return None
    lattice: dict[str, Any] = element.crystal_structure or {}
    symmetry, a, ratio = (lattice.get(name, np.nan) for name in ("symmetry", "a", "c/a"))
    diameter = np.nan
    if symmetry == "fcc":
        diameter = a / np.sqrt(2)
    elif symmetry == "BCC":
        diameter = a * np.sqrt(3) / 2
    elif symmetry == "hcp" and LIMITS.hexagonal[0] < ratio < LIMITS.hexagonal[1]:
        diameter = a * min(1.0, np.sqrt(1 / 3 + ratio**2 / 4))
    elif symmetry == "atom" and element.interatomic_distance:  # helium
        diameter = element.interatomic_distance
    return _Element(element.symbol, element.number, float(element.covalent_radius), float(diameter))


def _bond(a: _Element, b: _Element) -> tuple[float, float] | None:
    """Return the distances at which two elements are bonded, or touch in a dense liquid; None if they do not."""
    covalent, packed = a.radius + b.radius, (a.diameter + b.diameter) / 2
    symbols = {a.symbol, b.symbol}
    if symbols & _NOBLE_GASES:
        return _times(packed, LIMITS.close_packed) if symbols <= _NOBLE_GASES else None
    if not symbols & _NONMETALS:
        return _times(packed, LIMITS.close_packed) if np.isfinite(packed) else _times(covalent, LIMITS.metallic)
    low, high = _times(covalent, LIMITS.bond)
    if symbols in ({"H"}, {"F"}):
        return low, LIMITS.hydrogen_and_fluorine * covalent
    is_short = symbols <= _LIGHT or (symbols & _LIGHT and {a.number, b.number} & _D_BLOCK)
    return (LIMITS.multiple_bond * covalent, high) if is_short else (low, high)


def _second_neighbours(a: _Element, b: _Element, elements: Iterable[_Element]) -> tuple[float, float]:
    """Return the distances at which two elements are bonded to a third, or are in contact."""
    touching = a.radius + b.radius + 2 * LIMITS.van_der_waals
    bonds = [(a.radius + third.radius, b.radius + third.radius) for third in elements]
    low = min(_across(*bond, LIMITS.angles[0]) for bond in bonds) * LIMITS.third_bond[0]
    high = max(_across(*bond, LIMITS.angles[1]) for bond in bonds) * LIMITS.third_bond[1]
    if {a.symbol, b.symbol} & _NONMETALS:
        low = max(low, LIMITS.contact[0] * touching)
    return low, max(high, LIMITS.contact[1] * touching)


def _across(first: float, second: float, angle: float) -> float:
    """Return the distance between the ends of two bonds that enclose an angle [degrees]."""
    return float(np.sqrt(first**2 + second**2 - 2 * first * second * np.cos(np.radians(angle))))


def _times(distance: float, factors: tuple[float, float]) -> tuple[float, float]:
    return factors[0] * distance, factors[1] * distance
