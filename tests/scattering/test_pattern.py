"""A pattern: what it holds, what two equal ones share, and what readers know of it."""

import numpy as np
import pytest

from sklearn_wtrdf import Pattern, read_pattern
from sklearn_wtrdf.datasets import load_ag_ge_se, load_ge_se, load_material
from tests.malformed import Q, S, rows

S_R = Q * (S - 1)
STD = 0.01 + 0.005 * np.sin(Q) ** 2
GRID = np.linspace(0.5, 10.0, 96)
WAVE = np.sin(2.4 * GRID)


def test_equal_numbers_have_the_same_digest_and_labels_do_not_count():
    pattern = Pattern(GRID, WAVE, 0.1 * GRID, 0.034)
    assert Pattern(list(GRID), list(WAVE), list(0.1 * GRID), np.float64(0.034), "GeSe2").digest == pattern.digest
    assert Pattern(GRID, np.where(WAVE == 0, -0.0, WAVE), 0.1 * GRID, 0.034).digest == pattern.digest
    others = [
        Pattern(GRID, WAVE, 0.1 * GRID),
        Pattern(GRID, WAVE, None, 0.034),
        Pattern(GRID + 0.1, WAVE, 0.1 * GRID, 0.034),
        Pattern(GRID, -WAVE, 0.1 * GRID, 0.034),
    ]
    assert len({pattern.digest, *(other.digest for other in others)}) == 5


def test_zeros_of_both_signs_are_equal():
    assert Pattern([1, 2], [0.0, 1.0]).digest == Pattern([1, 2], [-0.0, 1.0]).digest


def test_another_grid_has_the_same_density_composition_radiation_and_provenance():
    pattern = Pattern(GRID, WAVE, 0.1 * GRID, 0.034, "GeSe2", "neutron", {"source": "glass.sq"})
    there = pattern.on(GRID[10:60])
    assert there.q.size == there.s_r.size == there.std.size == 50
    known = ("number_density", "composition", "radiation", "provenance")
    assert [getattr(there, name) for name in known] == [getattr(pattern, name) for name in known]
    np.testing.assert_allclose(there.s_r, WAVE[10:60], atol=1e-12)


@pytest.mark.parametrize(
    ("header", "radiation"),
    [("mode = xray", "x-ray"), ("radiation = neutron", "neutron"), ("mode = fast", None), ("title = neutron", None)],
)
def test_readers_take_the_radiation_from_the_header(header, radiation, tmp_path):
    path = tmp_path / "glass.fq"
    np.savetxt(path, np.column_stack([GRID, WAVE]), header=f"{header}\ncomposition = GeSe2\nnumber_density = 0.034")
    pattern = read_pattern(path)
    assert (pattern.radiation, pattern.composition, pattern.number_density) == (radiation, "GeSe2", 0.034)


def test_an_interference_function_is_of_neutrons(tmp_path):
    path = tmp_path / "silica.mint01"
    np.savetxt(path, np.column_stack([GRID, 0.2 * WAVE / GRID - 0.2 * np.exp(-GRID)]))
    assert read_pattern(path, composition="SiO2").radiation == "neutron"


def test_data_sets_have_their_pattern():
    for data in (load_ge_se(), load_ag_ge_se(10), load_material("silica", weighting="number")):
        np.testing.assert_array_equal(data.pattern.s_r, data.s_r)
        assert data.pattern.number_density == data.get("number_density")
    assert [pattern.composition for pattern in load_ag_ge_se([0, 5]).pattern] == ["Ge25Se75", "Ag5(Ge25Se75)95"]
    assert load_material("silica", weighting="number").pattern.radiation is None


def test_the_same_grid_gives_the_same_numbers(file):
    pattern = read_pattern(file("a.fq", rows(Q, S_R)))
    np.testing.assert_array_equal(pattern.on(Q).s_r, S_R)
    np.testing.assert_array_equal(pattern.on(Q + 1e-8).s_r, S_R)


def test_another_grid_is_interpolated_closely(file):
    def truth(q):
        return np.sin(2.4 * q) * np.exp(-0.02 * q**2)

    pattern = read_pattern(file("a.fq", rows(Q, truth(Q))))
    finer = np.linspace(0.65, 8, 1001)
    assert np.abs(pattern.on(finer).s_r - truth(finer)).max() < 1e-5
    inside = np.arange(1, 7, 0.13)
    assert np.abs(pattern.on(inside).s_r - truth(inside)).max() < 1e-5
    np.testing.assert_array_equal(pattern.on([0.61, 8.04]).s_r, pattern.s_r[[0, -1]])  # within one step


def test_standard_deviations_on_another_grid_lie_on_straight_lines(file):
    std = np.where(np.arange(Q.size) % 2, 0.001, 0.1)  # a spline through these would be negative
    pattern = read_pattern(file("a.fq", rows(Q, S_R, std)))
    np.testing.assert_array_equal(pattern.on(Q + 1e-8).std, std)
    np.testing.assert_allclose(pattern.on([Q[0] + 0.025, Q[1], Q[-1] + 0.04]).std, [0.0505, 0.001, std[-1]])


def test_one_standard_deviation_that_is_not_positive_makes_them_all_unknown(file):
    q, std = np.append(0.0, Q), np.full(Q.size + 1, 0.1)
    pattern = read_pattern(file("a.sq", rows(q, np.append(0.0, S), std)))
    assert pattern.std[0] == 0  # that of S_R = q (S − 1)
    assert pattern.on(q).std is None
    np.testing.assert_allclose(pattern.on(Q).std, 0.1 * Q)
    assert read_pattern(file("b.sq", rows(Q, S))).on(Q).std is None


@pytest.mark.parametrize("q", [[0.5, 1.0], [1.0, 8.2], [8.0, 1.0], [1.0, np.nan], []])
def test_a_grid_beyond_the_pattern_or_an_invalid_grid_is_refused(q, file):
    pattern = read_pattern(file("a.fq", rows(Q, S_R, 0.1 * Q)))
    with pytest.raises(ValueError, match=r"^q "):
        pattern.on(q)


def test_a_gap_is_not_filled(file):
    stored = (Q < 3) | (Q > 3.4)
    with pytest.warns(UserWarning, match=r"a\.sq, line 48: q jumps from 2\.95 to 3\.45 Å⁻¹, .* are rows missing"):
        pattern = read_pattern(file("a.sq", rows(Q[stored], S[stored], STD[stored])))
    with pytest.raises(ValueError, match=r"no measured point between 2\.95 and 3\.45 Å⁻¹, where 3 Å"):
        pattern.on(Q)
    for grid in (Q[stored], np.append(np.linspace(0.7, 2.95, 80), np.linspace(3.45, 8, 90))):
        there = pattern.on(grid)
        assert there.q.size == there.s_r.size == there.std.size == grid.size
    without_a_point = np.arange(Q.size) != 40
    filled = read_pattern(file("b.sq", rows(Q[without_a_point], S[without_a_point]))).on(Q).s_r
    np.testing.assert_allclose(filled, S_R, atol=1e-3)
    coarse = read_pattern(file("c.sq", rows(Q[::4], S[::4])))
    assert coarse.on(Q[:145]).s_r.size == 145
    with pytest.raises(ValueError, match="q spans"):
        coarse.on(Q[::4] + 0.21)
    with pytest.warns(UserWarning, match="q jumps from 8 to 9"):
        apart = read_pattern(file("d.sq", rows(np.append(Q, 9.0), np.append(S, 1.0))))
    with pytest.raises(ValueError, match="q spans"):
        apart.on([1.0, 9.5])


def test_rebinning_averages_what_g_cannot_use(file, rng):
    q = np.linspace(0.6, 20, 9701)
    truth = np.sin(2.4 * q) * np.exp(-0.01 * q**2)
    std = np.where(np.arange(q.size) % 2, 0.05, 0.5)
    pattern = read_pattern(file("a.fq", rows(q, truth + std * rng.standard_normal(q.size), std)))
    binned = pattern.rebinned(20.0)
    assert np.diff(binned.q).max() <= np.pi / 40
    assert binned.q.size < 400
    off = (binned.s_r - np.sin(2.4 * binned.q) * np.exp(-0.01 * binned.q**2)) / binned.std
    assert 0.8 < off.std() < 1.2
    n = q.size / binned.q.size
    assert np.median(binned.std) == pytest.approx(1 / np.sqrt(n / 2 * (1 / 0.05**2 + 1 / 0.5**2)), rel=0.05)
    assert binned.rebinned(20.0) is binned
    assert pattern.rebinned(200.0).q.size > 4 * binned.q.size
    plain = read_pattern(file("b.fq", rows(q, 1 - 0.1 * q)), quantity="S_R").rebinned()
    np.testing.assert_allclose(plain.s_r, 1 - 0.1 * plain.q)  # a straight line stays one
    assert plain.std is None
    for r_max in (0.0, -1.0, np.inf, np.nan):
        with pytest.raises(ValueError, match="r_max must be"):
            pattern.rebinned(r_max)


def test_an_unknown_deviation_among_known_ones_takes_the_plain_mean(file):
    q = np.linspace(0, 10, 5001)
    pattern = read_pattern(file("a.sq", rows(q, 1 - np.exp(-q), 0.1 + 0 * q)))  # that of S_R is 0 at q = 0
    binned = pattern.rebinned()
    assert np.isfinite(binned.std).all()
    assert binned.q[0] == pytest.approx(q[: int(np.sum(q < binned.q[0] * 2))].mean(), abs=0.01)


def test_a_pattern_is_cut_unless_no_points_are_left(file):
    pattern = read_pattern(file("a.sq", "# composition = SiO2\n" + rows(Q, S, STD)))
    cut = pattern.cut(1.0, 7.0)
    assert (cut.q[0], cut.q[-1], cut.std.size, cut.composition) == (1.0, 7.0, cut.q.size, "SiO2")
    np.testing.assert_array_equal(pattern.cut().s_r, pattern.s_r)
    for ends, message in [
        ((9.0, 10.0), "leave 3 points or more of 0.65 to 8 Å⁻¹, but 9 to 10 Å⁻¹ leaves 0"),
        ((7.0, 1.0), "leaves 0"),
        ((np.nan, None), "q_min must be a finite number"),
        (("1", None), "q_min must be a finite number"),
        ((None, np.inf), "q_max must be a finite number"),
    ]:
        with pytest.raises(ValueError, match=message):
            pattern.cut(*ends)


def test_the_radiation_of_a_pattern_is_checked():
    for radiation in ("x-ray", "neutron", None):
        Pattern(Q, S, radiation=radiation).check()
    with pytest.raises(ValueError, match="radiation must be 'x-ray', 'neutron' or None, got 'X-ray'"):
        Pattern(Q, S, radiation="X-ray").check()
