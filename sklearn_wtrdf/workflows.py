"""Workflows of the commands as functions: from a scan to S(q) and g(r), and from files to a fitted model."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.base import Reconstruction, ReconstructionMixin
from sklearn_wtrdf.consistency import of_lines, sharp_lines
from sklearn_wtrdf.io.columns import arguments_named
from sklearn_wtrdf.io.curves import CurveQuantity, read_gr
from sklearn_wtrdf.io.headers import Unit
from sklearn_wtrdf.io.patterns import PatternQuantity, read_pattern
from sklearn_wtrdf.io.scans import DIFFRACTOMETERS, read_scan
from sklearn_wtrdf.io.tables import read_table
from sklearn_wtrdf.io.write import write_sq
from sklearn_wtrdf.reduction.corrections import absorption_of
from sklearn_wtrdf.reduction.diagnostics import unusual
from sklearn_wtrdf.reduction.normalization import ReducedScan
from sklearn_wtrdf.reduction.transformer import Reduction
from sklearn_wtrdf.scattering.angles import wavelength_of
from sklearn_wtrdf.scattering.composition import Composition, number_density_of
from sklearn_wtrdf.scattering.frame import scattering_frame
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.scattering.sampling import R_MAX as RESOLVED_R_MAX
from sklearn_wtrdf.scattering.scan import Axis, Scan, intensity_frame
from sklearn_wtrdf.settings import PdfSettings
from sklearn_wtrdf.utils import data_warnings

Floats = NDArray[np.float64]
Model = TypeVar("Model", bound=ReconstructionMixin)

R_STEP = 0.02  # Å, default step of g(r)
R_MAX = 10.0  # Å, default end of g(r)
_LARGEST_Q_STEP = 0.05  # Å⁻¹, of S(q) of a scan
_OF_COUNTS = "lines", "density"  # subjects of doubts that counts decide
_LEAST_COUNTS = 20.0  # median of counts; S(q) of a liquid or glass has no such values

_COUNTS = (".dat", ".txt", ".csv", ".chi", ".xy", ".xye")  # suffixes of text files that may contain counts
_SUFFIXES = (*_COUNTS, ".sq", ".fq", ".mint01", ".nxs", ".h5", ".hdf5", *DIFFRACTOMETERS)  # of inputs in a folder

#: Accuracy of an estimated number density.
DENSITY_ACCURACY = "mostly to 10 %, but not if some of the atoms scatter hardly at all, such as hydrogen with X-rays."


class MissingWavelengthError(ValueError):
    """Neither the caller nor the scan gives the wavelength."""


@dataclass(frozen=True, eq=False)
class ScanReduction:
    """The reduction of a scan to S(q).

    Attributes
    ----------
    path : Path
        The file of the scan.
    reduction : Reduction
        The transformer that was fitted to the scan.
    reduced : ReducedScan
        S(q) and the parts of the counts, for :class:`ReductionDisplay`.
    """

    path: Path
    reduction: Reduction
    reduced: ReducedScan

    @property
    def pattern(self) -> Pattern:
        """S_R(q), with its standard deviation, the number density and the composition."""
        reduced, reduction = self.reduced, self.reduction
        material = reduction.number_density_, reduction.composition_.formula
        return Pattern(reduced.q, reduced.s_r, reduced.std, *material, "x-ray", {"source": self.path.name})

    @property
    def estimates(self) -> dict[str, float]:
        """The estimates of the reduction, by name."""
        reduced = self.reduced
        numbers = {
            "normalization": reduced.normalization,
            "compton_scale": reduced.compton_scale,
            "systematic_errors": reduced.systematic,
        }
        if reduced.background.any():
            numbers["background_scale"] = reduced.background_scale
        if reduced.constant.any():
            numbers["constant"] = float(reduced.constant.mean())
        return numbers

    def write(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write S(q) to a .sq file, with the estimates in its header.

        Parameters
        ----------
        path : str or Path
            The file.
        overwrite : bool, default=False
            Whether to replace an existing file.

        Returns
        -------
        path : Path
        """
        header = {
            "source": self.path.name,
            "radiation": "x-ray",
            "wavelength": f"{self.reduction.wavelength_:.6g} A",
        } | self.estimates
        return write_sq(
            path,
            self.reduced.q,
            self.reduced.s_r,
            self.reduction.number_density_,
            std=self.reduced.std,
            composition=self.reduction.composition_,
            header=header,
            overwrite=overwrite,
        )


def reduce_file(
    path: str | Path,
    composition: str | Mapping[str, float] | Composition,
    *,
    background: str | Path | None = None,
    wavelength: str | float | None = None,
    axis: Axis | None = None,
    column: str | None = None,
    unit: Unit | None = None,
    r_max: float = RESOLVED_R_MAX,
    **parameters: Any,
) -> ScanReduction:
    """Reduce a diffractometer's scan to S(q), as `wtrdf reduce` does.

    Parameters
    ----------
    path : str or Path
        The scan of the sample, for :func:`~sklearn_wtrdf.read_scan`.
    composition : str, mapping or Composition
        Composition of the sample.
    background : str or Path, default=None
        A scan without the sample, of air and the empty container, measured for as long.
    wavelength : str or float, default=None
        A line, such as ``"CuKa"``, or the wavelength [Å]. None reads it from the file.
    axis, column, unit
        As for :func:`~sklearn_wtrdf.read_scan`.
    r_max : float, default=20.0
        Largest distance of g(r) [Å], which determines the step of S(q).
    **parameters
        Other parameters of :class:`~sklearn_wtrdf.Reduction`: the number density or the mass density, corrections,
        q_min and q_max.

    Returns
    -------
    ScanReduction

    Raises
    ------
    OSError
        If a file cannot be read.
    ValueError
        If a file is not a scan, the wavelength is unknown, or a parameter is invalid.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from sklearn_wtrdf import Composition, reduce_file
    >>> from sklearn_wtrdf.datasets import load_material
    >>> from sklearn_wtrdf.reduction.corrections import polarization
    >>> from sklearn_wtrdf.scattering.angles import two_theta_of
    >>> glass = load_material("silica", q_max=7.9)
    >>> atoms = Composition("SiO2").intensities(q=glass.q)
    >>> scattered = atoms["mean_of_square"] + atoms["square_of_mean"] * (glass.s - 1) + atoms["incoherent"]
    >>> two_theta = two_theta_of(glass.q, 1.5419)
    >>> scan = np.column_stack([two_theta, 1000 * polarization(two_theta) * scattered])  # a simulated one
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savetxt(f"{folder}/silica.xy", scan)
    ...     made = reduce_file(f"{folder}/silica.xy", "SiO2", number_density=0.0662, wavelength="CuKa")
    >>> s_r = np.interp(made.pattern.q, glass.q, glass.s_r)
    >>> bool(np.abs(made.pattern.s_r - s_r).mean() < 0.05), made.pattern.composition
    (True, 'SiO2')
    """
    length = None if wavelength is None else wavelength_of(wavelength)
    sample = read_scan(path, axis=axis, column=column, unit=unit, wavelength=length)
    length = sample.wavelength if length is None else length
    if length is None:
        raise MissingWavelengthError(f"{path} has no wavelength: give a line, such as CuKa, or a number in Å.")
    empty = None
    if background is not None:
        empty = read_scan(background, axis=axis, column=column, unit=unit, wavelength=length)
    return reduce_scan(Path(path), sample, empty, composition, length, r_max, **parameters)


def reduce_scan(
    path: Path,
    sample: Scan,
    background: Scan | None,
    composition: str | Mapping[str, float] | Composition,
    wavelength: float,
    r_max: float,
    **parameters: Any,
) -> ScanReduction:
    """Reduce a scan that was read already, with a wavelength in Å; the rest is as for :func:`reduce_file`."""
    table = None if background is None else background.over(sample.axis, wavelength)
    step = min(_LARGEST_Q_STEP, float(np.pi / (2 * max(r_max, RESOLVED_R_MAX))))
    where: dict[str, Any] = {"wavelength": wavelength, "background": table, "q_step": step, "axis": sample.axis}
    reduction = Reduction(composition, **parameters, **where)
    X = intensity_frame([1.0], sample.x, sample.intensity, sample.std, axis=sample.axis)
    [reduced] = reduction.fit(X).decompose(X)
    return ScanReduction(path, reduction, reduced)


class Sample(NamedTuple):
    """The contents of a file.

    Attributes
    ----------
    pattern : Pattern
        S_R(q) in the range of the settings, with the composition and the number density of the settings or of the file.
    reduction : ScanReduction or None
        The reduction of the counts; None if the file contains S(q).
    doubts : dict of str to str
        What is unusual about the file, by subjects, what explains most of it first. A subject with an empty text was
        examined, and is not to be examined again on S_R.
    """

    pattern: Pattern
    reduction: ScanReduction | None
    doubts: dict[str, str]


def read_sample(path: str | Path, settings: PdfSettings) -> Sample:
    """Read S(q) from a file or, if it contains counts, reduce them to S(q).

    Parameters
    ----------
    path : str or Path
        The file.
    settings : PdfSettings
        What is known of the material and of the file.

    Returns
    -------
    Sample

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it contains neither, or what it contains cannot be recognized.
    """
    if settings.quantity == "counts" or (settings.quantity is None and holds_counts(path)):
        reduction = reduce_counts(path, settings)
        doubts = unusual(reduction.reduced)
        # S was normalized with the given density, and has means over lines: on both the counts decide.
        return Sample(reduction.pattern, reduction, doubts | {name: "" for name in _OF_COUNTS if name not in doubts})
    options: Any = {name: getattr(settings, name) for name in ("quantity", "column", "unit", "composition")}
    length = None if settings.wavelength is None else wavelength_of(settings.wavelength)
    pattern = read_pattern(path, wavelength=length, **options)
    inside = pattern.cut(settings.q_min, settings.q_max)
    [lines] = sharp_lines(inside.q, inside.s_r[None])  # before means over q hide them
    return Sample(prepared(pattern, settings), None, {"lines": of_lines(lines)} if lines.size else {})


def prepared(pattern: Pattern, settings: PdfSettings) -> Pattern:
    """Return a pattern in the range of the settings and rebinned, with their composition, density and radiation."""
    pattern = pattern.cut(settings.q_min, settings.q_max).rebinned(max(settings.r_max, RESOLVED_R_MAX))
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
    if path.suffix.lower() in DIFFRACTOMETERS:
        return True
    try:
        with data_warnings.recorded():
            read_pattern(path)
    except ValueError as error:
        if "is an intensity" in str(error):
            return True
        if path.suffix.lower() in _COUNTS:
            with contextlib.suppress(ValueError):
                return bool(np.median(read_table(path).values[:, 1]) > _LEAST_COUNTS)
    return False


def reduce_counts(path: str | Path, settings: PdfSettings) -> ScanReduction:
    """Reduce a scan by settings."""
    if settings.composition is None or settings.density is None:
        raise ValueError(
            f"{path} contains counts, which are normalized with the composition and the density: give composition "
            "and mass_density, or quantity if it is S(q) already."
        )
    names = ["background", "wavelength", "axis", "column", "unit", "r_max"]
    options: Any = {name: getattr(settings, name) for name in names}
    return reduce_file(path, settings.composition, **options, **reduction_parameters(settings))


def reduction_parameters(settings: PdfSettings) -> dict[str, Any]:
    """Return the parameters of :class:`~sklearn_wtrdf.Reduction` in the settings, except those of the files."""
    names = ["background_scale", "polarization", "monochromator", "energy_window", "constant", "q_min", "q_max"]
    parameters = {name: getattr(settings, name) for name in names}
    absorption = None if settings.absorption is None else absorption_of(settings.absorption)
    return parameters | {"number_density": settings.density, "absorption": absorption}


def draw_reduction(scan: ScanReduction, path: Path) -> None:
    """Draw the reduction of a scan, in the format of the suffix of `path`. Needs matplotlib."""
    from sklearn_wtrdf.plotting.reduction import ReductionDisplay
    from sklearn_wtrdf.plotting.style import new_figure, save_figure

    with new_figure(9.0, 3.6) as figure:
        ReductionDisplay(reduced=scan.reduced).plot(figure)
        save_figure(figure, path.stem, path)


def draw_pdf(
    path: Path, r: Floats, solved: Reconstruction, pattern: Pattern, model: Any, scan: ScanReduction | None = None
) -> None:
    """Draw g(r) and the decomposition of S_R, and above them the reduction of a scan. Needs matplotlib."""
    from sklearn_wtrdf.inversion.decomposition import decomposition_of
    from sklearn_wtrdf.plotting.rdf import RDFDisplay
    from sklearn_wtrdf.plotting.reduction import ReductionDisplay
    from sklearn_wtrdf.plotting.style import color_of, new_figure, save_figure

    g, density = solved.g, solved.number_density
    if solved.result is not None:
        decomposition = solved.result.decomposition
    else:
        assert density is not None
        decomposition = decomposition_of(r, g, density, pattern.q, pattern.s_r, pattern.std)
    display = RDFDisplay(r=r, y_true=None, y_pred=g, std=solved.std, decomposition=decomposition)
    with new_figure(9.6, 4.4 if scan is None else 8.8) as figure:
        below: Any = figure
        if scan is not None:
            halves: Any = figure.subfigures(2, 1, height_ratios=[1, 1.25])
            above, below = halves
            ReductionDisplay(reduced=scan.reduced).plot(above)
        display.plot(figure=below, color=color_of(model))
        save_figure(figure, path.stem, path)


def fit_files(
    model: Model,
    sample: str | Path,
    reference: str | Path | None = None,
    *,
    number_density: float | None = None,
    composition: str | None = None,
    mass_density: float | None = None,
    q_min: float | None = None,
    q_max: float | None = None,
    r_max: float | None = None,
    quantity: PatternQuantity | None = None,
    column: str | None = None,
    unit: Unit | None = None,
    wavelength: str | float | None = None,
    reference_quantity: CurveQuantity | None = None,
    reference_column: str | None = None,
    reference_unit: Unit | None = None,
) -> Model:
    """Fit a model to S(q) of a file, and to g(r) of another, as `wtrdf fit` does.

    Parameters
    ----------
    model : estimator
        A model of this package, or any other with :class:`~sklearn_wtrdf.ReconstructionMixin`. It is fitted in place.
    sample : str or Path
        S(q), for :func:`~sklearn_wtrdf.read_pattern`.
    reference : str or Path, default=None
        g(r) of the same material, for :func:`~sklearn_wtrdf.read_gr`. None fits to S(q) alone.
    number_density, mass_density : float, default=None
        ρ₀ [Å⁻³], or mass density [g/cm³] together with the composition. None reads it from a file.
    composition : str, default=None
        Composition of the material. None reads it from the file.
    q_min, q_max : float, default=None
        Range of q that is used [Å⁻¹]. None uses all points.
    r_max : float, default=None
        Largest distance of g(r) [Å]. None is 10 Å, or the end of the reference.
    quantity, column, unit, wavelength
        As for :func:`~sklearn_wtrdf.read_pattern`.
    reference_quantity, reference_column, reference_unit
        As for :func:`~sklearn_wtrdf.read_gr`.

    Returns
    -------
    model : estimator

    Raises
    ------
    OSError
        If a file cannot be read.
    ValueError
        If a file has another quantity than expected, or an argument is invalid.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from sklearn_wtrdf import FourierRegressor, fit_files
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> ge_se = load_ge_se()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savetxt(f"{folder}/glass.fq", np.column_stack([ge_se.q, ge_se.s_r]))
    ...     model = fit_files(FourierRegressor(), f"{folder}/glass.fq", number_density=0.034)
    >>> model.reconstruct([2.0, 2.36], ge_se.q, ge_se.s_r, 0.034).round(1)
    array([0.5, 2.5])
    """
    given = number_density_of(number_density, composition, mass_density)
    length = None if wavelength is None else wavelength_of(wavelength)
    pattern = read_pattern(
        sample, quantity=quantity, column=column, unit=unit, wavelength=length, composition=composition
    )
    pattern = pattern.cut(q_min, q_max).rebinned(max(r_max or 0.0, RESOLVED_R_MAX))
    density = pattern.number_density if given is None else given
    # At q = 0, S_R and its standard deviation are 0 for any S, so models that weight by it cannot use this point.
    if model.uses_std:
        pattern = pattern.cut(q_min=pattern.q[pattern.q > 0][0])
    pattern = pattern.on(pattern.q)
    r, g = distances(r_max or R_MAX), None
    if reference is not None:
        of_reference: dict[str, Any] = {"quantity": reference_quantity, "column": reference_column}
        with arguments_named("reference_"):
            curve = read_gr(
                reference, unit=reference_unit, number_density=given, composition=composition, **of_reference
            )
        near = curve.r <= (r_max or np.inf)
        r, g = curve.r[near], curve.g[near]
        density = curve.number_density if density is None else density
    estimator: Any = model
    if "reference" in estimator.get_params(deep=False):
        estimator.set_params(reference=g is not None)
    if density is None and model.finds_density:
        warnings.warn(
            f"no number density was given: it is estimated, {DENSITY_ACCURACY}",
            UserWarning,
            stacklevel=data_warnings.user_stacklevel(),
        )
    std = pattern.std if model.uses_std else None
    formula = composition or pattern.composition
    estimator.fit(scattering_frame(r, pattern.q, pattern.s_r, density, std, composition=formula), g)
    return model


def distances(r_max: float) -> Floats:
    """Return r in steps of 0.02 Å, of shape (n_r,)."""
    return np.asarray(np.arange(1, round(r_max / R_STEP) + 1) * R_STEP, dtype=np.float64)
