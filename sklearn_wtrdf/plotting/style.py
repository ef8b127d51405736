"""The style of all plots: colours and their meaning, figures and axes in this style."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklearn_wtrdf.base import ReconstructionMixin
from sklearn_wtrdf.utils.files import atomic_write
from sklearn_wtrdf.utils.text import quoted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


#: The style, as :func:`matplotlib.style.use` takes it.
STYLE = "sklearn_wtrdf.plotting.wtrdf"

#: The colours of all plots and their meaning: those of Okabe and Ito, which colour-blind readers can distinguish. The
#: class attribute `color` of a model is a name in this dictionary.
COLORS = {
    "ours": "#0072B2",  # the inversion, and results without a model
    "Fourier": "#E69F00",
    "others": "#009E73",  # any other model or method
    "WT-RDF": "#D55E00",
    "errors": "#CC79A7",
    "more": "#56B4E9",
    "truth": "#000000",
}

LEGEND_ABOVE: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0)}  # a legend that covers no curve
LEVEL_LINE: dict[str, Any] = {"color": "0.8", "lw": 0.8, "zorder": 0}
_DRAWING = threading.RLock()
_DPI = 160  # dots per inch of pictures that are bitmaps


def color_of(model: Any) -> str:
    """Return the colour of the curves of a model."""
    return COLORS[getattr(model, "color", ReconstructionMixin.color)]


def line_options(defaults: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a line with their full names, those that are given before the defaults."""
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.lines import Line2D

    return normalize_kwargs(defaults, Line2D) | normalize_kwargs(given, Line2D)


@contextmanager
def new_figure(width: float, height: float) -> Iterator[Figure]:
    """Yield a figure of this size in inches. Within the context, everything is drawn in our style, by one thread."""
    from matplotlib.figure import Figure

    with _our_style():
        yield Figure(figsize=(width, height))


def save_figure(figure: Figure, title: str, path: Path, *, overwrite: bool = True) -> None:
    """Write a figure of :func:`new_figure` with its title to a file, in the format of its suffix."""
    figure.suptitle(title, x=0.01, ha="left")
    with atomic_write(path, overwrite=overwrite) as temporary:
        figure.savefig(temporary, dpi=_DPI)


@contextmanager
def _our_style() -> Iterator[None]:
    """Draw in our style. All threads share matplotlib's settings, so only one thread at a time may change them."""
    from matplotlib import style

    with _DRAWING, style.context(STYLE):
        yield


@contextmanager
def figure_in_style(given: Figure | SubFigure | None, width: float, height: float) -> Iterator[Figure | SubFigure]:
    """Return the user's figure, in the user's style, or a new one in ours.

    A figure without a layout engine gets constrained layout, because legends above axes would be cut.
    """
    if given is not None:
        from matplotlib.figure import FigureBase

        if not isinstance(given, FigureBase):
            raise TypeError(f"figure must be a matplotlib Figure or SubFigure, got {quoted(given)}.")
        if given.get_layout_engine() is None:
            given.figure.set_layout_engine("constrained")
        yield given
        return
    import matplotlib.pyplot as plt

    with _our_style():
        yield plt.figure(figsize=(width, height))


@contextmanager
def axes_in_style(given: Axes | None, width: float, height: float) -> Iterator[Axes]:
    """Return the user's axes, in the user's style, or those of a new figure in ours."""
    if given is not None:
        yield given
        return
    with figure_in_style(None, width, height) as figure:
        yield figure.subplots()
