"""Reading raw scans, intensities over 2θ or q, which Reduction turns into S(q)."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np

from sklearn_wtrdf.io import headers
from sklearn_wtrdf.io.columns import check_varies, index_of_column
from sklearn_wtrdf.io.contents import MAX_BYTES, contents_of
from sklearn_wtrdf.io.headers import IN_ANGSTROM, Unit
from sklearn_wtrdf.io.labels import deviation_of, is_deviation, unexplained
from sklearn_wtrdf.io.tables import Table, read_table
from sklearn_wtrdf.scattering.angles import LARGEST_Q
from sklearn_wtrdf.scattering.scan import AXES, Axis, Scan
from sklearn_wtrdf.scattering.validation import LARGEST_VALUE, MIN_ROWS, check_positive
from sklearn_wtrdf.utils.data_warnings import DataWarning
from sklearn_wtrdf.utils.text import listed, quoted, shortened

_INTENSITY = re.compile(r"I(\b|_?[qQ])|(?i:int|count|cps|y_?obs)")
REDUCED = re.compile(r"(?i:(s|f|s_r)(\(q\))?$|s\(q\)\s*-)|i\(")

# Files of diffractometers, which geddes reads without further dependencies. Of the alternatives, xrayutilities depends
# on h5py, lmfit and odrpack, fairmat-readers-xrd lacks .ras and .uxd, and xylib has had no release since 2022.
DIFFRACTOMETERS = (".xrdml", ".brml", ".ras", ".rasx", ".raw", ".uxd", ".fxye", ".gsas", ".gsa", ".gda")
_K_ALPHA = re.compile(r'<kAlpha1[^>]*>\s*([\d.]+)|\*HW_XG_WAVE_LENGTH_ALPHA1\s+"([\d.]+)"')


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
        ``pip install "sklearn-wtrdf[files]"``.
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
    table, of_file = _of_diffractometer(path) if path.suffix.lower() in DIFFRACTOMETERS else (read_table(path), None)
    if wavelength is None:
        wavelength = headers.wavelength(path, table.header() if of_file is None else {"wavelength": of_file})
    else:
        check_positive("wavelength", wavelength, "Å")
    axis_of_x = _axis(table, axis, unit)
    table = table.sorted("2θ" if axis_of_x == "2theta" else "q")
    x = table.values[:, 0]
    if axis_of_x == "q":
        x = x / IN_ANGSTROM[table.unit("q", unit)]
    else:
        if unit is not None:
            raise ValueError(f"{path}: its first column is 2θ, and unit={quoted(unit)} is only for q.")
        if table.labels:
            table.unit("2theta", None)  # it may be in radians
        if x[-1] > 180:
            raise table.error("2θ of at most 180 degrees", x.size - 1)
    at, deviation = _columns(table, column)
    check_varies(table, at)
    intensity, std = table.values[:, at], None if deviation is None else table.values[:, deviation]
    if std is not None and std.min() < 0:
        raise table.error("a standard deviation that is not negative", int(np.argmax(std < 0)))
    if intensity.min() < 0:
        line = table.rows[int(np.argmin(intensity))][0]
        table.notes.append(f"{path}: {(intensity < 0).sum()} intensities are negative, the lowest in line {line}.")
    for note in table.notes:
        warnings.warn(note, DataWarning, stacklevel=2)
    return Scan(x, intensity, std if std is not None and std.any() else None, axis_of_x, wavelength, table.header())


def _of_diffractometer(path: Path) -> tuple[Table, str | None]:
    """Return the scan in a diffractometer's file, and its Kα₁ wavelength [Å] as a text, or None."""
    contents = contents_of(path)
    try:
        import geddes
    except ImportError:
        raise ImportError(f'{path}: reading such files needs geddes, pip install "sklearn-wtrdf[files]".') from None
    try:
        scan = geddes.read_bytes(_unpacked(path, contents), path.name)
    except (ValueError, OSError) as error:
        raise ValueError(f"{path}: not a readable scan ({shortened(str(error), 200)}).") from None
    values = np.column_stack([scan.x, scan.y]).astype(float)
    if not (np.abs(values) < LARGEST_VALUE).all() or len(values) < MIN_ROWS:
        raise ValueError(f"{path}: it must have three finite intensities or more.")
    rows = [(i, f"{x} {y}") for i, (x, y) in enumerate(values.tolist(), 1)]
    match = _K_ALPHA.search(contents.decode("latin-1"))
    return Table(path, values, rows, [], ["2theta", "intensity"], []), match and (match[1] or match[2])


def _unpacked(path: Path, contents: bytes) -> bytes:
    """Return the contents of a file; of an archive, with its text files uncompressed, after checking their size."""
    if not contents.startswith(b"PK"):
        return contents
    plain = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as packed, zipfile.ZipFile(plain, "w") as archive:
            members = [member for member in packed.infolist() if member.filename.lower().endswith((".txt", ".xml"))]
            if (size := sum(member.file_size for member in members)) > MAX_BYTES:
                raise ValueError(f"it unpacks to {size / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB were expected")
            for entry in members:
                archive.writestr(entry.filename, packed.read(entry))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"a damaged archive: {error}") from None
    return plain.getvalue()


def _axis(table: Table, axis: Axis | None, unit: Unit | None) -> Axis:
    """Return the quantity x: that of the file, the given one, or 2θ if the values exceed any q."""
    axis_of_file = table.axis("")
    if axis_of_file == "r":
        raise ValueError(f"{table.path}: its first column is r; an intensity over 2θ or q was expected.")
    if axis_of_file == "theta":
        raise ValueError(f"{table.path}: its first column is θ; q or 2θ was expected: double the angles.")
    if not axis_of_file and (unit is not None or headers.mentions_inverse_length(table.above)):
        axis_of_file = "q"
    if axis and axis_of_file not in ("", axis):
        raise ValueError(
            f"{table.path}: its first column is {axis_of_file} in the file, which contradicts axis={quoted(axis)}."
        )
    if not axis_of_file and axis is None and table.values[:, 0].max() <= LARGEST_Q:
        raise ValueError(f"{table.path}: its first column may be 2θ or q. Give axis: '2theta' or 'q'.")
    return "q" if (axis_of_file or axis) == "q" else "2theta"


def _columns(table: Table, column: str | int | None) -> tuple[int, int | None]:
    """Return the indices of the columns of the intensity and its standard deviation."""
    path, labels, n_columns = table.path, table.labels, table.values.shape[1]
    if column is not None:
        at = index_of_column(table, column)
        return at, deviation_of(labels, at) if labels else None
    if not labels:
        if n_columns > 4:
            raise ValueError(
                f"{path}: {n_columns} columns without names; x, I, dI or x, I, dx, dI were expected. Give column: the "
                "number of the column, such as column='2' for the second."
            )
        return 1, n_columns - 1 if n_columns > 2 else None
    named = [i for i in range(1, n_columns) if _INTENSITY.match(labels[i])]
    named = [i for i in named if not any(is_deviation(labels, i, j) for j in named if j != i)]
    if not named and any(map(REDUCED.match, labels[1:])):
        raise ValueError(f"{path}: it has {listed(labels[1:4])}, and no intensity. Read S(q) by read_pattern.")
    named = named or unexplained(labels)
    if len(named) > 1:
        raise ValueError(f"{path}: several columns match: {listed(labels[i] for i in named)}. Give column.")
    at = named[0]
    return at, deviation_of(labels, at)
