"""A material whose g(r) and S_R(q) are known, or a mixture of such."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.optimize import nnls

Floats = NDArray[np.float64]

_BEFORE_RISE = 0.2  # of the first peak, in Å, kept free before it
_NEGLIGIBLE = 1e-6  # of the sum: a reference with less weight only shortens the range of r
_RISEN = 0.5  # g is this high where the first peak has begun
_INSIDE_A_PEAK = 1.4  # where g may begin if a reference begins inside a peak, in Å


@dataclass(frozen=True)
class Reference:
    """A material, or a mixture of them, whose g(r) and S_R(q) are known.

    Attributes
    ----------
    r : ndarray of shape (n_r,)
        Distances [Å], increasing.
    g : ndarray of shape (n_r,)
        Pair distribution function there.
    s_r : ndarray of shape (n_q,)
        Reduced structure factor [Å⁻¹].
    number_density : float
        Atoms per volume [Å⁻³].
    """

    r: Floats
    g: Floats
    s_r: Floats
    number_density: float

    def at(self, r: Floats) -> Floats:
        """Return g inside the range of r that is known, not negative, 0 before it and 1 beyond."""
        inside = np.maximum(PchipInterpolator(self.r, self.g)(np.clip(r, self.r[0], self.r[-1])), 0.0)
        return np.where(r < self.r[0], 0.0, np.where(r > self.r[-1], 1.0, inside))

    @property
    def onset(self) -> float:
        """Where the first peak begins, below which g is 0 [Å]."""
        risen = int(np.argmax(self.g > _RISEN))
        return float(self.r[risen] - _BEFORE_RISE if risen else min(self.r[0], _INSIDE_A_PEAK))

    @property
    def roughness(self) -> float:
        """How uneven g is from one distance to the next, as the g(r) of a simulation of few atoms is [Å].

        Counted pairs scatter as √g / r. This is the factor, by the median of fourth differences, which peaks hardly
        move.
        """
        if self.r.size < 9:
            return 0.0
        uneven = np.abs(np.diff(self.g, 4)) / np.sqrt(70)  # the norm of 1, −4, 6, −4, 1
        scale = np.sqrt(np.maximum(self.g[2:-2], 0.05)) / self.r[2:-2]
        return float(np.median(uneven / scale) / 0.6745)


def mixture(references: list[Reference], s_r: Floats) -> Reference:
    """Return the non-negative mixture of references, with weights of sum 1, that explains S_R best."""
    if len(references) == 1:
        return references[0]
    patterns = np.column_stack([reference.s_r for reference in references])
    sum_weight = 1e3 * np.abs(patterns).max()  # a heavy row that holds the sum
    weights, _ = nnls(np.vstack([patterns, np.full(len(references), sum_weight)]), np.append(s_r, sum_weight))
    weights = np.where(weights > _NEGLIGIBLE * weights.sum(), weights, 0.0)
    weights /= weights.sum()
    used = [(weight, reference) for weight, reference in zip(weights, references, strict=True) if weight > 0]
    low, high = max(ref.r[0] for _, ref in used), min(ref.r[-1] for _, ref in used)
    r = np.unique(np.concatenate([ref.r for _, ref in used]))
    r = r[(r >= low) & (r <= high)]
    density = sum(weight * ref.number_density for weight, ref in used)
    g = sum(weight * ref.number_density * ref.at(r) for weight, ref in used) / density
    return Reference(r, np.asarray(g), patterns @ weights, float(density))
