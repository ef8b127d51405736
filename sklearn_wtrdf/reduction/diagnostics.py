"""What is unusual of a reduced scan."""

from __future__ import annotations

import numpy as np

from sklearn_wtrdf.reduction.normalization import ReducedScan

_SLOW = 0.03  # of S: systematic errors that are larger are said
_SHADED = (0.4, 1.3)  # parts of the background that are usual
_NEAREST = 0.55  # Å: the bond of hydrogen is 0.74 Å, and an onset lies before it
_COMPTON = 0.1  # off the table, which is said
_CONSTANT = 1 / 4  # of what was counted: a larger one is said
_ENDS = (2.0, 40.0)  # Å⁻¹: a scan that ends nearer has no maximum of S, and none of a tube reaches further


def unusual(reduced: ReducedScan) -> list[str]:
    """Say what is unusual of a reduced scan."""
    messages = []
    if reduced.slow > _SLOW:
        messages.append(
            f"S keeps errors that vary slowly with q, of {reduced.slow:.2g}: check composition, density, background, "
            "absorption and the wavelength. InversionRegressor allows for them."
        )
    if reduced.background.any() and not _SHADED[0] < reduced.background_scale < _SHADED[1]:
        messages.append(
            f"The sample leaves {reduced.background_scale:.2g} of the background, which is unusual: measure it for "
            "as long as the sample."
        )
    if abs(reduced.compton_scale - 1) > _COMPTON:
        messages.append(
            f"Compton scattering is {reduced.compton_scale:.2g} times that of the tables: where a monochromator or the "
            "detector cuts it off, say energy_window."
        )
    if reduced.onset < _NEAREST:
        messages.append(
            f"Atoms would be {reduced.onset:.2g} Å apart, nearer than in any molecule: check density, composition "
            "and background."
        )
    if np.median(reduced.measured[reduced.q >= reduced.q.mean()]) <= 0:
        messages.append("At large q the background exceeds the counts of the sample: measure both for the same time.")
    if np.mean(reduced.constant) > _CONSTANT * np.mean(reduced.measured + reduced.constant):
        messages.append(
            "More than a quarter of the counts does not depend on the angle: check that x is 2θ and not θ, the "
            "wavelength, composition, background and fluorescence."
        )
    if not _ENDS[0] <= reduced.q[-1] <= _ENDS[1]:
        messages.append(
            f"S ends at q = {reduced.q[-1]:.2g} Å⁻¹, outside the range of laboratory scans that can be "
            "normalized: check that angles are 2θ in degrees and the wavelength in Å."
        )
    return messages
