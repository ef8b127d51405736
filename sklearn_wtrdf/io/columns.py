"""Which column of a table to read, and which quantity it is."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.io.tables import Table, is_deviation, unexplained
from sklearn_wtrdf.scattering.validation import MIN_ROWS
from sklearn_wtrdf.utils.data_warnings import DataWarning
from sklearn_wtrdf.utils.text import listed, quoted

Floats = NDArray[np.float64]

# Names of columns for each quantity. G and g, and I (an intensity) and i = S − 1, differ by case.
PATTERNS = {
    "S_R": re.compile(r"S_?R\b|f(\b|_?q)|q\s*\*?\s*[\[({]\s*s", re.IGNORECASE),
    "S-1": re.compile(r"(?i:s\s*(\(q\))?\s*-\s*1)|i\("),
    "S": re.compile(r"s(\b|_?q)", re.IGNORECASE),
    "intensity": re.compile(r"I(\b|_?[qQ])|(?i:int|count)"),
}
CURVES = {
    "RDF": re.compile(r"rdf|R\(", re.IGNORECASE),
    "G": re.compile(r"G(r\b|(?![a-z]))"),  # not Ge
    "g": re.compile(r"g(r\b|(?![a-z]))"),  # not glass
}
_SUFFIXES = {".sq": "S", ".fq": "S_R", ".gr": "G", ".rdf": "RDF"}
# Names of files that Gudrun and EPSR write: the quantity in them, or a message why it cannot be read.
_PROGRAM_FILES = {
    r"\.mint\d\d$": "interference",
    r"\.epsr\.f\d\d$": "S-1",
    r"\.epsr\.g\d\d$": "g",
    r"\.m?dcs\d\d$": "is Gudrun's differential cross section with the self-scattering: read its .mint01",
    r"\.int\d\d$": "is normalized as configured in Gudrun: pass quantity='S-1' if by ⟨f⟩² or ⟨b⟩²; .mint01 is read",
    r"\.m?[dg]or\d\d$": "holds Gudrun's transform, normalized as configured there: read .mint01 and transform that",
    r"\.epsr\.[tu]\d\d$": "is normalized as configured in EPSR: pass quantity='S-1' if by ⟨b⟩², 'interference' if not",
}
_LIMITS_OF_OTHERS = {"S": 0, "G": 1, "RDF": 1}  # at large x, of the quantities confused with these: S − 1 or S_R, g


def warn_of(notes: Iterable[str]) -> None:
    """Issue notes as warnings at the call of a reader."""
    for note in notes:
        warnings.warn(note, DataWarning, stacklevel=3)


def columns_of(
    table: Table, kinds: Mapping[str, re.Pattern[str]], quantity: str | None, column: str | None
) -> tuple[str, Table, Floats, Floats | None]:
    """Return the quantity, the table without empty rows at its ends, y, and its standard deviation.

    Parameters
    ----------
    table : Table
    kinds : mapping of str to pattern
        Names of columns for each quantity, `PATTERNS` or `CURVES`.
    quantity, column : str or None
        The quantity and the column that the caller of a reader gave.
    """
    allowed = [*(kind for kind in kinds if kind != "intensity"), *(["interference"] if kinds is PATTERNS else [])]
    if quantity is not None and quantity not in allowed:
        raise ValueError(f"quantity must be one of {', '.join(map(repr, allowed))}, got {quoted(quantity)}.")
    form = next(
        (kind for name, kind in _PROGRAM_FILES.items() if re.search(name, table.path.name, re.IGNORECASE)), None
    )
    if form and quantity is None and " " in form:
        raise ValueError(f"{table.path} {form}.")
    path, labels, n_columns = table.path, table.labels, table.values.shape[1]
    of_label = [next((kind for kind, name in kinds.items() if name.match(label)), None) for label in labels]
    if column is not None:
        if column not in labels[1:]:
            raise ValueError(f"{path}: no column is named {quoted(column)}; it has {listed(labels) or 'no names'}.")
        at = labels.index(column)
    else:
        wanted = [i for i in range(1, len(labels)) if of_label[i] == (quantity or of_label[i]) is not None]
        alike = [i for i in wanted if of_label[i] == of_label[wanted[0]]]
        if not alike and (quantity or form) and len(unknown := unexplained(labels)) > 1:
            alike = unknown
        at = min(alike, key=lambda i: len(labels[i]), default=1)
        if not all(
            labels[i].startswith(labels[at]) for i in alike
        ):  # g of g and g_x, but neither of g_Ge_Ge and g_Se_Se
            names = listed(labels[i] for i in alike)
            raise ValueError(f"{path}: several columns match: {names}. Give column.")
        if others := [labels[i] for i in alike if i != at and not is_deviation(labels, i, at)]:
            table.notes.append(f"{path}: the column {quoted(labels[at])} is read, and not {listed(others)}.")
    if n_columns > 4 and not labels:
        raise ValueError(f"{path}: {n_columns} columns without names; 2 to 4 were expected (x, y, dy or x, y, dx, dy).")
    kind = quantity or (labels and of_label[at]) or form or (None if labels else _SUFFIXES.get(path.suffix.lower()))
    if kind not in (*allowed, "intensity") or (kind == "intensity" and kinds is not PATTERNS):
        named = f"the column {quoted(labels[at])}" if labels else "its second column"
        raise ValueError(
            f"{path}: the quantity in {named} is unknown. Give quantity: one of {', '.join(map(repr, allowed))}."
        )
    y = table.values[:, at]
    tail = y[-max(y.size // 4, 1) :].mean()
    if quantity is None and abs(tail - _LIMITS_OF_OTHERS.get(kind, np.inf)) < 0.3 and not (labels and kind == "G"):
        raise ValueError(
            f"{path}: read as {kind} by its name, but it tends to {tail:.2g}. Give quantity: one of "
            f"{', '.join(map(repr, allowed))}."
        )
    if labels:
        deviation = next((i for i in range(1, n_columns) if i != at and is_deviation(labels, i, at)), None)
    else:
        deviation = n_columns - 1 if n_columns > 2 else None
    if form and deviation is not None:  # Gudrun and EPSR write 0 outside the measured range
        table = _without_empty_ends(table, at, deviation)
        y = table.values[:, at]
    std = None if deviation is None else table.values[:, deviation]
    if std is not None and std.min() < 0:
        raise table.error("a standard deviation that is not negative", int(np.argmax(std < 0)))
    return kind, table, y, std if std is not None and std.any() else None  # it is unknown if it is 0 everywhere


def _without_empty_ends(table: Table, at: int, deviation: int) -> Table:
    """Return the table without rows at its ends whose y and standard deviation are 0."""
    rows = np.flatnonzero(table.values[:, [at, deviation]].any(axis=1))
    if rows.size < MIN_ROWS:
        return table
    measured = slice(rows[0], rows[-1] + 1)
    return table._replace(values=table.values[measured], rows=table.rows[measured])
