from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks.board import page
from sklearn_wtrdf.benchmarks.board.cells import Cell, cells_of, measurement_of, run_all, run_method, table_of
from sklearn_wtrdf.benchmarks.board.conditions import seed_of
from sklearn_wtrdf.benchmarks.board.scores import SCORES, score

LONG = 500  # s: enough on a busy machine

run_patiently = partial(run_all, jobs=1, timeout=LONG)


pytestmark = pytest.mark.usefixtures("_imported_once")

METHODS = {
    "good": "return 0 * r + 1, 0 * r + 0.1",
    "raises": "raise RuntimeError('no')",
    "exits": "import os; os._exit(3)",
    "ends": "raise SystemExit",
    "nothing": "pass",
    "not_a_number": "return r * float('nan'), None",
    "infinite": "return r + float('inf'), None",
    "short": "return r[:-1], None",
    "negative": "return 0 * r + 1, 0 * r - 1",
    "huge": "return 0 * r + 1e4, None",
    "complex": "return 1j * r, None",
    "words": "return ['one'] * len(r), None",
    "ragged": "return [1, [2, 3]], None",
    "changes": "q[:] = 0; r[:] = 0; return 0 * S[0] + r + 1, None",
}


@pytest.mark.slow
def test_a_method_that_fails_does_not_stop_the_others(write, tmp_path):
    files = [write(name, body) for name, body in METHODS.items()]
    cells = cells_of(["argon"], ["q8-n1"], [*files, "fourier"])
    outcomes = run_patiently(cells, tmp_path / "a.jsonl")
    endless = cells_of(["argon"], ["q8-n1"], [write("sleeps", "import time\n    while True: time.sleep(1)")])
    outcomes |= run_patiently(endless, tmp_path / "a.jsonl", timeout=0.5)
    table = table_of(outcomes).set_index("method")
    assert table["status"].to_dict() == {
        "good": "ok",
        "raises": "crash",
        "sleeps": "timeout",
        "exits": "crash",
        "ends": "crash",
        "nothing": "crash",
        "not_a_number": "invalid",
        "infinite": "invalid",
        "short": "invalid",
        "negative": "invalid",
        "huge": "invalid",
        "complex": "invalid",
        "words": "invalid",
        "ragged": "invalid",
        "changes": "ok",
        "fourier": "ok",
    }
    failed = table["status"] != "ok"
    assert table.loc[failed, SCORES].isna().all(axis=None)
    assert table.loc[~failed, ["mae", "first_peak", "position"]].notna().all(axis=None)
    why = {Path(cell.method).stem: outcome.why for cell, outcome in outcomes.items()}
    assert why["raises"] == "RuntimeError: no"
    assert why["exits"] == "the process ended with 3"
    assert why["sleeps"] == "longer than 0.5 s"
    assert why["short"].startswith("g has shape (47")
    assert why["negative"].startswith("std is not finite or beyond 0 to")
    text = page.page_of(table.reset_index(), Path(), [])
    assert "| exits | crash | 1 | q8-n1 |" in " ".join(text.split())


@pytest.fixture
def counting(write, tmp_path):
    """Return a method that writes a line when it runs, and a function that counts these lines and deletes them."""
    log = tmp_path / "log"
    log.touch()
    path = write("counting", f"open({str(log)!r}, 'a').write('x\\n'); return 0 * r + 1, None")

    def count():
        n = len(log.read_text().splitlines())
        log.write_text("")
        return n

    return path, count


@pytest.mark.slow
def test_an_interrupted_run_continues(counting, tmp_path):
    path, count = counting
    journal = tmp_path / "a.jsonl"
    cells = cells_of(["argon", "nickel"], ["q8-n1", "q8-gap"], [path])
    run_patiently(cells[:2], journal)
    assert count() == 2
    whole = run_patiently(cells, journal)
    assert count() == 2
    text = journal.read_text()
    journal.write_text(text[:-40])  # as a power cut leaves it
    again = run_patiently(cells, journal)
    assert count() == 1
    run_patiently(cells, journal)
    assert count() == 0  # the line after the incomplete one is read
    assert list(again) == list(whole) == cells
    tables = [table_of(outcomes).drop(columns="seconds") for outcomes in (whole, again)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)


@pytest.mark.slow
def test_only_a_changed_method_runs_again(counting, write, tmp_path):
    path, count = counting
    other = write("other", "return 0 * r + 1, None")
    journal = tmp_path / "a.jsonl"
    cells = cells_of(["argon"], ["q8-n1"], [path, other])
    run_patiently(cells[:1], journal)
    run_patiently(cells, journal)
    assert count() == 1
    write("other", "return 0 * r + 2, None")
    outcomes = run_patiently(cells, journal)
    assert count() == 0
    assert outcomes[cells[1]].scores["mae"] > outcomes[cells[0]].scores["mae"] + 0.5
    Path(path).write_text(Path(path).read_text() + "\n")
    run_patiently(cells, journal)
    assert count() == 1


@pytest.mark.slow
def test_a_longer_time_limit_runs_a_cell_again(write, tmp_path):
    go = tmp_path / "go"
    waits = f"import os, time\n    while not os.path.exists({str(go)!r}): time.sleep(0.1)\n    return 0 * r + 1, None"
    [cell] = cells_of(["argon"], ["q8-n1"], [write("waits", waits)])
    assert run_patiently([cell], tmp_path / "a.jsonl", timeout=0.5)[cell].status == "timeout"
    go.touch()
    assert run_patiently([cell], tmp_path / "a.jsonl", timeout=0.5)[cell].status == "timeout"  # as in the journal
    assert run_patiently([cell], tmp_path / "a.jsonl")[cell].status == "ok"


@pytest.mark.slow
def test_two_runs_agree_in_all_but_the_time(tmp_path):
    cells = cells_of(["argon-krypton"], ["q8-all"], ["fourier", "inversion"])
    assert len(cells) == 4  # X-rays and neutrons
    tables = []
    for name in ("a", "b"):
        tables.append(table_of(run_patiently(cells, tmp_path / name)).drop(columns="seconds"))
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    assert (tables[0]["status"] == "ok").all()


def test_measurements_are_reproducible_and_have_independent_noise():
    cell = Cell("argon", "x-ray", "q8-all", "fourier")
    first, truth = measurement_of(cell)
    again, _ = measurement_of(cell._replace(method="inversion"))
    np.testing.assert_array_equal(first.S, again.S)
    np.testing.assert_array_equal(first.q, again.q)
    assert first.density == again.density != truth.density
    seeds = [seed_of(*names) for names in (("argon", "x-ray", "a"), ("argon", "x-ray", "b"), ("silica", "x-ray", "a"))]
    assert len({tuple(seed) for seed in seeds}) == 3


def test_a_method_with_parameters_for_composition_and_radiation_is_given_them(tmp_path):
    path = tmp_path / "asks.py"
    body = "return r * 0 + (composition == 'SiO2' and radiation == 'x-ray'), None"
    path.write_text(f'"""Asks."""\n\n\ndef solve(q, S, density, r, composition=None, radiation=None):\n    {body}\n')
    for weighting, answer in (("x-ray", 1), ("neutron", 0)):
        measurement, truth = measurement_of(Cell("silica", weighting, "q8-n1", str(path)))
        expected = score(truth, np.full(truth.r.size, float(answer)), None, measurement.density)
        assert run_method(str(path), measurement, truth).scores == pytest.approx(expected, nan_ok=True)
