"""Warnings about data that look wrong."""

import warnings

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.inversion import doubts


def warn_doubts(
    q: NDArray[np.float64],
    patterns: NDArray[np.float64],
    *,
    stacklevel: int,
) -> None:
    """Warn of what looks wrong with the S_R of some materials."""
    for s_r in patterns:
        for doubt in doubts(q, s_r, None):
            warnings.warn(doubt, UserWarning, stacklevel=stacklevel + 1)
