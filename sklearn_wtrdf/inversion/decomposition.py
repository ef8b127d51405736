"""The decomposition of S_R(q) into structure, systematic errors and residual."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.transforms import s_r_of_unit_density

Floats = NDArray[np.float64]


class Decomposition(NamedTuple):
    """S_R as the sum of structure, systematic errors and residual, at every measured q.

    Attributes
    ----------
    q, s_r : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹] and measured S_R [Å⁻¹].
    structure : ndarray of shape (n_q,)
        The sine transform of g, or of the pair functions [Å⁻¹].
    systematic : ndarray of shape (n_q,)
        The sum of slowly varying and correlated systematic errors [Å⁻¹].
    excluded : ndarray of bool, shape (n_q,)
        Mask of the points that were excluded as outliers.
    noise : ndarray of shape (n_q,) or None
        Standard deviation of S_R [Å⁻¹]; None if it is unknown.
    """

    q: Floats
    s_r: Floats
    structure: Floats
    systematic: Floats
    excluded: NDArray[np.bool_]
    noise: Floats | None = None

    @property
    def residual(self) -> Floats:
        """S_R − structure − systematic errors [Å⁻¹]."""
        return self.s_r - self.structure - self.systematic


def decomposition_of(
    r: Floats, g: Floats, number_density: float, q: Floats, s_r: Floats, std: Floats | None = None
) -> Decomposition:
    """Return the decomposition of S_R(q) by a g(r) that is 0 below its first distance and 1 beyond its last."""
    order = np.argsort(r, kind="stable")
    structure, zero = number_density * s_r_of_unit_density(q, r[order], g[order]), np.zeros(q.size)
    return Decomposition(q, s_r, structure, zero, zero > 0, std)
