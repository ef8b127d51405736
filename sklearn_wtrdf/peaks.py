"""Peaks of a pair distribution function: bins, windows, positions, tables and coordination numbers.

The *bin* of a peak is the row with the highest g inside its *window*, an interval of r. Windows are given, or found on
the curve. Of equal rows, the one with the smaller r is the bin. The order of rows and repeated rows have no effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import signal, special

from sklearn_wtrdf.maxima import Maxima, find_maxima, moved_ends, vertex
from sklearn_wtrdf.scattering.composition import Weighting
from sklearn_wtrdf.scattering.contacts import counted_as_pairs
from sklearn_wtrdf.scattering.validation import as_numbers, check_count, check_number_density, check_r
from sklearn_wtrdf.utils.text import quoted

Floats = NDArray[np.float64]
Window = tuple[float, float]

PEAK_QUANTITIES = ("position", "height", "width", "coordination")
PEAK_COLUMNS = ["peak", *(name + end for name in PEAK_QUANTITIES for end in ("", "_low", "_high")), "r_low", "r_high"]

# Fraction of its prominence by which a peak has fallen where its window ends: short of the minimum, which noise moves.
_WINDOW_DEPTH = 0.95


def find_peaks(r: ArrayLike, g: ArrayLike, n_peaks: int = 2) -> NDArray[np.intp]:
    """Find the bins of the first peaks of g(r).

    Parameters
    ----------
    r : array-like of shape (n_rows,)
        Distances [Å], in any order.
    g : array-like of shape (n_rows,)
        Pair distribution function.
    n_peaks : int, default=2
        Maximum number of peaks.

    Returns
    -------
    bins : ndarray of int, shape (at most n_peaks,)
        Row of the highest point of each peak, in order of r. A maximum is a peak if it rises above both adjacent minima
        by at least 0.1, and by more than termination ripples and noise, whose size is estimated from g below the first
        shell and from negative values. The ends of the curve are not peaks.

    Raises
    ------
    ValueError
        If lengths differ, a value is not finite, or `n_peaks` is invalid.

    Examples
    --------
    >>> from sklearn_wtrdf import find_peaks
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> ge_se = load_ge_se()
    >>> find_peaks(ge_se.r, ge_se.target)
    array([ 4, 29])
    """
    r, g = _check_curve(r, g)
    grid, curve, tops = _first_peaks(r, g, n_peaks)
    return np.array([np.flatnonzero((r == grid[k]) & (g == curve[k]))[0] for k in tops], dtype=np.intp)


def peak_windows(r: ArrayLike, g: ArrayLike, n_peaks: int = 2) -> list[Window]:
    """Find the windows of the first peaks of g(r). At its ends, a peak has fallen by 95 % of its prominence.

    Parameters
    ----------
    r, g, n_peaks
        As in :func:`find_peaks`.

    Returns
    -------
    windows : list of (float, float)
        The interval of r [Å] of each peak, in order of r.

    Examples
    --------
    >>> from sklearn_wtrdf import peak_windows
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> ge_se = load_ge_se()
    >>> [(round(low, 2), round(high, 2)) for low, high in peak_windows(ge_se.r, ge_se.target)]
    [(2.2, 2.55), (3.38, 4.53)]
    """
    grid, curve, tops = _first_peaks(*_check_curve(r, g), n_peaks)
    return _windows(grid, curve, tops)


def _windows(grid: Floats, curve: Floats, tops: NDArray[np.intp]) -> list[Window]:
    """Return the windows of maxima of a curve."""
    if tops.size == 0:
        return []
    _, _, left, right = signal.peak_widths(curve, tops, rel_height=_WINDOW_DEPTH)
    ends = np.interp([left, right], np.arange(grid.size), grid).T
    return [(float(low), float(high)) for low, high in ends]


def peak_mask(
    r: ArrayLike, g: ArrayLike, peaks: Sequence[Window] | None = None, groups: ArrayLike | None = None
) -> NDArray[np.bool_]:
    """Mark the rows that are peak bins, the m of Eq. (16).

    Parameters
    ----------
    r : array-like of shape (n_rows,)
        Distances [Å], in any order.
    g : array-like of shape (n_rows,)
        Pair distribution function.
    peaks : sequence of (low, high), default=None
        Windows of r [Å], one for each peak. If None, the first two peaks are found.
    groups : array-like of shape (n_rows,), default=None
        The material of each row. Peaks are found in each material separately.

    Returns
    -------
    mask : ndarray of bool, shape (n_rows,)

    Raises
    ------
    ValueError
        If lengths differ, a value is not finite, or a window is not an interval.

    Examples
    --------
    >>> from sklearn_wtrdf import peak_mask
    >>> peak_mask([2.2, 2.3, 2.4, 2.5], [1.0, 5.0, 3.0, 0.5])
    array([False,  True, False, False])
    """
    r, g = _check_curve(r, g)
    windows = None if peaks is None else check_windows(peaks)
    mask = np.zeros(r.size, dtype=bool)
    for rows in rows_of_groups(groups, r.size):
        if windows is None:
            grid, curve, tops = _first_peaks(r[rows], g[rows], 2)
            points = [(grid[k], curve[k]) for k in tops]
        else:
            inside = [rows[(r[rows] >= low) & (r[rows] <= high)] for low, high in windows]
            bins = [highest_row(r, g, rows) for rows in inside if rows.size]
            points = [(r[k], g[k]) for k in bins]
        for r_peak, g_peak in points:
            mask[rows[(r[rows] == r_peak) & (g[rows] == g_peak)]] = True
    return mask


def peak_positions(r: ArrayLike, g: ArrayLike, peaks: Sequence[Window] | None = None, n_peaks: int = 2) -> Floats:
    """Return peak positions, refined by a parabola through the bin of each peak and its two neighbours.

    Parameters
    ----------
    r, g, peaks
        As in :func:`peak_mask`, for one material.
    n_peaks : int, default=2
        How many peaks to look for if `peaks` is None.

    Returns
    -------
    positions : ndarray of shape (n_peaks,)
        Position of each peak [Å], in order of r or of the windows. The position is not refined if the bin is at an end
        of the curve or next to a higher row outside its window, and is NaN if the window contains no row.

    Examples
    --------
    >>> from sklearn_wtrdf import peak_positions
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> ge_se = load_ge_se()
    >>> peak_positions(ge_se.r, ge_se.target).round(3)
    array([2.362, 3.862])
    """
    r, g = _check_curve(r, g)
    grid, curve, tops = _first_peaks(r, g, n_peaks)
    if peaks is None:
        return np.array([vertex(grid, curve, k) for k in tops])
    inside = [np.flatnonzero((grid >= low) & (grid <= high)) for low, high in check_windows(peaks)]
    return np.array([vertex(grid, curve, highest_row(grid, curve, rows)) if rows.size else np.nan for rows in inside])


def coordination_numbers(
    r: ArrayLike,
    g: ArrayLike,
    number_density: float,
    peaks: Sequence[Window] | None = None,
    n_peaks: int = 2,
) -> Floats:
    r"""Count the neighbours in each peak.

    .. math:: N = 4πρ_0 ∫ r^2 g(r) \, dr

    Parameters
    ----------
    r : array-like of shape (n_rows,)
        Distances [Å], in any order.
    g : array-like of shape (n_rows,)
        Pair distribution function.
    number_density : float
        ρ₀, atoms per volume [Å⁻³].
    peaks : sequence of (low, high), default=None
        Windows of r [Å] to integrate over. If None, the first peaks are found, and integrated from minimum to minimum:
        each ends at the lowest point before the next peak, and the first one begins with the curve, or at the minimum
        after the last termination ripple before it.
    n_peaks : int, default=2
        How many peaks to look for if `peaks` is None.

    Returns
    -------
    numbers : ndarray of shape (n_peaks,)
        Number of neighbours in each peak, by the trapezoid rule. A window that extends beyond the rows ends with them.
        If shells overlap, the minimum between them does not separate them exactly.

    Raises
    ------
    ValueError
        If lengths differ, a value is not finite, or a window, `n_peaks` or `number_density` is invalid.

    Examples
    --------
    >>> from sklearn_wtrdf import coordination_numbers
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> ge_se = load_ge_se()
    >>> coordination_numbers(ge_se.r, ge_se.target, 0.034, peaks=[(2.2, 2.55)]).round(2)
    array([2.34])
    """
    r, g = _check_curve(r, g)
    number_density = check_number_density(number_density)
    windows = shells(r, g, n_peaks) if peaks is None else check_windows(peaks)
    order = np.argsort(r, kind="stable")
    return _neighbours(r[order], g[order], number_density, windows)


def _neighbours(r: Floats, g: Floats, number_density: float, windows: Sequence[Window]) -> Floats:
    """Return the neighbours in each window of increasing r."""
    density = 4 * np.pi * number_density * r**2 * g
    running = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2 * np.diff(r))])
    return np.array([np.interp(high, r, running) - np.interp(low, r, running) for low, high in windows])


def peak_table(
    r: ArrayLike,
    g: ArrayLike,
    *,
    number_density: float | None = None,
    std: ArrayLike | None = None,
    q_max: float | None = None,
    n_peaks: int = 3,
    level: float = 0.9,
    composition: str | None = None,
    weighting: Weighting = "x-ray",
) -> pd.DataFrame:
    """Measure the first peaks of g(r), with intervals if the standard deviation of g is given.

    Parameters
    ----------
    r : array-like of shape (n_rows,)
        Distances [Å], in any order.
    g : array-like of shape (n_rows,)
        Pair distribution function.
    number_density : float, default=None
        ρ₀ [Å⁻³]. Without it, coordination numbers are NaN.
    std : array-like of shape (n_rows,), default=None
        Standard deviation of g. Without it, intervals are NaN.
    q_max : float, default=None
        End of the measured S_R(q) [Å⁻¹], required with `std`: errors of g are correlated over a distance of π / q_max,
        on which their effect on a peak depends.
    n_peaks : int, default=3
        Maximum number of peaks.
    level : float, default=0.9
        Probability of the intervals.
    composition : str, default=None
        Formula of the material. If it is given, the table has a column for each pair of atoms that may cause a peak.
    weighting : {"x-ray", "neutron", "number"}, default="x-ray"
        Weights of the pairs in g, as in :meth:`Composition.weights`.

    Returns
    -------
    table : DataFrame
        A row for each peak, empty if g has no peak: ``peak``; ``position`` [Å]; ``height``; ``width`` [Å], the full
        width at half of the prominence; ``coordination``, the number of neighbours between the two minima; the ends of
        their intervals, ``position_low``, ``position_high`` and so on; ``r_low`` and ``r_high`` [Å], the two minima;
        and, with a composition, columns such as ``Si-O``, the number of O around a Si if the peak consists of this pair
        alone, NaN if atomic radii exclude the pair at that distance. ``table.attrs["note"]`` states the number of peaks
        and, if there are fewer than requested, the reason.

    Raises
    ------
    ValueError
        If lengths differ, a value is not finite, `r` is negative or repeats a distance, `std` is negative or given
        without `q_max`, or `number_density` or `n_peaks` is invalid.

    Notes
    -----
    Each interval is a multiple of the standard deviation over 200 curves g + std · z, where z is Gaussian with the
    correlation exp(−(Δr q_max / π)² / 2). Neighbours are counted between the minima of each curve.

    Examples
    --------
    >>> from sklearn_wtrdf import peak_table
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> ge_se = load_ge_se()
    >>> table = peak_table(ge_se.r, ge_se.target, number_density=0.034)
    >>> table[["position", "height", "width"]].round(2)
       position  height  width
    0      2.36    5.15   0.20
    1      3.86    2.03   0.54
    """
    r, g = _check_curve(r, g)
    r = check_r(r) if r.size else r
    check_count("n_peaks", n_peaks, 0)
    density = None if number_density is None else check_number_density(number_density)
    if (std is None) != (q_max is None):
        raise ValueError("std and q_max come together: give both, or neither.")
    order = np.argsort(r, kind="stable")
    r, g = r[order], g[order]
    if (np.diff(r) == 0).any():
        raise ValueError("r must not repeat a distance: give the curve of one material.")
    draws, errors, length = None, None, 0.0
    if std is not None and q_max is not None:
        std = np.asarray(std, dtype=float)
        if std.shape != r.shape or not (np.isfinite(std).all() and (std >= 0).all()):
            raise ValueError(f"std must contain {r.size} finite numbers that are not negative.")
        length, std = np.pi / q_max, std[order]
        end = max((high for _, high in shells(r, g, n_peaks)), default=r[0])
        near = r <= end + 4 * length  # no peak of the table is further out
        draws = np.tile(g, (200, 1))
        draws[:, near] += std[near] * _correlated(r[near], length, 200)
        errors = partial(np.interp, xp=r, fp=std)
    maxima = find_maxima(r, g, errors)
    peaks = measure_peaks(maxima, draws, density, level, n_peaks, resolution=length)
    table = pd.DataFrame(peaks, columns=PEAK_COLUMNS)
    if composition is not None:
        table = counted_as_pairs(table, composition, weighting)
    table.attrs["note"] = maxima.note(n_peaks)
    return table


def measure_peaks(
    maxima: Maxima,
    draws: Floats | None,
    number_density: float | None,
    level: float = 0.9,
    n_peaks: int = 3,
    factor: float = 1.0,
    densities: Floats | None = None,
    resolution: float = 0.0,
) -> list[dict[str, float]]:
    """Return the rows of :func:`peak_table`, with intervals by the standard deviation over draws of g, times a factor.

    The number density is one value, or one for each draw. Draws may end before g does, at :meth:`Maxima.end_of`.
    """
    reach = float(special.ndtri((1 + level) / 2))
    r, g = maxima.r, maxima.g
    windows = _windows(r, g, maxima.shells[:n_peaks])
    rows = []
    for peak, (window, shell) in enumerate(zip(windows, maxima.intervals(n_peaks), strict=True), 1):
        row: dict[str, float] = {"peak": peak}
        values = _measures(r, g, window, shell, number_density)
        spreads = np.full(len(values), np.nan)
        if draws is not None:
            each = [number_density] * len(draws) if densities is None else densities.tolist()
            drawn, curves = r[: draws.shape[1]], np.vstack([g[: draws.shape[1]], draws])
            ends = moved_ends(drawn, curves, shell, values[0], resolution)[1:]
            measured = np.ma.masked_invalid(
                [_measures(drawn, draw, window, *others) for draw, *others in zip(draws, ends, each, strict=True)]
            )
            # about the value, from which the mean of the draws may differ; a draw may have no width
            spreads = np.sqrt(((measured - values) ** 2).mean(axis=0)).filled(np.nan) * factor
        for name, value, spread in zip(PEAK_QUANTITIES, values, spreads, strict=True):
            row |= {name: value, f"{name}_low": value - reach * spread, f"{name}_high": value + reach * spread}
        rows.append(row | {"r_low": shell[0], "r_high": shell[1]})
    return rows


def _measures(
    r: Floats, g: Floats, window: Window, shell: Window, number_density: float | None
) -> tuple[float, float, float, float]:
    """Return position, height, width and coordination number of one peak."""
    k = highest_row(r, g, np.flatnonzero((r >= window[0]) & (r <= window[1])))
    width = np.nan
    if 0 < k < r.size - 1 and g[k - 1] < g[k] > g[k + 1]:
        _, _, left, right = signal.peak_widths(g, [k], rel_height=0.5)
        width = float(np.diff(np.interp([left[0], right[0]], np.arange(r.size), r))[0])
    neighbours = np.nan if number_density is None else _neighbours(r, g, number_density, [shell])[0]
    return vertex(r, g, k), float(g[k]), width, float(neighbours)


def _correlated(r: Floats, length: float, n_draws: int) -> Floats:
    """Return Gaussian curves of variance 1 whose correlation decays over a length."""
    values, vectors = np.linalg.eigh(np.exp(-(((r[:, None] - r) / length) ** 2) / 2))
    normal = np.random.default_rng(0).normal(size=(n_draws, r.size))
    return np.asarray(normal * np.sqrt(np.maximum(values, 0.0)) @ vectors.T)


def shells(r: Floats, g: Floats, n_peaks: int = 2) -> list[Window]:
    """Return the intervals of r from the minimum before each of the first peaks to the one after it.

    The first begins with the curve, or at the minimum after the last ripple before it.
    """
    return find_maxima(r, g).intervals(n_peaks)


def check_windows(peaks: Sequence[Window]) -> list[Window]:
    """Return the windows as pairs of floats, low < high."""
    try:
        windows = np.asarray(peaks, dtype=float)
    except (TypeError, ValueError):
        windows = np.empty(0)
    if windows.ndim != 2 or windows.shape[1] != 2 or windows.shape[0] == 0:
        raise ValueError(
            "peaks must be a sequence of windows (low, high) of r, such as [(2.2, 2.6), (3.4, 4.4)], got "
            f"{quoted(peaks)}."
        )
    if not (windows[:, 0] < windows[:, 1]).all():
        raise ValueError(f"peaks must be windows with low < high, got {quoted(peaks)}.")
    return [(float(low), float(high)) for low, high in windows]


def highest_row(r: Floats, g: Floats, rows: NDArray[np.intp]) -> int:
    """Return the row with the highest g; of equal ones, that with the smaller r."""
    return int(rows[np.lexsort((r[rows], -g[rows]))[0]])


def rows_of_groups(groups: ArrayLike | None, n_rows: int) -> list[NDArray[np.intp]]:
    """Return the rows of each group."""
    if groups is None:
        return [np.arange(n_rows)]
    groups = np.asarray(groups)
    if groups.shape != (n_rows,):
        raise ValueError(f"groups must have one label for each of the {n_rows} rows, got shape {groups.shape}.")
    _, label = np.unique(groups, return_inverse=True)
    return np.split(np.argsort(label, kind="stable"), np.cumsum(np.bincount(label))[:-1])


def _check_curve(r: ArrayLike, g: ArrayLike) -> tuple[Floats, Floats]:
    r, g = as_numbers("r", r), as_numbers("g", g)
    if r.ndim != 1 or r.shape != g.shape:
        raise ValueError(f"r and g must be one-dimensional and of equal length, got shapes {r.shape} and {g.shape}.")
    if not (np.isfinite(r).all() and np.isfinite(g).all()):
        raise ValueError("r and g must be finite, got NaN or infinite values.")
    return r, g


def _first_peaks(r: Floats, g: Floats, n_peaks: int) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Return the curve with increasing r, its highest g at each r, and the bins of its first peaks."""
    check_count("n_peaks", n_peaks, 0)
    maxima = find_maxima(r, g)
    return maxima.r, maxima.g, maxima.shells[:n_peaks]
