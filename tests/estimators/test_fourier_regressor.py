import numpy as np
import pytest
from pystog import Converter, Transformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_wtrdf import FourierRegressor, WTRDFRegressor, scattering_frame
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.solvers import Adam


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
    calibrated = FourierRegressor().fit(X, ge_se.target)  # X says no density
    assert errors(calibrated.predict(X), ge_se.target) == pytest.approx((0.35, 2.57, 0.09), abs=0.01)


def test_the_density_column_is_used_and_the_argument_wins():
    X, y = load_ag_ge_se([0, 25], return_X_y=True)
    of_column = FourierRegressor().fit(X, y).predict(X)
    first = X["number_density"].iloc[0]
    of_argument = FourierRegressor(number_density=first).fit(X, y).predict(X)
    np.testing.assert_allclose(of_column[:58], of_argument[:58])
    ratio = X["number_density"].iloc[-1] / first
    np.testing.assert_allclose((of_column[58:] - 1) * ratio, of_argument[58:] - 1)


@pytest.mark.filterwarnings("ignore:'where' used without 'out'")  # inside pystog
@pytest.mark.parametrize("window", [None, "lorch"])
def test_it_is_pystogs_transform(window, ge_se):
    density = 0.034
    # pystog begins at the first q that it is given, as we do; its Lorch window ends at q_max too.
    r, G, _ = Transformer().F_to_G(ge_se.q, ge_se.s_r, ge_se.r, lorch=window == "lorch")
    g, _ = Converter().G_to_g(r, G, rho=density)
    ours = FourierRegressor(window, number_density=density).fit(ge_se.data, ge_se.target).predict(ge_se.data)
    np.testing.assert_allclose(ours, g, atol=1e-9)


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


@pytest.mark.parametrize("model", [FourierRegressor(number_density=0.034), WTRDFRegressor(solver=Adam(max_iter=1))])
def test_structure_factors_taken_for_reduced_ones_are_said_to_be(model, ge_se):
    X = scattering_frame(ge_se.r, ge_se.q, 1 + ge_se.s_r / ge_se.q)
    with pytest.warns(UserWarning, match=r"convert it by S_R = q \(S − 1\)") as caught:
        model.fit(X, ge_se.target)
    assert caught[0].filename == __file__
