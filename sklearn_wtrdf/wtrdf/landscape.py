"""The landscape of the loss, and the response of a calibrated model to single shells of atoms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from sklearn_wtrdf.scattering.validation import check_instance
from sklearn_wtrdf.utils.device import need_torch, one_torch_thread, torch_device
from sklearn_wtrdf.utils.text import quoted
from sklearn_wtrdf.utils.threads import single_thread
from sklearn_wtrdf.wtrdf import wavelet
from sklearn_wtrdf.wtrdf.regressor import WTRDFRegressor
from sklearn_wtrdf.wtrdf.solvers.variable_projection import profile

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Landscape:
    """The lowest loss at each (a, b), as :func:`~sklearn_wtrdf.landscape` returns it.

    Attributes
    ----------
    a : ndarray of shape (n_a,)
        Dilations.
    b : ndarray of shape (n_b,)
        Translations.
    loss : ndarray of shape (n_a, n_b)
        The loss with Λ, K_f and C̃ at their optimum within the bounds.
    params : dict
        The calibrated parameters of the model.
    """

    a: Floats
    b: Floats
    loss: Floats
    params: dict[str, float]


@dataclass(frozen=True)
class ShellResponse:
    """The response of a model to single shells of atoms, as :func:`~sklearn_wtrdf.shell_response` returns it.

    Attributes
    ----------
    r0 : ndarray of shape (n_shells,)
        True distance of each shell [Å].
    r : ndarray of shape (n_shells,)
        Distance at which the shell appears in the g of the model [Å].
    height : ndarray of shape (n_shells,)
        Height of g at that distance, above its median.
    """

    r0: Floats
    r: Floats
    height: Floats


def shell_response(model: WTRDFRegressor, r0: ArrayLike, *, width: float = 0.1) -> ShellResponse:
    """Compute the distances and heights at which single shells of atoms appear in the g(r) of a model.

    Parameters
    ----------
    model : WTRDFRegressor
        A fitted model.
    r0 : float or array-like of shape (n_shells,)
        Distances of the shells [Å], positive. The pattern of each is S_R = sin(q r₀) exp(−width² q² / 2).
    width : float, default=0.1
        Standard deviation of the distances in a shell [Å].

    Returns
    -------
    ShellResponse

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the model is not fitted.
    ValueError
        If a distance is not positive and finite, or `width` is negative.

    Examples
    --------
    >>> from sklearn_wtrdf import WTRDFRegressor, shell_response
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> from sklearn_wtrdf.wtrdf.wavelet import PUBLISHED
    >>> fixed = {name: (value, value) for name, value in PUBLISHED.items()}
    >>> model = WTRDFRegressor(fixed).fit(*load_ge_se(return_X_y=True))
    >>> shell_response(model, [2.36, 3.87]).r.round(1)
    array([1.4, 2.4])
    """
    check_is_fitted(model)
    shells = np.atleast_1d(np.asarray(r0, dtype=float))
    if shells.ndim != 1 or not (np.isfinite(shells).all() and (shells > 0).all()):
        raise ValueError(f"r0 must be one positive distance or several, got {quoted(r0)}.")
    if not (np.isfinite(width) and width >= 0):
        raise ValueError(f"width must be finite and not negative, got {quoted(width)}.")
    responses = [wavelet.shell_response(model.q_, shell, **model.params_, width=width) for shell in shells]
    r, height = np.array(responses).T
    return ShellResponse(shells, r, height)


@single_thread
def losses(
    model: WTRDFRegressor,
    X: ArrayLike,
    y: ArrayLike,
    params: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    device: str = "cpu",
) -> Floats:
    """Evaluate the loss of a model for many sets of parameters at once.

    The computation uses torch, on a GPU if `device` is one, and agrees with the loss of the model to 1e-8.

    Parameters
    ----------
    model : WTRDFRegressor
        A fitted model, whose `peak_weight` and `peaks` define the loss.
    X, y
        The data, as in :meth:`WTRDFRegressor.fit`.
    params : DataFrame or array-like of shape (n_sets, 5)
        a, b, K_f, C̃ and Λ of each set, as columns with the names of the parameters or in this order; a must be
        positive.
    sample_weight : array-like of shape (n_rows,), default=None
        As in :meth:`WTRDFRegressor.fit`.
    device : {"cpu", "cuda", "auto"}, default="cpu"
        Device on which torch computes; ``"auto"`` is a GPU if there is one.

    Returns
    -------
    losses : ndarray of shape (n_sets,)
        The loss for each set.

    Raises
    ------
    ImportError
        If torch or skorch is not installed: ``pip install "sklearn-wtrdf[torch]"``.
    ValueError
        If `params` are invalid, or there is no GPU for ``device="cuda"``.

    See Also
    --------
    landscape : The loss over a and b alone, with the other three parameters optimized.

    Examples
    --------
    >>> from sklearn_wtrdf import WTRDFRegressor, losses
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> from sklearn_wtrdf.wtrdf.wavelet import MANUAL, PUBLISHED
    >>> X, y = load_ge_se(return_X_y=True)
    >>> model = WTRDFRegressor().fit(X, y)
    >>> losses(model, X, y, [list(MANUAL.values()), list(PUBLISHED.values())]).round(3)
    array([0.573, 0.35 ])
    """
    check_instance("model", model, WTRDFRegressor)
    check_is_fitted(model)
    problem = model.calibration_problem(X, y, sample_weight)
    theta = _sets_of_parameters(params)
    need_torch("losses")
    from sklearn_wtrdf.wtrdf.solvers import _torch_twin

    with one_torch_thread():
        return _torch_twin.losses(problem, theta, torch_device(device))


def _sets_of_parameters(params: ArrayLike) -> Floats:
    names = list(wavelet.PARAMETERS)
    if isinstance(params, pd.DataFrame):
        if missing := [name for name in names if name not in params]:
            raise ValueError(f"params has no column {', '.join(missing)}: it needs {', '.join(names)}.")
        params = params[names]
    theta = np.asarray(params, dtype=float)
    if theta.ndim != 2 or theta.shape[1] != len(names) or len(theta) == 0:
        raise ValueError(f"params must be of shape (n_sets, 5), {', '.join(names)} in each; got {theta.shape}.")
    if not (np.isfinite(theta).all() and (theta[:, 0] > 0).all()):
        raise ValueError("params must be finite, and a, the first column, positive.")
    return theta


@single_thread
def landscape(
    model: WTRDFRegressor,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
) -> Landscape:
    """Evaluate the loss of a model over a and b, with the other three parameters optimized.

    Parameters
    ----------
    model : WTRDFRegressor
        A fitted model, whose `peak_weight`, `peaks` and bounds are used.
    X, y, sample_weight
        The data, as in :meth:`WTRDFRegressor.fit`.
    a : array-like of shape (n_a,), default=None
        Values of a, positive. None is 160 values within the bounds of the model, evenly spaced in their logarithm.
    b : array-like of shape (n_b,), default=None
        Values of b. None is 160 values within the bounds of the model, evenly spaced.

    Returns
    -------
    Landscape

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the model is not fitted.
    TypeError
        If `model` is not a WTRDFRegressor.
    ValueError
        If the data are invalid for `fit`, or `a` or `b` is not a grid of finite values, positive ones for `a`.

    Examples
    --------
    >>> from sklearn_wtrdf import WTRDFRegressor, landscape
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> X, y = load_ge_se(return_X_y=True)
    >>> model = WTRDFRegressor().fit(X, y)
    >>> result = landscape(model, X, y, a=[0.4, 0.6, 0.8], b=[4.0, 8.0, 12.0, 16.0])
    >>> result.loss.shape
    (3, 4)
    >>> bool((result.loss > model.loss_).all())
    True
    """
    check_instance("model", model, WTRDFRegressor)
    check_is_fitted(model)
    problem = model.calibration_problem(X, y, sample_weight)
    (a_min, a_max), (b_min, b_max) = problem.bounds[:2]
    a = np.geomspace(a_min, a_max, 160) if a is None else np.asarray(a, dtype=float)
    b = np.linspace(b_min, b_max, 160) if b is None else np.asarray(b, dtype=float)
    if a.ndim != 1 or not (np.isfinite(a).all() and (a > 0).all()):
        raise ValueError(f"a must be one-dimensional, finite and positive, got {quoted(a)}.")
    if b.ndim != 1 or not np.isfinite(b).all():
        raise ValueError(f"b must be one-dimensional and finite, got {quoted(b)}.")
    return Landscape(a, b, profile(problem, a, b), model.params_)
