import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from sklearn_wtrdf.wtrdf.least_absolute import minimize


def linear_program(X, y, above, below):
    """The same objective by HiGHS: e = y − X t = e⁺ − e⁻."""
    n, p = X.shape
    cost = np.concatenate([np.zeros(p), above, below])
    equal = np.hstack([X, np.eye(n), -np.eye(n)])
    return linprog(cost, A_eq=equal, b_eq=y, bounds=[(None, None)] * p + [(0, None)] * 2 * n).fun


def from_rows_without_weight(X, y, above, below):
    """Start where rows without weight hold t = 0, as the solver does."""
    m, n, p = X.shape
    zeros = np.zeros((m, p))
    t, _ = minimize(
        np.concatenate([X, np.broadcast_to(np.eye(p), (m, p, p))], axis=1),
        *(np.hstack([values, zeros]) for values in (y, above, below)),
        np.tile(np.arange(n, n + p), (m, 1)),
    )
    e = y - (X @ t[..., None])[..., 0]
    return t, (above * np.maximum(e, 0) + below * np.maximum(-e, 0)).sum(axis=1)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 5]), st.integers(1, 30), st.booleans())
def test_the_objective_is_that_of_a_linear_program(seed, p, n, degenerate):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(4, n, p)), rng.normal(size=(4, n))
    if degenerate:  # ties, and rows that repeat
        X, y = np.round(X), np.round(y)
    above, below = rng.uniform(0.1, 1, size=(2, 4, n))
    _, ours = from_rows_without_weight(X, y, above, below)
    theirs = [linear_program(*each) for each in zip(X, y, above, below, strict=True)]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


@given(st.integers(0, 2**32 - 1), st.floats(-2, 2))
def test_a_steep_one_sided_row_is_a_constraint(seed, end):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(1, 20, 2)), rng.normal(size=(1, 20))
    X, y = np.concatenate([X, [[[1.0, 0.0]]]], axis=1), np.hstack([y, [[end]]])
    above = np.hstack([np.full((1, 20), 0.05), [[1e4]]])
    below = np.hstack([np.full((1, 20), 0.05), [[0.0]]])
    t, _ = from_rows_without_weight(X, y, above, below)
    assert t[0, 0] >= end - 1e-12


@pytest.mark.parametrize("n", [1, 4, 9])
def test_one_unknown_is_a_weighted_median(rng, n):
    y, weights = rng.normal(size=(3, n)), rng.integers(1, 5, size=(3, n)).astype(float)
    t, loss = from_rows_without_weight(np.ones((3, n, 1)), y, weights, weights)
    for i in range(3):
        median = np.median(np.repeat(y[i], weights[i].astype(int)))
        assert loss[i] == pytest.approx((weights[i] * np.abs(y[i] - median)).sum())
        assert t[i] in y[i]
