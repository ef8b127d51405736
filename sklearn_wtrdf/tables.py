"""A text file's table of numbers: where it begins, what its columns are named, what its header says.

Files that are damaged must not be read as if they were whole: a row is never skipped, and what cannot be a row is an
error with its line.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Unit = Literal["angstrom", "nm"]

_MAX_BYTES = 16_000_000  # a one-dimensional pattern of half a million rows; a larger file is something else
MIN_ROWS = 3  # so many rows of numbers in a row begin the table; fewer are a header's
_COMMENT = ("#", "!", "%")
LARGEST = 1e100  # beyond it no number is one of a measurement, and squares overflow
SMALLEST_STEP = 1e-9  # of q [Å⁻¹] and r [Å]: what is nearer is the same point
_LARGEST_DENSITY = 1.0  # Å⁻³, five times diamond's: a larger one is in g/cm³ or nm⁻³

# Names of the first column, by what they mean.
_AXES = {
    "2theta": re.compile(r"(2|two)[-_ ]?(theta|th|θ)|tth|angle", re.IGNORECASE),
    "q": re.compile(r"q(?![a-z^²])", re.IGNORECASE),
    "r": re.compile(r"r(?![a-z^²])", re.IGNORECASE),
}
_NANOMETRES = re.compile(r"(?<![a-z])nm|nanom", re.IGNORECASE)
_OTHER_UNITS = re.compile(r"(?<![a-z])(pm|mm|cm|m|bohr|m?rad|radians?)(?![a-z])", re.IGNORECASE)
_DECIMAL_COMMAS = re.compile(r"\s*-?\d+,\d+[\s;]+-?\d+,\d+")
_NO_DECIMAL_COMMAS = " Decimal commas are not read: write 0.65 for 0,65."
_NUMBERLIKE = re.compile(r"\s*[-+]?\.?\d")
_DENSITIES = ("number_density", "rho0", "rho_0", "numberdensity")


class Table(NamedTuple):
    """A file's numbers, the line of each row, what stands above them, and the names of the columns if it has any."""

    path: Path
    values: Floats
    rows: list[tuple[int, str]]
    above: list[str]
    labels: list[str]

    def header(self) -> dict[str, str]:
        """Return the lines of the form ``name = value``."""
        pairs = (line.lstrip("#!%;'*/ ").split("=") for line in self.above)
        return {pair[0].strip(): pair[1].strip() for pair in pairs if len(pair) == 2 and pair[0].strip()}

    def number_density(self) -> float | None:
        """Return the header's ρ₀ [Å⁻³], if it has one."""
        for name, value in self.header().items():
            if name.lower() in _DENSITIES:
                number = _first_number(value)
                if not 0 < number <= _LARGEST_DENSITY:
                    raise ValueError(f"{self.path}: its header's {name} is no number density in Å⁻³, got {value!r}.")
                return number
        return None

    def wavelength(self) -> float:
        """Return the header's wavelength [Å]."""
        header = {name.lower(): value for name, value in self.header().items()}
        number, *unit = header.get("wavelength", "").split() or [""]
        wavelength = _first_number(number)
        if not 0 < wavelength < LARGEST or (unit and not unit[0].lower().startswith(("å", "a"))):
            raise ValueError(f"{self.path}: 2θ needs the wavelength in Å to become q; give wavelength.")
        return wavelength

    def axis(self, default: str) -> str:
        """Return which of q, 2theta and r the first column is; the default where it does not say."""
        return next((axis for axis, name in _AXES.items() if self.labels and name.match(self.labels[0])), default)

    def unit(self, unit: Unit | None) -> Unit:
        """Return the unit of the first column: the one given, else that of its name."""
        if unit not in ("angstrom", "nm", None):
            raise ValueError(f'unit must be "angstrom" or "nm", got {unit!r}.')
        name = self.labels[0] if self.labels else ""
        if unit is None and (other := _OTHER_UNITS.search(name)):
            raise ValueError(f"{self.path}: its first column is in {other[0]}; Å, nm or degrees were expected.")
        plain = [line for line in self.above if not name or not line.startswith(_COMMENT)]
        if unit is None and not _NANOMETRES.search(name) and any(map(_NANOMETRES.search, plain)):
            raise ValueError(f"{self.path}: its header speaks of nm, but its first column's name does not. Say unit.")
        return unit or ("nm" if _NANOMETRES.search(name) else "angstrom")

    def check_increasing(self, name: str, x: Floats) -> None:
        """Raise where x does not increase."""
        increasing = np.append(x[0] >= 0, np.diff(x) > SMALLEST_STEP)
        if not increasing.all():
            raise self.error(f"{name} that increases from 0 on", int(np.argmin(increasing)))

    def error(self, expected: str, row: int) -> ValueError:
        """Return the error of a row."""
        return _error(self.path, *self.rows[row], expected)


def read_table(path: Path) -> Table:
    """Read a file, or raise an error of one line that names it."""
    lines = _text_of(path).split("\n")
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
    _check_above(path, above, separator, n_columns, len(rows))
    array = np.array(values)
    finite = np.abs(array) < LARGEST
    if not finite.all():
        raise _error(path, *rows[int(np.argmin(finite.all(axis=1)))], "finite numbers")
    if separator == "," and n_columns > 2 and not any("." in line for _, line in rows):
        raise ValueError(f"{path}, line {rows[0][0]}: not one number has a decimal point.{_NO_DECIMAL_COMMAS}")
    return Table(path, array, rows, above, _labels(above, separator, n_columns))


def _text_of(path: Path) -> str:
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file.")
    if not path.is_file():
        raise IsADirectoryError(f"{path}: a file was expected, and it is {'a folder' if path.is_dir() else 'none'}.")
    if (size := path.stat().st_size) > _MAX_BYTES:
        raise ValueError(f"{path}: {size / 1e6:.0f} MB; a table of at most {_MAX_BYTES / 1e6:.0f} MB was expected.")
    contents = path.read_bytes()
    if b"\0" in contents:
        raise ValueError(f"{path}: a binary file; a table of numbers as text was expected.")
    try:
        text = contents.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = contents.decode("latin-1")  # any bytes are: an Å in an old header, or no text at all
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("−", "-")


def _start(path: Path, lines: list[str]) -> tuple[int, str | None, int]:
    """Return the first line of the table, its separator and its number of columns."""
    run: list[int] = []  # lines of numbers in a row
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


def _check_above(path: Path, above: list[str], separator: str | None, n_columns: int, n_rows: int) -> None:
    """Raise where a row of the table is broken so that it looks like a header, or rows are missing at the end."""
    for line in above[:1] + above[-1:]:  # RMCProfile counts the rows in the first line, FIT2D in the last
        if line.isdecimal() and (count := float(line)) >= n_rows:
            if count == n_rows:
                return
            raise ValueError(f"{path}: expected {count:.0f} rows, as its header says, got {n_rows}.")
    for number, line in reversed(list(enumerate(above, 1))):
        if not line or line.startswith(_COMMENT) or line.isdecimal():
            continue
        words = line.split(separator)
        broken = _NUMBERLIKE.match(line) or (len(words) == n_columns and any(_numbers(word, None) for word in words))
        last = number == len(above) and not _is_axis(line)
        if (last and broken) or len(_numbers(line, separator) or ()) > 1:
            raise _error(path, number, line, f"{n_columns} numbers, as below it, or a # before a header's line")


def _labels(above: list[str], separator: str | None, n_columns: int) -> list[str]:
    """Return the names of the columns: the nearest line above the table that has as many words, the first an axis."""
    if len(above) > 3 and above[-1].isdecimal() and n_columns == 2 and _is_axis(above[-3]):
        return above[-3:-1]  # FIT2D's .chi: title, the names one to a line, number of rows
    for line in reversed(above):
        bare = re.sub(r"^[#!%;'*/]+(L\s)?", "", line).strip()
        together = re.sub(r" ?([-(\[/]) ?", r"\1", " ".join(bare.split()))  # Q (1/A) S(q) - 1 are two names
        for words in (bare.split(separator or "\t"), re.split(r"\s{2,}", bare), together.split()):
            names = [word.strip(' "') for word in words]
            if len(names) == n_columns and _is_axis(names[0]) and " = " not in line:
                return names
    return []


def _is_axis(name: str) -> bool:
    return any(axis.match(name.strip(' "')) for axis in _AXES.values())


def _numbers(line: str, separator: str | None) -> list[float] | None:
    """Return the numbers of a line, or None if something else stands in it."""
    if "_" in line:  # float would take 1_0 for 10
        return None
    words = line.split(separator)
    if separator and not words[-1].strip():
        words.pop()  # a separator at the end
    try:
        return list(map(float, words))
    except ValueError:
        return None


def _first_number(text: str) -> float:
    """Return the number that a header's value begins with, or NaN."""
    try:
        return float(text.split()[0])
    except (ValueError, IndexError):
        return float("nan")


def _error(path: Path, number: int, line: str, expected: str) -> ValueError:
    return ValueError(f"{path}, line {number}: expected {expected}, got {line[:60]!r}.")
