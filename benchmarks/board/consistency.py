"""How often the checks of data warn about wrong data, and how often about correct data.

    python benchmarks/board/consistency.py                       # about half a minute

The checks of `sklearn_wtrdf.consistency` are applied to all simulated materials, with q_max of 8, 12, 17 and 20 Å⁻¹,
white noise of S of up to 5 %, and pairs weighted as by X-rays and by numbers of atoms.

- pair: S_R(q) with the g(r), up to 8 or 10 Å, of the same material, of the same with g − 1 times a factor, or of
  another material.
- family: S_R with that of a reference: of the same material measured again, with a scale that is wrong by 5 % and an
  offset of S of 0.03, or of another material. The Ag–Ge–Se glasses are related, all others foreign; related ones need
  no warning.
- pattern: S_R and number density, correct or with one mistake.

The constants of the checks were chosen on the development half of the materials. Writes consistency.csv: for each half,
check, kind of data, q_max and noise, the number of cases and the number of those with a warning.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd
from sklearn_wtrdf.benchmarks.runner import Content, benchmark, option, print_frame

from sklearn_wtrdf.consistency import check_pattern
from sklearn_wtrdf.datasets import list_materials, load_material
from sklearn_wtrdf.mismatch import check_family, check_pair

Q_MAX, NOISE = (8.0, 12.0, 17.0, 20.0), (0.0, 0.01, 0.05)
HALVES = ["development", "test"]
R_MAX = (8.0, 10.0)  # Å
SCALE, OFFSET = 1.05, 0.03  # errors of S in the second measurement of a material
SCALED = 0.3, 0.5, 0.8, 1.25
SILVER_Q_MAX = 17.0  # Å⁻¹, the end of the data of the Ag–Ge–Se glasses
SILVER = [name for name in list_materials() if name.startswith("ag") and name[2:].isdigit()]
MISTAKES = {
    "S as S_R": lambda q, s_r, density: (q, s_r / q + 1, density),
    "S - 1 as S_R": lambda q, s_r, density: (q, s_r / q, density),
    "F as S": lambda q, s_r, density: (q, q * (s_r - 1), density),
    "intensity as S": lambda q, s_r, density: (q, q * (500 * np.exp(-q / 4) * (s_r / q + 1) - 1), density),
    "q in nm": lambda q, s_r, density: (10 * q, s_r, density),
    "a tenth of the density": lambda q, s_r, density: (q, s_r, density / 10),
    "ten times the density": lambda q, s_r, density: (q, s_r, 10 * density),
}
Floats = np.ndarray
Row = tuple[str, str, bool]  # check, kind of data, whether there was a warning


def measured(material: object, q: Floats, noise: float, seed: int) -> Floats:
    """Return S_R with white noise of S."""
    return np.interp(q, material.q, material.s_r) + noise * q * np.random.default_rng(seed).normal(size=q.size)


def rows_of(half: str, weighting: str, q_max: float, noise: float) -> Iterator[Row]:
    """Yield whether the checks warn, for all materials of a half and all pairs of them."""
    names = [name for name in list_materials() if load_material(name).half == half]
    if weighting != "x-ray" or q_max > SILVER_Q_MAX:
        names = [name for name in names if name not in SILVER]
    materials = {name: load_material(name, weighting=weighting) for name in names}
    first = max(material.q[0] for material in materials.values())
    q = np.arange(first, q_max + 1e-9, 0.05)
    patterns = {name: measured(material, q, noise, seed) for seed, (name, material) in enumerate(materials.items())}
    again = {name: SCALE * (measured(material, q, noise, 1000) + OFFSET * q) for name, material in materials.items()}
    for name, s_r in patterns.items():
        density = materials[name].number_density
        yield "pattern", "right", bool(check_pattern(q, s_r, density))
        for mistake, make in MISTAKES.items():
            yield "pattern", mistake, bool(check_pattern(*make(q, s_r, density)))
    for name, other in product(names, names):
        related = {name, other} <= set(SILVER)
        kind = "right" if name == other else "related" if related else "foreign"
        curve = materials[other]
        for r_max in R_MAX:
            near = curve.r <= r_max
            pair = q, patterns[name], curve.r[near]
            yield "pair", kind, bool(check_pair(*pair, curve.target[near], materials[name].number_density))
            if name == other:
                for factor in SCALED:
                    scaled = 1 + factor * (curve.target[near] - 1)
                    yield "pair", f"g - 1 times {factor}", bool(check_pair(*pair, scaled, curve.number_density))
        sample = again[name] if name == other else patterns[name]
        yield "family", kind, bool(check_family(q, sample, patterns[other]))


@benchmark(
    option(
        "--halves", nargs="+", choices=["development", "test"], default=["development", "test"], help="default: both"
    )
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    rows = [
        (half, check, kind, q_max, noise, warned)
        for half, weighting, q_max, noise in product(options.halves, ("x-ray", "number"), Q_MAX, NOISE)
        for check, kind, warned in rows_of(half, weighting, q_max, noise)
    ]
    keys = ["half", "check", "data", "q_max", "noise"]
    table = pd.DataFrame(rows, columns=[*keys, "warned"])
    table = table.groupby(keys, sort=False)["warned"].agg(n="size", warned="sum").reset_index()
    total = table.groupby(keys[:3], sort=False)[["n", "warned"]].sum()
    print_frame(total.assign(rate=total["warned"] / total["n"]).reset_index().round(3), "How often the checks warn")
    yield "consistency.csv", table


if __name__ == "__main__":
    main()
