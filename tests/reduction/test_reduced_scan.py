"""The contributions of a reduced scan."""

import numpy as np
import pytest

from sklearn_wtrdf import Composition
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.reduction.normalization import reduce_scan
from sklearn_wtrdf.reduction.scattering_model import ScatteringModel


@pytest.mark.parametrize("normalization", ["evidence", "integral", "high-q"])
def test_the_contributions_of_a_scan_add_up_to_its_s(normalization):
    """I = ⟨|f|²⟩ + |⟨f⟩|² (S − 1) + Compton scattering, in electron units."""
    silica = load_material("silica", weighting="x-ray", q_max=8)
    expected = ScatteringModel.of(Composition("SiO2"), silica.q, 1.5419)
    counts = expected.mean_of_square + expected.square_of_mean * (silica.s - 1) + expected.compton
    counts = 1000 * expected.transmission * expected.polarization * counts
    scan = reduce_scan(expected, silica.number_density, counts, 100 * counts, normalization=normalization)
    of_structure = scan.measured - scan.coherent - scan.compton
    np.testing.assert_allclose(scan.s_r, silica.q * of_structure / expected.square_of_mean, atol=1e-9)
    assert (scan.estimate is not None) == (normalization == "evidence")
