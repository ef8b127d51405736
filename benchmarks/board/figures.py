"""The figures of the leaderboard, from the table of cells and the curves of some of them."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn_wtrdf.benchmarks.board.cells import PICTURED, Cell, Outcome, measurement_of
from sklearn_wtrdf.benchmarks.board.conditions import CONDITIONS
from sklearn_wtrdf.benchmarks.board.methods import list_methods, load_method

from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.plotting.style import COLORS
from sklearn_wtrdf.scattering.sampling import HALF_WIDTH_90

BASELINE, OURS, OURS_WITHOUT = "fourier", "inversion", "inversion_without_composition"
HALVES = ["test", "development"]
PATTERN = ["material", "weighting", "condition"]
FIRST = "q17-n1"  # the condition of the figure in the README
COLORS_OF = {BASELINE: COLORS["Fourier"], OURS: COLORS["ours"]}


def figures_of(table: pd.DataFrame, outcomes: dict[Cell, Outcome]) -> Iterator[tuple[str, plt.Figure]]:
    """Yield the figures of the page and that of the README, each with its name."""
    yield "challenge_map.png", map_of(table)
    if picked(table):
        yield "challenge_first.png", first_of(table, outcomes)
    for half in HALVES:
        if (table["half"] == half).any():
            yield f"challenge_curves_{half}.png", curves_of(table, outcomes, half)


def pictured(table: pd.DataFrame) -> list[Cell]:
    """Return the cells whose curves the figures show."""
    materials = dict.fromkeys(table["material"])
    curves = [
        Cell(name, "x-ray", condition, method)
        for name in materials
        for condition in PICTURED
        for method in (BASELINE, best_other(table), OURS)
        if method
    ]
    first = [Cell(name, weighting, FIRST, method) for name, weighting, _ in picked(table) for method in COLORS_OF]
    return list(dict.fromkeys(curves + first))


def with_ratio(table: pd.DataFrame) -> pd.DataFrame:
    """Add `ratio`, the error over that of the baseline on the same measurement, and `rank`, with failures last."""
    baseline = table[table["method"] == BASELINE].set_index(PATTERN)["mae"].rename("baseline")
    table = table.join(baseline, on=PATTERN)
    table["ratio"] = table["mae"] / table.pop("baseline")
    table["rank"] = table["mae"].fillna(np.inf).groupby([table[name] for name in PATTERN]).rank()
    return table


def map_of(table: pd.DataFrame) -> plt.Figure:
    """Draw the geometric mean ratio of each method on each material."""
    table = with_ratio(table)
    shown = table[table["method"] != BASELINE].dropna(subset="ratio")
    if shown.empty:
        return plt.figure()
    logs = (
        np.log2(shown["ratio"]).groupby([shown["method"], shown["half"], shown["material"], shown["weighting"]]).mean()
    )
    grid = logs.unstack(["half", "material", "weighting"]).sort_index(axis=1)
    grid = grid.loc[grid.mean(axis=1).sort_values().index]
    figure, axes = plt.subplots(figsize=(2.4 + 0.5 * grid.shape[1], 1.8 + 0.42 * grid.shape[0]))
    image = axes.imshow(grid, cmap="RdBu_r", vmin=-3, vmax=3, aspect="auto")
    for i, j in np.ndindex(*grid.shape):
        value = grid.iloc[i, j]
        if np.isfinite(value):
            dark = abs(value) > 2
            axes.text(j, i, f"{2**value:.2f}", ha="center", va="center", fontsize=7, color="white" if dark else "black")
    names = [f"{material}{'' if weighting == 'x-ray' else ', n'}" for _, material, weighting in grid.columns]
    axes.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize=8)
    axes.set_yticks(range(len(grid)), [load_label(name) for name in grid.index], fontsize=8)
    halves = [half for half, *_ in grid.columns]
    for half in dict.fromkeys(halves):
        place = [i for i, of in enumerate(halves) if of == half]
        axes.text(np.mean(place), -0.75, f"{half} half", ha="center", fontsize=9)
        if place[0]:
            axes.axvline(place[0] - 0.5, color="black", lw=2)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    bar = figure.colorbar(image, ax=axes, pad=0.01)
    bar.set_ticks(range(-3, 4), labels=[f"{2.0**k:g}" for k in range(-3, 4)])
    bar.set_label("error of g over that of the plain Fourier transform")
    return figure


def load_label(name: str) -> str:
    """Return a method's label; that of a method from another folder is its name."""
    return load_method(name).label if name in list_methods() else name


def picked(table: pd.DataFrame) -> list[tuple[str, str, float]]:
    """Return the measurements of the test half that the figure of the README shows, with the ratio of errors of each.

    These are the measurements with the smallest, the median and the largest ratio of our error to the baseline's; of an
    even number, the larger of the two in the middle counts as the median.
    """
    table = with_ratio(table)
    ours = table[(table["half"] == "test") & (table["condition"] == FIRST) & (table["method"] == OURS)]
    ours = ours.dropna(subset="ratio").sort_values("ratio", ignore_index=True)
    places = sorted({0, len(ours) // 2, len(ours) - 1}) if len(ours) else []
    return list(ours.loc[places, ["material", "weighting", "ratio"]].itertuples(index=False, name=None))


def first_of(table: pd.DataFrame, outcomes: dict[Cell, Outcome]) -> plt.Figure:
    """Draw g of three measurements by the baseline and by our method with its band, at the size of the README."""
    shown = picked(table)
    figure, panels = plt.subplots(len(shown), 1, figsize=(5, 1.35 * len(shown) + 0.5), sharex=True, squeeze=False)
    handles = {}
    for panel, (name, weighting, ratio) in zip(panels.flat, shown, strict=True):
        truth = measurement_of(Cell(name, weighting, FIRST, OURS))[1]
        shown_r = (truth.r >= 0.8) & (truth.r <= 7)
        r = truth.r[shown_r]
        handles["true g(r), simulated"] = panel.fill_between(r, truth.g[shown_r], color="0.8", lw=0)
        for method, color in COLORS_OF.items():
            outcome = outcomes[Cell(name, weighting, FIRST, method)]
            if outcome.g is None:
                continue
            g = np.array(outcome.g)[shown_r]
            (handles[load_label(method)],) = panel.plot(r, g, color=color)
            if outcome.std is not None:
                reach = HALF_WIDTH_90 * np.array(outcome.std)[shown_r]
                handles["its 90 % band"] = panel.fill_between(
                    r, np.maximum(g - reach, 0), g + reach, color=color, alpha=0.3, lw=0
                )
        top = truth.g[shown_r].max()
        panel.set(xlim=(0.8, 7), ylim=(-0.15 * top, 1.2 * top), ylabel="g(r)")
        panel.locator_params(axis="y", nbins=4)
        material = load_material(name).formula if name.startswith("ag") else name.replace("-", " ")
        label = f"{material}, {'neutrons' if weighting == 'neutron' else 'X-rays'}\nerror: {ratio:.2f} of Fourier's"
        panel.text(0.98, 0.97, label, transform=panel.transAxes, ha="right", va="top")
    panels[-1, 0].set_xlabel("r (Å)")
    figure.align_ylabels()
    figure.legend(handles.values(), handles, loc="outside upper center", ncols=2)
    return figure


def best_other(table: pd.DataFrame) -> str | None:
    """Return the other method with the smallest geometric mean of the ratio."""
    table = with_ratio(table)
    is_ours = table["method"].isin([*COLORS_OF, OURS_WITHOUT])
    others = table[~is_ours & (table["status"] == "ok")].dropna(subset="ratio")
    return np.log(others["ratio"]).groupby(others["method"]).mean().idxmin() if len(others) else None


def curves_of(table: pd.DataFrame, outcomes: dict[Cell, Outcome], half: str) -> plt.Figure:
    """Draw g of each material of a half by the baseline, our method and the best of the others."""
    names = list(dict.fromkeys(table.loc[table["half"] == half, "material"]))
    figure, panels = plt.subplots(len(names), len(PICTURED), figsize=(12, 2.1 * len(names)), squeeze=False)
    methods = {BASELINE: COLORS["Fourier"], best_other(table): COLORS["others"], OURS: COLORS["ours"]}
    handles = {}
    for line, name in zip(panels, names, strict=True):
        for panel, condition in zip(line, PICTURED, strict=True):
            cells = [Cell(name, "x-ray", condition, method) for method in methods if method]
            truth = measurement_of(cells[0])[1]
            shown_r = truth.r >= 0.8
            r = truth.r[shown_r]
            handles["true g(r)"] = panel.fill_between(r, truth.g[shown_r], color="0.75", lw=0)
            for cell, color in zip(cells, (c for m, c in methods.items() if m), strict=True):
                outcome = outcomes.get(cell)
                if outcome is None or outcome.g is None:
                    continue
                g = np.array(outcome.g)[shown_r]
                if cell.method == OURS and outcome.std is not None:
                    reach = HALF_WIDTH_90 * np.array(outcome.std)[shown_r]
                    handles["90 % band of the inversion"] = panel.fill_between(
                        r, g - reach, g + reach, color=color, alpha=0.2, lw=0
                    )
                handles[load_label(cell.method)] = panel.plot(r, g, color=color, lw=1)[0]
            top = truth.g.max()
            panel.set(xlim=(0.8, truth.r[-1]), ylim=(-0.25 * min(top, 4), 1.2 * top))
            panel.set_title(f"{name} ({load_material(name).formula}), {CONDITIONS[condition].says}", fontsize="small")
        line[0].set_ylabel("g(r)")
    for panel in panels[-1]:
        panel.set_xlabel("r (Å)")
    figure.legend(handles.values(), handles, loc="outside upper center", ncols=5)
    return figure
