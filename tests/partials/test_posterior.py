"""Bands and samples of pair functions."""

import numpy as np

from tests.partials.molten_salt import R


def test_pair_functions_of_a_molten_salt_lie_within_their_bands(model, truth):
    assert model.pairs_ == ["Na-Na", "Na-Cl", "Cl-Cl"]
    g, std = model.predict_partials(R, return_std=True)
    assert g.shape == std.shape == (3, R.size)
    assert (g >= 0).all()
    assert np.abs(g - truth).mean() < 0.1
    assert np.mean(np.abs(g - truth) <= 1.645 * std) > 0.8


def test_samples_are_nowhere_negative_and_have_the_deviations_of_the_bands(model):
    draws = model.sample(R, 60)
    assert draws.shape == (60, 3, R.size)
    assert (draws >= 0).all()
    np.testing.assert_array_equal(model.sample(R, 2, random_state=3), model.sample(R, 2, random_state=3))
    std = model.predict_partials(R, return_std=True)[1]
    far = R > 4
    np.testing.assert_allclose(draws[:, :, far].std(axis=0).mean(axis=1), std[:, far].mean(axis=1), rtol=0.35)
