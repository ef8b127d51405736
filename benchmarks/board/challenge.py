"""The leaderboard: S(q) → g(r) of many simulated materials by every method that can be installed.

    python benchmarks/board/challenge.py --quick                 # one cell in twenty, some minutes
    python benchmarks/board/challenge.py                         # all, about 45 minutes on two cores
    python benchmarks/board/challenge.py --methods inversion fourier my_method.py --half development
    python benchmarks/board/challenge.py --pictures              # redraws the figures of challenge.csv, about a minute
    python benchmarks/board/challenge.py --pattern my.sq --number-density 0.066 --truth my.gr

Writes challenge.csv (a row for each material, condition and method), pictures, and the page: docs/challenge.md, or next
to the table if --out is not benchmarks/results. An interrupted run continues where it stopped. A method is a file with
one function `g, std = solve(q, S, density, r)`, in benchmarks/board/methods or anywhere. With --pattern, the methods
solve a measured S(q) instead; with --truth they are also scored. Needs the extra ``challenge``.
"""

from __future__ import annotations

import os
from argparse import ArgumentError, Namespace
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # of each process: small matrices gain nothing from more

import numpy as np
import pandas as pd
from sklearn_wtrdf.benchmarks.board.cells import KEYS, TIMEOUT, cells_of, run_all, run_method, table_of
from sklearn_wtrdf.benchmarks.board.conditions import CONDITIONS, Measurement
from sklearn_wtrdf.benchmarks.board.figures import figures_of, pictured
from sklearn_wtrdf.benchmarks.board.methods import list_methods, load_method
from sklearn_wtrdf.benchmarks.board.page import PAGE, write_page
from sklearn_wtrdf.benchmarks.board.scans import load_diffractometer
from sklearn_wtrdf.benchmarks.board.scores import R_MAX, R_MIN, SCORES, truth_of
from sklearn_wtrdf.benchmarks.runner import FRESH, RESULTS, Content, benchmark, option, print_frame

from sklearn_wtrdf import read_gr, read_pattern
from sklearn_wtrdf.datasets import list_materials
from sklearn_wtrdf.scattering.composition import number_density_of

QUICK = ["q8-n1", "q17-n1", "q8-offset+"]
JOURNAL = "challenge.jsonl"


def own_file(
    pattern: Path, density: float, truth: Path | None, methods: list[str], composition: str | None = None
) -> pd.DataFrame:
    """Return a row for each method on a measured S(q), with scores if its g(r) is given."""
    measured = read_pattern(pattern, composition=composition)
    S = 1 + measured.s_r / measured.q
    if truth is None:
        r = np.arange(R_MIN, R_MAX, 0.02)
        known = truth_of(r, np.zeros(r.size), None, density)
    else:
        curve = read_gr(truth, number_density=density)
        r = np.arange(max(curve.r[0], R_MIN), min(curve.r[-1], R_MAX), 0.02)
        known = truth_of(r, np.interp(r, curve.r, curve.g), None, density)
    rows = []
    for method in methods:
        outcome = run_method(
            method, Measurement(measured.q, S, density, measured.composition, measured.radiation), known
        )
        row = {"method": Path(method).stem, "status": outcome.status, "seconds": outcome.seconds}
        rows.append(row | ((outcome.scores or {}) if truth else {}))
    return pd.DataFrame(rows, columns=["method", "status", *SCORES, "seconds"])


@benchmark(
    option("--materials", nargs="+", metavar="NAME", help=", ".join(list_materials()) + " (default: all)"),
    option("--half", choices=["development", "test"], help="materials of one half only"),
    option("--conditions", nargs="+", metavar="NAME", help=", ".join(CONDITIONS) + " (default: all)"),
    option("--methods", nargs="+", metavar="NAME", help=", ".join(list_methods()) + ", or a file (default: all)"),
    option("--quick", action="store_true", help=f"{', '.join(QUICK)}, one weighting of each material"),
    option("--pictures", action="store_true", help="redraw the figures, running only the cells shown"),
    option("--n-jobs", type=int, default=os.cpu_count(), help="processes (default: as many as cores)"),
    option("--timeout", type=float, default=TIMEOUT, help="seconds for a cell (default: %(default)g)"),
    FRESH,
    option("--pattern", type=Path, help="a file of a measured S(q), instead of the simulated ones"),
    option("--number-density", type=float, help="its atoms per Å³ (default: from the file)"),
    option("--composition", metavar="FORMULA", help="its composition: SiO2, D2O, 'Ag10(Ge25Se75)90'"),
    option("--mass-density", type=float, help="in g/cm³, with --composition, instead of the number density"),
    option("--truth", type=Path, help="a file of its g(r), for comparison"),
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    known = {"materials": list_materials(), "conditions": list(CONDITIONS), "methods": list_methods()}
    for name, names in known.items():
        requested = getattr(options, name) or []
        if unknown := [x for x in requested if x not in names and not (name == "methods" and x.endswith(".py"))]:
            raise ArgumentError(None, f"--{name}: {', '.join(unknown)} not among {', '.join(names)}")
    methods = list(dict.fromkeys(options.methods or list_methods()))
    if len({Path(method).stem for method in methods}) < len(methods):
        raise ArgumentError(None, "--methods: two of them have the same name")
    if options.n_jobs < 1 or options.timeout <= 0:
        raise ArgumentError(None, "--n-jobs and --timeout must be positive")
    try:
        for method in methods:
            load_method(method)
    except (ImportError, OSError, ValueError) as error:
        raise ArgumentError(None, f"--methods: {error}") from error

    if options.truth and not options.pattern:
        raise ArgumentError(None, "--truth goes with --pattern")
    if options.pattern:
        try:
            density = number_density_of(options.number_density, options.composition, options.mass_density)
            density = density or read_pattern(options.pattern, composition=options.composition).number_density
        except (OSError, ValueError) as error:
            raise ArgumentError(None, f"--pattern: {error}") from error
        if density is None:
            needs = "--number-density, or --mass-density with --composition"
            raise ArgumentError(None, f"--pattern needs {needs}: {options.pattern} has no number density")
        table = own_file(options.pattern, density, options.truth, methods, options.composition)
        print_frame(table, f"{options.pattern}")
        return

    run = partial(run_all, journal=options.out / JOURNAL, jobs=options.n_jobs, timeout=options.timeout)
    if options.pictures:
        if not (options.out / "challenge.csv").exists():
            raise ArgumentError(None, f"--pictures: there is no challenge.csv in {options.out} yet")
        table = pd.read_csv(options.out / "challenge.csv")
        yield from figures_of(table, run(pictured(table), fresh=options.fresh))
        return

    materials = [x for x in options.materials or list_materials() if x in list_materials(options.half)]
    conditions = options.conditions or (QUICK if options.quick else list(CONDITIONS))
    if any(CONDITIONS[name].tube for name in conditions):
        try:
            load_diffractometer()
        except ImportError as error:
            raise ArgumentError(None, f"--conditions: {error}") from error
    cells = cells_of(materials, conditions, methods, first_weighting=options.quick)
    if not cells:
        raise ArgumentError(
            None, "none of these materials is in that half and has data up to the q_max of these conditions"
        )
    outcomes = run(cells, fresh=options.fresh)
    reasons = Counter(
        (cell.method, outcome.status, outcome.why) for cell, outcome in outcomes.items() if outcome.status != "ok"
    )
    for (method, status, why), n in reasons.most_common(20):
        print(f"{method}: {status} in {n} of {len(cells) // len(methods)} cells: {why}")
    table = table_of(outcomes).sort_values(KEYS, ignore_index=True)
    yield "challenge.csv", table
    names = []
    for name, figure in figures_of(table, outcomes):
        names.append(name)
        yield name, figure
    page = PAGE if options.out == RESULTS and PAGE.is_file() else options.out / "challenge.md"
    write_page(table, names, options.out, page)
    print(f"Written to {page}.")


if __name__ == "__main__":
    main()
