"""A task that makes its process grow. The module imports nothing else, because each process that replaces one does."""

import sys
import time


def grow(task):
    sys.modules[f"{__name__}.{task}"] = b"x" * 200_000_000  # never freed
    time.sleep(0.6)
    return task
