"""One solution of a pattern, of which all that shows it is a view."""

import pickle
import re
from copy import copy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import (
    InversionRegressor,
    Pattern,
    RDFDisplay,
    consistency,
    reconstruct_files,
    scattering_frame,
    write_sq,
)
from sklearn_wtrdf.datasets import load_ag_ge_se, load_material
from sklearn_wtrdf.inversion import Continuum, pattern_solver
from sklearn_wtrdf.maxima import Maxima

R = np.arange(1, 300) * 0.03


@pytest.fixture(scope="module")
def silica():
    return load_material("silica", weighting="neutron", q_max=10)


@pytest.fixture(scope="module")
def fitted(silica):
    return InversionRegressor().fit(silica.data)


@pytest.fixture
def counts(monkeypatch):
    """How often a posterior was searched for, and a pattern checked."""
    counted = {"solved": 0, "checked": 0}

    def counting(name, function, size=lambda *args: 1):
        def counted_function(*args, **options):
            counted[name] += size(*args)
            return function(*args, **options)

        return counted_function

    for name in ("search", "search_with_reference"):
        monkeypatch.setattr(pattern_solver, name, counting("solved", getattr(pattern_solver, name)))
    check = counting("checked", consistency.check_patterns, size=len)
    monkeypatch.setattr(consistency, "check_patterns", check)
    return counted


def use_all_methods(model, X, y=None):
    """Call each method that solves or checks X, and plot the result."""
    plt = pytest.importorskip("matplotlib.pyplot")
    model.predict(X, return_std=True)
    model.peak_table(X)
    model.decompose(X)
    model.fit_report(X)
    model.sample(X)
    RDFDisplay.from_estimator(model, X, y, scattering=True)
    plt.close("all")


def test_a_fitted_pattern_is_solved_and_checked_once(silica, counts):
    use_all_methods(InversionRegressor(prior=Continuum()).fit(silica.data), silica.data)
    assert counts == {"solved": 1, "checked": 1}


def test_each_of_several_materials_is_solved_and_checked_once(silica, counts):
    other = silica.data.copy()
    other.loc[:, other.columns.str.startswith("S_R")] *= 0.98
    X = pd.concat([silica.data, other], ignore_index=True)
    model = InversionRegressor(prior=Continuum()).fit(X)
    model.predict(X)
    model.peak_table(X)
    model.predict(X)
    assert counts == {"solved": 2, "checked": 2}


def test_with_a_reference_a_new_pattern_is_solved_and_checked_once(counts):
    model = InversionRegressor().fit(*load_ag_ge_se(0, return_X_y=True))
    assert counts == {"solved": 0, "checked": 1}
    use_all_methods(model, *load_ag_ge_se(10, return_X_y=True))
    assert counts == {"solved": 1, "checked": 2}


def test_g_beyond_the_reference_is_solved_for_once_without_it(counts):
    glass = load_ag_ge_se(10)
    model = InversionRegressor(r_max=8.0).fit(*load_ag_ge_se(0, return_X_y=True))
    result = model.solve(glass.pattern)
    inside = result.g(glass.r)
    assert counts["solved"] == 1
    np.testing.assert_array_equal(result.g(R)[:10], 0)
    np.testing.assert_array_equal(result.g(np.append(glass.r, 12.0))[:-1], inside)
    assert np.isfinite(result.std(R)).all()


def test_all_views_have_the_same_digits(silica, fitted, tmp_path):
    model, pattern = fitted, silica.pattern
    result = model.solve(pattern)
    X, r = silica.data, silica.r
    g, std = model.predict(X, return_std=True)
    np.testing.assert_array_equal(result.g(r), g)
    np.testing.assert_array_equal(result.std(r), std)
    np.testing.assert_array_equal(result.curve(r).g, g)
    np.testing.assert_array_equal(result.sample(r, 3), model.sample(X, 3))
    np.testing.assert_array_equal(result.decomposition.residual, model.decompose(X)[0].residual)
    np.testing.assert_array_equal(model.reconstruct(r, pattern.q, pattern.s_r, pattern.number_density), g)
    table = model.peak_table(X).drop(columns="material")
    pd.testing.assert_frame_equal(result.peaks()[table.columns], table)
    assert str(model.solve(replace(pattern, composition=None)).report()) == str(model.fit_report(X))
    path = write_sq(
        tmp_path / "silica.sq", pattern.q[pattern.q > 0], pattern.s_r[pattern.q > 0], pattern.number_density
    )
    outcomes = reconstruct_files(model, [path], tmp_path / "out", r=r)
    assert outcomes["error"].tolist() == [""]


def test_a_result_can_be_pickled(silica, fitted):
    glass = load_ag_ge_se(10)
    for result in (
        fitted.solve(silica.pattern),
        InversionRegressor(r_max=8.0).fit(*load_ag_ge_se(0, return_X_y=True)).solve(glass.pattern),
    ):
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(result)).g(R), result.g(R))


def test_a_curve_whose_g_is_certain_has_no_standard_deviation(silica, fitted):
    result = copy(fitted.solve(silica.pattern))
    curve = result.curve(R)
    assert curve.std.min() >= 0
    assert (curve.number_density, curve.composition) == (silica.number_density, silica.formula)
    result.std = lambda r: np.zeros(len(r))
    assert result.curve(R).std is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"q": [1.0, 0.5]}, "q must be strictly increasing"),
        ({"s_r": [1.0, 2.0, 3.0]}, "s_r"),
        ({"s_r": [np.nan, 1.0]}, "finite"),
        ({"std": [1.0]}, "std must have the shape of q"),
        ({"number_density": -1.0}, "number_density"),
    ],
)
def test_an_invalid_pattern_is_refused(silica, fitted, change, message):
    with pytest.raises(ValueError, match=message):
        fitted.solve(Pattern(**{"q": [0.5, 1.0], "s_r": [0.0, 0.0]} | change))
    with pytest.raises(ValueError, match="n_samples must be an integer"):
        fitted.solve(silica.pattern).peaks(1)


def test_peaks_count_the_neighbours_of_each_pair(silica, fitted):
    result = fitted.solve(silica.pattern)
    table = result.peaks(n_peaks=2)
    bond, second = table.iloc[0], table.iloc[1]
    assert bond["Si-O"] == pytest.approx(4, abs=0.1)
    assert bond["Si-O_low"] < bond["Si-O"] < bond["Si-O_high"]
    assert bond["O-Si"] == pytest.approx(bond["Si-O"] / 2)
    assert np.isnan(bond["O-O"])
    assert second["O-O"] == pytest.approx(6.2, abs=0.5)
    assert table.attrs["note"].startswith("The first 2 of ")
    with pytest.raises(ValueError, match="n_peaks must be an integer"):
        result.peaks(n_peaks=0)


def test_the_verdict_names_the_material_and_the_bond_and_a_wrong_formula(silica, fitted):
    result = fitted.solve(silica.pattern)
    assert result.verdict().startswith("Si 1, O 2; 0.0662 atoms/Å³ = 2.20 g/cm³. The first peak, at 1.61 Å (Si-O), is ")
    assert result.chemistry_warnings == ()
    other = fitted.solve(replace(silica.pattern, composition="Ge25Se75"))
    assert other.verdict().startswith("Doubtful: The first shell, at 1.61 Å, is no bond of Ge25Se75: Ge-Ge 2.11 to")
    assert other.chemistry_warnings[0] in other.warnings


def test_the_verdict_says_that_a_density_is_an_estimate(silica, fitted):
    assert "estimated from S" not in fitted.solve(silica.pattern).verdict()
    assert re.search(
        r"g/cm³, estimated from S\. ", fitted.solve(replace(silica.pattern, number_density=None)).verdict()
    )


def test_a_few_points_are_doubtful(silica, fitted):
    few = silica.pattern.cut(q_min=silica.q[-15])
    assert fitted.solve(few).verdict().startswith("Doubtful: S_R has 15 points of q, fewer than 20: ")


def test_the_verdict_requests_the_radiation_where_it_matters(silica, fitted):
    unknown = replace(silica.pattern, radiation=None)
    assert "If S was measured with X-rays, give this radiation" in fitted.solve(unknown).verdict()
    for known in (silica.pattern, replace(unknown, composition=None)):
        assert "X-rays" not in fitted.solve(known).verdict()


def test_the_verdict_does_not_call_unresolved_bonds_resolved():
    """C-H and C-C in benzene, up to q = 8 Å⁻¹."""
    benzene = load_material("benzene", weighting="neutron", q_max=8)
    verdict = InversionRegressor().fit(benzene.data).solve(replace(benzene.pattern, composition=None)).verdict()
    assert "is broader than a bond: there may be several bonds, which q does not resolve (0.39 Å)." in verdict


@pytest.mark.parametrize("factor", [1.3, 1 / 1.3])
def test_the_verdict_begins_with_a_density_that_s_contradicts(factor, silica, fitted):
    given = replace(silica.pattern, number_density=factor * silica.number_density)
    result = fitted.solve(given)
    expected = (
        r"Doubtful: S, or the number density, seems to be wrong by a factor of (\S+): S gives (\S+) to (\S+) atoms"
    )
    ratio, low, high = map(float, re.match(expected, result.verdict()).groups())
    assert ratio == pytest.approx(1 / factor, rel=0.05)
    assert low - 0.003 < silica.number_density < high + 0.003


def test_the_verdict_begins_with_lines_of_crystals_and_with_doubts_about_the_file(silica):
    lines = sum(0.8 * np.exp(-(((silica.q - place) / 0.03) ** 2) / 2) for place in (2.0, 3.5, 4.2))
    given = replace(silica.pattern, s_r=silica.s_r + silica.q * lines)
    result = InversionRegressor(prior=Continuum()).fit(silica.data).solve(given)
    assert result.verdict().startswith(
        "Doubtful: Sharp lines of S at q = 2, 3.5, 4.2 Å⁻¹: the sample seems to be partly"
    )
    of_file = result.verdict({"background": "No background.", "lines": "Lines of counts."})
    assert of_file.startswith("Doubtful: No background. Si 1, O 2;")
    assert result.verdict({"lines": ""}).startswith("Si 1, O 2;")


@pytest.mark.filterwarnings("ignore::sklearn_wtrdf.utils.data_warnings.DataWarning")
def test_a_result_without_peaks_has_an_empty_table(rng, monkeypatch):
    """No curve is needed to measure none."""
    q = np.arange(0.5, 8, 0.05)
    pattern = Pattern(q, 1e-3 * rng.normal(size=q.size), None, 0.03)
    model = InversionRegressor(prior="continuum").fit(scattering_frame([2.0], pattern.q, pattern.s_r, 0.03))
    none = np.zeros(0, dtype=int)
    monkeypatch.setattr("sklearn_wtrdf.inversion.result.find_maxima", lambda r, g, errors: Maxima(r, g, none, none, 0))
    table = model.solve(pattern).peaks()
    assert len(table) == 0
    assert table.attrs["note"].startswith("0 peaks of the 3 requested")
