"""The column of the standard deviations of another: which it is, and whether it has standard deviations."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.io.deviation_names import deviation_of
from sklearn_wtrdf.io.labels import plain_names
from sklearn_wtrdf.io.tables import Table
from sklearn_wtrdf.io.words import Words
from sklearn_wtrdf.scattering.sampling import MIN_POINTS
from sklearn_wtrdf.utils.text import quoted

Floats = NDArray[np.float64]

# In the name of an error: a fraction, a variance, a multiple of the standard deviation, or a derivative.
_OTHER_ERROR = Words(
    {
        "dS (%)": "%",
        "percent error": "per ?cent",
        "relative error": r"\brel(ative|\b)",
        "fractional error": "frac",
        "var S": r"\bvar",
        "2 sigma": r"[2-9][_ ]?(sigma|σ)",
        "error (k = 2)": r"\bk\s*=\s*[2-9]",
        "CI": r"\bci\b",
        "confidence": "confidence",
        "dS x 10": r"(?<![a-z_])[x×]\s*\d",
    }
)
_OTHER_ERROR_WITHOUT_UNIT = Words(  # ² of its unit is neither
    {
        "S_variance": "(?i:var)",
        "dS²": "²",
        "dS^2": r"\^2",
        "S_sigma2": "(?i:sigma2)",
        "dS/dq": r"(?i:/\s*d[qr]\b)",
        "dS/S": r"/\s*[SFGg]",
    },
    ignore_case=False,
)
# The same in comments about columns without names.
_OTHER_ERROR_IN_COMMENT = Words(
    {
        "Q, S, relative error": r"(relative|fractional|per ?cent\w*|%)\s+(error|uncertaint|deviation)",
        "Q, S, error in percent": (
            r"(error|uncertaint|deviation)\w*\s+(bars?\s+)?(in|as)\s+(an?\s+)?(per ?cent|%|fraction)"
        ),
        "column 3: variance": r"\bvariances?\b",
    }
)
_WEIGHT_OR_MULTIPLE = Words(
    {
        "Q, S, 1/sigma^2": r"1\s*/\s*(sigma|σ)",
        "column 3: statistical weight": "statistical weight",
        "Q, S, error (k = 2)": r"\bk\s*=\s*[2-9]",
        "Q, S, 2-sigma error": r"[2-9][- ](sigma|σ) (err|unc)",
        "Q, S, 95 % CI": r"\bci\b",
        "Q, S, confidence": "confidence",
        "Q, S, error x 10": r"(error|uncertaint\w+|deviation|sigma|σ)s?\s*[x×*]\s*\d",
    }
)
_MULTIPLE = re.compile(  # error bars are 2 sigma
    r"(?i)\b(error|uncertaint|esd)\w*(\s+bars?)?\W+((are|is|given|as|at|of|in)\W+)*[2-9]\W{0,2}(sigma|σ|std|s\.?d\b)"
)
_OTHER_LAST = re.compile(r"(?i)^(?!.*(error|sigma|σ|std|e\.?s\.?d|uncertaint|deviation)).*\b(third|3rd|last) column\b")
_PLAIN = re.compile(r"(e|dy)\d*", re.IGNORECASE)  # a name of errors of y without its quantity, such as Mantid's E0
_OF_COLUMNS = Words({"third column: error": r"\bcolumns?\b", "Q, S, error": r"^\W*q\b"})  # such comments
_NOT_OF_A_COLUMN = Words(
    {
        "square root of the variance": "root",
        "sqrt(variance)": "sqrt",
        "weights are inverse variances": "inverse",
        "standard deviation": "standard",
        "third column is sigma": "sigma",
        "not the variance": r"\bnot\b",
        "5 % error": r"\d\s*%",
        "variance propagated": "propagated",
        "error times 2": "times",
        "error multiplied by 2": "multiplied",
        "error in percent, from 1 to 5": "from 1",
    }
)
_ERROR_OF_S = re.compile(r"(?i:error|uncertaint\w+|deviation)s?\s+(?i:of|in|on)\s+S\b")
_UNIT = re.compile(r"[(\[][^()\[\]%]*[)\]]")  # or the argument
# A column without a name with these is no standard deviation of another.
_MIN_RATIO = 0.5  # of their medians
_MIN_CORRELATION = 0.9
_MIN_LIKE = 0.75  # relative spread of a second curve, over that of the first; that of Poisson's noise is a half
_MIN_INCREASING = 0.9  # of the steps of another x; points of digitized curves may go backward
_CURVE_TOLERANCE = 0.1  # of the limits of g(r), and of S = 1 + F / q
_MIN_SPREAD = 0.05  # of noise, and of its ratio to counts, over that of counts; both are a half if it is Poisson's
# A window or a form factor: where it begins, its fall with q, and how flat it is up to twice the first q.
_MIN_START, _MIN_FALL, _MIN_FLAT = 0.5, 2.0, 0.8
_SAME_FORM = 0.999  # correlation of what is proportional
_MIN_GROWTH = 1.1  # of a resolution that grows with q, over the whole range
_SAME_RESOLUTION = 0.01  # relative difference of dq or dq / q from that of the last row, by rounding
_OF_Q = ("S", "S_R", "S-1", "interference")
_MAX_STD = 1.0  # median of standard deviations, over the variation of the curve


def column_of_deviation(table: Table, at: int, column: str | int | None) -> int | None:
    """Return the index of the column of the standard deviations of column `at`, or None.

    Without names it is the last one, unless the caller of a reader gave the column. One that by its name is a fraction
    or a variance is noted, and not returned.
    """
    labels, n_columns = table.labels, table.values.shape[1]
    multiple = next(filter(_MULTIPLE.search, table.comments), None)
    if _is_unnamed(table):
        if n_columns < 3 or column is not None:
            return None
        comment = multiple or _comment(table, _WEIGHT_OR_MULTIPLE, unless=None)
        if comment := comment or _comment(table, _OTHER_ERROR_IN_COMMENT) or _comment(table, _OTHER_LAST, unless=None):
            table.notes.append(
                f"{table.path}: its last column is not read, because of the comment {quoted(comment)}. Name the "
                "columns to read it as the standard deviation."
            )
            return None
        plain = plain_names(table.above, n_columns)
        return next((i for i, name in enumerate(plain) if _PLAIN.fullmatch(name)), n_columns - 1)
    named = deviation_of(labels, at)
    if named is None or not (multiple or _is_other_error(labels[named])):
        return named
    reason = f"by its name it is no standard deviation in the unit of {quoted(labels[at])}"
    if multiple:
        reason = f"of the comment {quoted(multiple)}"
    table.notes.append(f"{table.path}: the column {quoted(labels[named])} is not read, because {reason}.")
    return None


def standard_deviation(table: Table, kind: str, at: int, deviation: int) -> Floats | None:
    """Return the standard deviations of column `at`, or None if they are 0 everywhere, and thus unknown.

    Parameters
    ----------
    table : Table
    kind : str
        The quantity in column `at`.
    at, deviation : int
        Indices of columns.

    Raises
    ------
    ValueError
        If a value is negative, or a column without a name is a flag, a window or another curve.
    """
    x, y, std = (table.values[:, i] for i in (0, at, deviation))
    if std.min() < 0:
        raise table.error("a standard deviation that is not negative", int(np.argmax(std < 0)))
    if _is_unnamed(table) and kind == "S_R" and (comment := _comment(table, _ERROR_OF_S)):
        table.notes.append(
            f"{table.path}: its last column is not read, because by the comment {quoted(comment)} it is the error "
            "of S, and the second column is q (S − 1). Name the columns to read it."
        )
        return None
    if _is_unnamed(table):
        _check_unnamed(table, kind, x, y, std)
    largest = np.abs(y).mean() if kind == "intensity" else y.std()  # that of a background is flat
    if y.size >= MIN_POINTS and np.median(std) > _MAX_STD * largest:
        table.notes.append(
            f"{table.path}: the standard deviations, {np.median(std):.2g}, are larger than the variation of the curve, "
            f"{y.std():.2g}, so that the curve contains no information. If they are another quantity, give column."
        )
    return std if std.any() else None


def _check_unnamed(table: Table, kind: str, x: Floats, y: Floats, std: Floats) -> None:
    """Raise if the last column, which has no name, has no standard deviations of y."""
    found = None
    is_fitted = bool(plain_names(table.above, table.values.shape[1]))  # x, ycalc, y, dy: only the last may be another y
    columns = table.values.T[-1 if is_fitted else 2 :]
    repeats_x = kind != "S_R" and np.array_equal(std, x)  # x, y, x
    if _are_flags(std) and not (kind == "intensity" and _are_rounded_roots(y, std)):
        found = "its last column has whole numbers, as flags, and no standard deviations of the second"
    elif kind in _OF_Q and _is_window(x, std):
        found = (
            f"its last column falls from {std[0]:.3g} to {std[-1]:.3g}, as a window or a form factor, and has no "
            "standard deviations of the second"
        )
    elif table.values.shape[1] == 4 and is_another_x(x, table.values[:, 2]):
        found = "its third column is another x, of a second curve"
    elif repeats_x or any(_is_curve(kind, x, y, other) for other in columns):
        found = "its last column is no standard deviation of the second, but as large as it, such as a second curve"
    elif _is_resolution(x, std) and (
        not _is_resolution(x, columns[0]) if len(columns) == 2 else kind in ("S", "S-1") and np.ptp(std)
    ):
        found = "its last column is constant or proportional to the first, as a resolution of it"
    elif len(columns) == 2 and _in_order(std) and not _in_order(columns[0]):
        found = "its last column is in order, and the third is not, as a resolution after standard deviations"
    elif kind == "intensity" and (form := _form_unlike_noise(y, std)):
        found = f"its last column is {form}, as the noise of counts is not"
    elif kind == "g" and _is_integral(x, y, std):
        found = "its last column is the integral of r² g, as a running coordination number"
    if found:
        raise ValueError(f"{table.path}: {found}. Give column: column='2' reads the second alone.")
    is_third = len(columns) == 1 and not is_fitted and np.unique(std).size > MIN_POINTS
    if kind == "S" and is_third and _in_order(std) and std[-1] > _MIN_GROWTH * std[0]:
        table.notes.append(
            f"{table.path}: its last column increases at every step, as a resolution of q does: it is read as the "
            "standard deviation of the second. Give column: column='2' reads the second alone."
        )


def _is_resolution(x: Floats, column: Floats) -> bool:
    """Return whether a column is constant or proportional to x."""
    if x.size < MIN_POINTS:
        return False
    forms = np.ones(x.size), x / x[-1]
    return any(np.allclose(column, column[-1] * form, rtol=_SAME_RESOLUTION, atol=0) for form in forms)


def _in_order(column: Floats) -> bool:
    """Return whether a column never falls, or never rises."""
    steps = np.diff(column)
    return steps.size > MIN_POINTS and bool((steps >= 0).all() or (steps <= 0).all())


def _is_integral(r: Floats, g: Floats, column: Floats) -> bool:
    """Return whether a column is proportional to the number of neighbours up to r."""
    if not (_in_order(column) and np.ptp(column)):
        return False
    return bool(np.corrcoef(np.cumsum(np.gradient(r) * r**2 * g), column)[0, 1] > _SAME_FORM)


def is_another_x(x: Floats, third: Floats) -> bool:
    """Return whether a third or later column increases as x does, and is as large."""
    increases = (np.diff(third) >= 0).mean() > _MIN_INCREASING
    return bool(increases and _MIN_RATIO < np.median(third) / np.median(x) < 1 / _MIN_RATIO)


def _is_unnamed(table: Table) -> bool:
    """Return whether the last column has no name."""
    return not table.labels or not table.labels[-1]


def _are_flags(std: Floats) -> bool:
    """Return whether a column without a name has whole numbers that are not all 0."""
    return std.size >= MIN_POINTS and bool(std.any()) and not (std % 1).any()


def _are_rounded_roots(counts: Floats, std: Floats) -> bool:
    """Return whether whole numbers are the square roots of counts."""
    return bool((np.abs(std - np.sqrt(np.abs(counts))) <= 1).all())


def _form_unlike_noise(counts: Floats, std: Floats) -> str:
    """Return how a column without a name differs from the noise of counts, or an empty text."""
    counts, std = counts[counts > 0], std[counts > 0]
    if counts.size < MIN_POINTS or not std.any() or not np.ptp(counts):
        return ""
    steps, ratio = np.diff(std), std / counts
    if not steps.any():
        return "constant"
    if np.std(std) / np.mean(std) < _MIN_SPREAD * np.std(counts) / np.mean(counts):
        return "nearly constant"
    if (steps > 0).all() or (steps < 0).all():
        return "in order"
    if np.std(ratio) / np.mean(ratio) < _MIN_SPREAD * np.std(counts) / np.mean(counts):
        return "a multiple of the second"
    of_ranks = np.corrcoef(np.argsort(np.argsort(counts)), np.argsort(np.argsort(std)))[0, 1]
    return "larger where the second is smaller" if of_ranks < -_MIN_CORRELATION else ""


def _is_other_error(name: str) -> bool:
    """Return whether by its name an error is relative, a variance or a multiple of the standard deviation."""
    return bool(_OTHER_ERROR.search(name) or _OTHER_ERROR_WITHOUT_UNIT.search(_UNIT.sub("", name)))


def _comment(table: Table, words: Words | re.Pattern[str], unless: Words | None = _NOT_OF_A_COLUMN) -> str | None:
    """Return the first comment about columns that has the words, and not the others."""
    comments = (line for line in table.comments if _OF_COLUMNS.search(line) and not (unless and unless.search(line)))
    return next(filter(words.search, comments), None)


def _is_window(q: Floats, std: Floats) -> bool:
    """Return whether a column without a name falls with q at every step, from a large value and slowly at first."""
    if std.size < MIN_POINTS or q[0] <= 0 or not (np.diff(std) < 0).all() or std[0] < _MIN_START:
        return False
    return bool(std[0] > _MIN_FALL * std[-1] and np.interp(2 * q[0], q, std) > _MIN_FLAT * std[0])


def _is_curve(kind: str, x: Floats, y: Floats, std: Floats) -> bool:
    """Return whether a column without a name is a curve: S beside F, a second g, or as large as y and like it."""
    if y.size < MIN_POINTS or not np.ptp(y) or not np.ptp(std):
        return False
    tail = slice(-(y.size // 4), None)
    if kind == "intensity" and np.std(std) * np.abs(y.mean()) < _MIN_LIKE * np.std(y) * np.mean(std):
        return False  # the noise of few counts is as large as they are
    if kind == "S_R" and x[0] > 0 and np.abs(std - 1 - y / x).max() < _CURVE_TOLERANCE:
        return True
    if kind == "g" and np.abs(np.array([y[tail].mean(), std[tail].mean()]) - 1).max() < _CURVE_TOLERANCE:
        return True
    return bool(np.median(std) > _MIN_RATIO * np.median(np.abs(y)) and np.corrcoef(y, std)[0, 1] > _MIN_CORRELATION)
