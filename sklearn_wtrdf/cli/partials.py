"""`wtrdf partials`: the pair functions g_AB(r) from several patterns of one material."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from sklearn_wtrdf.cli.command import MATERIAL, RESULTS
from sklearn_wtrdf.cli.options import (
    AsJson,
    Density,
    Force,
    Formula,
    MassDensity,
    PatternQuantity,
    QMax,
    Quantity,
    named,
    number_density_option,
)
from sklearn_wtrdf.cli.output import print_json, print_message

if TYPE_CHECKING:
    from sklearn_wtrdf.scattering.pattern import Pattern

Files = Annotated[list[Path], typer.Argument(metavar="FILE.sq", help="S(q) of one material.")]
Radiations = Annotated[
    list[str],
    typer.Option(
        "--radiation",
        metavar="RADIATION[=FORMULA]",
        help="x-ray or neutron, once for each file in the same order; with the composition of its sample, as "
        "neutron=D2O, if that contains other isotopes than --composition.",
        rich_help_panel=MATERIAL,
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="TABLE.csv",
        help="Also write g(r) of each pair to this file.",
        rich_help_panel=RESULTS,
    ),
]
LastR = Annotated[
    float,
    typer.Option("--r-max", min=1.0, max=20.0, metavar="Å", help="Largest r of the table.", rich_help_panel=RESULTS),
]
_STEP = 0.02  # Å


def partials(
    files: Files,
    radiation: Radiations,
    composition: Formula = None,
    number_density: Density = None,
    mass_density: MassDensity = None,
    quantity: Quantity = None,
    q_max: QMax = None,
    r_max: LastR = 10.0,
    output: Output = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Compute g(r) of each pair of elements from several S(q).

    Prints the peaks of the pair functions, and how well the patterns determine them.

    Example: wtrdf partials xray.sq neutron.sq --radiation x-ray --radiation neutron --composition SiO2
    --number-density 0.0662 -o partials.csv
    """
    import numpy as np
    import pandas as pd

    from sklearn_wtrdf import PartialsRegressor
    from sklearn_wtrdf.utils.files import atomic_write, check_output

    number_density = number_density_option(number_density, composition, mass_density)
    if len(radiation) != len(files):
        raise typer.BadParameter(f"give one for each of the {len(files)} files.", param_hint="--radiation")
    if output is not None:
        check_output(output, files, overwrite=force)
    patterns: dict[str, Pattern] = {}
    for file, of_file in zip(files, radiation, strict=True):
        if file.name in patterns:
            raise typer.BadParameter(f"{file.name} is given twice.", param_hint="FILE.sq")
        patterns[file.name] = _pattern(file, of_file, composition, number_density, quantity, q_max)
    given = {"composition": composition, "number_density": number_density}
    for known, value in given.items():
        if value is None and all(getattr(pattern, known) is None for pattern in patterns.values()):
            raise typer.BadParameter("it is in no header of the files: give it.", param_hint=named([known]))
    model = PartialsRegressor(composition, number_density=number_density).fit(patterns)
    peaks, determination = model.peak_table(), model.determination_.reset_index()
    if output is not None:
        r = np.arange(1, round(r_max / _STEP) + 1) * _STEP
        g, std = model.predict_partials(r, return_std=True)
        columns = {"r": r}
        for name, curve, error in zip(model.pairs_, g, std, strict=True):
            columns |= {f"g {name}": curve, f"std {name}": error}
        with atomic_write(output, overwrite=force) as temporary:
            pd.DataFrame(columns).to_csv(temporary, index=False, float_format="%.6g")
        print_message(f"Written to {output}.")
    if as_json:
        print_json(peaks)
        return
    columns_shown = ["pair", "peak", "position", "height", "n_of_second", "n_of_first", "r_low", "r_high"]
    print(peaks[columns_shown].to_string(index=False, float_format="%.3g"))
    print("n_of_second is the number of atoms of the second element around one of the first.\n")
    print(determination.to_string(index=False, float_format="%.2g"))


def _pattern(
    file: Path,
    radiation: str,
    composition: str | None,
    number_density: float | None,
    quantity: PatternQuantity | None,
    q_max: float | None,
) -> Pattern:
    """Return the pattern of a file with its radiation and the composition of its sample."""
    from dataclasses import replace

    from sklearn_wtrdf import read_pattern
    from sklearn_wtrdf.io.headers import contradictions
    from sklearn_wtrdf.scattering.pattern import Radiation

    text, has_formula, formula = radiation.partition("=")
    kind = next((known for known in get_args(Radiation) if known == text), None)
    if kind is None:
        raise typer.BadParameter(f"{text!r} is neither x-ray nor neutron.", param_hint="--radiation")
    if has_formula and not formula:
        raise typer.BadParameter(f"{radiation!r} has no formula behind =.", param_hint="--radiation")
    pattern = read_pattern(file, quantity=quantity)
    for message in contradictions(file, dict(pattern.provenance), formula or composition, number_density, kind):
        print_message(f"warning: {message}")
    pattern = replace(pattern, radiation=kind, composition=formula or composition or pattern.composition)
    return pattern if q_max is None else pattern.cut(q_max=q_max)
