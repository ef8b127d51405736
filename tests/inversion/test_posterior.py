"""What S_R(q) says of g under a prior, against plain Gaussian algebra and synthetic patterns with known g."""

import numpy as np
import pytest
from scipy import optimize, stats

from sklearn_wtrdf import InversionRegressor, scattering_frame
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.inversion import Bond, Continuum, Evidence, Observation, Posterior, find, without_outliers

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


@pytest.fixture(scope="module")
def observation():
    s_r = shell_and_continuum()[0]
    noise = 0.01 * Q * np.random.default_rng(0).normal(size=Q.size)
    return Observation(Q, s_r + noise, DENSITY, 0.05)


@pytest.mark.parametrize("prior", [Continuum(), Continuum() + Bond()], ids=repr)
@pytest.mark.parametrize("slow_errors", [True, False])
def test_the_evidence_has_the_derivatives_that_it_says(prior, slow_errors, observation):
    evidence = Evidence(prior, observation, slow_errors=slow_errors)
    theta = evidence.start + 0.05 * np.random.default_rng(1).normal(size=evidence.start.size)
    value, found = evidence(theta)
    assert value == evidence.value(theta)
    step = 1e-5
    expected = [
        (evidence.value(theta + step * unit) - evidence.value(theta - step * unit)) / (2 * step)
        for unit in np.eye(theta.size)
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def dense(evidence, theta):
    """Return mean and covariance of S_R, and its covariance with g, without any projection."""
    observation, prior = evidence.observation, evidence.prior
    noise, slow, scale = np.exp(theta[evidence.n_prior :])
    geometry = observation.geometry
    r, q = geometry.r, observation.q
    steps = np.diff(r, prepend=0.0, append=2 * r[-1] - r[-2])
    density = scale * observation.number_density
    transform = density * 4 * np.pi * np.sin(np.outer(q, r)) * r * (steps[1:] + steps[:-1]) / 2
    belief = prior.evaluate(theta[: evidence.n_prior], r, observation.number_density)
    degree = int(q[-1] / np.pi)
    x = 2 * (q - q[0]) / (q[-1] - q[0]) - 1
    k = np.arange(degree + 1)
    errors = np.polynomial.legendre.legvander(x, degree) * np.sqrt(2 * k + 1) / (1 + k) * q[:, None]
    covariance = transform @ belief.covariance @ transform.T + slow**2 * errors @ errors.T + np.diag((noise * q) ** 2)
    return transform @ (belief.mean - 1), covariance, transform @ belief.covariance, belief


def test_the_evidence_is_the_normal_distributions(observation):
    evidence = Evidence(Continuum(), observation)
    expected, found = [], []
    for onset, noise in ((2.0, 0.02), (1.5, 0.01), (2.2, 0.05)):
        theta = evidence.theta(onset=onset, noise=noise)
        mean, covariance, _, _ = dense(evidence, theta)
        off = (theta - evidence._expected) / evidence._spread
        expected.append(-stats.multivariate_normal(mean, covariance).logpdf(observation.s_r) + off @ off / 2)
        found.append(evidence.value(theta))
    np.testing.assert_allclose(np.diff(found), np.diff(expected), rtol=1e-5)  # up to a constant


def test_surprises_are_those_of_leaving_each_point_out(observation):
    evidence = Evidence(Continuum(), observation)
    theta = evidence.theta(onset=1.5, noise=0.02)
    mean, covariance, _, _ = dense(evidence, theta)
    found = evidence.surprises(theta)
    for i in (0, 17, 60, Q.size - 1):
        others = np.arange(Q.size) != i
        gain = np.linalg.solve(covariance[np.ix_(others, others)], covariance[others, i])
        predicted = mean[i] + gain @ (observation.s_r - mean)[others]
        spread = np.sqrt(covariance[i, i] - gain @ covariance[others, i])
        assert found[i] == pytest.approx((observation.s_r[i] - predicted) / spread, abs=2e-3)


def test_the_curve_is_that_of_the_stacked_non_negative_least_squares(observation):
    evidence = Evidence(Continuum(), observation)
    theta = evidence.theta(onset=1.4, noise=0.02)
    posterior = Posterior(evidence, theta, n_draws=0)
    mean, covariance, projected, belief = dense(evidence, theta)
    gain = np.linalg.solve(covariance, projected).T
    free = belief.mean + gain @ (observation.s_r - mean)
    component = posterior.components[0]
    np.testing.assert_allclose(component.free, free, atol=1e-4)  # what the projection leaves out
    left = belief.covariance - gain @ projected
    r = evidence.observation.geometry.r
    np.testing.assert_allclose(component.variance(r), np.maximum(left.diagonal(), 0), atol=1e-5)
    some = component._uncertain
    root = np.linalg.cholesky(left[np.ix_(some, some)] + 1e-7 * left.diagonal()[some].mean() * np.eye(some.sum()))
    whiten = np.linalg.inv(root)
    lifted, _ = optimize.nnls(whiten, whiten @ free[some], maxiter=10_000)
    assert (free[some] < 0).any()
    np.testing.assert_allclose(component.g(r)[some], lifted, atol=2e-3)


def test_a_bond_and_the_errors_of_s_are_found():
    s_r, r, g = shell_and_continuum()
    noise = 0.01 * Q * np.random.default_rng(0).normal(size=Q.size)
    found = find(Observation(Q, s_r + noise, DENSITY, 0.05))
    assert found.hyperparameters["r"] == pytest.approx(1.6, abs=0.01)
    assert found.hyperparameters["neighbours"] == pytest.approx(3.0, rel=0.05)
    assert found.hyperparameters["noise"] == pytest.approx(0.01, rel=0.3)
    grid = np.arange(1.0, 8, 0.02)
    truth = np.interp(grid, r, g)
    off = np.abs(found.g(grid) - truth)
    assert off.mean() < 0.06
    assert (off <= 1.645 * found.std(grid))[grid > 1.4].mean() > 0.8
    # An offset, a scale and a slow background are not reported as g, and outlying points are left out.
    s = 1 + (s_r + noise) / Q
    s = 1.03 * s + 0.03 + 0.03 * (2 * Q / Q[-1] - 1) ** 2
    s[[20, 50]] += 0.5
    spoilt = find(Observation(Q, Q * (s - 1), DENSITY, 0.05))
    assert np.abs(spoilt.g(grid) - truth).mean() < 2 * off.mean() + 0.02
    assert not set(Q[[20, 50]]) & set(spoilt.evidence.observation.q)


def test_good_points_are_kept(observation):
    assert without_outliers(observation).q.size >= Q.size - 1


def test_samples_scatter_as_the_band_says(observation):
    evidence = Evidence(Continuum() + Bond(), observation)
    theta = evidence.theta(onset=2.4, noise=0.01, neighbours=3.0, width=0.05)
    posterior = Posterior(evidence, theta, n_draws=0)
    r, draws = posterior.sample(80, np.random.RandomState(0))
    assert (draws >= 0).all()
    peak = (r > 3) & (r < 5)
    np.testing.assert_allclose(draws.std(axis=0)[peak].mean(), posterior.std(r)[peak].mean(), rtol=0.25)


def test_an_unknown_density_is_found():
    material = load_material("argon", q_max=10)
    noise = 0.005 * material.q * np.random.default_rng(0).normal(size=material.q.size)
    X = scattering_frame(material.r[50:], material.q, material.s_r + noise)
    model = InversionRegressor(reference=False, prior="auto").fit(X)
    table = model.peak_table(X, n_samples=10)
    assert table["number_density"][0] == pytest.approx(material.number_density, rel=0.1)
    X = scattering_frame(material.r[50:], material.q, material.s_r + noise, number_density=material.number_density)
    known = InversionRegressor(reference=False, prior="auto").fit(X)
    g, std = known.predict(X, return_std=True)
    assert np.abs(g - material.target[50:]).mean() < 0.03
    np.testing.assert_array_equal(known.predict(X), g)
    assert (std >= 0).all()


def test_an_experts_prior_is_used_and_goes_with_no_reference():
    s_r = shell_and_continuum()[0]
    X = scattering_frame(np.arange(1, 6, 0.02), Q, s_r, number_density=DENSITY)
    model = InversionRegressor(reference=False, prior=Continuum() + Bond(r=(1.5, 1.7), neighbours=3.0)).fit(X)
    g = model.predict(X)
    assert X["r"][g.argmax()] == pytest.approx(1.6, abs=0.025)
    with pytest.raises(ValueError, match="prior is for reference=False"):
        InversionRegressor(prior="auto").fit(X, g)
    with pytest.raises(ValueError, match="'prior' parameter"):
        InversionRegressor(reference=False, prior="bond").fit(X)


def test_a_grid_beyond_memory_is_refused():
    with pytest.raises(ValueError, match="q must be in Å⁻¹"):
        Observation(np.linspace(1, 8000, 50), np.zeros(50), DENSITY, 0.05)
