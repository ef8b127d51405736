"""The sections of docs/reproduction.md other than the paper's tables: its claims, and further analyses.

Each function takes the folder of results and returns the parts of one section. All numbers are read from the files of
results.
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
A claim is *reproduced* if our number is the paper's to half a unit of its last digit, or meets the condition in
brackets after the mark. Otherwise it *differs*, and the row gives the difference and its reason. It *cannot be known*
if the paper does not print what is necessary. If the paper has no number, only ours is given. A number that the paper
repeats is listed where it appears first, or where it is explained."""

OF_REDUCTIONS = """\
The percentage by which the error of WT-RDF+ on a quarter of the rows is smaller than that of another model (larger, if
negative), and in brackets the fraction of draws on which it is smaller. The paper's percentages follow from its Table
5, which is one draw. *Random* draws may miss a peak, as the paper's draw does; draws that *contain both peaks* always
have their highest rows."""

WHY_REDUCTIONS = {
    "At the peaks": """\
On random draws the errors of WT-RDF+ are smaller than those of both networks, as in the paper, but by less: the mean is
over draws with and without a peak, whereas the paper's single draw misses one. On draws that contain both peaks, every
model except the Fourier transform and the LSTM that reads a whole call reproduces them, and WT-RDF+ rarely has the
smallest error.""",
    "In the mean absolute error": """\
Over the whole curve and on random draws, WT-RDF+ has a larger error than every other model except the LSTM that reads a
whole call, whose error is similar. The paper does not print this percentage; in its Table 5, WT-RDF+ has the smaller
error.""",
}

OF_COORDINATION = """\
N = 4πρ₀ ∫ r² g(r) dr of Eq. (5) over the windows of the reference's peaks, with ρ₀ = {density} Å⁻³, which is not in the
paper. Intervals in brackets contain 90 % of: fits to rows resampled with replacement (WT-RDF+), trainings from other
random weights (networks), draws from the posterior (inversion), or trainings on a random quarter of the rows, where N
is the median. "WT-RDF+" is Adam in the paper's bounds with the selective loss."""

OF_COORDINATION_PICTURE = """\
Coordination numbers from g(r) of the paper's Ge–Se data, by Eq. (5), with the intervals of the table. 25%: trained on
random quarters of the rows. The reference is the g(r) of the paper's Table A1."""

OF_EQUATIONS_PICTURE = """\
Left: g(r) of the manual parameters from the measured S_R(q) by three readings of the equations, and the g(r) of Table
A1. Right: the integral of |D|², which would be 1 for any large limit U if D were normalized."""

OF_BOUNDING_PICTURE = """\
The parameter a after each round of fits to the paper's Ge–Se data, in each of which a and K_f are bounded to within the
percentage given of the result of the round before. Round 0: the manual parameters."""

OF_EQUATIONS = """\
Errors of the manual parameters for each reading of the equations. The series of Eq. (4), in u/2, is the Bessel function
J_p(u), that of Eq. (13), in u, is J_p(2u); Eq. (8) has no K_f. The MAE is without the first row."""

WHY_EQUATIONS = """\
Only the order 2 with the argument of Eq. (4) gives the published first peak. Eq. (13), with which WT-RDF+ is trained
according to the paper, lacks the factor 1/2, and Eq. (8) lacks K_f."""

OF_CRITERIA = """\
Conditions on a wavelet, by Eq. (6) and the text above it, and the integrals of D with the manual parameters; in square
brackets, those of D without its constant C̃. "Both peaks" means D at the distances of the two peaks."""

WHY_CRITERIA = {
    "Centre": """\
D is an even function, so the integral of x |D|² is zero between symmetric limits and not zero between others. It does
not converge, and its value depends on the limits.""",
    "Zero mean": "The integral of J₂ over all u is 2 and that of Φ is positive; the constant adds 2 C̃ U and diverges.",
    "Norm": "The constant adds 2 C̃² U, and without it ∫ J₂² du still grows as (2/π) ln U. D cannot be normalized.",
    "Orthogonality": """\
D at the distance of one peak overlaps with D at that of the other, on the measured q and on any range; with the
constant, they become the same function in the limit.""",
    "Conclusion": """\
The transform with D is not a wavelet transform: nothing ensures that it has an inverse or conserves a norm. A
regression with five parameters needs neither.""",
}

OF_BOUNDING = """\
"To find the optimal bounding values, we use small intervals centered on the initial value and execute this process
iteratively" (Sec. 3.2.2). Here a and K_f are bounded to within a few per cent of the result of the round before,
beginning with the manual parameters; the other three are free. The last round has such an interval as well, or the
bounds printed in the paper. The table has the runs with most rounds."""

WHY_BOUNDING = {
    "Without the selective loss": """\
For every width, a rises through the paper's bounds and ends above them; the MAE falls and the errors at both peaks
grow, as in row (b).""",
    "With the selective loss": """\
The final a depends on the width: it is below the paper's bounds with small intervals and above them with wide ones.
None of the runs in the table ends within the bounds.""",
    "Then the paper's bounds": """\
With wide intervals first and the paper's bounds last, the result is nearer to the printed row (d) than that of Adam
with the paper's bounds in both rounds. So this procedure can lead to the printed parameters, but not to the printed
bounds.""",
}


def claims(results: Path) -> list[str]:
    """Return every numbered item and every number of the prose."""
    table = pd.read_csv(results / "claims.csv", keep_default_na=False)
    counts = table["mark"].value_counts()
    numbered = table["where"].str.startswith(NUMBERED)
    reproduced, differ, unknown = (counts.get(mark, 0) for mark in MARKS)
    return [
        "## Summary of the claims",
        f"Of {len(table)} claims, {reproduced} are reproduced, {differ} differ and {unknown} cannot be known.",
        OF_CLAIMS,
        "## Every equation, table, figure and algorithm",
        _rows(table[numbered]),
        "## Every number of the text",
        _rows(table[~numbered]),
        source("claims", "claims.csv"),
    ]


def _rows(table: pd.DataFrame) -> str:
    rows = [
        {
            "where": row["where"],
            "claim": row["statement"],
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
    draws = {"random": "random", "peaks-kept": "contain both peaks"}
    rows = []
    for model in table["model"].unique():
        row = {"compared with": model}
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
        "the other error is 0"
        if np.isinf(lower)
        else f"{lower:.2f} %"
        if lower >= -100
        else f"{times:.3g} times as high"
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
        f"The reference has {first.loc['reference', 'N']:.2f} neighbours in its first peak; the 8 − N rule gives "
        f"{first.loc['reference', 'bonds']:.1f}. The manual parameters give {first.loc['WT-RDF (manual)', 'N']:.2f}, "
        f"the published WT-RDF+ {first.loc['WT-RDF+ (published)', 'N']:.2f}: both have the height of the peak but not "
        "its width, so the tuning does not improve the coordination number, its purpose. The inversion, without the "
        f"reference, gives {first.loc['inversion of S_R(q) alone', 'N']:.2f}. A network trained on all "
        "rows reproduces the coordination number of these rows."
    )
    return [
        "## Coordination numbers",
        OF_COORDINATION.format(density=DENSITY),
        markdown(pd.DataFrame(rows)),
        sentence,
        source("coordination", "coordination.csv"),
        picture(
            "coordination.png", "Coordination numbers of the first and of the second peak", OF_COORDINATION_PICTURE
        ),
    ]


def _counted(cell: pd.Series, model: str) -> str:
    interval = "" if np.isnan(cell["N_low"]) else f" ({cell['N_low']:.2f} to {cell['N_high']:.2f})"
    error = "" if model == "reference" else f", {100 * cell['error']:+.0f} %"
    return f"{cell['N']:.2f}{interval}{error}"


def equations(results: Path) -> list[str]:
    """Return the results of the equations as printed, and the integrals of Eq. (6)."""
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
        picture("equations.png", "g(r) by the equations as printed, and the norm of D", OF_EQUATIONS_PICTURE),
    ]


def _criteria(table: pd.DataFrame) -> str:
    columns = table["limit"].map(lambda limit: "on the measured q" if np.isnan(limit) else f"U = {limit:g}")
    cells = table.assign(column=columns).set_index(["criterion", "column", "part"])["value"].to_dict()
    rows = []
    for criterion, wanted in table.groupby("criterion", sort=False)["wanted"].first().items():
        row = {"criterion": criterion.replace("|", "\\|"), "value for a wavelet": f"{wanted:g}"}
        for column in columns.unique():
            values = [cells.get((criterion, column, part)) for part in table["part"].unique()]
            shown = [f"{0.0 if abs(value) < NOISE else value:.3g}" for value in values if value is not None]
            row[column] = f"{shown[0]} [{shown[1]}]" if shown else ""
        rows.append(row)
    return markdown(pd.DataFrame(rows))


def bounding(results: Path) -> list[str]:
    """Return the results of small intervals that are moved iteratively."""
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
        f"All runs have {table['n_rounds'].iloc[0]} rounds; the file also has those with fewer.",
        reasons(WHY_BOUNDING),
        source("bounding", "bounding.csv", "bounding_path.csv"),
        picture("bounding.png", "a after each round", OF_BOUNDING_PICTURE),
    ]


BEFORE_THE_TABLES = (claims,)
AFTER_THE_TABLES = (reductions, coordination, equations, bounding)
