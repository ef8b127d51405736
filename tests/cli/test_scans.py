import json

import diffractometer
import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import InversionRegressor, Reduction, intensity_frame, read_gr, read_pattern
from sklearn_wtrdf.cli.main import main
from sklearn_wtrdf.datasets import load_material

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


def test_a_scan_becomes_s_of_q_whose_header_says_of_what(files, tmp_path, capsys):
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


@pytest.mark.slow
def test_one_command_does_the_whole_and_agrees_with_its_steps(files, tmp_path, capsys):
    code, out, err = run(capsys, "pdf", *files, *MATERIAL, "-o", tmp_path / "out")
    assert (code, err) == (0, "")
    assert "silica_Cu_peaks.csv" in out
    curve, pattern = read_gr(tmp_path / "out/silica_Cu.gr"), read_pattern(tmp_path / "out/silica_Cu.sq")
    truth = load_material("silica")
    assert np.abs(curve.g - np.interp(curve.r, truth.r, truth.target))[curve.r > 1].mean() < 0.2
    peaks = pd.read_csv(tmp_path / "out/silica_Cu_peaks.csv")
    assert peaks["position"][0] == pytest.approx(1.61, abs=0.03)

    item = diffractometer.scan("silica", "Cu")
    X = intensity_frame(curve.r, item.two_theta.round(2), item.intensity)
    reduction = Reduction("SiO2", number_density=DENSITY, background=item.background, wavelength="1.54189")
    reduction.set_params(wavelength=1.54189)
    frame = reduction.fit_transform(X)
    np.testing.assert_allclose(frame.filter(like="S_R").iloc[0], pattern.s_r, atol=1e-6)
    np.testing.assert_allclose(InversionRegressor().fit(frame).predict(frame), curve.g, atol=1e-4)


def test_the_peaks_are_those_that_wtrdf_peaks_prints_as_json(files, tmp_path, capsys):
    code, out, _ = run(capsys, "pdf", *files, *MATERIAL, "-o", tmp_path / "out", "--json", "--r-max", "6")
    assert code == 0
    (first, *_) = json.loads(out)
    assert first["position"] == pytest.approx(1.61, abs=0.03)
    assert read_gr(tmp_path / "out/silica_Cu.gr").r[-1] == pytest.approx(6.0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--composition", "SiO2"], "--number-density"),
        (["--composition", "glass", "--mass-density", "2.2"], "composition must be a formula"),
        ([*MATERIAL, "--wavelength", "Xx"], "line of a tube"),
        ([*MATERIAL, "--absorption", "sphere:2"], "reflection:μt"),
        ([*MATERIAL, "--background-scale", "0.9"], "--background"),
        ([*MATERIAL, "--q-min", "7", "--q-max", "6"], "q_min and q_max"),
        ([*MATERIAL, "--polarization", "none", "--monochromator", "26.6"], "monochromator"),
    ],
)
def test_what_is_not_understood_is_said_before_any_work(options, said, scans, tmp_path, capsys):
    code, _, err = run(capsys, "reduce", scans / "silica_Cu.xy", *options, "-o", tmp_path / "silica.sq")
    assert code in (1, 2)
    assert said in " ".join(err.replace("│", " ").split())
    assert not any(tmp_path.iterdir())


def test_a_scan_without_a_wavelength_asks_for_it(tmp_path, capsys):
    scan = tmp_path / "scan.xy"
    np.savetxt(scan, np.column_stack([np.arange(10, 90, 0.5), np.full(160, 1000.0)]), header="2theta counts")
    code, _, err = run(capsys, "reduce", scan, *MATERIAL, "-o", tmp_path / "silica.sq")
    assert code == 2
    assert "--wavelength" in err


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # as it is outside of tests
def test_pdf_says_what_looks_wrong_and_strictly_writes_nothing(files, tmp_path, capsys):
    wrong = ["pdf", *files, "--composition", "SiO2", "--number-density", "0.0066", "-o", tmp_path / "out"]
    code, _, err = run(capsys, *wrong)
    assert code == 0
    assert "warning: number_density is 0.0066" in err
    code, _, err = run(capsys, *wrong[:-1], tmp_path / "strict", "--strict")
    assert code == 1
    assert err.startswith("error: number_density is 0.0066")
    assert not (tmp_path / "strict").exists()
