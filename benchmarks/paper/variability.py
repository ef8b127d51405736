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

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from joblib import Parallel, delayed
from sklearn_wtrdf.benchmarks.paper.ablation import curve, errors
from sklearn_wtrdf.benchmarks.paper.protocol import GE_SE, PAPER_BOUNDS, PEAKS
from sklearn_wtrdf.benchmarks.runner import DEVICE, N_JOBS, Content, benchmark, option, print_frame, track

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
    """Return parameters and errors of every fit; the column source says what was varied."""
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
    figure = plt.figure(figsize=(11, 7))
    above, below = figure.subfigures(2, 1, height_ratios=(1, 1.15))
    labels = {"a": "a", "b": "b", "K_f": "$K_f$", "C": r"$\tilde{C}$", "Lambda": "Λ (Å²)"}
    # The default fit has another box, far wider than the scale of these panels.
    sources = [source for source in table["source"].unique() if source != "resampled rows, default fit"]
    panels = above.subplots(1, len(PARAMETERS), sharey=True)
    for panel, name in zip(panels, PARAMETERS, strict=True):
        subset = table[table["quantity"] == name].set_index("source").loc[sources]
        panel.errorbar(PAPER.loc[name, "mean"], 0, xerr=PAPER.loc[name, "std"], fmt="s", color=COLORS["truth"])
        for height, (source, row) in enumerate(subset.iterrows(), start=1):
            interval = [[row["median"] - row["low"]], [row["high"] - row["median"]]]
            color = COLORS_OF.get(source, COLORS["ours"])
            panel.errorbar(row["median"], height, xerr=interval, fmt="o", color=color)
        panel.set_yticks(range(len(sources) + 1), ["paper", *sources])
        panel.set_xlabel(labels[name])
        panel.grid(axis="x")
        panel.locator_params(axis="x", nbins=4)
    panels[0].invert_yaxis()
    above.suptitle("Ours: median and 95 % interval. Paper: value and standard deviation.")
    for panel, (source, band) in zip(
        below.subplots(1, 2, sharey=True), curves.groupby("source", sort=False), strict=True
    ):
        panel.fill_between(band["r"], band["low"], band["high"], color=COLORS_OF[source], alpha=0.3, lw=0, label="95 %")
        panel.plot(band["r"], band["median"], color=COLORS_OF[source], label="median")
        panel.plot(GE_SE.r, GE_SE.target, color="black", lw=1.6, label="reference")
        panel.set_title(f"Bootstrap: {source}")
        panel.set_xlabel("r (Å)")
        panel.legend()
    below.axes[0].set_ylabel("g(r)")
    return figure


COLORS_OF = {"resampled rows, global minimum": COLORS["others"], "resampled rows, default fit": COLORS["WT-RDF"]}


@benchmark(
    option("--starts", type=int, default=50, help="random starts of each size (default: %(default)s)"),
    option("--samples", type=int, default=200, help="bootstrap samples (default: %(default)s)"),
    N_JOBS,
    DEVICE,
    digits=6,
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    fits = measure(options.starts, options.samples, options.n_jobs, options.device)
    table, curves = summarize(fits), curves_of(fits)
    for source, subset in table.groupby("source", sort=False):
        print_frame(subset.drop(columns=["source"]), source)
    yield "variability.csv", table
    yield "variability_curves.csv", curves
    yield "variability.png", figure_of(table, curves)


if __name__ == "__main__":
    main()
