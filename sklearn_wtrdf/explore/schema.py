"""Samples and settings as the page sends them, checked.

All data come from a browser and are checked. Each request contains all data, so that the server stores nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self, get_args

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.io.densities import MAX_NUMBER_DENSITY
from sklearn_wtrdf.scattering.angles import q_of, wavelength_of
from sklearn_wtrdf.scattering.composition import Composition, number_density_of
from sklearn_wtrdf.scattering.pattern import Radiation
from sklearn_wtrdf.scattering.scan import AXES, Axis, Scan
from sklearn_wtrdf.workflows.fit import distances
from sklearn_wtrdf.workflows.settings import PdfSettings

Floats = NDArray[np.float64]

COPPER = "CuKa"
SILICA = "silica_simulated.csv"  # name of a sample that is simulated, and not in a file
MAX_POINTS = 10_000  # of a curve
MAX_R = 5_000  # distances of a known g(r)
_MIN_R_MAX, _MAX_R_MAX = 2.0, 100.0  # Å, of g(r)
_MAX_MASS_DENSITY = 50.0  # g/cm³, twice that of osmium; a larger number is in kg/m³

#: The simulated glasses that the package ships, as references.
GLASSES = {
    "ag00": "Ge25Se75",
    "ag05": "Ag5(Ge25Se75)95",
    "ag10": "Ag10(Ge25Se75)90",
    "ag15": "Ag15(Ge25Se75)85",
    "ag20": "Ag20(Ge25Se75)80",
    "ag25": "Ag25(Ge25Se75)75",
}


@dataclass(frozen=True)
class Sample:
    """A measured S_R(q), and its known g(r), if any.

    Attributes
    ----------
    name : str
        Name of the file.
    q, s_r : list of float
        As :func:`~sklearn_wtrdf.read_pattern` reads them [Å⁻¹].
    std : list of float or None
        Standard deviation of S_R [Å⁻¹].
    number_density : float or None
        ρ₀ [Å⁻³]; None estimates it.
    composition : str or None
        Formula.
    mass_density : float or None
        [g/cm³], instead of the number density.
    r, g : list of float or None
        The known g(r).
    known_name : str or None
        File of the known g(r).
    x, intensity, intensity_std : list of float or None
        A raw scan. q and S_R are empty until :func:`~sklearn_wtrdf.explore.solve.reduced` reduces it.
    axis : {"2theta", "q"} or None
        Quantity x. None is to be chosen on the page.
    axis_is_unknown : bool
        Whether the quantity x is not in the file.
    wavelength : str or None
        Line or [Å].
    background_x, background : list of float or None
        A scan without the sample, of air and the empty container.
    background_axis : {"2theta", "q"} or None
        Quantity of `background_x`; None is the quantity of x.
    background_name : str or None
        Its file.
    background_scale : float or None
        Scale of the background. None estimates it; for a reduced scan it is the estimate.
    notes : tuple of str
        Warnings of the reduction.
    radiation : {"x-ray", "neutron"} or None
        Radiation of the measurement, if it is known. With X-rays and a composition, the pair weights change with q.
    choices, known_choices : dict of str to str
        Quantity and unit that were chosen on the page, because the file of S(q), or of the known g(r), has none, or
        that a settings file has: arguments of its reader.
    reduction : dict of str to list of float, or None
        For a reduced scan: q, the contributions to its counts in electron units, and S with its standard deviation.
    header : dict of str to object
        Number density, composition and radiation in the header of the file, which apply where a field is empty, as they
        do with the commands.
    doubts : dict of str to str
        What is unusual about the counts of a reduced scan, by subject.
    """

    name: str
    q: list[float]
    s_r: list[float]
    std: list[float] | None = None
    number_density: float | None = None
    composition: str | None = None
    mass_density: float | None = None
    r: list[float] | None = None
    g: list[float] | None = None
    known_name: str | None = None
    x: list[float] | None = None
    intensity: list[float] | None = None
    intensity_std: list[float] | None = None
    axis: Axis | None = None
    axis_is_unknown: bool = False
    wavelength: str | None = None
    background_x: list[float] | None = None
    background: list[float] | None = None
    background_axis: Axis | None = None
    background_name: str | None = None
    background_scale: float | None = None
    notes: tuple[str, ...] = ()
    radiation: Radiation | None = None
    choices: dict[str, str] = field(default_factory=dict)
    known_choices: dict[str, str] = field(default_factory=dict)
    reduction: dict[str, list[float]] | None = None
    header: dict[str, Any] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Check what a browser sent."""
        name = str(data.get("name"))
        q, s_r, std, r, g = (_numbers(data, key, name) for key in ("q", "s_r", "std", "r", "g"))
        x, intensity, intensity_std = (_numbers(data, key, name) for key in ("x", "intensity", "intensity_std"))
        background_x, background = (_numbers(data, key, name) for key in ("background_x", "background"))
        pairs = (q, s_r), (r, g), (x, intensity), (background_x, background)
        lengths = [{len(column or ()) for column in columns} for columns in pairs]
        lengths += [{len(column or other or ()), len(other or ())} for column, other in ((std, q), (intensity_std, x))]
        if any(len(sizes) > 1 for sizes in lengths) or not (q or x):
            raise ValueError(f"{name}: q and S_R must be of equal length; drop the file again.")
        densities = (_number(data, key) for key in ("number_density", "mass_density"))
        number_density, mass_density = (value if value else None for value in densities)
        header = _header_of(data.get("header"))
        if number_density is None and mass_density is None:
            number_density = header.get("number_density")
        names = ("composition", "known_name", "wavelength", "background_name")
        composition, known_name, wavelength, background_name = (
            str(data[key])[:200] if data.get(key) else None for key in names
        )
        composition = composition or header.get("composition")
        curves = q or [], s_r or [], std, number_density, composition, mass_density, r, g, known_name
        scan = x, intensity, intensity_std, _axis(data, "axis"), bool(data.get("axis_is_unknown")), wavelength
        empty = background_x, background, _axis(data, "background_axis"), background_name
        radiation = data.get("radiation")
        radiation = radiation if radiation in get_args(Radiation) else header.get("radiation")
        choices = checked_choices(data.get("choices")), checked_choices(data.get("known_choices"))
        scale = _number(data, "background_scale")
        return cls(name[:200], *curves, *scan, *empty, scale, (), radiation, *choices, None, header)

    @property
    def ends(self) -> tuple[float, float]:
        """First and last q [Å⁻¹]."""
        if self.x is None:
            return self.q[0], self.q[-1]
        if self.axis == "q":
            return self.x[0], self.x[-1]
        low, high = q_of(np.array([self.x[0], self.x[-1]]), self.wavelength_in_angstrom).tolist()
        return low, high

    @property
    def sq_name(self) -> str:
        """Name of the file of S(q), which for a raw scan is that of the reduction."""
        return self.name if self.x is None and self.axis is None else f"{Path(self.name).stem}.sq"

    @property
    def wavelength_in_angstrom(self) -> float:
        """The wavelength [Å]; that of Cu Kα until a valid one is given."""
        is_valid = self.wavelength and not problems_of(None, None, None, self.wavelength)
        return wavelength_of_text(self.wavelength if self.wavelength and is_valid else COPPER)

    @property
    def density(self) -> float | None:
        """The number density [Å⁻³], given directly or by mass density and composition, or None."""
        return number_density_of(self.number_density, self.composition, self.mass_density)

    def check(self) -> None:
        """Raise a ValueError if a field has a value that cannot be used."""
        if problems := problems_of(self.number_density, self.composition, self.mass_density, self.wavelength):
            raise ValueError(f"{self.name}: {next(iter(problems.values()))}")

    def scans(self) -> tuple[Scan, Scan | None]:
        """Return the raw scan, whose axis is known, and the scan of its background."""
        axis: Axis = self.axis or "2theta"
        std = None if self.intensity_std is None else np.array(self.intensity_std)
        scan = Scan(np.array(self.x), np.array(self.intensity), std, axis, None, {})
        if self.background is None:
            return scan, None
        x, intensity = np.array(self.background_x), np.array(self.background)
        return scan, Scan(x, intensity, None, self.background_axis or axis, None, {})

    def without_background(self) -> Self:
        """Return the sample without its background."""
        return replace(
            self, background_x=None, background=None, background_axis=None, background_name=None, background_scale=None
        )

    def to_json(self) -> dict[str, Any]:
        """Return the sample as lists and numbers."""
        return asdict(self)


@dataclass(frozen=True)
class Settings:
    """The settings of a solution, as the controls of the page have them.

    Attributes
    ----------
    q_min, q_max : float or None
        Range of q that is used [Å⁻¹].
    r_max : float
        Largest distance of g(r) [Å].
    prior : {"auto", "continuum", "bond", "reference"}
    bond : tuple of (low, high) or None
        Bounds of the bond length for ``prior="bond"`` [Å].
    reference : str
        The reference for ``prior="reference"``: one of `GLASSES`, or the name of a sample whose g(r) is known.
    systematic_errors : bool
    noise : float or None
        Smallest standard deviation of S_R [Å⁻¹].
    opened : PdfSettings
        The settings file that was opened on the page, for the settings that have no control.
    """

    q_min: float | None = None
    q_max: float | None = None
    r_max: float = PdfSettings.r_max
    prior: str = "auto"
    bond: tuple[float, float] | None = None
    reference: str = "ag00"
    systematic_errors: bool = True
    noise: float | None = None
    opened: PdfSettings = field(default_factory=PdfSettings)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Check what a browser sent."""
        r_max = _number(data, "r_max")
        r_max = cls.r_max if r_max is None else r_max
        if not _MIN_R_MAX <= r_max <= _MAX_R_MAX:
            raise ValueError(f"r_max must be from {_MIN_R_MAX:g} to {_MAX_R_MAX:g} Å, got {r_max:g}.")
        bond = _number(data, "bond_low"), _number(data, "bond_high")
        if (bond[0] is None) != (bond[1] is None):
            raise ValueError("Bond: give both ends of its range, or neither.")
        if bond[0] is not None and bond[1] is not None and not 0 < bond[0] <= bond[1]:
            raise ValueError("Bond: its range must begin above 0 and its end must not be below its beginning.")
        prior = data.get("prior") or "auto"
        if prior not in ("auto", "continuum", "bond", "reference"):
            raise ValueError(f"prior must be 'auto', 'continuum', 'bond' or 'reference', got {prior!r}.")
        return cls(
            _number(data, "q_min"),
            _number(data, "q_max"),
            r_max,
            prior,
            None if bond[0] is None or bond[1] is None or prior != "bond" else (bond[0], bond[1]),
            str(data.get("reference") or "ag00"),
            bool(data.get("systematic_errors", True)),
            _number(data, "noise") or None,
            opened_settings(data.get("opened")),
        )

    @property
    def distances(self) -> Floats:
        """The distances r [Å]."""
        return distances(self.r_max)

    def of(self, sample: Sample) -> PdfSettings:
        """Return the settings with which `wtrdf pdf` computes g(r) of the file of a sample as the page does."""
        is_scan = sample.x is not None or sample.reduction is not None
        axis_is_needed = sample.axis_is_unknown or (sample.background_name is not None and not sample.background_axis)
        material = {name: getattr(sample, name) for name in ("composition", "mass_density", "number_density")}
        file: dict[str, Any] = {name: sample.choices.get(name) for name in ("quantity", "column", "unit")}
        file |= {"axis": None, "radiation": sample.radiation, "wavelength": sample.choices.get("wavelength")}
        if is_scan:
            axis = sample.axis if axis_is_needed else None
            file |= {"quantity": "counts", "axis": axis, "radiation": None, "wavelength": sample.wavelength}
        file["wavelength"] = _line_or_number(file["wavelength"])
        scale = None if sample.background_name is None else sample.background_scale
        counts: dict[str, Any] = {"background": sample.background_name, "background_scale": scale}
        names = ("q_min", "q_max", "r_max", "bond", "systematic_errors", "noise")
        prior = "auto" if self.prior == "reference" else self.prior
        inversion = {name: getattr(self, name) for name in names} | {"prior": prior}
        return replace(self.opened, **material, **file, **counts, **inversion)

    def in_range(self, q: Floats) -> NDArray[np.bool_]:
        """Return which points of q are used. At q = 0, S_R is 0 for any S."""
        return (q > 0) & (q >= (self.q_min or 0.0)) & (q <= (self.q_max or np.inf))


def opened_settings(data: Any) -> PdfSettings:
    """Return the settings file that the page sends back, checked."""
    values = data if isinstance(data, dict) else {}
    names = {field.name for field in fields(PdfSettings)}
    return PdfSettings(**{name: value for name, value in values.items() if name in names})


def _header_of(data: Any) -> dict[str, Any]:
    """Return the entries of a file's header, as the page sends them back, checked."""
    data = data if isinstance(data, dict) else {}
    values: dict[str, Any] = {"number_density": _number(data, "number_density") or None}
    values["composition"] = str(data["composition"])[:200] if data.get("composition") else None
    values["radiation"] = data.get("radiation") if data.get("radiation") in get_args(Radiation) else None
    return {name: value for name, value in values.items() if value is not None}


def checked_choices(data: Any) -> dict[str, str]:
    """Return the arguments of a reader that were chosen on the page, without any others."""
    data = data if isinstance(data, dict) else {}
    names = ("quantity", "unit", "composition", "column", "wavelength")
    return {name: str(data[name])[:200] for name in names if data.get(name)}


def missing_of(sample: Sample) -> str:
    """Return the request for what a raw scan lacks, or an empty text."""
    lacks = {
        "its formula": not sample.composition,
        "a density": sample.number_density is None and sample.mass_density is None,
        "its wavelength": not sample.wavelength,
    }
    if missing := [name for name, is_missing in lacks.items() if is_missing]:
        return f"Give {' and '.join(missing)} to reduce it to S(q)."
    return "" if sample.axis else "Its first column is unknown: choose 2θ or q."


def problems_of(
    number_density: float | None, composition: str | None, mass_density: float | None, wavelength: str | None
) -> dict[str, str]:
    """Return what is wrong in the fields of a sample, as a line for each field."""
    problems: dict[str, str] = {}
    if composition:
        problems |= _problem("composition", Composition, composition)
    if number_density is not None and number_density > MAX_NUMBER_DENSITY:
        problems["number_density"] = (
            f"number_density is {number_density:g} atoms per Å³, which no material has: silica has 0.066. "
            "Is it in g/cm³?"
        )
    elif mass_density is not None and mass_density > _MAX_MASS_DENSITY:
        problems["mass_density"] = (
            f"mass_density is {mass_density:g} g/cm³, which no material has: silica has 2.2. Is it in kg/m³?"
        )
    elif mass_density is not None and not composition:
        problems["mass_density"] = "mass_density needs the formula, for the masses of the atoms."
    elif not problems:
        field = "number_density" if mass_density is None else "mass_density"
        problems |= _problem(field, number_density_of, number_density, composition, mass_density)
    if wavelength:
        problems |= _problem("wavelength", wavelength_of_text, wavelength)
    return problems


def _problem(field: str, check: Callable[..., Any], *values: Any) -> dict[str, str]:
    try:
        check(*values)
    except ValueError as error:
        return {field: str(error)}
    return {}


def _line_or_number(text: str | None) -> str | float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


def wavelength_of_text(text: str) -> float:
    """Return a wavelength [Å] from the name of a line or a number, as the option ``--wavelength``."""
    return wavelength_of(_line_or_number(text) or text)


def reference_of(name: str, samples: list[Sample]) -> Sample:
    """Return the sample whose known g(r) is the reference: a glass of the package, or one of the page."""
    if name in GLASSES:
        glass = load_material(name)
        q, s_r, r, g = (glass[key].tolist() for key in ("q", "s_r", "r", "target"))
        return Sample(f"{name}_sq.csv", q, s_r, None, glass.number_density, r=r, g=g, known_name=f"{name}_rdf.csv")
    for sample in samples:
        if sample.name == name and sample.g:
            return sample
    raise ValueError(f"Reference: {name!r} has no known g(r). Drop its g(r) onto the page as well.")


def _numbers(data: Mapping[str, Any], key: str, name: str) -> list[float] | None:
    values = data.get(key)
    if values is None:
        return None
    if not isinstance(values, list) or len(values) > MAX_POINTS:
        raise ValueError(f"{name}: {key} must be at most {MAX_POINTS:,} numbers; drop the file again.")
    try:
        array = np.array(values, dtype=float)
    except (OverflowError, TypeError, ValueError):
        array = np.array([np.nan])
    if array.ndim != 1 or not np.isfinite(array).all():
        raise ValueError(f"{name}: {key} must be numbers; drop the file again.")
    return array.tolist()


def _axis(data: Mapping[str, Any], key: str) -> Axis | None:
    value = data.get(key)
    return value if value in AXES else None


def _number(data: Mapping[str, Any], key: str) -> float | None:
    value = data.get(key)
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (OverflowError, TypeError, ValueError):
        number = np.nan
    if not (np.isfinite(number) and 0 <= number < 1e6):
        raise ValueError(f"{key.replace('_', ' ')} must be a number that is not negative, got {str(value)[:20]!r}.")
    return number
