"""The prior of a shell of bonded atoms with a tail towards larger distances."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import erfcx

from sklearn_wtrdf.inversion.priors.base import NEAREST, Derivatives, Floats, Hyperparameter, PriorMoments, Setting
from sklearn_wtrdf.inversion.priors.bond import Bond

_ROOT_2, _ROOT_2_PI = np.sqrt(2.0), np.sqrt(2 * np.pi)
_MIN_ARGUMENT = -5.0  # of erfc, which is 2 below it up to rounding errors


class AsymmetricBond(Bond):
    r"""N neighbours at a mean distance r, with a tail towards larger distances. The covariance is 0.

    Bonds are stretched more easily than compressed, and a few neighbours in a glass are further away than the others.
    The radial distribution function is therefore a Gaussian convolved with an exponential distribution:

    .. math:: g(r) = \frac{N}{4πρ_0 r^2} \frac{1}{\sqrt{2π} σ τ}
        \int_0^∞ \exp(−(r − r_b + τ − t)^2 / 2σ^2 − t / τ) \, dt

    Parameters
    ----------
    r : float, pair of floats or None, default=None
        Mean distance r_b [Å]. A number fixes it, a pair sets its bounds, and None leaves it free; the same holds for
        the other parameters.
    neighbours : default=None
        Number of neighbours N.
    width : default=None
        Standard deviation σ of the Gaussian part of the distance [Å].
    tail : default=None
        Mean τ of the exponentially distributed part [Å].

    Examples
    --------
    >>> from sklearn_wtrdf.inversion import AsymmetricBond
    >>> AsymmetricBond(r=(1.6, 1.9), tail=0.03)
    AsymmetricBond(r=(1.6, 1.9), tail=0.03)
    """

    _DEFAULTS = (*Bond._DEFAULTS, Hyperparameter("tail", 0.01, 0.003, 0.2, 0.01, 0.7))

    def __init__(
        self, r: Setting = None, neighbours: Setting = None, width: Setting = None, tail: Setting = None
    ) -> None:
        super().__init__(r, neighbours, width)
        self.tail = tail

    def mean(self, theta: Floats, r: Floats, number_density: float) -> Floats:
        """Return the Gaussian with its tail."""
        neighbours = np.exp(theta[1])
        return neighbours * _density(theta, r).asymmetric / (4 * np.pi * np.maximum(r, NEAREST) ** 2 * number_density)

    def evaluate(self, theta: Floats, r: Floats, number_density: float) -> PriorMoments:
        """Return the mean on a grid; the covariance is 0."""
        mean = self.mean(theta, r, number_density)
        return PriorMoments(
            mean, np.zeros((r.size, r.size)), lambda: Derivatives(self._d_mean(theta, r, number_density, mean), [])
        )

    def _d_mean(self, theta: Floats, r: Floats, number_density: float, mean: Floats) -> Floats:
        r_b, _, width, tail = np.exp(theta)
        x, gaussian, density = _density(theta, r)
        slope, ratio = (gaussian - density) / tail, width / tail
        by_width = ratio * (ratio * (density - gaussian) - gaussian * x / width)
        by_tail = ratio**2 * (gaussian - density) + density * (x / tail - 1) + tail * slope
        to_g = np.exp(theta[1]) / (4 * np.pi * np.maximum(r, NEAREST) ** 2 * number_density)
        return np.array([-r_b * to_g * slope, mean, to_g * by_width, to_g * by_tail])


class _Density(NamedTuple):
    """Probability densities of the distance, and the distances from the center of the Gaussian."""

    x: Floats
    gaussian: Floats
    asymmetric: Floats


def _density(theta: Floats, r: Floats) -> _Density:
    r_b, _, width, tail = np.exp(theta)
    x = r - r_b + tail
    gaussian = np.exp(-((x / width) ** 2) / 2) / (_ROOT_2_PI * width)
    argument = (width / tail - x / width) / _ROOT_2
    # Both forms are equal; the first overflows far beyond the bond, the second below it.
    near = _ROOT_2_PI / 2 * width / tail * gaussian * erfcx(np.maximum(argument, _MIN_ARGUMENT))
    far = np.exp(np.minimum((width / tail) ** 2 / 2 - x / tail, 0.0)) / tail
    return _Density(x, gaussian, np.where(argument > _MIN_ARGUMENT, near, far))
