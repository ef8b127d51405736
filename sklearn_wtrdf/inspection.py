"""Looking into a calibrated model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from sklearn_wtrdf.estimators import WTRDFRegressor
from sklearn_wtrdf.solvers.variable_projection import profile

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Landscape:
    """The least loss at each (a, b).

    Attributes
    ----------
    a : ndarray of shape (n_a,)
    b : ndarray of shape (n_b,)
    loss : ndarray of shape (n_a, n_b)
        Where Λ, K_f and C̃ are the best within their bounds.
    params : dict
        The calibrated parameters of the model.
    """

    a: Floats
    b: Floats
    loss: Floats
    params: dict[str, float]


def landscape(
    model: WTRDFRegressor,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
) -> Landscape:
    """Evaluate the loss that a model minimizes over a and b, with the other three parameters at their best.

    Parameters
    ----------
    model : WTRDFRegressor
        A fitted model, whose loss and bounds are taken.
    X, y, sample_weight
        The data, as in :meth:`WTRDFRegressor.fit`.
    a : array-like of shape (n_a,), default=None
        Values of a, positive. None takes 160 over the bounds of the model, evenly spaced in their logarithm.
    b : array-like of shape (n_b,), default=None
        Values of b. None takes 160 over the bounds of the model.

    Returns
    -------
    Landscape

    Examples
    --------
    >>> from sklearn_wtrdf import WTRDFRegressor, landscape
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> X, y = load_ge_se(return_X_y=True)
    >>> model = WTRDFRegressor().fit(X, y)
    >>> scape = landscape(model, X, y, a=[0.4, 0.6, 0.8], b=[4.0, 8.0, 12.0, 16.0])
    >>> scape.loss.shape
    (3, 4)
    >>> bool((scape.loss > model.loss_).all())
    True
    """
    check_is_fitted(model)
    problem = model.calibration_problem(X, y, sample_weight)
    (a_min, a_max), (b_min, b_max) = problem.bounds[:2]
    a = np.geomspace(a_min, a_max, 160) if a is None else np.asarray(a, dtype=float)
    b = np.linspace(b_min, b_max, 160) if b is None else np.asarray(b, dtype=float)
    if a.ndim != 1 or not (np.isfinite(a).all() and (a > 0).all()):
        raise ValueError(f"a must be one-dimensional, finite and positive, got {a!r}.")
    if b.ndim != 1 or not np.isfinite(b).all():
        raise ValueError(f"b must be one-dimensional and finite, got {b!r}.")
    return Landscape(a, b, profile(problem, a, b), model.params_)
