"""Reading the S_R(q) of a sample from a file of S(q) or of counts, by settings."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.io.contradictions import contradictions
from sklearn_wtrdf.io.diffractometers import DIFFRACTOMETERS, is_of_diffractometer
from sklearn_wtrdf.io.intensities import intensity_columns
from sklearn_wtrdf.io.patterns import read_pattern
from sklearn_wtrdf.io.quantities import is_reduced
from sklearn_wtrdf.io.tables import read_table
from sklearn_wtrdf.reduction.corrections import absorption_of
from sklearn_wtrdf.reduction.diagnostics import unusual
from sklearn_wtrdf.reduction.reduced_scan import ReducedScan
from sklearn_wtrdf.scattering.angles import wavelength_of
from sklearn_wtrdf.scattering.lines import message_on_lines, sharp_lines
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.scattering.sampling import R_MAX
from sklearn_wtrdf.utils import data_warnings
from sklearn_wtrdf.workflows.scan import ScanReduction, reduce_file
from sklearn_wtrdf.workflows.settings import TABLES, PdfSettings

_EXAMINED_ON_COUNTS = "lines", "density"  # subjects of doubts
_MIN_COUNTS = 20.0  # median of counts; S(q) of a liquid or glass has no such values
# Limits of S(q). On all simulated materials it is 4.5 at most, and 1.01 ± 0.02 on average in the upper quarter of q.
# Counts decrease with the form factors.
_MAX_S, _MAX_DEVIATION_FROM_1 = 5.0, 0.05
_COUNTS = (".dat", ".txt", ".csv", ".chi", ".xy", ".xye", ".asc")  # suffixes of text files that may contain counts
_SUFFIXES = (*_COUNTS, ".sq", ".fq", ".mint01", ".nxs", ".h5", ".hdf5", *DIFFRACTOMETERS)  # of inputs in a folder


class Sample(NamedTuple):
    """The contents of a file.

    Attributes
    ----------
    pattern : Pattern
        S_R(q) in the range of the settings, with the composition and the number density of the settings or of the file.
    reduction : ScanReduction or None
        The reduction of the counts; None if the file contains S(q).
    doubts : dict of str to str
        Unusual properties of the file, by subject, the most probable cause first. An empty text means that the subject
        was examined, and need not be examined again on S_R.
    """

    pattern: Pattern
    reduction: ScanReduction | None
    doubts: dict[str, str]


def read_sample(path: str | Path, settings: PdfSettings, similar: ReducedScan | None = None) -> Sample:
    """Read S(q) from a file or, if it contains counts, reduce them to S(q).

    Parameters
    ----------
    path : str or Path
        The file.
    settings : PdfSettings
        The settings, which describe the material and the file.
    similar : ReducedScan, default=None
        A reduced scan of a similar sample, with which the reduction of counts begins.

    Returns
    -------
    Sample

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it contains neither, or its quantity cannot be recognized.
    """
    pattern = _pattern_in(Path(path), settings)
    if pattern is None:
        reduction = reduce_counts(path, settings, similar)
        return Sample(reduction.pattern, reduction, doubts_about_counts(reduction.reduced))
    material: Any = settings.composition, settings.density, settings.radiation
    messages = contradictions(Path(path), dict(pattern.provenance), *material)
    if unused := [name for name in settings.chosen() if name in TABLES["counts"]]:
        messages.append(f"{path}: it has S(q), so that settings of counts are not used: {', '.join(unused)}.")
    data_warnings.warn([[data_warnings.DataWarning(message) for message in messages]])
    return Sample(prepared(pattern, settings), None, doubts_about(pattern, settings))


def _pattern_in(path: Path, settings: PdfSettings) -> Pattern | None:
    """Return the pattern in a file, or None if it contains counts, by the settings or by its contents."""
    if settings.quantity == "counts" or (settings.quantity is None and is_of_diffractometer(path)):
        return None
    options: Any = {name: getattr(settings, name) for name in ("quantity", "column", "unit", "composition")}
    length = None if settings.wavelength is None else wavelength_of(settings.wavelength)
    try:
        return read_pattern(path, wavelength=length, **options)
    except ValueError as error:
        if settings.quantity is None and _are_counts(path, error):
            return None
        raise


def doubts_about_counts(reduced: ReducedScan) -> dict[str, str]:
    """Return unusual properties of counts, by subject.

    Lines and density are examined on the counts, because S is averaged over q and normalized with the given density.
    """
    doubts = unusual(reduced)
    return doubts | {name: "" for name in _EXAMINED_ON_COUNTS if name not in doubts}


def doubts_about(pattern: Pattern, settings: PdfSettings) -> dict[str, str]:
    """Return unusual properties of the S_R(q) in a file, by subject, before averages over q hide them."""
    inside = pattern.cut(settings.q_min, settings.q_max)
    [lines] = sharp_lines(inside.q, inside.s_r[None])
    return {"lines": message_on_lines(lines)} if lines.size else {}


def prepared(pattern: Pattern, settings: PdfSettings) -> Pattern:
    """Return a pattern in the range of the settings and rebinned, with their composition, density and radiation."""
    pattern = pattern.cut(settings.q_min, settings.q_max).rebinned(max(settings.r_max, R_MAX))
    density = settings.density or pattern.number_density
    material: dict[str, Any] = {"number_density": density, "composition": settings.composition or pattern.composition}
    material["radiation"] = settings.radiation or pattern.radiation
    return replace(pattern, **material)


def files_in(folder: Path) -> list[Path]:
    """Return the files of S(q) or counts in a folder, by their suffixes, in the order of their names."""
    files = (path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES and path.is_file())
    return sorted(path for path in files if not path.name.endswith("_peaks.csv"))


def holds_counts(path: str | Path) -> bool:
    """Return whether a file contains counts of a diffractometer, by its suffix, its header and its values."""
    path = Path(path)
    if is_of_diffractometer(path):
        return True
    try:
        with data_warnings.record_warnings():
            read_pattern(path)
    except ValueError as error:
        return _are_counts(path, error)
    return False


def _are_counts(path: Path, error: ValueError) -> bool:
    """Return whether a file that is no pattern, by this error, contains counts."""
    is_intensity = "is an intensity" in str(error)
    if is_intensity or path.suffix.lower() in _COUNTS:
        with contextlib.suppress(ValueError):
            table = read_table(path)
            if is_intensity:
                return not _is_like_s(table.values[:, intensity_columns(table, None)[0]])
            is_named_s = any(map(is_reduced, table.labels[1:]))  # whose values contradict this name
            return not is_named_s and bool(np.median(table.values[:, 1]) > _MIN_COUNTS)
    return is_intensity


def _is_like_s(y: NDArray[np.float64]) -> bool:
    """Return whether a column with the name of an intensity has the values of an S(q)."""
    return bool(y.max() < _MAX_S and abs(y[-(y.size // 4) :].mean() - 1) < _MAX_DEVIATION_FROM_1)


def reduce_counts(path: str | Path, settings: PdfSettings, similar: ReducedScan | None = None) -> ScanReduction:
    """Reduce a scan by settings; the search begins with the result of a similar one, if it is given."""
    if settings.composition is None or settings.density is None:
        raise ValueError(
            f"{path} contains counts, which are normalized with the composition and the density: give composition "
            "and mass_density, or quantity if it is S(q) already."
        )
    if settings.radiation == "neutron":
        raise ValueError(
            f"{path} contains counts, and only those of X-rays can be reduced: give S(q), or leave out radiation."
        )
    names = ["background", "wavelength", "axis", "column", "unit", "r_max"]
    options: Any = {name: getattr(settings, name) for name in names}
    return reduce_file(path, settings.composition, similar=similar, **options, **reduction_parameters(settings))


def reduction_parameters(settings: PdfSettings) -> dict[str, Any]:
    """Return the parameters of :class:`~sklearn_wtrdf.Reduction` in the settings, except those of the files."""
    names = ["background_scale", "polarization", "monochromator", "energy_window", "constant", "q_min", "q_max"]
    parameters = {name: getattr(settings, name) for name in names}
    absorption = None if settings.absorption is None else absorption_of(settings.absorption)
    return parameters | {"number_density": settings.density, "absorption": absorption}
