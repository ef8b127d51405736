"""Reading the files of diffractometers' programs by geddes, which returns the angles and intensities of the first scan.

Files with contents that geddes ignores are refused: further scans, attenuators, and counting times that vary.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from pathlib import Path

import numpy as np

from sklearn_wtrdf.io.contents import MAX_BYTES, contents_of
from sklearn_wtrdf.io.tables import Table
from sklearn_wtrdf.scattering.validation import LARGEST_VALUE, MIN_ROWS
from sklearn_wtrdf.utils.text import shortened

# Files that geddes reads without further dependencies. Of the alternatives, xrayutilities depends on h5py, lmfit and
# odrpack, fairmat-readers-xrd lacks .ras and .uxd, and xylib has had no release since 2022.
DIFFRACTOMETERS = (".xrdml", ".brml", ".ras", ".rasx", ".raw", ".uxd", ".fxye", ".gsas", ".gsa", ".gda")

_WAVELENGTH = re.compile(
    r'<kAlpha1[^>]*>\s*([\d.]+)|^\*HW_XG_WAVE_LENGTH_ALPHA1\s+"([\d.]+)"|^_WL1\s*=\s*([\d.]+)', re.MULTILINE
)
_K_BETA = re.compile(r'<usedWavelength[^>]*intended="K-Beta".*?<kBeta[^>]*>\s*([\d.]+)', re.DOTALL)
# The beginning of each scan: of PANalytical, Rigaku, Bruker and GSAS.
_BEGINNING = re.compile(r"<scan[\s>]|^\*RAS_INT_START|^_(?:2THETA)?(?:COUNTS|CPS)|^BANK\s", re.MULTILINE)
_MEMBER = re.compile(r"(Profile|RawData)\d+\.(txt|xml)$")  # of an archive of Rigaku or Bruker, a scan
_N_RANGES = {b"RAW1.01": slice(12, 16), b"RAW2": slice(4, 6)}  # where files of Bruker count their scans
_COUNTING_TIMES = re.compile(r"<countingTimes[^>]*>([^<]*)<")
_ATTENUATED = re.compile(r"^[\d.eE+-]+[\s,]+[\d.eE+-]+[\s,]+([\d.eE+-]+)\s*$", re.MULTILINE)  # a row of Rigaku


def read_diffractometer(path: Path) -> tuple[Table, str | None]:
    """Return the scan in a diffractometer's file, and the wavelength [Å] of its Kα₁ or Kβ line as a text, or None."""
    packed = contents_of(path)
    try:
        import geddes
    except ImportError:
        raise ImportError(f'{path}: reading such files needs geddes, pip install "sklearn-wtrdf[files]".') from None
    try:
        contents, n_members = _unpacked(packed)
        scan = geddes.read_bytes(contents, path.name)
    except (ValueError, OSError) as error:
        raise ValueError(f"{path}: not a readable scan ({shortened(str(error), 200)}).") from None
    values = np.column_stack([scan.x, scan.y]).astype(float)
    if not (np.abs(values) < LARGEST_VALUE).all() or len(values) < MIN_ROWS:
        raise ValueError(f"{path}: it must have three finite intensities or more.")
    text = contents.decode("latin-1")
    _check_single(path, contents, text, n_members)
    _check_comparable(path, text)
    rows = [(i, f"{x} {y}") for i, (x, y) in enumerate(values.tolist(), 1)]
    match = _K_BETA.search(text) or _WAVELENGTH.search(text)
    wavelength = next(filter(None, match.groups()), None) if match else None
    return Table(path, values, rows, [], ["2theta", "intensity"], []), wavelength


def _check_single(path: Path, contents: bytes, text: str, n_members: int) -> None:
    """Raise if a file has several scans."""
    n_scans = max(len(_BEGINNING.findall(text)), n_members)
    for mark, place in _N_RANGES.items():
        if contents.startswith(mark):
            n_scans = int.from_bytes(contents[place], "little")
    if n_scans > 1:
        raise ValueError(f"{path}: it has {n_scans} scans: export each of them, or their sum, into a file of its own.")


def _check_comparable(path: Path, text: str) -> None:
    """Raise if intensities were counted for different times, or behind attenuators."""
    times = [time for match in _COUNTING_TIMES.finditer(text) for time in match[1].split()]
    if len(set(times)) > 1:
        raise ValueError(f"{path}: its counting times vary: export counts per second as text, in two columns.")
    is_of_rigaku = path.suffix.lower() in (".ras", ".rasx")
    if is_of_rigaku and len({float(row[1]) for row in _ATTENUATED.finditer(text)}) > 1:
        raise ValueError(
            f"{path}: the factors of an attenuator in its third column vary: export the corrected intensities as text, "
            "in two columns."
        )


def _unpacked(contents: bytes) -> tuple[bytes, int]:
    """Return the contents of a file, of an archive with its text files uncompressed, and how many scans these are."""
    if not contents.startswith(b"PK"):
        return contents, 0
    plain, n_scans = io.BytesIO(), 0
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as packed, zipfile.ZipFile(plain, "w") as archive:
            members = [member for member in packed.infolist() if member.filename.lower().endswith((".txt", ".xml"))]
            if (size := sum(member.file_size for member in members)) > MAX_BYTES:
                raise ValueError(f"it unpacks to {size / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB were expected")
            for entry in members:
                archive.writestr(entry.filename, packed.read(entry))
                n_scans += bool(_MEMBER.search(entry.filename))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"a damaged archive: {error}") from None
    return plain.getvalue(), n_scans
