import numpy as np
import pytest
from scipy import special

from sklearn_wtrdf import wt_rdf
from sklearn_wtrdf.calibration import CalibrationProblem, check_init
from sklearn_wtrdf.scattering import read_scattering
from sklearn_wtrdf.solvers import adam
from sklearn_wtrdf.wavelet import MANUAL, wt_rdf_gradient

pytest.importorskip("torch")
import torch

from sklearn_wtrdf.solvers import _torch_twin

THETA = np.array(list(MANUAL.values()))
TORCH_BESSEL = 1e-6  # torch's J_0 and J_1 are good to 5e-7 only, worst at |u| = 5


def torch_form(ge_se, theta=THETA):
    module = _torch_twin.WTRDFModule(theta, ge_se.q)
    s_r = torch.tensor(np.tile(ge_se.s_r, (ge_se.r.size, 1)))
    return module, module(torch.tensor(ge_se.r), s_r)


def test_the_torch_twin_equals_wavelet(ge_se):
    _, g = torch_form(ge_se)
    np.testing.assert_allclose(g.detach(), wt_rdf(ge_se.r, ge_se.q, ge_se.s_r, **MANUAL), atol=TORCH_BESSEL)


def test_the_gradient_of_the_torch_twin_equals_wavelets(ge_se, rng):
    weights = rng.normal(size=ge_se.r.size)
    module, g = torch_form(ge_se)
    (torch.tensor(weights) * g).sum().backward()
    gradient = wt_rdf_gradient(ge_se.r, ge_se.q, ge_se.s_r, **MANUAL) @ weights
    np.testing.assert_allclose(module.theta.grad, gradient, rtol=TORCH_BESSEL)


def test_j2_and_its_derivative_around_zero():
    points = np.array([0.0, 1e-9, 1e-6, -1e-3, 0.0299, -0.0301, 1.0, -1.0])
    u = torch.tensor(points, requires_grad=True)
    j2 = _torch_twin.BesselJ2.apply(u)
    j2.sum().backward()
    np.testing.assert_allclose(j2.detach(), special.jv(2, points), rtol=0, atol=1e-15)
    np.testing.assert_allclose(u.grad, special.jvp(2, points), rtol=0, atol=1e-13)


def test_each_round_stays_in_its_own_bounds_and_starts_where_the_last_ended(ge_se):
    scattering = read_scattering(ge_se.data.to_numpy(), list(ge_se.data.columns))
    boxes = [{"a": (0.58, 0.585)}, {"a": (0.62, 0.63), "K_f": (0.2, 0.3)}]
    problems = [CalibrationProblem(scattering, ge_se.target, bounds=box) for box in boxes]
    init = check_init(None, problems[0].bounds)
    bounds = [problem.bounds for problem in problems]
    first = adam.solve(problems[0], init, bounds_of_rounds=bounds[:1], max_iter=5)
    both = adam.solve(problems[1], init, bounds_of_rounds=bounds, max_iter=5)
    assert 0.58 <= first.theta[0] <= 0.585
    assert 0.62 <= both.theta[0] <= 0.63
    assert 0.2 <= both.theta[2] <= 0.3
    np.testing.assert_array_equal(both.loss_curve[:5], first.loss_curve)
    assert abs(both.theta[4] - first.theta[4]) < 5 * 0.001 * 1.01  # five steps at the second learning rate
