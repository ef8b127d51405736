"""Where torch is not installed, what asks for it is skipped: tests, and the examples of docstrings."""

from importlib import util

import pytest


def skip(user: str) -> None:
    """Skip, in place of an ImportError; what catches exceptions lets it pass."""
    pytest.skip(f'{user} needs torch and skorch: pip install "sklearn-wtrdf[torch]"')


if not (util.find_spec("torch") and util.find_spec("skorch")):
    from sklearn_wtrdf.utils import device

    device.need_torch = skip
    collect_ignore_glob = ["sklearn_wtrdf/*/_torch_*.py"]
