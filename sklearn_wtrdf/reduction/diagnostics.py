"""Warnings about a reduced scan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.chemistry import contradicts_density, first_shells
from sklearn_wtrdf.reduction.counts import least_difference, max_step, rebin, without_outliers
from sklearn_wtrdf.reduction.reduced_scan import ReducedScan
from sklearn_wtrdf.reduction.scattering_model import ScatteringModel
from sklearn_wtrdf.scattering.lines import message_on_lines, sharp_lines
from sklearn_wtrdf.scattering.sampling import MIN_POINTS, runs_of, widest_hole

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ReductionLimits:
    """Limits beyond which a reduced scan is reported. Lower ones detect more mistakes, and report more good scans."""

    systematic_errors: float = 0.03  # of S, remaining errors that vary slowly with q
    min_background: float = 0.4  # fraction of the background that remains with the sample in the beam
    max_background: float = 1.3  # the same; a larger one means that it was counted for another time
    compton: float = 0.1  # relative deviation from the table of Compton scattering
    shortest_distance: float = 0.55  # Å, onset of g(r): the bond of H2 is 0.74 Å long, and an onset lies before a bond
    onset: float = 0.75  # ratio to the shortest bond of the formula by radii; at least 0.98 in simulated scans
    constant: float = 1 / 4  # fraction of the counts that is the same at all angles
    same_scan: float = 0.01  # largest deviation of the ratio of background to counts from 1, if both are the same scan
    without_background: float = 0.01  # of S, slowly varying errors of a scan without a background
    first_s: float = 0.2  # S at the first points of a scan without a background, where air scatters
    n_first: int = 4  # number of these points
    first_q: float = 1.0  # Å⁻¹; if q begins beyond, the first points may be on the first maximum of S
    # Difference of the logarithms of the density by the counts and the given one. It is up to 0.153 for right scans of
    # germania with Ag Kα, and at least 0.18 with a density that is wrong by 30 %, if that is detected at all.
    density: float = 0.17
    density_stds: float = 1.5  # the same, in standard deviations
    density_std: float = 0.15  # largest standard deviation; less precise counts do not contradict any density
    form_factors: float = 1.45  # ratio of counts to the scattering of the formula, at the end of q over the middle
    middle: tuple[float, float] = (0.35, 0.6)  # as fractions of the last q
    end: float = 0.75  # as a fraction of the last q
    shortest_reach: float = 5.0  # Å⁻¹: Cu Kα up to 75°; distances that differ by less than 0.6 Å are not resolved
    max_reach: float = 40.0  # Å⁻¹, beyond the q of any X-ray tube
    min_zeros: int = 3  # successive counts of 0, where none is expected
    min_clipped: int = 5  # successive counts equal to the largest one, which is improbable with noise
    min_clipped_ratio: float = 100.0  # ratio of this count to the smallest difference of two counts
    n_beside: int = 20  # points on either side, from which the expected counts follow
    count_ratio: float = 5.0  # ratio of the expected counts to their noise


LIMITS = ReductionLimits()
_LINE_STEP = 0.02  # Å⁻¹, on which counts are examined for lines


def unusual(reduced: ReducedScan) -> dict[str, str]:
    """Return messages about unusual properties of a reduced scan, by subject, the most probable cause first."""
    if _is_background(reduced):
        return {
            "background": "Sample and background are the same scan: give as background that of the empty container and "
            "the air."
        }
    messages = {"lines": message_on_lines(reduced.lines)} if reduced.lines.size else {}
    first = float(np.mean(1 + reduced.s_r[: LIMITS.n_first] / reduced.q[: LIMITS.n_first]))
    is_high = first > LIMITS.first_s and reduced.q[0] < LIMITS.first_q
    is_high |= reduced.systematic > LIMITS.without_background
    if is_high and np.isfinite(reduced.onset) and not reduced.background.any():  # by the evidence, not by an integral
        messages["background"] = (
            f"No background is subtracted; S has slowly varying errors of {reduced.systematic:.2g}, and is {first:.2g} "
            "at its first points: measure the empty container and the air, and give that scan as background."
        )
    if (excess := _excess_at_large_q(reduced)) > LIMITS.form_factors:
        messages["form factors"] = (
            f"Towards large q the counts fall less than the scattering of this formula, by a factor of {excess:.2g}: "
            "check that x is 2θ and not θ, that the radiation is X-rays and not neutrons, the formula, the wavelength, "
            "fluorescence, and polarization: 'none' for counts that are corrected for it."
        )
    if contradicts := _contradicts_density(reduced):
        messages["density"] = contradicts
    if reduced.systematic > LIMITS.systematic_errors:
        messages["systematic errors"] = (
            f"S has errors that vary slowly with q, of {reduced.systematic:.2g}: check composition, density, "
            "background, absorption and the wavelength. InversionRegressor allows for such errors."
        )
    if reduced.background.any() and not LIMITS.min_background < reduced.background_scale < LIMITS.max_background:
        messages["background scale"] = (
            f"The sample leaves {reduced.background_scale:.2g} of the background, which is unusual: was it "
            "counted for as long as the sample, and is it not yet subtracted from the counts?"
        )
    if abs(reduced.compton_scale - 1) > LIMITS.compton:
        messages["Compton"] = (
            f"Compton scattering is {reduced.compton_scale:.2g} times that of the tables: where a monochromator or the "
            "detector removes it, give energy_window."
        )
    bonds = [shell.low for shell in first_shells(reduced.formula, is_x_ray=True)] if reduced.formula else []
    if reduced.onset < max(LIMITS.shortest_distance, LIMITS.onset * min(bonds, default=0.0)):
        no_bond = f"which is no bond of {reduced.formula}" if bonds else "nearer than in any molecule"
        messages["onset"] = (
            f"Atoms would be {reduced.onset:.2g} Å apart, {no_bond}: check the density, the formula, the wavelength "
            "and the background."
        )
    if np.median(reduced.measured[reduced.q >= reduced.q.mean()]) <= 0:
        messages["counts"] = (
            "At large q the background exceeds the counts of the sample: measure both for the same time."
        )
    if np.mean(reduced.constant) > LIMITS.constant * np.mean(reduced.measured + reduced.constant):
        messages["constant"] = (
            "More than a quarter of the counts does not depend on the angle: check that x is 2θ and not θ, the "
            "wavelength, composition, background and fluorescence."
        )
    return messages | _of_range(reduced.q)


def flaws_of_counts(q: Floats, counts: Floats, grid: Floats) -> list[str]:
    """Return messages on holes of a scan, and on runs of 0 and steps among its counts, in the range of a grid of q."""
    inside = (q >= grid[0]) & (q <= grid[-1])
    q, counts, messages = q[inside], counts[inside], []
    if holes := widest_hole(q):
        messages.append(f"The scan has {holes}: are points missing? S is interpolated there.")
    runs = runs_of(counts <= 0)
    for first, last in runs[np.diff(runs)[:, 0] >= LIMITS.min_zeros]:
        beside = np.append(counts[max(first - LIMITS.n_beside, 0) : first], counts[last : last + LIMITS.n_beside])
        noise = np.abs(np.diff(beside)).mean() * np.sqrt(np.pi) / 2 if beside.size > 1 else np.inf  # if it is normal
        if beside.size and np.median(beside) > LIMITS.count_ratio * noise:
            messages.append(
                f"{last - first} successive counts are 0, from q = {q[first]:.3g} to {q[last - 1]:.3g} Å⁻¹: was the "
                "detector dead or shaded there? Leave these points out, or cut the scan by q_min and q_max."
            )
    clipped = max(np.diff(runs_of(counts == counts.max(initial=0)))[:, 0], default=0)
    if clipped >= LIMITS.min_clipped and 0 < LIMITS.min_clipped_ratio * least_difference(counts) < counts.max():
        messages.append(
            f"{clipped} successive counts are {counts.max():g}, and none is larger: was the detector saturated there? "
            "Measure with less intensity, or cut the scan by q_min and q_max."
        )
    if found := max_step(q, without_outliers(q, counts, None)[0]):
        last, step = found
        messages.append(
            f"The counts step by {step:+.0%} from q = {q[last]:.4g} to {q[last + 1]:.4g} Å⁻¹ and stay there, as where "
            "two detector banks or scans meet: multiply one part by a factor, or cut the scan by q_min and q_max."
        )
    return messages


def lines_of_counts(
    q: Floats, intensity: Floats, variance: Floats | None, expected: ScatteringModel, reduced: ReducedScan
) -> Floats:
    """Return where the counts have sharp lines [Å⁻¹], as of crystals, before S averages over them."""
    step = max(_LINE_STEP, float(np.median(np.diff(q)))) if q.size > 1 else np.inf
    grid = np.arange(reduced.q[0], reduced.q[-1], step)
    if grid.size < MIN_POINTS:
        return np.array([])
    counts, _ = rebin(q, intensity, variance, grid)
    per_count = reduced.normalization / (expected.polarization * expected.transmission * expected.square_of_mean)
    [lines] = sharp_lines(grid, (grid * counts * np.interp(grid, reduced.q, per_count))[None])
    return lines


def _of_range(q: Floats) -> dict[str, str]:
    """Return messages on a range of q that is too short or too long, or has too few points."""
    messages = {}
    if not LIMITS.shortest_reach <= q[-1] <= LIMITS.max_reach:
        messages["range"] = (
            f"S ends at q = {q[-1]:.2g} Å⁻¹, and scans that determine g(r) end between "
            f"{LIMITS.shortest_reach:g} and {LIMITS.max_reach:g} Å⁻¹: check that angles are 2θ in degrees, the "
            "wavelength in Å, and q_max."
        )
    if q.size < MIN_POINTS:
        messages["points"] = (
            f"S has {q.size} points, fewer than the {MIN_POINTS} that an estimate of the normalization needs: "
            "measure more points, or check q_step, q_min and q_max."
        )
    return messages


def _contradicts_density(reduced: ReducedScan) -> str:
    """Return a message if the formula or the counts contradict the given density, or an empty text."""
    if reduced.formula and (message := contradicts_density(reduced.formula, reduced.number_density)):
        return message
    density, log_std = reduced.density
    off = abs(np.log(density / reduced.number_density))
    if not off > max(LIMITS.density, LIMITS.density_stds * log_std) or log_std > LIMITS.density_std:
        return ""
    low, high = density * np.exp([-log_std, log_std])
    return (
        f"The counts give {low:.2g} to {high:.2g} atoms/Å³, but they are normalized with the given "
        f"{reduced.number_density:.3g}: check the density, the formula and the background."
    )


def _is_background(reduced: ReducedScan) -> bool:
    """Return whether the background has the same counts as the sample at all q."""
    if not reduced.background.any():
        return False
    counts = reduced.measured + reduced.constant + reduced.background
    background = reduced.background / (reduced.background_scale or 1.0)
    return bool((np.abs(background - counts) < LIMITS.same_scan * counts).all())


def _excess_at_large_q(reduced: ReducedScan) -> float:
    """Return the counts over the scattering of the formula at large q, relative to those at intermediate q."""
    ratio = (reduced.measured + reduced.constant) / (reduced.coherent + reduced.compton)
    part = reduced.q / reduced.q[-1]
    middle = ratio[(part > LIMITS.middle[0]) & (part < LIMITS.middle[1])]
    return float(ratio[part > LIMITS.end].mean() / middle.mean()) if middle.size and middle.mean() > 0 else 1.0
