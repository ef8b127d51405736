import re
from copy import deepcopy

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from sklearn_wtrdf import (
    Composition,
    FourierRegressor,
    InversionRegressor,
    Pattern,
    ReconstructionMixin,
    WTRDFRegressor,
    pdf_files,
    read_gr,
    read_pattern,
    reconstruct_files,
    scattering_frame,
)
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.inversion import Bond, Continuum
from sklearn_wtrdf.workflows.job import fitted_to
from tests.workflows.patterns import write_fq

GLASS = load_ag_ge_se(10)


@pytest.fixture(scope="module")
def free():
    """Return a model without a reference, for like materials of one density."""
    rng = np.random.default_rng(1)
    s_r = GLASS.s_r + 0.01 * GLASS.q * rng.normal(size=GLASS.q.size)
    X = scattering_frame(np.arange(1.5, 8, 0.02), GLASS.q, s_r, GLASS.number_density)
    return InversionRegressor(refit="never").fit(X)


def test_a_file_gives_what_the_model_predicts(model, tmp_path):
    path = write_fq(tmp_path / "ag10.fq", GLASS.q, GLASS.s_r)
    outcomes = reconstruct_files(model, [path], tmp_path / "out", number_density=GLASS.number_density, plot=True)
    (output,) = outcomes["output"]
    curve = read_gr(output)
    g, std = model.predict(GLASS.data, return_std=True)
    np.testing.assert_array_equal(curve.r, GLASS.r)
    np.testing.assert_allclose(curve.g, g, atol=1e-12)
    np.testing.assert_allclose(curve.std, std, atol=1e-12)
    assert curve.number_density == GLASS.number_density
    assert curve.provenance["source"] == "ag10.fq"
    assert curve.provenance["model"] == "InversionRegressor"
    assert float(curve.provenance["qmax"]) == 8.0
    assert output.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_the_header_has_the_composition_and_the_given_or_estimated_density(model, tmp_path):
    path = write_fq(tmp_path / "ag10.fq", GLASS.q, GLASS.s_r)
    silver = Composition("Ag10(Ge25Se75)90")
    given = {"composition": {"Ag": 10, "Ge25Se75": 90}, "mass_density": 4.87}
    outcomes = reconstruct_files(model, [path], tmp_path / "given", **given)
    assert outcomes["number_density"][0] == silver.number_density(4.87)
    header = read_gr(outcomes["output"][0]).provenance
    assert (header["composition"], header["mass_density"]) == (silver.formula, "4.87")
    outcomes = reconstruct_files(model, [path], tmp_path / "found", composition=silver)
    header = read_gr(outcomes["output"][0]).provenance
    assert header["number_density_source"] == "solved for"
    assert float(header["mass_density"]) == pytest.approx(silver.mass_density(outcomes["number_density"][0]), rel=1e-9)
    for arguments in ({"mass_density": 4.87}, {"number_density": 0.036, **given}, {"composition": "Agx"}):
        with pytest.raises(ValueError, match=r"composition|both given"):
            reconstruct_files(model, [path], tmp_path / "none", **arguments)
    assert not (tmp_path / "none").exists()


def test_standard_deviations_of_the_file_weigh_its_points(free, tmp_path):
    free = deepcopy(free).set_params(prior=Continuum(), refit="each")
    rng = np.random.default_rng(1)
    std = np.where(GLASS.q > 6, 3.0, 0.02)
    s_r = GLASS.s_r + std * rng.normal(size=std.size)
    given = write_fq(tmp_path / "given.fq", GLASS.q, s_r, std)
    zero = write_fq(tmp_path / "zero.fq", GLASS.q, s_r, np.where(GLASS.q > 7.99, 0.0, std))
    unknown = write_fq(tmp_path / "unknown.fq", GLASS.q, s_r)
    outcomes = reconstruct_files(free, [given, zero, unknown], tmp_path, number_density=GLASS.number_density)
    weighed, *others = (read_gr(path).g for path in outcomes["output"])
    expected = free.reconstruct(free.r_, free.q_, s_r, GLASS.number_density, std=std)
    np.testing.assert_allclose(weighed, expected, atol=1e-12)
    np.testing.assert_array_equal(*others)  # one that is not positive makes all of them unknown
    errors = [np.abs(g - np.interp(free.r_, GLASS.r, GLASS.target)).mean() for g in (weighed, others[0])]
    assert errors[0] < 0.9 * errors[1]


def test_the_file_has_the_prior_and_the_outcome_the_residual_warning(free, folder, tmp_path):
    spoiled = free.fitted_materials_[0].pattern.s_r + 0.5 * (np.arange(GLASS.q.size) == 60)
    path = write_fq(tmp_path / "spoiled.fq", GLASS.q, spoiled)
    outcomes = reconstruct_files(free, [path, folder / "000.fq"], tmp_path, number_density=GLASS.number_density)
    assert f"excluded: q = {GLASS.q[60]:.3g} Å⁻¹" in outcomes["warning"][0]
    assert outcomes["warning"][1] == ""
    header = read_gr(outcomes["output"][1]).provenance
    assert (header["prior"], header["refit"]) == ("auto", "never")
    bonded = deepcopy(free).set_params(prior=Continuum() + Bond(r=(2.2, 2.5)), refit="each")
    outcomes = reconstruct_files(bonded, [folder / "000.fq"], tmp_path / "bonded")
    assert read_gr(outcomes["output"][0]).provenance["prior"] == "Continuum() + Bond(r: (2.2, 2.5))"


# Without small q, S_R determines the density of this glass badly.
@pytest.mark.filterwarnings("ignore:S, or the number density, seems to be wrong")
def test_q_min_and_q_max_cut_each_pattern_as_pattern_cut_does(folder, tmp_path):
    path, density = min(folder.iterdir()), GLASS.number_density
    complete, pattern = read_pattern(path), read_pattern(path).cut(1.0, 7.0)
    model = InversionRegressor(prior=Continuum()).fit(scattering_frame(GLASS.r, complete.q, complete.s_r, density))
    options = {"number_density": density, "r": GLASS.r, "resume": True, "overwrite": True}
    curves = {}
    for q_max in (7.0, 6.0):  # the second is another run, of which nothing is there yet
        outcomes = reconstruct_files(model, [path], tmp_path / "out", q_min=1.0, q_max=q_max, **options)
        assert outcomes["error"][0] == ""
        curves[q_max] = read_gr(tmp_path / "out" / f"{path.stem}.gr").g
    expected = model.reconstruct(GLASS.r, pattern.q, pattern.s_r, density)
    np.testing.assert_allclose(curves[7.0], expected, atol=1e-5)
    assert np.abs(curves[6.0] - expected).max() > 1e-3


def test_the_wavelet_model_needs_the_density_for_its_files(ge_se, tmp_path):
    model = WTRDFRegressor({"a": (0.6, 0.61)}).fit(ge_se.data, ge_se.target)
    path = write_fq(tmp_path / "ge25se75.fq", ge_se.q, ge_se.s_r)
    failed = reconstruct_files(model, [path], tmp_path / "out")
    assert "number_density" in failed["error"][0]
    done = reconstruct_files(model, [path], tmp_path / "out", number_density=0.034)
    np.testing.assert_allclose(read_gr(done["output"][0]).g, model.predict(ge_se.data), atol=1e-12)


def test_another_grid_is_interpolated_and_one_too_short_is_an_error(model, tmp_path):
    fine = np.arange(0.6, 8.2, 0.025)
    smooth = write_fq(tmp_path / "fine.fq", fine, np.interp(fine, GLASS.q, GLASS.s_r))
    short = write_fq(tmp_path / "short.fq", GLASS.q[:100], GLASS.s_r[:100])
    outcomes = reconstruct_files(model, [smooth, short], tmp_path, number_density=GLASS.number_density)
    assert np.abs(read_gr(outcomes["output"][0]).g - model.predict(GLASS.data)).mean() < 0.01
    assert outcomes["error"][1].startswith(str(short))
    assert "the model was fitted on" in outcomes["error"][1]
    assert not (tmp_path / "short.gr").exists()


def test_resume_draws_missing_pictures_and_replaces_no_foreign_ones(tmp_path):
    model, out = FourierRegressor().fit(*load_ag_ge_se(0, return_X_y=True)), tmp_path / "out"
    files = [write_fq(tmp_path / f"{i}.fq", GLASS.q, GLASS.s_r + 0.001 * i) for i in range(2)]
    given = {"number_density": 0.03, "plot": True}
    reconstruct_files(model, files[:1], out, **given)
    (out / "0.png").unlink()
    (out / "1.png").write_text("precious")
    outcomes = reconstruct_files(model, files, out, resume=True, **given)
    assert outcomes["error"][0] == ""
    assert (out / "0.png").read_bytes().startswith(b"\x89PNG")
    assert re.search(r"1\.png .*overwrite=True", outcomes["error"][1])
    assert (out / "1.png").read_text() == "precious"


@pytest.mark.slow
def test_a_dense_file_is_averaged_and_the_warnings_of_its_reader_are_in_the_table(tmp_path):
    model = InversionRegressor(prior=Continuum()).fit(GLASS.data)
    q = np.linspace(GLASS.q[0], GLASS.q[-1], 20 * GLASS.q.size)
    s = 1 + np.interp(q, GLASS.q, GLASS.s_r) / q
    s += 0.05 * np.random.default_rng(0).normal(size=q.size)
    path = tmp_path / "dense.sq"
    header = f"composition = Ag10Ge22.5Se67.5\nnumber_density = {GLASS.number_density} A^-3\nq S(q)"
    np.savetxt(path, np.column_stack([q, s]), header=header)
    (outcome,) = reconstruct_files(model, [path], tmp_path / "out").to_dict("records")
    curve = read_gr(outcome["output"])
    assert curve.composition == "Ag10Ge22.5Se67.5"
    assert np.abs(curve.g - np.interp(curve.r, GLASS.r, GLASS.target))[curve.r > 1.5].mean() < 0.15
    np.savetxt(
        tmp_path / "off.sq", np.column_stack([GLASS.q, 1 + GLASS.s_r / GLASS.q - 2 * (GLASS.q < 0.7)]), header="q S(q)"
    )
    (outcome,) = reconstruct_files(model, [tmp_path / "off.sq"], tmp_path / "out", number_density=0.034).to_dict(
        "records"
    )
    assert "line 2" in outcome["warning"]


class Commented(ReconstructionMixin, LinearRegression):
    def __init__(self, comment=""):
        super().__init__()
        self.comment = comment


def test_a_parameter_of_any_text_is_in_the_header(tmp_path):
    path = tmp_path / "a=1.fq"
    np.savetxt(path, np.column_stack([GLASS.q, GLASS.s_r]), header="q F(Q)")
    message = "of q = 0.65 Å⁻¹ on #2\nand r"
    model = Commented(message).fit(*load_ag_ge_se(0, return_X_y=True))
    outcome = reconstruct_files(model, [path], tmp_path / "out", number_density=GLASS.number_density).iloc[0]
    assert outcome["error"] == ""
    header = read_gr(outcome["output"]).provenance
    assert (header["comment"], header["source"]) == (message, "a=1.fq")


def test_resume_writes_outputs_again_that_were_cut_or_edited(tmp_path):
    path, out = write_fq(tmp_path / "a.fq", GLASS.q, GLASS.s_r), tmp_path / "out"
    given = {"number_density": GLASS.number_density, "prior": "continuum", "quantity": "S_R"}
    pdf_files([path], out, **given)
    complete = {output.name: output.read_bytes() for output in out.iterdir()}
    assert sorted(complete) == ["a.gr", "a.png", "a_peaks.csv", "settings.toml"]
    reused = []
    pdf_files([path], out, resume=True, report=lambda outcome: reused.append(outcome["reused"]), **given)
    for name in ("a.png", "a_peaks.csv"):
        (out / name).write_bytes(complete[name][:-1])
        pdf_files([path], out, resume=True, report=lambda outcome: reused.append(outcome["reused"]), **given)
        assert (out / name).stat().st_size == len(complete[name])
    (out / "a.gr").write_text(edited((out / "a.gr").read_text()))
    pdf_files([path], out, resume=True, report=lambda outcome: reused.append(outcome["reused"]), **given)
    assert reused == [True, False, False, False]
    assert (out / "a.gr").read_bytes().splitlines()[-1] == complete["a.gr"].splitlines()[-1]


def test_resume_writes_a_curve_without_peaks_again_if_it_or_its_header_was_edited(tmp_path):
    model, out = FourierRegressor().fit(*load_ag_ge_se(0, return_X_y=True)), tmp_path / "out"
    path = write_fq(tmp_path / "a.fq", GLASS.q, GLASS.s_r)
    (output,) = reconstruct_files(model, [path], out, number_density=0.03)["output"]
    complete = output.read_text()
    header = [re.sub(rf"\n{name} = .*", f"\n{name} = [", complete) for name in ("warnings", "outputs_sha256")]
    for damaged in (edited(complete), *header, complete.replace("\noutputs_sha256", "\nother")):
        output.write_text(damaged)
        outcomes = reconstruct_files(model, [path], out, number_density=0.03, resume=True)
        assert outcomes["error"][0] == ""
        assert output.read_text() == complete


def edited(text):
    """Return the text of a .gr file with another last number."""
    lines = text.splitlines()
    *first, last = lines[-1].split()
    return "\n".join([*lines[:-1], " ".join([*first, f"{float(last) + 0.1!r}"])]) + "\n"


@pytest.mark.filterwarnings("ignore::sklearn_wtrdf.DataWarning")
def test_a_file_without_radiation_does_not_inherit_that_of_the_previous_file():
    first = Pattern(GLASS.q, GLASS.s_r, None, GLASS.number_density, "Ge25Se75", "x-ray")
    model = fitted_to(InversionRegressor(prior="continuum", r_max=8.0), first, GLASS.r)
    assert (model.composition, model.radiation) == ("Ge25Se75", "x-ray")
    model = fitted_to(model, Pattern(GLASS.q, GLASS.s_r, None, GLASS.number_density, "GeO2"), GLASS.r)
    assert (model.composition, model.radiation, model.composition_) == (None, None, "GeO2")
