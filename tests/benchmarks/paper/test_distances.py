import sys

import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks.paper import distances


@pytest.mark.slow
def test_the_response_of_each_model_to_shells_is_tabulated(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["distances.py", "--out", str(tmp_path)])
    distances.main()
    assert "distance_scale" in capsys.readouterr().out
    table = pd.read_csv(tmp_path / "distances.csv").set_index("model")
    published = table.loc["WT-RDF+ (published)"]
    assert published["ratio"].between(0.58, 0.62).all()
    assert published["r0"].agg(["min", "max"]).tolist() == [2, 6]
    assert table.loc["WT-RDF+ (a in 0.9 to 1.1)", "ratio"].between(0.95, 1.05).all()
    assert (tmp_path / "distances.png").exists()
