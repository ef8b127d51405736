"""Checks of parameters and sizes."""

import numpy as np
import pytest

from sklearn_wtrdf import InversionRegressor, scattering_frame
from sklearn_wtrdf.inversion import Continuum
from tests.inversion.simulated import IGNORE_MISFIT, simulated

pytestmark = IGNORE_MISFIT


def test_a_prior_and_a_reused_fit_are_refused_with_references(binary):
    with pytest.raises(ValueError, match="prior: in a fit with a reference, the reference is the prior"):
        InversionRegressor(prior=Continuum()).fit(binary.data, binary.target)
    with pytest.raises(ValueError, match=r"refit: with a reference, .* must be 'each'"):
        InversionRegressor(refit="never").fit(binary.data, binary.target)


def test_bad_counts_of_samples_are_refused(free, X):
    for bad in (0, 1.5, "many"):
        with pytest.raises(ValueError, match="n_samples must be an integer"):
            free.sample(X, bad)


@pytest.mark.filterwarnings("ignore:r reaches 1000 Å")  # and then refused
def test_absurd_sizes_are_refused_before_memory_is_allocated(silica, X, free):
    _, s = simulated()
    q, s_r, density = silica.q, silica.q * (s - 1), silica.number_density
    for rows, message in (
        (scattering_frame(silica.r, q, 1e30 * s_r, density), r"S_R is as large as .*e\+30"),
        (
            scattering_frame(silica.r, np.linspace(5, 200, q.size), s_r, density),
            "q ends at 200 .* nm⁻¹, divide it by 10",
        ),
        (scattering_frame([2.0, 1000.0], q, s_r, density), "r reaches 1000, .* in pm, divide it by 100"),
    ):
        with pytest.raises(ValueError, match=message):
            InversionRegressor().fit(rows)
        with pytest.raises(ValueError, match=message):
            InversionRegressor().fit(rows, np.ones(len(rows)))
    with pytest.raises(ValueError, match="r reaches 1000"):
        free.predict(X.assign(r=1000.0))
    with pytest.raises(ValueError, match="S_R is as large as"):
        free.reconstruct([2.0], free.q_, 1e30 * s_r)
    with pytest.raises(ValueError, match="r reaches 1000"):
        free.reconstruct([1000.0], free.q_, s_r)
    with pytest.raises(ValueError, match="'noise' parameter"):
        InversionRegressor(noise=1e30).fit(X)
    with pytest.raises(ValueError, match="r_max"):
        InversionRegressor(r_max=1e30).fit(X)
