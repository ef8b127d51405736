"""Simulate Ag_x(Ge0.25Se0.75)_(100−x) glasses by melting and quenching, and work out g(r) and S_R(q) of them.

    python data/simulation/glass.py melt-quench --x 10
    python data/simulation/glass.py analyse ag10.npz

The first line makes a file of frames, the second the two CSV files that :func:`sklearn_wtrdf.datasets.load_ag_ge_se`
reads. Both need the extra ``simulation``. What they make is simulated, and of a modest size: see the README beside this
file.
"""

from __future__ import annotations

import argparse
import math
import os
import tempfile
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import xraydb
from ase import Atoms, units
from ase.calculators.calculator import Calculator
from ase.constraints import FixCom
from ase.md.langevin import Langevin
from rich.progress import track

TIME_STEP = 2.5  # fs
FRICTION = 0.02  # fs⁻¹
FRAME_INTERVAL = 50.0  # fs

BIN = np.pi / 51.2  # Å, the spacing of the paper's r grid
FIRST_BIN = 16  # 0.98 Å, nearer than any two atoms come and farther than an atom is from itself
Q = np.arange(13, 341) / 20  # Å⁻¹, 0.65 to 17.00; the paper's grid is its first 148 points
SMOOTHING = 0.08  # Å⁻¹, standard deviation in q


class Stage(NamedTuple):
    """A stretch of the dynamics with a linear ramp of temperature."""

    name: str
    start: float  # K
    end: float  # K
    time: float  # fs


STAGES = [
    Stage("melt", 3000, 3000, 1000),
    Stage("cool the liquid", 2000, 1500, 4000),
    Stage("quench", 1500, 300, 9000),
    Stage("settle", 300, 300, 2000),
]
PRODUCTION = Stage("production", 300, 300, 4000)


class Frames(NamedTuple):
    """Snapshots of one glass in a periodic cube, under the names that a file of frames has."""

    pos: np.ndarray  # (n_frames, n_atoms, 3), Å
    sym: np.ndarray  # (n_atoms,), element symbols
    L: float  # Å, edge of the cube
    dens: float  # g/cm³


def read_frames(path: Path) -> Frames:
    """Read a file of frames."""
    with np.load(path) as file:
        return Frames(file["pos"].astype(float), file["sym"], float(file["L"]), float(file["dens"]))


# Dynamics


def composition(x: int, n_atoms: int) -> dict[str, int]:
    """Return how many atoms of each element Ag_x(Ge0.25Se0.75)_(100−x) has, exactly."""
    fractions = {"Ag": Fraction(x, 100), "Ge": Fraction(100 - x, 400), "Se": Fraction(3 * (100 - x), 400)}
    unit = math.lcm(*(fraction.denominator for fraction in fractions.values()))
    if n_atoms < 1 or n_atoms % unit:
        raise ValueError(f"n_atoms must be a multiple of {unit} for x = {x}, got {n_atoms}.")
    return {element: int(fraction * n_atoms) for element, fraction in fractions.items() if fraction}


def density(x: float) -> float:
    """Return the assumed density in g/cm³: a line from the binary to about 5.65 g/cm³ at x = 25."""
    return 4.35 + 0.052 * x


def start(x: int, n_atoms: int, rng: np.random.Generator) -> Atoms:
    """Return the elements shuffled over the sites of a cubic lattice: a start without near neighbours, soon melted."""
    atoms = Atoms([element for element, n in composition(x, n_atoms).items() for _ in range(n)], pbc=True)
    edge = (atoms.get_masses().sum() / (density(x) * 1e-3 * units.kg / (1e-2 * units.m) ** 3)) ** (1 / 3)
    n_sites = math.ceil(n_atoms ** (1 / 3))
    sites = np.stack(np.unravel_index(rng.permutation(n_sites**3)[:n_atoms], [n_sites] * 3), axis=1)
    atoms.set_cell([edge] * 3)
    atoms.set_positions(sites * edge / n_sites)
    return atoms


def melt_quench(x: int, calculator: Calculator, *, n_atoms: int = 160, scale: float = 1.0, seed: int = 0) -> Frames:
    """Melt, quench and sample one glass by Langevin dynamics at constant volume.

    Parameters
    ----------
    x : int
        Silver content in atomic per cent.
    calculator : ase Calculator
        The potential.
    n_atoms : int, default=160
        Must hold the composition exactly.
    scale : float, default=1.0
        Factor on the time of every stage: below 1 for a trial.
    seed : int, default=0
        Seed of the start and of the thermostat, which also sets the atoms going.

    Returns
    -------
    Frames
        One frame each 50 fs of the production stage, at least one.
    """
    rng = np.random.default_rng(seed)
    atoms = start(x, n_atoms, rng)
    atoms.calc = calculator
    atoms.set_constraint(FixCom())
    dynamics = Langevin(
        atoms,
        TIME_STEP * units.fs,
        temperature_K=STAGES[0].start,
        friction=FRICTION / units.fs,
        fixcm=False,  # FixCom does it, and samples the right ensemble
        rng=rng,
    )
    for stage in STAGES:
        ramp = np.linspace(stage.start, stage.end, round(scale * stage.time / TIME_STEP))
        for temperature in track(ramp, f"{stage.name}, {stage.start:g} to {stage.end:g} K"):
            dynamics.set_temperature(temperature_K=temperature)
            dynamics.run(1)
    dynamics.set_temperature(temperature_K=PRODUCTION.start)
    positions = []
    for _ in track(range(max(1, round(scale * PRODUCTION.time / FRAME_INTERVAL))), PRODUCTION.name):
        dynamics.run(round(FRAME_INTERVAL / TIME_STEP))
        positions.append(atoms.get_positions())
    return Frames(np.array(positions), np.array(atoms.get_chemical_symbols()), float(atoms.cell[0, 0]), density(x))


# Analysis


def pair_distributions(frames: Frames) -> pd.DataFrame:
    """Return g(r) of all pairs, its X-ray weighted sum and the partials, up to half the box.

    A partial is a histogram in bins of width π/51.2 Å, centred on multiples of it, over what as many pairs spread
    evenly would give. In g each pair of elements weighs as many pairs of atoms as it has, in g_x it weighs
    c_A c_B Z_A Z_B / ⟨Z⟩².
    """
    k = np.arange(FIRST_BIN, int(frames.L / 2 / BIN))
    edges = BIN * (np.append(k, k[-1] + 1) - 0.5)
    shell = 4 / 3 * np.pi * np.diff(edges**3) / frames.L**3
    n = {str(element): int(count) for element, count in zip(*np.unique(frames.sym, return_counts=True), strict=True)}
    pairs = list(combinations_with_replacement(n, 2))
    counts = {pair: np.zeros(k.size) for pair in pairs}
    for positions in frames.pos:
        separations = positions[:, None] - positions
        separations -= frames.L * np.rint(separations / frames.L)
        distances = np.linalg.norm(separations, axis=-1)
        for a, b in pairs:
            counts[a, b] += np.histogram(distances[np.ix_(frames.sym == a, frames.sym == b)], edges)[0]

    n_atoms = frames.sym.size
    mean_z = sum(n[a] * xraydb.atomic_number(a) for a in n) / n_atoms
    g, g_x, partials = np.zeros(k.size), np.zeros(k.size), {}
    for a, b in pairs:
        n_pairs = n[a] * (n[b] - (a == b))
        partial = counts[a, b] / (len(frames.pos) * shell * max(n_pairs, 1))  # a lone atom has no pair with its like
        orders = 1 if a == b else 2
        g += orders * n_pairs / (n_atoms * (n_atoms - 1)) * partial
        g_x += (
            orders * n[a] * n[b] * xraydb.atomic_number(a) * xraydb.atomic_number(b) / (n_atoms * mean_z) ** 2 * partial
        )
        partials[f"g_{a}_{b}"] = partial
    return pd.DataFrame({"r": k * BIN, "g": g, "g_x": g_x} | partials)


def reduced_structure_factor(frames: Frames) -> pd.DataFrame:
    """Return S_R(q) = q (S(q) − 1), S being what X-rays measure, in the definition of Faber and Ziman.

    S − 1 = (⟨|Σ f exp(iq·r)|²⟩ / N − ⟨f²⟩) / ⟨f⟩² at the wave vectors of the box, with the form factors f(q) of neutral
    atoms, averaged over every second frame; then its mean over the vectors about each q, in Gaussian weights. As −q
    scatters like q, half of the vectors are enough: h ≥ 0, in which those with h = 0 come with their opposites and so
    weigh double.
    """
    unit = 2 * np.pi / frames.L
    n = math.ceil((Q[-1] + 5 * SMOOTHING) / unit)
    h, k = np.arange(n + 1), np.arange(-n, n + 1)
    squares = h[:, None, None] ** 2 + k[:, None] ** 2 + k**2
    inside = (squares > 0) & (squares <= n**2)
    squares = squares[inside]
    q = unit * np.sqrt(np.arange(n**2 + 1))
    form_factors = {str(element): xraydb.f0(str(element), q / (4 * np.pi)) for element in np.unique(frames.sym)}

    chosen = frames.pos[::2]
    intensity = np.zeros(squares.size)
    for positions in chosen:
        waves = [np.exp(1j * unit * np.outer(xyz, hkl)) for xyz, hkl in zip(positions.T, (h, k, k), strict=True)]
        amplitude = np.zeros(squares.size, dtype=complex)
        for element, f in form_factors.items():
            along_h, along_k, along_l = (wave[frames.sym == element] for wave in waves)
            amplitude += f[squares] * (np.einsum("ah,ak->hka", along_h, along_k) @ along_l)[inside]
        intensity += np.abs(amplitude) ** 2

    concentrations = {element: np.mean(frames.sym == element) for element in form_factors}
    mean_f = sum(concentrations[element] * f for element, f in form_factors.items())
    mean_f2 = sum(concentrations[element] * f**2 for element, f in form_factors.items())
    n_vectors = np.bincount(squares, minlength=q.size)
    summed = np.bincount(squares, intensity, minlength=q.size) / (len(chosen) * frames.sym.size)
    weights = np.exp(-(((Q[:, None] - q) / SMOOTHING) ** 2) / 2)
    return pd.DataFrame(
        {"q": Q, "s_r": Q * (weights @ ((summed - n_vectors * mean_f2) / mean_f**2)) / (weights @ n_vectors)}
    )


# Files


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file under a temporary name and rename it, so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        write(Path(folder, path.name))
        os.replace(Path(folder, path.name), path)


def write_analysis(frames: Frames, stem: str, folder: Path) -> None:
    """Write g(r) and S_R(q) of the frames as STEM_rdf.csv and STEM_sq.csv."""
    rdf, sq = pair_distributions(frames), reduced_structure_factor(frames)
    sq["q"] = sq["q"].map("{:.2f}".format)
    write_whole(folder / f"{stem}_rdf.csv", lambda path: rdf.to_csv(path, index=False, float_format="%.5f"))
    write_whole(folder / f"{stem}_sq.csv", lambda path: sq.to_csv(path, index=False, float_format="%.6f"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    simulation = commands.add_parser("melt-quench", help="simulate one glass with CHGNet and write its frames")
    simulation.add_argument(
        "--x",
        type=int,
        required=True,
        choices=range(26),
        metavar="X",
        help="silver content in atomic per cent, 0 to 25",
    )
    simulation.add_argument("--atoms", type=int, default=160, help="must hold the composition exactly (default: 160)")
    simulation.add_argument("--scale", type=float, default=1.0, help="factor on all times, below 1 for a trial")
    simulation.add_argument("--seed", type=int, default=0, help="random seed (default: 0)")
    simulation.add_argument("--output", type=Path, help="file of frames (default: agXX.npz here)")
    analysis = commands.add_parser("analyse", help="work out g(r) and S_R(q) of files of frames")
    analysis.add_argument("frames", type=Path, nargs="+", help="files of frames")
    analysis.add_argument("--folder", type=Path, default=Path(), help="where the CSV files go (default: here)")
    options = parser.parse_args(arguments)
    if options.command == "melt-quench":
        from chgnet.model import CHGNet, CHGNetCalculator  # loads torch, which the analysis does without

        calculator = CHGNetCalculator(CHGNet.load(model_name="0.3.0"))
        try:
            frames = melt_quench(options.x, calculator, n_atoms=options.atoms, scale=options.scale, seed=options.seed)
        except ValueError as error:
            parser.error(str(error))
        path = options.output or Path(f"ag{options.x:02d}.npz")
        single = frames._replace(pos=frames.pos.astype(np.float32))
        write_whole(path, lambda path: np.savez_compressed(path, **single._asdict()))
    else:
        for path in track(options.frames, "analyse"):
            write_analysis(read_frames(path), path.stem, options.folder)


if __name__ == "__main__":
    main()
