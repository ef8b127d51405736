import numpy as np
import pandas as pd
import pytest
from pystog import Converter, Transformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_wtrdf import Adam, FourierRegressor, WTRDFRegressor, scattering_frame
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.fourier import fourier_transform, fourier_transform_std
from sklearn_wtrdf.scattering.curve import g_from_reduced_pdf


def test_transform_and_conversion_agree_with_pystog(ge_se):
    G = fourier_transform(ge_se.r, ge_se.q, ge_se.s_r)
    _, theirs, _ = Transformer().F_to_G(ge_se.q, ge_se.s_r, ge_se.r)
    np.testing.assert_allclose(G, theirs, rtol=1e-10, atol=1e-12)
    converted, _ = Converter().G_to_g(ge_se.r, theirs, rho=0.034)
    np.testing.assert_allclose(g_from_reduced_pdf(ge_se.r, G, 0.034), converted, rtol=1e-10, atol=1e-12)


def test_the_transform_of_one_shell_has_its_closed_form():
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


def test_errors_on_the_binary_data(ge_se):
    g = g_from_reduced_pdf(ge_se.r, fourier_transform(ge_se.r, ge_se.q, ge_se.s_r), 0.034)
    error = np.abs(g - ge_se.target)
    assert error.mean() == pytest.approx(0.34, abs=0.01)
    assert error[4] == pytest.approx(2.66, abs=0.01)


@pytest.mark.processors
@parametrize_with_checks(
    [FourierRegressor(q=(0.65, 8.0)), FourierRegressor("lorch", number_density=0.034, q=(0.65, 8.0))]
)
def test_scikit_learns_contract(estimator, check):
    check(estimator)


def errors(g, y):
    return np.abs(g - y).mean(), *np.abs(g - y)[[4, 29]]


def test_the_papers_data_with_a_density_and_calibrated(ge_se):
    X = ge_se.data
    plain = FourierRegressor(number_density=0.034).fit(X, ge_se.target)
    assert errors(plain.predict(X), ge_se.target) == pytest.approx((0.34, 2.66, 0.11), abs=0.01)
    calibrated = FourierRegressor().fit(X, ge_se.target)  # X has no density
    assert errors(calibrated.predict(X), ge_se.target) == pytest.approx((0.35, 2.57, 0.09), abs=0.01)


def test_the_density_column_is_used_unless_the_argument_is_given():
    X, y = load_ag_ge_se([0, 25], return_X_y=True)
    of_column = FourierRegressor().fit(X, y).predict(X)
    first = X["number_density"].iloc[0]
    of_argument = FourierRegressor(number_density=first).fit(X, y).predict(X)
    np.testing.assert_allclose(of_column[:58], of_argument[:58])
    ratio = X["number_density"].iloc[-1] / first
    np.testing.assert_allclose((of_column[58:] - 1) * ratio, of_argument[58:] - 1)


@pytest.mark.parametrize("transform", [fourier_transform, fourier_transform_std])
def test_an_unknown_window_is_refused(transform, ge_se):
    with pytest.raises(ValueError, match="window must be 'lorch' or None, got 'hann'"):
        transform(ge_se.r, ge_se.q, ge_se.s_r, "hann")


@pytest.mark.filterwarnings("ignore:'where' used without 'out'")  # inside pystog
@pytest.mark.parametrize("window", [None, "lorch"])
def test_the_transform_agrees_with_pystog(window, ge_se):
    density = 0.034
    # pystog begins at the first q that it is given, as we do; its Lorch window ends at q_max too.
    r, G, _ = Transformer().F_to_G(ge_se.q, ge_se.s_r, ge_se.r, lorch=window == "lorch")
    g, _ = Converter().G_to_g(r, G, rho=density)
    ours = FourierRegressor(window, number_density=density).fit(ge_se.data, ge_se.target).predict(ge_se.data)
    np.testing.assert_allclose(ours, g, atol=1e-9)


@pytest.mark.filterwarnings("ignore:number_density is 1 Å")  # so that scale and offset are those of the transform
def test_calibration_finds_scale_and_offset(ge_se):
    X = ge_se.data
    y = 3 + 0.2 * (FourierRegressor(number_density=1.0).fit(X, ge_se.target).predict(X) - 1)
    model = FourierRegressor(calibrate=True).fit(X, y)
    assert (model.scale_, model.offset_) == pytest.approx((0.2, 3))
    np.testing.assert_allclose(model.predict(X), y)


def test_r_of_zero_is_the_limit(ge_se):
    X = scattering_frame([0.0, 1e-4], ge_se.q, ge_se.s_r, number_density=0.034)
    g = FourierRegressor().fit(X, [0.0, 0.0]).predict(X)
    assert g[0] == pytest.approx(g[1], abs=1e-6)


def test_bad_input(ge_se):
    with pytest.raises(ValueError, match="number_density"):
        FourierRegressor(number_density=-1).fit(ge_se.data, ge_se.target)
    for density in (0.0, -0.03):
        with pytest.raises(ValueError, match="number_density must be a positive"):
            FourierRegressor().fit(ge_se.data.assign(number_density=density), ge_se.target)
    with pytest.raises(ValueError, match="window"):
        FourierRegressor(window="hann").fit(ge_se.data, ge_se.target)


@pytest.mark.filterwarnings("ignore::sklearn_wtrdf.MismatchWarning")
@pytest.mark.parametrize("model", [FourierRegressor(number_density=0.034), WTRDFRegressor(solver=Adam(max_iter=1))])
def test_s_instead_of_s_r_is_reported(model, ge_se):
    X = scattering_frame(ge_se.r, ge_se.q, 1 + ge_se.s_r / ge_se.q)
    with pytest.warns(UserWarning, match=r"convert it by S_R = q \(S − 1\)") as caught:
        model.fit(X, ge_se.target)
    assert caught[0].filename == __file__


def with_errors(glass, scale=1.0):
    std = scale * (0.02 + 0.03 * glass.q / glass.q[-1])
    return scattering_frame(glass.r, glass.q, glass.s_r, number_density=0.034, std=std), std


@pytest.mark.parametrize(
    "model", [FourierRegressor(), FourierRegressor("lorch"), FourierRegressor(calibrate=True)], ids=str
)
def test_the_standard_deviation_is_that_of_many_draws(ge_se, rng, model):
    X, std = with_errors(ge_se)
    g, of_g = model.fit(X, ge_se.target).predict(X, return_std=True)
    np.testing.assert_array_equal(g, model.predict(X))
    n = 400
    noisy = ge_se.s_r + std * rng.normal(size=(n, std.size))
    draws = model.reconstruct(ge_se.r, ge_se.q, noisy, 0.034, std=std)
    np.testing.assert_allclose(draws.std(axis=0), of_g, rtol=6 / np.sqrt(2 * n))  # six standard errors
    np.testing.assert_allclose(draws.mean(axis=0), g, atol=6 * of_g.max() / np.sqrt(n))


def test_the_standard_deviation_of_each_row_is_its_materials(ge_se):
    subset, _ = with_errors(ge_se)
    doubled, _ = with_errors(ge_se, 2.0)
    model = FourierRegressor().fit(subset)
    both = model.predict(pd.concat([subset, doubled]), return_std=True)[1]
    np.testing.assert_allclose(both[58:], 2 * both[:58])


def test_no_standard_deviation_without_that_of_s_r(ge_se):
    with pytest.raises(ValueError, match=r"return_std=True, but X has no columns std\(q\)"):
        FourierRegressor(number_density=0.034).fit(ge_se.data).predict(ge_se.data, return_std=True)


def test_y_is_needed_only_where_something_is_learned(ge_se):
    X, y = ge_se.data, ge_se.target
    model = FourierRegressor(number_density=0.034)
    np.testing.assert_array_equal(model.fit(X).predict(X), model.fit(X, y).predict(X))
    X = X.assign(number_density=0.034)
    np.testing.assert_array_equal(FourierRegressor().fit(X).predict(X), model.predict(ge_se.data))
    for learns in (FourierRegressor(), FourierRegressor(calibrate=True, number_density=0.034)):
        with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
            learns.fit(ge_se.data)


@pytest.mark.parametrize("change", [{"window": "lorch"}, {"number_density": 0.07}, {"calibrate": False}], ids=str)
def test_parameters_changed_after_fit_need_another_fit(change, ge_se):
    model = FourierRegressor(calibrate=True).fit(ge_se.data.assign(number_density=0.034), ge_se.target)
    before = model.predict(ge_se.data.assign(number_density=0.034))
    np.testing.assert_array_equal(model.set_params(**change).predict(ge_se.data.assign(number_density=0.034)), before)


def test_a_fit_without_calibration_discards_an_earlier_calibration(ge_se):
    model = FourierRegressor(calibrate=True).fit(ge_se.data, ge_se.target)
    model.set_params(calibrate=False, number_density=0.034).fit(ge_se.data)
    assert not hasattr(model, "scale_")
    assert not hasattr(model, "offset_")
