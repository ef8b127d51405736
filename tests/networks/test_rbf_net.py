import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_wtrdf import RBFNetRegressor

pytest.importorskip("torch")
import torch

from sklearn_wtrdf.networks._torch_nets import RBFNetModule


def test_the_rbf_network_is_eq_10_and_11(curve):
    X, y = curve
    model = RBFNetRegressor(n_centers=7, beta=3.0, standardize=False, max_iter=20, random_state=0).fit(X, y)
    weights = {name: tensor.numpy() for name, tensor in model.net_.module_.state_dict().items()}
    squares = ((X.to_numpy()[:, None] - weights["centers"]) ** 2).sum(-1)
    expected = np.exp(-3.0 * squares) @ weights["linear.weight"][0] + weights["linear.bias"]
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-5)


@settings(max_examples=20)
@given(arrays(float, (9, 2), elements=st.floats(-3, 3)), st.floats(0.01, 10))
def test_several_features_are_a_product_of_gaussians(x, beta):
    module = RBFNetModule(x[:4], beta)
    x = torch.tensor(x, dtype=torch.float32)
    products = torch.exp(-beta * ((x[:, None] - module.centers) ** 2).sum(-1))
    torch.testing.assert_close(module(x), module.linear(products)[:, 0], rtol=1e-4, atol=1e-5)


def test_centers_begin_spread_over_the_range(curve, rng):
    X, y = curve
    model = RBFNetRegressor(n_centers=50, max_iter=1, learning_rate=1e-9).fit(X, y)
    centers = np.sort(model.net_.module_.centers.detach().numpy()[:, 0])
    x = (X["r"] - X["r"].mean()) / X["r"].std(ddof=0)
    assert centers[0] >= x.min() - 1e-5
    assert centers[-1] <= x.max() + 1e-5
    np.testing.assert_allclose(np.diff(centers), np.ptp(x) / 50, rtol=1e-3)

    X = rng.uniform(-1, 1, size=(40, 3))
    model = RBFNetRegressor(50, 1.0, standardize=False, max_iter=1, learning_rate=1e-9).fit(X, X[:, 0])
    centers = np.sort(model.net_.module_.centers.detach().numpy(), axis=0)
    np.testing.assert_allclose(np.diff(centers, axis=0), np.tile(np.ptp(X, axis=0) / 50, (49, 1)), rtol=1e-3)


def test_an_absurdly_large_beta_gives_finite_values(curve):
    X, y = curve
    with pytest.warns(UserWarning, match="is so large"):
        model = RBFNetRegressor(beta=1e300, max_iter=5, random_state=0).fit(X, y)
    assert np.isfinite(model.predict(X)).all()


def test_a_pickle_keeps_the_fitted_width_when_parameters_are_changed_later(curve):
    X, y = curve
    model = RBFNetRegressor(n_centers=9, beta=4, max_iter=5).fit(X, y)
    before = model.predict(X)
    model.set_params(n_centers=3, beta=100)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), before)


def test_a_beta_too_large_for_the_spacing_is_reported(rng):
    X = rng.uniform(-1, 1, (50, 4))
    with pytest.warns(UserWarning, match="beta=1024 is so large") as caught:
        RBFNetRegressor(max_iter=1).fit(X, X[:, 0])
    assert caught[0].filename == __file__
    assert RBFNetRegressor(beta=0.5, random_state=0).fit(X, X[:, 0]).score(X, X[:, 0]) > 0.9
