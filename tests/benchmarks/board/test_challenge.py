import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks.board import challenge
from sklearn_wtrdf.benchmarks.board.conditions import CONDITIONS
from sklearn_wtrdf.benchmarks.board.scores import SCORES

from sklearn_wtrdf import Composition, write_gr
from sklearn_wtrdf.datasets import list_materials, load_material

LONG = 500  # s: enough on a busy machine


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["challenge.py", "--timeout", str(LONG), *map(str, arguments)])
    challenge.main()


@pytest.mark.slow
@pytest.mark.usefixtures("_imported_once")
def test_the_benchmark_on_a_small_setting(tmp_path, monkeypatch, capsys):
    small = ["--materials", "argon", "nickel", "--conditions", "q8-n1", "q17-n1"]
    methods = ["--methods", "fourier", "fourier_lorch", "inversion"]
    run(monkeypatch, *small, *methods, "--n-jobs", 1, "--out", tmp_path)
    assert "challenge.md" in capsys.readouterr().out
    pictures = {"challenge_map.png", "challenge_curves_test.png", "challenge_curves_development.png"}
    others = {"challenge.csv", "challenge.jsonl", "challenge.md", "challenge_first.png"}
    assert {path.name for path in tmp_path.iterdir()} == others | pictures
    table = pd.read_csv(tmp_path / "challenge.csv")
    assert len(table) == 2 * 2 * 3
    assert (table["status"] == "ok").all()
    mean = table.groupby("method")["mae"].mean()
    assert mean["inversion"] < mean["fourier"]
    text = (tmp_path / "challenge.md").read_text()
    assert "**Test half.**" in text
    assert "**Development half.**" in text
    for name in pictures:
        assert f"({name})" in text
    for path in tmp_path.glob("*.png"):
        path.unlink()
    (tmp_path / "challenge.md").unlink()
    run(monkeypatch, "--pictures", "--n-jobs", 1, "--out", tmp_path)
    assert {path.name for path in tmp_path.glob("*.png")} == pictures | {"challenge_first.png"}
    assert not (tmp_path / "challenge.md").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--materials", "glass"], f"--materials: glass not among {', '.join(list_materials())}"),
        (["--conditions", "q9"], f"--conditions: q9 not among {', '.join(CONDITIONS)}"),
        (["--methods", "maxent"], "--methods: maxent not among fourier, fourier_calibrated"),
        (["--methods", "nowhere.py"], "nowhere.py"),
        (["--methods", "fourier", "elsewhere/fourier.py"], "two of them have the same name"),
        (["--half", "validation"], "invalid choice: 'validation'"),
        (["--half", "test", "--materials", "argon"], "none of these materials"),
        (["--materials", "ag00", "--conditions", "q20-n1"], "none of these materials"),
        (["--n-jobs", "0"], "must be positive"),
        (["--pattern", "a.sq"], "--pattern: a.sq: no such file"),
        (["--pattern", "a.sq", "--mass-density", "2.2"], "mass_density needs composition"),
        (["--pattern", "a.sq", "--composition", "Xx", "--mass-density", "2.2"], "Xx"),
        (["--pattern", "a.sq", "--number-density", "1", "--mass-density", "2"], "leave one of them out"),
        (["--truth", "a.gr"], "--truth goes with --pattern"),
        (["--pictures", "--out", "nowhere"], "there is no challenge.csv in nowhere yet"),
    ],
)
def test_bad_options_are_refused_before_any_work(arguments, message, monkeypatch, capsys):
    with pytest.raises(SystemExit) as stop:
        run(monkeypatch, *arguments)
    assert stop.value.code == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_the_density_of_a_users_pattern(tmp_path, monkeypatch, capsys):
    densities = []
    monkeypatch.setattr(challenge, "own_file", lambda _, density, *__: densities.append(density) or pd.DataFrame())
    q = np.linspace(0.5, 12, 100)
    own = ["--pattern", tmp_path / "my.sq", "--methods", "fourier"]
    nickel = ["--composition", "Ni", "--mass-density", 8.9]
    for header in ("q S(q)", "number_density = 0.09\nq S(q)"):
        np.savetxt(tmp_path / "my.sq", np.column_stack([q, 1 + np.sin(2.4 * q) / q]), header=header)
        for density in (["--number-density", 0.08], nickel, []):
            if not density and "=" not in header:
                with pytest.raises(SystemExit):
                    run(monkeypatch, *own)
                assert "needs --number-density, or --mass-density with --composition" in capsys.readouterr().err
            else:
                run(monkeypatch, *own, *density)
    expected = Composition("Ni").number_density(8.9)
    assert densities == [0.08, pytest.approx(expected), 0.08, pytest.approx(expected), 0.09]


@pytest.mark.slow
def test_a_users_pattern(tmp_path, monkeypatch, capsys):
    material = load_material("nickel", q_max=8)
    np.savetxt(tmp_path / "my.sq", np.column_stack([material.q, material.s]), header="q S(q)")
    write_gr(tmp_path / "my.gr", material.r, material.target, number_density=material.number_density)
    tables = []
    solve = challenge.own_file
    monkeypatch.setattr(challenge, "own_file", lambda *given: tables.append(solve(*given)) or tables[-1])
    own = ["--pattern", tmp_path / "my.sq", "--number-density", material.number_density]
    run(monkeypatch, *own, "--methods", "fourier")
    printed = capsys.readouterr().out
    assert "fourier" in printed
    assert "ok" in printed
    assert "coordination" in printed
    run(monkeypatch, *own, "--methods", "fourier", "inversion", "--truth", tmp_path / "my.gr")
    without, table = tables
    errors = table.set_index("method")["mae"]
    assert errors["inversion"] < errors["fourier"] < 0.2
    assert list(table) == ["method", "status", *SCORES, "seconds"]
    assert without[SCORES].isna().all(axis=None)
    assert (without["status"] == "ok").all()
    printed = capsys.readouterr().out
    assert "inversion" in printed
    assert f"{errors['inversion']:.4g}" in printed


@pytest.mark.slow
def test_the_command_runs_it(tmp_path):
    command = [sys.executable, "-m", "sklearn_wtrdf.cli", "benchmark", "challenge", "-o", str(tmp_path), "--"]
    command += ["--materials", "argon", "--conditions", "q8-n1", "--methods", "fourier", "--n-jobs", "1"]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ | {"MPLBACKEND": "Agg"})
    assert ran.returncode == 0, ran.stderr
    entries = [json.loads(line) for line in (tmp_path / "challenge.jsonl").read_text().splitlines() if line]
    assert [cell for _, cell, _ in entries] == [["argon", "x-ray", "q8-n1", "fourier"]]
    assert len(pd.read_csv(tmp_path / "challenge.csv")) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("_imported_once")
def test_reasons_of_failures_are_printed(write, tmp_path, monkeypatch, capsys):
    options = ["--materials", "argon", "--conditions", "q8-n1", "--out", tmp_path, "--n-jobs", 1]
    run(monkeypatch, "--methods", write("raises", "raise RuntimeError('no')"), "fourier", *options)
    assert "raises.py: crash in 1 of 1 cells: RuntimeError: no" in " ".join(capsys.readouterr().out.split())


def test_a_method_with_a_syntax_error(tmp_path, monkeypatch, capsys):
    (tmp_path / "broken.py").write_text("def solve(q, S, density, r:\n")
    with pytest.raises(SystemExit):
        run(monkeypatch, "--methods", tmp_path / "broken.py")
    assert "broken.py cannot be run: SyntaxError" in " ".join(capsys.readouterr().err.split())
