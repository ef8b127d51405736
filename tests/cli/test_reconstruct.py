"""`wtrdf reconstruct`."""

import numpy as np
import pytest

from sklearn_wtrdf import read_gr
from sklearn_wtrdf.datasets import load_ag_ge_se
from tests.malformed import malformed_files


@pytest.mark.filterwarnings("default")
def test_with_strict_only_suspicious_files_fail(wtrdf, model, files, wrong_files, tmp_path):
    arguments = ["reconstruct", model, files[1], *wrong_files, "--number-density", "0.034", "--quantity", "S_R"]
    code, out, err = wtrdf(*arguments, "-o", "loose")
    assert code == 0
    assert all(f"warning: {name}" in err for name in wrong_files)
    assert f"warning: {files[1]}" not in err
    code, out, err = wtrdf(*arguments, "-o", "strict", "--strict")
    assert (code, out) == (1, "1 of 4 files written to strict.\n")
    assert all(f"error: {name}" in err for name in wrong_files)
    assert [path.name for path in (tmp_path / "strict").iterdir()] == ["sq.gr"]


def test_distances_in_nm_are_reported(wtrdf, model, files):
    code, _, err = wtrdf("reconstruct", model, files[1], "-o", "out", "--r", 0.1, 1.0, 0.01)
    assert (code, "r ends at 1 Å, before most bonds of atoms: if it is in nm, multiply it by 10." in err) == (0, True)


def test_options_of_reconstruct_take_precedence_over_those_of_the_model(wtrdf, alone, tmp_path):
    before = (tmp_path / alone).read_bytes()
    given = [alone, "alone.sq", "--number-density", "0.034"]
    assert wtrdf("reconstruct", *given, "-o", "as_fitted")[0] == 0
    message = ["--bond", "2.2:2.5", "--refit", "each", "--systematic-errors", "--q-damp", "0"]
    assert wtrdf("reconstruct", *given, "-o", "otherwise", *message)[0] == 0
    item, other = (read_gr(f"{folder}/alone.gr") for folder in ("as_fitted", "otherwise"))
    assert (item.provenance["prior"], item.provenance["refit"], item.provenance["q_damp"]) == (
        "continuum",
        "never",
        "0.01",
    )
    assert other.provenance["prior"] == "Continuum() + Bond(r: (2.2, 2.5))"
    assert (other.provenance["refit"], other.provenance["systematic_errors"], other.provenance["q_damp"]) == (
        "each",
        "True",
        "0.0",
    )
    assert np.abs(item.g - other.g).max() > 0.1
    assert (tmp_path / alone).read_bytes() == before


def test_malformed_files_are_a_line_each_and_leave_nothing_behind(wtrdf, model, tmp_path):
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


@pytest.mark.filterwarnings("default")
def test_an_estimated_density_and_a_model_of_other_distances_are_reported(wtrdf, files):
    _, _, err = wtrdf("fit", *files, "-o", "a.skops")
    assert "estimated" in err
    wtrdf("fit", *files, "-o", "b.skops", "--model", "wtrdf", "--bounds", "a=0.60:0.61")
    code, _, err = wtrdf("reconstruct", "b.skops", files[1], "-o", "out")
    assert code == 1
    assert "are not distances of atoms" in err
    assert "sq.csv: G(r) needs the number density" in err


def test_resume_reports_a_foreign_file_and_continues(wtrdf, model, tmp_path):
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
    assert wtrdf(*given, "--resume", "--force")[:2] == (
        0,
        "3 of 3 files written to out, 2 of them by an earlier run.\n",
    )


def test_file_names_that_a_header_cannot_contain_are_accepted(wtrdf, model, files, tmp_path):
    sample = files[1].rename(tmp_path / "T=300K [red].csv")
    assert wtrdf("reconstruct", model, sample, "-o", "out", "--plot")[0] == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"T=300K [red].gr", "T=300K [red].png"}
    assert "T=300K [red].gr" in wtrdf("peaks", "out/T=300K [red].gr")[1]
