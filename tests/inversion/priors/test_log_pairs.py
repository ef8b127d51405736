"""A prior of the log g_AB, and the Gaussian process of the g_AB near given ones."""

import pickle

import numpy as np
import pytest

from sklearn_wtrdf.inversion import Bond, LogContinuum, LogPairFunctions, PairFunctions
from sklearn_wtrdf.inversion.priors import Tangent
from tests.inversion.priors.cases import DENSITY, R, thetas

GRID = R[::4]
SILICA = LogPairFunctions("SiO2", {"Si-O": (1.2, 1.7)})
THETA = thetas(SILICA, 1)[0]
WEIGHTS = np.array([0.3, -0.2, 0.9])


def tangent():
    coefficients = np.random.default_rng(0).normal(size=3 * GRID.size)
    deviation = SILICA.covariance(THETA, GRID, GRID) @ coefficients
    return Tangent(SILICA, GRID, coefficients, np.exp(SILICA.mean(THETA, GRID) + deviation))


@pytest.mark.parametrize("prior", [SILICA, LogPairFunctions("Na2Si2O5")], ids=repr)
def test_it_is_a_gaussian_process_whose_derivatives_are_finite_differences(prior):
    theta = thetas(prior, 1)[0]

    def value(theta):
        moments = prior.evaluate(theta, GRID)
        return moments.mean.sum() + (by_covariance * moments.covariance).sum()

    moments = prior.evaluate(theta, GRID)
    assert np.linalg.eigvalsh(moments.covariance).min() > -1e-9 * moments.covariance.max()
    np.testing.assert_allclose(moments.mean, prior.mean(theta, GRID), rtol=1e-12)
    np.testing.assert_allclose(moments.covariance, prior.covariance(theta, GRID, GRID), rtol=1e-12)
    by_covariance = np.random.default_rng(3).normal(size=moments.covariance.shape)
    by_covariance += by_covariance.T
    result = moments.derivatives.mean.sum(axis=1)
    for by, matrix in moments.derivatives.covariance:
        result += 2 * by @ (by_covariance * matrix).sum(axis=1)
    expected = [(value(theta + 1e-6 * unit) - value(theta - 1e-6 * unit)) / 2e-6 for unit in np.eye(theta.size)]
    np.testing.assert_allclose(result, expected, rtol=2e-4, atol=1e-5 * np.abs(expected).max())


def test_a_single_pair_is_a_log_continuum():
    single, continuum = LogPairFunctions("Ar"), LogContinuum()
    names = [hyperparameter.name for hyperparameter in single.hyperparameters]
    theta = thetas(single, 1)[0]
    same = theta[[names.index(hyperparameter.name) for hyperparameter in continuum.hyperparameters]]
    moments, expected = single.evaluate(theta, R), continuum.evaluate(same, R)
    np.testing.assert_allclose(moments.mean, expected.mean, rtol=1e-12)
    np.testing.assert_allclose(moments.covariance, expected.covariance, rtol=1e-12)


def test_pairs_are_correlated_as_those_of_pair_functions():
    """Equal onsets, lengths and widths leave the correlation of the pairs."""
    theta = SILICA.hyperparameters
    values = {"onset": 1.6, "length": 0.2, "first_shell": 0.5, "coupling": 0.7, "order": 3.0}
    theta = np.log([values.get(item.name, item.start) for item in theta])
    covariance = SILICA.covariance(theta, np.array([3.0]), np.array([3.0]))
    correlation = covariance / np.sqrt(np.outer(covariance.diagonal(), covariance.diagonal()))
    between = 0.7 * np.array([1.0, (1 - 3.0) / 4, 1.0])  # Si-Si with O-O, Si-Si with Si-O
    np.testing.assert_allclose([correlation[0, 2], correlation[0, 1], correlation[2, 0]], between)


def test_bonds_are_added_and_interpolated_exactly():
    """A bond of 0.02 Å is far too sharp for a grid with steps of 0.1 Å."""
    bonded = LogPairFunctions("SiO2", SILICA.onsets, bonds={"Si-O": Bond()})
    of_bond = np.log([1.613, 4.0, 0.02])
    theta, r = np.concatenate([THETA, of_bond]), np.arange(1.5, 1.7, 0.003)
    coarse, zeros = np.arange(0.1, 8.0, 0.1), np.zeros(3 * 79)
    near, without = (Tangent(prior, coarse, zeros, np.ones(zeros.size)) for prior in (bonded, SILICA))
    bond = Bond().mean(of_bond, r, DENSITY * 2 / 3)
    difference = near.mean(theta, r, DENSITY) - without.mean(THETA, r, DENSITY)
    np.testing.assert_allclose(difference.reshape(3, -1), [0 * r, bond, 0 * r], atol=1e-12)
    on_grid = np.tile(near.evaluate(theta, coarse, DENSITY).mean, (1, 1))
    interpolated = near.interpolated(theta, r, coarse, on_grid, DENSITY)[0]
    np.testing.assert_allclose(interpolated[1] - bond, near.curve(theta, r).reshape(3, -1)[1], atol=1e-9)


def test_a_combination_near_given_pair_functions_is_that_of_all():
    near, blocks = tangent(), np.kron(WEIGHTS, np.eye(GRID.size))
    moments, combination = near.evaluate(THETA, GRID, DENSITY), near.combined(WEIGHTS)
    np.testing.assert_allclose(combination.mean(THETA, GRID.copy(), DENSITY), blocks @ moments.mean, atol=1e-9)
    np.testing.assert_allclose(
        combination.covariance(THETA, GRID.copy(), GRID),
        blocks @ moments.covariance,
        atol=1e-9 * moments.covariance.max(),
    )
    variance = (blocks @ moments.covariance @ blocks.T).diagonal()
    np.testing.assert_allclose(combination.variance(THETA, GRID), variance, atol=1e-9 * variance.max())


def test_its_own_curves_are_interpolated_without_an_error():
    near, at = tangent(), np.linspace(2.5, 6.0, 100)
    result = near.interpolated(THETA, at, GRID, np.stack([near.g, 1.1 * near.g]), DENSITY)
    expected = near.curve(THETA, at).reshape(3, -1)
    np.testing.assert_allclose(result, [expected, 1.1 * expected], atol=1e-4)


def test_a_pair_that_the_composition_does_not_have_is_refused():
    with pytest.raises(ValueError, match="LogPairFunctions: 'Ge-O' is not a pair of SiO2: Si-Si, Si-O, O-O"):
        LogPairFunctions("SiO2", {"Ge-O": (1.0, 2.0)}).hyperparameters  # noqa: B018


def test_it_is_not_added_to_another_prior():
    with pytest.raises(ValueError, match="not added to another prior"):
        SILICA + Bond()
    with pytest.raises(ValueError, match="not added to another prior"):
        PairFunctions("SiO2") + SILICA


def test_results_that_it_caches_are_not_pickled():
    prior = LogPairFunctions("SiO2")
    prior.evaluate(thetas(prior, 1)[0], GRID)
    assert len(pickle.dumps(prior)) < 1000
