"""Gaussian process on S(q).

scikit-learn's `GaussianProcessRegressor` models q (S − 1) as a smooth function, with a Matérn 5/2 kernel, plus white
noise; the three scales follow by marginal likelihood. The posterior mean, on a uniform grid from 0 to q_max, is
transformed, and its covariance gives the standard deviation of g. It fills gaps of q and extends to q = 0, where
q (S − 1) is 0. It has no information beyond q_max, does not use g ≥ 0, and its standard deviation does not include the
error of termination. Three choices are ours: the kernel, which is usual for functions that are smooth but not analytic;
one start of the optimizer instead of several, so that a pattern of 391 points takes less than a second; and at most 400
points of q, evenly selected.
"""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

from sklearn_wtrdf.fourier import fourier_transform
from sklearn_wtrdf.scattering.curve import g_from_reduced_pdf

MOST_POINTS = 400  # of q
STEP = 0.05  # of the grid of q [Å⁻¹], enough for r up to π / 0.05 Å


def solve(q, S, density, r):
    """Return g at r and its standard deviation."""
    selected = np.linspace(0, q.size - 1, min(q.size, MOST_POINTS)).round().astype(int)
    q, S = q[selected], S[selected]
    q, s_r = np.append(0, q), np.append(0, q * (S - 1))
    unit = s_r.std()
    smooth = ConstantKernel(1, (1e-2, 1e4)) * Matern(0.5, (0.05, 5), nu=2.5)
    model = GaussianProcessRegressor(smooth + WhiteKernel(1e-2, (1e-8, 10)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # scales at the bounds of their range
        model.fit(q[:, None], s_r / unit)
    grid = np.linspace(0, q[-1], round(q[-1] / STEP) + 1)
    mean, covariance = model.predict(grid[:, None], return_cov=True)
    covariance[np.diag_indices_from(covariance)] -= model.kernel_.k2.noise_level  # of the curve, without the noise
    transform = fourier_transform(r, grid, np.eye(grid.size)) * unit
    variance = np.einsum("ir,ij,jr->r", transform, covariance, transform, optimize=True)
    G = mean @ transform
    return g_from_reduced_pdf(r, G, density), np.sqrt(np.maximum(variance, 0)) / (4 * np.pi * r * density)
