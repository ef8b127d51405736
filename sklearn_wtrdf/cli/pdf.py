"""`wtrdf pdf`: from files of S(q) or counts to g(r), its peaks and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sklearn_wtrdf.cli.command import RESULTS
from sklearn_wtrdf.cli.options import (
    AbsorptionText,
    AnyQuantity,
    AsJsonLines,
    Background,
    BackgroundScale,
    BondRange,
    Column,
    Constant,
    Density,
    EnergyWindow,
    FigureFormat,
    FilesFrom,
    Force,
    Formula,
    Jobs,
    LogFile,
    MassDensity,
    Monochromator,
    Noise,
    Polarization,
    PriorName,
    QDamp,
    QMax,
    QMin,
    QUnit,
    RefitOfPdf,
    Resume,
    ScanAxis,
    Scattered,
    Scheduler,
    Strict,
    SystematicErrors,
    Wavelength,
    input_files,
    picture_format,
    settings_by_options,
)
from sklearn_wtrdf.cli.outcomes import Reporter, check_log

Inputs = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILES", help="Files of S(q) or of counts, or folders of such files."),
]
Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="FOLDER", help="Folder of the results.", rich_help_panel=RESULTS)
]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        metavar="FILE.toml",
        help="Repeat the settings that an earlier command wrote beside its results. Options take precedence.",
        rich_help_panel=RESULTS,
    ),
]
RMax = Annotated[
    float | None,
    typer.Option(min=2, metavar="Å", help="Largest distance of g(r). Default: 10.", rich_help_panel=RESULTS),
]


def pdf(
    files: Inputs = None,
    composition: Formula = None,
    mass_density: MassDensity = None,
    number_density: Density = None,
    output: Output = Path("results"),
    settings: SettingsFile = None,
    r_max: RMax = None,
    figure_format: FigureFormat = None,
    force: Force = False,
    as_json: AsJsonLines = False,
    quantity: AnyQuantity = None,
    column: Column = None,
    unit: QUnit = None,
    axis: ScanAxis = None,
    radiation: Scattered = None,
    wavelength: Wavelength = None,
    q_min: QMin = None,
    q_max: QMax = None,
    background: Background = None,
    background_scale: BackgroundScale = None,
    polarization: Polarization = None,
    monochromator: Monochromator = None,
    absorption: AbsorptionText = None,
    energy_window: EnergyWindow = None,
    constant: Constant = None,
    prior: PriorName = None,
    bond: BondRange = None,
    systematic_errors: SystematicErrors = None,
    q_damp: QDamp = None,
    noise: Noise = None,
    refit: RefitOfPdf = None,
    strict: Strict = False,
    files_from: FilesFrom = None,
    jobs: Jobs = 1,
    scheduler: Scheduler = None,
    resume: Resume = False,
    log: LogFile = None,
) -> None:
    """Compute g(r) from S(q) or counts, with peaks and a picture.

    For each file SAMPLE.sq the folder of the results has SAMPLE.gr with the standard deviation of G(r),
    SAMPLE_peaks.csv and a picture; for counts also S(q). An error in one file is reported, and the other files are
    processed; the exit code is then 1.

    \b
    Examples:
      wtrdf pdf glass.sq --radiation x-ray --composition SiO2
          --mass-density 2.2
      wtrdf pdf scan.xy --background empty.xy --wavelength CuKa
          --composition SiO2 --mass-density 2.2
      wtrdf pdf series/ --settings results/settings.toml -o series-results
    """  # noqa: D301 (click reads \b)
    if figure_format is not None:
        picture_format(False, figure_format)
    chosen = settings_by_options(locals(), settings)
    inputs = input_files(files, files_from, chosen.background)
    check_log(log, [*inputs, chosen.background, settings, files_from])

    from sklearn_wtrdf.workflows.batch import pdf_files

    report = Reporter(len(inputs), output, log=log, as_json=as_json, verdicts=True)
    report.run(
        lambda each: pdf_files(
            inputs,
            output,
            chosen,
            overwrite=force,
            resume=resume,
            n_jobs=jobs,
            scheduler=scheduler,
            verbose=len(inputs) > 1,
            report=each,
        ),
        f"settings {chosen.chosen()}, results in {output}",
    )
