"""Writing files: completely or not at all, and without overwriting by default."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None  # type: ignore[assignment]


@contextmanager
def written_whole(path: str | Path, overwrite: bool = False) -> Iterator[Path]:
    """Yield a temporary name next to `path`; the file is renamed to `path` when the block ends without an error."""
    path = Path(path)
    if not overwrite:
        check_absent(path)
    temporary = path.with_name(f".{secrets.token_hex(8)}{path.suffix}")  # short, whatever the name is
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def check_absent(path: Path) -> None:
    """Raise if the file exists."""
    if path.exists():
        raise FileExistsError(f"{path} is there already; overwrite=True replaces it.")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file while the block runs; the system releases it however the process ends.

    On systems without locks, there is no file.
    """
    if fcntl is None:
        yield
        return
    unheld = path.with_name(f".{path.name}")  # renamed only when it is held: nobody sees it free
    with unheld.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            unheld.rename(path)
        except OSError:  # a file system without locks
            unheld.unlink()
        yield


def is_free(path: Path) -> bool | None:
    """Return whether a lock file is released; None if there is no such file, or no locks on this system."""
    if fcntl is None:
        return None
    with contextlib.suppress(FileNotFoundError), path.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
    return None
