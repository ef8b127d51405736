import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from sklearn_wtrdf import (
    Adam,
    VariableProjection,
    WTRDFRegressor,
)
from sklearn_wtrdf.datasets import load_ag_ge_se
from tests.wtrdf.adam_fits import PAPER, has_gpu, quick


def assert_same_fit(ours, theirs, X):
    assert ours.params_ == pytest.approx(theirs.params_, rel=0, abs=1e-4)
    assert ours.loss_ == pytest.approx(theirs.loss_, abs=1e-4)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=0, atol=1e-4)
    np.testing.assert_array_equal(ours.r_, theirs.r_)
    assert ours.n_iter_ == theirs.n_iter_


@pytest.mark.filterwarnings("ignore:Only .* follows from this g.r.")  # a draw may leave much of g(r) out
@pytest.mark.parametrize("solver", [Adam(max_iter=20), VariableProjection()], ids=["together", "one by one"])
def test_a_bootstrap_in_a_batch_is_fit_by_fit(ge_se, rng, solver):
    model = WTRDFRegressor(PAPER, solver=solver)
    counts = rng.multinomial(58, np.full(58, 1 / 58), size=3)
    models = model.fit_batch(ge_se.data, ge_se.target, counts)
    assert not hasattr(model, "params_")
    for ours, weights in zip(models, counts, strict=True):
        assert_same_fit(ours, clone(model).fit(ge_se.data, ge_se.target, weights), ge_se.data)
        assert ours.fit_report().loss == ours.loss_


def test_draws_of_rows_and_starts_in_a_batch_are_fit_by_fit(ge_se, rng):
    model = WTRDFRegressor(peak_weight=0, solver=Adam(max_iter=20))
    draws = [np.sort(rng.choice(58, 29, replace=False)) for _ in range(3)]
    counts = np.array([np.bincount(drawn, minlength=58) for drawn in draws])
    starts = [{"a": 0.58}, {"b": 4.8}, {}]
    models = model.fit_batch(ge_se.data, ge_se.target, counts, init=starts)
    for ours, drawn, start in zip(models, draws, starts, strict=True):
        alone = clone(model).set_params(init=start).fit(ge_se.data.iloc[drawn], ge_se.target[drawn])
        assert ours.init == start
        assert_same_fit(ours, alone, ge_se.data)


def test_targets_in_a_batch_are_fit_by_fit(ge_se, rng):
    targets = ge_se.target + rng.normal(scale=0.02, size=(3, 58))
    weights = rng.uniform(0.5, 2, 58)
    models = quick().fit_batch(ge_se.data, targets, weights)
    for ours, target in zip(models, targets, strict=True):
        assert_same_fit(ours, quick().fit(ge_se.data, target, weights), ge_se.data)


def test_glasses_in_a_batch_are_fit_by_fit():
    glasses = [load_ag_ge_se(x) for x in (0, 15)]
    X, y = pd.concat([glass.data for glass in glasses]), np.concatenate([glass.target for glass in glasses])
    glass_of_row = np.repeat([0, 1], [glass.r.size for glass in glasses])
    models = quick().fit_batch(X, y, [glass_of_row == 0, glass_of_row == 1])
    for ours, glass in zip(models, glasses, strict=True):
        assert_same_fit(ours, quick().fit(glass.data, glass.target), glass.data)


def test_a_batch_of_one(ge_se):
    (model,) = quick().fit_batch(ge_se.data, ge_se.target)
    assert_same_fit(model, quick().fit(ge_se.data, ge_se.target), ge_se.data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"init": {"a": 0.6}}, "init must be a list of dicts, one for each fit"),
        ({"init": ["a"]}, "init must be a list of dicts, one for each fit"),
        ({"init": []}, "must be for the same number of fits, got init for 0"),
        ({"init": [{"a": 0.605}], "sample_weight": np.ones((2, 58))}, "got sample_weight for 2, init for 1"),
        ({"init": [{"a": 3.0}]}, r"init\['a'\] = 3.0 lies outside its bounds"),
        ({"sample_weight": [np.ones(58), np.zeros(58)]}, "at least one (non-zero number|row)"),
        ({"sample_weight": [np.ones(58), np.ones(57)]}, "sample_weight must be of shape"),
        ({"y": np.ones((2, 2, 58))}, "y must be of shape"),
        ({"y": np.ones((2, 57))}, "inconsistent numbers of samples"),
    ],
)
def test_a_batch_that_does_not_fit_together_is_named(ge_se, change, message):
    with pytest.raises(ValueError, match=message):
        quick().fit_batch(**{"X": ge_se.data, "y": ge_se.target} | change)


def test_a_batch_on_the_gpu_agrees_with_the_cpu(ge_se):
    if not has_gpu():
        pytest.skip("needs a GPU")
    starts = [{"b": b} for b in np.linspace(4.4, 4.8, 20)]
    batches = [
        WTRDFRegressor(PAPER, peak_weight=1, solver=Adam(device=device)).fit_batch(
            ge_se.data, ge_se.target, init=starts
        )
        for device in ("cpu", "cuda")
    ]
    for on_cpu, on_gpu in zip(*batches, strict=True):
        assert_same_fit(on_gpu, on_cpu, ge_se.data)
