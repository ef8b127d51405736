import numpy as np
from scipy.interpolate import pchip_interpolate
from sklearn_wtrdf.benchmarks.paper.baselines import CopyReference, PchipRegressor

from sklearn_wtrdf.datasets import load_ag_ge_se


def test_pchip_interpolates_inside_and_is_constant_beyond(ge_se):
    X, y = ge_se.data[["r"]], ge_se.target
    inside = np.arange(10, 40, 3)
    prediction = PchipRegressor().fit(X.iloc[inside], y[inside]).predict(X)
    np.testing.assert_allclose(prediction[10:38], pchip_interpolate(ge_se.r[inside], y[inside], ge_se.r[10:38]))
    np.testing.assert_allclose(prediction[:10], y[10])
    np.testing.assert_allclose(prediction[38:], y[37])


def test_copying_the_reference():
    glasses = load_ag_ge_se([0, 25])
    binary, silver = glasses.data[:58], glasses.data[58:]
    alone = CopyReference().fit(binary, glasses.target[:58])
    np.testing.assert_allclose(alone.predict(silver), glasses.target[:58])
    both = CopyReference().fit(glasses.data, glasses.target)
    np.testing.assert_allclose(both.predict(silver), glasses.target[58:], atol=1e-5)
