"""`wtrdf reconstruct`: g(r) of patterns by a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    Strict,
    SystematicErrors,
    Wavelength,
    check_pictures,
    check_reference_options,
    inversion_options,
    named,
    number_density_option,
)
from sklearn_wtrdf.cli.output import in_options, print_json, say

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

Files = Annotated[list[Path], typer.Argument(metavar="SAMPLE.sq...", help="S(q) of one glass in each.")]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the .gr files go.")]
Plot = Annotated[bool, typer.Option("--plot", help="Write a picture next to each.")]
Distances = Annotated[
    tuple[float, float, float] | None,
    typer.Option("--r", metavar="LOW HIGH STEP", help="Distances in Å. Else those that the model was fitted on."),
]
RMax = Annotated[
    float | None,
    typer.Option(min=2, max=2000, help="How far g(r) is wanted, in Å, in steps of 0.02: in place of --r."),
]
Jobs = Annotated[int, typer.Option("--jobs", "-j", help="Processes; -1 is one for each core.")]
Scheduler = Annotated[
    str | None, typer.Option(metavar="tcp://HOST:PORT", help="A Dask scheduler whose workers do the work.")
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="After an interruption: keep what this model has made of these files, if they are still the same.",
    ),
]

_OF_BATCH = (
    "number_density",
    "composition",
    "quantity",
    "column",
    "unit",
    "wavelength",
    "q_min",
    "q_max",
    "plot",
    "resume",
    "strict",
    "scheduler",
)  # options that are passed on as they are


def reconstruct(
    model: ModelFile,
    files: Files,
    output: Output,
    plot: Plot = False,
    number_density: Density = None,
    composition: Formula = None,
    mass_density: MassDensity = None,
    r: Distances = None,
    r_max: RMax = None,
    q_min: QMin = None,
    q_max: QMax = None,
    prior: PriorName = None,
    bond: BondRange = None,
    systematic_errors: SystematicErrors = None,
    q_damp: QDamp = None,
    refit: Refit = None,
    quantity: Quantity = None,
    column: Column = None,
    unit: QUnit = None,
    wavelength: Wavelength = None,
    jobs: Jobs = 1,
    scheduler: Scheduler = None,
    resume: Resume = False,
    strict: Strict = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Turn S(q) files into .gr files of the same names, with G(r) and its standard deviation.

    A file that fails is reported, and the rest go on; the exit code is then 1.

    Options of the inversion win over those that the model was fitted with.

    Example: wtrdf reconstruct model.skops *.sq -o out/ --plot
    """
    from sklearn_wtrdf import load, reconstruct_files

    distances = _distances(r, r_max)
    check_pictures(plot)
    number_density = number_density_option(number_density, composition, mass_density)
    options = {name: value for name, value in locals().items() if name in _OF_BATCH}
    estimator = load(model)
    _set_parameters(estimator, inversion_options(prior, bond, systematic_errors, q_damp, refit))
    scale = getattr(estimator, "distance_scale_", 1.0)
    if not abs(scale - 1) < 0.05:
        say(f"warning: this model shows a shell of atoms at r at about {scale:.2f} r: peaks do not stand for shells.")
    try:
        outcomes = reconstruct_files(
            estimator, files, output, r=distances, overwrite=force, n_jobs=jobs, verbose=True, **options
        )
    except KeyboardInterrupt as error:
        say(in_options(str(error)))
        raise typer.Exit(130) from None
    _print_outcomes(outcomes, output, as_json)


def _distances(r: tuple[float, float, float] | None, r_max: float | None) -> NDArray[np.float64] | None:
    """Return the distances that the options give, or None for those of the model."""
    import numpy as np

    if r is not None and not (0 <= r[0] < r[1] < np.inf and r[2] > 0 and 2 <= (r[1] - r[0]) / r[2] <= 1e5):
        raise typer.BadParameter("LOW must be less than HIGH, with 3 to 100,000 STEPs of r.", param_hint="--r")
    if r is not None and r_max is not None:
        raise typer.BadParameter("give it or --r, whose HIGH says the same.", param_hint="--r-max")
    if r_max is not None:
        r = (0.02, r_max, 0.02)
    return None if r is None else np.arange(r[0], r[1] + r[2] / 2, r[2])


def _set_parameters(estimator: Any, options: dict[str, Any]) -> None:
    """Set the parameters of an inversion that the options give."""
    if strange := options.keys() - estimator.get_params(deep=False).keys():
        message = f"this model is a {type(estimator).__name__}, which has no such option."
        raise typer.BadParameter(message, param_hint=named(sorted(strange)))
    if getattr(estimator, "references_", None):
        check_reference_options(options)
    elif "prior" in options and options.get("refit", getattr(estimator, "refit", None)) == "never":
        message = "with --refit never the prior is the one that the model was fitted with: say --refit each."
        raise typer.BadParameter(message, param_hint=named(["prior"]))
    if options:
        estimator.set_params(**options)


def _print_outcomes(outcomes: pd.DataFrame, output: Path, as_json: bool) -> None:
    """Print what became of each file; where one failed, the exit code is 1."""
    from sklearn_wtrdf.workflows import FOUND_DENSITY

    if n_found := int((outcomes["number_density_source"] == "solved for").sum()):
        say(f"warning: of {n_found} files no number density is known: it was solved for, {FOUND_DENSITY}")
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
