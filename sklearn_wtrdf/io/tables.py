"""The table of numbers in a file: where it begins, the names of its columns, and the lines above it.

Damaged files are not read in part: no row is skipped, and a line that is not a row raises an error with its number.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.io import headers, nexus
from sklearn_wtrdf.io.headers import IN_ANGSTROM, Unit
from sklearn_wtrdf.scattering.validation import LARGEST_VALUE, MIN_ROWS

Floats = NDArray[np.float64]

MAX_BYTES = 16_000_000  # of a file, half a million rows; a larger file is not a one-dimensional pattern
_COMMENT = ("#", "!", "%")
SMALLEST_STEP = 1e-9  # of q [Å⁻¹] and r [Å]; points that are closer are equal
_LEAST_MISSING_ROWS = 2  # of NaN at an end, outside the range of a detector; a single one is damage
_LEAST_LAST_Q = 2.0  # Å⁻¹; a unit in a comment with which q ends before is that of something else
_LARGEST_LAST_R = 100.0  # Å; a unit in a comment with which r ends beyond is that of something else

# Names of the first column for each quantity.
_AXES = {
    "2theta": re.compile(r"(2|two)[-_ ]?(theta|th|θ)|tth|angle", re.IGNORECASE),
    "theta": re.compile(r"(theta|θ|omega|ω)(?![a-z])", re.IGNORECASE),  # half of 2θ, which raises an error
    "q": re.compile(r"q(?![a-z^²])", re.IGNORECASE),
    "r": re.compile(r"r(?![a-z^²])|distances?(?![a-z])", re.IGNORECASE),
}
_DECIMAL_COMMAS = re.compile(r"\s*-?\d+,\d+[\s;]+-?\d+,\d+")
_NO_DECIMAL_COMMAS = " Decimal commas are not read: write 0.65 for 0,65."
_NUMBERLIKE = re.compile(r"\s*[-+]?\.?\d")
_DEVIATION = re.compile(r"(sigma|sig|std|error|err|esd|unc|d|e|s)[ _]?\(?", re.IGNORECASE)
_EPSR = re.compile(r"\.epsr\.[a-z]\d\d$", re.IGNORECASE)
_LAMMPS = "# TimeStep Number-of-rows"
_XVG_LABEL = re.compile(r'@\s*([xy]axis|s\d+)\s+(?:label|legend)\s+"(.*)"')


class Table(NamedTuple):
    """The numbers in a file, with the line of each row, the lines above them, and the names of columns, if any.

    `notes` are messages that a reader issues as warnings.
    """

    path: Path
    values: Floats
    rows: list[tuple[int, str]]
    above: list[str]
    labels: list[str]
    notes: list[str]

    def header(self) -> dict[str, str]:
        """Return the lines of the form ``name = value``."""
        return headers.entries(self.above)

    def number_density(self) -> float | None:
        """Return ρ₀ [Å⁻³] of the header, or None."""
        return headers.number_density(self.path, self.header())

    def composition(self) -> str | None:
        """Return the formula of the header, or None."""
        return headers.composition(self.header())

    def wavelength(self) -> float:
        """Return the wavelength [Å] of the header, or raise."""
        if (wavelength := headers.wavelength(self.path, self.header())) is None:
            raise ValueError(f"{self.path}: the wavelength is needed to convert 2θ to q; give wavelength in Å.")
        return wavelength

    def axis(self, default: str) -> str:
        """Return the quantity of the first column by its name or the header, or the default."""
        if not self.labels and default != "r" and headers.mentions_degrees(self.above):
            return "2theta"
        return next((axis for axis, name in _AXES.items() if self.labels and name.match(self.labels[0])), default)

    def unit(self, axis: str, unit: Unit | None) -> Unit:
        """Return the unit of the first column: the given one, that of its name, or that of the header."""
        if unit not in (*get_args(Unit), None):
            raise ValueError(f"unit must be one of {', '.join(map(repr, get_args(Unit)))}, got {unit!r}.")
        if unit is not None:
            return unit
        name = self.labels[0] if self.labels else ""
        unit, named = headers.unit(self.path, axis, name, self.above, _COMMENT)
        last = float(self.values[-1, 0])
        far = last / IN_ANGSTROM["nm"] < _LEAST_LAST_Q if axis == "q" else last * IN_ANGSTROM["nm"] > _LARGEST_LAST_R
        if unit == "nm" and not named and far:
            raise ValueError(f"{self.path}: its header has nm, in which {axis} up to {last:g} is unlikely. Give unit.")
        return unit

    def check_increasing(self, name: str, x: Floats) -> None:
        """Raise unless x increases."""
        increasing = np.append(x[0] >= 0, np.diff(x) > SMALLEST_STEP)
        if not increasing.all():
            i = int(np.argmin(increasing))
            restarts = (
                MIN_ROWS <= i <= x.size - MIN_ROWS and x[i] < x[i - MIN_ROWS] and increasing[i + 1 : i + MIN_ROWS].all()
            )
            hint = ", and a single scan or bank in a file" if restarts else ""
            raise self.error(f"{name} that increases from 0 on{hint}", i)

    def error(self, expected: str, row: int) -> ValueError:
        """Return an error about a row."""
        return _error(self.path, *self.rows[row], expected)


def read_table(path: Path) -> Table:
    """Read the table of a file. Errors are one line that names the file."""
    contents = contents_of(path)
    if contents.startswith(nexus.SIGNATURE):
        labels, array = nexus.read_curve(path)
        points = [(i, f"{x} {y}") for i, (x, y) in enumerate(array[:, :2].tolist(), 1)]
        if len(array) < MIN_ROWS:
            raise ValueError(f"{path}: its curve has {len(array)} points; {MIN_ROWS} or more were expected.")
        return _checked(Table(path, array, points, [], labels, []))
    lines = _text_of(path, contents).split("\n")
    if _LAMMPS in map(str.strip, lines[:10]):
        return _lammps(path, lines)
    start, separator, n_columns = _start(path, lines)
    above = [line.strip() for line in lines[:start]]
    rows = [
        (number, line)
        for number, line in enumerate(lines[start:], start + 1)
        if line.strip() and not line.lstrip().startswith(_COMMENT)
    ]
    values = []
    for number, line in rows:
        row = _numbers(line, separator)
        if row is None or len(row) != n_columns:
            raise _error(path, number, line, f"{n_columns} numbers")
        values.append(row)
    notes = _check_above(path, above, separator, n_columns, len(rows))
    if separator == "," and n_columns > 2 and not any("." in line for _, line in rows):
        raise ValueError(f"{path}, line {rows[0][0]}: no number has a decimal point.{_NO_DECIMAL_COMMAS}")
    labels = _labels(path, above, separator, n_columns)
    return _checked(Table(path, np.array(values), rows, above, labels, notes))


def _checked(table: Table) -> Table:
    """Return a table of finite numbers, without rows of NaN at its ends, outside the range of a detector bank."""
    path, array, rows = table.path, table.values, table.rows
    measured = np.flatnonzero(~np.isnan(array[:, 1:]).any(axis=1))
    if measured.size >= MIN_ROWS:
        n_rows, first, end = len(rows), int(measured[0]), int(measured[-1]) + 1
        first, end = (
            first if first >= _LEAST_MISSING_ROWS else 0,
            end if n_rows - end >= _LEAST_MISSING_ROWS else n_rows,
        )
        excluded = [f"{rows[i][0]} to {rows[j - 1][0]}" for i, j in ((0, first), (end, n_rows)) if j > i]
        if excluded:
            table.notes.append(f"{path}: lines {' and '.join(excluded)} are NaN and excluded.")
        array, rows = array[first:end], rows[first:end]
    finite = np.abs(array) < LARGEST_VALUE
    if not finite.all():
        raise _error(path, *rows[int(np.argmin(finite.all(axis=1)))], "finite numbers")
    return table._replace(values=array, rows=rows)


def _lammps(path: Path, lines: list[str]) -> Table:
    """Read the last time step of a file of LAMMPS, written by compute rdf and fix ave/time in mode vector."""
    above = [line.strip() for line in lines if line.startswith("#")]
    columns = next((line.split()[2:] for line in above if line.startswith("# Row ")), [])
    numbered = [re.fullmatch(r"[cf]_\w+\[(\d+)\]", name) for name in columns]
    if len(columns) < 3 or [match and int(match[1]) for match in numbered] != list(range(1, len(columns) + 1)):
        raise ValueError(f"{path}: not the columns r, g(r) and coordination number of LAMMPS's compute rdf, c_name[*].")
    if len(columns) % 2 == 0:
        raise ValueError(f"{path}: LAMMPS's compute rdf has r and two columns for each pair, got {len(columns)}.")
    rows = [(i, line) for i, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    steps = 0
    values: list[list[float]] = []
    table: list[tuple[int, str]] = []
    while rows:
        head = rows[0][1].split()
        if len(head) != 2 or not all(map(str.isdecimal, head)):
            raise _error(path, *rows[0], "a time step and its number of rows")
        n_rows = int(head[1])
        table, rows = rows[1 : n_rows + 1], rows[n_rows + 1 :]
        if len(table) < max(n_rows, MIN_ROWS):
            raise ValueError(f"{path}: time step {head[0]} has {len(table)} of its {n_rows} rows.")
        values = []
        for i, (number, line) in enumerate(table, 1):
            row = _numbers(line, None)
            if row is None or len(row) != len(columns) + 1 or row[0] != i or not np.abs(row).max() < LARGEST_VALUE:
                raise _error(path, number, line, f"row {i}, of {len(columns) + 1} numbers")
            values.append(row[1:])
        steps += 1
    if not steps:
        raise ValueError(f"{path}: no table of numbers; at least {MIN_ROWS} rows of 2 or more were expected.")
    pairs = (
        ["g", "coord"]
        if len(columns) == 3
        else [f"{y}_{i}" for i in range(1, len(columns) // 2 + 1) for y in ("g", "coord")]
    )
    notes = [f"{path}: the last of {steps} time steps is read."] if steps > 1 else []
    return Table(path, np.array(values), table, above, ["r", *pairs], notes)


def contents_of(path: Path) -> bytes:
    """Return the contents of a file, or raise if it is larger than any pattern."""
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file.")
    if not path.is_file():
        raise IsADirectoryError(
            f"{path}: a file was expected, and this is {'a folder' if path.is_dir() else 'something else'}."
        )
    if (size := path.stat().st_size) > MAX_BYTES:
        raise ValueError(f"{path}: {size / 1e6:.0f} MB; a table of at most {MAX_BYTES / 1e6:.0f} MB was expected.")
    return path.read_bytes()


def _text_of(path: Path, contents: bytes) -> str:
    if b"\0" in contents:
        raise ValueError(f"{path}: a binary file; a table of numbers as text was expected.")
    try:
        text = contents.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = contents.decode("latin-1")  # which decodes any bytes: an Å in an old header, or a binary file
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("−", "-")


def _start(path: Path, lines: list[str]) -> tuple[int, str | None, int]:
    """Return the first line of the table, its separator and its number of columns."""
    run: list[int] = []  # consecutive lines of numbers
    shape: tuple[str | None, int] = None, 0
    for i, line in enumerate(lines):
        if not line.strip() or line.lstrip().startswith(_COMMENT):
            continue
        separator = next((mark for mark in ";," if mark in line), None)
        row = _numbers(line, separator)
        n_columns = 0 if row is None else len(row)
        if run and (separator, n_columns) == shape:
            run.append(i)
        else:
            run, shape = ([i], (separator, n_columns)) if n_columns > 1 else ([], (None, 0))
        if len(run) == MIN_ROWS:
            return run[0], *shape
    hint = _NO_DECIMAL_COMMAS if any(map(_DECIMAL_COMMAS.match, lines[:1000])) else ""
    raise ValueError(f"{path}: no table of numbers; at least {MIN_ROWS} rows of 2 or more were expected.{hint}")


def _check_above(path: Path, above: list[str], separator: str | None, n_columns: int, n_rows: int) -> list[str]:
    """Raise if a damaged row was read as part of the header, or rows are missing at the end; return notes."""
    comments = [line for line in above[1:] if line]
    for line in above[:1] + above[-1:]:  # RMCProfile counts the rows in the first line, FIT2D in the last
        if line.isdecimal() and (count := float(line)) >= n_rows:
            if count == n_rows:
                return []
            if line is above[0] and count == n_rows + len(comments) and all(c.startswith(_COMMENT) for c in comments):
                return [
                    f"{path}: its header counts {count:.0f} rows, including comments; the table has {n_rows}."
                ]  # pystog
            raise ValueError(f"{path}: expected {count:.0f} rows, as its header says, got {n_rows}.")
    for number, line in reversed(list(enumerate(above, 1))):
        if not line or line.startswith(_COMMENT) or line.isdecimal():
            continue
        words = line.split(separator)
        broken = _NUMBERLIKE.match(line) or (len(words) == n_columns and any(_numbers(word, None) for word in words))
        last = number == len(above) and not _is_axis(line)
        if (last and broken) or len(_numbers(line, separator) or ()) > 1:
            raise _error(
                path, number, line, f"{n_columns} numbers, as below it, or # at the beginning of a line of the header"
            )
    return []


def _labels(path: Path, above: list[str], separator: str | None, n_columns: int) -> list[str]:
    """Return the names of the columns: the last line above the table with as many words, the first that of an axis."""
    if len(above) > 3 and above[-1].isdecimal() and n_columns == 2 and _is_axis(above[-3]):
        return above[-3:-1]  # FIT2D's .chi: title, the names one to a line, number of rows
    if grace := {match[1]: match[2] for line in above if (match := _XVG_LABEL.match(line))}:  # GROMACS's .xvg
        names = [grace.get(f"s{i}", "") for i in range(n_columns - 1)] if n_columns > 2 else [grace.get("yaxis", "")]
        return [grace["xaxis"], *names] if all(names) and _is_axis(grace.get("xaxis", "")) else []
    for line in reversed(above):
        bare = re.sub(r"^[#!%;'*/]+(L\s)?", "", line).strip()
        together = re.sub(r" ?([-(\[/]) ?", r"\1", " ".join(bare.split()))  # Q (1/A) S(q) - 1 are two names
        for words in (bare.split(separator or "\t"), re.split(r"\s{2,}", bare), together.split()):
            names = [word.strip(' "') for word in words]
            if " = " in line or not names or not _is_axis(names[0]) or not all(map(_closed, names)):
                continue
            if len(names) == n_columns:
                return names
            if _EPSR.search(path.name) and n_columns == 2 * len(names) - 1:  # EPSR does not name the columns of errors
                return [names[0], *(name for y in names[1:] for name in (y, f"{y}_err"))]
    return []


def is_deviation(labels: list[str], i: int, at: int) -> bool:
    """Return whether column i is the standard deviation of column `at`: dS, S_err, or sigma next to it."""
    if labels[i].startswith(labels[at]):
        return bool(re.match(r"[ _]?(err|std|sig|unc)", labels[i][len(labels[at]) :]))
    name = _DEVIATION.match(labels[i])
    of = labels[i][name.end() :] if name else None
    return i == at + 1 if of == "" else of is not None and labels[at].startswith(of[0])


def _closed(name: str) -> bool:
    return name.count("(") == name.count(")")


def unexplained(labels: list[str]) -> list[int]:
    """Return the columns after the first that are not the standard deviation of a previous one."""
    return [i for i in range(1, len(labels)) if not any(is_deviation(labels, i, j) for j in range(1, i))]


def _is_axis(name: str) -> bool:
    return any(axis.match(name.strip(' "')) for axis in _AXES.values())


def _numbers(line: str, separator: str | None) -> list[float] | None:
    """Return the numbers in a line, or None if it contains anything else."""
    if "_" in line:  # float reads 1_0 as 10
        return None
    words = line.split(separator)
    if separator and not words[-1].strip():
        words.pop()  # a separator at the end
    try:
        return list(map(float, words))
    except ValueError:
        return None


def _error(path: Path, number: int, line: str, expected: str) -> ValueError:
    return ValueError(f"{path}, line {number}: expected {expected}, got {line[:60]!r}.")
