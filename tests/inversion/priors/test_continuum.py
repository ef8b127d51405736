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
