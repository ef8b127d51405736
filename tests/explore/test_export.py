import base64
import contextlib
import io
import json
import re
import shlex
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import Composition, PdfSettings, read_gr
from sklearn_wtrdf.cli.main import main
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.explore import export, solve
from sklearn_wtrdf.explore.requests import simulated_silica
from sklearn_wtrdf.explore.schema import Sample, Settings
from sklearn_wtrdf.explore.uploads import read_settings, read_upload
from sklearn_wtrdf.reduction.corrections import polarization
from sklearn_wtrdf.scattering.angles import q_of, two_theta_of, wavelength_of
from tests.explore.page_files import DATA, upload, without_hashes, write_coarse


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Go to a folder with the files that the recipes name."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(DATA / "simulated", "data/simulated")
    return write_coarse(tmp_path)


def run(command):
    """Run the lines of a command of the page."""
    for line in command.splitlines():
        with pytest.raises(SystemExit) as ended:
            main(shlex.split(line)[1:])
        assert not ended.value.code


def assert_same_peaks(path, message):
    """Compare the table of peaks that `wtrdf pdf` wrote with that of the page, to the last digit."""
    table, own = pd.read_csv(path).drop(columns="file"), pd.DataFrame(message["peaks"])
    assert len(own) > 0
    pd.testing.assert_frame_equal(table, own[list(table)], rtol=1e-14, atol=0, check_dtype=False)  # pandas 2 rounds


def written_verdict(path):
    return json.loads(re.search(r"^verdict = (.*)$", path.read_text(), re.M)[1])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*of S_R excluded", "ignore:.*density")
def test_the_command_on_the_page_writes_the_same_file_and_finds_the_same_peaks(solved, folder):
    sample, settings, samples, model, message = solved
    text = export.command(sample, settings, samples)
    assert not text.startswith("#")
    name, contents = solve.file("gr", sample, settings, model)
    if settings.prior != "reference":
        run(text)
        assert without_hashes(contents) == without_hashes((folder / "results" / name).read_bytes())
        assert_same_peaks("results/ge25se75_sq_peaks.csv", message)
        return
    *commands, peaks = text.splitlines()
    run("\n".join(commands))
    (folder / name).write_bytes(contents)
    own, written = read_gr(name), read_gr(f"out/{name}")
    np.testing.assert_allclose(
        np.column_stack([own.r, own.g, own.std]), np.column_stack([written.r, written.g, written.std])
    )
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        main([*shlex.split(peaks)[1:], "--json"])
    table = json.loads(printed.getvalue())
    assert min(len(table), len(message["peaks"])) > 0
    for row, own in zip(table[:2], message["peaks"][:2], strict=True):  # the .gr goes on beyond the reference
        assert row["position"] == pytest.approx(own["position"], abs=0.01)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*of S_R excluded", "ignore:.*density")
def test_the_python_on_the_page_computes_the_same_g(solved, folder, capsys):
    sample, settings, samples, _, message = solved
    names = {}
    exec(export.snippet(sample, settings, samples), names)
    np.testing.assert_allclose(names["g"], message["g"], atol=1e-9)
    np.testing.assert_allclose(names["std"], message["std"], atol=1e-9)
    if settings.prior == "reference":
        pd.testing.assert_frame_equal(names["result"].peaks(), pd.DataFrame(message["peaks"]))
    else:
        assert_same_peaks("results/ge25se75_sq_peaks.csv", message)
    assert "position" in capsys.readouterr().out


@pytest.fixture(scope="module")
def scan():
    """A simulated scan of silica with counting statistics, as a sample."""
    glass = load_material("silica", q_max=7.9)
    q, s = glass.q[::2], glass.s[::2]
    atoms = Composition("SiO2").intensities(q=q)
    scattered = atoms["mean_of_square"] + atoms["square_of_mean"] * (s - 1) + atoms["incoherent"]
    two_theta = two_theta_of(q, wavelength_of("CuKa"))
    counts = np.random.default_rng(0).poisson(1000 * polarization(two_theta) * scattered.to_numpy())
    rows = "\n".join(f"{x:.4f} {y}" for x, y in zip(two_theta, counts, strict=True))
    text = f"# 2theta counts\n{rows}\n"
    [sample], message = read_upload("silica.xy", base64.b64encode(text.encode()).decode(), [])
    assert "a raw scan" in message
    return text, sample


def as_text(x, counts, head=""):
    return head + "".join(f"{x:.4f} {y:.0f}\n" for x, y in zip(x, counts, strict=True))


@pytest.fixture(params=["alone", "its scale", "of another axis", "unnamed"])
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
    message = {"composition": "SiO2", "mass_density": 2.2, "wavelength": "CuKa"}
    if request.param == "unnamed":
        assert (samples[0].axis, samples[0].background_axis) == (None, None)
        message |= {"axis": "2theta", "wavelength": "AgKa"}
    message |= {"background_scale": 0.9} if request.param == "its scale" else {}
    return replace(samples[0], **message)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_raw_scan_becomes_s_as_by_the_command_and_by_python(dropped, folder):
    sample = dropped
    settings = Settings(prior="continuum", opened=PdfSettings(figure_format="none"))  # the fastest to solve
    made = solve.reduced(sample, settings)
    model = solve.fitted(made, settings, [made])
    message = solve.solution_of(made, settings, model)
    assert message["background"] == (None if sample.background is None else ["air.dat", pytest.approx(0.9, abs=0.05)])
    run(export.command(sample, settings, [sample]))
    np.testing.assert_allclose(read_gr("results/silica.gr").g, message["g"], atol=1e-9)
    assert_same_peaks("results/silica_peaks.csv", message)
    assert written_verdict(folder / "results/silica.gr") == message["verdict"]
    written = (folder / "results/silica.gr").read_bytes()
    assert without_hashes(solve.file("gr", made, settings, model)[1]) == without_hashes(written)
    shutil.rmtree("results")
    names = {}
    exec(export.snippet(sample, settings, [sample]), names)
    np.testing.assert_allclose(names["g"], message["g"], atol=1e-9)


def test_the_python_of_the_simulated_example_needs_no_file(folder):
    silica, names = simulated_silica(), {}
    settings = Settings(q_max=12.0, prior="continuum")
    exec(export.snippet(silica, settings, [silica]), names)
    message = solve.solution_of(silica, settings, solve.fitted(silica, settings, [silica]))
    np.testing.assert_allclose(names["g"], message["g"], atol=1e-9)
    assert export.command(silica, settings, [silica]).startswith("# The command reads files")


def test_settings_without_an_option_of_the_command_are_reported(paper):
    settings = Settings.from_json({"q_min": 1.0, "noise": 0.05, "prior": "reference"})
    assert export.command(paper[0], settings, paper).startswith("# The command has no option for q_min and noise")
    assert "noise=0.05" in export.snippet(paper[0], settings, paper)
    assert export.command(paper[0], Settings.from_json({"q_min": 1.0, "noise": 0.05}), paper) == (
        "wtrdf pdf ge25se75_sq.csv --q-min 1.0 --noise 0.05\n"
    )


def x_ray_glass(folder):
    """Write a simulated X-ray S(q) with two lines of header, and return it as a sample of the page."""
    glass, path = load_material("silica", weighting="x-ray", q_max=10), folder / "silica.csv"
    rows = "\n".join(f"{q!r},{s!r}" for q, s in zip(glass.q[::3].tolist(), glass.s[::3].tolist(), strict=True))
    path.write_text(f"# composition = SiO2\n# number_density = 0.0662\nq,S\n{rows}\n")
    return upload(path)[0]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_command_of_x_rays_finds_the_peaks_of_the_page(folder):
    sample = replace(x_ray_glass(folder), radiation="x-ray")
    settings = Settings(q_max=9.0, prior="continuum")
    text = export.command(sample, settings, [sample])
    material = "--composition SiO2 --number-density 0.0662"
    assert text == f"wtrdf pdf silica.csv {material} --radiation x-ray --q-max 9.0 --prior continuum\n"
    message = solve.solution_of(sample, settings, solve.fitted(sample, settings, [sample]))
    assert {"Si-O", "position"} <= set(message["peaks"][0])
    run(text)
    assert_same_peaks("results/silica_peaks.csv", message)
    assert written_verdict(folder / "results/silica.gr") == message["verdict"]
    (folder / "saved.toml").write_text(export.settings_file(sample, settings))
    run("wtrdf pdf silica.csv --settings saved.toml -o again")
    assert_same_peaks("again/silica_peaks.csv", message)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("dropped", ["its scale", "unnamed"], indirect=True)
def test_settings_that_the_page_exports_are_repeated_by_the_command_with_the_same_peaks(dropped, folder):
    sample = dropped
    opened = PdfSettings(q_damp=0.02, polarization="none", constant=False, figure_format="none")
    settings = Settings(q_min=1.0, q_max=7.3, r_max=8.0, prior="bond", bond=(1.4, 1.8), noise=0.02, opened=opened)
    made = solve.reduced(sample, settings)
    message = solve.solution_of(made, settings, solve.fitted(made, settings, [made]))
    (folder / "saved.toml").write_text(export.settings_file(sample, settings))
    run("wtrdf pdf silica.xy --settings saved.toml")
    assert_same_peaks("results/silica_peaks.csv", message)
    assert PdfSettings.read("results/settings.toml").q_damp == 0.02


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("dropped", ["alone", "its scale", "of another axis"], indirect=True)
def test_settings_that_the_command_wrote_give_the_same_peaks_on_the_page(dropped, folder):
    options = "--composition SiO2 --mass-density 2.2 --wavelength 1.54 --quantity counts --axis 2theta --q-max 6.5"
    options += " --monochromator 26.6 --no-systematic-errors --r-max 12 --bond 1.4:1.8 --figure-format none"
    if dropped.background is not None:
        options += f" --background {dropped.background_name}"
    if dropped.background_axis == "q":
        options = options.replace("--axis 2theta", "")
    run(f"wtrdf pdf silica.xy {options}")
    contents = base64.b64encode((folder / "results/settings.toml").read_bytes()).decode()
    opened = read_settings("settings.toml", contents)
    samples = upload(folder / "silica.xy", opened=opened)
    if dropped.background is not None:
        with pytest.raises(ValueError, match=r"have the background 'air\.dat': drop it on the row"):
            solve.reduced(samples[0], Settings(opened=opened))
        samples = upload(folder / "air.dat", samples, "silica.xy")
    controls = {"q_max": 6.5, "r_max": 12, "prior": "bond", "bond_low": 1.4, "bond_high": 1.8}
    controls |= {"systematic_errors": False, "opened": opened.chosen()}
    settings = Settings.from_json(json.loads(json.dumps(controls)))
    sample = Sample.from_json(json.loads(json.dumps(samples[0].to_json())))
    made = solve.reduced(sample, settings)
    message = solve.solution_of(made, settings, solve.fitted(made, settings, [made]))
    assert_same_peaks("results/silica_peaks.csv", message)


def test_a_prior_with_a_reference_is_no_setting_of_the_command(paper):
    with pytest.raises(ValueError, match="have no reference; choose another prior"):
        export.settings_file(paper[0], Settings(prior="reference"))


def test_a_sample_as_text_is_read_as_it_was(paper, tmp_path):
    from sklearn_wtrdf import read_pattern

    sample = replace(paper[0], std=[0.01] * len(paper[0].q))
    path = tmp_path / "glass.csv"
    path.write_text(solve.sq_text(sample))
    pattern = read_pattern(path)
    assert (pattern.q.tolist(), pattern.s_r.tolist(), pattern.std.tolist()) == (sample.q, sample.s_r, sample.std)
    assert list(pd.read_csv(path)) == ["q", "s_r", "s_r_std"]
