"""The settings of `wtrdf pdf`, and the TOML file by which they can be repeated."""

from __future__ import annotations

import json
import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, Self, get_args

from sklearn_wtrdf import __version__
from sklearn_wtrdf.reduction.corrections import absorption_of
from sklearn_wtrdf.scattering.composition import Composition, number_density_of
from sklearn_wtrdf.utils.files import atomic_write, check_file
from sklearn_wtrdf.utils.text import quoted

InputQuantity = Literal["counts", "S", "S_R", "S-1", "interference"]
FigureFormat = Literal["png", "pdf", "svg", "none"]

#: The tables of a settings file, and the names in each.
TABLES: dict[str, tuple[str, ...]] = {
    "material": ("composition", "mass_density", "number_density"),
    "files": ("quantity", "column", "unit", "axis", "radiation", "wavelength", "q_min", "q_max"),
    "counts": (
        "background",
        "background_scale",
        "polarization",
        "monochromator",
        "absorption",
        "energy_window",
        "constant",
    ),
    "inversion": ("prior", "bond", "systematic_errors", "q_damp", "noise", "refit", "strict"),
    "results": ("r_max", "figure_format"),
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "quantity": get_args(InputQuantity),
    "unit": ("angstrom", "nm", "pm"),
    "axis": ("2theta", "q"),
    "radiation": ("x-ray", "neutron"),
    "polarization": ("tube", "none"),
    "prior": ("auto", "continuum", "bond"),
    "refit": ("each", "warm"),
    "figure_format": get_args(FigureFormat),
}
_RANGES = {  # of numbers, both ends included
    "mass_density": (1e-6, 100.0),  # g/cm³
    "number_density": (1e-6, 1.0),  # Å⁻³
    "q_min": (0.0, 1e3),  # Å⁻¹
    "q_max": (0.1, 1e3),
    "background_scale": (0.0, 1e6),
    "monochromator": (0.0, 180.0),  # degrees
    "energy_window": (0.0, 1e3),  # keV
    "q_damp": (0.0, 0.99),  # Å⁻¹
    "noise": (1e-12, 1e6),  # Å⁻¹
    "r_max": (2.0, 2000.0),  # Å
}
_SWITCHES = ("constant", "systematic_errors", "strict")


@dataclass(frozen=True)
class PdfSettings:
    """The settings of the computation of g(r) from a file of S(q) or counts.

    Parameters
    ----------
    composition : str, default=None
        Formula of the material. None reads it from the header of each file.
    mass_density : float, default=None
        Mass density [g/cm³], together with the composition.
    number_density : float, default=None
        ρ₀ [Å⁻³], instead of the mass density. With neither, the density is read from the header of each file or, for
        S(q), estimated.
    quantity : {"counts", "S", "S_R", "S-1", "interference"}, default=None
        What the files contain: counts of a diffractometer, or a quantity of :func:`~sklearn_wtrdf.read_pattern`. None
        recognizes it by the header, the suffix and the values of each file.
    column, unit, axis : str, default=None
        As for :func:`~sklearn_wtrdf.read_pattern` and :func:`~sklearn_wtrdf.read_scan`.
    radiation : {"x-ray", "neutron"}, default=None
        Radiation of the measurement. With X-rays and a composition, the change of the pair weights with q is accounted
        for. None reads it from the header of each file of S(q). Counts are always those of X-rays.
    wavelength : str or float, default=None
        Line of an X-ray tube, such as ``"CuKa"``, or the wavelength [Å]. None reads it from the header of each file.
    q_min, q_max : float, default=None
        Range of q that is used [Å⁻¹]. None uses all points.
    background : str, default=None
        File of the counts without the sample.
    background_scale, polarization, monochromator, energy_window, constant
        As for :class:`~sklearn_wtrdf.Reduction`.
    absorption : str, default=None
        Geometry, and absorption coefficient times thickness or radius: ``"reflection:μt"``, ``"transmission:μt"`` or
        ``"capillary:μR"``, such as ``"capillary:0.8"``. None is no correction.
    prior : {"auto", "continuum", "bond"}, default="auto"
        As for :class:`~sklearn_wtrdf.InversionRegressor`.
    bond : tuple of (low, high), default=None
        Bounds of the bond length [Å], with ``prior="bond"``.
    systematic_errors, q_damp, noise
        As for :class:`~sklearn_wtrdf.InversionRegressor`.
    refit : {"each", "warm"}, default=None
        Whether the hyperparameters of each file are searched for anew ("each"), or starting from those of the first
        file ("warm"). None is "warm" for several files of one given composition and density, and "each" otherwise.
    strict : bool, default=False
        Whether to treat each :class:`~sklearn_wtrdf.DataWarning` as an error.
    r_max : float, default=10.0
        Largest distance of g(r) [Å].
    figure_format : {"png", "pdf", "svg", "none"}, default="png"
        Format of the pictures. With "none", no pictures are drawn.

    Raises
    ------
    ValueError
        If a value is invalid; the message begins with its name.

    Examples
    --------
    >>> from sklearn_wtrdf import PdfSettings
    >>> settings = PdfSettings("SiO2", mass_density=2.2)
    >>> round(settings.density, 4)
    0.0662
    >>> PdfSettings(r_max=-1)
    Traceback (most recent call last):
    ...
    ValueError: r_max must be a number from 2 to 2000, got -1.
    """

    composition: str | None = None
    mass_density: float | None = None
    number_density: float | None = None
    quantity: str | None = None
    column: str | None = None
    unit: str | None = None
    axis: str | None = None
    radiation: str | None = None
    wavelength: str | float | None = None
    q_min: float | None = None
    q_max: float | None = None
    background: str | None = None
    background_scale: float | None = None
    polarization: str = "tube"
    monochromator: float | None = None
    absorption: str | None = None
    energy_window: float | None = None
    constant: bool = True
    prior: str = "auto"
    bond: tuple[float, float] | None = None
    systematic_errors: bool = True
    q_damp: float = 0.0
    noise: float | None = None
    refit: str | None = None
    strict: bool = False
    r_max: float = 10.0
    figure_format: str = "png"

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None or field.default is not None:
                object.__setattr__(self, field.name, _checked(field.name, value))
        if self.bond is not None and self.prior == "auto":
            object.__setattr__(self, "prior", "bond")
        if self.bond is not None and self.prior == "continuum":
            raise ValueError("bond: prior 'continuum' has no bond; leave one of them out.")
        if self.q_min is not None and self.q_max is not None and self.q_min >= self.q_max:
            raise ValueError(f"q_min must be less than q_max, got {self.q_min:g} and {self.q_max:g}.")
        if self.background_scale is not None and self.background is None:
            raise ValueError("background_scale: there is no background.")
        if self.composition is not None:
            Composition(self.composition)
        number_density_of(self.number_density, self.composition, self.mass_density)

    @property
    def density(self) -> float | None:
        """The number density [Å⁻³], given directly or by mass density and composition, or None."""
        return number_density_of(self.number_density, self.composition, self.mass_density)

    def chosen(self) -> dict[str, Any]:
        """Return the settings that differ from the defaults, by name."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name)) != field.default}

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read settings from a file that :meth:`write` wrote, or one of the same form.

        Parameters
        ----------
        path : str or Path
            A TOML file.

        Returns
        -------
        PdfSettings
            The path of the background is relative to the folder of the file.

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If the file is not valid TOML, or contains an invalid name or value. The message begins with the file and
            names the setting.
        """
        path = Path(path)
        check_file(path)
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (ValueError, RecursionError) as error:  # no UTF-8, or no TOML
            raise ValueError(f"{path}: not a settings file: {error}.") from None
        values: dict[str, Any] = {}
        for table, entries in tables.items():
            if table not in TABLES or not isinstance(entries, dict):
                raise ValueError(f"{path}: unknown table {quoted(table)}; there are {', '.join(TABLES)}.")
            for name, value in entries.items():
                if name not in TABLES[table]:
                    names = ", ".join(TABLES[table])
                    raise ValueError(f"{path}: unknown setting {quoted(name)} in [{table}]; there are {names}.")
                values[name] = value
        try:
            settings = cls(**values)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
        return replace(settings, background=settings.background and os.path.join(path.parent, settings.background))

    def write(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write all settings, including defaults, to a TOML file.

        Parameters
        ----------
        path : str or Path
            The file, usually ``settings.toml``.
        overwrite : bool, default=False
            Whether to replace an existing file.

        Returns
        -------
        path : Path

        Raises
        ------
        FileExistsError
            If the file exists and `overwrite` is False.
        ValueError
            If a text cannot be written as UTF-8.

        Examples
        --------
        >>> import tempfile
        >>> from sklearn_wtrdf import PdfSettings
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = PdfSettings("SiO2", mass_density=2.2).write(f"{folder}/settings.toml")
        ...     PdfSettings.read(path).mass_density
        2.2
        """
        with atomic_write(path, overwrite) as temporary:
            temporary.write_text(self.to_toml(Path(path).parent), encoding="utf-8")
        return Path(path)

    def to_toml(self, folder: str | Path = ".") -> str:
        """Return the text of the settings file in a folder.

        Parameters
        ----------
        folder : str or Path, default="."
            The folder of the file, to which the path of the background is relative.

        Returns
        -------
        text : str
        """
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        if self.background is not None:
            values["background"] = _relative(self.background, folder)
        lines = [f"# Settings of wtrdf pdf, sklearn-wtrdf {__version__}: wtrdf pdf --settings FILE repeats them."]
        for table, names in TABLES.items():
            lines += ["", f"[{table}]"]
            lines += [f"{name} = {_toml(name, values[name])}" for name in names if values[name] is not None]
            lines += [f"# {name} =" for name in names if values[name] is None]
        return "\n".join(lines) + "\n"


def _checked(name: str, value: Any) -> Any:
    """Return a value of a setting, or raise a ValueError that begins with its name."""
    if name in _SWITCHES:
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be true or false, got {quoted(value)}.")
    elif name in _CHOICES:
        if value not in _CHOICES[name]:
            raise ValueError(f"{name} must be one of {', '.join(map(repr, _CHOICES[name]))}, got {quoted(value)}.")
    elif name in _RANGES:
        low, high = _RANGES[name]
        if not _is_number(value) or not low <= value <= high:
            raise ValueError(f"{name} must be a number from {low:g} to {high:g}, got {quoted(value)}.")
        return float(value)
    elif name == "bond":
        if not isinstance(value, list | tuple) or len(value) != 2 or not all(map(_is_number, value)):
            raise ValueError(f"bond must be two distances in Å, got {quoted(value)}.")
        if not 0 < value[0] <= value[1]:
            raise ValueError(f"bond must begin above 0 and must not end below its beginning, got {quoted(value)}.")
        return float(value[0]), float(value[1])
    elif name == "wavelength" and _is_number(value):
        if not 0 < value < 1e3:
            raise ValueError(f"wavelength must be a positive number of Å, got {quoted(value)}.")
        return float(value)
    elif not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be a text, got {quoted(value)}.")
    elif name == "absorption":
        absorption_of(value)
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _relative(path: str, folder: str | Path) -> str:
    """Return a path relative to a folder; on Windows, an absolute one if it is on another drive."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return Path(path).absolute().as_posix()


def _toml(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(repr, value))}]"
    text = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name}: a settings file holds text in UTF-8 only, got {quoted(value)}.") from None
    return text


def settings_of(options: Mapping[str, Any], base: PdfSettings | None = None) -> PdfSettings:
    """Return settings with the options that are not None in place of those of `base`.

    A number density replaces a mass density of `base`, and the other way round.
    """
    given = {name: value for name, value in options.items() if value is not None}
    if given.get("number_density") is not None and "mass_density" not in given:
        given["mass_density"] = None
    elif given.get("mass_density") is not None and "number_density" not in given:
        given["number_density"] = None
    if "prior" in given and given["prior"] != "bond":
        given.setdefault("bond", None)
    elif "bond" in given:
        given.setdefault("prior", "bond")
    return replace(base or PdfSettings(), **given)
