"""How often the verdict of `wtrdf pdf` marks data that are wrong, and how often it marks data that are right.

    python benchmarks/board/checks.py                            # about ten minutes on one core

Fifteen materials of the leaderboard, eight of the development half and seven of the test half, are measured by the
simulated diffractometer (data/simulation/diffractometer.py) with a copper or a silver tube. Their S(q) has X-ray
weights, steps of 0.02 Å⁻¹ and 1 % noise. Both are written to files, and `pdf_files` reads them up to 12 Å⁻¹, unchanged
or with one mistake. A verdict counts as marked if it begins with "Doubtful:", and the mistake counts as
named if a doubt is about it. The constants of the checks were chosen on the development half.

Writes checks.csv: for each kind of data, half and situation, the number of files, of marked verdicts, and of verdicts
that name the mistake. Needs the extra simulation.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from scipy.interpolate import CubicSpline
from sklearn_wtrdf.benchmarks.board.conditions import seed_of
from sklearn_wtrdf.benchmarks.board.scans import load_diffractometer
from sklearn_wtrdf.benchmarks.runner import N_JOBS, Content, benchmark, option, print_frame, track

from sklearn_wtrdf import Composition, pdf_files
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.scattering.angles import wavelength_of

try:
    _diffractometer = load_diffractometer()
except ImportError as error:
    sys.exit(str(error))
TUBES, SHADED, Scan = _diffractometer.TUBES, _diffractometer.SHADED, _diffractometer.Scan

#: of each situation: a pattern of the first doubt that names it; empty where there should be no doubt
SITUATIONS = {
    "right": "",
    "right, without background": "",
    "wrong formula": "is no bond of",
    "wrong wavelength": "wavelength",
    "sample as background": "are the same scan",
    "strong background missing": "No background is subtracted",
    "density 30 % too high": "atoms/Å³",
    "density 30 % too low": "atoms/Å³",
    "partly crystalline": "partly crystalline",
    "neutrons as X-rays": "not neutrons|is no bond of",
}
OF_SCANS = "right, without background", "sample as background", "strong background missing"
DENSITY = {"density 30 % too high": 1.3, "density 30 % too low": 1 / 1.3}
#: the tube with which each material is measured; benzene and sodium silicate would take as long as all others together
TUBE_OF = {
    **dict.fromkeys(["ag00", "aluminium", "amorphous-silicon", "argon-krypton", "silica"], "Ag"),
    **dict.fromkeys(["argon", "nitrogen", "sodium-chloride"], "Cu"),
    **dict.fromkeys(["copper-zirconium", "nickel"], "Ag"),
    **dict.fromkeys(["ag25", "amorphous-carbon", "argon-supercritical", "germania", "water"], "Cu"),
}
WRONG_WAVELENGTH = "MoKa"
NOISE, STEP = 0.01, 0.02  # of S(q); step [Å⁻¹]
Q_MAX = 12.0  # Å⁻¹
LINES = {"n": 5, "std": 0.02, "first": 1.6, "last": 6.0}  # of crystals: width and range of q [Å⁻¹]
COUNTS = 40_000.0  # of neutrons at the maximum
Floats = np.ndarray


class Case(NamedTuple):
    """The contents of a file, and the settings that are given with it."""

    table: Floats
    background: Floats | None
    settings: dict[str, object]


def lines_of(q: Floats, generator: np.random.Generator) -> Floats:
    """Return sharp lines at random q, the highest about 1."""
    places = generator.uniform(LINES["first"], min(LINES["last"], q[-1]), LINES["n"])
    heights = generator.uniform(0.4, 1.0, LINES["n"])
    return np.exp(-(((q[:, None] - places) / LINES["std"]) ** 2) / 2) @ heights


def material_of(name: str, situation: str) -> dict[str, object]:
    """Return the composition and density that are given."""
    material = load_material(name)
    formula, density = material.formula, material.number_density * DENSITY.get(situation, 1.0)
    if situation == "wrong formula":
        formula = "SiO2" if "Ge" in formula else "Ge25Se75"
        density = Composition(formula).number_density(Composition(material.formula).mass_density(density))
    return {"composition": formula, "number_density": density}


def case_of_scan(name: str, situation: str) -> Case:
    """Return a scan with a situation."""
    tube = TUBE_OF[name]
    strong, none = situation == "strong background missing", situation == "right, without background"
    counted = _diffractometer.scan(
        name,
        tube,
        seed=seed_of(name, tube),
        background=0.5 if strong else 0.0 if none else 0.1,
        fluorescence=0.01 if none else 0.03,
    )
    intensity, background = counted.intensity, None if strong or none else counted.background
    generator = np.random.default_rng(seed_of(name, situation))
    if situation == "sample as background":
        background = intensity
    elif situation == "partly crystalline":
        intensity = intensity + generator.poisson(intensity * lines_of(counted.q, generator))
    elif situation == "neutrons as X-rays":
        intensity, background = _neutrons(name, counted.q, generator)
    wavelength = wavelength_of(WRONG_WAVELENGTH if situation == "wrong wavelength" else TUBES[tube])
    settings = material_of(name, situation) | {"quantity": "counts", "wavelength": wavelength}
    tables = [
        None if counts is None else np.column_stack([counted.two_theta, counts]) for counts in (intensity, background)
    ]
    return Case(*tables, settings)


def _neutrons(name: str, q: Floats, generator: np.random.Generator) -> tuple[Floats, Floats]:
    """Return counts of neutrons, and those of a background."""
    material = load_material(name, weighting="neutron")
    atoms = Composition(material.formula).intensities("neutron", 0.0)
    scattered = atoms["mean_of_square"] + atoms["square_of_mean"] * (np.interp(q, material.q, material.s) - 1)
    scattered = np.maximum(scattered + atoms["incoherent"], 0)
    scattered *= COUNTS / scattered.max()
    empty = 0.1 * COUNTS * (0.5 + 0.5 * np.exp(-q / 0.8))
    return generator.poisson(scattered + SHADED * empty).astype(float), generator.poisson(empty).astype(float)


def case_of_s(name: str, situation: str) -> Case:
    """Return an S(q) with a situation."""
    weighting = "neutron" if situation == "neutrons as X-rays" else "x-ray"
    material = load_material(name, weighting=weighting)
    generator = np.random.default_rng(seed_of(name, situation))
    q = np.arange(material.q[0], Q_MAX, STEP)
    s = 1 + CubicSpline(material.q, material.s_r)(q) / q + NOISE * generator.normal(size=q.size)
    if situation == "partly crystalline":
        s = s + lines_of(q, generator)
    elif situation == "wrong wavelength":  # that of molybdenum, for a scan with silver
        q = q * wavelength_of("AgKa") / wavelength_of(WRONG_WAVELENGTH)
    return Case(np.column_stack([q, s]), None, material_of(name, situation) | {"quantity": "S", "radiation": "x-ray"})


def verdict_of(name: str, kind: str, situation: str) -> dict[str, object]:
    """Return whether the verdict on a file is marked, and whether it names the situation."""
    case = (case_of_scan if kind == "scan" else case_of_s)(name, situation)
    with tempfile.TemporaryDirectory() as folder:
        sample, empty = Path(folder, "sample.xy"), Path(folder, "empty.xy")
        np.savetxt(sample, case.table)
        settings = case.settings
        if case.background is not None:
            np.savetxt(empty, case.background)
            settings = settings | {"background": str(empty)}
        [outcome] = pdf_files([sample], Path(folder, "results"), figure_format="none", q_max=Q_MAX, **settings).to_dict(
            "records"
        )
    verdict = outcome["verdict"] or outcome["error"]
    doubts = re.match(r"Doubtful: (.*?) [A-Z][a-z]? [\d.]+[,;]", verdict)  # up to the atoms of the material
    expected = SITUATIONS[situation]
    return {
        "data": kind,
        "half": load_material(name).half,
        "situation": situation,
        "material": name,
        "marked": doubts is not None,
        "named": bool(expected and doubts and re.search(expected, doubts[1])),
        "verdict": verdict,
    }


def tasks_of(materials: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield name, kind of data and situation of each file."""
    for kind in ("scan", "S(q)"):
        for situation in SITUATIONS:
            for name in materials:
                has_neutrons = not re.fullmatch(r"ag\d\d", name)
                if (kind == "scan" or situation not in OF_SCANS) and (
                    has_neutrons or situation != "neutrons as X-rays"
                ):
                    yield name, kind, situation


@benchmark(
    option("--materials", nargs="+", metavar="NAME", choices=list(TUBE_OF), default=list(TUBE_OF), help="default: all"),
    option("--verbose", action="store_true", help="print the verdicts that are wrong"),
    N_JOBS,
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    tasks = list(tasks_of(options.materials))
    jobs = (delayed(verdict_of)(*task) for task in tasks)
    rows = pd.DataFrame(list(track(Parallel(options.n_jobs, return_as="generator")(jobs), len(tasks), "files")))
    if options.verbose:
        is_right = rows["situation"].map(SITUATIONS) == ""
        for row in rows[is_right == rows["marked"]].itertuples():
            print(f"{row.data}, {row.situation}, {row.material}: {row.verdict}")
    keys = ["data", "half", "situation"]
    table = rows.groupby(keys, sort=False)[["marked", "named"]].agg(["size", "sum"])
    table = table.set_axis(["n", "marked", "_", "named"], axis=1).drop(columns="_").reset_index()
    print_frame(table, "Verdicts of wtrdf pdf")
    yield "checks.csv", table


if __name__ == "__main__":
    main()
