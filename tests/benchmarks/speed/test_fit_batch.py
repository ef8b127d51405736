import pandas as pd
import pytest

pytest.importorskip("torch")
import torch
from sklearn_wtrdf.benchmarks.speed import fit_batch


def test_batches_are_timed_and_equal_to_loops(tmp_path):
    fit_batch.main(["--fits", "2", "--losses", "300", "--out", str(tmp_path)])
    table = pd.read_csv(tmp_path / "fit_batch.csv")
    assert list(table["what"]) == ["fits", "losses"]
    assert list(table["n"]) == [2, 300]
    assert (table["difference"] <= [1e-4, 1e-8]).all()
    assert (table[["seconds_each", "seconds_in_loop"]] > 0).all(axis=None)
    assert table["device"].str.len().gt(2).all()


@pytest.mark.parametrize("arguments", [["--fits", "0"], ["--losses", "0"], ["--device", "tpu"]])
def test_invalid_options_are_refused(arguments, capsys):
    with pytest.raises(SystemExit):
        fit_batch.main(arguments)
    assert arguments[0] in capsys.readouterr().err


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_a_missing_gpu_is_named(capsys):
    with pytest.raises(SystemExit):
        fit_batch.main(["--device", "cuda"])
    assert "torch finds no GPU" in capsys.readouterr().err
