"""g(r) from S_R(q) by the Fourier transform, Eq. (2) of the paper, with the Lorch window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_wtrdf import consistency
from sklearn_wtrdf.base import Reconstruction, ScatteringRegressor, validated_data
from sklearn_wtrdf.scattering.frame import Scattering
from sklearn_wtrdf.scattering.pattern import Pattern
from sklearn_wtrdf.scattering.validation import as_floats, check_number_density
from sklearn_wtrdf.transforms import trapezoid_weights
from sklearn_wtrdf.utils import data_warnings
from sklearn_wtrdf.utils.threads import single_thread

Floats = NDArray[np.float64]


def fourier_transform(r: ArrayLike, q: ArrayLike, s_r: ArrayLike, window: str | None = None) -> Floats:
    """Transform S_R(q) to G(r) by Eq. (2) of the paper, with the trapezoid rule.

    Parameters
    ----------
    r : array-like of shape (n_r,)
        Distances [Å].
    q : array-like of shape (n_q,)
        Scattering vector [Å⁻¹], increasing.
    s_r : array-like of shape (n_q,) or (n_materials, n_q)
        Reduced structure factor [Å⁻¹], of one material or a stack of them.
    window : {"lorch"}, default=None
        Window by which S_R is multiplied: sin(πq/q_max) / (πq/q_max) (Lorch 1969), which decreases to 0 at q_max,
        suppresses ripples and broadens peaks. None is no window.

    Returns
    -------
    G : ndarray of shape (n_r,) or (n_materials, n_r)
        Reduced pair distribution function [Å⁻²].

    Raises
    ------
    ValueError
        If `window` is neither "lorch" nor None.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_wtrdf.fourier import fourier_transform
    >>> q = np.linspace(0, 30, 3001)
    >>> shell = np.sin(2.4 * q) * np.exp(-0.01 * q**2)  # one shell of atoms at 2.4 Å
    >>> r = np.linspace(2, 3, 11)
    >>> float(r[fourier_transform(r, q, shell).argmax()])
    2.4
    """
    return np.asarray(s_r, dtype=float) @ _transform_matrix(r, q, window)


def fourier_transform_std(r: ArrayLike, q: ArrayLike, std: ArrayLike, window: str | None = None) -> Floats:
    """Return the standard deviation of G(r) for errors of S_R that are independent from point to point.

    Parameters
    ----------
    r, q, window
        As in :func:`fourier_transform`.
    std : array-like of shape (n_q,) or (n_materials, n_q)
        Standard deviations of S_R [Å⁻¹].

    Returns
    -------
    std : ndarray of shape (n_r,) or (n_materials, n_r)
        Standard deviations of G [Å⁻²]. They do not include the effect of the finite q_max.

    Examples
    --------
    >>> from sklearn_wtrdf.fourier import fourier_transform_std
    >>> fourier_transform_std([2.0, 3.0], [1.0, 2.0, 3.0], [0.1, 0.1, 0.1]).round(3)
    array([0.057, 0.023])
    """
    return np.sqrt(np.square(np.asarray(std, dtype=float)) @ np.square(_transform_matrix(r, q, window)))


def _transform_matrix(r: ArrayLike, q: ArrayLike, window: str | None) -> Floats:
    """Return the matrix of shape (n_q, n_r) by which a row of S_R is multiplied."""
    r, q = np.asarray(r, dtype=float), np.asarray(q, dtype=float)
    weights = trapezoid_weights(q)
    if window == "lorch":
        weights *= np.sinc(q / q[-1])
    elif window is not None:
        raise ValueError(f"window must be 'lorch' or None, got {window!r}.")
    return 2 / np.pi * np.sin(np.outer(q, r)) * weights[:, None]


class FourierRegressor(ScatteringRegressor):
    r"""g(r) by the Fourier transform of the reduced structure factor S_R(q) = q [S(q) − 1].

    .. math:: g(r) = 1 + \frac{G(r)}{4πρ_0 r}, \qquad G(r) = \frac{2}{π} ∫ S_R(q) \sin(qr) \, dq

    Parameters
    ----------
    window : {"lorch"}, default=None
        Window by which S_R is multiplied; it suppresses ripples and broadens peaks. See
        :func:`~sklearn_wtrdf.fourier.fourier_transform`.
    number_density : float, default=None
        ρ₀ [Å⁻³]. If None, the column ``number_density`` of X is used; without this column, scale and offset are
        calibrated.
    calibrate : bool, default=False
        Whether to fit scale and offset in g = offset + scale · G / (4πr) to y by least squares, common to all
        materials, instead of using ρ₀.
    q : array-like of shape (n_q,) or (2,), default=None
        The q grid [Å⁻¹] of S_R, or its two ends, for X without column names. It takes precedence over column names.
    s_r : array-like of shape (n_q,), default=None
        S_R(q) [Å⁻¹], the F(Q) of other programs, for X that has r as its only column.

    Attributes
    ----------
    scale_, offset_ : float
        The calibrated coefficients, if they were fitted; 1 / `scale_` takes the place of ρ₀ [Å⁻³].
    composition_ : str or None
        Composition of the training material, if X has it (by `scattering_frame` with a composition).
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Their names, where X had any.

    See Also
    --------
    InversionRegressor : g ≥ 0 by Bayesian inversion of S_R, with or without a reference.

    Notes
    -----
    The finite q_max broadens peaks to a width of about 3.8 / q_max, 0.5 Å for q_max = 8 Å⁻¹, and causes ripples around
    them.

    Examples
    --------
    >>> from sklearn_wtrdf import FourierRegressor
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> X, y = load_ge_se(return_X_y=True)
    >>> model = FourierRegressor(number_density=0.034).fit(X, y)
    >>> round(float(abs(model.predict(X) - y).mean()), 2)
    0.34
    """

    color = "Fourier"

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "window": [StrOptions({"lorch"}), None],
        "number_density": [Interval(Real, 0, None, closed="neither"), None],
        "calibrate": ["boolean"],
        "q": ["array-like", None],
        "s_r": ["array-like", None],
    }

    def __init__(
        self,
        window: str | None = None,
        *,
        number_density: float | None = None,
        calibrate: bool = False,
        q: ArrayLike | None = None,
        s_r: ArrayLike | None = None,
    ) -> None:
        self.window = window
        self.number_density = number_density
        self.calibrate = calibrate
        self.q = q
        self.s_r = s_r

    @_fit_context(prefer_skip_nested_validation=True)
    @single_thread
    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Self:
        """Check the data and, with `calibrate` or without a number density, fit scale and offset.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            A :func:`~sklearn_wtrdf.scattering_frame`, or several stacked; or an array with r first and S_R after it,
            with `q`; or r alone, with `q` and `s_r`.
        y : array-like of shape (n_rows,), default=None
            Reference g(r), which is only needed for a calibration.

        Returns
        -------
        self : FourierRegressor

        Raises
        ------
        ValueError
            If the data or a parameter of the estimator are invalid, or `y` is missing for a calibration. The message
            names the argument.

        Warns
        -----
        DataWarning
            If S_R or the number density looks wrong.
        """
        self._store_composition(X)
        if y is None:
            values = validated_data(self, X)
        else:
            values, g = validated_data(self, X, y)
        scattering = self._read(values)
        self._window = self.window
        self._number_density = None if self.number_density is None else check_number_density(self.number_density)
        data_warnings.warn(self._check(scattering))
        for of_earlier_fit in ("scale_", "offset_"):
            self.__dict__.pop(of_earlier_fit, None)
        self._calibrated = self.calibrate or (self.number_density is None and scattering.number_density is None)
        if self._calibrated:
            if y is None:
                raise ValueError(
                    "This FourierRegressor requires y to be passed, but the target y is None: scale and offset are "
                    "learned from it. Without y, give number_density, in X or to the regressor."
                )
            data_warnings.warn(
                [consistency.check_curve(scattering.r[rows], g[rows]) for _, rows in scattering.in_order()]
            )
            basis = np.column_stack([self._transform(scattering), np.ones(g.size)])
            self.scale_, self.offset_ = map(float, np.linalg.lstsq(basis, g, rcond=None)[0])
        return self

    @single_thread
    def predict(self, X: ArrayLike, return_std: bool = False) -> Floats | tuple[Floats, Floats]:
        """Compute g(r) at the rows of X.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            With the same columns as in `fit`. S_R may be that of another material.
        return_std : bool, default=False
            Whether to return the standard deviation of g as well, which follows from the standard deviations of S_R in
            the columns ``std(q)`` of X. It includes neither the effect of q_max nor errors of ρ₀ or of the scale.

        Returns
        -------
        g : ndarray of shape (n_rows,)
        std : ndarray of shape (n_rows,)
            Only with `return_std`.

        Raises
        ------
        ValueError
            If `return_std` is True and X has no columns ``std(q)``.

        Warns
        -----
        DataWarning
            As for :meth:`fit`.
        """
        scattering = self._scattering(X)
        data_warnings.warn(self._check(scattering))
        g, std = self._solve(scattering)
        if not return_std:
            return g
        if std is None:
            raise ValueError(
                "return_std=True, but X has no columns std(q): build it by scattering_frame(r, q, s_r, std=...)."
            )
        return g, std

    @single_thread
    def reconstruct_pattern(self, pattern: Pattern, r: Floats, return_std: bool = False) -> Reconstruction:
        """Transform one pattern. The standard deviation of g is known if that of S_R is."""
        (r,) = as_floats(r)
        if pattern.number_density is None and self._number_density is None and not self._calibrated:
            raise ValueError("number_density is missing: g(r) = 1 + G(r) / (4π ρ₀ r) needs it, and the model has none.")
        rows = np.zeros(r.size, dtype=np.intp)
        density = None if pattern.number_density is None else np.full(r.size, pattern.number_density)
        pattern = pattern if return_std else replace(pattern, std=None)
        scattering = Scattering(r, pattern.q, rows, (pattern,), density)
        g, std = self._solve(scattering)
        return Reconstruction(g, std, pattern.number_density, self._check(scattering)[0])

    def _solve(self, scattering: Scattering) -> tuple[Floats, Floats | None]:
        """Return g and, if the standard deviation of S_R is known, its standard deviation."""
        if self._calibrated:
            scale, offset = np.asarray(self.scale_), self.offset_
        else:
            density = scattering.number_density if self._number_density is None else self._number_density
            scale, offset = 1 / np.asarray(density), 1.0
        g = offset + scale * self._transform(scattering)
        if scattering.std is None:
            return g, None
        return g, np.abs(scale) * self._at_rows(fourier_transform_std, scattering, scattering.std)

    def _check_given(self, patterns: Sequence[Pattern]) -> list[list[data_warnings.DataWarning]]:
        return super()._check_given(
            [replace(pattern, number_density=self._number_density or pattern.number_density) for pattern in patterns]
        )

    def _transform(self, scattering: Scattering) -> Floats:
        """Return G / (4πr) at each row."""
        return self._at_rows(fourier_transform, scattering, scattering.s_r)

    def _at_rows(self, transform: Callable[..., Floats], scattering: Scattering, curves: Floats) -> Floats:
        r, row = np.unique(np.where(scattering.r == 0, 1e-6, scattering.r), return_inverse=True)  # linear near 0
        transformed = transform(r, scattering.q, curves, self._window) / (4 * np.pi * r)
        return np.asarray(transformed[scattering.material, row.reshape(-1)])

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_calibrated")
