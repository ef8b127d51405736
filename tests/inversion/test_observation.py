"""Grids of r and modes of S_R."""

import numpy as np
import pytest

from sklearn_wtrdf.inversion import Bond, Observation
from sklearn_wtrdf.inversion.observation import grid_of
from sklearn_wtrdf.scattering.pairs import PairWeights
from sklearn_wtrdf.transforms import sine_transform
from tests.inversion.synthetic import (
    DENSITY,
)


def test_a_grid_beyond_memory_is_refused():
    with pytest.raises(ValueError, match="q must be in Å⁻¹"):
        Observation(np.linspace(1, 8000, 50), np.zeros(50), DENSITY, 0.05)


@pytest.mark.parametrize("width", [0.02, 0.03, 0.05])
@pytest.mark.parametrize("q_max", [8.0, 17.0, 30.0])
@pytest.mark.parametrize("r_b", np.linspace(0.95, 1.12, 5))
def test_the_grid_resolves_the_bonds_of_hydrogen(r_b, q_max, width):
    """On steps of 0.05 Å the transform of a bond of 0.02 Å is wrong by a tenth at q = 17 Å⁻¹."""
    q, r = np.linspace(0.5, q_max, 200), grid_of(q_max, 20.0, has_hydrogen=True)
    s_r = DENSITY * sine_transform(q, r) @ Bond().mean(np.log([r_b, 1.0, width]), r, DENSITY)
    dense = np.arange(0.5, 1.7, 0.0005)
    gaussian = np.exp(-(((dense - r_b) / width) ** 2) / 2) / (np.sqrt(2 * np.pi) * width)
    np.testing.assert_allclose(s_r, np.trapezoid(np.sin(np.outer(q, dense)) * gaussian / dense, dense), atol=1e-4)


@pytest.mark.parametrize(("formula", "has_hydrogen"), [("D2O", True), ("SiO2", False)])
def test_only_materials_with_hydrogen_have_the_finer_grid(formula, has_hydrogen):
    q = np.linspace(0.5, 12.0, 100)
    weights = PairWeights.of(formula, q, "neutron")
    for weighted in (None, weights):
        observation = Observation(q, np.sin(q), DENSITY, 0.05, weights=weighted)
        expected = grid_of(12.0, 20.0, has_hydrogen=has_hydrogen and weighted is not None)
        np.testing.assert_array_equal(observation.geometry.r, expected)


@pytest.mark.parametrize("first", [0.5, 1.0])
def test_an_s_that_varies_slowly_agrees_with_its_continuation(first):
    q = np.arange(first, 12, 0.05)
    observation = Observation(q, np.zeros(q.size), DENSITY, 0.05).continued()
    rows = observation.geometry.transform[observation.geometry.n_measured :]
    assert len(rows) == round(10 * first) - 1
    near = np.exp(-((observation.geometry.r / 0.3) ** 2))  # so near r = 0 that its S is a + b q² there
    of_near = np.abs(rows @ near).max()
    far = np.cos(observation.geometry.r * 0.2) * np.exp(-observation.geometry.r / 20)
    assert of_near < 1e-2 * np.abs(rows @ far).max()


@pytest.mark.parametrize("q", [np.arange(2.0, 12, 0.05), np.arange(0.5, 12, 0.2), np.arange(0.0, 12, 0.05)])
def test_a_pattern_without_structure_at_its_end_is_not_continued(q):
    observation = Observation(q, np.zeros(q.size), DENSITY, 0.05)
    continued = observation.continued().geometry
    np.testing.assert_array_equal(continued.transform, observation.geometry.transform)
    assert continued.n_measured == len(continued.transform)
