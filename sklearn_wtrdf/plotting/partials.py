"""Plot of pair functions with their bands, and of the patterns from which they were estimated."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from sklearn_wtrdf.inversion import Decomposition
from sklearn_wtrdf.maxima import find_maxima, vertex
from sklearn_wtrdf.partials.regressor import PartialsRegressor
from sklearn_wtrdf.plotting.curves import label_peaks
from sklearn_wtrdf.plotting.style import COLORS, LEGEND_ABOVE, LEVEL_LINE, figure_in_style, line_options
from sklearn_wtrdf.scattering.sampling import HALF_WIDTH_90
from sklearn_wtrdf.scattering.validation import check_instance, check_r

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.gridspec import GridSpec

_STEP, _END = 0.02, 10.0  # Å, of r by default
_COLUMN, _ROW, _LEGEND = 4.8, 1.7, 0.8  # inches: width and height of axes, and height of the legend above them
_WIDE = 0.9  # of the usual width of a figure, beyond which the entries of its legends are side by side


def size_of(n_pairs: int, n_patterns: int) -> tuple[float, float]:
    """Return the width and the height of a figure with these axes, in inches."""
    return _COLUMN * (2 if n_patterns else 1), _LEGEND + _ROW * max(n_pairs, n_patterns)


class PartialsDisplay:
    """Plot of g_AB(r) of each pair of elements with its band, and of S_R of each pattern with its fit.

    The highest peak of each pair function is labelled with its position, if it rises by more than the band. Needs
    matplotlib. Create it by :meth:`from_estimator`.

    Parameters
    ----------
    r : array-like of shape (n_r,)
        Distances [Å], in any order.
    g, std : array-like of shape (n_pairs, n_r)
        The pair functions and their standard deviations.
    pairs : sequence of str
        Names of the pairs, such as ``"Si-O"``.
    is_determined : sequence of bool
        Whether the patterns determine each pair function. The curve of a pair that they do not determine is dotted.
    decompositions : mapping of str to Decomposition, default=None
        The decomposition of S_R of each pattern, by :meth:`PartialsRegressor.decompose`. None plots no S_R.

    Attributes
    ----------
    axes_ : tuple of matplotlib Axes
        Axes of each pair.
    scattering_axes_ : tuple of matplotlib Axes
        Axes of S_R of each pattern.
    figure_ : matplotlib Figure

    See Also
    --------
    RDFDisplay : The plot of a single g(r).

    Examples
    --------
    >>> from sklearn_wtrdf import PartialsDisplay, PartialsRegressor
    >>> from sklearn_wtrdf.datasets import load_material
    >>> patterns = [load_material("argon-krypton", weighting=w, q_max=8).pattern for w in ("x-ray", "neutron")]
    >>> display = PartialsDisplay.from_estimator(PartialsRegressor().fit(patterns))
    >>> [ax.get_ylabel() for ax in display.axes_]
    ['g(r), Ar–Ar', 'g(r), Ar–Kr', 'g(r), Kr–Kr']
    """

    def __init__(
        self,
        *,
        r: ArrayLike,
        g: ArrayLike,
        std: ArrayLike,
        pairs: Sequence[str],
        is_determined: Sequence[bool],
        decompositions: Mapping[str, Decomposition] | None = None,
    ) -> None:
        self.r, self.pairs, self.is_determined = check_r(r), list(pairs), list(is_determined)
        self.g, self.std = (np.asarray(values, dtype=float) for values in (g, std))
        shape = len(self.pairs), self.r.size
        for name in ("g", "std"):
            if (given := getattr(self, name).shape) != shape:
                raise ValueError(f"{name} must have the shape {shape}, of pairs and distances, got {given}.")
        if len(self.is_determined) != len(self.pairs):
            raise ValueError(f"is_determined must have {len(self.pairs)} values, got {len(self.is_determined)}.")
        order = np.argsort(self.r, kind="stable")
        self.r, self.g, self.std = self.r[order], self.g[:, order], self.std[:, order]
        self.decompositions = {} if decompositions is None else dict(decompositions)

    @classmethod
    def from_estimator(
        cls,
        model: PartialsRegressor,
        r: ArrayLike | None = None,
        *,
        scattering: bool = True,
        figure: Figure | SubFigure | None = None,
        **options: Any,
    ) -> Self:
        """Plot the pair functions of a fitted model.

        Parameters
        ----------
        model : PartialsRegressor
            A fitted regressor.
        r : array-like of shape (n_r,), default=None
            Distances [Å], in any order. None is 0.02 to 10 Å.
        scattering : bool, default=True
            Whether to plot S_R of each pattern with its fit too.
        figure : matplotlib Figure or SubFigure, default=None
            Where to plot; a new figure if None. If it has no layout engine, it gets constrained layout.
        **options
            Options of the lines of the pair functions and of the fits.

        Returns
        -------
        PartialsDisplay
        """
        check_instance("model", model, PartialsRegressor)
        check_is_fitted(model)
        r = np.arange(_STEP, _END + _STEP / 2, _STEP) if r is None else r
        g, std = model.predict_partials(r, return_std=True)
        is_determined = model.determination_["is_determined"].tolist()
        decompositions = model.decompose() if scattering else None
        display = cls(r=r, g=g, std=std, pairs=model.pairs_, is_determined=is_determined, decompositions=decompositions)
        return display.plot(figure, **options)

    def plot(self, figure: Figure | SubFigure | None = None, **options: Any) -> Self:
        """Plot S_R of the patterns on the left, and the pair functions on the right.

        Parameters
        ----------
        figure : matplotlib Figure or SubFigure, default=None
            Where to plot; a new figure if None. If it has no layout engine, it gets constrained layout.
        **options
            Options of the lines of the pair functions and of the fits.

        Returns
        -------
        self : PartialsDisplay
        """
        options = line_options({"color": COLORS["ours"], "zorder": 3}, options)
        n_patterns, n_pairs = len(self.decompositions), len(self.pairs)
        with figure_in_style(figure, *size_of(n_pairs, n_patterns)) as figure:
            self.figure_ = figure
            grid = figure.add_gridspec(math.lcm(n_pairs, max(n_patterns, 1)), 2 if n_patterns else 1)
            self.scattering_axes_ = _stack(figure, grid, 0, n_patterns, "q (Å⁻¹)")
            for ax, (name, parts) in zip(self.scattering_axes_, self.decompositions.items(), strict=True):
                _draw_pattern(ax, name, parts, options)
            self.axes_ = _stack(figure, grid, -1, n_pairs, "r (Å)")
            for i, ax in enumerate(self.axes_):
                self._draw_pair(ax, i, options)
            is_wide = figure.bbox.width / figure.dpi > _WIDE * size_of(n_pairs, n_patterns)[0]
            for axes in filter(None, (self.scattering_axes_, self.axes_)):
                _add_legend(axes, is_wide)
            figure.align_ylabels()
        return self

    def _draw_pair(self, ax: Axes, i: int, options: dict[str, Any]) -> None:
        g, half_width = self.g[i], HALF_WIDTH_90 * self.std[i]
        if not self.is_determined[i]:
            options = {"linestyle": ":", "label": "not determined"} | options
        ax.axhline(1, **LEVEL_LINE)
        (line,) = ax.plot(self.r, g, **{"label": "g(r)"} | options)
        low, top = np.maximum(g - half_width, 0.0), g + half_width
        ax.fill_between(self.r, low, top, color=line.get_color(), alpha=0.2, lw=0, label="90 % band")
        ax.set_ylabel(f"g(r), {self.pairs[i].replace('-', '–')}")
        ax.margins(x=0.01)
        maxima = find_maxima(self.r, g, partial(np.interp, xp=self.r, fp=self.std[i]), keep_first=False)
        highest = [shell for shell in maxima.shells if maxima.g[shell] == maxima.g.max()]  # none if it is uncertain
        label_peaks(ax, self.r, top, [vertex(maxima.r, maxima.g, shell) for shell in highest])


def _stack(figure: Figure | SubFigure, grid: GridSpec, column: int, n: int, label: str) -> tuple[Axes, ...]:
    """Return n axes one above the other in a column, which share their horizontal axis."""
    axes: list[Axes] = []
    for i in range(n):
        rows = slice(grid.nrows * i // n, grid.nrows * (i + 1) // n)
        axes.append(figure.add_subplot(grid[rows, column], sharex=axes[0] if axes else None))
        axes[-1].tick_params(labelbottom=i == n - 1)
    if axes:
        axes[-1].set_xlabel(label)
    return tuple(axes)


def _add_legend(axes: Sequence[Axes], is_wide: bool) -> None:
    """Add a legend of the lines of all axes above the first, with its entries side by side if there is room."""
    entries = {label: handle for ax in axes for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    labels = sorted(entries, key=lambda label: (label != "g(r)", label == "not determined"))
    axes[0].legend([entries[label] for label in labels], labels, ncols=len(labels) if is_wide else 1, **LEGEND_ABOVE)


def _draw_pattern(ax: Axes, name: str, parts: Decomposition, options: dict[str, Any]) -> None:
    """Draw S_R of a pattern with its fit and its systematic error."""
    ax.plot(parts.q, parts.s_r, ".", ms=3, color="0.5", label="S_R")
    ax.plot(parts.q, parts.structure + parts.systematic, **{"label": "fit"} | options)
    if parts.systematic.any():
        ax.plot(parts.q, parts.systematic, lw=0.9, color=COLORS["errors"], label="systematic error")
    ax.set_ylabel(f"S_R (Å⁻¹), {name}")
    ax.margins(x=0.01)
