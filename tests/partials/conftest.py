import numpy as np
import pytest

from sklearn_wtrdf import PartialsRegressor
from sklearn_wtrdf.datasets import load_material
from tests.partials.molten_salt import R, salt


@pytest.fixture(scope="session")
def patterns():
    return {"x": salt(), "n": salt("neutron", 1)}


@pytest.fixture(scope="session")
def model(patterns):
    return PartialsRegressor(r_max=12.0).fit(patterns)


@pytest.fixture(scope="session")
def truth(model):
    material = load_material("sodium-chloride")
    columns = {frozenset(name[2:].split("_")): material.partials[name] for name in material.partials}
    return np.array([np.interp(R, material.r, columns[frozenset(pair.split("-"))]) for pair in model.pairs_])
