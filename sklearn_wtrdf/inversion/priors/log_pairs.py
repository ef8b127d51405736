"""The prior of the logarithms of the pair functions of all pairs of elements."""

from __future__ import annotations

import numpy as np

from sklearn_wtrdf.inversion.priors.base import Derivatives, Floats, PriorMoments
from sklearn_wtrdf.inversion.priors.continuum import distances
from sklearn_wtrdf.inversion.priors.log_continuum import (
    LogContinuum,
    LogPrior,
    LogRates,
    LogShape,
    correlate_logs,
    log_rates_of,
    log_shape_of,
)
from sklearn_wtrdf.inversion.priors.pairs import PairPrior, of_blocks


class LogPairFunctions(PairPrior, LogPrior):
    r"""The log g_AB(r) of all pairs of a composition, whose deviations from their means are correlated.

    Each log g_AB is a :class:`LogContinuum` with its own onset, length and first shell. Their correlation is that of
    :class:`PairFunctions`. Bonds are added to the g_AB.

    Parameters
    ----------
    composition : str
        The formula, for :class:`~sklearn_wtrdf.Composition`.
    onsets : mapping of str to pair of floats, default=None
        Bounds of the onset of each pair [Å], such as ``{"Si-O": (1.2, 1.6)}``. Other pairs have the default bounds of
        :class:`LogContinuum`.
    bonds : mapping of str to Bond, default=None
        As for :class:`PairFunctions`.

    Examples
    --------
    >>> from sklearn_wtrdf.inversion import LogPairFunctions
    >>> [pair.name for pair in LogPairFunctions("SiO2").pairs]
    ['Si-Si', 'Si-O', 'O-O']
    """

    _pair_prior = LogContinuum

    def bonded(self, theta: Floats, r: Floats, number_density: float) -> Floats:
        """Return the bonds at any r, one pair after the other."""
        return self._bonded(theta, r, number_density).ravel()

    def bonded_rates(self, theta: Floats, r: Floats, number_density: float) -> Floats:
        """Return the derivatives of the bonds with respect to the logarithms of the hyperparameters."""
        return self._bonded_rates(theta, r, number_density).reshape(theta.size, -1)

    def mean(self, theta: Floats, r: Floats, number_density: float = 1.0) -> Floats:
        """Return the means of log g_AB at any r, one pair after the other."""
        return self._shape(theta, r).mean

    def covariance(self, theta: Floats, r: Floats, other: Floats) -> Floats:
        """Return the covariance of the log g_AB at r with those at other distances, one pair after the other."""
        lag = np.tile(np.abs(r[:, None] - other), (len(self.pairs), len(self.pairs)))
        kernel = correlate_logs(self._shape(theta, r), self._shape(theta, other), lag)
        return of_blocks(self._correlation(theta).pairs, kernel)

    def variance_of_sum(self, theta: Floats, r: Floats, factors: Floats) -> Floats:
        """Return the variance at r of the sum of the log g_AB, times factors of shape (n_pairs, n_r)."""
        _, width, square = (part.reshape(factors.shape) for part in self._shape(theta, r))
        kernel = np.sqrt(2 * np.sqrt(square[:, None] * square) / (square[:, None] + square))
        kernel *= (factors * width)[:, None] * (factors * width)
        return np.asarray((self._correlation(theta).pairs[..., None] * kernel).sum(axis=(0, 1)))

    def evaluate(self, theta: Floats, r: Floats, number_density: float = 1.0) -> PriorMoments:
        """Return mean and covariance of the log g_AB on a grid. The last result is cached."""
        key, latest = theta.tobytes() + r.tobytes(), self.__dict__.get("_latest")
        if latest is None or latest[0] != key:
            latest = self._latest = key, self._moments(theta, r)
        return latest[1]

    def _moments(self, theta: Floats, r: Floats) -> PriorMoments:
        n_pairs, layout, correlation = len(self.pairs), self._layout, self._correlation(theta)
        shape, lag = self._shape(theta, r), np.tile(distances(r.tobytes()), (n_pairs, n_pairs))
        kernel = correlate_logs(shape, shape, lag)
        covariance = of_blocks(correlation.pairs, kernel)

        def derivatives() -> Derivatives:
            rates = np.zeros((3, theta.size, n_pairs, r.size))
            for i, indices in enumerate(layout.continua):
                rates[:, indices, i] = log_rates_of(theta[indices], r)
            shape_rates = LogRates(*rates.reshape(3, theta.size, -1))
            d_covariance = shape_rates.covariance(shape, covariance, lag)
            for k, matrix in enumerate(correlation[1:], layout.coupling.start):
                weights = np.zeros((theta.size, shape.mean.size))
                weights[k] = 0.5
                d_covariance.append((weights, of_blocks(matrix, kernel)))
            return Derivatives(shape_rates.mean, d_covariance)

        shape.mean.flags.writeable = covariance.flags.writeable = False
        return PriorMoments(shape.mean, covariance, derivatives)

    def _shape(self, theta: Floats, r: Floats) -> LogShape:
        shapes = [log_shape_of(theta[indices], r) for indices in self._layout.continua]
        return LogShape(*(np.concatenate(parts) for parts in zip(*shapes, strict=True)))
