"""Which hyperparameters suit the networks? Every cell of the paper's Tables 1 and 2, with the paper's number.

    python benchmarks/grids.py --seeds 5

The paper scores each cell on the rows that it was trained on. Beside that stands the error on rows left out, by 5-fold
cross-validation, which is what GridSearchCV chooses by. Networks are fed r alone. Writes grids.csv and grids.png.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from joblib import Parallel, delayed
from protocol import GE_SE, RESULTS, print_frame, track, write_whole
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score

from sklearn_wtrdf import LSTMRegressor, RBFNetRegressor

PAPER = pd.read_csv(Path(__file__).parent / "paper_grids.csv")
RBF_GRID = PAPER.loc[PAPER["table"] == 1, ["n_centers", "beta"]].astype(int).to_dict("records")
LSTM_GRID = PAPER.loc[PAPER["table"] == 2, ["hidden_size"]].astype(int).to_dict("records")


def tuned(network: BaseEstimator, grid: list[dict[str, int]]) -> GridSearchCV:
    """Return a network whose cell of the paper's grid is chosen by cross-validation inside the training rows."""
    cells = [{name: [value] for name, value in cell.items()} for cell in grid]
    folds = KFold(5, shuffle=True, random_state=0)
    return GridSearchCV(network, cells, scoring="neg_mean_absolute_error", cv=folds)


def errors(network: BaseEstimator, seed: int) -> tuple[float, float]:
    """Return the mean absolute error on the training rows and by 5-fold cross-validation."""
    torch.set_num_threads(1)
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
    figure, panels = plt.subplots(
        1, len(models), figsize=(11, 4.4), sharey=True, width_ratios=widths, layout="constrained"
    )
    for panel, model in zip(panels, models, strict=True):
        cells = table[table["model"] == model].reset_index(drop=True)
        panel.plot(cells["paper"], "x", color="black", ms=7, label="paper, training rows")
        low, high = cells["in_sample"] - cells["in_sample_min"], cells["in_sample_max"] - cells["in_sample"]
        panel.errorbar(
            cells.index, cells["in_sample"], (low, high), fmt="o", color="#0072B2", label="ours, training rows"
        )
        panel.errorbar(
            cells.index,
            cells["cross_validated"],
            cells["cross_validated_std"],
            fmt="s",
            color="#D55E00",
            label="ours, cross-validated",
        )
        panel.set_title(model, loc="left", fontsize=10)
        panel.set_yscale("log")
        panel.set_xticks(cells.index, cells["cell"], rotation=60, ha="right", fontsize=8)
        panel.grid(axis="y", alpha=0.3)
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("mean absolute error of g(r)")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
    return figure


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5, help="fits of each cell (default: %(default)s)")
    parser.add_argument("--max-iter", type=int, default=500, help="epochs of a fit (default: %(default)s)")
    parser.add_argument("--n-jobs", type=int, default=-1, help="processes, -1 for one per core (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results (default: %(default)s)")
    options = parser.parse_args()
    table = measure(options.seeds, options.n_jobs, options.max_iter)
    print_frame(table, "Median, lowest and highest MAE on the training rows; mean and deviation of the cross-validated")
    write_whole(options.out / "grids.csv", lambda path: table.to_csv(path, index=False, float_format="%.4g"))
    write_whole(options.out / "grids.png", lambda path: figure_of(table).savefig(path, dpi=150))


if __name__ == "__main__":
    main()
