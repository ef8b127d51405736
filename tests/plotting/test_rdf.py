import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from sklearn_wtrdf import (
    Adam,
    Continuum,
    FourierRegressor,
    InversionRegressor,
    Pattern,
    RDFDisplay,
    WTRDFRegressor,
    peak_positions,
    scattering_frame,
)
from sklearn_wtrdf.datasets import load_ag_ge_se, load_material
from sklearn_wtrdf.inversion import Decomposition
from tests.plotting.legends import legend_texts
from tests.test_maxima import transformed


@pytest.fixture
def fitted(ge_se):
    return WTRDFRegressor(solver=Adam(max_iter=2)).fit(ge_se.data, ge_se.target)


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


def test_options_of_lines_have_any_of_their_names(ge_se):
    model = FourierRegressor().fit(ge_se.data, ge_se.target)
    line = RDFDisplay.from_estimator(model, ge_se.data, c="red", zorder=5).line_
    assert (line.get_color(), line.get_zorder()) == ("red", 5)


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


@pytest.fixture(scope="module")
def argon():
    """Argon with noise of 1 % of S, an outlying point, and what is found of it."""
    material = load_material("argon", q_max=8)
    s = material.s + 0.01 * np.random.default_rng(0).normal(size=material.q.size)
    s[90] += 0.3
    X = scattering_frame(material.r, material.q, material.q * (s - 1), material.number_density)
    model = InversionRegressor(prior=Continuum())
    with pytest.warns(UserWarning, match="of S_R excluded"):
        model.fit(X)
    return model, X, material.target


def test_rdf_display_shows_the_numbers_of_the_model(argon):
    model, X, y = argon
    rows = np.random.default_rng(0).permutation(X.shape[0])
    display = RDFDisplay.from_estimator(model, X.iloc[rows], y[rows], scattering=True, color="red")
    (result,), (g, std) = model.decompose(X), model.predict(X, return_std=True)
    above, below, g_axes, difference = display.axes_
    stored = ~result.excluded
    np.testing.assert_array_equal(np.flatnonzero(result.excluded), [90])
    np.testing.assert_array_equal(display.excluded_.get_xydata(), [[result.q[90], result.s_r[90]]])
    np.testing.assert_array_equal(above.lines[0].get_xydata(), np.column_stack([result.q, result.s_r])[stored])
    np.testing.assert_array_equal(
        display.fit_.get_xydata(), np.column_stack([result.q, result.structure + result.systematic])
    )
    np.testing.assert_array_equal(display.systematic_.get_ydata(), result.systematic)
    np.testing.assert_array_equal(display.residual_.get_xydata(), np.column_stack([result.q, result.residual])[stored])
    np.testing.assert_array_equal(below.lines[0].get_ydata(), [0, 0])
    # The estimated noise is the noise that was added, and its band contains the residual.
    noise = below.collections[0].get_datalim(below.transData)
    assert noise.y1 == pytest.approx(-noise.y0) == pytest.approx(result.noise[-1])
    assert result.noise[-1] == pytest.approx(0.01 * result.q[-1], rel=0.2)
    np.testing.assert_allclose(display.line_.get_xydata(), np.column_stack([X["r"], g]))
    np.testing.assert_array_equal(g_axes.lines[2].get_ydata(), y)
    np.testing.assert_allclose(difference.lines[1].get_ydata(), g - y, atol=1e-12)
    band = g_axes.collections[0].get_paths()[0].vertices
    assert band[:, 1].max() == pytest.approx((g + 1.645 * std).max())
    at = np.isclose(band[:, 0], X["r"][250])
    np.testing.assert_allclose(sorted(set(band[at, 1])), g[250] + 1.645 * std[250] * np.array([-1, 1]))
    assert band[:, 1].min() >= 0
    assert display.fit_.get_color() == display.line_.get_color() == "red"
    assert [ax.get_xlabel() for ax in display.axes_] == ["", "q (Å⁻¹)", "", "r (Å)"]
    assert legend_texts(above) == ["S_R", "fit", "systematic error", "excluded", "± noise"]
    assert legend_texts(g_axes) == ["reconstruction", "90 % band", "reference"]
    plt.close(display.figure_)


def test_a_reconstruction_has_the_decomposition_of_its_s_r(argon):
    model, X, _ = argon
    (result,) = model.decompose(X)
    item = model.reconstruct_pattern(Pattern(result.q, result.s_r, None, X["number_density"][0]), X["r"].to_numpy())
    for values, expected in zip(item.result.decomposition, result, strict=True):
        np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.filterwarnings("ignore:S, or the number density, seems to be wrong by a factor of 0.49")
@pytest.mark.filterwarnings("ignore:The residual of S_R is not noise")  # of half an S_R, which has another S at small q
def test_rdf_display_shows_one_of_several_materials(argon):
    _, X, y = argon
    half = X.copy()
    half[[name for name in X if name.startswith("S_R")]] /= 2
    fixed = InversionRegressor(prior=Continuum(), refit="never")
    with pytest.warns(UserWarning, match="of S_R excluded"):
        fixed.fit(X)
    figure = plt.figure(layout="constrained").subfigures(2, 1)[0]
    stacked = pd.concat([X, half])
    with pytest.warns(UserWarning, match="of S_R excluded"):
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
    result = Decomposition(q, q, q - 1, nothing + 0.5, nothing > 0)
    display = RDFDisplay.from_predictions([2, 1], None, [0, 1], decomposition=result)
    above, below, g_axes = display.axes_
    np.testing.assert_array_equal(display.line_.get_xydata(), [[1, 1], [2, 0]])
    np.testing.assert_array_equal(display.residual_.get_ydata(), [0.5] * 4)
    assert not below.collections
    assert not g_axes.collections
    assert not display.labels_
    assert legend_texts(above) == ["S_R", "fit", "systematic error"]
    assert legend_texts(g_axes) == ["reconstruction"]
    with pytest.raises(ValueError, match="give figure instead"):
        display.plot(g_axes)
    with pytest.raises(ValueError, match="give either ax"):
        RDFDisplay.from_predictions([2, 1], None, [0, 1], ax=g_axes, figure=display.figure_)
    plt.close(display.figure_)


def test_the_number_density_for_the_transform_to_s_r(ge_se, fitted):
    X = ge_se.data
    with pytest.raises(ValueError, match="number_density is missing"):
        RDFDisplay.from_estimator(fitted, X, scattering=True)
    item, two = (RDFDisplay.from_estimator(fitted, X, scattering=True, number_density=rho) for rho in (0.034, 0.068))
    np.testing.assert_allclose(two.fit_.get_ydata(), 2 * item.fit_.get_ydata())
    own = WTRDFRegressor(q=ge_se.q, s_r=ge_se.s_r, solver=Adam(max_iter=2)).fit(X[["r"]], ge_se.target)
    display = RDFDisplay.from_estimator(own, X[["r"]], scattering=True, number_density=0.034)
    np.testing.assert_allclose(display.fit_.get_ydata(), item.fit_.get_ydata())
    plt.close("all")


def labelled(display):
    plt.close(display.figure_)
    return [label.get_text() for label in display.labels_]


def test_ripples_where_no_atoms_are_have_no_label():
    material = load_material("silica", weighting="neutron", q_max=12)
    r = np.arange(0.3, 5, 0.01)
    display = RDFDisplay.from_predictions(r, None, transformed(material, 12, r), n_peaks=1)
    [label] = labelled(display)
    assert float(label.removesuffix(" Å")) == pytest.approx(material.r[material.target.argmax()], abs=0.05)


def test_maxima_that_rise_by_less_than_the_band_have_no_label():
    r = np.linspace(0.1, 5, 491)
    g = sum(height * np.exp(-(((r - place) / 0.15) ** 2)) for place, height in ((0.97, 5), (2, 0.5), (3, 2)))
    assert labelled(RDFDisplay.from_predictions(r, None, g, n_peaks=2)) == ["0.97 Å", "2.00 Å"]
    assert labelled(RDFDisplay.from_predictions(r, None, g, np.full(r.size, 0.3), n_peaks=2)) == ["0.97 Å", "3.00 Å"]


def shells(positions, heights, width):
    r = np.linspace(1, 8, 701)
    return r, (r > 3.3) + sum(
        h * np.exp(-(((r - x) / width) ** 2) / 2) for x, h in zip(positions, heights, strict=True)
    )


def test_with_s_r_labels_overlap_neither_arrows_nor_the_legend():
    r, g = shells([1.5, 1.8, 2.2, 2.6, 2.95], [3, 6, 2, 6, 3], 0.06)
    q = np.arange(1, 5.0)
    result = Decomposition(q, q, q, 0 * q, q < 0)
    display = RDFDisplay.from_predictions(r, None, g, decomposition=result, n_peaks=5)
    display.figure_.draw_without_rendering()
    legend = display.ax_.get_legend().get_window_extent()
    assert len(display.labels_) == 5
    for label in display.labels_:
        pole = label.arrow_patch.get_window_extent()
        assert not any(pole.overlaps(Text.get_window_extent(other)) for other in display.labels_)
        assert not legend.overlaps(Text.get_window_extent(label))
    plt.close(display.figure_)


def test_what_is_no_result_and_no_table_is_named(ge_se):
    model = FourierRegressor(calibrate=True).fit(ge_se.data, ge_se.target)
    with pytest.raises(TypeError, match="result must be of class InversionResult"):
        RDFDisplay.from_result(model, ge_se.r)
    with pytest.raises(ValueError, match="X must be a table of rows"):
        RDFDisplay.from_estimator(model, None)
