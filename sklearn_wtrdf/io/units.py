"""The unit of q or r, by the name of the first column and by comments.

Å, nm and pm are understood. A name or a comment with another unit of q or r is an error, since Å would be assumed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from sklearn_wtrdf.io.labels import AXES
from sklearn_wtrdf.io.words import Words
from sklearn_wtrdf.utils.text import quoted

Unit = Literal["angstrom", "nm", "pm"]

IN_ANGSTROM: dict[Unit, float] = {"angstrom": 1.0, "nm": 10.0, "pm": 0.01}

_NAMES: dict[Unit, str] = {"nm": "nm", "pm": "pm", "angstrom": "Å"}
_ANGSTROM = r"(?:å|\\aa|angstroms?|ang|a)"
_LENGTHS: dict[Unit, str] = {"nm": r"(?:nm|nanomet\w*)", "pm": r"(?:pm|picomet\w*)", "angstrom": _ANGSTROM}
_INVERSE = {
    unit: Words(
        {
            f"{_NAMES[unit]}^-1": rf"(?<![a-z]){length}\s*(?:\*\*|\^|\\\+)?\s*[({{]?\s*(?:[-⁻]\s*[1¹])(?!\d)",
            f"1/{_NAMES[unit]}": rf"1\s*/\s*{length}(?![a-z\d_^³²])",
            f"inverse {_NAMES[unit]}": f"inverse {length}",
        }
    )
    for unit, length in _LENGTHS.items()
}
_DISTANCE = {
    unit: Words(
        {
            f"r in {_NAMES[unit]}": rf"\W{{1,3}}in\s+\W{{0,2}}{length}",
            f"r ({_NAMES[unit]})": rf"\W{{0,2}}[\s(\[/]\W{{0,2}}{length}",
        },
        before=r"(?<![a-z\d])(?:r|distances?|lengths)(?![a-z])",
        after=r"(?![a-z^²³]|\.u|\s*[-^⁻])",
    )
    for unit, length in _LENGTHS.items()
}
# In the name of the first column.
_IN_NAME: dict[Unit, Words] = {
    "nm": Words({"q (nm-1)": "(?<![a-z])nm", "r (nanometer)": "nanom"}),
    "pm": Words({"r (pm)": "(?<![a-z])pm(?![a-z])", "r (picometer)": "picom"}),
    "angstrom": Words(
        {
            "q (Å⁻¹)": "Å",
            r"q (\AA)": r"\\AA",
            "q (1/angstrom)": "angstrom",
            "q (ang-1)": "(?<![a-z])ang(?![a-z])",
            "q (A-1)": "(?<![A-Za-z])A(?![A-Za-z])",
        },
        ignore_case=False,
    ),
}
# In comments that may be about something else: a sample, or the range of q.
_CLEARLY_ANGSTROM = Words(
    {
        "q in Å⁻¹": r"å|\\aa",
        "q in ang-1": "ang",
        "q (A-1)": r"[(\[/]\s*a\b",
        "r in A": r"\bin a\b",
        "q, A^-1": r"a\s?(\^|\*\*)",
    }
)
_NANOMETRES = re.compile(  # q is in units of nm
    r"(?i:(?<![a-z])(q|x|momentum|x?units?)(?![a-z])).*(?<![A-Za-z\d])(?<!\d )(nm|nanomet(re|er)s?)"
    r"(?![A-Za-z³]|\s*\^?\s*[-⁻]?\s*[3³])"
)
_RANGE = re.compile(r"(?<![a-z])q[ _-]?(max|min|range\w*)?\s*(=|:|from|ranges?\b|up to)", re.IGNORECASE)
_NUMBER_AT_END = re.compile(r"\d\s*$")
_RESOLUTION = re.compile(r"resolution|fwhm|width", re.IGNORECASE)

# Units that are not understood, in the name of the first column.
_OTHER_UNIT = Words(
    {
        "q (10 nm^-1)": r"(?<=[(\[])\d[\d.]*\s*[np]m",
        "r (mm)": "mm",
        "r (cm)": "cm",
        "r (m)": "m",
        "r (bohr)": "bohr",
        "r (a0)": "a_?0",
        "2theta (rad)": r"(m?rad|radians?)(?!\s*/)",  # rad/Å is a unit of q
        "r (a.u.)": r"a\.u\.",
        "r (au)": "au",
        "E (keV)": "k?ev",
        "q (r.l.u.)": r"r\.?l\.?u\.?",
        "q (2pi/a)": r"(2\s*)?(pi|π)\s*/\s*(?!d)\w+",
        "q (kX^-1)": "kX",
    },
    before=r"(?<![^\W\d_])",  # not the m of ångström
    after="(?![a-z])",
)
_OTHER_UNIT_ALONE = re.compile(  # bohr^-1, on a line below the names
    rf"{_OTHER_UNIT.pattern}(\s*\^?\s*[-⁻][1¹])?", re.IGNORECASE
)
# In comments on q or r, up to the name of y, which may be in arbitrary units. The group is what a message quotes.
_OTHER_IN_COMMENT = Words(
    {
        "q in 1/bohr": "(bohr)",
        "r in a0": r"(a_?0(?!\s*=))",
        "q in a.u.": r"(a\.u\.)",
        "q in 1/cm": r"(1 ?/ ?(?:[cmuµμ]?m|met(?:er|re)s?))(?![a-z])",
        "q in cm^-1": r"((?<![^\W\d_])[cmuµμ]?m ?\^? ?[-⁻] ?[1¹])(?!\d)",
        "q in r.l.u.": r"(r\.l\.u\.)",
        "q in lattice units": "(lattice units)",
    },
    before=(
        r"(?<![a-z])(?<![a-z]\()(?:q|r|vectors?|distances?|units?)(?![a-z])"
        r"(?:(?!\t|[a-z]\([qr]|intens|counts?\b|\b[sifg]\b)[^,;])*(?<![a-z])(?<!not in )"
    ),
    after=r"(?! (?:(?:are|were) )?not\b)",
)
# In any comment, with such a group. Densities, names and intensities have others.
_NO_LENGTH = Words(
    {
        "q is in keV": r"(?<![a-z])(?:q|r|units?)(?![a-z])\W*(?:(?:is|are|given) )*in (k?ev\b)",
        "q in units of 2 pi": r"\b(?:units? of|in) (2 ?(?:pi|π)(?! ?/ ?d\b))",
        "Bohr radii": r"(bohr radi\w*)",
        "atomic units": (
            r"((?<!intensity in )(?<!intensities in )(?<!\bno )(?<!not in )(?:atomic|reduced|lj|lennard-jones) units)"
        ),
        "units lj": r"(units\W{1,3}lj\b)",
        "r in units of sigma": "(in units of (?:sigma|σ))",
        "wavelength in kX": r"((?-i:(?<!\d )(?<!\d)\bkX\b))",
    }
)
_ONE_OVER = r"(?:1(?:\.0*)?(?![\d.])|one over|per|inv|rec|mathrm|text)\W*\w*\W*"
_KNOWN_UNIT = rf"(?:\W*(?:{_ONE_OVER})?(?:å|\\aa|ang|nm|nano|pm|pico|(?-i:AA?\b))|2 ?(?:pi|π) ?/ ?d\b)"
_IN_UNITS = {  # q in units of 2 pi / a
    axis: re.compile(
        rf"(?<![a-z])(?:{names})(?: (?:is|are|was|were|given|measured|values|axis))* in units of"
        rf" (?!{_KNOWN_UNIT})(\S.*)",
        re.IGNORECASE,
    )
    for axis, names in {"q": r"q|wave ?vectors?|momentum transfers?", "r": "r|distances?|lengths"}.items()
}
_IN_BRACKETS = re.compile(r"[(\[{](.*\w.*?)[)\]}]*$")
_UNDERSTOOD = Words(  # in a name with brackets
    {
        "q (Å⁻¹)": "å",
        "q (Ã⁻¹)": "ã",  # in another encoding
        "q (�⁻¹)": "�",
        r"q (\cE\C\S-1\N)": r"\\ce",  # Å as Grace writes it
        "q (1/Aring)": "aring",
        "q (2pi/d)": r"2\s*(pi|π)\s*/\s*d\b",
        "q (A-1)": (
            r"(?<![a-z])(inv(erse)?|rec(ip(rocal)?)?\.?)?[ _]?(aa?|ang(s|st|str\w*)?|nm|nano\w*|pm|pico\w*)(?![a-z])"
        ),
    }
)
_PERIODS = re.compile(  # cycles/Å
    rf"(?<!\w)(?!rad)[^\W\d_]{{3,}}\s*(/|per\b)\s*({_ANGSTROM}|[np]m)(?!\w|\s*\^?\s*[-⁻])", re.IGNORECASE
)
_CHANGED = Words(  # by a factor or an offset
    {
        "q x 10": r"(?<!\w)[x×*·]\s*(?!1\s*/)\d",
        "q*10": r"(?<=[)\w])[×*·]\s*\d",
        "q + 0.1": r"^(2|two)?[-_ ]?(q|r|theta|θ)\s*(\+|-\s*(?!1\b)\d|-\s*[qr]_?0)",
        "q (0.1 Å⁻¹)": (
            r"[(\[{]\s*((in )?units of )?(?!1\b)\d[\d.]*\s*(deg\w*|°|å|ang\w*|aa?)\s*(\^?\s*[-⁻]\s*[1¹])?\s*[)\]}]"
        ),
    }
)
_WORD = re.compile(r"\w")


def mentions_inverse_length(above: Sequence[str]) -> bool:
    """Return whether a line contains a unit of q."""
    return any(words.search(line) for words in _INVERSE.values() for line in above)


def unit_of(path: Path, axis: str, name: str, above: Sequence[str], comments: tuple[str, ...]) -> tuple[Unit, bool]:
    """Return the unit of q or r, and whether it is in the name of the column, and not only in the lines above it.

    Parameters
    ----------
    path : Path
    axis : {"q", "r", "2theta", "theta"}
    name : str
        The name of the first column; empty if it has none.
    above : sequence of str
        The lines above the table.
    comments : tuple of str
        Beginnings of comments.
    """
    name = _checked_name(path, axis, name, above, comments)
    of_name: list[Unit] = [known for known, words in _IN_NAME.items() if words.search(name)]
    of_lines = _units_of_lines(axis, above)
    if of_name and not any(map(_CLEARLY_ANGSTROM.search, above)):  # but the name of a sample, or an initial
        of_lines = [known for known in of_lines if known != "angstrom"]
    units = {*of_name, *of_lines}
    if len(units) > 1:
        both = " and ".join(sorted(_NAMES[known] for known in units))
        raise ValueError(f"{path}: its header has both {both} for {axis}. Give unit.")
    if axis != "r" and not of_name and units & {"nm", "pm"} and not _names_unit_of_axis(of_lines[0], above):
        raise ValueError(
            f"{path}: its header has a number in {_NAMES[of_lines[0]]}⁻¹, and does not say that {axis} is in this "
            "unit. Give unit."
        )
    if other := _other_unit_in_comment(axis, above, is_known=bool(units)):
        raise ValueError(f"{path}: its header has {other}; {axis} in Å, nm or pm was expected. Give unit.")
    if not units and _mentions_nanometres(axis, above, comments):
        raise ValueError(f"{path}: its header has nm, but the name of its first column does not. Give unit.")
    return (units.pop() if units else "angstrom"), bool(of_name)


def _checked_name(path: Path, axis: str, name: str, above: Sequence[str], comments: tuple[str, ...]) -> str:
    """Return a name with the unit that a line below the names has, or raise if it has a unit that is not understood."""
    below = re.split(r"[,;\t]", above[-1]) if name and above else [""]
    unit_below = below[0].strip(' "()[]')
    other = _OTHER_UNIT.search(name) or _OTHER_UNIT_ALONE.fullmatch(unit_below)
    if len(below) > 1 and not (below[0].startswith(comments) or any(map(_WORD.search, below[1:]))):
        name = f"{name} ({unit_below})"  # a line of units, of which S(q) and g(r) have none
    if text := f"in {other[0]}" if other else _unknown_unit(axis, name):
        raise ValueError(
            f"{path}: its first column is {text}; Å, nm, pm or degrees were expected: convert it, or give unit if it "
            "is in one of these."
        )
    return name


def _unknown_unit(axis: str, name: str) -> str:
    """Return a name with a factor or an offset, or with brackets that are not understood, or nothing."""
    if _CHANGED.search(name):
        return f"{quoted(name)}, changed by a factor or an offset"
    if axis not in ("q", "r") or not (found := _IN_BRACKETS.search(name)):
        return ""
    if _UNDERSTOOD.search(name) and not (axis == "q" and _PERIODS.search(found[1])):
        return ""
    return "" if AXES[axis].search(found[1]) else f"{quoted(name)}, and {found[1]} is not understood as a unit"


def _units_of_lines(axis: str, above: Sequence[str]) -> list[Unit]:
    """Return the units of r, or else those of q, in the lines above a table."""
    words = _DISTANCE if axis == "r" else _INVERSE
    return [unit for unit in _LENGTHS if any(map(words[unit].search, above))]


def _names_unit_of_axis(unit: Unit, above: Sequence[str]) -> bool:
    """Return whether a line has an inverse unit elsewhere than after a number, as in ``calibrated to 0.02 nm^-1``.

    Nor is the unit of a resolution that of q. A range, as in ``q from 5 to 200 nm^-1``, has the unit of q.
    """
    return any(
        bool(_RANGE.search(line))
        or not (_NUMBER_AT_END.search(line[: match.start()]) or _RESOLUTION.search(line[: match.start()]))
        for line in above
        for match in _INVERSE[unit].finditer(line)
    )


def _mentions_nanometres(axis: str, above: Sequence[str], comments: tuple[str, ...]) -> bool:
    """Return whether a comment on q, or a line that is no comment, mentions nm."""
    is_in_comment = axis == "q" and any(map(_NANOMETRES.search, above))
    return is_in_comment or any(_IN_NAME["nm"].search(line) for line in above if not line.startswith(comments))


def _other_unit_in_comment(axis: str, above: Sequence[str], *, is_known: bool) -> str:
    """Return a unit in a comment that is not understood, or nothing.

    If a unit is known, only the words "in units of" show another one.
    """
    patterns: list[Words | re.Pattern[str]] = [] if is_known else [_OTHER_IN_COMMENT, _NO_LENGTH]
    if axis in _IN_UNITS:
        patterns.append(_IN_UNITS[axis])
    matches = (pattern.search(line) for line in above for pattern in patterns)
    match = next(filter(None, matches), None)
    return match[match.lastindex or 0] if match else ""
