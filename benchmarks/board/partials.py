"""Errors of the pair functions of simulated materials from X-rays, neutrons and isotopes.

    python benchmarks/board/partials.py
    python benchmarks/board/partials.py --materials silica --data xn --conditions q17 q17-scale

The partial S_AB(q) of the simulated materials with two elements follow exactly from the three weightings that are
shipped. From these, S(q) is made for X-rays (x), neutrons (n), and neutrons after isotope substitutions (i, j), with
white noise and, by option, with errors of the reduction as on the leaderboard. `PartialsRegressor` solves all
patterns at once. Two other methods invert the matrix of weights at each q (by least squares where there are fewer
patterns than pairs): S_AB is then transformed by Fourier's integral with Lorch's window ("matrix"), or given to
`InversionRegressor` ("matrix + inversion").

Errors are mean absolute ones of g_AB from 0 to 12 Å; coverage is the fraction of r, from the first atoms of the pair
on, at which the 90 % band contains the true value, up to the statistical error of the simulation as on the leaderboard.
Writes partials.csv. Constants were chosen on the development half.
"""

from __future__ import annotations

import os
import time
import warnings
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")  # of each process: small matrices gain nothing from more

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn_wtrdf.benchmarks.board import conditions
from sklearn_wtrdf.benchmarks.runner import N_JOBS, Content, benchmark, option, print_frame, track

from sklearn_wtrdf import FourierRegressor, InversionRegressor, PartialsRegressor, Pattern, scattering_frame
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.scattering.pairs import PairWeights, pairs_of
from sklearn_wtrdf.scattering.sampling import HALF_WIDTH_90

# Composition of the sample of each neutron pattern: n as it is, i and j with isotopes.
MATERIALS = {
    "argon-krypton": {"n": "ArKr", "i": "Ar[36]Kr", "j": "Ar[36]ArKr2"},
    "copper-zirconium": {"n": "CuZr", "i": "Cu[65]Zr", "j": "Cu[63]Zr"},
    "germania": {"n": "GeO2", "i": "Ge[70]O2", "j": "Ge[73]O2"},
    "silica": {"n": "SiO2", "i": "Si[29]O2", "j": "Si[30]O2"},
    "sodium-chloride": {"n": "NaCl", "i": "NaCl[37]", "j": "NaCl[35]"},
    "water": {"n": "D2O", "i": "HDO", "j": "D3HO2"},
}
SEVERAL = ("xn", "xni", "xnij")
DATA = ("x", "n", *SEVERAL)
# Errors by their names on the leaderboard (conditions.py): those of the first pattern, of the second, and so on.
ERRORS = {
    "none": ("n1",),
    "scale": ("scale+", "scale-"),
    "offset": ("offset+", "offset-"),
    "background": ("background",),
    "all": ("all",),
}


class Condition(NamedTuple):
    """The largest q [Å⁻¹] and the noise of S, the name of its errors, and the patterns that are measured."""

    q_max: float = 17.0
    noise: float = 0.01
    errors: str = "none"
    data: tuple[str, ...] = ("xn", "xni")


CONDITIONS = {
    "q8": Condition(8.0, data=("x", "n", "xn", "xni")),
    "q12": Condition(12.0),
    "q17": Condition(data=DATA),
    "q20": Condition(20.0),
    "q17-n0.2": Condition(noise=0.002),
    "q17-n3": Condition(noise=0.03),
    "q17-scale": Condition(errors="scale"),
    "q17-offset": Condition(errors="offset"),
    "q17-background": Condition(errors="background"),
    "q17-all": Condition(errors="all"),
}
METHODS = ("joint", "matrix", "matrix + inversion")
KEYS = ["material", "half", "data", "q_max", "noise", "errors", "method"]


class Partials(NamedTuple):
    """A simulated material: g_AB and their errors, of shape (n_pairs, n_r), and S_AB − 1, of shape (n_q, n_pairs)."""

    name: str
    half: str
    formula: str
    number_density: float
    r: np.ndarray
    g: np.ndarray
    std: np.ndarray
    q: np.ndarray
    s: np.ndarray


def load(name: str) -> Partials:
    """Return a material, whose S_AB follow from its three weightings."""
    of = {weighting: load_material(name, weighting=weighting) for weighting in ("number", "x-ray", "neutron")}
    material, q = of["number"], of["number"].q
    formulas = {"number": material.formula, "x-ray": material.formula, "neutron": MATERIALS[name]["n"]}
    pairs = pairs_of(material.formula)
    weights = [PairWeights.of(formulas[key], q, key).as_of(material.formula).at_q for key in of]
    totals = np.stack([item.s - 1 for item in of.values()], axis=1)
    s = np.linalg.solve(np.stack(weights, axis=1), totals[..., None])[..., 0]
    columns = {frozenset(column[2:].split("_")): column for column in material.partials}
    ordered = [columns[frozenset(pair.elements)] for pair in pairs]
    g, std = (material[key][ordered].to_numpy().T for key in ("partials", "partials_std"))
    return Partials(name, material.half, material.formula, material.number_density, material.r, g, std, q, s)


def patterns_of(
    material: Partials, data: str, q_max: float, noise: float, seed: int, errors: str = "none"
) -> dict[str, Pattern]:
    """Return patterns with white noise of S, and with errors of the reduction."""
    patterns = {}
    for letter, error in zip(data, cycle(ERRORS[errors]), strict=False):
        radiation = "x-ray" if letter == "x" else "neutron"
        formula = material.formula if letter == "x" else MATERIALS[material.name][letter]
        weights = PairWeights.of(formula, material.q, radiation).as_of(material.formula).at_q
        condition = replace(conditions.CONDITIONS[f"q17-{error}"], q_max=q_max, noise=noise)
        s = 1 + (weights * material.s).sum(axis=1)
        q, s, density, *_ = conditions.measure(material.q, s, material.number_density, condition, [seed, ord(letter)])
        patterns[letter] = Pattern(q, q * (s - 1), None, density, formula, radiation)
    return patterns


def inverted(material: Partials, patterns: dict[str, Pattern]) -> np.ndarray:
    """Return q (S_AB − 1) by least squares at each q, of shape (n_pairs, n_q)."""
    q = next(iter(patterns.values())).q
    weights = [
        PairWeights.of(item.composition, q, item.radiation).as_of(material.formula).at_q for item in patterns.values()
    ]
    s_r = np.stack([pattern.s_r for pattern in patterns.values()], axis=1)
    return np.array([np.linalg.lstsq(*at, rcond=None)[0] for at in zip(np.stack(weights, axis=1), s_r, strict=True)]).T


def solve(material: Partials, patterns: dict[str, Pattern], method: str) -> tuple[np.ndarray, np.ndarray | None, list]:
    """Return the pair functions, their standard deviations, and whether each is reported as determined."""
    if method == "joint":
        model = PartialsRegressor(material.formula, single_pattern=True).fit(patterns)
        g, std = model.predict_partials(material.r, return_std=True)
        return g, std, model.determination_["is_determined"].tolist()
    first, rows = next(iter(patterns.values())), []
    for s_r in inverted(material, patterns):
        X = scattering_frame(material.r, first.q, s_r, number_density=first.number_density)
        if method == "matrix":
            fourier = FourierRegressor(number_density=first.number_density, window="lorch")
            rows.append((fourier.fit(X, np.ones(material.r.size)).predict(X), None))
        else:
            rows.append(InversionRegressor().fit(X).predict(X, return_std=True))
    stds = None if method == "matrix" else np.array([std for _, std in rows])
    return np.array([g for g, _ in rows]), stds, [None] * len(rows)


def measure(name: str, data: str, q_max: float, noise: float, seed: int, errors: str, method: str) -> pd.DataFrame:
    """Solve the patterns of a material, and compare the pair functions with the true ones."""
    material = load(name)
    patterns, start = patterns_of(material, data, q_max, noise, seed, errors), time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        g, std, determined = solve(material, patterns, method)
    seconds, rows = time.process_time() - start, []
    near = material.r < 8
    for i, pair in enumerate(pairs_of(material.formula)):
        error, atoms = np.abs(g[i] - material.g[i]), np.arange(material.r.size) >= np.argmax(material.g[i] > 0)
        size = np.sqrt(np.mean((material.g[i][near] - 1) ** 2))
        row = dict(zip(KEYS, (name, material.half, data, q_max, noise, errors, method), strict=True))
        row |= {"seed": seed, "pair": pair.name, "mae": error.mean()}
        row["relative_error"] = np.sqrt(np.mean(error[near] ** 2)) / size
        row["coverage"] = row["half_width"] = np.nan
        if std is not None:
            row["coverage"] = np.mean(error <= HALF_WIDTH_90 * np.hypot(std[i], material.std[i]), where=atoms)
            row["half_width"] = np.mean(HALF_WIDTH_90 * std[i], where=atoms)
        rows.append(row | {"is_determined": determined[i], "seconds": seconds})
    return pd.DataFrame(rows)


def compared(results: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each pair in each condition: errors by the methods, their ratio, and the coverage.

    The ratio is that of the joint solution over the better one of the two others.
    """
    keys = ["errors", "q_max", "noise", "data", "material", "half", "pair"]
    rows = results[results["data"].isin(SEVERAL)]
    table = rows.pivot_table(index=keys, columns="method", values="mae")
    table["ratio"] = table["joint"] / table[["matrix", "matrix + inversion"]].min(axis=1)
    table["coverage"] = rows[rows["method"] == "joint"].groupby(keys)["coverage"].mean()
    return table.reset_index()


def table_of(results: pd.DataFrame, q_max: float = 17.0, noise: float = 0.01) -> str:
    """Return a table in Markdown, the pairs first for which the joint solution is worse than another method.

    Cells are the errors of the pairs by the three methods, and the coverage of the joint band.
    """
    rows = compared(results).query("errors == 'none' and q_max == @q_max and noise == @noise and data in ('xn', 'xni')")
    lines = [
        "| material | patterns | pair | joint | matrix | matrix + inversion | joint over the better | coverage |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for _, row in rows.sort_values("ratio", ascending=False, kind="stable").iterrows():
        cells = [f"{row['material']}{' (test)' * (row['half'] == 'test')}", row["data"], row["pair"]]
        cells += [f"{row[name]:.3f}" for name in METHODS]
        cells += [f"{row[name]:.2f}" for name in ("ratio", "coverage")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def summary_of(results: pd.DataFrame) -> str:
    """Return a table in Markdown with a row for each condition, those in which the joint solution gains least first.

    Cells are geometric means over the pairs of all materials, the worst pair, and mean and lowest coverage.
    """
    lines = [
        "| errors | q ≤ | noise | patterns | joint over the better | worst pair | coverage | lowest coverage |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    groups = dict(iter(compared(results).groupby(["errors", "q_max", "noise", "data"])))
    means = {key: np.exp(np.log(rows["ratio"]).mean()) for key, rows in groups.items()}
    for errors, q_max, noise, data in sorted(groups, key=means.get, reverse=True):
        rows = groups[errors, q_max, noise, data]
        worst, lowest = rows.loc[rows["ratio"].idxmax()], rows.loc[rows["coverage"].idxmin()]
        cells = [errors, f"{q_max:g}", f"{100 * noise:g} %", data, f"{means[errors, q_max, noise, data]:.2f}"]
        cells += [f"{worst['ratio']:.2f}, {worst['pair']} ({worst['material']})", f"{rows['coverage'].mean():.2f}"]
        cells.append(f"{lowest['coverage']:.2f}, {lowest['pair']} ({lowest['material']})")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


@benchmark(
    option("--materials", nargs="+", choices=sorted(MATERIALS), default=sorted(MATERIALS), help="(default: all)"),
    option("--half", choices=["development", "test"], default=None, help="of the materials (default: both)"),
    option("--data", nargs="+", choices=DATA, default=DATA, help="patterns (default: all)"),
    option("--conditions", nargs="+", choices=CONDITIONS, default=list(CONDITIONS), help="(default: all)"),
    option("--methods", nargs="+", choices=METHODS, default=METHODS, help="(default: all)"),
    option("--seeds", type=int, default=1, help="draws of the noise (default: %(default)s)"),
    N_JOBS,
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    halves = {name: load(name).half for name in options.materials}
    runs = [
        (name, data, condition.q_max, condition.noise, seed, condition.errors, method)
        for name, half in halves.items()
        if options.half in (None, half)
        for condition in (CONDITIONS[condition] for condition in options.conditions)
        for data in condition.data
        if data in options.data
        for seed in range(options.seeds)
        for method in options.methods
        if method == "joint" or data in SEVERAL
    ]
    jobs = (delayed(measure)(*run) for run in runs)
    results = pd.concat(track(Parallel(options.n_jobs, return_as="generator")(jobs), len(runs), "fits"))
    print_frame(results.drop(columns=["half", "half_width"]), "Pair functions of simulated materials")
    yield "partials.csv", results.sort_values([*KEYS, "seed"], kind="stable")


if __name__ == "__main__":
    main()
