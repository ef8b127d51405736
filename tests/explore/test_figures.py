import json

import numpy as np
import pytest

from sklearn_wtrdf.explore import figures
from sklearn_wtrdf.plotting.style import COLORS


@pytest.mark.parametrize("quantity", figures.QUANTITIES)
def test_figures_contain_the_solution(solved, quantity):
    message = solved[-1]
    figure = figures.curve_figure([message, message | {"name": "other"}], 0, quantity, ("plain", "lorch"))
    names = [trace["name"] for trace in figure["data"]]
    assert {"Fourier", "Fourier, Lorch", "ge25se75_sq.csv", "other", f"known {quantity}"} <= set(names)
    colors = {trace["line"]["color"] for trace in figure["data"] if trace["name"] in ("ge25se75_sq.csv", "other")}
    assert len(colors) == 2
    curve = figure["data"][names.index("ge25se75_sq.csv")]
    if quantity == "g":
        np.testing.assert_allclose(curve["y"], message["g"], rtol=1e-5, atol=1e-9)
    for trace in figure["data"]:
        assert (trace["line"]["color"] == COLORS["Fourier"]) == trace["name"].startswith("Fourier")
    json.dumps([figure, figures.pattern_figure(message)], allow_nan=False)


def test_small_shells_are_enlarged_beyond_the_first_peak(solved):
    message = solved[-1]
    r = np.arange(0.02, 10, 0.02)
    g = 12 * np.exp(-(((r - 1.6) / 0.05) ** 2)) + 1.5 * np.exp(-(((r - 3) / 0.3) ** 2))
    figure = figures.curve_figure([message | {"r": r.tolist(), "g": g.tolist(), "std": None}], 0, "g", ("small",))
    assert figure["layout"]["yaxis"]["range"][1] == pytest.approx(1.15 * 1.5, rel=1e-3)


def test_labels_of_arrows_do_not_overlap_however_near_they_are():
    shells = np.linspace(1.5, 6, 46)
    peaks = [[r0, 0.0] for r0 in (2.0, 2.1, 2.3, 2.6, 3.1)]
    figure = figures.shells_figure({"shells": shells.tolist(), "apparent": (0.6 * shells).tolist(), "peaks": peaks})
    *arrows, corner = figure["layout"]["annotations"]
    assert not any(arrow["text"] for arrow in arrows)
    assert [(arrow["ay"], arrow["y"]) for arrow in arrows] == [pytest.approx((r0, 0.6 * r0)) for r0, _ in peaks]
    assert corner["text"].split("<br>") == [f"{r0:.1f} Å → {0.6 * r0:.2f} Å" for r0, _ in peaks]
    assert corner["yref"] == "paper"
    # A line of it takes 17 of the 250 pixels that are the smallest height of the axes.
    assert figure["layout"]["yaxis"]["range"][1] * (1 - 17 * len(arrows) / 250) > shells[-1]
