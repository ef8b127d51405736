"""Paired comparison of models over draws of the same rows."""

from __future__ import annotations

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap
from scipy import stats
from sklearn_wtrdf.benchmarks.paper.protocol import METRICS

COLUMNS = ["draw", "fraction", "rows", "metric", "first", "second", "n_seeds", "difference", "low", "high", "better"]


def compare(results: pd.DataFrame) -> pd.DataFrame:
    """Compare every pair of models on every metric, by the mean difference of their errors on the same draws.

    The interval is Student's at 95 %, without correction for multiple comparisons. A model is `better` if the interval
    excludes zero; otherwise the difference is not significant and `better` is empty. The draws are of one curve and
    overlap, so the interval describes other draws from this curve, not other materials.
    """
    rows = []
    for (draw, fraction, scored), group in results.groupby(["draw", "fraction", "rows"], sort=False):
        for metric in METRICS:
            errors = group.pivot_table(metric, "seed", "model", sort=False)
            for first, second in combinations(errors.columns, 2):
                difference = (errors[first] - errors[second]).dropna().to_numpy()
                if difference.size < 2 or np.ptp(difference) == 0:
                    continue  # the difference is the same on every draw, so it has no interval
                low, high = mean_interval(difference)
                better = first if high < 0 else second if low > 0 else ""
                mean = difference.mean()
                rows.append((draw, fraction, scored, metric, first, second, difference.size, mean, low, high, better))
    return pd.DataFrame(rows, columns=COLUMNS)


def mean_interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Return Student's interval of the mean."""
    half = stats.t.ppf((1 + level) / 2, values.size - 1) * stats.sem(values)
    return values.mean() - half, values.mean() + half


def count(pairs: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Count, for each model, the models that are worse, that are better, and those without a significant difference."""
    rows = []
    for name in names:
        own = pairs[(pairs["first"] == name) | (pairs["second"] == name)]
        row = {"model": name}
        for metric in METRICS:
            better = own.loc[own["metric"] == metric, "better"]
            wins, ties = (better == name).sum(), (better == "").sum()
            row[metric.upper()] = f"{wins} / {len(better) - wins - ties} / {ties}"
        rows.append(row)
    return pd.DataFrame(rows)


def figure_of(pairs: pd.DataFrame, names: list[str]) -> plt.Figure:
    """Draw who beats whom: a panel for each fraction and metric, a row and a column for each model."""
    fractions = sorted(pairs["fraction"].unique(), reverse=True)
    figure, panels = plt.subplots(
        len(fractions),
        len(METRICS),
        figsize=(11, 2 + 3.1 * len(fractions)),
        squeeze=False,
        sharex=True,
        sharey=True,
    )
    colors = ListedColormap(["#D55E00", "#E8E8E8", "#0072B2"])
    place = {name: i for i, name in enumerate(names)}
    for line, fraction in zip(panels, fractions, strict=True):
        for panel, metric in zip(line, METRICS, strict=True):
            subset = pairs[(pairs["fraction"] == fraction) & (pairs["metric"] == metric)]
            verdicts = np.full((len(names), len(names)), np.nan)
            for pair in subset.itertuples():
                i, j = place[pair.first], place[pair.second]
                verdicts[i, j] = (pair.better == pair.first) - float(pair.better == pair.second)
                verdicts[j, i] = -verdicts[i, j]
            panel.imshow(verdicts, cmap=colors, vmin=-1, vmax=1)
            panel.set_title(f"{metric.upper()}, {fraction:.0%} of the rows")
            panel.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
            panel.set_yticks(range(len(names)), names, fontsize=8)
            panel.set_xticks(np.arange(-0.5, len(names)), minor=True)
            panel.set_yticks(np.arange(-0.5, len(names)), minor=True)
            panel.grid(which="minor", color="white", lw=1, alpha=1)
            panel.tick_params(which="both", length=0)
            panel.spines[:].set_visible(False)
    marks = [plt.Rectangle((0, 0), 1, 1, color=colors(k)) for k in (2, 0, 1)]
    meanings = ["row better than column", "row worse than column", "no significant difference"]
    figure.legend(marks, meanings, loc="outside upper center", ncols=3)
    return figure
