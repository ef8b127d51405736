"""The transformer of the reduction: from raw scans to S_R(q)."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context, clone
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_wtrdf.base import check_n_features, validated_data
from sklearn_wtrdf.reduction.corrections import Absorption
from sklearn_wtrdf.reduction.counts import rebin, without_outliers
from sklearn_wtrdf.reduction.diagnostics import flaws_of_counts, lines_of_counts, unusual
from sklearn_wtrdf.reduction.normalization import reduce_scan
from sklearn_wtrdf.reduction.reduced_scan import ReducedScan
from sklearn_wtrdf.reduction.scattering_model import ScatteringModel
from sklearn_wtrdf.scattering.angles import q_of, wavelength_of
from sklearn_wtrdf.scattering.atoms import LAST_TABULATED_Q
from sklearn_wtrdf.scattering.composition import Composition, number_density_of
from sklearn_wtrdf.scattering.sampling import MIN_POINTS
from sklearn_wtrdf.scattering.scan import AXES, Scan, Scans, read_background, read_scans
from sklearn_wtrdf.scattering.validation import check_number_density, check_q, check_s_r
from sklearn_wtrdf.utils import data_warnings
from sklearn_wtrdf.utils.text import counted
from sklearn_wtrdf.utils.threads import single_thread

Floats = NDArray[np.float64]

_MIN_Q = 0.05  # Å⁻¹, where the grid begins at the earliest: nearer to 0 is the direct beam
_MAX_BACKGROUND = 1e6  # largest `background_scale` that is accepted
_MAX_LISTED = 5  # outliers whose angles a warning gives
_PARAMETERS_OF_TRANSFORM = ("background", "background_scale", "constant", "normalization")  # with their values in `fit`
_NAMES = {"2theta": "2θ", "q": "q"}
_UNITS = {"2theta": "°", "q": " Å⁻¹"}


class Reduction(TransformerMixin, BaseEstimator):
    r"""Reduce a diffractometer's counts to the structure factor S_R(q) of a material of known composition.

    .. math:: I = \frac{P T}{u} [⟨|f|^2⟩ + |⟨f⟩|^2 (S − 1) + k C] + b B + T c

    S_R(q) = q [S(q) − 1] is the F(Q) of other programs. The background B is scaled and subtracted, and polarization P,
    transmission T and Compton scattering C are corrected for. The normalization u, the factors b and k and the constant
    intensity c are those that make S most probable, given that it tends to 1 and that there are no atoms below an
    onset. The remaining errors of S vary slowly with q, and are modelled by :class:`InversionRegressor`.

    Parameters
    ----------
    composition : str, mapping or Composition
        Composition of the sample, such as ``"SiO2"``, as for :class:`Composition`.
    mass_density : float, default=None
        Mass density of the sample [g/cm³]. Either this or `number_density` must be given.
    number_density : float, default=None
        ρ₀ of the sample [Å⁻³].
    wavelength : str or float, default="CuKa"
        Line of the X-ray tube, such as ``"AgKa"`` or ``"MoKa1"``, or the wavelength [Å].
    background : Scan or array-like of shape (n_x,) or (n_background, 2), default=None
        A scan of air and the empty container, without the sample: a result of :func:`read_scan`, intensities at the x
        of X, or a table of x and intensity. With an x of its own, it is interpolated, and must cover the x of X. It
        must be counted for the same time as the sample.
    background_scale : float, default=None
        b, the fraction of the background that remains with the sample in the beam. None estimates it, near 1.
    polarization : {"tube", "none"}, default="tube"
        Whether to correct for the polarization of the radiation of an X-ray tube. "none" is for scans that are already
        corrected, like most integrated images of synchrotrons.
    monochromator : float, default=None
        2θ of a monochromator crystal [degrees], which polarizes the beam: 26.6 for graphite and Cu Kα. None is no
        monochromator.
    absorption : Absorption, default=None
        Absorption by the sample: a :class:`~sklearn_wtrdf.reduction.corrections.Reflection`,
        :class:`~sklearn_wtrdf.reduction.corrections.Transmission` or
        :class:`~sklearn_wtrdf.reduction.corrections.Capillary`. None is no correction, as for a thick plate in
        reflection.
    energy_window : float, default=None
        Energy loss [keV] at which half of the Compton scattering is counted, if a monochromator behind the sample or
        the detector suppresses it. If None, all of it is counted.
    constant : bool, default=True
        Whether to include an intensity c that is the same at all angles, from fluorescence and multiple scattering.
    normalization : {"evidence", "integral", "high-q"}, default="evidence"
        Method by which u is estimated: as described above, or one of two established methods, the integral of
        Krogh-Moe and Norman or the limit of S at large q. "high-q" also estimates c; both set k to 1, and b to 1 if it
        is not given.
    q_min, q_max : float, default=None
        q range of S_R [Å⁻¹]. None is the range of the scan.
    q_step : float, default=0.05
        Step of the uniform q grid [Å⁻¹]. Each point is the value of a straight line fitted to the scan around it.
        π / (2 r_max) is fine enough for distances up to r_max.
    x : array-like of shape (n_x,) or (2,), default=None
        2θ or q of the scans, or its two ends, for X without column names.
    axis : {"2theta", "q"}, default="2theta"
        Quantity of x, for X without column names and for a background that is a table.

    Attributes
    ----------
    q_ : ndarray of shape (n_q,)
        The q grid [Å⁻¹].
    expected_ : ScatteringModel
        Scattering of the material and corrections at each q.
    number_density_ : float
        ρ₀ [Å⁻³].
    composition_ : Composition
        Composition of the sample.
    wavelength_ : float
        λ [Å].
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Their names, where X had any.

    See Also
    --------
    intensity_frame : Lays out a scan as X.
    InversionRegressor : g(r) from S_R with systematic errors.
    sklearn_wtrdf.reduction.normalization : The equations.

    Notes
    -----
    Each scan is reduced independently: `fit` uses only the grid and the parameters.

    There is no correction for multiple scattering beyond a constant, for absorption of the background by the sample
    beyond a factor, for the resolution of the instrument (see `q_damp` of :class:`InversionRegressor`), or for an
    illuminated area that changes with the angle, as with variable slits.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_wtrdf import Composition, InversionRegressor, Reduction, intensity_frame
    >>> from sklearn_wtrdf.reduction.corrections import polarization
    >>> from sklearn_wtrdf.scattering.angles import two_theta_of
    >>> from sklearn_wtrdf.datasets import load_material
    >>> glass = load_material("silica", q_max=7.9)
    >>> atoms = Composition("SiO2").intensities(q=glass.q)
    >>> scattered = atoms["mean_of_square"] + atoms["square_of_mean"] * (glass.s - 1) + atoms["incoherent"]
    >>> two_theta = two_theta_of(glass.q, 1.5419)
    >>> counts = 1000 * polarization(two_theta) * scattered.to_numpy()  # a simulated scan
    >>> reduction = Reduction("SiO2", number_density=0.0662)
    >>> X = reduction.fit_transform(intensity_frame(glass.r, two_theta, counts))
    >>> s_r = X.filter(like="S_R").iloc[0]
    >>> bool(np.abs(s_r - np.interp(reduction.q_, glass.q, glass.s_r)).mean() < 0.05)
    True
    >>> model = make_pipeline(reduction, InversionRegressor())
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "composition": [str, Mapping, Composition],
        "mass_density": [Interval(Real, 0, None, closed="neither"), None],
        "number_density": [Interval(Real, 0, None, closed="neither"), None],
        "wavelength": [str, Interval(Real, 0, None, closed="neither")],
        "background": [Scan, "array-like", None],
        "background_scale": [Interval(Real, 0, _MAX_BACKGROUND, closed="both"), None],
        "polarization": [StrOptions({"tube", "none"})],
        "monochromator": [Interval(Real, 0, 180, closed="both"), None],
        "absorption": [Absorption, None],
        "energy_window": [Interval(Real, 0, None, closed="neither"), None],
        "constant": ["boolean"],
        "normalization": [StrOptions({"evidence", "integral", "high-q"})],
        "q_min": [Interval(Real, 0, None, closed="left"), None],
        "q_max": [Interval(Real, 0, None, closed="neither"), None],
        "q_step": [Interval(Real, 0, None, closed="neither")],
        "x": ["array-like", None],
        "axis": [StrOptions(set(AXES))],
    }

    def __init__(
        self,
        composition: str | Mapping[str, float] | Composition,
        *,
        mass_density: float | None = None,
        number_density: float | None = None,
        wavelength: str | float = "CuKa",
        background: Scan | ArrayLike | None = None,
        background_scale: float | None = None,
        polarization: str = "tube",
        monochromator: float | None = None,
        absorption: Absorption | None = None,
        energy_window: float | None = None,
        constant: bool = True,
        normalization: str = "evidence",
        q_min: float | None = None,
        q_max: float | None = None,
        q_step: float = 0.05,
        x: ArrayLike | None = None,
        axis: str = "2theta",
    ) -> None:
        self.composition = composition
        self.mass_density = mass_density
        self.number_density = number_density
        self.wavelength = wavelength
        self.background = background
        self.background_scale = background_scale
        self.polarization = polarization
        self.monochromator = monochromator
        self.absorption = absorption
        self.energy_window = energy_window
        self.constant = constant
        self.normalization = normalization
        self.q_min = q_min
        self.q_max = q_max
        self.q_step = q_step
        self.x = x
        self.axis = axis

    @_fit_context(prefer_skip_nested_validation=True)
    @single_thread
    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Compute the scattering of the material on the q grid of the scans.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            An :func:`intensity_frame`, or several stacked; or an array with r first and intensities after it, with `x`.
        y : None
            Ignored.

        Returns
        -------
        self : Reduction

        Raises
        ------
        ValueError
            If the data or a parameter are invalid; the message names it.
        """
        values = validated_data(self, X)
        scans = self._read(values)
        self.composition_ = Composition(self.composition)
        density = number_density_of(self.number_density, self.composition_, self.mass_density)
        if density is None:
            raise ValueError("number_density or mass_density must be given: the normalization needs it.")
        self.number_density_ = density
        if self.polarization == "none" and self.monochromator is not None:
            raise ValueError("monochromator polarizes the beam, but polarization is 'none': leave one of them out.")
        self.wavelength_ = wavelength_of(self.wavelength)
        self.q_ = self._grid(self._q_of(scans))
        if self.q_[-1] > LAST_TABULATED_Q:
            raise ValueError(
                f"X reaches q = {self.q_[-1]:.4g} Å⁻¹, beyond {LAST_TABULATED_Q:g} Å⁻¹ where form factors end: the "
                f"wavelength, {self.wavelength_:g}, must be in Å, not in nm."
            )
        self.expected_ = ScatteringModel.of(
            self.composition_,
            self.q_,
            self.wavelength_,
            polarized=self.polarization == "tube",
            monochromator=self.monochromator,
            absorption=self.absorption,
            energy_window=self.energy_window,
        )
        self._fitted_parameters = {name: getattr(self, name) for name in _PARAMETERS_OF_TRANSFORM}
        self._background(scans)
        return self

    @single_thread
    def transform(self, X: ArrayLike) -> pd.DataFrame:
        """Reduce the scans of X.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            With the same columns as in `fit`.

        Returns
        -------
        X_new : DataFrame of shape (n_rows, 2 + 2 n_q)
            A :func:`scattering_frame` with the columns ``r``, ``number_density``, ``S_R(q)`` and ``std(q)``, the
            standard deviation of S_R by counting statistics.

        Warns
        -----
        DataWarning
            If there are outliers among the counts of the scan or the background, which are replaced by interpolation;
            or if the result is unusual, for example a background scale far from 1, systematic errors of S, or Compton
            scattering far from the tables.
        """
        scans, reduced = self._reduce(X)
        rows = np.array([[self.number_density_, *scan.s_r, *scan.std] for scan in reduced])
        frame = pd.DataFrame(
            np.column_stack([scans.r, rows[scans.scan]]), columns=self.get_feature_names_out(), index=_index_of(X)
        )
        frame.attrs["composition"] = self.composition_.formula
        return frame

    @single_thread
    def decompose(self, X: ArrayLike, similar: ReducedScan | None = None) -> list[ReducedScan]:
        """Reduce the scans of X, and return all contributions to their counts.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            As in :meth:`transform`.
        similar : ReducedScan, default=None
            A reduced scan of a similar sample, such as the first of a series, with whose result the search for the
            normalization starts. It then takes a fraction of the time.

        Returns
        -------
        scans : list of ReducedScan
            The :class:`~sklearn_wtrdf.reduction.reduced_scan.ReducedScan` of each scan, in the order of X.

        Warns
        -----
        DataWarning
            As by :meth:`transform`.
        """
        scans, reduced = self._reduce(X, similar)
        _, first = np.unique(scans.scan, return_index=True)
        return [reduced[scan] for scan in scans.scan[np.sort(first)]]

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the columns that :meth:`transform` makes.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        names : ndarray of str
        """
        check_is_fitted(self)
        grid = [np.format_float_positional(q, trim="-") for q in self.q_]
        names = ["r", "number_density", *(f"S_R({q})" for q in grid), *(f"std({q})" for q in grid)]
        return np.array(names, dtype=object)

    def check_state(self) -> None:
        """Raise an error unless the fitted attributes are valid. :func:`~sklearn_wtrdf.load` calls this method."""
        check_is_fitted(self)
        self._validate_params()
        clone(self).set_params(**self._fitted_parameters)._validate_params()
        check_n_features(self)
        scans = self._read(np.ones((1, self.n_features_in_)))
        self._background(scans)
        check_number_density(self.number_density_)
        if not np.array_equal(check_q(self.q_), self._grid(self._q_of(scans))):
            raise ValueError("q_ is not the grid of the columns")
        if not (isinstance(self.expected_, ScatteringModel) and isinstance(self.composition_, Composition)):
            raise ValueError("it has no scattering of the material")
        for values in self.expected_:
            check_s_r(values, self.q_.size)
        if not np.array_equal(self.expected_.q, self.q_):
            raise ValueError("expected_ is not on the grid q_")

    def _reduce(self, X: ArrayLike, similar: ReducedScan | None = None) -> tuple[Scans, list[ReducedScan]]:
        check_is_fitted(self)
        scans = self._read(validated_data(self, X, reset=False))
        x = self._q_of(scans)
        if scans.x.size > 1 and (x[0] > self.q_[0] + self.q_step or x[-1] < self.q_[-1] - self.q_step):
            raise ValueError(
                f"X spans q from {x[0]:.3g} to {x[-1]:.3g} Å⁻¹, and fit had {self.q_[0]:.3g} to {self.q_[-1]:.3g} Å⁻¹."
            )
        background, background_outliers = None, list[str]()
        if (empty := self._background(scans)) is not None:
            counted, background_outliers = self._without_outliers(*empty, None, scans.axis, "background")
            background = np.interp(scans.x, empty[0], counted)
        background_on_grid = (None, None) if background is None else rebin(x, background, None, self.q_)
        reduced, notes = [], []
        for i, intensity in enumerate(scans.intensity):
            variance = None if scans.std is None else scans.std[i] ** 2
            counted, outliers = self._without_outliers(scans.x, intensity, variance, scans.axis, "scan")
            outcome = reduce_scan(
                self.expected_,
                self.number_density_,
                *rebin(x, counted, variance, self.q_),
                *background_on_grid,
                background_scale=self._fitted_parameters["background_scale"],
                constant=self._fitted_parameters["constant"],
                normalization=self._fitted_parameters["normalization"],
                similar=None if similar is None else similar.estimate,
            )
            lines = lines_of_counts(x, intensity, variance, self.expected_, outcome)
            outcome = outcome._replace(lines=lines, formula=self.composition_.formula)
            reduced.append(outcome)
            flaws = flaws_of_counts(x, intensity, self.q_)
            notes.append([*flaws, *outliers, *background_outliers, *unusual(outcome).values()])
        data_warnings.warn([[data_warnings.DataWarning(message) for message in messages] for messages in notes])
        return scans, reduced

    def _without_outliers(
        self, x: Floats, counts: Floats, variance: Floats | None, axis: str, name: str
    ) -> tuple[Floats, list[str]]:
        """Replace outliers by interpolation, and return messages about those in the range of q of S_R."""
        q = x if axis == "q" else q_of(x, self.wavelength_)
        counts, outlying = without_outliers(q, counts, variance)
        outlying &= (q > self.q_[0] - self.q_step) & (q < self.q_[-1] + self.q_step)
        if not (n := int(outlying.sum())):
            return counts, []
        places = ", ".join(f"{place:.4g}{_UNITS[axis]}" for place in x[outlying][:_MAX_LISTED])
        message = (
            f"{counted(n, 'outlier')} among the counts of the {name}, at {_NAMES[axis]} = {places}"
            f"{', …' if n > _MAX_LISTED else ''}: each is far from what its neighbours predict, which is used in its "
            "place. Check the detector, and whether there are crystals in the sample."
        )
        return counts, [message]

    def _read(self, values: Floats) -> Scans:
        return read_scans(values, getattr(self, "feature_names_in_", None), x=self.x, axis=self.axis)

    def _q_of(self, scans: Scans) -> Floats:
        return scans.x if scans.axis == "q" else q_of(scans.x, self.wavelength_)

    def _grid(self, q: Floats) -> Floats:
        """Return the uniform q grid: multiples of the step, each with points of the scan on both sides."""
        first = max(q[0], self.q_min or 0.0, _MIN_Q)
        last = min(q[-1], self.q_max or np.inf)
        if q.size < 2 or last <= first:
            if self.q_min or self.q_max:
                raise ValueError(
                    f"q_min and q_max leave nothing of the scan, which is from {q[0]:.3g} to {q[-1]:.3g} Å⁻¹."
                )
            return np.array([max(q[0], _MIN_Q), max(q[-1], _MIN_Q) + self.q_step])
        # If the scan is coarser than the grid, the grid has the step of the scan, so that no points are invented.
        step = max(self.q_step, float(np.median(np.diff(q))))
        half = step / 2 if step < (last - first) / MIN_POINTS else 0.0
        k = np.arange(np.ceil((first + half) / step - 1e-9), np.floor((last - half) / step + 1e-9) + 1)
        return k * step if k.size > 1 else np.array([first, last])

    def _background(self, scans: Scans) -> tuple[Floats, Floats] | None:
        """Return the background, and the x at which it was counted."""
        if self._fitted_parameters["background"] is None:
            if self._fitted_parameters["background_scale"] is not None:
                raise ValueError("background_scale is given, but no background.")
            return None
        return read_background(self._fitted_parameters["background"], scans, self.wavelength_)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # S_R is always float64
        return tags


def _index_of(X: Any) -> pd.Index | None:
    return X.index if isinstance(X, pd.DataFrame) else None
