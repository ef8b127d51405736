import numpy as np
import pytest

from sklearn_wtrdf.inversion import Bond
from tests.inversion.priors.cases import DENSITY


def test_the_area_of_a_bond_is_its_number_of_neighbours():
    r = np.arange(0.5, 4, 0.001)
    for r_b, n, width in ((1.6, 4.0, 0.05), (2.4, 2.5, 0.1)):
        g = Bond().mean(np.log([r_b, n, width]), r, DENSITY)
        shell = 4 * np.pi * DENSITY * r**2 * g * 0.001
        assert shell.sum() == pytest.approx(n, rel=1e-6)
        assert (shell @ r) / n == pytest.approx(r_b, rel=1e-6)
        assert np.sqrt(shell @ (r - r_b) ** 2 / n) == pytest.approx(width, rel=1e-4)
