r"""The normalization of counts to S(q), by the most probable S(q) of a material of known composition.

.. math:: I = \frac{P T}{u} [⟨|f|^2⟩ + |⟨f⟩|^2 (S − 1) + k C] + b B + T c

The polarization P, the transmission T of the sample, the Compton scattering C and the background B are known. u is the
normalization, b the fraction of the background that remains with the sample in the beam, c an intensity that is the
same at all angles (fluorescence, multiple scattering), and k, near 1, the scale of the table of Compton scattering. For
given u the equation is linear in b, c and k. The prior of S_R = q (S − 1) is that of any liquid or glass: its transform
is −4πρ₀r below an onset, where there are no atoms, and decays beyond it. This is the continuum of `inversion`, whose
hyperparameters are estimated for each scan. The most probable u, b, c and k under this prior combine three established
methods, as far as the q range permits: the limit of S at large q, the integral of Krogh-Moe and Norman, and the
residual below the first shell. Remaining systematic errors are modelled by the inversion.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize_scalar

from sklearn_wtrdf.inversion.evidence import Evidence
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.posterior import Posterior
from sklearn_wtrdf.inversion.priors import Continuum
from sklearn_wtrdf.inversion.scoring import best_of, maximize
from sklearn_wtrdf.inversion.search import fit_hyperparameters, refit_if_similar
from sklearn_wtrdf.inversion.selection import starting_points
from sklearn_wtrdf.reduction.reduced_scan import Density, Estimate, ReducedScan
from sklearn_wtrdf.reduction.scattering_model import ScatteringModel
from sklearn_wtrdf.scattering.sampling import MIN_POINTS
from sklearn_wtrdf.scattering.validation import as_floats
from sklearn_wtrdf.transforms import correlated_errors, sine_transform, systematic_errors

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class NormalizationSettings:
    """Prior assumptions about every scan, and settings of the search for u."""

    # Prior standard deviations. With larger ones, more is left to the scan, and u is less certain.
    background_std: float = 0.15  # of b, the fraction of the background that remains, about 1
    compton_std: float = 0.03  # of k, the scale of the table of Compton scattering, about 1
    constant_std: float = 1e9  # of c, in units of the largest count: practically unlimited
    scale_std: float = 0.03  # of the scale of S_R, while the hyperparameters of g are estimated for given u
    min_systematic_errors: float = 1e-3  # of S; with smaller ones, u would be more certain than it can be
    min_scatter: float = 3e-4  # of the noise relative to the mean intensity; no table or correction is more accurate

    # The alternating search for u, and for the hyperparameters for given u.
    log_u_range: float = 0.2  # range of log u that is searched on both sides of the previous one
    log_u_tolerance: float = 1e-3  # change of log u after which the search ends
    n_rounds: int = 4  # maximum number of rounds with the continuum alone
    n_last_rounds: int = 2  # maximum number with all priors of the inversion

    # The density by the counts, independent of the given one.
    density_std: float = 1.0  # prior standard deviation of its relative change in a round
    max_density_step: float = 0.4  # largest change of its logarithm in a round
    density_tolerance: float = 0.01  # change of its logarithm after which the search ends
    n_density_rounds: int = 4  # maximum number of rounds

    damping: float = 1e-3  # Å², of the integral of Krogh-Moe and Norman over q² (S − 1), glassure's default


SETTINGS = NormalizationSettings()
_DENSITY_STEP = 1e-3  # relative change of the density, for a finite difference
_JITTER = 1e-8  # of variances, over their mean, so that rounding errors leave the covariance positive definite


def reduce_scan(
    expected: ScatteringModel,
    number_density: float,
    intensity: Floats,
    variance: Floats,
    background: Floats | None = None,
    background_variance: Floats | None = None,
    *,
    background_scale: float | None = None,
    constant: bool = True,
    normalization: str = "evidence",
    similar: Estimate | None = None,
) -> ReducedScan:
    """Compute S_R from a scan on a uniform q grid.

    Parameters
    ----------
    expected : ScatteringModel
        Scattering of free atoms, polarization and transmission on the q grid.
    number_density : float
        ρ₀ [Å⁻³].
    intensity, variance : ndarray of shape (n_q,)
        Counts in any unit, and their variances.
    background, background_variance : ndarray of shape (n_q,), default=None
        Counts of the scan without the sample, and their variances.
    background_scale : float, default=None
        b. None estimates it, near 1.
    constant : bool, default=True
        Whether to include a constant c ≥ 0.
    normalization : {"evidence", "integral", "high-q"}, default="evidence"
        Method by which u is estimated: the evidence, as described above; the integral of Krogh-Moe and Norman; or the
        limit of S in the upper half of the q range. The latter two set k to 1, and b to 1 if it is not given;
        "integral" has no c.
    similar : Estimate, default=None
        The estimates for a similar scan, from which the search by the evidence starts. It then takes a fraction of the
        time.

    Returns
    -------
    ReducedScan
    """
    expected = ScatteringModel(*as_floats(*expected))
    intensity, variance = as_floats(intensity, variance)
    # A power of 2, so that counts in this unit are near 1 and exact.
    unit = 2.0 ** np.round(np.log2(np.abs(intensity).max() or 1.0))
    intensity, variance = intensity / unit, variance / unit**2
    if background is not None:
        background = np.asarray(background, dtype=float) / unit
    if background_variance is not None:
        background_variance = background_variance / unit**2
    linear = _LinearModel(expected, intensity, background, background_scale, constant)
    by_limit = linear.high_q()
    by_integral = linear.integral(number_density)
    noise = variance if background_variance is None else variance + linear.mean[1] ** 2 * background_variance
    scatter = np.abs(linear.per_count) * np.sqrt(noise)
    # No measurement is without scatter, by which the inversion divides.
    scatter = np.maximum(scatter, SETTINGS.min_scatter * (np.abs(linear.per_count * intensity).mean() or 1.0))
    solution = by_limit if normalization == "high-q" else by_integral
    if normalization == "evidence" and expected.q.size >= MIN_POINTS:
        from_similar = None if similar is None else _from_similar(linear, number_density, by_integral, scatter, similar)
        solution = from_similar or _most_probable(linear, number_density, [by_integral, by_limit], scatter)
    reduced = linear.reduced(solution, scatter, number_density)
    if solution.evidence is not None and solution.theta is not None:
        estimate = Estimate(Posterior(solution.evidence, solution.theta), solution.u / by_integral.u)
        density = _density_of(linear, number_density, scatter, solution)
        reduced = reduced._replace(density=density, estimate=estimate)
    return reduced._replace(normalization=reduced.normalization / unit)


class _Solution(NamedTuple):
    """u, (c, b, k − 1), −log of their probability, and the prior of S_R with the logarithms of its hyperparameters."""

    u: float
    c: Floats
    value: float = np.inf
    evidence: Evidence | None = None
    theta: Floats | None = None

    @property
    def hyperparameters(self) -> dict[str, float] | None:
        if self.evidence is None or self.theta is None:
            return None
        return dict(zip(self.evidence.names, np.exp(self.theta).tolist(), strict=True))


class _LinearModel:
    """S_R = u · (per_count · I − Σ c_i part_i) − …, of which only u and c are unknown."""

    def __init__(
        self,
        expected: ScatteringModel,
        intensity: Floats,
        background: Floats | None,
        background_scale: float | None,
        constant: bool,
    ) -> None:
        self.expected, self.intensity = expected, intensity
        self.background = np.zeros_like(intensity) if background is None else background
        self.to_s_r = expected.q / expected.square_of_mean
        self.per_count = self.to_s_r / (expected.polarization * expected.transmission)
        self.self_scattering = self.to_s_r * (expected.mean_of_square + expected.compton)
        # Prior means and standard deviations of c, b and k − 1. A spread of 0 fixes one of them.
        scale_is_known = background is None or background_scale is not None
        self.mean = np.array([0.0, 1.0 if background_scale is None else background_scale, 0.0])
        self.spread = np.array(
            [
                SETTINGS.constant_std if constant else 0.0,
                0.0 if scale_is_known else SETTINGS.background_std,
                SETTINGS.compton_std,
            ]
        )

        self.by_density: list[Floats] = []

    def with_density(self, by_density: Floats) -> _LinearModel:
        """Return the same with a further unknown, the relative change of the density, of which S_R has a part."""
        linear = copy(self)
        linear.by_density = [by_density]
        linear.mean, linear.spread = np.append(self.mean, 0.0), np.append(self.spread, SETTINGS.density_std)
        return linear

    def parts(self, u: float) -> Floats:
        """Return the contributions of c, b and k − 1 that are subtracted from S_R, as columns."""
        e = self.expected
        parts = u * self.to_s_r / e.polarization, u * self.per_count * self.background, self.to_s_r * e.compton
        return np.stack([*parts, *self.by_density], axis=1)

    def s_r(self, u: float, c: Floats) -> Floats:
        """Return S_R for given numbers."""
        return u * self.per_count * self.intensity - self.self_scattering - self.parts(u) @ c

    def integral(self, number_density: float) -> _Solution:
        """Return u by the integral of Krogh-Moe and Norman: of q² (S − 1) up to its end it is −2π²ρ₀."""
        e = self.expected
        sample = self._corrected(self.mean)
        damped = e.q**2 * np.exp(-SETTINGS.damping * e.q**2) / e.square_of_mean
        counted = np.trapezoid(damped * sample, e.q)
        scattered = np.trapezoid(damped * (e.mean_of_square + e.compton), e.q) - 2 * np.pi**2 * number_density
        u = scattered / counted if counted > 0 else np.nan  # where nothing was counted
        return _Solution(float(u) if 0 < u < np.inf else self._limit(sample), self.mean)

    def high_q(self) -> _Solution:
        """Return u, and c where there is one, from the limit of S at large q."""
        e, sample = self.expected, self._corrected(self.mean)
        upper = e.q >= e.q[-1] / 2
        columns = np.stack([sample, -1 / e.polarization], axis=1)[upper]
        target = (e.mean_of_square + e.compton)[upper] * e.q[upper] ** 2
        columns = columns * e.q[upper, None] ** 2
        if self.spread[0] > 0 and upper.sum() > 2:
            u, flat = np.linalg.lstsq(columns, target, rcond=None)[0]
            if u > 0 and flat > 0:
                return _Solution(float(u), np.array([flat / u, *self.mean[1:]]))
        return _Solution(self._limit(sample), self.mean)

    def _corrected(self, c: Floats) -> Floats:
        e = self.expected
        return (self.intensity - c[1] * self.background) / (e.polarization * e.transmission)

    def _limit(self, sample: Floats) -> float:
        """Return the u that is best for the upper half of q, positive."""
        e = self.expected
        upper = e.q >= e.q[-1] / 2
        weighted = sample[upper] * e.q[upper] ** 2
        target = (e.mean_of_square + e.compton)[upper] * e.q[upper] ** 2
        u = float(weighted @ target / max(weighted @ weighted, np.finfo(float).tiny))
        return u if 0 < u < np.inf else 1.0

    def reduced(self, solution: _Solution, scatter: Floats, number_density: float) -> ReducedScan:
        """Return all in electron units."""
        e, u, c = self.expected, solution.u, solution.c
        flat, b, compton = c
        hyperparameters = solution.hyperparameters or {"onset": np.nan, "systematic": 0.0}
        measured = u * (self._corrected(c) - flat / e.polarization)
        return ReducedScan(
            e.q,
            self.s_r(u, c),
            u * scatter,
            measured,
            e.mean_of_square,
            (1 + compton) * e.compton,
            u * b * self.background / (e.polarization * e.transmission),
            u * flat / e.polarization,
            u,
            float(b),
            float(1 + compton),
            hyperparameters["onset"],
            hyperparameters["systematic"],
            number_density,
            Density(np.nan, np.inf),
            np.array([]),
        )


def _most_probable(linear: _LinearModel, number_density: float, starts: list[_Solution], scatter: Floats) -> _Solution:
    """Estimate S_R for a given prior and the hyperparameters for given S_R in turn, from the better of two starts."""
    candidates = []
    for solution in starts:
        for _ in range(SETTINGS.n_rounds):
            before, solution = solution, _improved(linear, number_density, scatter, solution, _continuum_prior)
            if abs(np.log(solution.u / before.u)) < SETTINGS.log_u_tolerance:
                break
        candidates.append(solution)
    solution = min(candidates, key=lambda candidate: candidate.value)
    for _ in range(SETTINGS.n_last_rounds):  # under all priors of the inversion, including bonds
        before, solution = solution, _improved(linear, number_density, scatter, solution, _best_prior)
        if abs(np.log(solution.u / before.u)) < SETTINGS.log_u_tolerance:
            break
    return solution


def _from_similar(
    linear: _LinearModel, number_density: float, by_integral: _Solution, scatter: Floats, similar: Estimate
) -> _Solution | None:
    """Estimate S_R and the hyperparameters in turn, from those of a similar scan; None if the scan is not similar."""
    evidence, theta = similar.posterior.evidence, similar.posterior.theta
    solution = _normalized(linear, number_density, scatter, by_integral.u * similar.over_integral, evidence, theta)
    for _ in range(SETTINGS.n_rounds):
        posterior = refit_if_similar(similar.posterior, _observation(linear, number_density, scatter, solution))
        if posterior is None:
            return None
        before = solution
        solution = _normalized(linear, number_density, scatter, before.u, posterior.evidence, posterior.theta)
        if abs(np.log(solution.u / before.u)) < SETTINGS.log_u_tolerance:
            break
    return solution


def _continuum_prior(observation: Observation, solution: _Solution) -> tuple[Evidence, Floats]:
    evidence = Evidence(Continuum(), observation)
    hyperparameters = solution.hyperparameters
    starts = starting_points(evidence) if hyperparameters is None else [evidence.theta(**hyperparameters)]
    return evidence, best_of(evidence, starts).theta


def _best_prior(observation: Observation, solution: _Solution) -> tuple[Evidence, Floats]:
    posterior = fit_hyperparameters(observation, average=False)
    return posterior.evidence, posterior.theta


def _improved(
    linear: _LinearModel,
    number_density: float,
    scatter: Floats,
    solution: _Solution,
    search: Callable[[Observation, _Solution], tuple[Evidence, Floats]],
) -> _Solution:
    """Estimate the hyperparameters for given u, c, b and k, and then the most probable u, c, b and k."""
    observation = _observation(linear, number_density, scatter, solution)
    return _normalized(linear, number_density, scatter, solution.u, *search(observation, solution))


def _observation(linear: _LinearModel, number_density: float, scatter: Floats, solution: _Solution) -> Observation:
    """Return S_R for given u, c, b and k."""
    s_r = linear.s_r(solution.u, solution.c)
    return Observation(linear.expected.q, s_r, number_density, SETTINGS.scale_std, std=solution.u * scatter)


def _normalized(
    linear: _LinearModel, number_density: float, scatter: Floats, u: float, evidence: Evidence, theta: Floats
) -> _Solution:
    """Return the most probable u near a start, c, b and k for given hyperparameters."""
    u, fit = _most_probable_u(linear, _prior_of_s_r(linear.expected.q, number_density, scatter, evidence, theta), u)
    return _Solution(u, fit.c, fit.value + evidence.minus_log_prior(theta), evidence, theta)


def _density_of(linear: _LinearModel, number_density: float, scatter: Floats, solution: _Solution) -> Density:
    """Estimate the number density together with u, c, b, k and the hyperparameters.

    S_R below the onset is linear in the density, so that it is estimated as c, b and k are, and then the
    hyperparameters for it, in turn.
    """
    assert solution.evidence is not None
    assert solution.theta is not None
    evidence, theta, u, q = solution.evidence, solution.theta, solution.u, linear.expected.q
    density, log_std = number_density, np.inf
    for _ in range(SETTINGS.n_density_rounds):
        prior = _prior_of_s_r(q, density, scatter, evidence, theta)
        u, fit = _most_probable_u(linear.with_density(prior.by_density), prior, u)
        log_std = float(np.sqrt(fit.covariance[-1, -1]))
        step = float(np.clip(fit.c[-1], -SETTINGS.max_density_step, SETTINGS.max_density_step))
        density *= float(np.exp(step))
        if abs(step) < SETTINGS.density_tolerance:
            break
        s_r = linear.s_r(u, fit.c[:-1])
        observation = Observation(q, s_r, density, SETTINGS.scale_std, std=u * scatter, is_coarse=True)
        evidence = evidence.given(observation)
        theta = maximize(evidence, theta).theta
    return Density(density, log_std)


class _Prior(NamedTuple):
    """The prior of S_R: its mean and covariance, the variance of noise for u = 1, and the mean's change with ln ρ₀."""

    mean: Floats
    signal: Floats
    noise: Floats
    by_density: Floats


def _prior_of_s_r(q: Floats, number_density: float, scatter: Floats, evidence: Evidence, theta: Floats) -> _Prior:
    """Return the prior of S_R for given hyperparameters."""
    hyperparameters = dict(zip(evidence.names, np.exp(theta).tolist(), strict=True))
    r, moments = evidence.observation.geometry.r, evidence.state(theta).moments
    transform = number_density * sine_transform(q, r)
    signal = transform @ moments.covariance @ transform.T
    systematic = max(hyperparameters["systematic"], SETTINGS.min_systematic_errors)
    for size, basis in (
        (systematic, systematic_errors(q, q)),
        (hyperparameters["correlated"], correlated_errors(q, q)),
    ):
        signal += size**2 * basis @ basis.T
    mean = transform @ (moments.mean - 1)
    denser = 1 + _DENSITY_STEP
    g_if_denser = evidence.prior.mean(theta[: evidence.n_prior], r, denser * number_density)
    mean_if_denser = denser * (transform @ (g_if_denser - 1))
    return _Prior(mean, signal, (hyperparameters["noise"] * scatter) ** 2, (mean_if_denser - mean) / _DENSITY_STEP)


def _most_probable_u(linear: _LinearModel, prior: _Prior, start: float) -> tuple[float, _Fit]:
    """Return the most probable u near a start, with the fit for it."""
    center = np.log(start)
    best = minimize_scalar(
        lambda log_u: _misfit(linear, prior, float(np.exp(log_u))).value,
        bounds=(center - SETTINGS.log_u_range, center + SETTINGS.log_u_range),
        method="bounded",
        options={"xatol": SETTINGS.log_u_tolerance / 100},
    )
    u = float(np.exp(best.x))
    return u, _misfit(linear, prior, u)


class _Fit(NamedTuple):
    """−log probability of the counts, the most probable c, b and k − 1, and the covariance of the free ones."""

    value: float
    c: Floats
    covariance: Floats


def _misfit(linear: _LinearModel, prior: _Prior, u: float) -> _Fit:
    """Return the fit of c ≥ 0, b and k − 1 for given u."""
    covariance = prior.signal + np.diag(u**2 * prior.noise)
    covariance[np.diag_indices_from(covariance)] += _JITTER * covariance.diagonal().mean()
    factor = cholesky(covariance, lower=True)
    parts, rest = linear.parts(u), u * linear.per_count * linear.intensity - linear.self_scattering - prior.mean
    whitened = solve_triangular(factor, np.column_stack([parts, rest]), lower=True)
    parts, rest = whitened[:, :-1], whitened[:, -1]
    c = linear.mean.copy()
    free = linear.spread > 0
    volume = None  # with c free, also if c is 0 in the end: otherwise the unit of c would change the probability
    while True:
        free_parts, spread = parts[:, free], linear.spread[free]
        precision = free_parts.T @ free_parts + np.diag(spread**-2)
        target = free_parts.T @ (rest - parts[:, ~free] @ c[~free]) + linear.mean[free] / spread**2
        volume = np.linalg.slogdet(precision)[1] if volume is None else volume
        c[free] = np.linalg.solve(precision, target)
        if c[0] >= 0:
            break
        c[0], free = 0.0, free & (np.arange(c.size) > 0)
    residual, deviations = rest - parts @ c, (c[free] - linear.mean[free]) / spread
    value = (residual @ residual + deviations @ deviations + volume) / 2
    # The probability of the counts is that of S_R times the derivative, u for each point.
    value += np.log(factor.diagonal()).sum() - rest.size * np.log(u)
    return _Fit(float(value), c, np.linalg.inv(precision))
