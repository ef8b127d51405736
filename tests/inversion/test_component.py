"""The linear algebra of g under given hyperparameters, against plain Gaussian algebra."""

import numpy as np
import pytest
from scipy import optimize

from sklearn_wtrdf.inversion import Continuum, Evidence, Posterior
from sklearn_wtrdf.inversion.component import GaussianPosterior
from tests.inversion.synthetic import Q, dense


def test_standardized_residuals_are_those_of_leaving_each_point_out(observation):
    evidence = Evidence(Continuum(), observation)
    theta = evidence.theta(onset=1.5, noise=0.02)
    mean, covariance, _, _ = dense(evidence, theta)
    result = GaussianPosterior(evidence, theta).standardized_residuals(evidence)
    np.testing.assert_array_equal(Posterior(evidence, theta, n_draws=0).standardized_residuals, result)
    for i in (0, 17, 60, Q.size - 1):
        others = np.arange(Q.size) != i
        gain = np.linalg.solve(covariance[np.ix_(others, others)], covariance[others, i])
        predicted = mean[i] + gain @ (observation.s_r - mean)[others]
        spread = np.sqrt(covariance[i, i] - gain @ covariance[others, i])
        assert result[i] == pytest.approx((observation.s_r[i] - predicted) / spread, abs=2e-3)


def test_the_curve_is_that_of_the_stacked_non_negative_least_squares(observation):
    evidence = Evidence(Continuum(), observation)
    theta = evidence.theta(onset=1.4, noise=0.02)
    posterior = Posterior(evidence, theta, n_draws=0)
    mean, covariance, projected, moments = dense(evidence, theta)
    gain = np.linalg.solve(covariance, projected).T
    free = moments.mean + gain @ (observation.s_r - mean)
    component, gaussian = posterior.component, posterior.component.gaussian
    np.testing.assert_allclose(component.free, free, atol=1e-4)  # what the projection leaves out
    left = moments.covariance - gain @ projected
    r = evidence.observation.geometry.r
    np.testing.assert_allclose(gaussian.variance(r), np.maximum(left.diagonal(), 0), atol=1e-5)
    subset = gaussian.uncertain
    root = np.linalg.cholesky(
        left[np.ix_(subset, subset)] + 1e-7 * left.diagonal()[subset].mean() * np.eye(subset.sum())
    )
    whiten = np.linalg.inv(root)
    lifted, _ = optimize.nnls(whiten, whiten @ free[subset], maxiter=10_000)
    assert (free[subset] < 0).any()
    np.testing.assert_allclose(component.g(r)[subset], lifted, atol=2e-3)
