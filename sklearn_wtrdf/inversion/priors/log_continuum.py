"""The prior of log g, under which g is positive, and its peaks are sharper than the valleys between them."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar, NamedTuple

import numpy as np

from sklearn_wtrdf.inversion.priors.base import (
    Derivatives,
    Floats,
    Hyperparameter,
    Prior,
    PriorMoments,
    Setting,
    logistic,
    splines,
)
from sklearn_wtrdf.inversion.priors.continuum import REFERENCE_DISTANCE, distances

_RIGID = 2.0  # range of equally sharp shells beyond the onset, in units of first_width
_MIN_G = 1e-12  # below which relative deviations of g are rounding errors
# Products of smaller numbers are subnormal, and arithmetic with those is ten times slower.
_MIN_LOG = -100.0  # of g
_MIN_LOG_CORRELATION = -150.0
_MAX_LOG = 6.0  # of g, which is then 403: no shell of a liquid or glass is higher


class LogPrior(Prior):
    """The base class of priors of log g, whose moments do not depend on the number density."""

    is_of_logarithm: ClassVar[bool] = True

    def mean(self, theta: Floats, r: Floats, number_density: float = 1.0) -> Floats:
        """Return the mean of log g at any r."""
        raise NotImplementedError

    def evaluate(self, theta: Floats, r: Floats, number_density: float = 1.0) -> PriorMoments:
        """Return mean and covariance of log g on a grid."""
        raise NotImplementedError

    def bonded(self, theta: Floats, r: Floats, number_density: float) -> Floats:
        """Return the part of g at any r that bonds add to exp(log g)."""
        return np.zeros(r.size)

    def bonded_rates(self, theta: Floats, r: Floats, number_density: float) -> Floats:
        """Return the derivatives of that part with respect to the logarithms of the hyperparameters."""
        return np.zeros((theta.size, r.size))

    def variance_of_sum(self, theta: Floats, r: Floats, factors: Floats) -> Floats:
        """Return the variance at r of the sum of the log g_AB, times factors of shape (n_pairs, n_r)."""
        raise NotImplementedError


class LogContinuum(LogPrior):
    r"""log g is a Gaussian process whose deviations from its mean decay and broaden with r.

    −log g is the potential of mean force between two atoms, in units of kT. It rises steeply where atoms would overlap;
    elsewhere it is a few kT at most. Under this prior g is positive everywhere, and its peaks are sharper than its
    valleys, as shells of atoms are. With :math:`x = \max(r, \text{onset})`, log g has the standard deviation w, and its
    mean is such that the mean of g is the same step as that of a :class:`Continuum`:

    .. math:: \text{E} \log g(r) = −\log\big(1 + \exp(−\text{steepness} · (r − \text{onset}))\big) − w(r)^2 / 2

    .. math:: w(r) = \text{amplitude} · \frac{2.5}{x} \exp\frac{−(x − 2.5)}{\text{decay}}
        + \text{first_shell} · \exp\frac{−(x − \text{onset})^2}{2 \, \text{first_width}^2}

    The correlation is a Gaussian of a length that increases with r, after Gibbs:

    .. math:: l(r)^2 = \text{length}^2 + \text{growth}^2 · \max(r − \text{onset} − 2 \, \text{first_width}, 0)

    Parameters
    ----------
    onset : float, pair of floats or None, default=None
        Distance at which g rises [Å]. A number fixes it, a pair sets its bounds, and None leaves it free; the same
        holds for the other parameters.
    steepness : default=None
        Steepness of the rise of log g [Å⁻¹].
    amplitude : default=None
        Standard deviation of log g at 2.5 Å.
    decay : default=None
        Decay length of the deviations [Å].
    length : default=None
        Correlation length at the onset [Å].
    growth : default=None
        Growth of the correlation length with distance [√Å].
    first_shell : default=None
        Additional standard deviation in the first shell.
    first_width : default=None
        Width of the first shell, from the onset on [Å].

    Examples
    --------
    >>> from sklearn_wtrdf.inversion import LogContinuum
    >>> LogContinuum(onset=(1.2, 2.0))
    LogContinuum(onset=(1.2, 2.0))
    """

    _DEFAULTS = (
        Hyperparameter("onset", 2.0, 0.5, 4.5),
        Hyperparameter("steepness", 20.0, 4.0, 80.0, 20.0, 0.7),
        Hyperparameter("amplitude", 0.5, 0.02, 20.0),
        Hyperparameter("decay", 4.0, 1.0, 80.0, 4.0, 1.0),
        Hyperparameter("length", 0.25, 0.03, 1.5, 0.25, 0.7),
        Hyperparameter("growth", 0.2, 0.02, 0.9, 0.2, 0.7),
        Hyperparameter("first_shell", 0.5, 0.007, 50.0, 0.5, 1.0),
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
    ) -> None:
        self.onset = onset
        self.steepness = steepness
        self.amplitude = amplitude
        self.decay = decay
        self.length = length
        self.growth = growth
        self.first_shell = first_shell
        self.first_width = first_width

    def mean(self, theta: Floats, r: Floats, number_density: float = 1.0) -> Floats:
        """Return the mean of log g at any r."""
        return log_shape_of(theta, r).mean

    def variance(self, theta: Floats, r: Floats) -> Floats:
        """Return the variance of log g at r."""
        return log_shape_of(theta, r).width ** 2

    def covariance(self, theta: Floats, r: Floats, other: Floats) -> Floats:
        """Return the covariance of log g at r with log g at other distances."""
        return correlate_logs(log_shape_of(theta, r), log_shape_of(theta, other), np.abs(r[:, None] - other))

    def evaluate(self, theta: Floats, r: Floats, number_density: float = 1.0) -> PriorMoments:
        """Return mean and covariance of log g on a grid."""
        return _moments(*(np.asarray(values, dtype=np.float64).tobytes() for values in (theta, r)))


class Tangent(Prior):
    r"""The Gaussian process that approximates g near a curve :math:`g_0` if log g is a Gaussian process.

    There :math:`g ≈ g_0 (1 + \log g − \log g_0)`. The bonds of the prior, if it has any, are added to g.

    Parameters
    ----------
    prior : LogContinuum or LogPairFunctions
    r : ndarray of shape (n_r,)
        The grid of g.
    coefficients : ndarray of shape (n_pairs · n_r,)
        Coefficients of log g₀ minus its mean in the covariance with log g on the grid.
    g : ndarray of shape (n_pairs · n_r,)
        g₀ on the grid; pair functions one after the other.
    """

    def __init__(self, prior: LogPrior, r: Floats, coefficients: Floats, g: Floats) -> None:
        self.prior, self.r, self.coefficients, self.g = prior, r, coefficients, g
        self._latest: tuple[bytes, _TangentAt] | None = None

    @property
    def hyperparameters(self) -> list[Hyperparameter]:
        """The hyperparameters of log g."""
        return self.prior.hyperparameters

    def curve(self, theta: Floats, r: Floats) -> Floats:
        """Return g₀ at any r."""
        return self.g if r is self.r else self._at(theta, r).curve

    def mean(self, theta: Floats, r: Floats, number_density: float) -> Floats:
        """Return the mean of g at any r."""
        local = self._at(theta, r)
        return local.curve * (1 - local.deviation) + self.prior.bonded(theta, r, number_density)

    def covariance(self, theta: Floats, r: Floats, other: Floats) -> Floats:
        """Return the covariance of g at r with g at other distances."""
        local = self._at(theta, r)
        log_covariance = local.covariance if other is self.r else self.prior.covariance(theta, r, other)
        return local.curve[:, None] * log_covariance * self.curve(theta, other)

    def variance(self, theta: Floats, r: Floats) -> Floats:
        """Return the variance of g at r."""
        return self.curve(theta, r) ** 2 * self.prior.variance(theta, r)

    def interpolated(self, theta: Floats, r: Floats, grid: Floats, g: Floats, number_density: float) -> Floats:
        """Interpolate curves. Their relative deviations from g₀, which may be too sharp for the grid, are splines."""
        unbonded = g - self.prior.bonded(theta, grid, number_density)
        relative = splines(grid, (unbonded / np.maximum(self.g, _MIN_G) - 1).reshape(len(g), -1, grid.size), r)
        bonded = self.prior.bonded(theta, r, number_density).reshape(-1, r.size)
        return bonded + self.curve(theta, r).reshape(-1, r.size) * (1 + relative)

    def combined(self, combination: Floats) -> Prior:
        """Return the prior of a linear combination of pair functions; of a single g, the prior itself."""
        return TangentCombination(self, combination) if self.prior.describes_pairs else self

    def _at(self, theta: Floats, r: Floats) -> _TangentAt:
        """Return g₀ and log g at r. The last result is cached."""
        key = theta.tobytes() + r.tobytes()
        latest = self._latest
        if latest is not None and latest[0] == key:
            return latest[1]
        covariance = self.prior.covariance(theta, r, self.r)
        deviation = covariance @ self.coefficients
        curve = exp_of(self.prior.mean(theta, r) + deviation)
        local = _TangentAt(curve, deviation, covariance)
        self._latest = key, local
        return local

    def evaluate(self, theta: Floats, r: Floats, number_density: float) -> PriorMoments:
        """Return mean and covariance of g on the grid."""
        log_moments = self.prior.evaluate(theta, r)
        deviation, curve = log_moments.covariance @ self.coefficients, self.g

        def scaled(matrix: Floats) -> Floats:
            return curve[:, None] * matrix * curve

        def derivatives() -> Derivatives:
            d_mean, d_covariance = log_moments.derivatives
            d_mean = curve * d_mean + self.prior.bonded_rates(theta, self.r, number_density)
            return Derivatives(d_mean, [(weights, scaled(matrix)) for weights, matrix in d_covariance])

        mean = curve * (1 - deviation) + self.prior.bonded(theta, self.r, number_density)
        return PriorMoments(mean, scaled(log_moments.covariance), derivatives)


class TangentCombination(Prior):
    """The prior of a linear combination of pair functions near given ones.

    Parameters
    ----------
    tangent : Tangent
        The Gaussian process of the pair functions.
    weights : ndarray of shape (n_pairs,)
        Weights of the linear combination.
    """

    def __init__(self, tangent: Tangent, weights: Floats) -> None:
        self._tangent, self._weights = tangent, weights

    def mean(self, theta: Floats, r: Floats, number_density: float) -> Floats:
        """Return the mean at any r."""
        return self._of(self._tangent.mean(theta, r, number_density).reshape(self._weights.size, -1))

    def covariance(self, theta: Floats, r: Floats, other: Floats) -> Floats:
        """Return the covariance at r with each pair function at other distances, of shape (n_r, n_pairs · n_other)."""
        pair_covariances = self._tangent.covariance(theta, r, other)
        return self._of(pair_covariances.reshape(self._weights.size, r.size, -1))

    def variance(self, theta: Floats, r: Floats) -> Floats:
        """Return the variance at r."""
        curves = self._tangent.curve(theta, r).reshape(self._weights.size, -1)
        return self._tangent.prior.variance_of_sum(theta, r, self._weights[:, None] * curves)

    def _of(self, pair_covariances: Floats) -> Floats:
        return np.tensordot(self._weights, pair_covariances, axes=1)


def exp_of(log_g: Floats) -> Floats:
    """Return g."""
    g: Floats = np.exp(np.clip(log_g, _MIN_LOG, _MAX_LOG))
    return g


@lru_cache(maxsize=2)
def _moments(theta_bytes: bytes, r_bytes: bytes) -> PriorMoments:
    """Return mean and covariance of log g on a grid."""
    theta, r, lag = np.frombuffer(theta_bytes), np.frombuffer(r_bytes), distances(r_bytes)
    shape = log_shape_of(theta, r)
    covariance = correlate_logs(shape, shape, lag)

    def derivatives() -> Derivatives:
        rates = log_rates_of(theta, r)
        return Derivatives(rates.mean, rates.covariance(shape, covariance, lag))

    shape.mean.flags.writeable = covariance.flags.writeable = False
    return PriorMoments(shape.mean, covariance, derivatives)


class LogShape(NamedTuple):
    """Functions of r that describe log g: its mean, its standard deviation w, and l²."""

    mean: Floats
    width: Floats
    square: Floats


class LogRates(NamedTuple):
    """Derivatives of a :class:`LogShape` with respect to log hyperparameters, of shape (n_hyperparameters, n_r)."""

    mean: Floats
    width: Floats
    square: Floats

    def covariance(self, shape: LogShape, covariance: Floats, lag: Floats) -> list[tuple[Floats, Floats]]:
        """Return the derivatives of the covariance on a grid, as in :class:`Derivatives`."""
        both = shape.square[:, None] + shape.square
        by_square = covariance * ((lag / both) ** 2 - 0.5 / both)
        weights = self.width / np.maximum(shape.width, 1e-300) + self.square / (4 * shape.square)
        return [(weights, covariance), (self.square, by_square)]


def log_shape_of(theta: Floats, r: Floats) -> LogShape:
    """Return the functions of r that describe log g."""
    onset, steepness, _, _, length, growth, _, first_width = np.exp(theta)
    far, near = _widths(theta, r)
    width = far + near
    mean = -np.logaddexp(0.0, -steepness * (r - onset)) - width**2 / 2
    return LogShape(mean, width, length**2 + growth**2 * np.maximum(r - onset - _RIGID * first_width, 0))


def correlate_logs(left: LogShape, right: LogShape, lag: Floats) -> Floats:
    """Return the covariance of log g at two sets of distances with these lags |r − r'| [Å]."""
    both = left.square[:, None] + right.square
    covariance = np.exp(np.maximum(-(lag**2) / both, _MIN_LOG_CORRELATION))
    covariance /= np.sqrt(both)
    covariance *= (np.sqrt(2) * left.square**0.25 * left.width)[:, None]
    covariance *= right.square**0.25 * right.width
    return covariance


def log_rates_of(theta: Floats, r: Floats) -> LogRates:
    """Return the derivatives of the functions of r that describe log g."""
    onset, steepness, _, decay, length, growth, _, first_width = np.exp(theta)
    far, near = _widths(theta, r)
    before, beyond = r < onset, np.maximum(r - onset, 0) / first_width
    outside = np.maximum(r - onset - _RIGID * first_width, 0)
    d_width, d_square = np.zeros((8, r.size)), np.zeros((8, r.size))
    d_width[0] = np.where(before, -far * (1 + onset / decay), near * beyond * onset / first_width)
    d_width[2] = far
    d_width[3] = far * (np.maximum(r, onset) - REFERENCE_DISTANCE) / decay
    d_width[6] = near
    d_width[7] = near * beyond**2
    d_square[[0, 7]] = np.array([[-onset], [-_RIGID * first_width]]) * growth**2 * (outside > 0)
    d_square[4] = 2 * length**2
    d_square[5] = 2 * growth**2 * outside
    fall = logistic(-steepness * (r - onset))
    d_mean = -(far + near) * d_width
    d_mean[0] -= fall * steepness * onset
    d_mean[1] += fall * steepness * (r - onset)
    return LogRates(d_mean, d_width, d_square)


class _TangentAt(NamedTuple):
    """g₀ at given distances, log g₀ minus its mean, and the covariance of log g with that on the grid."""

    curve: Floats
    deviation: Floats
    covariance: Floats


def _widths(theta: Floats, r: Floats) -> tuple[Floats, Floats]:
    """Return the standard deviation of log g, without and by the first shell."""
    onset, _, amplitude, decay, _, _, first_shell, first_width = np.exp(theta)
    x = np.maximum(r, onset)
    far = amplitude * REFERENCE_DISTANCE / x * np.exp(-(x - REFERENCE_DISTANCE) / decay)
    return far, first_shell * np.exp(-(((x - onset) / first_width) ** 2) / 2)
