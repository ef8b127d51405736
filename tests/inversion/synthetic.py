"""A synthetic pattern whose g is known, and plain Gaussian algebra for comparison."""

import numpy as np

from sklearn_wtrdf import Curve
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.inversion import (
    Bond,
    Reference,
)

Q = np.arange(0.6, 10.001, 0.1)


DENSITY = 0.05


def shell_and_continuum(q=Q, r_b=1.6, neighbours=3.0, width=0.05, onset=2.4):
    """S_R of a bond and a step, both in closed form up to a fine sum."""
    r = np.arange(0.002, 60, 0.002)
    step = 1 / (1 + np.exp(-(r - onset) / 0.08))
    ripple = 0.6 * step * np.exp(-(r - onset) / 1.5) * np.cos(2.3 * (r - onset - 0.3))
    continuum = 4 * np.pi * DENSITY * 0.002 * np.sin(np.outer(q, r)) @ (r * (step + ripple - 1))
    bond = neighbours / r_b * np.sin(q * r_b) * np.exp(-((q * width) ** 2) / 2)
    g = step + ripple + Bond().mean(np.log([r_b, neighbours, width]), r, DENSITY)
    return continuum + bond, r, g


def sine(q, r):
    """Return the transform of g − 1 on a grid, for ρ₀ = 1 Å⁻³."""
    steps = np.diff(r, prepend=0.0, append=2 * r[-1] - r[-2])
    return 4 * np.pi * np.sin(np.outer(q, r)) * r * (steps[1:] + steps[:-1]) / 2


def systematic_errors(q):
    """Return the covariance of systematic errors of S_R of size 1."""
    degree = int(q[-1] / np.pi)
    x = 2 * (q - q[0]) / (q[-1] - q[0]) - 1
    k = np.arange(degree + 1)
    errors = np.polynomial.legendre.legvander(x, degree) * np.sqrt(2 * k + 1) / (1 + k) * q[:, None]
    return errors @ errors.T


def correlated_errors(observation):
    """Return the covariance of errors of S_R of size 1 that neighbours share, as far as the transform reaches them."""
    q, modes = observation.q, observation.geometry.modes
    distance = np.sqrt(3) * np.abs(q[:, None] - q) / 0.3
    reached = (q[:, None] / q) * (modes @ modes.T)  # in units of the noise it is a projection
    return reached @ (np.outer(q, q) * (1 + distance) * np.exp(-distance)) @ reached.T


def dense(evidence, theta):
    """Return mean and covariance of S_R, and its covariance with g, without any projection."""
    observation, prior = evidence.observation, evidence.prior
    noise, systematic, correlated, scale = np.exp(theta[evidence.n_prior :])
    r, q = observation.geometry.r, observation.q
    transform = scale * observation.number_density * sine(q, r)
    moments = prior.evaluate(theta[: evidence.n_prior], r, observation.number_density)
    covariance = transform @ moments.covariance @ transform.T + np.diag((noise * q) ** 2)
    covariance += systematic**2 * systematic_errors(q) + correlated**2 * correlated_errors(observation)
    return transform @ (moments.mean - 1), covariance, transform @ moments.covariance, moments


def glass(x):
    material = load_ag_ge_se(x)
    return Reference(material.pattern, Curve(material.r, material.target))
