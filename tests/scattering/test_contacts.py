import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import coordination_numbers, peak_table
from sklearn_wtrdf.datasets import list_materials, load_material
from sklearn_wtrdf.scattering.contacts import contacts, counted_as, counted_as_pairs, plausible_pairs

# Bond lengths of liquids, glasses and molecules from the literature [Å].
BONDS = {
    "SiO2": ("Si-O", 1.61),
    "GeO2": ("Ge-O", 1.74),
    "B2O3": ("B-O", 1.37),
    "P2O5": ("P-O", 1.50),
    "WO3": ("W-O", 1.75),
    "TeO2": ("Te-O", 1.95),
    "PbO": ("Pb-O", 2.30),
    "GeSe2": ("Ge-Se", 2.36),
    "As2S3": ("As-S", 2.27),
    "ZnCl2": ("Zn-Cl", 2.29),
    "NaCl": ("Na-Cl", 2.70),
    "CsCl": ("Cs-Cl", 3.50),
    "LiF": ("Li-F", 1.85),
    "D2O": ("D-O", 0.98),
    "N2": ("N-N", 1.10),
    "H2": ("H-H", 0.74),
    "CO2": ("C-O", 1.16),
    "CCl4": ("C-Cl", 1.77),
    "Ar": ("Ar-Ar", 3.70),
    "He": ("He-He", 3.60),
    "Ni": ("Ni-Ni", 2.45),
    "Na": ("Na-Na", 3.70),
    "Ga": ("Ga-Ga", 2.80),
    "Hg": ("Hg-Hg", 3.07),
    "Ge": ("Ge-Ge", 2.72),
    "CuZr": ("Cu-Zr", 2.75),
    "Ni4P": ("Ni-P", 2.30),
}


def bonds(formula, distance):
    return [each.pair for each in contacts(formula) if each.kind == "bond" and each.low < distance < each.high]


@pytest.mark.parametrize("formula", BONDS)
def test_known_bonds_lie_in_the_range_of_their_pair(formula):
    pair, length = BONDS[formula]
    assert pair in bonds(formula, length)
    for factor in (0.46, 2.17):  # as by the wavelength of molybdenum in place of copper's, or the other way round
        assert not bonds(formula, factor * length)


@pytest.mark.parametrize("name", list_materials())
def test_the_first_shell_of_each_simulated_material_is_a_bond(name):
    material = load_material(name, weighting="x-ray" if name.startswith("ag") else "number")
    first = peak_table(material.r, material.target, n_peaks=1)["position"][0]
    assert bonds(material.formula, first)


def test_pairs_that_are_plausible_at_a_distance():
    assert plausible_pairs("SiO2", 1.61) == ["Si-O"]
    assert "O-O" in plausible_pairs("SiO2", 2.63)
    assert "Si-Si" in plausible_pairs("SiO2", 3.1)
    assert plausible_pairs("SiO2", 0.74) == []
    assert plausible_pairs("Ge25Se75", 1.61) == []


def test_a_peak_of_one_pair_counts_the_neighbours_of_its_partial():
    material = load_material("germania", weighting="x-ray")
    table = peak_table(
        material.r, material.target, number_density=material.number_density, composition="GeO2", weighting="x-ray"
    )
    bond = table.iloc[0]
    [partial] = coordination_numbers(
        material.r, material.partials["g_Ge_O"], material.number_density, [(bond["r_low"], bond["r_high"])]
    )
    assert bond["Ge-O"] == pytest.approx(partial * 2 / 3, rel=0.02)  # two thirds of the atoms are O
    assert bond["O-Ge"] == pytest.approx(bond["Ge-O"] / 2)


def test_a_peak_of_several_shells_is_no_shell_of_one_pair():
    peaks = {
        "position": [3.1, 3.1],
        "coordination": [3.0, 35.0],
        "coordination_low": np.nan,
        "coordination_high": np.nan,
    }
    table = counted_as_pairs(pd.DataFrame(peaks), "SiO2", "x-ray")
    first, second = ({pair: table[pair][i] for pair in ("O-O", "Si-Si")} for i in (0, 1))
    assert max(first.values()) < 20
    assert np.isnan(list(second.values())).all()
    assert counted_as(table.loc[1].to_dict()) == ""


def test_pairs_of_negative_weight_and_of_other_distances_are_left_out():
    peak = {"position": [0.98], "coordination": [1.0], "coordination_low": [np.nan], "coordination_high": [np.nan]}
    assert "O-H" not in counted_as_pairs(pd.DataFrame(peak), "OH2", "neutron")  # b of hydrogen is negative
    water = counted_as_pairs(pd.DataFrame(peak), "OD2", "neutron").loc[0].to_dict()
    assert counted_as(water) == "O-D 1.58, D-O 0.79"
    assert "Si{4+}-O{2-}" in counted_as_pairs(pd.DataFrame(peak).assign(position=1.6), "Si{4+}O{2-}2", "x-ray")
    assert counted_as(pd.DataFrame(peak).loc[0].to_dict()) == ""
