"""The average of the posteriors under a prior of g and under one of log g."""

from copy import copy
from dataclasses import replace

import numpy as np
import pytest

from sklearn_wtrdf import InversionRegressor, Pattern, load, save, scattering_frame
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.inversion import Continuum, LogContinuum, Observation, Posterior, fit_hyperparameters
from sklearn_wtrdf.inversion.average import AVERAGE, Average, averaged
from sklearn_wtrdf.inversion.search import refit_hyperparameters
from tests.inversion.synthetic import DENSITY, Q

R = np.arange(1.0, 9.0, 0.05)


@pytest.fixture(scope="module")
def average(observation):
    return fit_hyperparameters(observation)


def test_the_default_is_the_average_of_two_priors(average):
    assert isinstance(average, Average)
    assert isinstance(average.second.evidence.prior, LogContinuum)
    assert not average.first.evidence.prior.is_of_logarithm
    log_odds = average.second.evidence.log_marginal(average.second.theta)
    log_odds -= average.first.evidence.log_marginal(average.first.theta)
    expected = 1 / (1 + np.exp(-log_odds / AVERAGE.temperature))
    assert average.weight == pytest.approx(expected, abs=0.01)  # it is computed on the coarse grid


def test_a_given_prior_is_the_only_one(observation):
    assert not isinstance(fit_hyperparameters(observation, Continuum()), Average)


def test_mean_and_band_are_those_of_a_mixture(average):
    curves, stds = (
        np.array([getattr(part, name)(R) for part in (average.first, average.second)]) for name in ("g", "std")
    )
    weights = np.array([1 - average.weight, average.weight])
    mean = weights @ curves
    np.testing.assert_allclose(average.g(R), mean, rtol=1e-12)
    variance = weights @ (stds**2 + curves**2) - mean**2
    np.testing.assert_allclose(average.std(R), np.sqrt(variance), rtol=1e-6, atol=1e-6)


def test_the_first_posterior_is_not_computed_again(average):
    assert average.component.gaussian is average.first.component.gaussian


def test_draws_are_those_of_both_priors(average):
    r, draws, densities = average.sample(400, np.random.RandomState(0))
    at = np.searchsorted(r, R - 0.005)
    assert draws.shape == (400, r.size)
    assert (draws >= 0).all()
    assert densities.shape == (400,)
    resolved = average.g(R) > 3 * average.std(R)
    deviations = draws[:, at][:, resolved] - average.g(R)[resolved]
    np.testing.assert_allclose(np.sqrt((deviations**2).mean(axis=0)).mean(), average.std(R)[resolved].mean(), rtol=0.2)


def test_structure_systematic_errors_and_residual_add_up_to_s_r(average):
    first, second, both = (part.decomposition for part in (average.first, average.second, average))
    expected = (1 - average.weight) * first.structure + average.weight * second.structure
    np.testing.assert_allclose(both.structure, expected, rtol=1e-12)
    np.testing.assert_allclose(both.residual, both.s_r - both.structure - both.systematic, atol=1e-12)


def test_both_solutions_are_refitted_to_the_next_pattern_of_a_series(average, observation):
    refitted = refit_hyperparameters(average, Observation(0.99 * Q, observation.s_r, DENSITY / 0.99**3, 0.05))
    assert isinstance(refitted, Average)
    assert refitted.weight == average.weight
    r = np.arange(1.5, 1.8, 0.001)
    for part, before in ((refitted.first, average.first), (refitted.second, average.second)):
        assert r[part.g(r).argmax()] / r[before.g(r).argmax()] == pytest.approx(1 / 0.99, abs=0.004)


def test_both_solutions_have_the_same_scale(average):
    """Alone, a prior of log g explains S without noise by a scale that is too large, and a g that is too small."""
    first, second = average.first, average.second
    assert second.hyperparameters["scale"] == pytest.approx(first.hyperparameters["scale"], rel=1e-8)
    assert second.log_std["scale"] > 0.7 * first.log_std["scale"]  # in the band it is uncertain


def test_a_much_less_probable_posterior_is_omitted(average, monkeypatch):
    monkeypatch.setattr(
        type(average.first.evidence), "log_marginal", lambda self, theta: -1e3 * self.prior.is_of_logarithm
    )
    assert averaged(average.first) is average.first


@pytest.mark.parametrize("name", ["amorphous-silicon", "sodium-chloride"])
def test_glasses_and_melts_are_better_described(name):
    """Simulated materials of the development half, with noise of 1 %."""
    material = load_material(name, q_max=10)
    noise = 0.01 * material.q * np.random.default_rng(0).normal(size=material.q.size)
    pattern = Pattern(material.q, material.s_r + noise, number_density=material.number_density)
    result = (
        InversionRegressor().fit(scattering_frame(R, pattern.q, pattern.s_r, pattern.number_density)).solve(pattern)
    )
    r, g = material.r[material.r < 8], material.target[material.r < 8]
    errors = [np.abs(part.g(r) - g).mean() for part in (result.posterior, result.posterior.first)]
    assert errors[0] < errors[1]


def test_another_pattern_has_the_curve_that_its_own_s_r_makes_most_probable(average, observation):
    """Under a prior of log g the covariance of the posterior depends on S_R, so that it is not reused."""
    other = Observation(Q, 0.9 * observation.s_r, DENSITY, 0.05)
    second = average.given(other).second
    alone = Posterior(second.evidence, second.theta)
    np.testing.assert_allclose(second.g(R), alone.g(R), atol=1e-5)


def test_an_unknown_density_has_no_average(observation):
    """On simulated materials, its bands would hold less often, and molecules would be worse."""
    unknown = Observation(Q, observation.s_r, DENSITY, 1.0, density_is_given=False)
    assert not isinstance(fit_hyperparameters(unknown), Average)


def test_a_prior_of_log_g_can_be_the_only_one(observation, tmp_path):
    X = scattering_frame(R, Q, observation.s_r, DENSITY)
    model = InversionRegressor(prior=LogContinuum(onset=(1.2, 1.6))).fit(X)
    g, std = model.predict(X, return_std=True)
    assert (g > 0).all()
    assert (std > 0).all()
    assert model.peak_table(X)["position"][0] == pytest.approx(1.6, abs=0.02)
    report = model.fit_report()
    assert report.log_continuum_weights == [1.0]
    assert "is an average" not in str(report)
    np.testing.assert_allclose(load(save(model, tmp_path / "model.skops")).predict(X), g, rtol=1e-8)


@pytest.fixture(scope="module")
def fitted(observation):
    return InversionRegressor().fit(scattering_frame(R, Q, observation.s_r, DENSITY))


def test_the_report_and_a_stored_model_have_both_priors(fitted, observation, tmp_path):
    model, X = fitted, scattering_frame(R, Q, observation.s_r, DENSITY)
    (weight,) = model.fit_report().log_continuum_weights
    assert 0 < weight < 1
    assert f"a prior of log g (LogContinuum) has a weight of {weight:.2f}" in str(model.fit_report())
    loaded = load(save(model, tmp_path / "model.skops"))
    for result, expected in zip(*(m.predict(X, return_std=True) for m in (loaded, model)), strict=True):
        np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-8)
    assert loaded.fitted_materials_[0].weight == weight


@pytest.mark.parametrize("weight", [-0.1, 1.1, None, "a half"])
def test_a_stored_model_with_a_wrong_weight_is_refused(fitted, weight):
    model = copy(fitted)
    model.fitted_materials_ = [replace(model.fitted_materials_[0], weight=weight)]
    with pytest.raises(ValueError, match=r"fitted_materials_\[0\] has a weight of"):
        model.check_state()
