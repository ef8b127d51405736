"""g(r) from S_R(q) as the most probable non-negative solution of the sine transform."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray
from sklearn.base import _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data
from tqdm import tqdm

from sklearn_wtrdf.estimators._doubts import warn_doubts
from sklearn_wtrdf.estimators._scattering import ScatteringRegressor
from sklearn_wtrdf.inversion import (
    FreeInversion,
    Inversion,
    Observation,
    Posterior,
    Prior,
    Reference,
    Solution,
    density_of,
    doubts,
    find,
    mixture,
)
from sklearn_wtrdf.peaks import PEAK_COLUMNS, measure_peaks
from sklearn_wtrdf.scattering import Scattering, check_number_density, check_r, check_s_r

Floats = NDArray[np.float64]

# Widths of intervals over those of the posterior: position, height, width, coordination number. The first and the last
# by benchmarks/shells.py --first-seed 1000 --glasses 100 --noise 0.01.
_FACTORS = (0.42, 1.0, 1.0, 2.25)

_DENSITY_SPREAD = 0.05  # of a number density that is given, and of the normalization of S, with a prior
_DENSITY_UNKNOWN = 1.0  # of one that is not
_KEPT = 16  # of what was found with a prior, which takes a second


class Curves(NamedTuple):
    """g and its standard deviation at each r, and the number density, of some materials."""

    g: Floats
    std: Floats
    number_density: Floats


class InversionRegressor(ScatteringRegressor):
    """g(r) that solves S_R(q) = 4πρ₀ ∫ r (g − 1) sin(qr) dr, is nowhere negative, and keeps what a reference knows.

    With a reference, `fit` keeps its g and S_R, and a new S_R changes it: g = g_ref (1 + α(r)) + β(r) with α and β as
    smooth and as small as the change of S_R allows. Sharp peaks that both materials have, which q cannot resolve, come
    from the reference. Without one, g is 1 plus what S_R asks for. How smooth, how small and how noisy is found from
    the new S_R itself by its marginal likelihood.

    Parameters
    ----------
    reference : bool, default=True
        Keep the training materials as references. Of several, the non-negative mixture that explains the new S_R best
        is the reference. False learns nothing from y.
    prior : {"auto"}, Prior or None, default=None
        What is believed of g without a reference. None is the plain belief that g is smooth and near 1. A prior such as
        ``Continuum() + Bond(r=(1.4, 1.9))`` (:mod:`sklearn_wtrdf.inversion`) has hyperparameters that are found from
        each S_R in about a second. S_R may then have a wrong scale, errors that vary slowly with q and outlying points,
        and the band knows of all of them; `r_min` and `length_scale` do not count. "auto" is a continuum, with a bond
        where S_R asks for one. It needs ``reference=False``.
    r_min : float, default=None
        g is 0 below it [Å]. None takes the foot of the reference's first peak, 0.2 Å before g is 0.5; without a
        reference, it is found from S_R.
    r_max : float, default=20.0
        Beyond it g is 1, or the reference's [Å].
    length_scale : float, default=None
        Correlation length [Å] of β, half of that of α. None is π / q_max, the resolution of S_R, with a reference, and
        0.13 Å, the width that thermal motion leaves of a shell, without one.
    noise : float, default=None
        Standard deviation of S_R [Å⁻¹], at least. It is estimated for each S_R, and the larger of the two counts.
    q : array-like of shape (n_q,) or (2,), default=None
        The q grid [Å⁻¹] of S_R, or its two ends, for X without column names. It wins over column names.
    s_r : array-like of shape (n_q,), default=None
        S_R(q) [Å⁻¹] of the one material, for X that holds r alone.

    Attributes
    ----------
    references_ : list of Reference
        r, g, S_R and number density of each training material; empty with ``reference=False``.
    q_ : ndarray of shape (n_q,)
        The q grid [Å⁻¹].
    r_ : ndarray of shape (n_r,)
        The distances of the training rows [Å], each once.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Their names, where X had any.

    See Also
    --------
    FourierRegressor : The plain transform.
    sklearn_wtrdf.inversion : The equations.

    Notes
    -----
    ρ₀ comes from X's column ``number_density``. Without that column it is solved for along with g; beside a reference
    S_R says little about it, and ρ₀ stays near the reference's.

    S_R from X-rays belongs to the X-ray weighted g; give that as the reference where elements scatter differently.
    Rows outside the range of the reference are solved without it, except those below its first peak, where g is 0.
    `fit` needs the whole reference curve: of rows drawn at random it interpolates what is missing.

    Examples
    --------
    One simulated glass as the reference for another:

    >>> from sklearn_wtrdf import InversionRegressor
    >>> from sklearn_wtrdf.datasets import load_ag_ge_se
    >>> model = InversionRegressor().fit(*load_ag_ge_se(0, return_X_y=True))
    >>> X, y = load_ag_ge_se(10, return_X_y=True)
    >>> g, std = model.predict(X, return_std=True)
    >>> bool(abs(g - y).mean() < 0.045)
    True
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "reference": ["boolean"],
        "prior": [StrOptions({"auto"}), Prior, None],
        "r_min": [Interval(Real, 0, None, closed="neither"), None],
        "r_max": [Interval(Real, 5, None, closed="left")],
        "length_scale": [Interval(Real, 0, None, closed="neither"), None],
        "noise": [Interval(Real, 0, None, closed="neither"), None],
        "q": ["array-like", None],
        "s_r": ["array-like", None],
    }

    def __init__(
        self,
        reference: bool = True,
        *,
        prior: Prior | str | None = None,
        r_min: float | None = None,
        r_max: float = 20.0,
        length_scale: float | None = None,
        noise: float | None = None,
        q: ArrayLike | None = None,
        s_r: ArrayLike | None = None,
    ) -> None:
        self.reference = reference
        self.prior = prior
        self.r_min = r_min
        self.r_max = r_max
        self.length_scale = length_scale
        self.noise = noise
        self.q = q
        self.s_r = s_r

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Self:
        """Keep the references.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            A :func:`~sklearn_wtrdf.scattering_frame`, or several stacked; or an array with r first and S_R after it,
            with `q`; or r alone, with `q` and `s_r`.
        y : array-like of shape (n_rows,)
            Reference g(r), which tends to 1. With ``reference=False`` it is not used and may be left out.

        Returns
        -------
        self : InversionRegressor

        Raises
        ------
        ValueError
            If the data or a parameter of the estimator are not as described; the message names which.

        Warns
        -----
        UserWarning
            If S_R, g, `r_min` or the number density look wrong.
        """
        if y is None and not self.reference:
            values, g = validate_data(self, X, dtype=np.float64), np.array([])
        else:
            values, g = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        if self.reference and self.prior is not None:
            raise ValueError("prior is for reference=False: a reference is a belief of its own.")
        scattering = self._read(values)
        self.q_ = scattering.q
        self._found: dict[tuple[Any, ...], Posterior] = {}
        self.r_ = np.unique(scattering.r)
        self._solvers: dict[tuple[Any, ...], Inversion | FreeInversion] = {}
        self.references_ = self._references(scattering, g.astype(np.float64)) if self.reference else []
        return self

    def predict(self, X: ArrayLike, return_std: bool = False) -> Floats | tuple[Floats, Floats]:
        """Solve for g(r) at the rows of X.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            With the columns that `fit` had. S_R may be another material's.
        return_std : bool, default=False
            Return the standard deviation of g as well.

        Returns
        -------
        g : ndarray of shape (n_rows,)
        std : ndarray of shape (n_rows,)
            Only with `return_std`. As if g were free to be negative.
        """
        check_is_fitted(self)
        scattering = self._read(validate_data(self, X, reset=False, dtype=np.float64))
        g, std = np.empty((2, scattering.r.size))
        for rows, s_r, density in _materials(scattering):
            warn_doubts(self.q_, s_r[None], density, self.r_min, stacklevel=2)
            for solution, some in self._solutions(scattering.r[rows], s_r, density):
                g[rows[some]] = solution.g(scattering.r[rows[some]])
                if return_std:
                    std[rows[some]] = solution.std(scattering.r[rows[some]])
        return (g, std) if return_std else g

    def reconstruct(
        self,
        r: ArrayLike,
        s_r: ArrayLike,
        number_density: ArrayLike | None = None,
        *,
        return_std: bool = False,
        n_jobs: int | None = None,
        verbose: bool = False,
    ) -> Floats | tuple[Floats, Floats]:
        """Solve for g(r) of many materials, in parallel.

        Parameters
        ----------
        r : array-like of shape (n_r,)
            Distances [Å], not negative.
        s_r : array-like of shape (n_q,) or (n_materials, n_q)
            Reduced structure factors [Å⁻¹] on the q grid of `fit`.
        number_density : float or array-like of shape (n_materials,), default=None
            ρ₀ [Å⁻³]. None solves for it.
        return_std : bool, default=False
            Return the standard deviation of g as well.
        n_jobs : int, default=None
            Processes; -1 is one for each core. None is one.
        verbose : bool, default=False
            Show a progress bar.

        Returns
        -------
        g : ndarray of shape (n_r,) or (n_materials, n_r)
        std : ndarray of the same shape
            Only with `return_std`. As if g were free to be negative.

        Warns
        -----
        UserWarning
            If S_R or the number density of some materials look wrong.
        """
        check_is_fitted(self)
        r, s_r = check_r(r), check_s_r(s_r, self.q_.size)
        patterns = np.atleast_2d(s_r)
        densities: list[float | None] = [None] * len(patterns)
        if number_density is not None:
            if np.size(number_density) not in (1, len(patterns)):
                raise ValueError(
                    f"number_density must be one number or one for each of the {len(patterns)} materials, got "
                    f"{np.size(number_density)}."
                )
            given = np.broadcast_to(np.ravel(number_density), len(patterns))
            densities = [check_number_density(float(density)) for density in given]
        doubtful = [
            (i, doubt) for i in range(len(patterns)) for doubt in doubts(self.q_, patterns[i], densities[i], self.r_min)
        ]
        if doubtful:
            (first, doubt), n = doubtful[0], len({i for i, _ in doubtful})
            warnings.warn(
                f"{n} of {len(patterns)} materials look wrong. Material {first}: {doubt}", UserWarning, stacklevel=2
            )
        chunks = np.array_split(np.arange(len(patterns)), max(1, len(patterns) // 100))
        jobs = (
            delayed(self._curves)(r, patterns[chunk], [densities[i] for i in chunk], return_std) for chunk in chunks
        )
        with tqdm(total=len(patterns), disable=not verbose, unit="pattern") as progress:
            curves = []
            for some in Parallel(n_jobs, return_as="generator")(jobs):
                curves.append(some)
                progress.update(len(some.g))
        g, std = (
            np.concatenate([getattr(some, name) for some in curves]).reshape(*s_r.shape[:-1], r.size)
            for name in ("g", "std")
        )
        return (g, std) if return_std else g

    def peak_table(
        self,
        X: ArrayLike,
        *,
        n_samples: int = 100,
        level: float = 0.9,
        random_state: int | np.random.RandomState | None = 0,
    ) -> pd.DataFrame:
        """Measure the first two peaks of each material in X, with intervals.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            As in :meth:`predict`. Only its S_R and number density count: g is solved for on a grid of its own.
        n_samples : int, default=100
            Curves drawn from the posterior.
        level : float, default=0.9
            Probability that an interval is to cover.
        random_state : int, RandomState instance or None, default=0
            Decides the draws.

        Returns
        -------
        table : DataFrame
            A row for each material, in order of X, and peak: ``material``, the columns of
            :func:`~sklearn_wtrdf.peak_table`, and ``number_density`` [Å⁻³], given or solved for. No rows where g has no
            peak.

        Notes
        -----
        An interval is as wide as the draws are, times a factor that makes those of a first peak cover the truth as
        often as they say on synthetic, isolated shells of atoms with noise, without a reference (see
        benchmarks/shells.py): the posterior by itself is too wide for positions and too narrow for coordination
        numbers, which g ≥ 0 biases upward. Those of height and width are the posterior's own. Errors of another kind
        are not in them. Where peaks overlap or lean, the truth may lie outside more often than not, as on the simulated
        glasses (see benchmarks/transfer.py).
        """
        check_is_fitted(self)
        if not (isinstance(n_samples, Integral) and n_samples >= 2):
            raise ValueError(f"n_samples must be an integer of at least 2, got {n_samples!r}.")
        if not (isinstance(level, Real) and 0 < level < 1):
            raise ValueError(f"level must lie between 0 and 1, got {level!r}.")
        scattering = self._read(validate_data(self, X, reset=False, dtype=np.float64))
        generator: np.random.RandomState = check_random_state(random_state)
        rows: list[dict[str, float]] = []
        materials = sorted(_materials(scattering), key=lambda material: material[0][0])
        for material, (_, s_r, density) in enumerate(materials):
            solution = self._solution(s_r, density)
            r, draws = solution.sample(n_samples, generator)
            density = solution.number_density
            ends = {"material": material, "number_density": density}
            peaks = measure_peaks(
                r, solution.g(r), draws, density, level, factors=_FACTORS if self.prior is None else (1.0,) * 4
            )
            rows.extend(ends | peak for peak in peaks)
        return pd.DataFrame(rows, columns=["material", *PEAK_COLUMNS, "number_density"])

    def _references(self, scattering: Scattering, g: Floats) -> list[Reference]:
        references = []
        for rows, s_r, density in _materials(scattering):
            r, row = np.unique(scattering.r[rows], return_inverse=True)
            curve = np.bincount(row, g[rows]) / np.bincount(row)
            curve, r = curve[r > 0], r[r > 0]
            if r.size < 3:
                warnings.warn(
                    f"A training material has {r.size} distances, too few for a reference curve: it is left out.",
                    UserWarning,
                    stacklevel=4,
                )
                continue
            tail = curve[-max(r.size // 4, 1) :].mean()
            if r.size >= 20 and not 0.5 < tail < 1.5:
                warnings.warn(
                    f"g does not tend to 1: its last quarter has mean {tail:.3g}. If y is G(r) or the RDF, convert it "
                    "to g(r) first.",
                    UserWarning,
                    stacklevel=4,
                )
            warn_doubts(self.q_, s_r[None], density, self.r_min, stacklevel=4)
            if density is None:
                density = self._free().solve(s_r).number_density
            references.append(Reference(r, curve, s_r, density))
        if references:
            low, high = max(ref.r[0] for ref in references), min(ref.r[-1] for ref in references)
            if any(((ref.r >= low) & (ref.r <= high)).sum() < 3 for ref in references):
                ranges = ", ".join(f"{ref.r[0]:g} to {ref.r[-1]:g} Å" for ref in references)
                raise ValueError(f"X: the references must share a range of r to be mixed, got {ranges}.")
        return references

    def _curves(
        self, r: Floats, patterns: Floats, densities: Sequence[float | None], return_std: bool = False
    ) -> Curves:
        g, std = np.full((2, len(patterns), r.size), np.nan)
        solved = np.empty(len(patterns))
        for i, (s_r, density) in enumerate(zip(patterns, densities, strict=True)):
            solutions = self._solutions(r, s_r, density)
            solved[i] = solutions[0][0].number_density
            for solution, some in solutions:
                g[i, some] = solution.g(r[some])
                if return_std:
                    std[i, some] = solution.std(r[some])
        return Curves(g, std, solved)

    def _solutions(
        self, r: Floats, s_r: Floats, density: float | None
    ) -> list[tuple[Solution | Posterior, NDArray[np.bool_]]]:
        """Return the solutions of one material and which r each is for: those outside a reference have their own."""
        if self.prior is not None:
            return [(self._posterior(s_r, density), np.ones(r.size, dtype=bool))]
        solver = self._solver(s_r)
        solution = solver.solve(s_r, density, self.noise)
        inside = np.ones(r.size, dtype=bool)
        if isinstance(solver, Inversion) and solver.reference is not None:
            known = solver.reference.r
            inside = (r <= known[-1]) & ((r >= known[0]) | (r < solver.r_min))
        if inside.all():
            return [(solution, inside)]
        return [(solution, inside), (self._free().solve(s_r, density, self.noise), ~inside)]

    def _solution(self, s_r: Floats, density: float | None) -> Solution | Posterior:
        if self.prior is not None:
            return self._posterior(s_r, density)
        return self._solver(s_r).solve(s_r, density, self.noise)

    def _posterior(self, s_r: Floats, density: float | None) -> Posterior:
        """Return what is found with a prior; the last few are kept."""
        key = s_r.tobytes(), density, self.r_max, self.noise, repr(self.prior)
        found = self._found.get(key)
        if found is None:
            observation = Observation(
                self.q_,
                s_r,
                density or density_of(self.q_, s_r, 1.4),
                _DENSITY_SPREAD if density else _DENSITY_UNKNOWN,
                std=None if self.noise is None else np.full(s_r.size, self.noise),
                r_max=self.r_max,
            )
            prior = self.prior if isinstance(self.prior, Prior) else None
            found = find(observation, prior, noise=None if self.noise is None else 1.0)
            if len(self._found) >= _KEPT:
                self._found.clear()
            self._found[key] = found
        return found

    def _solver(self, s_r: Floats) -> Inversion | FreeInversion:
        if not self.references_:
            return self._free()
        if len(self.references_) > 1:
            return self._beside(mixture(self.references_, s_r))
        return self._kept("reference", lambda: self._beside(self.references_[0]))

    def _beside(self, reference: Reference) -> Inversion:
        return Inversion(
            self.q_,
            r_min=self.r_min or reference.foot,
            r_max=max(self.r_max, reference.r[-1] + 1),
            reference=reference,
            length_scale=self.length_scale,
        )

    def _free(self) -> Inversion | FreeInversion:
        r_min, r_max, length_scale = self.r_min, self.r_max, self.length_scale
        if r_min is None:
            return self._kept("free", lambda: FreeInversion(self.q_, r_max=r_max, length_scale=length_scale))
        return self._kept("free", lambda: Inversion(self.q_, r_min=r_min, r_max=r_max, length_scale=length_scale))

    def _kept(self, name: str, build: Callable[[], Inversion | FreeInversion]) -> Inversion | FreeInversion:
        """Return a solver that is kept for as long as the parameters stay the same."""
        key = name, self.r_min, self.r_max, self.length_scale
        if key not in self._solvers:
            self._solvers[key] = build()
        return self._solvers[key]

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        # They are built again where they are needed.
        state |= {name: {} for name in ("_solvers", "_found") if name in state}
        return state


def _materials(scattering: Scattering) -> list[tuple[NDArray[np.intp], Floats, float | None]]:
    """Return the rows, S_R and number density of each material."""
    materials = []
    for material, s_r in enumerate(scattering.s_r):
        rows = np.flatnonzero(scattering.material == material)
        density = None
        if scattering.number_density is not None:
            values = np.unique(scattering.number_density[rows])
            if values.size > 1:
                raise ValueError(
                    f"number_density must be one for each material, got {values.min():g} to {values.max():g} Å⁻³ in "
                    "rows with the same S_R."
                )
            density = float(values[0])
        materials.append((rows, s_r, density))
    return materials
