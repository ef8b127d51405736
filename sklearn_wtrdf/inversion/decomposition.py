"""S_R(q) as a sum: the transform of g, systematic errors, and a residual."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.transforms import s_r_of_unit_density

Floats = NDArray[np.float64]


class Decomposition(NamedTuple):
    """The parts of S_R at every measured q.

    Attributes
    ----------
    q, s_r : ndarray of shape (n_q,)
    structure : ndarray of shape (n_q,)
        The transform of g [Å⁻¹].
    systematic : ndarray of shape (n_q,)
        Systematic errors [Å⁻¹]: those that vary slowly with q, and those that neighbouring points share.
    excluded : ndarray of bool, shape (n_q,)
        Outliers, which were not used.
    noise : ndarray of shape (n_q,) or None
        Standard deviation of S_R [Å⁻¹]; None where it is not known.
    """

    q: Floats
    s_r: Floats
    structure: Floats
    systematic: Floats
    excluded: NDArray[np.bool_]
    noise: Floats | None = None

    @property
    def residual(self) -> Floats:
        """The residual of S_R [Å⁻¹]."""
        return self.s_r - self.structure - self.systematic


def decomposition_of(
    r: Floats, g: Floats, number_density: float, q: Floats, s_r: Floats, std: Floats | None = None
) -> Decomposition:
    """Decompose S_R(q) by a g(r) that is 0 before its first distance and 1 beyond its last."""
    order = np.argsort(r, kind="stable")
    nothing = np.zeros(q.size)
    return Decomposition(q, s_r, number_density * s_r_of_unit_density(q, r[order], g[order]), nothing, nothing > 0, std)
