"""Files of the repository, as a browser sends them."""

import base64
import shutil
from pathlib import Path

from sklearn_wtrdf.explore.uploads import read_upload

DATA = Path(__file__).parents[2] / "data"


def without_hashes(contents):
    """Return the lines of a .gr file without those on other files: the model, S(q) and how it was read, and results."""
    of_files = b"fingerprint", b"source", b"settings", b"reduced", b"outputs"
    return [line for line in contents.split(b"\n") if not line.startswith(of_files)]


def write_coarse(folder):
    """Write the paper's S(q) at every third q, which is faster to solve, and its known g(r); return the folder."""
    header, *rows = (DATA / "ge25se75_sq.csv").read_text().splitlines(keepends=True)
    (folder / "ge25se75_sq.csv").write_text("".join([header, *rows[::3]]))
    shutil.copy(DATA / "ge25se75_rdf.csv", folder)
    return folder


def upload(path, samples=(), background_of=None, opened=None):
    """Return the samples with a file added."""
    contents = base64.b64encode(path.read_bytes()).decode()
    return read_upload(path.name, contents, list(samples), background_of, opened=opened)[0]
