import matplotlib.pyplot as plt
import numpy as np
import pytest

from sklearn_wtrdf import (
    FourierRegressor,
    InversionRegressor,
    LandscapeDisplay,
    ParityDisplay,
    RDFDisplay,
    WTRDFRegressor,
    peak_positions,
)
from sklearn_wtrdf.datasets import load_ag_ge_se


@pytest.fixture
def fitted(ge_se):
    return WTRDFRegressor(solver="adam", max_iter=2).fit(ge_se.data, ge_se.target)


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
