"""
Silica: g(r) from S(q) alone
============================

You have S(q) of a glass and its number density, and nothing else: no model structure,
no glass of the same kind whose g(r) is known. The glass on this page is **simulated**
silica as neutrons see it, so that the answer is known and can be laid beside the
result.
"""

# %%
# The pattern
# -----------
# S(q) ends at 17 Å⁻¹, and noise is added to it, with a standard deviation of 0.01 at
# every q: this is simulated, too. The estimators take S_R(q) = q (S(q) − 1), in Å⁻¹, in
# a table, X, with a row for each distance r at which you want g. S_R and the number
# density stand in each row, so that the table is all that there is to hand around.
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
# An estimator is an object that holds settings; here they are those that it comes with.
# ``fit`` looks at S_R and finds the hyperparameters, the few numbers that say which
# curves are to be expected at all: where g begins, how fast its structure decays,
# whether there is a shell of bonded atoms, how large the noise is. It takes those under
# which S_R is most probable, and never sees g. ``predict`` then returns the most
# probable g(r) that is nowhere negative and, on request, its standard deviation.
#
# Where something looks wrong with the data, ``fit`` warns. It leaves out a point that
# is further from what all others predict than noise is expected to throw it; of 331
# points with honest noise, that may happen to one.
model = InversionRegressor().fit(X)
g, std = model.predict(X, return_std=True)

# %%
# What was found
# --------------
# A value for each hyperparameter with the ends of its 90 % interval. ``r``,
# ``neighbours`` and ``width`` are those of the bond: silicon has four oxygen atoms at
# 1.61 Å and oxygen two silicon atoms. Neutrons weigh pairs by scattering lengths b and
# see (4/3 + 4/3) b_Si b_O / ⟨b⟩² = 2.33 neighbours for each atom. ``onset`` is where
# all else begins, the O–O distances. ``noise`` is to be compared with the 0.01 that was
# added. ``scale`` near 1 says that the normalization of S fits the number density, and
# ``slow`` is the size of errors that vary slowly with q, which background and
# normalization may have left in S. A ``low`` or ``high`` in the last column says that a
# value stopped at the end of what it may be: look at that one before you believe the
# rest.
model.fit_report()

# %%
# What a referee wants to see
# ---------------------------
# On the left, S_R and what the model makes of it. What remains, below, should scatter
# about zero with no structure, two of three points within the noise that was found,
# which is shaded; S_R is q times S − 1, so its noise grows with q. On the right, g and
# the band that should hold the truth at nine of ten distances. The third argument is
# for a g(r) that is known, as here; leave it out with your own data.
RDFDisplay.from_estimator(model, X, silica.target, scattering=True)
plt.show()

# %%
# Beside the plain transform
# --------------------------
# The sine transform takes S_R for zero beyond 17 Å⁻¹. So it widens the bond, puts
# ripples beside it, some of them negative, and takes noise for structure. It learns
# nothing; ``fit`` of it passes over the g(r) that it is given.
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
# Where there are atoms, the mean absolute errors, and how much of the known curve lies
# within the band:
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
# Their places, heights and coordination numbers with 90 % intervals, from curves that
# are drawn from all that S_R leaves possible. ``model.sample(X, 100)`` returns such
# curves for anything else that you want to measure.
model.peak_table(X).round(3)

# %%
# Where q ends sooner
# -------------------
# The same S(q), only to 8 Å⁻¹, which is as far as a copper tube reaches. The place of
# the bond and its area, which counts neighbours, are still there. Its height is not: a
# bond of this sharpness is below what 8 Å⁻¹ resolves, and what stands there rests on
# the prior. There the truth leaves the band, which is as good as the prior is; between
# the peaks the band is wide, for S(q) no longer says that nothing is there.
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
# The bond, counted up to 2 Å:
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
