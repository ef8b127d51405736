"""The paper's equations as printed: Eq. (4), (6), (8) and (13), with the manual parameters.

    python benchmarks/paper/equations.py

Eq. (4) has ((qr − b) / 2a)^(2s+p) and a factor K_f, Eq. (13) has ((qr − b) / a)^(2s+p), and Eq. (8) has no K_f. The
paper states that p is even, but not its value. Each reading is scored on the paper's data. Eq. (6) lists conditions on
a wavelet. These, the zero mean stated in the text and a finite norm are computed for D, with increasing limits of the
integrals. Writes equations.csv, criteria.csv and equations.png.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import special
from sklearn_wtrdf.benchmarks.paper.ablation import PAPER, errors_of_curve
from sklearn_wtrdf.benchmarks.paper.protocol import GE_SE
from sklearn_wtrdf.benchmarks.runner import WIDTH, Content, benchmark, option, print_frame

from sklearn_wtrdf import find_peaks
from sklearn_wtrdf.plotting.style import COLORS
from sklearn_wtrdf.transforms import trapezoid_weights
from sklearn_wtrdf.wtrdf.wavelet import MANUAL, phi

ORDERS = (0, 1, 2, 4, 6)
STRETCH = {"Eq. 4": 1.0, "Eq. 13": 2.0}  # the series Σ β_s (x/2)^(2s+p) is J_p(x): x = u in Eq. (4), x = 2u in Eq. (13)
LIMITS = (10.0, 100.0, 1_000.0, 10_000.0)
STEP = 0.02  # of the integrals over u; D changes over a length of 1
PARTS = {"D": MANUAL["C"], "D without C̃": 0.0}


def curve(order: int, stretch: float, K_f: float) -> np.ndarray:
    """Return g of the manual parameters with another order of the series, another argument or another K_f."""
    u = (np.outer(GE_SE.r, GE_SE.q) - MANUAL["b"]) / MANUAL["a"]
    wavelet = special.jv(order, stretch * u) + K_f * phi(u) + MANUAL["C"]
    return MANUAL["Lambda"] * wavelet @ (trapezoid_weights(GE_SE.q) * GE_SE.s_r)


def readings() -> pd.DataFrame:
    """Return the errors of each reading of the equations."""
    rows = []
    for equation, stretch in STRETCH.items():
        for order in ORDERS:
            for coupling, K_f in {"K_f": MANUAL["K_f"], "no K_f": 1.0}.items():
                reading = {"equation": equation, "order": order, "coupling": coupling}
                rows.append(reading | errors_of_curve(curve(order, stretch, K_f)))
    table = pd.DataFrame(rows).drop(columns="fpe_bin_5")
    return table.assign(**{f"paper_{metric}": PAPER.loc["WT-RDF", metric] for metric in ("mae", "fpe", "spe")})


def wavelet(u: np.ndarray, C: float) -> np.ndarray:
    """Return D(u) of the manual parameters with another offset."""
    return special.jv(2, u) + MANUAL["K_f"] * phi(u) + C


def integral(f: np.ndarray, u: np.ndarray) -> float:
    """Return ∫ f du by the trapezoidal rule."""
    return float(np.trapezoid(f, u))


def overlap(u: np.ndarray, C: float, first: float, second: float, b: float = 0.0) -> float:
    """Return ∫ D₁ D₂ over the norms of D₁ and D₂, where Dᵢ = D((scaleᵢ u − b) / a)."""
    D_first, D_second = (wavelet((scale * u - b) / MANUAL["a"], C) for scale in (first, second))
    return integral(D_first * D_second, u) / np.sqrt(integral(D_first**2, u) * integral(D_second**2, u))


def criteria(limits: tuple[float, ...]) -> pd.DataFrame:
    """Return the integrals of Eq. (6) between limits of u, and their values for a wavelet."""
    r_first, r_second = GE_SE.r[find_peaks(GE_SE.r, GE_SE.target)]
    rows = []
    for part, C in PARTS.items():
        for limit in limits:
            n_steps = int(np.ceil(limit / STEP))
            u, beyond = np.linspace(-limit, limit, 2 * n_steps + 1), np.linspace(limit, 2 * limit, n_steps + 1)
            D, D_beyond = wavelet(u, C), wavelet(beyond, C)
            centre = integral(u * D**2, u)
            values = {
                "∫ u |D|² du from −U to U": (0.0, centre),
                "∫ u |D|² du from −U to 2U": (0.0, centre + integral(beyond * D_beyond**2, beyond)),
                "∫ D du from −U to U": (0.0, integral(D, u)),
                "∫ |D|² du from −U to U": (1.0, integral(D**2, u)),
                "overlap of D at both peaks, −U to U": (0.0, overlap(u, C, r_first, r_second)),
            }
            rows += [(part, name, limit, wanted, value) for name, (wanted, value) in values.items()]
        measured = overlap(GE_SE.q, C, r_first, r_second, MANUAL["b"])
        rows.append((part, "overlap of D at both peaks, measured q", np.nan, 0.0, measured))
    return pd.DataFrame(rows, columns=["part", "criterion", "limit", "wanted", "value"])


def figure_of(table: pd.DataFrame, of_criteria: pd.DataFrame) -> plt.Figure:
    """Draw g by the equations as printed, and the norm of D, which diverges."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.8), width_ratios=(1.5, 1))
    left.plot(GE_SE.r, GE_SE.target, color=COLORS["truth"], lw=2, label="reference g(r)")
    left.plot(GE_SE.r, curve(2, 1.0, MANUAL["K_f"]), color=COLORS["WT-RDF"], label="Eq. (4), p = 2")
    left.plot(GE_SE.r, curve(2, 2.0, MANUAL["K_f"]), color=COLORS["errors"], label="Eq. (13), p = 2")
    left.plot(GE_SE.r, curve(2, 1.0, 1.0), "--", color=COLORS["others"], label="Eq. (8): no $K_f$")
    left.set(xlabel="r (Å)", ylabel="g(r)")
    left.legend()
    norms = of_criteria[of_criteria["criterion"].str.startswith("∫ |D|²")]
    for (part, norm), style in zip(norms.groupby("part", sort=False), ("o-", "s--"), strict=True):
        right.plot(norm["limit"], norm["value"], style, color=COLORS["WT-RDF"], label=part.replace("C̃", r"$\tilde{C}$"))
    right.set(xscale="log", yscale="log", xlabel="limit U of the integral")
    right.set_ylabel(r"$\int_{-U}^{U}|D(u)|^2\,du$")
    right.legend()
    for panel in (left, right):
        panel.grid()
    return figure


@benchmark(
    option("--limits", type=float, nargs="+", default=LIMITS, help="limits U of the integrals (default: %(default)s)"),
    digits=6,
    figures={"equations.png": (figure_of, "equations.csv", "criteria.csv")},
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    table, of_criteria = readings(), criteria(tuple(options.limits))
    print_frame(table, "Manual parameters; the published MAE excludes the first row")
    print_frame(of_criteria, "Conditions on a wavelet")
    yield "equations.csv", table
    yield "criteria.csv", of_criteria


if __name__ == "__main__":
    main()
