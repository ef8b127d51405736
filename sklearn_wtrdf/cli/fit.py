"""`wtrdf fit`: fit a model to patterns and save it."""

from __future__ import annotations

from inspect import signature
from pathlib import Path
from typing import Annotated

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
    SlowErrors,
    Strict,
    Unit,
    Wavelength,
    be_strict,
    check_reference_options,
    inversion_options,
    named,
    number_density_option,
)
from sklearn_wtrdf.cli.output import HOW_WELL, say
from sklearn_wtrdf.cli.report import print_report


def fit(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="[REFERENCE.gr] SAMPLE.sq", help="g(r) and S(q) of one glass; or S(q) alone."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="MODEL.skops", help="Where the model goes.")],
    model: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="inversion solves for g(r) ≥ 0; wtrdf calibrates the paper's wavelet integral; fourier, rbf, lstm and "
            "the models of installed packages go by their names.",
        ),
    ] = "inversion",
    number_density: Density = None,
    composition: Formula = None,
    mass_density: MassDensity = None,
    q_min: QMin = None,
    q_max: QMax = None,
    r_max: Annotated[
        float | None, typer.Option(min=2, help="How far g(r) is wanted, in Å. Else 10, or as far as the reference.")
    ] = None,
    peak_weight: Annotated[
        float | None, typer.Option(min=0, max=1, help="wtrdf: weight of the peaks in the loss; 0.5 if it is not given.")
    ] = None,
    bounds: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=LOW:HIGH", help="wtrdf: bounds of a, b, K_f, C or Lambda; may be repeated."),
    ] = None,
    prior: PriorName = None,
    bond: BondRange = None,
    systematic_errors: SlowErrors = None,
    q_damp: QDamp = None,
    refit: Refit = None,
    quantity: Quantity = None,
    column: Column = None,
    unit: QUnit = None,
    wavelength: Wavelength = None,
    reference_quantity: Annotated[
        CurveQuantity | None,
        typer.Option(help="What the reference holds: g(r), G(r) or RDF(r). Default: by the column's name."),
    ] = None,
    reference_column: Annotated[str | None, typer.Option(help="Name of the reference's column.")] = None,
    reference_unit: Annotated[Unit | None, typer.Option(help="Whether its r is in Å or nm.")] = None,
    strict: Strict = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Learn from a glass whose g(r) is known: REFERENCE.gr is its g(r), SAMPLE.sq its S(q).

    With S(q) alone, the model finds which g(r), nowhere negative, makes S(q) most probable: no atoms below an onset,
    structure that decays with distance, and a bond where S(q) asks for one. S(q) may be noisy, wrong by a factor or by
    errors that vary slowly with q, and have outlying points; wtrdf report says what was found.

    Example: wtrdf fit ge25se75_rdf.csv ge25se75_sq.csv -o model.skops
    """
    import numpy as np
    from sklearn.utils import get_tags

    from sklearn_wtrdf import read_gr, read_pattern, save, scattering_frame
    from sklearn_wtrdf.persistence.registry import model_called
    from sklearn_wtrdf.utils.files import check_absent

    if strict:
        be_strict()
    if len(files) > 2:
        raise typer.BadParameter(f"one or two files were expected, got {len(files)}.", param_hint="FILES")
    try:
        kind = model_called(model)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--model") from None
    parameters = signature(kind).parameters
    calibration = {"bounds": _bounds(bounds or []), "peak_weight": peak_weight}
    calibration = {name: value for name, value in calibration.items() if value is not None}
    belief = inversion_options(prior, bond, systematic_errors, q_damp, refit)
    for options, owner in ((calibration, "wtrdf"), (belief, "inversion")):
        if strange := options.keys() - parameters.keys():
            raise typer.BadParameter(f"they are for --model {owner}.", param_hint=named(sorted(strange)))
    estimator = kind(**calibration, **belief)
    if len(files) == 1 and get_tags(estimator).target_tags.required:
        raise typer.BadParameter(f"{model} needs a reference: REFERENCE.gr SAMPLE.sq.", param_hint="FILES")
    if len(files) == 1 and (reference_quantity or reference_column or reference_unit):
        raise typer.BadParameter("there is no reference.", param_hint="--reference-...")
    number_density = number_density_option(number_density, composition, mass_density)
    if len(files) == 2:
        check_reference_options(belief)
    if not force:
        check_absent(output)
    pattern = read_pattern(
        files[-1], quantity=quantity, column=column, unit=unit, wavelength=wavelength, composition=composition
    )
    pattern = pattern.cut(q_min, q_max).rebinned(max(r_max or 0.0, 20.0))
    composition = composition or pattern.composition
    density = pattern.number_density if number_density is None else number_density
    # At q = 0 S_R is 0 whatever S is, and so is its standard deviation: a model that weighs by it learns nothing there.
    if kind.uses_std:
        pattern = pattern.cut(q_min=pattern.q[pattern.q > 0][0])
    pattern = pattern.on(pattern.q)
    r, g = np.arange(1, round((r_max or 10.0) / 0.02) + 1) * 0.02, None
    if len(files) == 2:
        reference = read_gr(
            files[0],
            quantity=reference_quantity,
            column=reference_column,
            unit=reference_unit,
            number_density=number_density,
        )
        near = reference.r <= (r_max or np.inf)
        r, g = reference.r[near], reference.g[near]
        density = reference.number_density if density is None else density
    if "reference" in parameters:
        estimator.set_params(reference=g is not None)
    if density is None and kind.finds_density:
        say(f"warning: no number density was given: it is solved for{HOW_WELL}")
    std = pattern.std if kind.uses_std else None
    estimator.fit(scattering_frame(r, pattern.q, pattern.s_r, density, std, composition=composition), g)
    save(estimator, output, overwrite=force)
    print_report(output, as_json)


def _bounds(texts: list[str]) -> dict[str, tuple[float, float]] | None:
    box = {}
    for text in texts:
        name, _, interval = text.partition("=")
        low, _, high = interval.partition(":")
        try:
            box[name.strip()] = float(low), float(high or low)
        except ValueError:
            raise typer.BadParameter(f"{text!r} is not NAME=LOW:HIGH.", param_hint="--bounds") from None
    return box or None
