"""Errors of the models on shrinking fractions of the data: Tables 4 and 5 of the paper, and the remaining rows.

    python benchmarks/ratios.py --fractions 1 0.75 0.5 0.25 --seeds 20 --draw random peaks-kept

The settings of models called tuned are chosen by GridSearchCV on each draw, with three folds of the drawn rows: by the
mean absolute error, or, if the name contains FPE, by the error at the first peak.

Writes ratios.csv (mean and standard deviation over the seeds, with the paper's number), ratios.md (the same as a page),
ratios_seeds.csv (each fit), ratios_pairs.csv (paired comparisons of models on the same draws), ratios_choices.csv (how
often each setting was chosen), ratios_curves.csv (g of the first draw) and, for each kind of draw, figures of the
curves, of the paired comparisons and of the errors against the number of parameters. Each finished fit is stored in
ratios.jsonl, so that an interrupted run continues, and a run with more seeds adds to it.
"""

from __future__ import annotations

from argparse import ArgumentError, ArgumentTypeError, Namespace
from collections.abc import Iterator
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from sklearn_wtrdf.benchmarks.paper.baselines import PchipRegressor, gaussian_process
from sklearn_wtrdf.benchmarks.paper.multiples import color_of, small_multiples
from sklearn_wtrdf.benchmarks.paper.pairs import compare, count
from sklearn_wtrdf.benchmarks.paper.pairs import figure_of as figure_of_pairs
from sklearn_wtrdf.benchmarks.paper.protocol import (
    DRAWS,
    GE_SE,
    METRICS,
    PAPER_BOUNDS,
    PEAKS,
    ROW_SETS,
    Run,
    draw_rows,
    evaluate_all,
    held,
    paper_table,
    summarize,
)
from sklearn_wtrdf.benchmarks.paper.tuning import LSTM_GRID, RBF_GRID, WTRDF_GRID, best_by_first_peak, tuned
from sklearn_wtrdf.benchmarks.runner import (
    DEVICE,
    FRESH,
    N_JOBS,
    WIDTH,
    Content,
    Figures,
    Journal,
    benchmark,
    option,
    print_frame,
    state_of_code,
)

from sklearn_wtrdf import Adam, FourierRegressor, LSTMRegressor, RBFNetRegressor, WTRDFRegressor
from sklearn_wtrdf.utils.parallel import on_cluster
from sklearn_wtrdf.wtrdf.wavelet import MANUAL, PUBLISHED

DENSITY = 0.034  # Å⁻³, of other glasses of this composition; not in the paper
PACKAGES = ("numpy", "scikit-learn", "scipy", "torch")  # finished fits are valid for the same versions of these
# The models whose curves are drawn, in this order.
CURVES_OF = [
    "WT-RDF+",
    "WT-RDF+ (default)",
    "WT-RDF+ (tuned)",
    "RBF network (tuned)",
    "LSTM (whole call)",
    "LSTM (tuned)",
    "PCHIP",
    "Fourier transform",
]
MIN_ERROR = 1e-4  # smaller errors are shown as this
PAPER_TABLE_OF = {"drawn": 4, "all": 5}  # the table of the paper with the errors on each set of rows


def models(device: str) -> dict:
    """Return every model by name, each an estimator of X[["r"]]."""
    data = {"q": GE_SE.q, "s_r": GE_SE.s_r, "peaks": PEAKS}
    paper = {"peak_weight": 1.0, "solver": Adam(device=device)}
    return {
        "WT-RDF": WTRDFRegressor(held(MANUAL), **data),
        "WT-RDF+ (published)": WTRDFRegressor(held(PUBLISHED), **data),
        "WT-RDF+": WTRDFRegressor(PAPER_BOUNDS, **paper, **data),
        "WT-RDF+ (default)": WTRDFRegressor(**data),
        "WT-RDF+ (tuned)": tuned(WTRDFRegressor(**data), WTRDF_GRID),
        "WT-RDF+ (tuned, FPE)": tuned(WTRDFRegressor(**data), WTRDF_GRID, refit=best_by_first_peak),
        "RBF network": RBFNetRegressor(device=device),
        "RBF network (tuned)": tuned(RBFNetRegressor(device=device), RBF_GRID),
        "LSTM (whole call)": LSTMRegressor(reading="sequence", device=device),
        "LSTM": LSTMRegressor(device=device),
        "LSTM (tuned)": tuned(LSTMRegressor(device=device), LSTM_GRID),
        "PCHIP": PchipRegressor(),
        "Gaussian process": gaussian_process(),
        "Fourier transform": FourierRegressor(number_density=DENSITY, q=GE_SE.q, s_r=GE_SE.s_r),
    }


def with_paper(summary: pd.DataFrame) -> pd.DataFrame:
    """Add the paper's number to each of ours, where there is one."""
    tables = [
        paper_table(number).melt(["fraction", "model"], METRICS, "metric", "paper").assign(rows=rows)
        for rows, number in PAPER_TABLE_OF.items()
    ]
    return summary.merge(pd.concat(tables), how="left", on=["fraction", "model", "metric", "rows"])


def choices_of(results: pd.DataFrame) -> pd.DataFrame:
    """Return the number of draws on which each setting was chosen, the most frequent first."""
    fits = results[(results["rows"] == "all") & results["choice"].notna()]
    counts = fits.groupby(["draw", "fraction", "model", "choice"], sort=False).size().reset_index(name="n_seeds")
    order = ["draw", "fraction", "model", "n_seeds", "choice"]
    return counts.sort_values(order, ascending=[True, False, True, False, True], ignore_index=True)


def table_of(summary: pd.DataFrame, draw: str, names: list[str]) -> Table:
    """Return the table of one kind of draw: a line for each fraction and model, with the paper's below it."""
    table = Table(
        title=f"Draw: {draw}. Mean ± standard deviation over the seeds.",
        caption="paper: Table 4 for the drawn rows, Table 5 for all rows. –: no row to score.",
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("data", justify="right")
    table.add_column("model", no_wrap=True)
    for rows in ROW_SETS:
        for metric in METRICS:
            table.add_column(f"{rows}\n{metric.upper()}", justify="right", no_wrap=True)
    cells = summary[summary["draw"] == draw].set_index(["fraction", "model", "rows", "metric"])
    for fraction in sorted(set(summary["fraction"]), reverse=True):
        for i, name in enumerate(names):
            ours = [cells.loc[(fraction, name, rows, metric)] for rows in ROW_SETS for metric in METRICS]
            table.add_row(f"{fraction:.0%}" if i == 0 else "", name, *(_ours(cell) for cell in ours))
            if any(pd.notna(cell["paper"]) for cell in ours):
                theirs = [f"{cell['paper']:.4f}" if pd.notna(cell["paper"]) else "" for cell in ours]
                table.add_row("", "  paper", *theirs, style="dim")
        table.add_section()
    return table


def markdown_of(summary: pd.DataFrame, names: list[str], seeds: int) -> str:
    """Return the tables as a page, with the paper's numbers in brackets."""
    page = [
        "# Errors over shrinking fractions of the data",
        f"Written by `python benchmarks/ratios.py --seeds {seeds}`. Mean ± standard deviation over the seeds; in "
        "brackets the paper's number, from Table 4 for the drawn rows and Table 5 for all rows. –: no row to score.",
    ]
    for draw in summary["draw"].unique():
        page.append(f"## Draw: {draw}")
        for rows in ROW_SETS:
            scored = summary[(summary["draw"] == draw) & (summary["rows"] == rows)]
            text = scored.apply(_ours, axis=1) + scored["paper"].map(lambda x: "" if pd.isna(x) else f" [{x:.4f}]")
            table = scored.assign(text=text).pivot_table("text", ["fraction", "model"], "metric", "first", sort=False)
            order = [(fraction, name) for fraction in sorted(set(scored["fraction"]), reverse=True) for name in names]
            table = table.loc[order, METRICS].reset_index()
            table["fraction"] = table["fraction"].map("{:.0%}".format)
            table.columns = ["data", "model", *(metric.upper() for metric in METRICS)]
            page.append(f"### Scored on: {rows} rows")
            page.append(table.to_markdown(index=False, disable_numparse=True))
    return "\n\n".join(page) + "\n"


def _ours(cell: pd.Series) -> str:
    if cell["n_seeds"] == 0:
        return "–"
    return f"{cell['mean']:.3f} ±{cell['std']:.2f}" if cell["n_seeds"] > 1 else f"{cell['mean']:.3f}"


def curves_of(predictions: dict[Run, np.ndarray]) -> pd.DataFrame:
    """Return g of the first draw by the models whose curves are drawn."""
    tables = [
        pd.DataFrame({"draw": run.draw, "fraction": run.fraction, "model": run.model, "r": GE_SE.r, "g": g})
        for run, g in predictions.items()
        if run.seed == 0 and run.model in CURVES_OF
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["draw", "fraction", "model"])


def figure_of(curves: pd.DataFrame, draw: str) -> plt.Figure | None:
    """Draw the curves of the first draw, a column for each fraction, as the paper's Fig. 6 and 7 do."""
    curves = curves[curves["draw"] == draw].rename(columns={"fraction": "case"})
    if curves.empty:
        return None
    fractions = sorted(curves["case"].unique(), reverse=True)
    drawn = {fraction: draw_rows(fraction, draw, 0) for fraction in fractions}
    titles = {fraction: f"{drawn[fraction].size} rows ({100 * fraction:g} %)" for fraction in fractions}
    truth = dict.fromkeys(fractions, (GE_SE.r, GE_SE.target))
    rows = {fraction: (GE_SE.r[drawn[fraction]], GE_SE.target[drawn[fraction]]) for fraction in fractions}
    names = [name for name in CURVES_OF if name in set(curves["model"])]
    return small_multiples(curves, truth, "reference g(r)", titles, names, rows)


def figure_of_comparisons(pairs: pd.DataFrame, draw: str) -> plt.Figure | None:
    """Draw how many models are significantly better and worse than each model on the rows left out."""
    pairs = pairs[(pairs["draw"] == draw) & (pairs["rows"] == "left out")]
    compared = {*pairs["first"], *pairs["second"]}
    return figure_of_pairs(pairs, [name for name in models("cpu") if name in compared]) if compared else None


def figure_of_parameters(results: pd.DataFrame, draw: str) -> plt.Figure | None:
    """Draw the errors of the models with their numbers of parameters, which the paper's Fig. 10 shows."""
    results = results[(results["draw"] == draw) & results["n_parameters"].notna()]
    if results.empty:
        return None
    fraction = 0.5 if 0.5 in set(results["fraction"]) else results["fraction"].min()
    trainings = {
        ("all", 1.0): "trained and scored on all rows",
        ("left out", fraction): f"trained on {100 * fraction:g} %, scored on the rest",
    }
    labels = {"mae": "mean absolute error of g", "fpe": "error of g at the first peak"}
    figure, panels = plt.subplots(len(trainings), len(labels), figsize=(WIDTH, 6.4), sharex="col", sharey=True)
    names = [name for name in models("cpu") if name in set(results["model"])]
    at, colors = range(len(names)), [color_of(name) for name in names]
    for line, ((rows, fraction), training) in zip(panels, trainings.items(), strict=True):
        groups = results[(results["rows"] == rows) & (results["fraction"] == fraction)].groupby("model")
        for panel, metric in zip(line, labels, strict=True):
            levels = (groups[metric].quantile(level).reindex(names) for level in (0.25, 0.5, 0.75))
            low, median, high = (level.clip(MIN_ERROR) for level in levels)
            panel.hlines(at, low, high, color=colors)
            panel.scatter(median, at, color=colors, zorder=3)
            panel.set_title(training)
            panel.tick_params(axis="y", labelsize=8.5)
            panel.grid()
        sizes = groups["n_parameters"].median().reindex(names)
        beside = line[-1].secondary_yaxis("right")
        beside.set_yticks(at, [f"{size:,.0f}" for size in sizes], fontsize=8.5)
        beside.set_ylabel("number of parameters")
    panels[0, 0].set_yticks(at, names)
    panels[0, 0].invert_yaxis()
    for panel, label in zip(panels[-1], labels.values(), strict=True):
        panel.set(xscale="log", xlim=(MIN_ERROR / 2, 10), xlabel=label)
        panel.set_xticks([1e-4, 1e-2, 1], ["≤ $10^{-4}$", "$10^{-2}$", "1"])
    return figure


def _fraction(text: str) -> float:
    value = float(text)
    if not (0 < value <= 1 and round(value * GE_SE.r.size) >= 5):
        raise ArgumentTypeError(
            f"{text} must be a fraction, in (0, 1], that contains at least 5 of the {GE_SE.r.size} rows"
        )
    return value


FIGURES: Figures = {}
for _draw in DRAWS:
    FIGURES[f"ratios_{_draw}.png"] = (partial(figure_of, draw=_draw), "ratios_curves.csv")
    FIGURES[f"ratios_parameters_{_draw}.png"] = (partial(figure_of_parameters, draw=_draw), "ratios_seeds.csv")
    FIGURES[f"ratios_pairs_{_draw}.png"] = (partial(figure_of_comparisons, draw=_draw), "ratios_pairs.csv")


@benchmark(
    option("--fractions", type=_fraction, nargs="+", default=[1.0, 0.75, 0.5, 0.25]),
    option("--seeds", type=int, default=2, help="draws of rows for each fraction (default: %(default)s)"),
    option("--draw", choices=DRAWS, nargs="+", default=DRAWS, help="default: both"),
    option("--models", nargs="+", metavar="NAME", help="names of models (default: all)"),
    N_JOBS,
    option("--scheduler", metavar="tcp://HOST:PORT", help="a Dask scheduler whose workers do the fits"),
    DEVICE,
    FRESH,
    digits=6,
    figures=FIGURES,
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    if options.seeds < 1:
        raise ArgumentError(None, "--seeds must be at least 1")
    estimators = models(options.device)
    if unknown := set(options.models or ()) - set(estimators):
        raise ArgumentError(None, f"--models: {', '.join(sorted(unknown))} not among {', '.join(estimators)}")
    estimators = {name: model for name, model in estimators.items() if name in (options.models or estimators)}
    runs = [
        Run(draw, fraction, seed, name)
        for draw in options.draw
        for fraction in options.fractions
        for seed in range(options.seeds)
        for name in estimators
    ]
    state = f"{options.device} {state_of_code(PACKAGES, ('',))}"
    journal = Journal(options.out / "ratios.jsonl", lambda run: state, options.fresh)
    with on_cluster(options.scheduler):
        results, predictions = evaluate_all(estimators, runs, options.n_jobs, journal)
    summary = with_paper(summarize(results))
    pairs = compare(results)

    console = Console()
    console.width = max(console.width, 160)
    for draw in options.draw:
        console.print(table_of(summary, draw, list(estimators)))
        for fraction, compared in pairs[(pairs["draw"] == draw) & (pairs["rows"] == "left out")].groupby("fraction"):
            title = f"Left out, {draw}, {fraction:.0%}: models that are worse / better / not significantly different"
            print_frame(count(compared, list(estimators)), title)
    yield "ratios.csv", summary
    yield "ratios_seeds.csv", results
    yield "ratios_pairs.csv", pairs
    yield "ratios_choices.csv", choices_of(results)
    yield "ratios.md", markdown_of(summary, list(estimators), options.seeds)
    yield "ratios_curves.csv", curves_of(predictions)


if __name__ == "__main__":
    main()
