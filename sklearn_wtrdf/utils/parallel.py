"""Work in several processes, on this machine or on a Dask cluster."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import os
import pickle
import pkgutil
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from numbers import Integral
from typing import Any, TypeVar

import cloudpickle
import joblib
from joblib.externals.loky.process_executor import TerminatedWorkerError

from sklearn_wtrdf.utils.threads import single_thread

T = TypeVar("T")
R = TypeVar("R")

_MAX_TASK_SIZE = 100  # patterns: enough to outweigh the cost of sending them, few enough for a progress bar
_CONNECTION_TIMEOUT = 15  # s, for a Dask scheduler and its first worker
_TASKS_PER_WORKER = 8  # at least, so that no worker waits long for the last task


class LostError(OSError):
    """Processes or a cluster were lost during the work."""


def n_workers(n_jobs: int | None, n_items: int, client: Any = None) -> int:
    """Return the number of processes to start: at most one per core and one per task."""
    if client is not None:
        return max(1, sum(client.nthreads().values()))
    if n_jobs is not None and (not isinstance(n_jobs, Integral) or n_jobs == 0):
        raise ValueError(f"n_jobs must be a number of processes, or -1 for one on each core, got {n_jobs!r}.")
    cores: int = joblib.cpu_count()
    wanted = n_jobs if n_jobs is None or n_jobs < 0 else min(n_jobs, cores)
    return max(1, min(joblib.effective_n_jobs(wanted), n_items))


def chunks(items: Sequence[T], n: int, max_size: int | None = None) -> list[Sequence[T]]:
    """Return the items in tasks for n workers, in order, with at most `max_size` items in each."""
    size = min(max_size or _MAX_TASK_SIZE, max(1, len(items) // (_TASKS_PER_WORKER * n)))
    return [items[i : i + size] for i in range(0, len(items), size)]


def map_tasks(function: Callable[[T], R], tasks: Sequence[T], n: int = 1, client: Any = None) -> Iterator[R]:
    """Yield the result of a function for each task, in order, by n processes or by the workers of a Dask client.

    The function is sent to each process only once, so that whatever it caches is computed once per process.
    """
    if client is not None:  # not through joblib, which leaves a cluster of one thread idle
        call = functools.partial(_call, cloudpickle.dumps(function), None)
        with _lost(f"scheduler: the cluster at {client.scheduler.address} was lost", Exception, asyncio.CancelledError):
            for future in client.map(call, tasks, pure=False):
                yield future.result()
    elif n == 1:
        yield from map(function, tasks)
    else:
        call = functools.partial(_call, cloudpickle.dumps(function), os.getpid())
        what = "n_jobs: a process was killed, perhaps because memory ran out"
        with _lost(what, TerminatedWorkerError), _no_warning_of_replacements():
            yield from joblib.Parallel(n, return_as="generator")(joblib.delayed(call)(task) for task in tasks)


@contextlib.contextmanager
def on_cluster(scheduler: str | None) -> Iterator[Any]:
    """Run the joblib calls of the block on a Dask cluster, and yield its client; with None, run them here.

    If a worker dies, its tasks go to the others. joblib does not use a cluster of a single thread.
    """
    if scheduler is None:
        yield None
        return
    try:
        from distributed import Client, Security
    except ImportError as error:
        raise ImportError('scheduler: Dask is missing: pip install "sklearn-wtrdf[cluster]".') from error
    # Checked before Client is called: a client whose construction fails can block the next one when it is deleted.
    if scheduler.startswith("tls://") and Security().get_connection_args("client").get("ssl_context") is None:
        raise OSError(
            f"scheduler: {scheduler} needs certificates: set them in Dask's configuration, distributed.comm.tls."
        )
    with _quiet():
        try:
            client = Client(scheduler, timeout=_CONNECTION_TIMEOUT)
        except Exception as error:  # an address can be wrong in many ways
            raise OSError(f"scheduler: no Dask scheduler answers at {scheduler} ({_text_of(error)}).") from None
        with client:
            _check_workers(client, scheduler)
            with joblib.parallel_config("dask"):
                yield client


def _check_workers(client: Any, scheduler: str) -> None:
    """Raise unless there are workers, all with this package: otherwise a task would never end."""
    try:
        client.wait_for_workers(1, timeout=_CONNECTION_TIMEOUT)
    except TimeoutError:
        raise OSError(f"scheduler: no worker is connected to {scheduler}: start one by dask worker.") from None
    name = f"{__name__}:__name__"
    for worker, function in client.run(pkgutil.resolve_name, name, on_error="return").items():
        if isinstance(function, Exception):
            message = f"the worker at {worker} cannot import sklearn_wtrdf ({_text_of(function)}): install it there."
            raise OSError(f"scheduler: {message}")


@contextlib.contextmanager
def _lost(what: str, *kinds: type[BaseException]) -> Iterator[None]:
    try:
        yield
    except kinds as error:
        raise LostError(f"{what} ({_text_of(error)}):") from None


@contextlib.contextmanager
def _no_warning_of_replacements() -> Iterator[None]:
    """Ignore joblib's warning that it replaces a process that has grown: as an error it would end its thread."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
        yield


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the tracebacks that Dask prints of errors which are reported in one line."""
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in ("distributed", "tornado")]
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _text_of(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".:") or type(error).__name__


def _call(pickled: bytes, parent: int | None, task: Any) -> Any:
    if parent not in (None, os.getpid()):
        _belong_to(parent)
    with single_thread:  # the processes share the cores
        return _function_of(pickled)(task)


@functools.lru_cache(maxsize=1)
def _function_of(pickled: bytes) -> Callable[[Any], Any]:
    function: Callable[[Any], Any] = pickle.loads(pickled)
    return function


@functools.cache
def _belong_to(parent: int) -> None:
    """End this process when its parent has died, even during a task; a pool would wait for minutes.

    Interruptions are handled by the parent.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
