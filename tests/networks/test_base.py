import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_wtrdf import DataWarning, LSTMRegressor, RBFNetRegressor, scattering_frame

pytest.importorskip("torch")
import torch

NETWORKS = [RBFNetRegressor, LSTMRegressor]


@parametrize_with_checks(
    [
        RBFNetRegressor(n_centers=8, beta=1.0, max_iter=3),
        LSTMRegressor(hidden_size=4, max_iter=3),
        LSTMRegressor(hidden_size=4, reading="sequence", max_iter=3),
    ]
)
def test_scikit_learns_contract(estimator, check):
    if estimator.get_params().get("reading") == "sequence" and "subset_invariance" in str(check):
        pytest.skip("the paper's reading makes a prediction depend on the other rows of the call")
    check(estimator)


@pytest.mark.parametrize(("network", "error"), [(RBFNetRegressor, 0.029), (LSTMRegressor, 0.1)])
def test_it_learns_the_curve(network, error, curve):
    X, y = curve
    model = network(random_state=0).fit(X, y)
    assert np.abs(model.predict(X) - y).mean() < error
    assert model.loss_curve_.shape == (model.n_iter_,) == (500,)
    assert model.loss_curve_[-1] < 0.01 * model.loss_curve_[0]


@pytest.fixture(scope="module", params=[1, 5, 149], ids="{} features".format)
def fitted_networks(request):
    rng = np.random.default_rng(request.param)
    X = rng.normal(size=(30, request.param))
    networks = [
        RBFNetRegressor(33, 0.01, max_iter=5, random_state=0),
        LSTMRegressor(max_iter=5, random_state=0),
        LSTMRegressor(hidden_size=3, max_iter=5, random_state=0),
    ]
    rows = rng.normal(size=(1500, request.param))
    return [(network.fit(X, X[:, 0]), network.predict(rows)) for network in networks], rows


@settings(max_examples=25)
@given(st.data())
def test_a_prediction_does_not_depend_on_the_other_rows(fitted_networks, data):
    networks, X = fitted_networks
    rows = data.draw(
        st.lists(st.integers(0, 1499), min_size=1, max_size=70) | st.integers(1, 1500).map(lambda n: list(range(n)))
    )
    for network, complete in networks:
        np.testing.assert_array_equal(network.predict(X[rows]), complete[rows])
        np.testing.assert_array_equal(network.predict(np.asfortranarray(X[rows])), complete[rows])


@pytest.mark.parametrize("network", NETWORKS)
def test_weights_stay_finite_with_too_large_a_learning_rate(network, curve):
    assert np.isfinite(network(learning_rate=1e6, max_iter=20, random_state=0).fit(*curve).predict(curve[0])).all()


@pytest.mark.parametrize("network", NETWORKS)
def test_two_fits_agree_and_leave_the_users_random_state_unchanged(network, curve):
    X, y = curve
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, second = (network(max_iter=30, random_state=1).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(first.predict(X), second.predict(X))
    torch.testing.assert_close(torch.rand(3), expected)
    other = network(max_iter=30, random_state=2).fit(X, y)
    assert np.abs(other.predict(X) - first.predict(X)).max() > 1e-6


@pytest.mark.parametrize("network", NETWORKS)
def test_a_pickle_holds_arrays_and_gives_the_same_predictions(network, curve):
    X, y = curve
    model = network(max_iter=20, random_state=0).fit(X[::2], y[::2])
    pickled = pickle.dumps(model)
    assert b"torch" not in pickled
    assert b"skorch" not in pickled
    for twin in (pickle.loads(pickled), copy.deepcopy(model)):
        np.testing.assert_array_equal(twin.predict(X), model.predict(X))
        assert twin.net_.history is not None
        twin.fit(X, y)  # it can be trained anew
    assert not hasattr(pickle.loads(pickle.dumps(clone(model))), "net_")


@pytest.mark.slow
def test_a_pickle_is_read_in_another_process(curve, tmp_path):
    X, y = curve
    model = LSTMRegressor(hidden_size=4, max_iter=5, random_state=0).fit(X.to_numpy(), y)
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(model))
    code = (
        f"import pickle; print(pickle.load(open({str(tmp_path / 'model.pickle')!r}, 'rb')).predict([[3.0]])[0].hex())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float.fromhex(run.stdout) == model.predict([[3.0]])[0]


@pytest.mark.slow
@pytest.mark.parametrize("network", NETWORKS)
def test_a_grid_search_over_a_pipeline_in_processes(network, curve):
    X, _ = curve
    y = np.sin(2 * X["r"].to_numpy())
    steps = [("scale", MinMaxScaler()), ("net", network(max_iter=100, random_state=0))]
    folds = KFold(3, shuffle=True, random_state=0)
    grid = {"net__learning_rate": [1e-6, 0.01]}
    search = GridSearchCV(Pipeline(steps), grid, n_jobs=2, cv=folds).fit(X, y)
    assert search.best_params_ == {"net__learning_rate": 0.01}
    assert np.isfinite(cross_val_score(network(max_iter=5), X, y, cv=3)).all()


@pytest.mark.parametrize("network", NETWORKS)
def test_early_stopping_is_off_by_default(network, curve, capsys):
    X, _ = curve
    y = np.full(58, 2.0)
    assert network(max_iter=60).fit(X, y).n_iter_ == 60
    assert network(max_iter=6000, learning_rate=1e-9, early_stopping=5).fit(X, y).n_iter_ < 60
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("network", NETWORKS)
def test_verbose_prints_skorchs_table(network, curve, capsys):
    network(max_iter=2, verbose=True).fit(*curve)
    assert "train_loss" in capsys.readouterr().out


@pytest.mark.parametrize("network", NETWORKS)
def test_a_constant_target_is_learned(network, curve):
    X, _ = curve
    model = network(random_state=0).fit(X, np.full(58, 7.0))
    np.testing.assert_allclose(model.predict(X), 7.0, atol=0.05)


@pytest.mark.parametrize("network", NETWORKS)
def test_the_scale_of_the_target_does_not_matter(network, curve):
    X, y = curve
    small = network(max_iter=50, random_state=0).fit(X, y)
    large = network(max_iter=50, random_state=0).fit(X, 2.0**20 * y)
    np.testing.assert_allclose(large.predict(X) / 2.0**20, small.predict(X), atol=1e-4)


@pytest.mark.parametrize(
    ("network", "options", "message"),
    [
        (RBFNetRegressor, {"beta": 0.0}, "beta"),
        (RBFNetRegressor, {"beta": -1.0}, "beta"),
        (RBFNetRegressor, {"n_centers": 0}, "n_centers"),
        (LSTMRegressor, {"hidden_size": 0}, "hidden_size"),
        (LSTMRegressor, {"reading": "twice"}, "reading"),
        (LSTMRegressor, {"learning_rate": 0.0}, "learning_rate"),
        (RBFNetRegressor, {"max_iter": 0}, "max_iter"),
        (RBFNetRegressor, {"device": "tpu"}, "device"),
    ],
)
def test_parameters_out_of_range_are_named(network, options, message, curve):
    with pytest.raises(ValueError, match=message):
        network(**options).fit(*curve)


@pytest.mark.parametrize("network", NETWORKS)
def test_rows_that_cannot_be_learned_from_are_refused(network):
    with pytest.raises(ValueError, match="1 sample"):
        network().fit([[2.0]], [1.0])
    with pytest.raises(ValueError, match="NaN"):
        network().fit([[2.0], [np.nan]], [1.0, 2.0])
    with pytest.raises(ValueError, match="NaN"):
        network().fit([[2.0], [3.0]], [1.0, np.nan])


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_a_missing_gpu_is_named(curve):
    X, y = curve
    with pytest.raises(ValueError, match="torch finds no GPU"):
        RBFNetRegressor(device="cuda").fit(X, y)
    model = LSTMRegressor(max_iter=2, device="auto").fit(X, y)
    state = model.__getstate__()
    state["net_"]["device"] = "cuda"  # as a pickle from a machine with one
    twin = LSTMRegressor()
    with pytest.warns(UserWarning, match="trained on a GPU"):
        twin.__setstate__(state)
    np.testing.assert_array_equal(twin.predict(X), model.predict(X))


@pytest.mark.parametrize("network", [RBFNetRegressor(4, 0.01, max_iter=2), LSTMRegressor(4, max_iter=2)])
def test_s_instead_of_s_r_is_reported_if_the_columns_have_names(network, ge_se):
    def frame(s_r):
        return scattering_frame(ge_se.r, ge_se.q, s_r, 0.034)

    right, wrong = frame(ge_se.s_r), frame(1 + ge_se.s_r / ge_se.q)  # S in place of S_R
    with pytest.warns(DataWarning, match="S_R does not oscillate about 0"):
        clone(network).fit(wrong, ge_se.target)
    fitted = clone(network).fit(right, ge_se.target)
    with pytest.warns(DataWarning, match="S_R does not oscillate about 0"):
        fitted.predict(wrong)
    with pytest.warns(DataWarning, match="S_R does not oscillate about 0"):
        fitted.reconstruct(ge_se.r, ge_se.q, 1 + ge_se.s_r / ge_se.q, 0.034)
    for features in (wrong.to_numpy(), wrong.add_prefix("x"), wrong.assign(temperature=300.0)):
        clone(network).fit(features, ge_se.target).predict(features)
