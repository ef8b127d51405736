import numpy as np
import pytest
from sklearn.model_selection import LeaveOneGroupOut, cross_val_score

from sklearn_wtrdf import WTRDFRegressor
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.scattering.frame import read_scattering

SILVER = [0, 5, 10, 15, 20, 25]


def test_simulated_glasses_have_the_grids_of_table_a1(ge_se):
    glasses = load_ag_ge_se(SILVER)
    assert glasses.data.shape == (6 * 58, 150)
    assert glasses.frame.shape == (6 * 58, 151)
    assert glasses.s_r.shape == (6, 148)
    np.testing.assert_array_equal(glasses.r, ge_se.r)
    np.testing.assert_array_equal(glasses.q, ge_se.q)
    np.testing.assert_array_equal(glasses.frame["g_x"], glasses.target)
    assert "simulated" in glasses.DESCR
    assert "160 atoms" in glasses.DESCR


@pytest.mark.parametrize(
    ("x", "number_density", "first", "second"),
    [
        (0, 0.03385, (2.393, 3.74), (3.866, 1.52)),
        (5, 0.03518, (2.393, 3.46), (3.866, 1.49)),
        (10, 0.03646, (2.393, 3.07), (3.866, 1.55)),
        (15, 0.03769, (2.454, 2.70), (3.927, 1.44)),
        (20, 0.03888, (2.393, 2.41), (3.804, 1.44)),
        (25, 0.04003, (2.454, 2.10), (3.804, 1.39)),
    ],
)
def test_simulated_glasses_have_the_peaks_of_their_readme(x, number_density, first, second):
    glass = load_ag_ge_se(x, target="g")
    assert glass.number_density == pytest.approx(number_density, abs=5.1e-6)
    assert (glass.data["number_density"] == glass.number_density).all()
    for peak, window in ((first, glass.r < 3.3), (second, glass.r >= 3.3)):
        highest = glass.target[window].argmax()
        assert (glass.r[window][highest], glass.target[window][highest]) == pytest.approx(peak, abs=5.1e-3)


def test_x_rays_weigh_silver():
    x_ray, number = load_ag_ge_se(25), load_ag_ge_se(25, target="g")
    assert x_ray.data.equals(number.data)
    assert (x_ray.r[x_ray.target.argmax()], number.r[number.target.argmax()]) == (2.57709, 2.45437)
    x_ray, number = load_ag_ge_se(0), load_ag_ge_se(0, target="g")
    assert np.abs(x_ray.target - number.target).max() < 0.1


def test_simulated_glasses_are_stacked_in_the_order_given():
    several, single = load_ag_ge_se((20, 5)), [load_ag_ge_se(20), load_ag_ge_se(5)]
    for key in ("data", "target", "groups"):
        np.testing.assert_array_equal(several[key], np.concatenate([item[key] for item in single]))
    for key in ("s_r", "number_density"):
        np.testing.assert_array_equal(several[key], [item[key] for item in single])
    assert several.groups[[0, -1]].tolist() == ["Ag20(Ge25Se75)80", "Ag5(Ge25Se75)95"]
    assert load_ag_ge_se(0).groups.tolist() == ["Ge25Se75"] * 58
    assert load_ag_ge_se([5]).s_r.shape == (1, 148)


def test_simulated_glasses_reach_17_per_angstrom():
    glass = load_ag_ge_se(5, q_max=17)
    assert (glass.q[0], glass.q[-1], glass.s_r.size) == (0.65, 17.0, 328)
    np.testing.assert_array_equal(glass.s_r[:148], load_ag_ge_se(5).s_r)


def test_simulated_glasses_as_x_y():
    X, y = load_ag_ge_se(np.array([5, 25]), return_X_y=True)
    glasses = load_ag_ge_se([5, 25])
    assert X.equals(glasses.data)
    np.testing.assert_array_equal(y, glasses.target)


def test_simulated_glasses_are_read_as_they_were_laid_out():
    glasses = load_ag_ge_se(SILVER)
    scattering = read_scattering(glasses.data.to_numpy(), glasses.data.columns)
    np.testing.assert_array_equal(scattering.q, glasses.q)
    assert scattering.s_r.shape == (6, 148)
    np.testing.assert_array_equal(scattering.number_density[::58], glasses.number_density)


def test_leave_one_glass_out():
    glasses = load_ag_ge_se([0, 10, 25])
    folds = LeaveOneGroupOut()
    assert folds.get_n_splits(groups=glasses.groups) == 3
    scores = cross_val_score(WTRDFRegressor(), glasses.data, glasses.target, groups=glasses.groups, cv=folds)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": 7}, r"x must be one or several of 0, 5, 10, 15, 20, 25, got 7\."),
        ({"x": "5"}, r"x must be .*, got '5'\."),
        ({"x": [5, 30]}, r"x must be .*, got 30\."),
        ({"x": []}, r"x must name at least one of 0, 5, .*, got none"),
        ({"x": 5, "target": "s_r"}, r"target must be one of 'g_x', 'g', got 's_r'\."),
        ({"x": 5, "q_max": 18}, r"q_max must be a number from 0\.7 to 17 .*, got 18\."),
        ({"x": 5, "q_max": np.nan}, r"q_max must be .*, got nan\."),
        ({"x": 5, "q_max": "8"}, r"q_max must be .*, got '8'\."),
    ],
)
def test_bad_arguments_of_the_simulated_glasses(arguments, message):
    with pytest.raises(ValueError, match=message):
        load_ag_ge_se(**arguments)
