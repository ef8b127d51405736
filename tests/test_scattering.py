import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_wtrdf import scattering_frame
from sklearn_wtrdf.scattering import read_material, read_r, read_scattering

finite = st.floats(-1e6, 1e6)
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


def test_zero_and_negative_zero_are_one_material():
    X = np.array([[2.0, 0.0, 1.0], [3.0, -0.0, 1.0], [3.0, 5.0, 1.0]])
    assert read_scattering(X, q=(1, 2)).s_r.shape == (2, 2)


def test_plain_array_takes_the_grid_or_its_two_ends():
    X = np.array([[2.0, 1.0, 2.0, 3.0]])
    np.testing.assert_array_equal(read_scattering(X, q=(1, 2)).q, [1, 1.5, 2])
    np.testing.assert_array_equal(read_scattering(X, q=[1, 1.2, 2]).q, [1, 1.2, 2])
    constant = read_scattering(X[:, :2], q=(1, 2))
    np.testing.assert_array_equal(constant.q, [1, 2])
    np.testing.assert_array_equal(constant.s_r, [[1, 1]])


def test_q_wins_over_column_names(ge_se):
    read = read_scattering(ge_se.data.to_numpy(), list(ge_se.data.columns), q=(1, 2))
    np.testing.assert_array_equal(read.q, np.linspace(1, 2, 148))


def test_r_alone_with_s_r_reads_as_the_frame_does(ge_se):
    frame = read_scattering(ge_se.data.to_numpy(), list(ge_se.data.columns))
    alone = read_scattering(ge_se.r[:, None], ["r"], q=ge_se.q, s_r=ge_se.s_r)
    for left, right in zip(frame, alone, strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize(
    ("X", "names", "arguments", "message"),
    [
        ([[1.0]], None, {}, "X has 1 feature"),
        ([[1.0]], None, {"s_r": [1.0, 2.0]}, "q is missing"),
        ([[1.0, 2.0, 3.0]], None, {}, "q is missing"),
        ([[1.0, 2.0, 3.0]], None, {"q": [1.0, 2.0], "s_r": [1.0, 2.0]}, "s_r is given, so X must hold r alone"),
        ([[1.0, 2.0, 3.0, 4.0]], None, {"q": [1.0, 2.0, 3.0, 4.0]}, "q and S_R differ in length"),
        ([[1.0, 2.0, 3.0]], None, {"q": (2.0, 1.0)}, "q must be strictly increasing"),
        ([[1.0, 2.0, 3.0]], ["r", "S_R(2)", "S_R(1)"], {}, "q must be strictly increasing"),
        ([[1.0, 2.0, 3.0]], ["S_R(1)", "S_R(2)", "S_R(3)"], {}, "no column 'r'"),
        ([[1.0, 2.0, 3.0]], ["r", "S_R(1)", "x"], {}, "columns that are neither r, number_density nor S_R.*'x'"),
        ([[1.0, 2.0, 3.0]], ["r", "S_R(1)", "S_R(two)"], {}, "'two' is no q"),
        ([[1.0, 2.0]], ["r", "number_density"], {}, "S_R.q. is missing"),
        ([[1.0]], ["r"], {"q": [1.0, 2.0], "s_r": [1.0, np.nan]}, "s_r must be finite"),
        ([[1.0]], ["r"], {"q": [1.0, 2.0], "s_r": [[1.0, 2.0]]}, "s_r must be one-dimensional"),
        ([[1.0]], ["r"], {"q": [1.0, 2.0, 3.0], "s_r": [1.0, 2.0]}, "q and S_R differ in length"),
    ],
)
def test_what_cannot_be_read_is_named(X, names, arguments, message):
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
