"""`wtrdf reduce`."""

import diffractometer
import numpy as np
import pytest

from sklearn_wtrdf import read_pattern
from sklearn_wtrdf.cli.main import main

DENSITY = 0.0662
MATERIAL = ["--composition", "SiO2", "--number-density", str(DENSITY)]


def run(capsys, *arguments):
    """Run the command and return its exit code, output and complaints."""
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    message = capsys.readouterr()
    return ended.value.code or 0, message.out, message.err


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """Return a folder with a simulated scan of silica, and of the empty container."""
    folder = tmp_path_factory.mktemp("scans")
    diffractometer.main(["silica", "--folder", str(folder)])
    return folder


@pytest.fixture
def files(scans):
    return scans / "silica_Cu.xy", "--background", scans / "silica_Cu_empty.xy"


def test_a_scan_becomes_s_of_q_with_its_composition_and_density_in_the_header(files, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    code, out, err = run(capsys, "reduce", *files, *MATERIAL, "-o", tmp_path / "silica.sq", "--plot")
    assert (code, err) == (0, "")
    assert "146 points" in out
    pattern = read_pattern(tmp_path / "silica.sq")
    assert pattern.number_density == DENSITY
    assert pattern.composition == "SiO2"
    assert pattern.provenance["source"] == "silica_Cu.xy"
    truth = diffractometer.scan("silica", "Cu")
    error = np.abs(pattern.s_r / pattern.q + 1 - np.interp(pattern.q, truth.q, truth.S))[pattern.q > 1.5]
    assert error.mean() < 0.01
    assert (tmp_path / "silica.png").stat().st_size > 10_000
    code, _, err = run(capsys, "reduce", *files, *MATERIAL, "-o", tmp_path / "silica.sq")
    assert code == 1
    assert "--force" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--composition", "SiO2"], "--number-density"),
        (["--composition", "glass", "--mass-density", "2.2"], "composition must be a formula"),
        ([*MATERIAL, "--wavelength", "Xx"], "line of a tube"),
        ([*MATERIAL, "--absorption", "sphere:2"], "reflection:μt"),
        ([*MATERIAL, "--background-scale", "0.9"], "--background"),
        ([*MATERIAL, "--q-min", "7", "--q-max", "6"], "q_min must be less"),
        ([*MATERIAL, "--polarization", "none", "--monochromator", "26.6"], "monochromator"),
    ],
)
def test_invalid_options_are_reported_before_any_work(options, message, scans, tmp_path, capsys):
    code, _, err = run(capsys, "reduce", scans / "silica_Cu.xy", *options, "-o", tmp_path / "silica.sq")
    assert code in (1, 2)
    assert message in " ".join(err.replace("│", " ").split())
    assert not any(tmp_path.iterdir())


def test_the_picture_does_not_replace_s_of_q(files, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    code, _, err = run(capsys, "reduce", *files, *MATERIAL, "-o", tmp_path / "silica.png", "--plot")
    assert code == 2
    assert "the picture would replace" in err
    assert not any(tmp_path.iterdir())


def test_the_error_of_a_scan_without_a_wavelength_requests_it(tmp_path, capsys):
    scan = tmp_path / "scan.xy"
    np.savetxt(scan, np.column_stack([np.arange(10, 90, 0.5), np.arange(1160, 1000, -1)]), header="2theta counts")
    code, _, err = run(capsys, "reduce", scan, *MATERIAL, "-o", tmp_path / "silica.sq")
    assert code == 2
    assert "--wavelength" in err
