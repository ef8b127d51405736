import multiprocessing
from types import SimpleNamespace

import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks.board import cells
from sklearn_wtrdf.benchmarks.board.scores import SCORES


@pytest.fixture
def _imported_once(monkeypatch):
    """Fork the processes from one that has imported the package; test_challenge.py also starts them as users do."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context("forkserver")
        # One server is started for all tests, those of the page in the browser among them.
        context.set_forkserver_preload(["sklearn_wtrdf.explore.solve", cells.__name__])
        monkeypatch.setattr(cells, "multiprocessing", SimpleNamespace(get_context=lambda _: context))


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a method, given the body of its `solve`, and returns the path of the file."""

    def write(name, body):
        path = tmp_path / f"{name}.py"
        path.write_text(f'"""Method {name}."""\n\n\ndef solve(q, S, density, r):\n    {body}\n')
        return str(path)

    return write


@pytest.fixture(scope="module")
def table():
    """Return a table of four materials with known ratios: 0.5 on the development half, 2 on the test half."""
    rows = []
    for half, names in (("development", ("argon", "silica")), ("test", ("nickel", "water"))):
        for material in names:
            for condition in ("q8-n1", "q17-n1", "q8-gap"):
                for method, error in (("fourier", 0.2), ("inversion", 0.1 if half == "development" else 0.4)):
                    error *= 3 if condition == "q8-gap" and method == "fourier" else 1
                    row = dict.fromkeys(SCORES, 0.25) | {"mae": error, "seconds": 0.01, "status": "ok"}
                    key = {"material": material, "weighting": "x-ray", "half": half}
                    rows.append(key | {"condition": condition, "method": method} | row)
    return pd.DataFrame(rows)
