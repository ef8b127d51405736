"""Grids of r and modes of S_R."""

import numpy as np
import pytest

from sklearn_wtrdf.inversion import (
    Observation,
)
from tests.inversion.synthetic import (
    DENSITY,
)


def test_a_grid_beyond_memory_is_refused():
    with pytest.raises(ValueError, match="q must be in Å⁻¹"):
        Observation(np.linspace(1, 8000, 50), np.zeros(50), DENSITY, 0.05)
