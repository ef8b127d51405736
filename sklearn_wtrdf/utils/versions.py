"""Versions of installed packages, for bug reports."""

import importlib.metadata
import platform
import sys
from importlib import util
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version
from threadpoolctl import threadpool_info

from sklearn_wtrdf import __version__
from sklearn_wtrdf.utils.device import torch_device

_EXTRAS = ("cluster", "plot", "torch")  # whose packages a report lists; the others are for developers


def show_versions() -> None:
    """Print the versions of Python, the package and its dependencies, and the device that the networks compute on.

    Packages that are not installed are shown as None: those of the extras ``cluster``, ``plot`` and ``torch`` may be.

    Examples
    --------
    >>> from sklearn_wtrdf import show_versions
    >>> show_versions()  # doctest: +ELLIPSIS
    System:
    ...
    """
    import scipy.linalg  # noqa: F401 - only libraries that are loaded report their threads

    device = _device()
    groups: dict[str, dict[str, object]] = {
        "System": {
            "python": sys.version.replace("\n", " "),
            "executable": sys.executable,
            "machine": platform.platform(),
        },
        "Python packages": {"sklearn-wtrdf": __version__} | dict(_installed()),
        "Threads of libraries": {Path(pool["filepath"]).name: pool["num_threads"] for pool in threadpool_info()},
        "Device": {"torch computes on": device},
    }
    for title, group in groups.items():
        width = max(map(len, group), default=0)
        print(f"{title}:", *(f"    {name:>{width}}: {value}" for name, value in group.items()), "", sep="\n")


def is_newer(version: str) -> bool:
    """Return whether a version of this package is newer than this one; False if the text is not a version."""
    try:
        return Version(version) > Version(__version__)
    except InvalidVersion:
        return False


def _installed() -> dict[str, str | None]:
    """Return the version of each package that this one requires, except those for developers."""
    versions: dict[str, str | None] = {}
    for line in importlib.metadata.requires("sklearn-wtrdf") or []:
        requirement = Requirement(line)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": e}) for e in _EXTRAS):
            try:
                versions[requirement.name] = importlib.metadata.version(requirement.name)
            except importlib.metadata.PackageNotFoundError:
                versions[requirement.name] = None
    return versions


def _device() -> str | None:
    if util.find_spec("torch") is None:
        return None
    import torch

    device = torch_device("auto")
    return f"{device} ({torch.cuda.get_device_name()})" if device == "cuda" else device
