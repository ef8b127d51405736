"""Linear algebra in one thread, independently of environment variables.

The matrices of this package have some hundred rows. With several threads, BLAS would not be faster on them but mostly
wait, in particular on a busy machine, and another order of summation would change the last digits of results. Cores are
used by several processes instead (``n_jobs``). The threads of torch are limited in `utils.device`.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable
from types import TracebackType
from typing import ParamSpec, TypeVar

from threadpoolctl import OpenBLASController, ThreadpoolController

P = ParamSpec("P")
R = TypeVar("R")


class _SingleThread:
    """A context, and a decorator of functions, in which BLAS uses one thread.

    The threads of BLAS are those of the whole process, so the first of several Python threads that enters sets the
    limit and the last that leaves restores what was before; threadpoolctl by itself obeys only the first Python thread
    that set a limit, until that thread is done.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entered = 0
        self._blas = contextlib.ExitStack()

    def __enter__(self) -> None:
        blas = _controller()
        with self._lock:
            if self._entered == 0:
                OpenBLASController.clear_controlling_thread(force=True)
                self._blas.enter_context(blas.limit(limits=1))
            self._entered += 1

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def limited(*args: P.args, **kwargs: P.kwargs) -> R:
            with self:
                return function(*args, **kwargs)

        return limited

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._lock:
            self._entered -= 1
            if self._entered == 0:
                OpenBLASController.clear_controlling_thread(force=True)
                self._blas.close()


@functools.cache
def _controller() -> ThreadpoolController:
    """Return the controller of BLAS; it takes milliseconds to look for the libraries of a process."""
    # SciPy brings a BLAS of its own, which is loaded with its linear algebra.
    import scipy.linalg  # noqa: F401

    return ThreadpoolController().select(user_api="blas")


single_thread = _SingleThread()
