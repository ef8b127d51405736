"""Searches for hyperparameters and outliers of synthetic patterns."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn_wtrdf.benchmarks.board.conditions import CONDITIONS, measure

from sklearn_wtrdf import InversionRegressor, scattering_frame
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.inversion import (
    Observation,
    fit_hyperparameters,
    without_outliers,
)
from tests.inversion.synthetic import (
    DENSITY,
    Q,
    shell_and_continuum,
)


@pytest.mark.slow
def test_a_bond_and_the_errors_of_s_are_estimated():
    s_r, r, g = shell_and_continuum()
    noise = 0.005 * Q * np.random.default_rng(1).normal(size=Q.size)
    result = fit_hyperparameters(Observation(Q, s_r + noise, DENSITY, 0.05))
    assert result.hyperparameters["r"] == pytest.approx(1.6, abs=0.01)
    assert result.hyperparameters["neighbours"] == pytest.approx(3.0, rel=0.05)
    assert result.hyperparameters["noise"] == pytest.approx(0.005, rel=0.3)
    grid = np.arange(1.0, 8, 0.02)
    truth, beyond = np.interp(grid, r, g), grid > 2  # q does not resolve how wide the bond is
    off = np.abs(result.g(grid) - truth)
    assert off.mean() < 0.06
    assert (off <= 1.645 * result.std(grid))[grid > 1.4].mean() > 0.8
    # An offset, a scale and a slowly varying background are not reported as g, and outlying points are left out.
    s, x = 1 + (s_r + noise) / Q, 2 * Q / Q[-1] - 1
    s = 1.03 * s + 0.03 + 0.03 * x**2
    s[[20, 50]] += 0.5
    spoilt = fit_hyperparameters(Observation(Q, Q * (s - 1), DENSITY, 0.05))
    assert np.abs(spoilt.g(grid) - truth)[beyond].mean() < 2 * off[beyond].mean() + 0.02
    assert spoilt.g(grid[grid < 1.3]).max() < 0.1
    assert spoilt.hyperparameters["r"] == pytest.approx(1.6, abs=0.02)
    assert np.flatnonzero(spoilt.decomposition.excluded).tolist() == [20, 50]
    assert np.abs(spoilt.decomposition.systematic / Q - (0.06 + 0.03 * x**2)).mean() < 0.02
    assert np.abs(result.decomposition.systematic / Q).mean() < 0.02


def test_good_points_are_not_excluded(observation):
    assert without_outliers(observation).q.size >= Q.size - 1


@pytest.mark.filterwarnings("ignore:.*[0-9]+ outliers? of S_R excluded")
@pytest.mark.filterwarnings("ignore:S_R has 1 outlier")
def test_an_error_of_the_first_point_is_not_reported_as_structure():
    # Beside other systematic errors, that of the first point is not obvious.
    material = load_material("silica", weighting="neutron")
    curves = []
    for outlier in (0.0, 0.3):
        condition = replace(CONDITIONS["q17-all"], outlier=outlier)
        measured = measure(material.q, material.s, material.number_density, condition, seed=5)
        s_r = measured.q * (measured.S - 1)
        X = scattering_frame(np.arange(3.5, 10.0, 0.05), measured.q, s_r, measured.density)
        curves.append(InversionRegressor().fit(X).predict(X))
    assert np.abs(curves[1] - curves[0]).max() < 0.04


def test_the_maximum_of_s_on_a_coarse_grid_is_no_outlier():
    material = load_material("rubidium", q_max=8)
    q, s = material.q[::4], material.s[::4] + 0.01 * np.random.default_rng(0).normal(size=material.q[::4].size)
    X = scattering_frame(np.arange(1.0, 10.0, 0.05), q, q * (s - 1), material.number_density)
    model = InversionRegressor().fit(X)
    assert not model.fitted_materials_[0].excluded.any()
    truth = np.interp(X["r"], material.r, material.target)
    assert np.abs(model.predict(X) - truth).mean() < 0.05


def test_an_unknown_density_is_estimated():
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


def test_points_that_are_excluded_before_a_search_stay_excluded_and_no_others(observation):
    given = observation.without(np.array([4, observation.q.size - 1]))
    found = fit_hyperparameters(given).evidence.observation
    np.testing.assert_array_equal(found.q, given.q)
    np.testing.assert_array_equal(found.excluded, given.excluded)
