"""S(q) of a material, with its density and composition if they are known, as readers return it and models take it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline

from sklearn_wtrdf.scattering.sampling import widest_steps
from sklearn_wtrdf.scattering.validation import (
    MIN_ROWS,
    as_numbers,
    check_number_density,
    check_positive,
    check_q,
    check_s_r,
    check_std,
)
from sklearn_wtrdf.utils.text import quoted

Floats = NDArray[np.float64]
Radiation = Literal["x-ray", "neutron"]


@dataclass(frozen=True, eq=False)
class Pattern:
    """S_R(q) = q [S(q) − 1] of a material, the F(Q) of other programs, with its density and composition if known.

    :func:`read_pattern` returns it, and :meth:`InversionRegressor.solve` takes it.

    Parameters
    ----------
    q : ndarray of shape (n_q,)
        Scattering vector [Å⁻¹], increasing.
    s_r : ndarray of shape (n_q,)
        Reduced structure factor [Å⁻¹].
    std : ndarray of shape (n_q,), default=None
        Standard deviation of S_R [Å⁻¹], if it is known.
    number_density : float, default=None
        ρ₀ [Å⁻³], if it is known.
    composition : str, default=None
        Formula of the material, as for :class:`Composition`, if it is known.
    radiation : {"x-ray", "neutron"}, default=None
        The radiation of the measurement, if it is known.
    provenance : dict of str to str, default={}
        The entries ``name = value`` in the header of the file.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_wtrdf import Pattern
    >>> q = np.linspace(0.5, 10.0, 20)
    >>> Pattern(q, np.sin(2.4 * q), number_density=0.034).number_density
    0.034
    """

    q: Floats
    s_r: Floats
    std: Floats | None = None
    number_density: float | None = None
    composition: str | None = None
    radiation: Radiation | None = None
    provenance: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("q", "s_r", "std"):
            if (values := getattr(self, name)) is not None:
                object.__setattr__(self, name, as_numbers(name, values))

    @property
    def digest(self) -> bytes:
        """A hash of the numbers that the solution depends on: equal patterns have equal digests.

        These are q, S_R, its errors and the number density, and the composition and radiation if both are known.
        """
        density = None if self.number_density is None else float(self.number_density)
        material = self.composition and self.radiation and (self.composition, self.radiation)
        numbers = hashlib.sha256(repr((density, material)).encode())
        for values in (self.q, self.s_r, self.std):
            numbers.update(b"none" if values is None else (values + 0.0).tobytes())  # + 0.0: −0 and 0 are equal
        return numbers.digest()

    def check(self) -> None:
        """Raise a ValueError if the pattern is invalid.

        Raises
        ------
        ValueError
            If q does not increase, lengths differ, a value is not finite, S_R or the number density has a value that no
            material has, or the radiation is unknown.
        """
        s_r = check_s_r(self.s_r, check_q(self.q).size)
        if s_r.ndim != 1:
            raise ValueError(f"s_r must be one material's S_R, of shape (n_q,), got shape {s_r.shape}.")
        if self.std is not None and self.std.shape != s_r.shape:
            raise ValueError(f"std must have the shape of q, {s_r.shape}, got {self.std.shape}.")
        if self.number_density is not None:
            check_number_density(self.number_density)
        if self.radiation not in (None, *get_args(Radiation)):
            raise ValueError(f"radiation must be 'x-ray', 'neutron' or None, got {quoted(self.radiation)}.")

    def on(self, q: ArrayLike) -> Pattern:
        """Return the pattern on another q grid, such as that of a fitted model.

        Parameters
        ----------
        q : array-like of shape (n_q,)
            The grid [Å⁻¹]. It must lie within the measured range, up to one step, and have no point in a gap of the
            measurement, which is a step that is more than three times as wide as others and wider than π / 40 Å⁻¹.

        Returns
        -------
        pattern : Pattern
            With the same numbers if the grids agree. Otherwise S_R is interpolated by a cubic spline, and its standard
            deviation linearly, so that it stays positive. `std` is None if the pattern has no standard deviations, or
            if not all of them on the grid are positive and finite. At q = 0, S_R and its standard deviation are 0, so
            the grid should begin beyond it.

        Raises
        ------
        ValueError
            If the grid does not increase, reaches beyond the measured one, or has a point in a gap of it.
        """
        inside, same = self._check_grid(q)
        s_r = self.s_r if same else np.asarray(CubicSpline(self.q, self.s_r)(inside))
        std = self.std if same or self.std is None else np.interp(inside, self.q, self.std)
        if std is not None and not (np.isfinite(std).all() and std.min() > 0):
            std = None
        return replace(self, q=check_q(q), s_r=s_r, std=std)

    def _check_grid(self, q: ArrayLike) -> tuple[Floats, bool]:
        """Return a grid, cut to the measured one, and whether they agree."""
        q = check_q(q)
        if q.size == self.q.size and np.abs(q - self.q).max() < 1e-6:
            return self.q, True
        steps = np.diff(self.q)
        widest = widest_steps(self.q)
        ends = np.minimum(steps, widest)
        if q[0] < self.q[0] - ends[0] or q[-1] > self.q[-1] + ends[-1]:
            raise ValueError(
                f"q spans {self.q[0]:g} to {self.q[-1]:g} Å⁻¹, but the model was fitted on {q[0]:g} to {q[-1]:g} Å⁻¹: "
                "fit it on data cut to what both have."
            )
        q = np.clip(q, self.q[0], self.q[-1])
        interval = np.clip(np.searchsorted(self.q, q) - 1, 0, steps.size - 1)
        within = np.minimum(q - self.q[interval], self.q[interval + 1] - q) > 1e-6
        gaps = within & (steps > widest)[interval]
        if gaps.any():
            start, end = self.q[interval[gaps][0]], self.q[interval[gaps][0] + 1]
            raise ValueError(
                f"q has no measured point between {start:g} and {end:g} Å⁻¹, where {q[gaps][0]:g} Å⁻¹ is required: "
                "fit on data without that interval, or measure it."
            )
        return q, False

    def cut(self, q_min: float | None = None, q_max: float | None = None) -> Pattern:
        """Return the pattern within a range of q, including both ends.

        Parameters
        ----------
        q_min, q_max : float, default=None
            The ends of the range [Å⁻¹]. None is the end of the pattern.

        Returns
        -------
        pattern : Pattern

        Raises
        ------
        ValueError
            If an end is not a finite number, or fewer than three points lie between them.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn_wtrdf import Pattern
        >>> pattern = Pattern(np.arange(1.0, 9.0), np.zeros(8))
        >>> pattern.cut(q_max=4.5).q
        array([1., 2., 3., 4.])
        """
        ends: dict[str, float] = {
            "q_min": self.q[0] if q_min is None else q_min,
            "q_max": self.q[-1] if q_max is None else q_max,
        }
        for name, end in ends.items():
            if not (isinstance(end, Real) and np.isfinite(end)):
                raise ValueError(f"{name} must be a finite number of Å⁻¹, got {quoted(end)}.")
        inside = (self.q >= ends["q_min"]) & (self.q <= ends["q_max"])
        if (n_inside := int(inside.sum())) < MIN_ROWS:
            raise ValueError(
                f"q_min and q_max must leave {MIN_ROWS} points or more of {self.q[0]:g} to {self.q[-1]:g} Å⁻¹, but "
                f"{ends['q_min']:g} to {ends['q_max']:g} Å⁻¹ leaves {n_inside}."
            )
        return replace(self, q=self.q[inside], s_r=self.s_r[inside], std=None if self.std is None else self.std[inside])

    def rebinned(self, r_max: float = 20.0) -> Pattern:
        """Return the pattern averaged over bins of q, with no more points than g(r) up to a distance requires.

        Parameters
        ----------
        r_max : float, default=20.0
            The distance [Å]. Points are averaged over at most π / (2 r_max) of q, a quarter of the shortest period in
            S_R that structure up to this distance causes.

        Returns
        -------
        pattern : Pattern
            Means of q and S_R in each bin, with their standard deviations σ; if σ is known, the means are weighted by
            1/σ². The pattern itself if there are fewer than two points for each bin.

        Raises
        ------
        ValueError
            If `r_max` is not positive and finite.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn_wtrdf import Pattern
        >>> q = np.linspace(1.0, 20.0, 19001)
        >>> coarse = Pattern(q, np.sin(2.4 * q), np.full(19001, 0.1)).rebinned(r_max=20.0)
        >>> coarse.q.size, round(float(coarse.std[1]), 3)
        (246, 0.011)
        """
        width = np.pi / (2 * check_positive("r_max", r_max, "Å"))
        # Means of neighbouring bins are up to a step further apart than the bins are wide.
        width = max(width - float(np.median(np.diff(self.q))), width / 2)
        _, bins = np.unique(np.floor((self.q - self.q[0]) / width), return_inverse=True)
        n_points = np.bincount(bins)
        if 2 * n_points.size > self.q.size or n_points.size < MIN_ROWS:
            return self
        weights = np.ones_like(self.q)
        if self.std is not None:
            has_std = np.bincount(bins, self.std <= 0)[bins] == 0
            weights[has_std] = 1 / self.std[has_std] ** 2
        sums = np.bincount(bins, weights)
        q, s_r = (np.bincount(bins, weights * values) / sums for values in (self.q, self.s_r))
        std = None if self.std is None else np.sqrt(np.bincount(bins, (weights * self.std) ** 2)) / sums
        return replace(self, q=q, s_r=s_r, std=std)


def checked_patterns(
    q: Floats, s_r: ArrayLike, number_density: ArrayLike | None, std: ArrayLike | None
) -> list[Pattern]:
    """Return the patterns on a checked grid, with S_R of shape (n_q,) or (n_materials, n_q), or raise a ValueError."""
    stack = np.atleast_2d(check_s_r(s_r, q.size))
    densities: list[float | None] = [None] * len(stack)
    if number_density is not None:
        if np.size(number_density) not in (1, len(stack)):
            raise ValueError(
                f"number_density must be one number or one for each of the {len(stack)} materials, got "
                f"{np.size(number_density)}."
            )
        given = np.broadcast_to(np.ravel(np.asarray(number_density, dtype=object)), len(stack))
        densities = [None if density is None else check_number_density(density) for density in given]
    stds: Sequence[Floats | None] = [None] * len(stack)
    if std is not None:
        std = check_std(std, q.size)
        if std.ndim == 2 and len(std) != len(stack):
            raise ValueError(f"std must be one for each of the {len(stack)} patterns, got {len(std)}.")
        stds = list(np.broadcast_to(std, stack.shape))
    return [Pattern(q, *columns) for columns in zip(stack, stds, densities, strict=True)]
