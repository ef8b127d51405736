import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from sklearn_wtrdf import WTRDFRegressor, landscape, losses, shell_response, wt_rdf
from sklearn_wtrdf.wtrdf.wavelet import MANUAL, PARAMETERS, PUBLISHED


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


def by_hand(ge_se, theta, weights):
    """The loss of peak_weight 0.5, from the reconstruction alone."""
    g = wt_rdf(ge_se.r, ge_se.q, ge_se.s_r, **dict(zip(PARAMETERS, theta, strict=True)))
    error = np.abs(g - ge_se.target)
    peaks = [4, 29]
    return (np.average(error, weights=weights) + np.average(error[peaks], weights=weights[peaks])) / 2


def test_losses_are_those_of_the_reconstruction(ge_se, fitted, rng):
    pytest.importorskip("torch")
    theta = np.array(list(MANUAL.values())) * (1 + rng.uniform(-0.3, 0.3, (40, 5)))
    weights = rng.uniform(0.5, 2, ge_se.r.size)
    ours = losses(fitted, ge_se.data, ge_se.target, theta, weights)
    np.testing.assert_allclose(ours, [by_hand(ge_se, each, weights) for each in theta], rtol=0, atol=1e-8)
    table = pd.DataFrame(theta, columns=PARAMETERS)[["Lambda", "C", "K_f", "b", "a"]]
    np.testing.assert_array_equal(losses(fitted, ge_se.data, ge_se.target, table, weights), ours)
    of_fit = losses(fitted, ge_se.data, ge_se.target, [list(fitted.params_.values())])
    assert of_fit == pytest.approx([fitted.loss_], abs=1e-8)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ([0.6, 4.6, 0.1, 0.2, -4.7], r"params must be of shape \(n_sets, 5\)"),
        (np.empty((0, 5)), r"params must be of shape \(n_sets, 5\)"),
        ([[0.6, 4.6, 0.1, 0.2]], r"params must be of shape \(n_sets, 5\)"),
        ([[0.0, 4.6, 0.1, 0.2, -4.7]], "params must be finite, and a, the first column, positive"),
        ([[0.6, 4.6, 0.1, np.nan, -4.7]], "params must be finite"),
        (pd.DataFrame({"a": [0.6], "b": [4.6]}), "params has no column K_f, C, Lambda"),
    ],
)
def test_parameters_without_a_loss_are_named(ge_se, fitted, params, message):
    with pytest.raises(ValueError, match=message):
        losses(fitted, ge_se.data, ge_se.target, params)


def test_losses_on_a_gpu(ge_se, fitted):
    theta = [list(MANUAL.values()), list(PUBLISHED.values())]
    if not pytest.importorskip("torch").cuda.is_available():
        with pytest.raises(ValueError, match="device='cuda', but torch finds no GPU"):
            losses(fitted, ge_se.data, ge_se.target, theta, device="cuda")
        pytest.skip("needs a GPU")
    on_cpu, on_gpu = (losses(fitted, ge_se.data, ge_se.target, theta, device=device) for device in ("cpu", "cuda"))
    np.testing.assert_allclose(on_gpu, on_cpu, rtol=0, atol=1e-8)


def with_parameters(params, ge_se):
    return WTRDFRegressor({name: (value, value) for name, value in params.items()}).fit(ge_se.data, ge_se.target)


def test_the_published_parameters_show_shells_at_six_tenths_of_their_distance(ge_se):
    model = with_parameters(PUBLISHED, ge_se)
    response = shell_response(model, np.linspace(2, 6, 9))
    assert (np.abs(response.r / response.r0 - 0.6) <= 0.02).all()
    assert (response.height > 1).all()
    assert 0.58 <= model.distance_scale_ <= 0.62
    # The first peak of the paper is the second shell.
    assert shell_response(model, 3.87).r[0] == pytest.approx(2.33, abs=0.03)
    assert 0.58 <= with_parameters(MANUAL, ge_se).distance_scale_ <= 0.62


def test_with_a_near_one_shells_keep_their_distance(ge_se):
    model = WTRDFRegressor({"a": (0.9, 1.1)}, peak_weight=0).fit(ge_se.data, ge_se.target)
    assert model.distance_scale_ == pytest.approx(1, abs=0.05)
    assert "Distances" not in str(model.fit_report())


def test_the_response_is_the_highest_point_of_the_reconstruction(ge_se):
    model = with_parameters(MANUAL, ge_se)
    response = shell_response(model, 3.0, width=0.2)
    r = np.linspace(0.4, 5.9, 2000)
    g = wt_rdf(r, ge_se.q, np.sin(3 * ge_se.q) * np.exp(-0.02 * ge_se.q**2), **MANUAL)
    assert response.r[0] == pytest.approx(r[g.argmax()], abs=0.02)
    for bad in (0, -1, np.nan, [[1, 2]]):
        with pytest.raises(ValueError, match="r0 must be"):
            shell_response(model, bad)
    with pytest.raises(ValueError, match="width must be"):
        shell_response(model, 2.0, width=-1)


def test_no_scale_where_the_response_ends_at_an_edge(ge_se):
    model = WTRDFRegressor().fit(ge_se.data[:8], ge_se.target[:8])  # rows of the first peak alone
    assert np.isnan(shell_response(model, ge_se.r[4]).r[0])
    assert np.isnan(model.distance_scale_)
    assert "do not appear" in str(model.fit_report())
