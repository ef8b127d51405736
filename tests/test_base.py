"""What every model keeps to, ours and the one that docs/extending.md shows."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_wtrdf import (
    Continuum,
    FourierRegressor,
    InversionRegressor,
    LSTMRegressor,
    RBFNetRegressor,
    ReconstructionMixin,
    WTRDFRegressor,
    load,
    read_gr,
    reconstruct_files,
    save,
    scattering_frame,
)
from sklearn_wtrdf.cli.main import main
from sklearn_wtrdf.datasets import load_ag_ge_se, load_ge_se
from tests.page_model import BLOCKS, ScaledFourier

MODELS = [
    # First, because joblib replaces a process that has grown, as it does when it imports PyTorch after other models.
    RBFNetRegressor(16, 0.01, max_iter=3, random_state=0),
    LSTMRegressor(4, max_iter=3, random_state=0),
    WTRDFRegressor({"a": (0.6, 0.61)}),
    FourierRegressor(),
    FourierRegressor(calibrate=True),
    InversionRegressor(r_max=8.0),
    InversionRegressor(reference=False, prior=Continuum(), r_max=8.0),
    InversionRegressor(reference=False, refit="never", r_max=8.0),
    ScaledFourier(),
]
GLASS = load_ag_ge_se(10)
DENSITY = GLASS.number_density

pytestmark = pytest.mark.filterwarnings("default::UserWarning")  # of how well the models fit


@pytest.fixture(scope="module", params=MODELS, ids=str)
def model(request):
    return clone(request.param).fit(*load_ag_ge_se(0, return_X_y=True))


@pytest.fixture(scope="module")
def patterns():
    return GLASS.s_r * np.array([[1.0], [0.9], [1.1]])


@pytest.fixture(scope="module")
def expected(model, patterns):
    return model.reconstruct(GLASS.r, GLASS.q, patterns, DENSITY)


def frame(s_r, r=GLASS.r):
    return scattering_frame(r, GLASS.q, s_r, DENSITY)


def knows_std(model):
    return isinstance(model, InversionRegressor | WTRDFRegressor | FourierRegressor)


def test_reconstruct_is_predict_to_the_last_bit(model, patterns, expected):
    np.testing.assert_array_equal([model.predict(frame(s_r)) for s_r in patterns], expected)
    assert expected.shape == (3, GLASS.r.size)
    item = model.reconstruct(list(GLASS.r), list(GLASS.q), list(patterns[1]), DENSITY)
    np.testing.assert_array_equal(item, expected[1])
    each = model.reconstruct(GLASS.r, GLASS.q, patterns[1:], [DENSITY, DENSITY])
    np.testing.assert_array_equal(each, expected[1:])


def test_the_standard_deviation_is_that_of_predict_or_refused(model, patterns):
    if not knows_std(model):
        with pytest.raises(TypeError, match=r"return_std: .* does not estimate"):
            model.reconstruct(GLASS.r, GLASS.q, patterns, DENSITY, return_std=True)
        return
    if isinstance(model, FourierRegressor):
        with pytest.raises(ValueError, match=r"return_std: .* computes it from std"):
            model.reconstruct(GLASS.r, GLASS.q, patterns, DENSITY, return_std=True)
        noise = 0.02 * GLASS.q
        _, std = model.reconstruct(GLASS.r, GLASS.q, patterns[:2], DENSITY, std=noise, return_std=True)
        X, y = load_ag_ge_se(0, return_X_y=True)
        with_std = X.join(pd.DataFrame(np.tile(noise, (len(X), 1)), X.index, [f"std({q:g})" for q in GLASS.q]))
        _, expected = clone(model).fit(with_std, y).predict(with_std, return_std=True)
        scale = 1.0 if model.calibrate else X["number_density"].iloc[0] / DENSITY
        np.testing.assert_allclose(std[0], scale * expected, rtol=1e-9)
        return
    g, std = model.reconstruct(GLASS.r, GLASS.q, patterns[:2], DENSITY, return_std=True)
    for i in range(2):
        expected = model.predict(frame(patterns[i]), return_std=True)
        np.testing.assert_array_equal(g[i], expected[0])
        np.testing.assert_allclose(std[i], expected[1], rtol=1e-9)


def test_rows_are_predicted_independently_in_their_order(model):
    X = frame(GLASS.s_r)
    complete = model.predict(X)
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_allclose(model.predict(X.iloc[order]), complete[order], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(model.predict(X.iloc[20:30]), complete[20:30], rtol=1e-6, atol=1e-6)
    r = GLASS.r[order]
    np.testing.assert_allclose(model.reconstruct(r, GLASS.q, GLASS.s_r, DENSITY), complete[order], rtol=1e-6, atol=1e-6)


def test_processes_threads_copies_and_files_give_the_same(model, patterns, expected, tmp_path):
    parallel = model.reconstruct(GLASS.r, GLASS.q, patterns, DENSITY, n_jobs=2)
    np.testing.assert_allclose(parallel, expected, rtol=1e-10, atol=1e-12)
    with ThreadPoolExecutor(4) as pool:
        for g in pool.map(lambda s_r: model.reconstruct(GLASS.r, GLASS.q, s_r, DENSITY), patterns):
            np.testing.assert_array_equal(g, expected[np.abs(g - expected).sum(axis=1).argmin()])
    twins = [pickle.loads(pickle.dumps(model)), copy.deepcopy(model), load(save(model, tmp_path / "model.skops"))]
    for twin in twins:
        np.testing.assert_array_equal(twin.reconstruct(GLASS.r, GLASS.q, patterns[0], DENSITY), expected[0])
        assert str(twin) == str(model)


def test_reconstruct_takes_the_grid_that_grid_returns(model):
    q = np.arange(0.6, 8.2, 0.03)
    s_r = np.interp(q, GLASS.q, GLASS.s_r)
    grid = model.grid(q)
    g = model.reconstruct(GLASS.r, q, s_r, DENSITY)
    assert np.abs(g - model.predict(frame(GLASS.s_r))).mean() < 0.1
    if isinstance(model, InversionRegressor) and not model.references_ and model.refit == "each":
        np.testing.assert_array_equal(grid, q[(q >= GLASS.q[0]) & (q <= GLASS.q[-1])])
    else:
        np.testing.assert_array_equal(grid, GLASS.q)
    if not isinstance(model, WTRDFRegressor) and grid.size == GLASS.q.size:
        with pytest.raises(ValueError, match="but the model was fitted on"):
            model.reconstruct(GLASS.r, GLASS.q[:100], GLASS.s_r[:100], DENSITY)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"r": [-1.0]}, "r must not be negative"),
        ({"q": GLASS.q[::-1]}, "q must be strictly increasing"),
        ({"s_r": GLASS.s_r[1:]}, "s_r must have one value"),
        ({"s_r": GLASS.s_r * np.nan}, "s_r must be finite"),
        ({"number_density": [0.03, 0.04]}, "one for each of the 1 materials, got 2"),
        ({"number_density": -1.0}, "number_density must be"),
        ({"std": -GLASS.q}, "std must be positive"),
        ({"std": np.ones((2, GLASS.q.size))}, "std must be one for each of the 1 patterns"),
    ],
)
def test_bad_arguments_are_named(model, change, message):
    with pytest.raises(ValueError, match=message):
        model.reconstruct(**{"r": GLASS.r, "q": GLASS.q, "s_r": GLASS.s_r, "number_density": DENSITY} | change)


def test_reconstruct_files_and_the_command_accept_every_model(model, expected, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    np.savetxt("ag10.fq", np.column_stack([GLASS.q, GLASS.s_r]), fmt="%.17g")
    (outcome,) = reconstruct_files(model, ["ag10.fq"], "here", r=GLASS.r, number_density=DENSITY).to_dict("records")
    assert outcome["error"] == ""
    curve = read_gr("here/ag10.gr")
    np.testing.assert_allclose(curve.g, expected[0], atol=1e-9)
    assert curve.provenance["model"] == type(model).__name__
    save(model, "model.skops")
    for command in (["report", "model.skops"], ["report", "model.skops", "--json"]):
        with pytest.raises(SystemExit, match="0"):
            main(command)
        assert type(model).__name__ in capsys.readouterr().out
    given = ["--number-density", str(DENSITY), "--r", "2", "8", "0.1"]
    with pytest.raises(SystemExit, match="0"):
        main(["reconstruct", "model.skops", "ag10.fq", "-o", "command", *given])
    assert read_gr("command/ag10.gr").r.size == 61


@pytest.mark.parametrize("columns", ["array", "r alone"])
@pytest.mark.parametrize("kind", [FourierRegressor, WTRDFRegressor, InversionRegressor, ScaledFourier])
def test_reconstruct_works_after_a_fit_on_every_form_of_x(kind, columns):
    first = load_ag_ge_se(0)
    if columns == "array":
        X, options = scattering_frame(first.r, first.q, first.s_r).to_numpy(), {"q": first.q}
    else:
        X, options = first.r[:, None], {"q": first.q, "s_r": first.s_r}
    model, named = kind(**options), kind()
    model.fit(X, first.target)
    named.fit(scattering_frame(first.r, first.q, first.s_r), first.target)
    before = copy.deepcopy(model.__dict__)
    g = model.reconstruct(GLASS.r, GLASS.q, GLASS.s_r)
    np.testing.assert_allclose(g, named.reconstruct(GLASS.r, GLASS.q, GLASS.s_r), rtol=1e-9, atol=1e-9)
    np.testing.assert_equal(model.__dict__.keys(), before.keys())
    np.testing.assert_equal((model.q, model.s_r), (before["q"], before["s_r"]))


def test_a_model_with_a_column_of_densities_requires_a_density():
    model = ScaledFourier().fit(*load_ag_ge_se(0, return_X_y=True))
    with pytest.raises(ValueError, match="number_density is missing"):
        model.reconstruct(GLASS.r, GLASS.q, GLASS.s_r)


def test_reconstruct_collects_the_warnings_of_predict():
    class Doubtful(ReconstructionMixin, LinearRegression):
        def predict(self, X):
            import warnings

            if X["S_R(0.65)"].iloc[0] > 0:
                warnings.warn("S_R begins above 0.", UserWarning, stacklevel=2)
            return super().predict(X)

    model = Doubtful().fit(frame(GLASS.s_r), GLASS.target)
    with pytest.warns(UserWarning, match=r"1 of 2 materials look wrong. Material 1: S_R begins above 0\.") as message:
        model.reconstruct(GLASS.r, GLASS.q, [GLASS.s_r, -GLASS.s_r], DENSITY)
    assert message[0].filename == __file__
    assert len(message) == 1


@parametrize_with_checks([ScaledFourier(q=(0.65, 8.0))])
def test_the_page_s_model_passes_scikit_learn_s_checks(estimator, check):
    check(estimator)


def test_the_page_s_second_block_runs(tmp_path, monkeypatch, ge_se):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    pd.DataFrame({"q": ge_se.q, "s_r": ge_se.s_r}).to_csv("data/ge25se75_sq.csv", index=False)
    shown = {"ScaledFourier": ScaledFourier}
    exec(BLOCKS[1], shown)
    assert shown["g"].shape == (2, 58)
    assert (shown["outcomes"]["error"] == "").all()


NO_TARGETS = {
    "truth": (lambda y: y > 1, "y must be real numbers, got values of type bool"),
    "dates": (lambda y: (1e9 * y).astype("datetime64[ns]"), "y must be real numbers, got values of type datetime64"),
    "complex": (lambda y: y + 0j, "^y: Complex data not supported, give the real part.$"),
    "a mask": (lambda y: np.ma.masked_array(y, y > 2), "y has masked values"),
    "None": (lambda y: np.where(y > 2, None, y), "y contains NaN"),
    "None in a list": (lambda y: np.where(y > 2, None, y).tolist(), "y contains NaN"),
    "text": (lambda y: ["high", *y[1:]], "y must be an array of numbers: could not convert string to float: 'high'"),
    "one text": (lambda y: "g", "y must be an array of numbers"),
}


def test_numbers_as_text_are_numbers():
    X, y = load_ge_se(return_X_y=True)
    expected = FourierRegressor(calibrate=True).fit(X, y).predict(X)
    np.testing.assert_array_equal(FourierRegressor(calibrate=True).fit(X, y.astype(str)).predict(X), expected)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, r"^X, column 'S_R\(0\.8\)': Input X contains NaN; leave"),
        (np.inf, r"^X, column 'S_R\(0\.8\)': Input X contains infinity"),
        ("saturated", r"^X, column 'S_R\(0\.8\)': could not convert string to float: 'saturated'; leave"),
    ],
)
def test_a_value_of_x_that_is_not_a_number_is_refused_in_one_line_with_its_column(value, message):
    X, y = load_ge_se(return_X_y=True)
    X = X.astype({"S_R(0.8)": object})
    X.loc[3, "S_R(0.8)"] = value
    with pytest.raises(ValueError, match=message) as refused:
        FourierRegressor().fit(X, y)
    assert "\n" not in str(refused.value)
    if isinstance(value, str):
        with pytest.raises(ValueError, match=r"^X must be numbers: could not convert string to float: 'saturated'"):
            FourierRegressor().fit(X.to_numpy(), y)


@pytest.mark.parametrize("model", MODELS[:3] + MODELS[4:6], ids=lambda model: type(model).__name__)
@pytest.mark.parametrize(("change", "message"), NO_TARGETS.values(), ids=NO_TARGETS)
def test_a_target_that_only_numpy_takes_for_numbers_is_refused(change, message, model):
    X, y = load_ge_se(return_X_y=True)
    with pytest.raises(ValueError, match=message):
        clone(model).fit(X, change(y))


def test_complex_values_and_dates_in_x_are_refused_in_one_line():
    X, y = load_ge_se(return_X_y=True)
    for dtype, message in (
        ("complex", "^X: Complex data not supported"),
        ("datetime64[ns]", "^X must be real numbers"),
    ):
        with pytest.raises(ValueError, match=message):
            FourierRegressor().fit(X.astype({X.columns[-1]: dtype}), y)


@pytest.mark.parametrize("model", MODELS[:3], ids=lambda model: type(model).__name__)
def test_a_grid_is_only_of_a_fitted_model_and_arguments_of_reconstruct_are_named(model):
    with pytest.raises(NotFittedError):
        clone(model).grid(GLASS.q)
    fitted = clone(model).fit(*load_ge_se(return_X_y=True))
    glass = load_ge_se()
    for options, message in (
        ({"n_jobs": 0}, "n_jobs must be a number of processes"),
        ({"n_jobs": "all"}, "n_jobs must be a number of processes"),
        ({"number_density": "dense"}, "number_density must be a positive finite number"),
    ):
        with pytest.raises(ValueError, match=message):
            fitted.reconstruct(glass.r, glass.q, glass.s_r, **options)


def test_a_table_of_records_is_refused_in_one_line():
    X, y = load_ge_se(return_X_y=True)
    with pytest.raises(ValueError, match=r"^X must be real numbers, got values of type .*: convert them") as refused:
        FourierRegressor().fit(X.to_records(index=False), y)
    assert len(str(refused.value)) < 200
