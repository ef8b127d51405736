"""Checks of numbers and arrays: each returns its argument, or raises a ValueError of one line."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sklearn_wtrdf.scattering.sampling import check_possible
from sklearn_wtrdf.utils.text import quoted, shortened

Floats = NDArray[np.float64]

DENSITIES = (1e-9, 1e3)  # Å⁻³: a gas in a good vacuum has more, the core of a star less
# Of S_R, g or an intensity: no measurement has larger values, and squares and cubes do not overflow.
MAX_VALUE = 1e100
MAX_R = 1e7  # Å, a millimetre: larger values are not distances of atoms in any unit
_MAX_GRID_Q = 1e7  # Å⁻¹: larger values are not scattering vectors, and tables over q r would exceed the memory
_MAX_COUNT = 100_000  # samples, curves of some kB each
MIN_ROWS = 3  # points of a curve; in a file, successive rows of numbers, because fewer may belong to the header


def check_number_density(number_density: float) -> float:
    """Return the number density, if it is physically possible."""
    density = check_positive("number_density", number_density, "atoms per Å³")
    if not DENSITIES[0] <= density <= DENSITIES[1]:
        raise ValueError(f"number_density is {density:g} atoms per Å³, which no material has: silica has 0.066.")
    return density


def check_positive(name: str, value: object, unit: str) -> float:
    """Return a positive finite number; a boolean is refused."""
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else np.nan
    if not (np.isfinite(number) and number > 0):
        raise ValueError(f"{name} must be a positive finite number of {unit}, got {quoted(value)}.")
    return number


def check_count(name: str, value: Any, minimum: int) -> None:
    """Raise unless a value is a valid number of samples or peaks."""
    if not (isinstance(value, Integral) and minimum <= int(value) <= _MAX_COUNT):
        raise ValueError(f"{name} must be an integer from {minimum} to {_MAX_COUNT}, got {quoted(value)}.")


def check_instance(name: str, value: object, kind: type) -> None:
    """Raise unless a value is an instance of a class."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be of class {kind.__name__}, got {quoted(value)}.")


def as_numbers(name: str, values: ArrayLike) -> Floats:
    """Return an array of real numbers in double precision."""
    check_kind(name, values)
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of numbers: {shortened(str(error))}.") from None


def check_kind(name: str, values: Any, refused: str = "bcmMV") -> None:
    """Raise for masked values, which numpy ignores, and for types that only numpy converts to real numbers.

    `refused` has the letters of numpy's ``dtype.kind``; V are records, the rows of a table with named columns.
    """
    if np.ma.is_masked(values):
        raise ValueError(f"{name} has masked values: leave these points out.")
    for dtype in _dtypes(values):
        if (kind := getattr(dtype, "kind", "O")) not in refused:
            continue
        if kind == "c":
            raise ValueError(f"{name}: Complex data not supported, give the real part.")  # the text of scikit-learn
        raise ValueError(f"{name} must be real numbers, got values of type {shortened(str(dtype))}: convert them.")


def _dtypes(values: Any) -> list[Any]:
    """Return the type of an array, or those of the columns of a frame."""
    if hasattr(values, "dtype") or not hasattr(values, "dtypes"):
        try:
            return [values.dtype if hasattr(values, "dtype") else np.asarray(values).dtype]
        except ValueError:  # rows of different lengths
            return []
    return list(values.dtypes)


def as_floats(*arrays: ArrayLike) -> tuple[Floats, ...]:
    """Return arrays in double precision, in which everything is computed."""
    return tuple(np.asarray(array, dtype=float) for array in arrays)


def check_r(r: ArrayLike) -> Floats:
    """Return r as an array of finite distances that are not negative."""
    r = check_vector("r", r)
    if r.min() < 0:
        raise ValueError(f"r must not be negative, got {r.min():g} Å at index {r.argmin()}.")
    return check_reach("r", r, MAX_R, "Å")


def check_q(q: ArrayLike) -> Floats:
    """Return q as a strictly increasing grid of at least two points."""
    q = check_vector("q", q)
    if q.size < 2:
        raise ValueError(f"q must have at least 2 points, got {q.size}.")
    if q[0] < 0:
        raise ValueError(f"q must not be negative, got {q[0]:g} Å⁻¹.")
    if (steps := np.diff(q)).min() <= 0:
        i = int(np.argmax(steps <= 0))
        raise ValueError(
            f"q must be strictly increasing, got {q[i]:g} then {q[i + 1]:g} at index {i}: sort it together with s_r, "
            "and merge repeated points."
        )
    return check_reach("q", q, _MAX_GRID_Q, "Å⁻¹")


def check_s_r(s_r: ArrayLike, n_q: int) -> Floats:
    """Return S_R, or a stack of them, on a grid of n_q points."""
    s_r = check_s_r_shape(s_r, n_q)
    _check_finite("s_r", s_r)
    check_possible("s_r", s_r)
    return check_size("s_r", s_r)


def check_std(std: ArrayLike, n_q: int) -> Floats:
    """Return standard deviations of S_R, or a stack of them, on a grid of n_q points."""
    std = as_numbers("std", std)
    if std.ndim not in (1, 2) or std.shape[-1] != n_q:
        raise ValueError(f"std must have one value for each of the {n_q} points of q, got shape {std.shape}.")
    _check_finite("std", std)
    if std.min() <= 0:
        raise ValueError(f"std must be positive, got {std.min():g}: leave out points of q whose error is not known.")
    return check_size("std", std)


def check_s_r_shape(s_r: ArrayLike, n_q: int) -> Floats:
    """Return S_R as an array of the right shape, whose values are yet to be checked."""
    s_r = as_numbers("s_r", s_r)
    if s_r.ndim not in (1, 2) or s_r.shape[-1] != n_q:
        raise ValueError(
            f"s_r must have one value for each of the {n_q} points of q, in shape (n_q,) or (n_materials, n_q), "
            f"got shape {s_r.shape}."
        )
    return s_r


def check_vector(name: str, values: ArrayLike) -> Floats:
    """Return a finite array of one dimension."""
    array = as_numbers(name, values)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name} must be one-dimensional and not empty, got shape {array.shape}.")
    _check_finite(name, array)
    return array


def _check_finite(name: str, array: Floats) -> None:
    if not np.isfinite(array).all():
        bad = array[~np.isfinite(array)]
        raise ValueError(f"{name} must be finite, got {bad.size} values that are NaN or infinite.")


def check_reach(name: str, values: Floats, largest: float, unit: str) -> Floats:
    """Return r or q, if no value is impossibly large in any unit."""
    if (reach := float(np.abs(values).max())) > largest:
        raise ValueError(f"{name} reaches {reach:.3g}, more than {largest:g} {unit}: give it in {unit}.")
    return values


def check_size(name: str, values: Floats) -> Floats:
    """Return values of S_R, if their squares can be computed."""
    if (largest := float(np.abs(values).max(initial=0.0))) > MAX_VALUE:
        raise ValueError(f"{name} is as large as {largest:.3g} Å⁻¹, which no material has: S_R = q (S − 1).")
    return values
