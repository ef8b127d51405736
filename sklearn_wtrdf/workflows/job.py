"""The computation of g(r) of one file of many: its output files, and whether they can be reused."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import sklearn
from numpy.typing import NDArray
from sklearn.base import clone

from sklearn_wtrdf.base import Reconstruction, ReconstructionMixin
from sklearn_wtrdf.inversion.priors import Bond, Continuum
from sklearn_wtrdf.inversion.regressor import InversionRegressor
from sklearn_wtrdf.io.curves import read_gr
from sklearn_wtrdf.io.headers import entries
from sklearn_wtrdf.io.peaks import unchanged_peaks
from sklearn_wtrdf.io.write import write_gr
from sklearn_wtrdf.reduction.reduced_scan import ReducedScan
from sklearn_wtrdf.scattering.frame import scattering_frame
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.scattering.sampling import wrong_unit_of_r
from sklearn_wtrdf.utils import files
from sklearn_wtrdf.utils.data_warnings import DataWarning, record_warnings
from sklearn_wtrdf.utils.versions import is_newer
from sklearn_wtrdf.workflows.pictures import draw_pdf
from sklearn_wtrdf.workflows.samples import read_sample
from sklearn_wtrdf.workflows.scan import ScanReduction
from sklearn_wtrdf.workflows.settings import PdfSettings

Floats = NDArray[np.float64]

_SAME_END = 0.1  # Å⁻¹, largest difference of the ends of q of patterns of one series
_VERSIONS = ", ".join(f"{package.__name__} {package.__version__}" for package in (np, scipy, sklearn))


@dataclass(frozen=True)
class Job:
    """The computation of g(r) of files by a model with given settings.

    Attributes
    ----------
    model : ReconstructionMixin
        A fitted model.
    settings : PdfSettings
        Composition, density and other settings of the files.
    folder, here : Path
        Folder of the outputs, and base of relative paths, on any machine.
    r : ndarray of shape (n_r,)
        Distances [Å].
    fingerprint : str
        Hash of the model and the settings, which identifies their outputs.
    fits_each : bool
        Whether the model is an inversion that is fitted to each file; if it is fitted already, files that are similar
        to the one that it was fitted to begin with its hyperparameters.
    start : str
        Name of the file that the model was fitted to.
    similar : ReducedScan, default=None
        The counts of that file, reduced, if it has counts; reductions of the others begin with it.
    doubts_about_counts : mapping of str to str, default=None
        Doubts about the counts that S(q) in the file is from. None examines the file itself.
    has_table : bool
        Whether a table of peaks is written.
    overwrite : bool
    """

    model: ReconstructionMixin
    settings: PdfSettings
    folder: Path
    here: Path
    r: Floats
    fingerprint: str
    fits_each: bool = False
    start: str = ""
    similar: ReducedScan | None = None
    doubts_about_counts: Mapping[str, str] | None = None
    has_table: bool = False
    overwrite: bool = False

    def output(self, path: Path) -> Path:
        """Return the .gr file of an input."""
        return self.folder / f"{path.stem}.gr"

    def outputs(self, path: Path, reduced: bool = False) -> list[Path]:
        """Return the files of an input, the .gr file first; if it contains counts, there is a .sq file as well."""
        output = self.output(path)
        table = [output.with_name(f"{path.stem}_peaks.csv")] if self.has_table else []
        picture = self.settings.figure_format
        pictures = [] if picture == "none" else [output.with_name(f"{path.stem}.{picture}")]
        return [output, *table, *pictures, *([output.with_name(f"{path.stem}.sq")] if reduced else [])]

    def complete_outcome(self, path: Path) -> dict[str, Any] | None:
        """Return the outcome of a file whose outputs are complete, or None."""
        try:
            return self._reused(path)
        except (AttributeError, KeyError, OSError, ValueError):  # it does not exist, or is damaged
            return None

    def _reused(self, path: Path) -> dict[str, Any] | None:
        output = self.output(path)
        with record_warnings():
            curve, peaks = read_gr(output, quantity="G"), unchanged_peaks(output)
        header = curve.provenance
        outputs = self.outputs(path, "reduced" in header)
        complete = (
            output.read_bytes().endswith(b"\n") and curve.r.size == self.r.size and not _is_of_newer_version(header)
        )
        complete &= json.loads(header["outputs_sha256"]).items() >= _digests(outputs[1:]).items()
        if not complete or (header["fingerprint"], header["source_sha256"]) != (self.fingerprint, _digest(path)):
            return None
        return _outcome(
            path,
            peaks,
            json.loads(header["warnings"]),
            output=output,
            number_density=curve.number_density,
            number_density_source=header["number_density_source"],
            composition=curve.composition,
            radiation=header.get("radiation"),
            verdict=header["verdict"],
            paths=outputs,
            reused=True,
        )

    def reusable_outcome(self, path: Path, overwrite: bool) -> dict[str, Any] | None:
        """Return the outcome of a file that is complete, or whose output must not be replaced, or None."""
        outcome = self.complete_outcome(path)
        if outcome is None and not overwrite:
            try:
                self._check_not_foreign(path)
            except OSError as error:
                return self._failed(path, error)
        return outcome

    def _check_not_foreign(self, path: Path, reduced: bool = False) -> None:
        """Raise an error if there is a nonempty output that was not written by this model with these options."""
        output = self.here / self.output(path)
        if not output.exists():
            for other in self.outputs(path, reduced):
                files.check_absent(self.here / other)
            return
        files.check_file(output)
        contents = output.read_bytes()
        header = entries(contents.decode("utf-8", "replace").splitlines())
        if _is_of_newer_version(header):
            raise FileExistsError(
                f"{output} was written by {header['version']}, which is newer than this version: update the package; "
                "overwrite=True replaces it."
            )
        if header.get("fingerprint") != self.fingerprint and contents.strip(b"\0\r\n\t "):
            raise FileExistsError(
                f"{output} exists, and was not made by this model with these options; overwrite=True replaces it."
            )

    def outcome(self, path: Path, unfinished: Path) -> dict[str, Any]:
        """Compute g(r) of a file, write its outputs, and return its outcome."""
        try:
            return self._solve(path, unfinished)
        except Exception as error:  # any error concerns this file alone
            return self._failed(path, error, unfinished)

    def _failed(self, path: Path, error: Exception, unfinished: Path | None = None) -> dict[str, Any]:
        """Return the outcome of a file with an error, whose message contains no names of temporary files."""
        message = files.text_of(error) or type(error).__name__
        for name in (path, *self.outputs(path, reduced=True)):
            for place in (self.here / name, *([] if unfinished is None else [unfinished / name.name])):
                message = message.replace(f"{place}", f"{name}")
        if not any(str(name) in message for name in (path, self.output(path).with_suffix(""))):
            message = f"{path}: {message}"
        return _outcome(path, error=message)

    def _solve(self, path: Path, unfinished: Path) -> dict[str, Any]:
        digest = _digest(self.here / path)  # before it is read, in case it is changed meanwhile
        with record_warnings() as reader_warnings:
            pattern, reduction, doubts = read_sample(self.here / path, self.settings, self.similar)
            doubts = doubts if self.doubts_about_counts is None else dict(self.doubts_about_counts)
            model = self._model_of(pattern)
        pattern = pattern.on(model.grid(pattern.q))
        solved = _reconstructed(model, pattern, self.r)
        texts_of_file = [*doubts.values(), wrong_unit_of_r(self.r, pattern.q)]
        messages = [*reader_warnings, *map(DataWarning, filter(None, texts_of_file)), *solved.warnings]
        messages = list({str(message): message for message in reversed(messages)}.values())[::-1]
        texts = [str(message).removeprefix(f"{self.here / path}: ") for message in messages]
        if self.settings.strict and any(isinstance(message, DataWarning) for message in messages):
            raise ValueError(" ".join(texts))
        if (density := solved.number_density) is None:
            raise ValueError("G(r) needs the number density: give it, or a line number_density = ... in the header.")
        if solved.std is not None and not solved.std[solved.g > 0].all():
            solved = solved._replace(std=None)  # g is not exact where it is 0
        given = pattern.number_density is not None
        source = "solved for" if not given else "given" if self.settings.density else "from the file"
        verdict, peaks = ("", None) if solved.result is None else (solved.result.verdict(doubts), solved.result.peaks())
        header = self._header(path, pattern, model) | {"number_density_source": source, "verdict": verdict}
        header |= {"warnings": json.dumps(texts), "fingerprint": self.fingerprint, "source_sha256": digest}
        header |= {"reduced": True} if reduction is not None else {}
        output = self.output(path)
        curve_file = unfinished / output.name
        others = self._write_others(curve_file, path, model, pattern, solved, peaks, reduction)
        header["outputs_sha256"] = json.dumps(_digests(others))
        write_gr(
            curve_file,
            self.r,
            solved.g,
            density,
            std=solved.std,
            composition=pattern.composition,
            peaks=peaks,
            header=header,
        )
        return _outcome(
            path,
            peaks,
            texts,
            output=output,
            number_density=density,
            number_density_source=source,
            composition=pattern.composition,
            radiation=pattern.radiation,
            verdict=verdict,
            paths=self._move(path, [curve_file, *others]),
        )

    def _header(self, path: Path, pattern: Pattern, model: ReconstructionMixin) -> dict[str, object]:
        """Return the lines of the header from which g(r) can be computed again."""
        header = {"source": path.name} | model.provenance()
        if self.start and model is self.model:
            header["started_with"] = self.start
        header |= {"qmin": float(pattern.q[0]), "qmax": float(pattern.q[-1])}
        header |= {"radiation": pattern.radiation} if pattern.radiation is not None else {}
        return header | {"settings": json.dumps(self.settings.chosen()), "versions": _VERSIONS}

    def _model_of(self, pattern: Pattern) -> ReconstructionMixin:
        """Return the model of a pattern: the given one or, where each file is fitted, one that is fitted to it."""
        if not self.fits_each or (self.start and _is_similar(self.model, pattern)):
            return self.model
        return fitted_to(self.model, pattern, self.r)

    def _write_others(
        self,
        curve_file: Path,
        path: Path,
        model: ReconstructionMixin,
        pattern: Pattern,
        solved: Reconstruction,
        peaks: Any,
        reduction: ScanReduction | None,
    ) -> list[Path]:
        """Write S(q) of counts, the table of peaks and the picture next to a .gr file, and return their paths."""
        others = []
        if reduction is not None:
            others.append(reduction.write(curve_file.with_suffix(".sq")))
        for output in self.outputs(path)[1:]:
            other = curve_file.with_name(output.name)
            if other.suffix == ".csv":
                table = peaks.copy()
                table.insert(0, "file", str(self.output(path)))
                table.to_csv(other, index=False, errors="surrogateescape")  # a file name may have any bytes
            else:
                n_peaks = 2 if peaks is None else len(peaks)
                draw_pdf(other, self.r, solved, pattern, model, reduction, n_peaks)
            others.append(other)
        return others

    def _move(self, path: Path, finished: list[Path]) -> list[Path]:
        """Move the finished files to the folder, the .gr file first, and return their paths there."""
        targets = [self.here / self.folder / file.name for file in finished]
        background = self.settings.background
        inputs = [self.here / path, *([] if background is None else [Path(background)])]
        files.check_outputs(targets, inputs, overwrite=True)  # only now it is known whether there is a .sq file
        if not self.overwrite:  # another run may have written some of them meanwhile
            self._check_not_foreign(path, any(target.suffix == ".sq" for target in targets))
        for target in targets:
            files.check_replaceable(target, overwrite=True)
        for target in targets[1:]:
            target.unlink(missing_ok=True)  # so that no file of a previous curve is left
        for file, target in zip(finished, targets, strict=True):
            os.replace(file, target)
        return [self.folder / file.name for file in finished]


def inversion_by(settings: PdfSettings) -> InversionRegressor:
    """Return the inversion that the settings describe, which is not fitted yet."""
    return InversionRegressor(
        reference=False,
        prior=settings.prior if settings.bond is None else Continuum() + Bond(r=settings.bond),
        systematic_errors=settings.systematic_errors,
        q_damp=settings.q_damp,
        noise=settings.noise,
    )


def fitted_to(model: Any, pattern: Pattern, r: Floats) -> InversionRegressor:
    """Return an inversion with the parameters of `model` that is fitted to a pattern."""
    pattern = pattern.on(pattern.q[pattern.q > 0])
    columns = r, pattern.q, pattern.s_r, pattern.number_density, pattern.std
    # A frame contains neither, and the model may have those of another file.
    composition = None if pattern.radiation is None else pattern.composition
    fitted: InversionRegressor = clone(model).set_params(
        refit="each", composition=composition, radiation=pattern.radiation
    )
    return fitted.fit(scattering_frame(*columns, composition=pattern.composition))


def _reconstructed(model: Any, pattern: Pattern, r: Floats) -> Reconstruction:
    """Return the reconstruction of a pattern."""
    composition, radiation = (getattr(model, name, None) for name in ("composition", "radiation"))
    if composition is None or pattern.radiation != (radiation or "x-ray"):
        reconstruction: Reconstruction = model.reconstruct_pattern(pattern, r, return_std=True)
        return reconstruction
    # The radiation is a parameter of the model, as in `fitted_to`, so that it recognizes the pattern it was fitted to.
    reconstruction = model.reconstruct_pattern(replace(pattern, radiation=None), r, return_std=True)
    result = reconstruction.result
    return reconstruction if result is None else reconstruction._replace(result=result.of(pattern))


def _is_similar(model: Any, pattern: Pattern) -> bool:
    """Return whether a pattern has the material and the range of q of the one that the model was fitted to."""
    fitted = model.fitted_materials_[0].pattern
    q = pattern.q[pattern.q > 0]
    ends = np.abs(q[[0, -1]] - model.q_[[0, -1]])
    fitted_material = model.composition_, fitted.number_density, model.radiation
    is_same = fitted_material == (pattern.composition, pattern.number_density, pattern.radiation)
    return is_same and bool((ends < _SAME_END).all())


_FAILED: dict[str, Any] = {
    "output": None,
    "number_density": np.nan,
    "number_density_source": "",
    "composition": None,
    "radiation": None,
    "verdict": "",
    "error": "",
    "paths": [],
    "reused": False,
}


def _outcome(path: Path, peaks: Any = None, messages: Sequence[str] = (), **values: Any) -> dict[str, Any]:
    """Return the outcome of a file from its table of peaks, its warnings and other values."""
    records = [] if peaks is None else peaks.astype(object).where(peaks.notna(), None).to_dict("records")
    texts = {"warning": " ".join(messages), "warnings": list(messages)}
    note = "" if peaks is None else peaks.attrs["note"]
    return {"file": path, "peaks": records, "note": note} | texts | _FAILED | values


def _digest(path: Path) -> str:
    files.check_file(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digests(paths: Sequence[Path]) -> dict[str, str]:
    """Return the digest of each file by its name."""
    return {path.name: _digest(path) for path in paths}


def _is_of_newer_version(header: Mapping[str, str]) -> bool:
    name, _, version = header.get("version", "").partition(" ")
    return name == "sklearn-wtrdf" and is_newer(version)
