"""The posterior of g under a prior, compared with plain Gaussian algebra and synthetic patterns with known g."""

import warnings

import numpy as np
import pytest
from scipy import interpolate

from sklearn_wtrdf import InversionRegressor, scattering_frame
from sklearn_wtrdf.datasets import load_ag_ge_se, load_material
from sklearn_wtrdf.inversion import (
    Bond,
    Continuum,
    Evidence,
    Observation,
    Posterior,
    fit_hyperparameters,
    fit_with_reference,
)
from sklearn_wtrdf.inversion.posterior import UNRESOLVED_WIDENING
from sklearn_wtrdf.inversion.scoring import maximize
from tests.inversion.synthetic import (
    DENSITY,
    Q,
    glass,
    shell_and_continuum,
    sine,
    systematic_errors,
)


def test_with_a_reference_it_is_gaussian_process_regression(with_reference):
    reference, values = glass(0), with_reference.hyperparameters
    observation = with_reference.evidence.observation
    q, s_r, r = observation.q, observation.s_r, observation.geometry.r
    # g_ref (1 + α) + β, and the statistical errors of the reference: once for each of the two materials.
    inside = (r >= reference.curve.r[0]) & (r <= reference.curve.r[-1])
    known = np.zeros(r.size)
    known[inside] = interpolate.pchip_interpolate(reference.curve.r, reference.curve.g, r[inside])
    onset = reference.curve.r[np.argmax(reference.curve.g > 0.5)] - 0.2
    distance = np.abs(r[:, None] - r)

    def matern(length):
        x = np.sqrt(5) * distance / length
        return (1 + x + x**2 / 3) * np.exp(-x)

    new = np.where(r >= onset, 2.5 / r, 0.0)
    prior = np.outer(new, new) * matern(values["length"])
    prior += 1.3**2 * np.outer(known, known) * matern(2 * values["length"])
    prior *= values["amplitude"] ** 2
    uneven = np.sqrt(known) / r
    nearby = np.exp(-((distance / np.median(np.diff(reference.curve.r))) ** 2) / 2)
    prior += 2 * reference.roughness**2 * np.outer(uneven, uneven) * nearby
    mean = np.where(r > reference.curve.r[-1], 1.0, known)
    # The part of its own S_R that g of the reference does not explain is the same here.
    shared = reference.pattern.s_r - reference.number_density * sine(q, r) @ (mean - 1)
    transform = values["scale"] * load_ag_ge_se(10).number_density * sine(q, r)
    covariance = transform @ prior @ transform.T + np.diag((values["noise"] * q) ** 2)
    covariance += with_reference.evidence.systematic_errors * values["systematic"] ** 2 * systematic_errors(q)
    gain = np.linalg.solve(covariance, transform @ prior).T
    free = mean + gain @ (s_r - shared - transform @ (mean - 1))
    np.testing.assert_allclose(with_reference.component.free, free, atol=1e-4)
    left = (prior - gain @ transform @ prior).diagonal()
    np.testing.assert_allclose(with_reference.component.gaussian.variance(r), np.maximum(left, 0), atol=1e-6)


def test_s_r_of_the_reference_reproduces_the_reference():
    reference = glass(0)
    material = load_ag_ge_se(0)
    own = fit_with_reference(reference, Observation(material.q, material.s_r, material.number_density, 0.01))
    np.testing.assert_allclose(own.g(reference.curve.r), reference.curve.g, atol=1e-4)


def test_the_same_s_r_has_the_same_curve_and_another_its_own(observation):
    evidence = Evidence(Continuum(), observation)
    theta = evidence.theta(onset=1.4, noise=0.02)
    posterior, r = Posterior(evidence, theta), np.arange(0.5, 12, 0.03)
    again = posterior.given(Observation(Q, observation.s_r.copy(), DENSITY, 0.05))
    np.testing.assert_array_equal(again.g(r), posterior.g(r))
    np.testing.assert_array_equal(again.std(r), posterior.std(r))
    assert again.log_evidence == posterior.log_evidence
    s_r = shell_and_continuum(r_b=1.7)[0]
    for other in (  # that can be solved alike, and that cannot
        Observation(Q, s_r, DENSITY, 0.05),
        Observation(Q, s_r, DENSITY, 0.05).without(np.array([3, 40])),
        Observation(Q, s_r, 1.1 * DENSITY, 0.05),
        Observation(Q, s_r, DENSITY, 0.05, r_max=15.0),
    ):
        given, fresh = posterior.given(other), Posterior(Evidence(Continuum(), other), theta, n_draws=0)
        np.testing.assert_allclose(given.g(r), fresh.g(r), atol=1e-12)
        assert np.abs(given.g(r) - posterior.g(r)).max() > 0.1
        certain = Posterior(evidence, theta, n_draws=0).given(other)
        np.testing.assert_allclose(certain.std(r), fresh.std(r), atol=1e-12)
        np.testing.assert_allclose(given.standardized_residuals, fresh.standardized_residuals, atol=1e-9)
        np.testing.assert_allclose(given.decomposition.residual, fresh.decomposition.residual, atol=1e-12)


def test_intervals_of_hyperparameters_are_those_of_the_curvature(observation):
    prior = Continuum(onset=1.4, steepness=20.0, decay=4.0, growth=0.2, first_shell=0.5, first_width=0.4)
    evidence = Evidence(prior, observation, systematic_errors=False)
    theta = maximize(evidence, evidence.start).theta
    free = [evidence.names.index(name) for name in ("amplitude", "length", "noise", "scale")]
    step, units = 1e-3, np.eye(theta.size)[free]
    curvature = [
        [
            sum(a * b * evidence.value(theta + step * (a * item + b * other)) for a in (-1, 1) for b in (-1, 1))
            / (4 * step**2)
            for other in units
        ]
        for item in units
    ]
    expected = np.sqrt(np.linalg.inv(curvature).diagonal())
    log_std = Posterior(evidence, theta).log_std
    np.testing.assert_allclose([log_std[evidence.names[i]] for i in free], expected, rtol=0.02)
    assert log_std["onset"] == log_std["decay"] == 0  # they are fixed


def test_the_deviation_of_samples_is_that_of_the_band(observation):
    evidence = Evidence(Continuum() + Bond(), observation)
    theta = evidence.theta(onset=2.4, noise=0.01, neighbours=3.0, width=0.05)
    posterior = Posterior(evidence, theta, n_draws=0)
    r, draws, densities = posterior.sample(80, np.random.RandomState(0))
    assert (densities == posterior.number_density).all()
    assert (draws >= 0).all()
    peak = (r > 3) & (r < 5)
    np.testing.assert_allclose(draws.std(axis=0)[peak].mean(), posterior.std(r)[peak].mean(), rtol=0.25)


def test_a_given_prior_is_used_and_excludes_a_reference():
    s_r = shell_and_continuum()[0]
    X = scattering_frame(np.arange(1, 6, 0.02), Q, s_r, number_density=DENSITY)
    model = InversionRegressor(reference=False, prior=Continuum() + Bond(r=(1.5, 1.7), neighbours=3.0)).fit(X)
    g = model.predict(X)
    assert X["r"][g.argmax()] == pytest.approx(1.6, abs=0.025)
    with pytest.raises(ValueError, match="prior: in a fit with a reference, the reference is the prior"):
        InversionRegressor(prior=Continuum()).fit(X, g)
    with pytest.raises(ValueError, match="'prior' parameter"):
        InversionRegressor(reference=False, prior="molecule").fit(X)


def test_curves_of_a_bond_alone_are_drawn_without_a_warning():
    s_r, *_ = shell_and_continuum()
    model = InversionRegressor(prior=Bond())
    X = scattering_frame(np.arange(1.0, 3.0, 0.02), Q, s_r, DENSITY)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a bond alone does not describe it
        assert np.isfinite(model.fit(X).sample(X, 2)).all()


@pytest.mark.parametrize("name", ["benzene", "water", "silica", "argon", "rubidium"])
def test_bands_of_unresolved_bonds_are_wider(name):
    """Benzene has C-H and C-C bonds, which q up to 8 does not separate."""
    material = load_material(name, weighting="neutron", q_max=8.0)
    q, r = material.q, np.arange(1.0, 10.0, 0.02)
    s_r = material.s_r + 0.01 * q * np.random.default_rng(0).normal(size=q.size)
    posterior = fit_hyperparameters(Observation(q, s_r, material.number_density, 0.03))
    of_both = [posterior.widening, *(part.widening for part in (posterior.first, posterior.second))]
    assert of_both == [UNRESOLVED_WIDENING if name == "benzene" else 1.0] * 3
    assert posterior.given(posterior.evidence.observation).second.widening == of_both[0]
    deviation = np.abs(posterior.g(r) - np.interp(r, material.r, material.target))
    assert np.mean(deviation < 1.645 * posterior.std(r)) > 0.75
    _, curves, _ = posterior.sample(200, np.random.RandomState(0), end=4.0)
    sampled = np.arange(1, curves.shape[1] + 1) * 0.01
    ratio = curves.std(axis=0)[sampled > 1] / posterior.std(sampled[sampled > 1])
    assert 0.75 < np.median(ratio) < 1.25


def test_bands_under_a_given_prior_are_those_of_the_prior():
    """It was not compared with a bond."""
    silica = load_material("silica", weighting="neutron", q_max=8.0)
    observation = Observation(silica.q, silica.s_r, silica.number_density, 0.03)
    assert fit_hyperparameters(observation, Continuum()).widening == 1.0
