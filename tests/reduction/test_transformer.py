import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_wtrdf import (
    FourierRegressor,
    InversionRegressor,
    Reduction,
    Scan,
    WTRDFRegressor,
    intensity_frame,
    load,
    save,
)
from sklearn_wtrdf.datasets import list_materials, load_material
from sklearn_wtrdf.reduction.corrections import Capillary, Reflection, Transmission
from sklearn_wtrdf.reduction.counts import without_outliers
from sklearn_wtrdf.scattering.angles import q_of

pytest.importorskip("xraydb", reason="xraydb is not installed: pip install 'sklearn-wtrdf[simulation]'")

from diffractometer import SHADED, TUBES, scan

SILICA = load_material("silica", weighting="x-ray")
FAST = {"composition": "SiO2", "number_density": SILICA.number_density, "normalization": "integral"}
R = np.linspace(1, 6, 26)
SIMILAR = ("ag00", "ag20", "argon", "rubidium")  # to ag10, argon-krypton and aluminium


@pytest.fixture(scope="module")
def counted():
    return scan("silica")


@pytest.fixture(name="X", scope="module")
def frame_of_silica(counted):
    return intensity_frame(R, counted.two_theta, counted.intensity)


@pytest.mark.filterwarnings("default::UserWarning")  # scans of random numbers look unusual
@parametrize_with_checks(
    [
        Reduction("SiO2", number_density=0.066, x=(10, 100)),
        Reduction("SiO2", number_density=0.066, x=(1, 15), axis="q", wavelength="AgKa", normalization="integral"),
        Reduction("GeSe2", mass_density=4.3, x=(10, 100), normalization="high-q", constant=False),
    ]
)
def test_scikit_learns_contract(estimator, check):
    check(estimator)


def errors(reduced, counted):
    return np.abs(1 + reduced.s_r / reduced.q - np.interp(reduced.q, counted.q, counted.S))[reduced.q >= 1.5]


def reduce(name, tube="Cu", settings=None, **of_scan):
    material, counted = load_material(name, weighting="x-ray"), scan(name, tube, **of_scan)
    arguments = {"wavelength": TUBES[tube], "background": counted.background, **(settings or {})}
    reduction = Reduction(material.formula, number_density=material.number_density, **arguments)
    item = reduction.fit(X := intensity_frame(R, counted.two_theta, counted.intensity)).decompose(X)[0]
    return item, counted


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "tube"),
    [(name, "Cu") for name in list_materials("development") if name not in SIMILAR] + [("silica", "Ag")],
)
@pytest.mark.filterwarnings("default::UserWarning")
def test_the_simulated_diffractometer(name, tube):
    result, counted = reduce(name, tube)
    error = errors(result, counted)
    s = np.interp(result.q, counted.q, counted.S)[result.q >= 1.5]
    assert error.mean() < np.mean(0.02 + 0.03 * s)
    for normalization in ("integral", "high-q"):
        theirs, _ = reduce(name, tube, {"normalization": normalization, "background_scale": SHADED})
        # For nitrogen, glassure's limit is nearer, 0.018 to 0.020, because it is given the scale of the background.
        allowed = 1.4 if name == "nitrogen" else 1.0
        assert error.mean() < max(allowed * errors(theirs, counted).mean(), 0.01)


def test_a_capillary_and_a_monochromator_are_undone():
    settings = {"absorption": Capillary(0.8), "monochromator": 26.6}
    result, counted = reduce("silica", "Cu", settings, **settings)
    assert errors(result, counted).mean() < 0.02


@pytest.mark.xfail(reason="S is off by 0.11 on average to copper's 7.8 Å⁻¹, without a warning")
@pytest.mark.filterwarnings("default::UserWarning")
def test_strong_fluorescence_and_background():
    result, counted = reduce("silica", fluorescence=0.2, background=0.5)
    assert errors(result, counted).mean() < 0.03


def test_angles_as_q_are_the_same(counted, X):
    as_q = intensity_frame(R, q_of(counted.two_theta, counted.wavelength), counted.intensity, axis="q")
    reduction = Reduction(**FAST, background=counted.background, wavelength=counted.wavelength)
    item, other = (clone(reduction).fit_transform(frame) for frame in (X, as_q))
    pd.testing.assert_frame_equal(item, other, rtol=1e-7)


def test_rows_and_scans_are_transformed_independently(counted, X, rng):
    other = intensity_frame(R, counted.two_theta, rng.poisson(counted.intensity).astype(float))
    both = pd.concat([other, X], ignore_index=True)
    reduction = Reduction(**FAST).fit(both)
    together = reduction.transform(both)
    np.testing.assert_allclose(together.iloc[len(R) :], reduction.transform(X))
    subset = rng.permutation(len(both))[:9]
    pd.testing.assert_frame_equal(reduction.transform(both.iloc[subset]), together.iloc[subset])
    first, second = reduction.decompose(both)
    np.testing.assert_allclose(first.s_r, together.filter(like="S_R").iloc[0])
    np.testing.assert_allclose(second.s_r, together.filter(like="S_R").iloc[-1])


@pytest.mark.slow
def test_scans_are_reduced_independently(counted):
    twice = [counted.intensity, scan("silica", seed=1).intensity]
    frames = [intensity_frame([2.0, 3.0], counted.two_theta, item, np.sqrt(item)) for item in twice]
    reduction = Reduction("SiO2", number_density=SILICA.number_density, background=counted.background)
    first, second = reduction.fit(frames[0]).decompose(pd.concat(frames, ignore_index=True))
    [alone] = reduction.decompose(frames[1])
    np.testing.assert_allclose(second.s_r, alone.s_r)
    assert second.background_scale == pytest.approx(alone.background_scale)
    assert np.abs(first.s_r - second.s_r).max() > 0


def test_backgrounds_as_vector_and_as_table(counted, X):
    table = np.column_stack([counted.two_theta, counted.background])
    item = Reduction(**FAST, background=counted.background).fit_transform(X)
    pd.testing.assert_frame_equal(item, Reduction(**FAST, background=table).fit_transform(X))
    coarse = Reduction(**FAST, background=table[::2]).fit_transform(X)
    s_r = [frame.filter(like="S_R").iloc[0] for frame in (item, coarse)]
    assert np.abs(s_r[0] - s_r[1]).mean() < 0.1
    assert np.abs(s_r[0] - s_r[1]).max() > 0


@pytest.mark.parametrize("axis", ["2theta", "q"])
def test_a_scan_that_was_read_is_a_background_over_either_axis_and_is_saved(axis, counted, X, tmp_path):
    x = counted.two_theta if axis == "2theta" else counted.q
    reduction = Reduction(**FAST, background=Scan(x, counted.background, None, axis, None, {})).fit(X)
    expected = Reduction(**FAST, background=counted.background).fit_transform(X)
    np.testing.assert_allclose(clone(reduction).fit_transform(X), expected, rtol=1e-9)
    twin = load(save(make_pipeline(reduction, FourierRegressor("lorch")).fit(X), tmp_path / "pipeline.skops"))
    np.testing.assert_array_equal(twin[0].transform(X), reduction.transform(X))


def test_given_standard_deviations_are_used(counted, X):
    std = np.sqrt(counted.intensity)
    by_scatter, by_std, larger, doubled = (
        Reduction(**FAST).fit_transform(frame).filter(like="std").iloc[0].to_numpy()
        for frame in (X, *(intensity_frame(R, counted.two_theta, counted.intensity, k * std) for k in (1, 3, 6)))
    )
    np.testing.assert_allclose(doubled[20:], 2 * larger[20:], rtol=1e-6)  # of less, some are the least there is
    assert np.median(by_scatter / by_std) == pytest.approx(1, abs=0.2)


def test_pipelines(counted, X):
    reduction = Reduction(**FAST, background=counted.background, background_scale=SHADED, q_min=1.0)
    y = np.interp(R, SILICA.r, SILICA.target)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of systematic errors of the integral
        for model in (InversionRegressor(), WTRDFRegressor({"a": (0.6, 0.61)}), FourierRegressor()):
            pipeline = make_pipeline(reduction, model).fit(X, y)
            expected = clone(model).fit(S := reduction.fit_transform(X), y).predict(S)
            np.testing.assert_array_equal(pipeline.predict(X), expected)


@pytest.mark.parametrize("absorption", [Capillary(0.8), Reflection(2.0), Transmission(0.5)], ids=str)
def test_a_pipeline_that_is_saved_and_loaded_predicts_the_same(absorption, counted, X, tmp_path):
    table = np.column_stack([counted.two_theta, counted.background])
    reduction = Reduction(**FAST, background=table, absorption=absorption, monochromator=26.6)
    pipeline = make_pipeline(reduction, FourierRegressor("lorch")).fit(X, np.interp(R, SILICA.r, SILICA.target))
    twin = load(save(pipeline, tmp_path / "pipeline.skops"))
    np.testing.assert_array_equal(twin.predict(X), pipeline.predict(X))
    assert twin[0].absorption == absorption
    np.testing.assert_array_equal(twin[0].background, table)
    assert twin[0].composition_.formula == "SiO2"


def test_a_grid_over_its_parameters(counted, X):
    y = np.interp(R, SILICA.r, SILICA.target)
    pipeline = make_pipeline(Reduction(**FAST, background=counted.background), FourierRegressor("lorch"))
    grid = {"reduction__normalization": ["integral", "high-q"], "reduction__background_scale": [0.0, SHADED]}
    search = GridSearchCV(pipeline, grid, cv=KFold(2), scoring="neg_mean_absolute_error").fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(set(search.cv_results_["mean_test_score"].round(9))) > 1


@pytest.mark.parametrize(
    "change",
    [{"composition": "GeO2"}, {"background_scale": 0.5}, {"normalization": "integral"}, {"background": None}],
    ids=str,
)
def test_parameters_changed_after_fit_need_another_fit(change, counted, X):
    reduction = Reduction(**FAST | {"normalization": "high-q"}, background=counted.background).fit(X)
    before = reduction.transform(X)
    pd.testing.assert_frame_equal(reduction.set_params(**change).transform(X), before)
    assert not reduction.fit(X).transform(X).equals(before)


def test_names_and_output(X):
    reduction = Reduction(**FAST).fit(X)
    out = reduction.transform(X)
    assert list(out.columns) == list(reduction.get_feature_names_out())
    pd.testing.assert_frame_equal(reduction.set_output(transform="pandas").transform(X), out)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"number_density": None}, "number_density or mass_density must be given"),
        ({"polarization": "none", "monochromator": 26.6}, "monochromator polarizes"),
        ({"background_scale": 0.9}, "background_scale is given, but no background"),
        ({"background": [1.0, 2.0]}, "background must have one finite value"),
        ({"background": ["air", "glass"]}, "background must be an array of numbers"),
        ({"background": np.ones((3, 3))}, "background must be the intensities at"),
        ({"background": [[20.0, 1.0], [21.0, 1.0]]}, "background spans 20 to 21"),
        ({"q_min": 9.0}, "q_min and q_max leave nothing of the scan"),
        ({"wavelength": "CuKb"}, "wavelength must be a number of Å or the line of a tube"),
        ({"wavelength": 0.0154}, "must be in Å, not in nm"),
        ({"normalization": "norm"}, "The 'normalization' parameter"),
    ],
)
def test_bad_parameters(settings, message, X):
    with pytest.raises(ValueError, match=message):
        Reduction(**{**FAST, **settings}).fit(X)


def test_another_range_than_that_of_fit(counted, X):
    reduction = Reduction(**FAST, x=(10, 100)).fit(np.tile(np.append(2.0, np.full(200, 5.0)), (2, 1)))
    with pytest.raises(ValueError, match="features"):
        reduction.transform(X.to_numpy())
    broken = X.copy()
    broken.iloc[0, 5] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        Reduction(**FAST).fit(broken)


@pytest.mark.filterwarnings("ignore:S has . points")
@pytest.mark.parametrize("n", [10, 20_000])
def test_few_and_many_points(counted, n):
    x = np.linspace(counted.two_theta[0], counted.two_theta[-1], n)
    X = intensity_frame(R, x, np.interp(x, counted.two_theta, counted.intensity))
    out = Reduction(**FAST).fit_transform(X)
    assert np.isfinite(out.to_numpy()).all()


def test_points_without_counts(counted):
    subset = np.where(np.arange(counted.intensity.size) % 10 == 0, 0.0, counted.intensity)
    with pytest.warns(UserWarning, match=r"14\d outliers among the counts of the scan, at .*, …:"):
        out = Reduction(**FAST).fit_transform(intensity_frame(R, counted.two_theta, subset))
    assert np.isfinite(out.to_numpy()).all()
    assert (out.filter(like="std") > 0).all(axis=None)


@pytest.mark.parametrize("axis", ["2theta", "q"])
@pytest.mark.parametrize("of", ["scan", "background"])
def test_a_single_wrong_count_is_reported_and_has_no_effect(counted, of, axis):
    x = counted.two_theta if axis == "2theta" else q_of(counted.two_theta, counted.wavelength)
    both = {"scan": counted.intensity, "background": counted.background}
    settings = {**FAST, "axis": axis, "normalization": "evidence" if (of, axis) == ("scan", "2theta") else "high-q"}

    def reduced(both):
        table = np.column_stack([x, both["background"]])
        reduction = Reduction(**settings, background=table)
        return reduction.fit(X := intensity_frame(R, x, both["scan"], axis=axis)).decompose(X)[0]

    right = reduced(both)
    place = f"{x[700]:.4g}°" if axis == "2theta" else f"{x[700]:.4g} Å⁻¹"
    for factor in (2, 10):
        spoilt = both[of].copy()
        spoilt[700] *= factor
        with pytest.warns(UserWarning, match=f"1 outlier.* of the {of}, at .*{place}:"):
            wrong = reduced(both | {of: spoilt})
        assert np.abs((wrong.s_r - right.s_r) / right.q).max() < 0.02
        np.testing.assert_allclose(wrong.normalization, right.normalization, rtol=0.01)
        np.testing.assert_allclose(wrong.background_scale, right.background_scale, rtol=0.05)


@pytest.mark.parametrize("tube", list(TUBES))
@pytest.mark.parametrize("name", list_materials())
def test_no_count_of_the_simulated_diffractometer_is_an_outlier(name, tube):
    for counts in (4e5, 100):
        counted = scan(name, tube, counts=counts)
        q = q_of(counted.two_theta, counted.wavelength)
        for intensity in (counted.intensity, counted.background):
            for step in (1, 2, 5):
                assert not without_outliers(q[::step], intensity[::step], None)[1].any()


def test_an_outlier_beyond_q_max_is_not_reported(counted):
    spoilt = counted.intensity.copy()
    spoilt[[3, -3]] *= 10
    X = intensity_frame(R, counted.two_theta, spoilt)
    Reduction(**FAST, q_min=1.0, q_max=7.5).fit_transform(X)  # a warning is an error


@pytest.mark.filterwarnings("default::UserWarning")  # all is unusual of such a scan
@pytest.mark.parametrize("normalization", ["evidence", "integral", "high-q"])
def test_counts_that_are_negative_without_the_background(counted, X, normalization):
    settings = {**FAST, "normalization": normalization}
    reduction = Reduction(**settings, background=2 * counted.intensity, background_scale=1.0)
    with pytest.warns(UserWarning, match="exceeds the counts of the sample"):
        [item] = reduction.fit(X).decompose(X)
    assert np.isfinite(item.s_r).all()
    assert item.normalization > 0
