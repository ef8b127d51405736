import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.neighbors import KNeighborsRegressor

from sklearn_wtrdf import PeakKFold, first_peak_error, peak_scorers, peak_windows, second_peak_error, wt_rdf
from sklearn_wtrdf.wtrdf.wavelet import MANUAL

PEAKS = [(2.2, 2.6), (3.4, 4.4)]


def test_published_peak_errors(ge_se):
    g = wt_rdf(ge_se.r, ge_se.q, ge_se.s_r, **MANUAL)
    for peaks in (None, PEAKS):
        assert first_peak_error(ge_se.target, g, r=ge_se.r, peaks=peaks) == pytest.approx(0.0128, abs=1e-4)
        assert second_peak_error(ge_se.target, g, r=ge_se.r, peaks=peaks) == pytest.approx(0.3243, abs=1e-4)


def test_without_the_peak_bin_its_highest_neighbour_counts(ge_se):
    # Table 4: 0.3750 is the error of the manual parameters at bin 5, the highest one if bin 4 was not drawn.
    rows = np.delete(np.arange(58), 4)
    g = wt_rdf(ge_se.r, ge_se.q, ge_se.s_r, **MANUAL)
    error = first_peak_error(ge_se.target[rows], g[rows], r=ge_se.r[rows], peaks=PEAKS)
    assert error == abs(ge_se.target[5] - g[5])
    assert error == pytest.approx(0.3750, abs=0.01)


def test_the_error_at_a_missing_peak_is_undefined():
    with pytest.warns(UndefinedMetricWarning, match="PeakKFold"):
        assert np.isnan(first_peak_error([1.0], [1.0], r=[3.0], peaks=PEAKS))
    with pytest.warns(UndefinedMetricWarning, match="peak 2"):
        assert np.isnan(second_peak_error([0.0, 1.0, 0.0], [0.0, 1.0, 0.0], r=[1.0, 2.0, 3.0]))


def test_error_is_the_mean_over_materials():
    r, y, groups = [2.3, 2.4, 2.3, 2.4], [5.0, 4.0, 2.0, 3.0], [0, 0, 1, 1]
    predicted = np.add(y, [1, 10, 10, 3])
    assert first_peak_error(y, predicted, r=r, peaks=PEAKS, groups=groups) == 2.0
    assert first_peak_error(y, predicted, r=r, peaks=PEAKS) == 1.0


def test_lengths_that_differ_are_named():
    with pytest.raises(ValueError, match="y_true, y_pred and r must be"):
        first_peak_error([1.0, 2.0], [1.0], r=[1.0, 2.0])


def test_scorers_read_r_from_every_form_of_x(ge_se):
    y = ge_se.target
    scorers = peak_scorers(PEAKS)
    for X in (ge_se.data, ge_se.data[["r"]], ge_se.data.to_numpy(), ge_se.r[:, None]):
        constant = DummyRegressor(strategy="constant", constant=1.0).fit(X, y)
        assert scorers["neg_first_peak_error"](constant, X, y) == pytest.approx(1 - y[4])
        assert scorers["neg_second_peak_error"](constant, X, y) == pytest.approx(1 - y[29])


def test_scorers_average_over_materials(ge_se):
    X = pd.concat([ge_se.data, ge_se.data.assign(**{"S_R(8)": 0.5})])
    y = np.concatenate([ge_se.target, 0.5 * ge_se.target])
    constant = DummyRegressor(strategy="constant", constant=1.0).fit(X, y)
    scorer = pickle.loads(pickle.dumps(peak_scorers(PEAKS)["neg_first_peak_error"]))
    assert scorer(constant, X, y) == pytest.approx(-((y[4] - 1) + (y[4] / 2 - 1)) / 2)


def test_scorers_need_two_windows():
    with pytest.raises(ValueError, match="first and the second peak"):
        peak_scorers([(2.2, 2.6)])


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("n_splits", [2, 3, 5])
def test_every_fold_holds_rows_of_every_window_of_every_material(ge_se, n_splits, shuffle):
    X = pd.concat([ge_se.data, ge_se.data.assign(**{"S_R(8)": 0.5})], ignore_index=True)
    peaks = peak_windows(ge_se.r, ge_se.target)
    folds = PeakKFold(n_splits, peaks=peaks, shuffle=shuffle, random_state=0 if shuffle else None)
    tested = []
    for train, test in folds.split(X):
        assert set(train) | set(test) == set(range(len(X)))
        assert not set(train) & set(test)
        tested.extend(test)
        for material in (0, 1):
            for low, high in peaks:
                assert X["r"].iloc[[row for row in test if row // 58 == material]].between(low, high).any()
    assert sorted(tested) == list(range(len(X)))


def test_a_window_with_fewer_rows_than_folds_is_named(ge_se):
    with pytest.raises(ValueError, match=r"window \(2.3, 2.4\) contains 2 rows, fewer than n_splits=5"):
        next(PeakKFold(5, peaks=[(2.3, 2.4)]).split(ge_se.data))


def test_grid_search_ranks_with_the_splitter_and_cannot_without(ge_se):
    X, y = ge_se.data[["r"]], ge_se.target
    search = GridSearchCV(
        KNeighborsRegressor(),
        {"n_neighbors": [1, 2, 5]},
        scoring=peak_scorers(PEAKS),
        refit="neg_first_peak_error",
        cv=PeakKFold(5, peaks=PEAKS),
    ).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_neg_first_peak_error"]).all()
    assert len(set(search.cv_results_["rank_test_neg_first_peak_error"])) == 3
    with pytest.warns(UndefinedMetricWarning, match="PeakKFold"):
        scores = cross_validate(KNeighborsRegressor(2), X, y, scoring=peak_scorers(PEAKS), cv=KFold(5))
    assert np.isnan(scores["test_neg_first_peak_error"]).any()


def test_grid_search_takes_sample_weight(ge_se):
    search = GridSearchCV(
        DummyRegressor(),
        {"strategy": ["mean", "median"]},
        scoring=peak_scorers(PEAKS),
        refit="neg_first_peak_error",
        cv=PeakKFold(3, peaks=PEAKS),
    )
    with warnings.catch_warnings():  # newer ones of scikit-learn warn that the scorers take no weights
        warnings.filterwarnings("ignore", "(?s).*does not support sample_weight", UserWarning)
        search.fit(ge_se.data[["r"]], ge_se.target, sample_weight=np.ones(58))
    assert search.best_params_["strategy"] == "mean"


@pytest.mark.parametrize(("y", "r"), [([1.0, 5.0, np.nan], [2.2, 2.3, 2.4]), ([1.0, 5.0, 3.0], [2.2, np.nan, 2.4])])
def test_values_that_are_not_finite_are_named(y, r):
    with pytest.raises(ValueError, match="y_true and r must be finite"):
        first_peak_error(y, [1.0, 4.0, 3.0], r=r, peaks=PEAKS)


def test_a_prediction_that_is_not_a_number_is_no_error_of_zero():
    assert np.isnan(first_peak_error([1.0, 5.0], [1.0, np.nan], r=[2.2, 2.3], peaks=PEAKS))
