"""Uncertainty of the calibrated parameters, by a bootstrap of the residuals in the linearized model.

Each replicate resamples the residuals with replacement, and solves the least absolute deviations problem of the model
linearized at the minimum, within the bounds. The rows that a minimum of absolute values fits exactly contain no
information on the errors, and are not resampled.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.wtrdf import least_absolute

Floats = NDArray[np.float64]


def parameter_covariance(
    theta: Floats, bounds: Floats, gradient: Floats, residuals: Floats, weights: Floats, n_samples: int = 200
) -> Floats:
    """Return the covariance of parameters at a minimum of Σ weights |residuals|.

    Parameters
    ----------
    theta : ndarray of shape (n_parameters,)
        The parameters at the minimum.
    bounds : ndarray of shape (n_parameters, 2)
        Lower and upper bound of each parameter.
    gradient : ndarray of shape (n_parameters, n_rows)
        Derivatives of the model at the minimum.
    residuals, weights : ndarray of shape (n_rows,)
        Residual and weight of each row.
    n_samples : int, default=200
        Number of bootstrap replicates, which are drawn reproducibly.

    Returns
    -------
    covariance : ndarray of shape (n_parameters, n_parameters)
        Zero for fixed parameters; NaN for the others if no more rows have a weight than there are free parameters.
    """
    lower, upper = bounds.T
    free = lower < upper
    pool = residuals[np.abs(residuals) > 1e-9 * np.abs(residuals).max()]
    covariance = np.zeros((theta.size, theta.size))
    if not free.any():
        return covariance
    if pool.size < 2 or np.count_nonzero(weights) <= free.sum():
        covariance[np.ix_(free, free)] = np.nan
        return covariance
    draws = np.random.default_rng(0).choice(pool, (n_samples, residuals.size))
    scale = 1 / np.maximum(np.linalg.norm(gradient[free], axis=1), 1e-300)
    slack = np.concatenate([(lower - theta)[free], (theta - upper)[free]]) / np.tile(scale, 2)
    bounded = np.isfinite(slack)
    sides = np.concatenate([np.eye(scale.size), -np.eye(scale.size)])[bounded]

    def repeated(values: Floats) -> Floats:
        return np.broadcast_to(values, (n_samples, *values.shape))

    X = repeated(gradient[free].T * scale)
    start = np.zeros((n_samples, scale.size))
    steps, _, _ = least_absolute.regress(X, draws, weights, start, repeated(sides), repeated(slack[bounded]))
    covariance[np.ix_(free, free)] = np.cov((steps * scale).T)
    return covariance
