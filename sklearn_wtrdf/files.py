"""Writing files: whole or not at all, and nothing over what is there unless that was asked for."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: str | Path, overwrite: bool = False) -> Iterator[Path]:
    """Give a temporary name beside `path`, which takes its place when the block has ended without an error."""
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
    """Raise if the file is there."""
    if path.exists():
        raise FileExistsError(f"{path} is there already; overwrite=True replaces it.")
