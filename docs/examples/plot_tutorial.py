"""
From two files to g(r), peaks and coordination numbers
======================================================

You have measured S(q) of a glass and want its pair distribution function. One file with
q and S_R(q) is enough; a second file, with r and g(r), is what the result is compared
with here, and what WT-RDF+ is calibrated on.
"""

# %%
# Read the files
# --------------
# The data are Table A1 of the WT-RDF+ paper, Ge25Se75. S_R(q) was measured; the paper's
# text calls its g(r) simulated, its table measured, and
# :doc:`it looks measured </repository/data/README>`. To use your own files, change the
# paths.
#
# The columns are q in Å⁻¹ with the reduced structure factor S_R(q) = q (S(q) − 1) in
# Å⁻¹, and r in Å with g(r), which tends to 1. If your file holds S(q) below three lines
# of text, ``q, s = np.loadtxt("sample.dat", skiprows=3).T`` reads it, and
# ``s_r = q * (s - 1)`` converts it; q in nm⁻¹ is ten times too large. If it holds G(r),
# see :func:`~sklearn_wtrdf.fourier.g_from_reduced_pdf`.
from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sklearn_wtrdf import (
    InversionRegressor,
    RDFDisplay,
    WTRDFRegressor,
    coordination_numbers,
    scattering_frame,
)

data = files("sklearn_wtrdf.datasets.data")  # the folder data/ of the repository
pattern = pd.read_csv(data / "ge25se75_sq.csv")
known = pd.read_csv(data / "ge25se75_rdf.csv")
pattern.head(3)

# %%
fig, ax = plt.subplots(figsize=(6.4, 2.8), layout="constrained")
ax.axhline(0, color="0.8", linewidth=0.8)
ax.plot(pattern["q"], pattern["s_r"], color="#0072B2")
ax.set(xlabel="q (Å⁻¹)", ylabel="S_R (Å⁻¹)", title="Measured, Cu Kα: q ends at 8 Å⁻¹")
plt.show()

# %%
# Lay out X
# ---------
# The estimators take a table with a row for each distance at which you want g.
# :func:`~sklearn_wtrdf.scattering_frame` makes it of r, q, S_R and the number density,
# here the 0.034 atoms per Å³ of glasses of this composition. From a mass density ρ in
# g/cm³ and the mean atomic mass M in g/mol it is 0.6022 ρ / M. Without it, it is solved
# for, which costs accuracy; give it for all glasses or for none.
r = np.arange(1.5, 8.01, 0.05)
X = scattering_frame(r, pattern["q"], pattern["s_r"], number_density=0.034)
X.iloc[:3, :5]

# %%
# Solve for g(r), with S_R alone
# ------------------------------
# Nothing is learned from y with ``reference=False``, so none is given. ``predict``
# returns g(r) and, on request, its standard deviation, which is shaded.
model = InversionRegressor(reference=False).fit(X)
g, std = model.predict(X, return_std=True)

fig, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
ax.axhline(1, color="0.8", linewidth=0.8)
ax.plot(known["r"], known["g"], ".", color="0.45", label="g(r) of the second file")
ax.plot(r, g, color="#0072B2", label="from S_R alone")
ax.fill_between(r, np.maximum(g - std, 0), g + std, color="#0072B2", alpha=0.2, lw=0)
ax.set(xlabel="r (Å)", ylabel="g(r)", xlim=(1.5, 8))
ax.legend(frameon=False)
plt.show()

# %%
# Peaks and coordination numbers, with intervals, the range of r that was integrated and
# ρ₀. The intervals are for noise: where peaks overlap or lean, expect to be further off
# (:doc:`which estimator when </choosing>`).
model.peak_table(X).round(2)

# %%
# In Ge25Se75 each germanium atom is expected to have four neighbours and each selenium
# atom two, so an atom has 0.25 · 4 + 0.75 · 2 = 2.5 of them. The second file says the
# same, with the first peak integrated to 2.55 Å:
coordination_numbers(known["r"], known["g"], 0.034, peaks=[(2.2, 2.55)]).round(2)

# %%
# Add what a reference knows
# --------------------------
# q ≤ 8 Å⁻¹ cannot tell how sharp the peaks are. A glass of the same family whose g(r)
# is known can: here a **simulated** glass of the same composition. Its files have more
# q points and more columns than are needed. The q grid has to be that of your data:
# ``np.interp(q, q_of_the_reference, s_r_of_the_reference)`` brings one to the other.
# g_x, the X-ray weighted g, is what S_R measures.
simulated = data / "simulated"
reference_pattern = pd.read_csv(simulated / "ag00_sq.csv").query("q <= 8")
reference = pd.read_csv(simulated / "ag00_rdf.csv")
X_reference = scattering_frame(
    reference["r"],
    reference_pattern["q"],
    reference_pattern["s_r"],
    number_density=0.033852,
)
with_reference = InversionRegressor().fit(X_reference, reference["g_x"])
g_with_reference, std_with_reference = with_reference.predict(X, return_std=True)
RDFDisplay.from_estimator(with_reference, X)
plt.show()

# %%
# Calibrate WT-RDF+
# -----------------
# WT-RDF+ needs g(r) of the glass itself, or of a relative. Its five parameters are
# found on the rows of the second file, in the bounds that the paper gives.
X_known = scattering_frame(known["r"], pattern["q"], pattern["s_r"])
bounds = {"a": (0.60, 0.61), "K_f": (0.01, 0.30)}
calibrated = WTRDFRegressor(bounds).fit(X_known, known["g"])
print(calibrated.fit_report())

# %%
# Compare
# -------
# The inversion saw nothing of the grey points. WT-RDF+ was fitted to them: it meets the
# heights of the two peaks that its loss names, and not the curve between them, nor does
# a peak of it stand for a shell of atoms at its place (:doc:`limits </limits>`).

# sphinx_gallery_thumbnail_number = -1
fig, ax = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
ax.axhline(1, color="0.8", linewidth=0.8)
ax.plot(known["r"], known["g"], ".", color="0.45", label="g(r) of the second file")
ax.plot(r, g, color="#0072B2", label="inversion, S_R alone")
ax.plot(r, g_with_reference, color="#009E73", label="inversion, simulated reference")
ax.plot(known["r"], calibrated.predict(X_known), color="#D55E00", label="WT-RDF+")
ax.set(xlabel="r (Å)", ylabel="g(r)", xlim=(2, 5.6))
ax.legend(frameon=False)
plt.show()

# %%
# Keep the result
# ---------------
# As a table of r, g and its standard deviation, which ``to_csv("g.csv", index=False)``
# writes, and the model by :func:`~sklearn_wtrdf.save`, for :func:`~sklearn_wtrdf.load`
# to read: ``save(with_reference, "model.skops")``. Which curve to trust for what,
# :doc:`which estimator when </choosing>` says.
result = pd.DataFrame({"r": r, "g": g_with_reference, "std": std_with_reference})
result[result["r"].between(2.25, 2.5)].round(3)
