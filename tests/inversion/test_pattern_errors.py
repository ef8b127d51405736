"""The errors of a pattern, against finite differences and the normal distribution of points that no mode contains."""

import numpy as np
import pytest

from sklearn_wtrdf.inversion import Observation
from sklearn_wtrdf.inversion.pattern_errors import PatternErrors
from tests.inversion.synthetic import DENSITY, Q

LOG_SIZES = np.log([0.02, 0.03, 0.01])  # of noise, slowly varying and correlated errors
STEP = 1e-5


@pytest.fixture(params=[True, False], ids=["systematic errors", "noise alone"])
def errors(request, observation):
    observation = observation.with_small_q()
    return PatternErrors(observation, slice(0, observation.modes.size), systematic_errors=request.param)


def finite_differences(function):
    return [(function(LOG_SIZES + step) - function(LOG_SIZES - step)) / (2 * STEP) for step in STEP * np.eye(3)]


def test_the_derivatives_of_the_covariance_are_its_finite_differences(errors):
    rng, n = np.random.default_rng(0), errors.observation.modes.size
    weights, columns = rng.normal(size=(n, n)), rng.normal(size=(5, n))
    np.testing.assert_allclose(
        errors.slopes(LOG_SIZES, weights),
        finite_differences(lambda sizes: np.vdot(weights, errors.covariance(sizes))),
        rtol=1e-6,
        atol=1e-9,
    )
    np.testing.assert_allclose(
        errors.derivatives(LOG_SIZES, columns),
        finite_differences(lambda sizes: columns @ errors.covariance(sizes) @ columns.T),
        rtol=1e-6,
        atol=1e-9,
    )


def test_modes_of_noise_are_independent_and_those_at_small_q_have_no_noise(errors):
    without_others = errors.covariance(np.log([0.02, 1e-9, 1e-9]))
    variances = np.where(np.arange(len(without_others)) < errors.n_measured, 0.02**2, 1.0)
    np.testing.assert_allclose(without_others, np.diag(variances), atol=1e-15)


def test_what_no_mode_contains_is_noise(errors):
    observation, noise = errors.observation, 0.02
    measured = observation.geometry.modes.T[: errors.n_measured] @ observation.whitened
    distance2 = observation.whitened @ observation.whitened - measured @ measured
    expected = (Q.size - errors.n_measured) * np.log(noise) + distance2 / (2 * noise**2)
    assert errors.value_outside(np.log(noise)) == pytest.approx(expected)
    ends = [errors.value_outside(np.log(noise) + step) for step in (-STEP, STEP)]
    assert errors.slope_outside(np.log(noise)) == pytest.approx(np.diff(ends)[0] / (2 * STEP), rel=1e-6)


def test_noise_is_relative_to_given_standard_deviations_and_else_to_the_size_of_s(observation):
    free, *_, scale = PatternErrors(observation, slice(0, 0), systematic_errors=True).hyperparameters(None, 1.0)
    size = np.sqrt(np.mean((observation.s_r / Q) ** 2))
    assert free.low == pytest.approx(1e-3 * size)
    assert scale.low < 1 < scale.high
    given = Observation(Q, observation.s_r, DENSITY, observation.density_spread, std=0.01 * Q)
    relative, *_ = PatternErrors(given, slice(0, 0), systematic_errors=True).hyperparameters(0.5, 1.0)
    assert (relative.start, relative.low) == (1.0, 0.5)
