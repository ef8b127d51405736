import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from sklearn_wtrdf.benchmarks.paper.minimum import linear_program

from sklearn_wtrdf import scattering_frame
from sklearn_wtrdf.datasets import load_ag_ge_se, load_ge_se
from sklearn_wtrdf.scattering.frame import read_scattering
from sklearn_wtrdf.wtrdf.calibration import CalibrationProblem, check_init
from sklearn_wtrdf.wtrdf.solvers import lbfgsb, variable_projection
from sklearn_wtrdf.wtrdf.wavelet import PARAMETERS

GE_SE = load_ge_se()
PAPER = {"a": (0.600, 0.610), "K_f": (0.010, 0.300)}
LOWER_BY = 1e-6  # what another method must find to be better


def problem_of(rows=slice(None), **options):
    X = GE_SE.data.to_numpy()[rows]
    return CalibrationProblem(read_scattering(X, list(GE_SE.data.columns)), GE_SE.target[rows], **options)


def solve(problem):
    return variable_projection.solve(problem, check_init(None, problem.bounds))


def draw(fraction, seed):
    return np.sort(np.random.default_rng(seed).choice(58, round(58 * fraction), replace=False))


PROBLEMS = [
    pytest.param({"peak_weight": 0}, id="MAE"),
    pytest.param({"peak_weight": 0.5}, id="default"),
    pytest.param({"peak_weight": 0.9}, id="peaks"),
    pytest.param({"peak_weight": 0.5, "bounds": PAPER}, id="paper's bounds"),
    pytest.param({"peak_weight": 0.5, "rows": draw(0.5, 0)}, id="half the rows"),
    pytest.param({"peak_weight": 0, "rows": draw(0.25, 0)}, id="a quarter of the rows"),
]


@pytest.mark.parametrize("options", PROBLEMS)
def test_no_random_start_of_lbfgsb_finds_less(options):
    problem = problem_of(**options)
    ours = solve(problem).loss
    rng = np.random.default_rng(0)
    box = np.clip(problem.bounds, [[-np.inf], [-np.inf], [-3], [-1], [-20]], [[np.inf], [np.inf], [3], [1], [20]])
    starts = rng.uniform(*box.T, size=(2, 5))
    assert min(lbfgsb.solve(problem, start, max_iter=40).loss for start in starts) > ours - LOWER_BY


@pytest.mark.parametrize("options", PROBLEMS)
def test_no_grid_of_linear_programs_finds_less(options):
    """A grid around the minimum, where it would show first, and one over the box."""
    problem = problem_of(**options)
    result = solve(problem)
    (a_min, a_max), (b_min, b_max) = problem.bounds[:2]
    near = result.theta[:2] * (1 + np.random.default_rng(1).normal(scale=[[1e-2], [1e-3], [1e-4]], size=(8, 3, 1)))
    far = np.random.default_rng(2).uniform([a_min, b_min], [a_max, b_max], size=(40, 2))
    for a, b in np.clip(np.vstack([near.reshape(-1, 2), far]), [a_min, b_min], [a_max, b_max]):
        assert lowest_loss_at(problem, a, b) > result.loss - LOWER_BY


def lowest_loss_at(problem, a, b):
    """The inner problem as a linear program, for both signs of Λ."""
    return min(linear_program(problem, a, b, sign) for sign in (-1.0, 1.0))


@pytest.mark.parametrize("seed", range(10))
def test_the_inner_minimum_is_the_lower_of_two_linear_programs(seed):
    # Far from r = 0 the phase of the wavelet hardly changes over the rows, so its three functions are nearly the same.
    # Rounding then moves Λ off its smallest size, which is tiny compared with the other unknowns.
    rng = np.random.default_rng(seed)
    X, y = rng.normal(loc=[0, 100][seed % 2], size=(30, 2)), rng.normal(size=30) * 10 ** rng.uniform(-4, 4)
    problem = CalibrationProblem(read_scattering(X, q=(0.65, 8)), y)
    a = problem.bounds[0, 0] * rng.uniform(1, 1.05, 24)
    search = variable_projection._Search(problem)
    functions = np.array([problem.basis(*each).T for each in zip(a, a * rng.uniform(1.51, 1.54, 24), strict=True)])
    _, loss, _ = search.solve_linear(functions, problem.weights)
    both = [search.constraints.rows(np.array([sign])) for sign in (-1.0, 1.0)]
    expected = [min(linear_program_in(each, problem, rows[0], ends[0]) for rows, ends in both) for each in functions]
    np.testing.assert_allclose(loss, expected, rtol=1e-9)


def linear_program_in(X, problem, rows, ends):
    """The lowest loss subject to rows · w ≥ ends, by HiGHS."""
    size, n = np.abs(X).max(axis=0), len(X)
    result = optimize.linprog(
        np.concatenate([np.zeros(3), problem.weights, problem.weights]),
        A_ub=np.hstack([-rows / size, np.zeros((len(rows), 2 * n))]),
        b_ub=-ends,
        A_eq=np.hstack([X / size, np.eye(n), -np.eye(n)]),
        b_eq=problem.y,
        bounds=[(None, None)] * 3 + [(0, None)] * 2 * n,
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    return problem.weights @ np.abs(problem.y - X @ (result.x[:3] / size))


def test_the_minima_of_the_binary_data():
    mae = solve(problem_of(peak_weight=0))
    assert mae.loss < 0.305
    peaks = problem_of(peak_weight=0.9)
    error = np.abs(peaks.y - peaks.predict(solve(peaks).theta))
    assert error[[4, 29]].max() < 1e-6
    assert error.mean() < 0.475


def test_where_the_peaks_leave_a_choice_the_least_mae_decides():
    alone, mostly = problem_of(peak_weight=1), problem_of(peak_weight=0.9)
    theta = solve(alone).theta
    assert alone.loss(theta) < 1e-9
    # With both peaks met, the loss at 0.9 is a tenth of the MAE: its minimum is the lowest MAE that meets them.
    assert mostly.loss(theta) == pytest.approx(solve(mostly).loss, abs=1e-7)


def test_where_bounds_keep_the_peaks_apart_they_still_come_first():
    bounds = {"a": (0.6, 0.7), "K_f": (0.0, 0.1), "C": (0.0, 0.2), "Lambda": (-1.0, -0.9)}  # too small a scale
    alone, mostly = problem_of(peak_weight=1, bounds=bounds), problem_of(peak_weight=0.9, bounds=bounds)
    assert solve(alone).loss > 0.01
    assert solve(alone).loss <= alone.loss(solve(mostly).theta) + 1e-9


def test_two_solutions_agree_to_the_last_bit():
    np.testing.assert_array_equal(solve(problem_of()).theta, solve(problem_of()).theta)


@settings(max_examples=20)
@given(
    st.dictionaries(
        st.sampled_from(PARAMETERS),
        st.tuples(st.floats(0, 1), st.sampled_from([0.0, 1e-3, 0.1, 1.0])),
        min_size=1,
    ),
    st.sampled_from([0, 0.5, 1]),
)
def test_parameters_stay_inside_any_bounds(intervals, peak_weight):
    complete = {"a": (0.5, 1.5), "b": (3, 15), "K_f": (-3, 2), "C": (-1, 1), "Lambda": (-20, 19)}
    bounds = {}
    for name, (place, width) in intervals.items():
        low, high = complete[name]
        start = low + place * (1 - width) * (high - low)
        bounds[name] = (start, start + width * (high - low))
    bounds.setdefault("a", complete["a"])
    problem = problem_of(slice(None, None, 3), bounds=bounds, peak_weight=peak_weight)
    if tuple(problem.bounds[4]) == (0, 0):
        return
    result = solve(problem)
    assert ((problem.bounds[:, 0] <= result.theta) & (result.theta <= problem.bounds[:, 1])).all()
    assert result.loss <= problem.loss(check_init(None, problem.bounds)) + 1e-9


def test_a_held_scale_gives_the_exact_constrained_minimum():
    held = solve(problem_of(bounds=PAPER | {"Lambda": (-5.0, -5.0)}))
    assert held.theta[4] == -5.0
    free = optimize.minimize_scalar(
        lambda scale: solve(problem_of(bounds=PAPER | {"Lambda": (scale, scale)})).loss,
        bounds=(-7, -4),
        method="bounded",
    )
    assert free.fun == pytest.approx(solve(problem_of(bounds=PAPER)).loss, abs=1e-4)
    assert held.loss >= free.fun - 1e-9


def test_with_all_parameters_fixed_they_are_the_solution():
    held = {"a": (0.6,) * 2, "b": (4.5,) * 2, "K_f": (0.1,) * 2, "C": (0.1,) * 2, "Lambda": (-5.0,) * 2}
    np.testing.assert_allclose(solve(problem_of(bounds=held)).theta, [0.6, 4.5, 0.1, 0.1, -5.0], rtol=1e-15)


def test_lambda_keeps_its_distance_from_zero():
    problem = problem_of(bounds={"Lambda": (0.0, 1e-9), "a": (0.6, 0.61)})
    assert 0 < solve(problem).theta[4] <= 1e-9
    with pytest.raises(ValueError, match=r"bounds\['Lambda'\] contain only 0"):
        solve(problem_of(bounds={"Lambda": (0.0, 0.0)}))


@pytest.mark.parametrize("n_rows", [1, 2, 3, 5])
def test_more_parameters_than_rows(n_rows):
    problem = problem_of(slice(0, n_rows), bounds={"a": (0.5, 0.7)})
    assert solve(problem).loss < 1e-9


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"b": (-np.inf, 10)}, "bounds of a and b must be finite"),
        ({"a": (0.5, np.inf)}, "bounds of a and b must be finite"),
        ({"a": (1e-4, 1.0)}, "too large to be searched"),
    ],
)
def test_a_box_that_cannot_be_searched_is_named(bounds, message):
    with pytest.raises(ValueError, match=message):
        solve(problem_of(bounds=bounds))


def test_a_pattern_without_scattering_is_solved():
    scattering = read_scattering(np.column_stack([GE_SE.r, np.zeros((58, 5))]), q=(0.65, 8))
    problem = CalibrationProblem(scattering, GE_SE.target)
    assert np.isfinite(solve(problem).theta).all()


def test_the_profile_is_the_inner_minimum():
    problem = problem_of(peak_weight=0.5)
    a, b = np.array([0.3, 0.6]), np.array([5.0, 9.0, 13.0])
    expected = [[lowest_loss_at(problem, x, y) for y in b] for x in a]
    np.testing.assert_allclose(variable_projection.profile(problem, a, b), expected, atol=1e-7)


def test_where_more_peaks_than_parameters_cannot_all_be_met():
    rng = np.random.default_rng(1)
    frames = [
        scattering_frame(GE_SE.r, GE_SE.q, GE_SE.s_r * (1 + 0.2 * rng.normal()) + 0.1 * rng.normal(size=148))
        for _ in range(4)
    ]
    X = pd.concat(frames)
    scattering = read_scattering(X.to_numpy(), list(X.columns))
    y = np.concatenate([GE_SE.target * (1 + 0.3 * rng.normal()) for _ in range(4)])
    alone, mostly = (CalibrationProblem(scattering, y, peak_weight=weight) for weight in (1, 0.999))
    assert alone.peak_mask.sum() == 8
    assert 0.01 < solve(alone).loss <= alone.loss(solve(mostly).theta) + 1e-6


@pytest.mark.parametrize("bounds", [{"Lambda": (-1e12, 0)}, {"Lambda": (-1e15, 0)}, {"K_f": (-1e9, 1e9)}])
def test_a_bound_too_wide_to_be_active_changes_nothing(bounds):
    assert solve(problem_of(bounds=bounds)).loss == pytest.approx(solve(problem_of()).loss, abs=1e-7)


@pytest.mark.parametrize(
    ("seed", "fraction", "peak_weight", "lower"),
    [(55, 0.5, 0.5, 0.4141262), (42, 0.25, 0.9, 0.0314954), (48, 0.25, 0.5, 0.2566274), (23, 0.75, 0, 0.4275132)],
)
def test_narrow_boxes_with_few_valleys(seed, fraction, peak_weight, lower):
    # The lowest losses that a search from many more starts finds; the valleys of the grid alone do not lead there.
    problem = problem_of(draw(fraction, seed), bounds=PAPER, peak_weight=peak_weight)
    assert solve(problem).loss <= lower + LOWER_BY


def test_a_narrower_box_never_has_a_lower_minimum():
    complete, part = ({"a": (1.2856, 1.2856)} | box for box in ({}, {"Lambda": (0.0, np.inf)}))
    assert solve(problem_of(bounds=complete)).loss <= solve(problem_of(bounds=part)).loss + 1e-9


def test_the_unit_of_g_does_not_matter():
    scattering = read_scattering(GE_SE.data.to_numpy(), list(GE_SE.data.columns))
    item, thousand = (CalibrationProblem(scattering, scale * GE_SE.target) for scale in (1.0, 1000.0))
    assert solve(thousand).loss / 1000 == pytest.approx(solve(item).loss, rel=1e-6)


def test_the_loss_curve_ends_at_the_loss():
    for peak_weight in (0, 0.5, 1):
        result = solve(problem_of(peak_weight=peak_weight))
        assert result.loss_curve[-1] == pytest.approx(result.loss, abs=1e-9)


def test_with_almost_no_scattering_lambda_stays_away_from_zero():
    # Only r = 0 and S_R of 10⁻³: the effect of Λ on the loss is smaller than rounding errors.
    s_r = np.tile([-1.3e-4, -1.7e-4], (9, 1))
    scattering = read_scattering(np.column_stack([np.zeros(9), s_r]), q=(0.65, 8))
    y = np.array([0.0, 1, -1, 2, 0, 0, 1, 1, 0])
    problem = CalibrationProblem(scattering, y, peak_weight=0, bounds={"K_f": (1.59, np.inf), "b": (3.1, 4.1)})
    theta = solve(problem).theta
    assert np.isfinite(theta).all()
    assert abs(theta[4]) >= variable_projection.MIN_LAMBDA
    assert theta[2] >= 1.59


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("name", ["K_f", "C"])
def test_a_large_wavelet_takes_a_small_lambda(name, side):
    def solved(size):
        return solve(problem_of(bounds={"a": (0.6, 0.61), name: tuple(sorted((side * size, 10 * side * size)))}))

    usual = solved(1e4)  # where that term of the wavelet is all that g is made of, as it is of larger ones
    for size in (1e6, 1e7, 1e9):
        assert solved(size).loss == pytest.approx(usual.loss, rel=1e-3)
    with pytest.raises(ValueError, match=rf"bounds\['{name}'\] = .* too far from 0"):
        solved(1e10)


@pytest.mark.parametrize("content", [0, 5, 10, 15, 20, 25])
def test_no_point_of_a_dense_grid_in_random_bounds_is_lower_on_the_silver_glasses(content):
    glass = load_ag_ge_se(content)
    rng = np.random.default_rng(content)
    a, b = np.sort(rng.uniform(0.25, 1.5, 2)), np.sort(rng.uniform(4, 16, 2))
    X = scattering_frame(glass.r, glass.q, glass.s_r)
    scattering = read_scattering(X.to_numpy(), list(X.columns))
    problem = CalibrationProblem(scattering, glass.target, bounds={"a": tuple(a), "b": tuple(b), "K_f": (-1.0, 1.0)})
    dense = variable_projection.profile(problem, np.linspace(*a, 40), np.linspace(*b, 60))
    assert solve(problem).loss <= dense.min() + LOWER_BY
