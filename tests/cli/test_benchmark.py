"""`wtrdf benchmark`."""

import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest

from sklearn_wtrdf.cli.benchmark import BENCHMARKS


@pytest.mark.slow
def test_a_benchmark_writes_to_the_given_folder(tmp_path):
    subset = ["--seeds", "1", "--fractions", "1", "--draw", "random", "--models", "PCHIP", "WT-RDF", "--n-jobs", "1"]
    command = [sys.executable, "-m", "sklearn_wtrdf.cli", "benchmark", "ratios", *subset]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    assert (tmp_path / "results" / "ratios.csv").exists()
    again = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert again.returncode == 1
    assert "--force overwrites it" in again.stderr


def test_what_a_benchmark_lacks_is_named(wtrdf, monkeypatch):
    find_spec = util.find_spec
    for package in ("pebble", "glassure", "pystog", "tabulate"):
        monkeypatch.setattr(util, "find_spec", lambda name, of=package: None if name == of else find_spec(name))
        code, _, err = wtrdf("benchmark", "challenge")
        assert code == 1
        assert f'{package} is missing: pip install "sklearn-wtrdf[challenge]"' in err
    assert 'pip install "sklearn-wtrdf[benchmarks]"' in wtrdf("benchmark", "ratios")[2]


def test_the_command_has_every_benchmark_that_writes_results():
    folder = Path(__file__).parents[2] / "benchmarks"
    scripts = {path.stem for path in folder.rglob("*.py") if "\n@benchmark(" in path.read_text("utf-8")}
    assert set(BENCHMARKS) == scripts


def test_help_of_a_benchmark_is_reached(tmp_path):
    command = [sys.executable, "-m", "sklearn_wtrdf.cli", "benchmark", "ratios", "--", "--help"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path).stdout
    assert "--fractions" in shown
