"""Form factors and dispersion from the International Tables for Crystallography, volume C."""

import numpy as np

# Form factors of free atoms and ions by the fits of Cromer and Mann, International Tables for Crystallography,
# volume C, table 6.1.1.4: a, b [Å²] and c of f = Σ a exp(−b (q / 4π)²) + c. The package has those of Waasmaier and
# Kirfel (1995): fits with more terms to other calculations.
CROMER_MANN = {
    "H": ([0.489918, 0.262003, 0.196767, 0.049879], [20.6593, 7.74039, 49.5519, 2.20159], 0.001305),
    "O": ([3.0485, 2.2868, 1.5463, 0.8670], [13.2771, 5.7011, 0.3239, 32.9089], 0.2508),
    "Si": ([6.2915, 3.0353, 1.9891, 1.5410], [2.4386, 32.3337, 0.6785, 81.6937], 1.1407),
    "Ge": ([16.0816, 6.3747, 3.7068, 3.6830], [2.8509, 0.2516, 11.4468, 54.7625], 2.1313),
    "Se": ([17.0006, 5.8196, 3.9731, 4.3543], [2.4098, 0.2726, 15.2372, 43.8163], 2.8409),
    "Si{4+}": ([4.43918, 3.20345, 1.19453, 0.41653], [1.64167, 3.43757, 0.2149, 6.65365], 0.746297),
}
# f′ and f″ of the same volume, table 4.2.6.8.
WAVELENGTHS = {"Cu": 1.5418, "Mo": 0.7107}  # Å, Kα
DISPERSION = {
    ("O", "Cu"): 0.0492 + 0.0322j,
    ("O", "Mo"): 0.0106 + 0.0060j,
    ("Si", "Cu"): 0.2541 + 0.3302j,
    ("Si", "Mo"): 0.0817 + 0.0704j,
    ("Ge", "Cu"): -1.0885 + 0.8855j,
    ("Ge", "Mo"): 0.1547 + 1.8001j,
}


def cromer_mann(kind, q):
    """Return the form factor of a free atom or ion [electrons] at q [Å⁻¹]."""
    a, b, c = CROMER_MANN["H" if kind == "D" else kind]
    return sum(a * np.exp(-b * (np.asarray(q) / (4 * np.pi)) ** 2) for a, b in zip(a, b, strict=True)) + c
