from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

import sklearn_wtrdf
from sklearn_wtrdf import LBFGSB, WTRDFRegressor, load, read_gr, register_model, register_types, save
from sklearn_wtrdf.persistence import registry
from tests.cli.processes import run_commands
from tests.page_model import BLOCKS, ScaledFourier

INSTALLED = "my_installed_models"


class Patient(LBFGSB):
    """A solver that is not registered."""


@pytest.fixture
def installed(tmp_path):
    """Give a folder on which, put in PYTHONPATH, the page's model is a package with an entry point."""
    site = tmp_path / "site"
    info = site / "my_models-1.0.dist-info"
    info.mkdir(parents=True)
    (site / f"{INSTALLED}.py").write_text(BLOCKS[0].replace("@register_model\n", ""), encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-models\nVersion: 1.0\n")
    entry_points = f"[sklearn_wtrdf.models]\nscaled = {INSTALLED}:ScaledFourier\nbroken = no_such_module:Model\n"
    (info / "entry_points.txt").write_text(entry_points)
    return site


def run(*commands, cwd, site=None):
    places = [str(Path(sklearn_wtrdf.__file__).parents[1]), *([str(site)] if site else [])]
    environment = {"PYTHONPATH": ":".join(places), "PATH": "", "COLUMNS": "200"}
    return [(code, out.decode(), err.decode()) for code, out, err in run_commands(*commands, cwd=cwd, env=environment)]


@pytest.mark.slow
def test_an_installed_model_is_fitted_loaded_and_run_by_the_command_and_nowhere_else(installed, tmp_path, ge_se):
    pd.DataFrame({"r": ge_se.r, "g": ge_se.target}).to_csv(tmp_path / "rdf.csv", index=False)
    pd.DataFrame({"q": ge_se.q, "s_r": ge_se.s_r}).to_csv(tmp_path / "sq.csv", index=False)
    fit = ["fit", "rdf.csv", "sq.csv", "-o", "m.skops", "--model", "scaled", "--number-density", "0.034"]
    reconstruct = ["reconstruct", "m.skops", "sq.csv", "-o", "out", "--number-density", "0.034"]
    unknown, fitted, done = run(
        [*fit[:-3], "nothing"], fit, [*reconstruct, "--jobs", "2"], cwd=tmp_path, site=installed
    )
    assert "'nothing' is not one of fourier, inversion, lstm, rbf, scaled, wtrdf." in unknown[2]
    assert "'broken' of no_such_module:Model is not available" in unknown[2]
    assert fitted[0] == 0, fitted[2]
    assert "ScaledFourier" in fitted[1]
    assert done[0] == 0, done[2]
    assert read_gr(tmp_path / "out" / "sq.gr").provenance["model"] == "ScaledFourier"
    (tmp_path / f"{INSTALLED}.py").write_text("open('imported', 'w')\n")  # a module of that name
    nowhere, refused = run(fit, reconstruct, cwd=tmp_path)
    assert nowhere[0] == 2
    assert "'scaled' is not one of" in nowhere[2]
    assert refused[0] == 1
    assert "contains types that are not trusted" in refused[2]
    assert "register_model" in refused[2]
    assert not (tmp_path / "imported").exists()


def test_only_models_can_be_registered():
    with pytest.raises(TypeError, match="inherits ReconstructionMixin"):
        register_model(LinearRegression)
    with pytest.raises(TypeError, match="inherits ReconstructionMixin"):
        register_model(ScaledFourier())
    with pytest.raises(ValueError, match="'inversion' exists already"):
        register_model(ScaledFourier, name="inversion")
    assert register_model(ScaledFourier) is ScaledFourier  # again, as when a cell of a notebook is run again


def test_types_can_be_loaded_after_register_types(tmp_path, ge_se):
    model = WTRDFRegressor({"a": (0.6, 0.61)}, solver=Patient()).fit(ge_se.data, ge_se.target)
    with pytest.warns(UserWarning, match=r"load will refuse it: .*Patient"):
        save(model, tmp_path / "model.skops")
    with pytest.raises(ValueError, match="register_types"):
        load(tmp_path / "model.skops")
    register_types(Patient)
    try:
        twin = load(save(model, tmp_path / "again.skops"))
    finally:
        registry._trusted.discard(f"{Patient.__module__}.Patient")
    np.testing.assert_array_equal(twin.predict(ge_se.data), model.predict(ge_se.data))
