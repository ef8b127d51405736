"""The fitted prior and hyperparameters of a material, from which its posterior is built again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.inversion.average import Average
from sklearn_wtrdf.inversion.posterior import Posterior
from sklearn_wtrdf.inversion.priors.base import Prior
from sklearn_wtrdf.scattering.pattern import Pattern


@dataclass(frozen=True, eq=False)
class FittedMaterial:
    """The prior and hyperparameters that were fitted to a material. Its posterior can be rebuilt from them.

    Attributes
    ----------
    pattern : Pattern
        S_R(q) of the material, with the number density if it was given.
    prior : Prior
        The prior with the largest evidence.
    theta : ndarray of shape (n_hyperparameters,)
        Logarithms of the hyperparameters of the prior and of the errors of S_R.
    excluded : ndarray of bool, shape (n_q,)
        Mask of the points that were excluded as outliers.
    r_max : float
        Largest distance [Å] at which g may differ from 1.
    second : FittedMaterial, default=None
        The second solution, under another prior, if g is the average of two solutions.
    weight : float, default=0.0
        Weight of the second solution in the average.
    """

    pattern: Pattern
    prior: Prior
    theta: NDArray[np.float64]
    excluded: NDArray[np.bool_]
    r_max: float
    second: FittedMaterial | None = None
    weight: float = 0.0

    @classmethod
    def of(cls, pattern: Pattern, posterior: Posterior) -> Self:
        """Return the fitted material of a pattern and its posterior."""
        observation = posterior.evidence.observation
        second, weight = (
            (cls.of(pattern, posterior.second), posterior.weight) if isinstance(posterior, Average) else (None, 0.0)
        )
        prior, theta = posterior.evidence.prior, posterior.theta
        return cls(pattern, prior, theta, observation.excluded, observation.r_max, second, weight)
