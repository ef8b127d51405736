"""The average of the total of pair functions and of a single g with constant weights."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

from sklearn_wtrdf import Composition, InversionRegressor
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.inversion.average import Average
from sklearn_wtrdf.inversion.pairs_average import WEIGHT_OF_SINGLE, PairsAverage, with_constant_weights
from sklearn_wtrdf.inversion.pattern_posterior import observation_of, search
from sklearn_wtrdf.inversion.search import fit_hyperparameters, refit_hyperparameters
from sklearn_wtrdf.inversion.settings import InversionSettings
from sklearn_wtrdf.transforms import sine_transform

R = np.arange(1.0, 7.9, 0.05)
SETTINGS = InversionSettings(composition="GeO2", r_max=8.0)


@pytest.fixture(scope="module")
def average(germania):
    return fit_hyperparameters(observation_of(germania.pattern, SETTINGS))


@pytest.fixture(scope="module")
def model(germania):
    return InversionRegressor(composition="GeO2", r_max=8.0, refit="warm").fit(germania.data)


def test_the_default_with_a_bond_is_the_average(average):
    assert isinstance(average, PairsAverage)
    assert average.weight == WEIGHT_OF_SINGLE
    assert average.first.evidence.prior.describes_pairs
    assert not average.second.evidence.prior.describes_pairs
    assert average.second.evidence.observation.weights is None


def test_the_subtracted_s_r_is_that_of_the_change_of_the_weights(germania, average):
    complete = average.first.evidence.observation.complete
    weights = complete.weights
    names = ["g_" + pair.name.replace("-", "_") for pair in weights.pairs]
    partials = germania.partials[names].to_numpy()
    of_pairs = germania.number_density * (sine_transform(germania.q, germania.r) @ (partials - 1))
    true = ((weights.at_q - weights.total) * of_pairs).sum(axis=1)
    single = with_constant_weights(average.first, complete)
    assert single.weights is None
    error = np.sqrt(np.mean((complete.s_r - single.s_r - true) ** 2))
    assert error < 0.6 * np.sqrt(np.mean(true**2))  # one pattern does not determine the pair functions


def test_excluded_points_stay_excluded(average):
    observation = average.first.evidence.observation.without(np.array([5, 40]))
    single = with_constant_weights(average.first, observation)
    complete = with_constant_weights(average.first, observation.complete)
    np.testing.assert_array_equal(single.excluded, observation.excluded)
    np.testing.assert_array_equal(single.s_r, complete.s_r[~single.excluded])
    np.testing.assert_array_equal(single.complete.s_r, complete.s_r)


def test_the_average_is_more_accurate_than_the_pair_functions(germania, average):
    beyond = (germania.r > 1.0) & (germania.r < 7.9)
    r, true = germania.r[beyond], germania.target[beyond]
    errors = [np.abs(part.g(r) - true).mean() for part in (average.first, average)]
    assert errors[1] < errors[0]


def test_mean_and_band_are_those_of_a_mixture(average):
    curves, stds = (
        np.array([getattr(part, name)(R) for part in (average.first, average.second)]) for name in ("g", "std")
    )
    weights = np.array([1 - average.weight, average.weight])
    np.testing.assert_allclose(average.g(R), weights @ curves, rtol=1e-12)
    variance = weights @ (stds**2 + curves**2) - (weights @ curves) ** 2
    np.testing.assert_allclose(average.std(R), np.sqrt(variance), rtol=1e-6, atol=1e-6)


def test_combinations_and_parts_of_s_r_are_those_of_the_pair_functions(average):
    germanium_oxygen = np.array([0.0, 1.0, 0.0])
    for name in ("g", "std"):
        of_both = [getattr(part, name)(R, germanium_oxygen) for part in (average.first, average)]
        np.testing.assert_array_equal(*of_both)
    draws = [part.sample(5, np.random.RandomState(0), np.eye(3))[1] for part in (average.first, average)]
    np.testing.assert_array_equal(*draws)
    np.testing.assert_array_equal(average.decomposition.structure, average.first.decomposition.structure)


def test_draws_have_the_mean_and_the_band(average):
    r, draws, densities = average.sample(300, np.random.RandomState(0))
    np.testing.assert_array_equal(r, average.sampled_r)
    assert draws.shape == (300, r.size)
    assert densities.shape == (300,)
    at = (r > 1.5) & (r < 7.9)
    g, std = average.g(r[at]), average.std(r[at])
    resolved = g > 3 * std
    np.testing.assert_allclose(draws[:, at].std(axis=0)[resolved].mean(), std[resolved].mean(), rtol=0.2)
    np.testing.assert_array_less(np.abs(draws[:, at].mean(axis=0) - g)[resolved], 0.5 * std[resolved])


def test_the_curves_do_not_depend_on_where_draws_end(average):
    whole, short = (average.sample(4, np.random.RandomState(0), end=end) for end in (np.inf, 4.0))
    np.testing.assert_array_equal(short[1], whole[1][:, : short[0].size])


@pytest.mark.parametrize("solve", ["refit", "given"])
def test_both_solutions_follow_another_pattern(germania, average, solve):
    strain = 1.01
    other = replace(germania.pattern, s_r=np.interp(germania.q * strain, germania.q, germania.s_r))
    observation = observation_of(other, SETTINGS, r_max=average.evidence.observation.r_max).with_small_q()
    solved = refit_hyperparameters(average, observation) if solve == "refit" else average.given(observation)
    assert isinstance(solved, PairsAverage)
    single = with_constant_weights(solved.first, solved.first.evidence.observation)
    np.testing.assert_allclose(solved.second.evidence.observation.s_r, single.s_r, rtol=1e-12)
    if solve == "refit":
        lengths = [average.hyperparameters["r Ge-O"], solved.hyperparameters["r Ge-O"]]
        assert lengths[1] / lengths[0] == pytest.approx(strain, abs=0.004)


def test_the_report_has_the_weights_of_a_single_g_and_of_its_prior_of_log_g(germania, model):
    posterior = model.solve(germania.pattern).posterior
    report = model.fit_report()
    (weight,) = report.log_continuum_weights
    assert report.single_weights == [WEIGHT_OF_SINGLE]
    assert "average of pair functions (0.30) and a single g (0.70" in str(report)
    assert isinstance(posterior.second, Average)
    assert weight == pytest.approx(posterior.weight * posterior.second.weight, rel=1e-12)


def test_hydrogen_that_has_several_bonds_is_solved_by_pair_functions_alone():
    water = load_material("water", weighting="x-ray", q_max=6)
    posterior = fit_hyperparameters(observation_of(water.pattern, InversionSettings(r_max=8.0)))
    assert len(posterior.evidence.prior.bonds) == 2
    assert not isinstance(posterior, Average)


def test_both_solutions_have_the_same_unknown_density(germania):
    unknown = observation_of(replace(germania.pattern, number_density=None), SETTINGS)
    average = fit_hyperparameters(unknown)
    assert average.second.number_density == pytest.approx(average.number_density, rel=1e-12)
    assert isinstance(average.second, Average)
    again = average.given(average.evidence.observation)
    assert again.second.evidence.observation.number_density == average.number_density
    np.testing.assert_allclose(again.g(R), average.g(R), rtol=1e-9, atol=1e-12)


def test_neutrons_are_solved_without_the_pair_functions_of_x_rays(germania, model):
    neutrons = replace(germania.pattern, radiation="neutron", s_r=germania.pattern.s_r * 1.01)
    expected = search(neutrons, InversionSettings(r_max=8.0))
    np.testing.assert_allclose(model.solve(neutrons).g(R), expected.g(R), rtol=1e-9, atol=1e-12)


def test_a_deleted_model_is_garbage_collected(germania):
    """Its matrices have 200 MB, and Python collects cycles of references by their number and not by their size."""
    Composition("GeO2")  # the parser leaves cycles when it reads a formula for the first time
    gc.disable()
    try:
        model = InversionRegressor(composition="GeO2", r_max=8.0).fit(germania.data)
        observation = weakref.ref(model.solve(germania.pattern).posterior.evidence.observation)
        assert observation() is not None
        del model
        assert observation() is None
    finally:
        gc.enable()
