import numpy as np
import pytest

from sklearn_wtrdf.inversion import Continuum
from tests.inversion.priors.cases import DENSITY


def test_there_are_no_atoms_before_the_onset_and_g_tends_to_1():
    prior = Continuum()
    theta = np.log([item.start for item in prior.hyperparameters])
    near, far = np.array([0.5, 1.0]), np.array([30.0])
    assert prior.mean(theta, near, DENSITY).max() < 1e-6
    assert prior.variance(theta, near).max() < 1e-10
    assert prior.mean(theta, far, DENSITY)[0] == pytest.approx(1)
    assert prior.variance(theta, far)[0] < 1e-6


def test_correlation_lengths_are_constant_in_the_rigid_range_and_grow_beyond_it():
    prior = Continuum(onset=1.0, length=0.1, growth=0.5, first_width=0.5, rigid=2.0)
    theta = np.log([item.start for item in prior.hyperparameters])

    def correlation(r, step=0.1):
        pair = np.array([r, r + step])
        return prior.covariance(theta, pair, pair)[0, 1] / np.sqrt(np.prod(prior.variance(theta, pair)))

    within = correlation(1.3)
    assert correlation(1.8) == pytest.approx(within)
    assert within < correlation(2.3) < correlation(3.0)


@pytest.mark.parametrize("rigid", [-1.0, np.nan, np.inf, "2", None])
def test_a_rigid_range_that_is_no_number_from_zero_on_is_refused(rigid):
    with pytest.raises(ValueError, match=r"Continuum: rigid must be a number from 0 on, got "):
        Continuum(rigid=rigid).hyperparameters  # noqa: B018
