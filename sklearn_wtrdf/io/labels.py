"""The names of columns: where they are in a header, and which are standard deviations of others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.io.numbers import words_of
from sklearn_wtrdf.io.words import Words
from sklearn_wtrdf.scattering.sampling import MIN_POINTS
from sklearn_wtrdf.utils.text import quoted

_RATIO = r"\s*/\s*(?![(\[{$\s\\]*(å|aa?\b|aa?[\^-]|ang|nm|pm|nano|pico|inv|recip|1))"  # to what is no unit
# Names of the first column for each quantity.
AXES = {
    "2theta": re.compile(
        r"(?![-\w ]+/\s*2\b)(2|two)[-_ ]?(theta|th|θ)|tth|(polar_)?angle(?!\W*(theta|θ|omega|ω)|\s*/\s*2\b)",
        re.IGNORECASE,
    ),
    "theta": re.compile(  # half of 2θ, which raises an error
        r"(angle\W*)?(theta|θ|omega|ω)(?![a-z])|(2|two)[-_ ]?(theta|θ)\s*/\s*2\b", re.IGNORECASE
    ),
    "q": re.compile(rf"(q|momentum[- ]?transfer|(wave|scattering)[- ]?vector)(?![a-z^²*]|{_RATIO})", re.IGNORECASE),
    "r": re.compile(
        rf"(r|distances?|radius|pair separation distance|bins|bin_centers)(?![a-z^²*]|{_RATIO})", re.IGNORECASE
    ),
}
# What else a first column may be: 1/d, s = 2 sin(θ) / λ, d, q², q/2π, r/σ, a time of flight
_OTHER_AXIS = re.compile(
    r"1\s*/\s*d|[ds]($|\s*[(\[/=])|sin\s*[(θ]|(?i:[qr]\s*(\^|²|\*|/)|d[-_ ]spacing|time[- ]of[- ]flight|tof(?![a-z]))"
)
_OTHER_AXIS_OF_CURVE = re.compile(r"(log|ln\b|lambda|wave ?length|energy|channel)|E\s*[(\[]", re.IGNORECASE)
_WITH_ARGUMENT = re.compile(r"\w+\s*\([qr]\)", re.IGNORECASE)  # S(q), g(r)
_QUANTITY = re.compile(
    r"(FK|GK|S_?R|[sSfFiIgGDTh])\s*(_?[qQrR]\b|\(|$|-\s*1)|[sfg]_|q\s*\*?\s*[\[({]|rdf|y$"
    r"|(static )?structure|int(en|\b)|counts",
    re.IGNORECASE,
)
# Not S(Q), which would be that of Q
_DEVIATION = re.compile(
    r"(standard[ _](deviation|error)s?|(stat\. ?)?error bars?|stat\. ?err(or)?s?|std?[ ._]*(dev|err)\w*\.?"
    r"|1? ?(sigma|σ)|sig|std|error[se]?|err|e\.?s\.?d\.?|sd|uncert(aint(y|ies)|\.)?|unc|sem|±|\+/?-|delta|Δ|fehler"
    r"|standardabweichung|[ée]cart[- ]type|incertitude|d|e|s|u)(?!\([qr]\))[ _,]*\(?",
    re.IGNORECASE,
)
_DEVIATION_SUFFIX = re.compile(  # a symbol: S_err, but not Si of S_SiGe
    r"[ _]?([Ee]rr|ERR|[Ss]td|STD|sig(?!nal)|Sigma|SIGMA|[Uu]nc(?!orr)|UNC)"
)
_ENDS_AS_DEVIATION = re.compile(
    r"[ _(](err(ors?)?|std([ _.]?(dev|err)\w*)?|sig(ma)?|unc(ert\w*)?|esd)\W*$", re.IGNORECASE
)
_NO_DEVIATION = ("d", "s", "u", "delta", "δ")  # alone: a lattice spacing, sin(θ) / λ, a potential, a difference
_EPSR = re.compile(r"\.epsr\.[a-z]\d\d$", re.IGNORECASE)
_XVG_LABEL = re.compile(r'@\s*([xy]axis|s\d+)\s+(?:label|legend)\s+"(.*)"')
_BEFORE_NAMES = re.compile(r"^[#!%;'*/]*(L\s)?\s*((columns?|fields?)\s*:)?\s*", re.IGNORECASE)
_NUMBERED = re.compile(  # column 1: Q, column 2: S(Q)
    r"(?i)\b(?:col(?:umn)?|spalte)\b\.?\s*(\d+)\s*[:=]\s*(.*?)\s*[,;]?\s*(?=$|\bcol|\bspalte)"
)
_ANGLE_IN_WORDS = re.compile(r"(2|two)[-_ ]?(theta|th|θ)|scattering angle", re.IGNORECASE)
_FUNCTION = re.compile(r"(log\d*|ln|sin|cos|tan|sqrt|half( of)?)\b|\d\s*[*/]", re.IGNORECASE)  # of an angle
_DEFINITION = re.compile(r"(?<=\([qrQR]\)) = .*")  # behind the last name, as F(Q) = Q [S(Q) - 1]
_QUOTED = re.compile(r'"([^"]+)"')  # of OVITO: 1:"Pair separation distance" 2:"Si-O"
_PLAIN = re.compile(r"(d?[xy]|e|y_?(obs|calc))\d*", re.IGNORECASE)
COMMENT = ("#", "!", "%")  # beginnings of comments
MAX_LINE_LENGTH = 10_000  # characters of a line with names
_INDEX = re.compile(r"(unnamed: \d+|index|row|id|x1|\.\.\.1)?$", re.IGNORECASE)  # of pandas and of R


def labels_of(path: Path, above: list[str], separator: str | None, values: NDArray[np.float64]) -> list[str]:
    """Return the names of the columns: the last line above the table with as many words, the first that of an axis.

    The name of a first column that is an index of the rows, as pandas and R write it, is empty, and so is that of a
    third column where only two have names.
    """
    n_columns = values.shape[1]
    with np.errstate(invalid="ignore"):  # of infinite values, which are refused later
        steps = np.diff(values[:, :2], axis=0)
    counts = n_columns > 2 and bool((steps[:, 0] >= 1).all()) and not (values[:, 0] % 1).any()
    if len(above) > 3 and above[-1].isdecimal() and n_columns == 2 and is_axis(above[-3]):
        return above[-3:-1]  # FIT2D's .chi: title, the names one to a line, number of rows
    if grace := {match[1]: match[2] for line in above if (match := _XVG_LABEL.match(line))}:  # GROMACS's .xvg
        names = [grace.get(f"s{i}", "") for i in range(n_columns - 1)] if n_columns > 2 else [grace.get("yaxis", "")]
        return [grace["xaxis"], *names] if all(names) and is_axis(grace.get("xaxis", "")) else []
    numbered = {int(match[1]): match[2] for line in above for match in _NUMBERED.finditer(line)}
    if sorted(numbered) == list(range(1, n_columns + 1)):
        first = "2theta" if _ANGLE_IN_WORDS.search(numbered[1]) else numbered[1]
        if is_axis(first):
            return [first, *(numbered[i] for i in range(2, n_columns + 1))]
    for names in _candidates(above, separator):
        if len(names) == n_columns and is_axis(names[0]):
            return names
        increases = n_columns > 2 and bool((steps[:, 1] > 0).all())
        if counts and len(names) == n_columns and (increases or _INDEX.match(names[0])) and is_axis(names[1]):
            return ["", *names[1:]]
        if not is_axis(names[0]):
            _check_axis(path, names, values)
            continue
        if counts and len(names) == n_columns - 1 and increases:  # R's write.table
            return ["", *names]
        if separator is None and n_columns == 3 and len(names) == 2 and _QUANTITY.match(names[1]):
            return [*names, ""]
        if _EPSR.search(path.name) and n_columns == 2 * len(names) - 1:  # EPSR does not name the columns of errors
            return [names[0], *(name for y in names[1:] for name in (y, f"{y}_err"))]
    if counts and len(values) >= MIN_POINTS and (steps[:, 0] == 1).all() and (steps[:, 1] > 0).all():
        raise ValueError(
            f"{path}: its first column counts the rows, and the second increases as q, 2θ or r does: delete the first, "
            "or name the columns."
        )
    return []


def _candidates(above: list[str], separator: str | None) -> list[list[str]]:
    """Return what may be names of columns, from the last line on, those with a quantity first.

    Without a quantity, a comment that is not directly above the table is a sentence, such as "distance to detector".
    """
    lines = [(i, _DEFINITION.sub("", line)) for i, line in enumerate(above) if len(line) <= MAX_LINE_LENGTH]
    lines = [(i, line) for i, line in lines if " = " not in line]
    found = [(i, names) for i, line in reversed(lines) for names in names_in(line, separator) if names]
    of_quantities = [names for _, names in found if any(map(_QUANTITY.match, names[is_axis(names[0]) :]))]
    others = [names for i, names in found if i == len(above) - 1 or not above[i].startswith(COMMENT)]
    return of_quantities + others


def _check_axis(path: Path, names: list[str], values: NDArray[np.float64]) -> None:
    """Raise if names are those of the columns, and the first is neither q, 2θ nor r."""
    n_columns = values.shape[1]
    if not n_columns - 1 <= len(names) <= n_columns or not any(map(_QUANTITY.match, names)):
        return
    of_curve = any(map(_WITH_ARGUMENT.match, names[1:])) and _OTHER_AXIS_OF_CURVE.match(names[0])
    of_any = any(map(_QUANTITY.match, names[1:])) and _OTHER_AXIS.match(names[0])
    for i, name in enumerate(names[1:], 1):
        if len(names) == n_columns and is_axis(name) and (np.diff(values[:, i]) > 0).all():
            raise ValueError(
                f"{path}: its first column is {quoted(names[0])}, and column {i + 1} is {quoted(name)}: put that first."
            )
    if of_curve or of_any:
        raise ValueError(
            f"{path}: its first column is {quoted(names[0])}; q, 2θ or r was expected: convert it, and name it so."
        )


def names_in(line: str, separator: str | None) -> Iterator[list[str]]:
    """Return the names in a line, in each way of separating them."""
    bare = _BEFORE_NAMES.sub("", line).strip(" ")
    together = re.sub(r" ?([-(\[/]) ?", r"\1", " ".join(bare.split()))  # Q (1/A) S(q) - 1 are two names
    split = words_of(bare, separator) if separator else bare.split("\t")
    others = (re.split(r"\s{2,}", bare), together.split(), bare.split("|"), _QUOTED.findall(bare))
    for words in (split, *(words for words in others if not (separator and any(separator in word for word in words)))):
        names = [word.strip(' "') for word in words]
        while names and not names[-1]:
            names.pop()  # separators at the end
        if all(name.count("(") == name.count(")") for name in names):
            yield names


def plain_names(above: list[str], n_columns: int) -> list[str]:
    """Return names such as x, ycalc, y, dy of diffpy and X, Y0, E0 of Mantid, which name no quantity, or nothing."""
    for line in reversed([line for line in above if len(line) < MAX_LINE_LENGTH]):
        for separator in (None, ","):
            for names in names_in(line, separator):
                if len(names) == n_columns and names[0].lower() == "x" and all(map(_PLAIN.fullmatch, names)):
                    return names
    return []


def line_above(above: list[str]) -> str:
    """Return the last line with words above a table, or nothing."""
    return next((line for line in reversed(above) if len(line) < MAX_LINE_LENGTH and any(map(str.isalpha, line))), "")


def has_another_axis(line: str, n_columns: int) -> bool:
    """Return whether a line has names of columns, the first neither q, 2θ nor r: the x of a function, or with a unit.

    Other words, as in ``silica S(Q)``, may be a title.
    """
    return any(
        len(names) == n_columns
        and not (is_axis(names[0]) or _WITH_ARGUMENT.match(names[0]))
        and (
            any(f"({names[0]})" in name for name in names[1:])
            or ("(" in names[0] and any(map(_QUANTITY.match, names[1:])))
        )
        for separator in (None, ",", ";")
        for names in names_in(line, separator)
    )


def names_of_angle(names: list[str]) -> list[str]:
    """Return names of which the first begins with 2theta if it has the word in it: Winkel 2Theta, Pos. [°2Th.]."""
    words = names[0]
    is_angle = not is_axis(words) and _ANGLE_IN_WORDS.search(words) and not _FUNCTION.search(words)
    return [f"2theta {names[0]}", *names[1:]] if is_angle else names


def deviation_of(labels: list[str], at: int) -> int | None:
    """Return the index of the standard deviations of column `at`, or None: of its whole name, if there are several."""

    def belongs(i: int, to: int) -> bool:
        return labels[i] != labels[to] and (labels[i].startswith(labels[to]) or labels[i].endswith(labels[to]))

    found = [i for i in range(1, len(labels)) if i != at and is_deviation(labels, i, at)]
    of_others = {i for i in found for j in range(1, len(labels)) if j not in (i, at) and belongs(i, j)}
    found = [i for i in found if belongs(i, at) or i not in of_others]
    return min(found, key=lambda i: (not belongs(i, at), abs(i - at)), default=None)


def is_deviation(labels: list[str], i: int, at: int) -> bool:
    """Return whether column i is the standard deviation of column `at`: dS, S_err, or sigma next to it."""
    for start in filter(None, (labels[at], _symbol(labels[at]))):
        if labels[i].startswith(start) and _DEVIATION_SUFFIX.match(labels[i][len(start) :]):
            return True
    if labels[i].startswith(labels[at]):
        return False
    name = _DEVIATION.match(labels[i])
    quantity = labels[i][name.end() :] if name else None
    if quantity == "":
        return i == at + 1 and labels[i].lower() not in _NO_DEVIATION
    return quantity is not None and _symbol(quantity) == _symbol(labels[at])


def is_error_of(quantity: Words, name: str) -> bool:
    """Return whether a name alone is that of the standard deviation of a quantity: sigma_I, I_err, error."""
    if not (begin := _DEVIATION.match(name)):
        return bool(_ENDS_AS_DEVIATION.search(name))
    rest = name[begin.end() :].removeprefix("of ")
    return bool(quantity.search(rest)) if rest else name.lower() not in _NO_DEVIATION


def _symbol(name: str) -> str:
    """Return the symbol of a quantity without its argument: S of S(Q), Sq and S_GeSe."""
    letters = "".join(takewhile(str.isalpha, name))
    return letters[:-1] if len(letters) > 1 and letters[-1] in "qQrR" else letters


def unexplained(labels: list[str]) -> list[int]:
    """Return the columns after the first that are not the standard deviation of a previous one."""
    return [i for i in range(1, len(labels)) if not any(is_deviation(labels, i, j) for j in range(1, i))]


def is_axis(name: str) -> bool:
    """Return whether a name is that of a first column."""
    return any(axis.match(name.strip(' "')) for axis in AXES.values())


def is_same_axis(labels: list[str], i: int) -> bool:
    """Return whether column i is another x by its name, such as Q_600K beside Q, and not the error of the first."""
    alike = any(axis.match(labels[0]) and axis.match(labels[i]) for axis in AXES.values())
    return alike and not is_deviation(labels, i, 0)
