import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn_wtrdf.benchmarks.paper import pairs


def results_of(errors):
    """Return results in which each model has the given errors, by seed, in every metric."""
    rows = [("random", 0.5, seed, name, "all", *[e] * 3) for name, es in errors.items() for seed, e in enumerate(es)]
    return pd.DataFrame(rows, columns=["draw", "fraction", "seed", "model", "rows", "mae", "fpe", "spe"])


def test_the_interval_is_scipys(rng):
    values = rng.normal(size=12)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert pairs.mean_interval(values) == pytest.approx(tuple(expected))


def test_pairing_detects_a_small_but_consistent_difference(rng):
    hard = rng.normal(10, 3, size=20)  # some draws are hard for every model
    table = pairs.compare(results_of({"good": hard, "bad": hard + rng.normal(0.5, 0.1, 20)}))
    assert set(table["better"]) == {"good"}
    assert (table["difference"] < 0).all()
    assert set(table["metric"]) == {"mae", "fpe", "spe"}


def test_equal_models_are_not_significantly_different(rng):
    noise = rng.normal(size=(2, 200))
    table = pairs.compare(results_of({"a": noise[0], "b": noise[1] - noise[1].mean() + noise[0].mean()}))
    assert set(table["better"]) == {""}
    assert pairs.compare(results_of({"a": [1.0, 1.0, 1.0], "b": [2.0, 2.0, 2.0]})).empty  # no draw varies


def test_draws_without_a_score_are_excluded():
    table = pairs.compare(results_of({"a": [1, np.nan, 3, 1], "b": [2, 5, 4.5, np.nan]}))
    assert set(table["n_seeds"]) == {2}
    np.testing.assert_allclose(table["difference"], -1.25)


def test_counts_of_better_and_worse_models_and_their_figure(rng):
    table = pairs.compare(results_of({name: rng.normal(i, 0.1, 9) for i, name in enumerate("abc")}))
    counts = pairs.count(table, list("abc")).set_index("model")
    assert counts["MAE"].to_dict() == {"a": "2 / 0 / 0", "b": "1 / 1 / 0", "c": "0 / 2 / 0"}
    panels = pairs.figure_of(table, list("abc")).axes
    assert len(panels) == 3
    worse, better = ([bar.get_width() for bar in container] for container in panels[0].containers)
    assert (worse, better) == ([2, 1, 0], [0, -1, -2])
