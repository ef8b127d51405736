"""The frame X of the estimators: building it from scattering data, and reading them from it.

A row of X is one distance: ``r`` [Å], optionally ``number_density`` [Å⁻³], and S_R(q) = q (S(q) − 1) [Å⁻¹] of the
material on the whole q grid, in columns named ``S_R(0.65)``, ``S_R(0.7)``, …, so that the grid travels with the data;
optionally their standard deviations [Å⁻¹] in columns ``std(0.65)``, ….
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sklearn_wtrdf.scattering.composition import Composition, number_density_of
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.scattering.sampling import Mask
from sklearn_wtrdf.scattering.validation import (
    MAX_R,
    as_numbers,
    check_number_density,
    check_q,
    check_r,
    check_reach,
    check_s_r,
    check_size,
    check_std,
    check_vector,
)
from sklearn_wtrdf.utils.text import listed, quoted

Floats = NDArray[np.float64]

_S_R_COLUMN = re.compile(r"S_R\((.+)\)")
_STD_COLUMN = re.compile(r"std\((.+)\)")


class Scattering(NamedTuple):
    """The contents of X, with each material's pattern stored once.

    Attributes
    ----------
    r : ndarray of shape (n_rows,)
        Distance of each row [Å].
    q : ndarray of shape (n_q,)
        The common q grid [Å⁻¹], strictly increasing.
    material : ndarray of int, shape (n_rows,)
        The index in `patterns` of each row of X.
    patterns : tuple of Pattern
        The distinct patterns, sorted, each with the number density of its first row.
    number_density : ndarray of shape (n_rows,), default=None
        Number density of each row [Å⁻³], if X has it.
    """

    r: Floats
    q: Floats
    material: NDArray[np.intp]
    patterns: tuple[Pattern, ...]
    number_density: Floats | None = None

    @property
    def s_r(self) -> Floats:
        """The reduced structure factors [Å⁻¹], of shape (n_materials, n_q)."""
        return np.array([pattern.s_r for pattern in self.patterns])

    @property
    def std(self) -> Floats | None:
        """Their standard deviations [Å⁻¹], of the same shape, if X has them."""
        stds = [pattern.std for pattern in self.patterns if pattern.std is not None]
        return np.array(stds) if stds else None

    @property
    def order(self) -> NDArray[np.intp]:
        """The materials in the order of their first rows, as a user counts them."""
        materials, first = np.unique(self.material, return_index=True)
        return materials[np.argsort(first)]

    def in_order(self) -> list[tuple[Pattern, Mask]]:
        """Return each pattern with a mask of its rows, in `order`."""
        return [(self.patterns[material], self.material == material) for material in self.order]

    def check_densities(self) -> None:
        """Raise a ValueError unless all rows of a pattern have one number density."""
        if self.number_density is None:
            return
        for _, rows in self.in_order():
            low, high = self.number_density[rows].min(), self.number_density[rows].max()
            if low < high:
                raise ValueError(
                    f"number_density must be one for each material, got {low:g} to {high:g} Å⁻³ in rows with the same "
                    "S_R."
                )


def scattering_frame(
    r: ArrayLike,
    q: ArrayLike,
    s_r: ArrayLike,
    number_density: float | None = None,
    std: ArrayLike | None = None,
    *,
    composition: str | Mapping[str, float] | Composition | None = None,
    mass_density: float | None = None,
) -> pd.DataFrame:
    """Lay out the scattering data of one material as the X of the estimators.

    Parameters
    ----------
    r : array-like of shape (n_rows,)
        Distances [Å], not negative.
    q : array-like of shape (n_q,)
        Scattering vector [Å⁻¹], strictly increasing.
    s_r : array-like of shape (n_q,)
        Reduced structure factor S_R(q) = q (S(q) − 1) [Å⁻¹].
    number_density : float, default=None
        Atoms per volume [Å⁻³]. If it is given, X has a column of it.
    std : array-like of shape (n_q,), default=None
        Standard deviations of S_R [Å⁻¹], positive, which become columns of X. :class:`InversionRegressor` weights S_R
        by them, FourierRegressor computes the standard deviation of g from them, WTRDFRegressor ignores them, and
        networks use them like all other columns.
    composition : str, mapping or Composition, default=None
        Composition of the material, as for :class:`Composition`. The formula is stored in ``X.attrs["composition"]``.
    mass_density : float, default=None
        Mass density [g/cm³], from which the number density is computed by the composition.

    Returns
    -------
    X : DataFrame of shape (n_rows, 1 + n_q) and more
        The columns ``r``, ``number_density`` if a density is given, ``S_R(q)`` for each q and, if `std` is given,
        ``std(q)``. Frames of several materials on one q grid can be stacked by :func:`pandas.concat`.

    Raises
    ------
    ValueError
        If a value is NaN or infinite, `r` is negative, `q` does not increase, `std` is not positive, lengths differ,
        `composition` is not a formula, or `mass_density` is given with a number density or without a composition.

    Examples
    --------
    >>> from sklearn_wtrdf import scattering_frame
    >>> scattering_frame([2.0, 2.5], q=[0.65, 0.7, 8], s_r=[-0.59, -0.61, 0.0])
         r  S_R(0.65)  S_R(0.7)  S_R(8)
    0  2.0      -0.59     -0.61     0.0
    1  2.5      -0.59     -0.61     0.0
    >>> X = scattering_frame([2.0], [0.65, 0.7], [-0.59, -0.61], composition="GeSe2", mass_density=4.39)
    >>> X["number_density"].round(5).tolist()
    [0.0344]
    """
    r, q, s_r = check_r(r), check_q(q), check_s_r(s_r, np.size(q))
    if s_r.ndim != 1:
        raise ValueError(
            f"s_r must be one material's S_R, of shape (n_q,), got shape {s_r.shape}: stack frames by pandas.concat."
        )
    density = number_density_of(number_density, composition, mass_density)
    row = {} if density is None else {"number_density": density}
    names = [np.format_float_positional(x, trim="-") for x in q]
    row |= {f"S_R({name})": s for name, s in zip(names, s_r, strict=True)}
    if std is not None:
        row |= {f"std({name})": s for name, s in zip(names, check_std(std, q.size), strict=True)}
    values = np.column_stack([r, np.tile(list(row.values()), (r.size, 1))])
    X = pd.DataFrame(values, columns=["r", *row])
    if composition is not None:
        X.attrs["composition"] = Composition(composition).formula
    return X


def read_scattering(
    X: Floats,
    names: Sequence[str] | None = None,
    *,
    q: ArrayLike | None = None,
    s_r: ArrayLike | None = None,
) -> Scattering:
    """Read the scattering data from X, whose values must be finite floats.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
        The values, in columns whose names are those of :func:`~sklearn_wtrdf.scattering_frame`, or else r in the first
        column and S_R in the others.
    names : sequence of str, default=None
        The column names of X, if it has any.
    q : array-like of shape (n_q,) or (2,), default=None
        The q grid [Å⁻¹] or its two ends, for X without column names. It takes precedence over column names.
    s_r : array-like of shape (n_q,), default=None
        S_R of the material [Å⁻¹], for X that has r as its only column.

    Returns
    -------
    Scattering

    Raises
    ------
    ValueError
        If S_R is missing or given twice, `q` is missing or has another number of points, a column is unknown, a number
        density is not positive, or a column named ``r`` has negative values.
    """
    r_column, density_column, s_r_columns, std_columns, q_of_names = _columns(X.shape[1], names)
    r = X[:, r_column]
    # Without names, X may be any table of numbers, as in scikit-learn's checks; with names, r is a distance.
    if names is not None and "r" in names and r.min() < 0:
        raise ValueError(
            f"r must not be negative, got {r.min():g} Å in X: give distances in Å as they are, not centred or scaled."
        )
    check_reach("r", r, MAX_R, "Å")
    number_density = None if density_column is None else X[:, density_column]
    if number_density is not None:
        for density in (number_density.min(), number_density.max()):
            check_number_density(float(density))
    if s_r is not None:
        if s_r_columns:
            raise ValueError(
                f"s_r is given, so X must be r alone; it has n_features = {X.shape[1]}. "
                "Leave s_r out, or pass X[['r']]."
            )
        if q is None:
            raise ValueError("q is missing: s_r needs the grid that it was measured on, or the two ends of it.")
        s_r = check_vector("s_r", s_r)
        q = _q_grid(q, s_r.size)
        return _scattering(r, q, s_r[None], None, np.zeros(r.size, dtype=np.intp), number_density)
    if not s_r_columns:
        raise ValueError(
            "X has 1 feature(s), r alone, so S_R(q) is missing: build X by scattering_frame(r, q, s_r), or give the "
            "estimator q= and s_r=."
        )
    rows = check_size("X: S_R", X[:, s_r_columns])
    q_given = q_of_names if q is None else q
    if q_given is None:
        if any(name.endswith(")") and "__S_R(" in name for name in ([] if names is None else names)):
            raise ValueError(
                "q is missing: the names of X have prefixes, which ColumnTransformer puts before S_R(...): give it "
                "verbose_feature_names_out=False."
            )
        raise ValueError(
            "q is missing: X has no columns named S_R(...). Build X by scattering_frame(r, q, s_r); where a "
            'transformer before the model drops the names, call its set_output(transform="pandas"); or, as for bagging '
            "and plain arrays, give the model q=, the grid of the S_R columns or the two ends of it."
        )
    if rows.shape[1] == 1 and np.size(q_given) == 2:
        rows = np.repeat(rows, 2, axis=1)  # one S_R column between two ends is a constant S_R
    grid = _q_grid(q_given, rows.shape[1])
    if std_columns:
        rows = np.hstack([rows, check_std(X[:, std_columns], rows.shape[1])])
    if (rows == rows[0]).all():
        distinct, material = rows[:1].copy(), np.zeros(r.size, dtype=np.intp)
    else:
        distinct, material = np.unique(rows + 0.0, axis=0, return_inverse=True)  # + 0.0: −0 and 0 are the same S_R
    std = distinct[:, grid.size :] if std_columns else None
    return _scattering(r, grid, distinct[:, : grid.size], std, material.reshape(-1), number_density)


def _scattering(
    r: Floats,
    q: Floats,
    s_r: Floats,
    std: Floats | None,
    material: NDArray[np.intp],
    number_density: Floats | None,
) -> Scattering:
    """Return the rows of X with their patterns, of which S_R and its errors are given."""
    densities: list[float | None] = [None] * len(s_r)
    if number_density is not None:
        densities = number_density[np.unique(material, return_index=True)[1]].tolist()
    stds = [None] * len(s_r) if std is None else list(std)
    patterns = tuple(Pattern(q, *columns) for columns in zip(s_r, stds, densities, strict=True))
    return Scattering(r, q, material, patterns, number_density)


def rows_like(n_features: int, names: Sequence[str] | None, r: Floats, pattern: Pattern) -> Floats | pd.DataFrame:
    """Return an X of one pattern with the columns that a model was fitted on; values without a column are ignored."""
    r_column, density_column, s_r_columns, std_columns, _ = _columns(n_features, names)
    for name, columns in (("number_density", density_column), ("std", std_columns)):
        if getattr(pattern, name) is None and columns not in (None, []):
            raise ValueError(f"{name} is missing: the model was fitted on X with it, so each pattern needs its own.")
    X = np.empty((r.size, n_features))
    X[:, r_column], X[:, s_r_columns] = r, pattern.s_r if s_r_columns else 0
    if density_column is not None:
        X[:, density_column] = pattern.number_density
    if std_columns:
        X[:, std_columns] = pattern.std
    return X if names is None else pd.DataFrame(X, columns=names)


def read_r(X: Any) -> Floats:
    """Return the r column of X, a table with names or an array, which may be that column alone."""
    if names := list(getattr(X, "columns", [])):
        return np.asarray(X["r" if "r" in names else names[0]], dtype=float)
    X = as_numbers("X", X)
    if X.ndim not in (1, 2):
        raise ValueError(f"X must be a table of rows, or their r, got shape {X.shape}.")
    return X if X.ndim == 1 else X[:, 0]


def read_material(X: Any) -> NDArray[np.intp]:
    """Return a label for each row of X, the same for rows with equal S_R."""
    if names := list(getattr(X, "columns", [])):
        others = {"r" if "r" in names else names[0], "number_density"}
        columns = [name for name in names if name not in others and not _STD_COLUMN.fullmatch(str(name))]
        values = np.asarray(X[columns], dtype=float) if columns else np.empty((len(X), 0))
    else:
        values = np.atleast_2d(np.asarray(X, dtype=float))[:, 1:]
    if values.shape[1] == 0 or (values == values[0]).all():
        return np.zeros(values.shape[0], dtype=np.intp)
    return np.unique(values + 0.0, axis=0, return_inverse=True)[1].reshape(-1)


def _columns(
    n_features: int, names: Sequence[str] | None
) -> tuple[int, int | None, list[int], list[int], list[float] | None]:
    """Return the columns of r, the number density, S_R and its std, and the q in the names of columns."""
    matches = [_S_R_COLUMN.fullmatch(name) for name in names] if names is not None else []
    if names is None or not (any(matches) or "r" in names):
        return 0, None, list(range(1, n_features)), [], None
    names = list(names)
    s_r_columns = [i for i, match in enumerate(matches) if match]
    stds = {i: match for i, name in enumerate(names) if (match := _STD_COLUMN.fullmatch(name))}
    if "r" not in names:
        raise ValueError("X has no column 'r': build it by scattering_frame(r, q, s_r).")
    named = {i for i, name in enumerate(names) if name in ("r", "number_density")} | set(s_r_columns) | set(stds)
    if unknown := [name for i, name in enumerate(names) if i not in named]:
        raise ValueError(
            f"X has columns that are neither r, number_density, S_R(q) nor std(q): "
            f"{listed(map(repr, unknown))}. Leave them out."
        )
    density_column = names.index("number_density") if "number_density" in names else None
    q = [_q_of_name(match) for match in matches if match]
    if stds and [_q_of_name(match) for match in stds.values()] != q:
        raise ValueError("X must have a column std(q) for each S_R(q), in the same order, or none.")
    return names.index("r"), density_column, s_r_columns, list(stds), q


def _q_of_name(match: re.Match[str]) -> float:
    try:
        return float(match[1])
    except ValueError:
        raise ValueError(f"X has a column {quoted(match[0])}, in which {quoted(match[1])} is no q in Å⁻¹.") from None


def _q_grid(q: ArrayLike, n_q: int) -> Floats:
    """Return the grid that q gives, either itself or by its two ends."""
    q = check_q(q)
    if q.size == n_q:
        return q
    if q.size == 2:
        return np.linspace(q[0], q[1], n_q)
    raise ValueError(
        f"q and S_R differ in length: q must be the grid of the {n_q} S_R values or its two ends, got {q.size} points."
    )
