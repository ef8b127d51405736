import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import (
    Adam,
    WTRDFRegressor,
    scattering_frame,
    wt_rdf,
)

PAPER = {"a": (0.600, 0.610), "K_f": (0.010, 0.300)}


def quick(device="cpu", **options):
    return WTRDFRegressor(PAPER, solver=Adam(max_iter=3, n_rounds=1, device=device), **options)


def test_predict_and_reconstruct_are_wt_rdf(ge_se):
    model = quick().fit(ge_se.data, ge_se.target)
    other = 0.5 * ge_se.s_r
    r = np.linspace(0, 10, 21)
    X = pd.concat([ge_se.data, scattering_frame(r, ge_se.q, other)])
    expected = [wt_rdf(ge_se.r, ge_se.q, ge_se.s_r, **model.params_), wt_rdf(r, ge_se.q, other, **model.params_)]
    np.testing.assert_allclose(model.predict(X), np.concatenate(expected), rtol=1e-10, atol=1e-12)
    stack = model.reconstruct(r, ge_se.q, [ge_se.s_r, other])
    assert stack.shape == (2, 21)
    np.testing.assert_allclose(stack[1], expected[1], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(model.reconstruct(r, ge_se.q, other), expected[1], rtol=1e-10, atol=1e-12)


def test_reconstruct_warns_of_another_range_of_q(ge_se):
    model = quick().fit(ge_se.data, ge_se.target)
    q = np.linspace(0.65, 8, 100)
    model.reconstruct(ge_se.r, q, np.interp(q, ge_se.q, ge_se.s_r))
    with pytest.warns(UserWarning, match="calibrated on 0.65 to 8"):
        model.reconstruct(ge_se.r, ge_se.q[:100], ge_se.s_r[:100])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"r": [-1.0]}, "r must not be negative"),
        ({"q": [2.0, 1.0]}, "q must be strictly increasing"),
        ({"s_r": [1.0, 2.0, 3.0]}, "s_r must have one value"),
        ({"s_r": [1.0, np.inf]}, "s_r must be finite"),
    ],
)
def test_reconstruct_names_bad_input(ge_se, change, message):
    model = quick().fit(ge_se.data, ge_se.target)
    with pytest.raises(ValueError, match=message):
        model.reconstruct(**{"r": [2.0], "q": [0.65, 8.0], "s_r": [1.0, 2.0]} | change)


def test_no_patterns_are_no_curves(ge_se):
    model = WTRDFRegressor({"a": (0.6, 0.61)}).fit(ge_se.data, ge_se.target)
    assert model.reconstruct(ge_se.r, ge_se.q, np.empty((0, ge_se.q.size))).shape == (0, ge_se.r.size)
    two = model.reconstruct(ge_se.r, ge_se.q, [ge_se.s_r] * 2, [0.034, None])
    np.testing.assert_array_equal(two[0], two[1])
