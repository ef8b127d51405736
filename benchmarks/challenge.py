"""The board: S(q) → g(r) of many simulated materials, by every method that can be installed, as laboratories measure.

    python benchmarks/challenge.py --quick                 # a tenth of it, about a minute
    python benchmarks/challenge.py                         # the whole, about 20 minutes on two cores
    python benchmarks/challenge.py --methods inversion fourier my_method.py --half development
    python benchmarks/challenge.py --pattern my.sq --number-density 0.066 --truth my.gr

Writes challenge.csv (a row for each material, condition and method), pictures, and the page: docs/challenge.md, or
beside the table where --out is not benchmarks/results. An interrupted run goes on where it was. A method is a file with
one function `g, std = solve(q, S, density, r)`, in benchmarks/methods or anywhere. With --pattern, the methods solve a
measured S(q) instead; with --truth they are scored too. Needs the extra ``challenge``.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # of each process: small matrices gain nothing from more

import numpy as np
import pandas as pd
from board.cells import KEYS, TIMEOUT, cells_of, run_all, run_method, table_of
from board.conditions import CONDITIONS, Measurement
from board.page import PAGE, write_page
from board.scores import R_MAX, R_MIN, SCORES, truth_of
from methods import list_methods, load_method
from protocol import RESULTS, print_frame, write_whole

from sklearn_wtrdf import read_gr, read_pattern
from sklearn_wtrdf.datasets import list_materials

QUICK = ["q8-n1", "q17-n1", "q8-offset+"]
JOURNAL = "challenge.jsonl"


def own_file(pattern: Path, density: float, truth: Path | None, methods: list[str]) -> pd.DataFrame:
    """Return a row for each method on a measured S(q), with scores where there is a g(r) to compare with."""
    measured = read_pattern(pattern)
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
        outcome = run_method(method, Measurement(measured.q, S, density), known)
        row = {"method": Path(method).stem, "status": outcome.status, "seconds": outcome.seconds}
        rows.append(row | ((outcome.scores or {}) if truth else {}))
    return pd.DataFrame(rows, columns=["method", "status", *SCORES, "seconds"])


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--materials", nargs="+", metavar="NAME", help=", ".join(list_materials()) + " (default: all)")
    parser.add_argument("--half", choices=["development", "test"], help="materials of one half only")
    parser.add_argument("--conditions", nargs="+", metavar="NAME", help=", ".join(CONDITIONS) + " (default: all)")
    parser.add_argument(
        "--methods", nargs="+", metavar="NAME", help=", ".join(list_methods()) + ", or a file (default: all)"
    )
    parser.add_argument("--quick", action="store_true", help=f"{', '.join(QUICK)}, one weighting of each material")
    parser.add_argument("--n-jobs", type=int, default=os.cpu_count(), help="processes (default: one for each core)")
    parser.add_argument("--timeout", type=float, default=TIMEOUT, help="seconds for a cell (default: %(default)g)")
    parser.add_argument("--fresh", action="store_true", help="begin anew, whatever an earlier run has finished")
    parser.add_argument("--pattern", type=Path, help="a measured S(q) of yours, in place of the board")
    parser.add_argument("--number-density", type=float, help="its atoms per Å³")
    parser.add_argument("--truth", type=Path, help="its g(r), to be compared with")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results (default: %(default)s)")
    options = parser.parse_args()

    known = {"materials": list_materials(), "conditions": list(CONDITIONS), "methods": list_methods()}
    for name, names in known.items():
        asked = getattr(options, name) or []
        if unknown := [x for x in asked if x not in names and not (name == "methods" and x.endswith(".py"))]:
            parser.error(f"--{name}: {', '.join(unknown)} not among {', '.join(names)}")
    methods = list(dict.fromkeys(options.methods or list_methods()))
    if len({Path(method).stem for method in methods}) < len(methods):
        parser.error("--methods: two of them have one name")
    if options.n_jobs < 1 or options.timeout <= 0:
        parser.error("--n-jobs and --timeout must be positive")
    try:
        for method in methods:
            load_method(method)
    except (ImportError, OSError, ValueError) as error:
        parser.error(f"--methods: {error}")

    if options.truth and not options.pattern:
        parser.error("--truth goes with --pattern")
    if options.pattern:
        if options.number_density is None:
            parser.error("--pattern needs --number-density, in atoms per Å³")
        table = own_file(options.pattern, options.number_density, options.truth, methods)
        print_frame(table, f"{options.pattern}")
        return

    materials = [x for x in options.materials or list_materials() if x in list_materials(options.half)]
    conditions = options.conditions or (QUICK if options.quick else list(CONDITIONS))
    cells = cells_of(materials, conditions, methods, first_weighting=options.quick)
    if not cells:
        parser.error("none of these materials is of that half, or reaches the end of q of these conditions")
    journal = options.out / JOURNAL
    if options.fresh:
        journal.unlink(missing_ok=True)
    outcomes = run_all(cells, journal, options.n_jobs, options.timeout)
    table = table_of(outcomes).sort_values(KEYS, ignore_index=True)
    write_whole(options.out / "challenge.csv", lambda path: table.to_csv(path, index=False, float_format="%.4g"))
    page = PAGE if options.out == RESULTS else options.out / "challenge.md"
    write_page(table, outcomes, options.out, page)
    print(f"Written to {page} and {options.out}.")


if __name__ == "__main__":
    main()
