"""Patterns of molten sodium chloride."""

import numpy as np

from sklearn_wtrdf import Pattern
from sklearn_wtrdf.datasets import load_material

R = np.arange(2.0, 10.0, 0.05)  # Å


def salt(weighting="x-ray", seed=0, **options):
    """Return a pattern of molten sodium chloride with 1 % noise."""
    material = load_material("sodium-chloride", weighting=weighting, q_max=8)
    noise = 0.01 * material.q * np.random.default_rng(seed).normal(size=material.q.size)
    return Pattern(material.q, material.s_r + noise, None, material.number_density, "NaCl", weighting, **options)
