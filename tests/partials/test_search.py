"""The search for the hyperparameters of pair functions."""

import pytest

from sklearn_wtrdf import partials_frame
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.partials.frame import read_measurements
from sklearn_wtrdf.partials.search import MODES, observations_of, shortest_distance


@pytest.fixture(scope="module")
def observations():
    patterns = [load_material("silica", weighting=weighting, q_max=6).pattern for weighting in ("x-ray", "neutron")]
    _, measurements = read_measurements(partials_frame(patterns), None)
    return observations_of(measurements, patterns[0].number_density, 8.0, is_coarse=True)


def test_the_shortest_distance_of_silica_is_its_bond(observations):
    assert shortest_distance(observations) == pytest.approx(1.61, abs=0.05)


def test_without_a_g_that_is_nowhere_negative_the_shortest_distance_is_the_usual_one():
    """⟨b⟩ of hydrogen is negative, and so are some of the weights of water."""
    patterns = [load_material("water", weighting="neutron", q_max=6).pattern]
    _, measurements = read_measurements(partials_frame(patterns, barn=["neutron"]), None)
    assert measurements[0].weights.at_q.min() < 0
    assert shortest_distance(observations_of(measurements, 0.1, 8.0, is_coarse=True)) == MODES.usual_distance
