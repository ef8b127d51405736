import os
import shutil
import signal
import subprocess
import sys
from functools import partial

import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import read_pattern
from sklearn_wtrdf.cli.main import main
from sklearn_wtrdf.datasets import load_material


@pytest.fixture
def wtrdf(capsys):
    """Return the command as a function that gives exit code, output and errors."""

    def run(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return exit_.value.code or 0, printed.out, printed.err

    return run


def write_files(ge_se, folder):
    """Write the two files of the measured glass, and return their paths."""
    rdf, sq = folder / "rdf.csv", folder / "sq.csv"
    pd.DataFrame({"r": ge_se.r, "g": ge_se.target}).to_csv(rdf, index=False)
    pd.DataFrame({"q": ge_se.q, "s_r": ge_se.s_r}).to_csv(sq, index=False)
    return rdf, sq


@pytest.fixture
def files(ge_se, tmp_path, monkeypatch):
    """Go to a folder with the two files of the measured glass."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return write_files(ge_se, tmp_path)


@pytest.fixture(scope="session")
def fitted(ge_se, tmp_path_factory):
    """Return the file of a model that the command fitted to the two files."""
    folder = tmp_path_factory.mktemp("model")
    path = folder / "model.skops"
    with pytest.raises(SystemExit) as exit_:
        main(["fit", *map(str, write_files(ge_se, folder)), "-o", str(path), "--number-density", "0.034"])
    assert not exit_.value.code
    return path


@pytest.fixture
def model(fitted, files, tmp_path):
    shutil.copy(fitted, tmp_path)
    return fitted.name


@pytest.fixture
def wrong_files(ge_se, files):
    """Return files of what is not, or does not belong, to the measured glass."""
    argon = load_material("argon", q_max=8)
    density = "number_density = 0.034\n"
    tables = {
        "argon.fq": (ge_se.q, np.interp(ge_se.q, argon.q, argon.s_r)),
        "s_minus_1.fq": (ge_se.q, ge_se.s_r / ge_se.q),
        "intensity.fq": (ge_se.q, 500 * np.exp(-ge_se.q / 4) * (ge_se.s_r / ge_se.q + 1)),
    }
    for name, columns in tables.items():
        np.savetxt(name, np.column_stack(columns), header=density, comments="# ")
    np.savetxt("argon_g.txt", np.column_stack([argon.r, argon.target]))
    return list(tables)


@pytest.fixture
def alone(wtrdf, files):
    """Write a model without a reference, and S(q) of the measured glass from q = 0 on with standard deviations."""
    pattern = read_pattern(files[1])
    columns = [pattern.q, 1 + pattern.s_r / pattern.q, np.full(pattern.q.size, 0.02)]
    np.savetxt("alone.sq", np.vstack([[0, 0, 0.02], np.column_stack(columns)]), header="Q S(Q) dS")
    message = ["--prior", "continuum", "--refit", "never", "--q-damp", "0.01", "--no-systematic-errors"]
    assert wtrdf("fit", "alone.sq", "-o", "alone.skops", "--number-density", "0.034", *message)[0] == 0
    return "alone.skops"


@pytest.fixture
def started():
    """Return what starts the command in a process of its own, with whatever it starts in its group."""
    processes = []

    def start(*arguments, **environment):
        command = [sys.executable, "-m", "sklearn_wtrdf.cli", *map(os.fspath, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "start_new_session": True}
        # A shell that starts the tests in the background has SIGINT ignored, and children would inherit that.
        heeding = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        processes.append(subprocess.Popen(command, env=os.environ | environment, preexec_fn=heeding, **pipes))
        return processes[-1]

    yield start
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
