"""Patterns solved with the results of `fit`: other parameters, fixed bonds, and a reference that is scaled."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

from sklearn_wtrdf import Continuum, DataWarning, InversionRegressor, scattering_frame
from sklearn_wtrdf.peaks import PEAK_QUANTITIES
from tests.inversion.simulated import SILICA, R, expanded, fitted, series


def test_a_warm_fit_with_other_parameters_searches():
    pattern = expanded(1.01, seed=1)
    changed = series("warm").set_params(prior=Continuum()).solve(pattern)
    np.testing.assert_array_equal(changed.g(R), fitted(pattern, prior=Continuum()).solve(pattern).g(R))


def test_a_bond_that_is_fixed_has_no_intervals():
    first, second = expanded(1.0), expanded(1.01, seed=1)
    fixed = series("never")
    own, other = (fixed.solve(pattern).peaks() for pattern in (first, second))
    ends = [f"{quantity}_{end}" for quantity in PEAK_QUANTITIES for end in ("low", "high")]
    assert own[ends].notna().all(axis=None)
    assert other.loc[0, ends].isna().all()
    assert other.loc[1, ends].notna().all()


@pytest.mark.parametrize("factor", [0.3, 0.5, 0.8, 1.25])
def test_a_scaled_reference_is_reported_and_the_band_holds(factor):
    inside = SILICA.r > 0.5
    r, g = SILICA.r[inside], SILICA.target[inside]
    X = scattering_frame(r, SILICA.q, SILICA.s_r, SILICA.number_density)
    with pytest.warns(DataWarning, match=rf"g − 1 is {factor:.2f} times what S_R\(q\)"):
        model = InversionRegressor().fit(X, 1 + factor * (g - 1))
    noise = 0.002 * SILICA.q * np.random.default_rng(0).normal(size=SILICA.q.size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        result = model.solve(replace(SILICA.pattern, s_r=SILICA.s_r + noise))
    assert (np.abs(result.g(r) - g) <= 1.645 * result.std(r) + 1e-6).mean() > 0.9
    first = result.peaks().iloc[0]
    assert first["height_low"] <= g.max() <= first["height_high"]
    draws = result.sample(r, 200)
    assert draws[:, g.argmax()].std() > 0.5 * result.std(r)[g.argmax()]
