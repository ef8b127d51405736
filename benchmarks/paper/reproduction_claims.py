"""The sections of docs/reproduction.md beside the paper's tables: what it says, item by item, and what follows from it.

Each function takes the folder of results and returns the parts of one section. Numbers come from the files of results;
only the words around them are typed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn_wtrdf.benchmarks.paper.claims import MARKS, NOISE
from sklearn_wtrdf.benchmarks.paper.pages import markdown, picture, reasons, source
from sklearn_wtrdf.benchmarks.ratios import DENSITY

from sklearn_wtrdf.wtrdf.wavelet import PARAMETERS

NUMBERED = ("Eq.", "Table", "Fig.", "Algorithm")

OF_CLAIMS = """\
A claim is *reproduced* where ours is the paper's number to half a unit of its last digit, or what stands in brackets
beside the mark; it *differs* where it is not, and then the row says by how much and why; and it *cannot be known* where
the paper does not print what that takes. Where the paper has no number of its own, ours stands alone. A number that the
paper repeats stands where it comes first, or where it is explained."""

OF_REDUCTIONS = """\
On a quarter of the rows, by how much the error of WT-RDF+ is below that of another model (above it, where the number
is negative), and in brackets in what part of the draws its error is the smaller one. The paper's percentages follow
from its Table 5, which is one draw. *Random* draws may miss a peak, as the paper's draw did; those that *hold both
peaks* ask whether a model can keep them."""

WHY_REDUCTIONS = {
    "At the peaks": """\
On random draws WT-RDF+ is ahead of both networks, as in the paper, by smaller margins: the mean is over draws of which
some hold a peak and others do not, and the paper has one that does not. On draws that hold both peaks, every model but
the Fourier transform and the LSTM that reads a whole call is trained on them and meets them, and WT-RDF+ is rarely the
nearest.""",
    "In the mean absolute error": """\
Over the whole curve and on random draws WT-RDF+ is behind every other model, but for the LSTM that reads a whole call,
with which it is level. The paper does not print this percentage; its Table 5 has WT-RDF+ ahead.""",
}

OF_COORDINATION = """\
N = 4πρ₀ ∫ r² g(r) dr of Eq. (5) over the windows of the reference's peaks, with ρ₀ = {density} Å⁻³, which is not in
the paper. In brackets, where there is one, an interval that holds 90 % of: fits to rows drawn anew with replacement
(WT-RDF+), trainings from other random weights (networks), draws from the posterior (inversion), or trainings on a
quarter of the rows, each time drawn anew; N is then their median. "WT-RDF+" is Adam in the paper's bounds with the
selective loss."""

OF_EQUATIONS = """\
The manual parameters, with each way of reading the equations. The series of Eq. (4), in u/2, is the Bessel function
J_p(u), that of Eq. (13), in u, is J_p(2u); Eq. (8) has no K_f. The MAE is without the first row."""

WHY_EQUATIONS = """\
Only the order 2, read as Eq. (4) has it, gives the published first peak. Eq. (13), by which WT-RDF+ is said to be
trained, has lost the factor 1/2, and Eq. (8) has lost K_f."""

OF_CRITERIA = """\
What a wavelet must meet, by Eq. (6) and the text above it, and what the integrals come to for D with the manual
parameters. In square brackets: D without its constant C̃. "Both peaks" are D at their two distances."""

WHY_CRITERIA = {
    "Centre": """\
D is an even function, so the integral of x |D|² vanishes between limits that lie symmetrically, and between no others:
it does not converge, and its value is that of the limits.""",
    "Zero mean": "The integral of J₂ over all u is 2 and that of Φ is positive; the constant adds 2 C̃ U, without end.",
    "Norm": "The constant adds 2 C̃² U, and without it ∫ J₂² du still grows as (2/π) ln U. D cannot be normalized.",
    "Orthogonality": """\
D at the distances of both peaks overlaps with itself, on the measured q as on any range; with the constant, any two of
them become the same function.""",
    "What that means": """\
The transform with D is not a wavelet transform: nothing ensures that it has an inverse or conserves a norm. As a
regression with five parameters it needs neither.""",
}

OF_BOUNDING = """\
"To find the optimal bounding values, we use small intervals centered on the initial value and execute this process
iteratively" (Sec. 3.2.2). Here a and K_f are held within some per cent of where the round before left them, from the
manual parameters on; the other three are free. The last round has such an interval as well, or the bounds that the
paper prints. Shown are the runs with most rounds."""

WHY_BOUNDING = {
    "Without the selective loss": """\
a rises through the paper's bounds and comes to rest beyond them, whatever the width; the MAE falls at the cost of both
peaks, as in row (b).""",
    "With it": """\
Where a comes to rest depends on the width: small intervals stop it below the paper's bounds, wide ones let it come to
rest above them. Of the runs that are shown none comes to rest inside.""",
    "Then the paper's bounds": """\
Wide intervals first and the paper's bounds at last end nearer to the printed row (d) than Adam with the paper's bounds
in both rounds does. So this procedure can lead to the printed parameters, but it does not choose the printed
bounds.""",
}


def claims(results: Path) -> list[str]:
    """Return every numbered item and every number of the prose."""
    table = pd.read_csv(results / "claims.csv", keep_default_na=False)
    counts = table["mark"].value_counts()
    numbered = table["where"].str.startswith(NUMBERED)
    reproduced, differ, unknown = (counts.get(mark, 0) for mark in MARKS)
    return [
        "## What the paper says, counted",
        f"Of {len(table)} claims, {reproduced} are reproduced, {differ} differ and {unknown} cannot be known.",
        OF_CLAIMS,
        "## Every equation, table, figure and algorithm",
        _rows(table[numbered]),
        "## Every number of the prose",
        _rows(table[~numbered]),
        source("claims", "claims.csv"),
    ]


def _rows(table: pd.DataFrame) -> str:
    rows = [
        {
            "where": row["where"],
            "what the paper says": row["says"],
            "paper → ours (difference)": _numbers(row),
            "mark": row["mark"] + (f" ({row['allowed']})" if row["allowed"] else ""),
            "why": " ".join(filter(None, (_code(row["source"]), row["why"]))),
        }
        for _, row in table.iterrows()
    ]
    return markdown(pd.DataFrame(rows).map(lambda text: text.replace("|", "\\|")))


def _numbers(row: pd.Series) -> str:
    paper, ours, difference = (row[name].split("; ") if row[name] else [] for name in ("paper", "ours", "difference"))
    if not paper:
        return "; ".join(ours)
    return "; ".join(f"{p} → {o} ({d})" for p, o, d in zip(paper, ours, difference, strict=True))


def _code(here: str) -> str:
    return f"`{here}`." if here.startswith("sklearn_wtrdf") else ""


def reductions(results: Path) -> list[str]:
    """Return the percentages of the conclusion, against all models."""
    table = pd.read_csv(results / "reductions.csv")
    cells = table.set_index(["draw", "model", "metric"])
    draws = {"random": "random", "peaks-kept": "hold both peaks"}
    rows = []
    for model in table["model"].unique():
        row = {"than": model}
        for metric in ("fpe", "spe", "mae"):
            theirs = cells.loc[("random", model, metric), "paper_lower_by"]
            row[f"{metric.upper()}, paper"] = "" if np.isnan(theirs) else f"{theirs:.2f} %"
            row |= {
                f"{metric.upper()}, {name}": _lower(cells.loc[(draw, model, metric)]) for draw, name in draws.items()
            }
        rows.append(row)
    return [
        "## The percentages of the conclusion",
        OF_REDUCTIONS,
        markdown(pd.DataFrame(rows)),
        reasons(WHY_REDUCTIONS),
        source("claims", "reductions.csv"),
    ]


def _lower(cell: pd.Series) -> str:
    lower, wins = cell["lower_by"], cell["wins"]
    times = 1 - lower / 100
    size = (
        "no error to lower" if np.isinf(lower) else f"{lower:.2f} %" if lower >= -100 else f"{times:.3g} times as high"
    )
    return f"{size} ({wins:.0%})"


def coordination(results: Path) -> list[str]:
    """Return the coordination numbers of every model."""
    table = pd.read_csv(results / "coordination.csv")
    cells = table.set_index(["model", "window"])
    ends = {row.window: f"{row.window}, {row.r_low:.2f} to {row.r_high:.2f} Å" for row in table.itertuples()}
    rows = [
        {"model": model} | {title: _counted(cells.loc[(model, window)], model) for window, title in ends.items()}
        for model in table["model"].unique()
    ]
    first = table[table["window"] == "first peak"].set_index("model")
    sentence = (
        f"The reference has {first.loc['reference', 'N']:.2f} neighbours in its first peak, the 8 − N rule says "
        f"{first.loc['reference', 'bonds']:.1f}. The manual parameters count {first.loc['WT-RDF (manual)', 'N']:.2f}, "
        f"the published WT-RDF+ {first.loc['WT-RDF+ (published)', 'N']:.2f}: both meet the height of the peak and "
        "neither its width, so the tuning does not improve the number that it was done for. The inversion, which has "
        f"never seen the reference, counts {first.loc['inversion of S_R(q) alone', 'N']:.2f}. A network that was "
        "trained on all rows gives back the number of these rows."
    )
    return [
        "## Coordination numbers",
        OF_COORDINATION.format(density=DENSITY),
        markdown(pd.DataFrame(rows)),
        sentence,
        source("coordination", "coordination.csv"),
        picture("coordination.png", "Coordination numbers of the first and of the second peak"),
    ]


def _counted(cell: pd.Series, model: str) -> str:
    interval = "" if np.isnan(cell["N_low"]) else f" ({cell['N_low']:.2f} to {cell['N_high']:.2f})"
    error = "" if model == "reference" else f", {100 * cell['error']:+.0f} %"
    return f"{cell['N']:.2f}{interval}{error}"


def equations(results: Path) -> list[str]:
    """Return what the equations give as they are printed, and what becomes of Eq. (6)."""
    table = pd.read_csv(results / "equations.csv")
    rows = [
        {
            "read as": f"{row.equation}{', no K_f (Eq. 8)' if row.coupling == 'no K_f' else ''}",
            "order p": str(row.order),
            "MAE": f"{row.mae_without_first:.4f}",
            "FPE": f"{row.fpe:.4f}",
            "SPE": f"{row.spe:.4f}",
        }
        for row in table[(table["coupling"] == "K_f") | (table["order"] == 2)].itertuples()
    ]
    first = table.iloc[0]
    paper = {"read as": "paper", "order p": "even"}
    paper |= {metric.upper(): f"{first[f'paper_{metric}']:.4f}" for metric in ("mae", "fpe", "spe")}
    return [
        "## The equations as printed",
        OF_EQUATIONS,
        markdown(pd.DataFrame([paper, *rows])),
        WHY_EQUATIONS,
        OF_CRITERIA,
        _criteria(pd.read_csv(results / "criteria.csv")),
        reasons(WHY_CRITERIA),
        source("equations", "equations.csv", "criteria.csv"),
        picture("equations.png", "g(r) as the equations give it, and the norm of D"),
    ]


def _criteria(table: pd.DataFrame) -> str:
    columns = table["limit"].map(lambda limit: "on the measured q" if np.isnan(limit) else f"U = {limit:g}")
    cells = table.assign(column=columns).set_index(["criterion", "column", "part"])["value"].to_dict()
    rows = []
    for criterion, wanted in table.groupby("criterion", sort=False)["wanted"].first().items():
        row = {"criterion": criterion.replace("|", "\\|"), "a wavelet has": f"{wanted:g}"}
        for column in columns.unique():
            values = [cells.get((criterion, column, part)) for part in table["part"].unique()]
            shown = [f"{0.0 if abs(value) < NOISE else value:.3g}" for value in values if value is not None]
            row[column] = f"{shown[0]} [{shown[1]}]" if shown else ""
        rows.append(row)
    return markdown(pd.DataFrame(rows))


def bounding(results: Path) -> list[str]:
    """Return what small intervals, moved again and again, lead to."""
    table = pd.read_csv(results / "bounding.csv")
    table = table[table["n_rounds"] == table["n_rounds"].max()]
    rows = [
        {
            "selective loss": "yes" if row["selective_loss"] else "no",
            "last round": row["last"].removeprefix("then ").removesuffix(" alone").removeprefix("moved "),
            "intervals": f"± {row['per_cent']:g} %",
        }
        | {
            metric.upper(): f"{row[f'paper_{metric}']:.4f} → {row[f'paper_{metric}'] + row[f'{metric}_difference']:.4f}"
            for metric in ("mae", "fpe", "spe")
        }
        | {name: f"{row[name]:.3f}" for name in PARAMETERS}
        for _, row in table.iterrows()
    ]
    return [
        "## Bounds by small intervals",
        OF_BOUNDING,
        markdown(pd.DataFrame(rows).rename(columns={"C": "C̃", "Lambda": "Λ (Å²)"})),
        f"All runs have {table['n_rounds'].iloc[0]} rounds; the file has those with fewer, too.",
        reasons(WHY_BOUNDING),
        source("bounding", "bounding.csv", "bounding_path.csv"),
        picture("bounding.png", "a after each round"),
    ]


BEFORE_THE_TABLES = (claims,)
AFTER_THE_TABLES = (reductions, coordination, equations, bounding)
