"""The pairs of elements of a composition, and their weights in a measured S(q)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.scattering.angles import two_theta_of
from sklearn_wtrdf.scattering.composition import Composition, Weighting

Floats = NDArray[np.float64]

_CHARGE = re.compile(r"\{.*?\}")
_ISOTOPE = re.compile(r"\[.*?\]")
_HYDROGEN = {"D": "H", "T": "H"}
_NOBLE_GASES = (2, 10, 18, 36, 54, 86)  # atomic numbers


@dataclass(frozen=True)
class Pair:
    """A pair of elements.

    Attributes
    ----------
    elements : tuple of str
        Symbols of the two elements. Isotopes and ions of an element count as the element.
    fractions : tuple of float
        Their atomic fractions.
    covalent : float
        Sum of the covalent radii [Å] (B. Cordero et al., Dalton Trans. 2008, 2832), about the length of a single bond.
    valences : tuple of int
        Number of electrons that each atom lacks to a closed shell, which for a nonmetal is the number of its bonds.
    """

    elements: tuple[str, str]
    fractions: tuple[float, float]
    covalent: float
    valences: tuple[int, int]

    @property
    def name(self) -> str:
        """Such as "Si-O"."""
        return "-".join(self.elements)

    @property
    def is_like(self) -> bool:
        """Whether both atoms are of the same element."""
        return self.elements[0] == self.elements[1]


@dataclass(frozen=True, eq=False)
class PairWeights:
    """Weights of the pairs of elements in S(q) − 1, and in the g(r) that is reported.

    Attributes
    ----------
    composition : str
        Formula of the material.
    pairs : tuple of Pair
        All pairs of elements.
    at_q : ndarray of shape (n_q, n_pairs)
        Faber–Ziman weights in S(q) − 1 at each q.
    total : ndarray of shape (n_pairs,)
        Weights in g(r), which are those at q = 0; for X-rays they follow from the atomic numbers.
    """

    composition: str
    pairs: tuple[Pair, ...]
    at_q: Floats
    total: Floats

    @classmethod
    def of(
        cls, composition: str, q: Floats, weighting: Weighting = "x-ray", wavelength: float | None = None
    ) -> PairWeights:
        """Return the weights of a composition for X-rays or neutrons.

        Raises
        ------
        ValueError
            If `composition` is wrong, an atom is not in the tables, or q is beyond 4π / λ.
        """
        parsed = Composition(composition)
        if wavelength is not None:
            two_theta_of(q, wavelength)
        table = parsed.weights(weighting, np.append(q, 0.0), wavelength=wavelength)
        return cls._summed(parsed, {name: table[name].to_numpy() for name in table})

    @classmethod
    def of_cross_sections(cls, composition: str, q: Floats) -> PairWeights:
        """Return the weights (2 − δ_AB) c_A c_B b_A b_B of neutrons [barn/sr], which are finite also if ⟨b⟩ is 0.

        Raises
        ------
        ValueError
            If `composition` is wrong, or an atom is not in the tables.
        """
        parsed = Composition(composition)
        table = parsed.weights("neutron", scheme="ashcroft-langreth")
        mean_of_square = float(parsed.intensities("neutron")["mean_of_square"])
        columns = {}
        for name, weight in table.items():
            a, b = str(name).split("-")
            in_barn = float(weight) * mean_of_square * np.sqrt(parsed.fractions[a] * parsed.fractions[b])
            columns[str(name)] = np.full(q.size + 1, in_barn)
        return cls._summed(parsed, columns)

    @classmethod
    def _summed(cls, composition: Composition, columns: dict[str, Floats]) -> PairWeights:
        """Return the weights of pairs of elements, by those of kinds of atoms at each q and, in the last row, at 0."""
        pairs = pairs_of(composition.formula)
        weights = np.zeros((next(iter(columns.values())).size, len(pairs)))
        places = {frozenset(pair.elements): i for i, pair in enumerate(pairs)}
        for name, values in columns.items():
            weights[:, places[frozenset(_elements(name))]] += values
        return cls(composition.formula, pairs, weights[:-1], weights[-1])

    def as_of(self, composition: str) -> PairWeights:
        """Return the weights of an isotopic sample in terms of the pairs of another formula of the material."""
        pairs = pairs_of(composition)
        places = {frozenset(pair.elements): i for i, pair in enumerate(self.pairs)}
        order = [places[frozenset(pair.elements)] for pair in pairs]
        return replace(self, composition=composition, pairs=pairs, at_q=self.at_q[:, order], total=self.total[order])

    @property
    def variation(self) -> float:
        """Change of the weights with q: the largest sum of their absolute differences from those of g."""
        return float(np.abs(self.at_q - self.total).sum(axis=1).max())

    def __getitem__(self, rows: NDArray[np.intp] | slice) -> PairWeights:
        """Return the weights at these points of q."""
        return replace(self, at_q=self.at_q[rows])


def largest_difference(first: str, second: str) -> float:
    """Return the largest difference of the atomic fractions of an element in two formulas, isotopes taken together."""
    fractions, others = (
        {pair.elements[0]: pair.fractions[0] for pair in pairs_of(formula) if pair.is_like}
        for formula in (first, second)
    )
    return max(abs(fractions.get(element, 0.0) - others.get(element, 0.0)) for element in {*fractions, *others})


@lru_cache(maxsize=32)
def pairs_of(composition: str) -> tuple[Pair, ...]:
    """Return the pairs of elements of a composition, unlike ones once.

    Examples
    --------
    >>> from sklearn_wtrdf.scattering.pairs import pairs_of
    >>> [pair.name for pair in pairs_of("SiO2")]
    ['Si-Si', 'Si-O', 'O-O']
    """
    import periodictable

    fractions: dict[str, float] = {}
    for kind, fraction in Composition(composition).fractions.items():
        element = next(_elements(kind))
        fractions[element] = fractions.get(element, 0.0) + fraction
    radii, valences = {}, {}
    for element in fractions:
        atom = periodictable.elements.symbol(element)
        if atom.covalent_radius is None:
            raise ValueError(f"composition: no covalent radius of {element} is tabulated.")
        radii[element] = float(atom.covalent_radius)
        valences[element] = min(gas - atom.number for gas in _NOBLE_GASES if gas >= atom.number)
    return tuple(
        Pair((a, b), (fractions[a], fractions[b]), radii[a] + radii[b], (valences[a], valences[b]))
        for a, b in combinations_with_replacement(fractions, 2)
    )


def _elements(kinds: str) -> Iterator[str]:
    """Yield the elements of a kind of atom, or of a pair of kinds such as "Si{4+}-O[18]"."""
    for kind in _ISOTOPE.sub("", _CHARGE.sub("", kinds)).split("-"):
        yield _HYDROGEN.get(kind, kind)
