"""Files of the repository, as a browser sends them."""

import base64
from pathlib import Path

from sklearn_wtrdf.explore.uploads import read_upload

DATA = Path(__file__).parents[2] / "data"


def without_hashes(contents):
    """Return the lines of a .gr file without those on the files of model and S(q), and how the latter was read."""
    of_files = b"fingerprint", b"source", b"settings", b"reduced"
    return [line for line in contents.split(b"\n") if not line.startswith(of_files)]


def upload(path, samples=(), background_of=None, opened=None):
    """Return the samples with a file added."""
    contents = base64.b64encode(path.read_bytes()).decode()
    return read_upload(path.name, contents, list(samples), background_of, opened=opened)[0]
