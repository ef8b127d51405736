"""Whether numbers can be what they are taken for: what S(q), S_R(q), g(r) and G(r) tend to, outliers, lost rows.

What is certain is an error. What contradicts the caller, or may be so after all, is noted in the table for a warning.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.consistency import bank_messages
from sklearn_wtrdf.io import headers
from sklearn_wtrdf.io.tables import Table
from sklearn_wtrdf.scattering.sampling import (
    FEWEST,
    STD_PER_MEDIAN,
    Mask,
    holes_of_q,
    holes_of_r,
    impossible,
    median,
    outliers_of_q,
    outliers_of_r,
    too_negative,
)

Floats = NDArray[np.float64]

_LARGEST_TAIL = 3.0  # mean of g(r) beyond 5 Å; that of a material is 1, and G(r) or RDF(r) in its place are found by it
_LONGEST_LIST = 3  # places that a note names, of outliers or of holes
_SHORT_STEPS = 3  # steps of x by which a curve may end before its header says so, because headers are rounded
_SHORT_FRACTION = 0.02  # the same as a fraction of where it should end


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
        Whether the caller named the quantity, which then counts.
    """
    if y.size < FEWEST:
        return
    far = outliers_of_q(q, y)
    _check_points(table, f"{kind}(q)", y, far)
    _note_lost_rows(table, "q", "Å⁻¹", q, holes_of_q(q))
    table.notes.extend(f"{table.path}: {message}" for message in bank_messages(kind, q, y[None]) if message)
    if complaint := _of_tail(kind, q[~far], y[~far]):
        _say(table, f"{table.path}: taken for {kind}, but {complaint}", given)
        return
    s = {"S": y, "S-1": y + 1, "S_R": 1 + y / np.maximum(q, 1e-9)}[kind]
    noise = STD_PER_MEDIAN * median(np.abs(np.diff(y, 2))) / np.sqrt(6)
    noise = np.maximum(noise, 0 if std is None else std) / (np.maximum(q, 1e-9) if kind == "S_R" else 1)
    low = (s < -0.5 - 3 * noise) & (q > 0.3) & ~far
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
        Whether the caller named the quantity.
    """
    if y.size < FEWEST:
        return
    like_g = y
    if kind == "RDF":  # it grows as r²
        like_g = y / np.maximum(r, 0.5) ** 2
        like_g = like_g / (float(median(like_g[y.size // 2 :])) or 1.0)
    far = outliers_of_r(r, like_g)
    _check_points(table, f"{kind}(r)", y, far, like_g)
    _note_lost_rows(table, "r", "Å", r, holes_of_r(r))
    r, y = r[~far], y[~far]
    tail = y[-(y.size // 4) :].mean()
    if kind == "g" and abs(tail) < 0.3 and y.min() < -0.1:
        start = y[(r > 0) & (r < max(1.0, r[0] + 0.2))]
        if start.size and np.abs(start + 1).max() < 0.2:
            message = "begins at -1 and tends to 0, as g(r) - 1: add 1 to it"
        else:
            message = f"is negative, down to {y.min():.2g}, and tends to {tail:.2g}, as G(r): give quantity='G'"
        _say(table, f"{table.path}: taken for g(r), but it {message}.", given)
    if kind == "g" and r[y.size - y.size // 4] > 5 and tail > _LARGEST_TAIL:
        message = f"is {tail:.2g} in the upper quarter of r, where g(r) tends to 1: is it RDF(r)?"
        _say(table, f"{table.path}: taken for g(r), but it {message}", given)
    if kind == "G" and r[-1] - r[0] > 5 and y.min() > -0.05 and abs(tail - 1) < 0.3:
        message = f"is never negative and tends to {tail:.2g}, as g(r): give quantity='g'"
        _say(table, f"{table.path}: taken for G(r), but it {message}.", given)


def check_sign(table: Table, r: Floats, g: Floats) -> None:
    """Note where g(r), which ends with the table, is as negative as none is.

    Parameters
    ----------
    table : Table
        Where g is from.
    r, g : ndarray of shape (n_r,)
        Distances [Å] and the pair distribution function that the table holds or was converted to.
    """
    if r.size >= FEWEST and (low := too_negative(r, g) & ~outliers_of_r(r, g)).any():
        i = int(np.argmin(np.where(low, g, np.inf)))
        line = table.rows[i - r.size][0]
        table.notes.append(
            f"{table.path}, line {line}: g(r) falls to {g[i]:.4g}, further below 0 than where q ends can take it."
        )


def _say(table: Table, message: str, given: bool) -> None:
    if not given:
        raise ValueError(message if "quantity=" in message else f"{message} Say quantity.")
    table.notes.append(message)


def _check_points(table: Table, name: str, y: Floats, far: Mask, comparable: Floats | None = None) -> None:
    """Raise or note outliers."""
    comparable = y if comparable is None else comparable
    if (wrong := impossible(comparable) | impossible(y)).any():
        raise table.error(f"a value of {name}, which is about {median(y):.2g} elsewhere", int(wrong.argmax()))
    for i in np.flatnonzero(far)[:_LONGEST_LIST]:
        table.notes.append(f"{table.path}, line {table.rows[i][0]}: {y[i]:.4g} is far from the points beside it.")


def _note_lost_rows(table: Table, axis: str, unit: str, x: Floats, holes: Mask) -> None:
    """Note where rows are missing: inside, or at the end that the header gives."""
    for i in np.flatnonzero(holes)[:_LONGEST_LIST]:
        table.notes.append(
            f"{table.path}, line {table.rows[i + 1][0]}: {axis} leaps from {x[i]:.4g} to {x[i + 1]:.4g} {unit}, where "
            f"its steps are of {float(median(np.diff(x))):.2g}: are rows missing?"
        )
    last = headers.last(axis, table.header())
    tolerance = max(_SHORT_STEPS * float(x[-1] - x[-2]), _SHORT_FRACTION * last)
    if last > max(x[-1], table.values[-1, 0]) + tolerance:  # which may be in another unit
        table.notes.append(
            f"{table.path}: {axis} ends at {x[-1]:.4g} {unit}, but by its header at {last:.4g}: are rows missing?"
        )


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
