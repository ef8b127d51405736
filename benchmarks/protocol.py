"""The protocol that the benchmarks share: which rows are drawn, how a model is scored, how results are kept.

Every model is fitted on the same drawn rows and scored on three sets: the drawn rows (Table 4 of the paper), all rows
(Table 5) and the rows left out, which is the honest one. A peak's error is taken at the highest row of the set inside
the peak's window; a set without such a row has none, and the means leave it out.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning
from threadpoolctl import threadpool_limits

from sklearn_wtrdf import find_peaks, first_peak_error, peak_windows, second_peak_error
from sklearn_wtrdf.datasets import load_ge_se
from sklearn_wtrdf.files import written_whole

RESULTS = Path(__file__).parent / "results"
METRICS = ["mae", "fpe", "spe"]
ROW_SETS = ["drawn", "all", "left out"]
DRAWS = ["random", "peaks-kept"]
PAPER_BOUNDS = {"a": (0.600, 0.610), "K_f": (0.010, 0.300)}

GE_SE = load_ge_se()
PEAKS = peak_windows(GE_SE.r, GE_SE.target)


@dataclass(frozen=True)
class Run:
    """One fit: a model on one draw of rows."""

    draw: str
    fraction: float
    seed: int
    model: str


def draw_rows(fraction: float, draw: str, seed: int) -> np.ndarray:
    """Return the training rows: a fraction of all, drawn uniformly, or beside the two peak bins."""
    n_rows = GE_SE.r.size
    kept = find_peaks(GE_SE.r, GE_SE.target) if draw == "peaks-kept" else np.array([], dtype=int)
    others = np.setdiff1d(np.arange(n_rows), kept)
    drawn = np.random.default_rng(seed).choice(others, round(fraction * n_rows) - kept.size, replace=False)
    return np.sort(np.concatenate([kept, drawn]))


def scores(prediction: np.ndarray, rows: np.ndarray) -> dict[str, float]:
    """Return MAE, FPE and SPE on some rows of the binary; NaN where the rows hold none to score."""
    if rows.size == 0:
        return dict.fromkeys(METRICS, np.nan)
    r, y, prediction = GE_SE.r[rows], GE_SE.target[rows], prediction[rows]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        return {
            "mae": float(np.abs(y - prediction).mean()),
            "fpe": first_peak_error(y, prediction, r=r, peaks=PEAKS),
            "spe": second_peak_error(y, prediction, r=r, peaks=PEAKS),
        }


def evaluate(run: Run, estimator) -> tuple[pd.DataFrame, np.ndarray]:
    """Fit on the drawn rows and return the scores on each set of rows, and the prediction at all rows."""
    X, y = GE_SE.data[["r"]], GE_SE.target
    drawn = draw_rows(run.fraction, run.draw, run.seed)
    # Threads of small matrix products hinder each other more than they help.
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)  # kernel scales at the end of their range
        warnings.filterwarnings("ignore", "peaks: no row lies in the window")  # that is what random draws are for
        model = seeded(estimator, run.seed).fit(X.iloc[drawn], y[drawn])
        prediction = model.predict(X)
    sets = [drawn, np.arange(y.size), np.setdiff1d(np.arange(y.size), drawn)]
    size = {"n_parameters": n_parameters(model)}
    table = [
        vars(run) | {"rows": name} | scores(prediction, rows) | size for name, rows in zip(ROW_SETS, sets, strict=True)
    ]
    return pd.DataFrame(table), prediction


def held(params: dict[str, float]) -> dict[str, tuple[float, float]]:
    """Return bounds that hold every parameter, so that a fit trains nothing."""
    return {name: (value, value) for name, value in params.items()}


def seeded(estimator, seed: int):
    """Return a fresh copy whose every random state is the seed."""
    model = clone(estimator)
    states = [name for name in model.get_params() if name.split("__")[-1] == "random_state"]
    return model.set_params(**dict.fromkeys(states, seed))


def n_parameters(model) -> float:
    """Return how many parameters a fitted model has trained; NaN for those that keep the data instead."""
    model = getattr(model, "best_estimator_", model)
    if hasattr(model, "params_"):
        return len(model.params_)
    return getattr(model, "n_parameters_", np.nan)


def evaluate_all(
    models: dict[str, Callable], runs: list[Run], n_jobs: int
) -> tuple[pd.DataFrame, dict[Run, np.ndarray]]:
    """Evaluate every run in parallel, with a progress bar."""
    jobs = (delayed(_evaluate_named)(run, models[run.model]) for run in runs)
    tables, predictions = [], {}
    for run, table, prediction in track(Parallel(n_jobs, return_as="generator_unordered")(jobs), len(runs), "fits"):
        tables.append(table)
        predictions[run] = prediction
    return pd.concat(tables).sort_values([*Run.__annotations__, "rows"], ignore_index=True), predictions


def _evaluate_named(run: Run, estimator) -> tuple[Run, pd.DataFrame, np.ndarray]:
    return run, *evaluate(run, estimator)


def summarize(results: pd.DataFrame) -> pd.DataFrame:
    """Return mean, standard deviation and number of seeds of each metric, one row for each."""
    long = results.melt(["draw", "fraction", "seed", "model", "rows"], METRICS, var_name="metric", value_name="error")
    groups = long.groupby(["draw", "fraction", "model", "rows", "metric"], sort=False)["error"]
    return groups.agg(mean="mean", std="std", n_seeds="count").reset_index()


def paper_table(number: int) -> pd.DataFrame:
    """Return a table of the paper: fraction, model, mae, fpe, spe."""
    tables = pd.read_csv(Path(__file__).parent / "paper.csv")
    return tables[tables["table"] == number].drop(columns="table")


def track(results: Iterator, total: int, what: str) -> Iterator:
    """Yield the results with a progress bar."""
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()]
    with Progress(*columns) as progress:
        yield from progress.track(results, total=total, description=what)


def print_frame(frame: pd.DataFrame, title: str) -> None:
    """Print a frame as a table."""
    table = Table(title=title, title_justify="left")
    for column in frame.columns:
        table.add_column(str(column), justify="right")
    for row in frame.itertuples(index=False):
        table.add_row(*(f"{value:.4g}" if isinstance(value, float) else str(value) for value in row))
    console = Console()
    console.width = max(console.width, 130)
    console.print(table)


def write_whole(path: Path, write: Callable[[str], None]) -> None:
    """Write a file under a temporary name and rename it, so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path, overwrite=True) as temporary:
        write(str(temporary))
