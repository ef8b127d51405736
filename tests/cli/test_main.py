import os
import signal
import time

import numpy as np
import pytest

from sklearn_wtrdf import read_peaks
from sklearn_wtrdf.cli.command import Command
from sklearn_wtrdf.cli.main import app
from sklearn_wtrdf.datasets import load_ag_ge_se


def test_three_commands_from_two_files_to_a_curve_a_picture_and_peaks(wtrdf, model, files, tmp_path):
    code, out, _ = wtrdf("reconstruct", model, files[1], "-o", "out", "--plot", "--number-density", "0.034")
    assert (code, out) == (0, "1 of 1 files written to out.\n")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["sq.gr", "sq.png"]
    code, out, _err = wtrdf("peaks", "out/sq.gr")
    assert code == 0
    assert all(f"{position:.3f} ±" in out for position in read_peaks("out/sq.gr")["position"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit", "a", "b", "c", "-o", "m"], "one or two files"),
        (["fit", "a", "b", "-o", "m", "--bounds", "a=1"], "for --model wtrdf"),
        (["fit", "a", "b", "-o", "m", "--model", "wtrdf", "--bounds", "a"], "NAME=LOW:HIGH"),
        (["fit", "a", "b", "-o", "m", "--quantity", "G"], "G"),
        (["fit", "a", "-o", "m", "--peak-weight", "1"], "for --model wtrdf"),
        (["fit", "a", "-o", "m", "--reference-unit", "nm"], "no reference"),
        (["fit", "a", "b", "-o", "m", "--prior", "bond"], "with a reference,"),
        (["fit", "a", "b", "-o", "m", "--refit", "never"], "with a reference,"),
        (["fit", "a", "b", "-o", "m", "--model", "wtrdf", "--systematic-errors"], "for --model inversion"),
        (["fit", "a", "-o", "m", "--bond", "1.9"], "LOW:HIGH"),
        (["fit", "a", "-o", "m", "--bond", "1.9:1.4"], "LOW:HIGH"),
        (["fit", "a", "-o", "m", "--bond", "1:2", "--prior", "continuum"], "--prior continuum has no bond"),
        (["fit", "a", "-o", "m", "--q-damp", "-1"], "--q-damp"),
        (["reconstruct", "m", "a", "-o", "out", "--r", "3", "2", "1"], "LOW must be less"),
        (["reconstruct", "m", "a", "-o", "out", "--r", "2", "3", "1"], "LOW must be less"),
        (["reconstruct", "m", "a", "-o", "out", "--r", "0", "inf", "1"], "LOW must be less"),
        (["reconstruct", "m", "a", "-o", "out", "--number-density", "-1"], "--number-density"),
        (["peaks", "a", "--q-max", "0"], "--q-max"),
        (["fit", "a", "-o", "m", "--mass-density", "2.2"], "mass_density needs composition"),
        (["peaks", "a", "--mass-density", "2.2", "--composition", "Sio2"], "got 'Sio2'"),
        (["reconstruct", "m", "a", "-o", "out", "--composition", "Xx"], "unknown element Xx"),
        (
            ["peaks", "a", "--composition", "SiO2", "--mass-density", "2.2", "--number-density", "0.066"],
            "both given",
        ),
        (["benchmark", "ratios", "--out", "there"], "give --output"),
        (["benchmark", "nonsense"], "is not one of"),
        (["pdf", "", "-o", "out"], "an argument is empty: is a variable of the shell not set?"),
        (["fit", "r", "-o", "m", "--bounds", "a=1:2", "--bounds", "a=3:4", "--model", "wtrdf"], "a is given twice"),
        (["nonsense"], "nonsense"),
    ],
)
def test_a_command_that_is_not_understood_exits_with_2(wtrdf, arguments, message):
    code, out, err = wtrdf(*arguments)
    assert (code, out) == (2, "")
    assert message in err


def test_help_and_version_have_the_name_of_the_command(wtrdf, monkeypatch):
    monkeypatch.setattr("shellingham.detect_shell", lambda *_: ("bash", "/bin/bash"))  # no shell may have started us
    code, out, _ = wtrdf("--help")
    assert code == 0
    commands = out.partition("Commands:\n")[2]
    assert commands.split()[0] == "pdf"
    assert out.index("wtrdf pdf glass.sq") < out.index("Options:")
    assert "..." not in commands
    assert wtrdf("--version")[1].strip().count(".") >= 2
    assert "wtrdf" in wtrdf("--show-completion")[1]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals are sent otherwise")
def test_ctrl_c_reports_the_finished_files_and_how_to_continue(wtrdf, model, files, started, tmp_path):
    glass, rng = load_ag_ge_se(10), np.random.default_rng(0)
    names = [f"{i:03d}.fq" for i in range(12)]
    for name in names[:-1]:
        np.savetxt(name, np.column_stack([glass.q, glass.s_r + 0.01 * rng.normal(size=glass.q.size)]))
    os.mkfifo(names[-1])  # which nobody writes to: the command never ends by itself
    options = ["-o", "out", "--number-density", "0.034"]
    process = started("reconstruct", model, *names, *options, "--jobs", "2")
    while len(list(tmp_path.glob("out/*.gr"))) < 3:
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    _, err = process.communicate()
    assert process.returncode == 130
    n_done = len(list(tmp_path.glob("out/*.gr")))
    (line,) = [line for line in err.decode().splitlines() if "interrupted" in line]
    assert f"interrupted: {n_done} of 12 files are written to out, and --resume continues with the others." in line
    assert b"Traceback" not in err
    assert not list(tmp_path.glob("out/.*"))
    done = {path: path.stat().st_mtime_ns for path in tmp_path.glob("out/*.gr")}
    assert wtrdf("reconstruct", model, *names[:4], *options, "--resume")[1].startswith("4 of 4 files written to out, ")
    assert all(path.stat().st_mtime_ns == before for path, before in done.items())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_of_any_command_is_one_line_and_leaves_no_part_of_a_file(
    wtrdf, files, tmp_path, monkeypatch, number
):
    assert all(issubclass(command.cls, Command) for command in app.registered_commands)
    before, handler = set(tmp_path.iterdir()), signal.getsignal(signal.SIGTERM)
    # Python's own handler, which a process that a shell started in the background does not have.
    of_interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr("os.replace", lambda *_: signal.raise_signal(number))
    try:
        code, out, err = wtrdf("fit", *files, "-o", "model.skops", "--number-density", "0.034")
    finally:
        signal.signal(signal.SIGINT, of_interrupt)
    assert (code, out, err) == (130, "", "interrupted: wtrdf fit had not finished.\n")
    assert set(tmp_path.iterdir()) == before
    assert signal.getsignal(signal.SIGTERM) == handler
