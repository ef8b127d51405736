"""The search for a maximum of the evidence."""

import numpy as np

from sklearn_wtrdf.inversion import (
    Continuum,
    Evidence,
)
from sklearn_wtrdf.inversion.scoring import best_of, maximize
from sklearn_wtrdf.inversion.selection import starting_points


def test_a_search_ends_at_a_maximum_within_the_bounds(observation):
    evidence = Evidence(Continuum(onset=(2.0, 3.0), length=(0.1, 0.2)), observation)
    for start in starting_points(evidence)[::4]:
        theta = maximize(evidence, start, tolerance=1e-9).theta
        assert np.all((evidence.low <= theta) & (theta <= evidence.high))
        gradient = evidence(theta)[1]
        held = ((theta == evidence.low) & (gradient > 0)) | ((theta == evidence.high) & (gradient < 0))
        np.testing.assert_allclose(gradient[~held & (evidence.low < evidence.high)], 0, atol=1e-3)


def test_a_search_far_from_a_known_maximum_ends_early(observation):
    evidence = Evidence(Continuum(), observation)
    start = starting_points(evidence)[0]
    alone = maximize(evidence, start)
    assert maximize(evidence, start, known=alone.value + 1e6).value == alone.value
    assert maximize(evidence, start, known=alone.value - 1e6).value > alone.value


def test_no_search_alone_ends_at_a_greater_maximum_than_all(observation):
    evidence = Evidence(Continuum(), observation)
    starts = starting_points(evidence)[::3]
    values = evidence.values(starts)
    alone = maximize(evidence, starts[int(np.argmin(values))])
    assert best_of(evidence, starts, len(starts)).value <= alone.value
