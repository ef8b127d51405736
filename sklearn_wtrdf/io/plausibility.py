"""Checks of the values of S(q), S_R(q), g(r) and G(r) in files: their limits, outliers and missing rows.

Values that are certainly wrong raise an error. If they contradict the quantity that the caller gave, or may be right, a
note is added to the table, which becomes a warning.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.consistency import bank_messages
from sklearn_wtrdf.io import headers
from sklearn_wtrdf.io.conventions import NEAR_LIMIT, contradict
from sklearn_wtrdf.io.tables import Table
from sklearn_wtrdf.scattering.sampling import (
    MIN_POINTS,
    STD_PER_MEDIAN,
    VARIANCE_OF_SECOND_DIFFERENCE,
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

_TINY = 1e-9  # Å⁻¹, in place of q = 0 in divisors
# Of S(q): on all simulated materials the mean is off by 0.07 at most, and the first maximum is 1.17 or more.
_MAX_DEVIATION = 0.12  # from 1, of the mean over the upper half of q
_MIN_REACH = 7.5  # Å⁻¹, for that mean
_MIN_MAXIMUM, _FIRST_MAXIMA = 0.7, 5.0  # of S, and Å⁻¹: range of the first maximum
_SHORTEST_REACH = 2.5  # Å⁻¹
_MIN_S = -0.5  # beyond the noise; S is not negative
_NOISE_STDS = 3  # standard deviations of the noise
_MIN_Q = 0.3  # Å⁻¹, below which S is least certain
_MIN_EQUAL = 5  # successive values of exactly 0
_MIN_JUMP = 5  # to 0 from a point of g, over the step before it and the mean step
_MIN_CODE, _FAR_CODE = 99, 10  # a whole number for missing values, and its distance over the largest of other values
_MANY_DIGITS = 10  # of a value next to them over the least step, with which none is 0 by rounding
_NOWHERE_NEGATIVE = -0.05  # smallest value of S or g, up to noise; F and G oscillate about 0
_NEGATIVE_G = -0.1  # value of G or g − 1 that g does not have
_MAX_SPREAD = 0.5  # standard deviation of S in the upper quarter of q
_MAX_SHIFT = 0.5  # of the mean of S there, from its limit
_MIN_INTENSITY = 10  # mean of counts there, which S does not have; of F, relative to q
_FURTHEST_ONSET = 6.0  # Å, of g
_LARGE_R = 5.0  # Å, beyond which g is near 1 on average
_MIN_G_OF_SHELL = 0.5
_MAX_TAIL = 3.0  # mean of g(r) beyond 5 Å, which tends to 1; a larger one is that of an RDF(r)
_MAX_OFFSET = 0.4  # from 1, of the mean of g(r) beyond 5 Å
# Offset from 1 of the mean of g(r) over the last two fifths of r. On all simulated materials it is 0.34 at most if r
# ends at 4 Å, and 0.08 if it ends at 8 Å.
_LAST_PART = 0.6  # of the largest r, where these begin
_MAX_LEVEL = 1.5  # of g(r) that ends between these two distances; that of T(r) and RDF(r) is larger
_MAX_OFFSET_OF_LONG = 0.12
_MIN_END, _MIN_END_OF_LONG = 4.0, 8.0  # Å
_MAX_OF_MIN_G = 0.3  # before the first shell, where g is 0
_MIN_BEFORE = 5  # points before the first shell
_MIN_G_BEFORE = -0.5  # median before the first shell; ripples of a transform up to 8 Å⁻¹ have -0.35
_SHORTEST_BOND = 0.6  # Å; that of H2 is 0.74
_MAX_NOTES = 3  # on outliers, and on holes
_SHORT_STEPS = 3  # by which a curve may end before the end in its header, because headers are rounded
_SHORT_FRACTION = 0.02  # of the end in the header, by which a curve may end before it


def check_pattern(table: Table, kind: str, q: Floats, y: Floats, std: Floats | None, *, given: bool) -> None:
    """Check the values of S, S_R or S − 1.

    Parameters
    ----------
    table : Table
        The table that y was read from.
    kind : {"S", "S_R", "S-1"}
        The quantity y.
    q, y : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹], and the values of the quantity.
    std : ndarray of shape (n_q,) or None
        Standard deviation of y.
    given : bool
        Whether the caller gave the quantity, so that a contradiction is a warning and not an error.
    """
    if y.size < MIN_POINTS:
        return
    far = outliers_of_q(q, y)
    _check_points(table, f"{kind}(q)", y, far)
    _note_lost_rows(table, "q", "Å⁻¹", q, holes_of_q(q))
    table.notes.extend(f"{table.path}: {message}" for message in bank_messages(kind, q, y[None]) if message)
    if contradiction := _contradiction_of_tail(kind, q[~far], y[~far]):
        contradict(table, f"{table.path}: read as {kind}, but {contradiction}", given)
        return
    s = {"S": y, "S-1": y + 1, "S_R": 1 + y / np.maximum(q, _TINY)}[kind]
    table.notes.extend(f"{table.path}: {message}" for message in _doubts(kind, q, y, s))
    noise = STD_PER_MEDIAN * median(np.abs(np.diff(y, 2))) / np.sqrt(VARIANCE_OF_SECOND_DIFFERENCE)
    noise = np.maximum(noise, 0 if std is None else std) / (np.maximum(q, _TINY) if kind == "S_R" else 1)
    low = (s < _MIN_S - _NOISE_STDS * noise) & (q > _MIN_Q) & ~far
    if low.any():
        i = int(np.argmin(np.where(low, s, np.inf)))
        table.notes.append(
            f"{table.path}, line {table.rows[i][0]}: S(q) falls to {s[i]:.2g}, below {_MIN_S:g} in {low.sum()} points; "
            "no S(q) is negative."
        )


def _doubts(kind: str, q: Floats, y: Floats, s: Floats) -> list[str]:
    """Return messages on values that S(q) of a liquid or glass hardly has."""
    doubts = []
    upper = float(s[q > q[-1] / 2].mean())
    if zeros := _filled(y):
        first, last = zeros
        where = f"from {q[first]:.3g} to {q[last]:.3g} Å⁻¹" if first else f"up to {q[last]:.3g} Å⁻¹"
        doubts.append(f"{kind}(q) is exactly 0 {where}: was it filled, or is it g(r)?")
    if q[-1] < _SHORTEST_REACH:
        doubts.append(f"q ends at {q[-1]:.3g} Å⁻¹, before the structure of S: is it in another unit?")
    elif q[0] < _FIRST_MAXIMA < q[-1] and s[q < _FIRST_MAXIMA].max() < _MIN_MAXIMUM:
        doubts.append(f"S(q) has no maximum up to {_FIRST_MAXIMA:g} Å⁻¹: is q in another unit? Give unit.")
    elif q[-1] > _MIN_REACH and abs(upper - 1) > _MAX_DEVIATION:
        doubts.append(f"S(q) is {upper:.2g} on average over the upper half of q, not 1: is it wrongly normalized?")
    return doubts


def _filled(y: Floats) -> tuple[int, int] | None:
    """Return the first and the last of successive values of 0 next to one that is large for its digits, or None."""
    steps = np.abs(np.diff(y))
    digit = steps[steps > 0].min(initial=np.inf)
    runs = (run for run in _zeros(y) if np.abs(y[max(run[0] - 1, 0) : run[1] + 2]).max() > _MANY_DIGITS * digit)
    return next(runs, None)


def _zeros(y: Floats) -> list[tuple[int, int]]:
    """Return the first and the last index of each run of values of 0."""
    ends = np.flatnonzero(np.diff(y == 0, prepend=False, append=False)).reshape(-1, 2)
    return [(int(first), int(end) - 1) for first, end in ends if end - first >= _MIN_EQUAL]


def hole_of_zeros(g: Floats) -> tuple[int, int] | None:
    """Return the first and the last of successive values of 0 to which g, or counts, fall in one step, or None."""
    step = np.abs(np.diff(g)).mean()
    for first, last in _zeros(g):
        if first > 1 and last + 2 < g.size:
            before, after = g[[first - 1, first - 2]], g[[last + 1, last + 2]]
            if all(y[0] > _MIN_JUMP * max(step, abs(y[1] - y[0])) for y in (before, after)):
                return first, last
    return None


def check_curve(table: Table, kind: str, r: Floats, y: Floats, *, given: bool) -> None:
    """Check whether g is in fact G or g − 1, or G is g.

    Parameters
    ----------
    table : Table
        The table that y was read from.
    kind : {"g", "G", "RDF"}
        The quantity y.
    r, y : ndarray of shape (n_r,)
        Distances [Å], and the values of the quantity in powers of Å.
    given : bool
        Whether the caller gave the quantity, so that a contradiction is a warning and not an error.
    """
    if y.size < MIN_POINTS:
        return
    like_g = y
    if kind == "RDF":  # it grows as r²
        like_g = y / np.maximum(r, 0.5) ** 2
        like_g = like_g / (float(median(like_g[y.size // 2 :])) or 1.0)
    far = outliers_of_r(r, like_g)
    _check_points(table, f"{kind}(r)", y, far, like_g)
    _note_lost_rows(table, "r", "Å", r, holes_of_r(r))
    r, y = r[~far], y[~far]
    if (highest := float(r[np.argmax(like_g[~far])])) < _SHORTEST_BOND:
        table.notes.append(
            f"{table.path}: {kind}(r) is highest at {highest:.2g} Å, nearer than any two atoms are: give unit='nm' if "
            "r is in nm."
        )
    if kind == "g" and (hole := hole_of_zeros(y)):
        first, last = hole
        table.notes.append(
            f"{table.path}: g(r) is exactly 0 from {r[first]:.3g} to {r[last]:.3g} Å, between {y[first - 1]:.2g} and "
            f"{y[last + 1]:.2g}: was it filled?"
        )
    onset = float(r[np.argmax(y > _MIN_G_OF_SHELL)])
    if kind == "g" and onset > _FURTHEST_ONSET and (r < _FURTHEST_ONSET).sum() >= _MIN_BEFORE:
        table.notes.append(f"{table.path}: g(r) is 0 up to {onset:.3g} Å: is r in another unit? Give unit.")
    tail = y[-(y.size // 4) :].mean()
    if kind == "g" and abs(tail) < NEAR_LIMIT and y.min() < _NEGATIVE_G:
        message = f"is negative, down to {y.min():.2g}, and tends to {tail:.2g}: give quantity='G' if it is G(r)"
        contradict(table, f"{table.path}: read as g(r), but it {message}, quantity='g-1' or 'GK'.", given)
    elif kind == "g" and r[y.size - y.size // 4] > _LARGE_R and abs(tail - 1) > _MAX_OFFSET:
        message = f"is {tail:.2g} in the upper quarter of r, where g(r) tends to 1: is it "
        message += "RDF(r)?" if tail > _MAX_TAIL else "multiplied by ⟨b⟩² or wrongly normalized, or g(r) - 1?"
        contradict(table, f"{table.path}: read as g(r), but it {message}", given)
    before = y[: int(np.argmax(y > 1))]
    if kind == "g" and before.size >= _MIN_BEFORE and (level := float(np.median(before))) < _MIN_G_BEFORE:
        message = f"is {level:.2g} before its first peak, where g(r) is 0: give quantity='G' if it is G(r)."
        contradict(table, f"{table.path}: read as g(r), but it {message}", given)
    if kind == "G" and r[-1] - r[0] > _LARGE_R and y.min() > _NOWHERE_NEGATIVE and abs(tail - 1) < NEAR_LIMIT:
        message = f"is never negative and tends to {tail:.2g}, as g(r): give quantity='g'"
        contradict(table, f"{table.path}: read as G(r), but it {message}.", given)


def check_level(table: Table, r: Floats, g: Floats) -> None:
    """Note that g(r) is not 1 on average at large r, unless a note says something like that already.

    Parameters
    ----------
    table, r, g
        As for :func:`check_low_values`.
    """
    is_noted = any("read as g(r), but" in note or "the number density implies" in note for note in table.notes)
    if r.size < MIN_POINTS or is_noted:
        return
    inside = ~outliers_of_r(r, g)
    r, g = r[inside], g[inside]
    is_last = r > _LAST_PART * r[-1]
    level = float(g[is_last].mean())
    off = level > _MAX_LEVEL if r[-1] < _MIN_END_OF_LONG else abs(level - 1) > _MAX_OFFSET_OF_LONG
    if off and r[-1] >= _MIN_END:
        table.notes.append(
            f"{table.path}: read as g(r), but it is {level:.2g} on average beyond {r[is_last][0]:.2g} Å, where g(r) "
            "tends to 1: is it wrongly normalized, or T(r) or RDF(r), or is the number density wrong?"
        )


def check_low_values(table: Table, r: Floats, g: Floats) -> None:
    """Note values of g(r) that are further below 0 than those of a Fourier transform, and if it is not 0 at small r.

    Parameters
    ----------
    table : Table
        The table that g was read from; both end with the same row.
    r, g : ndarray of shape (n_r,)
        Distances [Å] and pair distribution function.
    """
    if r.size >= MIN_POINTS and (low := too_negative(r, g) & ~outliers_of_r(r, g)).any():
        i = int(np.argmin(np.where(low, g, np.inf)))
        line = table.rows[i - r.size][0]
        table.notes.append(
            f"{table.path}, line {line}: g(r) falls to {g[i]:.4g}, further below 0 than termination ripples are."
        )
    before = g[: int(np.argmax(g > 1))]
    if r.size >= MIN_POINTS and before.size >= _MIN_BEFORE and (least := float(before.min())) > _MAX_OF_MIN_G:
        table.notes.append(
            f"{table.path}: g(r) is {least:.2g} or more before its first peak, where it has to be 0: is the number "
            "density or the normalization wrong, or does the curve begin beyond the first peak?"
        )


def _check_points(table: Table, name: str, y: Floats, far: Mask, comparable: Floats | None = None) -> None:
    """Raise an error for impossible values, and note outliers."""
    comparable = y if comparable is None else comparable
    if (wrong := impossible(comparable) | impossible(y)).any():
        raise table.error(f"a value of {name}, which is about {median(y):.2g} elsewhere", int(wrong.argmax()))
    distance = np.abs(y - median(y))
    code = y[np.argmax(distance)]
    is_code = y == code
    is_far = abs(code) >= _MIN_CODE and distance.max() > _FAR_CODE * distance[~is_code].max(initial=0)
    if is_far and code % 1 == 0 and is_code.sum() > 1:
        line = table.rows[int(is_code.argmax())][0]
        raise ValueError(
            f"{table.path}, line {line}: {code:g} seems to mark {is_code.sum()} missing values: leave these rows out."
        )
    for i in np.flatnonzero(far)[:_MAX_NOTES]:
        table.notes.append(f"{table.path}, line {table.rows[i][0]}: {y[i]:.4g} is far from the neighbouring points.")


def _note_lost_rows(table: Table, axis: str, unit: str, x: Floats, holes: Mask) -> None:
    """Note missing rows: holes, and an end before that in the header."""
    for i in np.flatnonzero(holes)[:_MAX_NOTES]:
        table.notes.append(
            f"{table.path}, line {table.rows[i + 1][0]}: {axis} jumps from {x[i]:.4g} to {x[i + 1]:.4g} {unit}, with "
            f"steps of {float(median(np.diff(x))):.2g}: are rows missing?"
        )
    last = headers.last(axis, table.header())
    tolerance = max(_SHORT_STEPS * float(x[-1] - x[-2]), _SHORT_FRACTION * last)
    if last > max(x[-1], table.values[-1, 0]) + tolerance:  # the header may be in the unit of the table
        table.notes.append(
            f"{table.path}: {axis} ends at {x[-1]:.4g} {unit}, but at {last:.4g} in its header: are rows missing?"
        )


def _contradiction_of_tail(kind: str, q: Floats, y: Floats) -> str:
    """Return a message if the upper quarter of q contradicts the quantity, else an empty text."""
    tail = y[-(y.size // 4) :]
    mean, spread = tail.mean(), tail.std()
    description = f"it is {mean:.2g} ± {spread:.2g} in the upper quarter of q"
    if kind == "S_R":
        if abs(mean - 1) < NEAR_LIMIT and spread < _MAX_SPREAD and y.min() > _NOWHERE_NEGATIVE:
            return f"{description} and nowhere negative, as S(q)."
        if mean > _MIN_INTENSITY * q[-tail.size :].mean():  # S would be 11, more than an error of the scale explains
            return (
                f"{description}, as an intensity: reduce it to S(q) by read_scan and Reduction, or by `wtrdf reduce`."
            )
        return ""
    limit = 1 if kind == "S" else 0
    if abs(mean - limit) <= _MAX_SHIFT and spread <= _MAX_SPREAD:
        return ""
    if mean > _MIN_INTENSITY:
        return f"{description}, as an intensity: reduce it to S(q) by read_scan and Reduction, or by `wtrdf reduce`."
    name, others = ("S(q)", "S(q) - 1 or F(q)") if kind == "S" else ("S(q) - 1", "S(q) or F(q)")
    return f"{description}, where {name} tends to {limit}: is it {others}, or wrongly normalized?"
