"""How fast is the inversion? One S_R beside bare non-negative least squares, and a thousand in parallel.

    python benchmarks/inversion_speed.py

The bare solve is scipy's nnls on the same prior and data, stacked: (148 + unknowns) × unknowns, with the amplitude and
noise already known, which the inversion has to find. Methods take turns in one process; medians and ratios are
reported. Writes inversion_speed.csv.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from protocol import RESULTS, print_frame, write_whole
from scipy.optimize import nnls
from speed import seconds, take_turns

from sklearn_wtrdf import InversionRegressor
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.inversion import Inversion


def bare(inversion: Inversion, s_r: np.ndarray, density: float) -> Callable[[], object]:
    """Return the stacked non-negative least squares of one S_R."""
    solution = inversion.solve(s_r, density)
    transform = density * inversion.transform
    whiten = np.linalg.inv(np.linalg.cholesky(inversion.covariance)) / solution.amplitude
    target = (s_r - density * inversion.expected + transform.sum(axis=1)) / solution.noise
    matrix = np.vstack([transform / solution.noise, whiten])
    return lambda: nnls(matrix, np.concatenate([target, whiten.sum(axis=1)]), maxiter=20 * inversion.r.size)


def predictions(n_repeats: int) -> pd.DataFrame:
    """Time one prediction with and without a reference, of a fitted model, beside the bare solve."""
    binary, glass = load_ag_ge_se(0), load_ag_ge_se(15)
    beside = InversionRegressor().fit(binary.data, binary.target)
    free = InversionRegressor(reference=False).fit(binary.data, binary.target)
    inversion = Inversion(glass.q, r_min=2.0, r_max=20.0)
    n = inversion.r.size
    functions = {
        f"bare nnls, {148 + n} × {n}": bare(inversion, glass.s_r, glass.number_density),
        "predict, no reference": lambda: free.predict(glass.data),
        "predict, reference": lambda: beside.predict(glass.data),
    }
    times = take_turns(functions, n_repeats, "predictions")
    first = next(iter(times.values()))
    rows = [(name, 1, np.median(time), np.median(time / first)) for name, time in times.items()]
    return pd.DataFrame(rows, columns=["method", "patterns", "seconds", "ratio"])


def in_bulk(n_patterns: int) -> pd.DataFrame:
    """Time a thousand patterns on one and two processes; the ratio is over one process."""
    glass = load_ag_ge_se(0)
    patterns = glass.s_r + 0.02 * np.random.default_rng(0).normal(size=(n_patterns, glass.q.size))
    rows = []
    for name, model in (("reference", InversionRegressor()), ("no reference", InversionRegressor(reference=False))):
        model.fit(glass.data, glass.target)

        def run(n_jobs: int, model: InversionRegressor = model) -> None:
            model.reconstruct(glass.r, patterns, glass.number_density, n_jobs=n_jobs, verbose=True)

        times = {n_jobs: seconds(lambda n_jobs=n_jobs, run=run: run(n_jobs)) for n_jobs in (1, 2)}
        rows += [(f"{name}, {n_jobs} jobs", n_patterns, time, time / times[1]) for n_jobs, time in times.items()]
    return pd.DataFrame(rows, columns=["method", "patterns", "seconds", "ratio"])


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=25, help="of one prediction (default: %(default)s)")
    parser.add_argument("--patterns", type=int, default=1000, help="in bulk (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results (default: %(default)s)")
    options = parser.parse_args()
    table = pd.concat([predictions(options.repeats), in_bulk(options.patterns)], ignore_index=True)
    print_frame(table, "Medians; ratio over the bare nnls, or over one process")
    write_whole(options.out / "inversion_speed.csv", lambda path: table.to_csv(path, index=False, float_format="%.4g"))


if __name__ == "__main__":
    main()
