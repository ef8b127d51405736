"""`wtrdf explore`: open the page in the browser."""

from __future__ import annotations

from importlib import util
from pathlib import Path
from typing import Annotated

import typer

from sklearn_wtrdf.cli.options import Density, Formula, MassDensity, number_density_option
from sklearn_wtrdf.cli.output import print_message


def explore(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILES", help="S(q), each followed by its known g(r), if any.")
    ] = None,
    number_density: Density = None,
    composition: Formula = None,
    mass_density: MassDensity = None,
    host: Annotated[
        str, typer.Option(help="Address to serve at; the page asks for the token in the printed link.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes any free one.")] = 0,
    browser: Annotated[bool, typer.Option(help="Whether to open the page in a browser.")] = True,
) -> None:
    """Open a page in the browser that computes g(r) from S(q).

    Example: wtrdf explore data/ge25se75_sq.csv --number-density 0.034
    """
    if missing := [name for name in ("dash", "waitress", "matplotlib") if util.find_spec(name) is None]:
        raise ValueError(f'{missing[0]} is missing: pip install "sklearn-wtrdf[explore]".')
    from sklearn_wtrdf.explore.processes import context

    context()  # start the processes, which takes as long as the imports below
    from sklearn_wtrdf.explore.server import serve

    number_density_option(number_density, composition, mass_density)
    serve(
        files or [],
        number_density,
        composition,
        mass_density,
        host=host,
        port=port,
        browser=browser,
        report=print_message,
    )
