import numpy as np
import pytest
from scipy import optimize

from sklearn_wtrdf import Adam
from sklearn_wtrdf.scattering.frame import read_scattering
from sklearn_wtrdf.wtrdf.calibration import CalibrationProblem, check_init
from sklearn_wtrdf.wtrdf.solvers import lbfgsb

PAPER = {"a": (0.600, 0.610), "K_f": (0.010, 0.300)}


@pytest.fixture
def problem_of(ge_se):
    scattering = read_scattering(ge_se.data.to_numpy(), list(ge_se.data.columns))
    return lambda **options: CalibrationProblem(scattering, ge_se.target, **options)


@pytest.mark.slow
@pytest.mark.parametrize("bounds", [None, PAPER], ids=["default box", "paper's bounds"])
@pytest.mark.parametrize("peak_weight", [0, 0.5, 1])
def test_it_comes_within_a_thousandth_of_adams_loss(problem_of, peak_weight, bounds):
    problem = problem_of(peak_weight=peak_weight, bounds=bounds)
    init = check_init(None, problem.bounds)
    ours = lbfgsb.solve(problem, init)
    theirs = Adam().solve(problem, init)
    assert ours.loss <= theirs.loss + 0.001


@pytest.mark.parametrize("peak_weight", [0, 0.5, 1])
def test_it_passes_the_kinks_at_which_a_bare_lbfgsb_stops(problem_of, peak_weight):
    problem = problem_of(peak_weight=peak_weight)
    init = check_init(None, problem.bounds)

    def loss_and_gradient(theta):
        predicted, jacobian = problem.linearize(theta)
        return problem.loss(theta), -jacobian @ (problem.weights * np.sign(problem.y - predicted))

    bare = optimize.minimize(loss_and_gradient, init, jac=True, method="L-BFGS-B", bounds=problem.bounds)
    assert lbfgsb.solve(problem, init).loss < bare.fun - 0.05


def test_the_result_is_the_best_point_met(problem_of):
    problem = problem_of()
    result = lbfgsb.solve(problem, check_init(None, problem.bounds))
    assert result.loss == problem.loss(result.theta) == result.loss_curve.min()
    assert ((problem.bounds[:, 0] <= result.theta) & (result.theta <= problem.bounds[:, 1])).all()


def test_all_parameters_can_be_fixed(problem_of):
    held = {"a": (0.6,) * 2, "b": (4.5,) * 2, "K_f": (0.1,) * 2, "C": (0.1,) * 2, "Lambda": (-5.0,) * 2}
    problem = problem_of(bounds=held)
    result = lbfgsb.solve(problem, check_init(None, problem.bounds))
    np.testing.assert_array_equal(result.theta, [0.6, 4.5, 0.1, 0.1, -5.0])
    assert result.loss_curve.size >= 1
