"""The help of the commands, in groups of options, with every option name in full at any width of the terminal."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from typer.core import TyperCommand

MATERIAL, FILES, COUNTS, INVERSION = "Material", "Reading files", "Reducing counts", "Inversion"
RESULTS, MANY_FILES = "Results", "Many files"


class Command(TyperCommand):
    """A command whose help lists the options under the titles of their `rich_help_panel`."""

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
