import sys

import grids
import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import RBFNetRegressor


def test_both_tables_on_a_small_setting(tmp_path, monkeypatch, capsys):
    arguments = ["--seeds", "1", "--max-iter", "2", "--n-jobs", "1", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["grids.py", *arguments])
    grids.main()
    assert "M = 16, β = 16" in capsys.readouterr().out
    table = pd.read_csv(tmp_path / "grids.csv")
    assert list(table["model"].value_counts()) == [16, 6]
    assert table.loc[table["cell"] == "M = 512, β = 1024", "paper"].item() == 0.029
    assert table.groupby("model")["chosen"].sum().to_dict() == {"RBF network": 1, "LSTM": 1}
    assert (tmp_path / "grids.png").exists()


def test_errors_are_those_of_a_fit_by_hand(ge_se):
    network = RBFNetRegressor(16, 16, max_iter=20)
    in_sample, held_out = grids.errors(network, seed=3)
    X, y = ge_se.data[["r"]], ge_se.target
    model = RBFNetRegressor(16, 16, max_iter=20, random_state=3).fit(X, y)
    assert in_sample == pytest.approx(np.abs(model.predict(X) - y).mean())
    assert held_out > in_sample


def test_a_tuned_network_takes_the_cell_that_predicts_best(ge_se):
    cells = [{"n_centers": 64, "beta": 64}, {"n_centers": 64, "beta": 100_000}]
    search = grids.tuned(RBFNetRegressor(max_iter=200, random_state=0), cells).fit(ge_se.data[["r"]], ge_se.target)
    assert search.best_params_ == cells[0]
