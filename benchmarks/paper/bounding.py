"""Whether bounds by small intervals, moved iteratively, lead to the paper's bounds. Sec. 3.2.2 of the paper.

    python benchmarks/paper/bounding.py

"To find the optimal bounding values, we use small intervals centered on the initial value and execute this process
iteratively." The paper prints neither the widths nor the number of rounds, only the bounds of a and K_f in the last
round. Here a and K_f are bounded by intervals of a few per cent about the manual parameters, Adam is trained, the
intervals are centred on its result, and so on; the other parameters are free. The last round has the paper's bounds
("then the paper's bounds") or another moved interval ("moved intervals alone"), to see whether these lead to the
paper's bounds. The learning rate falls from 0.01 in the first round to 0.001 in the last. Writes
bounding.csv, bounding_path.csv (a and K_f after each round) and bounding.png.
"""

from __future__ import annotations

from argparse import ArgumentError, Namespace
from collections.abc import Iterator
from typing import NamedTuple

import matplotlib.pyplot as plt
import pandas as pd
from sklearn_wtrdf.benchmarks.paper.ablation import PAPER, errors
from sklearn_wtrdf.benchmarks.paper.protocol import GE_SE, PAPER_BOUNDS
from sklearn_wtrdf.benchmarks.runner import DEVICE, WIDTH, Content, benchmark, option, print_frame, track

from sklearn_wtrdf import Adam
from sklearn_wtrdf.plotting.style import COLORS
from sklearn_wtrdf.scattering.frame import read_scattering
from sklearn_wtrdf.wtrdf.calibration import CalibrationProblem
from sklearn_wtrdf.wtrdf.wavelet import MANUAL, PARAMETERS

Box = dict[str, tuple[float, float]]


class Procedure(NamedTuple):
    """A procedure of bounding: the half-width of the intervals, the bounds of the last round, and the loss."""

    per_cent: float
    last: str
    peak_weight: float


PER_CENT = (1.0, 2.0, 5.0, 10.0)
ROUNDS = (2, 4, 8)
LAST = {"then the paper's bounds": PAPER_BOUNDS, "moved intervals alone": None}
LEARNING_RATES = (0.01, 0.001)  # of the first and of the last round


def interval_about(params: dict[str, float], per_cent: float) -> Box:
    """Return intervals of a and K_f whose half-widths are the given percentage of their values."""
    reach = {name: abs(params[name]) * per_cent / 100 for name in PAPER_BOUNDS}
    return {name: (params[name] - reach[name], params[name] + reach[name]) for name in PAPER_BOUNDS}


def problem_in(box: Box, peak_weight: float) -> CalibrationProblem:
    """Return the calibration on the paper's data in a box."""
    scattering = read_scattering(GE_SE.data.to_numpy(), list(GE_SE.data.columns))
    return CalibrationProblem(scattering, GE_SE.target, peak_weight=peak_weight, bounds=box)


def paths_of(procedures: list[Procedure], n_rounds: int, device: str) -> list[list[dict[str, float]]]:
    """Return the parameters of each procedure after each round.

    Each round trains all procedures at once, in intervals about the results of the round before, from which it starts.
    """
    first, last = LEARNING_RATES
    decay = (last / first) ** (1 / (n_rounds - 1))
    paths = [[MANUAL] for _ in procedures]
    for i in range(n_rounds):
        problems = []
        for procedure, path in zip(procedures, paths, strict=True):
            in_last_box = i == n_rounds - 1 and LAST[procedure.last] is not None
            box = LAST[procedure.last] if in_last_box else interval_about(path[-1], procedure.per_cent)
            problems.append(problem_in(box, procedure.peak_weight))
        adam = Adam(first * decay**i, n_rounds=1, device=device)
        for path, result in zip(
            paths, adam.solve_batch(problems, [list(path[-1].values()) for path in paths]), strict=True
        ):
            path.append(dict(zip(PARAMETERS, map(float, result.theta), strict=True)))
    return paths


def measure(per_cents: list[float], n_rounds: list[int], device: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return errors and parameters of every procedure, and a and K_f after each of its rounds."""
    procedures = [Procedure(per_cent, last, weight) for weight in (0.0, 1.0) for last in LAST for per_cent in per_cents]
    table, paths = [], []
    for n in track(iter(n_rounds), len(n_rounds), "numbers of rounds"):
        for procedure, path in zip(procedures, paths_of(procedures, n, device), strict=True):
            about = {
                "selective_loss": procedure.peak_weight == 1,
                "last": procedure.last,
                "n_rounds": n,
                "per_cent": procedure.per_cent,
            }
            table.append(about | errors(path[-1]) | path[-1])
            paths += [about | {"round": i, "a": params["a"], "K_f": params["K_f"]} for i, params in enumerate(path)]
    order = ["selective_loss", "last", "n_rounds"]
    return tuple(
        frame.sort_values(order, key=_in_order, kind="stable", ignore_index=True)
        for frame in (with_paper(pd.DataFrame(table)), pd.DataFrame(paths))
    )


def _in_order(column: pd.Series) -> pd.Series:
    return column.map(list(LAST).index) if column.name == "last" else column


def with_paper(table: pd.DataFrame) -> pd.DataFrame:
    """Add the errors of the paper's rows (b) and (d), and the differences."""
    setting = table["selective_loss"].map({False: "(b)", True: "(d)"})
    for metric, ours in (("mae", "mae_without_first"), ("fpe", "fpe"), ("spe", "spe")):
        table[f"paper_{metric}"] = setting.map(PAPER[metric])
        table[f"{metric}_difference"] = table[ours] - table[f"paper_{metric}"]
    table["in_the_papers_bounds"] = [
        all(low <= round(row[name], 6) <= high for name, (low, high) in PAPER_BOUNDS.items())
        for _, row in table.iterrows()
    ]
    return table


def figure_of(paths: pd.DataFrame) -> plt.Figure:
    """Draw a after each round of moved intervals, and the final bounds of the paper."""
    moved = paths[(paths["last"] == "moved intervals alone") & (paths["n_rounds"] == paths["n_rounds"].max())]
    figure, panels = plt.subplots(1, 2, figsize=(WIDTH, 3.8), sharey=True)
    titles = {False: "without the selective loss", True: "with the selective loss"}
    for panel, (selective, title) in zip(panels, titles.items(), strict=True):
        panel.axhspan(*PAPER_BOUNDS["a"], color=COLORS["truth"], alpha=0.25, lw=0, label="bounds of a in the paper")
        subset = moved[moved["selective_loss"] == selective].groupby("per_cent")
        for (per_cent, path), marker in zip(subset, "osD^v<>P", strict=False):
            panel.plot(path["round"], path["a"], f"{marker}-", ms=4, label=f"intervals of ± {per_cent:g} %")
        panel.set(title=title, xlabel="round of fits")
        panel.grid()
    panels[0].set_ylabel("dilation a")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


@benchmark(
    option(
        "--per-cent",
        type=float,
        nargs="+",
        default=PER_CENT,
        help="half widths in %% (default: 1 2 5 10)",
    ),
    option("--rounds", type=int, nargs="+", default=ROUNDS, help="numbers of rounds (default: 2 4 8)"),
    DEVICE,
    digits=6,
    figures={"bounding.png": (figure_of, "bounding_path.csv")},
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    if min(options.rounds) < 2:
        raise ArgumentError(None, "--rounds must be at least 2: the last round has other bounds")
    if not all(0 < per_cent < 100 for per_cent in options.per_cent):
        raise ArgumentError(None, "--per-cent must lie between 0 and 100: a stays positive")
    table, paths = measure(options.per_cent, options.rounds, options.device)
    about = ["selective_loss", "last", "n_rounds", "per_cent"]
    print_frame(table[[*about, "mae_without_first", "paper_mae", "fpe", "paper_fpe", "spe", "paper_spe"]], "Errors")
    print_frame(table[[*about, *PARAMETERS, "in_the_papers_bounds"]], "Parameters")
    yield "bounding.csv", table
    yield "bounding_path.csv", paths


if __name__ == "__main__":
    main()
