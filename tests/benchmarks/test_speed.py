import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import WTRDFRegressor

pytest.importorskip("torch")
from sklearn_wtrdf.benchmarks import speed


def test_the_bare_loop_is_the_papers_procedure():
    ours = WTRDFRegressor(solver="adam").fit(speed.GE_SE.data, speed.GE_SE.target)
    assert speed.bare_torch(speed.binary_problem(), "cpu") == pytest.approx(ours.loss_, abs=1e-9)


def test_every_method_returns_the_loss_it_reached():
    problem = speed.binary_problem()
    least = speed.fits(problem)["default fit"][0]()
    assert least <= speed.lmfit_least_squares(problem) < problem.loss(speed.THETA)


def test_reconstructions_agree_with_the_matrix_product():
    functions = speed.reconstructions(3)
    np.testing.assert_allclose(functions["reconstruct"](), functions["matrix product"](), rtol=1e-12)


def test_turns_are_taken_after_a_warm_up():
    calls = []
    times = speed.take_turns({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 2, "turns")
    assert calls == ["a", "b"] * 3
    assert all(values.shape == (2,) for values in times.values())


def test_figure_shows_methods_and_growth():
    rows = [("fit", name, "58 × 148", 0.1, 1.0, 5, 0.3, 1.0) for name in "ab"]
    rows += [(what, "default fit", "", 0.1, 2.0**k, 5, np.nan, 1.0) for what in ("rows", "q points") for k in range(4)]
    figure = speed.figure_of(pd.DataFrame(rows, columns=speed.COLUMNS))
    left, right = figure.axes
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["a", "b"]
    assert len(right.lines) == 3
