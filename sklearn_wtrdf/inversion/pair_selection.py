"""The selection of a prior of the pair functions of one pattern, above all if its weights change with q.

Where atoms are bonded, each pair has shells at distances of its own, which the weights distinguish. A single g with
constant weights is then wrong, even if S_R is probable under it. Without bonds it is as accurate. Molecules with bonds
of several lengths are solved by pair functions with neutrons as well, whose weights are constant.

The search starts from the hyperparameters of the single g. Two atoms that are bonded to the same atom are further apart
than the length of a bond: this bounds the onsets of the pairs, which S_R alone determines badly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.inversion.evidence import Evidence
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.posterior import USUAL_PEAK, first_peak
from sklearn_wtrdf.inversion.priors import AsymmetricBond, Bond, PairFunctions
from sklearn_wtrdf.inversion.scoring import Maximum, best_of
from sklearn_wtrdf.inversion.selection import ODDS, Candidate
from sklearn_wtrdf.inversion.selection import STARTS as SELECTION_STARTS
from sklearn_wtrdf.scattering.pairs import Pair, PairWeights, pairs_of

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PairLimits:
    """Assumptions about the distances of pairs."""

    #: longest distance of a first peak that may be a bond [Å]
    max_bond_length: float = 2.2
    #: shortest and longest bond, in sums of the two covalent radii
    bond: tuple[float, float] = (0.85, 1.2)
    #: nearest distance of atoms that are not bonded, in sums of their covalent radii
    nearest: float = 0.75
    #: distance of two atoms that are bonded to the same atom, in bond lengths: bond angles from 77° to 180°
    at_same_atom: tuple[float, float] = (1.25, 2.0)
    #: nearest distance of hydrogen atoms, in bond lengths, where no atom has more than one of them. It is 2.3 in
    #: benzene, and about the same between two molecules.
    vicinal: tuple[float, float] = (2.0, 2.4)
    #: smallest distance of unbonded atoms of two elements that form bonds, in bond lengths: √3 in rock salt
    next_shell: float = 1.6
    #: the same for two atoms of one element, so that the angles between their bonds are at least 97°
    next_like_shell: float = 1.5
    #: distance of two hydrogen atoms that are bonded to the same atom, in lengths of these bonds, at the tetrahedral
    #: angle
    geminal: float = 1.63
    #: relative deviation from this distance that is allowed
    geminal_spread: float = 0.1
    #: average number of other hydrogen atoms at the same atom, below which there are no such pairs
    min_geminal: float = 0.1
    #: largest number of bonds of a nonmetal with atoms of the same element: that of carbon in diamond
    max_like_bonds: int = 4
    #: change of a pair weight with q above which it matters. It is 0.015 in Ge25Se75, whose form factors are similar
    #: functions of q, and 0.12 in silica.
    min_weight_change: float = 0.05


@dataclass(frozen=True)
class PairStarts:
    """Starting points of searches."""

    #: largest difference between the length of a bond and the position of the first peak of the single g [Å]
    around_peak: float = 0.2
    #: upper bound of the onset of any pair [Å]
    last_onset: float = 4.5
    #: smallest ratio of the upper to the lower bound of an onset
    min_onset_range: float = 1.2
    #: onsets that are tried for one pair after the other, relative to the position of the first peak
    onsets: tuple[float, ...] = tuple(np.linspace(0.9, 2.1, 13).tolist())
    #: onset at which each pair starts, relative to the position of the first peak
    first_onset: float = 1.5
    #: starting value of the correlation length of g [Å]
    length: float = 0.17
    #: starting values of the charge order, and of the heights of the first shells
    orders: tuple[float, float] = (5.0, 0.3)
    first_shells: tuple[float, float] = (0.5, 3.0)
    #: hyperparameters whose starting values are those of the single g
    shared: tuple[str, ...] = ("noise", "systematic", "correlated", "scale", "steepness", "decay", "growth")
    #: number of starting points from which searches start
    n_searches: int = 4


LIMITS, STARTS = PairLimits(), PairStarts()


def select_pair_functions(observation: Observation, single: Candidate) -> tuple[Evidence, Maximum]:
    """Return the evidence of the pair functions with its maximum, or that of the single g if there are no bonds.

    Parameters
    ----------
    observation : Observation
        The observation, with pair weights.
    single : Candidate
        The most probable prior of a single g.
    """
    assert observation.weights is not None
    pairs = observation.weights.pairs
    first = first_peak(single.posterior)
    bonds = likeliest_bonds(pairs, first)
    return _fit_bonds(observation, single, bonds, first) if bonds else (single.evidence, single.maximum)


def depends_on_radiation(composition: str, q: Floats, first: float) -> bool:
    """Return whether g of a pattern with a first peak at this distance is more accurate if it is known to be of X-rays.

    It is if atoms are bonded, and the pair weights of X-rays change with q.
    """
    try:
        weights = PairWeights.of(composition, q)
    except ValueError:  # no form factors of an element are known
        return False
    change = np.abs(weights.at_q - weights.total).max()
    return bool(change > LIMITS.min_weight_change and likeliest_bonds(weights.pairs, first))


def likeliest_bonds(pairs: Sequence[Pair], first: float) -> dict[str, Bond]:
    """Return the bonds of a prior of pair functions, given the distance of the first peak; none is empty."""
    return bonds_of_hydrogen(pairs) or next(iter(possible_bonds(pairs, first)), {})


def neutron_weights_of_molecule(composition: str, q: Floats) -> PairWeights | None:
    """Return the weights of the pairs in a molecule of two elements that has bonds of several lengths, or None.

    In hydrocarbons, carbon atoms are bonded to hydrogen and to one another. If q does not resolve these bonds, a single
    g describes them by a shell that is too broad. The result is also None if a weight is negative, as in samples that
    are not deuterated: g has negative peaks there.
    """
    try:
        bonds = bonds_of_hydrogen(pairs_of(composition))
        if all("H" in name.split("-") for name in bonds):
            return None
        weights = PairWeights.of(composition, q, "neutron")
    except ValueError:  # an element is not in the tables
        return None
    return weights if weights.total.min() > 0 else None


def possible_bonds(pairs: Sequence[Pair], first: float) -> list[dict[str, Bond]]:
    """Return the bonds that may cause a first peak at this distance, the likeliest first."""
    if first > LIMITS.max_bond_length:
        return []
    low, high = LIMITS.bond
    bonded = [pair for pair in pairs if low < first / pair.covalent < high]
    bonded.sort(key=lambda pair: abs(np.log(first / pair.covalent)))
    around = first - STARTS.around_peak, first + STARTS.around_peak
    bond = AsymmetricBond(r=around, neighbours=(ODDS.min_neighbours, SELECTION_STARTS.max_neighbours))
    return [{pair.name: bond} for pair in bonded]


def bonds_of_hydrogen(pairs: Sequence[Pair]) -> dict[str, Bond]:
    """Return the bonds in molecules of hydrogen and a second element, by the rules of valence.

    Each hydrogen atom has one bond. Atoms of a nonmetal that have fewer hydrogen atoms than their valence are bonded
    to one another, as in hydrocarbons.
    """
    between = next((pair for pair in pairs if not pair.is_like and "H" in pair.elements), None)
    if between is None or len(pairs) != 3:
        return {}
    like = next(pair for pair in pairs if pair.is_like and "H" not in pair.elements)
    n_hydrogen = 1 / like.fractions[0] - 1
    shortest, longest = LIMITS.bond
    r = shortest * between.covalent, longest * between.covalent
    bonds = {between.name: Bond(r=r, neighbours=1.0 if between.elements[1] != "H" else n_hydrogen)}
    if n_hydrogen - 1 > LIMITS.min_geminal:
        distance = LIMITS.geminal * between.covalent
        r = distance * (1 - LIMITS.geminal_spread), distance * (1 + LIMITS.geminal_spread)
        bonds["H-H"] = Bond(r=r, neighbours=n_hydrogen - 1)
    if n_hydrogen < like.valences[0] <= LIMITS.max_like_bonds:
        r = shortest * like.covalent, longest * like.covalent
        bonds[like.name] = Bond(r=r, neighbours=(ODDS.min_neighbours, LIMITS.max_like_bonds))
    return bonds


def onset_bounds(pairs: Sequence[Pair], bonds: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Return the bounds of the onset of each pair, beyond its bond and those with atoms that both are bonded to."""
    fractions = {pair.elements[0]: pair.fractions[0] for pair in pairs if pair.is_like}
    onsets = {}
    for pair in pairs:
        low, high = LIMITS.nearest * pair.covalent, STARTS.last_onset
        if pair.name in bonds:
            next_shell = LIMITS.next_like_shell if pair.is_like else LIMITS.next_shell
            low = max(low, next_shell * bonds[pair.name])
        elif pair.is_like:
            for name, length in bonds.items():
                element = pair.elements[0]
                center = set(name.split("-")) - {element}
                if element not in name.split("-") or center in (set(), {"H"}):
                    continue
                n_neighbours = fractions[element] / fractions[center.pop()]  # of an atom at the center, at least
                is_alone = element == "H" and n_neighbours < 1 + LIMITS.min_geminal
                nearest, furthest = LIMITS.vicinal if is_alone else LIMITS.at_same_atom
                low = max(low, nearest * length)
                if n_neighbours >= 1:  # several if they are not hydrogen, because these have several bonds
                    high = min(high, furthest * length)
        onsets[pair.name] = low, max(high, STARTS.min_onset_range * low)
    return onsets


def _fit_bonds(
    observation: Observation, single: Candidate, bonds: dict[str, Bond], first: float
) -> tuple[Evidence, Maximum]:
    """Search for the hyperparameters of the pair functions with these bonds."""
    assert observation.weights is not None
    lengths = {name: float(np.mean(np.asarray(bond.r))) for name, bond in bonds.items()}
    onsets = onset_bounds(observation.weights.pairs, lengths)
    settings = single.evidence
    evidence = Evidence(
        PairFunctions(observation.weights.composition, onsets, bonds),
        observation,
        systematic_errors=settings.systematic_errors,
        noise=settings.noise,
    )
    values = {name: single.posterior.hyperparameters[name] for name in STARTS.shared}
    values |= start_of_bond(single, observation.weights, bonds)
    starts = list(pair_starting_points(evidence, first, values, onsets="shared"))
    if len(bonds) > 1:  # whose starting values are rough, so that the evidence may prefer wrong onsets
        starts[1::2] = list(pair_starting_points(evidence, first, values, onsets="same"))[1::2]
    return evidence, best_of(evidence, starts, STARTS.n_searches)


def start_of_bond(single: Candidate, weights: PairWeights, bonds: Mapping[str, Bond]) -> dict[str, float]:
    """Return the hyperparameters of the bond of a single g as those of the bond of a pair, by their labels.

    Parameters
    ----------
    single : Candidate
        The most probable prior of the g of a pattern.
    weights : PairWeights
        The pair weights of this pattern.
    bonds : mapping of str to Bond
        The bond of each bonded pair.
    """
    values = single.posterior.hyperparameters
    if "r" not in values or len(bonds) != 1:
        return {}
    (name,) = bonds
    pair, weight = next(item for item in zip(weights.pairs, weights.total, strict=True) if item[0].name == name)
    bond_values = {key: values[key] for key in ("r", "width", "tail")}
    bond_values["neighbours"] = values["neighbours"] * pair.fractions[1] / weight
    return {f"{key} {name}": value for key, value in bond_values.items()}


def pair_starting_points(
    evidence: Evidence,
    first: float = USUAL_PEAK,
    values: Mapping[str, float] = MappingProxyType({}),
    *,
    onsets: Literal["each", "shared", "same"] = "each",
) -> Iterator[Floats]:
    """Yield starting points of a search.

    Parameters
    ----------
    evidence : Evidence
    first : float, default=1.6
        Position of the first peak [Å].
    values : mapping of str to float, default={}
        Other hyperparameters, by names or labels.
    onsets : {"each", "shared", "same"}, default="each"
        For each starting point, the most probable onset for one pair after the other. "shared" searches for them once,
        with strong first shells, in a quarter of the time. "same" has the same onset for all pairs.
    """

    def point(order: float, first_shell: float) -> Floats:
        theta = evidence.theta(
            order=order, first_shell=first_shell, length=STARTS.length, onset=STARTS.first_onset * first, **values
        )
        return np.asarray(np.clip(theta, evidence.low, evidence.high))

    places, shared = evidence.indices("onset"), None
    if onsets == "shared":
        shared = _with_onsets(evidence, point(STARTS.orders[0], STARTS.first_shells[-1]), first)[places]
    for order, first_shell in product(STARTS.orders, STARTS.first_shells):
        theta = point(order, first_shell)
        if shared is not None:
            theta[places] = shared
        yield _with_onsets(evidence, theta, first) if onsets == "each" else theta


def _with_onsets(evidence: Evidence, theta: Floats, first: float) -> Floats:
    """Return a starting point with the most probable onset for one pair after the other."""
    for i in evidence.indices("onset"):
        trials = np.tile(theta, (len(STARTS.onsets), 1))
        trials[:, i] = np.clip(np.log(np.multiply(STARTS.onsets, first)), evidence.low[i], evidence.high[i])
        theta = trials[int(np.argmin(evidence.values(trials)))]
    return theta
