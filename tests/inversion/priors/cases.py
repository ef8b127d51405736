"""Priors of the tests: distances, a density, a reference, and hyperparameters."""

import numpy as np

from sklearn_wtrdf import Curve
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.inversion import Bond, NearReference, Reference

R = 0.07 * np.arange(1, 120)  # Å
DENSITY = 0.05  # Å⁻³
GLASS = load_ag_ge_se(0)
REFERENCE = Reference(GLASS.pattern, Curve(GLASS.r, GLASS.target))
NEAR_REFERENCE = [
    NearReference(REFERENCE),
    NearReference(REFERENCE, amplitude=(0.01, 1.0), onset=1.5),
    NearReference(REFERENCE, length=0.5) + Bond(),
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
