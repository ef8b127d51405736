"""How the commands for many files report the outcome of each file: printed, as JSON, and in a log."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import typer
from tqdm import tqdm

from sklearn_wtrdf.cli.output import print_message, print_neighbours, print_peaks, with_option_names
from sklearn_wtrdf.utils import files

_UNKNOWN = re.compile("Give --quantity: one of .*")
_BEGINNING_OF_LOG = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d ")
_RECORD = ("file", "verdict", "warnings", "number_density", "number_density_source", "peaks", "paths", "error")


class Reporter:
    """Prints and logs the outcome of each file as soon as it is known.

    Parameters
    ----------
    n_files : int
    folder : Path
        Folder of the results.
    log : Path or None
        File to which a line is appended for each event.
    as_json : bool
        Whether to print a line of JSON for each file.
    verdicts : bool
        Whether to print the verdict on each file and, for a single file, the table of its peaks.
    """

    def __init__(self, n_files: int, folder: Path, *, log: Path | None, as_json: bool, verdicts: bool) -> None:
        self.n_files, self.folder, self.as_json, self.verdicts = n_files, folder, as_json, verdicts
        self._log = log
        self.n_written = self.n_reused = self.n_failed = self.n_estimated = 0

    def run(self, compute: Callable[[Callable[[dict[str, Any]], None]], object], facts: str) -> None:
        """Run a computation that reports to this object, log how it ended, and exit with code 1 if a file failed."""
        start = time.monotonic()
        self._write_log(f"started: {self.n_files} files, {facts}")
        try:
            compute(self)
        except KeyboardInterrupt as error:
            text = str(error) or "interrupted before the first file."
            self._write_log(with_option_names(text))
            raise KeyboardInterrupt(text) from None
        except Exception as error:
            self._write_log(f"stopped: {with_option_names(str(error))}")
            raise
        done = f"{self.n_written} written, {self.n_reused} reused, {self.n_failed} failed"
        self._write_log(f"finished: {done}, {time.monotonic() - start:.1f} s")
        self._summarize()
        if self.n_failed:
            raise typer.Exit(1)

    def __call__(self, outcome: dict[str, Any]) -> None:
        """Report the outcome of a file."""
        file, error = outcome["file"], with_option_names(outcome["error"])
        if self.verdicts:  # `pdf` reads counts as well
            error = _UNKNOWN.sub("Say what it is: --quantity counts, --quantity S, --quantity S_R, …", error)
        if self.as_json:
            record = {name: outcome[name] for name in _RECORD} | {"error": error}
            if record["number_density"] != record["number_density"]:
                record["number_density"] = None  # JSON has no NaN
            _line(json.dumps(record, default=str, allow_nan=False), sys.stdout)
        for message in map(with_option_names, outcome["warnings"]):
            message = message.replace(str(Path(file).absolute()), str(file))  # readers name the file
            named = message if message.startswith(str(file)) else f"{file}: {message}"
            _line(f"warning: {named}", sys.stderr)
            self._write_log(f"warning: {named}")
        if outcome["output"] is None:
            self.n_failed += 1
            _line(f"error: {error}", sys.stderr)
            self._write_log(f"error: {error}")
            return
        self.n_reused += outcome["reused"]
        self.n_written += not outcome["reused"]
        self.n_estimated += outcome["number_density_source"] == "solved for"
        self._write_log(f"{'reused' if outcome['reused'] else 'written'}: {file}: {outcome['verdict']}".rstrip(": "))
        if self.verdicts and not self.as_json:
            _line(f"{file}: {with_option_names(outcome['verdict'])}", sys.stdout)
            if self.n_files == 1:
                self._print_details(outcome)

    def _print_details(self, outcome: dict[str, Any]) -> None:
        import pandas as pd

        if outcome["peaks"]:
            print_peaks(pd.DataFrame(outcome["peaks"]).assign(file=str(outcome["file"])), 0.9)
        print(outcome["note"])
        radiations: Any = [outcome["radiation"]] if outcome["radiation"] else ["x-ray", "neutron"]
        print_neighbours(outcome["composition"], *radiations)
        print(f"Written to {self.folder}: {', '.join(path.name for path in outcome['paths'])}.")

    def _summarize(self) -> None:
        if self.n_estimated:
            from sklearn_wtrdf.workflows.fit import DENSITY_ACCURACY

            of_files = f" of {self.n_estimated} files" if self.n_files > 1 else ""
            print_message(f"warning: the number density{of_files} is unknown: it was estimated, {DENSITY_ACCURACY}")
        if not self.as_json and (self.n_files > 1 or self.n_failed or not self.verdicts):
            reused = f", {self.n_reused} of them by an earlier run" if self.n_reused else ""
            print(f"{self.n_written + self.n_reused} of {self.n_files} files written to {self.folder}{reused}.")

    def _write_log(self, text: str) -> None:
        if self._log is None:
            return
        line = f"{datetime.now().isoformat(timespec='seconds')} {' '.join(text.split())}\n"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with files.naming(self._log), self._log.open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(line)


def check_log(log: Path | None, inputs: Iterable[str | Path | None]) -> None:
    """Raise if a log is a folder, an input, or a file that is no log: lines would be appended to it."""
    if log is not None and log.is_dir():
        raise IsADirectoryError(f"--log: {log} is a folder; give the name of a file.")
    if log is None or not log.is_file():  # a device may be a log
        return
    if files.identity(log) in {files.identity(path) for path in inputs if path is not None}:
        raise ValueError(f"--log: {log} is an input file; choose another name.")
    with log.open("rb") as file:
        beginning = file.readline(len("2000-01-01T00:00:00 "))
    if beginning and not _BEGINNING_OF_LOG.match(beginning):
        raise ValueError(f"--log: {log} exists and is not a log: its first line has no date. Choose another name.")


def _line(text: str, file: IO[str]) -> None:
    """Print a line, above the progress bar if there is one."""
    tqdm.write(" ".join(text.split()), file=file)
