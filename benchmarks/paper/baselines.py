"""Simple baselines: interpolation of the training rows, a Gaussian process, and a copy of the reference."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel
from sklearn.model_selection import GridSearchCV, KFold

from sklearn_wtrdf import InversionRegressor
from sklearn_wtrdf.inversion import mixture
from sklearn_wtrdf.scattering.frame import read_r


class PchipRegressor(RegressorMixin, BaseEstimator):
    """Monotone cubic interpolation of g(r) between the training rows, constant beyond them."""

    def fit(self, X, y):
        """Store the interpolation of the training rows."""
        r, first = np.unique(read_r(X), return_index=True)
        self.interpolator_ = PchipInterpolator(r, np.asarray(y)[first])
        return self

    def predict(self, X):
        """Interpolate."""
        return self.interpolator_(np.clip(read_r(X), *self.interpolator_.x[[0, -1]]))


class CopyReference(InversionRegressor):
    """The g(r) of the training material; of several, that of their mixture whose S_R is nearest."""

    def predict(self, X):
        """Look up the reference at the rows of X."""
        scattering = self._read(X.to_numpy())
        g = np.empty(scattering.r.size)
        for material, s_r in enumerate(scattering.s_r):
            rows = scattering.material == material
            g[rows] = mixture(self.references_, s_r).at(scattering.r[rows])
        return g


def gaussian_process(random_state=0):
    """Return a Gaussian process whose kernel is chosen by cross-validation, its scales by marginal likelihood."""
    shapes = [shape(length_scale=0.2, length_scale_bounds=(0.02, 5)) for shape in (RBF, Matern)]
    shapes.append(Matern(length_scale=0.2, length_scale_bounds=(0.02, 5), nu=2.5))
    kernels = [
        ConstantKernel(1.0, (1e-2, 1e2)) * shape + WhiteKernel(1e-2, noise_level_bounds=(1e-6, 1)) for shape in shapes
    ]
    return GridSearchCV(
        GaussianProcessRegressor(normalize_y=True, n_restarts_optimizer=3, random_state=random_state),
        {"kernel": kernels},
        scoring="neg_mean_absolute_error",
        cv=KFold(5, shuffle=True, random_state=random_state),
    )
