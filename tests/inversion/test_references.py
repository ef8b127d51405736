"""References from training data, and the calibration of bands."""

from importlib import resources

import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import InversionRegressor, scattering_frame
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.inversion import mixture
from sklearn_wtrdf.utils.data_warnings import DataWarning
from tests.inversion.simulated import IGNORE_MISFIT, TERNARIES, mean_error

pytestmark = IGNORE_MISFIT


def test_several_references_are_mixed(binary):
    glasses = load_ag_ge_se([0, 10, 25])
    model = InversionRegressor().fit(glasses.data, glasses.target)
    assert len(model.references_) == 3
    s_r = 0.3 * glasses.s_r[0] + 0.7 * glasses.s_r[2]
    mixed = mixture(model.references_, s_r)
    np.testing.assert_allclose(mixed.pattern.s_r, s_r, atol=1e-6)
    density = 0.3 * glasses.number_density[0] + 0.7 * glasses.number_density[2]
    assert mixed.number_density == pytest.approx(density, rel=1e-6)
    weights = np.array([0.3, 0.7]) * glasses.number_density[[0, 2]] / density
    expected = weights[0] * glasses.target[:58] + weights[1] * glasses.target[116:]
    np.testing.assert_allclose(mixed.at(glasses.r), expected, atol=1e-5)
    alone = InversionRegressor().fit(binary.data, binary.target)
    assert mean_error(model, [15]) < mean_error(alone, [15])


@pytest.mark.filterwarnings(r"ignore:Only .* of S_R\(q\) follows from this", "ignore:This g.r. seems to be scaled")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda glass: (1 + glass.s_r / glass.q, glass.number_density, glass.target), "convert it by S_R"),
        (lambda glass: (glass.s_r, 10 * glass.number_density, glass.target), "number_density is 0.339"),
        (lambda glass: (glass.s_r, glass.number_density / 10, glass.target), "number_density is 0.00339"),
        (lambda glass: (glass.s_r, glass.number_density, glass.r * (glass.target - 1)), "g does not tend to 1"),
    ],
)
def test_suspicious_data_are_reported(change, message, binary):
    s_r, density, g = change(binary)
    X = scattering_frame(binary.r, binary.q, s_r, number_density=density)
    with pytest.warns(UserWarning, match=message) as caught:
        InversionRegressor().fit(X, g)
    assert caught[0].filename == __file__  # the user's line is blamed


def test_a_reference_from_r_of_zero_gives_the_same_as_from_the_first_peak(binary):
    simulated = read_simulated_rdf(0)
    r = np.concatenate([np.arange(1, 16) * 0.06, simulated["r"]])
    g = np.concatenate([np.zeros(15), simulated["g_x"]])
    X = scattering_frame(r, binary.q, binary.s_r, number_density=binary.number_density)
    assert mean_error(InversionRegressor().fit(X, g), TERNARIES) < 0.045


def read_simulated_rdf(x):
    folder = resources.files("sklearn_wtrdf.datasets.data.simulated")
    with (folder / f"ag{x:02d}_rdf.csv").open() as file:
        return pd.read_csv(file)


@pytest.fixture(scope="module")
def without():
    """g of a ternary glass without a reference."""
    X, _ = load_ag_ge_se(10, return_X_y=True)
    return InversionRegressor(r_max=8.0).fit(X).predict(X)


@pytest.mark.slow
def test_rows_beyond_the_reference_are_solved_without_it(binary, without):
    near = binary.data["r"] < 4
    model = InversionRegressor(r_max=8.0).fit(binary.data[near], binary.target[near])
    g = model.predict(load_ag_ge_se(10).data)
    np.testing.assert_allclose(g[~near], without[~near])
    assert np.abs(g[near] - without[near]).max() > 0.01


@pytest.mark.slow
def test_a_reference_that_begins_inside_a_peak_is_not_used_below_it(binary, without):
    model = InversionRegressor(r_max=8.0).fit(binary.data[5:], binary.target[5:])
    np.testing.assert_allclose(model.predict(load_ag_ge_se(10).data)[:5], without[:5])


def test_references_that_cannot_be_used_are_named(binary):
    other = load_ag_ge_se(10)
    X = pd.concat([binary.data[:20], other.data[30:]])
    with pytest.raises(ValueError, match="must share a range of r"):
        InversionRegressor().fit(X, np.concatenate([binary.target[:20], other.target[30:]]))
    with pytest.warns(UserWarning, match="1 distances, too few for a reference"):
        InversionRegressor().fit(binary.data[:1], binary.target[:1])
    with pytest.warns(DataWarning, match="has 8 distances, up to 0.49 Å apart, and is interpolated"):
        InversionRegressor().fit(binary.data[::8], binary.target[::8])


def test_bands_of_fewer_than_three_references_are_widened_by_the_same_factor(model, binary):
    glasses = load_ag_ge_se([0, 25])
    two = InversionRegressor().fit(glasses.data, glasses.target)
    assert model.band_scale_ == two.band_scale_ > 1
    posterior = model.solve(binary.pattern).posterior
    std = model.predict(binary.data, return_std=True)[1]
    np.testing.assert_allclose(std, model.band_scale_ * posterior.std(binary.r))


@pytest.mark.slow
def test_bands_with_several_references_contain_the_truth():
    contents, covered = [0, 10, 20, 25], []
    for x in (10, 20):
        others = load_ag_ge_se([other for other in contents if other != x])
        model = InversionRegressor(r_max=8.0).fit(others.data, others.target)
        assert 1 < model.band_scale_ < 2.5
        rows, y = load_ag_ge_se(x, return_X_y=True)
        g, std = model.predict(rows, return_std=True)
        covered.append((np.abs(g - y) <= 1.645 * std).mean())
    assert 0.85 <= np.mean(covered) <= 0.96
    assert min(covered) > 0.75
