"""Reading raw scans, intensities over 2θ or q, which Reduction turns into S(q)."""

from __future__ import annotations

import contextlib
import re
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.io import abscissa
from sklearn_wtrdf.io.deviations import standard_deviation
from sklearn_wtrdf.io.diffractometers import is_of_diffractometer, read_diffractometer
from sklearn_wtrdf.io.instrument import counting_time, wavelength_in
from sklearn_wtrdf.io.intensities import intensity_columns, is_rate, names_of_counts
from sklearn_wtrdf.io.plausibility import hole_of_zeros
from sklearn_wtrdf.io.tables import Table, read_table
from sklearn_wtrdf.io.units import IN_ANGSTROM, Unit, mentions_inverse_length
from sklearn_wtrdf.scattering.angles import MAX_Q
from sklearn_wtrdf.scattering.sampling import MIN_POINTS
from sklearn_wtrdf.scattering.scan import AXES, Axis, Scan
from sklearn_wtrdf.scattering.validation import check_positive
from sklearn_wtrdf.utils.data_warnings import DataWarning
from sklearn_wtrdf.utils.text import quoted

Floats = NDArray[np.float64]

_UNNAMED = re.compile(
    r"(x|a|deg(rees?)?|°|col(umn)?[ _]?\d*)\W*$", re.IGNORECASE
)  # names that say nothing: x, deg, column 1
_SAME_WAVELENGTH = 0.01  # relative difference; that of Kα₁ and the mean of Kα₁ and Kα₂ is 0.003 at most
_MAX_RADIANS = 3.15  # 2θ that ends before is in radians, or before S of any liquid or glass begins


def read_scan(
    path: str | Path,
    *,
    axis: Axis | None = None,
    column: str | int | None = None,
    unit: Unit | None = None,
    wavelength: float | None = None,
) -> Scan:
    r"""Read a raw scan from text, .xy, .xye, .dat, .chi, .csv, from NeXus or from a diffractometer's own file.

    Parameters
    ----------
    path : str or Path
        A file with columns x, I or x, I, dI, with or without names and a header. Files of PANalytical (.xrdml), Bruker
        (.brml, .raw, .uxd), Rigaku (.ras, .rasx) and GSAS (.fxye, .gsa, .gda) need geddes, and NeXus needs h5py:
        ``pip install "sklearn-wtrdf[files]"``. Rigaku's .asc needs nothing.
    axis : {"2theta", "q"}, default=None
        The quantity x. None infers it from the name of the column or from the header, and takes 2θ if x exceeds 60.
    column : str or int, default=None
        Name of the column of the intensity, or its number, from 2. None reads the one whose name is that of an
        intensity.
    unit : {"angstrom", "nm", "pm"}, default=None
        Unit of 1 / q. None infers it from the file, and assumes Å if the file has no unit.
    wavelength : float, default=None
        Wavelength [Å]. None reads it from the file.

    Returns
    -------
    Scan

    Raises
    ------
    OSError
        If the file cannot be read.
    ImportError
        If the package that reads such files is not installed.
    ValueError
        If the file has no table of numbers, a value is missing or not finite, x does not increase, the quantity x is
        unknown, or there is no intensity. The message is one line and begins with the file.

    Warns
    -----
    DataWarning
        If an intensity is negative, or NaN at the ends were excluded.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_wtrdf import read_scan
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "glass.xy"
    ...     _ = path.write_text("# wavelength = 0.5594\n# 2theta  counts\n 5 1204\n 6 1500\n 7 1398\n")
    ...     scan = read_scan(path)
    >>> scan.axis, scan.wavelength, scan.intensity
    ('2theta', 0.5594, array([1204., 1500., 1398.]))
    """
    path = Path(path)
    if axis not in (*AXES, None):
        raise ValueError(f"axis must be one of {', '.join(map(repr, AXES))}, got {quoted(axis)}.")
    if is_of_diffractometer(path):
        table = read_diffractometer(path)
    else:
        table = read_table(path)
        table = table._replace(labels=table.labels or names_of_counts(table.above, table.values.shape[1]))
    wavelength = _wavelength(table, wavelength)
    axis_of_x = _axis(table, axis, unit)
    table = table.sorted("2θ" if axis_of_x == "2theta" else "q")
    x = table.values[:, 0]
    if axis_of_x == "q":
        x = x / IN_ANGSTROM[table.unit("q", unit)]
        if unit is None and x[-1] > MAX_Q:
            raise ValueError(
                f"{path}: q up to {x[-1]:g} Å⁻¹ is unlikely. Give unit if it is in nm⁻¹, or nevertheless in Å⁻¹."
            )
    else:
        if unit is not None:
            raise ValueError(f"{path}: its first column is 2θ, and unit={quoted(unit)} is only for q.")
        if table.labels:
            table.unit("2theta", None)  # it may be in radians
        if x[-1] > 180:
            raise table.error("2θ of at most 180 degrees", x.size - 1)
        if x.size >= MIN_POINTS and x[-1] < _MAX_RADIANS:
            table.notes.append(f"{path}: 2θ ends at {x[-1]:.4g}: if it is in radians, convert it to degrees.")
    at, deviation = intensity_columns(table, column)
    intensity = table.values[:, at]
    std = None if deviation is None else standard_deviation(table, "intensity", at, deviation)
    _note_impossible(table, x, intensity)
    for note in table.notes:
        warnings.warn(note, DataWarning, stacklevel=2)
    time = None if is_rate(table, at) else counting_time(table.comments)
    return Scan(x, intensity, std, axis_of_x, wavelength, table.header(), time)


def _note_impossible(table: Table, x: Floats, intensity: Floats) -> None:
    """Note intensities that are negative, or fall to 0 in one step."""
    if intensity.min() < 0:
        line = table.rows[int(np.argmin(intensity))][0]
        table.notes.append(
            f"{table.path}: {(intensity < 0).sum()} intensities are negative, the lowest in line {line}."
        )
    if hole := hole_of_zeros(intensity):
        first, last = hole
        beside = f"{intensity[first - 1]:.4g} and {intensity[last + 1]:.4g}"
        table.notes.append(
            f"{table.path}: intensities are exactly 0 from {x[first]:.4g} to {x[last]:.4g}, between {beside}: was the "
            "detector off?"
        )


def _wavelength(table: Table, given: float | None) -> float | None:
    """Return the given wavelength [Å] or that of the file, and note that they differ."""
    if given is None:
        return wavelength_in(table.path, table.above)
    check_positive("wavelength", given, "Å")
    with contextlib.suppress(ValueError):
        of_file = wavelength_in(table.path, table.above)
        if of_file and abs(of_file / given - 1) > _SAME_WAVELENGTH:
            table.notes.append(f"{table.path}: it has the wavelength {of_file:.5g} Å; the given {given:.5g} Å is used.")
    return given


def _axis(table: Table, axis: Axis | None, unit: Unit | None) -> Axis:
    """Return the quantity x: that of the file, the given one, or 2θ if the values exceed any q."""
    axis_of_file = table.axis("")
    if axis_of_file == "r":
        raise ValueError(f"{table.path}: its first column is r; an intensity over 2θ or q was expected.")
    name = table.labels[0] if table.labels else ""
    _check_header(table, axis)
    if not axis_of_file and axis is None and name and not _UNNAMED.match(name):
        raise ValueError(
            f"{table.path}: its first column is {quoted(name)}; q or 2θ was expected: convert it, and name it so, or "
            "give axis."
        )
    axis_of_file = axis_of_file or abscissa.axis(table.comments) or ""
    if not axis_of_file and (unit is not None or mentions_inverse_length(table.comments)):
        axis_of_file = "q"
    if axis and axis_of_file not in ("", axis):
        raise ValueError(
            f"{table.path}: its first column is {axis_of_file} in the file, which contradicts axis={quoted(axis)}."
        )
    x = table.values[:, 0]
    is_unsaid = not (axis_of_file or axis or name or abscissa.mentions_2theta(table.comments))
    if is_unsaid and x.size >= MIN_POINTS and _counts_rows(x):
        raise ValueError(f"{table.path}: its first column counts the rows, and may be no 2θ. Give axis if it is.")
    if not axis_of_file and axis is None and x.max() <= MAX_Q:
        raise ValueError(f"{table.path}: its first column may be 2θ or q. Give axis: '2theta' or 'q'.")
    return "q" if (axis_of_file or axis) == "q" else "2theta"


def _check_header(table: Table, axis: Axis | None) -> None:
    """Raise that by the header x is neither 2θ nor q; note it if this is not certain."""
    is_named = bool(table.labels)
    if line := abscissa.another_scan(table.comments):
        is_error = axis is None
    elif axis is None and (statement := abscissa.another_x("scan", table.comments, is_named=is_named)):
        line, is_error = statement.line, statement.is_understood and not is_named
    else:
        return
    message = f"{table.path}: its header says {quoted(line)}; a scan over 2θ or q was expected"
    if is_error:
        raise ValueError(f"{message}. Give axis if it is.")
    table.notes.append(f"{message}, and it is read as such.")


def _counts_rows(x: Floats) -> bool:
    """Return whether x counts from 0 or 1."""
    return x[0] in (0, 1) and bool((np.diff(x) == 1).all())
