import numpy as np
import pytest

from sklearn_wtrdf.inversion import Oscillation


def test_an_oscillation_has_its_period_decays_and_does_not_change_the_first_shell():
    prior, k, decay = Oscillation(wavenumber=(1.6, 2.5)), 2.0, 6.0
    theta = np.log([0.3, decay, k])
    r = np.arange(7.0, 20.0, 0.01)
    a = np.sqrt(prior.variance(theta, r)) * r
    np.testing.assert_allclose(np.diff(np.log(a)), -0.01 / decay, rtol=1e-3)
    correlation = prior.covariance(theta, r, r[:1])[:, 0] * r * r[0] / (a * a[0])
    period = 2 * np.pi / k
    assert r[100:][correlation[100:].argmax()] - r[0] == pytest.approx(period, rel=0.1)
    assert correlation[int(period / 0.01)] > 0.5  # neighbouring shells are in phase
    assert np.abs(correlation[r - r[0] > 2 * decay]).max() < 0.01  # distant ones are not
    assert np.sqrt(prior.variance(theta, np.array([2.8, 3.5]))).max() < 1e-2
