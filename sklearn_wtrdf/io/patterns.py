"""Reading S(q)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.io import headers
from sklearn_wtrdf.io.columns import columns_of, warn_of
from sklearn_wtrdf.io.conventions import Formula, check_depth, check_pattern_convention, check_square, square_of_mean
from sklearn_wtrdf.io.plausibility import check_pattern
from sklearn_wtrdf.io.quantities import PATTERNS
from sklearn_wtrdf.io.tables import Table, read_table
from sklearn_wtrdf.io.units import IN_ANGSTROM, Unit
from sklearn_wtrdf.scattering.angles import MAX_Q
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.utils.text import quoted

Floats = NDArray[np.float64]
PatternQuantity = Literal["S", "S_R", "S-1", "interference"]

_NORMALIZED = re.compile(  # S(Q) is normalized; but not "by vanadium", nor "is not normalized"
    r"(?i)^(?!.*\b(vanadium|monitor|charge|nor?|not)\b).*\bnormali[sz]ed\b"
)
_MAX_S_INF = 2.0  # of Ashcroft and Langreth, which is below 1
_NAMES = {"q": "q", "2theta": "2θ"}
_MAX_FIRST_Q = 3.0  # Å⁻¹; a column that begins beyond is 2θ, or q in nm⁻¹


def read_pattern(
    path: str | Path,
    *,
    quantity: PatternQuantity | None = None,
    column: str | int | None = None,
    unit: Unit | None = None,
    wavelength: float | None = None,
    composition: Formula | None = None,
) -> Pattern:
    r"""Read S_R(q) from a text file with any header, .sq, .fq, .dat, .chi, .xy, .csv, .mint01, or from NeXus.

    Parameters
    ----------
    path : str or Path
        A file with two to four columns of numbers (x, y, or x, y, dy, or x, y, dx, dy), or any number of columns with
        names, separated by blanks, commas or semicolons.
    quantity : {"S", "S_R", "S-1", "interference"}, default=None
        The quantity y: S(q), S_R(q) = F(q) = q (S(q) − 1), S(q) − 1, or Gudrun's merged interference function
        ⟨b⟩² (S(q) − 1) of neutrons in barn/sr per atom. None infers it from the column's name (``S(Q)``, ``F(Q)``,
        ``s_r``, ``i(q)``), or from the suffix if columns have no names (.sq is S, .fq is S_R, .mint01 is
        "interference").
    column : str or int, default=None
        Name of the column y, or its number, from 2. None reads the first column whose name is that of a quantity.
    unit : {"angstrom", "nm", "pm"}, default=None
        Unit of 1 / q. None infers it from the name of the column or from the header, and assumes Å if neither has a
        unit.
    wavelength : float, default=None
        Wavelength [Å] for files over 2θ in degrees: q = 4π sin(θ) / λ. None reads it from the header.
    composition : str, mapping or Composition, default=None
        Composition of the material, whose ⟨b⟩² an interference function is divided by. None reads it from the header.

    Returns
    -------
    Pattern

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If the file has no table of numbers, a value is missing or not finite, q does not increase, y is an intensity,
        the quantity is unknown, or the values contradict the name of the column. The message is one line and begins
        with the file.

    Warns
    -----
    DataWarning
        If rows were sorted, the values contradict the given `quantity`, there are outliers, S(q) is far below 0,
        rows seem to be missing, two detector banks disagree, NaN at the ends were excluded, or one of several
        columns was read.

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
        raise ValueError(
            f"{path}: its first column is r by its name, {quoted(table.labels[0])}; S(q) was expected. Read g(r) by "
            "read_gr or `wtrdf peaks`."
        )
    if axis == "2theta" and not table.labels:
        table.notes.append(f"{path}: its first column is taken for 2θ by its header. Name the columns if it is q.")
    kind, table, y, std = columns_of(table.sorted(_NAMES[axis]), PATTERNS, quantity, column)
    if kind == "intensity":
        raise ValueError(
            f"{path}: its second column is an intensity. Reduce it to S(q) first (by read_scan and Reduction, "
            "`wtrdf reduce`, PDFgetX3 or LiquidDiffract, for example); if it is S(q) already, give quantity."
        )
    x = table.values[:, 0]
    q, factor = _in_inverse_angstrom(table, x, axis, unit, wavelength)
    square = None
    if kind == "interference":
        square = check_square(table, square_of_mean(table, composition), "⟨b⟩² (S − 1)", "S-1")
        if quantity is None and (comment := next(filter(_NORMALIZED.search, table.comments), None)):
            table.notes.append(
                f"{path}: read as ⟨b⟩² (S − 1) by its suffix, and divided by ⟨b⟩² = {square:.3g} barn. If "
                f"{quoted(comment)} says that it is divided already, give quantity='S-1'; else quantity='interference'."
            )
        kind, y, std = "S-1", y / square, None if std is None else std / square
    elif kind == "S":
        y = _with_limit_1(table, y)
    elif kind == "S_R":
        y, std = y * factor, None if std is None else std * factor
    if square is None:
        check_pattern_convention(table, kind, q, y, given=quantity is not None)
    if quantity is None and column is None:  # a given column may be a partial
        check_depth(table, kind, q, y)
    check_pattern(table, kind, q, y, std, given=quantity is not None or column is not None)
    scale = 1.0 if kind == "S_R" else q
    s_r = scale * (y - 1 if kind == "S" else y)
    header, density, formula = table.header(), table.number_density(), table.composition()
    warn_of(table.notes)
    radiation = headers.radiation(header) if square is None else "neutron"
    return Pattern(q, s_r, None if std is None else std * scale, density, formula, radiation, header)


def _with_limit_1(table: Table, y: Floats) -> Floats:
    """Return S(q) that tends to 1; that of Ashcroft and Langreth by LiquidDiffract tends to the S_inf of its header."""
    limit = headers.first_number(table.header().get("S_inf", "1"))
    if limit == 1 or not 0 < limit < _MAX_S_INF:
        return y
    table.notes.append(
        f"{table.path}: S(q) tends to S_inf = {limit:g} by its header, as in the definition of Ashcroft and Langreth: "
        f"{1 - limit:.3g} is added."
    )
    return y + 1 - limit


def _in_inverse_angstrom(
    table: Table, x: Floats, axis: str, unit: Unit | None, wavelength: float | None
) -> tuple[Floats, float]:
    """Return q [Å⁻¹], and the factor from F(q) in the unit of the file to Å⁻¹."""
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
        raise ValueError(f"{table.path}: its first column is q by its name, and wavelength is only for 2θ.")
    else:
        if unit is None:
            table.check_x("q")
        length = IN_ANGSTROM[table.unit("q", unit)]
        q, factor = x / length, 1 / length
    if unit is None and (q[0] > _MAX_FIRST_Q or q[-1] > MAX_Q):
        raise ValueError(
            f"{table.path}: q from {q[0]:g} to {q[-1]:g} Å⁻¹ is unlikely. Give unit if it is in nm⁻¹, "
            "or nevertheless in Å⁻¹; give wavelength, in Å, if it is 2θ."
        )
    return q, factor
