"""How the commands print results, warnings and errors."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sklearn_wtrdf.utils.text import with_interval

if TYPE_CHECKING:
    import pandas as pd

# Parameters in the messages of readers: quantity='S-1', "give composition".
_PARAMETERS = r"((?:reference_)?(?:quantity|column|unit)|axis|wavelength|composition|number_density)"
_VALUE_OF_READER = re.compile(rf"\b{_PARAMETERS}='([^' ]*)'")
_PARAMETER_OF_READER = re.compile(rf"\b([Gg]ive) {_PARAMETERS}\b")


_OPTION_PHRASES = {
    "overwrite=True replaces it": "--force overwrites it",
    "resume=True": "--resume",
    "n_jobs:": "--jobs:",
    r"use InversionRegressor for the total g\(r\), or set single_pattern=True": "or use wtrdf pdf for the total g(r)",
    "give this radiation": "give --radiation x-ray",
    "composition and mass_density, or quantity if": "composition and --mass-density, or --quantity S if",
}


def print_message(line: str) -> None:
    """Print a line to standard error."""
    print(with_option_names(" ".join(line.split())), file=sys.stderr)


def print_json(frame: pd.DataFrame) -> None:
    """Print a record for each row."""
    records = frame.astype(object).where(frame.notna(), None).to_dict("records")
    print(json.dumps(records, default=str))


def print_peaks(table: pd.DataFrame, level: float) -> None:
    """Print a table of peaks with their intervals, and the neighbours in each if it contains only one kind of pair."""
    from sklearn_wtrdf.scattering.contacts import counted_as

    page = Table(title=f"Peaks, ± {level:.0%} intervals where errors are known", title_justify="left")
    for name in ("file", "peak", "position (Å)", "height", "width (Å)", "coordination", "integrated over (Å)"):
        page.add_column(name, justify="left" if name == "file" else "right")
    for row in table.to_dict("records"):
        cells = [with_interval(row, name) for name in ("position", "height", "width", "coordination")]
        page.add_row(
            escape(Path(row["file"]).name), str(int(row["peak"])), *cells, f"{row['r_low']:.2f} to {row['r_high']:.2f}"
        )
    console = Console()
    console.width = max(console.width, 130)
    console.print(page)
    for row in table.to_dict("records"):
        if pairs := counted_as(row):
            name = Path(row["file"]).name
            print(f"{name}: peak {row['peak']}, if it contains only one kind of pair: {pairs} neighbours.")


def print_neighbours(formula: str | None, *radiations: Literal["x-ray", "neutron"]) -> None:
    """Print the contributions of pairs of elements to a coordination number, if there are several elements."""
    from sklearn_wtrdf import Composition

    if formula is None or len(Composition(formula).fractions) == 1:
        return
    print(f"Contribution of one neighbour B of each atom A to the coordination number of {formula}, as A-B:")
    for radiation in radiations:
        weights = Composition(formula).neighbour_weights(radiation)
        each = ", ".join(f"{pair} {weight:.3g}" for pair, weight in weights.items())
        print(f"  measured by {'X-rays' if radiation == 'x-ray' else 'neutrons'}: {each}.")
    print("A-B and B-A are the same bonds: count one of them.")


def with_option_names(message: str) -> str:
    """Return a message of the library with options of the command in place of parameters."""
    for keyword, option in _OPTION_PHRASES.items():
        message = re.sub(keyword, option, message)
    message = _VALUE_OF_READER.sub(lambda match: f"--{match[1].replace('_', '-')} {match[2]}", message)
    return _PARAMETER_OF_READER.sub(lambda match: f"{match[1]} --{match[2].replace('_', '-')}", message)
