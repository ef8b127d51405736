"""Which column of a raw scan has the intensity, by names and comments, and whether these are counts as measured."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from sklearn_wtrdf.io.columns import check_varies, index_of_column, index_of_y
from sklearn_wtrdf.io.deviation_names import is_deviation, is_error_of, unexplained
from sklearn_wtrdf.io.deviations import column_of_deviation
from sklearn_wtrdf.io.labels import MAX_LINE_LENGTH, names_in, names_of_angle
from sklearn_wtrdf.io.quantities import PATTERNS, is_reduced, statement_on_y
from sklearn_wtrdf.io.tables import Table
from sklearn_wtrdf.io.words import Words
from sklearn_wtrdf.utils.text import listed, quoted

_INTENSITY = Words(
    {
        "I(q)": r"I(\b|_?[qQ])",
        "Intensity": "(?i:int)",
        "counts": "(?i:count)",
        "cps": "(?i:cps)",
        "y_obs": "(?i:y_?obs)",
    },
    before="^",
    ignore_case=False,
)
_COUNTED = Words(
    {
        "I(2theta)": r"I(\b|_|[qQ])",
        "mean intensity": "(?i:int)",
        "raw counts": "(?i:count)",
        "cps": "(?i:cps)",
        "y_obs": "(?i:y_?obs)",
        "detector": "(?i:det)",
        "raw signal": "(?i:signal)",
        "rate": "(?i:rate)",
        "Zählrate": "(?i:z(ä|ae)hl)",
        "Impulse": "(?i:impuls)",
    },
    before="^(?i:(mean|raw|total) )?",
    ignore_case=False,
)
# How long or at how many monitor counts each point was counted, unless it is what the counts were divided by.
_EXPOSURE = Words(
    {
        "counting time": "time",
        "seconds": "(seconds?|secs?)(?![a-z])",
        "monitor": "(monitor|mon)(?![a-z])",
        "I_0": "i_?0(?![a-z])",
    },
    before=r"^(?!.*elapsed)([a-z]+[ _.]?)?",
)
_RATE = Words({"cps": "cps", "rate": "rate", "normalized counts": "norm", "counts per s": "per", "counts/s": "/"})
_NOT_MEASURED = Words(
    {
        "epoch": "epoch",
        "time elapsed": ".*elapsed",
        "transmission": "transm",
        "absorber": r"absorb(?!\w*[- ]corr)",
        "y_calc": "[yi]?[ _]?calc",
        "I_fit": "[yi]?[ _]?fit(?!2d)",
        "obs - bkg": r".*obs\s*-",
        "y - calc": r".*-\s*calc",
        "difference": ".*diff(?!r)",
        "residual": ".*resid",
    },
    before="^",
)
# Words that are no name of x before that of counts, as in "raw counts" and "y: counts".
_NO_AXIS = re.compile(r"(?i)raw|total|net|mean|measured|corrected|normali[sz]ed|scattered|diffracted|.*:")
_MAX_NAME_LENGTH = 30  # characters; parts of sentences are longer
_NEAREST = 3  # lines above the table: names further up may be those of something else
_MAX_SPREAD = 0.02  # of exposures, over their mean; monitor counts vary by their own noise
# Names of what is a function of the counts. A unit or an argument in brackets may have powers.
_FUNCTION = Words(
    {
        "log10(counts)": r"(?<![a-z])\d*log(10)?(?![a-z])",
        "ln(counts)": r"(?<![a-z])(lg|ln)(?![a-z])",
        "sqrt(counts)": r"(?<![a-z])(sqrt|root)(?![a-z])",
        "logI": r"(?<![a-z])(log|ln|sqrt)I\b",
        "I (dB)": r"\bdB\b",
        "I, LP corrected": r"(?<![a-wyz])LP(?![a-z])",
        "I, Lorentz corrected": "lorentz",
        "counts with offset": "offset(?![- ]?corr)",
        "counts shifted": "shift",
        "counts + 1000": r"(?<!\d)\s*\+\s*\d",
        "Iq4": r"(?<![a-z])I_?q\^?[24]\b",
    }
)
_PRODUCT = Words(
    {
        "I^2": r"\^",
        "I**2": r"\*\*",
        "I²": "²",
        "I * q": r"(?<=[a-z)])\s*[*·×]\s*(?=[a-z(])",
        "I / LP": r"/\s*L?P\b",
        "I / <f>": r"/\s*[<⟨|]",
        "I / f": r"/\s*f\b",
    }
)
_BRACKETS = re.compile(r"[(\[][^()\[\]]*[)\]]")
_FUNCTION_IN_COMMENT = Words(
    {
        "cumulative counts": r"\bcumulative (counts|intensit)",
        "counts as log": r"\b(counts?|intensit\w*)\b[^.]*\b(log(10|arithm\w*)?|ln|sqrt|square roots?)\b(?! file)",
        "logarithm of the counts": (r"\b(log(10|arithm)?|ln|sqrt|square roots?)\s*(of )?(the )?\(?(counts|intensit)"),
        "divided by f^2": (
            r"^(?!.*\b(no|not|non|none|without)\b)(?=.*\b(corrected|applied|divided)\b)"
            r".*\b(lorentz\w*|LP|f\^2|form factors?)\b"
        ),
    }
)
# In a comment, of the second of two columns.
_FUNCTION_OF_I = Words(
    {"log I": r"\b(?i:log(10)?|lg|ln|sqrt)[ _]?\(?I\b", "I * q": r"\bI\s*[*·×]\s*[a-z(]"}, ignore_case=False
)
_ON_ERRORS = Words(
    {
        "sigma": "sigma",
        "σ(I)": "σ",
        "error": "err",
        "std": "std",
        "deviation": "dev",
        "uncertainty": "uncert",
        "e.s.d.": r"e\.?s\.?d",
        "dI": r"\b[dδΔ]I\b",
    }
)


def names_of_counts(above: Sequence[str], n_columns: int) -> list[str]:
    """Return names of columns of which one is an intensity, and the first any name, or nothing.

    Such are the last lines above a table whose first column is neither q nor 2θ: a channel, an energy, a time.
    """
    lines = [line for line in above if line and len(line) < MAX_LINE_LENGTH][-_NEAREST:]
    if n_columns == 2 and len(above) > 3 and above[-1].isdecimal() and _COUNTED.search(above[-2]):
        return names_of_angle(list(above[-3:-1]))  # FIT2D's .chi
    for line in reversed(lines):
        for separator in (None, ",", ";"):
            for names in names_in(line, separator):
                is_short = len(names) == n_columns and max(map(len, names)) < _MAX_NAME_LENGTH and "=" not in line
                if is_short and any(map(_COUNTED.search, names[1:])) and not _NO_AXIS.fullmatch(names[0]):
                    return names_of_angle(names)
    return []


def intensity_columns(table: Table, column: str | int | None) -> tuple[int, int | None]:
    """Return the indices of the columns of the intensity and its standard deviation."""
    path, labels, n_columns = table.path, table.labels, table.values.shape[1]
    if column is not None:
        at = index_of_column(table, column)
    elif labels:
        at = _named(table)
    elif n_columns > 4:
        raise ValueError(
            f"{path}: {n_columns} columns without names; x, I, dI or x, I, dx, dI were expected. Give column: the "
            "number of the column, such as column='2' for the second."
        )
    else:
        at = index_of_y(table)
        _check_statement(table)
    check_varies(table, at)
    _check_counts(table, labels[at] if labels else "", given=column is not None)
    if labels and column is None:
        _check_exposure(table, at)
    return at, column_of_deviation(table, at, column)


def _named(table: Table) -> int:
    """Return the index of the column whose name is that of an intensity, or that no other name explains."""
    path, labels = table.path, table.labels
    measured = [
        i for i in range(1, len(labels)) if not (_EXPOSURE.search(labels[i]) or _NOT_MEASURED.search(labels[i]))
    ]
    measured = [i for i in measured if not is_error_of(_COUNTED, labels[i])]
    named = [i for i in measured if _INTENSITY.search(labels[i])]
    named = [i for i in named if not any(is_deviation(labels, i, j) for j in named if j != i)]
    if not named and any(map(is_reduced, labels[1:])):
        raise ValueError(f"{path}: it has {listed(labels[1:4])}, and no intensity. Read S(q) by read_pattern.")
    named = named or [i for i in unexplained(labels) if i in measured]
    if not named:
        raise ValueError(f"{path}: it has {listed(labels[1:4])}, and no measured intensity. Give column if it is one.")
    if len(named) > 1:
        raise ValueError(f"{path}: several columns match: {listed(labels[i] for i in named)}. Give column.")
    return named[0]


def _check_statement(table: Table) -> None:
    """Raise if by words of the header y is S(q) or another reduced quantity; note words that are not understood."""
    statement = statement_on_y(table.comments, PATTERNS | {"intensity": _COUNTED})
    if statement is None or (statement.kind == "intensity" and statement.is_understood):
        return
    message = f"{table.path}: its header says {quoted(statement.line)}"
    if statement.kind != "intensity" and statement.is_understood:
        raise ValueError(f"{message}; an intensity was expected. Read S(q) by read_pattern, or give column='2'.")
    message += ", which is not understood: y is read as an intensity. Give column='2' if this is right."
    table.notes.append(message)


def _check_counts(table: Table, name: str, *, given: bool) -> None:
    """Raise, or note if the caller gave the column, if names or comments say that it is a function of the counts."""
    if _FUNCTION.search(name) or _PRODUCT.search(_BRACKETS.sub("", name)):
        message = f"its column {quoted(name)} is a function of the counts by its name"
    elif comment := next((line for line in table.comments if _is_on_function(line, table.values.shape[1])), None):
        message = f"its intensity is a function of the counts by the comment {quoted(comment)}"
    else:
        return
    if not given:
        raise ValueError(
            f"{table.path}: {message}: write the counts themselves, or give column='2' to read it nevertheless."
        )
    table.notes.append(f"{table.path}: {message}.")


def _is_on_function(comment: str, n_columns: int) -> bool:
    is_found = _FUNCTION_IN_COMMENT.search(comment) or (n_columns == 2 and _FUNCTION_OF_I.search(comment))
    return bool(is_found) and not _ON_ERRORS.search(comment)


def is_rate(table: Table, at: int) -> bool:
    """Return whether a column has counts per time or monitor count, by its name."""
    return bool(table.labels and _RATE.search(table.labels[at]))


def _check_exposure(table: Table, at: int) -> None:
    """Raise if a column of counting times or monitor counts varies, by which the counts were not divided."""
    if is_rate(table, at):
        return
    for i, name in enumerate(table.labels[1:], 1):
        values = table.values[:, i]
        if i != at and _EXPOSURE.search(name) and np.ptp(values) > _MAX_SPREAD * np.abs(values).mean():
            raise ValueError(
                f"{table.path}: its column {quoted(name)} varies from {values.min():.4g} to {values.max():.4g}, and "
                f"{quoted(table.labels[at])} may not be divided by it: divide it, and write two columns, or give "
                f"column='{at + 1}' to read it as it is."
            )
