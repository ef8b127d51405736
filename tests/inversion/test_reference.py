"""Materials whose g is known, the transform from g to S_R, and what S_R says by itself, against closed forms."""

import numpy as np
import pytest
from scipy import integrate

from sklearn_wtrdf import Curve, Pattern
from sklearn_wtrdf.consistency import check_pattern
from sklearn_wtrdf.datasets import load_ag_ge_se, load_material
from sklearn_wtrdf.inversion import Observation, Reference, mixture
from sklearn_wtrdf.transforms import density_from_slope, sine_transform

Q = np.linspace(0.65, 8, 60)
CONTENTS = (0, 5, 10, 15, 20, 25)


def reference_of(x):
    glass = load_ag_ge_se(x)
    return Reference(glass.pattern, Curve(glass.r, glass.target))


def curve(r, g):
    """Return a reference of which only g counts."""
    curve = Curve(np.asarray(r, dtype=float), np.asarray(g, dtype=float))
    return Reference(Pattern([1, 2], [0, 0], number_density=0.05), curve)


def test_the_transform_is_the_integral():
    r = Observation(Q, np.zeros(Q.size), 0.035, 0.05, r_max=12.0).geometry.r
    s_r = sine_transform(Q, r) @ (0.5 * np.exp(-((r - 3) ** 2)))
    for i in (0, 20, 59):
        expected, _ = integrate.quad(
            lambda r, q=Q[i]: 4 * np.pi * r * 0.5 * np.exp(-((r - 3) ** 2)) * np.sin(q * r), 0, 12, limit=200
        )
        assert s_r[i] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("q_damp", [0.0, 0.3])
def test_the_transform_of_a_smooth_curve_is_its_closed_form(q_damp):
    r = Observation(Q, np.zeros(Q.size), 0.035, 0.05).geometry.r
    s_r = sine_transform(Q, r, q_damp) @ -np.exp(-(r**2) / (2 * 1.1**2))
    w = (1 / 1.1**2 + q_damp**2) ** -0.5  # the resolution narrows a Gaussian about 0
    # ∫ r exp(−r²/2w²) sin(qr) dr = q w³ √(π/2) exp(−q²w²/2)
    np.testing.assert_allclose(s_r, -4 * np.pi * Q * w**3 * np.sqrt(np.pi / 2) * np.exp(-((Q * w) ** 2) / 2), atol=1e-6)


def test_outside_what_is_known_g_is_0_before_and_1_beyond():
    reference = reference_of(0)
    np.testing.assert_allclose(reference.at(reference.curve.r), reference.curve.g, atol=1e-12)
    np.testing.assert_array_equal(reference.at(np.array([0.1, 2.0, 5.6, 30.0])), [0, 0, 1, 1])
    between = reference.at(np.linspace(*reference.curve.r[[0, -1]], 1000))
    assert reference.curve.g.min() <= between.min() <= between.max() <= reference.curve.g.max()


def test_the_foot_is_a_little_before_the_first_peak():
    r = np.arange(0.5, 5, 0.1)
    assert curve(r, r > 2.05).onset == pytest.approx(2.1 - 0.2)
    assert curve(r + 1.2, np.ones(r.size)).onset == 1.4  # it begins inside a peak, where no reference tells
    assert curve(r, np.ones(r.size)).onset == 0.5


def test_the_grain_is_how_counted_pairs_scatter():
    r = np.arange(2, 40, 0.05)
    smooth = 1 + np.sin(2 * r) / r
    assert curve(r, smooth).roughness < 1e-3
    counted = smooth + 0.03 * np.sqrt(smooth) / r * np.random.default_rng(0).normal(size=r.size)
    assert curve(r, counted).roughness == pytest.approx(0.03, rel=0.1)
    peaks = counted + 3 * np.exp(-(((r - 2.4) / 0.1) ** 2) / 2)
    assert curve(r, peaks).roughness == pytest.approx(0.03, rel=0.1)
    assert curve(r[:8], counted[:8]).roughness == 0


def test_a_mixture_has_the_weights_that_explain_s_r():
    glasses = [reference_of(x) for x in (0, 10, 25)]
    weights = np.array([0.3, 0.0, 0.7])
    mixed = mixture(glasses, sum(w * glass.pattern.s_r for w, glass in zip(weights, glasses, strict=True)))
    density = sum(w * glass.number_density for w, glass in zip(weights, glasses, strict=True))
    assert mixed.number_density == pytest.approx(density, rel=1e-6)
    pairs = sum(w * glass.number_density * glass.curve.g for w, glass in zip(weights, glasses, strict=True))
    np.testing.assert_allclose(mixed.at(glasses[0].curve.r), pairs / density, atol=1e-5)


def test_a_mixture_of_one_is_itself_and_weights_are_not_negative():
    references = [reference_of(x) for x in (0, 25)]
    assert mixture(references[:1], references[1].pattern.s_r) is references[0]
    outside = references[0].pattern.s_r - 0.5 * (
        references[1].pattern.s_r - references[0].pattern.s_r
    )  # beyond the binary
    np.testing.assert_allclose(mixture(references, outside).pattern.s_r, references[0].pattern.s_r, atol=1e-5)


def test_a_mixture_is_known_where_all_that_are_in_it_are():
    one, other = reference_of(0), reference_of(25)
    shorter = Reference(other.pattern, Curve(other.curve.r[5:40], other.curve.g[5:40]))
    mixed = mixture([one, shorter], (one.pattern.s_r + other.pattern.s_r) / 2)
    assert (mixed.curve.r[0], mixed.curve.r[-1]) == (shorter.curve.r[0], shorter.curve.r[-1])
    np.testing.assert_array_equal(mixture([one, shorter], one.pattern.s_r).curve.r, one.curve.r)


def test_the_density_from_the_slope_is_near_the_true_one():
    for x in (0, 10, 25):
        glass = load_ag_ge_se(x, q_max=17)
        assert density_from_slope(glass.q, glass.s_r, 2.0) == pytest.approx(glass.number_density, rel=0.2)


def test_good_data_pass(ge_se):
    for x in CONTENTS:
        for q_max in (8, 17):
            glass = load_ag_ge_se(x, q_max=q_max)
            assert check_pattern(glass.q, glass.s_r, glass.number_density) == []
    for name in ("silica", "argon", "nitrogen", "sodium-chloride"):
        material = load_material(name)
        assert check_pattern(material.q, material.s_r, material.number_density) == []
    assert check_pattern(ge_se.q, ge_se.s_r, 0.034) == []
    assert check_pattern(ge_se.q[:10], np.ones(10), 1.0) == []  # too little to judge by


def test_what_looks_wrong_is_said():
    glass = load_ag_ge_se(0)
    q, s_r, density = glass.q, glass.s_r, glass.number_density
    for arguments, words in (
        ((10 * q, s_r, density), "divide it by 10"),
        ((q / 10, s_r, density), "beyond what diffraction reaches"),
        ((q, 1 + s_r / q, density), "convert it by S_R"),
        ((q, s_r, 10 * density), "number_density is 0.339"),
        ((q, s_r, density / 10), "number_density is 0.00339"),
    ):
        (said,) = check_pattern(*arguments)
        assert words in str(said)
