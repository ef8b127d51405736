"""Fitted hyperparameters that are used for other patterns."""

import numpy as np
import pandas as pd

from sklearn_wtrdf import InversionRegressor
from tests.inversion.simulated import IGNORE_MISFIT, frame, simulated

pytestmark = IGNORE_MISFIT


def test_refit_never_leaves_the_hyperparameters_unchanged(X, free, silica):
    never = InversionRegressor(refit="never").fit(X)
    np.testing.assert_array_equal(never.predict(X, return_std=True), free.predict(X, return_std=True))
    y = silica.target[30::3]
    result = never.fit_report().table
    for seed in (1, 2):
        other = frame(*simulated(seed=seed))
        pd.testing.assert_series_equal(never.fit_report(other).table["value"], result["value"])
        assert np.abs(never.predict(other) - y).mean() < 1.5 * np.abs(free.predict(X) - y).mean()
        assert never.decompose(other)[0].excluded.sum() <= 3
