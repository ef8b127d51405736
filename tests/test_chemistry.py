from dataclasses import replace

import numpy as np
import pytest

from sklearn_wtrdf import peak_table
from sklearn_wtrdf.chemistry import bond_of, check_chemistry, contradicts_density, density_over_elements, material_text
from sklearn_wtrdf.datasets import list_materials, load_material


@pytest.mark.parametrize("name", list_materials())
def test_the_first_shell_of_no_simulated_material_is_suspected(name):
    for weighting in ("x-ray",) if name.startswith("ag") else ("x-ray", "neutron"):
        material = load_material(name, weighting=weighting)
        first = peak_table(material.r, material.target, n_peaks=1)["position"][0]
        assert check_chemistry(material.pattern, first) == []
        # As with the wavelength of Mo Kα in place of Cu Kα, or vice versa; water has O–O at 2.2 times O–H.
        for factor in (0.46,) if name == "water" else (0.46, 2.17):
            assert len(check_chemistry(material.pattern, factor * first)) == 1


@pytest.mark.parametrize(
    ("name", "wrong"), [("silica", "Ge25Se75"), ("germania", "SiO2"), ("nitrogen", "Ar"), ("nickel", "SiO2")]
)
def test_a_wrong_formula_is_quoted_in_the_error(name, wrong):
    material = load_material(name, weighting="neutron")
    first = peak_table(material.r, material.target, n_peaks=1)["position"][0]
    wrong_pattern = replace(material.pattern, composition=wrong)
    if name == "germania":  # Ge–O and Si–O overlap
        assert check_chemistry(wrong_pattern, first) == []
    else:
        assert f"is no bond of {wrong}" in str(check_chemistry(wrong_pattern, first)[0])


def test_x_rays_may_see_oxygen_alone_in_water():
    water = load_material("water", weighting="x-ray").pattern
    assert check_chemistry(water, 2.8) == []
    assert check_chemistry(load_material("water", weighting="neutron").pattern, 2.8)
    assert bond_of(water, 0.98) == "O-H"


def test_without_a_composition_nothing_is_checked():
    pattern = replace(load_material("silica").pattern, composition=None)
    assert check_chemistry(pattern, 0.5) == []
    assert bond_of(pattern, 1.6) == ""


def test_the_text_of_a_material():
    assert material_text("Ag10(Ge25Se75)90", 0.0365).startswith("Ag 10, Ge 22.5, Se 67.5; 0.0365 atoms/Å³ = 4.88 g")


# Number densities [Å⁻³]: the densest compounds, and a fluid at its critical density.
EXTREMES = [("BN", 0.169), ("LiF", 0.122), ("H2O", 0.1), ("SiO2", 0.135), ("Xe", 0.005), ("Cs", 0.0017)]


@pytest.mark.parametrize(
    ("formula", "density"),
    [*EXTREMES, *((load_material(name).formula, load_material(name).number_density) for name in list_materials())],
)
def test_densities_of_materials_are_near_those_of_their_elements(formula, density):
    assert 0.2 < density_over_elements(formula, density) < 3.5
    assert contradicts_density(formula, density) == ""
    assert "check the density and its unit" in contradicts_density(formula, 100 * density)
    assert "check the density and its unit" in contradicts_density(formula, density / 100)


def test_the_density_of_an_element_that_is_not_tabulated_contradicts_nothing():
    assert np.isnan(density_over_elements("FrCl", 0.01))
    assert contradicts_density("FrCl", 10.0) == ""
