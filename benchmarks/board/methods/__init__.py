"""The methods for S(q) → g(r) that the leaderboard compares, one file each.

A method is a file in this folder. The first line of its docstring is its label in tables and figures, and the rest
describes it. Its function `solve(q, S, density, r)` returns g at r and the standard deviation of g, or None if the
method does not estimate it. The arguments are the increasing q [Å⁻¹], S(q), which tends to 1, the number density [Å⁻³]
and the distances r [Å]. If it has parameters `composition` and `radiation`, it is given the formula, and "x-ray",
"neutron" or None. Files that begin with an underscore are shared by several methods.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np

Solve = Callable[..., tuple[np.ndarray, np.ndarray | None]]


class Method(NamedTuple):
    """A method: its name on the command line, its label in tables and figures, and its function."""

    name: str
    label: str
    solve: Solve


def list_methods() -> list[str]:
    """Return the names of the methods in this folder."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))


def load_method(name: str | Path) -> Method:
    """Return a method of this folder, or one from another file, whose path ends in .py.

    Raises
    ------
    ValueError
        If there is no method of that name, or the file has no function `solve`.
    ImportError
        If the method's package is not installed.
    """
    if str(name).endswith(".py"):
        path = Path(name)
        return _method(path.stem, _run(path))
    if name not in list_methods():
        raise ValueError(
            f"name: there is no method {str(name)!r}. Known are {', '.join(list_methods())}, and paths that end in .py."
        )
    try:
        module = importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        raise ImportError(
            f'The method {name} needs {error.name}, which is not installed: pip install "sklearn-wtrdf[challenge]"'
        ) from error
    return _method(str(name), module)


def _method(name: str, module: ModuleType) -> Method:
    if not callable(getattr(module, "solve", None)):
        raise ValueError(f"name: {module.__file__} has no function solve(q, S, density, r).")
    lines = (module.__doc__ or "").strip().splitlines()
    return Method(name, lines[0].removesuffix(".") if lines else name, module.solve)


def _run(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None  # every path that ends in .py has a loader
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except OSError:
        raise
    except Exception as error:  # the file may contain any code
        raise ValueError(f"{path} cannot be run: {type(error).__name__}: {error}.") from error
    return module
