"""Reading the curve in the default NXdata of NeXus files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import h5py

SIGNATURE = b"\x89HDF\r\n\x1a\n"
# Errors of h5py for damaged files.
_DAMAGED_FILE_ERRORS = (AttributeError, KeyError, OSError, RuntimeError, SystemError, TypeError, UnicodeError)
_MAX_POINTS = 1_000_000  # of a curve; a damaged file of a few bytes may declare billions
_MAX_DEPTH = 8  # of nested groups, because groups may refer to each other in a circle


def read_curve(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Return names and columns of x, y and, if there is one, the standard deviation of y.

    The group is the one that the attribute `default` names, or the first with an attribute `signal`, as in NXdata and
    NXcanSAS.
    """
    try:
        import h5py
    except ImportError:
        raise ImportError(f'{path}: reading NeXus needs h5py, pip install "sklearn-wtrdf[files]".') from None
    try:
        with h5py.File(path) as file:
            return _curve(path, _data(path, file))
    except _DAMAGED_FILE_ERRORS as error:
        raise ValueError(f"{path}: not a readable NeXus file ({' '.join(str(error).split())[:100]}).") from None


def check_alone(path: Path) -> None:
    """Raise if parts of a NeXus file are in other files, which the sender of the file may not be allowed to read."""
    import h5py

    def is_external_link(_: str, link: Any) -> bool | None:
        return isinstance(link, h5py.ExternalLink) or None

    def is_external_data(_: str, item: Any) -> bool | None:
        return (isinstance(item, h5py.Dataset) and (item.is_virtual or bool(item.external))) or None

    try:
        with h5py.File(path) as file:
            external = file.visititems_links(is_external_link) or file.visititems(is_external_data)
    except _DAMAGED_FILE_ERRORS:  # reading it raises an error with a message
        return
    if external:
        raise ValueError(f"{path}: parts of it are in other files; write the curve into a single file.")


def _data(path: Path, file: h5py.File) -> h5py.Group:
    group: Any = file
    for _ in range(_MAX_DEPTH):
        if "signal" not in group.attrs and (default := _text(group.attrs.get("default"))) in group:
            group = group[default]
    if "signal" in group.attrs:
        return group
    groups: list[Any] = []
    file.visititems(lambda _, item: groups.append(item) if "signal" in item.attrs and hasattr(item, "keys") else None)
    if not groups:
        raise ValueError(f"{path}: it has no NXdata with a signal and axes.")
    return groups[0]


def _curve(path: Path, group: h5py.Group) -> tuple[list[str], NDArray[np.float64]]:
    signal = _text(group.attrs["signal"])
    axes = group.attrs.get("axes", [])
    axis = _text(axes if isinstance(axes, str | bytes) else axes[0] if len(axes) == 1 else "")
    if signal not in group or axis not in group or group[signal].ndim != 1 or group[axis].ndim != 1:
        raise ValueError(f"{path}: its NXdata {group.name} is not a curve over one axis.")
    uncertainties = _text(group[signal].attrs.get("uncertainties")) or f"{signal}_errors"
    std = next((name for name in (uncertainties, "errors") if name in group), "")
    if (size := max(group[name].size for name in (axis, signal, std) if name)) > _MAX_POINTS:
        raise ValueError(f"{path}: its NXdata {group.name} has {size:,} points; at most {_MAX_POINTS:,} were expected.")
    x, y = (np.asarray(group[name], dtype=float) for name in (axis, signal))
    x = (x[1:] + x[:-1]) / 2 if x.size == y.size + 1 else x  # edges of bins
    names, columns = [f"{axis} ({_text(group[axis].attrs.get('units'))})", signal], [x, y]
    if std:
        names.append("error")
        columns.append(np.asarray(group[std], dtype=float))
    if len({column.shape for column in columns}) > 1:
        raise ValueError(f"{path}: its NXdata {group.name} has columns of different lengths.")
    return names, np.column_stack(columns)


def _text(value: object) -> str:
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    return value.decode(errors="replace") if isinstance(value, bytes) else "" if value is None else str(value)
