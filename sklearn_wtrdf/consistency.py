"""What looks wrong: with S_R(q), with g(r), with g(r) against S_R(q), with a sample compared with a reference.

A check returns what to tell the user, as warnings that are not issued yet; none where nothing looks wrong. Estimators
issue them, so ``warnings.simplefilter("error", DataWarning)`` is strict about all of them, and with
:class:`MismatchWarning` about data of different materials alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.scattering.sampling import (
    FEWEST,
    alternations,
    check_possible,
    holes_of_q,
    jumps,
    outliers_of_q,
    outliers_of_r,
    too_negative,
)
from sklearn_wtrdf.scattering.validation import as_floats
from sklearn_wtrdf.transforms import densities_from_slope, s_r_of_unit_density, systematic_errors, trapezoid_weights
from sklearn_wtrdf.utils.data_warnings import DataWarning, MismatchWarning

Floats = NDArray[np.float64]

# By benchmarks/board/belonging.py, on the development half of the materials.
_LEAST_EXPLAINED = 0.75  # of S_R by its own g
_LEAST_ALIKE = 0.55  # of S_R by a reference's: ag25 and the binary share 0.58
_MOST_NOISE = 0.75  # of a curve's size: of more it is not told from structure
_ROUNDING = 1e-24  # of a squared norm
_MOST_OFF = 0.5  # of S − 1 on average at large q
_SMALL_Q, _RANGE_OF_Q = 0.7, 0.3  # Å⁻¹: where q begins so early, what S_R tends to at q = 0 is told over so much
_LEAST_LIMIT, _SMALL_S = -0.6, 0.15  # Å⁻¹ and 1

_LARGEST_GAP = 0.3  # Å between distances: of coarser curves nothing is said
_SHORTEST, _SHELLS = 5.5, 2.0  # Å: nor of shorter ones, or that end before so many times the highest peak


def shared_fraction(q: Floats, s_r: Floats, by: Floats) -> Floats:
    """Return the fraction of S_R(q) that another curve explains, up to its scale, systematic errors of S and noise.

    It is the square of the correlation of the two S − 1, systematic errors removed, over what it would be without white
    noise, which fourth differences tell; 0 where the scale would be negative.

    Parameters
    ----------
    q : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹], increasing; of 5 points at least.
    s_r : ndarray of shape (n_q,) or (n_materials, n_q)
        What is to be explained [Å⁻¹].
    by : ndarray of shape (n_q,)
        The curve that is to explain it [Å⁻¹].

    Returns
    -------
    fraction : ndarray of shape () or (n_materials,)

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_wtrdf.consistency import shared_fraction
    >>> q = np.linspace(0.5, 10, 200)
    >>> first, second = np.sin(2.3 * q), np.sin(4.1 * q)
    >>> shared_fraction(q, np.array([2 * first, second]), first).round(1)
    array([1., 0.])
    """
    q, s_r, by = as_floats(q, s_r, by)
    (curves, norms), (curve, norm) = _without_slow_errors(q, s_r), _without_slow_errors(q, by)
    alike, norms = np.maximum(curves @ curve, 0.0), norms * norm
    return np.minimum(np.divide(alike**2, norms, out=np.zeros_like(alike), where=norms > 0), 1.0)


def _without_slow_errors(q: Floats, s_r: Floats) -> tuple[Floats, Floats]:
    """Return S − 1 beyond systematic errors, with the weights of an integral, and its squared norm without noise."""
    weight, slow, steps = _slow_part(q.tobytes())
    curve = weight * s_r
    curve -= (curve @ slow) @ slow.T
    uneven = np.diff(s_r / np.maximum(q, q[-1] * 1e-3), 4)
    noise = (uneven**2 @ steps[2:-2]) / (70 * steps[2:-2].sum()) * steps.sum()  # 70: squares of 1, −4, 6, −4, 1
    size = np.einsum("...i,...i", curve, curve)
    nothing = size < _ROUNDING * np.einsum("...i,...i", weight * s_r, weight * s_r)  # left by subtraction
    return curve, np.where(nothing, 0.0, np.maximum(size - noise, (1 - _MOST_NOISE) * size))


@lru_cache(maxsize=8)
def _slow_part(q: bytes) -> tuple[Floats, Floats, Floats]:
    """Return the factor from S_R to weighted S − 1, a basis of systematic errors with the same weights, and steps."""
    grid = np.frombuffer(q)
    steps = trapezoid_weights(grid)
    weight = np.sqrt(steps) / np.maximum(grid, grid[-1] * 1e-3)
    return weight, np.linalg.qr(systematic_errors(grid, grid) * weight[:, None])[0], steps


def check_pair(q: Floats, s_r: Floats, r: Floats, g: Floats) -> list[DataWarning]:
    """Say where g(r) and S_R(q) do not seem to belong to one material.

    Parameters
    ----------
    q, s_r : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹], increasing, and reduced structure factor [Å⁻¹].
    r, g : ndarray of shape (n_rows,)
        Distances [Å] in any order, and pair distribution function, of which the mean counts where distances repeat.

    Returns
    -------
    found : list of MismatchWarning
        Empty where they seem to, or where too little tells: fewer than 20 points of q or r, gaps of r wider than 0.3 Å,
        or an end of r below 5.5 Å or twice the distance of the highest peak.

    Examples
    --------
    >>> from sklearn_wtrdf.consistency import check_pair
    >>> from sklearn_wtrdf.datasets import load_material
    >>> nickel, argon = (load_material(name, weighting="number") for name in ("nickel", "argon"))
    >>> check_pair(nickel.q, nickel.s_r, nickel.r, nickel.target)
    []
    >>> len(check_pair(nickel.q, nickel.s_r, argon.r, argon.target))
    1
    """
    q, s_r, r, g = as_floats(q, s_r, r, g)
    r, row = np.unique(r, return_inverse=True)
    g = np.bincount(row, g) / np.bincount(row)
    if q.size < FEWEST or r.size < FEWEST or np.diff(r).max() > _LARGEST_GAP:
        return []
    if r[-1] < max(_SHORTEST, _SHELLS * r[g.argmax()]):
        return []
    fraction = float(shared_fraction(q, s_r, s_r_of_unit_density(q, r, g)))
    if fraction >= _LEAST_EXPLAINED:
        return []
    message = f"Only {100 * fraction:.0f} % of S_R(q) follows from this g(r): are both of the same material?"
    return [MismatchWarning(message)]


def check_family(q: Floats, s_r: Floats, references: Floats) -> list[DataWarning]:
    """Say where an S_R(q) does not seem to be of the family of a reference.

    Parameters
    ----------
    q : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹], increasing.
    s_r : ndarray of shape (n_q,)
        Reduced structure factor of the sample [Å⁻¹].
    references : ndarray of shape (n_q,) or (n_references, n_q)
        That of the reference, or of several, of which the most alike counts [Å⁻¹].

    Returns
    -------
    found : list of MismatchWarning
        Empty where it does, or where fewer than 20 points of q tell.
    """
    return check_family_of_each(q, np.asarray(s_r)[None], references)[0]


def check_family_of_each(q: Floats, s_r: Floats, references: Floats) -> list[list[DataWarning]]:
    """Return what :func:`check_family` finds for each row of `s_r`, of shape (n_materials, n_q)."""
    if np.size(q) < FEWEST:
        return [[] for _ in s_r]
    fractions = np.max([shared_fraction(q, s_r, reference) for reference in np.atleast_2d(references)], axis=0)
    message = "This S_R shares {:.0f} % of its structure with the reference's: is the sample of the same family?"
    return [
        [MismatchWarning(message.format(100 * fraction))] if fraction < _LEAST_ALIKE else [] for fraction in fractions
    ]


def check_pattern(q: Floats, s_r: Floats, number_density: float | None = None) -> list[DataWarning]:
    """Say where an S_R(q), or the number density beside it, does not look like one, or points of it are missing.

    At large q S tends to 1, so S_R oscillates about 0 and S − 1 is small on average; at small q S_R tends to 0, as
    −q (1 − S), where S − 1 tends to −1. Where q begins beyond 0.7 Å⁻¹, S − 1 in place of S_R cannot be told.

    Parameters
    ----------
    q, s_r : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹], increasing, and what is taken for the reduced structure factor [Å⁻¹].
    number_density : float, default=None
        ρ₀ [Å⁻³], where it is known.

    Returns
    -------
    found : list of DataWarning
        Empty where they do, or where fewer than 20 points of q tell.

    Raises
    ------
    ValueError
        If a value is off by more than 10⁴ Å⁻¹, and a thousand times what is usual: no S_R has such.

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
    """Return what :func:`check_pattern` finds for each of some patterns on one grid."""
    if not patterns:
        return []
    q, s_r = as_floats(patterns[0].q, [pattern.s_r for pattern in patterns])
    number_densities = [pattern.number_density for pattern in patterns]
    check_possible("S_R(q)", s_r)
    if q.size < FEWEST:
        return [[] for _ in s_r]
    of_grid, far = _of_grid(q.tobytes()), outliers_of_q(q, s_r)
    of_patterns = _of_patterns(q, s_r, number_densities)
    for i in np.flatnonzero(far.any(axis=1)):  # what an outlier makes of means says nothing
        of_patterns[i] = _of_outliers("S_R", "q", "Å⁻¹", q[far[i]], s_r[i, far[i]])
    all_banks = bank_messages("S_R", q, s_r)
    return [
        [DataWarning(message) for message in (of_grid, banks, of_pattern) if message]
        for banks, of_pattern in zip(all_banks, of_patterns, strict=True)
    ]


def bank_messages(name: str, q: Floats, curves: Floats) -> list[str]:
    """Return what is said of each curve over q [Å⁻¹] that seems to be made of two which disagree, or nothing."""
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
    """Say where a g(r) has outliers, or is as negative as none is.

    Parameters
    ----------
    r, g : ndarray of shape (n_rows,)
        Distances [Å] in any order, and pair distribution function, of which the mean counts where distances repeat.

    Returns
    -------
    found : list of DataWarning
        Empty where it does not, or where fewer than 20 distances tell.

    Raises
    ------
    ValueError
        If a value is off by more than 10⁴, and a thousand times what is usual: no g(r) has such.

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
    g(r) has 1 outlier(s), far from the neighbouring points: -50 at r = 3.93 Å.
    """
    r, g = as_floats(r, g)
    check_possible("y, the g(r) that is given,", g)
    r, row = np.unique(r, return_inverse=True)
    g = np.bincount(row, g) / np.bincount(row)
    if r.size < FEWEST:
        return []
    far = outliers_of_r(r, g)
    messages = [_of_outliers("g(r)", "r", "Å", r[far], g[far])] if far.any() else []
    if (low := too_negative(r, g) & ~far).any():
        i = int(np.argmin(np.where(low, g, np.inf)))
        messages.append(f"g(r) falls to {g[i]:.3g} at r = {r[i]:.3g} Å, further below 0 than where q ends can take it.")
    return [DataWarning(message) for message in messages]


def _of_outliers(name: str, axis: str, unit: str, x: Floats, y: Floats) -> str:
    """Return what is said of points that are far off."""
    points = ", ".join(f"{value:.3g} at {axis} = {at:.3g} {unit}" for at, value in zip(x[:5], y[:5], strict=True))
    return f"{name} has {x.size} outlier(s), far from the neighbouring points: {points}."


@lru_cache(maxsize=8)
def _of_grid(q: bytes) -> str:
    """Return what is said of a grid of q in which points are missing, or nothing."""
    grid = np.frombuffer(q)
    holes = np.flatnonzero(holes_of_q(grid))
    if not holes.size:
        return ""
    widest = holes[np.diff(grid)[holes].argmax()]
    return (
        f"q has {holes.size} hole(s), the widest from {grid[widest]:.3g} to {grid[widest + 1]:.3g} Å⁻¹: are "
        "points missing? Without them g(r) is incomplete."
    )


def _of_patterns(q: Floats, s_r: Floats, number_densities: Sequence[float | None]) -> list[str]:
    """Return the first thing that looks wrong with each, or nothing."""
    if not 2 < q[-1] < 60:
        beyond = f"q ends at {q[-1]:g} Å⁻¹, beyond what diffraction reaches: if it is in nm⁻¹, divide it by 10."
        return [beyond] * len(s_r)
    upper, small, line = _ends(q.tobytes())
    tails = s_r[:, upper]
    means, spreads, offs = tails.mean(axis=1), tails.std(axis=1), (tails / q[upper]).mean(axis=1)
    limits, starts = np.zeros(len(s_r)), np.ones(len(s_r))
    if line is not None:
        limits, starts = s_r[:, small] @ line, 1 + s_r[:, small].mean(axis=1) / q[small].mean()
    estimates = densities_from_slope(q, s_r, 1.4)
    given = np.array(number_densities, dtype=float)  # NaN for None
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = estimates / given
    wrong = [
        np.abs(means) > 2 * spreads,
        np.abs(offs) > _MOST_OFF,
        (limits < _LEAST_LIMIT) & (starts < _SMALL_S),
        ~np.isnan(ratios) & ~((ratios > 0.2) & (ratios < 5)),
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
        elif wrong[2][i]:
            messages[i] = (
                f"S_R tends to {limits[i]:.2g} Å⁻¹ at small q, as S − 1 does, instead of 0: if it is S − 1, multiply "
                "it by q."
            )
        else:
            messages[i] = (
                f"number_density is {given[i]:.3g} Å⁻³, but S_R, or what is usual, says about {estimates[i]:.2g} Å⁻³. "
                "It counts atoms per Å³, 0.034 for Ge-Se glasses."
            )
    return messages


@lru_cache(maxsize=8)
def _ends(q: bytes) -> tuple[slice, slice, Floats | None]:
    """Return the upper half of q, its first points, and the weights of a straight line's value at 0 through these.

    Too late or too few, they say nothing of that: None.
    """
    grid = np.frombuffer(q)
    upper = slice(int(np.searchsorted(grid, grid.mean())), grid.size)
    small = slice(0, int(np.searchsorted(grid, grid[0] + _RANGE_OF_Q, side="right")))
    if grid[0] > _SMALL_Q or small.stop < 4:
        return upper, small, None
    return upper, small, np.linalg.pinv(np.vander(grid[small], 2))[1]
