import sys

import pandas as pd
import pytest

pytest.importorskip("dash", reason="the page needs the extra explore")

from sklearn_wtrdf.benchmarks.speed import explore


@pytest.mark.slow
def test_sessions_that_move_sliders_at_once_do_not_mix(tmp_path, monkeypatch):
    arguments = ["--sessions", "2", "--seconds", "0.2", "--pause", "0.1", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["x", *arguments])
    explore.main()
    [row] = pd.read_csv(tmp_path / "explore.csv").to_dict("records")
    assert row["moves"] >= 2
    assert row["mixed"] == row["errors"] == 0
    assert row["whole_answers"] + row["superseded"] >= row["moves"]
    assert row["memory_max"] > 0
