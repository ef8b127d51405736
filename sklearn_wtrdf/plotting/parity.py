"""Plot of predicted against true g."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from sklearn_wtrdf.plotting.style import COLORS, axes_in_style
from sklearn_wtrdf.scattering.validation import as_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class ParityDisplay:
    """Plot of predicted against true g: a point for each row, and a colour for each material.

    Needs matplotlib. Create it by :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    y_true, y_pred : ndarray of shape (n_rows,)
        Reference and prediction.
    groups : array-like of shape (n_rows,), default=None
        The material of each row.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the plot.
    figure_ : matplotlib Figure
        Figure that contains the axes.
    points_ : list of matplotlib PathCollection
        The points of each material, labelled with its mean absolute error.

    Examples
    --------
    >>> from sklearn_wtrdf import InversionRegressor, ParityDisplay
    >>> from sklearn_wtrdf.datasets import load_ag_ge_se
    >>> model = InversionRegressor().fit(*load_ag_ge_se(0, return_X_y=True))
    >>> glasses = load_ag_ge_se([5, 25])
    >>> display = ParityDisplay.from_estimator(model, glasses.data, glasses.target, groups=glasses.groups)
    >>> len(display.points_)
    2
    """

    def __init__(self, *, y_true: ArrayLike, y_pred: ArrayLike, groups: ArrayLike | None = None) -> None:
        self.y_true, self.y_pred = np.asarray(y_true, dtype=float), np.asarray(y_pred, dtype=float)
        self.groups: NDArray[Any] = np.full(self.y_true.shape, "all rows") if groups is None else np.asarray(groups)

    @classmethod
    def from_estimator(
        cls,
        model: BaseEstimator,
        X: ArrayLike,
        y: ArrayLike,
        *,
        groups: ArrayLike | None = None,
        ax: Axes | None = None,
        **scatter_options: Any,
    ) -> Self:
        """Plot the predictions of a model.

        Parameters
        ----------
        model : estimator
            A fitted regressor.
        X : DataFrame or array-like of shape (n_rows, n_features)
            The rows of any number of materials.
        y : array-like of shape (n_rows,)
            Reference g(r).
        groups : array-like of shape (n_rows,), default=None
            The material of each row.
        ax : matplotlib Axes, default=None
            Axes of the plot; a new figure if None.
        **scatter_options
            Options of :meth:`matplotlib.axes.Axes.scatter`.

        Returns
        -------
        ParityDisplay
        """
        return cls.from_predictions(y, model.predict(X), groups=groups, ax=ax, **scatter_options)

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        groups: ArrayLike | None = None,
        ax: Axes | None = None,
        **scatter_options: Any,
    ) -> Self:
        """Plot given predictions.

        Parameters
        ----------
        y_true, y_pred, groups
            As for the class.
        ax : matplotlib Axes, default=None
            Axes of the plot; a new figure if None.
        **scatter_options
            Options of :meth:`matplotlib.axes.Axes.scatter`.

        Returns
        -------
        ParityDisplay
        """
        y_true, y_pred = as_numbers("y_true", y_true), as_numbers("y_pred", y_pred)
        if y_true.shape != y_pred.shape:
            raise ValueError(f"y_true and y_pred must have equal lengths, got shapes {y_true.shape}, {y_pred.shape}.")
        return cls(y_true=y_true, y_pred=y_pred, groups=groups).plot(ax, **scatter_options)

    def plot(self, ax: Axes | None = None, **scatter_options: Any) -> Self:
        """Plot the points and the line of equality.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes of the plot; a new figure if None.
        **scatter_options
            Options of :meth:`matplotlib.axes.Axes.scatter`.

        Returns
        -------
        self : ParityDisplay
        """
        with axes_in_style(ax, 5, 5) as ax:
            self.ax_, self.figure_, self.points_ = ax, ax.figure, []
            colors = list(COLORS.values())
            for i, name in enumerate(dict.fromkeys(self.groups.tolist())):
                rows = self.groups == name
                error = np.abs(self.y_true[rows] - self.y_pred[rows]).mean()
                options: dict[str, Any] = {"color": colors[i % len(colors)], "s": 14, "alpha": 0.8} | scatter_options
                label = f"{name}: MAE {error:.3f}"
                self.points_.append(ax.scatter(self.y_true[rows], self.y_pred[rows], label=label, **options))
            ends = [min(self.y_true.min(), self.y_pred.min()), max(self.y_true.max(), self.y_pred.max())]
            ax.plot(ends, ends, color="black", lw=0.8, zorder=0)
            ax.set(xlabel="reference g", ylabel="predicted g", aspect="equal")
            ax.legend()
        return self
