"""The contribution of each part of WT-RDF+: optimization, bounds and selective loss. Table 3 and Fig. 5 of the paper.

    python benchmarks/paper/ablation.py

Each setting is evaluated with the parameters printed in the paper, trained by Adam as in the paper, and at its global
minimum. The selective loss is peak_weight 1; without it peak_weight is 0. Settings without bounds have the default box,
which Adam never reaches. The parameters printed for row (b) are outside the bounds stated in the text, so (b) is
trained within those bounds, and as "(b), wider" within bounds that contain the parameters: a up to 0.62, and |K_f| up
to the stated limit.

The published mean absolute errors exclude the first row, and those of the first peak are at bin 4 or at its neighbour,
bin 5, which is nearly as high; both are shown. Writes ablation.csv and ablation.png (Fig. 5).
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn_wtrdf.benchmarks.paper.protocol import GE_SE, PAPER_BOUNDS, scores
from sklearn_wtrdf.benchmarks.runner import DEVICE, WIDTH, Content, benchmark, print_frame, track

from sklearn_wtrdf import Adam, VariableProjection, WTRDFRegressor, wt_rdf
from sklearn_wtrdf.plotting.style import COLORS
from sklearn_wtrdf.wtrdf.calibration import Solver
from sklearn_wtrdf.wtrdf.wavelet import PARAMETERS

PAPER = pd.read_csv(Path(__file__).parent / "paper_ablation.csv").set_index("row")
WIDER_BOUNDS = {"a": (0.60, 0.62), "K_f": (-0.30, 0.30)}
SETTINGS = {  # bounds and peak_weight
    "(a)": (None, 0.0),
    "(b)": (PAPER_BOUNDS, 0.0),
    "(b), wider": (WIDER_BOUNDS, 0.0),
    "(c)": (None, 1.0),
    "(d)": (PAPER_BOUNDS, 1.0),
}


def solvers(device: str) -> dict[str, Solver]:
    """Return the two solvers by name."""
    return {"Adam": Adam(device=device), "global minimum": VariableProjection()}


NEIGHBOUR = 5  # of the first peak's bin
# The bin at which the printed parameters of a row give the printed error of the first peak.
ERROR_OF_ROW = {"WT-RDF": "fpe", "(a)": "fpe_bin_5", "(b)": "fpe_bin_5", "(c)": "fpe_bin_5", "(d)": "fpe"}


def errors(params: dict[str, float]) -> dict[str, float]:
    """Return the errors of a set of parameters, by our definitions and by those of the paper."""
    return errors_of_curve(curve(params))


def errors_of_curve(prediction: np.ndarray) -> dict[str, float]:
    """Return the errors of g at the rows of the binary, by our definitions and by those of the paper."""
    error = np.abs(GE_SE.target - prediction)
    ours = scores(prediction, np.arange(error.size))
    return {
        "mae": ours["mae"],
        "mae_without_first": float(error[1:].mean()),
        "fpe": ours["fpe"],
        "fpe_bin_5": float(error[NEIGHBOUR]),
        "spe": ours["spe"],
    }


def curve(params: dict[str, float]) -> np.ndarray:
    """Return g at the rows of the binary."""
    return wt_rdf(GE_SE.r, GE_SE.q, GE_SE.s_r, **params)


def fitted(setting: str, solver: Solver) -> dict[str, float]:
    """Return the parameters that a solver reaches in a setting."""
    bounds, peak_weight = SETTINGS[setting]
    return WTRDFRegressor(bounds, peak_weight=peak_weight, solver=solver).fit(GE_SE.data, GE_SE.target).params_


def measure(device: str) -> pd.DataFrame:
    """Return parameters and errors of every setting, for the printed parameters and both solvers, with the paper's."""
    by_name = solvers(device)
    cells = [(row, "printed parameters") for row in PAPER.index]
    cells += [(setting, way) for setting in SETTINGS for way in by_name]
    table = []
    for setting, way in track(iter(cells), len(cells), "fits"):
        row = setting.removesuffix(", wider")
        paper = PAPER.loc[row]
        params = dict(paper[list(PARAMETERS)]) if way == "printed parameters" else fitted(setting, by_name[way])
        ours = errors(params)
        theirs = {f"paper_{metric}": paper[metric] for metric in ("mae", "fpe", "spe")}
        differences = {
            "mae_difference": ours["mae_without_first"] - paper["mae"],
            "fpe_difference": ours[ERROR_OF_ROW[row]] - paper["fpe"],
            "spe_difference": ours["spe"] - paper["spe"],
        }
        table.append({"setting": setting, "way": way} | ours | theirs | differences | params)
    return pd.DataFrame(table)


def figure_of(table: pd.DataFrame) -> plt.Figure:
    """Draw the curves of (a) to (d) as Fig. 5 of the paper does."""
    figure, panels = plt.subplots(2, 2, figsize=(WIDTH, 6.2), sharex=True, sharey=True)
    styles = {
        "printed parameters": (COLORS["errors"], "--", "WT-RDF+, parameters printed in the paper"),
        "Adam": (COLORS["more"], "-", "WT-RDF+, our fit by Adam"),
        "global minimum": (COLORS["WT-RDF"], "-", "WT-RDF+, our global minimum"),
    }
    titles = {
        "(a)": "(a) optimization",
        "(b)": "(b) optimization, bounds as stated",
        "(c)": "(c) optimization, selective loss",
        "(d)": "(d) optimization, bounds, selective loss",
    }
    params = table.set_index(["setting", "way"])[list(PARAMETERS)]
    for panel, (setting, title) in zip(panels.flat, titles.items(), strict=True):
        panel.plot(GE_SE.r, GE_SE.target, color=COLORS["truth"], lw=2.2, label="reference g(r)")
        panel.plot(
            GE_SE.r, curve(params.loc[("WT-RDF", "printed parameters")]), color="0.6", label="WT-RDF, manual parameters"
        )
        for way, (color, style, label) in styles.items():
            panel.plot(GE_SE.r, curve(params.loc[(setting, way)]), style, color=color, lw=1.5, label=label)
        panel.set(title=title, xlabel="r (Å)", ylabel="g(r)")
        panel.label_outer()
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


@benchmark(DEVICE, digits=6, figures={"ablation.png": (figure_of, "ablation.csv")})
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    table = measure(options.device)
    of_mae = ["setting", "way", "mae", "mae_without_first", "paper_mae", "mae_difference"]
    of_peaks = ["setting", "way", "fpe", "fpe_bin_5", "paper_fpe", "fpe_difference"]
    of_peaks += ["spe", "paper_spe", "spe_difference"]
    print_frame(table[of_mae], "Mean absolute error; the difference is that without the first row")
    print_frame(table[of_peaks], "Errors at the peaks; the difference is at the bin that the paper uses")
    print_frame(table[["setting", "way", *PARAMETERS]], "Parameters")
    yield "ablation.csv", table


if __name__ == "__main__":
    main()
