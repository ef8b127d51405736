"""`wtrdf benchmark`: run a benchmark and write its results."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module, util
from pathlib import Path
from typing import Annotated

import typer

from sklearn_wtrdf.cli.options import Force

BENCHMARKS = (
    "ablation",
    "alarms",
    "bounding",
    "calibration",
    "challenge",
    "checks",
    "claims",
    "consistency",
    "coordination",
    "distances",
    "equations",
    "explore",
    "fit_batch",
    "grids",
    "inversion_speed",
    "landscape",
    "minimum",
    "network_speed",
    "optimizers",
    "partials",
    "processors",
    "ratios",
    "reduction",
    "reproduction",
    "shells",
    "speed",
    "throughput",
    "transfer",
    "variability",
)


def benchmark(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the benchmark: challenge, ratios, transfer, …")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the results.")] = Path("results"),
    force: Force = False,
) -> None:
    """Run a benchmark. Options that are not listed below are passed to it.

    Examples: wtrdf benchmark ratios --seeds 5, wtrdf benchmark ratios -- --help
    """
    folder = Path(next(iter(import_module("sklearn_wtrdf.benchmarks").__path__)))
    if name not in BENCHMARKS:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(BENCHMARKS)}.", param_hint="NAME")
    if "--out" in context.args:
        raise typer.BadParameter("give --output instead.", param_hint="--out")
    needed, extras = ["tabulate", "matplotlib", "torch"], "benchmarks"
    if name == "challenge":
        needed, extras = ["tabulate", "matplotlib", "glassure", "pebble", "pystog"], "challenge"
    if name == "explore":
        needed, extras = [*needed, "dash", "psutil", "waitress"], "benchmarks,explore"
    if missing := [package for package in needed if util.find_spec(package) is None]:
        raise ValueError(f'{missing[0]} is missing: pip install "sklearn-wtrdf[{extras}]".')
    if output.exists() and not output.is_dir():
        raise NotADirectoryError(f"{output} is a file; a folder was expected.")
    # A journal alone is that of an interrupted run, which is continued.
    is_help = {"--help", "-h"} & set(context.args)
    if not (force or is_help) and (existing := sorted(set(output.glob(f"{name}*")) - set(output.glob("*.jsonl")))):
        raise FileExistsError(f"{existing[0]} already exists; overwrite=True replaces it.")
    [script] = folder.rglob(f"{name}.py")
    command = [sys.executable, str(script), *context.args, "--out", str(output)]
    raise typer.Exit(subprocess.run(command, check=False).returncode)
