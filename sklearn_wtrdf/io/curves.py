"""Reading g(r)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from sklearn_wtrdf.io.columns import CURVES, columns_of, warn_of
from sklearn_wtrdf.io.headers import IN_ANGSTROM, Unit, check_density
from sklearn_wtrdf.io.plausibility import check_curve, check_sign
from sklearn_wtrdf.io.tables import SMALLEST_STEP, read_table
from sklearn_wtrdf.scattering.curve import Curve, g_from_rdf, g_from_reduced_pdf

CurveQuantity = Literal["g", "G", "RDF"]


def read_gr(
    path: str | Path,
    *,
    quantity: CurveQuantity | None = None,
    column: str | None = None,
    unit: Unit | None = None,
    number_density: float | None = None,
) -> Curve:
    r"""Read g(r) from a text file with any header: .gr, .rdf, .dat, .csv.

    Parameters
    ----------
    path : str or Path
        The file, as for :func:`read_pattern`.
    quantity : {"g", "G", "RDF"}, default=None
        The quantity y: g(r), which tends to 1, G(r) = 4πrρ₀ (g − 1), or RDF(r) = 4πr²ρ₀ g. None infers it from the
        column's name (``g``, ``G(r)``, ``rdf``), or from the suffix if columns have no names (.gr is G, .rdf is RDF).
    column : str, default=None
        Name of the column y. None reads the first column whose name is that of a quantity.
    unit : {"angstrom", "nm", "pm"}, default=None
        Unit of r. None infers it from the name of the column or from the header, and assumes Å if neither has a unit.
    number_density : float, default=None
        ρ₀ [Å⁻³], which is needed for G and RDF. None reads it from the header.

    Returns
    -------
    Curve
        Without the row r = 0, where G and RDF do not depend on g.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        As by :func:`read_pattern`, and if the number density is missing.

    Warns
    -----
    DataWarning
        If G or RDF is converted with another number density than that of the header, the values contradict the given
        `quantity`, there are outliers, g is far below 0, rows seem to be missing, or one of several columns or time
        steps was read.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_wtrdf import read_gr
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "glass.gr"
    ...     _ = path.write_text("#L r G\n 0 0\n 1 -0.427\n 2 0\n 3 0\n")
    ...     curve = read_gr(path, number_density=0.034)
    >>> curve.r, curve.g.round(3)
    (array([1., 2., 3.]), array([0.001, 1.   , 1.   ]))
    """
    table = read_table(Path(path))
    if (axis := table.axis("r")) != "r":
        raise ValueError(f"{path}: its first column is {axis}; g(r) was expected. Read S(q) by read_pattern.")
    kind, table, y, std = columns_of(table, CURVES, quantity, column)
    length = IN_ANGSTROM[table.unit("r", unit)]
    per = length ** {"g": 0, "G": 2, "RDF": 1}[kind]
    r, y, std = table.values[:, 0] * length, y / per, None if std is None else std / per
    table.check_increasing("r", r)
    check_curve(table, kind, r, y, given=quantity is not None)
    header_density = table.number_density()
    density = header_density if number_density is None else check_density(number_density)
    if density and header_density and kind != "g" and abs(density / header_density - 1) > 0.01:
        table.notes.append(
            f"{path}: its header has the number density {header_density:.4g} Å⁻³; {kind}(r) is converted to g(r) with "
            f"the given {density:.4g} Å⁻³."
        )
    if density is None and kind != "g":
        raise ValueError(
            f"{path}: {kind}(r) is converted to g(r) with the number density, which the header does not have; give "
            "number_density."
        )
    positive = slice(1, None) if r[0] < SMALLEST_STEP else slice(None)
    r, y, std = r[positive], y[positive], None if std is None else std[positive]
    if kind != "g":
        assert density is not None
        std = None if std is None else g_from_rdf(r, std * r if kind == "G" else std, density)
        y = {"G": g_from_reduced_pdf, "RDF": g_from_rdf}[kind](r, y, density)
    check_sign(table, r, y)
    warn_of(table.notes)
    return Curve(r, y, std, density, table.composition(), table.header())
