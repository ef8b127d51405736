"""`--device` of every benchmark that trains a network, or WT-RDF by Adam."""

import importlib
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SMALL = {
    "ablation": [],
    "bounding": [],
    "coordination": ["--samples", "2", "--draws", "2", "--n-jobs", "1"],
    "grids": ["--seeds", "1", "--max-iter", "1", "--n-jobs", "1"],
    "network_speed": ["--repeats", "1", "--epochs", "1"],
    "optimizers": ["--starts", "1"],
    "ratios": ["--seeds", "1", "--fractions", "0.5", "--n-jobs", "1"],
    "speed": [],
    "variability": ["--starts", "1", "--samples", "1", "--n-jobs", "1"],
}
CASES = [(name, options) for name, options in SMALL.items() if name != "ratios"]
CASES += [("ratios", [*SMALL["ratios"], "--models", model]) for model in ("WT-RDF+", "RBF network", "LSTM (tuned)")]


def main_of(name):
    for package in {"speed": ["lmfit", "pystog"], "optimizers": ["lmfit"]}.get(name, []):
        pytest.importorskip(package)
    [script] = BENCHMARKS.rglob(f"{name}.py")
    parts = script.relative_to(BENCHMARKS).with_suffix("").parts
    return importlib.import_module(".".join(["sklearn_wtrdf.benchmarks", *parts])).main


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU, on which the benchmark would run in full")
@pytest.mark.parametrize(("name", "options"), CASES)
def test_the_device_reaches_what_is_trained(name, options, tmp_path):
    with pytest.raises(ValueError, match="device='cuda', but torch finds no GPU"):
        main_of(name)([*options, "--device", "cuda", "--out", str(tmp_path)])


@pytest.mark.parametrize("name", SMALL)
def test_an_unknown_device_is_refused(name, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main_of(name)(["--device", "abacus", "--out", str(tmp_path)])
    assert "--device" in capsys.readouterr().err
