import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_wtrdf import intensity_frame
from sklearn_wtrdf.scattering.scan import read_scans

R = [2.0, 2.5]
grids = st.lists(st.floats(0, 100), min_size=2, max_size=12, unique=True).map(sorted)
counts, stds = st.just(0.0) | st.floats(1, 1e9), st.just(0.0) | st.floats(1e-9, 1)


@given(x=grids, axis=st.sampled_from(["2theta", "q"]), with_std=st.booleans(), data=st.data())
def test_a_frame_gives_back_every_float(x, axis, with_std, data):
    def drawn(values):
        return data.draw(st.lists(values, min_size=len(x), max_size=len(x)).filter(lambda drawn: max(drawn) > 0))

    intensity, std = drawn(counts), drawn(stds) if with_std else None
    X = intensity_frame(R, x, intensity, std, axis=axis)
    read = read_scans(X.to_numpy(), list(X.columns))
    assert read.axis == axis
    np.testing.assert_array_equal(read.r, R)
    np.testing.assert_array_equal(read.x, x)
    np.testing.assert_array_equal(read.intensity, [intensity])
    np.testing.assert_array_equal(read.scan, [0, 0])
    if with_std:
        np.testing.assert_array_equal(read.std, [std])
    else:
        assert read.std is None


def test_stacked_frames_hold_each_scan_once(rng):
    x, scans = [10.0, 20.0, 30.0], rng.poisson(100, (2, 3))
    X = pd.concat([intensity_frame(R, x, counted) for counted in scans], ignore_index=True).iloc[[3, 0, 2, 1]]
    read = read_scans(X.to_numpy(), list(X.columns))
    assert read.intensity.shape == (2, 3)
    np.testing.assert_array_equal(read.intensity[read.scan], scans[[1, 0, 1, 0]])
    np.testing.assert_array_equal(read.r, [2.5, 2.0, 2.0, 2.5])


def test_scans_differ_by_their_standard_deviations_too():
    X = pd.concat([intensity_frame(R, [10, 20], [5, 6], std) for std in ([1, 2], [1, 3])])
    read = read_scans(X.to_numpy(), list(X.columns))
    np.testing.assert_array_equal(read.std[read.scan], [[1, 2], [1, 2], [1, 3], [1, 3]])


def test_columns_may_be_in_another_order():
    X = intensity_frame(R, [10, 20], [5, 6], [1, 2])
    names = ["std(2theta=10)", "std(2theta=20)", "I(2theta=10)", "I(2theta=20)", "r"]
    read = read_scans(X[names].to_numpy(), names)
    np.testing.assert_array_equal(read.intensity, [[5, 6]])
    np.testing.assert_array_equal(read.std, [[1, 2]])
    np.testing.assert_array_equal(read.r, R)


def test_an_array_without_names():
    X = np.array([[2.0, 5, 6, 7], [2.5, 5, 6, 7]])
    for x in ([10, 20, 30], (10, 30)):
        read = read_scans(X, x=x)
        np.testing.assert_array_equal(read.x, [10, 20, 30])
        np.testing.assert_array_equal(read.intensity, [[5, 6, 7]])
        assert read.axis == "2theta"
    assert read_scans(X, ["a", "b", "c", "d"], x=(1, 3), axis="q").axis == "q"  # names that say nothing


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1.0]], [1, 2], [1, 2]), "r must be"),
        (([-1.0], [1, 2], [1, 2]), "r must"),
        (([2.0], [1, 2, 3], [1, 2]), "intensity must have one finite value for each of the 3 points of x"),
        (([2.0], [1, 2], ["many", 3]), "intensity must be an array of numbers"),
        (([2.0], ["low", "high"], [1, 2]), "x must be an array of numbers"),
        (([2.0], [1, 2], [1, np.nan]), "intensity must have one finite value"),
        (([2.0], [1, 2], [0, -1]), "intensity must be positive somewhere; its largest value is 0"),
        (([2.0], [1, 2], [1, 2], [1, np.inf]), "std must have one finite value"),
        (([2.0], [1, 2], [1, 2], [1, -1]), "std must not be negative, got -1"),
        (([2.0], [2, 1], [1, 2]), r"x must increase, got 2 then 1: sort it"),
        (([2.0], [1, 1], [1, 2]), r"x must increase, got 1 then 1: .* merge equal points"),
        (([2.0], [1], [1]), "x must be one-dimensional, of two finite points or more"),
        (([2.0], [1, np.nan], [1, 2]), "x must be one-dimensional"),
        (([2.0], [-1, 1], [1, 2]), "x must be from 0 to 180 degrees of 2θ, got -1 to 1"),
        (([2.0], [1, 181], [1, 2]), "x must be from 0 to 180 degrees of 2θ, got 1 to 181"),
    ],
)
def test_bad_scans(arguments, message):
    with pytest.raises(ValueError, match=message):
        intensity_frame(*arguments)


def test_bad_axes():
    with pytest.raises(ValueError, match="axis must be one of '2theta', 'q', got 'theta'"):
        intensity_frame(R, [1, 2], [1, 2], axis="theta")
    with pytest.raises(ValueError, match=r"x must be from 0 to 100 Å⁻¹"):
        intensity_frame(R, [1, 101], [1, 2], axis="q")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["r", "I(2theta=10)", "I(2theta=20)", "density"], "neither r, I.* nor std.*: 'density'"),
        (["R", "I(2theta=10)", "I(2theta=20)", "I(2theta=30)"], "neither r, I.*: 'R'"),
        (["I(2theta=5)", "I(2theta=10)", "I(2theta=20)", "I(2theta=30)"], "X has no column 'r'"),
        (["r", "I(2theta=10)", "I(q=20)", "I(q=30)"], "over one axis"),
        (["r", "I(q=10)", "I(q=20)", "std(q=10)"], "for each of them or for none"),
        (["r", "I(q=10)", "std(q=20)", "std(q=30)"], "for each of them or for none"),
        (["r", "std(q=10)", "std(q=20)", "std(q=30)"], "for each of them or for none"),
        (["r", "I(q=10)", "I(q=ten)", "I(q=30)"], r"X: its columns I\(q=\.\.\.\) are no grid"),
        (["r", "I(q=10)", "I(q=30)", "I(q=20)"], r"are no grid: x must increase"),
    ],
)
def test_bad_columns(names, message):
    with pytest.raises(ValueError, match=message):
        read_scans(np.ones((1, 4)), names)


def test_bad_arrays():
    with pytest.raises(ValueError, match=r"1 feature.*no intensities: build X by intensity_frame"):
        read_scans(np.ones((2, 1)))
    with pytest.raises(ValueError, match="x is missing"):
        read_scans(np.ones((2, 3)))
    with pytest.raises(ValueError, match="x must be the 3 points of the intensities or their two ends, got 4"):
        read_scans(np.ones((2, 4)), x=[1, 2, 3, 4])
    with pytest.raises(ValueError, match="x must be an array of numbers"):
        read_scans(np.ones((2, 4)), x=["low", "high"])
    with pytest.raises(ValueError, match="x must increase"):
        read_scans(np.ones((2, 4)), x=[3, 2, 1])
