"""Pair functions of simulated materials, and scikit-learn's conventions."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import KFold, cross_val_score

from sklearn_wtrdf import Bond, Composition, DataWarning, PartialsRegressor, Pattern, load, partials_frame, save
from sklearn_wtrdf.datasets import load_material

R = np.arange(2.0, 10.0, 0.05)


def salt(weighting="x-ray", seed=0, **options):
    """Return a pattern of molten sodium chloride with 1 % noise."""
    material = load_material("sodium-chloride", weighting=weighting, q_max=8)
    noise = 0.01 * material.q * np.random.default_rng(seed).normal(size=material.q.size)
    return Pattern(material.q, material.s_r + noise, None, material.number_density, "NaCl", weighting, **options)


@pytest.fixture(scope="module")
def patterns():
    return {"x": salt(), "n": salt("neutron", 1)}


@pytest.fixture(scope="module")
def model(patterns):
    return PartialsRegressor(r_max=12.0).fit(patterns)


@pytest.fixture(scope="module")
def truth(model):
    material = load_material("sodium-chloride")
    columns = {frozenset(name[2:].split("_")): material.partials[name] for name in material.partials}
    return np.array([np.interp(R, material.r, columns[frozenset(pair.split("-"))]) for pair in model.pairs_])


def test_pair_functions_of_a_molten_salt_lie_within_their_bands(model, truth):
    assert model.pairs_ == ["Na-Na", "Na-Cl", "Cl-Cl"]
    g, std = model.predict_partials(R, return_std=True)
    assert g.shape == std.shape == (3, R.size)
    assert (g >= 0).all()
    assert np.abs(g - truth).mean() < 0.1
    assert np.mean(np.abs(g - truth) <= 1.645 * std) > 0.8


def test_the_total_is_better_determined_than_its_parts(model):
    weights = Composition("NaCl").weights("neutron").to_dict()
    total, std = model.predict_partials(R, return_std=True, combination=weights)
    g, std_of_pairs = model.predict_partials(R, return_std=True)
    np.testing.assert_allclose(total, np.array(list(weights.values())) @ g, atol=0.02)
    assert std.mean() < 0.7 * (np.array(list(weights.values())) @ std_of_pairs).mean()
    np.testing.assert_array_equal(model.predict_partials(R, combination={"Cl-Na": 1.0}), g[1])


def test_samples_are_nowhere_negative_and_scatter_as_the_bands_say(model):
    draws = model.sample(R, 60)
    assert draws.shape == (60, 3, R.size)
    assert (draws >= 0).all()
    np.testing.assert_array_equal(model.sample(R, 2, random_state=3), model.sample(R, 2, random_state=3))
    std = model.predict_partials(R, return_std=True)[1]
    far = R > 4
    np.testing.assert_allclose(draws[:, :, far].std(axis=0).mean(axis=1), std[:, far].mean(axis=1), rtol=0.35)


def test_peaks_count_the_atoms_of_either_element_around_the_other(model):
    table = model.peak_table(20)
    first = table[table["peak"] == 1].set_index("pair")
    assert first.loc["Na-Cl", "position"] == pytest.approx(2.7, abs=0.15)
    # as many sodium atoms as chlorine atoms
    np.testing.assert_allclose(table["n_of_first"], table["n_of_second"])
    assert 3 < first.loc["Na-Cl", "n_of_second"] < 7
    assert (first["position_low"] <= first["position"]).all()


def test_the_parts_of_each_pattern_add_up_and_are_predicted(model, patterns):
    X = partials_frame(patterns)
    assert model.score(X) > 0.97
    predicted = model.predict(X)
    for name, parts in model.decompose().items():
        rows = (X["pattern"] == name).to_numpy()
        np.testing.assert_allclose(parts.s_r, X["s_r"][rows])
        np.testing.assert_allclose(parts.structure, predicted[rows], atol=1e-9)
        assert parts.residual.std() < 3 * (0.01 * parts.q).mean()
    shuffled = X.sample(frac=1, random_state=0)
    np.testing.assert_allclose(model.predict(shuffled), predicted[shuffled.index], atol=1e-12)


def test_it_is_copied_stored_and_cross_validated(model, patterns, tmp_path):
    assert clone(model).get_params() == model.get_params()
    expected = model.predict_partials(R)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict_partials(R), expected)
    np.testing.assert_array_equal(load(save(model, tmp_path / "model.skops")).predict_partials(R), expected)
    X = partials_frame(patterns)
    scores = cross_val_score(
        PartialsRegressor("NaCl", number_density=model.number_density_, r_max=12.0),
        X,
        cv=KFold(2, shuffle=True, random_state=0),
    )
    assert (scores > 0.9).all()


def test_a_single_pattern_is_refused_unless_asked_for(patterns):
    with pytest.raises(ValueError, match="X has one pattern"):
        PartialsRegressor("NaCl").fit({"x": patterns["x"]})
    with pytest.warns(DataWarning, match="do not determine"):
        alone = PartialsRegressor("NaCl", single_pattern=True, r_max=10.0).fit({"x": patterns["x"]})
    assert not alone.determination_["is_determined"].any()


def test_nearly_equal_weights_are_reported():
    material = {w: load_material("copper-zirconium", weighting=w, q_max=6).pattern for w in ("x-ray", "neutron")}
    with pytest.warns(DataWarning) as record:
        PartialsRegressor(r_max=8.0).fit(material)
    assert "'x-ray', 'neutron' are nearly equal" in str(record[0].message)


def test_the_weights_of_isotopes_in_barn_are_as_good_as_those_of_the_total(patterns):
    """F(q) in barn is S − 1 times ⟨b⟩², so that the pair functions are the same up to the search."""
    square = Composition("NaCl").intensities("neutron")["square_of_mean"]
    pattern = patterns["n"]
    in_barn = Pattern(pattern.q, pattern.s_r * square, None, pattern.number_density, "NaCl", "neutron")
    first, second = (
        PartialsRegressor("NaCl", number_density=pattern.number_density, r_max=10.0).fit(X)
        for X in (partials_frame(patterns), partials_frame({"x": patterns["x"], "n": in_barn}, barn=["n"]))
    )
    np.testing.assert_allclose(first.predict_partials(R), second.predict_partials(R), atol=0.02)
    X = partials_frame({"n": in_barn}, barn=["n"])
    np.testing.assert_allclose(
        second.predict(X), square * first.predict(partials_frame(patterns))[-len(X) :], atol=0.05
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"number_density": -1.0}, "'number_density' parameter"),
        ({"bonds": {"Na-Br": Bond()}}, "bonds: 'Na-Br' is not a pair of NaCl"),
        ({"onsets": {"Na-Br": (2.0, 3.0)}}, "onsets: 'Na-Br' is not a pair"),
        ({"composition": "NaClx"}, "composition"),
        ({"composition": "SiO2"}, "is of NaCl, but the composition is SiO2"),
    ],
)
def test_wrong_parameters_are_refused_by_name(parameters, message, patterns):
    with pytest.raises(ValueError, match=message):
        PartialsRegressor(**parameters).fit(patterns)


def test_what_is_missing_or_contradictory_is_said(patterns, model):
    with pytest.raises(ValueError, match="number_density is missing"):
        PartialsRegressor().fit(partials_frame(patterns))
    other = Pattern(patterns["n"].q, patterns["n"].s_r, None, 0.05, "NaCl", "neutron")
    with pytest.raises(ValueError, match="number_density: the patterns have different ones"):
        PartialsRegressor().fit({"x": patterns["x"], "n": other})
    with pytest.raises(ValueError, match="'x' and 'again' are the same"):
        PartialsRegressor().fit({"x": patterns["x"], "again": patterns["x"]})
    with pytest.raises(ValueError, match="has 6 points, fewer than 20"):
        PartialsRegressor().fit({"x": patterns["x"].cut(q_max=0.75), "n": patterns["n"]})
    with pytest.raises(ValueError, match="no pattern 'isotope' among those of fit"):
        model.predict(pd.DataFrame({"pattern": ["isotope"], "q": [1.0]}))
    with pytest.raises(ValueError, match="combination: 'Na-Br'"):
        model.predict_partials(R, combination={"Na-Br": 1.0})
    with pytest.raises(NotFittedError):
        PartialsRegressor().predict_partials(R)


def test_a_good_fit_gives_no_warning_of_its_own(patterns):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "The patterns do not determine", DataWarning)
        PartialsRegressor(r_max=8.0).fit({name: pattern.cut(q_max=6) for name, pattern in patterns.items()})
