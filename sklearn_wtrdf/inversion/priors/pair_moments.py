"""Mean and covariance of all pair functions on a grid, and what the evidence needs of them.

The covariance of two pair functions is a kernel times the correlation of the two pairs, at the points at which both are
uncertain. The evidence follows from these blocks; the matrix that consists of them is large, and not needed for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from sklearn_wtrdf.inversion.priors.base import Floats, Moments

Blocks = dict[tuple[int, int], Floats]  # of the pairs i and j, where j ≤ i


class Correlation(NamedTuple):
    """The correlation of the pairs, and its derivatives with respect to the logarithms of coupling and order."""

    pairs: Floats
    by_coupling: Floats
    by_order: Floats


class PairDerivatives(NamedTuple):
    """Derivatives with respect to the logarithms of the hyperparameters.

    Attributes
    ----------
    mean : ndarray of shape (n_hyperparameters, n_pairs · n_r)
        Derivatives of the mean.
    width : ndarray of shape (n_hyperparameters, n_pairs · n_r)
        Derivatives of the logarithm of the factor that each point contributes to the kernels.
    square : ndarray of shape (n_hyperparameters, n_pairs · n_r)
        Derivatives of the squared correlation length l² at each point.
    by_square : Blocks
        Derivatives of the kernels with respect to l².
    """

    mean: Floats
    width: Floats
    square: Floats
    by_square: Blocks


@dataclass(eq=False)
class PairMoments(Moments):
    """Mean and covariance of all pair functions on a grid, one after the other.

    Attributes
    ----------
    mean : ndarray of shape (n_pairs · n_r,)
        Mean of the pair functions.
    kernels : Blocks
        Covariances of two pair functions, without the correlation of the pairs.
    ranges : list of slice
        The points at which each pair function is uncertain, among those of all pair functions.
    correlation : Correlation
        Correlation of the pairs.
    coupling : slice
        The hyperparameters of the correlation, among all hyperparameters.
    derivatives_of : callable
        Function without arguments that returns the :class:`PairDerivatives`.
    """

    mean: Floats
    kernels: Blocks
    ranges: list[slice]
    correlation: Correlation
    coupling: slice
    derivatives_of: Callable[[], PairDerivatives]

    @cached_property
    def covariance(self) -> Floats:  # type: ignore[override]
        """The covariance of all pair functions."""
        covariance = np.zeros((self.mean.size, self.mean.size))
        for (i, j), kernel in self.kernels.items():
            rows, columns = self.ranges[i], self.ranges[j]
            covariance[rows, columns] = block = self.correlation.pairs[i, j] * kernel
            covariance[columns, rows] = block.T
        return covariance

    @cached_property
    def _derivatives(self) -> PairDerivatives:
        return self.derivatives_of()

    @property
    def d_mean(self) -> Floats:
        """Derivatives of the mean, of shape (n_hyperparameters, n_pairs · n_r)."""
        return self._derivatives.mean

    def in_modes(self, transform: Floats) -> Floats:
        """Return transform · covariance · transformᵀ, from the blocks below the diagonal."""
        half = np.zeros((len(transform), len(transform)))
        factors = np.tril(self.correlation.pairs, -1) + np.eye(len(self.ranges)) / 2
        for i, rows in enumerate(self.ranges):
            projected = self._projected(self.kernels, transform, i, i + 1)
            half += transform[:, rows] @ np.tensordot(factors[i, : i + 1], projected, axes=1)
        return half + half.T

    def slopes(self, root: Floats, vector: Floats) -> Floats:
        """Return the derivatives of ½ tr(root · covariance · rootᵀ) − ½ vectorᵀ · covariance · vector."""
        _, width, square, by_square = self._derivatives
        slopes = np.zeros(len(width))
        for (i, j), kernel in self.kernels.items():
            rows, columns = self.ranges[i], self.ranges[j]
            by_covariance = root[:, rows].T @ root[:, columns]
            by_covariance -= np.outer(vector[rows], vector[columns])
            factors = [correlation[i, j] * (0.5 if i == j else 1.0) for correlation in self.correlation]
            products = by_covariance * kernel
            slopes[self.coupling] += np.array(factors[1:]) * products.sum()
            for rates, by_rate in ((width, products), (square, by_covariance * by_square[i, j])):
                slopes += factors[0] * (rates[:, rows] @ by_rate.sum(axis=1) + rates[:, columns] @ by_rate.sum(axis=0))
        return slopes

    def derivatives_in_modes(self, transform: Floats) -> Floats:
        """Return transform · derivative of the covariance · transformᵀ for each hyperparameter."""
        _, width, square, by_square = self._derivatives
        derivatives, n_pairs = np.zeros((len(width), len(transform), len(transform))), len(self.ranges)
        for i, rows in enumerate(self.ranges):
            of_pair, projected = transform[:, rows], self._projected(self.kernels, transform, i, n_pairs)
            by_factor, *by_correlation = (np.tensordot(factors[i], projected, axes=1) for factors in self.correlation)
            projected = self._projected(by_square, transform, i, n_pairs)
            by_length = np.tensordot(self.correlation.pairs[i], projected, axes=1)
            for rates, by_rate in ((width, by_factor), (square, by_length)):
                for k in np.flatnonzero(rates[:, rows].any(axis=1)):
                    derivatives[k] += (rates[k, rows] * of_pair) @ by_rate
            derivatives[self.coupling] += of_pair @ np.array(by_correlation) / 2
        return derivatives + derivatives.transpose(0, 2, 1)

    def _projected(self, blocks: Blocks, transform: Floats, i: int, n_pairs: int) -> Floats:
        """Return block · transformᵀ for the blocks of pair i with the first pairs."""
        of_blocks = [blocks[i, j] if j <= i else blocks[j, i].T for j in range(n_pairs)]
        return np.array([block @ transform[:, self.ranges[j]].T for j, block in enumerate(of_blocks)])
