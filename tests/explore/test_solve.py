import base64
import json
from dataclasses import replace

import numpy as np
import pytest

from sklearn_wtrdf import Composition, load
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.explore import export, figures, solve
from sklearn_wtrdf.explore.schema import Sample, Settings
from sklearn_wtrdf.explore.uploads import read_upload
from sklearn_wtrdf.reduction.corrections import polarization
from sklearn_wtrdf.scattering.angles import two_theta_of, wavelength_of
from sklearn_wtrdf.wtrdf.wavelet import PUBLISHED


def test_a_downloaded_model_can_be_loaded(solved, tmp_path):
    sample, settings, _, model, _ = solved
    name, contents = solve.file("model", sample, settings, model)
    (tmp_path / name).write_bytes(contents)
    assert str(load(tmp_path / name)) == str(model)


@pytest.mark.parametrize("name", ["cut", "own"])  # without a reference, and with one
def test_a_picture_is_a_png(name, solution_of):
    sample, settings, _, model, _ = solution_of(name)
    name, contents = solve.file("picture", sample, settings, model)
    assert name == "ge25se75_sq.png"
    assert contents.startswith(b"\x89PNG")


def test_solutions_are_json(solved):
    assert json.loads(json.dumps(solved[-1], allow_nan=False)) == solved[-1]


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


def test_a_raw_scan_needs_formula_and_density(scan):
    with pytest.raises(ValueError, match="Give its formula and a density and its wavelength to reduce"):
        solve.reduced(scan[1], Settings())
    silica = replace(scan[1], composition="SiO2", mass_density=2.2)
    with pytest.raises(ValueError, match="Give its wavelength to reduce"):
        solve.reduced(silica, Settings())
    with pytest.raises(ValueError, match="choose 2θ or q"):
        solve.reduced(replace(silica, wavelength="CuKa", axis=None), Settings())


def test_the_contributions_of_a_raw_scan_are_drawn(scan):
    silica = replace(scan[1], composition="SiO2", mass_density=2.2, wavelength="CuKa")
    made = solve.reduced(silica, Settings())
    solution = solve.transforms(made, Settings())
    atoms = Composition("SiO2").intensities(q=made.q, wavelength=wavelength_of("CuKa"))
    of = solution["reduction"]
    np.testing.assert_allclose(of["coherent"], atoms["mean_of_square"], rtol=1e-6)
    np.testing.assert_allclose(np.array(of["q"]) * (np.array(of["s"]) - 1), made.s_r, atol=1e-6)
    s = (np.array(of["measured"]) - of["coherent"] - of["compton"]) / atoms["square_of_mean"] + 1
    np.testing.assert_allclose(of["s"], s, atol=1e-6)
    figure = figures.reduction_figure(solution)
    drawn = {trace["name"] for trace in figure["data"]}
    assert {"measured", "free atoms, S = 1", "⟨f²⟩", "Compton", "S(q)"} <= drawn
    assert "background" not in drawn
    assert figures.reduction_figure(None)["data"] == []


def test_a_scan_of_another_formula_is_reported_with_what_to_check(scan):
    wrong = replace(scan[1], composition="Pb", mass_density=0.1, wavelength="CuKa", intensity=[x**4 for x in scan[1].x])
    assert any("check that x is 2θ and not θ" in note for note in solve.reduced(wrong, Settings()).notes)


def test_the_preview_with_the_previous_prior_is_near_the_full_result(solution_of):
    sample, _, samples, _, previous = solution_of("as it is")
    settings = Settings(q_max=7.0)
    first = solve.solution_of(
        sample, settings, solve.fitted(sample, settings, samples, previous["fixed_prior"]), quick=True
    )
    full = solve.solution_of(sample, settings, solve.fitted(sample, settings, samples))
    assert np.abs(np.subtract(first["g"], full["g"])).mean() < 0.1
    assert first["quick"]
    assert not full["quick"]


@pytest.mark.parametrize(
    "fixed_prior", ["Continuum", [["os.system", {"r": 1}]], [["Bond", {"nothing": 1}]], [], [["Bond", 1]]]
)
def test_a_fixed_prior_that_no_page_sends_is_refused(paper, fixed_prior):
    with pytest.raises(ValueError, match="reload the page"):
        solve.fitted(paper[0], Settings(), paper, fixed_prior)


def test_x_ray_patterns_are_solved_with_weights_of_pairs_that_change_with_q(tmp_path, monkeypatch):
    glass = load_material("silica", weighting="x-ray", q_max=6)
    sample = Sample("silica.sq", glass.q[::2].tolist(), glass.s_r[::2].tolist(), None, glass.number_density, "SiO2")
    settings, kinds = Settings(r_max=6.0), {}
    for radiation in ("x-ray", "neutron", None):
        of = replace(sample, radiation=radiation)
        model = solve.fitted(of, settings, [of])
        kinds[radiation] = solve.solution_of(of, settings, model)
        assert (solve.fixed_prior_of(model) is None) == (radiation == "x-ray")
    assert kinds["neutron"]["g"] == kinds[None]["g"]
    assert np.abs(np.subtract(kinds["x-ray"]["g"], kinds[None]["g"])).max() > 0.1
    (tmp_path / "silica.sq").write_text(solve.sq_text(sample))
    monkeypatch.chdir(tmp_path)
    names, of = {}, replace(sample, radiation="x-ray")
    exec(export.snippet(of, settings, [of]), names)
    np.testing.assert_allclose(names["g"], kinds["x-ray"]["g"], atol=0.02)
    assert "--radiation x-ray" in export.command(of, settings, [of])


def test_too_few_points_are_refused(paper):
    with pytest.raises(ValueError, match="20 are needed"):
        solve.fitted(paper[0], Settings(q_min=7.5), paper)


def test_the_wavelet_tab_shows_the_loss_with_the_paper_s_parameters(paper):
    message = solve.wavelet_solution(PUBLISHED)
    assert message["distance_scale"] == pytest.approx(0.6, abs=0.02)
    assert solve.wavelet_solution(PUBLISHED, paper[0])["loss"] == message["loss"]
    landscape = solve.wavelet_landscape()
    assert landscape["best"] < message["loss"]
    assert landscape["best"] <= np.min(landscape["loss"]) + 1e-4
    json.dumps(
        [landscape, message, figures.landscape_figure(landscape, message, {}), figures.shells_figure(message)],
        allow_nan=False,
    )


def test_the_wavelet_tab_needs_a_known_g(paper):
    with pytest.raises(ValueError, match="known g"):
        solve.wavelet_solution(PUBLISHED, replace(paper[0], r=None, g=None))
