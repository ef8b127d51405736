"""Displays: pictures of a model, in the manner of scikit-learn's, and the style of all pictures.

A display that makes its own figure draws it in the style of ``wtrdf.mplstyle``, whatever the user's is; in axes or a
figure of the user it draws in the user's. Colours mean the same everywhere: `COLORS`.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_is_fitted

from sklearn_wtrdf.checks import transform_of
from sklearn_wtrdf.estimators import InversionRegressor, Reduction, WTRDFRegressor
from sklearn_wtrdf.estimators._scattering import ReconstructionMixin, predict_with_std
from sklearn_wtrdf.inspection import Landscape, landscape
from sklearn_wtrdf.inversion import Explanation
from sklearn_wtrdf.peaks import peak_positions, peak_windows
from sklearn_wtrdf.reduction import Reduced
from sklearn_wtrdf.scattering import check_number_density, read_material, read_r, read_scattering
from sklearn_wtrdf.wavelet import MANUAL, PUBLISHED

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.text import Annotation
    from matplotlib.transforms import Affine2D

Floats = NDArray[np.float64]

#: The style, as :func:`matplotlib.style.use` takes it.
STYLE = "sklearn_wtrdf.wtrdf"

#: What colours mean, in every picture: of those of Okabe and Ito, which colour-blind eyes tell apart. A model says
#: which is its own, as its class attribute `color`.
COLORS = {
    "ours": "#0072B2",  # the inversion, and where no model is asked
    "Fourier": "#E69F00",
    "others": "#009E73",  # any other model or method
    "WT-RDF": "#D55E00",
    "errors": "#CC79A7",
    "more": "#56B4E9",
    "truth": "#000000",
}

#: Å, as of ``wtrdf peaks``: what stands nearer is no shell of atoms, unless of hydrogen.
ATOMS_FROM = 1.0

_ABOVE: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0)}  # a legend that hides no curve
_OFF_POLE = 0.1  # of its width: how far a label is from the pole that it is a flag of
_LEVEL: dict[str, Any] = {"color": "0.8", "lw": 0.8, "zorder": 0}
_DRAWING = threading.RLock()


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
        with _axes(ax, 6.4, 4.4) as ax:
            self.ax_, self.figure_ = ax, ax.figure
            self._draw(ax, mesh_options)
        return self

    def _draw(self, ax: Axes, mesh_options: dict[str, Any]) -> None:
        a, b = self.landscape.a, self.landscape.b
        options: dict[str, Any] = {"cmap": "cividis_r", "shading": "nearest", "rasterized": True} | mesh_options
        self.mesh_ = ax.pcolormesh(a, b, self.landscape.loss.T, **options)
        ax.figure.colorbar(self.mesh_, ax=ax, label="least loss")
        points: list[tuple[str, dict[str, float], dict[str, Any]]] = [
            ("this fit", self.landscape.params, {"marker": "*", "s": 160, "color": COLORS["WT-RDF"]}),
            ("WT-RDF (published)", MANUAL, {"marker": "o", "s": 40, "color": "white"}),
            ("WT-RDF+ (published)", PUBLISHED, {"marker": "D", "s": 36, "color": COLORS["more"]}),
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


class RDFDisplay:
    """A g(r) with its band and its peaks, beside the reference; on request S_R(q) with what that g(r) makes of it.

    Needs matplotlib. Create it by :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    r : array-like of shape (n_rows,)
        Distances [Å].
    y_true, y_pred : array-like of shape (n_rows,)
        Reference and reconstruction; `y_true` may be None.
    std : array-like of shape (n_rows,), default=None
        Standard deviation of `y_pred`.
    explanation : Explanation, default=None
        What S_R consists of, as :meth:`InversionRegressor.explain` says it. Given, S_R is shown too.
    n_peaks : int, default=2
        How many peaks, from the first beyond 1 Å on, are labelled with their positions.

    Attributes
    ----------
    ax_, residual_ax_ : matplotlib Axes
        Those of g, and of its difference from the reference, None without one.
    axes_ : tuple of matplotlib Axes
        All of them: S_R and what remains of it, where it is shown; g, and its difference, where there is a reference.
    figure_ : matplotlib Figure
    line_ : matplotlib Line2D
        The reconstruction.
    fit_, slow_, left_out_, residual_ : matplotlib Line2D
        Of S_R, where it is shown: what g and slow errors explain, the slow errors alone, the points that count for
        nothing, and what remains of the others.
    labels_ : list of matplotlib Annotation
        The positions of the peaks. They keep clear of the curves and of each other at any size of the figure.

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
        explanation: Explanation | None = None,
        n_peaks: int = 2,
    ) -> None:
        self.r, self.y_true, self.y_pred, self.std = _curves(r, y_true, y_pred, std)
        self.explanation, self.n_peaks = explanation, n_peaks

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
        **line_options: Any,
    ) -> Self:
        """Predict one material and plot it, with a band where the model has a standard deviation.

        Parameters
        ----------
        model : estimator
            A fitted regressor of this package.
        X : DataFrame or array-like of shape (n_rows, n_features)
            The rows of one material, or of several.
        y : array-like of shape (n_rows,), default=None
            The reference g(r), where there is one.
        scattering : bool, default=False
            Show S_R too, and what remains of it. A model that explains S_R, as InversionRegressor does, is asked for
            that; of any other, the g(r) is transformed back, taken for 0 before its first distance and for 1 beyond
            its last.
        number_density : float, default=None
            ρ₀ [Å⁻³], which the way back to S_R needs where neither X nor the model has it.
        material : int, default=0
            Which of several, in order of their first rows.
        n_peaks : int, default=2
            How many peaks are labelled.
        ax : matplotlib Axes, default=None
            Where to plot g alone; a new figure if None.
        figure : matplotlib Figure or SubFigure, default=None
            Where to plot all; a new figure if None.
        **line_options
            For the lines of the reconstruction, and of what it explains of S_R.

        Returns
        -------
        RDFDisplay

        Raises
        ------
        ValueError
            If X has no such material; with `scattering`, if X has no S_R, or no number density is known.
        """
        labels = read_material(X)
        names = list(dict.fromkeys(labels.tolist()))
        if not 0 <= material < len(names):
            raise ValueError(f"material must be a number from 0 to {len(names) - 1}, got {material!r}.")
        if len(names) > 1:
            rows = np.flatnonzero(labels == names[material])
            X, y = _safe_indexing(X, rows), None if y is None else np.asarray(y, dtype=float)[rows]
        check_is_fitted(model)
        r, (g, std) = read_r(X), predict_with_std(model, X)
        explanation = _explain(model, X, r, g, number_density) if scattering else None
        display = cls(r=r, y_true=y, y_pred=g, std=std, explanation=explanation, n_peaks=n_peaks)
        return display.plot(ax, figure=figure, **{"color": color_of(model)} | line_options)

    @classmethod
    def from_predictions(
        cls,
        r: ArrayLike,
        y_true: ArrayLike | None,
        y_pred: ArrayLike,
        std: ArrayLike | None = None,
        *,
        explanation: Explanation | None = None,
        n_peaks: int = 2,
        ax: Axes | None = None,
        figure: Figure | SubFigure | None = None,
        **line_options: Any,
    ) -> Self:
        """Plot a reconstruction that is there already.

        Parameters
        ----------
        r, y_true, y_pred, std, explanation, n_peaks
            As for the class.
        ax : matplotlib Axes, default=None
            Where to plot g alone; a new figure if None.
        figure : matplotlib Figure or SubFigure, default=None
            Where to plot all; a new figure if None.
        **line_options
            For the lines of the reconstruction, and of what it explains of S_R.

        Returns
        -------
        RDFDisplay
        """
        display = cls(r=r, y_true=y_true, y_pred=y_pred, std=std, explanation=explanation, n_peaks=n_peaks)
        return display.plot(ax, figure=figure, **line_options)

    def plot(self, ax: Axes | None = None, *, figure: Figure | SubFigure | None = None, **line_options: Any) -> Self:
        """Plot g with its difference from the reference below, and S_R with what remains of it on the left.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to plot g alone; a new figure if None.
        figure : matplotlib Figure or SubFigure, default=None
            Where to plot all; a new figure if None.
        **line_options
            For the lines of the reconstruction, and of what it explains of S_R.

        Returns
        -------
        self : RDFDisplay

        Raises
        ------
        ValueError
            If `ax` is given where S_R is to be shown too, or beside `figure`.
        """
        if ax is not None and figure is not None:
            raise ValueError("ax and figure are two places: give ax for g(r) alone, or figure for all that is shown.")
        if ax is not None and self.explanation is not None:
            raise ValueError("ax: S_R, what remains of it and g(r) need axes of their own; give figure instead.")
        options: dict[str, Any] = {"color": COLORS["ours"], "zorder": 3} | line_options
        rows = 1 if self.y_true is None else 2
        if ax is not None:
            self._draw(ax, None if rows == 1 else ax.inset_axes((0, -0.32, 1, 0.26), sharex=ax), options)
            ax.legend()
            return self
        columns = 1 if self.explanation is None else 2
        with _figure(figure, 6.4 if columns == 1 else 9.6, 4.4) as figure:
            grid = figure.add_gridspec(2, columns, height_ratios=(5, 2), wspace=0.06)
            ax = figure.add_subplot(grid[: 3 - rows, -1])
            self._draw(ax, None if rows == 1 else figure.add_subplot(grid[1, -1], sharex=ax), options)
            if self.explanation is not None:
                above = figure.add_subplot(grid[0, 0])
                below = figure.add_subplot(grid[1, 0], sharex=above)
                self._draw_scattering(self.explanation, above, below, options)
                self.axes_ = above, below, *self.axes_
            ax.legend(**({"ncols": 3} | _ABOVE if columns == 2 else {}))
            figure.align_ylabels()
        return self

    def _draw(self, ax: Axes, below: Axes | None, options: dict[str, Any]) -> None:
        self.ax_, self.figure_, self.residual_ax_ = ax, ax.figure, below
        self.axes_ = (ax,) if below is None else (ax, below)
        ax.axhline(1, **_LEVEL)
        (self.line_,) = ax.plot(self.r, self.y_pred, **{"label": "reconstruction"} | options)
        color, top = self.line_.get_color(), self.y_pred
        if self.std is not None:
            top = top + 1.645 * self.std
            low = np.maximum(self.y_pred - 1.645 * self.std, min(self.y_pred.min(), 0.0))  # no lower than the model
            ax.fill_between(self.r, low, top, color=color, alpha=0.2, lw=0, label="90 % band")
        ax.margins(x=0.01)
        ax.set(ylabel="g(r)")
        if self.y_true is not None and below is not None:
            ax.plot(self.r, self.y_true, color=COLORS["truth"], lw=1, ls=(0, (4, 2)), zorder=4, label="reference")
            top = np.maximum(top, self.y_true)
            below.axhline(0, **_LEVEL)
            below.plot(self.r, self.y_pred - self.y_true, color=color, lw=1)
            below.set(ylabel="difference")
            ax.tick_params(labelbottom=False)
        (ax if below is None else below).set_xlabel("r (Å)")
        some = self.r >= ATOMS_FROM
        r, g = self.r[some], self.y_pred[some]
        windows = peak_windows(r, g, self.n_peaks)
        self.labels_ = _label_peaks(ax, self.r, top, peak_positions(r, g, windows) if windows else [])

    def _draw_scattering(self, found: Explanation, above: Axes, below: Axes, options: dict[str, Any]) -> None:
        q, kept = found.q, ~found.left_out
        (points,) = above.plot(q[kept], found.s_r[kept], ".", ms=3.5, color="0.5", label="S_R")
        label = "fit" if found.slow.any() else "from g(r)"
        (self.fit_,) = above.plot(q, found.structure + found.slow, **{"label": label} | options)
        (self.slow_,) = above.plot(q, found.slow, lw=0.9, color=COLORS["errors"], label="slow errors")
        self.slow_.set_visible(bool(found.slow.any()))
        (self.left_out_,) = above.plot(
            q[~kept], found.s_r[~kept], "x", color=COLORS["errors"], mew=1.5, label="left out"
        )
        handles: list[Artist] = [points, self.fit_]
        handles += [self.slow_] * bool(found.slow.any()) + [self.left_out_] * (not kept.all())
        below.axhline(0, **_LEVEL)
        (self.residual_,) = below.plot(q[kept], found.residual[kept], ".", ms=3.5, color=points.get_color())
        if found.noise is not None:
            handles.append(below.fill_between(q, -found.noise, found.noise, color="0.88", lw=0, label="± noise"))
        above.margins(x=0.01)
        above.tick_params(labelbottom=False)
        above.set(ylabel="S_R (Å⁻¹)")
        below.set(xlabel="q (Å⁻¹)", ylabel="residual (Å⁻¹)")
        above.legend(handles=handles, ncols=len(handles), **_ABOVE)


class InversionDisplay(RDFDisplay):
    """Deprecated: :class:`RDFDisplay` shows the same, with ``scattering=True`` or with what explains S_R."""

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
        _deprecated("RDFDisplay(r=r, y_true=y_true, y_pred=y_pred, std=std, explanation=explanation)")
        super().__init__(r=r, y_true=y_true, y_pred=y_pred, std=std, explanation=_with_noise(explanation, noise))

    def plot(self, figure: Figure | SubFigure | None = None, **line_options: Any) -> Self:  # type: ignore[override]
        """Write ``RDFDisplay(...).plot(figure=figure)`` instead."""
        return super().plot(figure=figure, **line_options)

    @staticmethod
    def from_estimator(  # type: ignore[override]
        model: InversionRegressor, X: ArrayLike, y: ArrayLike | None = None, **options: Any
    ) -> RDFDisplay:
        """Write ``RDFDisplay.from_estimator(model, X, y, scattering=True)`` instead."""
        _deprecated("RDFDisplay.from_estimator(model, X, y, scattering=True)")
        return RDFDisplay.from_estimator(model, X, y, scattering=True, **options)

    @staticmethod
    def from_predictions(  # type: ignore[override]
        explanation: Explanation,
        r: ArrayLike,
        y_true: ArrayLike | None,
        y_pred: ArrayLike,
        std: ArrayLike | None = None,
        *,
        noise: ArrayLike | None = None,
        **options: Any,
    ) -> RDFDisplay:
        """Write ``RDFDisplay.from_predictions(r, y_true, y_pred, std, explanation=explanation)`` instead."""
        _deprecated("RDFDisplay.from_predictions(r, y_true, y_pred, std, explanation=explanation)")
        explanation = _with_noise(explanation, noise)
        return RDFDisplay.from_predictions(r, y_true, y_pred, std, explanation=explanation, **options)


def _with_noise(explanation: Explanation, noise: ArrayLike | None) -> Explanation:
    return explanation if noise is None else explanation._replace(noise=np.asarray(noise, dtype=float))


def _deprecated(instead: str) -> None:
    warnings.warn(f"InversionDisplay is deprecated: write {instead}.", FutureWarning, stacklevel=3)


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
    RDFDisplay : The next step, from S_R to g(r), with ``scattering=True``.

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
        with _figure(figure, 9.0, 3.6) as figure:
            self.figure_ = figure
            self._draw(figure, {"color": COLORS["ours"], "lw": 1.2} | line_options)
        return self

    def _draw(self, figure: Figure | SubFigure, options: dict[str, Any]) -> None:
        left, right = self.axes_ = tuple(figure.subplots(1, 2))
        one = self.reduced
        left.plot(one.q, one.measured, label="measured", **options)
        left.plot(one.q, one.coherent + one.compton, color="black", lw=1, ls="--", label="free atoms: S = 1")
        left.plot(one.q, one.compton, color=COLORS["others"], lw=1, label="Compton")
        if one.background.any():
            left.plot(one.q, one.background, color=COLORS["errors"], lw=1, label="background, taken off")
        if one.constant.any():
            left.plot(one.q, one.constant, color=COLORS["errors"], lw=1, ls=":", label="constant, taken off")
        left.set(xlabel="q (Å⁻¹)", ylabel="intensity (electron units per atom)", xlim=(0, one.q[-1]))
        left.set_ylim(0, 1.05 * max(one.measured.max(), (one.coherent + one.compton)[one.q > 1].max(initial=0)))
        left.legend()
        s, std = 1 + one.s_r / one.q, one.std / one.q
        right.axhline(1, **_LEVEL)
        right.fill_between(one.q, s - 2 * std, s + 2 * std, color=options["color"], alpha=0.25, lw=0)
        right.plot(one.q, s, **options)
        right.set(xlabel="q (Å⁻¹)", ylabel="S(q)", xlim=(0, one.q[-1]))


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
        with _axes(ax, 5, 5) as ax:
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


def _explain(model: Any, X: ArrayLike, r: Floats, g: Floats, number_density: float | None) -> Explanation:
    """Return what S_R consists of by the model itself, or what is left of it by the g(r) of a model that cannot say."""
    if hasattr(model, "explain"):
        found: Explanation = model.explain(X)[0]
        return found
    names = list(map(str, X.columns)) if hasattr(X, "columns") else None
    q, s_r = getattr(model, "q", None), getattr(model, "s_r", None)
    data = read_scattering(np.asarray(X, dtype=float).reshape(r.size, -1), names, q=q, s_r=s_r)
    density = number_density or data.density_of(0) or getattr(model, "number_density", None)
    if density is None:
        raise ValueError(
            "number_density is missing: from g(r) back to S_R needs it, and neither X nor the model has it."
        )
    std = None if data.std is None else data.std[0]
    return explanation_of(r, g, check_number_density(density), data.q, data.s_r[0], std)


def color_of(model: Any) -> str:
    """Return the colour of what a model makes."""
    return COLORS[getattr(model, "color", ReconstructionMixin.color)]


def explanation_of(
    r: Floats, g: Floats, number_density: float, q: Floats, s_r: Floats, std: Floats | None = None
) -> Explanation:
    """Return what a g(r) explains of S_R(q), taken for 0 before its first distance and for 1 beyond its last."""
    order = np.argsort(r, kind="stable")
    nothing = np.zeros(q.size)
    return Explanation(q, s_r, number_density * transform_of(q, r[order], g[order]), nothing, nothing > 0, std)


def _label_peaks(ax: Axes, r: Floats, top: Floats, positions: Floats | list[float]) -> list[Annotation]:
    """Label peaks with their positions, clear of the curves, of which `top` is the upper end, and of each other.

    A label is a flag on a pole that stands on its peak. How high it is depends on the size of the figure, and so is
    decided when that is drawn.
    """
    labels: list[Annotation] = []
    pole = {"arrowstyle": "-", "lw": 0.6, "color": "0.6", "shrinkA": 0, "shrinkB": 1, "patchA": None}
    for i, position in enumerate(positions):
        label = ax.annotate(
            f"{position:.2f} Å",
            (position, float(np.interp(position, r, top))),
            (0, 0),
            textcoords=partial(_place_of_label, i, labels, r, top),
            fontsize="small",
            arrowprops=pole | {"relpos": (-_OFF_POLE, 1)},
        )
        labels.append(label)
    if labels:  # room for all of them, one over the other
        ax.update_datalim([(r[0], top.max() + 0.06 * len(labels) * np.ptp(top))])
        ax.autoscale_view()
    return labels


def _place_of_label(i: int, labels: list[Annotation], r: Floats, top: Floats, renderer: RendererBase) -> Affine2D:
    """Return where the i-th label begins, in pixels: over the curve, and over those of later peaks in its reach.

    So no two labels meet, nor does a pole meet one.
    """
    from matplotlib.transforms import Affine2D

    ax, gap = labels[i].axes, renderer.points_to_pixels(3.0)
    assert ax is not None
    x, y = ax.transData.transform(np.column_stack([r, top])).T
    poles: list[float] = []
    heights: list[float] = []
    for label in reversed(labels[i:]):
        text = label.get_text(), label.get_fontproperties(), False
        width, height, _ = renderer.get_text_width_height_descent(*text)
        pole, peak = ax.transData.transform(label.xy)
        end = pole + (1 + _OFF_POLE) * width + gap
        curve = y[(x > pole) & (x < end)].max(initial=peak)
        later = max((high for other, high in zip(poles, heights, strict=True) if other < end), default=-np.inf)
        low = max(curve, later) + gap
        poles.append(pole)
        heights.append(low + height)
    return Affine2D().translate(pole + _OFF_POLE * width, low)


@contextmanager
def new_figure(width: float, height: float) -> Iterator[Figure]:
    """Make a figure for a file, of so many inches; within the context all is drawn in our style, by one thread."""
    from matplotlib.figure import Figure

    with _our_style():
        yield Figure(figsize=(width, height))


@contextmanager
def _our_style() -> Iterator[None]:
    """Draw in our style. Matplotlib's settings are those of all threads, so one at a time changes and restores them."""
    from matplotlib import style

    with _DRAWING, style.context(STYLE):
        yield


@contextmanager
def _figure(given: Figure | SubFigure | None, width: float, height: float) -> Iterator[Figure | SubFigure]:
    """Return the user's figure, in the user's style, or a new one in ours."""
    if given is not None:
        yield given
        return
    import matplotlib.pyplot as plt

    with _our_style():
        yield plt.figure(figsize=(width, height))


@contextmanager
def _axes(given: Axes | None, width: float, height: float) -> Iterator[Axes]:
    """Return the user's axes, in the user's style, or those of a new figure in ours."""
    if given is not None:
        yield given
        return
    with _figure(None, width, height) as figure:
        yield figure.subplots()
