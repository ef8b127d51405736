"""The posterior of g given S_R: its mode, its band, and samples, which are nowhere negative.

Under given hyperparameters g is a Gaussian process; where its mean is negative, the most probable curve that is not
takes its place. What is not known of the hyperparameters is in the band: the curves and bands of a few others, drawn
about the most probable ones, count with the weights that their evidence gives.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import nnls

from sklearn_wtrdf.inversion.decomposition import Decomposition
from sklearn_wtrdf.inversion.evidence import Evidence
from sklearn_wtrdf.inversion.observation import Observation, transform_of_pairs
from sklearn_wtrdf.scattering.sampling import FEWEST
from sklearn_wtrdf.scattering.validation import as_floats
from sklearn_wtrdf.transforms import correlated_errors, systematic_errors

Floats = NDArray[np.float64]

_N_DRAWS = 16  # of hyperparameters, besides the most probable ones
_LEAST_WEIGHT = np.exp(-8.0)  # of a draw, over the largest weight
_LEAST_VARIANCE = 1e-9  # of g under the prior, over the largest variance; where it is smaller, g is fixed
_FIRST_SHELL_HEIGHT = 0.5  # least g in the first shell
_SAMPLE_STEP = 0.01  # Å, of sampled curves: bonds are too sharp for the grid on which g is solved for


class Solver:
    """The linear algebra of g under given hyperparameters, for any values of S_R.

    Parameters
    ----------
    evidence : Evidence
    theta : ndarray of shape (n_hyperparameters,)
    """

    def __init__(self, evidence: Evidence, theta: Floats) -> None:
        observation, state = evidence.observation, evidence.state(theta)
        self.prior, self.theta, self.r = evidence.prior, theta[: evidence.n_prior], observation.geometry.r
        self.number_density = observation.number_density
        self.density = float(np.exp(theta[-1])) * self.number_density
        self.total = observation.total
        self._combined = self.prior.combined(self.total)
        self.mean, self.factor, self.projected = state.moments.mean, state.factor, state.projected
        self.expected = observation.modes - state.residual
        self.transform = state.transform
        self._geometry, self.noise_variance = observation.geometry, np.exp(2 * theta[evidence.n_prior])
        errors2 = np.exp(2 * theta[evidence.n_prior + 1 : -1]) * evidence.systematic_errors
        self.systematic_variance, self.correlated_variance = errors2.tolist()
        self.covariance = state.moments.covariance
        self._at: tuple[bytes, Floats, Floats] | None = None
        self._variance: tuple[bytes, Floats] | None = None

    def at(self, r: Floats) -> tuple[Floats, Floats]:
        """Return the prior mean of g at r, and its covariance with g on the grid. The last result is cached."""
        (r,) = as_floats(r)
        key, cached = r.tobytes(), self._at
        if cached is None or cached[0] != key:
            covariance = self._combined.covariance(self.theta, r, self.r)
            cached = self._at = (key, self._combined.mean(self.theta, r, self.number_density), covariance)
        return cached[1:]

    def variance(self, r: Floats) -> Floats:
        """Return the variance of g at r without the constraint g ≥ 0. The last result is cached."""
        (r,) = as_floats(r)
        key, cached = r.tobytes(), self._variance
        if cached is None or cached[0] != key:
            explained = solve_triangular(self.factor, self.transform @ self.at(r)[1].T, lower=True)
            variance = np.maximum(self._combined.variance(self.theta, r) - (explained**2).sum(axis=0), 0.0)
            cached = self._variance = (key, variance)
        return cached[1]

    @cached_property
    def uncertain(self) -> NDArray[np.bool_]:
        """Whether g is uncertain under the prior, for each point of the grid."""
        variance = self.covariance.diagonal()
        return variance > _LEAST_VARIANCE * max(variance.max(), 1e-300)

    @cached_property
    def root(self) -> Floats:
        """The Cholesky factor of the posterior covariance of g at the points of the grid where g is uncertain."""
        uncertain = self.uncertain
        explained = solve_triangular(self.factor, self.projected[:, uncertain], lower=True)
        covariance = self.covariance[np.ix_(uncertain, uncertain)] - explained.T @ explained
        if not uncertain.any():  # the prior fixes g, as that of a bond alone does
            return covariance
        jitter = 1e-7 * covariance.diagonal().mean()
        for _ in range(10):
            covariance[np.diag_indices_from(covariance)] += jitter
            try:
                return cholesky(covariance, lower=True)
            except np.linalg.LinAlgError:
                jitter *= 10
        raise np.linalg.LinAlgError("the covariance of g is not positive definite")

    @cached_property
    def _whitening(self) -> tuple[Floats, Floats]:
        root = solve_triangular(self.factor, self._geometry.modes.T, lower=True)
        precision = (1 - (self._geometry.modes**2).sum(axis=1)) / self.noise_variance + (root**2).sum(axis=0)
        return cho_solve((self.factor, True), self._geometry.modes.T), np.sqrt(np.maximum(precision, 1e-300))

    def standardized_residuals(self, observation: Observation) -> Floats:
        """Return the difference of S_R at each q from the prediction of all other points, in standard deviations."""
        weights, root_precision = self._whitening
        outside = observation.whitened - self._geometry.modes @ observation.modes
        return (outside / self.noise_variance + (observation.modes - self.expected) @ weights) / root_precision

    def multipliers(self, g: Floats) -> Floats:
        """Return the Lagrange multipliers λ ≥ 0 of the constraint g ≥ 0.

        The constrained curve is g + covariance · λ.
        """
        multipliers, uncertain = np.zeros(g.size), self.uncertain
        if (g[uncertain] < 0).any():
            # With covariance = L Lᵀ, λ minimizes ½ λᵀ L Lᵀ λ + λᵀ g.
            target = -solve_triangular(self.root, g[uncertain], lower=True)
            multipliers[uncertain] = nnls(self.root.T, target, maxiter=50 * g.size)[0]
        return multipliers


class Component:
    """g under given hyperparameters.

    Parameters
    ----------
    solver : Solver
    observation : Observation
        With the q, noise and number density of the solver.
    """

    def __init__(self, solver: Solver, observation: Observation) -> None:
        self.solver = solver
        weighted = cho_solve((solver.factor, True), observation.modes - solver.expected)
        self.free = solver.mean + solver.projected.T @ weighted
        multipliers = solver.multipliers(self.free)
        # covariance⁻¹ · residual of the modes, after the constraint g ≥ 0 has changed the residual
        constrained = weighted - cho_solve((solver.factor, True), solver.projected @ multipliers)
        # Coefficients of g − mean in the covariance with g on the grid
        self._coefficients = solver.transform.T @ constrained + multipliers
        self._systematic = solver.systematic_variance * (observation.geometry.systematic.T @ constrained)
        self._correlated = solver.correlated_variance * (observation.geometry.correlated.T @ constrained)

    def g(self, r: Floats) -> Floats:
        """Return the most probable g ≥ 0 at any r."""
        mean, covariance = self.solver.at(r)
        return np.maximum(mean + covariance @ self._coefficients, 0.0)

    def first_shell(self) -> tuple[float, float]:
        """Return the end of the first shell [Å], and its number of atoms."""
        r = np.arange(_SAMPLE_STEP, self.solver.r[-1], _SAMPLE_STEP)
        g = self.g(r)
        top = int(np.argmax((g[1:-1] > _FIRST_SHELL_HEIGHT) & (g[1:-1] >= g[2:]))) + 1
        end = top + int(np.argmax(np.diff(g[top:]) > 0))
        return float(r[end]), float(
            4 * np.pi * self.solver.number_density * (r[:end] ** 2 * g[:end]).sum() * _SAMPLE_STEP
        )

    def decompose(self, observation: Observation) -> Decomposition:
        """Return the parts of S_R at all points, excluded ones among them."""
        complete, solver = observation.complete, self.solver
        g = solver.mean + solver.covariance @ self._coefficients
        transform = transform_of_pairs(complete.q, solver.r, complete.q_damp, complete.pair_weights)
        structure = solver.density * (transform @ (g - 1))
        systematic = systematic_errors(complete.q, observation.q) @ self._systematic
        systematic += correlated_errors(complete.q, observation.q) @ self._correlated
        return Decomposition(complete.q, complete.s_r, complete.shared + structure, systematic, observation.excluded)

    def sample(self, r: Floats, n_samples: int, random_state: np.random.RandomState) -> Floats:
        """Draw curves from the posterior, each under the constraint g ≥ 0."""
        solver = self.solver
        uncertain, root = solver.uncertain, solver.root
        mean = solver.prior.mean(solver.theta, r, solver.number_density).reshape(-1, r.size)
        draws = []
        for _ in range(n_samples):
            draw = self.free.copy()
            draw[uncertain] += root @ random_state.normal(size=int(uncertain.sum()))
            draw[uncertain] += root @ (root.T @ solver.multipliers(draw)[uncertain])
            deviations = CubicSpline(solver.r, (draw - solver.mean).reshape(-1, solver.r.size), axis=1)
            draws.append(solver.total @ (mean + deviations(np.clip(r, solver.r[0], solver.r[-1]))))
        return np.maximum(np.array(draws).reshape(n_samples, r.size), 0.0)


class Posterior:
    """The distribution of g given S_R, with the uncertainty of the hyperparameters.

    Parameters
    ----------
    evidence : Evidence
    theta : ndarray of shape (n_hyperparameters,)
        Logarithms of the most probable hyperparameters.
    n_draws : int, default=16
        Number of further draws of hyperparameters for the band. 0 neglects the uncertainty of the hyperparameters.
    root : ndarray of shape (n_hyperparameters, n), default=None
        A square root of the covariance of their logarithms. None computes it from the curvature of the evidence.

    Attributes
    ----------
    hyperparameters : dict of str to float
        The most probable hyperparameters, by name.
    number_density : float
        ρ₀ [Å⁻³], given or estimated.
    """

    def __init__(self, evidence: Evidence, theta: Floats, n_draws: int = _N_DRAWS, root: Floats | None = None) -> None:
        self._root = root
        self.evidence, self.theta = evidence, theta
        self._n_draws = n_draws if evidence.observation.q.size >= FEWEST else 0
        self.hyperparameters = dict(zip(evidence.names, np.exp(theta).tolist(), strict=True))
        self._original: Posterior | None = None  # whose hyperparameters, and their uncertainty, are reused
        self._reuses_solvers = False  # of the original
        scale = 1.0 if evidence.observation.density_is_given else self.hyperparameters["scale"]
        self.number_density = evidence.observation.number_density * scale

    def given(self, observation: Observation) -> Posterior:
        """Return the posterior of another S_R under the same hyperparameters."""
        posterior = Posterior(self.evidence.given(observation), self.theta, self._n_draws)
        posterior._original = self
        posterior._reuses_solvers = self.evidence.observation.shares_solver_with(observation)
        return posterior

    @cached_property
    def log_evidence(self) -> float:
        """Log probability of S_R and the hyperparameters, up to a constant that depends only on q and the noise."""
        return -self.evidence.value(self.theta)

    @cached_property
    def decomposition(self) -> Decomposition:
        """S_R as the sum of structure, systematic errors and residual."""
        return self.component.decompose(self.evidence.observation)._replace(noise=self.noise)

    @property
    def noise(self) -> Floats:
        """Standard deviation of S_R [Å⁻¹] at all points, excluded ones among them."""
        return self.hyperparameters["noise"] * self.evidence.observation.complete.geometry.noise

    @cached_property
    def standardized_residuals(self) -> Floats:
        """Difference of S_R at each q from the prediction of all other points, in standard deviations."""
        return self._solver.standardized_residuals(self.evidence.observation)

    def g(self, r: Floats) -> Floats:
        """Return the most probable g at any r."""
        return self.component.g(r)

    def std(self, r: Floats) -> Floats:
        """Return the standard deviation of g at any r, about the most probable curve."""
        curves = np.array([component.g(r) for component in self._components])
        variances = np.array([component.solver.variance(r) for component in self._components])
        return np.sqrt(self._thetas[1] @ (variances + (curves - curves[0]) ** 2))

    def sample(self, n_samples: int, random_state: np.random.RandomState) -> tuple[Floats, Floats, Floats]:
        """Draw curves.

        Returns
        -------
        r : ndarray of shape (n_r,)
        g : ndarray of shape (n_samples, n_r)
        number_density : ndarray of shape (n_samples,)
            ρ₀ of each curve [Å⁻³].
        """
        r = np.arange(_SAMPLE_STEP, self.component.solver.r[-1], _SAMPLE_STEP)
        counts = random_state.multinomial(n_samples, self._thetas[1])
        draws = [
            component.sample(r, count, random_state)
            for component, count in zip(self._components, counts, strict=True)
            if count
        ]
        given = self.evidence.observation.density_is_given
        densities = [self.number_density if given else component.solver.density for component in self._components]
        return r, np.concatenate(draws), np.repeat(densities, counts)

    @cached_property
    def component(self) -> Component:
        """g under the most probable hyperparameters."""
        return Component(self._solver, self.evidence.observation)

    @cached_property
    def log_std(self) -> dict[str, float]:
        """Standard deviations of the logarithms of the hyperparameters, by name; those of fixed ones are 0."""
        return dict(zip(self.evidence.names, np.sqrt((self.root**2).sum(axis=1)).tolist(), strict=True))

    @cached_property
    def root(self) -> Floats:
        """A square root of the covariance of the logarithms of the hyperparameters."""
        if self._root is not None:
            return self._root
        return self.evidence.spread(self.theta) if self._original is None else self._original.root

    @cached_property
    def curvature(self) -> Floats:
        """Second derivatives of −log evidence by the logarithms of the hyperparameters, at the most probable ones."""
        return self.evidence.curvature(self.theta) if self._original is None else self._original.curvature

    @cached_property
    def _thetas(self) -> tuple[list[Floats], Floats]:
        """The most probable hyperparameters and the draws of others, with the weights of all of them."""
        if self._original is not None:
            return self._original._thetas
        thetas, logs = [self.theta], [0.0]
        if self._n_draws:
            half = np.random.default_rng(0).normal(size=(self._n_draws // 2, self.root.shape[1]))
            for deviates in np.concatenate([half, -half]):
                drawn = np.clip(self.theta + self.root @ deviates, self.evidence.low, self.evidence.high)
                log = -self.evidence.value(drawn) - self.log_evidence + deviates @ deviates / 2
                if log > -1e6:
                    thetas.append(drawn)
                    logs.append(log)
        weights = np.maximum(np.exp(np.array(logs) - max(logs)), _LEAST_WEIGHT)
        return thetas, weights / weights.sum()

    @cached_property
    def _solver(self) -> Solver:
        return (
            self._original._solver
            if self._original is not None and self._reuses_solvers
            else Solver(self.evidence, self.theta)
        )

    @cached_property
    def _solvers(self) -> list[Solver]:
        if self._original is not None and self._reuses_solvers:
            return self._original._solvers
        return [self._solver, *(Solver(self.evidence, theta) for theta in self._thetas[0][1:])]

    @cached_property
    def _components(self) -> list[Component]:
        others = [Component(solver, self.evidence.observation) for solver in self._solvers[1:]]
        return [self.component, *others]
