"""Options that several commands share."""

import json

import numpy as np
import pandas as pd

from sklearn_wtrdf import Composition, load, read_gr


def test_options_and_standard_deviations_reach_the_inversion(wtrdf, alone):
    model = load(alone)
    params = model.get_params(deep=False)
    assert (str(params["prior"]), params["refit"], params["q_damp"]) == ("continuum", "never", 0.01)
    assert not params["systematic_errors"]
    np.testing.assert_allclose(
        model.fitted_materials_[0].pattern.std, 0.02 * model.q_
    )  # without q = 0, where that of S_R is 0
    facts = json.loads(wtrdf("report", alone, "--json")[1])
    table = model.fit_report().table
    result = pd.DataFrame(facts["estimates"]).set_index(["material", "name"])
    np.testing.assert_allclose(result["value"], table["value"], rtol=1e-6)
    assert facts["warnings"] == [[]]
    assert facts["params"]["prior"] == "continuum"
    assert "onset" in wtrdf("report", alone)[1]


def test_options_that_do_not_belong_to_the_model_are_named(wtrdf, alone, model, files):
    wtrdf("fit", *files, "-o", "b.skops", "--model", "wtrdf", "--bounds", "a=0.60:0.61")
    for subset, option, message in [
        ("b.skops", ["--q-damp", "0.1"], "this model is a WTRDFRegressor"),
        (model, ["--bond", "1:2"], "with a reference, the reference is the prior"),
        (model, ["--refit", "never"], "with a reference, the reference is the prior"),
        (alone, ["--prior", "auto"], "give --refit each"),
    ]:
        code, out, err = wtrdf("reconstruct", subset, files[1], "-o", "out", *option)
        assert (code, out) == (2, "")
        assert message in " ".join(err.replace("│", "").split())
        assert option[0] in err
    assert wtrdf("reconstruct", model, files[1], "-o", "out", "--no-systematic-errors")[0] == 0
    assert read_gr("out/sq.gr").provenance["systematic_errors"] == "False"


def test_nothing_is_overwritten_without_force(wtrdf, model, files, tmp_path):
    before = (tmp_path / model).read_bytes()
    code, _, err = wtrdf("fit", *files, "-o", model)
    assert (code, err) == (1, "error: model.skops already exists; --force overwrites it.\n")
    assert (tmp_path / model).read_bytes() == before
    (tmp_path / "sq.gr").write_text("precious")
    code, _, err = wtrdf("reconstruct", model, files[1], "-o", ".")
    assert code == 1
    assert "sq.gr already exists; --force" in err
    assert (tmp_path / "sq.gr").read_text() == "precious"
    assert wtrdf("reconstruct", model, files[1], "-o", ".", "--force")[0] == 0
    assert wtrdf("peaks", "sq.gr", "-o", "sq.csv")[0] == 1


def test_a_mass_density_is_equivalent_to_its_number_density(wtrdf, files):
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


def test_an_input_is_never_overwritten(wtrdf, files):
    rdf, sq = files
    before = rdf.read_bytes(), sq.read_bytes()
    for arguments in (
        ["fit", rdf, sq, "-o", "sq.csv"],
        ["peaks", rdf, "-o", "rdf.csv"],
        ["reduce", sq, "-o", "sq.csv", "--composition", "SiO2", "--number-density", "0.066"],
        ["partials", sq, "--radiation", "x-ray", "-o", "sq.csv", "--composition", "SiO2", "--number-density", "0.066"],
    ):
        code, out, err = wtrdf(*arguments, "--force")
        assert (code, out) == (1, "")
        assert err.endswith(".csv would replace an input file; choose another name or folder.\n")
        assert err.count("\n") == 1
    assert (rdf.read_bytes(), sq.read_bytes()) == before
