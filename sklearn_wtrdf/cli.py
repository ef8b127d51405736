"""The command wtrdf: files in, g(r), peaks and pictures out.

Results go to standard output, what is said about them to standard error. Exit codes: 0, all went well; 1, a file or
more failed, the rest is there; 2, the command was not understood; 130, it was interrupted.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import warnings
from importlib import import_module, metadata, util
from inspect import signature
from pathlib import Path
from typing import Annotated, Any

import typer

from sklearn_wtrdf.cli_options import (
    AsJson,
    BondRange,
    Column,
    CurveQuantity,
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
    Unit,
    Wavelength,
    be_strict,
    density_said,
    inversion_options,
    named,
    number_in,
    print_json,
    print_neighbours,
    print_peaks,
    say,
)
from sklearn_wtrdf.cli_scans import pdf, reduce

app = typer.Typer(
    name="wtrdf",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="The pair distribution function g(r) of a glass from laboratory X-ray data.\n\n"
    "[b]wtrdf fit[/b] learns from a glass whose g(r) is known, [b]wtrdf reconstruct[/b] turns the S(q) of others into "
    "g(r), [b]wtrdf peaks[/b] measures it. [b]wtrdf explore[/b] does all of it on a page in the browser.",
)

BENCHMARKS = (
    "ablation",
    "belonging",
    "bounding",
    "challenge",
    "claims",
    "coordination",
    "distances",
    "equations",
    "explore",
    "fit_batch",
    "grids",
    "inversion_speed",
    "landscape",
    "minimum",
    "network_speed",
    "optimizers",
    "ratios",
    "reduction",
    "reproduction",
    "shells",
    "speed",
    "throughput",
    "transfer",
    "variability",
)
_HOW_WELL = ", mostly to a tenth, but not where some of the atoms are hardly seen, as hydrogen by X-rays."

app.command()(reduce)
app.command()(pdf)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        print(metadata.version("sklearn-wtrdf"))
        raise typer.Exit


@app.command()
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
    slow_errors: SlowErrors = None,
    q_damp: QDamp = None,
    refit: Refit = None,
    quantity: Quantity = None,
    column: Column = None,
    unit: QUnit = None,
    wavelength: Wavelength = None,
    reference_quantity: Annotated[
        CurveQuantity | None, typer.Option(help="What the reference holds: g(r), G(r) or RDF(r). Else told by name.")
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
    from sklearn_wtrdf.files import check_absent
    from sklearn_wtrdf.models import model_called

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
    belief = inversion_options(prior, bond, slow_errors, q_damp, refit)
    for some, owner in ((calibration, "wtrdf"), (belief, "inversion")):
        if strange := some.keys() - parameters.keys():
            raise typer.BadParameter(f"they are for --model {owner}.", param_hint=named(sorted(strange)))
    estimator = kind(**calibration, **belief)
    if len(files) == 1 and get_tags(estimator).target_tags.required:
        raise typer.BadParameter(f"{model} needs a reference: REFERENCE.gr SAMPLE.sq.", param_hint="FILES")
    if len(files) == 1 and (reference_quantity or reference_column or reference_unit):
        raise typer.BadParameter("there is no reference.", param_hint="--reference-...")
    number_density = density_said(number_density, composition, mass_density)
    if len(files) == 2:
        _check_beside(belief)
    if not force:
        check_absent(output)
    pattern = read_pattern(
        files[-1], quantity=quantity, column=column, unit=unit, wavelength=wavelength, composition=composition
    )
    pattern = pattern.cut(q_min, q_max).rebinned(max(r_max or 0.0, 20.0))
    composition = composition or pattern.composition
    density = pattern.number_density if number_density is None else number_density
    # At q = 0 S_R is 0 whatever S is, and so is its standard deviation: a model that weighs by it learns nothing there.
    some_q = (pattern.q > 0) | (not kind.uses_std)
    q, r, g = pattern.q[some_q], np.arange(1, round((r_max or 10.0) / 0.02) + 1) * 0.02, None
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
        say(f"warning: no number density was given: it is solved for{_HOW_WELL}")
    std = pattern.std_on(q) if kind.uses_std else None
    estimator.fit(scattering_frame(r, q, pattern.s_r[some_q], density, std, composition=composition), g)
    save(estimator, output, overwrite=force)
    _print_report(output, as_json)


@app.command()
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
    slow_errors: SlowErrors = None,
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
    number_density = density_said(number_density, composition, mass_density)
    belief = inversion_options(prior, bond, slow_errors, q_damp, refit)
    estimator = load(model)
    if belief:
        if strange := belief.keys() - estimator.get_params(deep=False).keys():
            message = f"this model is a {type(estimator).__name__}, which has no such option."
            raise typer.BadParameter(message, param_hint=named(sorted(strange)))
        if getattr(estimator, "references_", None):
            _check_beside(belief)
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
        say(_in_options(str(error)))
        raise typer.Exit(130) from None
    if n_found := int((outcomes["number_density_source"] == "solved for").sum()):
        say(f"warning: of {n_found} files no number density is known: it was solved for{_HOW_WELL}")
    for outcome in outcomes.itertuples():
        if outcome.warning:
            say(f"warning: {outcome.file}: {outcome.warning}")
        if outcome.error:
            say(_in_options(f"error: {outcome.error}"))
    failed = outcomes["output"].isna()
    if as_json:
        print_json(outcomes)
    else:
        print(f"{(~failed).sum()} of {len(outcomes)} files written to {output}.")
    if failed.any():
        raise typer.Exit(1)


@app.command()
def peaks(
    files: Annotated[list[Path], typer.Argument(metavar="FILE.gr...", help="g(r), G(r) or RDF(r).")],
    number_density: Density = None,
    composition: Formula = None,
    mass_density: MassDensity = None,
    q_max: Annotated[
        float | None,
        typer.Option(min=0.1, help="Where q ended, in Å⁻¹; intervals need it. Else the header's qmax."),
    ] = None,
    r_min: Annotated[
        float, typer.Option(min=0, help="Where atoms begin, in Å: below it G(r) and RDF(r) ripple, and g more so.")
    ] = 1.0,
    n_peaks: Annotated[int, typer.Option(min=1, help="How many peaks to look for.")] = 2,
    level: Annotated[float, typer.Option(min=0.01, max=0.999, help="What the intervals are to cover.")] = 0.9,
    quantity: Annotated[
        CurveQuantity | None, typer.Option(help="What the files hold: g(r), G(r) or RDF(r). Else told by name.")
    ] = None,
    column: Column = None,
    unit: Annotated[Unit | None, typer.Option(help="Whether r is in Å or nm.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="TABLE.csv", help="Write the table to a file, too.")
    ] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Measure the peaks of g(r): position, height, width and coordination number.

    Intervals come from the file's column of standard deviations; without one there are none. They know of no other
    error.

    Example: wtrdf peaks out/*.gr --number-density 0.034
    """
    import pandas as pd

    from sklearn_wtrdf import peak_table, read_gr
    from sklearn_wtrdf.files import check_absent, written_whole

    number_density = density_said(number_density, composition, mass_density)
    if output is not None and not force:
        check_absent(output)
    tables, n_failed = [], 0
    formulas: dict[str | None, None] = {}
    for file in files:
        try:
            curve = read_gr(file, quantity=quantity, column=column, unit=unit, number_density=number_density)
            end = q_max or number_in(curve.header.get("qmax"))
            atoms = curve.r >= r_min
            std = None if curve.std is None or not end else curve.std[atoms]
            table = peak_table(
                curve.r[atoms],
                curve.g[atoms],
                number_density=curve.number_density,
                std=std,
                q_max=None if std is None else end,
                n_peaks=n_peaks,
                level=level,
            )
            tables.append(table.assign(file=str(file)))
            formulas[composition or curve.composition] = None
            if table.empty:
                say(f"warning: {file}: g has no peak.")
            elif (deepest := curve.g[atoms].min()) < -0.5:
                say(
                    f"warning: {file}: g falls to {deepest:.2g}, so ripples may pass for peaks: say --r-min, where "
                    "atoms begin."
                )
        except Exception as error:  # whatever one file does, the others go on
            n_failed += 1
            say(f"error: {error}")
    if as_json and not tables:
        print("[]")
    if tables:
        whole = pd.concat(tables, ignore_index=True)
        whole.insert(0, "file", whole.pop("file"))
        if output is not None:
            with written_whole(output, overwrite=force) as temporary:
                whole.to_csv(temporary, index=False, errors="surrogateescape")  # a name may be of any bytes
        if as_json:
            print_json(whole)
        else:
            print_peaks(whole, level)
            for formula in formulas:
                print_neighbours(formula, "x-ray", "neutron")  # g does not say what measured it
    if n_failed:
        raise typer.Exit(1)


@app.command()
def explore(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILES]...", help="S(q), and known g(r) after it.")
    ] = None,
    number_density: Density = None,
    composition: Formula = None,
    mass_density: MassDensity = None,
    host: Annotated[
        str, typer.Option(help="Address to serve at; the page asks for the token in the printed link.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    browser: Annotated[bool, typer.Option(help="Whether to open the page in a browser.")] = True,
) -> None:
    """Open a page in the browser: drop S(q), move sliders, see g(r) with its band.

    Example: wtrdf explore data/ge25se75_sq.csv --number-density 0.034
    """
    if missing := [name for name in ("dash", "waitress", "matplotlib") if util.find_spec(name) is None]:
        raise ValueError(f'{missing[0]} is missing: pip install "sklearn-wtrdf[explore]".')
    from sklearn_wtrdf.explore.processes import context

    context()  # before the imports below, which take as long as its own
    from sklearn_wtrdf.explore.server import serve

    density_said(number_density, composition, mass_density)
    serve(files or [], number_density, composition, mass_density, host=host, port=port, browser=browser, say=say)


@app.command()
def report(model: ModelFile, as_json: AsJson = False) -> None:
    """Say what a model learned, from what, and by which versions."""
    _print_report(model, as_json)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def benchmark(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Which one: challenge, ratios, transfer, …")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the results.")] = Path("results"),
    force: Force = False,
) -> None:
    """Run one of the benchmarks; options that are none of these go to it.

    Examples: wtrdf benchmark ratios --seeds 5, wtrdf benchmark ratios -- --help
    """
    folder = Path(next(iter(import_module("sklearn_wtrdf.benchmarks").__path__)))
    if name not in BENCHMARKS:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(BENCHMARKS)}.", param_hint="NAME")
    if "--out" in context.args:
        raise typer.BadParameter("say --output.", param_hint="--out")
    needed, extras = ["tabulate", "matplotlib", "torch"], "benchmarks"
    if name == "challenge":
        needed, extras = ["tabulate", "matplotlib", "glassure", "pebble", "pystog"], "challenge"
    if name == "explore":
        needed, extras = [*needed, "dash", "psutil", "waitress"], "benchmarks,explore"
    if missing := [package for package in needed if util.find_spec(package) is None]:
        raise ValueError(f'{missing[0]} is missing: pip install "sklearn-wtrdf[{extras}]".')
    # A journal alone is of a run that was interrupted and goes on.
    if not force and (there := sorted(set(output.glob(f"{name}*")) - set(output.glob("*.jsonl")))):
        raise FileExistsError(f"{there[0]} is there already; overwrite=True replaces it.")
    command = [sys.executable, str(folder / f"{name}.py"), *context.args, "--out", str(output)]
    raise typer.Exit(subprocess.run(command, check=False).returncode)


def main(arguments: list[str] | None = None) -> None:
    """Run the command; what goes wrong is one line on standard error."""
    for stream in (sys.stdout, sys.stderr):  # not all encodings have Å, and not all file names are text
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: say(f"warning: {message}")
        try:
            app(arguments, prog_name="wtrdf")
        except Exception as error:
            plain = isinstance(error, ImportError | OSError | TypeError | ValueError | Warning)
            said = str(error) if plain else repr(error)
            say(_in_options(f"error: {said}"))
            sys.exit(1)


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


def _check_beside(belief: dict[str, Any]) -> None:
    """Raise where an option is for an inversion without a reference."""
    if alone := [name for name, value in belief.items() if name == "prior" or value == "never"]:
        raise typer.BadParameter(
            "a reference is a belief of its own, and how near g is to it is found for each S(q): leave the option out, "
            "or the reference.",
            param_hint=named(alone),
        )


def _in_options(message: str) -> str:
    """Return a message of the library in the words of the command."""
    words = {"overwrite=True replaces it": "--force overwrites it", "resume=True": "--resume", "n_jobs:": "--jobs:"}
    for said, option in words.items():
        message = message.replace(said, option)
    return message


def _print_report(path: Path, as_json: bool) -> None:
    from sklearn_wtrdf.persistence import read_archive

    archive = read_archive(path)
    model, versions = archive["model"], archive["versions"]
    facts: dict[str, Any] = {"model": type(model).__name__}
    for name, what in (("q_", "q"), ("r_", "r")):
        if hasattr(model, name):
            grid = getattr(model, name)
            facts[what] = {"from": float(grid[0]), "to": float(grid[-1]), "points": len(grid)}
    if getattr(model, "composition_", None) is not None:
        facts["composition"] = model.composition_
    facts["references"] = [
        {"r": [float(some.r[0]), float(some.r[-1])], "number_density": some.number_density}
        for some in getattr(model, "references_", [])
    ]
    params = model.get_params(deep=False)
    facts["params"] = {name: str(value) for name, value in params.items() if value is not None}
    # Beside a reference hyperparameters belong to each new S_R, and there is none here.
    found = model.fit_report() if hasattr(model, "fit_report") and not facts["references"] else None
    if found is not None:
        facts |= found.facts()
    facts["versions"] = versions
    if as_json:
        print(json.dumps(facts))
        return
    print(f"{path}: {facts['model']}" + (f", of {facts['composition']}" if "composition" in facts else ""))
    for what, unit in (("q", "Å⁻¹"), ("r", "Å")):
        if what in facts:
            print("{what}: {from:g} to {to:g} {unit}, {points} points".format(what=what, unit=unit, **facts[what]))
    for some in facts["references"]:
        print(f"reference: r {some['r'][0]:g} to {some['r'][1]:g} Å, number density {some['number_density']:.4g} Å⁻³")
    print(", ".join(f"{name}: {value}" for name, value in params.items() if value is not None))
    if found is not None:
        print(found)
    print(", ".join(f"{name} {version}" for name, version in versions.items()))


if __name__ == "__main__":
    main()
