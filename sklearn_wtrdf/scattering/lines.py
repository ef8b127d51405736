"""Sharp lines of S, as of crystals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.scattering.sampling import MIN_POINTS, STD_PER_MEDIAN

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LineLimits:
    """Limits of sharp lines: points of S that are far above those on both sides. Maxima of liquids are wider."""

    half_width: float = 0.09  # Å⁻¹, distance of the points on both sides
    foot: float = 0.2  # Å⁻¹, distance of the points from which the height of the line is measured
    min_height: float = 0.1  # height, in S
    height_ratio: float = 4.0  # ratio of the height to the scatter of S about the mean of two neighbours
    min_fall: float = (
        0.6  # fraction of the height by which S falls within `half_width`; 0.4 for a Gaussian of σ = 0.1 Å⁻¹
    )
    min_shoulder: float = 0.1  # fraction of the height that is left one step of q beside the line
    min_lines: int = 2
    lines_per_dip: int = 3  # with more dips per line, both are noise
    max_q_step: float = 0.07  # Å⁻¹, widest step of q that shows lines


LIMITS = LineLimits()
_MAX_LISTED = 5  # positions that a message lists


def sharp_lines(q: Floats, s_r: Floats) -> list[Floats]:
    """Return where each S_R has sharp lines, as of crystals [Å⁻¹]; nowhere if noise causes as many dips."""
    step = float(np.median(np.diff(q)))
    if q.size < MIN_POINTS or step > LIMITS.max_q_step or np.ptp(q) < 4 * LIMITS.foot:
        return [np.array([]) for _ in s_r]
    near, far = (round(width / step) for width in (LIMITS.half_width, LIMITS.foot))
    s, places = s_r[:, q > 0] / q[q > 0], q[q > 0][far:-far]

    scatter = STD_PER_MEDIAN * np.median(np.abs(s[:, near:-near] - (s[:, : -2 * near] + s[:, 2 * near :]) / 2), axis=1)
    min_heights = np.maximum(LIMITS.min_height, LIMITS.height_ratio * scatter)[:, None]

    def sides(s: Floats, k: int) -> Floats:
        """Return the points that are k steps away, on both sides."""
        end = s.shape[1]
        return np.stack([s[:, far - k : end - far - k], s[:, far + k : end - far + k]])

    def are_narrow(s: Floats) -> NDArray[np.bool_]:
        inner, feet = s[:, far:-far], sides(s, far)
        heights = inner - feet.max(axis=0)
        falls = inner - sides(s, near).max(axis=0)
        shoulders = (sides(s, 1) - feet).mean(axis=0)  # a single high point, which is an outlier, has none
        is_line = (falls > LIMITS.min_fall * heights) & (shoulders > LIMITS.min_shoulder * heights)
        return is_line & (heights > min_heights)

    above, below = are_narrow(s), are_narrow(-s)
    starts, dips = (np.diff(mask.astype(int), prepend=0, axis=1) == 1 for mask in (above, below))
    n_lines, n_dips = starts.sum(axis=1), dips.sum(axis=1)
    are_lines = (n_lines >= LIMITS.min_lines) & (n_lines >= LIMITS.lines_per_dip * n_dips)
    return [places[starts[i]] if are_lines[i] else np.array([]) for i in range(len(s_r))]


def message_on_lines(places: Floats) -> str:
    """Return a message on sharp lines at these q [Å⁻¹]."""
    text = ", ".join(f"{place:.3g}" for place in places[:_MAX_LISTED])
    more = ", …" if places.size > _MAX_LISTED else ""
    return f"Sharp lines of S at q = {text}{more} Å⁻¹: the sample seems to be partly crystalline."
