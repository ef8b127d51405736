import diffractometer
import numpy as np
import pytest

from sklearn_wtrdf import InversionRegressor, reduce_file
from sklearn_wtrdf.datasets import load_ag_ge_se
from tests.workflows.patterns import SILICA_DENSITY, write_fq


@pytest.fixture(scope="session")
def model():
    return InversionRegressor().fit(*load_ag_ge_se(0, return_X_y=True))


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Return a folder of noisy patterns of one glass."""
    folder = tmp_path_factory.mktemp("patterns")
    glass, rng = load_ag_ge_se(10), np.random.default_rng(0)
    for i in range(6):
        write_fq(folder / f"{i:03d}.fq", glass.q, glass.s_r + 0.01 * glass.q * rng.normal(size=glass.q.size))
    return folder


@pytest.fixture(scope="session")
def scan(tmp_path_factory):
    """Return the file of a simulated scan of silica; that of the empty container is beside it."""
    folder = tmp_path_factory.mktemp("scans")
    diffractometer.main(["silica", "--folder", str(folder)])
    return folder / "silica_Cu.xy"


@pytest.fixture(scope="session")
def reduction(scan):
    background = scan.with_name("silica_Cu_empty.xy")
    return reduce_file(scan, "SiO2", background=background, number_density=SILICA_DENSITY)
