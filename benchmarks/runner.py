"""Shared code of the benchmark commands: options, progress, a journal of finished work, and writing of results.

A benchmark is a module with a docstring and a generator that yields the name and content of each file to be written.
Figures are drawn from the tables that were written, at once or later by --pictures:

    @benchmark(option("--seeds", type=int, default=5, help="draws (default: %(default)s)"), N_JOBS,
               figures={"name.png": (figure_of, "name.csv")})
    def main(options):
        yield "name.csv", measure(options.seeds, options.n_jobs)
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from argparse import ArgumentError, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import lru_cache, wraps
from importlib import metadata, resources
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

import sklearn_wtrdf
from sklearn_wtrdf.plotting.style import COLORS, STYLE
from sklearn_wtrdf.utils.files import atomic_write

_OF_CHECKOUT = Path(__file__).resolve().parent / "results"
RESULTS = _OF_CHECKOUT if _OF_CHECKOUT.is_dir() else Path("results")  # never the folder of an installed package
PROGRESS_INTERVAL = 15  # s between two lines of progress
WIDTH = 8.0  # inches of a figure: text of 8 points is legible where a page shows it 700 pixels wide
OF_NOISES = [("o", COLORS["more"]), ("s", COLORS["ours"]), ("D", COLORS["errors"]), ("^", COLORS["others"])]  # marks

Option = tuple[tuple[str, ...], dict[str, Any]]
Content = pd.DataFrame | plt.Figure | str
# Of each figure by name: the function that draws it, or returns None if there is nothing to draw, and its tables.
Figures = dict[str, tuple[Any, ...]]


def option(*flags: str, **settings: Any) -> Option:
    """Return an option, as argparse's `add_argument` takes it."""
    return flags, settings


N_JOBS = option("--n-jobs", type=int, default=-1, help="processes; -1 means as many as cores (default)")
DEVICE = option("--device", choices=["cpu", "cuda", "auto"], default="cpu", help="for torch (default: %(default)s)")
FRESH = option("--fresh", action="store_true", help="repeat what an earlier run has finished")
OUT = option("--out", type=Path, default=RESULTS, help="folder of the results (default: %(default)s)")
PICTURES = option("--pictures", action="store_true", help="redraw the figures of the tables in that folder, no more")


def benchmark(*options: Option, digits: int = 4, out: Option = OUT, figures: Figures | None = None) -> Callable:
    """Turn a generator of (name, content) into the main function of a module, which parses the command line.

    The generator is called with the options. A table is written as a CSV file with the given number of significant
    digits, a figure in the style of the package, and a text as it is. Then the figures whose tables were written are
    drawn from these; with --pictures, all are, and the generator is not called. An ArgumentError of the generator is
    reported like those of argparse.
    """
    figures = figures or {}

    def decorate(contents: Callable[[Namespace], Iterator[tuple[str | Path, Content]]]) -> Callable:
        @wraps(contents)
        def main(arguments: list[str] | None = None) -> None:
            module = sys.modules[contents.__module__]
            parser = ArgumentParser(description=module.__doc__, formatter_class=RawDescriptionHelpFormatter)
            for flags, settings in (*options, out, *([PICTURES] if figures else [])):
                parser.add_argument(*flags, **settings)
            chosen = parser.parse_args(arguments)
            names: list[str] = []
            redraws = bool(figures) and chosen.pictures
            measured = () if redraws else contents(chosen)
            stored = [path.name for path in chosen.out.glob("*.csv")] if redraws else names
            try:
                with plt.style.context(STYLE):
                    for name, content in chain(measured, _drawn(figures, chosen.out, stored)):
                        write_whole(chosen.out / name, lambda path, content=content: _write(content, path, digits))
                        names.append(Path(name).name)
            except ArgumentError as error:
                parser.error(str(error))
            if redraws and not names:
                parser.error(f"--pictures: there is no table of a figure in {chosen.out} yet")
            if names:
                print(f"Written to {chosen.out}: {', '.join(names)}.")

        return main

    return decorate


def _drawn(figures: Figures, folder: Path, tables: list[str]) -> Iterator[tuple[str, Content]]:
    """Yield the figures that show only these tables of the folder."""
    for name, (draw, *shown) in figures.items():
        if set(shown) <= set(tables):
            figure = draw(*(pd.read_csv(folder / table) for table in shown))
            if figure is not None:
                yield name, figure


def _write(content: Content, path: str, digits: int) -> None:
    if isinstance(content, pd.DataFrame):
        content.to_csv(path, index=False, float_format=f"%.{digits}g")
    elif isinstance(content, str):
        Path(path).write_text(content, encoding="utf-8")
    else:
        picture = BytesIO()
        content.savefig(picture, dpi=150)
        plt.close(content)
        palette = (
            Image.open(picture).convert("RGB").quantize(method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        )
        palette.save(path, optimize=True)  # a third of the size; by no other method do all colours stay


def write_whole(path: Path, write: Callable[[str], None]) -> None:
    """Write a file under a temporary name and rename it, so that it is written completely or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path, overwrite=True) as temporary:
        write(str(temporary))


def track(results: Iterable, total: int, what: str, done: int = 0) -> Iterator:
    """Yield the results, with a progress bar in a terminal, and otherwise with a line of progress every 15 s.

    `done` of the total were finished before.
    """
    console = Console(stderr=True)
    if console.is_terminal:
        columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()]
        with Progress(*columns, console=console) as progress:
            task = progress.add_task(what, total=total, completed=done)
            for result in results:
                progress.advance(task)
                yield result
        return
    begin = printed = time.monotonic()
    for n, result in enumerate(results, start=1):
        now = time.monotonic()
        if now - printed >= PROGRESS_INTERVAL or done + n == total:
            left = (now - begin) / n * (total - done - n)
            print(f"{what}: {done + n} of {total}, {_duration(left)} left", file=sys.stderr, flush=True)
            printed = now
        yield result


def _duration(seconds: float) -> str:
    return f"about {seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def print_frame(frame: pd.DataFrame, title: str) -> None:
    """Print a frame as a table."""
    table = Table(title=title, title_justify="left")
    for column in frame.columns:
        table.add_column(str(column), justify="right")
    for row in frame.itertuples(index=False):
        table.add_row(*(f"{value:.4g}" if isinstance(value, float) else str(value) for value in row))
    console = Console()
    console.width = max(console.width, 130)
    console.print(table)


class Journal:
    """The finished parts of a run, one on each line, so that an interrupted run can continue.

    A line is valid only if the state of code, data and packages is the one with which it was written.
    """

    def __init__(self, path: Path, state_of: Callable[[Any], str], fresh: bool = False) -> None:
        self.path, self.state_of = path, state_of
        if fresh:
            path.unlink(missing_ok=True)

    def finished(self, key_type: type[tuple]) -> Iterator[tuple[Hashable, Any]]:
        """Yield each key, a named tuple of the given type, with its value; incomplete lines are ignored."""
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8") as file:
            for line in file:
                try:
                    state, key, value = json.loads(line)
                except ValueError:
                    continue
                key = key_type(*key)
                if state == self.state_of(key):
                    yield key, value

    def __enter__(self) -> Journal:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("a", encoding="utf-8")
        print(file=self._file)  # ends a line that may be incomplete
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, key: tuple, value: Any) -> None:
        """Write a line."""
        print(json.dumps([self.state_of(key), key, value]), file=self._file, flush=True)


@lru_cache
def state_of_code(packages: tuple[str, ...], folders: tuple[str, ...] = ()) -> str:
    """Return a digest of all code, of the versions of packages, and of the data in these folders."""
    here, package = Path(__file__).parent, Path(sklearn_wtrdf.__file__).parent
    digest = hashlib.sha256()
    for path in sorted({*package.rglob("*.py"), *here.rglob("*.py")}):
        if path.name not in ("page.py", "figures.py"):  # which change no outcome
            digest.update(path.read_bytes())
    data = resources.files("sklearn_wtrdf.datasets.data")
    for folder in folders:
        files = (data / folder if folder else data).iterdir()
        for file in sorted((file for file in files if file.name.endswith(".csv")), key=lambda file: file.name):
            digest.update(file.read_bytes())
    for name in packages:
        digest.update(f"{name} {metadata.version(name)}".encode())
    return digest.hexdigest()
