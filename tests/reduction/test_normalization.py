import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_wtrdf import Composition
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.reduction.counts import rebin, without_outliers
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


def test_a_scan_by_the_same_tables_is_recovered():
    found = reduced(counted(), "evidence")
    np.testing.assert_allclose(found.normalization, 1e-3, rtol=0.02)
    assert np.abs(found.s_r / Q - (S - 1))[Q > 1.5].mean() < 0.01
    total = found.measured
    np.testing.assert_allclose(
        total, found.coherent + found.compton + EXPECTED.square_of_mean * found.s_r / Q, rtol=1e-8
    )


@given(scale=st.floats(1e-6, 1e6), normalization=st.sampled_from(["integral", "high-q"]))
def test_the_unit_of_counts_does_not_matter(scale, normalization):
    intensity = counted(constant=5.0)
    one, other = (reduced(factor * intensity, normalization) for factor in (1.0, scale))
    np.testing.assert_allclose(other.s_r, one.s_r, atol=1e-7)
    assert other.normalization * scale == pytest.approx(one.normalization, rel=1e-7)


@given(slope=st.floats(-5, 5), height=st.floats(10, 1e3))
def test_a_straight_line_is_kept_by_bins(slope, height):
    x = np.linspace(0.9, 6.1, 700)
    grid = np.arange(10, 61) * 0.1
    values, variance = rebin(x, height + slope * x, None, grid)
    np.testing.assert_allclose(values, height + slope * grid, rtol=1e-9, atol=1e-9)
    assert (variance >= 0).all()


def test_the_variance_of_bins_is_that_of_counts(rng):
    x, grid = np.linspace(0.95, 6.05, 20_000), np.arange(10, 61) * 0.1
    counts = rng.poisson(1e4, x.size).astype(float)
    values, found = rebin(x, counts, None, grid)
    given_variance = rebin(x, counts, counts, grid)[1]
    np.testing.assert_allclose(found, given_variance, rtol=0.1)
    assert np.mean((values - 1e4) ** 2 / given_variance) == pytest.approx(1, abs=0.5)


def test_few_points_are_interpolated():
    x, grid = np.array([1.0, 2.0, 3.0]), np.array([1.5, 2.0, 2.5])
    values, variance = rebin(x, np.array([2.0, 4.0, 6.0]), np.array([1.0, 1.0, 3.0]), grid)
    np.testing.assert_allclose(values, [3, 4, 5])
    np.testing.assert_allclose(variance, [1, 1, 2])


def test_two_points_tell_no_scatter():
    values, variance = rebin(np.array([1.0, 2.0]), np.array([2.0, 4.0]), None, np.array([1.0, 2.0]))
    np.testing.assert_allclose(values, [2, 4])
    np.testing.assert_array_equal(variance, [0, 0])


@pytest.mark.parametrize("scale", [1e-30, 2.0**-60, 1e-3, 1e24])
def test_the_unit_of_counts_does_not_decide_whether_there_is_a_constant(scale):
    intensity = counted() - 1.0
    one, other = (
        reduce_scan(EXPECTED, SILICA.number_density, k * intensity, k**2 * VARIANCE * intensity) for k in (1.0, scale)
    )
    np.testing.assert_allclose(other.constant, one.constant, atol=0.01)
    np.testing.assert_allclose(other.s_r, one.s_r, atol=0.01)
    assert other.normalization * scale == pytest.approx(one.normalization, rel=1e-3)


DENSE = np.arange(600) * 0.01 + 0.5


def swinging(rng, level):
    return rng.poisson(level * (2 + np.sin(5 * DENSE) * np.exp(-DENSE / 2))).astype(float)


@pytest.mark.parametrize("unit", [1.0, 1e-25])
@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("factor", [0.0, 0.5, 1.5, 2.0, 10.0, 1e6])
@pytest.mark.parametrize("place", [0, 1, 2, 300, 598, 599])
def test_a_wrong_count_is_replaced_by_what_its_neighbours_predict(rng, factor, place, known, unit):
    true = unit * swinging(rng, 10_000)
    wrong = true.copy()
    wrong[place] *= factor
    replaced, outlying = without_outliers(DENSE, wrong, unit * wrong if known else None)
    np.testing.assert_array_equal(np.flatnonzero(outlying), [place])
    np.testing.assert_array_equal(np.delete(replaced, place), np.delete(true, place))
    assert replaced[place] == pytest.approx(true[place], rel=0.1)


@pytest.mark.parametrize("apart", [1, 2, 4, 5, 7, 20])
@pytest.mark.parametrize("factors", [(2, 2), (2, 0), (10, 3), (0, 0)])
def test_two_wrong_counts_do_not_hide_each_other(rng, apart, factors):
    wrong, places = swinging(rng, 10_000), [300, 300 + apart]
    wrong[places] *= factors
    np.testing.assert_array_equal(np.flatnonzero(without_outliers(DENSE, wrong, None)[1]), places)


@pytest.mark.parametrize("level", [0.02, 0.3, 3, 100, 1e4, 1e7])
def test_counting_makes_no_outliers(rng, level):
    for _ in range(30):
        counts = swinging(rng, level)
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
def test_of_any_numbers_outliers_alone_are_replaced(counts, data):
    steps = data.draw(st.lists(st.floats(1e-6, 0.2), min_size=len(counts), max_size=len(counts)))
    counts = np.array(counts)
    replaced, outlying = without_outliers(np.cumsum(steps), counts, None)
    np.testing.assert_array_equal(replaced[~outlying], counts[~outlying])
    assert np.isfinite(replaced).all()


@pytest.mark.parametrize("counts", [np.zeros(50), np.full(50, 7.0), np.arange(50.0), np.arange(50) % 2 * 3.0])
def test_what_tells_no_noise_has_no_outliers(counts):
    assert not without_outliers(0.01 * np.arange(50), counts, None)[1].any()
