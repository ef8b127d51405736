import sys

import matplotlib.image
import pytest
from sklearn_wtrdf.benchmarks.paper import landscape


@pytest.mark.slow
def test_the_picture_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["landscape.py", "--out", str(tmp_path)])
    landscape.main()
    assert matplotlib.image.imread(tmp_path / "landscape.png").std() > 0.1
