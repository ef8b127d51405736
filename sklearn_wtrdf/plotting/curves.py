"""Helpers for plots of curves: order of rows, labels of axes and peaks, decomposition of S_R."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sklearn_wtrdf.inversion import Decomposition
from sklearn_wtrdf.inversion.decomposition import decomposition_of
from sklearn_wtrdf.plotting.style import LEVEL_LINE
from sklearn_wtrdf.scattering.frame import read_scattering
from sklearn_wtrdf.scattering.validation import check_number_density

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase
    from matplotlib.text import Annotation
    from matplotlib.transforms import Affine2D

Floats = NDArray[np.float64]
_LABEL_GAP = 0.1  # between a label and the line at its peak, in widths of the label


def curves_in_order(
    r: ArrayLike, y_true: ArrayLike | None, y_pred: ArrayLike, std: ArrayLike | None
) -> tuple[Floats, Floats | None, Floats, Floats | None]:
    """Return the curves in order of r."""
    lengths = {np.size(values) for values in (r, y_true, y_pred, std) if values is not None}
    if len(lengths) > 1:
        raise ValueError(f"r, y_true, y_pred and std must have equal lengths, got {sorted(lengths)}.")
    order = np.argsort(np.asarray(r, dtype=float), kind="stable")
    true, spread = (None if values is None else np.asarray(values, dtype=float)[order] for values in (y_true, std))
    return np.asarray(r, dtype=float)[order], true, np.asarray(y_pred, dtype=float)[order], spread


def check_index(name: str, index: int, n: int) -> None:
    """Raise unless an index is one of n materials or scans."""
    if not 0 <= index < n:
        raise ValueError(f"{name} must be a number from 0 to {n - 1}, got {index!r}.")


def label_axes(ax: Axes, below: Axes | None, x: str, y: str, residual: str) -> None:
    """Label the axes of a curve, and those of its residual below, with a line at 0."""
    ax.margins(x=0.01)
    ax.set_ylabel(y)
    if below is None:
        ax.set_xlabel(x)
        return
    ax.tick_params(labelbottom=False)
    below.axhline(0, **LEVEL_LINE)
    below.set(xlabel=x, ylabel=residual)


def decomposition_by(model: Any, X: ArrayLike, r: Floats, g: Floats, number_density: float | None) -> Decomposition:
    """Return the decomposition of S_R by the model, or by its g(r) if the model has none."""
    if hasattr(model, "decompose"):
        decomposition: Decomposition = model.decompose(X)[0]
        return decomposition
    names = list(map(str, X.columns)) if hasattr(X, "columns") else None
    q, s_r = getattr(model, "q", None), getattr(model, "s_r", None)
    data = read_scattering(np.asarray(X, dtype=float).reshape(r.size, -1), names, q=q, s_r=s_r)
    pattern = data.patterns[0]
    density = number_density or pattern.number_density or getattr(model, "number_density", None)
    if density is None:
        raise ValueError(
            "number_density is missing: the transform of g(r) to S_R needs it, and neither X nor the model has it."
        )
    return decomposition_of(r, g, check_number_density(density), pattern.q, pattern.s_r, pattern.std)


def label_peaks(ax: Axes, r: Floats, top: Floats, positions: Floats | list[float]) -> list[Annotation]:
    """Label peaks with their positions, without overlap with each other or the curves, whose upper end is `top`.

    A line connects each label with its peak. Its height depends on the size of the figure, so it is computed when the
    figure is drawn.
    """
    labels: list[Annotation] = []
    line = {"arrowstyle": "-", "lw": 0.6, "color": "0.6", "shrinkA": 0, "shrinkB": 1, "patchA": None}
    for i, position in enumerate(positions):
        label = ax.annotate(
            f"{position:.2f} Å",
            (position, float(np.interp(position, r, top))),
            (0, 0),
            textcoords=partial(_place_of_label, i, labels, r, top),
            fontsize="small",
            arrowprops=line | {"relpos": (-_LABEL_GAP, 1)},
        )
        labels.append(label)
    if labels:  # room for all of them, one above the other
        ax.update_datalim([(r[0], top.max() + 0.06 * len(labels) * np.ptp(top))])
        ax.autoscale_view()
    return labels


def _place_of_label(i: int, labels: list[Annotation], r: Floats, top: Floats, renderer: RendererBase) -> Affine2D:
    """Return the position of the i-th label in pixels: above the curve, and above labels of later peaks nearby.

    Thus neither two labels overlap, nor a label and a line.
    """
    from matplotlib.transforms import Affine2D

    ax, gap = labels[i].axes, renderer.points_to_pixels(3.0)
    assert ax is not None
    x, y = ax.transData.transform(np.column_stack([r, top])).T
    peaks: list[float] = []
    heights: list[float] = []
    for label in reversed(labels[i:]):
        text = label.get_text(), label.get_fontproperties(), False
        width, height, _ = renderer.get_text_width_height_descent(*text)
        center, top_of_peak = ax.transData.transform(label.xy)
        end = center + (1 + _LABEL_GAP) * width + gap
        curve = y[(x > center) & (x < end)].max(initial=top_of_peak)
        later = max((high for other, high in zip(peaks, heights, strict=True) if other < end), default=-np.inf)
        low = max(curve, later) + gap
        peaks.append(center)
        heights.append(low + height)
    return Affine2D().translate(center + _LABEL_GAP * width, low)
