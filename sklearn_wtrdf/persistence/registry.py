"""The registered models: those of this package, of installed packages, and of the running program.

A package registers a model by an entry point of the group ``sklearn_wtrdf.models``, a program by
:func:`register_model`. :func:`~sklearn_wtrdf.load` creates objects of registered classes only, and ``wtrdf fit
--model`` takes their names.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterable
from importlib import metadata
from pkgutil import resolve_name
from typing import Any, TypeVar

from sklearn.base import BaseEstimator

from sklearn_wtrdf.base import ReconstructionMixin

Model = TypeVar("Model", bound=type)

_GROUP = "sklearn_wtrdf.models"
_BUILT_IN = {
    "inversion": "sklearn_wtrdf:InversionRegressor",
    "wtrdf": "sklearn_wtrdf:WTRDFRegressor",
    "fourier": "sklearn_wtrdf:FourierRegressor",
    "rbf": "sklearn_wtrdf:RBFNetRegressor",
    "lstm": "sklearn_wtrdf:LSTMRegressor",
}
_registered: dict[str, type] = {}
_trusted: set[str] = set()


def register_model(model: Model, *, name: str | None = None, types: Iterable[type] = ()) -> Model:
    """Register an estimator of your own for :func:`~sklearn_wtrdf.load` and for ``wtrdf fit --model``.

    Parameters
    ----------
    model : class
        A scikit-learn estimator that inherits :class:`~sklearn_wtrdf.ReconstructionMixin`.
    name : str, default=None
        Its name for ``wtrdf fit --model``. None is the name of the class.
    types : iterable of class, default=()
        Other classes whose objects a fitted model contains. :func:`~sklearn_wtrdf.load` then trusts them as well.

    Returns
    -------
    model : class
        The same class, so that the function can be used as a decorator.

    Raises
    ------
    TypeError
        If `model` is not such a class.
    ValueError
        If another model has the same name.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn_wtrdf import ReconstructionMixin, register_model
    >>> @register_model
    ... class Linear(ReconstructionMixin, LinearRegression):
    ...     pass
    """
    if not (isinstance(model, type) and issubclass(model, BaseEstimator) and issubclass(model, ReconstructionMixin)):
        raise TypeError(
            f"model must be a class that inherits ReconstructionMixin and scikit-learn's BaseEstimator, got {model!r}."
        )
    name = model.__name__ if name is None else name
    registered = _registered.get(name)
    if name in _BUILT_IN or (registered is not None and _name_of(registered) != _name_of(model)):
        raise ValueError(f"name: a model called {name!r} exists already; give another name.")
    _registered[name] = model
    kinds: tuple[type, ...] = (model, *types)
    _trusted.update(map(_name_of, kinds))
    return model


def register_types(*types: type) -> None:
    """Register classes of your own, such as a solver or a prior, for :func:`~sklearn_wtrdf.load`.

    Parameters
    ----------
    *types : class
        Files may then contain objects of these classes, with any attributes.

    Examples
    --------
    >>> from sklearn_wtrdf import register_types
    >>> class Patient:
    ...     def solve(self, problem, init): ...
    >>> register_types(Patient)
    """
    _trusted.update(map(_name_of, types))


def models() -> list[str]:
    """Return the names of all models."""
    _register_installed()
    return sorted({*_BUILT_IN, *_registered})


def model_class(name: str) -> Any:
    """Return the class of a name, or raise a ValueError with the available names."""
    if name in _BUILT_IN:
        return resolve_name(_BUILT_IN[name])
    _register_installed()
    if name not in _registered:
        raise ValueError(f"{name!r} is not one of {', '.join(models())}.")
    return _registered[name]


def trusted_types() -> set[str]:
    """Return the full names of all classes registered by this program or by installed packages."""
    _register_installed()
    return set(_trusted)


@functools.cache
def _register_installed() -> None:
    for point in metadata.entry_points(group=_GROUP):
        try:
            register_model(point.load(), name=point.name)
        except Exception as error:  # any error concerns this package alone
            warnings.warn(f"The model {point.name!r} of {point.value} is not available: {error}", stacklevel=3)


def _name_of(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
