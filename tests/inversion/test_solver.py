"""Patterns solved by what `fit` learned: a series, and a reference that is scaled."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from sklearn_wtrdf import Continuum, DataWarning, InversionRegressor, Pattern, scattering_frame
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.inversion.solving import search_nearby
from sklearn_wtrdf.peaks import PEAK_QUANTITIES

R = np.arange(0.5, 10, 0.02)
SILICA = load_material("silica", weighting="neutron")


def expanded(strain, q_max=8.0, seed=0):
    """Return a pattern of silica whose distances are all longer by a factor."""
    q = np.arange(0.6, q_max, 0.05)
    s = CubicSpline(SILICA.q, SILICA.s)(q * strain) + 0.005 * np.random.default_rng(seed).normal(size=q.size)
    return Pattern(q, q * (s - 1), number_density=SILICA.number_density / strain**3)


def fitted(pattern, **parameters):
    return InversionRegressor(**parameters).fit(scattering_frame(R, pattern.q, pattern.s_r, pattern.number_density))


@pytest.mark.filterwarnings("ignore:1 outlier:sklearn_wtrdf.DataWarning")
@pytest.mark.parametrize("q_max", [8.0, 17.0])
def test_a_warm_series_follows_an_expansion(q_max):
    first = expanded(1.0, q_max)
    warm, each = (fitted(first, refit=refit) for refit in ("warm", "each"))
    for seed, strain in enumerate((1.003, 1.01, 1.04), 1):
        pattern = expanded(strain, q_max, seed)
        result, expected = warm.solve(pattern).peaks().iloc[0], each.solve(pattern).peaks().iloc[0]
        assert result["position"] == pytest.approx(expected["position"], abs=0.002)
        assert result["position"] == pytest.approx(1.613 * strain, abs=0.006)
        assert result["coordination"] == pytest.approx(expected["coordination"], rel=0.02)


def test_a_warm_series_does_not_search_unless_it_has_to(monkeypatch):
    model = fitted(expanded(1.0), refit="warm")
    searches = []
    monkeypatch.setattr("sklearn_wtrdf.inversion.solving.search", lambda *pair: searches.append(pair))
    model.solve(expanded(1.01, seed=1))
    assert not searches
    argon = load_material("argon", q_max=8).pattern
    noise = 0.005 * argon.q * np.random.default_rng(0).normal(size=argon.q.size)
    foreign = replace(argon, s_r=argon.s_r + noise)
    search_nearby(foreign, [model.solve(expanded(1.0)).posterior], model._settings)
    assert [pattern for pattern, _ in searches] == [foreign]


def test_a_warm_fit_with_other_parameters_searches():
    first, pattern = expanded(1.0), expanded(1.01, seed=1)
    changed = fitted(first, refit="warm").set_params(prior=Continuum()).solve(pattern)
    np.testing.assert_array_equal(changed.g(R), fitted(first, prior=Continuum()).solve(pattern).g(R))


def test_a_bond_that_is_fixed_has_no_intervals():
    first, second = expanded(1.0), expanded(1.01, seed=1)
    fixed = fitted(first, refit="never")
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
