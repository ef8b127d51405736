"""The command `wtrdf`: its subcommands, and how errors are printed.

Results go to standard output, messages to standard error. Exit codes: 0, success; 1, an error, of some files at least;
2, an invalid option or argument; 130, an interruption.
"""

from __future__ import annotations

import atexit
import gc
import io
import sys
import warnings
from importlib import metadata
from typing import Annotated

import typer

from sklearn_wtrdf.cli.benchmark import benchmark
from sklearn_wtrdf.cli.command import Command
from sklearn_wtrdf.cli.explore import explore
from sklearn_wtrdf.cli.fit import fit
from sklearn_wtrdf.cli.output import print_message
from sklearn_wtrdf.cli.partials import partials
from sklearn_wtrdf.cli.pdf import pdf
from sklearn_wtrdf.cli.peaks import peaks
from sklearn_wtrdf.cli.reconstruct import reconstruct
from sklearn_wtrdf.cli.reduce import reduce
from sklearn_wtrdf.cli.report import report
from sklearn_wtrdf.utils.files import text_of

# New objects between two garbage collections. Imports create hundreds of thousands, none of which is garbage, and
# with Python's default of 700, collections take a third of a second.
_BETWEEN_COLLECTIONS = 20_000

app = typer.Typer(
    name="wtrdf",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="""g(r) of liquids and glasses from S(q) or from a diffractometer's counts.

    \b
    wtrdf pdf glass.sq --radiation x-ray --composition SiO2 \\
            --mass-density 2.2
        g(r) of one file, with its peaks and a picture, in results/
    wtrdf pdf scan.xy --background empty.xy --wavelength CuKa \\
            --composition SiO2 --mass-density 2.2
        the same from counts
    wtrdf pdf series/ --composition SiO2 --mass-density 2.2 --jobs 4
        the same for each file of a folder
    """,
)

for command in (pdf, peaks, partials, explore, reduce, fit, reconstruct, report):
    app.command(cls=Command)(command)
app.command(cls=Command, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(benchmark)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        print(metadata.version("sklearn-wtrdf"))
        raise typer.Exit


def main(arguments: list[str] | None = None) -> None:
    """Run the command. Errors are printed as one line on standard error."""
    gc.set_threshold(_BETWEEN_COLLECTIONS)
    atexit.register(gc.freeze)  # else Python searches all objects for garbage on exit, for 0.2 s or more
    for stream in (sys.stdout, sys.stderr):  # some encodings lack Å, and some file names are not text
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: print_message(f"warning: {message}")
        try:
            app(arguments, prog_name="wtrdf")
        except Exception as error:
            plain = isinstance(error, ImportError | OSError | TypeError | ValueError | Warning)
            text = text_of(error) if plain else repr(error)
            print_message(f"error: {text}")
            sys.exit(1)
