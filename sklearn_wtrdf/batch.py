"""Many files: S(q) in, G(r) out, in chunks, in processes or on a Dask cluster.

One chunk of files is in memory at a time for each process. A file that fails is reported and the rest go on.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted
from tqdm import tqdm

from sklearn_wtrdf import parallel
from sklearn_wtrdf.composition import Composition, number_density_of
from sklearn_wtrdf.estimators import ReconstructionMixin
from sklearn_wtrdf.files import check_absent
from sklearn_wtrdf.io import PatternQuantity, read_pattern, write_gr
from sklearn_wtrdf.scattering import check_r
from sklearn_wtrdf.tables import Unit

Floats = NDArray[np.float64]

_COLUMNS = ["file", "output", "number_density", "number_density_source", "warning", "error"]
_USUAL_R = np.arange(1, 501) * 0.02  # Å, for models that do not keep those that they were fitted on
_UNFINISHED = ".wtrdf-"  # folders of files that are being written begin so
_ABANDONED = 86_400  # seconds: such a folder that nothing was written to for so long is of a run that was killed


def reconstruct_files(
    model: ReconstructionMixin,
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
    model : estimator
        A fitted one of this package, or any that has :class:`~sklearn_wtrdf.ReconstructionMixin`.
    paths : sequence of str or Path
        The files, for :func:`~sklearn_wtrdf.read_pattern`. One on another q grid is interpolated to that on which the
        model takes it, :meth:`~sklearn_wtrdf.ReconstructionMixin.grid`. InversionRegressor weighs S_R by the file's
        standard deviations, if all of them are positive.
    folder : str or Path
        Where the .gr files go; it is made if it is not there.
    r : array-like of shape (n_r,), default=None
        Distances [Å]. None takes those that the model was fitted on, or 0.02 to 10 Å where it does not keep them.
    number_density : float, default=None
        ρ₀ [Å⁻³] of all files. None takes each file's header; where that has none, InversionRegressor solves for it, and
        other models cannot write G(r).
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
        Processes, at most one for each core; -1 is that many. None is one.
    scheduler : str, default=None
        Address of a Dask scheduler, ``tcp://host:8786``, whose workers do the work instead. They must see the same
        files and have the same packages.
    verbose : bool, default=False
        Show a progress bar.

    Returns
    -------
    outcomes : DataFrame
        A row for each file, in order: ``file``, ``output`` (None where it failed), ``number_density`` [Å⁻³],
        ``number_density_source`` ("given", "from the file" or "solved for"), ``warning`` and ``error`` (empty where
        there is none).

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
    if not isinstance(model, ReconstructionMixin):
        raise TypeError(
            f"model must be one that reconstructs other materials from their S(q), got {type(model).__name__}: let its "
            "class inherit ReconstructionMixin."
        )
    check_is_fitted(model)
    density = number_density_of(number_density, composition, mass_density)
    formula = None if composition is None else Composition(composition).formula
    reading = {"quantity": quantity, "column": column, "unit": unit, "wavelength": wavelength}
    folder, files = Path(folder), [Path(path) for path in paths]
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"folder: {folder} is a file; a folder was expected.")
    r = check_r(getattr(model, "r_", _USUAL_R) if r is None else r)
    job = _Job(model, folder, Path.cwd(), r, density, formula, reading, plot)
    _check_outputs(job, files, overwrite)
    outcomes: list[dict[str, Any]] = []
    with (
        on_cluster(scheduler) as client,
        _unfinished(folder) as unfinished,
        tqdm(total=len(files), disable=None if verbose else True, unit="file") as progress,
    ):
        n = _n_threads(client) if client else parallel.n_workers(n_jobs, len(files))
        work = functools.partial(_run, job, unfinished)
        for some in parallel.each(work, parallel.chunks(files, n), n, client):
            outcomes += some
            progress.update(len(some))
    return pd.DataFrame(outcomes, columns=_COLUMNS)


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


def _n_threads(client: Any) -> int:
    return max(1, sum(client.nthreads().values()))


@contextlib.contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """Make a folder of this run's own for files that are being written, and remove it with what is left in it.

    So no run touches what another one is writing. Folders of runs that were killed are removed after a day.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for abandoned in folder.glob(f"{_UNFINISHED}*"):
        with contextlib.suppress(OSError):
            if time.time() - abandoned.stat().st_mtime > _ABANDONED:
                shutil.rmtree(abandoned)
    with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=folder, ignore_cleanup_errors=True) as unfinished:
        yield Path.cwd() / unfinished


@dataclass(frozen=True)
class _Job:
    """What is done with each file."""

    model: ReconstructionMixin
    folder: Path
    here: Path  # what relative paths begin from, on whichever machine
    r: Floats
    number_density: float | None
    composition: str | None
    reading: dict[str, Any]
    plot: bool

    def output(self, path: Path) -> Path:
        return self.folder / f"{path.stem}.gr"

    def outcome(self, path: Path, unfinished: Path) -> dict[str, Any]:
        outcome = {"file": path, "output": None, "number_density": np.nan}
        outcome |= {"number_density_source": "", "warning": "", "error": ""}
        try:
            return outcome | self._reconstruct(path, unfinished)
        except Exception as error:  # whatever one file does, the others go on
            message = str(error).replace(f"{self.here / path}", f"{path}") or type(error).__name__
            return outcome | {"error": message if str(path) in message else f"{path}: {message}"}

    def _reconstruct(self, path: Path, unfinished: Path) -> dict[str, Any]:
        pattern = read_pattern(self.here / path, **self.reading)
        q = self.model.grid(pattern.q)
        given = self.number_density or pattern.number_density
        found = self.model.reconstruct_one(self.r, q, pattern.on(q), given, pattern.std_on(q), True)
        g, std, density, doubts = found
        if density is None:
            raise ValueError("G(r) needs the number density: give it, or a line number_density = ... in the header.")
        if std is not None and not std[g > 0].all():
            std = None  # where g counts as exact, no standard deviation is better than 0
        source = "solved for" if given is None else "given" if self.number_density else "from the file"
        name = re.sub(r"[=\r\n]", "-", path.name).encode(errors="replace").decode()
        header = {"source": name, "number_density_source": source} | self.model.provenance()
        header |= {"qmin": float(q[0]), "qmax": float(q[-1])}
        output = self.output(path)
        made = write_gr(
            unfinished / output.name, self.r, g, density, std=std, composition=self.composition, header=header
        )
        if self.plot:
            _plot(made.with_suffix(".png"), path.stem, self.r, g, std)
            os.replace(made.with_suffix(".png"), (self.here / output).with_suffix(".png"))
        os.replace(made, self.here / output)
        outcome = {"output": output, "number_density": density, "number_density_source": source}
        return outcome | {"warning": " ".join(doubts)}


def _run(job: _Job, unfinished: Path, paths: Sequence[Path]) -> list[dict[str, Any]]:
    with parallel.one_thread():
        return [job.outcome(path, unfinished) for path in paths]


def _plot(path: Path, title: str, r: Floats, g: Floats, std: Floats | None) -> None:
    from matplotlib.figure import Figure

    from sklearn_wtrdf.plotting import RDFDisplay

    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    display = RDFDisplay.from_predictions(r, None, g, std, ax=figure.subplots())
    display.ax_.set_title(title, loc="left", fontsize="medium")
    figure.savefig(path, dpi=200)


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
