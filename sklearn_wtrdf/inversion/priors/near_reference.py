"""The prior of a g(r) that is similar to the known g(r) of a reference."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sklearn_wtrdf.inversion.priors.base import (
    NEAREST,
    Derivatives,
    Floats,
    Hyperparameter,
    Prior,
    PriorMoments,
    Setting,
    bytes_of,
)
from sklearn_wtrdf.inversion.priors.continuum import REFERENCE_DISTANCE, distances
from sklearn_wtrdf.inversion.reference import Reference

_ALPHA_AMPLITUDE = 1.3  # of α, over that of β
_ALPHA_LENGTH = 2.0  # correlation length of α, over that of β
_ROUGHNESS_FACTOR = np.sqrt(2.0)  # both the reference and g have statistical errors
_MIN_ROUGHNESS_LENGTH = 0.04  # Å, smallest correlation length of the statistical errors, a step of the grid
_ROOT_5 = np.sqrt(5.0)


class NearReference(Prior):
    """g = g_ref (1 + α) + β: the g of a reference, whose peaks change in height by α, and additional structure β.

    α and β are Gaussian processes with Matérn 5/2 correlation. The standard deviation of r β does not depend on r, like
    that of errors of G(r). Peaks that are too sharp to be resolved keep the shape of the reference. The statistical
    errors of a simulated g, which S_R does not resolve either, are added to the covariance, once for each material.

    Parameters
    ----------
    reference : Reference
        g(r), S_R(q) and number density of the reference material.
    amplitude : float, pair of floats or None, default=None
        Standard deviation of β at 2.5 Å; that of α is 1.3 times as large, at all r. A number fixes it, a pair sets its
        bounds, and None leaves it free.
    length : default=None
        Correlation length of β [Å]; that of α is twice as large.
    onset : float, default=None
        Distance [Å] below which g is 0. None is 0.2 Å less than the distance at which g of the reference exceeds 0.5.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_wtrdf import Curve
    >>> from sklearn_wtrdf.inversion import NearReference, Reference
    >>> from sklearn_wtrdf.datasets import load_ag_ge_se
    >>> glass = load_ag_ge_se(0)
    >>> prior = NearReference(Reference(glass.pattern, Curve(glass.r, glass.target)))
    >>> theta = np.log([0.1, 0.5])
    >>> bool(np.allclose(prior.mean(theta, glass.r, glass.number_density)[5:], glass.target[5:]))
    True
    """

    _DEFAULTS = (
        Hyperparameter("amplitude", 0.1, 1e-4, 20.0),
        Hyperparameter("length", 0.4, 0.03, 2.0, 0.4, 0.5),
    )

    def __init__(
        self, reference: Reference, amplitude: Setting = None, length: Setting = None, onset: float | None = None
    ) -> None:
        self.reference = reference
        self.amplitude = amplitude
        self.length = length
        self.onset = onset

    def mean(self, theta: Floats, r: Floats, number_density: float) -> Floats:
        """Return g_ref inside its range of r, and 1 beyond."""
        return self._curves(r).mean

    def covariance(self, theta: Floats, r: Floats, other: Floats) -> Floats:
        """Return the covariance of g at r with g at other distances."""
        amplitude, length = np.exp(theta)
        lag = np.abs(r[:, None] - other)
        fixed = _factors_of(self.reference, self._curves(r), self._curves(other), lag)
        beta, alpha = _matern(lag, length), _matern(lag, _ALPHA_LENGTH * length)
        return amplitude**2 * (fixed.beta * beta.value + fixed.alpha * alpha.value) + fixed.roughness

    def variance(self, theta: Floats, r: Floats) -> Floats:
        """Return the diagonal of the covariance at r."""
        amplitude, (_, beta, alpha, roughness) = np.exp(theta[0]), self._curves(r)
        return amplitude**2 * (beta**2 + alpha**2) + roughness**2

    def evaluate(self, theta: Floats, r: Floats, number_density: float) -> PriorMoments:
        """Return mean and covariance on a grid."""
        amplitude, length = np.exp(theta)
        r_bytes = bytes_of(r)
        lag, fixed = distances(r_bytes), _factors_on_grid(self.reference, self._onset, r_bytes)
        beta, alpha = _matern(lag, length), _matern(lag, _ALPHA_LENGTH * length)
        changes = amplitude**2 * (fixed.beta * beta.value + fixed.alpha * alpha.value)

        def derivatives() -> Derivatives:
            by_length = amplitude**2 * (fixed.beta * beta.rate() + fixed.alpha * alpha.rate())
            by_amplitude, half = np.repeat([[1.0], [0.0]], r.size, axis=1), np.repeat([[0.0], [0.5]], r.size, axis=1)
            return Derivatives(np.zeros((2, r.size)), [(by_amplitude, changes), (half, by_length)])

        return PriorMoments(self.mean(theta, r, number_density), changes + fixed.roughness, derivatives)

    @property
    def _onset(self) -> float:
        return self.reference.onset if self.onset is None else self.onset

    def _curves(self, r: Floats) -> _Curves:
        return _curves_of(self.reference, self._onset, bytes_of(r))


class _Curves(NamedTuple):
    """The mean of g, and the standard deviations of β, α g_ref and the statistical errors, for an amplitude of 1."""

    mean: Floats
    beta: Floats
    alpha: Floats
    roughness: Floats


class _Factors(NamedTuple):
    """The part of the covariance that hyperparameters do not change: factors of two correlations, and a summand."""

    beta: Floats
    alpha: Floats
    roughness: Floats


@lru_cache(maxsize=8)
def _curves_of(reference: Reference, onset: float, r_bytes: bytes) -> _Curves:
    r = np.frombuffer(r_bytes)
    beyond, g = r >= onset, reference.at(r)
    known = np.where(beyond & (r <= reference.curve.r[-1]), g, 0.0)
    beta_factor = np.where(beyond, REFERENCE_DISTANCE / np.maximum(r, NEAREST), 0.0)
    roughness = _ROUGHNESS_FACTOR * reference.roughness * np.sqrt(np.maximum(known, 0.0)) / np.maximum(r, NEAREST)
    curves = _Curves(np.where(beyond, g, 0.0), beta_factor, _ALPHA_AMPLITUDE * known, roughness)
    for curve in curves:
        curve.flags.writeable = False
    return curves


@lru_cache(maxsize=4)
def _factors_on_grid(reference: Reference, onset: float, r_bytes: bytes) -> _Factors:
    curves = _curves_of(reference, onset, r_bytes)
    return _factors_of(reference, curves, curves, distances(r_bytes))


def _factors_of(reference: Reference, left: _Curves, right: _Curves, lag: Floats) -> _Factors:
    beta, alpha, roughness = (np.outer(*pair) for pair in zip(left[1:], right[1:], strict=True))
    length = max(float(np.median(np.diff(reference.curve.r))), _MIN_ROUGHNESS_LENGTH)
    return _Factors(beta, alpha, roughness * np.exp(-((lag / length) ** 2) / 2))


class _Matern(NamedTuple):
    """The Matérn 5/2 correlation, and what its derivative is computed from."""

    value: Floats
    x: Floats
    decay: Floats

    def rate(self) -> Floats:
        """Return the derivative with respect to the logarithm of the length."""
        return self.x**2 / 3 * (1 + self.x) * self.decay


def _matern(lag: Floats, length: float) -> _Matern:
    x = lag * (_ROOT_5 / length)
    decay = np.exp(-x)
    value = x / 3
    value += 1
    value *= x
    value += 1
    value *= decay
    return _Matern(value, x, decay)
