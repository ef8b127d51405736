"""Chemical formulas: from text to the atoms of a material."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from sklearn_wtrdf.utils.text import quoted, shortened

if TYPE_CHECKING:
    from periodictable.core import Atom

_ZERO_FOR_O = re.compile(r"[A-Za-z)\]}]0\d|^[A-Z][a-z]?20[35]$")  # Si02, and B203 and P205, which would be elements
# Pairs of letters that are rarely two elements, and often one element in capitals, as in SIO2; unlike those of CO2.
_CAPITALS = ("SI", "NI", "CU", "SN", "SB", "PB", "IN", "NB", "BI", "YB")
# A dot or a blank between units: Na2O.2SiO2, Al2O3.2SiO2 and CuSO4.5H2O would have O0.2, O3.2 and O4.5, and
# Ge 25Se75 would be Ge + 25 Se75.
_UNITS_IN_A_ROW = re.compile(r"(?<!\d)\.|O\d+\.\d+[A-Z]\w*O(?![a-z])|\d\.\d+[HD]2O|[\w)\]}] \d")
# Mixtures and sequences in the syntax of periodictable: 50wt% Co//Ti, 5g NaCl, 1cm Si // 5nm Cr, aa:GGG
_MIXTURE = re.compile(r"[%:]|//|^\d[\d.]*\s*[a-z]")
_MAX_FORMULA_LENGTH = 1000  # characters: a longer text is no formula, and takes long to parse


def formula_text(formula: str | Mapping[str, float]) -> str:
    """Return a formula as text, from text or from the number of each atom."""
    if isinstance(formula, str):
        is_one_line = len(formula) <= _MAX_FORMULA_LENGTH and len(formula.strip().splitlines()) == 1
        return " ".join(formula.split()) if is_one_line else formula
    if not isinstance(formula, Mapping):
        raise ValueError(
            f"composition must be a formula, such as 'SiO2', or a number of each atom, got {quoted(formula)}."
        )
    for kind, n in formula.items():
        if isinstance(n, bool) or not (isinstance(n, Real) and np.isfinite(n) and n >= 0):
            raise ValueError(
                f"composition must have a finite number, not negative, of {quoted(kind)}, got {quoted(n)}."
            )
    units = {kind if re.fullmatch("[A-Z][a-z]?", str(kind)) else f"({kind})": n for kind, n in formula.items() if n > 0}
    text = ""
    for unit, n in units.items():
        text += "1" * (text[-1:] + unit in _CAPITALS) + unit
        text += f"{np.format_float_positional(n, trim='-')}" if n != 1 else ""
    return text


def read_formula(formula: str) -> tuple[dict[str, Atom], list[float]]:
    """Return the atom of each kind and its number."""
    atoms, counts = _read(formula)
    return dict(atoms), list(counts)


@lru_cache(maxsize=256)  # the parser's exceptions keep all that its callers hold, until cycles are collected
def _read(formula: str) -> tuple[dict[str, Atom], list[float]]:
    import periodictable

    reason = ""
    if len(formula) > _MAX_FORMULA_LENGTH:
        reason = f" It has {len(formula)} characters, more than {_MAX_FORMULA_LENGTH}."
    elif len(formula.splitlines()) > 1:
        reason = " It has a line break."
    elif re.search(_MIXTURE, formula):
        reason = " For a mixture or a sequence, write how many atoms of each element it has."
    elif "+" not in re.sub(r"\{[^}]*\}", "", formula) and re.search(r"(^|\()\s*\d[\d.]*\s*[A-Z(]", formula):
        reason = " Leave out a number in front: write H2O for 2H2O, or Si[30]O2 if an isotope is meant."
    elif "@" in formula:
        reason = " Give the density separately, as mass_density."
    elif re.search(_ZERO_FOR_O, formula):
        reason = " It has a 0 (zero): did you mean O, oxygen?"
    elif pair := element_in_capitals(formula):
        reason = f" It is in capitals: write {pair.capitalize()}, or {'1'.join(pair)} for {' and '.join(pair)}."
    elif re.search(_UNITS_IN_A_ROW, formula):
        reason = (
            " Write 0.5 for .5, no blank before a number, Na2O + 2SiO2 for units in a row, and each element once if a "
            "decimal is meant."
        )
    else:
        try:
            counts = {atom: n for atom, n in _counts(periodictable.formula(formula).structure).items() if n > 0}
        except Exception as error:  # the parser's, of several kinds
            at = getattr(error, "loc", None)  # where it stopped
            reason = f" ({shortened(str(error))})" if at is None else f" {quoted(formula[at:])} is not understood."
        else:
            if counts and math.isfinite(sum(counts.values())):
                return {str(periodictable.formula([(1, atom)])): atom for atom in counts}, list(counts.values())
    raise ValueError(
        f"composition must be a formula, such as SiO2, Ag10(Ge25Se75)90, D2O, O[18] or Si{{4+}}, got {quoted(formula)}."
        f"{reason}"
    )


def element_in_capitals(formula: str) -> str | None:
    """Return the first element of two letters in a unit that is in capitals, such as SI in SIO2, or None."""
    units = filter(str.isupper, re.findall(r"[A-Za-z\d.]+", formula))
    return next((pair for unit in units for pair in _CAPITALS if pair in unit), None)


def _counts(structure: Iterable) -> dict[Atom, float]:
    """Return the number of each atom in a parsed formula, in which brackets may be in per cent."""
    from periodictable.core import isatom

    parts = [(float(n), {part: 1.0} if isatom(part) else _counts(part)) for n, part in structure]
    per_cent = any(math.isclose(sum(n for n, _ in parts), total) for total in (1, 100))
    counts: dict[Atom, float] = {}
    for n, inner in parts:
        share = 100 if per_cent and math.isclose(sum(inner.values()), 100) else 1
        for atom, m in inner.items():
            counts[atom] = counts.get(atom, 0.0) + n * m / share
    return counts
