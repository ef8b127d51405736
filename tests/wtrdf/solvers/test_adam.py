import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from sklearn_wtrdf import Adam, Pattern, wt_rdf
from sklearn_wtrdf.datasets import load_ag_ge_se, load_ge_se
from sklearn_wtrdf.scattering.frame import Scattering, read_scattering
from sklearn_wtrdf.transforms import trapezoid_weights
from sklearn_wtrdf.wtrdf.calibration import CalibrationProblem, check_init
from sklearn_wtrdf.wtrdf.wavelet import MANUAL, PUBLISHED, wt_rdf_gradient

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


def torch_form(ge_se, *params):
    module = _torch_twin.WTRDFModule(np.array([list(each.values()) for each in params]))
    r, q, weighted = (torch.tensor(values)[None] for values in (ge_se.r, ge_se.q, ge_se.s_r))
    return module, module(r, q, (weighted * torch.tensor(trapezoid_weights(ge_se.q)))[:, None])


def test_the_torch_twin_equals_wavelet(ge_se):
    far_away = MANUAL | {"a": 0.05, "b": -30.0}
    _, g = torch_form(ge_se, MANUAL, PUBLISHED, far_away)
    for ours, params in zip(g.detach(), (MANUAL, PUBLISHED, far_away), strict=True):
        np.testing.assert_allclose(ours, wt_rdf(ge_se.r, ge_se.q, ge_se.s_r, **params), rtol=0, atol=1e-9)


def test_the_gradient_of_the_torch_twin_equals_wavelets(ge_se, rng):
    weights = rng.normal(size=(2, ge_se.r.size))
    module, g = torch_form(ge_se, MANUAL, PUBLISHED)
    (torch.tensor(weights) * g).sum().backward()
    for ours, params, weight in zip(module.theta.grad, (MANUAL, PUBLISHED), weights, strict=True):
        gradient = wt_rdf_gradient(ge_se.r, ge_se.q, ge_se.s_r, **params) @ weight
        np.testing.assert_allclose(ours, gradient, rtol=1e-6)


@pytest.mark.parametrize("largest", [100.0, 1e5])
def test_j2_and_its_derivative(largest):
    points = np.array([0.0, 1e-9, 1e-6, -1e-3, 0.0299, -0.0301, 1.0, -1.0, -4.9, 5.0, 99.0, largest, -largest])
    j2, derivative = _torch_twin.bessel_j2(torch.tensor(points))
    np.testing.assert_allclose(j2, special.jv(2, points), rtol=0, atol=1e-10)
    np.testing.assert_allclose(derivative, special.jvp(2, points), rtol=0, atol=1e-7)
    assert _torch_twin.bessel_j2(torch.tensor([np.nan]))[0].isnan().all()


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
    monkeypatch.setitem(_torch_twin._VALUES_AT_ONCE, "cpu", 3 * 58 * 148)
    problem = problem_of()
    shifts = np.random.default_rng(0).uniform(-0.1, 0.1, (7, 5))
    assert _torch_twin.at_once([problem], "cpu") == 3
    assert_as_if_alone(Adam(max_iter=5), [problem] * 7, starts_in(problem, shifts))


def test_one_that_runs_off_spoils_no_other():
    problems = [problem_of(), problem_of()]
    inits = [THETA, np.array([1e-300, 4.6, 0.1, 0.2, -4.7])]
    together = Adam(max_iter=5).solve_batch(problems, inits)
    np.testing.assert_allclose(together[0].theta, Adam(max_iter=5).solve(problems[0], THETA).theta, atol=1e-4)


def test_losses_are_those_of_the_problem(rng):
    problem = problem_of()
    theta = THETA * (1 + rng.uniform(-0.3, 0.3, (100, 5)))
    expected = [problem.loss(each) for each in theta]
    np.testing.assert_allclose(_torch_twin.losses(problem, theta, "cpu"), expected, rtol=0, atol=1e-8)


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
