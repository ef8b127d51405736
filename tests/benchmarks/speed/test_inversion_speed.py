import sys
from contextlib import nullcontext
from types import SimpleNamespace

import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks.speed import inversion_speed

from sklearn_wtrdf import InversionRegressor
from sklearn_wtrdf.inversion import Evidence
from sklearn_wtrdf.inversion.priors import Continuum


class PoolHere:
    """Stands in for a process pool: its functions run in this process."""

    def imap(self, function, inputs, chunksize):
        return map(function, inputs)


class OfOnePrior(InversionRegressor):
    """Solves under one prior, instead of a search through all."""

    def fit(self, X, y=None):
        self.set_params(prior="auto" if y is not None else Continuum(), r_max=12)
        return super().fit(X, y)


@pytest.fixture
def _in_this_process(monkeypatch):
    context = SimpleNamespace(Pool=lambda *_, **__: nullcontext(PoolHere()))
    monkeypatch.setattr(inversion_speed, "multiprocessing", SimpleNamespace(get_context=lambda _: context))
    for name in ("state", "gradient", "information"):  # which are replaced in the process that solves
        monkeypatch.setattr(Evidence, name, getattr(Evidence, name))


@pytest.mark.slow
@pytest.mark.usefixtures("_in_this_process")
def test_predictions_and_growth_are_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(inversion_speed, "InversionRegressor", OfOnePrior)
    monkeypatch.setattr(sys, "argv", ["x", "--repeats", "1", "--points", "30", "--out", str(tmp_path)])
    inversion_speed.main()
    speed = pd.read_csv(tmp_path / "inversion_speed.csv")
    assert len(speed) == 8
    assert speed["ratio"].iloc[0] == 1
    growth = pd.read_csv(tmp_path / "inversion_growth.csv")
    assert list(growth["q_max"]) == [8, 20]
    assert (growth["of_evidence"] < growth["search"]).all()
    assert (growth["n_evaluations"] > 10).all()
    assert growth["memory"].between(1, 500).all()
    assert (tmp_path / "inversion_growth.png").exists()
