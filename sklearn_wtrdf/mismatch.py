"""Whether g(r) and S_R(q), or a sample and a reference, seem to be of the same material.

The checks return a list of warnings, as those of :mod:`sklearn_wtrdf.consistency` do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.scattering.sampling import MIN_POINTS, outliers_of_q
from sklearn_wtrdf.scattering.validation import as_floats
from sklearn_wtrdf.similarity import scale_of, shared_fraction
from sklearn_wtrdf.transforms import s_r_of_unit_density
from sklearn_wtrdf.utils.data_warnings import DataWarning, MismatchWarning

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MismatchLimits:
    """Limits beyond which data are reported. benchmarks/board/consistency.py measures the rates of reports.

    The limits of explained fractions were chosen on the development half of the simulated materials.
    """

    # Fractions of S_R that another curve explains. With higher limits, more foreign data are detected, and more glasses
    # of one family are reported by mistake.
    min_explained: float = 0.75  # by the g(r) that is given with it
    min_shared: float = 0.55  # by the S_R of a reference; 0.58 for the glass with most silver and the one without

    # Factor between g − 1 and that by S_R and the number density. With smaller limits, good data are reported: it is up
    # to 1.08 for simulated X-ray patterns, whose weights depend on q, and 1.26 if g begins within the first shell.
    max_scale: float = 1.15
    max_scale_from_first_shell: float = 1.35
    before_first_shell: float = 0.7  # fraction of its distance up to which g is 0

    # Curves g(r) that are too short or too coarse to be compared with S_R(q).
    widest_step: float = 0.3  # Å
    shortest_end: float = 5.5  # Å
    shortest_end_ratio: float = 2.0  # ratio of the end to the distance of the highest peak


LIMITS = MismatchLimits()


def check_pair(q: Floats, s_r: Floats, r: Floats, g: Floats, number_density: float | None = None) -> list[DataWarning]:
    """Check whether g(r) and S_R(q) seem to belong to the same material and have consistent scales.

    Parameters
    ----------
    q, s_r : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹], increasing, and reduced structure factor [Å⁻¹].
    r, g : ndarray of shape (n_rows,)
        Distances [Å] in any order, and pair distribution function; values at equal distances are averaged.
    number_density : float, default=None
        ρ₀ [Å⁻³]. Without it the scale is not checked.

    Returns
    -------
    messages : list of MismatchWarning
        Empty if they do, or if this cannot be checked: with fewer than 20 points of q or r, gaps of r wider than
        0.3 Å, or a g(r) that ends before 5.5 Å or before twice the distance of its highest peak.

    Examples
    --------
    >>> from sklearn_wtrdf.mismatch import check_pair
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
    if q.size < MIN_POINTS or r.size < MIN_POINTS or np.diff(r).max() > LIMITS.widest_step:
        return []
    if r[-1] < max(LIMITS.shortest_end, LIMITS.shortest_end_ratio * r[g.argmax()]):
        return []
    fraction = float(shared_fraction(q, s_r, s_r_of_unit_density(q, r, g)))
    if fraction < LIMITS.min_explained:
        message = f"Only {100 * fraction:.0f} % of S_R(q) follows from this g(r): are both of the same material?"
        return [MismatchWarning(message)]
    if number_density is None or not (scale := wrong_scale(q, s_r, r, g, number_density)):
        return []
    before = _before_first_shell(r, g)
    level = f", and it is {g[before].mean():.2f} below its first shell, where it must be 0" if before.any() else ""
    return [
        MismatchWarning(
            f"This g(r) seems to be scaled: g − 1 is {scale:.2f} times what S_R(q) and the number density give{level}. "
            "Check its normalization, whether it is g(r), and the number density."
        )
    ]


def wrong_scale(q: Floats, s_r: Floats, r: Floats, g: Floats, number_density: float) -> float | None:
    """Return the scale by :func:`scale_of`, or None if form factors and normalization may explain it."""
    scale = scale_of(q, s_r, r, g, number_density)
    is_complete = _before_first_shell(r, g).any()
    most = LIMITS.max_scale if is_complete else LIMITS.max_scale_from_first_shell
    return None if abs(np.log(scale)) <= np.log(most) else scale


def _before_first_shell(r: Floats, g: Floats) -> NDArray[np.bool_]:
    """Return a mask of the distances that are well before the first shell."""
    return r < LIMITS.before_first_shell * r[np.argmax(g > (g[0] + g.max()) / 2)]


def check_family(q: Floats, s_r: Floats, references: Floats) -> list[DataWarning]:
    """Check whether an S_R(q) seems to belong to the family of a reference.

    Parameters
    ----------
    q : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹], increasing.
    s_r : ndarray of shape (n_q,)
        Reduced structure factor of the sample [Å⁻¹].
    references : ndarray of shape (n_q,) or (n_references, n_q)
        Reduced structure factor of one or several references, of which the most similar one counts [Å⁻¹].

    Returns
    -------
    messages : list of MismatchWarning
        Empty if it does, or if there are fewer than 20 points of q.
    """
    return check_family_of_each(q, np.asarray(s_r)[None], references)[0]


def check_family_of_each(q: Floats, s_r: Floats, references: Floats) -> list[list[DataWarning]]:
    """Return :func:`check_family` for each row of `s_r`, of shape (n_materials, n_q)."""
    if np.size(q) < MIN_POINTS:
        return [[] for _ in s_r]
    fractions = np.max([shared_fraction(q, s_r, reference) for reference in np.atleast_2d(references)], axis=0)
    message = "This S_R shares {:.0f} % of its structure with the reference's: is the sample of the same family?"
    is_foreign = (fractions < LIMITS.min_shared) & ~outliers_of_q(q, s_r).any(axis=1)  # these are reported
    return [
        [MismatchWarning(message.format(100 * fraction))] if foreign else []
        for fraction, foreign in zip(fractions, is_foreign, strict=True)
    ]
