import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import BaggingRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_wtrdf import Adam, FourierRegressor, InversionRegressor, WTRDFRegressor, scattering_frame
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.scattering.frame import read_material, read_r, read_scattering

finite = st.floats(-5e3, 5e3)
grids = st.lists(st.floats(0, 1e3), min_size=2, max_size=12, unique=True).map(sorted)


@given(q=grids, r=st.lists(st.floats(0, 100), min_size=1, max_size=5), data=st.data())
def test_frame_gives_back_every_float(q, r, data):
    s_r = data.draw(st.lists(finite, min_size=len(q), max_size=len(q)))
    X = scattering_frame(r, q, s_r, number_density=0.034)
    read = read_scattering(X.to_numpy(), list(X.columns))
    np.testing.assert_array_equal(read.r, r)
    np.testing.assert_array_equal(read.q, q)
    np.testing.assert_array_equal(read.s_r, [s_r])
    np.testing.assert_array_equal(read.number_density, np.full(len(r), 0.034))


@given(q=grids, density=st.sampled_from([None, 0.034]), data=st.data())
def test_standard_deviations_are_given_back(q, density, data):
    s_r = data.draw(st.lists(finite, min_size=len(q), max_size=len(q)))
    std = data.draw(st.lists(st.floats(1e-9, 1e6), min_size=len(q), max_size=len(q)))
    X = scattering_frame([2.0, 3.0], q, s_r, density, std=std)
    for order in (list(X.columns), sorted(X.columns, key=lambda name: name.startswith("S_R"))):  # std before S_R
        read = read_scattering(X[order].to_numpy(), order)
        np.testing.assert_array_equal(read.s_r, [s_r])
        np.testing.assert_array_equal(read.std, [std])
    assert read_scattering(scattering_frame([2.0], q, s_r).to_numpy(), q=q).std is None


def test_materials_differ_by_their_standard_deviations_too():
    q, s_r, stds = [1.0, 2.0], [0.1, 0.2], ([0.3, 0.4], [0.3, 0.5])
    X = pd.concat([scattering_frame([2.0, 3.0], q, s_r, std=std) for std in stds])
    read = read_scattering(X.to_numpy(), list(X.columns))
    np.testing.assert_array_equal(read.s_r[read.material], [s_r] * 4)
    np.testing.assert_array_equal(read.std[read.material], [stds[0], stds[0], stds[1], stds[1]])


@pytest.mark.parametrize(
    "model",
    [
        FourierRegressor(number_density=0.034),
        FourierRegressor(calibrate=True),
        WTRDFRegressor(solver=Adam(max_iter=2)),
    ],
    ids=lambda model: type(model).__name__,
)
def test_other_models_ignore_standard_deviations(model):
    glasses = load_ag_ge_se([0, 25])
    spread = np.linspace(0.1, 2.0, glasses.q.size)
    plain, weighed = (
        pd.concat(
            scattering_frame(glasses.r, glasses.q, s_r, std=std) for s_r, std in zip(glasses.s_r, stds, strict=True)
        )
        for stds in ((None, None), (spread, spread[::-1]))
    )
    expected = clone(model).fit(plain, glasses.target).predict(plain)
    np.testing.assert_array_equal(clone(model).fit(weighed, glasses.target).predict(weighed), expected)
    assert set(read_material(weighed)[:58]).isdisjoint(read_material(weighed)[58:])
    np.testing.assert_array_equal(read_material(weighed), read_material(plain))


def test_column_names_have_the_shortest_digits():
    X = scattering_frame([2.0], [0.1 + 0.2, 0.65, 0.7, 8.0], [1, 2, 3, 4])
    assert list(X.columns) == ["r", "S_R(0.30000000000000004)", "S_R(0.65)", "S_R(0.7)", "S_R(8)"]


def test_stacked_frames_hold_each_material_once(rng):
    q, s_r = [1.0, 2.0, 3.0], rng.normal(size=(2, 3))
    frames = [scattering_frame(r, q, s) for r, s in zip(([2.0, 3.0], [2.5]), s_r, strict=True)]
    X = pd.concat(frames, ignore_index=True).iloc[[2, 0, 1]]
    read = read_scattering(X.to_numpy(), list(X.columns))
    np.testing.assert_array_equal(read.r, [2.5, 2.0, 3.0])
    np.testing.assert_array_equal(read.s_r[read.material], s_r[[1, 0, 0]])
    assert read.s_r.shape == (2, 3)


def test_zero_and_negative_zero_are_the_same_material():
    X = np.array([[2.0, 0.0, 1.0], [3.0, -0.0, 1.0], [3.0, 5.0, 1.0]])
    assert read_scattering(X, q=(1, 2)).s_r.shape == (2, 2)


def test_plain_array_takes_the_grid_or_its_two_ends():
    X = np.array([[2.0, 1.0, 2.0, 3.0]])
    np.testing.assert_array_equal(read_scattering(X, q=(1, 2)).q, [1, 1.5, 2])
    np.testing.assert_array_equal(read_scattering(X, q=[1, 1.2, 2]).q, [1, 1.2, 2])
    constant = read_scattering(X[:, :2], q=(1, 2))
    np.testing.assert_array_equal(constant.q, [1, 2])
    np.testing.assert_array_equal(constant.s_r, [[1, 1]])


def test_q_takes_precedence_over_column_names(ge_se):
    read = read_scattering(ge_se.data.to_numpy(), list(ge_se.data.columns), q=(1, 2))
    np.testing.assert_array_equal(read.q, np.linspace(1, 2, 148))


def test_r_alone_with_s_r_has_the_contents_of_the_frame(ge_se):
    frame = read_scattering(ge_se.data.to_numpy(), list(ge_se.data.columns))
    alone = read_scattering(ge_se.r[:, None], ["r"], q=ge_se.q, s_r=ge_se.s_r)
    assert [pattern.digest for pattern in frame.patterns] == [pattern.digest for pattern in alone.patterns]
    for name in ("r", "q", "material"):
        np.testing.assert_array_equal(getattr(frame, name), getattr(alone, name))


@pytest.mark.parametrize(
    ("X", "names", "arguments", "message"),
    [
        ([[1.0]], None, {}, "X has 1 feature"),
        ([[1.0]], None, {"s_r": [1.0, 2.0]}, "q is missing"),
        ([[1.0, 2.0, 3.0]], None, {}, "q is missing"),
        ([[1.0, 2.0, 3.0]], None, {"q": [1.0, 2.0], "s_r": [1.0, 2.0]}, "s_r is given, so X must be r alone"),
        ([[1.0, 2.0, 3.0, 4.0]], None, {"q": [1.0, 2.0, 3.0, 4.0]}, "q and S_R differ in length"),
        ([[1.0, 2.0, 3.0]], None, {"q": (2.0, 1.0)}, "q must be strictly increasing"),
        ([[1.0, 2.0, 3.0]], ["r", "S_R(2)", "S_R(1)"], {}, "q must be strictly increasing"),
        ([[1.0, 2.0, 3.0]], ["S_R(1)", "S_R(2)", "S_R(3)"], {}, "no column 'r'"),
        ([[1.0, 2.0, 3.0]], ["R", "S_R(2)", "S_R(3)"], {}, "no column 'r'"),
        ([[1.0, 2.0, 3.0]], ["r", "S_R(1)", "x"], {}, r"neither r, number_density, S_R\(q\) nor std\(q\): 'x'"),
        ([[1.0] * 5], ["r", "S_R(1)", "S_R(2)", "std(2)", "std(1)"], {}, "for each S_R.q., in the same order"),
        ([[1.0] * 4], ["r", "S_R(1)", "S_R(2)", "std(1)"], {}, "a column std.q. for each S_R.q."),
        ([[1.0] * 5], ["r", "S_R(1)", "S_R(2)", "std(1)", "std(3)"], {}, "a column std.q. for each S_R.q."),
        ([[1.0] * 5], ["r", "S_R(1)", "S_R(2)", "std(1)", "std(two)"], {}, "'two' is no q"),
        ([[1.0] * 5], ["r", "S_R(1)", "S_R(2)", "std(1)", "Std(2)"], {}, "neither .* 'Std.2.'"),
        ([[1.0, 1.0, 1.0, 1.0, 0.0]], ["r", "S_R(1)", "S_R(2)", "std(1)", "std(2)"], {}, "std must be positive, got 0"),
        ([[1.0] * 3], ["r", "std(1)", "std(2)"], {}, "a column std.q. for each S_R.q."),
        ([[1.0, 2.0, 3.0]], ["r", "S_R(1)", "S_R(two)"], {}, "'two' is no q"),
        ([[1.0, 2.0]], ["r", "number_density"], {}, "S_R.q. is missing"),
        ([[1.0]], ["r"], {"q": [1.0, 2.0], "s_r": [1.0, np.nan]}, "s_r must be finite"),
        ([[-1.0, 1.0, 2.0]], ["r", "S_R(1)", "S_R(2)"], {}, "r must not be negative, got -1 Å in X"),
        ([[-1.0]], ["r"], {"q": [1.0, 2.0], "s_r": [1.0, 2.0]}, "r must not be negative"),
        ([[1.0]], ["r"], {"q": [1.0, 2.0], "s_r": [[1.0, 2.0]]}, "s_r must be one-dimensional"),
        ([[1.0]], ["r"], {"q": [1.0, 2.0, 3.0], "s_r": [1.0, 2.0]}, "q and S_R differ in length"),
    ],
)
def test_the_error_of_an_unreadable_x_names_the_cause(X, names, arguments, message):
    with pytest.raises(ValueError, match=message):
        read_scattering(np.array(X), names, **arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"r": [2.0, -0.1]}, "r must not be negative"),
        ({"r": [2.0, np.inf]}, "r must be finite"),
        ({"q": [2.0, 1.0]}, "q must be strictly increasing"),
        ({"q": [1.0, 1.0]}, "q must be strictly increasing"),
        ({"q": [1.0, 2.0, 3.0]}, "s_r must have one value for each of the 3 points"),
        ({"s_r": [[1.0, 2.0]]}, "s_r must be one material's"),
        ({"s_r": [np.nan, 2.0]}, "s_r must be finite"),
        ({"number_density": 0.0}, "number_density must be a positive"),
        ({"number_density": np.nan}, "number_density must be a positive"),
        ({"number_density": [0.03]}, "number_density must be a positive"),
        ({"std": [0.1]}, "std must have one value for each of the 2 points of q"),
        ({"std": 0.1}, "std must have one value for each of the 2 points of q"),
        ({"std": [0.1, 0.0]}, "std must be positive, got 0: leave out points of q"),
        ({"std": [0.1, -1.0]}, "std must be positive, got -1"),
        ({"std": [0.1, np.nan]}, "std must be finite"),
    ],
)
def test_scattering_frame_names_bad_input(change, message):
    arguments = {"r": [2.0, 3.0], "q": [1.0, 2.0], "s_r": [0.1, 0.2]}
    with pytest.raises(ValueError, match=message):
        scattering_frame(**arguments | change)


def test_r_and_material_are_read_from_frames_arrays_and_r_alone(ge_se):
    X = pd.concat([ge_se.data, ge_se.data.assign(**{"S_R(8)": 0.5})])
    for data in (X, X.to_numpy(), X.assign(number_density=0.03)):
        np.testing.assert_array_equal(read_r(data), X["r"])
        material = read_material(data)
        assert len(set(material[:58])) == len(set(material[58:])) == 1
        assert material[0] != material[58]
    assert set(read_material(X[["r"]])) == {0}


class Table:
    """A table of a library other than pandas, such as polars."""

    def __init__(self, X):
        self.X, self.columns = X, list(X.columns)

    def __len__(self):
        return len(self.X)

    def __getitem__(self, names):
        return self.X[names].to_numpy()


def test_r_and_material_are_read_by_name_from_any_table(ge_se):
    X = pd.concat([ge_se.data, ge_se.data.assign(**{"S_R(8)": 0.5})])
    X = X.assign(number_density=np.arange(len(X)))[[*X.columns[1:], "number_density", "r"]]
    np.testing.assert_array_equal(read_r(Table(X)), X["r"])
    np.testing.assert_array_equal(read_material(Table(X)), read_material(X))
    assert set(read_material(Table(X[["r"]]))) == {0}


LOST = r'set_output\(transform="pandas"\); or, as for bagging and plain arrays, give the model q='


@pytest.mark.parametrize("model", [FourierRegressor(number_density=0.034), WTRDFRegressor(), InversionRegressor()])
@pytest.mark.parametrize(
    ("wrap", "message"),
    [
        (lambda model: make_pipeline(FunctionTransformer(np.asarray), model), LOST),
        (lambda model: BaggingRegressor(model, n_estimators=1), LOST),
        (
            lambda model: make_pipeline(
                ColumnTransformer([("same", "passthrough", slice(None))]).set_output(transform="pandas"), model
            ),
            "verbose_feature_names_out=False",
        ),
        (
            lambda model: make_pipeline(StandardScaler().set_output(transform="pandas"), model),
            "give distances in Å as they are, not centred or scaled",
        ),
    ],
    ids=["array", "bagging", "prefixes", "scaled"],
)
def test_columns_changed_by_a_transformer_are_reported(ge_se, model, wrap, message):
    with pytest.raises(ValueError, match=message):
        wrap(model).fit(ge_se.data, ge_se.target)


def test_a_negative_distance_is_refused_by_predict_too(ge_se):
    model = FourierRegressor(number_density=0.034).fit(ge_se.data, ge_se.target)
    with pytest.raises(ValueError, match="r must not be negative"):
        model.predict(ge_se.data.assign(r=-ge_se.r))
