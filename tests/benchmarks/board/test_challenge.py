import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks import runner
from sklearn_wtrdf.benchmarks.board import challenge, page
from sklearn_wtrdf.benchmarks.board.cells import Cell, cells_of, measurement_of, run_all, table_of
from sklearn_wtrdf.benchmarks.board.conditions import AG_K_ALPHA, CONDITIONS, Condition, base_of, measure, seed_of
from sklearn_wtrdf.benchmarks.board.scores import REACH_90, SCORES, score, truth_of

from sklearn_wtrdf import Composition, write_gr
from sklearn_wtrdf.datasets import list_materials, load_material

Q = np.arange(10, 401) / 20
S = 1 + 0.5 * np.sin(2.4 * Q) * np.exp(-((Q / 12) ** 2)) / Q
QUIET = Condition("", noise=0.0)
LONG = 500  # s, for what ends by itself, whatever else the machine does

run_patiently = partial(run_all, jobs=1, timeout=LONG)


# Conditions


def test_nothing_but_a_cut_where_there_is_nothing_else():
    q, measured, density = measure(Q, S, 0.03, QUIET)
    np.testing.assert_array_equal(q, Q[:151])
    np.testing.assert_allclose(measured, S[:151], rtol=1e-15)
    assert density == 0.03


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"offset": 0.03}, lambda q, S: S + 0.03),
        ({"scale": 1.05}, lambda q, S: 1.05 * S),
        ({"scale": 0.97, "offset": 0.02}, lambda q, S: 0.97 * S + 0.02),
        ({"background": 0.05}, lambda q, S: S + 0.05 * (q / 4 - 1) ** 2),
        ({"outlier": 0.5}, lambda q, S: S + 0.5 * ((q == 0.5) | (q == q[75]))),
        ({"density": 1.05}, lambda q, S: S),
    ],
)
def test_an_effect_is_what_it_is_said_to_be(fields, expected):
    q, measured, density = measure(Q, S, 0.03, replace(QUIET, **fields))
    np.testing.assert_allclose(measured, expected(q, S[:151]), rtol=1e-14)
    assert density == 0.03 * fields.get("density", 1)


@pytest.mark.parametrize("noise", [0.002, 0.03])
def test_noise_has_its_size_at_every_q_and_the_seed_decides_it(noise):
    condition = replace(QUIET, noise=noise, q_max=20.0)
    draws = np.array([measure(Q, S, 0.03, condition, seed).S - S for seed in range(200)])
    assert draws.std() == pytest.approx(noise, rel=0.02)
    assert np.abs(draws.mean(axis=0)).max() < 5 * noise / np.sqrt(200)
    assert np.std(draws, axis=0) == pytest.approx(np.full(Q.size, noise), rel=0.3)
    assert np.abs(np.corrcoef(draws[:, 0], draws[:, 1])[0, 1]) < 0.3
    np.testing.assert_array_equal(measure(Q, S, 0.03, condition, 3).S - S, draws[3])


def test_resolution_damps_g_by_a_gaussian_in_r():
    packet = np.sin(3 * Q) * np.exp(-(((Q - 10) / 1.5) ** 2))  # nothing at the ends of q
    measured = measure(Q, 1 + packet / Q, 0.03, replace(QUIET, q_max=20.0, q_damp=0.08))
    r = np.arange(0.1, 10, 0.1)
    transform = np.sin(np.outer(r, Q)) * 0.05
    expected = transform @ packet * np.exp(-((0.08 * r) ** 2) / 2)
    np.testing.assert_allclose(transform @ (Q * (measured.S - 1)), expected, atol=2e-4 * np.abs(expected).max())


def test_resolution_acts_before_the_cut():
    peak = np.exp(-(((Q - 8) / 0.1) ** 2))
    measured = measure(Q, 1 + peak / Q, 0.03, replace(QUIET, q_damp=0.08))
    assert 8 * (measured.S[-1] - 1) == pytest.approx(0.1 / np.hypot(0.1, np.sqrt(2) * 0.08), rel=0.01)


def test_grids():
    coarse, gap, uneven = (measure(Q, S, 0.03, replace(QUIET, grid=grid)) for grid in ("coarse", "gap", "uneven"))
    np.testing.assert_allclose(coarse.q, np.arange(0.5, 8, 0.2), rtol=1e-12)
    np.testing.assert_allclose(coarse.S, S[:151:4], rtol=1e-15)
    np.testing.assert_array_equal(gap.q, np.append(Q[:70], Q[83:151]))  # 3.95, then 4.65
    np.testing.assert_allclose(gap.S, np.append(S[:70], S[83:151]), rtol=1e-15)
    angles = 2 * np.arcsin(uneven.q * AG_K_ALPHA / (4 * np.pi))
    np.testing.assert_allclose(np.diff(angles), np.ptp(angles) / 150)
    assert (uneven.q.size, uneven.q[0], uneven.q[-1]) == (151, 0.5, 8.0)
    exact = 1 + 0.5 * np.sin(2.4 * uneven.q) * np.exp(-((uneven.q / 12) ** 2)) / uneven.q
    np.testing.assert_allclose(uneven.S, exact, atol=1e-5)


def test_an_end_that_the_data_do_not_reach():
    with pytest.raises(ValueError, match=r"q ends at 17 Å⁻¹, before the condition's q_max of 20 Å⁻¹"):
        measure(Q[Q <= 17], S[Q <= 17], 0.03, CONDITIONS["q20-n1"])
    left = cells_of(["ag00", "argon"], ["q17-n1", "q20-n1"], ["fourier"])
    assert [cell.material for cell in left] == ["ag00", "argon", "argon"]


def test_a_measurement_is_the_same_every_time_and_no_two_share_their_noise():
    cell = Cell("argon", "x-ray", "q8-all", "fourier")
    first, truth = measurement_of(cell)
    again, _ = measurement_of(cell._replace(method="inversion"))
    np.testing.assert_array_equal(first.S, again.S)
    np.testing.assert_array_equal(first.q, again.q)
    assert first.density == again.density != truth.density
    seeds = [seed_of(*names) for names in (("argon", "x-ray", "a"), ("argon", "x-ray", "b"), ("silica", "x-ray", "a"))]
    assert len({tuple(seed) for seed in seeds}) == 3


def test_every_effect_has_a_condition_to_be_compared_with():
    assert len(CONDITIONS) == 4 * 3 + 2 * 18
    for name, condition in CONDITIONS.items():
        base = CONDITIONS[base_of(name)]
        assert (base.q_max, base.noise) == (condition.q_max, 0.01)
        assert name.startswith(f"q{condition.q_max}-")


@pytest.mark.parametrize(("condition", "q_max", "size"), [("q8-reduced", 7.8, 0.02), ("q17-reduced", 17.0, 0.03)])
def test_a_scan_is_reduced_to_the_s_that_it_was_counted_of(condition, q_max, size):
    pytest.importorskip("xraydb", reason="xraydb is not installed: pip install 'sklearn-wtrdf[simulation]'")
    [cell] = cells_of(["germania"], [condition], ["fourier"])  # not with neutrons
    assert cell.weighting == "x-ray"
    (q, measured, density), truth = measurement_of(cell)
    assert q[-1] == pytest.approx(q_max)
    assert density == truth.density
    material = load_material("germania")
    errors = measured - np.interp(q, material.q, material.s)
    assert 1e-4 < np.sqrt(np.mean(errors[q > 1.5] ** 2)) < size
    np.testing.assert_array_equal(measured, measurement_of(cell)[0].S)


@pytest.mark.parametrize("name", ["correlated", "growing", "smoothed", "flight"])
def test_errors_of_laboratories_are_what_they_say(name):
    """Their size, their correlation and their growth with q, over many seeds."""
    condition = CONDITIONS[f"q8-{name}"]
    q, S = Q[Q <= 8], np.ones(np.sum(Q <= 8))
    if name == "flight":
        S = 1 + np.sin(5.0 * q) / q
        expected = np.exp(-((5.0 * condition.flight * q) ** 2) / 2) * np.sin(5.0 * q) / q
        quiet = replace(condition, noise=0.0)
        inside = (q > 2) & (q < 7)
        np.testing.assert_allclose((measure(q, S, 0.03, quiet).S - 1)[inside], expected[inside], atol=2e-3)
        return
    errors = np.array([measure(q, S, 0.03, condition, seed).S - 1 for seed in range(400)])
    std = errors.std(axis=0)
    if name == "growing":
        np.testing.assert_allclose(std, 0.03 * (q / q[-1]) ** 2, rtol=0.2)
    neighbours = np.mean(
        [np.corrcoef(first, second)[0, 1] for first, second in zip(errors.T, errors.T[1:], strict=False)]
    )
    if name == "correlated":
        assert np.sqrt((std**2).mean()) == pytest.approx(np.hypot(0.01, 0.003), rel=0.1)
    assert (neighbours > 0.4) == (name != "growing")


# Scores

R = np.arange(25, 501) / 50
FIRST, SECOND = 2.4, 4.0


def curve(first=FIRST, scale=1.0):
    """Return g of two Gaussian shells and a continuum, of which the first can be moved or scaled."""
    peak = 3 * scale * np.exp(-(((R - first) / 0.1) ** 2) / 2)
    return peak + 1.5 * np.exp(-(((R - SECOND) / 0.2) ** 2) / 2) + 1 / (1 + np.exp(-(R - 5.5) / 0.1))


@pytest.fixture
def truth():
    return truth_of(R, curve(), None, 0.03)


@pytest.mark.parametrize("name", ["argon", "silica", "nitrogen", "ag25"])
def test_the_truth_has_no_errors(name):
    material = load_material(name)
    truth = truth_of(material.r, material.target, material.target_std, material.number_density)
    found = score(truth, truth.g, np.full(truth.r.size, 0.1))
    for what in ("mae", "first_peak", "second_peak", "coordination"):
        assert found[what] == 0
    assert found["position"] < 0.015  # its own noise, which the smooth curve that is compared with has not
    assert found["residual"] < 1e-3
    assert found["coverage_90"] == 1
    assert found["width_90"] == pytest.approx(2 * REACH_90 * 0.1)


def test_a_peak_that_is_moved(truth):
    found = score(truth, curve(first=FIRST + 0.06), None)
    assert found["position"] == pytest.approx(0.06, abs=0.002)
    assert found["first_peak"] == pytest.approx(3 * (1 - np.exp(-0.18)), rel=1e-3)
    squares = [first**2 + 0.1**2 for first in (FIRST, FIRST + 0.06)]  # mean of r² over a shell
    assert found["coordination"] == pytest.approx(squares[1] / squares[0] - 1, rel=0.02)
    assert found["second_peak"] < 1e-3
    assert found["mae"] == pytest.approx(np.abs(curve(first=FIRST + 0.06) - curve())[R >= 0.8].mean())
    assert np.isnan([found["coverage_90"], found["width_90"]]).all()


def test_a_peak_that_is_too_high_and_a_density_that_is(truth):
    found = score(truth, curve(scale=1.1), None)
    assert found["coordination"] == pytest.approx(0.1, abs=1e-3)
    assert found["first_peak"] == pytest.approx(0.3, rel=1e-3)
    assert found["position"] < 1e-3
    assert score(truth, curve(), None, density=0.0315)["coordination"] == pytest.approx(0.05)


def test_ripples_before_the_atoms_are_the_residual(truth):
    before = truth.onset - 5 > np.arange(R.size)
    assert 1.9 < R[before][-1] < 2.1
    found = score(truth, curve() + 0.3 * before * (-1) ** np.arange(R.size), None)
    assert found["residual"] == pytest.approx(0.3, rel=0.01)
    assert found["coordination"] < 1e-3
    assert found["first_peak"] == 0


def test_bands_of_gaussian_errors_cover_nine_tenths(truth, rng):
    std = 0.05 + 0.01 * np.sin(R)
    covered = [score(truth, truth.g + std * rng.normal(size=R.size), std)["coverage_90"] for _ in range(50)]
    assert np.mean(covered) == pytest.approx(0.9, abs=0.01)
    wide = truth_of(R, curve(), 3 * std, 0.03)  # the truth has an error of its own
    assert score(wide, truth.g + std * rng.normal(size=R.size), std)["coverage_90"] > 0.99


def test_a_curve_without_peaks_has_a_mean_error_alone():
    flat = truth_of(R, np.ones(R.size), None, 0.03)
    found = score(flat, np.full(R.size, 1.5), None)
    assert found.pop("mae") == 0.5
    assert np.isnan(list(found.values())).all()


# Cells
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


@pytest.fixture
def write(tmp_path):
    def write(name, body):
        path = tmp_path / f"{name}.py"
        path.write_text(f'"""Method {name}."""\n\n\ndef solve(q, S, density, r):\n    {body}\n')
        return str(path)

    return write


@pytest.mark.slow
def test_a_method_may_do_what_it_likes_and_the_others_go_on(write, tmp_path):
    files = [write(name, body) for name, body in METHODS.items()]
    cells = cells_of(["argon"], ["q8-n1"], [*files, "fourier"])
    outcomes = run_patiently(cells, tmp_path / "a.jsonl")
    endless = cells_of(["argon"], ["q8-n1"], [write("sleeps", "import time\n    while True: time.sleep(1)")])
    outcomes |= run_patiently(endless, tmp_path / "a.jsonl", timeout=0.5)
    table = table_of(outcomes).set_index("method")
    assert table["status"].to_dict() == {
        "good": "ok",
        "raises": "crash",
        "sleeps": "hang",
        "exits": "crash",
        "ends": "crash",
        "nothing": "crash",
        "not_a_number": "nonsense",
        "infinite": "nonsense",
        "short": "nonsense",
        "negative": "nonsense",
        "huge": "nonsense",
        "complex": "nonsense",
        "words": "nonsense",
        "ragged": "nonsense",
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


@pytest.mark.slow
def test_why_a_method_failed_is_printed(write, tmp_path, monkeypatch, capsys):
    options = ["--materials", "argon", "--conditions", "q8-n1", "--out", tmp_path, "--n-jobs", 1]
    run(monkeypatch, "--methods", write("raises", "raise RuntimeError('no')"), "fourier", *options)
    assert "raises.py: crash in 1 of 1 cells: RuntimeError: no" in " ".join(capsys.readouterr().out.split())


def test_a_method_that_cannot_be_run_is_one_line(tmp_path, monkeypatch, capsys):
    (tmp_path / "broken.py").write_text("def solve(q, S, density, r:\n")
    with pytest.raises(SystemExit):
        run(monkeypatch, "--methods", tmp_path / "broken.py")
    assert "broken.py cannot be run: SyntaxError" in " ".join(capsys.readouterr().err.split())


@pytest.fixture
def counting(write, tmp_path):
    """Return a method that writes a line whenever it runs, and how often it did since the last time."""
    log = tmp_path / "log"
    log.touch()
    path = write("counting", f"open({str(log)!r}, 'a').write('x\\n'); return 0 * r + 1, None")

    def count():
        n = len(log.read_text().splitlines())
        log.write_text("")
        return n

    return path, count


@pytest.mark.slow
def test_an_interrupted_run_goes_on_where_it_was(counting, tmp_path):
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
    assert count() == 0  # nor is what follows the cut line lost
    assert list(again) == list(whole) == cells
    tables = [table_of(outcomes).drop(columns="seconds") for outcomes in (whole, again)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)


@pytest.mark.slow
def test_a_changed_method_runs_anew_and_no_other_does(counting, write, tmp_path):
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
def test_more_time_is_another_chance(write, tmp_path):
    go = tmp_path / "go"
    waits = f"import os, time\n    while not os.path.exists({str(go)!r}): time.sleep(0.1)\n    return 0 * r + 1, None"
    [cell] = cells_of(["argon"], ["q8-n1"], [write("waits", waits)])
    assert run_patiently([cell], tmp_path / "a.jsonl", timeout=0.5)[cell].status == "hang"
    go.touch()
    assert run_patiently([cell], tmp_path / "a.jsonl", timeout=0.5)[cell].status == "hang"  # as the journal says
    assert run_patiently([cell], tmp_path / "a.jsonl")[cell].status == "ok"


@pytest.mark.slow
def test_two_runs_agree_in_all_but_the_time(tmp_path):
    cells = cells_of(["argon-krypton"], ["q8-all"], ["fourier", "inversion", "sklearn_gp", "glassure_optimized"])
    assert len(cells) == 8  # X-rays and neutrons
    tables = []
    for name in ("a", "b"):
        tables.append(table_of(run_patiently(cells, tmp_path / name)).drop(columns="seconds"))
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    assert (tables[0]["status"] == "ok").all()


# The page


@pytest.fixture(scope="module")
def table():
    """Return a table of four materials with ratios that are known: 0.5 on the development half, 2 on the test half."""
    rows = []
    for half, names in (("development", ("argon", "silica")), ("test", ("nickel", "water"))):
        for material in names:
            for condition in ("q8-n1", "q17-n1", "q8-gap"):
                for method, error in (("fourier", 0.2), ("inversion", 0.1 if half == "development" else 0.4)):
                    error *= 3 if condition == "q8-gap" and method == "fourier" else 1
                    row = dict.fromkeys(SCORES, 0.25) | {"mae": error, "seconds": 0.01, "status": "ok"}
                    key = {"material": material, "weighting": "x-ray", "half": half}
                    rows.append(key | {"condition": condition, "method": method} | row)
    return pd.DataFrame(rows)


def test_the_page_says_of_each_half_where_we_lose(table):
    text = page.page_of(table, Path("results"), [])
    assert "imulated" in text
    assert text.index("**Test half.**") < text.index("**Development half.**")
    test, development = (line for line in text.splitlines() if line.startswith(("**Test", "**Dev")))
    assert "On 4 of 6 measurements" in test  # all but those with the gap
    assert "at worst 2.0 times (nickel, x-ray, `q8-n1`)" in test
    assert f"in the geometric mean it is {(2 * 2 * 2 / 3) ** (1 / 3):.2f} of it" in test
    assert "the best of all methods on 33% of them" in test
    assert "Some other method is better on 4: nickel (2), water (2)" in test
    assert "at most 2.0 times that of the best (nickel, x-ray, `q17-n1`)" in test
    assert "loses in the mean over conditions on nickel (x-ray) 1.39, water (x-ray) 1.39" in test
    assert "`q8-n1` (100%), `q17-n1` (100%)" in test
    assert "On 0 of 6 measurements" in development
    assert "loses in" not in development
    assert "Some other method" not in development
    assert "bands contain 25% of the rows" in test


def test_every_number_follows_the_table(table):
    before = page.page_of(table, Path("results"), [])
    changed = table.copy()
    changed.loc[(table["method"] == "inversion") & (table["half"] == "test"), "mae"] = 0.1234
    after = page.page_of(changed, Path("results"), [])
    assert "On 0 of 6 measurements" in after.split("**Development")[0].split("**Test")[1]
    assert "0.12" in after
    for column in ("first_peak", "second_peak", "position", "coordination", "residual", "coverage_90", "width_90"):
        text = page.page_of(table.assign(**{column: 0.0777}), Path("results"), [])
        assert "0.078" in text
        assert "0.078" not in before
    assert "777.0" in page.page_of(table.assign(seconds=0.777), Path("results"), [])
    failed = table.copy()
    failed.loc[0, ["status", "mae"]] = ["hang", np.nan]
    assert "None: every method returned" in before
    assert "| hang" in page.page_of(failed, Path("results"), [])


def test_effects_are_factors_on_the_same_material(table):
    effects = page.effects_of(table).set_index("condition")
    assert effects.loc["q8-gap"].to_dict() == {"fourier": "3.00", "inversion": "1.00"}
    errors = page.errors_by(table).set_index("condition")
    assert list(errors.index) == ["q8-n1", "q17-n1"]
    assert errors.loc["q8-n1", "inversion"] == "0.20"  # geometric mean of 0.1 and 0.4


def test_failures_are_last_and_the_worst_is_named(table):
    failed = table.copy()
    failed.loc[(table["method"] == "inversion") & (table["material"] == "nickel"), ["status", "mae"]] = [
        "crash",
        np.nan,
    ]
    summary = page.summary_of(page.with_ratio(failed)[failed["half"] == "test"]).set_index("method")
    assert summary.loc["inversion", "failed"] == 3
    assert summary.loc["inversion", "rank"] == f"{(3 * 2 + 2 + 2 + 1) / 6:.1f}"
    assert summary.loc["inversion", "worst"] == "2.00 (water, x-ray, q8-n1)"
    assert "It fails on 3 more." in page.page_of(failed, Path("results"), [])


def test_intervals_draw_whole_materials():
    index = pd.MultiIndex.from_tuples([("a", 0), ("a", 1), ("b", 0)], names=["material", "condition"])
    two = pd.Series(np.log([2.0, 2.0, 8.0]), index=index)
    # Of two materials the draws are aa, ab, ba, bb: a quarter of them at either end.
    assert page.interval(two) == f"{2 ** (5 / 3):.2f} (2.00 to 8.00)"
    assert page.interval(two[:2]) == "–"
    rng = np.random.default_rng(1)
    names = np.repeat(list("abcdefgh"), 3)
    index = pd.MultiIndex.from_arrays([names, np.arange(24)], names=["material", "condition"])
    logs = pd.Series(rng.normal(size=24) + np.repeat(rng.normal(size=8), 3), index=index)
    draws = [logs.to_numpy().reshape(8, 3)[rng.integers(8, size=8)].mean() for _ in range(4000)]
    mean, low, high = (float(x.strip("()")) for x in page.interval(logs).replace("to ", "").split())
    assert mean == pytest.approx(np.exp(logs.mean()), abs=0.005)
    assert np.log([low, high]) == pytest.approx(np.quantile(draws, [0.025, 0.975]), abs=0.1)


def test_the_first_picture_is_of_the_best_the_middle_and_the_worst():
    board = pd.read_csv(runner.RESULTS / "challenge.csv")
    ratios = board.query("half == 'test' and condition == 'q17-n1'").pivot(
        index=["material", "weighting"], columns="method", values="mae"
    )
    ratios = (ratios["inversion"] / ratios["fourier"]).sort_values()
    shown = page.picked(board)
    places = [0, len(ratios) // 2, len(ratios) - 1]
    assert [tuple(one[:2]) for one in shown] == list(ratios.index[places])
    np.testing.assert_allclose([one[2] for one in shown], ratios.iloc[places])
    for text in ("README.md", "docs/index.md"):
        caption = (runner.RESULTS.parents[1] / text).read_text(encoding="utf-8")
        assert f"of the {len(ratios)} such" in caption.lower()
    cells = page.pictured(board)
    assert {(name, weighting) for name, weighting, *_ in cells} >= {one[:2] for one in shown}
    assert {cell.method for cell in cells} == {"fourier", "inversion", page.best_other(board)}


def test_a_small_board_has_a_small_first_picture(table):
    assert page.picked(table[table["half"] == "development"]) == []
    assert page.picked(table[table["method"] == "fourier"]) == []
    shown = page.picked(table)
    assert len(shown) == len({one[:2] for one in shown}) == 2


# The command line


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["challenge.py", "--timeout", str(LONG), *map(str, arguments)])
    challenge.main()


@pytest.mark.slow
def test_the_benchmark_on_a_small_setting(tmp_path, monkeypatch, capsys):
    small = ["--materials", "argon", "nickel", "--conditions", "q8-n1", "q17-n1", "q8-gap"]
    methods = ["--methods", "fourier", "fourier_lorch", "inversion"]
    run(monkeypatch, *small, *methods, "--n-jobs", 1, "--out", tmp_path)
    assert "challenge.md" in capsys.readouterr().out
    pictures = {"challenge_map.png", "challenge_curves_test.png", "challenge_curves_development.png"}
    others = {"challenge.csv", "challenge.jsonl", "challenge.md", "challenge_first.png"}
    assert {path.name for path in tmp_path.iterdir()} == others | pictures
    table = pd.read_csv(tmp_path / "challenge.csv")
    assert len(table) == 2 * 3 * 3
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
        (["--methods", "fourier", "elsewhere/fourier.py"], "two of them have one name"),
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


def test_the_density_of_ones_own_pattern(tmp_path, monkeypatch, capsys):
    said = []
    monkeypatch.setattr(challenge, "own_file", lambda _, density, *__: said.append(density) or pd.DataFrame())
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
    assert said == [0.08, pytest.approx(expected), 0.08, pytest.approx(expected), 0.09]


@pytest.mark.slow
def test_a_pattern_of_ones_own(tmp_path, monkeypatch, capsys):
    material = load_material("nickel", q_max=12)
    np.savetxt(tmp_path / "my.sq", np.column_stack([material.q, material.s]), header="q S(q)")
    write_gr(tmp_path / "my.gr", material.r, material.target, number_density=material.number_density)
    own = ["--pattern", tmp_path / "my.sq", "--number-density", material.number_density]
    own += ["--methods", "fourier", "inversion"]
    run(monkeypatch, *own)
    printed = capsys.readouterr().out
    assert "inversion" in printed
    assert "ok" in printed
    assert "coordination" in printed
    table = challenge.own_file(own[1], material.number_density, tmp_path / "my.gr", ["fourier", "inversion"])
    errors = table.set_index("method")["mae"]
    assert errors["inversion"] < errors["fourier"] < 0.2
    assert list(table) == ["method", "status", *SCORES, "seconds"]
    without = challenge.own_file(own[1], material.number_density, None, ["fourier"])
    assert without[SCORES].isna().all(axis=None)
    assert (without["status"] == "ok").all()
    run(monkeypatch, *own, "--truth", tmp_path / "my.gr")
    assert f"{errors['inversion']:.4g}" in capsys.readouterr().out


@pytest.mark.slow
def test_the_command_runs_it(tmp_path):
    command = [sys.executable, "-m", "sklearn_wtrdf.cli", "benchmark", "challenge", "-o", str(tmp_path), "--"]
    command += ["--materials", "argon", "--conditions", "q8-n1", "--methods", "fourier", "--n-jobs", "1"]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ | {"MPLBACKEND": "Agg"})
    assert ran.returncode == 0, ran.stderr
    kept = [json.loads(line) for line in (tmp_path / "challenge.jsonl").read_text().splitlines() if line]
    assert [cell for _, cell, _ in kept] == [["argon", "x-ray", "q8-n1", "fourier"]]
    assert len(pd.read_csv(tmp_path / "challenge.csv")) == 1
