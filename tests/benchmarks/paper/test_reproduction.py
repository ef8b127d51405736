import re
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks import runner
from sklearn_wtrdf.benchmarks.paper import pages, reproduction, reproduction_claims
from sklearn_wtrdf.benchmarks.paper.claims import MARKS, claims


def test_the_committed_page_is_that_of_the_tables():
    assert reproduction.PAGE.read_text(encoding="utf-8") == reproduction.page(), "run benchmarks/paper/reproduction.py"


def test_every_published_cell_is_on_the_page():
    page = reproduction.page()
    benchmarks = Path(reproduction.__file__).parent
    for number, table in pd.read_csv(benchmarks / "paper_grids.csv").groupby("table"):
        section = page.split(f"## Table {number}:")[1].split("\n## ")[0]
        for mae in table["mae"]:
            assert f"| {mae:.3f} → " in section
    for file, number, digits in (
        ("paper_ablation", 3, {"mae": 4, "fpe": 4, "spe": 4, "a": 3, "b": 3, "K_f": 3, "C": 3, "Lambda": 3}),
        ("paper_optimizers", 7, {"mae": 4, "fpe": 4, "spe": 4}),
    ):
        section = page.split(f"## Table {number}:")[1].split("\n## ")[0]
        table = pd.read_csv(benchmarks / f"{file}.csv")
        for column, n in digits.items():
            for value in table[column]:
                assert f"| {value:.{n}f} → " in section
    for number, table in pd.read_csv(benchmarks / "paper.csv").groupby("table"):
        section = page.split(f"## Table {number}:")[1].split("\n## ")[0]
        for value in table[["mae", "fpe", "spe"]].to_numpy().ravel():
            assert f"| {value:.4f} → " in section
    for row in pd.read_csv(benchmarks / "paper_variability.csv").itertuples():
        assert f"| {row.mean:.4f} ± {row.std:.4f} " in page.split("## Table 6:")[1]


def test_every_figure_of_the_paper_is_listed():
    names = " ".join(name for name, _ in reproduction.FIGURES)
    assert sorted(int(number) for number in re.findall(r"\d+", names)) == list(range(1, 11))
    assert all("simulated" in text for _, text in reproduction.FIGURES if "transfer" in text)


def test_a_number_comes_from_its_file(tmp_path, monkeypatch):
    results = tmp_path / "results"
    results.mkdir()
    for file in runner.RESULTS.glob("*.csv"):
        shutil.copy(file, results)
    table = pd.read_csv(results / "ablation.csv")
    table.loc[0, "mae"] = 7.6543
    table.to_csv(results / "ablation.csv", index=False)
    monkeypatch.setattr(sys, "argv", ["reproduction.py", "--results", str(results), "--out", str(tmp_path / "out")])
    reproduction.main()
    page = (tmp_path / "out" / "reproduction.md").read_text(encoding="utf-8")
    assert "7.6543" in page
    assert "7.6543" not in reproduction.page()


def test_every_claim_is_on_the_page_with_its_mark():
    page = reproduction.page()
    rows = [line for line in page.split("## Table 1:")[0].splitlines() if any(f" {mark} " in line for mark in MARKS)]
    rows = [line for line in rows if line.startswith("|")]
    assert len(rows) == len(claims())
    for claim, row in zip(claims(), rows, strict=True):
        assert row.startswith(f"| {claim.where} ")
        assert claim.statement.replace("|", "\\|") in row
        assert all(f"{printed} → " in row for printed in claim.paper)
    counts = [sum(f" {mark} " in row for row in rows) for mark in MARKS]
    assert sum(counts) == len(rows)
    reproduced, differ, unknown = counts
    assert f"{reproduced} are reproduced, {differ} differ and {unknown} cannot be known." in page


def test_the_papers_percentages_are_on_the_page():
    section = reproduction.page().split("## The percentages of the conclusion")[1].split("\n## ")[0]
    assert all(f"| {percentage} % " in section for percentage in ("98.74", "98.85", "96.40", "93.15"))
    table = pd.read_csv(runner.RESULTS / "reductions.csv").set_index(["draw", "metric", "model"]).sort_index()
    lower, wins = table["lower_by"], table["wins"]
    for metric in ("fpe", "spe"):  # what the words below the table say
        assert (lower.loc["random", metric][["RBF network", "LSTM (whole call)"]] > 0).all()
        on_both = wins.loc["peaks-kept", metric].drop(["Fourier transform", "LSTM (whole call)"])
        assert (on_both <= 0.3).all()
    assert (lower.loc["random", "mae"].drop("LSTM (whole call)") < -50).all()
    assert abs(lower.loc["random", "mae", "LSTM (whole call)"]) < 20


def test_the_sentences_on_small_intervals_agree_with_bounding_csv():
    table = pd.read_csv(runner.RESULTS / "bounding.csv")
    last = table[table["n_rounds"] == table["n_rounds"].max()].set_index(["last", "selective_loss"]).sort_index()
    moved = last.loc["moved intervals alone"]
    assert (moved.loc[False, "a"] > 0.61).all()
    selective = moved.loc[True].set_index("per_cent")["a"]
    assert (selective[[1, 2]] < 0.6).all()
    assert (selective[[5, 10]] > 0.61).all()
    wide = last.loc["then the paper's bounds"].loc[True].set_index("per_cent").loc[[5, 10]]
    ablation = pd.read_csv(runner.RESULTS / "ablation.csv").set_index(["setting", "way"]).sort_index()
    printed, adam = (ablation.loc[("(d)", way)] for way in ("printed parameters", "Adam"))
    for name in ("a", "b", "K_f", "Lambda"):
        assert ((wide[name] - printed[name]).abs() <= abs(adam[name] - printed[name]) + 1e-9).all()
    assert (wide["mae_difference"].abs() < abs(adam["mae_difference"])).all()


def test_sentences_contain_no_measured_number():
    named = {**vars(reproduction), **vars(reproduction_claims)}
    texts = [value for name, value in named.items() if name.isupper() and isinstance(value, (str, dict))]
    assert len(texts) > 20
    assert not re.findall(r"\d\.\d", re.sub(r"Sec\. [\d.]+", "", str(texts)))


@pytest.mark.parametrize(("difference", "text"), [(-0.00004, "+0.0000"), (0.25, "+0.2500"), (-1.0, "-1.0000")])
def test_a_difference_has_a_sign_and_zero_has_no_minus(difference, text):
    assert pages.signed(difference) == text
