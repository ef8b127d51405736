"""Reading and writing the community's text files: S(q), S_R(q) = F(q), G(r), g(r) and RDF.

A file is a header of any kind and a table of numbers below it. What the table holds is told by the caller, else by the
names of its columns, else by the file's suffix; the numbers can only contradict it. Every error names the file and,
where there is one, the line.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline

from sklearn_wtrdf import __version__
from sklearn_wtrdf.composition import Composition
from sklearn_wtrdf.files import written_whole
from sklearn_wtrdf.fourier import g_from_rdf, g_from_reduced_pdf, reduced_pdf_from_g
from sklearn_wtrdf.scattering import check_number_density, check_q
from sklearn_wtrdf.tables import LARGEST, MIN_ROWS, SMALLEST_STEP, Table, Unit, read_table

Floats = NDArray[np.float64]
PatternQuantity = Literal["S", "S_R", "S-1"]
CurveQuantity = Literal["g", "G", "RDF"]

_FIRST_Q, _LAST_Q = 3.0, 60.0  # Å⁻¹: a column that begins or ends beyond them is 2θ or in nm⁻¹

# Names of columns, by what they mean. Case tells G from g and I (an intensity) from i = S − 1.
_PATTERNS = {
    "S_R": re.compile(r"S_?R\b|f(\b|_?q)|q\s*\*?\s*[\[({]\s*s", re.IGNORECASE),
    "S-1": re.compile(r"(?i:s\s*(\(q\))?\s*-\s*1)|i\("),
    "S": re.compile(r"s(\b|_?q)", re.IGNORECASE),
    "intensity": re.compile(r"I(\b|_?[qQ])|(?i:int|count)"),
}
_CURVES = {
    "RDF": re.compile(r"rdf|R\(", re.IGNORECASE),
    "G": re.compile(r"G(r\b|(?![a-z]))"),  # not Ge
    "g": re.compile(r"g(r\b|(?![a-z]))"),  # not glass
}
_SUFFIXES = {".sq": "S", ".fq": "S_R", ".gr": "G", ".rdf": "RDF"}
_MISTAKEN = {"S": 0, "G": 1, "RDF": 1}  # S − 1 and S_R pass for S, and g for G and RDF: what they tend to
_DEVIATION = re.compile(r"(sigma|sig|std|error|err|unc|d|e|s)[ _]?\(?", re.IGNORECASE)


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
            If the grid does not increase, or reaches beyond the measured one.
        """
        q, same = self._check_grid(q)
        return self.s_r if same else np.asarray(CubicSpline(self.q, self.s_r)(q))

    def std_on(self, q: ArrayLike) -> Floats | None:
        """Return the standard deviation of S_R on another grid.

        Parameters
        ----------
        q : array-like of shape (n_q,)
            As for :meth:`on`.

        Returns
        -------
        std : ndarray of shape (n_q,) or None
            The same numbers where the grids agree, else of straight lines through them, which stay positive. None where
            the file has none, or one on the grid is not positive and finite: then none of them is taken for known. S_R
            is 0 at q = 0, and its standard deviation too, so begin the grid after it.

        Raises
        ------
        ValueError
            As :meth:`on`.
        """
        q, same = self._check_grid(q)
        if self.std is None:
            return None
        std = self.std if same else np.interp(q, self.q, self.std)
        return std if np.isfinite(std).all() and std.min() > 0 else None

    def _check_grid(self, q: ArrayLike) -> tuple[Floats, bool]:
        """Return a grid, cut to the measured one, and whether they agree."""
        q = check_q(q)
        if q.size == self.q.size and np.abs(q - self.q).max() < 1e-6:
            return self.q, True
        step = float(np.diff(self.q).max())
        if q[0] < self.q[0] - step or q[-1] > self.q[-1] + step:
            raise ValueError(
                f"q spans {self.q[0]:g} to {self.q[-1]:g} Å⁻¹, but the model was fitted on {q[0]:g} to {q[-1]:g} Å⁻¹: "
                "fit it on data cut to what both have."
            )
        return np.clip(q, self.q[0], self.q[-1]), False


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
        ``s_r``, ``i(q)``), or where columns have no names the suffix (.sq is S, .fq is S_R).
    column : str, default=None
        Name of the column to take as y. None takes the first whose name says what it is.
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
    table = read_table(Path(path))
    axis = table.axis("q")
    if axis == "r":
        raise ValueError(f"{path}: its first column is r; S(q) was expected. Read g(r) by read_gr.")
    kind, x, y, std = _columns(table, _PATTERNS, quantity, column)
    if kind == "intensity":
        raise ValueError(
            f"{path}: its second column is an intensity. S(q) has to be made of it first (background, normalization "
            "and Compton scattering, by PDFgetX3 or LiquidDiffract, say); if it is S(q) already, say so by quantity."
        )
    table.check_increasing(axis, x)
    q, factor = _in_inverse_angstrom(table, x, axis, unit, wavelength)
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
        (``g``, ``G(r)``, ``rdf``), or where columns have no names the suffix (.gr is G, .rdf is RDF).
    column : str, default=None
        Name of the column to take as y. None takes the first whose name says what it is.
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

    Warns
    -----
    UserWarning
        If G or RDF is converted with another number density than the header's, or one of several columns was taken.

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
    table = read_table(Path(path))
    if (axis := table.axis("r")) != "r":
        raise ValueError(f"{path}: its first column is {axis}; g(r) was expected. Read S(q) by read_pattern.")
    kind, r, y, std = _columns(table, _CURVES, quantity, column)
    if table.unit(unit) == "nm":
        power = {"g": 0, "G": 2, "RDF": 1}[kind]
        r, y, std = r * 10, y / 10**power, None if std is None else std / 10**power
    table.check_increasing("r", r)
    of_header = table.number_density()
    density = of_header if number_density is None else check_number_density(number_density)
    if density and of_header and kind != "g" and abs(density / of_header - 1) > 0.01:
        warnings.warn(
            f"{path}: its header has the number density {of_header:.4g} Å⁻³; g(r) is made of {kind}(r) with "
            f"{density:.4g} Å⁻³, as given.",
            UserWarning,
            stacklevel=2,
        )
    if density is None and kind != "g":
        raise ValueError(f"{path}: {kind}(r) needs number_density to become g(r), and the header has none.")
    some = slice(1, None) if r[0] < SMALLEST_STEP else slice(None)
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
    composition: str | Mapping[str, float] | Composition | None = None,
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
    composition : str, mapping or Composition, default=None
        What the material is made of. Given, the header says it, and the mass density [g/cm³] that ρ₀ then is.
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
        If lengths differ, a value is not finite, r does not increase, `composition` is no formula, or a name or value
        of `header` holds a line break or "=".

    Examples
    --------
    >>> import tempfile
    >>> from sklearn_wtrdf import read_gr, write_gr
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     curve = read_gr(write_gr(f"{folder}/glass.gr", [2.0, 2.5, 3.0], [0.0, 3.0, 1.0], 0.034))
    >>> curve.g, curve.number_density
    (array([0., 3., 1.]), 0.034)
    """
    r, g, deviation = (np.asarray(values, dtype=float) for values in (r, g, r if std is None else std))
    if r.ndim != 1 or r.size < MIN_ROWS or not r.shape == g.shape == deviation.shape:
        shapes = f"{r.shape}, {g.shape}" + ("" if std is None else f" and {deviation.shape}")
        raise ValueError(f"r, g and std must be {MIN_ROWS} numbers or more, of each as many, got shapes {shapes}.")
    if not all((np.abs(values) < LARGEST).all() for values in (r, g, deviation)):
        raise ValueError("r, g and std must be finite, got NaN, infinite or enormous values.")
    if r[0] < 0 or np.diff(r).min() < SMALLEST_STEP or deviation.min() < 0:
        raise ValueError("r must increase from 0 on, and std must not be negative: sort r, g and std by r.")
    number_density = check_number_density(number_density)
    columns = [r, reduced_pdf_from_g(r, g, number_density)]
    if std is not None:
        columns += [np.zeros_like(r), 4 * np.pi * r * number_density * deviation]
    own = {"version": f"sklearn-wtrdf {__version__}", "number_density": number_density}
    if composition is not None:
        material = Composition(composition)
        # Of ten digits, so that a mass density that was given comes out as it went in.
        own |= {"composition": material.formula, "mass_density": f"{material.mass_density(number_density):.10g}"}
    entries = own | dict(header or {}) | own  # ours stand first, and hold
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


def _in_inverse_angstrom(
    table: Table, x: Floats, axis: str, unit: Unit | None, wavelength: float | None
) -> tuple[Floats, float]:
    """Return q [Å⁻¹], and the factor that turns an F(q) of the file into Å⁻¹."""
    if wavelength is not None and not (np.isfinite(wavelength) and wavelength > 0):
        raise ValueError(f"wavelength must be a positive number of Å, got {wavelength!r}.")
    nanometres = table.unit(unit) == "nm"
    if axis == "2theta" or (wavelength is not None and not table.labels):
        wavelength = table.wavelength() if wavelength is None else wavelength
        if x[-1] > 180:
            raise table.error("2θ of at most 180 degrees", x.size - 1)
        q, factor = 4 * np.pi / wavelength * np.sin(np.radians(x / 2)), 1.0
    elif wavelength is not None:
        raise ValueError(f"{table.path}: its first column is q by its name, so wavelength is not for it.")
    else:
        q, factor = (x / 10, 0.1) if nanometres else (x, 1.0)
    if unit is None and (q[0] > _FIRST_Q or q[-1] > _LAST_Q):
        raise ValueError(
            f"{table.path}: q from {q[0]:g} to {q[-1]:g} Å⁻¹ is hardly what was measured. Say unit if it is in nm⁻¹, "
            "or in Å⁻¹ after all; say wavelength, in Å, if it is 2θ."
        )
    return q, factor


def _columns(
    table: Table, kinds: Mapping[str, re.Pattern[str]], quantity: str | None, column: str | None
) -> tuple[str, Floats, Floats, Floats | None]:
    """Return what y is, and the columns x, y and standard deviation of y."""
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
        alike = [i for i in wanted if of_label[i] == of_label[wanted[0]]]
        at = min(alike, key=lambda i: len(labels[i]), default=1)
        if not all(labels[i].startswith(labels[at]) for i in alike):  # g of g and g_x, but none of g_Ge_Ge and g_Se_Se
            names = ", ".join(labels[i] for i in alike[:5])
            raise ValueError(f"{path}: several columns may be meant: {names}. Say column.")
        if others := [labels[i] for i in alike if i != at and not _is_deviation(labels, i, at)]:
            message = f"{path}: the column {labels[at]!r} is taken, and not {', '.join(others[:5])}."
            warnings.warn(message, UserWarning, stacklevel=3)
    if n_columns > 4 and not labels:
        raise ValueError(f"{path}: {n_columns} columns without names; 2 to 4 were expected (x, y, dy or x, y, dx, dy).")
    kind = quantity or (of_label[at] if labels else _SUFFIXES.get(path.suffix.lower()))
    if kind is None or kind not in kinds:
        named = f"the column {labels[at]!r}" if labels else "its second column"
        raise ValueError(f"{path}: cannot tell what {named} is. Say quantity: one of {', '.join(map(repr, allowed))}.")
    y = table.values[:, at]
    tail = y[-max(y.size // 4, 1) :].mean()
    if quantity is None and abs(tail - _MISTAKEN.get(kind, np.inf)) < 0.3 and not (labels and kind == "G"):
        raise ValueError(
            f"{path}: taken for {kind} by its name, but it tends to {tail:.2g}. Say quantity: one of "
            f"{', '.join(map(repr, allowed))}."
        )
    if labels:
        deviation = next((i for i in range(1, n_columns) if i != at and _is_deviation(labels, i, at)), None)
    else:
        deviation = n_columns - 1 if n_columns > 2 else None
    std = None if deviation is None else table.values[:, deviation]
    if std is not None and std.min() < 0:
        raise table.error("a standard deviation that is not negative", int(np.argmax(std < 0)))
    return kind, table.values[:, 0], y, std if std is not None and std.any() else None  # 0 everywhere: not known


def _is_deviation(labels: list[str], i: int, at: int) -> bool:
    """Return whether column i is the standard deviation of column `at`: dS, S_err, or sigma beside it."""
    if labels[i].startswith(labels[at]):
        return bool(re.match(r"[ _]?(err|std|sig|unc)", labels[i][len(labels[at]) :]))
    name = _DEVIATION.match(labels[i])
    of = labels[i][name.end() :] if name else None
    return i == at + 1 if of == "" else of is not None and labels[at].startswith(of[0])
