import platform
from importlib import util

import numpy as np

import sklearn_wtrdf


def test_show_versions_has_all_that_a_report_needs(capsys):
    sklearn_wtrdf.show_versions()
    lines = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines() if ": " in line)
    shown = {name.strip(): value for name, value in lines.items()}
    assert shown["sklearn-wtrdf"] == sklearn_wtrdf.__version__
    assert shown["python"].startswith(platform.python_version())
    assert shown["numpy"] == np.__version__
    assert shown["torch computes on"].startswith(("cpu", "cuda") if util.find_spec("torch") else "None")


def test_show_versions_lists_missing_torch(capsys, without):
    without("torch")
    sklearn_wtrdf.show_versions()
    assert "torch computes on: None" in capsys.readouterr().out


def test_show_versions_names_what_is_missing(capsys, monkeypatch):
    monkeypatch.setattr("importlib.metadata.requires", lambda name: ["no-such-package>=1", "ruff; extra == 'lint'"])
    sklearn_wtrdf.show_versions()
    shown = capsys.readouterr().out
    assert "no-such-package: None" in shown
    assert "ruff" not in shown
