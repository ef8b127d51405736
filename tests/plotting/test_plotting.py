from concurrent.futures import ThreadPoolExecutor
from threading import Event

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text
from sklearn.linear_model import LinearRegression

from sklearn_wtrdf import (
    Adam,
    Continuum,
    FourierRegressor,
    InversionRegressor,
    Landscape,
    LandscapeDisplay,
    ParityDisplay,
    Pattern,
    RDFDisplay,
    ReconstructionMixin,
    WTRDFRegressor,
    peak_positions,
    scattering_frame,
)
from sklearn_wtrdf.datasets import load_ag_ge_se, load_material
from sklearn_wtrdf.inversion import Decomposition
from sklearn_wtrdf.plotting.style import COLORS, STYLE, color_of, new_figure
from sklearn_wtrdf.wtrdf.wavelet import PUBLISHED


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
    assert [label.get_text() for label in display.labels_] == [f"{r:.2f} Å" for r in peak_positions(X["r"], g)]
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
    with pytest.warns(UserWarning, match="of S_R were excluded"):
        model.fit(X)
    return model, X, material.target


def texts_of(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_rdf_display_shows_the_numbers_of_the_model(argon):
    model, X, y = argon
    rows = np.random.default_rng(0).permutation(X.shape[0])
    display = RDFDisplay.from_estimator(model, X.iloc[rows], y[rows], scattering=True, color="red")
    (found,), (g, std) = model.decompose(X), model.predict(X, return_std=True)
    above, below, beside, difference = display.axes_
    kept = ~found.excluded
    np.testing.assert_array_equal(np.flatnonzero(found.excluded), [90])
    np.testing.assert_array_equal(display.excluded_.get_xydata(), [[found.q[90], found.s_r[90]]])
    np.testing.assert_array_equal(above.lines[0].get_xydata(), np.column_stack([found.q, found.s_r])[kept])
    np.testing.assert_array_equal(display.fit_.get_xydata(), np.column_stack([found.q, found.structure + found.slow]))
    np.testing.assert_array_equal(display.slow_.get_ydata(), found.slow)
    np.testing.assert_array_equal(display.residual_.get_xydata(), np.column_stack([found.q, found.residual])[kept])
    np.testing.assert_array_equal(below.lines[0].get_ydata(), [0, 0])
    # The noise found is that which was added, and its band that of the residual.
    noise = below.collections[0].get_datalim(below.transData)
    assert noise.y1 == pytest.approx(-noise.y0) == pytest.approx(found.noise[-1])
    assert found.noise[-1] == pytest.approx(0.01 * found.q[-1], rel=0.2)
    np.testing.assert_allclose(display.line_.get_xydata(), np.column_stack([X["r"], g]))
    np.testing.assert_array_equal(beside.lines[2].get_ydata(), y)
    np.testing.assert_allclose(difference.lines[1].get_ydata(), g - y, atol=1e-12)
    band = beside.collections[0].get_paths()[0].vertices
    assert band[:, 1].max() == pytest.approx((g + 1.645 * std).max())
    at = np.isclose(band[:, 0], X["r"][250])
    np.testing.assert_allclose(sorted(set(band[at, 1])), g[250] + 1.645 * std[250] * np.array([-1, 1]))
    assert band[:, 1].min() >= 0
    assert display.fit_.get_color() == display.line_.get_color() == "red"
    assert [ax.get_xlabel() for ax in display.axes_] == ["", "q (Å⁻¹)", "", "r (Å)"]
    assert texts_of(above) == ["S_R", "fit", "systematic error", "excluded", "± noise"]
    assert texts_of(beside) == ["reconstruction", "90 % band", "reference"]
    plt.close(display.figure_)


def test_a_reconstruction_comes_with_what_explains_its_s_r(argon):
    model, X, _ = argon
    (found,) = model.decompose(X)
    one = model.reconstruct_pattern(Pattern(found.q, found.s_r, None, X["number_density"][0]), X["r"].to_numpy())
    for values, expected in zip(one.decomposition, found, strict=True):
        np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-9)


def test_rdf_display_shows_one_of_several_materials(argon):
    _, X, y = argon
    half = X.copy()
    half[[name for name in X if name.startswith("S_R")]] /= 2
    fixed = InversionRegressor(prior=Continuum(), refit="never")
    with pytest.warns(UserWarning, match="of S_R were excluded"):
        fixed.fit(X)
    figure = plt.figure(layout="constrained").subfigures(2, 1)[0]
    stacked = pd.concat([X, half])
    with pytest.warns(UserWarning, match="of S_R were excluded"):
        display = RDFDisplay.from_estimator(
            fixed, stacked, np.concatenate([y, np.ones_like(y)]), scattering=True, material=1, figure=figure
        )
    assert display.figure_ is figure
    np.testing.assert_array_equal(display.decomposition.s_r, fixed.decompose(stacked)[1].s_r)
    np.testing.assert_array_equal(display.decomposition.s_r[-1], half.iloc[0, -1])
    np.testing.assert_array_equal(display.y_true, np.ones_like(y))
    plt.close("all")
    for material in (-1, 2):
        with pytest.raises(ValueError, match=f"a number from 0 to 1, got {material}"):
            RDFDisplay.from_estimator(fixed, stacked, material=material)


def test_s_r_without_truth_band_noise_or_outliers():
    q, nothing = np.arange(1, 5.0), np.zeros(4)
    found = Decomposition(q, q, q - 1, nothing + 0.5, nothing > 0)
    display = RDFDisplay.from_predictions([2, 1], None, [0, 1], decomposition=found)
    above, below, beside = display.axes_
    np.testing.assert_array_equal(display.line_.get_xydata(), [[1, 1], [2, 0]])
    np.testing.assert_array_equal(display.residual_.get_ydata(), [0.5] * 4)
    assert not below.collections
    assert not beside.collections
    assert not display.labels_
    assert texts_of(above) == ["S_R", "fit", "systematic error"]
    assert texts_of(beside) == ["reconstruction"]
    with pytest.raises(ValueError, match="give figure instead"):
        display.plot(beside)
    with pytest.raises(ValueError, match="ax and figure are two places"):
        RDFDisplay.from_predictions([2, 1], None, [0, 1], ax=beside, figure=display.figure_)
    plt.close(display.figure_)


@pytest.mark.parametrize("spread", [None, 0.02])
def test_any_models_g_is_transformed_back_to_s_r(spread):
    material = load_material("nickel", q_max=17)
    std = None if spread is None else spread * np.ones_like(material.q)
    X = scattering_frame(material.r, material.q, material.s_r, material.number_density, std)
    model = FourierRegressor().fit(X)
    display = RDFDisplay.from_estimator(model, X.iloc[::-1], scattering=True)
    assert display.fit_.get_color() == display.line_.get_color() == COLORS["Fourier"]
    # The transform to g and back returns S_R, but for what is nearer or further than the rows.
    size = np.sqrt(np.mean(material.s_r**2))
    assert np.sqrt(np.mean(display.residual_.get_ydata() ** 2)) < 0.1 * size
    legend = ["S_R", "from g(r)"] + ["± noise"] * (spread is not None)
    assert texts_of(display.axes_[0]) == legend
    plt.close(display.figure_)


def test_the_number_density_that_the_way_back_needs(ge_se, fitted):
    X = ge_se.data
    with pytest.raises(ValueError, match="number_density is missing"):
        RDFDisplay.from_estimator(fitted, X, scattering=True)
    one, two = (RDFDisplay.from_estimator(fitted, X, scattering=True, number_density=rho) for rho in (0.034, 0.068))
    np.testing.assert_allclose(two.fit_.get_ydata(), 2 * one.fit_.get_ydata())
    own = WTRDFRegressor(q=ge_se.q, s_r=ge_se.s_r, solver=Adam(max_iter=2)).fit(X[["r"]], ge_se.target)
    display = RDFDisplay.from_estimator(own, X[["r"]], scattering=True, number_density=0.034)
    np.testing.assert_allclose(display.fit_.get_ydata(), one.fit_.get_ydata())
    plt.close("all")


# Labels of peaks


def test_ripples_where_no_atoms_are_have_no_label():
    r = np.linspace(0.1, 5, 491)
    g = np.exp(-(((r - 0.6) / 0.1) ** 2)) + np.exp(-(((r - 2.4) / 0.1) ** 2)) + (r > 4)
    display = RDFDisplay.from_predictions(r, None, g, n_peaks=1)
    assert [label.get_text() for label in display.labels_] == ["2.40 Å"]
    plt.close(display.figure_)


def shells(positions, heights, width):
    r = np.linspace(1, 8, 701)
    return r, (r > 3.3) + sum(
        h * np.exp(-(((r - x) / width) ** 2) / 2) for x, h in zip(positions, heights, strict=True)
    )


@pytest.mark.parametrize("size", [(2.4, 3), (3, 3), (6.4, 4.4)])
@pytest.mark.parametrize("heights", [[6, 5, 4, 3, 2], [2, 3, 4, 5, 6], [3, 6, 2, 6, 3]])
def test_labels_of_peaks_meet_neither_each_other_nor_curves(size, heights):
    positions = [1.5, 1.8, 2.2, 2.6, 2.95]
    r, g = shells(positions, heights, 0.06)
    display = RDFDisplay.from_predictions(r, 1.1 * g, g, 0.1 * np.ones_like(r), n_peaks=5)
    display.figure_.set_size_inches(size)  # after plotting, as a user's window does
    display.figure_.draw_without_rendering()
    assert [label.get_text() for label in display.labels_] == [f"{x:.2f} Å" for x in positions]
    # The text alone: with its pole a label does reach down to the curve.
    boxes = [Text.get_window_extent(label) for label in display.labels_]
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i])
        for line in (display.ax_.lines[1], display.ax_.lines[2]):
            x, y = display.ax_.transData.transform(line.get_xydata()).T
            inside = (x >= box.x0) & (x <= box.x1)
            assert inside.any()
            assert y[inside].max() < box.y0
        if size[0] > 6:
            assert not box.overlaps(display.ax_.get_legend().get_window_extent())
        assert box.y1 < display.figure_.bbox.y1
        x, _ = display.ax_.transData.transform((positions[i], 0))
        assert 0 < box.x0 - x < 0.2 * box.width  # it begins at its peak
    plt.close(display.figure_)


def test_beside_s_r_poles_of_labels_meet_no_label_and_no_label_the_legend():
    r, g = shells([1.5, 1.8, 2.2, 2.6, 2.95], [3, 6, 2, 6, 3], 0.06)
    q = np.arange(1, 5.0)
    found = Decomposition(q, q, q, 0 * q, q < 0)
    display = RDFDisplay.from_predictions(r, None, g, decomposition=found, n_peaks=5)
    display.figure_.draw_without_rendering()
    legend = display.ax_.get_legend().get_window_extent()
    assert len(display.labels_) == 5
    for label in display.labels_:
        pole = label.arrow_patch.get_window_extent()
        assert not any(pole.overlaps(Text.get_window_extent(other)) for other in display.labels_)
        assert not legend.overlaps(Text.get_window_extent(label))
    plt.close(display.figure_)


# The style


def test_the_style_has_the_colours_and_is_found_by_its_name():
    with plt.style.context(STYLE):
        cycle = plt.rcParams["axes.prop_cycle"].by_key()["color"]
    assert sorted(cycle) == sorted(COLORS.values())
    assert cycle[:4] == [COLORS[name] for name in ("ours", "Fourier", "others", "WT-RDF")]


class Own(ReconstructionMixin, LinearRegression):
    pass


class OwnOfAColour(Own):
    color = "more"


@pytest.mark.parametrize(
    ("model", "color"),
    [
        (InversionRegressor(), "ours"),
        (FourierRegressor(), "Fourier"),
        (WTRDFRegressor(), "WT-RDF"),
        (Own(), "others"),
        (OwnOfAColour(), "more"),
        (LinearRegression(), "others"),
    ],
)
def test_a_model_says_its_colour(model, color):
    assert color_of(model) == COLORS[color]


def displays(axes_of, figure_of):
    """Draw each display in axes or a figure."""
    y, q = np.array([0.0, 1.0, 0.5]), np.arange(1, 5.0)
    found = Decomposition(q, q, q, 0 * q, q < 0)
    return [
        ParityDisplay.from_predictions(y, y, ax=axes_of()),
        RDFDisplay.from_predictions([1, 2, 3], y, y, y / 9, ax=axes_of()),
        RDFDisplay.from_predictions([1, 2, 3], y, y, y / 9, decomposition=found, figure=figure_of()),
        LandscapeDisplay(Landscape(np.array([0.3, 0.6]), np.array([4.0, 5.0]), np.eye(2), PUBLISHED)).plot(axes_of()),
    ]


def test_displays_leave_the_users_settings_alone():
    settings = dict(plt.rcParams)
    for display in displays(lambda: None, lambda: None):
        ax = display.figure_.axes[0]
        assert not ax.spines["top"].get_visible()
        assert isinstance(display.figure_.get_layout_engine(), ConstrainedLayoutEngine)
    assert dict(plt.rcParams) == settings
    plt.close("all")


def test_in_the_users_axes_the_users_style_holds():
    with plt.rc_context({"axes.spines.top": True, "legend.frameon": True, "legend.fontsize": 17.0}):
        for display in displays(lambda: plt.figure().subplots(), plt.figure):
            assert all(ax.spines["top"].get_visible() for ax in display.figure_.axes if ax.get_label() != "<colorbar>")
            for legend in filter(None, (ax.get_legend() for ax in display.figure_.axes)):
                assert legend.get_frame_on()
                assert legend.get_texts()[0].get_fontsize() == 17
    plt.close("all")


def pixels(begun=None, other=None):
    """Draw a figure, and before it let another thread that draws one do something."""
    with new_figure(3, 2) as figure:
        if begun is not None:
            begun.set()
            other.wait(0.5)
        RDFDisplay(r=[1, 2, 3], y_true=None, y_pred=[0, 2, 1]).plot(figure=figure)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return np.array(canvas.buffer_rgba())


def test_threads_draw_as_one_after_another():
    settings, expected = dict(plt.rcParams), pixels()
    first_begun, second_begun, first_done = Event(), Event(), Event()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(pixels, first_begun, second_begun)
        first.add_done_callback(lambda _: first_done.set())
        first_begun.wait()
        second = pool.submit(pixels, second_begun, first_done)
    for drawn in (first, second):
        np.testing.assert_array_equal(drawn.result(), expected)
    assert dict(plt.rcParams) == settings
