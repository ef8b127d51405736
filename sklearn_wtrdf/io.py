"""Reading and writing the community's files: S(q), S_R(q) = F(q), G(r), g(r) and RDF.

A file is a header of any kind and a table of numbers below it. What the table holds is told by the caller, else by the
names of its columns, else by the file's suffix; the numbers can only contradict it. Every error names the file and,
where there is one, the line.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from numbers import Real
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline

from sklearn_wtrdf import __version__
from sklearn_wtrdf.checks import DataWarning
from sklearn_wtrdf.composition import Composition, check_positive
from sklearn_wtrdf.files import written_whole
from sklearn_wtrdf.fourier import g_from_rdf, g_from_reduced_pdf, reduced_pdf_from_g
from sklearn_wtrdf.headers import IN_ANGSTROM, Unit, check_density, entry
from sklearn_wtrdf.plausibility import check_curve, check_pattern, check_sign
from sklearn_wtrdf.quoting import listed, quoted
from sklearn_wtrdf.sampling import widest_steps
from sklearn_wtrdf.scattering import check_number_density, check_q
from sklearn_wtrdf.tables import LARGEST, MIN_ROWS, SMALLEST_STEP, Table, is_deviation, read_table, unexplained

Floats = NDArray[np.float64]
PatternQuantity = Literal["S", "S_R", "S-1", "interference"]
CurveQuantity = Literal["g", "G", "RDF"]

_LEAST_SQUARE = 1e-4  # barn/sr: of what neutrons see less, S − 1 cannot be told

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
# What a program's own suffix says, by which such a file is told: a kind, or what to do instead.
_FORMS = {
    r"\.mint\d\d$": "interference",
    r"\.epsr\.f\d\d$": "S-1",
    r"\.epsr\.g\d\d$": "g",
    r"\.m?dcs\d\d$": "holds Gudrun's differential cross section with the self-scattering: read the .mint01 beside it",
    r"\.int\d\d$": "is normalized as Gudrun was told to: say quantity='S-1' if by ⟨f⟩² or ⟨b⟩²; .mint01 is read",
    r"\.m?[dg]or\d\d$": "holds Gudrun's transform, normalized as it was told to: read .mint01 and transform that",
    r"\.epsr\.[tu]\d\d$": "is normalized as EPSR was told to: say quantity='S-1' if by ⟨b⟩², 'interference' if not",
}
_MISTAKEN = {"S": 0, "G": 1, "RDF": 1}  # S − 1 and S_R pass for S, and g for G and RDF: what they tend to


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
        ρ₀ [Å⁻³], where the header has it, itself or as a mass density with the composition.
    header : dict of str to str
        The header's lines of the form ``name = value``.
    composition : str or None
        The formula in the header, for :class:`Composition`, where it has one.
    """

    q: Floats
    s_r: Floats
    std: Floats | None
    number_density: float | None
    header: dict[str, str]
    composition: str | None = None

    def on(self, q: ArrayLike) -> Floats:
        """Return S_R on another grid, as a model that was fitted there needs it.

        Parameters
        ----------
        q : array-like of shape (n_q,)
            The grid [Å⁻¹]; it must lie within the measured one, up to one step, and in none of its gaps: wider than
            three steps and than π / 40 Å⁻¹, which says nothing new of g(r) below 20 Å.

        Returns
        -------
        s_r : ndarray of shape (n_q,)
            The same numbers where the grids agree, else of a cubic spline through them.

        Raises
        ------
        ValueError
            If the grid does not increase, reaches beyond the measured one, or has a point in a gap of it.
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
        steps = np.diff(self.q)
        widest = widest_steps(self.q)
        ends = np.minimum(steps, widest)
        if q[0] < self.q[0] - ends[0] or q[-1] > self.q[-1] + ends[-1]:
            raise ValueError(
                f"q spans {self.q[0]:g} to {self.q[-1]:g} Å⁻¹, but the model was fitted on {q[0]:g} to {q[-1]:g} Å⁻¹: "
                "fit it on data cut to what both have."
            )
        q = np.clip(q, self.q[0], self.q[-1])
        interval = np.clip(np.searchsorted(self.q, q) - 1, 0, steps.size - 1)
        within = np.minimum(q - self.q[interval], self.q[interval + 1] - q) > 1e-6
        gaps = within & (steps > widest)[interval]
        if gaps.any():
            start, end = self.q[interval[gaps][0]], self.q[interval[gaps][0] + 1]
            raise ValueError(
                f"q has no measured point between {start:g} and {end:g} Å⁻¹, where {q[gaps][0]:g} Å⁻¹ is asked for: "
                "fit on data without that interval, or measure it."
            )
        return q, False

    def cut(self, q_min: float | None = None, q_max: float | None = None) -> Pattern:
        """Return the pattern between two ends, both of them included.

        Parameters
        ----------
        q_min, q_max : float, default=None
            The ends [Å⁻¹]. None takes the pattern's.

        Returns
        -------
        pattern : Pattern

        Raises
        ------
        ValueError
            If an end is not a finite number, or fewer than three points lie between them.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn_wtrdf import Pattern
        >>> pattern = Pattern(np.arange(1.0, 9.0), np.zeros(8), None, None, {})
        >>> pattern.cut(q_max=4.5).q
        array([1., 2., 3., 4.])
        """
        ends: dict[str, float] = {
            "q_min": self.q[0] if q_min is None else q_min,
            "q_max": self.q[-1] if q_max is None else q_max,
        }
        for name, end in ends.items():
            if not (isinstance(end, Real) and np.isfinite(end)):
                raise ValueError(f"{name} must be a finite number of Å⁻¹, got {quoted(end)}.")
        kept = (self.q >= ends["q_min"]) & (self.q <= ends["q_max"])
        if (n_kept := int(kept.sum())) < MIN_ROWS:
            raise ValueError(
                f"q_min and q_max must leave {MIN_ROWS} points or more of {self.q[0]:g} to {self.q[-1]:g} Å⁻¹, but "
                f"{ends['q_min']:g} to {ends['q_max']:g} Å⁻¹ leaves {n_kept}."
            )
        return replace(self, q=self.q[kept], s_r=self.s_r[kept], std=None if self.std is None else self.std[kept])

    def rebinned(self, r_max: float = 20.0) -> Pattern:
        """Return the pattern with no more points than g(r) up to a distance can use.

        Parameters
        ----------
        r_max : float, default=20.0
            The distance [Å]. Points are averaged over at most π / (2 r_max) of q, a quarter of the shortest period
            that the structure up to there has in S_R.

        Returns
        -------
        pattern : Pattern
            Means of q and S_R weighted by 1/σ² where σ is known, and plain ones elsewhere, with their σ. The pattern
            itself if fewer than two of its points fall on a mean.

        Raises
        ------
        ValueError
            If `r_max` is not positive and finite.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn_wtrdf import Pattern
        >>> q = np.linspace(1.0, 20.0, 19001)
        >>> coarse = Pattern(q, np.sin(2.4 * q), np.full(19001, 0.1), 0.066, {}).rebinned(r_max=20.0)
        >>> coarse.q.size, round(float(coarse.std[1]), 3)
        (246, 0.011)
        """
        width = np.pi / (2 * check_positive("r_max", r_max, "Å"))
        # Means of neighbouring bins are up to a step further apart than the bins are wide.
        width = max(width - float(np.median(np.diff(self.q))), width / 2)
        _, bins = np.unique(np.floor((self.q - self.q[0]) / width), return_inverse=True)
        n_points = np.bincount(bins)
        if 2 * n_points.size > self.q.size or n_points.size < MIN_ROWS:
            return self
        weights = np.ones_like(self.q)
        if self.std is not None:
            known = np.bincount(bins, self.std <= 0)[bins] == 0
            weights[known] = 1 / self.std[known] ** 2
        sums = np.bincount(bins, weights)
        q, s_r = (np.bincount(bins, weights * values) / sums for values in (self.q, self.s_r))
        std = None if self.std is None else np.sqrt(np.bincount(bins, (weights * self.std) ** 2)) / sums
        return replace(self, q=q, s_r=s_r, std=std)


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
    composition: str | None = None


def read_pattern(
    path: str | Path,
    *,
    quantity: PatternQuantity | None = None,
    column: str | None = None,
    unit: Unit | None = None,
    wavelength: float | None = None,
    composition: str | Mapping[str, float] | Composition | None = None,
) -> Pattern:
    r"""Read S_R(q) from a text file with any header, .sq, .fq, .dat, .chi, .xy, .csv, .mint01, or from NeXus.

    Parameters
    ----------
    path : str or Path
        The file: two to four columns of numbers (x, y, or x, y, dy, or x, y, dx, dy), or any number of columns with
        names; separated by blanks, commas or semicolons.
    quantity : {"S", "S_R", "S-1", "interference"}, default=None
        What y is: S(q), S_R(q) = F(q) = q (S(q) − 1), S(q) − 1, or Gudrun's merged interference function
        ⟨b⟩² (S(q) − 1) of neutrons in barn/sr and atom. None takes the column's name (``S(Q)``, ``F(Q)``, ``s_r``,
        ``i(q)``), or where columns have no names the suffix (.sq is S, .fq is S_R, .mint01 is "interference").
    column : str, default=None
        Name of the column to take as y. None takes the first whose name says what it is.
    unit : {"angstrom", "nm", "pm"}, default=None
        Whether q is in Å⁻¹, nm⁻¹ or pm⁻¹. None takes the name of the column, else what the header says of q, and Å⁻¹
        where neither says.
    wavelength : float, default=None
        Wavelength [Å] for files over 2θ in degrees: q = 4π sin(θ) / λ. None takes the header's.
    composition : str, mapping or Composition, default=None
        What the material is made of, whose ⟨b⟩² an interference function is divided by. None takes the header's.

    Returns
    -------
    Pattern

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is no table of numbers, a value is missing or not finite, q does not increase, it holds an intensity,
        what it holds cannot be told, or it cannot be what its name says. The message is one line and begins with the
        file.

    Warns
    -----
    DataWarning
        If the values contradict the `quantity` that was given, a point lies far off, S(q) is far below 0, rows seem to
        be missing, two banks disagree, NaN at the ends were left out, or one of several columns was taken.

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
    if axis == "theta":
        raise ValueError(f"{path}: its first column is θ; q or 2θ was expected: double the angles.")
    kind, table, y, std = _columns(table, _PATTERNS, quantity, column)
    if kind == "intensity":
        raise ValueError(
            f"{path}: its second column is an intensity. S(q) has to be made of it first (by read_scan and Reduction, "
            "`wtrdf reduce`, PDFgetX3 or LiquidDiffract, say); if it is S(q) already, say so by quantity."
        )
    x = table.values[:, 0]
    table.check_increasing(axis, x)
    q, factor = _in_inverse_angstrom(table, x, axis, unit, wavelength)
    if kind == "interference":
        square = _square_of_mean(table, composition)
        kind, y, std = "S-1", y / square, None if std is None else std / square
    if kind == "S_R":
        y, std = y * factor, None if std is None else std * factor
    check_pattern(table, kind, q, y, std, given=quantity is not None or column is not None)
    scale = 1.0 if kind == "S_R" else q
    s_r = scale * (y - 1 if kind == "S" else y)
    _warn(table.notes)
    density, formula = table.number_density(), table.composition()
    return Pattern(q, s_r, None if std is None else std * scale, density, table.header(), formula)


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
    unit : {"angstrom", "nm", "pm"}, default=None
        Whether r is in Å, nm or pm. None takes the name of the column, else what the header says of r, and Å where
        neither says.
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
    DataWarning
        If G or RDF is converted with another number density than the header's, the values contradict the `quantity`
        that was given, a point lies far off, g is far below 0, rows seem to be missing, or one of several columns or
        time steps was taken.

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
    kind, table, y, std = _columns(table, _CURVES, quantity, column)
    length = IN_ANGSTROM[table.unit("r", unit)]
    per = length ** {"g": 0, "G": 2, "RDF": 1}[kind]
    r, y, std = table.values[:, 0] * length, y / per, None if std is None else std / per
    table.check_increasing("r", r)
    check_curve(table, kind, r, y, given=quantity is not None)
    of_header = table.number_density()
    density = of_header if number_density is None else check_density(number_density)
    if density and of_header and kind != "g" and abs(density / of_header - 1) > 0.01:
        table.notes.append(
            f"{path}: its header has the number density {of_header:.4g} Å⁻³; g(r) is made of {kind}(r) with "
            f"{density:.4g} Å⁻³, as given."
        )
    if density is None and kind != "g":
        raise ValueError(f"{path}: {kind}(r) needs number_density to become g(r), and the header has none.")
    some = slice(1, None) if r[0] < SMALLEST_STEP else slice(None)
    r, y, std = r[some], y[some], None if std is None else std[some]
    if kind != "g":
        assert density is not None
        std = None if std is None else g_from_rdf(r, std * r if kind == "G" else std, density)
        y = {"G": g_from_reduced_pdf, "RDF": g_from_rdf}[kind](r, y, density)
    check_sign(table, r, y)
    _warn(table.notes)
    return Curve(r, y, std, density, table.header(), table.composition())


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
        Lines ``name = value`` for the header: parameters, and where the data come from. A value of any characters is
        read back as it was.
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
        If lengths differ, a value is not finite, r does not increase, `composition` is no formula, or a name in
        `header` holds a line break or "=", or begins like a comment.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn_wtrdf import read_gr, write_gr
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     curve = read_gr(write_gr(f"{folder}/glass.gr", [2.0, 2.5, 3.0], [0.0, 3.0, 1.0], 0.034))
    >>> curve.g, curve.number_density
    (array([0., 3., 1.]), 0.034)
    """
    columns = _checked_columns("r", r, "g", g, std)
    number_density = check_number_density(number_density)
    r, g = columns[:2]
    columns[1] = reduced_pdf_from_g(r, g, number_density)
    if std is not None:
        columns[2:] = [np.zeros_like(r), 4 * np.pi * r * number_density * columns[2]]
    names = ["r($\\AA$)", "G($\\AA^{-2}$)", "dr", "dG"]
    return _write(path, columns, names, number_density, composition, header, overwrite)


def write_sq(
    path: str | Path,
    q: ArrayLike,
    s_r: ArrayLike,
    number_density: float,
    *,
    std: ArrayLike | None = None,
    composition: str | Mapping[str, float] | Composition | None = None,
    header: Mapping[str, object] | None = None,
    overwrite: bool = False,
) -> Path:
    """Write S_R(q) as S(q) to a .sq file, whole or not at all.

    Parameters
    ----------
    path : str or Path
        The file, by custom ``*.sq``.
    q : array-like of shape (n_q,)
        Scattering vector [Å⁻¹], positive.
    s_r : array-like of shape (n_q,)
        S_R(q) [Å⁻¹]; the file has S(q) = 1 + S_R / q.
    number_density : float
        ρ₀ [Å⁻³].
    std : array-like of shape (n_q,), default=None
        Standard deviation of S_R [Å⁻¹]. With it the file has a column dS.
    composition, header, overwrite
        As for :func:`write_gr`.

    Returns
    -------
    path : Path

    Raises
    ------
    FileExistsError, ValueError
        As by :func:`write_gr`.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn_wtrdf import read_pattern, write_sq
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pattern = read_pattern(write_sq(f"{folder}/glass.sq", [1.0, 2.0, 4.0], [-0.5, 0.5, 0.0], 0.034))
    >>> pattern.s_r, pattern.number_density
    (array([-0.5,  0.5,  0. ]), 0.034)
    """
    columns = _checked_columns("q", q, "s_r", s_r, std)
    q = columns[0]
    if q[0] <= 0:
        raise ValueError(f"q must be positive, got {q[0]:g}: leave q = 0 out, where S_R says nothing of S.")
    columns[1:] = [1 + columns[1] / q, *(column / q for column in columns[2:])]
    number_density = check_number_density(number_density)
    return _write(path, columns, ["Q(1/A)", "S(Q)", "dS"], number_density, composition, header, overwrite)


def _checked_columns(x_name: str, x: ArrayLike, y_name: str, y: ArrayLike, std: ArrayLike | None) -> list[Floats]:
    """Return x, y and, where it is given, the standard deviation of y as columns of a file."""
    columns = [np.asarray(values, dtype=float) for values in (x, y, *(() if std is None else (std,)))]
    x, names = columns[0], f"{x_name}, {y_name} and std"
    if x.ndim != 1 or x.size < MIN_ROWS or any(column.shape != x.shape for column in columns):
        shapes = " and ".join(str(column.shape) for column in columns)
        raise ValueError(f"{names} must be {MIN_ROWS} numbers or more, of each as many, got shapes {shapes}.")
    if not all((np.abs(column) < LARGEST).all() for column in columns):
        raise ValueError(f"{names} must be finite, got NaN, infinite or enormous values.")
    if x[0] < 0 or np.diff(x).min() < SMALLEST_STEP or (std is not None and columns[2].min() < 0):
        raise ValueError(f"{x_name} must increase from 0 on, and std must not be negative: sort {names} by {x_name}.")
    return columns


def _write(
    path: str | Path,
    columns: list[Floats],
    names: list[str],
    number_density: float,
    composition: str | Mapping[str, float] | Composition | None,
    header: Mapping[str, object] | None,
    overwrite: bool,
) -> Path:
    """Write columns below a header, in the layout of diffpy's files."""
    own = {"version": f"sklearn-wtrdf {__version__}", "number_density": number_density}
    if composition is not None:
        material = Composition(composition)
        # Of ten digits, so that a mass density that was given comes out as it went in.
        own |= {"composition": material.formula, "mass_density": f"{material.mass_density(number_density):.10g}"}
    entries = own | dict(header or {}) | own  # ours stand first, and hold
    lines = ["[DEFAULT]", "", *(entry(name, value) for name, value in entries.items()), "", "#### start data", ""]
    lines += ["#S 1", f"#L {'  '.join(names[: len(columns)])}"]
    lines += [" ".join(map(repr, row)) for row in np.column_stack(columns).tolist()]
    with written_whole(path, overwrite) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Path(path)


def _warn(notes: Iterable[str]) -> None:
    """Warn the caller of a reader."""
    for note in notes:
        warnings.warn(note, DataWarning, stacklevel=3)


def _square_of_mean(table: Table, composition: str | Mapping[str, float] | Composition | None) -> float:
    """Return ⟨b⟩² [barn/sr], which an interference function is divided by."""
    formula = composition or table.composition()
    if formula is None:
        raise ValueError(
            f"{table.path}: ⟨b⟩² (S − 1) in barn/sr and atom, as Gudrun writes it: give composition, 'SiO2' say, whose "
            "⟨b⟩² it is divided by, or quantity='S-1' if it has been."
        )
    square = float(Composition(formula).intensities("neutron")["square_of_mean"])
    if square < _LEAST_SQUARE:
        raise ValueError(f"{table.path}: neutrons see ⟨b⟩² = {square:.1g} barn/sr of {formula}, too little to tell S.")
    return square


def _in_inverse_angstrom(
    table: Table, x: Floats, axis: str, unit: Unit | None, wavelength: float | None
) -> tuple[Floats, float]:
    """Return q [Å⁻¹], and the factor that turns an F(q) of the file into Å⁻¹."""
    if wavelength is not None and not (np.isfinite(wavelength) and wavelength > 0):
        raise ValueError(f"wavelength must be a positive number of Å, got {quoted(wavelength)}.")
    if axis == "2theta" or (wavelength is not None and not table.labels):
        if table.labels:
            table.unit("2theta", unit)  # it may be in radians
        wavelength = table.wavelength() if wavelength is None else wavelength
        if x[-1] > 180:
            raise table.error("2θ of at most 180 degrees", x.size - 1)
        q, factor = 4 * np.pi / wavelength * np.sin(np.radians(x / 2)), 1.0
    elif wavelength is not None:
        raise ValueError(f"{table.path}: its first column is q by its name, so wavelength is not for it.")
    else:
        length = IN_ANGSTROM[table.unit("q", unit)]
        q, factor = x / length, 1 / length
    if unit is None and (q[0] > _FIRST_Q or q[-1] > _LAST_Q):
        raise ValueError(
            f"{table.path}: q from {q[0]:g} to {q[-1]:g} Å⁻¹ is hardly what was measured. Say unit if it is in nm⁻¹, "
            "or in Å⁻¹ after all; say wavelength, in Å, if it is 2θ."
        )
    return q, factor


def _columns(
    table: Table, kinds: Mapping[str, re.Pattern[str]], quantity: str | None, column: str | None
) -> tuple[str, Table, Floats, Floats | None]:
    """Return what y is, the table without what was not measured, y and its standard deviation."""
    allowed = [*(kind for kind in kinds if kind != "intensity"), *(["interference"] if kinds is _PATTERNS else [])]
    if quantity is not None and quantity not in allowed:
        raise ValueError(f"quantity must be one of {', '.join(map(repr, allowed))}, got {quoted(quantity)}.")
    form = next((kind for name, kind in _FORMS.items() if re.search(name, table.path.name, re.IGNORECASE)), None)
    if form and quantity is None and " " in form:
        raise ValueError(f"{table.path} {form}.")
    path, labels, n_columns = table.path, table.labels, table.values.shape[1]
    of_label = [next((kind for kind, name in kinds.items() if name.match(label)), None) for label in labels]
    if column is not None:
        if column not in labels[1:]:
            raise ValueError(f"{path}: no column is named {quoted(column)}; it has {listed(labels) or 'no names'}.")
        at = labels.index(column)
    else:
        wanted = [i for i in range(1, len(labels)) if of_label[i] == (quantity or of_label[i]) is not None]
        alike = [i for i in wanted if of_label[i] == of_label[wanted[0]]]
        if not alike and (quantity or form) and len(unknown := unexplained(labels)) > 1:
            alike = unknown
        at = min(alike, key=lambda i: len(labels[i]), default=1)
        if not all(labels[i].startswith(labels[at]) for i in alike):  # g of g and g_x, but none of g_Ge_Ge and g_Se_Se
            names = listed(labels[i] for i in alike)
            raise ValueError(f"{path}: several columns may be meant: {names}. Say column.")
        if others := [labels[i] for i in alike if i != at and not is_deviation(labels, i, at)]:
            table.notes.append(f"{path}: the column {quoted(labels[at])} is taken, and not {listed(others)}.")
    if n_columns > 4 and not labels:
        raise ValueError(f"{path}: {n_columns} columns without names; 2 to 4 were expected (x, y, dy or x, y, dx, dy).")
    kind = quantity or (labels and of_label[at]) or form or (None if labels else _SUFFIXES.get(path.suffix.lower()))
    if kind not in (*allowed, "intensity") or (kind == "intensity" and kinds is not _PATTERNS):
        named = f"the column {quoted(labels[at])}" if labels else "its second column"
        raise ValueError(f"{path}: cannot tell what {named} is. Say quantity: one of {', '.join(map(repr, allowed))}.")
    y = table.values[:, at]
    tail = y[-max(y.size // 4, 1) :].mean()
    if quantity is None and abs(tail - _MISTAKEN.get(kind, np.inf)) < 0.3 and not (labels and kind == "G"):
        raise ValueError(
            f"{path}: taken for {kind} by its name, but it tends to {tail:.2g}. Say quantity: one of "
            f"{', '.join(map(repr, allowed))}."
        )
    if labels:
        deviation = next((i for i in range(1, n_columns) if i != at and is_deviation(labels, i, at)), None)
    else:
        deviation = n_columns - 1 if n_columns > 2 else None
    if form and deviation is not None:  # Gudrun and EPSR write 0 where they have nothing
        table = _without_empty_ends(table, at, deviation)
        y = table.values[:, at]
    std = None if deviation is None else table.values[:, deviation]
    if std is not None and std.min() < 0:
        raise table.error("a standard deviation that is not negative", int(np.argmax(std < 0)))
    return kind, table, y, std if std is not None and std.any() else None  # 0 everywhere: not known


def _without_empty_ends(table: Table, at: int, deviation: int) -> Table:
    """Return the table without rows at its ends whose y and standard deviation are 0."""
    there = np.flatnonzero(table.values[:, [at, deviation]].any(axis=1))
    if there.size < MIN_ROWS:
        return table
    some = slice(there[0], there[-1] + 1)
    return table._replace(values=table.values[some], rows=table.rows[some])
