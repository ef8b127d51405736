import sys

import pandas as pd
import pytest

pytest.importorskip("torch")
from sklearn_wtrdf.benchmarks.speed import network_speed


def test_every_way_to_train_is_timed(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["network_speed.py", "--repeats", "1", "--epochs", "2", "--out", str(tmp_path)])
    network_speed.main()
    table = pd.read_csv(tmp_path / "network_speed.csv").set_index(["network", "method"])
    assert len(table) == 16
    assert table.loc[("LSTM", "bare torch"), "over_bare_torch"] == 1
