"""What the header of a file says that x is: q, 2θ, another angle, or something else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from sklearn_wtrdf.io.headers import entries
from sklearn_wtrdf.utils.text import quoted

_FIRST_COLUMN = re.compile(r"\b(?:first|1st) column\W+(?:\w+\W+){0,2}?((?:q|two|2|tth)\S*)", re.IGNORECASE)
_ANGLE = re.compile(r"(two|2)[-_ ]?(theta|th|θ)|tth")
_AXIS_OF_ANGLE = re.compile(
    r"\bx([- ]?(axis|units?)\W{1,3}|\s*[:=]\s*)(scattering angle|(2|two)[-_ ]?(theta|th|θ)|tth|degrees?\b|deg\b)",
    re.IGNORECASE,
)
_WITHOUT_2_PI = r"\s*=\s*((2\s*\*?\s*)?sin|1\s*/\s*d\b)"
_DEFINITION = re.compile(rf"(?<![a-z])q{_WITHOUT_2_PI}", re.IGNORECASE)
_DEFINITION_OF_X = re.compile(rf"{_WITHOUT_2_PI}|\bx[- ]?axis\W+1\s*/\s*d\b|spatial frequency", re.IGNORECASE)
_AXIS_OF_Q = re.compile(r"\bx[- ]?unit is\W+(q\b|momentum ?transfer)", re.IGNORECASE)  # of Mantid
_OTHER_SCAN = re.compile(
    r"(\bx[- ]?axis|^\W*x(?=\s*:)|\bscan[ _]?(axis|type|mode)|\bangles? (are|is))\W{1,3}"
    r"(th(eta)?|θ|omega|ω|phi|chi|psi)(?![a-z]|[\s\-:/_]{0,3}(2|two))|rocking|^\W*(x\s*:\s*)?half[- ]?angles?\b"
    r"|\bhalf (of )?(the )?(2[- ]?(theta|θ)|scattering angle)"
    r"|((2|two)[- ]?(theta|θ)|\bangles)( (is|are|given))* in m?rad",
    re.IGNORECASE,
)
# What a header says that x is, also where the first column has a name, and only where it has none.
_X_AXIS = (
    r"\b(?:x[- ]?(?:axis|label)(?: label| title)?|abscissa)\s*(?:[:=]|-\s|is\b)\s*"
    r"(?!(?:x|lin(?:ear)?|log\w*|auto)\b)(?=[a-zωθ])"
)
_ANY_X = r"(?:\b(?:first|1st) column\s*(?:[:=]|is\b)|^\W*x\s*:)\s*(?!x\b)(?=[a-zωθ])"
_KNOWN_X = {  # words of a quantity that a reader reads
    "q": r"2|two|tth|q\b|momentum|vector|angle|deg|°|angstrom|å|\b(?:a|ang)\s*\^?\s*-\s*1|\bnm\b",
    "r": r"\br\b|dist|radi|separation|angstrom|å|\b[np]m\b",
}
_X_OF_ANOTHER = {"q": r"(?:r\b|dist|radi)", "r": r"(?:q\b|momentum|scattering v)"}
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


def another_x(axis: Literal["q", "r"], above: Sequence[str], *, is_named: bool) -> str | None:
    """Return the line that says that x is something else than q, 2θ or r, as in ``x axis: energy``, or None."""
    stated = _X_AXIS if is_named else f"(?:{_X_AXIS}|{_ANY_X})"
    pattern = re.compile(f"^(?!.*(?:{_KNOWN_X[axis]})).*{stated}|{stated}{_X_OF_ANOTHER[axis]}", re.IGNORECASE)
    return next(filter(pattern.search, above), None)
