"""What S_R(q) says of g under a prior, against plain Gaussian algebra and synthetic patterns with known g."""

import warnings

import numpy as np
import pytest
from scipy import interpolate, optimize, stats

from sklearn_wtrdf import Curve, InversionRegressor, scattering_frame
from sklearn_wtrdf.datasets import load_ag_ge_se, load_material
from sklearn_wtrdf.inversion import (
    Bond,
    Continuum,
    Evidence,
    Observation,
    Posterior,
    Reference,
    fit_hyperparameters,
    fit_with_reference,
    without_outliers,
)
from sklearn_wtrdf.inversion.posterior import Solver
from sklearn_wtrdf.inversion.scoring import maximize
from sklearn_wtrdf.inversion.selection import starting_points

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
@pytest.mark.parametrize("systematic_errors", [True, False])
def test_the_evidence_has_the_derivatives_that_it_says(prior, systematic_errors, observation):
    evidence = Evidence(prior, observation, systematic_errors=systematic_errors)
    theta = evidence.start + 0.05 * np.random.default_rng(1).normal(size=evidence.start.size)
    value, found = evidence(theta)
    assert value == evidence.value(theta)
    step = 1e-5
    expected = [
        (evidence.value(theta + step * unit) - evidence.value(theta - step * unit)) / (2 * step)
        for unit in np.eye(theta.size)
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("prior", [Continuum(), Continuum() + Bond()], ids=repr)
@pytest.mark.parametrize("systematic_errors", [True, False])
def test_the_information_is_that_of_a_gaussian(prior, systematic_errors, observation):
    """Against ½ tr(K⁻¹ ∂K K⁻¹ ∂K) + ∂mᵀ K⁻¹ ∂m of all points of q, with derivatives by finite differences."""
    evidence = Evidence(prior, observation, systematic_errors=systematic_errors)
    theta = evidence.start + 0.05 * np.random.default_rng(1).normal(size=evidence.start.size)
    geometry, n = observation.geometry, evidence.n_prior

    def moments(theta):
        transform = np.exp(theta[n + 3]) * DENSITY * geometry.modes @ geometry.transform
        moments = prior.evaluate(theta[:n], geometry.r, DENSITY)
        errors = [geometry.systematic * np.exp(theta[n + 1]), geometry.correlated * np.exp(theta[n + 2])]
        errors = geometry.modes @ np.hstack(errors)
        covariance = transform @ moments.covariance @ transform.T + np.exp(2 * theta[n]) * np.eye(Q.size)
        return transform @ (moments.mean - 1), covariance + (errors @ errors.T if systematic_errors else 0)

    step = 1e-5
    changes = [
        [(up - down) / (2 * step) for up, down in zip(moments(theta + unit), moments(theta - unit), strict=True)]
        for unit in step * np.eye(theta.size)
    ]
    inverse = np.linalg.inv(moments(theta)[1])
    expected = [
        [np.trace(inverse @ by_i[1] @ inverse @ by_j[1]) / 2 + by_i[0] @ inverse @ by_j[0] for by_j in changes]
        for by_i in changes
    ]
    spread = np.array([hyperparameter.spread or np.inf for hyperparameter in evidence.hyperparameters])
    information = evidence.information(theta, evidence.state(theta))
    np.testing.assert_allclose(information, expected + np.diag(spread**-2), rtol=1e-4, atol=1e-3)


def test_values_of_many_are_those_of_each(observation):
    evidence = Evidence(Continuum() + Bond(), observation)
    starts = starting_points(evidence)
    assert evidence.values(starts) == pytest.approx([evidence.state(start).value for start in starts], rel=1e-12)


def test_a_search_ends_at_a_maximum_within_the_bounds(observation):
    evidence = Evidence(Continuum(onset=(2.0, 3.0), length=(0.1, 0.2)), observation)
    for start in starting_points(evidence)[::4]:
        theta = maximize(evidence, start, tolerance=1e-9).theta
        assert np.all((evidence.low <= theta) & (theta <= evidence.high))
        gradient = evidence(theta)[1]
        held = ((theta == evidence.low) & (gradient > 0)) | ((theta == evidence.high) & (gradient < 0))
        np.testing.assert_allclose(gradient[~held & (evidence.low < evidence.high)], 0, atol=1e-3)


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
    noise, slow, correlated, scale = np.exp(theta[evidence.n_prior :])
    r, q = observation.geometry.r, observation.q
    transform = scale * observation.number_density * sine(q, r)
    moments = prior.evaluate(theta[: evidence.n_prior], r, observation.number_density)
    covariance = transform @ moments.covariance @ transform.T + np.diag((noise * q) ** 2)
    covariance += slow**2 * systematic_errors(q) + correlated**2 * correlated_errors(observation)
    return transform @ (moments.mean - 1), covariance, transform @ moments.covariance, moments


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


def test_the_evidence_of_all_hyperparameters_is_their_integral(observation):
    """Laplace's method against a sum over a grid, of the three hyperparameters that S_R decides."""
    prior = Continuum(onset=1.4, steepness=20.0, decay=4.0, growth=0.2, first_shell=0.5, first_width=0.4, length=0.15)
    evidence = Evidence(prior, observation, systematic_errors=False)
    theta = maximize(evidence, evidence.start, tolerance=1e-9).theta
    rows = [evidence.names.index(name) for name in ("amplitude", "noise", "scale")]
    widths = np.sqrt((evidence.spread(theta)[rows] ** 2).sum(axis=1))
    axes = [theta[row] + 5 * width * np.linspace(-1, 1, 11) for row, width in zip(rows, widths, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    points = np.tile(theta, (len(grid), 1))
    points[:, rows] = grid
    inside = ((points >= evidence.low) & (points <= evidence.high)).all(axis=1)
    values = np.array([evidence.value(point) for point in points[inside]])
    cell = np.prod([axis[1] - axis[0] for axis in axes])
    log_integral = np.log(np.exp(evidence.value(theta) - values).sum() * cell) - evidence.value(theta)
    hyperparameters = [evidence.hyperparameters[row] for row in rows]
    norms = [np.sqrt(2 * np.pi) * h.spread if h.spread else np.log(h.high / h.low) for h in hyperparameters]
    expected = log_integral - np.log(norms).sum()
    assert evidence.log_marginal(theta) == pytest.approx(expected, abs=0.3)


def test_standardized_residuals_are_those_of_leaving_each_point_out(observation):
    evidence = Evidence(Continuum(), observation)
    theta = evidence.theta(onset=1.5, noise=0.02)
    mean, covariance, _, _ = dense(evidence, theta)
    found = Solver(evidence, theta).standardized_residuals(observation)
    np.testing.assert_array_equal(Posterior(evidence, theta, n_draws=0).standardized_residuals, found)
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
    mean, covariance, projected, moments = dense(evidence, theta)
    gain = np.linalg.solve(covariance, projected).T
    free = moments.mean + gain @ (observation.s_r - mean)
    component, solver = posterior.component, posterior.component.solver
    np.testing.assert_allclose(component.free, free, atol=1e-4)  # what the projection leaves out
    left = moments.covariance - gain @ projected
    r = evidence.observation.geometry.r
    np.testing.assert_allclose(solver.variance(r), np.maximum(left.diagonal(), 0), atol=1e-5)
    some = solver.uncertain
    root = np.linalg.cholesky(left[np.ix_(some, some)] + 1e-7 * left.diagonal()[some].mean() * np.eye(some.sum()))
    whiten = np.linalg.inv(root)
    lifted, _ = optimize.nnls(whiten, whiten @ free[some], maxiter=10_000)
    assert (free[some] < 0).any()
    np.testing.assert_allclose(component.g(r)[some], lifted, atol=2e-3)


def glass(x):
    material = load_ag_ge_se(x)
    return Reference(material.pattern, Curve(material.r, material.target))


@pytest.fixture(scope="module")
def beside():
    material = load_ag_ge_se(10)
    return fit_with_reference(glass(0), Observation(material.q, material.s_r, material.number_density, 0.01))


def test_beside_a_reference_it_is_gaussian_process_regression(beside):
    reference, values = glass(0), beside.hyperparameters
    observation = beside.evidence.observation
    q, s_r, r = observation.q, observation.s_r, observation.geometry.r
    # g_ref (1 + α) + β, and the statistical errors of the reference: once for each of the two materials.
    inside = (r >= reference.curve.r[0]) & (r <= reference.curve.r[-1])
    known = np.zeros(r.size)
    known[inside] = interpolate.pchip_interpolate(reference.curve.r, reference.curve.g, r[inside])
    onset = reference.curve.r[np.argmax(reference.curve.g > 0.5)] - 0.2
    distance = np.abs(r[:, None] - r)

    def matern(length):
        x = np.sqrt(5) * distance / length
        return (1 + x + x**2 / 3) * np.exp(-x)

    new = np.where(r >= onset, 2.5 / r, 0.0)
    prior = np.outer(new, new) * matern(values["length"])
    prior += 1.3**2 * np.outer(known, known) * matern(2 * values["length"])
    prior *= values["amplitude"] ** 2
    uneven = np.sqrt(known) / r
    nearby = np.exp(-((distance / np.median(np.diff(reference.curve.r))) ** 2) / 2)
    prior += 2 * reference.roughness**2 * np.outer(uneven, uneven) * nearby
    mean = np.where(r > reference.curve.r[-1], 1.0, known)
    # What the reference does not explain of its own S_R is explained alike.
    shared = reference.pattern.s_r - reference.number_density * sine(q, r) @ (mean - 1)
    transform = values["scale"] * load_ag_ge_se(10).number_density * sine(q, r)
    covariance = transform @ prior @ transform.T + np.diag((values["noise"] * q) ** 2)
    covariance += beside.evidence.systematic_errors * values["slow"] ** 2 * systematic_errors(q)
    gain = np.linalg.solve(covariance, transform @ prior).T
    free = mean + gain @ (s_r - shared - transform @ (mean - 1))
    np.testing.assert_allclose(beside.component.free, free, atol=1e-4)
    left = (prior - gain @ transform @ prior).diagonal()
    np.testing.assert_allclose(beside.component.solver.variance(r), np.maximum(left, 0), atol=1e-6)


def test_the_references_own_s_r_gives_it_back():
    reference = glass(0)
    material = load_ag_ge_se(0)
    own = fit_with_reference(reference, Observation(material.q, material.s_r, material.number_density, 0.01))
    np.testing.assert_allclose(own.g(reference.curve.r), reference.curve.g, atol=1e-4)


def test_the_same_s_r_has_the_same_curve_and_another_its_own(observation):
    evidence = Evidence(Continuum(), observation)
    theta = evidence.theta(onset=1.4, noise=0.02)
    posterior, r = Posterior(evidence, theta), np.arange(0.5, 12, 0.03)
    again = posterior.given(Observation(Q, observation.s_r.copy(), DENSITY, 0.05))
    np.testing.assert_array_equal(again.g(r), posterior.g(r))
    np.testing.assert_array_equal(again.std(r), posterior.std(r))
    assert again.log_evidence == posterior.log_evidence
    s_r = shell_and_continuum(r_b=1.7)[0]
    for other in (  # that can be solved alike, and that cannot
        Observation(Q, s_r, DENSITY, 0.05),
        Observation(Q, s_r, DENSITY, 0.05).without(np.array([3, 40])),
        Observation(Q, s_r, 1.1 * DENSITY, 0.05),
        Observation(Q, s_r, DENSITY, 0.05, r_max=15.0),
    ):
        given, fresh = posterior.given(other), Posterior(Evidence(Continuum(), other), theta, n_draws=0)
        np.testing.assert_allclose(given.g(r), fresh.g(r), atol=1e-12)
        assert np.abs(given.g(r) - posterior.g(r)).max() > 0.1
        certain = Posterior(evidence, theta, n_draws=0).given(other)
        np.testing.assert_allclose(certain.std(r), fresh.std(r), atol=1e-12)
        np.testing.assert_allclose(given.standardized_residuals, fresh.standardized_residuals, atol=1e-9)
        np.testing.assert_allclose(given.decomposition.residual, fresh.decomposition.residual, atol=1e-12)


def explained_by(posterior):
    """Return what a curve and what is shared with a reference explain, by a sum over the grid."""
    observation = posterior.evidence.observation
    r, complete = observation.geometry.r, observation.complete
    density = posterior.hyperparameters["scale"] * observation.number_density
    return complete.shared + density * sine(complete.q, r) @ (posterior.g(r) - 1)


def test_s_r_consists_of_structure_slow_errors_and_a_residual(observation, beside):
    evidence = Evidence(Continuum(), observation.without(np.array([20, 50])))
    free = Posterior(evidence, evidence.theta(onset=1.4, noise=0.02), n_draws=0)
    for posterior in (free, beside):
        parts = posterior.decomposition
        whole = posterior.evidence.observation.complete
        np.testing.assert_array_equal(parts.q, whole.q)
        np.testing.assert_array_equal(parts.s_r, whole.s_r)
        np.testing.assert_allclose(parts.structure + parts.systematic + parts.residual, whole.s_r, atol=1e-12)
        np.testing.assert_allclose(parts.structure, explained_by(posterior), atol=1e-3 * np.abs(whole.s_r).max())
    assert np.flatnonzero(free.decomposition.excluded).tolist() == [20, 50]
    assert not beside.decomposition.excluded.any()
    certain = Posterior(Evidence(Continuum(), observation, systematic_errors=False), free.theta, n_draws=0)
    assert (certain.decomposition.systematic == 0).all()


@pytest.mark.slow
def test_a_bond_and_the_errors_of_s_are_found():
    s_r, r, g = shell_and_continuum()
    noise = 0.005 * Q * np.random.default_rng(1).normal(size=Q.size)
    found = fit_hyperparameters(Observation(Q, s_r + noise, DENSITY, 0.05))
    assert found.hyperparameters["r"] == pytest.approx(1.6, abs=0.01)
    assert found.hyperparameters["neighbours"] == pytest.approx(3.0, rel=0.05)
    assert found.hyperparameters["noise"] == pytest.approx(0.005, rel=0.3)
    grid = np.arange(1.0, 8, 0.02)
    truth, beyond = np.interp(grid, r, g), grid > 2  # q does not resolve how wide the bond is
    off = np.abs(found.g(grid) - truth)
    assert off.mean() < 0.06
    assert (off <= 1.645 * found.std(grid))[grid > 1.4].mean() > 0.8
    # An offset, a scale and a slow background are not reported as g, and outlying points are left out.
    s, x = 1 + (s_r + noise) / Q, 2 * Q / Q[-1] - 1
    s = 1.03 * s + 0.03 + 0.03 * x**2
    s[[20, 50]] += 0.5
    spoilt = fit_hyperparameters(Observation(Q, Q * (s - 1), DENSITY, 0.05))
    assert np.abs(spoilt.g(grid) - truth)[beyond].mean() < 2 * off[beyond].mean() + 0.02
    assert spoilt.g(grid[grid < 1.3]).max() < 0.1
    assert spoilt.hyperparameters["r"] == pytest.approx(1.6, abs=0.02)
    assert np.flatnonzero(spoilt.decomposition.excluded).tolist() == [20, 50]
    assert np.abs(spoilt.decomposition.systematic / Q - (0.06 + 0.03 * x**2)).mean() < 0.02
    assert np.abs(found.decomposition.systematic / Q).mean() < 0.02


def test_intervals_of_hyperparameters_are_those_of_the_curvature(observation):
    prior = Continuum(onset=1.4, steepness=20.0, decay=4.0, growth=0.2, first_shell=0.5, first_width=0.4)
    evidence = Evidence(prior, observation, systematic_errors=False)
    theta = maximize(evidence, evidence.start).theta
    free = [evidence.names.index(name) for name in ("amplitude", "length", "noise", "scale")]
    step, units = 1e-3, np.eye(theta.size)[free]
    curvature = [
        [
            sum(a * b * evidence.value(theta + step * (a * one + b * other)) for a in (-1, 1) for b in (-1, 1))
            / (4 * step**2)
            for other in units
        ]
        for one in units
    ]
    expected = np.sqrt(np.linalg.inv(curvature).diagonal())
    log_std = Posterior(evidence, theta).log_std
    np.testing.assert_allclose([log_std[evidence.names[i]] for i in free], expected, rtol=0.02)
    assert log_std["onset"] == log_std["decay"] == 0  # they are fixed


def test_good_points_are_kept(observation):
    assert without_outliers(observation).q.size >= Q.size - 1


def test_samples_scatter_as_the_band_says(observation):
    evidence = Evidence(Continuum() + Bond(), observation)
    theta = evidence.theta(onset=2.4, noise=0.01, neighbours=3.0, width=0.05)
    posterior = Posterior(evidence, theta, n_draws=0)
    r, draws, densities = posterior.sample(80, np.random.RandomState(0))
    assert (densities == posterior.number_density).all()
    assert (draws >= 0).all()
    peak = (r > 3) & (r < 5)
    np.testing.assert_allclose(draws.std(axis=0)[peak].mean(), posterior.std(r)[peak].mean(), rtol=0.25)


def test_an_unknown_density_is_found():
    material = load_material("argon", q_max=10)
    noise = 0.005 * material.q * np.random.default_rng(0).normal(size=material.q.size)
    X = scattering_frame(material.r[50:], material.q, material.s_r + noise)
    model = InversionRegressor().fit(X)
    table = model.peak_table(X, n_samples=10)
    assert table["number_density"][0] == pytest.approx(material.number_density, rel=0.1)
    X = scattering_frame(material.r[50:], material.q, material.s_r + noise, number_density=material.number_density)
    known = InversionRegressor().fit(X)
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
    with pytest.raises(ValueError, match="prior: a reference is itself the prior"):
        InversionRegressor(prior=Continuum()).fit(X, g)
    with pytest.raises(ValueError, match="'prior' parameter"):
        InversionRegressor(reference=False, prior="bond").fit(X)


def test_a_grid_beyond_memory_is_refused():
    with pytest.raises(ValueError, match="q must be in Å⁻¹"):
        Observation(np.linspace(1, 8000, 50), np.zeros(50), DENSITY, 0.05)


def test_curves_of_a_bond_alone_are_drawn_without_a_word():
    s_r, *_ = shell_and_continuum()
    model = InversionRegressor(prior=Bond())
    X = scattering_frame(np.arange(1.0, 3.0, 0.02), Q, s_r, DENSITY)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a bond alone does not describe it
        assert np.isfinite(model.fit(X).sample(X, 2)).all()
