"""Consistency checks of S_R(q) and of g(r).

A check returns a list of warnings, which is empty if nothing looks wrong. Estimators issue these warnings.
``warnings.simplefilter("error", DataWarning)`` turns all of them into errors; with :class:`MismatchWarning`, only those
about data that seem to be of different materials.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.scattering.angles import MAX_Q
from sklearn_wtrdf.scattering.lines import message_on_lines, sharp_lines
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.scattering.sampling import (
    MIN_POINTS,
    alternations,
    check_possible,
    constant_runs,
    jumps,
    noise_vanishes,
    outliers_of_q,
    outliers_of_r,
    too_negative,
    widest_hole,
    wrong_end_of_r,
)
from sklearn_wtrdf.scattering.validation import as_floats
from sklearn_wtrdf.transforms import densities_from_slope, slopes
from sklearn_wtrdf.utils.data_warnings import DataWarning
from sklearn_wtrdf.utils.text import counted

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ConsistencyLimits:
    """Limits beyond which data are reported. benchmarks/board/consistency.py measures the rates of reports."""

    min_size: float = 1e-3  # Å⁻¹, root mean square of S_R; it is larger even for a gas

    max_first_q: float = 2.0  # Å⁻¹; the first maximum of S of liquids and glasses is between 1 and 3 Å⁻¹
    max_step: float = 0.27  # Å⁻¹, usual step of q; of argon the error of g is small at 0.2, and three times that at 0.3

    # Limits of S at large and at small q.
    max_tail: float = 0.5  # |S − 1|, mean over the upper half of q
    small_q: float = 0.7  # Å⁻¹; if q begins beyond, the limit of S_R at q = 0 is not examined
    small_q_range: float = 0.3  # Å⁻¹, range of the straight line that is extrapolated to this limit
    min_limit: float = -0.6  # Å⁻¹, limit of S_R at q = 0, where S_R tends to 0 and S − 1 to −1
    min_of_s_minus_1: float = -2.5  # the same; below it, the curve cannot be S − 1 either
    max_start: float = 0.15  # S at the first points, if S_R tends to `min_limit` or less
    # A curve of the wrong sign: S at the first points, and the slope of −G(r) / 4π [Å⁻³] before `nearest_atoms` [Å].
    # The first alone may come from small-angle scattering, the second alone from a small q_max.
    start_of_wrong_sign: tuple[float, float] = (1.3, 3.0)  # of 2 − S, which may be far above 1 with hydrogen
    max_slope_of_wrong_sign: float = -0.005
    nearest_atoms: float = 0.75
    shortest_reach: float = 2.0  # Å⁻¹; an S(q) that ends before is in another unit

    # Number density, compared with the slope of G(r) = −4πρ₀r.
    first_distances: tuple[float, float] = (1.4, 1.0)  # Å, of most atoms and of hydrogen; the slope is fitted below
    density_ratio: float = 5.0  # factor between the two densities


LIMITS = ConsistencyLimits()


def check_pattern(q: Floats, s_r: Floats, number_density: float | None = None) -> list[DataWarning]:
    """Check whether S_R(q) and the number density are plausible, and whether points are missing.

    At large q, S tends to 1, so S_R oscillates about 0 and S − 1 is small on average. At small q, S_R tends to 0,
    whereas S − 1 tends to −1. If q begins beyond 0.7 Å⁻¹, S − 1 in place of S_R is not detected.

    Parameters
    ----------
    q, s_r : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹], increasing, and reduced structure factor [Å⁻¹].
    number_density : float, default=None
        ρ₀ [Å⁻³], if it is known.

    Returns
    -------
    messages : list of DataWarning
        Empty if nothing looks wrong, or if there are fewer than 20 points of q.

    Raises
    ------
    ValueError
        If a value differs from the median by more than 10⁴ Å⁻¹ and by more than a thousand times the usual spread.

    Examples
    --------
    >>> from sklearn_wtrdf.consistency import check_pattern
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> ge_se = load_ge_se()
    >>> check_pattern(ge_se.q, ge_se.s_r, 0.034)
    []
    >>> len(check_pattern(ge_se.q, ge_se.s_r / ge_se.q))
    1
    """
    return check_patterns([Pattern(q, s_r, number_density=number_density)])[0]


def check_patterns(patterns: Sequence[Pattern]) -> list[list[DataWarning]]:
    """Return :func:`check_pattern` for each of several patterns on the same grid."""
    if not patterns:
        return []
    q, s_r = as_floats(patterns[0].q, [pattern.s_r for pattern in patterns])
    number_densities = [pattern.number_density for pattern in patterns]
    check_possible("S_R(q)", s_r)
    if q.size < MIN_POINTS:
        return [[] for _ in s_r]
    holes, far = of_grid(q.tobytes()), outliers_of_q(q, s_r)
    of_patterns = _of_patterns(q, s_r, number_densities)
    for i in np.flatnonzero(far.any(axis=1)):  # the other checks use means, which an outlier would dominate
        of_patterns[i] = _of_outliers("S_R", "q", "Å⁻¹", q[far[i]], s_r[i, far[i]])
    sizes = np.sqrt(np.mean(s_r**2, axis=1))
    for i in np.flatnonzero(sizes < LIMITS.min_size):
        of_patterns[i] = (
            f"S_R hardly differs from 0: its root mean square is {sizes[i]:.2g} Å⁻¹. Is it the right column?"
        )
    lines = sharp_lines(q, s_r)
    for i in np.flatnonzero(far.any(axis=1)):
        if np.isin(q[far[i]], lines[i]).all():
            of_patterns[i] = ""  # they are the lines that are reported below
    all_lines = [message_on_lines(places) if places.size else "" for places in lines]
    all_banks, all_runs, all_windows = bank_messages("S_R", q, s_r), _of_runs(q, s_r), _of_windows(q, s_r)
    return [
        [DataWarning(message) for message in (holes, *messages) if message]
        for messages in zip(all_banks, all_lines, all_runs, all_windows, of_patterns, strict=True)
    ]


def bank_messages(name: str, q: Floats, curves: Floats) -> list[str]:
    """Return a message on each curve over q [Å⁻¹] that seems to consist of two that disagree, else an empty text."""
    messages = [""] * len(curves)
    leaps, turns = jumps(q, curves), alternations(q, curves)
    for i in np.flatnonzero(leaps.any(axis=1)):
        at = int(np.flatnonzero(leaps[i])[0])
        by = curves[i, at + 1] - curves[i, at]
        messages[i] = (
            f"{name} jumps by {by:.2g} at q = {q[at + 1]:.3g} Å⁻¹ and stays there: do two banks meet that disagree?"
        )
    for i in np.flatnonzero(turns.any(axis=1)):
        first, *_, last = q[turns[i]]
        messages[i] = (
            f"Points of {name} from q = {first:.3g} to {last:.3g} Å⁻¹ lie by turns on two curves: are two banks merged "
            "that disagree?"
        )
    return messages


def check_curve(r: Floats, g: Floats) -> list[DataWarning]:
    """Check a g(r) for outliers, too negative values, the reverse order of r, and an early end.

    Parameters
    ----------
    r, g : ndarray of shape (n_rows,)
        Distances [Å] in any order, and pair distribution function; values at equal distances are averaged.

    Returns
    -------
    messages : list of DataWarning
        Empty if nothing looks wrong, or if there are fewer than 20 distances.

    Raises
    ------
    ValueError
        If a value differs from the median by more than 10⁴ and by more than a thousand times the usual spread.

    Examples
    --------
    >>> from sklearn_wtrdf.consistency import check_curve
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> ge_se = load_ge_se()
    >>> check_curve(ge_se.r, ge_se.target)
    []
    >>> spoilt = ge_se.target.copy()
    >>> spoilt[30] = -50
    >>> print(*check_curve(ge_se.r, spoilt))
    g(r) has 1 outlier, far from the neighbouring points: -50 at r = 3.93 Å.
    """
    r, g = as_floats(r, g)
    check_possible("y, the g(r) that is given,", g)
    r, row = np.unique(r, return_inverse=True)
    g = np.bincount(row, g) / np.bincount(row)
    if r.size < MIN_POINTS:
        return []
    far = outliers_of_r(r, g)
    messages = [_of_outliers("g(r)", "r", "Å", r[far], g[far])] if far.any() else []
    if (low := too_negative(r, g) & ~far).any():
        i = int(np.argmin(np.where(low, g, np.inf)))
        messages.append(
            f"g(r) falls to {g[i]:.3g} at r = {r[i]:.3g} Å, further below 0 than the finite range of q can explain."
        )
    if message := wrong_end_of_r(r, g):
        messages.append(message)
    return [DataWarning(message) for message in messages]


def _of_outliers(name: str, axis: str, unit: str, x: Floats, y: Floats) -> str:
    """Return a message on outliers."""
    points = ", ".join(f"{value:.3g} at {axis} = {at:.3g} {unit}" for at, value in zip(x[:5], y[:5], strict=True))
    return f"{name} has {counted(x.size, 'outlier')}, far from the neighbouring points: {points}."


def _of_runs(q: Floats, s_r: Floats) -> list[str]:
    """Return a message on each S_R that has a run of one value of S or S_R, or an empty text."""
    positive = q > 0
    runs_of_s, runs = constant_runs(s_r[:, positive] / q[positive]), constant_runs(s_r)
    messages = []
    for curve, run, run_of_s_r in zip(s_r, runs_of_s, runs, strict=True):
        places = q[positive]
        if not run.stop and curve[run_of_s_r.start or 0]:  # where it is 0, S may be rounded to 1
            run, places = run_of_s_r, q
        if not run.stop:
            messages.append("")
            continue
        first, *_, last = places[run]
        messages.append(
            f"S has the same value at {run.stop - run.start} successive points, from q = {first:.3g} to {last:.3g} "
            "Å⁻¹: was it clipped, or filled where it was not measured? Leave these points out."
        )
    return messages


def _of_windows(q: Floats, s_r: Floats) -> list[str]:
    """Return a message on each S_R that seems to be multiplied by a window, or an empty text."""
    message = (
        f"The noise of S vanishes towards q = {q[-1]:.3g} Å⁻¹: was S − 1 multiplied by a window, such as Lorch's? "
        "Give S(q) as it was measured; with a window the peaks of g(r) are too broad."
    )
    positive = q > 0
    return [message if seen else "" for seen in noise_vanishes(q[positive], s_r[:, positive] / q[positive])]


@lru_cache(maxsize=8)
def of_grid(q: bytes) -> str:
    """Return a message on a late beginning, holes and wide steps of q, or an empty text."""
    grid, messages = np.frombuffer(q), []
    if grid[0] > LIMITS.max_first_q and grid[-1] < MAX_Q:  # else it is in another unit
        messages.append(f"q begins at {grid[0]:.3g} Å⁻¹, where the first maximum of S may be missing.")
    if holes := widest_hole(grid):
        messages.append(f"q has {holes}: are points missing? Without them g(r) is incomplete.")
    if (step := np.median(np.diff(grid))) > LIMITS.max_step and grid[-1] < MAX_Q:
        end = f"r = π / step = {np.pi / step:.2g} Å"
        messages.append(f"q has wide steps, of {step:.2g} Å⁻¹: structure beyond {end} distorts g(r) at smaller r.")
    return " ".join(messages)


def _densities(q: Floats, s_r: Floats, given: Floats) -> Floats:
    """Return the density by the slope of each G(r); where it is low, that by the slope before bonds to hydrogen."""
    estimates, of_molecules = (densities_from_slope(q, s_r, first) for first in LIMITS.first_distances)
    return np.where(estimates < given, np.maximum(estimates, of_molecules), estimates)


def _of_patterns(q: Floats, s_r: Floats, number_densities: Sequence[float | None]) -> list[str]:
    """Return a message on the first property of each pattern that looks wrong, or an empty text."""
    if not LIMITS.shortest_reach < q[-1] < MAX_Q:
        why = "beyond what diffraction reaches: if it is in nm⁻¹, divide it by 10."
        if q[-1] < MAX_Q:
            why = "before the structure of S: is q in another unit?"
        return [f"q ends at {q[-1]:g} Å⁻¹, {why}"] * len(s_r)
    upper, small, line = _ends(q.tobytes())
    tails = s_r[:, upper]
    means, spreads, offs = tails.mean(axis=1), tails.std(axis=1), (tails / q[upper]).mean(axis=1)
    limits, starts = np.zeros(len(s_r)), np.ones(len(s_r))
    if line is not None:
        limits, starts = s_r[:, small] @ line, 1 + s_r[:, small].mean(axis=1) / q[small].mean()
    given = np.array(number_densities, dtype=float)  # NaN for None
    estimates = _densities(q, s_r, given)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = estimates / given
    of_slopes, (least, most) = slopes(q, s_r, LIMITS.nearest_atoms), LIMITS.start_of_wrong_sign
    wrong = [
        np.abs(means) > 2 * spreads,
        np.abs(offs) > LIMITS.max_tail,
        (limits < LIMITS.min_limit) & (starts < LIMITS.max_start),
        (least < starts) & (starts < most) & (of_slopes < LIMITS.max_slope_of_wrong_sign),
        ~np.isnan(ratios) & ~((ratios > 1 / LIMITS.density_ratio) & (ratios < LIMITS.density_ratio)),
    ]
    messages = [""] * len(s_r)
    for i in np.flatnonzero(np.any(wrong, axis=0)):
        if wrong[0][i]:
            messages[i] = (
                f"S_R does not oscillate about 0: its mean over the upper half of q is {means[i]:.3g} Å⁻¹, beyond "
                "twice its standard deviation there. If it is S(q), convert it by S_R = q (S − 1)."
            )
        elif wrong[1][i]:
            messages[i] = (
                f"S does not oscillate about 1: S − 1 = S_R / q has a mean of {offs[i]:.3g} over the upper half of q. "
                "If what was taken for S(q) is F(q) = q (S − 1), that is S_R itself."
            )
        elif wrong[2][i] and limits[i] < LIMITS.min_of_s_minus_1:
            messages[i] = (
                f"S_R tends to {limits[i]:.2g} Å⁻¹ at small q instead of 0, and S − 1 cannot be below −1: is it "
                "multiplied by a factor, or another quantity?"
            )
        elif wrong[2][i]:
            messages[i] = (
                f"S_R tends to {limits[i]:.2g} Å⁻¹ at small q, as S − 1 does, instead of 0: if it is S − 1, multiply "
                "it by q."
            )
        elif wrong[3][i]:
            messages[i] = (
                f"S_R seems to have the wrong sign: S at the first points is {starts[i]:.3g}, and G(r) increases with "
                "r where there are no atoms. If it was calculated as q (1 − S), multiply it by −1; if S rises at small "
                "q, by a background for example, give a larger q_min."
            )
        else:
            messages[i] = (
                f"number_density is {given[i]:.3g} Å⁻³, but about {estimates[i]:.2g} Å⁻³ is expected: give atoms per "
                "Å³, 0.034 for Ge-Se glasses."
            )
    return messages


@lru_cache(maxsize=8)
def _ends(q: bytes) -> tuple[slice, slice, Floats | None]:
    """Return the upper half of q, its first points, and the weights of a straight line's value at 0 through these.

    The weights are None if q begins too late or has too few points there.
    """
    grid = np.frombuffer(q)
    upper = slice(int(np.searchsorted(grid, grid.mean())), grid.size)
    small = slice(0, int(np.searchsorted(grid, grid[0] + LIMITS.small_q_range, side="right")))
    if grid[0] > LIMITS.small_q or small.stop < 4:
        return upper, small, None
    return upper, small, np.linalg.pinv(np.vander(grid[small], 2))[1]
