"""Values and numbers in messages: quoted on one line, shortened, and counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_MAX_LENGTH = 80  # characters of a value that a message quotes
_MAX_NAME_LENGTH = 30  # characters, where a message lists names
_MAX_LISTED = 10  # names in such a list


def quoted(value: object) -> str:
    """Return the repr of a value for a message: its beginning, where it is long, and of a numpy number the number."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()
    return shortened(repr(value), _MAX_LENGTH)


def shortened(text: str, max_length: int = _MAX_LENGTH) -> str:
    """Return a text on one line: its beginning, where it is long."""
    text = " ".join(text[: 10 * max_length].split()) if len(text) > 10 * max_length else " ".join(text.split())
    return text if len(text) <= max_length else f"{text[: max_length - 1]}…"


def listed(names: Iterable[str]) -> str:
    """Return names separated by commas: the first ones, where they are many."""
    names = list(names)
    first = ", ".join(shortened(name, _MAX_NAME_LENGTH) for name in names[:_MAX_LISTED])
    return f"{first}, …" if len(names) > _MAX_LISTED else first


def counted(n: int, noun: str) -> str:
    """Return a number with its noun, as in "1 outlier" and "2 outliers"."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def with_interval(row: Mapping[str, Any], name: str) -> str:
    """Return a value of a row of a table of peaks as text, with its interval if that is known."""
    value, high = row[name], row[f"{name}_high"]
    if value != value:  # NaN
        return "–"
    digits = 3 if name in ("position", "width") else 2
    return f"{value:.{digits}f}" if high != high else f"{value:.{digits}f} ± {high - value:.{digits}f}"
