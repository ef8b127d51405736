"""Pairs of elements and their weights, against those of the composition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_wtrdf import Composition
from sklearn_wtrdf.scattering.pairs import PairWeights, largest_difference, pairs_of

Q = np.linspace(0.5, 20.0, 30)
FORMULAS = ["SiO2", "GeO2", "H2O", "HDO", "Ag10(Ge25Se75)90", "Na2Si2O5", "Si{4+}O{2-}2", "SiO[18]O"]


@given(st.sampled_from(FORMULAS), st.sampled_from(["x-ray", "neutron"]))
def test_weights_add_up_to_1(formula, weighting):
    if "{" in formula and weighting == "neutron":
        weighting = "x-ray"
    weights = PairWeights.of(formula, Q, weighting)
    np.testing.assert_allclose(weights.at_q.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(weights.total.sum(), 1, rtol=1e-12)


def test_weights_of_elements_are_those_of_the_composition():
    weights, expected = PairWeights.of("Na2Si2O5", Q), Composition("Na2Si2O5").weights("x-ray", Q)
    assert [pair.name for pair in weights.pairs] == list(expected)
    np.testing.assert_allclose(weights.at_q, expected, rtol=1e-12)


def test_the_total_has_the_weights_of_atomic_numbers():
    np.testing.assert_allclose(
        PairWeights.of("SiO2", Q).total, np.array([14**2, 4 * 14 * 8, 4 * 8**2]) / 30**2, rtol=3e-3
    )


def test_isotopes_are_the_same_element():
    """Hydrogen and deuterium have one g, with the weight of their mean scattering length."""
    weights = PairWeights.of("HDO", Q, "neutron")
    b = Composition("HDO").amplitudes("neutron")
    mean = (b["H"] + b["D"]) / 2
    expected = {"H-H": 4 * mean**2, "H-O": 4 * mean * b["O"], "O-O": b["O"] ** 2}
    norm = (2 * mean + b["O"]) ** 2
    assert [pair.name for pair in weights.pairs] == list(expected)
    np.testing.assert_allclose(weights.total, np.array(list(expected.values())) / norm, rtol=1e-12)


def test_the_weights_of_one_element_do_not_change():
    assert PairWeights.of("Ar", Q).variation == pytest.approx(0, abs=1e-12)
    assert PairWeights.of("H2O", Q).variation > 0.5
    assert PairWeights.of("SiO2", Q, "neutron").variation == pytest.approx(0, abs=1e-12)


def test_rows_are_points_of_q():
    weights = PairWeights.of("GeO2", Q)
    np.testing.assert_array_equal(weights[np.array([1, 4])].at_q, weights.at_q[[1, 4]])


def test_bonds_are_about_as_long_as_the_sum_of_covalent_radii():
    lengths = {pair.name: pair.covalent for pair in pairs_of("SiO2")}
    assert lengths["Si-O"] == pytest.approx(1.61, rel=0.15)
    assert lengths["O-O"] == pytest.approx(1.48, rel=0.15)  # in hydrogen peroxide


def test_formulas_differ_by_elements_and_not_by_isotopes():
    assert largest_difference("D2O", "OH2") == pytest.approx(0)
    assert largest_difference("Si33.3O66.7", "SiO2") == pytest.approx(1 / 3000)
    assert largest_difference("SiO2", "GeO2") == pytest.approx(1 / 3)


def test_a_wavelength_that_does_not_reach_q_is_refused():
    with pytest.raises(ValueError, match=r"q reaches 17 Å⁻¹, beyond 4π/λ = 8\.16 Å⁻¹ of a wavelength of 1.54 Å"):
        PairWeights.of("SiO2", np.array([1.0, 17.0]), wavelength=1.54)
