"""Time of the inversion compared with other methods, and growth of time and memory with the number of points.

    python benchmarks/speed/inversion_speed.py

Methods take turns in one process on the same simulated S_R of 148 points, on one thread; medians and ratios to the
plain Fourier transform are reported. The baseline is scikit-learn's Gaussian process on S(q), which has three
hyperparameters and no prior of g. Then S_R of 100 to 3,000 points, up to q = 8 and 20 Å⁻¹, is solved, each in a
separate process. Writes inversion_speed.csv, inversion_growth.csv and inversion_growth.png.
"""

from __future__ import annotations

import multiprocessing
import time
import tracemalloc
import warnings
from argparse import Namespace
from collections.abc import Callable, Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn_wtrdf.benchmarks.board.methods import load_method
from sklearn_wtrdf.benchmarks.runner import WIDTH, Content, benchmark, option, print_frame, track
from sklearn_wtrdf.benchmarks.speed.speed import take_turns
from threadpoolctl import threadpool_limits

from sklearn_wtrdf import FourierRegressor, InversionRegressor, scattering_frame
from sklearn_wtrdf.datasets import load_ag_ge_se, load_material
from sklearn_wtrdf.inversion import Evidence
from sklearn_wtrdf.plotting.style import COLORS

NOISE = 0.01  # of S
POINTS = [100, 200, 400, 800, 1500, 3000]


def functions_of(n_calls: int) -> dict[str, Callable[[], object]]:
    """Return the timed functions by name; each call predicts from an S_R that the model has not seen."""
    binary, glass = load_ag_ge_se(0), load_ag_ge_se(15)
    random = np.random.default_rng(0)

    def noisy(data: pd.DataFrame, n: int) -> list[pd.DataFrame]:
        columns = data.columns.str.startswith("S_R")
        frames = []
        for _ in range(n):
            frame = data.copy()
            frame.loc[:, columns] += NOISE * glass.q * random.normal(size=glass.q.size)
            frames.append(frame)
        return frames

    [first] = noisy(binary.data, 1)
    # Each is used once, so that no result is cached.
    patterns, series = iter(noisy(glass.data, 6 * n_calls)), iter(noisy(binary.data, 2 * n_calls))
    fourier = FourierRegressor().fit(binary.data, binary.target)
    with_reference = InversionRegressor().fit(binary.data, binary.target)
    free, stored = InversionRegressor().fit(first), InversionRegressor(refit="never").fit(first)
    stored.predict(first, return_std=True)
    gaussian_process = load_method("sklearn_gp").solve

    def by_gaussian_process() -> object:
        s_r = next(patterns).filter(like="S_R").iloc[0].to_numpy()
        return gaussian_process(glass.q, 1 + s_r / glass.q, glass.number_density, glass.r)

    return {
        "plain Fourier transform": lambda: fourier.predict(next(patterns)),
        "scikit-learn's Gaussian process on S(q)": by_gaussian_process,
        "inversion": lambda: free.predict(next(patterns)),
        "inversion, with its band": lambda: free.predict(next(patterns), return_std=True),
        "inversion, refit='never'": lambda: stored.predict(next(series)),
        "inversion, refit='never', with its band": lambda: stored.predict(next(series), return_std=True),
        "inversion with a reference": lambda: with_reference.predict(next(patterns)),
        "inversion with a reference, with its band": lambda: with_reference.predict(next(patterns), return_std=True),
    }


def predictions(n_repeats: int) -> pd.DataFrame:
    """Time one prediction of each kind."""
    times = take_turns(functions_of(n_repeats + 1), n_repeats, "predictions")
    first = next(iter(times.values()))
    rows = [(name, np.median(time), np.median(time / first)) for name, time in times.items()]
    return pd.DataFrame(rows, columns=["method", "seconds", "ratio"])


def timed(function: Callable[..., object], evaluations: list[float], counts: bool) -> Callable[..., object]:
    """Return a function that adds its time, and if required its calls, to the evaluations of the evidence."""

    def timing(*arguments: object) -> object:
        begin = time.process_time()
        result = function(*arguments)
        evaluations[0] += counts
        evaluations[1] += time.process_time() - begin
        return result

    return timing


def grown(size: tuple[int, float]) -> dict[str, float]:
    """Solve one S_R of the given number of points in this process, and return the times and the memory."""
    n_q, q_max = size
    material = load_material("silica", weighting="neutron")
    q = np.linspace(material.q[0], q_max, n_q)
    s_r = q * (np.interp(q, material.q, material.s) - 1)
    s_r += NOISE * q * np.random.default_rng(0).normal(size=n_q)
    X = scattering_frame(np.arange(1.0, 10, 0.02), q, s_r, material.number_density)
    evaluations = [0, 0.0]
    for name in ("state", "gradient", "information"):
        setattr(Evidence, name, timed(getattr(Evidence, name), evaluations, counts=name == "state"))
    begin = time.process_time()
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        model = InversionRegressor().fit(X)
        fitted, (n_evaluations, in_evidence) = time.process_time(), evaluations
        model.predict(X, return_std=True)
        done = time.process_time()
        tracemalloc.start()  # tracing is slow, so memory is measured in a second run
        InversionRegressor().fit(X).predict(X, return_std=True)
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
    return {
        "n_q": n_q,
        "q_max": q_max,
        "search": fitted - begin,
        "of_evidence": in_evidence,
        "n_evaluations": n_evaluations,
        "band": done - fitted,
        "memory": peak,
    }


def growth(points: list[int]) -> pd.DataFrame:
    """Return time and memory for each number of points, each in a separate process."""
    sizes = [(n_q, q_max) for q_max in (8.0, 20.0) for n_q in points]
    context = multiprocessing.get_context("spawn")
    with context.Pool(1, maxtasksperchild=1) as pool:
        return pd.DataFrame(list(track(pool.imap(grown, sizes, chunksize=1), len(sizes), "sizes")))


def figure_of(table: pd.DataFrame) -> plt.Figure:
    """Draw time and memory against the points of q."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.9))
    for (q_max, subset), color in zip(table.groupby("q_max"), (COLORS["ours"], COLORS["more"]), strict=False):
        end = f"q ≤ {q_max:g} Å⁻¹"
        left.plot(subset["n_q"], subset["search"], "o-", color=color, label=f"search of the hyperparameters, {end}")
        left.plot(subset["n_q"], subset["of_evidence"], "--", color=color, label=f"evidence, part of the search, {end}")
        left.plot(subset["n_q"], subset["band"], ":", color=color, label=f"90 % band, {end}")
        right.plot(subset["n_q"], subset["memory"], "o-", color=color)
    left.set(ylabel="CPU time (s)", ylim=(0, 1.1 * table["search"].max()))
    right.set(ylabel="peak memory (MB)", ylim=(0, 1.1 * table["memory"].max()))
    for panel in (left, right):
        panel.set(xscale="log", xlabel="number of q points")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


@benchmark(
    option("--repeats", type=int, default=25, help="of each prediction (default: %(default)s)"),
    option("--points", type=int, nargs="+", default=POINTS, help="of q (default: %(default)s)"),
    figures={"inversion_growth.png": (figure_of, "inversion_growth.csv")},
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        speed = predictions(options.repeats)
    grows = growth(options.points)
    print_frame(speed, "Medians of one prediction; ratio over the plain Fourier transform")
    print_frame(grows, "One S_R by number of points: CPU seconds, and MB in addition to the imports")
    yield "inversion_speed.csv", speed
    yield "inversion_growth.csv", grows


if __name__ == "__main__":
    main()
