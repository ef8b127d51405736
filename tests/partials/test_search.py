"""The search for the hyperparameters of pair functions."""

from dataclasses import replace

import numpy as np
import pytest

from sklearn_wtrdf import Pattern, partials_frame
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.inversion import AsymmetricBond, Bond, PairFunctions
from sklearn_wtrdf.inversion.pair_selection import start_of_bond
from sklearn_wtrdf.partials.frame import read_measurements
from sklearn_wtrdf.partials.search import (
    MODES,
    candidates_of,
    exclude_outliers,
    find_modes,
    nearest_peak,
    observations_of,
)
from sklearn_wtrdf.scattering.pairs import PairWeights, pairs_of
from sklearn_wtrdf.transforms import sine_transform


def observations(name, q_max, r_max):
    patterns = [load_material(name, weighting=weighting, q_max=q_max).pattern for weighting in ("x-ray", "neutron")]
    _, measurements = read_measurements(partials_frame(patterns), None)
    return observations_of(measurements, patterns[0].number_density, r_max, is_coarse=True)


def test_structure_beyond_r_max_increases_it():
    """Argon-krypton oscillates beyond 10 Å: without this structure the scale was wrong by a tenth."""
    modes, r_max = find_modes(observations("argon-krypton", 6.0, 10.0), bonds={}, systematic_errors=False)
    assert r_max > 10
    scales = [np.exp(modes[0].theta[-place]) for place in (1, 5)]
    np.testing.assert_allclose(scales, 1.0, atol=0.05)


@pytest.fixture(scope="module")
def modes_of_silica():
    return find_modes(observations("silica", 6.0, 8.0), systematic_errors=False)[0]


def test_bonds_that_are_searched_for_are_asymmetric(modes_of_silica):
    bonds = [bond for mode in modes_of_silica for bond in mode.prior.bonds.values()]
    assert all(isinstance(bond, AsymmetricBond) for bond in bonds)
    assert list(modes_of_silica[0].prior.bonds) == ["Si-O"]


@pytest.mark.parametrize(
    ("formula", "first", "expected"), [("SiO2", 1.62, ["Si-O"]), ("NaCl", 2.8, []), ("Cu", 2.5, [])]
)
def test_the_first_peak_of_one_pattern_at_the_distance_of_bonded_atoms_is_a_bond(formula, first, expected):
    """Without it, measured silica had a shell of O-O at 1.62 Å, by the errors of one pattern of neutrons."""
    for bonds, _ in candidates_of(pairs_of(formula), first, None, is_single=True):
        assert list(bonds) == expected


def test_two_patterns_of_an_ionic_liquid_with_a_short_first_distance_have_no_bond():
    """Molten NaCl that is shrunk as if it were LiF, where errors with a bond were five times as large."""
    shrinkage = 0.71
    salt = load_material("sodium-chloride", q_max=12)
    r, density = salt.r * shrinkage, salt.number_density / shrinkage**3
    q = np.arange(0.6, 12, 0.05)
    partials = salt.partials[["g_Na_Na", "g_Na_Cl", "g_Cl_Cl"]].to_numpy()
    of_pairs = density * (sine_transform(q, r) @ (partials - 1))
    noise = np.random.default_rng(0)
    patterns = []
    for radiation in ("x-ray", "neutron"):
        s_r = (PairWeights.of("LiF", q, radiation).at_q * of_pairs).sum(axis=1)
        patterns.append(Pattern(q, s_r + 0.01 * q * noise.normal(size=q.size), None, density, "LiF", radiation))
    _, measurements = read_measurements(partials_frame(patterns), None)
    modes, _ = find_modes(observations_of(measurements, density, 8.0, is_coarse=True))
    assert modes[0].prior.bonds == {}


def test_fewer_patterns_than_pairs_are_not_solved_under_log_g(modes_of_silica):
    """What no pattern contains follows from the prior alone, and less well under one of log g."""
    assert all(isinstance(mode.prior, PairFunctions) for mode in modes_of_silica)


def test_outliers_are_excluded_from_their_pattern_alone():
    patterns = {w: load_material("silica", weighting=w, q_max=12).pattern for w in ("x-ray", "neutron")}
    _, measurements = read_measurements(partials_frame(patterns), None)
    for seed, measurement in enumerate(measurements):
        measurement.s_r[:] += 0.01 * measurement.q * np.random.default_rng(seed).normal(size=measurement.q.size)
    measurements[1].s_r[[0, 150]] += 0.5 * measurements[1].q[[0, 150]]
    first, second = exclude_outliers(measurements, 0.0662)
    assert first.outliers.size == 0
    np.testing.assert_array_equal(second.outliers, measurements[1].q[[0, 150]])
    assert not np.isin(second.q, second.outliers).any()
    assert second.q.size == second.s_r.size == len(second.weights.at_q) == measurements[1].q.size - 2


def test_the_nearest_peak_of_silica_is_its_bond():
    peak = nearest_peak(observations("silica", 6.0, 8.0))
    assert peak.r == pytest.approx(1.61, abs=0.05)
    start = start_of_bond(peak.single, peak.weights, {"Si-O": Bond()})
    assert start["r Si-O"] == peak.r
    assert start["neighbours Si-O"] == pytest.approx(3.92, abs=0.6)  # oxygen around silicon


def test_without_a_g_that_is_nowhere_negative_the_nearest_peak_is_at_the_usual_distance():
    """⟨b⟩ of hydrogen is negative, and so are some of the weights of water."""
    patterns = [replace(load_material("water", weighting="neutron", q_max=6).pattern, composition="H2O")]
    _, measurements = read_measurements(partials_frame(patterns, barn=["neutron"]), None)
    assert measurements[0].weights.at_q.min() < 0
    assert nearest_peak(observations_of(measurements, 0.1, 8.0, is_coarse=True)).r == MODES.usual_distance
