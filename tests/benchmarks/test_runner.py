import itertools
import runpy
import shutil
import sys
from argparse import ArgumentError
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from rich.console import Console
from sklearn_wtrdf.benchmarks import runner

from sklearn_wtrdf.plotting.style import STYLE


@runner.benchmark(runner.option("--rows", type=int, default=2, help="of the table"), digits=3)
def main(options):
    if options.rows < 1:
        raise ArgumentError(None, "--rows must be at least 1")
    yield "a.csv", pd.DataFrame({"x": [1 / 3] * options.rows})
    yield "a.md", "# Å\n"
    yield "a.png", plt.figure()


def test_tables_texts_and_figures_are_written(tmp_path, capsys):
    before = plt.get_fignums()
    main(["--rows", "3", "--out", str(tmp_path / "new")])
    assert (tmp_path / "new" / "a.csv").read_text() == "x\n" + 3 * "0.333\n"
    assert (tmp_path / "new" / "a.md").read_text(encoding="utf-8") == "# Å\n"
    assert (tmp_path / "new" / "a.png").read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().out == f"Written to {tmp_path / 'new'}: a.csv, a.md, a.png.\n"
    assert plt.get_fignums() == before


def test_figures_are_drawn_from_the_tables_in_the_files(tmp_path, capsys):
    shown = []

    def figure_of(table):
        shown.append(table["x"].tolist())
        return plt.figure() if len(table) > 1 else None  # nothing to draw

    @runner.benchmark(
        runner.option("--rows", type=int), digits=3, figures={"a.png": (figure_of, "a.csv"), "b.png": (None, "b.csv")}
    )
    def drawn(options):
        yield "a.csv", pd.DataFrame({"x": [1 / 3] * options.rows})

    drawn(["--rows", "2", "--out", str(tmp_path)])
    assert capsys.readouterr().out == f"Written to {tmp_path}: a.csv, a.png.\n"
    (tmp_path / "a.csv").write_text("x\n5\n6\n")
    drawn(["--pictures", "--out", str(tmp_path)])
    assert capsys.readouterr().out == f"Written to {tmp_path}: a.png.\n"
    drawn(["--rows", "1", "--out", str(tmp_path)])
    assert capsys.readouterr().out == f"Written to {tmp_path}: a.csv.\n"
    assert shown == [[0.333, 0.333], [5, 6], [0.333]]
    with pytest.raises(SystemExit):
        drawn(["--pictures", "--out", str(tmp_path / "new")])
    assert "there is no table of a figure in" in capsys.readouterr().err


def test_the_style_of_the_package_is_used_only_within_a_benchmark(tmp_path, monkeypatch):
    before, drawn = dict(plt.rcParams), []
    monkeypatch.setattr(runner, "_write", lambda figure, path, digits: drawn.append(figure.subplots()))

    @runner.benchmark()
    def empty(options):
        yield "a.png", plt.figure()

    with pytest.raises(FileNotFoundError):  # nothing was written
        empty(["--out", str(tmp_path)])
    with plt.style.context(STYLE):
        expected = plt.figure().subplots()
    assert drawn[0].spines["top"].get_visible() is expected.spines["top"].get_visible() is False
    assert dict(plt.rcParams) == before
    plt.close("all")


def test_a_bad_option_is_an_error_and_nothing_is_written(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--rows", "0", "--out", str(tmp_path / "new")])
    assert stop.value.code == 2
    assert capsys.readouterr().err.endswith("error: --rows must be at least 1\n")
    assert not (tmp_path / "new").exists()


def test_without_a_terminal_progress_is_a_line_every_15_s(monkeypatch, capsys):
    clock = itertools.count(0, 6)  # s for each result
    monkeypatch.setattr(runner.time, "monotonic", lambda: next(clock))
    assert list(runner.track("abcdef", 46, "fits", done=40)) == list("abcdef")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["fits: 43 of 46, 18 s left", "fits: 46 of 46, 0 s left"]


def test_on_a_terminal_progress_is_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(runner, "Console", lambda stderr: Console(file=sys.stderr, force_terminal=True))
    assert list(runner.track("abc", 10, "fits", done=7)) == list("abc")
    err = capsys.readouterr().err
    assert "━" in err
    assert "10/10" in err


def test_an_installed_benchmark_writes_below_the_current_folder(tmp_path):
    """The wheel has the scripts, and not the folder of their results."""
    installed = shutil.copy(runner.__file__, tmp_path / "runner.py")
    assert runpy.run_path(str(installed))["RESULTS"] == Path("results")
    assert (Path(runner.__file__).parent / "results") == runner.RESULTS
