"""Outcomes of files: printed, as JSON, and in a log."""

import json
from pathlib import Path

import pytest
import typer

from sklearn_wtrdf.cli.outcomes import Reporter, check_log


def test_a_bad_file_among_many_is_reported_and_skipped(wtrdf, model, files, tmp_path):
    (tmp_path / "bad.fq").write_text("1 2\n2 3\n3 nan\n4 5\n")
    code, out, err = wtrdf("reconstruct", model, "bad.fq", files[1], "-o", "out", "--json")
    assert code == 1
    bad, good = map(json.loads, out.splitlines())
    assert bad["paths"] == []
    assert good["paths"] == ["out/sq.gr"]
    assert good["number_density"] > 0
    assert "error: bad.fq, line 3: expected finite numbers, got '3 nan'." in err.splitlines()
    code, out, err = wtrdf("peaks", "bad.fq", "out/sq.gr", "--json")
    assert code == 1
    assert {row["file"] for row in json.loads(out)} == {"out/sq.gr"}


def outcome(name, **values):
    """Return the outcome of a file whose g(r) was written, or of another with other values."""
    written = {
        "file": Path(f"{name}.sq"),
        "output": Path(f"out/{name}.gr"),
        "verdict": "No doubt.",
        "warnings": [],
        "number_density": 0.05,
        "number_density_source": "given",
        "peaks": [],
        "paths": [Path(f"out/{name}.gr")],
        "error": "",
        "reused": False,
    }
    return written | values


OUTCOMES = [
    outcome("a", warnings=["S is doubtful:\nscale."], number_density_source="solved for"),
    outcome("b", reused=True),
    outcome("c", output=None, verdict="", paths=[], error="c.sq: overwrite=True replaces it."),
]


def report(tmp_path, outcomes=OUTCOMES, as_json=False, verdicts=False):
    """Report outcomes, and return the exit code and the lines of the log without their times."""
    reporter = Reporter(len(outcomes), Path("out"), log=tmp_path / "log.txt", as_json=as_json, verdicts=verdicts)
    code = 0
    try:
        reporter.run(lambda report: [report(outcome) for outcome in outcomes], "model InversionRegressor")
    except typer.Exit as error:
        code = error.exit_code
    return code, [line.split(" ", 1)[1] for line in (tmp_path / "log.txt").read_text().splitlines()]


def test_each_file_has_a_line_in_the_log_and_a_failure_ends_with_exit_code_1(tmp_path, capsys):
    code, lines = report(tmp_path)
    printed = capsys.readouterr()
    assert code == 1
    assert lines[:-1] == [
        "started: 3 files, model InversionRegressor",
        "warning: a.sq: S is doubtful: scale.",
        "written: a.sq: No doubt.",
        "reused: b.sq: No doubt.",
        "error: c.sq: --force overwrites it.",
    ]
    assert lines[-1].startswith("finished: 1 written, 1 reused, 1 failed, ")
    assert printed.out == "2 of 3 files written to out, 1 of them by an earlier run.\n"
    assert printed.err.splitlines()[:2] == [
        "warning: a.sq: S is doubtful: scale.",
        "error: c.sq: --force overwrites it.",
    ]
    assert "the number density of 1 files is unknown" in printed.err
    assert report(tmp_path, OUTCOMES[1:2])[0] == 0


def test_json_has_a_line_for_each_file_and_nothing_else(tmp_path, capsys):
    report(tmp_path, as_json=True, verdicts=True)
    report(tmp_path, [outcome("d", output=None, number_density=float("nan"))], as_json=True)
    lines = capsys.readouterr().out.splitlines()
    *records, of_failed = [json.loads(line, parse_constant=pytest.fail) for line in lines]  # JSON has no NaN
    assert of_failed["number_density"] is None
    assert [record["file"] for record in records] == ["a.sq", "b.sq", "c.sq"]
    assert [record["paths"] for record in records] == [["out/a.gr"], ["out/b.gr"], []]
    assert [record["error"] for record in records] == ["", "", "c.sq: --force overwrites it."]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (KeyboardInterrupt("interrupted: resume=True continues."), "interrupted: --resume continues."),
        (KeyboardInterrupt(), "interrupted before the first file."),
        (MemoryError("no memory"), "stopped: no memory"),
    ],
)
def test_an_interruption_and_an_error_are_the_last_line_of_the_log(tmp_path, error, line):
    reporter = Reporter(1, Path("out"), log=tmp_path / "log.txt", as_json=False, verdicts=False)

    def compute(report):
        raise error

    with pytest.raises(type(error)):
        reporter.run(compute, "")
    assert (tmp_path / "log.txt").read_text().splitlines()[-1].endswith(f" {line}")


def test_a_log_is_no_other_file(tmp_path):
    log, notes, link = (tmp_path / name for name in ("log.txt", "notes.txt", "link.txt"))
    check_log(log, [])
    report(tmp_path)
    link.symlink_to(log)
    check_log(log, [None, "missing.sq"])
    with pytest.raises(ValueError, match=r"link\.txt is an input"):
        check_log(link, [None, log])
    notes.touch()
    check_log(notes, [])
    notes.write_text("q S(q)\n")
    with pytest.raises(ValueError, match=r"notes\.txt exists and is not a log"):
        check_log(notes, [])
    with pytest.raises(IsADirectoryError, match=r"--log: .* is a folder; give the name of a file"):
        check_log(tmp_path, [])


def test_the_folder_of_a_log_is_created_as_that_of_results(tmp_path):
    log = tmp_path / "results" / "log.txt"
    Reporter(0, log.parent, log=log, as_json=True, verdicts=True).run(lambda report: None, "")
    assert len(log.read_text().splitlines()) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device without space")
def test_an_error_of_the_log_names_it():
    reporter = Reporter(1, Path("out"), log=Path("/dev/full"), as_json=False, verdicts=False)
    with pytest.raises(OSError, match="'/dev/full'"):
        reporter.run(lambda report: None, "")
