"""Warnings where an inversion does not describe its S_R."""

import re

import numpy as np
import pytest

from sklearn_wtrdf import InversionRegressor, scattering_frame
from sklearn_wtrdf.datasets import load_ag_ge_se, load_material
from sklearn_wtrdf.inversion import Bond, Continuum, Evidence, Observation, Posterior
from sklearn_wtrdf.inversion.diagnostics import check_fit
from tests.inversion.simulated import IGNORE_MISFIT, frame, simulated, warned
from tests.inversion.synthetic import DENSITY, shell_and_continuum

pytestmark = IGNORE_MISFIT


@pytest.mark.filterwarnings("ignore:S has a systematic error")
def test_a_series_unlike_the_fitted_material_is_reported(X):
    model = InversionRegressor(refit="never").fit(X)
    other = load_material("amorphous-silicon", q_max=12)
    s_r = np.interp(model.q_, other.q, other.q * (other.s - 1))
    with pytest.warns(UserWarning, match="hyperparameters do not fit this pattern"):
        model.reconstruct([2.0], model.q_, s_r, other.number_density)


@pytest.mark.parametrize("name", ["silica", "argon", "sodium-chloride"])
def test_good_data_raise_no_warning(name):
    material, s = simulated(name, seed=1)
    rows = frame(material, s)
    model = InversionRegressor()
    assert warned(lambda: model.fit(rows))[0] == []
    message, (g, std) = warned(lambda: model.predict(rows, return_std=True))
    assert message == []
    uncertainty = np.hypot(std, material.target_std[30::3])  # the simulation's own included
    assert (np.abs(g - material.target[30::3]) <= 1.645 * uncertainty).mean() > 0.8


def test_a_references_own_pattern_raises_no_warning(model, binary):
    assert warned(lambda: model.predict(binary.data))[0] == []


@pytest.mark.parametrize(("factor", "estimate"), [(2.0, 0.49), (0.5, 1.9)])
@pytest.mark.parametrize("x", [10, 15])
def test_a_wrong_density_of_a_sample_is_reported_with_a_reference(x, factor, estimate, model):
    glass = load_ag_ge_se(x)
    right, wrong = (
        scattering_frame(glass.r, glass.q, glass.s_r, density)
        for density in (glass.number_density, factor * glass.number_density)
    )
    assert warned(lambda: model.predict(right))[0] == []
    [message] = warned(lambda: model.predict(wrong))[0]
    found = re.search(r"number density, seems to be wrong by a factor of ([\d.]+): S gives", message)
    assert float(found[1]) == pytest.approx(estimate, rel=0.15)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda s: s + 0.05, "S has a systematic error"),
        (lambda s: 1.05 * s, "S has a systematic error"),
        (lambda s: 1 + 1.2 * (s - 1), "wrong by a factor of 1.2: S gives 0.07"),
    ],
    ids=["offset", "scale", "scale of the structure"],
)
@pytest.mark.slow
def test_a_wrong_offset_of_s_is_reported_and_has_little_effect(spoil, message, X, silica, free):
    y = silica.target[30::3]
    rows = frame(silica, spoil(simulated()[1]))
    messages, model = warned(lambda: InversionRegressor().fit(rows))
    assert any(message in item for item in messages)
    assert np.abs(model.predict(rows) - y).mean() < 2.5 * np.abs(free.predict(X) - y).mean()


@pytest.mark.parametrize(("size", "is_reported"), [(0.0, False), (0.03, True)])
def test_residuals_that_neighbours_share_are_reported(size, is_reported):
    """An oscillation of S beyond r_max is neither structure nor noise, unless the model has correlated errors."""
    q = np.arange(0.6, 10.001, 0.05)
    noise = 0.01 * q * np.random.default_rng(0).normal(size=q.size)
    s_r = shell_and_continuum(q)[0] + noise + size * q * np.sin(14 * q)
    evidence = Evidence(Continuum() + Bond(r=(1.5, 1.7)), Observation(q, s_r, DENSITY, 0.05, r_max=10))
    theta = evidence.theta(onset=2.3, r=1.6, neighbours=3.0, width=0.05, noise=0.02, correlated=1e-4)
    messages = [str(message) for message in check_fit(Posterior(evidence, theta))]
    assert any("not noise: neighbouring points are correlated" in message for message in messages) == is_reported
