"""Checks of several patterns, and of the bonds, onsets and r_max that are given with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sklearn_wtrdf.consistency import of_grid
from sklearn_wtrdf.inversion import checks
from sklearn_wtrdf.inversion.observation import max_r_max
from sklearn_wtrdf.inversion.priors import Bond, Continuum
from sklearn_wtrdf.inversion.search import SEARCH
from sklearn_wtrdf.partials.frame import Measurement
from sklearn_wtrdf.scattering.pairs import Pair
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.scattering.sampling import MIN_POINTS
from sklearn_wtrdf.utils.data_warnings import DataWarning
from sklearn_wtrdf.utils.text import listed, quoted


def check_numbers(composition: str, measurements: Sequence[Measurement], *, single_pattern: bool) -> None:
    """Raise an error unless there are enough patterns for the material, and enough points in each."""
    n_pairs = len(measurements[0].weights.pairs)
    if len(measurements) < 2 and n_pairs > 1 and not single_pattern:
        raise ValueError(
            f"X has one pattern, which does not determine the {n_pairs} pair functions of {composition}: add a "
            "pattern of another radiation or isotope, use InversionRegressor for the total g(r), or set "
            "single_pattern=True."
        )
    for measurement in measurements:
        if measurement.q.size < MIN_POINTS:
            raise ValueError(
                f"X: pattern {measurement.name!r} has {measurement.q.size} points, fewer than {MIN_POINTS}."
            )


def check_pairs(argument: str, of_pairs: Mapping[str, object], composition: str, pairs: Sequence[Pair]) -> None:
    """Raise an error unless bonds or onsets belong to pairs of the material."""
    names = [pair.name for pair in pairs]
    for name, value in of_pairs.items():
        if name not in names:
            raise ValueError(f"{argument}: {name!r} is not a pair of {composition}: {listed(names)}.")
        if argument == "bonds" and not isinstance(value, Bond):
            example = "Bond(r=(1.5, 1.7))"
            raise ValueError(f"bonds: the bond of {name} must be a Bond, such as {example}, got {quoted(value)}.")
        if argument == "onsets":
            _check_onset(name, value)


def _check_onset(name: str, value: Any) -> None:
    """Raise an error unless an onset is a distance or a pair of bounds."""
    try:
        Continuum(onset=value).hyperparameters  # noqa: B018 (it checks them)
    except ValueError:
        raise ValueError(
            f"onsets: the onset of {name} must be (low, high) in Å, such as (2.2, 2.6), got {quoted(value)}."
        ) from None


def check_r_max(r_max: float, measurements: Sequence[Measurement]) -> None:
    """Raise an error unless pair functions can be solved for up to the largest distance that the search may try."""
    q_max = max(measurement.q[-1] for measurement in measurements)
    maximum = max_r_max(q_max) - SEARCH.max_extensions * SEARCH.extension
    if r_max > maximum:
        raise ValueError(
            f"r_max is {r_max:g} Å, and with q up to {q_max:g} Å⁻¹ at most {maximum:.0f} Å can be solved for: choose a "
            "smaller one. The default, 20 Å, is increased if the structure reaches further."
        )


def check_measurements(measurements: Sequence[Measurement], number_density: float) -> list[DataWarning]:
    """Return the warnings about all patterns; each names its pattern."""
    warnings = []
    for measurement in measurements:
        try:
            messages = _check_measurement(measurement, number_density)
        except ValueError as error:
            raise ValueError(f"X: pattern {measurement.name!r}: {error}") from None
        warnings += [DataWarning(f"Pattern {measurement.name!r}: {message}") for message in messages]
    return warnings


def _check_measurement(measurement: Measurement, number_density: float) -> list[str]:
    """Return warnings about a pattern. If a weight is negative, it is not an S(q), and only its grid is checked."""
    pattern = Pattern(measurement.q, measurement.s_r, number_density=number_density)
    warnings = checks.check_data([pattern], are_measured=True)[0]
    if measurement.weights.at_q.min() < 0:
        return [message] if (message := of_grid(measurement.q.tobytes())) else []
    return [str(warning) for warning in warnings]
