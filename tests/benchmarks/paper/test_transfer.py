import sys

import numpy as np
import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks.paper import transfer

from sklearn_wtrdf.datasets import load_ag_ge_se

EXPECTED = {  # MAE, FPE and SPE over the five ternaries, by an independent implementation
    "WT-RDF": ((0.921, 0.596, 1.016), (0.919, 0.438, 1.003)),
    "WT-RDF+ (published)": ((0.646, 0.477, 0.758), (0.646, 0.338, 0.739)),
    "Fourier": ((0.142, 0.734, 0.063), (0.169, 1.064, 0.081)),
    "Fourier, calibrated": ((0.161, 0.653, 0.041), (0.179, 0.908, 0.034)),
    "copy the reference": ((0.163, 0.886, 0.056), (0.129, 0.888, 0.034)),
}


@pytest.mark.slow
@pytest.mark.parametrize("model", EXPECTED)
def test_errors_of_models_without_settings(model):
    for target, expected in zip(("g_x", "g"), EXPECTED[model], strict=True):
        table, _ = transfer.evaluate(transfer.Run("binary", target, 8.0, 0.0, 0, model))
        assert list(table["x"]) == [5, 10, 15, 20, 25]
        assert tuple(table[["mae", "fpe", "spe"]].mean()) == pytest.approx(expected, abs=0.01)


def test_errors_of_the_inversion():
    table, curves = transfer.evaluate(transfer.Run("binary", "g_x", 8.0, 0.0, 0, "inversion"))
    mae, fpe, spe, position = table[["mae", "fpe", "spe", "first_position"]].mean()
    assert mae <= 0.045
    assert fpe <= 0.12
    assert spe <= 0.03
    assert position <= 0.05
    assert set(curves) == {5, 10, 15, 20, 25}


@pytest.mark.slow
def test_errors_of_the_inversion_trained_on_all_others(monkeypatch):
    monkeypatch.setattr(transfer, "CONTENTS", [0, 5, 10])
    table, _ = transfer.evaluate(transfer.Run("other five", "g_x", 8.0, 0.0, 0, "inversion"))
    assert table["mae"].mean() < 0.03


def test_the_truth_has_no_errors_and_its_shoulder():
    glass, binary = load_ag_ge_se(20), load_ag_ge_se(0)
    errors = transfer.scores(glass.data, glass.target, glass.target, binary.target)
    assert errors.pop("shoulder") == pytest.approx(1)
    assert all(error == 0 for error in errors.values())
    assert transfer.scores(glass.data, glass.target, binary.target, binary.target)["shoulder"] == 0


def test_every_pattern_has_noise_that_depends_on_the_draw():
    clean, y = transfer.measured(5, transfer.Run("binary", "g", 8.0, 0.0, 0, ""))
    noisy = [transfer.measured(5, transfer.Run("binary", "g", 8.0, 0.01, draw, ""))[0] for draw in (0, 0, 1)]
    pd.testing.assert_frame_equal(noisy[0], noisy[1])
    s_r = clean.filter(like="S_R").iloc[0]
    for X in noisy:
        added = X.filter(like="S_R").iloc[0] - s_r
        assert added.std() == pytest.approx(0.01 * np.ptp(s_r), rel=0.2)
        assert (X["r"] == clean["r"]).all()
    assert not noisy[0].equals(noisy[2])
    np.testing.assert_array_equal(y, load_ag_ge_se(5, target="g").target)


def test_every_model_is_trained_for_both_targets_both_q_max_and_every_noise():
    runs = transfer.runs_of([0.0, 0.01], 2)
    settings = {(run.target, run.q_max, run.noise, run.draw) for run in runs if run.training == "binary"}
    draws = [(0.0, 0), (0.01, 0), (0.01, 1)]
    assert settings == {(target, q_max, *draw) for target in ("g_x", "g") for q_max in (8.0, 17.0) for draw in draws}
    assert {run.model for run in runs if run.training == "other five"} == set(transfer.models())


@pytest.mark.slow
def test_the_benchmark_on_a_small_setting(tmp_path, monkeypatch, capsys):
    runs = [run for run in transfer.runs_of([0.0, 0.01], 2) if (run.target, run.q_max) == ("g_x", 8.0)]
    monkeypatch.setattr(transfer, "runs_of", lambda *_: runs)
    monkeypatch.setattr(transfer, "CONTENTS", [0, 20])
    arguments = ["--noise", "0", "0.01", "--draws", "2", "--n-jobs", "1", "--out", str(tmp_path)]
    subset = ["copy the reference", "WT-RDF", "Fourier", "inversion"]
    monkeypatch.setattr(sys, "argv", ["transfer.py", *arguments, "--models", *subset])
    transfer.main()
    assert "imulated" in capsys.readouterr().out
    assert "simulated" in (tmp_path / "transfer.md").read_text()
    table = pd.read_csv(tmp_path / "transfer.csv").set_index(["training", "target", "q_max", "noise", "model"])
    of_noise = table.loc[("binary", "g_x", 8.0, 0.01, "inversion")]
    assert of_noise["mae_low"] < of_noise["mae"] < of_noise["mae_high"]
    assert table.loc[("other five", "g_x", 8.0, 0.0, "inversion"), "mae"] > 0
    curves = pd.read_csv(tmp_path / "transfer_curves.csv").groupby(["training", "model"])["x"].unique()
    assert {key: list(x) for key, x in curves.items()} == {
        ("binary", "Fourier"): [20],
        ("binary", "copy the reference"): [20],
        ("binary", "inversion"): [20],
        ("itself", "WT-RDF"): [0, 20],
    }
    for name in ("transfer_curves.png", "transfer_noise.png", "transfer_refitted.png", "transfer_glasses.csv"):
        assert (tmp_path / name).exists()


def test_an_unknown_model_is_refused_before_any_work(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["transfer.py", "--models", "crystal ball"])
    with pytest.raises(SystemExit):
        transfer.main()
    assert "crystal ball" in capsys.readouterr().err
