import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn_wtrdf.benchmarks.paper import grids, tuning
from sklearn_wtrdf.benchmarks.paper.protocol import PEAKS

from sklearn_wtrdf import LSTMRegressor, PeakKFold, RBFNetRegressor, first_peak_error, peak_scorers


def test_both_tables_on_a_small_setting(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(grids, "N_FOLDS", 2)
    arguments = ["--seeds", "1", "--max-iter", "1", "--n-jobs", "1", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["grids.py", *arguments])
    grids.main()
    assert "M = 16, β = 16" in capsys.readouterr().out
    table = pd.read_csv(tmp_path / "grids.csv")
    assert list(table["model"].value_counts()) == [16, 6]
    assert table.loc[table["cell"] == "M = 512, β = 1024", "paper"].item() == 0.029
    for column, error in {"chosen": "cross_validated", "chosen_in_sample": "in_sample"}.items():
        assert table.groupby("model")[column].sum().to_dict() == {"RBF network": 1, "LSTM": 1}
        best = table.loc[table.groupby("model")[error].idxmin(), column]
        assert (best == 1).all()
    assert (tmp_path / "grids.png").exists()


def test_errors_are_those_of_fits_by_hand(ge_se):
    network, cells, seed = RBFNetRegressor(max_iter=5), tuning.RBF_CELLS[:2], 3
    table = grids.errors(network, cells, seed, n_jobs=1)
    X, y = ge_se.data[["r"]], ge_se.target
    folds = list(PeakKFold(5, peaks=PEAKS, shuffle=True, random_state=seed).split(X, y))
    for place, cell in enumerate(cells.to_dict("records")):
        model = RBFNetRegressor(**cell, max_iter=5, random_state=seed).fit(X, y)
        row = table.iloc[place]
        assert row["in_sample"] == pytest.approx(np.abs(model.predict(X) - y).mean())
        mae, fpe = [], []
        for train, test in folds:
            g = model.fit(X.iloc[train], y[train]).predict(X.iloc[test])
            mae.append(np.abs(g - y[test]).mean())
            fpe.append(first_peak_error(y[test], g, r=ge_se.r[test], peaks=PEAKS))
        assert row["cross_validated"] == pytest.approx(np.mean(mae))
        assert row["cross_validated_fpe"] == pytest.approx(np.mean(fpe))


@pytest.mark.parametrize(
    ("network", "cells"),
    [(RBFNetRegressor(max_iter=5), tuning.RBF_CELLS[4:8]), (LSTMRegressor(max_iter=4), tuning.LSTM_CELLS[:3])],
)
def test_the_cell_is_that_of_a_grid_search(network, cells, ge_se, monkeypatch):
    monkeypatch.setattr(grids, "N_FOLDS", 3)
    network.set_params(random_state=1)
    table = grids.errors(network, cells, 1, n_jobs=1)
    lists = [{name: [value] for name, value in cell.items()} for cell in cells.to_dict("records")]
    folds = PeakKFold(3, peaks=PEAKS, shuffle=True, random_state=1)
    search = GridSearchCV(network, lists, scoring=peak_scorers(PEAKS), refit="neg_mean_absolute_error", cv=folds)
    search.fit(ge_se.data[["r"]], ge_se.target)
    assert cells[table["chosen"].to_numpy()].to_dict("records") == [search.best_params_]
