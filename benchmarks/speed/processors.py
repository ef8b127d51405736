"""Whether the default solver of WT-RDF reaches the same minimum on three kinds of processor.

    python benchmarks/speed/processors.py --problems 500

OpenBLAS has a kernel for each kind of processor, and their results differ in the last bits. Random calibrations are
solved with three kernels: rows drawn from Ge–Se and from the simulated Ag–Ge–Se glasses, and random numbers as in
scikit-learn's checks of estimators; half of each without sample_weight, half with the default bounds. Writes
processors.csv: for each calibration the loss, the number of steps and whether it converged, by kernel.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn_wtrdf.benchmarks.runner import N_JOBS, Content, benchmark, option, print_frame, track

from sklearn_wtrdf.datasets import load_ag_ge_se, load_ge_se
from sklearn_wtrdf.scattering.frame import Scattering, read_scattering
from sklearn_wtrdf.wtrdf.calibration import CalibrationProblem, bounds_array, check_init
from sklearn_wtrdf.wtrdf.solvers import variable_projection

KERNELS = ("Haswell", "SkylakeX", "Zen")  # values of OPENBLAS_CORETYPE
DATA = ("Ge–Se", "Ag–Ge–Se", "random")
SHARES = (0.4, 0.4, 0.2)  # of each in the problems
RANDOM_ONLY = (0.0, 0.0, 1.0)
PEAK_WEIGHTS = (0.5, 0.5, 0.5, 0.0, 0.9, 1.0)
SILVER = (0, 5, 10, 15, 20, 25)  # at. %
CHUNK = 100  # problems for each process, which takes seconds to start
MIN_LOSS = 1e-4  # of the loss of g = 0, the unit of differences of smaller losses


def draw_problem(number: int, shares: tuple[float, ...] = SHARES) -> tuple[CalibrationProblem, dict]:
    """Return a random calibration, with data in these proportions, and its description."""
    rng = np.random.default_rng(number)
    data = str(rng.choice(DATA, p=shares))
    scattering, y = random_numbers(rng) if data == "random" else random_rows(data, rng)
    weight = rng.exponential(size=y.size) if rng.random() < 0.5 else None
    peak_weight = float(rng.choice(PEAK_WEIGHTS))
    bounds = random_bounds(scattering, y, rng) if rng.random() < 0.5 else None
    problem = CalibrationProblem(scattering, y, sample_weight=weight, peak_weight=peak_weight, bounds=bounds)
    description = {"number": number, "data": data, "n_rows": y.size, "sample_weight": weight is not None}
    return problem, description | {"peak_weight": peak_weight, "bounds": " ".join(bounds or {})}


def random_rows(data: str, rng: np.random.Generator) -> tuple[Scattering, np.ndarray]:
    """Return a random fraction of the rows of a glass, from a tenth to all."""
    X, y = load_ge_se(return_X_y=True) if data == "Ge–Se" else load_ag_ge_se(int(rng.choice(SILVER)), return_X_y=True)
    rows = np.sort(rng.choice(y.size, round(y.size * rng.uniform(0.1, 1)), replace=False))
    return read_scattering(X.to_numpy()[rows], list(X.columns)), y[rows]


def random_numbers(rng: np.random.Generator) -> tuple[Scattering, np.ndarray]:
    """Return rows of random numbers, about 0 or about 100, and y of random scale that may depend on r."""
    n_rows, n_features = int(rng.integers(5, 101)), int(rng.choice([2, 2, 3, 3, 5, 10]))
    X = rng.normal(loc=rng.choice([0.0, 100.0]), size=(n_rows, n_features))
    y = [X[:, 0], rng.normal(size=n_rows), rng.integers(3, size=n_rows)][rng.integers(3)]
    return read_scattering(X, q=(0.65, 8.0)), y * 10 ** rng.uniform(-4, 4)


def random_bounds(scattering: Scattering, y: np.ndarray, rng: np.random.Generator) -> dict[str, tuple[float, float]]:
    """Return intervals of random parameters, with random ends or none."""
    free = CalibrationProblem(scattering, y)
    largest = 10 * free.scale_of_lambda
    box = {
        **dict(zip("ab", bounds_array(None, free.r, free.q)[:2], strict=True)),
        "K_f": (-3.0, 3.0),
        "C": (-1.0, 1.0),
        "Lambda": (-largest, largest),
    }
    bounds = {}
    for name, ends in box.items():
        if rng.random() < 0.5:
            low, high = np.sort(rng.uniform(*ends, size=2))
            if name not in "ab" and rng.random() < 0.3:
                low, high = (low, np.inf) if rng.random() < 0.5 else (-np.inf, high)
            bounds[name] = (float(low), float(high))
    return bounds


def solve(number: int, shares: tuple[float, ...] = SHARES) -> dict:
    """Solve one of the calibrations; return its description and its result."""
    problem, description = draw_problem(number, shares)
    result = variable_projection.solve(problem, check_init(None, problem.bounds))
    of_nothing = float(problem.weights @ np.abs(problem.y))
    return description | {
        "loss": result.loss,
        "n_iter": len(result.loss_curve),
        "converged": result.converged,
        "loss of g = 0": of_nothing,
    }


def solve_under(kernel: str, first: int, n_problems: int) -> pd.DataFrame:
    """Solve a range of the calibrations in a separate process with that kernel of OpenBLAS."""
    code = "import sys\nfrom sklearn_wtrdf.benchmarks.speed.processors import answer\nanswer(*map(int, sys.argv[1:]))"
    environment = os.environ | {"OPENBLAS_CORETYPE": kernel, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", code, str(first), str(n_problems)]
    output = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout
    return pd.DataFrame(json.loads(output)).assign(kernel=kernel)


def answer(first: int, n_problems: int) -> None:
    """Print the results of a range of the calibrations, to be read by the parent process."""
    print(json.dumps([solve(number) for number in range(first, first + n_problems)]))


def by_kernel(results: pd.DataFrame) -> pd.DataFrame:
    """Return one line for each calibration, with the results of all kernels and the differences of their losses."""
    measured = ["loss", "n_iter", "converged"]
    what = [name for name in results if name not in (*measured, "kernel", "loss of g = 0")]
    scale = results.groupby("number")["loss of g = 0"].first()
    wide = results.pivot(index="number", columns="kernel", values=measured)
    losses = wide["loss"].astype(float)
    table = results.groupby("number", as_index=False)[what].first()
    for name, kernel in product(measured, KERNELS):
        table[f"{name}, {kernel}"] = wide[name, kernel].astype(results[name].dtype).to_numpy()
    apart = losses.max(axis=1) - losses.min(axis=1)
    table["difference"] = (apart / np.maximum(losses.min(axis=1), MIN_LOSS * scale)).to_numpy()
    return table


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return the number of failures to converge and the differences of losses, by data and use of sample_weight."""
    converged = table[[f"converged, {kernel}" for kernel in KERNELS]].all(axis=1)
    steps = table[[f"n_iter, {kernel}" for kernel in KERNELS]].max(axis=1)
    groups = table.assign(open=~converged, steps=steps, apart=table["difference"] > 1e-8).groupby(
        ["data", "sample_weight"]
    )
    return groups.agg(
        problems=("number", "size"),
        not_converged=("open", "sum"),
        apart=("apart", "sum"),
        largest_difference=("difference", "max"),
        max_steps=("steps", "max"),
    ).reset_index()


@benchmark(
    option("--problems", type=int, default=500, help="calibrations (default: %(default)s)"),
    option("--first", type=int, default=0, help="number, and seed, of the first calibration (default: %(default)s)"),
    N_JOBS,
    digits=12,
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    end = options.first + options.problems
    chunks = [(first, min(CHUNK, end - first)) for first in range(options.first, end, CHUNK)]
    jobs = [delayed(solve_under)(kernel, *chunk) for chunk, kernel in product(chunks, KERNELS)]
    parts = Parallel(options.n_jobs, backend="threading", return_as="generator")(jobs)
    table = by_kernel(pd.concat(list(track(parts, len(jobs), "processes")), ignore_index=True))
    print_frame(summary(table), "Calibrations that did not converge, and relative differences of losses by kernel")
    yield "processors.csv", table


if __name__ == "__main__":
    main()
