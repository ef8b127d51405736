import numpy as np
import pandas as pd
from sklearn_wtrdf.benchmarks.paper.multiples import color_of, small_multiples


def test_each_panel_has_a_curve_and_the_training_rows_of_its_case():
    r = np.linspace(2, 5, 7)
    cells = [(model, case) for model in ("WT-RDF", "PCHIP") for case in (10, 20)]
    heights = {cell: float(i) for i, cell in enumerate(cells)}
    curves = pd.concat(pd.DataFrame({"model": m, "case": c, "r": r, "g": heights[m, c]}) for m, c in cells)
    truth = dict.fromkeys((10, 20), (r, r))
    rows = {10: (r[:2], r[:2]), 20: (r[:3], r[:3])}
    figure = small_multiples(curves, truth, "true", {20: "20 %", 10: "10 %"}, ["PCHIP", "WT-RDF"], rows)
    shown = [("PCHIP", 20), ("PCHIP", 10), ("WT-RDF", 20), ("WT-RDF", 10)]  # models in rows, cases in columns
    for panel, (model, case) in zip(figure.axes, shown, strict=True):
        true, curve, points = panel.lines
        assert (true.get_ydata() == r).all()
        assert (curve.get_ydata() == heights[model, case]).all()
        assert curve.get_color() == color_of(model)
        assert len(points.get_xdata()) == len(rows[case][0])
    assert [panel.get_title(loc="center") for panel in figure.axes[:2]] == ["20 %", "10 %"]
