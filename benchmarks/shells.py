"""How well does the inversion find a shell of atoms without a reference? Errors and coverage on synthetic glasses.

    python benchmarks/shells.py --glasses 200 --noise 0 0.003 0.01 0.03

Synthetic glasses with a known g(r): a first shell at 2.2 to 2.8 Å, 0.08 to 0.14 Å wide, of 2 to 5 neighbours, a second
one at 1.55 to 1.7 times its distance, and a liquid-like continuum. S_R(q) ends at 8 Å⁻¹; noise is a part of its range.
Position and coordination number of the first peak are measured by `InversionRegressor.peak_table` and, without
intervals, on the plain Fourier transform. Writes shells.csv and shells.png.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from protocol import RESULTS, print_frame, track, write_whole
from scipy import special

from sklearn_wtrdf import (
    FourierRegressor,
    InversionRegressor,
    coordination_numbers,
    peak_positions,
    scattering_frame,
)

Q = np.round(np.arange(0.65, 8.001, 0.05), 2)
GRID = np.arange(0.005, 40, 0.005)
QUANTITIES = ["position", "coordination"]


class Glass(NamedTuple):
    """A synthetic glass: what is known of it, and what is measured."""

    g: np.ndarray
    s_r: np.ndarray
    number_density: float
    position: float
    coordination: float


def glass(random: np.random.Generator) -> Glass:
    """Make a glass of two shells and a continuum, with its exact S_R."""
    density = random.uniform(0.03, 0.045)
    first, width, neighbours = random.uniform(2.2, 2.8), random.uniform(0.08, 0.14), random.uniform(2, 5)
    second = first * random.uniform(1.55, 1.7)

    def shell(distance: float, sigma: float, number: float) -> np.ndarray:
        bell = np.exp(-(((GRID - distance) / sigma) ** 2) / 2) / (np.sqrt(2 * np.pi) * sigma)
        return number * bell / (4 * np.pi * density * GRID**2)

    beyond = GRID - 1.18 * second
    ripple = 0.25 * np.exp(-beyond / 2.5) * np.cos(2 * np.pi * (beyond - 0.9) / 3)
    liquid = (1 + special.erf(beyond / 0.6)) / 2 * (1 + ripple)
    g = shell(first, width, neighbours) + shell(second, random.uniform(0.18, 0.3), random.uniform(6, 12)) + liquid
    s_r = 4 * np.pi * density * 0.005 * (GRID * (g - 1)) @ np.sin(np.outer(GRID, Q))
    near = np.abs(GRID - first) < 0.3
    position = peak_positions(GRID[near], g[near])[0]
    coordination = coordination_numbers(GRID[GRID < 6], g[GRID < 6], density)[0]
    return Glass(g, s_r, density, position, coordination)


def measure(seed: int, noise: float) -> pd.DataFrame:
    """Invert one glass and compare its first peak with the truth."""
    random = np.random.default_rng(seed)
    truth = glass(random)
    s_r = truth.s_r + noise * np.ptp(truth.s_r) * random.normal(size=Q.size)
    r = np.arange(1.4, 6, 0.02)
    X, y = scattering_frame(r, Q, s_r, number_density=truth.number_density), np.interp(r, GRID, truth.g)
    first = InversionRegressor(reference=False).fit(X, y).peak_table(X).iloc[0]
    beyond = r > 1.9  # the transform's ripples before that would be taken for the first peak
    fourier = FourierRegressor().fit(X, y).predict(X)[beyond]
    by_fourier = [
        peak_positions(r[beyond], fourier)[0],
        coordination_numbers(r[beyond], fourier, truth.number_density)[0],
    ]
    rows = []
    for quantity, plain in zip(QUANTITIES, by_fourier, strict=True):
        true, value = getattr(truth, quantity), first[quantity]
        scale = 1.0 if quantity == "position" else true  # coordination numbers relative to the true one
        half = (first[f"{quantity}_high"] - first[f"{quantity}_low"]) / 2
        rows.append((noise, seed, quantity, (value - true) / scale, half / scale, (plain - true) / scale))
    return pd.DataFrame(rows, columns=["noise", "seed", "quantity", "error", "half_width", "fourier_error"])


def summarize(results: pd.DataFrame) -> pd.DataFrame:
    """Return, for each noise and quantity, how far off and how well covered."""
    tolerance = {"position": 0.03, "coordination": 0.05}
    rows = []
    for (noise, quantity), group in results.groupby(["noise", "quantity"], sort=False):
        error, half = group["error"], group["half_width"]
        rows.append(
            {
                "noise": noise,
                "quantity": quantity,
                "n_glasses": len(group),
                "mean_error": error.mean(),
                "std_error": error.std(),
                "error_95": error.abs().quantile(0.95),
                "within_tolerance": (error.abs() < tolerance[quantity]).mean(),
                "half_width": half.median(),
                "coverage_90": (error.abs() <= half).mean(),
                "width_needed": (error.abs() / half.clip(lower=1e-12)).quantile(0.9),  # over the width given
                "fourier_within_tolerance": (group["fourier_error"].abs() < tolerance[quantity]).mean(),
            }
        )
    return pd.DataFrame(rows)


def figure_of(results: pd.DataFrame) -> plt.Figure:
    """Draw the errors of each glass at each noise, beside those of the Fourier transform."""
    figure, panels = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for panel, (quantity, unit) in zip(panels, {"position": "Å", "coordination": "relative"}.items(), strict=True):
        some = results[results["quantity"] == quantity]
        for i, (_, group) in enumerate(some.groupby("noise")):
            for column, color, shift, label in (
                ("error", "#0072B2", -0.15, "inversion"),
                ("fourier_error", "#E69F00", 0.15, "Fourier transform"),
            ):
                x = i + shift + 0.1 * (np.linspace(0, 1, len(group)) - 0.5)
                panel.plot(x, group[column], ".", color=color, ms=3, label=label if i == 0 else None)
        panel.axhline(0, color="black", lw=0.8)
        panel.set_xticks(range(some["noise"].nunique()), [f"{noise:.1%}" for noise in sorted(some["noise"].unique())])
        panel.set(xlabel="noise of S_R over its range", ylabel=f"error of the first peak's {quantity} ({unit})")
        panel.spines[["top", "right"]].set_visible(False)
        panel.grid(axis="y", alpha=0.3)
    outside = (results.loc[results["quantity"] == "position", "error"].abs() > 0.15).sum()
    panels[0].set_ylim(-0.15, 0.15)
    panels[0].set_title(f"outside the picture: {outside} by the inversion", loc="left", fontsize=9)
    panels[0].legend(frameon=False, markerscale=3)
    return figure


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--glasses", type=int, default=200, help="synthetic glasses (default: %(default)s)")
    parser.add_argument("--noise", type=float, nargs="+", default=[0, 0.003, 0.01, 0.03], help="over the range of S_R")
    parser.add_argument("--first-seed", type=int, default=0, help="of the glasses (default: %(default)s)")
    parser.add_argument("--n-jobs", type=int, default=-1, help="processes, -1 for one per core (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results (default: %(default)s)")
    options = parser.parse_args()
    seeds = range(options.first_seed, options.first_seed + options.glasses)
    jobs = (delayed(measure)(seed, noise) for noise in options.noise for seed in seeds)
    total = len(options.noise) * options.glasses
    results = pd.concat(track(Parallel(options.n_jobs, return_as="generator")(jobs), total, "glasses"))
    table = summarize(results)
    print_frame(table, "First peak of synthetic glasses; coordination numbers relative to the true ones")
    write_whole(options.out / "shells.csv", lambda path: table.to_csv(path, index=False, float_format="%.4g"))
    write_whole(options.out / "shells.png", lambda path: figure_of(results).savefig(path, dpi=150))


if __name__ == "__main__":
    main()
