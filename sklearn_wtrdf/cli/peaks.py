"""`wtrdf peaks`: positions, heights and coordination numbers of the peaks of g(r)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sklearn_wtrdf.cli.command import FILES, RESULTS
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
from sklearn_wtrdf.cli.output import print_json, print_message, print_neighbours, print_peaks

if TYPE_CHECKING:
    import pandas as pd

    from sklearn_wtrdf.scattering.curve import Curve
    from sklearn_wtrdf.scattering.pattern import Radiation

PEAKS = "Measuring peaks"
DEFAULT_LEVEL = 0.9

Files = Annotated[list[Path], typer.Argument(metavar="FILE.gr", help="g(r), G(r) or RDF(r).")]
EndOfQ = Annotated[
    float | None,
    typer.Option(
        min=0.1,
        metavar="Å⁻¹",
        help="The last measured q, for the intervals. Default: qmax in the header.",
        rich_help_panel=PEAKS,
    ),
]
RMin = Annotated[
    float | None,
    typer.Option(
        min=0,
        metavar="Å",
        help="Distance at which to begin. Ripples before the first shell are no peaks.",
        rich_help_panel=PEAKS,
    ),
]
NPeaks = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="How many peaks to look for. Default: 3.", rich_help_panel=PEAKS)
]
Level = Annotated[
    float | None,
    typer.Option(
        min=0.01, max=0.999, metavar="LEVEL", help="Probability of the intervals. Default: 0.9.", rich_help_panel=PEAKS
    ),
]
OfFiles = Annotated[
    CurveQuantity | None,
    typer.Option(
        "--quantity",
        help="Quantity in the files: g(r), G(r) = 4πrρ₀ (g − 1), RDF(r) = 4πr²ρ₀ g, D(r) = G(r), T(r) = 4πrρ₀ g, "
        "g − 1, or GK(r) = ⟨b⟩² (g − 1), the G(r) of RMCProfile. Default: by the column's name.",
        rich_help_panel=FILES,
    ),
]
UnitOfR = Annotated[Unit | None, typer.Option("--unit", help="Unit of r.", rich_help_panel=FILES)]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="TABLE.csv", help="Also write the table to a file.", rich_help_panel=RESULTS
    ),
]


@dataclass(frozen=True)
class Measurement:
    """How peaks are measured in files without a table of them. None in a field is the default."""

    composition: str | None
    number_density: float | None
    q_max: float | None
    r_min: float | None
    n_peaks: int | None
    level: float | None
    quantity: str | None
    column: str | None
    unit: str | None


def peaks(
    files: Files,
    composition: Formula = None,
    mass_density: MassDensity = None,
    number_density: Density = None,
    q_max: EndOfQ = None,
    r_min: RMin = None,
    n_peaks: NPeaks = None,
    level: Level = None,
    quantity: OfFiles = None,
    column: Column = None,
    unit: UnitOfR = None,
    output: Output = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Print the peaks of g(r): positions, widths, neighbours.

    For a file of wtrdf pdf or reconstruct, the table is the one that was computed with its g(r). For any other file,
    and with --r-min, --n-peaks, --level, --q-max or a density, the peaks are measured; intervals then follow from the
    standard deviations in the file, and are omitted if there are none. They contain no other errors.

    Example: wtrdf peaks out/*.gr --number-density 0.034
    """
    import pandas as pd

    from sklearn_wtrdf.io.headers import radiation
    from sklearn_wtrdf.utils.files import atomic_write, check_output, text_of

    number_density = number_density_option(number_density, composition, mass_density)
    if output is not None:
        check_output(output, files, overwrite=force)
    how = Measurement(composition, number_density, q_max, r_min, n_peaks, level, quantity, column, unit)
    tables: dict[Path, pd.DataFrame] = {}
    n_failed = 0
    materials: dict[tuple[str | None, tuple[Radiation, ...]], None] = {}
    for file in files:
        try:
            table, curve = _table_of(file, how)
            tables[file] = table.assign(file=str(file))
            used = radiation(dict(curve.provenance))
            materials[composition or curve.composition, (used,) if used else ("x-ray", "neutron")] = None
        except Exception as error:  # any error concerns this file alone
            n_failed += 1
            print_message(f"error: {text_of(error)}")
    if as_json and not tables:
        print("[]")
    if tables:
        all_peaks = pd.concat(tables.values(), ignore_index=True)
        all_peaks.insert(0, "file", all_peaks.pop("file"))
        if output is not None:
            with atomic_write(output, overwrite=force) as temporary:
                all_peaks.to_csv(temporary, index=False, errors="surrogateescape")  # a file name may have any bytes
        if as_json:
            print_json(all_peaks)
        else:
            print_peaks(all_peaks, level or DEFAULT_LEVEL)
            for file, table in tables.items():
                print(f"{file.name}: {table.attrs['note']}")
            for formula, radiations in materials:
                print_neighbours(formula, *radiations)
    if n_failed:
        raise typer.Exit(1)


def _table_of(file: Path, how: Measurement) -> tuple[pd.DataFrame, Curve]:
    """Return the table of peaks in a file, or measure them in its g(r), and the curve."""
    from sklearn_wtrdf import read_gr, read_peaks
    from sklearn_wtrdf.io.contradictions import contradictions
    from sklearn_wtrdf.io.peaks import NoPeaksError

    options: Any = {name: getattr(how, name) for name in ("quantity", "column", "unit", "number_density")}
    options["composition"] = how.composition
    curve = read_gr(file, **options)
    for message in contradictions(file, dict(curve.provenance), how.composition, how.number_density):
        print_message(f"warning: {message}")
    if any(value is not None for name, value in asdict(how).items() if name != "composition"):
        reason = "an option asks for it"
    else:
        try:
            return read_peaks(file), curve
        except NoPeaksError as error:
            reason = "it " + str(error).removeprefix(f"{file} ").rstrip(".")
    table, has_intervals = _measured(file, curve, how)
    intervals = "their intervals follow from its standard deviations alone" if has_intervals else "without intervals"
    print_message(f"note: {file}: the peaks are measured in g(r), {intervals}, because {reason}.")
    return table, curve


def _measured(file: Path, curve: Curve, how: Measurement) -> tuple[pd.DataFrame, bool]:
    """Return the peaks of g(r), and whether they have intervals. Print a warning if there are none."""
    from sklearn_wtrdf import peak_table

    end = how.q_max or number_in(curve.provenance.get("qmax"))
    atoms = curve.r >= (how.r_min or 0.0)
    if not atoms.any():
        end_of_r = float(curve.r[-1])
        raise ValueError(f"{file}: --r-min must be less than the end of g(r), {end_of_r:.4g} Å, got {how.r_min:g}.")
    std = None if curve.std is None or not end else curve.std[atoms]
    table = peak_table(
        curve.r[atoms],
        curve.g[atoms],
        number_density=curve.number_density,
        std=std,
        q_max=None if std is None else end,
        n_peaks=how.n_peaks or 3,
        level=how.level or DEFAULT_LEVEL,
    )
    if table.empty:
        print_message(f"warning: {file}: g has no peak.")
    return table, std is not None
