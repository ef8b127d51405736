"""The decomposition of S_R."""

import numpy as np
import pandas as pd

from sklearn_wtrdf import InversionRegressor
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.inversion import Bond, Continuum, Evidence, Posterior
from tests.inversion.simulated import IGNORE_MISFIT, frame, simulated, warned
from tests.inversion.synthetic import sine

pytestmark = IGNORE_MISFIT


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


def test_systematic_errors_are_distinguished_from_structure(silica):
    x = 2 * silica.q / silica.q[-1] - 1
    error = 0.05 - 0.04 * x + 0.03 * x**2
    rows = frame(silica, simulated()[1] + error)
    model = InversionRegressor(prior=Continuum() + Bond(r=(1.4, 1.9))).set_params(refit="never")
    (parts,) = warned(lambda: model.fit(rows))[1].decompose(rows)
    np.testing.assert_allclose(parts.systematic / silica.q, error, atol=0.02)
    np.testing.assert_allclose(parts.structure + parts.systematic + parts.residual, parts.s_r, atol=1e-12)
    assert np.abs(model.predict(rows) - silica.target[30::3]).mean() < 0.07
    deaf = InversionRegressor(prior=model.prior, systematic_errors=False)
    assert (warned(lambda: deaf.fit(rows))[1].decompose(rows)[0].systematic == 0).all()


def test_the_residual_is_what_neither_structure_nor_systematic_errors_explain(X, free, silica):
    (parts,) = free.decompose(X)
    np.testing.assert_array_equal(free.residual_, [parts.residual])
    noise = simulated()[1] - silica.s
    assert np.corrcoef(free.residual_[0] / silica.q, noise)[0, 1] > 0.8
    np.testing.assert_allclose(free.residual_[0].std(), (silica.q * noise).std(), rtol=0.2)  # g takes some


def test_decompositions_are_in_the_order_of_x(model):
    glasses = [load_ag_ge_se(x) for x in (20, 5)]
    parts = model.decompose(pd.concat([glass.data for glass in glasses]))
    for part, glass in zip(parts, glasses, strict=True):
        np.testing.assert_array_equal(part.s_r, glass.s_r)
    assert model.residual_.size == 0
    assert model.fitted_materials_ == []
