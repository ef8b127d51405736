"""The prior of the pair functions of all pairs of elements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np

from sklearn_wtrdf.inversion.priors.base import Floats, Hyperparameter, Prior, Setting, bytes_of, uncertain_points
from sklearn_wtrdf.inversion.priors.bond import Bond
from sklearn_wtrdf.inversion.priors.continuum import (
    Continuum,
    Shape,
    correlate,
    distances,
    rate_by_square,
    rates_of,
    shape_of,
)
from sklearn_wtrdf.inversion.priors.log_continuum import LogContinuum
from sklearn_wtrdf.inversion.priors.pair_moments import Blocks, Correlation, PairDerivatives, PairMoments
from sklearn_wtrdf.scattering.pairs import Pair, pairs_of

# Hyperparameters of the continuum that all pairs share; each pair has its own onset, length and first_shell.
_SHARED = ("steepness", "amplitude", "decay", "growth", "first_width")
# Median and standard deviation of the logarithm. No prior is flat, because the weight of a pair may be small.
_EXPECTED = {"amplitude": (0.8, 0.5), "first_shell": (0.5, 1.5), "length": (0.2, 0.7)}
# `first_shell` of a bonded pair. It is small, because the bond itself is described by another prior.
_FIRST_SHELL_BEYOND_BOND = 0.2  # median
_MAX_FIRST_SHELL_BEYOND_BOND = 0.5
_COUPLING = (
    Hyperparameter("coupling", 0.6, 0.1, 0.97, 0.6, 0.4),
    Hyperparameter("order", 1.0, 0.02, 50.0, 1.0, 2.0),
)


class PairPrior(Prior):
    """The base class of joint priors of all pair functions, whose deviations from their means are correlated."""

    describes_pairs = True
    _pair_prior: ClassVar[type[Continuum | LogContinuum]]  # the prior of a single pair

    def __init__(
        self,
        composition: str,
        onsets: Mapping[str, Setting] | None = None,
        bonds: Mapping[str, Bond] | None = None,
    ) -> None:
        self.composition = composition
        self.onsets = onsets
        self.bonds = bonds

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The pairs of elements."""
        return pairs_of(self.composition)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        for cached in ("_layout", "_latest"):
            state.pop(cached, None)  # they follow from the parameters
        return state

    @cached_property
    def _layout(self) -> _Layout:
        onsets, bonds = self.onsets or {}, self.bonds or {}
        names = [pair.name for pair in self.pairs]
        for name in [*onsets, *bonds]:
            if name not in names:
                raise ValueError(
                    f"{type(self).__name__}: {name!r} is not a pair of {self.composition}: {', '.join(names)}."
                )
        defaults = list(map(_with_pair_median, self._pair_prior().hyperparameters))
        hyperparameters = [default for default in defaults if default.name in _SHARED]
        continua, of_bonds = [], {}
        for name in names:
            with_onset = [
                _with_pair_median(default) for default in self._pair_prior(onset=onsets.get(name)).hyperparameters
            ]
            own = [default._replace(owner=name) for default in with_onset if default.name not in _SHARED]
            if name in bonds:
                own = [_beyond_bond(default) for default in own]
            hyperparameters += own
            labels = [hyperparameter.label for hyperparameter in hyperparameters]
            own_labels = [d.name if d.name in _SHARED else d._replace(owner=name).label for d in defaults]
            continua.append([labels.index(label) for label in own_labels])
        coupling = slice(len(hyperparameters), len(hyperparameters) + 2)
        hyperparameters += _COUPLING
        for name, bond in bonds.items():
            first = len(hyperparameters)
            hyperparameters += [default._replace(owner=name) for default in bond.hyperparameters]
            of_bonds[names.index(name)] = slice(first, len(hyperparameters))
        return _Layout(hyperparameters, continua, coupling, of_bonds)

    @property
    def hyperparameters(self) -> list[Hyperparameter]:
        """The hyperparameters that all pairs share, then those of each pair, of the correlation, and of the bonds."""
        return list(self._layout.hyperparameters)

    @property
    def certain(self) -> list[bool]:
        """For each hyperparameter, whether the covariance is independent of it: true for those of bonds."""
        certain = np.zeros(len(self._layout.hyperparameters), dtype=bool)
        for indices in self._layout.bonds.values():
            certain[indices] = True
        return certain.tolist()

    def _bonded(self, theta: Floats, r: Floats, number_density: float) -> Floats:
        """Return the bond of each pair at any r, of shape (n_pairs, n_r)."""
        bonded = np.zeros((len(self.pairs), r.size))
        for i, indices, bond, density in self._bonds(number_density):
            bonded[i] = bond.mean(theta[indices], r, density)
        return bonded

    def _bonded_rates(self, theta: Floats, r: Floats, number_density: float) -> Floats:
        """Return the derivatives of the bonds, of shape (n_hyperparameters, n_pairs, n_r)."""
        rates = np.zeros((theta.size, len(self.pairs), r.size))
        for i, indices, bond, density in self._bonds(number_density):
            rates[indices, i] = bond.evaluate(theta[indices], r, density).derivatives.mean
        return rates

    def _bonds(self, number_density: float) -> Iterator[tuple[int, slice, Bond, float]]:
        """Yield each bonded pair, the indices of its hyperparameters, its bond, and the density of its second atom."""
        for (i, indices), bond in zip(self._layout.bonds.items(), (self.bonds or {}).values(), strict=True):
            yield i, indices, bond, number_density * self.pairs[i].fractions[1]

    def _correlation(self, theta: Floats) -> Correlation:
        coupling, order = np.exp(theta[self._layout.coupling])
        sign = np.array([1.0 if pair.is_like else -1.0 for pair in self.pairs])
        ordered, both, unequal = order / (1 + order), np.outer(sign, sign), 1 - np.eye(sign.size)
        between = coupling * (ordered * both + 1 - ordered) * unequal
        by_order = coupling * ordered * (1 - ordered) * (both - 1) * unequal
        return Correlation(np.eye(sign.size) + between, between, by_order)


class PairFunctions(PairPrior):
    r"""All pair functions g_AB(r) of a composition, whose deviations from their means are correlated.

    Each g_AB is a :class:`Continuum` with its own onset, length and first shell, with a :class:`Bond` where its atoms
    are bonded. The covariance of two of them is

    .. math:: \mathrm{cov}[g_{AB}(r), g_{CD}(r')] = C_{AB,CD} \, k(r, r')

    with the covariance k of the continuum. The correlation C is 1 for the same pair, and otherwise

    .. math:: C_{AB,CD} = \text{coupling} · \frac{1 + \text{order} · s_{AB} s_{CD}}{1 + \text{order}}

    where s is 1 for pairs of like atoms and −1 for pairs of unlike atoms. With a large order, like pairs oscillate
    against unlike pairs, as in molten salts and network glasses; with a small order, all pairs oscillate together, as
    in mixtures of similar atoms.

    Parameters
    ----------
    composition : str
        The formula, for :class:`~sklearn_wtrdf.Composition`.
    onsets : mapping of str to pair of floats, default=None
        Bounds of the onset of each pair [Å], such as ``{"Si-O": (1.4, 1.8)}``. Other pairs have the default bounds of
        :class:`Continuum`.
    bonds : mapping of str to Bond, default=None
        The bond of each bonded pair, such as ``{"Si-O": Bond()}``. Its `neighbours` is the number of atoms of the
        second element around an atom of the first.

    Examples
    --------
    >>> from sklearn_wtrdf.inversion import Bond
    >>> from sklearn_wtrdf.inversion.priors import PairFunctions
    >>> prior = PairFunctions("SiO2", bonds={"Si-O": Bond(r=(1.5, 1.7))})
    >>> [hyperparameter.label for hyperparameter in prior.hyperparameters][-3:]
    ['r Si-O', 'neighbours Si-O', 'width Si-O']
    """

    _pair_prior = Continuum

    def mean(self, theta: Floats, r: Floats, number_density: float) -> Floats:
        """Return the means at any r, one pair after the other."""
        return self._mean(theta, r, number_density, self._shapes(theta, r))

    def _mean(self, theta: Floats, r: Floats, number_density: float, shapes: list[Shape]) -> Floats:
        steps = np.array([shape.step for shape in shapes])
        return (steps + self._bonded(theta, r, number_density)).ravel()

    def evaluate(self, theta: Floats, r: Floats, number_density: float) -> PairMoments:
        """Return mean and covariance on a grid, one pair after the other."""
        shapes = self._shapes(theta, r)
        points = [uncertain_points(shape.width) for shape in shapes]
        uncertain = [Shape(*(part[of_pair] for part in shape)) for shape, of_pair in zip(shapes, points, strict=True)]
        kernels = self._kernels(theta, uncertain, points, r)

        def derivatives() -> PairDerivatives:
            d_mean, width, square = np.zeros((3, theta.size, len(shapes), r.size))
            for i, (indices, shape) in enumerate(zip(self._layout.continua, shapes, strict=True)):
                d_mean[indices, i], width[indices, i], square[indices, i] = rates_of(theta[indices], r, shape)
            d_mean += self._bonded_rates(theta, r, number_density)
            by_square, lag = {}, distances(bytes_of(r))
            for (i, j), kernel in kernels.items():
                by_square[i, j] = kernel * rate_by_square(uncertain[i], uncertain[j], lag[points[i], points[j]])
            d_mean, width, square = (part.reshape(theta.size, -1) for part in (d_mean, width, square))
            return PairDerivatives(d_mean, width, square, by_square)

        return PairMoments(
            self._mean(theta, r, number_density, shapes),
            kernels,
            [slice(i * r.size + of_pair.start, (i + 1) * r.size) for i, of_pair in enumerate(points)],
            self._correlation(theta),
            self._layout.coupling,
            derivatives,
        )

    def _kernels(self, theta: Floats, shapes: list[Shape], points: list[slice], r: Floats) -> Blocks:
        """Return k of each two pairs at these points of a grid.

        Those of pairs whose hyperparameters are as in the last evaluation are reused: a search tries many onsets of one
        pair after the other.
        """
        r_bytes = bytes_of(r)
        lag, keys = distances(r_bytes), [r_bytes + theta[indices].tobytes() for indices in self._layout.continua]
        latest: dict[tuple[bytes, bytes], Floats] = self.__dict__.get("_latest", {})
        kernels, by_key = {}, {}
        for i, left in enumerate(shapes):
            for j, right in enumerate(shapes[: i + 1]):
                kernel = latest.get((keys[i], keys[j]))
                if kernel is None:
                    kernel = correlate(left, right, lag[points[i], points[j]])
                kernels[i, j] = by_key[keys[i], keys[j]] = kernel
        self._latest = by_key
        return kernels

    def combined(self, combination: Floats) -> Combination:
        """Return the prior of a linear combination of the pair functions."""
        return Combination(self, combination)

    def _shapes(self, theta: Floats, r: Floats) -> list[Shape]:
        """Return the functions of r of the continuum of each pair."""
        return [shape_of(theta[indices], r) for indices in self._layout.continua]


class Combination(Prior):
    """The prior of a linear combination of pair functions, on any grid.

    Parameters
    ----------
    prior : PairFunctions
        The joint prior of the pair functions.
    weights : ndarray of shape (n_pairs,)
        Weights of the linear combination.
    """

    def __init__(self, prior: PairFunctions, weights: Floats) -> None:
        self._prior, self._weights = prior, weights

    def mean(self, theta: Floats, r: Floats, number_density: float) -> Floats:
        """Return the mean at any r."""
        return np.asarray(self._weights @ self._prior.mean(theta, r, number_density).reshape(self._weights.size, -1))

    def covariance(self, theta: Floats, r: Floats, other: Floats) -> Floats:
        """Return the covariance at r with each pair function at other distances, of shape (n_r, n_pairs · n_other)."""
        prior, lag = self._prior, np.abs(r[:, None] - other)
        of_pairs = self._weights[:, None] * prior._correlation(theta).pairs
        here, there = prior._shapes(theta, r), prior._shapes(theta, other)
        covariance = np.zeros((r.size, len(there), other.size))
        for i in np.flatnonzero(self._weights):
            for j, shape in enumerate(there):
                covariance[:, j] += of_pairs[i, j] * correlate(here[i], shape, lag)
        return covariance.reshape(r.size, -1)

    def variance(self, theta: Floats, r: Floats) -> Floats:
        """Return the variance at r."""
        shapes = self._prior._shapes(theta, r)
        width, length = (np.array([getattr(shape, name) for shape in shapes]) for name in ("width", "length"))
        kernel = np.sqrt(2 * length[:, None] * length / (length[:, None] ** 2 + length**2)) * width[:, None] * width
        of_pairs = np.outer(self._weights, self._weights) * self._prior._correlation(theta).pairs
        return np.asarray((of_pairs[..., None] * kernel).sum(axis=(0, 1)))


class _Layout(NamedTuple):
    """The hyperparameters, and where those of each continuum, of the correlation, and of each bond are."""

    hyperparameters: list[Hyperparameter]
    continua: list[list[int]]
    coupling: slice
    bonds: dict[int, slice]


def _with_pair_median(default: Hyperparameter) -> Hyperparameter:
    """Return a hyperparameter of a continuum with the median that it has for a pair."""
    if default.name not in _EXPECTED:
        return default
    median, spread = _EXPECTED[default.name]
    return default._replace(start=median, expected=median, spread=spread)


def _beyond_bond(default: Hyperparameter) -> Hyperparameter:
    """Return a hyperparameter of a continuum with the median and bound that it has beyond a bond."""
    if default.name != "first_shell":
        return default
    median = _FIRST_SHELL_BEYOND_BOND
    return default._replace(start=median, expected=median, high=_MAX_FIRST_SHELL_BEYOND_BOND)


def of_blocks(factors: Floats, matrix: Floats) -> Floats:
    """Return a matrix each of whose blocks is multiplied by a factor of its own."""
    n = len(factors)
    return (matrix.reshape(n, len(matrix) // n, n, -1) * factors[:, None, :, None]).reshape(matrix.shape)
