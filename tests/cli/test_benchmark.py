"""`wtrdf benchmark`."""

from importlib import util
from pathlib import Path

import pytest

from sklearn_wtrdf.cli.benchmark import BENCHMARKS
from sklearn_wtrdf.cli.main import main


@pytest.mark.slow
def test_a_benchmark_writes_to_the_given_folder(wtrdf, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    subset = ["--seeds", "1", "--fractions", "1", "--draw", "random", "--models", "PCHIP", "WT-RDF", "--n-jobs", "1"]
    assert wtrdf("benchmark", "ratios", *subset)[0] == 0
    assert (tmp_path / "results" / "ratios.csv").exists()
    code, _, err = wtrdf("benchmark", "ratios", *subset)
    assert code == 1
    assert "--force overwrites it" in err


def test_a_missing_extra_of_a_benchmark_is_named(wtrdf, monkeypatch):
    find_spec = util.find_spec
    for package in ("pebble", "glassure", "pystog", "tabulate"):
        monkeypatch.setattr(util, "find_spec", lambda name, of=package: None if name == of else find_spec(name))
        code, _, err = wtrdf("benchmark", "challenge")
        assert code == 1
        assert f'{package} is missing: pip install "sklearn-wtrdf[challenge]"' in err
    assert 'pip install "sklearn-wtrdf[benchmarks]"' in wtrdf("benchmark", "ratios")[2]


def test_a_file_is_no_folder_of_results(wtrdf, tmp_path):
    (tmp_path / "a.csv").touch()
    code, _, err = wtrdf("benchmark", "claims", "-o", tmp_path / "a.csv")
    assert (code, err) == (1, f"error: {tmp_path / 'a.csv'} is a file; a folder was expected.\n")


def test_the_command_has_every_benchmark_that_writes_results():
    folder = Path(__file__).parents[2] / "benchmarks"
    scripts = {path.stem for path in folder.rglob("*.py") if "\n@benchmark(" in path.read_text("utf-8")}
    assert set(BENCHMARKS) == scripts


def test_help_of_a_benchmark_is_reached_beside_its_results(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "ratios.csv").touch()
    with pytest.raises(SystemExit, match="0"):
        main(["benchmark", "ratios", "--", "--help"])
    assert "--fractions" in capfd.readouterr().out
