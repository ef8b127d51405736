import numpy as np
import pytest

from sklearn_wtrdf import InversionRegressor
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.inversion import Observation, fit_with_reference
from tests.inversion.simulated import frame, simulated
from tests.inversion.synthetic import DENSITY, Q, glass, shell_and_continuum


@pytest.fixture(scope="module")
def observation():
    s_r = shell_and_continuum()[0]
    noise = 0.01 * Q * np.random.default_rng(0).normal(size=Q.size)
    return Observation(Q, s_r + noise, DENSITY, 0.05)


@pytest.fixture(scope="module")
def with_reference():
    material = load_ag_ge_se(10)
    return fit_with_reference(glass(0), Observation(material.q, material.s_r, material.number_density, 0.01))


@pytest.fixture(scope="module")
def binary():
    return load_ag_ge_se(0)


@pytest.fixture(scope="module")
def model(binary):
    return InversionRegressor().fit(binary.data, binary.target)


@pytest.fixture(scope="module")
def silica():
    return simulated()[0]


@pytest.fixture(scope="module", name="X")
def silica_frame():
    return frame(*simulated())


@pytest.fixture(scope="module")
def free(X):
    """A model without a reference."""
    return InversionRegressor().fit(X)
