"""Reading the curve in the default NXdata of NeXus files, or in the workspace that Mantid saved."""

from __future__ import annotations

import re
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
_AXES_OF_MANTID = {
    "MomentumTransfer": "q (1/angstrom)",
    "AtomicDistance": "r (angstrom)",
    "Angstrom": "r (angstrom)",  # a label, of the algorithm PDFFourierTransform
}
_MAX_DEPTH = 8  # of nested groups, because groups may refer to each other in a circle


def read_curve(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Return names and columns of x, y and, if there is one, the standard deviation of y.

    The group is the one that the attribute `default` names, or the first with an attribute `signal`, as in NXdata and
    NXcanSAS, or with a dataset with the attribute ``signal=1``, as Mantid writes it.
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
    signals: list[Any] = []
    file.visititems(lambda _, item: signals.append(item) if "signal" in item.attrs else None)
    groups = [item for item in signals if hasattr(item, "keys")]
    # Mantid, and NeXus until 2014: the attribute is of the dataset, and 1.
    groups = groups or [item.parent for item in signals if _text(item.attrs["signal"]) == "1" and "axes" in item.attrs]
    if not groups:
        raise ValueError(
            f"{path}: HDF5 without a curve, an NXdata with a signal and axes: write the curve as columns of text, by "
            "numpy.savetxt or, in Mantid, by SaveAscii."
        )
    if len(groups) > 1 and "signal" not in groups[0].attrs:
        raise ValueError(f"{path}: it has {len(groups)} workspaces: save one of them into a file of its own.")
    return groups[0]


def _in_workspace(path: Path, group: h5py.Group) -> tuple[list[str], NDArray[np.float64]]:
    """Return names and columns of a workspace with one spectrum, as SaveNexusProcessed of Mantid writes it."""
    [signal] = [name for name, item in group.items() if _text(item.attrs.get("signal")) == "1"]
    axes = re.split(r"[,:]", _text(group[signal].attrs["axes"]).strip("[]"))
    axis = group[axes[-1]]
    columns = [group[name] for name in (axes[-1], signal, *(["errors"] if "errors" in group else []))]
    _check_size(path, group, columns)
    if group[signal].ndim > 2 or (group[signal].ndim == 2 and group[signal].shape[0] != 1) or axis.ndim != 1:
        raise ValueError(
            f"{path}: {group.name} has {group[signal].shape[0]} spectra: save one of them, by ExtractSingleSpectrum "
            "and SaveNexus or SaveAscii in Mantid."
        )
    unit = {_text(axis.attrs.get(name)) for name in ("units", "label", "caption")}
    name = next((name for of_mantid, name in _AXES_OF_MANTID.items() if of_mantid in unit), None)
    if name is None:
        raise ValueError(
            f"{path}: its axis is {' '.join(sorted(unit)).strip()}; q or r was expected: convert it in Mantid."
        )
    return _stacked(
        path, group, [name, signal, "error"], [np.asarray(column, dtype=float).ravel() for column in columns]
    )


def _curve(path: Path, group: h5py.Group) -> tuple[list[str], NDArray[np.float64]]:
    if "signal" not in group.attrs:
        return _in_workspace(path, group)
    signal = _text(group.attrs["signal"])
    axes = group.attrs.get("axes", [])
    axis = _text(axes if isinstance(axes, str | bytes) else axes[0] if len(axes) == 1 else "")
    if signal not in group or axis not in group or group[signal].ndim != 1 or group[axis].ndim != 1:
        raise ValueError(f"{path}: its NXdata {group.name} is not a curve over one axis.")
    uncertainties = _text(group[signal].attrs.get("uncertainties")) or f"{signal}_errors"
    std = next((name for name in (uncertainties, "errors") if name in group), "")
    datasets = [group[name] for name in (axis, signal, std) if name]
    _check_size(path, group, datasets)
    names = [f"{axis} ({_text(group[axis].attrs.get('units'))})", signal, "error"]
    return _stacked(path, group, names, [np.asarray(dataset, dtype=float) for dataset in datasets])


def _check_size(path: Path, group: h5py.Group, datasets: list[h5py.Dataset]) -> None:
    if (size := max(dataset.size for dataset in datasets)) > _MAX_POINTS:
        raise ValueError(f"{path}: its NXdata {group.name} has {size:,} points; at most {_MAX_POINTS:,} were expected.")


def _stacked(
    path: Path, group: h5py.Group, names: list[str], columns: list[NDArray[np.float64]]
) -> tuple[list[str], NDArray[np.float64]]:
    """Return the names of the columns, and the columns as a table, with the middles of bins in place of their edges."""
    x, y = columns[:2]
    if x.size == y.size + 1:
        columns = [(x[1:] + x[:-1]) / 2, *columns[1:]]
    if len({column.shape for column in columns}) > 1:
        raise ValueError(f"{path}: its NXdata {group.name} has columns of different lengths.")
    return names[: len(columns)], np.column_stack(columns)


def _text(value: object) -> str:
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    return value.decode(errors="replace") if isinstance(value, bytes) else "" if value is None else str(value)
