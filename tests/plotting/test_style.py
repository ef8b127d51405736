from concurrent.futures import ThreadPoolExecutor
from threading import Event

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.layout_engine import ConstrainedLayoutEngine
from sklearn.linear_model import LinearRegression

from sklearn_wtrdf import (
    FourierRegressor,
    InversionRegressor,
    Landscape,
    LandscapeDisplay,
    ParityDisplay,
    RDFDisplay,
    ReconstructionMixin,
    WTRDFRegressor,
)
from sklearn_wtrdf.inversion import Decomposition
from sklearn_wtrdf.plotting.style import COLORS, STYLE, color_of, new_figure
from sklearn_wtrdf.wtrdf.wavelet import PUBLISHED


def test_the_style_has_the_colours_and_a_name():
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
def test_each_model_has_its_colour(model, color):
    assert color_of(model) == COLORS[color]


def displays(axes_of, figure_of):
    """Draw each display in axes or a figure."""
    y, q = np.array([0.0, 1.0, 0.5]), np.arange(1, 5.0)
    result = Decomposition(q, q, q, 0 * q, q < 0)
    return [
        ParityDisplay.from_predictions(y, y, ax=axes_of()),
        RDFDisplay.from_predictions([1, 2, 3], y, y, y / 9, ax=axes_of()),
        RDFDisplay.from_predictions([1, 2, 3], y, y, y / 9, decomposition=result, figure=figure_of()),
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


def test_threads_draw_as_in_sequence():
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
