"""A simulated diffractometer: what a laboratory counts of a material whose S(q) is known.

    python data/simulation/diffractometer.py silica --tube Cu --folder scans

    I(2θ) = N · T · [P · (⟨f²⟩ + ⟨f⟩² (S − 1) + Compton) + fluorescence] + b · background,   counted as photons

S(q) is that of a material of the leaderboard, itself simulated. Form factors and Compton scattering are from another
table (glassure's, of Brown and of Hubbell, with Chantler's dispersion) than those that the package reduces with, as a
laboratory's atoms know no table. The background is counted by itself, of air and an empty container, with the counting
noise of its own scan; the sample shades a tenth of it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from glass import write_whole
from glassure.scattering_factors import calculate_coherent_scattering_factor, calculate_incoherent_scattered_intensity
from scipy.interpolate import CubicSpline
from xraydb import f1_chantler, f2_chantler

from sklearn_wtrdf import Composition
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.reduction.corrections import Absorption, compton_detected, polarization
from sklearn_wtrdf.scattering.angles import q_of, two_theta_of, wavelength_of

TUBES = {"Cu": "CuKa", "Ag": "AgKa"}
LAST_ANGLE = {"Cu": 150.0, "Ag": 125.0}  # degrees, where the arm of the detector ends
STEP = 0.1  # degrees
TABLE = "brown_hubbell"
COUNTS = 400_000.0  # of the sample at its highest
SHADED = 0.9  # what the sample leaves of the background


class Scan(NamedTuple):
    """What was counted, and what is to be found.

    ``two_theta`` [degrees], ``intensity`` and ``background`` [counts] of the sample and of the empty container,
    ``wavelength`` [Å], the true ``q`` [Å⁻¹] and ``S``.
    """

    two_theta: np.ndarray
    intensity: np.ndarray
    background: np.ndarray
    wavelength: float
    q: np.ndarray
    S: np.ndarray


def scan(
    name: str,
    tube: str = "Cu",
    *,
    seed: int = 0,
    counts: float = COUNTS,
    background: float = 0.1,
    fluorescence: float = 0.03,
    monochromator: float | None = None,
    absorption: Absorption | None = None,
    energy_window: float | None = None,
    shaded: float = SHADED,
) -> Scan:
    """Count a material of the leaderboard.

    Parameters
    ----------
    name : str
        For :func:`sklearn_wtrdf.datasets.load_material`.
    tube : {"Cu", "Ag"}, default="Cu"
    seed : int, default=0
        Of the counting noise.
    counts : float
        Of the sample at its highest.
    background : float, default=0.1
        Highest count of air and container, over that of the sample.
    fluorescence : float, default=0.03
        Of the mean intensity of the sample, alike at all angles.
    monochromator, absorption, energy_window
        As for :class:`sklearn_wtrdf.Reduction`.
    shaded : float
        What the sample leaves of the background.

    Returns
    -------
    Scan
    """
    material = load_material(name, weighting="x-ray")
    wavelength = wavelength_of(TUBES[tube])
    first = float(np.ceil(two_theta_of(material.q[0], wavelength) / STEP) * STEP)
    last = min(LAST_ANGLE[tube], float(two_theta_of(min(material.q[-1], 4 * np.pi / wavelength), wavelength)))
    two_theta = np.arange(first, last, STEP)
    q = q_of(two_theta, wavelength)
    S = 1 + CubicSpline(material.q, material.s_r)(q) / q
    square, coherent, compton = _atoms(Composition(material.formula).fractions, q, wavelength)
    coherent = coherent + square * (S - 1)
    compton = compton * compton_detected(two_theta, wavelength, energy_window)
    scattered = polarization(two_theta, monochromator) * (coherent + compton)
    sample = scattered + fluorescence * scattered.mean()
    if absorption is not None:
        sample = sample * absorption.transmission(two_theta)
    sample *= counts / sample.max()
    # Air falls off with the angle, and a glass container has a broad maximum at 1.5 Å⁻¹.
    empty = np.exp(-q / 0.8) + 0.5 * np.exp(-(((q - 1.5) / 0.45) ** 2)) + 0.12 * np.exp(-q / 8)
    empty *= background * counts / empty.max() * polarization(two_theta, monochromator)
    generator = np.random.default_rng(seed)
    photons = generator.poisson(sample + shaded * empty).astype(float)
    return Scan(two_theta, photons, generator.poisson(empty).astype(float), wavelength, q, S)


def _atoms(fractions: dict[str, float], q: np.ndarray, wavelength: float) -> tuple[np.ndarray, ...]:
    """Return |⟨f⟩|², ⟨|f|²⟩ and Compton scattering, by glassure's tables and the dispersion of xraydb's (Chantler)."""
    energy = 12398.42 / wavelength
    c = np.array(list(fractions.values()))
    f = [
        calculate_coherent_scattering_factor(element, q, TABLE)
        + complex(f1_chantler(element, energy), f2_chantler(element, energy))
        for element in fractions
    ]
    compton = [calculate_incoherent_scattered_intensity(element, q, TABLE) for element in fractions]
    return np.abs(c @ f) ** 2, c @ np.abs(f) ** 2, c @ compton


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", metavar="NAME", help="materials of the leaderboard")
    parser.add_argument("--tube", choices=list(TUBES), default="Cu")
    parser.add_argument("--seed", type=int, default=0, help="of the counting noise (default: 0)")
    parser.add_argument("--folder", type=Path, default=Path(), help="where the files go (default: here)")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in options.names:
        simulated = scan(name, options.tube, seed=options.seed)
        header = f"simulated: {name}, {TUBES[options.tube]}\nwavelength = {simulated.wavelength:.6g} A\n2theta counts"
        for kind, counted in {"": simulated.intensity, "_empty": simulated.background}.items():
            table = np.column_stack([simulated.two_theta, counted])
            write = partial(np.savetxt, X=table, fmt=("%.2f", "%.0f"), header=header)
            write_whole(options.folder / f"{name}_{options.tube}{kind}.xy", write)


if __name__ == "__main__":
    main()
