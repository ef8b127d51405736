"""Uncertainty of the parameters of WT-RDF+: effects of the seed, the start and the data. Table 6 of the paper.

    python benchmarks/paper/variability.py --starts 50 --samples 200

The paper reports spreads over three runs. Calibration from the manual parameters is deterministic, so runs that differ
only in their seed are identical, and something else must have varied. Two variations are tried here:

- the start: each manual parameter is changed by a uniform random percentage and clipped to the bounds; the solver is
  Adam, or the global solver, which does not depend on the start;
- the data: the rows are resampled with replacement, with the global minimum of each sample. To resample residuals
  instead would assume that the model is exact, but its residuals here are not noise.

All have the paper's bounds and the selective loss, except the last bootstrap, which is of the default fit. Errors are
computed on all rows. Writes variability.csv, variability_curves.csv (at each r, the interval that contains 95 % of the
bootstrapped curves) and variability.png.
"""

from __future__ import annotations

import warnings
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from joblib import Parallel, delayed
from matplotlib.figure import SubFigure
from sklearn_wtrdf.benchmarks.paper.ablation import curve, errors
from sklearn_wtrdf.benchmarks.paper.protocol import GE_SE, PAPER_BOUNDS, PEAKS
from sklearn_wtrdf.benchmarks.runner import DEVICE, N_JOBS, WIDTH, Content, benchmark, option, print_frame, track

from sklearn_wtrdf import Adam, WTRDFRegressor
from sklearn_wtrdf.plotting.style import COLORS
from sklearn_wtrdf.wtrdf.wavelet import MANUAL, PARAMETERS

PAPER = pd.read_csv(Path(__file__).parent / "paper_variability.csv").set_index("quantity")
PER_CENT = (1, 10, 20)
SELECTIVE = {"bounds": PAPER_BOUNDS, "peak_weight": 1.0, "peaks": PEAKS}
DEFAULT = {"peaks": PEAKS}


def after_seed(seed: int, adam: Adam) -> dict[str, float]:
    """Train by Adam after seeding torch and return the parameters."""
    torch.manual_seed(seed)
    return fitted(SELECTIVE | {"solver": adam})


def moved_start(per_cent: float, seed: int) -> dict[str, float]:
    """Return manual parameters that are moved, and clipped into the paper's bounds."""
    factors = 1 + np.random.default_rng(seed).uniform(-per_cent, per_cent, len(PARAMETERS)) / 100
    moved = {name: MANUAL[name] * factor for name, factor in zip(PARAMETERS, factors, strict=True)}
    return moved | {name: float(np.clip(moved[name], *ends)) for name, ends in PAPER_BOUNDS.items()}


def from_starts(starts: list[dict[str, float]], adam: Adam) -> list[dict[str, float]]:
    """Train by Adam from all starts at once and return the parameters of each."""
    models = WTRDFRegressor(**SELECTIVE, solver=adam).fit_batch(GE_SE.data, GE_SE.target, init=starts)
    return [model.params_ for model in models]


def on_drawn_rows(options: dict, seed: int) -> dict[str, float]:
    """Find the global minimum on rows drawn with replacement."""
    n_rows = GE_SE.r.size
    drawn = np.random.default_rng(seed).integers(n_rows, size=n_rows)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "peaks: no row lies in the window")  # a sample may miss a peak
        return fitted(options, np.bincount(drawn, minlength=n_rows))


def fitted(options: dict, weights: np.ndarray | None = None) -> dict[str, float]:
    """Return the parameters of a fit to all rows."""
    return WTRDFRegressor(**options).fit(GE_SE.data, GE_SE.target, weights).params_


def measure(n_starts: int, n_samples: int, n_jobs: int, device: str) -> pd.DataFrame:
    """Return parameters and errors of every fit; the column source has what was varied."""
    adam = Adam(device=device)
    starts = {per_cent: [moved_start(per_cent, seed) for seed in range(n_starts)] for per_cent in PER_CENT}
    fits = [("seed, Adam", after_seed(seed, adam)) for seed in range(3)]
    for per_cent in PER_CENT:
        fits += [(f"start ± {per_cent} %, Adam", params) for params in from_starts(starts[per_cent], adam)]
    source = f"start ± {PER_CENT[-1]} %, global minimum"
    jobs = [(source, delayed(fitted)(SELECTIVE | {"init": start})) for start in starts[PER_CENT[-1]]]
    for source, options in BOOTSTRAPS.items():
        jobs += [(source, delayed(on_drawn_rows)(options, seed)) for seed in range(n_samples)]
    results: Iterator = Parallel(n_jobs, return_as="generator")(job for _, job in jobs)
    sources = [source for source, _ in jobs]
    fits += zip(sources, track(results, len(jobs), "fits"), strict=True)
    return pd.DataFrame({"source": source} | errors(params) | params for source, params in fits)


BOOTSTRAPS = {"resampled rows, global minimum": SELECTIVE, "resampled rows, default fit": DEFAULT}


def summarize(fits: pd.DataFrame) -> pd.DataFrame:
    """Return mean, standard deviation, median and 95 % interval, with the paper's mean and standard deviation."""
    long = fits.melt("source", var_name="quantity")
    groups = long.groupby(["source", "quantity"], sort=False)["value"]
    table = groups.agg(
        mean="mean",
        std="std",
        median="median",
        low=lambda values: values.quantile(0.025),
        high=lambda values: values.quantile(0.975),
        n_fits="count",
    ).reset_index()
    # The paper's mean absolute error excludes the first row.
    paper = PAPER.rename({"mae": "mae_without_first"}).add_prefix("paper_")
    table = table.merge(paper, how="left", left_on="quantity", right_index=True)
    return table.assign(difference=table["mean"] - table["paper_mean"])


def curves_of(fits: pd.DataFrame) -> pd.DataFrame:
    """Return, for each bootstrap and r, the median and the 95 % interval of g."""
    tables = []
    for source in BOOTSTRAPS:
        g = [curve(params) for params in fits.loc[fits["source"] == source, list(PARAMETERS)].to_dict("records")]
        low, median, high = np.quantile(g, [0.025, 0.5, 0.975], axis=0)
        tables.append(pd.DataFrame({"source": source, "r": GE_SE.r, "low": low, "median": median, "high": high}))
    return pd.concat(tables, ignore_index=True)


def figure_of(table: pd.DataFrame, curves: pd.DataFrame) -> plt.Figure:
    """Draw the spread of each parameter above the bootstrapped curves."""
    figure = plt.figure(figsize=(WIDTH, 8.2))
    above, below = figure.subfigures(2, 1, height_ratios=(1.9, 1))
    draw_parameters(above, table)
    panels = below.subplots(1, 2, sharey=True)
    for panel, (source, band) in zip(panels, curves.groupby("source", sort=False), strict=True):
        color = COLORS_OF[source]
        panel.plot(GE_SE.r, GE_SE.target, color=COLORS["truth"], lw=2, label="reference g(r)")
        panel.plot(band["r"], band["median"], color=color, lw=1.4, label="median")
        panel.fill_between(band["r"], band["low"], band["high"], color=color, alpha=0.3, lw=0, label="95 % of the fits")
        panel.set(title=source, xlabel="r (Å)")
        panel.legend(loc="upper right")
    panels[0].set_ylabel("g(r)")
    return figure


def draw_parameters(figure: SubFigure, table: pd.DataFrame) -> None:
    """Draw the spread of each parameter, a panel for each, and the paper's."""
    labels = {"a": "a", "b": "b", "K_f": "$K_f$", "C": r"$\tilde{C}$", "Lambda": "Λ (Å²)"}
    # The default fit has another box, far wider than the scale of these panels.
    sources = [source for source in table["source"].unique() if source != "resampled rows, default fit"]
    *panels, unused = figure.subplots(2, 3, sharey=True).flat
    unused.set_axis_off()
    for panel, name in zip(panels, PARAMETERS, strict=True):
        subset = table[table["quantity"] == name].set_index("source").loc[sources]
        paper = PAPER.loc[name]
        label = "paper: value and\nstandard deviation"
        panel.errorbar(paper["mean"], 0, xerr=paper["std"], fmt="s", ms=5, color=COLORS["truth"], label=label)
        for height, (source, row) in enumerate(subset.iterrows(), start=1):
            interval = [[row["median"] - row["low"]], [row["high"] - row["median"]]]
            color = COLORS_OF.get(source, COLORS["ours"])
            label = "ours: median and\n95 % of the fits" if height == 1 else None
            panel.errorbar(row["median"], height, xerr=interval, fmt="o", ms=5, color=color, label=label)
        names = ["paper", *(fill(source, WRAPPED) for source in sources)]
        panel.set_yticks(range(len(names)), names, fontsize=8.5)
        panel.set_xlabel(labels[name])
        panel.grid(axis="x")
        panel.locator_params(axis="x", nbins=3)
    panels[0].invert_yaxis()
    unused.legend(*panels[0].get_legend_handles_labels(), loc="center")


WRAPPED = 16  # characters of a line in the names of what was varied
COLORS_OF = {"resampled rows, global minimum": COLORS["others"], "resampled rows, default fit": COLORS["WT-RDF"]}


@benchmark(
    option("--starts", type=int, default=50, help="random starts of each size (default: %(default)s)"),
    option("--samples", type=int, default=200, help="bootstrap samples (default: %(default)s)"),
    N_JOBS,
    DEVICE,
    digits=6,
    figures={"variability.png": (figure_of, "variability.csv", "variability_curves.csv")},
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    fits = measure(options.starts, options.samples, options.n_jobs, options.device)
    table, curves = summarize(fits), curves_of(fits)
    for source, subset in table.groupby("source", sort=False):
        print_frame(subset.drop(columns=["source"]), source)
    yield "variability.csv", table
    yield "variability_curves.csv", curves


if __name__ == "__main__":
    main()
