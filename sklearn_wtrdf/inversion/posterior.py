"""What is known of g once S_R is: its curve, its band, and curves drawn from it, nowhere negative.

Under given hyperparameters g is a Gaussian process; where its mean is negative, it is lifted to the most probable curve
that is not. What is not known of the hyperparameters is in the band: the
curves and bands of a few others, drawn about the most probable ones, count with the weights that their evidence gives.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import nnls

from sklearn_wtrdf.inversion.evidence import Evidence

Floats = NDArray[np.float64]

_TAKEN_AS_GIVEN = 0.5  # of the logarithm: a number density that is surer is reported as it was given
_N_DRAWS = 16  # of hyperparameters, beside the most probable ones
_LEAST_WEIGHT = np.exp(-8.0)
_UNKNOWN = 1e-9  # of the largest variance: where g has less, it is certain
_FINE = 0.01  # Å, the grid of sampled curves: bonds are narrower than the grid that is solved on


class Component:
    """g under given hyperparameters.

    Parameters
    ----------
    evidence : Evidence
    theta : ndarray of shape (n_hyperparameters,)
    """

    def __init__(self, evidence: Evidence, theta: Floats) -> None:
        self.prior, self.r = evidence.prior, evidence.observation.geometry.r
        self.theta = theta[: evidence.n_prior]
        self.number_density = evidence.observation.number_density
        self._state = state = evidence.state(theta)
        self._transform = state.density * evidence.observation.geometry.transform
        self.free = state.belief.mean + state.projected.T @ state.weighted
        lift = self._lift(self.free)
        explained = cho_solve((state.factor, True), state.projected @ lift)
        self._sources = self._transform.T @ (state.weighted - explained) + lift

    def g(self, r: Floats) -> Floats:
        """Return the most probable curve that is nowhere negative, at any r."""
        deviation = self.prior.covariance(self.theta, r, self.r) @ self._sources
        return np.maximum(self.prior.mean(self.theta, r, self.number_density) + deviation, 0.0)

    def variance(self, r: Floats) -> Floats:
        """Return the variance of g at any r, as if g were free to be negative."""
        projected = self._transform @ self.prior.covariance(self.theta, self.r, r)
        explained = solve_triangular(self._state.factor, projected, lower=True)
        return np.maximum(self.prior.variance(self.theta, r) - (explained**2).sum(axis=0), 0.0)

    def sample(self, r: Floats, n_samples: int, random_state: np.random.RandomState) -> Floats:
        """Draw curves, each lifted as the most probable one is."""
        certain = self.prior.mean(self.theta, self.r, self.number_density)
        beyond = self.prior.mean(self.theta, r, self.number_density)
        draws = []
        for _ in range(n_samples):
            some = self._uncertain
            draw = self.free.copy()
            draw[some] += self._root @ random_state.normal(size=int(some.sum()))
            lift = self._lift(draw)[some]
            draw[some] += self._root @ (self._root.T @ lift)
            draws.append(beyond + CubicSpline(self.r, draw - certain)(np.clip(r, self.r[0], self.r[-1])))
        return np.maximum(np.array(draws).reshape(n_samples, r.size), 0.0)

    @cached_property
    def _uncertain(self) -> NDArray[np.bool_]:
        variance = self._state.belief.covariance.diagonal()
        return variance > _UNKNOWN * max(variance.max(), 1e-300)

    @cached_property
    def _root(self) -> Floats:
        """The Cholesky factor of the covariance of g on the grid, where it is uncertain."""
        some = self._uncertain
        explained = solve_triangular(self._state.factor, self._state.projected[:, some], lower=True)
        covariance = self._state.belief.covariance[np.ix_(some, some)] - explained.T @ explained
        jitter = 1e-7 * covariance.diagonal().mean()
        for _ in range(10):
            covariance[np.diag_indices_from(covariance)] += jitter
            try:
                return cholesky(covariance, lower=True)
            except np.linalg.LinAlgError:
                jitter *= 10
        raise np.linalg.LinAlgError("the covariance of g is not positive definite")

    def _lift(self, g: Floats) -> Floats:
        """Return the λ ≥ 0 for which g + covariance · λ is the nearest curve that is nowhere negative."""
        lift, some = np.zeros(g.size), self._uncertain
        if (g[some] < 0).any():
            # With covariance = L Lᵀ that curve minimizes ½ λᵀ L Lᵀ λ + λᵀ g.
            target = -solve_triangular(self._root, g[some], lower=True)
            lift[some] = nnls(self._root.T, target, maxiter=50 * g.size)[0]
        return lift


class Posterior:
    """g given S_R, the uncertainty of the hyperparameters included.

    Parameters
    ----------
    evidence : Evidence
    theta : ndarray of shape (n_hyperparameters,)
        The most probable ones.
    n_draws : int, default=16
        How many others are drawn about them; 0 takes them for certain.

    Attributes
    ----------
    hyperparameters : dict of str to float
        The most probable ones, by name.
    number_density : float
        ρ₀ [Å⁻³], given or, where the observation left it open, found.
    log_evidence : float
        log probability of S_R and them, up to a constant that depends on q and its noise alone.
    """

    def __init__(self, evidence: Evidence, theta: Floats, n_draws: int = _N_DRAWS) -> None:
        self.evidence, self.theta = evidence, theta
        self.hyperparameters = dict(zip(evidence.names, np.exp(theta).tolist(), strict=True))
        self.log_evidence = -evidence.value(theta)
        known = evidence.observation.density_spread < _TAKEN_AS_GIVEN
        self.number_density = evidence.observation.number_density * (1.0 if known else self.hyperparameters["scale"])
        thetas, logs = [theta], [0.0]
        if n_draws:
            root = evidence.spread(theta)
            half = np.random.default_rng(0).normal(size=(n_draws // 2, theta.size))
            for deviates in np.concatenate([half, -half]):
                drawn = np.clip(theta + root @ deviates, evidence.low, evidence.high)
                log = -evidence.value(drawn) - self.log_evidence + deviates @ deviates / 2
                if log > -1e6:
                    thetas.append(drawn)
                    logs.append(log)
        weights = np.maximum(np.exp(np.array(logs) - max(logs)), _LEAST_WEIGHT)
        self.weights = weights / weights.sum()
        self.components = [Component(evidence, drawn) for drawn in thetas]

    def g(self, r: Floats) -> Floats:
        """Return the most probable g at any r."""
        return self.components[0].g(r)

    def std(self, r: Floats) -> Floats:
        """Return the standard deviation of g at any r, about the most probable curve."""
        curves = np.array([component.g(r) for component in self.components])
        variances = np.array([component.variance(r) for component in self.components])
        return np.sqrt(self.weights @ (variances + (curves - curves[0]) ** 2))

    def sample(self, n_samples: int, random_state: np.random.RandomState) -> tuple[Floats, Floats]:
        """Draw curves.

        Returns
        -------
        r : ndarray of shape (n_r,)
        g : ndarray of shape (n_samples, n_r)
        """
        r = np.arange(_FINE, self.components[0].r[-1], _FINE)
        counts = random_state.multinomial(n_samples, self.weights)
        draws = [
            component.sample(r, count, random_state)
            for component, count in zip(self.components, counts, strict=True)
            if count
        ]
        return r, np.concatenate(draws)
