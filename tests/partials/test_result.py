"""The solution of several patterns: combinations, peaks, decompositions and warnings."""

import re
from dataclasses import replace

import numpy as np
import pytest

from sklearn_wtrdf import Composition, DataWarning, PartialsRegressor, partials_frame
from sklearn_wtrdf.datasets import load_material
from tests.partials.molten_salt import R, salt


def test_the_total_is_better_determined_than_its_parts(model):
    weights = Composition("NaCl").weights("neutron").to_dict()
    total, std = model.predict_partials(R, return_std=True, combination=weights)
    g, std_of_pairs = model.predict_partials(R, return_std=True)
    np.testing.assert_allclose(total, np.array(list(weights.values())) @ g, atol=0.02)
    assert std.mean() < 0.7 * (np.array(list(weights.values())) @ std_of_pairs).mean()
    np.testing.assert_array_equal(model.predict_partials(R, combination={"Cl-Na": 1.0}), g[1])


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


def test_nearly_equal_weights_are_reported():
    material = {w: load_material("copper-zirconium", weighting=w, q_max=6).pattern for w in ("x-ray", "neutron")}
    with pytest.warns(DataWarning) as record:
        PartialsRegressor(r_max=15.0).fit(material)
    assert any("'x-ray', 'neutron' are nearly equal" in str(warning.message) for warning in record)


@pytest.mark.filterwarnings("ignore:The weights of the pairs in", "ignore:The patterns do not determine")
def test_two_patterns_of_one_radiation_determine_as_little_as_one():
    """Relative errors of some pairs are small, but the bands are too narrow, as those of a single pattern."""
    model = PartialsRegressor(r_max=12.0, bonds={}).fit({"first": salt(), "second": salt(seed=1)})
    assert not model.determination_["is_determined"].any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"s_r": lambda s_r, q: 1.25 * s_r}, r"Pattern 'n' seems to be wrong by a factor of 1\.2"),
        ({"q": lambda s_r, q: 1.1 * q}, "Pattern 'n' seems to be wrong by a factor of .*: check .* its q"),
        (
            {"s_r": lambda s_r, q: 2 * s_r},
            "Pattern 'n' has a systematic error of S of 0.* its normalization",
        ),
    ],
)
def test_a_pattern_that_contradicts_the_others_is_named(change, message, patterns):
    wrong = patterns["n"]
    wrong = replace(wrong, **{name: of(wrong.s_r, wrong.q) for name, of in change.items()})
    with pytest.warns(DataWarning, match="Pattern|do not determine") as caught:
        PartialsRegressor(r_max=8.0).fit({"x": patterns["x"].cut(q_max=6), "n": wrong.cut(q_max=6)})
    assert any(re.match(message, str(warning.message)) for warning in caught)
