"""Several patterns of one material: evidence and posterior, against differences and plain Gaussian algebra."""

import numpy as np
import pytest

from sklearn_wtrdf.inversion import Evidence, Observation, PairFunctions, Posterior
from sklearn_wtrdf.inversion.component import GaussianPosterior
from sklearn_wtrdf.scattering.pairs import PairWeights
from tests.inversion.synthetic import DENSITY, shell_and_continuum, sine

GRIDS = np.arange(0.6, 8.001, 0.15), np.arange(0.8, 6.001, 0.2)
R = np.arange(0.4, 9.0, 0.06)


@pytest.fixture(scope="module")
def evidence():
    weights = [PairWeights.of("SiO2", q, kind) for q, kind in zip(GRIDS, ("x-ray", "neutron"), strict=True)]
    rng = np.random.default_rng(0)
    s_r = [shell_and_continuum(q)[0] + 0.02 * q * rng.normal(size=q.size) for q in GRIDS]
    observations = [
        Observation(q, values, DENSITY, 0.05, weights=of_pairs, q_max=8)
        for q, values, of_pairs in zip(GRIDS, s_r, weights, strict=True)
    ]
    prior = PairFunctions("SiO2", {"Si-O": (1.5, 4.0)})  # with bonds the band is wider
    return Evidence(prior, observations, systematic_errors=False)


@pytest.fixture(scope="module")
def theta(evidence):
    return evidence.theta(onset=2.3, noise=0.03, neighbours=3.0) + 0.02 * np.random.default_rng(1).normal(
        size=evidence.start.size
    )


@pytest.fixture(scope="module")
def dense(evidence, theta):
    """Return mean and covariance of all S_R, and their covariance with the pair functions, without projection."""
    moments = evidence.prior.evaluate(theta[: evidence.n_prior], evidence.observation.geometry.r, DENSITY)
    transforms, noise = [], []
    for observation, (log_noise, _, _, log_scale) in zip(
        evidence.observations, theta[evidence.n_prior :].reshape(-1, 4), strict=True
    ):
        of_g = np.exp(log_scale) * DENSITY * sine(observation.q, observation.geometry.r)
        transforms.append(np.hstack([weight[:, None] * of_g for weight in observation.weights.at_q.T]))
        noise.append((np.exp(log_noise) * observation.q) ** 2)
    transform = np.vstack(transforms)
    projected = transform @ moments.covariance
    return transform @ (moments.mean - 1), projected @ transform.T + np.diag(np.concatenate(noise)), projected, moments


def test_the_gradient_is_that_of_finite_differences(evidence, theta):
    step = 1e-5
    expected = [
        (evidence.value(theta + step * unit) - evidence.value(theta - step * unit)) / (2 * step)
        for unit in np.eye(theta.size)
    ]
    np.testing.assert_allclose(evidence(theta)[1], expected, rtol=1e-4, atol=1e-4)


def test_pair_functions_and_their_combinations_are_those_of_gaussian_process_regression(evidence, theta, dense):
    mean, covariance, projected, moments = dense
    s_r = np.concatenate([observation.s_r for observation in evidence.observations])
    gain = np.linalg.solve(covariance, projected).T
    posterior, r = Posterior(evidence, theta, n_draws=0), evidence.observation.geometry.r
    np.testing.assert_allclose(posterior.component.free, moments.mean + gain @ (s_r - mean), atol=1e-4)
    left = moments.covariance - gain @ projected
    for combination in (*np.eye(3), np.array([0.2, -0.5, 1.0])):
        across = np.kron(combination, np.eye(r.size))
        variance = (across @ left @ across.T).diagonal()
        result = posterior.component.gaussian.variance(r, combination)
        np.testing.assert_allclose(result, np.maximum(variance, 0), atol=1e-5)


def test_all_pair_functions_of_all_samples_are_nowhere_negative(evidence, theta):
    posterior = Posterior(evidence, theta, n_draws=0)
    assert (posterior.component.free < -0.01).any()
    assert all(posterior.g(R, unit).min() >= 0 for unit in np.eye(3))
    combinations = np.vstack([np.eye(3), [0.2, 0.3, 0.5]])
    r, component = np.arange(0.02, 12.0, 0.02), posterior.component
    draws = component.sample(r, 40, np.random.RandomState(0), combinations)
    assert draws.shape == (40, 4, r.size)
    assert (draws >= 0).all()
    positive = (draws[:, :3] > 0).all(axis=1)  # elsewhere each curve is cut at 0
    combined = np.tensordot([0.2, 0.3, 0.5], draws[:, :3], (0, 1))
    np.testing.assert_allclose(draws[:, 3][positive], combined[positive], atol=1e-9)
    inside = (r > 3) & (r < 6)
    for k, unit in enumerate(np.eye(3)):
        spread = np.sqrt(component.gaussian.variance(r[inside], unit)).mean()
        assert 0.2 * spread < draws[:, k, inside].std(axis=0).mean() < 1.2 * spread  # g ≥ 0 makes it smaller


@pytest.mark.parametrize("pattern", [0, 1])
def test_standardized_residuals_are_those_of_leaving_a_point_of_any_pattern_out(evidence, theta, dense, pattern):
    mean, covariance, _, _ = dense
    s_r = np.concatenate([observation.s_r for observation in evidence.observations])
    result = GaussianPosterior(evidence, theta).standardized_residuals(evidence, pattern)
    for i in (0, 11, result.size - 1):
        left_out = i + pattern * GRIDS[0].size
        others = np.arange(s_r.size) != left_out
        gain = np.linalg.solve(covariance[np.ix_(others, others)], covariance[others, left_out])
        spread = np.sqrt(covariance[left_out, left_out] - gain @ covariance[others, left_out])
        predicted = mean[left_out] + gain @ (s_r - mean)[others]
        assert result[i] == pytest.approx((s_r[left_out] - predicted) / spread, abs=5e-3)


@pytest.mark.parametrize("pattern", [0, 1])
def test_the_structure_of_each_pattern_is_the_transform_of_the_pair_functions(evidence, theta, pattern):
    posterior, observation = Posterior(evidence, theta, n_draws=0), evidence.observations[pattern]
    r = observation.geometry.r
    deviations = sum(
        weight[:, None] * (sine(observation.q, r) @ (posterior.g(r, unit) - 1))[:, None]
        for weight, unit in zip(observation.weights.at_q.T, np.eye(3), strict=True)
    )[:, 0]
    parts = posterior.decompose(pattern)
    np.testing.assert_array_equal(parts.q, GRIDS[pattern])
    density = posterior.component.gaussian.densities[pattern]
    np.testing.assert_allclose(parts.structure, density * deviations, atol=0.02)
