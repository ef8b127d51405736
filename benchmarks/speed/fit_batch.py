"""Time of calibrating many models at once: `fit_batch` and `losses` compared with loops.

    python benchmarks/speed/fit_batch.py --fits 1 20 1000 --losses 100000

A bootstrap of the rows of the paper's data is calibrated by Adam as in the paper, with all samples at once, and in a
loop on the CPU, of which 20 fits are timed and compared. Then the loss is computed at many sets of parameters within
20 % of the manual ones, and in a loop over the loss in NumPy. On a CPU times are CPU times on one thread, on a GPU they
are wall-clock times. Writes fit_batch.csv, with the name of the device.
"""

from __future__ import annotations

import platform
import time
import warnings
from argparse import ArgumentError, Namespace
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn_wtrdf.benchmarks.paper.protocol import GE_SE
from sklearn_wtrdf.benchmarks.runner import DEVICE, Content, benchmark, option, print_frame, track

from sklearn_wtrdf import Adam, WTRDFRegressor, losses
from sklearn_wtrdf.wtrdf.wavelet import MANUAL

IN_THE_LOOP = 20  # fits that are timed one by one
LOSSES_IN_THE_LOOP = 200
SPREAD = 0.2  # of the sets of parameters about the manual ones


def name_of(device: str) -> str:
    """Return the name of the device."""
    if device == "cuda":
        return torch.cuda.get_device_name()
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def timed(function: Callable[[], object], device: str) -> tuple[float, object]:
    """Return the time of a call [s], and its result."""
    clock = time.perf_counter if device == "cuda" else time.process_time
    start = clock()
    result = function()
    return clock() - start, result


def bootstrap(n_fits: int, device: str) -> dict[str, float]:
    """Time a bootstrap in a batch and in a loop; return the largest difference of a parameter between them."""
    n_rows = GE_SE.r.size
    counts = np.random.default_rng(0).multinomial(n_rows, np.full(n_rows, 1 / n_rows), size=n_fits)
    subset = counts[:IN_THE_LOOP]
    batch, loop = WTRDFRegressor(solver=Adam(device=device)), WTRDFRegressor(solver=Adam())
    X, y = GE_SE.data, GE_SE.target
    in_batch, models = timed(lambda: batch.fit_batch(X, y, counts), device)
    in_loop, alone = timed(lambda: [WTRDFRegressor(**loop.get_params(deep=False)).fit(X, y, n) for n in subset], device)
    pairs = zip(models, alone, strict=False)
    difference = max(abs(a.params_[name] - b.params_[name]) for a, b in pairs for name in MANUAL)
    return {"seconds_each": in_batch / n_fits, "seconds_in_loop": in_loop / len(subset), "difference": difference}


def many_losses(n_sets: int, device: str) -> dict[str, float]:
    """Time the loss at many sets of parameters, and in a loop over a few; return the largest difference."""
    moved = np.random.default_rng(0).uniform(1 - SPREAD, 1 + SPREAD, (n_sets, len(MANUAL)))
    theta = moved * list(MANUAL.values())
    X, y = GE_SE.data, GE_SE.target
    model = WTRDFRegressor().fit(X, y)
    problem, subset = model.calibration_problem(X, y), theta[:LOSSES_IN_THE_LOOP]
    at_once, ours = timed(lambda: losses(model, X, y, theta, device=device), device)
    in_loop, theirs = timed(lambda: [problem.loss(each) for each in subset], device)
    difference = np.abs(ours[: len(subset)] - theirs).max()
    return {"seconds_each": at_once / n_sets, "seconds_in_loop": in_loop / len(subset), "difference": difference}


@benchmark(
    option("--fits", type=int, nargs="+", default=[1, 20, 1000], help="samples of a bootstrap (default: 1 20 1000)"),
    option("--losses", type=int, default=100_000, help="sets of parameters (default: %(default)s)"),
    DEVICE,
    digits=3,
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    if min(*options.fits, options.losses) < 1:
        raise ArgumentError(None, "--fits and --losses must be at least 1")
    device = "cuda" if options.device != "cpu" and torch.cuda.is_available() else "cpu"
    if options.device == "cuda" != device:
        raise ArgumentError(None, "--device cuda: torch finds no GPU here")
    jobs = [("fits", n, bootstrap) for n in options.fits] + [("losses", options.losses, many_losses)]
    rows = []
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Only .* follows from this g.r.")  # a sample may omit much of g(r)
        bootstrap(1, device)  # initializes torch and the table of J_2
        for what, n, measure in track(iter(jobs), len(jobs), "measurements"):
            rows.append({"what": what, "n": n} | measure(n, device))
    table = pd.DataFrame(rows).assign(device=name_of(device))
    table.insert(4, "ratio", table["seconds_in_loop"] / table["seconds_each"])
    print_frame(table, "Seconds for each, at once and in a loop on the CPU, and the largest difference between them")
    yield "fit_batch.csv", table


if __name__ == "__main__":
    main()
