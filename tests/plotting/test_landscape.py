import matplotlib.pyplot as plt
import numpy as np
import pytest

from sklearn_wtrdf import (
    Adam,
    FourierRegressor,
    LandscapeDisplay,
    WTRDFRegressor,
)


@pytest.fixture
def fitted(ge_se):
    return WTRDFRegressor(solver=Adam(max_iter=2)).fit(ge_se.data, ge_se.target)


def test_landscape_display_shows_loss_fit_and_paper(ge_se, fitted):
    figure, ax = plt.subplots()
    a, b = [0.5, 0.6, 0.7], [4.0, 5.0]
    display = LandscapeDisplay.from_estimator(fitted, ge_se.data, ge_se.target, a=a, b=b, ax=ax, cmap="magma")
    assert display.figure_ is figure
    np.testing.assert_allclose(display.mesh_.get_array(), display.landscape.loss.T)
    assert [point.get_label() for point in display.points_] == ["this fit", "WT-RDF (published)", "WT-RDF+ (published)"]
    np.testing.assert_allclose(display.points_[1].get_offsets(), [[0.59, 4.6]])
    plt.close(figure)


def test_points_off_the_picture_are_left_out(ge_se, fitted):
    display = LandscapeDisplay.from_estimator(fitted, ge_se.data, ge_se.target, a=[1.0, 1.2], b=[8.0, 9.0])
    assert display.points_ == []
    plt.close(display.figure_)


def test_a_model_of_another_class_is_named(ge_se):
    model = FourierRegressor(calibrate=True).fit(ge_se.data, ge_se.target)
    with pytest.raises(TypeError, match="model must be of class WTRDFRegressor, got FourierRegressor"):
        LandscapeDisplay.from_estimator(model, ge_se.data, ge_se.target)
