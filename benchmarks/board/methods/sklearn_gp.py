"""Gaussian process on S(q).

scikit-learn's `GaussianProcessRegressor` takes q (S − 1) for a smooth function, a Matérn 5/2 kernel, with white noise,
the three scales by marginal likelihood. The posterior mean, on an even grid from 0 to q_max, is transformed, and its
covariance gives the standard deviation of g. It closes gaps of q and continues to q = 0, where q (S − 1) is 0. It knows
nothing beyond q_max nor that g ≥ 0, and its standard deviation leaves out what the end of q does. Ours to decide were
the kernel, usual for functions that are smooth but not analytic; one start of the optimizer instead of several, which
keeps a pattern of 391 points below a second; and at most 400 points of q, evenly thinned out of more.
"""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

from sklearn_wtrdf.fourier import fourier_transform
from sklearn_wtrdf.scattering.curve import g_from_reduced_pdf

LARGEST = 400
STEP = 0.05  # of the grid of q, in Å⁻¹: it carries r up to π / 0.05 Å


def solve(q, S, density, r):
    """Return g at r and its standard deviation."""
    some = np.linspace(0, q.size - 1, min(q.size, LARGEST)).round().astype(int)
    q, s_r = np.append(0, q[some]), np.append(0, q[some] * (S[some] - 1))
    unit = s_r.std()
    smooth = ConstantKernel(1, (1e-2, 1e4)) * Matern(0.5, (0.05, 5), nu=2.5)
    model = GaussianProcessRegressor(smooth + WhiteKernel(1e-2, (1e-8, 10)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # scales at the end of their range
        model.fit(q[:, None], s_r / unit)
    grid = np.linspace(0, q[-1], round(q[-1] / STEP) + 1)
    mean, covariance = model.predict(grid[:, None], return_cov=True)
    covariance[np.diag_indices_from(covariance)] -= model.kernel_.k2.noise_level  # of the curve, without the noise
    transform = fourier_transform(r, grid, np.eye(grid.size)) * unit
    variance = np.einsum("ir,ij,jr->r", transform, covariance, transform, optimize=True)
    G = mean @ transform
    return g_from_reduced_pdf(r, G, density), np.sqrt(np.maximum(variance, 0)) / (4 * np.pi * r * density)
