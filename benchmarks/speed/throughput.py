"""Time and memory of reconstructing thousands of files, compared with reading them, and on a Dask cluster.

    python benchmarks/speed/throughput.py --folders /tmp /dev/shm

Synthetic S(q) files, of the simulated binary with different noise, are converted to .gr files by WT-RDF+ and by the
inversion without a reference and with `refit="never"`, with one process and two, and on Dask clusters of one and two
workers on this machine. For comparison, files are read by read_pattern and by numpy's loadtxt, and as many files of the
size of a .gr file are written. Methods take turns, and each time is the median over the turns. Its ratios are to
read_pattern in the same turn, with as many processes and with one. Times include the start of processes. The time for a
file depends on the disk; /dev/shm is memory. Memory is the peak of the process and its children, without their memory
before and without a cluster's processes. The last method has patterns in one large array: dask.array over a memory map.
Writes throughput.csv.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import dask
import dask.array as da
import numpy as np
import pandas as pd
import psutil
from distributed import LocalCluster
from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor
from sklearn_wtrdf.benchmarks.runner import Content, benchmark, option, print_frame, track

from sklearn_wtrdf import InversionRegressor, WTRDFRegressor, read_pattern, reconstruct_files
from sklearn_wtrdf.datasets import load_ag_ge_se

GLASS = load_ag_ge_se(0)
NOISE = 0.005  # of S, white, as the inversion assumes
FOLDER = "/dev/shm" if Path("/dev/shm").is_dir() else tempfile.gettempdir()
COUNTS = {  # methods for all numbers of files; the others are for the largest number only
    "read_pattern, 1 process",
    "read_pattern, 2 processes",
    "WT-RDF+, 1 process",
    "WT-RDF+, 2 processes",
}


def write_patterns(folder: Path, n_files: int) -> list[Path]:
    """Write synthetic S(q) files."""
    rng = np.random.default_rng(0)
    paths = [folder / f"{i:06d}.sq" for i in range(n_files)]
    for path in track(iter(paths), n_files, "files written"):
        s = 1 + GLASS.s_r / GLASS.q + NOISE * rng.normal(size=GLASS.q.size)
        rows = "".join(f"{q:.4f} {value:.6f}\n" for q, value in zip(GLASS.q, s, strict=True))
        path.write_text("#L Q S(Q)\n" + rows)
    return paths


def methods(folder: Path, addresses: dict[int, str]) -> dict[str, Callable[[list[Path]], None]]:
    """Return each method by name, as a function of the files."""
    wtrdf = WTRDFRegressor({"a": (0.9, 1.1)}, peak_weight=0).fit(GLASS.data, GLASS.target)
    like = GLASS.data.copy()  # the stored hyperparameters are for the noise of the files
    noise = NOISE * GLASS.q * np.random.default_rng(1).normal(size=GLASS.q.size)
    like.loc[:, like.columns.str.startswith("S_R")] += noise
    inversion = InversionRegressor(refit="never").fit(like)

    def reconstruct(model, paths: list[Path], **options) -> None:
        outcomes = reconstruct_files(model, paths, folder, number_density=GLASS.number_density, **options)
        if not (outcomes["error"] == "").all():
            raise RuntimeError(outcomes["error"].max())
        shutil.rmtree(folder)
        get_reusable_executor().shutdown()

    named: dict[str, Callable] = {
        "read_pattern, 1 process": lambda paths: [read_pattern(path) for path in paths],
        "numpy.loadtxt, 1 process": lambda paths: [np.loadtxt(path) for path in paths],
        "files of 2 kB written, 1 process": partial(write_bytes, folder),
        "read_pattern, 2 processes": read_in_processes,
    }
    for name, model in {"WT-RDF+": wtrdf, "inversion": inversion}.items():
        for n_jobs, of in ((1, "1 process"), (2, "2 processes")):
            named[f"{name}, {of}"] = partial(reconstruct, model, n_jobs=n_jobs)
        for n_workers, address in addresses.items():
            named[f"{name}, Dask, {n_workers} worker{'s' * (n_workers > 1)}"] = partial(
                reconstruct, model, scheduler=address
            )
    return named


def write_bytes(folder: Path, paths: list[Path]) -> None:
    """Write as many files as are read, each of the size of a .gr file."""
    folder.mkdir()
    for path in paths:
        (folder / path.name).write_bytes(b"x" * 2000)
    shutil.rmtree(folder)


def read_in_processes(paths: list[Path]) -> None:
    """Read the files on two processes, in the chunks of reconstruct_files."""
    chunks = [paths[i : i + 100] for i in range(0, len(paths), 100)]
    for _ in Parallel(2, return_as="generator")(delayed(read_files)(chunk) for chunk in chunks):
        pass
    get_reusable_executor().shutdown()


def read_files(paths: list[Path]) -> None:
    """Read files and discard the results."""
    for path in paths:
        read_pattern(path)


def measured(run: Callable[[], None]) -> tuple[float, float]:
    """Return the time of a run [s], and its peak memory in addition to that before [MB]."""
    before, held, done = memory(), [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.2):
            held[0] = max(held[0], memory() - before)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    start = time.perf_counter()
    run()
    seconds = time.perf_counter() - start
    done.set()
    watcher.join()
    return seconds, held[0]


def memory() -> float:
    """Return the memory of this process and its children [MB]."""
    here = psutil.Process()
    held = 0.0
    for process in [here, *here.children(recursive=True)]:
        try:
            held += process.memory_info().rss / 1e6
        except psutil.NoSuchProcess:
            continue
    return held


def of_files(
    counts: list[int], n_inversions: int, n_repeats: int, addresses: dict[int, str], folder: Path
) -> pd.DataFrame:
    """Measure every method on the files; the inversion, which takes a hundred times as long, on fewer files."""
    paths = write_patterns(folder, max(*counts, n_inversions))
    named = methods(folder / "out", addresses)
    plan = [
        (turn, n_files, name)
        for turn in range(n_repeats)
        for n_files in sorted({*counts, n_inversions})
        for name in named
        if n_files == (n_inversions if name.startswith("inversion") else max(counts)) or name in COUNTS
    ]
    rows = []
    for turn, n_files, name in track(iter(plan), len(plan), "runs"):
        seconds, held = measured(partial(named[name], paths[:n_files]))
        rows.append((turn, name, n_files, seconds, held))
    runs = pd.DataFrame(rows, columns=["turn", "method", "files", "seconds", "memory_mb"])
    seconds = runs.set_index(["turn", "files", "method"])["seconds"]
    for column, by in (("ratio", "2 processes"), ("ratio_1", "1 process")):
        reading = seconds.xs(f"read_pattern, {by}", level="method")
        runs[column] = runs["seconds"] / runs.set_index(["turn", "files"]).index.map(reading)
    single = runs["method"].str.contains("1 process|1 worker")
    runs["ratio"] = runs["ratio"].mask(single, runs["ratio_1"])
    figures = ["seconds", "ratio", "ratio_1", "memory_mb"]
    table = runs.groupby(["files", "method"], sort=False)[figures].median().reset_index()
    table.insert(3, "ms_per_file", 1000 * table["seconds"] / table["files"])
    table.insert(0, "folder", str(folder.parent))
    return table


def of_arrays(n_patterns: int, folder: Path) -> pd.DataFrame:
    """Measure WT-RDF+ on patterns in a memory map, chunk by chunk, with the results in another memory map."""
    model = WTRDFRegressor({"a": (0.9, 1.1)}, peak_weight=0).fit(GLASS.data, GLASS.target)
    rows = []
    for n in (n_patterns // 4, n_patterns):
        s_r = np.memmap(folder / "s_r.dat", float, "w+", shape=(n, GLASS.q.size))
        for start in range(0, n, 10_000):
            s_r[start : start + 10_000] = GLASS.s_r
        s_r.flush()
        patterns = da.from_array(np.memmap(folder / "s_r.dat", float, "r", shape=s_r.shape), chunks=(10_000, -1))
        g = np.memmap(folder / "g.dat", float, "w+", shape=(n, GLASS.r.size))
        curves = patterns.map_blocks(
            partial(model.reconstruct, GLASS.r, GLASS.q), chunks=(patterns.chunks[0], (GLASS.r.size,)), dtype=float
        )
        # Pages of a memory map count as memory while they are mapped, though the system may drop them at any time.
        seconds, held = measured(lambda curves=curves, g=g: curves.store(g))
        name = f"WT-RDF+, dask.array of {(s_r.nbytes + g.nbytes) / 1e6:.0f} MB"
        rows.append((n, name, seconds, 1000 * seconds / n, held))
    table = pd.DataFrame(rows, columns=["files", "method", "seconds", "ms_per_file", "memory_mb"])
    return table.assign(folder=str(folder.parent))


@benchmark(
    option("--files", type=int, nargs="+", default=[1000, 3000, 10_000], help="default: %(default)s"),
    option("--inversions", type=int, default=200, help="files for the inversion (default: %(default)s)"),
    option("--folders", nargs="+", default=[FOLDER], help="folders for the files (default: %(default)s)"),
    option("--patterns", type=int, default=400_000, help="in one array (default: %(default)s)"),
    option("--workers", type=int, nargs="+", default=[1, 2], help="of Dask clusters (default: %(default)s)"),
    option("--repeats", type=int, default=3, help="turns (default: %(default)s)"),
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Run the benchmark from the command line."""
    # Dask's nannies make malloc return memory immediately, which doubles the inversion's time.
    dask.config.set({"distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1}})
    local = {"host": "127.0.0.1", "threads_per_worker": 1, "dashboard_address": ":0"}
    tables = []
    with contextlib.ExitStack() as clusters:
        addresses = {
            n_workers: clusters.enter_context(LocalCluster(n_workers=n_workers, **local)).scheduler_address
            for n_workers in options.workers
        }
        for parent in options.folders:
            with tempfile.TemporaryDirectory(dir=parent) as folder:
                tables.append(of_files(options.files, options.inversions, options.repeats, addresses, Path(folder)))
    with tempfile.TemporaryDirectory() as folder:
        tables.append(of_arrays(options.patterns, Path(folder)))
    table = pd.concat(tables, ignore_index=True)
    print_frame(table, "Medians; ratios to reading the same files in the same turn, by as many processes and by one")
    yield "throughput.csv", table


if __name__ == "__main__":
    main()
