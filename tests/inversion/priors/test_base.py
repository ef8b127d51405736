"""What every prior has to be."""

import numpy as np
import pytest
from sklearn.base import clone

from sklearn_wtrdf.inversion import AsymmetricBond, Bond, Continuum, LogContinuum, Oscillation
from tests.inversion.priors.cases import DENSITY, NEAR_REFERENCE, R, beginning, check_moments, thetas

WRITTEN = [
    Continuum(),
    Continuum(onset=(1.2, 2.0), decay=3.0),
    Bond(),
    Bond(r=(1.4, 1.9)),
    Continuum(rigid=2.0),
    AsymmetricBond(r=(1.4, 1.9)),
    Continuum() + Bond(),
    Continuum() + Bond(r=1.6) + Bond(r=(2.2, 2.6)),
    Oscillation(),
    Continuum() + Oscillation(wavenumber=(1.6, 2.5)),
    LogContinuum(),  # of log g
]
WRITABLE = (AsymmetricBond, Bond, Continuum, LogContinuum, Oscillation)
PRIORS = [*WRITTEN, *NEAR_REFERENCE]


@pytest.mark.parametrize("prior", PRIORS, ids=beginning)
def test_a_prior_is_a_gaussian_process(prior):
    for theta in thetas(prior):
        moments = prior.evaluate(theta, R, DENSITY)
        np.testing.assert_allclose(moments.covariance, moments.covariance.T, atol=1e-14)
        assert np.linalg.eigvalsh(moments.covariance).min() > -1e-9 * max(moments.covariance.max(), 1e-9)
        np.testing.assert_allclose(prior.variance(theta, R), moments.covariance.diagonal(), rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(prior.mean(theta, R, DENSITY), moments.mean, rtol=1e-12)
        other = np.array([0.9, 2.345, 5.0])
        both = prior.covariance(theta, np.append(R, other), np.append(R, other))
        np.testing.assert_allclose(both[: R.size, : R.size], moments.covariance, atol=1e-12)
        np.testing.assert_allclose(prior.covariance(theta, R, other), both[: R.size, R.size :], atol=1e-12)


@pytest.mark.parametrize("prior", PRIORS, ids=beginning)
def test_derivatives_are_those_of_finite_differences(prior):
    for theta in thetas(prior, 2):
        check_moments(prior, theta, R)


@pytest.mark.parametrize("prior", WRITTEN, ids=repr)
def test_a_prior_can_be_rebuilt_from_its_repr_and_cloned(prior):
    again = eval(repr(prior), {prior.__name__: prior for prior in WRITABLE})
    assert repr(again) == repr(prior)
    assert again.hyperparameters == prior.hyperparameters == clone(prior).hyperparameters


@pytest.mark.parametrize("setting", [-1.0, 0.0, (2.0, 1.0), (0.0, 1.0), "wide", (1.0, np.inf)])
def test_settings_that_are_no_bounds_are_refused(setting):
    with pytest.raises(ValueError, match="Continuum: decay must be None, a positive number or"):
        _ = Continuum(decay=setting).hyperparameters
    with pytest.raises(TypeError):
        Continuum() + 1.0
