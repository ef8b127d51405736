import numpy as np
import pytest

from sklearn_wtrdf import InversionRegressor
from sklearn_wtrdf.datasets import load_ag_ge_se, load_material
from sklearn_wtrdf.inversion import Observation, fit_with_reference
from tests.inversion.simulated import TERNARIES, frame, simulated
from tests.inversion.synthetic import DENSITY, Q, glass, shell_and_continuum


@pytest.fixture(scope="session")
def observation():
    s_r = shell_and_continuum()[0]
    noise = 0.01 * Q * np.random.default_rng(0).normal(size=Q.size)
    return Observation(Q, s_r + noise, DENSITY, 0.05)


@pytest.fixture(scope="session")
def with_reference():
    material = load_ag_ge_se(10)
    return fit_with_reference(glass(0), Observation(material.q, material.s_r, material.number_density, 0.01))


@pytest.fixture(scope="session")
def binary():
    return load_ag_ge_se(0)


@pytest.fixture(scope="session")
def model(binary):
    return InversionRegressor().fit(binary.data, binary.target)


@pytest.fixture(scope="session")
def ternaries(model):
    """g and its standard deviation of all ternary glasses, by the binary alone."""
    return model.predict(load_ag_ge_se(TERNARIES).data, return_std=True)


@pytest.fixture(scope="session")
def silica():
    return simulated()[0]


@pytest.fixture(scope="session", name="X")
def silica_frame():
    return frame(*simulated())


@pytest.fixture(scope="session")
def free(X):
    """A model without a reference."""
    return InversionRegressor().fit(X)


@pytest.fixture(scope="package")
def germania():
    """Return simulated germania, whose X-ray weights change with q."""
    return load_material("germania", weighting="x-ray", q_max=8)
