"""The errors of a pattern: noise, slowly varying errors, errors that neighbouring points share, and the scale of S.

Their sizes are hyperparameters. The covariance of the modes is a sum of known matrices, each times a squared size.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.priors import Hyperparameter

Floats = NDArray[np.float64]

# Bounds and first value of the noise of S if σ is not given, over the root mean square of S − 1. The model itself is
# not more accurate than the lower bound.
_MIN_NOISE, _FIRST_NOISE, _MAX_NOISE = 1e-3, 0.05, 3.0
_MAX_FIRST_NOISE = 0.02  # largest size that a search starts with
_RELATIVE_NOISE = Hyperparameter("noise", 1.0, 0.1, 100.0, 1.0, 0.5)  # over the given σ
_SYSTEMATIC = Hyperparameter("systematic", 0.01, 1e-5, 0.5, 0.01, 1.0)  # size of the slowly varying errors of S
_CORRELATED = Hyperparameter("correlated", 0.002, 1e-5, 0.2, 0.002, 1.0)  # size of the correlated errors of S
# With a reference: its S_R, measured in the same way, has the same correlated errors, so they are fixed at a minimum.
_FIXED_CORRELATED = _CORRELATED._replace(start=1e-5, high=1e-5)
N_OBSERVATION = 4  # hyperparameters of a pattern: noise, slowly varying and correlated errors, scale
_N_SPREADS = 4  # standard deviations to the bounds of the scale
_N_ERRORS = N_OBSERVATION - 1  # without the scale


class PatternErrors:
    """The errors of the modes of a pattern.

    Parameters
    ----------
    observation : Observation
    rows : slice
        The modes of the pattern among those of all patterns.
    systematic_errors : bool
        Whether S may have slowly varying and correlated errors.
    """

    def __init__(self, observation: Observation, rows: slice, *, systematic_errors: bool) -> None:
        self.observation, self.rows = observation, rows
        self.n_measured = observation.geometry.n_measured
        self.units = observation.geometry.errors if systematic_errors else []  # covariances for sizes of 1, but noise

    def hyperparameters(self, noise: float | None, scale: float) -> list[Hyperparameter]:
        """Return the hyperparameters of the pattern.

        Parameters
        ----------
        noise : float or None
            Lower bound of the size of the noise.
        scale : float
            Prior median of the scale.
        """
        observation = self.observation
        size = float(np.sqrt(np.mean(observation.whitened**2))) or 1.0
        spread = observation.density_spread
        if observation.std is None:
            low = max(_MIN_NOISE * size, noise or 0.0)
            start = float(np.clip(_FIRST_NOISE * size, low, _MAX_FIRST_NOISE))
            size_of_noise = Hyperparameter("noise", start, low, max(_MAX_NOISE * size, low))
        else:
            size_of_noise = _RELATIVE_NOISE._replace(low=max(_RELATIVE_NOISE.low, noise or 0.0))
        reach = _N_SPREADS * spread + 1e-9  # not 0, or the scale would have no range
        return [
            size_of_noise,
            _SYSTEMATIC,
            _FIXED_CORRELATED if observation.shared.any() else _CORRELATED,
            Hyperparameter("scale", scale, scale * np.exp(-reach), scale * np.exp(reach), scale, spread),
        ]

    def covariance(self, log_sizes: Floats) -> Floats:
        """Return the covariance of the modes for the logarithms of the sizes of noise and other errors."""
        noise2, *sizes2 = np.exp(2 * log_sizes)
        covariance = np.zeros((self.observation.modes.size,) * 2)
        for size2, unit in zip(sizes2, self.units, strict=False):
            covariance += size2 * unit
        variances = np.ones(len(covariance))  # of the modes at small q, which are assumed and not measured
        variances[: self.n_measured] = noise2
        covariance[np.diag_indices_from(covariance)] += variances
        return covariance

    def slopes(self, log_sizes: Floats, weights: Floats) -> Floats:
        """Return the derivatives of the sum of `weights` times the covariance by the logarithms of the sizes."""
        sums = np.zeros(_N_ERRORS)
        sums[0] = weights.diagonal()[: self.n_measured].sum()
        sums[1 : len(self.units) + 1] = [np.vdot(weights, unit) for unit in self.units]
        return np.asarray(2 * np.exp(2 * log_sizes) * sums)

    def derivatives(self, log_sizes: Floats, columns: Floats) -> Floats:
        """Return the derivatives of ``columns @ covariance @ columns.T`` by the logarithms of the sizes."""
        products = np.zeros((_N_ERRORS, len(columns), len(columns)))
        measured = columns[:, : self.n_measured]
        products[0] = measured @ measured.T
        for product, unit in zip(products[1:], self.units, strict=False):
            product[:] = columns @ unit @ columns.T
        return np.asarray(2 * np.exp(2 * log_sizes)[:, None, None] * products)

    def value_outside(self, log_noise: float) -> float:
        """Return −log probability of what no mode contains, noise alone."""
        observation = self.observation
        return observation.n_outside * log_noise + observation.norm2_outside * np.exp(-2 * log_noise) / 2

    def slope_outside(self, log_noise: float) -> float:
        """Return the derivative of :meth:`value_outside`."""
        return self.observation.n_outside - self.observation.norm2_outside * np.exp(-2 * log_noise)
