import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_wtrdf import coordination_numbers, find_peaks, peak_mask, peak_positions, peak_table, peak_windows
from sklearn_wtrdf.maxima import find_maxima
from sklearn_wtrdf.peaks import measure_peaks, shells

heights = st.lists(st.integers(-3, 6), min_size=1, max_size=25)


def gaussian(r, *peaks):
    return sum(height * np.exp(-(((r - centre) / width) ** 2) / 2) for centre, height, width in peaks)


def test_the_papers_bins(ge_se):
    np.testing.assert_array_equal(find_peaks(ge_se.r, ge_se.target), [4, 29])
    np.testing.assert_array_equal(np.flatnonzero(peak_mask(ge_se.r, ge_se.target)), [4, 29])
    windows = peak_windows(ge_se.r, ge_se.target)
    for (low, high), k in zip(windows, [4, 29], strict=True):
        assert low < ge_se.r[k] < high
    np.testing.assert_array_equal(peak_mask(ge_se.r, ge_se.target, windows), peak_mask(ge_se.r, ge_se.target))


@given(st.floats(2.2, 2.8), st.floats(1.5, 1.7), st.floats(0.08, 0.14), st.floats(0, 0.05))
def test_positions_of_gaussian_shells_are_recovered(first, ratio, width, shift):
    r = np.arange(1.5 + shift, 6, 0.05)
    g = gaussian(r, (first, 5, width), (first * ratio, 2, 2 * width))
    np.testing.assert_allclose(peak_positions(r, g), [first, first * ratio], atol=0.005)


@given(st.floats(1, 3), st.floats(-0.9, 0.9), st.floats(0.1, 5))
def test_a_parabola_on_an_uneven_grid_is_refined_exactly(centre, shift, curvature):
    r = centre + np.array([-1.5, -0.7, 0.1, 1.2]) * 0.1
    vertex = r[2] + shift * 0.03
    position = peak_positions(r, -curvature * (r - vertex) ** 2, peaks=[(0, 5)])
    assert position[0] == pytest.approx(vertex, abs=1e-9)


@given(heights, st.randoms(use_true_random=False), st.data())
def test_order_and_repetition_of_rows_change_nothing(g, random, data):
    r, g = 2 + 0.1 * np.arange(len(g)), np.array(g, dtype=float)
    rows = data.draw(st.lists(st.integers(0, len(g) - 1), max_size=10)) + list(range(len(g)))
    random.shuffle(rows)
    np.testing.assert_array_equal(peak_mask(r[rows], g[rows]), peak_mask(r, g)[rows])


@given(heights)
def test_a_peak_is_a_maximum_the_smaller_r_of_equal_ones_and_never_an_end(g):
    r, g = np.arange(len(g), dtype=float), np.array(g, dtype=float)
    for k in find_peaks(r, g):
        assert 0 < k < len(g) - 1
        assert g[k - 1] < g[k] >= g[k + 1]


def test_a_tie_goes_to_the_smaller_r():
    r = np.arange(6.0)
    np.testing.assert_array_equal(find_peaks(r, [0, 5, 4.9, 5, 0, 0]), [1])
    np.testing.assert_array_equal(find_peaks(r, [0, 5, 5, 5, 0, 0]), [1])
    np.testing.assert_array_equal(np.flatnonzero(peak_mask(r[::-1], [0, 0, 5, 4, 5, 0], [(0, 6)])), [4])


@pytest.mark.parametrize("g", [[], [1.0, 2.0], [1.0, 1.0, 1.0, 1.0], [1.0, 2.0, 3.0, 4.0]])
def test_curves_without_a_maximum_have_no_peak(g):
    r = np.arange(float(len(g)))
    assert find_peaks(r, g).size == 0
    assert peak_windows(r, g) == []
    assert not peak_mask(r, g).any()


def test_ripples_are_no_peaks():
    r = np.arange(1.5, 6, 0.05)
    g = gaussian(r, (2.4, 5, 0.1), (3.9, 2, 0.2)) + 0.2 * np.sin(12 * r)
    np.testing.assert_allclose(r[find_peaks(r, g)], [2.4, 3.9], atol=0.1)


def test_each_group_has_peaks_of_its_own(ge_se):
    other = gaussian(ge_se.r, (ge_se.r[12], 4, 0.1), (ge_se.r[40], 2, 0.2))
    mask = peak_mask(np.tile(ge_se.r, 2), np.append(ge_se.target, other), groups=np.repeat(["one", "two"], 58))
    np.testing.assert_array_equal(np.flatnonzero(mask), [4, 29, 58 + 12, 58 + 40])


def test_a_window_without_rows_has_no_peak():
    r, g = [2.0, 2.1, 2.2], [1.0, 2.0, 1.0]
    assert not peak_mask(r, g, [(3.0, 4.0)]).any()
    np.testing.assert_array_equal(peak_positions(r, g, [(3.0, 4.0), (2.0, 2.2)]), [np.nan, 2.1])


@pytest.mark.parametrize("peaks", [[(2.6, 2.2)], [2.2, 2.6], [], [(2.2, np.nan)], [(1, 2, 3)], [(1, 2), (3,)], "ab"])
def test_bad_windows_are_named(peaks):
    with pytest.raises(ValueError, match="peaks must be"):
        peak_mask([2.0, 2.3], [1.0, 2.0], peaks)


@pytest.mark.parametrize(("r", "g"), [([1.0, 2.0], [1.0]), ([[1.0]], [[1.0]]), ([1.0, np.nan], [1.0, 2.0])])
def test_bad_curves_are_named(r, g):
    with pytest.raises(ValueError, match="r and g must be"):
        find_peaks(r, g)


def test_groups_of_another_length_are_named():
    with pytest.raises(ValueError, match="groups must have one label"):
        peak_mask([1.0, 2.0], [1.0, 2.0], groups=[1])


def test_coordination_numbers_are_the_neighbours_that_were_put_in():
    r, density = np.arange(1.0, 6, 0.005), 0.035

    def shell(distance, width, number):
        bell = np.exp(-(((r - distance) / width) ** 2) / 2) / (np.sqrt(2 * np.pi) * width)
        return number * bell / (4 * np.pi * density * r**2)

    g = shell(2.4, 0.1, 3.0) + shell(4.0, 0.15, 9.0)
    np.testing.assert_allclose(coordination_numbers(r, g, density), [3, 9], rtol=1e-4)
    np.testing.assert_allclose(coordination_numbers(r[::-1], g[::-1], density), [3, 9], rtol=1e-4)
    np.testing.assert_allclose(coordination_numbers(r, g, density, [(2.4, 3.0), (1, 9)]), [1.5, 12], rtol=1e-3)


@given(sharp=st.floats(0.03, 0.2), second=st.floats(6, 12))
def test_a_sharp_bond_does_not_hide_the_next_shell(sharp, second):
    # With X-rays the bond of silica is 15 high, and the next shell, of oxygen, 2: too low for a peak relative to the
    # range of g.
    r, density = np.arange(0.01, 10, 0.005), 0.066
    g = sum(
        neighbours / (4 * np.pi * density * r**2) * np.exp(-(((r - at) / width) ** 2) / 2) / width / np.sqrt(2 * np.pi)
        for neighbours, at, width in ((3, 1.6, sharp), (second, 2.9, 0.2))
    )
    g += 1 / (1 + np.exp(-(r - 4.5) / 0.1))
    (low, high), *_ = shells(r, g)
    assert low == r[0]
    assert 1.6 + 2 * sharp < high < 2.9 - 1.5 * 0.2
    assert coordination_numbers(r, g, density)[0] == pytest.approx(3, rel=0.02)


def test_shells_share_the_lowest_point_between_two_peaks(ge_se):
    (low, middle), (same, high) = shells(ge_se.r, ge_se.target)
    assert low == ge_se.r[0]
    assert middle == same == ge_se.r[8]  # 2.577 Å, −0.24
    assert high > 4.5
    assert shells([1.0, 2.0], [0.0, 1.0]) == []
    assert coordination_numbers([1.0, 2.0], [0.0, 1.0], 0.03).size == 0
    with pytest.raises(ValueError, match="number_density"):
        coordination_numbers([1.0, 2.0], [0.0, 1.0], -1.0)


def test_the_peak_table_measures_a_gaussian_and_its_uncertainty():
    r, at, sigma, height, std, q_max, density = np.arange(1, 6, 0.02), 2.413, 0.25, 4.0, 0.02, 12.0, 0.034
    g = height * np.exp(-(((r - at) / sigma) ** 2) / 2)
    table = peak_table(r[::-1], g[::-1], number_density=density, std=np.full(r.size, std), q_max=q_max)
    first = table.iloc[0]
    assert len(table) == 1
    assert first["position"] == pytest.approx(at, abs=1e-4)
    assert first["height"] == pytest.approx(height, rel=1e-3)
    assert first["width"] == pytest.approx(2 * np.sqrt(2 * np.log(2)) * sigma, rel=1e-3)
    shell = (first["r_low"], first["r_high"])
    assert first["coordination"] == coordination_numbers(r, g, density, [shell])[0]

    # A slope ε' of the noise moves the top by ε' / |g''|; the variance of ε' is std² / length².
    length, curvature = np.pi / q_max, height / sigma**2
    kernel = np.exp(-(((r[:, None] - r) / length) ** 2) / 2)
    weights = 4 * np.pi * density * r**2 * 0.02 * ((r >= shell[0]) & (r <= shell[1]))
    expected = {
        "position": std / length / curvature,
        "height": std,
        "coordination": std * np.sqrt(weights @ kernel @ weights),
    }
    for name, spread in expected.items():
        half = (first[f"{name}_high"] - first[f"{name}_low"]) / 2
        assert half == pytest.approx(1.645 * spread, rel=0.15), name
    assert 0 < first["width_high"] - first["width_low"] < 0.1


def test_neighbours_of_a_drawn_curve_are_counted_up_to_its_own_minimum():
    r, density, moved = np.arange(0.01, 8, 0.01), 0.03, 0.04

    def curve(r):  # a liquid, whose g is far from 0 at the first minimum
        beyond = np.maximum(r - 2.5, 0.0)
        return np.where(r > 2.5, 1 - np.cos(2.2 * beyond) * np.exp(-beyond / 2), 0.0)

    g, draws = curve(r), [curve(r - moved), curve(r + moved)]
    [first] = measure_peaks(find_maxima(r, g), np.array(draws), density, n_peaks=1, resolution=0.2)
    half = (first["coordination_high"] - first["coordination_low"]) / 2

    def expected(ends):
        numbers = [
            coordination_numbers(r, draw, density, [(0.01, end)])[0] for draw, end in zip(draws, ends, strict=True)
        ]
        return 1.645 * np.sqrt(np.mean((np.array(numbers) - first["coordination"]) ** 2))

    end = first["r_high"]
    assert half == pytest.approx(expected([end + moved, end - moved]), rel=0.02)
    assert half != pytest.approx(expected([end, end]), rel=0.5)


def test_neighbours_of_a_drawn_curve_are_counted_with_its_density():
    r = np.arange(0.01, 8, 0.01)
    g = np.where(r > 2.5, 1 - np.cos(2.2 * np.maximum(r - 2.5, 0.0)) * np.exp(-np.maximum(r - 2.5, 0.0) / 2), 0.0)
    densities = 0.03 * np.array([0.95, 1.05, 1.1])
    [first] = measure_peaks(find_maxima(r, g), np.tile(g, (3, 1)), 0.03, n_peaks=1, densities=densities, resolution=0.2)
    expected = 1.645 * np.sqrt(np.mean((densities / 0.03 - 1) ** 2)) * first["coordination"]
    assert first["coordination_high"] - first["coordination"] == pytest.approx(expected, rel=1e-3)


def test_a_peak_table_without_density_or_errors_leaves_their_columns_open(ge_se):
    table = peak_table(ge_se.r, ge_se.target, n_peaks=1)
    assert len(table) == 1
    assert table[["coordination", "position_low", "width_high"]].isna().all(axis=None)
    assert table[["position", "height", "width", "r_low"]].notna().all(axis=None)
    assert peak_table([1.0, 2.0, 3.0], [0.0, 0.0, 0.0]).empty


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"std": np.full(58, 0.1)}, "std and q_max come together"),
        ({"std": np.full(57, 0.1), "q_max": 8}, "std must contain 58"),
        ({"std": np.full(58, -0.1), "q_max": 8}, "not negative"),
        ({"number_density": 0.0}, "number_density"),
        ({"r": np.full(58, 2.0)}, "repeat a distance"),
    ],
)
def test_bad_input_to_the_peak_table_is_named(ge_se, change, message):
    with pytest.raises(ValueError, match=message):
        peak_table(**{"r": ge_se.r, "g": ge_se.target} | change)


DISTANCES = np.arange(1, 6, 0.05)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"r": -DISTANCES}, "r must not be negative, got -"),
        ({"r": ["first"] * DISTANCES.size}, "r must be an array of numbers"),
        ({"g": np.ma.masked_greater(DISTANCES, 5)}, "g has masked values"),
        ({"g": DISTANCES + 1j}, "g: Complex data not supported"),
        ({"n_peaks": -1}, "n_peaks must be an integer from 0"),
        ({"n_peaks": 1.5}, "n_peaks must be an integer from 0"),
        ({"n_peaks": None}, "n_peaks must be an integer from 0"),
    ],
)
def test_invalid_curves_and_numbers_of_peaks_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        peak_table(**{"r": DISTANCES, "g": np.exp(-((DISTANCES - 2) ** 2)), "n_peaks": 2} | change)
