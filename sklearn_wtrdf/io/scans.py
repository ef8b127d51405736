"""Reading raw scans, intensities over 2θ or q, of which Reduction makes S(q)."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np

from sklearn_wtrdf.io import headers
from sklearn_wtrdf.io.headers import IN_ANGSTROM, Unit
from sklearn_wtrdf.io.tables import MAX_BYTES, Table, contents_of, is_deviation, read_table, unexplained
from sklearn_wtrdf.scattering.angles import LARGEST_Q
from sklearn_wtrdf.scattering.scan import AXES, Axis, Scan
from sklearn_wtrdf.scattering.validation import LARGEST_VALUE, MIN_ROWS, check_positive
from sklearn_wtrdf.utils.data_warnings import DataWarning
from sklearn_wtrdf.utils.text import listed, quoted, shortened

_INTENSITY = re.compile(r"I(\b|_?[qQ])|(?i:int|count|cps|y_?obs)")
_OTHERS = re.compile(r"(?i:s|f|s_r)(\(q\))?$|i\(|(?i:s\(q\)\s*-)")

# Files of diffractometers, which geddes reads: it has all of these without a dependency of its own. xrayutilities
# brings h5py, lmfit and odrpack, fairmat-readers-xrd names no .ras and no .uxd, xylib has had no release since 2022.
DIFFRACTOMETERS = (".xrdml", ".brml", ".ras", ".rasx", ".raw", ".uxd", ".fxye", ".gsas", ".gsa", ".gda")
_K_ALPHA = re.compile(r'<kAlpha1[^>]*>\s*([\d.]+)|\*HW_XG_WAVE_LENGTH_ALPHA1\s+"([\d.]+)"')


def read_scan(
    path: str | Path,
    *,
    axis: Axis | None = None,
    column: str | None = None,
    unit: Unit | None = None,
    wavelength: float | None = None,
) -> Scan:
    r"""Read a raw scan from text, .xy, .xye, .dat, .chi, .csv, from NeXus or from a diffractometer's own file.

    Parameters
    ----------
    path : str or Path
        The file: columns x, I or x, I, dI, with or without names and a header of any kind. The files of
        PANalytical (.xrdml), Bruker (.brml, .raw, .uxd), Rigaku (.ras, .rasx) and GSAS (.fxye, .gsa, .gda) need geddes,
        NeXus needs h5py: ``pip install "sklearn-wtrdf[files]"``.
    axis : {"2theta", "q"}, default=None
        What x is. None takes the name of the column or the header, else 2θ if x reaches beyond 60.
    column : str, default=None
        Name of the column to take as the intensity. None takes the first with a known name.
    unit : {"angstrom", "nm", "pm"}, default=None
        Whether q is in Å⁻¹, nm⁻¹ or pm⁻¹. None takes the unit in the file, else Å⁻¹.
    wavelength : float, default=None
        [Å]. None takes the file's.

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
        If it is no table of numbers, a value is missing or not finite, x does not increase, what x is cannot be told,
        or it holds no intensity. The message is one line and begins with the file.

    Warns
    -----
    DataWarning
        If an intensity is negative, or NaN at the ends were left out.

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
    x, of_x = table.values[:, 0], _axis(table, axis, unit)
    if of_x == "q":
        x = x / IN_ANGSTROM[table.unit("q", unit)]
    else:
        if unit is not None:
            raise ValueError(f"{path}: its first column is 2θ, and unit={quoted(unit)} is for q.")
        if table.labels:
            table.unit("2theta", None)  # it may be in radians
        if x[-1] > 180:
            raise table.error("2θ of at most 180 degrees", x.size - 1)
    table.check_increasing("2θ" if of_x == "2theta" else "q", x)
    at, deviation = _columns(table, column)
    intensity, std = table.values[:, at], None if deviation is None else table.values[:, deviation]
    if std is not None and std.min() < 0:
        raise table.error("a standard deviation that is not negative", int(np.argmax(std < 0)))
    if intensity.min() < 0:
        line = table.rows[int(np.argmin(intensity))][0]
        table.notes.append(
            f"{path}: {(intensity < 0).sum()} intensities are negative, the least of them in line {line}."
        )
    for note in table.notes:
        warnings.warn(note, DataWarning, stacklevel=2)
    return Scan(x, intensity, std if std is not None and std.any() else None, of_x, wavelength, table.header())


def _of_diffractometer(path: Path) -> tuple[Table, str | None]:
    """Return the scan of a diffractometer's own file, and what it says of its Kα₁ line, in Å, where it is text."""
    contents = contents_of(path)
    try:
        import geddes
    except ImportError:
        raise ImportError(f'{path}: such files are read by geddes, pip install "sklearn-wtrdf[files]".') from None
    try:
        scan = geddes.read_bytes(_unpacked(path, contents), path.name)
    except (ValueError, OSError) as error:
        raise ValueError(f"{path}: no scan that can be read ({shortened(str(error), 200)}).") from None
    values = np.column_stack([scan.x, scan.y]).astype(float)
    if not (np.abs(values) < LARGEST_VALUE).all() or len(values) < MIN_ROWS:
        raise ValueError(f"{path}: no scan of three finite intensities or more.")
    rows = [(i, f"{x} {y}") for i, (x, y) in enumerate(values.tolist(), 1)]
    match = _K_ALPHA.search(contents.decode("latin-1"))
    return Table(path, values, rows, [], ["2theta", "intensity"], []), match and (match[1] or match[2])


def _unpacked(path: Path, contents: bytes) -> bytes:
    """Return a file; an archive with its text packed no more, so that it is no larger than it says of itself."""
    if not contents.startswith(b"PK"):
        return contents
    plain = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as packed, zipfile.ZipFile(plain, "w") as archive:
            members = [member for member in packed.infolist() if member.filename.lower().endswith((".txt", ".xml"))]
            if (size := sum(member.file_size for member in members)) > MAX_BYTES:
                raise ValueError(f"it unpacks to {size / 1e6:.0f} MB, and {MAX_BYTES / 1e6:.0f} MB are the most")
            for entry in members:
                archive.writestr(entry.filename, packed.read(entry))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"a damaged archive: {error}") from None
    return plain.getvalue()


def _axis(table: Table, axis: Axis | None, unit: Unit | None) -> Axis:
    """Return what x is: as the file says, else as given, else 2θ where it can be nothing else."""
    axis_of_file = table.axis("")
    if axis_of_file == "r":
        raise ValueError(f"{table.path}: its first column is r; an intensity over 2θ or q was expected.")
    if axis_of_file == "theta":
        raise ValueError(f"{table.path}: its first column is θ; q or 2θ was expected: double the angles.")
    if not axis_of_file and (unit is not None or headers.speaks_of_inverse(table.above)):
        axis_of_file = "q"
    if axis and axis_of_file not in ("", axis):
        raise ValueError(
            f"{table.path}: its first column is {axis_of_file} by the file, so axis={quoted(axis)} is not for it."
        )
    if not axis_of_file and axis is None and table.values[:, 0].max() <= LARGEST_Q:
        raise ValueError(f"{table.path}: cannot tell whether its first column is 2θ or q. Say axis: '2theta' or 'q'.")
    return "q" if (axis_of_file or axis) == "q" else "2theta"


def _columns(table: Table, column: str | None) -> tuple[int, int | None]:
    """Return which columns are the intensity and its standard deviation."""
    path, labels, n_columns = table.path, table.labels, table.values.shape[1]
    if column is not None and column not in labels[1:]:
        raise ValueError(f"{path}: no column is named {quoted(column)}; it has {listed(labels) or 'no names'}.")
    if not labels:
        if n_columns > 4:
            raise ValueError(f"{path}: {n_columns} columns without names; x, I, dI or x, I, dx, dI were expected.")
        return 1, n_columns - 1 if n_columns > 2 else None
    named = [i for i in range(1, n_columns) if _INTENSITY.match(labels[i])]
    named = [i for i in named if not any(is_deviation(labels, i, j) for j in named if j != i)]
    if column is None and not named and any(map(_OTHERS.match, labels[1:])):
        raise ValueError(f"{path}: it holds {listed(labels[1:4])}, and no intensity. Read S(q) by read_pattern.")
    named = named or unexplained(labels)
    if column is None and len(named) > 1:
        raise ValueError(f"{path}: several columns may be meant: {listed(labels[i] for i in named)}. Say column.")
    at = named[0] if column is None else labels.index(column)
    return at, next((i for i in range(1, n_columns) if i != at and is_deviation(labels, i, at)), None)
