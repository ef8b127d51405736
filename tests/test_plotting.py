import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from sklearn_wtrdf import (
    FourierRegressor,
    InversionDisplay,
    InversionRegressor,
    LandscapeDisplay,
    ParityDisplay,
    RDFDisplay,
    WTRDFRegressor,
    peak_positions,
    scattering_frame,
)
from sklearn_wtrdf.datasets import load_ag_ge_se, load_material
from sklearn_wtrdf.inversion import Continuum, Explanation
from sklearn_wtrdf.solvers import Adam


@pytest.fixture
def fitted(ge_se):
    return WTRDFRegressor(solver=Adam(max_iter=2)).fit(ge_se.data, ge_se.target)


def test_landscape_display_shows_loss_fit_and_paper(ge_se, fitted):
    figure, ax = plt.subplots()
    a, b = [0.5, 0.6, 0.7], [4.0, 5.0]
    display = LandscapeDisplay.from_estimator(fitted, ge_se.data, ge_se.target, a=a, b=b, ax=ax, cmap="magma")
    assert display.figure_ is figure
    np.testing.assert_allclose(display.mesh_.get_array(), display.landscape.loss.T)
    assert [point.get_label() for point in display.points_] == ["this fit", "WT-RDF (published)", "WT-RDF+ (published)"]
    np.testing.assert_allclose(display.points_[1].get_offsets(), [[0.59, 4.6]])
    plt.close(figure)


def test_points_off_the_picture_are_left_out(ge_se, fitted):
    display = LandscapeDisplay.from_estimator(fitted, ge_se.data, ge_se.target, a=[1.0, 1.2], b=[8.0, 9.0])
    assert display.points_ == []
    plt.close(display.figure_)


def test_rdf_display_sorts_rows_and_shows_band_peaks_and_residual():
    X, y = load_ag_ge_se(10, return_X_y=True)
    model = InversionRegressor().fit(*load_ag_ge_se(0, return_X_y=True))
    rows = np.random.default_rng(0).permutation(58)
    figure, ax = plt.subplots()
    display = RDFDisplay.from_estimator(model, X.iloc[rows], y[rows], ax=ax, color="red")
    g, std = model.predict(X, return_std=True)
    np.testing.assert_allclose(display.line_.get_xydata(), np.column_stack([X["r"], g]))
    assert display.line_.get_color() == "red"
    band = ax.collections[0].get_datalim(ax.transData)
    assert band.y1 == pytest.approx((g + 1.645 * std).max())
    assert [text.get_text() for text in ax.texts] == [f"{r:.2f} Å" for r in peak_positions(X["r"], g)]
    assert band.y0 >= 0
    np.testing.assert_allclose(display.residual_ax_.lines[1].get_ydata(), g - y, atol=1e-12)
    plt.close(figure)


def test_curves_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match=r"equal lengths, got \[2, 3\]"):
        RDFDisplay.from_predictions([1, 2, 3], [0, 1], [0, 1, 1])


def test_rdf_display_without_reference_or_band(ge_se):
    X = ge_se.data
    display = RDFDisplay.from_estimator(FourierRegressor(number_density=0.034).fit(X, ge_se.target), X)
    assert display.std is None
    assert display.residual_ax_ is None
    assert display.ax_.get_xlabel() == "r (Å)"
    plt.close(display.figure_)


def test_parity_display_has_a_colour_and_an_error_for_each_material():
    y = np.array([0.0, 1.0, 2.0, 3.0])
    display = ParityDisplay.from_predictions(y, np.array([0.0, 1.5, 2.0, 3.0]), groups=["b", "b", "a", "a"])
    assert [points.get_label() for points in display.points_] == ["b: MAE 0.250", "a: MAE 0.000"]
    np.testing.assert_allclose(display.points_[0].get_offsets(), [[0, 0], [1, 1.5]])
    plt.close(display.figure_)
    alone = ParityDisplay.from_predictions(y, y)
    assert len(alone.points_) == 1
    plt.close(alone.figure_)


@pytest.fixture(scope="module")
def argon():
    """Argon with noise of 1 % of S, an outlying point, and what is found of it."""
    material = load_material("argon", q_max=8)
    s = material.s + 0.01 * np.random.default_rng(0).normal(size=material.q.size)
    s[90] += 0.3
    X = scattering_frame(material.r, material.q, material.q * (s - 1), material.number_density)
    model = InversionRegressor(prior=Continuum())
    with pytest.warns(UserWarning, match="belong to no curve"):
        model.fit(X)
    return model, X, material.target


def test_inversion_display_shows_the_numbers_of_the_model(argon):
    model, X, y = argon
    rows = np.random.default_rng(0).permutation(X.shape[0])
    display = InversionDisplay.from_estimator(model, X.iloc[rows], y[rows], color="red")
    (found,), (g, std) = model.explain(X), model.predict(X, return_std=True)
    above, below, beside = display.axes_
    kept = ~found.left_out
    np.testing.assert_array_equal(np.flatnonzero(found.left_out), [90])
    np.testing.assert_array_equal(display.left_out_.get_xydata(), [[found.q[90], found.s_r[90]]])
    np.testing.assert_array_equal(above.lines[0].get_xydata(), np.column_stack([found.q, found.s_r])[kept])
    np.testing.assert_array_equal(display.fit_.get_xydata(), np.column_stack([found.q, found.structure + found.slow]))
    np.testing.assert_array_equal(display.slow_.get_ydata(), found.slow)
    np.testing.assert_array_equal(display.residual_.get_xydata(), np.column_stack([found.q, found.residual])[kept])
    np.testing.assert_array_equal(below.lines[0].get_ydata(), [0, 0])
    # The noise found is that which was added, and its band that of the residual.
    noise = below.collections[0].get_datalim(below.transData)
    assert noise.y1 == pytest.approx(-noise.y0) == pytest.approx(display.noise[-1])
    assert display.noise[-1] == pytest.approx(0.01 * found.q[-1], rel=0.2)
    np.testing.assert_allclose(display.line_.get_xydata(), np.column_stack([X["r"], g]))
    np.testing.assert_array_equal(beside.lines[2].get_ydata(), y)
    band = beside.collections[0].get_paths()[0].vertices
    assert band[:, 1].max() == pytest.approx((g + 1.645 * std).max())
    at = np.isclose(band[:, 0], X["r"][250])
    np.testing.assert_allclose(sorted(set(band[at, 1])), g[250] + 1.645 * std[250] * np.array([-1, 1]))
    assert band[:, 1].min() >= 0
    assert display.fit_.get_color() == display.line_.get_color() == "red"
    assert [ax.get_xlabel() for ax in display.axes_] == ["", "q (Å⁻¹)", "r (Å)"]
    labels = [[text.get_text() for text in ax.get_legend().get_texts()] for ax in (above, beside)]
    assert labels == [["S_R", "fit", "slow errors", "left out", "± noise"], ["g found", "90 % band", "known g"]]
    plt.close(display.figure_)


def test_inversion_display_shows_one_of_several_materials(argon):
    _, X, y = argon
    half = X.copy()
    half[[name for name in X if name.startswith("S_R")]] /= 2
    fixed = InversionRegressor(prior=Continuum(), refit="never")
    with pytest.warns(UserWarning, match="belong to no curve"):
        fixed.fit(X)
    figure = plt.figure(layout="constrained").subfigures(2, 1)[0]
    stacked = pd.concat([X, half])
    with pytest.warns(UserWarning, match="belong to no curve"):
        display = InversionDisplay.from_estimator(
            fixed, stacked, np.concatenate([y, np.ones_like(y)]), material=1, figure=figure
        )
    assert display.figure_ is figure
    np.testing.assert_array_equal(display.explanation.s_r, fixed.explain(stacked)[1].s_r)
    np.testing.assert_array_equal(display.explanation.s_r[-1], half.iloc[0, -1])
    np.testing.assert_array_equal(display.y_true, np.ones_like(y))
    plt.close("all")
    for material in (-1, 2):
        with pytest.raises(ValueError, match=f"a number from 0 to 1, got {material}"):
            InversionDisplay.from_estimator(fixed, stacked, material=material)


def test_inversion_display_without_truth_band_noise_or_outliers():
    q, nothing = np.arange(1, 5.0), np.zeros(4)
    found = Explanation(q, q, q - 1, nothing + 0.5, nothing > 0)
    display = InversionDisplay.from_predictions(found, [2, 1], None, [0, 1])
    above, below, beside = display.axes_
    np.testing.assert_array_equal(display.line_.get_xydata(), [[1, 1], [2, 0]])
    np.testing.assert_array_equal(display.residual_.get_ydata(), [0.5] * 4)
    assert not below.collections
    assert not beside.collections
    labels = [[text.get_text() for text in ax.get_legend().get_texts()] for ax in (above, beside)]
    assert labels == [["S_R", "fit", "slow errors"], ["g found"]]
    plt.close(display.figure_)
    with pytest.raises(ValueError, match="for each of the 4 points of q"):
        InversionDisplay.from_predictions(found, [2, 1], None, [0, 1], noise=[1, 2])
    with pytest.raises(ValueError, match="equal lengths"):
        InversionDisplay.from_predictions(found, [2, 1], None, [0, 1, 2])


def test_inversion_display_is_of_a_fitted_inversion_regressor(ge_se):
    with pytest.raises(NotFittedError):
        InversionDisplay.from_estimator(InversionRegressor(), ge_se.data)
    model = FourierRegressor(number_density=0.034).fit(ge_se.data, ge_se.target)
    with pytest.raises(TypeError, match="as InversionRegressor does, got FourierRegressor"):
        InversionDisplay.from_estimator(model, ge_se.data)
