import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from sklearn_wtrdf import WTRDFRegressor, landscape


@pytest.fixture(scope="module")
def fitted(ge_se):
    return WTRDFRegressor(bounds={"a": (0.4, 0.45), "b": (16, 16.6)}).fit(ge_se.data, ge_se.target)


def test_the_landscape_is_the_loss_with_the_other_parameters_at_their_best(ge_se, fitted):
    a, b = np.array([0.41, 0.43]), np.array([16.1, 16.3, 16.5])
    scape = landscape(fitted, ge_se.data, ge_se.target, a=a, b=b)
    for i, j in np.ndindex(scape.loss.shape):
        held = WTRDFRegressor(bounds={"a": (a[i], a[i]), "b": (b[j], b[j])}).fit(ge_se.data, ge_se.target)
        assert scape.loss[i, j] == pytest.approx(held.loss_, abs=1e-7)


def test_nothing_in_the_box_is_below_the_fit(ge_se, fitted):
    scape = landscape(fitted, ge_se.data, ge_se.target)
    assert scape.loss.shape == (160, 160)
    assert scape.loss.min() > fitted.loss_ - 1e-7
    assert scape.loss.min() < fitted.loss_ + 0.01
    assert scape.params == fitted.params_


def test_bad_input_is_named(ge_se, fitted):
    with pytest.raises(NotFittedError):
        landscape(WTRDFRegressor(), ge_se.data, ge_se.target)
    with pytest.raises(ValueError, match="a must be one-dimensional, finite and positive"):
        landscape(fitted, ge_se.data, ge_se.target, a=[0.0, 1.0])
    with pytest.raises(ValueError, match="b must be one-dimensional and finite"):
        landscape(fitted, ge_se.data, ge_se.target, b=[np.nan])
