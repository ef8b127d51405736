"""Worker processes with time limits. A process that has ended is replaced.

They are forked from a server process that has imported the package once.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import tempfile
import threading
import traceback
import warnings
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any

from sklearn_wtrdf.utils.threads import single_thread

_NICENESS = 5  # of processes of lower priority; with 10 they hardly run while other programs use all cores


class TooLongError(Exception):
    """The process exceeded its time limit and was ended."""


class EndedError(Exception):
    """The process ended before it returned a result."""


class Worker:
    """A process that runs one function at a time. It starts with the first call of `run`.

    Parameters
    ----------
    nice : bool, default=False
        Whether it has a lower priority than other processes.
    """

    def __init__(self, nice: bool = False) -> None:
        self._nice = nice
        self._lock = threading.Lock()  # so that no process starts after `close`
        self._closed = False
        self._process: Any = None
        self._pipe: Connection | None = None

    def run(self, limit: float, function: Callable[..., Any], *args: Any) -> Any:
        """Run a function in the process, and return its result or raise its error.

        Parameters
        ----------
        limit : float
            Seconds after which the process is ended.
        function : callable
            It must be picklable, as its arguments and its result.
        *args
            Its arguments.

        Raises
        ------
        TooLongError, EndedError
            If the function does not return. The next call starts a new process.
        """
        # Temporary files of a process that is ended are removed with this folder.
        with tempfile.TemporaryDirectory(prefix="wtrdf-explore-", ignore_cleanup_errors=True) as folder:
            try:
                pipe = self._started()
                pipe.send((folder, function, args))
                if not pipe.poll(limit):
                    raise TooLongError
                result, error = pipe.recv()
            except TooLongError:
                self._end()
                raise
            except (EOFError, OSError):
                self._end()
                raise EndedError from None
        if error is not None:
            raise error
        return result

    def close(self) -> None:
        """End the process, also during a computation; no other one is started."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.kill()

    def _started(self) -> Connection:
        with self._lock:
            if self._closed:
                raise EOFError
            if self._pipe is None or not self._process.is_alive():
                self._pipe, other_end = multiprocessing.Pipe()
                self._process = context().Process(  # type: ignore[attr-defined]
                    target=_work, args=(other_end, self._nice), daemon=True
                )
                self._process.start()
                other_end.close()
            return self._pipe

    def _end(self) -> None:
        with self._lock:
            if self._pipe is not None:
                self._process.kill()
                self._process.join()
                self._pipe.close()
                self._pipe = None


class Workers:
    """Several worker processes with a common queue.

    Parameters
    ----------
    count : int
        Number of processes.
    nice : bool
        As for :class:`Worker`.
    """

    def __init__(self, count: int, nice: bool) -> None:
        self._workers = [Worker(nice) for _ in range(count)]
        self._idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        self._threads = ThreadPoolExecutor(count)
        for worker in self._workers:
            self._idle.put(worker)
            self.submit(60.0, os.getpid)  # start the process now, which takes a second

    def submit(self, limit: float, function: Callable[..., Any], *args: Any) -> Future[Any]:
        """Run a function in the next free process, as by :meth:`Worker.run`."""
        return self._threads.submit(self._run, limit, function, *args)

    def close(self) -> None:
        """End the processes, also during computations."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.close()
        self._threads.shutdown()

    def _run(self, limit: float, function: Callable[..., Any], *args: Any) -> Any:
        worker = self._idle.get()  # there is one for each thread
        try:
            return worker.run(limit, function, *args)
        finally:
            self._idle.put(worker)


def context() -> BaseContext:
    """Return the context that starts processes. If it is called early, imports run while the page is built."""
    if os.name == "nt":
        return multiprocessing.get_context("spawn")
    from multiprocessing.forkserver import ensure_running

    chosen = multiprocessing.get_context("forkserver")  # because this process has threads, it must not be forked
    chosen.set_forkserver_preload(["sklearn_wtrdf.explore.solve"])
    ensure_running()
    return chosen


def _work(pipe: Connection, nice: bool) -> None:
    """Run functions in one thread, because matrices are small and there are other processes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C ends the server, which ends this process
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    warnings.simplefilter("ignore")  # warnings are part of solutions
    if nice:
        with contextlib.suppress(AttributeError, OSError):  # Windows has no nice
            os.nice(_NICENESS)
    with single_thread, contextlib.suppress(EOFError):  # the server is gone
        while True:
            tempfile.tempdir, function, args = pipe.recv()
            try:
                pipe.send((function(*args), None))
            except Exception as error:
                error.add_note(traceback.format_exc())  # pickling an error removes its traceback
                pipe.send((None, error))


def _end_with_the_server() -> None:
    """End this process when the server ends, for any reason."""
    if (server := multiprocessing.parent_process()) is not None:
        server.join()
        os._exit(1)
