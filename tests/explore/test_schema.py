import json
import re
from dataclasses import replace

import pytest

from sklearn_wtrdf.explore.schema import Sample, Settings, problems_of, reference_of


def test_a_sample_is_unchanged_after_a_round_trip_through_json(paper):
    assert Sample.from_json(json.loads(json.dumps(paper[0].to_json()))) == paper[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"q": "1,2,3"},
        {"q": [1, 2]},
        {"s_r": [float("nan")] * 148},
        {"s_r": ["x"] * 148},
        {"q": [[1]] * 148},
        {"r": [1.0]},
        {"number_density": -1},
        {"number_density": "many"},
    ],
)
def test_values_that_the_page_never_sends_are_refused(paper, wrong):
    with pytest.raises(ValueError, match="must be"):
        Sample.from_json(paper[0].to_json() | wrong)


@pytest.mark.parametrize(
    ("field", "values", "message"),
    [
        ("composition", {"composition": "Si02", "number_density": 0.066}, "did you mean O"),
        ("composition", {"composition": "Xx", "mass_density": 2.2}, "unknown element Xx"),
        ("number_density", {"number_density": 2.2}, r"Is it in g/cm³\?"),
        ("mass_density", {"composition": "SiO2", "mass_density": 2200}, r"Is it in kg/m³\?"),
        ("mass_density", {"mass_density": 2.2}, "needs the formula"),
        ("mass_density", {"composition": "SiO2", "number_density": 0.066, "mass_density": 2.2}, "both given"),
        ("wavelength", {"wavelength": "Cu-tube"}, "as CuKa or AgKa1, got 'Cu-tube'"),
        ("wavelength", {"wavelength": "-1"}, "positive"),
    ],
)
def test_a_wrong_value_is_a_problem_of_its_field_and_nothing_is_computed_with_it(paper, field, values, message):
    blank = dict.fromkeys(("number_density", "composition", "mass_density", "wavelength"))
    problems = problems_of(**blank | values)
    assert list(problems) == [field]
    assert re.search(message, problems[field])
    with pytest.raises(ValueError, match=rf"^ge25se75_sq\.csv: .*{message}"):
        replace(paper[0], **values).check()


@pytest.mark.parametrize("wavelength", [None, "CuKa", "MoKa1", "AgKα2", "0.5609"])
def test_valid_fields_have_no_problems(wavelength):
    assert problems_of(None, "SiO2", 2.2, wavelength) == problems_of(0.066, "SiO2", None, wavelength) == {}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"r_max": 1}, "r_max must be"),
        ({"r_max": 1e5}, "r_max must be"),
        ({"opened": {"q_damp": 5}}, "q_damp must be"),
        ({"q_max": "high"}, "q max must be"),
        ({"noise": float("inf")}, "noise must be"),
        ({"bond_low": 2}, "both ends"),
        ({"bond_low": 2, "bond_high": 1}, "must begin"),
        ({"prior": "__import__"}, "prior must be"),
    ],
)
def test_settings_are_checked(wrong, message):
    with pytest.raises(ValueError, match=message):
        Settings.from_json(wrong)


def test_empty_fields_are_defaults():
    empty = dict.fromkeys(("q_min", "q_max", "r_max", "prior", "bond_low", "bond_high", "noise"), "")
    assert Settings.from_json(empty | {"systematic_errors": True}) == Settings()


def test_references_are_glasses_or_samples_whose_g_is_known(paper):
    assert reference_of("ag10", []).density == 0.036462
    assert reference_of("ge25se75_sq.csv", paper) is paper[0]
    with pytest.raises(ValueError, match="no known g"):
        reference_of("../../etc/passwd", paper)
