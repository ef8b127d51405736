"""Worker processes, and a cache of the models that they fitted last.

A first answer and the whole one are given to processes of their own, the latter of lower priority, so that a slider
that is moved is followed while searches run. Of a window only the newest question counts: those before it that nobody
has begun with are never answered.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from typing import Any

from sklearn_wtrdf.explore import solve
from sklearn_wtrdf.explore.processes import EndedError, TooLongError, Worker, Workers
from sklearn_wtrdf.explore.schema import Sample, Settings, read_upload, reference_of

_MOST_WORKERS = 4
_MODELS = 64  # of some 10 kB each
_SCANS = 24  # that were reduced last
_WINDOWS = 1000
# Far more than any takes on a busy machine: they end what hangs.
_COMPUTING = 300.0  # s, for an answer
_READING = 60.0  # s, for a file


class SupersededError(Exception):
    """The window has asked something newer."""


class WorkerPool:
    """Processes that answer, and the models that were fitted last.

    Parameters
    ----------
    workers : int, default=None
        Processes for first answers, and as many for whole ones; None is one for each core, four at most.
    """

    def __init__(self, workers: int | None = None) -> None:
        self._models: OrderedDict[str, bytes] = OrderedDict()
        self._windows: OrderedDict[str, tuple[int, list[Future[Any]]]] = OrderedDict()
        self._made: OrderedDict[str, Sample] = OrderedDict()
        self._prepared: dict[str, tuple[Settings, Future[Any]]] = {}
        self._lock = threading.Lock()
        workers = workers or min(os.cpu_count() or 1, _MOST_WORKERS)
        self._workers = {whole: Workers(workers, nice=whole) for whole in (False, True)}

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
        if (future := self._begun(key, settings)) is not None and future.done():
            return self.whole(sample, settings, samples, window, serial)
        if settings.prior == "reference":
            said, model = self._ask(False, window, serial, _solve, sample, settings, samples, None, True)
            self._keep(key, model)  # with a reference nothing is searched for before there is a sample
            return said
        if kept and _goes_with(kept, settings):
            said, _ = self._ask(False, window, serial, _solve, sample, settings, samples, kept, True)
            return said
        return solve.transforms(sample, settings) | {"quick": True}

    def whole(
        self, sample: Sample, settings: Settings, samples: list[Sample], window: str, serial: int
    ) -> dict[str, Any]:
        """Answer as `fit` does."""
        sample, samples = self._reduced(sample, settings, samples)
        key = _key(sample, settings, samples)
        if (model := self._model(key)) is not None:
            return self._ask(True, window, serial, _answer, sample, settings, model)
        if (future := self._begun(key, settings)) is not None:
            said, model = self._result(future)
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
        reader = Worker()
        try:
            return reader.ask(_READING, read_upload, name, contents, samples, background_of)
        except TooLongError:
            raise ValueError(
                f"{name}: it took more than {_READING:g} s to read and was given up; it is damaged."
            ) from None
        except EndedError:
            raise ValueError(f"{name}: reading it ended the process that did; it is damaged.") from None
        finally:
            reader.close()

    def close(self) -> None:
        """End the processes."""
        for workers in self._workers.values():
            workers.close()

    def _reduced(self, sample: Sample, settings: Settings, samples: list[Sample]) -> tuple[Sample, list[Sample]]:
        """Return the sample, and the one that is its reference, with S(q) made of raw scans."""

        def one(raw: Sample) -> Sample:
            if raw.x is None:
                return raw
            key = json.dumps(raw.to_json())
            with self._lock:
                ready = self._made.get(key)
            if ready is None:
                ready = self._ask(False, None, 0, solve.reduced, raw)
                with self._lock:
                    self._made[key] = ready
                    while len(self._made) > _SCANS:
                        self._made.popitem(last=False)
            return ready

        beside = settings.prior == "reference"
        return one(sample), [one(some) if beside and some.name == settings.reference else some for some in samples]

    def _begun(self, key: str, settings: Settings) -> Future[Any] | None:
        """Return what was begun before any window asked, unless it failed."""
        before, future = self._prepared.get(key, (None, None))
        if before != settings or future is None or (future.done() and future.exception() is not None):
            return None
        return future

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
        return self._result(future)

    def _result(self, future: Future[Any]) -> Any:
        try:
            return future.result()
        except CancelledError:
            raise SupersededError from None
        except TooLongError:
            minutes = f"{_COMPUTING / 60:g} minutes"
            raise ValueError(f"This took more than {minutes} and was given up: try fewer points of q or r.") from None
        except EndedError:
            raise ValueError("The process that computed was ended, perhaps for want of memory. Try again.") from None

    def _submit(self, whole: bool, function: Callable[..., Any], *args: Any) -> Future[Any]:
        return self._workers[whole].submit(_COMPUTING, function, *args)

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


def _solve(
    sample: Sample, settings: Settings, samples: list[Sample], fixed_prior: Any, quick: bool
) -> tuple[dict[str, Any], bytes]:
    model = solve.fitted(sample, settings, samples, fixed_prior)
    solution = solve.answer(sample, settings, model, quick)
    return solution, pickle.dumps(model)


def _answer(sample: Sample, settings: Settings, model: bytes) -> dict[str, Any]:
    return solve.answer(sample, settings, pickle.loads(model))


def _file(what: str, sample: Sample, settings: Settings, model: bytes) -> tuple[str, bytes]:
    return solve.file(what, sample, settings, pickle.loads(model))


def _key(sample: Sample, settings: Settings, samples: list[Sample]) -> str:
    """Return what names a fit: all that it depends on. On r it does not, unless r is the reference's."""
    reference = reference_of(settings.reference, samples).to_json() if settings.prior == "reference" else None
    plain = replace(settings, r=Settings.r, reference="")
    return hashlib.sha256(json.dumps([sample.to_json(), repr(plain), reference]).encode()).hexdigest()


def _goes_with(fixed_prior: Any, settings: Settings) -> bool:
    """Return whether a prior that was found under other settings is one that these may find."""
    kinds = [part[0] for part in fixed_prior if isinstance(part, list) and part]
    if settings.prior == "bond":
        return "Bond" in kinds and settings.bond is None
    return settings.prior == "auto" or kinds == ["Continuum"]
