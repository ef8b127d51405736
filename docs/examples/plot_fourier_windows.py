"""
Fourier transform and windows
=============================

The effect of q_max = 8 Å⁻¹ on g(r), and that of the Lorch window.
"""

# %%
# One shell of atoms
# ------------------
# S_R of a single shell at 2.4 Å, constructed for this page: its transform should be one
# narrow peak. The plain transform has a peak of width 3.8 / q_max with ripples around
# it. The window suppresses the ripples and broadens the peak.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sklearn_wtrdf import FourierRegressor
from sklearn_wtrdf.datasets import load_ag_ge_se, load_ge_se
from sklearn_wtrdf.fourier import fourier_transform

r = np.linspace(1.2, 4, 400)
fig, ax = plt.subplots(figsize=(6.4, 3.4))
for q_max, color in ((8, "C1"), (17, "C2")):
    q = np.arange(0, q_max + 0.01, 0.05)
    s_r = np.sin(2.4 * q) * np.exp(-((0.08 * q) ** 2) / 2)
    ax.plot(r, fourier_transform(r, q, s_r), color=color, label=f"q ≤ {q_max} Å⁻¹")
    ax.plot(
        r,
        fourier_transform(r, q, s_r, "lorch"),
        "--",
        color=color,
        label=f"q ≤ {q_max} Å⁻¹, Lorch",
    )
ax.set(xlabel="r (Å)", ylabel="G(r) (Å⁻²)")
ax.legend()
plt.show()

# %%
# The paper's Ge25Se75
# --------------------
# The number density, 0.034 Å⁻³, turns G(r) into g(r). No parameter is fitted. With
# ``calibrate=True`` scale and offset are fitted to the known g(r) instead.
ge_se = load_ge_se()
models = {
    "plain": FourierRegressor(number_density=0.034),
    "Lorch": FourierRegressor("lorch", number_density=0.034),
    "calibrated": FourierRegressor(calibrate=True),
}
fig, ax = plt.subplots(figsize=(6.4, 3.4))
ax.plot(ge_se.r, ge_se.target, ".", color="0.45", label="g(r), Table A1")
for (name, model), color in zip(models.items(), ("C1", "C2", "C4"), strict=True):
    ax.plot(
        ge_se.r,
        model.fit(ge_se.data, ge_se.target).predict(ge_se.data),
        color=color,
        label=name,
    )
ax.set(xlabel="r (Å)", ylabel="g(r)")
ax.legend()
plt.show()

# %%
# The effect of q_max
# -------------------
# A **simulated** glass, whose S_R is known to 17 Å⁻¹: mean absolute error of the
# transform without and with the window.
rows = []
for q_max in (8, 11, 14, 17):
    X, y = load_ag_ge_se(0, q_max=q_max, return_X_y=True)
    row = {"q_max": q_max}
    for name, window in {"plain": None, "Lorch": "lorch"}.items():
        row[name] = np.abs(FourierRegressor(window).fit(X, y).predict(X) - y).mean()
    rows.append(row)
pd.DataFrame(rows).set_index("q_max").round(3)
