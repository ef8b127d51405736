"""What a user would try first: interpolation of the training rows, and the Fourier transform of S_R(q)."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel
from sklearn.model_selection import GridSearchCV, KFold

from sklearn_wtrdf.fourier import fourier_transform, g_from_reduced_pdf
from sklearn_wtrdf.scattering import read_r


class PchipRegressor(RegressorMixin, BaseEstimator):
    """Monotone cubic interpolation of g(r) between the training rows, constant beyond them."""

    def fit(self, X, y):
        """Remember the training rows."""
        r, first = np.unique(read_r(X), return_index=True)
        self.interpolator_ = PchipInterpolator(r, np.asarray(y)[first])
        return self

    def predict(self, X):
        """Interpolate."""
        return self.interpolator_(np.clip(read_r(X), *self.interpolator_.x[[0, -1]]))


class FourierTransform(RegressorMixin, BaseEstimator):
    """g = 1 + G / (4πρ₀r) with G of Eq. (2). It learns nothing from the training rows.

    The number density of the glass is not in the paper; 0.034 Å⁻³ is that of others of its composition.
    """

    def __init__(self, q, s_r, number_density=0.034):
        self.q = q
        self.s_r = s_r
        self.number_density = number_density

    def fit(self, X, y):
        """Do nothing."""
        self.is_fitted_ = True
        return self

    def predict(self, X):
        """Transform S_R(q)."""
        r = read_r(X)
        return g_from_reduced_pdf(r, fourier_transform(r, self.q, self.s_r), self.number_density)


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
