"""Conventions of normalization with the same names, such as G(r) of PDFgetX3 and of RMCProfile, recognized by values.

Below the first shell, where g is 0, 4πrρ₀ (g − 1) falls in proportion to r, and ⟨b⟩² (g − 1) is constant. At small q,
where S hardly varies, q (S − 1) is proportional to q, and ⟨b⟩² (S − 1) is constant. At the other end T(r) and RDF(r)
tend to 4πrρ₀ and 4πr²ρ₀, or to ⟨b⟩² times these.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.io.tables import Table
from sklearn_wtrdf.scattering.composition import Composition
from sklearn_wtrdf.scattering.sampling import MIN_POINTS

Floats = NDArray[np.float64]
Formula = str | Mapping[str, float] | Composition
Shape = Literal["flat", "proportional", "square", "unknown"]


@dataclass(frozen=True)
class ConventionLimits:
    """When the beginning of a curve is flat, and when it is proportional to r or q.

    Chosen on all simulated materials of `datasets`, with q from 0.5 to 1.0 to 9 or 20 Å⁻¹, none of which is
    misclassified.
    """

    # The beginning of g(r), G(r): residuals of a constant, over those of a line through 0.
    first_r: float = 0.1  # Å: nearer to 0 the errors of a Fourier transform grow as 1 / r
    last_r: float = 1.0  # Å: most bonds are longer
    max_first_r: float = 0.5  # Å: a curve that begins later does not show its shape
    flat_ratio: float = 0.5
    flat_spread: float = 0.4  # standard deviation over mean of a constant with ripples
    proportional_ratio: float = 1.5
    square_ratio: float = 30.0  # residuals of a line over those of a parabola; of transforms of S it is 15 at most

    # The beginning of S − 1, F(q): d ln |y| / d ln q, 1 for q (S − 1) and 0 for S − 1 where S is constant.
    proportional_slope: float = 0.5
    flat_slope: float = 0.15  # for a curve that begins early
    early_start_of_q: float = 0.55  # Å⁻¹
    max_first_q: float = 1.0  # Å⁻¹: a curve that begins later does not show its shape
    ripple_ratio: float = 0.3  # ripples below the first shell if y is S − 1, over those if y is q (S − 1)
    max_points: int = 4000  # of q in that transform

    min_square: float = 1e-4  # barn/sr, of ⟨b⟩²; with a smaller one S − 1 would be dominated by noise
    factor_tolerance: float = 0.15  # of a factor, relative to ⟨b⟩² or 1
    density_ratio: float = 2.0  # of G(r) or RDF(r) over what the number density implies, beyond which it is reported
    max_slope: float = 1.25  # the same of G(r): S that begins late makes its slope smaller, and nothing larger
    min_growth: float = 0.5  # of the mean at large r over that of T(r), which is 0 for G(r)
    min_end_of_r: float = 7.0  # Å: a shorter curve may end on a peak
    max_level: float = -0.6  # of S − 1 at small q, where liquids and glasses are nearly incompressible
    max_of_min_s: float = 0.6  # the least S up to `small_q`, if its values at small q are not constant
    small_q: float = 3.0  # Å⁻¹
    min_level: float = 0.03  # of the constant below the first shell, relative to the largest value


LIMITS = ConventionLimits()
NEAR_LIMIT = 0.3  # of the mean in the upper quarter, from 0 or 1
_LOW_R = np.append(np.arange(0.1, 1.2, 0.05), np.arange(1.2, 6.0, 0.1))  # Å, of the transform that compares ripples
_MIN_OF_SHAPE = 4  # points
_F = re.compile(r"f\s*(_?q|\(q\))?$", re.IGNORECASE)  # a name of q (S − 1) and of ⟨b⟩² (S − 1)
_SHORTEST_BOND = 1.2  # Å, below which there are only ripples in most materials


class Beginning(NamedTuple):
    """The shape of a curve at its beginning, with its mean there and its slope as a line through 0."""

    shape: Shape
    level: float
    slope: float


def square_of_mean(table: Table, composition: Formula | None) -> float | None:
    """Return ⟨b⟩² [barn/sr] of neutrons by the given composition or that of the header, or None if it is unknown."""
    formula = composition or table.composition()
    material = None if formula is None else Composition(formula)
    with contextlib.suppress(ValueError):  # an element without a scattering length
        return None if material is None else float(material.intensities("neutron")["square_of_mean"])
    return None


def check_square(table: Table, square: float | None, quantity: str, divided: str) -> float:
    """Return ⟨b⟩², or raise if it is unknown or too small to divide by."""
    if square is None:
        raise ValueError(
            f"{table.path}: {quantity} in barn/sr: give composition, such as 'SiO2', to divide by ⟨b⟩² of neutrons, or "
            f"quantity='{divided}' if it is divided already."
        )
    if square < LIMITS.min_square:
        raise ValueError(f"{table.path}: ⟨b⟩² of the composition is {square:.1g} barn/sr, too small to divide by.")
    return square


def is_of_rmcprofile(table: Table) -> bool:
    """Return whether a file begins with a count of rows and a title, as RMCProfile and stog write it."""
    return not table.labels and bool(table.above) and table.above[0].isdecimal()


def _beginning_of_curve(r: Floats, y: Floats) -> Beginning:
    """Return the shape of g, G or another curve over r [Å] below the first shell."""
    low = (y.size >= MIN_POINTS) & (r >= LIMITS.first_r) & (r <= LIMITS.last_r)
    if low.sum() < _MIN_OF_SHAPE or r[low][0] > LIMITS.max_first_r:
        return Beginning("unknown", np.nan, np.nan)
    return _shape_of(r[low], y[low])


def _late_beginning_of_curve(r: Floats, y: Floats) -> Beginning:
    """Return the shape of G of a curve that begins late, on the way to its first shell, where G crosses 0."""
    first = int(np.argmax(y >= 0))
    if y.size < MIN_POINTS or first < 2 * _MIN_OF_SHAPE:
        return Beginning("unknown", np.nan, np.nan)
    return _shape_of(r[: first // 2], y[: first // 2])


def _shape_of(r: Floats, y: Floats) -> Beginning:
    """Return whether y is constant, or proportional to r [Å] or r²."""
    level, slope = float(y.mean()), float(r @ y / (r @ r))
    ratio = ((y - level) ** 2).sum() / max(((y - slope * r) ** 2).sum(), 1e-300)
    constant = ratio < LIMITS.flat_ratio and y.std() < LIMITS.flat_spread * abs(level)
    shape: Shape = "flat" if constant else "unknown"
    if slope < 0 and ratio > LIMITS.proportional_ratio:
        of_line, of_square = (((y - x * (x @ y) / (x @ x)) ** 2).sum() for x in (r, r**2))
        shape = "square" if of_line > LIMITS.square_ratio * of_square else "proportional"
    return Beginning(shape, level, slope)


def _beginning_of_pattern(q: Floats, y: Floats) -> Beginning:
    """Return the shape of S − 1 or q (S − 1) over q [Å⁻¹] at small q, where both are negative."""
    q, y = q[q > 0], y[q > 0]
    if y.size < MIN_POINTS or y[0] >= 0 or q[0] > LIMITS.max_first_q:
        return Beginning("unknown", np.nan, np.nan)
    n = max(4, int(np.argmax(y >= 0) or y.size) // 2)
    middle, level = float(q[:n].mean()), float(y[:n].mean())
    slope = float((q[:n] - middle) @ y[:n] / ((q[:n] - middle) @ (q[:n] - middle)))
    relative = slope * middle / level if level < 0 else np.nan
    shape: Shape = "unknown"
    early_and_flat = relative < LIMITS.flat_slope and q[0] < LIMITS.early_start_of_q
    if relative > LIMITS.proportional_slope:
        shape = "proportional"
    elif early_and_flat or _ripple_ratio(q, y) < LIMITS.ripple_ratio:
        shape = "flat"
    return Beginning(shape, level, slope)


def _begins_late(q: Floats) -> bool:
    """Return whether a curve over q [Å⁻¹] begins too late to show its shape."""
    return q.size >= MIN_POINTS and q[q > 0][0] > LIMITS.max_first_q


def _is_any_f(table: Table) -> bool:
    """Return whether a file calls its quantity F(q), as programs call different ones, and is not from PDFgetX."""
    is_f, text = not table.labels or any(map(_F.match, table.labels[1:])), "\n".join(table.above).lower()
    return is_f and ("pdfgetx" not in text or "rmc" in text)


def _ripple_ratio(q: Floats, y: Floats) -> float:
    """Return the ripples of G(r) below the first shell if y is S − 1, over those if it is q (S − 1).

    G(r) is the Fourier transform, and its ripples are the distance from a line through 0, over its largest value.
    """
    step = -(-q.size // LIMITS.max_points)
    q, y = q[::step], y[::step]
    weights = np.gradient(q) * np.sinc(q / q[-1])
    g = np.sin(np.outer(_LOW_R, q)) @ np.column_stack([y * weights, q * y * weights])
    low, r = g[_LOW_R < _SHORTEST_BOND], _LOW_R[_LOW_R < _SHORTEST_BOND]
    ripples = np.sqrt(((low - np.outer(r, r @ low / (r @ r))) ** 2).mean(axis=0)) / np.abs(g).max(axis=0)
    return float(ripples[1] / max(ripples[0], 1e-300))


def check_pattern_convention(table: Table, kind: str, q: Floats, y: Floats, *, given: bool) -> None:
    """Raise, or note if the quantity was given, if y is normalized by another convention than its name says.

    Parameters
    ----------
    table : Table
    kind : {"S", "S_R", "S-1"}
        The quantity y.
    q, y : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹], and the values of the quantity.
    given : bool
        Whether the caller gave the quantity.
    """
    if kind == "S":
        _check_s(table, q, y, given)
        return
    beginning = _beginning_of_pattern(q, y)
    ways = "give composition and quantity='interference' if it is ⟨b⟩² (S − 1) in barn/sr, as RMCProfile writes F(Q)"
    if kind == "S_R" and beginning.shape == "flat":
        contradict(
            table,
            f"{table.path}: read as q (S − 1), but it does not vanish at small q, where it is {beginning.level:.2g}: "
            f"{ways}; quantity='S-1' if it is S − 1; or quantity='S_R' if it is q (S − 1) nevertheless.",
            given,
        )
    elif kind == "S_R" and not given and beginning.shape == "unknown" and is_of_rmcprofile(table):
        raise ValueError(
            f"{table.path}: it begins with a count of rows, as RMCProfile and stog write files, whose F(Q) differ: "
            f"{ways}; quantity='S-1' if it is S − 1; or quantity='S_R' if it is q (S − 1)."
        )
    elif kind == "S_R" and not given and beginning.shape == "unknown" and _begins_late(q) and _is_any_f(table):
        by = "name" if table.labels else "suffix"
        table.notes.append(
            f"{table.path}: read as q (S − 1) by its {by}, which its values at small q do not show: {ways}; "
            "quantity='S-1' if it is S − 1; or quantity='S_R' without this warning."
        )
    elif kind == "S-1" and beginning.shape == "proportional":
        message = "read as S − 1, but it vanishes at small q, as q (S − 1): give quantity='S_R'."
        contradict(table, f"{table.path}: {message}", given)
    elif kind == "S-1" and beginning.shape == "flat" and beginning.level > LIMITS.max_level:
        contradict(
            table,
            f"{table.path}: read as S − 1, but it is {beginning.level:.2g} at small q, where S − 1 is near -1: {ways}, "
            "or quantity='S-1' nevertheless.",
            given,
        )


def check_depth(table: Table, kind: str, q: Floats, y: Floats) -> None:
    """Note that S is not near 0 at small q, as where S − 1 is multiplied by a factor below 1, or that of a partial is.

    Parameters
    ----------
    table, kind, q, y
        As for :func:`check_pattern_convention`.
    """
    s = {"S": y, "S-1": y + 1, "S_R": 1 + y / np.maximum(q, 1e-9)}[kind][(q > 0) & (q < LIMITS.small_q)]
    if y.size < MIN_POINTS or q[q > 0][0] > LIMITS.max_first_q or not s.size:
        return
    if s.min() > LIMITS.max_of_min_s:
        value = f"S(q) is nowhere below {s.min():.2g} up to q = {LIMITS.small_q:g} Å⁻¹"
    elif kind == "S" and s[0] > 1 + LIMITS.max_level and _beginning_of_pattern(q, y - 1).shape == "flat":
        value = f"S(q) is {s[0]:.2g} at small q"
    else:
        return
    table.notes.append(
        f"{table.path}: {value}, where that of liquids and glasses is near 0: is S − 1 multiplied by ⟨b⟩², or wrongly "
        "normalized?"
    )


def _check_s(table: Table, q: Floats, y: Floats, given: bool) -> None:
    tail = y[-max(y.size // 4, 1) :].mean()
    if given or abs(tail) >= NEAR_LIMIT:
        return
    beginning = _beginning_of_pattern(q, y)
    quantity = {
        "proportional": " Give quantity='S_R': it seems to be q (S − 1).",
        "flat": " Give quantity='S-1': it seems to be S − 1; or 'interference' if it is ⟨b⟩² (S − 1) in barn/sr.",
        "unknown": " Give quantity: 'S-1', 'S_R' for q (S − 1), or 'interference' for ⟨b⟩² (S − 1) in barn/sr.",
    }[beginning.shape]
    raise ValueError(f"{table.path}: read as S by its name, but it tends to {tail:.2g}.{quantity}")


def curve_factor(
    table: Table, kind: str, r: Floats, y: Floats, density: float | None, square: float | None, *, given: bool
) -> float:
    """Return the factor that y has to be divided by, 1 or ⟨b⟩².

    Parameters
    ----------
    table : Table
    kind : {"g", "G", "RDF", "D", "T", "g-1", "GK"}
        The quantity by option, name or suffix.
    r, y : ndarray of shape (n_r,)
        Distances [Å], and the values of the quantity in powers of Å.
    density : float or None
        ρ₀ [Å⁻³].
    square : float or None
        ⟨b⟩² [barn/sr].
    given : bool
        Whether the caller gave the quantity, so that a contradiction is a warning and not an error.
    """
    beginning = _beginning_of_curve(r, y)
    if kind in ("g-1", "GK"):
        return _factor_of_level(table, kind, beginning, square)
    if kind == "g":
        return 1.0
    ratio = _ratio(kind, r, y, beginning, density)
    if kind in ("D", "T"):
        return _factor_of_ratio(table, kind, ratio, square, given)
    largest = LIMITS.max_slope if kind == "G" else LIMITS.density_ratio
    if kind == "G" and beginning.shape == "square":
        message = "read as G(r), but it falls as r² below the first shell, as 4πr² (ρ − ρ₀): divide it by r."
        contradict(table, f"{table.path}: {message}", given)
    elif kind == "G" and given and _is_level_below_shell(beginning, y):
        table.notes.append(
            f"{table.path}: read as G(r), but below the first shell it is constant, {beginning.level:.3g}, as ⟨b⟩² "
            "(g − 1) in barn/sr, which RMCProfile calls G(r): give composition and quantity='GK'."
        )
    elif kind == "G" and r[-1] > LIMITS.min_end_of_r and (growth := _growth(r, y, density)) > LIMITS.min_growth:
        other = "T" if growth < LIMITS.density_ratio else "RDF"
        contradict(table, f"{table.path}: read as G(r), but it grows with r: give quantity='{other}'.", given)
    elif not 1 / LIMITS.density_ratio < ratio < largest and not np.isnan(ratio):
        _contradict_density(table, kind, ratio, square, given)
    elif kind == "G" and not given and not table.labels and r[0] > LIMITS.max_first_r and y.size >= MIN_POINTS:
        _note_late_start(table, r, y, density)
    return 1.0


def _note_late_start(table: Table, r: Floats, y: Floats, density: float | None) -> None:
    """Note that a curve by its suffix is G(r), and begins too late to show it, unless its values are those of G(r)."""
    ratio = _ratio("G", r, y, _late_beginning_of_curve(r, y), density)
    if not abs(ratio - 1) < LIMITS.factor_tolerance:  # or it is NaN
        table.notes.append(
            f"{table.path}: read as G(r) by its suffix, which its values from r = {r[0]:.3g} Å on do not show: give "
            "composition and quantity='GK' if it is ⟨b⟩² (g − 1) in barn/sr, as RMCProfile writes G(r); quantity='D' "
            "if it is multiplied by ⟨b⟩²; or quantity='G' without this warning."
        )


def _contradict_density(table: Table, kind: str, ratio: float, square: float | None, given: bool) -> None:
    """Raise or note that G(r) or RDF(r) is not what the number density implies."""
    message = f"{table.path}: {kind}(r) is {ratio:.2g} times what the number density implies"
    if kind == "RDF":
        contradict(table, f"{message}, at large r: is it another quantity, or is the number density wrong?", given)
    elif square and abs(ratio / square - 1) < LIMITS.factor_tolerance:
        contradict(table, f"{message}, below the first shell, which is ⟨b⟩²: give quantity='D'.", given)
    else:
        table.notes.append(
            f"{message}, below the first shell: is the number density or the normalization wrong, or is S(q) unknown "
            "at small q? If it is multiplied by ⟨b⟩², give composition and quantity='D'."
        )


def kind_by_values(table: Table, kind: str, r: Floats, y: Floats, square: float | None) -> str:
    """Return GK in place of g or G if y is ⟨b⟩² (g − 1) by its values and the composition, or raise if it may be."""
    if kind not in ("g", "G", "RDF"):
        return kind
    beginning = _beginning_of_curve(r, y)
    path, level, tail = table.path, beginning.level, y[-max(y.size // 4, 1) :].mean()
    if abs(tail - 1) < NEAR_LIMIT and kind != "g" and not (table.labels and kind == "G"):
        raise ValueError(
            f"{path}: read as {kind} by its name, but it tends to {tail:.2g}. Give quantity='g' if it is g(r)."
        )
    is_flat_at_minus_1 = beginning.shape == "flat" and abs(level + 1) < LIMITS.factor_tolerance
    if kind == "RDF" or (abs(tail) >= NEAR_LIMIT and not (kind == "g" and is_flat_at_minus_1)):
        return kind
    if _is_level_below_shell(beginning, y):
        if square and abs(-level / square - 1) < LIMITS.factor_tolerance:
            table.notes.append(
                f"{path}: {kind}(r) is ⟨b⟩² (g − 1) in barn/sr by its values, {level:.3g} below the first shell, and "
                f"is divided by ⟨b⟩² = {square:.3g} of the composition."
            )
            return "GK"
        if is_flat_at_minus_1:
            raise ValueError(f"{path}: read as {kind}(r), but it is -1 below the first shell: give quantity='g-1'.")
        expected = "" if square is None else f" (it would be {-square:.2g} by neutrons with this composition)"
        raise ValueError(
            f"{path}: read as {kind}(r), but below the first shell it is constant, {level:.3g}, as ⟨b⟩² (g − 1) in "
            f"barn/sr{expected}, which RMCProfile calls G(r): give composition and quantity='GK'."
        )
    if kind == "G" and beginning.shape == "unknown" and is_of_rmcprofile(table):
        raise ValueError(
            f"{path}: it begins with a count of rows, as RMCProfile and stog write files, whose G(r) differ: give "
            "composition and quantity='GK' if it is ⟨b⟩² (g − 1) in barn/sr, or quantity='G' if it is 4πrρ₀ (g − 1)."
        )
    return kind


def _is_level_below_shell(beginning: Beginning, y: Floats) -> bool:
    """Return whether y is constant and clearly negative below the first shell, as g − 1 or ⟨b⟩² (g − 1)."""
    return beginning.shape == "flat" and beginning.level < -LIMITS.min_level * np.abs(y).max()


def _factor_of_level(table: Table, kind: str, beginning: Beginning, square: float | None) -> float:
    """Return ⟨b⟩² for GK, and 1 for g − 1, or note that the values below the first shell contradict it."""
    factor = check_square(table, square, "⟨b⟩² (g − 1)", "g-1") if kind == "GK" else 1.0
    if beginning.shape == "proportional":
        table.notes.append(
            f"{table.path}: it falls in proportion to r below the first shell, as G(r), and not as g − 1."
        )
    if beginning.shape == "flat" and abs(-beginning.level / factor - 1) > LIMITS.factor_tolerance:
        name = "-⟨b⟩² of the composition" if kind == "GK" else "g − 1"
        table.notes.append(
            f"{table.path}: it is {beginning.level:.3g} below the first shell, where {name} is {-factor:.3g}: is it "
            "wrongly normalized?"
        )
    return factor


def _ratio(kind: str, r: Floats, y: Floats, beginning: Beginning, density: float | None) -> float:
    """Return y over its value for this density, below the first shell or at large r, or NaN if that is unknown."""
    if density is None or y.size < MIN_POINTS:
        return np.nan
    if kind in ("D", "G"):
        return -beginning.slope / (4 * np.pi * density) if beginning.shape == "proportional" else np.nan
    tail = slice(-max(y.size // 4, 1), None)
    power = {"T": 1, "RDF": 2}[kind]
    return float(y[tail].mean() / (4 * np.pi * density * (r[tail] ** power).mean()))


def _growth(r: Floats, y: Floats, density: float | None) -> float:
    """Return y over 4πrρ₀ at large r, the lesser of the means in the third and in the fourth quarter, or NaN."""
    if density is None or y.size < MIN_POINTS:
        return np.nan
    quarters = zip(np.array_split(r, 4)[2:], np.array_split(y, 4)[2:], strict=True)
    return min(float(y.mean() / r.mean()) for r, y in quarters) / (4 * np.pi * density)


def _factor_of_ratio(table: Table, kind: str, ratio: float, square: float | None, given: bool) -> float:
    """Return 1 or ⟨b⟩², whichever the values of D(r) or T(r) show; if neither, 1 for a given quantity, or raise."""
    form = {"D": "4πrρ₀ (g − 1)", "T": "4πrρ₀ g"}[kind]
    candidates = np.array([1.0, square] if square else [1.0])
    off = np.abs(np.log(ratio / candidates)) if ratio > 0 else np.full(candidates.size, np.inf)
    best = int(np.argmin(off))
    if off[best] < LIMITS.factor_tolerance and (np.delete(off, best) > 2 * off[best]).all():
        if best == 1:
            table.notes.append(f"{table.path}: {kind}(r) is ⟨b⟩² times {form}, and is divided by ⟨b⟩² = {square:.3g}.")
        return float(candidates[best])
    known = f"it is {ratio:.2g} times {form}" if ratio > 0 else f"it may be {form}, or ⟨b⟩² times that"
    contradict(
        table,
        f"{table.path}: the normalization of {kind}(r) does not follow from its values, number density and "
        f"composition, {known}: give quantity='{kind}' to read it as {form}, after dividing it by ⟨b⟩² if necessary.",
        given,
    )
    return 1.0


def contradict(table: Table, message: str, given: bool) -> None:
    """Raise an error, or note it if the caller gave the quantity."""
    if not given:
        raise ValueError(message if "quantity=" in message else f"{message} Give quantity.")
    table.notes.append(message)
