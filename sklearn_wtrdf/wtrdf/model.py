"""Prediction and reconstruction of g(r) by a calibrated WT-RDF."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from sklearn_wtrdf import mismatch
from sklearn_wtrdf.base import Reconstruction, ScatteringRegressor, warn_of_r
from sklearn_wtrdf.scattering.pattern import Pattern, checked_patterns
from sklearn_wtrdf.scattering.validation import as_floats, check_q, check_r
from sklearn_wtrdf.utils import data_warnings, parallel
from sklearn_wtrdf.utils.threads import single_thread
from sklearn_wtrdf.wtrdf import wavelet
from sklearn_wtrdf.wtrdf.uncertainty import parameter_covariance

Floats = NDArray[np.float64]


class WaveletModel(ScatteringRegressor):
    """`predict` and `reconstruct` of WT-RDF with the parameters that the `fit` of a subclass has set.

    Attributes
    ----------
    params_ : dict of str to float
        a, b, K_f, C̃ and Λ.
    q_ : ndarray of shape (n_q,)
        The q grid [Å⁻¹] that was calibrated on.
    """

    color = "WT-RDF"

    params_: dict[str, float]
    q_: Floats
    _minimum: tuple[Floats, Floats, Floats, Floats, Floats]  # arguments of parameter_covariance

    @single_thread
    def predict(self, X: ArrayLike, return_std: bool = False) -> Floats | tuple[Floats, Floats]:
        """Reconstruct g(r) at the rows of X.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            With the same columns as in `fit`. S_R may be that of another material.
        return_std : bool, default=False
            Whether to return the standard deviation of g as well, which follows from the uncertainty of the parameters
            alone.

        Returns
        -------
        g : ndarray of shape (n_rows,)
        std : ndarray of shape (n_rows,)
            Only with `return_std`.

        Warns
        -----
        DataWarning
            If S_R or the number density look wrong, or the material does not seem to belong to the family of those in
            `fit`.
        """
        scattering = self._scattering(X)
        data_warnings.warn(self._check(scattering, new=True))
        r, row = np.unique(scattering.r, return_inverse=True)
        at_rows = scattering.material, row.reshape(-1)
        g = self._curves(r, scattering.q, scattering.s_r)[at_rows]
        return (g, self._deviations(r, scattering.q, scattering.s_r)[at_rows]) if return_std else g

    @single_thread
    def _reconstruct(
        self,
        r: ArrayLike,
        q: ArrayLike,
        s_r: ArrayLike,
        number_density: ArrayLike | None,
        std: ArrayLike | None,
        return_std: bool,
        n_jobs: int | None,
        verbose: bool,
    ) -> Floats | tuple[Floats, Floats]:
        """Multiply all patterns by one matrix in this process; sending them to other processes would take as long."""
        check_is_fitted(self)
        r, q, step = check_r(r), check_q(q), np.diff(self.q_).max()
        warn_of_r(r, q)
        patterns = checked_patterns(q, s_r, number_density, std)
        parallel.n_workers(n_jobs, len(patterns))  # only whether it is valid
        if abs(q[0] - self.q_[0]) > step or abs(q[-1] - self.q_[-1]) > step:
            warnings.warn(
                f"q spans {q[0]:g} to {q[-1]:g} Å⁻¹, but the parameters were calibrated on "
                f"{self.q_[0]:g} to {self.q_[-1]:g} Å⁻¹, to which Lambda and C belong: cut q to that range, or "
                "calibrate on this one.",
                UserWarning,
                stacklevel=data_warnings.user_stacklevel(),
            )
        data_warnings.warn(self._check_new(patterns) if patterns else [])
        stack = np.array([pattern.s_r for pattern in patterns]).reshape(-1, q.size)
        shape = *np.shape(s_r)[:-1], r.size
        g = self._curves(r, q, stack).reshape(shape)
        return (g, self._deviations(r, q, stack).reshape(shape)) if return_std else g

    @single_thread
    def reconstruct_pattern(self, pattern: Pattern, r: Floats, return_std: bool = False) -> Reconstruction:
        """Reconstruct one pattern. `std` is None, because the uncertainty of the parameters is not the error of g."""
        (g,) = self._curves(as_floats(r)[0], pattern.q, pattern.s_r[None])
        return Reconstruction(g, None, pattern.number_density, self._check_new([pattern])[0])

    def provenance(self) -> dict[str, object]:
        """Return the class and the five parameters, for the header of a file."""
        return {"model": type(self).__name__, **self.params_}

    def _check_new(self, patterns: Sequence[Pattern]) -> list[list[data_warnings.DataWarning]]:
        """Return the warnings about materials other than those of `fit`."""
        given = self._check_given(patterns)
        q, s_r = patterns[0].q, np.array([pattern.s_r for pattern in patterns])
        family = getattr(self, "_s_r", None)  # files of earlier versions do not have it
        if family is None or not np.array_equal(q, self.q_):
            return given
        of_family = mismatch.check_family_of_each(q, s_r, family)
        return [first + other for first, other in zip(given, of_family, strict=True)]

    def _curves(self, r: Floats, q: Floats, patterns: Floats) -> Floats:
        """Return g of each pattern, computed separately, so that rounding does not depend on the other patterns."""
        r, row = np.unique(r, return_inverse=True)
        kernel = _kernel(r.tobytes(), q.tobytes(), **self.params_)
        return np.asarray((patterns[:, None, :] @ kernel.T)[:, 0, row])

    def _deviations(self, r: Floats, q: Floats, patterns: Floats) -> Floats:
        """Return the standard deviation of each g by the covariance of the parameters."""
        gradient = wavelet.wt_rdf_gradient(r, q, patterns, **self.params_)
        return np.sqrt(np.einsum("kmn,kl,lmn->mn", gradient, self._covariance, gradient))

    @property
    def _covariance(self) -> Floats:
        check_is_fitted(self)
        return parameter_covariance(*self._minimum)


@lru_cache(maxsize=2)
def _kernel(r: bytes, q: bytes, **params: float) -> Floats:
    """Return the matrix that turns S_R into g, which is the same for all files of a folder."""
    return wavelet.kernel(np.frombuffer(r), np.frombuffer(q), **params)
