import numpy as np
import pytest

from sklearn_wtrdf import Adam, WTRDFRegressor, wt_rdf
from sklearn_wtrdf.wtrdf.uncertainty import parameter_covariance
from sklearn_wtrdf.wtrdf.wavelet import MANUAL, PARAMETERS

# g is computed by the model itself from a random S_R, so it is not the Fourier transform of that S_R.
pytestmark = pytest.mark.filterwarnings(r"ignore:Only .* of S_R\(q\) follows from this")
BOX = {"a": (0.5, 0.72), "b": (3.7, 6.0)}
FREE = np.tile([-np.inf, np.inf], (2, 1))


def test_of_a_straight_line_it_is_that_of_least_absolute_regression(rng):
    # Laplace noise of scale s: the median's asymptotic covariance is s² (XᵀX)⁻¹.
    n, scale = 400, 0.3
    X = np.column_stack([np.ones(n), np.linspace(-1, 1, n)])
    noise = rng.laplace(scale=scale, size=n)
    covariance = parameter_covariance(np.zeros(2), FREE, X.T, noise, np.full(n, 1 / n))
    expected = scale**2 * np.linalg.inv(X.T @ X)
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), np.sqrt(np.diag(expected)), rtol=0.35)


def test_held_parameters_have_none_and_bounds_narrow_it(rng):
    X = rng.normal(size=(50, 2))
    residuals, weights = rng.normal(size=50), np.full(50, 0.02)
    free = parameter_covariance(np.zeros(2), FREE, X.T, residuals, weights)
    held = parameter_covariance(np.zeros(2), np.array([[0.0, 0.0], [-np.inf, np.inf]]), X.T, residuals, weights)
    assert (held[0] == 0).all()
    assert held[1, 1] == pytest.approx(free[1, 1], rel=0.5)
    one_sided = parameter_covariance(np.zeros(2), np.array([[0.0, np.inf], [-np.inf, np.inf]]), X.T, residuals, weights)
    assert one_sided[0, 0] < free[0, 0]
    assert not parameter_covariance(np.zeros(2), np.zeros((2, 2)), X.T, residuals, weights).any()


def test_too_few_rows_have_no_covariance(rng):
    X = rng.normal(size=(3, 2))
    residuals = rng.normal(size=3)
    for weights in (np.array([1.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0])):
        assert np.isnan(parameter_covariance(np.zeros(2), FREE, X.T, residuals, weights)).all()


@pytest.mark.slow
@pytest.mark.parametrize("peak_weight", [0.0, 0.5])
def test_bands_have_their_nominal_coverage(peak_weight, ge_se):
    truth = wt_rdf(ge_se.r, ge_se.q, ge_se.s_r, **MANUAL)
    covered = []
    for seed in range(15):
        y = truth + 0.1 * np.random.default_rng(seed).normal(size=58)
        g, std = WTRDFRegressor(BOX, peak_weight=peak_weight).fit(ge_se.data, y).predict(ge_se.data, return_std=True)
        covered.append(np.abs(g - truth) <= 1.645 * std)
    assert 0.85 <= np.mean(covered) <= 0.97


def test_two_rows_in_the_loss_do_not_determine_five_parameters(ge_se):
    model = WTRDFRegressor({"a": (0.60, 0.61), "K_f": (0.01, 0.30)}, peak_weight=1).fit(ge_se.data, ge_se.target)
    assert np.isnan(model.params_std_["b"])
    assert "not determined" in str(model.fit_report())


def test_parameters_of_a_calibration(ge_se):
    y = wt_rdf(ge_se.r, ge_se.q, ge_se.s_r, **MANUAL)
    stds = []
    for noise in (0.01, 0.1):
        noisy = y + noise * np.random.default_rng(1).normal(size=58)
        stds.append(WTRDFRegressor(BOX, peak_weight=0).fit(ge_se.data, noisy).params_std_)
    assert list(stds[0]) == list(PARAMETERS)
    ratios = np.array(list(stds[1].values())) / np.array(list(stds[0].values()))
    np.testing.assert_allclose(ratios, 10, rtol=0.5)
    held = WTRDFRegressor({"a": (0.59, 0.59)}, solver=Adam(max_iter=3)).fit(ge_se.data, y)
    assert held.params_std_["a"] == 0
    assert held.params_std_["b"] > 0
