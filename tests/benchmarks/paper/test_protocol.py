import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn_wtrdf.benchmarks import runner
from sklearn_wtrdf.benchmarks.paper import protocol

from sklearn_wtrdf import RBFNetRegressor, WTRDFRegressor, wt_rdf
from sklearn_wtrdf.wtrdf.wavelet import MANUAL, PUBLISHED

ALL = np.arange(58)


def reconstruction(params):
    return wt_rdf(protocol.GE_SE.r, protocol.GE_SE.q, protocol.GE_SE.s_r, **params)


@given(st.sampled_from([1.0, 0.75, 0.5, 0.25]), st.sampled_from(protocol.DRAWS), st.integers(0, 1000))
def test_a_draw_is_a_set_of_rows_that_the_seed_decides(fraction, draw, seed):
    rows = protocol.draw_rows(fraction, draw, seed)
    assert len(set(rows)) == len(rows) == round(58 * fraction)
    assert (np.diff(rows) > 0).all()
    assert draw == "random" or {4, 29} <= set(rows)
    np.testing.assert_array_equal(rows, protocol.draw_rows(fraction, draw, seed))


def test_random_draws_may_miss_a_peak_bin():
    assert any(4 not in protocol.draw_rows(0.5, "random", seed) for seed in range(10))


def test_scores_of_the_papers_parameters():
    # Table 4's FPE of 0.3750 and 0.3224 and SPE of 0.3334 and 0.0406 belong to draws without bins 4 and 29.
    missed = np.setdiff1d(ALL, [4, 29])
    for params, mae, fpe, spe in ((MANUAL, 0.9782, 0.3750, 0.3334), (PUBLISHED, 0.6906, 0.3224, 0.0406)):
        assert protocol.scores(reconstruction(params), ALL)["mae"] == pytest.approx(mae, abs=1e-4)
        assert protocol.scores(reconstruction(params), missed)["fpe"] == pytest.approx(fpe, abs=0.01)
        assert protocol.scores(reconstruction(params), missed)["spe"] == pytest.approx(spe, abs=0.01)


def test_rows_without_a_peak_or_without_anything_have_no_score():
    scores = protocol.scores(reconstruction(MANUAL), np.array([10, 11, 12]))
    assert np.isfinite(scores["mae"])
    assert np.isnan(scores["fpe"])
    assert all(np.isnan(list(protocol.scores(reconstruction(MANUAL), np.array([], dtype=int)).values())))


def test_summary_leaves_out_what_has_no_score():
    columns = ["draw", "fraction", "seed", "model", "rows", *protocol.METRICS]
    results = pd.DataFrame(
        [["random", 0.5, 0, "m", "all", 1.0, np.nan, 3.0], ["random", 0.5, 1, "m", "all", 2.0, 5.0, 3.0]],
        columns=columns,
    )
    summary = protocol.summarize(results).set_index("metric")
    assert summary["mean"].to_dict() == {"mae": 1.5, "fpe": 5.0, "spe": 3.0}
    assert summary["n_seeds"].to_dict() == {"mae": 2, "fpe": 1, "spe": 2}


def test_a_failed_write_leaves_the_old_file_unchanged(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("before")

    def fail(name):
        with open(name, "w") as file:
            file.write("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        runner.write_whole(path, fail)
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]
    assert path.read_text() == "before"


def test_every_random_state_of_a_model_becomes_the_seed():
    model = protocol.seeded(GridSearchCV(Pipeline([("net", RBFNetRegressor())]), {"net__beta": [1.0]}), 7)
    assert model.estimator.named_steps["net"].random_state == 7
    assert protocol.seeded(WTRDFRegressor(), 7).get_params() == WTRDFRegressor().get_params()
