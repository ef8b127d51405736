"""S(q) of the simulated materials by `Reduction` of a simulated scan."""

from __future__ import annotations

import sys
import warnings
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
from sklearn_wtrdf.benchmarks.board.conditions import seed_of

from sklearn_wtrdf import Reduction, intensity_frame
from sklearn_wtrdf.datasets import load_material

SIMULATION = Path(__file__).parents[2] / "data" / "simulation"


def load_diffractometer() -> ModuleType:
    """Import the simulated diffractometer, which is not installed with the package.

    Its folder stays in the search path, so that processes that are started later find it, too.
    """
    if str(SIMULATION) not in sys.path:
        sys.path.append(str(SIMULATION))
    try:
        return import_module("diffractometer")
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{error}: the simulated diffractometer is in the repository's data/simulation, and needs the extra "
            "simulation."
        ) from error


@lru_cache(maxsize=8)
def reduced_scan(name: str, tube: str) -> tuple[np.ndarray, np.ndarray]:
    """Return q [Å⁻¹] and S of a material, from a scan with the tube of copper or silver and one of the background.

    The factor of the background is not known to the reduction. Counting noise depends on the names alone.
    """
    diffractometer, material = load_diffractometer(), load_material(name)
    counted = diffractometer.scan(name, tube, seed=seed_of(name, tube))
    X = intensity_frame(material.r, counted.two_theta, counted.intensity)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reduction = Reduction(
            material.formula,
            number_density=material.number_density,
            wavelength=diffractometer.TUBES[tube],
            background=counted.background,
        ).fit(X)
        [reduced] = reduction.decompose(X)
    return reduced.q, 1 + reduced.s_r / reduced.q
