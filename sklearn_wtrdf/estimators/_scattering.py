"""What the estimators of S_R(q) share."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import Tags

from sklearn_wtrdf.scattering import Scattering, read_scattering


class ScatteringRegressor(RegressorMixin, BaseEstimator):
    """A regressor of scattering frames, or of r alone with its own `q` and `s_r`."""

    q: ArrayLike | None
    s_r: ArrayLike | None

    def _read(self, X: NDArray[np.float64]) -> Scattering:
        return read_scattering(X, getattr(self, "feature_names_in_", None), q=self.q, s_r=self.s_r)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # it knows scattering data, not any table of numbers
        return tags
