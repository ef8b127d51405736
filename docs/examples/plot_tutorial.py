"""
From two files to g(r), peaks and coordination numbers
======================================================

You have measured S(q) of a glass and want its pair distribution function. One file with
q and S_R(q) is enough; here a second file, with r and g(r), serves for comparison and
for the calibration of WT-RDF+.
"""

# %%
# Read the files
# --------------
# The data are Table A1 of the WT-RDF+ paper, Ge25Se75. S_R(q) was measured; the paper's
# text calls its g(r) simulated, its table measured, and
# :doc:`it looks measured </repository/data/README>`. To use your own files, change the
# paths.
#
# :func:`~sklearn_wtrdf.read_pattern` returns q in Å⁻¹ and the reduced structure factor
# S_R(q) = q [S(q) − 1] in Å⁻¹, the F(Q) of other programs, from files of S(q), F(q) or
# S_R(q) over q or 2θ, with any header. :func:`~sklearn_wtrdf.read_gr` returns r in Å
# and g(r), which tends to 1, from files of g(r), G(r) or RDF. :doc:`/files` describes
# the formats.
import tempfile
from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np

from sklearn_wtrdf import (
    InversionRegressor,
    RDFDisplay,
    WTRDFRegressor,
    coordination_numbers,
    read_gr,
    read_pattern,
    scattering_frame,
    write_gr,
)

data = files("sklearn_wtrdf.datasets.data")  # the folder data/ of the repository
pattern = read_pattern(data / "ge25se75_sq.csv")
known = read_gr(data / "ge25se75_rdf.csv")
pattern.q[:3], pattern.s_r[:3]

# %%
fig, ax = plt.subplots(figsize=(6.4, 2.8))
ax.axhline(0, color="0.8", linewidth=0.8)
ax.plot(pattern.q, pattern.s_r, color="C0")
ax.set(xlabel="q (Å⁻¹)", ylabel="S_R (Å⁻¹)", title="Measured, Cu Kα: q ends at 8 Å⁻¹")
plt.show()

# %%
# Lay out X
# ---------
# The estimators take a table with a row for each distance at which you want g.
# :func:`~sklearn_wtrdf.scattering_frame` creates it from r, q, S_R and the number
# density, here 0.034 atoms per Å³ for glasses of this composition. From a mass density
# ρ in g/cm³ and the mean atomic mass M in g/mol it is 0.6022 ρ / M. Without it, the
# number density is estimated, which is less accurate; give it for all glasses or for
# none.
r = np.arange(1.5, 8.01, 0.05)
X = scattering_frame(r, pattern.q, pattern.s_r, number_density=0.034)
X.iloc[:3, :5]

# %%
# Solve for g(r), with S_R alone
# ------------------------------
# ``fit`` gets no g(r): it estimates the hyperparameters of g and the errors of S_R from
# S_R itself. ``predict`` returns g(r) and, on request, its standard deviation; the band
# is shaded.
model = InversionRegressor().fit(X)
g, std = model.predict(X, return_std=True)

fig, ax = plt.subplots(figsize=(6.4, 3.6))
ax.axhline(1, color="0.8", linewidth=0.8)
ax.plot(known.r, known.g, ".", color="0.45", label="g(r) of the second file")
ax.plot(r, g, color="C0", label="from S_R alone")
ax.fill_between(r, np.maximum(g - std, 0), g + std, color="C0", alpha=0.2, lw=0)
ax.set(xlabel="r (Å)", ylabel="g(r)", xlim=(1.5, 8))
ax.legend()
plt.show()

# %%
# Peaks and coordination numbers with intervals, the limits of integration, and ρ₀. The
# coverage of such intervals was measured (:doc:`inversion </inversion>`).
model.peak_table(X).round(2)

# %%
# In Ge25Se75 each germanium atom is expected to have four neighbours and each selenium
# atom two, which is 0.25 · 4 + 0.75 · 2 = 2.5 neighbours per atom. The second file
# gives the same number, with the first peak integrated to 2.55 Å:
coordination_numbers(known.r, known.g, 0.034, peaks=[(2.2, 2.55)]).round(2)

# %%
# Use a reference
# ---------------
# Data with q ≤ 8 Å⁻¹ do not determine the width of the peaks. A glass of the same
# family whose g(r) is known does: here a **simulated** glass of the same composition.
# Its files have more q points and more columns than are needed: ``on`` interpolates S_R
# to the grid of your data, and g_x, the X-ray weighted g, is the quantity that S_R
# measures.
simulated = data / "simulated"
reference = read_gr(simulated / "ag00_rdf.csv", column="g_x")
X_reference = scattering_frame(
    reference.r,
    pattern.q,
    read_pattern(simulated / "ag00_sq.csv").on(pattern.q).s_r,
    number_density=0.033852,
)
with_reference = InversionRegressor().fit(X_reference, reference.g)
g_with_reference, std_with_reference = with_reference.predict(X, return_std=True)
RDFDisplay.from_estimator(with_reference, X)
plt.show()

# %%
# Calibrate WT-RDF+
# -----------------
# WT-RDF+ needs the g(r) of the glass itself, or of a similar one. Its five parameters
# are fitted to the rows of the second file, within the bounds of the paper.
X_known = scattering_frame(known.r, pattern.q, pattern.s_r)
bounds = {"a": (0.60, 0.61), "K_f": (0.01, 0.30)}
calibrated = WTRDFRegressor(bounds).fit(X_known, known.g)
print(calibrated.fit_report())

# %%
# Compare
# -------
# The inversion did not use the grey points. WT-RDF+ was fitted to them: it reproduces
# the heights of the two peaks in its loss, but not the curve between them, and its
# peaks are not at distances of shells of atoms (:doc:`limits </limits>`).

# sphinx_gallery_thumbnail_number = -1
fig, ax = plt.subplots(figsize=(6.4, 3.8))
ax.axhline(1, color="0.8", linewidth=0.8)
ax.plot(known.r, known.g, ".", color="0.45", label="g(r) of the second file")
ax.plot(r, g, color="C0", label="inversion, S_R alone")
ax.plot(r, g_with_reference, color="C2", label="inversion, simulated reference")
ax.plot(known.r, calibrated.predict(X_known), color="C3", label="WT-RDF+")
ax.set(xlabel="r (Å)", ylabel="g(r)", xlim=(2, 5.6))
ax.legend()
plt.show()

# %%
# Save the result
# ---------------
# :func:`~sklearn_wtrdf.write_gr` writes a .gr file with the standard deviation, which
# PDFgui, diffpy and :func:`~sklearn_wtrdf.read_gr` can read.
# :func:`~sklearn_wtrdf.save` saves the model for :func:`~sklearn_wtrdf.load`.
# :doc:`Which estimator when </choosing>` compares the reliability of the results.
# :doc:`The command wtrdf </command>` does all of this in three lines.
with tempfile.TemporaryDirectory() as folder:
    path = write_gr(
        f"{folder}/g.gr", r, g_with_reference, 0.034, std=std_with_reference
    )
    print("\n".join(path.read_text().splitlines()[:12]))
