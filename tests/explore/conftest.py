import base64
from pathlib import Path

import pytest

pytest.importorskip("dash", reason="the page needs the extra explore")

from sklearn_wtrdf.explore.server import serving
from sklearn_wtrdf.explore.state import read_upload

DATA = Path(__file__).parents[2] / "data"


def upload(path, samples=()):
    """Return the samples with a file of the repository added, as if a browser had sent it."""
    return read_upload(path.name, base64.b64encode(path.read_bytes()).decode(), list(samples))[0]


@pytest.fixture(scope="session")
def paper():
    """The paper's S(q), with its known g(r)."""
    return upload(DATA / "ge25se75_rdf.csv", upload(DATA / "ge25se75_sq.csv"))


@pytest.fixture(scope="session")
def address(paper):
    """A page that holds the paper's sample."""
    with serving(paper, workers=1) as address:
        yield address
