"""Transfer of the models to glasses that they were not trained on: six simulated glasses. Fig. 8 and 9 of the paper.

    python benchmarks/paper/transfer.py --noise 0 0.01 0.03 --draws 10

Models trained on the simulated binary Ge25Se75 alone predict the five simulated ternaries Ag_x(Ge25Se75)_(100−x); then
each of the six glasses is predicted by models trained on the other five. S_R determines the X-ray weighted g_x, which
is the main target; g, the kind of target in the paper, is included as well. The noise of each S_R, including the
reference's, is a fraction of its range. The baseline is a copy of the reference. All data are simulated; the paper's
ternary data are not public.

Writes transfer.csv (means over glasses, with the spread over noise draws), transfer_glasses.csv (each glass),
transfer.md (the tables), transfer_curves.csv and figures: transfer_curves.png (Fig. 8), transfer_refitted.png (Fig. 9),
transfer_noise.png.
"""

from __future__ import annotations

import warnings
from argparse import ArgumentError, Namespace
from collections.abc import Iterator
from functools import partial
from itertools import cycle
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn_wtrdf.benchmarks.paper.baselines import CopyReference
from sklearn_wtrdf.benchmarks.paper.multiples import small_multiples
from sklearn_wtrdf.benchmarks.paper.protocol import PAPER_BOUNDS, held
from sklearn_wtrdf.benchmarks.runner import N_JOBS, OF_NOISES, WIDTH, Content, benchmark, option, print_frame, track
from threadpoolctl import threadpool_limits

from sklearn_wtrdf import (
    FourierRegressor,
    InversionRegressor,
    WTRDFRegressor,
    coordination_numbers,
    first_peak_error,
    peak_positions,
    peak_windows,
    second_peak_error,
)
from sklearn_wtrdf.base import predict_with_std
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.scattering.sampling import HALF_WIDTH_90
from sklearn_wtrdf.wtrdf.wavelet import MANUAL, PUBLISHED

CONTENTS = [0, 5, 10, 15, 20, 25]
FIRST_SHELL = (2.08, 3.0)  # Å
SHOULDER = (2.57, 2.71)  # Å, the Ag–Se distance, next to the first peak
METRICS = [
    "mae",
    "fpe",
    "spe",
    "first_position",
    "second_position",
    "coordination",
    "shoulder",
    "coverage_90",
    "peak_coverage_90",
]
COLUMNS = ["MAE", "FPE", "SPE", "1st position", "2nd position", "coordination", "shoulder", "coverage", "peak coverage"]


class Run(NamedTuple):
    """One training: the glasses, the target, q_max and noise of S_R, and the model."""

    training: str
    target: str
    q_max: float
    noise: float
    draw: int
    model: str


def models() -> dict:
    """Return every model by name, each an estimator of a scattering frame."""
    return {
        "copy the reference": CopyReference(),
        "WT-RDF": WTRDFRegressor(held(MANUAL)),
        "WT-RDF+ (published)": WTRDFRegressor(held(PUBLISHED)),
        "WT-RDF+ (paper's bounds)": WTRDFRegressor(PAPER_BOUNDS),
        "WT-RDF+ (default)": WTRDFRegressor(),
        "WT-RDF+ (a in 0.9 to 1.1)": WTRDFRegressor({"a": (0.9, 1.1)}, peak_weight=0),
        "Fourier": FourierRegressor(),
        "Fourier, Lorch": FourierRegressor("lorch"),
        "Fourier, calibrated": FourierRegressor(calibrate=True),
        "inversion, no reference": InversionRegressor(reference=False),
        "inversion": InversionRegressor(),
    }


OF_8 = ("WT-RDF", "WT-RDF+ (published)")  # their parameters are for q ≤ 8 Å⁻¹


def measured(x: int, run: Run) -> tuple[pd.DataFrame, np.ndarray]:
    """Return X with the noise of the run, and y."""
    X, y = load_ag_ge_se(x, target=run.target, q_max=run.q_max, return_X_y=True)
    if run.noise:
        s_r = X.filter(like="S_R").iloc[0].to_numpy()
        random = np.random.default_rng([run.draw, x])
        X = X.copy()
        X.loc[:, X.columns.str.startswith("S_R")] = s_r + run.noise * np.ptp(s_r) * random.normal(size=s_r.size)
    return X, y


def scores(X: pd.DataFrame, y: np.ndarray, g: np.ndarray, binary: np.ndarray) -> dict[str, float]:
    """Return the errors of g, and the ratio of the predicted to the true growth of the shoulder from the binary on."""
    r, density, peaks = X["r"].to_numpy(), X["number_density"].iloc[0], peak_windows(X["r"], y)
    shoulder = (r > SHOULDER[0]) & (r < SHOULDER[1])
    grown = (y - binary)[shoulder].mean()
    positions = np.abs(peak_positions(r, g, peaks) - peak_positions(r, y, peaks))
    shells = [coordination_numbers(r, curve, density, [FIRST_SHELL])[0] for curve in (g, y)]
    return {
        "mae": float(np.abs(y - g).mean()),
        "fpe": first_peak_error(y, g, r=r, peaks=peaks),
        "spe": second_peak_error(y, g, r=r, peaks=peaks),
        "first_position": float(positions[0]),
        "second_position": float(positions[1]),
        "coordination": abs(shells[0] - shells[1]),
        "shoulder": (g - binary)[shoulder].mean() / grown if grown else np.nan,
    }


def evaluate(run: Run) -> tuple[pd.DataFrame, dict[int, np.ndarray]]:
    """Train the model of a run and score it on each glass."""
    _, binary = load_ag_ge_se(0, target=run.target, return_X_y=True)
    glasses = {x: measured(x, run) for x in CONTENTS}
    trainings = {"binary": [(x, [0]) for x in CONTENTS[1:]], "itself": [(x, [x]) for x in CONTENTS]}
    trainings["other five"] = [(x, [other for other in CONTENTS if other != x]) for x in CONTENTS]
    rows, curves, fitted = [], {}, {}
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter(
            "ignore", UserWarning
        )  # about active bounds, and about errors of S_R, which belong to the data
        for x, training in trainings[run.training]:
            if tuple(training) not in fitted:
                X, y = (pd.concat([glasses[i][0] for i in training]), np.concatenate([glasses[i][1] for i in training]))
                fitted[tuple(training)] = clone(models()[run.model]).fit(X, y)
            X, y = glasses[x]
            model = fitted[tuple(training)]
            covered = np.nan
            curves[x], std = predict_with_std(model, X)
            if std is not None and np.isfinite(std).all():
                covered = float((np.abs(curves[x] - y) <= HALF_WIDTH_90 * std).mean())
            rows.append(run._asdict() | {"x": x} | scores(X, y, curves[x], binary))
            rows[-1] |= {"coverage_90": covered, "peak_coverage_90": first_peak_covered(model, X, y)}
    return pd.DataFrame(rows), curves


def first_peak_covered(model, X: pd.DataFrame, y: np.ndarray) -> float:
    """Return whether the inversion's 90 % interval of the first peak's position contains it; NaN for others."""
    if not hasattr(model, "peak_table"):
        return np.nan
    first = model.peak_table(X).iloc[0]
    return float(first["position_low"] <= peak_positions(X["r"], y)[0] <= first["position_high"])


def summarize(results: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of each metric over the glasses, and its 5 to 95 % range over the noise draws."""
    keys = ["training", "target", "q_max", "noise", "model"]
    seen = results.assign(shoulder=results["shoulder"].between(0.5, 1.5).astype(float))
    draws = seen.groupby([*keys, "draw"], sort=False)[METRICS].mean()
    groups = draws.groupby(keys, sort=False)
    table = groups.mean()
    for metric in METRICS[:3]:
        table[f"{metric}_low"], table[f"{metric}_high"] = groups[metric].quantile(0.05), groups[metric].quantile(0.95)
    return table.reset_index().rename(columns={"shoulder": "shoulder_seen"})


def markdown_of(summary: pd.DataFrame, command: str) -> str:
    """Return the tables as a page."""
    page = [
        "# Transfer of the models to other glasses",
        f"Written by `{command}`. **All six glasses are simulated** (data/simulated). Errors are means over the "
        "predicted glasses and over noise draws; positions in Å, coordination numbers within 3 Å in atoms. Shoulder: "
        "the fraction of glasses for which the growth of g next to the first peak (2.57 to 2.71 Å, Ag–Se) is correct "
        f"to within a half. Coverage: the fraction of rows within bands of ±{HALF_WIDTH_90} standard deviations; peak "
        "coverage: the fraction of glasses for which the 90 % interval of the first peak's position contains it.",
    ]
    names = {
        "binary": "Trained on the binary, five ternaries predicted",
        "other five": "Each glass predicted by the other five",
        "itself": "Refitted on each glass itself (in-sample)",
    }
    for training, title in names.items():
        for (target, q_max, noise), subset in summary[summary["training"] == training].groupby(
            ["target", "q_max", "noise"], sort=False
        ):
            page.append(f"## {title}: {target}, q ≤ {q_max:g} Å⁻¹, noise {noise:.0%}")
            table = subset[["model", *METRICS[:6], "shoulder_seen", "coverage_90", "peak_coverage_90"]].copy()
            table.columns = ["model", *COLUMNS]
            page.append(table.to_markdown(index=False, floatfmt=".3f", missingval="–"))
    return "\n\n".join(page) + "\n"


CURVES_OF = {  # the models whose curves are drawn, by their training
    "binary": ["inversion", "copy the reference", "Fourier", "WT-RDF+ (default)", "WT-RDF+ (published)"],
    "itself": ["WT-RDF+ (default)", "WT-RDF+ (paper's bounds)", "WT-RDF"],
}


def curves_of(curves: dict[Run, dict[int, np.ndarray]], noise: float) -> pd.DataFrame:
    """Return the curves that the figures show: g of the first draw at the given noise, and refitted without noise."""
    tables = []
    for training, names in CURVES_OF.items():
        for name in names:
            run = Run(training, "g_x", 8.0, noise if training == "binary" else 0.0, 0, name)
            for x, g in curves.get(run, {}).items():
                about = {"training": training, "model": name, "x": x}
                tables.append(pd.DataFrame(about | {"r": load_ag_ge_se(x).r, "g": g}))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({"training": []})


def figure_of_curves(curves: pd.DataFrame, training: str) -> plt.Figure | None:
    """Draw the curves of each model on every predicted glass, as the paper's Fig. 8 and 9 do."""
    curves = curves[curves["training"] == training].rename(columns={"x": "case"})
    if curves.empty:
        return None
    glasses = {x: load_ag_ge_se(int(x)) for x in sorted(curves["case"].unique())}
    truth = {x: (glass.r, glass.target) for x, glass in glasses.items()}
    titles = {x: f"{x} at. % Ag" for x in glasses}
    names = [name for name in CURVES_OF[training] if name in set(curves["model"])]
    return small_multiples(curves, truth, "true g(r) of the simulated glass", titles, names)


def figure_of_noise(summary: pd.DataFrame) -> plt.Figure:
    """Draw the errors of each model at each noise of S_R, for both q_max."""
    subset = summary[(summary["training"] == "binary") & (summary["target"] == "g_x")]
    subset = subset[~subset["model"].isin(("Fourier, Lorch", "WT-RDF"))]
    order = subset[subset["q_max"] == 8].groupby("model")["mae"].mean().sort_values().index
    ends, noises = sorted(subset["q_max"].unique()), sorted(subset["noise"].unique())
    offsets = np.linspace(-0.25, 0.25, len(noises)) if len(noises) > 1 else [0.0]
    size = (WIDTH, 0.8 + 3.4 * len(ends))
    figure, panels = plt.subplots(len(ends), 3, figsize=size, sharex="col", sharey=True, squeeze=False)
    labels = {
        "mae": "mean absolute\nerror of g",
        "fpe": "error of g at\nthe first peak",
        "spe": "error of g at\nthe second peak",
    }
    for line, q_max in zip(panels, ends, strict=True):
        for panel, metric in zip(line, labels, strict=True):
            for noise, offset, (marker, color) in zip(noises, offsets, cycle(OF_NOISES), strict=False):
                shown = subset[(subset["q_max"] == q_max) & (subset["noise"] == noise)]
                at = order.get_indexer(shown["model"]) + offset
                panel.hlines(at, shown[f"{metric}_low"], shown[f"{metric}_high"], color=color, lw=1.2)
                label = f"noise of $S_R$: {100 * noise:g} % of its range"
                panel.plot(shown[metric], at, marker, color=color, ms=4.5, label=label)
            panel.set(xscale="log", title=f"q ≤ {q_max:g} Å⁻¹")
            panel.grid(axis="x")
        for name in order.difference(subset.loc[subset["q_max"] == q_max, "model"]):
            at = {"transform": line[0].get_yaxis_transform(), "ha": "center", "va": "center", "fontsize": "small"}
            line[0].text(0.5, order.get_loc(name), "for q ≤ 8 Å⁻¹ only", **at)
    panels[0, 0].set_yticks(range(len(order)), order)
    panels[0, 0].invert_yaxis()
    for panel, label in zip(panels[-1], labels.values(), strict=True):
        panel.set_xlabel(label)
        low, high = panel.get_xlim()
        ticks = [tick for tick in (0.01, 0.03, 0.1, 0.3, 1) if low < tick < high]
        panel.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        panel.minorticks_off()
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def runs_of(noises: list[float], draws: int) -> list[Run]:
    """Return every training."""
    runs = [
        Run("binary", target, q_max, noise, draw, name)
        for target in ("g_x", "g")
        for q_max in (8.0, 17.0)
        for noise in noises
        for draw in range(draws if noise else 1)
        for name in models()
        if q_max == 8 or name not in OF_8
    ]
    runs += [Run("other five", "g_x", 8.0, noise, 0, name) for noise in noises[:1] for name in models()]
    return runs + [Run("itself", "g_x", 8.0, 0.0, 0, name) for name in models() if name.startswith("WT-RDF")]


@benchmark(
    option(
        "--noise",
        type=float,
        nargs="+",
        default=[0.0, 0.01, 0.03],
        help="standard deviation over the range of S_R (default: 0 0.01 0.03)",
    ),
    option("--draws", type=int, default=10, help="noise draws (default: %(default)s)"),
    option("--models", nargs="+", metavar="NAME", help="names of models (default: all)"),
    N_JOBS,
    digits=5,
    figures={
        "transfer_noise.png": (figure_of_noise, "transfer.csv"),
        "transfer_curves.png": (partial(figure_of_curves, training="binary"), "transfer_curves.csv"),
        "transfer_refitted.png": (partial(figure_of_curves, training="itself"), "transfer_curves.csv"),
    },
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    if unknown := set(options.models or ()) - set(models()):
        raise ArgumentError(None, f"--models: {', '.join(sorted(unknown))} not among {', '.join(models())}")
    runs = [run for run in runs_of(options.noise, options.draws) if run.model in (options.models or models())]
    done = Parallel(options.n_jobs, return_as="generator")(delayed(evaluate)(run) for run in runs)
    tables, of_runs = zip(*track(done, len(runs), "trainings"), strict=True)
    results, curves = pd.concat(tables, ignore_index=True), dict(zip(runs, of_runs, strict=True))
    summary = summarize(results)
    printed = summary[(summary["training"] == "binary") & (summary["q_max"] == 8) & (summary["target"] == "g_x")]
    columns = ["noise", "model", *METRICS[:6], "shoulder_seen", "coverage_90", "peak_coverage_90"]
    print_frame(printed[columns], "Simulated ternaries by the simulated binary, g_x, q ≤ 8 Å⁻¹")
    yield "transfer.csv", summary
    yield "transfer_glasses.csv", results
    noises = " ".join(f"{noise:g}" for noise in options.noise)
    yield (
        "transfer.md",
        markdown_of(summary, f"python benchmarks/paper/transfer.py --noise {noises} --draws {options.draws}"),
    )

    yield "transfer_curves.csv", curves_of(curves, options.noise[0])


if __name__ == "__main__":
    main()
