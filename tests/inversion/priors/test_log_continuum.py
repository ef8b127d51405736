"""A prior of log g, and the Gaussian process of g near a curve."""

import numpy as np
import pytest

from sklearn_wtrdf.inversion import Bond, LogContinuum
from sklearn_wtrdf.inversion.priors import Tangent
from tests.inversion.priors.cases import DENSITY, R, thetas

PRIOR = LogContinuum()
THETA = thetas(PRIOR, 1)[0]


def tangent(size=1.0):
    coefficients = size * np.random.default_rng(0).normal(size=R.size)
    deviation = PRIOR.covariance(THETA, R, R) @ coefficients
    return Tangent(PRIOR, R, coefficients, np.exp(PRIOR.mean(THETA, R) + deviation))


def test_the_mean_of_g_is_the_step_of_a_continuum():
    onset, steepness = np.exp(THETA[:2])
    mean = np.exp(PRIOR.mean(THETA, R) + PRIOR.variance(THETA, R) / 2)  # of a log-normal distribution
    np.testing.assert_allclose(mean, 1 / (1 + np.exp(-steepness * (R - onset))), rtol=1e-10)


def test_draws_are_positive_with_sharp_peaks():
    rng, root = np.random.default_rng(1), np.linalg.cholesky(PRIOR.covariance(THETA, R, R) + 1e-9 * np.eye(R.size))
    g = np.exp(PRIOR.mean(THETA, R) + rng.normal(size=(400, R.size)) @ root.T)
    assert (g > 0).all()
    first_shell = np.abs(R - np.exp(THETA[0]) - 0.3).argmin()
    assert ((g[:, first_shell] - 1) ** 3).mean() > 0.1  # higher peaks than the depth of valleys


def test_no_number_is_subnormal():
    """Arithmetic with subnormal numbers takes ten times longer."""
    r = np.arange(0.05, 40, 0.1)
    theta = np.log([2.0, 80.0, 1.0, 4.0, 0.2, 0.1, 0.5, 0.3])
    covariance, far = PRIOR.covariance(theta, r, r), tangent(size=100.0)
    assert (covariance[covariance != 0] > 1e-100).all()
    assert (far.curve(THETA, r) > 1e-100).all()


def test_moments_are_not_changed_by_their_users():
    moments = PRIOR.evaluate(THETA, R)
    for values in (moments.mean, moments.covariance):
        with pytest.raises(ValueError, match="read-only"):
            values *= 2
    np.testing.assert_allclose(PRIOR.evaluate(THETA.astype(np.float32), R).mean, moments.mean, rtol=1e-4, atol=1e-4)


def test_it_is_not_added_to_another_prior():
    for both in ((PRIOR, Bond()), (Bond(), PRIOR)):
        with pytest.raises(ValueError, match="LogContinuum is not added to another prior"):
            sum(both[1:], start=both[0])


def test_a_tangent_has_the_moments_of_small_deviations():
    """g₀ exp(d) is g₀ (1 + d) for small d, with the mean and covariance of log g."""
    curve, at = tangent(), np.array([1.234, 2.5, 6.0])
    g = curve.curve(THETA, at)
    expected = g * (1 + PRIOR.mean(THETA, at) - np.log(g))
    np.testing.assert_allclose(curve.mean(THETA, at, DENSITY), expected, rtol=1e-9)
    covariance = g[:, None] * PRIOR.covariance(THETA, at, at) * g
    np.testing.assert_allclose(curve.covariance(THETA, at, at), covariance, rtol=1e-9)
    np.testing.assert_allclose(curve.variance(THETA, at), covariance.diagonal(), rtol=1e-9)
    moments = curve.evaluate(THETA, R, DENSITY)
    np.testing.assert_allclose(moments.mean, curve.mean(THETA, R.copy(), DENSITY), rtol=1e-9)
    np.testing.assert_allclose(moments.covariance, curve.covariance(THETA, R, R), rtol=1e-9)


def test_its_own_curve_is_interpolated_without_an_error():
    """The first peak is sharper than a spline of g on this grid resolves."""
    curve, at = tangent(), np.linspace(1.5, 6.0, 400)
    (interpolated,) = curve.interpolated(THETA, at, R, curve.g[None], DENSITY)[0]
    np.testing.assert_allclose(interpolated, curve.curve(THETA, at), atol=1e-6)
    (raised,) = curve.interpolated(THETA, at, R, 1.1 * curve.g[None], DENSITY)[0]
    np.testing.assert_allclose(raised, 1.1 * curve.curve(THETA, at), atol=1e-6)
