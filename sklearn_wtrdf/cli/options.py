"""Options that the commands share."""

from __future__ import annotations

import sys
import warnings
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sklearn_wtrdf.cli.command import COUNTS, FILES, INVERSION, MANY_FILES, MATERIAL, RESULTS
from sklearn_wtrdf.utils.files import check_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sklearn_wtrdf.workflows.settings import PdfSettings

# Copies of the types in `io` and `settings`, whose import takes half a second, for which --help should not wait.
InputQuantity = Literal["counts", "S", "S_R", "S-1", "interference"]
PatternQuantity = Literal["S", "S_R", "S-1", "interference"]
CurveQuantity = Literal["g", "G", "RDF", "D", "T", "g-1", "GK"]
Unit = Literal["angstrom", "nm", "pm"]
Format = Literal["png", "pdf", "svg", "none"]

# Material
Formula = Annotated[
    str | None,
    typer.Option(
        "--composition",
        metavar="FORMULA",
        help="Formula, such as SiO2, D2O or 'Ag10(Ge25Se75)90'.",
        rich_help_panel=MATERIAL,
    ),
]
MassDensity = Annotated[
    float | None,
    typer.Option(
        "--mass-density",
        metavar="G/CM3",
        help="Mass density in g/cm³, together with --composition.",
        rich_help_panel=MATERIAL,
    ),
]
Density = Annotated[
    float | None,
    typer.Option(
        "--number-density",
        metavar="ATOMS/Å³",
        help="Number density, instead of the mass density; 0.066 for silica. Default: that of the file.",
        rich_help_panel=MATERIAL,
    ),
]

# Reading files
_QUANTITIES = "S(q), S_R(q) = F(q) = q (S − 1), S − 1, or Gudrun's interference function ⟨b⟩² (S − 1)"
AnyQuantity = Annotated[
    InputQuantity | None,
    typer.Option(
        "--quantity",
        help=f"What the files contain: counts of a diffractometer, {_QUANTITIES}. Default: inferred from the file.",
        rich_help_panel=FILES,
    ),
]
Quantity = Annotated[
    PatternQuantity | None,
    typer.Option(help=f"Quantity in the files: {_QUANTITIES}. Default: inferred from the file.", rich_help_panel=FILES),
]
Column = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Column of the quantity, or its number, such as 2.", rich_help_panel=FILES),
]
QUnit = Annotated[
    Unit | None, typer.Option(help="Unit of 1 / q. Default: that of the file, or Å.", rich_help_panel=FILES)
]
ScanAxis = Annotated[
    Literal["2theta", "q"] | None,
    typer.Option(
        "--axis", help="Quantity of the first column. Default: inferred from the file.", rich_help_panel=FILES
    ),
]
Scattered = Annotated[
    Literal["x-ray", "neutron"] | None,
    typer.Option(
        "--radiation",
        help="Radiation with which S(q) was measured: with X-rays, the pair weights change with q. Default: that "
        "of the file.",
        rich_help_panel=FILES,
    ),
]
Wavelength = Annotated[
    str | None,
    typer.Option(
        "--wavelength",
        metavar="LINE|Å",
        help="CuKa, AgKa1, …, or the wavelength in Å, for files over 2θ. Default: that of the file.",
        rich_help_panel=FILES,
    ),
]
QMin = Annotated[float | None, typer.Option(min=0, metavar="Å⁻¹", help="Smallest q to use.", rich_help_panel=FILES)]
QMax = Annotated[float | None, typer.Option(min=0.1, metavar="Å⁻¹", help="Largest q to use.", rich_help_panel=FILES)]

# Reducing counts
Background = Annotated[
    Path | None,
    typer.Option(
        metavar="EMPTY.xy",
        help="Counts without the sample, of air and container, measured for as long as the sample.",
        rich_help_panel=COUNTS,
    ),
]
BackgroundScale = Annotated[
    float | None,
    typer.Option(
        min=0,
        metavar="FACTOR",
        help="Scale factor of the background. Default: estimated, near 1.",
        rich_help_panel=COUNTS,
    ),
]
Polarization = Annotated[
    Literal["tube", "none"] | None,
    typer.Option(help="none: the counts are already corrected for it. Default: tube.", rich_help_panel=COUNTS),
]
Monochromator = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=180,
        metavar="DEGREES",
        help="2θ of the monochromator's crystal, 26.6 for graphite and Cu Kα.",
        rich_help_panel=COUNTS,
    ),
]
AbsorptionText = Annotated[
    str | None,
    typer.Option(
        "--absorption",
        metavar="GEOMETRY:NUMBER",
        help="reflection:μt of a plate, transmission:μt, or capillary:μR.",
        rich_help_panel=COUNTS,
    ),
]
EnergyWindow = Annotated[
    float | None,
    typer.Option(
        min=0,
        metavar="KEV",
        help="Energy loss at which the detector counts half of the Compton scattering.",
        rich_help_panel=COUNTS,
    ),
]
Constant = Annotated[
    bool | None,
    typer.Option(
        "--constant/--no-constant",
        help="Whether to fit a constant, such as fluorescence. Default: yes.",
        rich_help_panel=COUNTS,
    ),
]

# Inversion
PriorName = Annotated[
    Literal["auto", "continuum", "bond"] | None,
    typer.Option(
        "--prior",
        help="Prior of g(r) without a reference: a continuum, a continuum with a bond, or (auto) the one of greatest "
        "evidence.",
        rich_help_panel=INVERSION,
    ),
]
BondRange = Annotated[
    str | None,
    typer.Option(
        "--bond",
        metavar="LOW:HIGH",
        help="Prior with a bond of a length between these bounds, in Å.",
        rich_help_panel=INVERSION,
    ),
]
SystematicErrors = Annotated[
    bool | None,
    typer.Option(
        "--systematic-errors/--no-systematic-errors",
        help="Whether S may have errors that vary slowly with q. Default: yes.",
        rich_help_panel=INVERSION,
    ),
]
QDamp = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=0.99,
        metavar="Å⁻¹",
        help="Instrument resolution, which damps G(r) by exp(−(r q_damp)² / 2).",
        rich_help_panel=INVERSION,
    ),
]
Noise = Annotated[
    float | None,
    typer.Option(
        min=0,
        metavar="Å⁻¹",
        help="Smallest standard deviation of S_R(q) in files without one. Default: estimated.",
        rich_help_panel=INVERSION,
    ),
]
Refit = Annotated[
    Literal["each", "warm", "never"] | None,
    typer.Option(
        help="Without a reference: search for the hyperparameters of each S(q), start with those of fit (warm: for "
        "similar materials), or use these unchanged (never). Default: warm for several files of a given density.",
        rich_help_panel=INVERSION,
    ),
]
RefitOfPdf = Annotated[
    Literal["each", "warm"] | None,
    typer.Option(
        "--refit",
        help="Search for the hyperparameters of each file, or start with those of the first (warm). Default: warm "
        "for several files of a given composition and density.",
        rich_help_panel=INVERSION,
    ),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Treat warnings about data that look wrong or inconsistent as errors.",
        rich_help_panel=INVERSION,
    ),
]

# Results
FigureFormat = Annotated[
    Format | None, typer.Option("--figure-format", help="Format of the pictures.", rich_help_panel=RESULTS)
]
Plot = Annotated[bool, typer.Option("--plot", help="Also write a picture.", rich_help_panel=RESULTS)]
Force = Annotated[bool, typer.Option("--force", help="Overwrite existing files.", rich_help_panel=RESULTS)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.", rich_help_panel=RESULTS)]
AsJsonLines = Annotated[bool, typer.Option("--json", help="Print one line of JSON per file.", rich_help_panel=RESULTS)]

# Many files
FilesFrom = Annotated[
    Path | None,
    typer.Option(
        "--files-from",
        metavar="LIST",
        help="File with one input path per line; - reads standard input.",
        rich_help_panel=MANY_FILES,
    ),
]
Jobs = Annotated[
    int,
    typer.Option(
        "--jobs", "-j", metavar="N", help="Number of processes; -1 uses all cores.", rich_help_panel=MANY_FILES
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="tcp://HOST:PORT", help="A Dask scheduler whose workers are used.", rich_help_panel=MANY_FILES
    ),
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Continue after an interruption: keep the results of unchanged files by the same settings.",
        rich_help_panel=MANY_FILES,
    ),
]
LogFile = Annotated[
    Path | None,
    typer.Option(
        "--log", metavar="FILE", help="Append a line for each result, warning and error.", rich_help_panel=MANY_FILES
    ),
]
ModelFile = Annotated[Path, typer.Argument(metavar="MODEL.skops", help="Model file written by wtrdf fit.")]


def picture_format(plot: bool, figure_format: Format | None) -> Format:
    """Return the format of the pictures, "none" without pictures. Raise if matplotlib is not installed."""
    chosen: Format = figure_format or ("png" if plot else "none")
    if chosen != "none" and util.find_spec("matplotlib") is None:
        hint = "--plot" if plot else "--figure-format"
        raise typer.BadParameter('pictures need matplotlib: pip install "sklearn-wtrdf[plot]".', param_hint=hint)
    return chosen


def picture_beside(result: Path, figure_format: Format) -> Path | None:
    """Return the file of the picture, which is written beside a result, or None without pictures."""
    if figure_format == "none":
        return None
    picture = result.with_suffix(f".{figure_format}")
    if picture == result:
        raise typer.BadParameter(f"the picture would replace {result}; choose another name.", param_hint="--output")
    return picture


def number_density_option(
    number_density: float | None, composition: str | None, mass_density: float | None
) -> float | None:
    """Return the number density by the options, or None."""
    from sklearn_wtrdf.scattering.composition import Composition, number_density_of

    try:
        if composition is not None:
            Composition(composition)
        return number_density_of(number_density, composition, mass_density)
    except ValueError as error:
        hint = "--number-density, --composition, --mass-density"
        raise typer.BadParameter(str(error), param_hint=hint) from None


def settings_by_options(options: dict[str, Any], file: Path | None = None) -> PdfSettings:
    """Return the settings of a file, or the defaults, with the options of the command in place of them."""
    from dataclasses import fields

    from sklearn_wtrdf.workflows.settings import PdfSettings, settings_of

    base = PdfSettings() if file is None else PdfSettings.read(file)
    chosen = {field.name: options[field.name] for field in fields(PdfSettings) if field.name in options}
    if chosen.get("bond") is not None:
        chosen["bond"] = distances_in(chosen["bond"])
    if (text := chosen.get("wavelength")) is not None:
        from sklearn_wtrdf.scattering.angles import wavelength_of

        chosen["wavelength"] = number_in(text) or text
        try:
            wavelength_of(chosen["wavelength"])
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--wavelength") from None
    if chosen.get("background") is not None:
        chosen["background"] = str(chosen["background"])
    chosen["strict"] = chosen.get("strict") or None
    try:
        return settings_of(chosen, base)
    except ValueError as error:
        name, *rest = str(error).split(maxsplit=1)
        known = name.rstrip(":") in chosen
        hint = named([name.rstrip(":")]) if known else ""
        raise typer.BadParameter(rest[0] if known and name.endswith(":") else str(error), param_hint=hint) from None


def inversion_options(
    prior: str | None, bond: str | None, systematic_errors: bool | None, q_damp: float | None, refit: str | None
) -> dict[str, Any]:
    """Return the parameters of InversionRegressor that the options give."""
    options: dict[str, Any] = {"prior": prior, "systematic_errors": systematic_errors, "q_damp": q_damp, "refit": refit}
    if bond is not None:
        from sklearn_wtrdf.inversion import Bond, Continuum

        if prior not in (None, "bond"):
            raise typer.BadParameter(f"--prior {prior} has no bond; leave one of them out.", param_hint="--bond")
        options["prior"] = Continuum() + Bond(r=distances_in(bond))
    return {name: value for name, value in options.items() if value is not None}


def distances_in(bond: str) -> tuple[float, float]:
    """Return the two distances of LOW:HIGH."""
    try:
        low, high = map(float, bond.split(":"))
    except ValueError:
        low = high = 0.0
    if not 0 < low <= high < float("inf"):
        raise typer.BadParameter(f"{bond!r} is not LOW:HIGH, two distances in Å.", param_hint="--bond")
    return low, high


def input_files(paths: list[Path] | None, files_from: Path | None, *excluded: str | None) -> list[Path]:
    """Return the files of the command: those of folders and of the list as well, except the excluded ones."""
    from sklearn_wtrdf.workflows.samples import files_in

    inputs = list(paths or [])
    if files_from is not None:
        text = _text_of(files_from)
        inputs += [Path(line.strip()) for line in text.removeprefix("\ufeff").splitlines() if line.strip()]
    if not inputs:
        raise typer.BadParameter("give files, a folder or --files-from.", param_hint="FILES")
    excluded_paths = {Path(name).resolve() for name in excluded if name}
    files: list[Path] = []
    for path in inputs:
        if path.is_dir():
            of_folder = [file for file in files_in(path) if file.resolve() not in excluded_paths]
            if not of_folder:
                raise typer.BadParameter(f"{path} has no files of S(q) or counts.", param_hint="FILES")
            files += of_folder
        else:
            files.append(path)
    return list(dict.fromkeys(files))


def _text_of(files_from: Path) -> str:
    """Return the text of a list of files, or that of standard input."""
    if str(files_from) == "-":
        return sys.stdin.read()
    if not files_from.is_fifo():  # of a shell, as in --files-from <(find . -name "*.sq")
        check_file(files_from)
    return files_from.read_text(errors="surrogateescape")


def named(parameters: Iterable[str]) -> str:
    """Return the names of the options of parameters."""
    names = {"prior": "--prior, --bond"}
    return ", ".join(names.get(name, f"--{name.replace('_', '-')}") for name in parameters)


def number_in(text: str | None) -> float | None:
    """Return the number in a text, or None."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def raise_data_warnings() -> None:
    """Turn each DataWarning into an error, until the end of the command."""
    from sklearn_wtrdf.utils.data_warnings import DataWarning

    warnings.simplefilter("error", DataWarning)


def check_reference_options(options: dict[str, Any]) -> None:
    """Raise if there are options that an inversion with a reference does not have."""
    if unused := [name for name, value in options.items() if name == "prior" or value == "never"]:
        raise typer.BadParameter(
            "with a reference, the reference is the prior: leave out the option or the reference.",
            param_hint=named(unused),
        )
