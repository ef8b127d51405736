"""`wtrdf reduce` and `wtrdf pdf`: from a diffractometer's counts to S(q) and g(r)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from sklearn_wtrdf.cli.options import (
    AsJson,
    BondRange,
    Column,
    Density,
    Force,
    MassDensity,
    PriorName,
    QDamp,
    QMax,
    QMin,
    QUnit,
    Strict,
    SystematicErrors,
    be_strict,
    check_pictures,
    inversion_options,
    number_density_option,
    number_in,
)
from sklearn_wtrdf.cli.output import print_json, print_neighbours, print_peaks

if TYPE_CHECKING:
    from sklearn_wtrdf.reduction.corrections import Absorption
    from sklearn_wtrdf.workflows import ScanReduction

Made = TypeVar("Made")

ScanFile = Annotated[Path, typer.Argument(metavar="SCAN.xy", help="Counts over 2θ or q, of the sample.")]
Background = Annotated[
    Path | None,
    typer.Option(
        metavar="EMPTY.xy", help="Counts without the sample, of air and container, measured for as long as the sample."
    ),
]
BackgroundScale = Annotated[
    float | None, typer.Option(min=0, help="Scale of the background under the sample. Default: fitted, near 1.")
]
Formula = Annotated[
    str, typer.Option("--composition", metavar="FORMULA", help="What it is made of: SiO2, 'Ag10(Ge25Se75)90'.")
]
Radiation = Annotated[
    str | None,
    typer.Option(
        "--wavelength", metavar="LINE|ANGSTROM", help="CuKa, AgKa1, …, or the wavelength in Å. Else the file's."
    ),
]
ScanAxis = Annotated[
    Literal["2theta", "q"] | None,
    typer.Option("--axis", help="What the first column is. Default: by the column's name or range."),
]
Polarization = Annotated[
    Literal["tube", "none"],
    typer.Option(help="none: the scan is corrected for polarization already, as those of synchrotrons mostly are."),
]
Monochromator = Annotated[
    float | None,
    typer.Option(min=0, max=180, help="2θ of the monochromator's crystal in degrees, 26.6 for graphite and Cu Kα."),
]
AbsorptionSaid = Annotated[
    str | None,
    typer.Option(
        "--absorption",
        metavar="GEOMETRY:NUMBER",
        help="reflection:μt of a plate that the beam may pass, transmission:μt, or capillary:μR.",
    ),
]
EnergyWindow = Annotated[
    float | None,
    typer.Option(min=0, help="Loss of energy in keV at which the detector counts half of the Compton scattering."),
]
Constant = Annotated[
    bool, typer.Option("--constant/--no-constant", help="Whether to fit a constant, such as fluorescence.")
]
RMax = Annotated[float, typer.Option(min=2, help="How far g(r) is wanted, in Å; S(q) is as fine as that needs.")]

_OF_REDUCTION = (
    "composition",
    "background",
    "axis",
    "column",
    "unit",
    "r_max",
    "polarization",
    "monochromator",
    "energy_window",
    "constant",
    "q_min",
    "q_max",
    "background_scale",
)  # options that are passed on as they are


def reduce(
    scan: ScanFile,
    composition: Formula,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="SAMPLE.sq", help="Where S(q) goes.")],
    background: Background = None,
    number_density: Density = None,
    mass_density: MassDensity = None,
    wavelength: Radiation = None,
    background_scale: BackgroundScale = None,
    polarization: Polarization = "tube",
    monochromator: Monochromator = None,
    absorption: AbsorptionSaid = None,
    energy_window: EnergyWindow = None,
    constant: Constant = True,
    q_min: QMin = None,
    q_max: QMax = None,
    r_max: RMax = 20.0,
    axis: ScanAxis = None,
    column: Column = None,
    unit: QUnit = None,
    plot: Annotated[bool, typer.Option("--plot", help="Write a picture next to it.")] = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Make S(q) of a diffractometer's counts.

    Background is scaled and subtracted, polarization, absorption and Compton scattering are corrected for, and the
    normalization is found as the one under which S(q) is most probable for a material of this composition and density.

    Example: wtrdf reduce scan.xy --background empty.xy --composition SiO2 --mass-density 2.2 --wavelength CuKa -o
    silica.sq --plot
    """
    import pandas as pd

    from sklearn_wtrdf.workflows import draw_reduction, reduce_file

    check_pictures(plot)
    _check_free([output, *([output.with_suffix(".png")] if plot else [])], force)
    made = _asking_for_wavelength(reduce_file, scan, **_reduction_options(locals()))
    made.write(output, overwrite=force)
    if plot:
        draw_reduction(made, output.with_suffix(".png"))
    if as_json:
        print_json(pd.DataFrame([_facts(made)]))
    else:
        _print_found(made)


def pdf(
    scan: ScanFile,
    composition: Formula,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where all results go.")],
    background: Background = None,
    number_density: Density = None,
    mass_density: MassDensity = None,
    wavelength: Radiation = None,
    background_scale: BackgroundScale = None,
    polarization: Polarization = "tube",
    monochromator: Monochromator = None,
    absorption: AbsorptionSaid = None,
    energy_window: EnergyWindow = None,
    constant: Constant = True,
    q_min: QMin = None,
    q_max: QMax = None,
    r_max: RMax = 10.0,
    prior: PriorName = None,
    bond: BondRange = None,
    systematic_errors: SystematicErrors = None,
    q_damp: QDamp = None,
    axis: ScanAxis = None,
    column: Column = None,
    unit: QUnit = None,
    strict: Strict = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Make S(q), g(r) with its standard deviation, its peaks and a picture of all steps of a diffractometer's counts.

    The folder then has SCAN.sq, SCAN.gr, SCAN_peaks.csv and SCAN.png (where matplotlib is installed).

    Example: wtrdf pdf scan.xy --background empty.xy --composition SiO2 --mass-density 2.2 --wavelength CuKa -o out/
    """
    from sklearn_wtrdf import InversionRegressor
    from sklearn_wtrdf.workflows import pdf_file

    if strict:
        be_strict()
    options = _reduction_options(locals())
    model = InversionRegressor(reference=False, **inversion_options(prior, bond, systematic_errors, q_damp, None))
    made = _asking_for_wavelength(pdf_file, scan, output, model=model, overwrite=force, **options)
    if as_json:
        print_json(made.peaks)
        return
    _print_found(made.reduction)
    print_peaks(made.peaks, 0.9)
    print_neighbours(made.reduction.pattern.composition, "x-ray")
    print(f"Written to {output}: {', '.join(path.name for path in made.paths)}.")


def _reduction_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of `reduce_file` that the options of a command give."""
    density = number_density_option(options["number_density"], options["composition"], options["mass_density"])
    if density is None:
        raise typer.BadParameter("one of them is needed.", param_hint="--number-density, --mass-density")
    if options["background_scale"] is not None and options["background"] is None:
        raise typer.BadParameter("there is no --background.", param_hint="--background-scale")
    parsed = {"absorption": _absorption(options["absorption"]), "wavelength": _wavelength(options["wavelength"])}
    return {name: options[name] for name in _OF_REDUCTION} | parsed | {"number_density": density}


def _wavelength(text: str | None) -> float | None:
    if text is None:
        return None
    from sklearn_wtrdf.scattering.angles import wavelength_of

    try:
        return wavelength_of(number_in(text) or text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--wavelength") from None


def _asking_for_wavelength(function: Callable[..., Made], *args: Any, **options: Any) -> Made:
    """Run a workflow; a missing wavelength is an error of the options."""
    from sklearn_wtrdf.workflows import MissingWavelengthError

    try:
        return function(*args, **options)
    except MissingWavelengthError as error:
        raise typer.BadParameter(str(error), param_hint="--wavelength") from None


def _absorption(text: str | None) -> Absorption | None:
    if text is None:
        return None
    from sklearn_wtrdf.reduction.corrections import Capillary, Reflection, Transmission

    kinds: dict[str, Any] = {"reflection": Reflection, "transmission": Transmission, "capillary": Capillary}
    kind, _, number = text.partition(":")
    try:
        return kinds[kind.strip()](float(number))
    except (KeyError, ValueError):
        raise typer.BadParameter(
            f"{text!r} is not reflection:μt, transmission:μt or capillary:μR with a number.", param_hint="--absorption"
        ) from None


def _facts(made: ScanReduction) -> dict[str, float]:
    pattern = made.pattern
    facts = {"q_min": float(pattern.q[0]), "q_max": float(pattern.q[-1]), "points": pattern.q.size}
    known = {"number_density": made.reduction.number_density_, "wavelength": made.reduction.wavelength_}
    return facts | known | made.estimates


def _print_found(made: ScanReduction) -> None:
    facts = _facts(made)
    print(
        f"S(q) from {facts['q_min']:.3g} to {facts['q_max']:.4g} Å⁻¹, {facts['points']} points, "
        f"λ = {facts['wavelength']:.5g} Å"
    )
    print(", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in made.estimates.items()))


def _check_free(paths: list[Path], force: bool) -> None:
    from sklearn_wtrdf.utils.files import check_absent

    if not force:
        for path in paths:
            check_absent(path)
