from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_wtrdf import Composition
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.reduction.normalization import reduce_scan
from sklearn_wtrdf.reduction.scattering_model import ScatteringModel

Q = np.arange(12, 158) * 0.05
SILICA = load_material("silica", weighting="x-ray")
S = 1 + np.interp(Q, SILICA.q, SILICA.s_r) / Q
EXPECTED = ScatteringModel.of(Composition("SiO2"), Q, 1.5419)
VARIANCE = 100.0  # of a count, whose unit is not one photon here: 0.03 electron units of some hundred


def counted(expected=EXPECTED, constant=0.0):
    """Return what is counted of silica without noise, by the package's own tables."""
    e = expected
    scattered = e.mean_of_square + e.square_of_mean * (S - 1) + e.compton
    return 1000 * e.transmission * (e.polarization * scattered + constant)


def reduced(intensity, normalization, **settings):
    return reduce_scan(
        EXPECTED, SILICA.number_density, intensity, VARIANCE * intensity, normalization=normalization, **settings
    )


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_integral_is_glassures(scale):
    glassure = pytest.importorskip("glassure")
    intensity = scale * counted()
    e = EXPECTED
    pattern = glassure.Pattern(Q, intensity / e.polarization)
    u, theirs = glassure.normalization.normalize(
        pattern, SILICA.number_density, e.mean_of_square, e.square_of_mean, e.compton, attenuation_factor=0.001
    )
    ours = reduced(intensity, "integral")
    assert ours.normalization == pytest.approx(u)
    np.testing.assert_allclose(ours.s_r, Q * (theirs.y - e.mean_of_square) / e.square_of_mean, atol=1e-9)


@pytest.mark.parametrize("constant", [False, True])
def test_the_limit_is_glassures(constant):
    glassure = pytest.importorskip("glassure")
    unpolarized = EXPECTED._replace(polarization=np.ones(Q.size))
    intensity = counted(unpolarized, constant=20.0)
    theirs, _ = glassure.normalization.normalize_fit(
        glassure.Pattern(Q, intensity),
        EXPECTED.mean_of_square,
        EXPECTED.compton,
        q_cutoff=Q[-1] / 2 - 1e-9,
        multiple_scattering=constant,
    )
    ours = reduce_scan(
        unpolarized,
        SILICA.number_density,
        intensity,
        intensity,
        constant=constant,
        normalization="high-q",
    )
    assert ours.normalization == pytest.approx(theirs["n"], rel=1e-6)


def test_s_and_normalization_of_a_simulated_scan_are_recovered():
    result = reduced(counted(), "evidence")
    np.testing.assert_allclose(result.normalization, 1e-3, rtol=0.02)
    assert np.abs(result.s_r / Q - (S - 1))[Q > 1.5].mean() < 0.01
    total = result.measured
    np.testing.assert_allclose(
        total, result.coherent + result.compton + EXPECTED.square_of_mean * result.s_r / Q, rtol=1e-8
    )


@given(scale=st.floats(1e-6, 1e6), normalization=st.sampled_from(["integral", "high-q"]))
def test_the_unit_of_counts_does_not_matter(scale, normalization):
    intensity = counted(constant=5.0)
    item, other = (reduced(factor * intensity, normalization) for factor in (1.0, scale))
    np.testing.assert_allclose(other.s_r, item.s_r, atol=1e-7)
    assert other.normalization * scale == pytest.approx(item.normalization, rel=1e-7)


@cache
def with_a_constant(scale):
    intensity = counted() - 1.0
    return reduce_scan(EXPECTED, SILICA.number_density, scale * intensity, scale**2 * VARIANCE * intensity)


@pytest.mark.parametrize("scale", [1e-30, 2.0**-60, 1e-3, 1e24])
def test_the_unit_of_counts_does_not_decide_whether_there_is_a_constant(scale):
    item, other = with_a_constant(1.0), with_a_constant(scale)
    np.testing.assert_allclose(other.constant, item.constant, atol=0.01)
    np.testing.assert_allclose(other.s_r, item.s_r, atol=0.01)
    assert other.normalization * scale == pytest.approx(item.normalization, rel=1e-3)


def counts_of(seed, intensity):
    return np.random.default_rng(seed).poisson(1e3 * intensity / intensity.mean()).astype(float)


@pytest.fixture(scope="module")
def first():
    counts = counts_of(0, counted())
    return reduce_scan(EXPECTED, SILICA.number_density, counts, counts)


def test_a_reduction_that_begins_with_a_similar_scan_has_the_same_result(first):
    """Both searches end within a fraction of the counting noise of one another; the beam may have become weaker."""
    counts = np.round(0.7 * counts_of(1, counted()))
    alone, nearby = (
        reduce_scan(EXPECTED, SILICA.number_density, counts, counts, similar=similar)
        for similar in (None, first.estimate)
    )
    assert np.abs(nearby.s_r - alone.s_r).mean() < 0.2 * alone.std.mean()
    assert nearby.normalization == pytest.approx(alone.normalization, rel=0.01)


def test_a_scan_that_is_not_similar_is_reduced_as_if_alone(first):
    """Its counts scatter much more than their variances say."""
    counts = counted()
    counts = counts * (1 + 0.2 * np.random.default_rng(2).normal(size=counts.size))
    variance = VARIANCE * counted() / 1e4
    alone, nearby = (
        reduce_scan(EXPECTED, SILICA.number_density, counts, variance, similar=similar)
        for similar in (None, first.estimate)
    )
    np.testing.assert_array_equal(nearby.s_r, alone.s_r)
