import sys
from functools import partial

import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import Adam
from sklearn_wtrdf.wtrdf.wavelet import PARAMETERS

pytest.importorskip("torch")
from sklearn_wtrdf.benchmarks.paper import protocol, variability

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("variability")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(variability, "Adam", partial(Adam, max_iter=50))  # how far it comes is not tested here
        arguments = ["--starts", "2", "--samples", "3", "--n-jobs", "1", "--out", str(folder)]
        patch.setattr(sys, "argv", ["variability.py", *arguments])
        variability.main()
    return folder


@pytest.fixture(scope="module")
def table(folder):
    return pd.read_csv(folder / "variability.csv").set_index(["source", "quantity"])


def test_seeds_change_nothing_and_starts_do(table):
    assert (table.loc["seed, Adam", "std"] == 0).all()
    assert (table.loc["seed, Adam", "n_fits"] == 3).all()
    for per_cent in variability.PER_CENT:
        assert (table.loc[f"start ± {per_cent} %, Adam", "std"] > 0).all()


def test_the_global_minimum_does_not_move_with_the_start_but_with_the_data(table):
    moved = table.loc["start ± 20 %, global minimum", "std"]
    resampled = table.loc["resampled rows, global minimum", "std"]
    assert (moved[list(PARAMETERS)] < 1e-6).all()
    assert resampled["Lambda"] > 0.01


def test_the_papers_numbers_are_in_the_table(table):
    row = table.loc[("seed, Adam", "mae_without_first")]
    assert (row["paper_mean"], row["paper_std"]) == (0.6598, 0.0248)
    assert row["difference"] == pytest.approx(row["mean"] - 0.6598, abs=1e-5)
    assert table.loc["seed, Adam", "paper_mean"].count() == 8


def test_the_intervals_of_the_curves(folder):
    curves = pd.read_csv(folder / "variability_curves.csv")
    assert list(curves["source"].value_counts()) == [58, 58]
    assert (curves["low"] <= curves["median"]).all()
    assert (curves["median"] <= curves["high"]).all()
    assert (curves["low"] < curves["high"]).mean() > 0.9  # at a peak all samples may agree
    assert (folder / "variability.png").stat().st_size > 10_000


def test_the_published_spread_of_a_is_that_of_three_runs_at_its_bounds():
    low, high = protocol.PAPER_BOUNDS["a"]
    assert np.std([low, high, high], ddof=1) == pytest.approx(variability.PAPER.loc["a", "std"], abs=5e-5)


def test_a_moved_start_is_clipped_into_the_bounds():
    starts = [variability.moved_start(20, seed) for seed in range(20)]
    assert all(0.600 <= start["a"] <= 0.610 and 0.010 <= start["K_f"] <= 0.300 for start in starts)
    b = [start["b"] for start in starts]
    assert 4.6 * 0.8 <= min(b) < 4.6 < max(b) <= 4.6 * 1.2
