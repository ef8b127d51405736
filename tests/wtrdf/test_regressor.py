import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_wtrdf import (
    LBFGSB,
    Adam,
    PeakKFold,
    VariableProjection,
    WTRDFRegressor,
    first_peak_error,
    peak_scorers,
    peak_windows,
    register_solver,
    scattering_frame,
    second_peak_error,
    wt_rdf,
)
from sklearn_wtrdf.wtrdf.calibration import CalibrationResult
from sklearn_wtrdf.wtrdf.wavelet import MANUAL, PUBLISHED
from tests.wtrdf.adam_fits import PAPER, has_gpu, quick

SOLVERS = [VariableProjection(), LBFGSB(), Adam(max_iter=20)]


@pytest.mark.processors
@pytest.mark.filterwarnings("ignore:.*S_R does not oscillate about 0")  # random numbers may not
@parametrize_with_checks(
    [
        WTRDFRegressor(q=(0.65, 8.0)),
        WTRDFRegressor(q=(0.65, 8.0), solver=LBFGSB()),
        WTRDFRegressor(q=(0.65, 8.0), solver=Adam(max_iter=5, n_rounds=1)),
    ]
)
def test_scikit_learns_contract(estimator, check):
    check(estimator)


def test_the_papers_calibration(ge_se):
    model = WTRDFRegressor(PAPER, peak_weight=1, solver="adam").fit(ge_se.data, ge_se.target)
    g = model.predict(ge_se.data)
    assert first_peak_error(ge_se.target, g, r=ge_se.r) <= 0.0065
    assert second_peak_error(ge_se.target, g, r=ge_se.r) <= 0.0199
    assert np.abs(g - ge_se.target).mean() < 0.80
    assert 0.600 <= model.params_["a"] <= 0.610
    assert 0.010 <= model.params_["K_f"] <= 0.300
    assert model.n_iter_ == len(model.loss_curve_) == 200


def test_the_default_meets_both_peaks(ge_se):
    model = WTRDFRegressor().fit(ge_se.data, ge_se.target)
    assert np.abs(model.predict(ge_se.data) - ge_se.target)[[4, 29]].max() < 1e-3
    np.testing.assert_array_equal(np.flatnonzero(model.peak_mask_), [4, 29])
    np.testing.assert_array_equal(model.q_, ge_se.q)
    np.testing.assert_array_equal(model.r_, ge_se.r)
    assert model.loss_ == pytest.approx(model.loss_curve_.min(), abs=1e-9)


@pytest.mark.filterwarnings("ignore::sklearn_wtrdf.MismatchWarning")  # what these parameters make of S_R is no g of it
def test_parameters_are_recovered_from_data_simulated_with_them(ge_se):
    # The loss has many minima, so L-BFGS-B starts close by; this one is at 0.
    y = wt_rdf(ge_se.r, ge_se.q, ge_se.s_r, **PUBLISHED)
    nearby = PUBLISHED | {"a": 0.612, "Lambda": -5.0}
    for model in (WTRDFRegressor(), WTRDFRegressor(peak_weight=0, solver="lbfgsb", init=nearby)):
        fit = model.fit(ge_se.data, y)
        assert fit.loss_ < 1e-6
        np.testing.assert_allclose(list(fit.params_.values()), list(PUBLISHED.values()), rtol=1e-3)


@pytest.mark.parametrize("solver", SOLVERS)
def test_two_fits_and_any_order_of_rows_agree_to_the_last_bit(ge_se, rng, solver):
    model = WTRDFRegressor(PAPER, solver=solver)
    params = model.fit(ge_se.data, ge_se.target).params_
    order = rng.permutation(58)
    assert clone(model).fit(ge_se.data.iloc[order], ge_se.target[order]).params_ == params


def test_every_form_of_x_gives_the_same_fit_to_the_last_bit(ge_se):
    y = ge_se.target
    fits = [
        WTRDFRegressor().fit(ge_se.data, y),
        WTRDFRegressor().fit(ge_se.data.assign(number_density=0.034), y),
        WTRDFRegressor(q=ge_se.q).fit(ge_se.data.to_numpy(), y),
        WTRDFRegressor(q=ge_se.q, s_r=ge_se.s_r).fit(ge_se.data[["r"]], y),
        WTRDFRegressor(q=ge_se.q, s_r=ge_se.s_r).fit(ge_se.r[:, None], y),
    ]
    assert all(fit.params_ == fits[0].params_ for fit in fits)
    np.testing.assert_array_equal(fits[3].predict(ge_se.data[["r"]]), fits[0].predict(ge_se.data))


def test_clone_and_pickle(ge_se):
    model = quick(peaks=[(2.2, 2.6), (3.4, 4.4)]).fit(ge_se.data, ge_se.target)
    restored = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(restored.predict(ge_se.data), model.predict(ge_se.data))
    assert str(clone(model)) == str(model)
    assert clone(model).solver is not model.solver


def test_cross_validation_and_pipeline(ge_se):
    X, y = ge_se.data, ge_se.target
    peaks = peak_windows(ge_se.r, y)
    model = make_pipeline(FunctionTransformer(), quick(peaks=peaks))
    scores = cross_validate(model, X, y, scoring=peak_scorers(peaks), cv=PeakKFold(3, peaks=peaks))
    assert np.isfinite(scores["test_neg_first_peak_error"]).all()
    assert np.isfinite(cross_val_score(make_pipeline(FunctionTransformer(), quick()), X, y, cv=3)).all()


def test_grid_search_over_bounds_and_peak_weight(ge_se):
    X, y = ge_se.data, ge_se.target
    peaks = peak_windows(ge_se.r, y)
    search = GridSearchCV(
        quick(peaks=peaks),
        {"bounds": [PAPER, {"a": (0.9, 1.1)}], "peak_weight": [0, 1]},
        scoring=peak_scorers(peaks),
        refit="neg_first_peak_error",
        cv=PeakKFold(3, peaks=peaks),
    ).fit(X, y)
    assert search.best_params_["bounds"] == PAPER  # at a near 1 the first peak comes from a blurred first shell
    assert search.predict(X).shape == (58,)


def test_leave_one_material_out(ge_se):
    ghost = scattering_frame(ge_se.r, ge_se.q, 0.9 * ge_se.s_r)
    X, y = pd.concat([ge_se.data, ghost], ignore_index=True), np.tile(ge_se.target, 2)
    scores = cross_val_score(quick(), X, y, groups=np.repeat([0, 1], 58), cv=LeaveOneGroupOut())
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()


def test_max_iter_and_learning_rate_reach_adam(ge_se):
    fit = WTRDFRegressor(solver=Adam(0.003, max_iter=1, n_rounds=1)).fit(ge_se.data, ge_se.target)
    step = np.array(list(fit.params_.values())) - list(MANUAL.values())
    np.testing.assert_allclose(np.abs(step), 0.003, rtol=1e-3)  # Adam's first step is the learning rate


def test_bounds_of_each_round(ge_se):
    solver = Adam(max_iter=2, earlier_bounds=[{"a": (0.58, 0.59)}])
    fit = WTRDFRegressor(PAPER, solver=solver).fit(ge_se.data, ge_se.target)
    assert 0.600 <= fit.params_["a"] <= 0.602  # clipped into the second round's bounds, then two steps of 0.001


def test_the_first_round_starts_in_its_own_bounds(ge_se):
    options = {"learning_rate": 1e-9, "learning_rate_decay": 1.0, "max_iter": 1}
    for init, start in ((None, MANUAL["a"]), ({"a": 0.585}, 0.585)):
        first = Adam(**options, earlier_bounds=[{"a": (0.58, 0.70)}])
        fit = WTRDFRegressor({"a": (0.57, 0.586)}, solver=first, init=init).fit(ge_se.data, ge_se.target)
        assert fit.params_["a"] == pytest.approx(min(start, 0.586), abs=1e-8)
    outside = Adam(**options, earlier_bounds=[{"a": (0.50, 0.55)}])
    fit = WTRDFRegressor(PAPER, solver=outside, init={"a": 0.52}).fit(ge_se.data, ge_se.target)
    assert fit.params_["a"] == pytest.approx(0.60)
    with pytest.raises(ValueError, match=r"lies outside its bounds \(0.5, 0.55\)"):
        WTRDFRegressor(PAPER, solver=outside, init={"a": 0.605}).fit(ge_se.data, ge_se.target)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bounds": {"a": (0.7, 0.6)}}, r"bounds\['a'\]"),
        ({"bounds": {"A": (0.6, 0.7)}}, "bounds has unknown parameter names"),
        ({"bounds": {"a": (0.6, 0.7)}, "init": {"a": 0.5}}, r"init\['a'\] = 0.5 lies outside its bounds"),
        ({"init": {"a": 5.0}}, r"init\['a'\] = 5.0 lies outside its bounds"),
        ({"bounds": [PAPER, PAPER]}, "'bounds' parameter"),
        ({"bounds": (0.6, 0.7)}, "'bounds' parameter"),
        ({"peak_weight": 1.5}, "'peak_weight' parameter"),
        ({"peaks": [(2.6, 2.2)]}, "peaks must be windows"),
        ({"solver": "newton"}, "solver='newton' is not known: choose one of 'variable_projection'"),
        ({"solver": Adam(1e300)}, r"Adam\(learning_rate=1e\+300\) diverged to parameters that are not finite"),
        ({"bounds": {"b": (-1e6, 1e6)}}, "box of a and b is too large to be searched"),
        ({"bounds": {"b": (-1e5, 1e5), "a": (0.6, 0.6)}}, "box of a and b is too large to be searched"),
        ({"bounds": {"b": (-1e300, 1e300)}}, "box of a and b is too large to be searched"),
        ({"solver": 3}, "'solver' parameter"),
        ({"solver": Adam}, r"solver is the class Adam: write Adam\(\)"),
        ({"solver": Adam(learning_rate=0.0)}, "'learning_rate' parameter of Adam"),
        ({"solver": Adam(max_iter=0)}, "'max_iter' parameter of Adam"),
        ({"solver": Adam(device="tpu")}, "'device' parameter of Adam"),
        ({"solver": Adam(earlier_bounds=[])}, "earlier_bounds has 0 dicts, but n_rounds=2"),
        ({"solver": Adam(earlier_bounds=[{"a": (2, 1)}])}, r"bounds\['a'\]"),
        ({"solver": LBFGSB(max_iter=0)}, "'max_iter' parameter of LBFGSB"),
        ({"solver": VariableProjection(max_iter=0)}, "'max_iter' parameter of VariableProjection"),
        ({"q": [3.0, 2.0]}, "q must be strictly increasing"),
    ],
)
def test_bad_parameters_are_named(ge_se, options, message):
    with pytest.raises(ValueError, match=message):
        WTRDFRegressor(**options).fit(ge_se.data, ge_se.target)


@pytest.mark.parametrize("solver", SOLVERS, ids=str)
def test_values_with_which_no_loss_can_be_computed_are_refused(ge_se, solver):
    with pytest.raises(ValueError, match=r"S_R is as large as 1.99\d*e\+20.*check units"):
        WTRDFRegressor(solver=solver).fit(scattering_frame(ge_se.r, ge_se.q, 1e20 * ge_se.s_r), ge_se.target)
    with pytest.raises(ValueError, match=r"y is as large as 5.147\d*e\+160.*check units"):
        WTRDFRegressor(solver=solver).fit(ge_se.data, 1e160 * ge_se.target)


def test_weights_stay_finite_with_too_large_a_learning_rate(ge_se):
    model = WTRDFRegressor(solver=Adam(1e6, max_iter=3)).fit(ge_se.data, ge_se.target)
    assert np.isfinite([*model.params_.values(), model.loss_, *model.predict(ge_se.data)]).all()


@pytest.mark.filterwarnings("ignore::sklearn_wtrdf.DataWarning")  # of values that no S_R has
@pytest.mark.parametrize(("of_s_r", "of_g"), [(1e-10, 1.0), (1e8, 1.0), (1.0, 1e-10)])
def test_the_units_of_the_data_change_the_scale_alone(ge_se, of_s_r, of_g):
    scaled = WTRDFRegressor().fit(scattering_frame(ge_se.r, ge_se.q, of_s_r * ge_se.s_r), of_g * ge_se.target)
    as_is = WTRDFRegressor().fit(ge_se.data, ge_se.target)
    assert scaled.loss_ == pytest.approx(of_g * as_is.loss_, rel=1e-6)
    assert scaled.params_ == pytest.approx(
        as_is.params_ | {"Lambda": of_g / of_s_r * as_is.params_["Lambda"]}, rel=1e-3
    )


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("column", ["r", "S_R(8)", "std(8)", "y"])
def test_values_that_are_not_finite_are_named(ge_se, column, value):
    X, y = scattering_frame(ge_se.r, ge_se.q, ge_se.s_r, std=np.full(148, 0.1)), ge_se.target.copy()
    if column == "y":
        y[3] = value
    else:
        X.loc[3, column] = value
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        WTRDFRegressor().fit(X, y)


def test_a_missing_gpu_is_named(ge_se):
    if has_gpu():
        pytest.skip("there is a GPU")
    with pytest.raises(ValueError, match="device='cuda', but torch finds no GPU"):
        quick(device="cuda").fit(ge_se.data, ge_se.target)


def test_the_gpu_agrees_with_the_cpu(ge_se):
    if not has_gpu():
        pytest.skip("needs a GPU")
    on_cpu, on_gpu = (
        quick(device=device).fit(ge_se.data, ge_se.target).predict(ge_se.data) for device in ("cpu", "cuda")
    )
    np.testing.assert_allclose(on_gpu, on_cpu, atol=1e-8)


def test_device_auto_uses_the_gpu_if_there_is_one(ge_se):
    assert quick(device="auto").fit(ge_se.data, ge_se.target).n_iter_ == 3


def test_a_search_over_the_parameters_of_a_solver(ge_se):
    search = GridSearchCV(quick(), {"solver__learning_rate": [1e-9, 0.01]}, cv=3).fit(ge_se.data, ge_se.target)
    assert search.best_params_ == {"solver__learning_rate": 0.01}
    assert repr(WTRDFRegressor(solver=Adam(0.1))) == "WTRDFRegressor(solver=Adam(learning_rate=0.1))"


class Stays:
    """A user-defined solver that does not use scikit-learn."""

    def solve(self, problem, init):
        return CalibrationResult(init, problem.loss(init), np.array([problem.loss(init)]))


def test_any_object_with_solve_is_a_solver_and_one_call_gives_it_a_name(ge_se):
    register_solver("stays", Stays)
    for solver in (Stays(), "stays"):
        model = clone(WTRDFRegressor(solver=solver)).fit(ge_se.data, ge_se.target)
        assert model.params_ == MANUAL


@pytest.mark.parametrize("solver", [LBFGSB(max_iter=2), VariableProjection(max_iter=1)], ids=str)
def test_too_few_iterations_are_reported(ge_se, solver):
    with pytest.warns(ConvergenceWarning, match="reached max_iter before it converged") as caught:
        WTRDFRegressor(PAPER, solver=solver).fit(ge_se.data, ge_se.target)
    assert caught[0].filename == __file__
    WTRDFRegressor(PAPER, solver=type(solver)()).fit(ge_se.data, ge_se.target)


class Returns:
    """A solver that returns a given result."""

    def __init__(self, **changes):
        self.changes = changes

    def solve(self, problem, init):
        if "result" in self.changes:
            return self.changes["result"]
        return CalibrationResult(**{"theta": init, "loss": 0.0, "loss_curve": np.zeros(1)} | self.changes)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"result": None}, TypeError, "must return a CalibrationResult, got NoneType"),
        ({"theta": np.ones(4)}, ValueError, r"theta of shape \(5,\)"),
        ({"theta": np.array([-0.6, 4, 0, 0, 1.0])}, ValueError, "not finite|outside its bounds"),
        ({"theta": np.array([0.6, 1e3, 0, 0, 1.0])}, ValueError, "returned b = 1000, outside its bounds"),
    ],
)
def test_invalid_results_of_solvers_are_named(ge_se, changes, error, message):
    with pytest.raises(error, match=message):
        WTRDFRegressor(solver=Returns(**changes)).fit(ge_se.data, ge_se.target)


def test_the_loss_is_computed_from_the_parameters_not_taken_from_the_solver(ge_se):
    model = WTRDFRegressor(solver=Returns(theta=list(MANUAL.values()), loss=-5.0, loss_curve=3.0)).fit(
        ge_se.data, ge_se.target
    )
    assert model.loss_ > 0
    assert model.n_iter_ == 1
    assert np.isfinite(model.fit_report().params["value"]).all()


def test_text_as_weights_is_named(ge_se):
    with pytest.raises(ValueError, match="sample_weight must be an array of numbers"):
        WTRDFRegressor().fit(ge_se.data, ge_se.target, sample_weight=["heavy"] * ge_se.r.size)


def test_sample_weights_are_routed_to_each_fit(ge_se):
    X, y, weights = ge_se.data, ge_se.target, np.linspace(0.1, 2, ge_se.r.size)
    cv = PeakKFold(3, peaks=peak_windows(ge_se.r, y))
    with config_context(enable_metadata_routing=True):
        model = WTRDFRegressor(PAPER).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        folds = cross_validate(model, X, y, cv=cv, params={"sample_weight": weights}, return_estimator=True)
        search = GridSearchCV(make_pipeline(FunctionTransformer(), model), {}, cv=cv).fit(X, y, sample_weight=weights)
    for (rows, _), fitted in zip(cv.split(X), folds["estimator"], strict=True):
        assert fitted.params_ == WTRDFRegressor(PAPER).fit(X.iloc[rows], y[rows], weights[rows]).params_
    assert search.best_estimator_[-1].params_ == WTRDFRegressor(PAPER).fit(X, y, weights).params_
