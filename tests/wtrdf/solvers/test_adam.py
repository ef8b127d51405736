import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_wtrdf import Adam, Pattern
from sklearn_wtrdf.datasets import load_ag_ge_se, load_ge_se
from sklearn_wtrdf.scattering.frame import Scattering, read_scattering
from sklearn_wtrdf.wtrdf.calibration import CalibrationProblem, check_init
from sklearn_wtrdf.wtrdf.wavelet import MANUAL

pytest.importorskip("torch")
import torch

from sklearn_wtrdf.wtrdf.solvers import _torch_twin

THETA = np.array(list(MANUAL.values()))
GE_SE = load_ge_se()
GE_SE_SCATTERING = read_scattering(GE_SE.data.to_numpy(), list(GE_SE.data.columns))


def problem_of(sample_weight=None, **options):
    return CalibrationProblem(GE_SE_SCATTERING, GE_SE.target, sample_weight=sample_weight, **options)


def problem_of_glass(x, n_q=None, n_rows=None):
    glass = load_ag_ge_se(x)
    r, y = glass.r[:n_rows], glass.target[:n_rows]
    material = np.zeros(r.size, dtype=int)
    return CalibrationProblem(Scattering(r, glass.q[:n_q], material, (Pattern(glass.q[:n_q], glass.s_r[:n_q]),)), y)


def test_each_round_stays_in_its_own_bounds_and_starts_where_the_last_ended():
    boxes = [{"a": (0.58, 0.585)}, {"a": (0.62, 0.63), "K_f": (0.2, 0.3)}]
    problems = [problem_of(bounds=box) for box in boxes]
    init = check_init(None, problems[0].bounds)
    first = Adam(max_iter=5, n_rounds=1).solve(problems[0], init)
    both = Adam(max_iter=5, earlier_bounds=boxes[:1]).solve(problems[1], init)
    assert 0.58 <= first.theta[0] <= 0.585
    assert 0.62 <= both.theta[0] <= 0.63
    assert 0.2 <= both.theta[2] <= 0.3
    np.testing.assert_array_equal(both.loss_curve[:5], first.loss_curve)
    assert abs(both.theta[4] - first.theta[4]) < 5 * 0.001 * 1.01  # five steps at the second learning rate


def assert_as_if_alone(solver, problems, inits):
    together = solver.solve_batch(problems, inits)
    assert len(together) == len(problems)
    for of_batch, problem, init in zip(together, problems, inits, strict=True):
        alone = solver.solve(problem, init)
        np.testing.assert_allclose(of_batch.theta, alone.theta, rtol=0, atol=1e-4)
        np.testing.assert_allclose(of_batch.loss_curve, alone.loss_curve, rtol=0, atol=1e-4)
        assert of_batch.loss == problem.loss(of_batch.theta)


def starts_in(problem, shifts):
    return [np.clip(THETA * (1 + np.array(shift)), *problem.bounds.T) for shift in shifts]


@settings(max_examples=12)
@given(st.lists(st.tuples(*[st.floats(-0.2, 0.2)] * 5), min_size=2, max_size=6))
def test_many_starts_at_once_are_each_as_if_alone(shifts):
    problem = problem_of(peak_weight=1.0, bounds={"a": (0.6, 0.61), "K_f": (0.01, 0.3)})
    assert_as_if_alone(Adam(max_iter=5), [problem] * len(shifts), starts_in(problem, shifts))


@settings(max_examples=12)
@given(st.lists(st.lists(st.integers(0, 57), min_size=3, max_size=58), min_size=2, max_size=6))
def test_many_draws_of_rows_at_once_are_each_as_if_alone(draws):
    problems = [problem_of(np.bincount(drawn, minlength=58).astype(float)) for drawn in draws]
    inits = [check_init(None, problem.bounds) for problem in problems]
    assert_as_if_alone(Adam(max_iter=5), problems, inits)


def test_problems_that_share_nothing_are_each_as_if_alone():
    both = np.repeat([0, 1], GE_SE.r.size)
    patterns = Pattern(GE_SE.q, GE_SE.s_r), Pattern(GE_SE.q, 1.1 * GE_SE.s_r)
    two = Scattering(np.tile(GE_SE.r, 2), GE_SE.q, both, patterns)
    problems = [
        problem_of(peak_weight=1.0, bounds={"a": (0.6, 0.61)}),
        problem_of_glass(0),
        problem_of_glass(25, n_q=100),
        problem_of_glass(15, n_rows=20),
        CalibrationProblem(two, np.tile(GE_SE.target, 2)),
    ]
    assert len({problem.q.size for problem in problems}) > 1
    inits = [check_init(None, problem.bounds) for problem in problems]
    assert_as_if_alone(Adam(max_iter=20), problems, inits)


def test_a_whole_training_keeps_to_the_path_of_the_fit_alone():
    rng = np.random.default_rng(0)
    draws = [rng.choice(58, 29, replace=False) for _ in range(6)]
    problems = [problem_of(np.bincount(drawn, minlength=58).astype(float), peak_weight=0.0) for drawn in draws]
    inits = [check_init(None, problem.bounds) for problem in problems]
    assert_as_if_alone(Adam(), problems, inits)


def test_a_batch_larger_than_what_is_computed_at_once(monkeypatch):
    monkeypatch.setitem(_torch_twin._VALUES_PER_BATCH, "cpu", 3 * 58 * 148)
    problem = problem_of()
    shifts = np.random.default_rng(0).uniform(-0.1, 0.1, (7, 5))
    assert _torch_twin.batch_size([problem], "cpu") == 3
    assert_as_if_alone(Adam(max_iter=5), [problem] * 7, starts_in(problem, shifts))


def test_a_diverging_problem_does_not_affect_others():
    problems = [problem_of(), problem_of()]
    inits = [THETA, np.array([1e-300, 4.6, 0.1, 0.2, -4.7])]
    together = Adam(max_iter=5).solve_batch(problems, inits)
    np.testing.assert_allclose(together[0].theta, Adam(max_iter=5).solve(problems[0], THETA).theta, atol=1e-4)


def test_a_batch_on_the_gpu_agrees_with_the_cpu(rng):
    if not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    bounds = {"a": (0.6, 0.61), "K_f": (0.01, 0.3)}
    problem = problem_of(peak_weight=1.0, bounds=bounds)
    inits = starts_in(problem, rng.uniform(-0.1, 0.1, (20, 5)))
    on_cpu, on_gpu = (Adam(device=device).solve_batch([problem] * 20, inits) for device in ("cpu", "cuda"))
    np.testing.assert_allclose([x.theta for x in on_gpu], [x.theta for x in on_cpu], rtol=0, atol=1e-4)
    theta = np.array([x.theta for x in on_cpu])
    of_cpu, of_gpu = (_torch_twin.losses(problem, theta, device) for device in ("cpu", "cuda"))
    np.testing.assert_allclose(of_gpu, of_cpu, rtol=0, atol=1e-8)
