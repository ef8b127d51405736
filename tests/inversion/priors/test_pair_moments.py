import numpy as np
import pytest

from sklearn_wtrdf.inversion import PairFunctions
from tests.inversion.priors.cases import DENSITY, PAIRS, R, check_moments, thetas


@pytest.mark.parametrize("prior", PAIRS, ids=repr)
def test_the_evidence_needs_blocks_of_the_covariance_alone(prior):
    for theta in thetas(prior, 2):
        check_moments(prior, theta, R[::4])


def test_points_far_below_an_onset_are_left_out():
    prior = PairFunctions("SiO2", {"Si-O": 1.4, "O-O": 2.3, "Si-Si": 3.0})
    moments = prior.evaluate(thetas(prior, 1)[0], R, DENSITY)
    sizes = [len(moments.kernels[i, i]) for i in range(3)]
    by_name = dict(zip([pair.name for pair in prior.pairs], sizes, strict=True))
    assert by_name["Si-Si"] < by_name["O-O"] < by_name["Si-O"] <= R.size
    variances = moments.covariance.diagonal().reshape(3, -1)
    assert [int((of_pair > 0).sum()) for of_pair in variances] == sizes
    expected = np.square([shape.width for shape in prior._shapes(thetas(prior, 1)[0], R)])
    np.testing.assert_allclose(variances, expected, atol=1e-15 * expected.max())
