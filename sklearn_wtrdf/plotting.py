"""Displays: pictures of a model, in the manner of scikit-learn's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_is_fitted

from sklearn_wtrdf.estimators import InversionRegressor, Reduction, WTRDFRegressor
from sklearn_wtrdf.estimators._scattering import predict_with_std
from sklearn_wtrdf.inspection import Landscape, landscape
from sklearn_wtrdf.inversion import Explanation
from sklearn_wtrdf.peaks import find_peaks, peak_positions
from sklearn_wtrdf.reduction import Reduced
from sklearn_wtrdf.scattering import read_material, read_r
from sklearn_wtrdf.wavelet import MANUAL, PUBLISHED

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

Floats = NDArray[np.float64]

_ABOVE: dict[str, Any] = {  # a legend above its axes, where it hides no curve
    "loc": "lower center",
    "bbox_to_anchor": (0.5, 1.0),
    "frameon": False,
    "fontsize": "small",
}


class LandscapeDisplay:
    """The loss over a and b, with the minimum and the paper's parameters on it.

    Needs matplotlib. Create it by :meth:`from_estimator`.

    Parameters
    ----------
    landscape : Landscape
        What :func:`~sklearn_wtrdf.landscape` returns.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    mesh_ : matplotlib QuadMesh
    points_ : list of matplotlib artists
        The calibrated model, WT-RDF and WT-RDF+, those of them that lie on the picture.

    Examples
    --------
    >>> from sklearn_wtrdf import LandscapeDisplay, WTRDFRegressor
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> X, y = load_ge_se(return_X_y=True)
    >>> model = WTRDFRegressor().fit(X, y)
    >>> display = LandscapeDisplay.from_estimator(model, X, y, a=[0.3, 0.6, 1.2], b=[4.0, 10.0, 16.5])
    >>> display.ax_.get_xlabel()
    'dilation a'
    """

    def __init__(self, landscape: Landscape) -> None:
        self.landscape = landscape

    @classmethod
    def from_estimator(
        cls,
        model: WTRDFRegressor,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        a: ArrayLike | None = None,
        b: ArrayLike | None = None,
        ax: Axes | None = None,
        **mesh_options: Any,
    ) -> Self:
        """Evaluate the landscape of a fitted model and plot it.

        Parameters
        ----------
        model, X, y, sample_weight, a, b
            As in :func:`~sklearn_wtrdf.landscape`.
        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.
        **mesh_options
            For :meth:`matplotlib.axes.Axes.pcolormesh`.

        Returns
        -------
        LandscapeDisplay
        """
        return cls(landscape(model, X, y, sample_weight, a=a, b=b)).plot(ax, **mesh_options)

    def plot(self, ax: Axes | None = None, **mesh_options: Any) -> Self:
        """Plot the landscape.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.
        **mesh_options
            For :meth:`matplotlib.axes.Axes.pcolormesh`.

        Returns
        -------
        self : LandscapeDisplay
        """
        ax = _new_axes(6.4, 4.4) if ax is None else ax
        a, b = self.landscape.a, self.landscape.b
        options: dict[str, Any] = {"cmap": "viridis_r", "shading": "nearest", "rasterized": True} | mesh_options
        self.ax_, self.figure_ = ax, ax.figure
        self.mesh_ = ax.pcolormesh(a, b, self.landscape.loss.T, **options)
        ax.figure.colorbar(self.mesh_, ax=ax, label="least loss")
        points: list[tuple[str, dict[str, float], dict[str, Any]]] = [
            ("this fit", self.landscape.params, {"marker": "*", "s": 160, "color": "#D55E00"}),
            ("WT-RDF (published)", MANUAL, {"marker": "o", "s": 40, "color": "white"}),
            ("WT-RDF+ (published)", PUBLISHED, {"marker": "D", "s": 36, "color": "#56B4E9"}),
        ]
        self.points_ = [
            ax.scatter(params["a"], params["b"], label=name, edgecolors="black", linewidths=0.8, zorder=3, **style)
            for name, params, style in points
            if a.min() <= params["a"] <= a.max() and b.min() <= params["b"] <= b.max()
        ]
        ax.set(xlabel="dilation a", ylabel="translation b", xscale="log")
        ax.set_xticks(ticks := [tick for tick in (0.1, 0.2, 0.3, 0.5, 0.7, 1, 2) if a.min() <= tick <= a.max()])
        ax.set_xticklabels([f"{tick:g}" for tick in ticks])
        ax.minorticks_off()
        ax.set_xlim(a.min(), a.max())
        ax.set_ylim(b.min(), b.max())
        if self.points_:
            ax.legend(ncols=3, **_ABOVE)
        return self


class RDFDisplay:
    """A reconstructed g(r) beside the reference, with its band, its peaks and the residual below.

    Needs matplotlib. Create it by :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    r : ndarray of shape (n_rows,)
        Distances [Å].
    y_true, y_pred : ndarray of shape (n_rows,)
        Reference and reconstruction; `y_true` may be None.
    std : ndarray of shape (n_rows,), default=None
        Standard deviation of `y_pred`.

    Attributes
    ----------
    ax_, residual_ax_ : matplotlib Axes
        `residual_ax_` is None without a reference.
    figure_ : matplotlib Figure
    line_ : matplotlib Line2D
        The reconstruction.

    Examples
    --------
    >>> from sklearn_wtrdf import InversionRegressor, RDFDisplay
    >>> from sklearn_wtrdf.datasets import load_ag_ge_se
    >>> model = InversionRegressor().fit(*load_ag_ge_se(0, return_X_y=True))
    >>> display = RDFDisplay.from_estimator(model, *load_ag_ge_se(10, return_X_y=True))
    >>> display.ax_.get_ylabel()
    'g(r)'
    """

    def __init__(
        self, *, r: ArrayLike, y_true: ArrayLike | None, y_pred: ArrayLike, std: ArrayLike | None = None
    ) -> None:
        self.r, self.y_true, self.y_pred, self.std = _curves(r, y_true, y_pred, std)

    @classmethod
    def from_estimator(
        cls,
        model: BaseEstimator,
        X: ArrayLike,
        y: ArrayLike | None = None,
        *,
        ax: Axes | None = None,
        **line_options: Any,
    ) -> Self:
        """Predict one material and plot it, with a band where the model has a standard deviation.

        Parameters
        ----------
        model : estimator
            A fitted regressor of this package.
        X : DataFrame or array-like of shape (n_rows, n_features)
            The rows of one material.
        y : array-like of shape (n_rows,), default=None
            Its reference g(r), where there is one.
        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.
        **line_options
            For the line of the reconstruction.

        Returns
        -------
        RDFDisplay
        """
        g, std = predict_with_std(model, X)
        return cls.from_predictions(read_r(X), y, g, std, ax=ax, **line_options)

    @classmethod
    def from_predictions(
        cls,
        r: ArrayLike,
        y_true: ArrayLike | None,
        y_pred: ArrayLike,
        std: ArrayLike | None = None,
        *,
        ax: Axes | None = None,
        **line_options: Any,
    ) -> Self:
        """Plot a reconstruction that is there already.

        Parameters
        ----------
        r, y_true, y_pred, std
            As for the class.
        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.
        **line_options
            For the line of the reconstruction.

        Returns
        -------
        RDFDisplay
        """
        return cls(r=r, y_true=y_true, y_pred=y_pred, std=std).plot(ax, **line_options)

    def plot(self, ax: Axes | None = None, **line_options: Any) -> Self:
        """Plot the curves, and their difference below.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.
        **line_options
            For the line of the reconstruction.

        Returns
        -------
        self : RDFDisplay
        """
        ax = _new_axes(6.4, 4.8) if ax is None else ax
        self.ax_, self.figure_, self.residual_ax_ = ax, ax.figure, None
        options: dict[str, Any] = {"color": "#0072B2", "label": "reconstruction"} | line_options
        (self.line_,) = ax.plot(self.r, self.y_pred, zorder=3, **options)
        top = self.y_pred
        if self.std is not None:
            top = _fill_band(ax, self.r, self.y_pred, self.std, self.line_.get_color())
        for position, k in zip(peak_positions(self.r, self.y_pred), find_peaks(self.r, self.y_pred), strict=True):
            ax.annotate(
                f"{position:.2f} Å",
                (position, top[k]),
                (0, 5),
                textcoords="offset points",
                ha="center",
                fontsize="small",
            )
        ax.margins(y=0.12)
        ax.set(ylabel="g(r)")
        if self.y_true is None:
            ax.set_xlabel("r (Å)")
        else:
            ax.plot(self.r, self.y_true, color="black", lw=1, label="reference")
            below = ax.inset_axes((0, -0.32, 1, 0.26), sharex=ax)
            below.axhline(0, color="black", lw=0.8)
            below.plot(self.r, self.y_pred - self.y_true, color=self.line_.get_color(), lw=1)
            below.set(xlabel="r (Å)", ylabel="difference")
            below.spines[["top", "right"]].set_visible(False)
            ax.tick_params(labelbottom=False)
            self.residual_ax_ = below
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(frameon=False, fontsize="small")
        return self


class InversionDisplay:
    """What an inversion makes of S_R(q): its fit and what is left of it, and g(r) with its band beside them.

    Needs matplotlib. Create it by :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    explanation : Explanation
        What S_R consists of, as :meth:`InversionRegressor.explain` says it.
    r : ndarray of shape (n_rows,)
        Distances [Å].
    y_true, y_pred : ndarray of shape (n_rows,)
        The known g, which may be None, and the one that was found.
    std : ndarray of shape (n_rows,), default=None
        Standard deviation of `y_pred`.
    noise : ndarray of shape (n_q,), default=None
        Standard deviation of S_R [Å⁻¹].

    Attributes
    ----------
    axes_ : tuple of three matplotlib Axes
        S_R, its residual and g.
    figure_ : matplotlib Figure
    fit_, slow_, left_out_, residual_, line_ : matplotlib Line2D
        What g and slow errors explain of S_R, the slow errors alone, the points that count for nothing, what remains of
        the others, and g.

    See Also
    --------
    RDFDisplay : g(r) of any model.

    Examples
    --------
    >>> from sklearn_wtrdf import InversionDisplay, InversionRegressor
    >>> from sklearn_wtrdf.datasets import load_ag_ge_se
    >>> model = InversionRegressor().fit(*load_ag_ge_se(0, return_X_y=True))
    >>> display = InversionDisplay.from_estimator(model, *load_ag_ge_se(10, return_X_y=True))
    >>> [ax.get_ylabel() for ax in display.axes_]
    ['S_R (Å⁻¹)', 'residual (Å⁻¹)', 'g(r)']
    """

    def __init__(
        self,
        *,
        explanation: Explanation,
        r: ArrayLike,
        y_true: ArrayLike | None,
        y_pred: ArrayLike,
        std: ArrayLike | None = None,
        noise: ArrayLike | None = None,
    ) -> None:
        self.explanation = explanation
        self.r, self.y_true, self.y_pred, self.std = _curves(r, y_true, y_pred, std)
        self.noise = None if noise is None else np.asarray(noise, dtype=float)
        if self.noise is not None and self.noise.shape != explanation.q.shape:
            raise ValueError(
                f"noise must have one value for each of the {explanation.q.size} points of q, got shape "
                f"{self.noise.shape}."
            )

    @classmethod
    def from_estimator(
        cls,
        model: InversionRegressor,
        X: ArrayLike,
        y: ArrayLike | None = None,
        *,
        material: int = 0,
        figure: Figure | SubFigure | None = None,
        **line_options: Any,
    ) -> Self:
        """Solve for one material and plot what was found.

        Parameters
        ----------
        model : InversionRegressor
            A fitted one.
        X : DataFrame or array-like of shape (n_rows, n_features)
            The rows of one material, or of several.
        y : array-like of shape (n_rows,), default=None
            The known g(r), where there is one.
        material : int, default=0
            Which of several, in order of their first rows.
        figure : matplotlib Figure or SubFigure, default=None
            Where to plot; a new figure if None.
        **line_options
            For the lines of the fit and of g.

        Returns
        -------
        InversionDisplay

        Raises
        ------
        TypeError
            If `model` cannot say what S_R consists of.
        ValueError
            If X has no such material.
        """
        if not hasattr(model, "explain"):
            raise TypeError(
                f"model must be one that explains S_R, as InversionRegressor does, got {type(model).__name__}. "
                "RDFDisplay shows g(r) of any model."
            )
        check_is_fitted(model)
        labels = read_material(X)
        names = list(dict.fromkeys(labels.tolist()))
        if not 0 <= material < len(names):
            raise ValueError(f"material must be a number from 0 to {len(names) - 1}, got {material!r}.")
        rows = np.flatnonzero(labels == names[material])
        X = _safe_indexing(X, rows)
        g, std = model.predict(X, return_std=True)
        return cls.from_predictions(
            model.explain(X)[0],
            read_r(X),
            None if y is None else np.asarray(y, dtype=float)[rows],
            g,
            std,
            noise=model.fit_report(X).noise[0],
            figure=figure,
            **line_options,
        )

    @classmethod
    def from_predictions(
        cls,
        explanation: Explanation,
        r: ArrayLike,
        y_true: ArrayLike | None,
        y_pred: ArrayLike,
        std: ArrayLike | None = None,
        *,
        noise: ArrayLike | None = None,
        figure: Figure | SubFigure | None = None,
        **line_options: Any,
    ) -> Self:
        """Plot what was found already.

        Parameters
        ----------
        explanation, r, y_true, y_pred, std, noise
            As for the class.
        figure : matplotlib Figure or SubFigure, default=None
            Where to plot; a new figure if None.
        **line_options
            For the lines of the fit and of g.

        Returns
        -------
        InversionDisplay
        """
        display = cls(explanation=explanation, r=r, y_true=y_true, y_pred=y_pred, std=std, noise=noise)
        return display.plot(figure, **line_options)

    def plot(self, figure: Figure | SubFigure | None = None, **line_options: Any) -> Self:
        """Plot S_R and its residual on the left, g on the right.

        Parameters
        ----------
        figure : matplotlib Figure or SubFigure, default=None
            Where to plot; a new figure if None.
        **line_options
            For the lines of the fit and of g.

        Returns
        -------
        self : InversionDisplay
        """
        figure = _new_figure(9.6, 4.4) if figure is None else figure
        grid = figure.add_gridspec(2, 2, height_ratios=(5, 2), width_ratios=(1.15, 1), wspace=0.06)
        above = figure.add_subplot(grid[0, 0])
        below, beside = figure.add_subplot(grid[1, 0], sharex=above), figure.add_subplot(grid[:, 1])
        self.figure_, self.axes_ = figure, (above, below, beside)
        options: dict[str, Any] = {"color": "#0072B2", "lw": 1.5, "zorder": 3} | line_options

        q, s_r, structure, slow, left_out = self.explanation
        (points,) = above.plot(q[~left_out], s_r[~left_out], ".", ms=3.5, color="0.5", label="S_R")
        (self.fit_,) = above.plot(q, structure + slow, **{"label": "fit"} | options)
        (self.slow_,) = above.plot(q, slow, lw=0.9, color="#D55E00", label="slow errors")
        (self.left_out_,) = above.plot(q[left_out], s_r[left_out], "x", color="#CC79A7", mew=1.5, label="left out")
        handles: list[Artist] = [points, self.fit_, self.slow_, *([self.left_out_] if left_out.any() else [])]
        residual = self.explanation.residual[~left_out]
        below.axhline(0, color="black", lw=0.8)
        (self.residual_,) = below.plot(q[~left_out], residual, ".", ms=3.5, color=points.get_color())
        if self.noise is not None:
            handles.append(below.fill_between(q, -self.noise, self.noise, color="0.88", lw=0, label="± noise"))
        above.margins(x=0.01)
        above.tick_params(labelbottom=False)
        above.set(ylabel="S_R (Å⁻¹)")
        below.set(xlabel="q (Å⁻¹)", ylabel="residual (Å⁻¹)")
        above.legend(handles=handles, ncols=len(handles), **_ABOVE)

        beside.axhline(1, color="0.8", lw=0.8)
        (self.line_,) = beside.plot(self.r, self.y_pred, **{"label": "g found"} | options)
        if self.std is not None:
            _fill_band(beside, self.r, self.y_pred, self.std, self.line_.get_color())
        if self.y_true is not None:
            beside.plot(self.r, self.y_true, color="black", lw=1, ls=(0, (3, 2)), zorder=4, label="known g")
        beside.margins(x=0.01)
        beside.set(xlabel="r (Å)", ylabel="g(r)")
        beside.legend(ncols=3, **_ABOVE)
        for ax in self.axes_:
            ax.spines[["top", "right"]].set_visible(False)
        figure.align_ylabels([above, below])
        return self


class ReductionDisplay:
    """What a reduction makes of a scan: the counts in electron units and what they consist of, and S(q).

    Needs matplotlib. Create it by :meth:`from_estimator`.

    Parameters
    ----------
    reduced : Reduced
        What a scan was made of, as :meth:`Reduction.explain` says it.

    Attributes
    ----------
    axes_ : tuple of two matplotlib Axes
        Intensities and S.
    figure_ : matplotlib Figure

    See Also
    --------
    InversionDisplay : The next step, from S_R to g(r).

    Examples
    --------
    >>> from sklearn_wtrdf import Composition, Reduction, ReductionDisplay, intensity_frame
    >>> from sklearn_wtrdf.datasets import load_material
    >>> glass = load_material("silica", q_max=8)
    >>> atoms = Composition("SiO2").intensities(q=glass.q)
    >>> counts = atoms["mean_of_square"] + atoms["square_of_mean"] * (glass.s - 1) + atoms["incoherent"]
    >>> X = intensity_frame(glass.r, glass.q, counts, axis="q")  # a simulated scan
    >>> reduction = Reduction("SiO2", number_density=0.0662, wavelength=0.3, polarization="none").fit(X)
    >>> [ax.get_ylabel() for ax in ReductionDisplay.from_estimator(reduction, X).axes_]
    ['intensity (electron units per atom)', 'S(q)']
    """

    def __init__(self, *, reduced: Reduced) -> None:
        self.reduced = reduced

    @classmethod
    def from_estimator(
        cls,
        reduction: Reduction,
        X: ArrayLike,
        *,
        scan: int = 0,
        figure: Figure | SubFigure | None = None,
        **line_options: Any,
    ) -> Self:
        """Reduce a scan and plot what was found.

        Parameters
        ----------
        reduction : Reduction
            A fitted one.
        X : DataFrame or array-like of shape (n_rows, n_features)
            An :func:`intensity_frame`, or several stacked.
        scan : int, default=0
            Which of several, in order of their first rows.
        figure : matplotlib Figure or SubFigure, default=None
            Where to plot; a new figure if None.
        **line_options
            For the lines of the measured intensity and of S.

        Returns
        -------
        ReductionDisplay

        Raises
        ------
        ValueError
            If X has no such scan.
        """
        scans = reduction.explain(X)
        if not 0 <= scan < len(scans):
            raise ValueError(f"scan must be a number from 0 to {len(scans) - 1}, got {scan!r}.")
        return cls(reduced=scans[scan]).plot(figure, **line_options)

    def plot(self, figure: Figure | SubFigure | None = None, **line_options: Any) -> Self:
        """Plot intensities and S.

        Parameters
        ----------
        figure : matplotlib Figure or SubFigure, default=None
            Where to plot; a new figure if None.
        **line_options
            For the lines of the measured intensity and of S.

        Returns
        -------
        self : ReductionDisplay
        """
        figure = _new_figure(9.0, 3.6) if figure is None else figure
        left, right = figure.subplots(1, 2)
        self.figure_, self.axes_ = figure, (left, right)
        one, options = self.reduced, {"color": "#0072B2", "lw": 1.2} | line_options
        left.plot(one.q, one.measured, label="measured", **options)
        left.plot(one.q, one.coherent + one.compton, color="black", lw=1, ls="--", label="free atoms: S = 1")
        left.plot(one.q, one.compton, color="#009E73", lw=1, label="Compton")
        if one.background.any():
            left.plot(one.q, one.background, color="#E69F00", lw=1, label="background, taken off")
        if one.constant.any():
            left.plot(one.q, one.constant, color="#CC79A7", lw=1, label="constant, taken off")
        left.set(xlabel="q (Å⁻¹)", ylabel="intensity (electron units per atom)", xlim=(0, one.q[-1]))
        left.set_ylim(0, 1.05 * max(one.measured.max(), (one.coherent + one.compton)[one.q > 1].max(initial=0)))
        left.legend(frameon=False, fontsize="small")
        s, std = 1 + one.s_r / one.q, one.std / one.q
        right.axhline(1, color="grey", lw=0.8)
        right.fill_between(one.q, s - 2 * std, s + 2 * std, color=options["color"], alpha=0.25, lw=0)
        right.plot(one.q, s, **options)
        right.set(xlabel="q (Å⁻¹)", ylabel="S(q)", xlim=(0, one.q[-1]))
        for ax in self.axes_:
            ax.spines[["top", "right"]].set_visible(False)
        return self


class ParityDisplay:
    """Predicted against true g, row by row, one colour for each material.

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
    figure_ : matplotlib Figure
    points_ : list of matplotlib PathCollection
        One for each material, labelled with its mean absolute error.

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
        """Predict and plot.

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
            Where to plot; a new figure if None.
        **scatter_options
            For :meth:`matplotlib.axes.Axes.scatter`.

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
        """Plot predictions that are there already.

        Parameters
        ----------
        y_true, y_pred, groups
            As for the class.
        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.
        **scatter_options
            For :meth:`matplotlib.axes.Axes.scatter`.

        Returns
        -------
        ParityDisplay
        """
        return cls(y_true=y_true, y_pred=y_pred, groups=groups).plot(ax, **scatter_options)

    def plot(self, ax: Axes | None = None, **scatter_options: Any) -> Self:
        """Plot the points and the line of equality.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to plot; a new figure if None.
        **scatter_options
            For :meth:`matplotlib.axes.Axes.scatter`.

        Returns
        -------
        self : ParityDisplay
        """
        ax = _new_axes(5, 5) if ax is None else ax
        self.ax_, self.figure_, self.points_ = ax, ax.figure, []
        colors = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
        for i, name in enumerate(dict.fromkeys(self.groups.tolist())):
            rows = self.groups == name
            error = np.abs(self.y_true[rows] - self.y_pred[rows]).mean()
            options: dict[str, Any] = {"color": colors[i % len(colors)], "s": 14, "alpha": 0.8} | scatter_options
            label = f"{name}: MAE {error:.3f}"
            self.points_.append(ax.scatter(self.y_true[rows], self.y_pred[rows], label=label, **options))
        ends = [min(self.y_true.min(), self.y_pred.min()), max(self.y_true.max(), self.y_pred.max())]
        ax.plot(ends, ends, color="black", lw=0.8, zorder=0)
        ax.set(xlabel="reference g", ylabel="predicted g", aspect="equal")
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(frameon=False, fontsize="small")
        return self


def _curves(
    r: ArrayLike, y_true: ArrayLike | None, y_pred: ArrayLike, std: ArrayLike | None
) -> tuple[Floats, Floats | None, Floats, Floats | None]:
    """Return the curves in order of r."""
    lengths = {np.size(values) for values in (r, y_true, y_pred, std) if values is not None}
    if len(lengths) > 1:
        raise ValueError(f"r, y_true, y_pred and std must have equal lengths, got {sorted(lengths)}.")
    order = np.argsort(np.asarray(r, dtype=float), kind="stable")
    known, spread = (None if values is None else np.asarray(values, dtype=float)[order] for values in (y_true, std))
    return np.asarray(r, dtype=float)[order], known, np.asarray(y_pred, dtype=float)[order], spread


def _fill_band(ax: Axes, r: Floats, g: Floats, std: Floats, color: Any) -> Floats:
    """Fill the 90 % band and return its upper end; the lower one goes no lower than the model itself."""
    top = g + 1.645 * std
    low = np.maximum(g - 1.645 * std, min(g.min(), 0.0))
    ax.fill_between(r, low, top, color=color, alpha=0.2, lw=0, label="90 % band")
    return top


def _new_figure(width: float, height: float) -> Figure:
    """Return a new figure; a user without matplotlib learns what is missing here."""
    import matplotlib.pyplot as plt

    return plt.figure(figsize=(width, height), layout="constrained")


def _new_axes(width: float, height: float) -> Axes:
    """Return the axes of a new figure."""
    return _new_figure(width, height).subplots()
