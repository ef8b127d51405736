"""Inversion.

`sklearn_wtrdf.InversionRegressor` of this package with default settings, without a reference: a Gaussian process that
rises at an onset, decays and widens, with a bond if S(q) requires it, g ≥ 0, and S(q) with an uncertain scale,
systematic errors and outliers. All hyperparameters are estimated by marginal likelihood. The number density is given,
the noise of S is not. The composition is given as well: with X-rays the weights of pairs in S change with q, and in
hydrocarbons bonds of several lengths are not resolved.
"""

import warnings

from sklearn_wtrdf import InversionRegressor, scattering_frame


def solve(q, S, density, r, composition=None, radiation=None):
    """Return g at r and its standard deviation."""
    X = scattering_frame(r, q, q * (S - 1), number_density=density)
    model = InversionRegressor(composition=None if radiation is None else composition, radiation=radiation)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning)  # about errors of S, which belong to the measurement
        return model.fit(X).predict(X, return_std=True)
