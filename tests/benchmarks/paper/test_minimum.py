import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks.paper import minimum, protocol

from sklearn_wtrdf.wtrdf import calibration
from sklearn_wtrdf.wtrdf.solvers import lbfgsb


@pytest.mark.slow
def test_small_comparison(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(minimum, "BOXES", {"paper": protocol.PAPER_BOUNDS})
    monkeypatch.setattr(minimum, "differential_evolution", lambda problem: problem.loss(np.full(5, 0.6)))
    few_steps = SimpleNamespace(solve=lambda problem, start, max_iter: lbfgsb.solve(problem, start, max_iter=5))
    monkeypatch.setattr(minimum, "lbfgsb", few_steps)
    arguments = ["minimum.py", "--starts", "1", "--grid", "1", "--n-jobs", "1", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", arguments)
    minimum.main()
    table = pd.read_csv(tmp_path / "minimum.csv")
    assert len(table) == 3 * 4
    assert (table[["L-BFGS-B", "differential evolution", "linear programs"]] > -1e-6).all(axis=None)
    complete = table[(table["fraction"] == 1) & (table["peak_weight"] == 0)].iloc[0]
    assert complete["ours"] == complete["ours, MAE"] < 0.5


def test_the_linear_program_finds_the_loss_of_the_solver():
    problem = minimum.problem_of(0.5, 0, "paper", 0)
    ours = minimum.variable_projection.solve(problem, calibration.check_init(None, problem.bounds))
    sign = 1.0 if ours.theta[4] > 0 else -1.0
    assert minimum.linear_program(problem, *ours.theta[:2], sign) == pytest.approx(ours.loss, abs=1e-7)
