"""The base class of priors, and sums of priors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import Any, ClassVar, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from sklearn.base import BaseEstimator

Floats = NDArray[np.float64]

NEAREST = 0.01  # Å, smallest r in factors of 1 / r, because r may be 0
_NEGLIGIBLE_STD = 1e-8  # of g, over the largest: far below an onset, where the evidence does not depend on g
_MAX_EXPONENT = 40.0  # of logistic steps, whose tails beyond are smaller than rounding errors


class Hyperparameter(NamedTuple):
    """A positive parameter of a prior or of the errors of S_R, with its bounds and its own prior.

    Attributes
    ----------
    name : str
        Name of the hyperparameter.
    start : float
        Default starting value of a search.
    low, high : float
        Bounds. Equal bounds fix the hyperparameter.
    expected, spread : float or None
        Median of its log-normal prior, and standard deviation of its logarithm. None is a flat prior of the logarithm.
    owner : str
        The pair of elements or the pattern that it belongs to, if there are several.
    """

    name: str
    start: float
    low: float
    high: float
    expected: float | None = None
    spread: float | None = None
    owner: str = ""

    @property
    def label(self) -> str:
        """The name with the owner."""
        return f"{self.name} {self.owner}".rstrip()


class Derivatives(NamedTuple):
    """Derivatives of mean and covariance with respect to the logarithms of the hyperparameters.

    Attributes
    ----------
    mean : ndarray of shape (n_hyperparameters, n_r)
        Derivatives of the mean.
    covariance : list of tuple of (ndarray of shape (n_hyperparameters, n_r), ndarray of shape (n_r, n_r))
        Derivatives of the covariance, as tuples of weights w and a symmetric matrix M: that with respect to
        hyperparameter i is the sum of ``w[i][:, None] * M + M * w[i]`` over the tuples. With weights of 1/2 this is M.
    """

    mean: Floats
    covariance: list[tuple[Floats, Floats]]


class Moments:
    """Mean and covariance of g on a grid, under given hyperparameters, and what the evidence needs of the covariance.

    Attributes
    ----------
    mean : ndarray of shape (n_r,)
    covariance : ndarray of shape (n_r, n_r)
    """

    mean: Floats
    covariance: Floats

    @property
    def d_mean(self) -> Floats:
        """Derivatives of the mean, of shape (n_hyperparameters, n_r)."""
        raise NotImplementedError

    def in_modes(self, transform: Floats) -> Floats:
        """Return the covariance of linear functions of g: transform · covariance · transformᵀ."""
        raise NotImplementedError

    def slopes(self, root: Floats, vector: Floats) -> Floats:
        """Return the derivatives of ½ tr(root · covariance · rootᵀ) − ½ vectorᵀ · covariance · vector."""
        raise NotImplementedError

    def derivatives_in_modes(self, transform: Floats) -> Floats:
        """Return transform · derivative of the covariance · transformᵀ for each hyperparameter."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class PriorMoments(Moments):
    """Mean and covariance of one g on a grid.

    Attributes
    ----------
    mean : ndarray of shape (n_r,)
        Mean of g.
    covariance : ndarray of shape (n_r, n_r)
        Covariance of g.
    derivatives_of : callable
        Function without arguments that returns the :class:`Derivatives`. Most evaluations do not need them.
    """

    mean: Floats
    covariance: Floats
    derivatives_of: Callable[[], Derivatives]

    @cached_property
    def derivatives(self) -> Derivatives:
        """The derivatives with respect to the logarithms of the hyperparameters."""
        return self.derivatives_of()

    @property
    def d_mean(self) -> Floats:
        """Derivatives of the mean, of shape (n_hyperparameters, n_r)."""
        return self.derivatives.mean

    @cached_property
    def _uncertain(self) -> slice:
        """The points of the grid from the first one on at which g is uncertain."""
        return uncertain_points(np.sqrt(self.covariance.diagonal()))

    def in_modes(self, transform: Floats) -> Floats:
        """Return transform · covariance · transformᵀ."""
        uncertain = self._uncertain
        transform = transform[:, uncertain]
        return np.asarray((transform @ self.covariance[uncertain, uncertain]) @ transform.T)

    def slopes(self, root: Floats, vector: Floats) -> Floats:
        """Return the derivatives of ½ tr(root · covariance · rootᵀ) − ½ vectorᵀ · covariance · vector."""
        uncertain = self._uncertain
        root, vector = root[:, uncertain], vector[uncertain]
        by_covariance, slopes = root.T @ root, np.zeros(len(self.d_mean))
        by_covariance -= np.outer(vector, vector)
        for weights, matrix in self.derivatives.covariance:
            slopes += weights[:, uncertain] @ np.einsum("ij,ij->i", by_covariance, matrix[uncertain, uncertain])
        return slopes

    def derivatives_in_modes(self, transform: Floats) -> Floats:
        """Return transform · derivative of the covariance · transformᵀ for each hyperparameter."""
        uncertain = self._uncertain
        transform = transform[:, uncertain]
        derivatives = np.zeros((len(self.d_mean), len(transform), len(transform)))
        for weights, matrix in self.derivatives.covariance:
            projected = matrix[uncertain, uncertain] @ transform.T
            for derivative, row in zip(derivatives, weights[:, uncertain], strict=True):
                used = _nonzero(row)  # those of one pair, for a hyperparameter of that pair alone
                derivative += (row[used] * transform[:, used]) @ projected[used]
        return derivatives + derivatives.transpose(0, 2, 1)


def uncertain_points(std: Floats) -> slice:
    """Return the points from the first one on at which a standard deviation of g is not negligible."""
    return slice(int(np.argmax(std > _NEGLIGIBLE_STD * std.max(initial=0.0))), std.size)


Setting = float | tuple[float, float] | None


class Prior(BaseEstimator):
    """The base class of priors of g.

    Its parameters are hyperparameters: None leaves one free, a pair sets its bounds, and a number fixes it.
    """

    _DEFAULTS: tuple[Hyperparameter, ...] = ()
    is_certain: ClassVar[bool] = False  # whether its covariance is 0 under all hyperparameters
    describes_pairs: ClassVar[bool] = False  # whether it describes all pair functions, and not a single g
    is_of_logarithm: ClassVar[bool] = False  # whether the Gaussian process is log g, and not g

    @property
    def hyperparameters(self) -> list[Hyperparameter]:
        """The hyperparameters, with the bounds that the parameters set."""
        return [self._set(default) for default in self._DEFAULTS]

    def _set(self, default: Hyperparameter) -> Hyperparameter:
        setting = getattr(self, default.name)
        if setting is None:
            return default
        message = (
            f"{type(self).__name__}: {default.name} must be None, a positive number or (low, high), got {setting!r}."
        )
        if isinstance(setting, Real):
            low = high = float(setting)
        else:
            try:
                low, high = map(float, setting)
            except (TypeError, ValueError):
                raise ValueError(message) from None
        if not 0 < low <= high < np.inf:
            raise ValueError(message)
        inside = low <= default.start <= high
        return default._replace(start=default.start if inside else float(np.sqrt(low * high)), low=low, high=high)

    @property
    def certain(self) -> list[bool]:
        """For each hyperparameter, whether the covariance is independent of it."""
        return [self.is_certain] * len(self.hyperparameters)

    def evaluate(self, theta: Floats, r: Floats, number_density: float) -> Moments:
        """Return mean and covariance of g on a grid.

        Parameters
        ----------
        theta : ndarray of shape (n_hyperparameters,)
            Logarithms of the hyperparameters.
        r : ndarray of shape (n_r,)
            Distances [Å], positive and increasing.
        number_density : float
            ρ₀ [Å⁻³].

        Returns
        -------
        Moments
        """
        raise NotImplementedError

    def mean(self, theta: Floats, r: Floats, number_density: float) -> Floats:
        """Return the mean of g at any r."""
        raise NotImplementedError

    def covariance(self, theta: Floats, r: Floats, other: Floats) -> Floats:
        """Return the covariance of g at r with g at other distances."""
        raise NotImplementedError

    def variance(self, theta: Floats, r: Floats) -> Floats:
        """Return the diagonal of the covariance at r."""
        raise NotImplementedError

    def interpolated(self, theta: Floats, r: Floats, grid: Floats, g: Floats, number_density: float) -> Floats:
        """Interpolate curves. The mean, which may be too sharp for the grid, is exact; deviations are cubic splines.

        Parameters
        ----------
        theta : ndarray of shape (n_hyperparameters,)
            Logarithms of the hyperparameters.
        r : ndarray of shape (n,)
            Distances at which the curves are returned [Å].
        grid : ndarray of shape (n_r,)
            Distances at which the curves are given [Å].
        g : ndarray of shape (n_curves, n_pairs · n_r)
            Pair functions on the grid, one after the other; or a single g.
        number_density : float
            ρ₀ [Å⁻³].

        Returns
        -------
        g : ndarray of shape (n_curves, n_pairs, n)
        """
        mean, on_grid = (self.mean(theta, at, number_density) for at in (r, grid))
        deviations = splines(grid, (g - on_grid).reshape(len(g), -1, grid.size), r)
        return mean.reshape(-1, r.size) + deviations

    def combined(self, combination: Floats) -> Prior:
        """Return the prior of a linear combination of pair functions; of a single g, the prior itself."""
        return self

    def __add__(self, other: Prior) -> Sum:
        if not isinstance(other, Prior):
            return NotImplemented
        if self.describes_pairs or other.describes_pairs:
            raise ValueError("PairFunctions is not added to another prior: pass bonds and onsets to it.")
        if self.is_of_logarithm or other.is_of_logarithm:
            raise ValueError("LogContinuum is not added to another prior: it is a prior of log g, and not of g.")
        return Sum([*self._parts, *other._parts])

    @property
    def _parts(self) -> list[Prior]:
        return [self]


class Sum(Prior):
    """The sum of priors, such as ``Continuum() + Bond()``. Means and covariances add up.

    Parameters
    ----------
    priors : list of Prior
    """

    def __init__(self, priors: list[Prior]) -> None:
        self.priors = priors

    @property
    def _parts(self) -> list[Prior]:
        return list(self.priors)

    @property
    def hyperparameters(self) -> list[Hyperparameter]:
        """The hyperparameters of all parts, in order."""
        return [hyperparameter for prior in self.priors for hyperparameter in prior.hyperparameters]

    @property
    def certain(self) -> list[bool]:
        """For each hyperparameter of all parts, whether the covariance is independent of it."""
        return [certain for prior in self.priors for certain in prior.certain]

    def evaluate(self, theta: Floats, r: Floats, number_density: float) -> PriorMoments:
        """Return the sums of means and covariances."""
        all_moments = [
            cast(PriorMoments, prior.evaluate(part, r, number_density)) for prior, part in self._split(theta)
        ]
        mean = np.sum([moments.mean for moments in all_moments], axis=0)
        parts = zip(self.priors, all_moments, strict=True)
        covariances = [moments.covariance for prior, moments in parts if not prior.is_certain]
        covariance = sum(covariances[1:], start=covariances[0]) if covariances else all_moments[0].covariance
        return PriorMoments(mean, covariance, lambda: _joined([moments.derivatives for moments in all_moments]))

    def mean(self, theta: Floats, r: Floats, number_density: float) -> Floats:
        """Return the sum of the means."""
        return np.sum([prior.mean(part, r, number_density) for prior, part in self._split(theta)], axis=0)

    def covariance(self, theta: Floats, r: Floats, other: Floats) -> Floats:
        """Return the sum of the covariances."""
        return np.sum([prior.covariance(part, r, other) for prior, part in self._split(theta)], axis=0)

    def variance(self, theta: Floats, r: Floats) -> Floats:
        """Return the sum of the variances."""
        return np.sum([prior.variance(part, r) for prior, part in self._split(theta)], axis=0)

    def _split(self, theta: Floats) -> list[tuple[Prior, Floats]]:
        sizes = [len(prior.hyperparameters) for prior in self.priors]
        return list(zip(self.priors, np.split(theta, np.cumsum(sizes)[:-1]), strict=True))

    def __repr__(self, *arguments: Any) -> str:
        return " + ".join(map(repr, self.priors))


def bytes_of(r: Floats) -> bytes:
    """Return a grid as a key of caches."""
    return np.asarray(r, dtype=np.float64).tobytes()


def logistic(x: Floats) -> Floats:
    """Return 1 / (1 + e⁻ˣ), a step from 0 to 1."""
    step: Floats = 1 / (1 + np.exp(-np.clip(x, -_MAX_EXPONENT, _MAX_EXPONENT)))
    return step


def splines(grid: Floats, values: Floats, r: Floats) -> Floats:
    """Return cubic splines, of values on the last axis, at r. Beyond the grid they are constant."""
    return np.asarray(CubicSpline(grid, values, axis=-1)(np.clip(r, grid[0], grid[-1])))


def _nonzero(weights: Floats) -> slice:
    """Return the range from the first weight that is not 0 to the last."""
    places = np.flatnonzero(weights)
    return slice(places[0], places[-1] + 1) if places.size else slice(0)


def _joined(parts: list[Derivatives]) -> Derivatives:
    """Return the derivatives of a sum with respect to the hyperparameters of all parts, in order."""
    d_mean = np.concatenate([part.mean for part in parts])
    d_covariance, first = [], 0
    for part in parts:
        for weights, matrix in part.covariance:
            padded = np.zeros_like(d_mean)
            padded[first : first + len(weights)] = weights
            d_covariance.append((padded, matrix))
        first += len(part.mean)
    return Derivatives(d_mean, d_covariance)
