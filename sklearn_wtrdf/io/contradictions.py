"""Entries of a header that contradict the composition, the number density or the radiation in use."""

from __future__ import annotations

import contextlib
from pathlib import Path

from sklearn_wtrdf.io.densities import number_densities
from sklearn_wtrdf.io.headers import composition, radiation
from sklearn_wtrdf.scattering.pairs import largest_difference
from sklearn_wtrdf.scattering.pattern import Radiation
from sklearn_wtrdf.utils.text import quoted

# Differences that are rounding: of atomic fractions, and relative ones of densities.
_SAME_FRACTION = 0.01
_SAME_DENSITY = 0.05


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
