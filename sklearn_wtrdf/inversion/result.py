"""The solution of one pattern: g(r) with its band, samples, peaks, and the decomposition of S_R."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import cached_property
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state

from sklearn_wtrdf.chemistry import bond_of, check_chemistry, material_text
from sklearn_wtrdf.inversion import diagnostics
from sklearn_wtrdf.inversion.checks import check_peak_options, message_on_few_points
from sklearn_wtrdf.inversion.decomposition import Decomposition
from sklearn_wtrdf.inversion.pair_selection import depends_on_radiation
from sklearn_wtrdf.inversion.posterior import UNRESOLVED_WIDENING, Posterior
from sklearn_wtrdf.inversion.report import InversionReport
from sklearn_wtrdf.maxima import find_maxima
from sklearn_wtrdf.peaks import PEAK_COLUMNS, PEAK_QUANTITIES, measure_peaks
from sklearn_wtrdf.scattering.contacts import counted_as_pairs
from sklearn_wtrdf.scattering.curve import Curve
from sklearn_wtrdf.scattering.lines import message_on_lines, sharp_lines
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.scattering.sampling import HALF_WIDTH_90
from sklearn_wtrdf.scattering.validation import as_floats, check_count, check_r
from sklearn_wtrdf.utils.data_warnings import DataWarning
from sklearn_wtrdf.utils.threads import single_thread

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Seed = int | np.random.RandomState | None

_VERDICT_STEP, _VERDICT_END = 0.02, 10.0  # Å, grid of r for the verdict
_STEP_OF_BAND = 5  # of that grid, for the mean of the band
_LACKS_RADIATION = (
    "If S was measured with X-rays, give this radiation: the weights of the pairs change with q, and g(r) is more "
    "accurate if this is known."
)


class InversionResult:
    """The solution of one pattern: g(r) with its band, samples, peaks, and the decomposition of S_R.

    :meth:`InversionRegressor.solve` returns it. Predictions, tables of peaks, displays, files and the page in the
    browser are all computed from it, so that they agree to the last digit.

    Attributes
    ----------
    pattern : Pattern
        The pattern that was solved, on the q grid of the model.
    posterior : Posterior
        The distribution of g given S_R; in a fit with a reference, within the r range of the reference.
    number_density : float
        ρ₀ [Å⁻³], given or estimated.
    density_is_given : bool
        Whether the number density was given.
    band_scale : float
        Factor by which the standard deviation of the posterior is multiplied; see `band_scale_` of
        :class:`InversionRegressor`.
    scale_error : float
        Standard deviation of the relative error of the scale of g − 1. It is not 0 if a reference contradicts the scale
        of its own S_R.
    are_bonds_fixed : bool
        Whether the bonds were taken from another pattern, so that their uncertainty for this pattern is unknown.
    data_warnings : tuple of DataWarning
        Warnings about the pattern. They are not issued.
    fit_warnings : tuple of DataWarning
        Warnings that the model does not describe S_R. They are not issued.
    chemistry_warnings : tuple of DataWarning
        Warnings that the first shell is not at a bond length of the composition. They are not issued.
    warnings : tuple of DataWarning
        All of these warnings.
    decomposition : Decomposition
        S_R as the sum of structure, systematic errors and residual.

    Examples
    --------
    >>> from sklearn_wtrdf import InversionRegressor
    >>> from sklearn_wtrdf.datasets import load_material
    >>> silica = load_material("silica", weighting="neutron", q_max=17)
    >>> result = InversionRegressor().fit(silica.data).solve(silica.pattern)
    >>> result.g([1.0, 1.61]).round()
    array([ 0., 12.])
    >>> result.peaks()[["position", "coordination"]].round(2).loc[0].to_dict()
    {'position': 1.61, 'coordination': 2.28}
    """

    def __init__(
        self,
        pattern: Pattern,
        posterior: Posterior,
        data_warnings: Sequence[DataWarning] = (),
        *,
        band_scale: float = 1.0,
        scale_error: float = 0.0,
        are_bonds_fixed: bool = False,
        without_reference: Callable[[], Posterior] | None = None,
    ) -> None:
        self.pattern, self.posterior, self.data_warnings = pattern, posterior, tuple(data_warnings)
        self.number_density = float(posterior.number_density)
        self.density_is_given = pattern.number_density is not None
        # A reference whose g is 1 everywhere contains no information, so its band is that of the posterior.
        self.band_scale = band_scale if posterior.evidence.observation.shared.any() else 1.0
        self.scale_error, self.are_bonds_fixed = scale_error, are_bonds_fixed
        self._without_reference = without_reference

    def of(self, pattern: Pattern) -> InversionResult:
        """Return the solution for a pattern with the same numbers, whose composition or provenance may differ."""
        own, other = ((item.composition, item.radiation, item.provenance) for item in (self.pattern, pattern))
        if own == other:
            return self
        result = copy(self)
        result.pattern = pattern
        for name in ("chemistry_warnings", "doubts"):
            vars(result).pop(name, None)
        return result

    @single_thread
    def g(self, r: ArrayLike) -> Floats:
        """Return the most probable g ≥ 0.

        Parameters
        ----------
        r : array-like of shape (n_r,)
            Distances [Å], in any order.

        Returns
        -------
        g : ndarray of shape (n_r,)
        """
        (distances,) = as_floats(r)
        g = np.empty(distances.size)
        for posterior, _, mask in self._parts(distances):
            g[mask] = posterior.g(distances[mask])
        return g

    @single_thread
    def std(self, r: ArrayLike) -> Floats:
        """Return the standard deviation of g, in which the constraint g ≥ 0 is neglected.

        Parameters
        ----------
        r : array-like of shape (n_r,)
            Distances [Å], in any order.

        Returns
        -------
        std : ndarray of shape (n_r,)
        """
        (distances,) = as_floats(r)
        std = np.empty(distances.size)
        for posterior, scale, mask in self._parts(distances):
            std[mask] = scale * posterior.std(distances[mask])
            if posterior is self.posterior:
                std[mask] = np.hypot(std[mask], self.scale_error * (posterior.g(distances[mask]) - 1))
        return std

    def curve(self, r: ArrayLike) -> Curve:
        """Return g with its standard deviation as a curve.

        Parameters
        ----------
        r : array-like of shape (n_r,)
            Distances [Å], increasing.

        Returns
        -------
        curve : Curve
            Its `std` is None if the standard deviation is 0 at some r with g > 0, because g is not exact there.
        """
        distances, g, std = check_r(r), self.g(r), self.std(r)
        return Curve(distances, g, std if std[g > 0].all() else None, self.number_density, self.pattern.composition)

    @single_thread
    def sample(self, r: ArrayLike, n_samples: int = 1, *, random_state: Seed = 0) -> Floats:
        """Draw curves g ≥ 0 from the posterior.

        Parameters
        ----------
        r : array-like of shape (n_r,)
            Distances [Å], in any order.
        n_samples : int, default=1
            Number of curves.
        random_state : int, RandomState instance or None, default=0
            Seed of the draws.

        Returns
        -------
        g : ndarray of shape (n_samples, n_r)
        """
        check_count("n_samples", n_samples, 1)
        (distances,), generator = as_floats(r), check_random_state(random_state)
        g = np.empty((n_samples, distances.size))
        for posterior, scale, mask in self._parts(distances):
            grid, draws, _ = posterior.sample(n_samples, generator)
            curve = posterior.g(grid)
            draws = curve + scale * (draws - curve)
            if posterior is self.posterior:
                draws += self._scale_draws(n_samples, generator) * (curve - 1)
            draws = np.maximum(draws, 0.0)
            g[:, mask] = [np.interp(distances[mask], grid, draw) for draw in draws]
        return g

    @single_thread
    def peaks(
        self,
        n_samples: int = 100,
        *,
        n_peaks: int = 3,
        level: float = 0.9,
        random_state: Seed = 0,
    ) -> pd.DataFrame:
        """Measure the first peaks of g, with intervals.

        Parameters
        ----------
        n_samples : int, default=100
            Number of curves that are drawn from the posterior.
        n_peaks : int, default=3
            Maximum number of peaks. Maxima that rise by less than the band are not counted as peaks.
        level : float, default=0.9
            Probability of the intervals.
        random_state : int, RandomState instance or None, default=0
            Seed of the draws.

        Returns
        -------
        table : DataFrame
            A row for each peak, with the columns of :func:`~sklearn_wtrdf.peak_table`, those of pairs of atoms if the
            pattern has a composition and a radiation, and ``number_density`` [Å⁻³], given or estimated. It is empty if
            g has no peak. Intervals of bonds that ``refit="never"`` fixes are NaN. ``table.attrs["note"]`` states the
            number of peaks and, if there are fewer than requested, the reason; the other ``attrs`` are the arguments,
            for :func:`~sklearn_wtrdf.write_gr`.

        Notes
        -----
        Each interval is a multiple of the standard deviation over the curves drawn from the posterior. In each curve,
        neighbours are counted between its own minima. Intervals include
        neither errors that the model does not have, nor which minima, ``r_low`` and ``r_high``, bound a peak.
        """
        check_peak_options(n_samples, n_peaks, level)
        generator = check_random_state(random_state)
        sampled = self.posterior.sampled_r
        r = sampled[self._inside(sampled)]
        density, g = self.posterior.number_density, self.posterior.g(r)
        maxima, resolution = find_maxima(r, g, self.std), np.pi / self.pattern.q[-1]
        drawn, draws, densities = self.posterior.sample(n_samples, generator, end=maxima.end_of(n_peaks))
        draws = draws[:, self._inside(drawn)]
        scales = self._scale_draws(n_samples, generator) / self.band_scale
        draws = np.maximum(draws + scales * (g[: draws.shape[1]] - 1), 0.0)
        peaks = measure_peaks(maxima, draws, density, level, n_peaks, self.band_scale, densities, resolution)
        table = pd.DataFrame(peaks, columns=PEAK_COLUMNS).assign(number_density=density)
        if self.are_bonds_fixed:
            evidence, theta = self.posterior.evidence, self.posterior.theta
            bonds = np.exp(theta[evidence.indices("r")])
            low, high = (table[column].to_numpy()[:, None] for column in ("r_low", "r_high"))
            ends = [f"{quantity}_{end}" for quantity in PEAK_QUANTITIES for end in ("low", "high")]
            table.loc[((low <= bonds) & (bonds <= high)).any(axis=1), ends] = np.nan
        if self.pattern.composition is not None and self.pattern.radiation is not None:
            table = counted_as_pairs(table, self.pattern.composition, self.pattern.radiation)
        seed = random_state if isinstance(random_state, int) else None
        arguments = {"n_samples": int(n_samples), "n_peaks": int(n_peaks), "level": float(level), "random_state": seed}
        table.attrs = arguments | {"note": maxima.note(n_peaks)}
        return table

    @property
    @single_thread
    def decomposition(self) -> Decomposition:
        """S_R as the sum of structure, systematic errors and residual."""
        return self.posterior.decomposition

    @cached_property
    @single_thread
    def fit_warnings(self) -> tuple[DataWarning, ...]:
        """Warnings that the model does not describe S_R. They are not issued."""
        return tuple(diagnostics.check_fit(self.posterior))

    @cached_property
    @single_thread
    def chemistry_warnings(self) -> tuple[DataWarning, ...]:
        """Warnings that the first shell is not at a bond length of the composition. They are not issued."""
        return () if self._first_peak is None else tuple(check_chemistry(self.pattern, self._first_peak["position"]))

    @cached_property
    @single_thread
    def doubts(self) -> dict[str, str]:
        """Reasons why g(r) is probably not that of the material, by subject.

        Subjects are "points", "lines", "first shell" and "density".
        """
        doubts = {"points": message} if (message := message_on_few_points(self.pattern.q.size)) else {}
        [lines] = sharp_lines(self.pattern.q, self.pattern.s_r[None])
        doubts |= {"lines": message_on_lines(lines)} if lines.size else {}
        warnings = {"first shell": self.chemistry_warnings, "density": diagnostics.check_scale(self.posterior)}
        return doubts | {subject: str(messages[0]) for subject, messages in warnings.items() if messages}

    @property
    def warnings(self) -> tuple[DataWarning, ...]:
        """Warnings about the data, the composition, and a model that does not describe S_R. They are not issued."""
        return self.data_warnings + self.chemistry_warnings + self.fit_warnings

    @single_thread
    def verdict(self, doubts: Mapping[str, str] = MappingProxyType({})) -> str:
        """Summarize how reliable this g(r) is: doubts, the material, its first peak, its band, and other warnings.

        Parameters
        ----------
        doubts : mapping of str to str, default={}
            Unusual properties of the file or the counts from which S_R was computed, by subject, the most probable
            cause first. The first of them is stated before the doubts about S_R and g on other subjects. An empty text
            means that the subject was examined and nothing was unusual.

        Returns
        -------
        verdict : str
            The doubts, if there are any; the formula and the density as they were read; the first peak, with the bond
            of the formula that it may be; and the uncertainty of g. In a fit with a reference, these apply to the
            r range of the reference.

        Examples
        --------
        >>> from sklearn_wtrdf import InversionRegressor
        >>> from sklearn_wtrdf.datasets import load_material
        >>> argon = load_material("argon", q_max=8)
        >>> result = InversionRegressor().fit(argon.data).solve(argon.pattern)
        >>> print(result.verdict())  # doctest: +ELLIPSIS +NORMALIZE_WHITESPACE
        Ar 1; 0.0213 atoms/Å³ = 1.41 g/cm³. The first peak, at 3.7... Å (Ar-Ar), is resolved. From there to 10 Å, g(r)
        is uncertain by ±0.0... on average (90 %).
        """
        formula, peak = self.pattern.composition, self._first_peak
        of_file = [text for text in doubts.values() if text]
        reasons = of_file[:1] + [text for subject, text in self.doubts.items() if subject not in doubts]
        sentences = ["Doubtful:", *reasons] if reasons else []
        if formula is not None:
            estimated = ", estimated from S" if self.pattern.number_density is None else ""
            sentences.append(f"{material_text(formula, self.number_density)}{estimated}.")
        if peak is None:
            sentences.append(
                "g(r) has no peak: S_R(q) contains no information on the structure, or is another quantity."
            )
        elif not self.chemistry_warnings:
            sentences += self._first_peak_sentences(peak["position"], peak["width"])
            if self._lacks_radiation(peak["position"]):
                sentences.append(_LACKS_RADIATION)
        if others := [
            text for text in map(str, self.data_warnings + self.fit_warnings) if text not in self.doubts.values()
        ]:
            sentences.append(f"Warning: {others[0]}" + (f" {len(others) - 1} more." if len(others) > 1 else ""))
        return " ".join(sentences)

    def _first_peak_sentences(self, position: float, width: float) -> list[str]:
        """Return sentences on the bond of the first peak, its resolution, and the uncertainty of g beyond it."""
        resolution, bond = np.pi / self.pattern.q[-1], bond_of(self.pattern, position)
        state = (
            f"narrower than q resolves ({resolution:.2f} Å): its position and number of neighbours follow from S_R(q), "
            "its height and width depend on the prior as well."
        )
        if self.posterior.widening == UNRESOLVED_WIDENING:
            state = f"broader than a bond: there may be several bonds, which q does not resolve ({resolution:.2f} Å)."
        elif width >= resolution:
            state = "resolved."
        first = f"The first peak, at {position:.3g} Å{f' ({bond})' if bond else ''}, is {state}"
        r = self._verdict_grid
        half_width = float((HALF_WIDTH_90 * self.std(r[r >= position][::_STEP_OF_BAND])).mean())
        return [first, f"From there to {r[-1]:.3g} Å, g(r) is uncertain by ±{half_width:.1g} on average (90 %)."]

    def _lacks_radiation(self, first: float) -> bool:
        """Return whether g would be more accurate if S were known to be measured with X-rays."""
        formula, is_known = self.pattern.composition, self.pattern.radiation is not None
        if formula is None or is_known or self.posterior.evidence.prior.describes_pairs:
            return False
        return depends_on_radiation(formula, self.pattern.q, first)

    @property
    def _verdict_grid(self) -> Floats:
        """Distances that the verdict refers to [Å]; with a reference, those within its range."""
        r = np.asarray(np.arange(1, round(_VERDICT_END / _VERDICT_STEP) + 1) * _VERDICT_STEP, dtype=np.float64)
        return r[self._inside(r)]

    @cached_property
    def _first_peak(self) -> dict[str, float] | None:
        """The first peak of g, or None if g has no peak."""
        r = self._verdict_grid
        peaks = measure_peaks(find_maxima(r, self.g(r)), None, self.number_density, n_peaks=1)
        return peaks[0] if peaks else None

    def report(self) -> InversionReport:
        """Return the hyperparameters with intervals, the number density, and the warnings.

        Returns
        -------
        report : InversionReport
            It prints as text; `table` is a DataFrame.
        """
        return InversionReport.of([self], self.band_scale)

    def _scale_draws(self, n_samples: int, generator: np.random.RandomState) -> Floats:
        """Return draws of the relative error of the scale of g − 1, as a column."""
        if not self.scale_error:
            return np.zeros((n_samples, 1))
        return self.scale_error * generator.normal(size=(n_samples, 1))

    @cached_property
    def _outside(self) -> Posterior:
        """The posterior beyond the range of the reference."""
        assert self._without_reference is not None
        return self._without_reference()

    def _inside(self, r: Floats) -> Mask:
        """Return a mask of the r in the range of the reference, or below its first peak, where g is 0."""
        if self._without_reference is None:
            return np.ones(r.size, dtype=bool)
        reference = self.posterior.evidence.prior.reference
        first, last = reference.curve.r[0], reference.curve.r[-1]
        inside: Mask = (r <= last) & ((r >= first) | (r < reference.onset))
        return inside

    def _parts(self, r: Floats) -> list[tuple[Posterior, float, Mask]]:
        """Return each posterior with the factor of its band and a mask of the r at which it is used.

        Beyond the reference, g is solved for without it.
        """
        inside = self._inside(r)
        parts = [(self.posterior, self.band_scale, inside)]
        return parts if inside.all() else [*parts, (self._outside, 1.0, ~inside)]
