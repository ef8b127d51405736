"""Quoting of values in messages, on one line and shortened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_LONGEST_VALUE = 80  # characters of a value that a message quotes
_LONGEST_NAME = 30  # characters, where a message lists names
_LONGEST_LIST = 10  # names in such a list


def quoted(value: object) -> str:
    """Return the repr of a value for a message: its beginning, where it is long, and of a numpy number the number."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()
    return shortened(repr(value), _LONGEST_VALUE)


def shortened(text: str, longest: int = _LONGEST_VALUE) -> str:
    """Return a text on one line: its beginning, where it is long."""
    text = " ".join(text[: 10 * longest].split()) if len(text) > 10 * longest else " ".join(text.split())
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def listed(names: Iterable[str]) -> str:
    """Return names separated by commas: the first ones, where they are many."""
    names = list(names)
    first = ", ".join(shortened(name, _LONGEST_NAME) for name in names[:_LONGEST_LIST])
    return f"{first}, …" if len(names) > _LONGEST_LIST else first


def with_interval(row: Mapping[str, Any], name: str) -> str:
    """Return a value of a row of a table of peaks as text, with its interval if that is known."""
    value, high = row[name], row[f"{name}_high"]
    if value != value:  # NaN
        return "–"
    digits = 3 if name in ("position", "width") else 2
    return f"{value:.{digits}f}" if high != high else f"{value:.{digits}f} ± {high - value:.{digits}f}"
