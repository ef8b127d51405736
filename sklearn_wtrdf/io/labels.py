"""The names of columns: where they are in a header, and that of the first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.io.deviation_names import is_deviation
from sklearn_wtrdf.io.numbers import words_of
from sklearn_wtrdf.io.words import Words
from sklearn_wtrdf.scattering.sampling import MIN_POINTS
from sklearn_wtrdf.utils.text import quoted

_VALUE = r"[^=]*=\s*[-+\d.]+\W*$"  # of a parameter, as in q_max=20
_RATIO = r"\s*/\s*(?![(\[{$\s\\]*(å|aa?\b|aa?[\^-]|ang|nm|pm|nano|pico|inv|recip|1))"  # to what is no unit
# Names of the first column for each quantity.
AXES = {
    "2theta": Words(
        {
            "2theta": r"(?![-\w ]+/\s*2\b)(2|two)[-_ ]?(theta|th|θ)",
            "tth": "tth",
            "Angle": r"(polar_)?angle(?!\W*(theta|θ|omega|ω)|\s*/\s*2\b)",
        },
        before="^",
    ),
    "theta": Words(  # half of 2θ, which raises an error
        {"theta": r"(angle\W*)?(theta|θ|omega|ω)(?![a-z])", "2theta/2": r"(2|two)[-_ ]?(theta|θ)\s*/\s*2\b"},
        before="^",
    ),
    "q": Words(
        {"Q": "q", "momentum transfer": "momentum[- ]?transfer", "scattering vector": "(wave|scattering)[- ]?vector"},
        before="^",
        after=rf"(?![a-z^²*]|{_RATIO}|{_VALUE})",
    ),
    "r": Words(
        {
            "r": "r",
            "distance": "distances?",
            "radius": "radius",
            "Pair separation distance": "pair separation distance",  # of OVITO
            "bins": "bins",
            "bin_centers": "bin_centers",
        },
        before="^",
        after=rf"(?![a-z^²*]|{_RATIO}|{_VALUE})",
    ),
}
# What else a first column may be.
_OTHER_AXIS = Words(
    {
        "1/d": r"1\s*/\s*d",
        "s": r"[ds]($|\s*[(\[/=])",
        "sin(theta)/lambda": r"sin\s*[(θ]",
        "Q^2": r"(?i:[qr]\s*\^)",
        "Q²": r"(?i:[qr]\s*²)",
        "Q*sigma": r"(?i:[qr]\s*\*)",
        "r/sigma": r"(?i:[qr]\s*/)",
        "d-spacing": r"(?i:d[-_ ]spacing)",
        "time of flight": r"(?i:time[- ]of[- ]flight)",
        "TOF": r"(?i:tof(?![a-z]))",
    },
    before="^",
    ignore_case=False,
)
_OTHER_AXIS_OF_CURVE = Words(
    {
        "log Q": "log",
        "ln Q": r"ln\b",
        "lambda": "lambda",
        "wavelength": "wave ?length",
        "Energy": "energy",
        "channel": "channel",
        "E (keV)": r"E\s*[(\[]",
    },
    before="^",
)
_WITH_ARGUMENT = re.compile(r"\w+\s*\([qr]\)", re.IGNORECASE)  # S(q), g(r)
_QUANTITY = Words(
    {
        "S(Q)": r"(FK|GK|S_?R|[sSfFiIgGDTh])\s*(_?[qQrR]\b|\(|$|-\s*1)",
        "g_SiO": "[sfg]_",
        "Q [S(Q) - 1]": r"q\s*\*?\s*[\[({]",
        "rdf": "rdf",
        "y": "y$",
        "static structure factor": "(static )?structure",
        "Intensity": r"int(en|\b)",
        "counts": "counts",
    },
    before="^",
)
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
    for names in (_names_in_chi(above, n_columns), _names_in_xvg(above, n_columns), _numbered(above, n_columns)):
        if names is not None:
            return names
    with np.errstate(invalid="ignore"):  # of infinite values, which are refused later
        steps = np.diff(values[:, :2], axis=0)
    counts = n_columns > 2 and bool((steps[:, 0] >= 1).all()) and not (values[:, 0] % 1).any()
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
        if separator is None and n_columns == 3 and len(names) == 2 and _QUANTITY.search(names[1]):
            return [*names, ""]
        if _EPSR.search(path.name) and n_columns == 2 * len(names) - 1:  # EPSR does not name the columns of errors
            return [names[0], *(name for y in names[1:] for name in (y, f"{y}_err"))]
    if counts and len(values) >= MIN_POINTS and (steps[:, 0] == 1).all() and (steps[:, 1] > 0).all():
        raise ValueError(
            f"{path}: its first column counts the rows, and the second increases as q, 2θ or r does: delete the first, "
            "or name the columns."
        )
    return []


def _names_in_chi(above: list[str], n_columns: int) -> list[str] | None:
    """Return the names in FIT2D's .chi, of a title, one name a line and the number of rows, or None."""
    is_chi = len(above) > 3 and above[-1].isdecimal() and n_columns == 2 and is_axis(above[-3])
    return above[-3:-1] if is_chi else None


def _names_in_xvg(above: list[str], n_columns: int) -> list[str] | None:
    """Return the names in GROMACS's .xvg, or nothing if they are those of something else; None for another file."""
    named = {match[1]: match[2] for line in above if (match := _XVG_LABEL.match(line))}
    if not named:
        return None
    names = [named.get(f"s{i}", "") for i in range(n_columns - 1)] if n_columns > 2 else [named.get("yaxis", "")]
    return [named["xaxis"], *names] if all(names) and is_axis(named.get("xaxis", "")) else []


def _numbered(above: list[str], n_columns: int) -> list[str] | None:
    """Return names that are numbered, as in ``column 1: Q, column 2: S(Q)``, or None."""
    named = {int(match[1]): match[2] for line in above for match in _NUMBERED.finditer(line)}
    if sorted(named) != list(range(1, n_columns + 1)):
        return None
    first = "2theta" if _ANGLE_IN_WORDS.search(named[1]) else named[1]
    return [first, *(named[i] for i in range(2, n_columns + 1))] if is_axis(first) else None


def _candidates(above: list[str], separator: str | None) -> list[list[str]]:
    """Return what may be names of columns, from the last line on, those with a quantity first.

    Without a quantity, a comment that is not directly above the table is a sentence, such as "distance to detector".
    """
    lines = [(i, _DEFINITION.sub("", line)) for i, line in enumerate(above) if len(line) <= MAX_LINE_LENGTH]
    lines = [(i, line) for i, line in lines if " = " not in line]
    found = [(i, names) for i, line in reversed(lines) for names in names_in(line, separator) if names]
    of_quantities = [names for _, names in found if any(map(_QUANTITY.search, names[is_axis(names[0]) :]))]
    others = [names for i, names in found if i == len(above) - 1 or not above[i].startswith(COMMENT)]
    return of_quantities + others


def _check_axis(path: Path, names: list[str], values: NDArray[np.float64]) -> None:
    """Raise if names are those of the columns, and the first is neither q, 2θ nor r."""
    n_columns = values.shape[1]
    if not n_columns - 1 <= len(names) <= n_columns or not any(map(_QUANTITY.search, names)):
        return
    of_curve = any(map(_WITH_ARGUMENT.match, names[1:])) and _OTHER_AXIS_OF_CURVE.search(names[0])
    of_any = any(map(_QUANTITY.search, names[1:])) and _OTHER_AXIS.search(names[0])
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
        names = [word.strip(' ",;') for word in words]
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
            or ("(" in names[0] and any(map(_QUANTITY.search, names[1:])))
        )
        for separator in (None, ",", ";")
        for names in names_in(line, separator)
    )


def names_of_angle(names: list[str]) -> list[str]:
    """Return names of which the first begins with 2theta if it has the word in it: Winkel 2Theta, Pos. [°2Th.]."""
    words = names[0]
    is_angle = not is_axis(words) and _ANGLE_IN_WORDS.search(words) and not _FUNCTION.search(words)
    return [f"2theta {names[0]}", *names[1:]] if is_angle else names


def is_axis(name: str) -> bool:
    """Return whether a name is that of a first column."""
    return any(axis.search(name.strip(' "')) for axis in AXES.values())


def is_same_axis(labels: list[str], i: int) -> bool:
    """Return whether column i is another x by its name, such as Q_600K beside Q, and not the error of the first."""
    alike = any(axis.search(labels[0]) and axis.search(labels[i]) for axis in AXES.values())
    return alike and not is_deviation(labels, i, 0)
