"""The decomposition of S_R."""

import numpy as np

from sklearn_wtrdf.inversion import (
    Continuum,
    Evidence,
    Posterior,
)
from tests.inversion.synthetic import (
    sine,
)


def explained_by(posterior):
    """Return what a curve and what is shared with a reference explain, by a sum over the grid."""
    observation = posterior.evidence.observation
    r, complete = observation.geometry.r, observation.complete
    density = posterior.hyperparameters["scale"] * observation.number_density
    return complete.shared + density * sine(complete.q, r) @ (posterior.g(r) - 1)


def test_s_r_is_the_sum_of_structure_systematic_errors_and_residual(observation, with_reference):
    evidence = Evidence(Continuum(), observation.without(np.array([20, 50])))
    free = Posterior(evidence, evidence.theta(onset=1.4, noise=0.02), n_draws=0)
    for posterior in (free, with_reference):
        parts = posterior.decomposition
        full = posterior.evidence.observation.complete
        np.testing.assert_array_equal(parts.q, full.q)
        np.testing.assert_array_equal(parts.s_r, full.s_r)
        np.testing.assert_allclose(parts.structure + parts.systematic + parts.residual, full.s_r, atol=1e-12)
        np.testing.assert_allclose(parts.structure, explained_by(posterior), atol=1e-3 * np.abs(full.s_r).max())
    assert np.flatnonzero(free.decomposition.excluded).tolist() == [20, 50]
    assert not with_reference.decomposition.excluded.any()
    certain = Posterior(Evidence(Continuum(), observation, systematic_errors=False), free.theta, n_draws=0)
    assert (certain.decomposition.systematic == 0).all()
