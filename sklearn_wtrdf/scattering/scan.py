"""Raw scans, and the frames of intensities that the reduction reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sklearn_wtrdf.scattering.angles import q_of, two_theta_of
from sklearn_wtrdf.scattering.validation import as_numbers, check_r
from sklearn_wtrdf.utils.text import quoted

Floats = NDArray[np.float64]
Axis = Literal["2theta", "q"]

AXES = ("2theta", "q")
_COLUMN = re.compile(r"(I|std)\((2theta|q)=([^()]*)\)")
_MAX_X = {"2theta": 180.0, "q": 100.0}  # degrees, Å⁻¹
_MIN_COUNT, _MAX_COUNT = 1e-30, 1e30  # largest count of a scan, in any unit: squares of others over- or underflow
_MAX_LISTED = 5  # unknown columns that an error lists
_MAX_STD = 1e3  # of the smallest standard deviation over the largest count: beyond it nothing was measured


class Scans(NamedTuple):
    """The contents of a frame of intensities.

    Attributes
    ----------
    r : ndarray of shape (n_rows,)
        Distances [Å].
    x : ndarray of shape (n_x,)
        2θ [degrees] or q [Å⁻¹], according to `axis`.
    axis : {"2theta", "q"}
    intensity : ndarray of shape (n_scans, n_x)
        Each scan once.
    std : ndarray of shape (n_scans, n_x) or None
        Its standard deviation.
    scan : ndarray of int, shape (n_rows,)
        The index of the scan of each row.
    """

    r: Floats
    x: Floats
    axis: str
    intensity: Floats
    std: Floats | None
    scan: NDArray[np.intp]


def intensity_frame(
    r: ArrayLike, x: ArrayLike, intensity: ArrayLike, std: ArrayLike | None = None, *, axis: Axis = "2theta"
) -> pd.DataFrame:
    """Lay out a raw scan as the X of :class:`Reduction`.

    Parameters
    ----------
    r : array-like of shape (n_rows,)
        Distances [Å] at which g(r) will be predicted from the reduced scan, not negative.
    x : array-like of shape (n_x,)
        Scattering angles 2θ [degrees] or q [Å⁻¹], increasing.
    intensity : array-like of shape (n_x,)
        Counts or count rates, in any unit in which the largest is between 1e-30 and 1e30.
    std : array-like of shape (n_x,), default=None
        Their standard deviations. If None, :class:`Reduction` estimates them from the scatter of the intensities.
    axis : {"2theta", "q"}, default="2theta"
        Whether `x` is 2θ or q.

    Returns
    -------
    X : DataFrame of shape (n_rows, 1 + n_x) and more
        The columns ``r``, ``I(2theta=...)`` or ``I(q=...)`` and, if `std` is given, ``std(2theta=...)`` or
        ``std(q=...)``. Frames of several scans over the same x can be stacked by :func:`pandas.concat`.

    Raises
    ------
    ValueError
        If a value is not finite, x does not increase, lengths differ, no intensity is positive, or the largest is
        outside these limits.

    Examples
    --------
    >>> from sklearn_wtrdf import intensity_frame
    >>> intensity_frame([2.0, 2.5], [10.0, 10.1, 10.2], [801, 822, 840])
         r  I(2theta=10)  I(2theta=10.1)  I(2theta=10.2)
    0  2.0         801.0           822.0           840.0
    1  2.5         801.0           822.0           840.0
    """
    if axis not in AXES:
        raise ValueError(f"axis must be one of {', '.join(map(repr, AXES))}, got {quoted(axis)}.")
    r, x = check_r(r), check_x(x, axis)
    row = {"I": check_intensity("intensity", intensity, x.size)}
    if std is not None:
        row["std"] = check_std(check_intensity("std", std, x.size), row["I"])
    points = [np.format_float_positional(value, trim="-") for value in x]
    names = [f"{name}({axis}={point})" for name in row for point in points]
    values = np.column_stack([r, np.tile(np.concatenate(list(row.values())), (r.size, 1))])
    return pd.DataFrame(values, columns=["r", *names])


def read_scans(
    X: Floats, names: Sequence[str] | None = None, *, x: ArrayLike | None = None, axis: str = "2theta"
) -> Scans:
    """Read X, whose values are already known to be finite floats.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
        By column name where `names` follow :func:`intensity_frame`, else r first and intensities after it.
    names : sequence of str, default=None
        The column names of X, where it had any.
    x : array-like of shape (n_x,) or (2,), default=None
        The angles or q of an X without names, or the two ends of a uniform grid.
    axis : {"2theta", "q"}
        What `x` is; not used with column names.

    Returns
    -------
    Scans

    Raises
    ------
    ValueError
        If columns are unknown or missing, or `x` does not fit them.
    """
    if names is not None and any(map(_COLUMN.fullmatch, names)):
        r, grid, axis, rows, std_rows = _named_columns(X, names)
    else:
        r, grid, rows, std_rows = X[:, 0], _given_grid(X.shape[1] - 1, x, axis), X[:, 1:], None
    check_counts("X", rows)
    if std_rows is not None:
        check_std(std_rows, rows)
    both = rows if std_rows is None else np.hstack([rows, std_rows])
    distinct, scan = np.unique(both + 0.0, axis=0, return_inverse=True)
    std = None if std_rows is None else distinct[:, grid.size :]
    return Scans(r, grid, axis, distinct[:, : grid.size], std, scan.reshape(-1))


def _named_columns(X: Floats, names: Sequence[str]) -> tuple[Floats, Floats, str, Floats, Floats | None]:
    """Return r, the grid of the scans and its axis, the intensities and their standard deviations, by column names."""
    matches = [_COLUMN.fullmatch(name) for name in names]
    columns = {kind: [i for i, match in enumerate(matches) if match and match[1] == kind] for kind in ("I", "std")}
    used = {"r", *(names[i] for indices in columns.values() for i in indices)}
    if unknown := [name for name in names if name not in used]:
        raise ValueError(
            f"X has columns that are neither r, I(...) nor std(...): {', '.join(map(repr, unknown[:_MAX_LISTED]))}."
        )
    if "r" not in names:
        raise ValueError("X has no column 'r': build it by intensity_frame(r, x, intensity).")
    axes = {match[2] for match in matches if match}
    points = {kind: [match[3] for match in matches if match and match[1] == kind] for kind in columns}
    if len(axes) > 1 or (points["std"] and points["std"] != points["I"]):
        raise ValueError("X must have I(...) over one axis, and std(...) for each of them or for none.")
    axis = axes.pop()
    try:
        grid = check_x([float(value) for value in points["I"]], axis)
    except ValueError as error:
        raise ValueError(f"X: its columns I({axis}=...) are no grid: {error}") from None
    std_rows = X[:, columns["std"]] if columns["std"] else None
    return X[:, list(names).index("r")], grid, axis, X[:, columns["I"]], std_rows


def _given_grid(n_x: int, x: ArrayLike | None, axis: str) -> Floats:
    """Return the grid of n_x intensities without column names, which `x` is, or of which it has the two ends."""
    if n_x < 1:
        raise ValueError(
            f"X has {n_x + 1} feature(s), r alone, so there are no intensities: build X by "
            "intensity_frame(r, x, intensity)."
        )
    if x is None:
        raise ValueError(
            "x is missing: X has no columns named I(2theta=...) or I(q=...), so give x=, its angles or their two "
            "ends, or build X by intensity_frame(r, x, intensity). If an earlier step drops the names, "
            "its set_output(transform='pandas') keeps them."
        )
    grid = as_numbers("x", x)
    if grid.ndim == 1 and grid.size == 2 and n_x != 2:
        grid = np.linspace(grid[0], grid[1], n_x) if n_x > 1 else grid[:1]
    if grid.shape != (n_x,):
        raise ValueError(f"x must be the {n_x} points of the intensities or their two ends, got {grid.size}.")
    return check_x(grid, axis) if grid.size > 1 else grid


def check_x(x: ArrayLike, axis: str, name: str = "x") -> Floats:
    """Return angles or q that increase and that diffraction can reach."""
    x = as_numbers(name, x)
    if x.ndim != 1 or x.size < 2 or not np.isfinite(x).all():
        raise ValueError(f"{name} must be one-dimensional, of two finite points or more.")
    if np.diff(x).min() <= 0:
        i = int(np.argmin(np.diff(x)))
        raise ValueError(
            f"{name} must increase, got {x[i]:g} then {x[i + 1]:g}: sort it with the intensities, and merge equal "
            "points."
        )
    if x[0] < 0 or x[-1] > _MAX_X[axis]:
        unit = {"2theta": "degrees of 2θ", "q": "Å⁻¹"}[axis]
        raise ValueError(f"{name} must be from 0 to {_MAX_X[axis]:g} {unit}, got {x[0]:g} to {x[-1]:g}.")
    return x


def check_intensity(name: str, values: ArrayLike, n_x: int) -> Floats:
    """Return one finite value for each of the n_x points."""
    values = as_numbers(name, values)
    if values.shape != (n_x,) or not np.isfinite(values).all():
        raise ValueError(f"{name} must have one finite value for each of the {n_x} points of x.")
    if values.max() <= 0:
        raise ValueError(f"{name} must be positive somewhere; its largest value is {values.max():g}.")
    return check_counts(name, values)


def check_counts(name: str, counts: Floats) -> Floats:
    """Return counts in a unit in which squares and products do not overflow."""
    largest = float(np.abs(counts).max())
    if largest != 0 and not _MIN_COUNT <= largest <= _MAX_COUNT:
        raise ValueError(
            f"{name} has counts up to {largest:.3g}, and the largest must be from {_MIN_COUNT:g} to "
            f"{_MAX_COUNT:g}: choose another unit."
        )
    return counts


def check_std(std: Floats, counts: Floats) -> Floats:
    """Return standard deviations of counts, at least one of which is not much larger than the counts."""
    if std.min() < 0:
        raise ValueError(f"std must not be negative, got {std.min():g}.")
    if (smallest := float(std.min())) > _MAX_STD * (largest := float(np.abs(counts).max())):
        raise ValueError(
            f"std is {smallest:.3g} and more, where the largest count is {largest:.3g}: nothing was measured, or their "
            "units differ."
        )
    return std


@dataclass(frozen=True)
class Scan:
    """A raw scan, as :func:`read_scan` returns it.

    Attributes
    ----------
    x : ndarray of shape (n_x,)
        2θ [degrees] or q [Å⁻¹], increasing, according to `axis`.
    intensity : ndarray of shape (n_x,)
        Counts, or intensities in the unit of the file.
    std : ndarray of shape (n_x,) or None
        Standard deviation of the intensity, if the file has a column of it.
    axis : {"2theta", "q"}
        Whether `x` is 2θ or q.
    wavelength : float or None
        Wavelength [Å], as given or as in the file.
    provenance : dict of str to str
        The entries ``name = value`` in the header of the file.
    counting_time : float or None, default=None
        Counting time of each point [s], if the header gives it and the intensity is not a rate.
    """

    x: Floats
    intensity: Floats
    std: Floats | None
    axis: Axis
    wavelength: float | None
    provenance: dict[str, str]
    counting_time: float | None = None

    def over(self, axis: Axis, wavelength: float) -> Floats:
        """Return the scan as a table over 2θ or q, for the parameter `background` of :class:`Reduction`.

        Parameters
        ----------
        axis : {"2theta", "q"}
            Quantity of the first column of the table.
        wavelength : float
            Wavelength [Å], by which 2θ and q are converted.

        Returns
        -------
        table : ndarray of shape (n_x, 2)
            2θ [degrees] or q [Å⁻¹], and the intensity.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn_wtrdf import Scan
        >>> empty = Scan(np.array([1.0, 2.0]), np.array([30.0, 20.0]), None, "q", None, {})
        >>> empty.over("2theta", 1.5418).round(2)
        array([[14.1 , 30.  ],
               [28.41, 20.  ]])
        """
        x = self.x
        if axis != self.axis:
            x = q_of(x, wavelength) if axis == "q" else two_theta_of(x, wavelength)
        return np.column_stack([x, self.intensity])


def read_background(background: Scan | ArrayLike, scans: Scans, wavelength: float) -> tuple[Floats, Floats]:
    """Return the x at which a background was counted, and its intensity.

    Parameters
    ----------
    background : Scan or array-like of shape (n_x,) or (n_background, 2)
        The parameter `background` of :class:`Reduction`.
    scans : Scans
        Scans of the sample.
    wavelength : float
        [Å].

    Returns
    -------
    x, intensity : ndarray of shape (n_background,)

    Raises
    ------
    ValueError
        If it is neither, or does not cover the scans.
    """
    if isinstance(background, Scan):
        background = background.over("q" if scans.axis == "q" else "2theta", wavelength)
    background = as_numbers("background", background)
    if background.ndim == 1:
        return scans.x, check_intensity("background", background, scans.x.size)
    if background.ndim != 2 or background.shape[1] != 2:
        raise ValueError(
            f"background must be the intensities at the {scans.x.size} points of x or a table of x and intensity, got "
            f"shape {background.shape}."
        )
    x = check_x(background[:, 0], scans.axis, "background: x")
    values = check_intensity("background", background[:, 1], x.size)
    step = float(np.diff(x).max())
    if x[0] > scans.x[0] + step or x[-1] < scans.x[-1] - step:
        raise ValueError(
            f"background spans {x[0]:g} to {x[-1]:g}, and the scan {scans.x[0]:g} to {scans.x[-1]:g}: measure it as "
            "far, or cut the scan by q_min and q_max."
        )
    return x, values
