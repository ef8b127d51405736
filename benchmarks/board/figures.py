"""The figures of the leaderboard, from the table of cells and the curves of some of them."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from sklearn_wtrdf.benchmarks.board.cells import PICTURED, Cell, Outcome, measurement_of
from sklearn_wtrdf.benchmarks.board.conditions import CONDITIONS
from sklearn_wtrdf.benchmarks.board.methods import list_methods, load_method
from sklearn_wtrdf.benchmarks.runner import WIDTH

from sklearn_wtrdf.plotting.style import COLORS
from sklearn_wtrdf.scattering.sampling import HALF_WIDTH_90

BASELINE, OURS, OURS_WITHOUT = "fourier", "inversion", "inversion_without_composition"
HALVES = ["test", "development"]
WEIGHTINGS = ["x-ray", "neutron"]
NAMES = {  # of the materials whose identifier is not their name with hyphens
    "argon-krypton": "argon–krypton",
    "argon-supercritical": "supercritical argon",
    "copper-zirconium": "copper–zirconium",
}
R_SHOWN = (0.8, 8.0)  # Å
WRAPPED = 22  # characters of a line in the labels of methods
PATTERN = ["material", "weighting", "condition"]
FIRST = "q17-n1"  # the condition of the figure in the README
COLORS_OF = {BASELINE: COLORS["Fourier"], OURS: COLORS["ours"]}


def figures_of(table: pd.DataFrame, outcomes: dict[Cell, Outcome]) -> Iterator[tuple[str, plt.Figure]]:
    """Yield the figures of the page and that of the README, each with its name."""
    yield "challenge_map.png", map_of(table)
    if shown_measurements(table):
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
    first = [
        Cell(name, weighting, FIRST, method) for name, weighting, _ in shown_measurements(table) for method in COLORS_OF
    ]
    return list(dict.fromkeys(curves + first))


def with_ratio(table: pd.DataFrame) -> pd.DataFrame:
    """Add `ratio`, the error over that of the baseline on the same measurement, and `rank`, with failures last."""
    baseline = table[table["method"] == BASELINE].set_index(PATTERN)["mae"].rename("baseline")
    table = table.join(baseline, on=PATTERN)
    table["ratio"] = table["mae"] / table.pop("baseline")
    table["rank"] = table["mae"].fillna(np.inf).groupby([table[name] for name in PATTERN]).rank()
    return table


def name_of(material: str) -> str:
    """Return the name of a material as a reader would write it."""
    if material.startswith("ag"):
        return f"Ge–Se, {int(material[2:])} % Ag"
    return NAMES.get(material, material.replace("-", " "))


def map_of(table: pd.DataFrame) -> plt.Figure:
    """Draw the geometric mean ratio of each method on each material."""
    table = with_ratio(table)
    shown = table[table["method"] != BASELINE].dropna(subset="ratio")
    if shown.empty:
        return plt.figure()
    patterns = [shown["half"].map(HALVES.index), shown["material"], shown["weighting"].map(WEIGHTINGS.index)]
    grid = np.log2(shown["ratio"]).groupby([*patterns, shown["method"]]).mean().unstack("method")
    grid = grid[grid.mean().sort_values().index]
    figure, axes = plt.subplots(figsize=(WIDTH, 2.2 + 0.23 * len(grid)))
    image = axes.imshow(grid, cmap="RdBu_r", vmin=-3, vmax=3, aspect="auto")
    for i, j in np.ndindex(*grid.shape):
        value = grid.iloc[i, j]
        if np.isfinite(value):
            dark = abs(value) > 2
            axes.text(j, i, f"{2**value:.2f}", ha="center", va="center", fontsize=8, color="white" if dark else "black")
    names = [f"{name_of(material)}{', neutrons' if weighting else ', X-rays'}" for _, material, weighting in grid.index]
    axes.set_yticks(range(len(names)), names, fontsize=8.5)
    labels = [fill(load_label(name), WRAPPED) for name in grid.columns]
    axes.set_xticks(range(len(labels)), labels, rotation=90, fontsize=8.5)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    halves = grid.index.get_level_values("half")
    for half in halves.unique():
        place = np.flatnonzero(halves == half)
        beside = {"transform": axes.get_yaxis_transform(), "rotation": 270, "ha": "left", "va": "center"}
        axes.text(1.02, place.mean(), f"{HALVES[half]} half", **beside)
        if place[0]:
            axes.axhline(place[0] - 0.5, color="black", lw=2)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=axes, location="bottom", pad=0.02, aspect=40)
    bar.set_ticks(range(-3, 4), labels=[f"{2.0**k:g}" for k in range(-3, 4)])
    bar.set_label("mean absolute error of g(r), over that of the plain Fourier transform")
    return figure


def load_label(name: str) -> str:
    """Return a method's label; that of a method from another folder is its name."""
    return load_method(name).label if name in list_methods() else name


def shown_measurements(table: pd.DataFrame) -> list[tuple[str, str, float]]:
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
    shown = shown_measurements(table)
    figure, panels = plt.subplots(len(shown), 1, figsize=(WIDTH, 1.9 * len(shown) + 0.6), sharex=True, squeeze=False)
    handles: dict[str, Artist] = {}
    for panel, (name, weighting, ratio) in zip(panels.flat, shown, strict=True):
        cells = {Cell(name, weighting, FIRST, method): color for method, color in COLORS_OF.items()}
        handles |= draw(panel, cells, outcomes)
        radiation = "neutrons" if weighting == "neutron" else "X-rays"
        panel.set_title(
            f"{name_of(name)}, {radiation}: the error of the inversion is {ratio:.2f} of the Fourier transform's"
        )
    panels[-1, 0].set_xlabel("r (Å)")
    figure.align_ylabels()
    figure.legend(handles.values(), handles, loc="outside upper center", ncols=2)
    return figure


def draw(panel: Axes, cells: dict[Cell, str], outcomes: dict[Cell, Outcome]) -> dict[str, Artist]:
    """Draw the true g of a measurement and that of each cell in its color, and return the entries of the legend."""
    truth = measurement_of(next(iter(cells)))[1]
    shown = (truth.r >= R_SHOWN[0]) & (truth.r <= R_SHOWN[1])
    r = truth.r[shown]
    (line,) = panel.plot(r, truth.g[shown], color=COLORS["truth"], lw=2.5)
    handles: dict[str, Artist] = {"true g(r), simulated": line}
    for cell, color in cells.items():
        outcome = outcomes.get(cell)
        if outcome is None or outcome.g is None:
            continue
        g = np.array(outcome.g)[shown]
        (handles[load_label(cell.method)],) = panel.plot(r, g, color=color, lw=1.2)
        if cell.method == OURS and outcome.std is not None:
            reach = HALF_WIDTH_90 * np.array(outcome.std)[shown]
            handles["90 % band of the inversion"] = panel.fill_between(
                r, g - reach, g + reach, color=color, alpha=0.3, lw=0
            )
    panel.set(xlim=R_SHOWN, ylabel="g(r)")
    panel.locator_params(axis="y", nbins=4)
    return handles


def best_other(table: pd.DataFrame) -> str | None:
    """Return the other method with the smallest geometric mean of the ratio."""
    table = with_ratio(table)
    is_ours = table["method"].isin([*COLORS_OF, OURS_WITHOUT])
    others = table[~is_ours & (table["status"] == "ok")].dropna(subset="ratio")
    return np.log(others["ratio"]).groupby(others["method"]).mean().idxmin() if len(others) else None


def curves_of(table: pd.DataFrame, outcomes: dict[Cell, Outcome], half: str) -> plt.Figure:
    """Draw g of each material of a half by the baseline, our method and the best of the others."""
    names = list(dict.fromkeys(table.loc[table["half"] == half, "material"]))
    size = (WIDTH, 1.35 * len(names) + 0.6)
    figure, panels = plt.subplots(len(names), len(PICTURED), figsize=size, sharex=True, sharey="row", squeeze=False)
    methods = {BASELINE: COLORS["Fourier"], best_other(table): COLORS["others"], OURS: COLORS["ours"]}
    handles: dict[str, Artist] = {}
    for line, name in zip(panels, names, strict=True):
        for panel, condition in zip(line, PICTURED, strict=True):
            cells = {Cell(name, "x-ray", condition, method): color for method, color in methods.items() if method}
            handles |= draw(panel, cells, outcomes)
            panel.set_title(f"{name_of(name)}, q ≤ {CONDITIONS[condition].q_max:g} Å⁻¹")
            panel.label_outer()
    for panel in panels[-1]:
        panel.set_xlabel("r (Å)")
    figure.align_ylabels()
    figure.legend(handles.values(), handles, loc="outside upper center", ncols=3)
    return figure
