"""Reading g(r) as LAMMPS writes it, in time steps."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.io.contents import error_in
from sklearn_wtrdf.io.numbers import numbers_of
from sklearn_wtrdf.scattering.validation import MAX_VALUE, MIN_ROWS

_COLUMNS = "# TimeStep Number-of-rows"


class TimeStep(NamedTuple):
    """The last time step in a file: its rows, with their lines, the comments, the names of columns, and notes."""

    values: NDArray[np.float64]
    rows: list[tuple[int, str]]
    above: list[str]
    labels: list[str]
    notes: list[str]


def is_of_lammps(lines: list[str]) -> bool:
    """Return whether lines are of a file that fix ave/time of LAMMPS wrote in mode vector."""
    return _COLUMNS in map(str.strip, lines[:10])


def read_last_step(path: Path, lines: list[str]) -> TimeStep:
    """Read the last time step of g(r), written by compute rdf and fix ave/time in mode vector."""
    above = [line.strip() for line in lines if line.startswith("#")]
    columns = next((line.split()[2:] for line in above if line.startswith("# Row ")), [])
    numbered = [re.fullmatch(r"[cf]_\w+\[(\d+)\]", name) for name in columns]
    if len(columns) < 2 or [match and int(match[1]) for match in numbered] != list(range(1, len(columns) + 1)):
        raise ValueError(f"{path}: not the columns r, g(r) and coordination number of LAMMPS's compute rdf, c_name[*].")
    if len(columns) % 2 == 0 and len(columns) > 2:
        raise ValueError(f"{path}: LAMMPS's compute rdf has r and two columns for each pair, got {len(columns)}.")
    rows = [(i, line) for i, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    steps = 0
    values: list[list[float]] = []
    table: list[tuple[int, str]] = []
    while rows:
        head = rows[0][1].split()
        if len(head) != 2 or not all(map(str.isdecimal, head)):
            raise error_in(path, *rows[0], "a time step and its number of rows")
        n_rows = int(head[1])
        table, rows = rows[1 : n_rows + 1], rows[n_rows + 1 :]
        if len(table) < max(n_rows, MIN_ROWS):
            raise ValueError(f"{path}: time step {head[0]} has {len(table)} of its {n_rows} rows.")
        values = []
        for i, (number, line) in enumerate(table, 1):
            row = numbers_of(line, None)
            if row is None or len(row) != len(columns) + 1 or row[0] != i or not np.abs(row).max() < MAX_VALUE:
                raise error_in(path, number, line, f"row {i}, of {len(columns) + 1} numbers")
            values.append(row[1:])
        steps += 1
    if not steps:
        raise ValueError(f"{path}: no table of numbers; at least {MIN_ROWS} rows of 2 or more were expected.")
    pairs = (
        ["g", "coord"][: len(columns) - 1]
        if len(columns) <= 3
        else [f"{y}_{i}" for i in range(1, len(columns) // 2 + 1) for y in ("g", "coord")]
    )
    notes = [f"{path}: the last of {steps} time steps is read."] if steps > 1 else []
    return TimeStep(np.array(values), table, above, ["r", *pairs], notes)
