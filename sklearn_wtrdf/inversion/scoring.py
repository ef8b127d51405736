"""The hyperparameters of greatest evidence, by Fisher scoring.

The valley of −log evidence is narrow and bent. Newton's method follows it with the Fisher information in place of the
second derivatives; the gradients that it meets correct that curvature (BFGS), steps are damped (Levenberg, Marquardt),
and hyperparameters stay within their bounds. A search that starts with the curvature of a similar evidence takes a few
steps.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.inversion.evidence import IMPOSSIBLE, Evidence

Floats = NDArray[np.float64]

TOLERANCE = 1e-3  # of the log evidence: a step that gains less is the last one
_NEGLIGIBLE = 0.1  # of the tolerance: a step that should gain less is not tried
_FIRST_DAMPING, _LEAST_DAMPING, _MOST_DAMPING = 0.1, 1e-6, 1e8  # of the curvature
_DAMPING_FACTOR = 8.0
_FLAT = 0.25  # curvature that is added, damped, in directions that the evidence leaves open
_LONGEST_STEP = 1.5  # of the logarithm of a hyperparameter
_CONVEX = 0.01  # of the expected change of the gradient along a step: of a smaller one nothing is learnt
_STALE = 3  # updates, after which a step that fails has the information computed anew
_MOST_STEPS = 200


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


def best_of(evidence: Evidence, starts: Iterable[Floats], n_searches: int = 1) -> Maximum:
    """Return the best of the maxima that are reached from the most probable of some starts."""
    starts = np.clip(list(starts), evidence.low, evidence.high)
    first = np.argsort(evidence.values(starts), kind="stable")[:n_searches]
    return best(maximize(evidence, starts[i]) for i in first)


def best(maxima: Iterable[Maximum]) -> Maximum:
    """Return the greatest of several maxima."""
    return min(maxima, key=lambda maximum: maximum.value)


def maximize(
    evidence: Evidence, theta: Floats, curvature: Floats | None = None, tolerance: float = TOLERANCE
) -> Maximum:
    """Search for a maximum of the evidence, until a step gains less than a tolerance.

    Parameters
    ----------
    evidence : Evidence
    theta : ndarray of shape (n_hyperparameters,)
        Where to start.
    curvature : ndarray of shape (n_hyperparameters, n_hyperparameters), default=None
        Second derivatives there, as a search on a similar evidence returned them. None is the Fisher information.
    tolerance : float, default=1e-3
        Of the log evidence.

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
    damping, n_updates = (_FIRST_DAMPING, 0) if curvature is None else (_LEAST_DAMPING, _STALE)
    if curvature is None:
        curvature = evidence.information(theta, state)
    for _ in range(_MOST_STEPS):
        trial, expected = _step(evidence, theta, gradient, curvature, damping)
        if expected < _NEGLIGIBLE * tolerance or damping > _MOST_DAMPING:
            break
        try:
            trial_state = evidence.state(trial)
            gain = state.value - trial_state.value
        except np.linalg.LinAlgError:
            gain = -np.inf
        if gain <= 0:
            damping *= _DAMPING_FACTOR
            if n_updates >= _STALE:
                curvature, n_updates = evidence.information(theta, state), 0
            continue
        if gain > expected / 2:
            damping = max(damping / _DAMPING_FACTOR, _LEAST_DAMPING)
        trial_gradient = evidence.gradient(trial, trial_state)
        curvature = _updated(curvature, trial - theta, trial_gradient - gradient)
        theta, state, gradient, n_updates = trial, trial_state, trial_gradient, n_updates + 1
        if gain < tolerance:
            break
    return Maximum(state.value, theta, curvature)


def _step(
    evidence: Evidence, theta: Floats, gradient: Floats, curvature: Floats, damping: float
) -> tuple[Floats, float]:
    """Return the end of a damped step and what it should gain; what presses on a bound stays there."""
    low, high = evidence.low, evidence.high
    presses = ((theta <= low) & (gradient > 0)) | ((theta >= high) & (gradient < 0))
    free = np.flatnonzero((high > low) & ~presses)
    damped = curvature[np.ix_(free, free)]
    damped.flat[:: free.size + 1] += damping * (damped.diagonal() + _FLAT)
    step = np.zeros_like(theta)
    step[free] = np.linalg.solve(damped, -gradient[free])
    return np.clip(theta + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP), low, high), float(-(gradient @ step) / 2)


def _updated(curvature: Floats, step: Floats, change: Floats) -> Floats:
    """Return the curvature after a step that changed the gradient (BFGS), unless the value is not convex there."""
    expected = curvature @ step
    if step @ change < _CONVEX * (step @ expected):
        return curvature
    updated = curvature + np.outer(change, change) / (step @ change) - np.outer(expected, expected) / (step @ expected)
    return np.asarray(updated)
