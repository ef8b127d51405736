"""Inversion.

`sklearn_wtrdf.InversionRegressor()` of this package as it is, without a reference: a Gaussian process that rises at an
onset, decays and widens, with a bond where S(q) asks for one, g ≥ 0, and S(q) with an uncertain scale, slow errors and
outlying points. All sizes are found by marginal likelihood. The number density is given, the noise of S is not.
"""

import warnings

from sklearn_wtrdf import InversionRegressor, scattering_frame


def solve(q, S, density, r):
    """Return g at r and its standard deviation."""
    X = scattering_frame(r, q, q * (S - 1), number_density=density)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning)  # of what is wrong with S, which is as it is
        return InversionRegressor().fit(X).predict(X, return_std=True)
