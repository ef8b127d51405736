r"""From counted intensities to S(q): what a material of known atoms must scatter decides the factor between the two.

.. math:: I = \frac{P T}{u} [⟨|f|^2⟩ + |⟨f⟩|^2 (S − 1) + k C] + b B + T c

P is the polarization, T what comes out of the sample, C the Compton scattering, B the background, all known; u the
normalization, b the part of the background that the sample leaves, c what is alike at all angles (fluorescence,
scattering of several times), and k, near 1, how far the table of Compton scattering is to be trusted. For given u the
equation is linear in b, c and k, and S_R = q (S − 1) is known beforehand as far as any liquid's or glass's is: its
transform is −4πρ₀r below an onset, where no two atoms are, and decays beyond it. That belief is the continuum of
`inversion`, whose hyperparameters are found here for each scan. The most probable u, b, c and k under it do at once
what is else done one after the other: they meet the limit of S at large q, the integral of Krogh-Moe and Norman, and
the residual below the first atoms, each as far as q reaches. What slow errors remain is for the inversion to find.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize_scalar

from sklearn_wtrdf.composition import Composition
from sklearn_wtrdf.corrections import Absorption, compton_detected, polarization, two_theta_of
from sklearn_wtrdf.inversion.evidence import Evidence
from sklearn_wtrdf.inversion.observation import FEWEST, Observation, sine_transform, slow_errors
from sklearn_wtrdf.inversion.priors import Continuum
from sklearn_wtrdf.inversion.scoring import best_of
from sklearn_wtrdf.inversion.search import find, starts_of
from sklearn_wtrdf.scattering import as_floats

Floats = NDArray[np.float64]

_SHADED = 0.15  # how far the part of the background that the sample leaves may be from 1, a standard deviation
_COMPTON = 0.03  # likewise how far the table of Compton scattering is off
_FREE = 1e9  # in place of no standard deviation
_REACH = 0.2  # of the logarithm of u, about where the integral puts it
_ROUNDS = 4
_LAST_ROUNDS = 2
_SETTLED = 1e-3  # of the logarithm of u
_SLOW = 1e-3  # of S: slow errors at least, so that u is not held to what it cannot be known to
_SURE = 0.03  # of the scale of S_R, when the continuum's hyperparameters are found
_LEAST_SCATTER = 3e-4  # of the mean intensity: no table and no correction is known better
_LEAST_TRANSMISSION = 1e-9  # of the largest: what comes out at other angles drowns the rest
_DAMPING = 1e-3  # Å², of the integrals of Krogh-Moe and Norman, glassure's default
_PER_BIN = 3  # points of the scan in a bin, for a line through them and their noise

_NEIGHBOURS = 6  # counts that predict another, three on each side where there are as many, by a parabola
_UNLIKELY = 6.0  # standard deviations of counting: beyond it is one count of 10⁹
# Times the misfit of the parabola, where it leaves out 1, 2 or 3 counts: at a maximum of Gauss's or Lorentz's form that
# is only two steps wide at half its height the count at the top is up to 4, 8 and 30 times that from it.
_SHARPEST = (6.0, 10.0, 40.0)
_AT_ENDS = 4.0  # times as much at the ends of a scan, where neighbours are on one side alone
_BENT = 2.0  # times the bend of the parabola over half of the neighbours' span
_WIDEST_STEP = 0.1  # Å⁻¹: S swings within further steps, and neighbours predict nothing
_LOWER_QUARTILE = 0.1015  # of the square of a standard normal variable: less than half of the scan may be spoilt


class Expected(NamedTuple):
    """What a material of these atoms scatters at each q, in electron units for each atom, and what becomes of it.

    Attributes
    ----------
    q : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹].
    mean_of_square, square_of_mean, compton : ndarray of shape (n_q,)
        ⟨|f|²⟩, |⟨f⟩|², and the Compton scattering that is counted.
    polarization, transmission : ndarray of shape (n_q,)
        P and T.
    """

    q: Floats
    mean_of_square: Floats
    square_of_mean: Floats
    compton: Floats
    polarization: Floats
    transmission: Floats

    @classmethod
    def of(
        cls,
        composition: Composition,
        q: Floats,
        wavelength: float,
        *,
        polarized: bool = True,
        monochromator: float | None = None,
        absorption: Absorption | None = None,
        energy_window: float | None = None,
    ) -> Expected:
        """Look it up; the parameters are those of :class:`sklearn_wtrdf.Reduction`."""
        (q,) = as_floats(q)
        two_theta = two_theta_of(q, wavelength)
        table = composition.intensities("x-ray", q, wavelength=wavelength)
        compton = table["incoherent"].to_numpy() * compton_detected(two_theta, wavelength, energy_window)
        return cls(
            q,
            table["mean_of_square"].to_numpy(),
            table["square_of_mean"].to_numpy(),
            compton,
            polarization(two_theta, monochromator) if polarized else np.ones(q.size),
            np.ones(q.size) if absorption is None else _transmission(absorption, two_theta),
        )


def _transmission(absorption: Absorption, two_theta: Floats) -> Floats:
    """Return T, of which something comes out at every angle."""
    transmission = np.asarray(absorption.transmission(two_theta), dtype=float)
    lost = ~(transmission > _LEAST_TRANSMISSION * transmission.max())
    if lost.any():
        raise ValueError(
            f"absorption: nothing comes out of {absorption} at 2θ = {two_theta[lost][0]:.4g}°; cut the scan by q_max, "
            "or check the coefficient."
        )
    return transmission


class Reduced(NamedTuple):
    """A scan in electron units, and what it was made of.

    Attributes
    ----------
    q, s_r, std : ndarray of shape (n_q,)
        Scattering vector, reduced structure factor and its standard deviation by counting [Å⁻¹].
    measured : ndarray of shape (n_q,)
        What was counted, without background and constant, over polarization and absorption, in electron units.
    coherent, compton, background, constant : ndarray of shape (n_q,)
        ⟨|f|²⟩, Compton scattering, background and constant in the same units: S = 1 where `measured` is `coherent` +
        `compton`.
    normalization, background_scale, compton_scale : float
        u, in electron units for a unit of the scan; b and k.
    onset : float
        Where the continuum of the belief rises, behind a bond where there is one [Å].
    slow : float
        Size of the slow errors of S that remain.
    """

    q: Floats
    s_r: Floats
    std: Floats
    measured: Floats
    coherent: Floats
    compton: Floats
    background: Floats
    constant: Floats
    normalization: float
    background_scale: float
    compton_scale: float
    onset: float
    slow: float


def rebin(x: Floats, values: Floats, variance: Floats | None, grid: Floats) -> tuple[Floats, Floats]:
    """Bring a scan to an even grid: the middle of a straight line through the points of each bin.

    Parameters
    ----------
    x : ndarray of shape (n_x,)
        Increasing.
    values : ndarray of shape (n_x,)
    variance : ndarray of shape (n_x,) or None
        None finds it from the scatter about the lines, as a multiple of `values`, which is how counts scatter in
        whatever unit.
    grid : ndarray of shape (n_q,)
        In even steps, within x.

    Returns
    -------
    values, variance : ndarray of shape (n_q,)
        Where points are too few for lines, by interpolation.
    """
    place = np.rint((x - grid[0]) / (grid[1] - grid[0])).astype(np.intp)
    inside = (place >= 0) & (place < grid.size)
    k, y = place[inside], values[inside]
    d = x[inside] - grid[k]

    def total(of: Floats) -> Floats:
        return np.bincount(k, of, grid.size).astype(float)

    n = total(np.ones(k.size))
    if n.min() < _PER_BIN:
        if variance is None:
            second = np.diff(values, 2)[:, None] ** 2 / 6  # of noise alone; of a curve that is dense enough, too
            variance = _multiple(second.sum(), np.abs(values).mean() * second.size) * np.abs(values)
        return np.interp(grid, x, values), np.interp(grid, x, variance)
    n_d, n_dd, n_y, n_dy = total(d), total(d * d), total(y), total(d * y)
    determinant = n * n_dd - n_d**2
    middle, slope = (n_dd * n_y - n_d * n_dy) / determinant, (n * n_dy - n_d * n_y) / determinant
    if variance is None:
        scatter = (y - middle[k] - slope[k] * d) ** 2
        multiple = _multiple(scatter.sum(), float((np.abs(middle) * np.maximum(n - 2, 0)).sum()))
        return middle, multiple * np.abs(middle) * n_dd / determinant
    weight = (n_dd[k] - n_d[k] * d) / determinant[k]
    return middle, total(weight**2 * variance[inside])


def _multiple(scatter: float, expected: float) -> float:
    return scatter / expected if expected > 0 else 0.0


def without_outliers(q: Floats, counts: Floats, variance: Floats | None) -> tuple[Floats, NDArray[np.bool_]]:
    """Replace outliers among counts by what their neighbours predict.

    A parabola through the nearest six predicts a count, without the one or two beside it that may be outliers, too. An
    outlier is further off than counting statistics allow, and further than a sharp maximum makes it: much further than
    the neighbours are from the parabola, and than the parabola bends over them.

    Parameters
    ----------
    q : ndarray of shape (n_x,)
        Scattering vector [Å⁻¹], increasing.
    counts : ndarray of shape (n_x,)
    variance : ndarray of shape (n_x,) or None
        None finds it from the scatter, as a multiple of `counts`.

    Returns
    -------
    counts : ndarray of shape (n_x,)
    outlying : ndarray of bool, shape (n_x,)
        Which were replaced; none of fewer than ten counts, or where steps are wider than 0.1 Å⁻¹.
    """
    replaced, outlying = counts.copy(), np.zeros(q.size, dtype=bool)
    few = q.size <= _NEIGHBOURS + len(_SHARPEST)
    if few or np.median(np.diff(q)) > _WIDEST_STEP or np.ptp(counts) == 0:
        return replaced, outlying
    usual = np.median(np.abs(counts))  # the noise is no less where a background was subtracted from counts
    photon = float(np.diff(np.unique(counts)).min())  # or less, where counts are no whole numbers of a unit
    for width, factor in enumerate(_SHARPEST, start=1):
        at, predicted = _predicted(q, counts, width)
        off = np.abs(counts[at] - predicted.value)
        level = np.maximum(np.maximum(np.abs(predicted.value), np.abs(counts[at])), usual)
        if width == 1:
            relative = off**2 / (1 + predicted.variance) / np.maximum(level, photon)
            multiple = max(float(np.quantile(relative, 0.25)) / _LOWER_QUARTILE, photon)
        noise = multiple * level if variance is None else np.maximum(multiple * level, variance[at])
        sharp = np.where((at < width) | (at >= q.size - width), _AT_ENDS, 1.0) * factor * predicted.misfit
        limit = np.sqrt(1 + predicted.variance) * np.maximum(_UNLIKELY * np.sqrt(noise), sharp)
        new = (off > np.maximum(limit, _BENT * predicted.bend)) & ~outlying[at]
        replaced[at[new]], outlying[at[new]] = predicted.value[new], True
    return replaced, outlying


class _Predicted(NamedTuple):
    """Counts as neighbours predict them, with the variance of that over that of a count.

    With the root mean square deviation of the neighbours from the parabola, and how far it bends over them.
    """

    value: Floats
    variance: Floats
    misfit: Floats
    bend: Floats


def _predicted(q: Floats, counts: Floats, width: int) -> tuple[NDArray[np.intp], _Predicted]:
    """Return indices and predictions of counts where each `width` of them in a row are left out."""
    first = np.arange(q.size - width + 1)
    start = np.clip(first - _NEIGHBOURS // 2, 0, first[-1] - _NEIGHBOURS)
    near = start[:, None] + np.arange(_NEIGHBOURS)
    near += np.where(near >= first[:, None], width, 0)
    at = first[:, None] + np.arange(width)
    origin, span = q[first, None], np.ptp(q[near], axis=1)[:, None]
    basis, triangle = np.linalg.qr(((q[near] - origin) / span)[..., None] ** np.arange(3))
    parts = (counts[near][:, None] @ basis)[:, 0]
    misfit = np.sqrt(np.sum((counts[near] - (basis @ parts[..., None])[..., 0]) ** 2, axis=1) / (_NEIGHBOURS - 3))
    bend = np.abs(parts[:, 2] / triangle[:, 2, 2]) / 4  # of half the span
    powers = ((q[at] - origin) / span)[..., None] ** np.arange(3)
    weights = powers @ np.linalg.inv(triangle)
    value, variance = (weights @ parts[..., None])[..., 0], np.sum(weights**2, axis=2)
    each = np.ones(width)
    return at.ravel(), _Predicted(
        value.ravel(), variance.ravel(), np.outer(misfit, each).ravel(), np.outer(bend, each).ravel()
    )


def reduce_scan(
    expected: Expected,
    number_density: float,
    intensity: Floats,
    variance: Floats,
    background: Floats | None = None,
    background_variance: Floats | None = None,
    *,
    background_scale: float | None = None,
    constant: bool = True,
    normalization: str = "evidence",
) -> Reduced:
    """Find S_R of a scan on an even grid.

    Parameters
    ----------
    expected : Expected
    number_density : float
        ρ₀ [Å⁻³].
    intensity, variance : ndarray of shape (n_q,)
        What was counted, in any unit.
    background, background_variance : ndarray of shape (n_q,), default=None
        Of the scan without the sample.
    background_scale : float, default=None
        b. None finds it, near 1.
    constant : bool, default=True
        Whether there is a c ≥ 0.
    normalization : {"evidence", "integral", "high-q"}, default="evidence"
        How u is found: as the module says; by Krogh-Moe and Norman's integral; or by the limit at large q, the upper
        half of q. Both take b for 1, if it is not given, and k for 1; "integral" has no
        c.

    Returns
    -------
    Reduced
    """
    expected = Expected(*as_floats(*expected))
    intensity, variance = as_floats(intensity, variance)
    unit = 2.0 ** np.round(np.log2(np.abs(intensity).max() or 1.0))  # in which counts are near 1, whatever theirs is
    intensity, variance = intensity / unit, variance / unit**2
    if background is not None:
        background = np.asarray(background, dtype=float) / unit
    if background_variance is not None:
        background_variance = background_variance / unit**2
    linear = _Linear(expected, intensity, background, background_scale, constant)
    by_limit = linear.high_q()
    by_integral = linear.integral(number_density)
    noise = variance if background_variance is None else variance + linear.mean[1] ** 2 * background_variance
    scatter = np.abs(linear.per_count) * np.sqrt(noise)
    # No scatter at all is no measurement's; the inversion could not divide by it.
    scatter = np.maximum(scatter, _LEAST_SCATTER * (np.abs(linear.per_count * intensity).mean() or 1.0))
    guess = by_limit if normalization == "high-q" else by_integral
    if normalization == "evidence" and expected.q.size >= FEWEST:
        guess = _most_probable(linear, number_density, [by_integral, by_limit], scatter)
    reduced = linear.reduced(guess, scatter)
    return reduced._replace(normalization=reduced.normalization / unit)


class _Guess(NamedTuple):
    """u, (c, b, k − 1), −log of their probability, and the hyperparameters of what is believed of S_R."""

    u: float
    c: Floats
    value: float = np.inf
    hyperparameters: dict[str, float] | None = None


class _Linear:
    """S_R = u · (per_count · I − Σ c_i part_i) − …, of which all but u and c is known."""

    def __init__(
        self,
        expected: Expected,
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
        # c, b and k: means and standard deviations beforehand. A spread of 0 fixes one.
        known = background is None or background_scale is not None
        self.mean = np.array([0.0, 1.0 if background_scale is None else background_scale, 0.0])
        self.spread = np.array([_FREE if constant else 0.0, 0.0 if known else _SHADED, _COMPTON])

    def parts(self, u: float) -> Floats:
        """Return what c, b and k − 1 take from S_R, as columns."""
        e = self.expected
        return np.stack(
            [u * self.to_s_r / e.polarization, u * self.per_count * self.background, self.to_s_r * e.compton], axis=1
        )

    def s_r(self, u: float, c: Floats) -> Floats:
        """Return S_R for given numbers."""
        return u * self.per_count * self.intensity - self.self_scattering - self.parts(u) @ c

    def integral(self, number_density: float) -> _Guess:
        """Return u by the integral of Krogh-Moe and Norman: of q² (S − 1) up to its end it is −2π²ρ₀."""
        e = self.expected
        sample = self._corrected(self.mean)
        damped = e.q**2 * np.exp(-_DAMPING * e.q**2) / e.square_of_mean
        counted = np.trapezoid(damped * sample, e.q)
        scattered = np.trapezoid(damped * (e.mean_of_square + e.compton), e.q) - 2 * np.pi**2 * number_density
        u = scattered / counted if counted > 0 else np.nan  # where nothing was counted
        return _Guess(float(u) if 0 < u < np.inf else self._limit(sample), self.mean)

    def high_q(self) -> _Guess:
        """Return u, and c where there is one, by what S tends to."""
        e, sample = self.expected, self._corrected(self.mean)
        upper = e.q >= e.q[-1] / 2
        columns = np.stack([sample, -1 / e.polarization], axis=1)[upper]
        wanted = (e.mean_of_square + e.compton)[upper] * e.q[upper] ** 2
        columns = columns * e.q[upper, None] ** 2
        if self.spread[0] > 0 and upper.sum() > 2:
            u, flat = np.linalg.lstsq(columns, wanted, rcond=None)[0]
            if u > 0 and flat > 0:
                return _Guess(float(u), np.array([flat / u, *self.mean[1:]]))
        return _Guess(self._limit(sample), self.mean)

    def _corrected(self, c: Floats) -> Floats:
        e = self.expected
        return (self.intensity - c[1] * self.background) / (e.polarization * e.transmission)

    def _limit(self, sample: Floats) -> float:
        """Return the u that is best for the upper half of q, positive."""
        e = self.expected
        upper = e.q >= e.q[-1] / 2
        weighed = sample[upper] * e.q[upper] ** 2
        wanted = (e.mean_of_square + e.compton)[upper] * e.q[upper] ** 2
        u = float(weighed @ wanted / max(weighed @ weighed, np.finfo(float).tiny))
        return u if 0 < u < np.inf else 1.0

    def reduced(self, guess: _Guess, scatter: Floats) -> Reduced:
        """Return all in electron units."""
        e, u, c = self.expected, guess.u, guess.c
        flat, b, compton = c
        hyperparameters = guess.hyperparameters or {"onset": np.nan, "slow": 0.0}
        measured = u * (self._corrected(c) - flat / e.polarization)
        return Reduced(
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
            hyperparameters["slow"],
        )


def _most_probable(linear: _Linear, number_density: float, guesses: list[_Guess], scatter: Floats) -> _Guess:
    """Find S_R given what is believed of it, and what is to be believed given S_R, in turn, from the better guess."""
    found = []
    for guess in guesses:
        for _ in range(_ROUNDS):
            before, guess = guess, _improved(linear, number_density, scatter, guess, _continuum)
            if abs(np.log(guess.u / before.u)) < _SETTLED:
                break
        found.append(guess)
    guess = min(found, key=lambda one: one.value)
    for _ in range(_LAST_ROUNDS):  # of all that the inversion searches, bonds among it
        before, guess = guess, _improved(linear, number_density, scatter, guess, _any)
        if abs(np.log(guess.u / before.u)) < _SETTLED:
            break
    return guess


def _continuum(observation: Observation, guess: _Guess) -> tuple[Evidence, Floats]:
    evidence = Evidence(Continuum(), observation)
    known = guess.hyperparameters
    starts = starts_of(evidence) if known is None else [evidence.theta(**known)]
    return evidence, best_of(evidence, starts).theta


def _any(observation: Observation, guess: _Guess) -> tuple[Evidence, Floats]:
    posterior = find(observation)
    return posterior.evidence, posterior.theta


def _improved(
    linear: _Linear,
    number_density: float,
    scatter: Floats,
    guess: _Guess,
    search: Callable[[Observation, _Guess], tuple[Evidence, Floats]],
) -> _Guess:
    """Find the hyperparameters for given u, c, b and k, and then the most probable of these."""
    q = linear.expected.q
    observation = Observation(q, linear.s_r(guess.u, guess.c), number_density, _SURE, std=guess.u * scatter)
    evidence, theta = search(observation, guess)
    hyperparameters = dict(zip(evidence.names, np.exp(theta).tolist(), strict=True))
    belief, slow = evidence.state(theta).belief, slow_errors(q, q)
    transform = number_density * sine_transform(q, evidence.observation.geometry.r)
    signal = transform @ belief.covariance @ transform.T + max(hyperparameters["slow"], _SLOW) ** 2 * slow @ slow.T
    known = _Known(transform @ (belief.mean - 1), signal, (hyperparameters["noise"] * scatter) ** 2)
    centre = np.log(guess.u)
    best = minimize_scalar(
        lambda log_u: _misfit(linear, known, float(np.exp(log_u)))[0],
        bounds=(centre - _REACH, centre + _REACH),
        method="bounded",
        options={"xatol": _SETTLED / 100},
    )
    u = float(np.exp(best.x))
    value, c = _misfit(linear, known, u)
    return _Guess(u, c, value + evidence.minus_log_prior(theta), hyperparameters)


class _Known(NamedTuple):
    """What is believed of S_R: its mean, its covariance without noise, and the variance of the noise for u = 1."""

    mean: Floats
    signal: Floats
    noise: Floats


def _misfit(linear: _Linear, known: _Known, u: float) -> tuple[float, Floats]:
    """Return −log probability of what was counted, for given u, and the most probable c, b and k − 1 ≥ c = 0."""
    covariance = known.signal + np.diag(u**2 * known.noise)
    covariance[np.diag_indices_from(covariance)] += 1e-8 * covariance.diagonal().mean()
    factor = cholesky(covariance, lower=True)
    parts, rest = linear.parts(u), u * linear.per_count * linear.intensity - linear.self_scattering - known.mean
    whitened = solve_triangular(factor, np.column_stack([parts, rest]), lower=True)
    parts, rest = whitened[:, :-1], whitened[:, -1]
    c = linear.mean.copy()
    free = linear.spread > 0
    volume = None  # of what may be free, whether c is at 0 or not: its unit must not decide that
    while True:
        some, spread = parts[:, free], linear.spread[free]
        precision = some.T @ some + np.diag(spread**-2)
        wanted = some.T @ (rest - parts[:, ~free] @ c[~free]) + linear.mean[free] / spread**2
        volume = np.linalg.slogdet(precision)[1] if volume is None else volume
        c[free] = np.linalg.solve(precision, wanted)
        if c[0] >= 0:
            break
        c[0], free = 0.0, free & np.array([False, True, True])
    left, off = rest - parts @ c, (c[free] - linear.mean[free]) / spread
    value = (left @ left + off @ off + volume) / 2
    # The probability of what was counted is that of S_R times the derivative, u for each point.
    value += np.log(factor.diagonal()).sum() - rest.size * np.log(u)
    return float(value), c
