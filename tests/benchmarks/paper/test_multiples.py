import numpy as np
import pandas as pd
from sklearn_wtrdf.benchmarks.paper.multiples import BASELINE, small_multiples


def test_each_panel_has_a_curve_and_the_training_rows_of_its_case():
    r = np.linspace(2, 5, 7)
    cells = [(model, case) for model in ("ours", "theirs") for case in (10, 20)]
    heights = {cell: float(i) for i, cell in enumerate(cells)}
    curves = pd.concat(pd.DataFrame({"model": m, "case": c, "r": r, "g": heights[m, c]}) for m, c in cells)
    truth = dict.fromkeys((10, 20), (r, r))
    rows = {10: (r[:2], r[:2]), 20: (r[:3], r[:3])}
    figure = small_multiples(curves, truth, {20: "20 %", 10: "10 %"}, {"ours": "red"}, ["theirs", "ours"], rows)
    shown = [("theirs", 20), ("theirs", 10), ("ours", 20), ("ours", 10)]  # models in rows, cases in columns
    for panel, (model, case) in zip(figure.axes, shown, strict=True):
        points, curve = panel.lines
        assert (curve.get_ydata() == heights[model, case]).all()
        assert curve.get_color() == ("red" if model == "ours" else BASELINE)
        assert len(points.get_xdata()) == len(rows[case][0])
    assert [panel.get_title(loc="center") for panel in figure.axes[:2]] == ["20 %", "10 %"]
