"""A reduced scan: S_R(q), the contributions to the counts, and the number density that the counts imply."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.inversion.posterior import Posterior

Floats = NDArray[np.float64]


class Density(NamedTuple):
    """The number density that the counts imply, independent of the given one, and the std of its logarithm."""

    value: float
    log_std: float


class Estimate(NamedTuple):
    """The estimates for a scan, with which the reduction of a similar scan begins.

    Attributes
    ----------
    posterior : Posterior
        The posterior of g given the S_R of the scan.
    over_integral : float
        Ratio of the normalization u to that by the integral of Krogh-Moe and Norman.
    """

    posterior: Posterior
    over_integral: float


class ReducedScan(NamedTuple):
    """A reduced scan: S_R, and the contributions to the counts in electron units.

    Attributes
    ----------
    q, s_r, std : ndarray of shape (n_q,)
        Scattering vector, reduced structure factor and its standard deviation by counting statistics [Å⁻¹].
    measured : ndarray of shape (n_q,)
        Counts minus background and constant, divided by polarization and transmission, in electron units.
    coherent, compton, background, constant : ndarray of shape (n_q,)
        ⟨|f|²⟩, Compton scattering, background and constant in the same units. Where S is 1, `measured` is the sum of
        `coherent` and `compton`.
    normalization, background_scale, compton_scale : float
        u, in electron units per unit of the scan; b; and k.
    onset : float
        Onset of the continuum [Å], which is beyond the bond if there is one.
    systematic : float
        Size of the remaining systematic errors of S.
    number_density : float
        The given ρ₀ [Å⁻³].
    density : Density
        The number density by the counts alone.
    lines : ndarray of shape (n_lines,)
        Scattering vectors of sharp lines in the counts, as of crystals [Å⁻¹].
    estimate : Estimate or None
        The estimates by the evidence, with which the reduction of a similar scan begins.
    formula : str
        Formula of the sample, if it is known.
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
    systematic: float
    number_density: float
    density: Density
    lines: Floats
    estimate: Estimate | None = None
    formula: str = ""
