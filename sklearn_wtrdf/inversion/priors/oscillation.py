"""The prior of the decaying oscillation of g in liquids and glasses at large r."""

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
    logistic,
)
from sklearn_wtrdf.inversion.priors.continuum import REFERENCE_DISTANCE

_FIRST_PERIOD = 1.6  # distance beyond the first shell at which the oscillation begins, in periods
_STEEPNESS = 6.0  # Å⁻¹, of the step at this distance
_COHERENCE = 0.5  # coherence length of the phase, in units of the range


class Oscillation(Prior):
    r"""An oscillation of constant wavenumber and exponential decay, whose phase is correlated over a finite length.

    This is the asymptotic form of g in liquids and glasses, r (g − 1) → A exp(−r / ξ) cos(k r + φ) (R. Evans et al.,
    J. Chem. Phys. 100, 591 (1994)). Its Fourier transform is the highest maximum of S, at k and about 1 / ξ wide.
    Deviations of g from 1 have mean 0 and the covariance

    .. math:: a(r) a(r') \cos(k (r − r')) \exp(−2 (r − r')^2 / ξ^2), \quad
        a(r) = \text{swing} · \frac{2.5}{r} \exp\frac{−(r − 2.5)}{ξ}

    beyond 1.6 periods, after the first shell. Add it to a :class:`Continuum`, which describes the shells at smaller r.

    Parameters
    ----------
    swing : float, pair of floats or None, default=None
        Standard deviation of g − 1, extrapolated to 2.5 Å. A number fixes it, a pair sets its bounds, and None leaves
        it free; the same holds for the other parameters.
    range : default=None
        Decay length ξ [Å].
    wavenumber : default=None
        Wavenumber k [Å⁻¹].

    Examples
    --------
    >>> from sklearn_wtrdf.inversion import Continuum, Oscillation
    >>> Continuum() + Oscillation(wavenumber=(1.6, 2.5))
    Continuum() + Oscillation(wavenumber=(1.6, 2.5))
    """

    _DEFAULTS = (
        Hyperparameter("swing", 0.2, 0.003, 5.0, 0.2, 1.5),
        Hyperparameter("range", 5.0, 1.5, 60.0, 5.0, 1.0),
        Hyperparameter("wavenumber", 2.0, 0.4, 6.0),
    )

    def __init__(self, swing: Setting = None, range: Setting = None, wavenumber: Setting = None) -> None:
        self.swing = swing
        self.range = range
        self.wavenumber = wavenumber

    def mean(self, theta: Floats, r: Floats, number_density: float) -> Floats:
        """Return 0."""
        return np.zeros(r.size)

    def variance(self, theta: Floats, r: Floats) -> Floats:
        """Return the square of a(r)."""
        return self._amplitude(theta, r) ** 2

    def covariance(self, theta: Floats, r: Floats, other: Floats) -> Floats:
        """Return the covariance of g at r with g at other distances."""
        distances = r[:, None] - other
        _, decay, k = np.exp(theta)
        both = np.outer(self._amplitude(theta, r), self._amplitude(theta, other))
        return both * np.cos(k * distances) * np.exp(-((distances / (_COHERENCE * decay)) ** 2) / 2)

    def evaluate(self, theta: Floats, r: Floats, number_density: float) -> PriorMoments:
        """Return mean and covariance on a grid."""
        _, decay, k = np.exp(theta)
        distances = r[:, None] - r
        amplitude = self._amplitude(theta, r)
        envelope = np.outer(amplitude, amplitude) * np.exp(-((distances / (_COHERENCE * decay)) ** 2) / 2)
        covariance = envelope * np.cos(k * distances)

        def derivatives() -> Derivatives:
            ones, zero = np.ones(r.size), np.zeros(r.size)
            by_wavenumber = (1 - _step(theta, r)) * _STEEPNESS * _first_distance(k)
            d_covariance = [
                (np.array([ones, (r - REFERENCE_DISTANCE) / decay, by_wavenumber]), covariance),
                (np.array([zero, ones / 2, zero]), covariance * (distances / (_COHERENCE * decay)) ** 2),
                (np.array([zero, zero, ones / 2]), -envelope * np.sin(k * distances) * k * distances),
            ]
            return Derivatives(np.zeros((3, r.size)), d_covariance)

        return PriorMoments(np.zeros(r.size), covariance, derivatives)

    def _amplitude(self, theta: Floats, r: Floats) -> Floats:
        swing, decay, _ = np.exp(theta)
        distance = REFERENCE_DISTANCE / np.maximum(r, NEAREST)
        return _step(theta, r) * swing * distance * np.exp(-(r - REFERENCE_DISTANCE) / decay)


def _first_distance(k: float) -> float:
    """Return the distance [Å] at which an oscillation of this wavenumber begins."""
    return _FIRST_PERIOD * 2 * np.pi / k


def _step(theta: Floats, r: Floats) -> Floats:
    return logistic(_STEEPNESS * (r - _first_distance(np.exp(theta[2]))))
