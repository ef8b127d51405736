import pickle
from importlib import resources

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_wtrdf import FourierRegressor, InversionRegressor, peak_positions, scattering_frame
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.inversion import mixture

TERNARIES = [5, 10, 15, 20, 25]


@pytest.mark.filterwarnings("ignore:A training material has")  # checks give each row another S_R
@parametrize_with_checks(
    [
        InversionRegressor(q=(0.65, 8.0)),
        InversionRegressor(reference=False, q=(0.65, 8.0)),
        InversionRegressor(reference=False, prior="auto", q=(0.65, 8.0)),
    ]
)
def test_scikit_learns_contract(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def binary():
    return load_ag_ge_se(0)


@pytest.fixture(scope="module")
def model(binary):
    return InversionRegressor().fit(binary.data, binary.target)


def mean_error(model, contents, **options):
    X, y = load_ag_ge_se(contents, return_X_y=True, **options)
    return np.abs(model.predict(X) - y).mean()


def test_simulated_ternaries_from_the_binary_alone(model, binary):
    assert mean_error(model, TERNARIES) <= 0.045
    copy = np.abs(np.tile(binary.target, 5) - load_ag_ge_se(TERNARIES).target).mean()
    assert mean_error(model, TERNARIES) < copy / 4
    with_longer_q = load_ag_ge_se(0, q_max=17)
    longer = InversionRegressor().fit(with_longer_q.data, with_longer_q.target)
    fourier = FourierRegressor(calibrate=True).fit(with_longer_q.data, with_longer_q.target)
    assert mean_error(longer, TERNARIES, q_max=17) < mean_error(fourier, TERNARIES, q_max=17)


def test_the_references_own_pattern_gives_it_back(model, binary):
    np.testing.assert_allclose(model.predict(binary.data), binary.target, atol=1e-9)


def test_between_two_materials_it_is_close_to_what_it_should_be(model, binary, rng):
    other = load_ag_ge_se(25)
    density = 0.95 * binary.number_density + 0.05 * other.number_density
    g = (0.95 * binary.number_density * binary.target + 0.05 * other.number_density * other.target) / density
    s_r = 0.95 * binary.s_r + 0.05 * other.s_r
    s_r = s_r + 0.01 * np.ptp(s_r) * rng.normal(size=s_r.size)
    X = scattering_frame(binary.r, binary.q, s_r, number_density=density)
    copied = np.abs(binary.target - g).mean()
    assert np.abs(model.predict(X) - g).mean() < 0.7 * copied


def test_the_papers_data_without_a_reference(ge_se):
    X = scattering_frame(ge_se.r, ge_se.q, ge_se.s_r, number_density=0.034)
    model = InversionRegressor(reference=False).fit(X, ge_se.target)
    g = model.predict(X)
    assert np.abs(g - ge_se.target).mean() <= 0.26
    first = model.peak_table(X).iloc[0]
    assert first["position"] == pytest.approx(2.36, abs=0.03)
    assert first["position_low"] < first["position"] < first["position_high"]
    assert 2.3 < first["coordination"] < 2.7  # 2.5 by the 8 − N rule
    assert (g >= 0).all()


def test_y_is_not_looked_at_without_a_reference(ge_se):
    first = InversionRegressor(reference=False).fit(ge_se.data, ge_se.target).predict(ge_se.data)
    second = InversionRegressor(reference=False).fit(ge_se.data, 0 * ge_se.target + 1).predict(ge_se.data)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, InversionRegressor(reference=False).fit(ge_se.data).predict(ge_se.data))
    with pytest.raises(ValueError, match="requires y"):
        InversionRegressor().fit(ge_se.data)


def test_several_references_are_mixed(binary):
    glasses = load_ag_ge_se([0, 10, 25])
    model = InversionRegressor().fit(glasses.data, glasses.target)
    assert len(model.references_) == 3
    s_r = 0.3 * glasses.s_r[0] + 0.7 * glasses.s_r[2]
    mixed = mixture(model.references_, s_r)
    np.testing.assert_allclose(mixed.s_r, s_r, atol=1e-6)
    density = 0.3 * glasses.number_density[0] + 0.7 * glasses.number_density[2]
    assert mixed.number_density == pytest.approx(density, rel=1e-6)
    weights = np.array([0.3, 0.7]) * glasses.number_density[[0, 2]] / density
    expected = weights[0] * glasses.target[:58] + weights[1] * glasses.target[116:]
    np.testing.assert_allclose(mixed.at(glasses.r), expected, atol=1e-5)
    alone = InversionRegressor().fit(binary.data, binary.target)
    assert mean_error(model, [15]) < mean_error(alone, [15])


def test_leaving_one_glass_out():
    glasses = load_ag_ge_se([0, 10, 25])
    g = cross_val_predict(
        InversionRegressor(), glasses.data, glasses.target, groups=glasses.groups, cv=LeaveOneGroupOut()
    )
    assert np.abs(g - glasses.target).mean() < 0.06


def test_std_is_small_where_it_is_sure_and_covers(model):
    X, y = load_ag_ge_se(TERNARIES, return_X_y=True)
    g, std = model.predict(X, return_std=True)
    np.testing.assert_array_equal(g, model.predict(X))
    covered = np.abs(g - y) <= 1.645 * std
    assert 0.85 < covered.mean() < 0.97
    noisy = InversionRegressor(noise=0.5).fit(*load_ag_ge_se(0, return_X_y=True))
    assert np.abs(noisy.predict(X) - y).mean() > np.abs(g - y).mean()  # it trusts S_R less


def test_without_a_density_column(ge_se, binary):
    model = InversionRegressor(reference=False).fit(ge_se.data, ge_se.target)
    assert np.abs(model.predict(ge_se.data) - ge_se.target).mean() < 0.34  # the transform's, with the density known
    X, y = binary.data.drop(columns="number_density"), binary.target
    model = InversionRegressor().fit(X, y)
    assert model.references_[0].number_density == pytest.approx(binary.number_density, rel=0.15)
    np.testing.assert_allclose(model.predict(X), y, atol=1e-9)
    other = load_ag_ge_se(10)
    error = np.abs(model.predict(other.data.drop(columns="number_density")) - other.target).mean()
    assert error < np.abs(y - other.target).mean()  # better than a copy


def test_rows_beyond_the_reference_are_solved_without_it(binary):
    near = binary.data["r"] < 4
    model = InversionRegressor().fit(binary.data[near], binary.target[near])
    free = InversionRegressor(reference=False).fit(binary.data, binary.target)
    X, _ = load_ag_ge_se(10, return_X_y=True)
    np.testing.assert_allclose(model.predict(X)[~near], free.predict(X)[~near])
    assert np.abs(model.predict(X)[near] - free.predict(X)[near]).max() > 0.01


def test_reconstruct_is_predict_in_bulk(model, binary, capsys):
    glasses = load_ag_ge_se(TERNARIES)
    g = model.reconstruct(glasses.r, np.tile(glasses.s_r, (30, 1)), np.tile(glasses.number_density, 30), n_jobs=2)
    assert g.shape == (150, 58)
    np.testing.assert_allclose(g[:5].ravel(), model.predict(glasses.data), atol=1e-10)
    np.testing.assert_allclose(g[5:10], g[:5], atol=1e-12)
    one = model.reconstruct(glasses.r, glasses.s_r[0], glasses.number_density[0], verbose=True)
    np.testing.assert_allclose(one, g[0], atol=1e-12)
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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda glass: (1 + glass.s_r / glass.q, glass.number_density, glass.target), "convert it by S_R"),
        (lambda glass: (glass.s_r, 10 * glass.number_density, glass.target), "number_density is 0.339"),
        (lambda glass: (glass.s_r, glass.number_density / 10, glass.target), "number_density is 0.00339"),
        (lambda glass: (glass.s_r, glass.number_density, glass.r * (glass.target - 1)), "g does not tend to 1"),
    ],
)
def test_data_that_look_wrong_are_said_to(change, message, binary):
    s_r, density, g = change(binary)
    X = scattering_frame(binary.r, binary.q, s_r, number_density=density)
    with pytest.warns(UserWarning, match=message) as caught:
        InversionRegressor().fit(X, g)
    assert caught[0].filename == __file__  # the user's line is blamed


def test_an_r_min_beyond_the_first_peak_is_said(binary):
    with pytest.warns(UserWarning, match=r"r_min is 2\.8 Å, but S_R has a peak at 2\.4"):
        InversionRegressor(r_min=2.8).fit(binary.data, binary.target)
    free = InversionRegressor(reference=False, r_min=2.8).fit(binary.data, binary.target)
    with pytest.warns(UserWarning, match=r"r_min is 2\.8 Å") as caught:
        free.predict(binary.data)
    assert caught[0].filename == __file__


def test_bad_input_is_refused(binary):
    with pytest.raises(ValueError, match="number_density must be one for each material"):
        InversionRegressor().fit(binary.data.assign(number_density=np.linspace(0.03, 0.04, 58)), binary.target)
    with pytest.raises(ValueError, match="number_density must be a positive"):
        InversionRegressor().fit(binary.data.assign(number_density=-1.0), binary.target)
    for bad in ({"r_min": 0}, {"r_max": 1}, {"length_scale": -1}, {"noise": 0}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            InversionRegressor(**bad).fit(binary.data, binary.target)
    with pytest.raises(ValueError, match="s_r must have one value for each of the 148"):
        clone(InversionRegressor()).fit(binary.data, binary.target).reconstruct(binary.r, binary.s_r[:-1])


def test_a_reference_from_r_of_zero_is_as_good_as_one_from_the_first_peak(binary):
    simulated = read_simulated_rdf(0)
    r = np.concatenate([np.arange(1, 16) * 0.06, simulated["r"]])
    g = np.concatenate([np.zeros(15), simulated["g_x"]])
    X = scattering_frame(r, binary.q, binary.s_r, number_density=binary.number_density)
    assert mean_error(InversionRegressor().fit(X, g), TERNARIES) < 0.045


def read_simulated_rdf(x):
    folder = resources.files("sklearn_wtrdf.datasets.data.simulated")
    with (folder / f"ag{x:02d}_rdf.csv").open() as file:
        return pd.read_csv(file)


def test_a_reference_that_begins_inside_a_peak_is_not_trusted_before_it(binary):
    model = InversionRegressor().fit(binary.data[5:], binary.target[5:])
    free = InversionRegressor(reference=False).fit(binary.data, binary.target)
    X, _ = load_ag_ge_se(10, return_X_y=True)
    np.testing.assert_allclose(model.predict(X)[:5], free.predict(X)[:5])


@pytest.mark.parametrize("noise", [0.001, 0.003, 0.005])
def test_a_noise_smaller_than_the_misfit_does_no_harm(noise, binary):
    model = InversionRegressor(noise=noise).fit(binary.data, binary.target)
    assert mean_error(model, TERNARIES) < 0.045


def test_the_references_own_pattern_is_not_called_certain(binary):
    _, std = InversionRegressor(noise=0.05).fit(binary.data, binary.target).predict(binary.data, return_std=True)
    assert (std[5:] > 0).all()


def test_parameters_changed_after_fit_count_at_once(binary):
    model = InversionRegressor().fit(binary.data, binary.target)
    X, _ = load_ag_ge_se(10, return_X_y=True)
    before = model.predict(X)
    model.set_params(length_scale=1.0)
    changed = model.predict(X)
    assert np.abs(changed - before).max() > 0.01
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), changed)
    np.testing.assert_array_equal(model.set_params(length_scale=None).predict(X), before)


def test_references_that_cannot_be_used_are_named(binary):
    other = load_ag_ge_se(10)
    X = pd.concat([binary.data[:20], other.data[30:]])
    with pytest.raises(ValueError, match="must share a range of r"):
        InversionRegressor().fit(X, np.concatenate([binary.target[:20], other.target[30:]]))
    with pytest.warns(UserWarning, match="1 distances, too few for a reference"):
        InversionRegressor().fit(binary.data[:1], binary.target[:1])


def test_bulk_patterns_that_look_wrong_are_counted(model, binary):
    patterns = np.stack([binary.s_r, 1 + binary.s_r / binary.q, 1 + binary.s_r / binary.q])
    with pytest.warns(UserWarning, match="2 of 3 materials look wrong. Material 1: S_R does not oscillate"):
        model.reconstruct(binary.r, patterns, 0.034)
    with pytest.raises(ValueError, match="one for each of the 3 materials, got 2"):
        model.reconstruct(binary.r, patterns, [0.03, 0.04])
    for bad in ({"n_samples": 1}, {"level": 1.0}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            model.peak_table(binary.data, **bad)


def test_q_in_inverse_nanometres_is_said(binary):
    X = scattering_frame(binary.r, 10 * binary.q, binary.s_r, number_density=binary.number_density)
    with pytest.warns(UserWarning, match="divide it by 10"):
        InversionRegressor(reference=False).fit(X).predict(X)


def test_a_curve_without_peaks_has_an_empty_table_with_columns(binary):
    X = scattering_frame(binary.r, binary.q, 0.001 * np.sin(0.3 * binary.q), number_density=0.034)
    table = InversionRegressor(reference=False, r_min=0.1).fit(X).peak_table(X, n_samples=2)
    assert {"position", "coordination", "number_density"} <= set(table.columns)


def test_reconstruct_gives_the_standard_deviation_that_predict_gives(model):
    X, _ = load_ag_ge_se(10, return_X_y=True)
    glass = load_ag_ge_se(10)
    g, std = model.reconstruct(glass.r, [glass.s_r], glass.number_density, return_std=True)
    expected = model.predict(X, return_std=True)
    np.testing.assert_array_equal([g[0], std[0]], expected)
    np.testing.assert_array_equal(model.r_, load_ag_ge_se(0).r)
