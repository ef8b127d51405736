import sys

import numpy as np
import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks.paper import optimizers, protocol

from sklearn_wtrdf import WTRDFRegressor


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("optimizers")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimizers, "differential_evolution", lambda problem: problem.loss(problem.start))
        patch.setattr(sys, "argv", ["optimizers.py", "--starts", "1", "--out", str(folder)])
        optimizers.main()
    return folder


@pytest.fixture(scope="module")
def table(folder):
    return pd.read_csv(folder / "optimizers.csv").set_index(["selective_loss", "method"])


@pytest.mark.slow
def test_the_default_solver_has_the_lowest_loss(table):
    for selective in (False, True):
        loss = table.loc[selective, "loss"]
        assert (loss > loss["default solver"] - 1e-9).all()
        assert loss["Adam"] > loss["default solver"] + 1e-4
    assert table.loc[(True, "default solver"), "mae"] == table.loc[True, "mae"].min()


def test_the_loss_is_that_of_the_parameters(table):
    for (selective, _), row in table.iterrows():
        assert row["loss"] == pytest.approx((row["fpe"] + row["spe"]) / 2 if selective else row["mae"], abs=1e-5)
        assert all(low - 1e-9 <= row[name] <= high + 1e-9 for name, (low, high) in protocol.PAPER_BOUNDS.items())


def test_the_papers_three_rows_are_in_the_table(table):
    published = table[table["paper_mae"].notna()]
    assert set(published.index) == {(False, "L-BFGS-B, bare"), (True, "L-BFGS-B, bare"), (True, "Adam")}
    adam = table.loc[(True, "Adam")]
    assert adam["mae_difference"] == pytest.approx(adam["mae_without_first"] - 0.6598, abs=1e-5)
    assert table.loc[(False, "L-BFGS-B, bare"), "paper_fpe"] == 1.3283


def test_our_methods_are_the_estimators(table, ge_se):
    for method, solver in (("Adam", "adam"), ('solver="lbfgsb"', "lbfgsb"), ("default solver", "variable_projection")):
        model = WTRDFRegressor(protocol.PAPER_BOUNDS, peak_weight=0.0, solver=solver).fit(ge_se.data, ge_se.target)
        assert table.loc[(False, method), "loss"] == pytest.approx(model.loss_, abs=1e-6)


def test_a_problem_remembers_its_lowest_loss():
    problem = optimizers.RecordingProblem(0.5)
    low = problem.start
    high = low + np.array([0, 3.0, 0, 0, 0])
    losses = [problem.loss(theta) for theta in (high, low, high)]
    assert losses[1] < losses[0]
    assert problem.best_loss == losses[1]
    np.testing.assert_array_equal(problem.best, low)


def test_the_figure_is_written(folder):
    assert (folder / "optimizers.png").stat().st_size > 10_000
