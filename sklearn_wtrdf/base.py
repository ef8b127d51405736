"""The base classes of estimators: reading S_R(q) from X, and `reconstruct` for patterns outside of X."""

from __future__ import annotations

import contextlib
import copy
import inspect
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data
from tqdm import tqdm

from sklearn_wtrdf import consistency

if TYPE_CHECKING:
    from sklearn_wtrdf.inversion.result import InversionResult
from sklearn_wtrdf.scattering.frame import Scattering, read_scattering, rows_like
from sklearn_wtrdf.scattering.pattern import Pattern, checked_patterns
from sklearn_wtrdf.scattering.sampling import wrong_unit_of_r
from sklearn_wtrdf.scattering.validation import as_numbers, check_kind, check_q, check_r
from sklearn_wtrdf.utils import data_warnings, parallel
from sklearn_wtrdf.utils.text import quoted

Floats = NDArray[np.float64]

_MAX_COLUMNS = 1_000_000  # of X, far more than any grid of q has; a row of them takes 8 MB


class Reconstruction(NamedTuple):
    """The reconstruction of one pattern, as :meth:`ReconstructionMixin.reconstruct_pattern` returns it.

    Attributes
    ----------
    g : ndarray of shape (n_r,)
        Pair distribution function.
    std : ndarray of shape (n_r,) or None
        Its standard deviation; None if it was not requested or the model does not estimate it.
    number_density : float or None
        ρ₀ [Å⁻³], given or estimated by the model.
    warnings : sequence of Warning
        Warnings about the data and the model. They are not issued.
    result : InversionResult or None
        The complete solution, with peaks and the decomposition of S_R; None if the model is not an inversion.
    """

    g: Floats
    std: Floats | None
    number_density: float | None
    warnings: Sequence[Warning]
    result: InversionResult | None = None


class ReconstructionMixin:
    """Mixin that adds `reconstruct` to an estimator of scattering frames with `fit` and `predict`.

    All models of this package inherit it, and functions that take a model, such as
    :func:`~sklearn_wtrdf.reconstruct_files`, use no other methods. An estimator of your own inherits it before
    scikit-learn's classes. It may override `reconstruct_pattern`, which uses `predict` by default, `grid`, `provenance`
    and `check_state`, and declares its abilities by class attributes.

    Attributes
    ----------
    uses_std : bool
        Whether the model weights S_R by its standard deviations, so that X should contain them if they are known.
        Default: False.
    finds_density : bool
        Whether the model estimates the number density if it is unknown. Default: False.
    color : str
        Colour of the model's curves in plots, a name in ``sklearn_wtrdf.plotting.style.COLORS``. Default: ``"others"``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn_wtrdf import ReconstructionMixin
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> class Linear(ReconstructionMixin, LinearRegression):
    ...     pass
    >>> ge_se = load_ge_se()
    >>> model = Linear().fit(ge_se.data, ge_se.target)
    >>> model.reconstruct(ge_se.r, ge_se.q, np.stack([ge_se.s_r, 1.1 * ge_se.s_r])).shape
    (2, 58)
    """

    uses_std: ClassVar[bool] = False
    finds_density: ClassVar[bool] = False
    color: ClassVar[str] = "others"

    def reconstruct(
        self,
        r: ArrayLike,
        q: ArrayLike,
        s_r: ArrayLike,
        number_density: ArrayLike | None = None,
        *,
        std: ArrayLike | None = None,
        return_std: bool = False,
        n_jobs: int | None = None,
        verbose: bool = False,
    ) -> Floats | tuple[Floats, Floats]:
        """Reconstruct g(r) of one or many patterns; each result is that of `predict`.

        Parameters
        ----------
        r : array-like of shape (n_r,)
            Distances [Å], not negative.
        q : array-like of shape (n_q,)
            Scattering vector [Å⁻¹] of all patterns, strictly increasing. If it differs from :meth:`grid`, patterns are
            interpolated to that grid by cubic splines; it must cover the grid, up to one step.
        s_r : array-like of shape (n_q,) or (n_materials, n_q)
            Reduced structure factors [Å⁻¹].
        number_density : float or array-like of shape (n_materials,), default=None
            ρ₀ [Å⁻³]. It is necessary for models whose X had a number density, except InversionRegressor, which
            estimates it.
        std : array-like of shape (n_q,) or (n_materials, n_q), default=None
            Standard deviations of S_R [Å⁻¹], for models that weight by them; other models ignore them.
        return_std : bool, default=False
            Whether to return the standard deviation of g as well, if `predict` has this parameter.
        n_jobs : int, default=None
            Number of processes, at most one for each core; -1 uses all cores, and None a single process. Starting
            processes takes about a second.
        verbose : bool, default=False
            Whether to show a progress bar.

        Returns
        -------
        g : ndarray of shape (n_r,) or (n_materials, n_r)
            Pair distribution function.
        std : ndarray of the same shape
            Its standard deviation, only with `return_std`.

        Raises
        ------
        ValueError
            If an argument is invalid; the message names it.
        TypeError
            If `return_std` is True and the `predict` of the model does not have this parameter.

        Warns
        -----
        DataWarning
            If a pattern looks wrong.
        """
        return self._reconstruct(r, q, s_r, number_density, std, return_std, n_jobs, verbose)

    def reconstruct_pattern(self, pattern: Pattern, r: Floats, return_std: bool = False) -> Reconstruction:
        """Reconstruct one pattern that has been checked and interpolated to :meth:`grid`.

        Parameters
        ----------
        pattern : Pattern
            S_R(q) with its standard deviation and the number density, if they are known.
        r : ndarray of shape (n_r,)
            Distances [Å].
        return_std : bool, default=False
            Whether to return the standard deviation of g.

        Returns
        -------
        Reconstruction
        """
        model: Any = self
        if getattr(self, "s_r", None) is not None:  # fitted on r alone
            model = copy.copy(self)
            model.q, model.s_r = pattern.q, pattern.s_r
        X = rows_like(model.n_features_in_, _names(self), r, pattern)
        options = {"return_std": True} if return_std and _has_std(self) else {}
        with data_warnings.record_warnings() as caught:
            predicted = model.predict(X, **options)
        g, spread = predicted if options else (predicted, None)
        return Reconstruction(g, spread, pattern.number_density, caught)

    def grid(self, q: ArrayLike) -> Floats:
        """Return the q grid [Å⁻¹] to which a pattern that was measured at q is interpolated; by default that of `fit`.

        Parameters
        ----------
        q : array-like of shape (n_q,)
            Scattering vector of the pattern [Å⁻¹].

        Returns
        -------
        q : ndarray
        """
        check_is_fitted(self)
        if (own := getattr(self, "q_", None)) is not None:
            return np.asarray(own)
        model: Any = self
        given = {"q": getattr(self, "q", None), "s_r": getattr(self, "s_r", None)}
        return read_scattering(np.ones((1, model.n_features_in_)), _names(self), **given).q

    def provenance(self) -> dict[str, object]:
        """Return the entries on the model in the header of a .gr file: its class, and parameters of simple types.

        Returns
        -------
        entries : dict
            Values by name.
        """
        params: dict[str, Any] = cast(BaseEstimator, self).get_params(deep=False)
        plain = {name: value for name, value in params.items() if isinstance(value, float | int | bool | str)}
        return {"model": type(self).__name__, **plain}

    def check_state(self) -> None:
        """Raise an error unless the fitted attributes are valid. :func:`~sklearn_wtrdf.load` calls this method.

        It checks parameters and grids, and predicts one row. Models whose `predict` is slow override it.
        """
        self._check_grids()
        model: Any = self
        X = np.ones((1, model.n_features_in_))
        names = _names(self)
        with data_warnings.record_warnings():
            g = np.asarray(model.predict(X if names is None else pd.DataFrame(X, columns=names)))
        if g.shape != (1,) or not np.isfinite(g).all():
            raise ValueError(f"predict gives {g!r} for one row")

    def _check_grids(self) -> None:
        """Raise unless parameters, grids and names of columns are valid and consistent."""
        check_is_fitted(self)
        model: Any = self
        if hasattr(model, "_parameter_constraints"):
            model._validate_params()
        names = _names(self)
        check_n_features(model)
        if hasattr(model, "r_"):
            check_r(model.r_)
        if hasattr(model, "q_"):
            q, s_r = getattr(self, "q", None), getattr(self, "s_r", None)
            grid = read_scattering(np.ones((1, model.n_features_in_)), names, q=q, s_r=s_r).q
            if not np.array_equal(check_q(model.q_), grid):
                raise ValueError("q_ is not the grid of the columns")

    def _reconstruct(
        self,
        r: ArrayLike,
        q: ArrayLike,
        s_r: ArrayLike,
        number_density: ArrayLike | None,
        std: ArrayLike | None,
        return_std: bool,
        n_jobs: int | None,
        verbose: bool,
    ) -> Floats | tuple[Floats, Floats]:
        check_is_fitted(self)
        if return_std and not _has_std(self):
            raise TypeError(
                f"return_std: {type(self).__name__} does not estimate the standard deviation of g(r); leave it out."
            )
        r, q = check_r(r), check_q(q)
        warn_of_r(r, q)
        patterns, grid = checked_patterns(q, s_r, number_density, std), self.grid(q)
        tasks = [pattern.on(grid) for pattern in patterns]
        n = parallel.n_workers(n_jobs, len(tasks))
        solve = partial(_solve, self, r, return_std)
        results: list[Reconstruction] = []
        with tqdm(total=len(tasks), disable=not verbose, unit="pattern") as progress:
            for chunk in parallel.map_tasks(solve, parallel.chunks(tasks, n), n):
                results += chunk
                progress.update(len(chunk))
        data_warnings.warn([result.warnings for result in results])
        shape = *np.shape(s_r)[:-1], r.size
        g = np.array([result.g for result in results]).reshape(shape)
        if not return_std:
            return g
        if any(result.std is None for result in results):
            raise ValueError(
                f"return_std: {type(self).__name__} computes it from std, the standard deviations of S_R: give them."
            )
        return g, np.array([result.std for result in results]).reshape(shape)


def _solve(model: Any, r: Floats, return_std: bool, patterns: Sequence[Pattern]) -> list[Reconstruction]:
    results = (model.reconstruct_pattern(pattern, r, return_std) for pattern in patterns)
    return [result._replace(result=None) for result in results]  # results of many patterns would take much memory


def warn_of_r(r: Floats, q: Floats) -> None:
    """Warn of distances that seem to be in nm or pm."""
    if message := wrong_unit_of_r(r, q):
        data_warnings.warn([[data_warnings.DataWarning(message)]])


def check_n_features(model: Any) -> None:
    """Raise unless the number of columns that an estimator was fitted on is valid, and equal to that of their names."""
    n, names = model.n_features_in_, _names(model)
    if not isinstance(n, int | np.integer) or not 1 <= n <= _MAX_COLUMNS:
        raise ValueError(f"n_features_in_ is {n!r}")
    if names is not None and (np.shape(names) != (n,) or not all(isinstance(name, str) for name in names)):
        raise ValueError(f"n_features_in_ is {n}, but feature_names_in_ does not have {n} names")


def _names(model: Any) -> Sequence[str] | None:
    names: Sequence[str] | None = getattr(model, "feature_names_in_", None)
    return names


_NO_TARGET = "no_validation"  # the default of y in scikit-learn's validate_data: X alone; None stands for a missing y


def validated_data(model: Any, X: Any, y: Any = _NO_TARGET, **options: Any) -> Any:
    """Return X, and y where there is one, in double precision, checked by scikit-learn.

    Input that scikit-learn would convert to numbers, or refuse with a message of many lines, is refused first with a
    message of one line: dates, booleans and text in y, complex values, and masked arrays. For text and NaN in X, the
    message names the column.
    """
    check_kind("X", X, refused="cmMV")  # features of a network may be booleans
    if not (y is None or y is _NO_TARGET):
        y = as_numbers("y", y)
    try:
        return validate_data(model, X, y, dtype=np.float64, **options)
    except ValueError as error:
        problem = str(error).partition("\n")[0].rstrip(".")
        if column := _column_without_numbers(X):
            raise ValueError(f"X, column {column}: {problem}; leave such points or rows out.") from None
        if problem.startswith("could not convert"):
            raise ValueError(f"X must be numbers: {problem}.") from None
        raise


def _column_without_numbers(X: Any) -> str:
    """Return the name of the first column of a frame in which not all values are finite numbers, or an empty text."""
    for i, name in enumerate(X.columns if isinstance(X, pd.DataFrame) else []):
        try:
            if np.isfinite(np.asarray(X.iloc[:, i], dtype=float)).all():
                continue
        except (TypeError, ValueError):
            pass
        return quoted(name)
    return ""


def predict_with_std(model: Any, X: Any) -> tuple[Floats, Floats | None]:
    """Return g and its standard deviation, or None if the model does not estimate that of these rows."""
    if _has_std(model):
        with contextlib.suppress(ValueError):  # it may need columns std(q), which X does not have
            g, std = model.predict(X, return_std=True)
            return g, std
    return model.predict(X), None


def _has_std(model: Any) -> bool:
    return "return_std" in inspect.signature(model.predict).parameters


class ScatteringRegressor(ReconstructionMixin, RegressorMixin, BaseEstimator):
    """A regressor of scattering frames, or of r alone with its own `q` and `s_r`."""

    q: ArrayLike | None
    s_r: ArrayLike | None

    def _store_composition(self, X: Any) -> None:
        """Store the composition of the training materials that is in the attributes of a frame."""
        self.composition_: str | None = getattr(X, "attrs", {}).get("composition")

    def _read(self, X: NDArray[np.float64]) -> Scattering:
        names = _names(self)
        scattering = read_scattering(X, names, q=self.q, s_r=self.s_r)
        if names is not None or (np.diff(scattering.r) >= 0).all():  # other arrays may be any table
            warn_of_r(scattering.r, scattering.q)
        return scattering

    def _scattering(self, X: ArrayLike) -> Scattering:
        """Return the patterns and distances in an X for a fitted model."""
        check_is_fitted(self)
        return self._read(validated_data(self, X, reset=False))

    def _check(self, scattering: Scattering, new: bool = False) -> list[list[data_warnings.DataWarning]]:
        """Return the warnings about each training material or new material, in the order of their rows."""
        check = self._check_new if new else self._check_given
        return check([pattern for pattern, _ in scattering.in_order()])

    def _check_given(self, patterns: Sequence[Pattern]) -> list[list[data_warnings.DataWarning]]:
        """Return the warnings about each of several patterns on one grid."""
        return consistency.check_patterns(patterns)

    def _check_new(self, patterns: Sequence[Pattern]) -> list[list[data_warnings.DataWarning]]:
        """Return the warnings about materials that the model was not fitted to."""
        return self._check_given(patterns)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # of tables that are not scattering data
        return tags
