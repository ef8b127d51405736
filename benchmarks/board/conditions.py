"""Conditions of a measurement: a finite q_max, noise, and errors of the reduction, applied to an ideal S(q).

Each condition is a single effect, or all effects together, of the size that is usual after a careful reduction. The
same material and condition always give the same measurement. Its q grid depends on the condition and on the first q of
the material.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d
from scipy.signal import savgol_filter

AG_K_ALPHA = 0.5594  # Å
CORRELATION = 0.3 / np.sqrt(2)  # Å⁻¹, the width of a Gaussian that makes white noise correlated over 0.3 Å⁻¹


@dataclass(frozen=True)
class Condition:
    """The changes of S(q), applied in the order of the fields.

    Parameters
    ----------
    description : str
        A description for the page.
    flight : float
        Resolution of a time-of-flight diffractometer: a Gaussian whose standard deviation is this fraction of q.
    q_damp : float
        Resolution of the diffractometer: a Gaussian of this standard deviation in q [Å⁻¹], by which G(r) is damped by
        exp(−(r q_damp)² / 2).
    q_max : float
        The largest q [Å⁻¹].
    q_min : float
        Nothing is measured below [Å⁻¹].
    grid : {"even", "coarse", "uneven", "gap"}
        Steps of 0.05 Å⁻¹; of 0.2 Å⁻¹; uniform in 2θ with silver radiation; without 4.0 to 4.6 Å⁻¹.
    scale, offset : float
        S becomes scale · S + offset.
    background : float
        Added to S as background · (2 q / q_max − 1)²: a parabola, 0 in the middle.
    noise : float
        Standard deviation of Gaussian noise of S at q_max, relative to the limit of S at large q.
    noise_power : float
        The power of q in proportion to which the noise grows; 0 is the same noise at each q.
    correlated : float
        Standard deviation of Gaussian errors of S with a Gaussian correlation over 0.3 Å⁻¹, as from an interpolated
        correction.
    smoothing : int
        Points of a cubic Savitzky–Golay filter, applied last, as is usual for published tables.
    outlier : float
        Added to S at the first q and at the middle q.
    density : float
        Factor on the number density that the method is given.
    tube : {"", "Cu", "Ag"}
        If not empty, S is the result of `Reduction` of a scan with that tube, up to q_max, without further changes
        (:mod:`sklearn_wtrdf.benchmarks.board.scans`).
    """

    description: str
    flight: float = 0.0
    q_damp: float = 0.0
    q_max: float = 8.0
    q_min: float = 0.0
    grid: str = "even"
    scale: float = 1.0
    offset: float = 0.0
    background: float = 0.0
    noise: float = 0.01
    noise_power: float = 0.0
    correlated: float = 0.0
    smoothing: int = 0
    outlier: float = 0.0
    density: float = 1.0
    tube: str = ""


_EFFECTS = {
    "offset+": ("0.03 added to S", {"offset": 0.03}),
    "offset-": ("0.03 taken from S", {"offset": -0.03}),
    "scale+": ("S times 1.05", {"scale": 1.05}),
    "scale-": ("S times 0.95", {"scale": 0.95}),
    "background": ("a parabolic background, 0.05 at q = 0 and at q_max", {"background": 0.05}),
    "coarse": ("steps of 0.2 Å⁻¹", {"grid": "coarse"}),
    "uneven": ("uniform steps in 2θ (Ag Kα)", {"grid": "uneven"}),
    "gap": ("no data from 4.0 to 4.6 Å⁻¹", {"grid": "gap"}),
    "late": ("no data below 1.2 Å⁻¹", {"q_min": 1.2}),
    "outlier": ("0.5 added to S at the first and at the middle q", {"outlier": 0.5}),
    "damped": ("a resolution of 0.08 Å⁻¹", {"q_damp": 0.08}),
    "correlated": ("errors of S of 0.01, correlated over 0.3 Å⁻¹", {"correlated": 0.01, "noise": 0.003}),
    "growing": ("noise of S that grows as q², to 3 % at q_max", {"noise": 0.03, "noise_power": 2.0}),
    "smoothed": ("S smoothed over nine points", {"smoothing": 9}),
    "flight": ("the resolution of a time-of-flight detector bank, 0.01 q", {"flight": 0.01}),
    "dense": ("the number density 5 % too high", {"density": 1.05}),
    "thin": ("the number density 5 % too low", {"density": 0.95}),
    "all": (
        "all effects, smaller: resolution 0.04 Å⁻¹, uniform in 2θ, S times 0.97, 0.02 added, background 0.03, "
        "outliers 0.3, number density 5 % too low",
        {"q_damp": 0.04, "grid": "uneven", "scale": 0.97, "offset": 0.02, "background": 0.03, "outlier": 0.3}
        | {"density": 0.95},
    ),
}
EFFECTS = [*_EFFECTS, "reduced"]
CONDITIONS = (
    {
        f"q{q_max}-n{100 * noise:g}": Condition(f"q ≤ {q_max} Å⁻¹, noise {noise:.1%}", q_max=q_max, noise=noise)
        for q_max in (8, 12, 17, 20)
        for noise in (0.002, 0.01, 0.03)
    }
    | {
        f"q{q_max}-{name}": Condition(f"q ≤ {q_max} Å⁻¹, noise 1.0%, {description}", q_max=q_max, **fields)
        for q_max in (8, 17)
        for name, (description, fields) in _EFFECTS.items()
    }
    | {
        f"q{q_max}-reduced": Condition(
            f"q ≤ {q_max} Å⁻¹, computed by `Reduction` from a simulated scan ({tube} Kα), with the noise of its counts",
            q_max=q_max,
            noise=0.0,
            tube=tube,
        )
        for q_max, tube in ((8, "Cu"), (17, "Ag"))
    }
)


def base_of(name: str) -> str:
    """Return the condition to which an effect is added: the same q, and 1 % noise alone."""
    return f"{name.split('-')[0]}-n1"


class Measurement(NamedTuple):
    """The input of a method."""

    q: np.ndarray
    S: np.ndarray
    density: float
    composition: str | None = None
    radiation: str | None = None


def measure(
    q: np.ndarray, S: np.ndarray, density: float, condition: Condition, seed: int | list[int] = 0
) -> Measurement:
    """Simulate the measurement of an ideal S(q).

    Parameters
    ----------
    q, S : ndarray of shape (n_q,)
        S without noise, on a uniform grid of q [Å⁻¹].
    density : float
        The true number density [Å⁻³].
    condition : Condition
    seed : int or list of int, default=0
        Of the random noise.

    Returns
    -------
    Measurement

    Raises
    ------
    ValueError
        If q does not reach the condition's q_max.
    """
    if q[-1] < condition.q_max - 1e-6:
        raise ValueError(f"q ends at {q[-1]:g} Å⁻¹, before the condition's q_max of {condition.q_max:g} Å⁻¹.")
    s_r = q * (S - 1)
    if condition.flight:
        weights = np.exp(-(((q[:, None] - q) / (condition.flight * q[:, None])) ** 2) / 2)
        s_r = weights @ s_r / weights.sum(axis=1)
    if condition.q_damp:
        s_r = gaussian_filter1d(s_r, condition.q_damp / (q[1] - q[0]), mode="nearest")
    grid = _grid(q, condition)
    measured = 1 + (s_r[np.searchsorted(q, grid - 1e-6)] if _of_file(q, grid) else CubicSpline(q, s_r)(grid)) / grid
    measured = condition.scale * measured + condition.offset
    measured += condition.background * (2 * grid / condition.q_max - 1) ** 2
    random = np.random.default_rng(seed)
    measured += condition.noise * (grid / grid[-1]) ** condition.noise_power * random.normal(size=grid.size)
    if condition.correlated:
        errors = np.exp(-(((grid[:, None] - grid) / CORRELATION) ** 2)) @ random.normal(size=grid.size)
        measured += condition.correlated * errors / errors.std()
    if condition.smoothing:
        measured = savgol_filter(measured, condition.smoothing, 3)
    measured[[0, grid.size // 2]] += condition.outlier
    return Measurement(grid, measured, density * condition.density)


def seed_of(*names: str) -> list[int]:
    """Return the seed of a material, its weighting and a condition, from their names."""
    return [zlib.crc32(name.encode()) for name in names]


def _grid(q: np.ndarray, condition: Condition) -> np.ndarray:
    inside = q[(q >= condition.q_min - 1e-6) & (q <= condition.q_max + 1e-6)]
    match condition.grid:
        case "coarse":
            return inside[::4]
        case "uneven":
            first, last = np.arcsin(np.array([inside[0], inside[-1]]) * AG_K_ALPHA / (4 * np.pi))
            uneven = 4 * np.pi / AG_K_ALPHA * np.sin(np.linspace(first, last, inside.size))
            return np.clip(uneven, inside[0], inside[-1])
        case "gap":
            return inside[(inside < 4.0) | (inside > 4.6)]
        case _:
            return inside


def _of_file(q: np.ndarray, grid: np.ndarray) -> bool:
    return bool(np.isin(grid, q).all())
