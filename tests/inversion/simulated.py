"""Simulated materials as inputs of the inversion."""

import warnings
from copy import deepcopy
from functools import cache

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from sklearn_wtrdf import InversionRegressor, Pattern, scattering_frame
from sklearn_wtrdf.datasets import load_ag_ge_se, load_material

R = np.arange(0.5, 10, 0.02)  # Å
SILICA = load_material("silica", weighting="neutron")
TERNARIES = [5, 10, 15, 20, 25]
# S_R without noise shows the misfit of the model, of which it warns. Tests of warnings record all of them.
IGNORE_MISFIT = [
    pytest.mark.filterwarnings("ignore:.*The residual of S_R is not noise"),
    pytest.mark.filterwarnings("ignore:.*[0-9]+ outliers? of S_R excluded"),
]


def simulated(name="silica", noise=0.01, seed=0, q_max=12.0):
    """Return a material with neutrons, and its S with noise."""
    material = load_material(name, weighting="neutron", q_max=q_max)
    return material, material.s + noise * np.random.default_rng(seed).normal(size=material.q.size)


def frame(material, s, **options):
    return scattering_frame(material.r[30::3], material.q, material.q * (s - 1), material.number_density, **options)


def warned(action):
    """Return what an action warns of, and what it returns."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = action()
    return [str(warning.message) for warning in caught], result


def mean_error(model, contents, **options):
    X, y = load_ag_ge_se(contents, return_X_y=True, **options)
    return np.abs(model.predict(X) - y).mean()


def expanded(strain, q_max=8.0, seed=0):
    """Return a pattern of silica whose distances are all longer by a factor."""
    q = np.arange(0.6, q_max, 0.05)
    s = CubicSpline(SILICA.q, SILICA.s)(q * strain) + 0.005 * np.random.default_rng(seed).normal(size=q.size)
    return Pattern(q, q * (s - 1), number_density=SILICA.number_density / strain**3)


def fitted(pattern, **parameters):
    return InversionRegressor(**parameters).fit(scattering_frame(R, pattern.q, pattern.s_r, pattern.number_density))


@cache
def _fitted_to_first(q_max):
    return fitted(expanded(1.0, q_max))


def series(refit, q_max=8.0):
    """Return a model of a series of patterns that was fitted to the first, which is not expanded."""
    return deepcopy(_fitted_to_first(q_max)).set_params(refit=refit)
