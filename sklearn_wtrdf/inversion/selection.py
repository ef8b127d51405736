"""The selection of a prior: a continuum, with or without a bond below its onset and an oscillation at large r.

For each prior, the hyperparameters that maximize the evidence are searched for, and then integrated out by Laplace's
method, so that additional hyperparameters are penalized. Prior odds express that bonds are short, and that shells
contain atoms.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.inversion.evidence import AT_BOUND, Evidence
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.posterior import Posterior, first_peak
from sklearn_wtrdf.inversion.priors import AsymmetricBond, Continuum, Oscillation, Prior
from sklearn_wtrdf.inversion.priors.bond import SHORT_BOND
from sklearn_wtrdf.inversion.scoring import Maximum, best, best_of, maximize

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Odds:
    """Prior log odds of the candidates, and limits of their hyperparameters.

    Chosen on the development half of the simulated materials, with white, correlated and growing noise, and on measured
    patterns.
    """

    #: longest distance of a covalent bond, and distance beyond which shells overlap [Å]
    short_bond: float = SHORT_BOND
    long_bond: float = 2.2
    #: prior log odds of a bond of these lengths over a continuum without a bond, interpolated between them
    for_short_bond: float = 3.0
    for_long_bond: float = -12.0
    #: largest width of a bond [Å]; a continuum describes a broader shell better
    max_bond_width: float = 0.1
    #: prior log odds of an oscillation. It increases the evidence of bonded materials as well, without improving g.
    for_oscillation: float = -15.0
    #: smallest number of neighbours in a first shell that ends below `min_shell_end` [Å]; a shell of fewer is an error
    #: of S
    min_neighbours: float = 0.5
    min_shell_end: float = 1.3
    #: prior log odds of a shell with fewer neighbours
    for_empty_shell: float = -5.0


@dataclass(frozen=True)
class Starts:
    """Starting points and bounds of hyperparameters in the searches of a selection."""

    #: starting values of the onset of the continuum [Å]
    onsets: tuple[float, ...] = tuple(np.arange(0.8, 3.8, 0.2).tolist())
    #: starting values of its correlation length [Å]
    lengths: tuple[float, float] = (0.15, 0.5)
    #: upper bound of the onset [Å]
    last_onset: float = 4.5
    #: range beyond the onset in which shells are equally sharp, in units of first_width: that of bonded atoms and their
    #: neighbours. It is 0 with a bond.
    rigid: float = 2.0
    #: bounds of the steepness [Å⁻¹] if the onset has a lower bound; a less steep g would rise far below the onset
    steepness: tuple[float, float] = (10.0, 80.0)
    #: starting value of correlated errors of S, if these may be large
    large_correlated: float = 0.06
    #: distance from the lower bound of an onset to the start of the search, and smallest increase of that bound [Å]
    onset_step: float = 0.1
    #: largest distance of the bond from the first peak of the continuum alone, and smallest distance from this peak to
    #: the onset of the continuum beyond the bond [Å]
    around_bond: float = 0.2
    #: largest number of neighbours in a shell
    max_neighbours: float = 20.0
    #: starting values with a bond: its number of neighbours and width [Å], the distance from it to the onset of the
    #: continuum [Å], and the amplitude of the continuum
    neighbours: tuple[float, ...] = (1.0, 2.0, 4.0)
    bond_widths: tuple[float, ...] = (0.04, 0.065)
    beyond_bond: tuple[float, ...] = (0.5, 0.9, 1.4, 2.1)
    amplitude_with_bond: float = 0.7
    #: number of searches beyond a shell with almost no atoms
    n_searches_beyond_shell: int = 3
    #: range in which S of liquids and glasses has its highest maximum [Å⁻¹]
    wavenumbers: tuple[float, float] = (0.8, 5.0)
    #: bounds of the wavenumber of an oscillation, relative to the position of this maximum
    wavenumber_bounds: tuple[float, float] = (0.8, 1.25)
    #: starting values with an oscillation: the amplitude of the continuum, relative to that without an oscillation, and
    #: swing and range [Å] of the oscillation
    amplitude_fractions: tuple[float, ...] = (0.5, 1.0)
    swings: tuple[float, ...] = (0.05, 0.2, 0.8)
    ranges: tuple[float, ...] = (3.0, 6.0, 12.0)
    #: smallest gain of the log evidence at a starting point with an oscillation. On simulated materials, no search that
    #: began with a smaller gain led to the most probable prior.
    min_oscillation_gain: float = 2.0


ODDS, STARTS = Odds(), Starts()


class Candidate(NamedTuple):
    """A prior with its most probable hyperparameters.

    Attributes
    ----------
    evidence : Evidence
        The evidence of S_R under the prior.
    maximum : Maximum
        The maximum of the evidence.
    log_odds : float
        Logarithm of prior odds times the evidence with the hyperparameters integrated out, up to a constant.
    """

    evidence: Evidence
    maximum: Maximum
    log_odds: float

    @classmethod
    def of(cls, evidence: Evidence, maximum: Maximum, log_odds: float = 0.0) -> Candidate:
        """Return the candidate. The argument `log_odds` contains the prior odds alone."""
        return cls(evidence, maximum, evidence.log_marginal(maximum.theta) + log_odds)

    @property
    def posterior(self) -> Posterior:
        """The posterior under the most probable hyperparameters."""
        return Posterior(self.evidence, self.maximum.theta)

    def under(self, prior: Prior) -> Evidence:
        """Return the evidence of the same observation under another prior."""
        evidence = self.evidence
        return Evidence(prior, evidence.observation, systematic_errors=evidence.systematic_errors, noise=evidence.noise)


def select_prior(observation: Observation, *, systematic_errors: bool = True, noise: float | None = None) -> Candidate:
    """Return the most probable prior of a single g, with its hyperparameters.

    Parameters
    ----------
    observation : Observation
    systematic_errors, noise
        As for :class:`Evidence`.

    Returns
    -------
    Candidate
    """
    evidence = Evidence(Continuum(rigid=STARTS.rigid), observation, systematic_errors=systematic_errors, noise=noise)
    maximum = best(best_of(evidence, starting_points(evidence, length)) for length in STARTS.lengths)
    continuum = _beyond_empty_shells(Candidate.of(evidence, maximum))
    choice = max(continuum, _bonded(continuum), key=lambda candidate: candidate.log_odds)
    return max(choice, _oscillating(choice), key=lambda candidate: candidate.log_odds)


def starting_points(
    evidence: Evidence, length: float = STARTS.lengths[0], position: float | None = None
) -> list[Floats]:
    """Return starting points of a search: onsets without a bond, or bonds with onsets beyond them.

    `length` is the correlation length of a continuum without a bond [Å], and `position` the length of the bond [Å], by
    default the starting value of the prior.
    """
    if "neighbours" not in evidence.names:
        return [evidence.theta(onset=onset, length=length) for onset in STARTS.onsets]
    if position is None:
        position = float(np.exp(evidence.start[evidence.names.index("r")]))
    amplitude = STARTS.amplitude_with_bond
    return [
        evidence.theta(r=position, neighbours=neighbours, width=width, onset=position + beyond, amplitude=amplitude)
        for beyond, neighbours, width in product(STARTS.beyond_bond, STARTS.neighbours, STARTS.bond_widths)
    ]


def _beyond_empty_shells(candidate: Candidate) -> Candidate:
    """Move the onset beyond a first shell with almost no atoms, an error of S, unless its evidence is large."""
    min_log_odds = candidate.log_odds + ODDS.for_empty_shell
    while (end := _end_of_empty_shell(candidate)) is not None:
        low = max(end, _min_onset(candidate) + STARTS.onset_step)
        onsets = low, STARTS.last_onset
        beyond = candidate.under(Continuum(onset=onsets, steepness=STARTS.steepness, rigid=STARTS.rigid))
        starts = [
            beyond.theta(onset=onset, length=length, **errors)
            for onset in (low + STARTS.onset_step, *STARTS.onsets)
            for length in STARTS.lengths
            for errors in ({}, {"correlated": STARTS.large_correlated})
            if onset > low
        ]
        without_shell = Candidate.of(beyond, best_of(beyond, starts, STARTS.n_searches_beyond_shell))
        if without_shell.log_odds < min_log_odds:
            break
        candidate = without_shell
    return candidate


def _end_of_empty_shell(candidate: Candidate) -> float | None:
    """Return the end of the first shell [Å] if it has almost no atoms, else None."""
    end, atoms = candidate.posterior.component.first_shell()
    is_empty = atoms < ODDS.min_neighbours and max(end, _min_onset(candidate)) < ODDS.min_shell_end
    return end if is_empty else None


def _min_onset(candidate: Candidate) -> float:
    return float(np.exp(candidate.evidence.low[candidate.evidence.names.index("onset")]))


def _bonded(continuum: Candidate) -> Candidate:
    """Return the candidate with a bond in place of the first peak, or without one if that peak is too broad."""
    position, around = first_peak(continuum.posterior), STARTS.around_bond
    # Without these bounds the bond moves into the continuum, or the continuum describes the bond as well.
    evidence = continuum.under(
        Continuum(onset=(position + around, STARTS.last_onset))
        + AsymmetricBond(
            r=(position - around, position + around), neighbours=(ODDS.min_neighbours, STARTS.max_neighbours)
        )
    )
    maximum = best_of(evidence, starting_points(evidence, position=position))
    r, width, neighbours = (
        float(np.exp(maximum.theta[evidence.names.index(name)])) for name in ("r", "width", "neighbours")
    )
    if width >= ODDS.max_bond_width or np.log(neighbours / ODDS.min_neighbours) < AT_BOUND:
        return continuum
    lengths, odds = (ODDS.short_bond, ODDS.long_bond), (ODDS.for_short_bond, ODDS.for_long_bond)
    return Candidate.of(evidence, maximum, float(np.interp(r, lengths, odds)))


def _oscillating(choice: Candidate) -> Candidate:
    """Return the candidate with an oscillation, whose Fourier transform is the highest maximum of S."""
    k, values = _highest_maximum(choice.evidence.observation), choice.posterior.hyperparameters
    low, high = (factor * k for factor in STARTS.wavenumber_bounds)
    evidence = choice.under(choice.evidence.prior + Oscillation(wavenumber=(low, high)))
    starts = [
        evidence.theta(**values | {"amplitude": fraction * values["amplitude"], "swing": swing, "range": decay})
        for fraction, swing, decay in product(STARTS.amplitude_fractions, STARTS.swings, STARTS.ranges)
    ]
    points = np.clip(starts, evidence.low, evidence.high)
    at_points = evidence.values(points)
    if choice.maximum.value - min(at_points) < STARTS.min_oscillation_gain:
        return choice
    prior_log_odds = choice.log_odds - choice.evidence.log_marginal(choice.maximum.theta)
    maximum = maximize(evidence, points[int(np.argmin(at_points))])
    return Candidate.of(evidence, maximum, prior_log_odds + ODDS.for_oscillation)


def _highest_maximum(observation: Observation) -> float:
    """Return the position of the highest maximum of S [Å⁻¹]."""
    first, last = STARTS.wavenumbers
    inside = (observation.q > first) & (observation.q < last)
    if not inside.any():
        return float(np.sqrt(first * last))
    q = observation.q[inside]
    return float(q[(observation.s_r[inside] / q).argmax()])
