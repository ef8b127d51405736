"""What needs the extra [torch] is skipped where it is not installed: tests, and the examples of docstrings."""

import contextlib
import doctest
from importlib import util

import pytest

MISSING = {name for name in ("torch", "skorch") if util.find_spec(name) is None}


@contextlib.contextmanager
def skipped_without_torch():
    """Skip with what an ImportError says if it names a package of [torch] that is missing."""
    try:
        yield
    except (ImportError, doctest.UnexpectedException) as error:
        cause = error.exc_info[1] if isinstance(error, doctest.UnexpectedException) else error
        if isinstance(cause, ImportError) and cause.name in MISSING:
            pytest.skip(str(cause))
        raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup():
    """Fixtures may need it."""
    with skipped_without_torch():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call():
    """So may tests."""
    with skipped_without_torch():
        return (yield)


def pytest_ignore_collect(collection_path):
    """Leave out modules that import it; None leaves the others to pytest."""
    return True if MISSING and collection_path.match("sklearn_wtrdf/**/_torch_*.py") else None
