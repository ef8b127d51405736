"""Laplace's method for a prior of log g: the most probable log g, and how the evidence changes with it.

S_R is linear in g, but not in log g. It is therefore linearized at the most probable log g, whose exponential is called
the most probable g here. Near that, g is a Gaussian process as well (`Tangent`), and its posterior follows as for any
other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, lu_factor, lu_solve, solve_triangular

from sklearn_wtrdf.inversion.priors import LogPrior, Tangent
from sklearn_wtrdf.inversion.priors.log_continuum import exp_of

Floats = NDArray[np.float64]

_TOLERANCE = 1e-10  # gain of the log probability of g and S_R in the last step
_NEAR = 0.1  # gain of the log probability below which the transform is not linearized again at each step
_FEW_STEPS = 5  # steps near the most probable g after which second derivatives are computed again
_MAX_STEPS = 100
_MAX_HALVINGS = 20  # of a step that does not increase the log probability


class LinearModel(NamedTuple):
    """The modes of S_R as a linear function of g, with errors."""

    modes: Floats
    transform: Floats
    errors: Floats  # their covariance


def tangent_at_mode(
    prior: LogPrior, theta: Floats, r: Floats, linear: LinearModel, start: Floats | None = None
) -> Tangent:
    """Return the tangent of a prior of log g at the most probable g.

    Steps of the Gauss–Newton method lead to its neighbourhood, where the transform is not linearized again. Where this
    converges slowly, as it does if a peak is sharp, steps of Newton's method follow.

    Parameters
    ----------
    prior : LogPrior
    theta : ndarray of shape (n_hyperparameters,)
        Logarithms of the hyperparameters of the prior.
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

    coefficients, gain, n_near = np.zeros(expected.size), np.inf, 0
    value, deviation, g, residual = at(coefficients)
    if start is not None:
        value, deviation, g = np.inf, np.log(start) - expected, start
        residual = modes - transform @ (g - 1)
    for _ in range(_MAX_STEPS):
        n_near = 0 if gain > _NEAR else n_near + 1
        if n_near == 0:
            steps = _GaussNewton(transform * g, covariance)
            step = steps.to(residual + steps.jacobian @ deviation) - coefficients
        else:
            curvature = g * (transform.T @ residual)
            if n_near > _FEW_STEPS and n_near % _FEW_STEPS == 1:
                steps = _Newton(transform * g, covariance, curvature)
            step = steps.along(coefficients - curvature)
        for halvings in range(_MAX_HALVINGS):
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


class _GaussNewton:
    """Steps of the Gauss–Newton method. Second derivatives with respect to log g: K⁻¹ + Jᵀ J.

    Parameters
    ----------
    jacobian : ndarray of shape (n_modes, n_r)
        J: the transform, over the errors, times g.
    covariance : ndarray of shape (n_r, n_r)
        K, of log g.
    """

    def __init__(self, jacobian: Floats, covariance: Floats) -> None:
        self.jacobian, self._projected = jacobian, jacobian @ covariance
        explained = self._projected @ jacobian.T
        explained.flat[:: len(explained) + 1] += 1
        self._factor = cholesky(explained, lower=True, check_finite=False), True

    def to(self, modes: Floats) -> Floats:
        """Return the coefficients of the most probable log g under the linearized model."""
        return np.asarray(self.jacobian.T @ cho_solve(self._factor, modes, check_finite=False))

    def along(self, slope: Floats) -> Floats:
        """Return the step of the coefficients, where `slope` is the gradient with respect to log g."""
        return self.to(self._projected @ slope) - slope


class _Newton(_GaussNewton):
    """Steps of Newton's method. Second derivatives with respect to log g: K⁻¹ + Jᵀ J − diag(curvature)."""

    def __init__(self, jacobian: Floats, covariance: Floats, curvature: Floats) -> None:
        super().__init__(jacobian, covariance)
        self._curvature = curvature
        self._posterior = covariance - self._projected.T @ cho_solve(self._factor, self._projected, check_finite=False)
        self._factor_of_change = lu_factor(np.eye(curvature.size) - self._posterior * curvature, check_finite=False)

    def along(self, slope: Floats) -> Floats:
        """Return the step of the coefficients; that of the Gauss–Newton method if this one leads upwards."""
        change = -lu_solve(self._factor_of_change, self._posterior @ slope, check_finite=False)  # of log g
        return super().along(slope - self._curvature * change if change @ slope < 0 else slope)


class ChangeOfMode(NamedTuple):
    """Derivatives of −log evidence with respect to the terms of the equation of the most probable log g.

    The most probable f = log g solves Jᵀ errors⁻¹ residual = K⁻¹ (f − mean), where J is the transform times g, and K
    the covariance of f.

    Attributes
    ----------
    g : ndarray of shape (n_r,)
        The most probable g.
    by_mean : ndarray of shape (n_r,)
        Derivatives with respect to the mean of f.
    by_residual : ndarray of shape (n_modes,)
        Derivatives with respect to the residual.
    by_weighted : ndarray of shape (n_modes,)
        Derivatives with respect to errors⁻¹ residual.
    """

    g: Floats
    by_mean: Floats
    by_residual: Floats
    by_weighted: Floats


def change_of_mode(tangent: Tangent, theta: Floats, transform: Floats, factor: Floats) -> ChangeOfMode:
    """Return how −log evidence changes with the most probable log g.

    Parameters
    ----------
    tangent : Tangent
        The tangent at the most probable g.
    theta : ndarray of shape (n_hyperparameters,)
        Logarithms of the hyperparameters of the prior.
    transform : ndarray of shape (n_modes, n_r)
        From g − 1 to modes.
    factor : ndarray of shape (n_modes, n_modes)
        Lower Cholesky factor of the covariance of the modes.
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
    by_residual = solved @ total
    return ChangeOfMode(g, total - jacobian.T @ by_residual, by_residual, jacobian @ change)
