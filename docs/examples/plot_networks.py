"""
Networks on parts of the data
=============================

The paper's two networks learn g as a function of r alone. They do not use scattering
data, and interpolate one curve; the mean of the two nearest rows is shown for
comparison. The training is short, to keep this page quick.
"""

# %%
# All rows, half of them, a quarter
# ---------------------------------
# The rows are drawn at random from the Ge25Se75 of the paper, once for each fraction.
# If a draw does not contain the first peak, no model recovers it.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.neighbors import KNeighborsRegressor

from sklearn_wtrdf import LSTMRegressor, RBFNetRegressor
from sklearn_wtrdf.datasets import load_ge_se

X, y = load_ge_se(return_X_y=True)
X = X[["r"]]
r = X["r"].to_numpy()
rng = np.random.default_rng(1)
fine = pd.DataFrame({"r": np.linspace(r[0], r[-1], 400)})

fig, axes = plt.subplots(3, 1, figsize=(6.4, 7.2), sharex=True)
models = {
    "RBF network": RBFNetRegressor(max_iter=200, random_state=0),
    "LSTM": LSTMRegressor(max_iter=200, random_state=0),
    "two nearest rows": KNeighborsRegressor(2, weights="distance"),
}
colors = {"RBF network": "C5", "LSTM": "C2", "two nearest rows": "C4"}
errors = pd.DataFrame(
    index=pd.Index([], name="rows"), columns=list(models), dtype=float
)
for ax, fraction in zip(axes, (1, 0.5, 0.25), strict=True):
    drawn = np.sort(rng.choice(y.size, round(fraction * y.size), replace=False))
    ax.plot(r, y, ".", color="0.75", label="left out")
    ax.plot(r[drawn], y[drawn], ".", color="black", label="drawn")
    for name, model in models.items():
        model.fit(X.iloc[drawn], y[drawn])
        ax.plot(fine["r"], model.predict(fine), color=colors[name], lw=1, label=name)
        errors.loc[f"{fraction:.0%}", name] = np.abs(model.predict(X) - y).mean()
    ax.set(ylabel="g(r)", title=f"{fraction:.0%} of the rows", ylim=(-1.2, 6))
axes[0].legend(ncols=2)
axes[-1].set_xlabel("r (Å)")
plt.show()

# %%
# Mean absolute error over all rows, drawn or not:
errors.round(3)

# %%
# A single draw is not conclusive. ``python benchmarks/ratios.py`` repeats this with
# many draws and full training, and also scores held-out rows: :doc:`the tables
# </repository/benchmarks/results/ratios>`.
