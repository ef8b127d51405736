from dataclasses import replace

import numpy as np
import pytest
from sklearn_wtrdf.benchmarks.board.cells import cells_of
from sklearn_wtrdf.benchmarks.board.conditions import AG_K_ALPHA, CONDITIONS, Condition, base_of, measure

Q = np.arange(10, 401) / 20
S = 1 + 0.5 * np.sin(2.4 * Q) * np.exp(-((Q / 12) ** 2)) / Q
QUIET = Condition("", noise=0.0)


def test_without_effects_only_q_max_is_applied():
    q, measured, density, *_ = measure(Q, S, 0.03, QUIET)
    np.testing.assert_array_equal(q, Q[:151])
    np.testing.assert_allclose(measured, S[:151], rtol=1e-15)
    assert density == 0.03


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"offset": 0.03}, lambda q, S: S + 0.03),
        ({"scale": 1.05}, lambda q, S: 1.05 * S),
        ({"scale": 0.97, "offset": 0.02}, lambda q, S: 0.97 * S + 0.02),
        ({"background": 0.05}, lambda q, S: S + 0.05 * (q / 4 - 1) ** 2),
        ({"outlier": 0.5}, lambda q, S: S + 0.5 * ((q == 0.5) | (q == q[75]))),
        ({"density": 1.05}, lambda q, S: S),
    ],
)
def test_effects_against_their_definitions(fields, expected):
    q, measured, density, *_ = measure(Q, S, 0.03, replace(QUIET, **fields))
    np.testing.assert_allclose(measured, expected(q, S[:151]), rtol=1e-14)
    assert density == 0.03 * fields.get("density", 1)


@pytest.mark.parametrize("noise", [0.002, 0.03])
def test_noise_has_its_size_at_every_q_and_depends_on_the_seed(noise):
    condition = replace(QUIET, noise=noise, q_max=20.0)
    draws = np.array([measure(Q, S, 0.03, condition, seed).S - S for seed in range(200)])
    assert draws.std() == pytest.approx(noise, rel=0.02)
    assert np.abs(draws.mean(axis=0)).max() < 5 * noise / np.sqrt(200)
    assert np.std(draws, axis=0) == pytest.approx(np.full(Q.size, noise), rel=0.3)
    assert np.abs(np.corrcoef(draws[:, 0], draws[:, 1])[0, 1]) < 0.3
    np.testing.assert_array_equal(measure(Q, S, 0.03, condition, 3).S - S, draws[3])


def test_resolution_damps_g_by_a_gaussian_in_r():
    packet = np.sin(3 * Q) * np.exp(-(((Q - 10) / 1.5) ** 2))  # nothing at the ends of q
    measured = measure(Q, 1 + packet / Q, 0.03, replace(QUIET, q_max=20.0, q_damp=0.08))
    r = np.arange(0.1, 10, 0.1)
    transform = np.sin(np.outer(r, Q)) * 0.05
    expected = transform @ packet * np.exp(-((0.08 * r) ** 2) / 2)
    np.testing.assert_allclose(transform @ (Q * (measured.S - 1)), expected, atol=2e-4 * np.abs(expected).max())


def test_resolution_acts_before_the_cut():
    peak = np.exp(-(((Q - 8) / 0.1) ** 2))
    measured = measure(Q, 1 + peak / Q, 0.03, replace(QUIET, q_damp=0.08))
    assert 8 * (measured.S[-1] - 1) == pytest.approx(0.1 / np.hypot(0.1, np.sqrt(2) * 0.08), rel=0.01)


def test_grids():
    coarse, gap, uneven = (measure(Q, S, 0.03, replace(QUIET, grid=grid)) for grid in ("coarse", "gap", "uneven"))
    np.testing.assert_allclose(coarse.q, np.arange(0.5, 8, 0.2), rtol=1e-12)
    np.testing.assert_allclose(coarse.S, S[:151:4], rtol=1e-15)
    np.testing.assert_array_equal(gap.q, np.append(Q[:70], Q[83:151]))  # 3.95, then 4.65
    np.testing.assert_allclose(gap.S, np.append(S[:70], S[83:151]), rtol=1e-15)
    angles = 2 * np.arcsin(uneven.q * AG_K_ALPHA / (4 * np.pi))
    np.testing.assert_allclose(np.diff(angles), np.ptp(angles) / 150)
    assert (uneven.q.size, uneven.q[0], uneven.q[-1]) == (151, 0.5, 8.0)
    exact = 1 + 0.5 * np.sin(2.4 * uneven.q) * np.exp(-((uneven.q / 12) ** 2)) / uneven.q
    np.testing.assert_allclose(uneven.S, exact, atol=1e-5)


def test_q_max_beyond_the_data():
    with pytest.raises(ValueError, match=r"q ends at 17 Å⁻¹, before the condition's q_max of 20 Å⁻¹"):
        measure(Q[Q <= 17], S[Q <= 17], 0.03, CONDITIONS["q20-n1"])
    left = cells_of(["ag00", "argon"], ["q17-n1", "q20-n1"], ["fourier"])
    assert [cell.material for cell in left] == ["ag00", "argon", "argon"]


def test_every_effect_has_a_base_condition():
    assert len(CONDITIONS) == 4 * 3 + 2 * 19
    for name, condition in CONDITIONS.items():
        base = CONDITIONS[base_of(name)]
        assert (base.q_max, base.noise) == (condition.q_max, 0.01)
        assert name.startswith(f"q{condition.q_max}-")


@pytest.mark.parametrize("name", ["correlated", "growing", "smoothed", "flight"])
def test_random_and_resolution_errors_have_their_size_and_correlation(name):
    condition = CONDITIONS[f"q8-{name}"]
    q, S = Q[Q <= 8], np.ones(np.sum(Q <= 8))
    if name == "flight":
        S = 1 + np.sin(5.0 * q) / q
        expected = np.exp(-((5.0 * condition.flight * q) ** 2) / 2) * np.sin(5.0 * q) / q
        quiet = replace(condition, noise=0.0)
        inside = (q > 2) & (q < 7)
        np.testing.assert_allclose((measure(q, S, 0.03, quiet).S - 1)[inside], expected[inside], atol=2e-3)
        return
    errors = np.array([measure(q, S, 0.03, condition, seed).S - 1 for seed in range(400)])
    std = errors.std(axis=0)
    if name == "growing":
        np.testing.assert_allclose(std, 0.03 * (q / q[-1]) ** 2, rtol=0.2)
    neighbours = np.mean(
        [np.corrcoef(first, second)[0, 1] for first, second in zip(errors.T, errors.T[1:], strict=False)]
    )
    if name == "correlated":
        assert np.sqrt((std**2).mean()) == pytest.approx(np.hypot(0.01, 0.003), rel=0.1)
    assert (neighbours > 0.4) == (name != "growing")
