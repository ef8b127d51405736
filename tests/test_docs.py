"""What the documentation says is what the benchmarks wrote."""

import re
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/*.md"), *ROOT.glob("data/**/*.md")]


def rows_of(page: str, header: str) -> list[list[str]]:
    """Return the cells of the table that has this header."""
    lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
    start = lines.index(header) + 2
    table = []
    while lines[start].startswith("|"):
        table.append([cell.strip() for cell in lines[start].strip("|").split("|")])
        start += 1
    return table


def test_the_table_of_choosing_is_transfer_csv():
    results = pd.read_csv(ROOT / "benchmarks/results/transfer.csv")
    asked = (results["training"] == "binary") & (results["target"] == "g_x") & (results["q_max"] == 8)
    results = results[asked & (results["noise"] == 0)].set_index("model")
    rows = rows_of("docs/choosing.md", "| model | MAE | FPE | SPE |")
    assert [name for name, *_ in rows] == list(results.index)
    for name, *errors in rows:
        assert [float(error) for error in errors] == pytest.approx(results.loc[name, ["mae", "fpe", "spe"]], abs=6e-4)


def test_the_table_of_networks_is_ratios_csv():
    results = pd.read_csv(ROOT / "benchmarks/results/ratios.csv")
    results = results[(results["draw"] == "random") & (results["rows"] == "all")]
    if results["n_seeds"].max() != 20:
        pytest.skip("results/ratios.csv is of another number of seeds than the docs")
    results = results.set_index(["fraction", "model", "metric"])
    rows = rows_of("docs/networks.md", "| data | LSTM (whole call): MAE, FPE | paper: MAE, FPE | LSTM: MAE, FPE |")
    for data, whole_call, paper, query in rows:
        fraction = float(data.strip("%")) / 100
        for model, text in (("LSTM (whole call)", whole_call), ("LSTM", query)):
            cells = [results.loc[(fraction, model, metric)] for metric in ("mae", "fpe")]
            assert text == ", ".join(f"{cell['mean']:.3f} ±{cell['std']:.2f}" for cell in cells)
        cells = [results.loc[(fraction, "LSTM (whole call)", metric), "paper"] for metric in ("mae", "fpe")]
        assert paper == ", ".join(f"{cell:.4f}" for cell in cells)


def test_the_table_of_the_command_is_throughput_csv():
    results = pd.read_csv(ROOT / "benchmarks/results/throughput.csv")
    results = results[(results["folder"] == "/dev/shm") & (results["files"] == 10_000)].set_index("method")
    for name, each, ratio, held in rows_of(
        "docs/command.md", "| 10,000 files | ms for each | ratio to reading | memory (MB) |"
    ):
        assert float(each) == pytest.approx(results.loc[name, "ms_per_file"], abs=6e-3)
        assert float(ratio) == pytest.approx(results.loc[name, "ratio_1"], abs=0.06)
        assert held == "" or float(held) == pytest.approx(results.loc[name, "memory_mb"], abs=0.6)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target
