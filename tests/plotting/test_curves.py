import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.text import Text

from sklearn_wtrdf import (
    FourierRegressor,
    RDFDisplay,
    scattering_frame,
)
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.plotting.style import COLORS
from tests.plotting.legends import legend_texts


@pytest.mark.parametrize("spread", [None, 0.02])
def test_any_models_g_is_transformed_back_to_s_r(spread):
    material = load_material("nickel", q_max=17)
    std = None if spread is None else spread * np.ones_like(material.q)
    X = scattering_frame(material.r, material.q, material.s_r, material.number_density, std)
    model = FourierRegressor().fit(X)
    display = RDFDisplay.from_estimator(model, X.iloc[::-1], scattering=True)
    assert display.fit_.get_color() == display.line_.get_color() == COLORS["Fourier"]
    # The transform to g and back returns S_R, except for the structure outside the range of the rows.
    size = np.sqrt(np.mean(material.s_r**2))
    assert np.sqrt(np.mean(display.residual_.get_ydata() ** 2)) < 0.1 * size
    legend = ["S_R", "from g(r)"] + ["± noise"] * (spread is not None)
    assert legend_texts(display.axes_[0]) == legend
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
    # Only the text: the line from a label reaches the curve.
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
