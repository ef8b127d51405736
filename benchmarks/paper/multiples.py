"""Small multiples: a row of panels for each model, a column for each case, and one curve in each panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

BASELINE = "0.35"  # the grey of models without a colour

Curve = tuple[np.ndarray, np.ndarray]  # r [Å] and g


def small_multiples(
    curves: pd.DataFrame,
    truth: Mapping[object, Curve],
    titles: Mapping[object, str],
    colors: Mapping[str, str],
    models: Sequence[str],
    rows: Mapping[object, Curve] | None = None,
) -> plt.Figure:
    """Draw each curve with the true g(r), which is filled, and the training rows of the case, if there are any.

    Parameters
    ----------
    curves : DataFrame
        Columns model, case, r and g.
    truth, titles : dict
        The true curve and the title of each case; the columns are in this order.
    colors : dict
        Colours of the emphasized models; all others are grey.
    models : sequence of str
        The order of the rows.
    rows : dict, default=None
        The training rows of each case.
    """
    figure, panels = plt.subplots(
        len(models),
        len(titles),
        figsize=(11, 1.05 * len(models) + 0.8),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    by_panel = curves.groupby(["model", "case"])
    for line, model in zip(panels, models, strict=True):
        for panel, case in zip(line, titles, strict=True):
            panel.fill_between(*truth[case], color="0.85", lw=0)
            if rows is not None:
                panel.plot(*rows[case], ".", color="black", ms=3)
            curve = by_panel.get_group((model, case))
            panel.plot(curve["r"], curve["g"], color=colors.get(model, BASELINE), lw=1.5)
        label = model.replace(" (", "\n(").replace(", ", ",\n")
        line[0].set_ylabel(label, rotation=0, ha="right", va="center", color=colors.get(model, "black"))
    for panel, title in zip(panels[0], titles.values(), strict=True):
        panel.set_title(title)
    figure.supxlabel("r (Å)")
    figure.align_ylabels()
    return figure
