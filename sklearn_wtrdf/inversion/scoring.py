"""The hyperparameters that maximize the evidence, by Fisher scoring.

−log evidence has narrow, curved valleys. They are followed by Newton's method with the Fisher information in place of
the second derivatives. Gradients along the way update this curvature (BFGS), steps are damped (Levenberg–Marquardt),
and hyperparameters stay within their bounds. A search that starts with the curvature of a similar evidence takes few
steps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.inversion.evidence import IMPOSSIBLE, Evidence

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ScoringSettings:
    """How a maximum is approached. The end depends on them by less than the tolerance."""

    tolerance: float = 1e-3  # gain of the log evidence; a step that gains less is the last one
    # Ratio of the gain of two steps to the gain that is missing to a known maximum; with less, the search ends.
    min_progress: float = 0.05
    negligible: float = 0.1  # expected gain relative to the tolerance; a step with less is not taken
    first_damping: float = 0.1  # damping of the first step, relative to the diagonal of the curvature
    min_damping: float = 1e-6
    max_damping: float = 1e8
    damping_factor: float = 8.0  # by which the damping increases after a failed step, and decreases after a good one
    flat_curvature: float = 0.25  # added to the diagonal before damping, for directions in which the evidence is flat
    max_step: float = 1.5  # largest change of the logarithm of a hyperparameter
    min_convexity: float = 0.01  # ratio of the change of the gradient to the expected one; with less, no BFGS update
    max_updates: int = 3  # number of BFGS updates; if a step fails after as many, the information is computed again
    max_steps: int = 200


SCORING = ScoringSettings()


class Maximum(NamedTuple):
    """A maximum of the evidence.

    Attributes
    ----------
    value : float
        −log evidence, up to a constant.
    theta : ndarray of shape (n_hyperparameters,)
    curvature : ndarray of shape (n_hyperparameters, n_hyperparameters)
        Approximate second derivatives of the value.
    """

    value: float
    theta: Floats
    curvature: Floats


def best_of(
    evidence: Evidence, starts: Iterable[Floats], n_searches: int = 1, tolerance: float = SCORING.tolerance
) -> Maximum:
    """Return the greatest of the maxima that searches from the best starting points reach.

    A search ends early if it seems not to reach a greater maximum than the searches before it.

    Parameters
    ----------
    evidence : Evidence
    starts : iterable of ndarray of shape (n_hyperparameters,)
        Starting points; they are moved into the bounds.
    n_searches : int, default=1
        Number of starting points, those of greatest evidence, from which searches start.
    tolerance : float, default=1e-3
        As for :func:`maximize`.
    """
    starts = np.clip(list(starts), evidence.low, evidence.high)
    first, *others = np.argsort(evidence.values(starts), kind="stable")[:n_searches]
    maximum = maximize(evidence, starts[first], tolerance=tolerance)
    for i in others:
        maximum = best([maximum, maximize(evidence, starts[i], tolerance=tolerance, known=maximum.value)])
    return maximum


def best(maxima: Iterable[Maximum]) -> Maximum:
    """Return the greatest of several maxima."""
    return min(maxima, key=lambda maximum: maximum.value)


def maximize(
    evidence: Evidence,
    theta: Floats,
    curvature: Floats | None = None,
    tolerance: float = SCORING.tolerance,
    known: float = np.inf,
) -> Maximum:
    """Search for a local maximum of the evidence, until a step gains less than a tolerance.

    Parameters
    ----------
    evidence : Evidence
    theta : ndarray of shape (n_hyperparameters,)
        Where to start.
    curvature : ndarray of shape (n_hyperparameters, n_hyperparameters), default=None
        Second derivatives at the start, from a search on a similar evidence. None is the Fisher information.
    tolerance : float, default=1e-3
        Of the log evidence.
    known : float, default=inf
        Value of a known maximum. The search ends if two steps gain little compared with the gain that is missing to it.

    Returns
    -------
    Maximum
    """
    theta = np.clip(theta, evidence.low, evidence.high)
    try:
        state = evidence.state(theta)
    except np.linalg.LinAlgError:
        return Maximum(IMPOSSIBLE, theta, np.eye(theta.size))
    gradient = evidence.gradient(theta, state)
    damping, n_updates = (SCORING.first_damping, 0) if curvature is None else (SCORING.min_damping, SCORING.max_updates)
    if curvature is None:
        curvature = evidence.information(theta, state)
    previous_gain = np.inf
    for _ in range(SCORING.max_steps):
        trial, expected = _step(evidence, theta, gradient, curvature, damping)
        if expected < SCORING.negligible * tolerance or damping > SCORING.max_damping:
            break
        try:
            trial_state = evidence.state(trial, state.prior)
            gain = state.value - trial_state.value
        except np.linalg.LinAlgError:
            gain = -np.inf
        if gain <= 0:
            damping *= SCORING.damping_factor
            if n_updates >= SCORING.max_updates:
                curvature, n_updates = evidence.information(theta, state), 0
            continue
        if gain > expected / 2:
            damping = max(damping / SCORING.damping_factor, SCORING.min_damping)
        trial_gradient = evidence.gradient(trial, trial_state)
        curvature = _updated(curvature, trial - theta, trial_gradient - gradient)
        theta, state, gradient, n_updates = trial, trial_state, trial_gradient, n_updates + 1
        if gain < tolerance or gain + previous_gain < SCORING.min_progress * (state.value - known):
            break
        previous_gain = gain
    return Maximum(state.value, theta, curvature)


def _step(
    evidence: Evidence, theta: Floats, gradient: Floats, curvature: Floats, damping: float
) -> tuple[Floats, float]:
    """Return the end of a damped step, and the gain that is expected of it.

    Hyperparameters at a bound stay there if the step would lead beyond it.
    """
    low, high = evidence.low, evidence.high
    at_bound = ((theta <= low) & (gradient > 0)) | ((theta >= high) & (gradient < 0))
    free = np.flatnonzero((high > low) & ~at_bound)
    damped = curvature[np.ix_(free, free)]
    damped.flat[:: free.size + 1] += damping * (damped.diagonal() + SCORING.flat_curvature)
    step = np.zeros_like(theta)
    step[free] = np.linalg.solve(damped, -gradient[free])
    return np.clip(theta + np.clip(step, -SCORING.max_step, SCORING.max_step), low, high), float(-(gradient @ step) / 2)


def _updated(curvature: Floats, step: Floats, change: Floats) -> Floats:
    """Return the curvature after a BFGS update, or the same one if the value is not convex along the step."""
    expected = curvature @ step
    if step @ change < SCORING.min_convexity * (step @ expected):
        return curvature
    updated = curvature + np.outer(change, change) / (step @ change) - np.outer(expected, expected) / (step @ expected)
    return np.asarray(updated)
