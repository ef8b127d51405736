"""The documentation agrees with the results of the benchmarks."""

import glob
import re
import shlex
from functools import cache
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks.board.partials import summary_of, table_of

from sklearn_wtrdf import Composition, write_gr
from sklearn_wtrdf.cli.main import main
from sklearn_wtrdf.datasets import load_ag_ge_se, load_material
from sklearn_wtrdf.reduction.scattering_model import ScatteringModel
from sklearn_wtrdf.scattering.angles import q_of, wavelength_of

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
    selected = (results["training"] == "binary") & (results["target"] == "g_x") & (results["q_max"] == 8)
    results = results[selected & (results["noise"] == 0)].set_index("model")
    rows = rows_of("docs/choosing.md", "| model | MAE | FPE | SPE |")
    assert [name for name, *_ in rows] == list(results.index)
    for name, *errors in rows:
        assert [float(error) for error in errors] == pytest.approx(results.loc[name, ["mae", "fpe", "spe"]], abs=6e-4)


def test_the_table_of_partials_is_partials_csv():
    results = pd.read_csv(ROOT / "benchmarks/results/partials.csv")
    page = (ROOT / "docs/partials.md").read_text(encoding="utf-8")
    assert table_of(results) in page
    assert summary_of(results) in page
    joint = results.query("method == 'joint' and noise == 0.01 and errors == 'none' and q_max in (8, 17)")
    joint = joint[joint["data"] != "xnij"]
    is_wrong, is_undetermined = joint["relative_error"] > 1 / 3, joint["is_determined"].astype(str) == "False"
    assert f"of {sum(is_wrong & is_undetermined)} of the {sum(is_wrong)} pair functions" in page
    alone = joint["data"].str.len() == 1
    of_others = is_undetermined & ~is_wrong
    assert f"of {sum(of_others)} of the other {sum(~is_wrong)}; {sum(of_others & alone)} of these" in page
    two, three = (joint.loc[joint["data"] == data, "coverage"] for data in ("xn", "xni"))
    shares = [f"{share:.0%}".replace("%", " %") for share in (two.mean(), three.mean(), min(two.min(), three.min()))]
    assert f"contain {shares[0]} of the true values with two patterns, and {shares[1]} with three" in page
    assert f"of no pair less than {shares[2]}" in page


def test_the_table_of_networks_is_ratios_csv():
    results = pd.read_csv(ROOT / "benchmarks/results/ratios.csv")
    results = results[(results["draw"] == "random") & (results["rows"] == "all")]
    assert results["n_seeds"].max() == 20  # as in networks.md
    results = results.set_index(["fraction", "model", "metric"])
    rows = rows_of("docs/networks.md", "| data | LSTM (whole call): MAE, FPE | paper: MAE, FPE | LSTM: MAE, FPE |")
    for data, whole_call, paper, query in rows:
        fraction = float(data.strip("%")) / 100
        for model, text in (("LSTM (whole call)", whole_call), ("LSTM", query)):
            cells = [results.loc[(fraction, model, metric)] for metric in ("mae", "fpe")]
            assert text == ", ".join(f"{cell['mean']:.3f} ±{cell['std']:.2f}" for cell in cells)
        cells = [results.loc[(fraction, "LSTM (whole call)", metric), "paper"] for metric in ("mae", "fpe")]
        assert paper == ", ".join(f"{cell:.4f}" for cell in cells)


def test_the_table_of_limits_is_coordination_csv():
    results = pd.read_csv(ROOT / "benchmarks/results/coordination.csv").set_index(["model", "window"])
    rows = rows_of("docs/limits.md", "| model | first peak | second peak |")
    assert len(rows) == 7
    for model, *cells in rows:
        for window, text in zip(("first peak", "second peak"), cells, strict=True):
            cell = results.loc[(model, window)]
            interval = "" if np.isnan(cell["N_low"]) else f" ({cell['N_low']:.2f} to {cell['N_high']:.2f})"
            assert text == f"{cell['N']:.2f}{interval}"
    errors = results.loc[["WT-RDF (manual)", "WT-RDF+ (published)"], "error"].unstack()
    assert errors["first peak"].between(0.4, 0.6).all()  # half as many again
    assert errors["first peak, minimum to minimum"].between(0.9, 1.1).all()  # twice as many
    default = results.loc[("WT-RDF+ (default)", "first peak")]
    assert (round(default["N_low"], 1), round(default["N_high"], 1)) == (1.8, 3.7)


def test_the_table_of_the_command_is_throughput_csv():
    results = pd.read_csv(ROOT / "benchmarks/results/throughput.csv")
    results = results[results["folder"] == "/dev/shm"]
    inversion = results[results["files"] == 200].set_index("method")["ms_per_file"]
    assert inversion[["inversion, 1 process", "inversion, 2 processes"]].round(-1).tolist() == [120, 70]
    results = results[results["files"] == 10_000].set_index("method")
    for name, each, ratio, held in rows_of(
        "docs/command.md", "| 10,000 files | ms for each | ratio to reading | memory (MB) |"
    ):
        assert float(each) == pytest.approx(results.loc[name, "ms_per_file"], abs=6e-3)
        assert float(ratio) == pytest.approx(results.loc[name, "ratio_1"], abs=0.06)
        assert held == "" or float(held) == pytest.approx(results.loc[name, "memory_mb"], abs=0.6)


@pytest.fixture(scope="module")
def board():
    """The inversion's rows of the leaderboard, with the ratio of its error to the plain Fourier transform's."""
    results = pd.read_csv(ROOT / "benchmarks/results/challenge.csv")
    keys = ["half", "material", "weighting", "condition"]
    by_fourier = results[results["method"] == "fourier"].set_index(keys)["mae"]
    rows = results[results["method"] == "inversion"].set_index(keys)
    return rows.assign(ratio=rows["mae"] / by_fourier)


@pytest.mark.parametrize(("half", "ratio", "worst"), [("test", 0.265, 1.6), ("development", 0.175, 1.0)])
def test_the_documented_errors_of_the_inversion_are_on_the_leaderboard(board, half, ratio, worst):
    of_half = board.loc[half]
    assert np.exp(np.log(of_half["ratio"]).mean()) < ratio
    assert of_half["ratio"].max() <= worst
    assert (of_half["ratio"] > 1).mean() < 0.02
    assert 0.85 <= of_half["coverage_90"].mean() <= 0.96
    coverage = of_half.groupby(["material", "weighting"])["coverage_90"].mean()
    is_glass_of_silver = coverage.index.get_level_values("material").str.startswith("ag")  # with a g of its own errors
    assert coverage[~is_glass_of_silver].round(2).between(0.88, 0.99).all()
    assert coverage[is_glass_of_silver].round(2).between(0.72, 0.82).all()
    assert (of_half["status"] == "ok").all()


def test_the_documented_coverage_with_an_unknown_resolution_is_in_challenge_csv(board):
    coverage = board.loc["test"]["coverage_90"].unstack("condition")
    damped = coverage[["q8-damped", "q17-damped"]]
    assert damped.mean(axis=None) == pytest.approx(0.79, abs=0.005)
    assert coverage[["q8-n1", "q17-n1"]].mean(axis=None) == pytest.approx(0.9, abs=0.005)
    assert damped.min().min() == damped.loc[("nickel", "x-ray"), "q17-damped"] == pytest.approx(0.41, abs=0.005)


def test_the_documented_errors_without_small_q_are_in_challenge_csv():
    table = pd.read_csv(ROOT / "benchmarks/results/challenge.csv")
    late = table[(table["half"] == "test") & table["condition"].str.endswith("late")]
    errors = late.pivot_table(index=["material", "weighting", "condition"], columns="method", values="mae")
    ratios = np.exp(np.log(errors.div(errors["fourier"], axis=0)).mean()).drop("inversion_without_composition")
    assert ratios.nsmallest(2).round(2).to_dict() == {"inversion": 0.19, "gaussian_process": 0.5}
    assert late.loc[late["method"] == "inversion", "coverage_90"].mean() == pytest.approx(0.91, abs=0.005)


def test_the_documented_errors_with_references_are_in_transfer_csv():
    table = pd.read_csv(ROOT / "benchmarks/results/transfer.csv")
    results = table.set_index(["training", "target", "model"])
    binary, others = (results.loc[[(training, "g_x", "inversion")]] for training in ("binary", "other five"))
    first = binary[(binary["q_max"] == 8) & (binary["noise"] == 0)].iloc[0]
    assert first["mae"] <= 0.04
    assert first["fpe"] <= 0.075
    assert first["spe"] <= 0.025
    assert 0.85 <= others["coverage_90"].iloc[0] <= 0.95
    page = (ROOT / "docs/choosing.md").read_text(encoding="utf-8")
    table = table.query("training == 'binary' and target == 'g_x'").set_index(["model", "q_max", "noise"])
    models = ["inversion", "inversion, no reference"]
    errors, numbers = (table[column].unstack("model")[models] for column in ("mae", "coordination"))
    assert "{:.3f} with the reference, {:.3f} without".format(*errors.loc[(8, 0.03)]) in page
    assert "{:.3f} and {:.3f}, without noise".format(*errors.loc[(17, 0)]) in page
    assert "mean error is {:.2f} atoms, and {:.2f} without it".format(*numbers.loc[(8, 0)]) in page
    assert "With 3 % noise it is {:.2f} and {:.2f}".format(*numbers.loc[(8, 0.03)]) in page
    coverage = 100 * table["coverage_90"].xs(models[1]).unstack("q_max")
    assert f"only {coverage[17].min():.0f} to {coverage[17].max():.0f} % of their" in page
    assert f"contain {coverage[8].min():.0f} to {coverage[8].max():.0f} %." in page


def test_the_documented_times_of_the_inversion_are_in_inversion_speed_csv():
    seconds = pd.read_csv(ROOT / "benchmarks/results/inversion_speed.csv").set_index("method")["seconds"].round(2)
    page = (ROOT / "docs/command.md").read_text(encoding="utf-8")
    names = ["inversion with a reference, with its band", "inversion, with its band"]
    with_reference, without, unchanged = seconds[[*names, "inversion, refit='never', with its band"]]
    assert f"with its band takes {with_reference:.2f} s with a reference and {without:.2f} s without one" in page
    assert f"takes {unchanged:.2f} s (" in page


def test_the_documented_coverage_of_intervals_is_in_shells_csv():
    results = pd.read_csv(ROOT / "benchmarks/results/shells.csv")
    assert results.loc[results["quantity"] == "band", "coverage_90"].between(0.955, 1.0).all()  # too wide
    peaks = results[results["quantity"].isin(["position", "height", "width"])]["coverage_90"].round(2)
    assert (peaks.min(), peaks.max()) == (0.96, 1.0)
    coordination = results[results["quantity"] == "coordination"].set_index("kind")
    coverage = coordination["coverage_90"]
    assert coverage.max() == pytest.approx(0.98, abs=0.006)
    assert coverage.mean() == pytest.approx(0.90, abs=0.005)
    is_noisy = (coordination["noise"] == 0.03) & (coordination["q_max"] == 8)
    assert coverage[is_noisy]["liquid"] == coverage.min() == pytest.approx(0.80, abs=0.005)
    errors = coordination["median_error"].groupby("kind").agg(["min", "max"]).round(3)
    assert errors.loc["bonded"].tolist() == [0.002, 0.008]
    assert errors.loc["liquid"].tolist() == [0.007, 0.031]
    assert coordination["fourier_median_error"].between(0.0185, 0.085).all()
    bonded = results[(results["quantity"] == "position") & (results["kind"] == "bonded")].set_index("q_max")["bias"]
    assert bonded[8].between(-0.022, -0.006).all()
    assert (bonded[17].abs() < 0.005).all()
    unknown = pd.read_csv(ROOT / "benchmarks/results/shells_density.csv").set_index("quantity")
    density, coordination = unknown.loc["number_density"], unknown.loc["coordination"]
    assert density["error_95"].between(0.0025, 0.0335).all()
    assert density.loc[density["noise"] == 0.01, "error_95"].between(0.0075, 0.02).all()
    assert (density["coverage_90"].round(2).min(), density["coverage_90"].max()) == (0.9, 1.0)
    covered = coordination.groupby("kind")["coverage_90"].agg(["min", "max"]).round(2)
    assert covered.loc["bonded"].tolist() == [0.87, 0.99]
    assert covered.loc["liquid"].tolist() == [0.8, 0.9]
    for page in ("README.md", "docs/guide.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        assert re.search("80 (to|and) 98 %", text)  # the ranges over both kinds of material, above
        assert re.search("80 (to|and) 99 %", text)


def test_the_table_of_warnings_is_alarms_csv():
    results = pd.read_csv(ROOT / "benchmarks/results/alarms.csv")
    counts = results[results["half"] == "test"].groupby(["warning", "kind"])[["issued", "n"]].sum()
    due = {"systematic error": "due", "outliers": "due", "residual": "allowed"}
    rows = rows_of("docs/inversion.md", "| warning | where it is due | issued there | false alarms |")
    warnings_ = ["systematic error", "outliers", "scale", "residual", "bound"]
    for warning, (_, _, issued, false_alarms) in zip(warnings_, rows, strict=True):
        assert false_alarms == "{} of {}".format(*counts.loc[(warning, "false alarm")])
        if warning in due:
            assert issued == "{} of {}".format(*counts.loc[(warning, due[warning])])


def blocks_of(page: str) -> list[str]:
    """Return the Python on a page."""
    return re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.M | re.S)


@cache
def names_of(block: str) -> dict:
    """Return what a block defines that starts from nothing but the installed package."""
    names = {}
    exec(block, names)
    return names


@pytest.mark.filterwarnings("ignore::sklearn_wtrdf.utils.data_warnings.DataWarning")  # of the measured S(q)
@pytest.mark.parametrize("page", ["README.md", "docs/guide.md", "docs/index.md"])
def test_the_two_ways_in_are_complete(page):
    """Each starts from nothing, and WT-RDF+ and the inversion stand on the first screens."""
    for block, estimator in zip(blocks_of(page)[:2], ("WTRDFRegressor", "InversionRegressor"), strict=True):
        assert names_of(block)
        assert f"{estimator}(" in block


@pytest.mark.filterwarnings("ignore::sklearn_wtrdf.utils.data_warnings.DataWarning")  # of the measured S(q)
def test_the_examples_of_the_readme_run_in_order():
    first, second, *others = blocks_of("README.md")
    names = names_of(first) | names_of(second)
    for block in others:
        exec(block, names)
    assert names["search"].best_params_["peak_weight"] in (0, 0.5, 1)


CHECKED = {
    "S_R and number density as they are": ("pattern", "right"),
    "S given as S_R": ("pattern", "S as S_R"),
    "S − 1 given as S_R": ("pattern", "S - 1 as S_R"),
    "F(q) given as S": ("pattern", "F as S"),
    "an intensity given as S": ("pattern", "intensity as S"),
    "q in nm⁻¹ given as Å⁻¹": ("pattern", "q in nm"),
    "a tenth of the number density": ("pattern", "a tenth of the density"),
    "ten times the number density": ("pattern", "ten times the density"),
    "g(r) and S_R of one material": ("pair", "right"),
    "g(r) with g − 1 times 0.3, and S_R of one material": ("pair", "g - 1 times 0.3"),
    "g(r) with g − 1 times 0.5, and S_R of one material": ("pair", "g - 1 times 0.5"),
    "g(r) with g − 1 times 0.8, and S_R of one material": ("pair", "g - 1 times 0.8"),
    "g(r) with g − 1 times 1.25, and S_R of one material": ("pair", "g - 1 times 1.25"),
    "g(r) and S_R of two glasses of a family": ("pair", "related"),
    "g(r) and S_R of two materials": ("pair", "foreign"),
    "a material and itself, measured again": ("family", "right"),
    "a glass and another of its family": ("family", "related"),
    "a material and another": ("family", "foreign"),
}


def test_the_table_of_checks_is_consistency_csv():
    results = pd.read_csv(ROOT / "benchmarks/results/consistency.csv").groupby(["check", "data", "half"])
    rates = 100 * results["warned"].sum() / results["n"].sum()
    rows = rows_of("docs/checks.md", "| data | warnings, development half (%) | warnings, test half (%) |")
    assert [name for name, *_ in rows] == list(CHECKED)
    for name, development, test in rows:
        result = [rates[(*CHECKED[name], half)] for half in ("development", "test")]
        assert [float(development), float(test)] == pytest.approx(result, abs=0.06), name


def test_the_table_of_batches_is_fit_batch_csv():
    results = pd.read_csv(ROOT / "benchmarks/results/fit_batch.csv").set_index(["what", "n"])
    rows = rows_of("docs/solvers.md", "| at once | how many | ms for each | ms for each in a loop |")
    assert [(what, int(n)) for what, n, *_ in rows] == list(results.index)
    for what, n, *ms in rows:
        result = 1000 * results.loc[(what, int(n)), ["seconds_each", "seconds_in_loop"]].astype(float)
        assert [float(each) for each in ms] == pytest.approx(list(result), rel=0.01)
    assert (results.loc["fits", "difference"] == 0).all()
    assert (results.loc["losses", "difference"] < 1e-11).all()


def test_the_documented_growth_is_in_inversion_growth_csv():
    growth = pd.read_csv(ROOT / "benchmarks/results/inversion_growth.csv").set_index(["q_max", "n_q"])
    assert (growth["memory"] < 500).all()
    assert (growth.xs(3000, level="n_q")["search"] < 3 * growth.xs(200, level="n_q")["search"]).all()


def test_the_documented_errors_of_the_reduction_are_in_reduction_csv():
    results = pd.read_csv(ROOT / "benchmarks/results/reduction.csv")
    assert results["material"].nunique() == 22
    medians = results.groupby(["tube", "half"]).median(numeric_only=True)
    copper, silver = medians.loc["Cu"], medians.loc["Ag"]
    assert copper.loc["development", "evidence mean"] == pytest.approx(0.002, abs=4e-4)
    assert copper.loc["test", "evidence mean"] == pytest.approx(0.0035, abs=4e-4)
    assert silver["evidence mean"].between(0.005, 0.01).all()  # a little less than 0.01
    assert copper["noise mean"].between(0.0005, 0.0015).all()
    assert silver["noise mean"].between(0.008, 0.015).all()
    assert copper["integral mean"].between(0.015, 0.025).all()
    assert silver["integral mean"].between(0.05, 0.07).all()
    assert copper["high-q mean"].between(0.012, 0.018).all()
    assert silver["high-q mean"].between(0.007, 0.015).all()
    assert medians["ratio of g"].between(0.9, 1.11).all()
    fall_behind = results[results["tube"] == "Cu"].groupby("material").mean(numeric_only=True)
    assert fall_behind.loc["water", ["evidence mean", "integral mean", "high-q mean"]].between(0.055, 0.085).all()
    assert fall_behind.loc[["benzene", "nitrogen"], "evidence mean"].tolist() == pytest.approx([0.02, 0.02], abs=0.005)
    assert fall_behind.loc["benzene", "high-q mean"] == pytest.approx(0.19, abs=0.005)
    assert fall_behind.loc["nitrogen", "high-q mean"] == pytest.approx(0.02, abs=0.005)
    assert 5 < fall_behind.loc["nitrogen", "ratio of g"] < 7
    mistakes = pd.read_csv(ROOT / "benchmarks/results/reduction_mistakes.csv").set_index(["mistake", "tube"])
    means, is_unnoticed = mistakes["mean"].round(3), mistakes["warning"].isna()
    assert is_unnoticed.loc["density 10 % too high"].all()
    assert is_unnoticed.loc["density 10 % too low"].to_dict() == {"Cu": False, "Ag": True}
    assert means.loc["density 10 % too high"].to_dict() == pytest.approx({"Cu": 0.007, "Ag": 0.02}, abs=0.0015)
    assert means.loc["none"].to_dict() == {"Cu": 0.005, "Ag": 0.016}
    assert means.loc[("background counted twice as long", "Cu")] == pytest.approx(0.06, abs=0.005)
    assert means.loc["background subtracted before"].to_dict() == pytest.approx({"Cu": 0.02, "Ag": 0.05}, abs=0.005)
    assert is_unnoticed.loc["background subtracted before"].all()
    shifted = is_unnoticed.loc[["2θ 1° too large", "2θ 1° too small"]].unstack()
    assert shifted.to_dict("list") == {"Cu": [True, True], "Ag": [False, True]}
    assert means.loc[[("2θ 1° too large", "Cu"), ("2θ 1° too small", "Cu")]].round(2).tolist() == [0.04, 0.04]
    assert means.loc[("2θ 1° too small", "Ag")] == pytest.approx(0.07, abs=0.005)
    alike = [name for name in mistakes.index.levels[0] if name.startswith("a fifth alike")]
    assert is_unnoticed.loc[alike].unstack().to_dict("list") == {"Cu": [False] * 2, "Ag": [True] * 2}
    assert means.loc[alike].unstack().mean().to_dict() == pytest.approx({"Cu": 0.05, "Ag": 0.02}, abs=0.002)


def test_the_documented_times_of_the_page_are_in_explore_csv():
    results = pd.read_csv(ROOT / "benchmarks/results/explore.csv").set_index("sessions")
    assert (results["first_median"] < 0.3).all()
    assert results.loc[1, "whole_median"] < 0.7
    assert results.loc[10, "whole_median"] < 1.3
    assert (results[["errors", "mixed"]] == 0).all(axis=None)
    assert (results["memory_max"] < 600).all()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_have_targets(page):
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", ["README.md", "docs/index.md", "docs/guide.md", "docs/command.md"])
def test_the_results_of_different_settings_go_into_different_folders(page):
    """The commands of a page can be run one after the other in the same folder."""
    commands = re.findall(r"^wtrdf pdf .*$", (ROOT / page).read_text("utf-8").replace("\\\n", ""), re.M)
    folders = re.findall(r"-o (\S+)", "\n".join(command for command in commands if "--resume" not in command))
    assert len(set(folders)) == len(folders)


RECIPES = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## )", (ROOT / "docs/guide.md").read_text("utf-8"), re.M | re.S))


@pytest.fixture
def files_of_the_guide(tmp_path, monkeypatch):
    """Go to a folder with simulated files of the names that docs/guide.md has."""
    monkeypatch.chdir(tmp_path)
    noise = np.random.default_rng(0)

    def write_sq(path, q, s):
        np.savetxt(path, np.column_stack([q, s + noise.normal(scale=0.005, size=q.size)]))

    silica = load_material("silica", weighting="x-ray")
    write_sq("glass.sq", silica.q[silica.q <= 8], silica.s[silica.q <= 8])
    by_neutrons = load_material("silica", weighting="neutron", q_max=10)
    square = Composition("SiO2").intensities("neutron")["square_of_mean"]
    np.savetxt("silica.mint01", np.column_stack([by_neutrons.q, square * (by_neutrons.s - 1)]))

    two_theta = np.arange(4, 64, 0.4)
    q = q_of(two_theta, wavelength_of("AgKa"))
    atoms = ScatteringModel.of(Composition("SiO2"), q, wavelength_of("AgKa"))
    coherent = atoms.mean_of_square + atoms.square_of_mean * (np.interp(q, silica.q, silica.s) - 1)
    sample, empty = atoms.polarization * (coherent + atoms.compton), 5 * np.exp(-q / 3)
    for path, counts in ("scan.xy", sample + empty), ("empty.xy", empty):
        np.savetxt(path, np.column_stack([two_theta, noise.poisson(1000 * counts)]))

    for name, x in ("reference", 0), ("sample", 10):
        glass = load_ag_ge_se(x)
        write_gr(f"{name}.gr", glass.r, glass.target, glass.number_density)
        write_sq(f"{name}.sq", glass.q, glass.s_r / glass.q + 1)
    Path("series").mkdir()
    for i in range(3):
        write_sq(f"series/{i + 1:04}.sq", glass.q, glass.s_r / glass.q + 1)
    for name in "ge25se75_sq.csv", "ge25se75_rdf.csv":
        Path(name).write_bytes((ROOT / "data" / name).read_bytes())


@pytest.mark.slow
@pytest.mark.filterwarnings("default::UserWarning")  # of honest noise, a point or two may look outlying
@pytest.mark.parametrize("goal", list(RECIPES))
def test_recipes_run(goal, files_of_the_guide, capfd):
    names = {}
    for language, block in re.findall(r"^```(sh|python)\n(.*?)^```", RECIPES[goal], re.M | re.S):
        if language == "python":
            exec(block, names)
            plt.close("all")
            continue
        for line in block.replace("\\\n", "").splitlines():
            command, *arguments = shlex.split(line)
            assert command == "wtrdf"
            with pytest.raises(SystemExit) as exit_:
                main([item for word in arguments for item in (sorted(glob.glob(word)) or [word])])
            assert not exit_.value.code, (line, capfd.readouterr().err)


def test_the_documented_effect_of_the_composition_is_in_challenge_csv():
    """Each cell of its table is of challenge.csv."""
    table = pd.read_csv(ROOT / "benchmarks" / "results" / "challenge.csv")
    names = ["silica", "germania", "water", "sodium-silicate", "benzene"]
    by_neutrons = (table["weighting"] == "neutron") & (table["material"] == "benzene")
    table.loc[by_neutrons, "material"] = "benzene, neutrons"
    table = table[by_neutrons | (table["weighting"] == "x-ray") & table["material"].isin(names)]
    page = (ROOT / "docs" / "inversion.md").read_text(encoding="utf-8")
    for material, rows in table.groupby("material"):
        cells = []
        for q_max in (8, 12, 17, 20):
            errors = rows[rows["condition"] == f"q{q_max}-n1"].set_index("method")["mae"]
            cells.append(f"{errors['inversion_without_composition']:.3f} → {errors['inversion']:.3f}")
        ours = rows[rows["condition"].str.endswith("n1") & (rows["method"] == "inversion")]
        assert f"| {material} | {' | '.join(cells)} | {ours['coverage_90'].mean():.2f} |" in page


def test_the_documented_losses_and_times_with_a_composition_are_in_challenge_csv():
    table = pd.read_csv(ROOT / "benchmarks" / "results" / "challenge.csv")
    benzene = table[(table["weighting"] == "neutron") & (table["material"] == "benzene")]
    errors = benzene.pivot_table(index="condition", columns="method", values="mae")
    ratio = errors["inversion"] / errors["inversion_without_composition"]
    is_far = ratio.index.str.match("q17|q20")
    assert (sum(is_far), sum(ratio > 1), ratio.max()) == (24, 9, pytest.approx(1.38, abs=0.005))
    assert (ratio[~is_far] <= 1).all()
    table = table[table["weighting"] == "x-ray"]
    errors = table.pivot_table(index=["material", "condition"], columns="method", values="mae")
    ratio = errors["inversion"] / errors["inversion_without_composition"]
    is_worse = (ratio > 1.001).groupby("material").agg(["sum", "size"])  # beyond rounding, where it is not used
    assert is_worse[is_worse["sum"] > 0]["sum"].to_dict() == {"sodium-silicate": 9, "water": 1}
    assert (is_worse["size"] == 50).sum() >= 4
    assert ratio.max() == pytest.approx(1.19, abs=0.005)
    assert 1 / ratio.min() == pytest.approx(6.5, abs=0.05)
    assert ratio.idxmin() == ("benzene", "q17-n0.2")
    seconds = table[table["method"] == "inversion"].groupby("material")["seconds"].median()
    assert seconds[["silica", "germania", "water", "benzene"]].between(1.3, 1.8).all()
    assert round(seconds["sodium-silicate"]) == 4


def test_the_page_on_checks_has_the_rates_of_its_benchmark():
    """Each line of checks.csv is a cell of the table."""
    rates = pd.read_csv(ROOT / "benchmarks" / "results" / "checks.csv")
    labels = {
        "neutrons as X-rays": "neutrons given as X-rays",
        "wrong formula": "another formula, at the same mass density",
        "density 30 % too low": "a density 30 % too low",
        "density 30 % too high": "a density 30 % too high",
        "strong background missing": "no background, where it is strong",
        "wrong wavelength": "another wavelength",
        "sample as background": "the sample as its own background",
        "partly crystalline": "a partly crystalline sample",
        "right, without background": "right data without a background",
        "right": "right data",
    }
    page = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (.+?) \| (.+) \|$", page, re.M))
    places = {("scan", "development"): 0, ("scan", "test"): 1, ("S(q)", "development"): 2, ("S(q)", "test"): 3}
    for rate in rates.itertuples():
        cell = rows[labels[rate.situation]].split(" | ")[places[rate.data, rate.half]]
        named = "" if rate.situation.startswith("right") else f", {rate.named}"
        assert cell == f"{rate.marked}{named} of {rate.n}"
