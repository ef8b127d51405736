"""`wtrdf reconstruct`: g(r) of patterns by a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sklearn_wtrdf.cli.command import RESULTS
from sklearn_wtrdf.cli.options import (
    AsJsonLines,
    BondRange,
    Column,
    Density,
    FigureFormat,
    Force,
    Formula,
    Jobs,
    LogFile,
    MassDensity,
    ModelFile,
    Plot,
    PriorName,
    QDamp,
    QMax,
    QMin,
    Quantity,
    QUnit,
    Refit,
    Resume,
    Scheduler,
    Strict,
    SystematicErrors,
    Wavelength,
    check_reference_options,
    inversion_options,
    named,
    number_density_option,
    number_in,
    picture_format,
)
from sklearn_wtrdf.cli.outcomes import Reporter, check_log
from sklearn_wtrdf.cli.output import print_message

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Files = Annotated[list[Path], typer.Argument(metavar="SAMPLE.sq", help="Files of S(q), one glass each.")]
Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="FOLDER", help="Folder of the .gr files.", rich_help_panel=RESULTS)
]
Distances = Annotated[
    tuple[float, float, float] | None,
    typer.Option(
        "--r",
        metavar="LOW HIGH STEP",
        help="Distances in Å. Default: those that the model was fitted on.",
        rich_help_panel=RESULTS,
    ),
]
RMax = Annotated[
    float | None,
    typer.Option(
        min=2,
        max=2000,
        metavar="Å",
        help="Largest distance of g(r), in steps of 0.02 Å, instead of --r.",
        rich_help_panel=RESULTS,
    ),
]

_PASSED_OPTIONS = (
    "number_density",
    "composition",
    "quantity",
    "column",
    "unit",
    "q_min",
    "q_max",
    "resume",
    "strict",
    "scheduler",
)  # to `reconstruct_files`, unchanged


def reconstruct(
    model: ModelFile,
    files: Files,
    output: Output,
    composition: Formula = None,
    mass_density: MassDensity = None,
    number_density: Density = None,
    r: Distances = None,
    r_max: RMax = None,
    plot: Plot = False,
    figure_format: FigureFormat = None,
    force: Force = False,
    as_json: AsJsonLines = False,
    quantity: Quantity = None,
    column: Column = None,
    unit: QUnit = None,
    wavelength: Wavelength = None,
    q_min: QMin = None,
    q_max: QMax = None,
    prior: PriorName = None,
    bond: BondRange = None,
    systematic_errors: SystematicErrors = None,
    q_damp: QDamp = None,
    refit: Refit = None,
    strict: Strict = False,
    jobs: Jobs = 1,
    scheduler: Scheduler = None,
    resume: Resume = False,
    log: LogFile = None,
) -> None:
    """Compute g(r) from files of S(q) with a saved model.

    For each SAMPLE.sq the folder then has SAMPLE.gr. An error in one file is reported, and the other files are
    processed; the exit code is then 1.

    Options of the inversion take precedence over those that the model was fitted with.

    Example: wtrdf reconstruct model.skops *.sq -o out/ --plot
    """
    from sklearn_wtrdf import load, reconstruct_files

    check_log(log, [model, *files])
    distances = _distances(r, r_max)
    picture = picture_format(plot, figure_format)
    number_density = number_density_option(number_density, composition, mass_density)
    options = {name: value for name, value in locals().items() if name in _PASSED_OPTIONS}
    options |= {"wavelength": number_in(wavelength) or wavelength, "plot": False if picture == "none" else picture}
    estimator = load(model)
    is_free_inversion = bool(getattr(estimator, "fitted_materials_", None))
    if refit is None and is_free_inversion and len(files) > 1 and number_density and estimator.refit == "each":
        refit = "warm"
    _set_parameters(estimator, inversion_options(prior, bond, systematic_errors, q_damp, refit))
    scale = getattr(estimator, "distance_scale_", 1.0)
    if not abs(scale - 1) < 0.05:
        print_message(
            f"warning: in this model a shell of atoms at r appears at about {scale:.2f} r: positions of "
            "peaks are not distances of atoms."
        )
    report = Reporter(len(files), output, log=log, as_json=as_json, verdicts=False)
    options |= {"r": distances, "overwrite": force, "n_jobs": jobs, "verbose": True}
    report.run(
        lambda each: reconstruct_files(estimator, files, output, report=each, **options),
        f"model {model}, results in {output}",
    )


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
