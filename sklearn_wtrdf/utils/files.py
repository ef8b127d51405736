"""Files: what may be read and overwritten, and writing completely or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None  # type: ignore[assignment]


@contextmanager
def atomic_write(path: str | Path, overwrite: bool = False) -> Iterator[Path]:
    """Yield a temporary path next to `path`; the file is renamed to `path` when the block ends without an error."""
    path = Path(path)
    check_replaceable(path, overwrite)
    temporary = path.with_name(f".{secrets.token_hex(8)}{path.suffix}")  # short, whatever the name is
    try:
        with naming(path, temporary):
            yield temporary
            os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def naming(path: Path, temporary: Path | None = None) -> Iterator[None]:
    """Add the name of the file to an OSError that names no file, or only the temporary one."""
    try:
        yield
    except OSError as error:
        if error.errno is None or str(error.filename) not in ("None", str(temporary)):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from None


def text_of(error: Exception) -> str:
    """Return the text of an error: of one of the system the file, if it has one, and the reason, without a number."""
    if not (isinstance(error, OSError) and error.strerror):
        return str(error)
    name = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
    return f"{name}{error.strerror[0].lower()}{error.strerror[1:]}."


def check_file(path: Path) -> None:
    """Raise unless a file can be read to its end: a pipe or a device may have none."""
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file.")
    if not path.is_file():
        raise IsADirectoryError(
            f"{path}: a file was expected, and this is {'a folder' if path.is_dir() else 'not a regular file'}."
        )


def check_absent(path: Path) -> None:
    """Raise if the file exists, or is a link, even to nothing."""
    if os.path.lexists(path):
        raise FileExistsError(f"{path} already exists; overwrite=True replaces it.")


def check_replaceable(path: Path, overwrite: bool) -> None:
    """Raise if the file exists and must not be replaced: without `overwrite`, or because it is a folder or a device."""
    if not overwrite:
        check_absent(path)
    elif path.exists():
        check_file(path)


def check_output(output: Path, inputs: Iterable[str | Path], overwrite: bool) -> None:
    """Raise if a file cannot be written there, before a computation whose result would be lost."""
    if not output.parent.is_dir():
        raise FileNotFoundError(f"{output}: there is no folder {output.parent}: create it, or choose another one.")
    check_outputs([output], inputs, overwrite)
    check_replaceable(output, overwrite)


def check_outputs(outputs: Iterable[Path], inputs: Iterable[str | Path], overwrite: bool) -> None:
    """Raise if an output is one of the inputs or, without `overwrite`, exists."""
    existing = [output for output in outputs if os.path.lexists(output)]
    of_inputs = {identity(path) for path in inputs} - {None} if existing else set()
    for output in existing:
        if identity(output) in of_inputs:
            raise ValueError(f"{output} would replace an input file; choose another name or folder.")
        if not overwrite:
            check_absent(output)


def identity(path: str | Path) -> tuple[int, int] | None:
    """Return a key that is the same for all names of a file and links to it, or None if there is no such file."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file while the block runs; the system releases it however the process ends.

    On systems without locks, there is no file.
    """
    if fcntl is None:
        yield
        return
    unheld = path.with_name(f".{path.name}")  # renamed only when it is locked: no process sees it unlocked
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
