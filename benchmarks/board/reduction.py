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
from collections.abc import Iterator, Mapping
from itertools import product
from types import MappingProxyType
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn_wtrdf.benchmarks.board.figures import name_of
from sklearn_wtrdf.benchmarks.board.scans import load_diffractometer
from sklearn_wtrdf.benchmarks.runner import N_JOBS, WIDTH, Content, benchmark, option, print_frame, track

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


class Mistake(NamedTuple):
    """A wrong assumption about a scan, or a wrong scan."""

    simulation: Mapping[str, float] = MappingProxyType({})  # changed settings of the diffractometer
    density: float = 1.0  # given, over the true one
    background: float = 1.0  # counting time, over that of the sample
    subtracted: float = 0.0  # fraction of the background that is missing from the counts
    zero: float = 0.0  # degrees that are added to 2θ


MISTAKES = {
    "none": Mistake(),
    "density 10 % too high": Mistake(density=1.1),
    "density 10 % too low": Mistake(density=0.9),
    "density ten times too high": Mistake(density=10.0),
    "background counted twice as long": Mistake(background=2.0),
    "background subtracted before": Mistake(subtracted=1.0),
    "2θ 1° too large": Mistake(zero=1.0),
    "2θ 1° too small": Mistake(zero=-1.0),
    "a fifth alike at all angles": Mistake({"fluorescence": 0.2}),
    "a fifth alike at all angles, strong background": Mistake({"fluorescence": 0.2, "background": 0.5}),
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
    made = MISTAKES[mistake]
    material, counted = load_material("silica", weighting="x-ray"), scan("silica", tube, **made.simulation)
    intensity = counted.intensity - made.subtracted * counted.background
    X = intensity_frame(material.r[material.r < R.stop], counted.two_theta + made.zero, intensity)
    reduction = Reduction(
        material.formula,
        number_density=made.density * material.number_density,
        wavelength=TUBES[tube],
        background=made.background * counted.background,
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
    """Draw the error of S by each normalization, a line for each material, and the ratio of the errors of g."""
    means = table.groupby(["half", "material", "tube"]).mean(numeric_only=True).unstack("tube")
    means = means.sort_index(ascending=[False, True])  # the test half first
    tubes = [tube for tube in TUBES if tube in set(table["tube"])]
    size = (WIDTH, 0.22 * len(means) + 1.7)
    figure, panels = plt.subplots(1, len(tubes) + 1, figsize=size, sharey=True)
    at = np.arange(len(means))
    for panel, tube in zip(panels, tubes, strict=False):
        for column, (marker, color, label) in MARKS.items():
            panel.plot(means[column, tube], at, marker, color=COLORS[color], ms=5, label=label)
        panel.set(xscale="log", xlabel=f"mean absolute error\nof S(q), q ≥ {FIRST_Q:g} Å⁻¹", title=f"{tube} Kα")
    for tube, (marker, color) in zip(tubes, (("o", "ours"), ("^", "WT-RDF")), strict=False):
        panels[-1].plot(means["ratio of g", tube], at, marker, color=COLORS[color], ms=5, label=f"{tube} Kα")
    panels[-1].set(xscale="log", xlabel="error of g(r) from counts,\nover that from the true S(q)")
    panels[-1].set_xticks([0.5, 1, 2, 5], ["0.5", "1", "2", "5"])
    panels[-1].minorticks_off()
    panels[-1].axvline(1, color="black", lw=0.8)
    panels[-1].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, columnspacing=1, handletextpad=0)
    halves = means.index.get_level_values("half")
    panels[0].set_yticks(at, map(name_of, means.index.get_level_values("material")), fontsize=8.5)
    panels[0].set_ylim(len(means) - 0.4, -0.6)
    for panel in panels:
        panel.grid(axis="x")
        panel.axhline((halves == "test").sum() - 0.5, color="0.6", lw=0.8)
    beside = {"transform": panels[-1].get_yaxis_transform(), "rotation": 270, "va": "center"}
    for half in halves.unique():
        panels[-1].text(1.03, at[halves == half].mean(), f"{half} half", **beside)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


MARKS = {  # of the errors of S: marker, colour and label
    "noise mean": ("|", "truth", "counting noise alone"),
    "integral mean": ("s", "more", "glassure, integral normalization"),
    "high-q mean": ("D", "others", "glassure, normalization at large q"),
    "evidence mean": ("o", "ours", "Reduction"),
}


@benchmark(
    option("--materials", nargs="+", metavar="NAME", default=list_materials(), help="default: all"),
    option("--tubes", nargs="+", choices=list(TUBES), default=list(TUBES)),
    option("--seeds", type=int, default=2, help="scans of each (default: %(default)s)"),
    N_JOBS,
    digits=5,
    figures={"reduction.png": (figure_of, "reduction.csv")},
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    tasks = list(product(options.materials, options.tubes, range(options.seeds)))
    jobs = (delayed(row_of)(*task) for task in tasks)
    table = pd.DataFrame(list(track(Parallel(options.n_jobs, return_as="generator")(jobs), len(tasks), "scans")))
    columns = ["evidence mean", "integral mean", "high-q mean", "noise mean", "evidence within", "ratio of g"]
    print_frame(table.groupby(["half", "tube"])[columns].median().reset_index().round(4), "Medians")
    yield "reduction.csv", table
    mistakes = pd.DataFrame([mistaken(*case) for case in product(MISTAKES, options.tubes)])
    print_frame(mistakes.assign(warning=mistakes["warning"] != ""), "Mistakes about a scan of silica")
    yield "reduction_mistakes.csv", mistakes


if __name__ == "__main__":
    main()
