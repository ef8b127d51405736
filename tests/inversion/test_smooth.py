import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.inversion import FreeInversion, Inversion, Reference, density_of, doubts, mixture, most_probable

Q = np.linspace(0.65, 8, 60)


def reference_of(x):
    glass = load_ag_ge_se(x)
    return Reference(glass.r, glass.target, glass.s_r, glass.number_density)


def shell_pattern(density=0.035, q=Q):
    """S_R of a smooth g that is 0 at small r and 1 at large: g = 1 − (1 + h) exp(−r²/2w²) has a closed transform."""
    w, h = 1.1, 0.0
    # ∫ r exp(−r²/2w²) sin(qr) dr = q w³ √(π/2) exp(−q²w²/2)
    return 4 * np.pi * density * -(1 + h) * q * w**3 * np.sqrt(np.pi / 2) * np.exp(-((q * w) ** 2) / 2)


def test_the_transform_is_the_integral():
    inversion = Inversion(Q, r_min=1.0, r_max=12.0)
    g = 1 + 0.5 * np.exp(-((inversion.r - 3) ** 2))
    s_r = inversion.expected + inversion.transform @ (g - inversion.mean(inversion.r))
    for i in (0, 20, 59):
        core, _ = integrate.quad(lambda r, q=Q[i]: -4 * np.pi * r * np.sin(q * r), 0, 1.0)
        shell, _ = integrate.quad(
            lambda r, q=Q[i]: 4 * np.pi * r * 0.5 * np.exp(-((r - 3) ** 2)) * np.sin(q * r), 1.0, 12, limit=200
        )
        assert s_r[i] == pytest.approx(core + shell, abs=0.5)  # the step at r_min is met to half a grid step


def test_the_transform_of_a_smooth_curve_is_its_closed_form():
    inversion = Inversion(Q, r_min=0.01, r_max=15.0)
    g = 1 - np.exp(-(inversion.r**2) / (2 * 1.1**2))
    s_r = inversion.expected + inversion.transform @ (g - inversion.mean(inversion.r))
    np.testing.assert_allclose(0.035 * s_r, shell_pattern(), atol=1e-6)


def test_the_solution_is_that_of_the_stacked_non_negative_least_squares():
    glass = load_ag_ge_se(10)
    inversion = Inversion(glass.q, r_min=2.0, r_max=12.0)
    solution = inversion.solve(glass.s_r, glass.number_density)
    transform = glass.number_density * inversion.transform
    whiten = np.linalg.inv(np.linalg.cholesky(inversion.covariance)) / solution.amplitude
    target = glass.s_r - glass.number_density * inversion.expected + transform.sum(axis=1)  # of g, not of g − 1
    stacked = np.vstack([transform / solution.noise, whiten])
    g, _ = optimize.nnls(stacked, np.concatenate([target / solution.noise, whiten.sum(axis=1)]), maxiter=10_000)
    assert (g == 0).any()
    np.testing.assert_allclose(solution.g(inversion.r), g, atol=2e-4)


def test_unconstrained_it_is_gaussian_process_regression():
    ref, glass = reference_of(0), load_ag_ge_se(5)
    inversion = Inversion(glass.q, r_min=ref.r[0], r_max=12.0, reference=ref)
    solution = inversion.solve(glass.s_r, glass.number_density)
    transform, s2 = glass.number_density * inversion.transform, solution.amplitude**2
    d = glass.s_r - ref.s_r - (glass.number_density - ref.number_density) * inversion.expected
    covariance = s2 * transform @ inversion.covariance @ transform.T + solution.noise**2 * np.eye(d.size)
    gain = s2 * inversion.covariance @ transform.T @ np.linalg.inv(covariance)
    inside = (inversion.r > ref.r[0]) & (inversion.r < ref.r[-1])
    expected = (inversion.mean(inversion.r) + gain @ d)[inside]
    np.testing.assert_allclose(solution._free, (inversion.mean(inversion.r) + gain @ d)[inversion.is_g], atol=1e-9)
    assert (expected < 0).any()  # so that there is something to lift
    posterior = np.diag(s2 * inversion.covariance - gain @ transform @ (s2 * inversion.covariance))[inside]
    unresolved = 0.2**2 * s2 * inversion.variance(inversion.r[inside])
    np.testing.assert_allclose(solution.std(inversion.r[inside]), np.sqrt(posterior + unresolved), rtol=2e-3)


def test_the_marginal_likelihood_is_the_normal_distributions(rng):
    values = np.geomspace(100, 0.01, 30)
    z = 0.5 * rng.normal(size=30) * np.sqrt(1 + 4 * values)
    gain, noise, surprise = most_probable(values, z**2)

    def expected(log_gain, sigma):
        return -2 * stats.multivariate_normal(cov=sigma**2 * np.diag(1 + np.exp(log_gain) * values)).logpdf(z)

    constant = z.size * np.log(2 * np.pi)
    assert surprise == pytest.approx(expected(np.log(gain), noise) - constant)
    around = [expected(np.log(gain) + a, noise * np.exp(b)) for a in (-0.2, 0.2) for b in (-0.1, 0.1)]
    assert min(around) > expected(np.log(gain), noise)
    # A given noise is the least that it may be.
    assert most_probable(values, z**2, noise=0.5 * noise)[1] == pytest.approx(noise)
    given, sigma, _ = most_probable(values, z**2, noise=2 * noise)
    assert sigma == 2 * noise
    assert expected(np.log(given), sigma) <= min(expected(np.log(given) + a, sigma) for a in (-0.1, 0.1))


@settings(max_examples=15)
@given(st.floats(2.2, 2.8), st.floats(0.08, 0.14), st.floats(2, 5), st.floats(0, 0.03))
def test_g_is_never_negative_and_a_shell_is_found(first, width, neighbours, noise):
    q, density = np.arange(0.65, 8.001, 0.05), 0.035
    r = np.arange(0.01, 25, 0.01)
    bell = np.exp(-(((r - first) / width) ** 2) / 2) / (np.sqrt(2 * np.pi) * width)
    g = neighbours * bell / (4 * np.pi * density * r**2) + 1 / (1 + np.exp(-(r - 1.6 * first) / 0.15))
    s_r = 4 * np.pi * density * 0.01 * (r * (g - 1)) @ np.sin(np.outer(r, q))
    s_r = s_r + noise * np.random.default_rng(0).normal(size=q.size)
    solution = FreeInversion(q, r_max=15.0).solve(s_r, density)
    grid = np.arange(0.5, 6, 0.01)
    found = solution.g(grid)
    assert (found >= 0).all()
    near = grid < 1.3 * first
    assert grid[near][found[near].argmax()] == pytest.approx(first, abs=0.05)
    assert (solution.std(grid) >= 0).all()


def test_samples_scatter_about_the_solution_and_are_not_negative():
    glass = load_ag_ge_se(10)
    solution = Inversion(glass.q, r_min=2.0, r_max=12.0).solve(glass.s_r, glass.number_density)
    r, draws = solution.sample(60, np.random.RandomState(0))
    assert draws.shape == (60, r.size)
    assert (draws >= 0).all()
    peak = (r > 2.2) & (r < 2.7)  # where g is far from 0 and the bound does not matter
    distance = (draws.mean(axis=0) - solution.g(r))[peak] / solution.std(r)[peak]
    assert np.abs(distance).max() < 1
    np.testing.assert_allclose(draws.std(axis=0)[peak], solution.std(r)[peak], rtol=0.5)


def test_a_mixture_of_one_is_itself_and_weights_are_not_negative():
    references = [reference_of(x) for x in (0, 25)]
    assert mixture(references[:1], references[1].s_r) is references[0]
    outside = references[0].s_r - 0.5 * (references[1].s_r - references[0].s_r)  # beyond the binary
    np.testing.assert_allclose(mixture(references, outside).s_r, references[0].s_r, atol=1e-5)


def test_the_density_from_the_slope_is_near_the_true_one():
    for x in (0, 10, 25):
        glass = load_ag_ge_se(x, q_max=17)
        assert density_of(glass.q, glass.s_r, 2.0) == pytest.approx(glass.number_density, rel=0.2)


def test_an_unknown_density_is_solved_for(ge_se):
    solution = FreeInversion(ge_se.q, r_max=20.0).solve(ge_se.s_r)
    assert solution.number_density == pytest.approx(0.034, rel=0.25)
    # g and ρ₀ solve the equation together, to the noise that is stated.
    inversion = solution._inversion
    g = solution.g(inversion.r) - inversion.mean(inversion.r)
    s_r = solution.number_density * (inversion.expected + inversion.transform @ g)
    assert np.sqrt(np.mean((s_r - ge_se.s_r) ** 2)) < 3 * solution.noise


def test_an_unknown_density_is_part_of_the_uncertainty():
    ref, glass = reference_of(0), load_ag_ge_se(10)
    inversion = Inversion(glass.q, r_min=2.0, r_max=12.0, reference=ref)
    r = np.array([4.5, 5.0])
    known = inversion.solve(glass.s_r, glass.number_density).std(r)
    assert (inversion.solve(glass.s_r).std(r) > known).all()


def test_the_joint_solution_is_that_of_the_stacked_non_negative_least_squares():
    glass = load_ag_ge_se(0)
    inversion = Inversion(glass.q, r_min=2.0, r_max=12.0)
    solution = inversion.solve(glass.s_r)
    density, n = density_of(glass.q, glass.s_r, 2.0), inversion.r.size
    # Unknowns: h = (1 + κ) g ≥ 0 and 1 + κ ≥ 0, with δ = h − (1 + κ) and prior variances of κ and δ.
    whiten = np.linalg.inv(np.linalg.cholesky(inversion.covariance))
    by_kappa = density * (inversion.expected - inversion.transform.sum(axis=1))
    rows = [
        np.column_stack([density * inversion.transform, by_kappa]) / solution.noise,
        np.column_stack([whiten, -whiten.sum(axis=1)]) / solution.amplitude,
        np.append(np.zeros(n), 1)[None] / solution.amplitude,
    ]
    target = np.concatenate([glass.s_r / solution.noise, np.zeros(n), [1 / solution.amplitude]])
    unknowns, _ = optimize.nnls(np.vstack(rows), target, maxiter=20_000)
    assert solution.number_density == pytest.approx(density * unknowns[-1], rel=1e-3)
    np.testing.assert_allclose(solution.g(inversion.r), unknowns[:-1] / unknowns[-1], atol=5e-3)


def test_good_data_raise_no_doubts(ge_se):
    for x in (0, 5, 10, 15, 20, 25):
        for q_max in (8, 17):
            glass = load_ag_ge_se(x, q_max=q_max)
            assert doubts(glass.q, glass.s_r, glass.number_density, 2.08) == []
    assert doubts(ge_se.q, ge_se.s_r, 0.034, None) == []
    assert doubts(ge_se.q[:10], np.ones(10), 1.0, None) == []
