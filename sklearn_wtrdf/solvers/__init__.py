"""How a calibration is minimized: one file for each solver, an object with ``solve(problem, init)``.

``WTRDFRegressor(solver=...)`` takes any such object; :func:`register_solver` gives it a name as well.
"""

from collections.abc import Callable

from sklearn_wtrdf.calibration import Solver
from sklearn_wtrdf.solvers.adam import Adam
from sklearn_wtrdf.solvers.lbfgsb import LBFGSB
from sklearn_wtrdf.solvers.variable_projection import VariableProjection

__all__ = ["LBFGSB", "Adam", "VariableProjection", "named_solver", "register_solver"]

_NAMED: dict[str, Callable[..., Solver]] = {
    "variable_projection": VariableProjection,
    "lbfgsb": LBFGSB,
    "adam": Adam,
}


def register_solver(name: str, make: Callable[..., Solver]) -> None:
    """Give a solver a name, by which ``WTRDFRegressor(solver=name)`` finds it in this process.

    Parameters
    ----------
    name : str
        A new name; one that is given again takes the new solver.
    make : callable
        Returns the solver when it is called without arguments; its class, for one.

    Examples
    --------
    >>> from sklearn_wtrdf.solvers import LBFGSB, register_solver
    >>> register_solver("descent", LBFGSB)
    """
    _NAMED[name] = make


def named_solver(name: str, **options: object) -> Solver:
    """Return the solver of this name, made with these options.

    Raises
    ------
    ValueError
        If no solver has the name.
    """
    if name not in _NAMED:
        raise ValueError(
            f"solver={name!r} is not known: choose one of {', '.join(map(repr, _NAMED))}, or pass an object with "
            "solve(problem, init)."
        )
    return _NAMED[name](**options)
