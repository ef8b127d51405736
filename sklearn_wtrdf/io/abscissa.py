"""What the header of a file says that x is: q, 2θ, another angle, or something else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from sklearn_wtrdf.io.headers import entries
from sklearn_wtrdf.utils.text import quoted

_FIRST_COLUMN = re.compile(r"\b(?:first|1st) column\W+(?:\w+\W+){0,2}?((?:q|two|2|tth)\S*)", re.IGNORECASE)
_ANGLE = re.compile(r"(?<!\d)(two|2)[-_ ]?(theta|th(?![a-z])|θ)|(?<![a-z])tth", re.IGNORECASE)
_AXIS_OF_ANGLE = re.compile(
    r"\bx([- ]?(axis|units?)\W{1,3}|\s*[:=]\s*)(scattering angle|(2|two)[-_ ]?(theta|th|θ)|tth|degrees?\b|deg\b)",
    re.IGNORECASE,
)
_WITHOUT_2_PI = r"\s*=\s*((2\s*\*?\s*)?sin|1\s*/\s*d\b)"
_DEFINITION = re.compile(rf"(?<![a-z])q{_WITHOUT_2_PI}", re.IGNORECASE)
_DEFINITION_OF_X = re.compile(rf"{_WITHOUT_2_PI}|\bx[- ]?axis\W+1\s*/\s*d\b|spatial frequency", re.IGNORECASE)
_AXIS_OF_Q = re.compile(r"\bx[- ]?unit is\W+(q\b|momentum ?transfer)", re.IGNORECASE)  # of Mantid
_OTHER_SCAN = re.compile(
    r"(\bx[- ]?(axis|label)|^\W*x(?=\s*:)|\bfirst column|\babscissa|\bscan[ _]?(axis|type|mode)|\bangles? (are|is))"
    r"\W{1,3}(angle )?((th(eta)?|θ|eta|omega|ω|phi|chi|psi)(?![a-z]|[\s\-:/_]{0,3}(2|two))"
    r"|half\b|azimut|(the |angle de )?bragg(?!.*(2|two)[- ]?(th|θ)))"
    r"|rocking|^\W*(x\s*:\s*)?half[- ]?angles?\b"
    r"|^(?!.*(theta|θ|omega|ω)\s*(is|=)\s*half).*\bhalf (of )?(the )?(2[- ]?(theta|θ)|scattering angle)"
    r"|((2|two)[- ]?(theta|θ)|\bangles)( (is|are|given))* in m?rad",
    re.IGNORECASE,
)
# What a header says that x is, also where the first column has a name, and only where it has none.
_X_AXIS = r"\b(?:x[- ]?(?:axis|label)(?: label| title)?|abscissa)\s*(?:[:=]|-\s|is\b)\s*['\"$\\]{0,3}(?=[a-zωθλ])"
_ANY_X = r"(?:\b(?:first|1st) column\s*(?:[:=]|is\b)|^\W*x\s*:)\s*(?:the )?(?=[a-zωθλ])"
_Q = r"\bq\b|momentum|impuls|ve[ck]t(?:or|eur)|(?:wave ?number|wellenzahl)(?!.*cm)|(?-i:\bk\b)|4 ?\*? ?(?:pi|π)"
_2_THETA = r"(?<![a-z\d])(?:2|two|zwei)[-_ ]?(?:th|θ)|tth|angle|angular(?! ?(?:freq|mom|vel))|winkel"
_R = r"\br\b|dist|radi|separation|(?<!wave)(?<!wave.)length|(?<!d.)(?<!lattice )spacing|\bbins?\b(?! (?:no|num|index))"
_OF_X = {"q": _Q, "scan": f"{_Q}|{_2_THETA}", "r": _R}  # words of the quantity that a reader reads
_OF_NONE = (  # words of quantities that no reader reads, and units that are theirs
    r"\btime(?!s\b)|\bzeit\b|\btemps\b|\btof\b|[eé]nerg|fr[eé]qu|wave[- ]?length|wellenl|longueur d'onde|lambda|λ"
    r"|pixel|chann?el|kan[aä]l|canal|\bind(?:ex|ice)|\brows?\b|\bframe|zeile|\bligne|number\s*$|nummer|motor|rotation"
    r"|temp[eé]rat|press(?:ure|ion)|druck|\bmass\b|volum|raman|\bd[-_ ]?spacing|lattice"
    r"|(?<!2)(?<!2.)(?<!two)(?<!two.)(?:theta|θ)|omega|ω|bragg|azimut"
    r"|[(\[/]\s*(?:1/)?(?:[munµpfkgt]?(?:s|ev|hz|pa|v)|k|bar|[cm]m|m|%|°c)(?:\W?-?1)?\s*[)\]]|\bcm\W{0,2}-1"
)
_OF_Q = r"momentum|impuls|ve[ck]t(?:or|eur)|wave ?number|wellenzahl|recip|r[eé]zipro|inverse|1\s*/\s*(?:å|a)"
_OF_ANOTHER = {  # words of quantities that another reader reads, and those that are such in the first word alone
    "q": (r"angle|winkel|\bhalf\b|abstand|real[- ]space", r"r\b|dist|radi|length|separation"),
    "scan": (r"abstand|real[- ]space", r"r\b|dist|radi|length|separation"),
    "r": (rf"angle|winkel|{_OF_Q}", r"[qk]\b"),
}
_SYMBOL = r"[destn]\b(?!\s*=\s*4)"
_FUNCTION = r"log\w*\W{0,2}[qr]\b|[qr]\s*(?:squared|[\^²]|\*\*|/\s*(?!aa?\b|ang|å|nm|pm|inv|rec|1)\w)"  # of q or r
_DEGREES = re.compile(
    r"(2|two)[-_ ]?(theta|th|θ)\W{0,4}(in )?\W{0,2}(deg|grad|°)|\bangles? in deg|\babscissa\W+(2|two)[- ]?(theta|θ)",
    re.IGNORECASE,
)


def axis(above: Sequence[str]) -> str | None:
    """Return the quantity of the first column by a header in words, "2theta" or "q", or None.

    Such are ``First column represents Q values`` of scikit-beam, ``integrationspace = qspace`` of xPDFsuite, and 2θ
    with the unit degrees.
    """
    if any(map(_DEGREES.search, above)) or any(map(_AXIS_OF_ANGLE.search, above)):
        return "2theta"
    if any(map(_AXIS_OF_Q.search, above)):
        return "q"
    space = next((value for name, value in entries(above).items() if name.lower() == "integrationspace"), "")
    column = next((match[1] for line in above if (match := _FIRST_COLUMN.search(line))), "")
    words = f"{space} {column}".lower()
    return "2theta" if _ANGLE.search(words) else "q" if re.search(r"\bq(space)?\b", words) else None


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


def another_x(axis: Literal["q", "r", "scan"], above: Sequence[str], *, is_named: bool) -> str | None:
    """Return the line that says that x is something else than q, r, or q or 2θ of a scan, or None.

    Such is ``x axis: energy``. A line that names the expected quantity first, or no quantity, is none.
    """
    stated = _X_AXIS if is_named else f"(?:{_X_AXIS}|{_ANY_X})"
    words, first_words = _OF_ANOTHER[axis]
    before = rf"(?:(?!{_OF_X[axis]}|\b(?:at|see)\b).){{0,80}}?"  # x: sample at room temperature
    pattern = re.compile(
        f"{stated}(?:{first_words}|{_SYMBOL}|{_FUNCTION}|{before}(?:{_OF_NONE}|{words}))", re.IGNORECASE
    )
    return next(filter(pattern.search, above), None)
