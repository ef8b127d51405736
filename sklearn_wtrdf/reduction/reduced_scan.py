"""A reduced scan: S_R(q), the contributions to the counts, and the density that they give."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.inversion.posterior import Posterior

Floats = NDArray[np.float64]


class Density(NamedTuple):
    """The number density that counts give, whatever density was given, and the standard deviation of its logarithm."""

    value: float
    log_std: float


class Estimate(NamedTuple):
    """The estimate of a scan, with which the reduction of a similar scan begins.

    Attributes
    ----------
    posterior : Posterior
        Of S_R.
    over_integral : float
        The normalization u over that by the integral of Krogh-Moe and Norman.
    """

    posterior: Posterior
    over_integral: float


class ReducedScan(NamedTuple):
    """A scan in electron units, and its contributions.

    Attributes
    ----------
    q, s_r, std : ndarray of shape (n_q,)
        Scattering vector, reduced structure factor and its standard deviation by counting [Å⁻¹].
    measured : ndarray of shape (n_q,)
        Counts minus background and constant, divided by polarization and transmission, in electron units.
    coherent, compton, background, constant : ndarray of shape (n_q,)
        ⟨|f|²⟩, Compton scattering, background and constant in the same units: S = 1 where `measured` is `coherent` +
        `compton`.
    normalization, background_scale, compton_scale : float
        u, in electron units for a unit of the scan; b and k.
    onset : float
        Onset of the continuum, which is behind the bond if there is one [Å].
    systematic : float
        Size of the remaining systematic errors of S.
    number_density : float
        ρ₀ that was given [Å⁻³].
    density : Density
        That by the counts alone.
    lines : ndarray of shape (n_lines,)
        Where the counts have sharp lines, as of crystals [Å⁻¹].
    estimate : Estimate or None
        The estimate by the evidence, with which the reduction of a similar scan begins.
    formula : str
        That of the sample, if it is known.
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
