"""The reduction of a scan in a file to S(q), as by `wtrdf reduce`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sklearn_wtrdf.io.contradictions import contradictions
from sklearn_wtrdf.io.headers import radiation
from sklearn_wtrdf.io.scans import read_scan
from sklearn_wtrdf.io.units import Unit
from sklearn_wtrdf.io.write import write_sq
from sklearn_wtrdf.reduction.reduced_scan import ReducedScan
from sklearn_wtrdf.reduction.transformer import Reduction
from sklearn_wtrdf.scattering.angles import wavelength_of
from sklearn_wtrdf.scattering.composition import Composition, number_density_of
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.scattering.sampling import R_MAX
from sklearn_wtrdf.scattering.scan import Axis, Scan, intensity_frame
from sklearn_wtrdf.scattering.validation import check_positive
from sklearn_wtrdf.utils import data_warnings
from sklearn_wtrdf.utils.data_warnings import DataWarning

_MAX_Q_STEP = 0.05  # Å⁻¹, of S(q) of a scan
_SAME_TIME = 0.02  # relative difference of counting times


class MissingWavelengthError(ValueError):
    """The wavelength is neither given nor in the file of the scan."""


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
        S(q) and the contributions to the counts, which :class:`ReductionDisplay` plots.
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
    r_max: float = R_MAX,
    similar: ReducedScan | None = None,
    **parameters: Any,
) -> ScanReduction:
    """Reduce a diffractometer's scan to S(q), as `wtrdf reduce` does.

    Parameters
    ----------
    path : str or Path
        File of the scan of the sample, which :func:`~sklearn_wtrdf.read_scan` reads.
    composition : str, mapping or Composition
        Composition of the sample.
    background : str or Path, default=None
        File of a scan of air and the empty container, without the sample, counted for the same time.
    wavelength : str or float, default=None
        Line of the X-ray tube, such as ``"CuKa"``, or the wavelength [Å]. None reads it from the file.
    axis, column, unit
        As for :func:`~sklearn_wtrdf.read_scan`.
    r_max : float, default=20.0
        Largest distance of g(r) [Å], which determines the step of S(q).
    similar : ReducedScan, default=None
        As for :meth:`~sklearn_wtrdf.Reduction.decompose`.
    **parameters
        Other parameters of :class:`~sklearn_wtrdf.Reduction`: a number density or mass density, corrections, `q_min`
        and `q_max`.

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
    check_positive("r_max", r_max, "Å")
    length = None if wavelength is None else wavelength_of(wavelength)
    sample = read_scan(path, axis=axis, column=column, unit=unit, wavelength=length)
    _check_material(Path(path), sample, Composition(composition), parameters)
    length = sample.wavelength if length is None else length
    if length is None:
        raise MissingWavelengthError(f"{path} has no wavelength: give a line, such as CuKa, or a number in Å.")
    empty = None
    if background is not None:
        empty = read_scan(background, axis=axis, column=column, unit=unit, wavelength=length)
        _check_times(path, sample, background, empty)
    return reduce_scan(Path(path), sample, empty, composition, length, r_max, similar, **parameters)


def _check_material(path: Path, sample: Scan, composition: Composition, parameters: Mapping[str, Any]) -> None:
    """Raise an error if a scan was measured with neutrons, by its header; warn of another formula or density there."""
    if radiation(sample.provenance) == "neutron":
        raise ValueError(
            f"{path}: by its header it was measured with neutrons, but only counts of X-rays can be reduced: give S(q)."
        )
    densities = parameters.get("number_density"), composition, parameters.get("mass_density")
    messages = contradictions(path, sample.provenance, composition.formula, number_density_of(*densities))
    data_warnings.warn([[DataWarning(message) for message in messages]])


def _check_times(path: str | Path, sample: Scan, path_of_background: str | Path, background: Scan) -> None:
    """Warn if a scan and its background were counted for different times, by their headers."""
    if sample.counting_time is None or background.counting_time is None:
        return
    factor = sample.counting_time / background.counting_time
    if abs(factor - 1) > _SAME_TIME:
        message = (
            f"{path_of_background}: by its header it was counted for {background.counting_time:g} s at each angle, and "
            f"{path} for {sample.counting_time:g} s: multiply the background by {factor:.3g}, unless both are counts "
            "per second already."
        )
        data_warnings.warn([[DataWarning(message)]])


def reduce_scan(
    path: Path,
    sample: Scan,
    background: Scan | None,
    composition: str | Mapping[str, float] | Composition,
    wavelength: float,
    r_max: float,
    similar: ReducedScan | None = None,
    **parameters: Any,
) -> ScanReduction:
    """Reduce a scan that has been read, as :func:`reduce_file` does. The wavelength is in Å."""
    step = min(_MAX_Q_STEP, float(np.pi / (2 * max(r_max, R_MAX))))
    where: dict[str, Any] = {"wavelength": wavelength, "background": background, "q_step": step, "axis": sample.axis}
    reduction = Reduction(composition, **parameters, **where)
    X = intensity_frame([1.0], sample.x, sample.intensity, sample.std, axis=sample.axis)
    [reduced] = reduction.fit(X).decompose(X, similar)
    return ScanReduction(path, reduction, reduced)
