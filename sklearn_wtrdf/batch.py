"""Reconstruction of many files of S(q), in several processes or on a Dask cluster.

Each process has one chunk of files in memory. An error in one file is reported, and the other files are processed.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import platform
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted
from tqdm import tqdm

from sklearn_wtrdf.base import ReconstructionMixin
from sklearn_wtrdf.io.curves import read_gr
from sklearn_wtrdf.io.headers import Unit, entries
from sklearn_wtrdf.io.patterns import PatternQuantity, read_pattern
from sklearn_wtrdf.io.write import write_gr
from sklearn_wtrdf.persistence.archive import is_newer
from sklearn_wtrdf.scattering.composition import Composition, number_density_of
from sklearn_wtrdf.scattering.sampling import R_MAX
from sklearn_wtrdf.scattering.validation import check_r
from sklearn_wtrdf.utils import files, parallel
from sklearn_wtrdf.utils.data_warnings import DataWarning, recorded
from sklearn_wtrdf.utils.threads import one_thread

Floats = NDArray[np.float64]

_COLUMNS = ["file", "output", "number_density", "number_density_source", "warning", "error"]
_DEFAULT_R = np.arange(1, 501) * 0.02  # Å, for models without an attribute r_
_UNFINISHED_PREFIX = ".wtrdf-"  # of folders with files that are being written
_ABANDONED_AFTER = 86_400  # s without a new file, after which a folder without a lock belongs to a run that was killed


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
    q_min: float | None = None,
    q_max: float | None = None,
    plot: bool = False,
    overwrite: bool = False,
    resume: bool = False,
    strict: bool = False,
    n_jobs: int | None = None,
    scheduler: str | None = None,
    verbose: bool = False,
) -> pd.DataFrame:
    """Reconstruct g(r) from each of many S(q) files and write it to a .gr file of the same name.

    Parameters
    ----------
    model : estimator
        A fitted model of this package, or any other with :class:`~sklearn_wtrdf.ReconstructionMixin`.
    paths : sequence of str or Path
        The files, for :func:`~sklearn_wtrdf.read_pattern`. Patterns with more points than g(r) to 20 Å needs are
        :meth:`rebinned <sklearn_wtrdf.Pattern.rebinned>`, and interpolated to the q grid of the model,
        :meth:`~sklearn_wtrdf.ReconstructionMixin.grid`. InversionRegressor weights S_R by the standard deviations in
        the file, if all of them are positive.
    folder : str or Path
        Folder of the .gr files. It is created if it does not exist.
    r : array-like of shape (n_r,), default=None
        Distances [Å]. None takes those that the model was fitted on, or 0.02 to 10 Å if it does not store them.
    number_density : float, default=None
        ρ₀ [Å⁻³] of all files. None reads it from the header of each file; without one, InversionRegressor estimates it,
        and other models cannot write G(r).
    composition : str, mapping or Composition, default=None
        Composition of all files. None reads it from the header of each file. It is written to the .gr files, with the
        mass density.
    mass_density : float, default=None
        Mass density [g/cm³] of all files, instead of the number density.
    quantity, column, unit, wavelength
        As for :func:`~sklearn_wtrdf.read_pattern`.
    q_min, q_max : float, default=None
        Range of q that is used [Å⁻¹], by :meth:`~sklearn_wtrdf.Pattern.cut`. None uses all points.
    plot : bool, default=False
        Also write a picture for each .gr file. Needs matplotlib.
    overwrite : bool, default=False
        Whether to replace existing files.
    resume : bool, default=False
        Continue after an interruption. Outputs are reused if they are complete and, by their headers, made by this
        model with these options from the same contents of the input; their rows have no ``warning``. Outputs of this
        model and these options that are damaged, or made from another input, are written again. Any other file in the
        place of an output is left unchanged unless `overwrite` is True, and the ``error`` of the row names it.
    strict : bool, default=False
        Treat every :class:`~sklearn_wtrdf.DataWarning` as an error, so that no output is written for such a file.
    n_jobs : int, default=None
        Number of processes, at most one for each core; -1 uses all cores, None a single process.
    scheduler : str, default=None
        Address of a Dask scheduler, ``tcp://host:8786``, whose workers are used instead. They must have access to the
        same files, and have the same packages.
    verbose : bool, default=False
        Show a progress bar.

    Returns
    -------
    outcomes : DataFrame
        A row for each file, in the same order: ``file``, ``output`` (None after an error), ``number_density`` [Å⁻³],
        ``number_density_source`` ("given", "from the file" or "solved for"), ``warning`` and ``error`` (which may be
        empty).

    Raises
    ------
    FileExistsError
        If an output exists, and both `resume` and `overwrite` are False. No file is written.
    OSError
        If the Dask scheduler does not answer, a worker lacks this package, or the cluster or a process is lost. The
        message has the number of files that are written.
    KeyboardInterrupt
        If it is interrupted; its message has the same number.
    ValueError
        If two files would have the same output, or an output would replace an input; if `composition` is not a formula,
        or `mass_density` is given with a number density or without a composition.
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
            f"model must be one that reconstructs materials from their S(q), got {type(model).__name__}: its class "
            "must inherit ReconstructionMixin."
        )
    check_is_fitted(model)
    density = number_density_of(number_density, composition, mass_density)
    formula = None if composition is None else Composition(composition).formula
    reading = {"quantity": quantity, "column": column, "unit": unit, "wavelength": wavelength}
    folder, inputs = Path(folder), [Path(path) for path in paths]
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"folder: {folder} is a file; a folder was expected.")
    r = check_r(getattr(model, "r_", _DEFAULT_R) if r is None else r)
    options = r, density, formula, reading, (q_min, q_max)
    job = _Job(model, folder, Path.cwd(), *options, plot, strict, str(joblib.hash((model, options, strict))))
    _check_outputs(job, inputs, overwrite or resume)
    outcomes = {path: done for path in inputs if (done := job.reusable_outcome(path, overwrite))} if resume else {}
    todo = [path for path in inputs if path not in outcomes]
    try:
        with (
            parallel.on_cluster(scheduler) as client,
            _unfinished(folder) as unfinished,
            tqdm(total=len(inputs), initial=len(outcomes), disable=None if verbose else True, unit="file") as progress,
        ):
            n = parallel.n_workers(n_jobs, len(todo), client)
            work = functools.partial(_run, job, unfinished)
            tasks = parallel.chunks(todo, n)
            for task, made in zip(tasks, parallel.each(work, tasks, n, client), strict=True):
                outcomes |= dict(zip(task, made, strict=True))
                progress.update(len(made))
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"interrupted: {job.state_of(inputs)}.") from None
    except parallel.LostError as lost:
        raise OSError(f"{lost} {job.state_of(inputs)}.") from None
    return pd.DataFrame([outcomes[path] for path in inputs], columns=_COLUMNS)


@contextlib.contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """Create a folder for the unfinished files of this run, so that runs do not interfere, and remove it at the end.

    Folders of runs that were killed are removed first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = f"{platform.node()}.lock"  # of this machine, because some file systems hide locks from other machines
    for other in folder.glob(f"{_UNFINISHED_PREFIX}*"):
        if _is_abandoned(other, lock):
            shutil.rmtree(other, ignore_errors=True)
    with (
        tempfile.TemporaryDirectory(prefix=_UNFINISHED_PREFIX, dir=folder, ignore_cleanup_errors=True) as unfinished,
        files.locked(Path(unfinished) / lock),
    ):
        yield Path.cwd() / unfinished


def _is_abandoned(folder: Path, lock: str) -> bool:
    """Return whether the run of a folder has ended, by its lock or, without one, after a day."""
    try:
        if (free := files.is_free(folder / lock)) is not None:
            return free
        return time.time() - folder.stat().st_mtime > _ABANDONED_AFTER
    except OSError:  # another run has just removed it
        return False


@dataclass(frozen=True)
class _Job:
    """The reconstruction of files by a model with given options."""

    model: ReconstructionMixin
    folder: Path
    here: Path  # base of relative paths, on any machine
    r: Floats
    number_density: float | None
    composition: str | None
    reading: dict[str, Any]
    ends: tuple[float | None, float | None]  # of q
    plot: bool
    strict: bool
    fingerprint: str  # of the model and the options, which identifies their outputs

    def output(self, path: Path) -> Path:
        return self.folder / f"{path.stem}.gr"

    def outputs(self, path: Path) -> list[Path]:
        output = self.output(path)
        return [output, output.with_suffix(".png")] if self.plot else [output]

    def done(self, path: Path) -> dict[str, Any] | None:
        """Return the outcome of a file whose output is complete, or None."""
        try:
            with recorded():
                curve = read_gr(self.output(path), quantity="G")
            complete = self.output(path).read_bytes().endswith(b"\n")
            complete &= all(output.stat().st_size > 0 for output in self.outputs(path))
            header, digest = curve.provenance, _digest(path)
        except (OSError, ValueError):  # it does not exist, or is damaged
            return None
        made_by = header.get("fingerprint"), header.get("source_sha256")
        if not complete or made_by != (self.fingerprint, digest) or curve.r.size != self.r.size or _by_newer(header):
            return None
        outcome = {"file": path, "output": self.output(path), "number_density": curve.number_density}
        return outcome | {"number_density_source": header["number_density_source"], "warning": "", "error": ""}

    def reusable_outcome(self, path: Path, overwrite: bool) -> dict[str, Any] | None:
        """Return the outcome of a file that is complete, or whose output must not be replaced, or None."""
        outcome = self.done(path)
        if outcome is None and not overwrite:
            try:
                self._check_own(path)
            except OSError as error:
                return self._failed(path, error)
        return outcome

    def _check_own(self, path: Path) -> None:
        """Raise if there is an output that was not made by this model with these options, unless it is empty."""
        output = self.output(path)
        if not _exists(output):
            for other in self.outputs(path):
                files.check_absent(other)
            return
        contents = output.read_bytes()
        header = entries(contents.decode("utf-8", "replace").splitlines())
        if _by_newer(header):
            raise FileExistsError(
                f"{output} was written by {header['version']}, which is newer than this version: update the package; "
                "overwrite=True replaces it."
            )
        if header.get("fingerprint") != self.fingerprint and contents.strip(b"\0\r\n\t "):
            raise FileExistsError(
                f"{output} exists, and was not made by this model with these options; overwrite=True replaces it."
            )

    def state_of(self, inputs: list[Path]) -> str:
        n = sum(self.done(path) is not None for path in inputs)
        return f"{n} of {len(inputs)} files are written to {self.folder}, and resume=True continues with the others"

    def outcome(self, path: Path, unfinished: Path) -> dict[str, Any]:
        try:
            return {"file": path, "error": ""} | self._reconstruct(path, unfinished)
        except Exception as error:  # any error concerns this file alone
            return self._failed(path, error)

    def _failed(self, path: Path, error: Exception) -> dict[str, Any]:
        message = str(error).replace(f"{self.here / path}", f"{path}") or type(error).__name__
        if not any(str(name) in message for name in (path, self.output(path).with_suffix(""))):
            message = f"{path}: {message}"
        outcome: dict[str, Any] = {"file": path, "output": None, "number_density": np.nan}
        return outcome | {"number_density_source": "", "warning": "", "error": message}

    def _reconstruct(self, path: Path, unfinished: Path) -> dict[str, Any]:
        digest = _digest(self.here / path)  # before it is read, in case it is changed meanwhile
        with recorded() as reading_warnings:
            pattern = read_pattern(self.here / path, composition=self.composition, **self.reading)
        pattern = pattern.cut(*self.ends).rebinned(max(R_MAX, float(self.r[-1])))
        given = self.number_density or pattern.number_density
        composition = self.composition or pattern.composition
        pattern = replace(pattern.on(self.model.grid(pattern.q)), number_density=given, composition=composition)
        reconstruction = self.model.reconstruct_pattern(pattern, self.r, return_std=True)
        g, std, density, messages, decomposition = reconstruction
        all_warnings = [*reading_warnings, *messages]
        warning = " ".join(str(item).removeprefix(f"{self.here / path}: ") for item in all_warnings)
        if self.strict and any(isinstance(item, DataWarning) for item in all_warnings):
            raise ValueError(warning)
        if density is None:
            raise ValueError("G(r) needs the number density: give it, or a line number_density = ... in the header.")
        if std is not None and not std[g > 0].all():
            std = None  # g is not exact where it is 0
        source = "solved for" if given is None else "given" if self.number_density else "from the file"
        header = {"source": path.name, "number_density_source": source} | self.model.provenance()
        header |= {"qmin": float(pattern.q[0]), "qmax": float(pattern.q[-1])}
        header |= {"fingerprint": self.fingerprint, "source_sha256": digest}
        output = self.output(path)
        made = write_gr(
            unfinished / output.name,
            self.r,
            g,
            density,
            std=std,
            composition=pattern.composition,
            header=header,
        )
        if self.plot:
            from sklearn_wtrdf.inversion.decomposition import decomposition_of
            from sklearn_wtrdf.plotting.rdf import RDFDisplay
            from sklearn_wtrdf.plotting.style import color_of, new_figure

            decomposition = decomposition or decomposition_of(self.r, g, density, pattern.q, pattern.s_r, pattern.std)
            with new_figure(9.6, 4.4) as figure:
                display = RDFDisplay(r=self.r, y_true=None, y_pred=g, std=std, decomposition=decomposition)
                display.plot(figure=figure, color=color_of(self.model))
                figure.suptitle(path.stem, x=0.01, ha="left")
                figure.savefig(made.with_suffix(".png"), dpi=160)
            picture = (self.here / output).with_suffix(".png")
            picture.unlink(missing_ok=True)  # so that no picture of a previous curve is left
        os.replace(made, self.here / output)
        if self.plot:
            os.replace(made.with_suffix(".png"), picture)
        outcome = {"output": output, "number_density": density, "number_density_source": source}
        return outcome | {"warning": warning}


def _run(job: _Job, unfinished: Path, paths: Sequence[Path]) -> list[dict[str, Any]]:
    with one_thread:
        return [job.outcome(path, unfinished) for path in paths]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _by_newer(header: Mapping[str, str]) -> bool:
    name, _, version = header.get("version", "").partition(" ")
    return name == "sklearn-wtrdf" and is_newer(version)


def _check_outputs(job: _Job, paths: list[Path], may_exist: bool) -> None:
    if twice := [output for output, n in Counter(map(job.output, paths)).items() if n > 1]:
        raise ValueError(f"paths: several files would be written to {twice[0]}; give them names of their own.")
    existing = [output for path in paths for output in job.outputs(path) if _exists(output)]
    inputs = set(map(_real, paths)) if existing else set()
    for output in existing:
        if _real(output) in inputs:
            raise ValueError(f"folder: {output} would replace an input file; choose another folder.")
        if not may_exist:
            files.check_absent(output)


def _exists(path: Path) -> bool:
    """Return whether a file exists; an invalid name raises an error later, when its file is processed."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _real(path: Path) -> str:
    """Return the real path of a file; an invalid one raises an error later, when its file is processed."""
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return str(path)
