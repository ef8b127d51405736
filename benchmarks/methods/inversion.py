"""Inversion.

`sklearn_wtrdf.InversionRegressor(reference=False)` of this package with its defaults: g ≥ 0 that is as smooth and as
near to 1 as S(q) allows, with the distance where g rises, the noise and the size of the deviations found by marginal
likelihood. The number density is given, the noise of S is not. Its standard deviation is as if g were free to be
negative.
"""

import warnings

from sklearn_wtrdf import InversionRegressor, scattering_frame


def solve(q, S, density, r):
    """Return g at r and its standard deviation."""
    X = scattering_frame(r, q, q * (S - 1), number_density=density)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning)  # its doubts about S, which is what it is
        return InversionRegressor(reference=False).fit(X).predict(X, return_std=True)
