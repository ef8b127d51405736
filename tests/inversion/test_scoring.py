"""The search for a maximum of the evidence."""

import numpy as np

from sklearn_wtrdf.inversion import (
    Continuum,
    Evidence,
)
from sklearn_wtrdf.inversion.scoring import maximize
from sklearn_wtrdf.inversion.selection import starting_points


def test_a_search_ends_at_a_maximum_within_the_bounds(observation):
    evidence = Evidence(Continuum(onset=(2.0, 3.0), length=(0.1, 0.2)), observation)
    for start in starting_points(evidence)[::4]:
        theta = maximize(evidence, start, tolerance=1e-9).theta
        assert np.all((evidence.low <= theta) & (theta <= evidence.high))
        gradient = evidence(theta)[1]
        held = ((theta == evidence.low) & (gradient > 0)) | ((theta == evidence.high) & (gradient < 0))
        np.testing.assert_allclose(gradient[~held & (evidence.low < evidence.high)], 0, atol=1e-3)
