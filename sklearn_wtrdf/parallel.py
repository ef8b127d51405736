"""The one way in which work is done by several processes, here or on a Dask cluster."""

from __future__ import annotations

import contextlib
import functools
import os
import pickle
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import cloudpickle
import joblib
from threadpoolctl import ThreadpoolController

T = TypeVar("T")
R = TypeVar("R")

_LARGEST = 100  # patterns in a task: enough that the work outweighs sending it, few enough that progress is seen
_TASKS_EACH = 8  # for each worker, so that none waits long for the last one


def n_workers(n_jobs: int | None, n_items: int) -> int:
    """Return how many processes are worth starting: no more than there are cores, or things to do."""
    if n_jobs == 0:
        raise ValueError("n_jobs must be a number of processes, or -1 for one on each core, got 0.")
    cores: int = joblib.cpu_count()
    wanted = n_jobs if n_jobs is None or n_jobs < 0 else min(n_jobs, cores)
    return max(1, min(joblib.effective_n_jobs(wanted), n_items))


def chunks(items: Sequence[T], n: int) -> list[Sequence[T]]:
    """Return the items in tasks for n workers, in order."""
    size = min(_LARGEST, max(1, len(items) // (_TASKS_EACH * n)))
    return [items[i : i + size] for i in range(0, len(items), size)]


def each(function: Callable[[T], R], tasks: Sequence[T], n: int = 1, client: Any = None) -> Iterator[R]:
    """Yield what a function makes of each task, in order, by n processes or by the workers of a Dask client.

    The function is sent once and kept: whatever it remembers, a process works out only once.
    """
    if client is not None:  # not through joblib, which leaves a cluster of one thread idle
        for future in client.map(functools.partial(_call, cloudpickle.dumps(function), None), tasks, pure=False):
            yield future.result()
    elif n == 1:
        yield from map(function, tasks)
    else:
        call = joblib.delayed(functools.partial(_call, cloudpickle.dumps(function), os.getpid()))
        yield from joblib.Parallel(n, return_as="generator")(map(call, tasks))


def one_thread() -> contextlib.AbstractContextManager[Any]:
    """Keep linear algebra in one thread: matrices are small, and last digits do not depend on where work is done."""
    limits: contextlib.AbstractContextManager[Any] = _threads().limit(limits=1)
    return limits


def _call(pickled: bytes, parent: int | None, task: Any) -> Any:
    if parent is not None and parent != os.getpid():
        _end_with(parent)
    return _function_of(pickled)(task)


@functools.lru_cache(maxsize=1)
def _function_of(pickled: bytes) -> Callable[[Any], Any]:
    function: Callable[[Any], Any] = pickle.loads(pickled)
    return function


@functools.cache
def _threads() -> ThreadpoolController:
    return ThreadpoolController()  # it searches the process for libraries, which takes milliseconds


@functools.cache
def _end_with(parent: int) -> None:
    """End this process when its parent has died, even in the midst of a task. A pool alone would wait for minutes."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
