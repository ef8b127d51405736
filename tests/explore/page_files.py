"""Files of the repository, as a browser sends them."""

import base64
from pathlib import Path

from sklearn_wtrdf.explore.state import read_upload

DATA = Path(__file__).parents[2] / "data"


def without_fingerprint(contents):
    """Return the lines of a .gr file but for the fingerprint, which is of the model's file."""
    return [line for line in contents.split(b"\n") if not line.startswith(b"fingerprint")]


def upload(path, samples=()):
    """Return the samples with a file added."""
    return read_upload(path.name, base64.b64encode(path.read_bytes()).decode(), list(samples))[0]
