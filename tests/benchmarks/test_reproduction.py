import re
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks import reproduction


def test_the_page_in_the_tree_is_what_the_tables_say():
    assert reproduction.PAGE.read_text(encoding="utf-8") == reproduction.page(), "run benchmarks/reproduction.py"


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


def test_every_figure_of_the_paper_is_answered():
    names = " ".join(name for name, _ in reproduction.FIGURES)
    assert sorted(int(number) for number in re.findall(r"\d+", names)) == list(range(1, 11))
    assert all("simulated" in text for _, text in reproduction.FIGURES if "transfer" in text)


def test_a_number_comes_from_its_file(tmp_path, monkeypatch):
    results = tmp_path / "results"
    results.mkdir()
    for file in reproduction.RESULTS.glob("*.csv"):
        shutil.copy(file, results)
    table = pd.read_csv(results / "ablation.csv")
    table.loc[0, "mae"] = 7.6543
    table.to_csv(results / "ablation.csv", index=False)
    monkeypatch.setattr(sys, "argv", ["reproduction.py", "--results", str(results), "--out", str(tmp_path / "out")])
    reproduction.main()
    page = (tmp_path / "out" / "reproduction.md").read_text(encoding="utf-8")
    assert "7.6543" in page
    assert "7.6543" not in reproduction.page()


def test_sentences_hold_no_measured_number():
    texts = [value for name, value in vars(reproduction).items() if name.isupper() and isinstance(value, (str, dict))]
    assert len(texts) > 10
    assert not re.findall(r"\d\.\d", str(texts))


@pytest.mark.parametrize(("difference", "text"), [(-0.00004, "+0.0000"), (0.25, "+0.2500"), (-1.0, "-1.0000")])
def test_a_difference_has_a_sign_and_zero_has_no_minus(difference, text):
    assert reproduction.signed(difference) == text
