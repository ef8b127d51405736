import numpy as np
import pytest

from sklearn_wtrdf import LSTMRegressor, RBFNetRegressor

pytest.importorskip("torch")
import torch

from sklearn_wtrdf.networks._torch_nets import LSTMModule

NETWORKS = [RBFNetRegressor, LSTMRegressor]


def test_the_lstm_is_eq_12(curve):
    X, y = curve
    model = LSTMRegressor(hidden_size=3, reading="sequence", standardize=False, max_iter=20, random_state=0).fit(X, y)
    weights = {name: tensor.double().numpy() for name, tensor in model.net_.module_.state_dict().items()}
    h = c = np.zeros(3)
    expected = []
    for r in X["r"]:
        gates = weights["lstm.weight_ih_l0"][:, 0] * r + weights["lstm.bias_ih_l0"]
        gates = gates + weights["lstm.weight_hh_l0"] @ h + weights["lstm.bias_hh_l0"]
        i, f, g, o = gates.reshape(4, 3)
        c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
        expected.append(weights["linear.weight"][0] @ h + weights["linear.bias"][0])
    np.testing.assert_allclose(model.predict(X), expected, atol=1e-5)


def test_a_query_at_a_training_row_is_the_trained_sequence(curve):
    X, y = curve
    rows = np.random.default_rng(3).permutation(58)[:20]
    model = LSTMRegressor(max_iter=100, random_state=0).fit(X.iloc[rows], y[rows])
    queries = model.predict(X.iloc[rows])
    sequence = model.set_params(reading="sequence").predict(X.iloc[rows])
    np.testing.assert_allclose(queries, sequence, atol=1e-5)


def test_a_query_is_one_step_from_the_state_before_it(curve):
    X, y = curve
    model = LSTMRegressor(hidden_size=4, max_iter=50, random_state=0).fit(X[::2], y[::2])
    between = X.iloc[[11]]
    until = model.set_params(reading="sequence").predict(X.iloc[[*range(0, 11, 2), 11]])[-1]
    assert model.set_params(reading="query").predict(between)[0] == pytest.approx(until, abs=1e-5)


def test_a_query_does_not_depend_on_other_rows_but_a_sequence_does(curve):
    X, y = curve
    model = LSTMRegressor(hidden_size=8, max_iter=50, random_state=0).fit(X[::3], y[::3])
    np.testing.assert_allclose(model.predict(X)[30:], model.predict(X[30:]), atol=1e-6)
    model.set_params(reading="sequence")
    assert np.abs(model.predict(X)[30:] - model.predict(X[30:])).max() > 0.01


def test_states_are_those_of_the_whole_sequence(rng):
    module = LSTMModule(2, 5)
    x = torch.tensor(rng.normal(size=(1, 6, 2)), dtype=torch.float32)
    with torch.no_grad():
        h, c = module.states(x)
        outputs, (last_h, last_c) = module.lstm(x)
    torch.testing.assert_close(h[1:], outputs[0])
    torch.testing.assert_close(h[-1], last_h[0, 0])
    torch.testing.assert_close(c[-1], last_c[0, 0])
    assert not h[0].any()


@pytest.mark.parametrize("network", NETWORKS)
def test_the_order_of_the_training_rows_does_not_matter_to_the_sequence(network, curve, rng):
    X, y = curve
    rows = rng.permutation(58)
    first = network(max_iter=20, random_state=0).fit(X, y).predict(X)
    second = network(max_iter=20, random_state=0).fit(X.iloc[rows], y[rows]).predict(X)
    np.testing.assert_allclose(first, second, atol=1e-3)


def test_equal_rows_are_read_once_with_their_mean(curve):
    X, y = curve
    X, y = X.to_numpy()[:10], y[:10]
    options = {"standardize": False, "max_iter": 20, "random_state": 0}
    once = LSTMRegressor(**options).fit(X, y)
    twice = LSTMRegressor(**options).fit(
        np.vstack([X, X[3:5]]), np.concatenate([y - [0, 0, 0, 1, 1, 0, 0, 0, 0, 0], y[3:5] + 1])
    )
    np.testing.assert_allclose(once.predict(X), twice.predict(X), atol=1e-6)


def test_repeated_r_of_several_materials_is_one_sequence():
    r = np.linspace(2, 5, 15)
    X = np.column_stack([np.tile(r, 2), np.repeat([0.0, 1.0], 15)])
    y = np.sin(3 * X[:, 0]) + X[:, 1]
    model = LSTMRegressor(random_state=0).fit(X, y)
    assert model.score(X, y) > 0.95
