import base64
import contextlib
import io
import json
import shlex
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import Composition, read_gr
from sklearn_wtrdf.cli.main import main
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.explore import export, solve
from sklearn_wtrdf.explore.schema import Settings, read_upload
from sklearn_wtrdf.reduction.corrections import polarization
from sklearn_wtrdf.scattering.angles import q_of, two_theta_of, wavelength_of
from tests.explore.page_files import DATA, without_hashes


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Go to a folder with the files that the recipes name."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(DATA / "simulated", "data/simulated")
    for path in DATA.glob("ge25se75_*.csv"):
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*of S_R were excluded", "ignore:.*density")
def test_the_command_on_the_page_writes_the_same_file_and_finds_the_same_peaks(solved, folder):
    sample, settings, samples, model, message = solved
    *commands, peaks = export.command(sample, settings, samples).splitlines()
    assert not commands[0].startswith("#")
    for line in commands:
        with pytest.raises(SystemExit) as ended:
            main(shlex.split(line)[1:])
        assert not ended.value.code
    name, contents = solve.file("gr", sample, settings, model)
    assert without_hashes(contents) == without_hashes((folder / "out" / name).read_bytes())
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        main([*shlex.split(peaks)[1:], "--json"])
    table = json.loads(printed.getvalue())
    assert min(len(table), len(message["peaks"])) > 0
    for row, own in zip(table[:2], message["peaks"][:2], strict=True):  # the .gr goes on beyond the reference
        assert row["position"] == pytest.approx(own["position"], abs=0.01)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*of S_R were excluded", "ignore:.*density")
def test_the_python_on_the_page_computes_the_same_g(solved, folder, capsys):
    sample, settings, samples, _, message = solved
    names = {}
    exec(export.snippet(sample, settings, samples), names)
    np.testing.assert_allclose(names["g"], message["g"], atol=1e-9)
    np.testing.assert_allclose(names["std"], message["std"], atol=1e-9)
    pd.testing.assert_frame_equal(names["result"].peaks(), pd.DataFrame(message["peaks"]))
    assert "position" in capsys.readouterr().out


@pytest.fixture(scope="module")
def scan():
    """A simulated scan of silica with counting statistics, as a sample."""
    glass = load_material("silica", q_max=7.9)
    atoms = Composition("SiO2").intensities(q=glass.q)
    scattered = atoms["mean_of_square"] + atoms["square_of_mean"] * (glass.s - 1) + atoms["incoherent"]
    two_theta = two_theta_of(glass.q, wavelength_of("CuKa"))
    counts = np.random.default_rng(0).poisson(1000 * polarization(two_theta) * scattered.to_numpy())
    rows = "\n".join(f"{x:.4f} {y}" for x, y in zip(two_theta, counts, strict=True))
    text = f"# 2theta counts\n{rows}\n"
    [sample], message = read_upload("silica.xy", base64.b64encode(text.encode()).decode(), [])
    assert "a raw scan" in message
    return text, sample


def as_text(x, counts, head=""):
    return head + "".join(f"{x:.4f} {y:.0f}\n" for x, y in zip(x, counts, strict=True))


@pytest.fixture(params=["alone", "background", "its scale", "of another axis", "unnamed"])
def dropped(request, scan, folder):
    """A raw scan with whatever belongs to it, its files in the folder."""
    _, sample = scan
    x, counts = np.array(sample.x), np.array(sample.intensity)
    empty = np.round(60_000 * np.exp(-(((x - 35) / 5) ** 2)) + 10_000)
    if request.param != "alone":
        counts = counts + 0.9 * empty
    if request.param == "unnamed":  # of silver's tube, it ends below 60
        copper, x = x, two_theta_of(q_of(x, wavelength_of("CuKa")), wavelength_of("AgKa"))
        counts, empty = (subset * polarization(x) / polarization(copper) for subset in (counts, empty))
    head = "" if request.param == "unnamed" else "# 2theta counts\n"
    files = {"silica.xy": as_text(x, counts, head)}
    if request.param == "of another axis":
        files["air.dat"] = as_text(q_of(x, wavelength_of("CuKa")), empty, "# q counts\n")
    elif request.param != "alone":
        files["air.dat"] = as_text(x, empty, head)
    samples = []
    for name, contents in files.items():
        (folder / name).write_text(contents)
        of = "silica.xy" if samples else None
        samples, _ = read_upload(name, base64.b64encode(contents.encode()).decode(), samples, of)
    message = {"composition": "SiO2", "mass_density": 2.2}
    if request.param == "unnamed":
        assert (samples[0].axis, samples[0].background_axis) == (None, None)
        message |= {"axis": "2theta", "wavelength": "AgKa"}
    message |= {"background_scale": 0.9} if request.param == "its scale" else {}
    return replace(samples[0], **message)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_raw_scan_becomes_s_as_by_the_command_and_by_python(dropped, folder):
    sample, settings = dropped, Settings()
    made = solve.reduced(sample)
    model = solve.fitted(made, settings, [made])
    message = solve.answer(made, settings, model)
    assert message["background"] == (None if sample.background is None else ["air.dat", pytest.approx(0.9, abs=0.05)])
    for line in export.command(sample, settings, [sample]).splitlines():
        with pytest.raises(SystemExit) as ended:
            main(shlex.split(line)[1:])
        assert not ended.value.code
    np.testing.assert_allclose(read_gr("out/silica.gr").g, message["g"], atol=1e-9)
    assert without_hashes(solve.file("gr", made, settings, model)[1]) == without_hashes(
        (folder / "out/silica.gr").read_bytes()
    )
    names = {}
    (folder / "silica.sq").unlink()
    exec(export.snippet(sample, settings, [sample]), names)
    np.testing.assert_allclose(names["g"], message["g"], atol=1e-9)


def test_settings_without_an_option_of_the_command_are_reported(paper):
    settings = Settings.from_json({"q_min": 1.0, "noise": 0.05})
    assert export.command(paper[0], settings, paper).startswith("# The command has no option for q_min and noise")
    assert "noise=0.05" in export.snippet(paper[0], settings, paper)


def test_a_sample_as_text_is_read_as_it_was(paper, tmp_path):
    from sklearn_wtrdf import read_pattern

    sample = replace(paper[0], std=[0.01] * len(paper[0].q))
    path = tmp_path / "glass.csv"
    path.write_text(solve.sq_text(sample))
    pattern = read_pattern(path)
    assert (pattern.q.tolist(), pattern.s_r.tolist(), pattern.std.tolist()) == (sample.q, sample.s_r, sample.std)
    assert list(pd.read_csv(path)) == ["q", "s_r", "s_r_std"]
