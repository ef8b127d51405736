import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold
from sklearn_wtrdf.benchmarks import ratios
from sklearn_wtrdf.benchmarks.paper import protocol, tuning
from sklearn_wtrdf.benchmarks.paper.protocol import GE_SE, PEAKS, Run, draw_rows

from sklearn_wtrdf import LSTMRegressor, PeakKFold, RBFNetRegressor, WTRDFRegressor, peak_scorers

DATA = {"q": GE_SE.q, "s_r": GE_SE.s_r, "peaks": PEAKS}
X, Y = GE_SE.data[["r"]], GE_SE.target
BOUNDS = protocol.PAPER_BOUNDS | {"b": (4.0, 5.0)}  # narrow, so that a fit is fast
SMALL = [
    {"peak_weight": [0.0], "bounds": [BOUNDS | {"a": (0.9, 0.95)}]},
    {"peak_weight": [1.0], "bounds": [BOUNDS]},
]
SEARCHES = {
    "WT-RDF+": (WTRDFRegressor(**DATA), SMALL),
    "RBF network": (RBFNetRegressor(max_iter=5, random_state=0), tuning.RBF_GRID[:2]),
    "LSTM": (LSTMRegressor(max_iter=4, random_state=0), tuning.LSTM_GRID[:2]),
}
FITS_OF_SOME_FOLDS = pytest.mark.filterwarnings(
    "ignore:peaks. no row lies in the window", "ignore:No row lies in the window", "ignore:One or more of the test"
)


def holds_peaks(rows):
    return all(((X["r"].iloc[rows] >= low) & (X["r"].iloc[rows] <= high)).any() for low, high in PEAKS)


@FITS_OF_SOME_FOLDS
@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("fraction", [0.75, 0.25])  # a draw whose folds can hold both peaks, and one whose cannot
def test_a_tuned_model_is_that_of_a_plain_grid_search(name, fraction):
    estimator, grid = SEARCHES[name]
    rows = draw_rows(fraction, "random", 1)
    model = tuning.tuned(estimator, grid).fit(X.iloc[rows], Y[rows])
    folds = (PeakKFold(3, peaks=PEAKS, shuffle=True, random_state=0), KFold(3, shuffle=True, random_state=0))
    cv = folds[fraction == 0.25]
    plain = GridSearchCV(clone(estimator), grid, scoring="neg_mean_absolute_error", cv=cv).fit(X.iloc[rows], Y[rows])
    assert model.best_params_ == plain.best_params_
    assert model.best_index_ == plain.best_index_
    for column in ("mean_test", "std_test", "rank_test"):
        ours, theirs = (model.cv_results_[f"{column}_neg_mean_absolute_error"], plain.cv_results_[f"{column}_score"])
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(model.predict(X), plain.predict(X))


@FITS_OF_SOME_FOLDS
def test_the_choices_of_the_main_job_are_those_of_a_plain_grid_search(tmp_path, monkeypatch):
    monkeypatch.setattr(ratios, "WTRDF_GRID", SMALL)
    for figure in ("figure_of", "figure_of_parameters", "figure_of_pairs"):  # test_ratios.py draws them
        monkeypatch.setattr(ratios, figure, lambda *_: "")
    names = {"WT-RDF+ (tuned)": "neg_mean_absolute_error", "WT-RDF+ (tuned, FPE)": "neg_first_peak_error"}
    draw = ["--fractions", "0.5", "--seeds", "1", "--draw", "peaks-kept", "--n-jobs", "1"]
    ratios.main([*draw, "--models", *names, "--out", str(tmp_path)])
    choices = pd.read_csv(tmp_path / "ratios_choices.csv").set_index("model")
    seeds = pd.read_csv(tmp_path / "ratios_seeds.csv").set_index(["rows", "model"])
    rows = draw_rows(0.5, "peaks-kept", 0)
    excluded = np.setdiff1d(np.arange(Y.size), rows)
    for name, scorer in names.items():
        cv = PeakKFold(3, peaks=PEAKS, shuffle=True, random_state=0)
        plain = GridSearchCV(WTRDFRegressor(**DATA), SMALL, scoring=peak_scorers(PEAKS)[scorer], cv=cv)
        plain.fit(X.iloc[rows], Y[rows])
        params = plain.best_params_
        assert choices.loc[name, "choice"] == f"bounds={params['bounds']}, peak_weight={params['peak_weight']}"
        mae = np.abs(plain.predict(X) - Y)[excluded].mean()
        assert seeds.loc[("left out", name), "mae"] == pytest.approx(mae, rel=1e-5)


@pytest.mark.parametrize("name", SEARCHES)
def test_the_choice_does_not_depend_on_the_excluded_rows(name, monkeypatch):
    estimator, grid = SEARCHES[name]
    run = Run("random", 0.5, 0, name)
    model = tuning.tuned(estimator, grid)
    before = protocol.evaluate(run, model)
    excluded = np.setdiff1d(np.arange(Y.size), draw_rows(run.fraction, run.draw, run.seed))
    changed = Y.copy()
    changed[excluded] = 10 - changed[excluded]
    monkeypatch.setattr(protocol, "GE_SE", type(GE_SE)(**(GE_SE | {"target": changed})))
    after = protocol.evaluate(run, model)
    assert after["scores"][0] == before["scores"][0]  # of the drawn rows, with the choice
    assert after["prediction"] == before["prediction"]
    assert after["scores"][2]["mae"] != before["scores"][2]["mae"]


@pytest.mark.parametrize("draw", protocol.DRAWS)
@pytest.mark.parametrize("fraction", [1.0, 0.75, 0.5, 0.25])
def test_folds_hold_both_peaks_where_the_rows_do_often_enough(draw, fraction):
    for seed in range(20):
        rows = draw_rows(fraction, draw, seed)
        r = X["r"].iloc[rows]
        folds = [test for _, test in tuning.FoldsWithPeaks(3, peaks=PEAKS).split(X.iloc[rows])]
        np.testing.assert_array_equal(np.sort(np.concatenate(folds)), np.arange(rows.size))
        assert len(folds) == 3
        if all(((r >= low) & (r <= high)).sum() >= 3 for low, high in PEAKS):
            assert all(holds_peaks(rows[test]) for test in folds)


def test_the_first_peak_chooses_only_where_all_folds_hold_it():
    results = {
        "mean_test_neg_first_peak_error": np.array([-1.0, -3.0, -2.0]),
        "rank_test_neg_first_peak_error": np.array([1, 3, 2]),
        "rank_test_neg_mean_absolute_error": np.array([2, 3, 1]),
    }
    assert tuning.best_by_first_peak(results) == 0
    results["mean_test_neg_first_peak_error"] = np.array([-1.0, np.nan, np.nan])
    assert tuning.best_by_first_peak(results) == 2


def test_the_grids_are_of_the_papers_cells():
    assert {tuple(int(value[0]) for value in cell.values()) for cell in tuning.RBF_GRID} <= {
        tuple(cell) for cell in tuning.RBF_CELLS.to_numpy()
    }
    assert sorted(cell["beta"][0] for cell in tuning.RBF_GRID) == sorted(set(tuning.RBF_CELLS["beta"]))
    assert {cell["hidden_size"][0] for cell in tuning.LSTM_GRID} <= set(tuning.LSTM_CELLS["hidden_size"])


def test_a_run_does_not_warn_of_folds_that_miss_a_peak():
    model = tuning.tuned(WTRDFRegressor(BOUNDS, **DATA), {"peak_weight": [0.0, 1.0]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        protocol.evaluate(Run("random", 0.25, 1, ""), model)
