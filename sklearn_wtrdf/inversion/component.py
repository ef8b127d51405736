"""g under given hyperparameters: its Gaussian posterior, and the most probable non-negative curve."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import nnls

from sklearn_wtrdf.inversion.decomposition import Decomposition
from sklearn_wtrdf.inversion.evidence import Evidence
from sklearn_wtrdf.inversion.observation import transform_of_pairs
from sklearn_wtrdf.inversion.pattern_errors import N_OBSERVATION
from sklearn_wtrdf.inversion.priors import Prior, Tangent
from sklearn_wtrdf.scattering.validation import as_floats
from sklearn_wtrdf.transforms import correlated_errors, systematic_errors

Floats = NDArray[np.float64]

SAMPLE_STEP = 0.01  # Å, of sampled curves: bonds are too sharp for the grid on which g is solved for
_MIN_VARIANCE = 1e-9  # of g under the prior, over the largest variance; where it is smaller, g is fixed
_NEGLIGIBLE = 1e-12  # ratio of a negative g to the largest: smaller ones are rounding errors
_FIRST_SHELL_HEIGHT = 0.5  # g above which a maximum is that of the first shell
_JITTER = 1e-7  # of the variances of g, over their mean, so that rounding errors leave the covariance positive definite
_JITTER_FACTOR = 10.0  # by which the jitter increases if it is too small
_MAX_JITTERS = 10
_TINY = 1e-300  # in place of 0 in divisors
_NNLS_STEPS = 50  # of non-negative least squares, for each point of the grid


class GaussianPosterior:
    """The posterior of g under given hyperparameters, without the constraint g ≥ 0.

    It is normal, and its covariance does not depend on the values of S_R unless the prior is of log g.

    Parameters
    ----------
    evidence : Evidence
        The evidence of S_R, with its prior and its observation.
    theta : ndarray of shape (n_hyperparameters,)
        Logarithms of the hyperparameters.
    near : Prior, default=None
        As for :meth:`Evidence.state`.

    Attributes
    ----------
    total : ndarray of shape (n_pairs,)
        The linear combination of pair functions that is g by default, with the weights of the first pattern.
    estimated_density : float
        ρ₀ [Å⁻³], estimated by the scale of the first pattern.
    value : float
        −log probability of S_R and the hyperparameters, up to a constant.
    """

    def __init__(self, evidence: Evidence, theta: Floats, near: Prior | None = None) -> None:
        state = evidence.state(theta, near)
        self.complete_theta, self.value = theta, state.value
        self.theta = theta[: evidence.n_prior]  # of the prior alone
        self.prior, self.r = state.prior, evidence.observation.geometry.r
        self.number_density, self.total = evidence.observation.number_density, evidence.observation.total
        errors_and_scales = np.exp(theta[evidence.n_prior :].reshape(-1, N_OBSERVATION))
        self.densities = errors_and_scales[:, -1] * self.number_density
        self.estimated_density = float(self.densities[0])
        self.noise_variances = errors_and_scales[:, 0] ** 2
        self.error_variances = errors_and_scales[:, 1:-1] ** 2 * evidence.systematic_errors
        self.mean, self.factor = state.mean, state.factor
        self.expected = evidence.modes - state.residual
        self.rows, self.transform = [errors.rows for errors in evidence.errors], state.transform
        self.covariance = state.moments.covariance
        self.projected = state.transform @ self.covariance
        self._at: tuple[bytes, Floats, Floats] | None = None
        self._variance: tuple[bytes, Floats] | None = None
        self._whitened: dict[int, tuple[Floats, Floats]] = {}

    def at(self, r: Floats, combination: Floats | None = None) -> tuple[Floats, Floats]:
        """Return the prior mean of g at r, and its covariance with g on the grid. The last result is cached."""
        (r,) = as_floats(r)
        weights = self.total if combination is None else combination
        key, cached = r.tobytes() + weights.tobytes(), self._at
        if cached is None or cached[0] != key:
            combined = self.prior.combined(weights)
            covariance = combined.covariance(self.theta, r, self.r)
            cached = self._at = (key, combined.mean(self.theta, r, self.number_density), covariance)
        return cached[1:]

    def variance(self, r: Floats, combination: Floats | None = None) -> Floats:
        """Return the variance of g at r without the constraint g ≥ 0. The last result is cached."""
        (r,) = as_floats(r)
        weights = self.total if combination is None else combination
        key, cached = r.tobytes() + weights.tobytes(), self._variance
        if cached is None or cached[0] != key:
            explained = solve_triangular(self.factor, self.transform @ self.at(r, combination)[1].T, lower=True)
            variance = self.prior.combined(weights).variance(self.theta, r) - (explained**2).sum(axis=0)
            cached = self._variance = (key, np.maximum(variance, 0.0))
        return cached[1]

    @cached_property
    def uncertain(self) -> NDArray[np.bool_]:
        """Mask of the grid points at which g is uncertain under the prior."""
        variance = self.covariance.diagonal()
        return variance > _MIN_VARIANCE * max(variance.max(), _TINY)

    @cached_property
    def root(self) -> Floats:
        """The Cholesky factor of the posterior covariance of g at the grid points at which g is uncertain."""
        uncertain = self.uncertain
        explained = solve_triangular(self.factor, self.projected[:, uncertain], lower=True)
        covariance = self.covariance[np.ix_(uncertain, uncertain)] - explained.T @ explained
        if not uncertain.any():  # g is certain under the prior, such as a bond alone
            return covariance
        jitter = _JITTER * covariance.diagonal().mean()
        for _ in range(_MAX_JITTERS):
            covariance[np.diag_indices_from(covariance)] += jitter
            try:
                return cholesky(covariance, lower=True)
            except np.linalg.LinAlgError:
                jitter *= _JITTER_FACTOR
        raise np.linalg.LinAlgError("the covariance of g is not positive definite")

    def standardized_residuals(self, evidence: Evidence, pattern: int = 0) -> Floats:
        """Return the difference of S_R at each q from the prediction of all other points, in standard deviations."""
        observation, noise_variance = evidence.observations[pattern], self.noise_variances[pattern]
        modes = observation.geometry.modes
        weights, root_precision = self._whitening(pattern, modes)
        outside = observation.whitened - modes @ observation.modes
        return (outside / noise_variance + (evidence.modes - self.expected) @ weights) / root_precision

    def _whitening(self, pattern: int, modes: Floats) -> tuple[Floats, Floats]:
        """Return covariance⁻¹ between all modes and the points of a pattern, and the square root of its diagonal."""
        if pattern not in self._whitened:
            from_points = np.zeros((self.expected.size, len(modes)))
            from_points[self.rows[pattern]] = modes.T
            root = solve_triangular(self.factor, from_points, lower=True)
            precision = (1 - (modes**2).sum(axis=1)) / self.noise_variances[pattern] + (root**2).sum(axis=0)
            weights = cho_solve((self.factor, True), from_points)
            self._whitened[pattern] = weights, np.sqrt(np.maximum(precision, _TINY))
        return self._whitened[pattern]

    def multipliers(self, g: Floats) -> Floats:
        """Return the Lagrange multipliers λ ≥ 0 of the constraint g ≥ 0.

        The constrained curve is g + covariance · λ.
        """
        free = g[self.uncertain]
        multipliers, constrained, active = np.zeros(free.size), free, np.zeros(free.size, dtype=bool)
        # λ minimizes ½ λᵀ covariance λ + λᵀ g. It is 0 but at a few points, to which others are added that it makes
        # negative.
        while (added := ~active & (constrained < -_NEGLIGIBLE * np.abs(free).max(initial=0.0))).any():
            active |= added
            # covariance = Rᵀ R at these points
            triangle = np.linalg.qr(self.root[active].T, mode="r")
            target = -solve_triangular(triangle, free[active], trans="T")
            multipliers[active] = nnls(triangle, target, maxiter=_NNLS_STEPS * g.size)[0]
            constrained = free + self.root @ (self.root.T @ multipliers)
        everywhere = np.zeros(g.size)
        everywhere[self.uncertain] = multipliers
        return everywhere


class Component:
    """The posterior of g ≥ 0 under given hyperparameters: one component of the mixture over hyperparameters.

    Parameters
    ----------
    gaussian : GaussianPosterior
        The posterior without the constraint.
    evidence : Evidence
        The evidence of the S_R to be solved, with the q, noise and number density of `gaussian`.
    """

    def __init__(self, gaussian: GaussianPosterior, evidence: Evidence) -> None:
        self.gaussian, self.evidence = gaussian, evidence
        weighted = cho_solve((gaussian.factor, True), evidence.modes - gaussian.expected)
        self.free = gaussian.mean + gaussian.projected.T @ weighted
        multipliers = gaussian.multipliers(self.free)
        # covariance⁻¹ · residual of the modes, after the constraint g ≥ 0 has changed the residual
        self._constrained = weighted - cho_solve((gaussian.factor, True), gaussian.projected @ multipliers)
        # Coefficients of g − mean in the covariance with g on the grid
        self._coefficients = gaussian.transform.T @ self._constrained + multipliers

    def g(self, r: Floats, combination: Floats | None = None) -> Floats:
        """Return the most probable g ≥ 0, or a linear combination of the most probable pair functions, at any r."""
        mean, covariance = self.gaussian.at(r, combination)
        return np.maximum(mean + covariance @ self._coefficients, 0.0)

    @cached_property
    def _on_grid(self) -> Floats:
        """The most probable pair functions on the grid, one after the other."""
        return np.asarray(self.gaussian.mean + self.gaussian.covariance @ self._coefficients)

    def first_shell(self) -> tuple[float, float]:
        """Return the end of the first shell [Å], and the number of atoms in it."""
        r = np.arange(SAMPLE_STEP, self.gaussian.r[-1], SAMPLE_STEP)
        g = self.g(r)
        top = int(np.argmax((g[1:-1] > _FIRST_SHELL_HEIGHT) & (g[1:-1] >= g[2:]))) + 1
        end = top + int(np.argmax(np.diff(g[top:]) > 0))
        return float(r[end]), float(
            4 * np.pi * self.gaussian.number_density * (r[:end] ** 2 * g[:end]).sum() * SAMPLE_STEP
        )

    def decompose(self, pattern: int = 0) -> Decomposition:
        """Return the decomposition of S_R at all points, including excluded ones."""
        gaussian, observation = self.gaussian, self.evidence.observations[pattern]
        complete, constrained = observation.complete, self._constrained[gaussian.rows[pattern]]
        structure = self._transformed(complete.pair_weights, pattern)
        geometry, variances = observation.geometry, gaussian.error_variances[pattern]
        systematic = systematic_errors(complete.q, observation.q) @ (
            variances[0] * (geometry.systematic.T @ constrained)
        )
        systematic += correlated_errors(complete.q, observation.q) @ (
            variances[1] * (geometry.correlated.T @ constrained)
        )
        return Decomposition(complete.q, complete.s_r, complete.shared + structure, systematic, observation.excluded)

    def s_r_of_changing_weights(self) -> Floats:
        """Return the part of S_R that is due to the change of the pair weights with q, at all points."""
        weights = self.evidence.observation.complete.weights
        assert weights is not None
        return self._transformed(weights.at_q - weights.total)

    def _transformed(self, weights: Floats | None, pattern: int = 0) -> Floats:
        """Return the S_R of g at all points, with the pair weights at each q."""
        complete = self.evidence.observations[pattern].complete
        transform = transform_of_pairs(complete.q, self.gaussian.r, complete.q_damp, weights)
        return np.asarray(self.gaussian.densities[pattern] * (transform @ (self._on_grid - 1)))

    def sample(
        self,
        r: Floats,
        n_samples: int,
        random_state: np.random.RandomState,
        combinations: Floats | None = None,
        widening: float = 1.0,
    ) -> Floats:
        """Draw curves from the posterior, each under the constraint g ≥ 0 of all pair functions.

        With linear combinations of pair functions, of shape (n_combinations, n_pairs), each draw has shape
        (n_combinations, n_r). `widening` is a factor of the deviations from the most probable curve.
        """
        gaussian, most_probable = self.gaussian, self._on_grid
        weights = gaussian.total if combinations is None else combinations
        uncertain, root = gaussian.uncertain, gaussian.root
        draws = np.tile(self.free, (n_samples, 1))
        for draw in draws:
            draw[uncertain] += root @ random_state.normal(size=int(uncertain.sum()))
            if not isinstance(gaussian.prior, Tangent):  # near a positive curve only small g may become negative
                draw[uncertain] += root @ (root.T @ gaussian.multipliers(draw)[uncertain])
        draws = most_probable + widening * (draws - most_probable)
        curves = gaussian.prior.interpolated(gaussian.theta, r, gaussian.r, draws, gaussian.number_density)
        return np.maximum(weights @ curves, 0.0)
