"""What is unusual of a reduced scan."""

from __future__ import annotations

import numpy as np

from sklearn_wtrdf.reduction.normalization import Reduced

_SLOW = 0.03  # of S: slow errors that are larger are said
_SHADED = (0.4, 1.3)  # parts of the background that are usual
_NEAREST = 0.55  # Å: the bond of hydrogen is 0.74 Å, and an onset lies before it
_COMPTON = 0.1  # off the table, which is said
_CONSTANT = 1 / 4  # of what was counted: a larger one is said
_ENDS = (2.0, 40.0)  # Å⁻¹: a scan that ends nearer has no maximum of S, and none of a tube reaches further


def unusual(one: Reduced) -> list[str]:
    """Say what is unusual of a reduced scan."""
    found = []
    if one.slow > _SLOW:
        found.append(
            f"S keeps errors that vary slowly with q, of {one.slow:.2g}: check composition, density, background, "
            "absorption and the wavelength. InversionRegressor allows for them."
        )
    if one.background.any() and not _SHADED[0] < one.background_scale < _SHADED[1]:
        found.append(
            f"The sample leaves {one.background_scale:.2g} of the background, which is unusual: measure it for "
            "as long as the sample."
        )
    if abs(one.compton_scale - 1) > _COMPTON:
        found.append(
            f"Compton scattering is {one.compton_scale:.2g} times that of the tables: where a monochromator or the "
            "detector cuts it off, say energy_window."
        )
    if one.onset < _NEAREST:
        found.append(
            f"Atoms would be {one.onset:.2g} Å apart, nearer than in any molecule: check density, composition "
            "and background."
        )
    if np.median(one.measured[one.q >= one.q.mean()]) <= 0:
        found.append("The background takes away more than there is at large q: it must be measured for as long.")
    if np.mean(one.constant) > _CONSTANT * np.mean(one.measured + one.constant):
        found.append(
            "More than a quarter of what was counted is alike at all angles: check that x is 2θ and not θ, the "
            "wavelength, the composition and the background, or fluorescence."
        )
    if not _ENDS[0] <= one.q[-1] <= _ENDS[1]:
        found.append(
            f"S ends at q = {one.q[-1]:.2g} Å⁻¹, where no scan of a tube that tells the normalization ends: check that "
            "angles are 2θ in degrees and the wavelength in Å."
        )
    return found
