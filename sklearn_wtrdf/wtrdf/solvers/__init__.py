"""How a calibration is minimized: one file for each solver, an object with ``solve(problem, init)``.

One that also has ``solve_batch(problems, inits)`` is given all problems of a batch at once, as Adam is.
``WTRDFRegressor(solver=...)`` takes any such object; :func:`register_solver` gives it a name as well, and so does an
entry point of the group ``sklearn_wtrdf.solvers`` of a package.
"""

import warnings
from collections.abc import Callable
from importlib import metadata

from sklearn_wtrdf.wtrdf.calibration import Solver
from sklearn_wtrdf.wtrdf.solvers.adam import Adam
from sklearn_wtrdf.wtrdf.solvers.lbfgsb import LBFGSB
from sklearn_wtrdf.wtrdf.solvers.variable_projection import VariableProjection

__all__ = ["LBFGSB", "Adam", "VariableProjection", "checked_solver", "named_solver", "register_solver"]

_NAMED: dict[str, Callable[..., Solver]] = {
    "variable_projection": VariableProjection,
    "lbfgsb": LBFGSB,
    "adam": Adam,
}


def register_solver(name: str, make: Callable[..., Solver]) -> None:
    """Give a solver a name, by which ``WTRDFRegressor(solver=name)`` finds it in this process.

    Processes that work on a search know it only if they import what registers it: there an object serves, or the entry
    point of a package.

    Parameters
    ----------
    name : str
        A new name; one that is given again takes the new solver.
    make : callable
        Returns the solver when it is called without arguments; its class, for one.

    Raises
    ------
    TypeError
        If `make` cannot be called.

    Examples
    --------
    >>> from sklearn_wtrdf import LBFGSB, register_solver
    >>> register_solver("descent", LBFGSB)
    """
    if not callable(make):
        raise TypeError(f"make must be a class or another callable that returns a solver, got {make!r}.")
    _NAMED[name] = make


def named_solver(name: str, **options: object) -> Solver:
    """Return the solver of this name, made with these options.

    Raises
    ------
    ValueError
        If no solver has the name.
    """
    if name not in _NAMED:
        _register_installed()
    if name not in _NAMED:
        raise ValueError(
            f"solver={name!r} is not known: choose one of {', '.join(map(repr, _NAMED))}, or pass an object with "
            "solve(problem, init)."
        )
    return _NAMED[name](**options)


def checked_solver(solver: str | Solver) -> Solver:
    """Return the solver of a name, or the object that was given.

    Raises
    ------
    ValueError
        If no solver has the name, or a class was given.
    """
    if isinstance(solver, type):
        raise ValueError(f"solver is the class {solver.__name__}: write {solver.__name__}().")
    return named_solver(solver) if isinstance(solver, str) else solver


def _register_installed() -> None:
    for point in metadata.entry_points(group="sklearn_wtrdf.solvers"):
        if point.name in _NAMED:  # this program's own
            continue
        try:
            register_solver(point.name, point.load())
        except Exception as error:  # whatever is wrong with one package, the others' solvers are there
            warnings.warn(f"The solver {point.name!r} of {point.value} was left out: {error}", stacklevel=3)
