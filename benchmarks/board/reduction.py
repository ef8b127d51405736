"""Errors of S(q) and g(r) from counts, by `Reduction` and by the normalizations of glassure.

    python benchmarks/board/reduction.py --tubes Cu Ag

Each material of the leaderboard is measured by the simulated diffractometer (data/simulation/diffractometer.py), with
Kα radiation of copper and of silver: polarization, scattering by air and container, a constant, and counting noise. Its
form factors and Compton scattering are from other tables than the package's. The scan is reduced by `Reduction`, which
estimates the scale of the background, and by the two normalizations of glassure, the integral (Krogh-Moe and Norman)
and the limit at large q, which are given the true scale. `InversionRegressor` solves for g(r) from the reduced S_R and,
for comparison, from the true S_R with counting noise alone, on the same q. Finally, scans of silica are reduced with
wrong assumptions, to see which of them cause warnings.

Writes reduction.csv, reduction.png and reduction_mistakes.csv. Needs the extras challenge and simulation.
"""

from __future__ import annotations

import os
import sys
import warnings
from argparse import Namespace
from collections.abc import Iterator
from itertools import product

os.environ.setdefault("OMP_NUM_THREADS", "1")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn_wtrdf.benchmarks.board.scans import load_diffractometer
from sklearn_wtrdf.benchmarks.runner import N_JOBS, Content, benchmark, option, print_frame, track

from sklearn_wtrdf import InversionRegressor, Reduction, intensity_frame, scattering_frame
from sklearn_wtrdf.datasets import list_materials, load_material
from sklearn_wtrdf.plotting.style import COLORS

try:
    _diffractometer = load_diffractometer()
except ImportError as error:
    sys.exit(str(error))
SHADED, TUBES, scan = _diffractometer.SHADED, _diffractometer.TUBES, _diffractometer.scan

FIRST_Q = 1.5  # Å⁻¹: below it the scattering by air is steep, and S small
R = slice(1.0, 10.0)  # Å, where g is compared
ALLOWED, SHARE = 0.02, 0.03  # acceptable error of S, absolute and relative to S

# Of silica: settings of the scan, and the factors by which the density and the background of the reduction are wrong.
MISTAKES: dict[str, tuple[dict[str, float], float, float]] = {
    "none": ({}, 1.0, 1.0),
    "density 10 % too high": ({}, 1.1, 1.0),
    "density 10 % too low": ({}, 0.9, 1.0),
    "density ten times too high": ({}, 10.0, 1.0),
    "background counted twice as long": ({}, 1.0, 2.0),
    "a fifth alike at all angles": ({"fluorescence": 0.2}, 1.0, 1.0),
    "a fifth alike at all angles, strong background": ({"fluorescence": 0.2, "background": 0.5}, 1.0, 1.0),
}


def row_of(name: str, tube: str, seed: int) -> dict[str, object]:
    """Return the errors of S and g for one scan."""
    material = load_material(name, weighting="x-ray")
    counted = scan(name, tube, seed=seed)
    r = material.r[(material.r >= R.start) & (material.r <= R.stop)]
    X = intensity_frame(r, counted.two_theta, counted.intensity)
    settings = {"number_density": material.number_density, "wavelength": TUBES[tube], "background": counted.background}
    row = {"material": name, "half": material.half, "tube": tube, "seed": seed}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for normalization in ("evidence", "integral", "high-q"):
            known = None if normalization == "evidence" else SHADED
            reduction = Reduction(
                material.formula, normalization=normalization, background_scale=known, **settings
            ).fit(X)
            [reduced] = reduction.decompose(X)
            true = np.interp(reduced.q, counted.q, counted.S)
            compared = reduced.q >= FIRST_Q
            error = np.abs(1 + reduced.s_r / reduced.q - true)[compared]
            row[f"{normalization} mean"] = error.mean()
            row[f"{normalization} max"] = error.max()
            row[f"{normalization} within"] = np.mean(error <= ALLOWED + SHARE * np.abs(true[compared]))
            if normalization == "evidence":
                noise = (reduced.std / reduced.q)[compared]
                row |= {"noise mean": noise.mean() * np.sqrt(2 / np.pi), "q_max": reduced.q[-1]}
                row |= {"background_scale": reduced.background_scale, "compton_scale": reduced.compton_scale}
                ideal = reduced.q * (true - 1) + reduced.std * np.random.default_rng(seed).normal(size=reduced.q.size)
                from_scan = reduction.transform(X)
                from_truth = scattering_frame(r, reduced.q, ideal, material.number_density, reduced.std)
                truth = material.target[np.isin(material.r, r)]
                for label, frame in {"g": from_scan, "g of the true S": from_truth}.items():
                    row[label] = np.abs(InversionRegressor().fit(frame).predict(frame) - truth).mean()
    return row | {"ratio of g": row["g"] / row["g of the true S"]}


def mistaken(mistake: str, tube: str) -> dict[str, object]:
    """Return the errors of S that a wrong assumption about a scan of silica causes, and the warnings."""
    counting, density, background = MISTAKES[mistake]
    material, counted = load_material("silica", weighting="x-ray"), scan("silica", tube, **counting)
    X = intensity_frame(material.r[material.r < R.stop], counted.two_theta, counted.intensity)
    reduction = Reduction(
        material.formula,
        number_density=density * material.number_density,
        wavelength=TUBES[tube],
        background=background * counted.background,
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        [reduced] = reduction.fit(X).decompose(X)
    compared = reduced.q >= FIRST_Q
    error = np.abs(1 + reduced.s_r / reduced.q - np.interp(reduced.q, counted.q, counted.S))[compared]
    row = {"mistake": mistake, "tube": tube, "mean": error.mean(), "max": error.max()}
    return row | {
        "background_scale": reduced.background_scale,
        "warning": " ".join(str(each.message) for each in caught),
    }


def figure_of(table: pd.DataFrame) -> plt.Figure:
    """Draw the error of S by each normalization, a line for each scan, and the ratio of the errors of g."""
    table = table.groupby(["material", "half", "tube"], as_index=False).mean(numeric_only=True)
    table = table.sort_values(["tube", "half", "material"], ascending=[False, False, False])
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 0.21 * len(table) + 1.3), sharey=True, width_ratios=[2, 1])
    at = np.arange(len(table))
    marks = {
        "integral": ("s", COLORS["more"], "integral (glassure)"),
        "high-q": ("D", COLORS["others"], "limit at large q"),
        "evidence": ("o", COLORS["ours"], "Reduction"),
    }
    left.plot(table["noise mean"], at, "|", color="black", ms=9, label="counting noise alone")
    for name, (marker, color, label) in marks.items():
        left.plot(table[f"{name} mean"], at, marker, color=color, ms=5, label=label)
    left.set_xscale("log")
    left.set_xlabel(f"mean error of S, q ≥ {FIRST_Q:g} Å⁻¹")
    names = table["material"] + ", " + table["tube"] + np.where(table["half"] == "test", "", " *")
    left.set_yticks(at, names, fontsize=8)
    left.set_ylim(-0.7, len(table) - 0.3)
    left.set_title("*: development half", loc="right", fontsize=8)
    right.plot(table["ratio of g"], at, "o", color=COLORS["ours"], ms=5)
    right.axvline(1, color="grey", lw=0.8)
    right.axvline(1.3, color="grey", lw=0.8, ls=":")
    right.set_xlabel("error of g(r) from the scan,\nover that from the true S")
    for panel in (left, right):
        panel.grid(axis="x")
    figure.legend(loc="outside upper center", ncols=4)
    return figure


@benchmark(
    option("--materials", nargs="+", metavar="NAME", default=list_materials(), help="default: all"),
    option("--tubes", nargs="+", choices=list(TUBES), default=list(TUBES)),
    option("--seeds", type=int, default=2, help="scans of each (default: %(default)s)"),
    N_JOBS,
    digits=5,
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    tasks = list(product(options.materials, options.tubes, range(options.seeds)))
    jobs = (delayed(row_of)(*task) for task in tasks)
    table = pd.DataFrame(list(track(Parallel(options.n_jobs, return_as="generator")(jobs), len(tasks), "scans")))
    columns = ["evidence mean", "integral mean", "high-q mean", "noise mean", "evidence within", "ratio of g"]
    print_frame(table.groupby(["half", "tube"])[columns].median().reset_index().round(4), "Medians")
    yield "reduction.csv", table
    yield "reduction.png", figure_of(table)
    mistakes = pd.DataFrame([mistaken(*case) for case in product(MISTAKES, options.tubes)])
    print_frame(mistakes.assign(warning=mistakes["warning"] != ""), "Mistakes about a scan of silica")
    yield "reduction_mistakes.csv", mistakes


if __name__ == "__main__":
    main()
