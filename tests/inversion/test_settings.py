"""The settings on which hyperparameters depend."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from sklearn_wtrdf import Curve, InversionRegressor, Pattern
from sklearn_wtrdf.inversion import Continuum, NearReference, Reference
from tests.inversion.simulated import IGNORE_MISFIT, frame, simulated

pytestmark = IGNORE_MISFIT


@pytest.mark.filterwarnings("ignore:onset is at a bound:sklearn_wtrdf.DataWarning")  # of an offset that is ruled out
@pytest.mark.parametrize("change", [{"noise": 0.1}, {"systematic_errors": False}], ids=str)
@pytest.mark.slow
def test_parameters_changed_after_fit_take_effect_at_once(change, X, silica):
    prior = Continuum()
    model, other = InversionRegressor(prior=prior).fit(X), frame(silica, simulated(seed=1)[1] + 0.015)
    before = model.predict(other)
    defaults = {name: model.get_params()[name] for name in change}
    changed = model.set_params(**change).predict(other)
    assert np.abs(changed - before).max() > 0.01
    np.testing.assert_array_equal(changed, InversionRegressor(prior=prior, **change).fit(other).predict(other))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(other), changed)
    np.testing.assert_array_equal(model.set_params(**defaults).predict(other), before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"q_damp": -1}, "'q_damp' parameter"),
        ({"prior": "flat"}, "'prior' parameter"),
        ({"refit": "warm"}, "refit: with"),
    ],
    ids=str,
)
def test_parameters_changed_after_fit_are_checked(change, message, binary):
    model = InversionRegressor().fit(binary.data, binary.target)
    with pytest.raises(ValueError, match=message):
        model.set_params(**change).predict(binary.data)


def test_cached_solutions_are_not_used_for_other_parameters(X, binary):
    model = InversionRegressor(prior=Continuum(), refit="never").fit(X)
    model.set_params(systematic_errors=False)
    with pytest.raises(ValueError, match="parameters have changed since fit"):
        model.reconstruct([2.0], model.q_, 1.01 * X.filter(like="S_R").iloc[0].to_numpy())
    references = [
        Reference(Pattern(binary.q, binary.s_r, number_density=0.03), Curve(binary.r, g))
        for g in (binary.target, binary.target**1.1)
    ]
    first, second = (NearReference(reference) for reference in references)
    stored = InversionRegressor(prior=first)._settings.key
    assert stored != InversionRegressor(prior=second)._settings.key
    assert stored == InversionRegressor(prior=clone(first, safe=False))._settings.key
