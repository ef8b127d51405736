import numpy as np
import pandas as pd
from sklearn_wtrdf.benchmarks import runner
from sklearn_wtrdf.benchmarks.board import figures


def test_the_figure_of_the_readme_shows_the_best_the_median_and_the_worst():
    board = pd.read_csv(runner.RESULTS / "challenge.csv")
    ratios = board.query("half == 'test' and condition == 'q17-n1'").pivot(
        index=["material", "weighting"], columns="method", values="mae"
    )
    ratios = (ratios["inversion"] / ratios["fourier"]).sort_values()
    shown = figures.shown_measurements(board)
    places = [0, len(ratios) // 2, len(ratios) - 1]
    assert [tuple(row[:2]) for row in shown] == list(ratios.index[places])
    np.testing.assert_allclose([row[2] for row in shown], ratios.iloc[places])
    for text in ("README.md", "docs/index.md"):
        caption = (runner.RESULTS.parents[1] / text).read_text(encoding="utf-8")
        assert f"of the {len(ratios)} such" in caption.lower()
    cells = figures.pictured(board)
    assert {(name, weighting) for name, weighting, *_ in cells} >= {row[:2] for row in shown}
    assert {cell.method for cell in cells} == {"fourier", "inversion", figures.best_other(board)}


def test_the_figure_of_the_readme_for_a_small_table(table):
    assert figures.shown_measurements(table[table["half"] == "development"]) == []
    assert figures.shown_measurements(table[table["method"] == "fourier"]) == []
    shown = figures.shown_measurements(table)
    assert len(shown) == len({row[:2] for row in shown}) == 2
