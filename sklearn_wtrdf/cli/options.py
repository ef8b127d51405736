"""Options that the commands share."""

from __future__ import annotations

import warnings
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable


# Copies of the types in `io`, whose import takes half a second, for which --help and completion should not wait.
PatternQuantity = Literal["S", "S_R", "S-1", "interference"]
CurveQuantity = Literal["g", "G", "RDF", "D", "T", "g-1", "GK"]
Unit = Literal["angstrom", "nm", "pm"]

Quantity = Annotated[
    PatternQuantity | None,
    typer.Option(
        help="Quantity in the files: S(q), S_R(q) = F(q) = q (S − 1), S − 1, or ⟨b⟩² (S − 1) of Gudrun and RMCProfile. "
        "Default: by the column's name."
    ),
]
Column = Annotated[
    str | None, typer.Option(help="Name of the column of the quantity, or its number: 2 for the second.")
]
QUnit = Annotated[Unit | None, typer.Option(help="Unit of 1 / q. Default: that of the file, or Å.")]
Wavelength = Annotated[float | None, typer.Option(help="Wavelength in Å, for files over 2θ in degrees.")]
Density = Annotated[
    float | None,
    typer.Option(
        "--number-density", min=0, help="Atoms per Å³; about 0.034 for Ge–Se glasses. Default: that of the file."
    ),
]
Formula = Annotated[
    str | None,
    typer.Option("--composition", metavar="FORMULA", help="Composition: SiO2, D2O, 'Ag10(Ge25Se75)90'."),
]
MassDensity = Annotated[
    float | None,
    typer.Option("--mass-density", min=0, help="In g/cm³, with --composition, instead of the number density."),
]
PriorName = Annotated[
    Literal["auto", "continuum", "bond"] | None,
    typer.Option(
        "--prior",
        help="inversion without a reference: the prior of g(r): a continuum, a continuum with a bond, or (auto) "
        "the one of greatest evidence.",
    ),
]
BondRange = Annotated[
    str | None,
    typer.Option("--bond", metavar="LOW:HIGH", help="As --prior bond, with bounds of the bond length, in Å."),
]
SystematicErrors = Annotated[
    bool | None,
    typer.Option(
        "--systematic-errors/--no-systematic-errors",
        help="inversion: whether S may have errors that vary slowly with q.",
    ),
]
QDamp = Annotated[
    float | None,
    typer.Option(min=0, max=0.99, help="inversion: the instrument damps G(r) by exp(−(r q_damp)² / 2), in Å⁻¹."),
]
Refit = Annotated[
    Literal["each", "warm", "never"] | None,
    typer.Option(
        help="inversion without a reference: search for each S(q), start with the hyperparameters of fit (warm: for a "
        "series of similar materials), or use these unchanged (never)."
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Treat warnings about data that look wrong or inconsistent as errors.")
]
QMin = Annotated[float | None, typer.Option(min=0, help="First q that is used, in Å⁻¹.")]
QMax = Annotated[float | None, typer.Option(min=0.1, help="Last q that is used, in Å⁻¹.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite existing files.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ModelFile = Annotated[Path, typer.Argument(metavar="MODEL.skops", help="A model file of wtrdf fit.")]


def check_pictures(plot: bool) -> None:
    """Raise if pictures are requested and matplotlib is not installed."""
    if plot and util.find_spec("matplotlib") is None:
        raise typer.BadParameter('pictures need matplotlib: pip install "sklearn-wtrdf[plot]".', param_hint="--plot")


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


def inversion_options(
    prior: str | None, bond: str | None, systematic_errors: bool | None, q_damp: float | None, refit: str | None
) -> dict[str, Any]:
    """Return the parameters of InversionRegressor that the options give."""
    options: dict[str, Any] = {"prior": prior, "systematic_errors": systematic_errors, "q_damp": q_damp, "refit": refit}
    if bond is not None and prior not in (None, "bond"):
        raise typer.BadParameter(f"a prior with a bond is not {prior}.", param_hint="--bond")
    if bond is not None or prior in ("continuum", "bond"):
        from sklearn_wtrdf.inversion import Bond, Continuum

        options["prior"] = Continuum()
        if prior != "continuum":
            options["prior"] += Bond(r=None if bond is None else _distances(bond))
    return {name: value for name, value in options.items() if value is not None}


def _distances(bond: str) -> tuple[float, float]:
    try:
        low, high = map(float, bond.split(":"))
    except ValueError:
        low = high = 0.0
    if not 0 < low <= high < float("inf"):
        raise typer.BadParameter(f"{bond!r} is not LOW:HIGH, two distances in Å.", param_hint="--bond")
    return low, high


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


def be_strict() -> None:
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
