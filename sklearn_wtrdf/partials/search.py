"""The search for the hyperparameters of pair functions: several maxima of the evidence, with their weights.

The shortest distance between atoms is where the g(r) of a single pattern has its first peak. If a bond may be as long,
chemistry sets bounds of the bonds and onsets of all pairs. Searches start with several degrees of charge order and
heights of the first shells. All maxima are kept whose evidence, with the hyperparameters integrated out, is not much
less than the largest one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.inversion.evidence import Evidence
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.pair_selection import (
    bonds_of_hydrogen,
    onset_bounds,
    pair_starting_points,
    possible_bonds,
    start_of_bond,
)
from sklearn_wtrdf.inversion.posterior import first_peak
from sklearn_wtrdf.inversion.priors import Bond, PairFunctions, Setting
from sklearn_wtrdf.inversion.scoring import Maximum, maximize
from sklearn_wtrdf.inversion.search import extend_range, without_outliers
from sklearn_wtrdf.inversion.selection import Candidate, select_prior
from sklearn_wtrdf.partials.frame import Measurement
from sklearn_wtrdf.partials.modes import Mode, log_modes
from sklearn_wtrdf.scattering.pairs import Pair, PairWeights

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ModeLimits:
    """Limits of the maxima of the evidence that are kept, and settings of the search.

    Chosen on the development half of the simulated materials.
    """

    #: largest difference of the log evidence from that of the greatest maximum; less probable maxima are neglected
    max_difference: float = 6.0
    #: difference of the log evidence below which two maxima are taken for the same
    min_difference: float = 0.05
    #: prior log odds of pair functions with bonds over those without
    log_odds_of_bonds: float = 5.0
    #: largest onset of any pair in a material without bonds, relative to the position of the first peak
    last_onset: float = 1.6
    #: prior standard deviation of the logarithm of the scale, which includes errors of number density and normalization
    density_spread: float = 0.05
    #: position of the first peak that is assumed if every pattern has a negative weight [Å]
    usual_distance: float = 1.6
    #: r_max in the search for outliers [Å]; with a smaller one, structure beyond it makes the first points outliers
    range_for_outliers: float = 20.0
    #: smallest distance of hydrogen atoms in different molecules, relative to that of two in one molecule
    beyond_geminal: float = 1.1
    #: number of starting points of a search with bonds other than the likeliest ones
    n_starts_of_others: int = 1


MODES = ModeLimits()


def observations_of(
    measurements: Sequence[Measurement], number_density: float, r_max: float, *, is_coarse: bool = False
) -> list[Observation]:
    """Return the observations of several patterns, on the same grid of r."""
    q_max = max(measurement.q[-1] for measurement in measurements)
    return [
        Observation(
            measurement.q,
            measurement.s_r,
            number_density,
            MODES.density_spread,
            std=measurement.std,
            r_max=r_max,
            q_damp=measurement.q_damp,
            weights=measurement.weights,
            q_max=q_max,
            is_coarse=is_coarse,
        )
        for measurement in measurements
    ]


def exclude_outliers(measurements: Sequence[Measurement], number_density: float) -> list[Measurement]:
    """Return the patterns without outliers of S_R; those with negative weights, which have no g(r), are unchanged."""
    observations = observations_of(measurements, number_density, MODES.range_for_outliers, is_coarse=True)
    return [
        measurement
        if measurement.weights.at_q.min() < 0
        else measurement.without(~np.isin(measurement.q, without_outliers(observation.without_weights()).q))
        for measurement, observation in zip(measurements, observations, strict=True)
    ]


def find_modes(
    observations: Sequence[Observation],
    *,
    bonds: Mapping[str, Bond] | None = None,
    onsets: Mapping[str, Setting] | None = None,
    systematic_errors: bool = True,
) -> tuple[list[Mode], float]:
    """Return the possible maxima of the evidence, the most probable one first, and the range of r.

    The structure of precise patterns may reach beyond the r_max of the observations. Forced to end there, it would be
    described by a wrong scale.

    Parameters
    ----------
    observations : sequence of Observation
        On the coarse grid of r.
    bonds : mapping of str to Bond, default=None
        The bonds. None selects them by the evidence.
    onsets : mapping of str to pair of floats, default=None
        Bounds of onsets [Å] in place of those that follow from the bonds.
    systematic_errors : bool, default=True
        Whether S may have systematic errors.

    Returns
    -------
    modes : list of Mode
        If there are at least as many patterns as pairs, and no onsets are given, the last may be under a prior of log
        g_AB.
    r_max : float
        The largest distance [Å] at which a pair function may differ from 1: that of the observations, or a larger one
        if this increases the evidence.
    """
    pairs, (first, single, weights) = _pairs(observations), nearest_peak(observations)
    observations = [observation.with_small_q() for observation in observations]
    modes: list[Mode] = []
    for n, (of_pairs, log_odds) in enumerate(candidates_of(pairs, first, bonds, is_single=len(observations) == 1)):
        lengths = {name: float(np.mean(np.asarray(bond.r))) for name, bond in of_pairs.items() if bond.r is not None}
        bounds = _bounds(pairs, lengths, first) | dict(onsets or {})
        prior = PairFunctions(_weights(observations[0]).composition, bounds, of_pairs)
        evidence = Evidence(prior, observations, systematic_errors=systematic_errors)
        values = {} if single is None else start_of_bond(single, weights, of_pairs)
        starts = pair_starting_points(evidence, first, values)
        if n == 0:
            evidence, maxima = _extended(evidence, _maxima(evidence, starts))
            observations = evidence.observations
        else:
            maxima = _maxima(evidence, islice(starts, MODES.n_starts_of_others))
        modes += [Mode(prior, maximum.theta, evidence.log_marginal(maximum.theta) + log_odds) for maximum in maxima]
    modes.sort(key=lambda mode: -mode.log_marginal)
    modes = [mode for mode in modes if modes[0].log_marginal - mode.log_marginal < MODES.max_difference]
    if not onsets and len(observations) >= len(pairs):
        known = bonds_of_hydrogen(pairs) if bonds is None else bonds
        modes += log_modes(modes, observations, known, systematic_errors=systematic_errors)
    return modes, observations[0].r_max


class NearestPeak(NamedTuple):
    """The first peak [Å] of the pattern in which it is nearest, the prior of its single g, and its weights."""

    r: float
    single: Candidate | None
    weights: PairWeights


def nearest_peak(observations: Sequence[Observation]) -> NearestPeak:
    """Return the nearest first peak, over the g(r) of all patterns.

    Patterns with negative weights are omitted, because their g may be negative.
    """
    peaks = []
    for observation in observations:
        weights = _weights(observation)
        if weights.at_q.min() >= 0:
            single = select_prior(observation.without_weights())
            peaks.append(NearestPeak(first_peak(single.posterior), single, weights))
    usual = NearestPeak(MODES.usual_distance, None, _weights(observations[0]))
    return min(peaks, key=lambda peak: peak.r, default=usual)


def candidates_of(
    pairs: Sequence[Pair], first: float, bonds: Mapping[str, Bond] | None, *, is_single: bool
) -> list[tuple[dict[str, Bond], float]]:
    """Return the bonds to choose from, the likeliest first, with their log odds.

    With a single pattern, a first peak at the distance of bonded atoms is always assumed to be a bond. Otherwise, the
    shell of a wrong pair might describe the errors of a measured pattern.
    """
    if bonds is not None:
        return [(dict(bonds), 0.0)]
    if of_hydrogen := bonds_of_hydrogen(pairs):
        return [(of_hydrogen, MODES.log_odds_of_bonds)]
    bonded = [(of_pairs, MODES.log_odds_of_bonds) for of_pairs in possible_bonds(pairs, first)]
    return bonded if bonded and is_single else [*bonded, ({}, 0.0)]


def _bounds(pairs: Sequence[Pair], bonds: Mapping[str, float], first: float) -> dict[str, Setting]:
    """Return the bounds of the onset of each pair."""
    bounds: dict[str, Setting] = dict(onset_bounds(pairs, bonds))
    for pair in pairs:
        low, high = onset_bounds(pairs, bonds)[pair.name]
        if not bonds:
            bounds[pair.name] = min(low, first), max(low, MODES.last_onset * first)
        elif pair.name == "H-H" and pair.name in bonds:
            bounds[pair.name] = MODES.beyond_geminal * bonds[pair.name], high
    return bounds


def _maxima(evidence: Evidence, starts: Iterable[Floats]) -> list[Maximum]:
    """Return the different maxima that searches from the starting points reach, the greatest first."""
    return _different(maximize(evidence, start) for start in starts)


def _extended(evidence: Evidence, maxima: Sequence[Maximum]) -> tuple[Evidence, list[Maximum]]:
    """Return the evidence and its maxima with the r_max for which the greatest maximum is largest."""
    extended, greatest = extend_range(evidence, maxima[0])
    if extended is evidence:
        return evidence, list(maxima)
    others = [maximize(extended, maximum.theta, maximum.curvature) for maximum in maxima[1:]]
    return extended, _different([greatest, *others])


def _different(maxima: Iterable[Maximum]) -> list[Maximum]:
    """Return the maxima that differ from one another, the greatest first."""
    different: list[Maximum] = []
    for maximum in sorted(maxima, key=lambda maximum: maximum.value):
        if not different or maximum.value - different[-1].value > MODES.min_difference:
            different.append(maximum)
    return different


def _weights(observation: Observation) -> PairWeights:
    assert observation.weights is not None
    return observation.weights


def _pairs(observations: Sequence[Observation]) -> tuple[Pair, ...]:
    return _weights(observations[0]).pairs
