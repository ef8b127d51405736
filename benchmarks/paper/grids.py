"""Hyperparameters of the networks: every cell of the paper's Tables 1 and 2, with the paper's errors.

    python benchmarks/paper/grids.py --seeds 5

The paper scores each cell on its training rows. In addition, errors are computed by 5-fold cross-validation with both
peaks in every fold. GridSearchCV chooses a cell by either error, for each seed of the network and of the folds; the
columns chosen_in_sample and chosen are the numbers of seeds for which a cell is chosen. The only input of the networks
is r. Writes grids.csv and grids.png.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn_wtrdf.benchmarks.paper.protocol import GE_SE, PEAKS
from sklearn_wtrdf.benchmarks.paper.tuning import FPE, LSTM_CELLS, MAE, PAPER, RBF_CELLS, SPE, grid_of
from sklearn_wtrdf.benchmarks.runner import DEVICE, N_JOBS, WIDTH, Content, benchmark, option, print_frame, track

from sklearn_wtrdf import LSTMRegressor, PeakKFold, RBFNetRegressor, peak_scorers
from sklearn_wtrdf.networks.base import NetworkRegressor
from sklearn_wtrdf.plotting.style import COLORS

N_FOLDS = 5
CROSS_VALIDATED = {"cross_validated": MAE, "cross_validated_fpe": FPE, "cross_validated_spe": SPE}
SYMBOLS = {"n_centers": "M", "beta": "β", "hidden_size": "h"}


def errors(network: NetworkRegressor, cells: pd.DataFrame, seed: int, n_jobs: int) -> pd.DataFrame:
    """Return the errors of every cell on the training rows and by cross-validation, and the cells chosen by each."""
    X, y = GE_SE.data[["r"]], GE_SE.target
    network = clone(network).set_params(random_state=seed)
    folds = PeakKFold(N_FOLDS, peaks=PEAKS, shuffle=True, random_state=seed)
    every_row = np.arange(y.size)
    by_paper, held_out = (
        GridSearchCV(network, grid_of(cells), scoring=peak_scorers(PEAKS), refit=MAE, cv=cv, n_jobs=n_jobs).fit(X, y)
        for cv in ([(every_row, every_row)], folds)
    )
    table = {"in_sample": -by_paper.cv_results_[f"mean_test_{MAE}"]}
    for column, scorer in CROSS_VALIDATED.items():
        table[column] = -held_out.cv_results_[f"mean_test_{scorer}"]
    place = np.arange(len(cells))
    return pd.DataFrame(
        table | {"chosen_in_sample": place == by_paper.best_index_, "chosen": place == held_out.best_index_}
    )


def measure(seeds: int, n_jobs: int, max_iter: int, device: str) -> pd.DataFrame:
    """Measure every cell on every seed."""
    settings = {"max_iter": max_iter, "device": device}
    networks = {
        "RBF network": (RBFNetRegressor(**settings), RBF_CELLS),
        "LSTM": (LSTMRegressor(**settings), LSTM_CELLS),
    }
    runs = [(name, seed) for name in networks for seed in range(seeds)]
    results = track((errors(*networks[name], seed, n_jobs) for name, seed in runs), len(runs), "searches")
    by_seed = pd.concat(dict(zip(runs, results, strict=True)), names=["model", "seed", "place"])
    groups = by_seed.groupby(["model", "place"], sort=False)
    cells = [cell for _, of_model in networks.values() for cell in of_model.to_dict("records")]
    table = groups["in_sample"].agg(in_sample="median", in_sample_min="min", in_sample_max="max")
    table["cross_validated"] = groups["cross_validated"].mean()
    table["cross_validated_std"] = groups["cross_validated"].std()
    table = table.join(groups[["cross_validated_fpe", "cross_validated_spe"]].mean())
    table = table.join(groups[["chosen_in_sample", "chosen"]].sum()).reset_index("model").reset_index(drop=True)
    table.insert(1, "cell", [", ".join(f"{SYMBOLS[key]} = {value}" for key, value in cell.items()) for cell in cells])
    table.insert(2, "paper", PAPER["mae"])
    return table


def figure_of(table: pd.DataFrame) -> plt.Figure:
    """Draw for each cell the error of the paper, ours on the training rows, and ours by cross-validation."""
    models = table["model"].unique()
    widths = [len(table[table["model"] == model]) for model in models]
    figure, panels = plt.subplots(1, len(models), figsize=(WIDTH, 4.4), sharey=True, width_ratios=widths)
    for panel, model in zip(panels, models, strict=True):
        cells = table[table["model"] == model].reset_index(drop=True)
        panel.plot(cells["paper"], "x", color=COLORS["truth"], ms=7, label="paper, on the training rows")
        low, high = cells["in_sample"] - cells["in_sample_min"], cells["in_sample_max"] - cells["in_sample"]
        panel.errorbar(
            cells.index,
            cells["in_sample"],
            (low, high),
            fmt="o",
            color=COLORS["ours"],
            label="ours, on the training rows",
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
        panel.set_xticks(cells.index, cells["cell"], rotation=90, fontsize=8)
        panel.grid(axis="y")
    panels[0].set_ylabel("mean absolute error of g(r)")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


@benchmark(
    option("--seeds", type=int, default=5, help="fits of each cell (default: %(default)s)"),
    option("--max-iter", type=int, default=500, help="epochs of a fit (default: %(default)s)"),
    N_JOBS,
    DEVICE,
    figures={"grids.png": (figure_of, "grids.csv")},
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    table = measure(options.seeds, options.n_jobs, options.max_iter, options.device)
    printed = table.drop(columns=["in_sample_min", "in_sample_max", "cross_validated_std"])
    print_frame(printed, "Errors over the seeds: median on the training rows, mean by cross-validation")
    yield "grids.csv", table


if __name__ == "__main__":
    main()
