from importlib import util

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from sklearn_wtrdf.datasets import load_ge_se

mpl.use("Agg")
# No deadline and no check of the speed of examples, so that no test depends on the load of the machine.
settings.register_profile(
    "project",
    deadline=None,
    max_examples=50,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("project")


@pytest.fixture(scope="session")
def ge_se():
    return load_ge_se()


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def file(tmp_path):
    """Return a function that writes a file and returns its path."""

    def write(name, contents):
        path = tmp_path / name
        path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
        return path

    return write


@pytest.fixture
def without(monkeypatch):
    """Return a function after which a package is not installed."""

    def take_away(package):
        find_spec = util.find_spec
        monkeypatch.setattr(util, "find_spec", lambda name: None if name == package else find_spec(name))

    return take_away
