"""Physics-informed Gaussian process.

The method of H. W. Sullivan, M. Cervenka, B. L. Shanks and M. P. Hoepfner, J. Phys. Chem. B 129, 11802 (2025), written
from its equations. g is a Gaussian process whose mean is a step, 1 / (1 + exp(−s (r − r₀))), and whose covariance is a
Gaussian of constant length with a width that rises in a step and decays,
max · exp(−decay (r − loc)) / (1 + exp(−slope (r − loc))). Its radial Fourier transform is the Gaussian process of S, to
which white noise is added. The eight hyperparameters have the greatest marginal likelihood. g may be negative, and the
standard deviation does not include the errors of hyperparameters. Choices of ours: the starting points, of which the
best is taken; the bounds; and the grid of r. In the paper, bonds of molecules are added to the mean, at distances that
the user gives; here there are none. The method assumes that S has no errors of scale or offset.
"""

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import minimize

R_MAX = 20.0  # Å, beyond which g is 1
MAX_STEP = 0.05  # Å
STEP_TIMES_Q_MAX = 1.25
FINE_END = 6.0  # Å, beyond which the steps are twice as long
NAMES = ("length", "max", "slope", "loc", "decay", "noise", "r0", "s")
LOW = np.log([0.02, 0.01, 2.0, 0.5, 0.02, 1e-4, 0.5, 2.0])
HIGH = np.log([3.0, 100.0, 80.0, 5.0, 3.0, 0.5, 5.0, 80.0])
STARTS = [
    np.log([length, 1.0, 15.0, onset + 0.1, 0.4, noise, onset, 15.0])
    for onset in np.arange(0.8, 3.8, 0.3)
    for length in (0.15, 0.5)
    for noise in (0.005, 0.03)
]
JITTER = 1e-9  # of the variances of S, added so that matrices are positive definite


def solve(q, S, density, r):
    """Return g at r and its standard deviation."""
    step = min(MAX_STEP, STEP_TIMES_Q_MAX / q[-1])
    grid = np.append(np.arange(step, FINE_END, step), np.arange(FINE_END, R_MAX, 2 * step))
    transform = 4 * np.pi * density * np.gradient(grid) * np.sin(np.outer(q, grid)) * grid / q[:, None]

    def value(theta, slopes=True):
        return minus_log_likelihood(theta, grid, transform, S, slopes)

    start = min(STARTS, key=lambda theta: value(theta, slopes=False)[0])
    bounds = list(zip(LOW, HIGH, strict=True))
    theta = minimize(value, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 200}).x
    of_s = transform @ _covariance(theta, grid, grid) @ transform.T
    factor = cho_factor(_with_noise(of_s, np.exp(theta[NAMES.index("noise")])), lower=True)
    cross = _covariance(theta, r, grid) @ transform.T
    g = _mean(theta, r) + cross @ cho_solve(factor, S - 1 - transform @ (_mean(theta, grid) - 1))
    variance = _width(theta, r) ** 2 - np.einsum("ij,ji->i", cross, cho_solve(factor, cross.T))
    return g, np.sqrt(np.maximum(variance, 0))


def minus_log_likelihood(theta, grid, transform, S, slopes=True):
    """Return −log marginal likelihood, up to a constant, and its gradient with respect to log hyperparameters.

    Without `slopes`, the derivatives are None.
    """
    length, _, slope, loc, decay, noise, r0, s = np.exp(theta)
    mean, covariance = _mean(theta, grid), _covariance(theta, grid, grid)
    of_s = transform @ covariance @ transform.T
    try:
        factor = cho_factor(_with_noise(of_s, noise), lower=True)
    except LinAlgError:
        return 1e12, np.zeros(theta.size)
    residual = S - 1 - transform @ (mean - 1)
    weighted = cho_solve(factor, residual)
    value = residual @ weighted / 2 + np.log(factor[0].diagonal()).sum()
    if not slopes:
        return float(value), None
    by_of_s = (cho_solve(factor, np.eye(S.size)) - np.outer(weighted, weighted)) / 2
    by_covariance = covariance * (transform.T @ by_of_s @ transform)
    by_log_width = 2 * by_covariance.sum(axis=1)
    rise = 1 / (1 + np.exp(np.clip(slope * (grid - loc), -100, 100)))  # 1 minus the step of the width
    by_mean = -transform.T @ weighted
    by_step = by_mean * mean * (1 - mean)
    derivatives = {
        "length": (by_covariance * ((grid[:, None] - grid) / length) ** 2).sum(),
        "max": by_log_width.sum(),
        "slope": by_log_width @ (slope * (grid - loc) * rise),
        "loc": by_log_width @ (loc * (decay - slope * rise)),
        "decay": by_log_width @ (-decay * (grid - loc)),
        "noise": 2 * noise**2 * by_of_s.trace(),
        "r0": by_step @ np.full(grid.size, -s * r0),
        "s": by_step @ (s * (grid - r0)),
    }
    return float(value), np.array([derivatives[name] for name in NAMES])


def _mean(theta, r):
    r0, s = np.exp(theta[6:])
    return 1 / (1 + np.exp(np.clip(-s * (r - r0), -100, 100)))


def _width(theta, r):
    _, largest, slope, loc, decay, *_ = np.exp(theta)
    return largest * np.exp(-decay * (r - loc)) / (1 + np.exp(np.clip(-slope * (r - loc), -100, 100)))


def _covariance(theta, r, other):
    return np.outer(_width(theta, r), _width(theta, other)) * np.exp(
        -((r[:, None] - other) ** 2) / (2 * np.exp(2 * theta[0]))
    )


def _with_noise(of_s, noise):
    return of_s + (noise**2 + JITTER * of_s.diagonal().mean()) * np.eye(len(of_s))
