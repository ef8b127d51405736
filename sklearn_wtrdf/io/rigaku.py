"""Rigaku's files: the export .asc, and the factors of an attenuator in .ras and .rasx."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.io.headers import first_number

Floats = NDArray[np.float64]

_BEGINNING = b"*TYPE"
_ENTRY = re.compile(r"^\*(\w+)[ \t]*=[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_COUNTS = re.compile(r"^\*COUNT[ \t]*=.*$([^*]*)", re.MULTILINE)  # up to *END
_SCAN_AXES = ("2theta", "2theta/theta", "2theta/omega")
_ROW = re.compile(r"^[\d.eE+-]+[\s,]+[\d.eE+-]+[\s,]+([\d.eE+-]+)\s*$", re.MULTILINE)  # of .ras: 2θ, counts, factor


class Export(NamedTuple):
    """The scan in an .asc file: 2θ [degrees], intensities, and lines of the header as other files have them."""

    values: Floats
    name: str
    above: list[str]


def is_export(contents: bytes) -> bool:
    """Return whether the contents of a file are those of an .asc file of Rigaku, whatever its suffix is."""
    return contents.startswith(_BEGINNING) and b"*START" in contents


def read_export(path: Path, text: str) -> Export:
    """Return the scan in an .asc file, which has the intensities without their angles."""
    header = dict(_ENTRY.findall(text))
    axis: str = header.get("SCAN_AXIS") or header.get("SCAN_MODE") or _SCAN_AXES[0]
    if axis.lower() not in _SCAN_AXES:
        raise ValueError(f"{path}: it has a scan of {axis}; one of 2θ was expected.")
    start, step, n = (first_number(header.get(name, "")) for name in ("START", "STEP", "COUNT"))
    counts = [first_number(text) for text in re.split(r"[\s,]+", "".join(_COUNTS.findall(text)).strip())]
    if len(counts) != n or not (np.isfinite(counts).all() and step > 0 and np.isfinite(start)):
        raise ValueError(
            f"{path}: *START, *STEP and *COUNT must be those of the {len(counts)} intensities, got {start:g}, "
            f"{step:g} and {n:g}."
        )
    above = [f"wavelength = {header['WAVE_LENGTH1']}"] if "WAVE_LENGTH1" in header else []
    if header.get("SPEED_DIM", "").startswith("sec") and "SPEED" in header:
        above.append(f"counting time = {header['SPEED']} s")
    x = start + step * np.arange(len(counts))
    return Export(np.column_stack([x, counts]), header.get("YUNIT") or "intensity", above)


def attenuation(path: Path, text: str, n_points: int) -> Floats:
    """Return the attenuation factor of each intensity, 1 in a file without an attenuator."""
    factors = np.array([float(factor) for factor in _ROW.findall(text)])
    if factors.size not in (0, n_points):
        raise ValueError(f"{path}: {factors.size} of {n_points} intensities have an attenuation factor.")
    return factors if factors.size else np.ones(n_points)
