import sys

import numpy as np
import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks import ratios
from sklearn_wtrdf.benchmarks.paper import protocol


@pytest.mark.slow
def test_the_main_job_on_a_small_setting(tmp_path, monkeypatch, capsys):
    pytest.importorskip("torch")  # its version is a part of the state of the journal
    subset = ["WT-RDF", "WT-RDF+", "LSTM (whole call)", "LSTM", "PCHIP", "Gaussian process"]
    arguments = ["--fractions", "1", "0.5", "--seeds", "2", "--draw", "random", "--n-jobs", "1", "--models", *subset]
    monkeypatch.setattr(sys, "argv", ["ratios.py", *arguments, "--out", str(tmp_path)])

    def with_fewer_steps(device, models=ratios.models):
        estimators = models(device)
        for name in ("LSTM (whole call)", "LSTM"):  # how well they and the process learn is not tested here
            estimators[name].set_params(max_iter=5)
        estimators["Gaussian process"].set_params(estimator__n_restarts_optimizer=0)
        return estimators

    monkeypatch.setattr(ratios, "models", with_fewer_steps)
    ratios.main()
    printed = capsys.readouterr().out
    assert "Gaussian process" in printed
    assert "0.9463" in printed  # the paper's number
    assert "models that are worse" in printed
    tables = {f"ratios{name}.csv" for name in ("", "_seeds", "_pairs", "_choices", "_curves")} | {"ratios.md"}
    figures = {"ratios_random.png", "ratios_pairs_random.png", "ratios_parameters_random.png"}
    assert {p.name for p in tmp_path.iterdir()} == tables | figures | {"ratios.jsonl"}

    page = (tmp_path / "ratios.md").read_text()
    assert "[0.9463]" in page
    assert page.count("| PCHIP") == 3 * 2  # three sets of rows, two fractions

    seeds = pd.read_csv(tmp_path / "ratios_seeds.csv")
    curves = pd.read_csv(tmp_path / "ratios_curves.csv").set_index(["fraction", "model"]).sort_index()
    assert set(curves.index.get_level_values("model")) == {"WT-RDF+", "LSTM (whole call)", "PCHIP"}
    error = np.abs(curves.loc[(0.5, "WT-RDF+"), "g"].to_numpy() - protocol.GE_SE.target).mean()
    scores = seeds.set_index(["fraction", "model", "seed", "rows"])["mae"]
    assert error == pytest.approx(scores[(0.5, "WT-RDF+", 0, "all")], rel=1e-4)
    drawn = seeds[seeds["rows"] == "drawn"].set_index(["fraction", "model", "seed"]).sort_index()
    assert (drawn.loc[(0.5, "PCHIP"), "mae"] < 1e-12).all()  # it interpolates

    sizes = seeds.groupby("model")["n_parameters"].first()
    assert sizes["WT-RDF+"] == 5
    assert sizes["LSTM"] == 4 * 64 * (1 + 64 + 2) + 65
    assert np.isnan(sizes["PCHIP"])

    table = pd.read_csv(tmp_path / "ratios.csv").set_index(["fraction", "model", "rows", "metric"]).sort_index()
    manual = table.loc[(1.0, "WT-RDF", "drawn", "mae")]
    assert manual["mean"] == pytest.approx(0.9782, abs=1e-4)
    assert manual["paper"] == 0.9463
    trained = table.loc[(1.0, "WT-RDF+")].xs("all")
    assert trained.loc["fpe", "mean"] <= 0.0065
    assert trained.loc["spe", "mean"] <= 0.0199
    assert np.isnan(table.loc[(1.0, "PCHIP", "left out", "mae"), "mean"])
    assert table.loc[(0.5, "PCHIP", "left out", "mae"), "mean"] > 0


@pytest.mark.slow
def test_an_interrupted_run_continues(tmp_path, monkeypatch, capsys):
    for figure in ("figure_of", "figure_of_parameters", "figure_of_pairs"):  # which the main job draws
        monkeypatch.setattr(ratios, figure, lambda *_: "")
    arguments = ["--fractions", "0.5", "--seeds", "2", "--draw", "random", "--n-jobs", "1", "--out", str(tmp_path)]
    arguments += ["--models", "PCHIP", "WT-RDF"]
    ratios.main(arguments)
    complete = (tmp_path / "ratios_seeds.csv").read_text()
    journal = tmp_path / "ratios.jsonl"
    lines = [line for line in journal.read_text().splitlines() if line]
    assert len(lines) == 4

    def count(run, estimator, evaluate=protocol.evaluate):
        fitted.append(run)
        return evaluate(run, estimator)

    fitted = []
    monkeypatch.setattr(protocol, "evaluate", count)
    journal.write_text("\n".join([*lines[:2], lines[2][:40]]))  # the third is incomplete
    capsys.readouterr()
    ratios.main(arguments)
    assert len(fitted) == 2
    assert (tmp_path / "ratios_seeds.csv").read_text() == complete
    assert "fits: 4 of 4, 0 s left" in capsys.readouterr().err  # a line, without a terminal

    journal.write_text(journal.read_text().replace('["', '["of other code, ', 1))
    ratios.main(arguments)
    assert len(fitted) == 3
    ratios.main([*arguments, "--fresh"])
    assert len(fitted) == 7


def test_draws_of_all_rows_are_fitted_once(tmp_path, monkeypatch):
    def count(run, estimator, evaluate=protocol.evaluate):
        fitted.append(run)
        return evaluate(run, estimator)

    fitted = []
    monkeypatch.setattr(protocol, "evaluate", count)
    ratios.main(
        ["--fractions", "1", "0.5", "--seeds", "1", "--n-jobs", "1", "--models", "PCHIP", "--out", str(tmp_path)]
    )
    assert len(fitted) == 3
    seeds = pd.read_csv(tmp_path / "ratios_seeds.csv").set_index(["fraction", "draw"]).sort_index()
    assert set(seeds.index) == {(1.0, "random"), (1.0, "peaks-kept"), (0.5, "random"), (0.5, "peaks-kept")}
    complete = seeds.loc[1.0]
    pd.testing.assert_frame_equal(
        complete.loc[["random"]].reset_index(drop=True), complete.loc[["peaks-kept"]].reset_index(drop=True)
    )


def test_the_networks_of_the_comparison():
    models = ratios.models("cpu")
    assert models["LSTM (whole call)"].reading == "sequence"
    assert models["LSTM"].reading == "query"
    assert models["RBF network"].get_params()["n_centers"] == 512
    assert models["RBF network"].get_params()["beta"] == 1024
    assert len(models["RBF network (tuned)"].param_grid) == 7
    assert len(models["LSTM (tuned)"].param_grid) == 3


@pytest.mark.parametrize(
    "arguments", [["--fractions", "0"], ["--fractions", "1.5"], ["--seeds", "0"], ["--draw", "x"], ["--models", "x"]]
)
def test_bad_options_are_refused_before_any_work(arguments, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["ratios.py", *arguments])
    with pytest.raises(SystemExit) as stop:
        ratios.main()
    assert stop.value.code == 2
    assert arguments[0] in capsys.readouterr().err
