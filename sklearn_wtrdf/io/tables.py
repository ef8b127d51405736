"""The table of numbers in a file: where it begins, the names of its columns, and the lines above it.

Damaged files are not read in part: no row is skipped, and a line that is not a row raises an error with its number.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.io import abscissa, headers, lammps, nexus
from sklearn_wtrdf.io.contents import check_unstructured, contents_of, error_in, name_of, text_of
from sklearn_wtrdf.io.densities import number_densities
from sklearn_wtrdf.io.instrument import wavelength_in
from sklearn_wtrdf.io.labels import AXES, COMMENT, is_axis, labels_of
from sklearn_wtrdf.io.numbers import NO_DECIMAL_COMMAS, check_decimals, numbers_of, separator_of
from sklearn_wtrdf.io.units import IN_ANGSTROM, Unit, unit_of
from sklearn_wtrdf.scattering.formula import element_in_capitals
from sklearn_wtrdf.scattering.sampling import MIN_POINTS
from sklearn_wtrdf.scattering.validation import MAX_VALUE, MIN_ROWS
from sklearn_wtrdf.utils.text import quoted

Floats = NDArray[np.float64]

_SAME_DENSITY = 0.02  # relative difference of densities that do not contradict one another
MIN_STEP = 1e-9  # of q [Å⁻¹] and r [Å]; points that are closer are equal
_MIN_MISSING_ROWS = 2  # of NaN at an end, outside the range of a detector; a single one is damage
_MIN_LAST_Q = 2.0  # Å⁻¹; a unit in a comment with which q ends before is that of something else
_MAX_LAST_R = 100.0  # Å; a unit in a comment with which r ends beyond is that of something else

_MAX_STEP_BACK = 0.1  # of the range of q or r; a table that runs back further has several data sets
_MAX_EQUAL = 0.3  # of the rows; a table in which more repeat a q or r has several data sets

_OR_HEADER = ", as below it, or # at the beginning of a line of the header"  # what is expected in place of a line
_N_POINTS = re.compile(  # Number of data points: 2048
    r"(?i)\W*(?:no\.|number|n|num)[ _]?(?:of )?(?:data )?(?:points|rows)\W{1,3}(\d+)\W*$"
)
_NUMBER = re.compile(r"(?<![\w.])\d*\.?\d+(?:[eE][-+]?\d+)?(?![\w.])")  # .5, 1e-3; not that of Q1
_MAX_COLUMNS = 4  # x, y, dx, dy
_MAX_COMMENT = 1000  # characters of a line in which words are searched for
_NUMBERLIKE = re.compile(r"\s*[-+]?\.?\d")  # begins as a number does, as 0.5x
_A = re.compile(r"[(\[/]\s*a[)\]\s]*$")  # r (a): a may be a lattice constant
_MARK_OF_TABLE = re.compile(r"#+ *(?i:start data)|#L\s")  # all above is header


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

    @property
    def comments(self) -> list[str]:
        """The beginnings of the lines above, in which words are searched for: in long lines this would take minutes."""
        return [line[:_MAX_COMMENT] for line in self.above]

    def header(self) -> dict[str, str]:
        """Return the lines of the form ``name = value``."""
        return headers.entries(self.above)

    def number_density(self, *, is_used: bool = True) -> float | None:
        """Return ρ₀ [Å⁻³] of the header, or None; if it is used, note that others in the header contradict it."""
        densities = number_densities(self.path, self.header())
        if is_used and densities and max(densities) > (1 + _SAME_DENSITY) * min(densities):
            values = ", ".join(f"{density:.4g}" for density in densities)
            self.notes.append(f"{self.path}: its header has the number densities {values} Å⁻³: the first is used.")
        return densities[0] if densities else None

    def composition(self) -> str | None:
        """Return the formula of the header, or None; note one that is in capitals, and not read."""
        formula = headers.composition(self.header())
        text = headers.composition_text(self.header())
        if formula is None and text and element_in_capitals(text):
            self.notes.append(
                f"{self.path}: the composition {quoted(text)} of its header is in capitals, and not read."
            )
        return formula

    def wavelength(self) -> float:
        """Return the wavelength [Å] of the header, or raise."""
        if (wavelength := wavelength_in(self.path, self.above)) is None:
            raise ValueError(f"{self.path}: the wavelength is needed to convert 2θ to q; give wavelength in Å.")
        return wavelength

    def name(self) -> Path:
        """Return the name of the file, without the suffix .gz."""
        return name_of(self.path)

    def axis(self, default: str) -> str:
        """Return the quantity of the first column by its name or the header, or the default; raise if it is θ."""
        if default != "r":
            abscissa.check_definition(self.path, self.comments, is_named=bool(self.labels))
        if not self.labels and default != "r" and (axis := abscissa.axis(self.comments)):
            return axis
        axis = next((axis for axis, name in AXES.items() if self.labels and name.search(self.labels[0])), default)
        if axis == "theta" and default != "r":
            raise ValueError(
                f"{self.path}: its first column is θ by its name, {quoted(self.labels[0])}; q or 2θ was expected: "
                "double the angles, or name it 2theta if it is 2θ."
            )
        return axis

    def check_x(self, axis: Literal["q", "r"]) -> None:
        """Raise that by the header the first column is neither q nor r; note it if this is not certain."""
        if (statement := abscissa.another_x(axis, self.comments, is_named=bool(self.labels))) is None:
            return
        message = f"{self.path}: its header says {quoted(statement.line)}"
        if not statement.is_understood:
            self.notes.append(f"{message}, which is not understood: x is read as {axis}. Give unit if this is right.")
        elif self.labels:
            self.notes.append(f"{message}; {axis} was expected, and read by its name.")
        else:
            raise ValueError(f"{message}; {axis} was expected. Give unit if it is {axis}.")

    def unit(self, axis: str, unit: Unit | None) -> Unit:
        """Return the unit of the first column: the given one, that of its name, or that of the header."""
        if unit not in (*get_args(Unit), None):
            raise ValueError(f"unit must be one of {', '.join(map(repr, get_args(Unit)))}, got {unit!r}.")
        if unit is not None:
            return unit
        name = self.labels[0] if self.labels else ""
        unit, named = unit_of(self.path, axis, name, self.comments, COMMENT)
        if axis == "r" and _A.search(name):
            self.notes.append(f"{self.path}: {quoted(name)} has the unit a, which is taken for Å: give unit if it is.")
        last = float(self.values[-1, 0])
        far = last / IN_ANGSTROM["nm"] < _MIN_LAST_Q if axis == "q" else last * IN_ANGSTROM["nm"] > _MAX_LAST_R
        if unit == "nm" and not named and far:
            raise ValueError(f"{self.path}: its header has nm, in which {axis} up to {last:g} is unlikely. Give unit.")
        return unit

    def sorted(self, axis: str) -> Table:
        """Return the table with rows in the order of x, and the mean of rows with equal x.

        Parameters
        ----------
        axis : str
            The name of x in messages.

        Raises
        ------
        ValueError
            If x is negative, or the rows seem to be those of several data sets.
        """
        x = self.values[:, 0]
        if x.min() < 0:
            raise self.error(f"{axis} that increases from 0 on", int(np.argmin(x)))
        steps = np.diff(x)
        if (steps > MIN_STEP).all():
            return self
        back = np.maximum.accumulate(x) - x
        descending = bool((steps < -MIN_STEP).all())
        if not descending and (first := int(np.argmax(back > _MAX_STEP_BACK * np.ptp(x)))):
            if first == 1:
                raise self.error(f"{axis} that increases{_OR_HEADER}", 0)
            raise self.error(
                f"{axis} that does not run back from {x[:first].max():g} to {x[first]:g} (put each of several scans, "
                "banks or data sets into a file of its own; sort the rows of a single one)",
                first,
            )
        order = np.argsort(x, kind="stable")
        starts = np.flatnonzero(np.append(True, np.diff(x[order]) > MIN_STEP))
        n_equal = x.size - starts.size
        if n_equal > _MAX_EQUAL * x.size or starts.size < MIN_ROWS:
            raise ValueError(
                f"{self.path}: {n_equal} of {x.size} rows repeat the {axis} of others: put each of several data sets "
                "into a file of its own."
            )
        n_back = int((steps < -MIN_STEP).sum())
        if n_back:
            why = "in descending order" if descending else f"not in order, with {n_back} steps back in {axis}"
            self.notes.append(f"{self.path}: its rows are {why}: they are sorted.")
        if n_equal:
            self.notes.append(f"{self.path}: {n_equal} rows have the {axis} of another, and are averaged with it.")
        counts = np.diff(np.append(starts, x.size))
        values = np.add.reduceat(self.values[order], starts, axis=0) / counts[:, None]
        return self._replace(values=values, rows=[self.rows[i] for i in order[starts]])

    def error(self, expected: str, row: int) -> ValueError:
        """Return an error about a row."""
        return error_in(self.path, *self.rows[row], expected)


def read_table(path: Path) -> Table:
    """Read the table of a file. Errors are one line that names the file."""
    contents = contents_of(path)
    if contents.startswith(nexus.SIGNATURE):
        labels, array = nexus.read_curve(path)
        points = [(i, f"{x} {y}") for i, (x, y) in enumerate(array[:, :2].tolist(), 1)]
        if len(array) < MIN_ROWS:
            raise ValueError(f"{path}: its curve has {len(array)} points; {MIN_ROWS} or more were expected.")
        return _checked(Table(path, array, points, [], labels, []))
    text = text_of(path, contents)
    check_unstructured(path, text)
    lines = text.split("\n")
    if lammps.is_of_lammps(lines):
        return Table(path, *lammps.read_last_step(path, lines))
    header_end = _header_end(lines)
    start, separator, n_columns = _start(path, lines, header_end)
    above = [line.strip() for line in lines[:start]]
    rows = [
        (number, line)
        for number, line in enumerate(lines[start:], start + 1)
        if line.strip() not in ("", "&") and not line.lstrip().startswith(COMMENT)  # & ends a curve of xmgrace
    ]
    if second := next((i for i, line in enumerate(lines[start:], start + 1) if _is_mark(line)), 0):
        remedy = "a single data set (put each of several into a file of its own)"
        raise error_in(path, second, lines[second - 1], remedy)
    values = []
    for number, line in rows:
        row = numbers_of(line, separator)
        if row is None or len(row) != n_columns:
            begin = f", as in line {rows[0][0]}, or # before lines of the header" if row else ""
            raise error_in(path, number, line, f"{n_columns} numbers{begin}")
        values.append(row)
    if wrong := check_decimals(rows, separator):
        raise error_in(path, *wrong, "the same decimal mark in all numbers, and no marks of thousands")
    notes = _check_above(path, above, header_end, separator, n_columns, len(rows))
    if separator == "," and n_columns > 2 and not any("." in line for _, line in rows):
        raise ValueError(f"{path}, line {rows[0][0]}: no number has a decimal point.{NO_DECIMAL_COMMAS}")
    array = np.array(values)
    labels = labels_of(path, above, separator, array)
    if labels and not labels[0]:
        labels, array = labels[1:], array[:, 1:]
    return _checked(Table(path, array, rows, above, labels, notes))


def _checked(table: Table) -> Table:
    """Return a table of finite numbers, without rows of NaN at its ends, outside the range of a detector bank.

    A single one is excluded where x is 0, as it is then the result of 0 / 0.
    """
    path, array, rows = table.path, table.values, table.rows
    measured = np.flatnonzero(~np.isnan(array[:, 1:]).any(axis=1))
    if measured.size >= MIN_ROWS:
        n_rows, first, end = len(rows), int(measured[0]), int(measured[-1]) + 1
        first, end = (
            first if first >= _MIN_MISSING_ROWS or array[0, 0] == 0 else 0,
            end if n_rows - end >= _MIN_MISSING_ROWS else n_rows,
        )
        ends = (0, first), (end, n_rows)
        excluded = [f"{rows[i][0]} to {rows[j - 1][0]}" for i, j in ends if j - i >= _MIN_MISSING_ROWS]
        if excluded:
            table.notes.append(f"{path}: lines {' and '.join(excluded)} are NaN and excluded.")
        array, rows = array[first:end], rows[first:end]
    finite = np.abs(array) < MAX_VALUE
    if not finite.all():
        raise error_in(path, *rows[int(np.argmin(finite.all(axis=1)))], "finite numbers")
    return table._replace(values=array, rows=rows)


def _header_end(lines: list[str]) -> int:
    """Return the number of lines that are header by a mark of PDFgetN, PDFgetX2 or PDFgetX3, or 0."""
    marks = [i for i, line in enumerate(lines, 1) if _is_mark(line)]
    named = [lines[i - 1].startswith("#L") for i in marks]
    if named[:2] == [False, True]:  # the names of columns follow the mark of the beginning
        return marks[1]
    return marks[0] if marks else 0


def _is_mark(line: str) -> bool:
    return line.startswith("#") and bool(_MARK_OF_TABLE.match(line))


def _start(path: Path, lines: list[str], header_end: int) -> tuple[int, str | None, int]:
    """Return the first line of the table, its separator and its number of columns."""
    run: list[int] = []  # consecutive lines of numbers
    shape: tuple[str | None, int] = None, 0
    for i, line in enumerate(lines[header_end:], header_end):
        if not line.strip() or line.lstrip().startswith(COMMENT):
            continue
        separator, n_columns = separator_of(line)
        if run and (separator, n_columns) == shape:
            run.append(i)
        else:
            run, shape = ([i], (separator, n_columns)) if n_columns > 1 else ([], (None, 0))
        if len(run) == MIN_ROWS:
            if n_columns > MIN_POINTS:
                _check_orientation(path, lines[header_end:], header_end)
            return run[0], *shape
    _check_orientation(path, lines[header_end:], header_end)
    content = [
        (i, line)
        for i, line in enumerate(lines[header_end:], header_end + 1)
        if re.search(r"\d", line) and not line.lstrip().startswith(COMMENT)
    ]
    shown = next((row for row in content if _NUMBERLIKE.match(row[1])), content[-1] if content else None)
    hint = f" Line {shown[0]} has something else: {shown[1].strip()[:60]!r}." if shown else ""
    raise ValueError(
        f"{path}: no table of numbers; at least {MIN_ROWS} rows of 2 or more numbers, separated by blanks, commas or "
        f"semicolons, were expected.{hint}"
    )


def _check_orientation(path: Path, lines: list[str], n_above: int) -> None:
    """Raise if a few long rows are the columns of a table."""
    long = [
        (i, n)
        for i, line in enumerate(lines, n_above + 1)
        if not line.lstrip().startswith(COMMENT) and (n := len(_NUMBER.findall(line))) > MIN_POINTS
    ]
    if long and len(long) <= _MAX_COLUMNS:
        raise ValueError(
            f"{path}, line {long[0][0]}: it has {long[0][1]} numbers: write q or r and its quantity as columns, not "
            "rows."
        )


def _check_above(
    path: Path, above: list[str], header_end: int, separator: str | None, n_columns: int, n_rows: int
) -> list[str]:
    """Raise if a damaged row was read as part of the header, or rows are missing at the end; return notes."""
    own_lines = sum(map(bool, above))
    for line in above[:1] + above[-1:]:  # RMCProfile counts the rows in the first line, FIT2D in the last
        if line.isdecimal() and (count := float(line)) >= n_rows:
            if count == n_rows:
                return []
            if line is above[0] and own_lines <= 2 and count - n_rows <= own_lines:  # pystog counts its header, too
                return [f"{path}: its header counts {count:.0f} rows, with its own lines; the table has {n_rows}."]
            raise ValueError(f"{path}: expected {count:.0f} rows, as its header says, got {n_rows}.")
    for number, line in reversed(list(enumerate(above, 1))[header_end:]):
        if not line or line.startswith(COMMENT) or line.isdecimal():
            continue
        words = line.split(separator)
        broken = _NUMBERLIKE.match(line) or (len(words) == n_columns and any(numbers_of(word, None) for word in words))
        last = number == len(above) and not is_axis(line)
        if (last and broken) or len(numbers_of(line, separator) or ()) > 1:
            raise error_in(path, number, line, f"{n_columns} numbers{_OR_HEADER}")
    counts = [int(match[1]) for line in above if (match := _N_POINTS.match(line))]
    if counts and max(counts) > n_rows:
        return [f"{path}: its header has {max(counts)} points, and the table {n_rows} rows: are rows missing?"]
    return []
