import numpy as np
import pytest
from scipy import special

from sklearn_wtrdf import wt_rdf
from sklearn_wtrdf.datasets import load_ge_se
from sklearn_wtrdf.scattering.frame import read_scattering
from sklearn_wtrdf.transforms import trapezoid_weights
from sklearn_wtrdf.wtrdf.calibration import CalibrationProblem
from sklearn_wtrdf.wtrdf.wavelet import MANUAL, PUBLISHED, wt_rdf_gradient

pytest.importorskip("torch")
import torch

from sklearn_wtrdf.wtrdf.solvers import _torch_twin

THETA = np.array(list(MANUAL.values()))
GE_SE = load_ge_se()
GE_SE_SCATTERING = read_scattering(GE_SE.data.to_numpy(), list(GE_SE.data.columns))


def problem_of(sample_weight=None, **options):
    return CalibrationProblem(GE_SE_SCATTERING, GE_SE.target, sample_weight=sample_weight, **options)


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


def test_losses_are_those_of_the_problem(rng):
    problem = problem_of()
    theta = THETA * (1 + rng.uniform(-0.3, 0.3, (100, 5)))
    expected = [problem.loss(each) for each in theta]
    np.testing.assert_allclose(_torch_twin.losses(problem, theta, "cpu"), expected, rtol=0, atol=1e-8)
