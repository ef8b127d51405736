import json
import os
import pickle
import re
import subprocess
import sys
import warnings
import zipfile
from copy import deepcopy

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from skops import io as skops

from sklearn_wtrdf import (
    LBFGSB,
    Adam,
    Bond,
    Continuum,
    Curve,
    FourierRegressor,
    InversionRegressor,
    LSTMRegressor,
    NearReference,
    Pattern,
    RBFNetRegressor,
    Reduction,
    Reference,
    VariableProjection,
    WTRDFRegressor,
    intensity_frame,
    load,
    save,
    scattering_frame,
)
from sklearn_wtrdf.datasets import load_ag_ge_se, load_ge_se, load_material
from sklearn_wtrdf.inversion import pattern_solver
from sklearn_wtrdf.persistence.archive import read_archive

MODELS = [
    WTRDFRegressor({"a": (0.6, 0.61)}),
    WTRDFRegressor(solver=Adam(max_iter=2)),
    WTRDFRegressor(solver=LBFGSB()),
    WTRDFRegressor({"a": (0.6, 0.61)}, solver=VariableProjection()),
    FourierRegressor("lorch"),
    InversionRegressor(),
    InversionRegressor(reference=False),
    RBFNetRegressor(16, 0.01, max_iter=3, random_state=0),
    LSTMRegressor(4, max_iter=3, random_state=0),
    make_pipeline(StandardScaler(), LSTMRegressor(4, max_iter=3, random_state=0)),
]


@pytest.fixture(scope="module")
def glasses():
    return load_ag_ge_se([0, 10], q_max=6, return_X_y=True)


@pytest.mark.slow
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
    NearReference(Reference(Pattern(GLASS.q, GLASS.s_r, number_density=0.034), Curve(GLASS.r, GLASS.target))),
]


@pytest.mark.filterwarnings("default::UserWarning")
@pytest.mark.parametrize("prior", PRIORS, ids=lambda prior: type(prior).__name__)
def test_the_solution_of_an_inversion_is_stored_and_not_searched_again(prior, tmp_path, monkeypatch):
    glass = load_ag_ge_se(0)
    X = scattering_frame(glass.r, glass.q, glass.s_r, glass.number_density, std=0.02 * glass.q)
    model = InversionRegressor(reference=False, prior=prior, refit="never", q_damp=0.01).fit(X)
    expected, drawn = (
        model.predict(X, return_std=True),
        model.reconstruct(glass.r, GLASS.q, GLASS.s_r, std=0.02 * GLASS.q),
    )
    twin = load(save(model, tmp_path / "model.skops"))
    monkeypatch.setattr(pattern_solver, "search", None)
    np.testing.assert_array_equal(twin.predict(X, return_std=True), expected)
    np.testing.assert_array_equal(twin.reconstruct(glass.r, GLASS.q, GLASS.s_r, std=0.02 * GLASS.q), drawn)
    assert type(twin.fitted_materials_[0].prior) is type(prior)
    assert str(twin.fit_report()) == str(model.fit_report())


def test_nothing_is_overwritten_by_default(ge_se, tmp_path):
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
    with pytest.raises(ValueError, match="not a skops archive"):
        load(disguised)
    untrusted = tmp_path / "untrusted.skops"
    model = make_pipeline(FunctionTransformer(run_anything), LinearRegression())
    skops.dump({"model": model, "versions": {}}, untrusted)
    with pytest.raises(ValueError, match="run_anything"):
        load(untrusted)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nowhere.skops")


def test_archives_that_save_did_not_write_are_refused(ge_se, tmp_path):
    other = tmp_path / "other.skops"
    skops.dump(LinearRegression().fit(ge_se.data, ge_se.target), other)
    with pytest.raises(ValueError, match=r"not one that sklearn_wtrdf\.save wrote"):
        load(other)
    cut = tmp_path / "cut.skops"
    cut.write_bytes(other.read_bytes()[:-100])
    with pytest.raises(ValueError, match="is not a model file"):
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


def test_the_error_of_a_file_that_cannot_be_loaded_has_the_reason(ge_se, tmp_path):
    model = FourierRegressor().fit(ge_se.data, ge_se.target)
    newer = save(model, tmp_path / "newer.skops")
    rewritten(newer, lambda archive: archive["versions"].update({"sklearn-wtrdf": "99.0"}))
    with pytest.raises(ValueError, match=r"written by sklearn-wtrdf 99\.0, and this is .*: update"):
        load(newer)
    older = save(model, tmp_path / "older.skops")
    rewritten(older, lambda archive: delattr(archive["model"], "window"))
    with pytest.raises(ValueError, match=r"lacks attributes that .* needs: .*window"):
        load(older)


def test_an_inversion_of_another_version_has_to_be_fitted_again(tmp_path):
    """The regressor had other parameters."""
    model = InversionRegressor().fit(*load_ag_ge_se(0, return_X_y=True))
    path = save(model, tmp_path / "model.skops")
    del model.q_damp
    model.references_ = []
    with pytest.raises(ValueError, match=r"lacks attributes that .* needs: .*q_damp.*Fit the model again"):
        load(written(model, path))


def test_types_that_a_module_of_the_package_imports_are_not_trusted(ge_se, tmp_path):
    """A file that calls os.system by way of a function that a module of the package imported."""

    def constant(value):
        kind = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode"}
        return kind | {"content": json.dumps(value), "is_json": True}

    imported = {"__class__": "import_module", "__module__": "sklearn_wtrdf.cli.benchmark"}
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


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, contents in members.items():
            archive.writestr(name, contents)
    return path.read_bytes()


def damaged(path, rng):
    """Yield what becomes of a model file that is cut, of which bits flip, and that loses or changes a member."""
    complete, members = path.read_bytes(), members_of(path)
    for _ in range(10):
        yield complete[: rng.integers(len(complete))]
    for _ in range(30):
        flipped = bytearray(complete)
        for at in rng.integers(len(complete), size=rng.choice([1, 30])):
            flipped[at] ^= 1 << rng.integers(8)
        yield bytes(flipped)
    other = path.with_name("other.zip")
    for name in list(members)[:5]:
        yield packed(other, {stored: contents for stored, contents in members.items() if stored != name})
    for _ in range(60):
        schema = bytearray(members["schema.json"])
        at = rng.integers(len(schema))
        schema[at : at + rng.choice([0, 1, 20])] = bytes(rng.choice(list(b'0123456789"{}[],:abcnullT-'), size=1))
        yield packed(other, members | {"schema.json": bytes(schema)})
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    for schema in (b"", b"null", b"[]", b"{}", b"\xff\xfe", deep):
        yield packed(other, members | {"schema.json": schema})


@pytest.mark.filterwarnings("ignore")  # zipfile and scikit-learn say more
@pytest.mark.parametrize("model", [InversionRegressor(), WTRDFRegressor({"a": (0.6, 0.61)})], ids=str)
def test_a_damaged_file_is_one_line_that_names_it(model, ge_se, tmp_path, rng):
    path = save(model.fit(ge_se.data, ge_se.target), tmp_path / "model.skops")
    spoiled, refused = tmp_path / "spoiled.skops", []
    for contents in damaged(path, rng):
        spoiled.write_bytes(contents)
        try:
            load(spoiled)
        except ValueError as error:
            refused.append(str(error))
    assert len(refused) > 70
    assert all(str(spoiled) in message and "\n" not in message for message in refused)


def test_a_file_that_would_fill_the_memory_is_refused_before_it_is_unpacked(ge_se, tmp_path):
    path = save(FourierRegressor().fit(ge_se.data, ge_se.target), tmp_path / "model.skops")
    bomb = members_of(path) | {"zeros.npy": bytes(50_000_000)}
    assert len(packed(path, bomb, zipfile.ZIP_DEFLATED)) < 200_000
    with pytest.raises(ValueError, match=r"model\.skops is not a model file .* bytes would unpack to 50,0"):
        load(path)


def part(**entries):
    """Return what a schema has of an object."""
    return {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "is_json": True} | entries


CLASS = part(__class__="InversionRegressor", __module__="sklearn_wtrdf.inversion.regressor", __loader__="TypeNode")
BARE = part(__class__="FourierRegressor", __module__="sklearn_wtrdf.fourier", __loader__="ObjectNode")
MISSING = object()
VALUES = [None, [], {}, "x", 10**30, -1, MISSING]
TEXTS = ["null", "[1, 2]", "true", "0", "1e400", "NaN", '"text"', "[" * 5000, "9" * 5000, "1000000000"]
PARTS = [CLASS, BARE, *(part(content=text) for text in [*TEXTS, '{"a": 1}', "-1", "1" + 30 * "0"])]


def places(value, *path):
    """Yield where each value of a schema is, of a long list only the first two."""
    yield path
    for key, child in value.items() if isinstance(value, dict) else enumerate(value[:2]) if path else ():
        if isinstance(child, dict | list):
            yield from places(child, *path, key)
        else:
            yield *path, key


def changed(schema, place, rng):
    """Return the schema with the value at a place changed."""
    new = parent = deepcopy(schema)
    above = [schema["__id__"]]  # of what the place is in
    for key in place[:-1]:
        parent = parent[key]
        above += [parent["__id__"]] if "__id__" in parent else []
    old = parent[place[-1]]
    values = [*VALUES, *PARTS, *({"__id__": name} for name in (above[0], above[-1]))]
    if place[-1] == "content" and isinstance(old, str):
        values = [*VALUES, *TEXTS]
    elif not isinstance(old, dict):
        values = VALUES
    value = values[rng.integers(len(values))]
    if value is MISSING:
        del parent[place[-1]]
    else:
        parent[place[-1]] = value
    return new


PAPER = load_ge_se()
R = PAPER.data[["r"]]
FEW = scattering_frame(PAPER.r[:24], PAPER.q[::3], PAPER.s_r[::3], 0.034)  # which are fast to solve
SILICA = load_material("silica", q_max=7.9)
SCAN = intensity_frame(SILICA.r[::20], np.degrees(2 * np.arcsin(SILICA.q * 1.5419 / 4 / np.pi)), 900 + 300 * SILICA.s_r)
WHOLE = [  # a model, what it is fitted on, and how many of its files are spoiled
    (FourierRegressor(calibrate=True), PAPER.data, 40),
    (FourierRegressor(q=PAPER.q, s_r=PAPER.s_r, number_density=0.034), R.to_numpy(), 40),
    (WTRDFRegressor({"a": (0.6, 0.61)}, solver=LBFGSB()), PAPER.data, 30),
    (InversionRegressor(), FEW, 40),
    (InversionRegressor(reference=False), FEW, 30),
    (RBFNetRegressor(8, 0.01, max_iter=2, random_state=0), R, 40),
    (LSTMRegressor(4, max_iter=2, random_state=0), R.to_numpy(), 40),
    (make_pipeline(StandardScaler(), LSTMRegressor(4, max_iter=2, random_state=0)), R, 40),
    (
        make_pipeline(Reduction("SiO2", number_density=0.0662, normalization="integral"), FourierRegressor("lorch")),
        SCAN,
        30,
    ),
    (GridSearchCV(FourierRegressor(number_density=0.034), {"window": [None, "lorch"]}, cv=KFold(3)), PAPER.data, 40),
]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("model", "X", "n"), WHOLE, ids=lambda value: str(value)[:50] if hasattr(value, "fit") else "")
def test_a_changed_file_is_refused_in_one_line_or_its_model_works(model, X, n, tmp_path, rng):
    target = None if X is SCAN else PAPER.target[: len(X)]
    model = clone(model).fit(X, target)
    members = members_of(save(model, tmp_path / "model.skops"))
    schema = json.loads(members["schema.json"])
    spoiled, refused, at = tmp_path / "spoiled.skops", [], list(places(schema))[1:]
    for _ in range(n):
        contents = json.dumps(changed(schema, at[rng.integers(len(at))], rng))
        packed(spoiled, members | {"schema.json": contents})
        try:
            twin = load(spoiled)
        except ValueError as error:
            refused.append(str(error))
        else:
            names = getattr(twin, "feature_names_in_", None)
            own = X if names is None else X.set_axis(names, axis=1)
            assert np.isfinite(twin.predict(own)).all()
    assert 0 < len(refused) < n
    assert all(str(spoiled) in message and "\n" not in message and len(message) < 1000 for message in refused)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("versions", part(content="null"), "has no valid versions"),
        ("versions", part(content='["sklearn-wtrdf"]'), "has no valid versions"),
        ("versions", part(content='{"sklearn-wtrdf": null}'), "has no valid versions"),
        ("versions", part(content='{"sklearn-wtrdf": "new"}'), "Invalid version"),
        ("model", CLASS, "not an estimator"),
        ("model", part(content="{}"), "not an estimator"),
    ],
)
def test_an_archive_with_foreign_contents_is_refused(name, value, message, ge_se, tmp_path):
    members = members_of(save(FourierRegressor().fit(ge_se.data, ge_se.target), tmp_path / "model.skops"))
    schema = json.loads(members["schema.json"])
    schema["content"][name] = value
    packed(tmp_path / "model.skops", members | {"schema.json": json.dumps(schema)})
    with pytest.raises(ValueError, match=rf"model\.skops is a skops archive, but not one that .* wrote: .*{message}"):
        load(tmp_path / "model.skops")


def held(n_times, within):
    """Return a list that holds a list so many times, and so on."""
    holder = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode"}
    complete = holder | {"content": [], "__id__": 1}
    for depth in range(2, within):
        complete = holder | {"content": [complete, *[{"__id__": depth - 1}] * (n_times - 1)], "__id__": depth}
    return complete


@pytest.mark.parametrize("n_times", [2, 10])
def test_parts_that_contain_each_other_are_refused(n_times, ge_se, tmp_path):
    """Going through 60 lists, each of which holds the next one twice, would take until the sun has gone out."""
    members = members_of(save(FourierRegressor().fit(ge_se.data, ge_se.target), tmp_path / "model.skops"))
    schema = json.loads(members["schema.json"])
    window = schema["content"]["model"]["content"]["content"]
    for value in (held(n_times, 60), {"__id__": schema["content"]["model"]["__id__"]}):
        window["window"] = value
        packed(tmp_path / "model.skops", members | {"schema.json": json.dumps(schema)})
        with pytest.raises(ValueError, match=r"model\.skops is not a model file .* recursively"):
            load(tmp_path / "model.skops")


@pytest.mark.skipif(os.name != "posix", reason="there are no pipes with a name")
def test_a_device_or_pipe_is_named(tmp_path):
    os.mkfifo(tmp_path / "pipe")  # whose end never comes
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "loop"):
        with pytest.raises(OSError, match=re.escape(str(path))):
            load(path)
    (tmp_path / "empty").touch()
    with pytest.raises(ValueError, match="empty is not a model file"):
        load(tmp_path / "empty")


@pytest.mark.parametrize(
    ("model", "change", "message"),
    [
        (FourierRegressor(q=PAPER.q, s_r=PAPER.s_r, number_density=0.034), {"n_features_in_": 10**9}, "n_features_in_"),
        (LSTMRegressor(4, max_iter=2), {"n_features_in_": 10**9}, "n_features_in_"),
        (InversionRegressor(), {"references_": []}, "either references or fitted materials"),
    ],
    ids=str,
)
def test_excessive_sizes_and_empty_models_are_refused(model, change, message, tmp_path):
    X = PAPER.data if isinstance(model, InversionRegressor) else R.to_numpy()
    model = clone(model).fit(X, PAPER.target)
    vars(model).update(change)
    with pytest.raises(ValueError, match=rf"model\.skops contains a damaged model: .*{message}"):
        load(written(model, tmp_path / "model.skops"))


def test_a_network_takes_no_memory_for_a_size_that_is_not_of_its_weights(tmp_path):
    model = LSTMRegressor(4, max_iter=2).fit(R, PAPER.target)
    state = model.__getstate__()
    state["net_"]["module"]["hidden_size"] = 100_000  # 160 GB of weights
    with pytest.raises(ValueError, match="not those of such a network"):
        LSTMRegressor().__setstate__(state)


def with_changed(name, value):
    def change(model):
        setattr(model, name, value)

    return change


def of_first(name, attribute, value):
    def change(model):
        object.__setattr__(getattr(model, name)[0], attribute, value)

    return change


@pytest.fixture(scope="module")
def fitted_models(ge_se):
    models = {
        "WT-RDF": WTRDFRegressor({"a": (0.6, 0.61)}),
        "Fourier": FourierRegressor(calibrate=True),
        "reference": InversionRegressor(),
        "free": InversionRegressor(reference=False),
        "network": RBFNetRegressor(8, 0.01, max_iter=2),
        "search": GridSearchCV(FourierRegressor(), {"window": [None, "lorch"]}, cv=KFold(3)),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of how well the models fit
        return {name: model.fit(ge_se.data, ge_se.target) for name, model in models.items()}


@pytest.mark.slow
@pytest.mark.filterwarnings("default::UserWarning")
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("WT-RDF", with_changed("params_", {"a": 1.0})),
        ("WT-RDF", with_changed("params_", [1.0, 2.0])),
        ("WT-RDF", with_changed("_minimum", (1, 2))),
        ("WT-RDF", with_changed("peak_weight", "half")),
        ("WT-RDF", with_changed("q_", np.arange(3.0))),
        ("WT-RDF", with_changed("n_features_in_", 3)),
        ("Fourier", with_changed("scale_", "1")),
        ("Fourier", with_changed("scale_", np.ones(7))),
        ("Fourier", with_changed("offset_", np.nan)),
        ("reference", with_changed("q_", "0 to 8")),
        ("reference", with_changed("r_", np.array([-1.0, 2.0]))),
        ("reference", with_changed("references_", 3)),
        ("reference", with_changed("references_", [3])),
        ("reference", with_changed("band_scale_", None)),
        ("reference", of_first("references_", "curve", Curve(PAPER.r, np.ones(3)))),
        ("reference", of_first("references_", "pattern", Pattern(PAPER.q, PAPER.s_r, number_density="0.03"))),
        ("free", of_first("fitted_materials_", "theta", np.ones(2))),
        ("free", of_first("fitted_materials_", "pattern", Pattern(PAPER.q, np.ones(2)))),
        ("free", of_first("fitted_materials_", "excluded", None)),
        ("Fourier", with_changed("_window", "text")),
        ("network", with_changed("_y_scaler", None)),
        ("search", with_changed("feature_names_in_", "text")),
    ],
)
def test_attributes_of_the_wrong_kind_are_refused_on_loading(fitted_models, name, change, tmp_path):
    model = deepcopy(fitted_models[name])
    change(model)
    with pytest.raises(ValueError, match=r"model\.skops contains a damaged model: .*\. Fit the model again"):
        load(written(model, tmp_path / "model.skops"))


def test_a_search_is_saved_like_a_model(tmp_path, ge_se):
    search = GridSearchCV(FourierRegressor(number_density=0.034), {"window": [None, "lorch"]}, cv=KFold(3)).fit(
        ge_se.data, ge_se.target
    )
    twin = load(save(search, tmp_path / "search.skops"))
    np.testing.assert_array_equal(twin.predict(ge_se.data), search.predict(ge_se.data))


def test_saving_a_model_without_a_network_does_not_import_torch(tmp_path):
    program = """
import sys
from sklearn_wtrdf import FourierRegressor, load, save
from sklearn_wtrdf.datasets import load_ge_se

model = FourierRegressor().fit(*load_ge_se(return_X_y=True))
load(save(model, sys.argv[1]))
imported = {"torch", "dask"} & set(sys.modules)
assert not imported, imported
from sklearn.externals.array_api_compat import numpy  # others can still be imported
assert not [name for name, module in sys.modules.items() if module is None and "array_api_compat" in name]
"""
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "model.skops")], check=True)


def test_an_error_names_the_file_of_the_model(ge_se, tmp_path):
    model = FourierRegressor().fit(ge_se.data, ge_se.target)
    path = tmp_path / "none" / "a.skops"
    with pytest.raises(OSError, match=re.escape(f"'{path}'") + "$"):
        save(model, path, overwrite=True)
    for path in ("none/a.skops", "a\0.skops"):
        with pytest.raises(FileNotFoundError, match=f"{path}: no such file"):
            load(path)
