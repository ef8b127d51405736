"""g(r) of many files of S(q) or counts, by several processes or on a Dask cluster.

Each process has one chunk of files in memory. An error in one file is reported, and the other files are processed.
"""

from __future__ import annotations

import contextlib
import functools
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import util
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted
from tqdm import tqdm

from sklearn_wtrdf.base import ReconstructionMixin
from sklearn_wtrdf.inversion.regressor import InversionRegressor
from sklearn_wtrdf.io.contents import contents_of
from sklearn_wtrdf.io.units import Unit
from sklearn_wtrdf.scattering.composition import Composition
from sklearn_wtrdf.scattering.validation import check_instance, check_r
from sklearn_wtrdf.utils import files, parallel
from sklearn_wtrdf.utils.data_warnings import record_warnings
from sklearn_wtrdf.utils.text import quoted
from sklearn_wtrdf.utils.threads import single_thread
from sklearn_wtrdf.workflows.fit import distances
from sklearn_wtrdf.workflows.job import Job, fitted_to, inversion_by
from sklearn_wtrdf.workflows.samples import read_sample
from sklearn_wtrdf.workflows.settings import FigureFormat, InputQuantity, PdfSettings, settings_of

Floats = NDArray[np.float64]

_COLUMNS = ["file", "output", "number_density", "number_density_source", "verdict", "warning", "error"]
_DEFAULT_R = np.arange(1, 501) * 0.02  # Å, for models without an attribute r_
_MAX_SEARCHES = 10  # files in a task of a process if each takes a search, so that progress and the log are recent
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
    quantity: InputQuantity | None = None,
    column: str | None = None,
    unit: Unit | None = None,
    wavelength: str | float | None = None,
    q_min: float | None = None,
    q_max: float | None = None,
    plot: bool | FigureFormat = False,
    overwrite: bool = False,
    resume: bool = False,
    strict: bool = False,
    n_jobs: int | None = None,
    scheduler: str | None = None,
    verbose: bool = False,
    report: Callable[[dict[str, Any]], None] | None = None,
) -> pd.DataFrame:
    """Reconstruct g(r) from each of many files of S(q), and write it to a .gr file of the same name.

    If the model is an inversion, the header of each .gr file contains the table of its peaks, which :func:`read_peaks`
    reads.

    Parameters
    ----------
    model : estimator
        A fitted model of this package, or any other with :class:`~sklearn_wtrdf.ReconstructionMixin`.
    paths : sequence of str or Path
        The files, which :func:`~sklearn_wtrdf.read_pattern` reads. Patterns with more points than g(r) up to 20 Å needs
        are :meth:`rebinned <sklearn_wtrdf.Pattern.rebinned>`, and then interpolated to the q grid of the model,
        :meth:`~sklearn_wtrdf.ReconstructionMixin.grid`. InversionRegressor weights S_R by the standard deviations in
        the file, if all of them are positive.
    folder : str or Path
        Folder of the .gr files. It is created if it does not exist.
    r : array-like of shape (n_r,), default=None
        Distances [Å]. None is the distances that the model was fitted on, or 0.02 to 10 Å if it does not store them.
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
    plot : bool or {"png", "pdf", "svg"}, default=False
        Whether to write a picture for each .gr file, or its format; True is "png". Needs matplotlib.
    overwrite : bool, default=False
        Whether to replace existing files.
    resume : bool, default=False
        Whether to continue after an interruption. Outputs are reused if they are complete and, by their headers, were
        computed by this model with these options from the same contents of the input. Outputs of this model and these
        options that are damaged or edited, or were computed from another input, are written again. Any other file with
        the name of an output is left unchanged unless `overwrite` is True, and the ``error`` of the row names it.
    strict : bool, default=False
        Whether to treat every :class:`~sklearn_wtrdf.DataWarning` as an error; no output is then written for the file.
    n_jobs : int, default=None
        Number of processes, at most one for each core; -1 uses all cores, None a single process.
    scheduler : str, default=None
        Address of a Dask scheduler, such as ``tcp://host:8786``, whose workers are used instead of local processes.
        They must have access to the same files, and have the same packages.
    verbose : bool, default=False
        Whether to show a progress bar.
    report : callable, default=None
        Called with the outcome of each file as soon as it is known: a dict of the columns below, with ``warnings``, a
        list of texts; ``peaks``, the rows of the table of peaks as dicts; ``paths``, the files that were written; and
        ``reused``, whether `resume` reused them.

    Returns
    -------
    outcomes : DataFrame
        A row for each file, in the same order: ``file``, ``output`` (None after an error), ``number_density`` [Å⁻³],
        ``number_density_source`` ("given", "from the file" or "solved for"), ``verdict`` of an inversion, ``warning``
        and ``error`` (which may be empty).

    Raises
    ------
    FileExistsError
        If an output exists, and both `resume` and `overwrite` are False. No file is written.
    OSError
        If the Dask scheduler does not answer, a worker lacks this package, or the cluster or a process is lost. The
        message states how many files were written.
    KeyboardInterrupt
        If the computation is interrupted. The message states the same number.
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
    r = check_r(getattr(model, "r_", _DEFAULT_R) if r is None else r)
    settings = PdfSettings(
        composition=None if composition is None else Composition(composition).formula,
        mass_density=mass_density,
        number_density=number_density,
        quantity=quantity,
        column=column,
        unit=unit,
        wavelength=wavelength,
        q_min=q_min,
        q_max=q_max,
        strict=strict,
        figure_format=plot if isinstance(plot, str) else "png" if plot else "none",
        r_max=max(PdfSettings.r_max, float(r[-1])),
    )
    fingerprint = joblib.hash((model, r, replace(settings, figure_format="none")))
    job = Job(model, settings, Path(folder), Path.cwd(), r, str(fingerprint), overwrite=overwrite)
    return _run(job, _inputs(paths), resume, n_jobs, scheduler, verbose, report)


def pdf_files(
    paths: Sequence[str | Path],
    folder: str | Path = "results",
    settings: PdfSettings | None = None,
    *,
    overwrite: bool = False,
    resume: bool = False,
    n_jobs: int | None = None,
    scheduler: str | None = None,
    verbose: bool = False,
    report: Callable[[dict[str, Any]], None] | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Compute g(r) from files of S(q) or counts, with peaks and a picture of each, as `wtrdf pdf` does.

    For each file SAMPLE.sq or SAMPLE.xy, it writes SAMPLE.gr, SAMPLE_peaks.csv, SAMPLE.png if matplotlib is installed
    and, for counts, SAMPLE.sq. The settings are written to settings.toml in the same folder.

    Parameters
    ----------
    paths : sequence of str or Path
        Files of S(q) or of counts, to which the same settings apply.
    folder : str or Path, default="results"
        Folder of the results. It is created if it does not exist.
    settings : PdfSettings, default=None
        The settings. None is the default settings.
    overwrite, resume, n_jobs, scheduler, verbose, report
        As for :func:`reconstruct_files`.
    **options
        Settings by name, such as ``composition="SiO2"``, which take precedence over `settings`.

    Returns
    -------
    outcomes : DataFrame
        As by :func:`reconstruct_files`.

    Raises
    ------
    FileExistsError
        If an output exists and both `resume` and `overwrite` are False, or settings.toml has other settings and
        `overwrite` is False. No file is written, unless another run wrote settings.toml meanwhile.
    OSError, KeyboardInterrupt
        As by :func:`reconstruct_files`.
    ValueError
        If a setting is invalid, two files would have the same output, or an output would replace an input.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn_wtrdf import pdf_files, read_peaks, write_sq
    >>> from sklearn_wtrdf.datasets import load_material
    >>> silica = load_material("silica", weighting="neutron", q_max=17)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_sq(f"{folder}/glass.sq", silica.q, silica.s_r, 0.0662)
    ...     outcomes = pdf_files([path], f"{folder}/results", composition="SiO2", figure_format="none")
    ...     read_peaks(outcomes["output"][0])["position"].round(1).tolist()[:2]
    [1.6, 2.6]
    """
    if settings is not None:
        check_instance("settings", settings, PdfSettings)
    settings = settings_of(options, settings)
    if settings.figure_format != "none" and util.find_spec("matplotlib") is None:
        settings = replace(settings, figure_format="none")
    folder, inputs = Path(folder), _inputs(paths)
    _check_folder(folder)
    text, toml = settings.to_toml(folder), folder / "settings.toml"
    if not overwrite and any(path.exists() for path in inputs):  # a missing file is reported first
        _check_settings(toml, text)
    background = settings.background and os.path.abspath(settings.background)
    job = _pdf_job(replace(settings, background=background), folder, inputs, overwrite)

    is_written = False

    def report_with_settings(outcome: dict[str, Any]) -> None:
        """Write the settings beside the first result, and not before: without a result they may be wrong."""
        nonlocal is_written
        if outcome["output"] is not None and not is_written:
            if not overwrite:
                _check_settings(toml, text)  # another run may have written its own meanwhile
            if overwrite or not toml.exists():
                settings.write(toml, overwrite=overwrite)
            is_written = True
        if report is not None:
            report(outcome)

    return _run(job, inputs, resume, n_jobs, scheduler, verbose, report_with_settings)


def _pdf_job(settings: PdfSettings, folder: Path, inputs: list[Path], overwrite: bool) -> Job:
    """Return the job of :func:`pdf_files`.

    Several files of one material begin with the hyperparameters of the first file that can be read.
    """
    r = distances(settings.r_max)
    model = inversion_by(settings)
    background = settings.background and contents_of(Path(settings.background))
    is_series = len(inputs) > 1 and settings.composition is not None and settings.density is not None
    start, similar = "", None
    if settings.refit == "warm" or (settings.refit is None and is_series):
        for path in inputs:
            with contextlib.suppress(OSError, ValueError), record_warnings():
                sample = read_sample(path, settings)
                model = fitted_to(model, sample.pattern, r).set_params(refit="warm")
                start, similar = path.name, None if sample.reduction is None else sample.reduction.reduced
                break
    fingerprint = joblib.hash(((replace(settings, figure_format="none"), background, start != ""), r))
    return Job(
        model,
        settings,
        folder,
        Path.cwd(),
        r,
        str(fingerprint),
        fits_each=True,
        start=start,
        similar=similar,
        has_table=True,
        overwrite=overwrite,
    )


def _run(
    job: Job,
    inputs: list[Path],
    resume: bool,
    n_jobs: int | None,
    scheduler: str | None,
    verbose: bool,
    report: Callable[[dict[str, Any]], None] | None,
) -> pd.DataFrame:
    """Compute the outcome of each file, report it as soon as it is known, and return all outcomes as a table."""
    _check_folder(job.folder)
    _check_outputs(job, inputs, job.overwrite or resume)
    outcomes: dict[Path, dict[str, Any]] = {}

    def add(path: Path, outcome: dict[str, Any]) -> None:
        if report is not None:
            report(outcome)
        outcomes[path] = {name: outcome[name] for name in _COLUMNS}

    if resume:
        for path in inputs:
            if outcome := job.reusable_outcome(path, job.overwrite):
                add(path, outcome)
    todo = [path for path in inputs if path not in outcomes]
    try:
        with (
            parallel.on_cluster(scheduler) as client,
            _unfinished(job.folder) as unfinished,
            tqdm(total=len(inputs), initial=len(outcomes), disable=None if verbose else True, unit="file") as progress,
        ):
            n = parallel.n_workers(n_jobs, len(todo), client)
            work = functools.partial(_outcomes, job, unfinished)
            tasks = parallel.chunks(
                todo, n, max_size=_MAX_SEARCHES if isinstance(job.model, InversionRegressor) else None
            )
            for task, task_outcomes in zip(tasks, parallel.map_tasks(work, tasks, n, client), strict=True):
                for path, outcome in zip(task, task_outcomes, strict=True):
                    add(path, outcome)
                progress.update(len(task))
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"interrupted: {_progress(job, inputs)}.") from None
    except parallel.LostError as lost:
        raise OSError(f"{lost} {_progress(job, inputs)}.") from None
    return pd.DataFrame([outcomes[path] for path in inputs], columns=_COLUMNS)


def _inputs(paths: Sequence[str | Path]) -> list[Path]:
    """Return the paths of the files, or raise an error for a single path, whose letters would be taken for files."""
    given = [] if isinstance(paths, str | Path) else list(paths)
    if isinstance(paths, str | Path) or not all(isinstance(path, str | Path) for path in given):
        raise TypeError(f"paths must be a sequence of files, such as ['glass.sq'], got {quoted(paths)}.")
    return [Path(path) for path in given]


def _progress(job: Job, inputs: list[Path]) -> str:
    """Return how many files are written, and how to continue."""
    n = sum(job.complete_outcome(path) is not None for path in inputs)
    return f"{n} of {len(inputs)} files are written to {job.folder}, and resume=True continues with the others"


def _check_settings(toml: Path, text: str) -> None:
    """Raise if there is a file with other settings."""
    if not os.path.lexists(toml):
        return
    files.check_file(toml)
    if toml.read_text(encoding="utf-8", errors="replace") != text:
        raise FileExistsError(
            f"{toml} has other settings: choose another folder; overwrite=True replaces it, and the results there."
        )


def _check_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"folder: {folder} is a file; a folder was expected.")


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


def _outcomes(job: Job, unfinished: Path, paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Return the outcomes of the files of a task, in a worker process."""
    with single_thread:
        return [job.outcome(path, unfinished) for path in paths]


def _check_outputs(job: Job, paths: list[Path], may_exist: bool) -> None:
    """Raise if two inputs have one output, or an output is an input or exists."""
    inputs: dict[Path, Path] = {}
    for path in paths:
        output = job.output(path)
        if output in inputs:
            raise ValueError(f"paths: {_why_one_output(path, inputs[output], output)}")
        inputs[output] = path
    outputs = (output for path in paths for output in job.outputs(path))
    background = job.settings.background
    files.check_outputs(outputs, [*paths, *([] if background is None else [Path(background)])], may_exist)


def _why_one_output(path: Path, other: Path, output: Path) -> str:
    if path == other:
        return f"{path} is given twice."
    if (identity := files.identity(path)) is not None and identity == files.identity(other):
        return f"{path} is given twice, also as {other}."
    return f"several files would be written to {output}; give them names of their own."
