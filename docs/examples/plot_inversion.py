"""
Silica: g(r) from S(q) alone
============================

You have S(q) of a glass and its number density, and nothing else: no structural model,
and no similar glass whose g(r) is known. The glass on this page is **simulated** silica
measured with neutrons, so that the result can be compared with the true g(r).
"""

# %%
# The pattern
# -----------
# S(q) ends at 17 Å⁻¹ and has simulated noise with a standard deviation of 0.01 at every
# q. The estimators take the reduced structure factor S_R(q) = q [S(q) − 1] in Å⁻¹, the
# F(Q) of other programs, in a table X with a row for each distance r at which you want
# g. Each row contains r, the number density and the whole S_R, so that X contains all
# data.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sklearn_wtrdf import (
    FourierRegressor,
    InversionRegressor,
    RDFDisplay,
    coordination_numbers,
    scattering_frame,
)
from sklearn_wtrdf.datasets import load_material

silica = load_material("silica", weighting="neutron", q_max=17)
noise = np.random.default_rng(0).normal(scale=0.01, size=silica.q.size)
s_r = silica.q * (silica.s + noise - 1)
X = scattering_frame(silica.r, silica.q, s_r, number_density=silica.number_density)
X.iloc[:3, :5]

# %%
# Solve
# -----
# An estimator is an object with settings; here they have their default values. ``fit``
# estimates the hyperparameters from S_R, the few numbers that describe which curves are
# plausible: where g begins, how fast its structure decays, whether there is a shell of
# bonded atoms, how large the noise is. It chooses those for which S_R is most probable,
# and needs no known g. ``predict`` then returns the most probable non-negative g(r)
# and, on request, its standard deviation.
#
# If something looks wrong with the data, ``fit`` warns. It excludes points whose
# deviation from the prediction of all others is larger than noise explains; with normal
# noise, this may happen to one of 331 points.
model = InversionRegressor().fit(X)
g, std = model.predict(X, return_std=True)

# %%
# The report
# ----------
# Each hyperparameter has an estimate and a 90 % interval. ``r``, ``neighbours`` and
# ``width`` describe the bond: silicon has four oxygen atoms at 1.61 Å and oxygen two
# silicon atoms. Neutrons weight pairs by scattering lengths b, which gives (4/3 + 4/3)
# b_Si b_O / ⟨b⟩² = 2.33 neighbours per atom. ``onset`` is where the remaining structure
# begins, at the O–O distances. ``noise`` is to be compared with the 0.01 that was
# added. ``scale`` near 1 means that the normalization of S agrees with the number
# density, and ``systematic`` is the size of the errors of S from background and
# normalization, which vary slowly with q. ``low`` or ``high`` in the last column means
# that an estimate lies on its bound: check it before you trust the others.
model.fit_report()

# %%
# Fit and residual
# ----------------
# On the left, S_R and its fit. The residual below should scatter about zero without
# structure, with two of three points within the estimated noise, which is shaded; the
# noise of S_R is proportional to q, because S_R is q times S − 1. On the right, g and
# the band that should contain the true g at nine of ten distances. The third argument
# is the known g(r); omit it with your own data.
RDFDisplay.from_estimator(model, X, silica.target, scattering=True)
plt.show()

# %%
# Comparison with the Fourier transform
# -------------------------------------
# The sine transform sets S_R to zero beyond 17 Å⁻¹. It therefore broadens the bond, has
# ripples around it, some of them negative, and treats noise as structure. It has no
# parameters to fit; ``fit`` ignores the g(r) that it is given.
fourier = FourierRegressor().fit(X, silica.target).predict(X)

fig, ax = plt.subplots(figsize=(6.4, 3.8))
ax.axhline(0, color="0.8", linewidth=0.8)
ax.plot(silica.r, fourier, color="C1", linewidth=1, label="Fourier transform")
ax.plot(silica.r, g, color="C0", label="inversion")
ax.fill_between(
    silica.r,
    np.maximum(g - 1.645 * std, 0),
    g + 1.645 * std,
    color="C0",
    alpha=0.2,
    linewidth=0,
)
ax.plot(silica.r, silica.target, "--", color="black", linewidth=1, label="simulated g")
ax.set(xlabel="r (Å)", ylabel="g(r)", xlim=(1, 6), ylim=(-1.5, 6))
ax.legend(title="the bond at 1.61 Å is cut off")
plt.show()

# %%
# Mean absolute errors at distances where there are atoms, and the fraction of the known
# curve that lies within the band:
atoms = silica.r > 1.5
off, off_fourier = np.abs(g - silica.target), np.abs(fourier - silica.target)
pd.Series(
    {
        "error of the Fourier transform": off_fourier[atoms].mean(),
        "error of the inversion": off[atoms].mean(),
        "within the 90 % band": (off <= 1.645 * std)[atoms].mean(),
    }
).round(3)

# %%
# Peaks, for the paper
# --------------------
# Positions, heights and coordination numbers with 90 % intervals, from curves that are
# drawn from the posterior. ``model.sample(X, 100)`` returns such curves, from which you
# can determine any other quantity.
model.peak_table(X).round(3)

# %%
# A smaller q_max
# ---------------
# The same S(q), but only to 8 Å⁻¹, as with a copper tube. The position of the bond and
# its area, which is the number of neighbours, are still right. Its height is not: data
# to 8 Å⁻¹ do not resolve a bond of this sharpness, and its height depends on the prior.
# There the true g lies outside of the band, which is only as good as the prior; between
# the peaks the band is wide, because S(q) no longer shows that there are no atoms.
near = silica.q <= 8
X_near = scattering_frame(
    silica.r, silica.q[near], s_r[near], number_density=silica.number_density
)
model_near = InversionRegressor().fit(X_near)
g_near, std_near = model_near.predict(X_near, return_std=True)

fig, ax = plt.subplots(figsize=(6.4, 3.8))
low, high = np.maximum(g_near - 1.645 * std_near, 0), g_near + 1.645 * std_near
ax.fill_between(silica.r, low, high, color="C0", alpha=0.2, linewidth=0)
ax.plot(silica.r, g_near, color="C0", label="inversion, q ≤ 8 Å⁻¹")
ax.plot(
    silica.r,
    FourierRegressor().fit(X_near, silica.target).predict(X_near),
    color="C1",
    linewidth=1,
    label="Fourier transform, q ≤ 8 Å⁻¹",
)
ax.plot(silica.r, silica.target, "--", color="black", linewidth=1, label="simulated g")
ax.set(xlabel="r (Å)", ylabel="g(r)", xlim=(1, 6))
ax.legend()
plt.show()

# %%
# The coordination number of the bond, integrated up to 2 Å:
bond = [(1.3, 2.0)]
curves = {"q ≤ 17 Å⁻¹": g, "q ≤ 8 Å⁻¹": g_near, "simulated": silica.target}
pd.DataFrame(
    {
        name: {
            "place (Å)": silica.r[curve.argmax()],
            "height": curve.max(),
            "neighbours": coordination_numbers(
                silica.r, curve, silica.number_density, peaks=bond
            )[0],
            "mean error of g": np.abs(curve - silica.target)[atoms].mean(),
        }
        for name, curve in curves.items()
    }
).T.round(2)
