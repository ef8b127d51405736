"""`wtrdf fit`."""

import json

import numpy as np
import pytest

from sklearn_wtrdf import load
from sklearn_wtrdf.datasets import load_ag_ge_se


def test_a_missing_folder_is_named_before_the_fit(wtrdf, files, monkeypatch):
    monkeypatch.setattr("sklearn_wtrdf.workflows.fit.fit_files", pytest.fail)
    code, _, err = wtrdf("fit", *files, "-o", "none/model.skops")
    assert (code, err) == (1, "error: none/model.skops: there is no folder none: create it, or choose another one.\n")


@pytest.mark.filterwarnings("default")  # as it is outside of tests
def test_fit_warns_of_data_that_do_not_belong_together_and_strictly_writes_no_model(
    wtrdf, files, wrong_files, tmp_path
):
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
    assert "Peaks do not stand for shells" in out


@pytest.mark.filterwarnings("default:.*of S_R excluded")  # the first points of this measurement
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
