"""Worker processes: one that takes too long is ended, and one that has ended is replaced.

They are forked from a server process that has imported the package once for all of them.
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

from sklearn_wtrdf.utils.threads import one_thread

_NICENESS = 5  # of worker processes: with 10, programs that keep all cores busy would leave them next to nothing


class TooLongError(Exception):
    """The process took too long and was ended."""


class EndedError(Exception):
    """The process ended before it answered."""


class Worker:
    """A process that computes one thing at a time. It starts when it is first asked.

    Parameters
    ----------
    nice : bool, default=False
        Whether other processes have the right of way.
    """

    def __init__(self, nice: bool = False) -> None:
        self._nice = nice
        self._lock = threading.Lock()  # no process starts after the last one was ended
        self._closed = False
        self._process: Any = None
        self._pipe: Connection | None = None

    def ask(self, limit: float, function: Callable[..., Any], *args: Any) -> Any:
        """Return what a function returns there, or raise what it raises.

        Parameters
        ----------
        limit : float
            Seconds after which the process is ended.
        function : callable
            What can be pickled, as its arguments and what it returns.
        *args
            Its arguments.

        Raises
        ------
        TooLongError, EndedError
            If there is no answer. The next question has a process of its own.
        """
        # What a process that is ended leaves on disk goes with this folder.
        with tempfile.TemporaryDirectory(prefix="wtrdf-explore-", ignore_cleanup_errors=True) as folder:
            try:
                pipe = self._started()
                pipe.send((folder, function, args))
                if not pipe.poll(limit):
                    raise TooLongError
                answer, error = pipe.recv()
            except TooLongError:
                self._end()
                raise
            except (EOFError, OSError):
                self._end()
                raise EndedError from None
        if error is not None:
            raise error
        return answer

    def close(self) -> None:
        """End the process, whatever it does; there will be no other."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.kill()

    def _started(self) -> Connection:
        with self._lock:
            if self._closed:
                raise EOFError
            if self._pipe is None or not self._process.is_alive():
                self._pipe, there = multiprocessing.Pipe()
                self._process = context().Process(  # type: ignore[attr-defined]
                    target=_work, args=(there, self._nice), daemon=True
                )
                self._process.start()
                there.close()
            return self._pipe

    def _end(self) -> None:
        with self._lock:
            if self._pipe is not None:
                self._process.kill()
                self._process.join()
                self._pipe.close()
                self._pipe = None


class Workers:
    """Processes that share the questions.

    Parameters
    ----------
    count : int
    nice : bool
        As for :class:`Worker`.
    """

    def __init__(self, count: int, nice: bool) -> None:
        self._workers = [Worker(nice) for _ in range(count)]
        self._idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        self._threads = ThreadPoolExecutor(count)
        for worker in self._workers:
            self._idle.put(worker)
            self.submit(60.0, os.getpid)  # begin now with what takes a second

    def submit(self, limit: float, function: Callable[..., Any], *args: Any) -> Future[Any]:
        """Ask whichever process is free next, as :meth:`Worker.ask` does."""
        return self._threads.submit(self._ask, limit, function, *args)

    def close(self) -> None:
        """End the processes, whatever they do."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.close()
        self._threads.shutdown()

    def _ask(self, limit: float, function: Callable[..., Any], *args: Any) -> Any:
        worker = self._idle.get()  # there is one for each thread
        try:
            return worker.ask(limit, function, *args)
        finally:
            self._idle.put(worker)


def context() -> BaseContext:
    """Return what processes are started by. Called first of all, it imports while the page is being built."""
    if os.name == "nt":
        return multiprocessing.get_context("spawn")
    from multiprocessing.forkserver import ensure_running

    chosen = multiprocessing.get_context("forkserver")  # not forked from here, where there are threads
    chosen.set_forkserver_preload(["sklearn_wtrdf.explore.solve"])
    ensure_running()
    return chosen


def _work(pipe: Connection, nice: bool) -> None:
    """Answer in one thread, because the matrices are small and there are other processes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C ends the server, and so this
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    warnings.simplefilter("ignore")  # an answer says what the page shall show
    if nice:
        with contextlib.suppress(AttributeError, OSError):  # Windows knows no nice
            os.nice(_NICENESS)
    with one_thread, contextlib.suppress(EOFError):  # the server is gone
        while True:
            tempfile.tempdir, function, args = pipe.recv()
            try:
                pipe.send((function(*args), None))
            except Exception as error:
                error.add_note(traceback.format_exc())  # an error leaves its traceback behind
                pipe.send((None, error))


def _end_with_the_server() -> None:
    """End when the server does, however that ends."""
    if (server := multiprocessing.parent_process()) is not None:
        server.join()
        os._exit(1)
