import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_wtrdf import peak_mask, wt_rdf
from sklearn_wtrdf.datasets import load_ge_se
from sklearn_wtrdf.scattering.frame import read_scattering
from sklearn_wtrdf.wtrdf.calibration import CalibrationProblem, bounds_array, check_init, default_bounds
from sklearn_wtrdf.wtrdf.wavelet import MANUAL, PARAMETERS

GE_SE = load_ge_se()
THETA = np.array(list(MANUAL.values()))


def problem(X=GE_SE.data, y=GE_SE.target, **options):
    return CalibrationProblem(read_scattering(np.asarray(X, dtype=float), list(GE_SE.data.columns)), y, **options)


@pytest.mark.parametrize("peak_weight", [0, 0.3, 0.5, 1])
def test_loss_is_the_formula(peak_weight):
    error = np.abs(GE_SE.target - wt_rdf(GE_SE.r, GE_SE.q, GE_SE.s_r, **MANUAL))
    expected = (1 - peak_weight) * error.mean() + peak_weight * error[[4, 29]].mean()
    assert problem(peak_weight=peak_weight).loss(THETA) == pytest.approx(expected, rel=1e-12)


def test_weights_enter_both_means(rng):
    weight = rng.uniform(0.5, 2, 58)
    error = np.abs(GE_SE.target - wt_rdf(GE_SE.r, GE_SE.q, GE_SE.s_r, **MANUAL))
    mask = peak_mask(GE_SE.r, GE_SE.target)
    expected = 0.7 * np.average(error, weights=weight) + 0.3 * np.average(error[mask], weights=weight[mask])
    assert problem(peak_weight=0.3, sample_weight=weight).loss(THETA) == pytest.approx(expected, rel=1e-12)


@given(st.lists(st.integers(0, 3), min_size=58, max_size=58).filter(any), st.randoms(use_true_random=False))
def test_weights_are_repetitions_to_the_last_bit(weight, random):
    rows = np.repeat(np.arange(58), weight).tolist()
    random.shuffle(rows)
    weighted = problem(sample_weight=np.array(weight, dtype=float))
    repeated = problem(GE_SE.data.iloc[rows], GE_SE.target[rows])
    for attribute in ("r", "y", "weights", "bounds", "s_r"):
        np.testing.assert_array_equal(getattr(weighted, attribute), getattr(repeated, attribute))
    assert weighted.loss(THETA) == repeated.loss(THETA)
    np.testing.assert_array_equal(weighted.peak_mask[rows], repeated.peak_mask)


def test_peaks_are_those_of_each_material():
    X = pd.concat([GE_SE.data, GE_SE.data.assign(**{"S_R(8)": 0.5})])
    both = problem(X, np.concatenate([GE_SE.target, np.roll(GE_SE.target, 5)]))
    np.testing.assert_array_equal(np.flatnonzero(both.peak_mask), [4, 29, 58 + 9, 58 + 34])


def test_without_a_peak_the_loss_is_the_mean_absolute_error():
    rows = [8, 20, 40]
    few = problem(GE_SE.data.iloc[rows], np.array([1.0, 2.0, 3.0]), peak_weight=1.0)
    np.testing.assert_allclose(few.weights, 1 / 3)
    assert not few.peak_mask.any()


@given(st.floats(0.2, 2), st.floats(3, 17))
def test_predictions_and_jacobian_of_stacked_materials(a, b):
    s_r = np.array([GE_SE.s_r, 0.9 * GE_SE.s_r])
    X = pd.concat([GE_SE.data, GE_SE.data.iloc[:7].mul([1.0] + [0.9] * 148)])
    both = problem(X, np.concatenate([GE_SE.target, GE_SE.target[:7]]))
    theta = np.array([a, b, 0.1, 0.2, -4.0])
    r, rows = both.row_data
    curves = wt_rdf(GE_SE.r, GE_SE.q, s_r, **dict(zip(PARAMETERS, theta, strict=True)))
    for k in range(both.y.size):
        i, j = np.flatnonzero((np.abs(s_r - rows[k]) < 1e-12).all(axis=1))[0], np.flatnonzero(GE_SE.r == r[k])[0]
        assert both.predict(theta)[k] == pytest.approx(curves[i, j], rel=1e-9, abs=1e-12)
    predicted, jacobian = both.linearize(theta)
    np.testing.assert_allclose(predicted, both.predict(theta), rtol=1e-9, atol=1e-9)
    for i, step in enumerate(1e-6 * np.eye(5)):
        difference = (both.predict(theta + step) - both.predict(theta - step)) / 2e-6
        np.testing.assert_allclose(jacobian[i], difference, atol=1e-4 * max(1, np.abs(difference).max()))


def test_the_default_bounds_are_as_documented():
    box = default_bounds(GE_SE.r, GE_SE.q)
    assert box["a"] == pytest.approx((2 * 5.58369 * 0.05 / np.pi, 2))
    assert box["b"] == pytest.approx((0.65 * 5.58369, 8 * 2.08621))
    assert box["K_f"] == box["C"] == box["Lambda"] == (-np.inf, np.inf)


@pytest.mark.parametrize("r", [np.linspace(0, 5.6, 90), np.linspace(0.5, 5.6, 80), np.linspace(1, 13.5, 200)])
def test_the_default_bounds_are_not_too_narrow_over_a_wide_range_of_r(r):
    box = default_bounds(r, GE_SE.q)
    hull = 8 * r[-1] - 0.65 * r[0]
    assert box["b"][1] - box["b"][0] >= 0.1 * hull
    assert box["a"][0] < box["a"][1]


@pytest.mark.parametrize("n_q", [148, 600, 2400])
def test_the_default_bounds_are_never_too_wide_to_search(n_q):
    q = np.linspace(0.65, 17, n_q)
    (a_min, a_max), (b_min, b_max), *_ = default_bounds(np.linspace(1, 12, 300), q).values()
    radians = (17 * 12 - 0.65) / 2 * (b_max - b_min) * (a_min**-2 - a_max**-2) / 2
    assert radians <= 20_001
    assert a_min >= 2 * 12 * (q[1] - q[0]) / np.pi - 1e-12


def test_a_single_gap_in_q_does_not_determine_the_default_bounds():
    gap = np.delete(GE_SE.q, slice(60, 72))
    assert default_bounds(GE_SE.r, gap)["a"] == pytest.approx(default_bounds(GE_SE.r, GE_SE.q)["a"])


def test_a_window_without_rows_causes_a_warning():
    with pytest.warns(UserWarning, match=r"peaks: no row lies in the window \(0.22, 0.26\)"):
        problem(peaks=[(0.22, 0.26), (3.4, 4.4)])
    problem(peaks=[(0.22, 0.26)], peak_weight=0)  # where no peak counts there is nothing to doubt


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"a": (0.7, 0.6)}, r"bounds\['a'\] must contain a number: lower ≤ upper"),
        ({"alpha": (0, 1)}, r"bounds has unknown parameter names \['alpha'\]"),
        ({"K_f": (np.nan, 1)}, r"bounds\['K_f'\] must contain a number"),
        ({"K_f": (np.inf, np.inf)}, r"bounds\['K_f'\] must contain a number"),
        ({"K_f": 0.1}, r"bounds\['K_f'\] must be a pair"),
        ({"K_f": (0.0, None)}, r"bounds\['K_f'\] must be a pair"),
        ({"K_f": (0.0, 1.0, 2.0)}, r"bounds\['K_f'\] must be a pair"),
        ([1, 2], "bounds must be a dict"),
        ({"a": (0, 1)}, r"bounds\['a'\] must be positive"),
    ],
)
def test_bad_bounds_are_named(bounds, message):
    with pytest.raises(ValueError, match=message):
        problem(bounds=bounds)


def test_init_is_clipped_only_where_it_is_the_default():
    box = bounds_array({"a": (0.60, 0.61), "b": (5, 6)}, GE_SE.r, GE_SE.q)
    np.testing.assert_array_equal(check_init(None, box), [0.60, 5, 0.106, 0.212, -4.7])
    np.testing.assert_array_equal(check_init({"b": 5.5}, box), [0.60, 5.5, 0.106, 0.212, -4.7])
    with pytest.raises(ValueError, match=r"init\['a'\] = 0.5 lies outside its bounds \(0.6, 0.61\)"):
        check_init({"a": 0.5}, box)
    with pytest.raises(ValueError, match="init has unknown parameter names"):
        check_init({"Λ": 1.0}, box)
    for value in (np.inf, np.nan, None, "1"):
        with pytest.raises(ValueError, match=r"init\['Lambda'\] must be a finite number"):
            check_init({"Lambda": value}, box)


def test_no_weight_at_all_is_an_error():
    with pytest.raises(ValueError, match="sample_weight must be positive"):
        problem(sample_weight=np.zeros(58))
