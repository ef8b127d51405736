"""Files that the browser sends, read into samples."""

from __future__ import annotations

import base64
import re
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

from sklearn_wtrdf.explore.schema import MAX_POINTS, MAX_R, Sample, missing_of
from sklearn_wtrdf.io.curves import read_gr
from sklearn_wtrdf.io.nexus import SIGNATURE, check_alone
from sklearn_wtrdf.io.patterns import read_pattern
from sklearn_wtrdf.io.scans import DIFFRACTOMETERS, read_scan
from sklearn_wtrdf.scattering.scan import Axis, Scan

MAX_BYTES = 2_000_000  # of a file
MAX_SAMPLES = 6


def read_upload(
    name: str, contents: str, samples: list[Sample], background_of: str | None = None
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

    Returns
    -------
    samples : list of Sample
    message : str
        A line on the file.

    Raises
    ------
    ValueError
        If the file cannot be read; the message says why.
    """
    if len(contents) > MAX_BYTES * 4 / 3 + 4:
        raise ValueError(f"{name}: a file of at most {MAX_BYTES / 1e6:g} MB was expected.")
    # Only letters and digits of the name are used on disk, in a temporary folder.
    safe = re.sub(r"[^\w.()+-]", "_", Path(name.replace("\\", "/")).name).lstrip(".")[-100:] or "file"
    with tempfile.TemporaryDirectory(prefix="wtrdf-explore-") as folder, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        path, decoded = Path(folder) / safe, base64.b64decode(contents, validate=True)
        path.write_bytes(decoded)
        try:
            if decoded.startswith(SIGNATURE):
                check_alone(path)
            if background_of is None:
                sample, message = _read(path, safe, samples)
            else:
                sample, message = _with_background(path, safe, background_of, samples)
        except (ImportError, ValueError) as error:
            line = " ".join(str(error).replace(f"{path}", safe).split())
            raise ValueError(line.encode(errors="replace").decode()) from None  # names in a file may have any bytes
    message = " ".join([message, *(str(warning.message).replace(f"{path}", safe) for warning in caught)])
    others = [other for other in samples if other.name != sample.name]
    if len(others) >= MAX_SAMPLES:
        raise ValueError(f"{safe}: {MAX_SAMPLES} samples are on the page already; remove one first.")
    return [sample if other.name == sample.name else other for other in samples] + (
        [sample] if len(others) == len(samples) else []
    ), message


def _read(path: Path, name: str, samples: list[Sample]) -> tuple[Sample, str]:
    if path.suffix.lower() in DIFFRACTOMETERS:
        return _scan(path, name)
    try:
        pattern = read_pattern(path)
    except ValueError as error:
        if "intensity" in str(error) or path.suffix.lower() in (".xy", ".xye"):
            return _scan(path, name)
        if "first column is r" not in str(error) and path.suffix.lower() not in (".gr", ".rdf"):
            raise
        return _with_known(path, name, samples)
    if pattern.q.size > MAX_POINTS:
        raise ValueError(f"{name}: {pattern.q.size:,} points; at most {MAX_POINTS:,} were expected.")
    positive = pattern.q > 0
    std = pattern.on(pattern.q[positive]).std if positive.sum() > 1 else None
    sample = Sample(
        name,
        pattern.q[positive].tolist(),
        pattern.s_r[positive].tolist(),
        None if std is None else std.tolist(),
        pattern.number_density,
        pattern.composition if pattern.number_density is None else None,
    )
    errors = "" if std is None else ", with standard deviations"
    return sample, f"{name}: S(q), {len(sample.q)} points from {sample.q[0]:g} to {sample.q[-1]:g} Å⁻¹{errors}."


def _scan(path: Path, name: str) -> tuple[Sample, str]:
    """Return a sample that is a raw scan."""
    scan, axis_is_certain = _read_scan(path, name, "2theta")
    sample = Sample(
        name,
        [],
        [],
        x=scan.x.tolist(),
        intensity=scan.intensity.tolist(),
        intensity_std=None if scan.std is None else scan.std.tolist(),
        axis=scan.axis if axis_is_certain else None,
        axis_is_unknown=not axis_is_certain,
        wavelength=None if scan.wavelength is None else f"{scan.wavelength:.6g}",
    )
    where = f"{'q' if scan.axis == 'q' else '2θ'} from {scan.x[0]:g} to {scan.x[-1]:g}"
    where += " Å⁻¹" if scan.axis == "q" else "°"
    if not axis_is_certain:
        where = f"from {scan.x[0]:g} to {scan.x[-1]:g}, which may be 2θ or q: choose one of them"
    return sample, f"{name}: a raw scan, {scan.x.size} points, {where}. {missing_of(sample)}"


def _with_background(path: Path, name: str, sample_name: str, samples: list[Sample]) -> tuple[Sample, str]:
    """Return a sample with its background."""
    sample = next((other for other in samples if other.name == sample_name and other.x is not None), None)
    if sample is None:
        raise ValueError(f"{name}: there is no raw scan {sample_name!r} for this background.")
    scan, axis_is_certain = _read_scan(path, name, sample.axis or "2theta")
    empty: dict[str, Any] = {"background_x": scan.x.tolist(), "background": scan.intensity.tolist()}
    empty |= {"background_axis": scan.axis if axis_is_certain else None, "background_name": name}
    return replace(sample, **empty), f"{name}: the background of {sample_name}, {scan.x.size} points."


def _read_scan(path: Path, name: str, axis: Axis) -> tuple[Scan, bool]:
    """Return a raw scan, and whether the quantity x is in the file; otherwise it is assumed to be `axis`."""
    axis_is_certain = True
    try:
        scan = read_scan(path)
    except ValueError as error:
        if "Give axis" not in str(error):
            raise
        scan, axis_is_certain = read_scan(path, axis=axis), False
    if scan.x.size > MAX_POINTS:
        raise ValueError(f"{name}: {scan.x.size:,} points; at most {MAX_POINTS:,} were expected.")
    return scan, axis_is_certain


def _with_known(path: Path, name: str, samples: list[Sample]) -> tuple[Sample, str]:
    """Return a sample with its known g(r)."""
    if not samples:
        raise ValueError(f"{name}: this is g(r); drop the S(q) that it belongs to first.")
    sample = next((candidate for candidate in reversed(samples) if not candidate.g), samples[-1])
    curve = read_gr(path, number_density=sample.density)
    if curve.r.size > MAX_R:
        raise ValueError(f"{name}: {curve.r.size:,} distances; at most {MAX_R:,} were expected.")
    return replace(
        sample, r=curve.r.tolist(), g=curve.g.tolist(), known_name=name
    ), f"{name}: the known g(r) of {sample.name}, for comparison, or as a reference."
