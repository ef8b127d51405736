"""The posterior's table of peaks in the header of a .gr file.

Its intervals cannot be computed from g(r) and its standard deviation, so the table is stored with the curve. A digest
of the curve, the number density and the table shows whether one of them has been changed since.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklearn_wtrdf.io.tables import Table, read_table

Floats = NDArray[np.float64]

_ARGUMENTS = ("level", "n_samples", "n_peaks", "random_state", "note")  # the attrs of InversionResult.peaks


class NoPeaksError(ValueError):
    """A file has no table of peaks, or its curve has been changed since the table was written."""


def peak_entries(peaks: pd.DataFrame, values: Floats, number_density: float) -> dict[str, str]:
    """Return the lines of a header for a table of peaks.

    Parameters
    ----------
    peaks : DataFrame
        A table of :meth:`InversionResult.peaks`, with its ``attrs``.
    values : ndarray of shape (n_r, n_columns)
        The numbers in the file.
    number_density : float
        ρ₀ [Å⁻³].

    Returns
    -------
    entries : dict of str to str
        The attributes of the table, the names of its columns, a line for each peak, and the digest.
    """
    if missing := [name for name in _ARGUMENTS if name not in peaks.attrs]:
        raise ValueError(f"peaks must be a table of InversionResult.peaks, with {', '.join(missing)} in its attrs.")
    entries = {f"peaks_{name}": json.dumps(peaks.attrs[name]) for name in _ARGUMENTS}
    rows = peaks.astype(object).where(peaks.notna(), None).to_numpy().tolist()
    entries |= {"peaks_columns": json.dumps(list(peaks))} | {
        f"peak_{i}": json.dumps(row) for i, row in enumerate(rows, 1)
    }
    return entries | {"peaks_sha256": _digest(entries, values, number_density)}


def curve_digest(values: Floats, number_density: float) -> str:
    """Return the digest of a curve without a table of peaks."""
    return _digest({}, values, number_density)


def unchanged_peaks(path: str | Path) -> pd.DataFrame | None:
    """Return the table of peaks of a .gr file, None if it was written without one, or raise if it has been changed."""
    table = read_table(Path(path))
    header = table.header()
    if "peaks_sha256" in header:
        return _peaks_of(Path(path), table)
    if header.get("curve_sha256") != curve_digest(table.values, float(header.get("number_density", "nan"))):
        raise ValueError(f"{path} has been changed since it was written.")
    return None


def read_peaks(path: str | Path) -> pd.DataFrame:
    """Read the posterior's table of peaks from a .gr file of `wtrdf pdf`, `wtrdf reconstruct` or `write_gr`.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    table : DataFrame
        The table of :meth:`InversionResult.peaks` with its ``attrs``, digit for digit.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If there is no such table, or the curve, the number density or the table has been changed since it was written.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn_wtrdf import InversionRegressor, read_peaks, write_gr
    >>> from sklearn_wtrdf.datasets import load_material
    >>> argon = load_material("argon", q_max=8)
    >>> result = InversionRegressor().fit(argon.data).solve(argon.pattern)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_gr(f"{folder}/argon.gr", argon.r, result.g(argon.r), 0.0213, peaks=result.peaks())
    ...     read_peaks(path).equals(result.peaks())
    True
    """
    return _peaks_of(Path(path), read_table(Path(path)))


def _peaks_of(path: Path, table: Table) -> pd.DataFrame:
    """Return the table of peaks in a file that has been read."""
    header = table.header()
    names = [f"peaks_{name}" for name in (*_ARGUMENTS, "columns")]
    peak_names = [f"peak_{i}" for i in range(1, sum(name.startswith("peak_") for name in header) + 1)]
    names += peak_names
    if "peaks_sha256" not in header or not header.keys() >= set(names):
        raise NoPeaksError(f"{path} has no table of peaks of an inversion.")
    entries, density = {name: header[name] for name in names}, float(header.get("number_density", "nan"))
    if _digest(entries, table.values, density) != header["peaks_sha256"]:
        raise NoPeaksError(f"{path} has been changed since its table of peaks was written.")
    parsed = {name: json.loads(text) for name, text in entries.items()}
    rows = [[np.nan if value is None else value for value in parsed[name]] for name in peak_names]
    peaks = pd.DataFrame(rows, columns=parsed["peaks_columns"])
    peaks.attrs = {name: parsed[f"peaks_{name}"] for name in _ARGUMENTS}
    return peaks


def _digest(entries: Mapping[str, str], values: Floats, number_density: float) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(values, dtype="<f8").tobytes())
    digest.update(repr((float(number_density), list(entries.items()))).encode())
    return digest.hexdigest()
