"""The data and the starting values of each fit of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sklearn_wtrdf.utils.text import quoted

Floats = NDArray[np.float64]


def fits_of_batch(
    y: ArrayLike, sample_weight: ArrayLike | None, init: Sequence[Mapping[str, float]] | None
) -> list[tuple[Any, Any, Mapping[str, float] | None]]:
    """Return y, weights and starting values of each fit of a batch."""
    if init is not None and (isinstance(init, Mapping) or not all(isinstance(start, Mapping) for start in init)):
        raise ValueError(f"init must be a list of dicts, one for each fit, got {quoted(init)}.")
    given = {"y": _rows_of_fits("y", y), "sample_weight": _rows_of_fits("sample_weight", sample_weight), "init": init}
    numbers = {name: len(values) for name, values in given.items() if values is not None}
    if len(set(numbers.values())) > 1 or 0 in numbers.values():
        counted = ", ".join(f"{name} for {number}" for name, number in numbers.items())
        raise ValueError(f"y, sample_weight and init must be for the same number of fits, got {counted}.")
    n_fits = next(iter(numbers.values()), 1)
    shared = (y, sample_weight, None)
    columns = [
        [same] * n_fits if values is None else values for values, same in zip(given.values(), shared, strict=True)
    ]
    return list(zip(*columns, strict=True))


def _rows_of_fits(name: str, values: ArrayLike | None) -> Floats | None:
    """Return values of shape (n_fits, n_rows); None if they are missing, or the same for all fits."""
    try:
        rows = np.asarray(values)
    except ValueError:  # lines of different lengths
        rows = np.empty((0, 0, 0))
    if rows.ndim > 2:
        raise ValueError(f"{name} must be of shape (n_rows,), or (n_fits, n_rows) with as many rows in each fit.")
    return rows if rows.ndim == 2 else None
