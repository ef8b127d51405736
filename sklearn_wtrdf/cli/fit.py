"""`wtrdf fit`: fit a model to patterns and save it."""

from __future__ import annotations

from inspect import signature
from pathlib import Path
from typing import Annotated, Any

import typer

from sklearn_wtrdf.cli.options import (
    AsJson,
    BondRange,
    Column,
    CurveQuantity,
    Density,
    Force,
    Formula,
    MassDensity,
    PriorName,
    QDamp,
    QMax,
    QMin,
    Quantity,
    QUnit,
    Refit,
    Strict,
    SystematicErrors,
    Unit,
    Wavelength,
    check_reference_options,
    inversion_options,
    named,
    number_density_option,
    number_in,
    raise_data_warnings,
)
from sklearn_wtrdf.cli.report import print_report

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILES", help="REFERENCE.gr SAMPLE.sq, g(r) and S(q) of the same glass; or SAMPLE.sq alone."
    ),
]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="MODEL.skops", help="Model file to write.")]
ModelName = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="inversion solves for g(r) ≥ 0; wtrdf calibrates the paper's wavelet integral; other names: fourier, "
        "rbf, lstm and models of installed packages.",
    ),
]
RMax = Annotated[
    float | None,
    typer.Option(min=2, metavar="Å", help="Largest distance of g(r). Default: 10, or the end of the reference."),
]
PeakWeight = Annotated[
    float | None, typer.Option(min=0, max=1, help="wtrdf: weight of the peaks in the loss. Default: 0.5.")
]
Bounds = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=LOW:HIGH", help="wtrdf: bounds of a, b, K_f, C or Lambda; may be repeated."),
]
ReferenceQuantity = Annotated[
    CurveQuantity | None,
    typer.Option(help="Quantity of the reference: g(r), G(r), RDF(r), … Default: by the column's name."),
]
ReferenceColumn = Annotated[str | None, typer.Option(help="Name of the reference's column, or its number.")]
ReferenceUnit = Annotated[Unit | None, typer.Option(help="Unit of r of the reference.")]

_PASSED_OPTIONS = (
    "composition",
    "q_min",
    "q_max",
    "r_max",
    "quantity",
    "column",
    "unit",
    "reference_quantity",
    "reference_column",
    "reference_unit",
)  # to `fit_files`, unchanged


def fit(
    files: Files,
    output: Output,
    model: ModelName = "inversion",
    number_density: Density = None,
    composition: Formula = None,
    mass_density: MassDensity = None,
    q_min: QMin = None,
    q_max: QMax = None,
    r_max: RMax = None,
    peak_weight: PeakWeight = None,
    bounds: Bounds = None,
    prior: PriorName = None,
    bond: BondRange = None,
    systematic_errors: SystematicErrors = None,
    q_damp: QDamp = None,
    refit: Refit = None,
    quantity: Quantity = None,
    column: Column = None,
    unit: QUnit = None,
    wavelength: Wavelength = None,
    reference_quantity: ReferenceQuantity = None,
    reference_column: ReferenceColumn = None,
    reference_unit: ReferenceUnit = None,
    strict: Strict = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Fit a model to S(q), or to S(q) and a known g(r).

    REFERENCE.gr is the known g(r), SAMPLE.sq the S(q) of the same glass. With S(q) alone, the model solves for the most
    probable g(r) ≥ 0. Its prior has no atoms below an onset, structure that decays with distance and, if that makes
    S(q) more probable, a bond. S(q) may have noise, a wrong scale, systematic errors that vary slowly with q, and
    outliers. wtrdf report shows the estimates.

    Example: wtrdf fit ge25se75_rdf.csv ge25se75_sq.csv -o model.skops
    """
    from sklearn_wtrdf import save
    from sklearn_wtrdf.utils.files import check_output
    from sklearn_wtrdf.workflows.fit import fit_files

    if strict:
        raise_data_warnings()
    if len(files) > 2:
        raise typer.BadParameter(f"one or two files were expected, got {len(files)}.", param_hint="FILES")
    of_inversion = inversion_options(prior, bond, systematic_errors, q_damp, refit)
    estimator = _model(model, {"bounds": _bounds(bounds or []), "peak_weight": peak_weight}, of_inversion, len(files))
    of_reference = reference_quantity, reference_column, reference_unit
    if len(files) == 1 and any(of_reference):
        raise typer.BadParameter("there is no reference.", param_hint="--reference-...")
    density = number_density_option(number_density, composition, mass_density)
    if len(files) == 2:
        check_reference_options(of_inversion)
    check_output(output, files, overwrite=force)
    options = {name: value for name, value in locals().items() if name in _PASSED_OPTIONS}
    options["wavelength"] = number_in(wavelength) or wavelength
    fit_files(estimator, *reversed(files), number_density=density, **options)
    save(estimator, output, overwrite=force)
    print_report(output, as_json)


def _model(name: str, calibration: dict[str, Any], inversion: dict[str, Any], n_files: int) -> Any:
    """Return an estimator by its name, with its options."""
    from sklearn.utils import get_tags

    from sklearn_wtrdf.persistence.registry import model_class

    try:
        kind = model_class(name)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--model") from None
    calibration = {option: value for option, value in calibration.items() if value is not None}
    for options, owner in ((calibration, "wtrdf"), (inversion, "inversion")):
        if unknown := options.keys() - signature(kind).parameters.keys():
            raise typer.BadParameter(f"only for --model {owner}.", param_hint=named(sorted(unknown)))
    estimator = kind(**calibration, **inversion)
    if n_files == 1 and get_tags(estimator).target_tags.required:
        raise typer.BadParameter(f"{name} needs a reference: REFERENCE.gr SAMPLE.sq.", param_hint="FILES")
    return estimator


def _bounds(texts: list[str]) -> dict[str, tuple[float, float]] | None:
    box = {}
    for text in texts:
        name, _, interval = text.partition("=")
        if name.strip() in box:
            raise typer.BadParameter(f"{name.strip()} is given twice.", param_hint="--bounds")
        low, _, high = interval.partition(":")
        try:
            box[name.strip()] = float(low), float(high or low)
        except ValueError:
            raise typer.BadParameter(f"{text!r} is not NAME=LOW:HIGH.", param_hint="--bounds") from None
    return box or None
