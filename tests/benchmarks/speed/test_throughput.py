import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from sklearn_wtrdf.benchmarks.speed import throughput


@pytest.mark.slow
def test_a_small_run_measures_every_method(tmp_path):
    counts = ["--files", "120", "--inversions", "10", "--patterns", "400", "--repeats", "1"]
    command = [sys.executable, throughput.__file__, *counts]
    subprocess.run([*command, "--out", str(tmp_path)], check=True, capture_output=True, cwd=tmp_path)
    table = pd.read_csv(tmp_path / "throughput.csv")
    files = table[table["ratio"].notna()].set_index(["files", "method"])
    for by in ("1 process", "2 processes"):
        assert (files.xs(f"read_pattern, {by}", level="method")["ratio"] == 1).all()
    methods = set(files.loc[120].index)
    assert {"WT-RDF+, 2 processes", "numpy.loadtxt, 1 process"} <= methods
    inversions = {"inversion, 1 process", "inversion, 2 processes"}
    inversions |= {"inversion, Dask, 1 worker", "inversion, Dask, 2 workers"}
    assert set(files.loc[10].index) == throughput.COUNTS | inversions
    assert [path.name for path in Path(tmp_path).iterdir()] == ["throughput.csv"]
