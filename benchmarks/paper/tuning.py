"""Choice of settings by scikit-learn's GridSearchCV on the training rows alone.

Folds contain both peaks if the training rows have enough of them, so that the errors at the peaks can be scored in
addition to the mean absolute error. The windows of the peaks are given, as in the paper's loss.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV, KFold
from sklearn_wtrdf.benchmarks.paper.protocol import PAPER_BOUNDS, PEAKS

from sklearn_wtrdf import PeakKFold, peak_scorers

MAE, FPE, SPE = peak_scorers(PEAKS)  # the names of the scorers

PAPER = pd.read_csv(Path(__file__).parent / "paper_grids.csv")
RBF_CELLS = PAPER.loc[PAPER["table"] == 1, ["n_centers", "beta"]].astype(int)  # of Table 1
LSTM_CELLS = PAPER.loc[PAPER["table"] == 2, ["hidden_size"]].astype(int)  # of Table 2


def grid_of(cells: pd.DataFrame) -> list[dict[str, list[Any]]]:
    """Return cells as a parameter grid for GridSearchCV, in their order."""
    return [{name: [value] for name, value in cell.items()} for cell in cells.to_dict("records")]


# The grids for each draw of rows: of Table 1 the cells with most centres for each β, of Table 2 every second size.
RBF_GRID = grid_of(RBF_CELLS.groupby("beta", as_index=False).max()[["n_centers", "beta"]])
LSTM_GRID = grid_of(LSTM_CELLS[::2])
WTRDF_GRID = {
    "peak_weight": [0.0, 0.5, 1.0],
    "bounds": [
        None,
        PAPER_BOUNDS,
        {"a": (0.9, 1.1)},
    ],  # the last shows shells near their distance
}


class FoldsWithPeaks(PeakKFold):
    """Folds that all contain both peaks; ordinary folds if the rows have too few of them."""

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the training and test rows of each fold."""
        try:
            yield from super().split(X, y, groups)
        except ValueError:  # raised before the first fold
            yield from KFold(self.n_splits, shuffle=self.shuffle, random_state=self.random_state).split(X)


def best_by_first_peak(results: dict[str, np.ndarray]) -> int:
    """Return the best index by the error at the first peak, or by the MAE if not all folds contain that peak."""
    scored = np.isfinite(results[f"mean_test_{FPE}"]).all()
    return int(results[f"rank_test_{FPE if scored else MAE}"].argmin())


def tuned(estimator: BaseEstimator, grid: dict | list[dict], refit: Any = MAE, n_splits: int = 3) -> GridSearchCV:
    """Return an estimator that chooses its settings from a grid by cross-validation on its training rows."""
    folds = FoldsWithPeaks(n_splits, peaks=PEAKS, shuffle=True, random_state=0)
    return GridSearchCV(estimator, grid, scoring=peak_scorers(PEAKS), refit=refit, cv=folds)
