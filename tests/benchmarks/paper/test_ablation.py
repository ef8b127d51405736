import sys

import numpy as np
import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks.paper import ablation, minimum, protocol

from sklearn_wtrdf import Adam, WTRDFRegressor
from sklearn_wtrdf.wtrdf.solvers import lbfgsb
from sklearn_wtrdf.wtrdf.wavelet import MANUAL, PARAMETERS, PUBLISHED

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ablation")


@pytest.fixture(scope="module")
def fits():
    """Return the parameters that Adam reaches in each setting, as the script has found them."""
    return {}


@pytest.fixture(scope="module")
def table(folder, fits):
    def fitted(setting, solver, fitted=ablation.fitted):
        params = fitted(setting, solver)
        if isinstance(solver, Adam):
            fits[setting] = params
        return params

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ablation, "fitted", fitted)
        patch.setattr(sys, "argv", ["ablation.py", "--out", str(folder)])
        ablation.main()
    return pd.read_csv(folder / "ablation.csv").set_index(["way", "setting"]).sort_index()


def test_the_manual_row(table):
    row = table.loc[("printed parameters", "WT-RDF")]
    ours = row[["mae", "mae_without_first", "fpe", "spe"]]
    assert tuple(ours) == pytest.approx((0.9782, 0.9537, 0.0128, 0.3243), abs=1e-4)
    assert row["mae_difference"] == pytest.approx(0.9537 - 0.9463, abs=1e-4)
    assert dict(row[list(PARAMETERS)]) == MANUAL


def test_the_printed_parameters_give_the_printed_errors(table):
    printed = table.loc["printed parameters"]
    differences = printed[["mae_difference", "fpe_difference", "spe_difference"]].abs()
    assert (differences < 0.03).all(axis=None)
    assert (differences.drop("(c)") < 0.01).all(axis=None)
    assert dict(printed.loc["(d)", list(PARAMETERS)]) == PUBLISHED


def test_no_solver_is_below_the_global_minimum(table):
    lowest, adam = table.loc["global minimum"], table.loc["Adam"]
    for setting in ("(a)", "(b)", "(b), wider"):
        assert lowest.loc[setting, "mae"] < adam.loc[setting, "mae"] < ablation.PAPER.loc[setting[:3], "mae"]
    for setting in ("(c)", "(d)"):
        assert lowest.loc[setting, ["fpe", "spe"]].max() < 1e-6
        assert adam.loc[setting, ["fpe", "spe"]].max() < 0.01
        assert lowest.loc[setting, "mae"] < adam.loc[setting, "mae"]


def test_bounds_hold_their_parameters(table):
    for setting, bounds in (("(b)", protocol.PAPER_BOUNDS), ("(b), wider", ablation.WIDER_BOUNDS)):
        for name, (low, high) in bounds.items():
            for way in ablation.solvers("cpu"):
                assert low - 1e-9 <= table.loc[(way, setting), name] <= high + 1e-9
    printed = ablation.PAPER.loc["(b)"]
    assert all(low <= printed[name] <= high for name, (low, high) in ablation.WIDER_BOUNDS.items())
    assert not any(low <= printed[name] <= high for name, (low, high) in protocol.PAPER_BOUNDS.items())


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(("setting", "peak_weight"), [("(a)", 0.0), ("(c)", 1.0)])
def test_adam_does_not_touch_the_default_box(setting, peak_weight, fits, ge_se):
    assert ablation.SETTINGS[setting] == (None, peak_weight)
    unbounded = {"a": (1e-3, np.inf), "b": (-np.inf, np.inf)}
    free = WTRDFRegressor(unbounded, peak_weight=peak_weight, solver="adam").fit(ge_se.data, ge_se.target)
    assert fits[setting] == free.params_


@pytest.mark.parametrize(("row", "peak_weight"), [("(a)", 0.0), ("(b)", 0.0), ("(c)", 1.0)])
def test_the_printed_parameters_are_no_minimum(row, peak_weight, monkeypatch):
    bounds = ablation.WIDER_BOUNDS if row == "(b)" else {"a": (1e-3, np.inf), "b": (-np.inf, np.inf)}
    monkeypatch.setitem(minimum.BOXES, "wide", bounds)
    problem = minimum.problem_of(1.0, 0, "wide", peak_weight)
    printed = ablation.PAPER.loc[row, list(PARAMETERS)].to_numpy(float)
    assert lbfgsb.solve(problem, printed, max_iter=5).loss < 0.9 * problem.loss(printed)


def test_a_larger_last_value_of_s_r_gives_the_printed_errors(ge_se):
    s_r = ge_se.s_r.copy()
    s_r[-1] = 0.28
    for row, paper in ablation.PAPER.iterrows():
        error = np.abs(ablation.wt_rdf(ge_se.r, ge_se.q, s_r, **paper[list(PARAMETERS)]) - ge_se.target)
        first = error[4] if ablation.ERROR_OF_ROW[row] == "fpe" else error[5]
        assert (error[1:].mean(), first, error[29]) == pytest.approx(tuple(paper[["mae", "fpe", "spe"]]), abs=0.003)


def test_the_figure_is_written(table, folder):
    assert (folder / "ablation.png").stat().st_size > 10_000
