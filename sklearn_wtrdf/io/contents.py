"""The contents of a file as bytes or as text, or an error that says what else the file is, and what to do."""

from __future__ import annotations

import codecs
import re
import zlib
from pathlib import Path

from sklearn_wtrdf.utils.files import check_file

MAX_BYTES = 16_000_000  # of a file, half a million rows; a larger file is not a one-dimensional pattern

MINUS_SIGNS = "−–"  # read as "-"; the second as in tables of papers
_END_OF_DOS = "\x1a"  # the mark after the last line
_MAX_BEGINNING = 10_000  # characters in which the structure of a text shows
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_SAVE_AS_CSV = "save the sheet with the curve as CSV"
_EXPORT_COLUMNS = "write the curve as columns of text, q and S(q), or r and g(r)"
_UNPACK = "unpack it first"

# First bytes of files that are not text, with the name of their format and a remedy.
_BINARY = {
    b"\xd0\xcf\x11\xe0": ("an Excel workbook (.xls)", _SAVE_AS_CSV),
    b"%PDF": ("a PDF document", _EXPORT_COLUMNS),
    b"\x93NUMPY": ("an array of NumPy", "write it by numpy.savetxt"),
    b"BZh": ("compressed by bzip2", _UNPACK),
    b"\xfd7zXZ": ("compressed by xz", _UNPACK),
    b"(\xb5/\xfd": ("compressed by zstd", _UNPACK),
    b"7z\xbc\xaf": ("a 7z archive", _UNPACK),
    b"\x89PNG": ("a picture", _EXPORT_COLUMNS),
    b"\xff\xd8\xff": ("a picture", _EXPORT_COLUMNS),
}
# Beginnings of names in a zip archive, likewise.
_ARCHIVES = {
    b"xl/": ("an Excel workbook", _SAVE_AS_CSV),
    b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet": ("a LibreOffice workbook (.ods)", _SAVE_AS_CSV),
}
# Text with a structure of its own: patterns that all occur in it.
_STRUCTURED = [
    ((r"\A\s*[{\[]\s*[\"{\[\d}\]-]",), "JSON", _EXPORT_COLUMNS),
    ((r"^data_\S*[ \t]*$", r"^[ \t]*(loop_|_\w+)"), "a CIF", _EXPORT_COLUMNS),
    ((r"\A\s*<(!doctype\s+html|html)",), "a web page", "download the file that it shows"),
    ((r"\A\s*<\?xml",), "XML", _EXPORT_COLUMNS),
    ((r"\A\{\\rtf",), "a formatted text (.rtf)", "save it as plain text"),
]
_MARKS = {  # UTF-32 first, because its mark begins as that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def contents_of(path: Path) -> bytes:
    """Return the contents of a file, unpacked if compressed by gzip, or raise if it is larger than any pattern."""
    check_file(path)
    if (size := path.stat().st_size) > MAX_BYTES:
        raise ValueError(f"{path}: {size / 1e6:.0f} MB; a table of at most {MAX_BYTES / 1e6:.0f} MB was expected.")
    contents = path.read_bytes()
    return _unpacked(path, contents) if contents.startswith(_GZIP) else contents


def name_of(path: Path) -> Path:
    """Return the name of a file without the suffix .gz."""
    return Path(path.stem) if path.suffix.lower() == ".gz" else Path(path.name)


def text_of(path: Path, contents: bytes) -> str:
    """Return the text of a file with line ends of one kind, or raise if it is none."""
    if contents.startswith(_ZIP):
        kind, remedy = next((kind for mark, kind in _ARCHIVES.items() if mark in contents), ("a zip archive", _UNPACK))
        raise ValueError(f"{path}: it is {kind}: {remedy}.")
    for mark, (kind, remedy) in _BINARY.items():
        if contents.startswith(mark):
            raise ValueError(f"{path}: it is {kind}: {remedy}.")
    encoding = next((encoding for mark, encoding in _MARKS.items() if contents.startswith(mark)), "utf-8-sig")
    if encoding == "utf-8-sig" and b"\0" in contents:
        raise ValueError(f"{path}: a binary file; a table of numbers as text was expected.")
    try:
        text = contents.decode(encoding)
    except UnicodeDecodeError:
        text = contents.decode("latin-1")  # which decodes any bytes: an Å in an old header, or a binary file
    if "\0" in text:
        raise ValueError(f"{path}: a binary file; a table of numbers as text was expected.")
    lines = text.rstrip(_END_OF_DOS).replace("\r\n", "\n").replace("\r", "\n")
    return lines.translate(dict.fromkeys(map(ord, MINUS_SIGNS), "-"))


def check_unstructured(path: Path, text: str) -> None:
    """Raise if a text is no table, but has another structure: JSON, a CIF, a web page."""
    beginning = text[:_MAX_BEGINNING]
    for patterns, kind, remedy in _STRUCTURED:
        if all(re.search(pattern, beginning, re.IGNORECASE | re.MULTILINE) for pattern in patterns):
            raise ValueError(f"{path}: it is {kind}, and no table of numbers: {remedy}.")


def _unpacked(path: Path, contents: bytes) -> bytes:
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        unpacked = unpacking.decompress(contents, MAX_BYTES + 1)
    except zlib.error as error:
        raise ValueError(f"{path}: damaged, its compressed contents cannot be unpacked ({error}).") from None
    if len(unpacked) > MAX_BYTES:
        raise ValueError(f"{path}: it unpacks to more than {MAX_BYTES / 1e6:.0f} MB.")
    if not unpacking.eof:
        raise ValueError(f"{path}: damaged, its compressed contents end early.")
    return unpacked


def error_in(path: Path, number: int, line: str, expected: str) -> ValueError:
    """Return an error about a line of a file."""
    return ValueError(f"{path}, line {number}: expected {expected}, got {line[:60]!r}.")
