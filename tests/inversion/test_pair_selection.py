"""The pair functions of X-ray patterns: possible bonds, onsets of pairs, and g of simulated materials."""

from dataclasses import replace

import numpy as np
import pytest

from sklearn_wtrdf import InversionRegressor, load, save
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.inversion import Bond, Evidence, Observation, PairFunctions
from sklearn_wtrdf.inversion.pair_selection import (
    bonds_of_hydrogen,
    depends_on_radiation,
    onset_bounds,
    pair_starting_points,
    possible_bonds,
)
from sklearn_wtrdf.scattering.pairs import PairWeights, pairs_of


@pytest.mark.parametrize(
    ("formula", "first_peak", "bonded"),
    [
        ("SiO2", 1.61, ["Si-O"]),
        ("GeO2", 1.74, ["Ge-O"]),
        ("Na2Si2O5", 1.62, ["Si-O"]),
        ("ArKr", 3.8, []),
        ("NaCl", 2.7, []),
        ("CuZr", 2.6, []),
        ("SiO2", 3.7, []),
    ],
)
def test_bonds_are_of_pairs_whose_radii_fit(formula, first_peak, bonded):
    assert [name for bonds in possible_bonds(pairs_of(formula), first_peak) for name in bonds] == bonded


def test_each_hydrogen_atom_has_one_bond():
    bonds = bonds_of_hydrogen(pairs_of("H2O"))
    assert bonds["H-O"].neighbours == pytest.approx(1.0)  # oxygen around hydrogen
    assert bonds["H-H"].neighbours == pytest.approx(1.0)
    bonds = bonds_of_hydrogen(pairs_of("OH2"))
    assert bonds["O-H"].neighbours == pytest.approx(2.0)  # hydrogen around oxygen
    assert bonds_of_hydrogen(pairs_of("NH3"))["H-H"].neighbours == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("formula", "length"),
    [("C6H6", 1.39), ("C2H4", 1.33), ("C5H12", 1.53), ("H2O2", 1.46), ("N2H4", 1.45)]
    + [(formula, None) for formula in ("H2O", "D2O", "CH4", "NH3", "HF", "SiH4", "HCl")],
)
def test_atoms_with_fewer_hydrogen_atoms_than_their_valence_are_bonded_to_one_another(formula, length):
    pairs = pairs_of(formula)
    like = next(pair.name for pair in pairs if pair.is_like and "H" not in pair.elements)
    bonds = bonds_of_hydrogen(pairs)
    assert (like in bonds) == (length is not None)
    if length:
        shortest, longest = bonds[like].r
        assert shortest < length < longest


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn_wtrdf.DataWarning")
def test_the_bonds_of_benzene_halve_the_error_of_x_rays():
    benzene = load_material("benzene", weighting="x-ray", q_max=8)
    models = [InversionRegressor(composition=of, r_max=8.0).fit(benzene.data) for of in (None, "C6H6")]
    without, with_composition = (np.abs(model.predict(benzene.data) - benzene.target).mean() for model in models)
    assert with_composition < 0.6 * without
    bonds = models[1].fit_report().table.loc[0, "value"]
    assert bonds["r C-C"] == pytest.approx(1.40, abs=0.02)
    assert bonds["neighbours C-C"] == pytest.approx(2.0, abs=0.2)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn_wtrdf.DataWarning")
def test_the_bonds_of_benzene_halve_the_error_of_neutrons(tmp_path):
    benzene = load_material("benzene", weighting="neutron", q_max=8)
    of_benzene = {"composition": "C6D6", "radiation": "neutron"}
    models = [InversionRegressor(r_max=8.0, **given).fit(benzene.data) for given in ({}, of_benzene)]
    without, with_composition = (np.abs(model.predict(benzene.data) - benzene.target).mean() for model in models)
    assert with_composition < 0.6 * without
    bonds = models[1].fit_report().table.loc[0, "value"]
    assert bonds["r C-C"] == pytest.approx(1.40, abs=0.02)
    assert bonds["r C-H"] == pytest.approx(1.09, abs=0.02)
    save(models[1], tmp_path / "benzene.skops")
    of_file = load(tmp_path / "benzene.skops").predict(benzene.data, return_std=True)
    np.testing.assert_allclose(of_file, models[1].predict(benzene.data, return_std=True), rtol=1e-6, atol=1e-8)
    of_pattern = InversionRegressor(r_max=8.0).fit(benzene.data).solve(benzene.pattern)
    np.testing.assert_array_equal(of_pattern.g(benzene.r), of_file[0])


def test_onsets_are_beyond_bonds():
    """In silica O–O begins at 2.4, Si–Si at 2.9 and the second shell of Si–O at 3.4 Å."""
    onsets = onset_bounds(pairs_of("SiO2"), {"Si-O": 1.61})
    for name, onset in (("O-O", 2.4), ("Si-Si", 2.9), ("Si-O", 3.4)):
        low, high = onsets[name]
        assert low > 1.61 * 1.2
        assert low < onset < high


def test_single_hydrogen_atoms_of_neighbours_are_further_apart_than_those_of_one_atom():
    """H–H is 2.48 Å in benzene, where each carbon atom has one, and 1.78 Å in methane."""
    low, high = onset_bounds(pairs_of("C6H6"), {"C-H": 1.09, "C-C": 1.40})["H-H"]
    assert 2.1 < low < 2.48 < high
    low, high = onset_bounds(pairs_of("CH4"), {"C-H": 1.09})["H-H"]
    assert low < 1.78 < high < 2.48


@pytest.fixture(scope="module")
def model(germania):
    return InversionRegressor(composition="GeO2", r_max=8.0).fit(germania.data)


@pytest.fixture(scope="module")
def without_composition(germania):
    return InversionRegressor(r_max=8.0).fit(germania.data)


@pytest.mark.slow
def test_pair_functions_describe_s_r_that_constant_weights_do_not(germania, model, without_composition):
    constant = without_composition.predict(germania.data)
    g, std = model.predict(germania.data, return_std=True)
    errors = np.abs(constant - germania.target), np.abs(g - germania.target)
    assert errors[1].mean() < 0.5 * errors[0].mean()
    inside = errors[1] <= 1.645 * std
    assert inside[germania.r > 1.6].mean() > 0.75
    bond = model.fit_report().table.loc[0, "value"]
    assert bond["neighbours Ge-O"] == pytest.approx(4.0, abs=0.3)


@pytest.mark.slow
def test_the_composition_of_an_x_ray_pattern_is_used(germania, model, without_composition):
    expected = model.solve(replace(germania.pattern, composition=None, radiation=None)).g(germania.r)
    other = without_composition
    np.testing.assert_array_equal(other.solve(germania.pattern).g(germania.r), expected)
    constant = other.predict(germania.data)
    neutrons = replace(germania.pattern, radiation="neutron")
    unknown = replace(germania.pattern, radiation=None)
    for pattern in (neutrons, unknown):
        np.testing.assert_array_equal(other.solve(pattern).g(germania.r), constant)


@pytest.mark.slow
def test_a_model_of_pair_functions_is_saved(germania, model, tmp_path):
    save(model, tmp_path / "germania.skops")
    loaded = load(tmp_path / "germania.skops")
    np.testing.assert_array_equal(loaded.predict(germania.data), model.predict(germania.data))


def test_one_element_is_as_without_composition():
    argon = load_material("argon", q_max=6)
    first, second = (InversionRegressor(composition=of).fit(argon.data).predict(argon.data) for of in (None, "Ar"))
    np.testing.assert_array_equal(second, first)


@pytest.mark.parametrize("kind", ["each", "shared", "same"])
def test_the_onsets_of_starting_points(germania, kind):
    observation = Observation(
        germania.q, germania.s_r, germania.number_density, 0.05, weights=PairWeights.of("GeO2", germania.q)
    )
    prior = PairFunctions("GeO2", {"O-O": (2.2, 3.4)}, {"Ge-O": Bond(r=(1.6, 1.9))})
    evidence = Evidence(prior, observation.on_grid(is_coarse=True))
    points = list(pair_starting_points(evidence, 1.74, onsets=kind))
    for theta in points:
        assert (theta >= evidence.low).all()
        assert (theta <= evidence.high).all()
        assert kind == "same" or evidence.value(theta) < evidence.value(evidence.start)
    onsets = np.exp(np.array(points)[:, evidence.indices("onset")]).round(6)
    assert len(np.unique(onsets, axis=0)) == 1 or kind == "each"
    if kind == "same":
        assert np.unique(onsets[:, 1:]).size == 1 or np.unique(onsets[0]).size <= 2  # one may be at its bound
    else:
        assert np.unique(onsets[0]).size > 1


def test_a_wrong_composition_is_refused(germania):
    with pytest.raises(ValueError, match="composition"):
        InversionRegressor(composition="Xx2").fit(germania.data)


@pytest.mark.parametrize(
    ("formula", "first", "expected"),
    [
        ("SiO2", 1.6, True),
        ("H2O", 2.8, True),
        ("Ge25Se75", 2.37, False),  # whose form factors fall alike
        ("NaCl", 2.8, False),  # which has no bonds
        ("Si", 2.35, False),
        ("OgO2", 1.6, False),  # whose form factor is unknown
    ],
)
def test_g_depends_on_the_radiation_where_weights_change_and_atoms_are_bonded(formula, first, expected):
    assert depends_on_radiation(formula, np.linspace(0.5, 17, 100), first) is expected
