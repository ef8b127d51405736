"""The protocol of the benchmarks: random rows for training, and scores of a model.

Every model is fitted on the same drawn rows and scored on three sets: the drawn rows (Table 4 of the paper), all rows
(Table 5) and the remaining rows, which measure generalization. A peak's error is that at the highest row of the set
within the peak's window. A set without such a row has no error of that peak, and means exclude it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning
from sklearn_wtrdf.benchmarks.runner import Journal, track
from threadpoolctl import threadpool_limits

from sklearn_wtrdf import find_peaks, first_peak_error, peak_windows, second_peak_error
from sklearn_wtrdf.datasets import load_ge_se

METRICS = ["mae", "fpe", "spe"]
ROW_SETS = ["drawn", "all", "left out"]
DRAWS = ["random", "peaks-kept"]
PAPER_BOUNDS = {"a": (0.600, 0.610), "K_f": (0.010, 0.300)}

GE_SE = load_ge_se()
PEAKS = peak_windows(GE_SE.r, GE_SE.target)


class Run(NamedTuple):
    """One fit: a model on one draw of rows."""

    draw: str
    fraction: float
    seed: int
    model: str


def draw_rows(fraction: float, draw: str, seed: int) -> np.ndarray:
    """Return the training rows, a random fraction of all; with "peaks-kept" they include the two peak bins."""
    n_rows = GE_SE.r.size
    peaks = find_peaks(GE_SE.r, GE_SE.target) if draw == "peaks-kept" else np.array([], dtype=int)
    others = np.setdiff1d(np.arange(n_rows), peaks)
    drawn = np.random.default_rng(seed).choice(others, round(fraction * n_rows) - peaks.size, replace=False)
    return np.sort(np.concatenate([peaks, drawn]))


def scores(prediction: np.ndarray, rows: np.ndarray) -> dict[str, float]:
    """Return MAE, FPE and SPE on rows of the binary; NaN if the rows contain no point of the peak."""
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


def evaluate(run: Run, estimator) -> dict[str, list]:
    """Fit on the drawn rows and return the scores on each set of rows, and the prediction at all rows."""
    X, y = GE_SE.data[["r"]], GE_SE.target
    drawn = draw_rows(run.fraction, run.draw, run.seed)
    # Small matrices do not gain from threads.
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)  # kernel scales at the bounds of their range
        # Random draws may miss peaks, in all their rows or in those of a fold.
        warnings.filterwarnings("ignore", "peaks: no row lies in the window")
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        warnings.filterwarnings("ignore", "One or more of the test scores are non-finite")
        model = seeded(estimator, run.seed).fit(X.iloc[drawn], y[drawn])
        prediction = model.predict(X)
    sets = [drawn, np.arange(y.size), np.setdiff1d(np.arange(y.size), drawn)]
    of_fit = {"n_parameters": n_parameters(model), "choice": choice_of(model)}
    table = [{"rows": name} | scores(prediction, rows) | of_fit for name, rows in zip(ROW_SETS, sets, strict=True)]
    return {"scores": table, "prediction": prediction.tolist()}


def held(params: dict[str, float]) -> dict[str, tuple[float, float]]:
    """Return bounds that fix every parameter at its value."""
    return {name: (value, value) for name, value in params.items()}


def seeded(estimator, seed: int):
    """Return an unfitted copy with all random states set to the seed."""
    model = clone(estimator)
    states = [name for name in model.get_params() if name.split("__")[-1] == "random_state"]
    return model.set_params(**dict.fromkeys(states, seed))


def n_parameters(model) -> float:
    """Return the number of trained parameters; NaN for models that store the data instead."""
    model = getattr(model, "best_estimator_", model)
    if hasattr(model, "params_"):
        return len(model.params_)
    return getattr(model, "n_parameters_", np.nan)


def choice_of(model) -> str | None:
    """Return the settings that a grid search has chosen, as text; None for models without a search."""
    if not hasattr(model, "best_params_"):
        return None
    return ", ".join(f"{name}={value}" for name, value in sorted(model.best_params_.items()))


def evaluate_all(
    models: dict[str, Callable], runs: list[Run], n_jobs: int, journal: Journal
) -> tuple[pd.DataFrame, dict[Run, np.ndarray]]:
    """Evaluate the runs that are not in the journal, in parallel, and return scores and curves of all runs."""
    done = {run: value for run, value in journal.finished(Run) if run in set(runs)}
    # Runs of the same model, seed and rows have the same result.
    alike: dict[tuple, list[Run]] = {}
    for run in runs:
        if run not in done:
            alike.setdefault((run.model, run.seed, tuple(draw_rows(run.fraction, run.draw, run.seed))), []).append(run)
    jobs = (delayed(_evaluate_first)(same, models[same[0].model]) for same in alike.values())
    total = sum(map(len, alike.values())) + len(done)
    with journal, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "A worker stopped")  # joblib restarts workers that use much memory
        results = Parallel(n_jobs, return_as="generator_unordered")(jobs)
        finished = ((run, value) for same, value in results for run in same)
        for run, value in track(finished, total, "fits", done=len(done)):
            journal.write(run, value)
            done[run] = value
    table = pd.DataFrame([run._asdict() | row for run in runs for row in done[run]["scores"]])
    table = table.sort_values([*Run._fields, "rows"], ignore_index=True)
    return table, {run: np.array(done[run]["prediction"]) for run in runs}


def _evaluate_first(same: list[Run], estimator) -> tuple[list[Run], dict[str, list]]:
    return same, evaluate(same[0], estimator)


def summarize(results: pd.DataFrame) -> pd.DataFrame:
    """Return mean, standard deviation and number of seeds of each metric, one row for each."""
    long = results.melt(["draw", "fraction", "seed", "model", "rows"], METRICS, var_name="metric", value_name="error")
    groups = long.groupby(["draw", "fraction", "model", "rows", "metric"], sort=False)["error"]
    return groups.agg(mean="mean", std="std", n_seeds="count").reset_index()


def paper_table(number: int) -> pd.DataFrame:
    """Return a table of the paper: fraction, model, mae, fpe, spe."""
    tables = pd.read_csv(Path(__file__).parent / "paper.csv")
    return tables[tables["table"] == number].drop(columns="table")
