"""The numbers in a line of a table, in the notations of programs and countries: 0.65, 6.5D-01, "0.65" and 0,65."""

from __future__ import annotations

import csv
import re

_WORD = re.compile(r'"[^"]*"|\S+')
_FORTRAN = re.compile(r"([-+]?(?:\d+(?:\.\d*)?|\.\d+))[dD]([-+]?\d+)")
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+(?:[eEdD][-+]?\d+)?")
_MAYBE_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")

NO_DECIMAL_COMMAS = " Decimal commas are read only where columns are not separated by commas: write 0.65 for 0,65."


def words_of(line: str, separator: str | None) -> list[str]:
    """Return the words of a line, without quotation marks."""
    if '"' not in line:
        return [word.strip() for word in line.split(separator)]
    if separator is None:
        return [word.strip('"') for word in _WORD.findall(line)]
    return [word.strip() for word in next(csv.reader([line.strip()], delimiter=separator, skipinitialspace=True), [])]


def numbers_of(line: str, separator: str | None) -> list[float] | None:
    """Return the numbers in a line, or None if it contains anything else."""
    if "_" in line:  # float reads 1_0 as 10
        return None
    words = line.split(separator)
    if separator and not words[-1].strip():
        words.pop()  # a separator at the end
    try:
        return list(map(float, words))  # most files have no other notation
    except ValueError:
        pass
    try:
        words = words_of(line, separator)
        if separator and words and not words[-1]:
            words.pop()
        return [float(_in_python(word)) for word in words]
    except (ValueError, csv.Error):
        return None


def separator_of(line: str) -> tuple[str | None, int]:
    """Return what separates the numbers in a line, and how many they are; 0 if it is no line of numbers."""
    candidates = [mark for mark in ";," if mark in line][:1]
    for separator in (*candidates, None) if candidates != [";"] else candidates:
        if numbers := numbers_of(line, separator):
            return separator, len(numbers)
    return None, 0


def check_decimals(rows: list[tuple[int, str]], separator: str | None) -> tuple[int, str] | None:
    """Return the first row whose decimal commas contradict the others, or None.

    Decimal commas are read if no number has a decimal point, and if they are no marks of thousands: 1,024 may be both.
    """
    commas = [row for row in rows if any("," in word for word in _words_with_commas(row[1], separator))]
    if not commas:
        return None
    points = [row for row in rows if "." in row[1]]
    if points:
        return commas[0] if len(commas) <= len(points) else points[0]
    words = [word for row in commas for word in _words_with_commas(row[1], separator) if "," in word]
    return commas[0] if all(map(_MAYBE_THOUSANDS.fullmatch, words)) else None


def _words_with_commas(line: str, separator: str | None) -> list[str]:
    if "," not in line or (separator == "," and '"' not in line):
        return []
    return words_of(line, separator)


def _in_python(word: str) -> str:
    """Return a number as Python writes it."""
    if _DECIMAL_COMMA.fullmatch(word):
        word = word.replace(",", ".")
    return f"{match[1]}e{match[2]}" if (match := _FORTRAN.fullmatch(word)) else word
