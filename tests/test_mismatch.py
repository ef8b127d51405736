"""Whether curves seem to be of the same material."""

import warnings

import numpy as np
import pytest

from sklearn_wtrdf import InversionRegressor, WTRDFRegressor, scattering_frame
from sklearn_wtrdf.datasets import list_materials, load_ag_ge_se, load_ge_se, load_material
from sklearn_wtrdf.mismatch import check_family, check_pair
from sklearn_wtrdf.similarity import scale_of
from sklearn_wtrdf.utils.data_warnings import MismatchWarning
from tests.recorded import messages_of, warnings_of

WTRDF = WTRDFRegressor({"a": (0.9, 1), "b": (0, 0), "K_f": (0, 0)})
SILVER = [name for name in list_materials() if name.startswith("ag")]


@pytest.mark.parametrize("name", list_materials())
@pytest.mark.parametrize("q_max", [8, 20])
def test_g_and_s_of_one_material_are_consistent(name, q_max):
    for weighting in ("x-ray",) if name in SILVER else ("x-ray", "number"):
        material = load_material(name, weighting=weighting, q_max=q_max)
        noise = 0.05 * material.q * np.random.default_rng(0).normal(size=material.q.size)
        near = material.r <= 10
        density = material.number_density
        assert check_pair(material.q, material.s_r, material.r, material.target, density) == []
        assert check_pair(material.q, material.s_r + noise, material.r[near], material.target[near]) == []


def test_the_measured_pair_belongs_together(ge_se):
    assert check_pair(ge_se.q, ge_se.s_r, ge_se.r, ge_se.target) == []


@pytest.mark.parametrize(("of_s", "of_g"), [("nickel", "argon"), ("argon", "nickel"), ("germania", "silica")])
def test_foreign_g_is_reported(of_s, of_g):
    s, g = (load_material(name, weighting="number") for name in (of_s, of_g))
    messages = str(*check_pair(s.q, s.s_r, g.r, g.target))
    fraction = float(messages.split(" %")[0].split()[-1])
    assert 0 <= fraction <= 75
    assert "same material" in messages


@pytest.mark.parametrize("factor", [0.3, 0.5, 0.8, 1.25])
@pytest.mark.parametrize("name", ["silica", "argon", "copper-zirconium"])
def test_a_scaled_g_is_reported_with_its_factor(name, factor):
    material = load_material(name, weighting="neutron", q_max=12)
    scaled = 1 + factor * (material.target - 1)
    data = material.q, material.s_r, material.r
    assert scale_of(*data, scaled, material.number_density) == pytest.approx(factor, rel=0.05)
    [messages] = check_pair(*data, scaled, material.number_density)
    assert f"g − 1 is {scale_of(*data, scaled, material.number_density):.2f} times" in str(messages)
    assert f"it is {1 - factor:.2f} below its first shell" in str(messages)
    assert check_pair(*data, scaled) == []  # of an unknown density nothing follows


def test_too_few_rows_give_no_warning():
    s, g = (load_material(name, weighting="number") for name in ("nickel", "argon"))
    assert check_pair(s.q, s.s_r, g.r[::20], g.target[::20]) == []
    assert check_pair(s.q, s.s_r, g.r[:200], g.target[:200]) == []
    assert check_pair(s.q[:10], s.s_r[:10], g.r, g.target) == []


def test_glasses_of_a_family_pass_and_foreign_materials_are_reported():
    binary = load_ag_ge_se(0)
    for silver in (5, 10, 15, 20, 25):
        glass = load_ag_ge_se(silver)
        assert check_family(glass.q, glass.s_r, binary.s_r) == []
    for name in ("argon", "silica", "water", "nickel"):
        other = load_material(name, q_max=8)
        s_r = np.interp(binary.q, other.q, other.s_r)
        (messages,) = check_family(binary.q, s_r, binary.s_r)
        assert "family" in str(messages)


def test_materials_that_are_alike_pass():
    for item, other in (("argon-krypton", "nitrogen"), ("argon", "argon-krypton")):
        first, second = load_material(item), load_material(other)
        assert check_family(first.q, first.s_r, second.s_r) == []


@pytest.mark.parametrize("model", [InversionRegressor(), WTRDF])
def test_estimators_name_the_data_that_do_not_belong_together(model):
    X, y = load_ag_ge_se(0, return_X_y=True)
    argon = load_material("argon", q_max=8)
    foreign = scattering_frame(X["r"], load_ag_ge_se(0).q, np.interp(load_ag_ge_se(0).q, argon.q, argon.s_r), 0.02)
    assert "% of S_R" in str(messages_of(model.fit, foreign, y, category=MismatchWarning))
    with warnings.catch_warnings():
        warnings.simplefilter("error", MismatchWarning)
        model.fit(X, y)
        model.predict(load_ag_ge_se(10).data)
        with pytest.raises(MismatchWarning, match="family"):
            model.predict(foreign)


def test_rows_beyond_a_reference_are_of_the_same_material():
    X, y = load_ag_ge_se(0, return_X_y=True)
    glass = load_ag_ge_se(10)
    longer = scattering_frame(np.arange(2.1, 12, 0.1), glass.q, glass.s_r + 0.1 * glass.q, glass.number_density)
    messages = warnings_of(InversionRegressor().fit(X, y).predict, longer)
    assert messages
    assert not any("of 2 materials" in str(item.message) for item in messages)


def test_an_outlier_does_not_make_a_sample_foreign():
    glass = load_ge_se()
    s_r = glass.s_r.copy()
    s_r[0] = -30
    assert not check_family(glass.q, s_r, glass.s_r)
