"""Inversion, composition unknown.

`sklearn_wtrdf.InversionRegressor()` as in inversion.py, but without the composition: g is a single one, and the weights
of pairs in S are constant.
"""

from sklearn_wtrdf.benchmarks.board.methods import inversion


def solve(q, S, density, r):
    """Return g at r and its standard deviation."""
    return inversion.solve(q, S, density, r)
