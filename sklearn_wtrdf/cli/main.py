"""The command `wtrdf`: its parts, and how errors are printed.

Results go to standard output, messages to standard error. Exit codes: 0, all went well; 1, a file or
more failed, the rest is there; 2, the command was not understood; 130, it was interrupted.
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
from sklearn_wtrdf.cli.output import in_options, say
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
    "[b]wtrdf fit[/b] learns from a glass whose g(r) is known, [b]wtrdf reconstruct[/b] turns the S(q) of others into "
    "g(r), [b]wtrdf peaks[/b] measures it. [b]wtrdf explore[/b] does all of it on a page in the browser.",
)

for command in (reduce, pdf, fit, reconstruct, peaks, explore, report):
    app.command()(command)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(benchmark)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        print(metadata.version("sklearn-wtrdf"))
        raise typer.Exit


def main(arguments: list[str] | None = None) -> None:
    """Run the command; what goes wrong is one line on standard error."""
    for stream in (sys.stdout, sys.stderr):  # not all encodings have Å, and not all file names are text
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: say(f"warning: {message}")
        try:
            app(arguments, prog_name="wtrdf")
        except Exception as error:
            plain = isinstance(error, ImportError | OSError | TypeError | ValueError | Warning)
            text = str(error) if plain else repr(error)
            say(in_options(f"error: {text}"))
            sys.exit(1)
