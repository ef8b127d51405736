"""Which prior is selected, on patterns of made-up materials."""

import numpy as np
import pytest

from sklearn_wtrdf import Pattern
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.inversion import Observation, fit_hyperparameters
from sklearn_wtrdf.inversion.pattern_posterior import search
from sklearn_wtrdf.inversion.search import without_outliers
from sklearn_wtrdf.inversion.settings import InversionSettings

Q = np.arange(0.5, 12.001, 0.05)
R = np.arange(0.005, 60, 0.005)
DENSITY = 0.05


def structure_factor(g, density=DENSITY, bonds=(), q=Q):
    """Return S of a curve on a fine grid, and of bonds of (r, N, width) in closed form."""
    s = 4 * np.pi * density * (R[1] - R[0]) * np.sin(np.outer(q, R)) @ (R * (g - 1)) / q
    return 1 + s + sum(n * np.sin(q * r_b) / (q * r_b) * np.exp(-((q * width) ** 2) / 2) for r_b, n, width in bonds)


def liquid(onset, k, decay, swing):
    """Return a g(r) that rises at an onset and oscillates with wavenumber k."""
    step = 1 / (1 + np.exp(-np.clip((R - onset) / 0.06, -40, 40)))
    return step * (1 + swing * np.exp(-(R - onset) / decay) * np.cos(k * (R - onset - 0.25)))


def white(size):
    return size * np.random.default_rng(0).normal(size=Q.size)


def correlated(size, length=0.15):
    """Return errors that neighbouring points share, of another correlation than the model's."""
    errors = np.exp(-(((Q[:, None] - Q) / length) ** 2)) @ np.random.default_rng(0).normal(size=Q.size)
    return size * errors / errors.std()


def solved(s, density=DENSITY):
    return fit_hyperparameters(Observation(Q, Q * (s - 1), density, 0.05))


def test_a_short_bond_is_selected():
    s = structure_factor(liquid(2.6, 1.7, 3.0, 0.5), bonds=[(1.5, 2.0, 0.05)]) + white(0.003)
    result = solved(s).hyperparameters
    assert result["r"] == pytest.approx(1.5, abs=0.01)
    assert result["neighbours"] == pytest.approx(2.0, rel=0.05)


def test_a_shell_of_a_simple_liquid_is_no_bond():
    result = solved(structure_factor(liquid(2.9, 1.9, 4.0, 1.2), 0.02) + white(0.003), 0.02).hyperparameters
    assert "neighbours" not in result
    assert result["wavenumber"] == pytest.approx(1.9, rel=0.1)


def test_errors_of_a_metals_s_are_no_shell_of_atoms():
    """Errors of S of 0.03 that neighbouring points share look like structure where no atoms are."""
    g = liquid(2.5, 2.5, 3.5, 1.5)
    s = structure_factor(g) + correlated(0.03) + white(0.003)
    posterior = solved(s)
    near = np.arange(0.3, 1.9, 0.02)
    assert posterior.g(near).max() < 0.5
    r = np.arange(2.2, 10, 0.02)
    assert (np.abs(posterior.g(r) - np.interp(r, R, g)) <= 1.645 * posterior.std(r)).mean() > 0.75


def test_correlated_errors_are_in_the_band():
    """If noise had to be white, a smooth error of 0.01 would be taken for structure, with a band that does not hold."""
    g = liquid(2.5, 2.0, 3.0, 1.0)
    s = structure_factor(g) + correlated(0.01) + white(0.001)
    posterior, r = solved(s), np.arange(2.2, 10, 0.02)
    assert (np.abs(posterior.g(r) - np.interp(r, R, g)) <= 1.645 * posterior.std(r)).mean() > 0.75
    assert 0.003 < posterior.hyperparameters["correlated"] < 0.03


def test_a_glitch_is_excluded_but_not_a_maximum_that_the_model_does_not_reach():
    s = structure_factor(liquid(2.5, 2.0, 3.0, 1.0)) + white(0.003)
    top = int(s.argmax())
    s[top - 2 : top + 3] += 0.15  # neighbours that err alike
    s[150] += 0.2
    excluded = without_outliers(Observation(Q, Q * (s - 1), DENSITY, 0.05)).excluded
    assert excluded[150]
    assert not excluded[top - 3 : top + 4].any()


def test_a_shell_of_less_than_half_an_atom_is_no_bond():
    """Liquid rubidium of unknown density: with a bond of the fewest atoms g was fifteen times too large."""
    rubidium = load_material("rubidium", q_max=17)
    noise = 0.01 * rubidium.q * np.random.default_rng(3).normal(size=rubidium.q.size)
    posterior = search(Pattern(rubidium.q, rubidium.s_r + noise), InversionSettings())
    assert "neighbours" not in posterior.hyperparameters
    assert posterior.number_density == pytest.approx(rubidium.number_density, rel=0.2)
    assert posterior.g(rubidium.r).max() == pytest.approx(rubidium.target.max(), rel=0.2)
