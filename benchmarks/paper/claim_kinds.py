"""Computation of each kind of claim from the files of results or from the data.

`paper_claims.toml` has the kind of each claim, which is the name of a function in this module, and its arguments.
`claims.py` calls the function and compares. Each function takes the folder of results and returns the numbers in the
order in which the paper prints them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from pkgutil import resolve_name

import numpy as np
import pandas as pd
import periodictable
from scipy import constants, optimize, signal, special
from sklearn_wtrdf.benchmarks.paper.ablation import ERROR_OF_ROW, PAPER, errors_of_curve
from sklearn_wtrdf.benchmarks.paper.optimizers import RecordingProblem
from sklearn_wtrdf.benchmarks.paper.protocol import GE_SE, METRICS, PEAKS, draw_rows, held, paper_table
from sklearn_wtrdf.benchmarks.ratios import DENSITY, PAPER_TABLE_OF

from sklearn_wtrdf import (
    Adam,
    FourierRegressor,
    WTRDFRegressor,
    first_peak_error,
    peak_mask,
    peak_positions,
    peak_windows,
    second_peak_error,
    wt_rdf,
)
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.fourier import fourier_transform
from sklearn_wtrdf.scattering.angles import wavelength_of
from sklearn_wtrdf.wtrdf.wavelet import MANUAL, PARAMETERS, bessel_j2, phi

CLOSE = 0.01  # the largest difference of errors that agree, if their spread is not known
TAIL = 4.5  # Å, beyond the second peak
OURS = {"mae": "mae_without_first", "fpe": "fpe", "spe": "spe"}  # the published MAE excludes the first row

KINDS: dict[str, Callable[..., list[float]]] = {}


def kind(function: Callable[..., list[float]]) -> Callable[..., list[float]]:
    """Register a function as a kind of claim, under its name."""
    KINDS[function.__name__] = function
    return function


# Files of results


def table_of(results: Path, file: str, **row: object) -> pd.DataFrame:
    """Return the rows of a file that have these values."""
    table = pd.read_csv(results / file)
    for column, value in row.items():
        table = table[table[column] == value]
    if table.empty:
        raise LookupError(f"{file} has no row with {row}: run the benchmark that writes it.")
    return table


@kind
def cell(results: Path, file: str, row: dict, columns: list[str]) -> list[float]:
    """Return cells of one row of a file."""
    (result,) = table_of(results, file, **row)[columns].to_numpy(float)
    return result.tolist()


@kind
def criterion(results: Path, parts: list[str], criteria: list[str], limit: float) -> list[float]:
    """Return the integrals of Eq. (6) for parts of D, within a limit where they have one."""
    table = pd.read_csv(results / "criteria.csv")
    values = table[table["limit"].isna() | (table["limit"] == limit)].set_index(["part", "criterion"])["value"]
    return [float(values.loc[(part, name)]) for part in parts for name in criteria]


@kind
def order(results: Path, equation: str) -> list[float]:
    """Return the order of the series whose error at the first peak is nearest to the published one."""
    table = table_of(results, "equations.csv", equation=equation, coupling="K_f").set_index("order")
    return [float((table["fpe"] - table["paper_fpe"]).abs().idxmin())]


@kind
def coordination_errors(results: Path, models: list[str], window: str) -> list[float]:
    """Return how far N of each model is from that of the reference, in per cent."""
    return [100 * cell(results, "coordination.csv", {"model": m, "window": window}, ["error"])[0] for m in models]


@kind
def where_intervals_end(results: Path, parameter: str) -> list[float]:
    """Return the smallest and the largest value at which moved intervals leave a parameter."""
    ends = table_of(results, "bounding.csv", last="moved intervals alone", selective_loss=True)[parameter]
    return [float(ends.min()), float(ends.max())]


@kind
def nearest_bounding(results: Path) -> list[float]:
    """Return the parameters of that training in moved intervals, then the paper's bounds, whose MAE is nearest."""
    table = table_of(results, "bounding.csv", last="then the paper's bounds", selective_loss=True)
    return [float(table.loc[table["mae_difference"].abs().idxmin(), name]) for name in PARAMETERS]


@kind
def number_of_parameters(results: Path, models: list[str]) -> list[float]:
    """Return how many parameters each model trains on all rows."""
    tables = [table_of(results, "ratios_seeds.csv", model=model, fraction=1.0) for model in models]
    return [float(table["n_parameters"].median()) for table in tables]


@kind
def best_cell(results: Path, model: str) -> list[float]:
    """Return the hyperparameters that GridSearchCV chooses most often; of equals those with the lowest error."""
    table = table_of(results, "grids.csv", model=model)
    best = table.sort_values(["chosen", "cross_validated"], ascending=[False, True]).iloc[0]["cell"]
    return [float(part.split("=")[1]) for part in best.split(",")]


# Tables against tables


@kind
def agreeing(results: Path, table: str) -> list[float]:
    """Return how many cells of a table agree: to 0.01, or within the spread over draws or starts where there is one."""
    difference, spread = differences_of(results, table)
    return [float((np.abs(difference) <= np.maximum(spread, CLOSE)).sum())]


def differences_of(results: Path, table: str) -> tuple[np.ndarray, np.ndarray | float]:
    """Return ours minus the paper's for each published cell of a table, and the spread."""
    number, _, way = table.partition(", ")
    columns = [f"{metric}_difference" for metric in METRICS]
    if number in ("1", "2"):
        grid = table_of(results, "grids.csv", model={"1": "RBF network", "2": "LSTM"}[number])
        return (grid["in_sample"] - grid["paper"]).to_numpy(), 0.0
    if number == "3":
        rows = table_of(results, "ablation.csv", way=way)
        return rows.loc[rows["setting"].isin(PAPER.index), columns].to_numpy(), 0.0
    if number in ("4", "5"):
        cells = published_ratios(results, number)
        return (cells["mean"] - cells["paper"]).to_numpy(), cells["std"].to_numpy()
    if number == "6":
        rows = table_of(results, "variability.csv", source="start ± 10 %, Adam").dropna(subset="difference")
        return rows["difference"].to_numpy(), rows["paper_std"].to_numpy()
    rows = pd.read_csv(results / "optimizers.csv").dropna(subset="paper_mae")
    return rows[columns].to_numpy(), 0.0


def published_ratios(results: Path, number: str) -> pd.DataFrame:
    """Return the cells of Table 4 or 5, ours from random draws."""
    rows = {str(table): rows for rows, table in PAPER_TABLE_OF.items()}[number]
    return table_of(results, "ratios.csv", draw="random", rows=rows).dropna(subset="paper")


def errors_of_models(results: Path, table: str, source: str, draw: str = "random") -> pd.DataFrame:
    """Return the errors of Table 4 or 5, the paper's or the means over our draws: a row for each fraction and model."""
    if source == "paper":
        return paper_table(int(table)).set_index(["fraction", "model"])
    rows = {number: rows for rows, number in PAPER_TABLE_OF.items()}[int(table)]
    ours = table_of(results, "ratios.csv", draw=draw, rows=rows)
    return ours.pivot_table("mean", ["fraction", "model"], "metric")


@kind
def wins(results: Path, table: str, fractions: list[float], better: str, than: list[str], source: str) -> list[float]:
    """Return in how many of all fractions, models and errors a model has the smaller error."""
    errors = errors_of_models(results, table, source)[METRICS]
    pairs = [(errors.loc[(f, better)], errors.loc[(f, model)]) for f in fractions for model in than]
    return [float(sum((ours < theirs).sum() for ours, theirs in pairs))]


@kind
def reduction(results: Path, metric: str, than: str, source: str, draw: str) -> list[float]:
    """Return by how many per cent WT-RDF+ has the smaller error than another model, on a quarter of the rows."""
    errors = errors_of_models(results, "5", source, draw)[metric]
    return [float(100 * (1 - errors.loc[(0.25, "WT-RDF+")] / errors.loc[(0.25, than)]))]


@kind
def errors_on_a_quarter(results: Path, metric: str, models: list[str], draw: str) -> list[float]:
    """Return the mean error of models over draws of a quarter of the rows."""
    errors = errors_of_models(results, "5", "ours", draw)[metric]
    return [float(errors.loc[(0.25, model)]) for model in models]


@kind
def over_fourier(results: Path, models: list[str], fractions: list[float]) -> list[float]:
    """Return the MAE of models trained on fractions of the rows, over that of the Fourier transform."""
    errors = errors_of_models(results, "5", "ours")["mae"]
    return [float(errors.loc[(f, model)] / errors.loc[(f, "Fourier transform")]) for f in fractions for model in models]


@kind
def mae_lowered(results: Path, ways: list[str], column: str) -> list[float]:
    """Return by how many per cent the MAE of row (a) of Table 3 is below that of the manual parameters."""
    before = cell(results, "ablation.csv", {"setting": "WT-RDF", "way": "printed parameters"}, [column])[0]
    after = [cell(results, "ablation.csv", {"setting": "(a)", "way": way}, [column])[0] for way in ways]
    return [100 * (1 - mae / before) for mae in after]


@kind
def row_ratio(results: Path, above: str, below: str) -> list[float]:
    """Return the published MAE, FPE and SPE of one row of Table 3 over those of another."""
    return [float(PAPER.loc[above, metric] / PAPER.loc[below, metric]) for metric in METRICS]


@kind
def adam_wins(results: Path, source: str) -> list[float]:
    """Return in how many errors Adam is below L-BFGS-B, both with the selective loss."""
    table = table_of(results, "optimizers.csv", selective_loss=True).set_index("method")
    columns = [f"paper_{metric}" if source == "paper" else OURS[metric] for metric in METRICS]
    return [float((table.loc["Adam", columns] < table.loc["L-BFGS-B, bare", columns]).sum())]


# The paper's data


@kind
def sizes(results: Path) -> list[float]:
    """Return how many pairs of r and g, and of q and S_R there are."""
    return [GE_SE.r.size, GE_SE.q.size]


@kind
def q_range(results: Path) -> list[float]:
    """Return the ends of q [Å⁻¹]."""
    return [float(GE_SE.q[0]), float(GE_SE.q[-1])]


@kind
def lowest_g(results: Path) -> list[float]:
    """Return the lowest value of the reference."""
    return [float(GE_SE.target.min())]


@kind
def masked_rows(results: Path) -> list[float]:
    """Return how many rows the mask of Eq. (16) marks."""
    return [float(peak_mask(GE_SE.r, GE_SE.target).sum())]


@kind
def drawn_sizes(results: Path) -> list[float]:
    """Return how many rows 75, 50 and 25 % of the data are."""
    return [float(draw_rows(fraction, "random", 0).size) for fraction in (0.75, 0.5, 0.25)]


@kind
def tail(results: Path) -> list[float]:
    """Return the mean of the reference beyond the second peak, and that of 4πρ₀r [Å⁻²] there."""
    r = GE_SE.r[far := GE_SE.r > TAIL]
    return [float(GE_SE.target[far].mean()), float((4 * np.pi * DENSITY * r).mean())]


@kind
def distance_ratio(results: Path) -> list[float]:
    """Return the distance of the first peak over that of the second."""
    first, second = peak_positions(GE_SE.r, GE_SE.target)
    return [float(first / second)]


@kind
def peaks_of_s_r(results: Path, n: int) -> list[float]:
    """Return where S_R(q) has its first maxima [Å⁻¹]."""
    return GE_SE.q[signal.find_peaks(GE_SE.s_r)[0][:n]].tolist()


@kind
def fourier_mae(results: Path, as_printed: bool) -> list[float]:
    """Return the MAE of Eq. (2) against the column, as it stands or as a pair distribution function."""
    transform = fourier_transform(GE_SE.r, GE_SE.q, GE_SE.s_r)
    if not as_printed:
        transform = FourierRegressor(number_density=DENSITY).fit(GE_SE.data, GE_SE.target).predict(GE_SE.data)
    return [float(np.abs(transform - GE_SE.target).mean())]


@kind
def last_s_r(results: Path) -> list[float]:
    """Return the last value of S_R [Å⁻¹] that brings the errors of all printed parameters nearest to the published."""

    def miss(last: float) -> float:
        s_r = np.append(GE_SE.s_r[:-1], last)
        return sum(
            abs(errors[ours if metric != "fpe" else ERROR_OF_ROW[row]] - paper[metric])
            for row, paper in PAPER.iterrows()
            for errors in [errors_of_curve(wt_rdf(GE_SE.r, GE_SE.q, s_r, **paper[list(PARAMETERS)]))]
            for metric, ours in OURS.items()
        )

    return [float(optimize.minimize_scalar(miss, bounds=(-1, 1), method="bounded").x)]


# The model


@kind
def manual(results: Path) -> list[float]:
    """Return the manual parameters of the package."""
    return list(MANUAL.values())


@kind
def phi_at(results: Path, u: list[float]) -> list[float]:
    """Return Φ at these u."""
    return phi(np.array(u)).tolist()


@kind
def series_error(results: Path) -> list[float]:
    """Return the largest difference of the series of Eq. (7), p = 2, from J₂ as the package evaluates it."""
    u, s = np.linspace(0, 10, 201)[1:], np.arange(60.0)[:, None]
    series = (-1) ** s * np.exp((2 * s + 2) * np.log(u / 2) - special.gammaln(s + 1) - special.gammaln(s + 3))
    return [float(np.abs(series.sum(axis=0) - bessel_j2(u)).max())]


@kind
def loss_ratio(results: Path) -> list[float]:
    """Return the sum of Eq. (16) over the loss that the package minimizes, with the manual parameters."""
    g = wt_rdf(GE_SE.r, GE_SE.q, GE_SE.s_r, **MANUAL)
    peaks = first_peak_error(GE_SE.target, g, r=GE_SE.r) + second_peak_error(GE_SE.target, g, r=GE_SE.r)
    return [float(peaks / RecordingProblem(1.0).loss(np.array(list(MANUAL.values()))))]


@kind
def role(results: Path, parameter: str, factor: float, effect: str) -> list[float]:
    """Return what a manual parameter times a factor does to g."""
    before, after = (
        wt_rdf(GE_SE.r, GE_SE.q, GE_SE.s_r, **(MANUAL | {parameter: times * MANUAL[parameter]}))
        for times in (1.0, factor)
    )
    effects: dict[str, Callable[[], float]] = {
        "fluctuation": lambda: np.abs(np.diff(after)).sum() / np.abs(np.diff(before)).sum(),
        "height": lambda: after.max() / before.max(),
        "shift": lambda: np.diff([peak_positions(GE_SE.r, g, PEAKS)[0] for g in (before, after)])[0],
        "unevenness": lambda: (after - before).std() / abs((after - before).mean()),
    }
    return [float(effects[effect]())]


@kind
def position_errors(results: Path, contents: list[int]) -> list[float]:
    """Return by how many per cent the manual parameters misplace the first two peaks.

    That is both for the binary, and the smallest and largest for simulated glasses with these silver contents.
    """
    if not contents:
        return misplaced(GE_SE.data, GE_SE.target)
    errors = [error for x in contents for error in misplaced(*load_ag_ge_se(x, return_X_y=True))]
    return [min(errors), max(errors)]


def misplaced(X: pd.DataFrame, y: np.ndarray) -> list[float]:
    """Return by how many per cent WT-RDF with the manual parameters misplaces the first two peaks of a glass."""
    r, windows = X["r"].to_numpy(), peak_windows(X["r"], y)
    g = WTRDFRegressor(held(MANUAL)).fit(X, y).predict(X)
    true, seen = (peak_positions(r, curve, windows) for curve in (y, g))
    return (100 * np.abs(seen / true - 1)).tolist()


# X-rays and atoms


@kind
def wavelength(results: Path, line: str) -> list[float]:
    """Return the wavelength of a line [Å]."""
    return [wavelength_of(line)]


@kind
def largest_q(results: Path, line: str) -> list[float]:
    """Return q at a scattering angle of 180° [Å⁻¹]."""
    return [4 * np.pi / wavelength_of(line)]


@kind
def angles(results: Path, q: list[float], wavelength: float | str, two_theta: bool = False) -> list[float]:
    """Return θ, or the scattering angle 2θ, of these q [°], with a wavelength [Å] or that of a line."""
    theta = np.degrees(np.arcsin(np.array(q) * wavelength_of(wavelength) / (4 * np.pi)))
    return ((1 + two_theta) * theta).tolist()


@kind
def constant(results: Path, name: str) -> list[float]:
    """Return a constant of nature in SI units."""
    return [getattr(constants, name)]


@kind
def masses(results: Path, elements: list[str]) -> list[float]:
    """Return the masses of atoms [kg]."""
    return [periodictable.elements.symbol(element).mass * constants.atomic_mass for element in elements]


@kind
def hydrogen(results: Path) -> list[float]:
    """Return the energy of the ground state of hydrogen [eV] with the mass and the permittivity of the paper."""
    m_e, epsilon_0 = 9.1e-31, 8.85e-12
    energy = -m_e * constants.e**4 / (8 * epsilon_0**2 * constants.h**2)
    return [energy / constants.e]


# The package


@kind
def setting(results: Path, names: list[str], parameter: str) -> list[float]:
    """Return the default of a parameter of classes."""
    return [float(resolve_name(name)().get_params()[parameter]) for name in names]


@kind
def steps(results: Path) -> list[float]:
    """Return the steps of Adam, all rounds together."""
    return [float(Adam().max_iter * Adam().n_rounds)]


@kind
def second_learning_rate(results: Path) -> list[float]:
    """Return the learning rate of Adam's second round."""
    return [Adam().learning_rate * Adam().learning_rate_decay]
