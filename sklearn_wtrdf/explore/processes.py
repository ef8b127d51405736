"""How processes that answer begin: from a server of forks that has imported the package once for all of them."""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing.context import BaseContext


def context() -> BaseContext:
    """Return what processes are started by. Called first of all, it imports while the page is being built."""
    if os.name == "nt":
        return multiprocessing.get_context("spawn")
    from multiprocessing.forkserver import ensure_running

    chosen = multiprocessing.get_context("forkserver")  # not forked from here, where there are threads
    chosen.set_forkserver_preload(["sklearn_wtrdf.explore.answers"])
    ensure_running()
    return chosen
