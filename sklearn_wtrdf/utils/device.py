"""torch and skorch, which are optional: whether they are installed, and the device and threads of torch."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib import util
from typing import Any


def need_torch(user: str) -> None:
    """Raise an ImportError of one line, which names the user, unless torch and skorch are installed."""
    for package in ("torch", "skorch"):
        if util.find_spec(package) is None:
            raise ImportError(
                f'{user} needs {package}, which is not installed: pip install "sklearn-wtrdf[torch]".', name=package
            )


def torch_device(device: str) -> str:
    """Return the torch device, the GPU for "auto" where there is one."""
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError("device='cuda', but torch finds no GPU: use device='cpu' or device='auto'.")
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return device


@contextlib.contextmanager
def one_torch_thread() -> Iterator[None]:
    """Let torch compute in one thread, independently of the environment: small tensors do not gain from threads."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class Batches:
    """The batches of a skorch data set, sliced once. A loader would collate them row by row in each epoch."""

    def __init__(self, dataset: Any, batch_size: int) -> None:
        from skorch.dataset import get_len

        n = get_len(dataset.X)
        self._batches = [dataset[start : start + batch_size] for start in range(0, n, batch_size)]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._batches)
