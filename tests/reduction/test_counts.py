import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_wtrdf.reduction.counts import rebin, without_outliers


@given(slope=st.floats(-5, 5), height=st.floats(10, 1e3))
def test_bins_preserve_a_straight_line(slope, height):
    x = np.linspace(0.9, 6.1, 700)
    grid = np.arange(10, 61) * 0.1
    values, variance = rebin(x, height + slope * x, None, grid)
    np.testing.assert_allclose(values, height + slope * grid, rtol=1e-9, atol=1e-9)
    assert (variance >= 0).all()


def test_the_variance_of_bins_is_that_of_counts(rng):
    x, grid = np.linspace(0.95, 6.05, 20_000), np.arange(10, 61) * 0.1
    counts = rng.poisson(1e4, x.size).astype(float)
    values, result = rebin(x, counts, None, grid)
    given_variance = rebin(x, counts, counts, grid)[1]
    np.testing.assert_allclose(result, given_variance, rtol=0.1)
    assert np.mean((values - 1e4) ** 2 / given_variance) == pytest.approx(1, abs=0.5)


def test_few_points_are_interpolated():
    x, grid = np.array([1.0, 2.0, 3.0]), np.array([1.5, 2.0, 2.5])
    values, variance = rebin(x, np.array([2.0, 4.0, 6.0]), np.array([1.0, 1.0, 3.0]), grid)
    np.testing.assert_allclose(values, [3, 4, 5])
    np.testing.assert_allclose(variance, [1, 1, 2])


def test_the_variance_of_two_points_is_0():
    values, variance = rebin(np.array([1.0, 2.0]), np.array([2.0, 4.0]), None, np.array([1.0, 2.0]))
    np.testing.assert_allclose(values, [2, 4])
    np.testing.assert_array_equal(variance, [0, 0])


DENSE = np.arange(600) * 0.01 + 0.5


def oscillating_counts(rng, level):
    return rng.poisson(level * (2 + np.sin(5 * DENSE) * np.exp(-DENSE / 2))).astype(float)


@pytest.mark.parametrize("unit", [1.0, 1e-25])
@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("factor", [0.0, 0.5, 1.5, 2.0, 10.0, 1e6])
@pytest.mark.parametrize("place", [0, 1, 2, 300, 598, 599])
def test_a_wrong_count_is_replaced_by_what_its_neighbours_predict(rng, factor, place, known, unit):
    true = unit * oscillating_counts(rng, 10_000)
    wrong = true.copy()
    wrong[place] *= factor
    replaced, outlying = without_outliers(DENSE, wrong, unit * wrong if known else None)
    np.testing.assert_array_equal(np.flatnonzero(outlying), [place])
    np.testing.assert_array_equal(np.delete(replaced, place), np.delete(true, place))
    assert replaced[place] == pytest.approx(true[place], rel=0.1)


@pytest.mark.parametrize("apart", [1, 2, 4, 5, 7, 20])
@pytest.mark.parametrize("factors", [(2, 2), (2, 0), (10, 3), (0, 0)])
def test_two_wrong_counts_do_not_hide_each_other(rng, apart, factors):
    wrong, places = oscillating_counts(rng, 10_000), [300, 300 + apart]
    wrong[places] *= factors
    np.testing.assert_array_equal(np.flatnonzero(without_outliers(DENSE, wrong, None)[1]), places)


@pytest.mark.parametrize("level", [0.02, 0.3, 3, 100, 1e4, 1e7])
def test_counting_statistics_cause_no_outliers(rng, level):
    for _ in range(30):
        counts = oscillating_counts(rng, level)
        for known in (None, counts):
            for step in (1, 4, 14):
                variance = None if known is None else known[::step]
                assert not without_outliers(DENSE[::step], counts[::step], variance)[1].any()


@pytest.mark.parametrize("form", ["Gauss", "Lorentz"])
@pytest.mark.parametrize("width", [3, 5, 10, 40])
@pytest.mark.parametrize("height", [0.3, 10, 1e4])
def test_sharp_maxima_are_no_outliers(rng, form, width, height):
    at, middles = np.arange(DENSE.size), np.arange(30, 570, 60) + 3 * rng.random(9)
    u = (at[:, None] - middles) / width
    peaks = (2.0 ** -(4 * u**2) if form == "Gauss" else 1 / (1 + 4 * u**2)).sum(axis=1)
    for level in (30, 3e3, 3e5):
        assert not without_outliers(DENSE, rng.poisson(level * (1 + height * peaks)).astype(float), None)[1].any()
    assert not without_outliers(DENSE, 1 + height * peaks, None)[1].any()  # nor without noise


@given(st.lists(st.floats(-1e30, 1e30), min_size=2, max_size=40), st.data())
def test_for_any_numbers_only_outliers_are_replaced(counts, data):
    steps = data.draw(st.lists(st.floats(1e-6, 0.2), min_size=len(counts), max_size=len(counts)))
    counts = np.array(counts)
    replaced, outlying = without_outliers(np.cumsum(steps), counts, None)
    np.testing.assert_array_equal(replaced[~outlying], counts[~outlying])
    assert np.isfinite(replaced).all()


@pytest.mark.parametrize("counts", [np.zeros(50), np.full(50, 7.0), np.arange(50.0), np.arange(50) % 2 * 3.0])
def test_counts_without_noise_have_no_outliers(counts):
    assert not without_outliers(0.01 * np.arange(50), counts, None)[1].any()
