"""The class of the commands: help in groups of options, with every option name in full, and interruptions."""

from __future__ import annotations

import signal
from collections import defaultdict
from typing import Any

import typer
from typer.core import TyperCommand

from sklearn_wtrdf.cli.output import print_message

MATERIAL, FILES, COUNTS, INVERSION = "Material", "Reading files", "Reducing counts", "Inversion"
RESULTS, MANY_FILES = "Results", "Many files"


class Command(TyperCommand):
    """A command whose help lists the options under the titles of their `rich_help_panel`.

    SIGTERM, by which batch systems end a command, interrupts it as Ctrl-C does.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments. An empty one is an error: as a path, it would be the working folder."""
        if "" in args:
            raise typer.BadParameter("an argument is empty: is a variable of the shell not set?")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command. An interruption is one line and exit code 130."""
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            print_message(str(error) or f"interrupted: wtrdf {ctx.info_name} had not finished.")
            raise typer.Exit(130) from None
        finally:
            signal.signal(signal.SIGTERM, before)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the groups of options in the order of their first option."""
        groups = defaultdict(list)
        for param in self.get_params(ctx):
            if record := param.get_help_record(ctx):
                title = getattr(param, "rich_help_panel", None)
                groups[title or ("Arguments" if param.param_type_name == "argument" else "Options")].append(record)
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)
