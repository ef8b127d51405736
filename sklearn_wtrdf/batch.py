"""Many files: S(q) in, G(r) out, in chunks, in processes or on a Dask cluster.

One chunk of files is in memory at a time for each process. A file that fails is reported and the rest go on.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pickle
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import ThreadpoolController
from tqdm import tqdm

from sklearn_wtrdf import wavelet
from sklearn_wtrdf.composition import Composition, number_density_of
from sklearn_wtrdf.estimators import InversionRegressor, WTRDFRegressor
from sklearn_wtrdf.estimators._inversion import Material
from sklearn_wtrdf.files import check_absent, written_whole
from sklearn_wtrdf.inversion import Prior, doubts
from sklearn_wtrdf.io import PatternQuantity, read_pattern, write_gr
from sklearn_wtrdf.scattering import check_r
from sklearn_wtrdf.tables import Unit

Floats = NDArray[np.float64]
Solve = Callable[[Floats, float | None, Floats | None], tuple[Floats, Floats | None, float | None, list[str]]]

_CHUNK = 100  # files: enough that the work outweighs sending it, few enough that progress is seen
_CHUNK_OF_SEARCHES = 4  # where each takes a second


def reconstruct_files(
    model: BaseEstimator,
    paths: Sequence[str | Path],
    folder: str | Path,
    *,
    r: ArrayLike | None = None,
    number_density: float | None = None,
    composition: str | Mapping[str, float] | Composition | None = None,
    mass_density: float | None = None,
    quantity: PatternQuantity | None = None,
    column: str | None = None,
    unit: Unit | None = None,
    wavelength: float | None = None,
    plot: bool = False,
    overwrite: bool = False,
    n_jobs: int | None = None,
    scheduler: str | None = None,
    verbose: bool = False,
) -> pd.DataFrame:
    """Reconstruct g(r) from each of many S(q) files and write it to a .gr file of the same name.

    Parameters
    ----------
    model : InversionRegressor or WTRDFRegressor
        A fitted one.
    paths : sequence of str or Path
        The files, for :func:`~sklearn_wtrdf.read_pattern`. One on another q grid is interpolated to the model's.
        InversionRegressor weighs S_R by the file's standard deviations, if all of them are positive.
    folder : str or Path
        Where the .gr files go; it is made if it is not there.
    r : array-like of shape (n_r,), default=None
        Distances [Å]. None takes those that the model was fitted on.
    number_density : float, default=None
        ρ₀ [Å⁻³] of all files. None takes each file's header; where that has none, InversionRegressor solves for it, and
        WTRDFRegressor cannot write G(r).
    composition : str, mapping or Composition, default=None
        What all files are of. The headers of the .gr files then say it, and the mass density.
    mass_density : float, default=None
        Mass density [g/cm³] of all files, instead of the number density.
    quantity, column, unit, wavelength
        As for :func:`~sklearn_wtrdf.read_pattern`.
    plot : bool, default=False
        Write a picture beside each .gr file, too. Needs matplotlib.
    overwrite : bool, default=False
        Replace files that are there.
    n_jobs : int, default=None
        Processes; -1 is one for each core. None is one.
    scheduler : str, default=None
        Address of a Dask scheduler, ``tcp://host:8786``, whose workers do the work instead. They must see the same
        files and have the same packages.
    verbose : bool, default=False
        Show a progress bar.

    Returns
    -------
    outcomes : DataFrame
        A row for each file, in order: ``file``, ``output`` (None where it failed), ``number_density`` [Å⁻³],
        ``warning`` and ``error`` (empty where there is none).

    Raises
    ------
    FileExistsError
        If an output is there already and `overwrite` is False. Nothing has been written then.
    ValueError
        If two files would have one output, or an output would replace an input; if `composition` is no formula, or
        `mass_density` is given beside a number density or without a composition.
    TypeError
        If the model cannot reconstruct another material.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn_wtrdf import InversionRegressor, reconstruct_files
    >>> from sklearn_wtrdf.datasets import load_ag_ge_se
    >>> import numpy as np
    >>> model = InversionRegressor().fit(*load_ag_ge_se(0, return_X_y=True))
    >>> glass = load_ag_ge_se(10)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savetxt(f"{folder}/ag10.fq", np.column_stack([glass.q, glass.s_r]))
    ...     outcomes = reconstruct_files(model, [f"{folder}/ag10.fq"], folder, number_density=glass.number_density)
    >>> outcomes["output"][0].name
    'ag10.gr'
    """
    if not isinstance(model, InversionRegressor | WTRDFRegressor):
        raise TypeError(
            f"model must be an InversionRegressor or a WTRDFRegressor, got {type(model).__name__}: it cannot "
            "reconstruct another material from its S(q)."
        )
    check_is_fitted(model)
    density = number_density_of(number_density, composition, mass_density)
    formula = None if composition is None else Composition(composition).formula
    reading = {"quantity": quantity, "column": column, "unit": unit, "wavelength": wavelength}
    folder, files = Path(folder), [Path(path) for path in paths]
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"folder: {folder} is a file; a folder was expected.")
    job = _Job(model, folder, Path.cwd(), model.r_ if r is None else check_r(r), density, formula, reading, plot)
    _check_outputs(job, files, overwrite)
    size = _CHUNK_OF_SEARCHES if getattr(model, "refit", "never") == "each" else _CHUNK
    chunks = [files[i : i + size] for i in range(0, len(files), size)]
    outcomes: list[dict[str, Any]] = []
    with tqdm(total=len(files), disable=None if verbose else True, unit="file") as progress:
        for some in _results(job, chunks, n_jobs, scheduler):
            outcomes += some
            progress.update(len(some))
    _remove_half_written(job, files)
    return pd.DataFrame(outcomes, columns=["file", "output", "number_density", "warning", "error"])


def _results(
    job: _Job, chunks: list[list[Path]], n_jobs: int | None, scheduler: str | None
) -> Iterator[list[dict[str, Any]]]:
    """Yield the outcomes of each chunk, in order."""
    with on_cluster(scheduler) as client:
        job.folder.mkdir(parents=True, exist_ok=True)
        run = functools.partial(_run, pickle.dumps(job))
        if client is None:
            yield from joblib.Parallel(n_jobs, return_as="generator")(joblib.delayed(run)(chunk) for chunk in chunks)
        else:  # not through joblib, which leaves a cluster of one thread idle
            for future in client.map(run, chunks, pure=False):
                yield future.result()


@contextlib.contextmanager
def on_cluster(scheduler: str | None) -> Iterator[Any]:
    """Send what joblib does within the block to a Dask cluster, and give its client; with None, leave it here.

    A worker that dies costs no more than time: its tasks go to the others. joblib leaves a cluster of one thread idle.
    """
    if scheduler is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise ImportError('scheduler: Dask is missing: pip install "sklearn-wtrdf[cluster]".') from error
    try:
        client = Client(scheduler, timeout=5)
    except (OSError, ValueError) as error:
        raise OSError(f"scheduler: no Dask scheduler answers at {scheduler} ({error}).") from error
    with client, joblib.parallel_config("dask"):
        yield client


@dataclass(frozen=True)
class _Job:
    """What is done with each file."""

    model: InversionRegressor | WTRDFRegressor
    folder: Path
    here: Path  # what relative paths begin from, on whichever machine
    r: Floats
    number_density: float | None
    composition: str | None
    reading: dict[str, Any]
    plot: bool

    def output(self, path: Path) -> Path:
        return self.folder / f"{path.stem}.gr"

    def outcome(self, path: Path, solve: Solve) -> dict[str, Any]:
        outcome = {"file": path, "output": None, "number_density": np.nan, "warning": "", "error": ""}
        try:
            return outcome | self._reconstruct(path, solve)
        except Exception as error:  # whatever one file does, the others go on
            message = str(error).replace(f"{self.here / path}", f"{path}") or type(error).__name__
            return outcome | {"error": message if str(path) in message else f"{path}: {message}"}

    def _reconstruct(self, path: Path, solve: Solve) -> dict[str, Any]:
        pattern = read_pattern(self.here / path, **self.reading)
        s_r = pattern.on(self.model.q_)
        given = self.number_density or pattern.number_density
        g, std, density, found = solve(s_r, given, pattern.std_on(self.model.q_))
        if density is None:
            raise ValueError("G(r) needs the number density: give it, or a line number_density = ... in the header.")
        source = "solved for" if given is None else "given" if self.number_density else "from the file"
        name = re.sub(r"[=\r\n]", "-", path.name).encode(errors="replace").decode()
        header = {"source": name, "number_density_source": source} | _provenance(self.model)
        output = self.output(path)
        place = self.here / output
        write_gr(place, self.r, g, density, std=std, composition=self.composition, header=header, overwrite=True)
        if self.plot:
            _plot(place.with_suffix(".png"), self.r, g, std)
        return {"output": output, "number_density": density, "warning": " ".join(found)}


def _run(pickled: bytes, paths: list[Path]) -> list[dict[str, Any]]:
    job, solve = _job_of(pickled)
    # One thread: the matrices are small, and the last digits do not depend on where the work is done.
    with _threads().limit(limits=1):
        return [job.outcome(path, solve) for path in paths]


@functools.lru_cache(maxsize=1)
def _job_of(pickled: bytes) -> tuple[_Job, Solve]:
    """Return the job that was sent. It is kept, so that a process builds what the model solves with only once."""
    job: _Job = pickle.loads(pickled)
    return job, _solver_of(job.model, job.r)


@functools.cache
def _threads() -> ThreadpoolController:
    return ThreadpoolController()  # it searches the process for libraries, which takes milliseconds


def _solver_of(model: InversionRegressor | WTRDFRegressor, r: Floats) -> Solve:
    """Return the function that gives g, its standard deviation, ρ₀ and what looks wrong of S_R, ρ₀ and S_R's std."""
    if isinstance(model, WTRDFRegressor):
        kernel = wavelet.kernel(r, model.q_, **model.params_)
        return lambda s_r, density, std: (kernel @ s_r, None, density, doubts(model.q_, s_r, density))

    def solve(s_r: Floats, density: float | None, std: Floats | None) -> tuple[Floats, Floats | None, float, list[str]]:
        material = Material(np.arange(r.size), s_r, density, std)
        (g,), (spread,), (solved,), (found,) = model._curves(r, [material], return_std=True)
        # Where g counts as exact, no standard deviation is better than 0.
        return g, spread if spread[g > 0].all() else None, float(solved), found

    return solve


def _provenance(model: InversionRegressor | WTRDFRegressor) -> dict[str, object]:
    """Return the header's lines: which model, with which parameters, from which range of q."""
    params: dict[str, Any] = model.params_ if isinstance(model, WTRDFRegressor) else model.get_params(deep=False)
    plain = {name: value for name, value in params.items() if isinstance(value, float | int | bool | str)}
    if isinstance(prior := params.get("prior"), Prior):
        plain["prior"] = str(prior).replace("=", ": ")  # a header's value holds no =
    return {"model": type(model).__name__, **plain, "qmin": float(model.q_[0]), "qmax": float(model.q_[-1])}


def _plot(path: Path, r: Floats, g: Floats, std: Floats | None) -> None:
    from matplotlib.figure import Figure

    from sklearn_wtrdf.plotting import RDFDisplay

    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    display = RDFDisplay.from_predictions(r, None, g, std, ax=figure.subplots())
    display.ax_.set_title(path.stem, loc="left", fontsize="medium")
    with written_whole(path, overwrite=True) as temporary:
        figure.savefig(temporary, dpi=200)


def _check_outputs(job: _Job, files: list[Path], overwrite: bool) -> None:
    outputs = [job.output(path) for path in files]
    if twice := [output for output, n in Counter(outputs).items() if n > 1]:
        raise ValueError(f"paths: several files would be written to {twice[0]}; give them names of their own.")
    inputs = set(map(os.path.realpath, files))
    for output in outputs:
        for path in [output, output.with_suffix(".png")] if job.plot else [output]:
            if os.path.realpath(path) in inputs:
                raise ValueError(f"folder: {path} would replace an input file; choose another folder.")
            if not overwrite:
                check_absent(path)


def _remove_half_written(job: _Job, files: list[Path]) -> None:
    """Remove what a process that was killed had begun to write."""
    stems = {path.stem for path in files}
    for path in job.folder.glob(".*.*"):
        if (half := re.fullmatch(r"\.(.+)\.[0-9a-f]{8}\.(gr|png)", path.name)) and half[1] in stems:
            path.unlink(missing_ok=True)
