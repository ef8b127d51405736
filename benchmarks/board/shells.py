"""Do the intervals hold? Bands and first peaks of synthetic glasses, without a reference.

    python benchmarks/board/shells.py --glasses 200 --noise 0.002 0.01 0.03

Synthetic materials with a known g(r), half of them glasses with bonds (a first shell at 1.5 to 2.8 Å, 0.05 to 0.14 Å
wide, of 2 to 5 neighbours, a second one at 1.55 to 1.7 times its distance, and a liquid-like continuum), half of them
liquids (an asymmetric first peak and ripples that decay). None of them served to choose a constant of the model. S(q)
ends at 8 or 17 Å⁻¹ and has white noise; the number density is given, or with --unknown-density it is not.

For each, `InversionRegressor.predict` gives the band and `peak_table` the first peak's position, height, width and
coordination number with 90 % intervals. Shown is how often they hold the truth and how wide they are: narrow and wrong
is worth nothing, wide and right little. Writes shells.csv and shells.png,
or shells_density.csv.
"""

from __future__ import annotations

import warnings
from argparse import Namespace
from collections.abc import Iterator
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from scipy import special
from sklearn_wtrdf.benchmarks.runner import N_JOBS, Content, benchmark, option, print_frame, track
from threadpoolctl import threadpool_limits

from sklearn_wtrdf import FourierRegressor, InversionRegressor, scattering_frame
from sklearn_wtrdf.maxima import find_maxima
from sklearn_wtrdf.peaks import measure_peaks, shells
from sklearn_wtrdf.plotting.style import COLORS

GRID = np.arange(0.005, 40, 0.005)
Q_MAX = (8.0, 17.0)
KINDS = ("bonded", "liquid")
QUANTITIES = {"position": "Å", "height": "relative", "width": "Å", "coordination": "relative"}
RELATIVE = ("height", "coordination", "number_density")


class Material(NamedTuple):
    """A synthetic material: its g on `GRID`, and its number density [Å⁻³]."""

    g: np.ndarray
    number_density: float


def glass(
    random: np.random.Generator,
    distances: tuple[float, float] = (1.5, 2.8),
    widths: tuple[float, float] = (0.05, 0.14),
) -> Material:
    """Make a glass of two shells and a continuum, the first shell within the ranges given [Å]."""
    density = random.uniform(0.03, 0.045)
    first, width, neighbours = random.uniform(*distances), random.uniform(*widths), random.uniform(2, 5)
    density *= (2.5 / first) ** 1.5
    second = first * random.uniform(1.55, 1.7)

    def shell(distance: float, sigma: float, number: float) -> np.ndarray:
        bell = np.exp(-(((GRID - distance) / sigma) ** 2) / 2) / (np.sqrt(2 * np.pi) * sigma)
        return number * bell / (4 * np.pi * density * GRID**2)

    beyond = GRID - 1.18 * second
    ripple = 0.25 * np.exp(-beyond / 2.5) * np.cos(2 * np.pi * (beyond - 0.9) / 3)
    liquid = (1 + special.erf(beyond / 0.6)) / 2 * (1 + ripple)
    g = shell(first, width, neighbours) + shell(second, random.uniform(0.18, 0.3), random.uniform(6, 12)) + liquid
    return Material(g, density)


def liquid(random: np.random.Generator) -> Material:
    """Make a liquid: an onset, a leaning first peak, ripples that decay."""
    onset, period = random.uniform(2.0, 3.4), random.uniform(2.0, 3.4)
    density = 0.85 / onset**3 * random.uniform(0.8, 1.1)
    x = GRID - onset
    rise = (1 + special.erf((x - 0.1) / random.uniform(0.1, 0.2))) / 2
    ripple = random.uniform(1.2, 2.2) * np.exp(-x / random.uniform(1.2, 2.5))
    ripple *= np.cos(2 * np.pi * (x - random.uniform(0.2, 0.4)) / period)
    return Material(np.maximum(rise * (1 + ripple), 0.0), density)


def s_of(material: Material, q: np.ndarray) -> np.ndarray:
    """Return the exact S(q)."""
    integrand = 4 * np.pi * material.number_density * 0.005 * GRID * (material.g - 1)
    return 1 + np.sin(np.outer(q, GRID)) @ integrand / q


def make(seed: int) -> tuple[str, Material, np.random.Generator]:
    """Return one material, of either kind in turn, and the generator that noise goes on from."""
    random = np.random.default_rng(seed)
    kind = KINDS[seed % 2]
    return kind, (glass if kind == "bonded" else liquid)(random), random


def first_peak(r: np.ndarray, g: np.ndarray, density: float) -> dict[str, float]:
    """Return what `peak_table` would of a curve."""
    return measure_peaks(find_maxima(r, g), None, density, n_peaks=1)[0]


def measure(seed: int, noise: float, q_max: float, unknown_density: bool = False) -> pd.DataFrame:
    """Invert one material and compare its band and its first peak with the truth."""
    kind, material, random = make(seed)
    q = np.round(np.arange(0.5, q_max + 1e-6, 0.05), 2)
    s = s_of(material, q) + noise * random.normal(size=q.size)
    r = np.arange(1.0, 10, 0.02)
    true = np.interp(r, GRID, material.g)
    density = None if unknown_density else material.number_density
    X = scattering_frame(r, q, q * (s - 1), number_density=density)
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        model = InversionRegressor().fit(X)
        g, std = model.predict(X, return_std=True)
        table = model.peak_table(X)
        fourier = FourierRegressor(number_density=material.number_density).fit(X, true).predict(X)
    atoms = true > 0.02 * true.max()
    atoms[int(np.argmax(atoms)) :] = True
    keys = {"seed": seed, "kind": kind, "noise": noise, "q_max": q_max}
    off = np.abs(g - true)[atoms]
    rows = [
        keys
        | {"quantity": "band", "error": off.mean(), "half_width": 1.645 * std[atoms].mean()}
        | {"held": (off <= 1.645 * std[atoms]).mean(), "fourier_error": np.abs(fourier - true)[atoms].mean()}
    ]
    some = GRID < 12
    shell = shells(GRID[some], material.g[some], 1)[0]
    truth = first_peak(GRID[some], material.g[some], material.number_density)
    beyond = r >= shell[0] + 0.6 * (truth["position"] - shell[0])  # ripples before would be taken for the first peak
    by_fourier = first_peak(r[beyond], fourier[beyond], material.number_density)
    found = table.iloc[0]
    if unknown_density:
        found = found.copy()
        report = model.fit_report().table.loc[0].loc["number_density"]
        found["number_density_low"], found["number_density_high"] = report["low"], report["high"]
        truth["number_density"] = material.number_density
    for quantity in truth.keys() & {*QUANTITIES, "number_density"}:
        scale = truth[quantity] if quantity in RELATIVE else 1.0
        low, high = found[f"{quantity}_low"], found[f"{quantity}_high"]
        rows.append(
            keys
            | {"quantity": quantity, "error": (found[quantity] - truth[quantity]) / scale}
            | {"half_width": (high - low) / 2 / scale, "held": float(low <= truth[quantity] <= high)}
            | {"fourier_error": (by_fourier.get(quantity, np.nan) - truth[quantity]) / scale}
        )
    return pd.DataFrame(rows)


def summarize(results: pd.DataFrame) -> pd.DataFrame:
    """Return, for each kind, end of q, noise and quantity, how far off, how often held and how wide."""
    groups = results.assign(size=results["error"].abs(), by_fourier=results["fourier_error"].abs()).groupby(
        ["quantity", "kind", "q_max", "noise"], sort=True
    )
    return groups.agg(
        n=("seed", "size"),
        bias=("error", "mean"),
        median_error=("size", "median"),
        error_95=("size", lambda sizes: sizes.quantile(0.95)),
        half_width=("half_width", "median"),
        coverage_90=("held", "mean"),
        fourier_median_error=("by_fourier", "median"),
    ).reset_index()


def figure_of(table: pd.DataFrame) -> plt.Figure:
    """Draw how often the intervals hold, and how wide they are beside the errors."""
    names = [name for name in ("band", *QUANTITIES, "number_density") if name in set(table["quantity"])]
    figure, panels = plt.subplots(2, len(names), figsize=(2.5 * len(names), 5), sharex=True)
    colors = {"bonded": COLORS["ours"], "liquid": COLORS["others"]}
    for (upper, lower), name in zip(panels.T, names, strict=True):
        upper.axhspan(0.85, 0.95, color="0.87", lw=0)
        for (kind, q_max), some in table[table["quantity"] == name].groupby(["kind", "q_max"]):
            style = {"color": colors[kind], "ls": "-" if q_max == max(Q_MAX) else "--", "marker": "o", "ms": 3}
            upper.plot(100 * some["noise"], some["coverage_90"], **style, label=f"{kind}, q ≤ {q_max:g} Å⁻¹")
            lower.plot(100 * some["noise"], some["half_width"], **style)
            lower.plot(100 * some["noise"], some["error_95"], color=colors[kind], ls=style["ls"], lw=0.7, alpha=0.6)
        upper.set(ylim=(0.4, 1.02), xscale="log")
        lower.set(yscale="log")
        upper.set_title(name.replace("_", " "))
        unit = QUANTITIES.get(name, "relative" if name in RELATIVE else "in g")
        lower.set_title(unit, loc="right", fontsize=8)
        ticks = sorted(100 * table["noise"].unique())
        lower.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        lower.minorticks_off()
        low, high = lower.get_ylim()
        marks = [mark for mark in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if low < mark < high]
        lower.set_yticks(marks, [f"{mark:g}" for mark in marks])
    panels[0, 0].set_ylabel("part of the 90 %\nintervals that hold")
    panels[1, 0].set_ylabel("half width (thick),\n95 % of errors (thin)")
    figure.supxlabel("noise of S (%)")
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


@benchmark(
    option("--glasses", type=int, default=200, help="synthetic materials (default: %(default)s)"),
    option("--noise", type=float, nargs="+", default=[0.002, 0.01, 0.03], help="of S (default: %(default)s)"),
    option("--first-seed", type=int, default=0, help="of the materials (default: %(default)s)"),
    option("--unknown-density", action="store_true", help="find the number density, too"),
    N_JOBS,
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    seeds = range(options.first_seed, options.first_seed + options.glasses)
    runs = [(seed, noise, q_max) for noise in options.noise for q_max in Q_MAX for seed in seeds]
    jobs = (delayed(measure)(*run, options.unknown_density) for run in runs)
    results = pd.concat(track(Parallel(options.n_jobs, return_as="generator")(jobs), len(runs), "materials"))
    table = summarize(results)
    print_frame(table, "Synthetic materials; heights, coordination numbers and densities relative to the true ones")
    yield ("shells_density.csv" if options.unknown_density else "shells.csv"), table
    if not options.unknown_density:
        yield "shells.png", figure_of(table)


if __name__ == "__main__":
    main()
