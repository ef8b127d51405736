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

Files = Annotated[list[Path], typer.Argument(metavar="SAMPLE.sq...", help="S(q) of a glass in each.")]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Folder of the .gr files.")]
Plot = Annotated[bool, typer.Option("--plot", help="Also write a picture of each.")]
Distances = Annotated[
    tuple[float, float, float] | None,
    typer.Option("--r", metavar="LOW HIGH STEP", help="Distances in Å. Default: those that the model was fitted on."),
]
RMax = Annotated[
    float | None,
    typer.Option(min=2, max=2000, help="Largest distance of g(r), in Å, in steps of 0.02, instead of --r."),
]
Jobs = Annotated[int, typer.Option("--jobs", "-j", help="Number of processes; -1 uses all cores.")]
Scheduler = Annotated[
    str | None, typer.Option(metavar="tcp://HOST:PORT", help="A Dask scheduler whose workers are used.")
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Continue after an interruption: reuse outputs of this model for unchanged files.",
    ),
]

_PASSED_OPTIONS = (
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
)  # to `reconstruct_files`, unchanged


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
    """Compute G(r) with its standard deviation from files of S(q), and write .gr files of the same names.

    An error in one file is reported, and the other files are processed; the exit code is then 1.

    Options of the inversion take precedence over those that the model was fitted with.

    Example: wtrdf reconstruct model.skops *.sq -o out/ --plot
    """
    from sklearn_wtrdf import load, reconstruct_files

    distances = _distances(r, r_max)
    check_pictures(plot)
    number_density = number_density_option(number_density, composition, mass_density)
    options = {name: value for name, value in locals().items() if name in _PASSED_OPTIONS}
    estimator = load(model)
    _set_parameters(estimator, inversion_options(prior, bond, systematic_errors, q_damp, refit))
    scale = getattr(estimator, "distance_scale_", 1.0)
    if not abs(scale - 1) < 0.05:
        say(
            f"warning: in this model a shell of atoms at r appears at about {scale:.2f} r: positions of "
            "peaks are not distances of atoms."
        )
    try:
        outcomes = reconstruct_files(
            estimator, files, output, r=distances, overwrite=force, n_jobs=jobs, verbose=True, **options
        )
    except KeyboardInterrupt as error:
        say(in_options(str(error)))
        raise typer.Exit(130) from None
    _print_outcomes(outcomes, output, as_json)


def _distances(r: tuple[float, float, float] | None, r_max: float | None) -> NDArray[np.float64] | None:
    """Return the distances by the options, or None for those of the model."""
    import numpy as np

    if r is not None and not (0 <= r[0] < r[1] < np.inf and r[2] > 0 and 2 <= (r[1] - r[0]) / r[2] <= 1e5):
        raise typer.BadParameter("LOW must be less than HIGH, with 3 to 100,000 STEPs of r.", param_hint="--r")
    if r is not None and r_max is not None:
        raise typer.BadParameter("give either --r-max or --r.", param_hint="--r-max")
    if r_max is not None:
        r = (0.02, r_max, 0.02)
    return None if r is None else np.arange(r[0], r[1] + r[2] / 2, r[2])


def _set_parameters(estimator: Any, options: dict[str, Any]) -> None:
    """Set the parameters of an inversion by the options."""
    if unknown := options.keys() - estimator.get_params(deep=False).keys():
        message = f"this model is a {type(estimator).__name__}, which has no such option."
        raise typer.BadParameter(message, param_hint=named(sorted(unknown)))
    if getattr(estimator, "references_", None):
        check_reference_options(options)
    elif "prior" in options and options.get("refit", getattr(estimator, "refit", None)) == "never":
        message = "with --refit never the prior is the one that the model was fitted with: give --refit each."
        raise typer.BadParameter(message, param_hint=named(["prior"]))
    if options:
        estimator.set_params(**options)


def _print_outcomes(outcomes: pd.DataFrame, output: Path, as_json: bool) -> None:
    """Print the outcome of each file. If there is an error, exit with code 1."""
    from sklearn_wtrdf.workflows import DENSITY_ACCURACY

    if n_estimated := int((outcomes["number_density_source"] == "solved for").sum()):
        say(f"warning: the number density of {n_estimated} files is unknown: it was estimated, {DENSITY_ACCURACY}")
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
