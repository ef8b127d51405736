import warnings

import numpy as np
import pytest

from sklearn_wtrdf import FourierRegressor, InversionRegressor, WTRDFRegressor, scattering_frame
from sklearn_wtrdf.checks import DataWarning, MismatchWarning, check_family, check_pair, explained_fraction
from sklearn_wtrdf.datasets import list_materials, load_ag_ge_se, load_ge_se, load_material


def said_by(call, *arguments, category=DataWarning):
    """Return what is said of data."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call(*arguments)
    return [str(warning.message) for warning in caught if issubclass(warning.category, category)]


SILVER = [name for name in list_materials() if name.startswith("ag")]


@pytest.mark.parametrize("name", list_materials())
@pytest.mark.parametrize("q_max", [8, 20])
def test_the_g_of_a_material_belongs_to_its_s(name, q_max):
    for weighting in ("x-ray",) if name in SILVER else ("x-ray", "number"):
        material = load_material(name, weighting=weighting, q_max=q_max)
        noise = 0.05 * material.q * np.random.default_rng(0).normal(size=material.q.size)
        near = material.r <= 10
        assert check_pair(material.q, material.s_r, material.r, material.target) == []
        assert check_pair(material.q, material.s_r + noise, material.r[near], material.target[near]) == []


def test_the_measured_pair_belongs_together(ge_se):
    assert check_pair(ge_se.q, ge_se.s_r, ge_se.r, ge_se.target) == []


@pytest.mark.parametrize(("of_s", "of_g"), [("nickel", "argon"), ("argon", "nickel"), ("germania", "silica")])
def test_foreign_g_is_said(of_s, of_g):
    s, g = (load_material(name, weighting="number") for name in (of_s, of_g))
    said = str(*check_pair(s.q, s.s_r, g.r, g.target))
    fraction = float(said.split(" %")[0].split()[-1])
    assert 0 <= fraction <= 75
    assert "same material" in said


def test_of_too_few_rows_nothing_is_said():
    s, g = (load_material(name, weighting="number") for name in ("nickel", "argon"))
    assert check_pair(s.q, s.s_r, g.r[::20], g.target[::20]) == []
    assert check_pair(s.q, s.s_r, g.r[:200], g.target[:200]) == []
    assert check_pair(s.q[:10], s.s_r[:10], g.r, g.target) == []


def test_scale_and_slow_errors_are_allowed():
    q = np.linspace(0.5, 10, 200)
    s_r = np.sin(2.3 * q)
    assert explained_fraction(q, 3 * s_r + 0.2 * q, s_r) == pytest.approx(1)
    assert explained_fraction(q, -s_r, s_r) == 0
    assert explained_fraction(q, np.zeros_like(q), s_r) == 0


def test_glasses_of_a_family_pass_and_foreign_materials_are_said():
    binary = load_ag_ge_se(0)
    for silver in (5, 10, 15, 20, 25):
        glass = load_ag_ge_se(silver)
        assert check_family(glass.q, glass.s_r, binary.s_r) == []
    for name in ("argon", "silica", "water", "nickel"):
        other = load_material(name, q_max=8)
        s_r = np.interp(binary.q, other.q, other.s_r)
        (said,) = check_family(binary.q, s_r, binary.s_r)
        assert "family" in str(said)


WTRDF = WTRDFRegressor({"a": (0.9, 1), "b": (0, 0), "K_f": (0, 0)}, max_iter=5)


@pytest.mark.parametrize("model", [InversionRegressor(), WTRDF])
def test_estimators_say_which_data_do_not_belong_together(model):
    X, y = load_ag_ge_se(0, return_X_y=True)
    argon = load_material("argon", q_max=8)
    foreign = scattering_frame(X["r"], load_ag_ge_se(0).q, np.interp(load_ag_ge_se(0).q, argon.q, argon.s_r), 0.02)
    assert "% of S_R" in str(said_by(model.fit, foreign, y, category=MismatchWarning))
    with warnings.catch_warnings():
        warnings.simplefilter("error", MismatchWarning)
        model.fit(X, y)
        model.predict(load_ag_ge_se(10).data)
        with pytest.raises(MismatchWarning, match="family"):
            model.predict(foreign)


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
def test_mistakes_of_units_and_quantities_are_said(model, mistake):
    convert, words = MISTAKES[mistake]
    glass = load_ge_se()
    q, s_r, density = convert(glass.q, glass.s_r)
    X = scattering_frame(glass.r, q, s_r, density or 0.034)
    try:
        said = said_by(model.fit, X, glass.target)
    except ValueError as error:
        said = [str(error)]
    assert any(words in one for one in said), said


def test_too_few_points_of_q_are_said():
    X = scattering_frame([2.0, 2.5, 3.0], np.linspace(1, 8, 10), np.sin(np.linspace(1, 8, 10)), 0.03)
    with pytest.warns(DataWarning, match="fewer than 20"):
        InversionRegressor().fit(X)
