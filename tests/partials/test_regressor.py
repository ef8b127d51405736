"""Pair functions of simulated materials, and scikit-learn's conventions."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter1d
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import KFold, cross_val_score
from sklearn.utils import estimator_checks

from sklearn_wtrdf import (
    Bond,
    Composition,
    DataWarning,
    LogPairFunctions,
    PartialsRegressor,
    Pattern,
    load,
    partials_frame,
    save,
)
from sklearn_wtrdf.datasets import load_material
from tests.partials.molten_salt import R


@pytest.mark.filterwarnings("ignore:Pattern .* q has .* hole:sklearn_wtrdf.DataWarning")  # the points left out
def test_it_is_copied_stored_and_cross_validated(model, patterns, tmp_path):
    assert clone(model).get_params() == model.get_params()
    expected = model.predict_partials(R)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict_partials(R), expected)
    loaded = load(save(model, tmp_path / "model.skops"))
    # Arrays are at other addresses, which changes the order of sums on some processors.
    np.testing.assert_allclose(loaded.predict_partials(R), expected, rtol=1e-8, atol=1e-9)
    X = partials_frame(patterns)
    scores = cross_val_score(
        PartialsRegressor("NaCl", number_density=model.number_density_, r_max=12.0),
        X,
        cv=KFold(2, shuffle=True, random_state=0),
    )
    assert (scores > 0.9).all()


def test_a_model_with_a_prior_of_log_g_is_stored(tmp_path):
    """A single pair function of a single pattern is an average over two priors."""
    model = PartialsRegressor().fit([load_material("argon", q_max=6).pattern])
    assert isinstance(model.modes_[-1].prior, LogPairFunctions)
    loaded = load(save(model, tmp_path / "model.skops"))
    np.testing.assert_allclose(loaded.predict_partials(R), model.predict_partials(R), rtol=1e-8, atol=1e-9)


def test_a_single_pattern_is_refused_by_default(patterns):
    with pytest.raises(ValueError, match="X has one pattern"):
        PartialsRegressor("NaCl").fit({"x": patterns["x"]})
    with pytest.warns(DataWarning, match="do not determine"):
        alone = PartialsRegressor("NaCl", single_pattern=True, r_max=10.0).fit({"x": patterns["x"]})
    assert not alone.determination_["is_determined"].any()


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


def blurred(weighting, resolution):
    """Return a pattern of argon and krypton with 1 % noise, of an instrument with this resolution [Å⁻¹]."""
    material = load_material("argon-krypton", weighting=weighting)
    s_r = gaussian_filter1d(material.s_r, resolution / np.diff(material.q).mean())
    q, s_r = material.q[material.q <= 8], s_r[material.q <= 8]
    s_r += 0.01 * q * np.random.default_rng(0).normal(size=q.size)
    return Pattern(q, s_r, None, material.number_density, material.pattern.composition, weighting)


@pytest.mark.filterwarnings("ignore::sklearn_wtrdf.DataWarning")  # the weights of the pairs are nearly equal
def test_the_resolution_of_one_instrument_is_not_mistaken_for_structure():
    """The X-rays are damped by a tenth at 6 Å and by a quarter at 9 Å, the neutrons hardly at all."""
    patterns = {"x": blurred("x-ray", 0.08), "n": blurred("neutron", 0.01)}
    X = partials_frame(patterns, q_damp={"x": 0.08, "n": 0.01})
    density = patterns["x"].number_density
    model, neglected = (
        PartialsRegressor(number_density=density, r_max=15.0).fit(item) for item in (X, X.assign(q_damp=0.0))
    )
    material = load_material("argon-krypton")
    columns = {frozenset(name[2:].split("_")): material.partials[name] for name in material.partials}
    truth = [np.interp(R, material.r, columns[frozenset(pair.split("-"))]) for pair in model.pairs_]
    errors, larger = (np.abs(item.predict_partials(R) - truth).mean() for item in (model, neglected))
    assert errors < 0.7 * larger
    of_x = X["pattern"] == "x"
    assert np.abs(model.predict(X) - X["s_r"])[of_x].mean() < 0.05


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"number_density": -1.0}, "'number_density' parameter"),
        ({"number_density": True}, "number_density must be a positive finite number"),
        ({"bonds": {"Na-Br": Bond()}}, "bonds: 'Na-Br' is not a pair of NaCl"),
        ({"bonds": {"Na-Cl": 5}}, "bonds: the bond of Na-Cl must be a Bond, such as"),
        ({"onsets": {"Na-Br": (2.0, 3.0)}}, "onsets: 'Na-Br' is not a pair"),
        ({"onsets": {"Na-Na": (3.2, 2.6)}}, r"onsets: the onset of Na-Na must be \(low, high\) in Å"),
        ({"onsets": {"Na-Na": "2.6"}}, "onsets: the onset of Na-Na must be"),
        ({"composition": "NaClx"}, "composition"),
        ({"composition": "SiO2"}, "is of NaCl, but the composition is SiO2"),
    ],
)
def test_wrong_parameters_are_refused_by_name(parameters, message, patterns):
    with pytest.raises(ValueError, match=message):
        PartialsRegressor(**parameters).fit(patterns)


def test_missing_or_contradictory_input_is_refused(patterns, model):
    with pytest.raises(ValueError, match="number_density is missing"):
        PartialsRegressor().fit(partials_frame(patterns))
    other = Pattern(patterns["n"].q, patterns["n"].s_r, None, 0.05, "NaCl", "neutron")
    with pytest.raises(ValueError, match="number_density: the patterns have different values"):
        PartialsRegressor().fit({"x": patterns["x"], "n": other})
    with pytest.raises(ValueError, match="'x' and 'again' are the same"):
        PartialsRegressor().fit({"x": patterns["x"], "again": patterns["x"]})
    with pytest.raises(ValueError, match="has 6 points, fewer than 20"):
        PartialsRegressor().fit({"x": patterns["x"].cut(q_max=0.75), "n": patterns["n"]})
    with pytest.raises(ValueError, match="no pattern 'isotope' among those of fit"):
        model.predict(pd.DataFrame({"pattern": ["isotope"], "q": [1.0]}))
    with pytest.raises(ValueError, match="combination: 'Na-Br'"):
        model.predict_partials(R, combination={"Na-Br": 1.0})
    with pytest.raises(ValueError, match="combination: the weight of Na-Cl must be finite"):
        model.predict_partials(R, combination={"Na-Cl": np.nan})
    with pytest.raises(ValueError, match="combination: the weight of Na-Cl must be an array of numbers"):
        model.predict_partials(R, combination={"Na-Cl": "half"})
    with pytest.raises(TypeError, match="combination must be weights by pair"):
        model.predict_partials(R, combination=[0.2, 0.5, 0.3])
    for q, message in ((np.nan, "X: q must be finite"), (-1.0, "X: q must not be negative"), ("a", "X: q must be")):
        with pytest.raises(ValueError, match=message):
            model.predict(pd.DataFrame({"pattern": ["n"], "q": [q]}))
    with pytest.raises(ValueError, match="X has no column 's_r'"):
        model.score(pd.DataFrame({"pattern": ["n"], "q": [1.0]}))
    with pytest.raises(NotFittedError):
        PartialsRegressor().predict_partials(R)


def test_a_good_fit_issues_no_warning(patterns):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "The patterns do not determine", DataWarning)
        PartialsRegressor(r_max=8.0).fit({name: pattern.cut(q_max=6) for name, pattern in patterns.items()})


@pytest.mark.parametrize(
    "check",
    [
        "check_estimator_cloneable",
        "check_estimator_repr",
        "check_estimator_tags_renamed",
        "check_get_params_invariance",
        "check_set_params",
        "check_no_attributes_set_in_init",
        "check_parameters_default_constructible",
        "check_mixin_order",
        "check_valid_tag_types",
    ],
)
def test_it_is_a_scikit_learn_estimator(check):
    """The checks that need no X; those that do pass arrays of numbers, which are no patterns."""
    getattr(estimator_checks, check)("PartialsRegressor", PartialsRegressor())


@pytest.mark.parametrize(
    ("r", "message"), [([np.nan], "r must be finite"), (None, "r must be one-dim"), ([-1.0], "r must")]
)
def test_distances_that_are_none_are_refused(r, message, model):
    for curves in (model.predict_partials, model.sample):
        with pytest.raises(ValueError, match=message):
            curves(r)
