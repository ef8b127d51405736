"""Response times and memory of `wtrdf explore` with one and with several sessions.

    python benchmarks/speed/explore.py

The server is started as by the command. Each session is a window with the paper's S_R(q), 148 points, with different
noise. It changes q_max or the noise, requests a preview and then the full result, as the page does, waits for some
seconds, and continues, even if the full result has not arrived. A result with another session's S_R is counted as
mixed. A single session is measured first. Writes explore.csv, which includes the number of cores and the load of the
machine, on which the times depend.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import psutil
import requests
from sklearn_wtrdf.benchmarks.runner import Content, benchmark, option, print_frame

from sklearn_wtrdf.datasets import load_ge_se

_HANGS = 600.0  # s, after which a request without a response is an error


class Session:
    """A session: its window, and its waiting times."""

    def __init__(self, link: str, number: int) -> None:
        ge_se, random = load_ge_se(), np.random.default_rng(number)
        self.s_r = (ge_se.s_r + 0.01 * ge_se.q * random.normal(size=ge_se.q.size)).tolist()
        self.sample = {"name": f"session{number}.sq", "q": ge_se.q.tolist(), "s_r": self.s_r, "number_density": 0.034}
        self.address, self.window, self.random = link.split("?")[0], secrets.token_hex(8), random
        self.cookies = requests.get(link, timeout=_HANGS).cookies  # the page refuses requests without these
        self.serial, self.fixed_priors, self.threads = 0, {}, []
        self.first: list[float] = []
        self.full: list[float] = []
        self.mixed = self.wrong = self.superseded = 0

    def request(self) -> dict[str, Any]:
        """Move a slider."""
        self.serial += 1
        settings: dict[str, Any] = {"q_max": round(self.random.uniform(6, 7.95), 2), "systematic_errors": True}
        if self.random.random() < 0.3:
            settings["noise"] = round(self.random.uniform(0.01, 0.1), 3)
        return {"window": self.window, "serial": self.serial, "samples": [self.sample], "settings": settings}

    def post(self, outputs: list[str], inputs: dict[str, Any], state: dict[str, Any]) -> dict[str, Any] | None:
        """Request a callback as the page does; None if nothing changes."""
        body = {
            "output": f"..{'...'.join(f'{item}.data' for item in outputs)}.."
            if len(outputs) > 1
            else f"{outputs[0]}.data",
            "outputs": [{"id": item, "property": "data"} for item in outputs],
            "inputs": [{"id": item, "property": "data", "value": value} for item, value in inputs.items()],
            "changedPropIds": [f"{item}.data" for item in inputs],
            "state": [{"id": item, "property": "data", "value": value} for item, value in state.items()],
        }
        if len(outputs) == 1:
            body["outputs"] = body["outputs"][0]
        where = f"{self.address}_dash-update-component"
        response = requests.post(where, json=body, cookies=self.cookies, timeout=_HANGS)
        response.raise_for_status()
        return None if response.status_code == 204 else response.json()["response"]

    def check(self, solutions: list[dict[str, Any]]) -> None:
        """Count results of another session, and refusals."""
        for item in solutions:
            own = "s_r" in item and item["name"] == self.sample["name"] and item["s_r"] == self.s_r[: len(item["s_r"])]
            self.wrong += "error" in item
            self.mixed += "error" not in item and not own

    def move(self, waits: bool = False) -> None:
        """Move a slider and wait for the preview, and optionally for the full result."""
        request, begin = self.request(), time.perf_counter()
        response = self.post(["first"], {"request": request}, {"fixed-priors": self.fixed_priors})
        assert response is not None  # a session waits for a result before its next request
        self.first.append(time.perf_counter() - begin)
        self.check(response["first"]["data"]["solutions"])
        thread = threading.Thread(target=self._full, args=(response["first"]["data"], request, begin), daemon=True)
        self.threads.append(thread)
        thread.start()
        if waits:
            thread.join()

    def _full(self, first: dict[str, Any], request: dict[str, Any], begin: float) -> None:
        response = self.post(
            ["full", "fixed-priors"], {"first": first}, {"request": request, "fixed-priors": self.fixed_priors}
        )
        if response is None:
            self.superseded += 1
            return
        self.full.append(time.perf_counter() - begin)
        self.check(response.get("full", {"data": first})["data"]["solutions"])
        self.fixed_priors = response["fixed-priors"]["data"]

    def run(self, end: float, pause: float) -> None:
        """Move sliders until the end, at least once."""
        time.sleep(self.random.uniform(0, pause))
        self.move()
        while time.monotonic() < end:
            time.sleep(self.random.uniform(0.5, 1.5) * pause)
            self.move()
        for thread in self.threads:
            thread.join()


def memory_of(process: psutil.Process) -> float:
    """Return the memory of all processes of the server [MB], with shared pages counted once."""
    total = 0.0
    for item in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess, AttributeError):
            total += item.memory_full_info().pss / 1e6
    return total


def measure(link: str, server: psutil.Process, n_sessions: int, seconds: float, pause: float) -> dict[str, Any]:
    """Let sessions move sliders, and return their times and counts."""
    sessions = [Session(link, i) for i in range(n_sessions)]
    for session in sessions:  # the page is open, and its first result has been read
        session.move(waits=True)
        session.first.clear()
        session.full.clear()
    others = psutil.getloadavg()[0]  # mean number of runnable processes in the minute before
    held, begin = [memory_of(server)], time.monotonic()
    threads = [threading.Thread(target=item.run, args=(begin + seconds, pause), daemon=True) for item in sessions]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(2)
        held.append(memory_of(server))
    first, full = (np.concatenate([getattr(item, name) for item in sessions]) for name in ("first", "full"))
    return {
        "sessions": n_sessions,
        "moves": first.size,
        "first_median": np.median(first),
        "first_90": np.quantile(first, 0.9),
        "whole_median": np.median(full) if full.size else np.nan,
        "whole_answers": full.size,
        "superseded": sum(item.superseded for item in sessions),
        "errors": sum(item.wrong for item in sessions),
        "mixed": sum(item.mixed for item in sessions),
        "memory_begin": held[0],
        "memory_max": max(held),
        "memory_end": held[-1],
        "cores": os.cpu_count(),
        "load_before": others,
    }


@benchmark(
    option(
        "--sessions",
        type=int,
        nargs="+",
        default=[1, 10],
        help="simultaneous (default: %(default)s)",
    ),
    option("--seconds", type=float, default=60, help="duration of each measurement (default: %(default)s)"),
    option("--pause", type=float, default=5, help="seconds between two changes (default: %(default)s)"),
)
def main(options: Namespace) -> Iterator[tuple[str, Content]]:
    """Measure one session, and many at once."""
    command = [sys.executable, "-m", "sklearn_wtrdf.cli", "explore", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            link, server = process.stdout.readline().strip(), psutil.Process(process.pid)
            rows = [measure(link, server, n, options.seconds, options.pause) for n in options.sessions]
        finally:
            process.terminate()
    frame = pd.DataFrame(rows)
    print_frame(frame, "Seconds until a result, MB of memory")
    yield "explore.csv", frame


if __name__ == "__main__":
    main()
