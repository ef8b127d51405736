"""The solution of several patterns: pair functions with bands, samples, tables of peaks, and decompositions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklearn_wtrdf.inversion.decomposition import Decomposition
from sklearn_wtrdf.inversion.diagnostics import MAX_LOG_SCALE, MAX_SYSTEMATIC_ERROR
from sklearn_wtrdf.maxima import find_maxima
from sklearn_wtrdf.partials.frame import Measurement
from sklearn_wtrdf.partials.posterior import PartialsPosterior
from sklearn_wtrdf.peaks import measure_peaks
from sklearn_wtrdf.scattering.sampling import HALF_WIDTH_90
from sklearn_wtrdf.utils.data_warnings import DataWarning
from sklearn_wtrdf.utils.text import counted, listed

Floats = NDArray[np.float64]

_REACH = 8.0  # Å, range of r in which it is measured how well a pair function is determined
_STEP = 0.05  # Å
# Ratio of the standard deviation to the root mean square of g − 1, beyond which a pair function is not determined
_MAX_RELATIVE_ERROR = 0.45
_SAME_ANGLE = 0.05  # between the weights of patterns that count as one: S differs by 0.01, which is usual noise
_MIN_ANGLE = 0.3  # between the weights of two patterns, as vectors; with a smaller one they are nearly equal


class PartialsResult:
    """The pair functions of several patterns.

    Parameters
    ----------
    posterior : PartialsPosterior
    measurements : sequence of Measurement
    number_density : float
        ρ₀ [Å⁻³].
    """

    def __init__(
        self, posterior: PartialsPosterior, measurements: Sequence[Measurement], number_density: float
    ) -> None:
        self.posterior, self.measurements, self.number_density = posterior, list(measurements), number_density
        self.pairs = measurements[0].weights.pairs

    def combination(self, pair: int) -> Floats:
        """Return the weights of a single pair function."""
        return np.asarray(np.eye(len(self.pairs))[pair])

    def g(self, r: Floats) -> Floats:
        """Return the pair functions, of shape (n_pairs, n_r)."""
        return np.array([self.posterior.g(r, self.combination(i)) for i in range(len(self.pairs))])

    def std(self, r: Floats) -> Floats:
        """Return their standard deviations, of shape (n_pairs, n_r)."""
        return np.array([self.posterior.std(r, self.combination(i)) for i in range(len(self.pairs))])

    def sample(self, r: Floats, n_samples: int, random_state: np.random.RandomState) -> Floats:
        """Draw all pair functions at once, of shape (n_samples, n_pairs, n_r)."""
        grid, draws = self.posterior.sample(n_samples, random_state, np.eye(len(self.pairs)))
        return np.array([[np.interp(r, grid, curve) for curve in draw] for draw in draws])

    def predict(self, name: str, q: Floats) -> Floats:
        """Return S_R of a pattern at other q, with weights interpolated between those of its points."""
        pattern = [measurement.name for measurement in self.measurements].index(name)
        measurement = self.measurements[pattern]
        weights = np.array([np.interp(q, measurement.q, weight) for weight in measurement.weights.at_q.T]).T
        return measurement.scale * self.posterior.structure(pattern, q, weights)

    def decompose(self) -> dict[str, Decomposition]:
        """Return S_R of each pattern as structure, systematic errors and residual."""
        parts = {}
        for k, measurement in enumerate(self.measurements):
            part = self.posterior.decompose(k)
            scaled = {
                name: getattr(part, name) * measurement.scale for name in ("s_r", "structure", "systematic", "noise")
            }
            parts[measurement.name] = part._replace(**scaled)
        return parts

    def peaks(self, n_samples: int, level: float, random_state: np.random.RandomState) -> pd.DataFrame:
        """Measure the first two peaks of each pair function, with intervals."""
        r, draws = self.posterior.sample(n_samples, random_state, np.eye(len(self.pairs)))
        resolution = np.pi / max(measurement.q[-1] for measurement in self.measurements)
        rows = []
        for i, pair in enumerate(self.pairs):
            combination = self.combination(i)
            errors = partial(self.posterior.std, combination=combination)
            # The patterns may not determine any shell of a pair.
            maxima = find_maxima(r, self.posterior.g(r, combination), errors, keep_first=False)
            for row in measure_peaks(maxima, draws[:, i], self.number_density, level, 2, resolution=resolution):
                counts = {end: row.pop(f"coordination{end}") for end in ("", "_low", "_high")}
                peak = {"pair": pair.name, **row}
                for around, fraction in zip(("second", "first"), reversed(pair.fractions), strict=True):
                    for end, count in counts.items():
                        peak[f"n_of_{around}{end}"] = count * fraction
                rows.append(peak)
        ends = [f"{name}{end}" for name in ("position", "height", "width") for end in ("", "_low", "_high")]
        counts_ = [f"n_of_{name}{end}" for name in ("second", "first") for end in ("", "_low", "_high")]
        return pd.DataFrame(rows, columns=["pair", "peak", *ends, *counts_, "r_low", "r_high"])

    @cached_property
    def determination(self) -> pd.DataFrame:
        """How well the patterns determine each pair function, a row for each pair."""
        r = np.arange(_STEP, _REACH, _STEP)
        is_enough, rows = len(self.pairs) == 1 or self._largest_angle > _SAME_ANGLE, []
        for i, pair in enumerate(self.pairs):
            combination = self.combination(i)
            g, std, before = (getattr(self.posterior, name)(r, combination) for name in ("g", "std", "prior_std"))
            relative = float(np.sqrt(np.mean(std**2) / max(np.mean((g - 1)[g > 0] ** 2) * np.mean(g > 0), 1e-12)))
            narrowing = 1 - float(np.sqrt(np.mean(std**2) / max(np.mean(before**2), 1e-300)))
            rows.append(
                {
                    "pair": pair.name,
                    "half_width": float(HALF_WIDTH_90 * std.mean()),
                    "relative_error": relative,
                    "narrowing": float(np.clip(narrowing, 0.0, 1.0)),
                    "is_determined": relative <= _MAX_RELATIVE_ERROR and is_enough,
                }
            )
        return pd.DataFrame(rows).set_index("pair")

    def warnings(self) -> list[DataWarning]:
        """Return warnings: patterns that do not fit or are too similar, and pair functions that are not determined."""
        messages = list(self.contradictions)
        for measurement in self.measurements:
            if measurement.outliers.size:
                places = ", ".join(f"{q:.3g}" for q in measurement.outliers[:5])
                messages.append(
                    f"{counted(measurement.outliers.size, 'outlier')} of S_R of {measurement.name!r} excluded: "
                    f"q = {places} Å⁻¹."
                )
        undetermined = self.determination.query("not is_determined")
        angle = self._largest_angle
        if len(self.measurements) > 1 and angle < _MIN_ANGLE and len(undetermined):
            names = listed(repr(measurement.name) for measurement in self.measurements)
            messages.append(
                f"The weights of the pairs in {names} are nearly equal (angles of at most {angle:.2g}): together these "
                "patterns contain little more information than each of them. Add another radiation or isotope."
            )
        if len(undetermined):
            errors = ", ".join(f"{pair} ({error:.2g})" for pair, error in undetermined["relative_error"].items())
            messages.append(
                f"The patterns do not determine these pair functions (relative errors): {errors}. Their curves are "
                "largely those of the prior."
            )
        return [DataWarning(message) for message in messages]

    @cached_property
    def _largest_angle(self) -> float:
        """The largest angle between the weights of two patterns; 0 if there is only one."""
        return max((_angle(*two) for two in combinations(self.measurements, 2)), default=0.0)

    @cached_property
    def contradictions(self) -> list[str]:
        """Messages on patterns that contradict the others, the number density or the composition."""
        messages, parts = [], self.decompose()
        for measurement, scale in zip(self.measurements, self.posterior.scales, strict=True):
            name, part = measurement.name, parts[measurement.name]
            included = part.q > 0
            per_s = part.q[included] * measurement.scale
            systematic, structure = (
                float(np.sqrt(np.mean((values[included] / per_s) ** 2))) for values in (part.systematic, part.structure)
            )
            if abs(np.log(scale)) > MAX_LOG_SCALE:
                messages.append(
                    f"Pattern {name!r} seems to be wrong by a factor of {scale:.2g}, by the number density and the "
                    "other patterns: check its normalization, its q, and the number density."
                )
            if systematic > MAX_SYSTEMATIC_ERROR:
                messages.append(
                    f"Pattern {name!r} has a systematic error of S of {systematic:.2g} compared with a structure of "
                    f"{structure:.2g}: check its normalization, its radiation or weights, the composition and the "
                    "number density, and whether all patterns are of one material."
                )
        return messages


def _angle(first: Measurement, second: Measurement) -> float:
    """Return the largest angle between the weights of two patterns at any q that both have."""
    q = first.q[(first.q >= second.q[0]) & (first.q <= second.q[-1])]
    if not q.size:
        return np.pi / 2
    vectors = []
    for item in (first, second):
        at_q = np.array([np.interp(q, item.q, weight) for weight in item.weights.at_q.T])
        vectors.append(at_q / np.linalg.norm(at_q, axis=0))
    return float(np.median(np.arccos(np.clip((vectors[0] * vectors[1]).sum(axis=0), -1, 1))))
