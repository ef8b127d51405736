"""How probable S_R is under a prior and the errors of the observation, and the hyperparameters that make it most so.

With g a Gaussian process, S_R is Gaussian too; its probability, the evidence, weighs how well a prior explains S_R
against how much else it could have explained.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, lapack
from scipy.optimize import minimize

from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.priors import Belief, Hyperparameter, Prior

Floats = NDArray[np.float64]

_LEAST_NOISE = 3e-4  # of S_R's size: the model itself is no better
_DIFFERENCE = 1e-3  # of logarithms of hyperparameters, between the gradients that tell the curvature
_LEAST_CURVATURE = 0.25  # of the evidence in a direction that it leaves open: a spread of 2 in the logarithm
_CONVERGED = 1e-8  # of the log evidence: a step that gains less is not worth it
_MOST_STEPS = 30  # of Newton's method, which takes some three
_FAILED = 1e12  # in place of a value that cannot be computed

# A search makes and drops matrices of some 100 kB by the thousand. Where glibc has seen no larger block go, it takes
# each of them from the kernel anew, and half of the time of a process's first search is page faults.
np.empty(1_000_000)


class State(NamedTuple):
    """All that follows from given hyperparameters."""

    belief: Belief
    density: float  # scale · ρ₀
    projected: Floats  # density · transform · covariance of g
    signal: Floats  # covariance of the modes by g
    factor: Floats  # lower Cholesky factor of the whole covariance of the modes
    residual: Floats  # the modes less their mean
    weighted: Floats  # covariance⁻¹ · residual


class Evidence:
    """−log of the probability of S_R and of the hyperparameters, as a function of their logarithms.

    The hyperparameters are those of the prior, then the size of the noise, that of slow errors of S, and the scale.

    Parameters
    ----------
    prior : Prior
    observation : Observation
    slow_errors : bool, default=True
        Whether there may be any.
    noise : float, default=None
        The least that the noise may be.
    """

    def __init__(
        self, prior: Prior, observation: Observation, *, slow_errors: bool = True, noise: float | None = None
    ) -> None:
        self.prior, self.observation, self.slow_errors, self.noise = prior, observation, slow_errors, noise
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
            Hyperparameter("scale", 1.0, np.exp(-reach), np.exp(reach), 1.0, spread),
        ]
        self.names = [one.name for one in self.hyperparameters]
        self.n_prior = len(prior.hyperparameters)
        self._slow = observation.geometry.slow @ observation.geometry.slow.T
        self.low, self.high, self.start = (
            np.log([getattr(one, name) for one in self.hyperparameters]) for name in ("low", "high", "start")
        )
        self.start = np.clip(self.start, self.low, self.high)
        known = [(one.expected or 1.0, one.spread or np.inf) for one in self.hyperparameters]
        self._expected, self._spread = np.log([one[0] for one in known]), np.array([one[1] for one in known])

    def given(self, observation: Observation) -> Evidence:
        """Return the same for another S_R."""
        return Evidence(self.prior, observation, slow_errors=self.slow_errors, noise=self.noise)

    def theta(self, **values: float) -> Floats:
        """Return the start with some hyperparameters set; those that the prior has not are passed over."""
        theta = self.start.copy()
        for name, value in values.items():
            if name in self.names:
                theta[self.names.index(name)] = np.log(value)
        return theta

    def state(self, theta: Floats) -> State:
        """Solve for given hyperparameters.

        Raises
        ------
        numpy.linalg.LinAlgError
            If the covariance is not positive definite in floating point.
        """
        observation, geometry = self.observation, self.observation.geometry
        noise, slow, scale = np.exp(theta[self.n_prior :])
        density = scale * observation.number_density
        belief = self.prior.evaluate(theta[: self.n_prior], geometry.r, observation.number_density)
        projected = density * (geometry.transform @ belief.covariance)
        signal = density * (projected @ geometry.transform.T)
        covariance = signal + slow**2 * self._slow if self.slow_errors else signal.copy()
        covariance.flat[:: len(covariance) + 1] += noise**2
        factor = cholesky(covariance, lower=True, check_finite=False)
        residual = observation.modes - density * (geometry.transform @ (belief.mean - 1))
        return State(belief, density, projected, signal, factor, residual, cho_solve((factor, True), residual))

    def value(self, theta: Floats) -> float:
        """Return −log probability, up to a constant."""
        try:
            return self._value(theta, self.state(theta))
        except np.linalg.LinAlgError:
            return _FAILED

    def minus_log_prior(self, theta: Floats) -> float:
        """Return −log probability of the hyperparameters by themselves, up to a constant."""
        off = (theta - self._expected) / self._spread
        return float(off @ off) / 2

    def _value(self, theta: Floats, state: State) -> float:
        log_noise = theta[self.n_prior]
        observation = self.observation
        return float(
            state.residual @ state.weighted / 2
            + np.log(state.factor.diagonal()).sum()
            + observation.n_out_of_reach * log_noise
            + observation.out_of_reach * np.exp(-2 * log_noise) / 2
            + self.minus_log_prior(theta)
        )

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        """Return the value and its derivatives."""
        try:
            state = self.state(theta)
        except np.linalg.LinAlgError:
            return _FAILED, np.zeros_like(theta)
        observation, geometry = self.observation, self.observation.geometry
        n = self.n_prior
        noise2, slow2 = np.exp(2 * theta[n : n + 2])
        inverse = _inverse(state.factor)
        d_covariance = (inverse - np.outer(state.weighted, state.weighted)) / 2
        d_mean = -state.density * (geometry.transform.T @ state.weighted)
        on_grid = state.density**2 * (geometry.transform.T @ (d_covariance @ geometry.transform))
        gradient = (theta - self._expected) / self._spread**2
        gradient[:n] += state.belief.pullback(d_mean, on_grid)
        gradient[n] += 2 * noise2 * np.trace(d_covariance) + observation.n_out_of_reach
        gradient[n] -= observation.out_of_reach / noise2
        if self.slow_errors:
            gradient[n + 1] += 2 * slow2 * (d_covariance * self._slow).sum()
        mean = observation.modes - state.residual
        gradient[n + 2] += 2 * (d_covariance * state.signal).sum() - state.weighted @ mean
        return self._value(theta, state), gradient

    def maximize(self, starts: Iterable[Floats], n_kept: int = 1, flat: float = 1e-3) -> tuple[float, Floats]:
        """Go down from the best of some starts, until a step changes less than `flat`.

        The valley is narrow and bent, so a full matrix of its curvature is learnt on the way (SLSQP); a memory of a few
        steps (L-BFGS) takes ten times as many and ends where rounding has led it.

        Returns
        -------
        value : float
            −log probability, up to a constant.
        theta : ndarray of shape (n_hyperparameters,)
        """
        starts = [np.clip(start, self.low, self.high) for start in starts]
        values = [self.value(start) for start in starts]
        best = (np.inf, starts[0])
        for i in np.argsort(values, kind="stable")[:n_kept]:
            found = minimize(
                self,
                starts[i],
                jac=True,
                method="SLSQP",
                bounds=list(zip(self.low, self.high, strict=True)),
                options={"maxiter": 200, "ftol": flat},
            )
            if found.fun < best[0]:
                best = (float(found.fun), np.clip(found.x, self.low, self.high))
        return best

    def converge(self, theta: Floats, curvature: Floats) -> Floats:
        """Go on to the maximum from a point near it, by Newton's method with the curvature of a like evidence.

        It ends where a step gains nothing that matters, so that rounding, which differs between processors, does not
        decide where.
        """
        value, gradient = self(theta)
        for _ in range(_MOST_STEPS):
            at_bound = ((theta <= self.low) & (gradient > 0)) | ((theta >= self.high) & (gradient < 0))
            free = np.flatnonzero((self.high > self.low) & ~at_bound)
            values, vectors = np.linalg.eigh(curvature[np.ix_(free, free)])
            step = np.zeros_like(theta)
            step[free] = -(vectors / np.maximum(values, _LEAST_CURVATURE)) @ (vectors.T @ gradient[free])
            if -gradient @ step < _CONVERGED:
                break
            trial = np.clip(theta + step, self.low, self.high)
            trial_value, trial_gradient = self(trial)
            if trial_value >= value:  # the curvature is not that of this point
                return self.maximize([theta], flat=_CONVERGED)[1]
            theta, value, gradient = trial, trial_value, trial_gradient
        return theta

    def curvature(self, theta: Floats) -> Floats:
        """Return the second derivatives of the value, by differences of the first; those by fixed ones are 0."""
        free = np.flatnonzero(self.high > self.low)
        curvature = np.zeros((theta.size, theta.size))
        for i in free:
            step = _DIFFERENCE * np.eye(theta.size)[i]
            curvature[free, i] = (self(theta + step)[1] - self(theta - step)[1])[free] / (2 * _DIFFERENCE)
        return (curvature + curvature.T) / 2

    def spread(self, theta: Floats) -> Floats:
        """Return a root of the covariance of the hyperparameters, by the curvature of the evidence at its maximum.

        Directions that the evidence leaves open have the spread of 2 in the logarithm, about that of the priors; fixed
        hyperparameters have none. The root is symmetric: another one would depend on the signs and the order of
        eigenvectors, which rounding decides.
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
