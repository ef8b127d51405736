"""Reference materials, their mixtures, and checks of their data."""

import numpy as np
import pytest

from sklearn_wtrdf import Curve, Pattern
from sklearn_wtrdf.consistency import check_pattern
from sklearn_wtrdf.datasets import load_ag_ge_se, load_material
from sklearn_wtrdf.inversion import Reference, mixture

Q = np.linspace(0.65, 8, 60)
CONTENTS = (0, 5, 10, 15, 20, 25)


def reference_of(x):
    glass = load_ag_ge_se(x)
    return Reference(glass.pattern, Curve(glass.r, glass.target))


def curve(r, g):
    """Return a reference of which only g counts."""
    curve = Curve(np.asarray(r, dtype=float), np.asarray(g, dtype=float))
    return Reference(Pattern([1, 2], [0, 0], number_density=0.05), curve)


def test_g_of_a_reference_is_0_below_and_1_above_its_range():
    reference = reference_of(0)
    np.testing.assert_allclose(reference.at(reference.curve.r), reference.curve.g, atol=1e-12)
    np.testing.assert_array_equal(reference.at(np.array([0.1, 2.0, 5.6, 30.0])), [0, 0, 1, 1])
    between = reference.at(np.linspace(*reference.curve.r[[0, -1]], 1000))
    assert reference.curve.g.min() <= between.min() <= between.max() <= reference.curve.g.max()


def test_the_onset_is_a_little_before_the_first_peak():
    r = np.arange(0.5, 5, 0.1)
    assert curve(r, r > 2.05).onset == pytest.approx(2.1 - 0.2)
    assert curve(r + 1.2, np.ones(r.size)).onset == 1.4  # it begins inside a peak
    assert curve(r, np.ones(r.size)).onset == 0.5


def test_the_roughness_is_that_of_counted_pairs():
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


def test_a_mixture_of_a_single_reference_and_non_negative_weights():
    references = [reference_of(x) for x in (0, 25)]
    assert mixture(references[:1], references[1].pattern.s_r) is references[0]
    outside = references[0].pattern.s_r - 0.5 * (
        references[1].pattern.s_r - references[0].pattern.s_r
    )  # beyond the binary
    np.testing.assert_allclose(mixture(references, outside).pattern.s_r, references[0].pattern.s_r, atol=1e-5)


def test_a_mixture_covers_the_range_that_its_components_share():
    item, other = reference_of(0), reference_of(25)
    shorter = Reference(other.pattern, Curve(other.curve.r[5:40], other.curve.g[5:40]))
    mixed = mixture([item, shorter], (item.pattern.s_r + other.pattern.s_r) / 2)
    assert (mixed.curve.r[0], mixed.curve.r[-1]) == (shorter.curve.r[0], shorter.curve.r[-1])
    np.testing.assert_array_equal(mixture([item, shorter], item.pattern.s_r).curve.r, item.curve.r)


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


def test_suspicious_data_are_reported():
    glass = load_ag_ge_se(0)
    q, s_r, density = glass.q, glass.s_r, glass.number_density
    for arguments, words in (
        ((10 * q, s_r, density), "divide it by 10"),
        ((q / 10, s_r, density), "before the structure of S"),
        ((q, 1 + s_r / q, density), "convert it by S_R"),
        ((q, s_r, 10 * density), "number_density is 0.339"),
        ((q, s_r, density / 10), "number_density is 0.00339"),
    ):
        (message,) = check_pattern(*arguments)
        assert words in str(message)
