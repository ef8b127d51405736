import numpy as np
import pytest

from sklearn_wtrdf.inversion import Bond, Continuum, PairFunctions
from tests.inversion.priors.cases import DENSITY, PAIRS, R, thetas


@pytest.mark.parametrize("prior", PAIRS, ids=repr)
def test_pair_functions_are_a_gaussian_process(prior):
    """On a grid, one after the other, and any linear combination of them."""
    r, n = R[::4], len(prior.pairs)
    weights = np.random.default_rng(2).normal(size=n)
    combination = prior.combined(weights)
    for theta in thetas(prior, 2):
        moments = prior.evaluate(theta, r, DENSITY)
        np.testing.assert_allclose(moments.covariance, moments.covariance.T, atol=1e-14)
        assert np.linalg.eigvalsh(moments.covariance).min() > -1e-9 * moments.covariance.max()
        np.testing.assert_allclose(prior.mean(theta, r, DENSITY), moments.mean, rtol=1e-12)
        blocks = np.kron(weights, np.eye(r.size))
        np.testing.assert_allclose(combination.mean(theta, r, DENSITY), blocks @ moments.mean, atol=1e-10)
        np.testing.assert_allclose(combination.covariance(theta, r, r), blocks @ moments.covariance, atol=1e-7)
        variance = (blocks @ moments.covariance @ blocks.T).diagonal()
        np.testing.assert_allclose(combination.variance(theta, r), variance, atol=1e-10)


def test_a_single_pair_function_is_a_continuum():
    single, continuum = PairFunctions("Ar"), Continuum()
    names = [hyperparameter.name for hyperparameter in single.hyperparameters]
    theta = np.log([hyperparameter.start for hyperparameter in single.hyperparameters]) + 0.1
    same = theta[[names.index(hyperparameter.name) for hyperparameter in continuum.hyperparameters]]
    moments, expected = single.evaluate(theta, R, DENSITY), continuum.evaluate(same, R, DENSITY)
    np.testing.assert_allclose(moments.mean, expected.mean, rtol=1e-12)
    np.testing.assert_allclose(moments.covariance, expected.covariance, rtol=1e-12, atol=1e-7)


def test_a_bond_of_a_pair_counts_the_atoms_of_the_second_element():
    """Its area is N / (4π ρ₀ c_B)."""
    prior = PairFunctions("SiO2", bonds={"Si-O": Bond(r=1.6, neighbours=4.0, width=0.05)})
    without = PairFunctions("SiO2")
    r = np.arange(0.01, 3.0, 0.01)
    theta = np.log([hyperparameter.start for hyperparameter in prior.hyperparameters])
    mean = prior.mean(theta, r, DENSITY) - without.mean(theta[:-3], r, DENSITY)
    areas = 4 * np.pi * DENSITY * (r**2 * mean.reshape(3, -1)).sum(axis=1) * 0.01
    np.testing.assert_allclose(areas, [0, 4 / (2 / 3), 0], atol=1e-6)


def test_pair_functions_are_not_added_to_a_single_g():
    with pytest.raises(ValueError, match="pass bonds and onsets"):
        PairFunctions("SiO2") + Bond()


def test_a_pair_that_the_composition_does_not_have_is_refused():
    with pytest.raises(ValueError, match="'Si-N' is not a pair of SiO2: Si-Si, Si-O, O-O"):
        PairFunctions("SiO2", bonds={"Si-N": Bond()}).hyperparameters  # noqa: B018
