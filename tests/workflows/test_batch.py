import gc
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import dask.array as da
import diffractometer
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn_wtrdf.benchmarks import ratios

import sklearn_wtrdf
from sklearn_wtrdf import PdfSettings, WTRDFRegressor, pdf_files, read_gr, reconstruct_files
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.utils import parallel
from sklearn_wtrdf.workflows import batch, job
from tests.workflows.growing import grow
from tests.workflows.misbehaving import GLASS, Marked, die, interrupt, sleep, wait_for_gate
from tests.workflows.patterns import write_fq

WAIT = 500  # s, for processes that start in seconds on an idle machine

dask_leaves_open = pytest.mark.filterwarnings(
    "default::ResourceWarning", "default::pytest.PytestUnraisableExceptionWarning"
)


@pytest.mark.slow
def test_invalid_arguments_are_refused_before_any_work(model, tmp_path, monkeypatch):
    glass = load_ag_ge_se(10)
    (tmp_path / "b").mkdir()
    twins = [write_fq(tmp_path / place, glass.q, glass.s_r) for place in ("a.fq", "b/a.fq")]
    with pytest.raises(ValueError, match="several files would be written"):
        reconstruct_files(model, twins, tmp_path / "out")
    with pytest.raises(ValueError, match="replace an input"):
        reconstruct_files(model, [twins[0].rename(tmp_path / "a.gr")], tmp_path, overwrite=True)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.gr").write_text("precious")
    with pytest.raises(FileExistsError, match=r"a\.gr already exists"):
        reconstruct_files(model, [tmp_path / "other.fq", twins[1]], tmp_path / "out")
    assert (tmp_path / "out" / "a.gr").read_text() == "precious"
    with pytest.raises(TypeError, match="got LinearRegression: its class must inherit ReconstructionMixin"):
        reconstruct_files(LinearRegression(), twins[1:], tmp_path)
    for paths in ("a.fq", tmp_path / "a.fq", [None]):
        with pytest.raises(TypeError, match=r"paths must be a sequence of files, such as \['glass\.sq'\], got"):
            reconstruct_files(model, paths, tmp_path)
    with pytest.raises(TypeError, match="settings must be of class PdfSettings"):
        pdf_files(twins[1:], tmp_path, {"composition": "Ag10(Ge25Se75)90"})
    monkeypatch.setattr(parallel, "_CONNECTION_TIMEOUT", 1)
    with pytest.raises(OSError, match="no Dask scheduler answers"):
        reconstruct_files(model, twins[1:], tmp_path / "none", scheduler="tcp://127.0.0.1:1")


def test_bad_files_among_good_ones_are_reported_in_their_place(model, folder, tmp_path):
    bad = tmp_path / "bad.fq"
    bad.write_text("1 2\n2 3\n3 nan\n")
    s_of_q = tmp_path / "doubtful.fq"
    glass = load_ag_ge_se(10)
    write_fq(s_of_q, glass.q, 1.5 * (1 + glass.s_r / glass.q))  # S(q), and scaled, under the name of F(q)
    good = sorted(folder.iterdir())[:2]
    outcomes = reconstruct_files(model, [good[0], bad, good[1], s_of_q, tmp_path / "missing.fq"], tmp_path / "out")
    assert outcomes["file"].tolist() == [good[0], bad, good[1], s_of_q, tmp_path / "missing.fq"]
    assert (outcomes["error"] != "").tolist() == [False, True, False, False, True]
    assert "line 3" in outcomes["error"][1]
    assert "does not oscillate" in outcomes["warning"][3]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["000.gr", "001.gr", "doubtful.gr"]


@pytest.mark.skipif(os.name != "posix", reason="elsewhere only the age of a folder is known")
def test_files_of_a_killed_run_are_removed_and_those_of_a_running_one_are_not(model, folder, tmp_path):
    out = tmp_path / "out"
    killed = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from sklearn_wtrdf.workflows import batch\n"
        "with batch._unfinished(Path(sys.argv[1])) as unfinished:\n"
        "    (unfinished / '000.gr').write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", killed, str(out)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert len(list(out.iterdir())) == 1
    half = out / ".000.1ac9d6ae.gr"  # of write_gr
    half.write_text("half")
    with batch._unfinished(out) as running:
        reconstruct_files(model, [folder / "000.fq"], out)
        assert sorted(path.name for path in out.iterdir()) == sorted([half.name, running.name, "000.gr"])
    assert not running.exists()


def test_a_folder_whose_run_may_or_may_not_be_alive_is_removed_after_a_day(tmp_path, monkeypatch):
    """As on Windows, or where another machine writes to the same folder."""
    monkeypatch.setattr(batch.files, "fcntl", None)
    for name, age in ((".wtrdf-running", 60), (".wtrdf-killed", 2 * 86_400)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    with batch._unfinished(tmp_path) as own:
        assert {path.name for path in tmp_path.iterdir()} == {".wtrdf-running", own.name}


def test_processes_write_what_one_process_writes(model, folder, tmp_path):
    files = sorted(folder.iterdir())[:3]
    for name, n_jobs in (("one", None), ("two", 2)):
        outcomes = reconstruct_files(model, files, tmp_path / name, n_jobs=n_jobs)
        assert outcomes["file"].tolist() == files
    assert_same_files(tmp_path / "one", tmp_path / "two", 3)


@pytest.mark.slow
def test_a_scan_of_a_series_has_the_result_that_it_has_alone(tmp_path):
    """Normalization and hyperparameters begin with those of the first scan, and end within a fraction of the band."""
    for seed in (0, 1):
        diffractometer.main(["argon", "--seed", str(seed), "--folder", str(tmp_path / f"{seed}")])
    first, second = (tmp_path / f"{seed}" / "argon_Cu.xy" for seed in (0, 1))
    second = second.rename(tmp_path / "second.xy")
    background = str(first.with_name("argon_Cu_empty.xy"))
    settings = {"composition": "Ar", "number_density": 0.02125, "wavelength": "CuKa", "background": background}
    for name, files in (("series", [first, second]), ("alone", [second])):
        assert not any(pdf_files(files, tmp_path / name, **settings, figure_format="none")["error"])
    series, alone = (read_gr(tmp_path / name / "second.gr") for name in ("series", "alone"))
    assert series.provenance["started_with"] == first.name
    assert np.abs(series.g - alone.g).mean() < 0.2 * alone.std.mean()


def assert_same_files(first, second, n_files):
    names = sorted(path.name for path in first.iterdir())
    assert len(names) == n_files
    assert names == sorted(path.name for path in second.iterdir())
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()


def marked_files(folder, n, marked):
    """Write files, one of them with a mark."""
    folder.mkdir()
    shifts = [0.0 if i == marked else 0.001 * (i + 1) for i in range(n)]
    return [write_fq(folder / f"{i}.fq", GLASS.q, GLASS.s_r + shift) for i, shift in enumerate(shifts)]


def test_an_impossible_name_is_an_error_of_its_own(model, folder, tmp_path):
    good = folder / "000.fq"
    impossible = [Path("x" * 300 + ".fq"), Path("a\0b.fq"), tmp_path / "loop.fq"]
    impossible[2].symlink_to(impossible[2])
    long = write_fq(tmp_path / ("y" * 252 + ".fq"), GLASS.q, GLASS.s_r)  # as long as a name can be
    outcomes = reconstruct_files(model, [*impossible, long, good], tmp_path / "out")
    assert (outcomes["error"] != "").tolist() == [True, True, True, False, False]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["000.gr", "y" * 252 + ".gr"]


def states(folder):
    """Return what changes when a file is written anew, however soon."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_resume_writes_outputs_that_are_missing_damaged_or_of_another_input(tmp_path):
    model, out, given = Marked().fit(None), tmp_path / "out", {"number_density": 0.03}
    files = marked_files(tmp_path / "in", 8, None)
    complete = reconstruct_files(model, files[:7], out, **given)
    for age in (0, 4_000_000_000):  # 2096: the date of an input does not depend on its contents
        os.utime(files[0], (age, age))
    write_fq(files[1], GLASS.q, GLASS.s_r + 0.5)
    lines = (out / "2.gr").read_text().splitlines(keepends=True)
    (out / "2.gr").write_text("".join(lines[:-1]))  # cut, and below, within the last number
    (out / "3.gr").write_text((out / "3.gr").read_text()[:-2])
    (out / "4.gr").write_text("")
    (out / "5.gr").write_bytes(bytes(3000))  # as a power cut leaves it
    spoiled = (out / "6.gr").read_text()
    (out / "6.gr").write_text(spoiled[: spoiled.index("#S 1")] + "#S 1\nneither numbers\n")
    before = states(out)
    outcomes = reconstruct_files(model, files, out, resume=True, **given)
    assert (outcomes["error"] == "").all()
    after = states(out)
    assert [name for name in sorted(after) if after[name] == before.get(name)] == ["0.gr"]
    pd.testing.assert_frame_equal(outcomes.iloc[:7], complete)
    assert read_gr(out / "1.gr").g[5] == pytest.approx(GLASS.s_r[0] + 0.5)
    assert read_gr(out / "2.gr").r.size == GLASS.r.size
    reconstruct_files(model, files, out, resume=True, **given)
    assert states(out) == after


def test_resume_reports_foreign_outputs_and_continues(tmp_path):
    model, out, given = Marked().fit(None), tmp_path / "out", {"number_density": 0.03}
    files = marked_files(tmp_path / "in", 6, None)
    reconstruct_files(model, files[:3], out, **given)
    reconstruct_files(Marked(do=die).fit(None), files[:1], out, overwrite=True, **given)
    reconstruct_files(model, files[1:2], out, number_density=0.04, overwrite=True)
    newer = (out / "2.gr").read_text().replace("version = sklearn-wtrdf ", "version = sklearn-wtrdf 99.")
    (out / "2.gr").write_text(newer)
    (out / "3.gr").write_text("precious")
    (out / "4.gr").mkdir()
    before = states(out)
    outcomes = reconstruct_files(model, files, out, resume=True, **given)
    assert {name: state for name, state in states(out).items() if name != "5.gr"} == before
    assert outcomes["output"].isna().tolist() == [True] * 5 + [False]
    assert all("\n" not in error for error in outcomes["error"])
    for i, message in {
        0: "not made by this model",
        1: "not made by",
        2: r"sklearn-wtrdf 99\..*newer",
        3: "not made",
    }.items():
        assert re.search(rf"{i}\.gr .*{message}.*overwrite=True replaces it", outcomes["error"][i])
    assert "4.gr" in outcomes["error"][4]
    outcomes = reconstruct_files(model, files[:5], out, resume=True, overwrite=True, **given)
    assert (outcomes["error"][:4] == "").all()
    assert "this is a folder" in outcomes["error"][4]
    assert read_gr(out / "3.gr").r.size == GLASS.r.size


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_an_interruption_reports_the_finished_files_and_resume_continues(tmp_path, n_jobs):
    files = marked_files(tmp_path / "in", 4, 2)
    model = Marked(interrupt).fit(None)
    with pytest.raises(KeyboardInterrupt, match=r"interrupted: [0-3] of 4 files are written to .*out, and resume=True"):
        reconstruct_files(model, files, tmp_path / "out", n_jobs=n_jobs)
    assert all(path.suffix == ".gr" for path in (tmp_path / "out").iterdir())
    write_fq(files[2], GLASS.q, GLASS.s_r + 0.1)
    outcomes = reconstruct_files(model, files, tmp_path / "out", resume=True)
    assert outcomes["output"].notna().all()


def test_a_killed_process_is_an_error_of_one_line(tmp_path):
    files = marked_files(tmp_path / "in", 4, 3)
    message = r"n_jobs: a process was killed, .* [0-3] of 4 files are written to .*, and resume=True"
    with pytest.raises(OSError, match=message) as lost:
        reconstruct_files(Marked(die).fit(None), files, tmp_path / "out", n_jobs=2)
    assert "\n" not in str(lost.value)


@pytest.mark.slow
def test_a_process_whose_memory_grows_is_replaced_without_a_message():
    """joblib ends it, and its warning, which here is an error, would be raised in the thread that waits for results."""
    assert list(parallel.map_tasks(grow, range(8), 2)) == list(range(8))


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="where the death of a parent process is not detected")
def test_processes_end_with_their_parent(tmp_path):
    files = marked_files(tmp_path / "in", 2, 0) + marked_files(tmp_path / "in2", 2, 0)[:1]
    files[2] = files[2].rename(tmp_path / "in2" / "other.fq")
    script = (
        "import sys; from pathlib import Path; from sklearn_wtrdf import reconstruct_files\n"
        "import tests.workflows.misbehaving as t\n"
        "if __name__ == '__main__':\n"
        "    reconstruct_files(t.Marked(t.sleep).fit(None), list(map(Path, sys.argv[2:])), sys.argv[1], n_jobs=2)\n"
    )
    pids = tmp_path / "pids"
    pids.mkdir()
    places = [str(Path(sklearn_wtrdf.__file__).parents[1]), str(Path(__file__).parents[2])]
    environment = os.environ | {"WTRDF_TEST_PIDS": str(pids), "PYTHONPATH": os.pathsep.join(places)}
    command = [sys.executable, "-c", script, str(tmp_path / "out"), *map(str, files)]
    parent = subprocess.Popen(command, env=environment)
    try:
        wait_until(lambda: list(pids.iterdir()))
    finally:
        parent.kill()
        parent.wait()
    wait_until(lambda: not any(is_alive(int(path.name)) for path in pids.iterdir()))


def wait_until(condition):
    """Wait for as long as it takes; pytest's limit names what hangs."""
    while not condition():
        time.sleep(0.05)


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" if Path("/proc").exists() else True


@pytest.fixture
def scheduler(tmp_path, monkeypatch):
    """Start a Dask scheduler, and give its address, itself, and what starts a worker in an environment."""
    monkeypatch.setattr(parallel, "_CONNECTION_TIMEOUT", WAIT)
    at = tmp_path / "scheduler.json"
    dask, options = [sys.executable, "-m", "dask"], ["--scheduler-file", str(at), "--no-dashboard"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    here = ["scheduler", "--host", "127.0.0.1", "--port", "0", *options]
    processes = [subprocess.Popen([*dask, *here], **quiet)]

    def start_worker(**environment):
        command = [*dask, "worker", "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", *options]
        processes.append(subprocess.Popen(command, env=os.environ | environment, **quiet))
        return processes[-1]

    try:
        wait_until(at.exists)
        wait_until(lambda: at.read_text().endswith("}"))
        yield json.loads(at.read_text())["address"], processes[0], start_worker
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.fixture
def cluster(scheduler, tmp_path):
    """Start two workers, and give the scheduler's address, the workers, and where they say at which gate they wait."""
    from distributed import Client

    address, _, start_worker = scheduler
    places = [str(Path(sklearn_wtrdf.__file__).parents[1]), str(Path(__file__).parents[2])]
    (tmp_path / "pids").mkdir()
    given = {"PYTHONPATH": os.pathsep.join(places), "WTRDF_TEST_PIDS": str(tmp_path / "pids")}
    workers = [start_worker(**given) for _ in range(2)]
    with Client(address, timeout=WAIT) as client:
        client.wait_for_workers(2, timeout=WAIT)
    return address, workers, tmp_path / "pids"


@pytest.mark.slow
@dask_leaves_open
def test_a_cluster_that_loses_a_worker_writes_all_files(cluster, tmp_path, monkeypatch):
    address, workers, pids = cluster
    files, model = marked_files(tmp_path / "in", 60, 30), Marked(wait_for_gate).fit(None)
    monkeypatch.chdir(tmp_path / "in")  # the workers' folder is another one
    files = [Path(path.name) for path in files]
    out, killed = Path(os.path.relpath(tmp_path / "cluster")), []

    def kill_the_worker_that_waits_at_the_gate():
        wait_until(lambda: list(pids.iterdir()))
        [first] = pids.iterdir()
        killed.extend(worker for worker in workers if str(worker.pid) == first.name)
        killed[0].kill()
        wait_until(lambda: len(list(pids.iterdir())) == 2)  # the other one has taken over
        (pids / "gate").touch()

    killer = threading.Thread(target=kill_the_worker_that_waits_at_the_gate, daemon=True)
    killer.start()
    outcomes = reconstruct_files(model, files, out, scheduler=address)
    killer.join()
    assert killed[0].wait() != 0
    assert [worker.poll() for worker in workers if worker is not killed[0]] == [None]
    assert outcomes["file"].tolist() == files
    assert (outcomes["error"] == "").all()
    monkeypatch.setenv("WTRDF_TEST_PIDS", str(pids))
    here = reconstruct_files(model, files, tmp_path / "here")  # processes that are there already know no gate
    assert (here["error"] == "").all(), here["error"].tolist()
    assert_same_files(tmp_path / "here", out, 60)


@dask_leaves_open
def test_a_cluster_that_cannot_work_is_an_error_of_one_line(scheduler, tmp_path, capfd):
    address, _, start_worker = scheduler
    files, model = marked_files(tmp_path / "in", 3, None), Marked().fit(None)
    with pytest.raises(OSError, match="needs certificates"):
        reconstruct_files(model, files, tmp_path / "out", scheduler="tls://127.0.0.1:1")
    (tmp_path / "site").mkdir()
    block = "import sys\nsys.modules['sklearn_wtrdf'] = None\n"  # as if it were not installed
    (tmp_path / "site" / "sitecustomize.py").write_text(block)
    start_worker(PYTHONPATH=str(tmp_path / "site"))
    with pytest.raises(OSError, match=r"the worker at tcp://.* cannot import sklearn_wtrdf") as lacking:
        reconstruct_files(model, files, tmp_path / "out", scheduler=address)
    assert "\n" not in str(lacking.value)
    assert not (tmp_path / "out").exists()
    assert "Traceback" not in "".join(capfd.readouterr())


def test_a_cluster_without_workers_is_reported():
    client = SimpleNamespace(wait_for_workers=Mock(side_effect=TimeoutError))
    with pytest.raises(OSError, match="no worker is connected to tcp://there:1"):
        parallel._check_workers(client, "tcp://there:1")


@dask_leaves_open
def test_a_scheduler_that_dies_is_an_error_with_the_finished_files(scheduler, tmp_path, capfd):
    address, process, start_worker = scheduler
    places = [str(Path(sklearn_wtrdf.__file__).parents[1]), str(Path(__file__).parents[2])]
    pids = tmp_path / "pids"
    pids.mkdir()
    start_worker(PYTHONPATH=os.pathsep.join(places), WTRDF_TEST_PIDS=str(pids))
    files = marked_files(tmp_path / "in", 4, 3)

    def kill_when_the_last_file_is_begun():
        wait_until(lambda: list(pids.iterdir()))
        process.kill()

    killer = threading.Thread(target=kill_when_the_last_file_is_begun, daemon=True)
    killer.start()
    with pytest.raises(OSError, match=r"the cluster at tcp://.* was lost .*: 3 of 4 files are written to .*resume"):
        reconstruct_files(Marked(sleep).fit(None), files, tmp_path / "out", scheduler=address)
    killer.join()
    assert "Traceback" not in "".join(capfd.readouterr())


@pytest.mark.slow
@dask_leaves_open
def test_the_main_benchmark_has_the_same_results_on_a_cluster(cluster, tmp_path):
    pytest.importorskip("torch")  # its version is a part of the state of the journal
    address, *_ = cluster
    subset = ["--seeds", "2", "--fractions", "0.5", "--draw", "random", "--models", "WT-RDF+ (default)", "PCHIP"]
    for name, where in (("cluster", ["--scheduler", address]), ("here", ["--n-jobs", "1"])):
        ratios.main([*subset, *where, "--out", str(tmp_path / name)])
    here, there = (pd.read_csv(tmp_path / name / "ratios_seeds.csv") for name in ("here", "cluster"))
    pd.testing.assert_frame_equal(here, there, rtol=1e-6)


@pytest.mark.filterwarnings("ignore:.* look wrong")  # two of the thousand, by so much noise
def test_an_array_larger_than_memory_goes_through_dask_chunk_by_chunk(ge_se, rng, tmp_path):
    model = WTRDFRegressor().fit(ge_se.data, ge_se.target)
    s_r = np.memmap(tmp_path / "s_r.dat", float, "w+", shape=(1000, ge_se.q.size))
    s_r[:] = ge_se.s_r + 0.1 * rng.normal(size=s_r.shape)
    g = np.memmap(tmp_path / "g.dat", float, "w+", shape=(1000, ge_se.r.size))
    patterns = da.from_array(s_r, chunks=(128, -1))
    blocks = partial(model.reconstruct, ge_se.r, ge_se.q)
    patterns.map_blocks(blocks, chunks=(patterns.chunks[0], (ge_se.r.size,)), dtype=float).store(g)
    np.testing.assert_allclose(g, model.reconstruct(ge_se.r, ge_se.q, s_r), rtol=1e-10, atol=1e-12)


@pytest.mark.slow
def test_patterns_do_not_remain_in_memory(ge_se, tmp_path):
    """Less than 2.3 kB remain in memory for each file, the size of its q and S_R alone."""
    model = WTRDFRegressor({"a": (0.6, 0.61)}).fit(ge_se.data, ge_se.target)
    files = [write_fq(tmp_path / f"{i:03d}.fq", ge_se.q, ge_se.s_r) for i in range(40)]
    outcomes, used = [], {}

    def measure(outcome):
        outcomes.append(outcome["file"])
        if len(outcomes) in (10, 40):  # the first files load modules
            gc.collect()  # so that uncollected cycles are not counted
            used[len(outcomes)] = tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    reconstruct_files(model, files, tmp_path / "out", number_density=0.034, report=measure)
    tracemalloc.stop()
    assert (used[40] - used[10]) / 30 < 2300


def test_a_file_that_is_given_twice_is_an_error(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write_fq(Path("a.fq"), GLASS.q, GLASS.s_r)
    with pytest.raises(ValueError, match=r"paths: a\.fq is given twice\.$"):
        reconstruct_files(model, [path, path], "out")
    with pytest.raises(ValueError, match=r"a\.fq is given twice, also as a\.fq\.$"):
        reconstruct_files(model, [path, path.absolute()], "out")


@pytest.fixture
def beside(monkeypatch):
    """Return a function after which another run takes place while the next one reads its first file."""

    def run(another):
        read_sample = job.read_sample

        def read(*arguments):
            monkeypatch.setattr(job, "read_sample", read_sample)
            another()
            return read_sample(*arguments)

        monkeypatch.setattr(job, "read_sample", read)

    return run


def test_of_two_simultaneous_runs_neither_replaces_outputs_of_the_other(beside, tmp_path):
    model, out = Marked().fit(None), tmp_path / "out"
    files = marked_files(tmp_path / "in", 2, None)
    for overwrite in (False, True):
        theirs = partial(reconstruct_files, model, files[:1], out, number_density=0.04)
        beside(partial(theirs, overwrite=overwrite))
        outcomes = reconstruct_files(model, files, out, number_density=0.03, overwrite=overwrite)
        refused = "0.gr exists, and was not made by this model with these options"
        assert (refused in outcomes["error"][0]) is not overwrite
        assert outcomes["error"][1] == ""
        assert (theirs(resume=True)["error"][0] == "") is not overwrite


def test_of_two_simultaneous_runs_neither_replaces_the_settings_of_the_other(beside, tmp_path):
    files = marked_files(tmp_path / "in", 2, None)
    settings = PdfSettings(number_density=0.036, prior="continuum", figure_format="none", quantity="S_R")
    beside(lambda: pdf_files(files[:1], tmp_path / "out", settings))
    with pytest.raises(FileExistsError, match=r"settings\.toml has other settings"):
        pdf_files(files[1:], tmp_path / "out", settings, q_max=7.0)
    assert PdfSettings.read(tmp_path / "out" / "settings.toml") == settings


def test_an_output_that_is_a_link_to_nothing_is_not_replaced(model, tmp_path):
    path = write_fq(tmp_path / "a.fq", GLASS.q, GLASS.s_r)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.gr").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError, match=r"a\.gr already exists"):
        reconstruct_files(model, [path], tmp_path / "out")
    outcomes = reconstruct_files(model, [path], tmp_path / "out", resume=True)
    assert "a.gr already exists" in outcomes["error"][0]
