import sys

import numpy as np
import pandas as pd
from sklearn_wtrdf.benchmarks.speed import processors


def test_a_number_draws_the_same_problem_everywhere():
    for number in range(8):
        (first, of_first), (again, of_again) = processors.draw_problem(number), processors.draw_problem(number)
        assert of_first == of_again
        np.testing.assert_array_equal(first.bounds, again.bounds)
        np.testing.assert_array_equal(first.weights, again.weights)


def test_all_kinds_are_drawn():
    kinds = pd.DataFrame([processors.draw_problem(number)[1] for number in range(60)])
    assert set(kinds["data"]) == set(processors.DATA)
    assert set(kinds["peak_weight"]) == set(processors.PEAK_WEIGHTS)
    assert 0.3 < kinds["sample_weight"].mean() < 0.7
    assert 0.3 < (kinds["bounds"] == "").mean() < 0.7


def test_what_differs_and_what_does_not_converge_is_counted():
    rows = [
        {"number": 0, "kernel": "Haswell", "loss": 1.0, "converged": True},
        {"number": 0, "kernel": "SkylakeX", "loss": 1.5, "converged": True},
        {"number": 0, "kernel": "Zen", "loss": 1.0, "converged": True},
        *(
            {"number": 1, "kernel": kernel, "loss": 2e-17, "converged": kernel != "Zen"}
            for kernel in processors.KERNELS
        ),
    ]
    same = {"data": "Ge–Se", "sample_weight": True, "n_iter": 7, "loss of g = 0": 3.0}
    table = processors.by_kernel(pd.DataFrame([row | same for row in rows]))
    assert table["difference"].tolist() == [0.5, 0.0]
    counts = processors.summary(table).iloc[0]
    assert counts[["problems", "not_converged", "apart", "max_steps"]].tolist() == [2, 1, 1, 7]


def test_the_command_writes_each_calibration(tmp_path, monkeypatch, capsys):
    def here(kernel, first, n_problems):
        return pd.DataFrame([processors.solve(number) for number in range(first, first + n_problems)]).assign(
            kernel=kernel
        )

    monkeypatch.setattr(processors, "solve_under", here)
    arguments = ["processors.py", "--first", "4", "--problems", "2", "--n-jobs", "1", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", arguments)
    processors.main()
    table = pd.read_csv(tmp_path / "processors.csv")
    assert table["number"].tolist() == [4, 5]
    assert table["converged, Zen"].all()
    assert (table["difference"] == 0).all()
