import sys

import inversion_speed
import pandas as pd


def test_predictions_and_bulk_are_timed(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["x", "--repeats", "1", "--patterns", "3", "--out", str(tmp_path)])
    inversion_speed.main()
    table = pd.read_csv(tmp_path / "inversion_speed.csv")
    assert list(table["patterns"]) == [1, 1, 1, 3, 3, 3, 3]
    assert (table["seconds"] > 0).all()
    assert table["ratio"].iloc[0] == 1
