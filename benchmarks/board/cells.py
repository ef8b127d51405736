"""Runs of every method on every measurement, in separate processes, because a method may crash or hang.

A cell is a material in one weighting, a condition and a method. Finished cells are written to a journal, so that an
interrupted run continues where it stopped. An entry is valid as long as code, data and packages are the same.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import TimeoutError, as_completed
from functools import lru_cache
from inspect import signature
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from pebble import ProcessExpired, ProcessPool
from sklearn_wtrdf.benchmarks.board.conditions import CONDITIONS, Measurement, measure, seed_of
from sklearn_wtrdf.benchmarks.board.methods import load_method
from sklearn_wtrdf.benchmarks.board.scans import reduced_scan
from sklearn_wtrdf.benchmarks.board.scores import SCORES, Truth, score, truth_of
from sklearn_wtrdf.benchmarks.runner import Journal, state_of_code, track
from threadpoolctl import threadpool_limits

from sklearn_wtrdf import Pattern
from sklearn_wtrdf.datasets import list_materials, load_material

PACKAGES = ("glassure", "numpy", "pystog", "scikit-learn", "scipy")
KEYS = ["material", "weighting", "half", "condition", "method"]
COLUMNS = [*KEYS, "status", *SCORES, "seconds"]
MAX_ABS = 1e3  # of g; that of liquids and glasses is far below
TIMEOUT = 60.0  # s
PICTURED = ["q8-n1", "q17-n1"]  # conditions whose curves are stored for the figures


class Cell(NamedTuple):
    """One row of the leaderboard; a method is a name or the path of a file."""

    material: str
    weighting: str
    condition: str
    method: str


class Outcome(NamedTuple):
    """The outcome of a cell: "ok", "crash", "timeout" or "invalid" with the reason; scores, time in s, and curve."""

    status: str
    why: str = ""
    scores: dict[str, float] | None = None
    seconds: float = np.nan
    g: list[float] | None = None
    std: list[float] | None = None


def weightings_of(material: str) -> list[str]:
    """Return the weightings in which a material is measured; only one if there is one pair of elements."""
    several = material[:2] != "ag" and load_material(material).partials.shape[1] > 1
    return ["x-ray", "neutron"] if several else ["x-ray"]


def cells_of(
    materials: Sequence[str], conditions: Sequence[str], methods: Sequence[str], first_weighting: bool = False
) -> list[Cell]:
    """Return the cells of a board, conditions outermost.

    Those whose S(q) ends before the condition's q_max are left out, and scans, which are of X-rays, with neutrons.
    """
    patterns = [
        (name, weighting) for name in materials for weighting in weightings_of(name)[: 1 if first_weighting else 2]
    ]
    return [
        Cell(name, weighting, condition, method)
        for condition in conditions
        for name, weighting in patterns
        if CONDITIONS[condition].q_max <= _material(name, weighting)[0].q[-1]
        and (weighting == "x-ray" or not CONDITIONS[condition].tube)
        for method in methods
    ]


@lru_cache(maxsize=64)
def _material(name: str, weighting: str) -> tuple[Pattern, np.ndarray, Truth]:
    material = load_material(name, weighting=weighting)
    truth = truth_of(material.r, material.target, material.target_std, material.number_density)
    return material.pattern, material.s, truth


def measurement_of(cell: Cell) -> tuple[Measurement, Truth]:
    """Return the input of the method of a cell, and the true g(r)."""
    pattern, s, truth = _material(cell.material, cell.weighting)
    condition = CONDITIONS[cell.condition]
    if condition.tube:
        q, s = reduced_scan(cell.material, condition.tube)
        measurement = Measurement(q[q <= condition.q_max], s[q <= condition.q_max], pattern.number_density)
    else:
        seed = seed_of(cell.material, cell.weighting, cell.condition)
        measurement = measure(pattern.q, s, pattern.number_density, condition, seed)
    return measurement._replace(composition=pattern.composition, radiation=pattern.radiation), truth


def run_cell(cell: Cell) -> Outcome:
    """Solve one measurement and score it."""
    outcome = run_method(cell.method, *measurement_of(cell))
    return outcome if cell.condition in PICTURED else outcome._replace(g=None, std=None)


def run_method(name: str, measurement: Measurement, truth: Truth) -> Outcome:
    """Solve a measurement by a method and score it; exceptions and invalid results are outcomes."""
    solve = load_method(name).solve
    q, S, density, *sample = measurement
    # A method is given only the parameters that it has.
    given = dict(zip(("composition", "radiation"), sample, strict=True))
    given = {parameter: given[parameter] for parameter in given.keys() & signature(solve).parameters.keys()}
    begin = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            g, std = solve(q.copy(), S.copy(), density, truth.r.copy(), **given)
        except (Exception, SystemExit) as error:
            return Outcome("crash", f"{type(error).__name__}: {error}")
    seconds = time.perf_counter() - begin
    for what, curve, lowest in (("g", g, -MAX_ABS), ("std", std, 0.0)):
        if curve is None and what == "std":
            continue
        if defect := _defect(curve, truth.r.shape, lowest):
            return Outcome("invalid", f"{what} {defect}")
    g, std = np.asarray(g, dtype=float), None if std is None else np.asarray(std, dtype=float)
    curve = [np.round(values, 4).tolist() if values is not None else None for values in (g, std)]
    return Outcome("ok", "", score(truth, g, std, density), seconds, *curve)


def _defect(curve: object, shape: tuple[int, ...], lowest: float) -> str:
    try:
        curve = np.asarray(curve)
    except ValueError:
        return "is not an array"
    if curve.dtype.kind not in "fiu":
        return f"is not of real numbers but of {curve.dtype}"
    if curve.shape != shape:
        return f"has shape {curve.shape} instead of {shape}"
    if not np.all((curve >= lowest) & (curve <= MAX_ABS)):
        return f"is not finite or beyond {lowest:g} to {MAX_ABS:g}"
    return ""


def _prepare() -> None:
    import scipy.linalg  # noqa: F401, so that its threads are limited, too

    threadpool_limits(1)


def run_all(
    cells: Sequence[Cell], journal: Path, jobs: int, timeout: float = TIMEOUT, fresh: bool = False
) -> dict[Cell, Outcome]:
    """Run the cells that are not in the journal, `jobs` at a time, and return every outcome."""
    states = {}
    for method in dict.fromkeys(cell.method for cell in cells):
        load_method(method)  # a missing package is an error before any work
        states[method] = state_of(method)
    book = Journal(journal, lambda cell: states.get(cell.method, ""), fresh)
    done = {cell: Outcome(*outcome) for cell, outcome in book.finished(Cell)}
    # A cell that was stopped after less than the present time limit is run again.
    done = {
        cell: outcome
        for cell, outcome in done.items()
        if not (outcome.status == "timeout" and outcome.seconds < timeout)
    }
    left = [cell for cell in cells if cell not in done]
    context = multiprocessing.get_context("spawn")
    with book, ProcessPool(jobs, context=context, initializer=_prepare) as pool:
        try:
            scheduled = {pool.schedule(run_cell, [cell], timeout=timeout): cell for cell in left}
            for future in track(as_completed(scheduled), len(cells), "cells", done=len(cells) - len(left)):
                cell = scheduled[future]
                try:
                    outcome = future.result()
                except TimeoutError:
                    outcome = Outcome("timeout", f"longer than {timeout:g} s", seconds=timeout)
                except ProcessExpired as error:
                    outcome = Outcome("crash", f"the process ended with {error.exitcode}")
                done[cell] = outcome
                book.write(cell, outcome)
        except BaseException:
            pool.stop()
            raise
    return {cell: done[cell] for cell in cells}


def state_of(method: str) -> str:
    """Return a digest of what determines the outcomes of a method: code, data, packages, and its file if a user's."""
    digest = hashlib.sha256(state_of_code(PACKAGES, ("materials", "simulated")).encode())
    if method.endswith(".py"):
        digest.update(Path(method).read_bytes())
    return digest.hexdigest()[:16]


def table_of(outcomes: dict[Cell, Outcome]) -> pd.DataFrame:
    """Return the table: a row for each cell."""
    halves = {name: half for half in ("development", "test") for name in list_materials(half)}
    rows = []
    for cell, outcome in outcomes.items():
        names = cell._asdict() | {"method": Path(cell.method).stem, "half": halves[cell.material]}
        rows.append(names | {"status": outcome.status, "seconds": outcome.seconds} | (outcome.scores or {}))
    return pd.DataFrame(rows, columns=COLUMNS)
