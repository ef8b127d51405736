"""The evidence: the probability of S_R under a prior of g, as a function of the hyperparameters.

If g is a Gaussian process, the modes of S_R are normal variables. Their probability is large for a prior that describes
S_R well, and small for a prior that could have described almost any S_R.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, lapack, solve_triangular

from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.priors import Hyperparameter, Prior, PriorMoments

Floats = NDArray[np.float64]

_LEAST_NOISE = 1e-3  # over the root mean square of S_R: the model itself is not more accurate
_CORRELATED = Hyperparameter("correlated", 0.002, 1e-5, 0.2, 0.002, 1.0)  # size of the correlated errors of S
# With a reference: its S_R, measured in the same way, has the same correlated errors, so they are fixed at a minimum.
_NO_CORRELATED = _CORRELATED._replace(start=1e-5, high=1e-5)
N_OBSERVATION = 4  # hyperparameters of the observation: noise, slowly varying and correlated errors, scale
_DIFFERENCE_STEP = 1e-3  # of the logarithms of hyperparameters, in the finite differences of gradients
_LEAST_CURVATURE = 0.25  # of −log evidence: a standard deviation of 2 of the logarithm, about that of the priors
IMPOSSIBLE = 1e12  # value where the covariance is not positive definite

# A search allocates and frees thousands of matrices of some 100 kB. Until glibc has freed a larger block, it returns
# each of them to the kernel, and page faults take half of the time of the first search of a process.
np.empty(1_000_000)


class State(NamedTuple):
    """The quantities at given hyperparameters that value, gradient and information are computed from."""

    value: float  # −log probability, up to a constant
    moments: PriorMoments
    density: float  # scale · ρ₀
    transform: Floats  # density · transform
    projected: Floats  # density · transform · covariance of g
    signal: Floats  # covariance of the modes by g
    factor: Floats  # lower Cholesky factor of the covariance of the modes
    residual: Floats  # the modes minus their mean
    weighted: Floats  # covariance⁻¹ · residual

    @property
    def d_projected(self) -> list[tuple[Floats, Floats]]:
        """The pairs (w, M) of the prior's derivatives, with density · transform · M in place of M."""
        return [
            (weights, self.projected if matrix is self.moments.covariance else self.transform @ matrix)
            for weights, matrix in self.moments.d_covariance
        ]


class Evidence:
    """−log of the joint probability of S_R and the hyperparameters, as a function of the logarithms of the latter.

    The hyperparameters are those of the prior, followed by the sizes of noise, slowly varying errors and correlated
    errors of S, and by the scale.

    Parameters
    ----------
    prior : Prior
    observation : Observation
    systematic_errors : bool, default=True
        Whether S may have slowly varying and correlated errors.
    noise : float, default=None
        Lower bound of the size of the noise.
    """

    def __init__(
        self, prior: Prior, observation: Observation, *, systematic_errors: bool = True, noise: float | None = None
    ) -> None:
        self.prior, self.observation, self.systematic_errors, self.noise = prior, observation, systematic_errors, noise
        size = float(np.sqrt(np.mean(observation.whitened**2))) or 1.0
        spread = observation.density_spread
        if observation.std is None:
            least = max(_LEAST_NOISE * size, noise or 0.0)
            of_noise = Hyperparameter("noise", float(np.clip(0.05 * size, least, 0.02)), least, max(3 * size, least))
        else:
            of_noise = Hyperparameter("noise", 1.0, max(0.1, noise or 0.0), 100.0, 1.0, 0.5)
        reach = 4 * spread + 1e-9
        self.hyperparameters = [
            *prior.hyperparameters,
            of_noise,
            Hyperparameter("slow", 0.01, 1e-5, 0.5, 0.01, 1.0),
            _NO_CORRELATED if observation.shared.any() else _CORRELATED,
            Hyperparameter("scale", 1.0, np.exp(-reach), np.exp(reach), 1.0, spread),
        ]
        self.names = [hyperparameter.name for hyperparameter in self.hyperparameters]
        self.n_prior = len(prior.hyperparameters)
        self._errors = observation.geometry.errors if systematic_errors else []
        self.low, self.high, self.start = (
            np.log([getattr(hyperparameter, name) for hyperparameter in self.hyperparameters])
            for name in ("low", "high", "start")
        )
        self.start = np.clip(self.start, self.low, self.high)
        expectations = [
            (hyperparameter.expected or 1.0, hyperparameter.spread or np.inf) for hyperparameter in self.hyperparameters
        ]
        self._expected, self._spread = (
            np.log([pair[0] for pair in expectations]),
            np.array([pair[1] for pair in expectations]),
        )

    def given(self, observation: Observation) -> Evidence:
        """Return the evidence of another observation under the same prior."""
        return Evidence(self.prior, observation, systematic_errors=self.systematic_errors, noise=self.noise)

    def theta(self, **values: float) -> Floats:
        """Return the starting point with the given hyperparameters changed; unknown names are ignored."""
        theta = self.start.copy()
        for name, value in values.items():
            if name in self.names:
                theta[self.names.index(name)] = np.log(value)
        return theta

    def state(self, theta: Floats) -> State:
        """Compute the state at given hyperparameters.

        Raises
        ------
        numpy.linalg.LinAlgError
            If the covariance is not positive definite in floating point.
        """
        observation, geometry = self.observation, self.observation.geometry
        noise, *errors, scale = np.exp(theta[self.n_prior :])
        density = scale * observation.number_density
        moments = self.prior.evaluate(theta[: self.n_prior], geometry.r, observation.number_density)
        transform = density * geometry.transform
        projected = transform @ moments.covariance
        signal = projected @ transform.T
        covariance = signal.copy()
        for size, unit in zip(errors, self._errors, strict=False):
            covariance += size**2 * unit
        covariance.flat[:: len(covariance) + 1] += noise**2
        factor = cholesky(covariance, lower=True, check_finite=False)
        partial = State(np.nan, moments, density, transform, projected, signal, factor, moments.mean, moments.mean)
        return self._with_mean(theta, partial, moments.mean)

    def _with_mean(self, theta: Floats, state: State, mean: Floats) -> State:
        """Return the state with another mean of g and the same covariance."""
        residual = self.observation.modes - state.transform @ (mean - 1)
        weighted = cho_solve((state.factor, True), residual, check_finite=False)
        log_noise = theta[self.n_prior]
        value = (
            residual @ weighted / 2
            + np.log(state.factor.diagonal()).sum()
            + self.observation.n_outside * log_noise
            + self.observation.norm2_outside * np.exp(-2 * log_noise) / 2
            + self.minus_log_prior(theta)
        )
        return state._replace(
            value=float(value), moments=state.moments._replace(mean=mean), residual=residual, weighted=weighted
        )

    def value(self, theta: Floats) -> float:
        """Return −log probability, up to a constant."""
        return self.values([theta])[0]

    def values(self, thetas: Iterable[Floats]) -> list[float]:
        """Return the value at each point; if only the mean of g differs from the last one, its covariance is reused."""
        in_covariance = np.append(~np.array(self.prior.certain, dtype=bool), [True] * N_OBSERVATION)
        values: list[float] = []
        latest: tuple[bytes, State] | None = None
        for theta in thetas:
            key = theta[in_covariance].tobytes()
            if latest and latest[0] == key:
                r, density = self.observation.geometry.r, self.observation.number_density
                mean = self.prior.mean(theta[: self.n_prior], r, density)
                values.append(self._with_mean(theta, latest[1], mean).value)
                continue
            try:
                latest = key, self.state(theta)
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
        observation, n = self.observation, self.n_prior
        noise2, *errors2 = np.exp(2 * theta[n:-1])
        d_covariance = (_inverse(state.factor) - np.outer(state.weighted, state.weighted)) / 2
        weighted = 2 * (d_covariance @ state.transform)
        gradient = (theta - self._expected) / self._spread**2
        gradient[:n] -= state.moments.d_mean @ (state.transform.T @ state.weighted)
        for weights, projected in state.d_projected:
            gradient[:n] += weights @ (weighted * projected).sum(axis=0)
        gradient[n] += 2 * noise2 * np.trace(d_covariance) + observation.n_outside
        gradient[n] -= observation.norm2_outside / noise2
        for i, (size2, unit) in enumerate(zip(errors2, self._errors, strict=False), n + 1):
            gradient[i] += 2 * size2 * np.vdot(d_covariance, unit)
        mean = observation.modes - state.residual
        gradient[-1] += 2 * (d_covariance * state.signal).sum() - state.weighted @ mean
        return gradient

    def information(self, theta: Floats, state: State) -> Floats:
        """Return the Fisher information, the expectation of the second derivatives of the value.

        For modes of mean m and covariance K it is ½ tr(K⁻¹ ∂K K⁻¹ ∂K) + ∂mᵀ K⁻¹ ∂m.
        """
        n, size = self.n_prior, state.residual.size

        def whitened(matrix: Floats) -> Floats:
            return np.asarray(solve_triangular(state.factor, matrix, lower=True, check_finite=False))

        transform, inverse = whitened(state.transform), whitened(np.eye(size))
        d_mean = np.zeros((theta.size, size))
        d_mean[:n] = state.moments.d_mean @ transform.T
        d_mean[-1] = whitened(self.observation.modes - state.residual)
        d_covariance = np.zeros((theta.size, size, size))
        for weights, projected in state.d_projected:
            nonzero = np.flatnonzero(weights.any(axis=1))
            d_covariance[nonzero] += (weights[nonzero, None] * transform) @ whitened(projected).T
        d_covariance[:n] += d_covariance[:n].transpose(0, 2, 1)
        noise2, *errors2 = np.exp(2 * theta[n:-1])
        d_covariance[n] = 2 * noise2 * (inverse @ inverse.T)
        for i, (size2, unit) in enumerate(zip(errors2, self._errors, strict=False), n + 1):
            d_covariance[i] = 2 * size2 * (whitened(unit) @ inverse.T)
        d_covariance[-1] = 2 * (whitened(state.signal) @ inverse.T)
        flat = d_covariance.reshape(theta.size, -1)
        information: Floats = flat @ flat.T / 2 + d_mean @ d_mean.T
        information[n, n] += 2 * self.observation.n_outside
        information.flat[:: theta.size + 1] += self._spread**-2.0
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
        volume = np.log(2 * np.pi / np.maximum(values, _LEAST_CURVATURE)).sum() / 2 - np.log(slopes).sum()
        return float(volume - np.log(norms).sum() - state.value)

    def curvature(self, theta: Floats) -> Floats:
        """Return the second derivatives of the value, by finite differences; 0 for fixed hyperparameters."""
        free = np.flatnonzero(self.high > self.low)
        curvature = np.zeros((theta.size, theta.size))
        for i in free:
            step = _DIFFERENCE_STEP * np.eye(theta.size)[i]
            curvature[free, i] = (self(theta + step)[1] - self(theta - step)[1])[free] / (2 * _DIFFERENCE_STEP)
        return (curvature + curvature.T) / 2

    def spread(self, theta: Floats) -> Floats:
        """Return a square root of the covariance of the hyperparameters, by the curvature at the maximum.

        In directions in which the evidence is flat, the standard deviation of the logarithm is 2, about that of the
        priors; fixed hyperparameters have none. The root is symmetric, because any other one depends on the signs and
        the order of eigenvectors, which rounding determines.
        """
        free = np.flatnonzero(self.high > self.low)
        values, vectors = np.linalg.eigh(self.curvature(theta)[np.ix_(free, free)])
        root = np.zeros((theta.size, free.size))
        root[free] = (vectors / np.sqrt(np.maximum(values, _LEAST_CURVATURE))) @ vectors.T
        return root


def _inverse(factor: Floats) -> Floats:
    """Return the inverse of a matrix from its lower Cholesky factor."""
    lower, _ = lapack.dpotri(factor, lower=1)
    return np.asarray(np.tril(lower) + np.tril(lower, -1).T)
