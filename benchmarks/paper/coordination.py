"""Coordination numbers of each model: Eq. (5) on the paper's curve, for the first and the second peak.

    python benchmarks/paper/coordination.py --samples 200 --draws 20

According to the paper, amplitudes matter because of coordination numbers, but it prints none. Here N = 4πρ₀ ∫ r² g dr
is computed from the reference and from each model, over the windows of the reference's peaks. Eq. (5) does not define
where a peak ends, so N of the first peak is also computed from minimum to minimum of the reference. ρ₀ = 0.034 Å⁻³ is
not in the paper. The 8 − N rule gives the number of bonds of an atom.

Intervals contain 90 % of: fits to rows resampled with replacement (WT-RDF+); trainings from other random weights
(networks); draws from the posterior (inversion); trainings on a random quarter of the rows, where N is the median. The
printed parameters and the Fourier transform have no interval. Writes coordination.csv and coordination.png.
"""

from __future__ import annotations

import warnings
from argparse import ArgumentError, Namespace
from collections.abc import Callable, Iterator
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, clone
from sklearn_wtrdf.benchmarks.paper.multiples import color_of
from sklearn_wtrdf.benchmarks.paper.protocol import GE_SE, PAPER_BOUNDS, PEAKS, Run, evaluate, held
from sklearn_wtrdf.benchmarks.ratios import DENSITY
from sklearn_wtrdf.benchmarks.runner import DEVICE, N_JOBS, WIDTH, Content, benchmark, option, print_frame, track

from sklearn_wtrdf import (
    Adam,
    FourierRegressor,
    InversionRegressor,
    LSTMRegressor,
    RBFNetRegressor,
    WTRDFRegressor,
    coordination_numbers,
    scattering_frame,
)
from sklearn_wtrdf.peaks import shells
from sklearn_wtrdf.plotting.style import COLORS
from sklearn_wtrdf.wtrdf.wavelet import MANUAL, PUBLISHED

WINDOWS = {  # of r [Å], over which neighbours are counted
    "first peak": PEAKS[0],
    "second peak": PEAKS[1],
    "first peak, minimum to minimum": shells(GE_SE.r, GE_SE.target)[0],
}
BONDS = {"Ge": 4, "Se": 2}  # 8 − N, with N the electrons of the outer shell
CONTENTS = {"Ge": 0.25, "Se": 0.75}
LEVEL = 0.9
QUARTER = 0.25
DRAWN = "rows drawn for training"

X_ALONE = scattering_frame(GE_SE.r, GE_SE.q, GE_SE.s_r, number_density=DENSITY)


class Curves(NamedTuple):
    """The curve g of a model, or None if N is the median of the spread, and the curves that define the interval."""

    g: np.ndarray | None
    spread: np.ndarray
    source: str


def fixed(g: np.ndarray) -> Curves:
    """Return a curve without an interval."""
    return Curves(g, np.empty((0, g.size)), "")


def fit_of(model: BaseEstimator, weights: np.ndarray | None = None) -> np.ndarray:
    """Return g of a WT-RDF fitted to all rows with these weights."""
    with warnings.catch_warnings():
        # Resampled rows may miss a peak, and have gaps.
        warnings.filterwarnings("ignore", "peaks: no row lies in the window")
        warnings.filterwarnings("ignore", "Only .* follows from this g.r.")
        return clone(model).fit(GE_SE.data, GE_SE.target, weights).predict(GE_SE.data)


def bootstrapped(model: BaseEstimator, n_samples: int, n_jobs: int) -> Curves:
    """Return the fit to the rows, and fits to as many rows drawn with replacement."""
    n_rows = GE_SE.r.size
    drawn = [np.random.default_rng(seed).integers(n_rows, size=n_rows) for seed in range(n_samples)]
    jobs = [delayed(fit_of)(model, np.bincount(rows, minlength=n_rows)) for rows in drawn]
    return Curves(fit_of(model), np.array(Parallel(n_jobs)(jobs)), "rows drawn anew")


def trained(model: BaseEstimator, fraction: float, n_draws: int, n_jobs: int) -> Curves:
    """Return trainings on all rows from other random weights, or each on another draw of a fraction of the rows."""
    runs = [Run("random", fraction, seed, "") for seed in range(n_draws)]
    spread = np.array([result["prediction"] for result in Parallel(n_jobs)(delayed(evaluate)(r, model) for r in runs)])
    return Curves(spread[0], spread, "weights drawn anew") if fraction == 1 else Curves(None, spread, DRAWN)


def transformed() -> np.ndarray:
    """Return g of the Fourier transform, without calibration."""
    return FourierRegressor(number_density=DENSITY).fit(GE_SE.data, GE_SE.target).predict(GE_SE.data)


def inverted(n_samples: int) -> Curves:
    """Return g of the inversion of S_R(q) with the number density alone, with draws from its posterior."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*outliers? of S_R excluded")  # four points of S_R near 1 Å⁻¹
        model = InversionRegressor().fit(X_ALONE)
    return Curves(model.predict(X_ALONE), model.sample(X_ALONE, n_samples), "posterior")


def models(n_samples: int, n_draws: int, n_jobs: int, device: str) -> dict[str, Callable[[], Curves]]:
    """Return for each model, by name, the function that computes its curves."""
    data = {"q": GE_SE.q, "s_r": GE_SE.s_r}
    selective = {"peak_weight": 1.0, "solver": Adam(device=device), "peaks": PEAKS}
    paper = WTRDFRegressor(PAPER_BOUNDS, **selective)
    poor = {"WT-RDF+": WTRDFRegressor(PAPER_BOUNDS, **selective, **data)}
    networks = {
        "RBF network": RBFNetRegressor(device=device),
        "LSTM (whole call)": LSTMRegressor(reading="sequence", device=device),
    }
    return (
        {
            "reference": lambda: fixed(GE_SE.target),
            "WT-RDF (manual)": lambda: fixed(fit_of(WTRDFRegressor(held(MANUAL)))),
            "WT-RDF+ (published)": lambda: fixed(fit_of(WTRDFRegressor(held(PUBLISHED)))),
            "WT-RDF+": lambda: bootstrapped(paper, n_samples, n_jobs),
            "WT-RDF+ (default)": lambda: bootstrapped(WTRDFRegressor(peaks=PEAKS), n_samples, n_jobs),
            "Fourier transform": lambda: fixed(transformed()),
            "inversion of S_R(q) alone": lambda: inverted(n_samples),
        }
        | {name: lambda model=model: trained(model, 1.0, n_draws, n_jobs) for name, model in networks.items()}
        | {
            f"{name}, {QUARTER:.0%}": lambda model=model: trained(model, QUARTER, n_draws, n_jobs)
            for name, model in (poor | networks).items()
        }
    )


def count(curves: Curves) -> list[dict[str, float]]:
    """Return N in each window with its interval."""
    windows = list(WINDOWS.values())
    spread = np.array([coordination_numbers(GE_SE.r, g, DENSITY, windows) for g in curves.spread])
    if spread.size:
        low, median, high = np.quantile(spread, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2], axis=0)
    else:
        low = median = high = np.full(len(windows), np.nan)
    N = median if curves.g is None else coordination_numbers(GE_SE.r, curves.g, DENSITY, windows)
    return [
        {"window": name, "r_low": r[0], "r_high": r[1], "N": n, "N_low": below, "N_high": above}
        for (name, r), n, below, above in zip(WINDOWS.items(), N, low, high, strict=True)
    ]


def measure(n_samples: int, n_draws: int, n_jobs: int, device: str) -> pd.DataFrame:
    """Return the coordination numbers of all models, and their errors relative to those of the reference."""
    rows = []
    jobs = models(n_samples, n_draws, n_jobs, device)
    for name, curves_of in track(iter(jobs.items()), len(jobs), "models"):
        curves = curves_of()
        about = {"model": name, "interval_of": curves.source, "n_curves": len(curves.spread)}
        rows += [about | row for row in count(curves)]
    table = pd.DataFrame(rows)
    reference = table["window"].map(table[table["model"] == "reference"].set_index("window")["N"])
    bonds = sum(CONTENTS[element] * BONDS[element] for element in BONDS)
    return table.assign(
        error=table["N"] / reference - 1, bonds=np.where(table["window"] == "second peak", np.nan, bonds)
    )


def figure_of(table: pd.DataFrame) -> plt.Figure:
    """Draw N of the first and of the second peak with intervals, and N of the reference as a line."""
    figure, panels = plt.subplots(1, 2, figsize=(WIDTH, 4.4), sharey=True)
    for panel, window in zip(panels, ("first peak", "second peak"), strict=True):
        subset = table[table["window"] == window].reset_index(drop=True)
        for i, row in subset.iterrows():
            ends = [[row["N"] - row["N_low"]], [row["N_high"] - row["N"]]]
            color = COLORS["truth"] if row["model"] == "reference" else color_of(row["model"])
            panel.errorbar(
                row["N"], i, xerr=None if np.isnan(ends).any() else np.maximum(ends, 0), fmt="o", ms=5, color=color
            )
        panel.axvline(subset["N"][0], color=COLORS["truth"], lw=0.8, ls=":", label="N of the reference g(r)")
        panel.set_yticks(subset.index, subset["model"], fontsize=8.5)
        low, high = WINDOWS[window]
        panel.set(title=f"{window}, r = {low:.2f} to {high:.2f} Å", xlabel="coordination number N (atoms)")
        panel.grid()
    panels[0].invert_yaxis()
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center")
    return figure


@benchmark(
    option("--samples", type=int, default=200, help="bootstrap fits and posterior draws (default: %(default)s)"),
    option("--draws", type=int, default=20, help="trainings of each network (default: %(default)s)"),
    N_JOBS,
    DEVICE,
    digits=6,
    figures={"coordination.png": (figure_of, "coordination.csv")},
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    for name in ("samples", "draws"):
        if getattr(options, name) < 2:
            raise ArgumentError(None, f"--{name} must be at least 2: an interval needs two curves")
    table = measure(options.samples, options.draws, options.n_jobs, options.device)
    for window, subset in table.groupby("window", sort=False):
        print_frame(subset.drop(columns=["window", "r_low", "r_high"]), f"Coordination number, {window}")
    yield "coordination.csv", table


if __name__ == "__main__":
    main()
