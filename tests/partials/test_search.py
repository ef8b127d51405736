"""The search for the hyperparameters of pair functions."""

import numpy as np

from sklearn_wtrdf import partials_frame
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.inversion import AsymmetricBond
from sklearn_wtrdf.partials.frame import read_measurements
from sklearn_wtrdf.partials.search import find_modes, observations_of


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


def test_bonds_that_are_searched_for_are_asymmetric():
    modes, _ = find_modes(observations("silica", 6.0, 8.0), systematic_errors=False)
    assert all(isinstance(bond, AsymmetricBond) for mode in modes for bond in mode.prior.bonds.values())
    assert list(modes[0].prior.bonds) == ["Si-O"]
