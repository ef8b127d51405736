"""`wtrdf partials`."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf.datasets import load_material


@pytest.fixture
def salt(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = []
    for weighting in ("x-ray", "neutron"):
        material = load_material("sodium-chloride", weighting=weighting, q_max=6)
        np.savetxt(f"{weighting}.sq", np.column_stack([material.q, material.s]), header="q S")
        files.append(f"{weighting}.sq")
    return [*files, "--composition", "NaCl", "--number-density", material.number_density]


def test_pair_functions_and_their_peaks_are_written(wtrdf, salt):
    code, out, _ = wtrdf("partials", *salt, "--radiation", "x-ray", "--radiation", "neutron", "-o", "g.csv", "--json")
    assert code == 0
    peaks = pd.DataFrame(json.loads(out)).set_index(["pair", "peak"])
    table = pd.read_csv("g.csv")
    assert list(table)[:3] == ["r", "g Na-Na", "std Na-Na"]
    assert table["r"][table["g Na-Cl"].argmax()] == pytest.approx(peaks.loc[("Na-Cl", 1), "position"], abs=0.05)


def test_a_picture_is_written_beside_the_table(wtrdf, salt, tmp_path):
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    radiations = ["--radiation", "x-ray", "--radiation", "neutron"]
    code, _, err = wtrdf("partials", *salt, *radiations, "--plot")
    assert (code, "the picture is written beside the table" in err) == (2, True)
    code, _, err = wtrdf("partials", *salt, *radiations, "-o", "g.svg", "--figure-format", "svg")
    assert (code, "the picture would replace g.svg" in err) == (2, True)
    (tmp_path / "g.svg").write_text("mine")
    code, _, err = wtrdf("partials", *salt, *radiations, "-o", "g.csv", "--figure-format", "svg")
    assert (code, "g.svg" in err, (tmp_path / "g.svg").read_text()) == (1, True, "mine")
    code, _, _ = wtrdf("partials", *salt, *radiations, "-o", "g.csv", "--figure-format", "svg", "--force")
    picture = (tmp_path / "g.svg").read_text()
    assert (code, picture.startswith("<?xml")) == (0, True)


def test_each_file_may_have_a_resolution(wtrdf, salt):
    radiations = ["--radiation", "x-ray", "--radiation", "neutron"]
    heights = []
    for resolutions in ([], ["--q-damp", 0.08], ["--q-damp", 0.08, "--q-damp", 0.0]):
        code, out, _ = wtrdf("partials", *salt, *radiations, *resolutions, "--json")
        assert code == 0
        heights.append(pd.DataFrame(json.loads(out))["height"].max())
    assert len(set(heights)) == 3  # the data are not damped, so a resolution makes peaks higher
    assert heights[1] > heights[0]
    code, _, err = wtrdf("partials", *salt, *radiations, *["--q-damp", 0.01] * 3)
    assert (code, "give one for all files, or one for each of the 2" in err) == (2, True)


def test_each_file_needs_a_radiation(wtrdf, salt):
    code, _, err = wtrdf("partials", *salt, "--radiation", "x-ray")
    assert (code, "one for each of the 2 files" in err) == (2, True)
    radiations = ["--radiation", "x-ray", "--radiation", "neutron"]
    for missing, others in (("--composition", salt[4:]), ("--number-density", salt[2:4])):
        code, _, err = wtrdf("partials", *salt[:2], *others, *radiations)
        assert (code, f"{missing}: it is in no header of the files: give it." in err) == (2, True)
    code, _, err = wtrdf("partials", *salt, "--radiation", "x-ray", "--radiation", "electron")
    assert (code, "neither x-ray nor neutron" in err) == (2, True)
    code, _, err = wtrdf("partials", *salt, "--radiation", "x-ray", "--radiation", "neutron=")
    assert (code, "'neutron=' has no formula after =" in err) == (2, True)
    code, _, err = wtrdf("partials", *salt, "--radiation", "x-ray", "--radiation", "neutron=NaBr")
    assert (code, "is of NaBr, but the composition is NaCl" in err) == (1, True)


def test_radiations_may_be_in_the_headers(wtrdf, salt):
    code, _, err = wtrdf("partials", *salt)
    assert (code, "--radiation: x-ray.sq does not state it: give one for each file." in err) == (2, True)
    for radiation in ("x-ray", "neutron"):
        Path(f"{radiation}.sq").write_text(f"# radiation = {radiation}\n{Path(f'{radiation}.sq').read_text()}")
    code, out, _ = wtrdf("partials", *salt)
    _, given, _ = wtrdf("partials", *salt, "--radiation", "x-ray", "--radiation", "neutron")
    assert (code, out) == (0, given)
    peak = next(line for line in out.splitlines() if "Na-Cl" in line)
    assert peak.count("±") == 4


def test_the_remedies_for_a_single_pattern_are_commands(wtrdf, salt):
    code, _, err = wtrdf("partials", salt[0], *salt[2:], "--radiation", "x-ray")
    assert code == 1
    assert "add a pattern of another radiation or isotope, or use wtrdf pdf for the total g(r)." in err


def test_headers_with_different_densities_are_refused(wtrdf, salt):
    for name, density in (("x-ray.sq", 0.031), ("neutron.sq", 0.033)):
        Path(name).write_text(f"# number_density = {density}\n{Path(name).read_text()}")
    code, _, err = wtrdf("partials", *salt[:4], "--radiation", "x-ray", "--radiation", "neutron")
    assert (code, "the headers of the files have 0.031 and 0.033 atoms/Å³: give it." in err) == (2, True)


def test_headers_that_contradict_the_options_are_reported(wtrdf, salt):
    lines = Path("x-ray.sq").read_text()
    Path("x-ray.sq").write_text(f"# radiation = neutron\n# composition = KBr\n# number_density = 0.02\n{lines}")
    code, _, err = wtrdf("partials", *salt, "--radiation", "x-ray", "--radiation", "neutron=NaBr")
    assert (code, err.count("warning: x-ray.sq: ")) == (1, 3)
    assert "warning: x-ray.sq: by its header the radiation is neutron; x-ray is used." in err
