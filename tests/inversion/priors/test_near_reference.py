import numpy as np
import pytest
from sklearn.base import clone

from sklearn_wtrdf import Curve, Pattern
from sklearn_wtrdf.inversion import NearReference, Reference
from tests.inversion.priors.cases import DENSITY, NEAR_REFERENCE, REFERENCE, R, beginning, thetas


@pytest.mark.parametrize("prior", NEAR_REFERENCE, ids=beginning)
def test_a_prior_near_a_reference_is_copied(prior):
    copy = clone(prior)
    assert copy.hyperparameters == prior.hyperparameters
    theta = thetas(prior, 1)[0]
    np.testing.assert_array_equal(copy.mean(theta, R, DENSITY), prior.mean(theta, R, DENSITY))


@pytest.mark.parametrize("onset", [None, 1.5, 2.4])
def test_near_a_reference_g_is_0_below_the_onset(onset):
    prior = NearReference(REFERENCE, onset=onset)
    theta = np.log([0.3, 0.4])
    below = (REFERENCE.onset if onset is None else onset) - np.array([0.01, 0.5, 1.2])
    assert (prior.mean(theta, below, DENSITY) == 0).all()
    assert (prior.variance(theta, below) == 0).all()
    assert (prior.covariance(theta, below, R) == 0).all()


def test_near_a_reference_g_is_its_own_and_1_beyond_it():
    prior, theta, (amplitude, _) = NearReference(REFERENCE), np.log([0.3, 0.4]), (0.3, 0.4)
    inside = REFERENCE.curve.r[REFERENCE.curve.r > REFERENCE.onset]
    np.testing.assert_allclose(prior.mean(theta, inside, DENSITY), REFERENCE.at(inside), atol=1e-12)
    beyond = np.array([6.0, 9.0, 15.0])
    np.testing.assert_array_equal(prior.mean(theta, beyond, DENSITY), 1)
    np.testing.assert_allclose(np.sqrt(prior.variance(theta, beyond)), amplitude * 2.5 / beyond)  # that of β alone


def test_near_a_reference_an_uncertain_height_is_that_of_the_peak():
    r = np.array([2.0, 2.5, 3.0, 3.5])
    flat, high = (
        Reference(Pattern([1, 2], [0, 0], number_density=DENSITY), Curve(r, np.array([1.0, height, 1.0, 1.0])))
        for height in (1.0, 5.0)
    )
    theta = np.log([0.1, 0.4])
    of_flat, of_high = (NearReference(item, onset=1.0).variance(theta, r) for item in (flat, high))
    np.testing.assert_allclose((of_high - of_flat)[1], (0.1 * 1.3) ** 2 * (5**2 - 1))
    np.testing.assert_allclose((of_high - of_flat)[[0, 2, 3]], 0, atol=1e-15)
