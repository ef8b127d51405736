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

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from sklearn_wtrdf.benchmarks.paper.baselines import PchipRegressor, gaussian_process
from sklearn_wtrdf.benchmarks.paper.multiples import small_multiples
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
from sklearn_wtrdf.benchmarks.paper.tuning import LSTM_GRID, RBF_GRID, WTRDF_GRID, least_first_peak_error, tuned
from sklearn_wtrdf.benchmarks.runner import (
    DEVICE,
    FRESH,
    N_JOBS,
    Content,
    Journal,
    benchmark,
    option,
    print_frame,
    state_of_code,
)

from sklearn_wtrdf import Adam, FourierRegressor, LSTMRegressor, RBFNetRegressor, WTRDFRegressor
from sklearn_wtrdf.plotting.style import COLORS
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
        "WT-RDF+ (tuned, FPE)": tuned(WTRDFRegressor(**data), WTRDF_GRID, refit=least_first_peak_error),
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


def figure_of(curves: pd.DataFrame, draw: str) -> plt.Figure:
    """Draw the curves of the first draw, a column for each fraction, as the paper's Fig. 6 and 7 do."""
    curves = curves[curves["draw"] == draw].rename(columns={"fraction": "case"})
    fractions = sorted(curves["case"].unique(), reverse=True)
    drawn = {fraction: draw_rows(fraction, draw, 0) for fraction in fractions}
    titles = {fraction: f"{fraction:.0%} of the rows ({drawn[fraction].size})" for fraction in fractions}
    truth = dict.fromkeys(fractions, (GE_SE.r, GE_SE.target))
    rows = {fraction: (GE_SE.r[drawn[fraction]], GE_SE.target[drawn[fraction]]) for fraction in fractions}
    names = [name for name in CURVES_OF if name in set(curves["model"])]
    colors = {name: COLORS["WT-RDF"] for name in names if name.startswith("WT-RDF")}
    figure = small_multiples(curves, truth, titles, colors, names, rows)
    figure.suptitle("g(r) of each model, of the reference (filled), and of the drawn rows (points)", x=0.01, ha="left")
    return figure


def figure_of_parameters(results: pd.DataFrame, draw: str) -> plt.Figure:
    """Draw the errors of the models in order of their numbers of parameters, which the paper's Fig. 10 shows."""
    fraction = 0.5 if 0.5 in set(results["fraction"]) else results["fraction"].min()
    trainings = {
        ("all", 1.0): "all rows, scored on them",
        ("left out", fraction): f"{fraction:.0%}, scored on the rest",
    }
    titles = {"mae": "mean absolute error", "fpe": "error at the first peak"}
    figure, panels = plt.subplots(len(trainings), len(titles), figsize=(11, 6.4), sharex="col", sharey="row")
    for line, ((rows, fraction), training) in zip(panels, trainings.items(), strict=True):
        scored = results[(results["draw"] == draw) & (results["rows"] == rows) & (results["fraction"] == fraction)]
        groups = scored[scored["n_parameters"].notna()].groupby("model", sort=False)
        sizes = groups["n_parameters"].median().sort_values(kind="stable")
        for panel, (metric, title) in zip(line, titles.items(), strict=True):
            low, median, high = (groups[metric].quantile(level).reindex(sizes.index) for level in (0.25, 0.5, 0.75))
            for at, name in enumerate(sizes.index):
                color = COLORS["WT-RDF"] if name.startswith("WT-RDF") else "0.35"
                panel.plot([low[name], high[name]], [at, at], color=color, lw=1.5)
                panel.plot(median[name], at, "o", color=color, ms=6)
            panel.set_xscale("symlog", linthresh=0.01)
            panel.set_title(f"{title}, trained on {training}")
            panel.grid()
        line[0].set_yticks(range(len(sizes)), [f"{name}, {size:,.0f}" for name, size in sizes.items()], fontsize=8)
        line[0].invert_yaxis()
    for panel in panels[-1]:
        panel.set_xlim(left=-0.001)
        panel.set_xticks([0, 0.01, 0.1, 1], ["0", "0.01", "0.1", "1"])
    figure.supxlabel("median over the draws, and quartiles")
    figure.supylabel("model, and its number of parameters (median)")
    return figure


def _fraction(text: str) -> float:
    value = float(text)
    if not (0 < value <= 1 and round(value * GE_SE.r.size) >= 5):
        raise ArgumentTypeError(
            f"{text} must be a fraction, in (0, 1], that contains at least 5 of the {GE_SE.r.size} rows"
        )
    return value


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
    curves = curves_of(predictions)
    yield "ratios_curves.csv", curves
    for draw in options.draw:
        if (curves["draw"] == draw).any():
            yield f"ratios_{draw}.png", figure_of(curves, draw)
        yield f"ratios_parameters_{draw}.png", figure_of_parameters(results, draw)
        excluded = pairs[(pairs["draw"] == draw) & (pairs["rows"] == "left out")]
        if not excluded.empty:
            yield f"ratios_pairs_{draw}.png", figure_of_pairs(excluded, list(estimators))


if __name__ == "__main__":
    main()
