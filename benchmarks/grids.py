"""Which hyperparameters suit the networks? Every cell of the paper's Tables 1 and 2, with the paper's number.

    python benchmarks/grids.py --seeds 5

The paper scores each cell on the rows that it was trained on. Beside that stands the error on rows left out, by 5-fold
cross-validation, by which a cell is chosen. Networks are fed r alone. Writes grids.csv and grids.png.
"""

from __future__ import annotations

import heapq
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import KFold, cross_val_score
from sklearn_wtrdf.benchmarks.protocol import GE_SE
from sklearn_wtrdf.benchmarks.runner import N_JOBS, Content, benchmark, option, print_frame, track
from sklearn_wtrdf.benchmarks.yardsticks import PchipRegressor

from sklearn_wtrdf import LSTMRegressor, RBFNetRegressor
from sklearn_wtrdf.plotting import COLORS

PAPER = pd.read_csv(Path(__file__).parent / "paper_grids.csv")
RBF_GRID = PAPER.loc[PAPER["table"] == 1, ["n_centers", "beta"]].astype(int).to_dict("records")
LSTM_GRID = PAPER.loc[PAPER["table"] == 2, ["hidden_size"]].astype(int).to_dict("records")


class TunedNetwork(RegressorMixin, BaseEstimator):
    """A network whose cell of a grid is chosen by 5-fold cross-validation inside the training rows.

    It is the cell that GridSearchCV takes by the mean absolute error, found with fewer fits: a cell's error summed over
    its folds can only grow, so the cell whose sum is least goes on with its next fold, and the first one to finish is
    the best. The rest need not be finished.
    """

    def __init__(self, estimator: BaseEstimator, grid: list[dict[str, int]]) -> None:
        self.estimator = estimator
        self.grid = grid

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> TunedNetwork:
        """Choose a cell and train it on all rows."""
        folds = self._folds(X, y)
        queue = [(0.0, cell, 0) for cell in range(len(self.grid))]
        while True:
            error, cell, n_done = heapq.heappop(queue)
            network = clone(self.estimator).set_params(**self.grid[cell])
            if n_done == len(folds):
                self.best_params_, self.best_estimator_ = self.grid[cell], network.fit(X, y)
                return self
            train, test = folds[n_done]
            network.fit(X.iloc[train], y[train])
            error += mean_absolute_error(y[test], network.predict(X.iloc[test]))
            heapq.heappush(queue, (error, cell, n_done + 1))

    def _folds(self, X: pd.DataFrame, y: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the folds, those first that are hard to interpolate: there a cell that is worse is told soonest."""

        def difficulty(fold: tuple[np.ndarray, np.ndarray]) -> float:
            train, test = fold
            return mean_absolute_error(y[test], PchipRegressor().fit(X.iloc[train], y[train]).predict(X.iloc[test]))

        return sorted(KFold(5, shuffle=True, random_state=0).split(X), key=difficulty, reverse=True)

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return the y of the network that was chosen."""
        return self.best_estimator_.predict(X)


def errors(network: BaseEstimator, seed: int) -> tuple[float, float]:
    """Return the mean absolute error on the training rows and by 5-fold cross-validation."""
    X, y = GE_SE.data[["r"]], GE_SE.target
    network.set_params(random_state=seed)
    folds = KFold(5, shuffle=True, random_state=seed)
    held_out = -cross_val_score(network, X, y, cv=folds, scoring="neg_mean_absolute_error")
    return float(np.abs(network.fit(X, y).predict(X) - y).mean()), float(held_out.mean())


def measure(seeds: int, n_jobs: int, max_iter: int) -> pd.DataFrame:
    """Measure every cell on every seed."""
    cells = [("RBF network", RBFNetRegressor, cell) for cell in RBF_GRID]
    cells += [("LSTM", LSTMRegressor, cell) for cell in LSTM_GRID]
    jobs = (
        delayed(errors)(network(**cell, max_iter=max_iter), seed) for _, network, cell in cells for seed in range(seeds)
    )
    results = track(Parallel(n_jobs, return_as="generator")(jobs), len(cells) * seeds, "cells")
    values = np.array(list(results)).reshape(len(cells), seeds, 2)
    in_sample, held_out = values[..., 0], values[..., 1]
    table = pd.DataFrame(
        {
            "model": [name for name, _, _ in cells],
            "cell": [", ".join(f"{SYMBOLS[key]} = {value}" for key, value in cell.items()) for _, _, cell in cells],
            "paper": PAPER["mae"],
            "in_sample": np.median(in_sample, axis=1),
            "in_sample_min": in_sample.min(axis=1),
            "in_sample_max": in_sample.max(axis=1),
            "cross_validated": held_out.mean(axis=1),
            "cross_validated_std": held_out.std(axis=1, ddof=1) if seeds > 1 else np.nan,
        }
    )
    best = table.groupby("model")["cross_validated"].transform("min")
    return table.assign(chosen=table["cross_validated"] == best)


SYMBOLS = {"n_centers": "M", "beta": "β", "hidden_size": "h"}


def figure_of(table: pd.DataFrame) -> plt.Figure:
    """Draw the paper's error, ours on the training rows and the cross-validated one of each cell."""
    models = table["model"].unique()
    widths = [len(table[table["model"] == model]) for model in models]
    figure, panels = plt.subplots(1, len(models), figsize=(11, 4.4), sharey=True, width_ratios=widths)
    for panel, model in zip(panels, models, strict=True):
        cells = table[table["model"] == model].reset_index(drop=True)
        panel.plot(cells["paper"], "x", color=COLORS["truth"], ms=7, label="paper, training rows")
        low, high = cells["in_sample"] - cells["in_sample_min"], cells["in_sample_max"] - cells["in_sample"]
        panel.errorbar(
            cells.index, cells["in_sample"], (low, high), fmt="o", color=COLORS["ours"], label="ours, training rows"
        )
        panel.errorbar(
            cells.index,
            cells["cross_validated"],
            cells["cross_validated_std"],
            fmt="s",
            color=COLORS["more"],
            label="ours, cross-validated",
        )
        panel.set_title(model)
        panel.set_yscale("log")
        panel.set_xticks(cells.index, cells["cell"], rotation=60, ha="right", fontsize=8)
        panel.grid(axis="y")
    panels[0].set_ylabel("mean absolute error of g(r)")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


@benchmark(
    option("--seeds", type=int, default=5, help="fits of each cell (default: %(default)s)"),
    option("--max-iter", type=int, default=500, help="epochs of a fit (default: %(default)s)"),
    N_JOBS,
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    table = measure(options.seeds, options.n_jobs, options.max_iter)
    print_frame(table, "Median, lowest and highest MAE on the training rows; mean and deviation of the cross-validated")
    yield "grids.csv", table
    yield "grids.png", figure_of(table)


if __name__ == "__main__":
    main()
