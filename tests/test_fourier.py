import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pystog import Converter, Transformer

from sklearn_wtrdf.fourier import fourier_transform
from sklearn_wtrdf.scattering.curve import g_from_rdf, g_from_reduced_pdf, rdf_from_g, reduced_pdf_from_g
from sklearn_wtrdf.transforms import CubicTable, spectrum, trapezoid_weights


def test_trapezoid_weights_are_numpys_rule_on_an_uneven_grid(rng):
    q = np.sort(rng.uniform(0.6, 8, 40))
    f = rng.normal(size=40)
    assert trapezoid_weights(q) @ f == pytest.approx(np.trapezoid(f, q), rel=1e-13)


def test_transform_and_conversion_agree_with_pystog(ge_se):
    G = fourier_transform(ge_se.r, ge_se.q, ge_se.s_r)
    _, theirs, _ = Transformer().F_to_G(ge_se.q, ge_se.s_r, ge_se.r)
    np.testing.assert_allclose(G, theirs, rtol=1e-10, atol=1e-12)
    converted, _ = Converter().G_to_g(ge_se.r, theirs, rho=0.034)
    np.testing.assert_allclose(g_from_reduced_pdf(ge_se.r, G, 0.034), converted, rtol=1e-10, atol=1e-12)


@given(
    r=st.floats(0.1, 50).map(lambda first: first + np.arange(40) * 0.05),
    g=arrays(float, 40, elements=st.floats(-10, 100)),
    density=st.floats(0.005, 0.2),
)
def test_g_and_reduced_pdf_and_rdf_turn_into_each_other(r, g, density):
    G = reduced_pdf_from_g(r, g, density)
    np.testing.assert_allclose(G, Converter().g_to_G(r, g, rho=density)[0], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(g_from_reduced_pdf(r, G, density), g, rtol=1e-12, atol=1e-12)
    rdf = rdf_from_g(r, g, density)
    np.testing.assert_allclose(g_from_rdf(r, rdf, density), g, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(rdf, 4 * np.pi * r**2 * density + r * G, rtol=1e-12, atol=1e-9)


def test_conversions_refuse_what_they_cannot_divide_by():
    with pytest.raises(ValueError, match="r must be positive"):
        g_from_reduced_pdf([0.0, 1.0], [0.0, 1.0], 0.034)
    with pytest.raises(ValueError, match="number_density"):
        rdf_from_g([1.0], [1.0], 0.0)


def test_one_shell_against_its_closed_form():
    # ∫₀^∞ sin(q r₀) exp(−σ²q²/2) sin(qr) dq = √(π/2) / (2σ) · [exp(−(r−r₀)²/2σ²) − exp(−(r+r₀)²/2σ²)]
    r, q, r0, sigma = np.linspace(0, 6, 61), np.linspace(0, 80, 8001), 2.4, 0.12
    shell = np.sin(q * r0) * np.exp(-((sigma * q) ** 2) / 2)
    peaks = [np.exp(-(((r - s * r0) / sigma) ** 2) / 2) for s in (1, -1)]
    expected = 2 / np.pi * np.sqrt(np.pi / 2) / (2 * sigma) * (peaks[0] - peaks[1])
    np.testing.assert_allclose(fourier_transform(r, q, shell), expected, atol=1e-9)


def test_a_stack_equals_the_loop_over_its_members(ge_se, rng):
    stack = rng.normal(size=(3, ge_se.q.size))
    loop = [fourier_transform(ge_se.r, ge_se.q, s_r) for s_r in stack]
    np.testing.assert_allclose(fourier_transform(ge_se.r, ge_se.q, stack), loop, rtol=1e-12, atol=1e-13)


def test_yardstick_on_the_binary_data(ge_se):
    g = g_from_reduced_pdf(ge_se.r, fourier_transform(ge_se.r, ge_se.q, ge_se.s_r), 0.034)
    error = np.abs(g - ge_se.target)
    assert error.mean() == pytest.approx(0.34, abs=0.01)
    assert error[4] == pytest.approx(2.66, abs=0.01)


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
