import numpy as np
import pytest
from scipy import integrate

from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.inversion import Observation
from sklearn_wtrdf.transforms import CubicTable, density_from_slope, sine_transform, spectrum, trapezoid_weights

Q = np.linspace(0.65, 8, 60)


def test_trapezoid_weights_are_numpys_rule_on_an_uneven_grid(rng):
    q = np.sort(rng.uniform(0.6, 8, 40))
    f = rng.normal(size=40)
    assert trapezoid_weights(q) @ f == pytest.approx(np.trapezoid(f, q), rel=1e-13)


@pytest.mark.parametrize("tolerance", [1e-4, 1e-8, 1e-11])
def test_a_cubic_table_keeps_its_tolerance(rng, tolerance):
    step = CubicTable.step_for(tolerance, frequency=8.0)
    wave = CubicTable(np.exp(8j * step * np.arange(-1, 20 / step + 3)), step)
    x = rng.uniform(0, 20, size=1000)
    assert np.abs(wave(x) - np.exp(8j * x)).max() <= 1.001 * tolerance


@pytest.mark.parametrize("tolerance", [1e-4, 1e-11])
def test_the_spectrum_is_the_trapezoid_sum(rng, tolerance):
    q, s_r = np.sort(rng.uniform(0.6, 8, 40)), rng.normal(size=40)
    k = rng.uniform(0, 50, size=300)
    direct = np.trapezoid(s_r * np.exp(-1j * np.outer(k, q)), q, axis=1)
    error = np.abs(spectrum(q, s_r, 50, tolerance)(k) - direct).max()
    assert error <= tolerance * np.trapezoid(np.abs(s_r), q)


def test_the_transform_is_the_integral():
    r = Observation(Q, np.zeros(Q.size), 0.035, 0.05, r_max=12.0).geometry.r
    s_r = sine_transform(Q, r) @ (0.5 * np.exp(-((r - 3) ** 2)))
    for i in (0, 20, 59):
        expected, _ = integrate.quad(
            lambda r, q=Q[i]: 4 * np.pi * r * 0.5 * np.exp(-((r - 3) ** 2)) * np.sin(q * r), 0, 12, limit=200
        )
        assert s_r[i] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("q_damp", [0.0, 0.3])
def test_the_transform_of_a_smooth_curve_is_its_closed_form(q_damp):
    r = Observation(Q, np.zeros(Q.size), 0.035, 0.05).geometry.r
    s_r = sine_transform(Q, r, q_damp) @ -np.exp(-(r**2) / (2 * 1.1**2))
    w = (1 / 1.1**2 + q_damp**2) ** -0.5  # the resolution narrows a Gaussian about 0
    # ∫ r exp(−r²/2w²) sin(qr) dr = q w³ √(π/2) exp(−q²w²/2)
    np.testing.assert_allclose(s_r, -4 * np.pi * Q * w**3 * np.sqrt(np.pi / 2) * np.exp(-((Q * w) ** 2) / 2), atol=1e-6)


def test_the_density_from_the_slope_is_near_the_true_one():
    for x in (0, 10, 25):
        glass = load_ag_ge_se(x, q_max=17)
        assert density_from_slope(glass.q, glass.s_r, 2.0) == pytest.approx(glass.number_density, rel=0.2)
