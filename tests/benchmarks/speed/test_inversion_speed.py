import sys

import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks.speed import inversion_speed


@pytest.mark.slow
def test_predictions_and_growth_are_measured(tmp_path, monkeypatch):
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
