"""Laplace's method for a prior of log g: the most probable log g, and how the evidence changes with it.

S_R is linear in g, but not in log g. It is therefore linearized at the most probable log g, whose exponential is called
the most probable g here. Near that, g is a Gaussian process as well (`Tangent`), and its posterior follows as for any
other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular

from sklearn_wtrdf.inversion.priors import LogPrior, Tangent
from sklearn_wtrdf.inversion.priors.log_continuum import exp_of

Floats = NDArray[np.float64]

_TOLERANCE = 1e-10  # of the log probability of g and S_R
_NEAR = 0.1  # of the same: after a smaller gain, the transform is not linearized again
_MOST_STEPS = 100
_MOST_HALVINGS = 20


class LinearModel(NamedTuple):
    """The modes of S_R as a linear function of g, with errors."""

    modes: Floats
    transform: Floats
    errors: Floats  # their covariance


def tangent_at_mode(
    prior: LogPrior, theta: Floats, r: Floats, linear: LinearModel, start: Floats | None = None
) -> Tangent:
    """Return the tangent of a prior of log g at the most probable g, by the Gauss–Newton method.

    Parameters
    ----------
    prior : LogPrior
    theta : ndarray of shape (n_hyperparameters,)
        Of the prior.
    r : ndarray of shape (n_r,)
        The grid of g.
    linear : LinearModel
    start : ndarray of shape (n_r,), default=None
        The most probable g under similar hyperparameters. None is the mean of log g.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a covariance is not positive definite in floating point.
    """
    moments = prior.evaluate(theta, r)
    factor = cholesky(linear.errors, lower=True, check_finite=False)
    transform, modes = (solve_triangular(factor, part, lower=True, check_finite=False) for part in linear[1::-1])
    expected, covariance = moments.mean, moments.covariance

    def at(coefficients: Floats) -> tuple[float, Floats, Floats, Floats]:
        deviation = covariance @ coefficients
        g = exp_of(expected + deviation)
        residual = modes - transform @ (g - 1)
        return float(residual @ residual + coefficients @ deviation) / 2, deviation, g, residual

    coefficients, gain = np.zeros(expected.size), np.inf
    value, deviation, g, residual = at(coefficients)
    if start is not None:
        value, deviation, g = np.inf, np.log(start) - expected, start
        residual = modes - transform @ (g - 1)
    for _ in range(_MOST_STEPS):
        if gain > _NEAR:
            jacobian = transform * g
            explained = jacobian @ covariance @ jacobian.T
            explained.flat[:: len(explained) + 1] += 1
            factor = cholesky(explained, lower=True, check_finite=False)
            weighted = cho_solve((factor, True), residual + jacobian @ deviation, check_finite=False)
            step = jacobian.T @ weighted - coefficients
        else:  # the last linearization is accurate enough
            slope = coefficients - g * (transform.T @ residual)
            weighted = cho_solve((factor, True), jacobian @ (covariance @ slope), check_finite=False)
            step = jacobian.T @ weighted - slope
        for halvings in range(_MOST_HALVINGS):
            trial = coefficients + step / 2**halvings
            outcome = at(trial)
            if outcome[0] <= value:
                break
        else:
            break
        gain = value - outcome[0]
        coefficients, (value, deviation, g, residual) = trial, outcome
        if gain < _TOLERANCE:
            break
    return Tangent(prior, r, coefficients, g)


class ChangeOfMode(NamedTuple):
    """Derivatives of −log evidence by the terms of the equation of the most probable log g.

    The most probable f = log g solves Jᵀ errors⁻¹ residual = K⁻¹ (f − mean), where J is the transform times g, and K
    the covariance of f.

    Attributes
    ----------
    g : ndarray of shape (n_r,)
        The most probable g.
    of_mean : ndarray of shape (n_r,)
        With respect to the mean of f.
    of_residual : ndarray of shape (n_modes,)
        With respect to the residual.
    of_weighted : ndarray of shape (n_modes,)
        With respect to errors⁻¹ residual.
    """

    g: Floats
    of_mean: Floats
    of_residual: Floats
    of_weighted: Floats


def change_of_mode(
    tangent: Tangent, theta: Floats, transform: Floats, factor: Floats, weighted: Floats
) -> ChangeOfMode:
    """Return how −log evidence changes with the most probable log g.

    Parameters
    ----------
    tangent : Tangent
        At the most probable g.
    theta : ndarray of shape (n_hyperparameters,)
        Of the prior.
    transform : ndarray of shape (n_modes, n_r)
        From g − 1 to modes.
    factor : ndarray of shape (n_modes, n_modes)
        Lower Cholesky factor of the covariance of the modes.
    weighted : ndarray of shape (n_modes,)
        covariance⁻¹ · residual of the linearized model, which is errors⁻¹ · residual.
    """
    g, covariance = tangent.g, tangent.prior.evaluate(theta, tangent.r).covariance
    jacobian = transform * g
    projected = jacobian @ covariance
    solved = cho_solve((factor, True), projected, check_finite=False)
    # The mode changes the evidence only through the determinant of the covariance of the modes.
    by_mode = np.einsum("ij,ij->j", cho_solve((factor, True), jacobian, check_finite=False), projected)
    posterior = covariance - projected.T @ solved
    # (second derivatives)⁻¹ · by_mode, where those of exp(f) count as well
    curvature = np.eye(g.size) - posterior * tangent.coefficients
    change = np.linalg.solve(curvature, posterior @ by_mode)
    total = by_mode + tangent.coefficients * change
    of_residual = solved @ total
    return ChangeOfMode(g, total - jacobian.T @ of_residual, of_residual, jacobian @ change)
