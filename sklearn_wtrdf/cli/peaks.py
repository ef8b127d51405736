"""`wtrdf peaks`: positions, heights and coordination numbers of the peaks of g(r)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sklearn_wtrdf.cli.options import (
    AsJson,
    Column,
    CurveQuantity,
    Density,
    Force,
    Formula,
    MassDensity,
    Unit,
    number_density_option,
    number_in,
)
from sklearn_wtrdf.cli.output import print_json, print_neighbours, print_peaks, say

if TYPE_CHECKING:
    import pandas as pd

    from sklearn_wtrdf.scattering.curve import Curve

Files = Annotated[list[Path], typer.Argument(metavar="FILE.gr...", help="g(r), G(r) or RDF(r).")]
EndOfQ = Annotated[
    float | None,
    typer.Option(min=0.1, help="The last measured q, in Å⁻¹, for the intervals. Default: qmax in the header."),
]
RMin = Annotated[
    float, typer.Option(min=0, help="Distance in Å at which to begin; ripples before the first shell are no peaks.")
]
NPeaks = Annotated[int, typer.Option(min=1, help="How many peaks to look for.")]
Level = Annotated[float, typer.Option(min=0.01, max=0.999, help="Probability of the intervals.")]
OfFiles = Annotated[
    CurveQuantity | None,
    typer.Option(
        help="Quantity in the files: g(r), G(r) = 4πrρ₀ (g − 1), RDF(r) = 4πr²ρ₀ g, D(r) = G(r), T(r) = 4πrρ₀ g, "
        "g − 1, or GK(r) = ⟨b⟩² (g − 1), the G(r) of RMCProfile. Default: by the column's name."
    ),
]
UnitOfR = Annotated[Unit | None, typer.Option(help="Unit of r.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="TABLE.csv", help="Also write the table to a file.")
]


def peaks(
    files: Files,
    number_density: Density = None,
    composition: Formula = None,
    mass_density: MassDensity = None,
    q_max: EndOfQ = None,
    r_min: RMin = 0.0,
    n_peaks: NPeaks = 3,
    level: Level = 0.9,
    quantity: OfFiles = None,
    column: Column = None,
    unit: UnitOfR = None,
    output: Output = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Measure the peaks of g(r): position, height, width and coordination number.

    Intervals are computed from the standard deviations in the file, and omitted if there are none. They contain no
    other errors.

    Example: wtrdf peaks out/*.gr --number-density 0.034
    """
    import pandas as pd

    from sklearn_wtrdf import read_gr
    from sklearn_wtrdf.utils.files import check_absent, written_whole

    number_density = number_density_option(number_density, composition, mass_density)
    if output is not None and not force:
        check_absent(output)
    tables: dict[Path, pd.DataFrame] = {}
    n_failed = 0
    formulas: dict[str | None, None] = {}
    for file in files:
        try:
            curve = read_gr(
                file,
                quantity=quantity,
                column=column,
                unit=unit,
                number_density=number_density,
                composition=composition,
            )
            tables[file] = _measured(file, curve, q_max, r_min, n_peaks, level)
            formulas[composition or curve.composition] = None
        except Exception as error:  # any error concerns this file alone
            n_failed += 1
            say(f"error: {error}")
    if as_json and not tables:
        print("[]")
    if tables:
        all_peaks = pd.concat(tables.values(), ignore_index=True)
        all_peaks.insert(0, "file", all_peaks.pop("file"))
        if output is not None:
            with written_whole(output, overwrite=force) as temporary:
                all_peaks.to_csv(temporary, index=False, errors="surrogateescape")  # a file name may have any bytes
        if as_json:
            print_json(all_peaks)
        else:
            print_peaks(all_peaks, level)
            for file, table in tables.items():
                print(f"{file.name}: {table.attrs['note']}")
            for formula in formulas:
                print_neighbours(formula, "x-ray", "neutron")  # the radiation is unknown
    if n_failed:
        raise typer.Exit(1)


def _measured(file: Path, curve: Curve, q_max: float | None, r_min: float, n_peaks: int, level: float) -> pd.DataFrame:
    """Return the peaks of a file. Print a warning if there are none."""
    from sklearn_wtrdf import peak_table

    end = q_max or number_in(curve.provenance.get("qmax"))
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
    if table.empty:
        say(f"warning: {file}: g has no peak.")
    return table.assign(file=str(file))
