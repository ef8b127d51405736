"""Reading and writing the community's text files: S(q), S_R(q) = F(q), G(r), g(r) and RDF.

A file is a header of any kind and a table of numbers below it. What the table holds is told by the names of its
columns, else by the file's suffix, else by the caller; never by a guess at the numbers. Every error names the file and,
where there is one, the line.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline

from sklearn_wtrdf.fourier import g_from_rdf, g_from_reduced_pdf, reduced_pdf_from_g
from sklearn_wtrdf.scattering import check_number_density

Floats = NDArray[np.float64]
Unit = Literal["angstrom", "nm"]
PatternQuantity = Literal["S", "S_R", "S-1"]
CurveQuantity = Literal["g", "G", "RDF"]

_MAX_BYTES = 64_000_000  # a one-dimensional pattern of two million rows; a larger file is something else
_MIN_ROWS = 3  # so many rows of numbers in a row begin the table; fewer are a header's
_COMMENT = ("#", "!", "%", ";", "'", "*", "/")
_LARGEST_Q = 60.0  # Å⁻¹, more than any diffractometer reaches: beyond it an unnamed column is 2θ or in nm⁻¹

# Names of columns, by what they mean. Case tells G from g and I (an intensity) from i = S − 1.
_AXES = {
    "2theta": re.compile(r"(2|two)[-_ ]?(theta|th|θ)|tth|angle", re.IGNORECASE),
    "q": re.compile(r"q", re.IGNORECASE),
    "r": re.compile(r"r(?!df)", re.IGNORECASE),
}
_PATTERNS = {
    "S_R": re.compile(r"S_?R\b|f(\b|_?q)|q\s*\*?\s*[\[({]\s*s", re.IGNORECASE),
    "S-1": re.compile(r"(?i:s\s*(\(q\))?\s*-\s*1)|i(\b|_?q)"),
    "S": re.compile(r"s(\b|_?q)", re.IGNORECASE),
    "intensity": re.compile(r"I(\b|_?[qQ])|(?i:int|count)"),
}
_CURVES = {
    "RDF": re.compile(r"rdf|R\(", re.IGNORECASE),
    "G": re.compile(r"G"),
    "g": re.compile(r"g"),
}
_SUFFIXES = {".sq": "S", ".fq": "S_R", ".gr": "G", ".rdf": "RDF"}
_DEVIATION = re.compile(r"(sigma|sig|std|error|err|unc|d|e|s)[ _]?\(?", re.IGNORECASE)
_DENSITIES = ("number_density", "rho0", "rho_0", "numberdensity")


@dataclass(frozen=True)
class Pattern:
    """A measured S_R(q), as :func:`read_pattern` returns it.

    Attributes
    ----------
    q : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹], increasing.
    s_r : ndarray of shape (n_q,)
        Reduced structure factor S_R = q (S − 1) [Å⁻¹].
    std : ndarray of shape (n_q,) or None
        Its standard deviation [Å⁻¹], where the file has a column of it.
    number_density : float or None
        ρ₀ [Å⁻³], where the header has it.
    header : dict of str to str
        The header's lines of the form ``name = value``.
    """

    q: Floats
    s_r: Floats
    std: Floats | None
    number_density: float | None
    header: dict[str, str]

    def on(self, q: ArrayLike) -> Floats:
        """Return S_R on another grid, as a model that was fitted there needs it.

        Parameters
        ----------
        q : array-like of shape (n_q,)
            The grid [Å⁻¹]; it must lie within the measured one, up to one step.

        Returns
        -------
        s_r : ndarray of shape (n_q,)
            The same numbers where the grids agree, else of a cubic spline through them.

        Raises
        ------
        ValueError
            If the grid reaches beyond the measured one.
        """
        q = np.asarray(q, dtype=float)
        if q.size == self.q.size and np.abs(q - self.q).max() < 1e-6:
            return self.s_r
        step = float(np.diff(self.q).max())
        if q[0] < self.q[0] - step or q[-1] > self.q[-1] + step:
            raise ValueError(
                f"q spans {self.q[0]:g} to {self.q[-1]:g} Å⁻¹, but the model was fitted on {q[0]:g} to {q[-1]:g} Å⁻¹: "
                "fit it on data cut to what both have."
            )
        return np.asarray(CubicSpline(self.q, self.s_r)(np.clip(q, self.q[0], self.q[-1])))


@dataclass(frozen=True)
class Curve:
    """A pair distribution function, as :func:`read_gr` returns it.

    Attributes
    ----------
    r : ndarray of shape (n_r,)
        Distances [Å], increasing and positive.
    g : ndarray of shape (n_r,)
        Pair distribution function, tending to 1.
    std : ndarray of shape (n_r,) or None
        Its standard deviation, where the file has a column of it.
    number_density : float or None
        ρ₀ [Å⁻³], as given or as the header has it.
    header : dict of str to str
        The header's lines of the form ``name = value``.
    """

    r: Floats
    g: Floats
    std: Floats | None
    number_density: float | None
    header: dict[str, str]


def read_pattern(
    path: str | Path,
    *,
    quantity: PatternQuantity | None = None,
    column: str | None = None,
    unit: Unit | None = None,
    wavelength: float | None = None,
) -> Pattern:
    r"""Read S_R(q) from a text file with any header: .sq, .fq, .dat, .chi, .xy, .csv.

    Parameters
    ----------
    path : str or Path
        The file: two to four columns of numbers (x, y, or x, y, dy, or x, y, dx, dy), or any number of columns with
        names; separated by blanks, commas or semicolons.
    quantity : {"S", "S_R", "S-1"}, default=None
        What y is: S(q), S_R(q) = F(q) = q (S(q) − 1), or S(q) − 1. None takes the column's name (``S(Q)``, ``F(Q)``,
        ``s_r``, ``i(q)``), then the suffix (.sq is S, .fq is S_R).
    column : str, default=None
        Name of the column to take as y, in a file that has several.
    unit : {"angstrom", "nm"}, default=None
        Whether q is in Å⁻¹ or nm⁻¹. None takes the name of the column, and Å⁻¹ where it does not say.
    wavelength : float, default=None
        Wavelength [Å] for files over 2θ in degrees: q = 4π sin(θ) / λ. None takes the header's.

    Returns
    -------
    Pattern

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is no table of numbers, a value is missing or not finite, q does not increase, it holds an intensity, or
        what it holds cannot be told. The message is one line and begins with the file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_wtrdf import read_pattern
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "glass.dat"
    ...     _ = path.write_text("# Q(nm^-1)  S(Q)\n 10 0.5\n 20 1.5\n 30 1.0\n")
    ...     pattern = read_pattern(path)
    >>> pattern.q, pattern.s_r
    (array([1., 2., 3.]), array([-0.5,  1. ,  0. ]))
    """
    table = _read_table(Path(path))
    kind, x, y, std = _columns(table, "reciprocal space", quantity, column)
    if kind == "intensity":
        raise ValueError(
            f"{path}: its second column is an intensity. S(q) has to be made of it first (background, normalization "
            "and Compton scattering, by PDFgetX3 or LiquidDiffract, say); if it is S(q) already, say so by quantity."
        )
    axis = table.axis("q", "2theta")
    if axis == "r":
        raise ValueError(f"{path}: its first column is r; S(q) was expected. Read g(r) by read_gr.")
    q, factor = _in_inverse_angstrom(table, x, axis, unit, wavelength)
    increasing = np.diff(q) > 0
    if q[0] < 0 or not increasing.all():
        i = 0 if q[0] < 0 else int(np.argmin(increasing)) + 1
        raise table.error("q that increases from 0 on", i)
    if kind == "S" and quantity is None and not table.labels and abs(y[-max(y.size // 4, 1) :].mean()) < 0.3:
        raise ValueError(
            f"{path}: taken for S(q) by its suffix, but it tends to {y[-max(y.size // 4, 1) :].mean():.2g}, not to 1. "
            'Say quantity="S_R" or "S".'
        )
    if kind == "S_R":
        scale: float | Floats = factor
        s_r = y * factor
    else:
        scale = q
        s_r = q * (y - 1 if kind == "S" else y)
    return Pattern(q, s_r, None if std is None else std * scale, table.number_density(), table.header())


def read_gr(
    path: str | Path,
    *,
    quantity: CurveQuantity | None = None,
    column: str | None = None,
    unit: Unit | None = None,
    number_density: float | None = None,
) -> Curve:
    r"""Read g(r) from a text file with any header: .gr, .rdf, .dat, .csv.

    Parameters
    ----------
    path : str or Path
        The file, as for :func:`read_pattern`.
    quantity : {"g", "G", "RDF"}, default=None
        What y is: g(r), which tends to 1, G(r) = 4πrρ₀ (g − 1), or RDF(r) = 4πr²ρ₀ g. None takes the column's name
        (``g``, ``G(r)``, ``rdf``), then the suffix (.gr is G, .rdf is RDF).
    column : str, default=None
        Name of the column to take as y, in a file that has several.
    unit : {"angstrom", "nm"}, default=None
        Whether r is in Å or nm. None takes the name of the column, and Å where it does not say.
    number_density : float, default=None
        ρ₀ [Å⁻³], which G and RDF need. None takes the header's.

    Returns
    -------
    Curve
        Without the row r = 0, where G and RDF say nothing of g.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        As by :func:`read_pattern`, and if the number density is missing.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_wtrdf import read_gr
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "glass.gr"
    ...     _ = path.write_text("#L r G\n 0 0\n 1 -0.427\n 2 0\n 3 0\n")
    ...     curve = read_gr(path, number_density=0.034)
    >>> curve.r, curve.g.round(3)
    (array([1., 2., 3.]), array([0.001, 1.   , 1.   ]))
    """
    table = _read_table(Path(path))
    kind, r, y, std = _columns(table, "real space", quantity, column)
    if (axis := table.axis("r")) != "r":
        raise ValueError(f"{path}: its first column is {axis}; g(r) was expected. Read S(q) by read_pattern.")
    if table.unit(unit) == "nm":
        power = {"g": 0, "G": 2, "RDF": 1}[kind]
        r, y, std = r * 10, y / 10**power, None if std is None else std / 10**power
    increasing = np.diff(r) > 0
    if r[0] < 0 or not increasing.all():
        i = 0 if r[0] < 0 else int(np.argmin(increasing)) + 1
        raise table.error("r that increases from 0 on", i)
    density = table.number_density() if number_density is None else check_number_density(number_density)
    if density is None and kind != "g":
        raise ValueError(f"{path}: {kind}(r) needs number_density to become g(r), and the header has none.")
    some = slice(1, None) if r[0] == 0 else slice(None)
    r, y, std = r[some], y[some], None if std is None else std[some]
    if kind != "g":
        assert density is not None
        std = None if std is None else g_from_rdf(r, std * r if kind == "G" else std, density)
        y = {"G": g_from_reduced_pdf, "RDF": g_from_rdf}[kind](r, y, density)
    return Curve(r, y, std, density, table.header())


def write_gr(
    path: str | Path,
    r: ArrayLike,
    g: ArrayLike,
    number_density: float,
    *,
    std: ArrayLike | None = None,
    header: Mapping[str, object] | None = None,
    overwrite: bool = False,
) -> Path:
    """Write g(r) as G(r) to a .gr file, whole or not at all.

    Parameters
    ----------
    path : str or Path
        The file, by custom ``*.gr``.
    r : array-like of shape (n_r,)
        Distances [Å].
    g : array-like of shape (n_r,)
        Pair distribution function; the file has G(r) = 4πrρ₀ (g − 1), in which PDFgui, diffpy and others read it.
    number_density : float
        ρ₀ [Å⁻³].
    std : array-like of shape (n_r,), default=None
        Standard deviation of g. With it the file has the columns r, G, dr and dG, where dr is 0.
    header : dict, default=None
        Lines ``name = value`` for the header: parameters, and where the data come from.
    overwrite : bool, default=False
        Replace a file that is there.

    Returns
    -------
    path : Path

    Raises
    ------
    FileExistsError
        If the file is there and `overwrite` is False.
    ValueError
        If lengths differ, a value is not finite, or a name or value of `header` holds a line break or "=".

    Examples
    --------
    >>> import tempfile
    >>> from sklearn_wtrdf import read_gr, write_gr
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     curve = read_gr(write_gr(f"{folder}/glass.gr", [2.0, 2.5, 3.0], [0.0, 3.0, 1.0], 0.034))
    >>> curve.g, curve.number_density
    (array([0., 3., 1.]), 0.034)
    """
    r, g = np.asarray(r, dtype=float), np.asarray(g, dtype=float)
    columns = [r, reduced_pdf_from_g(r, g, number_density)] if r.shape == g.shape else [r, g]
    if std is not None:
        columns += [np.zeros_like(r), 4 * np.pi * r * number_density * np.asarray(std, dtype=float)]
    if r.ndim != 1 or len({column.shape for column in columns}) > 1:
        raise ValueError(f"r, g and std must be one-dimensional and of equal length, got {r.shape} and {g.shape}.")
    if not all(np.isfinite(column).all() for column in columns):
        raise ValueError("r, g and std must be finite, got NaN or infinite values.")
    entries = {"version": f"sklearn-wtrdf {metadata.version('sklearn-wtrdf')}", "number_density": number_density}
    entries |= header or {}
    for name, value in entries.items():
        if set("=\r\n") & set(f"{name}{value}"):
            raise ValueError(f"header: {name!r} and its value must not hold '=' or a line break, got {value!r}.")
    names = ["r($\\AA$)", "G($\\AA^{-2}$)", "dr", "dG"][: len(columns)]
    lines = ["[DEFAULT]", "", *(f"{name} = {value}" for name, value in entries.items()), "", "#### start data", ""]
    lines += ["#S 1", f"#L {'  '.join(names)}"]
    lines += [" ".join(map(repr, row)) for row in np.column_stack(columns).tolist()]
    with written_whole(path, overwrite) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Path(path)


@contextmanager
def written_whole(path: str | Path, overwrite: bool = False) -> Iterator[Path]:
    """Give a temporary name beside `path`, which takes its place when the block has ended without an error."""
    path = Path(path)
    if not overwrite:
        check_absent(path)
    handle, name = tempfile.mkstemp(prefix=".", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    try:
        yield Path(name)
        os.chmod(name, 0o644)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def check_absent(path: Path) -> None:
    """Raise if the file is there."""
    if path.exists():
        raise FileExistsError(f"{path} is there already: choose another name, or overwrite it by overwrite=True.")


class _Table(NamedTuple):
    """The numbers of a file, the line of each row, what stands above them, and the names of the columns."""

    path: Path
    values: Floats
    rows: list[tuple[int, str]]
    above: list[str]
    labels: list[str]

    def header(self) -> dict[str, str]:
        pairs = (line.lstrip("#!%;'*/ ").split("=") for line in self.above)
        return {pair[0].strip(): pair[1].strip() for pair in pairs if len(pair) == 2 and pair[0].strip()}

    def number_density(self) -> float | None:
        for name, value in self.header().items():
            if name.lower() in _DENSITIES:
                try:
                    return check_number_density(float(value.split()[0]))
                except (ValueError, IndexError):
                    raise ValueError(f"{self.path}: its header's {name} is no number density, got {value!r}.") from None
        return None

    def axis_name(self) -> str:
        """Return the name of the first column, or the header's line that FIT2D's .chi has for it."""
        if self.labels:
            return self.labels[0]
        return next((line for line in self.above if _AXES["2theta"].match(line) or re.match(r"[Qqr]\W", line)), "")

    def axis(self, *expected: str) -> str:
        """Return which of q, 2theta and r the first column is; the first of those expected where it does not say."""
        name = self.axis_name().lstrip(" #")
        return next((axis for axis, pattern in _AXES.items() if pattern.match(name)), expected[0])

    def unit(self, unit: Unit | None) -> Unit:
        if unit not in ("angstrom", "nm", None):
            raise ValueError(f'unit must be "angstrom" or "nm", got {unit!r}.')
        return unit or ("nm" if "nm" in self.axis_name() else "angstrom")

    def error(self, expected: str, row: int) -> ValueError:
        return _error(self.path, *self.rows[row], expected)


def _in_inverse_angstrom(
    table: _Table, x: Floats, axis: str, unit: Unit | None, wavelength: float | None
) -> tuple[Floats, float]:
    """Return q [Å⁻¹], and the factor that turns an F(q) of the file into Å⁻¹."""
    if wavelength is not None and not (np.isfinite(wavelength) and wavelength > 0):
        raise ValueError(f"wavelength must be a positive number of Å, got {wavelength!r}.")
    named = bool(table.axis_name())
    if axis == "2theta" or (wavelength is not None and not named):
        given = table.header().get("wavelength", "") if wavelength is None else str(wavelength)
        try:
            wavelength = float(given.split()[0])
        except (ValueError, IndexError):
            raise ValueError(f"{table.path}: 2θ needs the wavelength in Å to become q; give wavelength.") from None
        if (x < 0).any() or (x > 180).any():
            raise table.error("2θ from 0 to 180 degrees", int(np.argmax((x < 0) | (x > 180))))
        return 4 * np.pi / wavelength * np.sin(np.radians(x / 2)), 1.0
    if wavelength is not None:
        raise ValueError(f"{table.path}: its first column is q by its name, so wavelength is not for it.")
    if table.unit(unit) == "nm":
        return x / 10, 0.1
    if unit is None and x[-1] > _LARGEST_Q:
        raise ValueError(
            f"{table.path}: q up to {x[-1]:g} Å⁻¹ is more than any diffractometer reaches. Say unit (nm⁻¹?) or "
            "wavelength (2θ?)."
        )
    return x, 1.0


def _columns(
    table: _Table, space: str, quantity: str | None, column: str | None
) -> tuple[str, Floats, Floats, Floats | None]:
    """Return what y is, and the columns x, y and standard deviation of y."""
    kinds: Mapping[str, re.Pattern[str]] = _PATTERNS if space == "reciprocal space" else _CURVES
    allowed = [kind for kind in kinds if kind != "intensity"]
    if quantity is not None and quantity not in allowed:
        raise ValueError(f"quantity must be one of {', '.join(map(repr, allowed))}, got {quantity!r}.")
    path, labels, n_columns = table.path, table.labels, table.values.shape[1]
    of_label = [next((kind for kind, name in kinds.items() if name.match(label)), None) for label in labels]
    if column is not None:
        if column not in labels[1:]:
            raise ValueError(f"{path}: no column is named {column!r}; it has {', '.join(labels) or 'no names'}.")
        at = labels.index(column)
    else:
        wanted = [i for i in range(1, len(labels)) if of_label[i] == (quantity or of_label[i]) is not None]
        at = wanted[0] if wanted else 1
    if n_columns > 4 and not labels:
        raise ValueError(f"{path}: {n_columns} columns without names; 2 to 4 were expected (x, y, dy or x, y, dx, dy).")
    kind = quantity or (of_label[at] if labels else None)
    suffix = _SUFFIXES.get(path.suffix.lower())
    if kind is None and suffix in kinds:
        kind = suffix
    if kind is None:
        named = f"the column {labels[at]!r}" if labels else "its second column"
        raise ValueError(f"{path}: cannot tell what {named} is. Say quantity: one of {', '.join(map(repr, allowed))}.")
    if labels:
        deviations = [
            i
            for i in range(1, n_columns)
            if i != at and (name := _DEVIATION.match(labels[i])) and labels[at].startswith(labels[i][name.end() :][:1])
        ]
        deviation = deviations[-1] if deviations and n_columns <= 4 else None
    else:
        deviation = n_columns - 1 if n_columns > 2 else None
    values = table.values
    return kind, values[:, 0], values[:, at], None if deviation is None else values[:, deviation]


def _read_table(path: Path) -> _Table:
    lines = _text_of(path).split("\n")
    start, separator, n_columns = _start(path, lines)
    above = [line.strip() for line in lines[:start]]
    _check_above(path, above, separator, n_columns)
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
    array = np.array(values)
    finite = np.isfinite(array).all(axis=1)
    if not finite.all():
        raise _error(path, *rows[int(np.argmin(finite))], "finite numbers")
    return _Table(path, array, rows, above, _labels(above, separator, n_columns))


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
        if len(run) == _MIN_ROWS:
            return run[0], *shape
    hint = " Decimal commas are not read: write 0.65 for 0,65." if _has_decimal_commas(lines) else ""
    raise ValueError(f"{path}: no table of numbers; at least {_MIN_ROWS} rows of 2 or more were expected.{hint}")


def _has_decimal_commas(lines: list[str]) -> bool:
    return any(re.match(r"\s*-?\d+,\d+[\s;]+-?\d+,\d+", line) for line in lines[:1000])


def _check_above(path: Path, above: list[str], separator: str | None, n_columns: int) -> None:
    """Raise where a row of the table is broken so that it looks like a header."""
    for number, line in enumerate(above, 1):
        words = line.split(separator)
        broken = len(words) == n_columns and number == len(above) and _numbers(words[0], None)
        if not line.startswith(_COMMENT) and (broken or len(_numbers(line, separator) or ()) > 1):
            raise _error(path, number, line, f"{n_columns} numbers, as below it, or a # before a header's line")


def _labels(above: list[str], separator: str | None, n_columns: int) -> list[str]:
    """Return the names of the columns: the nearest line above the table that has as many words, one of them an axis."""
    for line in reversed(above):
        bare = re.sub(r"^[#!%;'*/]+(L\s)?", "", line).strip()
        for words in (bare.split(separator), re.split(r"\s{2,}|\t", bare), bare.split()):
            names = [word.strip().strip('"') for word in words]
            if len(names) == n_columns and any(axis.match(names[0]) for axis in _AXES.values()):
                return names
    return []


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


def _error(path: Path, number: int, line: str, expected: str) -> ValueError:
    return ValueError(f"{path}, line {number}: expected {expected}, got {line[:60]!r}.")
