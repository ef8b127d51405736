"""The maximum of the evidence under a prior of log g_AB."""

import numpy as np
import pytest
from sklearn_wtrdf.benchmarks.board import partials as board

from sklearn_wtrdf import partials_frame
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.inversion import Evidence, LogPairFunctions, PairFunctions, Posterior
from sklearn_wtrdf.inversion.average import AVERAGE
from sklearn_wtrdf.partials.frame import read_measurements
from sklearn_wtrdf.partials.modes import log_modes
from sklearn_wtrdf.partials.posterior import PartialsPosterior
from sklearn_wtrdf.partials.search import find_modes, observations_of


@pytest.fixture(scope="module")
def salt():
    return board.load("sodium-chloride")


@pytest.fixture(scope="module")
def observations(salt):
    """Three patterns of molten sodium chloride, by X-rays and neutrons, the last with another isotope of chlorine."""
    patterns = list(board.patterns_of(salt, "xni", 6.0, 0.02, 0).values())
    _, measurements = read_measurements(partials_frame(patterns), None)
    return [item.with_small_q() for item in observations_of(measurements, salt.number_density, 20.0, is_coarse=True)]


@pytest.fixture(scope="module")
def modes(observations):
    found, r_max = find_modes(observations)
    assert r_max == observations[0].r_max
    return found


def errors_of(modes, observations, material):
    posterior = PartialsPosterior(modes, observations, systematic_errors=True)
    return np.abs([posterior.g(material.r, unit) for unit in np.eye(3)] - material.g).mean(axis=1)


@pytest.mark.slow
def test_three_patterns_of_three_pairs_are_solved_under_log_g_as_well(salt, observations, modes):
    """The average is more accurate for each pair."""
    assert [isinstance(mode.prior, LogPairFunctions) for mode in modes] == [False] * (len(modes) - 1) + [True]
    averaged, others = (errors_of(subset, observations, salt) for subset in (modes, modes[:-1]))
    assert (averaged < 0.9 * others).all()


@pytest.mark.slow
def test_its_weight_is_that_of_an_average_of_single_g(observations, modes):
    """Its log odds against all other modes are divided by the temperature of the average."""
    of_log = modes[-1]
    log_marginal = Evidence(of_log.prior, observations).log_marginal(of_log.theta)
    total = np.logaddexp.reduce([mode.log_marginal for mode in modes[:-1]])
    assert of_log.log_marginal - total == pytest.approx((log_marginal - total) / AVERAGE.temperature, rel=1e-3)


@pytest.mark.slow
def test_it_has_the_scales_of_the_most_probable_mode(observations, modes):
    scales = [np.exp(mode.theta[Evidence(mode.prior, observations).indices("scale")]) for mode in (modes[0], modes[-1])]
    np.testing.assert_allclose(*scales, rtol=1e-6)


@pytest.mark.slow
def test_its_onsets_are_before_the_first_peaks(observations, modes):
    posterior = Posterior(Evidence(modes[0].prior, observations), modes[0].theta, n_draws=0)
    for name, combination in zip(("Na-Na", "Na-Cl", "Cl-Cl"), np.eye(3), strict=True):
        low, high = modes[-1].prior.onsets[name]
        assert low == pytest.approx(AVERAGE.min_onset * high)
        before, at, behind = posterior.g(high + np.array([-0.1, 0.0, 0.1]), combination)
        assert before < at > behind


@pytest.fixture(scope="module")
def argon():
    """A pattern of argon, whose pair function is g."""
    _, measurements = read_measurements(partials_frame([load_material("argon", q_max=6).pattern]), None)
    return observations_of(measurements, load_material("argon").number_density, 20.0, is_coarse=True)


def test_a_single_pair_function_is_solved_under_log_g_as_well(argon):
    modes, _ = find_modes(argon)
    assert isinstance(modes[-1].prior, LogPairFunctions)


def test_an_improbable_one_is_left_out(argon, monkeypatch):
    modes, _ = find_modes(argon, bonds={})
    monkeypatch.setattr(Evidence, "log_marginal", lambda evidence, theta: modes[0].log_marginal - 1000)
    assert log_modes(modes, argon, systematic_errors=True) == []


def test_onsets_that_are_given_are_not_given_up(argon):
    modes, _ = find_modes(argon, onsets={"Ar-Ar": (2.5, 4.0)})
    assert all(isinstance(mode.prior, PairFunctions) for mode in modes)


@pytest.mark.slow
def test_known_bonds_are_those_of_both_priors():
    """Those of water follow from its valences."""
    water = board.load("water")
    patterns = list(board.patterns_of(water, "xni", 6.0, 0.01, 0).values())
    _, measurements = read_measurements(partials_frame(patterns), None)
    observations = observations_of(measurements, water.number_density, 20.0, is_coarse=True)
    modes, _ = find_modes(observations)
    first, *_, last = modes
    assert isinstance(last.prior, LogPairFunctions)
    assert repr(last.prior.bonds) == repr(first.prior.bonds)
    assert set(last.prior.bonds) == {"O-H", "H-H"}
    continued = [observation.with_small_q() for observation in observations]
    lengths = [np.exp(mode.theta[Evidence(mode.prior, continued).indices("r")]) for mode in (first, last)]
    np.testing.assert_allclose(lengths[1][0], lengths[0][0], atol=0.02)
    of_both, of_first = (errors_of(subset, continued, water) for subset in (modes, modes[:-1]))
    assert of_both.sum() < of_first.sum()
