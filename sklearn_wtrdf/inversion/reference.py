"""References: materials whose g(r) and S_R(q) are known, and mixtures of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.optimize import nnls

from sklearn_wtrdf.mismatch import wrong_scale
from sklearn_wtrdf.scattering.curve import Curve
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.scattering.sampling import STD_PER_MEDIAN, VARIANCE_OF_FOURTH_DIFFERENCE

Floats = NDArray[np.float64]

_ONSET_BEFORE_RISE = 0.2  # Å, from the onset of g to the rise of the first peak of the reference
_MIN_WEIGHT = 1e-6  # relative weight in a mixture below which a reference would only shorten the range of r
_RISE = 0.5  # smallest g that belongs to the first peak
_LATEST_ONSET = 1.4  # Å, largest onset of g if the reference begins within its first peak
_MIN_OF_ROUGHNESS = 9  # points of g, from which its statistical error is estimated
_MIN_G = 0.05  # in place of a smaller g, whose statistical error is not that of counts of pairs
_WEIGHT_OF_SUM = 1e3  # of the condition that weights add up to 1, in units of the largest S_R


@dataclass(frozen=True, eq=False)
class Reference:
    """A material, or a mixture of them, whose g(r) and S_R(q) are known.

    Parameters
    ----------
    pattern : Pattern
        S_R(q), with the number density if it is known.
    curve : Curve
        g(r), with increasing r.

    Examples
    --------
    >>> from sklearn_wtrdf import Curve
    >>> from sklearn_wtrdf.inversion import Reference
    >>> from sklearn_wtrdf.datasets import load_ag_ge_se
    >>> glass = load_ag_ge_se(0)
    >>> round(Reference(glass.pattern, Curve(glass.r, glass.target)).onset, 2)
    2.07
    """

    pattern: Pattern
    curve: Curve

    @property
    def number_density(self) -> float:
        """ρ₀ [Å⁻³], given or estimated."""
        if self.pattern.number_density is None:
            raise ValueError("reference: its pattern must have a number density.")
        return self.pattern.number_density

    def at(self, r: Floats) -> Floats:
        """Return g(r) ≥ 0, interpolated; 0 below the first distance of the curve, and 1 beyond its last."""
        first, last = self.curve.r[0], self.curve.r[-1]
        inside = np.maximum(PchipInterpolator(self.curve.r, self.curve.g)(np.clip(r, first, last)), 0.0)
        return np.where(r < first, 0.0, np.where(r > last, 1.0, inside))

    @property
    def onset(self) -> float:
        """The distance [Å] below which g is 0, slightly before the first peak."""
        r, rise = self.curve.r, int(np.argmax(self.curve.g > _RISE))
        return float(r[rise] - _ONSET_BEFORE_RISE if rise else min(r[0], _LATEST_ONSET))

    @property
    def roughness(self) -> float:
        """The statistical error of g of a simulation, as a factor of √g / r [Å].

        Counts of pairs have standard deviations proportional to √g / r. The factor is estimated from the median of the
        fourth differences of g, which peaks hardly affect.
        """
        r, g = self.curve.r, self.curve.g
        if r.size < _MIN_OF_ROUGHNESS:
            return 0.0
        uneven = np.abs(np.diff(g, 4)) / np.sqrt(VARIANCE_OF_FOURTH_DIFFERENCE)
        scale = np.sqrt(np.maximum(g[2:-2], _MIN_G)) / r[2:-2]
        return float(STD_PER_MEDIAN * np.median(uneven / scale))

    @property
    def scale_error(self) -> float:
        """Relative error of the scale of g − 1, by S_R and the number density; 0 if they are consistent."""
        pattern, curve = self.pattern, self.curve
        scale = wrong_scale(pattern.q, pattern.s_r, curve.r, curve.g, self.number_density)
        return abs(1 / scale - 1) if scale else 0.0


def mixture(references: list[Reference], s_r: Floats) -> Reference:
    """Return the mixture of references whose S_R is nearest to the given one.

    Parameters
    ----------
    references : list of Reference
        On one q grid.
    s_r : ndarray of shape (n_q,)
        S_R of the sample [Å⁻¹].

    Returns
    -------
    Reference
        The weighted mean of the references, with non-negative weights that add up to 1.
    """
    if len(references) == 1:
        return references[0]
    patterns = np.column_stack([reference.pattern.s_r for reference in references])
    sum_weight = _WEIGHT_OF_SUM * np.abs(patterns).max()
    weights, _ = nnls(np.vstack([patterns, np.full(len(references), sum_weight)]), np.append(s_r, sum_weight))
    weights = np.where(weights > _MIN_WEIGHT * weights.sum(), weights, 0.0)
    weights /= weights.sum()
    used = [(weight, reference) for weight, reference in zip(weights, references, strict=True) if weight > 0]
    low, high = max(ref.curve.r[0] for _, ref in used), min(ref.curve.r[-1] for _, ref in used)
    r = np.unique(np.concatenate([ref.curve.r for _, ref in used]))
    r = r[(r >= low) & (r <= high)]
    density = sum(weight * ref.number_density for weight, ref in used)
    g = sum(weight * ref.number_density * ref.at(r) for weight, ref in used) / density
    pattern = Pattern(references[0].pattern.q, patterns @ weights, number_density=float(density))
    return Reference(pattern, Curve(r, np.asarray(g)))
