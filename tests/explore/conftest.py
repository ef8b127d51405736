import pytest
from page_files import DATA, upload

from sklearn_wtrdf.explore.server import serving


@pytest.fixture(scope="session")
def paper():
    """The paper's S(q), with its known g(r)."""
    return upload(DATA / "ge25se75_rdf.csv", upload(DATA / "ge25se75_sq.csv"))


@pytest.fixture(scope="session")
def address(paper):
    """A page that holds the paper's sample."""
    with serving(paper, workers=1) as address:
        yield address
