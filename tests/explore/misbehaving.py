"""Functions that end or block the process in which they run."""

import os
import tempfile
import threading
import time
from pathlib import Path


def die(*_):
    os._exit(1)


def hang(begun=None, *_):
    Path(tempfile.gettempdir(), "left behind").touch()
    if isinstance(begun, Path):
        begun.touch()
    threading.Event().wait()


def wait_for(path):
    while not path.exists():
        time.sleep(0.01)
