"""Plots of pair functions."""

import numpy as np
import pytest

from sklearn_wtrdf import InversionRegressor, PartialsDisplay, PartialsRegressor
from tests.partials.molten_salt import salt

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

from matplotlib.figure import Figure


@pytest.fixture(scope="module")
def model():
    return PartialsRegressor(r_max=12.0).fit({"x-ray": salt(), "neutron": salt("neutron", 1)})


def test_each_pair_is_drawn_with_its_band_and_each_pattern_with_its_fit(model):
    r = np.arange(2.0, 9.0, 0.05)
    display = PartialsDisplay.from_estimator(model, r, figure=Figure())
    g, std = model.predict_partials(r, return_std=True)
    assert [ax.get_ylabel() for ax in display.axes_] == ["g(r), Na–Na", "g(r), Na–Cl", "g(r), Cl–Cl"]
    for ax, curve, error in zip(display.axes_, g, std, strict=True):
        np.testing.assert_array_equal(ax.lines[1].get_xydata().T, [r, curve])
        [band] = ax.collections
        top = max(path.vertices[:, 1].max() for path in band.get_paths())
        assert top == pytest.approx((curve + 1.645 * error).max(), rel=1e-3)
    assert [ax.get_ylabel() for ax in display.scattering_axes_] == ["S_R (Å⁻¹), x-ray", "S_R (Å⁻¹), neutron"]
    for ax, parts in zip(display.scattering_axes_, model.decompose().values(), strict=True):
        measured, fit = ax.lines[:2]
        np.testing.assert_array_equal(measured.get_xydata().T, [parts.q, parts.s_r])
        np.testing.assert_array_equal(fit.get_ydata(), parts.structure + parts.systematic)


def test_the_curve_of_an_undetermined_pair_is_dotted(model):
    r = np.arange(2.0, 9.0, 0.05)
    g, std = model.predict_partials(r, return_std=True)
    display = PartialsDisplay(r=r, g=g, std=std, pairs=model.pairs_, is_determined=[True, False, True]).plot(Figure())
    assert [ax.lines[1].get_linestyle() for ax in display.axes_] == ["-", ":", "-"]
    labels = [text.get_text() for text in display.axes_[0].get_legend().get_texts()]
    assert labels == ["g(r)", "90 % band", "not determined"]
    assert display.scattering_axes_ == ()


def test_the_highest_peak_is_labelled_if_it_is_certain():
    r = np.arange(2.0, 9.0, 0.02)
    g = 1 + 2 * np.exp(-((r - 3) ** 2) / 0.1) + np.exp(-((r - 6) ** 2) / 0.1)
    for std, expected in ((0.02, ["3.00 Å"]), (0.02 + 9.0 * (r < 4), [])):
        options = {"std": [np.broadcast_to(std, r.size)], "pairs": ["Ar-Ar"], "is_determined": [True]}
        [ax] = PartialsDisplay(r=r, g=[g], **options).plot(Figure()).axes_
        assert [label.get_text() for label in ax.texts] == expected


def test_rows_may_be_in_any_order_and_options_have_any_of_their_names(model):
    display = PartialsDisplay.from_estimator(model, [4.0, 2.5, 3.0], figure=Figure(), c="red", linestyle="--")
    assert [ax.lines[1].get_xdata().tolist() for ax in display.axes_] == [[2.5, 3.0, 4.0]] * 3
    assert {(line.get_color(), line.get_linestyle()) for ax in display.axes_ for line in ax.lines[1:]} == {
        ("red", "--")
    }


def test_legends_of_a_narrow_figure_do_not_overlap(model):
    figure = Figure(figsize=(6, 4))
    display = PartialsDisplay.from_estimator(model, figure=figure)
    figure.draw_without_rendering()
    left, right = (axes[0].get_legend().get_window_extent() for axes in (display.scattering_axes_, display.axes_))
    assert left.x1 < right.x0


def test_a_small_figure_without_a_layout_contains_all_legends_and_labels(model):
    """Legends, which are above the axes, were cut."""
    whole = Figure(figsize=(5, 3.5))
    for figure in (whole, Figure(figsize=(9, 4)).subfigures(1, 2)[0]):
        display = PartialsDisplay.from_estimator(model, figure=figure)
        root = figure.get_figure(root=True)
        root.draw_without_rendering()
        for ax in (*display.axes_, *display.scattering_axes_):
            box = ax.get_tightbbox()
            assert box.y1 <= root.bbox.y1
            assert box.x0 >= 0


def test_what_is_no_figure_is_refused(model):
    with pytest.raises(TypeError, match="figure must be a matplotlib Figure or SubFigure, got <Axes"):
        PartialsDisplay.from_estimator(model, figure=Figure().subplots())


def test_what_is_no_model_of_pair_functions_is_refused():
    with pytest.raises(TypeError, match="model must be of class PartialsRegressor, got InversionRegressor"):
        PartialsDisplay.from_estimator(InversionRegressor())


def test_curves_of_different_lengths_are_refused(model):
    with pytest.raises(ValueError, match=r"g must have the shape \(3, 2\)"):
        PartialsDisplay(
            r=[1.0, 2.0], g=np.ones((3, 4)), std=np.ones((3, 2)), pairs=model.pairs_, is_determined=[True] * 3
        )
    with pytest.raises(ValueError, match="is_determined must have 3 values, got 1"):
        PartialsDisplay(r=[1.0, 2.0], g=np.ones((3, 2)), std=np.ones((3, 2)), pairs=model.pairs_, is_determined=[True])
