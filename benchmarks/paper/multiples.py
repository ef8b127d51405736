"""Small multiples: a row of panels for each model, a column for each case, and its curve with the true one in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from sklearn_wtrdf.benchmarks.runner import WIDTH

from sklearn_wtrdf.plotting.style import COLORS

FAMILIES = {"WT-RDF": "WT-RDF", "Fourier": "Fourier", "inversion": "ours"}  # of models, by the beginning of the name
TRUTH_WIDTH = 1.8  # points: where a curve coincides with the true one, that is seen on either side
POINTS = {"color": COLORS["truth"], "ms": 2.8, "mew": 0.7}
GAP = 42  # points between a row of panels and the name of its model

Curve = tuple[np.ndarray, np.ndarray]  # r [Å] and g


def color_of(model: str) -> str:
    """Return the colour of a model by its name."""
    family = next((family for beginning, family in FAMILIES.items() if model.startswith(beginning)), "others")
    return COLORS[family]


def small_multiples(
    curves: pd.DataFrame,
    truth: Mapping[object, Curve],
    true_label: str,
    titles: Mapping[object, str],
    models: Sequence[str],
    rows: Mapping[object, Curve] | None = None,
) -> plt.Figure:
    """Draw each curve with the true g(r), and the training rows of the case, if there are any.

    Parameters
    ----------
    curves : DataFrame
        Columns model, case, r and g.
    truth, titles : dict
        The true curve and the title of each case; the columns are in this order.
    true_label : str
        Label of the true curve in the legend.
    models : sequence of str
        The order of the rows.
    rows : dict, default=None
        The training rows of each case.
    """
    size = (WIDTH, 1.05 * len(models) + 0.9)
    figure, panels = plt.subplots(len(models), len(titles), figsize=size, sharex=True, sharey=True, squeeze=False)
    by_panel = curves.groupby(["model", "case"])
    handles: dict[str, Artist] = {}
    for line, model in zip(panels, models, strict=True):
        for panel, case in zip(line, titles, strict=True):
            (handles[true_label],) = panel.plot(*truth[case], color=COLORS["truth"], lw=TRUTH_WIDTH)
            curve = by_panel.get_group((model, case))
            (handles["model named on the left, in its colour"],) = panel.plot(
                curve["r"], curve["g"], color=color_of(model), lw=1.3
            )
            if rows is not None:
                (handles["rows in the training data"],) = panel.plot(*rows[case], "o", mfc="white", **POINTS)
            panel.tick_params(labelsize=8)
        line[0].set_ylabel("g(r)", fontsize=9)
        beside = {"xycoords": "axes fraction", "textcoords": "offset points", "ha": "right", "va": "center"}
        line[0].annotate(model.replace(" (", "\n("), (0, 0.5), (-GAP, 0), color=color_of(model), fontsize=9, **beside)
    for panel, title in zip(panels[0], titles.values(), strict=True):
        panel.set_title(title, fontsize=9)
    for panel in panels[-1]:
        panel.set_xlabel("r (Å)", fontsize=9)
    figure.align_ylabels()
    figure.legend(handles.values(), handles, loc="outside upper center", ncols=len(handles))
    return figure
