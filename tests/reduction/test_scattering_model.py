import numpy as np
import pytest

from sklearn_wtrdf import Composition
from sklearn_wtrdf.reduction.corrections import Transmission
from sklearn_wtrdf.reduction.scattering_model import ScatteringModel
from sklearn_wtrdf.scattering.angles import two_theta_of

Q = np.linspace(0.5, 7.5, 50)
WAVELENGTH = 1.5419  # Å, of copper


def test_one_element_has_no_laue_scattering_and_two_have():
    """⟨|f|²⟩ − |⟨f⟩|² is the variance of the form factors, c₁ c₂ |f₁ − f₂|²."""
    argon = ScatteringModel.of(Composition("Ar"), Q, WAVELENGTH)
    np.testing.assert_allclose(argon.mean_of_square, argon.square_of_mean, rtol=1e-12)
    silica, silicon, oxygen = (ScatteringModel.of(Composition(name), Q, 0.3) for name in ("SiO2", "Si", "O"))
    f_1, f_2 = (np.sqrt(element.square_of_mean) for element in (silicon, oxygen))
    laue = silica.mean_of_square - silica.square_of_mean
    np.testing.assert_allclose(laue, 2 / 9 * (f_1 - f_2) ** 2, rtol=0.02, atol=0.02)  # but for f″
    np.testing.assert_allclose(silica.compton, (silicon.compton + 2 * oxygen.compton) / 3, rtol=1e-9)


def test_polarization_is_that_of_an_unpolarized_beam_or_none():
    two_theta = np.radians(two_theta_of(Q, WAVELENGTH))
    polarized = ScatteringModel.of(Composition("Ar"), Q, WAVELENGTH)
    np.testing.assert_allclose(polarized.polarization, (1 + np.cos(two_theta) ** 2) / 2, rtol=1e-12)
    assert (ScatteringModel.of(Composition("Ar"), Q, WAVELENGTH, polarized=False).polarization == 1).all()


def test_a_detector_that_selects_the_energy_counts_less_compton_scattering():
    every, selected = (ScatteringModel.of(Composition("C"), Q, 0.5, energy_window=window) for window in (None, 0.05))
    assert (selected.compton <= every.compton).all()
    assert selected.compton[-1] < 0.5 * every.compton[-1]


def test_without_absorption_everything_is_transmitted():
    model = ScatteringModel.of(Composition("Ar"), Q, WAVELENGTH)
    assert (model.transmission == 1).all()
    absorbing = ScatteringModel.of(Composition("Ar"), Q, WAVELENGTH, absorption=Transmission(0.5))
    np.testing.assert_array_equal(absorbing.transmission, Transmission(0.5).transmission(two_theta_of(Q, WAVELENGTH)))
    np.testing.assert_array_equal(absorbing.compton, model.compton)


def test_an_angle_at_which_nothing_is_transmitted_is_named():
    with pytest.raises(
        ValueError, match=r"nothing is transmitted by Transmission\(.*\) at 2θ = .*°; cut the scan by q_max"
    ):
        ScatteringModel.of(Composition("Ar"), Q, WAVELENGTH, absorption=Transmission(100.0))
