"""The parameters of an inversion that its hyperparameters depend on."""

from __future__ import annotations

from dataclasses import dataclass

import joblib

from sklearn_wtrdf.inversion.priors.base import Prior


@dataclass(frozen=True)
class InversionSettings:
    """The parameters of an inversion that its hyperparameters depend on.

    Parameters
    ----------
    prior : Prior, default=None
        None selects a prior by its evidence, for each S_R.
    systematic_errors : bool, default=True
        Whether S may have systematic errors.
    q_damp : float, default=0.0
        The instrument's resolution damps G(r) by exp(−(r q_damp)² / 2) [Å⁻¹].
    r_max : float, default=20.0
        The largest distance [Å] at which g may differ from 1, or from the reference.
    noise : float, default=None
        Least standard deviation of S_R [Å⁻¹]. None estimates the standard deviation of white noise of S.
    composition : str, default=None
        Composition. None takes that of a pattern of known radiation.
    radiation : {"x-ray", "neutron"}, default=None
        Radiation of a pattern that does not have it. None is X-rays if there is a composition.
    wavelength : float, default=None
        Wavelength of the X-rays [Å], for f′ and f″.
    """

    prior: Prior | None = None
    systematic_errors: bool = True
    q_damp: float = 0.0
    r_max: float = 20.0
    noise: float | None = None
    composition: str | None = None
    radiation: str | None = None
    wavelength: float | None = None

    @property
    def key(self) -> str:
        """A text that is equal for equal settings."""
        prior = "auto" if self.prior is None else joblib.hash(self.prior)
        of_atoms = self.composition, self.radiation, self.wavelength
        return repr((prior, self.systematic_errors, self.q_damp, self.r_max, self.noise, *of_atoms))
