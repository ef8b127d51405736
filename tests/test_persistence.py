import json
import pickle
import zipfile

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from skops import io as skops

from sklearn_wtrdf import (
    FourierRegressor,
    InversionRegressor,
    LSTMRegressor,
    RBFNetRegressor,
    WTRDFRegressor,
    load,
    save,
    scattering_frame,
)
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.inversion import Bond, Continuum, NearReference, Reference
from sklearn_wtrdf.persistence import read_archive

MODELS = [
    WTRDFRegressor({"a": (0.6, 0.61)}),
    FourierRegressor("lorch"),
    InversionRegressor(),
    InversionRegressor(reference=False),
    RBFNetRegressor(16, 0.01, max_iter=3, random_state=0),
    LSTMRegressor(4, max_iter=3, random_state=0),
    make_pipeline(StandardScaler(), LSTMRegressor(4, max_iter=3, random_state=0)),
]


@pytest.fixture(scope="module")
def glasses():
    return load_ag_ge_se([0, 10], return_X_y=True)


@pytest.mark.filterwarnings("default::UserWarning")  # of how well the models fit
@pytest.mark.parametrize("model", MODELS, ids=str)
def test_a_model_that_is_saved_and_loaded_predicts_the_same(model, glasses, tmp_path):
    X, y = glasses
    expected = model.fit(X, y).predict(X)
    path = save(model, tmp_path / "model.skops")  # after a prediction, which may leave something behind
    twin = load(path)
    np.testing.assert_array_equal(twin.predict(X), expected)
    assert str(twin) == str(model)
    assert b"torch.nn" not in path.read_bytes()


GLASS = load_ag_ge_se(10)
PRIORS = [
    Continuum(onset=(1.5, 2.5), decay=4.0),
    Continuum() + Bond(r=(2.2, 2.6)),
    NearReference(Reference(GLASS.r, GLASS.target, GLASS.s_r, GLASS.number_density)),
]


@pytest.mark.filterwarnings("default::UserWarning")
@pytest.mark.parametrize("prior", PRIORS, ids=lambda prior: type(prior).__name__)
def test_what_an_inversion_found_is_kept_and_not_searched_for_again(prior, tmp_path, monkeypatch):
    glass = load_ag_ge_se(0)
    X = scattering_frame(glass.r, glass.q, glass.s_r, glass.number_density, std=0.02 * glass.q)
    model = InversionRegressor(reference=False, prior=prior, refit="never", q_damp=0.01).fit(X)
    expected, drawn = (
        model.predict(X, return_std=True),
        model.reconstruct(glass.r, GLASS.q, GLASS.s_r, std=0.02 * GLASS.q),
    )
    twin = load(save(model, tmp_path / "model.skops"))
    monkeypatch.setattr(InversionRegressor, "_search", None)
    np.testing.assert_array_equal(twin.predict(X, return_std=True), expected)
    np.testing.assert_array_equal(twin.reconstruct(glass.r, GLASS.q, GLASS.s_r, std=0.02 * GLASS.q), drawn)
    assert type(twin.found_[0].prior) is type(prior)
    assert str(twin.fit_report()) == str(model.fit_report())


def test_nothing_is_overwritten_unless_asked_for(ge_se, tmp_path):
    model = FourierRegressor().fit(ge_se.data, ge_se.target)
    path = tmp_path / "model.skops"
    path.write_text("precious")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        save(model, path)
    assert path.read_text() == "precious"
    save(model, path, overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == ["model.skops"]
    with pytest.raises(NotFittedError):
        save(FourierRegressor(), tmp_path / "unfitted.skops")
    assert [p.name for p in tmp_path.iterdir()] == ["model.skops"]


def run_anything():
    raise AssertionError("this ran")


class Malicious:
    def __reduce__(self):
        return run_anything, ()


def test_pickles_and_untrusted_types_are_refused(ge_se, tmp_path):
    disguised = tmp_path / "pickle.skops"
    disguised.write_bytes(pickle.dumps(Malicious()))
    with pytest.raises(ValueError, match="no skops archive"):
        load(disguised)
    untrusted = tmp_path / "untrusted.skops"
    model = make_pipeline(FunctionTransformer(run_anything), LinearRegression())
    skops.dump({"model": model, "versions": {}}, untrusted)
    with pytest.raises(ValueError, match="run_anything"):
        load(untrusted)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nowhere.skops")


def test_archives_of_others_are_named(ge_se, tmp_path):
    other = tmp_path / "other.skops"
    skops.dump(LinearRegression().fit(ge_se.data, ge_se.target), other)
    with pytest.raises(ValueError, match=r"not one that sklearn_wtrdf\.save wrote"):
        load(other)
    cut = tmp_path / "cut.skops"
    cut.write_bytes(other.read_bytes()[:-100])
    with pytest.raises(ValueError, match="is no model file"):
        load(cut)


def written(model, path):
    """Write a model file without the checks of `save`."""
    skops.dump({"model": model, "versions": {"sklearn-wtrdf": "0.0.1"}}, path)
    return path


def rewritten(path, change):
    """Rewrite a model file with its archive changed."""
    archive = read_archive(path)
    change(archive)
    skops.dump(archive, path)
    return path


def test_versions_are_recorded_and_an_older_file_loads(ge_se, tmp_path):
    model = FourierRegressor().fit(ge_se.data, ge_se.target)
    path = save(model, tmp_path / "model.skops")
    assert read_archive(path)["versions"]["numpy"] == np.__version__
    rewritten(path, lambda archive: archive["versions"].update({"sklearn-wtrdf": "0.0.1"}))
    np.testing.assert_array_equal(load(path).predict(ge_se.data), model.predict(ge_se.data))


def test_a_file_that_cannot_be_loaded_says_why(ge_se, tmp_path):
    model = FourierRegressor().fit(ge_se.data, ge_se.target)
    newer = save(model, tmp_path / "newer.skops")
    rewritten(newer, lambda archive: archive["versions"].update({"sklearn-wtrdf": "99.0"}))
    with pytest.raises(ValueError, match=r"written by sklearn-wtrdf 99\.0, and this is .*: update"):
        load(newer)
    older = save(model, tmp_path / "older.skops")
    rewritten(older, lambda archive: delattr(archive["model"], "window"))
    with pytest.raises(ValueError, match=r"lacks what .* needs: .*window"):
        load(older)


def test_an_inversion_of_another_version_says_to_fit_it_again(tmp_path):
    """The class of references had another name, and the regressor other parameters."""
    model = InversionRegressor().fit(*load_ag_ge_se(0, return_X_y=True))
    path = save(model, tmp_path / "model.skops")
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    schema = files["schema.json"].decode()
    assert "sklearn_wtrdf.inversion.reference" in schema
    files["schema.json"] = schema.replace("inversion.reference", "inversion.smooth").encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, contents in files.items():
            archive.writestr(name, contents)
    with pytest.raises(ValueError, match=r"written by other versions .*smooth.*Fit the model again"):
        load(path)
    del model.q_damp
    model.references_ = []
    with pytest.raises(ValueError, match=r"lacks what .* needs: .*q_damp.*Fit the model again"):
        load(written(model, path))


def test_what_a_module_of_the_package_imports_is_not_trusted(ge_se, tmp_path):
    """A file that calls os.system by way of a function that a module of the package imported."""

    def constant(value):
        kind = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode"}
        return kind | {"content": json.dumps(value), "is_json": True}

    imported = {"__class__": "import_module", "__module__": "sklearn_wtrdf.cli"}
    of_os = {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode", "content": [constant("os")]}
    module = imported | {"__loader__": "ConstructorFromReduceNode", "content": of_os}
    system = imported | {"__loader__": "MethodNode", "content": {"func": "system", "obj": module}}
    key_types = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": [system]}
    kind = {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", "key_types": key_types}

    path = save(FourierRegressor().fit(ge_se.data, ge_se.target), tmp_path / "model.skops")
    with zipfile.ZipFile(path) as archive:
        schema = json.loads(archive.read("schema.json"))
    schema["content"]["model"] = kind | {"content": {f"touch {tmp_path / 'ran'}": constant(1)}}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.json", json.dumps(schema))
    with pytest.raises(ValueError, match=r"not trusted, and was not loaded: .*import_module"):
        load(path)
    assert not (tmp_path / "ran").exists()
