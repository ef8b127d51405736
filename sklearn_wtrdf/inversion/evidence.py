"""The evidence: the probability of S_R under a prior of g, as a function of the hyperparameters.

If g is a Gaussian process, the modes of S_R are normal variables. Their probability is large for a prior that describes
S_R well, and small for a prior that could have described almost any S_R.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, lapack, solve_triangular

from sklearn_wtrdf.inversion.laplace import LinearModel, change_of_mode, tangent_at_mode
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.pattern_errors import N_OBSERVATION, PatternErrors
from sklearn_wtrdf.inversion.priors import LogPrior, Moments, Prior, Tangent

Floats = NDArray[np.float64]

_DIFFERENCE_STEP = 1e-3  # of the logarithms of hyperparameters, in the finite differences of gradients
_SAME_EVIDENCE = 0.5  # difference of the log evidence on the coarse and on the fine grid
_MIN_CURVATURE = 0.25  # of −log evidence: a standard deviation of 2 of the logarithm, about that of the priors
AT_BOUND = 1e-3  # of the logarithm of a hyperparameter: as near to a bound counts as at it
IMPOSSIBLE = 1e12  # value where the covariance is not positive definite

# A search allocates and frees thousands of matrices of some 100 kB. Until glibc has freed a larger block, it returns
# each of them to the kernel, and page faults take half of the time of the first search of a process.
np.empty(4_000_000)


class State(NamedTuple):
    """The quantities at given hyperparameters that value, gradient and information are computed from."""

    value: float  # −log probability, up to a constant
    prior: Prior  # of g; if that of the evidence is of log g, its tangent at the most probable g
    moments: Moments
    mean: Floats  # of g
    transform: Floats  # scale · ρ₀ · transform
    signal: Floats  # covariance of the modes by g
    factor: Floats  # lower Cholesky factor of the covariance of the modes
    residual: Floats  # the modes minus their mean
    weighted: Floats  # covariance⁻¹ · residual


class Evidence:
    """−log of the joint probability of S_R and the hyperparameters, as a function of the logarithms of the latter.

    The hyperparameters are those of the prior, followed for each pattern by the sizes of noise, slowly varying errors
    and correlated errors of S, and by the scale.

    Parameters
    ----------
    prior : Prior
        The prior of g, or of the pair functions.
    observation : Observation or sequence of Observation
        One pattern, or several of the same material, on the same grid of r.
    systematic_errors : bool, default=True
        Whether S may have slowly varying and correlated errors.
    noise : float, default=None
        Lower bound of the size of the noise.
    scale : float or sequence of float, default=1.0
        Prior median of the scale, for all patterns or for each of them.
    """

    def __init__(
        self,
        prior: Prior,
        observation: Observation | Sequence[Observation],
        *,
        systematic_errors: bool = True,
        noise: float | None = None,
        scale: float | Sequence[float] = 1.0,
    ) -> None:
        self.prior, self.systematic_errors, self.noise, self.scale = prior, systematic_errors, noise, scale
        observations = [observation] if isinstance(observation, Observation) else list(observation)
        self.observations = [item if prior.describes_pairs else item.without_weights() for item in observations]
        self.modes = np.concatenate([item.modes for item in self.observations])
        ends = np.cumsum([item.modes.size for item in self.observations])
        self.errors = [
            PatternErrors(item, slice(end - item.modes.size, end), systematic_errors=systematic_errors)
            for end, item in zip(ends, self.observations, strict=True)
        ]
        scales = np.broadcast_to(np.asarray(scale, dtype=float), len(observations)).tolist()
        pattern_hyperparameters = [
            errors.hyperparameters(noise, median) for errors, median in zip(self.errors, scales, strict=True)
        ]
        if len(pattern_hyperparameters) > 1:
            pattern_hyperparameters = [
                [hyperparameter._replace(owner=str(k)) for hyperparameter in hyperparameters]
                for k, hyperparameters in enumerate(pattern_hyperparameters, 1)
            ]
        self.hyperparameters = [*prior.hyperparameters, *chain(*pattern_hyperparameters)]
        self.names = [hyperparameter.label for hyperparameter in self.hyperparameters]
        self.n_prior = len(prior.hyperparameters)
        self.low, self.high, self.start = (
            np.log([getattr(hyperparameter, name) for hyperparameter in self.hyperparameters])
            for name in ("low", "high", "start")
        )
        self.start = np.clip(self.start, self.low, self.high)
        self._expected = np.log([hyperparameter.expected or 1.0 for hyperparameter in self.hyperparameters])
        self._spread = np.array([hyperparameter.spread or np.inf for hyperparameter in self.hyperparameters])

    @property
    def observation(self) -> Observation:
        """The pattern, or the first of several."""
        return self.observations[0]

    def _patterns(self, theta: Floats) -> Iterator[tuple[PatternErrors, Floats, float]]:
        """Yield the errors of each pattern, the logarithms of their sizes, and the logarithm of the scale."""
        for errors, logarithms in zip(self.errors, theta[self.n_prior :].reshape(-1, N_OBSERVATION), strict=True):
            yield errors, logarithms[:-1], logarithms[-1]

    @cached_property
    def coarse(self) -> Evidence:
        """The same on the coarse grid of r."""
        return self.given([observation.on_grid(is_coarse=True) for observation in self.observations])

    def given(self, observation: Observation | Sequence[Observation]) -> Evidence:
        """Return the evidence of other patterns under the same prior."""
        return Evidence(
            self.prior, observation, systematic_errors=self.systematic_errors, noise=self.noise, scale=self.scale
        )

    def theta(self, **values: float) -> Floats:
        """Return the starting point with the given hyperparameters changed; unknown names are ignored.

        A name without an owner stands for the hyperparameters of all owners.
        """
        theta = self.start.copy()
        for i, hyperparameter in enumerate(self.hyperparameters):
            value = values.get(hyperparameter.label, values.get(hyperparameter.name))
            if value is not None:
                theta[i] = np.log(value)
        return theta

    def indices(self, *names: str) -> NDArray[np.intp]:
        """Return the indices of hyperparameters of these names, of all owners."""
        return np.flatnonzero([hyperparameter.name in names for hyperparameter in self.hyperparameters])

    def state(self, theta: Floats, near: Prior | None = None) -> State:
        """Compute the state at given hyperparameters.

        Parameters
        ----------
        theta : ndarray of shape (n_hyperparameters,)
        near : Prior, default=None
            The prior of a state at similar hyperparameters: with a prior of log g, where to start.

        Raises
        ------
        numpy.linalg.LinAlgError
            If the covariance is not positive definite in floating point.
        """
        r, density = self.observation.geometry.r, self.observation.number_density
        transform, errors, prior = self._transform(theta), self._errors_of(theta), self.prior
        if isinstance(prior, LogPrior):
            start = near.g if isinstance(near, Tangent) and near.g.size == transform.shape[1] else None
            prior_theta = theta[: self.n_prior]
            modes = self.modes - transform @ prior.bonded(prior_theta, r, density)
            prior = tangent_at_mode(prior, prior_theta, r, LinearModel(modes, transform, errors), start)
        moments = prior.evaluate(theta[: self.n_prior], r, density)
        signal = moments.in_modes(transform)
        factor = cholesky(signal + errors, lower=True, check_finite=False)
        unknown = np.zeros(0)
        partial = State(np.nan, prior, moments, unknown, transform, signal, factor, unknown, unknown)
        return self._with_mean(theta, partial, moments.mean)

    def _transform(self, theta: Floats) -> Floats:
        """Return scale · ρ₀ · transform of all patterns."""
        density = self.observation.number_density
        return np.concatenate(
            [
                density * np.exp(log_scale) * errors.observation.geometry.transform
                for errors, _, log_scale in self._patterns(theta)
            ]
        )

    def _errors_of(self, theta: Floats) -> Floats:
        """Return the covariance of the modes by noise and systematic errors."""
        covariance = np.zeros((self.modes.size, self.modes.size))
        for errors, log_sizes, _ in self._patterns(theta):
            covariance[errors.rows, errors.rows] = errors.covariance(log_sizes)
        return covariance

    def _with_mean(self, theta: Floats, state: State, mean: Floats) -> State:
        """Return the state with another mean of g and the same covariance."""
        residual = self.modes - state.transform @ (mean - 1)
        weighted = cho_solve((state.factor, True), residual, check_finite=False)
        value = residual @ weighted / 2 + np.log(state.factor.diagonal()).sum()
        value += sum(errors.value_outside(log_sizes[0]) for errors, log_sizes, _ in self._patterns(theta))
        value += self.minus_log_prior(theta)
        return state._replace(value=float(value), mean=mean, residual=residual, weighted=weighted)

    def value(self, theta: Floats) -> float:
        """Return −log probability, up to a constant."""
        return self.values([theta])[0]

    def values(self, thetas: Iterable[Floats]) -> list[float]:
        """Return the value at each point; if only the mean of g differs from the last one, its covariance is reused."""
        in_covariance = np.append(
            ~np.array(self.prior.certain, dtype=bool), [True] * (N_OBSERVATION * len(self.observations))
        )
        values: list[float] = []
        latest: tuple[bytes, State] | None = None
        for theta in thetas:
            key = theta[in_covariance].tobytes()
            if latest and latest[0] == key and not self.prior.is_of_logarithm:
                r, density = self.observation.geometry.r, self.observation.number_density
                mean = self.prior.mean(theta[: self.n_prior], r, density)
                values.append(self._with_mean(theta, latest[1], mean).value)
                continue
            try:
                latest = key, self.state(theta, latest and latest[1].prior)
                values.append(latest[1].value)
            except np.linalg.LinAlgError:
                values.append(IMPOSSIBLE)
        return values

    def minus_log_prior(self, theta: Floats) -> float:
        """Return −log of the prior probability of the hyperparameters, up to a constant."""
        deviations = (theta - self._expected) / self._spread
        return float(deviations @ deviations) / 2

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        """Return the value and its derivatives."""
        try:
            state = self.state(theta)
        except np.linalg.LinAlgError:
            return IMPOSSIBLE, np.zeros_like(theta)
        return state.value, self.gradient(theta, state)

    def gradient(self, theta: Floats, state: State) -> Floats:
        """Return the derivatives of the value."""
        n = self.n_prior
        d_covariance = (_inverse(state.factor) - np.outer(state.weighted, state.weighted)) / 2
        gradient, g_weighted = (theta - self._expected) / self._spread**2, state.transform.T @ state.weighted
        gradient[:n] += state.moments.slopes(_whitened(state.factor, state.transform), g_weighted)
        gradient[:n] -= state.moments.d_mean @ g_weighted
        by_scale, mean = (d_covariance * state.signal).sum(axis=1), self.modes - state.residual
        pattern_slopes = gradient[n:].reshape(-1, N_OBSERVATION)
        for (errors, log_sizes, _), slopes in zip(self._patterns(theta), pattern_slopes, strict=True):
            rows = errors.rows
            slopes[:-1] += errors.slopes(log_sizes, d_covariance[rows, rows])
            slopes[0] += errors.slope_outside(log_sizes[0])
            slopes[-1] += 2 * by_scale[rows].sum() - state.weighted[rows] @ mean[rows]
        if isinstance(state.prior, Tangent):
            gradient += self._by_mode(theta, state, state.prior)
        return gradient

    def _by_mode(self, theta: Floats, state: State, tangent: Tangent) -> Floats:
        """Return the part of the gradient that comes from the change of the most probable g under a prior of log g."""
        n, r = self.n_prior, self.observation.geometry.r
        change = change_of_mode(tangent, theta[:n], state.transform, state.factor)
        gradient = np.zeros(theta.size)
        d_mean, d_covariance = tangent.prior.evaluate(theta[:n], r).derivatives
        gradient[:n] = d_mean @ change.by_mean
        for weights, matrix in d_covariance:
            products = (
                change.by_mean * (matrix @ tangent.coefficients) + (matrix @ change.by_mean) * tangent.coefficients
            )
            gradient[:n] += weights @ products
        bond_arguments = theta[:n], r, self.observation.number_density
        gradient[:n] -= tangent.prior.bonded_rates(*bond_arguments) @ (state.transform.T @ change.by_residual)
        pattern_slopes = gradient[n:].reshape(-1, N_OBSERVATION)
        explained = state.transform @ (change.g + tangent.prior.bonded(*bond_arguments) - 1)
        for (errors, log_sizes, _), slopes in zip(self._patterns(theta), pattern_slopes, strict=True):
            left, right = change.by_residual[errors.rows], state.weighted[errors.rows]
            slopes[:-1] = -errors.slopes(log_sizes, np.outer(left, right))
            slopes[-1] = change.by_weighted[errors.rows] @ right - left @ explained[errors.rows]
        return gradient

    def information(self, theta: Floats, state: State) -> Floats:
        """Return the Fisher information, the expectation of the second derivatives of the value.

        For modes of mean m and covariance K it is ½ tr(K⁻¹ ∂K K⁻¹ ∂K) + ∂mᵀ K⁻¹ ∂m.
        """
        n, size = self.n_prior, state.residual.size
        transform, inverse = (_whitened(state.factor, matrix) for matrix in (state.transform, np.eye(size)))
        d_mean, d_covariance = np.zeros((theta.size, size)), np.zeros((theta.size, size, size))
        d_mean[:n] = state.moments.d_mean @ transform.T
        d_covariance[:n] = state.moments.derivatives_in_modes(transform)
        mean, signal = self.modes - state.residual, _whitened(state.factor, state.signal)
        outside = np.zeros(theta.size)
        for k, (errors, log_sizes, _) in enumerate(self._patterns(theta)):
            first, last = n + N_OBSERVATION * k, n + N_OBSERVATION * (k + 1) - 1
            columns = inverse[:, errors.rows]
            d_covariance[first:last] = errors.derivatives(log_sizes, columns)
            by_scale = signal[:, errors.rows] @ columns.T
            d_covariance[last] = by_scale + by_scale.T
            d_mean[last] = columns @ mean[errors.rows]
            outside[first] = 2 * errors.observation.n_outside
        flat = d_covariance.reshape(theta.size, -1)
        information: Floats = flat @ flat.T / 2 + d_mean @ d_mean.T
        information.flat[:: theta.size + 1] += outside + self._spread**-2.0
        return information

    def log_marginal(self, theta: Floats) -> float:
        """Return the log probability of S_R with the hyperparameters integrated out, by Laplace's method.

        Parameters
        ----------
        theta : ndarray of shape (n_hyperparameters,)
            Where the value has a minimum.

        Returns
        -------
        log_marginal : float
            Up to a constant that does not depend on the prior.
        """
        state = self.state(theta)
        gradient, span = self.gradient(theta, state), self.high - self.low
        at_bound = ((theta <= self.low) & (gradient > 0)) | ((theta >= self.high) & (gradient < 0))
        inside, bounded = (np.flatnonzero((span > 0) & mask) for mask in (~at_bound, at_bound))
        norms = np.where(np.isfinite(self._spread), np.sqrt(2 * np.pi) * self._spread, span)[span > 0]
        values = np.linalg.eigvalsh(self.information(theta, state)[np.ix_(inside, inside)])
        slopes = np.maximum(np.abs(gradient[bounded]), 1 / span[bounded])
        volume = np.log(2 * np.pi / np.maximum(values, _MIN_CURVATURE)).sum() / 2 - np.log(slopes).sum()
        return float(volume - np.log(norms).sum() - state.value)

    def curvature(self, theta: Floats) -> Floats:
        """Return the second derivatives of the value, by finite differences; 0 for fixed hyperparameters.

        They are taken on the coarse grid, in half the time, if the evidence is the same there. With pair functions, or
        a prior of log g, they are the Fisher information.
        """
        if self.prior.describes_pairs or self.prior.is_of_logarithm:
            return self.information(theta, self.state(theta))
        is_same = abs(self.coarse.value(theta) - self.value(theta)) < _SAME_EVIDENCE
        evidence = self.coarse if is_same else self
        free = np.flatnonzero(self.high > self.low)
        curvature = np.zeros((theta.size, theta.size))
        for i in free:
            step = _DIFFERENCE_STEP * np.eye(theta.size)[i]
            curvature[free, i] = (evidence(theta + step)[1] - evidence(theta - step)[1])[free] / (2 * _DIFFERENCE_STEP)
        return (curvature + curvature.T) / 2

    def spread(self, curvature: Floats) -> Floats:
        """Return a square root of the covariance of the hyperparameters from the curvature at the maximum.

        In directions in which the evidence is flat, the standard deviation of the logarithm is 2, about that of the
        priors; fixed hyperparameters have none. The root is symmetric, because any other one depends on the signs and
        the order of eigenvectors, which rounding determines.
        """
        free = np.flatnonzero(self.high > self.low)
        values, vectors = np.linalg.eigh(curvature[np.ix_(free, free)])
        root = np.zeros((len(curvature), free.size))
        root[free] = (vectors / np.sqrt(np.maximum(values, _MIN_CURVATURE))) @ vectors.T
        return root


def _inverse(factor: Floats) -> Floats:
    """Return the inverse of a matrix from its lower Cholesky factor."""
    lower, _ = lapack.dpotri(factor, lower=1)
    return np.asarray(np.tril(lower) + np.tril(lower, -1).T)


def _whitened(factor: Floats, matrix: Floats) -> Floats:
    """Return factor⁻¹ · matrix."""
    return np.asarray(solve_triangular(factor, matrix, lower=True, check_finite=False))
