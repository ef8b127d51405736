"""How results are printed."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from sklearn_wtrdf.cli.output import print_message
from sklearn_wtrdf.datasets import load_ag_ge_se
from tests.cli.processes import run_commands


def test_json_is_json_even_of_nothing(wtrdf, tmp_path):
    code, out, _ = wtrdf("peaks", tmp_path / "nothing.gr", "--json")
    assert (code, json.loads(out)) == (1, [])


@pytest.mark.slow
def test_output_of_another_encoding_is_no_error_after_the_work(model, files):
    glass = load_ag_ge_se(10)
    names = ["ag10.fq", "Grüße_Å_→.fq"] + [os.fsdecode(b"caf\xff.fq")] * (sys.platform == "linux")
    for name in names:
        np.savetxt(name, np.column_stack([glass.q, glass.s_r]))
    given = [model, *names, "-o", "out", "--number-density", "0.5"]  # a warning reports that this density is too high
    curves = [f"out/{name[:-3]}.gr" for name in names]
    commands = ["reconstruct", *given], ["peaks", *curves, "-o", "peaks.csv"], ["report", model]
    reconstruct, peaks, report = run_commands(
        *commands, env=os.environ | {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    )
    code, out, err = reconstruct
    assert code == 0, err
    assert out == f"{len(names)} of {len(names)} files written to out.\n".encode()
    assert err.count(b"number_density is 0.5") == len(names)
    code, out, err = peaks
    assert code == 0, err
    assert b"Traceback" not in err
    assert os.fsencode(curves[-1]) in Path("peaks.csv").read_bytes()
    code, out, err = report
    assert code == 0, err
    assert b"points" in out


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (
            "give composition and quantity='GK', or quantity='G'.",
            "give --composition and --quantity GK, or --quantity G.",
        ),
        ("Give quantity: one of 'g', 'G'.", "Give --quantity: one of 'g', 'G'."),
        (
            "give reference_quantity='g-1'; give number_density.",
            "give --reference-quantity g-1; give --number-density.",
        ),
        (
            "columns without names. Give column: such as column='2'",
            "columns without names. Give --column: such as --column 2",
        ),
        ("its quantity is unknown", "its quantity is unknown"),
    ],
)
def test_messages_of_readers_name_options(message, line, capsys):
    print_message(message)
    assert capsys.readouterr().err == f"{line}\n"


def test_an_error_about_the_reference_names_its_options(wtrdf, file):
    r, q = np.linspace(0.02, 10, 500), np.linspace(0.5, 17, 331)
    known = file(
        "known.gr", "".join(f"{x} {y}\n" for x, y in zip(r, 0.3 * (np.exp(-r) * (r > 2) - (r < 2)), strict=True))
    )
    sample = file("sample.sq", "".join(f"{x} {y}\n" for x, y in zip(q, 1 - np.exp(-q), strict=True)))
    code, _, err = wtrdf("fit", known, sample, "-o", "a.skops", "--number-density", "0.066")
    assert code == 1
    assert "give --composition and --reference-quantity GK" in err
