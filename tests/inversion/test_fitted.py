"""Fitted hyperparameters that are used for other patterns."""

import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import InversionRegressor
from sklearn_wtrdf.datasets import load_ag_ge_se, load_material
from tests.inversion.simulated import IGNORE_MISFIT, frame, simulated

pytestmark = IGNORE_MISFIT


def test_never_refitting_keeps_the_hyperparameters(X, free, silica):
    never = InversionRegressor(refit="never").fit(X)
    np.testing.assert_array_equal(never.predict(X, return_std=True), free.predict(X, return_std=True))
    y = silica.target[30::3]
    result = never.fit_report().table
    for seed in (1, 2):
        other = frame(*simulated(seed=seed))
        pd.testing.assert_series_equal(never.fit_report(other).table["value"], result["value"])
        assert np.abs(never.predict(other) - y).mean() < 1.5 * np.abs(free.predict(X) - y).mean()
        assert never.decompose(other)[0].excluded.sum() <= 3


def test_never_refitting_takes_those_under_which_s_r_is_most_probable():
    materials = ("argon", "sodium-chloride")
    never = InversionRegressor(refit="never").fit(pd.concat([frame(*simulated(name)) for name in materials]))
    assert len(never.fitted_materials_) == 2
    result = never.fit_report().table["value"]
    for i in (1, 0):
        values = never.fit_report(frame(*simulated(materials[i], seed=1))).table["value"]
        np.testing.assert_array_equal(values.drop("number_density", level=1), result[i].drop("number_density"))


def test_never_refitting_does_not_throw_another_glass_away():
    glass, other = load_ag_ge_se(0), load_ag_ge_se(5)
    never = InversionRegressor(refit="never").fit(glass.data)
    assert never.decompose(other.data)[0].excluded.sum() < 0.1 * other.q.size
    assert np.abs(never.predict(other.data) - other.target).mean() < np.abs(glass.target - other.target).mean()


@pytest.mark.filterwarnings("ignore:S has a systematic error")
def test_a_series_unlike_the_fitted_material_is_reported(X):
    model = InversionRegressor(refit="never").fit(X)
    other = load_material("amorphous-silicon", q_max=12)
    s_r = np.interp(model.q_, other.q, other.q * (other.s - 1))
    with pytest.warns(UserWarning, match="hyperparameters do not fit this pattern"):
        model.reconstruct([2.0], model.q_, s_r, other.number_density)
