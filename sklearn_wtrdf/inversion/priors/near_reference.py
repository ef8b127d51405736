"""g is near that of a material that is known."""

from __future__ import annotations

import numpy as np

from sklearn_wtrdf.inversion.priors.base import NEAREST, Floats, Hyperparameter, Prior, PriorMoments, Setting
from sklearn_wtrdf.inversion.reference import Reference

REFERENCE_DISTANCE = 2.5  # Å, where `amplitude` is that of β: about a bond
_ALPHA = 1.3  # the amplitude of α over that of β
_ALPHA_LENGTH = 2.0  # and its length
_ROUGHNESS = np.sqrt(2.0)  # both materials were counted
_LEAST_ROUGHNESS_LENGTH = 0.04  # Å, its correlation length at least: the grid's step
_ROOT_5 = np.sqrt(5.0)


class NearReference(Prior):
    """g = g_ref (1 + α) + β: a reference whose peaks may change in height, and what is new.

    α and β are Gaussian processes with Matérn 5/2 correlation. r β, like G(r), is equally uncertain at every r. Sharp
    peaks that both materials have, which q cannot resolve, come from the reference. How uneven the reference is from
    one distance to the next, q cannot see; it is added to the covariance, once for each of the two.

    Parameters
    ----------
    reference : Reference
        g(r), S_R(q) and number density of the material.
    amplitude : float, pair of floats or None, default=None
        Standard deviation of β at 2.5 Å; that of α is 1.3 times as large everywhere. A number fixes it, a pair are
        bounds, None leaves it free.
    length : default=None
        Correlation length of β [Å], half of that of α.
    onset : float, default=None
        Below it g is 0 [Å]. None takes the reference's own, 0.2 Å before g is 0.5.

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
        return self._both(theta, r, other)[0]

    def variance(self, theta: Floats, r: Floats) -> Floats:
        """Return the diagonal of the covariance at r."""
        amplitude = np.exp(theta[0])
        beta, alpha, roughness = self._scales(r)
        return amplitude**2 * (beta**2 + alpha**2) + roughness**2

    def evaluate(self, theta: Floats, r: Floats, number_density: float) -> PriorMoments:
        """Return mean and covariance on a grid."""
        covariance, changes, by_length = self._both(theta, r, r)
        by_amplitude, half = np.array([1.0, 0.0]), np.array([0.0, 0.5])
        d_covariance = [
            (np.outer(weights, np.ones(r.size)), matrix)
            for weights, matrix in ((by_amplitude, changes), (half, by_length))
        ]
        return PriorMoments(self.mean(theta, r, number_density), covariance, np.zeros((2, r.size)), d_covariance)

    @property
    def _onset(self) -> float:
        return self.reference.onset if self.onset is None else self.onset

    def _scales(self, r: Floats) -> tuple[Floats, Floats, Floats]:
        """Return how large β, α g_ref and the grain may be at r, for an amplitude of 1."""
        beyond = r >= self._onset
        r = np.maximum(r, NEAREST)
        reference_g = np.where(beyond & (r <= self.reference.curve.r[-1]), self.reference.at(r), 0.0)
        roughness = _ROUGHNESS * self.reference.roughness * np.sqrt(np.maximum(reference_g, 0.0)) / r
        return np.where(beyond, REFERENCE_DISTANCE / r, 0.0), _ALPHA * reference_g, roughness

    def _both(self, theta: Floats, r: Floats, other: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the covariance, its part that goes with the square of the amplitude, and how that goes with length."""
        amplitude, length = np.exp(theta)
        distances = np.abs(r[:, None] - other)
        left, two = self._scales(r), self._scales(other)
        beta, by_beta = _matern(distances, length)
        alpha, by_alpha = _matern(distances, _ALPHA_LENGTH * length)
        scales = [amplitude**2 * np.outer(*pair) for pair in zip(left[:2], two[:2], strict=True)]
        changes = scales[0] * beta + scales[1] * alpha
        by_length = scales[0] * by_beta + scales[1] * by_alpha
        step = max(float(np.median(np.diff(self.reference.curve.r))), _LEAST_ROUGHNESS_LENGTH)
        roughness = np.outer(left[2], two[2]) * np.exp(-((distances / step) ** 2) / 2)
        return changes + roughness, changes, by_length


def _matern(distances: Floats, length: float) -> tuple[Floats, Floats]:
    """Return the Matérn 5/2 correlation and its derivative by the logarithm of the length."""
    x = _ROOT_5 * distances / length
    decay = np.exp(-x)
    return (1 + x + x**2 / 3) * decay, x**2 / 3 * (1 + x) * decay
