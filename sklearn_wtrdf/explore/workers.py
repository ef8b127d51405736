"""Worker processes, and a cache of the models that they fitted last.

Previews and full solutions are computed by different processes, the latter with lower priority, so that the page
follows a slider while searches run. A new request of a window cancels its previous requests that are still in the
queue.
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
from dataclasses import asdict, replace
from typing import Any

from sklearn_wtrdf.explore import solve
from sklearn_wtrdf.explore.processes import EndedError, TooLongError, Worker, Workers
from sklearn_wtrdf.explore.schema import Sample, Settings, reference_of
from sklearn_wtrdf.explore.uploads import read_upload
from sklearn_wtrdf.scattering.sampling import R_MAX
from sklearn_wtrdf.workflows.settings import PdfSettings

_MAX_WORKERS = 4
_MAX_MODELS = 64  # in the cache, of some 10 kB each
_MAX_SCANS = 24  # in the cache of reduced scans
_MAX_WINDOWS = 1000  # whose newest requests are stored
# Time limits, which a computation exceeds only if it hangs.
_COMPUTING = 300.0  # s, of a solution
_READING = 60.0  # s, of a file


class SupersededError(Exception):
    """The window has sent a newer request."""


class WorkerPool:
    """Worker processes, and caches of fitted models and reduced scans.

    Parameters
    ----------
    workers : int, default=None
        Number of processes for previews, and for full solutions; None is one for each core, four at most.
    """

    def __init__(self, workers: int | None = None) -> None:
        self._models: OrderedDict[str, bytes] = OrderedDict()
        self._windows: OrderedDict[str, tuple[int, list[Future[Any]]]] = OrderedDict()
        self._reduced_scans: OrderedDict[str, Sample] = OrderedDict()
        self._prepared: dict[str, tuple[Settings, Future[Any]]] = {}
        self._lock = threading.Lock()
        workers = workers or min(os.cpu_count() or 1, _MAX_WORKERS)
        self._workers = {full: Workers(workers, nice=full) for full in (False, True)}

    def prepare(self, sample: Sample, samples: list[Sample]) -> None:
        """Start to compute the solution for the first request of a window."""
        settings = Settings()
        if sample.x is not None:
            return
        future = self._submit(False, _solve, sample, settings, samples, None, False)  # before there is a request
        self._prepared[_key(sample, settings, samples)] = settings, future

    def first(
        self, sample: Sample, settings: Settings, samples: list[Sample], fixed_prior: Any, window: str, serial: int
    ) -> dict[str, Any]:
        """Return a preview within a second: with the prior of the last fit, or with the Fourier transforms alone.

        If the model is in the cache, this is the full solution, and ``quick`` is False.
        """
        sample, samples = self._reduced(sample, settings, samples)
        if (model := self._model(key := _key(sample, settings, samples))) is not None:
            return self._run(False, window, serial, _solution, sample, settings, model)
        if (future := self._pending(key, settings)) is not None and future.done():
            return self.full(sample, settings, samples, window, serial)
        if settings.prior == "reference":
            solution, model = self._run(False, window, serial, _solve, sample, settings, samples, None, True)
            self._cache(key, model)  # which needs no search with a reference
            return solution
        if fixed_prior and _is_compatible(fixed_prior, settings):
            solution, _ = self._run(False, window, serial, _solve, sample, settings, samples, fixed_prior, True)
            return solution
        return solve.transforms(sample, settings) | {"quick": True}

    def full(
        self, sample: Sample, settings: Settings, samples: list[Sample], window: str, serial: int
    ) -> dict[str, Any]:
        """Return the full solution."""
        sample, samples = self._reduced(sample, settings, samples)
        key = _key(sample, settings, samples)
        if (model := self._model(key)) is not None:
            return self._run(True, window, serial, _solution, sample, settings, model)
        if (future := self._pending(key, settings)) is not None:
            solution, model = self._result(future)
        else:
            solution, model = self._run(True, window, serial, _solve, sample, settings, samples, None, False)
        self._cache(key, model)
        return solution

    def file(self, what: str, sample: Sample, settings: Settings, samples: list[Sample]) -> tuple[str, bytes]:
        """Return name and contents of a download: "gr", "picture" or "model"."""
        sample, samples = self._reduced(sample, settings, samples)
        key = _key(sample, settings, samples)
        if (model := self._model(key)) is None:
            _, model = self._run(True, None, 0, _solve, sample, settings, samples, None, False)
            self._cache(key, model)
        return self._run(False, None, 0, _file, what, sample, settings, model)

    def compute(self, function: Callable[..., Any], *args: Any, window: str | None = None, serial: int = 0) -> Any:
        """Run a function in one of the processes for previews."""
        return self._run(False, window, serial, function, *args)

    def read(
        self,
        name: str,
        contents: str,
        samples: list[Sample],
        background_of: str | None = None,
        choices: dict[str, str] | None = None,
        opened: PdfSettings | None = None,
    ) -> tuple[list[Sample], str]:
        """Run :func:`read_upload` in a separate process, because damaged binary files may crash or block a reader."""
        reader = Worker()
        try:
            return reader.run(_READING, read_upload, name, contents, samples, background_of, choices, opened)
        except TooLongError:
            raise ValueError(
                f"{name}: reading it took more than {_READING:g} s and was stopped; the file is damaged."
            ) from None
        except EndedError:
            raise ValueError(f"{name}: reading it crashed; the file is damaged.") from None
        finally:
            reader.close()

    def close(self) -> None:
        """End the processes."""
        for workers in self._workers.values():
            workers.close()

    def _reduced(self, sample: Sample, settings: Settings, samples: list[Sample]) -> tuple[Sample, list[Sample]]:
        """Return the sample and its reference, with raw scans reduced to S(q)."""

        def reduce(raw: Sample) -> Sample:
            if raw.x is None:
                return raw
            key = json.dumps([raw.to_json(), asdict(settings.of(raw))])
            with self._lock:
                ready = self._reduced_scans.get(key)
            if ready is None:
                ready = self._run(False, None, 0, solve.reduced, raw, settings)
                with self._lock:
                    self._reduced_scans[key] = ready
                    while len(self._reduced_scans) > _MAX_SCANS:
                        self._reduced_scans.popitem(last=False)
            return ready

        reference = settings.reference if settings.prior == "reference" else None
        return reduce(sample), [reduce(other) if other.name == reference else other for other in samples]

    def _pending(self, key: str, settings: Settings) -> Future[Any] | None:
        """Return the computation that was started before the first request, unless it failed."""
        prepared, future = self._prepared.get(key, (None, None))
        if prepared != settings or future is None or (future.done() and future.exception() is not None):
            return None
        return future

    def _run(self, full: bool, window: str | None, serial: int, function: Callable[..., Any], *args: Any) -> Any:
        with self._lock:
            newest, pending = self._windows.pop(window or "", (serial, []))
            if window and serial < newest:
                self._windows[window] = newest, pending
                raise SupersededError
            if serial > newest:
                for future in pending:
                    future.cancel()
                pending = []
            future = self._submit(full, function, *args)
            if window:
                self._windows[window] = serial, [earlier for earlier in pending if not earlier.done()] + [future]
                while len(self._windows) > _MAX_WINDOWS:
                    self._windows.popitem(last=False)
        return self._result(future)

    def _result(self, future: Future[Any]) -> Any:
        try:
            return future.result()
        except CancelledError:
            raise SupersededError from None
        except TooLongError:
            minutes = f"{_COMPUTING / 60:g} minutes"
            raise ValueError(f"This took more than {minutes} and was stopped: try fewer points of q or r.") from None
        except EndedError:
            raise ValueError(
                "The process that computed was ended, perhaps because of lack of memory. Try again."
            ) from None

    def _submit(self, full: bool, function: Callable[..., Any], *args: Any) -> Future[Any]:
        return self._workers[full].submit(_COMPUTING, function, *args)

    def _model(self, key: str) -> bytes | None:
        with self._lock:
            if (model := self._models.get(key)) is not None:
                self._models.move_to_end(key)
            return model

    def _cache(self, key: str, model: bytes) -> None:
        with self._lock:
            self._models[key] = model
            while len(self._models) > _MAX_MODELS:
                self._models.popitem(last=False)


def _solve(
    sample: Sample, settings: Settings, samples: list[Sample], fixed_prior: Any, quick: bool
) -> tuple[dict[str, Any], bytes]:
    model = solve.fitted(sample, settings, samples, fixed_prior)
    solution = solve.solution_of(sample, settings, model, quick)
    return solution, pickle.dumps(model)


def _solution(sample: Sample, settings: Settings, model: bytes) -> dict[str, Any]:
    return solve.solution_of(sample, settings, pickle.loads(model))


def _file(what: str, sample: Sample, settings: Settings, model: bytes) -> tuple[str, bytes]:
    return solve.file(what, sample, settings, pickle.loads(model))


def _key(sample: Sample, settings: Settings, samples: list[Sample]) -> str:
    """Return a key of all that a fit depends on."""
    reference = reference_of(settings.reference, samples).to_json() if settings.prior == "reference" else None
    plain = replace(settings, r_max=max(settings.r_max, R_MAX), reference="")
    return hashlib.sha256(json.dumps([sample.to_json(), repr(plain), reference]).encode()).hexdigest()


def _is_compatible(fixed_prior: Any, settings: Settings) -> bool:
    """Return whether a prior that was fitted with other settings may result from these."""
    kinds = [part[0] for part in fixed_prior if isinstance(part, list) and part]
    if settings.prior == "bond":
        return "Bond" in kinds and settings.bond is None
    return settings.prior == "auto" or kinds == ["Continuum"]
