"""The response of WT-RDF to single shells of atoms at 2 to 6 Å.

    python benchmarks/paper/distances.py

A shell at r₀ is the pattern S_R = sin(q r₀) exp(−(0.1 Å)² q² / 2) on the paper's q grid. Writes distances.csv and
distances.png.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn_wtrdf.benchmarks.paper.protocol import GE_SE, PAPER_BOUNDS, held
from sklearn_wtrdf.benchmarks.runner import WIDTH, Content, benchmark, print_frame

from sklearn_wtrdf import WTRDFRegressor, shell_response, wt_rdf
from sklearn_wtrdf.fourier import fourier_transform
from sklearn_wtrdf.plotting.style import COLORS, LEGEND_ABOVE
from sklearn_wtrdf.wtrdf.wavelet import MANUAL, PUBLISHED

SHELLS = np.linspace(2, 6, 17)
WIDTH_OF_SHELL = 0.1  # Å


def models() -> dict[str, WTRDFRegressor]:
    """Return the fitted models by name."""
    unfitted = {
        "WT-RDF (manual)": WTRDFRegressor(held(MANUAL)),
        "WT-RDF+ (published)": WTRDFRegressor(held(PUBLISHED)),
        "WT-RDF+ (paper's bounds)": WTRDFRegressor(PAPER_BOUNDS),
        "WT-RDF+ (default)": WTRDFRegressor(),
        "WT-RDF+ (a in 0.9 to 1.1)": WTRDFRegressor({"a": (0.9, 1.1)}, peak_weight=0),
    }
    return {name: model.fit(GE_SE.data, GE_SE.target) for name, model in unfitted.items()}


def measure(fitted: dict[str, WTRDFRegressor]) -> pd.DataFrame:
    """Return the response of each model to each shell."""
    rows = []
    for name, model in fitted.items():
        response, scale = shell_response(model, SHELLS, width=WIDTH_OF_SHELL), model.distance_scale_
        for r0, r, height in zip(response.r0, response.r, response.height, strict=True):
            rows.append((name, model.params_["a"], scale, r0, r, r / r0, height))
    return pd.DataFrame(rows, columns=["model", "a", "distance_scale", "r0", "r", "ratio", "height"])


def figure_of(table: pd.DataFrame) -> plt.Figure:
    """Draw the response to a shell by the published model and the Fourier transform, and all positions."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 4.4))
    r, r0 = np.linspace(0.5, 6, 800), 3.87
    s_r = np.sin(GE_SE.q * r0) * np.exp(-((WIDTH_OF_SHELL * GE_SE.q) ** 2) / 2)
    for name, curve, color in (
        ("WT-RDF+ (published)", wt_rdf(r, GE_SE.q, s_r, **PUBLISHED), COLORS["errors"]),
        ("Fourier transform", fourier_transform(r, GE_SE.q, s_r) / r, COLORS["Fourier"]),
    ):
        left.plot(r, (curve - np.median(curve)) / np.ptp(curve), color=color, label=name)
    left.axvline(r0, color=COLORS["truth"], lw=0.8, ls=":", label=f"position of the shell, {r0} Å")
    left.set(xlabel="r (Å)", ylabel="g(r) of the shell, over its range")
    right.plot(SHELLS, SHELLS, color=COLORS["truth"], lw=0.8, ls=":", label="r = r₀")
    styles = zip("^sD*o", ("others", "errors", "ours", "WT-RDF", "more"), strict=True)
    for (marker, color), (name, subset) in zip(styles, table.groupby("model", sort=False), strict=True):
        label = f"{name}: a = {subset['a'].iloc[0]:.2f}"
        right.plot(subset["r0"], subset["r"], f"{marker}-", ms=3.5, lw=1, color=COLORS[color], label=label)
    right.set(xlabel="position of the shell, r₀ (Å)", ylabel="position at which it appears, r (Å)")
    for panel in (left, right):
        panel.legend(**LEGEND_ABOVE)
        panel.grid()
    return figure


@benchmark(digits=5, figures={"distances.png": (figure_of, "distances.csv")})
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    table = measure(models())
    summary = table.groupby("model", sort=False).agg(
        a=("a", "first"), distance_scale=("distance_scale", "first"), lowest=("ratio", "min"), highest=("ratio", "max")
    )
    print_frame(summary.reset_index(), "Where a shell appears over where it is, shells at 2 to 6 Å")
    yield "distances.csv", table


if __name__ == "__main__":
    main()
