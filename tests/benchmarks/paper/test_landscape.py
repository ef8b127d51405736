import sys
from functools import partial

import matplotlib.image
import pytest
from sklearn_wtrdf.benchmarks.paper import landscape

from sklearn_wtrdf import WTRDFRegressor


@pytest.mark.slow
def test_the_picture_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(landscape, "WTRDFRegressor", partial(WTRDFRegressor, {"a": (0.6, 0.7), "b": (4.0, 5.0)}))
    monkeypatch.setattr(sys, "argv", ["landscape.py", "--out", str(tmp_path)])
    landscape.main()
    assert matplotlib.image.imread(tmp_path / "landscape.png").std() > 0.1
