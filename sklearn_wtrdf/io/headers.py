"""Units, densities, composition and wavelength in the header of a file."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

from sklearn_wtrdf.io.contents import MINUS_SIGNS
from sklearn_wtrdf.io.labels import AXES
from sklearn_wtrdf.scattering.angles import wavelength_of
from sklearn_wtrdf.scattering.composition import Composition
from sklearn_wtrdf.scattering.pairs import largest_difference
from sklearn_wtrdf.scattering.pattern import Radiation
from sklearn_wtrdf.scattering.validation import check_positive
from sklearn_wtrdf.utils.text import quoted

Unit = Literal["angstrom", "nm", "pm"]

IN_ANGSTROM: dict[Unit, float] = {"angstrom": 1.0, "nm": 10.0, "pm": 0.01}

# Differences that are rounding: of atomic fractions, and relative ones of densities.
_SAME_FRACTION = 0.01
_SAME_DENSITY = 0.05
_MIN_NUMBER_DENSITY = 1e-6  # Å⁻³, a hundredth of a gas's at 1 bar
MAX_NUMBER_DENSITY = 1.0  # Å⁻³, five times diamond's: a larger one is in g/cm³ or nm⁻³
_MAX_WAVELENGTH = 1e3  # Å, beyond X-rays and neutrons
_NUMBER_DENSITIES = ("number_density", "rho", "rho0", "rho_0", "numberdensity", "number density")
_MASS_DENSITIES = ("mass_density", "massdensity", "mass density")
_RADIATIONS = ("radiation", "mode")
_COMPOSITIONS = ("composition", "formula", "chemical_formula", "chemical formula")

# Units of a density without blanks and signs, so that A^-3, 1/A^3 and atoms/A³ are equal, with factors to Å⁻³ and
# g/cm³.
_PER_VOLUME = [(r"(å|a+|ang(stroms?)?)3", 1.0), (r"nm3", 1e-3), (r"cm3", 1e-24), (r"m3", 1e-30)]
_MASS_PER_VOLUME = [(r"g(cm3|cc|ccm|ml)", 1.0), (r"kgm3", 1e-3)]

_ANGSTROM = r"(?:å|\\aa|angstroms?|ang|a)"
_LENGTHS: dict[Unit, str] = {"nm": r"(?:nm|nanomet\w*)", "pm": r"(?:pm|picomet\w*)", "angstrom": _ANGSTROM}
_NAMES: dict[str, str] = {"nm": "nm", "pm": "pm", "angstrom": "Å"}
_INVERSE = {
    unit: re.compile(
        rf"(?<![a-z]){length}\s*(?:\*\*|\^|\\\+)?\s*[({{]?\s*(?:[-⁻]\s*[1¹])(?!\d)|1\s*/\s*{length}(?![a-z\d_^³²])"
        rf"|inverse {length}",
        re.IGNORECASE,
    )
    for unit, length in _LENGTHS.items()
}
_DISTANCE = {
    unit: re.compile(
        rf"(?<![a-z\d])(?:r|distances?|lengths)(?![a-z])(?:\W{{1,3}}in\s+|\W{{0,2}}[\s(\[/])\W{{0,2}}{length}(?![a-z^²³]|\.u|\s*[-^⁻])",
        re.IGNORECASE,
    )
    for unit, length in _LENGTHS.items()
}
_IN_NAME: dict[Unit, re.Pattern[str]] = {
    "nm": re.compile(r"(?<![a-z])nm|nanom", re.IGNORECASE),
    "pm": re.compile(r"(?<![a-z])pm(?![a-z])|picom", re.IGNORECASE),
    "angstrom": re.compile(r"Å|\\AA|angstrom|(?<![a-z])ang(?![a-z])|(?<![A-Za-z])A(?![A-Za-z])"),
}
_SEVERAL_ENTRIES = re.compile(r"(\w+)\s*=\s*([^\s,;=]+)")
# Words about q or r with a unit that is not understood, in comments. Densities, names and intensities have others.
_NO_LENGTH = re.compile(
    r"(?<![a-z])(?<![a-z]\()(?:q|r|vectors?|distances?|units?)(?![a-z])"
    r"(?:(?!\t|[a-z]\([qr]|intens|counts?\b|\b[sifg]\b)[^,;])*(?<![a-z])"  # up to the name of y, which may be in a.u.
    r"(?<!not in )(bohr|a_?0(?!\s*=)|a\.u\.|r\.l\.u\.|lattice units)(?! (?:(?:are|were) )?not\b)"
    r"|(?<![a-z])(?:q|r|units?)(?![a-z])\W*(?:(?:is|are|given) )*in (k?ev\b)"
    r"|\b(?:units? of|in) (2 ?(?:pi|π)(?! ?/ ?d\b))|(bohr radi\w*)"
    r"|((?<!intensity in )(?<!intensities in )(?<!\bno )(?<!not in )(?:atomic|reduced|lj|lennard-jones) units)"
    r"|(units\W{1,3}lj\b|in units of (?:sigma|σ))|((?-i:(?<!\d )(?<!\d)\bkX\b))",
    re.IGNORECASE,
)
_IN_UNITS = {  # the same, of anything but an understood unit
    axis: re.compile(
        rf"(?<![a-z])(?:{names})(?: (?:is|are|was|were|given|measured|values|axis))* in units of"
        rf" (?!\W*(?:(?:1(?:\.0*)?(?![\d.])|one over|per|inv|rec|mathrm|text)\W*\w*\W*)?"
        r"(?:å|\\aa|ang|nm|nano|pm|pico|(?-i:AA?\b))|2 ?(?:pi|π) ?/ ?d\b)(\S.*)",
        re.IGNORECASE,
    )
    for axis, names in {"q": r"q|wave ?vectors?|momentum transfers?", "r": "r|distances?|lengths"}.items()
}
_NANOMETRES = re.compile(
    r"(?i:(?<![a-z])(q|x|momentum|(x[- ]?)?units?)(?![a-z])).*(?<![A-Za-z\d])(?<!\d )(nm|nanomet(re|er)s?)"
    r"(?![A-Za-z³]|\s*\^?\s*[-⁻]?\s*[3³])"
)
_RANGE = re.compile(r"(?<![a-z])q[ _-]?(max|min|range\w*)?\s*(=|:|from|ranges?\b|up to)", re.IGNORECASE)
_WAVELENGTH = re.compile(  # of Kα₁ where there are several
    r"[\W_]*(?:K-?alpha[ _-]?1[ _])?(?:(?:x-?ray|neutron|incident) )?(?:wave[ _-]?length|lambda|λ|WL)[ _]?1?\s*"
    r"(?:[\[(](?P<unit>[^\])]*)[\])])?\s*[:=,;]\s*\"?(?P<value>[^\s\"].*?)[\s\",;]*$",
    re.IGNORECASE,
)
_NUMBER_WITH_UNIT = re.compile(r"(\S*[\d.])\W*((?:å|ang\w*|a|[npcmµ]?m|[km]?ev)(?![a-z]))?", re.IGNORECASE)
_IN_ANGSTROMS = {"å": 1.0, "ang": 1.0, "a": 1.0, "nm": 10.0, "pm": 0.01, "m$": 1e10}  # beginnings of units of length
_COUNTING_TIME = re.compile(
    r"(?<![a-z])(?:(?:count(?:ing)?|exposure|step|acquisition|dwell)[ _-]?time|(?:time|seconds) per (?:step|point))\s*"
    r"(?:[\[(](?P<unit>[a-z]+)[\])])?\s*[:=,;]\s*\"?(?P<value>[\d.,]+(?:e[+-]?\d+)?)\s*(?P<unit_after>[a-z]+)?",
    re.IGNORECASE,
)
_IN_SECONDS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}  # beginnings of units of time
_DECIMAL_COMMA = re.compile(r"^([+-]?\d+),(\d+)$")
_NUMBER_AT_END = re.compile(r"\d\s*$")
_RESOLUTION = re.compile(r"resolution|fwhm|width", re.IGNORECASE)
_CLEARLY_ANGSTROM = re.compile(r"å|\\aa|ang|[(\[/]\s*a\b|\bin a\b|a\s?(\^|\*\*)", re.IGNORECASE)
_OTHER_UNIT = (
    r"((?<=[(\[])\d[\d.]*\s*[np]m|mm|cm|m|bohr|a_?0|(m?rad|radians?)(?!\s*/)|a\.u\.|au|k?ev|r\.?l\.?u\.?"
    r"|(2\s*)?(pi|π)\s*/\s*(?!d)\w+|kX)"
)
_OTHER_UNITS = re.compile(rf"(?<![^\W\d_]){_OTHER_UNIT}(?![a-z])", re.IGNORECASE)  # and not the m of ångström
_WORD = re.compile(r"\w")
_IN_BRACKETS = re.compile(r"[(\[{](.*\w.*?)[)\]}]*$")
_UNDERSTOOD = re.compile(  # Å as Grace writes it is \cE, and in the wrong encoding Ã or �
    r"[åã�]|\\(aa|ce)|aring|2\s*(pi|π)\s*/\s*d\b"
    r"|(?<![a-z])(inv(erse)?|rec(ip(rocal)?)?\.?)?[ _]?(aa?|ang(s|st|str\w*)?|nm|nano\w*|pm|pico\w*)(?![a-z])",
    re.IGNORECASE,
)
_PERIODS = re.compile(  # cycles/Å
    rf"(?<!\w)(?!rad)[^\W\d_]{{3,}}\s*(/|per\b)\s*({_ANGSTROM}|[np]m)(?!\w|\s*\^?\s*[-⁻])", re.IGNORECASE
)
_CHANGED = re.compile(  # by a factor or an offset
    r"(?<!\w)[x×*·]\s*(?!1\s*/)\d|(?<=[)\w])[×*·]\s*\d"
    r"|^(2|two)?[-_ ]?(q|r|theta|θ)\s*(\+|-\s*(?!1\b)\d|-\s*[qr]_?0)"
    r"|[(\[{]\s*((in )?units of )?(?!1\b)\d[\d.]*\s*(deg\w*|°|å|ang\w*|aa?)\s*(\^?\s*[-⁻]\s*[1¹])?\s*[)\]}]",
    re.IGNORECASE,
)
_OTHER_UNIT_ALONE = re.compile(rf"{_OTHER_UNIT}(\s*\^?\s*[-⁻][1¹])?", re.IGNORECASE)


def entries(above: Sequence[str]) -> dict[str, str]:
    """Return the lines of the form ``name = value``, and the parts of lines such as ``Qmin=0.8, Qmax=30.0``."""
    pairs: dict[str, str] = {}
    for line in above:
        text = line.lstrip("#!%;'*/ ")
        name, _, value = text.partition("=")
        if "=" in value:
            pairs |= dict(_SEVERAL_ENTRIES.findall(text))
        elif "=" in text and name.strip():
            pairs[name.strip()] = _unquoted(value.strip())
    return pairs


def entry(name: str, value: object) -> str:
    r"""Return a line ``name = value`` that :func:`entries` reads as it was, or raise a ValueError.

    A text that would be read differently is written as a JSON string, in which \u003d stands for "=".
    """
    text = str(value)
    if not text.isprintable() or text != text.strip() or text.startswith('"') or set("=" + MINUS_SIGNS) & set(text):
        text = json.dumps(text).replace("=", "\\u003d")
    if entries([f"{name} = {text}"]) != {name: str(value)} or not name.isprintable():
        raise ValueError(
            f"header: a name must not contain '=' or a line break, nor begin like a comment, got {quoted(name)}."
        )
    return f"{name} = {text}"


def _unquoted(text: str) -> str:
    """Return the text of a JSON string, or any other text unchanged."""
    if text.startswith('"'):
        with contextlib.suppress(ValueError):
            return str(json.loads(text))
    return text


def composition(header: dict[str, str]) -> str | None:
    """Return the formula in the header, or None if there is no valid one."""
    text = composition_text(header)
    return None if text is None else _formula(text)


def composition_text(header: dict[str, str]) -> str | None:
    """Return the text of the formula in the header, or None."""
    return next((value for name, value in header.items() if name.lower() in _COMPOSITIONS), None)


@lru_cache(maxsize=256)
def _formula(text: str) -> str | None:
    try:
        return Composition(text).formula
    except ValueError:
        return None


def number_densities(path: Path, header: dict[str, str]) -> list[float]:
    """Return the ρ₀ [Å⁻³] in the header, given directly or by mass density and composition; the former first."""
    densities: list[float] = []
    for names in (_NUMBER_DENSITIES, _MASS_DENSITIES, ("density",)):
        for name, value in header.items():
            if name.lower() in names:
                try:
                    density = _density(path, header, name, value)
                except ValueError:
                    if not densities:
                        raise
                    continue  # another density is known already
                if density is not None:
                    densities.append(density)
    return densities


def _density(path: Path, header: dict[str, str], name: str, value: str) -> float | None:
    number, rest = first_number(value), " ".join(value.split()[1:])
    unit = re.sub(r"atoms?|per|[\s^*${}()\[\]/\\·.]|[-⁻]", "", rest.lower()).replace("³", "3").removeprefix("1")
    per_volume = next((factor for text, factor in _PER_VOLUME if re.match(text, unit)), None)
    of_mass = next((factor for text, factor in _MASS_PER_VOLUME if re.match(text, unit)), None)
    if name.lower() in _MASS_DENSITIES and per_volume is None and not unit:
        of_mass = 1.0
    if name.lower() == "density" and per_volume is None and of_mass is None:
        return None  # neither the name nor the unit says whether it is a mass density
    formula = composition(header)
    if of_mass is not None:
        if formula is None and name.lower() not in _NUMBER_DENSITIES:
            return None
        if formula is None:
            raise ValueError(
                f"{path}: its header's {name} is a mass density, got {quoted(value)}: add a line such as "
                "composition = SiO2, from which the number density in Å⁻³ follows."
            )
        if not number > 0:
            raise ValueError(f"{path}: its header's {name} is no mass density in g/cm³, got {quoted(value)}.")
        number = Composition(formula).number_density(number * of_mass)
    else:
        if per_volume is None and ("3" in unit or "molec" in unit):
            raise ValueError(
                f"{path}: its header's {name} is no number density in Å⁻³, nm⁻³ or cm⁻³, got {quoted(value)}."
            )
        number *= per_volume or 1.0
    if not _MIN_NUMBER_DENSITY <= number <= MAX_NUMBER_DENSITY:
        raise ValueError(f"{path}: its header's {name} is no number density in Å⁻³, got {quoted(value)}.")
    return number


def check_density(density: float) -> float:
    """Return a given number density, or raise if no matter has it."""
    if 0 < check_positive("number_density", density, "atoms per Å³") < _MIN_NUMBER_DENSITY:
        raise ValueError(f"number_density must be in atoms per Å³, such as 0.066 for silica, got {quoted(density)}.")
    return float(density)


def radiation(header: dict[str, str]) -> Radiation | None:
    """Return the radiation in the header, as PDFgetX3 writes it in ``mode = xray``, or None."""
    values = " ".join(value.lower() for name, value in header.items() if name.lower() in _RADIATIONS)
    return "neutron" if "neutron" in values else "x-ray" if re.search(r"x-?rays?\b", values) else None


def contradictions(
    path: Path,
    header: dict[str, str],
    formula: str | None = None,
    density: float | None = None,
    used_radiation: Radiation | None = None,
) -> list[str]:
    """Return messages on entries of a header that contradict the values in use; None is not compared."""
    messages, of_header = [], composition(header)
    if formula is not None and of_header is not None and largest_difference(of_header, formula) > _SAME_FRACTION:
        messages.append(f"{path}: its header has the composition {quoted(of_header)}; {formula} is used.")
    with contextlib.suppress(ValueError):  # an impossible density
        # A mass density is that of the formula in the header, or else of the one that is used.
        own = header if of_header is not None or formula is None else header | {"composition": formula}
        of_file = number_densities(path, own)
        if density is not None and of_file and abs(of_file[0] / density - 1) > _SAME_DENSITY:
            messages.append(
                f"{path}: its header has the number density {of_file[0]:.4g} atoms/Å³; {density:.4g} is used."
            )
    if used_radiation is not None and radiation(header) not in (None, used_radiation):
        messages.append(f"{path}: by its header the radiation is {radiation(header)}; {used_radiation} is used.")
    return messages


def wavelength(path: Path, above: Sequence[str]) -> float | None:
    """Return the first wavelength [Å] in the lines of a header, or None. One that is no length or line is an error."""
    of_entries = [f"wavelength = {value}" for name, value in entries(above).items() if name.lower() == "wavelength"]
    match = next(filter(None, map(_WAVELENGTH.match, [*above, *of_entries])), None)
    if match is None:
        return None
    text, unit = match["value"], match["unit"]
    with contextlib.suppress(ValueError):  # it is a number
        return wavelength_of(text)
    if of_number := _NUMBER_WITH_UNIT.match(text):
        text, unit = of_number[1], of_number[2] or unit
    factor = next((_IN_ANGSTROMS[name] for name in _IN_ANGSTROMS if re.match(name, unit or "Å", re.IGNORECASE)), 0.0)
    if not 0 < (length := first_number(text) * factor) < _MAX_WAVELENGTH:
        raise ValueError(f"{path}: its wavelength is not in Å, got {quoted(match['value'])}: give the wavelength in Å.")
    return length


def counting_time(above: Sequence[str]) -> float | None:
    """Return the counting time of each point [s] from the lines of a header, or None."""
    match = next(filter(None, map(_COUNTING_TIME.search, above)), None)
    if match is None:
        return None
    unit = (match["unit"] or match["unit_after"] or "s").lower()
    factor = next((factor for name, factor in _IN_SECONDS.items() if unit.startswith(name)), None)
    time = first_number(match["value"]) * (factor or 0.0)
    return time if time > 0 else None


def last(axis: str, header: dict[str, str]) -> float:
    """Return the end of q or r in the header, as PDFgetX3 writes it in qmax = 24.0, or NaN."""
    return first_number(next((value for name, value in header.items() if name.lower() == f"{axis}max"), ""))


def mentions_inverse_length(above: Sequence[str]) -> bool:
    """Return whether a line contains a unit of q."""
    return any(pattern.search(line) for pattern in _INVERSE.values() for line in above)


def unit(path: Path, axis: str, name: str, above: Sequence[str], comments: tuple[str, ...]) -> tuple[Unit, bool]:
    """Return the unit of q or r, and whether it is in the name of the column, and not only in the lines above it."""
    below = re.split(r"[,;\t]", above[-1]) if name and above else [""]
    unit_below = below[0].strip(' "()[]')
    other = _OTHER_UNITS.search(name) or _OTHER_UNIT_ALONE.fullmatch(unit_below)
    if len(below) > 1 and not (below[0].startswith(comments) or any(map(_WORD.search, below[1:]))):
        name = f"{name} ({unit_below})"  # a line of units, of which S(q) and g(r) have none
    text = f"in {other[0]}" if other else _unknown_unit(axis, name)
    if text:
        raise ValueError(
            f"{path}: its first column is {text}; Å, nm, pm or degrees were expected: convert it, or give unit if it "
            "is in one of these."
        )
    of_name: list[Unit] = [known for known, pattern in _IN_NAME.items() if pattern.search(name)]
    patterns = _DISTANCE if axis == "r" else _INVERSE
    of_lines: list[Unit] = [known for known in _LENGTHS if any(map(patterns[known].search, above))]
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
    patterns_of_others = [] if units else [_NO_LENGTH]
    if axis in _IN_UNITS:
        patterns_of_others.append(_IN_UNITS[axis])
    if other := next(filter(None, (pattern.search(line) for line in above for pattern in patterns_of_others)), None):
        found = other[other.lastindex or 0]
        raise ValueError(f"{path}: its header has {found}; {axis} in Å, nm or pm was expected. Give unit.")
    has_nanometres = any(map(_NANOMETRES.search, above)) if axis == "q" else False
    has_nanometres |= any(_IN_NAME["nm"].search(line) for line in above if not line.startswith(comments))
    if not units and has_nanometres:
        raise ValueError(f"{path}: its header has nm, but the name of its first column does not. Give unit.")
    return (units.pop() if units else "angstrom"), bool(of_name)


def _unknown_unit(axis: str, name: str) -> str:
    """Return a name with a factor or an offset, or with brackets that are not understood, or nothing."""
    if _CHANGED.search(name):
        return f"{quoted(name)}, changed by a factor or an offset"
    if axis not in ("q", "r") or not (found := _IN_BRACKETS.search(name)):
        return ""
    if _UNDERSTOOD.search(name) and not (axis == "q" and _PERIODS.search(found[1])):
        return ""
    return "" if AXES[axis].search(found[1]) else f"{quoted(name)}, and {found[1]} is not understood as a unit"


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


def first_number(text: str) -> float:
    """Return the number at the beginning of a text, which may have a decimal comma, or NaN."""
    try:
        return float(_DECIMAL_COMMA.sub(r"\1.\2", text.split()[0].rstrip(",;")))
    except (ValueError, IndexError):
        return float("nan")
