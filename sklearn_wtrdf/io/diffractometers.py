"""Reading the files of diffractometers' programs by geddes, which returns the angles and intensities of the first scan.

Files with contents that geddes ignores are refused, further scans and counting times that vary, or corrected, by the
factors of attenuators.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.io.contents import MAX_BYTES, contents_of
from sklearn_wtrdf.io.rigaku import attenuation, is_export, read_export
from sklearn_wtrdf.io.tables import Table
from sklearn_wtrdf.scattering.validation import MAX_VALUE, MIN_ROWS
from sklearn_wtrdf.utils.text import shortened

# Files that geddes reads without further dependencies. Of the alternatives, xrayutilities depends on h5py, lmfit and
# odrpack, fairmat-readers-xrd lacks .ras and .uxd, and xylib has had no release since 2022.
DIFFRACTOMETERS = (".xrdml", ".brml", ".ras", ".rasx", ".raw", ".uxd", ".fxye", ".gsas", ".gsa", ".gda")

Floats = NDArray[np.float64]

_MAX_HEADER_SIZE = 16_000  # bytes
_WAVELENGTH = re.compile(
    r'<kAlpha1[^>]*>\s*([\d.]+)|^\*HW_XG_WAVE_LENGTH_ALPHA1\s+"([\d.]+)"|^_WL1\s*=\s*([\d.]+)', re.MULTILINE
)
_K_BETA = re.compile(r'<usedWavelength[^>]*intended="K-Beta".*?<kBeta[^>]*>\s*([\d.]+)', re.DOTALL)
# The beginning of each scan: of PANalytical, Rigaku, Bruker and GSAS.
_BEGINNING = re.compile(r"<scan[\s>]|^\*(?:RAS_INT_START|BEGIN\b)|^_(?:2THETA)?(?:COUNTS|CPS)|^BANK\s", re.MULTILINE)
_MEMBER = re.compile(r"(Profile|RawData)\d+\.(txt|xml)$")  # of an archive of Rigaku or Bruker, a scan
_N_RANGES = {b"RAW1.01": slice(12, 16), b"RAW2": slice(4, 6)}  # where files of Bruker count their scans
_COUNTING_TIMES = re.compile(r"<countingTimes[^>]*>([^<]*)<")
_COUNTING_TIME = re.compile(r"<commonCountingTime[^>]*>\s*([\d.]+)|^_STEPTIME\s*=\s*([\d.]+)", re.MULTILINE)  # s


def is_of_diffractometer(path: Path) -> bool:
    """Return whether a file is one of a diffractometer's program, by its suffix or its contents."""
    return path.suffix.lower() in DIFFRACTOMETERS or (path.is_file() and is_export(_first_bytes(path)))


def read_diffractometer(path: Path) -> Table:
    """Return the scan in a diffractometer's file, below the wavelength of its Kα₁ or Kβ line and its counting time."""
    packed = contents_of(path)
    if is_export(packed):
        text = packed.decode("latin-1").replace("\r\n", "\n")
        _check_single(path, packed, text, 0)
        values, name, above = read_export(path, text)
        return _table(path, values, name, above)
    try:
        import geddes
    except ImportError:
        raise ImportError(f'{path}: reading such files needs geddes, pip install "sklearn-wtrdf[files]".') from None
    try:
        contents, text, n_members = _unpacked(packed)
        scan = geddes.read_bytes(contents, path.name)
    except (ValueError, OSError) as error:
        raise ValueError(f"{path}: not a readable scan ({shortened(str(error), 200)}).") from None
    values = np.column_stack([scan.x, scan.y]).astype(float)
    if not (np.abs(values) < MAX_VALUE).all() or len(values) < MIN_ROWS:
        raise ValueError(f"{path}: it must have three finite intensities or more.")
    _check_single(path, contents, text, n_members)
    _check_comparable(path, text)
    if path.suffix.lower() in (".ras", ".rasx"):
        values[:, 1] *= attenuation(path, text, len(values))
    above = []
    for line, match in (
        ("wavelength = {}", _K_BETA.search(text) or _WAVELENGTH.search(text)),
        ("counting time = {} s", _COUNTING_TIME.search(text)),
    ):
        above += [line.format(number) for number in (match.groups() if match else ()) if number]
    return _table(path, values, "intensity", above)


def _table(path: Path, values: Floats, name: str, above: list[str]) -> Table:
    rows = [(i, f"{x} {y}") for i, (x, y) in enumerate(values.tolist(), 1)]
    return Table(path, values, rows, above, ["2theta", name], [])


def _first_bytes(path: Path) -> bytes:
    """Return the beginning of a file."""
    with path.open("rb") as file:
        return file.read(_MAX_HEADER_SIZE)


def _check_single(path: Path, contents: bytes, text: str, n_members: int) -> None:
    """Raise if a file has several scans."""
    n_scans = max(len(_BEGINNING.findall(text)), n_members)
    for mark, place in _N_RANGES.items():
        if contents.startswith(mark):
            n_scans = int.from_bytes(contents[place], "little")
    if n_scans > 1:
        raise ValueError(f"{path}: it has {n_scans} scans: export each of them, or their sum, into a file of its own.")


def _check_comparable(path: Path, text: str) -> None:
    """Raise if intensities were counted for different times."""
    times = [time for match in _COUNTING_TIMES.finditer(text) for time in match[1].split()]
    if len(set(times)) > 1:
        raise ValueError(f"{path}: its counting times vary: export counts per second as text, in two columns.")


def _unpacked(contents: bytes) -> tuple[bytes, str, int]:
    """Return the contents of a file, of an archive with its text files uncompressed, their text, and their scans."""
    if not contents.startswith(b"PK"):
        return contents, contents.decode("latin-1"), 0
    plain, texts, n_scans = io.BytesIO(), list[str](), 0
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as packed, zipfile.ZipFile(plain, "w") as archive:
            members = [member for member in packed.infolist() if member.filename.lower().endswith((".txt", ".xml"))]
            if (size := sum(member.file_size for member in members)) > MAX_BYTES:
                raise ValueError(f"it unpacks to {size / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB were expected")
            for entry in members:
                archive.writestr(entry.filename, packed.read(entry))
                texts.append(packed.read(entry).decode("utf-8-sig", "replace"))
                n_scans += bool(_MEMBER.search(entry.filename))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"a damaged archive: {error}") from None
    return plain.getvalue(), "\n".join(texts), n_scans
