"""The scattering of a material of known composition, with the factors of polarization and transmission."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.reduction.corrections import Absorption, compton_detected, polarization
from sklearn_wtrdf.scattering.angles import two_theta_of
from sklearn_wtrdf.scattering.composition import Composition
from sklearn_wtrdf.scattering.validation import as_floats

Floats = NDArray[np.float64]
_MIN_TRANSMISSION = 1e-9  # T over its largest value: at smaller ones counts are noise of other angles


class ScatteringModel(NamedTuple):
    """The scattering of free atoms at each q, in electron units per atom, with polarization and transmission.

    Attributes
    ----------
    q : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹].
    mean_of_square, square_of_mean, compton : ndarray of shape (n_q,)
        ⟨|f|²⟩, |⟨f⟩|², and the detected Compton scattering.
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
    ) -> ScatteringModel:
        """Compute the scattering from tables. The parameters are those of :class:`sklearn_wtrdf.Reduction`."""
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
    """Return T, or raise if nothing is transmitted at some angle."""
    transmission = np.asarray(absorption.transmission(two_theta), dtype=float)
    lost = ~(transmission > _MIN_TRANSMISSION * transmission.max())
    if lost.any():
        raise ValueError(
            f"absorption: nothing is transmitted by {absorption} at 2θ = {two_theta[lost][0]:.4g}°; cut the scan by "
            "q_max, or check the coefficient."
        )
    return transmission
