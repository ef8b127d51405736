"""Mistakes in the patterns by which they contradict one another: exchanged radiations, and a q that is wrong.

The pair functions describe wrong patterns almost as well as right ones. What shows a mistake is that the patterns
become much more probable when it is undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.inversion.evidence import Evidence
from sklearn_wtrdf.inversion.scoring import maximize
from sklearn_wtrdf.partials.frame import Measurement
from sklearn_wtrdf.partials.modes import Mode
from sklearn_wtrdf.partials.search import observations_of
from sklearn_wtrdf.scattering.pairs import PairWeights
from sklearn_wtrdf.utils.data_warnings import DataWarning

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AlternativeLimits:
    """Gains of the log evidence beyond which a mistake is reported.

    Chosen on simulated materials: the first on the development half, the second on all of them.
    """

    of_exchange: float = 8.0  # it is negative, or nearly 0, if the patterns are right
    # With another q of a right pattern, the pair functions of argon and krypton, or copper and zirconium, are more
    # similar to one another. Their prior prefers this: it gains up to 18.
    of_stretch: float = 20.0
    step: float = 0.01  # of the factor of q
    max_steps: int = 3


LIMITS = AlternativeLimits()


class Stretch(NamedTuple):
    """The factor of the q of a pattern that makes the patterns most probable, and the gain of the log evidence."""

    name: str
    factor: float
    gain: float


class Alternatives:
    """The evidence of changed patterns, in which the search begins with the hyperparameters of the unchanged ones.

    Parameters
    ----------
    mode : Mode
        The greatest maximum of the evidence of the patterns.
    measurements : sequence of Measurement
        The patterns.
    number_density : float
        ρ₀ [Å⁻³].
    r_max : float
        Largest distance [Å] at which a pair function may differ from 1.
    systematic_errors : bool
    """

    def __init__(
        self,
        mode: Mode,
        measurements: Sequence[Measurement],
        number_density: float,
        r_max: float,
        systematic_errors: bool,
    ) -> None:
        self.mode, self.measurements = mode, list(measurements)
        self.number_density, self.r_max, self.systematic_errors = number_density, r_max, systematic_errors
        self._value = self._evidence(self.measurements).value(mode.theta)

    def warnings(self, *, is_contradictory: bool) -> list[DataWarning]:
        """Return a warning about exchanged radiations, or else about q.

        If the scale or the systematic errors of a pattern contradict the others (`is_contradictory`), q is not
        examined: another q might describe any other mistake.
        """
        if len(self.measurements) < 2:
            return []
        names = [repr(measurement.name) for measurement in self.measurements]
        if len(names) == 2 and (gain := self.gain_of_exchange()) > LIMITS.of_exchange:
            return [
                DataWarning(
                    f"Patterns {names[0]} and {names[1]} are more probable with each other's pair weights, by "
                    f"{gain:.0f} in the log evidence: are their radiations or isotopes exchanged?"
                )
            ]
        if is_contradictory or (stretch := self.stretch()).gain <= LIMITS.of_stretch:
            return []
        other = f", or that of {names[0]} divided by it" if len(names) == 2 else ""
        return [
            DataWarning(
                f"The patterns are more probable, by {stretch.gain:.0f} in the log evidence, if q of {stretch.name!r} "
                f"is multiplied by {stretch.factor:.3f}{other}: calibrate all instruments by one standard."
            )
        ]

    def gain_of_exchange(self) -> float:
        """Return the gain of the log evidence if the pair weights of two patterns are exchanged."""
        first, second = self.measurements
        if first.weights.at_q.shape[1] == 1:
            return 0.0
        pairs = (first, second), (second, first)
        return self._gain(
            [replace(pattern, weights=_at(pattern.q, other.q, other.weights)) for pattern, other in pairs]
        )

    def stretch(self) -> Stretch:
        """Return the factor of the q of one pattern that increases the evidence most.

        Of two patterns, only the ratio of their q matters.
        """
        places = range(1 if len(self.measurements) == 2 else 0, len(self.measurements))
        return max((self._stretch_of(place) for place in places), key=lambda stretch: stretch.gain)

    def _stretch_of(self, place: int) -> Stretch:
        """Return the vertex of a parabola through the greatest gain and those one step nearer and further."""

        def gain(n_steps: int) -> float:
            changed = list(self.measurements)
            changed[place] = stretched(changed[place], 1 + n_steps * LIMITS.step)
            return self._gain(changed)

        gains = {n_steps: gain(n_steps) for n_steps in (-1, 1)} | {0: 0.0}
        best = max(gains, key=gains.__getitem__)
        while best and (further := best + int(np.sign(best))) not in gains and abs(further) <= LIMITS.max_steps:
            gains[further] = gain(further)
            best = max(gains, key=gains.__getitem__)
        vertex, top = float(best), gains[best]
        if {best - 1, best + 1} <= gains.keys():
            before, after = gains[best - 1] - top, gains[best + 1] - top
            vertex += (after - before) / (2 * -(before + after))
            top += (after - before) ** 2 / (8 * -(before + after))
        return Stretch(self.measurements[place].name, 1 + vertex * LIMITS.step, top)

    def _gain(self, changed: Sequence[Measurement]) -> float:
        return float(self._value - maximize(self._evidence(changed), self.mode.theta).value)

    def _evidence(self, measurements: Sequence[Measurement]) -> Evidence:
        observations = observations_of(measurements, self.number_density, self.r_max, is_coarse=True)
        return Evidence(
            self.mode.prior,
            [observation.with_small_q() for observation in observations],
            systematic_errors=self.systematic_errors,
        )


def stretched(measurement: Measurement, factor: float) -> Measurement:
    """Return a pattern whose q is multiplied by a factor, and thus S_R = q (S − 1) as well."""
    std = None if measurement.std is None else factor * measurement.std
    return replace(measurement, q=factor * measurement.q, s_r=factor * measurement.s_r, std=std)


def _at(q: Floats, given: Floats, weights: PairWeights) -> PairWeights:
    """Return pair weights that are given on one grid of q, interpolated to another."""
    return replace(weights, at_q=np.column_stack([np.interp(q, given, column) for column in weights.at_q.T]))
