"""Whether numbers can be what they are taken for: what S(q), S_R(q), g(r) and G(r) tend to, and points far off.

What is certain is an error. What contradicts the caller, or may be so after all, is noted in the table for a warning.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.tables import Table

Floats = NDArray[np.float64]

_MIN_ROWS = 20  # fewer rows say too little of a tail
_IMPOSSIBLE = 1e4  # no S(q) of these is so large in one point and of order 1 elsewhere
_LARGEST_TAIL = 3.0  # no g(r) of atoms is larger on average beyond 5 Å
_FAR, _TIMES = 3.0, 10.0  # a point that is off by more than this, and by so many times its neighbours, belongs to none


def check_pattern(table: Table, kind: str, q: Floats, y: Floats, std: Floats | None, *, given: bool) -> None:
    """Raise or note what S, S_R or S − 1 cannot be.

    Parameters
    ----------
    table : Table
        Where y is from.
    kind : {"S", "S_R", "S-1"}
        What it is taken for.
    q, y : ndarray of shape (n_q,)
        [Å⁻¹].
    std : ndarray of shape (n_q,) or None
        Standard deviation of y.
    given : bool
        Whether the caller said what it is, who has the last word.
    """
    if y.size < _MIN_ROWS:
        return
    _check_points(table, kind, y)
    if said := _of_tail(kind, q, y):
        _say(table, f"{table.path}: taken for {kind}, but {said}", given)
        return
    s = {"S": y, "S-1": y + 1, "S_R": 1 + y / np.maximum(q, 1e-9)}[kind]
    noise = 1.4826 * _median(np.abs(np.diff(y, 2))) / np.sqrt(6)
    noise = np.maximum(noise, 0 if std is None else std) / (np.maximum(q, 1e-9) if kind == "S_R" else 1)
    low = (s < -0.5 - 3 * noise) & (q > 0.3)
    if low.any():
        i = int(np.argmin(np.where(low, s, np.inf)))
        table.notes.append(
            f"{table.path}, line {table.rows[i][0]}: S(q) falls to {s[i]:.2g}, below -0.5 in {low.sum()} points; no "
            "S(q) is negative."
        )


def check_curve(table: Table, kind: str, r: Floats, y: Floats, *, given: bool) -> None:
    """Raise or note where g is G or g − 1, or G is g.

    Parameters
    ----------
    table : Table
        Where y is from.
    kind : {"g", "G", "RDF"}
        What it is taken for.
    r, y : ndarray of shape (n_r,)
        In Å and its powers.
    given : bool
        Whether the caller said what it is.
    """
    if y.size < _MIN_ROWS:
        return
    tail = y[-(y.size // 4) :].mean()
    if kind == "g" and abs(tail) < 0.3 and y.min() < -0.1:
        start = y[(r > 0) & (r < max(1.0, r[0] + 0.2))]
        if start.size and np.abs(start + 1).max() < 0.2:
            said = "begins at -1 and tends to 0, as g(r) - 1: add 1 to it"
        else:
            said = f"is negative, down to {y.min():.2g}, and tends to {tail:.2g}, as G(r): give quantity='G'"
        _say(table, f"{table.path}: taken for g(r), but it {said}.", given)
    if kind == "g" and r[y.size - y.size // 4] > 5 and tail > _LARGEST_TAIL:
        said = f"is {tail:.2g} in the upper quarter of r, where g(r) tends to 1: is it RDF(r)?"
        _say(table, f"{table.path}: taken for g(r), but it {said}", given)
    if kind == "G" and r[-1] - r[0] > 5 and y.min() > -0.05 and abs(tail - 1) < 0.3:
        said = f"is never negative and tends to {tail:.2g}, as g(r): give quantity='g'"
        _say(table, f"{table.path}: taken for G(r), but it {said}.", given)


def _say(table: Table, message: str, given: bool) -> None:
    if not given:
        raise ValueError(message if "quantity=" in message else f"{message} Say quantity.")
    table.notes.append(message)


def _check_points(table: Table, kind: str, y: Floats) -> None:
    """Raise or note single points that belong to no curve."""
    middle = _median(y)
    off = np.abs(y - middle)
    usual = 1.4826 * _median(off)
    if off.max() > _IMPOSSIBLE and usual < 10:
        raise table.error(f"a value of {kind}(q), which is about {middle:.2g} elsewhere", int(off.argmax()))
    padded = np.concatenate([[0.0], off, [0.0]])
    beside = np.maximum(padded[:-2], padded[2:])
    for i in np.flatnonzero((off > _FAR) & (off > _TIMES * np.maximum(beside, usual)))[:3]:
        table.notes.append(f"{table.path}, line {table.rows[i][0]}: {y[i]:.4g} is far from the points beside it.")


def _of_tail(kind: str, q: Floats, y: Floats) -> str:
    """Return what is wrong with the upper quarter of q, if anything."""
    tail = y[-(y.size // 4) :]
    mean, spread = tail.mean(), tail.std()
    of_tail = f"it is {mean:.2g} ± {spread:.2g} in the upper quarter of q"
    if kind == "S_R":
        if abs(mean - 1) < 0.3 and spread < 0.5 and y.min() > -0.05:
            return f"{of_tail} and nowhere negative, as S(q)."
        if mean > 10 * q[-tail.size :].mean():  # S is 11, which is no error of scale
            return f"{of_tail}, as an intensity, of which read_scan, Reduction and `wtrdf reduce` make S(q)."
        return ""
    limit = 1 if kind == "S" else 0
    if abs(mean - limit) <= 0.5 and spread <= 0.5:
        return ""
    if mean > 10:
        return f"{of_tail}, as an intensity, of which read_scan, Reduction and `wtrdf reduce` make S(q)."
    name, others = ("S(q)", "S(q) - 1 or F(q)") if kind == "S" else ("S(q) - 1", "S(q) or F(q)")
    return f"{of_tail}, where {name} tends to {limit}: is it {others}, or wrongly normalized?"


def _median(x: Floats) -> float:
    """Return the median, of two in the middle the upper one; for thousands of files numpy's takes its time."""
    return float(np.partition(x, x.size // 2)[x.size // 2])
