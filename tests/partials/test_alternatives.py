"""Mistakes by which patterns contradict one another."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

from sklearn_wtrdf import DataWarning, PartialsRegressor, partials_frame
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.partials.alternatives import Alternatives, stretched
from sklearn_wtrdf.partials.frame import read_measurements
from sklearn_wtrdf.partials.search import find_modes, observations_of


@pytest.mark.filterwarnings("ignore:The patterns do not determine", "ignore:The weights of the pairs in")
def test_exchanged_radiations_are_reported(patterns):
    names = {"x": "neutron", "n": "x-ray"}
    exchanged = {name: replace(pattern, radiation=names[name]) for name, pattern in patterns.items()}
    with pytest.warns(DataWarning, match="'x' and 'n' are more probable with each other's pair weights"):
        PartialsRegressor(r_max=12.0).fit(exchanged)


@pytest.mark.parametrize(("material", "q_max"), [("argon-krypton", 8), ("sodium-chloride", 17)])
def test_right_patterns_without_noise_are_not_reported(material, q_max):
    patterns = [load_material(material, weighting=w, q_max=q_max).pattern for w in ("x-ray", "neutron")]
    with warnings.catch_warnings(record=True) as issued:
        warnings.simplefilter("always")
        PartialsRegressor().fit(patterns)
    assert not [warning for warning in issued if "more probable" in str(warning.message)]


def test_an_exchange_of_equal_weights_gains_nothing():
    """It did, by up to 21, without the assumption on S at small q under which the mode had been found."""
    salt = load_material("sodium-chloride", weighting="x-ray", q_max=8)
    noise = np.random.default_rng(0).normal(size=(2, salt.q.size))
    patterns = {
        name: replace(salt.pattern, s_r=salt.s_r + 1e-3 * salt.q * row) for name, row in zip("ab", noise, strict=True)
    }
    alternatives = alternatives_of(patterns, r_max=12.0)
    assert alternatives.gain_of_exchange() == pytest.approx(0.0, abs=0.02)


@pytest.fixture(scope="module")
def mixture():
    """Argon and krypton by X-rays and neutrons, with 1 % noise."""
    exact = {w: load_material("argon-krypton", weighting=w, q_max=8).pattern for w in ("x-ray", "neutron")}
    return {
        name: replace(
            pattern, s_r=pattern.s_r + 0.01 * pattern.q * np.random.default_rng(seed).normal(size=pattern.q.size)
        )
        for seed, (name, pattern) in enumerate(exact.items())
    }


def alternatives_of(patterns, r_max=20.0):
    density = next(iter(patterns.values())).number_density
    _, measurements = read_measurements(partials_frame(patterns), None)
    modes, r_max = find_modes(observations_of(measurements, density, r_max, is_coarse=True), bonds={})
    return Alternatives(modes[0], measurements, density, r_max, systematic_errors=True)


def with_q(pattern, factor):
    return replace(pattern, q=factor * pattern.q, s_r=factor * pattern.s_r)


@pytest.mark.parametrize("factor", [0.98, 0.99, 1.01])
def test_the_factor_by_which_a_q_is_wrong_is_estimated(factor, mixture):
    stretch = alternatives_of(mixture | {"neutron": with_q(mixture["neutron"], factor)}).stretch()
    assert stretch.name == "neutron"
    assert stretch.gain > 10
    assert stretch.factor == pytest.approx(1 / factor, abs=0.003)


def test_a_right_q_is_not_changed(mixture):
    stretch = alternatives_of(mixture).stretch()
    assert stretch.gain < 1
    assert stretch.factor == pytest.approx(1.0, abs=0.003)


@pytest.mark.filterwarnings("ignore:The patterns do not determine", "ignore:The weights of the pairs in")
def test_a_wrong_q_is_reported(mixture):
    patterns = mixture | {"neutron": with_q(mixture["neutron"], 1.02)}
    with pytest.warns(
        DataWarning, match=r"if q of 'neutron' is multiplied by 0\.98\d, or that of 'x-ray' divided by it"
    ):
        PartialsRegressor().fit(patterns)


def test_a_pattern_is_stretched_at_equal_s(mixture):
    _, (measurement, _) = read_measurements(partials_frame(mixture), None)
    longer = stretched(measurement, 1.02)
    np.testing.assert_allclose(longer.q, 1.02 * measurement.q)
    np.testing.assert_allclose(longer.s_r / longer.q, measurement.s_r / measurement.q)
