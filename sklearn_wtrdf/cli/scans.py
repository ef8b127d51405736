"""`wtrdf reduce` and `wtrdf pdf`: from a diffractometer's counts to S(q) and g(r)."""

from __future__ import annotations

from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sklearn_wtrdf.cli.options import (
    AsJson,
    BondRange,
    Column,
    Density,
    Force,
    MassDensity,
    PriorName,
    QDamp,
    QMax,
    QMin,
    QUnit,
    SlowErrors,
    Strict,
    be_strict,
    inversion_options,
    number_density_option,
    number_in,
)
from sklearn_wtrdf.cli.output import print_json, print_neighbours, print_peaks

if TYPE_CHECKING:
    import pandas as pd

    from sklearn_wtrdf.reduction.corrections import Absorption
    from sklearn_wtrdf.reduction.normalization import ReducedScan
    from sklearn_wtrdf.reduction.transformer import Reduction

ScanFile = Annotated[Path, typer.Argument(metavar="SCAN.xy", help="Counts over 2θ or q, of the sample.")]
Background = Annotated[
    Path | None,
    typer.Option(
        metavar="EMPTY.xy", help="Counts without the sample, of air and container, measured for as long as the sample."
    ),
]
BackgroundScale = Annotated[
    float | None, typer.Option(min=0, help="Scale of the background under the sample. Default: fitted, near 1.")
]
Formula = Annotated[
    str, typer.Option("--composition", metavar="FORMULA", help="What it is made of: SiO2, 'Ag10(Ge25Se75)90'.")
]
Radiation = Annotated[
    str | None,
    typer.Option(
        "--wavelength", metavar="LINE|ANGSTROM", help="CuKa, AgKa1, …, or the wavelength in Å. Else the file's."
    ),
]
ScanAxis = Annotated[
    Literal["2theta", "q"] | None,
    typer.Option("--axis", help="What the first column is. Default: by the column's name or range."),
]
Polarization = Annotated[
    Literal["tube", "none"],
    typer.Option(help="none: the scan is corrected for polarization already, as those of synchrotrons mostly are."),
]
Monochromator = Annotated[
    float | None,
    typer.Option(min=0, max=180, help="2θ of the monochromator's crystal in degrees, 26.6 for graphite and Cu Kα."),
]
AbsorptionSaid = Annotated[
    str | None,
    typer.Option(
        "--absorption",
        metavar="GEOMETRY:NUMBER",
        help="reflection:μt of a plate that the beam may pass, transmission:μt, or capillary:μR.",
    ),
]
EnergyWindow = Annotated[
    float | None,
    typer.Option(min=0, help="Loss of energy in keV at which the detector counts half of the Compton scattering."),
]
Constant = Annotated[
    bool, typer.Option("--constant/--no-constant", help="Whether to fit a constant, such as fluorescence.")
]
RMax = Annotated[float, typer.Option(min=2, help="How far g(r) is wanted, in Å; S(q) is as fine as that needs.")]


def reduce(
    scan: ScanFile,
    composition: Formula,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="SAMPLE.sq", help="Where S(q) goes.")],
    background: Background = None,
    number_density: Density = None,
    mass_density: MassDensity = None,
    wavelength: Radiation = None,
    background_scale: BackgroundScale = None,
    polarization: Polarization = "tube",
    monochromator: Monochromator = None,
    absorption: AbsorptionSaid = None,
    energy_window: EnergyWindow = None,
    constant: Constant = True,
    q_min: QMin = None,
    q_max: QMax = None,
    r_max: RMax = 20.0,
    axis: ScanAxis = None,
    column: Column = None,
    unit: QUnit = None,
    plot: Annotated[bool, typer.Option("--plot", help="Write a picture beside it.")] = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Make S(q) of a diffractometer's counts.

    Background is scaled and subtracted, polarization, absorption and Compton scattering are corrected for, and the
    normalization is found as the one under which S(q) is most probable for a material of this composition and density.

    Example: wtrdf reduce scan.xy --background empty.xy --composition SiO2 --mass-density 2.2 --wavelength CuKa -o
    silica.sq --plot
    """
    _check_pictures(plot)
    _check_free([output, *([output.with_suffix(".png")] if plot else [])], force)
    settings = _settings(locals())
    reduction, X = _read(scan, background, axis, column, unit, wavelength, r_max, settings)
    [reduced] = reduction.decompose(X)
    _write_sq(output, reduction, reduced, scan, force)
    if plot:
        from sklearn_wtrdf.plotting.reduction import ReductionDisplay
        from sklearn_wtrdf.plotting.style import new_figure

        with new_figure(9.0, 3.6) as figure:
            ReductionDisplay(reduced=reduced).plot(figure)
            _save(figure, output.with_suffix(".png"), output.stem)
    _print_found(reduction, reduced, as_json)


def pdf(
    scan: ScanFile,
    composition: Formula,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where all results go.")],
    background: Background = None,
    number_density: Density = None,
    mass_density: MassDensity = None,
    wavelength: Radiation = None,
    background_scale: BackgroundScale = None,
    polarization: Polarization = "tube",
    monochromator: Monochromator = None,
    absorption: AbsorptionSaid = None,
    energy_window: EnergyWindow = None,
    constant: Constant = True,
    q_min: QMin = None,
    q_max: QMax = None,
    r_max: RMax = 10.0,
    prior: PriorName = None,
    bond: BondRange = None,
    systematic_errors: SlowErrors = None,
    q_damp: QDamp = None,
    axis: ScanAxis = None,
    column: Column = None,
    unit: QUnit = None,
    strict: Strict = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Make S(q), g(r) with its standard deviation, its peaks and a picture of all steps of a diffractometer's counts.

    The folder then has SCAN.sq, SCAN.gr, SCAN_peaks.csv and SCAN.png (where matplotlib is installed).

    Example: wtrdf pdf scan.xy --background empty.xy --composition SiO2 --mass-density 2.2 --wavelength CuKa -o out/
    """
    import numpy as np

    from sklearn_wtrdf import InversionRegressor, scattering_frame, write_gr
    from sklearn_wtrdf.utils.files import written_whole

    if strict:
        be_strict()
    pictures = util.find_spec("matplotlib") is not None
    if output.exists() and not output.is_dir():
        raise NotADirectoryError(f"{output} is a file; a folder was expected.")
    names = {end: output / f"{scan.stem}{end}" for end in (".sq", ".gr", "_peaks.csv", ".png")}
    _check_free(list(names.values()), force)
    settings = _settings(locals())
    model = InversionRegressor(reference=False, **inversion_options(prior, bond, systematic_errors, q_damp, None))
    reduction, X = _read(scan, background, axis, column, unit, wavelength, r_max, settings)
    [reduced] = reduction.decompose(X)
    r = X["r"].to_numpy()
    frame = scattering_frame(r, reduced.q, reduced.s_r, reduction.number_density_, reduced.std)
    model.fit(frame)
    g, std = model.predict(frame, return_std=True)
    table = model.peak_table(frame)

    output.mkdir(parents=True, exist_ok=True)
    _write_sq(names[".sq"], reduction, reduced, scan, force)
    header = {
        "source": scan.name,
        "model": "InversionRegressor",
        "qmin": float(reduced.q[0]),
        "qmax": float(reduced.q[-1]),
    }
    written_std = np.where(g > 0, std, np.maximum(std, np.finfo(float).tiny))
    write_gr(
        names[".gr"],
        r,
        g,
        reduction.number_density_,
        std=written_std,
        composition=reduction.composition_,
        header=header,
        overwrite=force,
    )
    table = table.drop(columns="material", errors="ignore").assign(file=str(names[".gr"]))
    table.insert(0, "file", table.pop("file"))
    with written_whole(names["_peaks.csv"], overwrite=force) as temporary:
        table.to_csv(temporary, index=False)
    if pictures:
        from sklearn_wtrdf.plotting.rdf import RDFDisplay
        from sklearn_wtrdf.plotting.reduction import ReductionDisplay
        from sklearn_wtrdf.plotting.style import new_figure

        with new_figure(9.0, 8.2) as figure:
            rows: Any = figure.subfigures(2, 1, height_ratios=[1, 1.25])
            ReductionDisplay(reduced=reduced).plot(rows[0])
            RDFDisplay.from_estimator(model, frame, scattering=True, figure=rows[1])
            _save(figure, names[".png"], scan.stem)
    if as_json:
        print_json(table)
        return
    _print_found(reduction, reduced, as_json)
    print_peaks(table, 0.9)
    print_neighbours(reduction.composition_.formula, "x-ray")
    print(f"Written to {output}: {', '.join(path.name for path in names.values() if path.exists())}.")


def _settings(options: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of Reduction that were said."""
    density = number_density_option(options["number_density"], options["composition"], options["mass_density"])
    if density is None:
        raise typer.BadParameter("one of them is needed.", param_hint="--number-density, --mass-density")
    if options["background_scale"] is not None and options["background"] is None:
        raise typer.BadParameter("there is no --background.", param_hint="--background-scale")
    names = ("polarization", "monochromator", "energy_window", "constant", "q_min", "q_max", "background_scale")
    settings = {name: options[name] for name in names} | {"absorption": _absorption(options["absorption"])}
    return settings | {"composition": options["composition"], "number_density": density}


def _absorption(text: str | None) -> Absorption | None:
    if text is None:
        return None
    from sklearn_wtrdf.reduction.corrections import Capillary, Reflection, Transmission

    kinds: dict[str, Any] = {"reflection": Reflection, "transmission": Transmission, "capillary": Capillary}
    kind, _, number = text.partition(":")
    try:
        return kinds[kind.strip()](float(number))
    except (KeyError, ValueError):
        raise typer.BadParameter(
            f"{text!r} is not reflection:μt, transmission:μt or capillary:μR with a number.", param_hint="--absorption"
        ) from None


def _read(
    scan: Path,
    background: Path | None,
    axis: Literal["2theta", "q"] | None,
    column: str | None,
    unit: Literal["angstrom", "nm", "pm"] | None,
    radiation: str | None,
    r_max: float,
    settings: dict[str, Any],
) -> tuple[Reduction, pd.DataFrame]:
    """Return the fitted reduction and the frame of a scan."""
    import numpy as np

    from sklearn_wtrdf import Reduction, intensity_frame, read_scan
    from sklearn_wtrdf.scattering.angles import wavelength_of

    wavelength = None
    if radiation is not None:
        try:
            wavelength = wavelength_of(number_in(radiation) or radiation)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--wavelength") from None
    sample = read_scan(scan, axis=axis, column=column, unit=unit, wavelength=wavelength)
    wavelength = sample.wavelength if wavelength is None else wavelength
    if wavelength is None:
        raise typer.BadParameter(f"{scan} does not say it: CuKa, say, or a number of Å.", param_hint="--wavelength")
    table = None
    if background is not None:
        empty = read_scan(background, axis=axis, column=column, unit=unit, wavelength=wavelength)
        table = empty.over(sample.axis, wavelength)
    step = min(0.05, np.pi / (2 * max(r_max, 20.0)))
    reduction = Reduction(**settings, wavelength=wavelength, background=table, q_step=float(step), axis=sample.axis)
    r = np.arange(1, round(r_max / 0.02) + 1) * 0.02
    X = intensity_frame(r, sample.x, sample.intensity, sample.std, axis=sample.axis)
    return reduction.fit(X), X


def _write_sq(path: Path, reduction: Reduction, reduced: ReducedScan, scan: Path, force: bool) -> None:
    from sklearn_wtrdf import write_sq

    header = {"source": scan.name, "wavelength": f"{reduction.wavelength_:.6g} A"} | _found(reduced)
    write_sq(
        path,
        reduced.q,
        reduced.s_r,
        reduction.number_density_,
        std=reduced.std,
        composition=reduction.composition_,
        header=header,
        overwrite=force,
    )


def _found(reduced: ReducedScan) -> dict[str, float]:
    """Return the numbers that a reduction found."""
    facts = {
        "normalization": reduced.normalization,
        "compton_scale": reduced.compton_scale,
        "systematic_errors": reduced.slow,
    }
    if reduced.background.any():
        facts["background_scale"] = reduced.background_scale
    if reduced.constant.any():
        facts["constant"] = float(reduced.constant.mean())
    return facts


def _print_found(reduction: Reduction, reduced: ReducedScan, as_json: bool) -> None:
    import pandas as pd

    facts = {"q_min": float(reduced.q[0]), "q_max": float(reduced.q[-1]), "points": reduced.q.size}
    facts |= {"number_density": reduction.number_density_, "wavelength": reduction.wavelength_} | _found(reduced)
    if as_json:
        print_json(pd.DataFrame([facts]))
        return
    print(
        f"S(q) from {reduced.q[0]:.3g} to {reduced.q[-1]:.4g} Å⁻¹, {reduced.q.size} points, "
        f"λ = {reduction.wavelength_:.5g} Å"
    )
    print(", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in _found(reduced).items()))


def _check_free(paths: list[Path], force: bool) -> None:
    from sklearn_wtrdf.utils.files import check_absent

    if not force:
        for path in paths:
            check_absent(path)


def _check_pictures(plot: bool) -> None:
    if plot and util.find_spec("matplotlib") is None:
        raise typer.BadParameter('pictures need matplotlib: pip install "sklearn-wtrdf[plot]".', param_hint="--plot")


def _save(figure: Any, path: Path, title: str) -> None:
    from sklearn_wtrdf.utils.files import written_whole

    figure.suptitle(title, x=0.01, ha="left")
    with written_whole(path, overwrite=True) as temporary:
        figure.savefig(temporary, dpi=160)
