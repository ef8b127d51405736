import numpy as np
import pytest
from scipy.interpolate import pchip_interpolate
from yardsticks import FourierTransform, PchipRegressor


def test_pchip_interpolates_inside_and_is_constant_beyond(ge_se):
    X, y = ge_se.data[["r"]], ge_se.target
    inside = np.arange(10, 40, 3)
    prediction = PchipRegressor().fit(X.iloc[inside], y[inside]).predict(X)
    np.testing.assert_allclose(prediction[10:38], pchip_interpolate(ge_se.r[inside], y[inside], ge_se.r[10:38]))
    np.testing.assert_allclose(prediction[:10], y[10])
    np.testing.assert_allclose(prediction[38:], y[37])


def test_fourier_transform_has_nothing_calibrated(ge_se):
    model = FourierTransform(ge_se.q, ge_se.s_r)
    prediction = model.fit(ge_se.data[["r"]], ge_se.target).predict(ge_se.data[["r"]])
    np.testing.assert_array_equal(prediction, model.fit(ge_se.data[["r"]], 0 * ge_se.target).predict(ge_se.data[["r"]]))
    assert np.abs(prediction - ge_se.target).mean() == pytest.approx(0.34, abs=0.01)
