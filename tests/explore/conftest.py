import pytest

from sklearn_wtrdf.explore.server import serving
from tests.explore.page_files import DATA, upload


@pytest.fixture(scope="session")
def paper():
    """The paper's S(q), with its known g(r)."""
    return upload(DATA / "ge25se75_rdf.csv", upload(DATA / "ge25se75_sq.csv"))


@pytest.fixture(scope="session")
def address(paper):
    """A page that holds the paper's sample."""
    with serving(paper, workers=1) as address:
        yield address
