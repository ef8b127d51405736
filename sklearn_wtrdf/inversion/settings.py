"""The parameters of an inversion that its hyperparameters depend on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import joblib

from sklearn_wtrdf.inversion.priors import NAMED, Prior
from sklearn_wtrdf.scattering.composition import Composition


@dataclass(frozen=True)
class InversionSettings:
    """The parameters of an inversion that its hyperparameters depend on.

    Parameters
    ----------
    prior : Prior, default=None
        Prior of g. None selects one by its evidence, for each S_R.
    systematic_errors : bool, default=True
        Whether S may have errors of background and normalization that vary slowly with q.
    q_damp : float, default=0.0
        Damping by the instrument's resolution [Å⁻¹], which multiplies G(r) by exp(−(r q_damp)² / 2).
    r_max : float, default=20.0
        Largest distance [Å] at which g may differ from 1, or from the reference.
    noise : float, default=None
        Lower bound of the standard deviation of S_R [Å⁻¹]. None estimates the size of white noise of S.
    composition : str, default=None
        Formula of the material. None takes that of a pattern whose radiation is known.
    radiation : {"x-ray", "neutron"}, default=None
        Radiation of a pattern that does not state it. None is X-rays if a composition is given.
    wavelength : float, default=None
        Wavelength of the X-rays [Å], for the dispersion f′ and f″. None neglects it.
    """

    prior: Prior | None = None
    systematic_errors: bool = True
    q_damp: float = 0.0
    r_max: float = 20.0
    noise: float | None = None
    composition: str | None = None
    radiation: str | None = None
    wavelength: float | None = None

    @classmethod
    def of(cls, model: Any) -> Self:
        """Return the settings of an :class:`~sklearn_wtrdf.InversionRegressor`, whose parameters are valid."""
        prior = model.prior if isinstance(model.prior, Prior) else NAMED.get(model.prior)
        composition = None if model.composition is None else Composition(model.composition).formula
        of_measurement = model.systematic_errors, model.q_damp, model.r_max, model.noise
        return cls(prior, *of_measurement, composition, model.radiation, model.wavelength)

    @property
    def key(self) -> str:
        """A text that is equal for equal settings."""
        prior = "auto" if self.prior is None else joblib.hash(self.prior)
        of_atoms = self.composition, self.radiation, self.wavelength
        return repr((prior, self.systematic_errors, self.q_damp, self.r_max, self.noise, *of_atoms))
