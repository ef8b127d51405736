"""`wtrdf reduce`: from a diffractometer's counts to S(q)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sklearn_wtrdf.cli.command import RESULTS
from sklearn_wtrdf.cli.options import (
    AbsorptionText,
    AsJson,
    Background,
    BackgroundScale,
    Column,
    Constant,
    Density,
    EnergyWindow,
    FigureFormat,
    Force,
    Formula,
    MassDensity,
    Monochromator,
    Plot,
    Polarization,
    QMax,
    QMin,
    QUnit,
    ScanAxis,
    Wavelength,
    picture_beside,
    picture_format,
    settings_by_options,
)
from sklearn_wtrdf.cli.output import print_json

if TYPE_CHECKING:
    from sklearn_wtrdf.workflows.scan import ScanReduction

ScanFile = Annotated[Path, typer.Argument(metavar="SCAN.xy", help="Counts over 2θ or q, of the sample.")]
Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="SAMPLE.sq", help="File of S(q) to write.", rich_help_panel=RESULTS)
]
RMax = Annotated[
    float,
    typer.Option(
        min=2, metavar="Å", help="Largest distance of g(r), which determines the step of S(q).", rich_help_panel=RESULTS
    ),
]


def reduce(
    scan: ScanFile,
    output: Output,
    composition: Formula = None,
    mass_density: MassDensity = None,
    number_density: Density = None,
    background: Background = None,
    background_scale: BackgroundScale = None,
    polarization: Polarization = None,
    monochromator: Monochromator = None,
    absorption: AbsorptionText = None,
    energy_window: EnergyWindow = None,
    constant: Constant = None,
    axis: ScanAxis = None,
    column: Column = None,
    unit: QUnit = None,
    wavelength: Wavelength = None,
    q_min: QMin = None,
    q_max: QMax = None,
    r_max: RMax = 20.0,
    plot: Plot = False,
    figure_format: FigureFormat = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Reduce a diffractometer's counts to S(q).

    The background is scaled and subtracted. Polarization, absorption and Compton scattering are corrected for. The
    normalization is the one that makes S(q) most probable for a material of this composition and density.

    Example: wtrdf reduce scan.xy --background empty.xy --composition SiO2 --mass-density 2.2 --wavelength CuKa -o
    silica.sq --plot
    """
    import pandas as pd

    figure_format = picture_format(plot, figure_format)
    settings = settings_by_options(locals())
    if settings.composition is None or settings.density is None:
        hint = "--composition, --mass-density or --number-density"
        raise typer.BadParameter("the composition and one of the densities are required.", param_hint=hint)

    from sklearn_wtrdf.utils.files import check_output
    from sklearn_wtrdf.workflows.pictures import draw_reduction
    from sklearn_wtrdf.workflows.samples import reduce_counts
    from sklearn_wtrdf.workflows.scan import MissingWavelengthError

    picture = picture_beside(output, figure_format)
    for made in filter(None, (output, picture)):
        check_output(made, filter(None, (scan, background)), overwrite=force)
    try:
        result = reduce_counts(scan, settings)
    except MissingWavelengthError as error:
        raise typer.BadParameter(str(error), param_hint="--wavelength") from None
    result.write(output, overwrite=force)
    if picture is not None:
        draw_reduction(result, picture)
    if as_json:
        print_json(pd.DataFrame([_facts(result)]))
    else:
        _print_estimates(result)


def _facts(result: ScanReduction) -> dict[str, float]:
    pattern = result.pattern
    facts = {"q_min": float(pattern.q[0]), "q_max": float(pattern.q[-1]), "points": pattern.q.size}
    material = {"number_density": result.reduction.number_density_, "wavelength": result.reduction.wavelength_}
    return facts | material | result.estimates


def _print_estimates(result: ScanReduction) -> None:
    facts = _facts(result)
    print(
        f"S(q) from {facts['q_min']:.3g} to {facts['q_max']:.4g} Å⁻¹, {facts['points']} points, "
        f"λ = {facts['wavelength']:.5g} Å"
    )
    print(", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in result.estimates.items()))
