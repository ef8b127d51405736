"""What a laboratory delivers in place of an ideal S(q): noise, the end of q, and errors of the reduction.

Each condition is one effect by itself, or all together; effects are of the size that is usual after a careful
reduction. A measurement is the same for the same material and condition, every time, and its q grid is that of the
condition, alike for all materials whose data begin at the same q.
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
CORRELATION = 0.3 / np.sqrt(2)  # Å⁻¹: white noise smoothed over so much is correlated over 0.3 Å⁻¹


@dataclass(frozen=True)
class Condition:
    """What happens to S(q), in the order of the fields.

    Parameters
    ----------
    says : str
        In words, for the page.
    flight : float
        Width of the resolution of a time-of-flight diffractometer, a Gaussian of this standard deviation over q.
    q_damp : float
        Width of the diffractometer's resolution, a Gaussian of this standard deviation in q [Å⁻¹]: G(r) is damped by
        exp(−(r q_damp)² / 2).
    q_max : float
        Where q ends [Å⁻¹].
    grid : {"even", "coarse", "uneven", "gap"}
        Steps of 0.05 Å⁻¹; of 0.2 Å⁻¹; even in 2θ with silver radiation; without 4.0 to 4.6 Å⁻¹.
    scale, offset : float
        S becomes scale · S + offset.
    background : float
        Added to S as background · (2 q / q_max − 1)²: a parabola, 0 in the middle.
    noise : float
        Standard deviation of Gaussian noise of S at the end of q, over the limit of S at large q.
    noise_power : float
        Of q, with which the noise grows; 0 is the same at each q.
    correlated : float
        Standard deviation of Gaussian errors of S with a Gaussian correlation over 0.3 Å⁻¹, as of a correction that was
        interpolated.
    smoothing : int
        Points of a cubic Savitzky–Golay filter that S goes through last, as tables often do.
    outlier : float
        Added to S at the first q and at one in the middle.
    density : float
        Factor on the number density that the method is given.
    tube : {"", "Cu", "Ag"}
        Not empty: S is not this one but what `Reduction` finds from a scan with that tube, up to q_max, and nothing
        else happens to it (:mod:`sklearn_wtrdf.benchmarks.board.scans`).
    """

    says: str
    flight: float = 0.0
    q_damp: float = 0.0
    q_max: float = 8.0
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
    "background": ("a slow background, 0.05 at q = 0 and at the end", {"background": 0.05}),
    "coarse": ("steps of 0.2 Å⁻¹", {"grid": "coarse"}),
    "uneven": ("even steps in 2θ (Ag Kα)", {"grid": "uneven"}),
    "gap": ("no data from 4.0 to 4.6 Å⁻¹", {"grid": "gap"}),
    "outlier": ("0.5 added to S at the first q and at one in the middle", {"outlier": 0.5}),
    "damped": ("a resolution of 0.08 Å⁻¹", {"q_damp": 0.08}),
    "correlated": ("errors of S of 0.01 that points within 0.3 Å⁻¹ share", {"correlated": 0.01, "noise": 0.003}),
    "growing": ("noise of S that grows as q², to 3 % at the end", {"noise": 0.03, "noise_power": 2.0}),
    "smoothed": ("a table that was smoothed over nine points", {"smoothing": 9}),
    "flight": ("the resolution of a time-of-flight bank, 0.01 q", {"flight": 0.01}),
    "dense": ("the number density 5 % too high", {"density": 1.05}),
    "thin": ("the number density 5 % too low", {"density": 0.95}),
    "all": (
        "all at once, smaller: resolution 0.04 Å⁻¹, even in 2θ, S times 0.97, 0.02 added, background 0.03, "
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
        f"q{q_max}-{name}": Condition(f"q ≤ {q_max} Å⁻¹, noise 1.0%, {says}", q_max=q_max, **fields)
        for q_max in (8, 17)
        for name, (says, fields) in _EFFECTS.items()
    }
    | {
        f"q{q_max}-reduced": Condition(
            f"q ≤ {q_max} Å⁻¹, found by `Reduction` from a simulated scan ({tube} Kα), with the noise of its counts",
            q_max=q_max,
            noise=0.0,
            tube=tube,
        )
        for q_max, tube in ((8, "Cu"), (17, "Ag"))
    }
)


def base_of(name: str) -> str:
    """Return the condition that an effect is added to: the same q, 1 % noise and nothing else."""
    return f"{name.split('-')[0]}-n1"


class Measurement(NamedTuple):
    """What a method is given."""

    q: np.ndarray
    S: np.ndarray
    density: float


def measure(
    q: np.ndarray, S: np.ndarray, density: float, condition: Condition, seed: int | list[int] = 0
) -> Measurement:
    """Measure an ideal S(q), given in even steps.

    Parameters
    ----------
    q, S : ndarray of shape (n_q,)
        S without noise, in even steps of q [Å⁻¹].
    density : float
        The true number density [Å⁻³].
    condition : Condition
    seed : int or list of int, default=0
        Decides the noise.

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
    """Return a seed for a material, its weighting and a condition, by their names."""
    return [zlib.crc32(name.encode()) for name in names]


def _grid(q: np.ndarray, condition: Condition) -> np.ndarray:
    inside = q[q <= condition.q_max + 1e-6]
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
