import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold
from sklearn_wtrdf.benchmarks import grids
from sklearn_wtrdf.benchmarks.protocol import GE_SE, draw_rows

from sklearn_wtrdf import LSTMRegressor, RBFNetRegressor


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


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("network", "cells"),
    [
        (RBFNetRegressor(max_iter=40), grids.RBF_GRID),
        (LSTMRegressor(max_iter=10), [{"hidden_size": size} for size in (4, 8, 16)]),
    ],
)
@pytest.mark.slow
def test_the_cell_is_the_one_of_an_exhaustive_search_in_fewer_fits(network, cells, seed, monkeypatch):
    rows = draw_rows(0.5, "random", seed)
    X, y = GE_SE.data[["r"]].iloc[rows], GE_SE.target[rows]
    network = clone(network).set_params(random_state=seed)
    fits = []
    fit = type(network).fit
    monkeypatch.setattr(type(network), "fit", lambda self, X, y: fits.append(self) or fit(self, X, y))
    tuned = grids.TunedNetwork(network, cells).fit(X, y)
    n_fits, n_all = len(fits), 5 * len(cells) + 1
    lists = [{name: [value] for name, value in cell.items()} for cell in cells]
    folds = KFold(5, shuffle=True, random_state=0)
    search = GridSearchCV(network, lists, scoring="neg_mean_absolute_error", cv=folds).fit(X, y)
    assert tuned.best_params_ == search.best_params_
    np.testing.assert_array_equal(tuned.predict(X), search.predict(X))
    assert n_fits <= n_all
    if len(cells) > 3:
        assert n_fits < n_all
