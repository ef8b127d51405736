"""A prior near the known g(r) of a reference."""

from __future__ import annotations

import numpy as np

from sklearn_wtrdf.inversion.priors.base import (
    NEAREST,
    Derivatives,
    Floats,
    Hyperparameter,
    Prior,
    PriorMoments,
    Setting,
)
from sklearn_wtrdf.inversion.priors.continuum import REFERENCE_DISTANCE
from sklearn_wtrdf.inversion.reference import Reference

_ALPHA_AMPLITUDE = 1.3  # of α, over that of β
_ALPHA_LENGTH = 2.0  # correlation length of α, over that of β
_ROUGHNESS_FACTOR = np.sqrt(2.0)  # both the reference and g have statistical errors
_LEAST_ROUGHNESS_LENGTH = 0.04  # Å, least correlation length of the statistical errors, a step of the grid
_ROOT_5 = np.sqrt(5.0)


class NearReference(Prior):
    """g = g_ref (1 + α) + β: the g of a reference, with peaks of other heights, and additional structure.

    α and β are Gaussian processes with Matérn 5/2 correlation. The standard deviation of r β, as that of G(r), does not
    depend on r. Peaks of both materials that are too sharp to be resolved are taken from the reference. The statistical
    errors of g, which S_R does not resolve either, are added to the covariance, once for each material.

    Parameters
    ----------
    reference : Reference
        g(r), S_R(q) and number density of the material.
    amplitude : float, pair of floats or None, default=None
        Standard deviation of β at 2.5 Å; that of α is 1.3 times as large, at all r. A number fixes it, a pair sets its
        bounds, and None leaves it free.
    length : default=None
        Correlation length of β [Å]; that of α is twice as large.
    onset : float, default=None
        Distance [Å] below which g is 0. None takes 0.2 Å less than the distance at which g of the reference exceeds
        0.5.

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
        return np.where(r < self._onset, 0.0, self.reference.at(r))

    def covariance(self, theta: Floats, r: Floats, other: Floats) -> Floats:
        """Return the covariance of g at r with g at other distances."""
        return self._covariances(theta, r, other)[0]

    def variance(self, theta: Floats, r: Floats) -> Floats:
        """Return the diagonal of the covariance at r."""
        amplitude = np.exp(theta[0])
        beta, alpha, roughness = self._scales(r)
        return amplitude**2 * (beta**2 + alpha**2) + roughness**2

    def evaluate(self, theta: Floats, r: Floats, number_density: float) -> PriorMoments:
        """Return mean and covariance on a grid."""
        covariance, changes, by_length = self._covariances(theta, r, r)
        by_amplitude, half = np.array([1.0, 0.0]), np.array([0.0, 0.5])
        d_covariance = [
            (np.outer(weights, np.ones(r.size)), matrix)
            for weights, matrix in ((by_amplitude, changes), (half, by_length))
        ]
        derivatives = Derivatives(np.zeros((2, r.size)), d_covariance)
        return PriorMoments(self.mean(theta, r, number_density), covariance, lambda: derivatives)

    @property
    def _onset(self) -> float:
        return self.reference.onset if self.onset is None else self.onset

    def _scales(self, r: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the standard deviations of β, α g_ref and the statistical errors at r, for an amplitude of 1."""
        beyond = r >= self._onset
        r = np.maximum(r, NEAREST)
        reference_g = np.where(beyond & (r <= self.reference.curve.r[-1]), self.reference.at(r), 0.0)
        roughness = _ROUGHNESS_FACTOR * self.reference.roughness * np.sqrt(np.maximum(reference_g, 0.0)) / r
        return np.where(beyond, REFERENCE_DISTANCE / r, 0.0), _ALPHA_AMPLITUDE * reference_g, roughness

    def _covariances(self, theta: Floats, r: Floats, other: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the covariance, its part that is proportional to amplitude², and its derivative by log length."""
        amplitude, length = np.exp(theta)
        distances = np.abs(r[:, None] - other)
        left, right = self._scales(r), self._scales(other)
        beta, by_beta = _matern(distances, length)
        alpha, by_alpha = _matern(distances, _ALPHA_LENGTH * length)
        scales = [amplitude**2 * np.outer(*pair) for pair in zip(left[:2], right[:2], strict=True)]
        changes = scales[0] * beta + scales[1] * alpha
        by_length = scales[0] * by_beta + scales[1] * by_alpha
        step = max(float(np.median(np.diff(self.reference.curve.r))), _LEAST_ROUGHNESS_LENGTH)
        roughness = np.outer(left[2], right[2]) * np.exp(-((distances / step) ** 2) / 2)
        return changes + roughness, changes, by_length


def _matern(distances: Floats, length: float) -> tuple[Floats, Floats]:
    """Return the Matérn 5/2 correlation and its derivative by the logarithm of the length."""
    x = _ROOT_5 * distances / length
    decay = np.exp(-x)
    return (1 + x + x**2 / 3) * decay, x**2 / 3 * (1 + x) * decay
