"""Grids of r and modes of S_R."""

import numpy as np
import pytest

from sklearn_wtrdf import FourierRegressor, InversionRegressor, scattering_frame
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.inversion import Bond, Observation
from sklearn_wtrdf.inversion.observation import SMALL_Q, grid_of
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


@pytest.mark.parametrize(("first", "last"), [(0.3, 0.65), (0.6, 0.85), (1.1, 1.05), (1.7, 1.35)])
def test_s_is_assumed_up_to_the_first_points_but_not_at_a_maximum(first, last):
    points = SMALL_Q.points(first)
    assert points[0] == pytest.approx(0.05)
    assert points[-1] == pytest.approx(last)
    np.testing.assert_allclose(np.diff(points), 0.1)


def test_the_first_points_continue_to_smaller_q():
    """S of 1 that rises by 2 Å, or of 0.05 that is constant: below, the Gaussian process follows them."""
    at = SMALL_Q.points(0.5)
    known = at > 0.5
    covariance = SMALL_Q.covariance(at)
    weights = np.linalg.solve(covariance[np.ix_(known, known)], covariance[np.ix_(known, ~known)]).T
    spread = np.sqrt(np.diag(covariance[np.ix_(~known, ~known)] - weights @ covariance[np.ix_(known, ~known)]))
    for s in (1 + 2 * (at - 0.5), np.full(at.size, 0.05)):
        below = SMALL_Q.mean + weights @ (s[known] - SMALL_Q.mean)
        assert (np.abs(below - s[~known]) < 1.5 * spread).all()
    assert spread[-1] < 0.06
    assert 0.2 < spread[0] < 0.6


@pytest.mark.parametrize("first", [0.0, 0.05, 2.5])
def test_nothing_is_assumed_below_a_first_point_at_0_or_beyond_the_first_maximum(first):
    q = np.arange(first, 12, 0.05)
    observation = Observation(q, np.zeros(q.size), DENSITY, 0.05)
    continued = observation.with_small_q().geometry
    np.testing.assert_array_equal(continued.transform, observation.geometry.transform)
    assert continued.n_measured == len(continued.transform)


@pytest.mark.parametrize("first", [0.6, 1.1, 1.4])
def test_a_late_first_point_adds_no_offset(first):
    """S of argon is 0.04 to 0.2 there. A continuum alone would make it 3 at q = 0.1 Å⁻¹, and −0.5 at 0.5 Å⁻¹."""
    argon = load_material("argon", q_max=8)
    inside = argon.pattern.q >= first
    q, s_r = argon.pattern.q[inside], argon.pattern.s_r[inside]
    density, r = argon.number_density, np.arange(3.0, 12.0, 0.05)
    data = scattering_frame(r, q, s_r, density)
    g, std = InversionRegressor(noise=0.002).fit(data).predict(data, return_std=True)
    error = np.abs(g - np.interp(r, argon.r, argon.target))
    fourier = FourierRegressor().fit(data).predict(data)
    assert error.mean() < 0.5 * np.abs(fourier - np.interp(r, argon.r, argon.target)).mean()
    assert error.mean() < 0.03
    assert std.mean() < 0.1
