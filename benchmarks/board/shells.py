"""Coverage of bands and intervals: g(r) and the first peak of synthetic glasses and liquids, without a reference.

    python benchmarks/board/shells.py --glasses 200 --noise 0.002 0.01 0.03

Synthetic materials with a known g(r), half of them glasses with bonds (a first shell at 1.5 to 2.8 Å, 0.05 to 0.14 Å
wide, of 2 to 5 neighbours, a second one at 1.55 to 1.7 times its distance, and a liquid-like continuum, with the number
density at which S(0) is 0.005 to 0.05), half of them liquids (hard spheres by the equation of Percus and Yevick, whose
contact is blurred). None of them was used to choose a constant of the model; the assumption on S below its first point
was chosen, among others, on materials made in the same way from other seeds.
S(q) ends at 8 or 17 Å⁻¹ and has white noise; the number density is given, or with --unknown-density it is estimated.

For each, `InversionRegressor.predict` gives the band and `peak_table` the first peak's position, height, width and
coordination number with 90 % intervals. The results are how often the intervals contain the true value and how wide
they are. Writes shells.csv and shells.png, or shells_density.csv.
"""

from __future__ import annotations

import warnings
from argparse import Namespace
from collections.abc import Iterator
from itertools import cycle
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from scipy import special
from sklearn_wtrdf.benchmarks.runner import N_JOBS, OF_NOISES, WIDTH, Content, benchmark, option, print_frame, track
from threadpoolctl import threadpool_limits

from sklearn_wtrdf import FourierRegressor, InversionRegressor, scattering_frame
from sklearn_wtrdf.maxima import find_maxima
from sklearn_wtrdf.peaks import measure_peaks, shells
from sklearn_wtrdf.scattering.sampling import HALF_WIDTH_90

STEP = 0.005  # Å
GRID = np.arange(STEP, 40, STEP)
S_OF_GLASS_AT_0 = (0.005, 0.05)
Q_MAX = (8.0, 17.0)
KINDS = ("bonded", "liquid")
FIRST_SEED = 2000  # those below 1100 were used to choose the assumption on S at small q
ACCEPTED = (0.85, 0.95)  # coverage of 90 % intervals, within its statistical error
QUANTITIES = {  # label and unit
    "position": ("position", "(Å)"),
    "height": ("height", "(relative)"),
    "width": ("width", "(Å)"),
    "coordination": ("coordination\nnumber", "(relative)"),
}
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
    """Make a glass of two shells and a continuum, the first shell within the ranges given [Å].

    S(0) determines the number density.
    """
    first, width, neighbours = random.uniform(*distances), random.uniform(*widths), random.uniform(2, 5)
    second, further = first * random.uniform(1.55, 1.7), random.uniform(6, 12)
    beyond = GRID - 1.18 * second
    ripple = 0.25 * np.exp(-beyond / 2.5) * np.cos(2 * np.pi * (beyond - 0.9) / 3)
    continuum = (1 + special.erf(beyond / 0.6)) / 2 * (1 + ripple)
    excluded = 4 * np.pi * STEP * (GRID**2 * (1 - continuum)).sum()
    density = (1 + neighbours + further - random.uniform(*S_OF_GLASS_AT_0)) / excluded

    def shell(distance: float, sigma: float, number: float) -> np.ndarray:
        bell = np.exp(-(((GRID - distance) / sigma) ** 2) / 2) / (np.sqrt(2 * np.pi) * sigma)
        return number * bell / (4 * np.pi * density * GRID**2)

    g = shell(first, width, neighbours) + shell(second, random.uniform(0.18, 0.3), further) + continuum
    return Material(g, density)


def liquid(random: np.random.Generator) -> Material:
    """Make a liquid of hard spheres, by the equation of Percus and Yevick, whose contact is blurred."""
    diameter, packing, blur = random.uniform(2.2, 3.4), random.uniform(0.38, 0.47), random.uniform(0.04, 0.08)
    density = 6 * packing / (np.pi * diameter**3)
    # The solution of Wertheim and of Thiele: the direct correlation at distances of s diameters, a polynomial up to 1
    s = (np.arange(400) + 0.5) / 400
    first, second = (1 + 2 * packing) ** 2 / (1 - packing) ** 4, (1 + packing / 2) ** 2 / (1 - packing) ** 4
    direct = -(first - 6 * packing * second * s + packing * first / 2 * s**3)
    x = np.arange(0.02, 6 / blur, 0.04)  # q times the diameter
    excess = 24 * packing * np.sin(np.outer(x, s)) @ (s * direct) / s.size / x
    s_r = x * excess / (1 - excess) * np.exp(-((blur * x) ** 2) / 2)
    r = GRID / diameter
    g = 1 + 0.04 * np.sin(np.outer(r, x)) @ s_r / (12 * np.pi * packing * r)
    return Material(np.maximum(g, 0.0), density)


def s_of(material: Material, q: np.ndarray) -> np.ndarray:
    """Return the exact S(q)."""
    integrand = 4 * np.pi * material.number_density * STEP * GRID * (material.g - 1)
    return 1 + np.sin(np.outer(q, GRID)) @ integrand / q


def make(seed: int) -> tuple[str, Material, np.random.Generator]:
    """Return the kind of a material, the material, and the random generator for its noise; the kinds alternate.

    A curve whose S is negative somewhere is no g(r) of any material, and is drawn again.
    """
    random = np.random.default_rng(seed)
    kind = KINDS[seed % 2]
    q = np.arange(0.05, Q_MAX[-1], 0.05)
    while s_of(material := (glass if kind == "bonded" else liquid)(random), q).min() < 0:
        pass
    return kind, material, random


def first_peak(r: np.ndarray, g: np.ndarray, density: float) -> dict[str, float]:
    """Return the first peak of a curve, as `peak_table` does."""
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
        | {"quantity": "band", "error": off.mean(), "half_width": HALF_WIDTH_90 * std[atoms].mean()}
        | {"covered": (off <= HALF_WIDTH_90 * std[atoms]).mean(), "fourier_error": np.abs(fourier - true)[atoms].mean()}
    ]
    near = GRID < 12
    shell = shells(GRID[near], material.g[near], 1)[0]
    truth = first_peak(GRID[near], material.g[near], material.number_density)
    beyond = r >= shell[0] + 0.6 * (
        truth["position"] - shell[0]
    )  # ripples before it could be mistaken for the first peak
    by_fourier = first_peak(r[beyond], fourier[beyond], material.number_density)
    estimate = table.iloc[0]
    if unknown_density:
        estimate = estimate.copy()
        report = model.fit_report().table.loc[0].loc["number_density"]
        estimate["number_density_low"], estimate["number_density_high"] = report["low"], report["high"]
        truth["number_density"] = material.number_density
    for quantity in truth.keys() & {*QUANTITIES, "number_density"}:
        scale = truth[quantity] if quantity in RELATIVE else 1.0
        low, high = estimate[f"{quantity}_low"], estimate[f"{quantity}_high"]
        rows.append(
            keys
            | {"quantity": quantity, "error": (estimate[quantity] - truth[quantity]) / scale}
            | {"half_width": (high - low) / 2 / scale, "covered": float(low <= truth[quantity] <= high)}
            | {"fourier_error": (by_fourier.get(quantity, np.nan) - truth[quantity]) / scale}
        )
    return pd.DataFrame(rows)


def summarize(results: pd.DataFrame) -> pd.DataFrame:
    """Return error, coverage and width of the intervals for each kind, q_max, noise and quantity."""
    groups = results.assign(size=results["error"].abs(), by_fourier=results["fourier_error"].abs()).groupby(
        ["quantity", "kind", "q_max", "noise"], sort=True
    )
    return groups.agg(
        n=("seed", "size"),
        bias=("error", "mean"),
        median_error=("size", "median"),
        error_95=("size", lambda sizes: sizes.quantile(0.95)),
        half_width=("half_width", "median"),
        coverage_90=("covered", "mean"),
        fourier_median_error=("by_fourier", "median"),
    ).reset_index()


def figure_of(table: pd.DataFrame) -> plt.Figure:
    """Draw the coverage of the intervals, and their half-widths with the errors, by kind, q_max and noise."""
    names = ["band", *QUANTITIES]
    rows, noises = list(table.groupby(["kind", "q_max"]).groups), sorted(table["noise"].unique())
    offsets = dict(zip(noises, np.linspace(-0.25, 0.25, len(noises)) if len(noises) > 1 else [0.0], strict=True))
    styles = dict(zip(noises, cycle(OF_NOISES), strict=False))
    figure, panels = plt.subplots(2, len(names), figsize=(WIDTH, 5.8), sharey=True, squeeze=False)
    for (upper, lower), name in zip(panels.T, names, strict=True):
        upper.axvspan(*ACCEPTED, color="0.87", lw=0)
        for row in table[table["quantity"] == name].itertuples():
            at = rows.index((row.kind, row.q_max)) + offsets[row.noise]
            marker, color = styles[row.noise]
            upper.plot(row.coverage_90, at, marker, ms=4, color=color)
            lower.plot([row.half_width, row.error_95], [at, at], lw=0.8, color=color)
            lower.plot(row.half_width, at, marker, ms=4, color=color)
            lower.plot(row.error_95, at, "|", ms=8, mew=1.5, color=color)
        label, unit = QUANTITIES.get(name, ("band of g(r)", "(in g)"))
        upper.set(xlim=(min(0.7, table["coverage_90"].min() - 0.03), 1.03), title=label, xlabel="coverage")
        lower.set(xscale="log", xlabel=f"half-width, error\n{unit}")
        low, high = lower.get_xlim()
        marks = [mark for mark in (0.01, 0.03, 0.1, 0.3) if low < mark < high]
        lower.set_xticks(marks, [f"{mark:g}" for mark in marks])
        lower.minorticks_off()
        for panel in (upper, lower):
            panel.grid()
            panel.tick_params(labelsize=8.5)
    panels[0, 0].set_yticks(range(len(rows)), [f"{kind},\nq ≤ {q_max:g} Å⁻¹" for kind, q_max in rows])
    panels[0, 0].invert_yaxis()
    entries = [Line2D([], [], marker=mark, ls="", color=color) for mark, color in styles.values()]
    labels = [f"noise of S: {100 * noise:g} %" for noise in noises]
    entries += [Patch(color="0.87"), *(Line2D([], [], marker=mark, ls="", color="0.4") for mark in "o|")]
    labels += ["coverage of 85 to 95 %", "half-width of the 90 % intervals, median", "error, 95 % quantile"]
    figure.legend(entries, labels, loc="outside upper center", ncols=2)
    return figure


@benchmark(
    option("--glasses", type=int, default=200, help="synthetic materials (default: %(default)s)"),
    option("--noise", type=float, nargs="+", default=[0.002, 0.01, 0.03], help="of S (default: %(default)s)"),
    option("--first-seed", type=int, default=FIRST_SEED, help="of the materials (default: %(default)s)"),
    option("--unknown-density", action="store_true", help="estimate the number density, too"),
    N_JOBS,
    figures={"shells.png": (figure_of, "shells.csv")},
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


if __name__ == "__main__":
    main()
