import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.constants import c, e, h, m_e, physical_constants
from scipy.integrate import dblquad, quad
from scipy.special import iv, modstruve

from sklearn_wtrdf.reduction.corrections import (
    Absorption,
    Capillary,
    Reflection,
    Transmission,
    compton_detected,
    compton_energy,
    polarization,
)

CLASSICAL_RADIUS = physical_constants["classical electron radius"][0]
angles = st.floats(0.5, 179.5)


def test_limits_of_the_polarization():
    two_theta = np.linspace(0, 180, 19)
    unpolarized = (1 + np.cos(np.radians(two_theta)) ** 2) / 2
    np.testing.assert_allclose(polarization(two_theta), unpolarized)
    np.testing.assert_allclose(polarization(two_theta, 0.0), unpolarized)  # a crystal that does not turn the beam
    # A monochromator at 2θ = 90° leaves only the polarization across the scattering plane, which is scattered equally
    # at all angles.
    np.testing.assert_allclose(polarization(two_theta, 90.0), np.ones(19))
    assert polarization(0.0, 26.6) == 1


def test_a_plate_by_its_integral():
    for mu_t, two_theta in [(0.05, 10.0), (1.0, 60.0), (4.0, 140.0)]:
        half = np.radians(two_theta / 2)
        # Lengths in units of the thickness of the plate; the path of the beam in it is 1 / sin θ, or 1 / cos θ.
        reflected, _ = quad(lambda z: np.exp(-2 * mu_t * z / np.sin(half)) / np.sin(half), 0, 1)  # noqa: B023
        passed, _ = quad(lambda z: np.exp(-mu_t * (z + (1 - z)) / np.cos(half)) / np.cos(half), 0, 1)  # noqa: B023
        assert Reflection(mu_t).transmission(two_theta) == pytest.approx(2 * mu_t * reflected)
        assert Transmission(mu_t).transmission(two_theta) == pytest.approx(passed)


def test_limits_of_a_plate():
    two_theta = np.linspace(1, 150, 50)
    half = np.radians(two_theta / 2)
    np.testing.assert_allclose(Reflection(1e3).transmission(two_theta), 1)  # thick: alike at all angles
    np.testing.assert_allclose(
        Reflection(1e-9).transmission(two_theta) * np.sin(half), 2e-9, rtol=1e-6
    )  # thin: what is lit up
    np.testing.assert_allclose(Transmission(1e-9).transmission(two_theta) * np.cos(half), 1)
    assert Reflection(0.1).transmission(0.0) == 1
    assert Transmission(0.5).transmission(180.0) == 0


def test_a_capillary_by_its_integral():
    def path(x, y, direction):
        """Return the length from a point to the rim of the unit circle."""
        along = x * np.cos(direction) + y * np.sin(direction)
        return -along + np.sqrt(np.maximum(along**2 - x**2 - y**2 + 1, 0))

    for mu_r, two_theta in [(0.3, 20.0), (1.0, 90.0), (2.5, 150.0)]:
        value, _ = dblquad(
            lambda phi, s: (
                s
                * np.exp(
                    -mu_r  # noqa: B023
                    * (
                        path(s * np.cos(phi), s * np.sin(phi), np.pi)
                        + path(s * np.cos(phi), s * np.sin(phi), np.radians(two_theta))  # noqa: B023
                    )
                )
            ),
            0,
            1,
            0,
            2 * np.pi,
            epsabs=1e-7,
        )
        assert Capillary(mu_r).transmission(two_theta) == pytest.approx(value / np.pi, rel=1e-5)


@pytest.mark.parametrize("mu_r", [1e-6, 0.1, 1.0, 5.0, 20.0, 50.0])
def test_a_capillary_in_forward_and_backward_scattering(mu_r):
    # Along chords of 2 cos t radii: the scattered beam leaves along the rest of its chord, or returns the way it came.
    def mean_over_chords(function):
        return quad(lambda t: 2 / np.pi * np.cos(t) * function(2 * np.cos(t)), 0, np.pi / 2, epsabs=0, limit=200)[0]

    forward = mean_over_chords(lambda chord: chord * np.exp(-mu_r * chord))
    backward = mean_over_chords(lambda chord: -np.expm1(-2 * mu_r * chord) / (2 * mu_r))
    capillary = Capillary(mu_r).transmission([0.0, 180.0])
    np.testing.assert_allclose(capillary, [forward, backward], rtol=5e-3 if mu_r > 10 else 1e-4)
    if mu_r < 10:  # where the functions' difference keeps digits
        a = 2 * mu_r
        closed = 2 * (iv(0, a) - modstruve(0, a)) - 2 * (iv(1, a) - modstruve(1, a)) / a
        assert capillary[0] == pytest.approx(closed, rel=1e-4)


def test_the_international_tables():
    # Volume C, Table 6.3.3.2: A* = 1 / T of a cylinder with μR = 1 at θ = 0 is 5.09.
    assert 1 / Capillary(1.0).transmission(0.0) == pytest.approx(5.09, abs=0.005)


def test_a_capillary_of_any_shape_of_angles():
    two_theta = np.array([[0.0, 30.0], [60.0, 90.0]])
    values = Capillary(0.7).transmission(two_theta)
    assert values.shape == (2, 2)
    assert values[1, 0] == Capillary(0.7).transmission(60.0)
    assert np.ndim(Capillary(0.7).transmission(60.0)) == 0
    assert (np.diff(values.ravel()) > 0).all()  # the farther back, the nearer to the rim it is scattered
    np.testing.assert_allclose(Capillary(1e-9).transmission(two_theta), 1)


@pytest.mark.parametrize(("absorption", "name"), [(Reflection, "mu_t"), (Transmission, "mu_t"), (Capillary, "mu_r")])
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan])
def test_no_absorption_is_not_positive(absorption, name, value):
    with pytest.raises(ValueError, match=f"{name} must be a positive"):
        absorption(value).transmission([10.0])


def test_a_capillary_that_transmits_nothing():
    with pytest.raises(ValueError, match="mu_r is 1000: nothing is transmitted"):
        Capillary(1000.0).transmission([10.0])
    with pytest.raises(TypeError):
        Absorption()


@given(two_theta=st.floats(0, 180), wavelength=st.floats(0.05, 3))
def test_comptons_formula(two_theta, wavelength):
    longer = wavelength + h / (m_e * c) * 1e10 * (1 - np.cos(np.radians(two_theta)))
    assert compton_energy(two_theta, wavelength) == pytest.approx(h * c / e * 1e7 / longer, rel=1e-7)


@given(two_theta=angles, wavelength=st.floats(0.05, 3))
def test_klein_and_nishinas_cross_section(two_theta, wavelength):
    angle = np.radians(two_theta)
    ratio = 1 / (1 + h / (m_e * c * wavelength * 1e-10) * (1 - np.cos(angle)))
    klein_nishina = CLASSICAL_RADIUS**2 / 2 * ratio**2 * (ratio + 1 / ratio - np.sin(angle) ** 2)
    thomson = CLASSICAL_RADIUS**2 / 2 * (1 + np.cos(angle) ** 2)
    assert compton_detected(two_theta, wavelength) == pytest.approx(klein_nishina / thomson, rel=1e-6)


def test_the_energy_window():
    two_theta = np.linspace(0, 150, 151)
    all_of_it = compton_detected(two_theta, 0.5609)
    loss = compton_energy(0.0, 0.5609) - compton_energy(90.0, 0.5609)
    part = compton_detected(two_theta, 0.5609, energy_window=float(loss)) / all_of_it
    assert part[0] == 1
    assert part[90] == pytest.approx(0.5)
    assert (np.diff(part) < 0).all()
    np.testing.assert_allclose(compton_detected(two_theta, 0.5609, 1e6), all_of_it, rtol=1e-6)
    with pytest.raises(ValueError, match="energy_window must be a positive"):
        compton_detected(two_theta, 0.5609, 0.0)
