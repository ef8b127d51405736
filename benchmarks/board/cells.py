"""Every method on every measurement, each cell by itself in a process that may crash or hang.

A cell is a material in one weighting, a condition and a method. Finished cells are kept in a journal, line by line, so
that an interrupted run goes on where it was; the journal counts only as long as code, data and packages are the same.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import TimeoutError, as_completed
from functools import lru_cache
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

from sklearn_wtrdf.datasets import list_materials, load_material

PACKAGES = ("glassure", "numpy", "pystog", "scikit-learn", "scipy")
KEYS = ["material", "weighting", "half", "condition", "method"]
COLUMNS = [*KEYS, "status", *SCORES, "seconds"]
LARGEST = 1e3  # no g of a liquid or glass comes near it
TIMEOUT = 60.0  # s
PICTURED = ["q8-n1", "q17-n1"]  # conditions whose curves are kept for the pictures


class Cell(NamedTuple):
    """One row of the leaderboard; a method is a name or the path of a file."""

    material: str
    weighting: str
    condition: str
    method: str


class Outcome(NamedTuple):
    """What came of a cell: "ok", or "crash", "hang" or "nonsense" and why; the scores, the time, and the curve."""

    status: str
    why: str = ""
    scores: dict[str, float] | None = None
    seconds: float = np.nan
    g: list[float] | None = None
    std: list[float] | None = None


def weightings_of(material: str) -> list[str]:
    """Return the weightings in which a material is measured: one where they are all the same."""
    several = material[:2] != "ag" and load_material(material).partials.shape[1] > 1
    return ["x-ray", "neutron"] if several else ["x-ray"]


def cells_of(
    materials: Sequence[str], conditions: Sequence[str], methods: Sequence[str], first_weighting: bool = False
) -> list[Cell]:
    """Return the cells of a board, conditions outermost.

    Those whose S(q) ends before the condition does are left out, and scans, which are of X-rays, with other weightings.
    """
    patterns = [
        (name, weighting) for name in materials for weighting in weightings_of(name)[: 1 if first_weighting else 2]
    ]
    return [
        Cell(name, weighting, condition, method)
        for condition in conditions
        for name, weighting in patterns
        if CONDITIONS[condition].q_max <= _material(name, weighting)[0][-1]
        and (weighting == "x-ray" or not CONDITIONS[condition].tube)
        for method in methods
    ]


@lru_cache(maxsize=64)
def _material(name: str, weighting: str) -> tuple[np.ndarray, np.ndarray, float, Truth]:
    material = load_material(name, weighting=weighting)
    truth = truth_of(material.r, material.target, material.target_std, material.number_density)
    return material.q, material.s, material.number_density, truth


def measurement_of(cell: Cell) -> tuple[Measurement, Truth]:
    """Return what the method of a cell is given, and what it should find."""
    q, s, density, truth = _material(cell.material, cell.weighting)
    condition = CONDITIONS[cell.condition]
    if condition.tube:
        q, s = reduced_scan(cell.material, condition.tube)
        inside = q <= condition.q_max
        return Measurement(q[inside], s[inside], density), truth
    return measure(q, s, density, condition, seed_of(cell.material, cell.weighting, cell.condition)), truth


def run_cell(cell: Cell) -> Outcome:
    """Solve one measurement and score it."""
    outcome = run_method(cell.method, *measurement_of(cell))
    return outcome if cell.condition in PICTURED else outcome._replace(g=None, std=None)


def run_method(name: str, measurement: Measurement, truth: Truth) -> Outcome:
    """Solve a measurement by a method and score it; its exceptions and nonsense are outcomes."""
    solve = load_method(name).solve
    q, S, density = measurement
    begin = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            g, std = solve(q.copy(), S.copy(), density, truth.r.copy())
        except (Exception, SystemExit) as error:
            return Outcome("crash", f"{type(error).__name__}: {error}")
    seconds = time.perf_counter() - begin
    for what, curve, lowest in (("g", g, -LARGEST), ("std", std, 0.0)):
        if curve is None and what == "std":
            continue
        if wrong := _what_is_wrong(curve, truth.r.shape, lowest):
            return Outcome("nonsense", f"{what} {wrong}")
    g, std = np.asarray(g, dtype=float), None if std is None else np.asarray(std, dtype=float)
    curve = [np.round(some, 4).tolist() if some is not None else None for some in (g, std)]
    return Outcome("ok", "", score(truth, g, std, density), seconds, *curve)


def _what_is_wrong(curve: object, shape: tuple[int, ...], lowest: float) -> str:
    try:
        curve = np.asarray(curve)
    except ValueError:
        return "is no array"
    if curve.dtype.kind not in "fiu":
        return f"is not of real numbers but of {curve.dtype}"
    if curve.shape != shape:
        return f"has shape {curve.shape} instead of {shape}"
    if not np.all((curve >= lowest) & (curve <= LARGEST)):
        return f"is not finite or beyond {lowest:g} to {LARGEST:g}"
    return ""


def _prepare() -> None:
    import scipy.linalg  # noqa: F401, its threads too

    threadpool_limits(1)


def run_all(
    cells: Sequence[Cell], journal: Path, jobs: int, timeout: float = TIMEOUT, fresh: bool = False
) -> dict[Cell, Outcome]:
    """Run what the journal does not have, `jobs` cells at a time, and return every outcome."""
    states = {}
    for method in dict.fromkeys(cell.method for cell in cells):
        load_method(method)  # what is missing is said before any work
        states[method] = state_of(method)
    book = Journal(journal, lambda cell: states.get(cell.method, ""), fresh)
    done = {cell: Outcome(*outcome) for cell, outcome in book.finished(Cell)}
    # What did not finish in less time than there is now is to be tried again.
    done = {cell: it for cell, it in done.items() if not (it.status == "hang" and it.seconds < timeout)}
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
                    outcome = Outcome("hang", f"longer than {timeout:g} s", seconds=timeout)
                except ProcessExpired as error:
                    outcome = Outcome("crash", f"the process ended with {error.exitcode}")
                done[cell] = outcome
                book.write(cell, outcome)
        except BaseException:
            pool.stop()
            raise
    return {cell: done[cell] for cell in cells}


def state_of(method: str) -> str:
    """Return a digest of all that decides the outcomes of a method: code, data, packages, and its file, if a user's."""
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
