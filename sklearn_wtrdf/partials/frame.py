"""The frame of several patterns of one material: a row of X is one point of one pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sklearn_wtrdf.scattering.composition import Composition
from sklearn_wtrdf.scattering.pairs import Pair, PairWeights, largest_difference, pairs_of
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.scattering.validation import (
    as_numbers,
    check_instance,
    check_positive,
    check_q,
    check_s_r,
    check_std,
    check_vector,
)
from sklearn_wtrdf.utils.text import listed, quoted

Floats = NDArray[np.float64]

_RADIATIONS = ("x-ray", "neutron", "weights")
_UNITS = ("1", "barn")
# columns with one value for each pattern
_CONSTANT_COLUMNS = ("radiation", "composition", "wavelength", "q_damp", "unit")
_COLUMNS = ("pattern", *_CONSTANT_COLUMNS, "q", "s_r", "std")
_WEIGHT = re.compile(r"weight (.+)")
_SAME_FRACTION = 1e-3  # largest difference of the fractions of an element in two patterns of one material
_MAX_Q_DAMP = 1.0  # Å⁻¹, which leaves no structure beyond the first shell
_MIN_SQUARE_OF_MEAN = 0.02  # ⟨b⟩² over ⟨b²⟩, below which S(q) is hardly defined


@dataclass(frozen=True, eq=False)
class Measurement:
    """One of several patterns of a material, with its pair weights.

    Attributes
    ----------
    name : str
        Name of the pattern.
    q, s_r : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹], and S_R = q (S − 1) [Å⁻¹] or q F(q), divided by `scale`.
    std : ndarray of shape (n_q,) or None
        Standard deviation of `s_r`; None if it is unknown.
    weights : PairWeights
        Weights of the pairs at each q, divided by `scale`.
    scale : float
        1 for S_R; for q F(q), the sum of the absolute weights.
    q_damp : float
        Resolution of the instrument [Å⁻¹], which damps r (g − 1) by exp(−(r q_damp)² / 2).
    outliers : ndarray of shape (n_outliers,)
        Scattering vectors [Å⁻¹] of the points of X that were excluded.
    """

    name: str
    q: Floats
    s_r: Floats
    std: Floats | None
    weights: PairWeights
    scale: float = 1.0
    q_damp: float = 0.0
    outliers: Floats = field(default_factory=lambda: np.empty(0))

    def without(self, excluded: NDArray[np.bool_]) -> Measurement:
        """Return the pattern without these points."""
        used = ~excluded
        return replace(
            self,
            q=self.q[used],
            s_r=self.s_r[used],
            std=None if self.std is None else self.std[used],
            weights=self.weights[np.flatnonzero(used)],
            outliers=self.q[excluded],
        )


def partials_frame(
    patterns: Mapping[str, Pattern] | Sequence[Pattern],
    *,
    wavelength: float | Mapping[str, float] | None = None,
    q_damp: float | Mapping[str, float] = 0.0,
    weights: Mapping[str, Mapping[str, ArrayLike]] | None = None,
    barn: Sequence[str] = (),
) -> pd.DataFrame:
    r"""Lay out several patterns of one material as the X of :class:`PartialsRegressor`.

    Parameters
    ----------
    patterns : mapping of str to Pattern, or sequence of Pattern
        The patterns, each with its radiation. If the sample of a pattern contains isotopes, they are in its
        composition, such as ``"D2O"``. Patterns of a sequence are named by their radiation and, if necessary, their
        composition.
    wavelength : float or mapping of str to float, default=None
        Wavelength of the X-rays [Å] of all patterns, or of each by name, for the dispersion f′ and f″. None neglects
        it.
    q_damp : float or mapping of str to float, default=0.0
        Resolution of the instrument [Å⁻¹], of all patterns or of each by name, which damps r (g − 1) by
        exp(−(r q_damp)² / 2).
    weights : mapping of str to mapping of str to array-like, default=None
        Pair weights of your own for some patterns, such as ``{"anomalous": {"Ge-Se": 0.4, …}}``: numbers, or arrays of
        shape (n_q,). Pairs that are not mentioned have the weight 0. Such a pattern must contain q F(q) with F(q) =
        Σ w_AB (S_AB − 1), in the unit of the weights.
    barn : sequence of str, default=()
        Names of the neutron patterns that contain q F(q) with F(q) = Σ (2 − δ_AB) c_A c_B b_A b_B (S_AB − 1) in
        barn/sr. This form is necessary if ⟨b⟩ is about 0, where S(q) diverges.

    Returns
    -------
    X : DataFrame of shape (n_points, n_columns)
        A row for each point of each pattern, with the columns ``pattern`` (its name), ``radiation``, ``composition``,
        ``wavelength``, ``q_damp``, ``unit`` ("1" or "barn"), ``q``, ``s_r`` and ``std``, and for `weights` a column
        ``weight A-B`` for each pair. Columns without any value are omitted.

    Raises
    ------
    TypeError
        If `patterns` are not patterns, `weights` are not by pattern and pair, or `barn` is a text.
    ValueError
        If a pattern has no radiation, a name is unknown, a wavelength is not positive, or a resolution is not from 0
        to 1 Å⁻¹.

    Examples
    --------
    >>> from sklearn_wtrdf import partials_frame
    >>> from sklearn_wtrdf.datasets import load_material
    >>> patterns = [load_material("silica", weighting=radiation).pattern for radiation in ("x-ray", "neutron")]
    >>> partials_frame(patterns).groupby("pattern").size().to_dict()
    {'neutron': 391, 'x-ray': 391}
    """
    is_table = hasattr(patterns, "columns") or isinstance(patterns, np.ndarray)
    if isinstance(patterns, str) or is_table or not isinstance(patterns, Iterable):
        raise TypeError(f"patterns must be patterns, or a mapping of names to patterns, got {quoted(patterns)}.")
    given = list(patterns.values() if isinstance(patterns, Mapping) else patterns)
    for pattern in given:
        check_instance("patterns: each", pattern, Pattern)
    named = dict(patterns) if isinstance(patterns, Mapping) else _named(given)
    weights = {} if weights is None else weights
    if not isinstance(weights, Mapping) or not all(map(is_by_pair, weights.values())):
        raise TypeError(
            f"weights must have pair weights by pattern, as {{'d': {{'Ge-Se': 0.4}}}}, got {quoted(weights)}."
        )
    if isinstance(barn, str):
        raise TypeError(f"barn must be a sequence of names of patterns, such as [{barn!r}], got {barn!r}.")
    of_wavelength, of_q_damp = map(_by_name, (wavelength, q_damp))
    by_name = {"weights": weights, "barn": barn, "wavelength": of_wavelength, "q_damp": of_q_damp}
    for argument, names in by_name.items():
        for name in names or ():
            if name not in named:
                raise ValueError(f"{argument}: there is no pattern {name!r}, but {listed(map(str, named))}.")
    frames = []
    for name, pattern in named.items():
        radiation = "weights" if name in weights else pattern.radiation
        if radiation is None:
            raise ValueError(f"patterns: {name!r} has no radiation: give 'x-ray' or 'neutron', or weights of its own.")
        of_pattern = wavelength if of_wavelength is None else of_wavelength.get(name)
        frame = pd.DataFrame({"pattern": name, "radiation": radiation, "composition": pattern.composition}, pattern.q)
        if of_pattern is not None:
            check_positive("wavelength", of_pattern, "Å")
        if name in (of_wavelength or {}) and radiation != "x-ray":
            raise ValueError(f"wavelength: pattern {name!r} is not of X-rays: leave it out.")
        frame["wavelength"] = np.nan if of_pattern is None or radiation != "x-ray" else of_pattern
        frame["q_damp"] = _q_damp("q_damp", q_damp if of_q_damp is None else of_q_damp.get(name, 0.0))
        frame["unit"] = "barn" if name in barn else "1"
        frame["q"], frame["s_r"] = pattern.q, pattern.s_r
        frame["std"] = np.nan if pattern.std is None else pattern.std
        for pair, of_pair in weights.get(name, {}).items():
            frame[f"weight {pair}"] = _weight(f"weights: {pair} of pattern {name!r}", of_pair, pattern.q.size)
        frames.append(frame)
    if not frames:
        raise ValueError("patterns: there are none.")
    return pd.concat([frame.dropna(axis=1, how="all") for frame in frames], ignore_index=True)


def _by_name(values: Any) -> dict[str, Any] | None:
    """Return values that are given by the names of patterns, or None if there is one for all."""
    return dict(values) if isinstance(values, Mapping | pd.Series) else None


def is_by_pair(weights: object) -> bool:
    """Return whether weights are by name of pair, as :meth:`Composition.weights` returns them."""
    return isinstance(weights, Mapping | pd.Series | pd.DataFrame)


def _weight(name: str, values: ArrayLike, n_q: int) -> Floats:
    """Return the weight of a pair at each q."""
    numbers = as_numbers(name, values)
    if numbers.shape not in ((), (n_q,)):
        raise ValueError(f"{name} must be a number, or an array of shape ({n_q},), got shape {numbers.shape}.")
    return np.broadcast_to(numbers, n_q)


def _named(patterns: Sequence[Pattern]) -> dict[str, Pattern]:
    """Return the patterns by their radiation, and by their composition as well if several have the same radiation."""
    radiations = [pattern.radiation for pattern in patterns]
    named = {}
    for pattern in patterns:
        name = str(pattern.radiation)
        if radiations.count(pattern.radiation) > 1:
            name = f"{name} {pattern.composition}"
        if name in named:
            raise ValueError(f"patterns: two patterns are called {name}: give a mapping of names to patterns.")
        named[name] = pattern
    return named


def read_measurements(X: pd.DataFrame, composition: str | None) -> tuple[str, list[Measurement]]:
    """Return the composition and the patterns of X, checked.

    Raises
    ------
    ValueError
        If a column is missing or wrong, a pattern occurs twice, or compositions contradict one another.
    """
    _check_columns(X)
    groups = {str(name): rows for name, rows in X.groupby("pattern", sort=False)}
    composition = composition or _common_composition(groups)
    pairs = pairs_of(composition)
    measurements = [_measurement(name, rows, composition, pairs) for name, rows in groups.items()]
    _check_repetitions(measurements)
    return composition, measurements


def rows_of(X: pd.DataFrame, measurements: Sequence[Measurement]) -> dict[str, tuple[NDArray[np.intp], Floats]]:
    """Return the rows of X that are points of each fitted pattern, and their q."""
    if not isinstance(X, pd.DataFrame) or not {"pattern", "q"} <= set(X.columns):
        raise ValueError("X must be a DataFrame with the columns 'pattern' and 'q': build it by partials_frame.")
    names = [measurement.name for measurement in measurements]
    labels = X["pattern"].astype(str).to_numpy()
    for name in dict.fromkeys(labels):
        if name not in names:
            raise ValueError(f"X: there is no pattern {name!r} among those of fit: {listed(names)}.")
    q = check_vector("X: q", X["q"])
    if q.min() < 0:
        raise ValueError(f"X: q must not be negative, got {q.min():g} Å⁻¹.")
    rows = {name: np.flatnonzero(labels == name) for name in names if name in labels}
    return {name: (of_pattern, q[of_pattern]) for name, of_pattern in rows.items()}


def _check_columns(X: pd.DataFrame) -> None:
    if not isinstance(X, pd.DataFrame):
        raise ValueError(f"X must be a DataFrame built by partials_frame, or a sequence of patterns, got {quoted(X)}.")
    if missing := [name for name in ("pattern", "q", "s_r") if name not in X.columns]:
        raise ValueError(f"X has no column {listed(map(repr, missing))}: build it by partials_frame.")
    unknown = [str(name) for name in X.columns if name not in _COLUMNS and not _WEIGHT.fullmatch(str(name))]
    if unknown:
        raise ValueError(f"X has unknown columns {listed(map(repr, unknown))}: leave them out.")
    if not len(X):
        raise ValueError("X has no rows.")
    if X["pattern"].isna().any():
        row = X.index[X["pattern"].isna()][0]
        raise ValueError(f"X: the row {row} has no name in the column 'pattern': give it one, or leave it out.")
    for name in ("pattern", *_CONSTANT_COLUMNS):
        for value in X.get(name, ()):
            if not (value is None or value is pd.NA or isinstance(value, str | Real)):
                raise ValueError(f"X: the column {name!r} must have names or numbers, got {quoted(value)}.")


def _value(name: str, rows: pd.DataFrame, column: str) -> object:
    """Return the value that a column has in all rows of a pattern; None if there is none."""
    values = rows[column].unique() if column in rows else [None]
    if len(values) > 1:
        raise ValueError(f"X: pattern {name!r} must have one {column}, got {listed(map(repr, values[:3]))}.")
    return None if pd.isna(values[0]) else values[0]


def _common_composition(groups: Mapping[str, pd.DataFrame]) -> str:
    given = [value for name, rows in groups.items() if (value := _value(name, rows, "composition")) is not None]
    if not given:
        raise ValueError(
            'composition is missing: PartialsRegressor(composition="SiO2"), or a composition in each pattern.'
        )
    return str(given[0])


def _measurement(name: str, rows: pd.DataFrame, composition: str, pairs: tuple[Pair, ...]) -> Measurement:
    rows = rows.sort_values("q", kind="stable")
    try:
        q = check_q(rows["q"].to_numpy())
        s_r = check_s_r(rows["s_r"].to_numpy(), q.size)
        std = check_std(rows["std"].to_numpy(), q.size) if _has_values(rows, "std") else None
    except ValueError as error:
        raise ValueError(f"X: pattern {name!r}: {error}") from None
    weights = _weights(name, rows, composition, pairs, q)
    scale = 1.0
    if _value(name, rows, "radiation") == "weights" or _value(name, rows, "unit") == "barn":
        scale = float(np.abs(weights.at_q).sum(axis=1).mean())
        weights = replace(weights, at_q=weights.at_q / scale)
    q_damp = _q_damp(f"X: the q_damp of pattern {name!r}", _value(name, rows, "q_damp") or 0.0)
    return Measurement(name, q, s_r / scale, None if std is None else std / scale, weights, scale, q_damp)


def _has_values(rows: pd.DataFrame, column: str) -> bool:
    return column in rows and bool(rows[column].notna().any())


def _weights(name: str, rows: pd.DataFrame, composition: str, pairs: tuple[Pair, ...], q: Floats) -> PairWeights:
    """Return the pair weights of a pattern, by its radiation and composition or from the columns of X."""
    radiation = _value(name, rows, "radiation") or (name if name in _RADIATIONS else None)
    if radiation not in _RADIATIONS:
        raise ValueError(
            f"X: the radiation of pattern {name!r} must be one of {listed(map(repr, _RADIATIONS))}, got {radiation!r}."
        )
    if radiation == "weights":
        return _own_weights(name, rows, composition, pairs)
    sample = str(_value(name, rows, "composition") or composition)
    _check_composition(name, sample, composition)
    unit, wavelength = _value(name, rows, "unit"), _value(name, rows, "wavelength")
    unit = "1" if unit is None or str(unit) in ("1", "1.0") else unit  # a table that was read from a file has numbers
    if unit not in _UNITS or (unit == "barn" and radiation != "neutron"):
        raise ValueError(f"X: the unit of pattern {name!r} must be '1', or 'barn' for neutrons, got {quoted(unit)}.")
    if radiation == "x-ray":
        weights = PairWeights.of(sample, q, "x-ray", _wavelength(name, wavelength))
    elif unit == "barn":
        weights = PairWeights.of_cross_sections(sample, q)
    else:
        square_of_mean, mean_of_square, _ = Composition(sample).intensities("neutron").to_numpy()
        if square_of_mean < _MIN_SQUARE_OF_MEAN * mean_of_square:
            raise ValueError(
                f"X: S(q) of pattern {name!r} is hardly defined, because ⟨b⟩² of {sample} is "
                f"{square_of_mean / mean_of_square:.2g} ⟨b²⟩: give q F(q) in barn, partials_frame(…, barn=[{name!r}])."
            )
        weights = PairWeights.of(sample, q, "neutron")
    return weights.as_of(composition)


def _wavelength(name: str, given: object) -> float | None:
    """Return the wavelength of a pattern as a number; in a table it may be text."""
    if given is None:
        return None
    try:
        value = float(given) if isinstance(given, str) else given
    except ValueError:
        value = given
    return check_positive(f"X: the wavelength of pattern {name!r}", value, "Å")


def _q_damp(name: str, value: Any) -> float:
    """Return the resolution of a pattern [Å⁻¹], checked."""
    number = as_numbers(name, value)
    if number.shape != () or not 0 <= number < _MAX_Q_DAMP:
        raise ValueError(
            f"{name} must be a number of at least 0 and less than {_MAX_Q_DAMP:g} Å⁻¹, got {quoted(value)}."
        )
    return float(number)


def _own_weights(name: str, rows: pd.DataFrame, composition: str, pairs: tuple[Pair, ...]) -> PairWeights:
    indices = {frozenset(pair.elements): i for i, pair in enumerate(pairs)}
    at_q = np.zeros((len(rows), len(pairs)))
    for column in rows:
        match = _WEIGHT.fullmatch(str(column))
        if match is None or not _has_values(rows, str(column)):
            continue
        index = indices.get(frozenset(match[1].split("-")))
        if index is None:
            raise ValueError(f"X: {match[1]!r} is not a pair of {composition}: {listed(pair.name for pair in pairs)}.")
        at_q[:, index] = rows[column].to_numpy(dtype=float)
        if not np.isfinite(at_q[:, index]).all():
            raise ValueError(f"X: the weights {match[1]} of pattern {name!r} must be finite.")
    for i, pair in enumerate(pairs):
        if pair.is_like and (at_q[:, i] < 0).any():
            raise ValueError(
                f"X: the weight {pair.name} of pattern {name!r} is negative, but that of like atoms, c² b², cannot be."
            )
    if not at_q.any():
        raise ValueError(f"X: pattern {name!r} has no weights of its own: partials_frame(…, weights={{{name!r}: …}}).")
    return PairWeights(composition, pairs, at_q, at_q[0])


def _check_composition(name: str, sample: str, composition: str) -> None:
    """Raise unless a sample has the elements of the material in the same proportions."""
    if largest_difference(composition, sample) > _SAME_FRACTION:
        raise ValueError(
            f"X: pattern {name!r} is of {sample}, but the composition is {composition}: all patterns must be of one "
            "material, up to isotopes."
        )


def _check_repetitions(measurements: Sequence[Measurement]) -> None:
    for i, first in enumerate(measurements):
        for second in measurements[:i]:
            if np.array_equal(first.q, second.q) and np.array_equal(first.s_r * first.scale, second.s_r * second.scale):
                raise ValueError(f"X: patterns {second.name!r} and {first.name!r} are the same: leave one out.")
