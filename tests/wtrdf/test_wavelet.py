import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from sklearn_wtrdf import wt_rdf
from sklearn_wtrdf.wtrdf import wavelet
from sklearn_wtrdf.wtrdf.wavelet import MANUAL, PARAMETERS, PUBLISHED

R = np.linspace(2.0, 5.6, 13)
Q = np.array([0.65, 0.7, 0.8, 0.95, 1.0, 1.3, 1.9, 2.0, 2.6, 3.3, 3.35, 4.1, 5.0, 5.5, 6.1, 7.4, 8.0])  # uneven

parameters = st.fixed_dictionaries(
    {
        "a": st.floats(0.15, 2),
        "b": st.floats(-5, 20),
        "K_f": st.floats(-2, 2),
        "C": st.floats(-2, 2),
        "Lambda": st.floats(-10, 10).filter(lambda value: abs(value) > 1e-3),
    }
)


def direct_quadrature(r, q, s_r, *, a, b, K_f, C, Lambda):
    """Eq. (3) and (4) row by row, with scipy's J_2 and numpy's trapezoid rule."""
    u = (np.outer(r, q) - b) / a
    return Lambda * np.trapezoid(s_r * (special.jv(2, u) + K_f * u**4 * np.exp(-(u**2)) + C), q, axis=1)


def test_bessel_j2_against_mpmath():
    tiny = [0.0, 1e-300, 1e-12, 1e-9, 1e-6, -1e-6, 1e-3, -1e-3]
    u = np.concatenate([tiny, np.linspace(-3, 3, 61), [1.999999, 2.000001, -2.0], np.linspace(-200, 200, 301)])
    with mpmath.workdps(40):
        exact = np.array([float(mpmath.besselj(2, float(x))) for x in u])
    np.testing.assert_allclose(wavelet.bessel_j2(u), exact, rtol=0, atol=1e-15)
    small = np.abs(u) < 2
    np.testing.assert_allclose(wavelet.bessel_j2(u[small]), exact[small], rtol=1e-14)


@pytest.mark.parametrize("params", [MANUAL, PUBLISHED], ids=["manual", "published"])
def test_wt_rdf_on_the_papers_data_agrees_with_direct_quadrature(ge_se, params):
    ours = wt_rdf(ge_se.r, ge_se.q, ge_se.s_r, **params)
    direct = direct_quadrature(ge_se.r, ge_se.q, ge_se.s_r, **params)
    np.testing.assert_allclose(ours, direct, rtol=1e-10)


@given(params=parameters, seed=st.integers(0, 2**32 - 1))
def test_wt_rdf_agrees_with_direct_quadrature_on_uneven_grids(params, seed):
    s_r = np.random.default_rng(seed).normal(size=Q.size)
    direct = direct_quadrature(R, Q, s_r, **params)
    scale = abs(params["Lambda"]) * np.abs(s_r).max() * (1 + abs(params["K_f"]) + abs(params["C"]))
    np.testing.assert_allclose(wt_rdf(R, Q, s_r, **params), direct, rtol=1e-10, atol=1e-13 * scale)


def test_published_errors_of_the_manual_parameters(ge_se):
    error = np.abs(wt_rdf(ge_se.r, ge_se.q, ge_se.s_r, **MANUAL) - ge_se.target)
    assert error.mean() == pytest.approx(0.9782, abs=1e-4)
    assert error[1:].mean() == pytest.approx(0.9537, abs=1e-4)
    assert error[4] == pytest.approx(0.0128, abs=1e-4)
    assert error[29] == pytest.approx(0.3243, abs=1e-4)


@given(params=parameters, seed=st.integers(0, 2**32 - 1))
def test_gradient_agrees_with_finite_differences(params, seed):
    s_r = np.random.default_rng(seed).normal(size=Q.size)
    gradient = wavelet.wt_rdf_gradient(R, Q, s_r, **params)
    for name, derivative in zip(PARAMETERS, gradient, strict=True):
        step = 1e-5 * params["a"]
        forward, backward = (wt_rdf(R, Q, s_r, **params | {name: params[name] + sign * step}) for sign in (1, -1))
        difference = (forward - backward) / (2 * step)
        scale = max(1.0, np.abs(difference).max(), np.abs(forward).max() / params["a"])
        np.testing.assert_allclose(derivative, difference, rtol=0, atol=1e-5 * scale)


@given(params=parameters, seed=st.integers(0, 2**32 - 1), n_materials=st.integers(1, 5))
def test_a_stack_equals_the_loop_over_its_members(params, seed, n_materials):
    stack = np.random.default_rng(seed).normal(size=(n_materials, Q.size))
    loop = np.array([wt_rdf(R, Q, s_r, **params) for s_r in stack])
    scale = np.abs(loop).max()
    np.testing.assert_allclose(wt_rdf(R, Q, stack, **params), loop, rtol=1e-12, atol=1e-13 * scale)
    gradients = np.stack([wavelet.wt_rdf_gradient(R, Q, s_r, **params) for s_r in stack], axis=1)
    np.testing.assert_allclose(
        wavelet.wt_rdf_gradient(R, Q, stack, **params), gradients, rtol=1e-12, atol=1e-12 * np.abs(gradients).max()
    )


def test_linear_parameters_span_the_basis(ge_se):
    functions = wavelet.basis(ge_se.r, ge_se.q, ge_se.s_r, MANUAL["a"], MANUAL["b"])
    mixture = MANUAL["Lambda"] * np.array([1, MANUAL["K_f"], MANUAL["C"]])
    np.testing.assert_allclose(mixture @ functions, wt_rdf(ge_se.r, ge_se.q, ge_se.s_r, **MANUAL), rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"r": [2.0, np.nan]}, "r must be finite"),
        ({"r": [-1.0]}, "r must not be negative"),
        ({"r": [[1.0]]}, "r must be one-dimensional"),
        ({"q": [1.0, np.inf, 3.0]}, "q must be finite"),
        ({"q": [1.0, 3.0, 2.0]}, "q must be strictly increasing"),
        ({"q": [1.0, 2.0, 2.0]}, "q must be strictly increasing"),
        ({"q": [-1.0, 2.0, 3.0]}, "q must not be negative"),
        ({"q": [1.0]}, "q must have at least 2 points"),
        ({"s_r": [0.1, 0.2]}, "s_r must have one value for each of the 3 points of q"),
        ({"s_r": [0.1, np.nan, 0.2]}, "s_r must be finite"),
        ({"a": 0.0}, "a must be positive"),
        ({"a": -0.6}, "a must be positive"),
        ({"b": np.nan}, "b must be finite"),
    ],
)
def test_bad_input_is_named(change, message):
    arguments = {"r": [2.0, 3.0], "q": [1.0, 2.0, 3.0], "s_r": [0.1, 0.2, 0.3], **MANUAL}
    with pytest.raises(ValueError, match=message):
        wt_rdf(**arguments | change)


@given(
    st.floats(0.15, 3).flatmap(lambda a: st.tuples(st.just(a), st.lists(st.floats(-5, 20), min_size=1, max_size=8))),
    st.integers(0, 2**32 - 1),
)
def test_the_fourier_form_agrees_with_direct_quadrature(ab, seed):
    a, b = ab[0], np.array(ab[1])
    s_r = np.random.default_rng(seed).normal(size=Q.size)
    grid = wavelet.basis_grid(R, np.array([1 / a]), b / a, Q, s_r)[:, :, 0]
    u = (np.outer(R, Q) - b[:, None, None]) / a
    direct = [np.trapezoid(s_r * f, Q, axis=-1) for f in (special.jv(2, u), u**4 * np.exp(-(u**2)))]
    np.testing.assert_allclose(grid, direct, rtol=0, atol=1e-10 * np.trapezoid(np.abs(s_r), Q))


def test_the_fourier_form_on_the_papers_data(ge_se):
    a, b = np.array([0.18, 0.3, 0.59, 1.0, 2.0]), np.linspace(3.6, 16.7, 14)
    grid = wavelet.basis_grid(ge_se.r, 1 / a, b, ge_se.q, ge_se.s_r)  # b serves as β
    for i, each in enumerate(a):
        direct = [wavelet.basis(ge_se.r, ge_se.q, ge_se.s_r, each, beta * each)[:2] for beta in b]
        np.testing.assert_allclose(grid[:, :, i], np.swapaxes(direct, 0, 1), rtol=0, atol=1e-10)


@pytest.mark.parametrize("rho", [[0.0], [-4.0, -0.1, 0.0, 2.0], [1e-3, 40.0]])
def test_the_fourier_form_at_any_distance(ge_se, rho):
    rho, beta = np.array(rho), np.linspace(-30, 60, 7)
    u = np.multiply.outer(rho, ge_se.q) - beta[:, None, None]
    direct = [np.trapezoid(ge_se.s_r * f, ge_se.q, axis=-1) for f in (special.jv(2, u), u**4 * np.exp(-(u**2)))]
    grid = wavelet.basis_grid(rho, np.ones(1), beta, ge_se.q, ge_se.s_r)[:, :, 0]
    np.testing.assert_allclose(grid, direct, rtol=0, atol=1e-10)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 100.0, 1e4])
def test_tabulated_j2_and_derivative(rng, scale):
    u = scale * rng.uniform(-1, 1, size=2000)
    j2, derivative = wavelet._j2_and_derivative(u)
    np.testing.assert_allclose(j2, special.jv(2, u), rtol=0, atol=2e-11)
    np.testing.assert_allclose(derivative, special.jvp(2, u), rtol=0, atol=1e-8)
