"""Solutions by a search, by one that starts nearby, and with hyperparameters that were fitted before."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import InversionRegressor, Pattern, scattering_frame
from sklearn_wtrdf.datasets import load_ag_ge_se, load_material
from sklearn_wtrdf.inversion.pattern_posterior import observation_of, search_nearby, weights_of
from sklearn_wtrdf.inversion.settings import InversionSettings
from tests.inversion.simulated import expanded, fitted, frame, series, simulated


@pytest.mark.filterwarnings("ignore:1 outlier:sklearn_wtrdf.DataWarning")
@pytest.mark.parametrize(("q_max", "strains"), [(8.0, (1.003, 1.04)), (17.0, (1.04,))])
def test_a_warm_series_follows_an_expansion(q_max, strains):
    warm, each = (series(refit, q_max) for refit in ("warm", "each"))
    before = warm.solve(expanded(1.0, q_max)).peaks().iloc[0]["position"]
    for seed, strain in enumerate(strains, 1):
        pattern = expanded(strain, q_max, seed)
        result, expected = warm.solve(pattern).peaks().iloc[0], each.solve(pattern).peaks().iloc[0]
        assert result["position"] == pytest.approx(before * strain, abs=0.002)
        assert result["position"] == pytest.approx(1.613 * strain, abs=0.006)
        assert result["coordination"] == pytest.approx(expected["coordination"], rel=0.02)


def test_both_solutions_of_an_average_follow_an_expansion():
    first, strain = expanded(1.0), 1.04
    model = series("warm")
    before, after = (model.solve(pattern).posterior.second for pattern in (first, expanded(strain, seed=1)))
    assert after.hyperparameters["onset"] / before.hyperparameters["onset"] == pytest.approx(strain, abs=0.003)
    r = np.arange(1.4, 1.9, 0.001)
    assert r[after.g(r).argmax()] / r[before.g(r).argmax()] == pytest.approx(strain, abs=0.002)


@pytest.mark.filterwarnings("ignore:.*(systematic error|outlier|not noise)")
def test_a_series_whose_errors_change_searches_for_both_solutions():
    """The onset of argon's first solution moves with the errors of S, though its structure is the same."""
    argon = load_material("argon", weighting="number", q_max=12)
    random = np.random.default_rng(0)
    white = 0.003 * random.normal(size=(2, argon.q.size))
    neighbours = np.exp(-(((argon.q[:, None] - argon.q) / 0.3) ** 2)) @ random.normal(size=argon.q.size)
    errors = 0.05 * np.cos(argon.q / 4) + 0.03 * neighbours / neighbours.std()
    first, clean = (
        Pattern(argon.q, argon.s_r + argon.q * part, number_density=argon.number_density)
        for part in (white[0] + errors, white[1])
    )
    posterior = fitted(first, refit="warm").solve(clean).posterior
    r, g = argon.r[argon.r < 10], argon.target[argon.r < 10]
    for part in (posterior.first, posterior.second):
        assert np.abs(part.g(r) - g).mean() < 0.02


def test_a_warm_series_does_not_search_if_materials_are_similar(monkeypatch):
    model = series("warm")
    searches = []
    monkeypatch.setattr("sklearn_wtrdf.inversion.pattern_posterior.search", lambda *pair: searches.append(pair))
    model.solve(expanded(1.01, seed=1))
    assert not searches
    argon = load_material("argon", q_max=8).pattern
    noise = 0.005 * argon.q * np.random.default_rng(0).normal(size=argon.q.size)
    foreign = replace(argon, s_r=argon.s_r + noise)
    search_nearby(foreign, [model.solve(expanded(1.0)).posterior], model._settings)
    assert [pattern for pattern, _ in searches] == [foreign]


@pytest.mark.filterwarnings("ignore:.*outliers? of S_R excluded", "ignore:.*residual of S_R is not noise")
def test_refit_never_uses_the_hyperparameters_under_which_s_r_is_most_probable():
    materials = ("argon", "sodium-chloride")
    fitted_to = pd.concat([frame(*simulated(name, q_max=8.0)) for name in materials])
    never = InversionRegressor(refit="never").fit(fitted_to)
    assert len(never.fitted_materials_) == 2
    result = never.fit_report().table["value"]
    for i in (1, 0):
        values = never.fit_report(frame(*simulated(materials[i], seed=1, q_max=8.0))).table["value"]
        np.testing.assert_array_equal(values.drop("number_density", level=1), result[i].drop("number_density"))


@pytest.mark.filterwarnings("ignore:.*outliers? of S_R excluded", "ignore:.*residual of S_R is not noise")
def test_refit_never_does_not_exclude_the_points_of_another_glass():
    glass, other = load_ag_ge_se(0), load_ag_ge_se(5)
    never = InversionRegressor(refit="never").fit(glass.data)
    assert never.decompose(other.data)[0].excluded.sum() < 0.1 * other.q.size
    assert np.abs(never.predict(other.data) - other.target).mean() < np.abs(glass.target - other.target).mean()


def test_an_unknown_density_is_guessed_and_uncertain():
    pattern, settings = expanded(1.0), InversionSettings()
    given, guessed = (observation_of(item, settings) for item in (pattern, replace(pattern, number_density=None)))
    assert given.number_density == pattern.number_density
    assert guessed.number_density == pytest.approx(pattern.number_density, rel=0.3)
    assert (given.density_is_given, guessed.density_is_given) == (True, False)
    assert guessed.density_spread > 10 * given.density_spread


def test_a_given_noise_takes_the_place_of_unknown_standard_deviations_only():
    pattern, settings = expanded(1.0), InversionSettings(noise=0.03)
    np.testing.assert_array_equal(observation_of(pattern, settings).std, np.full(pattern.q.size, 0.03))
    std = np.linspace(0.01, 0.02, pattern.q.size)
    np.testing.assert_array_equal(observation_of(replace(pattern, std=std), settings).std, std)


@pytest.mark.parametrize(
    ("composition", "radiation", "has_weights"),
    [
        ("GeO2", "x-ray", True),
        ("GeO2", "neutron", False),  # scattering lengths do not depend on q
        ("C6D6", "neutron", True),  # bonds of two lengths
        ("C2D6", "neutron", True),
        ("C6H6", "neutron", False),  # negative weights
        ("CD4", "neutron", False),  # bonds of one length
        ("D2O", "neutron", False),
        ("PoD", "neutron", False),  # scattering lengths are not tabulated
        ("GeO2", None, False),
        ("Ge", "x-ray", False),  # a single pair
        (None, "x-ray", False),
    ],
)
def test_pair_functions_are_used_where_weights_change_with_q_or_bonds_merge(composition, radiation, has_weights):
    pattern = replace(expanded(1.0), composition=composition, radiation=radiation)
    weights = weights_of(pattern, InversionSettings())
    assert (weights is not None) == has_weights
    if has_weights:
        np.testing.assert_allclose(weights.at_q.sum(axis=1), 1)


def test_a_radiation_without_a_composition_has_no_effect():
    pattern = replace(expanded(1.0), composition="GeO2", radiation=None)
    assert weights_of(pattern, InversionSettings(radiation="x-ray")) is None
    assert weights_of(pattern, InversionSettings(composition="GeO2")) is not None


@pytest.mark.parametrize("prior", [None, "continuum"])
def test_g_has_no_offset_at_large_r_because_of_small_q(prior):
    """Between q = 0 and the first point nothing is measured, where S of a molten salt is nearly constant."""
    salt = load_material("sodium-chloride", weighting="neutron", q_max=10)
    s_r = salt.s_r + 0.002 * salt.q * np.random.default_rng(0).normal(size=salt.q.size)
    X = scattering_frame(salt.r, salt.q, s_r, salt.number_density)
    model = InversionRegressor() if prior is None else InversionRegressor(prior=prior)
    far = salt.r > 8
    assert abs((model.fit(X).predict(X) - salt.target)[far].mean()) < 0.003
