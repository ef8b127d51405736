"""Curves on a grid, whatever they are: real ones pass, and what is wrong with spoilt ones is seen."""

import numpy as np
import pytest

from sklearn_wtrdf.datasets import list_materials, load_ge_se, load_material
from sklearn_wtrdf.scattering.sampling import (
    alternations,
    check_possible,
    holes_of_q,
    holes_of_r,
    impossible,
    jumps,
    noise_vanishes,
    outliers_of_q,
    outliers_of_r,
    too_negative,
    widest_steps,
)

Q = 0.65 + 0.05 * np.arange(148)


def materials():
    for name in list_materials():
        for weighting in ("x-ray",) if name.startswith("ag") else ("x-ray", "neutron", "number"):
            yield load_material(name, weighting=weighting)
    yield load_ge_se()


def test_no_true_curve_is_suspected():
    for material in materials():
        for y in (material.s_r, material.s_r / material.q):
            for every in (1, 2, 4):
                q, curve = material.q[::every], y[::every]
                for check in (outliers_of_q, jumps, alternations):
                    assert not check(q, curve).any()
                assert not holes_of_q(q).any()
                assert not impossible(curve).any()
        for every in (1, 2, 3, 5, 8):  # sharp bonds fall between points
            r, g = material.r[::every], material.target[::every]
            assert not outliers_of_r(r, g).any()
            assert not too_negative(r, g).any()


@pytest.mark.parametrize("part", [0.8, 0.5, 0.3])
def test_no_part_of_a_curve_is_suspected_as_cross_validation_draws_it(part, rng):
    for material in materials():
        rows = np.sort(rng.permutation(material.r.size)[: int(part * material.r.size)])
        assert not outliers_of_r(material.r[rows], material.target[rows]).any()


@pytest.mark.parametrize("noise", [0.001 + 0 * Q, 0.05 + 0 * Q, 0.02 * Q, 0.002 * np.exp(Q / 3)])
def test_noise_is_not_suspected_even_where_it_grows(noise, rng):
    curves = 1 + np.sin(2.4 * Q) / Q + noise * rng.normal(size=(500, Q.size))
    for check in (outliers_of_q, jumps, alternations, lambda q, y: impossible(y)):
        assert check(Q, curves).sum() <= 1


@pytest.mark.parametrize("value", [-1e3, -20.0, 20.0, 50.0])
@pytest.mark.parametrize("i", [0, 1, 74, 146, 147])
def test_a_point_far_off_is_seen_alone_wherever_it_is(i, value, rng):
    curve = 1 + np.sin(2.4 * Q) / Q + 0.02 * rng.normal(size=Q.size)
    curve[i] = value
    stack = np.stack([np.sin(Q), curve])
    np.testing.assert_array_equal(np.argwhere(outliers_of_q(Q, stack)), [[1, i]])


def test_an_outlier_stands_out_among_a_coarse_grid_where_peaks_of_one_point_do_not():
    r = np.arange(0.8, 12, 0.2)
    g = 1 + 20 * np.exp(-(((r - 1.2) / 0.05) ** 2)) - np.exp(-((r / 2) ** 4))  # a bond at one point of the grid
    assert not outliers_of_r(r, g).any()
    g[30] = 2000
    assert np.flatnonzero(outliers_of_r(r, g)) == [30]


def test_peaks_of_several_points_are_none():
    r = np.arange(0.5, 10, 0.02)
    for height in (5, 50, 500):
        assert not outliers_of_r(r, 1 + height * np.exp(-(((r - 1.1) / 0.05) ** 2))).any()


def test_impossible_values_are_detected_in_any_unit():
    curve = np.sin(Q)
    spoilt = curve + 1e6 * (Q[40] == Q)
    check_possible("y", 1e-10 * curve)
    for unit in (1.0, 1e10):
        check_possible("y", unit * curve)
        with pytest.raises(ValueError, match=r"^y has 1 value that no material has, such as 1e\+"):
            check_possible("y", unit * spoilt)


@pytest.mark.parametrize("missing", [range(50, 70), range(1, 4), range(144, 147)])
def test_lost_rows_leave_a_hole(missing):
    q = np.delete(Q, missing)
    assert holes_of_q(q).sum() == 1
    assert np.argmax(holes_of_q(q)) == missing[0] - 1


def test_no_grid_that_widens_and_no_lost_pixel_is_a_hole():
    angle = np.radians(np.linspace(3, 150, 1000))
    grids = [
        np.delete(Q, [10, 20, 21, 60]),
        np.geomspace(0.3, 30, 500),
        np.append(np.arange(0.3, 5, 0.02), np.arange(5, 30, 0.3)),
        4 * np.pi / 1.54 * np.sin(angle / 2),
        np.append(0.0, Q),  # programs write a row at 0
    ]
    for grid in grids:
        assert not holes_of_q(grid).any()
        assert not holes_of_r(grid).any()
    assert widest_steps(Q).min() >= np.pi / 40


@pytest.mark.parametrize(("step", "start"), [(0.05, 4.025), (0.05, 4.017), (0.07, 4.013)])
@pytest.mark.parametrize("off", [0.1, -0.5])
def test_two_banks_that_disagree_are_seen_where_they_are_merged(step, start, off, rng):
    other = np.arange(start, 12, step)
    q = np.append(Q, other)
    curve = 1 + np.sin(2.4 * q) / q + off * np.isin(q, other) + 0.005 * rng.normal(size=q.size)
    order = np.argsort(q)
    there = q[order][alternations(q[order], curve[order])]
    assert there.size > 0.8 * ((q > 4) & (q < 8)).sum()
    assert (there.min(), there.max()) == pytest.approx((4, 8), abs=0.3)
    agreeing = curve - off * np.isin(q, other)
    assert not alternations(q[order], agreeing[order]).any()


def test_two_banks_that_disagree_are_seen_where_they_meet(rng):
    curve = 1 + np.sin(2.4 * Q) / Q + 0.005 * rng.normal(size=Q.size)
    np.testing.assert_array_equal(np.flatnonzero(jumps(Q, curve + 0.4 * (Q[100] < Q))), [100])


def test_nothing_is_reported_for_few_points():
    for size in (1, 2, 3, 4):
        check_possible("y", np.where(np.arange(size) == 1, 1e5, 0.0))
    for size in (1, 2, 3, 19):
        q, y = np.arange(1.0, size + 1), np.where(np.arange(size) == 1, 1e5, 0.0)
        assert not any(check(q, y).any() for check in (outliers_of_q, outliers_of_r, alternations, jumps))


@pytest.mark.parametrize("name", list_materials())
@pytest.mark.parametrize("step", [0.02, 0.05])
def test_noise_vanishes_by_a_window_and_not_without_it(name, step):
    material = load_material(name, q_max=20)
    q = np.arange(max(material.q[0], 0.5), material.q[-1], step)
    s = np.interp(q, material.q, material.s)
    noise = np.array([0.003, 0.02])[:, None] * np.random.default_rng(0).normal(size=q.size)
    assert not noise_vanishes(q, s)
    assert not noise_vanishes(q, s + noise).any()
    assert not noise_vanishes(q, s + noise * (1 + q)).any()
    assert noise_vanishes(q, 1 + (s + noise - 1) * np.sinc(q / q[-1])).all()
