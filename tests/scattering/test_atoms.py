import numpy as np
import pytest
import xraydb

from sklearn_wtrdf import Composition
from tests.scattering.international_tables import DISPERSION, WAVELENGTHS, cromer_mann

# Incoherent scattering functions [electrons] at (q / 4π) = 0.1, 0.5 and 1 Å⁻¹: J. H. Hubbell et al., J. Phys. Chem.
# Ref. Data 4, 471 (1975), three digits of them.
HUBBELL = {
    "H": (0.343, 0.995, 1.00),
    "O": (0.977, 5.83, 6.90),
    "Si": (2.29, 7.94, 11.3),
    "Ge": (2.84, 13.5, 21.2),
    "Se": (2.80, 14.2, 22.0),
}


def test_hydrogen_has_the_form_factor_of_the_schroedinger_equation():
    q, bohr = np.linspace(0, 20, 41), 0.529177
    f = Composition("H").amplitudes(q=q)["H"]
    np.testing.assert_allclose(f, (1 + (q * bohr / 2) ** 2) ** -2, atol=5e-4)
    np.testing.assert_array_equal(f, Composition("D").amplitudes(q=q)["D"])


def test_form_factors_are_xraydbs():
    q = np.linspace(0, 30, 61)
    result = Composition("Ag10(Ge25Se75)90").amplitudes(q=q)
    for element in ("Ag", "Ge", "Se"):
        np.testing.assert_allclose(result[element], xraydb.f0(element, q / (4 * np.pi)), rtol=1e-12)


def test_ions_scatter_as_ions():
    q = np.array([0.0, 1, 3, 8])
    ions, atoms = Composition("Si{4+}O{2-}2").amplitudes(q=q), Composition("SiO2").amplitudes(q=q)
    np.testing.assert_allclose(ions["Si{4+}"], cromer_mann("Si{4+}", q), rtol=1e-4)
    assert ions.loc[0].tolist() == pytest.approx([10, 10], abs=2e-3)  # electrons
    assert atoms.loc[0].tolist() == pytest.approx([14, 8], abs=2e-3)
    np.testing.assert_allclose(ions.loc[8], atoms.loc[8], rtol=0.01)  # there inner shells scatter, which are alike


@pytest.mark.parametrize(("element", "tube"), DISPERSION)
def test_dispersion_is_that_of_the_international_tables(element, tube):
    atom = Composition(element)
    with_it = atom.amplitudes(wavelength=WAVELENGTHS[tube])[element]
    assert with_it - atom.amplitudes()[element] == pytest.approx(DISPERSION[element, tube], abs=0.03)


@pytest.mark.parametrize("element", ["O", "Se", "Ag", "Pb"])
@pytest.mark.parametrize("energy", [8.0478, 17.4793, 60.0, 100.0])
def test_dispersion_is_xraydbs_from_laboratories_to_synchrotrons(element, energy):
    atom = Composition(element)
    result = atom.amplitudes(wavelength=12.398420 / energy)[element] - atom.amplitudes()[element]
    expected = complex(xraydb.f1_chantler(element, energy * 1e3), xraydb.f2_chantler(element, energy * 1e3))
    assert result == pytest.approx(expected, abs=4e-3 * xraydb.atomic_number(element))  # tables differ by as much


@pytest.mark.parametrize("element", HUBBELL)
def test_compton_scattering_is_hubbells(element):
    q = 4 * np.pi * np.array([0.1, 0.5, 1.0])
    np.testing.assert_allclose(Composition(element).intensities(q=q)["incoherent"], HUBBELL[element], rtol=4e-3)


def test_compton_scattering_begins_at_nothing_and_ends_with_all_electrons():
    compton = Composition("SiO2").intensities(q=[0, 75])["incoherent"]
    assert compton.iloc[0] == 0
    assert compton.iloc[1] == pytest.approx((14 + 2 * 8) / 3, rel=3e-3)


@pytest.mark.parametrize(
    ("formula", "arguments", "message"),
    [
        ("SiO2", {"weighting": "electron"}, "weighting must be one of 'x-ray', 'neutron', 'number', got 'electron'"),
        ("SiO2", {"scheme": "bhatia-thornton"}, "scheme must be one of .*, got 'bhatia-thornton'"),
        ("SiO2", {"q": 76}, "q must be from 0 to 75 Å⁻¹, .* got 76: if it is in nm⁻¹"),
        ("SiO2", {"q": -1}, "q must be .* not negative"),
        ("SiO2", {"q": [[1.0]]}, "q must be .* one-dimensional"),
        ("SiO2", {"q": [1.0, np.nan]}, "q must be .* finite"),
        ("SiO2", {"wavelength": 0.0}, "wavelength must be a positive"),
        ("SiO2", {"wavelength": 1e9}, "wavelength: f′ and f″ of Si are not tabulated"),
        ("SiO2", {"wavelength": 1.0, "weighting": "neutron"}, "wavelength is for weighting='x-ray'"),
        ("Si{2-}", {}, "no form factor of Si{2-} is tabulated"),
        ("Po", {"weighting": "neutron"}, "neutron scattering of Po is not tabulated"),
    ],
)
def test_missing_table_entries_are_reported(formula, arguments, message):
    with pytest.raises(ValueError, match=message):
        Composition(formula).weights(**arguments)
