"""Which prior explains an S_R(q) best: a continuum, with or without a bond before it and an oscillation behind it.

Of each prior the hyperparameters of greatest evidence are searched for and then integrated out (Laplace's method), so
that a prior with more of them pays for what else it could have explained. What is known of atoms beforehand is a
factor on the odds of a prior: bonds are short, and shells hold atoms.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.inversion.evidence import Evidence
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.posterior import Component, Solver
from sklearn_wtrdf.inversion.priors import Bond, Continuum, Oscillation, Prior
from sklearn_wtrdf.inversion.scoring import Maximum, best, best_of

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Odds:
    """Log odds of priors before S_R is looked at, and what they depend on.

    Chosen on the development half of the simulated materials, with white, correlated and growing noise, and on measured
    patterns.
    """

    #: Å: atoms that are no further apart are covalently bonded, those beyond the second are not, and their shells lean
    short_bond: float = 1.8
    long_bond: float = 2.2
    #: of a bond of such a length, against none
    for_short_bond: float = 3.0
    for_long_bond: float = -12.0
    #: Å: of a broader shell a continuum is the better description, since real shells are no Gaussians
    broadest_bond: float = 0.1
    #: of an oscillation: bonded materials have it as well, but no more of their g is known by it
    for_oscillation: float = -15.0
    #: atoms in a first shell that ends within 1.3 Å: errors of S look like a shell of fewer
    fewest_atoms: float = 0.5
    nearest_end: float = 1.3
    #: of such a shell
    for_empty_shell: float = -5.0


@dataclass(frozen=True)
class Starts:
    """Where searches for hyperparameters start, and how far these may move."""

    #: Å
    onsets: tuple[float, ...] = tuple(np.arange(0.8, 3.8, 0.2).tolist())
    lengths: tuple[float, float] = (0.15, 0.5)
    last_onset: float = 4.5
    #: Å⁻¹: where the onset is bounded, a gentler rise would begin before it
    steepness: tuple[float, float] = (10.0, 80.0)
    #: of S, where errors that neighbouring points share may be large
    large_correlated: float = 0.06
    #: Å, between the onset and its bound, and between two bounds
    onset_step: float = 0.1
    #: Å, where the first peak may be, and where it is looked for if there is none
    nearest_peak: float = 0.9
    furthest_peak: float = 4.0
    usual_peak: float = 1.6
    #: of g, of a peak at least
    least_peak: float = 1.2
    #: Å: how far a bond may be from the first peak of the continuum alone, and from the onset of the one behind it
    around_bond: float = 0.2
    most_neighbours: float = 20.0
    #: Å⁻¹, between which the highest maximum of S of any liquid or glass is, and by which factor it may be misplaced
    wavenumbers: tuple[float, float] = (0.8, 5.0)
    misplaced: tuple[float, float] = (0.8, 1.25)


ODDS, STARTS = Odds(), Starts()


class Candidate(NamedTuple):
    """A prior with its most probable hyperparameters.

    Attributes
    ----------
    evidence : Evidence
    maximum : Maximum
    log_odds : float
        Log probability of the prior and of S_R under it, up to a constant.
    """

    evidence: Evidence
    maximum: Maximum
    log_odds: float

    @classmethod
    def of(cls, evidence: Evidence, maximum: Maximum, log_odds: float = 0.0) -> Candidate:
        """Return the candidate; `log_odds` are those of the prior alone."""
        return cls(evidence, maximum, evidence.log_marginal(maximum.theta) + log_odds)

    @property
    def hyperparameters(self) -> dict[str, float]:
        """The most probable ones, by name."""
        return dict(zip(self.evidence.names, np.exp(self.maximum.theta).tolist(), strict=True))

    def under(self, prior: Prior) -> Evidence:
        """Return the evidence of another prior by the same observation."""
        evidence = self.evidence
        return Evidence(prior, evidence.observation, systematic_errors=evidence.systematic_errors, noise=evidence.noise)


def select_prior(
    observation: Observation, *, systematic_errors: bool = True, noise: float | None = None
) -> tuple[Evidence, Maximum]:
    """Return the most probable prior with its hyperparameters.

    Parameters
    ----------
    observation : Observation
    systematic_errors, noise
        As for :class:`Evidence`.

    Returns
    -------
    evidence : Evidence
    maximum : Maximum
    """
    evidence = Evidence(Continuum(), observation, systematic_errors=systematic_errors, noise=noise)
    maximum = best(best_of(evidence, starting_points(evidence, length)) for length in STARTS.lengths)
    continuum = _beyond_empty_shells(Candidate.of(evidence, maximum))
    choice = max(continuum, _bonded(continuum), key=lambda candidate: candidate.log_odds)
    choice = max(choice, _oscillating(choice), key=lambda candidate: candidate.log_odds)
    return choice.evidence, choice.maximum


def starting_points(evidence: Evidence, length: float = 0.15, place: float | None = None) -> list[Floats]:
    """Return starts of a search: onsets, and where there is a bond, onsets beyond it."""
    if "neighbours" not in evidence.names:
        return [evidence.theta(onset=onset, length=length) for onset in STARTS.onsets]
    if place is None:
        place = float(np.exp(evidence.start[evidence.names.index("r")]))
    combinations = product((0.5, 0.9, 1.4, 2.1), (1.0, 2.0, 4.0), (0.04, 0.065))
    return [
        evidence.theta(r=place, neighbours=neighbours, width=width, onset=place + beyond, amplitude=0.7)
        for beyond, neighbours, width in combinations
    ]


def _beyond_empty_shells(candidate: Candidate) -> Candidate:
    """Let g begin beyond a first shell that holds next to no atoms, unless S_R insists on it: it is an error of S."""
    least = candidate.log_odds + ODDS.for_empty_shell
    while (end := _end_of_empty_shell(candidate)) is not None:
        low = max(end, _least_onset(candidate) + STARTS.onset_step)
        beyond = candidate.under(Continuum(onset=(low, STARTS.last_onset), steepness=STARTS.steepness))
        starts = [
            beyond.theta(onset=onset, length=length, **errors)
            for onset in (low + STARTS.onset_step, *STARTS.onsets)
            for length in STARTS.lengths
            for errors in ({}, {"correlated": STARTS.large_correlated})
            if onset > low
        ]
        other = Candidate.of(beyond, best_of(beyond, starts, 3))
        if other.log_odds < least:
            break
        candidate = other
    return candidate


def _end_of_empty_shell(candidate: Candidate) -> float | None:
    """Return where the first shell ends [Å] if it holds next to no atoms."""
    evidence = candidate.evidence
    end, atoms = Component(Solver(evidence, candidate.maximum.theta), evidence.observation).first_shell()
    is_empty = atoms < ODDS.fewest_atoms and max(end, _least_onset(candidate)) < ODDS.nearest_end
    return end if is_empty else None


def _least_onset(candidate: Candidate) -> float:
    return float(np.exp(candidate.evidence.low[candidate.evidence.names.index("onset")]))


def _bonded(continuum: Candidate) -> Candidate:
    """Return the candidate with a bond in place of the first peak, if there can be one."""
    place, around = _first_peak(continuum), STARTS.around_bond
    # Left free, the bond wanders into the continuum, or the continuum takes its place.
    evidence = continuum.under(
        Continuum(onset=(place + around, STARTS.last_onset))
        + Bond(r=(place - around, place + around), neighbours=(ODDS.fewest_atoms, STARTS.most_neighbours))
    )
    maximum = best_of(evidence, starting_points(evidence, place=place))
    r, width = (float(np.exp(maximum.theta[evidence.names.index(name)])) for name in ("r", "width"))
    if width >= ODDS.broadest_bond:
        return continuum
    lengths, odds = (ODDS.short_bond, ODDS.long_bond), (ODDS.for_short_bond, ODDS.for_long_bond)
    return Candidate.of(evidence, maximum, float(np.interp(r, lengths, odds)))


def _first_peak(candidate: Candidate) -> float:
    r = np.arange(STARTS.nearest_peak, STARTS.furthest_peak, 0.01)
    g = Component(Solver(candidate.evidence, candidate.maximum.theta), candidate.evidence.observation).g(r)
    tops = 1 + np.flatnonzero((g[1:-1] > g[:-2]) & (g[1:-1] >= g[2:]) & (g[1:-1] > STARTS.least_peak))
    return float(r[tops[0]]) if tops.size else STARTS.usual_peak


def _oscillating(choice: Candidate) -> Candidate:
    """Return the candidate with the oscillation that the highest maximum of S is the image of."""
    k, values = _highest_maximum(choice.evidence.observation), choice.hyperparameters
    low, high = (factor * k for factor in STARTS.misplaced)
    evidence = choice.under(choice.evidence.prior + Oscillation(wavenumber=(low, high)))
    starts = [
        evidence.theta(**values | {"amplitude": share * values["amplitude"], "swing": swing, "range": decay})
        for share, swing, decay in product((0.5, 1.0), (0.05, 0.2, 0.8), (3.0, 6.0, 12.0))
    ]
    before = choice.log_odds - choice.evidence.log_marginal(choice.maximum.theta)
    return Candidate.of(evidence, best_of(evidence, starts), before + ODDS.for_oscillation)


def _highest_maximum(observation: Observation) -> float:
    """Return the place of the highest maximum of S [Å⁻¹]."""
    first, last = STARTS.wavenumbers
    inside = (observation.q > first) & (observation.q < last)
    if not inside.any():
        return float(np.sqrt(first * last))
    q = observation.q[inside]
    return float(q[(observation.s_r[inside] / q).argmax()])
