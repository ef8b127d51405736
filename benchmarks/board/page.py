"""The leaderboard as a page with figures, from the table of cells."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn_wtrdf.benchmarks.board.conditions import CONDITIONS, EFFECTS, base_of
from sklearn_wtrdf.benchmarks.board.figures import BASELINE, HALVES, OURS, PATTERN, with_ratio
from sklearn_wtrdf.benchmarks.board.methods import list_methods, load_method
from sklearn_wtrdf.benchmarks.board.scores import MEANINGS
from sklearn_wtrdf.benchmarks.runner import write_whole

PAGE = Path(__file__).resolve().parents[2] / "docs" / "challenge.md"

INTRODUCTION = """\
# The leaderboard: S(q) → g(r) by every method, on many materials

Methods for S(q) → g(r) are usually published with one or two materials that their authors chose. In this benchmark
every method that can be installed, ours included, solves the same measurements of the same materials, and the page
begins with the measurements on which ours loses.

**All materials are simulated**, so that g(r) is known: [what they are and how they were
made](../data/materials/README.md). Their ideal S(q) is turned into laboratory data, with a finite q_max, noise, and the
errors that remain after a careful reduction. Each method gets q, S and the number density; those that use the
composition and the radiation get these as well.

The materials are split by name into two fixed halves. Constants of a method may be chosen on the development half; its
performance is that on the **test** half, which is first in each section. `inversion`, which is `InversionRegressor`
with default settings and without a reference, was developed on the development half.

This page is written by `python benchmarks/board/challenge.py` (or `make challenge`) from
[challenge.csv](../benchmarks/results/challenge.csv). Do not edit it."""

READING = """\
A ratio is the mean absolute error of g over that of the plain Fourier transform on the same measurement; means of
ratios are geometric. *Worst* is the largest ratio, with its measurement. *Rank* is the mean rank among all methods on
the same measurement, by that error, with failures last. MAE, peaks, position (Å), coordination and residual are medians
of absolute errors. *Coverage* is the fraction of rows within the 90 % bands, averaged over measurements, and *lowest*
that of the material where it is smallest; *width* is the mean width of the bands. *Failed* counts crashes,
timeouts and results that are not finite curves. Times are medians on one core, and vary between runs: those of
`inversion` were measured later than the others, on an idle machine, and cannot be compared with them.

With X-rays, the pair weights in S depend on q, whereas the true g has constant weights. For this reason alone, an exact
transform has an error of 0.13 for benzene, 0.12 for water, 0.06 for germania, 0.04 for silica and 0.03 for
sodium-silicate; with neutrons this error does not occur. `inversion` gets the composition and solves for the pair
functions of bonded atoms, with neutrons only for those of benzene; `inversion_without_composition` shows the effect.
The plain Fourier transform begins at the first q; those of glassure extrapolate S to q = 0."""

OWN = """\
## Your own method or pattern

A method is a file with one function; the first line of its docstring is its label:

```python
\"\"\"My transform.\"\"\"


def solve(q, S, density, r):
    g = ...  # at r [Å], from S at q [Å⁻¹]; density in Å⁻³
    return g, None  # or g and its standard deviation
```

If it has the parameters `composition` and `radiation`, it gets values such as "SiO2" and "x-ray".

```sh
python benchmarks/board/challenge.py --quick --methods fourier inversion my_transform.py --out results
```

A file in `benchmarks/board/methods` is a part of the leaderboard. If a method crashes, takes longer than a minute or
does not return a finite curve, this is reported in its row, and the other methods continue.

All methods can be applied to your own S(q), in any format that [the package reads](files.md):

```sh
python benchmarks/board/challenge.py --pattern silica.sq --number-density 0.066 --truth silica.gr
```

This prints the same columns; without `--truth`, only the status and the time of each method.
`--composition SiO2 --mass-density 2.2` can replace the number density, and neither is needed if the file contains it.
After `pip install "sklearn-wtrdf[challenge]"`, `wtrdf benchmark challenge` does the same without a copy of the
repository."""


def write_page(table: pd.DataFrame, names: list[str], out: Path, page: Path) -> None:
    """Write the page, with links to the figures of these names in the folder `out`."""
    text = page_of(table, Path(os.path.relpath(out, page.parent)), names)
    write_whole(page, lambda path: Path(path).write_text(text, encoding="utf-8"))


def page_of(table: pd.DataFrame, pictures: Path, names: list[str]) -> str:
    """Return the page, with links to its figures in the given folder."""
    table = with_ratio(table)
    parts = [INTRODUCTION, *section_on_losses(table, OURS, "## Where InversionRegressor loses")]
    parts += ["## All methods", READING]
    parts += [
        "The scores in challenge.csv are: " + "; ".join(f"*{name}*, {text}" for name, text in MEANINGS.items()) + "."
    ]
    for half in HALVES:
        of_half = table[table["half"] == half]
        if len(of_half):
            parts += [f"### {half.capitalize()} half", markdown(summary_of(of_half))]
    for name in (name for name in names if "first" not in name):
        alt = "Errors by method and material" if "map" in name else "Curves, material by material"
        parts.append(f"![{alt}]({(pictures / name).as_posix()})")
    parts += [CAPTION]
    parts += ["## Paired differences", PAIRED]
    parts += [markdown(pairs_of(table))]
    parts += ["## q and noise", "Geometric mean of the mean absolute error, both halves."]
    parts += [markdown(errors_by(table))]
    parts += ["## What each effect does", OF_EFFECTS, markdown(effects_of(table))]
    parts += failures(table)
    methods = [(name, load_method(name).label) for name in list_methods() if name in set(table["method"])]
    parts += ["## Methods", markdown(pd.DataFrame(methods, columns=["method", "description"]))]
    parts += [
        "What each method does, its origin and its settings are documented in its file in `benchmarks/board/methods`.",
        EXCLUDED,
    ]
    conditions = [(name, CONDITIONS[name].description) for name in table["condition"].unique()]
    parts += ["## Conditions", markdown(pd.DataFrame(conditions, columns=["condition", "description"]))]
    return "\n\n".join([*parts, OWN]) + "\n"


EXCLUDED = """\
Two methods are not included: LiquidDiffract 1.2.5, which requires the graphical toolkits PyQt6 and pyqtgraph and has
the same iteration as glassure, after Eggert et al. (2002); and maximum entropy, for which we know of no package on PyPI
that can use this transform."""

PAIRED = """\
The ratio of errors on the same measurement, over all materials of a half: geometric mean, and its 95 % interval by a
bootstrap over materials. Below 1 the method in the row is better than that of the column; if the interval contains 1,
the difference is not significant."""

OF_EFFECTS = """\
The factor by which each effect increases the error of a method, compared with the same material, the same q and 1 %
noise without that effect: geometric mean, both halves. A reduced scan has the noise of its counts instead."""


def summary_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each method, in order of the geometric mean of its ratio."""
    rows = []
    for method, of_method in table.groupby("method"):
        good = of_method.dropna(subset="mae")
        ratio = good["ratio"].dropna()
        row = {"method": method, "rank": f"{of_method['rank'].mean():.1f}", "MAE": _short(good["mae"].median())}
        row["ratio"] = np.exp(np.log(ratio).mean()) if len(ratio) else np.nan
        worst = good.loc[ratio.idxmax()] if len(ratio) else None
        row["worst"] = "–" if worst is None else f"{worst['ratio']:.2f} ({_name(worst)}, {worst['condition']})"
        for column, name in (
            ("first_peak", "1st peak"),
            ("second_peak", "2nd peak"),
            ("position", "position"),
            ("coordination", "coordination"),
            ("residual", "residual"),
        ):
            row[name] = _short(good[column].median())
        covered = good.groupby(["material", "weighting"])["coverage_90"].mean()
        row |= {"coverage": _short(good["coverage_90"].mean()), "lowest": _short(covered.min())}
        row |= {"width": _short(good["width_90"].mean()), "failed": int((of_method["status"] != "ok").sum())}
        rows.append(row | {"ms": f"{1e3 * good['seconds'].median():.1f}"})
    frame = pd.DataFrame(rows).sort_values("ratio", ignore_index=True)
    frame["ratio"] = frame["ratio"].map(_short)
    return frame


def section_on_losses(table: pd.DataFrame, method: str, title: str) -> list[str]:
    """Return the section on where a method is worse than the Fourier transform and than any other method."""
    ours = table[(table["method"] == method)].dropna(subset="ratio")
    if ours.empty:
        return []
    parts = [title]
    for half in HALVES:
        rows = ours[ours["half"] == half]
        if rows.empty:
            continue
        lost = rows[rows["ratio"] > 1]
        ratios = np.log(rows["ratio"]).groupby([rows["material"], rows["weighting"]]).mean().pipe(np.exp)
        best = table[table["half"] == half].groupby(PATTERN)["mae"].min()
        excess = rows.set_index(PATTERN)["mae"] / best  # 1 where no other is better
        first = (excess <= 1).mean()
        text = (
            f"**{half.capitalize()} half.** On {len(lost)} of {len(rows)} measurements the mean absolute error of "
            f"`{method}` is larger than that of the plain Fourier transform, at worst "
            f"{rows['ratio'].max():.1f} times ({_name(rows.loc[rows['ratio'].idxmax()])}, "
            f"`{rows.loc[rows['ratio'].idxmax(), 'condition']}`); the geometric mean of the ratio is "
            f"{np.exp(np.log(rows['ratio']).mean()):.2f}. It is the best of all methods on {first:.0%} of them. "
            f"{_better_methods(excess[excess > 1])}Its 90 % bands contain {rows['coverage_90'].mean():.0%} of the rows."
        )
        if failed := ((table["method"] == method) & (table["half"] == half) & (table["status"] != "ok")).sum():
            text += f" It fails on {failed} more."
        losing = ratios[ratios > 1].sort_values(ascending=False)
        if len(losing):
            listed = ", ".join(
                f"{material} ({weighting}) {ratio:.2f}" for (material, weighting), ratio in losing.items()
            )
            text += f" It loses in the mean over conditions on {listed}."
        where = rows.assign(lost=rows["ratio"] > 1).groupby("condition", sort=False)["lost"].mean()
        often = where[where >= 0.3].sort_values(ascending=False)
        if len(often):
            text += (
                " It loses on many materials under "
                + ", ".join(f"`{name}` ({part:.0%})" for name, part in often.items())
                + "."
            )
        parts.append(text)
    return parts


def pairs_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return, for each method, the ratio of its error to the baseline's and to ours, with intervals."""
    rows = []
    for method in table["method"].unique():
        row = {"method": method}
        for half in HALVES:
            of_half = table[table["half"] == half]
            errors = of_half.pivot(index=PATTERN, columns="method", values="mae")
            for other, name in ((BASELINE, "the Fourier transform"), (OURS, "InversionRegressor")):
                if len(of_half) and other in errors and other != method:
                    row[f"{half}: over {name}"] = interval(np.log(errors[method] / errors[other]).dropna())
        rows.append(row)
    return pd.DataFrame(rows)


def interval(logs: pd.Series, n_draws: int = 2000) -> str:
    """Return the geometric mean and its interval, by a bootstrap over materials with a fixed seed."""
    groups = logs.groupby("material").agg(["sum", "count"])
    if len(groups) < 2:
        return "–"
    draws = np.random.default_rng(0).integers(len(groups), size=(n_draws, len(groups)))
    sums, counts = (groups[name].to_numpy()[draws].sum(axis=1) for name in ("sum", "count"))
    low, high = np.exp(np.quantile(sums / counts, [0.025, 0.975]))
    return f"{np.exp(logs.mean()):.2f} ({low:.2f} to {high:.2f})"


def errors_by(table: pd.DataFrame) -> pd.DataFrame:
    """Return the mean error of each method for each q_max and noise."""
    pure = table[table["condition"].str.fullmatch(r"q\d+-n[\d.]+")]
    logs = np.log(pure["mae"]).groupby([pure["condition"], pure["method"]], sort=False).mean()
    return _wide(np.exp(logs))


def effects_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the factor by which each effect changes the error of each method."""
    key = ["material", "weighting", "method"]
    errors = table.set_index([*key, "condition"])["mae"].unstack()
    factors = {
        name: np.log(errors[name] / errors[base_of(name)]).groupby("method").mean()
        for name in table["condition"].unique()
        if name.split("-", 1)[1] in EFFECTS and base_of(name) in errors
    }
    if not factors:
        return pd.DataFrame({"condition": []})
    return _wide(np.exp(pd.concat(factors)))


def failures(table: pd.DataFrame) -> list[str]:
    """Return the section on cells that failed."""
    failed = table[table["status"] != "ok"]
    if failed.empty:
        return ["## Failures", "None: every method returned a curve for every measurement."]
    rows = failed.groupby(["method", "status"]).agg(
        measurements=("status", "size"), conditions=("condition", lambda x: ", ".join(dict.fromkeys(x)))
    )
    return ["## Failures", markdown(rows.reset_index())]


CAPTION = """\
*All materials are simulated. In the coloured map, the geometric mean, over conditions, of the mean absolute error
of g(r) over that of the plain Fourier transform: blue is better, red worse. In the curves below it, g(r) from S(q) with
X-rays and 1 % noise, up to two different q, by the plain Fourier transform, by `InversionRegressor` with its 90 % band,
and by the other method with the smallest mean error; materials of the test half come first.*"""


def markdown(frame: pd.DataFrame) -> str:
    """Return a table."""
    return frame.astype(object).fillna("–").to_markdown(index=False, disable_numparse=True)


def _wide(values: pd.Series) -> pd.DataFrame:
    wide = values.unstack().sort_index(axis=1)
    wide = wide.loc[[name for name in CONDITIONS if name in wide.index]]
    return wide.map(_short).reset_index(names="condition")


def _better_methods(excess: pd.Series) -> str:
    """Return a sentence on the materials for which another method is better, and by how much at most."""
    if excess.empty:
        return ""
    counts = excess.groupby("material").size().sort_values(ascending=False, kind="stable")
    listed = ", ".join(f"{material} ({count})" for material, count in counts.items())
    material, weighting, condition = excess.idxmax()
    return (
        f"Some other method is better on {len(excess)}: {listed}; there our error is at most "
        f"{excess.max():.1f} times that of the best ({material}, {weighting}, `{condition}`). "
    )


def _name(row: pd.Series) -> str:
    return f"{row['material']}, {row['weighting']}"


def _short(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.3f}" if abs(value) < 0.1 else f"{value:.2f}"
