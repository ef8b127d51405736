"""Plots of g(r) with its band and its peaks, and of S_R(q) with its decomposition."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_is_fitted

from sklearn_wtrdf.base import predict_with_std
from sklearn_wtrdf.inversion import Decomposition
from sklearn_wtrdf.inversion.result import InversionResult
from sklearn_wtrdf.maxima import find_maxima, vertex
from sklearn_wtrdf.plotting.curves import check_index, curves_in_order, decomposition_by, label_axes, label_peaks
from sklearn_wtrdf.plotting.style import COLORS, LEGEND_ABOVE, LEVEL_LINE, color_of, figure_in_style, line_options
from sklearn_wtrdf.scattering.frame import read_material, read_r
from sklearn_wtrdf.scattering.sampling import HALF_WIDTH_90
from sklearn_wtrdf.scattering.validation import check_instance

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


class RDFDisplay:
    """Plot of g(r) with its band and its peaks, with a reference if there is one, and optionally of S_R(q) and its fit.

    Needs matplotlib. Create it by :meth:`from_estimator`, :meth:`from_result` or :meth:`from_predictions`.

    Parameters
    ----------
    r : array-like of shape (n_rows,)
        Distances [Å].
    y_true, y_pred : array-like of shape (n_rows,)
        Reference and reconstruction; `y_true` may be None.
    std : array-like of shape (n_rows,), default=None
        Standard deviation of `y_pred`.
    decomposition : Decomposition, default=None
        The decomposition of S_R, by :meth:`InversionRegressor.decompose`. If it is given, S_R is plotted too.
    n_peaks : int, default=2
        Number of peaks that are labelled with their positions. Maxima that rise by less than the band are no peaks.

    Attributes
    ----------
    ax_, residual_ax_ : matplotlib Axes
        Axes of g, and of its difference from the reference, which is None without a reference.
    axes_ : tuple of matplotlib Axes
        All axes: S_R and its residual, if it is plotted; g, and its difference from the reference, if there is one.
    figure_ : matplotlib Figure
    line_ : matplotlib Line2D
        The reconstruction.
    fit_, systematic_, excluded_, residual_ : matplotlib Line2D
        Lines of S_R, if it is plotted: the fit, the systematic error, the excluded points, and the residual of the
        others.
    labels_ : list of matplotlib Annotation
        The positions of the peaks, which overlap neither the curves nor each other at any size of the figure.

    See Also
    --------
    ReductionDisplay : The step before, from a scan to S(q).

    Examples
    --------
    >>> from sklearn_wtrdf import InversionRegressor, RDFDisplay
    >>> from sklearn_wtrdf.datasets import load_ag_ge_se
    >>> model = InversionRegressor().fit(*load_ag_ge_se(0, return_X_y=True))
    >>> display = RDFDisplay.from_estimator(model, *load_ag_ge_se(10, return_X_y=True))
    >>> display.ax_.get_ylabel()
    'g(r)'
    >>> display = RDFDisplay.from_estimator(model, *load_ag_ge_se(10, return_X_y=True), scattering=True)
    >>> [ax.get_ylabel() for ax in display.axes_]
    ['S_R (Å⁻¹)', 'residual (Å⁻¹)', 'g(r)', 'difference']
    """

    axes_: tuple[Axes, ...]

    def __init__(
        self,
        *,
        r: ArrayLike,
        y_true: ArrayLike | None,
        y_pred: ArrayLike,
        std: ArrayLike | None = None,
        decomposition: Decomposition | None = None,
        n_peaks: int = 2,
    ) -> None:
        self.r, self.y_true, self.y_pred, self.std = curves_in_order(r, y_true, y_pred, std)
        self.decomposition, self.n_peaks = decomposition, n_peaks

    @classmethod
    def from_estimator(
        cls,
        model: BaseEstimator,
        X: ArrayLike,
        y: ArrayLike | None = None,
        *,
        scattering: bool = False,
        number_density: float | None = None,
        material: int = 0,
        n_peaks: int = 2,
        ax: Axes | None = None,
        figure: Figure | SubFigure | None = None,
        **options: Any,
    ) -> Self:
        """Plot the g(r) that a model predicts for one material, with its band if the model has a standard deviation.

        Parameters
        ----------
        model : estimator
            A fitted regressor of this package.
        X : DataFrame or array-like of shape (n_rows, n_features)
            The rows of one material, or of several.
        y : array-like of shape (n_rows,), default=None
            The reference g(r), if there is one.
        scattering : bool, default=False
            Whether to plot S_R and its residual too. The fit is the decomposition of S_R by the model, if it has one,
            as InversionRegressor does. Otherwise it is the transform of g(r), which is assumed to be 0 below the first
            distance and 1 beyond the last.
        number_density : float, default=None
            ρ₀ [Å⁻³] for the transform to S_R, if neither X nor the model contains it.
        material : int, default=0
            Index of the material, in the order of first rows.
        n_peaks : int, default=2
            Number of peaks that are labelled.
        ax : matplotlib Axes, default=None
            Axes for g alone; a new figure if None.
        figure : matplotlib Figure or SubFigure, default=None
            Figure for all axes; a new figure if None. If it has no layout engine, it gets constrained layout.
        **options
            Options of the lines of the reconstruction and of the fit of S_R.

        Returns
        -------
        RDFDisplay

        Raises
        ------
        ValueError
            If X has no such material; with `scattering`, if X has no S_R, or no number density is known.
        """
        labels = read_material(X)
        materials = list(dict.fromkeys(labels.tolist()))
        check_index("material", material, len(materials))
        if len(materials) > 1:
            rows = np.flatnonzero(labels == materials[material])
            X, y = _safe_indexing(X, rows), None if y is None else np.asarray(y, dtype=float)[rows]
        check_is_fitted(model)
        r, (g, std) = read_r(X), predict_with_std(model, X)
        decomposition = decomposition_by(model, X, r, g, number_density) if scattering else None
        options = line_options({"color": color_of(model)}, options)
        return cls.from_predictions(
            r, y, g, std, decomposition=decomposition, n_peaks=n_peaks, ax=ax, figure=figure, **options
        )

    @classmethod
    def from_result(
        cls,
        result: InversionResult,
        r: ArrayLike,
        y: ArrayLike | None = None,
        *,
        scattering: bool = True,
        n_peaks: int = 2,
        ax: Axes | None = None,
        figure: Figure | SubFigure | None = None,
        **options: Any,
    ) -> Self:
        """Plot a result of :meth:`InversionRegressor.solve`.

        Parameters
        ----------
        result : InversionResult
            The solution of one pattern.
        r : array-like of shape (n_r,)
            Distances [Å].
        y : array-like of shape (n_r,), default=None
            The reference g(r), if there is one.
        scattering : bool, default=True
            Whether to plot S_R and its residual too.
        n_peaks : int, default=2
            Number of peaks that are labelled.
        ax : matplotlib Axes, default=None
            Axes for g alone; a new figure if None.
        figure : matplotlib Figure or SubFigure, default=None
            Figure for all axes; a new figure if None. If it has no layout engine, it gets constrained layout.
        **options
            Options of the lines of the reconstruction and of the fit of S_R.

        Returns
        -------
        RDFDisplay
        """
        check_instance("result", result, InversionResult)
        curve, decomposition = result.curve(r), result.decomposition if scattering else None
        return cls.from_predictions(
            r, y, curve.g, curve.std, decomposition=decomposition, n_peaks=n_peaks, ax=ax, figure=figure, **options
        )

    @classmethod
    def from_predictions(
        cls,
        r: ArrayLike,
        y_true: ArrayLike | None,
        y_pred: ArrayLike,
        std: ArrayLike | None = None,
        *,
        decomposition: Decomposition | None = None,
        n_peaks: int = 2,
        ax: Axes | None = None,
        figure: Figure | SubFigure | None = None,
        **options: Any,
    ) -> Self:
        """Plot an existing reconstruction.

        Parameters
        ----------
        r, y_true, y_pred, std, decomposition, n_peaks
            As for the class.
        ax : matplotlib Axes, default=None
            Axes for g alone; a new figure if None.
        figure : matplotlib Figure or SubFigure, default=None
            Figure for all axes; a new figure if None. If it has no layout engine, it gets constrained layout.
        **options
            Options of the lines of the reconstruction and of the fit of S_R.

        Returns
        -------
        RDFDisplay
        """
        display = cls(r=r, y_true=y_true, y_pred=y_pred, std=std, decomposition=decomposition, n_peaks=n_peaks)
        return display.plot(ax, figure=figure, **options)

    def plot(self, ax: Axes | None = None, *, figure: Figure | SubFigure | None = None, **options: Any) -> Self:
        """Plot g with its difference from the reference below, and S_R with its residual on the left.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes for g alone; a new figure if None.
        figure : matplotlib Figure or SubFigure, default=None
            Figure for all axes; a new figure if None. If it has no layout engine, it gets constrained layout.
        **options
            Options of the lines of the reconstruction and of the fit of S_R.

        Returns
        -------
        self : RDFDisplay

        Raises
        ------
        ValueError
            If `ax` is given together with `figure`, or if S_R is plotted too.
        """
        if ax is not None and figure is not None:
            raise ValueError("give either ax, for g(r) alone, or figure, for all axes.")
        if ax is not None and self.decomposition is not None:
            raise ValueError("ax: S_R, its residual and g(r) need separate axes; give figure instead.")
        options = line_options({"color": COLORS["ours"], "zorder": 3}, options)
        rows = 1 if self.y_true is None else 2
        if ax is not None:
            self._draw(ax, None if rows == 1 else ax.inset_axes((0, -0.32, 1, 0.26), sharex=ax), options)
            ax.legend()
            return self
        columns = 1 if self.decomposition is None else 2
        with figure_in_style(figure, 6.4 if columns == 1 else 9.6, 4.4) as figure:
            grid = figure.add_gridspec(2, columns, height_ratios=(5, 2), wspace=0.06)
            ax = figure.add_subplot(grid[: 3 - rows, -1])
            self._draw(ax, None if rows == 1 else figure.add_subplot(grid[1, -1], sharex=ax), options)
            if self.decomposition is not None:
                above = figure.add_subplot(grid[0, 0])
                below = figure.add_subplot(grid[1, 0], sharex=above)
                self._draw_scattering(self.decomposition, above, below, options)
                self.axes_ = above, below, *self.axes_
            ax.legend(**({"ncols": 3} | LEGEND_ABOVE if columns == 2 else {}))
            figure.align_ylabels()
        return self

    def _draw(self, ax: Axes, below: Axes | None, options: dict[str, Any]) -> None:
        self.ax_, self.figure_, self.residual_ax_ = ax, ax.figure, below
        self.axes_ = (ax,) if below is None else (ax, below)
        ax.axhline(1, **LEVEL_LINE)
        label_axes(ax, below, "r (Å)", "g(r)", "difference")
        (self.line_,) = ax.plot(self.r, self.y_pred, **{"label": "reconstruction"} | options)
        color, top = self.line_.get_color(), self.y_pred
        if self.std is not None:
            top = top + HALF_WIDTH_90 * self.std
            low = np.maximum(
                self.y_pred - HALF_WIDTH_90 * self.std, min(self.y_pred.min(), 0.0)
            )  # not below the smallest g of the model
            ax.fill_between(self.r, low, top, color=color, alpha=0.2, lw=0, label="90 % band")
        if self.y_true is not None and below is not None:
            ax.plot(self.r, self.y_true, color=COLORS["truth"], lw=1, ls=(0, (4, 2)), zorder=4, label="reference")
            top = np.maximum(top, self.y_true)
            below.plot(self.r, self.y_pred - self.y_true, color=color, lw=1)
        errors = None if self.std is None else partial(np.interp, xp=self.r, fp=self.std)
        maxima = find_maxima(self.r, self.y_pred, errors)
        positions = [vertex(maxima.r, maxima.g, shell) for shell in maxima.shells[: self.n_peaks]]
        self.labels_ = label_peaks(ax, self.r, top, positions)

    def _draw_scattering(self, decomposition: Decomposition, above: Axes, below: Axes, options: dict[str, Any]) -> None:
        label_axes(above, below, "q (Å⁻¹)", "S_R (Å⁻¹)", "residual (Å⁻¹)")
        q, included = decomposition.q, ~decomposition.excluded
        (points,) = above.plot(q[included], decomposition.s_r[included], ".", ms=3.5, color="0.5", label="S_R")
        systematic, has_systematic = decomposition.systematic, bool(decomposition.systematic.any())
        label = "fit" if has_systematic else "from g(r)"
        (self.fit_,) = above.plot(q, decomposition.structure + systematic, **{"label": label} | options)
        (self.systematic_,) = above.plot(q, systematic, lw=0.9, color=COLORS["errors"], label="systematic error")
        self.systematic_.set_visible(has_systematic)
        (self.excluded_,) = above.plot(
            q[~included], decomposition.s_r[~included], "x", color=COLORS["errors"], mew=1.5, label="excluded"
        )
        handles: list[Artist] = [points, self.fit_]
        handles += [self.systematic_] * has_systematic + [self.excluded_] * (not included.all())
        (self.residual_,) = below.plot(
            q[included], decomposition.residual[included], ".", ms=3.5, color=points.get_color()
        )
        if decomposition.noise is not None:
            handles.append(
                below.fill_between(q, -decomposition.noise, decomposition.noise, color="0.88", lw=0, label="± noise")
            )
        above.legend(handles=handles, ncols=len(handles), **LEGEND_ABOVE)
