"""Comparison of every claim of the paper with ours: every numbered item, and every number of the text.

    python benchmarks/paper/claims.py

The claims are in paper_claims.toml, in the order of the paper; claim_kinds.py computes our numbers from the files of
results and from the data. A claim is reproduced if ours is the paper's number to half a unit of its last digit, or
within the tolerance of the claim; otherwise it differs. It cannot be known if the paper does not print what is
necessary. Writes claims.csv, and reductions.csv: the percentages of the conclusion, by which WT-RDF+ lowers the errors
of every other model on a quarter of the rows.
"""

from __future__ import annotations

import tomllib
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn_wtrdf.benchmarks.paper.claim_kinds import KINDS, errors_of_models
from sklearn_wtrdf.benchmarks.paper.protocol import DRAWS, METRICS
from sklearn_wtrdf.benchmarks.runner import RESULTS, Content, benchmark, option, print_frame

CLAIMS = Path(__file__).parent / "paper_claims.toml"
NOISE = 1e-9  # smaller numbers are zero up to rounding
MARKS = ("reproduced", "differs", "cannot be known")
QUARTER = 0.25


class Claim(NamedTuple):
    """A claim of the paper, and how ours is computed; paper_claims.toml describes each field."""

    where: str
    statement: str
    paper: tuple[str, ...] = ()
    kind: str = ""
    of: dict[str, Any] = {}  # noqa: RUF012 -- never written to
    within: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    mark: str = ""
    here: str = ""
    why: str = ""


def claims() -> list[Claim]:
    """Return all claims in the order of the paper."""
    with CLAIMS.open("rb") as file:
        return [Claim(**claim) for claim in tomllib.load(file)["claim"]]


def allowance_of(claim: Claim) -> str:
    """Return the condition on ours, if it is not the paper's number to half a unit, as a short text."""
    within = f"± {claim.within:g}" if claim.within is not None else ""
    if claim.minimum is not None and claim.minimum == claim.maximum:
        return f"{claim.minimum:g}"
    at_least, at_most = (
        f"{sign} {end:g}" if end is not None else "" for sign, end in (("≥", claim.minimum), ("≤", claim.maximum))
    )
    return ", ".join(filter(None, (within, at_least, at_most)))


def half_a_unit(printed: str) -> float:
    """Return half a unit of the last digit of a number as it is printed."""
    digits, _, exponent = printed.partition("e")
    return 0.5 * 10.0 ** (int(exponent or 0) - len(digits.partition(".")[2]))


def mark_of(claim: Claim, ours: list[float]) -> str:
    """Return whether a claim is reproduced."""
    if claim.mark:
        return claim.mark
    allowed = [half_a_unit(printed) if claim.within is None else claim.within for printed in claim.paper]
    near = all(
        abs(value - float(printed)) <= reach * (1 + 1e-9)
        for value, printed, reach in zip(ours, claim.paper, allowed, strict=bool(claim.paper))
    )
    minimum, maximum = claim.minimum, claim.maximum
    inside = all((minimum is None or value >= minimum) and (maximum is None or value <= maximum) for value in ours)
    return "reproduced" if near and inside else "differs"


def as_printed(value: float, printed: str = "") -> str:
    """Return a number with the digits of the paper's, or with four significant ones."""
    digits, _, exponent = printed.partition("e")
    decimals = len(digits.partition(".")[2])
    if exponent:
        return f"{value:.{max(decimals, 1)}e}"
    if abs(value) < NOISE:
        value = 0.0
    return f"{value:.{decimals}f}" if decimals else f"{value:.{4 if abs(value) < 1e4 else 5}g}"


def signed(difference: float, printed: str) -> str:
    """Return a difference with its sign, and one digit more than is printed."""
    if "e" in printed:
        return f"{difference:+.1e}"
    if abs(difference) < NOISE:
        difference = 0.0
    decimals = len(printed.partition(".")[2])
    return f"{round(difference, decimals + 1) + 0.0:+.{decimals + 1}f}" if decimals else f"{difference:+.4g}"


def measure(results: Path) -> pd.DataFrame:
    """Return a row for each claim: the paper's numbers, ours, their differences and the mark."""
    rows = []
    for claim in claims():
        ours = KINDS[claim.kind](results, **claim.of) if claim.kind else []
        printed = claim.paper or ("",) * len(ours)
        differences = [value - float(number) for value, number in zip(ours, claim.paper, strict=bool(claim.paper))]
        rows.append(
            {
                "where": claim.where,
                "statement": claim.statement,
                "paper": "; ".join(claim.paper),
                "ours": "; ".join(as_printed(*pair) for pair in zip(ours, printed, strict=True)),
                "difference": "; ".join(map(signed, differences, claim.paper)),
                "mark": mark_of(claim, ours),
                "allowed": allowance_of(claim),
                "why": claim.why,
                "source": claim.of.get("file", claim.here),
            }
        )
    return pd.DataFrame(rows)


def reductions(results: Path) -> pd.DataFrame:
    """Return the percentage by which WT-RDF+ lowers each error of each other model on a quarter of the rows.

    Further columns are the fraction of draws on which its error is smaller, and the paper's percentage.
    """
    each = pd.read_csv(results / "ratios_seeds.csv")
    each = each[(each["fraction"] == QUARTER) & (each["rows"] == "all")]
    paper = errors_of_models(results, "5", "paper").loc[QUARTER]
    rows = []
    for draw in DRAWS:
        means = errors_of_models(results, "5", "ours", draw).loc[QUARTER]
        seeds = each[each["draw"] == draw].pivot_table(METRICS, "seed", "model")
        for model in means.index[~means.index.str.startswith("WT-RDF")]:
            for metric in METRICS:
                error = means.loc[model, metric]  # 0 for PCHIP at its training rows
                ours = {
                    "lower_by": 100 * (1 - means.loc["WT-RDF+", metric] / error) if error > 0 else -np.inf,
                    "wins": (seeds[metric, "WT-RDF+"] < seeds[metric, model]).mean(),
                    "n_draws": len(seeds),
                }
                theirs = 100 * (1 - paper.loc["WT-RDF+", metric] / paper[metric].get(model, float("nan")))
                rows.append({"draw": draw, "model": model, "metric": metric, "paper_lower_by": theirs} | ours)
    return pd.DataFrame(rows)


@benchmark(
    option("--results", type=Path, default=RESULTS, help="folder of the results to read (default: %(default)s)"),
    digits=6,
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    table = measure(options.results)
    counts = table.groupby("mark").size().reindex(MARKS)
    print_frame(counts.rename("claims").reset_index(), "Claims")
    print_frame(table.loc[table["mark"] == "differs", ["where", "statement", "paper", "ours"]], "Claims that differ")
    yield "claims.csv", table
    yield "reductions.csv", reductions(options.results)


if __name__ == "__main__":
    main()
