"""Paired comparison of models over draws of the same rows."""

from __future__ import annotations

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import stats
from sklearn_wtrdf.benchmarks.paper.protocol import METRICS
from sklearn_wtrdf.benchmarks.runner import WIDTH

from sklearn_wtrdf.plotting.style import COLORS

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
    """Draw how many models are significantly better and worse than each model, by fraction and metric."""
    fractions = sorted(pairs["fraction"].unique(), reverse=True)
    titles = {"mae": "mean absolute error", "fpe": "error at the first peak", "spe": "error at the second peak"}
    size = (WIDTH, 1.1 + (0.5 + 0.17 * len(names)) * len(fractions))
    shape = len(fractions), len(titles)
    figure, panels = plt.subplots(*shape, figsize=size, squeeze=False, sharex=True, sharey=True)
    at = np.arange(len(names))
    for line, fraction in zip(panels, fractions, strict=True):
        for panel, metric in zip(line, titles, strict=True):
            subset = pairs[(pairs["fraction"] == fraction) & (pairs["metric"] == metric)]
            decided = subset[subset["better"].isin(names)]
            worse = np.where(decided["better"] == decided["first"], decided["second"], decided["first"])
            wins, losses = (
                pd.Series(side).value_counts().reindex(names, fill_value=0) for side in (decided["better"], worse)
            )
            panel.barh(at, wins, color=COLORS["ours"], height=0.75, label="models that are significantly worse")
            panel.barh(at, -losses, color=COLORS["Fourier"], height=0.75, label="models that are significantly better")
            panel.axvline(0, color="black", lw=0.8)
            panel.tick_params(axis="y", labelsize=8.5)
            panel.grid(axis="x")
        line[0].set_ylabel(f"trained on {100 * fraction:g} % of the rows")
    for panel, title in zip(panels[0], titles.values(), strict=True):
        panel.set_title(title)
    panels[0, 0].set_yticks(at, names)
    panels[0, 0].invert_yaxis()
    limit = len(names) - 1
    panels[0, 0].set_xlim(-limit - 0.5, limit + 0.5)
    ticks = np.arange(-limit // 4 * 4, limit + 1, 4)
    ticks = ticks[np.abs(ticks) <= limit]
    panels[0, 0].set_xticks(ticks, [f"{abs(tick)}" for tick in ticks])
    for panel in panels[-1]:
        panel.set_xlabel("number of models")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside upper center", ncols=2)  # the left bars are those of losses
    return figure
