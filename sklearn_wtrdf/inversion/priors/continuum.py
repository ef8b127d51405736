"""The default prior of g: no atoms below an onset, and structure that decays and broadens with distance."""

from __future__ import annotations

from functools import lru_cache
from numbers import Real
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
    logistic,
)

REFERENCE_DISTANCE = 2.5  # Å, the distance that `amplitude` refers to, about that of a bond
_ROOT_6 = np.sqrt(6.0)


class Continuum(Prior):
    r"""g rises from 0 to 1 at an onset; its deviations from 1 decay and broaden with r.

    The mean of the Gaussian process is a logistic step m, and its standard deviation is w. It has a non-stationary
    Matérn 3/2 correlation after Gibbs, whose length l increases with r as the widths of shells of atoms do. Shells
    within a molecule, or of the neighbours of an atom in a network, are about equally sharp: up to a distance that
    `rigid` sets, l is constant.

    .. math:: m(r) = \frac{1}{1 + \exp(−\text{steepness} · (r − \text{onset}))}

    .. math:: w(r) = m(r) \Big[ &\text{amplitude} · \frac{2.5}{r} \exp\frac{−(r − 2.5)}{\text{decay}} \\
        &+ \text{first_shell} · \exp\frac{−(r − \text{onset})^2}{2 \, \text{first_width}^2} \Big]

    .. math:: l(r)^2 = \text{length}^2 + \text{growth}^2 · \max(r − \text{onset} − \text{rigid} · \text{first_width}, 0)

    Parameters
    ----------
    onset : float, pair of floats or None, default=None
        Distance at which g rises [Å]. A number fixes it, a pair sets its bounds, and None leaves it free; the same
        holds for the other parameters.
    steepness : default=None
        Steepness of the rise [Å⁻¹].
    amplitude : default=None
        Standard deviation of g − 1 at 2.5 Å.
    decay : default=None
        Decay length of the deviations from 1 [Å].
    length : default=None
        Correlation length at the onset [Å].
    growth : default=None
        Growth of the correlation length with distance [√Å].
    first_shell : default=None
        Additional standard deviation in the first shell.
    first_width : default=None
        Width of the first shell, from the onset on [Å].
    rigid : float, default=0.0
        Range beyond the onset, in units of `first_width`, in which the correlation length is constant. It is not a
        hyperparameter.

    Examples
    --------
    >>> from sklearn_wtrdf.inversion import Continuum
    >>> Continuum(onset=(1.2, 2.0), decay=4.0)
    Continuum(decay=4.0, onset=(1.2, 2.0))
    """

    _DEFAULTS = (
        Hyperparameter("onset", 2.0, 0.5, 4.5),
        Hyperparameter("steepness", 20.0, 4.0, 80.0, 20.0, 0.7),
        Hyperparameter("amplitude", 0.5, 0.02, 20.0),
        Hyperparameter("decay", 4.0, 1.0, 80.0, 4.0, 1.0),
        Hyperparameter("length", 0.15, 0.03, 1.0, 0.15, 0.7),
        Hyperparameter("growth", 0.2, 0.02, 0.9, 0.2, 0.7),
        Hyperparameter("first_shell", 0.5, 0.007, 50.0, 0.3, 1.5),
        Hyperparameter("first_width", 0.4, 0.15, 1.2, 0.4, 0.4),
    )

    def __init__(
        self,
        onset: Setting = None,
        steepness: Setting = None,
        amplitude: Setting = None,
        decay: Setting = None,
        length: Setting = None,
        growth: Setting = None,
        first_shell: Setting = None,
        first_width: Setting = None,
        rigid: float = 0.0,
    ) -> None:
        self.onset = onset
        self.steepness = steepness
        self.amplitude = amplitude
        self.decay = decay
        self.length = length
        self.growth = growth
        self.first_shell = first_shell
        self.first_width = first_width
        self.rigid = rigid

    @property
    def hyperparameters(self) -> list[Hyperparameter]:
        """The hyperparameters, with the bounds that the parameters set."""
        if not isinstance(self.rigid, Real) or not 0 <= self.rigid < np.inf:
            raise ValueError(f"Continuum: rigid must be a number from 0 on, got {self.rigid!r}.")
        return super().hyperparameters

    def mean(self, theta: Floats, r: Floats, number_density: float) -> Floats:
        """Return the step."""
        return shape_of(theta, r).step

    def variance(self, theta: Floats, r: Floats) -> Floats:
        """Return the square of w(r)."""
        return shape_of(theta, r, self.rigid).width ** 2

    def covariance(self, theta: Floats, r: Floats, other: Floats) -> Floats:
        """Return the covariance of g at r with g at other distances."""
        shape, other_shape = shape_of(theta, r, self.rigid), shape_of(theta, other, self.rigid)
        return correlate(shape, other_shape, np.abs(r[:, None] - other))

    def evaluate(self, theta: Floats, r: Floats, number_density: float) -> PriorMoments:
        """Return mean and covariance on a grid."""
        shape, lag = shape_of(theta, r, self.rigid), distances(bytes_of(r))
        covariance = correlate(shape, shape, lag)

        def derivatives() -> Derivatives:
            rates = rates_of(theta, r, shape, self.rigid)
            by_square = covariance * rate_by_square(shape, shape, lag)
            return Derivatives(rates.mean, [(rates.width, covariance), (rates.square, by_square)])

        return PriorMoments(shape.step, covariance, derivatives)


class Shape(NamedTuple):
    """The functions of r: the step m, the width w, the length l, and the fraction of w without the first shell."""

    step: Floats
    width: Floats
    length: Floats
    far: Floats


class Rates(NamedTuple):
    """Derivatives with respect to the logarithms of the eight hyperparameters, each of shape (8, n_r).

    Attributes
    ----------
    mean
        Derivatives of m.
    width
        Derivatives of log w, and of the factor √l of the covariance.
    square
        Derivatives of l².
    """

    mean: Floats
    width: Floats
    square: Floats


def shape_of(theta: Floats, r: Floats, rigid: float = 0.0) -> Shape:
    """Return the functions of r under given hyperparameters."""
    onset, steepness, amplitude, decay, length, growth, first_shell, first_width = np.exp(theta)
    step = logistic(steepness * (r - onset))
    far = amplitude * REFERENCE_DISTANCE / np.maximum(r, NEAREST) * np.exp(-(r - REFERENCE_DISTANCE) / decay)
    both = far + first_shell * np.exp(-(((r - onset) / first_width) ** 2) / 2)
    lengths = np.sqrt(length**2 + growth**2 * np.maximum(r - onset - rigid * first_width, 0))
    return Shape(step, step * both, lengths, far / both)


def rates_of(theta: Floats, r: Floats, shape: Shape, rigid: float = 0.0) -> Rates:
    """Return the derivatives of the functions of r with respect to the hyperparameters."""
    onset, steepness, _, decay, length, growth, _, first_width = np.exp(theta)
    beyond, outside = (r - onset) / first_width, np.maximum(r - onset - rigid * first_width, 0)
    rise, near, zero = 1 - shape.step, 1 - shape.far, np.zeros(r.size)
    mean = np.zeros((8, r.size))
    mean[:2] = shape.step * rise * np.array([np.full(r.size, -onset * steepness), steepness * (r - onset)])
    log_width = np.array(
        [
            onset * (near * beyond / first_width - steepness * rise),
            steepness * (r - onset) * rise,
            shape.far,
            shape.far * (r - REFERENCE_DISTANCE) / decay,
            zero,
            zero,
            near,
            near * beyond**2,
        ]
    )
    square = np.zeros((8, r.size))
    square[[0, 7]] = np.array([[-onset], [-rigid * first_width]]) * growth**2 * (outside > 0)
    square[4] = 2 * length**2
    square[5] = 2 * growth**2 * outside
    return Rates(mean, log_width + square / (4 * shape.length**2), square)


def correlate(left: Shape, right: Shape, lag: Floats) -> Floats:
    """Return the covariance of two sets of points with these lags |r − r'| [Å]."""
    root = left.length[:, None] ** 2 + right.length**2
    np.reciprocal(root, out=root)
    np.sqrt(root, out=root)
    x = lag * root
    x *= -_ROOT_6
    covariance = np.exp(x)
    covariance *= root
    covariance *= (np.sqrt(2 * left.length) * left.width)[:, None]
    covariance *= np.sqrt(right.length) * right.width
    np.subtract(1, x, out=x)
    covariance *= x
    return covariance


def rate_by_square(left: Shape, right: Shape, lag: Floats) -> Floats:
    """Return the derivative of log covariance with respect to l² at either point, without the term 1 / 4 l²."""
    rate = left.length[:, None] ** 2 + right.length**2
    np.reciprocal(rate, out=rate)
    x = np.sqrt(rate)
    x *= lag
    x *= _ROOT_6
    by_x = x**2
    x += 1
    by_x /= x
    by_x -= 1
    rate *= by_x
    rate /= 2
    return rate


@lru_cache(maxsize=4)
def distances(r_bytes: bytes) -> Floats:
    """Return the distances of all points of a grid from one another."""
    r = np.frombuffer(r_bytes)
    between = np.abs(r[:, None] - r)
    between.flags.writeable = False
    return between
