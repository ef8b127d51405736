import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from importlib import util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import Composition, load, peak_table, read_gr, read_pattern, write_gr
from sklearn_wtrdf.cli.benchmark import BENCHMARKS
from sklearn_wtrdf.cli.main import main
from sklearn_wtrdf.datasets import load_ag_ge_se, load_material
from sklearn_wtrdf.fourier import fourier_transform
from sklearn_wtrdf.scattering.curve import g_from_reduced_pdf
from tests.malformed import malformed_files


@pytest.fixture
def wtrdf(capsys):
    """Return the command as a function that gives exit code, output and errors."""

    def run(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return exit_.value.code or 0, printed.out, printed.err

    return run


@pytest.fixture
def files(ge_se, tmp_path, monkeypatch):
    """Go to a folder with the two files of the measured glass."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    rdf, sq = tmp_path / "rdf.csv", tmp_path / "sq.csv"
    pd.DataFrame({"r": ge_se.r, "g": ge_se.target}).to_csv(rdf, index=False)
    pd.DataFrame({"q": ge_se.q, "s_r": ge_se.s_r}).to_csv(sq, index=False)
    return rdf, sq


@pytest.fixture
def model(wtrdf, files):
    code, _, _ = wtrdf("fit", *files, "-o", "model.skops", "--number-density", "0.034")
    assert code == 0
    return "model.skops"


def test_three_commands_from_two_files_to_a_curve_a_picture_and_peaks(wtrdf, model, files, tmp_path):
    code, out, _ = wtrdf("reconstruct", model, files[1], "-o", "out", "--plot", "--number-density", "0.034")
    assert (code, out) == (0, "1 of 1 files written to out.\n")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["sq.gr", "sq.png"]
    code, out, _err = wtrdf("peaks", "out/sq.gr")
    assert code == 0
    assert "2.36" in out
    assert "3.86" in out


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


@pytest.mark.filterwarnings("default")  # as it is outside of tests
def test_fit_says_what_does_not_belong_and_strictly_writes_no_model(wtrdf, files, wrong_files, tmp_path):
    options = ["--number-density", "0.034", "--quantity", "S_R", "--reference-quantity", "g"]
    pairs = [("argon_g.txt", files[1]), *((files[0], name) for name in wrong_files)]
    for i, pair in enumerate(pairs):
        code, _, err = wtrdf("fit", *pair, *options, "-o", f"{i}.skops")
        assert code == 0
        assert "warning:" in err
        code, _, err = wtrdf("fit", *pair, *options, "-o", f"strict{i}.skops", "--strict")
        assert code == 1
        assert err.startswith("error:")
        assert len(err.splitlines()) == 1
    code, _, err = wtrdf("fit", *files, "--number-density", "0.034", "-o", "right.skops", "--strict")
    assert (code, err) == (0, "")
    assert not list(tmp_path.glob("strict*.skops"))


@pytest.mark.filterwarnings("default")
def test_strict_reconstruction_fails_for_the_wrong_files_alone(wtrdf, model, files, wrong_files, tmp_path):
    arguments = ["reconstruct", model, files[1], *wrong_files, "--number-density", "0.034", "--quantity", "S_R"]
    code, out, err = wtrdf(*arguments, "-o", "loose")
    assert code == 0
    assert all(f"warning: {name}" in err for name in wrong_files)
    assert f"warning: {files[1]}" not in err
    code, out, err = wtrdf(*arguments, "-o", "strict", "--strict")
    assert (code, out) == (1, "1 of 4 files written to strict.\n")
    assert all(f"error: {name}" in err for name in wrong_files)
    assert [path.name for path in (tmp_path / "strict").iterdir()] == ["sq.gr"]


def test_peaks_are_those_of_the_library(wtrdf, files, ge_se):
    _code, out, _ = wtrdf("peaks", files[0], "--number-density", "0.034", "--json", "-o", "table.csv")
    expected = peak_table(ge_se.r, ge_se.target, number_density=0.034)
    for table in (pd.DataFrame(json.loads(out)), pd.read_csv("table.csv")):
        for name in ("position", "height", "width", "coordination"):
            np.testing.assert_allclose(table[name], expected[name], rtol=1e-9)
        assert table["position_low"].isna().all()


def test_what_a_peak_counts_is_said_by_x_rays_and_by_neutrons(wtrdf, files, ge_se):
    write_gr("glass.gr", ge_se.r, ge_se.target, 0.034, composition="Ge25Se75")
    _code, out, _ = wtrdf("peaks", "glass.gr")
    for radiation, name in (("x-ray", "X-rays"), ("neutron", "neutrons")):
        adds = Composition("Ge25Se75").neighbour_weights(radiation)["Ge-Se"]
        assert f"Ge-Se {adds:.3g}" in out.split(f"measured by {name}:")[1].split("\n")[0]


def test_intervals_come_from_the_columns_of_the_file(wtrdf, model, tmp_path):
    glass = load_ag_ge_se(10)
    np.savetxt("ag10.fq", np.column_stack([glass.q, glass.s_r]))
    assert wtrdf("reconstruct", model, "ag10.fq", "-o", ".", "--r", 1.5, 8, 0.02)[0] == 0
    (first,) = json.loads(wtrdf("peaks", "ag10.gr", "--json", "--n-peaks", "1")[1])
    assert first["position_low"] < first["position"] < first["position_high"]
    assert first["coordination_low"] < first["coordination"] < first["coordination_high"]
    np.testing.assert_allclose(read_gr("ag10.gr").r, np.arange(1.5, 8.01, 0.02))
    _code, out, _ = wtrdf("peaks", "ag10.gr")
    assert "±" in out


def test_the_paper_s_model_is_fitted_in_its_bounds_and_reported(wtrdf, files):
    bounds = ["--bounds", "a=0.60:0.61", "--bounds", "K_f=0.01:0.30"]
    code, out, _ = wtrdf("fit", *files, "-o", "m.skops", "--model", "wtrdf", "--peak-weight", 1, *bounds, "--json")
    facts = json.loads(out)
    assert code == 0
    assert facts["model"] == "WTRDFRegressor"
    assert 0.60 <= facts["params"]["a"]["value"] <= 0.61
    assert facts["params"]["a"]["value"] == load("m.skops").params_["a"]
    assert facts["versions"].keys() >= {"sklearn-wtrdf", "scikit-learn"}
    assert wtrdf("report", "m.skops", "--json")[1] == out
    code, out, _ = wtrdf("report", "m.skops")
    assert "Peaks are not distances of atoms" in out


@pytest.mark.filterwarnings("default:.*of S_R were excluded")  # the first points of this measurement
def test_s_of_q_alone_is_enough_for_the_inversion(wtrdf, files):
    code, out, err = wtrdf("fit", files[1], "-o", "alone.skops", "--number-density", "0.034")
    assert code == 0
    assert all(name in out for name in ("prior: auto", "onset", "noise", "log evidence", "The first peak, at"))
    assert wtrdf("reconstruct", "alone.skops", files[1], "-o", ".", "--number-density", "0.034")[0] == 0
    position = json.loads(wtrdf("peaks", "sq.gr", "--json")[1])[0]["position"]
    assert position == pytest.approx(2.36, abs=0.03)
    code, _, err = wtrdf("fit", files[1], "-o", "b.skops", "--model", "wtrdf")
    assert code == 2
    assert "needs a reference" in err


@pytest.fixture
def alone(wtrdf, files):
    """Write a model without a reference, and S(q) of the measured glass from q = 0 on with standard deviations."""
    pattern = read_pattern(files[1])
    columns = [pattern.q, 1 + pattern.s_r / pattern.q, np.full(pattern.q.size, 0.02)]
    np.savetxt("alone.sq", np.vstack([[0, 0, 0.02], np.column_stack(columns)]), header="Q S(Q) dS")
    said = ["--prior", "continuum", "--refit", "never", "--q-damp", "0.01", "--no-systematic-errors"]
    assert wtrdf("fit", "alone.sq", "-o", "alone.skops", "--number-density", "0.034", *said)[0] == 0
    return "alone.skops"


def test_options_and_standard_deviations_reach_the_inversion(wtrdf, alone):
    model = load(alone)
    params = model.get_params(deep=False)
    assert (str(params["prior"]), params["refit"], params["q_damp"]) == ("Continuum()", "never", 0.01)
    assert not params["systematic_errors"]
    np.testing.assert_allclose(
        model.fitted_materials_[0].pattern.std, 0.02 * model.q_
    )  # without q = 0, where that of S_R is 0
    facts = json.loads(wtrdf("report", alone, "--json")[1])
    table = model.fit_report().table
    found = pd.DataFrame(facts["found"]).set_index(["material", "name"])
    np.testing.assert_allclose(found["value"], table["value"], rtol=1e-6)
    assert facts["warnings"] == [[]]
    assert facts["params"]["prior"] == "Continuum()"
    assert "onset" in wtrdf("report", alone)[1]


def test_options_of_reconstruct_win_over_those_of_the_model(wtrdf, alone, tmp_path):
    before = (tmp_path / alone).read_bytes()
    given = [alone, "alone.sq", "--number-density", "0.034"]
    assert wtrdf("reconstruct", *given, "-o", "as_fitted")[0] == 0
    said = ["--bond", "2.2:2.5", "--refit", "each", "--systematic-errors", "--q-damp", "0"]
    assert wtrdf("reconstruct", *given, "-o", "otherwise", *said)[0] == 0
    one, other = (read_gr(f"{folder}/alone.gr") for folder in ("as_fitted", "otherwise"))
    assert (one.provenance["prior"], one.provenance["refit"], one.provenance["q_damp"]) == (
        "Continuum()",
        "never",
        "0.01",
    )
    assert other.provenance["prior"] == "Continuum() + Bond(r: (2.2, 2.5))"
    assert (other.provenance["refit"], other.provenance["systematic_errors"], other.provenance["q_damp"]) == (
        "each",
        "True",
        "0.0",
    )
    assert np.abs(one.g - other.g).max() > 0.1
    assert (tmp_path / alone).read_bytes() == before


def test_options_that_do_not_belong_to_the_model_are_named(wtrdf, alone, model, files):
    wtrdf("fit", *files, "-o", "b.skops", "--model", "wtrdf", "--bounds", "a=0.60:0.61")
    for some, option, message in [
        ("b.skops", ["--q-damp", "0.1"], "this model is a WTRDFRegressor"),
        (model, ["--bond", "1:2"], "with a reference, the reference is the prior"),
        (model, ["--refit", "never"], "with a reference, the reference is the prior"),
        (alone, ["--prior", "auto"], "give --refit each"),
    ]:
        code, out, err = wtrdf("reconstruct", some, files[1], "-o", "out", *option)
        assert (code, out) == (2, "")
        assert message in " ".join(err.replace("│", "").split())
        assert option[0] in err
    assert wtrdf("reconstruct", model, files[1], "-o", "out", "--no-systematic-errors")[0] == 0
    assert read_gr("out/sq.gr").provenance["systematic_errors"] == "False"


def test_nothing_is_overwritten_without_force(wtrdf, model, files, tmp_path):
    before = (tmp_path / model).read_bytes()
    code, _, err = wtrdf("fit", *files, "-o", model)
    assert (code, err) == (1, "error: model.skops is there already; --force overwrites it.\n")
    assert (tmp_path / model).read_bytes() == before
    (tmp_path / "sq.gr").write_text("precious")
    code, _, err = wtrdf("reconstruct", model, files[1], "-o", ".")
    assert code == 1
    assert "sq.gr is there already; --force" in err
    assert (tmp_path / "sq.gr").read_text() == "precious"
    assert wtrdf("reconstruct", model, files[1], "-o", ".", "--force")[0] == 0
    assert wtrdf("peaks", "sq.gr", "-o", "sq.csv")[0] == 1


def test_one_bad_file_among_many_is_reported_and_skipped(wtrdf, model, files, tmp_path):
    (tmp_path / "bad.fq").write_text("1 2\n2 3\n3 nan\n4 5\n")
    code, out, err = wtrdf("reconstruct", model, "bad.fq", files[1], "-o", "out", "--json")
    assert code == 1
    bad, good = json.loads(out)
    assert bad["output"] is None
    assert good["output"] == "out/sq.gr"
    assert good["number_density"] > 0
    assert "error: bad.fq, line 3: expected finite numbers, got '3 nan'." in err.splitlines()
    code, out, err = wtrdf("peaks", "bad.fq", "out/sq.gr", "--json")
    assert code == 1
    assert {row["file"] for row in json.loads(out)} == {"out/sq.gr"}


def test_malformed_files_are_one_line_each_and_leave_nothing_behind(wtrdf, model, tmp_path):
    (tmp_path / "in").mkdir()
    paths = malformed_files(tmp_path / "in")
    assert len(paths) >= 200
    unique = {path.stem: path for path in paths}
    code, out, err = wtrdf("reconstruct", model, *unique.values(), "-o", "out")
    assert code == 1
    assert out.startswith(f"0 of {len(unique)} files")
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(errors) == len(unique)
    assert all(str(path) in line for path, line in zip(unique.values(), errors, strict=True))
    assert "Traceback" not in err
    assert not list((tmp_path / "out").iterdir())
    for path in paths[::20]:
        code, out, err = wtrdf("fit", path, "-o", "other.skops")
        assert (code, out) == (1, "")
        assert err.startswith("error: ")
        assert err.count("\n") == 1
        assert str(path) in err
    assert not (tmp_path / "other.skops").exists()


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
        (["fit", "a", "-o", "m", "--bond", "1:2", "--prior", "continuum"], "is not continuum"),
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
        (["nonsense"], "nonsense"),
    ],
)
def test_a_command_that_is_not_understood_exits_with_2(wtrdf, arguments, message):
    code, out, err = wtrdf(*arguments)
    assert (code, out) == (2, "")
    assert message in err


def test_what_is_no_model_is_one_line(wtrdf, files):
    for arguments in (["report", files[0]], ["reconstruct", files[0], files[1], "-o", "out"], ["report", "nowhere"]):
        code, out, err = wtrdf(*arguments)
        assert (code, out) == (1, "")
        assert err.count("\n") == 1
    assert wtrdf("fit", *files, "-o", "nowhere/model.skops")[0] == 1


def test_help_and_version_say_what_they_are(wtrdf, monkeypatch):
    monkeypatch.setattr("shellingham.detect_shell", lambda *_: ("bash", "/bin/bash"))  # no shell may have started us
    code, out, _ = wtrdf("--help")
    assert code == 0
    for command in ("fit", "reconstruct", "peaks", "report", "benchmark"):
        assert command in out
        assert "Usage: wtrdf" in " ".join(wtrdf(command, "--help")[1].split())
    assert wtrdf("--version")[1].strip().count(".") >= 2
    assert "wtrdf" in wtrdf("--show-completion")[1]


@pytest.mark.slow
def test_a_benchmark_writes_where_it_is_told(tmp_path):
    some = ["--seeds", "1", "--fractions", "1", "--draw", "random", "--models", "PCHIP", "WT-RDF", "--n-jobs", "1"]
    command = [sys.executable, "-m", "sklearn_wtrdf.cli", "benchmark", "ratios", *some]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    assert (tmp_path / "results" / "ratios.csv").exists()
    again = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert again.returncode == 1
    assert "--force overwrites it" in again.stderr


def test_ripples_before_the_first_atoms_are_cut_or_said(wtrdf, ge_se, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    r = np.arange(1, 1001) * 0.01
    G = fourier_transform(r, ge_se.q, ge_se.s_r)
    write_gr("plain.gr", r, g_from_reduced_pdf(r, G, 0.034), 0.034)
    _, _, err = wtrdf("peaks", "plain.gr", "--json")
    assert "ripples may be listed as peaks: give --r-min" in err
    _, out, _ = wtrdf("peaks", "plain.gr", "--r-min", 2, "--n-peaks", 1, "--json")
    assert json.loads(out)[0]["position"] == pytest.approx(2.36, abs=0.05)


def test_json_is_json_even_of_nothing(wtrdf, tmp_path):
    code, out, _ = wtrdf("peaks", tmp_path / "nothing.gr", "--json")
    assert (code, json.loads(out)) == (1, [])


def test_names_that_a_header_cannot_hold_are_no_obstacle(wtrdf, model, files, tmp_path):
    sample = files[1].rename(tmp_path / "T=300K [red].csv")
    assert wtrdf("reconstruct", model, sample, "-o", "out", "--plot")[0] == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"T=300K [red].gr", "T=300K [red].png"}
    assert "T=300K [red].gr" in wtrdf("peaks", "out/T=300K [red].gr")[1]


def test_what_a_benchmark_lacks_is_named(wtrdf, monkeypatch):
    find_spec = util.find_spec
    for package in ("pebble", "glassure", "pystog", "tabulate"):
        monkeypatch.setattr(util, "find_spec", lambda name, of=package: None if name == of else find_spec(name))
        code, _, err = wtrdf("benchmark", "challenge")
        assert code == 1
        assert f'{package} is missing: pip install "sklearn-wtrdf[challenge]"' in err
    assert 'pip install "sklearn-wtrdf[benchmarks]"' in wtrdf("benchmark", "ratios")[2]


def test_every_benchmark_that_writes_results_is_one_of_the_command():
    folder = Path(__file__).parents[2] / "benchmarks"
    scripts = {path.stem for path in folder.rglob("*.py") if "\n@benchmark(" in path.read_text("utf-8")}
    assert set(BENCHMARKS) == scripts


def test_help_of_a_benchmark_is_reached(tmp_path):
    command = [sys.executable, "-m", "sklearn_wtrdf.cli", "benchmark", "ratios", "--", "--help"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path).stdout
    assert "--fractions" in shown


def test_a_density_that_is_solved_for_is_said_and_so_is_a_model_of_other_distances(wtrdf, files):
    _, _, err = wtrdf("fit", *files, "-o", "a.skops")
    assert "estimated" in err
    wtrdf("fit", *files, "-o", "b.skops", "--model", "wtrdf", "--bounds", "a=0.60:0.61")
    code, _, err = wtrdf("reconstruct", "b.skops", files[1], "-o", "out")
    assert code == 1
    assert "are not distances of atoms" in err
    assert "sq.csv: G(r) needs the number density" in err


def test_a_mass_density_does_what_its_number_density_does(wtrdf, files):
    by_mass = ["--composition", "Ge25Se75", "--mass-density", "4.35"]
    by_number = ["--number-density", repr(Composition("Ge25Se75").number_density(4.35))]
    peaks, curves = [], []
    for name, density in (("mass", by_mass), ("number", by_number)):
        code, _, err = wtrdf("fit", *files, "-o", f"{name}.skops", *density)
        assert (code, err) == (0, "")
        assert wtrdf("reconstruct", f"{name}.skops", files[1], "-o", name, *density)[0] == 0
        curves.append(read_gr(f"{name}/sq.gr"))
        peaks.append(wtrdf("peaks", files[0], "--json", *density)[1])
    assert peaks[0] == peaks[1]
    np.testing.assert_array_equal(curves[0].g, curves[1].g)
    assert curves[0].provenance["composition"] == "Ge25Se75"
    assert curves[0].provenance["mass_density"] == "4.35"
    assert curves[0].provenance["number_density_source"] == "given"
    assert "composition" not in curves[1].provenance


def test_a_reference_is_cut_to_where_its_samples_end(wtrdf, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    far, near = load_ag_ge_se(0, q_max=17), load_ag_ge_se(10)
    np.savetxt("far.fq", np.column_stack([far.q, far.s_r]))
    np.savetxt("near.fq", np.column_stack([near.q, near.s_r]))
    np.savetxt("far.dat", np.column_stack([far.r, far.target]), header="r g")
    given = ["--number-density", "0.034"]
    assert wtrdf("fit", "far.dat", "far.fq", "-o", "far.skops", *given)[0] == 0
    assert "was fitted on" in wtrdf("reconstruct", "far.skops", "near.fq", "-o", "out", *given)[2]
    assert wtrdf("fit", "far.dat", "far.fq", "-o", "cut.skops", "--q-max", 8, *given)[0] == 0
    assert wtrdf("reconstruct", "cut.skops", "near.fq", "-o", "out", *given)[0] == 0


def test_resume_reports_a_file_that_is_not_its_own_and_goes_on(wtrdf, model, tmp_path):
    glass = load_ag_ge_se(10)
    names = [f"{i}.fq" for i in range(3)]
    for name in names:
        np.savetxt(name, np.column_stack([glass.q, glass.s_r]))
    given = ["reconstruct", model, *names, "-o", "out", "--number-density", "0.034"]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "1.gr").write_text("precious")
    code, out, err = wtrdf(*given, "--resume")
    assert (code, out) == (1, "2 of 3 files written to out.\n")
    [line] = [line for line in err.splitlines() if line.startswith("error")]
    assert line == ("error: out/1.gr exists, and was not made by this model with these options; --force overwrites it.")
    assert (tmp_path / "out" / "1.gr").read_text() == "precious"
    assert wtrdf(*given, "--resume", "--force")[:2] == (0, "3 of 3 files written to out.\n")


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


@pytest.mark.slow
def test_output_of_another_encoding_is_no_error_after_the_work(model, files, started):
    encoding = "cp1252"
    glass = load_ag_ge_se(10)
    names = ["ag10.fq", "Grüße_Å_→.fq"] + [os.fsdecode(b"caf\xff.fq")] * (sys.platform == "linux")
    for name in names:
        np.savetxt(name, np.column_stack([glass.q, glass.s_r]))
    given = [model, *names, "-o", "out", "--number-density", "0.5"]  # of which a warning says that it is too many Å⁻³
    reconstruct = started("reconstruct", *given, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    out, err = reconstruct.communicate()
    assert reconstruct.returncode == 0, err
    assert out == f"{len(names)} of {len(names)} files written to out.\n".encode()
    assert err.count(b"number_density is 0.5") == len(names)
    curves = [f"out/{name[:-3]}.gr" for name in names]
    peaks = started("peaks", *curves, "-o", "peaks.csv", PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    out, err = peaks.communicate()
    assert peaks.returncode == 0, err
    assert b"Traceback" not in err
    assert os.fsencode(curves[-1]) in Path("peaks.csv").read_bytes()
    report = started("report", model, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert b"points" in report.communicate()[0]
    assert report.returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals are sent otherwise")
def test_ctrl_c_says_what_is_done_and_how_to_go_on(model, files, started, tmp_path):
    glass, rng = load_ag_ge_se(10), np.random.default_rng(0)
    names = [f"{i:03d}.fq" for i in range(12)]
    for name in names[:-1]:
        np.savetxt(name, np.column_stack([glass.q, glass.s_r + 0.01 * rng.normal(size=glass.q.size)]))
    os.mkfifo(names[-1])  # which nobody writes to: the command never ends by itself
    given = ["reconstruct", model, *names, "-o", "out", "--number-density", "0.034", "--jobs", "2"]
    process = started(*given)
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
    again = started(*given[:2], *names[:4], *given[2 + len(names) :], "--resume")
    assert again.communicate()[0] == b"4 of 4 files written to out.\n"
    assert all(path.stat().st_mtime_ns == before for path, before in done.items())


def test_the_composition_is_kept_in_the_model_and_says_what_a_peak_counts(wtrdf, files):
    of = ["--composition", "GeSe2", "--number-density", "0.0344"]
    assert wtrdf("fit", *files, *of, "-o", "model.skops")[0] == 0
    assert load("model.skops").composition_ == "GeSe2"
    _code, out, _ = wtrdf("report", "model.skops")
    assert "of GeSe2" in out
    assert wtrdf("reconstruct", "model.skops", files[1], *of, "-o", "out")[0] == 0
    _code, out, _ = wtrdf("peaks", "out/sq.gr")
    weight = Composition("GeSe2").neighbour_weights()["Ge-Se"]
    assert f"Ge-Se {weight:.3g}" in out
