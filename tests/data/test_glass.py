from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ase.calculators.lj import LennardJones
from glass import BIN, Frames, composition, main, melt_quench, pair_distributions, read_frames, start

DATA = Path(__file__).parents[2] / "data"
NAMES = ["ag00", "ag05", "ag10", "ag15", "ag20", "ag25"]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_stored_frames_give_the_stored_files(name, tmp_path):
    main(["analyse", str(DATA / "simulation" / "frames" / f"{name}.npz"), "--folder", str(tmp_path)])
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{name}_rdf.csv", f"{name}_sq.csv"]
    for file, atol in ((f"{name}_rdf.csv", 5e-4), (f"{name}_sq.csv", 2e-6)):  # pairs at the edges of bins; rounding
        stored, made = pd.read_csv(DATA / "simulated" / file), pd.read_csv(tmp_path / file)
        pd.testing.assert_frame_equal(made, stored, rtol=0, atol=atol)


def test_scattered_atoms_have_no_structure(rng):
    atoms = np.repeat(["Ge", "Se"], [30, 90])
    g = pair_distributions(Frames(rng.uniform(-20, 40, (200, 120, 3)), atoms, 16.0, 4.35))
    far = g["r"] > 4
    assert (g.loc[far, ["g", "g_x", "g_Ge_Ge", "g_Ge_Se", "g_Se_Se"]].mean() - 1).abs().max() < 0.01


def test_two_atoms_across_a_periodic_boundary():
    g = pair_distributions(Frames(np.array([[[0.2, 0, 0], [9.2, 0, 0]]]), np.array(["Ge", "Se"]), 10.0, 4.35))
    filled = g["g_Ge_Se"].to_numpy().nonzero()[0]
    assert g["r"][filled].tolist() == [16 * BIN]
    shell = 4 / 3 * np.pi * BIN**3 * (16.5**3 - 15.5**3)
    assert g["g"][filled[0]] == pytest.approx(1000 / shell)
    assert (g["g_Ge_Ge"] == 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_stored_frames_have_the_composition_and_density_of_a_start(name, rng):
    frames = read_frames(DATA / "simulation" / "frames" / f"{name}.npz")
    atoms = start(int(name[2:]), 160, rng)
    assert sorted(atoms.get_chemical_symbols()) == sorted(frames.sym)
    assert atoms.cell[0, 0] == pytest.approx(frames.L, rel=1e-6)


def test_composition_is_exact():
    assert composition(10, 160) == {"Ag": 16, "Ge": 36, "Se": 108}
    assert composition(0, 160) == {"Ge": 40, "Se": 120}
    with pytest.raises(ValueError, match="n_atoms must be a multiple of 80 for x = 5, got 100"):
        composition(5, 100)


def test_a_start_has_no_near_neighbours(rng):
    atoms = start(10, 160, rng)
    distances = atoms.get_all_distances(mic=True)[np.triu_indices(160, 1)]
    assert distances.min() > 2.5


def test_dynamics_melts_quenches_and_samples():
    potential = LennardJones(sigma=2.3, epsilon=0.1, rc=5.0)
    frames = melt_quench(20, potential, n_atoms=40, scale=0.025, seed=1)
    assert frames.pos.shape == (2, 40, 3)
    assert np.isfinite(frames.pos).all()
    assert np.abs(frames.pos[1] - frames.pos[0]).max() > 0.1
    np.testing.assert_array_equal(frames.pos, melt_quench(20, potential, n_atoms=40, scale=0.025, seed=1).pos)


@pytest.mark.filterwarnings("ignore")  # of CHGNet and what it imports
def test_the_command_line_simulates_with_chgnet(tmp_path):
    pytest.importorskip("chgnet", reason="CHGNet is not installed: pip install 'sklearn-wtrdf[simulation]'")
    path = tmp_path / "ag20.npz"
    main(["melt-quench", "--x", "20", "--atoms", "20", "--scale", "0.001", "--output", str(path)])
    frames = read_frames(path)
    assert frames.pos.shape == (1, 20, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["ag20.npz"]
