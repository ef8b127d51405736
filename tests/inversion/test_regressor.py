import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict, cross_validate
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_wtrdf import DataWarning, FourierRegressor, InversionRegressor, peak_positions, scattering_frame
from sklearn_wtrdf.datasets import load_ag_ge_se, load_material
from sklearn_wtrdf.inversion import Bond, Continuum, PairFunctions
from tests.inversion.simulated import IGNORE_MISFIT, TERNARIES, frame, mean_error, simulated, warned

pytestmark = IGNORE_MISFIT


@pytest.mark.processors
@pytest.mark.filterwarnings("ignore:.*A training material has")  # checks give each row another S_R
@parametrize_with_checks(
    [
        InversionRegressor(q=(0.65, 8.0)),
        InversionRegressor(reference=False, q=(0.65, 8.0)),
        InversionRegressor(reference=False, refit="never", q=(0.65, 8.0)),
    ]
)
def test_scikit_learns_contract(estimator, check):
    check(estimator)


@pytest.mark.slow
def test_simulated_ternaries_from_the_binary_alone(ternaries, binary):
    y = load_ag_ge_se(TERNARIES).target
    error = np.abs(ternaries[0] - y).mean()
    assert error <= 0.045
    assert error < np.abs(np.tile(binary.target, 5) - y).mean() / 4
    with_longer_q = load_ag_ge_se(0, q_max=17)
    longer = InversionRegressor(r_max=8.0).fit(with_longer_q.data, with_longer_q.target)
    fourier = FourierRegressor(calibrate=True).fit(with_longer_q.data, with_longer_q.target)
    assert mean_error(longer, TERNARIES[::2], q_max=17) < mean_error(fourier, TERNARIES[::2], q_max=17)


def test_the_pattern_of_the_reference_reproduces_the_reference(model, binary):
    np.testing.assert_allclose(warned(lambda: model.predict(binary.data))[1], binary.target, atol=1e-4)


def test_a_mixture_of_two_materials_is_closer_than_the_copied_reference(model, binary, rng):
    other = load_ag_ge_se(25)
    density = 0.95 * binary.number_density + 0.05 * other.number_density
    g = (0.95 * binary.number_density * binary.target + 0.05 * other.number_density * other.target) / density
    s_r = 0.95 * binary.s_r + 0.05 * other.s_r
    s_r = s_r + 0.01 * np.ptp(s_r) * rng.normal(size=s_r.size)
    X = scattering_frame(binary.r, binary.q, s_r, number_density=density)
    copied = np.abs(binary.target - g).mean()
    assert np.abs(model.predict(X) - g).mean() < 0.7 * copied


@pytest.mark.slow
def test_the_papers_data_without_a_reference(ge_se):
    X = scattering_frame(ge_se.r, ge_se.q, ge_se.s_r, number_density=0.034)
    model = InversionRegressor(reference=False).fit(X, ge_se.target)
    g = model.predict(X)
    assert np.abs(g - ge_se.target).mean() <= 0.17
    first = model.peak_table(X).iloc[0]
    assert first["position"] == pytest.approx(2.36, abs=0.03)
    assert first["position_low"] < first["position"] < first["position_high"]
    assert 2.3 < first["coordination"] < 2.7  # 2.5 by the 8 − N rule
    assert (g >= 0).all()


def test_y_is_ignored_without_a_reference(ge_se):
    model = InversionRegressor(reference=False, prior=Continuum())
    first = model.fit(ge_se.data, ge_se.target).predict(ge_se.data)
    second = model.fit(ge_se.data, 0 * ge_se.target + 1).predict(ge_se.data)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, model.set_params(reference=True).fit(ge_se.data).predict(ge_se.data))


def test_leaving_one_glass_out():
    glasses = load_ag_ge_se([0, 10, 25])
    g = cross_val_predict(
        InversionRegressor(), glasses.data, glasses.target, groups=glasses.groups, cv=LeaveOneGroupOut()
    )
    assert np.abs(g - glasses.target).mean() < 0.06


@pytest.mark.slow
def test_the_std_is_small_at_well_determined_r_and_covers_the_truth(model, ternaries):
    (g, std), first = ternaries, load_ag_ge_se(TERNARIES[0])
    np.testing.assert_array_equal(g[: first.r.size], model.predict(first.data))
    covered = np.abs(g - load_ag_ge_se(TERNARIES).target) <= 1.645 * std
    assert 0.85 < covered.mean() < 0.97
    noisy = InversionRegressor(noise=0.5).fit(*load_ag_ge_se(0, return_X_y=True))
    assert mean_error(noisy, TERNARIES[::2]) > mean_error(model, TERNARIES[::2])  # it trusts S_R less


@pytest.mark.slow
def test_without_a_density_column(ge_se, binary):
    model = InversionRegressor(reference=False).fit(ge_se.data, ge_se.target)
    assert np.abs(model.predict(ge_se.data) - ge_se.target).mean() < 0.34  # the transform's, with the density known
    X, y = binary.data.drop(columns="number_density"), binary.target
    model = InversionRegressor().fit(X, y)
    assert model.references_[0].number_density == pytest.approx(binary.number_density, rel=0.15)
    other = load_ag_ge_se(10)
    error = np.abs(model.predict(other.data.drop(columns="number_density")) - other.target).mean()
    assert error < np.abs(y - other.target).mean()  # better than a copy


@pytest.mark.slow
def test_reconstruct_is_predict_in_bulk(model, ternaries, capsys):
    glasses = load_ag_ge_se(TERNARIES[:2])
    g = model.reconstruct(
        glasses.r, glasses.q, np.tile(glasses.s_r, (2, 1)), np.tile(glasses.number_density, 2), n_jobs=2
    )
    assert g.shape == (4, 58)
    np.testing.assert_allclose(g[:2].ravel(), ternaries[0][:116], atol=1e-10)
    np.testing.assert_allclose(g[2:], g[:2], atol=1e-12)
    item = model.reconstruct(glasses.r, glasses.q, glasses.s_r[0], glasses.number_density[0], verbose=True)
    np.testing.assert_allclose(item, g[0], atol=1e-12)
    assert "1/1" in capsys.readouterr().err


def test_a_pickle_is_small_and_predicts_the_same(model):
    X, _ = load_ag_ge_se(10, return_X_y=True)
    g = model.predict(X)
    pickled = pickle.dumps(model)
    assert len(pickled) < 20_000
    np.testing.assert_array_equal(pickle.loads(pickled).predict(X), g)


def test_the_peak_table_has_a_row_for_each_material_and_peak(model):
    table = model.peak_table(pd.concat([load_ag_ge_se(x).data for x in (10, 5)]), n_samples=20)
    assert table[["material", "peak"]].to_numpy().tolist() == [[0, 1], [0, 2], [1, 1], [1, 2]]
    for x, material in ((10, 0), (5, 1)):
        truth = peak_positions(load_ag_ge_se(x).r, load_ag_ge_se(x).target)
        np.testing.assert_allclose(table.loc[table["material"] == material, "position"], truth, atol=0.06)
    assert (table["coordination_low"] < table["coordination"]).all()
    assert ((table["r_low"] < table["position"]) & (table["position"] < table["r_high"])).all()
    np.testing.assert_allclose(table["number_density"][[0, 2]], [load_ag_ge_se(x).number_density for x in (10, 5)])
    again = model.peak_table(pd.concat([load_ag_ge_se(x).data for x in (10, 5)]), n_samples=20)
    pd.testing.assert_frame_equal(table, again)


def test_an_onset_beyond_the_first_peak_is_reported(binary):
    prior = Continuum(onset=(2.8, 4.5))
    message, _ = warned(lambda: InversionRegressor(reference=False, prior=prior).fit(binary.data))
    assert any("onset is at a bound of the prior, 2.8" in item for item in message)


def test_bad_input_is_refused(binary):
    with pytest.raises(ValueError, match="number_density must be one for each material"):
        InversionRegressor().fit(binary.data.assign(number_density=np.linspace(0.03, 0.04, 58)), binary.target)
    with pytest.raises(ValueError, match="number_density must be a positive"):
        InversionRegressor().fit(binary.data.assign(number_density=-1.0), binary.target)
    for bad in (
        {"r_max": 1},
        {"noise": 0},
        {"q_damp": -0.1},
        {"refit": "always"},
        {"prior": "bond"},
        {"systematic_errors": "yes"},
    ):
        with pytest.raises(ValueError, match=next(iter(bad))):
            InversionRegressor(**bad).fit(binary.data, binary.target)
    with pytest.raises(ValueError, match="s_r must have one value for each of the 148"):
        clone(InversionRegressor()).fit(binary.data, binary.target).reconstruct(binary.r, binary.q, binary.s_r[:-1])


@pytest.mark.parametrize("noise", [0.001, 0.005])
def test_a_noise_smaller_than_the_misfit_does_not_increase_the_error(noise, binary):
    model = InversionRegressor(noise=noise, r_max=8.0).fit(binary.data, binary.target)
    assert mean_error(model, TERNARIES[::2]) < 0.045


def test_g_from_the_pattern_of_the_reference_has_an_uncertainty(binary):
    model = InversionRegressor(noise=0.05).fit(binary.data, binary.target)
    _, std = warned(lambda: model.predict(binary.data, return_std=True))[1]
    assert (std[5:] > 0).all()


def test_suspicious_patterns_in_a_stack_are_counted(model, binary):
    patterns = np.stack([binary.s_r, 1 + binary.s_r / binary.q, 1 + binary.s_r / binary.q])
    with pytest.warns(UserWarning, match="2 of 3 materials look wrong. Material 1: S_R does not oscillate"):
        model.reconstruct(binary.r, binary.q, patterns, 0.034)
    with pytest.raises(ValueError, match="one for each of the 3 materials, got 2"):
        model.reconstruct(binary.r, binary.q, patterns, [0.03, 0.04])
    for bad in ({"n_samples": 1}, {"level": 1.0}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            model.peak_table(binary.data, **bad)


def test_q_in_inverse_nanometres_is_reported(binary):
    rows = scattering_frame(binary.r, 10 * binary.q[::5], binary.s_r[::5], number_density=binary.number_density)
    message, _ = warned(lambda: InversionRegressor(prior=Continuum(), r_max=5).fit(rows))
    assert any("q ends at 79" in item and "divide it by 10" in item for item in message)


def test_a_curve_without_peaks_has_an_empty_table_with_columns(binary):
    X = scattering_frame(binary.r, binary.q, 0.001 * np.sin(0.3 * binary.q), number_density=0.034)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is no material's
        table = InversionRegressor(prior=Continuum(onset=0.1)).fit(X).peak_table(X, n_samples=2)
    assert {"position", "coordination", "number_density"} <= set(table.columns)


def test_reconstruct_gives_the_standard_deviation_that_predict_gives(model):
    X, _ = load_ag_ge_se(10, return_X_y=True)
    glass = load_ag_ge_se(10)
    g, std = model.reconstruct(glass.r, glass.q, [glass.s_r], glass.number_density, return_std=True)
    expected = model.predict(X, return_std=True)
    np.testing.assert_array_equal([g[0], std[0]], expected)
    np.testing.assert_array_equal(model.r_, load_ag_ge_se(0).r)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["silica", "water", "nitrogen"])
def test_rounding_does_not_decide_where_the_search_ends(name, rng):
    material, s = simulated(name, q_max=8.0)
    first, second = (frame(material, item) for item in (s, s + 1e-13 * rng.normal(size=s.size)))
    (g, std), (other, _) = (
        warned(lambda X=X: InversionRegressor().fit(X).predict(X, return_std=True))[1] for X in (first, second)
    )
    assert (np.abs(g - other) <= 0.1 * std + 1e-3).all()


@pytest.mark.parametrize("known", [True, False], ids=["reference", "free"])
def test_mean_and_deviation_of_samples_are_those_of_the_band(known, model, free, X):
    rows, by = (load_ag_ge_se(10).data, model) if known else (X, free)
    g, std = by.predict(rows, return_std=True)
    draws = by.sample(rows, 200, random_state=3)
    assert draws.shape == (200, len(rows))
    assert (draws >= 0).all()
    np.testing.assert_array_equal(by.sample(rows, 200, random_state=3), draws)
    assert np.abs(by.sample(rows, 200, random_state=4) - draws).max() > 0
    scatter = np.sqrt(((draws - g) ** 2).mean(axis=0))
    where = (g > 3 * std) & (std > 0.2 * std.max())  # far from 0, which draws are lifted to
    assert where.sum() > 5
    np.testing.assert_allclose(scatter[where].mean(), std[where].mean(), rtol=0.2)


@pytest.mark.filterwarnings("ignore:S_R jumps by:sklearn_wtrdf.DataWarning")
def test_points_with_a_large_standard_deviation_are_ignored(silica, X, free):
    y, (_, s) = silica.target[30::3], simulated()
    part = (silica.q > 6) & (silica.q < 7)
    std = np.where(part, 1e4, 0.01 * silica.q)
    clean, spoilt = (frame(silica, s + part * bad * np.sin(7 * silica.q), std=std) for bad in (0.0, 0.8))
    never = InversionRegressor(refit="never", prior=Continuum()).fit(clean)
    np.testing.assert_allclose(never.predict(spoilt), never.predict(clean), atol=1e-3)
    error = np.abs(InversionRegressor().fit(spoilt).predict(spoilt) - y).mean()
    assert error < 1.5 * np.abs(free.predict(X) - y).mean()


def test_standard_deviations_are_used_with_a_reference(binary):
    other = load_ag_ge_se(10)
    sure, unsure = (
        scattering_frame(other.r, other.q, other.s_r, other.number_density, std=size * other.q) for size in (0.05, 5.0)
    )
    weighed = InversionRegressor().fit(
        scattering_frame(binary.r, binary.q, binary.s_r, binary.number_density, std=0.05 * binary.q), binary.target
    )
    trusted, distrusted = (np.abs(weighed.predict(rows) - other.target).mean() for rows in (sure, unsure))
    assert trusted < 0.6 * distrusted
    g = weighed.reconstruct(other.r, other.q, other.s_r, other.number_density, std=0.05 * other.q)
    np.testing.assert_array_equal(g, weighed.predict(sure))


@pytest.mark.slow
def test_predictions_do_not_depend_on_other_predictions(binary, X, free):
    frames = [load_ag_ge_se(x).data for x in TERNARIES[::2]]
    together, *models = (InversionRegressor(r_max=8.0).fit(binary.data, binary.target) for _ in range(4))
    alone = [model.predict(rows, return_std=True) for model, rows in zip(models, frames, strict=True)]
    order = [2, 0, 1, 1, 0]
    with ThreadPoolExecutor(8) as pool:
        result = list(pool.map(lambda i: warned(lambda: together.predict(frames[i], return_std=True))[1], order))
    for i, item in zip(order, result, strict=True):
        np.testing.assert_array_equal(item, alone[i])
    stacked = pd.concat(frames)
    shuffled = np.random.default_rng(0).permutation(len(stacked))
    g, std = together.predict(stacked.iloc[shuffled], return_std=True)
    for got, expected in ((g, [item[0] for item in alone]), (std, [item[1] for item in alone])):
        np.testing.assert_allclose(got, np.concatenate(expected)[shuffled], rtol=1e-12)  # a sum's order rounds
    complete = free.predict(X, return_std=True)
    for rows in ([17], [3, 90, 4], range(40, 100)):
        subset = free.predict(X.iloc[list(rows)], return_std=True)
        np.testing.assert_allclose(subset, np.array(complete)[:, list(rows)], rtol=1e-12, atol=1e-14)


def test_threads_share_a_model_without_a_reference():
    frames = [frame(*simulated(seed=seed, q_max=8.0)) for seed in range(3)]
    never = InversionRegressor(refit="never", r_max=8.0).fit(frames[0])
    alone = [pickle.loads(pickle.dumps(never)).predict(rows, return_std=True) for rows in frames]
    with ThreadPoolExecutor(8) as pool:
        result = list(pool.map(lambda rows: never.predict(rows, return_std=True), frames * 3))
    for i, item in enumerate(result):
        np.testing.assert_array_equal(item, alone[i % 3])


@pytest.mark.parametrize("name", ["silica", "argon"])
def test_a_pickle_without_a_reference_predicts_the_same(name):
    rows = frame(*simulated(name, noise=0.001, q_max=8.0))
    model = InversionRegressor(r_max=8.0).fit(rows)
    pickled = pickle.dumps(model)
    assert len(pickled) < 20_000
    again = pickle.loads(pickled)
    np.testing.assert_array_equal(again.predict(rows, return_std=True), model.predict(rows, return_std=True))
    np.testing.assert_array_equal(again.sample(rows, 3), model.sample(rows, 3))
    pd.testing.assert_frame_equal(again.fit_report().table, model.fit_report().table)


def test_a_clone_has_the_parameters_alone(free):
    model = InversionRegressor(prior=Continuum(onset=(1.0, 2.0)) + Bond(r=1.6), refit="never", noise=0.02)
    assert repr(clone(model)) == repr(model)
    assert not hasattr(clone(free), "fitted_materials_")
    assert clone(free).get_params() == free.get_params()


def test_the_report_has_the_hyperparameters(X, free, model, binary):
    report = free.fit_report()
    table = report.table.loc[0]
    assert table.loc["noise", "low"] < 0.01 < table.loc["noise", "high"]
    assert (table["low"] <= table["value"] * (1 + 1e-12)).all()
    assert (table["value"] <= table["high"] * (1 + 1e-12)).all()
    assert table.loc["number_density", ["value", "low", "high"]].unique().tolist() == [X["number_density"].iloc[0]]
    assert report.warnings == [[]]
    pd.testing.assert_frame_equal(free.fit_report(X).table, report.table)
    fixed = InversionRegressor(prior=Continuum(decay=3.0)).fit(X).fit_report().table.loc[(0, "decay")]
    assert (fixed["low"], fixed["value"], fixed["high"], fixed["at"]) == pytest.approx((3, 3, 3, "fixed"))
    with pytest.raises(ValueError, match="X: with a reference"):
        model.fit_report()
    assert "amplitude" in model.fit_report(load_ag_ge_se(10).data).table.loc[0].index


def test_at_an_r_of_zero_g_is_zero():
    material, s = simulated(q_max=8.0)
    r = np.array([0.0, 1e-9, 0.3, 1.61, 40.0])
    model = InversionRegressor().fit(scattering_frame(r, material.q, material.q * (s - 1), material.number_density))
    s_r = (material.q * (s - 1))[None]
    g, std = model.reconstruct(r, material.q, s_r, material.number_density, return_std=True)
    assert np.isfinite(std).all()
    np.testing.assert_allclose(g[0, :3], 0, atol=1e-6)
    assert g[0, 4] == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("s_r", [0.0, 1.0, 1e5], ids=str)
def test_s_r_without_structure_has_a_finite_answer(s_r):
    q = np.arange(0.5, 8, 0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = scattering_frame([0.0, 1.0, 5.0], q, np.full(q.size, s_r), 0.03)
        g, std = InversionRegressor().fit(rows).predict(rows, return_std=True)
    assert np.isfinite(g).all()
    assert np.isfinite(std).all()


@pytest.mark.filterwarnings("ignore:S_R has . outliers?, far from the neighbouring points:sklearn_wtrdf.DataWarning")
def test_outliers_are_excluded_with_a_reference(model, binary):
    glass = load_ag_ge_se(10)
    random = np.random.default_rng(0)
    s_r = glass.s_r + 0.01 * glass.q * random.normal(size=glass.q.size)
    spoilt = s_r.copy()
    spoilt[np.linspace(20, 140, 8).astype(int)] += 3
    good, bad = (
        model.predict(scattering_frame(glass.r, glass.q, item, glass.number_density)) for item in (s_r, spoilt)
    )
    assert np.abs(bad - glass.target).mean() < 1.3 * np.abs(good - glass.target).mean()


def test_a_std_for_another_number_of_patterns_is_refused(free):
    with pytest.raises(ValueError, match="std must be one for each of the 1 patterns"):
        free.reconstruct([2.0], free.q_, np.zeros(free.q_.size), std=np.ones((2, free.q_.size)))


def test_sample_weights_belong_to_the_score_and_not_to_the_fit(binary):
    X, y = pd.concat([binary.data, load_ag_ge_se(25).data]), np.append(binary.target, load_ag_ge_se(25).target)
    material = np.repeat([0, 1], binary.r.size)
    weights = {"sample_weight": np.linspace(0, 1, y.size), "groups": material}
    with config_context(enable_metadata_routing=True):
        assert not hasattr(InversionRegressor(), "set_fit_request")
        model = InversionRegressor().set_score_request(sample_weight=True)
        scores = cross_validate(model, X, y, cv=LeaveOneGroupOut(), params=weights, return_estimator=True)
    for i, (score, fitted) in enumerate(zip(scores["test_score"], scores["estimator"], strict=True)):
        rows = material == i
        assert score == fitted.score(X[rows], y[rows], sample_weight=weights["sample_weight"][rows])


def test_a_composition_that_is_not_that_of_x_is_reported():
    silica = load_material("silica", q_max=8)
    X = scattering_frame(silica.r, silica.q, silica.s_r, silica.number_density, composition="SiO2")
    model = InversionRegressor(prior="continuum", composition="GeO2")
    with pytest.warns(DataWarning, match="composition is GeO2, but X has SiO2 in its attrs: which one is right"):
        model.fit(X)


def test_a_prior_of_pair_functions_needs_their_weights(binary):
    model = InversionRegressor(prior=PairFunctions("GeSe2"))
    with pytest.raises(ValueError, match="prior: pair functions need the weights of pairs"):
        model.fit(binary.data)
    with pytest.raises(ValueError, match="prior: the pair functions are of GeSe2, and the pattern is of SiO2"):
        model.set_params(composition="SiO2").fit(binary.data)


def test_an_argument_that_is_not_a_pattern_is_refused(model):
    with pytest.raises(TypeError, match="pattern must be of class Pattern, got"):
        model.solve((np.arange(3.0), np.zeros(3)))
