"""Optimizers: Table 7 of the paper, and the loss that each method reaches within the same bounds.

    python benchmarks/paper/optimizers.py --starts 20

Every method that needs a starting point starts from the manual parameters. All have the paper's bounds, without the
selective loss (peak_weight 0) and with it (peak_weight 1). "L-BFGS-B, bare" is scipy's, applied to the absolute loss
without smoothing, twice in a row with at most 100 iterations each, probably as in the paper; solver="lbfgsb" smooths
that loss. lmfit minimizes the weighted squares instead. The published mean absolute errors exclude the first row.
Writes optimizers.csv and optimizers.png.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import optimize
from sklearn_wtrdf.benchmarks.paper.ablation import errors
from sklearn_wtrdf.benchmarks.paper.minimum import differential_evolution, random_lbfgsb
from sklearn_wtrdf.benchmarks.paper.protocol import GE_SE, PAPER_BOUNDS
from sklearn_wtrdf.benchmarks.runner import DEVICE, WIDTH, Content, benchmark, option, print_frame, track
from sklearn_wtrdf.benchmarks.speed.speed import lmfit_least_squares

from sklearn_wtrdf import Adam
from sklearn_wtrdf.plotting.style import COLORS
from sklearn_wtrdf.scattering.frame import read_scattering
from sklearn_wtrdf.wtrdf.calibration import CalibrationProblem, check_init
from sklearn_wtrdf.wtrdf.solvers import lbfgsb, variable_projection
from sklearn_wtrdf.wtrdf.wavelet import PARAMETERS

PAPER = pd.read_csv(Path(__file__).parent / "paper_optimizers.csv")
PAPER_METHOD = {"Adam": "Adam", "L-BFGS-B, bare": "L-BFGS-B"}  # our name: the paper's name
MIN_LOSS = 1e-6  # smaller losses are shown as this in the figure


class RecordingProblem(CalibrationProblem):
    """A calibration within the paper's bounds that stores the best parameters at which its loss was evaluated."""

    def __init__(self, peak_weight: float) -> None:
        self.best, self.best_loss = None, np.inf
        scattering = read_scattering(GE_SE.data.to_numpy(), list(GE_SE.data.columns))
        super().__init__(scattering, GE_SE.target, peak_weight=peak_weight, bounds=PAPER_BOUNDS)

    def loss(self, theta: np.ndarray) -> float:
        """Return the loss, and store the parameters if it is the lowest so far."""
        loss = super().loss(theta)
        if loss < self.best_loss:
            self.best, self.best_loss = np.array(theta), loss
        return loss

    @property
    def start(self) -> np.ndarray:
        """The manual parameters, clipped to the bounds."""
        return check_init(None, self.bounds)


def bare_lbfgsb(problem: CalibrationProblem) -> None:
    """Minimize the absolute loss by scipy's L-BFGS-B without smoothing, in two rounds."""

    def loss_and_gradient(theta: np.ndarray) -> tuple[float, np.ndarray]:
        predicted, jacobian = problem.linearize(theta)
        return problem.loss(theta), -jacobian @ (problem.weights * np.sign(problem.y - predicted))

    theta = problem.start
    for _ in range(2):
        theta = optimize.minimize(
            loss_and_gradient, theta, jac=True, method="L-BFGS-B", bounds=problem.bounds, options={"maxiter": 100}
        ).x


def methods(n_starts: int, device: str) -> dict[str, Callable[[RecordingProblem], object]]:
    """Return every method by name, as a function that minimizes the loss of a problem."""
    return {
        "L-BFGS-B, bare": bare_lbfgsb,
        "Adam": lambda problem: Adam(device=device).solve(problem, problem.start),
        'solver="lbfgsb"': lambda problem: lbfgsb.solve(problem, problem.start),
        "lmfit, least squares": lmfit_least_squares,
        "differential evolution": differential_evolution,
        f"L-BFGS-B, {n_starts} random starts": partial(random_lbfgsb, n_starts=n_starts),
        "default solver": lambda problem: variable_projection.solve(problem, problem.start),
    }


def search(method: Callable[[RecordingProblem], object], peak_weight: float) -> RecordingProblem:
    """Return a problem after its minimization by a method."""
    problem = RecordingProblem(peak_weight)
    result = method(problem)
    if hasattr(result, "theta"):  # our solvers return the final parameters, of several minima the one of lowest MAE
        problem.best, problem.best_loss = result.theta, result.loss
    return problem


def measure(n_starts: int, device: str) -> pd.DataFrame:
    """Return loss, errors and parameters of every method, without and with the selective loss."""
    cells = [(name, method, w) for w in (0.0, 1.0) for name, method in methods(n_starts, device).items()]
    table = []
    for name, method, peak_weight in track(iter(cells), len(cells), "methods"):
        problem = search(method, peak_weight)
        params = dict(zip(PARAMETERS, map(float, problem.best), strict=True))
        row = {"method": name, "selective_loss": peak_weight == 1, "loss": problem.best_loss}
        table.append(row | errors(params) | params)
    return with_paper(pd.DataFrame(table))


def with_paper(table: pd.DataFrame) -> pd.DataFrame:
    """Add the paper's errors of the methods that it uses, and the differences."""
    paper = PAPER.rename(columns={metric: f"paper_{metric}" for metric in ("mae", "fpe", "spe")})
    keys = ["method", "selective_loss"]
    table = table.assign(paper_method=table["method"].map(PAPER_METHOD))
    table = table.merge(paper, how="left", left_on=["paper_method", keys[1]], right_on=keys, suffixes=("", "_"))
    table = table.drop(columns=["paper_method", "method_"])
    for metric, ours in (("mae", "mae_without_first"), ("fpe", "fpe"), ("spe", "spe")):
        table[f"{metric}_difference"] = table[ours] - table[f"paper_{metric}"]
    return table


def figure_of(table: pd.DataFrame) -> plt.Figure:
    """Draw the loss that each method reaches, and that of the paper."""
    figure, panels = plt.subplots(1, 2, figsize=(WIDTH, 3.6), sharey=True)
    for panel, selective in zip(panels, (False, True), strict=True):
        subset = table[table["selective_loss"] == selective].reset_index(drop=True)
        paper = subset[["paper_fpe", "paper_spe"]].mean(axis=1) if selective else subset["paper_mae"]
        panel.plot(np.maximum(subset["loss"], MIN_LOSS), subset.index, "o", color=COLORS["ours"], ms=7, label="ours")
        panel.plot(paper, subset.index, "x", color=COLORS["truth"], ms=7, mew=2, label="published in the paper")
        panel.set_yticks(subset.index, subset["method"].replace(LABELS))
        panel.grid()
    panels[0].invert_yaxis()
    panels[0].set(title="without the selective loss", xlabel="loss: mean absolute error of g")
    panels[1].set(title="with the selective loss", xlabel="loss: mean error of g at the two peaks", xscale="log")
    panels[1].set_xticks([1e-6, 1e-4, 1e-2, 1], ["≤ $10^{-6}$", "$10^{-4}$", "$10^{-2}$", "1"])
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


LABELS = {  # in the figure
    "L-BFGS-B, bare": "L-BFGS-B, loss not smoothed",
    'solver="lbfgsb"': "L-BFGS-B, smoothed loss",
    "lmfit, least squares": "least squares (lmfit)",
    "default solver": "default: variable projection",
}


@benchmark(
    option("--starts", type=int, default=20, help="random starts of L-BFGS-B (default: %(default)s)"),
    DEVICE,
    digits=6,
    figures={"optimizers.png": (figure_of, "optimizers.csv")},
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    table = measure(options.starts, options.device)
    for selective, subset in table.groupby("selective_loss"):
        print_frame(
            subset[["method", "loss", *OF_MAE]], f"peak_weight {selective:d}; the difference is without the first row"
        )
        print_frame(subset[["method", *OF_PEAKS]], "Errors at the peaks")
        print_frame(subset[["method", *PARAMETERS]], "Parameters")
    yield "optimizers.csv", table


OF_MAE = ["mae", "mae_without_first", "paper_mae", "mae_difference"]
OF_PEAKS = ["fpe", "paper_fpe", "fpe_difference", "spe", "paper_spe", "spe_difference"]


if __name__ == "__main__":
    main()
