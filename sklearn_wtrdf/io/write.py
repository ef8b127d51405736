"""Writing g(r) and S(q) as text files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sklearn_wtrdf import __version__
from sklearn_wtrdf.io.headers import entry
from sklearn_wtrdf.io.peaks import curve_digest, peak_entries
from sklearn_wtrdf.io.tables import MIN_STEP
from sklearn_wtrdf.scattering.composition import Composition
from sklearn_wtrdf.scattering.curve import reduced_pdf_from_g
from sklearn_wtrdf.scattering.validation import MAX_VALUE, MIN_ROWS, check_number_density
from sklearn_wtrdf.utils.files import atomic_write

Floats = NDArray[np.float64]


def write_gr(
    path: str | Path,
    r: ArrayLike,
    g: ArrayLike,
    number_density: float,
    *,
    std: ArrayLike | None = None,
    composition: str | Mapping[str, float] | Composition | None = None,
    peaks: pd.DataFrame | None = None,
    header: Mapping[str, object] | None = None,
    overwrite: bool = False,
) -> Path:
    """Write g(r) as G(r) to a .gr file.

    Parameters
    ----------
    path : str or Path
        The file, usually ``*.gr``. It is written completely or, after an error, not at all.
    r : array-like of shape (n_r,)
        Distances [Å].
    g : array-like of shape (n_r,)
        Pair distribution function. The file has G(r) = 4πrρ₀ (g − 1), which PDFgui, diffpy and others read.
    number_density : float
        ρ₀ [Å⁻³].
    std : array-like of shape (n_r,), default=None
        Standard deviation of g. With it the file has the columns r, G, dr and dG, where dr is 0.
    composition : str, mapping or Composition, default=None
        Composition of the material. The header then has the formula, and the mass density [g/cm³] that follows from ρ₀.
    peaks : DataFrame, default=None
        The table of :meth:`InversionResult.peaks` for the header, from which :func:`read_peaks` and `wtrdf peaks` read
        it.
    header : dict, default=None
        Lines ``name = value`` for the header, such as parameters and the source of the data. Values may be any text,
        and are read back unchanged.
    overwrite : bool, default=False
        Whether to replace an existing file.

    Returns
    -------
    path : Path

    Raises
    ------
    FileExistsError
        If the file exists and `overwrite` is False.
    ValueError
        If lengths differ, a value is not finite, r does not increase, `composition` is not a formula, or a name in
        `header` contains a line break or "=", or begins like a comment.

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
    values = np.column_stack(columns)
    if peaks is not None:
        header = dict(header or {}) | peak_entries(peaks, values, number_density)
    else:
        header = dict(header or {}) | {"curve_sha256": curve_digest(values, number_density)}
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
    """Write S_R(q) as S(q) to a .sq file.

    Parameters
    ----------
    path : str or Path
        The file, usually ``*.sq``. It is written completely or, after an error, not at all.
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
        raise ValueError(f"q must be positive, got {q[0]:g}: exclude q = 0, where S_R is 0 for any S.")
    columns[1:] = [1 + columns[1] / q, *(column / q for column in columns[2:])]
    number_density = check_number_density(number_density)
    return _write(path, columns, ["Q(1/A)", "S(Q)", "dS"], number_density, composition, header, overwrite)


def _checked_columns(x_name: str, x: ArrayLike, y_name: str, y: ArrayLike, std: ArrayLike | None) -> list[Floats]:
    """Return x, y and, if it is given, the standard deviation of y as columns of a file."""
    columns = [np.asarray(values, dtype=float) for values in (x, y, *(() if std is None else (std,)))]
    x, names = columns[0], f"{x_name}, {y_name} and std"
    if x.ndim != 1 or x.size < MIN_ROWS or any(column.shape != x.shape for column in columns):
        shapes = " and ".join(str(column.shape) for column in columns)
        raise ValueError(f"{names} must be of equal length, with {MIN_ROWS} numbers or more, got shapes {shapes}.")
    if not all((np.abs(column) < MAX_VALUE).all() for column in columns):
        raise ValueError(f"{names} must be finite, got NaN, infinite or too large values.")
    if x[0] < 0 or np.diff(x).min() < MIN_STEP or (std is not None and columns[2].min() < 0):
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
    """Write columns below a header, in the layout of the files of diffpy."""
    own = {"version": f"sklearn-wtrdf {__version__}", "number_density": number_density}
    if composition is not None:
        material = Composition(composition)
        # Rounded to ten digits, so that a mass density is read back as it was given.
        own |= {"composition": material.formula, "mass_density": f"{material.mass_density(number_density):.10g}"}
    entries = own | dict(header or {}) | own  # these come first, and take precedence
    lines = ["[DEFAULT]", "", *(entry(name, value) for name, value in entries.items()), "", "#### start data", ""]
    lines += ["#S 1", f"#L {'  '.join(names[: len(columns)])}"]
    lines += [" ".join(map(repr, row)) for row in np.column_stack(columns).tolist()]
    with atomic_write(path, overwrite) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Path(path)
