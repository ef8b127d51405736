"""`wtrdf explore`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def test_without_the_extra_the_command_names_it():
    code = (
        "import sys; sys.modules['dash'] = None\n"
        "from importlib import util; real = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'dash' else real(name, *rest)\n"
        "from sklearn_wtrdf.cli.main import main; main(['explore'])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.strip() == 'error: dash is missing: pip install "sklearn-wtrdf[explore]".'


@pytest.fixture
def served(monkeypatch):
    """Return the arguments with which the page is served."""
    pytest.importorskip("dash", reason="the page needs the extra explore")
    from sklearn_wtrdf.explore import processes, server

    calls = []
    monkeypatch.setattr(processes, "context", lambda: None)
    monkeypatch.setattr(server, "serve", lambda *args, **options: calls.append((args, options)))
    return calls


def test_files_and_the_material_reach_the_page(wtrdf, served):
    code, _, err = wtrdf("explore", "a.sq", "b.sq", "--number-density", "0.05", "--port", "8050", "--no-browser")
    assert (code, err) == (0, "")
    [(arguments, options)] = served
    assert arguments == ([Path("a.sq"), Path("b.sq")], 0.05, None, None)
    assert (options["host"], options["port"], options["browser"]) == ("127.0.0.1", 8050, False)


def test_a_mass_density_without_a_composition_is_refused_before_the_page_is_served(wtrdf, served):
    code, out, err = wtrdf("explore", "a.sq", "--mass-density", "2.2")
    assert (code, out) == (2, "")
    assert "--composition" in err
    assert not served


@pytest.mark.skipif(os.name != "posix", reason="there are no pipes with a name")
def test_a_file_without_an_end_is_refused(wtrdf, tmp_path):
    pytest.importorskip("dash")
    os.mkfifo(tmp_path / "pipe")  # which nobody writes to
    code, _, err = wtrdf("explore", tmp_path / "pipe", "--no-browser")
    assert (code, err) == (1, f"error: {tmp_path}/pipe: a file was expected, and this is not a regular file.\n")
