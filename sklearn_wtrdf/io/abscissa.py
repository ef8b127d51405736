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
from sklearn_wtrdf.io.words import Words
from sklearn_wtrdf.utils.text import quoted

Axis = Literal["q", "r", "scan"]  # of S(q), of g(r), and of counts, which is q or 2θ

# What a header says about x: with these words also where the first column has a name, ...
_X_AXIS = Words(
    {
        "x axis: Q": r"x[- ]?(?:axis|label)(?: label| title| unit is)?",
        "The X unit is: MomentumTransfer": "x[- ]?unit is",  # of Mantid
        "abscissa: Q": "abscissa",
    },
    before=r"\b",
    after=r"\s*(?:[:=]|-\s|is\b)\s*['\"$\\]{0,3}(?=[a-zωθλ\d])",
)
# ... and with these only where it has none.
_ANY_X = Words(
    {
        "First column represents Q": r"\b(?:first|1st) column\s*(?:[:=]|[a-z]*s\b)",
        "x: Q, y: S(Q)": r"(?:^\W*|[,;]\s?)x\s*:(?!\s*-?\d+\.\d)",  # not a coordinate
    },
    after=r"\s*(?:the )?(?=[a-zωθλ\d])",
)
_STATED = re.compile(f"{_X_AXIS.pattern}|{_ANY_X.pattern}", re.IGNORECASE)

# Quantities that such words name.
_Q = Words(
    {
        "Q": r"\bq\b",
        "momentum transfer": "momentum",
        "scattering vector": "ve[ck]t(?:or|eur)",
        "wave number": "wave ?number(?!.*cm)",  # that in cm⁻¹ is of light
        "k": r"(?-i:\bk\b)",
        "4 pi sin(theta)": r"4 ?\*? ?(?:pi|π)",
        "reciprocal space": "(?:inverse|reciprocal) (?:space|length|å|ang|nano|nm)",
        "1/Å": r"1 ?/ ?(?:å|a\b|ang|nm)",
    }
)
_2_THETA = Words(
    {
        "2theta": r"(?<![a-z\d])(?:2|two)[-_ ]?(?:th|θ)",
        "tth": "tth",
        "scattering angle": r"(?<!half.)\bangle",
        "angular position": "angular position",
    }
)
_R = Words(
    {
        "r": r"\br\b",
        "distance": "distance",
        "radius": "radius",
        "separation": "separation",
        "length": "(?<!wave)(?<!wave.)length",
        "spacing": "(?<!d.)spacing",
        "bins": r"\bbins?\b(?! (?:no|num|index))",
    }
)
_OTHER_QUANTITY = Words(  # that no reader reads
    {
        "time": r"\btime(?!s\b)",
        "TOF": r"\btof\b",
        "energy": "energy",
        "frequency": "frequency",
        "wavelength": "wave[- ]?length",
        "lambda": "lambda",
        "λ": "λ",
        "pixel": "pixel",
        "channel": "channel",
        "index": r"\bindex",
        "temperature": "temperat",
        "pressure": "pressure",
        "d-spacing": r"\bd[-_ ]?spacing",
        "1/d": r"1 ?/ ?d\b",
        "lattice": "lattice",
    }
)
_NOT_2_THETA = r"(?![a-z]|[\s\-:/_]{0,3}(?:2|two))"
_OTHER_ANGLE = Words(
    {
        "th": rf"\bth{_NOT_2_THETA}",
        "theta": rf"(?<!2)(?<!2.)(?<!two)(?<!two.)(?:theta|θ){_NOT_2_THETA}",
        "eta": rf"\beta{_NOT_2_THETA}",
        "omega": rf"(?:omega|ω){_NOT_2_THETA}",
        "phi": rf"\b(?:phi|chi|psi){_NOT_2_THETA}",
        "half the angle": r"\bhalf\b",
        "azimuth": "azimut",
        "Bragg angle": "bragg(?!.*(?:2|two)[- ]?(?:th|θ))",
    }
)
_FUNCTION = Words(  # of q or r
    {
        "log Q": r"log\w*\W{0,2}[qr]\b",
        "Q squared": r"[qr]\s*squared",
        "sqrt(Q)": r"sqrt\W{0,2}[qr]\b",
        "Q*a": r"[qr]\s*[*·×]\s*(?!\*)\w",
        "Q^2": r"[qr]\s*(?:[\^²]|\*\*)",
        "Q/Qmax": r"[qr]\s*/\s*(?!aa?\b|ang|å|nm|pm|inv|rec|1)\w",
    }
)
_EXPECTED: dict[Axis, tuple[Words, ...]] = {"q": (_Q,), "scan": (_Q, _2_THETA), "r": (_R,)}
_OF_NO_READER = (_FUNCTION, _OTHER_QUANTITY, _OTHER_ANGLE)
_OTHER: dict[Axis, tuple[Words, ...]] = {  # with the quantities of other readers
    "q": (*_OF_NO_READER, _2_THETA, _R),
    "scan": (*_OF_NO_READER, _R),
    "r": (*_OF_NO_READER, _Q, _2_THETA),
}
_N_WORDS = 3  # in which a header names the quantity x; others may be of the sample, as in "x: glass at low temperature"

# A header whose x is 2θ or q.
_ANGLE = re.compile(  # 2theta, tth
    r"(?<!\d)(two|2)[-_ ]?(theta|th(?![a-z])|θ)|(?<![a-z])tth", re.IGNORECASE
)
_AXIS_OF_ANGLE = re.compile(  # x axis: 2theta, x = degrees
    rf"\bx([- ]?(axis|units?)\W{{1,3}}|\s*=\s*)({_2_THETA.pattern}|deg(rees?)?\b)", re.IGNORECASE
)
_Q_OR_2_THETA = re.compile(  # qspace as a group, or else scattering angle
    rf"(\bq(?:space)?\b|momentum ?transfer)|{_ANGLE.pattern}|scattering angle", re.IGNORECASE
)
_DEGREES = Words(
    {
        "2theta (deg)": r"(2|two)[-_ ]?(theta|th|θ)\W{0,4}(in )?\W{0,2}(deg|grad|°)",
        "angles in degrees": r"\bangles? in deg",
        "abscissa (2theta)": r"\babscissa\W+(2|two)[- ]?(theta|θ)",
    },
    before=r"^(?!.*\bto q\b).*",  # to which they were converted
)
_WITHOUT_2_PI = r"\s*=\s*((2\s*\*?\s*)?sin|1\s*/\s*d\b)"  # 2 sin(theta)/lambda, 1/d
_DEFINITION = re.compile(rf"(?<![a-z])q{_WITHOUT_2_PI}", re.IGNORECASE)
_DEFINITION_OF_X = re.compile(rf"{_WITHOUT_2_PI}|\bx[- ]?axis\W+1\s*/\s*d\b|spatial frequency", re.IGNORECASE)
# Another angle than 2θ was scanned, or 2θ in other units than degrees.
_SCANNED = r"\bscan[ _]?(?:axis|type|mode)\W{1,3}|\bangles? (?:are|is) "
_OTHER_SCAN = Words(
    {
        "Scan axis: Omega": rf"(?:{_STATED.pattern}|{_SCANNED})(?:\w*\s)?{_OTHER_ANGLE.pattern}",
        "rocking curve": r"(?<!no )rocking (?:curve|scan)",
        "half-angles in degrees": r"^\W*half[- ]?angles?\b",
        "column 1 is half the scattering angle": (
            r"^(?!.*(theta|θ|omega|ω)\s*(is|=)\s*half).*\bhalf (of )?(the )?(2[- ]?(theta|θ)|scattering angle)"
        ),
        "2theta in mrad": r"((2|two)[- ]?(theta|θ)|\bangles)( (is|are|given))* in m?rad",
    }
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
    stated = _X_AXIS if is_named else _STATED
    unclear = None
    for line in above:
        if not (statement := stated.search(line)):
            continue
        words = line[statement.end() :]
        begin = _begin(words, _EXPECTED[axis])
        begin_of_other = _begin(" ".join(words.split()[:_N_WORDS]), _OTHER[axis])
        if begin_of_other is not None and (begin is None or begin_of_other <= begin):
            return Statement(line, is_understood=True)
        if begin is None and not is_named:
            unclear = unclear or Statement(line, is_understood=False)
    return unclear


def _begin(text: str, tables: Sequence[Words]) -> int | None:
    """Return where the first word of any of the tables begins in a text, or None."""
    return min((match.start() for words in tables if (match := words.search(text))), default=None)
