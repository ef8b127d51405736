"""Entries in the header of a file, as ``name = value``: the composition, the radiation, and others by their names."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Sequence
from functools import lru_cache

from sklearn_wtrdf.io.contents import MINUS_SIGNS
from sklearn_wtrdf.scattering.composition import Composition
from sklearn_wtrdf.scattering.pattern import Radiation
from sklearn_wtrdf.utils.text import quoted

_RADIATIONS = ("radiation", "mode")
_COMPOSITIONS = ("composition", "formula", "chemical_formula", "chemical formula")
_SEVERAL_ENTRIES = re.compile(r"(\w+)\s*=\s*([^\s,;=]+)")
_DECIMAL_COMMA = re.compile(r"^([+-]?\d+),(\d+)$")


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


def radiation(header: dict[str, str]) -> Radiation | None:
    """Return the radiation in the header, as PDFgetX3 writes it in ``mode = xray``, or None."""
    values = " ".join(value.lower() for name, value in header.items() if name.lower() in _RADIATIONS)
    return "neutron" if "neutron" in values else "x-ray" if re.search(r"x-?rays?\b", values) else None


def last(axis: str, header: dict[str, str]) -> float:
    """Return the end of q or r in the header, as PDFgetX3 writes it in qmax = 24.0, or NaN."""
    return first_number(next((value for name, value in header.items() if name.lower() == f"{axis}max"), ""))


def first_number(text: str) -> float:
    """Return the number at the beginning of a text, which may have a decimal comma, or NaN."""
    try:
        return float(_DECIMAL_COMMA.sub(r"\1.\2", text.split()[0].rstrip(",;")))
    except (ValueError, IndexError):
        return float("nan")
