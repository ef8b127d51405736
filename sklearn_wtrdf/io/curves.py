"""Reading g(r)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.io.columns import columns_of, warn_of
from sklearn_wtrdf.io.conventions import Formula, curve_factor, kind_by_values, square_of_mean
from sklearn_wtrdf.io.densities import check_density
from sklearn_wtrdf.io.plausibility import check_curve, check_level, check_low_values
from sklearn_wtrdf.io.quantities import CURVES
from sklearn_wtrdf.io.tables import MIN_STEP, Table, read_table
from sklearn_wtrdf.io.units import IN_ANGSTROM, Unit
from sklearn_wtrdf.scattering.composition import Composition
from sklearn_wtrdf.scattering.curve import Curve, g_from_rdf, g_from_reduced_pdf
from sklearn_wtrdf.scattering.sampling import MIN_POINTS
from sklearn_wtrdf.utils.text import quoted

Floats = NDArray[np.float64]
CurveQuantity = Literal["g", "G", "RDF", "D", "T", "g-1", "GK"]
_MIN_REACH = 2.0  # Å; a curve that ends before has no more than one bond, and may be in nm
_MAX_REACH = 250.0  # Å; a curve that ends beyond may be in pm
_OF_DENSITY = ("G", "RDF", "D", "T")  # quantities from which g follows by the number density


def read_gr(
    path: str | Path,
    *,
    quantity: CurveQuantity | None = None,
    column: str | int | None = None,
    unit: Unit | None = None,
    number_density: float | None = None,
    composition: Formula | None = None,
) -> Curve:
    r"""Read g(r) from a text file with any header: .gr, .rdf, .dat, .csv, or from NeXus.

    Parameters
    ----------
    path : str or Path
        The file, as for :func:`read_pattern`.
    quantity : {"g", "G", "RDF", "D", "T", "g-1", "GK"}, default=None
        The quantity y: g(r), which tends to 1, G(r) = 4πrρ₀ (g − 1), RDF(r) = 4πr²ρ₀ g, D(r), which is the same as
        G(r), T(r) = 4πrρ₀ g, g − 1, or GK(r) = ⟨b⟩² (g − 1) of neutrons in barn/sr, the G(r) of RMCProfile. D(r) and
        T(r) that are multiplied by ⟨b⟩² are recognized by their values, and divided by it. None infers it from the
        column's name (``g``, ``G(r)``, ``rdf``), or from the suffix if columns have no names (.gr is G, .rdf is RDF).
    column : str or int, default=None
        Name of the column y, or its number, from 2. None reads the first column whose name is that of a quantity.
    unit : {"angstrom", "nm", "pm"}, default=None
        Unit of r. None infers it from the name of the column or from the header, and assumes Å if neither has a unit.
    number_density : float, default=None
        ρ₀ [Å⁻³], which is needed for G, RDF, D and T. None reads it from the header.
    composition : str, mapping or Composition, default=None
        Composition of the material, for ⟨b⟩². None reads it from the header.

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
        If rows were sorted, y was divided by ⟨b⟩², G or RDF is converted with another number density than that of
        the header, the values contradict the given `quantity` or the number density, there are outliers, g is far
        below 0, rows seem to be missing, or one of several columns or time steps was read.

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
        raise ValueError(
            f"{path}: its first column is {axis} by its name, {quoted(table.labels[0])}; g(r) was expected. Read S(q) "
            "by read_pattern."
        )
    given = quantity is not None
    kind, table, y, std = columns_of(table.sorted("r"), CURVES, quantity, column)
    if unit is None:
        table.check_x("r")
    length = IN_ANGSTROM[table.unit("r", unit)]
    per = length ** {"G": 2, "D": 2, "T": 2, "RDF": 1}.get(kind, 0)
    r, y, std = table.values[:, 0] * length, y / per, None if std is None else std / per
    square = square_of_mean(table, composition)
    kind = kind if given else kind_by_values(table, kind, r, y, square)
    if unit is None:
        _check_reach(table, r)
    density = _density(table, kind, number_density)
    factor = curve_factor(table, kind, r, y, density, square, given=given)
    y, std = y / factor, None if std is None else std / factor
    check_curve(table, "G" if kind == "D" else kind, r, y, given=given)
    positive = slice(1, None) if r[0] < MIN_STEP else slice(None)
    r, y, std = r[positive], y[positive], None if std is None else std[positive]
    if kind in _OF_DENSITY:
        assert density is not None
        weight = 1.0 if kind == "RDF" else r
        std = None if std is None else g_from_rdf(r, std * weight, density)
        y = g_from_reduced_pdf(r, y, density) if kind in ("G", "D") else g_from_rdf(r, y * weight, density)
    elif kind in ("g-1", "GK"):
        y = y + 1
    check_low_values(table, r, y)
    if kind in ("g", "RDF") and column is None:  # a given column may be a partial
        check_level(table, r, y)
    warn_of(table.notes)
    formula = table.composition() if composition is None else Composition(composition).formula
    return Curve(r, y, std, density, formula, table.header())


def _check_reach(table: Table, r: Floats) -> None:
    """Raise if r may be in nm or pm."""
    if r.size >= MIN_POINTS and not _MIN_REACH <= r[-1] <= _MAX_REACH:
        raise ValueError(
            f"{table.path}: r from {r[0]:g} to {r[-1]:g} Å is unlikely. Give unit: 'nm' or 'pm', or 'angstrom' if it "
            "is in Å nevertheless."
        )


def _density(table: Table, kind: str, given: float | None) -> float | None:
    """Return the number density, given or of the header, or raise if it is needed and missing."""
    try:
        of_header = table.number_density(is_used=given is None)
    except ValueError:
        if given is None:
            raise
        of_header = None
    density = of_header if given is None else check_density(given)
    if density is None and kind in _OF_DENSITY:
        raise ValueError(
            f"{table.path}: {kind}(r) is converted to g(r) with the number density, which the header does not have; "
            "give number_density."
        )
    if density and of_header and kind in _OF_DENSITY and abs(density / of_header - 1) > 0.01:
        table.notes.append(
            f"{table.path}: its header has the number density {of_header:.4g} Å⁻³; {kind}(r) is converted to g(r) with "
            f"the given {density:.4g} Å⁻³."
        )
    return density
