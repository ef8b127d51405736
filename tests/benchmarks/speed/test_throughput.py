import sys
from functools import partial
from pathlib import Path

import dask
import pandas as pd
import pytest
from distributed import LocalCluster
from joblib import parallel_config
from sklearn_wtrdf.benchmarks.speed import throughput

from sklearn_wtrdf import InversionRegressor
from sklearn_wtrdf.inversion.priors import Continuum

N_FILES = 3  # of all methods


@pytest.fixture
def _in_this_process(monkeypatch):
    """Run joblib's processes and Dask's worker as threads."""
    monkeypatch.setattr(throughput, "LocalCluster", partial(LocalCluster, processes=False, protocol="tcp://"))
    setting = "distributed.nanny.pre-spawn-environ"  # which the benchmark changes
    with parallel_config("threading"), dask.config.set({setting: dask.config.get(setting)}):
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("_in_this_process")
def test_a_small_run_measures_every_method(tmp_path, monkeypatch):
    one_prior = partial(InversionRegressor, prior=Continuum(), r_max=12)  # instead of a search through all
    monkeypatch.setattr(throughput, "InversionRegressor", one_prior)
    counts = ["--files", str(N_FILES), "--inversions", str(N_FILES), "--patterns", "400"]
    arguments = [*counts, "--workers", "1", "--repeats", "1", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["throughput.py", *arguments])
    monkeypatch.chdir(tmp_path)
    throughput.main()
    table = pd.read_csv(tmp_path / "throughput.csv")
    files = table[table["ratio"].notna()].set_index(["files", "method"])
    for by in ("1 process", "2 processes"):
        assert (files.xs(f"read_pattern, {by}", level="method")["ratio"] == 1).all()
    methods = {"numpy.loadtxt, 1 process", "files of 2 kB written, 1 process", *throughput.COUNTS}
    methods |= {f"inversion, {by}" for by in ("1 process", "2 processes")}
    methods |= {f"{model}, Dask, 1 worker" for model in ("WT-RDF+", "inversion")}
    assert set(files.loc[N_FILES].index) == methods
    assert [path.name for path in Path(tmp_path).iterdir()] == ["throughput.csv"]
