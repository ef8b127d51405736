"""How often the inversion issues warnings that are due, and how often false alarms.

    python benchmarks/board/alarms.py                          # about five minutes on two cores

`InversionRegressor().fit` on all simulated materials, with q to 8 and 17 Å⁻¹ and conditions of the leaderboard. A
warning is due under some of them, allowed under others, and a false alarm under the rest. The constants of the
warnings were chosen on the development half. Writes alarms.csv: for each half, warning and condition, the number of
patterns and the number of those for which the warning was issued.
"""

from __future__ import annotations

import warnings
from argparse import Namespace
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pandas as pd
from sklearn_wtrdf.benchmarks.board.cells import Cell, cells_of, measurement_of
from sklearn_wtrdf.benchmarks.runner import N_JOBS, Content, benchmark, option, print_frame, track

from sklearn_wtrdf import InversionRegressor, scattering_frame
from sklearn_wtrdf.datasets import list_materials
from sklearn_wtrdf.utils.parallel import n_workers

CLEAN = "n0.2", "n1", "n3", "damped", "gap", "coarse", "late"
SHARED = "correlated", "growing", "smoothed", "flight"
SCALES = "scale+", "scale-"
OFFSETS = "offset+", "offset-", "background"
#: a part of the text of a warning, and the conditions under which it is due and allowed
WARNINGS = {
    "systematic error": ("S has a systematic error", OFFSETS, ("all", "correlated", *SCALES)),
    "outliers": ("of S_R excluded", ("outlier", "all"), ()),
    "scale": ("seems to be wrong by a factor", (), (*SCALES, "dense", "thin", "all")),
    "residual": ("The residual of S_R", (), SHARED),
    "bound": ("is at a bound of the prior", (), ()),
}
Q_MAX = 8, 17


def warnings_of(cell: Cell) -> dict[str, object]:
    """Return which warnings are issued for a measurement."""
    (q, S, density, *_), truth = measurement_of(cell)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        InversionRegressor().fit(scattering_frame(truth.r, q, q * (S - 1), density))
    messages = [str(warning.message) for warning in caught]
    issued = {name: any(text in message for message in messages) for name, (text, *_) in WARNINGS.items()}
    return (
        {"half": "development" if cell.material in list_materials("development") else "test"}
        | {"condition": cell.condition.split("-", 1)[1]}
        | issued
    )


def kind_of(warning: str, condition: str) -> str:
    """Return whether a warning should be issued under a condition, may be, or is a false alarm."""
    _, due, allowed = WARNINGS[warning]
    return "due" if condition in due else "allowed" if condition in allowed else "false alarm"


@benchmark(
    option("--materials", nargs="+", metavar="NAME", default=list_materials(), help="default: all"),
    N_JOBS,
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    names = {*CLEAN, *SHARED, *(name for _, due, allowed in WARNINGS.values() for name in due + allowed)}
    conditions = [f"q{q_max}-{name}" for q_max in Q_MAX for name in sorted(names)]
    cells = cells_of(options.materials, conditions, ["inversion"])
    with ProcessPoolExecutor(n_workers(options.n_jobs, len(cells))) as pool:
        rows = list(track(pool.map(warnings_of, cells, chunksize=4), len(cells), "patterns"))
    long = pd.DataFrame(rows).melt(["half", "condition"], var_name="warning", value_name="issued")
    long["kind"] = [kind_of(*pair) for pair in zip(long["warning"], long["condition"], strict=True)]
    keys = ["half", "warning", "kind", "condition"]
    table = long.groupby(keys, sort=True)["issued"].agg(n="size", issued="sum").reset_index()
    total = table.groupby(keys[:3])[["n", "issued"]].sum()
    print_frame(total.assign(rate=total["issued"] / total["n"]).reset_index().round(3), "Warnings")
    yield "alarms.csv", table


if __name__ == "__main__":
    main()
