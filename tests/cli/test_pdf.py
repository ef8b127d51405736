"""`wtrdf pdf`."""

import json
import os
import re
import signal
import time
from pathlib import Path

import diffractometer
import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import InversionRegressor, PdfSettings, read_gr, read_pattern, read_peaks, scattering_frame, write_sq
from sklearn_wtrdf.datasets import load_material

SILICA = load_material("silica", q_max=8)
MATERIAL = ["--composition", "SiO2", "--mass-density", "2.2"]
FAST = ["--prior", "continuum", "--figure-format", "none"]


@pytest.fixture
def glass(tmp_path, monkeypatch):
    """Go to a folder with S(q) of simulated silica."""
    monkeypatch.chdir(tmp_path)
    np.savetxt("glass.sq", np.column_stack([SILICA.q, SILICA.s]), header="q S(q)")
    return Path("glass.sq")


@pytest.fixture
def series(tmp_path, monkeypatch):
    """Go to a folder with noisy S(q) of simulated silica to 6 Å⁻¹ in series/, and a broken file among them."""
    monkeypatch.chdir(tmp_path)
    Path("series").mkdir()
    rng, q = np.random.default_rng(0), SILICA.q[SILICA.q <= 6]
    for i in range(3):
        s = SILICA.s[: q.size] + 0.01 * rng.normal(size=q.size)
        np.savetxt(f"series/{i}.sq", np.column_stack([q, s]), header="q S(q)")
    Path("series/broken.sq").write_text("1 2\n2 3\n3 nan\n")
    return Path("series")


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """Return a folder with a simulated scan of silica, and of the empty container."""
    folder = tmp_path_factory.mktemp("scans")
    diffractometer.main(["silica", "--folder", str(folder)])
    return folder


def events():
    """Return the first word of each line of the log, without warnings."""
    words = [line.split()[1] for line in Path("log.txt").read_text().splitlines()]
    return [word for word in words if word != "warning:"]


@pytest.mark.filterwarnings("default")  # as it is outside of tests
def test_one_file_gives_a_curve_its_peaks_a_picture_and_a_verdict(wtrdf, glass):
    code, out, err = wtrdf("pdf", glass, *MATERIAL)
    assert (code, err) == (0, "")
    assert out.startswith("glass.sq: ")
    assert "The first peak, at 1.61 Å" in out
    assert "If S was measured with X-rays, give --radiation x-ray:" in " ".join(out.split())
    assert "Written to results: glass.gr, glass_peaks.csv, glass.png." in out
    names = {"glass.gr", "glass_peaks.csv", "glass.png", "settings.toml"}
    assert {path.name for path in Path("results").iterdir()} == names
    assert PdfSettings.read("results/settings.toml") == PdfSettings("SiO2", mass_density=2.2)
    code, _, err = wtrdf("pdf", glass, *MATERIAL)
    assert code == 1
    assert "glass.gr already exists; --force overwrites it" in err


@pytest.mark.filterwarnings("default")
def test_python_and_the_commands_give_the_same_table_digit_for_digit(wtrdf, glass):
    """A notebook reads the file, and so do the commands pdf, fit with reconstruct, and peaks of both results."""
    pattern = read_pattern(glass)
    material = {"composition": "SiO2", "mass_density": 2.2}
    X = scattering_frame(np.arange(1, 10, 0.02), pattern.q, pattern.s_r, std=pattern.std, **material)
    expected = InversionRegressor().fit(X).peak_table(X).drop(columns="material")
    assert len(expected) > 0
    _, out, _ = wtrdf("pdf", glass, *MATERIAL, "--json")
    tables = [pd.DataFrame(json.loads(out)["peaks"])]
    assert wtrdf("fit", glass, *MATERIAL, "-o", "model.skops")[0] == 0
    assert wtrdf("reconstruct", "model.skops", glass, *MATERIAL, "-o", "out")[0] == 0
    for path in ("results/glass.gr", "out/glass.gr"):
        tables.append(pd.DataFrame(json.loads(wtrdf("peaks", path, "--json")[1])).drop(columns="file"))
        tables.append(read_peaks(path))
    tables.append(pd.read_csv("results/glass_peaks.csv", engine="python").drop(columns="file"))
    for table in tables:
        pd.testing.assert_frame_equal(table, expected, check_exact=True, check_dtype=False)


def test_settings_are_repeated_and_options_take_precedence(wtrdf, glass):
    options = ["--figure-format", "none", "--r-max", 6, "--bond", "1.5:1.7", "--no-systematic-errors"]
    assert wtrdf("pdf", glass, *MATERIAL, *options, "-o", "a")[0] == 0
    assert wtrdf("pdf", glass, "--settings", "a/settings.toml", "-o", "b")[0] == 0
    first, second = (Path(folder, "glass.gr").read_text().splitlines() for folder in "ab")
    different = [line for line in first if line not in second]
    assert [line.split()[0] for line in different] == ["outputs_sha256"]  # the table names the folder
    assert len(first) == len(second)
    assert wtrdf("pdf", glass, "--settings", "b/settings.toml", "--number-density", 0.07, "-o", "c")[0] == 0
    curve = read_gr("c/glass.gr")
    assert (curve.number_density, curve.r[-1]) == (0.07, pytest.approx(6.0))
    assert json.loads(curve.provenance["settings"])["bond"] == [1.5, 1.7]
    Path("wrong.toml").write_text("[material]\nformula = 'SiO2'\n")
    code, _, err = wtrdf("pdf", glass, "--settings", "wrong.toml", "-o", "d")
    assert code in (1, 2)
    assert "wrong.toml: unknown setting 'formula' in [material]" in " ".join(err.split())
    code, _, err = wtrdf("pdf", glass, *MATERIAL, "-o", "a")
    assert code == 1
    assert "a/settings.toml has other settings: choose another folder; --force overwrites it" in err


def test_a_folder_with_a_broken_file_gives_json_lines_a_log_and_exit_code_1(wtrdf, series):
    options = [*MATERIAL, *FAST]
    code, out, err = wtrdf("pdf", series, *options, "--json", "--log", "log.txt")
    assert code == 1
    records = [json.loads(line) for line in out.splitlines()]
    assert [record["file"] for record in records] == [f"series/{name}.sq" for name in (0, 1, 2, "broken")]
    assert [bool(record["error"]) for record in records] == [False] * 3 + [True]
    assert all(record["verdict"] and record["peaks"] and record["number_density"] > 0 for record in records[:3])
    assert records[0]["paths"] == ["results/0.gr", "results/0_peaks.csv"]
    assert "error: series/broken.sq, line 3: expected finite numbers" in err
    assert events() == ["started:", *["written:"] * 3, "error:", "finished:"]
    first = len(events())
    headers = [read_gr(f"results/{i}.gr").provenance for i in range(3)]
    assert {header["refit"] for header in headers} == {"warm"}
    assert {header["started_with"] for header in headers} == {"0.sq"}
    Path("results/1.gr").unlink()
    Path("results/1_peaks.csv").unlink()
    Path("list.txt").write_text(
        "\ufeff" + " \r\n".join(f"series/{i}.sq" for i in range(3))
    )  # as an editor may write it
    code, out, err = wtrdf("pdf", "--files-from", "list.txt", *options, "--resume", "--log", "log.txt", "--json")
    assert code == 0
    assert "error" not in err
    again = {record["file"]: record for record in map(json.loads, out.splitlines())}
    assert [again[record["file"]] for record in records[:3]] == records[:3]
    assert events()[first:] == ["started:", *["reused:"] * 2, "written:", "finished:"]


def test_files_of_other_ranges_do_not_begin_with_those_of_the_first(wtrdf, series, glass):
    wtrdf("pdf", "series/0.sq", glass, *MATERIAL, *FAST)
    assert "started_with" not in read_gr("results/glass.gr").provenance
    assert float(read_gr("results/glass.gr").provenance["qmax"]) == pytest.approx(8)
    wtrdf("pdf", glass, *MATERIAL, *FAST, "-o", "alone")
    np.testing.assert_array_equal(read_gr("alone/glass.gr").g, read_gr("results/glass.gr").g)


@pytest.mark.slow
def test_counts_have_the_result_of_the_separate_steps(wtrdf, scans, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    background = ["--background", scans / "silica_Cu_empty.xy"]
    code, out, err = wtrdf("pdf", scans, *background, *MATERIAL, *FAST[:2], "--figure-format", "svg")
    assert (code, err) == (0, "")
    assert {path.stem for path in Path("results").glob("*.gr")} == {path.stem for path in scans.glob("silica_??.xy")}
    assert "silica_Cu.sq, silica_Cu_peaks.csv, silica_Cu.svg" in out
    assert Path("results/silica_Cu.svg").read_text().startswith("<?xml")
    assert wtrdf("reduce", scans / "silica_Cu.xy", *background, *MATERIAL, "-o", "silica.sq")[0] == 0
    pattern, reduced = read_pattern("results/silica_Cu.sq"), read_pattern("silica.sq")
    np.testing.assert_array_equal(pattern.s_r, reduced.s_r)
    assert wtrdf("pdf", "silica.sq", *FAST, "-o", "steps")[0] == 0
    np.testing.assert_allclose(read_gr("steps/silica.gr").g, read_gr("results/silica_Cu.gr").g, atol=1e-4)


@pytest.mark.filterwarnings("default")
def test_a_warning_names_its_file_once(wtrdf, glass):
    rows = glass.read_text().splitlines()
    place = len(rows) // 2
    q, s, *others = rows[place].split()
    rows[place] = " ".join([q, str(float(s) + 5), *others])
    glass.write_text("\n".join(rows) + "\n")
    _, _, err = wtrdf("pdf", str(glass), *MATERIAL, *FAST)
    warnings = [line for line in err.splitlines() if line.startswith("warning:")]
    assert warnings
    assert all(line.count(glass.name) == 1 for line in warnings)


def test_suspicious_data_cause_a_warning_or_with_strict_an_error(wtrdf, glass):
    wrong = ["pdf", glass, "--number-density", "0.0066", *FAST, "-o"]
    code, _, err = wtrdf(*wrong, "out")
    assert code == 0
    assert "warning: glass.sq: number_density is 0.0066" in err
    code, _, err = wtrdf(*wrong, "strict", "--strict")
    assert code == 1
    assert "error: glass.sq: number_density is 0.0066" in err
    assert not list(Path("strict").iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give files, a folder or --files-from"),
        (["."], "has no files of S(q) or counts"),
        (["a.sq", "--mass-density", "2.2"], "mass_density needs composition"),
        (["a.sq", "--composition", "glass"], "composition must be a formula"),
        (["a.sq", "--wavelength", "Xx"], "line of a tube"),
        (["a.sq", "--absorption", "sphere:2"], "reflection:μt"),
        (["a.sq", "--background-scale", "0.9"], "there is no background"),
        (["a.sq", "--bond", "1:2", "--prior", "continuum"], "prior 'continuum' has no bond"),
        (["a.sq", "--q-min", "7", "--q-max", "6"], "q_min must be less than q_max"),
    ],
)
def test_wrong_usage_exits_with_2_and_writes_nothing(wtrdf, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = wtrdf("pdf", *arguments)
    assert (code, out) == (2, "")
    assert message in " ".join(err.split())
    assert not any(tmp_path.iterdir())


def test_the_error_of_an_unrecognized_file_names_the_options_to_give(wtrdf, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savetxt("unnamed.dat", np.column_stack([SILICA.q, SILICA.s]))
    code, _, err = wtrdf("pdf", "unnamed.dat", *MATERIAL)
    assert code == 1
    assert "--quantity counts, --quantity S, --quantity S_R" in err
    np.savetxt("scan.xy", np.column_stack([SILICA.q, 1000 * SILICA.s]))
    code, _, err = wtrdf("pdf", "scan.xy")
    assert code == 1
    assert "contains counts" in err
    assert "--composition" in err


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals are sent otherwise")
def test_a_killed_command_is_resumed_and_the_log_has_all_files(wtrdf, series, started, tmp_path):
    names = [f"{i:02d}.sq" for i in range(12)]
    for i, name in enumerate(names):
        write_sq(name, SILICA.q[::3], SILICA.s_r[::3] + 0.001 * i, 0.066)
    options = ["--composition", "SiO2", "--number-density", "0.066", *FAST, "--log", "log.txt"]
    process = started("pdf", *names, *options, "--jobs", "2")
    while len(list(tmp_path.glob("results/*.gr"))) < 2:
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    code, out, err = wtrdf("pdf", *names, *options, "--resume")
    assert code == 0, err
    assert re.search(r"12 of 12 files written to results, \d+ of them by an earlier run\.", out)
    log = Path("log.txt").read_text()
    assert log.count(" started: ") == 2
    assert all(f": {name}: " in log for name in names)
    assert not [path for path in Path("results").iterdir() if path.name.startswith(".")]


@pytest.mark.skipif(os.name != "posix", reason="there are no pipes with a name")
@pytest.mark.parametrize("options", [["pipe"], ["glass.sq", "--background"], ["glass.sq", "--settings"]])
def test_a_file_without_an_end_is_refused(wtrdf, glass, options):
    os.mkfifo("pipe")  # which nobody writes to
    Path("endless.toml").write_text('[counts]\nbackground = "pipe"\n')
    arguments = options if options == ["pipe"] else [*options, "pipe"]
    code, _, err = wtrdf("pdf", *arguments, *MATERIAL)
    assert code == 1
    assert "pipe: a file was expected, and this is not a regular file." in err
    code, _, err = wtrdf("pdf", glass, "--settings", "endless.toml", *MATERIAL)
    assert code == 1
    assert "pipe: a file was expected, and this is not a regular file." in err


def test_a_log_must_not_be_an_input_or_a_file_of_others(wtrdf, glass):
    Path("list.txt").write_text("glass.sq\n")
    for log in ("glass.sq", "list.txt"):
        before = Path(log).read_bytes()
        code, out, err = wtrdf("pdf", "--files-from", "list.txt", *MATERIAL, "--log", log)
        assert (code, out) == (1, "")
        assert f"{log} is an input file" in err
        assert Path(log).read_bytes() == before
    assert not Path("results").exists()
