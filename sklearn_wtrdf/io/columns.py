"""Which column of a table to read, and which quantity it is."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.io.deviation_names import deviation_of, is_deviation, unexplained
from sklearn_wtrdf.io.deviations import column_of_deviation, is_another_x, standard_deviation
from sklearn_wtrdf.io.labels import (
    has_another_axis,
    is_same_axis,
    line_above,
    plain_names,
)
from sklearn_wtrdf.io.quantities import (
    CURVES,
    NOT_READ,
    PATTERNS,
    comment_on_other_quantity,
    kind_of_name,
    note_changes,
    statement_on_y,
)
from sklearn_wtrdf.io.tables import MIN_STEP, Table
from sklearn_wtrdf.io.words import Words
from sklearn_wtrdf.scattering.sampling import MIN_POINTS
from sklearn_wtrdf.scattering.validation import MIN_ROWS
from sklearn_wtrdf.utils.data_warnings import DataWarning
from sklearn_wtrdf.utils.text import listed, quoted

Floats = NDArray[np.float64]

_ARGUMENT = re.compile(r"\b(quantity|column|unit)(?==')|(?<=ive )(quantity|column|unit)\b")  # in messages
_SUFFIXES = {".sq": "S", ".fq": "S_R", ".gr": "G", ".rdf": "RDF"}
# Names of files that Gudrun, EPSR and pystog write: the quantity in them, or a message why it cannot be read.
_PROGRAM_FILES = {
    r"\.mint\d\d$": "interference",
    r"_rmc\.fq$": "interference",
    r"_rmc\.gr$": "GK",
    r"\.epsr\.f\d\d$": "S-1",
    r"\.epsr\.g\d\d$": "g",
    r"\.m?dcs\d\d$": "is Gudrun's differential cross section with the self-scattering: read the .mint01 next to it",
    r"\.int\d\d$": "is normalized as configured in Gudrun: pass quantity='S-1' if by ⟨f⟩² or ⟨b⟩²; .mint01 is read",
    r"\.m?[dg]or\d\d$|\.gofr$": "holds Gudrun's transform, normalized as configured there: read .mint01 instead",
    r"\.epsr\.[tu]\d\d$": "is normalized as configured in EPSR: pass quantity='S-1' if by ⟨b⟩², 'interference' if not",
}
_MEASURED, _CALCULATED = re.compile(r"(?i)y(_?obs)?0?"), re.compile(r"(?i)calc|diff(?!r)|resid")


def warn_of(notes: Iterable[str]) -> None:
    """Issue notes as warnings at the call of a reader."""
    for note in notes:
        warnings.warn(note, DataWarning, stacklevel=3)


@contextmanager
def arguments_named(prefix: str) -> Iterator[None]:
    """Put a prefix before the names of arguments in errors of a reader, for a caller that names them so."""
    try:
        yield
    except ValueError as error:
        message = _ARGUMENT.sub(rf"{prefix}\g<0>", str(error))
        raise ValueError(message) from None


def columns_of(
    table: Table, kinds: Mapping[str, Words], quantity: str | None, column: str | int | None
) -> tuple[str, Table, Floats, Floats | None]:
    """Return the quantity, the table without empty rows at its ends, y, and its standard deviation.

    Parameters
    ----------
    table : Table
    kinds : mapping of str to Words
        Names of columns for each quantity, `PATTERNS` or `CURVES`.
    quantity, column : str or None
        The quantity and the column that the caller of a reader gave.
    """
    allowed = [kind for kind in kinds if kind not in NOT_READ]
    if quantity is not None and quantity not in allowed:
        raise ValueError(f"quantity must be one of {', '.join(map(repr, allowed))}, got {quoted(quantity)}.")
    name = str(table.name())
    form = next((kind for suffix, kind in _PROGRAM_FILES.items() if re.search(suffix, name, re.IGNORECASE)), None)
    if form and quantity is None and " " in form:
        raise ValueError(f"{table.path} {form}.")
    path, labels, n_columns = table.path, table.labels, table.values.shape[1]
    if len(table.values) >= MIN_POINTS and np.allclose(
        table.values[1:, 0], table.values[:-1, 1], rtol=0, atol=MIN_STEP
    ):
        raise ValueError(
            f"{path}: columns 1 and 2 are the lower and upper limits of bins: write their middles instead."
        )
    of_label = [kind_of_name(label, kinds, table.comments) for label in labels]
    at = index_of_column(table, column) if column is not None else _by_quantity(table, of_label, quantity, bool(form))
    table = _with_own_x(table, at)
    if n_columns > 4 and not labels and column is None:
        raise ValueError(
            f"{path}: {n_columns} columns without names; 2 to 4 were expected (x, y, dy or x, y, dx, dy). Give column: "
            "the number of the column, such as column='2' for the second."
        )
    check_varies(table, at)
    suffix = None if labels else _SUFFIXES.get(table.name().suffix.lower())
    if suffix and suffix not in kinds:
        _check_suffix(table, suffix, quantity, allowed)
    kind = quantity or (labels and of_label[at]) or form or suffix
    name = labels[at] if labels else ""
    if not (quantity or form or column is not None):
        kind, name = _stated_kind(table, kinds, kind, name)
    if kind == "N":
        raise ValueError(
            f"{path}: N(r) may be 4πr²ρ₀ g(r), for which give quantity='RDF', or its integral, the running "
            "coordination number, which is not read: differentiate it."
        )
    if kind not in (*allowed, "intensity") or (kind == "intensity" and kinds is not PATTERNS):
        raise _unknown_quantity(table, at, kinds, allowed)
    if not labels and has_another_axis(line_above(table.above), n_columns):
        table.notes.append(f"{path}: {_unnamed(table, kinds)}: the first column is read as that nevertheless.")
    y = table.values[:, at]
    note_changes(table, name, kind)
    deviation = column_of_deviation(table, at, column)
    if form and kind in PATTERNS and deviation is not None:  # Gudrun and EPSR write 0 outside the measured range of q
        table = _without_empty_ends(table, at, deviation)
        y = table.values[:, at]
    return kind, table, y, None if deviation is None else standard_deviation(table, kind, at, deviation)


def _stated_kind(table: Table, kinds: Mapping[str, Words], kind: str | None, name: str) -> tuple[str | None, str]:
    """Return the quantity, and its name, by words of the header about y, or else those by the name or the suffix.

    What contradicts the suffix is an error, and what contradicts the name or is not understood is noted.
    """
    statement = statement_on_y(table.comments, PATTERNS | CURVES)
    if statement is None:
        if kind and not name and (line := comment_on_other_quantity(table.comments, kinds, kind)):
            table.notes.append(f"{table.path}: its header says {quoted(line)}, and it is read as {kind} by its suffix.")
        return kind, name
    message = f"{table.path}: its header says {quoted(statement.line)}"
    if name:
        if statement.is_understood and statement.kind != kind:
            table.notes.append(f"{message}; {kind} was read by its name.")
        return kind, name
    if statement.is_understood and kind and statement.kind != kind:
        raise ValueError(f"{message}, and by its suffix it is {kind}. Give quantity.")
    kind = kind or (statement.kind if statement.is_understood else None)
    if not statement.is_understood and kind:
        table.notes.append(f"{message}, which is not understood: y is read as {kind}. Give quantity if this is right.")
    return kind, statement.name


def _unknown_quantity(table: Table, at: int, kinds: Mapping[str, Words], allowed: Sequence[str]) -> ValueError:
    """Return an error that asks for the quantity of a column."""
    why = f"{reason}: " if (reason := _unnamed(table, kinds)) else ""
    named = f"the column {quoted(table.labels[at])}" if table.labels else f"column {at + 1}"
    tail = table.values[-max(len(table.values) // 4, 1) :, at].mean()
    return ValueError(
        f"{table.path}: {why}the quantity in {named} is unknown; it tends to {tail:.2g}. Give quantity: one of "
        f"{', '.join(map(repr, allowed))}."
    )


def _unnamed(table: Table, kinds: Mapping[str, Words]) -> str:
    """Return that the line above a table without names does not name its columns, or nothing."""
    if table.labels or not (line := line_above(table.above)):
        return ""
    x = "r" if kinds is CURVES else "q or 2θ"
    return f"the line {quoted(line)} does not have the names of {table.values.shape[1]} columns, {x} first"


def index_of_column(table: Table, column: str | int) -> int:
    """Return the index of the column of a name, or of a number that counts from 1."""
    labels, n_columns = table.labels or _plain_names(table), table.values.shape[1]
    if column in labels[1:]:
        return labels.index(str(column))
    if str(column).isdecimal() and 2 <= int(column) <= n_columns:
        return int(column) - 1
    names = f"it has {listed(labels)}" if labels else f"it has {n_columns} columns without names"
    raise ValueError(
        f"{table.path}: no column is named {quoted(column)}; {names}. Give column: a name, or a number from 2 to "
        f"{n_columns}."
    )


def index_of_y(table: Table) -> int:
    """Return the index of y in a table without names of quantities: the second, or that of y beside ycalc."""
    return next((i for i, name in enumerate(_plain_names(table)) if _MEASURED.fullmatch(name)), 1)


def _plain_names(table: Table) -> list[str]:
    return plain_names(table.above, table.values.shape[1])


def check_varies(table: Table, at: int) -> None:
    """Raise if all values of a column are the same: its level would be taken for a quantity or a unit."""
    y = table.values[:, at]
    if y.size >= MIN_POINTS and (y == y[0]).all():
        named = f"the column {quoted(table.labels[at])}" if table.labels else f"column {at + 1}"
        raise ValueError(
            f"{table.path}: {named} is constant, {y[0]:g} in all {y.size} rows, so that it has no structure. Give "
            "column if another one is to be read."
        )


def _by_quantity(table: Table, of_label: list[str | None], quantity: str | None, of_program: bool) -> int:
    """Return the index of the column of a quantity, by the names of the columns; the measured one beside a fit."""
    labels = table.labels
    if not labels:
        return index_of_y(table)
    wanted = [i for i in range(1, len(labels)) if of_label[i] == (quantity or of_label[i]) is not None]
    wanted = [i for i in wanted if of_label[i] not in NOT_READ] or wanted
    # Names such as F(Q) and G(r) are those of several quantities; what has standard deviations is worth more than that.
    wanted.sort(key=lambda i: of_label[i] not in ("S", "g") and deviation_of(labels, i) is None)
    alike = [i for i in wanted if of_label[i] == of_label[wanted[0]]]
    if not alike and (quantity or of_program) and len(unknown := unexplained(labels)) > 1:
        alike = unknown
    alike = [i for i in alike if not _CALCULATED.search(labels[i])] or alike
    at = min(alike, key=lambda i: len(labels[i]), default=1)
    # g of g and g_x, but neither of g_Ge_Ge and g_Se_Se
    if not all(labels[i].startswith(labels[at]) for i in alike):
        raise ValueError(f"{table.path}: several columns match: {listed(labels[i] for i in alike)}. Give column.")
    for i in alike:
        if labels[i] == labels[at] and (table.values[:, i] != table.values[:, at]).any():
            raise ValueError(
                f"{table.path}: columns {at + 1} and {i + 1} are both {labels[at]}. Give column: a number."
            )
    if others := [labels[i] for i in alike if labels[i] != labels[at] and not is_deviation(labels, i, at)]:
        table.notes.append(f"{table.path}: the column {quoted(labels[at])} is read, and not {listed(others)}.")
    return at


def _with_own_x(table: Table, at: int) -> Table:
    """Return the table with the x on the left of a column in place of the first, as in tables x, y, x, y.

    Not that of a table x, x, x, y, as with the limits of bins.
    """
    labels, first = table.labels, table.values[:, 0]
    for i in range(at - 1, 1, -1):
        x = table.values[:, i]
        alike = is_same_axis(labels, i) > is_same_axis(labels, i - 1) if labels else is_another_x(first, x)
        if alike and (np.diff(x) > 0).all():
            if not labels:
                table.notes.append(f"{table.path}: column {i + 1} is taken for the x of column {at + 1}.")
            table = table._replace(labels=[*labels[i : i + 1], *labels[1:]], values=table.values.copy())
            table.values[:, 0] = x
            return table.sorted("x")
    return table


def _check_suffix(table: Table, suffix_quantity: str, quantity: str | None, allowed: list[str]) -> None:
    """Raise that by its suffix a file has g(r) where S(q) is expected, or the reverse; note it for a given quantity."""
    found, reader = ("S(q)", "read_pattern") if suffix_quantity in PATTERNS else ("g(r)", "read_gr or `wtrdf peaks`")
    message = f"{table.path}: by its suffix it is {found}, which {reader} reads"
    if quantity is None:
        raise ValueError(f"{message}. If it is not, give quantity: one of {', '.join(map(repr, allowed))}.")
    table.notes.append(f"{message}, and it is read as {quantity}, as given.")


def _without_empty_ends(table: Table, at: int, deviation: int) -> Table:
    """Return the table without rows at its ends whose y and standard deviation are 0."""
    rows = np.flatnonzero(table.values[:, [at, deviation]].any(axis=1))
    if rows.size < MIN_ROWS:
        return table
    measured = slice(rows[0], rows[-1] + 1)
    return table._replace(values=table.values[measured], rows=table.rows[measured])
