"""The frame of several patterns, and errors about invalid ones."""

import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import Composition, Pattern, partials_frame
from sklearn_wtrdf.partials.frame import read_measurements
from sklearn_wtrdf.scattering.pairs import pairs_of

Q = np.arange(1.0, 8.0, 0.1)


def pattern(radiation, seed=0, **options):
    return Pattern(Q, np.random.default_rng(seed).normal(size=Q.size), radiation=radiation, **options)


def patterns():
    return {"x-ray": pattern("x-ray", 0), "neutron": pattern("neutron", 1)}


def test_a_frame_gives_back_the_patterns_with_the_weights_of_their_radiation():
    composition, measurements = read_measurements(partials_frame(patterns(), wavelength=0.5), "SiO2")
    assert composition == "SiO2"
    assert [item.name for item in measurements] == ["x-ray", "neutron"]
    for item, expected in zip(measurements, patterns().values(), strict=True):
        np.testing.assert_array_equal(item.s_r, expected.s_r)
    weights = Composition("SiO2").weights("x-ray", Q, wavelength=0.5)
    np.testing.assert_allclose(measurements[0].weights.at_q, weights.to_numpy())
    np.testing.assert_allclose(measurements[1].weights.at_q[0], Composition("SiO2").weights("neutron").to_numpy())


def test_the_order_of_rows_and_of_the_elements_in_a_formula_does_not_matter():
    frame = partials_frame({"n": pattern("neutron", composition="O2Si[29]"), "x": pattern("x-ray", 1)})
    shuffled = frame.sample(frac=1, random_state=0)
    first, second = ({m.name: m for m in read_measurements(X, "SiO2")[1]} for X in (frame, shuffled))
    for name in ("n", "x"):
        np.testing.assert_array_equal(first[name].s_r, second[name].s_r)
    expected = Composition("Si[29]O2").weights("neutron")
    np.testing.assert_allclose(first["n"].weights.at_q[3], expected.to_numpy())
    assert [pair.name for pair in pairs_of(first["n"].weights.composition)] == ["Si-Si", "Si-O", "O-O"]


def test_weights_in_barn_are_those_of_faber_and_ziman_times_the_square_of_the_mean():
    frame = partials_frame({"n": pattern("neutron")}, barn=["n"])
    measurement = read_measurements(frame, "SiO2")[1][0]
    expected = Composition("SiO2").weights("neutron") * Composition("SiO2").intensities("neutron")["square_of_mean"]
    np.testing.assert_allclose(measurement.scale * measurement.weights.at_q[0], expected.to_numpy())
    np.testing.assert_allclose(measurement.scale * measurement.s_r, pattern("neutron").s_r)
    assert np.abs(measurement.weights.at_q).sum(axis=1).mean() == pytest.approx(1)


def test_weights_of_ones_own_are_taken_as_they_are():
    own = {"difference": {"Si-O": np.linspace(-0.2, -0.1, Q.size), "O-O": 0.3}}
    frame = partials_frame({"x": pattern("x-ray"), "difference": pattern(None, 1)}, weights=own)
    measurement = read_measurements(frame, "SiO2")[1][1]
    at_q = measurement.scale * measurement.weights.at_q
    np.testing.assert_allclose(at_q, np.column_stack([0 * Q, own["difference"]["Si-O"], 0 * Q + 0.3]), atol=1e-12)


def test_patterns_of_a_sequence_are_named_by_radiation_and_composition():
    frame = partials_frame([pattern("neutron", 0, composition="D2O"), pattern("neutron", 1, composition="HDO")])
    assert list(frame["pattern"].unique()) == ["neutron D2O", "neutron HDO"]
    with pytest.raises(ValueError, match="two patterns are called neutron D2O"):
        partials_frame([pattern("neutron", 0, composition="D2O"), pattern("neutron", 1, composition="D2O")])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: X.to_numpy(), "X must be a DataFrame"),
        (lambda X: X.iloc[:0], "no rows"),
        (lambda X: X.drop(columns="q"), "X has no column 'q'"),
        (lambda X: X.assign(temperature=300), "unknown columns 'temperature'"),
        (lambda X: X.assign(radiation="electron"), "radiation of pattern 'x-ray' must be one of"),
        (lambda X: X.assign(composition="SiO"), "'x-ray' is of SiO, but the composition is SiO2"),
        (lambda X: X.assign(unit="barn"), "unit of pattern 'x-ray' must be"),
        (lambda X: X.assign(s_r=np.nan), "pattern 'x-ray'"),
        (lambda X: X.assign(s_r=X["s_r"].to_numpy()[: Q.size].tolist() * 2), "'x-ray' and 'neutron' are the same"),
        (lambda X: X.assign(pattern=X["pattern"].where(X.index != 4)), "the row 4 has no name in the column 'pattern'"),
        (lambda X: X.assign(pattern=None), "the row 0 has no name"),
        (lambda X: X.assign(composition=[["SiO2"]] * len(X)), "column 'composition' must have names or numbers"),
        (lambda X: X.assign(pattern=[["n"]] * len(X)), "column 'pattern' must have names or numbers"),
        (lambda X: X.assign(wavelength="a"), "wavelength of pattern 'x-ray' must be a positive finite number of Å"),
        (
            lambda X: X.assign(q_damp=2.0),
            "q_damp of pattern 'x-ray' must be a number of at least 0 and less than 1 Å⁻¹, got 2.0",
        ),
        (lambda X: X.assign(wavelength=True), "wavelength of pattern 'x-ray' must be a positive finite number"),
        (lambda X: X.assign(radiation=["x-ray", "neutron"] * Q.size), "'x-ray' must have one radiation"),
    ],
)
def test_a_wrong_frame_is_refused_by_name(change, message):
    with pytest.raises(ValueError, match=message):
        read_measurements(change(partials_frame(patterns())), "SiO2")


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"O-O": -0.3}, "weight O-O of pattern 'own' is negative"),
        ({"Si-N": 0.3}, "'Si-N' is not a pair of SiO2"),
        ({"O-O": np.r_[np.nan, np.ones(Q.size - 1)]}, "must be finite"),
        ({"O-O": 0.0}, "has no weights of its own"),
    ],
)
def test_wrong_weights_are_refused_by_name(weights, message):
    frame = partials_frame({"own": pattern(None)}, weights={"own": weights})
    with pytest.raises(ValueError, match=message):
        read_measurements(frame, "SiO2")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"weights": ["x-ray"]}, TypeError, "weights must have pair weights by pattern"),
        ({"weights": {"x-ray": [0.4, 0.6]}}, TypeError, "weights must have pair weights by pattern"),
        ({"weights": {"x-ray": {"Si-O": "half"}}}, ValueError, "weights: Si-O of pattern 'x-ray' must be an array of"),
        ({"weights": {"x-ray": {"Si-O": np.ones(7)}}}, ValueError, r"of shape \(70,\), got shape \(7,\)"),
        ({"barn": "neutron"}, TypeError, r"barn must be a sequence of names of patterns, such as \['neutron'\]"),
    ],
)
def test_arguments_of_another_kind_are_refused_by_name(arguments, error, message):
    with pytest.raises(error, match=message):
        partials_frame(patterns(), **arguments)


def test_weights_may_be_those_that_a_composition_has():
    own = 0.5 * Composition("SiO2").weights("neutron")
    assert partials_frame({"own": pattern(None)}, weights={"own": own})["weight Si-O"][3] == own["Si-O"]


def test_a_null_scatterer_needs_barn():
    composition = "H0.608O0.392"
    assert abs(Composition(composition).amplitudes("neutron") @ [0.608, 0.392]) < 0.1
    frame = partials_frame({"n": pattern("neutron", composition=composition)})
    with pytest.raises(ValueError, match=r"hardly defined.*barn"):
        read_measurements(frame, None)
    in_barn = partials_frame({"n": pattern("neutron", composition=composition)}, barn=["n"])
    assert np.isfinite(read_measurements(in_barn, None)[1][0].weights.at_q).all()


def test_each_pattern_has_the_resolution_of_its_instrument():
    by_name = {"x-ray": 0.08}
    for q_damp, expected in ((0.03, [0.03, 0.03]), (by_name, [0.08, 0.0]), (pd.Series(by_name), [0.08, 0.0])):
        _, measurements = read_measurements(partials_frame(patterns(), q_damp=q_damp), "SiO2")
        assert [item.q_damp for item in measurements] == expected
    _, measurements = read_measurements(partials_frame(patterns()).drop(columns="q_damp"), "SiO2")
    assert [item.q_damp for item in measurements] == [0.0, 0.0]


def test_a_frame_may_be_stored_as_a_table(tmp_path):
    frame = partials_frame(patterns(), q_damp={"x-ray": 0.08})
    frame.to_csv(tmp_path / "frame.csv", index=False)
    (_, measurements), (_, read) = (read_measurements(X, "SiO2") for X in (frame, pd.read_csv(tmp_path / "frame.csv")))
    for measurement, item in zip(measurements, read, strict=True):
        np.testing.assert_allclose(item.s_r, measurement.s_r)
        np.testing.assert_allclose(item.weights.at_q, measurement.weights.at_q)
        assert (item.name, item.q_damp) == (measurement.name, measurement.q_damp)


@pytest.mark.parametrize("q_damp", [-0.01, 1.0, np.nan, [0.1, 0.2], "low", None, {"neutron": -1}])
def test_a_resolution_that_no_instrument_has_is_refused(q_damp):
    with pytest.raises(ValueError, match="q_damp must be"):
        partials_frame(patterns(), q_damp=q_damp)


def test_names_that_are_no_pattern_are_refused():
    with pytest.raises(ValueError, match="barn: there is no pattern 'D2O'"):
        partials_frame(patterns(), barn=["D2O"])
    with pytest.raises(ValueError, match="wavelength: there is no pattern 'xray', but x-ray, neutron"):
        partials_frame(patterns(), wavelength={"xray": 0.5})
    with pytest.raises(ValueError, match="wavelength: pattern 'neutron' is not of X-rays: leave it out"):
        partials_frame(patterns(), wavelength={"neutron": 1.8})
    with pytest.raises(ValueError, match="q_damp: there is no pattern 'xray', but x-ray, neutron"):
        partials_frame(patterns(), q_damp={"xray": 0.05})
    for wavelength in (0.0, np.nan, {"x-ray": -1}, "CuKa"):
        with pytest.raises(ValueError, match="wavelength must be a positive finite number of Å"):
            partials_frame(patterns(), wavelength=wavelength)
    with pytest.raises(ValueError, match="has no radiation"):
        partials_frame({"n": pattern(None)})
    with pytest.raises(ValueError, match="composition is missing"):
        read_measurements(partials_frame(patterns()), None)


@pytest.mark.parametrize("patterns", [None, "x-ray.sq", {"x-ray": 3}, [3]])
def test_an_invalid_pattern_is_named(patterns):
    with pytest.raises(TypeError, match=r"^patterns"):
        partials_frame(patterns)


def test_patterns_may_be_any_iterable_but_no_other_table():
    pd.testing.assert_frame_equal(partials_frame(iter(patterns().values())), partials_frame([*patterns().values()]))
    for table in (partials_frame(patterns()), np.ones((3, 2))):
        with pytest.raises(TypeError, match="patterns must be patterns, or a mapping of names to patterns"):
            partials_frame(table)
