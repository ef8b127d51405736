from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks.board import figures, page


def test_the_page_names_the_losses_of_each_half(table):
    text = page.page_of(table, Path("results"), [])
    assert "imulated" in text
    assert text.index("**Test half.**") < text.index("**Development half.**")
    test, development = (line for line in text.splitlines() if line.startswith(("**Test", "**Dev")))
    assert "On 4 of 6 measurements" in test  # all but those with the gap
    assert "at worst 2.0 times (nickel, x-ray, `q8-n1`)" in test
    assert f"the geometric mean of the ratio is {(2 * 2 * 2 / 3) ** (1 / 3):.2f}." in test
    assert "the best of all methods on 33% of them" in test
    assert "Some other method is better on 4: nickel (2), water (2)" in test
    assert "at most 2.0 times that of the best (nickel, x-ray, `q17-n1`)" in test
    assert "loses in the mean over conditions on nickel (x-ray) 1.39, water (x-ray) 1.39" in test
    assert "`q8-n1` (100%), `q17-n1` (100%)" in test
    assert "On 0 of 6 measurements" in development
    assert "loses in" not in development
    assert "Some other method" not in development
    assert "bands contain 25% of the rows" in test


def test_every_number_is_from_the_table(table):
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
    failed.loc[0, ["status", "mae"]] = ["timeout", np.nan]
    assert "None: every method returned" in before
    assert "| timeout" in page.page_of(failed, Path("results"), [])


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
    summary = page.summary_of(figures.with_ratio(failed)[failed["half"] == "test"]).set_index("method")
    assert summary.loc["inversion", "failed"] == 3
    assert summary.loc["inversion", "rank"] == f"{(3 * 2 + 2 + 2 + 1) / 6:.1f}"
    assert summary.loc["inversion", "worst"] == "2.00 (water, x-ray, q8-n1)"
    assert "It fails on 3 more." in page.page_of(failed, Path("results"), [])


def test_intervals_are_a_bootstrap_over_materials():
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
