"""`wtrdf reconstruct`: g(r) of patterns by a saved model."""

from __future__ import annotations

from importlib import util
from pathlib import Path
from typing import Annotated

import typer

from sklearn_wtrdf.cli.options import (
    AsJson,
    BondRange,
    Column,
    Density,
    Force,
    Formula,
    MassDensity,
    ModelFile,
    PriorName,
    QDamp,
    QMax,
    QMin,
    Quantity,
    QUnit,
    Refit,
    SlowErrors,
    Strict,
    Wavelength,
    check_reference_options,
    inversion_options,
    named,
    number_density_option,
)
from sklearn_wtrdf.cli.output import HOW_WELL, in_options, print_json, say


def reconstruct(
    model: ModelFile,
    files: Annotated[list[Path], typer.Argument(metavar="SAMPLE.sq...", help="S(q) of one glass in each.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the .gr files go.")],
    plot: Annotated[bool, typer.Option("--plot", help="Write a picture beside each.")] = False,
    number_density: Density = None,
    composition: Formula = None,
    mass_density: MassDensity = None,
    r: Annotated[
        tuple[float, float, float] | None,
        typer.Option("--r", metavar="LOW HIGH STEP", help="Distances in Å. Else those that the model was fitted on."),
    ] = None,
    r_max: Annotated[
        float | None,
        typer.Option(min=2, max=2000, help="How far g(r) is wanted, in Å, in steps of 0.02: in place of --r."),
    ] = None,
    q_min: QMin = None,
    q_max: QMax = None,
    prior: PriorName = None,
    bond: BondRange = None,
    systematic_errors: SlowErrors = None,
    q_damp: QDamp = None,
    refit: Refit = None,
    quantity: Quantity = None,
    column: Column = None,
    unit: QUnit = None,
    wavelength: Wavelength = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Processes; -1 is one for each core.")] = 1,
    scheduler: Annotated[
        str | None, typer.Option(metavar="tcp://HOST:PORT", help="A Dask scheduler whose workers do the work.")
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="After an interruption: keep what this model has made of these files, if they are still the same.",
        ),
    ] = False,
    strict: Strict = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Turn S(q) files into .gr files of the same names, with G(r) and its standard deviation.

    A file that fails is reported, and the rest go on; the exit code is then 1.

    Options of the inversion win over those that the model was fitted with.

    Example: wtrdf reconstruct model.skops *.sq -o out/ --plot
    """
    import numpy as np

    from sklearn_wtrdf import load, reconstruct_files

    if r is not None and not (0 <= r[0] < r[1] < np.inf and r[2] > 0 and 2 <= (r[1] - r[0]) / r[2] <= 1e5):
        raise typer.BadParameter("LOW must be less than HIGH, with 3 to 100,000 STEPs of r.", param_hint="--r")
    if r is not None and r_max is not None:
        raise typer.BadParameter("give it or --r, whose HIGH says the same.", param_hint="--r-max")
    r = (0.02, r_max, 0.02) if r_max is not None else r
    if plot and util.find_spec("matplotlib") is None:
        raise typer.BadParameter('pictures need matplotlib: pip install "sklearn-wtrdf[plot]".', param_hint="--plot")
    number_density = number_density_option(number_density, composition, mass_density)
    belief = inversion_options(prior, bond, systematic_errors, q_damp, refit)
    estimator = load(model)
    if belief:
        if strange := belief.keys() - estimator.get_params(deep=False).keys():
            message = f"this model is a {type(estimator).__name__}, which has no such option."
            raise typer.BadParameter(message, param_hint=named(sorted(strange)))
        if getattr(estimator, "references_", None):
            check_reference_options(belief)
        elif "prior" in belief and belief.get("refit", getattr(estimator, "refit", None)) == "never":
            message = "with --refit never the prior is the one that the model was fitted with: say --refit each."
            raise typer.BadParameter(message, param_hint=named(["prior"]))
        estimator.set_params(**belief)
    scale = getattr(estimator, "distance_scale_", 1.0)
    if not abs(scale - 1) < 0.05:
        say(f"warning: this model shows a shell of atoms at r at about {scale:.2f} r: peaks do not stand for shells.")
    try:
        outcomes = reconstruct_files(
            estimator,
            files,
            output,
            r=None if r is None else np.arange(r[0], r[1] + r[2] / 2, r[2]),
            number_density=number_density,
            composition=composition,
            quantity=quantity,
            column=column,
            unit=unit,
            wavelength=wavelength,
            q_min=q_min,
            q_max=q_max,
            plot=plot,
            overwrite=force,
            resume=resume,
            strict=strict,
            n_jobs=jobs,
            scheduler=scheduler,
            verbose=True,
        )
    except KeyboardInterrupt as error:
        say(in_options(str(error)))
        raise typer.Exit(130) from None
    if n_found := int((outcomes["number_density_source"] == "solved for").sum()):
        say(f"warning: of {n_found} files no number density is known: it was solved for{HOW_WELL}")
    for outcome in outcomes.itertuples():
        if outcome.warning:
            say(f"warning: {outcome.file}: {outcome.warning}")
        if outcome.error:
            say(in_options(f"error: {outcome.error}"))
    failed = outcomes["output"].isna()
    if as_json:
        print_json(outcomes)
    else:
        print(f"{(~failed).sum()} of {len(outcomes)} files written to {output}.")
    if failed.any():
        raise typer.Exit(1)
