import sys
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks.board import reduction

from sklearn_wtrdf import InversionRegressor
from sklearn_wtrdf.inversion.priors import Continuum


@pytest.mark.slow
def test_errors_and_mistakes_are_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(
        reduction, "MISTAKES", {name: reduction.MISTAKES[name] for name in ("none", "density 10 % too low")}
    )
    monkeypatch.setattr(reduction._diffractometer, "STEP", 0.5)  # degrees
    monkeypatch.setattr(reduction, "InversionRegressor", partial(InversionRegressor, prior=Continuum()))
    arguments = ["--materials", "argon", "--tubes", "Cu", "--seeds", "1", "--n-jobs", "1", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["reduction.py", *arguments])
    reduction.main()
    [row] = pd.read_csv(tmp_path / "reduction.csv").to_dict("records")
    assert row["evidence within"] > 0.9
    assert row["ratio of g"] == pytest.approx(row["g"] / row["g of the true S"], rel=1e-3)
    right, wrong = pd.read_csv(tmp_path / "reduction_mistakes.csv").itertuples()
    assert right.mean < wrong.mean
    assert right.max >= right.mean
    assert np.isnan(right.warning)
    assert (tmp_path / "reduction.png").stat().st_size > 0
