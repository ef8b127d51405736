"""The most probable g under a prior of log g, and Laplace's method, against optimization and integrals by SciPy."""

import numpy as np
import pytest
from scipy import integrate, optimize

from sklearn_wtrdf.inversion import Evidence, LogContinuum, Observation
from sklearn_wtrdf.inversion.laplace import LinearModel, tangent_at_mode
from tests.inversion.synthetic import DENSITY

PRIOR = LogContinuum()
SETTINGS = {"onset": 1.5, "amplitude": 0.4, "first_shell": 0.8, "noise": 0.01}


@pytest.fixture(scope="module")
def evidence(observation):
    return Evidence(PRIOR, observation.on_grid(is_coarse=True))


def test_the_curve_is_the_most_probable_one(evidence):
    """L-BFGS-B on the uncorrelated deviates of log g."""
    theta = evidence.theta(**SETTINGS)
    r, state, n = evidence.observation.geometry.r, evidence.state(theta), evidence.n_prior
    mean, covariance = PRIOR.mean(theta[:n], r), PRIOR.covariance(theta[:n], r, r)
    root = np.linalg.cholesky(covariance + 1e-10 * np.eye(r.size))
    errors = state.factor @ state.factor.T - state.signal
    whitening = np.linalg.inv(np.linalg.cholesky(errors))

    def minus_log_probability(deviates):
        g = np.exp(mean + root @ deviates)
        residual = whitening @ (evidence.modes - state.transform @ (g - 1))
        gradient = deviates - root.T @ (g * (state.transform.T @ (whitening.T @ residual)))
        return (residual @ residual + deviates @ deviates) / 2, gradient

    options = {"maxiter": 20_000, "maxfun": 40_000, "ftol": 1e-14, "gtol": 1e-6, "maxcor": 50}
    found = optimize.minimize(minus_log_probability, np.zeros(r.size), jac=True, method="L-BFGS-B", options=options)
    expected = np.exp(mean + root @ found.x)
    np.testing.assert_allclose(state.prior.g, expected, atol=2e-3 * expected.max())


def test_the_start_does_not_change_the_result(evidence):
    theta = evidence.theta(**SETTINGS)
    far = evidence.state(evidence.theta(**SETTINGS | {"onset": 1.3, "amplitude": 0.8}))
    cold, warm = evidence.state(theta), evidence.state(theta, far.prior)
    np.testing.assert_allclose(warm.prior.g, cold.prior.g, atol=1e-4)
    assert warm.value == pytest.approx(cold.value, abs=1e-4)


@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_the_evidence_of_one_distance_is_the_integral_over_log_g(noise):
    """With one distance and one mode, the integral over log g is known by quadrature."""
    r, transform, measured = np.array([2.0]), np.array([[0.7]]), np.array([0.7 * (1.8 - 1)])
    theta = np.log([item.start for item in PRIOR.hyperparameters])
    mean, std = PRIOR.mean(theta, r)[0], np.sqrt(PRIOR.variance(theta, r)[0])
    errors = np.array([[noise**2]])
    tangent = tangent_at_mode(PRIOR, theta, r, LinearModel(measured, transform, errors))

    def density(value, center, spread):
        return np.exp(-(((value - center) / spread) ** 2) / 2) / (np.sqrt(2 * np.pi) * spread)

    exact, _ = integrate.quad(
        lambda f: density(measured[0], 0.7 * (np.exp(f) - 1), noise) * density(f, mean, std),
        mean - 8 * std,
        mean + 8 * std,
        points=[np.log(1.8)],
    )
    moments = tangent.evaluate(theta, r, DENSITY)
    spread = np.sqrt(0.7**2 * moments.covariance[0, 0] + noise**2)
    by_laplace = density(measured[0], 0.7 * (moments.mean[0] - 1), spread)
    assert by_laplace == pytest.approx(exact, rel=3 * noise)  # it is exact without noise


@pytest.mark.parametrize("is_coarse", [True, False])
def test_the_derivatives_vanish_where_a_peak_is_sharp(silica, is_coarse):
    """A search ended before the maximum, because the evidence was that of a g which was not the most probable one."""
    noise = 0.01 * np.random.RandomState(0).normal(size=silica.q.size)
    observation = Observation(silica.q, silica.s_r + silica.q * noise, silica.number_density, 0.05)
    evidence = Evidence(PRIOR, observation.on_grid(is_coarse=is_coarse))
    of_sharp_peak = {"onset": 1.207, "steepness": 18.5, "amplitude": 1.31, "decay": 2.72, "length": 0.063}
    theta = evidence.theta(**of_sharp_peak, growth=0.145, first_shell=0.49, first_width=0.3, noise=0.01)
    state, r = evidence.state(theta), evidence.observation.geometry.r
    errors, tangent = state.factor @ state.factor.T - state.signal, state.prior
    residual = evidence.modes - state.transform @ (tangent.g - 1)
    slope = tangent.coefficients - tangent.g * (state.transform.T @ np.linalg.solve(errors, residual))
    assert slope @ PRIOR.covariance(theta[: evidence.n_prior], r, r) @ slope < 1e-6
