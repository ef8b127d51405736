"""`wtrdf partials`: the pair functions g_AB(r) from several patterns of one material."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from sklearn_wtrdf.cli.command import INVERSION, MATERIAL, RESULTS
from sklearn_wtrdf.cli.options import (
    AsJson,
    Density,
    FigureFormat,
    Force,
    Formula,
    MassDensity,
    PatternQuantity,
    Plot,
    QMax,
    Quantity,
    named,
    number_density_option,
    picture_beside,
    picture_format,
)
from sklearn_wtrdf.cli.output import print_json, print_message
from sklearn_wtrdf.utils.files import atomic_write, check_output
from sklearn_wtrdf.utils.text import with_interval

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from sklearn_wtrdf.partials.regressor import PartialsRegressor
    from sklearn_wtrdf.scattering.pattern import Pattern

Files = Annotated[list[Path], typer.Argument(metavar="FILE.sq", help="S(q) of one material.")]
Radiations = Annotated[
    list[str] | None,
    typer.Option(
        "--radiation",
        metavar="RADIATION[=FORMULA]",
        help="x-ray or neutron, once for each file in the same order, if the files do not state it; with the "
        "composition of its sample, as neutron=D2O, if that contains other isotopes than --composition.",
        rich_help_panel=MATERIAL,
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="TABLE.csv",
        help="Also write g(r) of each pair to this file.",
        rich_help_panel=RESULTS,
    ),
]
Resolutions = Annotated[
    list[float] | None,
    typer.Option(
        "--q-damp",
        min=0,
        max=0.99,
        metavar="Å⁻¹",
        help="Instrument resolution, which damps G(r) by exp(−(r q_damp)² / 2): once for all files, or once for each "
        "in the same order.",
        rich_help_panel=INVERSION,
    ),
]
LastR = Annotated[
    float,
    typer.Option(
        "--r-max",
        min=1.0,
        max=20.0,
        metavar="Å",
        help="Largest r of the table and the picture.",
        rich_help_panel=RESULTS,
    ),
]
_STEP = 0.02  # Å


def partials(
    files: Files,
    radiation: Radiations = None,
    composition: Formula = None,
    number_density: Density = None,
    mass_density: MassDensity = None,
    quantity: Quantity = None,
    q_max: QMax = None,
    q_damp: Resolutions = None,
    r_max: LastR = 10.0,
    output: Output = None,
    plot: Plot = False,
    figure_format: FigureFormat = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Compute g(r) of each pair of elements from several S(q).

    Prints the peaks of the pair functions, and how well the patterns determine them.

    Example: wtrdf partials xray.sq neutron.sq --radiation x-ray --radiation neutron --composition SiO2
    --number-density 0.0662 -o partials.csv --plot
    """
    import numpy as np

    from sklearn_wtrdf import PartialsRegressor, partials_frame
    from sklearn_wtrdf.workflows.pictures import draw_partials

    number_density = number_density_option(number_density, composition, mass_density)
    n, resolutions = len(files), q_damp or [0.0]
    radiations: list[str] | list[None] = radiation or [None] * n
    if len(radiations) != n:
        raise typer.BadParameter(f"give one for each of the {n} files.", param_hint="--radiation")
    if len(resolutions) not in (1, n):
        raise typer.BadParameter(f"give one for all files, or one for each of the {n}.", param_hint="--q-damp")
    figure_format = picture_format(plot, figure_format)
    if output is None and figure_format != "none":
        raise typer.BadParameter("give it: the picture is written beside the table.", param_hint="--output")
    picture = None if output is None else picture_beside(output, figure_format)
    for path in filter(None, (output, picture)):
        check_output(path, files, overwrite=force)
    patterns: dict[str, Pattern] = {}
    for file, of_file in zip(files, radiations, strict=True):
        if file.name in patterns:
            raise typer.BadParameter(f"{file.name} is given twice.", param_hint="FILE.sq")
        patterns[file.name] = _pattern(file, of_file, composition, number_density, quantity, q_max)
    composition = composition or _of_headers(patterns, "composition")
    number_density = number_density or _of_headers(patterns, "number_density")
    of_patterns = dict(zip(patterns, resolutions * (n if len(resolutions) == 1 else 1), strict=True))
    X = partials_frame(patterns, q_damp=of_patterns)
    model = PartialsRegressor(composition, number_density=number_density).fit(X)
    r = np.asarray(np.arange(1, round(r_max / _STEP) + 1) * _STEP, dtype=np.float64)
    peaks, determination = model.peak_table(), model.determination_.reset_index()
    if output is not None:
        _write_table(output, model, r, overwrite=force)
    if picture is not None:
        draw_partials(picture, model, r)
    if written := " and ".join(str(path) for path in (output, picture) if path is not None):
        print_message(f"Written to {written}.")
    if as_json:
        print_json(peaks)
        return
    print(_with_intervals(peaks).to_string(index=False, float_format="%.3g"))
    print("n_of_second is the number of atoms of the second element around one of the first. Intervals: ± 90 %.\n")
    print(determination.to_string(index=False, float_format="%.2g"))


def _with_intervals(peaks: pd.DataFrame) -> pd.DataFrame:
    """Return the table of peaks for printing, with intervals in the cells."""
    names = ["position", "height", "n_of_second", "n_of_first"]
    texts = {name: [with_interval(row, name) for row in peaks.to_dict("records")] for name in names}
    return peaks[["pair", "peak", *names, "r_low", "r_high"]].assign(**texts)


def _of_headers(patterns: Mapping[str, Pattern], name: str) -> Any:
    """Return the composition or the number density that the headers of the files have."""
    values = [value for pattern in patterns.values() if (value := getattr(pattern, name)) is not None]
    if not values:
        raise typer.BadParameter("it is in no header of the files: give it.", param_hint=named([name]))
    if name == "number_density" and len(set(values)) > 1:
        text = " and ".join(f"{value:g}" for value in sorted(set(values)))
        raise typer.BadParameter(f"the headers of the files have {text} atoms/Å³: give it.", param_hint=named([name]))
    return values[0]


def _write_table(path: Path, model: PartialsRegressor, r: NDArray[np.float64], *, overwrite: bool) -> None:
    """Write the pair functions and their standard deviations as a table."""
    import pandas as pd

    g, std = model.predict_partials(r, return_std=True)
    columns = {"r": r}
    for name, curve, error in zip(model.pairs_, g, std, strict=True):
        columns |= {f"g {name}": curve, f"std {name}": error}
    with atomic_write(path, overwrite=overwrite) as temporary:
        pd.DataFrame(columns).to_csv(temporary, index=False, float_format="%.6g")


def _pattern(
    file: Path,
    radiation: str | None,
    composition: str | None,
    number_density: float | None,
    quantity: PatternQuantity | None,
    q_max: float | None,
) -> Pattern:
    """Return the pattern of a file with its radiation and the composition of its sample."""
    from dataclasses import replace

    from sklearn_wtrdf import read_pattern
    from sklearn_wtrdf.io.contradictions import contradictions
    from sklearn_wtrdf.scattering.pattern import Radiation

    text, has_formula, formula = (radiation or "").partition("=")
    kind = next((known for known in get_args(Radiation) if known == text), None)
    if kind is None and radiation is not None:
        raise typer.BadParameter(f"{text!r} is neither x-ray nor neutron.", param_hint="--radiation")
    if has_formula and not formula:
        raise typer.BadParameter(f"{radiation!r} has no formula after =.", param_hint="--radiation")
    pattern = read_pattern(file, quantity=quantity)
    kind = kind or pattern.radiation
    if kind is None:
        raise typer.BadParameter(f"{file.name} does not state it: give one for each file.", param_hint="--radiation")
    for message in contradictions(file, dict(pattern.provenance), formula or composition, number_density, kind):
        print_message(f"warning: {message}")
    pattern = replace(pattern, radiation=kind, composition=formula or composition or pattern.composition)
    return pattern if q_max is None else pattern.cut(q_max=q_max)
