"""What the header of a file says about the measurement: the wavelength, and the counting time of a point."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from pathlib import Path

from sklearn_wtrdf.io.headers import entries, first_number
from sklearn_wtrdf.scattering.angles import wavelength_of
from sklearn_wtrdf.utils.text import quoted

_MAX_WAVELENGTH = 1e3  # Å, beyond X-rays and neutrons
_WAVELENGTH = re.compile(  # Wavelength (A): 0.1839; of Kα₁ where there are several
    r"[\W_]*(?:K-?alpha[ _-]?1[ _])?(?:(?:x-?ray|neutron|incident) )?(?:wave[ _-]?length|lambda|λ|WL)[ _]?1?\s*"
    r"(?:[\[(](?P<unit>[^\])]*)[\])])?\s*[:=,;]\s*\"?(?P<value>[^\s\"].*?)[\s\",;]*$",
    re.IGNORECASE,
)
_NUMBER_WITH_UNIT = re.compile(  # 154.06 pm
    r"(\S*[\d.])\W*((?:å|ang\w*|a|[npcmuµμ]?m(?:et(?:er|re)s?)?|[km]?ev)(?![a-z]))?", re.IGNORECASE
)
_IN_ANGSTROMS = {
    "å": 1.0,
    "ang": 1.0,
    "a": 1.0,
    "nm": 10.0,
    "pm": 0.01,
    "m(et|$)": 1e10,
}  # beginnings of units of length
_COUNTING_TIME = re.compile(  # Exposure time (s): 0.5
    r"(?<![a-z])(?:(?:count(?:ing)?|exposure|step|acquisition|dwell)[ _-]?time|(?:time|seconds) per (?:step|point))\s*"
    r"(?:[\[(](?P<unit>[a-z]+)[\])])?\s*[:=,;]\s*\"?(?P<value>[\d.,]+(?:e[+-]?\d+)?)(?!\s*:|\s*[a-z]+\s*\d)\s*(?P<unit_after>[a-zµμ]+)?",
    re.IGNORECASE,
)
# Beginnings of units of time. Those of 2:30 and 2 min 30 s are not read.
_IN_SECONDS = {
    "ms": 1e-3,
    "milli": 1e-3,
    "micro": 1e-6,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}


def wavelength_in(path: Path, above: Sequence[str]) -> float | None:
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
