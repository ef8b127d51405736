"""The command `wtrdf`: its subcommands, and how errors are printed.

Results go to standard output, messages to standard error. Exit codes: 0, success; 1, an error, of some files at least;
2, an invalid option or argument; 130, an interruption.
"""

from __future__ import annotations

import io
import sys
import warnings
from importlib import metadata
from typing import Annotated

import typer

from sklearn_wtrdf.cli.benchmark import benchmark
from sklearn_wtrdf.cli.explore import explore
from sklearn_wtrdf.cli.fit import fit
from sklearn_wtrdf.cli.output import say
from sklearn_wtrdf.cli.partials import partials
from sklearn_wtrdf.cli.peaks import peaks
from sklearn_wtrdf.cli.reconstruct import reconstruct
from sklearn_wtrdf.cli.report import report
from sklearn_wtrdf.cli.scans import pdf, reduce

app = typer.Typer(
    name="wtrdf",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="The pair distribution function g(r) of a glass from laboratory X-ray data.\n\n"
    "[b]wtrdf fit[/b] fits a model to a glass with known g(r), [b]wtrdf reconstruct[/b] computes g(r) of other glasses "
    "from their S(q), [b]wtrdf peaks[/b] measures its peaks. [b]wtrdf explore[/b] does all of this "
    "on a page in the browser.",
)

for command in (reduce, pdf, fit, reconstruct, partials, peaks, explore, report):
    app.command()(command)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(benchmark)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        print(metadata.version("sklearn-wtrdf"))
        raise typer.Exit


def main(arguments: list[str] | None = None) -> None:
    """Run the command. Errors are printed as one line on standard error."""
    for stream in (sys.stdout, sys.stderr):  # some encodings lack Å, and some file names are not text
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: say(f"warning: {message}")
        try:
            app(arguments, prog_name="wtrdf")
        except Exception as error:
            plain = isinstance(error, ImportError | OSError | TypeError | ValueError | Warning)
            text = str(error) if plain else repr(error)
            say(f"error: {text}")
            sys.exit(1)
