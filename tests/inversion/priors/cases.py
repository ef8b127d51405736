"""Priors of the tests: distances, a density, a reference, and hyperparameters."""

import numpy as np

from sklearn_wtrdf import Curve
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.inversion import AsymmetricBond, Bond, NearReference, PairFunctions, Reference

R = 0.07 * np.arange(1, 120)  # Å
DENSITY = 0.05  # Å⁻³
GLASS = load_ag_ge_se(0)
REFERENCE = Reference(GLASS.pattern, Curve(GLASS.r, GLASS.target))
NEAR_REFERENCE = [
    NearReference(REFERENCE),
    NearReference(REFERENCE, amplitude=(0.01, 1.0), onset=1.5),
    NearReference(REFERENCE, length=0.5) + Bond(),
]


PAIRS = [
    PairFunctions("SiO2"),
    PairFunctions("SiO2", {"O-O": (2.0, 3.2)}, {"Si-O": Bond(r=(1.5, 1.8))}),
    PairFunctions("SiO2", bonds={"Si-O": AsymmetricBond(r=(1.5, 1.8))}),
    PairFunctions("Na2Si2O5", bonds={"Si-O": Bond(), "Na-O": Bond(r=2.3)}),
]


def beginning(prior):
    """Return the beginning of the text of a prior, because that of a reference is long."""
    return repr(prior)[:60]


def thetas(prior, n=4):
    """Return logarithms of hyperparameters near their starting values, of shape (n, n_hyperparameters)."""
    low, high = (np.log([getattr(item, end) for item in prior.hyperparameters]) for end in ("low", "high"))
    start = np.log([item.start for item in prior.hyperparameters])
    drawn = start + np.random.default_rng(0).normal(size=(n, start.size)) * 0.2
    return np.clip(drawn, low, high)


def check_moments(prior, theta, r):
    """Check what the evidence is computed from against the covariance, and its derivatives by finite differences."""
    random, moments = np.random.default_rng(1), prior.evaluate(theta, r, DENSITY)
    transform, vector, by_mean = random.normal(size=(7, moments.mean.size)), *random.normal(size=(2, moments.mean.size))
    scale = np.abs(moments.covariance).max()
    in_modes = transform @ moments.covariance @ transform.T
    np.testing.assert_allclose(moments.in_modes(transform), in_modes, atol=1e-6 * scale)

    def values(theta):
        moments = prior.evaluate(theta, r, DENSITY)
        in_modes = transform @ moments.covariance @ transform.T
        slope = (np.trace(in_modes) - vector @ moments.covariance @ vector) / 2
        return np.array([by_mean @ moments.mean, slope, *in_modes.ravel()])

    step = 1e-6
    expected = [(values(theta + step * unit) - values(theta - step * unit)) / (2 * step) for unit in np.eye(theta.size)]
    in_modes = moments.derivatives_in_modes(transform).reshape(theta.size, -1)
    result = np.column_stack([moments.d_mean @ by_mean, moments.slopes(transform, vector), in_modes])
    for derivatives, finite in zip(result.T, np.transpose(expected), strict=True):
        np.testing.assert_allclose(derivatives, finite, rtol=2e-4, atol=1e-5 * np.abs(finite).max() + 1e-7 * scale)
