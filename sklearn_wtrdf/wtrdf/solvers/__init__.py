"""Solvers of the calibration: one file each, an object with ``solve(problem, init)``.

A solver with ``solve_batch(problems, inits)``, such as Adam, solves all problems of a batch together.
``WTRDFRegressor(solver=...)`` accepts any such object; :func:`~sklearn_wtrdf.register_solver`, or an entry point of the
group ``sklearn_wtrdf.solvers`` of a package, gives it a name.
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
    """Register a solver under a name, so that ``WTRDFRegressor(solver=name)`` can be used in this process.

    Worker processes of a search do not know the name: use the object there, or the entry point of a package.

    Parameters
    ----------
    name : str
        Name of the solver. If it is already registered, the new solver replaces the old one.
    make : callable
        The class of the solver, or a function that returns the solver when it is called without arguments.

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
    """Return the solver of this name with these options.

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
        if point.name in _NAMED:  # names of the running program take precedence
            continue
        try:
            register_solver(point.name, point.load())
        except Exception as error:  # an error of one package must not affect the solvers of others
            warnings.warn(f"The solver {point.name!r} of {point.value} is not available: {error}", stacklevel=3)
