"""The report of an inversion: of a synthetic shell whose parameters are known, and of active bounds."""

from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from sklearn_wtrdf import InversionRegressor, Pattern, scattering_frame
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.inversion import Bond, Continuum, Observation, fit_hyperparameters
from sklearn_wtrdf.inversion.report import InversionReport
from sklearn_wtrdf.inversion.result import InversionResult
from sklearn_wtrdf.transforms import sine_transform

Q = np.arange(0.6, 14.001, 0.1)
DENSITY = 0.05
SHELL = {"r": 1.6, "neighbours": 3.0, "width": 0.05}
NOISE = 0.01
PRIOR = Continuum() + Bond(r=(1.4, 1.8))


def bonded():
    """S_R of a shell of bonded atoms before a continuum, with noise of 1 % of S."""
    r = np.arange(0.005, 40, 0.005)
    step = 1 / (1 + np.exp(-(r - 2.4) / 0.08))
    continuum = step * (1 + 0.6 * np.exp(-(r - 2.4) / 1.5) * np.cos(2.3 * (r - 2.7)))
    g = continuum + Bond().mean(np.log(list(SHELL.values())), r, DENSITY)
    return DENSITY * sine_transform(Q, r) @ (g - 1) + NOISE * Q * np.random.default_rng(2).normal(size=Q.size)


def fitted(number_density):
    X = scattering_frame([1.6, 2.5, 4.0], Q, bonded(), number_density)
    return InversionRegressor(prior=PRIOR).fit(X)


@pytest.fixture(scope="module")
def known():
    return fitted(DENSITY)


@pytest.fixture(scope="module")
def unknown():
    return fitted(None)


def contains_closely(row, truth):
    return row["low"] < truth < row["high"] and row["high"] / row["low"] < 1.5


def test_values_are_those_of_the_posterior(known):
    report = known.fit_report()
    table = report.table.loc[0]
    observation = Observation(Q, bonded(), DENSITY, 0.05)
    posterior = fit_hyperparameters(observation, PRIOR)
    assert table["value"].drop("number_density").to_dict() == pytest.approx(posterior.hyperparameters, rel=1e-6)
    for name, spread in posterior.log_std.items():
        row = table.loc[name]
        expected = row["value"] * np.exp(1.645 * spread * np.array([-1, 1]))
        if not np.isclose([row["low"], row["high"]], expected, rtol=1e-4).all():  # an end that is a bound
            hyperparameter = posterior.evidence.hyperparameters[posterior.evidence.names.index(name)]
            assert row["low"] == pytest.approx(max(expected[0], hyperparameter.low))
            assert row["high"] == pytest.approx(min(expected[1], hyperparameter.high))
    assert report.log_evidence == [pytest.approx(posterior.log_evidence)]
    assert report.band_scale == 1
    np.testing.assert_allclose(report.noise, [table.loc["noise", "value"] * Q])
    assert known.fit_report(scattering_frame([2.0], Q, bonded(), DENSITY)).table.equals(report.table)


@pytest.mark.parametrize("model", ["known", "unknown"])
def test_intervals_hold_the_truth(model, request):
    table = request.getfixturevalue(model).fit_report().table.loc[0]
    for name, truth in {**SHELL, "noise": NOISE}.items():
        assert contains_closely(table.loc[name], truth), table.loc[name]
    density = table.loc["number_density"]
    if model == "known":
        assert density["at"] == "given"
        assert density["value"] == density["low"] == density["high"] == DENSITY
        assert contains_closely(table.loc["scale"], 1.0)
    else:
        assert density["at"] == ""
        assert contains_closely(density, DENSITY)
        assert "scale" not in table.index  # it is the density's own
    assert table["unit"].loc[["r", "neighbours", "noise", "number_density"]].to_list() == ["Å", "atoms", "of S", "Å⁻³"]


def test_bounds_are_reported():
    prior = Continuum(onset=(0.8, 2.0), length=0.3) + Bond(r=(1.5, 1.7)) + Bond(r=(3.0, 3.6), neighbours=(2.0, 4.0))
    pattern = Pattern(Q[::2], bonded()[::2], number_density=DENSITY)
    observation = Observation(pattern.q, pattern.s_r, DENSITY, 0.05)
    result = InversionResult(pattern, fit_hyperparameters(observation, prior, systematic_errors=False))
    report = InversionReport.of([result, result], band_scale=1.5)
    assert report.table.loc[0].equals(report.table.loc[1])
    table = report.table.loc[0]
    assert "systematic" not in table.index
    assert table.loc["length"].drop("unit").to_list() == pytest.approx([0.3] * 3 + ["fixed"])
    onset, neighbours = table.loc["onset"], table.loc["neighbours_2"]
    assert (onset["value"], onset["high"], onset["at"]) == (pytest.approx(2.0), pytest.approx(2.0), "high")
    assert (neighbours["value"], neighbours["low"], neighbours["at"]) == (
        pytest.approx(2.0),
        pytest.approx(2.0),
        "low",
    )
    assert 1.5 < table.loc["r", "value"] < 1.7
    assert 3.0 <= table.loc["r_2", "value"] <= 3.6
    assert any("onset is at a bound" in warning for warning in report.warnings[0])
    assert f"Material 1: {report.warnings[1][0]}" in report.lines()
    assert report.lines()[-1].startswith("Bands are 1.5 times as wide")


def test_the_noise_is_a_multiple_of_what_was_given():
    X = scattering_frame([1.6, 2.5], Q, bonded(), DENSITY, std=NOISE / 2 * Q)
    report = InversionRegressor(prior=Continuum() + Bond(**SHELL)).fit(X).fit_report()
    noise = report.table.loc[(0, "noise")]
    assert noise["unit"] == "of std"
    assert contains_closely(noise, 2)
    np.testing.assert_allclose(report.noise, [noise["value"] * NOISE / 2 * Q])


def test_text_and_html_have_the_same_content(known):
    report = known.fit_report()
    text, html = str(report), report._repr_html_()
    assert text.startswith("Inversion, with 90 % intervals\n")
    for shown in (text, html):
        for name, row in report.table.loc[0].iterrows():
            assert name in shown
            assert f"{row['value']:.4g}" in shown
        assert f"Material 0: log evidence {report.log_evidence[0]:.1f}" in shown
    assert html.count("<li>") == len(report.lines())


def test_with_a_reference_x_is_required():
    with pytest.raises(NotFittedError):
        InversionRegressor().fit_report()
    model = InversionRegressor().fit(*load_ag_ge_se(0, return_X_y=True))
    with pytest.raises(ValueError, match="with a reference"):
        model.fit_report()
    table = model.fit_report(load_ag_ge_se(10).data).table.loc[0]
    assert {"amplitude", "noise", "scale", "number_density"} <= set(table.index)


def test_notebooks_show_the_diagram_and_the_report(ge_se):
    X, y = load_ag_ge_se(0, return_X_y=True)
    unfitted = InversionRegressor()
    assert "<svg viewBox" not in unfitted._repr_html_()
    few = X.filter(regex=r"^r$|number_density|S_R\([0-4]\.")
    for model, what in (
        (InversionRegressor(prior=Continuum()).fit(few), "of the first material"),
        (InversionRegressor().fit(X, y), "the first reference"),
    ):
        html = model._repr_mimebundle_()["text/html"]
        assert "InversionRegressor" in html  # scikit-learn's own
        picture = ElementTree.fromstring(html[html.index("<svg viewBox") : html.rindex("</svg>") + 6])
        assert len(picture.find("polyline").get("points").split()) >= len(model.r_)
        assert what in html
