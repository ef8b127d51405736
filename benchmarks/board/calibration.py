"""How often a wrong q of one of several patterns is reported, how well its factor is estimated, and what it does to g.

    python benchmarks/board/calibration.py                     # about half an hour on one core
    python benchmarks/board/calibration.py --half development

The patterns are those of partials.py: X-rays and neutrons, and these with an isotope substitution. The q of the last
one is multiplied by a factor. The limit of the warning was chosen so that no right patterns are reported. Writes
calibration.csv: for each set of patterns the true and the estimated factor, the gain of the log evidence by undoing it,
whether it was reported, whether the pattern was reported as contradictory instead, and the mean error of all pair
functions.
"""

from __future__ import annotations

import os
import warnings
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace

os.environ.setdefault("OMP_NUM_THREADS", "1")  # of each process: small matrices gain nothing from more

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn_wtrdf.benchmarks.board.partials import CONDITIONS, MATERIALS, load, patterns_of
from sklearn_wtrdf.benchmarks.runner import N_JOBS, Content, benchmark, option, print_frame, track

from sklearn_wtrdf import PartialsRegressor
from sklearn_wtrdf.partials.alternatives import LIMITS, Alternatives

FACTORS = 0.98, 0.99, 0.995, 1.0, 1.01
USED = "q8", "q17", "q17-n3", "q17-all"  # conditions of partials.py
CONTRADICTIONS = "seems to be wrong by a factor", "has a systematic error of S"
KEYS = ["material", "half", "data", "condition", "factor"]
SEED = 0  # of the noise


def measure(name: str, data: str, condition: str, factor: float) -> dict[str, object]:
    """Return whether a wrong q of the last pattern is reported, with its estimate and the error of g."""
    material, (q_max, noise, errors, _) = load(name), CONDITIONS[condition]
    patterns = patterns_of(material, data, q_max, noise, SEED, errors)
    last = patterns[data[-1]]
    patterns[data[-1]] = replace(last, q=factor * last.q, s_r=factor * last.s_r)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = PartialsRegressor(material.formula).fit(patterns)
    messages = [str(warning.message) for warning in caught]
    g = model.predict_partials(material.r)
    is_contradictory = any(text in message for message in messages for text in CONTRADICTIONS)
    stretch = Alternatives(
        model.modes_[0], model.measurements_, model.number_density_, model.fitted_r_max_, systematic_errors=True
    ).stretch()
    return dict(zip(KEYS, (name, material.half, data, condition, factor), strict=True)) | {
        "pattern": stretch.name,
        "estimate": 1 / stretch.factor,
        "gain": stretch.gain,
        "is_reported": stretch.gain > LIMITS.of_stretch and not is_contradictory,
        "is_contradictory": is_contradictory,
        "mae": np.abs(g - material.g).mean(),
    }


def summary_of(results: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each half and factor: reports, the right pattern among them, and ratios of errors to factor 1.

    Of two patterns, the last one is always named.
    """
    right = results[results["factor"] == 1].set_index(KEYS[:-1])["mae"]
    ratio = results["mae"].to_numpy() / right.loc[pd.MultiIndex.from_frame(results[KEYS[:-1]])].to_numpy()
    is_last = results["is_reported"] & (results["pattern"] == results["data"].str[-1])
    off = (results["estimate"] - results["factor"]).abs().where(is_last)
    rows = results.assign(ratio=ratio, is_last=is_last, off=off).groupby(["half", "factor"])
    return rows.agg(
        patterns=("mae", "size"),
        reported=("is_reported", "sum"),
        contradictory=("is_contradictory", "sum"),
        right_pattern=("is_last", "sum"),
        error_of_factor=("off", "median"),
        error_of_g=("ratio", "median"),
        largest_error_of_g=("ratio", "max"),
    ).reset_index()


@benchmark(
    option("--materials", nargs="+", choices=sorted(MATERIALS), default=sorted(MATERIALS), help="(default: all)"),
    option("--half", choices=["development", "test"], default=None, help="of the materials (default: both)"),
    N_JOBS,
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    runs = [
        (name, data, condition, factor)
        for name in options.materials
        if options.half in (None, load(name).half)
        for data in ("xn", "xni")
        for condition in USED
        for factor in FACTORS
    ]
    jobs = (delayed(measure)(*run) for run in runs)
    results = pd.DataFrame(track(Parallel(options.n_jobs, return_as="generator")(jobs), len(runs), "fits"))
    print_frame(summary_of(results), "Factors of q of one of several patterns")
    yield "calibration.csv", results.sort_values(KEYS, kind="stable")


if __name__ == "__main__":
    main()
