"""Plot of the loss of WT-RDF over a and b."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from numpy.typing import ArrayLike

from sklearn_wtrdf.plotting.style import COLORS, LEGEND_ABOVE, axes_in_style
from sklearn_wtrdf.wtrdf.landscape import Landscape, landscape
from sklearn_wtrdf.wtrdf.regressor import WTRDFRegressor
from sklearn_wtrdf.wtrdf.wavelet import MANUAL, PUBLISHED

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class LandscapeDisplay:
    """Plot of the loss over a and b, with the minimum and the paper's parameters.

    Needs matplotlib. Create it by :meth:`from_estimator`.

    Parameters
    ----------
    landscape : Landscape
        The result of :func:`~sklearn_wtrdf.landscape`.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the plot.
    figure_ : matplotlib Figure
        Figure that contains the axes.
    mesh_ : matplotlib QuadMesh
        The loss, on a colour scale.
    points_ : list of matplotlib artists
        Points of the calibrated model, WT-RDF and WT-RDF+, if they lie within the axes.

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
            Axes of the plot; a new figure if None.
        **mesh_options
            Options of :meth:`matplotlib.axes.Axes.pcolormesh`.

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
            Axes of the plot; a new figure if None.
        **mesh_options
            Options of :meth:`matplotlib.axes.Axes.pcolormesh`.

        Returns
        -------
        self : LandscapeDisplay
        """
        with axes_in_style(ax, 6.4, 4.4) as ax:
            self.ax_, self.figure_ = ax, ax.figure
            self._draw(ax, mesh_options)
        return self

    def _draw(self, ax: Axes, mesh_options: dict[str, Any]) -> None:
        a, b = self.landscape.a, self.landscape.b
        options: dict[str, Any] = {"cmap": "cividis_r", "shading": "nearest", "rasterized": True} | mesh_options
        self.mesh_ = ax.pcolormesh(a, b, self.landscape.loss.T, **options)
        ax.figure.colorbar(self.mesh_, ax=ax, label="lowest loss")
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
            ax.legend(ncols=3, **LEGEND_ABOVE)
