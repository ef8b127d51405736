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

Result = TypeVar("Result")

ScanFile = Annotated[Path, typer.Argument(metavar="SCAN.xy", help="Counts over 2θ or q, of the sample.")]
Background = Annotated[
    Path | None,
    typer.Option(
        metavar="EMPTY.xy", help="Counts without the sample, of air and container, measured for as long as the sample."
    ),
]
BackgroundScale = Annotated[
    float | None, typer.Option(min=0, help="Scale of the background. Default: estimated, near 1.")
]
Formula = Annotated[
    str, typer.Option("--composition", metavar="FORMULA", help="Composition: SiO2, 'Ag10(Ge25Se75)90'.")
]
Radiation = Annotated[
    str | None,
    typer.Option(
        "--wavelength",
        metavar="LINE|ANGSTROM",
        help="CuKa, AgKa1, …, or the wavelength in Å. Default: that of the file.",
    ),
]
ScanAxis = Annotated[
    Literal["2theta", "q"] | None,
    typer.Option("--axis", help="Quantity of the first column. Default: by its name or range."),
]
Polarization = Annotated[
    Literal["tube", "none"],
    typer.Option(help="none: the scan is corrected for polarization already, as those of synchrotrons mostly are."),
]
Monochromator = Annotated[
    float | None,
    typer.Option(min=0, max=180, help="2θ of the monochromator's crystal in degrees, 26.6 for graphite and Cu Kα."),
]
AbsorptionText = Annotated[
    str | None,
    typer.Option(
        "--absorption",
        metavar="GEOMETRY:NUMBER",
        help="reflection:μt of a plate, transmission:μt, or capillary:μR.",
    ),
]
EnergyWindow = Annotated[
    float | None,
    typer.Option(min=0, help="Loss of energy in keV at which the detector counts half of the Compton scattering."),
]
Constant = Annotated[
    bool, typer.Option("--constant/--no-constant", help="Whether to fit a constant, such as fluorescence.")
]
RMax = Annotated[float, typer.Option(min=2, help="Largest distance of g(r), in Å, which determines the step of S(q).")]

_PASSED_OPTIONS = (
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
)  # to `reduce_file`, unchanged


def reduce(
    scan: ScanFile,
    composition: Formula,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="SAMPLE.sq", help="File of S(q).")],
    background: Background = None,
    number_density: Density = None,
    mass_density: MassDensity = None,
    wavelength: Radiation = None,
    background_scale: BackgroundScale = None,
    polarization: Polarization = "tube",
    monochromator: Monochromator = None,
    absorption: AbsorptionText = None,
    energy_window: EnergyWindow = None,
    constant: Constant = True,
    q_min: QMin = None,
    q_max: QMax = None,
    r_max: RMax = 20.0,
    axis: ScanAxis = None,
    column: Column = None,
    unit: QUnit = None,
    plot: Annotated[bool, typer.Option("--plot", help="Also write a picture.")] = False,
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

    from sklearn_wtrdf.workflows import draw_reduction, reduce_file

    check_pictures(plot)
    _check_free([output, *([output.with_suffix(".png")] if plot else [])], force)
    result = _with_wavelength_error(reduce_file, scan, **_reduction_options(locals()))
    result.write(output, overwrite=force)
    if plot:
        draw_reduction(result, output.with_suffix(".png"))
    if as_json:
        print_json(pd.DataFrame([_facts(result)]))
    else:
        _print_estimates(result)


def pdf(
    scan: ScanFile,
    composition: Formula,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Folder of the results.")],
    background: Background = None,
    number_density: Density = None,
    mass_density: MassDensity = None,
    wavelength: Radiation = None,
    background_scale: BackgroundScale = None,
    polarization: Polarization = "tube",
    monochromator: Monochromator = None,
    absorption: AbsorptionText = None,
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
    """Compute S(q), g(r) with its standard deviation, its peaks and a picture from a diffractometer's counts.

    The folder then has SCAN.sq, SCAN.gr, SCAN_peaks.csv and, if matplotlib is installed, SCAN.png.

    Example: wtrdf pdf scan.xy --background empty.xy --composition SiO2 --mass-density 2.2 --wavelength CuKa -o out/
    """
    from sklearn_wtrdf import InversionRegressor
    from sklearn_wtrdf.workflows import pdf_file

    if strict:
        be_strict()
    options = _reduction_options(locals())
    model = InversionRegressor(reference=False, **inversion_options(prior, bond, systematic_errors, q_damp, None))
    result = _with_wavelength_error(pdf_file, scan, output, model=model, overwrite=force, **options)
    if as_json:
        print_json(result.peaks)
        return
    _print_estimates(result.reduction)
    print_peaks(result.peaks, 0.9)
    print(result.peaks.attrs["note"])
    print(f"Verdict: {result.verdict}")
    print_neighbours(result.reduction.pattern.composition, "x-ray")
    print(f"Written to {output}: {', '.join(path.name for path in result.paths)}.")


def _reduction_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of `reduce_file` that the options of a command give."""
    density = number_density_option(options["number_density"], options["composition"], options["mass_density"])
    if density is None:
        raise typer.BadParameter("one of them is needed.", param_hint="--number-density, --mass-density")
    if options["background_scale"] is not None and options["background"] is None:
        raise typer.BadParameter("there is no --background.", param_hint="--background-scale")
    parsed = {"absorption": _absorption(options["absorption"]), "wavelength": _wavelength(options["wavelength"])}
    return {name: options[name] for name in _PASSED_OPTIONS} | parsed | {"number_density": density}


def _wavelength(text: str | None) -> float | None:
    if text is None:
        return None
    from sklearn_wtrdf.scattering.angles import wavelength_of

    try:
        return wavelength_of(number_in(text) or text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--wavelength") from None


def _with_wavelength_error(function: Callable[..., Result], *args: Any, **options: Any) -> Result:
    """Run a workflow. If the wavelength is unknown, raise an error about the option."""
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


def _check_free(paths: list[Path], force: bool) -> None:
    from sklearn_wtrdf.utils.files import check_absent

    if not force:
        for path in paths:
            check_absent(path)
