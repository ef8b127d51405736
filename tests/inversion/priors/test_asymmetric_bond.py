import numpy as np
import pytest

from sklearn_wtrdf.inversion import AsymmetricBond, Bond
from tests.inversion.priors.cases import DENSITY, R


@pytest.mark.parametrize(("width", "tail"), [(0.04, 0.02), (0.02, 0.1), (0.2, 0.05)])
def test_an_asymmetric_bond_has_the_moments_of_a_gaussian_and_an_exponential_distribution(width, tail):
    r, n, r_b = 0.001 * np.arange(1, 6000), 4.0, 1.74
    g = AsymmetricBond().mean(np.log([r_b, n, width, tail]), r, DENSITY)
    distribution = 4 * np.pi * r**2 * DENSITY * g * 0.001 / n
    mean = (distribution * r).sum()
    moments = [(distribution * (r - mean) ** k).sum() for k in (2, 3)]
    np.testing.assert_allclose(
        [distribution.sum(), mean, *moments], [1, r_b, width**2 + tail**2, 2 * tail**3], rtol=1e-3
    )


def test_an_asymmetric_bond_without_a_tail_is_a_bond():
    theta = np.log([1.74, 4.0, 0.1])
    without = Bond().mean(theta, R, DENSITY)
    with_tail = AsymmetricBond().mean(np.append(theta, np.log(0.003)), R, DENSITY)
    np.testing.assert_allclose(with_tail, without, atol=1e-3 * without.max())
