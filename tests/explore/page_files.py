"""Files of the repository, as a browser sends them."""

import base64
from pathlib import Path

from sklearn_wtrdf.explore.uploads import read_upload

DATA = Path(__file__).parents[2] / "data"


def without_hashes(contents):
    """Return the lines of a .gr file but for the hashes, which are of the model's file and of the file of S(q)."""
    return [line for line in contents.split(b"\n") if not line.startswith((b"fingerprint", b"source_sha256"))]


def upload(path, samples=()):
    """Return the samples with a file added."""
    return read_upload(path.name, base64.b64encode(path.read_bytes()).decode(), list(samples))[0]
