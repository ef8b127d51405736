"""Helpers for pictures of curves: order of rows, labels of peaks, decomposition of S_R."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sklearn_wtrdf.inversion import Decomposition
from sklearn_wtrdf.inversion.decomposition import decomposition_of
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
            "number_density is missing: from g(r) back to S_R needs it, and neither X nor the model has it."
        )
    return decomposition_of(r, g, check_number_density(density), pattern.q, pattern.s_r, pattern.std)


def label_peaks(ax: Axes, r: Floats, top: Floats, positions: Floats | list[float]) -> list[Annotation]:
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
            arrowprops=pole | {"relpos": (-_LABEL_GAP, 1)},
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
        end = pole + (1 + _LABEL_GAP) * width + gap
        curve = y[(x > pole) & (x < end)].max(initial=peak)
        later = max((high for other, high in zip(poles, heights, strict=True) if other < end), default=-np.inf)
        low = max(curve, later) + gap
        poles.append(pole)
        heights.append(low + height)
    return Affine2D().translate(pole + _LABEL_GAP * width, low)
