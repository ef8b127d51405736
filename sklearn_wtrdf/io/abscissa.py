"""What the header of a file says that x is: q, 2θ or r, another quantity, or something that is not recognized.

Few words are recognized, in English. A header that says something else about x is no error, and never passes without a
warning, so that the words need not be complete.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from sklearn_wtrdf.io.headers import entries
from sklearn_wtrdf.utils.text import quoted

Axis = Literal["q", "r", "scan"]  # of S(q), of g(r), and of counts, which is q or 2θ

# What a header says about x, also where the first column has a name, and only where it has none.
_X_AXIS = (
    r"\b(?:x[- ]?(?:axis|label)(?: label| title| unit is)?|x[- ]?unit is|abscissa)\s*(?:[:=]|-\s|is\b)"
    r"\s*['\"$\\]{0,3}(?=[a-zωθλ\d])"
)
_ANY_X = (
    r"(?:\b(?:first|1st) column\s*(?:[:=]|[a-z]*s\b)|(?:^\W*|[,;]\s?)x\s*:(?!\s*-?\d+\.\d))"  # not a coordinate
    r"\s*(?:the )?(?=[a-zωθλ\d])"
)
_SCANNED = r"\bscan[ _]?(?:axis|type|mode)\W{1,3}|\bangles? (?:are|is) "

_Q = (
    r"\bq\b|momentum|ve[ck]t(?:or|eur)|wave ?number(?!.*cm)|(?-i:\bk\b)|4 ?\*? ?(?:pi|π)"
    r"|(?:inverse|reciprocal) (?:space|length|å|ang|nano|nm)|1 ?/ ?(?:å|a\b|ang|nm)"
)
_2_THETA = r"(?<![a-z\d])(?:2|two)[-_ ]?(?:th|θ)|tth|(?<!half.)\bangle|angular position"
_R = r"\br\b|distance|radius|separation|(?<!wave)(?<!wave.)length|(?<!d.)spacing|\bbins?\b(?! (?:no|num|index))"
_QUANTITIES: dict[Axis, str] = {"q": _Q, "scan": f"{_Q}|{_2_THETA}", "r": _R}
_OF_OTHER_READERS: dict[Axis, str] = {"q": f"{_2_THETA}|{_R}", "scan": _R, "r": f"{_Q}|{_2_THETA}"}
_OTHER_QUANTITY = (  # that no reader reads
    r"\btime(?!s\b)|\btof\b|energy|frequency|wave[- ]?length|lambda|λ|pixel|channel|\bindex|temperat|pressure"
    r"|\bd[-_ ]?spacing|lattice"
)
_OTHER_ANGLE = (
    r"(?:\bth|(?<!2)(?<!2.)(?<!two)(?<!two.)theta|(?<!2)(?<!2.)(?<!two)(?<!two.)θ|\beta|omega|ω|\b(?:phi|chi|psi))"
    r"(?![a-z]|[\s\-:/_]{0,3}(?:2|two))|\bhalf\b|azimut|bragg(?!.*(?:2|two)[- ]?(?:th|θ))"
)
_FUNCTION = r"log\w*\W{0,2}[qr]\b|[qr]\s*(?:squared|[\^²]|\*\*|/\s*(?!aa?\b|ang|å|nm|pm|inv|rec|1)\w)"  # of q or r
_N_WORDS = 3  # in which a header names the quantity x; others may be of the sample, as in "x: glass at low temperature"

_STATED = re.compile(f"(?:{_X_AXIS}|{_ANY_X})", re.IGNORECASE)
_STATED_BESIDE_NAMES = re.compile(_X_AXIS, re.IGNORECASE)
_ANGLE = re.compile(r"(?<!\d)(two|2)[-_ ]?(theta|th(?![a-z])|θ)|(?<![a-z])tth", re.IGNORECASE)
_AXIS_OF_ANGLE = re.compile(rf"\bx([- ]?(axis|units?)\W{{1,3}}|\s*=\s*)({_2_THETA}|deg(rees?)?\b)", re.IGNORECASE)
_Q_OR_2_THETA = re.compile(rf"(\bq(?:space)?\b|momentum ?transfer)|{_ANGLE.pattern}|scattering angle", re.IGNORECASE)
_DEGREES = re.compile(  # unless they were converted to q
    r"^(?!.*\bto q\b).*((2|two)[-_ ]?(theta|th|θ)\W{0,4}(in )?\W{0,2}(deg|grad|°)|\bangles? in deg"
    r"|\babscissa\W+(2|two)[- ]?(theta|θ))",
    re.IGNORECASE,
)
_WITHOUT_2_PI = r"\s*=\s*((2\s*\*?\s*)?sin|1\s*/\s*d\b)"
_DEFINITION = re.compile(rf"(?<![a-z])q{_WITHOUT_2_PI}", re.IGNORECASE)
_DEFINITION_OF_X = re.compile(rf"{_WITHOUT_2_PI}|\bx[- ]?axis\W+1\s*/\s*d\b|spatial frequency", re.IGNORECASE)
_OTHER_SCAN = re.compile(
    rf"(?:{_X_AXIS}|{_ANY_X}|{_SCANNED})(?:\w*\s)?(?:{_OTHER_ANGLE})|rocking|^\W*half[- ]?angles?\b"
    r"|^(?!.*(theta|θ|omega|ω)\s*(is|=)\s*half).*\bhalf (of )?(the )?(2[- ]?(theta|θ)|scattering angle)"
    r"|((2|two)[- ]?(theta|θ)|\bangles)( (is|are|given))* in m?rad",
    re.IGNORECASE,
)


class Statement(NamedTuple):
    """A line of a header about x.

    Attributes
    ----------
    line : str
    is_understood : bool
        Whether it names another quantity than the expected one. Otherwise, it names none that is recognized.
    """

    line: str
    is_understood: bool


def axis(above: Sequence[str]) -> str | None:
    """Return the quantity of the first column by a header in words, "2theta" or "q", or None.

    Such are ``First column represents Q values`` of scikit-beam, ``integrationspace = qspace`` of xPDFsuite, and 2θ
    with the unit degrees.
    """
    if any(map(_DEGREES.search, above)) or any(map(_AXIS_OF_ANGLE.search, above)):
        return "2theta"
    space = next((value for name, value in entries(above).items() if name.lower() == "integrationspace"), "")
    stated = (line[match.end() :] for line in above if (match := _STATED.search(line)))
    named = next(filter(None, map(_Q_OR_2_THETA.search, (space, *stated))), None)
    return None if named is None else "q" if named[1] else "2theta"


def check_definition(path: Path, above: Sequence[str], *, is_named: bool) -> None:
    """Raise if a line defines q, or x without a name, as in ``q = 2 sin(theta)/lambda`` and ``q = 1/d``."""
    pattern = _DEFINITION if is_named else _DEFINITION_OF_X
    if line := next(filter(pattern.search, above), None):
        raise ValueError(
            f"{path}: its header says {quoted(line)}, which is not 4π sin(θ) / λ: convert it, and change this line."
        )


def another_scan(above: Sequence[str]) -> str | None:
    """Return the line that says that another angle than 2θ was scanned, as in ``Scan axis: Omega``, or None."""
    return next(filter(_OTHER_SCAN.search, above), None)


def mentions_2theta(above: Sequence[str]) -> bool:
    """Return whether a line has the word 2θ."""
    return any(map(_ANGLE.search, above))


def another_x(axis: Axis, above: Sequence[str], *, is_named: bool) -> Statement | None:
    """Return what a header says about x if it does not name the expected quantity, or None.

    Beside the name of the first column, only lines that name another quantity count.
    """
    stated = _STATED_BESIDE_NAMES if is_named else _STATED
    expected = re.compile(_QUANTITIES[axis], re.IGNORECASE)
    other = re.compile(f"{_FUNCTION}|{_OTHER_QUANTITY}|{_OTHER_ANGLE}|{_OF_OTHER_READERS[axis]}", re.IGNORECASE)
    unclear = None
    for line in above:
        if not (statement := stated.search(line)):
            continue
        words = line[statement.end() :]
        first_words = " ".join(words.split()[:_N_WORDS])
        of_expected, of_other = expected.search(words), other.search(first_words)
        if of_other and not (of_expected and of_expected.start() < of_other.start()):
            return Statement(line, is_understood=True)
        if not of_expected and not is_named:
            unclear = unclear or Statement(line, is_understood=False)
    return unclear
