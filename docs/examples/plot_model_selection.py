"""
Model selection with folds that contain peaks
=============================================

The errors at the peaks are the main scores of a model, but a fold without rows of a
peak has no such score. ``PeakKFold`` distributes the rows of each peak over all folds,
so that ``cross_validate`` and ``GridSearchCV`` can use these scores.
"""

# %%
# The folds
# ---------
# Each colour is a fold. The windows of the peaks, shaded, are found on the
# reference.
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.model_selection import GridSearchCV, KFold

from sklearn_wtrdf import PeakKFold, WTRDFRegressor, peak_scorers, peak_windows
from sklearn_wtrdf.datasets import load_ge_se

X, y = load_ge_se(return_X_y=True)
peaks = peak_windows(X["r"], y)

fig, axes = plt.subplots(2, 1, figsize=(6.4, 4.8), sharex=True)
for ax, (name, folds) in zip(
    axes,
    {"KFold": KFold(5), "PeakKFold": PeakKFold(5, peaks=peaks)}.items(),
    strict=True,
):
    for low, high in peaks:
        ax.axvspan(low, high, color="0.93")
    for _, test in folds.split(X, y):
        ax.plot(X["r"].iloc[test], y[test], "o", markersize=4)
    ax.set(title=name, ylabel="g(r)")
axes[-1].set_xlabel("r (Å)")
plt.show()

# %%
# A search
# --------
# Which weight of the peaks in the loss, and which bounds of a, generalize to held-out
# rows? There are three scores, and the error at the first peak decides.
search = GridSearchCV(
    WTRDFRegressor(peaks=peaks),
    {"peak_weight": [0, 0.5, 1], "bounds": [{"a": (0.60, 0.61)}, {"a": (0.9, 1.1)}]},
    scoring=peak_scorers(peaks),
    refit="neg_first_peak_error",
    cv=PeakKFold(5, peaks=peaks),
).fit(X, y)
search.best_params_

# %%
results = search.cv_results_
pd.DataFrame(
    {
        "peak_weight": results["param_peak_weight"],
        "bounds of a": [bounds["a"] for bounds in results["param_bounds"]],
        "MAE": -results["mean_test_neg_mean_absolute_error"],
        "first peak": -results["mean_test_neg_first_peak_error"],
        "second peak": -results["mean_test_neg_second_peak_error"],
    }
).round(2)

# %%
# The error at the first peak remains large with all settings: the peak is narrow, and
# five parameters that were fitted without a row of it cannot predict that row.
