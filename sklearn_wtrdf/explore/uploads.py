"""Files that the browser sends, read into samples."""

from __future__ import annotations

import base64
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np

from sklearn_wtrdf.explore.schema import MAX_POINTS, MAX_R, Sample, checked_choices, missing_of, wavelength_of_text
from sklearn_wtrdf.io.curves import CurveQuantity, read_gr
from sklearn_wtrdf.io.nexus import SIGNATURE, check_alone
from sklearn_wtrdf.io.patterns import read_pattern
from sklearn_wtrdf.io.scans import read_scan
from sklearn_wtrdf.scattering.scan import Axis, Scan
from sklearn_wtrdf.utils.text import listed
from sklearn_wtrdf.workflows.samples import holds_counts
from sklearn_wtrdf.workflows.settings import PdfSettings

MAX_BYTES = 2_000_000  # of a file
MAX_SAMPLES = 24

#: Quantities of a file without a name of its column, by their names in the command's ``--quantity``.
QUANTITIES = {
    "S": "S(q)",
    "S_R": "q [S(q) − 1], the F(Q) of other programs",
    "S-1": "S(q) − 1",
    "interference": "⟨b⟩² [S(q) − 1] of neutrons, by Gudrun",
    "counts": "counts of a diffractometer",
    "g": "g(r) of the last sample",
    "G": "G(r) = 4πρ₀r [g(r) − 1] of the last sample, which is also called D(r)",
    "RDF": "RDF(r) = 4πρ₀r² g(r) of the last sample",
    "T": "T(r) = 4πρ₀r g(r) of the last sample",
    "g-1": "g(r) − 1 of the last sample",
    "GK": "⟨b⟩² [g(r) − 1] of the last sample, RMCProfile's G(r)",
}
#: Quantities of g(r), which are those of its reader.
CURVE_QUANTITIES = get_args(CurveQuantity)
#: Units of 1 / q, by their names in the command's ``--unit``.
UNITS = {"angstrom": "Å⁻¹ (r in Å)", "nm": "nm⁻¹ (r in nm)", "pm": "pm⁻¹ (r in pm)"}
_HEADER_FIELDS = ("number_density", "composition", "radiation")
_REQUESTS = {"quantity": "ive quantity", "unit": "Give unit", "composition": ": give composition, such as"}


class MissingChoiceError(ValueError):
    """A file does not have a quantity, unit or composition that is needed to read it.

    Parameters
    ----------
    message : str
    argument : {"quantity", "unit", "composition"}
        The argument of the reader.
    """

    def __init__(self, message: str, argument: str) -> None:
        super().__init__(message, argument)
        self.argument = argument

    def __str__(self) -> str:
        return str(self.args[0])


def read_upload(
    name: str,
    contents: str,
    samples: list[Sample],
    background_of: str | None = None,
    choices: dict[str, str] | None = None,
    opened: PdfSettings | None = None,
) -> tuple[list[Sample], str]:
    """Add a file to the samples: S(q), a raw scan, or the known g(r) of the last sample without one.

    Parameters
    ----------
    name : str
        Name of the file in the browser.
    contents : str
        The bytes in base 64.
    samples : list of Sample
    background_of : str, default=None
        The sample whose background the file is.
    choices : dict of str to str, default=None
        Arguments for the reader, by name, which the user chose after a `MissingChoiceError`.
    opened : PdfSettings, default=None
        The settings file that is open on the page, which applies to the file as it does with `wtrdf pdf`.

    Returns
    -------
    samples : list of Sample
    message : str
        A line on the file.

    Raises
    ------
    MissingChoiceError
        If the file can be read after a choice.
    ValueError
        If the file cannot be read; the message has the reason.
    """
    with _on_disk(name, contents) as path, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        safe = path.name
        try:
            if path.read_bytes().startswith(SIGNATURE):
                check_alone(path)
            if background_of is None:
                sample, message = _read(path, safe, samples, checked_choices(choices), opened or PdfSettings())
            else:
                sample, message = _with_background(path, safe, background_of, samples)
        except (ImportError, ValueError) as error:
            line = " ".join(str(error).replace(f"{path}", safe).split())
            line = line.encode(errors="replace").decode()  # names in a file may have any bytes
            for argument, request in _REQUESTS.items():
                if request in line and argument not in checked_choices(choices) and background_of is None:
                    raise MissingChoiceError(line, argument) from None
            raise ValueError(line) from None
    message = " ".join([message, *(str(warning.message).replace(f"{path}", safe) for warning in caught)])
    others = [other for other in samples if other.name != sample.name]
    if len(others) >= MAX_SAMPLES:
        raise ValueError(f"{safe}: {MAX_SAMPLES} samples are on the page already; remove one first.")
    return [sample if other.name == sample.name else other for other in samples] + (
        [sample] if len(others) == len(samples) else []
    ), message


@contextmanager
def _on_disk(name: str, contents: str) -> Iterator[Path]:
    """Write a file that the browser sent into a temporary folder; only letters and digits of its name are used."""
    if len(contents) > MAX_BYTES * 4 / 3 + 4:
        raise ValueError(f"{name}: a file of at most {MAX_BYTES / 1e6:g} MB was expected.")
    safe = re.sub(r"[^\w.()+-]", "_", Path(name.replace("\\", "/")).name).lstrip(".")[-100:] or "file"
    with tempfile.TemporaryDirectory(prefix="wtrdf-explore-") as folder:
        path = Path(folder) / safe
        path.write_bytes(base64.b64decode(contents, validate=True))
        yield path


def read_settings(name: str, contents: str) -> PdfSettings:
    """Read a settings file that the browser sends, as `wtrdf pdf` writes it; of the background, only the name is used.

    Raises a ValueError that begins with the name of the file if it is not valid.
    """
    with _on_disk(name, contents) as path:
        try:
            settings = PdfSettings.read(path)
        except ValueError as error:
            raise ValueError(str(error).replace(f"{path}", path.name)) from None
    return replace(settings, background=settings.background and Path(settings.background).name)


def with_settings(sample: Sample, opened: PdfSettings) -> Sample:
    """Return a sample with the material, the radiation and the scan of a settings file, where it has them."""
    names = ["composition", "mass_density", "number_density"]
    names += ["radiation"] if sample.x is None else ["wavelength", "background_scale"]
    names += ["axis"] * sample.axis_is_unknown
    values = {name: value for name in names if (value := getattr(opened, name)) is not None}
    if opened.density is not None:
        values = {"mass_density": None, "number_density": None} | values
    if "wavelength" in values:
        values["wavelength"] = f"{values['wavelength']}"
    return replace(sample, **values)


def reading_choices(opened: PdfSettings) -> dict[str, str]:
    """Return the arguments of the readers of S(q) and scans in a settings file."""
    names = ("quantity", "column", "unit", "wavelength", "composition")
    values = {name: f"{value}" for name in names if (value := getattr(opened, name)) is not None}
    return {name: value for name, value in values.items() if value != "counts"}


def unread_settings(samples: list[Sample], opened: PdfSettings) -> list[str]:
    """Return a line for each sample whose file was read otherwise than the settings say."""
    names = ("quantity", "column", "unit")
    given = {name: value for name in names if (value := getattr(opened, name)) is not None}

    def differs(sample: Sample) -> bool:
        return any(value != ("counts" if name == "quantity" and sample.x is not None else sample.choices.get(name))
                   for name, value in given.items())  # fmt: skip

    text = listed([f"{name} = {value}" for name, value in given.items()])
    return [f"{sample.name}: choose its file again to read it with {text}." for sample in samples if differs(sample)]


def _read(
    path: Path, name: str, samples: list[Sample], choices: dict[str, Any], opened: PdfSettings
) -> tuple[Sample, str]:
    quantity, of_reader = choices.get("quantity", opened.quantity), reading_choices(opened) | choices
    if quantity in CURVE_QUANTITIES:
        return _with_known(path, name, samples, choices)
    try:
        if quantity == "counts" or (quantity is None and holds_counts(path)):
            sample, message = _scan(path, name, of_reader)
        else:
            sample, message = _with_pattern(path, name, of_reader)
    except ValueError as error:
        if "first column is r" in str(error) or path.suffix.lower() in (".gr", ".rdf"):
            return _with_known(path, name, samples, choices)
        if "intensity" not in str(error) and path.suffix.lower() not in (".xy", ".xye"):
            raise
        sample, message = _scan(path, name, of_reader)
    sample = with_settings(sample, opened)
    return sample, message if sample.x is None else f"{message} {missing_of(sample)}"


def _with_pattern(path: Path, name: str, choices: dict[str, Any]) -> tuple[Sample, str]:
    """Return a sample that is S(q)."""
    length = None if "wavelength" not in choices else wavelength_of_text(choices["wavelength"])
    pattern = read_pattern(path, **choices | {"wavelength": length})
    if pattern.q.size > MAX_POINTS:
        raise ValueError(f"{name}: {pattern.q.size:,} points; at most {MAX_POINTS:,} were expected.")
    std = pattern.std if pattern.std is None or np.isfinite(pattern.std).all() else None
    sample = Sample(
        name,
        pattern.q.tolist(),
        pattern.s_r.tolist(),
        None if std is None else std.tolist(),
        pattern.number_density,
        choices.get("composition") or pattern.composition,
        radiation=pattern.radiation,
        choices=choices,
        header={name: value for name in _HEADER_FIELDS if (value := getattr(pattern, name)) is not None},
    )
    errors = "" if std is None else ", with standard deviations"
    return sample, f"{name}: S(q), {len(sample.q)} points from {sample.q[0]:g} to {sample.q[-1]:g} Å⁻¹{errors}."


def _scan(path: Path, name: str, choices: dict[str, Any]) -> tuple[Sample, str]:
    """Return a sample that is a raw scan."""
    choices = {argument: value for argument, value in choices.items() if argument in ("column", "unit")}
    scan, axis_is_certain = _read_scan(path, name, "2theta", choices)
    sample = Sample(
        name,
        [],
        [],
        x=scan.x.tolist(),
        intensity=scan.intensity.tolist(),
        intensity_std=None if scan.std is None else scan.std.tolist(),
        axis=scan.axis if axis_is_certain else None,
        axis_is_unknown=not axis_is_certain,
        wavelength=None if scan.wavelength is None else f"{scan.wavelength:.10g}",
        choices=choices,
    )
    where = f"{'q' if scan.axis == 'q' else '2θ'} from {scan.x[0]:g} to {scan.x[-1]:g}"
    where += " Å⁻¹" if scan.axis == "q" else "°"
    if not axis_is_certain:
        where = f"from {scan.x[0]:g} to {scan.x[-1]:g}, which may be 2θ or q: choose one of them"
    return sample, f"{name}: a raw scan, {scan.x.size} points, {where}."


def _with_background(path: Path, name: str, sample_name: str, samples: list[Sample]) -> tuple[Sample, str]:
    """Return a sample with its background."""
    sample = next((other for other in samples if other.name == sample_name and other.x is not None), None)
    if sample is None:
        raise ValueError(f"{name}: there is no raw scan {sample_name!r} for this background.")
    scan, axis_is_certain = _read_scan(path, name, sample.axis or "2theta", sample.choices)
    empty: dict[str, Any] = {"background_x": scan.x.tolist(), "background": scan.intensity.tolist()}
    empty |= {"background_axis": scan.axis if axis_is_certain else None, "background_name": name}
    return replace(sample, **empty), f"{name}: the background of {sample_name}, {scan.x.size} points."


def _read_scan(path: Path, name: str, axis: Axis, choices: dict[str, Any]) -> tuple[Scan, bool]:
    """Return a raw scan, and whether the quantity x is in the file; otherwise it is assumed to be `axis`."""
    axis_is_certain = True
    try:
        scan = read_scan(path, **choices)
    except ValueError as error:
        if "Give axis" not in str(error):
            raise
        scan, axis_is_certain = read_scan(path, axis=axis, **choices), False
    if scan.x.size > MAX_POINTS:
        raise ValueError(f"{name}: {scan.x.size:,} points; at most {MAX_POINTS:,} were expected.")
    return scan, axis_is_certain


def _with_known(path: Path, name: str, samples: list[Sample], choices: dict[str, Any]) -> tuple[Sample, str]:
    """Return a sample with its known g(r)."""
    if not samples:
        raise ValueError(f"{name}: this is g(r); drop the S(q) that it belongs to first.")
    sample = next((candidate for candidate in reversed(samples) if not candidate.g), samples[-1])
    composition = {"composition": sample.composition}
    curve = read_gr(path, number_density=sample.density, **composition | choices)
    if curve.r.size > MAX_R:
        raise ValueError(f"{name}: {curve.r.size:,} distances; at most {MAX_R:,} were expected.")
    return replace(
        sample, r=curve.r.tolist(), g=curve.g.tolist(), known_name=name, known_choices=choices
    ), f"{name}: the known g(r) of {sample.name}, for comparison, or as a reference."
