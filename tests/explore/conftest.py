from dataclasses import replace
from functools import cache

import pytest

from sklearn_wtrdf.explore import solve
from sklearn_wtrdf.explore.schema import Settings
from sklearn_wtrdf.explore.server import serving
from sklearn_wtrdf.explore.workers import WorkerPool
from tests.explore.page_files import DATA, upload, write_coarse

SETTINGS = {
    "as it is": {},
    "cut": {"q_max": 7.0, "prior": "continuum", "opened": {"figure_format": "none"}},
    "bond": {
        "prior": "bond",
        "bond_low": 2.2,
        "bond_high": 2.6,
        "systematic_errors": False,
        "r_max": 8,
    },
    "glass": {"prior": "reference", "reference": "ag00", "r_max": 8},
    "own": {"prior": "reference", "reference": "ge25se75_sq.csv", "r_max": 5.5},
}


@pytest.fixture(scope="session")
def paper():
    """The paper's S(q), with its known g(r)."""
    return upload(DATA / "ge25se75_rdf.csv", upload(DATA / "ge25se75_sq.csv"))


@pytest.fixture(scope="session")
def coarse(tmp_path_factory):
    """The paper's S(q) at fewer q, with its known g(r)."""
    folder = write_coarse(tmp_path_factory.mktemp("coarse"))
    return upload(folder / "ge25se75_rdf.csv", upload(folder / "ge25se75_sq.csv"))


@pytest.fixture(scope="session")
def address(coarse):
    """A page that holds the paper's sample."""
    with serving(coarse, workers=1) as address:
        yield address


@pytest.fixture(scope="session")
def solution_of(coarse):
    """Return a function from the name of settings to a sample, its model and its solution, which are computed once."""

    @cache
    def solution(name):
        sample = replace(coarse[0], number_density=0.034)
        settings, samples = Settings.from_json(SETTINGS[name]), [sample]
        model = solve.fitted(sample, settings, samples)
        return sample, settings, samples, model, solve.solution_of(sample, settings, model)

    return solution


@pytest.fixture(params=SETTINGS)
def solved(request, solution_of):
    """A sample under some settings, its model and its solution."""
    return solution_of(request.param)


@pytest.fixture(scope="module")
def pool():
    pool = WorkerPool(workers=1)
    yield pool
    pool.close()
