import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor

from sklearn_wtrdf import (
    Continuum,
    FourierRegressor,
    InversionRegressor,
    Pattern,
    RBFNetRegressor,
    WTRDFRegressor,
    load,
    reconstruct_files,
    save,
    scattering_frame,
)
from sklearn_wtrdf.consistency import (
    check_curve,
    check_pattern,
    check_patterns,
)
from sklearn_wtrdf.datasets import list_materials, load_ag_ge_se, load_ge_se, load_material
from sklearn_wtrdf.mismatch import check_family, check_family_of_each
from sklearn_wtrdf.scattering.sampling import wrong_unit_of_r
from sklearn_wtrdf.utils.data_warnings import DataWarning, MismatchWarning
from tests.recorded import messages_of, warnings_of

SILVER = [name for name in list_materials() if name.startswith("ag")]


WTRDF = WTRDFRegressor({"a": (0.9, 1), "b": (0, 0), "K_f": (0, 0)})


MISTAKES = {
    "S given as S_R": (lambda q, s_r: (q, s_r / q + 1, None), "oscillate"),
    "intensity given as S_R": (lambda q, s_r: (q, 500 * np.exp(-q / 4) * (s_r / q + 1), None), "oscillate"),
    "intensity given as S": (lambda q, s_r: (q, q * (500 * np.exp(-q / 4) * (s_r / q + 1) - 1), None), "oscillate"),
    "S - 1 given as S_R": (lambda q, s_r: (q, s_r / q, None), "as S − 1 does"),
    "F given as S": (lambda q, s_r: (q, q * (s_r - 1), None), "that is S_R itself"),
    "a density of a tenth": (lambda q, s_r: (q, s_r, 0.0034), "number_density"),
    "a density ten times too large": (lambda q, s_r: (q, s_r, 0.34), "number_density"),
    "q in nm": (lambda q, s_r: (10 * q, s_r, None), "nm"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("model", [InversionRegressor(), WTRDF, FourierRegressor(number_density=None)])
def test_mistakes_of_units_and_quantities_are_reported(model, mistake):
    convert, words = MISTAKES[mistake]
    glass = load_ge_se()
    q, s_r, density = convert(glass.q, glass.s_r)
    X = scattering_frame(glass.r, q, s_r, density or 0.034)
    try:
        messages = messages_of(model.fit, X, glass.target)
    except ValueError as error:
        messages = [str(error)]
    assert any(words in item for item in messages), messages


@pytest.mark.parametrize("model", [InversionRegressor(), WTRDF, FourierRegressor()])
def test_the_right_data_give_no_warning(model):
    glass = load_ge_se()
    X = scattering_frame(glass.r, glass.q, glass.s_r, 0.034)
    assert messages_of(lambda: model.fit(X, glass.target).predict(X)) == []


def two_with_s_for_s_r():
    """Return the frame and g of two glasses, of which both have S in place of S_R."""
    glasses = [load_ag_ge_se(silver) for silver in (0, 10)]
    frames = [scattering_frame(item.r, item.q, item.s_r / item.q + 1, item.number_density) for item in glasses]
    return pd.concat(frames), np.concatenate([item.target for item in glasses])


@pytest.mark.parametrize("model", [InversionRegressor(), WTRDF, FourierRegressor()])
def test_of_several_materials_each_kind_is_reported_once_and_where_the_user_called(model):
    X, y = two_with_s_for_s_r()
    q = load_ag_ge_se(0).q
    calls = [
        lambda: model.fit(X, y),
        lambda: model.predict(X),
        lambda: model.reconstruct([2.0, 3.0], q, X.iloc[[0, -1], -q.size :], 0.034),
        lambda: TransformedTargetRegressor(model).fit(X, y),
    ]
    for call in calls:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            call()
        assert {warning.filename for warning in caught} == {__file__}
        for category in (DataWarning, MismatchWarning):
            assert sum(warning.category is category for warning in caught) <= 2  # of the data, and of the model's fit
        assert "2 of 2 materials look wrong. Material 0: S_R does not oscillate about 0" in str(caught[0].message)


def test_the_density_of_a_liquid_with_bonds_to_hydrogen_is_not_called_wrong():
    """S of C-D and C-C bonds, and of a step behind them: the slope before 1.4 Å counts the bonds as well."""
    q, r, density = np.arange(0.5, 17, 0.05), np.arange(0.01, 40, 0.01), 0.1
    step = 1 / (1 + np.exp(-np.clip((r - 2.0) / 0.1, -40, 40)))
    s_r = 4 * np.pi * density * 0.01 * np.sin(np.outer(q, r)) @ (r * (step - 1))
    for distance, n in ((1.09, 1.2), (1.37, 1.4)):
        s_r += n / distance * np.sin(q * distance) * np.exp(-((0.05 * q) ** 2) / 2)
    assert check_pattern(q, s_r, density) == []
    assert "number_density" in str(*check_pattern(q, s_r, 10 * density))


def test_the_number_density_of_fit_is_the_one_that_is_checked():
    glass = load_ge_se()
    X = scattering_frame(glass.r, glass.q, glass.s_r, 0.34)
    model = FourierRegressor(number_density=0.034).fit(X, glass.target)
    model.number_density = 0.34
    assert messages_of(model.predict, X) == []


REGRESSORS = [InversionRegressor(), WTRDF, FourierRegressor(calibrate=True), RBFNetRegressor(n_centers=3, max_iter=1)]


@pytest.mark.parametrize("model", REGRESSORS)
@pytest.mark.parametrize("i", [0, 30, 57])
def test_a_g_that_no_material_has_is_refused_and_one_far_off_reported(model, i):
    glass = load_ge_se()
    X = scattering_frame(glass.r, glass.q, glass.s_r, 0.034)
    for value in (1e6, -1e6):
        with pytest.raises(ValueError, match=r"^y, the g\(r\) that is given, has 1 value"):
            model.fit(X, np.where(np.arange(58) == i, value, glass.target))
    messages = messages_of(model.fit, X, np.where(np.arange(58) == i, -50.0, glass.target))
    assert any(f"far from the neighbouring points: -50 at r = {glass.r[i]:.3g} Å" in item for item in messages)


def test_a_g_of_weight_0_is_ignored():
    glass = load_ge_se()
    counts = np.arange(58) != 30
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        WTRDF.fit(glass.data, np.where(counts, glass.target, 1e6), sample_weight=counts)


@pytest.mark.parametrize("model", REGRESSORS)
def test_an_s_r_that_no_material_has_is_refused_and_one_far_off_reported(model):
    glass = load_ge_se()
    X = scattering_frame(glass.r, glass.q, glass.s_r, 0.034)
    name = X.columns[80]
    if not isinstance(model, RBFNetRegressor):  # which may have any features
        with pytest.raises(ValueError, match="no material has"):
            model.fit(X.assign(**{name: 5e5}), glass.target)
    assert any(
        f"S_R has 1 outlier, far from the neighbouring points: 50 at q = {glass.q[78]:.3g}" in item
        for item in messages_of(model.fit, X.assign(**{name: 50.0}), glass.target)
    )
    with pytest.raises(ValueError, match="s_r has 1"):
        scattering_frame(glass.r, glass.q, X.assign(**{name: 5e5}).iloc[0, 2:])


@pytest.mark.parametrize("model", REGRESSORS)
def test_a_hole_in_q_and_banks_that_disagree_are_reported(model):
    glass = load_ge_se()
    left = np.delete(np.arange(148), range(40, 60))
    X = scattering_frame(glass.r, glass.q[left], glass.s_r[left], 0.034)
    hole = "q has 1 hole(s), the widest from 2.6 to 3.65 Å⁻¹"
    assert any(hole in item for item in messages_of(model.fit, X, glass.target))
    assert any(hole in item for item in messages_of(model.predict, X))
    meeting = scattering_frame(glass.r, glass.q, glass.s_r + 2 * (glass.q > 5), 0.034)
    assert any("two banks meet" in item for item in messages_of(model.fit, meeting, glass.target))


@pytest.mark.parametrize("name", list_materials())
def test_a_true_g_is_reported_only_if_it_is_in_reverse_order_or_ends_early(name):
    material = load_material(name)
    assert check_curve(material.r, material.target) == []
    assert check_curve(material.r[::-1], material.target[::-1]) == []
    inside = material.r > 0.6
    [message] = check_curve(material.r[inside], material.target[inside][::-1])
    assert "in the reverse order of r" in str(message)
    rise = material.r < material.r[np.argmax(material.target > 0.5)]
    assert "end before its first maximum" in str(check_curve(material.r[rise], material.target[rise])[-1])


def test_batches_warn_of_suspicious_data_and_with_strict_write_nothing(tmp_path):
    glass, argon = load_ag_ge_se(0), load_material("argon", q_max=17)
    model = WTRDF.fit(glass.data, glass.target)
    own, foreign = (f"{tmp_path}/{name}.fq" for name in ("own", "foreign"))
    np.savetxt(own, np.column_stack([glass.q, glass.s_r]))
    np.savetxt(foreign, np.column_stack([argon.q, argon.s_r]))
    options = {"number_density": 0.034}
    loose = reconstruct_files(model, [own, foreign], tmp_path / "loose", **options)
    assert (loose["error"] == "").all()
    assert [bool(messages) for messages in loose["warning"]] == [False, True]
    strict = reconstruct_files(model, [own, foreign], tmp_path / "strict", strict=True, **options)
    assert strict["error"][0] == ""
    assert "family" in strict["error"][1]
    assert [path.name for path in (tmp_path / "strict").iterdir()] == ["own.gr"]


def test_a_model_file_has_the_family_and_older_files_skip_the_check(tmp_path):
    glass = load_ag_ge_se(0)
    model = WTRDF.fit(glass.data, glass.target)
    argon = load_material("argon", q_max=17)
    foreign = scattering_frame([2.0, 3.0], glass.q, np.interp(glass.q, argon.q, argon.s_r), 0.0213)
    loaded = load(save(model, tmp_path / "model.skops"))
    assert "family" in str(messages_of(loaded.predict, foreign))
    del model._s_r
    older = load(save(model, tmp_path / "older.skops"))
    assert messages_of(older.predict, foreign) == []


def test_too_few_points_of_q_are_reported():
    X = scattering_frame([2.0, 2.5, 3.0], np.linspace(1, 8, 10), np.sin(np.linspace(1, 8, 10)), 0.03)
    with pytest.warns(DataWarning, match="fewer than 20"):
        InversionRegressor().fit(X)


@pytest.mark.slow
@pytest.mark.parametrize("first_is_wrong", [True, False])
@pytest.mark.parametrize(
    "call",
    [
        lambda X, y: FourierRegressor().fit(X, y),
        lambda X, y: InversionRegressor(prior=Continuum()).fit(X),
        lambda X, y: InversionRegressor().fit(X, y),
        lambda X, y: WTRDF.fit(X, y),
        lambda X, y: WTRDFRegressor(WTRDF.bounds).fit(X.iloc[: len(y) // 2], y[: len(y) // 2]).predict(X),
    ],
    ids=["Fourier", "inversion", "references", "WT-RDF", "predict"],
)
def test_materials_are_counted_in_the_order_of_their_rows(call, first_is_wrong):
    glass = load_ge_se()
    right, wrong = (scattering_frame(glass.r, glass.q, item, 0.034) for item in (glass.s_r, 1 + glass.s_r / glass.q))
    X = pd.concat([wrong, right] if first_is_wrong else [right, wrong], ignore_index=True)
    messages = [
        str(item.message)
        for item in warnings_of(call, X, np.tile(glass.target, 2))
        if "1 of 2 materials" in str(item.message)
    ]
    assert f"Material {0 if first_is_wrong else 1}: S_R does not oscillate" in messages[0]


def test_a_stack_is_checked_as_each_of_its_rows(rng):
    q = np.linspace(0.3, 12, 60)
    stack = np.vstack([q * 0.3, -q, np.zeros(60), np.sin(2.3 * q), 1 + np.sin(2.3 * q), rng.normal(size=(20, 60))])
    densities = [None, 0.0, np.nan, 0.05, 5.0, *[0.05] * 20]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        patterns = check_patterns(
            [Pattern(q, s_r, number_density=density) for s_r, density in zip(stack, densities, strict=True)]
        )
    families = check_family_of_each(q, stack, np.sin(2.4 * q))
    for i, (s_r, density) in enumerate(zip(stack, densities, strict=True)):
        assert [str(item) for item in patterns[i]] == [str(item) for item in check_pattern(q, s_r, density)]
        assert [str(item) for item in families[i]] == [str(item) for item in check_family(q, s_r, np.sin(2.4 * q))]


def test_lines_of_crystals_are_reported_as_such_and_not_as_outliers():
    material = load_material("silica", weighting="neutron")
    lines = sum(0.6 * np.exp(-(((material.q - place) / 0.03) ** 2) / 2) for place in (2.0, 3.5, 4.2))
    message, *others = check_pattern(material.q, material.s_r + material.q * lines, material.number_density)
    assert str(message) == "Sharp lines of S at q = 2, 3.5, 4.2 Å⁻¹: the sample seems to be partly crystalline."
    assert not others


def test_a_pattern_of_a_fraction_of_an_inverse_angstrom_is_judged_without_an_error():
    q = np.linspace(0.009, 0.356, 391)
    (message,) = check_pattern(q, q * np.cos(30 * q), 0.066)
    assert "q ends at 0.356 Å⁻¹, before the structure of S: is q in another unit?" in str(message)


@pytest.mark.parametrize("q_max", [8, 17])
@pytest.mark.parametrize("name", list_materials())
def test_a_curve_of_the_wrong_sign_is_reported(name, q_max):
    if q_max == 8 and name in {"benzene", "nitrogen"}:
        pytest.skip("the ripples of its bonds are steeper than the slope of G(r)")
    material = load_material(name, q_max=q_max)
    assert not any("sign" in str(warning) for warning in check_pattern(material.q, material.s_r))
    (warning,) = check_pattern(material.q, -material.s_r)
    assert "wrong sign" in str(warning)


def test_small_angle_scattering_is_no_wrong_sign():
    silica = load_material("silica", q_max=17)
    rise = 5 * silica.q * np.exp(-((silica.q / 0.3) ** 2))
    assert check_pattern(silica.q, silica.s_r + rise) == []


def test_an_s_r_near_0_is_reported():
    glass = load_ge_se()
    for factor in (0.0, 1e-12):
        (message,) = check_pattern(glass.q, factor * glass.s_r)
        assert "S_R hardly differs from 0" in str(message)


def test_runs_of_one_value_are_reported_but_not_those_of_rounding():
    """A curve that was clipped, filled with S = 1 in the middle, or with its last value at the end."""
    silica = load_material("silica", weighting="neutron", q_max=17)
    filled, ended = silica.s.copy(), silica.s.copy()
    filled[200:230], ended[200:] = 1.0, silica.s[199]
    for s in (filled, ended):
        (message,) = check_pattern(silica.q, silica.q * (s - 1), silica.number_density)
        assert "S has the same value at" in str(message)
    clipped = check_pattern(load_ge_se().q, np.clip(load_ge_se().s_r, -0.5, 0.5))
    assert any("S has the same value" in str(message) for message in clipped)
    fine = np.arange(0.5, 20, 0.005)
    for decimals in (1, 2, 3):
        rounded = np.round(np.interp(fine, silica.q, silica.s), decimals)
        assert not [str(m) for m in check_pattern(fine, fine * (rounded - 1)) if "the same value" in str(m)]


def test_ten_times_s_r_is_not_called_s_minus_1():
    glass = load_ge_se()
    (message,) = check_pattern(glass.q, 10 * glass.s_r)
    assert "S_R tends to" in str(message)
    assert "S − 1 cannot be below −1" in str(message)


def test_a_missing_beginning_is_reported():
    silica = load_material("silica", weighting="neutron", q_max=17)
    late = silica.q > 2.5
    (message,) = check_pattern(silica.q[late], silica.s_r[late], silica.number_density)
    assert str(message) == "q begins at 2.55 Å⁻¹, where the first maximum of S may be missing."


@pytest.mark.parametrize(("factor", "unit"), [(0.1, "nm"), (100, "pm")])
def test_distances_in_nm_or_pm_are_reported_by_each_estimator(factor, unit, ge_se):
    r = factor * np.arange(0.5, 10, 0.1)
    X = scattering_frame(r, ge_se.q, ge_se.s_r, 0.034)
    inversion = InversionRegressor().fit(ge_se.data, ge_se.target)
    wtrdf = WTRDFRegressor().fit(ge_se.data, ge_se.target)
    assert not wrong_unit_of_r(X["r"].to_numpy() / factor, ge_se.q)
    array = FourierRegressor(number_density=0.034, q=ge_se.q)
    assert any(f"if it is in {unit}" in text for text in messages_of(array.fit, np.delete(X.to_numpy(), 1, axis=1)))
    fourier = FourierRegressor().fit(ge_se.data, ge_se.target)
    for model in (fourier, wtrdf, inversion) if unit == "nm" else (fourier, wtrdf):  # the inversion refuses r in pm
        X_of_model = X[model.feature_names_in_]
        for call in ((model.predict, X_of_model), (model.reconstruct, r, ge_se.q, ge_se.s_r, 0.034)):
            assert sum(f"if it is in {unit}" in text for text in messages_of(*call)) == 1


@pytest.mark.parametrize("r", [np.arange(1.4, 1.9, 0.01), np.arange(0.02, 60, 0.02), [0.5, 1.0, 1.5], [500.0]])
def test_distances_in_angstrom_are_not_reported(r, ge_se):
    assert wrong_unit_of_r(np.array(r), ge_se.q) == ""


@pytest.mark.parametrize(("step", "is_wide"), [(0.05, False), (0.2, False), (0.3, True), (0.8, True)])
def test_steps_of_q_that_are_too_wide_are_reported(step, is_wide):
    argon = load_material("argon")
    q = np.arange(0.65, 17, step)
    messages = check_pattern(q, np.interp(q, argon.q, argon.s_r), argon.number_density)
    texts = [f"q has wide steps, of {step:g} Å⁻¹: structure beyond r = π / step = {np.pi / step:.2g} Å distorts g(r)"]
    assert [str(message).partition(" at smaller")[0] for message in messages] == texts * is_wide
