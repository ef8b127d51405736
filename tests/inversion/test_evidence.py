"""The evidence, against numerical derivatives and plain Gaussian algebra."""

import numpy as np
import pytest
from scipy import stats

from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.inversion import (
    Bond,
    Continuum,
    Evidence,
    LogContinuum,
    LogPairFunctions,
    Observation,
    PairFunctions,
)
from sklearn_wtrdf.inversion.observation import SMALL_Q
from sklearn_wtrdf.inversion.scoring import maximize
from sklearn_wtrdf.inversion.selection import starting_points
from sklearn_wtrdf.scattering.pairs import PairWeights
from tests.inversion.synthetic import DENSITY, Q, dense, sine


@pytest.mark.parametrize("prior", [Continuum(), Continuum() + Bond(), LogContinuum()], ids=repr)
@pytest.mark.parametrize("systematic_errors", [True, False])
@pytest.mark.parametrize("continued", [True, False])
def test_the_derivatives_of_the_evidence_are_its_finite_differences(prior, systematic_errors, continued, observation):
    observation = observation.with_small_q() if continued else observation
    evidence = Evidence(prior, observation, systematic_errors=systematic_errors)
    theta = evidence.start + 0.05 * np.random.default_rng(1).normal(size=evidence.start.size)
    value, result = evidence(theta)
    assert value == evidence.value(theta)
    step = 1e-4
    expected = [
        (evidence.value(theta + step * unit) - evidence.value(theta - step * unit)) / (2 * step)
        for unit in np.eye(theta.size)
    ]
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4)


def test_equal_points_have_equal_values(observation):
    evidence = Evidence(LogContinuum(), observation.on_grid(is_coarse=True))
    first, again = evidence.values([evidence.start, evidence.start])
    assert again == pytest.approx(first, abs=1e-4)  # the search for the most probable g starts elsewhere


@pytest.mark.parametrize("prior", [Continuum(), Continuum() + Bond()], ids=repr)
@pytest.mark.parametrize("systematic_errors", [True, False])
@pytest.mark.parametrize("continued", [True, False])
def test_the_information_is_that_of_a_gaussian(prior, systematic_errors, continued, observation):
    """Against ½ tr(K⁻¹ ∂K K⁻¹ ∂K) + ∂mᵀ K⁻¹ ∂m of all points of q, with derivatives by finite differences."""
    observation = observation.with_small_q() if continued else observation
    evidence = Evidence(prior, observation, systematic_errors=systematic_errors)
    theta = evidence.start + 0.05 * np.random.default_rng(1).normal(size=evidence.start.size)
    geometry, n = observation.geometry, evidence.n_prior
    n_continued = geometry.transform.shape[0] - geometry.n_measured
    to_points = np.vstack([geometry.modes, np.eye(geometry.transform.shape[0])[geometry.n_measured :]])
    of_points = np.append(np.ones(Q.size), np.zeros(n_continued))

    def moments(theta):
        transform = np.exp(theta[n + 3]) * DENSITY * to_points @ geometry.transform
        moments = prior.evaluate(theta[:n], geometry.r, DENSITY)
        errors = [geometry.systematic * np.exp(theta[n + 1]), geometry.correlated * np.exp(theta[n + 2])]
        errors = to_points @ np.hstack(errors)
        noise = np.where(of_points, np.exp(2 * theta[n]), 1.0)
        covariance = transform @ moments.covariance @ transform.T + np.diag(noise)
        return transform @ (moments.mean - 1), covariance + (errors @ errors.T if systematic_errors else 0)

    step = 1e-4
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


def test_values_of_several_points_are_those_of_single_points(observation):
    evidence = Evidence(Continuum() + Bond(), observation)
    starts = starting_points(evidence)
    assert evidence.values(starts) == pytest.approx([evidence.state(start).value for start in starts], rel=1e-12)


def test_the_evidence_is_the_normal_distributions(observation):
    evidence = Evidence(Continuum(), observation)
    expected, result = [], []
    for onset, noise in ((2.0, 0.02), (1.5, 0.01), (2.2, 0.05)):
        theta = evidence.theta(onset=onset, noise=noise)
        mean, covariance, _, _ = dense(evidence, theta)
        off = (theta - evidence._expected) / evidence._spread
        expected.append(-stats.multivariate_normal(mean, covariance).logpdf(observation.s_r) + off @ off / 2)
        result.append(evidence.value(theta))
    np.testing.assert_allclose(np.diff(result), np.diff(expected), rtol=1e-5)  # up to a constant


def test_s_below_the_first_point_has_a_normal_distribution_of_its_own(observation):
    """Against the joint distribution of S_R and of S at small q."""
    observation = observation.with_small_q()
    evidence, r = Evidence(Continuum(), observation), observation.geometry.r
    at = SMALL_Q.points(Q[0])
    correlation = 1 / (1 + np.subtract.outer(at, at) ** 2 / (2 * SMALL_Q.length**2))
    of_s = SMALL_Q.std**2 * correlation + SMALL_Q.uncorrelated**2 * np.eye(at.size)
    expected, result = [], []
    for onset, noise, amplitude in ((2.0, 0.02, 0.5), (1.5, 0.01, 0.3), (2.2, 0.05, 0.8)):
        theta = evidence.theta(onset=onset, noise=noise, amplitude=amplitude)
        mean, covariance, _, _ = dense(evidence, theta)
        scale = DENSITY * np.exp(theta[-1])
        rows = scale * sine(at, r) / at[:, None]
        moments = evidence.prior.evaluate(theta[: evidence.n_prior], r, DENSITY)
        both = scale * sine(Q, r) @ moments.covariance @ rows.T
        covariance = np.block([[covariance, both], [both.T, rows @ moments.covariance @ rows.T + of_s]])
        mean = np.append(mean, rows @ (moments.mean - 1))
        values = np.append(observation.s_r, np.full(at.size, SMALL_Q.mean - 1))
        expected.append(evidence.minus_log_prior(theta) - stats.multivariate_normal(mean, covariance).logpdf(values))
        result.append(evidence.value(theta))
    np.testing.assert_allclose(np.diff(result), np.diff(expected), rtol=1e-5)


def test_the_evidence_of_all_hyperparameters_is_their_integral(observation):
    """Laplace's method against a sum over a grid, of the three hyperparameters that S_R decides."""
    prior = Continuum(onset=1.4, steepness=20.0, decay=4.0, growth=0.2, first_shell=0.5, first_width=0.4, length=0.15)
    evidence = Evidence(prior, observation, systematic_errors=False)
    theta = maximize(evidence, evidence.start, tolerance=1e-9).theta
    rows = [evidence.names.index(name) for name in ("amplitude", "noise", "scale")]
    widths = np.sqrt((evidence.spread(evidence.curvature(theta))[rows] ** 2).sum(axis=1))
    axes = [theta[row] + 5 * width * np.linspace(-1, 1, 9) for row, width in zip(rows, widths, strict=True)]
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


@pytest.fixture(scope="module")
def joint():
    """Two patterns of one material with different weights of its pairs, up to different q."""
    silica = load_material("silica")
    x_rays, neutrons = silica.q <= 9, silica.q <= 7
    return [
        Observation(
            silica.q[inside][::2],
            silica.s_r[inside][::2],
            silica.number_density,
            0.05,
            weights=PairWeights.of("SiO2", silica.q[inside][::2], weighting),
            q_max=9.0,
            r_max=8.0,
        )
        for inside, weighting in ((x_rays, "x-ray"), (neutrons, "neutron"))
    ]


def points(evidence, n=2):
    random = np.random.default_rng(1)
    drawn = evidence.start + 0.1 * random.normal(size=(n, evidence.start.size))
    return np.clip(drawn, evidence.low, evidence.high)


@pytest.mark.parametrize(
    "prior",
    [
        PairFunctions("SiO2", bonds={"Si-O": Bond()}),
        LogPairFunctions("SiO2"),
        LogPairFunctions("SiO2", bonds={"Si-O": Bond(r=(1.58, 1.65), neighbours=(3.7, 4.3))}),
    ],
    ids=repr,
)
def test_several_patterns_have_the_derivatives_of_finite_differences(joint, prior):
    """In three directions, in each of which all hyperparameters change."""
    evidence = Evidence(prior, joint)
    theta, step = points(evidence)[0], 1e-5
    directions = np.random.default_rng(2).normal(size=(3, theta.size))
    _, result = evidence(theta)
    expected = [
        (evidence.value(theta + step * direction) - evidence.value(theta - step * direction)) / (2 * step)
        for direction in directions
    ]
    np.testing.assert_allclose(directions @ result, expected, rtol=1e-4, atol=1e-3 if prior.is_of_logarithm else 1e-4)


def test_each_pattern_has_a_scale_of_its_own(joint):
    evidence = Evidence(PairFunctions("SiO2"), joint, scale=[0.9, 1.1])
    scales = [item for item in evidence.hyperparameters if item.name == "scale"]
    assert [item.expected for item in scales] == [0.9, 1.1]
    assert all(item.low < item.expected < item.high for item in scales)
    assert evidence.coarse.hyperparameters == evidence.hyperparameters


def test_several_patterns_are_jointly_normal(joint):
    """Against the normal distribution of all points of q of both patterns, which share the pair functions."""
    prior = PairFunctions("SiO2", bonds={"Si-O": Bond()})
    evidence = Evidence(prior, joint, systematic_errors=False)
    expected, result = [], []
    for theta in points(evidence, 3):
        r, density = joint[0].geometry.r, joint[0].number_density
        moments = prior.evaluate(theta[: evidence.n_prior], r, density)
        transforms, noise = [], []
        for observation, (log_noise, _, _, log_scale) in zip(
            joint, theta[evidence.n_prior :].reshape(2, 4), strict=True
        ):
            base = np.exp(log_scale) * density * sine(observation.q, r)
            transforms.append(np.hstack([weight[:, None] * base for weight in observation.weights.at_q.T]))
            noise.append((np.exp(log_noise) * observation.q) ** 2)
        transform = np.vstack(transforms)
        covariance = transform @ moments.covariance @ transform.T + np.diag(np.concatenate(noise))
        s_r = np.concatenate([observation.s_r for observation in joint])
        log = stats.multivariate_normal(transform @ (moments.mean - 1), covariance).logpdf(s_r)
        expected.append(evidence.minus_log_prior(theta) - log)
        result.append(evidence.value(theta))
    np.testing.assert_allclose(np.diff(result), np.diff(expected), rtol=1e-4)


def test_a_name_stands_for_the_hyperparameters_of_all_pairs(joint):
    evidence = Evidence(PairFunctions("SiO2"), joint)
    theta = evidence.theta(length=0.3, **{"length Si-O": 0.4, "noise 2": 0.05})
    values = dict(zip(evidence.names, np.exp(theta), strict=True))
    assert values["length Si-O"] == pytest.approx(0.4)
    assert values["length O-O"] == values["length Si-Si"] == pytest.approx(0.3)
    assert values["noise 2"] == pytest.approx(0.05)
    assert [evidence.names[i] for i in evidence.indices("scale")] == ["scale 1", "scale 2"]


def test_the_curvature_with_a_bond_that_the_coarse_grid_does_not_resolve():
    q, r_b, density = np.arange(0.5, 25, 0.05), 3.3, 0.04
    s_r = 6 * np.sin(q * r_b) / r_b * np.exp(-((q * 0.03) ** 2) / 2)
    s_r += 0.01 * q * np.random.default_rng(0).normal(size=q.size)
    evidence = Evidence(Continuum(onset=(3.5, 4.5)) + Bond(r=(3.1, 3.5)), Observation(q, s_r, density, 0.05))
    theta = evidence.theta(r=r_b, neighbours=6.0, width=0.03, amplitude=0.02, noise=0.01)
    assert abs(evidence.coarse.value(theta) - evidence.value(theta)) > 100
    place = evidence.names.index("r")
    step = 1e-4 * np.eye(theta.size)[place]
    expected = (evidence(theta + step)[1] - evidence(theta - step)[1])[place] / 2e-4
    assert evidence.curvature(theta)[place, place] == pytest.approx(expected, rel=0.2)
