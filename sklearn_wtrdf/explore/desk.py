"""Who answers: a few processes, and the models that they fitted last.

A first answer and the whole one are given to processes of their own, the latter of lower priority, so that a slider
that is moved is followed while searches run. Of a window only the newest question counts: those before it that nobody
has begun with are never answered.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import os
import pickle
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

import threadpoolctl

from sklearn_wtrdf.explore import answers
from sklearn_wtrdf.explore.processes import context
from sklearn_wtrdf.explore.state import Sample, Settings, read_upload, reference_of

_MOST_WORKERS = 4
_MODELS = 64  # of some 10 kB each
_SCANS = 24  # that were reduced last
_WINDOWS = 1000
_PATIENCE = 60.0  # s
_READING = 10.0  # s, for a file


class SupersededError(Exception):
    """The window has asked something newer."""


class Desk:
    """Processes that answer, and the models that were fitted last.

    Parameters
    ----------
    workers : int, default=None
        Processes for first answers, and as many for whole ones; None is one for each core, four at most.
    """

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or min(os.cpu_count() or 1, _MOST_WORKERS)
        self._models: OrderedDict[str, bytes] = OrderedDict()
        self._windows: OrderedDict[str, tuple[int, list[Future[Any]]]] = OrderedDict()
        self._made: OrderedDict[str, Sample] = OrderedDict()
        self._prepared: dict[str, tuple[Settings, Future[Any]]] = {}
        self._lock = threading.Lock()
        self._context = context()
        self._pools = {whole: self._pool(whole) for whole in (False, True)}
        for pool in self._pools.values():  # begin now with what takes a second
            pool.submit(os.getpid)

    def prepare(self, sample: Sample, samples: list[Sample]) -> None:
        """Begin with what the first window will ask."""
        settings = Settings()
        if sample.x is not None:
            return
        future = self._submit(False, _solve, sample, settings, samples, None, False)  # nobody waits for these yet
        self._prepared[_key(sample, settings, samples)] = settings, future

    def first(
        self, sample: Sample, settings: Settings, samples: list[Sample], kept: Any, window: str, serial: int
    ) -> dict[str, Any]:
        """Answer within a second: with the prior that was found last, or with the Fourier transforms alone.

        Where the model has been fitted already, this is the whole answer: ``quick`` is False.
        """
        sample, samples = self._reduced(sample, settings, samples)
        if (model := self._model(key := _key(sample, settings, samples))) is not None:
            return self._ask(False, window, serial, _answer, sample, settings, model)
        before, future = self._prepared.get(key, (None, None))
        if before == settings and future is not None and future.done():
            return self.whole(sample, settings, samples, window, serial)
        if settings.prior == "reference":
            said, model = self._ask(False, window, serial, _solve, sample, settings, samples, None, True)
            self._keep(key, model)  # beside a reference nothing is searched for before there is a sample
            return said
        if kept and _goes_with(kept, settings):
            said, _ = self._ask(False, window, serial, _solve, sample, settings, samples, kept, True)
            return said
        return answers.transforms(sample, settings) | {"quick": True}

    def whole(
        self, sample: Sample, settings: Settings, samples: list[Sample], window: str, serial: int
    ) -> dict[str, Any]:
        """Answer as `fit` does."""
        sample, samples = self._reduced(sample, settings, samples)
        key = _key(sample, settings, samples)
        if (model := self._model(key)) is not None:
            return self._ask(True, window, serial, _answer, sample, settings, model)
        before, future = self._prepared.get(key, (None, None))
        if before == settings and future is not None:
            said, model = future.result(_PATIENCE)
        else:
            said, model = self._ask(True, window, serial, _solve, sample, settings, samples, None, False)
        self._keep(key, model)
        return said

    def file(self, what: str, sample: Sample, settings: Settings, samples: list[Sample]) -> tuple[str, bytes]:
        """Return name and contents of a download: "gr", "picture" or "model"."""
        sample, samples = self._reduced(sample, settings, samples)
        key = _key(sample, settings, samples)
        if (model := self._model(key)) is None:
            _, model = self._ask(True, None, 0, _solve, sample, settings, samples, None, False)
            self._keep(key, model)
        return self._ask(False, None, 0, _file, what, sample, settings, model)

    def compute(self, function: Callable[..., Any], *args: Any, window: str | None = None, serial: int = 0) -> Any:
        """Run a function in one of the processes for first answers."""
        return self._ask(False, window, serial, function, *args)

    def read(
        self, name: str, contents: str, samples: list[Sample], background_of: str | None = None
    ) -> tuple[list[Sample], str]:
        """Do what :func:`read_upload` does, in a process of its own.

        Readers of binary files are not all of Python, and one that a damaged file breaks or holds up takes nothing with
        it.
        """
        here, there = self._context.Pipe(duplex=False)
        # What it leaves on disk when it is ended goes with this folder.
        folder = tempfile.TemporaryDirectory(prefix="wtrdf-explore-")
        sent = there, folder.name, name, contents, samples, background_of
        process = self._context.Process(target=_read, args=sent, daemon=True)  # type: ignore[attr-defined]
        process.start()
        there.close()
        try:
            if not here.poll(_READING):
                raise ValueError(f"{name}: it took more than {_READING:g} s to read and was given up; it is damaged.")
            read = here.recv()
        except EOFError:
            raise ValueError(f"{name}: reading it ended the process that did; it is damaged.") from None
        finally:
            process.kill()
            process.join()
            here.close()
            folder.cleanup()
        if isinstance(read, Exception):
            raise read
        return read

    def close(self) -> None:
        """End the processes."""
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)

    def _reduced(self, sample: Sample, settings: Settings, samples: list[Sample]) -> tuple[Sample, list[Sample]]:
        """Return the sample, and the one that is its reference, with S(q) made of raw scans."""

        def one(raw: Sample) -> Sample:
            if raw.x is None:
                return raw
            key = json.dumps(raw.to_json())
            with self._lock:
                ready = self._made.get(key)
            if ready is None:
                ready = self._ask(False, None, 0, answers.reduced, raw)
                with self._lock:
                    self._made[key] = ready
                    while len(self._made) > _SCANS:
                        self._made.popitem(last=False)
            return ready

        beside = settings.prior == "reference"
        return one(sample), [one(some) if beside and some.name == settings.reference else some for some in samples]

    def _ask(self, whole: bool, window: str | None, serial: int, function: Callable[..., Any], *args: Any) -> Any:
        with self._lock:
            newest, pending = self._windows.pop(window or "", (serial, []))
            if window and serial < newest:
                self._windows[window] = newest, pending
                raise SupersededError
            if serial > newest:
                for future in pending:
                    future.cancel()
                pending = []
            future = self._submit(whole, function, *args)
            if window:
                self._windows[window] = serial, [one for one in pending if not one.done()] + [future]
                while len(self._windows) > _WINDOWS:
                    self._windows.popitem(last=False)
        try:
            return future.result(_PATIENCE)
        except CancelledError:
            raise SupersededError from None
        except TimeoutError:
            future.cancel()
            raise ValueError("This took more than a minute and was given up: try fewer points of q or r.") from None
        except BrokenProcessPool:
            raise ValueError("The process that computed was ended, perhaps for want of memory. Try again.") from None

    def _submit(self, whole: bool, function: Callable[..., Any], *args: Any) -> Future[Any]:
        try:
            return self._pools[whole].submit(function, *args)
        except BrokenProcessPool:
            self._pools[whole] = self._pool(whole)
            return self._pools[whole].submit(function, *args)

    def _pool(self, whole: bool) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._workers, self._context, initializer=_begin, initargs=(whole,))

    def _model(self, key: str) -> bytes | None:
        with self._lock:
            if (model := self._models.get(key)) is not None:
                self._models.move_to_end(key)
            return model

    def _keep(self, key: str, model: bytes) -> None:
        with self._lock:
            self._models[key] = model
            while len(self._models) > _MODELS:
                self._models.popitem(last=False)


def _begin(whole: bool) -> None:
    """Start a process: one thread, because the matrices are small and there are other processes."""
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    threadpoolctl.threadpool_limits(1)
    if whole:
        with contextlib.suppress(AttributeError, OSError):  # Windows knows no nice
            os.nice(5)  # by 10, other programs that keep all cores busy would leave it next to nothing


def _end_with_the_server() -> None:
    """End when the server does, however that ends."""
    if (server := multiprocessing.parent_process()) is not None:
        server.join()
        os._exit(1)


def _read(there: Connection, folder: str, *sent: Any) -> None:
    tempfile.tempdir = folder
    try:
        there.send(read_upload(*sent))
    except Exception as error:
        there.send(error)


def _solve(
    sample: Sample, settings: Settings, samples: list[Sample], kept: Any, quick: bool
) -> tuple[dict[str, Any], bytes]:
    model = answers.fitted(sample, settings, samples, kept)
    said = answers.answer(sample, settings, model, quick)
    return said, pickle.dumps(model)


def _answer(sample: Sample, settings: Settings, model: bytes) -> dict[str, Any]:
    return answers.answer(sample, settings, pickle.loads(model))


def _file(what: str, sample: Sample, settings: Settings, model: bytes) -> tuple[str, bytes]:
    return answers.file(what, sample, settings, pickle.loads(model))


def _key(sample: Sample, settings: Settings, samples: list[Sample]) -> str:
    """Return what names a fit: all that it depends on. On r it does not, unless r is the reference's."""
    reference = reference_of(settings.reference, samples).to_json() if settings.prior == "reference" else None
    plain = replace(settings, r=Settings.r, reference="")
    return hashlib.sha256(json.dumps([sample.to_json(), repr(plain), reference]).encode()).hexdigest()


def _goes_with(kept: Any, settings: Settings) -> bool:
    """Return whether a prior that was found under other settings is one that these may find."""
    kinds = [part[0] for part in kept if isinstance(part, list) and part]
    if settings.prior == "bond":
        return "Bond" in kinds and settings.bond is None
    return settings.prior == "auto" or kinds == ["Continuum"]
