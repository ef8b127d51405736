import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks.speed import throughput

N_FILES = 8  # of all methods: another number for the inversion would start processes once more


@pytest.mark.slow
def test_a_small_run_measures_every_method(tmp_path):
    counts = ["--files", str(N_FILES), "--inversions", str(N_FILES), "--patterns", "400"]
    command = [sys.executable, throughput.__file__, *counts, "--workers", "1", "--repeats", "1"]
    subprocess.run([*command, "--out", str(tmp_path)], check=True, capture_output=True, cwd=tmp_path)
    table = pd.read_csv(tmp_path / "throughput.csv")
    files = table[table["ratio"].notna()].set_index(["files", "method"])
    for by in ("1 process", "2 processes"):
        assert (files.xs(f"read_pattern, {by}", level="method")["ratio"] == 1).all()
    methods = {"numpy.loadtxt, 1 process", "files of 2 kB written, 1 process", *throughput.COUNTS}
    methods |= {f"inversion, {by}" for by in ("1 process", "2 processes")}
    methods |= {f"{model}, Dask, 1 worker" for model in ("WT-RDF+", "inversion")}
    assert set(files.loc[N_FILES].index) == methods
    assert [path.name for path in Path(tmp_path).iterdir()] == ["throughput.csv"]
