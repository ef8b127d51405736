"""Errors at the first and second peak, scorers that use them, and a splitter whose folds all contain peaks.

The error at a peak is |g − ĝ| at the row with the highest reference g inside the window of the peak (Eq. 18 and 19). It
is undefined for a fold without rows in the window, so cross-validation needs PeakKFold.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.model_selection import StratifiedKFold

from sklearn_wtrdf.peaks import Window, check_windows, highest_row, peak_windows, rows_of_groups
from sklearn_wtrdf.scattering.frame import read_material, read_r
from sklearn_wtrdf.utils.text import quoted


def first_peak_error(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    r: ArrayLike,
    peaks: Sequence[Window] | None = None,
    groups: ArrayLike | None = None,
) -> float:
    """Absolute error of g at the first peak, the FPE of Eq. (18).

    Parameters
    ----------
    y_true : array-like of shape (n_rows,)
        Reference g(r).
    y_pred : array-like of shape (n_rows,)
        Predicted g(r).
    r : array-like of shape (n_rows,)
        Distances [Å], in any order.
    peaks : sequence of (low, high), default=None
        Windows of r [Å], of which the first is used. If None, peaks are found in `y_true`, which must then be a
        complete curve.
    groups : array-like of shape (n_rows,), default=None
        The material of each row. The error is the mean over the materials.

    Returns
    -------
    error : float
        The error at the row with the highest `y_true` inside the window; NaN, with an
        :class:`~sklearn.exceptions.UndefinedMetricWarning`, if the window contains no row.

    Raises
    ------
    ValueError
        If lengths differ, a value of `y_true` or `r` is not finite, or a window is not an interval.

    Examples
    --------
    >>> from sklearn_wtrdf import first_peak_error
    >>> first_peak_error([0.0, 5.0, 3.0], [0.0, 4.5, 3.5], r=[2.2, 2.3, 2.4], peaks=[(2.2, 2.6)])
    0.5
    """
    return _peak_error(y_true, y_pred, r, peaks, groups, peak=0)


def second_peak_error(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    r: ArrayLike,
    peaks: Sequence[Window] | None = None,
    groups: ArrayLike | None = None,
) -> float:
    """Absolute error of g at the second peak, the SPE of Eq. (19).

    Parameters
    ----------
    y_true, y_pred, r, groups
        As in :func:`first_peak_error`.
    peaks : sequence of (low, high), default=None
        Windows of r [Å], of which the second is used. If None, peaks are found in `y_true`.

    Returns
    -------
    error : float
        As in :func:`first_peak_error`.

    Raises
    ------
    ValueError
        As for :func:`first_peak_error`.

    Examples
    --------
    >>> from sklearn_wtrdf import second_peak_error
    >>> second_peak_error([5.0, 1.0, 2.0], [5.0, 1.0, 1.75], r=[2.3, 3.0, 3.9], peaks=[(2.2, 2.6), (3.4, 4.5)])
    0.25
    """
    return _peak_error(y_true, y_pred, r, peaks, groups, peak=1)


def peak_scorers(peaks: Sequence[Window]) -> dict[str, Any]:
    """Return scorers for ``scoring=`` in cross_validate and GridSearchCV; greater is better.

    They read r from X, and work for models of the whole X as well as of ``X[["r"]]``. Stacked materials are
    distinguished by their S_R, and the error is the mean over them; ``X[["r"]]`` is treated as one material.

    Parameters
    ----------
    peaks : sequence of (low, high)
        Windows of r [Å] of the first and the second peak, for example those of
        :func:`~sklearn_wtrdf.peak_windows` for the reference. They cannot be found in the few rows of a fold.

    Returns
    -------
    scorers : dict
        ``neg_mean_absolute_error``, ``neg_first_peak_error`` and ``neg_second_peak_error``.

    Raises
    ------
    ValueError
        If `peaks` are not two intervals.

    Examples
    --------
    >>> from sklearn.model_selection import cross_validate
    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> from sklearn_wtrdf import PeakKFold, peak_scorers, peak_windows
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> X, y = load_ge_se(return_X_y=True)
    >>> peaks = peak_windows(X["r"], y)
    >>> scores = cross_validate(
    ...     KNeighborsRegressor(2), X[["r"]], y, scoring=peak_scorers(peaks), cv=PeakKFold(5, peaks=peaks)
    ... )
    >>> bool((scores["test_neg_first_peak_error"] < 0).all())
    True
    """
    windows = tuple(check_windows(peaks))
    if len(windows) < 2:
        raise ValueError(f"peaks must be the windows of the first and the second peak, got {quoted(peaks)}.")
    return {
        "neg_mean_absolute_error": "neg_mean_absolute_error",
        "neg_first_peak_error": _PeakScorer(windows, 0),
        "neg_second_peak_error": _PeakScorer(windows, 1),
    }


class PeakKFold(StratifiedKFold):
    """K-fold splitter, each of whose folds contains rows of every peak window of every material.

    Materials are distinguished by their S_R in X. With KFold, some folds may contain no row of a peak: the error at the
    peak is then NaN, and a single NaN makes GridSearchCV rank all candidates first.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds.
    peaks : sequence of (low, high)
        Windows of r [Å].
    shuffle : bool, default=False
        Whether to shuffle the rows of each window before they are assigned to folds. If False, each fold contains
        neighbouring rows.
    random_state : int, RandomState instance or None, default=None
        Seed of the shuffle.

    Raises
    ------
    ValueError
        In `split`, if a window contains fewer rows than there are folds.

    Examples
    --------
    >>> from sklearn_wtrdf import PeakKFold
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> X, y = load_ge_se(return_X_y=True)
    >>> folds = PeakKFold(3, peaks=[(2.2, 2.6), (3.4, 4.4)])
    >>> [int(X["r"].iloc[test].between(2.2, 2.6).sum()) for _, test in folds.split(X, y)]
    [2, 2, 3]
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        peaks: Sequence[Window],
        shuffle: bool = False,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        super().__init__(n_splits=n_splits, shuffle=shuffle, random_state=random_state)
        self.peaks = peaks

    def split(
        self, X: ArrayLike, y: ArrayLike | None = None, groups: ArrayLike | None = None
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Yield the training and test rows of each fold.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_features)
            Its column ``r``, or else its first column, is the distance [Å].
        y, groups
            Ignored.

        Yields
        ------
        train, test : ndarray of int
        """
        r, windows = read_r(X), check_windows(self.peaks)
        inside = np.array([(r >= low) & (r <= high) for low, high in windows])
        window = np.where(inside.any(axis=0), inside.argmax(axis=0), len(windows))
        stratum = read_material(X) * (len(windows) + 1) + window
        for label in np.unique(stratum[window < len(windows)]):
            if (n_rows := int((stratum == label).sum())) < self.n_splits:
                low, high = windows[label % (len(windows) + 1)]
                raise ValueError(
                    f"peaks: the window ({low:g}, {high:g}) contains {n_rows} rows, fewer than "
                    f"n_splits={self.n_splits}: widen it or take fewer folds."
                )
        with warnings.catch_warnings():  # there may be few rows outside all windows
            warnings.filterwarnings("ignore", "The least populated class", UserWarning)
            yield from super().split(np.zeros((r.size, 1)), stratum)


@dataclass(frozen=True)
class _PeakScorer:
    """A scorer that returns minus the error at one peak for an estimator, X and y."""

    peaks: tuple[Window, ...]
    peak: int

    def __call__(self, estimator: Any, X: ArrayLike, y: ArrayLike) -> float:
        return -_peak_error(y, estimator.predict(X), read_r(X), self.peaks, read_material(X), self.peak)

    def _accept_sample_weight(self) -> bool:  # called by scikit-learn's searches
        return False


def _peak_error(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    r: ArrayLike,
    peaks: Sequence[Window] | None,
    groups: ArrayLike | None,
    peak: int,
) -> float:
    y_true, y_pred, r = (np.asarray(values, dtype=float) for values in (y_true, y_pred, r))
    if not y_true.shape == y_pred.shape == r.shape or r.ndim != 1:
        raise ValueError(
            "y_true, y_pred and r must be one-dimensional and of equal length, got shapes "
            f"{y_true.shape}, {y_pred.shape} and {r.shape}."
        )
    if not (np.isfinite(y_true).all() and np.isfinite(r).all()):
        raise ValueError("y_true and r must be finite, got NaN or infinite values.")
    errors = []
    for rows in rows_of_groups(groups, r.size):
        windows = peak_windows(r[rows], y_true[rows]) if peaks is None else check_windows(peaks)
        if len(windows) > peak:
            low, high = windows[peak]
            if (inside := rows[(r[rows] >= low) & (r[rows] <= high)]).size:
                top = highest_row(r, y_true, inside)
                errors.append(abs(y_true[top] - y_pred[top]))
    if not errors:
        warnings.warn(
            f"No row lies in the window of peak {peak + 1}, so its error is NaN. In cross-validation use "
            "cv=PeakKFold(peaks=...), whose folds all contain peak rows.",
            UndefinedMetricWarning,
            stacklevel=3,
        )
        return float("nan")
    return float(np.mean(errors))
